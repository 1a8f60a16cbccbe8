/* What transformers have between their products: scale and shift of a norm before matrix products, numbers that queries
 * and keys are multiplied by, a product that is reshaped before it is added. The numbers are right, and these steps
 * cost no lookup where they can be part of something else. */
#include "operator_case.h"
#include <math.h>
#include <string.h>

enum { ROWS = 3, WIDTH = 8, OUT = 4 };
static double G[WIDTH], B[WIDTH], W[WIDTH * OUT], U[WIDTH * OUT], D[OUT];

static shape S(uint32_t rank, uint32_t a, uint32_t b, uint32_t c) {
    return (shape){.rank = rank, .dim = {a, b, c}};
}

static uint64_t lookups_of(onnx_build *m, uint64_t inputs) {
    tacit_compile_options o;
    tacit_compile_defaults(&o);
    tacit_model *model = compile_noise(m, &o, inputs);
    uint64_t count = count_lookups(model);
    tacit_model_free(model);
    return count;
}

/* ---- y = norm(x) * g + b, y W + d or (Gemm) the same with W transposed */
typedef struct affine {
    bool gemm, moved, bias, twice, kept;
} affine;

static onnx_build *affine_build(const affine *p) {
    onnx_build *m = build_start(17);
    const char *to = p->moved ? "t" : "n";
    build_input(m, "x", p->gemm ? S(2, ROWS, WIDTH, 0) : S(3, ROWS, 1, WIDTH));
    build_real(m, "g", S(1, WIDTH, 0, 0), G);
    if (p->bias) build_real(m, "b", S(1, WIDTH, 0, 0), B);
    build_real(m, "w", p->gemm ? S(2, OUT, WIDTH, 0) : S(2, WIDTH, OUT, 0), W);
    build_real(m, "d", S(1, OUT, 0, 0), D);
    build_node(m, "LayerNormalization", p->bias ? "x g b" : "x g", "n");
    if (p->moved) build_node(m, "Transpose", "n", "t");
    if (p->moved) INTS(m, "perm", 1, 0, 2);
    if (p->gemm) {
        build_node(m, "Gemm", "n w d", "y");
        build_int(m, "transB", 1);
    } else {
        build_node(m, "MatMul", p->moved ? "t w" : "n w", "q");
        build_node(m, "Add", "d q", "y");
    }
    build_output(m, "y");
    if (p->kept) {
        build_node(m, "Neg", to, "z");
        build_output(m, "z");
    }
    if (!p->twice) return m;
    build_real(m, "u", S(2, WIDTH, OUT, 0), U);
    build_node(m, "MatMul", p->moved ? "t u" : "n u", "v");
    if (p->bias) build_node(m, "Add", "v d", "z");
    build_output(m, p->bias ? "z" : "v");
    return m;
}

static void normal_row(const double *x, bool bias, double *n) {
    double mean = 0, all = 0;
    for (uint32_t i = 0; i < WIDTH; i++) mean += x[i] / WIDTH;
    for (uint32_t i = 0; i < WIDTH; i++) all += (x[i] - mean) * (x[i] - mean) / WIDTH;
    for (uint32_t i = 0; i < WIDTH; i++) n[i] = (x[i] - mean) / sqrt(all + 1e-5) * G[i] + (bias ? B[i] : 0);
}

static void affine_reference(const double *const *in, double *out, const void *context) {
    const affine *p = context;
    for (uint32_t r = 0; r < ROWS; r++) {
        double n[WIDTH];
        normal_row(in[0] + r * WIDTH, p->bias, n);
        for (uint32_t k = 0; k < OUT; k++) {
            double y = D[k], z = p->bias ? D[k] : 0;
            for (uint32_t i = 0; i < WIDTH; i++) y += n[i] * (p->gemm ? W[k * WIDTH + i] : W[i * OUT + k]);
            for (uint32_t i = 0; i < WIDTH; i++) z += n[i] * U[i * OUT + k];
            out[r * OUT + k] = y;
            if (p->twice) out[(ROWS + r) * OUT + k] = z;
        }
        for (uint32_t i = 0; i < WIDTH && p->kept; i++) out[ROWS * OUT + r * WIDTH + i] = -n[i];
    }
}

static void affine_numbers(void) {
    noise_list(W, WIDTH * OUT, 1);
    noise_list(U, WIDTH * OUT, 1);
    noise_list(B, WIDTH, 0.5);
    noise_list(D, OUT, 1);
    for (uint32_t i = 0; i < WIDTH; i++) G[i] = 1 + 0.5 * noise();
}

/* Absorbed: two lookups an element less than where the norm's result is wanted besides. */
static void test_affine(void **unused) {
    (void)unused;
    static const affine CASES[] = {{.moved = true}, {.gemm = true}, {.moved = true, .bias = true, .twice = true}};
    affine_numbers();
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        affine kept = CASES[i];
        kept.kept = true;
        check_case(affine_build(&CASES[i]), affine_reference, &CASES[i], 3e-3, 1.5);
        if (kept.twice) continue;
        uint64_t merged = lookups_of(affine_build(&CASES[i]), ROWS * WIDTH);
        assert_true(lookups_of(affine_build(&kept), ROWS * WIDTH) >= merged + 2 * ROWS * WIDTH);
        check_case(affine_build(&kept), affine_reference, &kept, 3e-3, 1.5);
    }
}

