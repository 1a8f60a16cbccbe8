/* Attention, RotaryEmbedding, RMSNormalization: numbers against loops of the test's own, advice unique. */
#include "operator_case.h"
#include <math.h>

static shape S(uint32_t rank, uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
    return (shape){.rank = rank, .dim = {a, b, c, d}};
}

/* ---- Attention of [1, tokens, heads * SIZE], grouped heads */
enum { SIZE = 2, TOKENS = 3 };
typedef struct attention {
    uint32_t heads, kv_heads;
    bool causal;
    double scale, softcap;
} attention;

static double score(const attention *p, const double *const *in, uint32_t h, uint32_t i, uint32_t j) {
    double s = 0;
    uint32_t g = h / (p->heads / p->kv_heads);
    for (uint32_t k = 0; k < SIZE; k++)
        s += in[0][(i * p->heads + h) * SIZE + k] * in[1][(j * p->kv_heads + g) * SIZE + k];
    s *= p->scale;
    return p->softcap > 0 ? p->softcap * tanh(s / p->softcap) : s;
}

static void attention_reference(const double *const *in, double *out, const void *context) {
    const attention *p = context;
    for (uint32_t h = 0; h < p->heads; h++) {
        for (uint32_t i = 0; i < TOKENS; i++) {
            double e[TOKENS], all = 0;
            for (uint32_t j = 0; j < TOKENS; j++) all += e[j] = p->causal && j > i ? 0 : exp(score(p, in, h, i, j));
            for (uint32_t k = 0; k < SIZE; k++) {
                double y = 0;
                uint32_t g = h / (p->heads / p->kv_heads);
                for (uint32_t j = 0; j < TOKENS; j++) y += e[j] / all * in[2][(j * p->kv_heads + g) * SIZE + k];
                out[(i * p->heads + h) * SIZE + k] = y;
            }
        }
    }
}

static void attention_case(attention p) {
    onnx_build *m = build_start(23);
    build_input(m, "q", S(3, 1, TOKENS, p.heads * SIZE, 0));
    build_input(m, "k", S(3, 1, TOKENS, p.kv_heads * SIZE, 0));
    build_input(m, "v", S(3, 1, TOKENS, p.kv_heads * SIZE, 0));
    build_node(m, "Attention", "q k v", "y");
    build_int(m, "q_num_heads", p.heads);
    build_int(m, "kv_num_heads", p.kv_heads);
    build_int(m, "is_causal", p.causal);
    build_float(m, "scale", p.scale);
    build_float(m, "softcap", p.softcap);
    build_output(m, "y");
    check_case(m, attention_reference, &p, 2e-3, 2);
}

static void test_attention(void **unused) {
    (void)unused;
    attention_case((attention){2, 1, true, 0.7, 0});
    attention_case((attention){1, 1, false, 0.5, 1.5});
}

/* ---- RotaryEmbedding of [1, 1, 2, 4] */
static const double ANGLE[4] = {0.3, -1.1, 2.0, 0.7};

static void rotary_reference(const double *const *in, double *out, const void *context) {
    bool mixed = *(const bool *)context;
    for (uint32_t i = 0; i < 4; i++) { /* token i / 2, pair i % 2 */
        uint32_t row = i / 2 * 4, a = row + (mixed ? 2 * (i % 2) : i % 2), b = a + (mixed ? 1 : 2);
        out[a] = in[0][a] * cos(ANGLE[i]) - in[0][b] * sin(ANGLE[i]);
        out[b] = in[0][a] * sin(ANGLE[i]) + in[0][b] * cos(ANGLE[i]);
    }
}

