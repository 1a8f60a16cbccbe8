/* A norm's scale and shift go into the matrices behind it (compile/absorb); functions that differ in scales share a
 * table; weights are no finer than their product is rounded to. */
#include "operator_case.h"
#include <math.h>
#include <string.h>

enum { B = 2, T = 3, D = 8, O = 5 };
static double W[D * D], V[D * D], G[D], H[D], C[D];

static shape S(uint32_t rank, uint32_t a, uint32_t b, uint32_t c) {
    return (shape){.rank = rank, .dim = {a, b, c}};
}

typedef enum form { PLAIN, TURNED, RESIDUAL, TWO, SHARED, READ, FORMS } form;

/* y = x / sqrt(mean(x x) + eps), times G plus H where `affine`; then the matrices. */
static onnx_build *build(form f, bool affine) {
    static const int64_t flat[2] = {B * T, D}, full[3] = {B, T, D};
    onnx_build *m = build_start(17);
    build_input(m, "x", S(3, B, T, D));
    build_real(m, "w", S(2, D, D, 0), W);
    build_real(m, "v", S(2, D, D, 0), V);
    if (affine) build_real(m, "g", S(1, D, 0, 0), G);
    if (affine) build_real(m, "h", S(1, D, 0, 0), H);
    build_real(m, "c", S(1, D, 0, 0), C);
    build_real(m, "one", S(1, D, 0, 0), (double[D]){1, 1, 1, 1, 1, 1, 1, 1});
    build_node(m, "LayerNormalization", affine ? "x g h" : "x one", "n");
    build_float(m, "epsilon", 0.125);
    if (f == TURNED) {
        build_whole(m, "flat", 2, flat);
        build_whole(m, "full", 3, full);
        build_node(m, "Reshape", "n flat", "r");
        build_node(m, "Gemm", "r w c", "q");
        build_int(m, "transB", 1);
        build_float(m, "alpha", 0.5);
        build_node(m, "Reshape", "q full", "y");
    } else {
        build_node(m, "MatMul", "n w", "p");
        build_node(m, "Add", "p c", f == PLAIN ? "y" : "q");
    }
    if (f == TWO || f == SHARED) build_node(m, "MatMul", f == TWO ? "n v" : "n w", "t");
    if (f == TWO || f == SHARED) build_node(m, "Sub", "q t", "y");
    if (f == RESIDUAL) build_node(m, "Add", "n q", "y");
    if (f == READ) build_node(m, "Relu", "n", "t");
    if (f == READ) build_node(m, "Add", "q t", "y");
    build_output(m, "y");
    return m;
}

static void normal(const double *x, double *n) {
    double mean = 0, power = 0;
    for (uint32_t i = 0; i < D; i++) mean += x[i] / D;
    for (uint32_t i = 0; i < D; i++) power += (x[i] - mean) * (x[i] - mean) / D;
    for (uint32_t i = 0; i < D; i++) n[i] = (x[i] - mean) / sqrt(power + 0.125) * G[i] + H[i];
}

static void absorb_reference(const double *const *in, double *out, const void *context) {
    const form f = *(const form *)context;
    for (uint32_t r = 0; r < B * T; r++) {
        double n[D];
        normal(in[0] + r * D, n);
        for (uint32_t j = 0; j < D; j++) {
            double q = 0, t = 0;
            for (uint32_t i = 0; i < D; i++) q += n[i] * (f == TURNED ? W[j * D + i] / 2 : W[i * D + j]);
            for (uint32_t i = 0; i < D; i++) t += n[i] * (f == SHARED ? W[i * D + j] : V[i * D + j]);
            q += C[j];
            out[r * D + j] = f == RESIDUAL             ? q + n[j]
                             : f == TWO || f == SHARED ? q - t
                             : f == READ               ? q + fmax(n[j], 0)
                                                       : q;
        }
    }
}

