/* Element-wise operators of two and more operands: comparisons, logic, choices, powers, quotients by constants. Each
 * with computed and with constant operands on both sides, on reals, integers and booleans, with broadcasting. */
#include "operator_case.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { ROWS = 2, MIDDLE = 3, COLUMNS = 4, ALL = ROWS * MIDDLE * COLUMNS };

typedef enum kind { REAL, WHOLE, BOOLEAN } kind;
/* Where z [3, 1] lies: computed, or a constant on the right or on the left of x [2, 3, 4]. */
typedef enum side { COMPUTED, RIGHT, LEFT, SIDES } side;

typedef struct pair {
    const char *op;
    double (*f)(double a, double b);
    kind k;
    side s;
    int64_t opset, fmod;
    double tolerance;
} pair;

static const double REALS[MIDDLE] = {0.4375, -0.7, 1.1};
static const int64_t WHOLES[MIDDLE] = {3, -20, 7}, BITS[MIDDLE] = {1, 0, 1};

static double constant_at(kind k, uint32_t i) {
    return k == REAL ? REALS[i] : k == WHOLE ? (double)WHOLES[i] : (double)BITS[i];
}

static void pair_reference(const double *const *in, double *out, const void *context) {
    const pair *p = context;
    for (uint32_t i = 0; i < ALL; i++) {
        uint32_t row = i / COLUMNS % MIDDLE;
        double x = in[0][i], z = p->s == COMPUTED ? in[1][row] : constant_at(p->k, row);
        out[i] = p->s == LEFT ? p->f(z, x) : p->f(x, z);
    }
}

static void input_of(onnx_build *m, const char *name, kind k, shape s) {
    if (k == REAL)
        build_input(m, name, s);
    else if (k == WHOLE)
        build_input_whole(m, name, s, -20, 20);
    else
        build_input_boolean(m, name, s);
}

static void constant_of(onnx_build *m, const char *name, kind k, shape s) {
    if (k == REAL)
        build_real(m, name, s, REALS);
    else
        build_wholes(m, name, s,
                     k == WHOLE ? ONNX__TENSOR_PROTO__DATA_TYPE__INT64 : ONNX__TENSOR_PROTO__DATA_TYPE__BOOL,
                     k == WHOLE ? WHOLES : BITS);
}

static void check_pair(const pair *given) {
    const shape large = {.rank = 3, .dim = {ROWS, MIDDLE, COLUMNS}}, small = {.rank = 2, .dim = {MIDDLE, 1}};
    for (side s = COMPUTED; s < SIDES; s++) {
        pair p = *given;
        p.s = s;
        onnx_build *m = build_start(p.opset);
        input_of(m, "x", p.k, large);
        if (s == COMPUTED)
            input_of(m, "z", p.k, small);
        else
            constant_of(m, "z", p.k, small);
        build_node(m, p.op, s == LEFT ? "z x" : "x z", "y");
        if (p.fmod) build_int(m, "fmod", 1);
        build_output(m, "y");
        check_case(m, pair_reference, &p, p.tolerance, 1.5);
    }
}

#define F(name, expression)                                                                                            \
    static double name(double a, double b) {                                                                           \
        return expression;                                                                                             \
    }
F(less, a < b)
F(less_equal, a <= b)
F(greater, a > b)
F(greater_equal, a >= b)
F(equal, a == b)
F(and_, a != 0 && b != 0)
F(or_, a != 0 || b != 0)
F(xor_, (a != 0) != (b != 0))
F(max_, a > b ? a : b)
F(min_, a < b ? a : b)
F(sum_, a + b)
F(mean_, (a + b) / 2)

static void test_comparisons(void **unused) {
    (void)unused;
    static const pair CASES[] = {{"Less", less, REAL, 0, 9, 0, 0},
                                 {"LessOrEqual", less_equal, REAL, 0, 12, 0, 0},
                                 {"Greater", greater, REAL, 0, 9, 0, 0},
                                 {"GreaterOrEqual", greater_equal, REAL, 0, 16, 0, 0},
                                 {"Equal", equal, REAL, 0, 13, 0, 0},
                                 {"Less", less, WHOLE, 0, 13, 0, 0},
                                 {"LessOrEqual", less_equal, WHOLE, 0, 12, 0, 0},
                                 {"Greater", greater, WHOLE, 0, 13, 0, 0},
                                 {"GreaterOrEqual", greater_equal, WHOLE, 0, 12, 0, 0},
                                 {"Equal", equal, WHOLE, 0, 13, 0, 0},
                                 {"Equal", equal, BOOLEAN, 0, 13, 0, 0}};
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) check_pair(&CASES[i]);
}

