/* compile/lower/exponent: the stable numerators of a softmax. Internal operator RowExp(x, mask): e = exp(x - top) along
 * the last axis, top the largest x of the row, and (second result) x - top. mask, 0 or 1 and broadcast to x, takes
 * elements out: their e is 0 (unless it takes the whole row, which then counts as if it took none). RowSoftmax(x,
 * mask): the same with `top` such that the e of a row sum to 1, which is the softmax itself. */
#ifndef COMPILE_LOWER_EXPONENT_H
#define COMPILE_LOWER_EXPONENT_H
#include "compile/operator.h"

/* The finest scale of a sum that a RowExp or RowSoftmax takes as it is, without rounding it before. */
int32_t row_exp_most_scale(const gnode *n);
tacit_status row_exp_infer(graph *g, gnode *n, tacit_error *err);
tacit_status row_exp_eval(frame *f, const gnode *n, tacit_error *err);
tacit_status row_exp_lower(lowering *l, const gnode *n, tacit_error *err);
tacit_status row_softmax_infer(graph *g, gnode *n, tacit_error *err);
tacit_status row_softmax_eval(frame *f, const gnode *n, tacit_error *err);
tacit_status row_softmax_lower(lowering *l, const gnode *n, tacit_error *err);
#endif
