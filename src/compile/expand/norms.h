/* compile/expand/norms: softmax and the norms as chains of the row operators (lower/rows.h, lower/exponent.h,
 * QuotientByRow of lower/divide.h). The same chains take the place of the decomposed forms that exporters write:
 * they are recognised in the file's own nodes (graph_source), before anything is expanded. */
#ifndef COMPILE_EXPAND_NORMS_H
#define COMPILE_EXPAND_NORMS_H
#include "compile/expand.h"

/* Axes of x to be taken as one row: moved behind all others and merged; back undoes it for a tensor of that shape. */
typedef struct row_axes {
    shape shape; /* of x */
    uint32_t count;
    uint32_t axis[MAX_RANK];
    uint64_t size; /* elements of a row */
    bool moved;    /* a Transpose was needed */
    int64_t perm[MAX_RANK], inverse[MAX_RANK];
} row_axes;

void row_axes_take(row_axes *r, const shape *s, const bool over[MAX_RANK]);
uint32_t rows_of(expansion *x, const row_axes *r, uint32_t t);
uint32_t rows_back(expansion *x, const row_axes *r, uint32_t t);

/* (t - mean)/sqrt(variance + epsilon) or t / sqrt(mean square + epsilon), along the row's axes. */
uint32_t normalised(expansion *x, uint32_t t, const bool over[MAX_RANK], bool centre, double epsilon);
/* Softmax of t along one axis. `mask` may be NO_INDEX; factor multiplies t. */
uint32_t softmax_of(expansion *x, uint32_t t, uint32_t axis, double factor, uint32_t mask);

/* If the node ends a decomposed norm, expands all of it and answers true. */
bool norm_match(expansion *x, const gnode *n);
/* What Softmax's input t is made of: t = factor * rest, without the elements where mask is 1. */
typedef struct masked_input {
    uint32_t rest, mask; /* mask NO_INDEX: none */
    double factor;
} masked_input;
masked_input masked_match(expansion *x, uint32_t t);
/* 1 or more where a or b leaves an element out, whatever their types; NO_INDEX: none. */
uint32_t both_masks(expansion *x, uint32_t a, uint32_t b);
/* 1 where t is far below 0, if it is nowhere but there and at 0; else NO_INDEX. */
uint32_t far_mask(expansion *x, uint32_t t);

tacit_status softmax_expand(expansion *x, const gnode *n, tacit_error *err);    /* and LogSoftmax */
tacit_status layer_norm_expand(expansion *x, const gnode *n, tacit_error *err); /* and RMSNormalization */
tacit_status instance_norm_expand(expansion *x, const gnode *n, tacit_error *err);
tacit_status group_norm_expand(expansion *x, const gnode *n, tacit_error *err);
tacit_status lp_norm_expand(expansion *x, const gnode *n, tacit_error *err);
tacit_status mean_variance_expand(expansion *x, const gnode *n, tacit_error *err);
tacit_status lrn_expand(expansion *x, const gnode *n, tacit_error *err);
#endif