static void test_logic(void **unused) {
    (void)unused;
    static const pair CASES[] = {
        {"And", and_, BOOLEAN, 0, 13, 0, 0}, {"Or", or_, BOOLEAN, 0, 13, 0, 0}, {"Xor", xor_, BOOLEAN, 0, 13, 0, 0}};
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) check_pair(&CASES[i]);
}

static void test_extremes(void **unused) {
    (void)unused;
    static const pair CASES[] = {{"Max", max_, REAL, 0, 13, 0, 3e-4}, {"Min", min_, REAL, 0, 8, 0, 3e-4},
                                 {"Max", max_, WHOLE, 0, 13, 0, 0},   {"Min", min_, WHOLE, 0, 13, 0, 0},
                                 {"Sum", sum_, REAL, 0, 13, 0, 3e-4}, {"Mean", mean_, REAL, 0, 8, 0, 3e-4}};
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) check_pair(&CASES[i]);
}

/* ---- thresholds: every x that the program can hold is decided as the float model decides it */
static void test_thresholds(void **unused) {
    (void)unused;
    static const char *const OPS[] = {"Less", "LessOrEqual", "Greater", "GreaterOrEqual", "Equal"};
    static double (*const REFERENCES[])(double, double) = {less, less_equal, greater, greater_equal, equal};
    static const double X[10] = {-1, 1, 0.5, 0.25, 0, -1, 1, 0.5, 0.25, 0},
                        T[5] = {0.3000001, 0.25 /* on the grid */, -5, 5, 0};
    int64_t q[5], out[5];
    const int64_t *ins[1] = {q};
    int64_t *outs[1] = {out};
    for (uint32_t k = 0; k < 5; k++) {
        onnx_build *b = build_start(13);
        build_input(b, "x", (shape){.rank = 1, .dim = {5}});
        build_real(b, "t", (shape){.rank = 1, .dim = {5}}, T);
        build_node(b, OPS[k], "x t", "y");
        build_output(b, "y");
        tacit_compile_options o;
        tacit_error err = {0};
        tacit_compile_defaults(&o);
        o.activation_bits = 10;
        tacit_model *m = compile_case(build_write(b), &o, 2, X);
        const tacit_io x = tacit_model_io(m, 0);
        for (int64_t v = x.lo; v <= x.hi; v++) {
            for (uint32_t i = 0; i < 5; i++) q[i] = v;
            assert_int_equal(tacit_run(m, ins, outs, NULL, &err), TACIT_OK);
            for (uint32_t i = 0; i < 5; i++)
                assert_int_equal(out[i], REFERENCES[k](ldexp((double)v, -x.scale), (double)(float)T[i]));
        }
        tacit_model_free(m);
        build_end(b);
    }
}

/* ---- Not, Where */
static void where_reference(const double *const *in, double *out, const void *context) {
    const uint32_t *form = context;
    for (uint32_t i = 0; i < ALL; i++) {
        uint32_t row = i / COLUMNS % MIDDLE;
        double a = in[0][i], b = *form == 1 ? REALS[row] : *form == 2 ? -a : in[1][row];
        bool c = *form == 3 ? BITS[row] != 0 : a < b;
        out[i] = c ? a : b;
    }
}

static void test_where(void **unused) {
    (void)unused;
    const shape large = {.rank = 3, .dim = {ROWS, MIDDLE, COLUMNS}}, small = {.rank = 2, .dim = {MIDDLE, 1}};
    for (uint32_t form = 0; form < 4; form++) {
        onnx_build *m = build_start(16);
        build_input(m, "x", large);
        if (form == 0 || form == 3) build_input(m, "z", small);
        if (form == 1) build_real(m, "z", small, REALS);
        if (form == 2) build_node(m, "Neg", "x", "z");
        if (form == 3)
            constant_of(m, "c", BOOLEAN, small);
        else
            build_node(m, "Less", "x z", "c");
        build_node(m, "Where", "c x z", "y");
        build_output(m, "y");
        check_case(m, where_reference, &form, 3e-4, 1.5);
    }
}

/* Operands whose scales are far apart: a difference of more than 34 bits is cut twice, Where has two products. */
static void far_reference(const double *const *in, double *out, const void *context) {
    const char *op = context;
    for (uint32_t i = 0; i < 6; i++) {
        double u = in[0][i] * 0x1p-12, z = in[1][i] * 1024;
        out[i] = op[0] == 'L' ? u < z : op[0] == 'E' ? u == z : fmax(u, z);
    }
}

