#include "compile/functions.h"
#include "compile/onnx/attribute.h"
#include <math.h>
#include <string.h>

/* f(x), and with parameters. */
#define UNARY(name, expression)                                                                                        \
    static double name(double x, double unused, const double *p) {                                                     \
        (void)unused, (void)p;                                                                                         \
        return expression;                                                                                             \
    }

UNARY(sigmoid, 1 / (1 + exp(-x)))
UNARY(hyperbolic_tangent, tanh(x))
UNARY(error_function, erf(x))
UNARY(softsign, x / (1 + fabs(x)))
UNARY(softplus, fmax(x, 0) + log1p(exp(-fabs(x))))
UNARY(mish, x *tanh(fmax(x, 0) + log1p(exp(-fabs(x)))))
UNARY(hard_sigmoid, fmax(0, fmin(1, p[0] * x + p[1])))
UNARY(hard_swish, x *fmax(0, fmin(1, x / 6 + 0.5)))
UNARY(gelu_exact, 0.5 * x * (1 + erf(x * 0.70710678118654752440)))
UNARY(gelu_tanh, 0.5 * x * (1 + tanh(0.79788456080286535588 * (x + 0.044715 * x * x * x))))
UNARY(leaky_relu, x < 0 ? p[0] * x : x)
UNARY(elu, x < 0 ? p[0] * expm1(x) : x)
UNARY(selu, p[1] * (x < 0 ? p[0] * expm1(x) : x))
UNARY(celu, fmax(x, 0) + fmin(0, p[0] * expm1(x / p[0])))
UNARY(thresholded_relu, x > p[0] ? x : 0)
UNARY(shrink, x<-p[1] ? x + p[0] : x> p[1] ? x - p[0] : 0)
UNARY(limit, fmin(fmax(x, p[0]), p[1]))
UNARY(exponential, exp(x))
UNARY(logarithm, log(x))
UNARY(square_root, sqrt(x))
UNARY(reciprocal, 1 / x)
UNARY(absolute, fabs(x))
UNARY(sign, x > 0 ? 1 : x < 0 ? -1 : 0)
UNARY(floor_of, floor(x))
UNARY(ceil_of, ceil(x))
UNARY(round_even, x - remainder(x, 1)) /* remainder() rounds the quotient half to even */
UNARY(sine, sin(x))
UNARY(cosine, cos(x))
UNARY(tangent, tan(x))
UNARY(arc_sine, asin(x))
UNARY(arc_cosine, acos(x))
UNARY(arc_tangent, atan(x))
UNARY(hyperbolic_sine, sinh(x))
UNARY(hyperbolic_cosine, cosh(x))
UNARY(area_sine, asinh(x))
UNARY(area_cosine, acosh(x))
UNARY(area_tangent, atanh(x))

UNARY(power, pow(x, p[0]))
UNARY(exponential_of, pow(p[0], x))
UNARY(remainder_of, fmod(x, p[0]))
UNARY(modulo, x - p[0] * floor(x / p[0])) /* of integers: their sign is the divisor's */
UNARY(truncated, trunc(x / p[0]))
UNARY(floor_divided, floor(x / p[0]))
UNARY(at_least, x >= p[0])
UNARY(equals, x == p[0])
UNARY(not_zero, x != 0)
UNARY(two_to, x<0 || x> 62 ? 0 : ldexp(1, (int)x))
UNARY(affine, (x - p[0]) * p[1])
UNARY(truncate_of, trunc(x))

static int64_t whole_relu(int64_t x, const double *p) {
    return (void)p, x > 0 ? x : 0;
}
static int64_t whole_absolute(int64_t x, const double *p) {
    return (void)p, x < 0 ? (int64_t)(0 - (uint64_t)x) : x;
}
static int64_t whole_sign(int64_t x, const double *p) {
    return (void)p, x > 0 ? 1 : x < 0 ? -1 : 0;
}
/* Bounds beyond 2^53 bound nothing. */
static int64_t whole_limit(int64_t x, const double *p) {
    if (p[0] > -0x1p53 && x < (int64_t)p[0]) x = (int64_t)p[0];
    return p[1] < 0x1p53 && x > (int64_t)p[1] ? (int64_t)p[1] : x;
}

static int64_t whole_remainder(int64_t x, const double *p) {
    return x % (int64_t)p[0];
}
static int64_t whole_modulo(int64_t x, const double *p) {
    int64_t d = (int64_t)p[0], r = x % d;
    return r != 0 && (r < 0) != (d < 0) ? r + d : r;
}
static int64_t whole_truncated(int64_t x, const double *p) {
    return p[0] == -1 ? (int64_t)(0 - (uint64_t)x) : x / (int64_t)p[0];
}
static int64_t whole_floor_divided(int64_t x, const double *p) {
    return (x - whole_modulo(x, p)) / (int64_t)p[0];
}
static int64_t whole_at_least(int64_t x, const double *p) {
    return x >= (int64_t)p[0];
}
static int64_t whole_equals(int64_t x, const double *p) {
    return x == (int64_t)p[0];
}
static int64_t whole_two_to(int64_t x, const double *p) {
    return (void)p, x < 0 || x > 62 ? 0 : (int64_t)1 << x;
}
static int64_t whole_not_zero(int64_t x, const double *p) {
    return (void)p, x != 0;
}

