/* compile/lower/views: index maps of the lowerings, as separable groups of axes. */
#ifndef COMPILE_LOWER_VIEWS_H
#define COMPILE_LOWER_VIEWS_H
#include "compile/lower/lower.h"

/* Groups under construction; maps lie in the lowering's arena. */
typedef struct view_draft {
    shape shape; /* of the view */
    uint32_t count;
    view_group groups[2 * MAX_RANK];
    bool full; /* out of memory */
} view_draft;

void draft_start(view_draft *d, uint32_t rank);
/* Axis `out` of the view, of length n, is source axis `src`. */
void draft_same(view_draft *d, uint32_t out, uint32_t src, uint32_t n);
/* Axis `out`, of length n, repeats. */
void draft_repeat(lowering *l, view_draft *d, uint32_t out, uint32_t n);
/* Source axis `src` stays at index `at`. */
void draft_fix(lowering *l, view_draft *d, uint32_t src, int32_t at);
/* Axes out .. out+count-1 (their lengths are set) index source axes src .. src+src_count-1 by the map that is answered,
 * to be filled; NULL when out of memory. */
int32_t *draft_map(lowering *l, view_draft *d, uint32_t out, uint32_t count, uint32_t src, uint32_t src_count);
tacit_status draft_make(lowering *l, const view_draft *d, uint32_t source, uint32_t *out,
                        tacit_error *err) TACIT_MUST_CHECK;

/* The same elements in the same order under another shape. */
tacit_status view_reshape(lowering *l, uint32_t id, const shape *to, uint32_t *out, tacit_error *err) TACIT_MUST_CHECK;
/* Numpy broadcasting to shape `to`; `context` is that shape (a param_view). */
tacit_status view_broadcast(lowering *l, uint32_t id, const void *context, uint32_t *out,
                            tacit_error *err) TACIT_MUST_CHECK;
/* Drops the axes of length 1 that broadcasting to `as` stretches; label[k] = axis of `as` of the k-th axis left. */
tacit_status view_drop(lowering *l, uint32_t id, const shape *as, uint32_t *out, uint8_t *label,
                       tacit_error *err) TACIT_MUST_CHECK;
#endif
