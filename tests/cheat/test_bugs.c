/* Mistakes that other proof systems made (docs/soundness.md, section 7), where no other test is about them. The
 * prover's own oracles are turned into the attack; `off` is a rule without which it would get through. Needs the
 * library built with TACIT_RULES (src/base/broken.h). */
#include "lab.h" /* before cmocka, which defines a macro fail */
#include "base/broken.h"
#include <stdio.h>
#ifndef TACIT_RULES
int main(void) {
    puts("needs a library built with TACIT_RULES");
    return 0;
}
#else
#include "poly/eq.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define RULE(name) (UINT64_C(1) << BROKEN_##name)
static lab *now;
static prover honest;

static uint32_t ranged(lab *l, tensor_kind kind, const char *name, shape s, int64_t lo, int64_t hi) {
    char look[64];
    uint32_t t =
        kind == TENSOR_COMMITTED ? builder_committed(l->b, name, &s) : builder_external(l->b, kind, name, &s, lo, hi);
    snprintf(look, sizeof look, "%s.range", name);
    builder_lookup(l->b, look, builder_range_table(l->b, lo, hi), &t);
    return t;
}
static int32_t *of(uint32_t t) {
    return now->t.values[t];
}
static void put(uint32_t t, uint32_t n, const int32_t *v) {
    memcpy(of(t), v, n * sizeof *v);
}

/* The verdict on what the lab's trace holds. */
static tacit_reject verdict(void (*cheat)(enum cheat_place, void *, const void *), uint64_t off) {
    unsigned char *proof;
    size_t size;
    for (uint32_t i = 0; i < now->p.tensor_count; i++)
        if (now->p.tensors[i].kind == TENSOR_OUTPUT) now->bind[i].values = NULL; /* public: set anew */
    if (lab_statement(now) != TACIT_OK) fail_msg("statement: %s", now->err.text);
    tacit_cheat = cheat;
    tacit_broken = off;
    if (lab_prove(now, &proof, &size) != TACIT_OK) fail_msg("prove: %s", now->err.text);
    tacit_status st = lab_verify(now, proof, size);
    tacit_cheat = NULL;
    tacit_broken = 0;
    free(proof);
    if (st != TACIT_OK && st != TACIT_REJECTED) fail_msg("verify: %s", now->err.text);
    return st == TACIT_OK ? TACIT_REJECT_NONE : now->err.reject;
}
#define ACCEPTED(cheat, off) assert_int_equal(verdict(cheat, off), TACIT_REJECT_NONE)
#define REJECTED(cheat) assert_int_equal(verdict(cheat, 0), TACIT_REJECT_FUNCTIONAL)

/* ---------------------------------------------------------------- 2: one sub-proof for two */
/* u * v proved as u * u: the left operand's evaluation is shown for the right one too. */
static ext left_twice(void *ctx, uint32_t job, int side) {
    (void)side;
    return honest.constraint.operand(ctx, job, 0);
}
static void cheat_left_twice(enum cheat_place place, void *a, const void *b) {
    (void)b;
    if (place != CHEAT_PROVER) return;
    honest = *(prover *)a;
    ((prover *)a)->constraint.operand = left_twice;
}
/* Bug 2. */
static void test_left_operand_twice(void **state) {
    (void)state;
    lab l;
    shape s = shape1(1);
    now = &l;
    lab_start(&l);
    uint32_t u = ranged(&l, TENSOR_INPUT, "u", s, 0, 7), v = ranged(&l, TENSOR_INPUT, "v", s, 0, 7),
             y = ranged(&l, TENSOR_OUTPUT, "y", s, 0, 63);
    product p = {1, u, v, {0}, {0}};
    linear_term t = {-1, y};
    builder_constraint(l.b, "product", &s, &p, 1, &t, 1, 0);
    lab_load(&l);
    of(u)[0] = 3, of(v)[0] = 4, of(y)[0] = 12;
    lab_recount(&l);
    ACCEPTED(NULL, 0);
    of(y)[0] = 9;
    lab_recount(&l);
    ACCEPTED(cheat_left_twice, RULE(OPERAND));
    REJECTED(cheat_left_twice);
    lab_end(&l);
}

