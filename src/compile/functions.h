/* compile/functions: ONNX operators that are a function of one number, element by element. */
#ifndef COMPILE_FUNCTIONS_H
#define COMPILE_FUNCTIONS_H
#include "compile/formula.h"
#include "compile/graph.h"

/* Reads the node's attributes (and constant bounds) into n->formula. */
tacit_status function_read(graph *g, gnode *n, tacit_error *err) TACIT_MUST_CHECK;
/* A formula of `count` steps (copied) in the graph's arena. */
tacit_status function_set(graph *g, gnode *n, const formula *f, tacit_error *err) TACIT_MUST_CHECK;
#endif
