/* ConvTranspose, Conv beyond test_operators.c, LpPool, Resize: against loops of the test's own. */
#include "operator_case.h"
#include <math.h>
#include <string.h>

static double W[CASE_ELEMENTS], B[CASE_ELEMENTS];

static shape S(uint32_t rank, uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
    return (shape){.rank = rank, .dim = {a, b, c, d}};
}

/* ---- ConvTranspose: every input element scatters its weights */
typedef struct transposed {
    uint32_t n, c, h, w, m, kh, kw, group; /* m: of one group */
    uint32_t stride[2], dilation[2], pad[4], extra[2];
    uint32_t oh, ow;
} transposed;

static void scatter(const transposed *p, const double *x, double *y, uint32_t channel, uint32_t i) {
    const uint32_t group = channel / (p->c / p->group);
    for (uint32_t m = 0; m < p->m; m++) {
        for (uint32_t k = 0; k < p->kh * p->kw; k++) {
            int64_t a = (int64_t)(i / p->w * p->stride[0] + k / p->kw * p->dilation[0]) - p->pad[0];
            int64_t b = (int64_t)(i % p->w * p->stride[1] + k % p->kw * p->dilation[1]) - p->pad[1];
            if (a < 0 || b < 0 || a >= p->oh || b >= p->ow) continue;
            y[((group * p->m + m) * p->oh + a) * p->ow + b] += x[i] * W[(channel * p->m + m) * p->kh * p->kw + k];
        }
    }
}

static void transposed_reference(const double *const *in, double *out, const void *context) {
    const transposed *p = context;
    const uint32_t channels = p->m * p->group, image = p->oh * p->ow;
    for (uint32_t n = 0; n < p->n; n++) {
        double *y = out + n * channels * image;
        for (uint32_t i = 0; i < channels * image; i++) y[i] = B[i / image];
        for (uint32_t c = 0; c < p->c; c++) {
            const double *x = in[0] + (n * p->c + c) * p->h * p->w;
            for (uint32_t i = 0; i < p->h * p->w; i++) scatter(p, x, y, c, i);
        }
    }
}

static void check_transposed(const transposed *given, const char *auto_pad, bool by_shape) {
    transposed p = *given;
    for (int k = 0; k < 2; k++) {
        uint32_t in = k == 0 ? p.h : p.w, kernel = k == 0 ? p.kh : p.kw;
        *(k == 0 ? &p.oh : &p.ow) =
            p.stride[k] * (in - 1) + (kernel - 1) * p.dilation[k] + 1 + p.extra[k] - p.pad[k] - p.pad[2 + k];
    }
    onnx_build *m = build_start(13);
    build_input(m, "x", S(4, p.n, p.c, p.h, p.w));
    build_real(m, "w", S(4, p.c, p.m, p.kh, p.kw), noise_list(W, p.c * p.m * p.kh * p.kw, 1));
    build_real(m, "b", S(1, p.m * p.group, 0, 0, 0), noise_list(B, p.m * p.group, 1));
    build_node(m, "ConvTranspose", "x w b", "y");
    INTS(m, "strides", p.stride[0], p.stride[1]);
    INTS(m, "dilations", p.dilation[0], p.dilation[1]);
    build_int(m, "group", p.group);
    if (auto_pad) build_text(m, "auto_pad", auto_pad);
    if (by_shape) INTS(m, "output_shape", p.oh, p.ow);
    if (!auto_pad && !by_shape) INTS(m, "pads", p.pad[0], p.pad[1], p.pad[2], p.pad[3]);
    if (p.extra[0] + p.extra[1] > 0) INTS(m, "output_padding", p.extra[0], p.extra[1]);
    build_output(m, "y");
    check_case(m, transposed_reference, &p, 5e-4, 1.5);
}

