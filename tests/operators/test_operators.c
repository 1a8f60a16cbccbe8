/* Linear operators, activations, moves: numbers against references of the test's own, advice unique. */
#include "operator_case.h"
#include <math.h>
#include <string.h>

static double W[CASE_ELEMENTS], V[CASE_ELEMENTS], B[CASE_ELEMENTS];

static shape S(uint32_t rank, uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
    return (shape){.rank = rank, .dim = {a, b, c, d}};
}

/* ---- Conv */
typedef struct conv {
    uint32_t n, c, h, w, m, kh, kw, group;
    uint32_t stride[2], dilation[2], pad[4]; /* top, left, bottom, right */
    bool bias, relu;
} conv;

static double conv_at(const conv *p, const double *x, uint32_t i, uint32_t m, uint32_t a, uint32_t b) {
    uint32_t depth = p->c / p->group, first = m / (p->m / p->group) * depth;
    double acc = p->bias ? B[m] : 0;
    for (uint32_t d = 0; d < depth; d++) {
        for (uint32_t k = 0; k < p->kh * p->kw; k++) {
            int64_t y = (int64_t)a * p->stride[0] + k / p->kw * p->dilation[0] - p->pad[0];
            int64_t z = (int64_t)b * p->stride[1] + k % p->kw * p->dilation[1] - p->pad[1];
            if (y < 0 || z < 0 || y >= p->h || z >= p->w) continue;
            acc += x[((i * p->c + first + d) * p->h + (uint32_t)y) * p->w + (uint32_t)z] *
                   W[(m * depth + d) * p->kh * p->kw + k];
        }
    }
    return p->relu && acc < 0 ? 0 : acc;
}

static void conv_reference(const double *const *in, double *out, const void *context) {
    const conv *p = context;
    uint32_t oh = (p->h + p->pad[0] + p->pad[2] - (p->kh - 1) * p->dilation[0] - 1) / p->stride[0] + 1;
    uint32_t ow = (p->w + p->pad[1] + p->pad[3] - (p->kw - 1) * p->dilation[1] - 1) / p->stride[1] + 1;
    for (uint32_t i = 0; i < p->n; i++) {
        for (uint32_t m = 0; m < p->m; m++) {
            for (uint32_t a = 0; a < oh; a++) {
                for (uint32_t b = 0; b < ow; b++) *out++ = conv_at(p, in[0], i, m, a, b);
            }
        }
    }
}

static void check_conv(const conv *p, const char *auto_pad) {
    onnx_build *m = build_start(17);
    build_input(m, "x", S(4, p->n, p->c, p->h, p->w));
    build_real(m, "w", S(4, p->m, p->c / p->group, p->kh, p->kw),
               noise_list(W, p->m * p->c / p->group * p->kh * p->kw, 1));
    if (p->bias) build_real(m, "b", S(1, p->m, 0, 0, 0), noise_list(B, p->m, 2));
    build_node(m, "Conv", p->bias ? "x w b" : "x w", p->relu ? "t" : "y");
    INTS(m, "strides", p->stride[0], p->stride[1]);
    INTS(m, "dilations", p->dilation[0], p->dilation[1]);
    build_int(m, "group", p->group);
    if (auto_pad)
        build_text(m, "auto_pad", auto_pad);
    else
        INTS(m, "pads", p->pad[0], p->pad[1], p->pad[2], p->pad[3]);
    if (p->relu) build_node(m, "Relu", "t", "y");
    build_output(m, "y");
    check_case(m, conv_reference, p, 5e-4, 1.5);
}

static void test_conv(void **unused) {
    (void)unused;
    static const conv CASES[] = {
        {1, 2, 5, 6, 3, 3, 2, 1, {1, 1}, {1, 1}, {0}, false, false},
        {2, 2, 5, 6, 3, 3, 3, 1, {2, 1}, {1, 1}, {1, 0, 2, 1}, true, true},
        {1, 2, 7, 7, 2, 3, 3, 1, {1, 2}, {2, 2}, {1, 1, 1, 1}, true, false},
        {1, 4, 4, 5, 6, 2, 2, 2, {1, 1}, {1, 1}, {0}, true, true},
        {2, 3, 4, 4, 3, 3, 3, 3, {1, 1}, {1, 1}, {1, 1, 1, 1}, true, true},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) check_conv(&CASES[i], NULL);
    const conv upper = {1, 2, 5, 6, 2, 3, 2, 1, {1, 2}, {1, 1}, {1, 0, 1, 0}, true, true};
    check_conv(&upper, "SAME_UPPER");
    const conv lower = {1, 2, 6, 5, 2, 2, 3, 1, {1, 1}, {1, 1}, {1, 1, 0, 1}, true, true};
    check_conv(&lower, "SAME_LOWER");
    const conv valid = {1, 2, 6, 5, 2, 2, 3, 1, {2, 1}, {1, 1}, {0}, true, true};
    check_conv(&valid, "VALID");
}

