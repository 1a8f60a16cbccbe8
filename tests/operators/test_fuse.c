/* Sub-graphs that are functions of one number: one lookup and one table, whatever they are written with; and those that
 * are left alone, because somebody else reads a part, or because it would not pay. */
#include "operator_case.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { COUNT = 12 };

typedef struct pattern {
    const char *name;
    double (*f)(double x);
    const char *nodes; /* "Op in in > out; ..": names of tensors, or c0 .. c9: the constants */
    double c[4];
    int64_t opset;
} pattern;

#define F(name, expression)                                                                                            \
    static double name(double x) {                                                                                     \
        return expression;                                                                                             \
    }
F(swish, x / (1 + exp(-x)))
F(gelu, x *(1 + erf(x / sqrt(2))) * 0.5)
F(gelu_tanh, 0.5 * x * (1 + tanh(0.7978845608 * (x + 0.044715 * x * x * x))))
F(mish, x *tanh(log(1 + exp(x))))
F(hardswish, x *fmin(fmax(x + 3, 0), 6) / 6)
F(chain, tanh(1 / (1 + exp(-x))))
F(leaky, x < 0 ? 0.125 * x : x)
F(squareplus, 0.5 * (x + sqrt(x * x + 4)))
F(between, x > -0.5 && !(x > 0.75))
F(whole, trunc(fabs(2 * x)) + 1)
F(quick, x / (1 + exp(-1.75 * x)))

static const pattern PATTERNS[] = {
    {"swish", swish, "Sigmoid x > s; Mul x s > y", {0}, 13},
    {"gelu", gelu, "Div x c0 > d; Erf d > e; Add e c1 > a; Mul x a > m; Mul m c2 > y", {1.41421356237, 1, 0.5}, 13},
    {"gelu tanh",
     gelu_tanh,
     "Pow x c0 > p; Mul c1 p > q; Add x q > r; Mul r c2 > s; Tanh s > t; Add c3 t > u; Mul x u > v; Mul h v > y",
     {3, 0.044715, 0.7978845608, 1},
     13},
    {"mish", mish, "Softplus x > s; Tanh s > t; Mul x t > y", {0}, 13},
    {"hardswish", hardswish, "Add x c0 > a; Clip a c1 c2 > b; Mul x b > m; Div m c2 > y", {3, 0, 6}, 13},
    {"chain", chain, "Sigmoid x > s; Tanh s > y", {0}, 13},
    {"where", leaky, "Less x c0 > b; Mul x c1 > n; Where b n x > y", {0, 0.125}, 13},
    {"squareplus", squareplus, "Mul x x > q; Add q c0 > s; Sqrt s > r; Add x r > u; Mul u h > y", {4}, 13},
    {"bits", between, "Greater x c0 > a; Greater x c1 > b; Not b > n; And a n > y", {-0.5, 0.75}, 13},
    {"quick gelu", quick, "Mul x c0 > a; Sigmoid a > s; Mul s x > y", {1.75}, 13},
};

/* The nodes, cut at blanks. */
static void build_nodes(onnx_build *m, const char *text) {
    char op[32], in[64], out[16], word[32];
    int used;
    for (; sscanf(text, "%31s%n", op, &used) == 1; text += strspn(text, "; ")) {
        text += used, in[0] = '\0';
        while (sscanf(text, "%31s%n", word, &used) == 1 && word[0] != '>') {
            text += used;
            if (in[0] != '\0') strcat(in, " ");
            strcat(in, word);
        }
        text += used;
        assert_int_equal(sscanf(text, " %15[^; ]%n", out, &used), 1);
        text += used;
        build_node(m, op, in, out);
    }
}

