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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_attention),
        cmocka_unit_test(test_rotary),
        cmocka_unit_test(test_rms),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
