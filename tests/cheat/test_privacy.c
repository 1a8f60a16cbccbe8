/* Zero-knowledge, measured. Challenges and positions are frozen (a function of their order alone, rule FROZEN), so that
 * a message is a function of the witness and of the prover's secrets; then, for each of two witnesses of one statement,
 *  - every field word of the proof is uniform: chi-square, 16 bins, top and low bits apart;
 *  - the messages of steps 3 to 7.2, a(r), b(r) and nu included, are affinely independent over the proofs: a pad used
 *    twice, a missing dummy triple or a message that others determine shows up as a rank defect;
 *  - the opened words of a lane of x, of sigma and of a mask are as independent as there are columns opened;
 *  - no two words of a proof are equal, and no word of another proof at the same place.
 * False alarms: a chi-square with 15 degrees passes 100 with probability 2^-47 (about 2^14 tests); a uniform matrix
 * with 16 rows more than columns has a defect with probability 2^-1088; equal words: 2^-40. Each leak must fail. Needs
 * the library built with TACIT_RULES and TACIT_TEST_SEED. */
#include "lab.h" /* before cmocka, which defines a macro fail */
#include "base/broken.h"
#include <stdio.h>
#ifndef TACIT_RULES
int main(void) {
    puts("needs a library built with TACIT_RULES");
    return 0;
}
#else
#include "commit/rng.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define RULE(name) (UINT64_C(1) << BROKEN_##name)
enum { BINS = 16, MOST_WORDS = 1 << 15, SPARE_ROWS = 16 };

/* ---------------------------------------------------------------- one statement, two witnesses */
/* y = sum_k u_k v_(3-k) is public, u and v are private. */
static const int32_t witness_u[2][4] = {{1, 2, 3, 0}, {5, 0, 1, 2}}, witness_v[2][4] = {{5, 1, 2, 3}, {0, 0, 7, 2}};
static uint32_t id_u, id_v;

static uint32_t ranged(lab *l, tensor_kind kind, const char *name, shape s, int64_t lo, int64_t hi) {
    char look[64];
    uint32_t t = builder_external(l->b, kind, name, &s, lo, hi);
    snprintf(look, sizeof look, "%s.range", name);
    if (kind != TENSOR_PARAM) builder_lookup(l->b, look, builder_range_table(l->b, lo, hi), &t);
    return t;
}

static void start(lab *l, int witness) {
    static int32_t map[4] = {3, 2, 1, 0};
    shape s = shape1(4), s1 = shape2(1, 1), s4 = shape2(1, 4);
    view_group g[2] = {{1, 0, {0}, {0}, 1, (int32_t[]){0}}, {1, 1, {1}, {0}, 4, map}}, e = {1, 1, {1}, {0}, 4, NULL};
    view_group id[2] = {g[0], e};
    lab_start(l);
    id_u = ranged(l, TENSOR_INPUT, "u", s, 0, 7);
    id_v = ranged(l, TENSOR_INPUT, "v", s, 0, 7);
    uint32_t y = ranged(l, TENSOR_OUTPUT, "y", s1, 0, 31);
    uint32_t uu = builder_view(l->b, "uu", id_u, &s4, id, 2), rv = builder_view(l->b, "rv", id_v, &s4, g, 2);
    product p = {1, uu, rv, {0, 2}, {1, 2}};
    linear_term t = {-1, y};
    builder_constraint(l->b, "dot", &s1, &p, 1, &t, 1, 0);
    lab_load(l);
    memcpy(l->t.values[id_u], witness_u[witness], sizeof witness_u[0]);
    memcpy(l->t.values[id_v], witness_v[witness], sizeof witness_v[0]);
    int32_t sum = 0;
    for (int k = 0; k < 4; k++) sum += witness_u[witness][k] * witness_v[witness][3 - k];
    l->t.values[y][0] = sum;
    lab_recount(l);
    if (lab_statement(l) != TACIT_OK) fail_msg("%s", l->err.text);
}

/* ---------------------------------------------------------------- samples */
typedef struct sample {
    lab l;
    size_t proofs, words;
    unsigned tag[MOST_WORDS];
    gl *v; /* proofs x words */
} sample;
static sample *under_way;
static size_t at_word, at_proof;

