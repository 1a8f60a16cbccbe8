/* ONNX's quantised operators: values between them are the integers that the operators' definition gives. */
#include "operator_case.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    U8 = ONNX__TENSOR_PROTO__DATA_TYPE__UINT8,
    I8 = ONNX__TENSOR_PROTO__DATA_TYPE__INT8,
    I32 = ONNX__TENSOR_PROTO__DATA_TYPE__INT32
};

static const shape SCALAR = {.rank = 0};

static shape vector(uint32_t n) {
    return (shape){.rank = 1, .dim = {n}};
}

static double clamped(double v, double lo, double hi) {
    return fmin(fmax(v, lo), hi);
}

/* ---- QuantizeLinear, DequantizeLinear: [2, 3, 4], one scale or one a slice of axis 1 */
typedef struct form {
    int32_t type;
    bool slices, zero, both; /* both: the integers are an output, too */
} form;
enum { ALL = 24 };
static const double UNIT = 0.015625; /* of x: exact, so that no rounding of x decides a step */
static const double SCALES[3] = {0.0625, 0.02, 0.1};
static const int64_t ZEROS[3] = {7, -12, 100};

static double code(const form *p, double x, uint32_t i) {
    double s = SCALES[p->slices ? i / 4 % 3 : 0];
    int64_t z = !p->zero ? 0 : llabs(ZEROS[p->slices ? i / 4 % 3 : 0]);
    return clamped(rint(x / s) + (double)z, p->type == U8 ? 0 : -128, p->type == U8 ? 255 : 127);
}

static void codes_reference(const double *const *in, double *out, const void *context) {
    const form *p = context;
    for (uint32_t i = 0; i < ALL; i++) {
        uint32_t c = p->slices ? i / 4 % 3 : 0;
        double q = code(p, in[0][i] * UNIT, i), z = p->zero ? (double)llabs(ZEROS[c]) : 0;
        if (p->both) out[ALL + i] = q;
        out[i] = (q - z) * SCALES[c];
    }
}

static void test_codes(void **unused) {
    (void)unused;
    static const form FORMS[] = {{U8, false, true, false}, {I8, false, false, false}, {U8, false, true, true},
                                 {I8, false, true, true},  {I8, true, true, true},    {U8, true, true, false}};
    for (size_t k = 0; k < sizeof FORMS / sizeof FORMS[0]; k++) {
        const form *p = &FORMS[k];
        const int64_t zeros[3] = {llabs(ZEROS[0]), llabs(ZEROS[1]), llabs(ZEROS[2])};
        onnx_build *m = build_start(13);
        build_input_whole(m, "i", (shape){.rank = 3, .dim = {2, 3, 4}}, -200, 200);
        build_real(m, "u", SCALAR, &UNIT);
        build_node(m, "Cast", "i", "r");
        build_int(m, "to", 1);
        build_node(m, "Mul", "r u", "x");
        build_real(m, "s", p->slices ? vector(3) : SCALAR, SCALES);
        if (p->zero || p->type != U8)
            build_wholes(m, "z", p->slices ? vector(3) : SCALAR, p->type, p->zero ? zeros : (int64_t[3]){0});
        build_node(m, "QuantizeLinear", "x s z", "q");
        build_node(m, "DequantizeLinear", "q s z", "y");
        build_output(m, "y");
        if (p->both) build_output(m, "q");
        check_case(m, codes_reference, p, 2e-4, 3);
    }
}

/* An accumulator is rounded to 16 bits before it is rescaled: the result may be the next integer. */
#define ONE_STEP 0.015

/* ---- ConvInteger, QLinearConv: x [1, 2, 4, 4] as bytes, w [3, 2, 2, 2], one zero point a channel or none */
enum { OUT = 27 };
static int64_t W[24];

static double integer_conv(const double *x, uint32_t m, uint32_t a, uint32_t b, double zero, const int64_t *wz) {
    double acc = 0;
    for (uint32_t k = 0; k < 8; k++) {
        uint32_t d = k / 4, r = k / 2 % 2, c = k % 2;
        acc += (x[d * 16 + (a + r) * 4 + b + c] - zero) * (double)(W[m * 8 + k] - (wz ? wz[m] : 0));
    }
    return acc;
}

static const int64_t CHANNEL_ZEROS[3] = {3, -2, 0}, BIAS[3] = {500, -300, 40}, XZ[1] = {5}, YZ[1] = {-20};

static void conv_integer_reference(const double *const *in, double *out, const void *context) {
    (void)context;
    for (uint32_t i = 0; i < OUT; i++) out[i] = integer_conv(in[0], i / 9, i / 3 % 3, i % 3, 5, CHANNEL_ZEROS);
}

static void make_weights(void) {
    for (uint32_t i = 0; i < 24; i++) W[i] = (int64_t)(noise() * 127);
}

