/* compile/lower/affine: ScaledColumns(x; offset, scale) (internal): y = (x - offset) scale, column by column along the
 * last axis. x may have 30 bits (wide.h), offset is exact to x's scale and scale has 24 bits, so that columns of very
 * different sizes keep theirs. The product is
 * rounded to 26 bits by limbs; whoever needs numbers rounds those. A result beyond 8 times the calibrated range has no
 * proof. */
#ifndef COMPILE_LOWER_AFFINE_H
#define COMPILE_LOWER_AFFINE_H
#include "compile/lower/lower.h"

tacit_status affine_infer(graph *g, gnode *n, tacit_error *err);
tacit_status affine_eval(frame *f, const gnode *n, tacit_error *err);
tacit_status affine_lower(lowering *l, const gnode *n, tacit_error *err);
#endif