static onnx_build *pattern_model(const pattern *p) {
    static const char *const NAMES[] = {"c0", "c1", "c2", "c3"};
    static const double HALF = 0.5;
    onnx_build *m = build_start(p->opset);
    build_input(m, "x", (shape){.rank = 3, .dim = {1, 3, 4}});
    build_real(m, "h", (shape){.rank = 0}, &HALF);
    for (uint32_t i = 0; i < 4; i++)
        build_real(m, NAMES[i], (shape){.rank = i % 2 == 1 && i != 1 ? 1 : 0, .dim = {1}}, &p->c[i]);
    build_nodes(m, p->nodes);
    build_output(m, "y");
    return m;
}

static void pattern_reference(const double *const *in, double *out, const void *context) {
    const pattern *p = context;
    for (uint32_t i = 0; i < COUNT; i++) out[i] = p->f(in[0][i]);
}

static tacit_compile_report report_of(const pattern *p) {
    static const double X[2 * COUNT] = {-3, 3, 0.5, -0.25, 1, 2, -1, -2, 1.5, 0.75, -0.5, 0, -3, 3, 1};
    static tacit_compile_report r;
    const double *values = X;
    const tacit_samples given = {2, 1, NULL, &values};
    tacit_compile_options o;
    tacit_error err = {0};
    tacit_model *m = NULL;
    onnx_build *b = pattern_model(p);
    tacit_compile_defaults(&o);
    o.overflow = TACIT_REFUSE;
    tacit_status s = tacit_compile(&m, build_write(b), &o, &given, &r, &err);
    if (s != TACIT_OK) fail_msg("%s: %s", p->name, err.text);
    tacit_model_free(m);
    build_end(b);
    return r;
}

static void test_patterns(void **unused) {
    (void)unused;
    const pattern single = {"tanh", swish, "Tanh x > y", {0}, 13};
    const uint64_t one = report_of(&single).lookups;
    for (size_t i = 0; i < sizeof PATTERNS / sizeof PATTERNS[0]; i++) {
        const pattern *p = &PATTERNS[i];
        bool logic = strcmp(p->name, "where") == 0 || strcmp(p->name, "bits") == 0; /* cheap parts: no table pays */
        if (!logic && report_of(p).lookups != one) fail_msg("%s: %u lookups", p->name, (unsigned)report_of(p).lookups);
        check_case(pattern_model(p), pattern_reference, p, logic ? 3e-4 : 2e-4, 3);
    }
    const pattern steps = {"whole", whole, "Mul x c0 > a; Abs a > b; Floor b > f; Add f c1 > y", {2, 1}, 13};
    check_case(pattern_model(&steps), pattern_reference, &steps, 2e-4, 3);
}

/* A part that is an output, or that another node reads, is made; the rest is the same. */
static void parts_reference(const double *const *in, double *out, const void *context) {
    (void)context;
    for (uint32_t i = 0; i < COUNT; i++) out[i] = swish(in[0][i]);
    for (uint32_t i = 0; i < COUNT; i++) out[COUNT + i] = 1 / (1 + exp(-in[0][i]));
}

static void test_parts(void **unused) {
    (void)unused;
    const pattern p = {"parts", swish, "Sigmoid x > s; Mul x s > y", {0}, 13};
    onnx_build *m = pattern_model(&p);
    build_output(m, "s");
    check_case(m, parts_reference, NULL, 2e-4, 3);
}

/* relu(x) + 1 and relu(x) / 2: relu's table is there, sums are free, a table of their own would cost more. */
static void test_cheap(void **unused) {
    (void)unused;
    const pattern single = {"relu", swish, "Relu x > y", {0}, 13},
                  plus = {"plus", swish, "Relu x > r; Add r c0 > y", {1}, 13},
                  tail = {"tail", swish, "Tanh x > t; Add t c0 > y", {1}, 13};
    const tacit_compile_report r = report_of(&single), s = report_of(&plus);
    assert_true(s.table_rows < r.table_rows + (1 << 16));
    const pattern tanh_alone = {"tanh", swish, "Tanh x > y", {0}, 13};
    assert_true(report_of(&tail).lookups > report_of(&tanh_alone).lookups); /* the output's own */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_patterns),
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_cheap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
