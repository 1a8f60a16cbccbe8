/* The compiled model as a file, and the public functions around it, on the bundled digits model. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/file.h"
#include "program/model.h"
#include "tacit/tacit.h"
#include <cmocka.h> /* last: it has a macro named fail */

#define DIGITS TACIT_SOURCE_DIR "/examples/digits/model.onnx"
enum { SAMPLES = 4, PIXELS = 64 };

static double samples[SAMPLES * PIXELS];

static void fill_samples(void) {
    uint64_t state = 1;
    for (int i = 0; i < SAMPLES * PIXELS; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        samples[i] = (double)(state >> 40) * 0x1p-24;
    }
}

static tacit_compile_options small(void) {
    tacit_compile_options o;
    tacit_compile_defaults(&o);
    o.activation_bits = 10;
    return o;
}

static tacit_model *digits(const tacit_compile_options *o, tacit_compile_report *r) {
    const double *values[1] = {samples};
    const tacit_samples s = {o->batch > 0 ? SAMPLES / o->batch : SAMPLES, 1, NULL, values};
    tacit_model *m;
    tacit_error err = {0};
    fill_samples();
    if (tacit_compile(&m, DIGITS, o, &s, r, &err) != TACIT_OK) fail_msg("%s", err.text);
    return m;
}

static void test_same_bytes(void **unused) {
    (void)unused;
    const tacit_compile_options o = small();
    tacit_model *a = digits(&o, NULL), *b = digits(&o, NULL);
    assert_int_equal(a->size, b->size);
    assert_memory_equal(a->bytes, b->bytes, a->size);
    tacit_model_free(a);
    tacit_model_free(b);
}

static void test_save_load(void **unused) {
    (void)unused;
    const tacit_compile_options o = small();
    char folder[] = "/tmp/tacit-model-XXXXXX", path[64], missing[64];
    tacit_error err = {0};
    tacit_model *m = digits(&o, NULL), *back;
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/m.tacit", folder);
    (void)snprintf(missing, sizeof missing, "%s/no/m.tacit", folder);
    assert_int_equal(tacit_model_save(m, path, &err), TACIT_OK);
    assert_int_equal(tacit_model_load(&back, path, &err), TACIT_OK);
    assert_int_equal(back->size, m->size);
    assert_memory_equal(back->bytes, m->bytes, m->size);
    assert_memory_equal(back->pub.digest.b, m->pub.digest.b, 32);
    assert_int_equal(tacit_model_weight_count(back), 3658);
    assert_int_equal(tacit_model_io_count(back), 2);
    tacit_model_free(back);
    assert_int_not_equal(tacit_model_save(m, missing, &err), TACIT_OK);
    assert_int_equal(tacit_model_load(&back, missing, &err), TACIT_MISSING);
    assert_null(back);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0); /* nothing else was left there */
    tacit_model_free(m);
}

/* A model without its public part's meaning: any byte changed, any prefix. */
static void test_damaged(void **unused) {
    (void)unused;
    const tacit_compile_options o = small();
    tacit_model *m = digits(&o, NULL), *back;
    unsigned char *copy = malloc(m->size);
    for (size_t i = 0; i < m->size; i += 1 + m->size / 500) {
        tacit_error err = {0};
        memcpy(copy, m->bytes, m->size);
        copy[i] ^= 1;
        assert_int_not_equal(model_parse(&back, copy, m->size, &err), TACIT_OK);
        assert_null(back);
        err = (tacit_error){0};
        assert_int_equal(model_parse(&back, m->bytes, i, &err), TACIT_MALFORMED);
    }
    free(copy);
    tacit_model_free(m);
}

/* As above with the checksum made right again: the parser itself must notice, or read another valid model. */
static void test_forged(void **unused) {
    (void)unused;
    const tacit_compile_options o = small();
    tacit_model *m = digits(&o, NULL), *back;
    unsigned char *copy = malloc(m->size);
    for (size_t i = 0; i + 32 < m->size; i += 1 + m->size / 300) {
        tacit_error err = {0};
        memcpy(copy, m->bytes, m->size);
        copy[i] ^= (unsigned char)(1 + i % 255);
        const digest sum = sha256_of(copy, m->size - 32);
        memcpy(copy + m->size - 32, sum.b, 32);
        tacit_status s = model_parse(&back, copy, m->size, &err);
        assert_true(s == TACIT_OK || err.text[0] != '\0');
        tacit_model_free(back);
    }
    free(copy);
    tacit_model_free(m);
}

static void test_io(void **unused) {
    (void)unused;
    const tacit_compile_options o = small();
    tacit_model *m = digits(&o, NULL);
    const tacit_io in = tacit_model_io(m, 0), out = tacit_model_io(m, 1);
    assert_string_equal(in.name, "input");
    assert_string_equal(out.name, "logits");
    assert_false(in.is_output);
    assert_true(out.is_output);
    assert_int_equal(in.count, 64);
    assert_int_equal(out.count, 10);
    double x = 0.3, back;
    int64_t q[64];
    double all[64];
    tacit_error err = {0};
    for (int i = 0; i < 64; i++) all[i] = x;
    assert_int_equal(tacit_quantise(m, 0, all, q, NULL, &err), TACIT_OK);
    const tacit_io one = {.count = 1, .scale = in.scale};
    tacit_dequantise(&one, q, &back);
    assert_true(back > 0.299 && back < 0.301);
    assert_int_equal(tacit_quantise(m, 2, all, q, NULL, &err), TACIT_USAGE);
    tacit_model_free(m);
}

