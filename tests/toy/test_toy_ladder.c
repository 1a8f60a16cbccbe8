/* Step 7 over a tiny field: provers that reach each bound of the calculator (commit/soundness), against all challenges
 * and all sets of positions. Words are oracles here: Merkle paths are not checked. One domain of 16 points, polynomials
 * of 4 coefficients: e = 6, A = 10. */
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
#include "commit/commit.h"
#include "commit/soundness.h"
#include "poly/eq.h"
#include "poly/ntt.h"

enum { K = 4, LOG_N = 4, N = 16, E_RADIUS = (N - K) / 2, VECTOR = 2 * K };
static unsigned char memory[1 << 20];

static uint64_t number(ext v) {
    uint64_t i = 0;
    for (int j = EXT_DEG; j-- > 0;) i = i * toy_p + v.c[j];
    return i;
}
static ext any(void) {
    return toy_element(toy_random(toy_size()));
}
static ext at(const ext *coeffs, uint32_t position) {
    ext r = EXT_ZERO;
    for (int i = K; i-- > 0;) r = ext_add(ext_scale(r, rs_point(LOG_N, position)), coeffs[i]);
    return r;
}

/* The calculator's error of a term. */
static double stated(const geometry *g, const char *name) {
    tacit_error_term t[32];
    uint32_t n = soundness_opening(g, t, 32);
    for (uint32_t i = 0; i < n; i++)
        if (strncmp(t[i].name, name, strlen(name)) == 0) return exp2(-t[i].bits);
    fail_msg("no term %s", name);
    return 0;
}

/* ---------------------------------------------------------------- a prover of step 7: words, coins, answers */
typedef struct opener {
    geometry g;
    batch_final f;
    ext rho[3], u[2];
    /* committed: lanes, sigma, masks; their words may differ from the polynomials */
    gl lane[2][K], lane_word[2][N];
    ext y[K], sigma[K], omega[2][K], sigma_word[N], omega_word[2][N];
    /* answers */
    ext nu, clear[VECTOR], level_word[2][N], round[2];
    /* coins */
    ext gamma, delta, r;
    uint64_t rank[2]; /* positions of level 0, of level 1 */
    /* the run */
    uint32_t positions[2][N], set, leaf, word, sent;
} opener;

static ext functional(const opener *o, const ext *x, const ext *s) {
    ext sum = EXT_ZERO;
    for (int i = 0; i < K; i++) sum = ext_add(sum, ext_mul(o->f.coef[0], ext_mul(eq_index(o->rho + 1, 2, i), x[i])));
    for (int i = 0; i < 2; i++) sum = ext_sub(sum, ext_mul(o->u[i], s[i]));
    return sum;
}

/* Everything honest but k0, which lacks `lie`. */
static void honest(opener *o, uint32_t t, uint32_t level_t, ext lie) {
    memset(o, 0, sizeof *o);
    toy_geometry(
        &o->g, &(toy_shape){.x_a = 2, .x_k = 1, .sigma_a = 2, .t = t, .level_k = level_t ? 1 : 0, .level_t = level_t});
    for (int i = 0; i < 3; i++) o->rho[i] = any();
    for (int i = 0; i < 2; i++) o->u[i] = any();
    for (int i = 0; i < K; i++) {
        for (int l = 0; l < 2; l++) o->lane[l][i] = toy_random(toy_p), o->omega[l][i] = any();
        o->y[i] = ext_lerp(ext_from(o->lane[0][i]), ext_from(o->lane[1][i]), o->rho[0]);
        o->sigma[i] = any();
    }
    for (uint32_t j = 0; j < N; j++) {
        o->sigma_word[j] = at(o->sigma, j);
        for (int l = 0; l < 2; l++) o->omega_word[l][j] = at(o->omega[l], j);
    }
    for (int l = 0; l < 2; l++) rs_encode(o->lane_word[l], o->lane[l], K, LOG_N);
    o->f = (batch_final){.rho = o->rho, .coef = {any()}, .u = o->u, .u_count = 2};
    o->f.k0 = ext_add(functional(o, o->y, o->sigma), lie);
    o->nu = functional(o, o->omega[0], o->omega[1]);
    o->gamma = any(), o->delta = any(), o->r = any();
}
/* z_x, z_sigma */
static void masked(const opener *o, ext *z) {
    for (int i = 0; i < K; i++) {
        z[i] = ext_add(o->omega[0][i], ext_mul(o->gamma, o->y[i]));
        z[K + i] = ext_add(o->omega[1][i], ext_mul(o->gamma, o->sigma[i]));
    }
}

