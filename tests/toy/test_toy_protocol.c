/* The whole protocol over a tiny field: a lying prover (the library's own, with a false witness) against fair
 * challenges is accepted no more often than the sum of the calculator's terms for this statement; and the columns that
 * several proofs open of one certificate, for all tails. */
#include "simulator.h"
#include "lab.h"                    /* before cmocka, which defines a macro fail */
#include "../../src/proof/params.c" /* statement_terms */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "poly/ntt.h"

/* ---------------------------------------------------------------- lies */
/* y = sum_k u_k v_k over bits; the lie: y is one too large, u_0 is 2, or the product's constraint is false. */
typedef struct sum_of_bits {
    lab l;
    uint32_t u, v, y;
} sum_of_bits;

static void start(sum_of_bits *s, int lie) {
    shape in = shape2(1, 2), out = shape2(1, 1);
    lab *l = &s->l;
    lab_start(l);
    s->u = builder_external(l->b, TENSOR_INPUT, "u", &in, 0, 1);
    s->v = builder_external(l->b, TENSOR_INPUT, "v", &in, 0, 1);
    s->y = builder_external(l->b, TENSOR_OUTPUT, "y", &out, 0, 3);
    uint32_t bits = builder_range_table(l->b, 0, 1);
    builder_lookup(l->b, "u.range", bits, &s->u);
    builder_lookup(l->b, "v.range", bits, &s->v);
    builder_lookup(l->b, "y.range", builder_range_table(l->b, 0, 3), &s->y);
    product p = {1, s->u, s->v, {0, 2}, {1, 2}};
    builder_constraint(l->b, "dot", &out, &p, 1, &(linear_term){-1, s->y}, 1, 0);
    lab_load(l);
    int32_t **t = l->t.values;
    t[s->u][0] = 1, t[s->u][1] = 0, t[s->v][0] = 1, t[s->v][1] = 1, t[s->y][0] = 1;
    if (lie == 1) t[s->y][0] = 2;                 /* a false constraint */
    if (lie == 2) t[s->u][0] = 2, t[s->y][0] = 2; /* a tuple that is no row */
    lab_recount(l);
    if (lab_statement(l) != TACIT_OK) fail_msg("%s", l->err.text);
}

/* Share of the runs that the verifier accepts; prover and verifier meet the same fair coins. */
static double accepted(sum_of_bits *s, unsigned runs) {
    unsigned good = 0, all = 0;
    while (all < runs) {
        tacit_prove_report report = {0};
        attempt_request r = {.st = &s->l.st, .t = &s->l.t, .report = &report};
        unsigned char *proof = NULL;
        size_t size;
        fixed_coins_seed++;
        fixed_coins_start();
        memset(&s->l.err, 0, sizeof s->l.err);
        tacit_status st = attempt_prove(&r, &proof, &size, &s->l.err);
        if (st == TACIT_OK && report.attempts == 1) { /* else a degenerate challenge: the run does not count */
            fixed_coins_start();
            all++;
            good += lab_verify(&s->l, proof, size) == TACIT_OK;
        }
        if (st == TACIT_OK) free(proof);
    }
    return (double)good / runs;
}
static double total(const statement *st, arena *a) {
    tacit_error_term t[64];
    term_list l = {t, 64, 0};
    tacit_error err = {0};
    double sum = 0;
    assert_int_equal(statement_terms(&l, st, a, &err), TACIT_OK);
    for (size_t i = 0; i < l.count; i++) sum += t[i].count * exp2(-t[i].bits);
    return sum;
}

static void test_lies(void **state) {
    static const char *const what[] = {"no lie", "a false constraint", "a tuple that is no row"};
    unsigned runs = getenv("TACIT_SAMPLE") ? 200 : EXT_DEG == 1 ? 3000 : 500;
    (void)state;
    toy_field(EXT_DEG == 1 ? 7681 : 257);
    for (int lie = 0; lie < 3; lie++) {
        sum_of_bits s;
        toy_want = (toy_shape){5, 4, 5, 12, 0, 0};
        toy_seed(1);
        start(&s, lie);
        double share = accepted(&s, lie ? runs : 50), bound = total(&s.l.st, &s.l.a);
        double slack = 5 * sqrt(bound / runs); /* five standard deviations */
        print_message("%s: accepted %.4f, bound %.4f\n", what[lie], share, bound);
        if (lie == 0) assert_true(share == 1);
        if (lie && share > bound + slack) fail_msg("%s: accepted with probability %f > %f", what[lie], share, bound);
        assert_true(bound < 1);
        lab_end(&s.l);
    }
}

/* ---------------------------------------------------------------- a certificate's columns, proof after proof */
/* One lane of K = 4 coefficients, the last R of them random, on 16 points; two proofs open one column each, the second
 * at a place that depends on what the first showed. Over all tails every pair of values occurs equally often for every
 * content of the lane iff R >= 2. */
enum { K = 4, LOG_N = 4, N = 16, P = 17 };
static bool columns_uniform(const gl *content, unsigned tail) {
    unsigned seen[P][P] = {{0}}, all = 1;
    for (unsigned i = 0; i < tail; i++) all *= P;
    for (unsigned n = 0; n < all; n++) {
        gl lane[K], word[N];
        memcpy(lane, content, sizeof lane);
        for (unsigned i = 0, rest = n; i < tail; i++, rest /= P) lane[K - 1 - i] = rest % P;
        rs_encode(word, lane, K, LOG_N);
        gl first = word[5];
        uint32_t next = (5 + 1 + (uint32_t)first % (N - 1)) % N;
        seen[first][word[next]]++;
    }
    for (unsigned a = 0; a < P; a++)
        for (unsigned b = 0; b < P; b++)
            if (seen[a][b] * P * P != all) return false;
    return true;
}
static void test_columns(void **state) {
    (void)state;
    toy_field(P);
    toy_seed(3);
    for (int turn = 0; turn < 50; turn++) {
        gl content[K];
        for (int i = 0; i < K; i++) content[i] = toy_random(P);
        assert_true(columns_uniform(content, 2));
        assert_true(columns_uniform(content, 3));
        assert_false(columns_uniform(content, 1)); /* a tail for one proof, opened by two */
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_lies), cmocka_unit_test(test_columns)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
