/* Nothing is computed that nobody reads: selections of constant places move from a result to the inputs, where the
 * operator computes each place by itself; it then costs what the selected places alone cost. */
#include "operator_case.h"
#include <math.h>
#include <string.h>

enum { N = 2, T = 5, D = 4, H = 2 }; /* x, z [N, T, D]; places 1 and 4 of T, or others */
static double W[D * D], B[D], Q[3 * D * D];
static double SAMPLES[2][CASE_SAMPLES * N * T * D]; /* one set, so that what is compared has the same ranges */

static shape S(uint32_t rank, uint32_t a, uint32_t b, uint32_t c) {
    return (shape){.rank = rank, .dim = {a, b, c}};
}

typedef struct places {
    uint32_t count;
    int64_t at[T];
} places;

static const places TWO = {2, {1, 4}}, ONE = {1, {4}}, ENDS = {2, {0, 3}}, MIXED = {3, {3, 0, 3}},
                    ALL = {5, {0, 1, 2, 3, 4}};

/* ---- operators: y [N, T, D or T] of x and z, element (n, t, d) */
typedef struct kind {
    const char *name;
    void (*build)(onnx_build *m, uint32_t t); /* x, z [N, t, D] to y */
    double (*at)(const double *x, const double *z, uint32_t t, uint32_t d);
    uint32_t columns;
    bool z_whole; /* all of z's places are read in any case */
} kind;

static void build_sigmoid(onnx_build *m, uint32_t t) {
    (void)t;
    build_node(m, "Sigmoid", "x", "y");
}
static double sigmoid_at(const double *x, const double *z, uint32_t t, uint32_t d) {
    return (void)z, 1 / (1 + exp(-x[t * D + d]));
}

static void build_products(onnx_build *m, uint32_t t) {
    (void)t;
    build_node(m, "Mul", "x z", "u");
    build_node(m, "Sub", "u b", "v"); /* [D] */
    build_node(m, "Mul", "v x", "y");
}
static double products_at(const double *x, const double *z, uint32_t t, uint32_t d) {
    return (x[t * D + d] * z[t * D + d] - B[d]) * x[t * D + d];
}

static void build_matmul(onnx_build *m, uint32_t t) {
    (void)t;
    build_node(m, "MatMul", "x w", "y");
}
static double matmul_at(const double *x, const double *z, uint32_t t, uint32_t d) {
    double all = 0;
    for (uint32_t k = 0; k < D; k++) all += x[t * D + k] * W[k * D + d];
    return (void)z, all;
}

static void build_scores(onnx_build *m, uint32_t t) {
    (void)t;
    build_node(m, "Transpose", "z", "k");
    INTS(m, "perm", 0, 2, 1);
    build_node(m, "MatMul", "x k", "y");
}
static double scores_at(const double *x, const double *z, uint32_t t, uint32_t s) {
    double all = 0;
    for (uint32_t k = 0; k < D; k++) all += x[t * D + k] * z[s * D + k];
    return all;
}

static void build_softmax(onnx_build *m, uint32_t t) {
    (void)t;
    build_node(m, "Softmax", "x", "y");
    build_int(m, "axis", 2);
}
static double softmax_at(const double *x, const double *z, uint32_t t, uint32_t d) {
    double all = 0;
    for (uint32_t k = 0; k < D; k++) all += exp(x[t * D + k]);
    return (void)z, exp(x[t * D + d]) / all;
}

static void build_norm(onnx_build *m, uint32_t t) {
    (void)t;
    build_node(m, "LayerNormalization", "x w0 b", "y");
    build_float(m, "epsilon", 0.125);
}
static double norm_at(const double *x, const double *z, uint32_t t, uint32_t d) {
    double mean = 0, square = 0;
    for (uint32_t k = 0; k < D; k++) mean += x[t * D + k] / D;
    for (uint32_t k = 0; k < D; k++) square += (x[t * D + k] - mean) * (x[t * D + k] - mean) / D;
    return (void)z, (x[t * D + d] - mean) / sqrt(square + 0.125) * W[d] + B[d];
}

