/* What the compiler must refuse, with one line that says where: unknown operators and attributes, bad weights, broken
 * graphs, data outside the model's folder, damaged files. And values outside the calibrated range. */
#define _GNU_SOURCE
#include "operator_case.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static shape matrix(uint32_t a, uint32_t b) {
    return (shape){.rank = 2, .dim = {a, b}};
}

/* x [2, 3] through one node, with constants w [3, 2] (reals) and k (integers). */
static onnx_build *one_node(const char *op, const char *inputs) {
    static const double W[6] = {1, -2, 0.5, 1, 2, -1};
    onnx_build *m = build_start(17);
    build_input(m, "x", matrix(2, 3));
    build_real(m, "w", matrix(3, 2), W);
    build_whole(m, "k", 2, (int64_t[]){3, 2});
    build_node(m, op, inputs, "y");
    build_output(m, "y");
    return m;
}

static void test_operators(void **unused) {
    (void)unused;
    refuse_case(one_node("Det", "x"), TACIT_UNSUPPORTED, "Det_0\" (Det): operator");
    refuse_case(one_node("MatMul", "x"), TACIT_SHAPE, "number of inputs");
    refuse_case(one_node("MatMul", "x x"), TACIT_SHAPE, "do not fit");
}

static void test_attributes(void **unused) {
    (void)unused;
    onnx_build *m = one_node("MatMul", "x w");
    build_int(m, "colour", 3);
    refuse_case(m, TACIT_UNSUPPORTED, "attribute \"colour\"");
    m = one_node("Gemm", "x w");
    build_text(m, "alpha", "1");
    refuse_case(m, TACIT_MALFORMED, "attribute alpha has the wrong type");
    m = one_node("Gemm", "x w");
    build_float(m, "alpha", INFINITY);
    refuse_case(m, TACIT_VALUE, "alpha is not finite");
    m = one_node("Transpose", "x");
    INTS(m, "perm", 0, 0);
    refuse_case(m, TACIT_SHAPE, "perm is not a permutation");
    m = one_node("MaxPool", "x");
    INTS(m, "kernel_shape", 1, 1);
    refuse_case(m, TACIT_UNSUPPORTED, "spatial axes");
}

static void test_weights(void **unused) {
    (void)unused;
    static const double BAD[2] = {NAN, INFINITY};
    static const char *const WHY[2] = {"\"w\": element 3 is not a number", "is not a finite number on this input"};
    for (int i = 0; i < 2; i++) {
        onnx_build *m = one_node("MatMul", "x w");
        m->initializers[0]->double_data[3] = BAD[i];
        refuse_case(m, TACIT_VALUE, WHY[i]);
    }
    onnx_build *m = one_node("MatMul", "x w");
    m->initializers[0]->n_double_data = 5;
    refuse_case(m, TACIT_MALFORMED, "\"w\": 40 bytes of data for 6 elements");
    m = one_node("MatMul", "x w");
    m->initializers[0]->data_type = ONNX__TENSOR_PROTO__DATA_TYPE__STRING;
    refuse_case(m, TACIT_UNSUPPORTED, "\"w\": data type 8");
    m = one_node("MatMul", "x w");
    m->initializers[0]->dims[0] = -3;
    refuse_case(m, TACIT_MALFORMED, "bad dimension");
}

static void test_graphs(void **unused) {
    (void)unused;
    onnx_build *m = one_node("Add", "x z");
    build_node(m, "Relu", "y", "z");
    refuse_case(m, TACIT_MALFORMED, "depends on itself");
    refuse_case(one_node("MatMul", "x v"), TACIT_MALFORMED, "input \"v\" does not exist");
    m = one_node("MatMul", "x w");
    build_node(m, "Relu", "x", "y");
    refuse_case(m, TACIT_MALFORMED, "two tensors are named \"y\"");
    m = one_node("MatMul", "x w");
    build_output(m, "nothing");
    refuse_case(m, TACIT_MALFORMED, "output \"nothing\" does not exist");
    m = one_node("MatMul", "x w");
    m->opset.version = 6;
    refuse_case(m, TACIT_UNSUPPORTED, "opset 6");
    m = one_node("MatMul", "x w");
    m->inputs[0]->type->tensor_type->elem_type = ONNX__TENSOR_PROTO__DATA_TYPE__STRING;
    refuse_case(m, TACIT_UNSUPPORTED, "input \"x\": data type 8");
    m = one_node("MatMul", "x w");
    m->inputs[0]->type->tensor_type->shape->dim[1]->dim_value = 0;
    refuse_case(m, TACIT_UNSUPPORTED, "dimension 1");
}

