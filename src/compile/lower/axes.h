/* compile/lower/axes: integers of a node that ONNX moved from attributes to constant inputs over the years. */
#ifndef COMPILE_LOWER_AXES_H
#define COMPILE_LOWER_AXES_H
#include "compile/operator.h"

/* Attribute `name`, or constant whole input `input`; *count = 0 and *given = false when there is neither. */
tacit_status axes_read(const graph *g, const gnode *n, const char *name, uint32_t input, int64_t out[MAX_RANK],
                       uint32_t *count, bool *given, tacit_error *err) TACIT_MUST_CHECK;
/* The same, up to `capacity` integers. */
tacit_status list_read(const graph *g, const gnode *n, const char *name, uint32_t input, int64_t *out,
                       uint32_t capacity, uint32_t *count, bool *given, tacit_error *err) TACIT_MUST_CHECK;
/* -rank .. rank-1 to 0 .. rank-1. */
tacit_status axis_normal(const gnode *n, int64_t axis, uint32_t rank, uint32_t *out, tacit_error *err) TACIT_MUST_CHECK;
/* Elements of either type: all are 8 bytes. */
const uint64_t *frame_bits(const frame *f, uint32_t t);
uint64_t *frame_bits_out(frame *f, uint32_t t);
#endif
