/* Limits of the lookup argument: more rows than trees can hold, more than the security profile allows. */
#include "lab.h" /* before cmocka, which defines a macro fail */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A committed scalar seen through a view of 2^30 elements, looked up `lookups` times, in one table or in as many. */
static void giant(lab *l, uint32_t lookups, bool one_table) {
    enum { SIDE = 1 << 15 };
    shape scalar = {0}, big = shape2(SIDE, SIDE);
    int32_t *zeros = calloc(SIDE, sizeof *zeros);
    view_group g[2] = {{1, 0, {0}, {0}, SIDE, zeros}, {1, 0, {1}, {0}, SIDE, zeros}};
    lab_start(l);
    uint32_t s = builder_committed(l->b, "s", &scalar), v = builder_view(l->b, "v", s, &big, g, 2);
    linear_term one = {1, s};
    uint32_t c = builder_constraint(l->b, "s.is", &scalar, NULL, 0, &one, 1, 0);
    builder_advice(l->b, &(advice){.kind = ADVICE_SOLVE, .relation = c, .y = s});
    for (uint32_t i = 0, in = 0; i < lookups; i++) {
        char name[32];
        const int64_t values[2] = {0, (int64_t)i + 1};
        snprintf(name, sizeof name, "l%u", i);
        if (i == 0 || !one_table) in = builder_table(l->b, 1, &(table_column){.values = values}, 2);
        builder_lookup(l->b, name, in, &v);
    }
    if (builder_finish(l->b, &l->bytes, &l->bytes_size, &l->err) == TACIT_OK)
        (void)!program_parse(&l->p, l->bytes, l->bytes_size, &l->a, &l->err);
    free(zeros);
}

/* 2^44 lookup rows fill no tree below the highest: dropped, they would enforce nothing. Bug 1. */
static void test_forest_is_never_cut_short(void **state) {
    (void)state;
    lab l;
    logup *u = calloc(1, sizeof *u);
    giant(&l, 1u << 14, false);
    assert_int_equal(l.err.status, TACIT_OK);
    assert_int_equal(logup_make(u, &l.p, &l.a, &l.err), TACIT_MALFORMED);
    free(u);
    lab_end(&l);
}

/* Bug 11: a multiplicity counts at most 2^31 - 1 rows; looked up p times, a false row would cost nothing. */
static void test_multiplicities_cannot_wrap(void **state) {
    (void)state;
    lab l;
    giant(&l, 1, true);
    assert_int_equal(l.err.status, TACIT_OK);
    lab_end(&l);
    giant(&l, 2, true);
    assert_int_equal(l.err.status, TACIT_MALFORMED);
    assert_non_null(strstr(l.err.text, "too many rows in its table's lookups"));
    lab_end(&l);
}

/* Whatever is accepted, every row lies in a tree. */
static void test_every_row_has_a_tree(void **state) {
    (void)state;
    lab l;
    logup *u = calloc(1, sizeof *u);
    giant(&l, 3, false);
    assert_int_equal(logup_make(u, &l.p, &l.a, &l.err), TACIT_OK);
    for (int side = 0; side < 2; side++) {
        uint64_t rows = 0;
        for (uint32_t i = 0; i < u->tree_count; i++)
            if (u->trees[i].table == (side == 1)) rows += UINT64_C(1) << u->trees[i].height;
        assert_int_equal(rows, u->forest[side].size);
    }
    free(u);
    lab_end(&l);
}

/* (rows - 1) / |E| is alpha's error: 3 * 2^30 rows miss 2^-100 over the degree-2 extension. */
static void test_error_target(void **state) {
    (void)state;
    lab l;
    giant(&l, 3, false);
    assert_int_equal(l.err.status, TACIT_OK);
    l.bind = ARENA_ZNEW(&l.a, binding, l.p.tensor_count + 1u);
    l.st.p = &l.p;
    l.st.bind = l.bind;
    tacit_status st = statement_make(&l.st, &l.a, &l.err);
    assert_int_equal(st, EXT_DEG == 2 ? TACIT_SOUNDNESS : TACIT_OK);
    lab_end(&l);
}

