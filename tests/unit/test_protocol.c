/* The whole protocol on small programs: completeness for every gadget and binding, and single lies. */
#include "lab.h" /* before cmocka, which defines a macro fail */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---------------------------------------------------------------- programs */
static uint32_t range(lab *l, int64_t lo, int64_t hi) {
    return builder_range_table(l->b, lo, hi);
}

/* acc + 2^(s-1) = 2^s y + rem, y and rem looked up. */
static void rescale(lab *l, const char *name, const shape *s, const product *p, uint32_t y, uint32_t y_table,
                    uint32_t shift) {
    char rem_name[64], look[64];
    snprintf(rem_name, sizeof rem_name, "%s.rem", name);
    uint32_t rem = builder_committed(l->b, rem_name, s);
    linear_term terms[2] = {{-(INT64_C(1) << shift), y}, {-1, rem}};
    uint32_t c = builder_constraint(l->b, name, s, p, 1, terms, 2, INT64_C(1) << (shift - 1));
    snprintf(look, sizeof look, "%s.rem.range", name);
    builder_lookup(l->b, look, range(l, 0, (1 << shift) - 1), &rem);
    snprintf(look, sizeof look, "%s.range", name);
    if (y_table != NO_TENSOR) builder_lookup(l->b, look, y_table, &y);
    builder_advice(l->b, &(advice){.kind = ADVICE_RESCALE, .relation = c, .y = y, .rem = rem, .shift = shift});
}

static uint32_t relu_table(lab *l, int64_t m) {
    table_run x[1] = {{(uint32_t)(2 * m + 1), -m, 1}}, y[2] = {{(uint32_t)m, 0, 0}, {(uint32_t)m + 1, 0, 1}};
    table_column c[2] = {{.run_count = 1, .runs = x}, {.run_count = 2, .runs = y}};
    return builder_table(l->b, 2, c, (uint32_t)(2 * m + 1));
}

typedef struct mlp_ids {
    uint32_t x, w1, w2, h, a, y;
} mlp_ids;

static mlp_ids mlp(lab *l, uint32_t batch, uint32_t n0, uint32_t n1, uint32_t n2) {
    mlp_ids m;
    shape sx = shape2(batch, n0), s1 = shape2(n1, n0), s2 = shape2(n2, n1), sh = shape2(batch, n1),
          sy = shape2(batch, n2);
    m.x = builder_external(l->b, TENSOR_INPUT, "x", &sx, -4, 3);
    m.w1 = builder_external(l->b, TENSOR_PARAM, "w1", &s1, -4, 3);
    m.w2 = builder_external(l->b, TENSOR_PARAM, "w2", &s2, -4, 3);
    builder_lookup(l->b, "x.range", range(l, -4, 3), &m.x);
    m.h = builder_committed(l->b, "h", &sh);
    m.a = builder_committed(l->b, "a", &sh);
    product p1 = {1, m.x, m.w1, {0, 2}, {1, 2}}, p2 = {1, m.a, m.w2, {0, 2}, {1, 2}};
    rescale(l, "fc1", &sh, &p1, m.h, NO_TENSOR, 3);
    uint32_t cols[2] = {m.h, m.a};
    uint32_t lk = builder_lookup(l->b, "relu", relu_table(l, 2 * n0), cols);
    builder_advice(l->b, &(advice){.kind = ADVICE_TABLE, .relation = lk});
    m.y = builder_external(l->b, TENSOR_OUTPUT, "y", &sy, -200, 200);
    rescale(l, "fc2", &sy, &p2, m.y, range(l, -200, 200), 3);
    return m;
}

static void fill(int64_t *v, size_t n, int64_t lo, int64_t hi, uint64_t seed) {
    for (size_t i = 0; i < n; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        v[i] = lo + (int64_t)((seed >> 33) % (uint64_t)(hi - lo + 1));
    }
}