static void test_transposed(void **unused) {
    (void)unused;
    static const transposed CASES[] = {
        {1, 2, 3, 4, 3, 3, 2, 1, {1, 1}, {1, 1}, {0}, {0}, 0, 0},
        {2, 2, 2, 3, 2, 3, 4, 1, {2, 3}, {1, 1}, {1, 0, 1, 2}, {1, 2}, 0, 0},
        {1, 4, 3, 2, 3, 2, 2, 2, {2, 1}, {1, 2}, {0, 1, 1, 0}, {0}, 0, 0},
        {1, 3, 2, 3, 1, 2, 1, 3, {3, 2}, {1, 1}, {0}, {0}, 0, 0}, /* depthwise, holes between */
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) check_transposed(&CASES[i], NULL, false);
    const transposed upper = {1, 2, 2, 3, 2, 3, 3, 1, {2, 2}, {1, 1}, {0, 0, 1, 1}, {0}, 0, 0};
    check_transposed(&upper, "SAME_UPPER", false);
    const transposed lower = {1, 2, 2, 3, 2, 3, 3, 1, {2, 2}, {1, 1}, {1, 1, 0, 0}, {0}, 0, 0};
    check_transposed(&lower, "SAME_LOWER", false);
    check_transposed(&lower, NULL, true);
}

/* ---- Conv: three spatial axes and groups [2, 4, 2, 3, 2] * [4, 2, 2, 2, 2]; every operand computed or constant */
static void conv3_reference(const double *const *in, double *out, const void *unused) {
    (void)unused;
    for (uint32_t i = 0; i < 2 * 4 * 2; i++) { /* n, m, the middle axis; the others have one place */
        const uint32_t n = i / 8, m = i / 2 % 4, o = i % 2;
        *out = B[m];
        for (uint32_t k = 0; k < 16; k++) {
            const uint32_t d = k / 8, a = k / 4 % 2, b = k / 2 % 2, c = k % 2;
            *out += in[0][(((n * 4 + m / 2 * 2 + d) * 2 + a) * 3 + b + o) * 2 + c] * W[m * 16 + k];
        }
        out++;
    }
}

/* x[1, 2, 4] * z[3, 2, 2] + c[3]; x may be constant (then z is input 0). */
static void conv1_reference(const double *const *in, double *out, const void *context) {
    const bool *constant = context;
    const double *x = *constant ? W : in[0], *z = in[*constant ? 0 : 1];
    for (uint32_t m = 0; m < 3; m++) {
        for (uint32_t o = 0; o < 3; o++, out++) {
            *out = *constant ? 0 : in[2][m];
            for (uint32_t k = 0; k < 4; k++) *out += x[k / 2 * 4 + o + k % 2] * z[m * 4 + k];
        }
    }
}

static void test_conv(void **unused) {
    (void)unused;
    onnx_build *m = build_start(13);
    build_input(m, "x", (shape){.rank = 5, .dim = {2, 4, 2, 3, 2}});
    build_real(m, "w", (shape){.rank = 5, .dim = {4, 2, 2, 2, 2}}, noise_list(W, 64, 1));
    build_real(m, "b", S(1, 4, 0, 0, 0), noise_list(B, 4, 1));
    build_node(m, "Conv", "x w b", "y");
    build_int(m, "group", 2);
    build_output(m, "y");
    check_case(m, conv3_reference, NULL, 5e-4, 1.5);
    for (int k = 0; k < 2; k++) {
        const bool constant = k == 1;
        m = build_start(13);
        if (constant)
            build_real(m, "x", S(3, 1, 2, 4, 0), noise_list(W, 8, 1));
        else
            build_input(m, "x", S(3, 1, 2, 4, 0));
        build_input(m, "z", S(3, 3, 2, 2, 0));
        if (!constant) build_input(m, "c", S(1, 3, 0, 0, 0));
        build_node(m, "Conv", constant ? "x z" : "x z c", "y");
        build_output(m, "y");
        check_case(m, conv1_reference, &constant, 1e-3, 1.5);
    }
}