static void test_rotary(void **unused) {
    (void)unused;
    double c[4], s[4];
    for (int i = 0; i < 4; i++) c[i] = cos(ANGLE[i]), s[i] = sin(ANGLE[i]);
    for (int k = 0; k < 2; k++) {
        bool mixed = k == 1;
        onnx_build *m = build_start(23);
        build_input(m, "x", S(4, 1, 1, 2, 4));
        build_real(m, "c", S(3, 1, 2, 2, 0), c);
        build_real(m, "s", S(3, 1, 2, 2, 0), s);
        build_node(m, "RotaryEmbedding", "x c s", "y");
        build_int(m, "interleaved", mixed);
        build_output(m, "y");
        check_case(m, rotary_reference, &mixed, 1e-3, 2);
    }
}

/* ---- RMSNormalization */
static const double GAIN[4] = {0.5, -1, 2, 1};

static void rms_reference(const double *const *in, double *out, const void *context) {
    (void)context;
    for (uint32_t r = 0; r < 3; r++) {
        double square = 0;
        for (uint32_t k = 0; k < 4; k++) square += in[0][4 * r + k] * in[0][4 * r + k] / 4;
        for (uint32_t k = 0; k < 4; k++) out[4 * r + k] = in[0][4 * r + k] / sqrt(square + 1e-5) * GAIN[k];
    }
}

static void test_rms(void **unused) {
    (void)unused;
    onnx_build *m = build_start(23);
    build_input(m, "x", S(2, 3, 4, 0, 0));
    build_real(m, "g", S(1, 4, 0, 0, 0), GAIN);
    build_node(m, "RMSNormalization", "x g", "y");
    build_output(m, "y");
    check_case(m, rms_reference, NULL, 2e-3, 2);
}

static void test_refused(void **unused) {
    (void)unused;
    onnx_build *m = build_start(23);
    build_input(m, "q", S(3, 1, 3, 6, 0));
    build_node(m, "Attention", "q q q", "y");
    build_int(m, "q_num_heads", 4);
    build_int(m, "kv_num_heads", 3);
    build_output(m, "y");
    refuse_case(m, TACIT_SHAPE, "number of heads does not divide");
    m = build_start(22);
    build_input(m, "x", S(2, 3, 4, 0, 0));
    build_real(m, "g", S(1, 4, 0, 0, 0), GAIN);
    build_node(m, "RMSNormalization", "x g", "y");
    build_output(m, "y");
    refuse_case(m, TACIT_UNSUPPORTED, "not supported in this model's opset");
}

/* ---- Attention [1, 1, ROWS, SIZE] with a past, lengths, its scores told */
enum { ROWS = 2, PAST = 2, KEYS = PAST + ROWS };
typedef enum told { TELL_SCALED, TELL_CAPPED, TELL_BIASED, TELL_WEIGHTS } told;
typedef struct options {
    bool causal, past;
    uint32_t length; /* 0: not given */
    double softcap;
    told mode;
} options;

/* Rows of keys or values: the past's first. */
static double row_of(const options *p, const double *now, const double *past, uint32_t j, uint32_t k) {
    if (!p->past) return now[j * SIZE + k];
    return j < PAST ? past[j * SIZE + k] : now[(j - PAST) * SIZE + k];
}

static bool sees(const options *p, uint32_t i, uint32_t j) {
    uint32_t before = p->past ? PAST : p->length > 0 ? p->length - ROWS : 0;
    return (p->length == 0 || j < p->length) && (!p->causal || j <= i + before);
}

static void options_reference(const double *const *in, double *out, const void *context) {
    const options *p = context;
    const uint32_t keys = p->past ? KEYS : p->length > 0 ? 3 : ROWS;
    double *scores = out + ROWS * SIZE;
    for (uint32_t i = 0; i < ROWS; i++) {
        double s[KEYS], e[KEYS], all = 0;
        for (uint32_t j = 0; j < keys; j++) {
            double raw = 0;
            for (uint32_t k = 0; k < SIZE; k++) raw += in[0][i * SIZE + k] * row_of(p, in[1], in[3], j, k) * 0.8;
            s[j] = p->softcap > 0 ? p->softcap * tanh(raw / p->softcap) : raw;
            all += e[j] = sees(p, i, j) ? exp(s[j]) : 0;
            scores[i * keys + j] = p->mode == TELL_SCALED ? raw : s[j];
        }
        for (uint32_t j = 0; j < keys && p->mode == TELL_WEIGHTS; j++) scores[i * keys + j] = e[j] / all;
        for (uint32_t k = 0; k < SIZE; k++) {
            double y = 0;
            for (uint32_t j = 0; j < keys; j++) y += e[j] / all * row_of(p, in[2], in[3], j, k);
            out[i * SIZE + k] = y;
        }
    }
}

