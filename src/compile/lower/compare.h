/* compile/lower/compare: Less, LessOrEqual, Greater, GreaterOrEqual, Equal, by one bit of a difference of integers. */
#ifndef COMPILE_LOWER_COMPARE_H
#define COMPILE_LOWER_COMPARE_H
#include "compile/lower/lower.h"

tacit_status compare_infer(graph *g, gnode *n, tacit_error *err);
tacit_status compare_eval(frame *f, const gnode *n, tacit_error *err);
tacit_status compare_lower(lowering *l, const gnode *n, tacit_error *err);
/* A bit over the node's shape: a < b, or (not below) a > b. */
tacit_status compare_below(lowering *l, const gnode *n, const value *a, const value *b, bool below, value *bit,
                           tacit_error *err) TACIT_MUST_CHECK;
#endif
