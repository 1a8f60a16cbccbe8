/* compile/lower/larger: the larger or smaller of two computed numbers (internal Larger, Smaller), for Max and Min. */
#ifndef COMPILE_LOWER_LARGER_H
#define COMPILE_LOWER_LARGER_H
#include "compile/operator.h"

tacit_status larger_eval(frame *f, const gnode *n, tacit_error *err);
tacit_status larger_lower(lowering *l, const gnode *n, tacit_error *err);
#endif
