/* Tests of commit/geometry, queries, ladder_search, soundness: numbers of the reference calculator
 * (soundness/params.py), fix points, and the search against its own rules. */
#include "test_random.h"
#include <math.h>
#include "base/bytes.h"
#include "commit/geometry_assemble.h"
#include "commit/queries.h"
#include "commit/soundness.h"

/* ---------------------------------------------------------------- queries */
static void golden_queries(void **unused) {
    (void)unused;
    static const unsigned logs[7] = {9, 10, 12, 14, 17, 20, 24};
    static const struct {
        unsigned bits, rate;
        uint32_t t[7];
    } rows[] = {
        {100, 1, {186, 211, 233, 239, 241, 241, 241}}, {100, 2, {124, 135, 145, 147, 148, 148, 148}},
        {100, 3, {104, 112, 119, 120, 121, 121, 121}}, {100, 4, {95, 102, 108, 110, 110, 110, 110}},
        {128, 1, {222, 261, 296, 306, 308, 309, 309}}, {128, 2, {151, 169, 184, 188, 189, 189, 189}},
        {128, 3, {127, 140, 151, 154, 155, 155, 155}}, {128, 4, {117, 128, 137, 140, 141, 141, 141}},
        {130, 1, {225, 264, 300, 310, 313, 314, 314}}, {130, 2, {153, 171, 187, 191, 192, 192, 192}},
        {130, 3, {129, 142, 153, 156, 157, 157, 157}}, {130, 4, {119, 130, 140, 142, 143, 143, 143}},
    };
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++)
        for (size_t i = 0; i < 7; i++) {
            uint64_t n = UINT64_C(1) << logs[i];
            assert_int_equal(queries_for_bits(n, n >> rows[r].rate, rows[r].bits), rows[r].t[i]);
        }
}

/* log2 of the error of t queries, in long double. */
static long double exact_bits(uint64_t n, uint64_t k, uint32_t t) {
    long double bits = 0;
    uint64_t agree = (n + k + 1) / 2;
    for (uint32_t i = 0; i < t; i++) bits += log2l((long double)(n - i) / (long double)(agree - i));
    return bits;
}

static void queries_are_exact_and_never_too_few(void **unused) {
    (void)unused;
    for (unsigned log_n = 4; log_n <= 32; log_n++)
        for (unsigned i = 0; i < 60; i++) {
            uint64_t n = UINT64_C(1) << log_n, k = 1 + test_u64() % (n - 1);
            unsigned bits = 1 + (unsigned)(test_u64() % 140);
            uint32_t t = queries_for_bits(n, k, bits);
            if (t == 0) {
                if (n < 4096) assert_true(exact_bits(n, k, (uint32_t)(n / 2)) < bits);
                continue;
            }
            assert_true(t <= n / 2);
            assert_true(exact_bits(n, k, t) >= bits - 1e-9L);
            assert_true(exact_bits(n, k, t - 1) < bits + 1e-9L);
        }
    assert_int_equal(queries_for_bits(16, 4, 100), 0);
    assert_int_equal(queries_for_bits(16, 16, 100), 0);
    assert_int_equal(queries_for_bits(UINT64_C(1) << 33, 16, 100), 0);
}

static void siblings(void **unused) {
    (void)unused;
    for (unsigned h = 1; h <= 30; h += 3)
        for (uint32_t t = 1; t <= 300; t += 37) {
            long double sum = 0;
            for (unsigned l = 1; l <= h; l++) {
                long double n = ldexpl(1, (int)l);
                sum += n * (powl(1 - 1 / n, t) - powl(1 - 2 / n, t));
            }
            long double got = (long double)expected_siblings(h, t);
            assert_true(got >= sum - 0.01L && got <= sum + 1.01L);
            assert_true(most_siblings(h, t) + 1 >= expected_siblings(h, t));
        }
    assert_int_equal(most_siblings(3, 1), 3);
    assert_int_equal(most_siblings(3, 4), 1 + 2 + 4);
}

/* ---------------------------------------------------------------- geometries */
static void check_objects(const geometry *g) {
    uint64_t place = 0;
    for (uint32_t i = 0; i < g->object_count; i++) {
        uint32_t c = g->start_order[i];
        const geometry_object *o = &g->object[c];
        const geometry_domain *d = &g->domain[o->domain];
        assert_int_equal(d->a, o->a);
        assert_int_equal(d->log_n, o->a + RATE_LOG);
        assert_int_equal(d->t, geometry_queries(UINT64_C(1) << d->log_n, UINT64_C(1) << d->a));
        assert_true(d->t > 0 && d->t <= UINT64_C(1) << (d->log_n - 1));
        assert_true(o->tail >= d->t && o->tail <= UINT64_C(1) << o->a);
        assert_int_equal(g->start[c], place);
        assert_int_equal(g->start[c] & ((UINT64_C(1) << o->a) - 1), 0);
        place += UINT64_C(1) << o->a;
    }
    assert_int_equal(g->used, place);
    assert_true(place <= UINT64_C(1) << g->vector_log && 2 * place > UINT64_C(1) << g->vector_log);
    for (uint32_t d = 1; d < g->domain_count; d++) assert_true(g->domain[d].a < g->domain[d - 1].a);
}

