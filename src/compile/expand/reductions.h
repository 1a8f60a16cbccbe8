/* compile/expand/reductions: operators that combine elements along axes, as ReduceSum, ReduceMax (lower/reduce.h) and
 * functions of one number. */
#ifndef COMPILE_EXPAND_REDUCTIONS_H
#define COMPILE_EXPAND_REDUCTIONS_H
#include "compile/expand.h"

tacit_status reduce_mean_expand(expansion *x, const gnode *n, tacit_error *err);
tacit_status reduce_composed_expand(expansion *x, const gnode *n, tacit_error *err); /* L1, L2, SumSquare, LogSum .. */
tacit_status reduce_prod_expand(expansion *x, const gnode *n, tacit_error *err);
tacit_status global_pool_expand(expansion *x, const gnode *n, tacit_error *err); /* GlobalMaxPool, GlobalLpPool */
tacit_status cumsum_expand(expansion *x, const gnode *n, tacit_error *err);
tacit_status einsum_expand(expansion *x, const gnode *n, tacit_error *err);
#endif
