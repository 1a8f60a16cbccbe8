#include "simulator.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "commit/commit_oracle.h"
#include "poly/eq.h"
#include "poly/ntt.h"

#define RULE(name) (UINT64_C(1) << BROKEN_##name)

void script_note(script *s, unsigned tag, const gl *words, unsigned count) {
    for (unsigned i = 0; i < count; i++) {
        if (s->count == MOST) abort();
        s->tag[s->count] = tag;
        s->v[s->count++] = words[i];
    }
}

/* ---------------------------------------------------------------- coins: a function of seed and order */
uint64_t fixed_coins_seed;
static uint64_t coin_at;
static uint64_t coin_value(uint64_t i, uint64_t base) {
    uint64_t x = (fixed_coins_seed * 1000003 + i + 1) * UINT64_C(0x9E3779B97F4A7C15);
    x = (x ^ x >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ x >> 27) * UINT64_C(0x94D049BB133111EB);
    return (x ^ x >> 31) % base;
}
static uint64_t coin(void *ctx, transcript_tag tag, uint64_t base) {
    (void)ctx;
    (void)tag;
    return coin_value(coin_at++, base);
}
void fixed_coins_start(void) {
    toy = (toy_table){coin, NULL, NULL};
    coin_at = 0;
}

bool under_triples(unsigned tag) {
    return tag == TAG_LOGUP_SUM || tag == TAG_LOGUP_N || tag == TAG_LOGUP_D || tag == TAG_OPERAND ||
           tag == TAG_ZERO_A || tag == TAG_ZERO_B;
}

/* ---------------------------------------------------------------- the simulator */
/* Its messages of steps 3 to 6 are uniform digits (those of v are given); then z, and at each opened position the lanes
 * of x and sigma; everything else follows. It knows the challenges, and no witness. */
struct simulator {
    commit_prover answers;
    const statement *st;
    size_t used, count; /* digits */
    gl digit[MOST];
    const script *given;
    size_t given_at;
    ext gamma, z[MOST], v[MOST], level_z[MOST], lane_eq[64];
    size_t size;
};
static simulator *sim;
static script *under_way;

/* Columns are made when they are asked for. */
static tacit_status sim_columns(commit_prover *cp, tree_ref tree, const uint32_t *positions, uint32_t count,
                                tacit_error *err) {
    (void)cp, (void)tree, (void)positions, (void)count;
    return err->status;
}

