/* execute/execute: the advice, step by step (program.h states what each computes). */
#include "execute/execute.h"
#include <stdatomic.h>
#include "base/threads.h"
#include "execute/contract.h"
#include "execute/derive.h"
#include "execute/reader.h"
#include "execute/rows.h"
#include "execute/run.h"

/* ---- order */
static tacit_status need_atom(run *r, uint32_t id) {
    uint32_t base = r->p->tensors[id].kind == TENSOR_VIEW ? r->p->tensors[id].source : id;
    if (r->known[base]) return TACIT_OK;
    return fail(r->err, TACIT_MALFORMED, "advice reads \"%s\" before it is computed", r->p->tensors[base].name);
}

tacit_status need(run *r, uint32_t id) {
    const tensor *t = &r->p->tensors[id];
    if (tensor_atom(t)) return need_atom(r, id);
    for (uint32_t k = 0; k < t->term_count; k++) TRY(need_atom(r, t->terms[k].tensor));
    return TACIT_OK;
}

/* ---- the rest of a constraint: everything but the terms that a step computes */
/* A view of a target counts as the target. */
static bool is_target(const program *p, const targets *t, uint32_t id) {
    if (p->tensors[id].kind == TENSOR_VIEW) id = p->tensors[id].source;
    for (uint32_t i = 0; i < t->count; i++) {
        if (t->id[i] == id) return true;
    }
    return false;
}

typedef struct atom_job {
    operand o;
    int64_t coef, *acc;
} atom_job;
static void atom_piece(void *ctx, size_t first, size_t count, unsigned worker) {
    const atom_job *j = ctx;
    (void)worker;
    for (uint64_t at = first, end = first + count; at < end; at += READ_CHUNK)
        atom_add(&j->o, j->coef, at, end - at < READ_CHUNK ? end - at : READ_CHUNK, j->acc + at);
}

static void add_atom(run *r, int64_t *acc, uint64_t n, int64_t coef, uint32_t id) {
    atom_job j = {.coef = coef, .acc = acc};
    operand_make(&j.o, r->t, id);
    threads_range(n, READ_CHUNK, PARALLEL_ELEMENTS, atom_piece, &j);
}

static void add_term(run *r, int64_t *acc, uint64_t n, const linear_term *term) {
    const tensor *t = &r->p->tensors[term->tensor];
    if (tensor_atom(t)) {
        add_atom(r, acc, n, term->coef, term->tensor);
        return;
    }
    for (uint32_t k = 0; k < t->term_count; k++)
        add_atom(r, acc, n, (int64_t)((uint64_t)term->coef * (uint64_t)t->terms[k].coef), t->terms[k].tensor);
    uint64_t constant = (uint64_t)term->coef * (uint64_t)t->constant;
    for (uint64_t i = 0; i < n; i++) acc[i] = (int64_t)((uint64_t)acc[i] + constant);
}

tacit_status rest_of(run *r, const constraint *c, const targets *skip, int64_t **out) {
    uint64_t n = shape_count(&c->shape);
    int64_t *acc = *out = ARENA_NEW(r->a, int64_t, n);
    if (!acc) return full(r->err);
    for (uint64_t i = 0; i < n; i++) acc[i] = c->constant;
    for (uint32_t k = 0; k < c->product_count; k++) {
        const product *q = &c->products[k];
        if (skip->factors && (is_target(r->p, skip, q->a) || is_target(r->p, skip, q->b))) continue;
        TRY(need(r, c->products[k].a));
        TRY(need(r, c->products[k].b));
        TRY(contract(acc, r->t, c, &c->products[k], r->a, r->err));
    }
    for (uint32_t k = 0; k < c->term_count; k++) {
        if (is_target(r->p, skip, c->terms[k].tensor)) continue;
        TRY(need(r, c->terms[k].tensor));
        add_term(r, acc, n, &c->terms[k]);
    }
    return TACIT_OK;
}

/* ---- steps */
/* A step over n elements: the bits of all pieces together. */
typedef int sweep_body(void *ctx, uint64_t first, uint64_t end);
typedef struct sweep_job {
    sweep_body *body;
    void *ctx;
    atomic_int bits;
} sweep_job;
static void sweep_piece(void *ctx, size_t first, size_t count, unsigned worker) {
    sweep_job *j = ctx;
    (void)worker;
    int bits = j->body(j->ctx, first, first + count);
    if (bits) atomic_fetch_or(&j->bits, bits);
}
static int sweep(uint64_t n, sweep_body *body, void *ctx) {
    sweep_job j = {.body = body, .ctx = ctx};
    threads_range(n, READ_CHUNK, PARALLEL_ELEMENTS, sweep_piece, &j);
    return atomic_load(&j.bits);
}