/* ---- Gemm, MatMul */
typedef struct gemm {
    bool ta, tb;
    double alpha, beta;
    uint32_t c_rows, c_columns; /* of C; 0: none */
} gemm;
enum { GM = 3, GK = 5, GN = 4 };

static void gemm_reference(const double *const *in, double *out, const void *context) {
    const gemm *p = context;
    for (uint32_t i = 0; i < GM; i++) {
        for (uint32_t j = 0; j < GN; j++) {
            double acc = 0;
            for (uint32_t k = 0; k < GK; k++)
                acc += in[0][p->ta ? k * GM + i : i * GK + k] * W[p->tb ? j * GK + k : k * GN + j];
            acc *= p->alpha;
            uint32_t row = p->c_rows > 1 ? i : 0, column = p->c_columns > 1 ? j : 0;
            if (p->c_columns > 0) acc += p->beta * B[row * p->c_columns + column];
            *out++ = acc;
        }
    }
}

static void test_gemm(void **unused) {
    (void)unused;
    static const gemm CASES[] = {{false, false, 1, 1, 0, 0},
                                 {true, false, 0.75, 2, 1, GN},
                                 {false, true, 1, 0.5, GM, 1},
                                 {true, true, 1.25, 1, GM, GN},
                                 {false, false, 0.3, 3, 1, 1}};
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        const gemm *p = &CASES[i];
        gemm f = *p; /* attributes are floats */
        f.alpha = (double)(float)p->alpha;
        onnx_build *m = build_start(13);
        build_input(m, "x", p->ta ? S(2, GK, GM, 0, 0) : S(2, GM, GK, 0, 0));
        build_real(m, "w", p->tb ? S(2, GN, GK, 0, 0) : S(2, GK, GN, 0, 0), noise_list(W, GK * GN, 1));
        if (p->c_columns) build_real(m, "c", S(2, p->c_rows, p->c_columns, 0, 0), noise_list(B, GM * GN, 1));
        build_node(m, "Gemm", p->c_columns ? "x w c" : "x w", "y");
        build_int(m, "transA", p->ta);
        build_int(m, "transB", p->tb);
        build_float(m, "alpha", p->alpha);
        build_float(m, "beta", p->beta);
        build_output(m, "y");
        check_case(m, gemm_reference, &f, 5e-4, 1.5);
    }
}

/* [2, 3, 5] x [5, 4] or x [2, 5, 4]; both computed in the second case. */
static void matmul_reference(const double *const *in, double *out, const void *context) {
    const bool *two = context;
    for (uint32_t b = 0; b < 2; b++) {
        for (uint32_t i = 0; i < 3; i++) {
            for (uint32_t j = 0; j < 4; j++, out++) {
                *out = 0;
                for (uint32_t k = 0; k < 5; k++)
                    *out += in[0][(b * 3 + i) * 5 + k] * (*two ? in[1][(b * 5 + k) * 4 + j] : W[k * 4 + j]);
            }
        }
    }
}

static void test_matmul(void **unused) {
    (void)unused;
    for (int two = 0; two < 2; two++) {
        const bool both = two == 1;
        onnx_build *m = build_start(13);
        build_input(m, "x", S(3, 2, 3, 5, 0));
        if (both)
            build_input(m, "w", S(3, 2, 5, 4, 0));
        else
            build_real(m, "w", S(2, 5, 4, 0, 0), noise_list(W, 20, 1));
        build_node(m, "MatMul", "x w", "y");
        build_output(m, "y");
        check_case(m, matmul_reference, &both, 1e-3, 1.5);
    }
}