static void record(enum cheat_place place, void *a, const void *b) {
    const unsigned *what = b;
    if (place != CHEAT_MESSAGE || what[0] == TAG_ROOT || what[0] == TAG_SALT || what[0] == TAG_PATH)
        return; /* hashes */
    for (unsigned i = 0; i < what[2]; i++) {
        if (at_word == MOST_WORDS) abort();
        under_way->tag[at_word] = what[0];
        under_way->v[at_proof * MOST_WORDS + at_word++] = ((const gl *)a)[i];
    }
}

static bool hidden_step(unsigned tag) {
    static const unsigned tags[] = {TAG_LOGUP_SUM,        TAG_LOGUP_ROUND, TAG_LOGUP_N,     TAG_LOGUP_D,
                                    TAG_CONSTRAINT_ROUND, TAG_OPERAND,     TAG_VIEW_ROUND,  TAG_ZERO_ROUND,
                                    TAG_ZERO_A,           TAG_ZERO_B,      TAG_BATCH_ROUND, TAG_NU};
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
        if (tags[i] == tag) return true;
    return false;
}

static sample *collect(int witness, uint64_t broken) {
    sample *s = calloc(1, sizeof *s);
    tacit_broken = broken | RULE(FROZEN);
    start(&s->l, witness);
    s->proofs = 1;
    for (at_proof = 0; at_proof < s->proofs; at_proof++) {
        unsigned char *proof;
        size_t size;
        if (at_proof == 0) s->v = malloc(MOST_WORDS * sizeof *s->v);
        under_way = s;
        at_word = 0;
        tacit_cheat = record;
        if (lab_prove(&s->l, &proof, &size) != TACIT_OK) fail_msg("%s", s->l.err.text);
        tacit_cheat = NULL;
        if (at_proof == 0) {
            if (lab_verify(&s->l, proof, size) != TACIT_OK) fail_msg("%s", s->l.err.text);
            size_t count = 0;
            s->words = at_word;
            for (size_t i = 0; i < s->words; i++) count += hidden_step(s->tag[i]);
            size_t most = s->l.st.geometry.domain[0].t;
            if (count > most) most = count;
            s->proofs = most + 1 + SPARE_ROWS > 20 * BINS ? most + 1 + SPARE_ROWS : 20 * BINS;
            s->v = realloc(s->v, s->proofs * MOST_WORDS * sizeof *s->v);
        }
        assert_int_equal(at_word, s->words);
        free(proof);
    }
    tacit_broken = 0;
    return s;
}
static void drop(sample *s) {
    lab_end(&s->l);
    free(s->v);
    free(s);
}

/* ---------------------------------------------------------------- statistics */
static double chi_square(const sample *s, size_t word) {
    double worst = 0, expected = (double)s->proofs / BINS;
    for (int low = 0; low < 2; low++) {
        unsigned bins[BINS] = {0};
        double chi = 0;
        for (size_t i = 0; i < s->proofs; i++) {
            gl v = s->v[i * MOST_WORDS + word];
            bins[low ? v & (BINS - 1) : v >> 60]++;
        }
        for (int b = 0; b < BINS; b++) chi += (bins[b] - expected) * (bins[b] - expected) / expected;
        if (chi > worst) worst = chi;
    }
    return worst;
}

/* Worst chi-square over the words with this tag (0: all). */
static double worst_chi(const sample *s, unsigned tag, unsigned *where) {
    double worst = 0;
    for (size_t w = 0; w < s->words; w++) {
        double c = tag == 0 || s->tag[w] == tag ? chi_square(s, w) : 0;
        if (c > worst) worst = c, *where = s->tag[w];
    }
    return worst;
}

/* 1 + columns - rank of [1 | the words]. */
static size_t rank_defect(const sample *s, const size_t *word, size_t count) {
    size_t columns = count + 1, rank = 0;
    gl *m = malloc(s->proofs * columns * sizeof *m);
    for (size_t i = 0; i < s->proofs; i++) {
        m[i * columns] = 1;
        for (size_t j = 0; j < count; j++) m[i * columns + 1 + j] = s->v[i * MOST_WORDS + word[j]];
    }
    assert_true(s->proofs >= columns + SPARE_ROWS - 1);
    for (size_t c = 0; c < columns && rank < s->proofs; c++) {
        size_t pivot = rank;
        while (pivot < s->proofs && m[pivot * columns + c] == 0) pivot++;
        if (pivot == s->proofs) continue;
        for (size_t j = 0; j < columns; j++) {
            gl t = m[pivot * columns + j];
            m[pivot * columns + j] = m[rank * columns + j];
            m[rank * columns + j] = t;
        }
        gl inv = gl_inv(m[rank * columns + c]);
        for (size_t i = rank + 1; i < s->proofs; i++) {
            gl f = gl_mul(m[i * columns + c], inv);
            if (f == 0) continue;
            for (size_t j = c; j < columns; j++)
                m[i * columns + j] = gl_sub(m[i * columns + j], gl_mul(f, m[rank * columns + j]));
        }
        rank++;
    }
    free(m);
    return columns - rank;
}