/* Nodes in any order are sorted. */
static void test_order(void **unused) {
    (void)unused;
    static const double X[6] = {1, 2, 3, -4, 5, -6};
    onnx_build *m = build_start(17);
    build_input(m, "x", matrix(1, 6));
    build_node(m, "Add", "b x", "y");
    build_node(m, "Relu", "a", "b");
    build_node(m, "Identity", "x", "a");
    build_output(m, "y");
    tacit_compile_options o;
    tacit_compile_defaults(&o);
    tacit_model_free(compile_case(build_write(m), &o, 1, X));
    build_end(m);
}

/* ---- external data */
static onnx_build *with_external(const char *location) {
    static Onnx__StringStringEntryProto entry;
    static Onnx__StringStringEntryProto *entries[1] = {&entry};
    static char key[] = "location", value[64];
    onnx_build *m = one_node("MatMul", "x w");
    Onnx__TensorProto *w = m->initializers[0];
    onnx__string_string_entry_proto__init(&entry);
    (void)snprintf(value, sizeof value, "%s", location);
    entry.key = key;
    entry.value = value;
    w->n_double_data = 0;
    w->has_data_location = 1;
    w->data_location = ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL;
    w->n_external_data = 1;
    w->external_data = entries;
    return m;
}

static void test_external(void **unused) {
    (void)unused;
    static const double W[6] = {1, -2, 0.5, 1, 2, -1}, X[6] = {1, 2, 3, 4, 5, 6};
    char path[] = "/tmp/tacit-data-XXXXXX", link[] = "/tmp/tacit-link-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0 && write(fd, W, sizeof W) == (ssize_t)sizeof W);
    (void)close(fd);
    onnx_build *m = with_external(path + 5);
    tacit_compile_options o;
    tacit_compile_defaults(&o);
    tacit_model_free(compile_case(build_write(m), &o, 1, X));
    build_end(m);
    refuse_case(with_external(path), TACIT_VALUE, "not inside the model's folder");
    refuse_case(with_external("../etc/passwd"), TACIT_VALUE, "not inside the model's folder");
    refuse_case(with_external("a/../../b"), TACIT_VALUE, "not inside the model's folder");
    refuse_case(with_external("tacit-no-such-file"), TACIT_MISSING, "tacit-no-such-file");
    fd = mkstemp(link);
    (void)close(fd);
    (void)unlink(link);
    assert_int_equal(symlink("/etc/hostname", link), 0);
    refuse_case(with_external(link + 5), TACIT_VALUE, "leads out of the model's folder");
    (void)unlink(link);
    assert_int_equal(truncate(path, 40), 0);
    refuse_case(with_external(path + 5), TACIT_MALFORMED, "too short");
    (void)unlink(path);
}

/* Every prefix of a model, and bytes changed one at a time: a status, never a crash. */
static void test_damaged(void **unused) {
    (void)unused;
    onnx_build *m = one_node("Gemm", "x w");
    build_float(m, "alpha", 0.5);
    size_t size = onnx__model_proto__get_packed_size(&m->model);
    unsigned char *data = malloc(size), *copy = malloc(size);
    onnx__model_proto__pack(&m->model, data);
    const char *path = build_write(m);
    tacit_compile_options o;
    static tacit_compile_report r;
    tacit_compile_defaults(&o);
    o.activation_bits = 8;
    for (size_t i = 0; i < 2 * size; i++) {
        size_t length = i < size ? i : size;
        memcpy(copy, data, size);
        if (i >= size) copy[i - size] ^= (unsigned char)(1 + i % 255);
        FILE *f = fopen(path, "wb");
        assert_true(f && fwrite(copy, 1, length, f) == length);
        (void)fclose(f);
        tacit_error err = {0};
        tacit_status s = tacit_check(path, &o, &r, &err);
        assert_true(s == TACIT_OK || err.text[0] != '\0');
    }
    free(data);
    free(copy);
    build_end(m);
}

