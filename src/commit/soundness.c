#include "commit/soundness.h"
#include <math.h>
#include <stdio.h>
#include "field/ext.h"

double soundness_query_bits(uint64_t n, uint64_t dimension, uint32_t t) {
    uint64_t agree = (n + dimension + 1) / 2;
    double bits = 0;
    for (uint32_t i = 0; i < t; i++) {
        if (agree <= i) return INFINITY;
        bits += log2((double)(n - i) / (double)(agree - i));
    }
    return bits;
}

double soundness_field_bits(void) {
    return EXT_DEG * log2((double)GL_P);
}

typedef struct term_list {
    tacit_error_term *out;
    uint32_t capacity, count;
} term_list;

/* The term to fill, or a throw-away one beyond the capacity. */
static tacit_error_term *next(term_list *l, uint32_t count, double bits) {
    static _Thread_local tacit_error_term beyond;
    tacit_error_term *t = l->count < l->capacity ? &l->out[l->count] : &beyond;
    l->count++;
    *t = (tacit_error_term){.count = count, .bits = bits};
    return t;
}

#define NAME(t, ...) (void)snprintf((t)->name, sizeof(t)->name, __VA_ARGS__)
#define FORMULA(t, ...) (void)snprintf((t)->formula, sizeof(t)->formula, __VA_ARGS__)

/* -log2(numerator / |E|) */
static double over_field(double numerator) {
    return soundness_field_bits() - log2(numerator);
}

static double proximity(unsigned log_n, uint64_t dimension) {
    return (ldexp(1, (int)log_n) - (double)dimension) / 2 + 1;
}

static void step6_terms(const geometry *g, term_list *l) {
    double lanes = 2, gamma = 1;
    uint32_t folding = 0, rounds = geometry_rounds(g);
    for (uint32_t c = 0; c < g->object_count; c++) {
        double e = proximity(g->object[c].a + RATE_LOG, UINT64_C(1) << g->object[c].a);
        gamma += e;
        if (g->object[c].k) lanes += e;
        if (g->object[c].k > folding) folding = g->object[c].k;
    }
    tacit_error_term *t;
    if (folding) {
        t = next(l, folding, over_field(lanes));
        NAME(t, "step 6: challenges that fold lanes");
        FORMULA(t, "2/|E| + sum_c (delta n_c + 1)/|E|");
    }
    t = next(l, rounds - folding, over_field(2));
    NAME(t, "step 6: challenges of column variables");
    FORMULA(t, "2/|E|");
    t = next(l, 1, over_field(gamma));
    NAME(t, "step 7: gamma");
    FORMULA(t, "1/|E| + sum_c (delta n_c + 1)/|E|");
}

static void query_term(term_list *l, unsigned log_n, uint64_t dimension, uint32_t count, const char *where,
                       uint32_t number) {
    uint64_t n = UINT64_C(1) << log_n;
    tacit_error_term *t = next(l, 1, soundness_query_bits(n, dimension, count));
    NAME(t, "step 7: queries of %s %u", where, (unsigned)number);
    FORMULA(t, "C(A,t)/C(n,t), n = 2^%u, K = %llu, t = %u", log_n, (unsigned long long)dimension, (unsigned)count);
}

/* K counts the random coefficients: every object of the domain has at least t of them. */
static void domain_term(term_list *l, const geometry *g, uint32_t d) {
    const geometry_domain *dom = &g->domain[d];
    uint32_t random = UINT32_MAX;
    for (uint32_t c = 0; c < g->object_count; c++)
        if (g->object[c].domain == d && g->object[c].tail < random) random = g->object[c].tail;
    query_term(l, dom->log_n, UINT64_C(1) << dom->a, dom->t, "level-0 domain", d + 1);
    if (l->count > l->capacity) return;
    FORMULA(&l->out[l->count - 1], "C(A,t)/C(n,t), n = 2^%u, K = %u (%u or more random), t = %u", dom->log_n,
            1u << dom->a, random, dom->t);
}

static void batch_term(term_list *l, uint32_t equations, uint32_t number) {
    tacit_error_term *t = next(l, 1, over_field(equations));
    NAME(t, "step 7: batch of openings at level %u", (unsigned)number);
    FORMULA(t, "%u/|E|", (unsigned)equations);
}

uint32_t soundness_opening(const geometry *g, tacit_error_term *out, uint32_t capacity) {
    term_list l = {out, capacity, 0};
    uint32_t opened = 0;
    step6_terms(g, &l);
    for (uint32_t d = 0; d < g->domain_count; d++) domain_term(&l, g, d);
    for (uint32_t c = 0; c < g->object_count; c++) opened += g->domain[g->object[c].domain].t;
    for (uint32_t i = 0; i < g->level_count; i++) {
        const geometry_level *v = &g->level[i];
        uint64_t columns = geometry_columns(v);
        batch_term(&l, opened, i + 1);
        tacit_error_term *t = next(&l, v->k, over_field(proximity(v->log_n, columns) + 2));
        NAME(t, "step 7: fold challenges of level %u", (unsigned)(i + 1));
        FORMULA(t, "2/|E| + (delta n + 1)/|E|, n = 2^%u", (unsigned)v->log_n);
        query_term(&l, v->log_n, columns, v->t, "level", i + 1);
        opened = v->t;
    }
    return l.count;
}