typedef struct rounding {
    const tensor *ty;
    const int64_t *acc;
    int32_t *y, *rem;
    uint32_t shift;
} rounding;
static int rescale_piece(void *ctx, uint64_t first, uint64_t end) {
    const rounding *k = ctx;
    int64_t mask = ((int64_t)1 << k->shift) - 1;
    int bad = 0;
    for (uint64_t i = first; i < end; i++) {
        bad |= !put(k->ty, &k->y[i], k->acc[i] >> k->shift);
        if (k->rem) k->rem[i] = (int32_t)(k->acc[i] & mask);
    }
    return bad;
}

static tacit_status rescale(run *r, const advice *x) {
    const constraint *c = &r->p->constraints[x->relation];
    int32_t *rem = x->rem == NO_TENSOR ? NULL : r->t->values[x->rem];
    targets skip = {.count = 0};
    int64_t *acc;
    add_target(&skip, x->y);
    add_target(&skip, x->rem);
    TRY(rest_of(r, c, &skip, &acc));
    rounding k = {&r->p->tensors[x->y], acc, r->t->values[x->y], rem, x->shift};
    int bad = sweep(shape_count(&c->shape), rescale_piece, &k);
    r->known[x->y] = true;
    if (rem) r->known[x->rem] = true;
    return bad ? overflow(r, x->y) : TACIT_OK;
}

typedef struct clamp {
    const tensor *tx, *tl, *th;
    int32_t *x, *low, *high, *flag, *rem;
    const advice *step;
    const int64_t *acc;
    _Atomic uint64_t saturated;
} clamp;

/* One element: v = x + r. Nonzero bits: 1 the excess does not fit, 2 x does not, 4 saturated. */
static int clamp_one(const clamp *k, const advice *s, int64_t v, uint64_t i) {
    int64_t x = v < s->lo ? s->lo : v > s->hi ? s->hi : v;
    int64_t e = (int64_t)((uint64_t)v - (uint64_t)x), sign = e < 0 ? -1 : 1;
    uint64_t m = e < 0 ? 0 - (uint64_t)e : (uint64_t)e, low = k->high ? m & (((uint64_t)1 << s->low_bits) - 1) : m;
    int bad = (int64_t)low < 0;
    bad |= !put(k->tl, &k->low[i], sign * (int64_t)(low & INT64_MAX));
    if (k->high) bad |= !put(k->th, &k->high[i], sign * (int64_t)(m >> s->low_bits & INT64_MAX));
    if (!put(k->tx, &k->x[i], x)) bad |= 2;
    if (k->flag) k->flag[i] = x == s->hi ? 1 : x == s->lo ? -1 : 0;
    return bad | (e ? 4 : 0);
}

static int clamp_piece(void *ctx, uint64_t first, uint64_t end) {
    clamp *k = ctx;
    int64_t mask = ((int64_t)1 << k->step->shift) - 1;
    uint64_t saturated = 0;
    int bad = 0;
    for (uint64_t i = first; i < end; i++) {
        int s = clamp_one(k, k->step, k->acc[i] >> k->step->shift, i);
        if (k->rem) k->rem[i] = (int32_t)(k->acc[i] & mask);
        bad |= s & 3;
        saturated += (uint64_t)s >> 2;
    }
    atomic_fetch_add(&k->saturated, saturated);
    return bad;
}

static tacit_status saturate(run *r, const advice *x) {
    const constraint *c = &r->p->constraints[x->relation];
    const tensor *t = r->p->tensors;
    clamp k = {.tx = &t[x->y],
               .tl = &t[x->r_low],
               .th = x->r_high == NO_TENSOR ? NULL : &t[x->r_high],
               .x = r->t->values[x->y],
               .low = r->t->values[x->r_low],
               .high = values_or_null(r, x->r_high),
               .flag = values_or_null(r, x->flag),
               .rem = values_or_null(r, x->rem),
               .step = x};
    targets skip = {.count = 0};
    int64_t *acc;
    add_target(&skip, x->y);
    add_target(&skip, x->rem);
    add_target(&skip, x->r_low);
    add_target(&skip, x->r_high);
    TRY(rest_of(r, c, &skip, &acc));
    k.acc = acc;
    int bad = sweep(shape_count(&c->shape), clamp_piece, &k);
    for (uint32_t i = 0; i < skip.count; i++) r->known[skip.id[i]] = true;
    know(r, x->flag);
    r->saturated += atomic_load(&k.saturated);
    return bad & 1 ? overflow(r, x->r_low) : bad ? overflow(r, x->y) : TACIT_OK;
}

