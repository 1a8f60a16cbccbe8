/* shown: the inputs and outputs a proof makes public. */
#ifndef TACIT_APP_SHOWN_H
#define TACIT_APP_SHOWN_H
#include "report.h"
#include "tacit/verify.h"

/* Holds the file's arrays against the public inputs or outputs. REJECTED (INPUT or OUTPUT) naming tensor and index when
 * one differs or is private. Outputs in an integer type are the model's integers; all else are real numbers, which are
 * rounded to the model's scale first. */
TACIT_MUST_CHECK tacit_status shown_compare(const tacit_verdict *v, bool outputs, const char *path, tacit_error *err);
/* A table of tensors and a table of public values. */
void shown_report(report *r, const tacit_verdict *v);

#endif
