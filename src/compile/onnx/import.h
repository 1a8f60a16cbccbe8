/* compile/onnx/import: an .onnx file to a graph: tensors, nodes in topological order, constants read, every operator
 * name found in the table or refused. Shapes are inferred afterwards (compile/fold). */
#ifndef COMPILE_ONNX_IMPORT_H
#define COMPILE_ONNX_IMPORT_H
#include "compile/graph.h"
#include "tacit/compile.h"

/* Everything in g is allocated in `a`. An operator that the table lacks leaves rule NULL. */
tacit_status import_file(graph *g, arena *a, const char *path, const tacit_compile_options *o,
                         tacit_error *err) TACIT_MUST_CHECK;
#endif
