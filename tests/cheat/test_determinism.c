/* With a fixed seed a proof is a function of its statement and witness: the same bytes for 1, 2 and 4 threads, for
 * portable and AVX2 kernels, for portable and SHA-NI hashing, for weights of every width. Needs a library built with
 * TACIT_TEST_SEED; such a library writes no valid protocol id. */
#include "lab.h" /* before cmocka, which defines a macro fail */
#include <stdio.h>
#ifndef TACIT_TEST_SEED
int main(void) {
    puts("needs a library built with TACIT_TEST_SEED");
    return 0;
}
#else
#include "base/broken.h"
#include "narrow_params.h"
#include "commit/rng.h"
#include "base/threads.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(TEST_PROTOCOL != 0, "seeded builds have a protocol id of their own");

static const uint8_t seed[32] = {1, 2, 3};

typedef struct result {
    unsigned char *proof;
    size_t size;
    digest root; /* of the certificate */
} result;

static unsigned bytes; /* of a weight, where the trace has a model's; 0: int32 of its own */

/* Large enough for every parallel path: x (48 x 60) w (200 x 60), rescale, relu of a transposed view. */
static result run(uint32_t batch, uint32_t in, uint32_t out, const uint8_t *fresh) {
    lab l;
    result r;
    int64_t *x = malloc(batch * in * sizeof *x), *w = malloc(out * in * sizeof *w);
    rng_test_seed = fresh;
    lab_start(&l);
    shape sx = shape2(batch, in), sw = shape2(out, in), sh = shape2(batch, out), st = shape2(out, batch);
    uint32_t tx = builder_external(l.b, TENSOR_INPUT, "x", &sx, -8, 7);
    uint32_t tw = builder_external(l.b, TENSOR_PARAM, "w", &sw, -8, 7);
    builder_lookup(l.b, "x.range", builder_range_table(l.b, -8, 7), &tx);
    uint32_t h = builder_committed(l.b, "h", &sh), rem = builder_committed(l.b, "rem", &sh);
    product p = {1, tx, tw, {0, 2}, {1, 2}};
    linear_term t[2] = {{-8, h}, {-1, rem}};
    uint32_t c = builder_constraint(l.b, "fc", &sh, &p, 1, t, 2, 4);
    builder_lookup(l.b, "rem.range", builder_range_table(l.b, 0, 7), &rem);
    builder_lookup(l.b, "h.range", builder_range_table(l.b, -600, 600), &h);
    builder_advice(l.b, &(advice){.kind = ADVICE_RESCALE, .relation = c, .y = h, .rem = rem, .shift = 3});
    uint32_t y = builder_external(l.b, TENSOR_OUTPUT, "y", &st, -600, 600);
    int32_t *map = malloc(batch * out * sizeof *map);
    for (uint32_t i = 0; i < out; i++)
        for (uint32_t j = 0; j < batch; j++) map[i * batch + j] = (int32_t)(j * out + i);
    view_group g = {2, 2, {0, 1}, {0, 1}, batch * out, map};
    uint32_t v = builder_view(l.b, "turned", h, &st, &g, 1);
    linear_term eq[2] = {{1, v}, {-1, y}};
    c = builder_constraint(l.b, "out", &st, NULL, 0, eq, 2, 0);
    builder_lookup(l.b, "y.range", builder_range_table(l.b, -600, 600), &y);
    builder_advice(l.b, &(advice){.kind = ADVICE_SOLVE, .relation = c, .y = y});
    lab_load(&l);
    for (uint32_t i = 0; i < batch * in; i++) x[i] = (int64_t)((i * 2654435761u) >> 28) - 8;
    for (uint32_t i = 0; i < out * in; i++) w[i] = (int64_t)((i * 2246822519u + 5) >> 28) - 8;
    lab_set(&l, tx, x);
    lab_set(&l, tw, w);
    lab_certify(&l, 3);
    r.root = l.cert->root;
    if (bytes) narrow_params(&l.t, &l.a, bytes);
    if (lab_execute(&l) != TACIT_OK || lab_statement(&l) != TACIT_OK) fail_msg("%s", l.err.text);
    if (lab_prove(&l, &r.proof, &r.size) != TACIT_OK) fail_msg("%s", l.err.text);
    if (lab_verify(&l, r.proof, r.size) != TACIT_OK) fail_msg("%s", l.err.text);
    lab_end(&l);
    rng_test_seed = NULL;
    free(map);
    free(x);
    free(w);
    return r;
}

