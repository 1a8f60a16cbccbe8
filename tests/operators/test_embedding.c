/* Gather of a constant table by computed indices (a lookup an index), and parameters that several nodes share. */
#include "operator_case.h"
#include <math.h>

static double T[CASE_ELEMENTS];

typedef struct pick {
    uint32_t axis, n;          /* axis of the table; indices [2, n] */
    uint32_t before, v, after; /* the table [before, v, after] */
} pick;

static void reference_rows(const double *const *in, double *out, const void *context) {
    const pick *p = context;
    for (uint32_t b = 0; b < p->before; b++) {
        for (uint32_t i = 0; i < 2 * p->n; i++) {
            for (uint32_t a = 0; a < p->after; a++) *out++ = T[(b * p->v + (uint32_t)in[0][i]) * p->after + a];
        }
    }
}

static void check_rows(const pick *p, bool whole) {
    const shape t = {.rank = 3, .dim = {p->before, p->v, p->after}};
    onnx_build *m = build_start(13);
    build_input_whole(m, "i", (shape){.rank = 2, .dim = {2, p->n}}, 0, p->v - 1);
    noise_list(T, shape_count(&t), 2);
    int64_t integers[CASE_ELEMENTS];
    for (uint64_t k = 0; whole && k < shape_count(&t); k++) T[k] = (double)(integers[k] = (int64_t)(T[k] * 500));
    if (whole)
        build_wholes(m, "t", t, ONNX__TENSOR_PROTO__DATA_TYPE__INT64, integers);
    else
        build_real(m, "t", t, T);
    build_node(m, "Gather", "t i", "y");
    build_int(m, "axis", p->axis);
    build_output(m, "y");
    check_case(m, reference_rows, p, whole ? 1e-9 : 1e-4, 1);
}

static void test_rows(void **unused) {
    (void)unused;
    static const pick CASES[] = {{1, 6, 1, 40, 3}, {1, 5, 2, 37, 1}, {1, 3, 3, 33, 2}};
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        check_rows(&CASES[i], false);
        check_rows(&CASES[i], true);
    }
}

static void test_negative(void **unused) {
    (void)unused;
    onnx_build *m = build_start(13);
    build_input_whole(m, "i", (shape){.rank = 1, .dim = {9}}, -4, 39);
    build_real(m, "t", (shape){.rank = 2, .dim = {40, 3}}, noise_list(T, 120, 2));
    build_node(m, "Gather", "t i", "y");
    build_output(m, "y");
    refuse_case(m, TACIT_UNSUPPORTED, "an index out of range");
}

/* How many parameters the model has, compiled on one sample. Frees it. */
static uint32_t params_of(onnx_build *m, const double *sample) {
    tacit_compile_options o;
    uint32_t params = 0;
    tacit_compile_defaults(&o);
    tacit_model *model = compile_case(build_write(m), &o, 1, sample);
    const program *p = &model->pub.program;
    for (uint32_t i = 0; i < p->tensor_count; i++) params += p->tensors[i].kind == TENSOR_PARAM;
    tacit_model_free(model);
    build_end(m);
    return params;
}

/* Ids that calibration never saw are as good as the others; what is no row is refused whatever becomes of values
 * outside. */
