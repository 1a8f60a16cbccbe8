/* Division, softmax and norms: numbers against references of the test's own, advice unique. */
#include "operator_case.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

static double G[CASE_ELEMENTS], B[CASE_ELEMENTS];

static shape S(uint32_t rank, uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
    return (shape){.rank = rank, .dim = {a, b, c, d}};
}

/* ---- rows along any axes, for the references */
typedef struct rows {
    shape shape;
    bool over[4];
} rows;

/* Index of element k of row r. */
static uint64_t row_at(const rows *p, uint64_t r, uint64_t k) {
    uint64_t at = 0, stride = 1;
    for (uint32_t i = p->shape.rank; i-- > 0; stride *= p->shape.dim[i]) {
        uint64_t *from = p->over[i] ? &k : &r;
        at += *from % p->shape.dim[i] * stride;
        *from /= p->shape.dim[i];
    }
    return at;
}

static uint64_t row_size(const rows *p) {
    uint64_t n = 1;
    for (uint32_t i = 0; i < p->shape.rank; i++) n *= p->over[i] ? p->shape.dim[i] : 1;
    return n;
}

static rows rows_over(shape s, int first, int last) {
    rows p = {.shape = s};
    for (int i = first; i <= last; i++) p.over[i] = true;
    return p;
}

/* ---- Div */
typedef struct quotient {
    shape a, b, y;
    bool squared; /* the divisor is input 1 squared + 0.5, else input 1 with its sign, away from 0 */
} quotient;

static uint64_t broadcast_at(const shape *s, const shape *y, uint64_t i) {
    uint64_t at = 0, stride = 1;
    for (uint32_t k = y->rank; k-- > 0; i /= y->dim[k]) {
        if (k + s->rank < y->rank) continue;
        uint32_t d = s->dim[k + s->rank - y->rank];
        at += (d == 1 ? 0 : i % y->dim[k]) * stride;
        stride *= d;
    }
    return at;
}

static void quotient_reference(const double *const *in, double *out, const void *context) {
    const quotient *p = context;
    for (uint64_t i = 0; i < shape_count(&p->y); i++) {
        double a = in[0][broadcast_at(&p->a, &p->y, i)], z = in[1][broadcast_at(&p->b, &p->y, i)];
        double b = z * z + 0.5;
        out[i] = a / (p->squared ? b : b * (i % p->y.dim[p->y.rank - 1] % 2 ? -1 : 1));
    }
}

static void quotient_case(quotient p) {
    onnx_build *m = build_start(13);
    const shape scalar = {.rank = 0}, row = S(1, p.y.dim[p.y.rank - 1], 0, 0, 0);
    double half = 0.5, signs[64];
    for (uint32_t i = 0; i < row.dim[0]; i++) signs[i] = i % 2 ? -1 : 1;
    build_input(m, "a", p.a);
    build_input(m, "z", p.b);
    build_real(m, "half", scalar, &half);
    build_node(m, "Mul", "z z", "s");
    build_node(m, "Add", "s half", p.squared ? "b" : "t");
    if (!p.squared) {
        build_real(m, "signs", row, signs);
        build_node(m, "Mul", "t signs", "b");
    }
    build_node(m, "Div", "a b", "y");
    build_output(m, "y");
    check_case(m, quotient_reference, &p, 2e-3, 1);
}

static void test_div(void **unused) {
    (void)unused;
    quotient_case((quotient){S(2, 3, 4, 0, 0), S(2, 3, 4, 0, 0), S(2, 3, 4, 0, 0), true});
    quotient_case((quotient){S(2, 3, 4, 0, 0), S(2, 3, 4, 0, 0), S(2, 3, 4, 0, 0), false});
    quotient_case((quotient){S(2, 3, 8, 0, 0), S(2, 3, 1, 0, 0), S(2, 3, 8, 0, 0), true}); /* one inverse per row */
    quotient_case((quotient){S(3, 2, 3, 4, 0), S(1, 4, 0, 0, 0), S(3, 2, 3, 4, 0), true});
    quotient_case((quotient){S(1, 4, 0, 0, 0), S(3, 2, 3, 4, 0), S(3, 2, 3, 4, 0), true}); /* the dividend repeats */
}

static void constant_divisor(const double *const *in, double *out, const void *context) {
    (void)context;
    for (uint32_t i = 0; i < 12; i++) out[i] = in[0][i] / G[i % 4];
}
static void constant_dividend(const double *const *in, double *out, const void *context) {
    (void)context;
    for (uint32_t i = 0; i < 12; i++) out[i] = G[i % 4] / (in[0][i] * in[0][i] + 0.5);
}

