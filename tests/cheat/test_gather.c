/* Gathers: rows of a tensor picked by private indices. Honest proofs for every kind of source and index; lies about
 * rows and indices (test_rules.c: the rule that rows are folded at a random point; test_absorb.c: that it is fresh). */
#include "lab.h" /* before cmocka, which defines a macro fail */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

enum { V = 6, A = 3, B = 2, ROW = A * B, N = 5, LEAST = -9, MOST = 9 };
typedef struct ids {
    uint32_t weights, index, source, rows, sum;
} ids;
static ids id;
static int64_t source_values[V * ROW];

static uint32_t ranged(lab *l, tensor_kind kind, const char *name, shape s, int64_t lo, int64_t hi) {
    char look[64];
    uint32_t t =
        kind == TENSOR_COMMITTED ? builder_committed(l->b, name, &s) : builder_external(l->b, kind, name, &s, lo, hi);
    snprintf(look, sizeof look, "%s.range", name);
    if (kind != TENSOR_PARAM) builder_lookup(l->b, look, builder_range_table(l->b, lo, hi), &t);
    return t;
}

/* sum[i] = the sum of row index[i]; rows [N, A, B] of a source [V, A, B]. A second gather without axes of its own. */
static void build(lab *l, tensor_kind kind) {
    shape s = shape3(V, A, B), rows = shape3(N, A, B), n = shape1(N), row = shape2(A, B);
    id.weights = builder_external(l->b, TENSOR_PARAM, "w", &n, -1, 1); /* a certificate is never empty */
    for (uint32_t i = 0; i < V * ROW; i++) source_values[i] = (int64_t)(i * 7 % 19) - 9;
    id.index = builder_external(l->b, TENSOR_INPUT, "index", &n, 0, V - 1);
    if (kind == TENSOR_CONSTANT)
        id.source = builder_constant(l->b, "source", &s, source_values);
    else
        id.source = ranged(l, kind, "source", s, LEAST, MOST);
    id.rows = builder_committed(l->b, "rows", &rows);
    uint32_t pair[2] = {id.index, id.rows}, of = builder_gather_table(l->b, id.source);
    assert_int_equal(of, builder_gather_table(l->b, id.source));
    builder_advice(l->b, &(advice){.kind = ADVICE_TABLE, .relation = builder_lookup(l->b, "gather", of, pair)});
    id.sum = ranged(l, TENSOR_OUTPUT, "sum", n, LEAST * ROW, MOST * ROW);
    uint32_t ones = builder_fill(l->b, "ones", &row, 1);
    product p = {1, id.rows, ones, {0, 1, 2}, {1, 2}};
    linear_term t = {-1, id.sum};
    uint32_t c = builder_constraint(l->b, "sum", &n, &p, 1, &t, 1, 0);
    builder_advice(l->b, &(advice){.kind = ADVICE_SOLVE, .relation = c, .y = id.sum});
    lab_load(l);
    lab_set(l, id.weights, (int64_t[N]){1, 0, -1, 0, 1});
    lab_set(l, id.index, (int64_t[N]){2, 5, 0, 2, 4});
    if (kind != TENSOR_CONSTANT) lab_set(l, id.source, source_values);
    lab_certify(l, 5);
}

/* A lie is told after honest execution; the verdict of the proof. */
static tacit_reject verdict(tensor_kind kind, bool source_is_public, void (*lie)(lab *l)) {
    lab l;
    unsigned char *proof = NULL;
    size_t size = 0;
    lab_start(&l);
    build(&l, kind);
    if (source_is_public) l.bind[id.source] = (binding){.kind = BIND_PUBLIC};
    if (lab_execute(&l) != TACIT_OK) fail_msg("%s", l.err.text);
    if (lie) lie(&l);
    if (lab_statement(&l) != TACIT_OK || lab_prove(&l, &proof, &size) != TACIT_OK) fail_msg("%s", l.err.text);
    tacit_status s = lab_verify(&l, proof, size);
    if (s != TACIT_OK && s != TACIT_REJECTED) fail_msg("%s", l.err.text);
    tacit_reject got = s == TACIT_OK ? TACIT_REJECT_NONE : l.err.reject;
    free(proof);
    lab_end(&l);
    return got;
}

static void follow(lab *l) {
    for (uint32_t i = 0; i < N; i++) {
        int32_t sum = 0;
        for (uint32_t c = 0; c < ROW; c++) sum += l->t.values[id.rows][i * ROW + c];
        l->t.values[id.sum][i] = sum;
    }
    lab_recount(l);
}