static void check_unseen(const char *path, tacit_overflow overflow) {
    static const double SEEN[9] = {0, 1, 2, 3, 2, 1, 0, 1, 1};
    tacit_compile_options o;
    tacit_error err = {0};
    int64_t ids[9], clipped_to[9] = {0}, y[27], *outs[1] = {y};
    double x[9] = {39, 0, 38}, real[27], *reals[1] = {real}, mine;
    const double *ins[1] = {x};
    const int64_t *given[1] = {ids};
    uint64_t clipped, saturated;
    tacit_compile_defaults(&o);
    o.overflow = overflow;
    o.weight_bits = 16;
    tacit_model *m = compile_case(path, &o, 1, SEEN);
    assert_int_equal(tacit_model_io(m, 0).lo, 0);
    assert_int_equal(tacit_model_io(m, 0).hi, 39);
    assert_int_equal(tacit_quantise(m, 0, x, ids, &clipped, &err), TACIT_OK);
    assert_int_equal(clipped, 0);
    assert_int_equal(tacit_run(m, given, outs, &saturated, &err), TACIT_OK);
    assert_int_equal(tacit_float_run(path, &o, ins, reals, &err), TACIT_OK);
    const tacit_io out = tacit_model_io(m, 1), one = {.count = 1, .scale = out.scale};
    for (uint32_t i = 0; i < 27; i++) {
        tacit_dequantise(&one, &y[i], &mine);
        assert_true(fabs(mine - real[i]) < 1e-3);
    }
    for (int i = 0; i < 2; i++) {
        x[4] = i ? 40 : -1;
        assert_int_equal(tacit_quantise(m, 0, x, clipped_to, &clipped, &err), TACIT_VALUE);
        assert_string_equal(err.text, "\"i\": element 4 is none of 0 to 39");
    }
    tacit_model_free(m);
}

static void test_unseen(void **unused) {
    (void)unused;
    onnx_build *m = build_start(13);
    build_input_whole(m, "i", (shape){.rank = 1, .dim = {9}}, 0, 39);
    build_real(m, "t", (shape){.rank = 2, .dim = {40, 3}}, noise_list(T, 120, 2));
    build_wholes(m, "s", (shape){.rank = 1, .dim = {2}}, ONNX__TENSOR_PROTO__DATA_TYPE__INT64, (int64_t[]){3, 3});
    build_node(m, "Reshape", "i s", "j");
    build_node(m, "Gather", "t j", "y");
    build_output(m, "y");
    const char *path = build_write(m);
    check_unseen(path, TACIT_SATURATE);
    check_unseen(path, TACIT_REFUSE);
    build_end(m);
}

/* Integer inputs have integers for `check`, too. */
static void test_check(void **unused) {
    (void)unused;
    static tacit_compile_report r;
    tacit_compile_options o;
    tacit_error err = {0};
    onnx_build *m = build_start(13);
    build_input_whole(m, "i", (shape){.rank = 1, .dim = {9}}, 0, 39);
    build_input_whole(m, "k", (shape){.rank = 1, .dim = {3}}, 0, 1);
    build_input_boolean(m, "c", (shape){.rank = 1, .dim = {3}});
    build_real(m, "t", (shape){.rank = 2, .dim = {40, 3}}, noise_list(T, 120, 2));
    build_node(m, "Gather", "t i", "y");
    build_node(m, "Cast", "k", "f");
    build_int(m, "to", ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT);
    build_node(m, "Where", "c y f", "z");
    build_output(m, "z");
    tacit_compile_defaults(&o);
    assert_int_equal(tacit_check(build_write(m), &o, &r, &err), TACIT_OK);
    assert_string_equal(err.text, "");
    assert_true(r.lookups > 0);
    build_end(m);
}

/* Two products with one constant: one parameter. */
static void test_shared(void **unused) {
    (void)unused;
    static const double W[6] = {1, -2, 3, 0.5, 2, -1}, X[3] = {0.5, -1, 1};
    onnx_build *m = build_start(13);
    build_input(m, "x", (shape){.rank = 2, .dim = {1, 3}});
    build_real(m, "w", (shape){.rank = 2, .dim = {3, 2}}, W);
    build_node(m, "MatMul", "x w", "a");
    build_node(m, "Relu", "x", "r");
    build_node(m, "MatMul", "r w", "b");
    build_output(m, "a");
    build_output(m, "b");
    assert_int_equal(params_of(m, X), 1);
}

/* A head that is the embedding again: by one initializer through Transpose or transB, or by a second one with the same
 * numbers, transposed, as exporters fold it, or not. */
enum { WORDS = 40, WIDTH = 3, TOKENS = 6 };
typedef enum tie { BY_TRANSPOSE, BY_GEMM, BY_TURNED_COPY, BY_COPY, BY_MATMUL_ON_THE_LEFT, TIES } tie;