static void test_div_constant(void **unused) {
    (void)unused;
    double half = 0.5;
    for (int k = 0; k < 4; k++) G[k] = 1 + noise() / 2;
    onnx_build *m = build_start(13);
    build_input(m, "x", S(2, 3, 4, 0, 0));
    build_real(m, "g", S(1, 4, 0, 0, 0), G);
    build_node(m, "Div", "x g", "y");
    build_output(m, "y");
    check_case(m, constant_divisor, NULL, 1e-3, 1);
    m = build_start(13);
    build_input(m, "x", S(2, 3, 4, 0, 0));
    build_real(m, "g", S(1, 4, 0, 0, 0), G);
    build_real(m, "half", (shape){.rank = 0}, &half);
    build_node(m, "Mul", "x x", "s");
    build_node(m, "Add", "s half", "t");
    build_node(m, "Div", "g t", "y");
    build_output(m, "y");
    check_case(m, constant_dividend, NULL, 2e-3, 1);
}

/* ---- Softmax, LogSoftmax */
typedef struct soft {
    rows r;
    bool logs;
    double factor;
    const bool *masked; /* per element; NULL: none */
} soft;

static void soft_reference(const double *const *in, double *out, const void *context) {
    const soft *p = context;
    uint64_t size = row_size(&p->r), count = shape_count(&p->r.shape) / size;
    for (uint64_t r = 0; r < count; r++) {
        double all = 0;
        for (uint64_t k = 0; k < size; k++) {
            uint64_t at = row_at(&p->r, r, k);
            out[at] = p->masked && p->masked[at] ? 0 : exp(p->factor * in[0][at]);
            all += out[at];
        }
        for (uint64_t k = 0; k < size; k++) {
            uint64_t at = row_at(&p->r, r, k);
            out[at] = p->logs ? log(out[at] / all) : out[at] / all;
        }
    }
}

static void soft_case(int64_t opset, const char *op, shape s, int axis, int last, double spread) {
    soft p = {.r = rows_over(s, axis, last), .logs = op[0] == 'L', .factor = 1};
    onnx_build *m = build_start(opset);
    build_input(m, "x", s);
    build_node(m, op, "x", "y");
    build_int(m, "axis", axis - (opset >= 13 ? (int)s.rank : 0));
    build_output(m, "y");
    check_case(m, soft_reference, &p, 2e-3, spread);
}

static void test_softmax(void **unused) {
    (void)unused;
    soft_case(13, "Softmax", S(1, 7, 0, 0, 0), 0, 0, 3);
    soft_case(13, "Softmax", S(3, 2, 3, 5, 0), 2, 2, 8);
    soft_case(13, "Softmax", S(3, 2, 3, 5, 0), 1, 1, 2);
    soft_case(17, "Softmax", S(4, 2, 3, 2, 2), 0, 0, 2);
    soft_case(9, "Softmax", S(3, 2, 3, 4, 0), 1, 2, 3); /* everything from the axis on */
    soft_case(9, "Softmax", S(3, 2, 3, 4, 0), 2, 2, 3);
    soft_case(13, "Softmax", S(2, 3, 1, 0, 0), 1, 1, 3); /* rows of one */
    soft_case(13, "LogSoftmax", S(2, 3, 5, 0, 0), 1, 1, 3);
    soft_case(9, "LogSoftmax", S(3, 2, 2, 3, 0), 1, 2, 3);
}

/* form 0: Add of a constant; 1: Where(keep, x, far); 2: Where(drop, far, x); then times a scalar. */
static void masked_case(int form, double far, double factor) {
    const shape s = S(3, 2, 4, 4, 0), square = S(2, 4, 4, 0, 0), scalar = {.rank = 0};
    static bool masked[32];
    double mask[16], zero[16], one = factor;
    soft p = {.r = rows_over(s, 2, 2), .factor = factor, .masked = masked};
    for (uint32_t i = 0; i < 32; i++) masked[i] = i % 4 > i / 4 % 4;
    for (uint32_t i = 0; i < 16; i++) mask[i] = masked[i] ? far : 0, zero[i] = masked[i] == (form == 2);
    onnx_build *m = build_start(13);
    build_input(m, "x", s);
    build_real(m, "factor", scalar, &one);
    build_real(m, "mask", square, mask);
    build_real(m, "flag", square, zero);
    build_real(m, "far", scalar, &far);
    build_node(m, "Mul", "x factor", "t");
    if (form > 0) {
        build_node(m, "Cast", "flag", "b");
        build_int(m, "to", ONNX__TENSOR_PROTO__DATA_TYPE__BOOL);
    }
    build_node(m, form > 0 ? "Where" : "Add", form == 0 ? "t mask" : form == 1 ? "b t far" : "b far t", "u");
    build_node(m, "Softmax", "u", "y");
    build_output(m, "y");
    check_case(m, soft_reference, &p, 2e-3, 4);
}