static void test_far_apart(void **unused) {
    (void)unused;
    static const char *const OPS[] = {"Less", "Equal", "Max"};
    static const double SMALL = 0x1p-12, LARGE = 1024;
    for (uint32_t k = 0; k < 3; k++) {
        onnx_build *m = build_start(13);
        build_input(m, "x", (shape){.rank = 1, .dim = {6}});
        build_input(m, "v", (shape){.rank = 1, .dim = {6}});
        build_real(m, "s", (shape){.rank = 0}, &SMALL);
        build_real(m, "l", (shape){.rank = 0}, &LARGE);
        build_node(m, "Mul", "x s", "u");
        build_node(m, "Mul", "v l", "z");
        build_node(m, OPS[k], "u z", "y");
        build_output(m, "y");
        check_case(m, far_reference, OPS[k], k < 2 ? 0 : 3e-4, 1.5);
    }
}

/* Integers: not(x < z) chooses; and back to reals. */
static void choice_reference(const double *const *in, double *out, const void *context) {
    (void)context;
    for (uint32_t i = 0; i < 6; i++) out[i] = (!(in[0][i] < in[1][i]) ? in[0][i] : in[1][i]) * 0.5;
}

static void test_whole_choice(void **unused) {
    (void)unused;
    static const double HALF = 0.5;
    onnx_build *m = build_start(16);
    build_input_whole(m, "x", (shape){.rank = 2, .dim = {2, 3}}, -100, 100);
    build_input_whole(m, "z", (shape){.rank = 2, .dim = {2, 3}}, -100, 100);
    build_real(m, "h", (shape){.rank = 0}, &HALF);
    build_node(m, "Less", "x z", "l");
    build_node(m, "Not", "l", "c");
    build_node(m, "Where", "c x z", "w");
    build_node(m, "Cast", "w", "r");
    build_int(m, "to", 1);
    build_node(m, "Mul", "r h", "y");
    build_output(m, "y");
    check_case(m, choice_reference, NULL, 1e-3, 1);
}

/* ---- operators with one constant number, and casts */
typedef struct single {
    const char *op;
    double (*f)(double x, double c);
    kind k;
    double c;
    bool left; /* the constant comes first */
    const char *attribute;
    int64_t value;
    double tolerance;
    bool positive; /* of |x| + 1/4 */
} single;

F(power, pow(a, b))
F(power_turned, pow(b, a))
F(quotient, a / b)
F(truncated, trunc(a / b))
F(remainder_, fmod(a, b))
F(modulo, a - b * floor(a / b))
F(shifted_left, a *exp2(b))
F(shifted_right, floor(a / exp2(b)))
F(cast_whole, trunc(a + 0 * b))
F(cast_bool, a + 0 * b != 0)

static void single_reference(const double *const *in, double *out, const void *context) {
    const single *p = context;
    for (uint32_t i = 0; i < 6; i++) out[i] = p->f(p->positive ? fabs(in[0][i]) + 0.25 : in[0][i], p->c);
}

static void check_single(const single *p) {
    static const double QUARTER = 0.25;
    onnx_build *m = build_start(13);
    input_of(m, "x", p->k, (shape){.rank = 2, .dim = {2, 3}});
    build_real(m, "q", (shape){.rank = 0}, &QUARTER);
    if (p->k == REAL)
        build_real(m, "c", (shape){.rank = 0}, &p->c);
    else
        build_wholes(m, "c", (shape){.rank = 0}, ONNX__TENSOR_PROTO__DATA_TYPE__INT64, (int64_t[]){(int64_t)p->c});
    if (p->positive) build_node(m, "Abs", "x", "a");
    if (p->positive) build_node(m, "Add", "a q", "t");
    const char *x = p->positive ? "t" : "x";
    char inputs[8];
    (void)snprintf(inputs, sizeof inputs, p->left ? "c %s" : strcmp(p->op, "Cast") == 0 ? "%s" : "%s c", x);
    build_node(m, p->op, inputs, "y");
    if (strcmp(p->op, "BitShift") == 0)
        build_text(m, "direction", p->attribute);
    else if (p->attribute)
        build_int(m, p->attribute, p->value);
    build_output(m, "y");
    check_case(m, single_reference, p, p->tolerance, 3);
}