/* Numbers that are rounded and looked up, whatever their remainders take. */
static uint64_t rounded(onnx_build *b) {
    double values[CASE_SAMPLES * B * T * D];
    tacit_compile_options o;
    uint64_t count = 0;
    tacit_compile_defaults(&o);
    o.overflow = TACIT_REFUSE;
    tacit_model *m = compile_case(build_write(b), &o, CASE_SAMPLES, noise_list(values, CASE_SAMPLES * B * T * D, 1));
    const program *q = &m->pub.program;
    for (uint32_t i = 0; i < q->lookup_count; i++) {
        const lookup *k = &q->lookups[i];
        if (strstr(k->name, ".lookup")) count += shape_count(&q->tensors[k->columns[0]].shape);
    }
    tacit_model_free(m);
    build_end(b);
    return count;
}

static void test_norms_scale(void **unused) {
    (void)unused;
    noise_list(W, D * D, 1), noise_list(V, D * D, 1), noise_list(G, D, 1), noise_list(H, D, 1), noise_list(C, D, 1);
    for (form f = 0; f < FORMS; f++) {
        check_case(build(f, true), absorb_reference, &f, 1e-3, 1.5);
        if (f == RESIDUAL || f == READ) continue; /* without scale and shift: other programs */
        if (f == SHARED)
            assert_true(rounded(build(f, true)) > rounded(build(PLAIN, true)));
        else
            assert_int_equal(rounded(build(f, true)), rounded(build(f, false)));
    }
    assert_int_equal(rounded(build(RESIDUAL, true)), rounded(build(PLAIN, true)));
    assert_true(rounded(build(READ, true)) >= rounded(build(PLAIN, true)) + B * T * D);
}

/* ---- two activations whose inputs differ in range by `factor` */
static double gelu(double x) {
    return x / 2 * (1 + erf(x / sqrt(2)));
}

static void twice_reference(const double *const *in, double *out, const void *context) {
    const double *factor = context;
    for (uint32_t r = 0; r < B; r++) {
        double t[D];
        for (uint32_t j = 0; j < D; j++) t[j] = 0;
        for (uint32_t i = 0; i < D * D; i++) t[i % D] += in[0][r * D + i / D] * W[i];
        for (uint32_t j = 0; j < D; j++) out[r * D + j] = 0;
        for (uint32_t i = 0; i < D * D; i++) out[r * D + i % D] += gelu(t[i / D]) * V[i] * *factor;
        for (uint32_t j = 0; j < D; j++) out[r * D + j] = gelu(out[r * D + j]);
    }
}

static onnx_build *build_twice(double factor) {
    double v[D * D];
    onnx_build *m = build_start(20);
    for (uint32_t i = 0; i < D * D; i++) v[i] = factor * V[i];
    build_input(m, "x", S(2, B, D, 0));
    build_real(m, "w", S(2, D, D, 0), W);
    build_real(m, "v", S(2, D, D, 0), v);
    build_node(m, "MatMul", "x w", "p");
    build_node(m, "Gelu", "p", "q");
    build_node(m, "MatMul", "q v", "r");
    build_node(m, "Gelu", "r", "y");
    build_output(m, "y");
    return m;
}

static uint32_t functions(onnx_build *b) {
    double values[CASE_SAMPLES * B * D];
    tacit_compile_options o;
    uint32_t count = 0;
    tacit_compile_defaults(&o);
    o.overflow = TACIT_REFUSE;
    tacit_model *m = compile_case(build_write(b), &o, CASE_SAMPLES, noise_list(values, CASE_SAMPLES * B * D, 1));
    for (uint32_t i = 0; i < m->pub.program.table_count; i++) count += m->pub.program.tables[i].width > 1;
    tacit_model_free(m);
    build_end(b);
    return count;
}

static void test_one_table(void **unused) {
    static const double FACTORS[3] = {1, 0.4, 1.0 / 64};
    (void)unused;
    noise_list(W, D * D, 1), noise_list(V, D * D, 1);
    for (uint32_t i = 0; i < 3; i++) check_case(build_twice(FACTORS[i]), twice_reference, &FACTORS[i], 1e-3, 1.5);
    assert_int_equal(functions(build_twice(0.4)), 1);
    assert_int_equal(functions(build_twice(1.0 / 64)), 2); /* more than two bits apart */
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_norms_scale), cmocka_unit_test(test_one_table)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
