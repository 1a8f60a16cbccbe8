/* compile/strips: a softmax whose constant mask leaves out the ends of its rows (causal attention) as several, each of
 * some rows and of the columns that these rows have.
 *
 * rows 0 .. R/s - 1 of R have columns 0 .. C/s - 1, ..: with s strips (s + 1) / (2 s) of a causal mask's elements are
 * left; what is left out is 0 in the result, as it was. compile/narrow then computes these scores alone. */
#ifndef COMPILE_STRIPS_H
#define COMPILE_STRIPS_H
#include "compile/graph.h"

/* Uses are counted, before and after. *cut: there are such softmaxes. */
tacit_status cut_strips(graph *g, bool *cut, tacit_error *err) TACIT_MUST_CHECK;
#endif
