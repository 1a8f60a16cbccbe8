/* compile/calibrate: runs the float graph. Doubles throughout: sums of matrix products (OpenBLAS) may differ in the
 * last bits from one machine to another, and scales and tables depend on them only through floor and ceil at 2^-16. */
#ifndef COMPILE_CALIBRATE_H
#define COMPILE_CALIBRATE_H
#include "compile/operator.h"

/* A place for every tensor that is not constant, for as long as somebody reads it (compile/liveness). */
tacit_status frame_make(frame *f, const graph *g, arena *a, tacit_error *err) TACIT_MUST_CHECK;
/* Afterwards only outputs are left; `watch` (or NULL) sees each tensor when it has its values. One sample: inputs[i] of
 * graph input i, integers as reals too. VALUE names the tensor when a result is not finite or an input is no integer
 * where it should be. */
typedef void (*frame_watch)(void *context, const frame *f, uint32_t tensor);
tacit_status frame_run(frame *f, const double *const *inputs, frame_watch watch, void *context,
                       tacit_error *err) TACIT_MUST_CHECK;
/* lo, hi of every tensor over the samples: values[i] of graph input i, samples end to end. */
tacit_status calibrate(graph *g, frame *f, uint64_t samples, const double *const *values,
                       tacit_error *err) TACIT_MUST_CHECK;
/* Pointers to sample s. inputs[g->input_count]. */
void sample_inputs(const graph *g, uint64_t s, const double *const *values, const double **inputs);
#endif
