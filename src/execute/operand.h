/* execute/operand: where an atom's elements lie, as an affine offset into an array plus map streams.
 *   element at coordinates i = src[base + sum_k lin[k] i_k + sum_s offset_s(map_s[sum_k stride_s[k] i_k])], or 0 where
 * a map has a hole. Dense tensors and views whose maps are affine (slices, strides, im2col without padding, transposes,
 * most reshapes) have no streams. */
#ifndef EXECUTE_OPERAND_H
#define EXECUTE_OPERAND_H
#include "execute/execute.h"

typedef struct stream {
    const int32_t *map;
    int64_t stride[MAX_RANK]; /* per axis of the view */
    bool linear;              /* offset = mul * entry; else entry is cut into the source axes */
    int64_t mul;
    uint32_t axes;
    uint32_t dim[MAX_RANK];
    int64_t src_stride[MAX_RANK];
} stream;

typedef struct operand {
    const shape *shape;
    narrow src;
    int64_t base, lin[MAX_RANK];
    uint32_t streams;
    stream stream[MAX_RANK];
    bool zero; /* nothing but holes */
} operand;

/* id: an atom. Cost: one pass over the view's maps. */
void operand_make(operand *o, const trace *t, uint32_t id);
/* A dense array of this shape. */
void operand_dense(operand *o, const shape *s, narrow values);
/* out[i] = element begin + i, row-major. */
void operand_read(const operand *o, uint64_t begin, uint64_t n, int32_t *out);

static inline int64_t stream_offset(const stream *s, int64_t entry) {
    if (s->linear) return entry * s->mul;
    int64_t r = 0;
    for (uint32_t k = s->axes; k-- > 0; entry /= s->dim[k]) r += entry % s->dim[k] * s->src_stride[k];
    return r;
}

/* The affine parts over a list of labels (flat, first label slowest): lin[i] and idx[s][i]. */
typedef struct plan {
    uint64_t n;
    int64_t *lin, *idx[MAX_RANK];
    bool moves[MAX_RANK]; /* stream s depends on these labels */
    bool contiguous;      /* lin[i] = i */
} plan;

/* axis[l]: the operand's axis with label l of the list, or -1. */
tacit_status plan_make(plan *p, const operand *o, uint32_t labels, const uint32_t *dim, const int *axis, arena *a,
                       tacit_error *err) TACIT_MUST_CHECK;
/* out[i] = sum of stride * index over the list; n = product of the dims entries. */
void affine_table(int64_t *out, uint32_t labels, const uint32_t *dim, const int64_t *stride);
/* out[i] = element at base, idx (the other labels' sums) plus entry from + i of the plan. */
void pack_i32(const operand *o, const plan *p, int64_t base, const int64_t *idx, uint64_t from, uint64_t n,
              int32_t *out);
/* The same; every value fits int16. */
void pack_i16(const operand *o, const plan *p, int64_t base, const int64_t *idx, uint64_t from, uint64_t n,
              int16_t *out);
#endif
