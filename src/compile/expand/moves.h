/* compile/expand/moves: operators that only move elements, as chains of Pick (lower/pick.h), Reshape and Transpose:
 * views, no lookups. */
#ifndef COMPILE_EXPAND_MOVES_H
#define COMPILE_EXPAND_MOVES_H
#include "compile/expand.h"

/* Pick on `span` axes from `axis`: the answer has the map's axes in their place. */
uint32_t ex_pick(expansion *x, uint32_t t, uint32_t axis, uint32_t span, const shape *s, const int64_t *map);
/* Elements first, first + step, .. (count of them) of one axis. */
uint32_t ex_range(expansion *x, uint32_t t, uint32_t axis, int64_t first, int64_t step, uint32_t count);
/* Integers of a node: attribute or constant input (lower/axes.h), after x->status is still good. */
uint32_t ex_read(expansion *x, const char *name, uint32_t input, int64_t *out, uint32_t capacity, bool *given);

tacit_status pad_expand(expansion *x, const gnode *n, tacit_error *err);
tacit_status split_expand(expansion *x, const gnode *n, tacit_error *err);
tacit_status tile_expand(expansion *x, const gnode *n, tacit_error *err);
tacit_status depth_to_space_expand(expansion *x, const gnode *n, tacit_error *err);
tacit_status space_to_depth_expand(expansion *x, const gnode *n, tacit_error *err);
tacit_status trilu_expand(expansion *x, const gnode *n, tacit_error *err);
tacit_status reverse_sequence_expand(expansion *x, const gnode *n, tacit_error *err);
tacit_status compress_expand(expansion *x, const gnode *n, tacit_error *err);
tacit_status gather_elements_constant(expansion *x, const gnode *n, tacit_error *err);
tacit_status gather_nd_constant(expansion *x, const gnode *n, tacit_error *err);
tacit_status crop_pad_expand(expansion *x, const gnode *n, tacit_error *err);
#endif
