#include "commit/ladder.h"
#include "base/wide.h"
#include <string.h>

/* A sum of products of canonical elements, three words: a product's high word is below 2^64 - 2^32, so a carry may join
 * it. */
typedef struct product_sum {
    uint64_t low, high, carries;
} product_sum;

static inline void product_add(product_sum *s, gl a, gl b) {
    uint64_t high, low = mul_64(a, b, &high);
    s->low += low;
    high += s->low < low;
    s->high += high;
    s->carries += s->high < high;
}

static inline gl product_reduce(const product_sum *s) {
    return gl_reduce128(s->low, gl_reduce128(s->high, s->carries));
}

ext ladder_dot(const ext *weight, const gl *v, size_t n) {
    product_sum s[EXT_DEG] = {{0, 0, 0}};
    ext r;
    for (size_t i = 0; i < n; i++)
        for (int j = 0; j < EXT_DEG; j++) product_add(&s[j], weight[i].c[j], v[i]);
    for (int j = 0; j < EXT_DEG; j++) r.c[j] = product_reduce(&s[j]);
    return r;
}

/* Horner in x^32 over runs of 32, each one sum. */
ext ladder_horner(const ext *v, unsigned log, gl x) {
    enum { RUN_LOG = 5, RUN = 1 << RUN_LOG };
    gl power[RUN + 1] = {1};
    size_t run = log < RUN_LOG ? (size_t)1 << log : RUN;
    ext r = EXT_ZERO;
    power[1] = x;
    for (size_t i = 2; i <= run; i++) power[i] = gl_mul(power[i / 2], power[i - i / 2]);
    for (size_t at = (size_t)1 << log; at > 0; at -= run)
        r = ext_add(ext_scale(r, power[run]), ladder_dot(v + at - run, power, run));
    return r;
}

/* A bound variable above the block is fixed to a bit of `start`. */
static ext place_factor(ladder_block b, ext r) {
    return b.start & 1 ? r : ext_one_minus(r);
}

static void block_bind(ladder_block *b) {
    b->start >>= 1;
    if (b->log) b->log--;
}

static void dense_bind(ladder_functional *v, ext r) {
    for (uint32_t i = 0; v->dense_at.log && i < v->dense_count; i += 2) {
        ext odd = i + 1 < v->dense_count ? v->dense[i + 1] : EXT_ZERO;
        v->dense[i / 2] = ext_lerp(v->dense[i], odd, r);
    }
    if (v->dense_at.log)
        v->dense_count = (v->dense_count + 1) / 2;
    else if (v->dense_count)
        v->dense[0] = ext_mul(v->dense[0], place_factor(v->dense_at, r));
    block_bind(&v->dense_at);
}

void ladder_bind(ladder_functional *v, ext r) {
    for (uint32_t i = 0; i < v->eq_count; i++) {
        ladder_eq *t = &v->eq[i];
        ext z = t->at.log ? t->point[0] : ext_from(t->at.start & 1), zr = ext_mul(z, r);
        /* z r + (1 - z)(1 - r) */
        t->weight = ext_mul(t->weight, ext_add(ext_one_minus(ext_add(z, r)), ext_add(zr, zr)));
        if (t->at.log) t->point++;
        block_bind(&t->at);
    }
    for (uint32_t i = 0; i < v->power_count; i++) {
        ladder_power *t = &v->powers[i];
        ext factor = t->at.log ? ext_add(EXT_ONE, ext_scale(r, gl_sub(t->x, 1))) : place_factor(t->at, r);
        t->weight = ext_mul(t->weight, factor);
        t->x = gl_mul(t->x, t->x);
        block_bind(&t->at);
    }
    dense_bind(v, r);
}

/* The multilinear extension of a block at a point, top variable first (halving needs no strides). */
static ext block_mle(const ext *z, const ladder_eq *t, ext *work) {
    size_t n = (size_t)1 << t->at.log;
    memcpy(work, z + t->at.start, n * sizeof *work);
    for (unsigned i = t->at.log; i-- > 0;) {
        n /= 2;
        for (size_t j = 0; j < n; j++) work[j] = ext_lerp(work[j], work[n + j], t->point[i]);
    }
    return work[0];
}

ext ladder_value(const ladder_functional *v, const ext *z, ext *work) {
    ext sum = EXT_ZERO;
    for (uint32_t i = 0; i < v->eq_count; i++)
        sum = ext_add(sum, ext_mul(v->eq[i].weight, block_mle(z, &v->eq[i], work)));
    for (uint32_t i = 0; i < v->power_count; i++) {
        const ladder_power *t = &v->powers[i];
        sum = ext_add(sum, ext_mul(t->weight, ladder_horner(z + t->at.start, t->at.log, t->x)));
    }
    for (uint32_t i = 0; i < v->dense_count; i++) sum = ext_add(sum, ext_mul(v->dense[i], z[v->dense_at.start + i]));
    return sum;
}
