#include "proof/attempt.h"
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "base/broken.h"
#include "base/threads.h"
#include "commit/rng.h"
#include "execute/gather.h"
#include "logup/logup_prove.h"
#include "proof/batch_prove.h"
#include "proof/cost.h"
#include "proof/steps_prove.h"
#include "sumcheck/parallel.h"

enum { STEPS = 9, MAX_ATTEMPTS = 8 };
static const char *const step_names[STEPS + 1] = {"bind",  "witness", "commit", "lookups", "constraints",
                                                  "views", "triples", "batch",  "open",    NULL};

typedef struct attempt {
    const attempt_request *r;
    const statement *st;
    arena a, steps;    /* as long as the attempt; tables of one step */
    size_t steps_mark; /* below: the provers' own states */
    tacit_error *err;
    rng_key key;
    ext *cells[CELL_ARRAYS];
    gl *coordinates[CELL_ARRAYS][EXT_DEG];
    object_data x[MAX_STRIPS];
    object_part part[MAX_STRIPS]; /* x's own */
    int32_t *small[MAX_STRIPS];
    object_range *ranges[MAX_STRIPS];
    const object_data *data[MAX_OBJECTS];
    extv sigma;
    ext *sigma_cells;
    extv folded[MAX_OBJECTS];
    prover pr;
    struct timespec last;
    unsigned current;
} attempt;

static tacit_status full(attempt *t) {
    return fail(t->err, TACIT_RESOURCES, "prover: arena too small");
}

/* ---------------------------------------------------------------- memory */
uint64_t attempt_memory(const statement *st) {
    return cost_prover_memory(st);
}

tacit_status memory_available(uint64_t needed, tacit_error *err) {
    uint64_t physical = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
    if (needed <= physical) return TACIT_OK;
    return fail(err, TACIT_RESOURCES, "needs up to %u MiB of memory, the machine has %u MiB", needed >> 20,
                physical >> 20);
}

/* ---------------------------------------------------------------- randomness */
/* Of what x holds: weights are named by the statement's certificates. */
typedef struct witness_job {
    const trace *t;
    digest *of_tensor;
} witness_job;
static void tensor_digest(void *ctx, size_t i, unsigned worker) {
    const witness_job *j = ctx;
    const tensor *x = &j->t->p->tensors[i];
    (void)worker;
    if (j->t->values[i] && x->kind != TENSOR_PARAM && x->kind != TENSOR_CONSTANT)
        j->of_tensor[i] = sha256_of(j->t->values[i], shape_count(&x->shape) * sizeof(int32_t));
}

static tacit_status witness_digest(attempt *t, digest *out) {
    const size_t n = t->r->t->p->tensor_count;
    digest *each = ARENA_ZNEW(&t->a, digest, n + 1);
    if (!each) return full(t);
    threads_run(n, tensor_digest, &(witness_job){t->r->t, each});
    *out = sha256_of(each, n * sizeof *each);
    return TACIT_OK;
}

static digest statement_digest(const statement *st) {
    sha256 h;
    sha256_init(&h);
    sha256_update(&h, st->p->digest.b, 32);
    sha256_update(&h, st->model.b, 32);
    sha256_update(&h, st->context, st->context_size);
    return sha256_final(&h);
}

/* Pads, a, b uniform over E; copies tied; c = a b. */
static tacit_status draw_cells(attempt *t) {
    const plan *p = &t->st->plan;
    size_t n = (size_t)p->pads + 2 * (size_t)p->triples, at = 0;
    extv r = extv_new(&t->a, n);
    if (!extv_ok(r)) return full(t);
    rng_e(&t->key, RNG_CELLS, 0, r, n);
    for (int j = 0; j < EXT_DEG; j++)
        if (RULE_OFF(LEAK_PADS) || (j && RULE_OFF(LEAK_PADS_F))) memset(r.c[j], 0, n * sizeof(gl));
    for (int k = 0; k < CELL_ARRAYS; k++) {
        uint32_t count = plan_cells(p, (cell_array)k);
        t->cells[k] = ARENA_NEW(&t->a, ext, count);
        if (!t->cells[k]) return full(t);
        for (uint32_t i = 0; k != CELL_C && i < count; i++) t->cells[k][i] = extv_get(r, at++);
    }
    for (uint32_t i = 0; i < t->st->copy_count; i++) {
        const copy_rule *c = &t->st->copies[i];
        t->cells[c->copy.array][c->copy.index] = t->cells[c->original.array][c->original.index];
    }
    if (RULE_OFF(LEAK_DUMMY)) t->cells[CELL_A][p->triples - 1] = t->cells[CELL_B][p->triples - 1] = EXT_ZERO;
    for (uint32_t i = 0; i < p->triples; i++) t->cells[CELL_C][i] = ext_mul(t->cells[CELL_A][i], t->cells[CELL_B][i]);
    CHEAT(CELLS, t->cells, t->st);
    for (int k = 0; k < CELL_ARRAYS; k++)
        for (int j = 0; j < EXT_DEG; j++) {
            uint32_t count = plan_cells(p, (cell_array)k);
            gl *v = t->coordinates[k][j] = ARENA_NEW(&t->a, gl, count);
            if (!v) return full(t);
            for (uint32_t i = 0; i < count; i++) v[i] = t->cells[k][i].c[j];
        }
    return TACIT_OK;
}

