#include "compile/lower/limbs.h"
#include "compile/lower/tables.h"
#include <string.h>

enum { LEAST_LIMB = 8, WIDE_LIMB = 16 };

static uint32_t low_bits(const lowering *l, uint32_t bits) {
    uint32_t common = l->plan->rem_bits > LEAST_LIMB ? l->plan->rem_bits : LEAST_LIMB;
    return bits > 2 * common ? WIDE_LIMB : common;
}

/* Of the upper limb: 0 when there is none. */
static uint32_t high_bits(uint32_t bits, uint32_t low) {
    uint32_t upper = bits > low ? (bits - low + 3) / 4 * 4 : 0;
    if (upper > low) upper = low;
    return upper + low > MAX_LIMB_BITS ? MAX_LIMB_BITS - low : upper;
}

limbs limbs_make(lowering *l, const char *name, const char *suffix, const shape *s, uint32_t bits) {
    limbs x = {.high = NO_TENSOR, .bits = low_bits(l, bits)};
    uint32_t upper = high_bits(bits, x.bits);
    x.low = builder_committed(l->b, lower_name(l, name, suffix), s);
    remainder_lookup(l, name, x.bits, x.low);
    if (upper == 0) return x;
    x.high = builder_committed(l->b, lower_name(l, name, suffix), s);
    remainder_lookup(l, name, upper, x.high);
    return x;
}

uint32_t limbs_terms(const limbs *x, linear_term *terms, uint32_t count) {
    terms[count++] = (linear_term){-1, x->low};
    if (x->high != NO_TENSOR) terms[count++] = (linear_term){-((int64_t)1 << x->bits), x->high};
    return count;
}

void limbs_advice(lowering *l, const limbs *x, uint32_t relation) {
    advice a = advice_of(ADVICE_RESCALE, relation, NO_TENSOR);
    a.y = x->high == NO_TENSOR ? x->low : x->high;
    if (x->high != NO_TENSOR) a.rem = x->low, a.shift = x->bits;
    builder_advice(l->b, &a);
}

void limbs_positive(lowering *l, const char *name, const shape *s, const product *products, uint32_t product_count,
                    const linear_term *terms, uint32_t count, int64_t constant, uint32_t bits) {
    linear_term all[MAX_SUM_TERMS + 4];
    const limbs x = limbs_make(l, name, ".limb", s, bits);
    if (count) memcpy(all, terms, count * sizeof *terms);
    count = limbs_terms(&x, all, count);
    uint32_t c =
        builder_constraint(l->b, lower_name(l, name, ".limbs"), s, products, product_count, all, count, constant);
    limbs_advice(l, &x, c);
}

void limbs_range(lowering *l, const char *name, uint32_t id, int64_t lo, int64_t hi) {
    const tensor *t = builder_tensor(l->b, id);
    if (!t) return; /* the builder has failed and says so at its end */
    const shape s = t->shape;
    const linear_term own = {1, id};
    uint32_t bits = log2_ceil((uint64_t)(hi - lo) + 1);
    const limbs x = limbs_make(l, name, ".limb", &s, bits);
    linear_term all[3] = {own};
    uint32_t count = limbs_terms(&x, all, 1);
    uint32_t c = builder_constraint(l->b, lower_name(l, name, ".limbs"), &s, NULL, 0, all, count, -lo);
    limbs_advice(l, &x, c);
}