/* Rows of all samples one after the other, as Gemm wants them: places of T are places of N * T. */
static void build_gemm(onnx_build *m, uint32_t t) {
    build_whole(m, "flat", 2, (int64_t[]){N * t, D});
    build_whole(m, "split", 3, (int64_t[]){N, t, D});
    build_node(m, "Reshape", "x flat", "r");
    build_node(m, "Gemm", "r w b", "s");
    build_int(m, "transB", 1);
    build_node(m, "Reshape", "s split", "y");
}
static double gemm_at(const double *x, const double *z, uint32_t t, uint32_t d) {
    double all = B[d];
    for (uint32_t k = 0; k < D; k++) all += x[t * D + k] * W[d * D + k];
    return (void)z, all;
}

/* Heads: [N, t, H, D / H] transposed to [N, H, t, D / H], and back; a Concat besides. */
static void build_heads(onnx_build *m, uint32_t t) {
    build_whole(m, "heads", 4, (int64_t[]){N, t, H, D / H});
    build_whole(m, "flat", 3, (int64_t[]){N, t, D});
    build_node(m, "Reshape", "x heads", "r");
    build_node(m, "Transpose", "r", "s");
    INTS(m, "perm", 0, 2, 1, 3);
    build_node(m, "Mul", "s s", "u");
    build_node(m, "Transpose", "u", "v");
    INTS(m, "perm", 0, 2, 1, 3);
    build_node(m, "Reshape", "v flat", "q");
    build_node(m, "Concat", "q z", "y");
    build_int(m, "axis", 2);
}
static double heads_at(const double *x, const double *z, uint32_t t, uint32_t d) {
    return d < D ? x[t * D + d] * x[t * D + d] : z[t * D + d - D];
}

/* A choice and a division. */
static void build_choice(onnx_build *m, uint32_t t) {
    (void)t;
    build_node(m, "Mul", "z z", "u");
    build_node(m, "Add", "u one", "v");
    build_node(m, "Div", "x v", "q");
    build_node(m, "Less", "x z", "c");
    build_node(m, "Where", "c q z", "y");
}
static double choice_at(const double *x, const double *z, uint32_t t, uint32_t d) {
    const double a = x[t * D + d], b = z[t * D + d];
    return a < b ? a / (b * b + 1) : b;
}

static const kind KINDS[] = {
    {"Sigmoid", build_sigmoid, sigmoid_at, D, false}, {"products", build_products, products_at, D, false},
    {"MatMul", build_matmul, matmul_at, D, false},    {"scores", build_scores, scores_at, T, true},
    {"Softmax", build_softmax, softmax_at, D, false}, {"norm", build_norm, norm_at, D, false},
    {"Gemm", build_gemm, gemm_at, D, false},          {"heads", build_heads, heads_at, 2 * D, false},
    {"choice", build_choice, choice_at, D, false},
};
enum { KIND_COUNT = sizeof KINDS / sizeof KINDS[0] };

typedef struct narrow_case {
    const kind *kind;
    const places *p;
    bool before; /* x and z are selected, by hand, instead of y */
    bool told;   /* y is an output, too */
} narrow_case;

static void narrow_reference(const double *const *in, double *out, const void *context) {
    const narrow_case *c = context;
    for (uint32_t n = 0; n < N; n++) {
        for (uint32_t i = 0; i < c->p->count; i++) {
            for (uint32_t d = 0; d < c->kind->columns; d++)
                *out++ = c->kind->at(in[0] + n * T * D, in[1] + n * T * D, (uint32_t)c->p->at[i], d);
        }
    }
    for (uint32_t i = 0; c->told && i < N * T * c->kind->columns; i++) {
        const uint32_t n = i / (T * c->kind->columns), t = i / c->kind->columns % T;
        *out++ = c->kind->at(in[0] + n * T * D, in[1] + n * T * D, t, i % c->kind->columns);
    }
}

