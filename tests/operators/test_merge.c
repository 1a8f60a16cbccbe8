/* Multiplications and additions per channel next to a Conv, ConvTranspose or Gemm: the numbers are right, and they cost
 * nothing where they can go into the weights. BatchNormalization with computed parameters. */
#include "operator_case.h"
#include <math.h>
#include <string.h>

enum { C = 4, H = 3, M = 4, K = 2, O = 2 }; /* x [2, C, H, H], w [M, C / group, K, K] */
static double W[CASE_ELEMENTS], V[4 * C], D[M];

static shape S(uint32_t rank, uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
    return (shape){.rank = rank, .dim = {a, b, c, d}};
}

typedef struct merge {
    bool before, after;  /* a BatchNormalization before; Mul and Sub behind */
    uint32_t group, pad; /* of one row above */
    bool kept;           /* the product is used twice, nothing may be merged into it */
} merge;

static double normal(uint32_t c, double x) {
    return (x - V[2 * C + c]) / sqrt(V[3 * C + c] + 0.125) * V[c] + V[C + c];
}

static void merge_reference(const double *const *in, double *out, const void *context) {
    const merge *p = context;
    const uint32_t depth = C / p->group, rows = O + p->pad;
    for (uint32_t i = 0; i < 2 * M * rows * O; i++, out++) {
        const uint32_t n = i / (M * rows * O), m = i / (rows * O) % M, a = i / O % rows, b = i % O;
        double acc = 0;
        for (uint32_t k = 0; k < depth * K * K; k++) {
            const uint32_t c = m / (M / p->group) * depth + k / (K * K), row = a + k / K % K - p->pad;
            if (row >= H) continue;
            double x = in[0][((n * C + c) * H + row) * H + b + k % K];
            acc += (p->before ? normal(c, x) : x) * W[m * depth * K * K + k];
        }
        *out = p->after ? D[m] - acc * V[m] : acc;
        if (p->kept) *out += acc;
    }
}

static onnx_build *build(const merge *p) {
    static const char *const NAMES[] = {"s", "b", "m", "v"};
    onnx_build *m = build_start(15);
    build_input(m, "x", S(4, 2, C, H, H));
    build_real(m, "w", S(4, M, C / p->group, K, K), W);
    for (uint32_t i = 0; i < 4; i++) build_real(m, NAMES[i], S(1, C, 0, 0, 0), V + i * C);
    build_real(m, "c", S(3, M, 1, 1, 0), V);
    build_real(m, "d", S(4, 1, M, 1, 1), D);
    if (p->before) build_node(m, "BatchNormalization", "x s b m v", "t");
    if (p->before) build_float(m, "epsilon", 0.125);
    build_node(m, "Conv", p->before ? "t w" : "x w", p->after ? "u" : "y");
    build_int(m, "group", p->group);
    INTS(m, "pads", p->pad, 0, 0, 0);
    if (p->after) build_node(m, "Mul", "u c", "q");
    if (p->after) build_node(m, "Sub", "d q", p->kept ? "z" : "y");
    if (p->kept) build_node(m, "Add", "z u", "y");
    build_output(m, "y");
    return m;
}

/* Lookups of the compiled model. */
static uint64_t lookups(const merge *p) {
    tacit_compile_options o;
    tacit_compile_defaults(&o);
    tacit_model *m = compile_noise(build(p), &o, 2 * C * H * H);
    uint64_t count = count_lookups(m);
    tacit_model_free(m);
    return count;
}

static void test_merge(void **unused) {
    (void)unused;
    static const merge CASES[] = {{false, true, 1, 0, false}, {false, true, 1, 0, true}, {true, false, 1, 0, false},
                                  {true, false, 2, 0, false}, {true, true, 4, 0, false}, {true, false, 1, 1, false},
                                  {false, true, 2, 1, false}};
    noise_list(W, M * C * K * K, 1);
    noise_list(V, 4 * C, 1);
    noise_list(D, M, 1);
    for (uint32_t c = 0; c < C; c++) V[3 * C + c] = fabs(V[3 * C + c]);
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        const merge *p = &CASES[i], plain = {.group = p->group, .pad = p->pad};
        bool free = !p->kept && !(p->before && p->pad > 0);
        if (free)
            assert_int_equal(lookups(p), lookups(&plain));
        else
            assert_true(lookups(p) > lookups(&plain));
        check_case(build(p), merge_reference, p, 1e-3, 1.5);
    }
}

/* ---- x [2, 3, 2], gamma, beta and mean computed, variance constant */
static void computed_reference(const double *const *in, double *out, const void *unused) {
    (void)unused;
    for (uint32_t i = 0; i < 12; i++) {
        uint32_t c = i / 2 % 3;
        out[i] = (in[0][i] - in[3][c]) / sqrt(V[c] + 0.125) * in[1][c] + in[2][c];
    }
}

static void test_computed(void **unused) {
    (void)unused;
    onnx_build *m = build_start(15);
    for (uint32_t c = 0; c < 3; c++) V[c] = 0.5 + c;
    build_input(m, "x", S(3, 2, 3, 2, 0));
    build_input(m, "s", S(1, 3, 0, 0, 0));
    build_input(m, "b", S(1, 3, 0, 0, 0));
    build_input(m, "m", S(1, 3, 0, 0, 0));
    build_real(m, "v", S(1, 3, 0, 0, 0), V);
    build_node(m, "BatchNormalization", "x s b m v", "y");
    build_float(m, "epsilon", 0.125);
    build_output(m, "y");
    check_case(m, computed_reference, NULL, 2e-3, 1.5);
}

static void test_refusals(void **unused) {
    (void)unused;
    onnx_build *m = build(&(merge){.before = true, .group = 1});
    m->graph.node[0]->n_input = 4;
    refuse_case(m, TACIT_SHAPE, "wrong number of inputs");
    m = build_start(15);
    build_input(m, "x", S(2, 2, 3, 0, 0));
    build_real(m, "v", S(1, 2, 0, 0, 0), V);
    build_node(m, "BatchNormalization", "x v v v v", "y");
    build_output(m, "y");
    refuse_case(m, TACIT_SHAPE, "parameters of another length");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_merge), cmocka_unit_test(test_computed),
                                       cmocka_unit_test(test_refusals)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