static void lie_row(lab *l) {
    l->t.values[id.rows][1 * ROW + ROW - 1]++;
    follow(l);
}
static void lie_index(lab *l) {
    l->t.values[id.index][3] = 1;
    lab_recount(l);
}
static void lie_swap(lab *l) {
    int32_t *r = l->t.values[id.rows], kept[ROW];
    memcpy(kept, r, sizeof kept);
    memcpy(r, r + ROW, sizeof kept);
    memcpy(r + ROW, kept, sizeof kept);
    follow(l);
}
/* Index V with a row of zeros: beyond the source it is zero-extended, but no row of the table. */
static void lie_beyond(lab *l) {
    l->t.values[id.index][2] = V;
    memset(l->t.values[id.rows] + 2 * ROW, 0, ROW * sizeof(int32_t));
    follow(l);
}
static void lie_count(lab *l) {
    l->t.values[l->p.tables[l->p.lookups[0].table].multiplicity][0]++;
}

static void test_honest(void **state) {
    (void)state;
    assert_int_equal(verdict(TENSOR_PARAM, false, NULL), TACIT_REJECT_NONE);
    assert_int_equal(verdict(TENSOR_PARAM, true, NULL), TACIT_REJECT_NONE);
    assert_int_equal(verdict(TENSOR_CONSTANT, false, NULL), TACIT_REJECT_NONE);
}

static void test_lies(void **state) {
    (void)state;
    static void (*const LIES[])(lab *) = {lie_row, lie_index, lie_swap, lie_beyond, lie_count};
    for (size_t i = 0; i < sizeof LIES / sizeof *LIES; i++) {
        assert_int_equal(verdict(TENSOR_PARAM, false, LIES[i]), TACIT_REJECT_FUNCTIONAL);
        assert_int_equal(verdict(TENSOR_CONSTANT, false, LIES[i]), TACIT_REJECT_FUNCTIONAL);
    }
}

/* ---- the loader */
static tacit_status load(void (*change)(program *p), const char *part) {
    lab l;
    program p;
    arena a;
    tacit_error err = {0};
    lab_start(&l);
    build(&l, TENSOR_PARAM);
    p = l.p;
    if (change) change(&p);
    writer w = {.cap = (size_t)1 << 16};
    w.data = malloc(w.cap);
    assert_true(w.data && arena_map(&a, (size_t)1 << 26, &err) == TACIT_OK);
    program_write(&p, true, &w);
    tacit_status s = program_parse(&p, w.data, w.at, &a, &err);
    if (part && !strstr(err.text, part)) fail_msg("\"%s\" without \"%s\"", err.text, part);
    arena_unmap(&a);
    free(w.data);
    lab_end(&l);
    return s;
}
/* The rows' interval would rest on itself. */
static void source_committed(program *p) {
    p->tables[p->lookups[0].table].source = id.rows;
}
static void source_input(program *p) {
    p->tables[p->lookups[0].table].source = id.index;
}
static void source_of_another_row(program *p) {
    p->tables[p->lookups[0].table].source = id.weights;
}
static void rows_of_another_shape(program *p) {
    p->lookups[0].columns[1] = id.index;
}

static void test_loader(void **state) {
    (void)state;
    assert_int_equal(load(NULL, NULL), TACIT_OK);
    assert_int_equal(load(source_committed, "not a parameter or constant"), TACIT_MALFORMED);
    assert_int_equal(load(source_input, "not a parameter or constant"), TACIT_MALFORMED);
    assert_int_equal(load(source_of_another_row, "not those of its source"), TACIT_MALFORMED);
    assert_int_equal(load(rows_of_another_shape, "not those of its source"), TACIT_MALFORMED);
}

/* Programs with gathers are version 2, others version 1, and no other way round. */
static void test_version(void **state) {
    (void)state;
    lab l;
    program p;
    arena a;
    tacit_error err = {0};
    lab_start(&l);
    build(&l, TENSOR_PARAM);
    assert_int_equal(l.bytes[4], 2);
    assert_int_equal(arena_map(&a, (size_t)1 << 26, &err), TACIT_OK);
    for (unsigned char v = 0; v < 5; v++) {
        l.bytes[4] = v;
        tacit_status want = v == 1 ? TACIT_MALFORMED : v == 2 ? TACIT_OK : TACIT_VERSION;
        assert_int_equal(program_parse(&p, l.bytes, l.bytes_size, &a, &err), want);
    }
    arena_unmap(&a);
    lab_end(&l);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_honest), cmocka_unit_test(test_lies),
                                       cmocka_unit_test(test_loader), cmocka_unit_test(test_version)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
