/* compile/functions: ONNX operators that are a function of one number, element by element. */
#ifndef COMPILE_FUNCTIONS_H
#define COMPILE_FUNCTIONS_H
#include "compile/formula.h"
#include "compile/graph.h"

/* Reads the node's parameters (attributes, or for internal functions its further inputs, constant numbers) into
 * n->formula, as function `name`: the operator's own, or an internal one. */
tacit_status function_read(graph *g, gnode *n, const char *name, tacit_error *err) TACIT_MUST_CHECK;
/* A formula of `count` steps (copied) in the graph's arena. */
tacit_status function_set(graph *g, gnode *n, const formula *f, tacit_error *err) TACIT_MUST_CHECK;
#endif
