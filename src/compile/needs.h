/* compile/needs: what an operator must read to compute a part of its result. */
#ifndef COMPILE_NEEDS_H
#define COMPILE_NEEDS_H
#include "compile/box.h"

/* A node that only selects: y = x[places], along every axis by itself. */
typedef struct selection {
    uint32_t to[MAX_RANK]; /* the result's axis that axis k of x becomes; NO_INDEX: one place, the axis is dropped */
    const uint32_t *at[MAX_RANK]; /* places in x, in the result's order; NULL: all, as they are */
} selection;

/* Slice, Take and Pick of constant places along single axes. */
tacit_status selection_read(const graph *g, const gnode *n, selection *s, bool *selects,
                            tacit_error *err) TACIT_MUST_CHECK;
/* The places of x along axis k that part `out` of the result has, in its order; NULL without memory. */
const uint32_t *selection_places(const graph *g, const selection *s, uint32_t k, const box *out, uint32_t *count);

/* Can the node compute a part of its result by itself? */
bool needs_known(const graph *g, const gnode *n);
/* Is it free beside what it reads: a view, or something that joins the sum that it reads? */
bool needs_nothing(const graph *g, const gnode *n);
/* The parts of the node's inputs that part `out` of its result is computed from. `out` becomes larger where the node
 * cannot compute just that. Constants of a contraction stay whole unless nobody else has them. */
tacit_status needs_of(const graph *g, const gnode *n, box *out, box *in, tacit_error *err) TACIT_MUST_CHECK;
#endif
