/* Operators that sum or reduce: Reduce*, CumSum, Einsum, against loops of the test's own. */
#include "operator_case.h"
#include <math.h>
#include <string.h>

static double W[CASE_ELEMENTS];

static shape S(uint32_t rank, uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
    return (shape){.rank = rank, .dim = {a, b, c, d}};
}

/* ---- Reduce* of [2, 3, 4]: over the axes of a mask */
typedef struct reduction {
    const char *op;
    uint32_t over; /* bit k: axis k */
    double scale;  /* of the inputs */
} reduction;

static double start_of(const char *op) {
    return strcmp(op, "Max") == 0 ? -INFINITY : strcmp(op, "Min") == 0 ? INFINITY : strcmp(op, "Prod") == 0 ? 1 : 0;
}

static double join(const char *op, double acc, double x) {
    if (strcmp(op, "Max") == 0) return fmax(acc, x);
    if (strcmp(op, "Min") == 0) return fmin(acc, x);
    if (strcmp(op, "Prod") == 0) return acc * x;
    if (strcmp(op, "L1") == 0) return acc + fabs(x);
    if (strcmp(op, "L2") == 0 || strcmp(op, "SumSquare") == 0) return acc + x * x;
    if (strcmp(op, "LogSumExp") == 0) return acc + exp(x);
    return acc + x;
}

static double last(const char *op, double acc, double count) {
    if (strcmp(op, "Mean") == 0) return acc / count;
    if (strcmp(op, "L2") == 0) return sqrt(acc);
    return strcmp(op, "LogSumExp") == 0 || strcmp(op, "LogSum") == 0 ? log(acc) : acc;
}

static void reduce_reference(const double *const *in, double *out, const void *context) {
    const reduction *p = context;
    static const uint32_t DIM[3] = {2, 3, 4};
    uint32_t n = 1;
    for (uint32_t k = 0; k < 3; k++) n *= p->over >> k & 1 ? 1 : DIM[k];
    for (uint32_t i = 0; i < n; i++) out[i] = start_of(p->op);
    for (uint32_t i = 0; i < 24; i++) {
        const uint32_t at[3] = {i / 12, i / 4 % 3, i % 4};
        uint32_t to = 0;
        for (uint32_t k = 0; k < 3; k++) to = p->over >> k & 1 ? to : to * DIM[k] + at[k];
        double x = strcmp(p->op, "LogSum") == 0 ? fabs(in[0][i]) + 1 : in[0][i];
        out[to] = join(p->op, out[to], x);
    }
    for (uint32_t i = 0; i < n; i++) out[i] = last(p->op, out[i], 24.0 / n);
}

static void check_reduction(const reduction *p, bool input, bool keep) {
    int64_t axes[3];
    uint32_t count = 0;
    char op[32] = "Reduce";
    const double one = 1;
    strcat(op, p->op);
    for (uint32_t k = 0; k < 3; k++) {
        if (p->over >> k & 1) axes[count++] = k == 1 ? 1 : (int64_t)k - 3; /* some from behind */
    }
    onnx_build *m = build_start(input ? 18 : 11);
    build_input(m, "x", S(3, 2, 3, 4, 0));
    bool log_sum = strcmp(p->op, "LogSum") == 0;
    build_real(m, "one", (shape){.rank = 0}, &one);
    if (log_sum) build_node(m, "Abs", "x", "a");
    if (log_sum) build_node(m, "Add", "a one", "b");
    if (input && p->over != 7) build_whole(m, "k", count, axes);
    const char *from = log_sum ? "b" : "x", *both = log_sum ? "b k" : "x k";
    build_node(m, op, input && p->over != 7 ? both : from, "y");
    if (!input && p->over != 7) build_ints(m, "axes", count, axes);
    build_int(m, "keepdims", keep);
    build_output(m, "y");
    check_case(m, reduce_reference, p, 1e-3, p->scale);
}

