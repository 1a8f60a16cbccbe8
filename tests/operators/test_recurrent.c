/* RNN, GRU, LSTM against references of the test's own: both directions, initial states, missing biases, peepholes. */
#include "operator_case.h"
#include <math.h>

enum { T = 3, B = 2, I = 2, H = 2, GATES = 4 };

typedef struct net {
    const char *op, *direction;
    int gates;
    bool states, bias, peepholes, linear_before_reset;
    double w[2][GATES * H][I], r[2][GATES * H][H], b[2][2 * GATES * H], h0[2][B][H], c0[2][B][H], p[2][3 * H];
} net;

static double sigmoid(double x) {
    return 1 / (1 + exp(-x));
}

/* Gate g, unit u of direction d: the input's and the state's part. */
static double from_input(const net *q, int d, int g, int u, const double *x) {
    double sum = q->bias ? q->b[d][g * H + u] : 0;
    for (int i = 0; i < I; i++) sum += q->w[d][g * H + u][i] * x[i];
    return sum;
}
static double from_state(const net *q, int d, int g, int u, const double *h) {
    double sum = q->bias ? q->b[d][(q->gates + g) * H + u] : 0;
    for (int i = 0; i < H; i++) sum += q->r[d][g * H + u][i] * h[i];
    return sum;
}
static double both(const net *q, int d, int g, int u, const double *x, const double *h) {
    return from_input(q, d, g, u, x) + from_state(q, d, g, u, h);
}

static void gru(const net *q, int d, const double *x, double *h) {
    double z[H], r[H], gated[H], next[H];
    for (int u = 0; u < H; u++) z[u] = sigmoid(both(q, d, 0, u, x, h)), r[u] = sigmoid(both(q, d, 1, u, x, h));
    for (int u = 0; u < H; u++) gated[u] = r[u] * h[u];
    for (int u = 0; u < H; u++) {
        double back = q->linear_before_reset ? r[u] * from_state(q, d, 2, u, h) : from_state(q, d, 2, u, gated);
        next[u] = (1 - z[u]) * tanh(from_input(q, d, 2, u, x) + back) + z[u] * h[u];
    }
    for (int u = 0; u < H; u++) h[u] = next[u];
}

static void lstm(const net *q, int d, const double *x, double *h, double *c) {
    double old[H] = {h[0], h[1]};
    for (int u = 0; u < H; u++) {
        const double *p = q->p[d];
        double i = sigmoid(both(q, d, 0, u, x, old) + (q->peepholes ? p[u] * c[u] : 0));
        double f = sigmoid(both(q, d, 2, u, x, old) + (q->peepholes ? p[2 * H + u] * c[u] : 0));
        c[u] = f * c[u] + i * tanh(both(q, d, 3, u, x, old));
        h[u] = sigmoid(both(q, d, 1, u, x, old) + (q->peepholes ? p[H + u] * c[u] : 0)) * tanh(c[u]);
    }
}

static void step(const net *q, int d, const double *x, double *h, double *c) {
    double old[H] = {h[0], h[1]};
    if (q->gates == 3) gru(q, d, x, h);
    if (q->gates == 4) lstm(q, d, x, h, c);
    for (int u = 0; u < H && q->gates == 1; u++) h[u] = tanh(both(q, d, 0, u, x, old));
}

/* Y [T, D, B, H], Y_h [D, B, H], and Y_c. */
static void reference_net(const double *const *in, double *out, const void *context) {
    const net *q = context;
    int directions = q->direction[0] == 'b' ? 2 : 1;
    double *y_h = out + T * directions * B * H, *y_c = y_h + directions * B * H;
    for (int d = 0; d < directions; d++) {
        bool reverse = d == 1 || q->direction[0] == 'r';
        for (int b = 0; b < B; b++) {
            double h[H] = {0}, c[H] = {0};
            for (int u = 0; u < H && q->states; u++) h[u] = q->h0[d][b][u], c[u] = q->c0[d][b][u];
            for (int k = 0; k < T; k++) {
                int t = reverse ? T - 1 - k : k;
                step(q, d, in[0] + (t * B + b) * I, h, c);
                for (int u = 0; u < H; u++) out[((t * directions + d) * B + b) * H + u] = h[u];
            }
            for (int u = 0; u < H; u++) y_h[(d * B + b) * H + u] = h[u];
            for (int u = 0; u < H && q->gates == 4; u++) y_c[(d * B + b) * H + u] = c[u];
        }
    }
}

static shape S(uint32_t rank, uint32_t a, uint32_t b, uint32_t c) {
    return (shape){.rank = rank, .dim = {a, b, c}};
}

