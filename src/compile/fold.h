/* compile/fold: after import. Finds every node's rule, infers all shapes, computes what depends on constants only, and
 * simplifies what is left (compile/simplify). */
#ifndef COMPILE_FOLD_H
#define COMPILE_FOLD_H
#include "compile/operator.h"

/* UNSUPPORTED names the first node that does not work. */
tacit_status fold_graph(graph *g, tacit_error *err) TACIT_MUST_CHECK;
#endif