/* Bounded functions have 15 bits after the point; a parameter that makes a function fall instead of rise is the last
 * column's business. */
typedef struct function_rule {
    const char *op;
    formula_operation f;
    const char *parameter[2]; /* attributes; FROM_INPUT: input 1 (2) instead */
    double fallback[2];
    int32_t scale;
    bool monotone; /* where its parameters are not negative */
    int64_t (*whole)(int64_t x, const double *p);
    formula_result result;
} function_rule;

#define FROM_INPUT ""
#define PLAIN(op, f, scale, monotone)                                                                                  \
    { op, f, {NULL, NULL}, {0, 0}, scale, monotone, NULL, RESULT_LIKE_INPUT }
/* With a parameter from input 1. */
#define ONE(op, f, scale, monotone, whole, result)                                                                     \
    { op, f, {FROM_INPUT, NULL}, {0, 0}, scale, monotone, whole, result }

static const function_rule RULES[] = {
    {"Relu", formula_relu, {NULL, NULL}, {0, 0}, SCALE_OF_INPUT, true, whole_relu, RESULT_LIKE_INPUT},
    PLAIN("Sigmoid", sigmoid, 15, true),
    PLAIN("Tanh", hyperbolic_tangent, 15, true),
    {"LeakyRelu", leaky_relu, {"alpha", NULL}, {(double)0.01f, 0}, SCALE_CALIBRATED, true, NULL, RESULT_LIKE_INPUT},
    {"Elu", elu, {"alpha", NULL}, {1, 0}, SCALE_CALIBRATED, true, NULL, RESULT_LIKE_INPUT},
    {"Selu",
     selu,
     {"alpha", "gamma"},
     {1.67326319217681884765625, 1.05070102214813232421875},
     SCALE_CALIBRATED,
     true,
     NULL,
     RESULT_LIKE_INPUT},
    {"Celu", celu, {"alpha", NULL}, {1, 0}, SCALE_CALIBRATED, true, NULL, RESULT_LIKE_INPUT},
    {"ThresholdedRelu", thresholded_relu, {"alpha", NULL}, {1, 0}, SCALE_OF_INPUT, true, NULL, RESULT_LIKE_INPUT},
    {"HardSigmoid", hard_sigmoid, {"alpha", "beta"}, {(double)0.2f, 0.5}, 15, true, NULL, RESULT_LIKE_INPUT},
    {"Shrink", shrink, {"bias", "lambd"}, {0, 0.5}, SCALE_CALIBRATED, false, NULL, RESULT_LIKE_INPUT},
    PLAIN("HardSwish", hard_swish, SCALE_CALIBRATED, false),
    PLAIN("Mish", mish, SCALE_CALIBRATED, false),
    PLAIN("Gelu", gelu_exact, SCALE_CALIBRATED, false),
    PLAIN("Softplus", softplus, SCALE_CALIBRATED, true),
    PLAIN("Softsign", softsign, 15, true),
    PLAIN("Erf", error_function, 15, true),
    PLAIN("Exp", exponential, SCALE_CALIBRATED, true),
    PLAIN("Log", logarithm, SCALE_CALIBRATED, false),
    PLAIN("Sqrt", square_root, SCALE_CALIBRATED, false),
    PLAIN("Reciprocal", reciprocal, SCALE_CALIBRATED, false),
    {"Abs", absolute, {NULL, NULL}, {0, 0}, SCALE_OF_INPUT, false, whole_absolute, RESULT_LIKE_INPUT},
    {"Sign", sign, {NULL, NULL}, {0, 0}, 0, true, whole_sign, RESULT_LIKE_INPUT},
    PLAIN("Floor", floor_of, SCALE_WHOLE, true),
    PLAIN("Ceil", ceil_of, SCALE_WHOLE, true),
    PLAIN("Round", round_even, SCALE_WHOLE, true),
    PLAIN("Sin", sine, 15, false),
    PLAIN("Cos", cosine, 15, false),
    PLAIN("Tan", tangent, SCALE_CALIBRATED, false),
    PLAIN("Asin", arc_sine, 14, false),
    PLAIN("Acos", arc_cosine, 13, false),
    PLAIN("Atan", arc_tangent, 14, true),
    PLAIN("Sinh", hyperbolic_sine, SCALE_CALIBRATED, true),
    PLAIN("Cosh", hyperbolic_cosine, SCALE_CALIBRATED, false),
    PLAIN("Asinh", area_sine, SCALE_CALIBRATED, true),
    PLAIN("Acosh", area_cosine, SCALE_CALIBRATED, false),
    PLAIN("Atanh", area_tangent, SCALE_CALIBRATED, false),
    /* internal */
    {"Limit", limit, {FROM_INPUT, FROM_INPUT}, {0, 0}, SCALE_OF_INPUT, true, whole_limit, RESULT_LIKE_INPUT},
    ONE("Power", power, SCALE_CALIBRATED, false, NULL, RESULT_LIKE_INPUT),
    ONE("Exponential", exponential_of, SCALE_CALIBRATED, false, NULL, RESULT_LIKE_INPUT),
    ONE("RemainderOf", remainder_of, SCALE_CALIBRATED, false, whole_remainder, RESULT_LIKE_INPUT),
    ONE("Modulo", modulo, SCALE_CALIBRATED, false, whole_modulo, RESULT_LIKE_INPUT),
    ONE("Truncated", truncated, SCALE_WHOLE, false, whole_truncated, RESULT_LIKE_INPUT),
    ONE("FloorDivided", floor_divided, SCALE_WHOLE, false, whole_floor_divided, RESULT_LIKE_INPUT),
    ONE("AtLeast", at_least, 0, true, whole_at_least, RESULT_BOOLEAN),
    ONE("Equals", equals, 0, false, whole_equals, RESULT_BOOLEAN),
    {"Affine", affine, {FROM_INPUT, FROM_INPUT}, {0, 0}, SCALE_CALIBRATED, false, NULL, RESULT_REAL},
    {"TwoTo", two_to, {NULL, NULL}, {0, 0}, 0, true, whole_two_to, RESULT_WHOLE},
    {"NotZero", not_zero, {NULL, NULL}, {0, 0}, 0, false, whole_not_zero, RESULT_BOOLEAN},
    {"Truncate", truncate_of, {NULL, NULL}, {0, 0}, 0, true, NULL, RESULT_WHOLE},
};