static void test_reductions(void **unused) {
    (void)unused;
    static const char *const OPS[] = {"Sum", "Mean",      "Max",    "Min",       "L1",
                                      "L2",  "SumSquare", "LogSum", "LogSumExp", "Prod"};
    for (uint32_t k = 0; k < sizeof OPS / sizeof OPS[0]; k++) {
        check_reduction(&(reduction){OPS[k], 2, 1}, k % 2 == 0, true);
        check_reduction(&(reduction){OPS[k], 5, 1}, k % 2 == 1, false);
    }
    check_reduction(&(reduction){"Sum", 7, 1}, false, false);
    check_reduction(&(reduction){"Max", 7, 1}, true, true);
}

/* ---- integers: sum, maximum, minimum, product over the rows of [3, 4] */
static void whole_reference(const double *const *in, double *out, const void *context) {
    const char *op = context;
    for (uint32_t j = 0; j < 4; j++) {
        out[j] = start_of(op);
        for (uint32_t i = 0; i < 3; i++) out[j] = join(op, out[j], in[0][i * 4 + j]);
    }
}

static void test_whole_reductions(void **unused) {
    (void)unused;
    static const char *const OPS[] = {"Sum", "Max", "Min", "Prod", "SumSquare"};
    for (uint32_t k = 0; k < 5; k++) {
        char op[32] = "Reduce";
        strcat(op, OPS[k]);
        onnx_build *m = build_start(11);
        build_input_whole(m, "x", S(2, 3, 4, 0, 0), -20, 30);
        build_node(m, op, "x", "y");
        INTS(m, "axes", 0);
        build_int(m, "keepdims", 0);
        build_output(m, "y");
        check_case(m, whole_reference, OPS[k], 0, 1);
    }
}

/* ---- a sum of products that is summed further: sum over j of (x[i, j] z[i] + (x W)[i, j] + B[j]) */
static void joined_reference(const double *const *in, double *out, const void *unused) {
    (void)unused;
    for (uint32_t i = 0; i < 2; i++) {
        out[i] = 0;
        for (uint32_t j = 0; j < 3; j++) {
            out[i] += in[0][i * 3 + j] * in[1][i] + W[9 + j];
            for (uint32_t k = 0; k < 3; k++) out[i] += in[0][i * 3 + k] * W[k * 3 + j];
        }
    }
}

static void test_joined(void **unused) {
    (void)unused;
    onnx_build *m = build_start(13);
    build_input(m, "x", S(2, 2, 3, 0, 0));
    build_input(m, "z", S(2, 2, 1, 0, 0));
    noise_list(W, 12, 1);
    build_real(m, "w", S(2, 3, 3, 0, 0), W);
    build_real(m, "b", S(1, 3, 0, 0, 0), W + 9);
    build_whole(m, "k", 1, (int64_t[]){1});
    build_node(m, "Mul", "x z", "p");
    build_node(m, "MatMul", "x w", "q");
    build_node(m, "Add", "p q", "s");
    build_node(m, "Add", "s b", "t");
    build_node(m, "ReduceSum", "t k", "y");
    build_int(m, "keepdims", 0);
    build_output(m, "y");
    check_case(m, joined_reference, NULL, 1e-3, 1.5);
}

/* ---- CumSum along axis 1 of [2, 5, 3] */
static void cumsum_reference(const double *const *in, double *out, const void *context) {
    const int *form = context; /* bit 0: exclusive, bit 1: reverse */
    for (uint32_t i = 0; i < 30; i++) {
        uint32_t a = i / 15, b = i / 3 % 5, c = i % 3;
        out[i] = 0;
        for (uint32_t k = 0; k < 5; k++) {
            bool before = *form & 2 ? k > b : k < b, reads = before || (k == b && !(*form & 1));
            if (reads) out[i] += in[0][a * 15 + k * 3 + c];
        }
    }
}

