/* Rules of the protocol: an attack gets through when its rule is off and is rejected, with its code, when it is on.
 * Needs the library built with TACIT_RULES and TACIT_TEST_SEED (src/base/broken.h). */
#include "lab.h" /* before cmocka, which defines a macro fail */
#include "base/broken.h"
#include "sumcheck/early.h"
#include <stdio.h>
#ifndef TACIT_RULES
int main(void) {
    puts("needs a library built with TACIT_RULES");
    return 0;
}
#else
#include "commit/commit_oracle.h"
#include "commit/object.h"
#include "commit/rng.h"
#include "poly/eq.h"
#include "poly/ntt.h"
#include "sumcheck/parallel.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define RULE(name) (UINT64_C(1) << BROKEN_##name)
static lab *now;             /* the lab under attack */
static prover honest;        /* its oracles, before a cheat changed them */
static session *now_session; /* the prover's */
static object_data *now_x;

/* ---------------------------------------------------------------- the frame */
/* `make` builds a lab up to the trace, lies included; `cheat` steps into the prover. */
typedef struct attack {
    void (*make)(lab *l);
    void (*cheat)(enum cheat_place place, void *a, const void *b);
    void (*replay)(lab *l);                          /* changes the statement after the proof */
    void (*patch)(unsigned char **proof, size_t *n); /* changes the proof */
} attack;

static tacit_status prove_and_verify(const attack *a) {
    lab l;
    unsigned char *proof = NULL;
    size_t size = 0;
    now = &l;
    lab_start(&l);
    a->make(&l);
    tacit_status st = l.st.p ? TACIT_OK : lab_statement(&l);
    if (st == TACIT_OK) {
        tacit_cheat = a->cheat;
        st = lab_prove(&l, &proof, &size);
        if (st != TACIT_OK) fail_msg("prove: %s", l.err.text);
        if (a->replay) a->replay(&l);
        if (a->patch) a->patch(&proof, &size);
        st = lab_verify(&l, proof, size);
    }
    tacit_cheat = NULL;
    static tacit_error err;
    err = l.err;
    lab_end(&l);
    free(proof);
    if (st == TACIT_REJECTED)
        st = (tacit_status)(1000 + (int)err.reject);
    else if (st != TACIT_OK)
        fail_msg("%s", err.text);
    return st;
}

static uint64_t attacked; /* rules that met an attack */

static void try_attack(const char *name, uint64_t rules, uint64_t always, tacit_reject code, const attack *a) {
    attacked |= rules;
    tacit_broken = rules | always;
    int off = (int)prove_and_verify(a);
    tacit_broken = always;
    int on = (int)prove_and_verify(a);
    tacit_broken = 0;
    if (off != TACIT_OK)
        fail_msg("%s off: rejected (%d: %s)", name, off, tacit_reject_text((tacit_reject)(off - 1000)));
    if (code == TACIT_REJECT_MERKLE && on == 1000 + TACIT_REJECT_SHORT)
        on = 1000 + TACIT_REJECT_MERKLE; /* paths' length */
    if (on != 1000 + (int)code)
        fail_msg("%s on: %s", name, on ? tacit_reject_text((tacit_reject)(on - 1000)) : "accepted");
}
#define ATTACK(name, code, ...) try_attack(#name, RULE(name), 0, TACIT_REJECT_##code, &(attack){__VA_ARGS__})

static void take_prover(void *a, const void *b) {
    const void *const *part = b;
    honest = *(prover *)a;
    now_session = (session *)(uintptr_t)part[0];
    now_x = (object_data *)(uintptr_t)part[1];
}

/* ---------------------------------------------------------------- programs */
static uint32_t ranged(lab *l, tensor_kind kind, const char *name, shape s, int64_t lo, int64_t hi) {
    char look[64];
    uint32_t t =
        kind == TENSOR_COMMITTED ? builder_committed(l->b, name, &s) : builder_external(l->b, kind, name, &s, lo, hi);
    snprintf(look, sizeof look, "%s.range", name);
    if (kind != TENSOR_PARAM) builder_lookup(l->b, look, builder_range_table(l->b, lo, hi), &t);
    return t;
}
static void put(lab *l, uint32_t t, uint32_t n, const int32_t *v) {
    memcpy(l->t.values[t], v, n * sizeof *v);
}
static void put1(lab *l, uint32_t t, int32_t v) {
    l->t.values[t][0] = v;
}

/* u * v = y on one element. */
static uint32_t id_u, id_v, id_y;
static void product_of(lab *l, bool square, int32_t u, int32_t v, int32_t y) {
    shape s = shape1(1);
    id_u = ranged(l, TENSOR_INPUT, "u", s, 0, 7);
    id_v = square ? id_u : ranged(l, TENSOR_INPUT, "v", s, 0, 7);
    id_y = ranged(l, TENSOR_OUTPUT, "y", s, 0, 63);
    product p = {1, id_u, id_v, {0}, {0}};
    linear_term t = {-1, id_y};
    builder_constraint(l->b, "product", &s, &p, 1, &t, 1, 0);
    lab_load(l);
    put1(l, id_u, u);
    put1(l, id_v, v);
    put1(l, id_y, y);
    lab_recount(l);
}
static void false_square(lab *l) {
    product_of(l, true, 3, 3, 12);
}
static void true_square(lab *l) {
    product_of(l, true, 3, 3, 9);
}
static void false_product(lab *l) {
    product_of(l, false, 3, 4, 15);
}

/* One looked-up vector of four elements, one out of range. */
static void out_of_range(lab *l) {
    id_u = ranged(l, TENSOR_INPUT, "u", shape1(4), 0, 7);
    lab_load(l);
    put(l, id_u, 4, (int32_t[]){1, 2, 3, 9});
    lab_recount(l);
}