/* A fraction tree's halves exchanged: n0 d1 + n1 d0 and d0 d1 stay, the claims about the children do not. */
static void halves_exchanged(void *ctx, uint32_t live, ext v[4]) {
    honest.logup.ends(ctx, live, v);
    for (int i = 0; i < 4; i += 2) {
        ext t = v[i];
        v[i] = v[i + 1];
        v[i + 1] = t;
    }
}
/* The lookups' tree once more in place of the table's. */
static tacit_status tree_twice(void *ctx, uint32_t tree, ext *sum, ext *den) {
    (void)tree;
    return honest.logup.root(ctx, 0, sum, den);
}
static bool exchange;
static void cheat_trees(enum cheat_place place, void *a, const void *b) {
    (void)b;
    if (place != CHEAT_PROVER) return;
    prover *p = a;
    honest = *p;
    if (exchange)
        p->logup.ends = halves_exchanged;
    else
        p->logup.root = tree_twice;
}
/* Bug 2. */
static void test_trees_told_apart(void **state) {
    (void)state;
    lab l;
    now = &l;
    lab_start(&l);
    uint32_t u = ranged(&l, TENSOR_INPUT, "u", shape1(2), 0, 1); /* one layer, whose children are the leaves */
    lab_load(&l);
    put(u, 2, (int32_t[]){0, 1});
    lab_recount(&l);
    ACCEPTED(NULL, 0);
    exchange = true;
    ACCEPTED(cheat_trees, RULE(LEAF_LOOKUP) | RULE(LEAF_TABLE));
    REJECTED(cheat_trees);
    exchange = false;
    ACCEPTED(cheat_trees, RULE(SUM) | RULE(LEAF_LOOKUP) | RULE(LEAF_TABLE) | RULE(LAYER));
    REJECTED(cheat_trees);
    lab_end(&l);
}

/* ---------------------------------------------------------------- 6: range checks that reach everything */
/* Every element of every length is looked up, also beyond the last power of two. Bug 6. */
static void test_every_element_is_ranged(void **state) {
    (void)state;
    for (uint32_t n = 1; n <= 9; n++) {
        lab l;
        now = &l;
        lab_start(&l);
        uint32_t u = ranged(&l, TENSOR_INPUT, "u", n == 9 ? shape2(3, 3) : shape1(n), 0, 7);
        lab_load(&l);
        for (uint32_t i = 0; i < n; i++) of(u)[i] = (int32_t)(i * 3 % 8);
        lab_recount(&l);
        ACCEPTED(NULL, 0);
        for (uint32_t i = 0; i < n; i++) {
            int32_t right = of(u)[i];
            of(u)[i] = i % 2 ? 8 : -1;
            lab_recount(&l);
            if (verdict(NULL, 0) != TACIT_REJECT_FUNCTIONAL) fail_msg("element %u of %u", i, n);
            of(u)[i] = right;
        }
        lab_end(&l);
    }
}

/* ---------------------------------------------------------------- 10: one tensor, several consumers */
/* h goes into a sum over its columns, one over its rows, a square, a view, a linear tensor, a table. Each consumer in
 * turn is served another h. */
