/* program/view_index: the source element of one element of a view, by definition. Slow and obviously right. */
#ifndef PROGRAM_VIEW_INDEX_H
#define PROGRAM_VIEW_INDEX_H
#include "program/program.h"

/* Row-major coordinates of a flat index. */
static inline void shape_coords(const shape *s, uint64_t i, uint32_t *at) {
    for (uint32_t k = s->rank; k-- > 0; i /= s->dim[k]) at[k] = (uint32_t)(i % s->dim[k]);
}
static inline uint64_t shape_flat(const shape *s, const uint32_t *at) {
    uint64_t i = 0;
    for (uint32_t k = 0; k < s->rank; k++) i = i * s->dim[k] + at[k];
    return i;
}
/* The same over some axes. */
static inline uint64_t axes_flat(const shape *s, const uint8_t *axis, uint32_t count, const uint32_t *at) {
    uint64_t i = 0;
    for (uint32_t k = 0; k < count; k++) i = i * s->dim[axis[k]] + at[axis[k]];
    return i;
}
static inline void axes_coords(const shape *s, const uint8_t *axis, uint32_t count, uint64_t i, uint32_t *at) {
    for (uint32_t k = count; k-- > 0; i /= s->dim[axis[k]]) at[axis[k]] = (uint32_t)(i % s->dim[axis[k]]);
}

/* Source coordinates of the group's axes; false for a hole. */
static inline bool group_index(const view_group *g, const shape *os, const shape *ss, const uint32_t *out,
                               uint32_t *src) {
    uint64_t i = axes_flat(os, g->out_axis, g->out_count, out);
    int64_t m = g->map ? g->map[i] : (int64_t)i;
    if (m < 0) return false;
    axes_coords(ss, g->src_axis, g->src_count, (uint64_t)m, src);
    return true;
}

/* Flat source index, or -1. */
static inline int64_t view_index(const view_group *groups, uint32_t count, const shape *os, const shape *ss,
                                 uint64_t element) {
    uint32_t out[MAX_RANK], src[MAX_RANK] = {0};
    shape_coords(os, element, out);
    for (uint32_t g = 0; g < count; g++) {
        if (!group_index(&groups[g], os, ss, out, src)) return -1;
    }
    return (int64_t)shape_flat(ss, src);
}
#endif