static size_t hidden_defect(const sample *s) {
    static size_t word[MOST_WORDS];
    size_t n = 0;
    for (size_t w = 0; w < s->words; w++)
        if (hidden_step(s->tag[w])) word[n++] = w;
    return rank_defect(s, word, n);
}

/* The opened words number `lane` of a domain's own tree. */
static size_t lane_defect(const sample *s, uint32_t domain, uint32_t lane) {
    const geometry *g = &s->l.st.geometry;
    size_t word[4096], n = 0, w = 0;
    while (s->tag[w] != TAG_LEAF) w++;
    for (uint32_t d = 0; d < domain; d++) w += (size_t)g->domain[d].t * g->domain[d].width;
    for (; n < g->domain[domain].t; n++) word[n] = w + n * g->domain[domain].width + lane;
    return rank_defect(s, word, n);
}

static int compare(const void *a, const void *b) {
    gl x = *(const gl *)a, y = *(const gl *)b;
    return x < y ? -1 : x > y;
}
static size_t repeated_words(const sample *s) {
    gl *v = malloc(s->words * sizeof *v);
    size_t n = 0;
    memcpy(v, s->v, s->words * sizeof *v);
    qsort(v, s->words, sizeof *v, compare);
    for (size_t i = 1; i < s->words; i++) n += v[i] == v[i - 1];
    free(v);
    return n;
}

/* ---------------------------------------------------------------- honest */
enum { LIMIT = 100 };
static void test_honest(void **state) {
    (void)state;
    for (int witness = 0; witness < 2; witness++) {
        sample *s = collect(witness, 0);
        const geometry *g = &s->l.st.geometry;
        unsigned where = 0;
        double worst = worst_chi(s, 0, &where);
        print_message("%zu proofs, %zu words, worst chi-square %.1f\n", s->proofs, s->words, worst);
        if (worst > LIMIT) fail_msg("witness %d: a message with tag %u is not uniform: %.1f", witness, where, worst);
        assert_int_equal(hidden_defect(s), 0);
        for (uint32_t d = 0; d < g->domain_count; d++)
            for (uint32_t lane = 0; lane < g->domain[d].width; lane += 1 + g->domain[d].width / 5)
                assert_int_equal(lane_defect(s, d, lane), 0);
        assert_int_equal(repeated_words(s), 0);
        drop(s);
    }
}

/* ---------------------------------------------------------------- leaks */
static double chi_of_leak(uint64_t leak, unsigned tag) {
    unsigned where;
    sample *s = collect(0, leak);
    double worst = worst_chi(s, tag, &where);
    drop(s);
    return worst;
}
/* Bug 9: masks that are 0, or in F. */
static void test_leaks_of_single_messages(void **state) {
    (void)state;
    assert_true(chi_of_leak(RULE(LEAK_PADS), TAG_LOGUP_D) > LIMIT);
    assert_true(chi_of_leak(RULE(LEAK_PADS), TAG_OPERAND) > LIMIT);
    assert_true(chi_of_leak(RULE(LEAK_PADS_F), TAG_LOGUP_SUM) > LIMIT);
    assert_true(chi_of_leak(RULE(LEAK_OMEGA), TAG_LEAF) > LIMIT);
}

/* The functional of step 6 takes in the pads; who knows the witness knows them (value - sent), so with known pads sigma
 * alone must hide its messages. */
static void test_sigma(void **state) {
    (void)state;
    assert_true(chi_of_leak(RULE(LEAK_PADS), TAG_BATCH_ROUND) < LIMIT);
    assert_true(chi_of_leak(RULE(LEAK_PADS) | RULE(LEAK_SIGMA), TAG_BATCH_ROUND) > LIMIT);
}

