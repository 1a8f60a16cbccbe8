/* Functions of one number: each against a formula of the test's own, on the domain that it has. */
#include "operator_case.h"
#include <math.h>
#include <string.h>

enum { COUNT = 12 };

/* What the function is applied to: x, |x| + 1/4, tanh x, |x| + 1. */
typedef enum domain { ALL, POSITIVE, UNIT, ABOVE_ONE } domain;

typedef struct function {
    const char *op;
    double (*f)(double x, const double *p);
    const char *parameter[2];
    double p[2];
    domain d;
    double tolerance;
    int64_t opset;
} function;

#define F(name, expression)                                                                                            \
    static double name(double x, const double *p) {                                                                    \
        (void)p;                                                                                                       \
        return expression;                                                                                             \
    }
F(relu, x > 0 ? x : 0)
F(sigmoid, 1 / (1 + exp(-x)))
F(hyperbolic, (exp(x) - exp(-x)) / (exp(x) + exp(-x)))
F(leaky, x >= 0 ? x : p[0] * x)
F(elu_, x >= 0 ? x : p[0] * (exp(x) - 1))
F(selu_, x > 0 ? p[1] * x : p[1] * (p[0] * exp(x) - p[0]))
F(celu_, fmax(0, x) + fmin(0, p[0] * (exp(x / p[0]) - 1)))
F(thresholded, x > p[0] ? x : 0)
F(hard, fmax(0, fmin(1, p[0] * x + p[1])))
F(hardswish, x *fmax(0, fmin(1, x / 6 + 0.5)))
F(softplus_, log(1 + exp(x)))
F(mish_, x *tanh(log(1 + exp(x))))
F(gelu, x * 0.5 * erfc(-x / sqrt(2)))
F(gelu_t, x * 0.5 * (1 + tanh(sqrt(2 / acos(-1)) * (x + 0.044715 * pow(x, 3)))))
F(softsign_, x / (1 + fabs(x)))
F(shrink_, x<-p[1] ? x + p[0] : x> p[1] ? x - p[0] : 0)
F(error, 1 - erfc(x))
F(exp_, pow(exp(1), x))
F(log_, log(x))
F(sqrt_, pow(x, 0.5))
F(recip, 1 / x)
F(abs_, x < 0 ? -x : x)
F(neg_, -x)
F(sign_, x > 0 ? 1 : x < 0 ? -1 : 0)
F(floor_, floor(x))
F(ceil_, -floor(-x))
F(round_, rint(x))
F(sin_, sin(x))
F(cos_, cos(x))
F(tan_, sin(x) / cos(x))
F(asin_, asin(x))
F(acos_, acos(x))
F(atan_, atan2(x, 1))
F(sinh_, (exp(x) - exp(-x)) / 2)
F(cosh_, (exp(x) + exp(-x)) / 2)
F(asinh_, log(x + sqrt(x * x + 1)))
F(acosh_, log(x + sqrt(x * x - 1)))
F(atanh_, log((1 + x) / (1 - x)) / 2)

/* Tolerances beyond 2e-4: steep functions; steps (floor ..) are compared where they do not change, see below. */
static const function FUNCTIONS[] = {
    {"Relu", relu, {0}, {0}, ALL, 2e-4, 13},
    {"Sigmoid", sigmoid, {0}, {0}, ALL, 2e-4, 13},
    {"Tanh", hyperbolic, {0}, {0}, ALL, 2e-4, 13},
    {"LeakyRelu", leaky, {"alpha"}, {0.125}, ALL, 2e-4, 16},
    {"LeakyRelu", leaky, {"alpha"}, {-0.5}, ALL, 2e-4, 9},
    {"Elu", elu_, {"alpha"}, {1.5}, ALL, 2e-4, 9},
    {"Selu", selu_, {"alpha", "gamma"}, {1.25, 0.75}, ALL, 2e-4, 9},
    {"Celu", celu_, {"alpha"}, {2}, ALL, 2e-4, 12},
    {"ThresholdedRelu", thresholded, {"alpha"}, {0.5}, ALL, 2e-4, 10},
    {"HardSigmoid", hard, {"alpha", "beta"}, {0.25, 0.625}, ALL, 2e-4, 22},
    {"HardSwish", hardswish, {0}, {0}, ALL, 2e-4, 14},
    {"Softplus", softplus_, {0}, {0}, ALL, 2e-4, 9},
    {"Mish", mish_, {0}, {0}, ALL, 2e-4, 18},
    {"Gelu", gelu, {0}, {0}, ALL, 2e-4, 20},
    {"Softsign", softsign_, {0}, {0}, ALL, 2e-4, 9},
    {"Shrink", shrink_, {"bias", "lambd"}, {0.25, 0.5}, ALL, 2e-4, 9},
    {"Erf", error, {0}, {0}, ALL, 2e-4, 13},
    {"Exp", exp_, {0}, {0}, ALL, 2e-4, 13},
    {"Log", log_, {0}, {0}, POSITIVE, 1e-3, 13},
    {"Sqrt", sqrt_, {0}, {0}, POSITIVE, 2e-4, 13},
    {"Reciprocal", recip, {0}, {0}, POSITIVE, 1e-3, 13},
    {"Abs", abs_, {0}, {0}, ALL, 2e-4, 13},
    {"Neg", neg_, {0}, {0}, ALL, 2e-4, 13},
    {"Sign", sign_, {0}, {0}, ALL, 2e-4, 13},
    {"Floor", floor_, {0}, {0}, ALL, 2e-4, 13},
    {"Ceil", ceil_, {0}, {0}, ALL, 2e-4, 13},
    {"Round", round_, {0}, {0}, ALL, 2e-4, 11},
    {"Sin", sin_, {0}, {0}, ALL, 2e-4, 9},
    {"Cos", cos_, {0}, {0}, ALL, 2e-4, 9},
    {"Tan", tan_, {0}, {0}, UNIT, 1e-3, 9},
    {"Asin", asin_, {0}, {0}, UNIT, 5e-3, 9},
    {"Acos", acos_, {0}, {0}, UNIT, 5e-3, 9},
    {"Atan", atan_, {0}, {0}, ALL, 2e-4, 9},
    {"Sinh", sinh_, {0}, {0}, ALL, 2e-4, 9},
    {"Cosh", cosh_, {0}, {0}, ALL, 2e-4, 9},
    {"Asinh", asinh_, {0}, {0}, ALL, 2e-4, 9},
    {"Acosh", acosh_, {0}, {0}, ABOVE_ONE, 5e-3, 9},
    {"Atanh", atanh_, {0}, {0}, UNIT, 2e-2, 9},
};