static const function_rule *find(const char *op) {
    for (size_t i = 0; i < sizeof RULES / sizeof RULES[0]; i++) {
        if (strcmp(RULES[i].op, op) == 0) return &RULES[i];
    }
    return NULL;
}

static tacit_status parameter(const graph *g, const gnode *n, const function_rule *r, uint32_t i, double *out,
                              tacit_error *err) {
    if (strcmp(r->parameter[i], FROM_INPUT) != 0) return attribute_real(n, r->parameter[i], r->fallback[i], out, err);
    const gtensor *t = node_in(g, n, i + 1);
    if (!t->constant || shape_count(&t->shape) == 0) return fail(err, TACIT_INTERNAL, "a parameter is not constant");
    *out = t->type == ELEM_REAL ? t->real[0] : (double)t->whole[0];
    return TACIT_OK;
}

static tacit_status gelu_form(const gnode *n, formula_step *s, tacit_error *err) {
    char form[16];
    TRY(attribute_text(n, "approximate", "none", form, sizeof form, err));
    if (strcmp(form, "tanh") == 0)
        s->f = gelu_tanh;
    else if (strcmp(form, "none") != 0)
        return unsupported(n, "this kind of approximation", err);
    return TACIT_OK;
}

tacit_status function_set(graph *g, gnode *n, const formula *f, tacit_error *err) {
    void *steps, *copy;
    TRY(graph_alloc(g, &steps, f->count, sizeof *f->steps, err));
    TRY(graph_alloc(g, &copy, 1, sizeof *f, err));
    memcpy(steps, f->steps, f->count * sizeof *f->steps);
    memcpy(copy, f, sizeof *f);
    ((formula *)copy)->steps = steps;
    n->formula = copy;
    return TACIT_OK;
}

tacit_status function_read(graph *g, gnode *n, const char *name, tacit_error *err) {
    const function_rule *r = find(name);
    if (!r) return fail(err, TACIT_INTERNAL, "\"%s\" is no function of one number", name);
    formula_step s = {.f = r->f};
    formula f = {
        .count = 1, .steps = &s, .scale = r->scale, .monotone = r->monotone, .whole = r->whole, .result = r->result};
    for (uint32_t i = 0; i < 2 && r->parameter[i]; i++) {
        TRY(parameter(g, n, r, i, &s.p[i], err));
        if (s.p[i] < 0 && r->f != limit) f.monotone = false;
    }
    if (strcmp(name, "Gelu") == 0) TRY(gelu_form(n, &s, err));
    if (strcmp(name, "Celu") == 0 && s.p[0] == 0) return unsupported(n, "alpha is 0", err);
    return function_set(g, n, &f, err);
}