static void test_conv_integer(void **unused) {
    (void)unused;
    make_weights();
    onnx_build *m = build_start(10);
    build_input_whole(m, "x", (shape){.rank = 4, .dim = {1, 2, 4, 4}}, 0, 255);
    build_wholes(m, "w", (shape){.rank = 4, .dim = {3, 2, 2, 2}}, I8, W);
    build_wholes(m, "a", SCALAR, U8, XZ);
    build_wholes(m, "b", vector(3), I8, CHANNEL_ZEROS);
    build_node(m, "ConvInteger", "x w a b", "y");
    build_output(m, "y");
    check_case(m, conv_integer_reference, NULL, 0, 1);
}

static void qlinear_conv_reference(const double *const *in, double *out, const void *context) {
    const bool *channels = context;
    for (uint32_t i = 0; i < OUT; i++) {
        double acc = integer_conv(in[0], i / 9, i / 3 % 3, i % 3, 5, NULL) + (double)BIAS[i / 9];
        double factor = 0.02 * SCALES[*channels ? i / 9 : 0] / 0.5;
        out[i] = clamped(rint(acc * factor) - 20, -128, 127);
    }
}

static void test_qlinear_conv(void **unused) {
    (void)unused;
    static const double XS = 0.02, YS = 0.5;
    for (int k = 0; k < 2; k++) {
        const bool channels = k == 1;
        make_weights();
        onnx_build *m = build_start(13);
        build_input_whole(m, "x", (shape){.rank = 4, .dim = {1, 2, 4, 4}}, 0, 255);
        build_real(m, "xs", SCALAR, &XS);
        build_wholes(m, "xz", SCALAR, U8, XZ);
        build_wholes(m, "w", (shape){.rank = 4, .dim = {3, 2, 2, 2}}, I8, W);
        build_real(m, "ws", channels ? vector(3) : SCALAR, SCALES);
        build_wholes(m, "wz", channels ? vector(3) : SCALAR, I8, (int64_t[3]){0});
        build_real(m, "ys", SCALAR, &YS);
        build_wholes(m, "yz", SCALAR, I8, YZ);
        build_wholes(m, "b", vector(3), I32, BIAS);
        build_node(m, "QLinearConv", "x xs xz w ws wz ys yz b", "y");
        build_output(m, "y");
        check_case(m, qlinear_conv_reference, &channels, ONE_STEP, 1);
    }
}

/* ---- MatMulInteger, QLinearMatMul: [2, 3] x [3, 4] */
static void matmul_reference(const double *const *in, double *out, const void *context) {
    const bool *linear = context;
    for (uint32_t i = 0; i < 8; i++) {
        double acc = 0;
        for (uint32_t k = 0; k < 3; k++)
            acc += (in[0][i / 4 * 3 + k] - (*linear ? 5 : 9.0 * (i / 4))) * (double)(W[k * 4 + i % 4] - 3);
        out[i] = *linear ? clamped(rint(acc * 0.02 * 0.0625 / 0.5) - 20, -128, 127) : acc;
    }
}

static void test_matmul(void **unused) {
    (void)unused;
    static const double XS = 0.02, WS = 0.0625, YS = 0.5;
    for (int k = 0; k < 2; k++) {
        const bool linear = k == 1;
        make_weights();
        onnx_build *m = build_start(13);
        build_input_whole(m, "x", (shape){.rank = 2, .dim = {2, 3}}, 0, 255);
        build_wholes(m, "w", (shape){.rank = 2, .dim = {3, 4}}, I8, W);
        if (linear) {
            build_real(m, "xs", SCALAR, &XS);
            build_wholes(m, "xz", SCALAR, U8, XZ);
            build_real(m, "ws", SCALAR, &WS);
            build_wholes(m, "wz", SCALAR, I8, (int64_t[]){3});
            build_real(m, "ys", SCALAR, &YS);
            build_wholes(m, "yz", SCALAR, I8, YZ);
            build_node(m, "QLinearMatMul", "x xs xz w ws wz ys yz", "y");
        } else {
            build_wholes(m, "a", vector(2), U8, (int64_t[]){0, 9});
            build_wholes(m, "b", SCALAR, I8, (int64_t[]){3});
            build_node(m, "MatMulInteger", "x w a b", "y");
        }
        build_output(m, "y");
        check_case(m, matmul_reference, &linear, linear ? ONE_STEP : 0, 1);
    }
}

/* A max-pool of bytes. */
static void pool_reference(const double *const *in, double *out, const void *context) {
    (void)context;
    for (uint32_t i = 0; i < 4; i++) out[i] = fmax(in[0][2 * i], in[0][2 * i + 1]);
}

static void test_pool(void **unused) {
    (void)unused;
    onnx_build *m = build_start(13);
    build_input_whole(m, "x", (shape){.rank = 3, .dim = {1, 1, 8}}, 0, 255);
    build_node(m, "MaxPool", "x", "y");
    INTS(m, "kernel_shape", 2);
    INTS(m, "strides", 2);
    build_output(m, "y");
    check_case(m, pool_reference, NULL, 0, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_codes),  cmocka_unit_test(test_conv_integer), cmocka_unit_test(test_qlinear_conv),
        cmocka_unit_test(test_matmul), cmocka_unit_test(test_pool),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