static tacit_status draw_sigma(attempt *t) {
    const geometry_object *o = &t->st->geometry.object[t->st->geometry.object_count - 1];
    size_t n = (size_t)1 << o->a, used = t->st->plan.sigmas;
    t->sigma = extv_new(&t->a, n);
    t->sigma_cells = ARENA_NEW(&t->a, ext, used + 1);
    if (!extv_ok(t->sigma) || !t->sigma_cells) return full(t);
    if (used + o->tail > n) return fail(t->err, TACIT_INTERNAL, "sigma does not fit its lane");
    rng_e(&t->key, RNG_SIGMA, 0, t->sigma, n);
    for (int j = 0; RULE_OFF(LEAK_SIGMA) && j < EXT_DEG; j++) memset(t->sigma.c[j], 0, used * sizeof(gl));
    for (size_t i = 0; i < used; i++) t->sigma_cells[i] = extv_get(t->sigma, i);
    return TACIT_OK;
}

/* ---------------------------------------------------------------- the vector x */
typedef struct pack_job {
    const trace *t;
    const shape *shape;
    const block *b;
    narrow values;
    int32_t *out;
} pack_job;
static void pack_piece(void *ctx, size_t first, size_t count) {
    const pack_job *j = ctx;
    block_gather(j->shape, j->b, j->values, first, count, j->out + j->b->start + first);
}

static void range_of_cells(attempt *t, const block *b, object_range *out) {
    uint32_t array_item = b->item - t->st->place.array_item[0];
    const gl *v = t->coordinates[array_item / EXT_DEG][array_item % EXT_DEG];
    *out = (object_range){b->start, UINT64_C(1) << b->log, v + b->offset[0]};
}

/* A strip of x: zeros, room for the ranges of its cells, a random tail. */
static tacit_status new_strip(attempt *t, uint32_t number, unsigned k) {
    const layout *l = &t->st->place.x;
    uint64_t unit = UINT64_C(1) << k, padded = (l->used[number] + unit - 1) / unit * unit;
    size_t tail_count = (size_t)t->st->geometry.object[0].tail << k;
    int32_t *small = t->small[number] = ARENA_ZNEW(&t->a, int32_t, padded + 1);
    object_range *ranges = t->ranges[number] = ARENA_NEW(&t->a, object_range, l->block_count + 1u);
    gl *tail = ARENA_NEW(&t->a, gl, tail_count);
    if (!small || !ranges || !tail) return full(t);
    rng_f(&t->key, RNG_TAIL, number, tail, tail_count);
    if (RULE_OFF(LEAK_TAIL)) memset(tail, 0, sizeof(gl) * tail_count);
    t->part[number] = (object_part){0, padded, narrow_i32(small)};
    t->x[number] = (object_data){&t->part[number], 1, .small_count = l->used[number], .ranges = ranges, .tail = tail};
    return TACIT_OK;
}

static void pack_block(attempt *t, const block *b, const narrow *of_item) {
    const layout *l = &t->st->place.x;
    object_data *x = &t->x[b->strip];
    if (b->item >= t->st->place.tensor_items) {
        range_of_cells(t, b, &t->ranges[b->strip][x->range_count++]);
        return;
    }
    pack_job j = {t->r->t, l->shapes[b->item], b, of_item[b->item], t->small[b->strip]};
    par_for((size_t)1 << b->log, pack_piece, &j);
}

static tacit_status pack_x(attempt *t) {
    const layout *l = &t->st->place.x;
    lane_strip strips[MAX_STRIPS];
    narrow *of_item = ARENA_NEW(&t->a, narrow, t->st->place.tensor_items + 1u);
    if (!of_item) return full(t);
    for (uint32_t i = 0; i < t->st->p->tensor_count; i++)
        if (t->st->place.object_of[i] == 0) of_item[t->st->place.item_of[i]] = trace_atom(t->r->t, i);
    for (uint32_t s = 0, n = geometry_strips(t->st->geometry.object[0].lanes, strips); s < n; s++)
        TRY(new_strip(t, s, strips[s].k));
    for (uint32_t i = 0; i < l->block_count; i++) pack_block(t, &l->blocks[i], of_item);
    return TACIT_OK;
}

/* ---------------------------------------------------------------- one attempt */
static double seconds_since(const struct timespec *t) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - t->tv_sec) + 1e-9 * (double)(now.tv_nsec - t->tv_nsec);
}

static void account(attempt *t) {
    if (t->r->report) {
        t->r->report->step_seconds[t->current] += seconds_since(&t->last);
        t->r->report->step_names[t->current] = step_names[t->current];
    }
    clock_gettime(CLOCK_MONOTONIC, &t->last);
}

