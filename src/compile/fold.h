/* compile/fold: after import. Finds every node's rule, expands what is made of simpler operators, infers all shapes,
 * computes what depends on constants only, and simplifies what is left (compile/simplify). */
#ifndef COMPILE_FOLD_H
#define COMPILE_FOLD_H
#include "compile/operator.h"

/* UNSUPPORTED names the first node that does not work. */
tacit_status fold_graph(graph *g, tacit_error *err) TACIT_MUST_CHECK;

/* One node, whose inputs are known: its outputs become constants, or it is appended to the graph (a copy), or what it
 * expands to. For compile/expand. */
typedef struct folding folding;
tacit_status fold_node(folding *w, gnode *n, tacit_error *err) TACIT_MUST_CHECK;
#endif