static uint64_t coin(void *ctx, transcript_tag tag, uint64_t base) {
    opener *o = ctx;
    (void)base;
    if (tag == TAG_GAMMA) return number(o->gamma);
    if (tag == TAG_LADDER_WEIGHT) return number(o->delta);
    if (tag == TAG_ROUND_CHALLENGE) return number(o->r);
    assert_int_equal(tag, TAG_POSITIONS);
    toy_subset(N, o->set ? o->g.level[0].t : o->g.domain[0].t, o->rank[o->set], o->positions[o->set]);
    return o->rank[o->set++];
}
/* One column as F words: x's lanes, sigma, both masks; below: two lanes. */
static uint64_t leaf_word(opener *o) {
    uint32_t level = o->set - 1, width = level ? 2 * EXT_DEG : 2 + 3 * EXT_DEG, w = o->word++;
    uint32_t j = o->positions[level][o->leaf];
    if (o->word == width) o->word = 0, o->leaf++;
    if (o->leaf == (level ? o->g.level[0].t : o->g.domain[0].t)) o->leaf = 0;
    if (level) return o->level_word[w / EXT_DEG][j].c[w % EXT_DEG];
    if (w < 2) return o->lane_word[w][j];
    w -= 2;
    return w < EXT_DEG ? o->sigma_word[j].c[w] : o->omega_word[w / EXT_DEG - 1][j].c[w % EXT_DEG];
}
static uint64_t message(void *ctx, transcript_tag tag, uint64_t base) {
    opener *o = ctx;
    (void)base;
    if (tag == TAG_NU) return number(o->nu);
    if (tag == TAG_CLEAR) return number(o->clear[o->sent++]);
    if (tag == TAG_LADDER_ROUND) return number(o->round[o->sent++]);
    assert_int_equal(tag, TAG_LEAF);
    return leaf_word(o);
}
static bool accepts(opener *o) {
    transcript ch;
    session s;
    arena a;
    tacit_error err = {0};
    digest roots[2] = {{{0}}};
    o->set = o->leaf = o->word = o->sent = 0;
    toy = (toy_table){coin, message, o};
    arena_init(&a, memory, sizeof memory);
    transcript_verifier(&ch, NULL, 0, &err);
    session_init(&s, NULL, NULL, &ch, &a, &err);
    tacit_broken |= UINT64_C(1) << BROKEN_MERKLE;
    tacit_status st = commit_open(&s, &o->g, roots, NULL, &o->f, NULL, NULL);
    tacit_broken &= ~(UINT64_C(1) << BROKEN_MERKLE);
    if (st != TACIT_OK) assert_int_equal(st, TACIT_REJECTED);
    toy = (toy_table){toy_random_coin, NULL, NULL};
    return st == TACIT_OK;
}
/* Share of the position sets of one level that are accepted. */
static double over_positions(opener *o, uint32_t level, uint32_t t) {
    uint64_t all = toy_binomial(N, t), good = 0;
    for (o->rank[level] = 0; o->rank[level] < all; o->rank[level]++) good += accepts(o);
    o->rank[level] = 0;
    return (double)good / (double)all;
}
static void same(double measured, double expected, double bound, const char *what) {
    print_message("%s: %.4f, bound %.4f\n", what, measured, bound);
    if (fabs(measured - expected) > 1e-9) fail_msg("%s: %f, not %f", what, measured, expected);
    if (measured > bound + 1e-9) fail_msg("%s: %f > %f", what, measured, bound);
}