static void check_levels(const geometry *g) {
    uint64_t size = geometry_vector(g);
    uint32_t log_n = UINT32_MAX;
    if (g->level_count) assert_true(size >= g->used && size < 2 * g->used);
    for (uint32_t i = 0; i < g->level_count; i++) {
        const geometry_level *l = &g->level[i];
        assert_int_equal(l->size, size);
        assert_int_equal(size % (UINT64_C(1) << l->k), 0);
        size = geometry_columns(l);
        assert_true(2 * size <= UINT64_C(1) << l->log_n && l->log_n <= log_n);
        assert_int_equal(l->t, geometry_queries(UINT64_C(1) << l->log_n, size));
        assert_true(l->t > 0 && l->t <= UINT64_C(1) << (l->log_n - 1));
        log_n = l->log_n;
    }
}

static tacit_status make_of_size(geometry *g, uint64_t x_size, const certificate_shape *certs, uint32_t count,
                                 tacit_error *err) {
    block_counts blocks = counts_of_size(x_size);
    return geometry_make(g, &blocks, certs, count, err);
}

/* x and sigma fit beside their tails; R = t is a fix point because K = 2^a includes the tail. */
static void check_fits(const geometry *g, uint64_t x_size) {
    const geometry_object *x = &g->object[0], *sigma = &g->object[g->object_count - 1];
    strip_room room = geometry_room(x->lanes, (UINT64_C(1) << x->a) - x->tail);
    block_counts blocks = counts_of_size(x_size);
    for (unsigned log = BLOCK_SIZES; log-- > 0;)
        for (uint32_t s = 0; s <= room.count && blocks.of[log]; s++) {
            assert_true(s < room.count);
            blocks.of[log] -= strip_take(&room, s, log, blocks.of[log]);
        }
    assert_true(room.count <= MAX_STRIPS && x->k == log2_ceil(x->lanes));
    assert_true(2 * geometry_rounds(g) + sigma->tail <= UINT64_C(1) << sigma->a);
    assert_int_equal(sigma->k, 0);
}

static void check_errors(const geometry *g) {
    tacit_error_term terms[SOUNDNESS_MOST];
    uint32_t n = soundness_opening(g, terms, SOUNDNESS_MOST);
    assert_true(n <= SOUNDNESS_MOST && n >= 3);
    for (uint32_t i = 0; i < n; i++) {
        assert_true(terms[i].bits >= CHALLENGE_BITS);
        assert_true(terms[i].name[0] && terms[i].formula[0]);
    }
    assert_int_equal(soundness_opening(g, terms, 1), n);
}

/* Bug 14: t is that of K = 2^a, message and randomness together; R = t columns of it are random. */
static void geometries_of_all_sizes(void **unused) {
    (void)unused;
    for (unsigned i = 0; i < 400; i++) {
        geometry g, again;
        tacit_error err = {.status = TACIT_OK};
        certificate_shape certs[3];
        uint32_t t_max, count = i % 4;
        uint64_t x_size = 1 + (test_u64() >> (39 + i % 25));
        for (uint32_t c = 0; c < count; c++)
            assert_int_equal(geometry_certificate(&certs[c], 1 + (test_u64() >> (40 + test_u64() % 20)),
                                                  1 + test_u64() % 200, &t_max, &err),
                             TACIT_OK);
        assert_int_equal(make_of_size(&g, x_size, certs, count, &err), TACIT_OK);
        check_objects(&g);
        check_levels(&g);
        check_fits(&g, x_size);
        check_errors(&g);
        assert_true(geometry_expected_bytes(&g) <= geometry_most_bytes(&g));
        assert_int_equal(make_of_size(&again, x_size, certs, count, &err), TACIT_OK);
        assert_memory_equal(&g, &again, sizeof g);
    }
}

/* The table of protocol.md (one object, P100: 174/214/261 KiB for 2^20/2^22/2^24) counts neither sigma nor nu, and its
 * search does not know the prover's work: at most 17 % more. */
static void expected_sizes(void **unused) {
    (void)unused;
    static const struct {
        unsigned log;
        uint64_t kib2, kib3;
    } rows[] = {{18, 135, 188}, {20, 174, 250}, {22, 214, 310}, {24, 261, 375}};
    for (size_t i = 0; i < 4; i++) {
        geometry g;
        tacit_error err = {.status = TACIT_OK};
        uint64_t kib = EXT_DEG == 2 ? rows[i].kib2 : rows[i].kib3;
        assert_int_equal(make_of_size(&g, (UINT64_C(1) << rows[i].log) * 63 / 64, NULL, 0, &err), TACIT_OK);
        assert_true(geometry_expected_bytes(&g) / 1024 <= kib + kib * 17 / 100);
    }
}

