/* compile/indices: inputs that choose rows of a constant table, token ids above all. */
#ifndef COMPILE_INDICES_H
#define COMPILE_INDICES_H
#include "compile/graph.h"

/* Such an input is any of the rows' numbers, whatever the calibration samples had: the lookup of the row proves it. */
tacit_status bound_indices(graph *g, tacit_error *err) TACIT_MUST_CHECK;
#endif
