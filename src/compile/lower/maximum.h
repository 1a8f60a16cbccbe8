/* compile/lower/maximum: max(a, b) = a + relu(b - a), min(a, b) = a - relu(a - b): one lookup an element, exact, at the
 * operands' scale, the result linear. u = relu(d) is unique by its row (d, u), d being a linear tensor. */
#ifndef COMPILE_LOWER_MAXIMUM_H
#define COMPILE_LOWER_MAXIMUM_H
#include "compile/lower/lower.h"

/* a and b: tensors of one shape, at range->scale, every element in [range->lo, range->hi]; so is the result. */
tacit_status maximum_of_two(lowering *l, const char *name, const value *range, uint32_t a, uint32_t b, bool least,
                            uint32_t *out, tacit_error *err) TACIT_MUST_CHECK;
#endif