static void start(onnx_build *m, bool before) {
    build_input(m, before ? "x_all" : "x", S(3, N, T, D));
    build_input(m, before ? "z_all" : "z", S(3, N, T, D));
    build_real(m, "w", S(2, D, D, 0), W);
    build_real(m, "w0", S(1, D, 0, 0), W);
    build_real(m, "b", S(1, D, 0, 0), B);
    build_real(m, "one", S(0, 0, 0, 0), (double[]){1});
}

static onnx_build *build(const narrow_case *c) {
    onnx_build *m = build_start(17);
    start(m, c->before);
    build_whole(m, "places", c->p->count, c->p->at);
    if (c->before) {
        build_node(m, "Gather", "x_all places", "x");
        build_int(m, "axis", 1);
        build_node(m, c->kind->z_whole ? "Identity" : "Gather", c->kind->z_whole ? "z_all" : "z_all places", "z");
        if (!c->kind->z_whole) build_int(m, "axis", 1);
        c->kind->build(m, c->p->count);
    } else {
        c->kind->build(m, T);
        build_node(m, "Gather", "y places", "p");
        build_int(m, "axis", 1);
    }
    build_output(m, c->before ? "y" : "p");
    if (c->told) build_output(m, "y");
    return m;
}

/* ---- lookups */
static tacit_model *compiled(onnx_build *b) {
    tacit_samples given = {.count = CASE_SAMPLES, .input_count = (uint32_t)b->graph.n_input};
    tacit_compile_options o;
    tacit_error err = {0};
    tacit_model *m;
    const double *const lists[2] = {SAMPLES[0], SAMPLES[1]};
    given.values = lists;
    tacit_compile_defaults(&o);
    o.overflow = TACIT_REFUSE;
    if (tacit_compile(&m, build_write(b), &o, &given, NULL, &err) != TACIT_OK) fail_msg("%s", err.text);
    build_end(b);
    return m;
}

static uint64_t lookups(onnx_build *b) {
    tacit_model *m = compiled(b);
    const uint64_t count = count_lookups(m);
    tacit_model_free(m);
    return count;
}

/* Of the largest tensor that a softmax commits. */
static uint64_t softmax_elements(onnx_build *b) {
    uint64_t most = 0;
    tacit_model *m = compiled(b);
    const program *q = &m->pub.program;
    for (uint32_t i = 0; i < q->tensor_count; i++) {
        const uint64_t n = strstr(q->tensors[i].name, "RowSoftmax") ? shape_count(&q->tensors[i].shape) : 0;
        if (q->tensors[i].kind == TENSOR_COMMITTED && n > most) most = n;
    }
    tacit_model_free(m);
    return most;
}

static uint64_t lookups_of(const kind *k, const places *p, bool before, bool told) {
    const narrow_case c = {.kind = k, .p = p, .before = before, .told = told};
    return lookups(build(&c));
}

static void test_kinds(void **unused) {
    (void)unused;
    static const places *const LISTS[] = {&ONE, &TWO};
    for (uint32_t i = 0; i < KIND_COUNT; i++) {
        const kind *k = &KINDS[i];
        const narrow_case c = {.kind = k, .p = &TWO};
        for (uint32_t j = 0; j < 2; j++) {
            const uint64_t behind = lookups_of(k, LISTS[j], false, false),
                           before = lookups_of(k, LISTS[j], true, false);
            if (behind > before || behind >= lookups_of(k, &ALL, true, false))
                fail_msg("%s: %u lookups, %u when its inputs are selected", k->name, (unsigned)behind,
                         (unsigned)before);
        }
        check_case(build(&c), narrow_reference, &c, 2e-3, 1.5);
    }
}

/* An output that is a view is a copy, looked up once. */
static uint64_t copies(const kind *k, const places *p) {
    return (uint64_t)N * p->count * k->columns;
}

