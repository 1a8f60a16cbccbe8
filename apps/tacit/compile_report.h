/* compile_report: what check and compile print of a tacit_compile_report. */
#ifndef TACIT_APP_COMPILE_REPORT_H
#define TACIT_APP_COMPILE_REPORT_H
#include "report.h"
#include "tacit/certificate.h"
#include "tacit/compile.h"

void compile_report_operators(report *r, const tacit_compile_report *found);
void compile_report_sizes(report *r, const tacit_compile_report *found);
/* Errors over the calibration samples, in all and layer by layer. */
void compile_report_fidelity(report *r, const tacit_compile_report *found);
/* Predicted memory and sizes. */
void cost_report(report *r, const tacit_cost *cost);
/* Of a file that was just written; left out if the system does not tell. */
void report_file_size(report *r, const char *key, const char *path);

#endif
