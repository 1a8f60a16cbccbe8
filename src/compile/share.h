/* compile/share: constants of equal numbers are one parameter.
 *
 * Exporters write a matrix that two layers share (a token embedding that is also the head of the model) as one
 * initializer with two readers, or as two, the second one perhaps transposed. Here tensors that hold the same numbers
 * in the same order, or transposed, get one of them as their `same`; lowering makes that one a parameter and the others
 * views of it (lower_param). Whether two matrices are one is part of the public program, so small ones, vectors and
 * matrices of one number (all zeros, all ones), which could be equal by chance, stay apart. */
#ifndef COMPILE_SHARE_H
#define COMPILE_SHARE_H
#include "compile/graph.h"

/* Does another constant hold the same matrix, as it is or transposed? */
bool constant_has_twin(const graph *g, uint32_t t);
/* Of the real constants that nodes read and that are not the operators' own. */
tacit_status share_constants(graph *g, tacit_error *err) TACIT_MUST_CHECK;
/* A real constant whose numbers nobody else has: one node reads it, no other constant is the same. */
bool constant_is_own(const graph *g, uint32_t t);
#endif