static void test_masks(void **unused) {
    (void)unused;
    masked_case(0, -INFINITY, 1);
    masked_case(0, -3.4e38, 0.25);
    masked_case(0, -1e9, 1);
    masked_case(1, -INFINITY, 0.5);
    masked_case(2, -1e9, 1);
}

/* ---- norms */
typedef struct norm {
    rows r;
    bool centre;
    double epsilon;
    uint32_t per;   /* scale and bias: one per `per` elements, `count` of them in turn */
    uint32_t count; /* 0: no scale */
    bool length;    /* no mean over the row: x / length */
    int p;
} norm;

static void norm_reference(const double *const *in, double *out, const void *context) {
    const norm *p = context;
    uint64_t size = row_size(&p->r), count = shape_count(&p->r.shape) / size;
    for (uint64_t r = 0; r < count; r++) {
        double mean = 0, square = 0;
        for (uint64_t k = 0; k < size && p->centre; k++) mean += in[0][row_at(&p->r, r, k)] / (double)size;
        for (uint64_t k = 0; k < size; k++) {
            double d = in[0][row_at(&p->r, r, k)] - mean;
            square += p->p == 1 ? fabs(d) : d * d;
        }
        double by = p->p == 1 ? square : sqrt((p->length ? square : square / (double)size) + p->epsilon);
        for (uint64_t k = 0; k < size; k++) {
            uint64_t at = row_at(&p->r, r, k);
            out[at] = (in[0][at] - mean) / by;
            if (p->count > 0) out[at] = out[at] * G[at / p->per % p->count] + B[at / p->per % p->count];
        }
    }
}

static void affine_inputs(onnx_build *m, shape s) {
    noise_list(G, shape_count(&s), 1);
    noise_list(B, shape_count(&s), 1);
    build_real(m, "g", s, G);
    build_real(m, "b", s, B);
}

static void test_layernorm(void **unused) {
    (void)unused;
    for (int axis = 1; axis < 3; axis++) {
        const shape s = S(3, 2, 3, 6, 0);
        norm p = {rows_over(s, axis, 2), true, 1e-5, 1, axis == 1 ? 18 : 6, false, 2};
        onnx_build *m = build_start(17);
        build_input(m, "x", s);
        affine_inputs(m, axis == 1 ? S(2, 3, 6, 0, 0) : S(1, 6, 0, 0, 0));
        build_node(m, "LayerNormalization", "x g b", "y");
        build_int(m, "axis", axis - 3);
        build_output(m, "y");
        check_case(m, norm_reference, &p, 2e-3, 2);
    }
}

static void test_channel_norms(void **unused) {
    (void)unused;
    const shape s = S(3, 2, 4, 5, 0), grouped = S(3, 2, 2, 10, 0);
    norm p = {rows_over(s, 2, 2), true, 1e-3, 5, 4, false, 2};
    onnx_build *m = build_start(13);
    build_input(m, "x", s);
    affine_inputs(m, S(1, 4, 0, 0, 0));
    build_node(m, "InstanceNormalization", "x g b", "y");
    build_float(m, "epsilon", 1e-3);
    build_output(m, "y");
    check_case(m, norm_reference, &p, 2e-3, 2);
    for (int old = 0; old < 2; old++) { /* one scale per group, one per channel */
        norm q = {rows_over(grouped, 2, 2), true, 1e-5, old ? 10 : 5, old ? 2 : 4, false, 2};
        m = build_start(old ? 18 : 21);
        build_input(m, "x", s);
        affine_inputs(m, S(1, old ? 2 : 4, 0, 0, 0));
        build_node(m, "GroupNormalization", "x g b", "y");
        build_int(m, "num_groups", 2);
        build_output(m, "y");
        check_case(m, norm_reference, &q, 2e-3, 2);
    }
}

static void test_lengths(void **unused) {
    (void)unused;
    for (int kind = 0; kind < 4; kind++) { /* LpNormalization 1 and 2, another axis; MeanVarianceNormalization */
        const shape s = S(3, 3, 4, 2, 0);
        norm p = {rows_over(s, kind == 2 ? 1 : 2, kind == 2 ? 1 : 2), kind == 3, 0, 1, 0, kind < 3, kind == 0 ? 1 : 2};
        if (kind == 3) p.r = rows_over(s, 0, 1);
        onnx_build *m = build_start(13);
        build_input(m, "x", s);
        build_node(m, kind == 3 ? "MeanVarianceNormalization" : "LpNormalization", "x", "y");
        if (kind < 3) build_int(m, "p", p.p);
        if (kind == 2) build_int(m, "axis", 1);
        if (kind == 3) INTS(m, "axes", 0, 1);
        build_output(m, "y");
        check_case(m, norm_reference, &p, 2e-3, 2);
    }
}