static mlp_ids loaded_mlp(lab *l, uint32_t batch) {
    int64_t v[1024];
    lab_start(l);
    mlp_ids m = mlp(l, batch, 5, 6, 7);
    lab_load(l);
    fill(v, batch * 5, -4, 3, 1);
    lab_set(l, m.x, v);
    fill(v, 30, -4, 3, 2);
    lab_set(l, m.w1, v);
    fill(v, 42, -4, 3, 3);
    lab_set(l, m.w2, v);
    lab_certify(l, 16);
    assert_int_equal(lab_execute(l), TACIT_OK);
    return m;
}

static void accept(lab *l) {
    unsigned char *proof;
    size_t size;
    tacit_status st = lab_statement(l);
    if (st != TACIT_OK) fail_msg("statement: %s", l->err.text);
    st = lab_prove(l, &proof, &size);
    if (st != TACIT_OK) fail_msg("prove: %s", l->err.text);
    st = lab_verify(l, proof, size);
    if (st != TACIT_OK) fail_msg("verify: %s (%zu bytes)", l->err.text, size);
    free(proof);
}

/* An otherwise honest prover runs on changed values. */
static void refuse(lab *l) {
    unsigned char *proof;
    size_t size;
    assert_int_equal(lab_statement(l), TACIT_OK);
    assert_int_equal(lab_prove(l, &proof, &size), TACIT_OK);
    assert_int_equal(lab_verify(l, proof, size), TACIT_REJECTED);
    assert_int_equal(l->err.reject, TACIT_REJECT_FUNCTIONAL);
    free(proof);
}

static void test_mlp(void **state) {
    (void)state;
    for (uint32_t batch = 1; batch < 4; batch++) {
        lab l;
        loaded_mlp(&l, batch);
        accept(&l);
        lab_end(&l);
    }
}

static void test_visibility(void **state) {
    (void)state;
    for (int v = 0; v < 4; v++) {
        lab l;
        mlp_ids m = loaded_mlp(&l, 2);
        l.bind[m.x].kind = v & 1 ? BIND_PUBLIC : BIND_PRIVATE;
        l.bind[m.y].kind = v & 2 ? BIND_PUBLIC : BIND_PRIVATE;
        accept(&l);
        lab_end(&l);
    }
}

static void test_lies(void **state) {
    (void)state;
    for (int lie = 0; lie < 6; lie++) {
        lab l;
        mlp_ids m = loaded_mlp(&l, 2);
        uint32_t ids[6] = {m.h, m.a, m.x, m.y, m.w1, m.w2};
        l.t.values[ids[lie]][3] += l.t.values[ids[lie]][3] < 3 ? 1 : -1;
        lab_recount(&l);
        refuse(&l);
        lab_end(&l);
    }
}

/* A 2-d convolution with padding through an im2col view; kernel certified. */
static void conv(lab *l, uint32_t *img, uint32_t *ker, uint32_t *out) {
    enum { H = 5, W = 6, K = 3, C = 2 };
    static int32_t my[H * K], mx[W * K];
    shape si = shape2(H, W), sk = shape3(C, K, K), so = shape3(C, H, W), sv = shape4(H, W, K, K);
    *img = builder_external(l->b, TENSOR_INPUT, "img", &si, 0, 7);
    *ker = builder_external(l->b, TENSOR_PARAM, "ker", &sk, -4, 3);
    builder_lookup(l->b, "img.range", range(l, 0, 7), img);
    for (int o = 0; o < H; o++)
        for (int k = 0; k < K; k++) my[o * K + k] = o + k - 1 >= 0 && o + k - 1 < H ? o + k - 1 : -1;
    for (int o = 0; o < W; o++)
        for (int k = 0; k < K; k++) mx[o * K + k] = o + k - 1 >= 0 && o + k - 1 < W ? o + k - 1 : -1;
    view_group g[2] = {{2, 1, {0, 2}, {0}, H * K, my}, {2, 1, {1, 3}, {1}, W * K, mx}};
    uint32_t cols = builder_view(l->b, "cols", *img, &sv, g, 2);
    *out = builder_external(l->b, TENSOR_OUTPUT, "out", &so, -400, 400);
    builder_lookup(l->b, "out.range", range(l, -400, 400), out);
    product p = {1, cols, *ker, {1, 2, 3, 4}, {0, 3, 4}};
    linear_term t = {-1, *out};
    uint32_t c = builder_constraint(l->b, "conv", &so, &p, 1, &t, 1, 0);
    builder_advice(l->b, &(advice){.kind = ADVICE_SOLVE, .relation = c, .y = *out});
}