static void build_tied(onnx_build *m, tie how) {
    static double turned[WORDS * WIDTH];
    build_input_whole(m, "i", (shape){.rank = 1, .dim = {TOKENS}}, 0, WORDS - 1);
    build_real(m, "t", (shape){.rank = 2, .dim = {WORDS, WIDTH}}, T);
    build_node(m, "Gather", "t i", "e");
    for (uint32_t k = 0; k < WORDS * WIDTH; k++) turned[k % WIDTH * WORDS + k / WIDTH] = T[k];
    const shape wide = {.rank = 2, .dim = {WIDTH, WORDS}}, tall = {.rank = 2, .dim = {WORDS, WIDTH}};
    if (how == BY_TRANSPOSE) build_node(m, "Transpose", "t", "w");
    if (how == BY_TURNED_COPY) build_real(m, "w", wide, turned);
    if (how == BY_COPY) build_real(m, "w", tall, T);
    if (how == BY_MATMUL_ON_THE_LEFT) {
        build_node(m, "Transpose", "e", "f");
        build_node(m, "MatMul", "t f", "z");
        build_node(m, "Transpose", "z", "y");
    } else {
        build_node(m, how == BY_GEMM || how == BY_COPY ? "Gemm" : "MatMul", how == BY_GEMM ? "e t" : "e w", "y");
        if (how == BY_GEMM || how == BY_COPY) build_int(m, "transB", 1);
    }
    build_output(m, "y");
}

static void reference_tied(const double *const *in, double *out, const void *context) {
    (void)context;
    for (uint32_t i = 0; i < TOKENS; i++) {
        for (uint32_t v = 0; v < WORDS; v++) {
            *out = 0;
            for (uint32_t k = 0; k < WIDTH; k++) *out += T[(uint32_t)in[0][i] * WIDTH + k] * T[v * WIDTH + k];
            out++;
        }
    }
}

static void test_tied(void **unused) {
    (void)unused;
    static const double TOKEN[TOKENS] = {0, 7, WORDS - 1, 3, 3, 21};
    noise_list(T, WORDS * WIDTH, 2);
    for (tie how = 0; how < TIES; how++) {
        onnx_build *m = build_start(13);
        build_tied(m, how);
        assert_int_equal(params_of(m, TOKEN), 1);
        m = build_start(13);
        build_tied(m, how);
        check_case(m, reference_tied, NULL, 2e-4, 1);
    }
}

/* Matrices that differ in one number, or hold one number only, are not shared. */
static void test_not_shared(void **unused) {
    (void)unused;
    static const double TOKEN[TOKENS] = {0};
    static double other[WORDS * WIDTH];
    for (int equal = 0; equal < 2; equal++) {
        onnx_build *m = build_start(13);
        noise_list(T, WORDS * WIDTH, 2);
        for (uint32_t k = 0; k < WORDS * WIDTH; k++) other[k] = T[k] = equal ? 0.5 : T[k];
        if (!equal) other[WORDS * WIDTH - 1] += 0x1p-20;
        build_input_whole(m, "i", (shape){.rank = 1, .dim = {TOKENS}}, 0, WORDS - 1);
        build_real(m, "t", (shape){.rank = 2, .dim = {WORDS, WIDTH}}, T);
        build_real(m, "w", (shape){.rank = 2, .dim = {WORDS, WIDTH}}, other);
        build_node(m, "Gather", "t i", "e");
        build_node(m, "Gemm", "e w", "y");
        build_int(m, "transB", 1);
        build_output(m, "y");
        assert_int_equal(params_of(m, TOKEN), 2);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows),      cmocka_unit_test(test_negative),
                                       cmocka_unit_test(test_unseen),    cmocka_unit_test(test_check),
                                       cmocka_unit_test(test_shared),    cmocka_unit_test(test_tied),
                                       cmocka_unit_test(test_not_shared)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