/* Weights of direction d are rows of arrays for two: written out direction by direction. */
static void check_net(net *q) {
    static double list[256];
    uint32_t d = q->direction[0] == 'b' ? 2 : 1, g = (uint32_t)q->gates, at = 0;
    onnx_build *m = build_start(14);
    build_input(m, "x", S(3, T, B, I));
    noise_list(&q->w[0][0][0], 2 * GATES * H * I, 1);
    noise_list(&q->r[0][0][0], 2 * GATES * H * H, 1);
    noise_list(&q->b[0][0], 4 * GATES * H, 0.5);
    noise_list(&q->h0[0][0][0], 2 * B * H, 0.8);
    noise_list(&q->c0[0][0][0], 2 * B * H, 0.8);
    noise_list(&q->p[0][0], 6 * H, 0.5);
    for (uint32_t k = 0; k < d; k++) {
        for (uint32_t i = 0; i < g * H * I; i++) list[at++] = (&q->w[k][0][0])[i];
    }
    build_real(m, "w", S(3, d, g * H, I), list);
    at = 0;
    for (uint32_t k = 0; k < d; k++) {
        for (uint32_t i = 0; i < g * H * H; i++) list[at++] = (&q->r[k][0][0])[i];
    }
    build_real(m, "r", S(3, d, g * H, H), list);
    at = 0;
    for (uint32_t k = 0; k < d; k++) {
        for (uint32_t i = 0; i < 2 * g * H; i++) list[at++] = q->b[k][i];
    }
    if (q->bias) build_real(m, "b", S(2, d, 2 * g * H, 0), list);
    if (q->states) build_real(m, "h0", S(3, d, B, H), &q->h0[0][0][0]);
    if (q->states && g == 4) build_real(m, "c0", S(3, d, B, H), &q->c0[0][0][0]);
    if (q->peepholes) build_real(m, "p", S(2, d, 3 * H, 0), &q->p[0][0]);
    build_node(m, q->op,
               q->peepholes ? "x w r b - h0 c0 p"
               : !q->states ? (q->bias ? "x w r b" : "x w r")
               : g == 4     ? (q->bias ? "x w r b - h0 c0" : "x w r - - h0 c0")
                            : (q->bias ? "x w r b - h0" : "x w r - - h0"),
               g == 4 ? "y yh yc" : "y yh");
    build_int(m, "hidden_size", H);
    build_text(m, "direction", q->direction);
    if (q->linear_before_reset) build_int(m, "linear_before_reset", 1);
    build_output(m, "y");
    build_output(m, "yh");
    if (g == 4) build_output(m, "yc");
    check_case(m, reference_net, q, 3e-3, 1.2);
}

static void test_nets(void **unused) {
    (void)unused;
    static net NETS[] = {
        {.op = "RNN", .direction = "forward", .gates = 1},
        {.op = "RNN", .direction = "bidirectional", .gates = 1, .states = true, .bias = true},
        {.op = "GRU", .direction = "reverse", .gates = 3, .bias = true},
        {.op = "GRU", .direction = "forward", .gates = 3, .states = true, .bias = true, .linear_before_reset = true},
        {.op = "LSTM", .direction = "bidirectional", .gates = 4, .bias = true},
        {.op = "LSTM", .direction = "forward", .gates = 4, .states = true, .bias = true, .peepholes = true},
    };
    for (size_t i = 0; i < sizeof NETS / sizeof *NETS; i++) check_net(&NETS[i]);
}

static onnx_build *lstm_node(void) {
    static double w[16 * 4];
    onnx_build *m = build_start(14);
    build_input(m, "x", S(3, T, B, I));
    build_real(m, "w", S(3, 1, 4 * H, I), noise_list(w, 4 * H * I, 1));
    build_real(m, "r", S(3, 1, 4 * H, H), noise_list(w + 32, 4 * H * H, 1));
    build_whole(m, "lengths", B, (int64_t[B]){T, T - 1});
    build_output(m, "y");
    return m;
}

static void test_refusals(void **unused) {
    (void)unused;
    onnx_build *m = lstm_node();
    build_node(m, "LSTM", "x w r - lengths", "y");
    refuse_case(m, TACIT_UNSUPPORTED, "sequence_lens");
    m = lstm_node();
    build_node(m, "LSTM", "x w r", "y");
    build_text(m, "direction", "sideways");
    refuse_case(m, TACIT_UNSUPPORTED, "direction");
    m = lstm_node();
    build_node(m, "LSTM", "x r w", "y");
    build_int(m, "layout", 2);
    refuse_case(m, TACIT_UNSUPPORTED, "layout");
    m = lstm_node();
    build_node(m, "GRU", "x w r", "y");
    refuse_case(m, TACIT_SHAPE, "shapes of weights");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_nets), cmocka_unit_test(test_refusals)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
