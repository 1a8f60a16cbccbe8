/* compile/expand/arithmetic: element-wise operators made of sums, products, relu and functions of one number. */
#ifndef COMPILE_EXPAND_ARITHMETIC_H
#define COMPILE_EXPAND_ARITHMETIC_H
#include "compile/expand.h"

/* A constant whose elements are all equal, which broadcasting to it does not enlarge tensor x; *v: the element. */
bool ex_number(const expansion *x, uint32_t t, uint32_t operand, double *v);

tacit_status maximum_expand(expansion *x, const gnode *n, tacit_error *err); /* Max, Min */
tacit_status total_expand(expansion *x, const gnode *n, tacit_error *err);   /* Sum, Mean */
tacit_status prelu_expand(expansion *x, const gnode *n, tacit_error *err);
tacit_status clip_expand(expansion *x, const gnode *n, tacit_error *err);
tacit_status power_expand(expansion *x, const gnode *n, tacit_error *err);
tacit_status divide_expand(expansion *x, const gnode *n, tacit_error *err);
tacit_status modulo_expand(expansion *x, const gnode *n, tacit_error *err);
#endif
