/* Steps 3, 5b and 6 over a tiny field: every static defect is given, then the verifier's own code is played against all
 * messages and all challenges. The value of a game never exceeds the error that protocol.md, section 7.8 (and the
 * calculator) states for the step's challenges. */
#include "toy.h"
#include "lab.h" /* before cmocka, which defines a macro fail */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "poly/eq.h"
#include "program/tensor_eval.h"

static unsigned char memory[1 << 22];

/* ---------------------------------------------------------------- the value of an equation */
/* Pads are 0 (a prover may choose so): cells count for nothing but c, which a defect sets. */
typedef struct witness {
    const program *p;
    int32_t *const *tensors;
    const ext *cells[CELL_ARRAYS];
    uint32_t counts[CELL_ARRAYS];
} witness;

static ext cell_at(const witness *w, cell_array k, uint32_t i) {
    return i < w->counts[k] ? w->cells[k][i] : EXT_ZERO;
}
static ext term_value(const witness *w, const term *t, arena *a) {
    if (t->kind == TERM_CELL) return cell_at(w, t->array, t->index);
    if (t->kind == TERM_EMLE) {
        ext sum = EXT_ZERO;
        for (uint32_t i = 0; i < w->counts[t->array]; i++)
            sum = ext_add(sum, ext_mul(eq_index(t->z, log2_ceil(w->counts[t->array]), i), w->cells[t->array][i]));
        return sum;
    }
    assert_int_equal(t->kind, TERM_MLE);
    const shape *s = &w->p->tensors[t->index].shape;
    int64_t v[64];
    tacit_error err = {0};
    ext r;
    for (uint64_t i = 0; i < shape_count(s); i++) v[i] = w->tensors[t->index][i];
    assert_int_equal(values_eval(&r, s, v, t->z, a, &err), TACIT_OK);
    return r;
}
static bool holds(const witness *w, const expr *e, arena *a) {
    ext sum = e->constant;
    for (uint32_t i = 0; i < e->count; i++)
        sum = ext_add(sum, ext_mul(e->terms[i].coef, term_value(w, &e->terms[i], a)));
    return ext_is_zero(sum);
}

static void judge(const char *what, double value, double bound, double least) {
    print_message("|E| = %2u, %s: %.4f, bound %.4f (%u runs)\n", (unsigned)toy_size(), what, value, bound,
                  (unsigned)toy_leaves);
    if (value > bound + 1e-9) fail_msg("%s: accepted with probability %f > %f", what, value, bound);
    assert_true(value >= least - 1e-9);
}

/* ---------------------------------------------------------------- 5b */
typedef struct triples {
    uint32_t count;
    ext a[4], b[4], c[4];
} triples;

static bool zero_accepts(void *ctx) {
    const triples *t = ctx;
    witness w = {.cells = {NULL, t->a, t->b, t->c}, .counts = {0, t->count, t->count, t->count}};
    transcript ch;
    session s;
    arena a;
    tacit_error err = {0};
    arena_init(&a, memory, sizeof memory);
    transcript_verifier(&ch, NULL, 0, &err);
    session_init(&s, NULL, NULL, &ch, &a, &err);
    s.plan.triples = t->count;
    if (zero_run(&s, NULL) != TACIT_OK) return false;
    return holds(&w, &s.zero[0], &a) && holds(&w, &s.zero[1], &a) && holds(&w, &s.zero[2], &a);
}

/* All defects c - a b of two triples up to a factor; some of four. */
static void zero_game(uint64_t p, uint32_t count) {
    double worst = 0;
    toy_field(p);
    toy_seed(p);
    uint64_t n = toy_size(), leaves = 0;
    for (uint64_t defect = 0; defect <= (count == 2 ? n : 3); defect++) {
        triples t = {.count = count};
        for (uint32_t i = 0; i < count; i++) {
            t.a[i] = toy_element(toy_random(n)), t.b[i] = toy_element(toy_random(n));
            t.c[i] = ext_mul(t.a[i], t.b[i]);
        }
        t.c[1] = ext_add(t.c[1], EXT_ONE);
        if (defect < n) t.c[0] = ext_add(t.c[0], toy_element(defect));
        if (count == 4) t.c[3] = ext_add(t.c[3], toy_element(toy_random(n)));
        double v = toy_game(zero_accepts, &t);
        leaves += toy_leaves;
        if (v > worst) worst = v;
    }
    toy_leaves = leaves;
    double vars = log2(count), bound = 1 - pow(1 - 1.0 / n, vars) * pow(1 - 2.0 / n, vars);
    judge(count == 2 ? "5b, two triples" : "5b, four triples", worst, bound, 1.0 / n);
}
static void test_zero(void **state) {
    (void)state;
#if EXT_DEG == 1
    zero_game(5, 2);
    zero_game(7, 2);
    zero_game(3, 4);
#else
    zero_game(3, 2);
#endif
}