/* Places that occur twice, in another order: each is computed once. */
static void test_lists(void **unused) {
    (void)unused;
    const kind *k = &KINDS[2];
    const narrow_case c = {.kind = k, .p = &MIXED};
    assert_int_equal(lookups_of(k, &MIXED, false, false), lookups_of(k, &ENDS, true, false) + copies(k, &MIXED));
    check_case(build(&c), narrow_reference, &c, 2e-3, 1.5);
}

/* ---- readers that want different things of y = x W: `first` and `second` are operators on it */
typedef struct readers {
    const char *first, *second; /* Gather 0, Gather 3, Relu */
} readers;

static double reader_at(const char *op, const double *x, uint32_t i) {
    const uint32_t n = i / D, t = op[0] == 'R' ? n % T : op[7] == '0' ? 0 : 3, b = op[0] == 'R' ? n / T : n;
    const double y = matmul_at(x + b * T * D, NULL, t, i % D);
    return op[0] == 'R' && y < 0 ? 0 : y;
}

static void readers_reference(const double *const *in, double *out, const void *context) {
    const readers *r = context;
    for (uint32_t i = 0; i < (r->first[0] == 'R' ? N * T * D : N * D); i++) *out++ = reader_at(r->first, in[0], i);
    for (uint32_t i = 0; i < (r->second[0] == 'R' ? N * T * D : N * D); i++) *out++ = reader_at(r->second, in[0], i);
}

static onnx_build *build_readers(const readers *r) {
    onnx_build *m = build_start(17);
    const char *const op[2] = {r->first, r->second}, *const out[2] = {"p", "q"};
    start(m, false);
    build_whole(m, "i0", 1, (int64_t[]){0});
    build_whole(m, "i3", 1, (int64_t[]){3});
    build_node(m, "MatMul", "x w", "y");
    for (uint32_t i = 0; i < 2; i++) {
        const bool gather = op[i][0] == 'G';
        build_node(m, gather ? "Gather" : "Relu", !gather ? "y" : op[i][7] == '0' ? "y i0" : "y i3", out[i]);
        if (gather) build_int(m, "axis", 1);
        build_output(m, out[i]);
    }
    return m;
}

static void test_readers(void **unused) {
    (void)unused;
    const readers apart = {"Gather 0", "Gather 3"}, one = {"Gather 0", "Relu"}, same = {"Gather 3", "Gather 3"};
    const kind *k = &KINDS[2];
    const uint64_t row = N * D, two = lookups_of(k, &ENDS, true, false), all = lookups_of(k, &ALL, true, false);
    assert_int_equal(lookups(build_readers(&apart)), two + 2 * row); /* the rows of both, and two copies */
    assert_true(lookups(build_readers(&one)) >= all + row);          /* all that Relu reads, and a copy */
    assert_true(lookups(build_readers(&same)) < two);
    check_case(build_readers(&apart), readers_reference, &apart, 2e-3, 1.5);
    check_case(build_readers(&one), readers_reference, &one, 2e-3, 1.5);
    check_case(build_readers(&same), readers_reference, &same, 2e-3, 1.5);
}

/* ---- where it must not move: all of y is computed, and the selection is a copy */
static double rows_at(const double *x, const double *z, uint32_t t, uint32_t d) {
    double all = 0;
    for (uint32_t k = 0; k < T; k++) all += exp(x[k * D + d]);
    return (void)z, exp(x[t * D + d]) / all;
}
static void build_rows(onnx_build *m, uint32_t t) {
    (void)t;
    build_node(m, "Softmax", "x", "y");
    build_int(m, "axis", 1); /* the selected one */
}

/* Columns and rows change places without moving: place (t, d) of y is element t D + d of x's columns. */
static void build_mixed(onnx_build *m, uint32_t t) {
    build_whole(m, "swapped", 3, (int64_t[]){N, D, t});
    build_whole(m, "back", 3, (int64_t[]){N, t, D});
    build_node(m, "Reshape", "x swapped", "r");
    build_node(m, "Softmax", "r", "s");
    build_int(m, "axis", 2);
    build_node(m, "Reshape", "s back", "y");
}
static double mixed_at(const double *x, const double *z, uint32_t t, uint32_t d) {
    const uint32_t i = t * D + d, row = i / T;
    double all = 0;
    for (uint32_t k = 0; k < T; k++) all += exp(x[row * T + k]);
    return (void)z, exp(x[i]) / all;
}

