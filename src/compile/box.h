/* compile/box: part of a tensor, by the places that it takes of each axis. */
#ifndef COMPILE_BOX_H
#define COMPILE_BOX_H
#include "compile/graph.h"

typedef struct box {
    shape shape;                  /* its own: the number of places along each axis */
    const uint32_t *at[MAX_RANK]; /* ascending; NULL: the whole axis */
} box;

box box_whole(const shape *s);
bool box_is_whole(const box *b);
bool box_equal(const box *a, const box *b);
static inline uint32_t box_place(const box *b, uint32_t axis, uint32_t i) {
    return b->at[axis] ? b->at[axis][i] : i;
}
/* Axis k of the box, which is `length` long, gets the places of the list, which is in any order. */
tacit_status box_take(arena *a, box *b, uint32_t k, uint32_t length, const uint32_t *list, uint32_t count,
                      tacit_error *err) TACIT_MUST_CHECK;
/* The least box of a tensor of shape s that holds both. */
tacit_status box_join(arena *a, box *b, const box *other, const shape *s, tacit_error *err) TACIT_MUST_CHECK;
/* What a tensor of shape `from` must have for `b`, a part of the same elements under shape `to`. Where that is no box,
 * b becomes larger. */
tacit_status box_reshape(arena *a, const shape *from, const shape *to, box *b, box *out,
                         tacit_error *err) TACIT_MUST_CHECK;
#endif