/* Before steps 2 .. 8 of statement_run: time, progress, and what the next step needs. */
static tacit_status on_step(void *ctx, unsigned number) {
    attempt *t = ctx;
    account(t);
    t->current = number;
    if (t->r->progress && t->r->progress(t->r->progress_ctx, step_names[number], number / (double)STEPS))
        return fail(t->err, TACIT_INTERRUPTED, "interrupted");
    if (number < 8) arena_release(&t->steps, t->steps_mark); /* step 8 reads what step 7 folded */
    if (number == 8)
        for (uint32_t o = 0; o + 1 < t->st->geometry.object_count; o++) t->folded[o] = batch_folded(&t->pr.batch, o);
    return TACIT_OK;
}

static tacit_status prepare(attempt *t) {
    const statement *st = t->st;
    digest w, s = statement_digest(st);
    TRY(witness_digest(t, &w));
    rng_attempt(&t->key, &w, &s);
    TRY(draw_cells(t));
    TRY(draw_sigma(t));
    TRY(pack_x(t));
    t->data[0] = t->x;
    for (uint32_t i = 0; i < st->certificate_count; i++) t->data[1 + i] = &t->r->secrets[i]->data;
    TRY(logup_prover(&t->pr.logup, t->r->t, &t->steps, t->err));
    TRY(constraint_prover(&t->pr.constraint, t->r->t, &t->steps, t->err));
    TRY(view_prover(&t->pr.view, t->r->t, &t->steps, t->err));
    TRY(zero_prover(&t->pr.zero, (const ext *const *)t->cells, st->plan.triples, &t->steps, t->err));
    TRY(batch_prover(&t->pr.batch, &st->place, &st->geometry, t->data, &t->steps, t->err));
    t->steps_mark = arena_mark(&t->steps);
    t->pr.folded = t->folded;
    t->pr.step = on_step;
    t->pr.ctx = t;
    return commit_prover_make(&t->pr.commit, &st->geometry, t->x, t->sigma, t->r->secrets, &t->key,
                              t->r->kept ? t->r->kept : COMMIT_KEPT, &t->a, t->err);
}

static tacit_status run(attempt *t, unsigned char *out, size_t capacity, size_t *size) {
    transcript ch;
    session s;
    t->current = 1;
    clock_gettime(CLOCK_MONOTONIC, &t->last);
    TRY(prepare(t));
    transcript_prover(&ch, out, capacity, t->err);
    session_init(&s, t->st->p, t->st->bind, &ch, &t->a, t->err);
    for (int k = 0; k < CELL_ARRAYS; k++) s.cells[k] = t->cells[k];
    s.sigma = t->sigma_cells;
    CHEAT(PROVER, &t->pr, ((const void *[]){&s, t->x}));
    TRY(statement_run(t->st, &s, &t->pr));
    account(t);
    *size = ch.at;
    return TACIT_OK;
}

/* Room for the messages: the counted part, the opening, and step 6. */
static size_t proof_capacity(const statement *st) {
    return st->proof_size + geometry_most_bytes(&st->geometry) + 65536;
}

static tacit_status spend(const attempt_request *r, tacit_error *err) {
    for (uint32_t i = 0; i < r->st->certificate_count; i++) TRY(key_spend(r->secrets[i], err));
    return TACIT_OK;
}

static tacit_status attempt_once(const attempt_request *r, unsigned char *out, size_t capacity, size_t *size,
                                 tacit_error *err) {
    attempt *t = calloc(1, sizeof *t);
    if (!t) return fail(err, TACIT_RESOURCES, "out of memory");
    t->r = r;
    t->st = r->st;
    t->err = err;
    tacit_status st = spend(r, err);
    if (st == TACIT_OK) st = arena_take(r->memory, &t->a, cost_kept_space(r->st), err);
    if (st == TACIT_OK) st = arena_take(r->steps, &t->steps, cost_steps_space(r->st), err);
    if (st == TACIT_OK) st = run(t, out, capacity, size);
    arena_give(r->steps, &t->steps);
    arena_give(r->memory, &t->a);
    sodium_memzero(t, sizeof *t);
    free(t);
    return st;
}

tacit_status attempt_prove(const attempt_request *r, unsigned char **proof, size_t *size, tacit_error *err) {
    size_t capacity = proof_capacity(r->st);
    unsigned char *out = malloc(capacity);
    unsigned degenerate = 0;
    tacit_status st;
    vec_select(NULL);
    sha256_select(NULL);
    if (!out) return fail(err, TACIT_RESOURCES, "out of memory");
    for (;;) {
        if (r->report) r->report->attempts++;
        st = attempt_once(r, out, capacity, size, err);
        if (st != TACIT_REJECTED || err->reject != TACIT_REJECT_DEGENERATE || ++degenerate == MAX_ATTEMPTS) break;
        memset(err, 0, sizeof *err); /* probability about 2^-120: everything anew */
    }
    if (st != TACIT_OK) {
        sodium_memzero(out, capacity);
        free(out);
        return st;
    }
    *proof = out;
    return TACIT_OK;
}