static void test_cumsum(void **unused) {
    (void)unused;
    for (int form = 0; form < 8; form++) { /* from 4: integers */
        onnx_build *m = build_start(14);
        if (form < 4)
            build_input(m, "x", S(3, 2, 5, 3, 0));
        else
            build_input_whole(m, "x", S(3, 2, 5, 3, 0), -50, 50);
        build_whole(m, "k", 1, (int64_t[]){-2});
        build_node(m, "CumSum", "x k", "y");
        build_int(m, "exclusive", form & 1);
        build_int(m, "reverse", form >> 1 & 1);
        build_output(m, "y");
        check_case(m, cumsum_reference, &form, form < 4 ? 1e-3 : 0, 1.5);
    }
}

/* ---- Einsum: letters a..d of lengths 2, 3, 4, 2 */
typedef struct einsum {
    const char *equation, *a, *b, *out; /* a, b, out: the equation once more, in pieces */
} einsum;
static const uint32_t LENGTH[4] = {2, 3, 4, 2};

static shape shape_of(const char *letters) {
    shape s = {.rank = (uint32_t)strlen(letters)};
    for (uint32_t k = 0; k < s.rank; k++) s.dim[k] = LENGTH[letters[k] - 'a'];
    return s;
}

static uint64_t place(const char *letters, const uint32_t *at) {
    uint64_t i = 0;
    for (; *letters != '\0'; letters++) i = i * LENGTH[*letters - 'a'] + at[*letters - 'a'];
    return i;
}

static void einsum_reference(const double *const *in, double *out, const void *context) {
    const einsum *p = context;
    const shape s = shape_of(p->out);
    bool used[4];
    for (uint32_t k = 0; k < 4; k++) used[k] = strchr(p->a, (int)('a' + k)) || strchr(p->b, (int)('a' + k));
    for (uint64_t i = 0; i < shape_count(&s); i++) out[i] = 0;
    for (uint32_t i = 0; i < 48; i++) {
        const uint32_t at[4] = {i / 24, i / 8 % 3, i / 2 % 4, i % 2};
        bool counts = true; /* a letter that does not occur stays 0 */
        for (uint32_t k = 0; k < 4; k++) counts = counts && (used[k] || at[k] == 0);
        double b = p->b[0] == '\0' ? 1 : in[1][place(p->b, at)];
        if (counts) out[place(p->out, at)] += in[0][place(p->a, at)] * b;
    }
}