static double before(domain d, double x) {
    return d == POSITIVE ? fabs(x) + 0.25 : d == UNIT ? tanh(x) : d == ABOVE_ONE ? fabs(x) + 1 : x;
}

static void function_reference(const double *const *in, double *out, const void *context) {
    const function *p = context;
    for (uint32_t i = 0; i < COUNT; i++) out[i] = p->f(before(p->d, in[0][i]), p->p);
}

static onnx_build *function_model(const function *p) {
    static const double QUARTER = 0.25, ONE = 1;
    onnx_build *m = build_start(p->opset);
    build_input(m, "x", (shape){.rank = 2, .dim = {3, 4}});
    if (p->d == UNIT) build_node(m, "Tanh", "x", "t");
    if (p->d == POSITIVE || p->d == ABOVE_ONE) {
        build_real(m, "c", (shape){.rank = 0}, p->d == POSITIVE ? &QUARTER : &ONE);
        build_node(m, "Abs", "x", "a");
        build_node(m, "Add", "a c", "t");
    }
    build_node(m, p->op, p->d == ALL ? "x" : "t", "y");
    for (uint32_t i = 0; i < 2 && p->parameter[i]; i++) build_float(m, p->parameter[i], p->p[i]);
    build_output(m, "y");
    return m;
}

static void test_functions(void **unused) {
    (void)unused;
    for (size_t i = 0; i < sizeof FUNCTIONS / sizeof FUNCTIONS[0]; i++) {
        const function *p = &FUNCTIONS[i];
        check_case(function_model(p), function_reference, p, p->tolerance, p->d == UNIT ? 1.5 : 3);
    }
    function tanh_form = {"Gelu", gelu_t, {0}, {0}, ALL, 2e-4, 20};
    onnx_build *m = function_model(&tanh_form);
    build_text(m, "approximate", "tanh");
    check_case(m, function_reference, &tanh_form, 2e-4, 3);
}

/* Two functions of one sum: the first shares the lookup that rounds it. */
static void shared_reference(const double *const *in, double *out, const void *context) {
    (void)context;
    for (uint32_t i = 0; i < COUNT; i++) {
        double t = in[0][i] * in[1][i];
        out[i] = exp(t) + (t < 0 ? 0.125 * t : t);
    }
}

static void test_shared(void **unused) {
    (void)unused;
    onnx_build *m = build_start(13);
    build_input(m, "x", (shape){.rank = 2, .dim = {3, 4}});
    build_input(m, "z", (shape){.rank = 2, .dim = {3, 4}});
    build_node(m, "Mul", "x z", "t");
    build_node(m, "Exp", "t", "u");
    build_node(m, "LeakyRelu", "t", "v");
    build_float(m, "alpha", 0.125);
    build_node(m, "Add", "u v", "y");
    build_output(m, "y");
    check_case(m, shared_reference, NULL, 5e-4, 1.5);
}

/* A max-pool does not change places with a function that falls. */
static void pool_reference(const double *const *in, double *out, const void *context) {
    (void)context;
    for (uint32_t i = 0; i < 4; i++) {
        double m = fmax(in[0][2 * i], in[0][2 * i + 1]);
        out[i] = fabs(m);
    }
}

