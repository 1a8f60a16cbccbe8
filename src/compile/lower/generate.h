/* compile/lower/generate: tensors computed while compiling only: Range, NonZero, Unique of constants; EyeLike, which
 * depends on a shape. */
#ifndef COMPILE_LOWER_GENERATE_H
#define COMPILE_LOWER_GENERATE_H
#include "compile/operator.h"

tacit_status range_infer(graph *g, gnode *n, tacit_error *err);
tacit_status range_eval(frame *f, const gnode *n, tacit_error *err);
tacit_status eye_infer(graph *g, gnode *n, tacit_error *err);
tacit_status eye_eval(frame *f, const gnode *n, tacit_error *err);
tacit_status nonzero_infer(graph *g, gnode *n, tacit_error *err);
tacit_status nonzero_eval(frame *f, const gnode *n, tacit_error *err);
tacit_status unique_infer(graph *g, gnode *n, tacit_error *err);
tacit_status unique_eval(frame *f, const gnode *n, tacit_error *err);
#endif