/* ---- softmax of (q c)(k c), k transposed on the way or not; by a negative number it stays */
enum { TOKENS = 4, SIZE = 3 };
typedef struct scores {
    double factor[2];
    bool turned;
} scores;

static onnx_build *scores_build(const scores *p) {
    onnx_build *m = build_start(17);
    build_input(m, "q", S(3, 2, TOKENS, SIZE));
    build_input(m, "k", p->turned ? S(3, 2, TOKENS, SIZE) : S(3, 2, SIZE, TOKENS));
    build_real(m, "a", S(1, 1, 0, 0), &p->factor[0]);
    build_real(m, "b", S(0, 0, 0, 0), &p->factor[1]);
    build_node(m, "Mul", "q a", "qa");
    build_node(m, "Mul", "b k", p->turned ? "kb" : "kt");
    if (p->turned) build_node(m, "Transpose", "kb", "kt");
    if (p->turned) INTS(m, "perm", 0, 2, 1);
    build_node(m, "MatMul", "qa kt", "s");
    build_node(m, "Softmax", "s", "y");
    build_int(m, "axis", -1);
    build_output(m, "y");
    return m;
}

static void scores_reference(const double *const *in, double *out, const void *context) {
    const scores *p = context;
    for (uint32_t r = 0; r < 2 * TOKENS; r++) {
        double all = 0, e[TOKENS];
        for (uint32_t j = 0; j < TOKENS; j++) {
            double s = 0;
            for (uint32_t k = 0; k < SIZE; k++)
                s += in[0][r * SIZE + k] *
                     in[1][r / TOKENS * TOKENS * SIZE + (p->turned ? j * SIZE + k : k * TOKENS + j)];
            all += e[j] = exp(s * p->factor[0] * p->factor[1]);
        }
        for (uint32_t j = 0; j < TOKENS; j++) out[r * TOKENS + j] = e[j] / all;
    }
}

static void test_scores(void **unused) {
    (void)unused;
    static const scores CASES[] = {{{0.5, 0.75}, true}, {{1.25, 0.5}, false}, {{0.5, -0.75}, true}};
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++)
        check_case(scores_build(&CASES[i]), scores_reference, &CASES[i], 4e-3, 2);
}

/* They cost nothing: of x with itself, with and without. */
static uint64_t own_scores(double a, bool scaled) {
    static const double three = 3;
    onnx_build *m = build_start(17);
    build_input(m, "x", S(3, 2, TOKENS, SIZE));
    build_real(m, "a", S(1, 1, 0, 0), &a);
    build_real(m, "t", S(1, 1, 0, 0), &three);
    build_node(m, "Transpose", "x", "k");
    INTS(m, "perm", 0, 2, 1);
    if (scaled) build_node(m, "Mul", "x a", "q");
    if (scaled) build_node(m, "Mul", "t k", "l");
    build_node(m, "MatMul", scaled ? "q l" : "x k", "s");
    build_node(m, "Softmax", "s", "y");
    build_int(m, "axis", -1);
    build_output(m, "y");
    return lookups_of(m, 2 * TOKENS * SIZE);
}

static void test_costs(void **unused) {
    (void)unused;
    assert_int_equal(own_scores(0.5, true), own_scores(0.5, false));
}

/* ---- x W, reshaped and moved, + z: rounded once */
static onnx_build *joined_build(bool moved) {
    onnx_build *m = build_start(17);
    static const int64_t to[3] = {ROWS, 1, OUT};
    build_input(m, "x", S(2, ROWS, WIDTH, 0));
    build_input(m, "z", moved ? S(3, 1, ROWS, OUT) : S(2, ROWS, OUT, 0));
    build_real(m, "w", S(2, WIDTH, OUT, 0), W);
    build_whole(m, "to", 3, to);
    build_node(m, "Gemm", "x w", "q");
    if (moved) build_node(m, "Reshape", "q to", "r");
    if (moved) build_node(m, "Transpose", "r", "t");
    if (moved) INTS(m, "perm", 1, 0, 2);
    build_node(m, "Sub", moved ? "z t" : "z q", "y");
    build_output(m, "y");
    return m;
}

static void joined_reference(const double *const *in, double *out, const void *unused) {
    (void)unused;
    for (uint32_t i = 0; i < ROWS * OUT; i++) {
        out[i] = in[1][i];
        for (uint32_t k = 0; k < WIDTH; k++) out[i] -= in[0][i / OUT * WIDTH + k] * W[k * OUT + i % OUT];
    }
}

static void test_joined(void **unused) {
    (void)unused;
    affine_numbers();
    for (int moved = 0; moved < 2; moved++) check_case(joined_build(moved == 1), joined_reference, NULL, 1e-3, 1.5);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_affine), cmocka_unit_test(test_scores),
                                       cmocka_unit_test(test_costs), cmocka_unit_test(test_joined)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
