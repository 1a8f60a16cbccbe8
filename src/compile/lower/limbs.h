/* compile/lower/limbs: numbers of more than 16 bits get their ranges from limbs that are looked up.
 *
 * Limbs share the remainder table [0, 2^R), R = the plan's bits (at least 8): one limb up to R bits, two up to 2 R,
 * else two of
 * 16. They serve rows (one number per softmax or norm), not elements: their number hardly matters. */
#ifndef COMPILE_LOWER_LIMBS_H
#define COMPILE_LOWER_LIMBS_H
#include "compile/lower/lower.h"

typedef struct limbs {
    uint32_t low, high; /* value = low + 2^bits high; high may be NO_TENSOR */
    uint32_t bits;
} limbs;

enum { MAX_LIMB_BITS = 31 };

/* Committed limbs that hold any number of `bits` bits (at most MAX_LIMB_BITS); the upper one is cut to what `bits`
 * leaves, rounded up to 4. Their advice: limbs_advice, once the constraint that they end exists. */
limbs limbs_make(lowering *l, const char *name, const char *suffix, const shape *s, uint32_t bits);
/* Appends -low - 2^bits high; answers the new count. */
uint32_t limbs_terms(const limbs *x, linear_term *terms, uint32_t count);
/* The constraint is rest - low - 2^bits high = 0. */
void limbs_advice(lowering *l, const limbs *x, uint32_t relation);

/* Gives committed tensor `id`, which is in [lo, hi] on honest runs, an interval from lo to at least hi: id - lo =
 * limbs. How far it goes beyond hi depends on the plan, so that nothing else may. */
void limbs_range(lowering *l, const char *name, uint32_t id, int64_t lo, int64_t hi);
/* products + terms + constant >= 0, at most `bits` bits. */
void limbs_positive(lowering *l, const char *name, const shape *s, const product *products, uint32_t product_count,
                    const linear_term *terms, uint32_t count, int64_t constant, uint32_t bits);
#endif
