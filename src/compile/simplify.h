/* compile/simplify: rewrites of the graph that change no value: Identity, Dropout and Cast between kinds of reals are
 * taken out, what nobody reads is not computed (compile/narrow), causal softmaxes are cut (compile/strips),
 * multiplications and additions per channel are merged into weights (compile/merge) or exponentials (compile/factors),
 * sub-graphs that are functions of one number become one function (compile/fuse), MaxPool and a monotone function
 * change places. */
#ifndef COMPILE_SIMPLIFY_H
#define COMPILE_SIMPLIFY_H
#include "compile/operator.h"

tacit_status simplify_graph(graph *g, tacit_error *err) TACIT_MUST_CHECK;
#endif
