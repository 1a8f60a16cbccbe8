/* compile/lower/reduce: ReduceSum, ReduceMax, ReduceMin over any axes (attribute or input, keepdims,
 * noop_with_empty_axes). The sum is one contraction with ones; of a pending sum of products it is those products with
 * more labels summed: no lookup for the elements that are summed. */
#ifndef COMPILE_LOWER_REDUCE_H
#define COMPILE_LOWER_REDUCE_H
#include "compile/operator.h"

/* Which axes are reduced, and the result's shape. */
typedef struct reduction {
    bool over[MAX_RANK];
    uint32_t axes;  /* of them */
    uint64_t count; /* elements of the input per element of the result */
    shape out;
    bool noop; /* no axes are given and that means none */
} reduction;

tacit_status reduction_read(const graph *g, const gnode *n, reduction *r, tacit_error *err) TACIT_MUST_CHECK;
tacit_status reduce_infer(graph *g, gnode *n, tacit_error *err);
tacit_status reduce_eval(frame *f, const gnode *n, tacit_error *err);
tacit_status reduce_sum_lower(lowering *l, const gnode *n, tacit_error *err);
tacit_status reduce_max_lower(lowering *l, const gnode *n, tacit_error *err);
#endif
