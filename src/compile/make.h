/* compile/make: tensors and nodes that rewrites of the graph add. */
#ifndef COMPILE_MAKE_H
#define COMPILE_MAKE_H
#include "compile/box.h"
#include "compile/operator.h"

#define NO_AXIS INT64_MIN

/* Like t, of another shape, named after it. */
tacit_status make_tensor(graph *g, uint32_t t, const shape *s, uint32_t *out, tacit_error *err) TACIT_MUST_CHECK;
/* A part of a constant; all of it is itself. */
tacit_status make_cut(graph *g, uint32_t t, const box *b, uint32_t *out, tacit_error *err) TACIT_MUST_CHECK;
/* A list of whole numbers, to be filled in, named after t. */
tacit_status make_wholes(graph *g, uint32_t t, uint32_t count, int64_t **values, uint32_t *out,
                         tacit_error *err) TACIT_MUST_CHECK;
/* A node named as `like`, with the attribute "axis" unless that is NO_AXIS. */
tacit_status make_node(graph *g, const gnode *like, operator_domain domain, const char *op, const uint32_t *in,
                       uint32_t in_count, int64_t axis, uint32_t out, tacit_error *err) TACIT_MUST_CHECK;
/* *t becomes its places along an axis. */
tacit_status make_take(graph *g, const gnode *like, uint32_t axis, const uint32_t *places, uint32_t count, uint32_t *t,
                       tacit_error *err) TACIT_MUST_CHECK;
#endif