static void test_stays(void **unused) {
    (void)unused;
    static const kind LIST[] = {{"rows", build_rows, rows_at, D, false}, {"mixed", build_mixed, mixed_at, D, false}};
    for (uint32_t i = 0; i < 2; i++) {
        const kind *k = &LIST[i];
        const narrow_case c = {.kind = k, .p = &TWO};
        assert_int_equal(softmax_elements(build(&c)), N * T * D);
        check_case(build(&c), narrow_reference, &c, 2e-3, 1.5);
    }
    const kind *k = &KINDS[2];
    const narrow_case told = {.kind = k, .p = &TWO, .told = true};
    assert_int_equal(lookups_of(k, &TWO, false, true), lookups_of(k, &ALL, true, false) + copies(k, &TWO));
    check_case(build(&told), narrow_reference, &told, 2e-3, 1.5);
}

/* A function that shares the rounding of a sum which is computed as a whole stays with it. */
static onnx_build *build_conv(bool selected) {
    onnx_build *m = build_start(17);
    start(m, false);
    build_real(m, "k", S(3, D, T, 1), Q);
    build_node(m, "Conv", "x k", "c");
    build_node(m, "Relu", "c", selected ? "r" : "y");
    if (selected) {
        build_whole(m, "first", 1, (int64_t[]){0});
        build_node(m, "Gather", "r first", "y");
        build_int(m, "axis", 1);
    }
    build_output(m, "y");
    return m;
}

static void test_joined(void **unused) {
    (void)unused;
    assert_int_equal(lookups(build_conv(true)), lookups(build_conv(false)) + N * D);
}

/* ---- attention whose result is read at the last place: queries, keys and values from one product */
static void attention_reference(const double *const *in, double *out, const void *unused) {
    (void)unused;
    for (uint32_t n = 0; n < N; n++) {
        double q[D], weight[T], all = 0;
        const double *x = in[0] + n * T * D;
        for (uint32_t d = 0; d < D; d++) {
            q[d] = B[d];
            for (uint32_t k = 0; k < D; k++) q[d] += x[(T - 1) * D + k] * Q[k * 3 * D + d];
        }
        for (uint32_t t = 0; t < T; t++) {
            double score = 0;
            for (uint32_t d = 0; d < D; d++) {
                double key = B[d];
                for (uint32_t k = 0; k < D; k++) key += x[t * D + k] * Q[k * 3 * D + D + d];
                score += q[d] * key;
            }
            all += weight[t] = exp(score / 2);
        }
        for (uint32_t d = 0; d < D; d++) {
            out[n * D + d] = x[(T - 1) * D + d];
            for (uint32_t t = 0; t < T; t++) {
                double value = B[d];
                for (uint32_t k = 0; k < D; k++) value += x[t * D + k] * Q[k * 3 * D + 2 * D + d];
                out[n * D + d] += weight[t] / all * value;
            }
        }
    }
}

