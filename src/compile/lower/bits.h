/* compile/lower/bits: what all operators that select need: rows of bits, and numbers that are not negative.
 *
 * Bits lie along the last axis of a committed tensor and are looked up six at a time, a window of the axis at each
 * lookup, so that a bit costs a sixth of a lookup. */
#ifndef COMPILE_LOWER_BITS_H
#define COMPILE_LOWER_BITS_H
#include "compile/lower/lower.h"

typedef enum bit_pattern {
    ONE_HOT,   /* unit vectors; where there are several windows, side by side, also 0: the sum is for a constraint */
    DESCENDING /* 1 .. 1 0 .. 0; each window begins with the last bit of the one before */
} bit_pattern;

enum { WINDOW = 6 };
/* Looks the bits of `id` up: every window of every row is a row of the table. */
tacit_status bits_lookup(lowering *l, const char *name, uint32_t id, bit_pattern p, tacit_error *err) TACIT_MUST_CHECK;
/* The same for rows that lie end to end along the last axis: part k has length[k] elements. DESCENDING. */
tacit_status bits_lookup_parts(lowering *l, const char *name, uint32_t id, const uint32_t *length, uint32_t parts,
                               tacit_error *err) TACIT_MUST_CHECK;
/* sum + constant is in [0, 2^bits or a little more): cut into limbs, each a lookup; their width is chosen by cost.
 * A negative number has no limbs. The advice `before` (may be NULL)
 * computes what the sum needs; its relation is filled in. */
tacit_status lower_nonnegative(lowering *l, const char *name, const sum *s, int64_t constant, uint32_t bits,
                               advice *before, tacit_error *err) TACIT_MUST_CHECK;
/* The sum as a linear tensor lo + limbs, at most 30 bits; `before` as above. */
tacit_status lower_digits(lowering *l, const char *name, const sum *s, int64_t lo, uint32_t bits, advice *before,
                          uint32_t *out, tacit_error *err) TACIT_MUST_CHECK;
/* The sum rounded to `scale` or up to 8 bits below (it must be at most 30 bits finer), as a number of 28 bits with
 * sign: quotient and remainder in limbs. A larger one has no proof. */
tacit_status lower_narrowed(lowering *l, const char *name, const sum *s, int32_t scale, value *out,
                            tacit_error *err) TACIT_MUST_CHECK;
/* How many bits the limbs of a number of `bits` bits have together, there. */
uint32_t lower_digit_bits(const lowering *l, uint64_t elements, uint32_t bits);
/* Tensor `id` of the program becomes graph tensor t's value, in [lo, hi] by one lookup (or a little wider). */
tacit_status lower_ranged(lowering *l, uint32_t t, uint32_t id, int32_t scale, int64_t lo, int64_t hi,
                          tacit_error *err) TACIT_MUST_CHECK;
/* The constraint sum + constant - (the `count` terms) = 0. */
uint32_t lower_relation(lowering *l, const char *name, const sum *s, int64_t constant, const linear_term *minus,
                        uint32_t count);
/* Bits that hold 0 .. most. */
uint32_t bits_for(int64_t most);
#endif