/* ---- LpPool of [1, 2, 4, 5], 2x3, strides 1 and 2, one row of padding above */
static void lp_reference(const double *const *in, double *out, const void *context) {
    const int64_t *p = context;
    for (uint32_t i = 0; i < 2 * 4 * 2; i++, out++) {
        *out = 0;
        for (uint32_t k = 0; k < 6; k++) {
            int64_t a = (int64_t)(i / 2 % 4 + k / 3) - 1, b = i % 2 * 2 + k % 3;
            double v = a < 0 ? 0 : in[0][(i / 8 * 4 + a) * 5 + b];
            *out += *p == 1 ? fabs(v) : v * v;
        }
        if (*p == 2) *out = sqrt(*out);
    }
}

static void test_lp_pool(void **unused) {
    (void)unused;
    for (int64_t p = 1; p <= 2; p++) {
        onnx_build *m = build_start(18);
        build_input(m, "x", S(4, 1, 2, 4, 5));
        build_node(m, "LpPool", "x", "y");
        INTS(m, "kernel_shape", 2, 3);
        INTS(m, "strides", 1, 2);
        INTS(m, "pads", 1, 0, 0, 0);
        build_int(m, "p", p);
        build_output(m, "y");
        check_case(m, lp_reference, &p, 1e-3, 1.5);
    }
}

/* ---- Resize of [1, 2, 3, 4] */
typedef struct resize {
    const char *mode, *at;
    double scale[2];
    uint32_t out[2];
} resize;

static double weight(const resize *p, double x) {
    const double a = -0.75;
    x = fabs(x);
    if (p->mode[0] == 'l') return fmax(1 - x, 0);
    if (x < 1) return (a + 2) * x * x * x - (a + 3) * x * x + 1;
    return x < 2 ? a * x * x * x - 5 * a * x * x + 8 * a * x - 4 * a : 0;
}

/* sum over i of weight(place of o, i) v(i): one axis, its ends repeated. */
static double along(const resize *p, int axis, uint32_t o, double (*v)(const void *, int64_t), const void *context) {
    const int64_t n = axis == 0 ? 3 : 4;
    double x = (o + 0.5) / p->scale[axis] - 0.5, all = 0;
    if (strcmp(p->at, "align_corners") == 0) x = o * (double)(n - 1) / (p->out[axis] - 1);
    if (strcmp(p->at, "asymmetric") == 0) x = o / p->scale[axis];
    if (p->mode[0] == 'n') return v(context, (int64_t)fmin(fmax(ceil(x - 0.5), 0), (double)n - 1));
    for (int64_t i = (int64_t)floor(x) - 2; i <= floor(x) + 3; i++)
        all += weight(p, x - (double)i) * v(context, i < 0 ? 0 : i >= n ? n - 1 : i);
    return all;
}

typedef struct row {
    const resize *p;
    const double *x;
    uint32_t column;
    int64_t at;
} row;
static double element(const void *context, int64_t i) {
    const row *r = context;
    return r->x[r->at * 4 + i];
}
static double in_row(const void *context, int64_t i) {
    row r = *(const row *)context;
    r.at = i;
    return along(r.p, 1, r.column, element, &r);
}

static void resize_reference(const double *const *in, double *out, const void *context) {
    const resize *p = context;
    for (uint32_t c = 0; c < 2; c++) {
        for (uint32_t i = 0; i < p->out[0]; i++) {
            for (uint32_t j = 0; j < p->out[1]; j++) {
                const row r = {p, in[0] + c * 12, j, 0};
                *out++ = along(p, 0, i, in_row, &r);
            }
        }
    }
}

/* Twice as large, then the maximum of each image: the sum of views is wider than activations and is rounded first. */
static void resize_max_reference(const double *const *in, double *out, const void *context) {
    double all[96];
    resize_reference(in, all, context);
    for (uint32_t c = 0; c < 2; c++) {
        out[c] = -INFINITY;
        for (uint32_t i = 0; i < 48; i++) out[c] = fmax(out[c], all[c * 48 + i]);
    }
}

