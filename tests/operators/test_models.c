/* A model from elsewhere: mnist-8 of the ONNX model zoo on MNIST's images. Both lie in the shared folder (TACIT_SHARED,
 * or ../shared beside the checkout); what is absent is skipped, and said so. */
#define _GNU_SOURCE
#include "operator_case.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { IMAGES = 32, PIXELS = 784, HEADER = 16 };

static const char *shared(char *out, size_t size, const char *file) {
    const char *root = getenv("TACIT_SHARED");
    if (root)
        (void)snprintf(out, size, "%s/%s", root, file);
    else
        (void)snprintf(out, size, "%s/../shared/%s", TACIT_SOURCE_DIR, file);
    if (access(out, R_OK) == 0) return out;
    print_message("skipped: %s is not here\n", out);
    return NULL;
}

/* The first images, pixels 0 .. 255. */
static double *read_images(const char *path) {
    char command[512];
    unsigned char bytes[HEADER + IMAGES * PIXELS];
    (void)snprintf(command, sizeof command, "gzip -dc '%s' 2>/dev/null", path);
    FILE *f = popen(command, "r");
    assert_non_null(f);
    size_t n = fread(bytes, 1, sizeof bytes, f);
    (void)pclose(f);
    assert_int_equal(n, sizeof bytes);
    double *x = malloc(IMAGES * PIXELS * sizeof *x);
    for (size_t i = 0; i < IMAGES * PIXELS; i++) x[i] = bytes[HEADER + i];
    return x;
}

static void compile_mnist(const char *path, const double *images, uint32_t bits, uint32_t batch,
                          tacit_overflow overflow) {
    tacit_compile_options o;
    static tacit_compile_report r;
    tacit_model *m;
    tacit_error err = {0};
    tacit_compile_defaults(&o);
    o.weight_bits = bits;
    o.activation_bits = 12;
    o.overflow = overflow;
    o.batch = batch;
    const tacit_samples s = {IMAGES / batch, 1, NULL, &images};
    if (tacit_compile(&m, path, &o, &s, &r, &err) != TACIT_OK) fail_msg("%s", err.text);
    print_message("mnist-8, %u bits, batch %u: %u of %u agree, largest error %g, %u lookups, %u table rows\n", bits,
                  batch, (unsigned)r.top1_agree, (unsigned)r.samples, r.largest_error, (unsigned)r.lookups,
                  (unsigned)r.table_rows);
    assert_int_equal(r.samples, IMAGES);
    assert_int_equal(r.top1_agree, IMAGES);
    assert_int_equal(r.weights, 5994);
    tacit_model_free(m);
}

static void test_mnist(void **unused) {
    (void)unused;
    char model[512], data[512];
    const char *path = shared(model, sizeof model, "models/onnx-zoo/mnist-8.onnx");
    const char *images = shared(data, sizeof data, "data/mnist/t10k-images-idx3-ubyte.gz");
    if (!path || !images) skip();
    double *x = read_images(images);
    compile_mnist(path, x, 8, 1, TACIT_REFUSE);
    compile_mnist(path, x, 16, 1, TACIT_SATURATE);
    compile_mnist(path, x, 8, 4, TACIT_SATURATE);
    free(x);
}

/* One image whose relations hold, by their definition. */
static void test_mnist_relations(void **unused) {
    (void)unused;
    char model[512], data[512];
    const char *path = shared(model, sizeof model, "models/onnx-zoo/mnist-8.onnx");
    const char *images = shared(data, sizeof data, "data/mnist/t10k-images-idx3-ubyte.gz");
    if (!path || !images) skip();
    double *x = read_images(images);
    int64_t *ints = malloc(PIXELS * sizeof *ints);
    const int64_t *inputs[1] = {ints};
    tacit_compile_options o;
    tacit_error err = {0};
    trace t;
    arena a;
    tacit_compile_defaults(&o);
    o.activation_bits = 8;
    tacit_model *m = compile_case(path, &o, IMAGES, x);
    assert_int_equal(tacit_quantise(m, 0, x, ints, NULL, &err), TACIT_OK);
    trace_case(m, inputs, &t, &a, NULL);
    assert_int_equal(trace_violated(&t, &a), UINT32_MAX);
    arena_unmap(&a);
    tacit_model_free(m);
    free(ints);
    free(x);
}

/* A model without weights has one parameter: a certificate commits to something. */
static void test_no_weights(void **unused) {
    (void)unused;
    const double x[3] = {-1, 0.5, 2};
    tacit_compile_options o;
    tacit_error err = {0};
    tacit_cost cost;
    onnx_build *b = build_start(17);
    build_input(b, "x", (shape){.rank = 2, .dim = {1, 3}});
    build_node(b, "Relu", "x", "y");
    build_output(b, "y");
    tacit_compile_defaults(&o);
    tacit_model *m = compile_case(build_write(b), &o, 1, x);
    uint32_t params = 0;
    for (uint32_t t = 0; t < m->pub.program.tensor_count; t++) {
        if (m->pub.program.tensors[t].kind != TENSOR_PARAM) continue;
        params++;
        assert_int_equal(shape_count(&m->pub.program.tensors[t].shape), 1);
        assert_int_equal(narrow_get(m->weights[t], 0), 0);
    }
    assert_int_equal(params, 1);
    assert_int_equal(tacit_estimate(m, &(tacit_commit_options){.proofs = 1}, &cost, &err), TACIT_OK);
    tacit_model_free(m);
    build_end(b);
}

/* Tensors that are zero on every sample, products of them, and what they are added to. */
static void blank_reference(const double *const *in, double *out, const void *unused) {
    (void)unused;
    for (int i = 0; i < 6; i++) out[i] = in[0][i];
}

static void test_blank(void **unused) {
    (void)unused;
    double w[9];
    onnx_build *m = build_start(17);
    build_input(m, "x", (shape){.rank = 2, .dim = {2, 3}});
    build_real(m, "w", (shape){.rank = 2, .dim = {3, 3}}, noise_list(w, 9, 1));
    build_node(m, "Sub", "x x", "zero");
    build_node(m, "MatMul", "zero w", "a");
    build_node(m, "Transpose", "a", "b");
    build_node(m, "MatMul", "a b", "c");
    build_node(m, "MatMul", "c zero", "d");
    build_node(m, "Mul", "d a", "e");
    build_node(m, "Add", "x e", "y");
    build_output(m, "y");
    check_case(m, blank_reference, NULL, 5e-4, 1.5);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_mnist), cmocka_unit_test(test_mnist_relations),
                                       cmocka_unit_test(test_no_weights), cmocka_unit_test(test_blank)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
