/* compile/lower/select: the same values in other places: Transpose, Slice, Gather (constant indices), Concat. Views,
 * and for Concat a sum of views padded with zeros. */
#ifndef COMPILE_LOWER_SELECT_H
#define COMPILE_LOWER_SELECT_H
#include "compile/operator.h"

tacit_status transpose_infer(graph *g, gnode *n, tacit_error *err);
tacit_status transpose_eval(frame *f, const gnode *n, tacit_error *err);
/* Axis k of the result is axis from[k] of the input. */
tacit_status transpose_axes(const graph *g, const gnode *n, uint32_t from[MAX_RANK], tacit_error *err) TACIT_MUST_CHECK;
tacit_status transpose_lower(lowering *l, const gnode *n, tacit_error *err);
tacit_status slice_infer(graph *g, gnode *n, tacit_error *err);
/* Index i of the result's axis k is start[k] + i * step[k] of the input's. */
tacit_status slice_places(const graph *g, const gnode *n, int64_t start[MAX_RANK], int64_t step[MAX_RANK],
                          tacit_error *err) TACIT_MUST_CHECK;
tacit_status slice_eval(frame *f, const gnode *n, tacit_error *err);
tacit_status slice_lower(lowering *l, const gnode *n, tacit_error *err);
tacit_status gather_infer(graph *g, gnode *n, tacit_error *err);
tacit_status gather_eval(frame *f, const gnode *n, tacit_error *err);
tacit_status gather_lower(lowering *l, const gnode *n, tacit_error *err);
tacit_status concat_infer(graph *g, gnode *n, tacit_error *err);
tacit_status concat_eval(frame *f, const gnode *n, tacit_error *err);
tacit_status concat_lower(lowering *l, const gnode *n, tacit_error *err);
#endif