static void test_numbers(void **unused) {
    (void)unused;
    static const single CASES[] = {
        {"Pow", power, REAL, 1, false, NULL, 0, 2e-4, false},
        {"Pow", power, REAL, 2, false, NULL, 0, 2e-4, false},
        {"Pow", power, REAL, 3, false, NULL, 0, 2e-4, false},
        {"Pow", power, REAL, 0.5, false, NULL, 0, 2e-4, true},
        {"Pow", power, REAL, -1, false, NULL, 0, 1e-3, true},
        {"Pow", power, REAL, -1.5, false, NULL, 0, 1e-3, true},
        {"Pow", power_turned, REAL, 2, true, NULL, 0, 2e-4, false},
        {"Pow", power, WHOLE, 2, false, NULL, 0, 0, false},
        {"Pow", power, WHOLE, 3, false, NULL, 0, 0, false},
        {"Div", quotient, REAL, 3, false, NULL, 0, 2e-4, false},
        {"Div", quotient, REAL, -0.125, false, NULL, 0, 2e-4, false},
        {"Div", truncated, WHOLE, 3, false, NULL, 0, 0, false},
        {"Div", truncated, WHOLE, -4, false, NULL, 0, 0, false},
        {"Mod", remainder_, REAL, 0.75, false, "fmod", 1, 1e-3, false},
        {"Mod", remainder_, WHOLE, 7, false, "fmod", 1, 0, false},
        {"Mod", modulo, WHOLE, 7, false, NULL, 0, 0, false},
        {"Mod", modulo, WHOLE, -6, false, NULL, 0, 0, false},
        {"BitShift", shifted_left, WHOLE, 3, false, "LEFT", 0, 0, false},
        {"BitShift", shifted_right, WHOLE, 2, false, "RIGHT", 0, 0, false},
        {"Cast", cast_whole, REAL, 0, false, "to", 7, 0, false},
        {"Cast", cast_bool, WHOLE, 0, false, "to", 9, 0, false},
        {"Cast", cast_bool, REAL, 0, false, "to", 9, 0, false},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) check_single(&CASES[i]);
}

/* x^z, both computed: x positive. */
static void powers_reference(const double *const *in, double *out, const void *context) {
    (void)context;
    for (uint32_t i = 0; i < 6; i++) out[i] = pow(fabs(in[0][i]) + 0.5, in[1][i]);
}

static void test_power(void **unused) {
    (void)unused;
    static const double HALF = 0.5;
    onnx_build *m = build_start(15);
    build_input(m, "x", (shape){.rank = 2, .dim = {2, 3}});
    build_input(m, "z", (shape){.rank = 2, .dim = {2, 3}});
    build_real(m, "h", (shape){.rank = 1, .dim = {1}}, &HALF);
    build_node(m, "Abs", "x", "a");
    build_node(m, "Add", "a h", "t");
    build_node(m, "Pow", "t z", "y");
    build_output(m, "y");
    check_case(m, powers_reference, NULL, 1e-3, 1.5);
}

/* PRelu: slope per row, per element of the last axis, computed. */
static void prelu_reference(const double *const *in, double *out, const void *context) {
    const bool *computed = context;
    for (uint32_t i = 0; i < ALL; i++) {
        uint32_t row = i / COLUMNS % MIDDLE;
        double x = in[0][i], slope = *computed ? in[1][row] : REALS[row];
        out[i] = x < 0 ? slope * x : x;
    }
}

static void test_prelu(void **unused) {
    (void)unused;
    for (int k = 0; k < 2; k++) {
        const bool computed = k == 1;
        onnx_build *m = build_start(9);
        build_input(m, "x", (shape){.rank = 3, .dim = {ROWS, MIDDLE, COLUMNS}});
        if (computed)
            build_input(m, "z", (shape){.rank = 2, .dim = {MIDDLE, 1}});
        else
            build_real(m, "z", (shape){.rank = 2, .dim = {MIDDLE, 1}}, REALS);
        build_node(m, "PRelu", "x z", "y");
        build_output(m, "y");
        check_case(m, prelu_reference, &computed, 3e-4, 1.5);
    }
}

/* Clip with a computed bound. */
static void clip_reference(const double *const *in, double *out, const void *context) {
    (void)context;
    for (uint32_t i = 0; i < 6; i++) out[i] = fmin(fmax(in[0][i], in[1][0]), 0.75);
}

static void test_clip(void **unused) {
    (void)unused;
    static const double MOST = 0.75;
    onnx_build *m = build_start(13);
    build_input(m, "x", (shape){.rank = 2, .dim = {2, 3}});
    build_input(m, "lo", (shape){.rank = 0});
    build_real(m, "hi", (shape){.rank = 0}, &MOST);
    build_node(m, "Clip", "x lo hi", "y");
    build_output(m, "y");
    check_case(m, clip_reference, NULL, 3e-4, 0.7);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_comparisons), cmocka_unit_test(test_logic),   cmocka_unit_test(test_extremes),
        cmocka_unit_test(test_thresholds),  cmocka_unit_test(test_where),   cmocka_unit_test(test_whole_choice),
        cmocka_unit_test(test_far_apart),   cmocka_unit_test(test_numbers), cmocka_unit_test(test_power),
        cmocka_unit_test(test_prelu),       cmocka_unit_test(test_clip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