static void test_einsum(void **unused) {
    (void)unused;
    static const einsum CASES[] = {
        {"ab,bc->ac", "ab", "bc", "ac"},
        {"ab,bc->ca", "ab", "bc", "ca"},
        {"bca, ab -> bc", "bca", "ab", "bc"},
        {"a,b->ab", "a", "b", "ab"},
        {"ab,cd->ac", "ab", "cd", "ac"},
        {"ab,ab->", "ab", "ab", ""},
        {"aab,ab->b", "aab", "ab", "b"},
        {"ba,cb", "ba", "cb", "ac"},
        {"a...,a...->...", "ab", "ab", "b"},
        {"...b,bc->...c", "ab", "bc", "ac"},
        {"abc->ca", "abc", "", "ca"},
        {"aab->ab", "aab", "", "ab"},
        {"aa", "aa", "", ""},
        {"adbd->ab", "adbd", "", "ab"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        const einsum *p = &CASES[i];
        onnx_build *m = build_start(12);
        build_input(m, "x", shape_of(p->a));
        if (p->b[0] != '\0') build_input(m, "z", shape_of(p->b));
        build_node(m, "Einsum", p->b[0] != '\0' ? "x z" : "x", "y");
        build_text(m, "equation", p->equation);
        build_output(m, "y");
        check_case(m, einsum_reference, p, 1e-3, 1.5);
    }
}

/* ---- MatMul of integers, [2, 3] x [3, 2], the second computed or constant */
static const int64_t INTEGERS[6] = {3, -7, 100, 0, -20, 11};

static void matmul_reference(const double *const *in, double *out, const void *context) {
    const bool *constant = context;
    for (uint32_t i = 0; i < 4; i++) {
        out[i] = 0;
        for (uint32_t k = 0; k < 3; k++)
            out[i] += in[0][i / 2 * 3 + k] * (*constant ? (double)INTEGERS[k * 2 + i % 2] : in[1][k * 2 + i % 2]);
    }
}

static void test_matmul(void **unused) {
    (void)unused;
    for (int k = 0; k < 2; k++) {
        const bool constant = k == 1;
        onnx_build *m = build_start(13);
        build_input_whole(m, "x", S(2, 2, 3, 0, 0), -30, 50);
        if (constant)
            build_wholes(m, "z", S(2, 3, 2, 0, 0), ONNX__TENSOR_PROTO__DATA_TYPE__INT64, INTEGERS);
        else
            build_input_whole(m, "z", S(2, 3, 2, 0, 0), 0, 9);
        build_node(m, "MatMul", "x z", "y");
        build_output(m, "y");
        check_case(m, matmul_reference, &constant, 0, 1);
    }
}

/* ---- Gemm with computed C and beta, alpha on two computed factors: 0.7 x z + 1.3 c */
static void gemm_reference(const double *const *in, double *out, const void *unused) {
    (void)unused;
    for (uint32_t i = 0; i < 4; i++) {
        out[i] = (double)1.3f * in[2][i % 2];
        for (uint32_t k = 0; k < 3; k++) out[i] += (double)0.7f * in[0][i / 2 * 3 + k] * in[1][k * 2 + i % 2];
    }
}

static void test_gemm(void **unused) {
    (void)unused;
    onnx_build *m = build_start(13);
    build_input(m, "x", S(2, 2, 3, 0, 0));
    build_input(m, "z", S(2, 3, 2, 0, 0));
    build_input(m, "c", S(1, 2, 0, 0, 0));
    build_node(m, "Gemm", "x z c", "y");
    build_float(m, "alpha", 0.7);
    build_float(m, "beta", 1.3);
    build_output(m, "y");
    check_case(m, gemm_reference, NULL, 5e-4, 1.5);
}

/* ---- sums whose terms cancel are no column of a lookup: exp(x - x) + max(x, x) = 1 + x */
static void cancel_reference(const double *const *in, double *out, const void *unused) {
    (void)unused;
    for (uint32_t i = 0; i < 6; i++) out[i] = 1 + in[0][i];
}

static void test_cancel(void **unused) {
    (void)unused;
    onnx_build *m = build_start(13);
    build_input(m, "x", S(2, 2, 3, 0, 0));
    build_node(m, "Sub", "x x", "d");
    build_node(m, "Exp", "d", "e");
    build_node(m, "Max", "x x", "k");
    build_node(m, "Add", "e k", "y");
    build_output(m, "y");
    check_case(m, cancel_reference, NULL, 5e-4, 1.5);
}

static void test_refusals(void **unused) {
    (void)unused;
    static const char *const BAD[] = {"ab,b->a", "ab->c", "ab->aa", "a->a", "ab;->a", "abc->a"};
    for (uint32_t k = 0; k < 6; k++) {
        onnx_build *m = build_start(12);
        build_input(m, "x", S(2, 2, 3, 0, 0));
        build_node(m, "Einsum", "x", "y");
        build_text(m, "equation", BAD[k]);
        build_output(m, "y");
        refuse_case(m, TACIT_SHAPE, "the equation does not fit");
    }
    onnx_build *m = build_start(11);
    build_input_whole(m, "x", S(2, 2, 3, 0, 0), 0, 9);
    build_node(m, "ReduceMean", "x", "y");
    build_output(m, "y");
    refuse_case(m, TACIT_UNSUPPORTED, "on integers");
    m = build_start(11);
    build_input(m, "x", S(2, 2, 3, 0, 0));
    build_node(m, "ReduceMax", "x", "y");
    INTS(m, "axes", 2);
    build_output(m, "y");
    refuse_case(m, TACIT_SHAPE, "axis out of range");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reductions), cmocka_unit_test(test_whole_reductions), cmocka_unit_test(test_joined),
        cmocka_unit_test(test_cumsum),     cmocka_unit_test(test_einsum),           cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_cancel),     cmocka_unit_test(test_matmul),           cmocka_unit_test(test_gemm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