/* A polynomial of degree 3 that vanishes at positions 0, 1, 2, scaled so that `value` of it is `wanted`. */
static void vanishing(ext *d) {
    memset(d, 0, K * sizeof *d);
    d[0] = EXT_ONE;
    for (uint32_t j = 0; j < 3; j++)
        for (int i = (int)j + 1; i >= 0; i--)
            d[i] = ext_sub(i ? d[i - 1] : EXT_ZERO, ext_scale(d[i], rs_point(LOG_N, j)));
}
static void scale_to(ext *d, ext value, ext wanted) {
    ext f = ext_mul(wanted, ext_inv(value));
    for (int i = 0; i < K; i++) d[i] = ext_mul(d[i], f);
}

/* ---------------------------------------------------------------- queries */
static void test_honest(void **state) {
    opener o;
    (void)state;
    toy_field(17);
    toy_seed(1);
    for (uint32_t t = 1; t <= 3; t++) {
        honest(&o, t, 0, EXT_ZERO);
        masked(&o, o.clear);
        assert_true(over_positions(&o, 0, t) == 1);
        honest(&o, t, 0, EXT_ONE); /* a false equation and no other lie: never */
        masked(&o, o.clear);
        assert_true(over_positions(&o, 0, t) == 0);
    }
}

/* The clear vector is z + gamma d with <V, d> = the lie. sigma's word follows it on e positions, so that it still
 * decodes to sigma, and d vanishes on K - 1 more: A - 1 positions agree. This works for every gamma. */
static void test_level0_queries(void **state) {
    (void)state;
    toy_field(17);
    for (uint32_t t = 1; t <= 3; t++) {
        opener o;
        ext d[K], zero[K] = {EXT_ZERO};
        char what[64];
        toy_seed(t);
        vanishing(d);
        do honest(&o, t, 0, EXT_ONE);
        while (ext_is_zero(functional(&o, zero, d)));
        scale_to(d, functional(&o, zero, d), EXT_ONE);
        for (uint32_t j = 3; j < 3 + E_RADIUS; j++) o.sigma_word[j] = ext_add(o.sigma_word[j], at(d, j));
        for (int turn = 0; turn < 3; turn++) {
            o.gamma = toy_element(1 + toy_random(toy_size() - 1));
            masked(&o, o.clear);
            for (int i = 0; i < K; i++) o.clear[K + i] = ext_add(o.clear[K + i], ext_mul(o.gamma, d[i]));
            snprintf(what, sizeof what, "level 0, %u queries", (unsigned)t);
            same(over_positions(&o, 0, t), (double)toy_binomial(9, t) / (double)toy_binomial(N, t),
                 stated(&o.g, "step 7: queries of level-0 domain 1"), what);
        }
    }
}

/* ---------------------------------------------------------------- gamma */
/* nu is sent before gamma: right for one gamma at most. Afterwards it would be right for all. */
static void test_gamma(void **state) {
    opener o;
    (void)state;
    toy_field(17);
    toy_seed(5);
    for (int late = 0; late < 2; late++) {
        uint64_t good = 0, n = toy_size();
        honest(&o, 1, 0, EXT_ONE);
        ext truth = o.nu;
        if (late) tacit_broken |= UINT64_C(1) << BROKEN_NU;
        o.nu = ext_sub(truth, toy_element(7));
        for (uint64_t i = 0; i < n; i++) {
            o.gamma = toy_element(i);
            if (late) o.nu = ext_sub(truth, o.gamma);
            masked(&o, o.clear);
            good += accepts(&o);
        }
        tacit_broken = 0;
        if (late)
            assert_int_equal(good, n);
        else
            same((double)good / (double)n, 1 / (double)n, stated(&o.g, "step 7: gamma"), "gamma");
    }
}

