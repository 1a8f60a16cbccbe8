/* compile/lower/elementwise: Add, Sub, Mul (and Div of constants) with numpy broadcasting. Sums join the pending sum of
 * an operand and cost nothing by themselves; a product is a contraction in which every axis is a batch axis. */
#ifndef COMPILE_LOWER_ELEMENTWISE_H
#define COMPILE_LOWER_ELEMENTWISE_H
#include "compile/operator.h"

tacit_status elementwise_infer(graph *g, gnode *n, tacit_error *err);
tacit_status elementwise_eval(frame *f, const gnode *n, tacit_error *err);
tacit_status add_lower(lowering *l, const gnode *n, tacit_error *err);
tacit_status mul_lower(lowering *l, const gnode *n, tacit_error *err);
tacit_status neg_infer(graph *g, gnode *n, tacit_error *err);
tacit_status neg_eval(frame *f, const gnode *n, tacit_error *err);
tacit_status neg_lower(lowering *l, const gnode *n, tacit_error *err);
tacit_status bit_infer(graph *g, gnode *n, tacit_error *err);
tacit_status bit_lower(lowering *l, const gnode *n, tacit_error *err);
#endif
