/* compile/lower/rescale: a sum becomes 16-bit numbers, by two lookups per element.
 *
 *     m sum + 2^(R-1) = 2^R (y + excess) + rem      rem in [0, 2^R), (y, excess, f(y)) in a table
 *
 * m = 2^(R-shift), so that one remainder table serves every shift: y is round(sum / 2^shift), the only integer for
 * which the remainder is in its range. With shift 0 there is no remainder; a sum without products is then looked up
 * itself. */
#ifndef COMPILE_LOWER_RESCALE_H
#define COMPILE_LOWER_RESCALE_H
#include "compile/lower/lower.h"

/* Rounds graph tensor t, given as a sum. With an activation: its result is graph tensor t_f (else NO_INDEX), and f's
 * scales are filled in here (in_scale; out_scale too when it is INT32_MIN: the same). Sets both slots. */
tacit_status rescale(lowering *l, const sum *s, uint32_t t, const func *f, uint32_t t_f,
                     tacit_error *err) TACIT_MUST_CHECK;
/* The first graph output that t is and that has no tensor yet, or NO_INDEX. */
uint32_t output_of(const lowering *l, uint32_t t);
/* Declares what output k is: scale and interval, for the next pass. */
void output_found(lowering *l, uint32_t k, const value *v);
#endif