/* ---------------------------------------------------------------- proximity of lines */
/* Distance of a word over F from the code, by trying all polynomials. */
static uint32_t distance(const gl *word, gl (*codewords)[N], uint64_t count) {
    uint32_t least = N;
    for (uint64_t c = 0; c < count; c++) {
        uint32_t d = 0;
        for (uint32_t j = 0; j < N; j++) d += word[j] != codewords[c][j];
        if (d < least) least = d;
    }
    return least;
}
/* How many of the words f + gamma g lie within e of the code. */
static uint64_t close_points(const gl *f, const gl *g, gl (*codewords)[N], uint64_t count) {
    uint64_t close = 0;
    for (uint64_t c = 0; c < toy_p; c++) {
        gl word[N];
        for (uint32_t j = 0; j < N; j++) word[j] = gl_add(f[j], gl_mul(c, g[j]));
        close += distance(word, codewords, count) <= E_RADIUS;
    }
    return close;
}
/* A pair that is not jointly within e of the code has at most e + 1 close points on its line (assumption P), and a pair
 * with errors at e + 1 positions that vanish one by one has as many. */
static void test_lines(void **state) {
    (void)state;
    toy_field(17);
    toy_seed(6);
    uint64_t count = 17 * 17 * 17 * 17, worst = 0;
    gl(*codewords)[N] = malloc(count * sizeof *codewords), f[N] = {0}, g[N] = {0};
    for (uint64_t c = 0; c < count; c++) {
        gl coeffs[K] = {c % 17, c / 17 % 17, c / 289 % 17, c / 4913};
        rs_encode(codewords[c], coeffs, K, LOG_N);
    }
    for (uint32_t j = 0; j <= E_RADIUS; j++) f[j] = gl_neg(j), g[j] = 1;
    assert_int_equal(close_points(f, g, codewords, count), E_RADIUS + 1);
    int turns = getenv("TACIT_SAMPLE") ? 1 : 8;
    for (int turn = 0; turn < turns; turn++) { /* errors at more positions than e, values at random: far jointly */
        uint32_t errors = E_RADIUS + 1 + (uint32_t)turn % 4;
        memset(f, 0, sizeof f), memset(g, 0, sizeof g);
        for (uint32_t j = 0; j < errors; j++) f[j] = toy_random(17), g[j] = 1 + toy_random(16);
        uint64_t close = close_points(f, g, codewords, count);
        if (close > worst) worst = close;
    }
    free(codewords);
    print_message("lines: at most %u close points, bound %u\n", (unsigned)worst, E_RADIUS + 1);
    assert_true(worst <= E_RADIUS + 1);
}

/* ---------------------------------------------------------------- one inner level */
/* The dense functional with the openings' powers, in the order of commit.c: positions ascending, x then sigma. */
static void whole_functional(const opener *o, ext *v) {
    uint32_t positions[N];
    ext w = EXT_ONE;
    for (int i = 0; i < K; i++) {
        v[i] = ext_mul(o->f.coef[0], eq_index(o->rho + 1, 2, i));
        v[K + i] = i < 2 ? ext_neg(o->u[i]) : EXT_ZERO;
    }
    toy_subset(N, o->g.domain[0].t, o->rank[0], positions);
    for (uint32_t p = 0; p < o->g.domain[0].t; p++)
        for (int c = 0; c < 2; c++) {
            gl x = 1;
            w = ext_mul(w, o->delta);
            for (int i = 0; i < K; i++, x = gl_mul(x, rs_point(LOG_N, positions[p])))
                v[c * K + i] = ext_add(v[c * K + i], ext_scale(w, x));
        }
}
/* Root, round and clear vector as an honest prover has them; v: folded functional. */
static void descend(opener *o, ext *v) {
    ext z[VECTOR], lane[2][K];
    masked(o, z);
    whole_functional(o, v);
    o->round[0] = o->round[1] = EXT_ZERO;
    for (int i = 0; i < K; i++) {
        ext v2 = ext_sub(ext_add(v[2 * i + 1], v[2 * i + 1]), v[2 * i]);
        ext z2 = ext_sub(ext_add(z[2 * i + 1], z[2 * i + 1]), z[2 * i]);
        o->round[0] = ext_add(o->round[0], ext_mul(v[2 * i], z[2 * i]));
        o->round[1] = ext_add(o->round[1], ext_mul(v2, z2));
        for (int l = 0; l < 2; l++) lane[l][i] = z[2 * i + l];
        v[i] = ext_lerp(v[2 * i], v[2 * i + 1], o->r);
        o->clear[2 + i] = ext_lerp(z[2 * i], z[2 * i + 1], o->r); /* behind the round's two messages */
    }
    for (uint32_t j = 0; j < N; j++)
        for (int l = 0; l < 2; l++) o->level_word[l][j] = at(lane[l], j);
}