enum { ROWS = 2, COLS = 3, CELLS = ROWS * COLS, CONSUMERS = 6 };
static uint32_t id_h, id_out[CONSUMERS];
static void consumer(int k, const int32_t *h) {
    static const int32_t row[COLS] = {1, 2, 3}, col[ROWS] = {3, 5};
    int32_t *y = of(id_out[k]);
    if (k < 2) memset(y, 0, (k ? COLS : ROWS) * sizeof *y);
    for (int i = 0; i < ROWS; i++)
        for (int j = 0; j < COLS; j++) {
            int32_t v = h[i * COLS + j];
            if (k == 0) y[i] += v * row[j];
            if (k == 1) y[j] += v * col[i];
            if (k == 2) y[i * COLS + j] = v * v;
            if (k == 3) y[j * ROWS + i] = v;
            if (k == 4) y[i * COLS + j] = 2 * v + 1;
            if (k == 5) y[i * COLS + j] = 7 - v;
        }
}
static void consumers(lab *l) {
    static int32_t turn[CELLS];
    shape s = shape2(ROWS, COLS), st = shape2(COLS, ROWS), rows = shape1(ROWS), cols = shape1(COLS);
    for (int i = 0; i < CELLS; i++) turn[i] = i % ROWS * COLS + i / ROWS;
    id_h = ranged(l, TENSOR_COMMITTED, "h", s, 0, 7);
    uint32_t a = ranged(l, TENSOR_INPUT, "a", cols, 0, 7), b = ranged(l, TENSOR_INPUT, "b", rows, 0, 7);
    const shape *of_out[CONSUMERS] = {&rows, &cols, &s, &st, &s, &s};
    for (int k = 0; k < CONSUMERS; k++) {
        char name[4] = {'y', (char)('0' + k)};
        id_out[k] = ranged(l, TENSOR_OUTPUT, name, *of_out[k], 0, 255);
    }
    product p[3] = {{1, id_h, a, {0, 1}, {1}}, {1, id_h, b, {1, 0}, {1}}, {1, id_h, id_h, {0, 1}, {0, 1}}};
    for (int k = 0; k < 3; k++) {
        char name[4] = {'c', (char)('0' + k)};
        linear_term t = {-1, id_out[k]};
        builder_constraint(l->b, name, of_out[k], &p[k], 1, &t, 1, 0);
    }
    view_group g = {2, 2, {0, 1}, {0, 1}, CELLS, turn};
    linear_term turned[2] = {{1, builder_view(l->b, "v", id_h, &st, &g, 1)}, {-1, id_out[3]}},
                twice[2] = {{2, id_h}, {-1, id_out[4]}};
    builder_constraint(l->b, "c3", &st, NULL, 0, turned, 2, 0);
    builder_constraint(l->b, "c4", &s, NULL, 0, twice, 2, 1);
    table_run up = {8, 0, 1}, down = {8, 7, -1};
    table_column c[2] = {{.run_count = 1, .runs = &up}, {.run_count = 1, .runs = &down}};
    uint32_t pair[2] = {id_h, id_out[5]};
    builder_lookup(l->b, "pair", builder_table(l->b, 2, c, 8), pair);
    lab_load(l);
    put(id_h, CELLS, (int32_t[]){1, 2, 3, 4, 5, 6});
    put(a, COLS, (int32_t[]){1, 2, 3});
    put(b, ROWS, (int32_t[]){3, 5});
}
/* Bug 10. */
static void test_every_consumer_counts(void **state) {
    (void)state;
    lab l;
    now = &l;
    lab_start(&l);
    consumers(&l);
    for (int liar = -1; liar < CONSUMERS; liar++) {
        int32_t other[CELLS];
        memcpy(other, of(id_h), sizeof other);
        other[4]--;
        for (int k = 0; k < CONSUMERS; k++) consumer(k, k == liar ? other : of(id_h));
        lab_recount(&l);
        if (verdict(NULL, 0) != (liar < 0 ? TACIT_REJECT_NONE : TACIT_REJECT_FUNCTIONAL)) fail_msg("liar %d", liar);
    }
    lab_end(&l);
}

/* G = x x^T reads x at two points, so it has two claims about x; the second one is forged to fit a false G. */
static const contraction *gram_job;
static uint32_t id_gram;
static tacit_status gram_begin(void *ctx, const contraction *jobs, uint32_t count) {
    assert_int_equal(count, 1);
    gram_job = jobs;
    return honest.constraint.begin(ctx, jobs, count);
}
static ext gram_operand(void *ctx, uint32_t job, int side) {
    ext left = honest.constraint.operand(ctx, job, 0), eq[4], sum = EXT_ZERO;
    if (side == 0) return left;
    eq_table(eq, gram_job->tau, 2);
    for (int i = 0; i < 4; i++) sum = ext_add(sum, ext_mul(eq[i], ext_from((gl)of(id_gram)[i])));
    return ext_mul(sum, ext_inv(left));
}
static void cheat_gram(enum cheat_place place, void *a, const void *b) {
    (void)b;
    if (place != CHEAT_PROVER) return;
    honest = *(prover *)a;
    ((prover *)a)->constraint.begin = gram_begin;
    ((prover *)a)->constraint.operand = gram_operand;
}
/* Bug 10. */
static void test_two_claims_about_one_tensor(void **state) {
    (void)state;
    lab l;
    shape s = shape2(2, 1), sg = shape2(2, 2);
    now = &l;
    lab_start(&l);
    uint32_t x = ranged(&l, TENSOR_INPUT, "x", s, 0, 7);
    id_gram = ranged(&l, TENSOR_OUTPUT, "g", sg, 0, 63);
    product p = {1, x, x, {0, 2}, {1, 2}};
    linear_term t = {-1, id_gram};
    builder_constraint(l.b, "gram", &sg, &p, 1, &t, 1, 0);
    lab_load(&l);
    put(x, 2, (int32_t[]){2, 3});
    put(id_gram, 4, (int32_t[]){4, 6, 6, 9});
    lab_recount(&l);
    ACCEPTED(NULL, 0);
    of(id_gram)[1] = 7;
    lab_recount(&l);
    ACCEPTED(cheat_gram, RULE(OPERAND));
    REJECTED(cheat_gram);
    lab_end(&l);
}

