/* compile/lower/where: Where(c, a, b) = b + c (a - b), c a bit. */
#ifndef COMPILE_LOWER_WHERE_H
#define COMPILE_LOWER_WHERE_H
#include "compile/lower/lower.h"

tacit_status where_infer(graph *g, gnode *n, tacit_error *err);
tacit_status where_eval(frame *f, const gnode *n, tacit_error *err);
tacit_status where_lower(lowering *l, const gnode *n, tacit_error *err);

/* Inputs first and first + 1 of the node: a constant of reals at most as fine as the other one. */
tacit_status where_operands(lowering *l, const gnode *n, uint32_t first, value v[2], tacit_error *err) TACIT_MUST_CHECK;
/* The node's output is v[1] + c (v[0] - v[1]), both over its shape. Its interval is that of both, since c is 0 or 1. */
tacit_status where_choose(lowering *l, const gnode *n, const value *c, const value v[2],
                          tacit_error *err) TACIT_MUST_CHECK;
#endif
