/* tests/operators/operator_case: one small model through everything: the float graph against a reference of the test's
 * own, the integer program against the same reference, its relations on honest values, and on values with one advice
 * changed. */
#ifndef TESTS_OPERATOR_CASE_H
#define TESTS_OPERATOR_CASE_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include "execute/execute.h"
#include "onnx_build.h"
#include "program/model.h"
#include "tacit/tacit.h"
#include <cmocka.h> /* last: it has a macro named fail */

enum { CASE_SAMPLES = 3, CASE_ELEMENTS = 4096 };

/* out = the model's outputs, end to end, on inputs in[0], in[1], ... */
typedef void (*reference)(const double *const *in, double *out, const void *context);

/* Random numbers in [-1, 1), the same in every run. */
double noise(void);
const double *noise_list(double *out, uint64_t count, double scale);

/* Writes, checks and frees the model. `tolerance`: allowed error of 16-bit weights and activations, relative to
 * 1 + largest output; inputs are noise times `spread`. */
void check_case(onnx_build *m, reference ref, const void *context, double tolerance, double spread);
/* Compiles on given samples (of one input); fails the test on an error. */
tacit_model *compile_case(const char *path, const tacit_compile_options *o, uint64_t samples, const double *values);
/* The same on noise, of one input of so many numbers. Frees the build. */
tacit_model *compile_noise(onnx_build *m, const tacit_compile_options *o, uint64_t elements);
/* Numbers that the model looks up. */
uint64_t count_lookups(const tacit_model *m);
/* Executes on integers (per input); the trace lies in `a`. */
void trace_case(const tacit_model *m, const int64_t *const *inputs, trace *t, arena *a, uint64_t *saturated);
/* Every relation holds; and none of the tried changes of advice goes unnoticed. */
void tamper_case(trace *t, arena *a);
/* For every relation a lie that it alone stops (deletion.c). */
void deletion_case(trace *t, arena *a);
/* Compiling fails with this status and a line that contains `part`. Frees the model. */
void refuse_case(onnx_build *m, tacit_status status, const char *part);
#endif