/* ---------------------------------------------------------------- section 2: blocks */
/* Errors (+1, +1 | -1) cancel when blocks are added with weight 1. */
static void cancelling_blocks(lab *l) {
    shape s = shape1(3);
    uint32_t u = builder_external(l->b, TENSOR_PARAM, "u", &s, 0, 9),
             v = builder_external(l->b, TENSOR_PARAM, "v", &s, 0, 9);
    linear_term t[2] = {{1, u}, {-1, v}};
    builder_constraint(l->b, "equal", &s, NULL, 0, t, 2, 0);
    lab_load(l);
    put(l, u, 3, (int32_t[]){5, 6, 3});
    put(l, v, 3, (int32_t[]){4, 5, 4});
    lab_certify(l, 2);
}
static void test_cancelling_blocks(void **state) {
    (void)state;
    ATTACK(DYADIC, FUNCTIONAL, cancelling_blocks);
}

/* ---------------------------------------------------------------- section 4: triples */
/* The triple of the square: its b is a copy of its a. */
static uint32_t square_triple(const statement *st) {
    for (uint32_t i = 0; i < st->copy_count; i++)
        if (st->copies[i].copy.index == st->copies[i].original.index && st->copies[i].copy.array == CELL_B)
            return st->copies[i].copy.index;
    fail_msg("no square");
    return 0;
}
/* b = a + 1: the product becomes u (u + 1) = 12. */
static void cheat_copy(enum cheat_place place, void *a, const void *b) {
    if (place != CHEAT_CELLS) return;
    ext *const *cells = a;
    uint32_t t = square_triple(b);
    cells[CELL_B][t] = ext_add(cells[CELL_B][t], EXT_ONE);
    cells[CELL_C][t] = ext_mul(cells[CELL_A][t], cells[CELL_B][t]);
}
static void test_untied_copy(void **state) {
    (void)state;
    ATTACK(COPIES, FUNCTIONAL, false_square, cheat_copy);
}

/* c = a b + 3. */
static void cheat_c(enum cheat_place place, void *a, const void *b) {
    if (place != CHEAT_CELLS) return;
    ext *const *cells = a;
    uint32_t t = square_triple(b);
    cells[CELL_C][t] = ext_add(cells[CELL_C][t], ext_from(3));
}
static void test_c_equation(void **state) {
    (void)state;
    ATTACK(C_EQUATION, FUNCTIONAL, false_square, cheat_c);
}

/* The zero-check runs on a' = a + 3/b (or b' = b + 3/a), with c = a' b. */
static int shifted;
static void cheat_factor(enum cheat_place place, void *a, const void *b) {
    cheat_c(place, a, b);
    if (place != CHEAT_PROVER) return;
    take_prover(a, b);
    cell_array here = shifted ? CELL_B : CELL_A, there = shifted ? CELL_A : CELL_B;
    uint32_t t = square_triple(&now->st), n = now->st.plan.triples;
    ext *kept = ARENA_NEW(now_session->a, ext, n), *cells = (ext *)(uintptr_t)now_session->cells[here];
    memcpy(kept, cells, n * sizeof *kept);
    cells[t] = ext_add(cells[t], ext_mul(ext_from(3), ext_inv(now_session->cells[there][t])));
    now_session->cells[here] = kept; /* messages go under the true pads */
}
static void test_ab_equations(void **state) {
    (void)state;
    shifted = 0;
    ATTACK(A_EQUATION, FUNCTIONAL, false_square, cheat_factor);
    shifted = 1;
    ATTACK(B_EQUATION, FUNCTIONAL, false_square, cheat_factor);
}

/* ---------------------------------------------------------------- step 3 */
static void test_sum(void **state) {
    (void)state;
    ATTACK(SUM, FUNCTIONAL, out_of_range);
}

/* N_0 is wrong by -err, D_1 by x: with weights 1, mu, mu^2, mu^3 they cancel in layer 0. With `single`, only S_0. */
static bool single;
static tacit_status forged_root(void *ctx, uint32_t tree, ext *sum, ext *den) {
    ext total = EXT_ZERO, s[2], d[2], mu = RULE_OFF(LOGUP_WEIGHT) ? broken_logup_weight : ext_from(12345);
    for (uint32_t i = 0; i < now->st.logup.tree_count; i++) {
        ext S, D;
        TRY(honest.logup.root(ctx, i, &S, &D));
        total = ext_add(total, S);
        if (i < 2) s[i] = S, d[i] = D;
        if (i == tree) *sum = S, *den = D;
    }
    if (tree == 0) *sum = ext_sub(*sum, total);
    if (tree != 1 || single) return TACIT_OK;
    ext mu2 = ext_mul(mu, mu), weight = ext_add(ext_mul(mu2, s[1]), ext_mul(mu2, mu));
    *den = ext_add(*den, ext_mul(ext_mul(total, d[0]), ext_inv(weight)));
    return TACIT_OK;
}
static void cheat_root(enum cheat_place place, void *a, const void *b) {
    if (place != CHEAT_PROVER) return;
    take_prover(a, b);
    ((prover *)a)->logup.root = forged_root;
}
static void test_weight_before_roots(void **state) {
    (void)state;
    single = false;
    ATTACK(LOGUP_WEIGHT, FUNCTIONAL, out_of_range, cheat_root);
}
static void test_layer(void **state) {
    (void)state;
    single = true;
    ATTACK(LAYER, FUNCTIONAL, out_of_range, cheat_root);
}

