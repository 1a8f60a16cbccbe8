/* A norm's scale and shift go into the matrices behind it (compile/absorb); functions that differ in scales share a
 * table; weights are no finer than their product is rounded to. What a transformer's parts cost an element. */
#include "operator_case.h"
#include <math.h>
#include <stdlib.h>
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

/* A model that refuses what its ranges do not hold. */
static tacit_model *compile_refusing(onnx_build *b, uint64_t inputs) {
    tacit_compile_options o;
    tacit_compile_defaults(&o);
    o.overflow = TACIT_REFUSE;
    return compile_noise(b, &o, inputs);
}

/* Numbers that are rounded and looked up, whatever their remainders take. */
static uint64_t rounded(onnx_build *b) {
    uint64_t count = 0;
    tacit_model *m = compile_refusing(b, B * T * D);
    const program *q = &m->pub.program;
    for (uint32_t i = 0; i < q->lookup_count; i++) {
        const lookup *k = &q->lookups[i];
        if (strstr(k->name, ".lookup")) count += shape_count(&q->tensors[k->columns[0]].shape);
    }
    tacit_model_free(m);
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
    uint32_t count = 0;
    tacit_model *m = compile_refusing(b, B * D);
    for (uint32_t i = 0; i < m->pub.program.table_count; i++) count += m->pub.program.tables[i].width > 1;
    tacit_model_free(m);
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

/* ---- a softmax of many scores, causal: masked distances have rows of the table */
enum { N = 104 };
static double far_away[N * N], value[N];

static void causal_reference(const double *const *in, double *out, const void *unused) {
    (void)unused;
    for (uint32_t i = 0; i < N; i++) {
        double all = 0, sum = 0;
        for (uint32_t j = 0; j <= i; j++) all += exp(in[0][i] * in[1][j]);
        for (uint32_t j = 0; j <= i; j++) sum += exp(in[0][i] * in[1][j]) * value[j];
        out[i] = sum / all;
    }
}

static onnx_build *build_causal(void) {
    onnx_build *m = build_start(17);
    noise_list(value, N, 1);
    for (uint32_t i = 0; i < N * N; i++) far_away[i] = i % N > i / N ? -1e5 : 0;
    build_input(m, "q", S(2, N, 1, 0));
    build_input(m, "k", S(2, 1, N, 0));
    build_real(m, "mask", S(2, N, N, 0), far_away);
    build_real(m, "v", S(2, N, 1, 0), value);
    build_node(m, "MatMul", "q k", "s");
    build_node(m, "Add", "s mask", "t");
    build_node(m, "Softmax", "t", "p");
    build_node(m, "MatMul", "p v", "y");
    build_output(m, "y");
    return m;
}

static void test_causal(void **unused) {
    (void)unused;
    check_case(build_causal(), causal_reference, NULL, 1e-3, 0.5);
}

/* ---- lookups and committed values an element: the table of docs/operators.md */
typedef struct price {
    double lookups, committed; /* an element, rows apart */
} price;

/* Of all tensors of `elements` elements: what scales with them. A small program cuts remainders in two, because rows
 * are dear there: counted as the one limb that a large one has. */
static price price_of(onnx_build *b, uint64_t elements) {
    double *values[3];
    tacit_compile_options o;
    tacit_error err = {0};
    tacit_model *m;
    price p = {0};
    for (uint32_t i = 0; i < b->graph.n_input; i++) {
        uint64_t n = CASE_SAMPLES * shape_count(&b->input_shape[i]);
        values[i] = malloc(n * sizeof(double));
        noise_list(values[i], n, 0.5);
    }
    const tacit_samples given = {CASE_SAMPLES, (uint32_t)b->graph.n_input, NULL, (const double *const *)values};
    tacit_compile_defaults(&o);
    o.overflow = TACIT_REFUSE, o.weight_bits = 8;
    o.activation_bits = 12; /* a product of one pair has few bits to round off, as long sums of large values have */
    assert_int_equal(tacit_compile(&m, build_write(b), &o, &given, NULL, &err), TACIT_OK);
    const program *q = &m->pub.program;
    for (uint32_t i = 0; i < q->lookup_count; i++) {
        uint32_t id = q->lookups[i].columns[0];
        if (q->tensors[id].kind == TENSOR_COMMITTED && shape_count(&q->tensors[id].shape) == elements) p.lookups++;
    }
    for (uint32_t i = 0; i < q->tensor_count; i++) {
        if (q->tensors[i].kind != TENSOR_COMMITTED || shape_count(&q->tensors[i].shape) != elements) continue;
        p.committed++;
        if (strstr(q->tensors[i].name, ".rem2")) p.lookups--, p.committed -= 2;
    }
    tacit_model_free(m);
    for (uint32_t i = 0; i < b->graph.n_input; i++) free(values[i]);
    build_end(b);
    return p;
}

static void costs(onnx_build *b, uint64_t elements, double lookups, double committed) {
    const price p = price_of(b, elements);
    if (p.lookups != lookups || p.committed != committed)
        fail_msg("%g lookups and %g committed values an element, not %g and %g", p.lookups, p.committed, lookups,
                 committed);
}

enum { L = 24, M = 40 }; /* rows; elements of a row */
static double wide[M * (M + 1)];

/* `op` between two matrices: [L, M] x [M, M] -> op -> x [M, M + 1]. */
static onnx_build *between(const char *op) {
    onnx_build *m = build_start(22);
    noise_list(wide, M * (M + 1), 1);
    build_input(m, "x", S(2, L, M, 0));
    build_real(m, "w", S(2, M, M, 0), wide);
    build_real(m, "v", S(2, M, M + 1, 0), wide);
    build_real(m, "g", S(1, M, 0, 0), wide);
    build_real(m, "h", S(1, M, 0, 0), wide + M);
    build_node(m, "MatMul", "x w", "p");
    const char *last = op ? "q" : "p";
    if (op && strcmp(op, "Swish") == 0) {
        build_node(m, "Sigmoid", "p", "s");
        build_node(m, "Mul", "p s", "q");
    } else if (op && strcmp(op, "LayerNormalization") == 0) {
        build_node(m, op, "p g h", "q");
    } else if (op) {
        build_node(m, op, "p", "q");
    }
    build_node(m, "MatMul", last[0] == 'q' ? "q v" : "p v", "y");
    build_output(m, "y");
    return m;
}

static void test_prices(void **unused) {
    (void)unused;
    costs(between(NULL), L * M, 2, 2);   /* rounding */
    costs(between("Gelu"), L * M, 2, 3); /* with a function */
    costs(between("Swish"), L * M, 2, 3);
    costs(between("LayerNormalization"), L * M, 4, 4); /* its input's rounding and its own */
    costs(between("Softmax"), L * M, 2, 4);
    costs(build_causal(), N * N, 2, 4);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_norms_scale), cmocka_unit_test(test_one_table),
                                       cmocka_unit_test(test_causal), cmocka_unit_test(test_prices)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