static void test_resize_max(void **unused) {
    (void)unused;
    static const resize TWICE = {"linear", "half_pixel", {2, 2}, {6, 8}};
    const double scales[4] = {1, 1, 2, 2};
    onnx_build *m = build_start(13);
    build_input(m, "x", S(4, 1, 2, 3, 4));
    build_real(m, "s", S(1, 4, 0, 0, 0), scales);
    build_node(m, "Resize", "x - s", "t");
    build_text(m, "mode", "linear");
    build_node(m, "GlobalMaxPool", "t", "y");
    build_output(m, "y");
    check_case(m, resize_max_reference, &TWICE, 1e-3, 1.5);
}

static void test_resize(void **unused) {
    (void)unused;
    static const resize CASES[] = {
        {"nearest", "half_pixel", {2, 1.5}, {6, 6}},    {"nearest", "asymmetric", {0.7, 3}, {2, 12}},
        {"linear", "half_pixel", {2, 2}, {6, 8}},       {"linear", "half_pixel", {1.5, 3}, {4, 12}},
        {"linear", "align_corners", {2, 2.5}, {6, 10}}, {"linear", "asymmetric", {2, 4}, {6, 16}},
        {"cubic", "half_pixel", {2, 1.4}, {6, 5}},      {"cubic", "align_corners", {3, 0.5}, {9, 2}},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        const resize *p = &CASES[i];
        const double scales[4] = {1, 1, p->scale[0], p->scale[1]};
        const bool sizes = i == 4;
        onnx_build *m = build_start(13);
        build_input(m, "x", S(4, 1, 2, 3, 4));
        build_real(m, "s", S(1, 4, 0, 0, 0), scales);
        build_whole(m, "k", 4, (int64_t[]){1, 2, p->out[0], p->out[1]});
        build_node(m, "Resize", sizes ? "x - - k" : "x - s", "y");
        build_text(m, "mode", p->mode);
        build_text(m, "coordinate_transformation_mode", p->at);
        build_output(m, "y");
        check_case(m, resize_reference, p, 1e-3, 1.5);
    }
    const double scales[4] = {1, 1, 2, 3};
    onnx_build *m = build_start(9);
    build_input(m, "x", S(4, 1, 2, 3, 4));
    build_real(m, "s", S(1, 4, 0, 0, 0), scales);
    build_node(m, "Upsample", "x s", "y");
    build_text(m, "mode", "linear");
    build_output(m, "y");
    check_case(m, resize_reference, &(resize){"linear", "asymmetric", {2, 3}, {6, 12}}, 1e-3, 1.5);
}

static void test_refusals(void **unused) {
    (void)unused;
    const double ones[4] = {1, 1, 2, 2};
    for (int k = 0; k < 4; k++) {
        onnx_build *m = build_start(13);
        build_input(m, "x", S(4, 1, 2, 3, 4));
        build_real(m, "s", S(1, k == 1 ? 3 : 4, 0, 0, 0), ones);
        build_node(m, k == 3 ? "LpPool" : "Resize", k == 2 ? "x - x" : k == 3 ? "x" : "x - s", "y");
        if (k == 0) build_text(m, "coordinate_transformation_mode", "tf_crop_and_resize");
        if (k == 3) build_int(m, "p", 3);
        if (k == 3) INTS(m, "kernel_shape", 2, 2);
        build_output(m, "y");
        static const char *const WHY[] = {"\"tf_crop_and_resize\"", "one scale or size", "scales must be constant",
                                          "p other"};
        refuse_case(m, k == 1 ? TACIT_SHAPE : TACIT_UNSUPPORTED, WHY[k]);
    }
    onnx_build *m = build_start(13);
    build_input(m, "x", S(4, 1, 2, 3, 4));
    build_real(m, "w", S(4, 3, 2, 1, 1), noise_list(W, 6, 1));
    build_node(m, "ConvTranspose", "x w", "y");
    build_output(m, "y");
    refuse_case(m, TACIT_SHAPE, "channels, weights and group");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_transposed), cmocka_unit_test(test_conv),     cmocka_unit_test(test_lp_pool),
        cmocka_unit_test(test_resize),     cmocka_unit_test(test_refusals), cmocka_unit_test(test_resize_max),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
