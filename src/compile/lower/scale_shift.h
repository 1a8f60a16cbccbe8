/* compile/lower/scale_shift: ScaleShift (internal): y = x * scale + shift per channel (axis 1), both constant reals.
 * What is left of a BatchNormalization; most often it is gone, merged into the Conv or Gemm before it (compile/merge).
 */
#ifndef COMPILE_LOWER_SCALE_SHIFT_H
#define COMPILE_LOWER_SCALE_SHIFT_H
#include "compile/operator.h"

tacit_status scale_shift_infer(graph *g, gnode *n, tacit_error *err);
tacit_status scale_shift_eval(frame *f, const gnode *n, tacit_error *err);
tacit_status scale_shift_lower(lowering *l, const gnode *n, tacit_error *err);
#endif