/* Few bytes, much work: a public input of 2^20 elements looked up in every one of its 20^2 blocks, 64 times over. */
static void test_work_is_bounded(void **state) {
    (void)state;
    enum { SIDE = (1 << 11) - 1 };
    lab l;
    shape s = shape2(SIDE, SIDE);
    lab_start(&l);
    uint32_t x = builder_external(l.b, TENSOR_INPUT, "x", &s, 0, 1);
    for (int i = 0; i < 64; i++) {
        char name[32];
        snprintf(name, sizeof name, "l%d", i);
        builder_lookup(l.b, name, builder_range_table(l.b, 0, 1 + i), &x);
    }
    lab_load(&l);
    l.bind[x].kind = BIND_PUBLIC;
    assert_int_equal(lab_statement(&l), TACIT_UNSUPPORTED);
    lab_end(&l);
    lab_start(&l);
    x = builder_external(l.b, TENSOR_INPUT, "x", &s, 0, 1);
    for (int i = 0; i < 8; i++) {
        char name[32];
        snprintf(name, sizeof name, "l%d", i);
        builder_lookup(l.b, name, builder_range_table(l.b, 0, 1 + i), &x);
    }
    lab_load(&l);
    l.bind[x].kind = BIND_PUBLIC;
    assert_int_equal(lab_statement(&l), TACIT_UNSUPPORTED);
    lab_end(&l);
}

/* 3000 rows of a constant with 50 rows of 3. */
static uint32_t gathered(lab *l) {
    static int64_t source_values[50 * 3];
    shape many = shape1(3000), source = shape2(50, 3), rows = shape2(3000, 3);
    for (int i = 0; i < 50 * 3; i++) source_values[i] = i * i - 1000;
    uint32_t of = builder_constant(l->b, "source", &source, source_values);
    uint32_t pair[2] = {builder_external(l->b, TENSOR_INPUT, "index", &many, 0, 49),
                        builder_committed(l->b, "gathered", &rows)};
    uint32_t look = builder_lookup(l->b, "gather", builder_gather_table(l->b, of), pair);
    builder_advice(l->b, &(advice){.kind = ADVICE_TABLE, .relation = look});
    return pair[0];
}

/* Tall trees, whose leaves are made piece by piece: rows of one and of three columns, values within and beyond 23 bits,
 * shapes of many blocks, a gather. The messages end in a proof that the verifier accepts. */
static void test_tall_trees(void **state) {
    (void)state;
    static const struct {
        uint32_t rows, columns, table_rows;
        int64_t start, step;
    } cases[] = {{64, 64, 256, -128, 1},
                 {64, 96, 1 << 13, 5, 1},
                 {67, 131, 1 << 16, -(1 << 15), 1},
                 {67, 131, 100, -(1 << 30), 12345678}};
    lab l;
    lab_start(&l);
    for (uint32_t i = 0; i < 4; i++) {
        shape s = shape2(cases[i].rows, cases[i].columns);
        table_run runs[3] = {{cases[i].table_rows, cases[i].start, cases[i].step},
                             {cases[i].table_rows, 7, 1},
                             {cases[i].table_rows, -3, i == 3 ? 65536 : -2}};
        table_column c[3];
        uint32_t x[3], width = i % 2 ? 3 : 1;
        for (uint32_t j = 0; j < width; j++) {
            char name[16];
            int64_t last = runs[j].start + runs[j].step * (runs[j].count - 1), first = runs[j].start;
            snprintf(name, sizeof name, "x%u.%u", i, j);
            c[j] = (table_column){.run_count = 1, .runs = &runs[j]};
            x[j] =
                builder_external(l.b, TENSOR_INPUT, name, &s, first < last ? first : last, first < last ? last : first);
        }
        builder_lookup(l.b, (const char *const[]){"l0", "l1", "l2", "l3"}[i],
                       builder_table(l.b, width, c, cases[i].table_rows), x);
    }
    uint32_t index = gathered(&l);
    lab_load(&l);
    for (uint32_t e = 0; e < 3000; e++) l.t.values[index][e] = (int32_t)(e * e % 50);
    for (uint32_t i = 0; i < 4; i++)
        for (uint32_t j = 0; j < (i % 2 ? 3u : 1u); j++)
            for (uint64_t e = 0, n = cases[i].rows * cases[i].columns; e < n; e++) {
                const lookup *k = &l.p.lookups[i];
                uint32_t row = (uint32_t)(e * e + 17 * e + e / 5) % cases[i].table_rows;
                l.t.values[k->columns[j]][e] = (int32_t)table_value(&l.p.tables[k->table].columns[j], row);
            }
    unsigned char *proof;
    size_t size;
    assert_int_equal(lab_execute(&l), TACIT_OK);
    assert_int_equal(lab_statement(&l), TACIT_OK);
    assert_int_equal(lab_prove(&l, &proof, &size), TACIT_OK);
    assert_int_equal(lab_verify(&l, proof, size), TACIT_OK);
    free(proof);
    lab_end(&l);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forest_is_never_cut_short),
        cmocka_unit_test(test_every_row_has_a_tree),
        cmocka_unit_test(test_multiplicities_cannot_wrap),
        cmocka_unit_test(test_error_target),
        cmocka_unit_test(test_work_is_bounded),
        cmocka_unit_test(test_tall_trees),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