/* Bug 14: the same for what many proofs open. */
static void certificates_last(void **unused) {
    (void)unused;
    for (unsigned i = 0; i < 300; i++) {
        certificate_shape c;
        uint32_t t_max;
        tacit_error err = {.status = TACIT_OK};
        uint64_t size = 1 + (test_u64() >> (36 + test_u64() % 27)), openings = 1 + test_u64() % 3000;
        assert_int_equal(geometry_certificate(&c, size, openings, &t_max, &err), TACIT_OK);
        assert_int_equal(t_max, certificate_queries(c.a));
        assert_true(t_max >= geometry_queries(UINT64_C(1) << (c.a + RATE_LOG), UINT64_C(1) << c.a));
        assert_true(openings * t_max <= c.tail);
        assert_true(size <= ((UINT64_C(1) << c.a) - c.tail) << c.k);
    }
}

static void refusals(void **unused) {
    (void)unused;
    geometry g;
    certificate_shape c = {.a = 10, .k = 2, .tail = 20}; /* tail shorter than one opening */
    uint32_t t_max;
    tacit_error err = {.status = TACIT_OK};
    assert_int_equal(make_of_size(&g, 1000, &c, 1, &err), TACIT_UNSUPPORTED);
    err = (tacit_error){.status = TACIT_OK};
    c = (certificate_shape){.a = 31, .k = 0, .tail = 1000};
    assert_int_equal(make_of_size(&g, 1000, &c, 1, &err), TACIT_MALFORMED);
    err = (tacit_error){.status = TACIT_OK};
    c = (certificate_shape){.a = 8, .k = 0, .tail = 257};
    assert_int_equal(make_of_size(&g, 1000, &c, 1, &err), TACIT_MALFORMED);
    err = (tacit_error){.status = TACIT_OK};
    assert_int_equal(make_of_size(&g, UINT64_C(1) << 41, NULL, 0, &err), TACIT_UNSUPPORTED);
    err = (tacit_error){.status = TACIT_OK};
    assert_int_equal(make_of_size(&g, 1000, &c, MAX_CERTIFICATES + 1, &err), TACIT_UNSUPPORTED);
    err = (tacit_error){.status = TACIT_OK};
    assert_int_equal(geometry_certificate(&c, 10, 0, &t_max, &err), TACIT_USAGE);
    err = (tacit_error){.status = TACIT_OK};
    assert_int_equal(geometry_certificate(&c, UINT64_C(1) << 50, 1, &t_max, &err), TACIT_UNSUPPORTED);
#if EXT_DEG == 2
    /* sum_c (1.5 * 2^28 + 1) is above 2^28 */
    err = (tacit_error){.status = TACIT_OK};
    c = (certificate_shape){.a = 28, .k = 0, .tail = 1000};
    assert_int_equal(make_of_size(&g, 1000, &c, 1, &err), TACIT_SOUNDNESS);
#endif
}

static void soundness_numbers(void **unused) {
    (void)unused;
    assert_true(fabs(soundness_field_bits() - 64 * EXT_DEG) < 1e-8);
    uint64_t n = UINT64_C(1) << 20;
    for (unsigned rate = 1; rate <= 4; rate++) {
        uint32_t t = geometry_queries(n, n >> rate);
        assert_true(soundness_query_bits(n, n >> rate, t) >= CHALLENGE_BITS);
        assert_true(soundness_query_bits(n, n >> rate, t - 1) < CHALLENGE_BITS);
    }
    geometry g;
    tacit_error err = {.status = TACIT_OK};
    tacit_error_term terms[SOUNDNESS_MOST];
    assert_int_equal(make_of_size(&g, 1 << 20, NULL, 0, &err), TACIT_OK);
    (void)soundness_opening(&g, terms, SOUNDNESS_MOST);
    double lanes = 2, n_x = ldexp(1, (int)g.object[0].a + RATE_LOG);
    lanes += 0.375 * n_x + 1; /* sigma has no lanes */
    assert_true(fabs(terms[0].bits - (64 * EXT_DEG - log2(lanes))) < 1e-6);
    assert_int_equal(terms[0].count, g.object[0].k);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_queries), cmocka_unit_test(queries_are_exact_and_never_too_few),
        cmocka_unit_test(siblings),       cmocka_unit_test(geometries_of_all_sizes),
        cmocka_unit_test(expected_sizes), cmocka_unit_test(certificates_last),
        cmocka_unit_test(refusals),       cmocka_unit_test(soundness_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