/* ---- outside the calibrated range: y = relu(sum of x), calibrated where the sums are small */
static onnx_build *sums(void) {
    static const double ONES[8] = {1, 1, 1, 1, 1, 1, 1, 1};
    onnx_build *m = build_start(17);
    build_input(m, "x", matrix(1, 8));
    build_real(m, "w", matrix(8, 1), ONES);
    build_node(m, "MatMul", "x w", "t");
    build_node(m, "Relu", "t", "y");
    build_output(m, "y");
    return m;
}

static void ints_of(const tacit_model *m, double v, double sign, int64_t *out) {
    double x[8];
    tacit_error err = {0};
    for (int i = 0; i < 8; i++) x[i] = i % 2 == 0 ? v : sign * v;
    assert_int_equal(tacit_quantise(m, 0, x, out, NULL, &err), TACIT_OK);
}

static void test_overflow(void **unused) {
    (void)unused;
    static const double SMALL[16] = {1, -1, 1, -1, 1, -1, 1, -0.9, -1, 1, -1, 1, -1, 1, -1, 0.9};
    int64_t in[8], out[1];
    const int64_t *ins[1] = {in};
    int64_t *outs[1] = {out};
    for (uint32_t bits = 8; bits <= 16; bits += 8) {
        for (int overflow = TACIT_SATURATE; overflow <= TACIT_REFUSE; overflow++) {
            onnx_build *b = sums();
            tacit_compile_options o;
            tacit_error err = {0};
            uint64_t saturated = 0;
            tacit_compile_defaults(&o);
            o.weight_bits = bits;
            o.activation_bits = 8;
            o.overflow = (tacit_overflow)overflow;
            tacit_model *m = compile_case(build_write(b), &o, 2, SMALL);
            for (int side = -1; side <= 1; side += 2) {
                ints_of(m, side, 1, in);
                tacit_status s = tacit_run(m, ins, outs, &saturated, &err);
                assert_int_equal(s, overflow == TACIT_REFUSE ? TACIT_OVERFLOW : TACIT_OK);
                if (overflow == TACIT_REFUSE) assert_non_null(strstr(err.text, "\"t"));
                if (overflow == TACIT_REFUSE) continue;
                trace t;
                arena a;
                assert_int_equal(saturated, 1);
                trace_case(m, ins, &t, &a, NULL);
                tamper_case(&t, &a);
                arena_unmap(&a);
            }
            tacit_model_free(m);
            build_end(b);
        }
    }
}

/* One scalar product of x with 1, .., 1 against `count` of them: what auto takes, and how wide tables are. */
static uint64_t wide_model(uint32_t count, tacit_overflow overflow, tacit_overflow *taken) {
    enum { INNER = 64, MOST = 4096 };
    static double w[INNER * MOST], x[INNER];
    static tacit_compile_report r;
    const double *values[1] = {x};
    const tacit_samples s = {1, 1, NULL, values};
    onnx_build *b = build_start(13);
    tacit_compile_options o;
    tacit_model *m;
    tacit_error err = {0};
    for (uint32_t i = 0; i < INNER; i++) x[i] = i % 2 == 0 ? 1 : -0.9;
    for (uint32_t i = 0; i < INNER * count; i++) w[i] = 1;
    build_input(b, "x", matrix(1, INNER));
    build_real(b, "w", matrix(INNER, 1), w);
    build_real(b, "row", matrix(1, count), w);
    build_node(b, "MatMul", "x w", "t");
    build_node(b, "MatMul", "t row", "y");
    build_output(b, "y");
    tacit_compile_defaults(&o);
    o.activation_bits = 8;
    o.overflow = overflow;
    if (tacit_compile(&m, build_write(b), &o, &s, &r, &err) != TACIT_OK) fail_msg("%s", err.text);
    *taken = r.overflow;
    tacit_model_free(m);
    build_end(b);
    return r.table_rows;
}

