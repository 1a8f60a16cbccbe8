/* MaxPool, AveragePool, GlobalAveragePool against a reference of the test's own. */
#include "operator_case.h"
#include <math.h>
#include <string.h>

typedef struct pool {
    char kind;                                          /* 'M' maximum, 'A' average, 'G' global */
    uint32_t kernel[2], stride[2], dilation[2], pad[4]; /* top, left, bottom, right */
    bool ceiling, count_pad, relu;
    const char *auto_pad;
} pool;
enum { N = 2, C = 2, H = 6, WIDTH = 7 };

static uint32_t windows(const pool *p, uint32_t axis) {
    uint32_t size = axis == 0 ? H : WIDTH, padded = size + p->pad[axis] + p->pad[2 + axis];
    uint32_t span = (p->kernel[axis] - 1) * p->dilation[axis] + 1, over = padded - span;
    uint32_t n = (p->ceiling ? over + p->stride[axis] - 1 : over) / p->stride[axis] + 1;
    if (p->ceiling && (n - 1) * p->stride[axis] >= size + p->pad[axis]) n--;
    return n;
}

static double window(const pool *p, const double *x, uint32_t a, uint32_t b) {
    double largest = -INFINITY, sum = 0, count = 0;
    for (uint32_t i = 0; i < p->kernel[0]; i++) {
        for (uint32_t j = 0; j < p->kernel[1]; j++) {
            int64_t y = (int64_t)a * p->stride[0] + i * p->dilation[0] - p->pad[0];
            int64_t z = (int64_t)b * p->stride[1] + j * p->dilation[1] - p->pad[1];
            bool in = y >= 0 && z >= 0 && y < H && z < WIDTH;
            count += in || (p->count_pad && y < H + (int64_t)p->pad[2] && z < WIDTH + (int64_t)p->pad[3]);
            if (!in) continue;
            double v = x[y * WIDTH + z];
            if (p->relu) v = fmax(v, 0);
            largest = fmax(largest, v);
            sum += v;
        }
    }
    return p->kind == 'M' ? largest : sum / count;
}

static void pool_reference(const double *const *in, double *out, const void *context) {
    const pool *p = context;
    for (uint32_t i = 0; i < N * C; i++) {
        for (uint32_t a = 0; a < windows(p, 0); a++) {
            for (uint32_t b = 0; b < windows(p, 1); b++) *out++ = window(p, in[0] + i * H * WIDTH, a, b);
        }
    }
}

static void check_pool(const pool *p) {
    onnx_build *m = build_start(19);
    build_input(m, "x", (shape){.rank = 4, .dim = {N, C, H, WIDTH}});
    if (p->relu) build_node(m, "Relu", "x", "t");
    const char *op = p->kind == 'M' ? "MaxPool" : p->kind == 'A' ? "AveragePool" : "GlobalAveragePool";
    build_node(m, op, p->relu ? "t" : "x", "y");
    if (p->kind != 'G') {
        INTS(m, "kernel_shape", p->kernel[0], p->kernel[1]);
        INTS(m, "strides", p->stride[0], p->stride[1]);
        INTS(m, "dilations", p->dilation[0], p->dilation[1]);
        build_int(m, "ceil_mode", p->ceiling);
        if (p->auto_pad)
            build_text(m, "auto_pad", p->auto_pad);
        else
            INTS(m, "pads", p->pad[0], p->pad[1], p->pad[2], p->pad[3]);
    }
    if (p->kind == 'A') build_int(m, "count_include_pad", p->count_pad);
    build_output(m, "y");
    check_case(m, pool_reference, p, 5e-4, 1.5);
}

static void test_max(void **unused) {
    (void)unused;
    static const pool CASES[] = {
        {'M', {2, 2}, {2, 2}, {1, 1}, {0}, false, false, true, NULL},
        {'M', {2, 2}, {2, 2}, {1, 1}, {0}, false, false, false, NULL},
        {'M', {3, 3}, {1, 2}, {1, 1}, {1, 1, 1, 1}, false, false, false, NULL},
        {'M', {3, 2}, {2, 2}, {1, 1}, {0, 1, 1, 0}, true, false, true, NULL},
        {'M', {2, 3}, {1, 1}, {2, 2}, {0}, false, false, true, NULL},
        {'M', {3, 2}, {2, 2}, {1, 1}, {0, 0, 1, 1}, false, false, true, "SAME_UPPER"},
        {'M', {1, 1}, {2, 3}, {1, 1}, {0}, false, false, false, NULL},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) check_pool(&CASES[i]);
}

static void test_average(void **unused) {
    (void)unused;
    static const pool CASES[] = {
        {'A', {2, 2}, {2, 2}, {1, 1}, {0}, false, false, false, NULL},
        {'A', {3, 3}, {1, 2}, {1, 1}, {1, 1, 1, 1}, false, false, true, NULL},
        {'A', {3, 3}, {1, 2}, {1, 1}, {1, 1, 1, 1}, false, true, false, NULL},
        {'A', {3, 2}, {2, 2}, {1, 1}, {0}, true, false, false, NULL},
        {'G', {H, WIDTH}, {1, 1}, {1, 1}, {0}, false, false, false, NULL},
        {'G', {H, WIDTH}, {1, 1}, {1, 1}, {0}, false, false, true, NULL},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) check_pool(&CASES[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_max), cmocka_unit_test(test_average)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