typedef struct solution {
    const tensor *ty;
    const int64_t *acc;
    int32_t *y;
    bool plus;
} solution;
static int solve_piece(void *ctx, uint64_t first, uint64_t end) {
    const solution *k = ctx;
    int bad = 0;
    for (uint64_t i = first; i < end; i++)
        bad |= !put(k->ty, &k->y[i], k->plus ? (int64_t)(0 - (uint64_t)k->acc[i]) : k->acc[i]);
    return bad;
}

static tacit_status solve(run *r, const advice *x) {
    const constraint *c = &r->p->constraints[x->relation];
    int64_t *acc;
    bool plus = false;
    targets skip = {.count = 0};
    add_target(&skip, x->y);
    for (uint32_t k = 0; k < c->term_count; k++) plus = plus || (c->terms[k].tensor == x->y && c->terms[k].coef == 1);
    TRY(rest_of(r, c, &skip, &acc));
    solution k = {&r->p->tensors[x->y], acc, r->t->values[x->y], plus};
    int bad = sweep(shape_count(&c->shape), solve_piece, &k);
    r->known[x->y] = true;
    return bad ? overflow(r, x->y) : TACIT_OK;
}

/* The columns that a table step fills: computed tensors that are not known yet. */
static uint32_t open_columns(const run *r, const lookup *l, uint32_t *open) {
    uint32_t n = 0;
    for (uint32_t c = 1; c < r->p->tables[l->table].width; c++) {
        const tensor *t = &r->p->tensors[l->columns[c]];
        if ((t->kind == TENSOR_COMMITTED || t->kind == TENSOR_OUTPUT) && !r->known[l->columns[c]]) open[n++] = c;
    }
    return n;
}

typedef struct reading {
    const run *r;
    const lookup *l;
    const row_index *index;
    uint32_t open[MAX_TABLE_WIDTH], count;
    column_reader key;
} reading;
static int table_piece(void *ctx, uint64_t first, uint64_t end) {
    const reading *j = ctx;
    int bad = 0;
    for (uint64_t at = first; at < end; at += READ_CHUNK) {
        int32_t value[READ_CHUNK];
        uint64_t m = end - at < READ_CHUNK ? end - at : READ_CHUNK;
        reader_i32(&j->key, at, m, value);
        for (uint64_t i = 0; i < m; i++) {
            uint32_t row = row_first(j->index, value[i]);
            bad |= row == NO_ROW;
            for (uint32_t k = 0; k < j->count && row != NO_ROW; k++)
                j->r->t->values[j->l->columns[j->open[k]]][at + i] = j->index->column[j->open[k]][row];
        }
    }
    return bad;
}

/* rows[i] = row index[i] of the source. */
static tacit_status copy_rows(run *r, const lookup *l) {
    const table *t = &r->p->tables[l->table];
    const shape row = gather_row(r->p, t);
    uint64_t n = shape_count(&r->p->tensors[l->columns[0]].shape), width = shape_count(&row);
    int32_t *index = ARENA_NEW(r->a, int32_t, n), *out = r->t->values[l->columns[1]];
    const narrow source = trace_atom(r->t, t->source);
    TRY(need(r, l->columns[0]));
    TRY(need(r, t->source));
    if (!index) return full(r->err);
    trace_values_i32(r->t, l->columns[0], index);
    for (uint64_t i = 0; i < n; i++) {
        if (index[i] < 0 || (uint32_t)index[i] >= t->rows) return overflow(r, l->columns[0]);
        narrow_read(narrow_at(source, (uint64_t)index[i] * width), width, out + i * width);
    }
    r->known[l->columns[1]] = true;
    return TACIT_OK;
}

static tacit_status by_table(run *r, const advice *x) {
    const lookup *l = &r->p->lookups[x->relation];
    if (r->p->tables[l->table].gather) return copy_rows(r, l);
    reading j = {.r = r, .l = l, .index = r->tables[l->table]};
    j.count = open_columns(r, l, j.open);
    TRY(need(r, l->columns[0]));
    TRY(reader_make(&j.key, r->t, l->columns[0], r->a, r->err));
    int bad = sweep(shape_count(&r->p->tensors[l->columns[0]].shape), table_piece, &j);
    for (uint32_t k = 0; k < j.count; k++) r->known[l->columns[j.open[k]]] = true;
    return bad ? overflow(r, l->columns[0]) : TACIT_OK;
}