/* ---- Add, Sub, Mul: [2, 3, 4] with [3, 1] */
typedef struct pair {
    char op;
    bool constant, left;
} pair;

static void pair_reference(const double *const *in, double *out, const void *context) {
    const pair *p = context;
    for (uint32_t i = 0; i < 24; i++) {
        double a = in[0][i], b = p->constant ? W[i / 4 % 3] : in[1][i / 4 % 3];
        if (p->left) {
            double t = a;
            a = b, b = t;
        }
        *out++ = p->op == 'A' ? a + b : p->op == 'S' ? a - b : a * b;
    }
}

static void test_elementwise(void **unused) {
    (void)unused;
    static const char *const OPS[] = {"Add", "Sub", "Mul"};
    for (uint32_t i = 0; i < 12; i++) {
        const pair p = {OPS[i / 4][0], i % 2 == 0, i % 4 >= 2};
        onnx_build *m = build_start(13);
        build_input(m, "x", S(3, 2, 3, 4, 0));
        if (p.constant)
            build_real(m, "z", S(2, 3, 1, 0, 0), noise_list(W, 3, 1));
        else
            build_input(m, "z", S(2, 3, 1, 0, 0));
        build_node(m, OPS[i / 4], p.left ? "z x" : "x z", "y");
        build_output(m, "y");
        check_case(m, pair_reference, &p, 5e-4, 1.5);
    }
}

/* A residual: relu(x W + x) V. The sum is not committed, the addition joins the product. */
static void residual_reference(const double *const *in, double *out, const void *context) {
    (void)context;
    double t[4];
    for (uint32_t j = 0; j < 4; j++) {
        t[j] = in[0][j];
        for (uint32_t k = 0; k < 4; k++) t[j] += in[0][k] * W[k * 4 + j];
        t[j] = t[j] > 0 ? t[j] : 0;
    }
    for (uint32_t j = 0; j < 2; j++) {
        out[j] = 0;
        for (uint32_t k = 0; k < 4; k++) out[j] += t[k] * V[k * 2 + j];
    }
}

static void test_residual(void **unused) {
    (void)unused;
    onnx_build *m = build_start(13);
    build_input(m, "x", S(2, 1, 4, 0, 0));
    build_real(m, "w", S(2, 4, 4, 0, 0), noise_list(W, 16, 1));
    build_real(m, "v", S(2, 4, 2, 0, 0), noise_list(V, 8, 1));
    build_node(m, "MatMul", "x w", "s");
    build_node(m, "Add", "s x", "t");
    build_node(m, "Relu", "t", "u");
    build_node(m, "MatMul", "u v", "y");
    build_output(m, "y");
    check_case(m, residual_reference, NULL, 5e-4, 1.5);
}

/* ---- activations */
static void activation_reference(const double *const *in, double *out, const void *context) {
    const char *op = context;
    for (uint32_t i = 0; i < 12; i++) {
        double x = in[0][i];
        out[i] = op[0] == 'R'   ? fmax(x, 0)
                 : op[0] == 'S' ? 1 / (1 + exp(-x))
                 : op[0] == 'T' ? tanh(x)
                                : fmin(fmax(x, -0.5), 0.75);
    }
}

static void test_activations(void **unused) {
    (void)unused;
    static const char *const OPS[] = {"Relu", "Sigmoid", "Tanh", "Clip", "Clip"};
    for (uint32_t i = 0; i < 5; i++) {
        const double lo = -0.5, hi = 0.75;
        onnx_build *m = build_start(i == 4 ? 9 : 13);
        build_input(m, "x", S(2, 3, 4, 0, 0));
        if (i == 3) build_real(m, "lo", (shape){.rank = 0}, &lo);
        if (i == 3) build_real(m, "hi", (shape){.rank = 0}, &hi);
        build_node(m, OPS[i], i == 3 ? "x lo hi" : "x", "y");
        if (i == 4) build_float(m, "min", lo);
        if (i == 4) build_float(m, "max", hi);
        build_output(m, "y");
        check_case(m, activation_reference, OPS[i], 2e-4, 4);
    }
}