/* Or by hand: queries of the last place alone, from a matrix of their own, without a mask. */
static onnx_build *build_attention(bool by_hand) {
    onnx_build *m = build_start(17);
    double bias[3 * D], mask[T * T], part[3][D * D];
    start(m, false);
    for (uint32_t i = 0; i < 3 * D; i++) bias[i] = B[i % D];
    for (uint32_t i = 0; i < T * T; i++) mask[i] = i % T > i / T ? -INFINITY : 0;
    for (uint32_t i = 0; i < 3 * D * D; i++) part[i / D % 3][i / (3 * D) * D + i % D] = Q[i];
    build_wholes(m, "last", S(0, 0, 0, 0), ONNX__TENSOR_PROTO__DATA_TYPE__INT64, (int64_t[]){-1});
    build_whole(m, "lasts", 1, (int64_t[]){T - 1});
    build_whole(m, "axes", 1, (int64_t[]){1});
    build_real(m, "half", S(0, 0, 0, 0), (double[]){0.5});
    build_real(m, "w3", S(2, D, 3 * D, 0), Q);
    build_real(m, "b3", S(1, 3 * D, 0, 0), bias);
    build_real(m, "mask", S(2, T, T, 0), mask);
    build_node(m, "Gather", "x lasts", "x_last");
    build_int(m, "axis", 1);
    for (uint32_t i = 0; by_hand && i < 3; i++) {
        static const char *const NAME[] = {"wq", "wk", "wv"}, *const IN[] = {"x_last wq", "x wk", "x wv"},
                                 *const MADE[] = {"q0", "k0", "v0"}, *const ADD[] = {"q0 b", "k0 b", "v0 b"},
                                 *const OUT[] = {"q", "k", "v"};
        build_real(m, NAME[i], S(2, D, D, 0), part[i]);
        build_node(m, "MatMul", IN[i], MADE[i]);
        build_node(m, "Add", ADD[i], OUT[i]);
    }
    if (!by_hand) {
        build_node(m, "MatMul", "x w3", "p");
        build_node(m, "Add", "p b3", "p3");
        build_node(m, "Split", "p3", "q k v");
        build_int(m, "axis", 2);
    }
    build_node(m, "Transpose", "k", "kt");
    INTS(m, "perm", 0, 2, 1);
    build_node(m, "MatMul", "q kt", "s");
    build_node(m, "Mul", "s half", "s1");
    if (!by_hand) build_node(m, "Add", "s1 mask", "s2");
    build_node(m, "Softmax", by_hand ? "s1" : "s2", "e");
    build_int(m, "axis", 2);
    build_node(m, "MatMul", "e v", "o");
    build_node(m, "Add", by_hand ? "o x_last" : "o x", "r");
    if (by_hand) {
        build_node(m, "Squeeze", "r axes", "y");
    } else {
        build_node(m, "Gather", "r last", "y");
        build_int(m, "axis", 1);
    }
    build_output(m, "y");
    return m;
}

static void test_attention(void **unused) {
    (void)unused;
    assert_int_equal(lookups(build_attention(false)), lookups(build_attention(true)));
    check_case(build_attention(false), attention_reference, NULL, 4e-3, 1.5);
}

/* ---- causal attention of many tokens: queries q, keys k, values v [HEADS, LONG, 2] */
enum { HEADS = 4, LONG = 128, SIZE = 2 };

static void causal_reference(const double *const in[3], double *out) {
    for (uint32_t i = 0; i < HEADS * LONG; i++) {
        const uint32_t h = i / LONG * LONG, row = i % LONG;
        double all = 0, y[SIZE] = {0};
        for (uint32_t j = 0; j <= row; j++) {
            double score = 0;
            for (uint32_t d = 0; d < SIZE; d++) score += in[0][i * SIZE + d] * in[1][(h + j) * SIZE + d];
            const double e = exp(score / 2);
            all += e;
            for (uint32_t d = 0; d < SIZE; d++) y[d] += e * in[2][(h + j) * SIZE + d];
        }
        for (uint32_t d = 0; d < SIZE; d++) out[i * SIZE + d] = y[d] / all;
    }
}

/* `told`: the scores are an output, too. */
static onnx_build *build_causal(bool told) {
    static double mask[LONG * LONG];
    onnx_build *m = build_start(17);
    for (uint32_t i = 0; i < LONG * LONG; i++) mask[i] = i % LONG > i / LONG ? -INFINITY : 0;
    build_input(m, "q", S(3, HEADS, LONG, SIZE));
    build_input(m, "k", S(3, HEADS, LONG, SIZE));
    build_input(m, "v", S(3, HEADS, LONG, SIZE));
    build_real(m, "half", S(0, 0, 0, 0), (double[]){0.5});
    build_real(m, "mask", S(2, LONG, LONG, 0), mask);
    build_node(m, "Transpose", "k", "kt");
    INTS(m, "perm", 0, 2, 1);
    build_node(m, "MatMul", "q kt", "s");
    build_node(m, "Mul", "s half", "s1");
    build_node(m, "Add", "s1 mask", "s2");
    build_node(m, "Softmax", "s2", "e");
    build_int(m, "axis", 2);
    build_node(m, "MatMul", "e v", "y");
    build_output(m, "y");
    if (told) build_output(m, "s1");
    return m;
}

