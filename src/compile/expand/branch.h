/* compile/expand/branch: If whose condition is a constant, as exporters write for questions about shapes: the nodes of
 * the branch take its place. */
#ifndef COMPILE_EXPAND_BRANCH_H
#define COMPILE_EXPAND_BRANCH_H
#include "compile/expand.h"

tacit_status if_expand(expansion *x, const gnode *n, tacit_error *err);
#endif