static void test_conv(void **state) {
    (void)state;
    lab l;
    uint32_t img, ker, out;
    int64_t v[64];
    lab_start(&l);
    conv(&l, &img, &ker, &out);
    lab_load(&l);
    fill(v, 30, 0, 7, 5);
    lab_set(&l, img, v);
    fill(v, 18, -4, 3, 6);
    lab_set(&l, ker, v);
    lab_certify(&l, 8);
    assert_int_equal(lab_execute(&l), TACIT_OK);
    accept(&l);
    l.bind[img].kind = BIND_PUBLIC;
    accept(&l);
    l.bind[img] = (binding){.kind = BIND_PRIVATE};
    l.bind[out].values = NULL;
    l.t.values[img][7] = (l.t.values[img][7] + 1) % 8;
    lab_recount(&l);
    refuse(&l);
    lab_end(&l);
}

/* Linear tensors, views of linear tensors, squares (one operand twice), shared operands; nothing certified. */
static void test_shared(void **state) {
    (void)state;
    enum { N = 5 };
    lab l;
    shape s = shape1(N);
    int64_t u_values[N] = {1, 5, 0, 7, 3};
    int32_t rev[N] = {4, 3, 2, 1, 0};
    lab_start(&l);
    uint32_t u = builder_external(l.b, TENSOR_INPUT, "u", &s, 0, 7);
    builder_lookup(l.b, "u.range", range(&l, 0, 7), &u);
    linear_term lt = {2, u};
    uint32_t lin = builder_linear(l.b, "lin", &s, &lt, 1, -5);
    view_group g = {1, 1, {0}, {0}, N, rev};
    uint32_t rv = builder_view(l.b, "rev", lin, &s, &g, 1);
    uint32_t o1 = builder_external(l.b, TENSOR_OUTPUT, "o1", &s, -400, 400);
    uint32_t o2 = builder_external(l.b, TENSOR_OUTPUT, "o2", &s, 0, 49);
    builder_lookup(l.b, "o1.range", range(&l, -400, 400), &o1);
    builder_lookup(l.b, "o2.range", range(&l, 0, 49), &o2);
    product mix = {1, u, rv, {0}, {0}}, square = {1, u, u, {0}, {0}};
    linear_term m1 = {-1, o1}, m2 = {-1, o2};
    uint32_t c1 = builder_constraint(l.b, "mix", &s, &mix, 1, &m1, 1, 0);
    uint32_t c2 = builder_constraint(l.b, "square", &s, &square, 1, &m2, 1, 0);
    builder_advice(l.b, &(advice){.kind = ADVICE_SOLVE, .relation = c1, .y = o1});
    builder_advice(l.b, &(advice){.kind = ADVICE_SOLVE, .relation = c2, .y = o2});
    lab_load(&l);
    lab_set(&l, u, u_values);
    assert_int_equal(lab_execute(&l), TACIT_OK);
    assert_int_equal(l.t.values[o2][1], 25);
    accept(&l);
    l.t.values[o2][1] = 26;
    l.bind[o2].values = NULL;
    lab_recount(&l);
    refuse(&l);
    lab_end(&l);
}

/* w u = y over `bulk` elements more: numbers of lanes that are no power of two, with and without a certificate beside.
 */