static void same(const result *a, const result *b, const char *what) {
    if (memcmp(a->root.b, b->root.b, 32) != 0) fail_msg("%s: another certificate", what);
    if (a->size != b->size) fail_msg("%s: %zu and %zu bytes", what, a->size, b->size);
    for (size_t i = 0; i < a->size; i++)
        if (a->proof[i] != b->proof[i]) fail_msg("%s: byte %zu of %zu", what, i, a->size);
}

static void with(const char *kernel, int threads) {
    if (kernel)
        setenv("TACIT_KERNEL", kernel, 1);
    else
        unsetenv("TACIT_KERNEL");
    (void)vec_select(NULL); /* so do the library's entry points */
    (void)sha256_select(NULL);
    if (kernel && vec_find(kernel)) assert_string_equal(vec->name, kernel);
    threads_set(threads);
}

static void compare(uint32_t batch, uint32_t in, uint32_t out) {
    with("portable", 1);
    result base = run(batch, in, out, seed);
    static const struct {
        const char *kernel, *what;
        int threads;
    } ways[] = {{"portable", "2 threads", 2},          {"portable", "4 threads", 4},
                {"avx2", "AVX2, SHA-NI", 1},           {"avx2", "AVX2, SHA-NI, 4 threads", 4},
                {NULL, "widest kernels", 1},           {NULL, "widest kernels, 2 threads", 2},
                {NULL, "widest kernels, 4 threads", 4}};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        with(ways[i].kernel, ways[i].threads);
        result r = run(batch, in, out, seed);
        same(&base, &r, ways[i].what);
        free(r.proof);
    }
    for (bytes = 1; bytes <= 4; bytes *= 2) {
        result r = run(batch, in, out, seed);
        same(&base, &r, bytes == 1 ? "int8 weights" : bytes == 2 ? "int16 weights" : "int32 weights");
        free(r.proof);
    }
    bytes = 0;
    with(NULL, 1);
    static const uint8_t other[32] = {1, 2, 4};
    result r = run(batch, in, out, other);
    assert_true(r.size != base.size || memcmp(r.proof, base.proof, r.size) != 0);
    free(r.proof);
    free(base.proof);
}

/* The same bytes from every compiler, at every level of optimisation, with and without sanitizers: SHA-256 of two
 * proofs. Who changes the protocol's bytes on purpose bumps PROTOCOL_VERSION (proof/statement.h), then copies what the
 * failing test prints; so does who changes what the prover's randomness is drawn from (witness_digest), without a new
 * version. Any other change of these digests is a bug. */
static const char *const golden[2] = {
#if EXT_DEG == 2
    "0727515cb58bcb26f5ce082d6876ec0334c555cfa0d813049185aeea80a7ae86",
    "697caa216702a1abe5ce75471b61bd20f050b49656e9725c885c30f4d75b80a3"
#else
    "7180cbcd6a5e432de41cc72419cf7358aeff66fdc4a40cb170e97d3fd528f819",
    "8d4fe3ed57c6593c7120659a52d9baf513af591746ab24712ad912614ea5a0fb"
#endif
};
static void test_golden(void **state) {
    (void)state;
    with(NULL, 1);
    for (int large = 0; large < 2; large++) {
        char hex[65];
        result r = large ? run(48, 60, 200, seed) : run(3, 5, 7, seed);
        digest d = sha256_of(r.proof, r.size);
        for (int i = 0; i < 32; i++) snprintf(hex + 2 * i, 3, "%02x", d.b[i]);
        free(r.proof);
        if (strcmp(hex, golden[large]) != 0) fail_msg("proof %d, degree %d: %s", large, EXT_DEG, hex);
    }
}

static void test_small(void **state) {
    (void)state;
    compare(1, 3, 2);
    compare(3, 5, 7);
}
static void test_large(void **state) {
    (void)state;
    compare(48, 60, 200);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_golden), cmocka_unit_test(test_small),
                                       cmocka_unit_test(test_large)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
#endif
