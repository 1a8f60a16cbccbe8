/* compile/expand/logic: operators on booleans and bits, and casts. */
#ifndef COMPILE_EXPAND_LOGIC_H
#define COMPILE_EXPAND_LOGIC_H
#include "compile/expand.h"

tacit_status logic_expand(expansion *x, const gnode *n, tacit_error *err); /* And, Or, Xor */
tacit_status not_expand(expansion *x, const gnode *n, tacit_error *err);
tacit_status cast_like_expand(expansion *x, const gnode *n, tacit_error *err);
tacit_status bitwise_not_expand(expansion *x, const gnode *n, tacit_error *err);
tacit_status shift_expand(expansion *x, const gnode *n, tacit_error *err); /* BitShift */
#endif
