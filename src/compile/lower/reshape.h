/* compile/lower/reshape: the same elements under another shape: Reshape, Flatten, Squeeze, Unsqueeze; Identity and
 * Dropout (taken out while folding, except between constants). Views: they cost nothing. */
#ifndef COMPILE_LOWER_RESHAPE_H
#define COMPILE_LOWER_RESHAPE_H
#include "compile/operator.h"

tacit_status reshape_infer(graph *g, gnode *n, tacit_error *err);
tacit_status flatten_infer(graph *g, gnode *n, tacit_error *err);
tacit_status squeeze_infer(graph *g, gnode *n, tacit_error *err);
tacit_status unsqueeze_infer(graph *g, gnode *n, tacit_error *err);
tacit_status identity_infer(graph *g, gnode *n, tacit_error *err);
tacit_status dropout_infer(graph *g, gnode *n, tacit_error *err);
tacit_status reshape_eval(frame *f, const gnode *n, tacit_error *err);
/* Of any node that keeps its input's order. */
tacit_status reshape_lower(lowering *l, const gnode *n, tacit_error *err);
#endif
