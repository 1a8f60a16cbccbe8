/* program/tensor_eval: what the verifier evaluates itself: public tensors, constants, table columns, index maps. */
#ifndef PROGRAM_TENSOR_EVAL_H
#define PROGRAM_TENSOR_EVAL_H
#include "program/program.h"
#include "field/ext.h"

/* MLE of the indicator of true elements. */
ext shape_indicator(const shape *s, const ext *z);
/* T~(z) of given values (row-major, zero-extended on each axis), read as signed integers. O(elements).
 * Fails only for want of scratch. */
tacit_status values_eval(ext *out, const shape *s, const int64_t *values, const ext *z, arena *scratch,
                         tacit_error *err) TACIT_MUST_CHECK;
/* The MLE of column c (rows entries, ceil(log2 rows) variables) at z; runs in closed form or by direct summation. */
tacit_status column_eval(ext *out, const table *t, uint32_t column, const ext *z, arena *scratch,
                         tacit_error *err) TACIT_MUST_CHECK;
/* M~(z, x) of a view: product over its groups, progressions in closed form, other entries of maps one by one; z a point
 * of the view, x of its source. */
tacit_status view_eval(ext *out, const program *p, const tensor *view, const ext *z, const ext *x, arena *scratch,
                       tacit_error *err) TACIT_MUST_CHECK;
#endif