static void test_batch(void **unused) {
    (void)unused;
    tacit_compile_options o = small();
    static tacit_compile_report one, two;
    tacit_model_free(digits(&o, &one));
    o.batch = 2;
    tacit_model *m = digits(&o, &two);
    assert_int_equal(one.samples, SAMPLES);
    assert_int_equal(two.samples, SAMPLES);
    assert_int_equal(two.top1_agree, SAMPLES);
    assert_int_equal(tacit_model_io(m, 0).dim[0], 2);
    assert_int_equal(tacit_model_io(m, 1).dim[0], 2);
    assert_int_equal(two.multiplications, 2 * one.multiplications);
    tacit_model_free(m);
}

static void test_check(void **unused) {
    (void)unused;
    tacit_compile_options o = small();
    static tacit_compile_report r, compiled;
    tacit_error err = {0};
    assert_int_equal(tacit_check(DIGITS, &o, &r, &err), TACIT_OK);
    assert_string_equal(err.text, "");
    assert_int_equal(r.operator_count, 5);
    assert_string_equal(r.operators[0].name, "Conv");
    assert_int_equal(r.operators[0].count, 2);
    assert_int_equal(r.weights, 3658);
    tacit_model_free(digits(&o, &compiled));
    assert_true(r.lookups < 2 * compiled.lookups && compiled.lookups < 2 * r.lookups);
    assert_int_equal(tacit_check("/nowhere.onnx", &o, &r, &err), TACIT_MISSING);
    tacit_io io[1];
    char names[16];
    uint32_t count;
    assert_int_equal(tacit_onnx_inputs(DIGITS, &o, io, 1, &count, names, sizeof names, &err), TACIT_OK);
    assert_int_equal(count, 1);
    assert_string_equal(io[0].name, "input");
    assert_int_equal(io[0].count, 64);
    assert_int_equal(tacit_onnx_inputs(DIGITS, &o, io, 1, &count, names, 3, &err), TACIT_RESOURCES);
}

/* Images of noise have answers that lie close together: 8 bits change some of them. */
static void test_keep_answers(void **unused) {
    (void)unused;
    enum { NOISE = 200 };
    static double noise[NOISE * PIXELS];
    uint64_t state = 1;
    for (int i = 0; i < NOISE * PIXELS; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        noise[i] = (double)(state >> 40) * 0x1p-24;
    }
    const double *values[1] = {noise};
    const tacit_samples s = {NOISE, 1, NULL, values};
    static tacit_compile_report r;
    tacit_model *m;
    tacit_error err = {0};
    tacit_compile_options o;
    tacit_compile_defaults(&o);
    for (o.keep_answers = 0; o.keep_answers < 2; o.keep_answers++) {
        assert_int_equal(tacit_compile(&m, DIGITS, &o, &s, &r, &err), TACIT_OK);
        tacit_model_free(m);
        assert_int_equal(r.weight_bits, o.keep_answers ? 16 : 8);
        if (!o.keep_answers) assert_true(r.top1_agree < r.samples);
    }
}

static void test_options(void **unused) {
    (void)unused;
    const double *values[1] = {samples};
    const char *names[1] = {"elsewhere"};
    tacit_samples s = {1, 1, NULL, values};
    tacit_model *m;
    for (int i = 0; i < 6; i++) {
        tacit_compile_options o = small();
        tacit_error err = {0};
        if (i == 0) o.weight_bits = 4;
        if (i == 1) o.activation_bits = 17;
        if (i == 2) o.headroom = 0.5;
        if (i == 3) o.overflow = (tacit_overflow)7;
        if (i == 4) s.names = names;
        if (i == 5) s = (tacit_samples){0, 1, NULL, values};
        assert_int_equal(tacit_compile(&m, DIGITS, &o, &s, NULL, &err), TACIT_USAGE);
        assert_null(m);
        assert_true(err.text[0] != '\0');
    }
}

/* More bits where the tolerance needs them; a model that misses it is not made. */
static void test_tolerance(void **unused) {
    (void)unused;
    const double *values[1] = {samples};
    const tacit_samples s = {1, 1, NULL, values};
    static tacit_compile_report r;
    tacit_model *m;
    tacit_error err = {0};
    tacit_compile_options o = small();
    o.weight_bits = 8;
    assert_int_equal(tacit_compile(&m, DIGITS, &o, &s, &r, &err), TACIT_OK);
    tacit_model_free(m);
    assert_int_equal(r.weight_bits, 8);
    o.tolerance = r.largest_error * 0.9;
    assert_int_equal(tacit_compile(&m, DIGITS, &o, &s, &r, &err), TACIT_OK);
    tacit_model_free(m);
    assert_int_equal(r.weight_bits, 16);
    assert_true(r.largest_error <= o.tolerance);
    o.tolerance = r.largest_error * 0.9;
    assert_int_equal(tacit_compile(&m, DIGITS, &o, &s, &r, &err), TACIT_VALUE);
    assert_null(m);
    assert_non_null(strstr(err.text, "beyond the tolerance"));
    o.tolerance = -1;
    assert_int_equal(tacit_compile(&m, DIGITS, &o, &s, &r, &err), TACIT_USAGE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_bytes), cmocka_unit_test(test_save_load), cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_forged),     cmocka_unit_test(test_io),        cmocka_unit_test(test_batch),
        cmocka_unit_test(test_check),      cmocka_unit_test(test_options),   cmocka_unit_test(test_keep_answers),
        cmocka_unit_test(test_tolerance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