/* Pads lie in x and make its columns random too; with known pads the tail alone must do it. Bug 9. */
static void test_tail(void **state) {
    (void)state;
    for (int leak = 0; leak < 2; leak++) {
        sample *s = collect(1, RULE(LEAK_PADS) | (leak ? RULE(LEAK_TAIL) : 0));
        const geometry *g = &s->l.st.geometry;
        uint32_t d = g->object[0].domain;
        size_t defect = lane_defect(s, d, 0);
        double worst = 0;
        size_t w = 0;
        while (s->tag[w] != TAG_LEAF) w++;
        for (uint32_t e = 0; e < d; e++) w += (size_t)g->domain[e].t * g->domain[e].width;
        for (uint32_t i = 0; i < g->domain[d].t; i++) {
            double c = chi_square(s, w + (size_t)i * g->domain[d].width);
            if (c > worst) worst = c;
        }
        assert_true(leak ? worst > LIMIT : worst < LIMIT);
        assert_int_equal(defect, leak ? g->domain[d].t : 0);
        drop(s);
    }
}

/* The dummy triple is what makes a(r), b(r) independent of the messages under a's and b's pads. */
static void test_dummy(void **state) {
    (void)state;
    sample *s = collect(0, RULE(LEAK_DUMMY));
    unsigned where;
    assert_true(worst_chi(s, 0, &where) < LIMIT); /* every single message still looks uniform */
    assert_int_equal(hidden_defect(s), 2 * EXT_DEG);
    drop(s);
}

/* Bug 9: one mask for all objects. */
static void test_one_mask(void **state) {
    (void)state;
    sample *s = collect(0, RULE(LEAK_OMEGA_REUSED));
    assert_int_equal(s->l.st.geometry.domain_count, 1); /* x and sigma share a domain here */
    assert_true(repeated_words(s) > 0);
    drop(s);
}

/* Words of two proofs at equal places; frozen challenges, so that the places are the same. */
static size_t shared_words(uint64_t leak, uint64_t frozen) {
    lab l;
    unsigned char *p[2];
    size_t n[2], equal = 0;
    tacit_broken = leak | frozen;
    start(&l, 0);
    for (int i = 0; i < 2; i++)
        if (lab_prove(&l, &p[i], &n[i]) != TACIT_OK) fail_msg("%s", l.err.text);
    for (size_t at = 0; at + 8 <= n[0] && at + 8 <= n[1]; at += 8) equal += memcmp(p[0] + at, p[1] + at, 8) == 0;
    free(p[0]);
    free(p[1]);
    lab_end(&l);
    tacit_broken = 0;
    return equal;
}
static void test_shared_words(void **state) {
    (void)state;
    assert_int_equal(shared_words(0, 0), 0);
    assert_int_equal(shared_words(0, RULE(FROZEN)), 0);
    assert_true(shared_words(RULE(LEAK_SALTS), RULE(FROZEN)) >= 4 * 100); /* all salts */
    assert_true(shared_words(RULE(LEAK_KEY), 0) > 1000);                  /* one key for two attempts: the same proof */
    assert_true(shared_words(RULE(LEAK_PADS), RULE(FROZEN)) > 10);
}

