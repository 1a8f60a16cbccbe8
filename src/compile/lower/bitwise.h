/* compile/lower/bitwise: BitwiseAnd, BitwiseOr, BitwiseXor of integers, by digits of four bits. */
#ifndef COMPILE_LOWER_BITWISE_H
#define COMPILE_LOWER_BITWISE_H
#include "compile/operator.h"

tacit_status bitwise_infer(graph *g, gnode *n, tacit_error *err);
tacit_status bitwise_eval(frame *f, const gnode *n, tacit_error *err);
tacit_status bitwise_lower(lowering *l, const gnode *n, tacit_error *err);
#endif
