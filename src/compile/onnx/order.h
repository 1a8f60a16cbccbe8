/* compile/onnx/order: nodes into topological order; the file's order stays where it is one already. */
#ifndef COMPILE_ONNX_ORDER_H
#define COMPILE_ONNX_ORDER_H
#include "compile/graph.h"

/* MALFORMED naming a node that depends on itself. */
tacit_status order_nodes(graph *g, tacit_error *err) TACIT_MUST_CHECK;
#endif