/* The forms of exporters: one lowering, whatever ends them. */
static void test_decomposed(void **unused) {
    (void)unused;
    static const char *const END[] = {"Div", "Reciprocal", "Pow"};
    const shape s = S(3, 2, 3, 6, 0), scalar = {.rank = 0};
    for (int kind = 0; kind < 6; kind++) {
        bool centre = kind < 3;
        const char *c = centre ? "d" : "x", *end = END[kind % 3];
        double epsilon = 1e-5, two = 2, half = -0.5;
        char text[32];
        norm p = {rows_over(s, 2, 2), centre, epsilon, 1, 0, false, 2};
        onnx_build *m = build_start(13);
        build_input(m, "x", s);
        build_real(m, "epsilon", scalar, &epsilon);
        build_real(m, "two", scalar, &two);
        build_real(m, "half", scalar, &half);
        if (centre) {
            build_node(m, "ReduceMean", "x", "m");
            INTS(m, "axes", -1);
            build_node(m, "Sub", "x m", "d");
        }
        (void)snprintf(text, sizeof text, "%s %s", c, kind % 2 ? c : "two");
        build_node(m, kind % 2 ? "Mul" : "Pow", text, "s");
        build_node(m, "ReduceMean", "s", "v");
        INTS(m, "axes", 2);
        build_node(m, "Add", "v epsilon", "w");
        if (kind % 3 == 2)
            build_node(m, "Pow", "w half", "i");
        else
            build_node(m, "Sqrt", "w", "r");
        if (kind % 3 == 1) build_node(m, "Reciprocal", "r", "i");
        (void)snprintf(text, sizeof text, "%s %s", c, end[0] == 'D' ? "r" : "i");
        build_node(m, end[0] == 'D' ? "Div" : "Mul", text, "y");
        build_output(m, "y");
        check_case(m, norm_reference, &p, 2e-3, 2);
    }
}

/* Small rows beside large ones keep their precision. */
static void wide_reference(const double *const *in, double *out, const void *context) {
    static const double SIZE[4] = {1, 0.1, 0.03, 0.01};
    double x[32];
    (void)context;
    for (int i = 0; i < 32; i++) x[i] = in[0][i] * SIZE[i / 8];
    const double *given[1] = {x};
    const norm p = {rows_over(S(2, 4, 8, 0, 0), 1, 1), true, 1e-12, 1, 0, false, 2};
    norm_reference(given, out, &p);
}

static void test_wide_rows(void **unused) {
    (void)unused;
    double size[4] = {1, 0.1, 0.03, 0.01}, epsilon = 1e-12, ones[8] = {1, 1, 1, 1, 1, 1, 1, 1};
    onnx_build *m = build_start(17);
    build_input(m, "x", S(2, 4, 8, 0, 0));
    build_real(m, "size", S(2, 4, 1, 0, 0), size);
    build_real(m, "g", S(1, 8, 0, 0, 0), ones);
    build_node(m, "Mul", "x size", "t");
    build_node(m, "LayerNormalization", "t g", "y");
    build_float(m, "epsilon", epsilon);
    build_output(m, "y");
    check_case(m, wide_reference, NULL, 1e-2, 1);
}

static void test_refused(void **unused) {
    (void)unused;
    onnx_build *m = build_start(21);
    build_input(m, "x", S(3, 2, 4, 5, 0));
    affine_inputs(m, S(1, 4, 0, 0, 0));
    build_node(m, "GroupNormalization", "x g b", "y");
    build_int(m, "num_groups", 3);
    build_output(m, "y");
    refuse_case(m, TACIT_SHAPE, "num_groups does not divide");
    m = build_start(13);
    build_input(m, "x", S(2, 4, 5, 0, 0));
    build_node(m, "LpNormalization", "x", "y");
    build_int(m, "p", 3);
    build_output(m, "y");
    refuse_case(m, TACIT_UNSUPPORTED, "p other than 1 and 2");
    m = build_start(13);
    build_input(m, "x", S(2, 4, 5, 0, 0));
    build_node(m, "Softmax", "x", "y");
    build_int(m, "axis", 2);
    build_output(m, "y");
    refuse_case(m, TACIT_SHAPE, "an axis out of range");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_div),     cmocka_unit_test(test_div_constant), cmocka_unit_test(test_softmax),
        cmocka_unit_test(test_masks),   cmocka_unit_test(test_layernorm),    cmocka_unit_test(test_channel_norms),
        cmocka_unit_test(test_lengths), cmocka_unit_test(test_decomposed),   cmocka_unit_test(test_wide_rows),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