/* The prover's trees are made from another program: a table with 9 in it, a lookup of another tensor. */
static void other_table(lab *l) {
    out_of_range(l);
    program *p = ARENA_NEW(&l->a, program, 1);
    table *t = ARENA_NEW(&l->a, table, 1);
    static table_run runs[2] = {{7, 0, 1}, {1, 9, 1}};
    *p = l->p;
    *t = l->p.tables[0];
    t->columns[0] = (table_column){.run_count = 2, .runs = runs, .lo = 0, .hi = 9};
    p->tables = t;
    l->t.p = p;
    program keep = l->p;
    l->p = *p;
    lab_recount(l);
    l->p = keep;
}
static void other_column(lab *l) {
    id_u = ranged(l, TENSOR_INPUT, "u", shape1(4), 0, 7);
    id_v = ranged(l, TENSOR_INPUT, "v", shape1(4), 0, 7);
    lab_load(l);
    put(l, id_u, 4, (int32_t[]){1, 2, 3, 9});
    put(l, id_v, 4, (int32_t[]){1, 2, 3, 4});
    program *p = ARENA_NEW(&l->a, program, 1);
    *p = l->p;
    p->lookups = ARENA_NEW(&l->a, lookup, 2);
    memcpy(p->lookups, l->p.lookups, 2 * sizeof *p->lookups);
    p->lookups[0].columns[0] = p->lookups[1].columns[0] = id_v;
    l->t.p = p;
    program keep = l->p;
    l->p = *p;
    lab_recount(l);
    l->p = keep;
}
/* Bug 3: the final check of lookups. */
static void test_leaves(void **state) {
    (void)state;
    ATTACK(LEAF_TABLE, FUNCTIONAL, other_table);
    ATTACK(LEAF_LOOKUP, FUNCTIONAL, other_column);
}

