/* compile/lower/rows: what norms and softmax need of a row (the last axis), exact, one number per row. Internal
 * operators: RowCentre(x) = x - mean(x), RowNorm(x) = sqrt(sum x x + epsilon), RowSum(x), the sum. */
#ifndef COMPILE_LOWER_ROWS_H
#define COMPILE_LOWER_ROWS_H
#include "compile/operator.h"

tacit_status row_same_infer(graph *g, gnode *n, tacit_error *err);
tacit_status row_number_infer(graph *g, gnode *n, tacit_error *err); /* the last axis becomes 1 */
tacit_status row_centre_eval(frame *f, const gnode *n, tacit_error *err);
tacit_status row_centre_lower(lowering *l, const gnode *n, tacit_error *err);
tacit_status row_norm_eval(frame *f, const gnode *n, tacit_error *err);
tacit_status row_norm_lower(lowering *l, const gnode *n, tacit_error *err);
tacit_status row_sum_eval(frame *f, const gnode *n, tacit_error *err);
tacit_status row_sum_lower(lowering *l, const gnode *n, tacit_error *err);
/* What the integer root of RowNorm node n is never below, as a real: the root of epsilon, or 1/64 of the least
 * calibrated root (1/4096 of the largest, if that is 0), whichever is more: the epsilon of the integers is its square.
 * A root in the calibrated range becomes larger by 2^-13 of itself at most, and inverses have a bound. */
double row_norm_least(const graph *g, const gnode *n);
#endif
