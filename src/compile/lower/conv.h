/* compile/lower/conv: Conv. acc[n, m, o] = sum over d, k of x[n, d, o * stride + k * dilation - pad] * w[m, d, k] +
 * b[m]; one contraction over an im2col view. With groups every axis of channels is cut in two, the group in front. */
#ifndef COMPILE_LOWER_CONV_H
#define COMPILE_LOWER_CONV_H
#include "compile/operator.h"

tacit_status conv_infer(graph *g, gnode *n, tacit_error *err);
tacit_status conv_eval(frame *f, const gnode *n, tacit_error *err);
tacit_status conv_lower(lowering *l, const gnode *n, tacit_error *err);
#endif