/* ---------------------------------------------------------------- LogUp */
typedef struct lookups {
    lab l;
    logup shape;
    uint32_t x, m;
} lookups;

static bool logup_accepts(void *ctx) {
    lookups *k = ctx;
    witness w = {.p = &k->l.p, .tensors = k->l.t.values};
    transcript ch;
    session s;
    arena a;
    tacit_error err = {0};
    arena_init(&a, memory, sizeof memory);
    transcript_verifier(&ch, NULL, 0, &err);
    session_init(&s, &k->l.p, k->l.bind, &ch, &a, &err);
    if (logup_run(&s, &k->shape, NULL) != TACIT_OK) return false;
    for (uint32_t i = 0; i < s.equation_count; i++)
        if (!holds(&w, &s.equations[i], &a)) return false;
    return true;
}

/* `rows` private values looked up in a table of `table_rows` rows 0, 1, .. */
static void logup_start(lookups *k, uint32_t rows, uint32_t table_rows) {
    memset(k, 0, sizeof *k);
    lab_start(&k->l);
    shape s = shape1(rows);
    k->x = builder_external(k->l.b, TENSOR_INPUT, "x", &s, 0, table_rows - 1);
    builder_lookup(k->l.b, "range", builder_range_table(k->l.b, 0, table_rows - 1), &k->x);
    lab_load(&k->l);
    k->m = k->l.p.tables[0].multiplicity;
    assert_int_equal(logup_make(&k->shape, &k->l.p, &k->l.a, &k->l.err), TACIT_OK);
}

/* The best over all multiplicities of a one-row table. alpha and beta together: N + M - 1; then per layer the weight
 * (2 trees with variables left), the rounds (none: one variable at most) and lambda. */
static void logup_game(uint64_t p, uint32_t rows, const int32_t *x, const char *what) {
    lookups k;
    double worst = 0;
    uint64_t leaves = 0;
    toy_field(p);
    logup_start(&k, rows, 1);
    memcpy(k.l.t.values[k.x], x, rows * sizeof *x);
    for (uint64_t m = 0; m < p; m++) {
        k.l.t.values[k.m][0] = (int32_t)m;
        double v = toy_game(logup_accepts, &k);
        leaves += toy_leaves;
        if (v > worst) worst = v;
    }
    toy_leaves = leaves;
    double n = toy_size(), layers = rows > 1, bound = 1 - (1 - rows / n) * pow(1 - 1 / n, 2 * layers);
    judge(what, worst, bound, 0.5 / n);
    lab_end(&k.l);
}
static void test_logup(void **state) {
    (void)state;
#if EXT_DEG == 1
    logup_game(5, 1, (int32_t[]){1}, "LogUp, 1 lookup, 1 row");
    logup_game(7, 1, (int32_t[]){3}, "LogUp, 1 lookup, 1 row");
    logup_game(3, 2, (int32_t[]){0, 1}, "LogUp, 2 lookups, 1 row");
    logup_game(3, 2, (int32_t[]){1, 2}, "LogUp, 2 lookups, 1 row");
#else
    logup_game(3, 1, (int32_t[]){1}, "LogUp, 1 lookup, 1 row");
#endif
}

/* A larger field, alpha and beta alone: for every pair, is there a multiplicity vector chosen beforehand with which the
 * true sums agree? P(alpha, beta) = 0 for at most (N+M-1) |E| pairs (Lemma L), whatever the multiplicities. */
static double sums_agree(const int32_t *x, uint32_t n, const int32_t *m, uint32_t rows) {
    uint64_t size = toy_size(), zeros = 0;
    for (uint64_t i = 0; i < size * size; i++) {
        ext alpha = toy_element(i / size), beta = toy_element(i % size), d[8], num[8], sum = EXT_ZERO;
        for (uint32_t j = 0; j < n + rows; j++) {
            ext v = ext_from_i64(j < n ? x[j] : (int64_t)(j - n));
            d[j] = ext_sub(ext_sub(alpha, EXT_ONE), ext_mul(beta, v));
            num[j] = j < n ? EXT_ONE : ext_neg(ext_from_i64(m[j - n]));
        }
        for (uint32_t j = 0; j < n + rows; j++) {
            ext part = num[j];
            for (uint32_t o = 0; o < n + rows; o++)
                if (o != j) part = ext_mul(part, d[o]);
            sum = ext_add(sum, part);
        }
        zeros += ext_is_zero(sum);
    }
    return (double)zeros / (double)(size * size);
}
static void test_logup_polynomial(void **state) {
    static const int32_t x[3] = {0, 1, 3}; /* 3 is no row of {0, 1} */
    double worst = 0;
    (void)state;
    toy_field(EXT_DEG == 1 ? 31 : 5);
    uint64_t n = toy_size();
    for (int32_t m = 0; m < (int32_t)(toy_p * toy_p); m++) {
        double v = sums_agree(x, 3, (int32_t[]){m % (int32_t)toy_p, m / (int32_t)toy_p}, 2);
        if (v > worst) worst = v;
    }
    toy_leaves = toy_p * toy_p;
    judge("alpha and beta, 3 lookups, 2 rows, all multiplicities", worst, 4.0 / n, 1.0 / n);
}

