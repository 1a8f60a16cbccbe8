/* fidelity: the integer model against the float model on a test file, and both against its labels. */
#ifndef TACIT_APP_FIDELITY_H
#define TACIT_APP_FIDELITY_H
#include "report.h"
#include "tacit/compile.h"

/* Runs both models on every sample of `test` (and compares with "label" if the file has it) and reports under
 * "test_..." keys. INTERRUPTED when a signal came. onnx: path of the model that `m` was compiled from. */
TACIT_MUST_CHECK tacit_status fidelity_report(report *r, const tacit_model *m, const char *onnx,
                                              const tacit_compile_options *o, const char *test, tacit_error *err);

#endif
