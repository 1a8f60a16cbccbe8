/* compile/calibrate: runs the float graph. Doubles throughout: sums of matrix products (OpenBLAS) may differ in the
 * last bits from one machine to another, and scales and tables depend on them only through floor and ceil at 2^-16. */
#ifndef COMPILE_CALIBRATE_H
#define COMPILE_CALIBRATE_H
#include "compile/operator.h"

/* Arrays for every tensor that is not constant. */
tacit_status frame_make(frame *f, const graph *g, arena *a, tacit_error *err) TACIT_MUST_CHECK;
/* One sample: inputs[i] of graph input i, integers as reals too. VALUE names the tensor when a result is not finite or
 * an input is no integer where it should be. */
tacit_status frame_run(frame *f, const double *const *inputs, tacit_error *err) TACIT_MUST_CHECK;
/* lo, hi of every tensor over the samples: values[i] of graph input i, samples end to end. */
tacit_status calibrate(graph *g, frame *f, uint64_t samples, const double *const *values,
                       tacit_error *err) TACIT_MUST_CHECK;
/* Pointers to sample s. inputs[g->input_count]. */
void sample_inputs(const graph *g, uint64_t s, const double *const *values, const double **inputs);
#endif