/* ---- BatchNormalization: alone, and merged into the Gemm before it */
static void batchnorm_reference(const double *const *in, double *out, const void *context) {
    const bool *merged = context;
    for (uint32_t i = 0; i < 6; i++) {
        uint32_t c = i % 3;
        double x = in[0][i];
        if (*merged) {
            x = B[c];
            for (uint32_t k = 0; k < 3; k++) x += in[0][i / 3 * 3 + k] * W[k * 3 + c];
        }
        out[i] = (x - V[6 + c]) / sqrt(V[9 + c] + 0.125) * V[c] + V[3 + c];
    }
}

static void test_batchnorm(void **unused) {
    (void)unused;
    for (int k = 0; k < 2; k++) {
        const bool merged = k == 1;
        noise_list(V, 12, 1);
        for (uint32_t c = 9; c < 12; c++) V[c] = fabs(V[c]);
        onnx_build *m = build_start(15);
        build_input(m, "x", S(2, 2, 3, 0, 0));
        static const char *const NAMES[] = {"s", "b", "m", "v"};
        for (uint32_t i = 0; i < 4; i++) build_real(m, NAMES[i], S(1, 3, 0, 0, 0), V + 3 * i);
        build_real(m, "w", S(2, 3, 3, 0, 0), noise_list(W, 9, 1));
        build_real(m, "c", S(1, 3, 0, 0, 0), noise_list(B, 3, 1));
        if (merged) build_node(m, "Gemm", "x w c", "t");
        build_node(m, "BatchNormalization", merged ? "t s b m v" : "x s b m v", "y");
        build_float(m, "epsilon", 0.125);
        build_output(m, "y");
        check_case(m, batchnorm_reference, &merged, 1e-3, 1.5);
    }
}

/* ---- moves: y = relu(x) with its elements in other places, then weighed so that places matter */
typedef struct move {
    const char *op, *inputs;
    uint32_t rank, place[24]; /* y[i] = relu(x)[place[i]] */
    uint32_t count;
} move;

static void move_reference(const double *const *in, double *out, const void *context) {
    const move *p = context;
    for (uint32_t i = 0; i < p->count; i++) out[i] = fmax(in[0][p->place[i]], 0) * W[i];
}

static void check_move(move *p, void (*attributes)(onnx_build *m), shape result, uint32_t wholes,
                       const int64_t *whole) {
    onnx_build *m = build_start(13);
    build_input(m, "x", S(3, 2, 3, 4, 0));
    if (wholes) build_whole(m, "k", wholes, whole);
    build_node(m, "Relu", "x", "r");
    build_node(m, p->op, p->inputs, "t");
    if (attributes) attributes(m);
    build_real(m, "w", result, noise_list(W, p->count, 1));
    build_node(m, "Mul", "t w", "y");
    build_output(m, "y");
    check_case(m, move_reference, p, 5e-4, 1.5);
}

static void perm_120(onnx_build *m) {
    INTS(m, "perm", 1, 2, 0);
}
static void axis_1(onnx_build *m) {
    build_int(m, "axis", 1);
}

static void test_moves(void **unused) {
    (void)unused;
    move same = {"Flatten", "r", 2, {0}, 24};
    for (uint32_t i = 0; i < 24; i++) same.place[i] = i;
    check_move(&same, axis_1, S(2, 2, 12, 0, 0), 0, NULL);
    same.op = "Reshape", same.inputs = "r k";
    check_move(&same, NULL, S(3, 2, 6, 2, 0), 3, (int64_t[]){0, -1, 2});
    same.op = "Unsqueeze";
    check_move(&same, NULL, S(4, 2, 1, 3, 4), 1, (int64_t[]){1});
    move turned = {"Transpose", "r", 3, {0}, 24};
    for (uint32_t i = 0; i < 24; i++) turned.place[i] = i % 2 * 12 + i / 2;
    check_move(&turned, perm_120, S(3, 3, 4, 2, 0), 0, NULL);
    move chosen = {"Gather", "r k", 3, {0}, 16};
    for (uint32_t i = 0; i < 16; i++) chosen.place[i] = i / 8 * 12 + (i / 4 % 2 == 0 ? 2 : 0) * 4 + i % 4;
    check_move(&chosen, axis_1, S(3, 2, 2, 4, 0), 2, (int64_t[]){-1, 0});
}

