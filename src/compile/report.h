/* compile/report: what `compile` and `check` print: operators, sizes, and how far the integers are from the floats. */
#ifndef COMPILE_REPORT_H
#define COMPILE_REPORT_H
#include "compile/calibrate.h"
#include "compile/lower/pass.h"
#include "program/model.h"

/* From the table alone; before shapes are known. */
void report_operators(const graph *g, tacit_compile_report *r);
void report_sizes(const program *p, const lowered *l, tacit_compile_report *r);
/* Runs every sample through both and compares. values[i]: samples of graph input i, end to end. */
tacit_status report_fidelity(const graph *g, const struct tacit_model *m, const lowered *l, frame *f, uint64_t samples,
                             const double *const *values, double headroom, tacit_compile_report *r,
                             tacit_error *err) TACIT_MUST_CHECK;
#endif
