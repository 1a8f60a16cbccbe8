/* compile/lower/select: the same values in other places: Transpose, Slice, Gather (constant indices), Concat. Views,
 * and for Concat a sum of views padded with zeros. */
#ifndef COMPILE_LOWER_SELECT_H
#define COMPILE_LOWER_SELECT_H
#include "compile/operator.h"

tacit_status transpose_infer(graph *g, gnode *n, tacit_error *err);
tacit_status transpose_eval(frame *f, const gnode *n, tacit_error *err);
tacit_status transpose_lower(lowering *l, const gnode *n, tacit_error *err);
tacit_status slice_infer(graph *g, gnode *n, tacit_error *err);
tacit_status slice_eval(frame *f, const gnode *n, tacit_error *err);
tacit_status slice_lower(lowering *l, const gnode *n, tacit_error *err);
tacit_status gather_infer(graph *g, gnode *n, tacit_error *err);
tacit_status gather_eval(frame *f, const gnode *n, tacit_error *err);
tacit_status gather_lower(lowering *l, const gnode *n, tacit_error *err);
tacit_status concat_infer(graph *g, gnode *n, tacit_error *err);
tacit_status concat_eval(frame *f, const gnode *n, tacit_error *err);
tacit_status concat_lower(lowering *l, const gnode *n, tacit_error *err);
#endif
