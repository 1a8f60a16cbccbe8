/* compile/lower/where: Where(c, a, b) = b + c (a - b), c a bit. */
#ifndef COMPILE_LOWER_WHERE_H
#define COMPILE_LOWER_WHERE_H
#include "compile/operator.h"

tacit_status where_infer(graph *g, gnode *n, tacit_error *err);
tacit_status where_eval(frame *f, const gnode *n, tacit_error *err);
tacit_status where_lower(lowering *l, const gnode *n, tacit_error *err);
#endif