static gl digit(void) {
    if (sim->used == MOST) abort();
    return sim->digit[sim->used++];
}
static ext digits(void) {
    ext r;
    for (int j = 0; j < EXT_DEG; j++) r.c[j] = digit();
    return r;
}
static void simulate_message(enum cheat_place place, void *a, const void *b) {
    const unsigned *what = b;
    gl *words = a;
    if (place != CHEAT_MESSAGE) return;
    switch (what[0]) {
    case TAG_LOGUP_ROUND:
    case TAG_CONSTRAINT_ROUND:
    case TAG_VIEW_ROUND:
    case TAG_ZERO_ROUND:
    case TAG_BATCH_ROUND:
        for (unsigned i = 0; i < what[2]; i++) words[i] = digit();
        break;
    default:
        break;
    }
    for (unsigned i = 0; under_triples(what[0]) && i < what[2]; i++) {
        while (!under_triples(sim->given->tag[sim->given_at])) sim->given_at++;
        words[i] = sim->given->v[sim->given_at++];
    }
    script_note(under_way, what[0], words, what[2]);
}
static tacit_status sim_commit(commit_prover *cp, uint32_t domain, digest *root, tacit_error *err) {
    (void)cp, (void)domain, (void)err;
    memset(root, 0, sizeof *root);
    return TACIT_OK;
}
static tacit_status sim_begin(commit_prover *cp, const batch_final *f, arena *work, ext *nu, tacit_error *err) {
    const geometry *g = &sim->st->geometry;
    (void)cp, (void)work, (void)err;
    sim->gamma = toy_element(coin_value(coin_at, toy_size())); /* the next coin */
    sim->size = (size_t)1 << g->vector_log;
    memset(sim->v, 0, sizeof sim->v);
    memset(sim->z, 0, sizeof sim->z);
    *nu = ext_neg(ext_mul(sim->gamma, f->k0));
    for (uint32_t o = 0; o < 2; o++)
        for (size_t i = 0; i < (size_t)1 << g->object[o].a; i++) {
            size_t at = g->start[o] + i;
            sim->z[at] = digits();
            if (o == 0) sim->v[at] = ext_mul(f->coef[0], eq_index(f->rho + g->object[0].k, g->object[0].a, i));
            if (o == 1 && i < f->u_count) sim->v[at] = ext_neg(f->u[i]);
            *nu = ext_add(*nu, ext_mul(sim->v[at], sim->z[at]));
        }
    eq_table(sim->lane_eq, f->rho, g->object[0].k);
    return TACIT_OK;
}
static tacit_status sim_mask(commit_prover *cp, const batch_final *f, const extv *y, ext gamma, tacit_error *err) {
    (void)cp, (void)f, (void)y, (void)err;
    if (!ext_equal(gamma, sim->gamma)) abort();
    return TACIT_OK;
}
static tacit_status sim_level(commit_prover *cp, const geometry_level *l, digest *root, tacit_error *err) {
    (void)l;
    memcpy(sim->level_z, sim->z, sizeof sim->z);
    return sim_commit(cp, 0, root, err);
}
static void sim_clear(commit_prover *cp, ext *out, uint64_t count) {
    (void)cp;
    memcpy(out, sim->z, count * sizeof *out);
}
static ext value_at(const ext *c, size_t count, size_t stride, gl x) {
    ext r = EXT_ZERO;
    for (size_t i = count; i-- > 0;) r = ext_add(ext_scale(r, x), c[i * stride]);
    return r;
}
static gl *put(gl *column, ext v) {
    memcpy(column, v.c, sizeof v.c);
    return column + EXT_DEG;
}
static void sim_column(commit_prover *cp, tree_ref tree, uint32_t position, gl *column, digest *salt) {
    const geometry *g = &sim->st->geometry;
    (void)cp, (void)salt;
    if (tree.kind == TREE_INNER) {
        const geometry_level *l = &g->level[tree.index];
        size_t lanes = (size_t)1 << l->k;
        for (size_t i = 0; i < lanes; i++)
            column = put(column,
                         value_at(sim->level_z + i, (size_t)geometry_columns(l), lanes, rs_point(l->log_n, position)));
        return;
    }
    ext y[2] = {EXT_ZERO, EXT_ZERO};
    gl x = rs_point(g->domain[tree.index].log_n, position);
    for (size_t i = 0; g->object[0].domain == tree.index && i < g->object[0].lanes; i++) {
        *column = digit();
        y[0] = ext_add(y[0], ext_scale(sim->lane_eq[i], *column++));
    }
    if (g->object[1].domain == tree.index) column = put(column, y[1] = digits());
    for (uint32_t o = 0; o < 2; o++)
        if (g->object[o].domain == tree.index)
            column = put(column, ext_sub(value_at(sim->z + g->start[o], (size_t)1 << g->object[o].a, 1, x),
                                         ext_mul(sim->gamma, y[o])));
}
static void sim_path(commit_prover *cp, tree_ref tree, const uint32_t *positions, uint32_t count, uint32_t *work,
                     digest *siblings) {
    (void)cp, (void)tree, (void)positions, (void)count, (void)work, (void)siblings;
}
static tacit_status sim_add(commit_prover *cp, const ladder_opening *list, uint32_t count, const ext *weights,
                            tacit_error *err) {
    (void)cp, (void)err;
    for (uint32_t i = 0; i < count; i++) {
        gl x = rs_point(list[i].log_n, list[i].position), power = 1;
        for (size_t k = 0; k < (size_t)1 << list[i].at.log; k++, power = gl_mul(power, x)) {
            ext *v = &sim->v[list[i].at.start + k];
            *v = ext_add(*v, ext_scale(weights[i], power));
        }
    }
    return TACIT_OK;
}
static void sim_round(void *ctx, ext *values) {
    (void)ctx;
    for (size_t i = 0; i < sim->size; i += 2) {
        ext v2 = ext_sub(ext_add(sim->v[i + 1], sim->v[i + 1]), sim->v[i]);
        ext z2 = ext_sub(ext_add(sim->z[i + 1], sim->z[i + 1]), sim->z[i]);
        values[0] = ext_add(values[0], ext_mul(sim->v[i], sim->z[i]));
        values[1] = ext_add(values[1], ext_mul(v2, z2));
    }
}
static void sim_fold(void *ctx, ext r) {
    (void)ctx;
    sim->size /= 2;
    for (size_t i = 0; i < sim->size; i++) {
        sim->v[i] = ext_lerp(sim->v[2 * i], sim->v[2 * i + 1], r);
        sim->z[i] = ext_lerp(sim->z[2 * i], sim->z[2 * i + 1], r);
    }
}