static tacit_status limbs(run *r, const advice *x) {
    targets skip = {.count = 0};
    int64_t *acc;
    add_target(&skip, x->y);
    TRY(rest_of(r, &r->p->constraints[x->relation], &skip, &acc));
    r->known[x->y] = true;
    return derive_limbs(r->t, x, acc, r->err);
}

static tacit_status by_tensors(run *r, const advice *x) {
    TRY(need(r, x->rem));
    if (x->r_low != NO_TENSOR && x->kind != ADVICE_ONEHOT) TRY(need(r, x->r_low));
    if (x->kind == ADVICE_TREE) TRY(need(r, x->r_high));
    r->known[x->y] = true;
    if (x->kind == ADVICE_ONEHOT) know(r, x->r_low);
    return derive(r->t, x, r->a, r->err);
}

static tacit_status step(run *r, const advice *x) {
    switch (x->kind) {
    case ADVICE_RESCALE:
        return rescale(r, x);
    case ADVICE_SATURATE:
        return saturate(r, x);
    case ADVICE_TABLE:
        return by_table(r, x);
    case ADVICE_SOLVE:
        return solve(r, x);
    case ADVICE_LIMBS:
        return limbs(r, x);
    case ADVICE_ONEHOT:
    case ADVICE_TOP:
    case ADVICE_BINS:
    case ADVICE_TREE:
        return by_tensors(r, x);
    case ADVICE_DIVIDE:
    case ADVICE_ROOT:
        return quotient(r, x);
    case ADVICE_PEAK:
        return row_peak(r, x);
    case ADVICE_SIGN:
        return sign(r, x);
    }
    return fail(r->err, TACIT_INTERNAL, "unknown advice");
}

/* ---- the whole */
static tacit_status prepare(run *r) {
    const program *p = r->p;
    r->known = ARENA_ZNEW(r->a, bool, p->tensor_count);
    r->tables = ARENA_ZNEW(r->a, row_index *, p->table_count);
    if (!r->known || !r->tables) return full(r->err);
    for (uint32_t i = 0; i < p->tensor_count; i++) {
        tensor_kind k = p->tensors[i].kind;
        r->known[i] = k == TENSOR_INPUT || k == TENSOR_PARAM || k == TENSOR_CONSTANT;
    }
    for (uint32_t i = 0; i < p->advice_count; i++) {
        if (p->advices[i].kind != ADVICE_TABLE) continue;
        uint32_t index = p->lookups[p->advices[i].relation].table;
        if (r->tables[index] || p->tables[index].gather) continue;
        r->tables[index] = ARENA_NEW(r->a, row_index, 1);
        if (!r->tables[index]) return full(r->err);
        TRY(row_index_make(r->tables[index], &p->tables[index], r->a, r->err));
    }
    return TACIT_OK;
}

static tacit_status run_all(run *r) {
    TRY(prepare(r));
    for (uint32_t i = 0; i < r->p->advice_count; i++) {
        size_t mark = arena_mark(r->a);
        tacit_status s = step(r, &r->p->advices[i]);
        if (s != TACIT_OK && !(s == TACIT_OVERFLOW && r->after)) return s; /* who watches looks at intervals himself */
        arena_release(r->a, mark);
        if (r->after) r->after(r->context, r->t, i);
    }
    for (uint32_t i = 0; i < r->p->tensor_count; i++) {
        const tensor *t = &r->p->tensors[i];
        if ((t->kind == TENSOR_COMMITTED || t->kind == TENSOR_OUTPUT) && !r->known[i])
            return fail(r->err, TACIT_MALFORMED, "no advice computes \"%s\"", t->name);
    }
    return TACIT_OK;
}

tacit_status execute_watched(trace *t, arena *scratch, execute_watch after, void *context, tacit_error *err) {
    run r = {.t = t, .p = t->p, .a = scratch, .err = err, .after = after, .context = context};
    size_t mark = arena_mark(scratch);
    tacit_status s = run_all(&r);
    arena_release(scratch, mark);
    return s;
}

tacit_status execute(trace *t, arena *scratch, uint64_t *saturated, tacit_error *err) {
    run r = {.t = t, .p = t->p, .a = scratch, .err = err};
    size_t mark = arena_mark(scratch);
    tacit_status s = run_all(&r);
    arena_release(scratch, mark);
    if (saturated) *saturated = r.saturated;
    return s;
}
