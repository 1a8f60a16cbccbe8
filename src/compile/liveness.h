/* compile/liveness: where the values of a graph's tensors lie while it runs. A tensor's place is free again when its
 * last reader has run, so that a deep model needs the memory of its widest part. Outputs stay. First fit. */
#ifndef COMPILE_LIVENESS_H
#define COMPILE_LIVENESS_H
#include "compile/graph.h"

#define NO_PLACE UINT64_MAX
/* place[t]: the first element of tensor t, NO_PLACE for one without values (constants, what lies inside functions).
 * *total: elements in all. */
tacit_status liveness_plan(const graph *g, uint64_t *place, uint64_t *total, arena *scratch,
                           tacit_error *err) TACIT_MUST_CHECK;
/* Has the tensor values? Not constants, nor what lies inside a function. */
bool liveness_has_values(const graph *g, uint32_t t);
#endif