/* ---------------------------------------------------------------- batching */
/* Equations that are constants e_0, e_1, ..: the library's weights against all challenges mu. With messages 0 and
 * round challenges 1, k0 is minus the weighted sum. */
static ext mu_now;
static uint64_t number(ext v) {
    uint64_t i = 0;
    for (int j = EXT_DEG; j-- > 0;) i = i * toy_p + v.c[j];
    return i;
}
static uint64_t batch_coin(void *ctx, transcript_tag tag, uint64_t base) {
    (void)ctx;
    (void)base;
    return number(tag == TAG_BATCH_WEIGHT ? mu_now : EXT_ONE);
}
static uint64_t no_message(void *ctx, transcript_tag tag, uint64_t base) {
    (void)ctx;
    (void)tag;
    (void)base;
    return 0;
}
enum { EQUATIONS = 4 }; /* one of the session and 5b's three */
static bool batch_vanishes(const ext *e, const placement *place, const geometry *g, arena *a) {
    transcript ch;
    session s;
    batch_final out;
    tacit_error err = {0};
    size_t mark = arena_mark(a);
    transcript_verifier(&ch, NULL, 0, &err);
    session_init(&s, NULL, NULL, &ch, a, &err);
    s.plan = (plan){1, 1, 2 * geometry_rounds(g)};
    session_equation(&s, &(expr){.constant = e[0]});
    for (int i = 0; i < 3; i++) s.zero[i].constant = e[1 + i];
    assert_int_equal(batch_run(&s, place, g, NULL, &out), TACIT_OK);
    arena_release(a, mark);
    return ext_is_zero(out.k0);
}
static void test_batch(void **state) {
    placement place = {0};
    geometry g;
    arena a;
    tacit_error err = {0};
    shape one = shape1(1);
    const shape *shapes[CELL_ARRAYS * EXT_DEG];
    uint64_t worst = 0;
    (void)state;
    toy_field(EXT_DEG == 1 ? 7 : 3);
    arena_init(&a, memory, sizeof memory);
    for (int i = 0; i < CELL_ARRAYS * EXT_DEG; i++) shapes[i] = &one;
    for (uint32_t k = 0; k < CELL_ARRAYS; k++) place.array_item[k] = k * EXT_DEG;
    assert_int_equal(layout_make(&place.x, shapes, CELL_ARRAYS * EXT_DEG, &a, &err), TACIT_OK);
    toy_geometry(&g, &(toy_shape){.x_a = 2, .x_k = 1, .sigma_a = 2, .t = 1});
    toy = (toy_table){batch_coin, no_message, NULL};
    uint64_t n = toy_size(), all = n * n * n * n, off = 0;
    for (uint64_t i = 1; i < all; i++) {
        ext e[EQUATIONS] = {toy_element(i % n), toy_element(i / n % n), toy_element(i / n / n % n),
                            toy_element(i / n / n / n)};
        uint64_t roots = 0;
        for (uint64_t m = 0; m < n; m++) {
            mu_now = toy_element(m);
            roots += batch_vanishes(e, &place, &g, &a);
        }
        if (roots > worst) worst = roots;
    }
    toy_leaves = all * n;
    judge("step 6's weight, 4 equations", worst / (double)n, (EQUATIONS - 1) / (double)n, (EQUATIONS - 1) / (double)n);
    /* with one weight for all, errors cancel whatever mu is */
    tacit_broken = UINT64_C(1) << BROKEN_BATCH_MU;
    for (uint64_t m = 0; m < n; m++) {
        mu_now = toy_element(m);
        off += batch_vanishes((ext[]){EXT_ONE, ext_neg(EXT_ONE), EXT_ZERO, EXT_ZERO}, &place, &g, &a);
    }
    tacit_broken = 0;
    assert_int_equal(off, n);
    toy = (toy_table){toy_random_coin, NULL, NULL};
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_zero), cmocka_unit_test(test_logup),
                                       cmocka_unit_test(test_logup_polynomial), cmocka_unit_test(test_batch)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