/* ---------------------------------------------------------------- secrets in the clear */
static bool holds(const unsigned char *bytes, size_t n, const void *needle, size_t size, size_t step) {
    for (size_t i = 0; i + size <= n; i += step)
        if (memcmp(bytes + i, needle, size) == 0) return true;
    return false;
}
/* Eight values in a row as 1-, 2-, 4- or 8-byte integers or field elements. */
static bool holds_values(const unsigned char *bytes, size_t n, const int32_t *v, size_t count) {
    for (size_t at = 0; at + 8 <= count; at++) {
        int8_t a[8];
        int16_t b[8];
        int64_t c[8];
        gl d[8];
        for (int i = 0; i < 8; i++) {
            a[i] = (int8_t)v[at + i], b[i] = (int16_t)v[at + i], c[i] = v[at + i], d[i] = gl_from_i64(v[at + i]);
            /* even one: a field element this small is no accident (0 is: inner levels are padded with it) */
            if (v[at + i] && holds(bytes, n, &d[i], 8, 8)) return true;
        }
        if (holds(bytes, n, a, sizeof a, 1) || holds(bytes, n, b, sizeof b, 1) || holds(bytes, n, v + at, 32, 1) ||
            holds(bytes, n, c, sizeof c, 1))
            return true;
    }
    return false;
}
static void secret_case(lab *l, int32_t *w, int32_t *x) {
    shape s = shape2(1, 64), sw = shape2(8, 64), sy = shape2(1, 8);
    lab_start(l);
    uint32_t in = ranged(l, TENSOR_INPUT, "x", s, -128, 127);
    uint32_t pw = builder_external(l->b, TENSOR_PARAM, "w", &sw, -128, 127);
    uint32_t y = ranged(l, TENSOR_OUTPUT, "y", sy, -1100000, 1100000);
    product p = {1, in, pw, {0, 2}, {1, 2}};
    linear_term t = {-1, y};
    uint32_t c = builder_constraint(l->b, "fc", &sy, &p, 1, &t, 1, 0);
    builder_advice(l->b, &(advice){.kind = ADVICE_SOLVE, .relation = c, .y = y});
    lab_load(l);
    for (int i = 0; i < 512; i++) l->t.values[pw][i] = w[i] = (int32_t)((uint32_t)(i + 1) * 2654435761u >> 24) - 128;
    for (int i = 0; i < 64; i++) l->t.values[in][i] = x[i] = (int32_t)((uint32_t)(i + 7) * 2246822519u >> 24) - 128;
    lab_certify(l, 4);
    if (lab_execute(l) != TACIT_OK || lab_statement(l) != TACIT_OK) fail_msg("%s", l->err.text);
}
static void test_secrets(void **state) {
    (void)state;
    lab l;
    int32_t w[512], x[64];
    unsigned char *proof;
    size_t size;
    secret_case(&l, w, x);
    writer out = {NULL, 0, 0};
    certificate_write(l.cert, &out);
    out = (writer){malloc(out.at), out.at, 0};
    certificate_write(l.cert, &out);
    if (lab_prove(&l, &proof, &size) != TACIT_OK) fail_msg("%s", l.err.text);
    assert_int_equal(lab_verify(&l, proof, size), TACIT_OK);
    assert_false(holds_values(proof, size, w, 512));
    assert_false(holds_values(proof, size, x, 64));
    assert_false(holds_values(out.data, out.at, w, 512));
    free(proof);
    tacit_broken = RULE(LEAK_PADS) | RULE(LEAK_TAIL) | RULE(LEAK_OMEGA) | RULE(LEAK_SIGMA);
    if (lab_prove(&l, &proof, &size) != TACIT_OK) fail_msg("%s", l.err.text);
    assert_int_equal(lab_verify(&l, proof, size), TACIT_OK); /* leaks are the prover's own affair */
    tacit_broken = 0;
    free(proof);
    free(out.data);
    lab_end(&l);
}

/* Keys of two attempts, streams of one key. Bug 9. */
static void test_keys(void **state) {
    (void)state;
    digest w = sha256_of("w", 1), st = sha256_of("s", 1);
    rng_key a, b;
    uint8_t x[32], y[32];
    rng_attempt(&a, &w, &st);
    rng_attempt(&b, &w, &st);
    assert_memory_not_equal(a.b, b.b, sizeof a.b);
    for (int label = RNG_CELLS; label < RNG_CERT_SALT; label++) {
        rng_bytes(&a, (rng_label)label, 0, x, sizeof x);
        rng_bytes(&a, (rng_label)(label + 1), 0, y, sizeof y);
        assert_memory_not_equal(x, y, sizeof x);
        rng_bytes(&a, (rng_label)label, 1, y, sizeof y);
        assert_memory_not_equal(x, y, sizeof x);
    }
    tacit_broken = RULE(LEAK_KEY);
    rng_attempt(&a, &w, &st);
    rng_attempt(&b, &w, &st);
    assert_memory_equal(a.b, b.b, sizeof a.b);
    tacit_broken = 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_honest),       cmocka_unit_test(test_leaks_of_single_messages),
        cmocka_unit_test(test_sigma),        cmocka_unit_test(test_tail),
        cmocka_unit_test(test_dummy),        cmocka_unit_test(test_one_mask),
        cmocka_unit_test(test_shared_words), cmocka_unit_test(test_secrets),
        cmocka_unit_test(test_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
#endif