/* Lies about nu and the opened columns whose weighted sum is a polynomial in delta with as many roots as openings. */
static void test_delta(void **state) {
    (void)state;
    toy_field(17);
    for (uint32_t t = 1; t <= 2; t++) {
        opener o;
        ext v[VECTOR], lie[5] = {EXT_ONE};
        uint32_t openings = 2 * t, positions[N];
        uint64_t good = 0, n = toy_size();
        toy_seed(10 + t);
        honest(&o, t, 1, EXT_ZERO);
        o.rank[0] = toy_random(toy_binomial(N, t));
        toy_subset(N, t, o.rank[0], positions);
        for (uint32_t b = 0; b < openings; b++) /* prod (X - b) */
            for (int i = (int)b + 1; i >= 0; i--)
                lie[i] = ext_sub(i ? lie[i - 1] : EXT_ZERO, ext_mul(lie[i], toy_element(b)));
        o.nu = ext_add(o.nu, lie[0]);
        for (uint32_t p = 0; p < t; p++)
            for (int c = 0; c < 2; c++)
                o.omega_word[c][positions[p]] = ext_add(o.omega_word[c][positions[p]], lie[1 + 2 * p + (uint32_t)c]);
        for (uint64_t i = 0; i < n; i++) {
            o.delta = toy_element(i);
            descend(&o, v);
            good += accepts(&o);
        }
        same((double)good / (double)n, (double)openings / (double)n, stated(&o.g, "step 7: batch of openings"),
             "delta");
    }
}

/* As at level 0: the clear vector follows the lie, the level's word follows it on e positions. delta and r are known to
 * this prover, so that queries alone are measured. */
static void test_level1_queries(void **state) {
    (void)state;
    toy_field(17);
    for (uint32_t t = 1; t <= 3; t++) {
        opener o;
        ext v[VECTOR], d[K], sum = EXT_ZERO, lack;
        char what[64];
        toy_seed(20 + t);
        honest(&o, 1, t, EXT_ONE);
        o.gamma = toy_element(3), o.r = toy_element(5);
        descend(&o, v);
        assert_true(over_positions(&o, 1, t) == 0);
        vanishing(d);
        for (int i = 0; i < K; i++) sum = ext_add(sum, ext_mul(v[i], d[i]));
        /* the claim lacks gamma before the round; g(1) = claim - g(0) carries all of it: r(r - 2)/(1 (1 - 2)) times */
        lack = ext_mul(o.gamma, ext_neg(ext_mul(o.r, ext_sub(o.r, ext_from(2)))));
        if (ext_is_zero(sum) || ext_is_zero(lack)) fail_msg("another seed");
        scale_to(d, sum, lack);
        ext share = ext_inv(ext_one_minus(o.r));
        for (int i = 0; i < K; i++) o.clear[2 + i] = ext_add(o.clear[2 + i], d[i]);
        for (uint32_t j = 3; j < 3 + E_RADIUS; j++)
            o.level_word[0][j] = ext_add(o.level_word[0][j], ext_mul(share, at(d, j)));
        snprintf(what, sizeof what, "level 1, %u queries", (unsigned)t);
        same(over_positions(&o, 1, t), (double)toy_binomial(9, t) / (double)toy_binomial(N, t),
             stated(&o.g, "step 7: queries of level 1"), what);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_honest), cmocka_unit_test(test_level0_queries),
                                       cmocka_unit_test(test_gamma),  cmocka_unit_test(test_lines),
                                       cmocka_unit_test(test_delta),  cmocka_unit_test(test_level1_queries)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
