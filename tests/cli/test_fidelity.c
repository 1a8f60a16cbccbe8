/* test_fidelity: what `compile --test` reports of a model of tokens: ids in, a row of scores for each token and the
 * place of its largest out. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "../operators/onnx_build.h"
#include <json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "fidelity.h"
#include "io_npz.h"

enum { TOKENS = 3, SCORES = 5, ROWS = 40, SAMPLES = 2, HEADER = 128 };

static const int64_t IDS[SAMPLES * TOKENS] = {7, 39, 0, 11, 12, 13};

/* The largest score of token v is the one at v mod 5. */
static onnx_build *make_model(void) {
    static double t[ROWS * SCORES];
    for (int v = 0; v < ROWS; v++)
        for (int k = 0; k < SCORES; k++) t[v * SCORES + k] = k == v % SCORES ? 1 : 0.01 * v - 0.1 * k;
    onnx_build *m = build_start(13);
    build_input_whole(m, "ids", (shape){.rank = 2, .dim = {1, TOKENS}}, 0, ROWS - 1);
    build_real(m, "t", (shape){.rank = 2, .dim = {ROWS, SCORES}}, t);
    build_node(m, "Gather", "t ids", "scores");
    build_node(m, "ArgMax", "scores", "next");
    build_int(m, "axis", 2);
    build_int(m, "keepdims", 0);
    build_output(m, "scores");
    build_output(m, "next");
    return m;
}

/* A file of int64. */
static file_bytes integers(const int64_t *x, size_t count, const char *shape_text) {
    file_bytes b = {.data = calloc(1, HEADER + count * sizeof *x), .size = HEADER + count * sizeof *x};
    char *text = (char *)b.data;
    memcpy(text, "\x93NUMPY\x01\x00\x76\x00", 10);
    int n = snprintf(text + 10, HEADER - 10, "{'descr': '<i8', 'fortran_order': False, 'shape': %s, }", shape_text);
    memset(text + 10 + n, ' ', HEADER - 10 - (size_t)n);
    memcpy(text + HEADER, x, count * sizeof *x);
    return b;
}

static void write_samples(const char *path, const int64_t *label, size_t labels) {
    char shape_of[32];
    (void)snprintf(shape_of, sizeof shape_of, "(%zu,)", labels);
    npz_entry entry[2] = {{"ids", integers(IDS, SAMPLES * TOKENS, "(2, 3)")},
                          {"label", integers(label, labels, shape_of)}};
    file_bytes all;
    tacit_error err = {0};
    assert_int_equal(npz_write(&all, entry, 2, &err), TACIT_OK);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(all.data, 1, all.size, f), all.size);
    assert_int_equal(fclose(f), 0);
    disk_wipe(&all);
    for (int i = 0; i < 2; i++) free(entry[i].npy.data);
}

static tacit_model *compile_tokens(const char *onnx, const tacit_compile_options *o) {
    static double ids[SAMPLES * TOKENS];
    for (int i = 0; i < SAMPLES * TOKENS; i++) ids[i] = (double)IDS[i];
    const double *values[1] = {ids};
    const tacit_samples s = {SAMPLES, 1, NULL, values};
    static tacit_compile_report r;
    tacit_model *m;
    tacit_error err = {0};
    assert_int_equal(tacit_compile(&m, onnx, o, &s, &r, &err), TACIT_OK);
    assert_int_equal(r.samples, SAMPLES);
    assert_int_equal(r.answers, SAMPLES * TOKENS);
    assert_int_equal(r.top1_agree, SAMPLES * TOKENS);
    return m;
}

static int64_t number(struct json_object *of, const char *key) {
    struct json_object *x = NULL;
    if (!json_object_object_get_ex(of, key, &x)) fail_msg("no %s", key);
    return json_object_get_int64(x);
}

static void check_report(struct json_object *root) {
    struct json_object *x = NULL, *outputs = NULL;
    assert_int_equal(number(root, "test_samples"), SAMPLES);
    assert_int_equal(number(root, "test_same_answer"), SAMPLES * TOKENS);
    assert_int_equal(number(root, "test_right_float"), 5);
    assert_int_equal(number(root, "test_right_integer"), 5);
    assert_true(json_object_object_get_ex(root, "test_smallest_cosine", &x));
    assert_true(json_object_get_double(x) > 0.9999 && json_object_get_double(x) < 1.0001);
    assert_true(json_object_object_get_ex(root, "test_outputs", &outputs));
    assert_int_equal(json_object_array_length(outputs), 2);
    for (size_t i = 0; i < 2; i++) {
        struct json_object *row = json_object_array_get_idx(outputs, i);
        assert_int_equal(number(row, "answers"), SAMPLES * TOKENS);
        assert_int_equal(number(row, "same_answer"), SAMPLES * TOKENS);
        assert_true(json_object_object_get_ex(row, "smallest_cosine", &x));
        assert_true((x != NULL) == (i == 0)); /* of ids there is none */
    }
}

static void test_tokens(void **unused) {
    (void)unused;
    static const int64_t label[SAMPLES * TOKENS] = {2, 4, 0, 1, 2, 4}; /* the last one is wrong */
    char path[] = "/tmp/tacit-fidelity-XXXXXX";
    report r;
    tacit_error err = {0};
    tacit_compile_options o;
    tacit_compile_defaults(&o);
    onnx_build *b = make_model();
    const char *onnx = build_write(b);
    int file = mkstemp(path);
    assert_true(file >= 0);
    tacit_model *m = compile_tokens(onnx, &o);
    write_samples(path, label, SAMPLES * TOKENS);
    report_open(&r, true);
    assert_int_equal(fidelity_report(&r, m, onnx, &o, path, &err), TACIT_OK);
    check_report(r.root);
    write_samples(path, label, SAMPLES * TOKENS - 1);
    assert_int_equal(fidelity_report(&r, m, onnx, &o, path, &err), TACIT_SHAPE);
    assert_non_null(strstr(err.text, "label: must be integers, 6 of them"));
    (void)json_object_put(r.root);
    tacit_model_free(m);
    (void)close(file);
    (void)unlink(path);
    build_end(b);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_tokens)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