static void bulk_program(lab *l, uint32_t bulk, bool certified) {
    shape s = shape1(bulk), s1 = shape1(7);
    lab_start(l);
    uint32_t b = builder_external(l->b, TENSOR_INPUT, "bulk", &s, 0, 3), y = builder_committed(l->b, "y", &s1);
    uint32_t u = builder_external(l->b, TENSOR_INPUT, "u", &s1, 0, 3);
    uint32_t w = builder_external(l->b, certified ? TENSOR_PARAM : TENSOR_INPUT, "w", &s1, 0, 3);
    uint32_t bits = range(l, 0, 3);
    builder_lookup(l->b, "bulk.range", bits, &b);
    builder_lookup(l->b, "u.range", bits, &u);
    if (!certified) builder_lookup(l->b, "w.range", bits, &w);
    builder_lookup(l->b, "y.range", range(l, 0, 9), &y);
    product p = {1, u, w, {0}, {0}};
    linear_term minus = {-1, y};
    uint32_t c = builder_constraint(l->b, "product", &s1, &p, 1, &minus, 1, 0);
    builder_advice(l->b, &(advice){.kind = ADVICE_SOLVE, .relation = c, .y = y});
    lab_load(l);
    for (uint32_t i = 0; i < bulk; i++) l->t.values[b][i] = (int32_t)(i * i % 3);
    for (uint32_t i = 0; i < 7; i++) l->t.values[u][i] = (int32_t)(i % 4), l->t.values[w][i] = (int32_t)(3 - i % 4);
    if (certified) lab_certify(l, 3);
    assert_int_equal(lab_execute(l), TACIT_OK);
}

static void test_strips(void **state) {
    (void)state;
    bool gap = false, three = false, beside = false;
    for (uint32_t i = 0; i < 40 && !(gap && three && beside); i++) {
        lab l;
        lane_strip strips[MAX_STRIPS];
        bulk_program(&l, 1000 + 300 * i, i % 2);
        accept(&l);
        uint32_t n = geometry_strips(l.st.geometry.object[0].lanes, strips);
        for (uint32_t s = 1; s < n; s++) gap = gap || strips[s].k + 1 < strips[s - 1].k;
        three = three || n >= 3;
        beside = beside || (n > 1 && i % 2);
        for (uint32_t t = 0; t < l.p.tensor_count; t++) { /* a lie in any strip */
            if (l.p.tensors[t].kind != TENSOR_COMMITTED) continue;
            l.t.values[t][0]++;
            lab_recount(&l);
            refuse(&l);
        }
        lab_end(&l);
    }
    assert_true(gap && three && beside);
}

/* Every byte of a small proof matters; so does every byte more or less. Bug 13. */
static void test_every_byte(void **state) {
    (void)state;
    lab l;
    unsigned char *proof;
    size_t size;
    loaded_mlp(&l, 1);
    assert_int_equal(lab_statement(&l), TACIT_OK);
    assert_int_equal(lab_prove(&l, &proof, &size), TACIT_OK);
    assert_int_equal(lab_verify(&l, proof, size), TACIT_OK);
    /* all of them over the degree-2 extension; the sanitizers and degree 3 take a sample */
    size_t step = getenv("TACIT_SAMPLE") ? 41 : EXT_DEG == 2 ? 1 : 11;
    for (size_t i = 0; i < size; i += step) {
        proof[i] ^= (unsigned char)(1u << (i % 8));
        if (lab_verify(&l, proof, size) != TACIT_REJECTED) fail_msg("byte %zu of %zu", i, size);
        proof[i] ^= (unsigned char)(1u << (i % 8));
    }
    for (size_t cut = 0; cut < size; cut += 1 + size / 50) {
        assert_int_equal(lab_verify(&l, proof, cut), TACIT_REJECTED);
    }
    unsigned char *more = calloc(1, size + 1);
    memcpy(more, proof, size);
    assert_int_equal(lab_verify(&l, more, size + 1), TACIT_REJECTED);
    assert_int_equal(l.err.reject, TACIT_REJECT_LONG);
    assert_int_equal(lab_verify(&l, more, size), TACIT_OK);
    l.context = "other";
    assert_int_equal(lab_statement(&l), TACIT_OK);
    assert_int_equal(lab_verify(&l, proof, size), TACIT_REJECTED);
    free(more);
    free(proof);
    lab_end(&l);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mlp),    cmocka_unit_test(test_visibility), cmocka_unit_test(test_lies),
        cmocka_unit_test(test_conv),   cmocka_unit_test(test_shared),     cmocka_unit_test(test_every_byte),
        cmocka_unit_test(test_strips),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
