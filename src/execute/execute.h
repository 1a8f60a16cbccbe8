/* execute/execute: program + inputs -> every atom tensor. Integers only.
 *
 * A trace holds one array of int32 per atom (external, constant, committed, multiplicity, not views): every interval
 * that the loader accepts for such a tensor in a program of this version fits (program_check refuses others).
 * Parameters of a model stay where and as narrow as the model has them. Linear tensors and views are materialised on
 * demand. */
#ifndef EXECUTE_EXECUTE_H
#define EXECUTE_EXECUTE_H
#include "base/narrow.h"
#include "program/program.h"

typedef struct trace {
    const program *p;
    int32_t **values;      /* per tensor; NULL for linear tensors, views, and parameters in `weights` */
    const narrow *weights; /* per tensor: of the parameters; NULL: they are in `values` */
} trace;

/* Allocates the arrays of all atoms (zeroed); those of the parameters only without `weights`. */
tacit_status trace_make(trace *t, const program *p, const narrow *weights, arena *a, tacit_error *err) TACIT_MUST_CHECK;
/* The values of an atom that is not a view. */
static inline narrow trace_atom(const trace *t, uint32_t id) {
    return t->values[id] ? narrow_i32(t->values[id]) : t->weights ? t->weights[id] : (narrow){0};
}
/* Set an external tensor; every value is checked against the tensor's interval (VALUE names tensor and index). */
tacit_status trace_set(trace *t, uint32_t tensor, const int64_t *values, tacit_error *err) TACIT_MUST_CHECK;
/* Runs the advice. OVERFLOW names the tensor (never a value) when a table has no row for a computed value.
 * *saturated (may be NULL) counts clamped elements. Outputs (TENSOR_OUTPUT) are computed here too. */
tacit_status execute(trace *t, arena *scratch, uint64_t *saturated, tacit_error *err) TACIT_MUST_CHECK;
/* Tests: the same, with a look at (or a lie in) the trace behind every advice step; later steps go on from it. */
typedef void (*execute_watch)(void *context, trace *t, uint32_t step);
tacit_status execute_watched(trace *t, arena *scratch, execute_watch after, void *context,
                             tacit_error *err) TACIT_MUST_CHECK;
/* Multiplicities of all tables from the lookups; a row that is in no table is OVERFLOW. */
tacit_status trace_count(trace *t, arena *scratch, tacit_error *err) TACIT_MUST_CHECK;
/* Values of any tensor (linear and view too), out[count]. */
void trace_values(const trace *t, uint32_t tensor, int64_t *out);
/* Same as int32; the caller knows (program_check) that the interval fits. */
void trace_values_i32(const trace *t, uint32_t tensor, int32_t *out);
/* Tests and `run --check`: index of the first violated constraint or lookup (lookups count from constraint_count) that
 * is not before `first`, or UINT32_MAX. Slow and obviously right. */
uint32_t trace_violated_from(const trace *t, uint32_t first, arena *scratch);
static inline uint32_t trace_violated(const trace *t, arena *scratch) {
    return trace_violated_from(t, 0, scratch);
}
#endif