static void options_case(options p) {
    const uint32_t keys = p.length > 0 ? 3 : ROWS;
    const int64_t length[1] = {p.length};
    onnx_build *m = build_start(24);
    build_input(m, "q", S(4, 1, 1, ROWS, SIZE));
    build_input(m, "k", S(4, 1, 1, keys, SIZE));
    build_input(m, "v", S(4, 1, 1, keys, SIZE));
    if (p.past) build_input(m, "past", S(4, 1, 1, PAST, SIZE));
    if (p.length > 0) build_whole(m, "n", 1, length);
    build_node(m, "Attention", p.past ? "q k v - past past" : p.length > 0 ? "q k v - - - n" : "q k v", "y a b s");
    build_int(m, "is_causal", p.causal);
    build_float(m, "scale", 0.8);
    build_float(m, "softcap", p.softcap);
    build_int(m, "qk_matmul_output_mode", p.mode);
    build_output(m, "y");
    build_output(m, "s");
    check_case(m, options_reference, &p, 2e-3, 2);
}

static void test_options(void **unused) {
    (void)unused;
    options_case((options){.causal = true, .past = true, .mode = TELL_SCALED});
    options_case((options){.softcap = 1.5, .mode = TELL_CAPPED});
    options_case((options){.softcap = 1.5, .mode = TELL_SCALED});
    options_case((options){.mode = TELL_BIASED});
    options_case((options){.causal = true, .mode = TELL_WEIGHTS});
    options_case((options){.length = 2, .mode = TELL_SCALED});
    options_case((options){.length = 3, .causal = true, .mode = TELL_SCALED});
    onnx_build *m = build_start(23);
    build_input(m, "q", S(4, 1, 1, ROWS, SIZE));
    build_node(m, "Attention", "q q q", "y a b s");
    build_int(m, "is_causal", 1);
    build_int(m, "qk_matmul_output_mode", TELL_BIASED);
    build_output(m, "s");
    refuse_case(m, TACIT_UNSUPPORTED, "qk_matmul_output_mode 2 with a mask");
}

/* ---- the same attention, written as exporters do */
typedef enum form { PLAIN, BOTH_SCALED, TIMES_ONE, NO_NAN, NOTHING_MASKED, FORMS } form;

static void form_reference(const double *const *in, double *out, const void *context) {
    static const attention A = {1, 1, false, 0.64, 0};
    (void)context;
    attention_reference(in, out, &A);
}