/* The other steps' oracles have nothing to answer: what they send is replaced. */
static void no_round(void *ctx, ext *values) {
    (void)ctx, (void)values;
}
static void no_bind(void *ctx, ext r) {
    (void)ctx, (void)r;
}
static tacit_status no_lookups(void *ctx, const logup *l, const ext *r_c, ext alpha, const ext *beta) {
    (void)ctx, (void)l, (void)r_c, (void)alpha, (void)beta;
    return TACIT_OK;
}
static tacit_status no_root(void *ctx, uint32_t tree, ext *sum, ext *den) {
    (void)ctx, (void)tree, (void)sum, (void)den;
    return TACIT_OK;
}
static void no_layer(void *ctx, unsigned l, const ext *point, const uint32_t *live, uint32_t count, const ext *weight) {
    (void)ctx, (void)l, (void)point, (void)live, (void)count, (void)weight;
}
static void no_ends(void *ctx, uint32_t live, ext v[4]) {
    (void)ctx, (void)live, (void)v;
}
static tacit_status no_jobs(void *ctx, const contraction *jobs, uint32_t count) {
    (void)ctx, (void)jobs, (void)count;
    return TACIT_OK;
}
static ext no_operand(void *ctx, uint32_t job, int side) {
    (void)ctx, (void)job, (void)side;
    return EXT_ZERO;
}
static tacit_status no_views(void *ctx, const view_job *jobs, uint32_t count) {
    (void)ctx, (void)jobs, (void)count;
    return TACIT_OK;
}
static tacit_status no_triples(void *ctx, const ext *r0, unsigned vars) {
    (void)ctx, (void)r0, (void)vars;
    return TACIT_OK;
}
static void no_values(void *ctx, ext *a, ext *b) {
    (void)ctx, (void)a, (void)b;
}
static tacit_status no_functional(void *ctx, const functional *f) {
    (void)ctx, (void)f;
    return TACIT_OK;
}

/* out: the transcript; the proof's bytes are shown to the verifier if asked. */
void simulate(lab *l, simulator *s, const script *given, script *out, bool verify) {
    static unsigned char bytes[1 << 20];
    static ext zeros[MOST];
    static extv folded[2];
    transcript ch;
    session se;
    size_t mark = arena_mark(&l->a);
    const sumcheck_oracle none = {NULL, no_round, no_bind};
    prover pr = {.logup = {NULL, no_lookups, no_root, no_layer, none, no_ends},
                 .constraint = {NULL, no_jobs, none, no_operand},
                 .view = {NULL, no_views, none},
                 .zero = {NULL, no_triples, none, no_values},
                 .batch = {NULL, no_functional, none},
                 .commit = &s->answers,
                 .folded = folded};
    s->answers = (commit_prover){.commit = sim_commit,
                                 .begin = sim_begin,
                                 .mask = sim_mask,
                                 .level = sim_level,
                                 .clear = sim_clear,
                                 .columns = sim_columns,
                                 .column = sim_column,
                                 .path = sim_path,
                                 .add_openings = sim_add,
                                 .rounds = {s, sim_round, sim_fold}};
    s->st = &l->st;
    s->used = s->given_at = 0;
    s->given = given;
    sim = s;
    under_way = out;
    out->count = 0;
    fixed_coins_start();
    memset(&l->err, 0, sizeof l->err);
    transcript_prover(&ch, bytes, sizeof bytes, &l->err);
    session_init(&se, &l->p, l->bind, &ch, &l->a, &l->err);
    for (int k = 0; k < CELL_ARRAYS; k++) se.cells[k] = zeros;
    se.sigma = zeros;
    uint64_t before = tacit_broken;
    tacit_broken |= RULE(LEAK_DUMMY); /* nothing to do with cells here */
    tacit_cheat = simulate_message;
    if (statement_run(&l->st, &se, &pr) != TACIT_OK) abort();
    tacit_cheat = NULL;
    tacit_broken = before;
    s->count = s->used;
    arena_release(&l->a, mark);
    if (!verify) return;
    fixed_coins_start();
    tacit_broken |= RULE(MERKLE);
    if (lab_verify(l, bytes, ch.at) != TACIT_OK) {
        fprintf(stderr, "the simulator's transcript: %s\n", l->err.text);
        abort();
    }
    tacit_broken = before;
}

simulator *simulator_new(void) {
    simulator *s = calloc(1, sizeof *s);
    for (size_t i = 0; i < MOST; i++) s->digit[i] = toy_random(toy_p);
    return s;
}
size_t simulator_digits(const simulator *s) {
    return s->count;
}
gl *simulator_digit(simulator *s, size_t i) {
    return &s->digit[i];
}