static void test_auto(void **unused) {
    (void)unused;
    tacit_overflow taken;
    (void)wide_model(1, TACIT_OVERFLOW_AUTO, &taken);
    assert_int_equal(taken, TACIT_SATURATE);
    uint64_t rows = wide_model(4096, TACIT_OVERFLOW_AUTO, &taken);
    assert_int_equal(taken, TACIT_REFUSE);
    assert_int_equal(wide_model(4096, TACIT_REFUSE, &taken), rows);
    (void)wide_model(4096, TACIT_SATURATE, &taken);
    assert_int_equal(taken, TACIT_SATURATE);
    assert_true(rows > wide_model(1, TACIT_REFUSE, &taken) + 32); /* 4096 elements pay for 2 * 64 rows */
}

/* Each sum is 8 GiB of reals: more of them than the machine holds. */
static void test_too_large(void **unused) {
    (void)unused;
    static const int64_t size[2] = {1 << 15, 1 << 15};
    static const double one = 1;
    uint64_t memory = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
    const double *values[2] = {&one, &one};
    const tacit_samples s = {1, 2, NULL, values};
    char from[16] = "t0", to[16], both[40];
    onnx_build *m = build_start(13);
    tacit_compile_options o;
    tacit_model *model = NULL;
    tacit_error err = {0};
    build_input(m, "x", matrix(1, 1));
    build_input(m, "u", matrix(1, 1));
    build_whole(m, "size", 2, size);
    build_node(m, "Expand", "x size", "t0");
    uint64_t many = (memory >> 33) + 2 < BUILD_LIST / 2 - 1 ? (memory >> 33) + 2 : BUILD_LIST / 2 - 1;
    for (uint64_t k = 1; k <= many; k++) {
        snprintf(to, sizeof to, "t%u", (unsigned)k);
        build_node(m, "Mul", "t0 u", to);
    }
    for (uint64_t k = 1; k <= many; k++) { /* all are read after the last one is made */
        snprintf(to, sizeof to, "s%u", (unsigned)k);
        snprintf(both, sizeof both, "%s t%u", from, (unsigned)k);
        build_node(m, "Add", both, to);
        memcpy(from, to, sizeof from);
    }
    build_output(m, from);
    tacit_compile_defaults(&o);
    assert_int_equal(tacit_compile(&model, build_write(m), &o, &s, NULL, &err), TACIT_RESOURCES);
    assert_non_null(strstr(err.text, "calibration needs"));
    build_end(m);
}

static void test_inputs_outside(void **unused) {
    (void)unused;
    static const double X[8] = {1, -1, 1, -1, 1, -1, 1, -1};
    double far[8] = {5, 0, 0, 0, 0, 0, 0, 0};
    int64_t out[8];
    for (int overflow = TACIT_SATURATE; overflow <= TACIT_REFUSE; overflow++) {
        onnx_build *b = sums();
        tacit_compile_options o;
        tacit_error err = {0};
        uint64_t clipped = 0;
        tacit_compile_defaults(&o);
        o.overflow = (tacit_overflow)overflow;
        tacit_model *m = compile_case(build_write(b), &o, 1, X);
        far[0] = 5;
        tacit_status s = tacit_quantise(m, 0, far, out, &clipped, &err);
        assert_int_equal(s, overflow == TACIT_REFUSE ? TACIT_OVERFLOW : TACIT_OK);
        assert_int_equal(clipped, overflow == TACIT_REFUSE ? 0 : 1);
        far[0] = NAN;
        assert_int_equal(tacit_quantise(m, 0, far, out, &clipped, &err), TACIT_VALUE);
        tacit_model_free(m);
        build_end(b);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_operators), cmocka_unit_test(test_attributes),     cmocka_unit_test(test_weights),
        cmocka_unit_test(test_graphs),    cmocka_unit_test(test_order),          cmocka_unit_test(test_external),
        cmocka_unit_test(test_damaged),   cmocka_unit_test(test_overflow),       cmocka_unit_test(test_auto),
        cmocka_unit_test(test_too_large), cmocka_unit_test(test_inputs_outside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
