/* compile/lower/wide: real inputs of 30 bits.
 *
 * An input has one scale, and the columns of a table of data may be of very different sizes: with 16 bits small ones
 * would be lost. An input that only trees (and scalers) read has 30 bits: x = lo + limbs, each limb a lookup. Its range
 * is the calibrated one and reaches beyond all thresholds of its trees, so that clipping changes no decision. */
#ifndef COMPILE_LOWER_WIDE_H
#define COMPILE_LOWER_WIDE_H
#include "compile/lower/lower.h"

/* Fills l->wide. */
void find_wide(lowering *l);
tacit_status lower_wide_input(lowering *l, uint32_t t, tacit_error *err) TACIT_MUST_CHECK;
#endif
