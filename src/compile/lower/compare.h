/* compile/lower/compare: Less, LessOrEqual, Greater, GreaterOrEqual, Equal, by one bit of a difference of integers. */
#ifndef COMPILE_LOWER_COMPARE_H
#define COMPILE_LOWER_COMPARE_H
#include "compile/operator.h"

tacit_status compare_infer(graph *g, gnode *n, tacit_error *err);
tacit_status compare_eval(frame *f, const gnode *n, tacit_error *err);
tacit_status compare_lower(lowering *l, const gnode *n, tacit_error *err);
#endif
