/* compile/lower/batchnorm: y = x * scale + shift per channel, scale = gamma / sqrt(var + epsilon). After folding the
 * node has the inputs (x, scale, shift); most often it is gone, merged into the Conv or Gemm before it. */
#ifndef COMPILE_LOWER_BATCHNORM_H
#define COMPILE_LOWER_BATCHNORM_H
#include "compile/operator.h"

tacit_status batchnorm_infer(graph *g, gnode *n, tacit_error *err);
tacit_status batchnorm_eval(frame *f, const gnode *n, tacit_error *err);
tacit_status batchnorm_lower(lowering *l, const gnode *n, tacit_error *err);
/* Replaces the five inputs by (x, scale, shift); multiplies weights and bias of the Conv or Gemm before it instead, if
 * nobody else uses its result, and bypasses n. */
tacit_status batchnorm_merge(graph *g, gnode *n, void (*bypass)(graph *g, gnode *n), tacit_error *err) TACIT_MUST_CHECK;
#endif