/* ---------------------------------------------------------------- 11: lookups */
/* (6, 0) is no row of the pairs; 6 is a row of a table of width 1. Bug 11. */
static void test_widths_do_not_alias(void **state) {
    (void)state;
    lab l;
    table_run up = {4, 0, 1}, zero = {4, 0, 0};
    table_column c[2] = {{.run_count = 1, .runs = &up}, {.run_count = 1, .runs = &zero}};
    shape s = shape1(2);
    now = &l;
    lab_start(&l);
    uint32_t wide = ranged(&l, TENSOR_INPUT, "wide", s, 0, 7),
             pair[2] = {builder_committed(l.b, "a", &s), builder_committed(l.b, "b", &s)};
    builder_lookup(l.b, "pair", builder_table(l.b, 2, c, 4), pair);
    lab_load(&l);
    put(wide, 2, (int32_t[]){1, 2});
    put(pair[0], 2, (int32_t[]){1, 3});
    lab_recount(&l);
    ACCEPTED(NULL, 0);
    of(pair[0])[1] = 6;
    lab_recount(&l);
    for (uint32_t t = 0; t < l.p.table_count; t++)
        if (l.p.tables[t].width == 1) of(l.p.tables[t].multiplicity)[6]++;
    ACCEPTED(NULL, RULE(TABLE_ID));
    REJECTED(NULL);
    lab_end(&l);
}

/* sign(0) is one value: +1 and -1 are no rows beside it. Bug 11. */
static void test_sign_of_zero(void **state) {
    (void)state;
    lab l;
    table_run x = {7, -3, 1}, sign[3] = {{3, -1, 0}, {1, 0, 0}, {3, 1, 0}};
    table_column c[2] = {{.run_count = 1, .runs = &x}, {.run_count = 3, .runs = sign}};
    shape s = shape1(3);
    now = &l;
    lab_start(&l);
    uint32_t pair[2] = {builder_committed(l.b, "x", &s), builder_committed(l.b, "sign", &s)};
    builder_lookup(l.b, "sign", builder_table(l.b, 2, c, 7), pair);
    lab_load(&l);
    put(pair[0], 3, (int32_t[]){-2, 0, 3});
    for (int32_t claimed = -1; claimed <= 1; claimed++) {
        put(pair[1], 3, (int32_t[]){-1, claimed, 1});
        lab_recount(&l);
        assert_int_equal(verdict(NULL, 0), claimed ? TACIT_REJECT_FUNCTIONAL : TACIT_REJECT_NONE);
    }
    lab_end(&l);
}

/* A value outside of its table whatever the multiplicities: all of them, one by one, moved by every small amount.
 * Bug 11. */
static void test_multiplicities_do_not_help(void **state) {
    (void)state;
    lab l;
    now = &l;
    lab_start(&l);
    uint32_t u = ranged(&l, TENSOR_INPUT, "u", shape1(3), 0, 3);
    lab_load(&l);
    put(u, 3, (int32_t[]){0, 3, 4});
    lab_recount(&l);
    for (uint32_t row = 0; row < 4; row++)
        for (int32_t by = -2; by <= 2; by++) {
            of(l.p.tables[0].multiplicity)[row] += by;
            REJECTED(NULL);
            of(l.p.tables[0].multiplicity)[row] -= by;
        }
    of(u)[2] = 2;
    lab_recount(&l);
    ACCEPTED(NULL, 0);
    of(l.p.tables[0].multiplicity)[2] = INT32_MIN; /* no count: it would have wrapped */
    REJECTED(NULL);
    lab_end(&l);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_left_operand_twice),
        cmocka_unit_test(test_trees_told_apart),
        cmocka_unit_test(test_every_element_is_ranged),
        cmocka_unit_test(test_every_consumer_counts),
        cmocka_unit_test(test_two_claims_about_one_tensor),
        cmocka_unit_test(test_widths_do_not_alias),
        cmocka_unit_test(test_sign_of_zero),
        cmocka_unit_test(test_multiplicities_do_not_help),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
#endif