/* Elements of the exponentials, over all softmaxes. */
static uint64_t exponentials(const program *q) {
    uint64_t all = 0;
    for (uint32_t i = 0; i < q->tensor_count; i++)
        all += strstr(q->tensors[i].name, ".distance") ? shape_count(&q->tensors[i].shape) : 0;
    return all;
}

static tacit_model *compiled_causal(bool told, const double *const lists[3]) {
    const tacit_samples given = {.count = 1, .input_count = 3, .values = lists};
    tacit_compile_options o;
    tacit_error err = {0};
    tacit_model *m;
    onnx_build *b = build_causal(told);
    tacit_compile_defaults(&o);
    o.overflow = TACIT_REFUSE;
    if (tacit_compile(&m, build_write(b), &o, &given, NULL, &err) != TACIT_OK) fail_msg("%s", err.text);
    build_end(b);
    return m;
}

/* The relations hold on honest values and on no changed ones; the first output. */
static void run_honest(const tacit_model *m, const double *const lists[3], double *out) {
    static int64_t numbers[4][HEADS * LONG * SIZE];
    const int64_t *const in[3] = {numbers[0], numbers[1], numbers[2]};
    tacit_error err = {0};
    trace t;
    arena a;
    for (size_t i = 0; i < 3; i++) assert_int_equal(tacit_quantise(m, i, lists[i], numbers[i], NULL, &err), TACIT_OK);
    trace_case(m, in, &t, &a, NULL);
    tamper_case(&t, &a);
    const tacit_io io = tacit_model_io(m, 3);
    for (uint64_t i = 0; i < io.count; i++) numbers[3][i] = t.values[m->pub.io[3].tensor][i];
    tacit_dequantise(&io, numbers[3], out);
    arena_unmap(&a);
}

static void test_strips(void **unused) {
    (void)unused;
    static double values[3][HEADS * LONG * SIZE], want[HEADS * LONG * SIZE], got[HEADS * LONG * SIZE];
    const double *const lists[3] = {noise_list(values[0], HEADS * LONG * SIZE, 1),
                                    noise_list(values[1], HEADS * LONG * SIZE, 1),
                                    noise_list(values[2], HEADS * LONG * SIZE, 1)};
    tacit_model *m = compiled_causal(false, lists), *told = compiled_causal(true, lists);
    const uint64_t all = HEADS * LONG * LONG;
    assert_int_equal(exponentials(&m->pub.program), all * 3 / 4); /* two strips: more do not pay */
    assert_int_equal(exponentials(&told->pub.program), all);
    causal_reference(lists, want);
    run_honest(m, lists, got);
    for (uint32_t i = 0; i < HEADS * LONG * SIZE; i++) {
        if (!(fabs(got[i] - want[i]) < 1e-3)) fail_msg("element %u is %g, not %g", (unsigned)i, got[i], want[i]);
    }
    tacit_model_free(m);
    tacit_model_free(told);
}

int main(void) {
    noise_list(W, D * D, 1);
    noise_list(B, D, 1);
    noise_list(Q, 3 * D * D, 1);
    for (uint32_t i = 0; i < 2; i++) noise_list(SAMPLES[i], CASE_SAMPLES * N * T * D, 1.5);
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_kinds),   cmocka_unit_test(test_lists),
                                       cmocka_unit_test(test_readers), cmocka_unit_test(test_stays),
                                       cmocka_unit_test(test_joined),  cmocka_unit_test(test_attention),
                                       cmocka_unit_test(test_strips)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