/* Bug 12: a shape computed from INT64 constants that doubles would round: (2^53 + 3, 2^53 + 13) - (2^53 + 1). */
static void test_whole_numbers_stay_exact(void **unused) {
    (void)unused;
    move same = {"Reshape", "r k", 2, {0}, 24};
    for (uint32_t i = 0; i < 24; i++) same.place[i] = i;
    onnx_build *m = build_start(13);
    build_input(m, "x", S(3, 2, 3, 4, 0));
    build_whole(m, "a", 2, (int64_t[]){((int64_t)1 << 53) + 3, ((int64_t)1 << 53) + 13});
    build_whole(m, "b", 1, (int64_t[]){((int64_t)1 << 53) + 1});
    build_node(m, "Sub", "a b", "k");
    build_node(m, "Relu", "x", "r");
    build_node(m, "Reshape", "r k", "t");
    build_real(m, "w", S(2, 2, 12, 0, 0), noise_list(W, 24, 1));
    build_node(m, "Mul", "t w", "y");
    build_output(m, "y");
    check_case(m, move_reference, &same, 5e-4, 1.5);
}

/* Concat of two scales: relu(x), sigmoid(x). */
static void concat_reference(const double *const *in, double *out, const void *context) {
    (void)context;
    for (uint32_t i = 0; i < 4; i++) {
        for (uint32_t j = 0; j < 3; j++) out[i * 6 + j] = fmax(in[0][i * 3 + j], 0);
        for (uint32_t j = 0; j < 3; j++) out[i * 6 + 3 + j] = 1 / (1 + exp(-in[0][i * 3 + j]));
    }
}

static void test_concat(void **unused) {
    (void)unused;
    onnx_build *m = build_start(13);
    build_input(m, "x", S(2, 4, 3, 0, 0));
    build_node(m, "Relu", "x", "r");
    build_node(m, "Sigmoid", "x", "s");
    build_node(m, "Concat", "r s", "y");
    build_int(m, "axis", 1);
    build_output(m, "y");
    check_case(m, concat_reference, NULL, 5e-4, 3);
}

/* ---- integers at run time */
static void whole_reference(const double *const *in, double *out, const void *context) {
    (void)context;
    for (uint32_t i = 0; i < 6; i++) out[i] = in[0][i] * in[1][i] - in[0][i] + (double)(int64_t)W[i];
    for (uint32_t i = 0; i < 6; i++) out[6 + i] = in[0][i] + in[2][i] * 0.5;
}

/* 40000 does not fit 16 bits, the product of inputs up to 3000 needs limbs; a Cast leaves integers as they are. */
static void test_integers(void **unused) {
    (void)unused;
    static const int64_t constants[6] = {1, -2, 40000, 70000, -5, 6};
    for (uint32_t i = 0; i < 6; i++) W[i] = (double)constants[i];
    onnx_build *m = build_start(17);
    build_input_whole(m, "x", S(2, 2, 3, 0, 0), -3000, 3000);
    build_input_whole(m, "u", S(2, 2, 3, 0, 0), -3000, 3000);
    build_input_boolean(m, "b", S(2, 2, 3, 0, 0));
    build_wholes(m, "c", S(2, 2, 3, 0, 0), ONNX__TENSOR_PROTO__DATA_TYPE__INT64, constants);
    build_real(m, "half", S(0, 0, 0, 0, 0), (const double[]){0.5});
    build_node(m, "Mul", "x u", "p");
    build_node(m, "Sub", "p x", "q");
    build_node(m, "Add", "q c", "y");
    build_node(m, "Cast", "x", "xf");
    build_int(m, "to", ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT);
    build_node(m, "Cast", "b", "bf");
    build_int(m, "to", ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT);
    build_node(m, "Mul", "bf half", "h");
    build_node(m, "Add", "xf h", "z");
    build_output(m, "y");
    build_output(m, "z");
    check_case(m, whole_reference, NULL, 1e-8, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_conv),      cmocka_unit_test(test_gemm),
        cmocka_unit_test(test_matmul),    cmocka_unit_test(test_elementwise),
        cmocka_unit_test(test_residual),  cmocka_unit_test(test_activations),
        cmocka_unit_test(test_batchnorm), cmocka_unit_test(test_moves),
        cmocka_unit_test(test_concat),    cmocka_unit_test(test_whole_numbers_stay_exact),
        cmocka_unit_test(test_integers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