static void test_pool(void **unused) {
    (void)unused;
    onnx_build *m = build_start(13);
    build_input(m, "x", (shape){.rank = 3, .dim = {1, 1, 8}});
    build_node(m, "MaxPool", "x", "t");
    INTS(m, "kernel_shape", 2);
    INTS(m, "strides", 2);
    build_node(m, "Abs", "t", "y");
    build_output(m, "y");
    check_case(m, pool_reference, NULL, 2e-4, 2);
}

/* IsNaN, IsInf: false, and nothing else is left of the model. */
static void zero_reference(const double *const *in, double *out, const void *context) {
    (void)in, (void)context;
    memset(out, 0, COUNT * sizeof *out);
}

static void test_finite(void **unused) {
    (void)unused;
    for (int k = 0; k < 2; k++) {
        onnx_build *m = build_start(13);
        build_input(m, "x", (shape){.rank = 2, .dim = {3, 4}});
        build_node(m, k == 0 ? "IsNaN" : "IsInf", "x", "y");
        build_output(m, "y");
        check_case(m, zero_reference, NULL, 0, 2);
    }
}

/* ---- integers: exact */
static double whole_one(const char *op, double x) {
    return op[0] == 'R'   ? fmax(x, 0)
           : op[0] == 'A' ? fabs(x)
           : op[0] == 'N' ? -x
           : op[0] == 'S' ? (x > 0) - (x < 0)
                          : fmin(fmax(x, -20), 35);
}

static void whole_reference(const double *const *in, double *out, const void *context) {
    for (uint32_t i = 0; i < COUNT; i++) out[i] = whole_one(context, in[0][i]);
}

static void test_integers(void **unused) {
    (void)unused;
    static const char *const OPS[] = {"Relu", "Abs", "Neg", "Sign", "Clip"};
    for (uint32_t i = 0; i < 5; i++) {
        onnx_build *m = build_start(14);
        build_input_whole(m, "x", (shape){.rank = 2, .dim = {3, 4}}, -100, 100);
        build_wholes(m, "lo", (shape){.rank = 0}, ONNX__TENSOR_PROTO__DATA_TYPE__INT64, (int64_t[]){-20});
        build_wholes(m, "hi", (shape){.rank = 0}, ONNX__TENSOR_PROTO__DATA_TYPE__INT64, (int64_t[]){35});
        build_node(m, OPS[i], i == 4 ? "x lo hi" : "x", "y");
        build_output(m, "y");
        check_case(m, whole_reference, OPS[i], 0, 1);
    }
}

/* Beyond the calibrated range: log has the least value of 16 bits at 0, and the value at 0 below it. */
static void test_domain(void **unused) {
    (void)unused;
    static const double X[2] = {0.5, 4};
    int64_t q[1], out[1];
    const int64_t *ins[1] = {q};
    int64_t *outs[1] = {out};
    onnx_build *b = build_start(13);
    build_input(b, "x", (shape){.rank = 1, .dim = {1}});
    build_node(b, "Log", "x", "y");
    build_output(b, "y");
    tacit_compile_options o;
    tacit_error err = {0};
    tacit_compile_defaults(&o);
    tacit_model *m = compile_case(build_write(b), &o, 2, X);
    const tacit_io y = tacit_model_io(m, 1);
    for (int64_t x = 0; x < 4; x++) {
        double got, want = x == 0 ? -32767 * exp2(-y.scale)
                                  : fmax(log((double)x * exp2(-tacit_model_io(m, 0).scale)), -32767 * exp2(-y.scale));
        q[0] = x;
        assert_int_equal(tacit_run(m, ins, outs, NULL, &err), TACIT_OK);
        tacit_dequantise(&y, out, &got);
        assert_true(fabs(got - want) <= exp2(-y.scale));
    }
    tacit_model_free(m);
    build_end(b);
}

static void test_refused(void **unused) {
    (void)unused;
    onnx_build *m = build_start(20);
    build_input(m, "x", (shape){.rank = 1, .dim = {4}});
    build_node(m, "Gelu", "x", "y");
    build_text(m, "approximate", "sigmoid");
    build_output(m, "y");
    refuse_case(m, TACIT_UNSUPPORTED, "this kind of approximation");
    m = build_start(13);
    build_input(m, "x", (shape){.rank = 1, .dim = {4}});
    build_node(m, "Log", "x", "y"); /* of negative samples */
    build_output(m, "y");
    refuse_case(m, TACIT_VALUE, "not a finite number");
    m = build_start(14);
    build_input_whole(m, "x", (shape){.rank = 1, .dim = {4}}, -9, 9);
    build_node(m, "Tanh", "x", "y");
    build_output(m, "y");
    refuse_case(m, TACIT_UNSUPPORTED, "on integers");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_functions), cmocka_unit_test(test_shared), cmocka_unit_test(test_pool),
        cmocka_unit_test(test_integers),  cmocka_unit_test(test_finite), cmocka_unit_test(test_domain),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