static void build_form(onnx_build *m, form how) {
    static const double FACTOR = 0.8, SQUARE = 0.64, ONE = 1, ZERO = 0;
    static double zeros[TOKENS * TOKENS];
    build_input(m, "q", S(3, 1, TOKENS, SIZE, 0));
    build_input(m, "k", S(3, 1, TOKENS, SIZE, 0));
    build_input(m, "v", S(3, 1, TOKENS, SIZE, 0));
    build_real(m, "f", S(0, 0, 0, 0, 0), how == PLAIN || how == NOTHING_MASKED ? &SQUARE : &FACTOR);
    build_real(m, "one", S(0, 0, 0, 0, 0), &ONE);
    build_real(m, "zero", S(0, 0, 0, 0, 0), &ZERO);
    build_real(m, "zeros", S(3, 1, TOKENS, TOKENS, 0), zeros);
    build_node(m, "Transpose", "k", "kt");
    INTS(m, "perm", 0, 2, 1);
    bool apart = how != PLAIN && how != NOTHING_MASKED;
    if (apart) build_node(m, "Mul", "q f", "qf");
    if (apart) build_node(m, "Mul", "f kt", "kf");
    if (how == TIMES_ONE) build_node(m, "Mul", "qf one", "q1");
    build_node(m, "MatMul", how == TIMES_ONE ? "q1 kf" : apart ? "qf kf" : "q kt", "raw");
    if (!apart) build_node(m, "Mul", "raw f", "s0");
    if (how == NOTHING_MASKED) build_node(m, "Add", "s0 zeros", "s1");
    build_node(m, "Softmax", how == NOTHING_MASKED ? "s1" : apart ? "raw" : "s0", "w");
    if (how == NO_NAN) build_node(m, "IsNaN", "w", "nan");
    if (how == NO_NAN) build_node(m, "Where", "nan zero w", "w0");
    build_node(m, "MatMul", how == NO_NAN ? "w0 v" : "w v", "y");
    build_output(m, "y");
}

static void test_forms(void **unused) {
    (void)unused;
    double samples[3][3 * TOKENS * SIZE];
    const double *const inputs[3] = {samples[0], samples[1], samples[2]};
    uint64_t plain = 0;
    for (int i = 0; i < 3; i++) noise_list(samples[i], 3 * TOKENS * SIZE, 2);
    for (form how = PLAIN; how < FORMS; how++) {
        tacit_compile_options o;
        tacit_error err;
        tacit_model *model;
        const tacit_samples given = {.count = 3, .input_count = 3, .values = inputs};
        onnx_build *m = build_start(17);
        build_form(m, how);
        tacit_compile_defaults(&o);
        if (tacit_compile(&model, build_write(m), &o, &given, NULL, &err) != TACIT_OK) fail_msg("%s", err.text);
        if (how == PLAIN) plain = count_lookups(model);
        assert_int_equal(count_lookups(model), plain);
        tacit_model_free(model);
        build_end(m);
        m = build_start(17);
        build_form(m, how);
        check_case(m, form_reference, NULL, 2e-3, 2);
    }
}

/* Scores, a bias and what is left out in one addend, computed by Where or constant. */
static const double BIAS[TOKENS * TOKENS] = {0.5, -0.25, 0, 1, 0.125, -1, 0.75, 0, 0.5};
static const int64_t STAYS[TOKENS * TOKENS] = {1, 0, 0, 1, 1, 0, 0, 1, 1};

static void bias_reference(const double *const *in, double *out, const void *context) {
    (void)context;
    for (uint32_t i = 0; i < TOKENS; i++) {
        double e[TOKENS], all = 0;
        for (uint32_t j = 0; j < TOKENS; j++) {
            double s = BIAS[i * TOKENS + j];
            for (uint32_t k = 0; k < SIZE; k++) s += 0.64 * in[0][i * SIZE + k] * in[1][k * TOKENS + j];
            all += e[j] = STAYS[i * TOKENS + j] ? exp(s) : 0;
        }
        for (uint32_t j = 0; j < TOKENS; j++) *out++ = e[j] / all;
    }
}

