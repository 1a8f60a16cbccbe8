/* Rounds over a tiny field, exactly: the value of the game "a false claim is accepted" with best messages against fair
 * challenges, by dynamic programming over the library's own round functions. */
#include "toy.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "poly/eq.h"
#include "sumcheck/sumcheck.h"

/* ---------------------------------------------------------------- one round of the verifier, with given messages */
static struct {
    ext sent[3], r;
    unsigned at;
} script;
static uint64_t number(ext v) {
    uint64_t i = 0;
    for (int j = EXT_DEG; j-- > 0;) i = i * toy_p + v.c[j];
    return i;
}
static uint64_t next_message(void *ctx, transcript_tag tag, uint64_t base) {
    (void)ctx;
    (void)tag;
    (void)base;
    return number(script.sent[script.at++]);
}
static uint64_t next_coin(void *ctx, transcript_tag tag, uint64_t base) {
    (void)ctx;
    (void)tag;
    (void)base;
    return number(script.r);
}

typedef enum form { PLAIN, GRUEN } form;
typedef struct rounds {
    form form;
    unsigned vars, degree; /* degree: messages of a round; Gruen's: 2 */
    ext f[3][8];           /* the summand: a product of multilinear factors */
    ext z[3];              /* Gruen's: times eq(z, .) */
    double *known;         /* value of (prefix, claim), or -1 */
    session s;
    arena a;
    size_t mark;
} rounds;

static ext one_round(rounds *g, unsigned at, ext claim, const ext *sent, ext r) {
    ext point;
    expr e = {.constant = claim};
    memcpy(script.sent, sent, g->degree * sizeof *sent);
    script.r = r;
    script.at = 0;
    tacit_status st = g->form == PLAIN
                          ? sumcheck_plain(&g->s, TAG_ZERO_ROUND, 1, g->degree, PADS_NONE, &e, NULL, &point)
                          : sumcheck_gruen(&g->s, TAG_ZERO_ROUND, 1, &g->z[at], &e, NULL, &point);
    assert_int_equal(st, TACIT_OK);
    arena_release(&g->a, g->mark);
    return e.constant; /* pads are 0 here: terms in cells count for nothing */
}

/* The true claim after the challenges of `prefix`: Gruen's without the eq factors of the bound variables. */
static ext truth(const rounds *g, unsigned bound, const ext *prefix) {
    ext sum = EXT_ZERO;
    for (uint64_t i = 0; i < UINT64_C(1) << (g->vars - bound); i++) {
        ext at[3], v = g->form == GRUEN ? eq_index(g->z + bound, g->vars - bound, i) : EXT_ONE;
        memcpy(at, prefix, bound * sizeof *at);
        for (unsigned k = bound; k < g->vars; k++) at[k] = ext_from(i >> (k - bound) & 1);
        for (unsigned k = 0; k < g->degree; k++) {
            ext value = EXT_ZERO;
            for (uint64_t j = 0; j < UINT64_C(1) << g->vars; j++)
                value = ext_add(value, ext_mul(g->f[k][j], eq_index(at, g->vars, j)));
            v = ext_mul(v, value);
        }
        sum = ext_add(sum, v);
    }
    return sum;
}

/* Probability of acceptance from here, best messages: max over messages of the mean over challenges. */
static double best(rounds *g, unsigned bound, ext *prefix, ext claim) {
    uint64_t n = toy_size(), state = 0, messages = 1;
    if (ext_equal(claim, truth(g, bound, prefix))) return 1;
    if (bound == g->vars) return 0;
    for (unsigned i = 0; i < bound; i++) state = state * n + number(prefix[i]);
    for (unsigned i = bound; i < g->vars; i++) state = state * n;
    double *memo = &g->known[((uint64_t)bound * (uint64_t)pow((double)n, g->vars) + state) * n + number(claim)];
    if (*memo >= 0) return *memo;
    for (unsigned i = 0; i < g->degree; i++) messages *= n;
    *memo = 0;
    for (uint64_t m = 0; m < messages; m++) {
        ext sent[3];
        double sum = 0;
        for (unsigned i = 0, rest = (unsigned)m; i < g->degree; i++, rest /= (unsigned)n)
            sent[i] = toy_element(rest % n);
        for (uint64_t r = 0; r < n; r++) {
            prefix[bound] = toy_element(r);
            sum += best(g, bound + 1, prefix, one_round(g, bound, claim, sent, prefix[bound]));
        }
        if (sum / (double)n > *memo) *memo = sum / (double)n;
    }
    return *memo;
}

static void play(form f, uint64_t p, unsigned vars, unsigned degree) {
    rounds g = {.form = f, .vars = vars, .degree = degree};
    transcript ch;
    tacit_error err = {0};
    ext prefix[3];
    static unsigned char memory[1 << 20];
    toy_field(p);
    toy_seed(p + vars);
    uint64_t n = toy_size();
    size_t states = (size_t)((double)(vars + 1) * pow((double)n, vars + 1));
    for (unsigned k = 0; k < degree; k++)
        for (uint64_t i = 0; i < 8; i++) g.f[k][i] = toy_element(toy_random(n));
    for (unsigned k = 0; k < vars; k++) g.z[k] = toy_element(1 + toy_random(n - 1)); /* 0: the verifier rejects */
    g.known = malloc(states * sizeof *g.known);
    for (size_t i = 0; i < states; i++) g.known[i] = -1;
    arena_init(&g.a, memory, sizeof memory);
    transcript_verifier(&ch, NULL, 0, &err);
    session_init(&g.s, NULL, NULL, &ch, &g.a, &err);
    g.mark = arena_mark(&g.a);
    toy = (toy_table){next_coin, next_message, NULL};
    ext wrong = ext_add(truth(&g, 0, prefix), EXT_ONE);
    double value = best(&g, 0, prefix, wrong), each = degree / (double)n;
    double bound = 1 - pow(1 - each, vars);
    print_message("|E| = %2u, %u variables, degree %u, %s: %.4f, bound %.4f\n", (unsigned)n, vars, degree,
                  f == PLAIN ? "plain" : "Gruen's", value, bound);
    if (value > bound + 1e-9) fail_msg("a false claim is accepted with probability %f > %f", value, bound);
    assert_true(value >= 1 / (double)n); /* the game is not trivially lost */
    toy = (toy_table){toy_random_coin, NULL, NULL};
    free(g.known);
}

static void test_plain(void **state) {
    (void)state;
#if EXT_DEG == 1
    play(PLAIN, 5, 3, 2);
    play(PLAIN, 11, 2, 2);
    play(PLAIN, 5, 2, 3);
    play(PLAIN, 7, 2, 3);
#else
    play(PLAIN, 3, 2, 2);
    play(PLAIN, 5, 1, 3);
#endif
}
static void test_gruen(void **state) {
    (void)state;
#if EXT_DEG == 1
    play(GRUEN, 5, 3, 2);
    play(GRUEN, 11, 2, 2);
#else
    play(GRUEN, 3, 2, 2);
#endif
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_plain), cmocka_unit_test(test_gruen)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
