/* Tests of the soundness report against golden values: numbers that an independent calculator printed (log2 of p, of
 * binomials by lgamma, and the formulas of ePrint 2025/2055, Cor. 1.4), not what this library said once. */
#include "test_random.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/file.h"
#include "commit/queries.h"
#include "commit/soundness.h"

static void close_to(double got, double want, const char *what) {
    if (fabs(got - want) > 6e-5) {
        print_error("%s: %.5f, not %.5f\n", what, got, want);
        _fail(__FILE__, __LINE__);
    }
}

static void field(void **unused) {
    (void)unused;
    close_to(soundness_field_bits(), EXT_DEG == 2 ? 127.9999999993 : 191.9999999990, "log2 |E|");
}

/* Queries without replacement within unique decoding. */
static void queries(void **unused) {
    static const struct {
        unsigned log_n, log_k, t;
        double bits;
    } rows[] = {{9, 7, 124, 100.5466},   {10, 9, 211, 100.0160},  {12, 10, 147, 102.0173},
                {14, 11, 121, 100.9397}, {16, 12, 110, 100.4957}, {20, 18, 148, 100.3636},
                {20, 18, 192, 130.2049}, {20, 19, 314, 130.3443}, {12, 7, 105, 102.1917}};
    (void)unused;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        close_to(soundness_query_bits(UINT64_C(1) << rows[i].log_n, UINT64_C(1) << rows[i].log_k, rows[i].t),
                 rows[i].bits, "queries");
}

/* One fold: (delta n + 1) / |E|, as gamma of a geometry of a single object without lanes, which has 1 / |E| more. */
static void folds(void **unused) {
    static const struct {
        unsigned log_k;
        double degree2, degree3;
    } rows[] = {{10, 117.4141, 181.4141},
                {14, 113.4150, 177.4150},
                {18, 109.4150, 173.4150},
                {22, 105.4150, 169.4150},
                {26, 101.4150, 165.4150}};
    (void)unused;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        geometry g = {.object_count = 1};
        tacit_error_term terms[SOUNDNESS_MOST];
        g.object[0] = (geometry_object){.a = rows[i].log_k, .tail = 200, .lanes = 1};
        g.domain_count = 1;
        g.domain[0] = (geometry_domain){.a = rows[i].log_k, .log_n = rows[i].log_k + 2, .t = 148};
        uint32_t n = soundness_opening(&g, terms, SOUNDNESS_MOST), at = 0;
        while (at < n && strcmp(terms[at].name, "step 7: gamma") != 0) at++;
        assert_true(at < n);
        double numerator = exp2(soundness_field_bits() - terms[at].bits) - 1;
        close_to(soundness_field_bits() - log2(numerator), EXT_DEG == 2 ? rows[i].degree2 : rows[i].degree3, "fold");
    }
}

static void siblings(void **unused) {
    static const struct {
        unsigned h, t;
        double expected;
    } rows[] = {{12, 145, 578.16}, {14, 148, 875.98}, {16, 148, 1170.49}, {18, 192, 1829.73}, {11, 141, 433.76}};
    (void)unused;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_true(fabs((double)expected_siblings(rows[i].h, rows[i].t) - rows[i].expected) < 1.1);
}

/* ---------------------------------------------------------------- a whole program, term by term */
typedef struct golden {
    const char *name;
    uint32_t count;
    double bits;
} golden;

/* vectors/proofs/small-*.cert: 7 rows looked up, 429 rows of tables in 9 trees, at most 2 columns; 83 equations. */
static const golden small[] = {
#if EXT_DEG == 2
    {"step 3: alpha", 1, 119.2351},
    {"step 3: beta", 2, 119.2351},
    {"step 3: layer weights", 8, 123.9125},
    {"step 3: rounds", 28, 127.0000},
    {"step 3: lambda", 8, 123.8301},
    {"step 4: tau", 2, 128.0000},
    {"step 4: rounds (at most)", 9, 126.4150},
    {"step 5: rounds", 2, 127.0000},
    {"step 5b: r0", 7, 128.0000},
    {"step 5b: rounds", 7, 127.0000},
    {"step 6: weight", 1, 121.6424},
    {"step 6: challenges that fold lanes", 1, 117.4122},
    {"step 6: challenges of column variables", 10, 127.0000},
    {"step 7: gamma", 1, 115.8288},
    {"step 7: queries of level-0 domain 1", 1, 100.5966},
    {"step 7: batch of openings at level 1", 1, 119.2351},
    {"step 7: fold challenges of level 1", 3, 118.2944},
    {"step 7: queries of level 1", 1, 100.4161},
#else
    {"step 3: alpha", 1, 183.2351},
    {"step 3: beta", 2, 183.2351},
    {"step 3: layer weights", 8, 187.9125},
    {"step 3: rounds", 28, 191.0000},
    {"step 3: lambda", 8, 187.8301},
    {"step 4: tau", 2, 192.0000},
    {"step 4: rounds (at most)", 9, 190.4150},
    {"step 5: rounds", 2, 191.0000},
    {"step 5b: r0", 7, 192.0000},
    {"step 5b: rounds", 7, 191.0000},
    {"step 6: weight", 1, 185.6424},
    {"step 6: challenges that fold lanes", 1, 181.4122},
    {"step 6: challenges of column variables", 10, 191.0000},
    {"step 7: gamma", 1, 179.8288},
    {"step 7: queries of level-0 domain 1", 1, 130.6266},
    {"step 7: batch of openings at level 1", 1, 182.8681},
    {"step 7: fold challenges of level 1", 3, 182.2944},
    {"step 7: queries of level 1", 1, 130.2838},
#endif
};

static void program(void **unused) {
    enum { COUNT = sizeof small / sizeof *small };
    unsigned char *cert;
    char path[256];
    size_t size, count;
    tacit_error err = {.status = TACIT_OK};
    tacit_error_term terms[64];
    double total, worst, sum = 0;
    unsigned security;
    (void)unused;
    (void)snprintf(path, sizeof path, TACIT_SOURCE_DIR "/vectors/proofs/small-%d.cert", EXT_DEG);
    assert_int_equal(file_read(path, 1 << 24, &cert, &size, &err), TACIT_OK);
    assert_int_equal(tacit_params(cert, size, terms, 64, &count, &total, &worst, &security, &err), TACIT_OK);
    assert_int_equal(security, EXT_DEG == 2 ? 100 : 128);
    assert_int_equal(count, COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        assert_string_equal(terms[i].name, small[i].name);
        assert_int_equal(terms[i].count, small[i].count);
        close_to(terms[i].bits, small[i].bits, terms[i].name);
        assert_true(terms[i].bits >= (EXT_DEG == 2 ? 100 : 130) && terms[i].bits >= worst);
        sum += small[i].count * exp2(-small[i].bits);
    }
    close_to(total, -log2(sum), "total");
    assert_non_null(strstr(terms[14].formula, EXT_DEG == 2 ? "K = 1024 (145 or more random), t = 145"
                                                           : "K = 1024 (187 or more random), t = 187"));
    /* Less room: as many terms as fit, and the count says how many. */
    assert_int_equal(tacit_params(cert, size, terms, 3, &count, &total, &worst, &security, &err), TACIT_OK);
    assert_int_equal(count, 3);
    free(cert);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(field), cmocka_unit_test(queries), cmocka_unit_test(folds),
                                       cmocka_unit_test(siblings), cmocka_unit_test(program)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
