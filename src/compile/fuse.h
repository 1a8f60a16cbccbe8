/* compile/fuse: connected sub-graphs that are a function of one real tensor, element by element (with constant
 * numbers), become one function by table: Mul(x, Sigmoid(x)), 0.5 x (1 + erf(x / sqrt 2)), x tanh(softplus(x)) ...
 *
 * Every tensor that such an operator makes from tensors that all depend on one tensor r alone has the nearest such r as
 * its parent; the parents are trees. From the last node backwards: the result o and its farthest ancestor r whose
 * region between them nobody else looks into, if one lookup and one table cost less than the region's parts. */
#ifndef COMPILE_FUSE_H
#define COMPILE_FUSE_H
#include "compile/operator.h"

/* Wants graph_count_uses; dead nodes stay in place. */
tacit_status fuse_functions(graph *g, tacit_error *err) TACIT_MUST_CHECK;
#endif