/* 6 lies in the other table only; (x, f(x)) = (3, 3) becomes (4, 2). */
static void other_id(lab *l) {
    id_u = ranged(l, TENSOR_INPUT, "u", shape1(2), 0, 3);
    id_v = ranged(l, TENSOR_INPUT, "v", shape1(2), 0, 7);
    lab_load(l);
    put(l, id_u, 2, (int32_t[]){1, 6});
    put(l, id_v, 2, (int32_t[]){0, 5});
    lab_recount(l);
    for (uint32_t t = 0; t < 2; t++)
        if (l->p.tables[t].rows == 8) l->t.values[l->p.tables[t].multiplicity][6]++;
}
static void other_row(lab *l) {
    table_run run = {4, 0, 1};
    table_column c[2] = {{.run_count = 1, .runs = &run}, {.run_count = 1, .runs = &run}};
    shape s = shape1(2);
    uint32_t pair[2] = {builder_committed(l->b, "x", &s), builder_committed(l->b, "f", &s)};
    builder_lookup(l->b, "pair", builder_table(l->b, 2, c, 4), pair);
    lab_load(l);
    put(l, pair[0], 2, (int32_t[]){1, 3});
    put(l, pair[1], 2, (int32_t[]){1, 3});
    lab_recount(l);
    put(l, pair[0], 2, (int32_t[]){1, 4});
    put(l, pair[1], 2, (int32_t[]){1, 2});
}
/* A gathered row with a wrong last element: at the point 0 the fold is the first. */
static void wrong_row(lab *l) {
    static const int64_t source[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    shape s = shape2(2, 4), n = shape1(2);
    uint32_t of = builder_constant(l->b, "source", &s, source);
    uint32_t pair[2] = {builder_committed(l->b, "index", &n), builder_committed(l->b, "rows", &s)};
    builder_lookup(l->b, "gather", builder_gather_table(l->b, of), pair);
    lab_load(l);
    put(l, pair[0], 2, (int32_t[]){1, 0});
    put(l, pair[1], 8, (int32_t[]){5, 6, 7, 8, 1, 2, 3, 5});
    lab_recount(l);
}
static void test_gather(void **state) {
    (void)state;
    ATTACK(GATHER, FUNCTIONAL, wrong_row);
}
/* Bug 11: ids and columns have weights of their own. */
static void test_fingerprints(void **state) {
    (void)state;
    ATTACK(TABLE_ID, FUNCTIONAL, other_id);
    ATTACK(BETA, FUNCTIONAL, other_row);
}

/* ---------------------------------------------------------------- steps 4 and 5 */
static ext forged_operand(void *ctx, uint32_t job, int side) {
    return side ? ext_from(5) : honest.constraint.operand(ctx, job, side); /* 3 * 5 = 15 */
}
static void cheat_operand(enum cheat_place place, void *a, const void *b) {
    if (place != CHEAT_PROVER) return;
    take_prover(a, b);
    ((prover *)a)->constraint.operand = forged_operand;
}
/* Bug 3: evaluations that nothing compares. */
static void test_operand(void **state) {
    (void)state;
    ATTACK(OPERAND, FUNCTIONAL, false_product, cheat_operand);
    ATTACK(CONTRACTION, FUNCTIONAL, false_product);
}

/* y = reversed u, or y = u. */
static void equal_vectors(lab *l, bool reversed) {
    static int32_t map[5] = {4, 3, 2, 1, 0};
    shape s = shape1(5);
    view_group g = {1, 1, {0}, {0}, 5, map};
    id_u = ranged(l, TENSOR_INPUT, "u", s, 0, 7);
    uint32_t from = reversed ? builder_view(l->b, "rev", id_u, &s, &g, 1) : id_u;
    id_y = ranged(l, TENSOR_OUTPUT, "y", s, 0, 7);
    linear_term t[2] = {{1, from}, {-1, id_y}};
    builder_constraint(l->b, "equal", &s, NULL, 0, t, 2, 0);
    lab_load(l);
    put(l, id_u, 5, (int32_t[]){1, 2, 3, 4, 5});
    put(l, id_y, 5, (int32_t[]){5, 4, 3, 2, 2});
    lab_recount(l);
}
static void false_view(lab *l) {
    equal_vectors(l, true);
}
static void false_equal(lab *l) {
    equal_vectors(l, false);
}
static void test_view(void **state) {
    (void)state;
    ATTACK(VIEW_FINAL, FUNCTIONAL, false_view);
    ATTACK(AFFINE, FUNCTIONAL, false_equal);
}

/* Two false relations whose errors +1 and -1 cancel when the weights are equal: equalities, views, squares. */
static int kind_of_relation;
static void cancelling(lab *l) {
    static int32_t map[1] = {0};
    shape s = shape1(1);
    view_group g = {1, 1, {0}, {0}, 1, map};
    uint32_t u[2], y[2];
    for (int i = 0; i < 2; i++) {
        u[i] = ranged(l, TENSOR_INPUT, i ? "u1" : "u0", s, 0, 7);
        y[i] = ranged(l, TENSOR_OUTPUT, i ? "y1" : "y0", s, 0, 63);
        uint32_t from = kind_of_relation == 1 ? builder_view(l->b, i ? "v1" : "v0", u[i], &s, &g, 1) : u[i];
        linear_term t[2] = {{-1, y[i]}, {1, from}};
        product p = {1, u[i], u[i], {0}, {0}};
        bool square = kind_of_relation == 2;
        builder_constraint(l->b, i ? "c1" : "c0", &s, &p, square, t, square ? 1 : 2, 0);
    }
    lab_load(l);
    for (int i = 0; i < 2; i++) {
        put1(l, u[i], 3);
        put1(l, y[i], (kind_of_relation == 2 ? 9 : 3) + (i ? 1 : -1));
    }
    lab_recount(l);
}
static void test_weights(void **state) {
    (void)state;
    kind_of_relation = 0;
    ATTACK(BATCH_MU, FUNCTIONAL, cancelling);
    kind_of_relation = 1;
    ATTACK(VIEW_MU, FUNCTIONAL, cancelling);
    kind_of_relation = 2;
    ATTACK(CONSTRAINT_MU, FUNCTIONAL, cancelling);
}

/* tau known before the commitment: y moves by d with d~(tau) = 0 and sum d = 1. The prover's tables hold integers, so
 * y leaves its range too; LEAF_LOOKUP is off in both runs. A long tensor makes y's block smaller than a column. */
static ext moved[4];
static void solve_moves(const ext *tau) {
    gl m[4][5] = {{0}};
    ext eq[4];
    eq_table(eq, tau, 2);
    for (int i = 0; i < 4; i++) {
        for (int j = 0; j < EXT_DEG; j++) m[j][i] = eq[i].c[j];
        m[EXT_DEG][i] = 1;
    }
    m[EXT_DEG][4] = 1;
    for (int c = 0; c <= EXT_DEG; c++) { /* Gauss-Jordan on the first EXT_DEG + 1 unknowns */
        int r = c;
        while (m[r][c] == 0) r++;
        for (int k = 0; k < 5; k++) {
            gl v = m[c][k];
            m[c][k] = m[r][k];
            m[r][k] = v;
        }
        gl inv = gl_inv(m[c][c]);
        for (int k = 0; k < 5; k++) m[c][k] = gl_mul(m[c][k], inv);
        for (int i = 0; i <= EXT_DEG; i++) {
            gl f = m[i][c];
            for (int k = 0; i != c && k < 5; k++) m[i][k] = gl_sub(m[i][k], gl_mul(f, m[c][k]));
        }
    }
    for (int i = 0; i < 4; i++) moved[i] = i <= EXT_DEG ? ext_from(m[i][4]) : EXT_ZERO;
}
/* The contraction sum_k y_k with public ones, by hand. */
static struct {
    ext y[4], weight;
    uint32_t n;
} hand;
static tacit_status hand_begin(void *ctx, const contraction *jobs, uint32_t count) {
    (void)ctx;
    hand.weight = jobs[0].weight;
    hand.n = 4;
    assert_int_equal(count, 1);
    for (int i = 0; i < 4; i++) hand.y[i] = ext_add(ext_from((gl)now->t.values[id_y][i]), moved[i]);
    return TACIT_OK;
}
static void hand_round(void *ctx, ext *values) {
    static const gl node[3] = {0, 2, 3};
    (void)ctx;
    for (int k = 0; k < 3; k++)
        for (uint32_t i = 0; i < hand.n; i += 2)
            values[k] = ext_add(values[k], ext_mul(hand.weight, ext_lerp(hand.y[i], hand.y[i + 1], ext_from(node[k]))));
}
static void hand_bind(void *ctx, ext r) {
    (void)ctx;
    hand.n /= 2;
    for (uint32_t i = 0; i < hand.n; i++) hand.y[i] = ext_lerp(hand.y[2 * i], hand.y[2 * i + 1], r);
}
static tacit_status step_tau(void *ctx, unsigned number) {
    static gl values[4];
    if (number == 2) {
        ext guess[2] = {EXT_ONE, EXT_ZERO};
        guess[0].c[EXT_DEG - 1] = 5;
        guess[1].c[1] = 77;
        guess[1].c[0] = 3;
        solve_moves(RULE_OFF(TAU) ? broken_tau : guess);
        const placement *pl = &now->st.place;
        const block *b = &pl->x.blocks[pl->x.order[pl->x.first[pl->item_of[id_y]]]];
        assert_true(b->log == 2 && b->log < now->st.geometry.object[0].k);
        for (int i = 0; i < 4; i++) values[i] = gl_add((gl)now->t.values[id_y][i], moved[i].c[0]);
        object_range *ranges = (object_range *)(uintptr_t)now_x[b->strip].ranges;
        memset((void *)(uintptr_t)object_small(&now_x[b->strip], b->start).data, 0, 4 * sizeof(int32_t));
        ranges[now_x[b->strip].range_count++] = (object_range){b->start, 4, values};
    }
    return honest.step(ctx, number);
}
static void cheat_tau(enum cheat_place place, void *a, const void *b) {
    if (place != CHEAT_PROVER) return;
    take_prover(a, b);
    prover *pr = a;
    pr->step = step_tau;
    pr->constraint.begin = hand_begin;
    pr->constraint.rounds = (sumcheck_oracle){NULL, hand_round, hand_bind};
}
static void sum_program(lab *l) {
    shape s4 = shape1(4), s1 = shape1(1), s14 = shape2(1, 4);
    uint32_t bulk = ranged(l, TENSOR_INPUT, "bulk", shape1(8192), 0, 7);
    id_u = ranged(l, TENSOR_INPUT, "u", s4, 0, 7);
    id_y = ranged(l, TENSOR_COMMITTED, "y", s4, 0, 7);
    uint32_t o = ranged(l, TENSOR_OUTPUT, "o", s1, 0, 28), ones = builder_fill(l->b, "ones", &s14, 1);
    linear_term same[2] = {{1, id_u}, {-1, id_y}}, out = {-1, o};
    builder_constraint(l->b, "same", &s4, NULL, 0, same, 2, 0);
    product p = {1, id_y, ones, {1}, {0, 1}};
    builder_constraint(l->b, "sum", &s1, &p, 1, &out, 1, 0);
    lab_load(l);
    l->bind[id_u].kind = BIND_PUBLIC;
    put(l, id_u, 4, (int32_t[]){1, 2, 3, 4});
    put(l, id_y, 4, (int32_t[]){1, 2, 3, 4});
    put1(l, o, 11); /* not 10 */
    (void)bulk;
    lab_recount(l);
}
/* Bug 12: a point that is known beforehand. */
static void test_tau(void **state) {
    (void)state;
    try_attack("TAU", RULE(TAU), RULE(LEAF_LOOKUP), TACIT_REJECT_FUNCTIONAL, &(attack){sum_program, cheat_tau});
}

/* ---------------------------------------------------------------- step 6 */
/* a(r) absorbs the error -3 of the false square, the last equation of step 4, when the weights are known. */
static void forged_ends(void *ctx, ext *a, ext *b) {
    honest.zero.ends(ctx, a, b);
    ext mu = RULE_OFF(BATCH_WEIGHT) ? broken_batch_weight : ext_from(12345), w = EXT_ONE, w_final = EXT_ZERO,
        w0 = EXT_ZERO;
    uint32_t last = now_session->equation_count - 1, zero = now_session->equation_count + now_session->copy_count;
    for (uint32_t i = 0; i < zero + 2; i++, w = ext_mul(w, mu)) {
        if (i == last) w_final = w;
        if (i == zero) w0 = w;
    }
    ext error = ext_mul(ext_from(3), w_final), slope = ext_sub(ext_mul(w, *b), w0);
    *a = ext_add(*a, ext_mul(error, ext_inv(slope)));
}
static void cheat_ends(enum cheat_place place, void *a, const void *b) {
    if (place != CHEAT_PROVER) return;
    take_prover(a, b);
    ((prover *)a)->zero.ends = forged_ends;
}
static void test_batch_weight(void **state) {
    (void)state;
    ATTACK(BATCH_WEIGHT, FUNCTIONAL, false_square, cheat_ends);
}

/* Without phi a short object counts once per value of the foreign variables: y = 2^d w. */
static void late_joiner(lab *l) {
    shape s = shape1(2);
    (void)ranged(l, TENSOR_INPUT, "bulk", shape1(16384), 0, 7);
    uint32_t w = builder_external(l->b, TENSOR_PARAM, "w", &s, 0, 7);
    id_y = ranged(l, TENSOR_COMMITTED, "y", s, 0, 255);
    linear_term t[2] = {{1, id_y}, {-1, w}};
    builder_constraint(l->b, "equal", &s, NULL, 0, t, 2, 0);
    lab_load(l);
    put(l, w, 2, (int32_t[]){1, 1});
    lab_certify(l, 2);
    assert_int_equal(lab_statement(l), TACIT_OK);
    const geometry *g = &l->st.geometry;
    unsigned d = g->object[0].a + g->object[0].k - g->object[1].a - g->object[1].k;
    assert_true(geometry_rounds(g) == g->object[0].a + g->object[0].k && d > 0 && d < 8);
    put(l, id_y, 2, (int32_t[]){1 << d, 1 << d});
    lab_recount(l);
}
static void test_late_joiner(void **state) {
    (void)state;
    ATTACK(PHI, FUNCTIONAL, late_joiner);
}

/* ---------------------------------------------------------------- step 7 */
static void false_square_levels(lab *l) {
    (void)ranged(l, TENSOR_INPUT, "bulk", shape1(EXT_DEG == 2 ? 16384 : 65536), 0, 7);
    false_square(l);
    assert_int_equal(lab_statement(l), TACIT_OK);
    assert_true(l->st.geometry.level_count > 0);
}

/* <V, y> - k0: what the functional is wrong by; eq: weights of x's columns. */
static ext defect(const batch_final *f, const extv *y, ext *eq) {
    const geometry *g = &now->st.geometry;
    ext sum = ext_neg(f->k0);
    for (uint32_t c = g->object_count - 1; c-- > 0;) {
        eq_table(eq, f->rho + g->object[c].k, g->object[c].a);
        for (size_t i = 0; i < (size_t)1 << g->object[c].a; i++)
            sum = ext_add(sum, ext_mul(f->coef[c], ext_mul(eq[i], extv_get(y[c], i))));
    }
    for (uint32_t i = 0; i < f->u_count; i++) sum = ext_sub(sum, ext_mul(f->u[i], now_session->sigma[i]));
    return sum;
}

/* nu that makes the functional of z true, once gamma is known: nu = <V, z> - gamma k0. */
static void cheat_nu(enum cheat_place place, void *a, const void *b) {
    if (place == CHEAT_PROVER) take_prover(a, b);
    if (place != CHEAT_NU) return;
    const void *const *part = b;
    commit_prover *cp = (commit_prover *)(uintptr_t)part[0];
    const geometry *g = part[1];
    const batch_final *f = part[2];
    ext gamma = *(const ext *)part[3], *nu = a, *z = malloc(g->used * sizeof *z), *eq = malloc(g->used * sizeof *eq);
    ext sum = ext_neg(ext_mul(gamma, f->k0));
    uint32_t sigma = g->object_count - 1;
    cp->clear(cp, z, g->used);
    for (uint32_t c = 0; c < sigma; c++) {
        eq_table(eq, f->rho + g->object[c].k, g->object[c].a);
        for (size_t i = 0; i < (size_t)1 << g->object[c].a; i++)
            sum = ext_add(sum, ext_mul(f->coef[c], ext_mul(eq[i], z[g->start[c] + i])));
    }
    for (uint32_t i = 0; i < f->u_count; i++) sum = ext_sub(sum, ext_mul(f->u[i], z[g->start[sigma] + i]));
    *nu = sum;
    free(z);
    free(eq);
}
static void test_nu_before_gamma(void **state) {
    (void)state;
    ATTACK(NU, FUNCTIONAL, false_square, cheat_nu);
    ATTACK(NU, FUNCTIONAL, false_square_levels, cheat_nu);
}

/* Another fold: y + scale * (dir), so that the functional holds. dir: one coefficient, or the polynomial that vanishes
 * at the positions 0 .. t - 1. The columns are shown as they are, or with omega made to fit. */
static enum { FOLD_ONLY, FOLD_AND_COLUMNS, FOLD_VANISHING } how;
static commit_prover kept;
static ext fold_shift, fold_gamma;
enum { SHIFT_AT = 1 };
static tacit_status forged_mask(commit_prover *cp, const batch_final *f, const extv *y, ext gamma, tacit_error *err) {
    const geometry *g = &now->st.geometry;
    uint32_t a = g->object[0].a;
    size_t n = (size_t)1 << a;
    extv mine[MAX_OBJECTS];
    ext *eq = malloc(sizeof *eq << g->vector_log);
    gl *dir = calloc(n, sizeof *dir);
    memcpy(mine, y, (g->object_count - 1) * sizeof *mine);
    mine[0] = extv_new(now_session->a, n);
    ext lack = ext_neg(defect(f, y, eq)), slope = EXT_ZERO; /* eq ends as x's */
    dir[how == FOLD_VANISHING ? 0 : SHIFT_AT] = 1;
    for (uint32_t j = 0; how == FOLD_VANISHING && j < g->domain[g->object[0].domain].t; j++) {
        gl x = rs_point(g->domain[g->object[0].domain].log_n, j);
        for (uint32_t i = j + 2; i-- > 0;) dir[i] = gl_sub(i ? dir[i - 1] : 0, gl_mul(x, dir[i]));
    }
    for (size_t i = 0; i < n; i++) slope = ext_add(slope, ext_scale(eq[i], dir[i]));
    fold_shift = ext_mul(lack, ext_inv(ext_mul(slope, f->coef[0])));
    fold_gamma = gamma;
    for (size_t i = 0; i < n; i++) extv_set(mine[0], i, ext_add(extv_get(y[0], i), ext_scale(fold_shift, dir[i])));
    free(eq);
    free(dir);
    return kept.mask(cp, f, mine, gamma, err);
}
/* omega(x_j) += gamma * shift * x_j^SHIFT_AT. */
static void forged_column(commit_prover *cp, tree_ref tree, uint32_t position, gl *column, digest *salt) {
    const geometry *g = &now->st.geometry;
    const geometry_object *x = &g->object[0];
    kept.column(cp, tree, position, column, salt);
    if (tree.kind != TREE_DOMAIN || tree.index != x->domain) return;
    size_t at = x->lanes + (g->object[g->object_count - 1].domain == x->domain ? EXT_DEG : 0);
    ext add =
        ext_scale(ext_mul(fold_gamma, fold_shift), gl_pow(rs_point(g->domain[x->domain].log_n, position), SHIFT_AT));
    for (int j = 0; j < EXT_DEG; j++) column[at + (size_t)j] = gl_add(column[at + (size_t)j], add.c[j]);
}
static void cheat_fold(enum cheat_place place, void *a, const void *b) {
    if (place != CHEAT_PROVER) return;
    take_prover(a, b);
    commit_prover *cp = ((prover *)a)->commit;
    kept = *cp;
    cp->mask = forged_mask;
    if (how == FOLD_AND_COLUMNS) cp->column = forged_column;
}
/* Without inner levels the openings are compared one by one; with them they go into the running equation. Bugs 3, 9:
 * openings are compared with what is committed, masks included. */
static void test_fold(void **state) {
    (void)state;
    how = FOLD_ONLY;
    ATTACK(LEVEL0, LEVEL0, false_square, cheat_fold);
    ATTACK(LEVEL0, FUNCTIONAL, false_square_levels, cheat_fold);
    how = FOLD_AND_COLUMNS;
    ATTACK(MERKLE, MERKLE, false_square, cheat_fold);
    ATTACK(MERKLE, MERKLE, false_square_levels, cheat_fold);
    how = FOLD_VANISHING;
    ATTACK(POSITIONS, LEVEL0, false_square, cheat_fold);
    ATTACK(POSITIONS, FUNCTIONAL, false_square_levels, cheat_fold);
}

/* Bug 3: the opened combination. */
static void test_functional(void **state) {
    (void)state;
    ATTACK(FUNCTIONAL, FUNCTIONAL, false_square);
    ATTACK(FUNCTIONAL, FUNCTIONAL, false_square_levels);
}

/* The clear vector is moved so that the last equation holds. What it lacks is learnt from two proofs with the same
 * seed: as it is, and moved by 1. */
static ext clear_move, clear_lack;
static void forged_clear(commit_prover *cp, ext *out, uint64_t count) {
    kept.clear(cp, out, count);
    out[0] = ext_add(out[0], clear_move);
}
static void cheat_clear(enum cheat_place place, void *a, const void *b) {
    if (place == CHEAT_CLEAR) clear_lack = *(ext *)a;
    if (place != CHEAT_PROVER) return;
    take_prover(a, b);
    commit_prover *cp = ((prover *)a)->commit;
    kept = *cp;
    cp->clear = forged_clear;
}
static void test_inner(void **state) {
    static const uint8_t seed[32] = {7};
    attack a = {false_square_levels, cheat_clear};
    (void)state;
    rng_test_seed = seed;
    for (int on = 0; on < 2; on++) {
        ext lack[2];
        for (int i = 0; i < 2; i++) {
            clear_move = i ? EXT_ONE : EXT_ZERO;
            tacit_broken = RULE(INNER);
            assert_int_equal(prove_and_verify(&a), 1000 + TACIT_REJECT_FUNCTIONAL);
            lack[i] = clear_lack;
        }
        clear_move = ext_mul(lack[0], ext_inv(ext_sub(lack[0], lack[1])));
        tacit_broken = on ? 0 : RULE(INNER);
        assert_int_equal(prove_and_verify(&a), on ? 1000 + TACIT_REJECT_INNER : TACIT_OK);
    }
    tacit_broken = 0;
    rng_test_seed = NULL;
}

/* ---------------------------------------------------------------- bytes */
/* The pad of the square's operand is 0, so 3 is sent in the clear; it goes as 3 + p. */
static void cheat_canonical(enum cheat_place place, void *a, const void *b) {
    if (place == CHEAT_CELLS) {
        ext *const *cells = a;
        uint32_t t = square_triple(b);
        cells[CELL_A][t] = cells[CELL_B][t] = cells[CELL_C][t] = EXT_ZERO;
    }
    if (place == CHEAT_MESSAGE && *(const unsigned *)b == TAG_OPERAND) {
        assert_true(*(gl *)a == 3);
        *(gl *)a += GL_P;
    }
}
static void longer(unsigned char **proof, size_t *n) {
    *proof = realloc(*proof, *n + 8);
    memset(*proof + *n, 0, 8);
    *n += 8;
}
static void test_bytes(void **state) {
    (void)state;
    ATTACK(CANONICAL, NOT_CANONICAL, true_square, cheat_canonical);
    ATTACK(END, LONG, true_square, .patch = longer);
}

/* u = sqrt(2) mod p = 2^24 - 2^40 + 2^8, u * u = 2: false over the integers. */
static void public_wrap(lab *l) {
    static const int64_t root = (INT64_C(1) << 24) - (INT64_C(1) << 40) + (INT64_C(1) << 8);
    shape s = shape1(1);
    id_u = builder_external(l->b, TENSOR_PARAM, "u", &s, 0, 7);
    uint32_t y = ranged(l, TENSOR_OUTPUT, "y", s, 0, 63);
    product p = {1, id_u, id_u, {0}, {0}};
    linear_term t = {-1, y};
    builder_constraint(l->b, "product", &s, &p, 1, &t, 1, 0);
    lab_load(l);
    l->bind[id_u] = (binding){.kind = BIND_PUBLIC, .values = &root};
    put1(l, y, 2);
    lab_recount(l);
}
static void test_public_range(void **state) {
    (void)state;
    ATTACK(PUBLIC_RANGE, PUBLIC_RANGE, public_wrap);
}

/* ---------------------------------------------------------------- step 1: replays */
static void replay_context(lab *l) {
    l->context = "another";
    assert_int_equal(lab_statement(l), TACIT_OK);
}
static void replay_model(lab *l) {
    l->st.model.b[3] ^= 1;
}
static void replay_program(lab *l) {
    l->p.digest.b[0] ^= 1;
}
static void unused_public(lab *l) {
    static const int64_t seen[2] = {1, 2};
    shape s = shape1(2);
    id_v = builder_external(l->b, TENSOR_PARAM, "unused", &s, 0, 7);
    id_u = ranged(l, TENSOR_INPUT, "u", shape1(4), 0, 7);
    lab_load(l);
    l->bind[id_v] = (binding){.kind = BIND_PUBLIC, .values = seen};
    lab_recount(l);
}
static void replay_public(lab *l) {
    static const int64_t other[2] = {1, 3};
    l->bind[id_v].values = other;
    assert_int_equal(lab_statement(l), TACIT_OK);
}
static void true_equal_certified(lab *l) {
    shape s = shape1(3);
    uint32_t u = builder_external(l->b, TENSOR_PARAM, "u", &s, 0, 9);
    linear_term t[1] = {{1, u}};
    builder_constraint(l->b, "five", &s, NULL, 0, t, 1, -5);
    lab_load(l);
    put(l, u, 3, (int32_t[]){5, 5, 5});
    lab_certify(l, 2);
}
/* Equal but for the number of openings. */
static void replay_certificate(lab *l) {
    certificate *c = ARENA_NEW(&l->a, certificate, 1);
    *c = *l->cert;
    c->openings++;
    c->digest.b[0] ^= 1;
    l->cert = c;
    assert_int_equal(lab_statement(l), TACIT_OK);
}
/* Bug 7. */
static void test_absorb(void **state) {
    (void)state;
    ATTACK(ABSORB_CONTEXT, MERKLE, true_square, .replay = replay_context);
    ATTACK(ABSORB_MODEL, MERKLE, true_square, .replay = replay_model);
    ATTACK(ABSORB_PROGRAM, MERKLE, true_square, .replay = replay_program);
    ATTACK(ABSORB_PUBLIC, MERKLE, unused_public, .replay = replay_public);
    ATTACK(ABSORB_CERTIFICATE, MERKLE, true_equal_certified, .replay = replay_certificate);
}

/* ---------------------------------------------------------------- positions without replacement */
static bool repeats(uint64_t broken) {
    tacit_error err = {.status = TACIT_OK};
    transcript t;
    uint32_t p[128];
    bool found = false;
    tacit_broken = broken;
    transcript_verifier(&t, NULL, 0, &err);
    transcript_positions(&t, 8, 128, p);
    tacit_broken = 0;
    for (int i = 1; i < 128; i++) found |= p[i] == p[i - 1];
    return found;
}
/* Bug 5. */
static void test_positions(void **state) {
    (void)state;
    assert_true(repeats(RULE(DISTINCT)));
    assert_false(repeats(0));
    tacit_broken = RULE(DISTINCT); /* the tree refuses them too */
    assert_int_equal(prove_and_verify(&(attack){true_square}), 1000 + TACIT_REJECT_MERKLE);
    tacit_broken = 0;
}

/* Challenges lie in E: EXT_DEG independent coordinates. Bug 12. */
static void test_challenges(void **state) {
    (void)state;
    tacit_error err = {.status = TACIT_OK};
    transcript t;
    gl seen[64 * EXT_DEG];
    transcript_verifier(&t, NULL, 0, &err);
    for (int i = 0; i < 64; i++) {
        ext c = transcript_challenge(&t, TAG_ALPHA);
        memcpy(seen + i * EXT_DEG, c.c, sizeof c.c);
    }
    for (int i = 0; i < 64 * EXT_DEG; i++) {
        assert_true(seen[i] > UINT32_MAX && seen[i] < GL_P);
        for (int j = 0; j < i; j++) assert_true(seen[i] != seen[j]);
    }
    uint32_t p[9];
    transcript_positions(&t, 4, 9, p); /* more than half of the domain */
    assert_int_equal(err.status, TACIT_INTERNAL);
}

/* A degenerate challenge: everything anew, one more opening spent, a valid proof in the end. */
static unsigned attempts;
static ext first_pad[2];
static tacit_status degenerate_once(void *ctx, uint32_t tree, ext *sum, ext *den) {
    if (tree == 0 && ++attempts == 1) return reject(now_session->err, TACIT_REJECT_DEGENERATE);
    return honest.logup.root(ctx, tree, sum, den);
}
static void cheat_degenerate(enum cheat_place place, void *a, const void *b) {
    if (place != CHEAT_PROVER) return;
    take_prover(a, b);
    first_pad[attempts] = now_session->cells[CELL_PAD][0];
    ((prover *)a)->logup.root = degenerate_once;
}
static void test_restart(void **state) {
    (void)state;
    lab l;
    unsigned char *proof;
    size_t size;
    shape s = shape1(4);
    now = &l;
    lab_start(&l);
    uint32_t w = builder_external(l.b, TENSOR_PARAM, "w", &s, 0, 7);
    builder_lookup(l.b, "w.range", builder_range_table(l.b, 0, 7), &w);
    lab_load(&l);
    lab_certify(&l, 3);
    lab_recount(&l);
    assert_int_equal(lab_statement(&l), TACIT_OK);
    attempts = 0;
    tacit_cheat = cheat_degenerate;
    if (lab_prove(&l, &proof, &size) != TACIT_OK) fail_msg("%s", l.err.text);
    tacit_cheat = NULL;
    assert_int_equal(attempts, 2);
    assert_int_equal(key_left(l.secret), 1);
    assert_false(ext_equal(first_pad[0], first_pad[1]));
    assert_int_equal(lab_verify(&l, proof, size), TACIT_OK);
    free(proof);
    lab_end(&l);
}

/* With any one rule off, honest proofs still pass: an attack's success is not the switch's noise. */
static void test_honest(void **state) {
    (void)state;
    for (unsigned i = 0; i < BROKEN_RULES; i++) {
        if (i == BROKEN_DISTINCT || i == BROKEN_DYADIC || i == BROKEN_PHI) continue; /* change the relation itself */
        tacit_broken = UINT64_C(1) << i;
        int st = (int)prove_and_verify(&(attack){true_square});
        if (st != TACIT_OK) fail_msg("rule %u off, honest proof: %s", i, tacit_reject_text((tacit_reject)(st - 1000)));
    }
    tacit_broken = 0;
}

/* Last: no rule without an attack. */
static void test_all_attacked(void **state) {
    (void)state;
    attacked |= RULE(INNER) | RULE(DISTINCT); /* tests of their own */
    for (unsigned i = 0; i < BROKEN_LEAK_PADS; i++)
        if (!(attacked >> i & 1)) fail_msg("rule %u has no attack", i);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_honest),
        cmocka_unit_test(test_cancelling_blocks),
        cmocka_unit_test(test_untied_copy),
        cmocka_unit_test(test_c_equation),
        cmocka_unit_test(test_ab_equations),
        cmocka_unit_test(test_sum),
        cmocka_unit_test(test_weight_before_roots),
        cmocka_unit_test(test_layer),
        cmocka_unit_test(test_leaves),
        cmocka_unit_test(test_fingerprints),
        cmocka_unit_test(test_gather),
        cmocka_unit_test(test_weights),
        cmocka_unit_test(test_operand),
        cmocka_unit_test(test_view),
        cmocka_unit_test(test_tau),
        cmocka_unit_test(test_batch_weight),
        cmocka_unit_test(test_late_joiner),
        cmocka_unit_test(test_nu_before_gamma),
        cmocka_unit_test(test_fold),
        cmocka_unit_test(test_functional),
        cmocka_unit_test(test_inner),
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_public_range),
        cmocka_unit_test(test_absorb),
        cmocka_unit_test(test_positions),
        cmocka_unit_test(test_challenges),
        cmocka_unit_test(test_restart),
        cmocka_unit_test(test_all_attacked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
#endif
