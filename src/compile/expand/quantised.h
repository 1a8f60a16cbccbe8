/* compile/expand/quantised: ONNX's own quantised operators. Values between them are integers here too, weights and zero
 * points exact; what rescales an accumulator is a function of one number where its scale is one number. */
#ifndef COMPILE_EXPAND_QUANTISED_H
#define COMPILE_EXPAND_QUANTISED_H
#include "compile/expand.h"

tacit_status quantize_expand(expansion *x, const gnode *n, tacit_error *err);
tacit_status dequantize_expand(expansion *x, const gnode *n, tacit_error *err);
tacit_status dynamic_quantize_expand(expansion *x, const gnode *n, tacit_error *err);
tacit_status conv_integer_expand(expansion *x, const gnode *n, tacit_error *err);
tacit_status matmul_integer_expand(expansion *x, const gnode *n, tacit_error *err);
tacit_status qlinear_conv_expand(expansion *x, const gnode *n, tacit_error *err);
tacit_status qlinear_matmul_expand(expansion *x, const gnode *n, tacit_error *err);
#endif