static void test_biased(void **unused) {
    (void)unused;
    static const double FACTOR = 0.8, FAR = -3.4e38;
    for (int computed = 0; computed < 2; computed++) {
        double mixed[TOKENS * TOKENS];
        onnx_build *m = build_start(17);
        for (uint32_t i = 0; i < TOKENS * TOKENS; i++) mixed[i] = STAYS[i] || computed ? BIAS[i] : -INFINITY;
        build_input(m, "q", S(2, TOKENS, SIZE, 0, 0));
        build_input(m, "k", S(2, SIZE, TOKENS, 0, 0));
        build_real(m, "f", S(0, 0, 0, 0, 0), &FACTOR);
        build_real(m, "far", S(0, 0, 0, 0, 0), &FAR);
        build_real(m, "bias", S(2, TOKENS, TOKENS, 0, 0), mixed);
        build_wholes(m, "stays", S(2, TOKENS, TOKENS, 0, 0), ONNX__TENSOR_PROTO__DATA_TYPE__BOOL, STAYS);
        build_node(m, "Mul", "q f", "qf");
        build_node(m, "Mul", "k f", "kf");
        build_node(m, "MatMul", "qf kf", "s");
        if (computed) build_node(m, "Where", "stays bias far", "b");
        build_node(m, "Add", computed ? "s b" : "s bias", "z");
        build_node(m, "Softmax", "z", "y");
        build_output(m, "y");
        check_case(m, bias_reference, NULL, 2e-3, 2);
    }
}

/* Two masks of different types: which keys stay, an input, and constants of queries that see no keys behind them. */
static void two_masks_reference(const double *const *in, double *out, const void *context) {
    const bool attends = *(const bool *)context;
    for (uint32_t i = 0; i < TOKENS; i++) {
        double e[TOKENS], all = 0;
        for (uint32_t j = 0; j < TOKENS; j++) {
            double s = in[0][i * TOKENS + j];
            for (uint32_t k = 0; k < TOKENS && attends; k++)
                s = (k == 0 ? 0 : s) + 0.5 * in[0][i * TOKENS + k] * in[0][j * TOKENS + k];
            all += e[j] = j == 0 || (in[1][j] > 0.5 && j <= i) ? exp(s) : 0;
        }
        for (uint32_t j = 0; j < TOKENS; j++) {
            double y = 0;
            for (uint32_t k = 0; k < TOKENS; k++) y += e[k] / all * in[0][k * TOKENS + j];
            *out++ = attends ? y : e[j] / all;
        }
    }
}

static void test_two_masks(void **unused) {
    (void)unused;
    static const double FAR = -1e9, ZERO = 0, BEHIND[TOKENS * TOKENS] = {0, -1e9, -1e9, 0, 0, -1e9, 0, 0, 0};
    static const int64_t FIRST[TOKENS] = {1, 0, 0};
    for (int k = 0; k < 2; k++) {
        const bool attends = k == 1;
        onnx_build *m = build_start(23);
        build_input(m, "x", attends ? S(4, 1, 1, TOKENS, TOKENS) : S(2, TOKENS, TOKENS, 0, 0));
        build_input_boolean(m, "stays", S(1, TOKENS, 0, 0, 0));
        build_wholes(m, "first", S(1, TOKENS, 0, 0, 0), ONNX__TENSOR_PROTO__DATA_TYPE__BOOL, FIRST);
        build_real(m, "far", S(0, 0, 0, 0, 0), &FAR);
        build_real(m, "zero", S(0, 0, 0, 0, 0), &ZERO);
        build_real(m, "behind", S(2, TOKENS, TOKENS, 0, 0), BEHIND);
        build_node(m, "Or", "stays first", "seen");
        build_node(m, "Where", "seen zero far", "keys");
        if (!attends) build_node(m, "Add", "keys behind", "mask");
        if (!attends) build_node(m, "Add", "x mask", "z");
        build_node(m, attends ? "Attention" : "Softmax", attends ? "x x x keys" : "z", "y");
        if (attends) build_int(m, "is_causal", 1);
        if (attends) build_float(m, "scale", 0.5);
        build_output(m, "y");
        check_case(m, two_masks_reference, &attends, 2e-3, 2);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_attention), cmocka_unit_test(test_rotary),    cmocka_unit_test(test_rms),
        cmocka_unit_test(test_refused),   cmocka_unit_test(test_options),   cmocka_unit_test(test_forms),
        cmocka_unit_test(test_biased),    cmocka_unit_test(test_two_masks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
