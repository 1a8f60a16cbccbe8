/* execute/operand.c */
#include "execute/operand.h"
#include <string.h>

static tacit_status full(tacit_error *err) {
    return fail(err, TACIT_RESOURCES, "executor: scratch is full");
}

static void row_major(const shape *s, int64_t *stride) {
    int64_t n = 1;
    for (uint32_t k = s->rank; k-- > 0; n *= s->dim[k]) stride[k] = n;
}

void operand_dense(operand *o, const shape *s, narrow values) {
    *o = (operand){.shape = s, .src = values};
    row_major(s, o->lin);
}

/* ---- views */
static void stream_make(stream *s, const view_group *g, const shape *os, const shape *ss, const int64_t *src_stride) {
    int64_t n = 1;
    *s = (stream){.map = g->map, .axes = g->src_count, .linear = true, .mul = 0};
    for (uint32_t k = g->out_count; k-- > 0; n *= os->dim[g->out_axis[k]]) s->stride[g->out_axis[k]] = n;
    for (uint32_t k = 0; k < g->src_count; k++) {
        s->dim[k] = ss->dim[g->src_axis[k]];
        s->src_stride[k] = src_stride[g->src_axis[k]];
        /* Consecutive source axes: the flat entry times the last one's stride. */
        if (k && g->src_axis[k] != g->src_axis[k - 1] + 1) s->linear = false;
        s->mul = s->src_stride[k];
    }
}

/* Is the group's offset affine in its out coordinates, without holes? Then its strides are added to o. */
static bool add_affine(operand *o, const stream *s, const view_group *g, const shape *os) {
    int64_t step[MAX_RANK], expect = 0, base;
    uint32_t at[MAX_RANK] = {0};
    if (g->map[0] < 0) return false;
    base = stream_offset(s, g->map[0]);
    for (uint32_t k = 0; k < g->out_count; k++) {
        uint32_t axis = g->out_axis[k];
        step[k] = 0;
        if (os->dim[axis] == 1) continue;
        if (g->map[s->stride[axis]] < 0) return false;
        step[k] = stream_offset(s, g->map[s->stride[axis]]) - base;
    }
    for (uint32_t i = 0; i < g->size; i++) {
        if (g->map[i] < 0 || stream_offset(s, g->map[i]) != base + expect) return false;
        for (uint32_t k = g->out_count; k-- > 0;) {
            expect += step[k];
            if (++at[k] < os->dim[g->out_axis[k]]) break;
            expect -= step[k] * (int64_t)at[k];
            at[k] = 0;
        }
    }
    o->base += base;
    for (uint32_t k = 0; k < g->out_count; k++) o->lin[g->out_axis[k]] += step[k];
    return true;
}

void operand_make(operand *o, const trace *t, uint32_t id) {
    const tensor *v = &t->p->tensors[id];
    if (v->kind != TENSOR_VIEW) {
        operand_dense(o, &v->shape, trace_atom(t, id));
        return;
    }
    const shape *ss = &t->p->tensors[v->source].shape;
    int64_t src_stride[MAX_RANK];
    row_major(ss, src_stride);
    *o = (operand){.shape = &v->shape, .src = trace_atom(t, v->source)};
    for (uint32_t i = 0; i < v->group_count; i++) {
        const view_group *g = &v->groups[i];
        stream s;
        if (!g->map) {
            o->lin[g->out_axis[0]] = src_stride[g->src_axis[0]];
            continue;
        }
        stream_make(&s, g, &v->shape, ss, src_stride);
        if (!g->out_count && g->map[0] < 0)
            o->zero = true;
        else if (!add_affine(o, &s, g, &v->shape))
            o->stream[o->streams++] = s;
    }
}

/* ---- reading */
/* Streams that stand still are resolved once; false when one of them is at a hole. */
static bool settle(const operand *o, const bool *moves, const int64_t *idx, int64_t *base, const stream **moving,
                   uint32_t *which, uint32_t *count) {
    *count = 0;
    if (o->zero) return false;
    for (uint32_t s = 0; s < o->streams; s++) {
        if (moves[s]) {
            which[*count] = s;
            moving[(*count)++] = &o->stream[s];
            continue;
        }
        int32_t m = o->stream[s].map[idx[s]];
        if (m < 0) return false;
        *base += stream_offset(&o->stream[s], m);
    }
    return true;
}

/* One row along the last axis: steps are constant. */
static void read_row(const operand *o, int64_t base, const int64_t *idx, uint32_t axis, uint64_t n, int32_t *out) {
    const stream *moving[MAX_RANK];
    uint32_t which[MAX_RANK], count;
    bool moves[MAX_RANK];
    int64_t step = o->lin[axis];
    for (uint32_t s = 0; s < o->streams; s++) moves[s] = o->stream[s].stride[axis] != 0;
    if (!settle(o, moves, idx, &base, moving, which, &count)) {
        memset(out, 0, n * sizeof *out);
        return;
    }
    if (!count && step == 1) {
        narrow_read(narrow_at(o->src, (uint64_t)base), n, out);
        return;
    }
    for (uint64_t i = 0; i < n; i++) {
        int64_t at = base + (int64_t)i * step;
        bool hole = false;
        for (uint32_t s = 0; s < count; s++) {
            int32_t m = moving[s]->map[idx[which[s]] + (int64_t)i * moving[s]->stride[axis]];
            hole = hole || m < 0;
            at += hole ? 0 : stream_offset(moving[s], m);
        }
        out[i] = hole ? 0 : narrow_get(o->src, (uint64_t)at);
    }
}

void operand_read(const operand *o, uint64_t begin, uint64_t n, int32_t *out) {
    const shape *s = o->shape;
    if (!s->rank) {
        static const uint32_t one = 1;
        plan p = {.n = one};
        int64_t zero = 0, idx[MAX_RANK] = {0};
        p.lin = &zero;
        if (n) pack_i32(o, &p, o->base, idx, 0, 1, out);
        return;
    }
    uint32_t last = s->rank - 1;
    while (n) {
        int64_t at[MAX_RANK] = {0}, base = o->base, idx[MAX_RANK] = {0};
        uint64_t rest = begin, row;
        for (uint32_t k = s->rank; k-- > 0; rest /= s->dim[k]) at[k] = (int64_t)(rest % s->dim[k]);
        row = s->dim[last] - (uint64_t)at[last];
        if (row > n) row = n;
        for (uint32_t k = 0; k < s->rank; k++) {
            base += at[k] * o->lin[k];
            for (uint32_t m = 0; m < o->streams; m++) idx[m] += at[k] * o->stream[m].stride[k];
        }
        read_row(o, base, idx, last, row, out);
        out += row;
        begin += row;
        n -= row;
    }
}

/* ---- plans */
void affine_table(int64_t *out, uint32_t labels, const uint32_t *dim, const int64_t *stride) {
    uint64_t n = 1;
    out[0] = 0;
    for (uint32_t l = 0; l < labels; l++) {
        for (uint64_t i = n; i-- > 0;) { /* from the end: in place */
            int64_t v = out[i];
            for (uint64_t j = dim[l]; j-- > 0;) out[i * dim[l] + j] = v + (int64_t)j * stride[l];
        }
        n *= dim[l];
    }
}

tacit_status plan_make(plan *p, const operand *o, uint32_t labels, const uint32_t *dim, const int *axis, arena *a,
                       tacit_error *err) {
    int64_t stride[MAX_LABELS];
    *p = (plan){.n = 1};
    for (uint32_t l = 0; l < labels; l++) p->n *= dim[l];
    p->lin = ARENA_NEW(a, int64_t, p->n);
    if (!p->lin) return full(err);
    for (uint32_t l = 0; l < labels; l++) stride[l] = axis[l] < 0 ? 0 : o->lin[axis[l]];
    affine_table(p->lin, labels, dim, stride);
    p->contiguous = true;
    for (uint64_t i = 0; i < p->n && p->contiguous; i++) p->contiguous = p->lin[i] == (int64_t)i;
    for (uint32_t s = 0; s < o->streams; s++) {
        for (uint32_t l = 0; l < labels; l++) {
            stride[l] = axis[l] < 0 ? 0 : o->stream[s].stride[axis[l]];
            if (stride[l] && dim[l] > 1) p->moves[s] = true;
        }
        p->idx[s] = ARENA_NEW(a, int64_t, p->n);
        if (!p->idx[s]) return full(err);
        affine_table(p->idx[s], labels, dim, stride);
    }
    return TACIT_OK;
}

/* Offset of one element with moving streams, or -1. */
static inline int64_t moving_at(int64_t at, const plan *p, const stream *const *moving, const uint32_t *which,
                                uint32_t count, const int64_t *idx, uint64_t i) {
    for (uint32_t s = 0; s < count; s++) {
        int32_t m = moving[s]->map[idx[which[s]] + p->idx[which[s]][i]];
        if (m < 0) return -1;
        at += stream_offset(moving[s], m);
    }
    return at;
}

/* What is packed: entries from .. from + n of a plan, streams that stand still in base. */
typedef struct packing {
    const operand *o;
    const plan *p;
    const stream *moving[MAX_RANK];
    uint32_t which[MAX_RANK], count;
    const int64_t *idx;
    int64_t base;
    uint64_t from, n;
} packing;

/* By the width of the source and of the result. */
#define PACK(name, source, type)                                                                                       \
    static void name(const packing *k, type *out) {                                                                    \
        const source *src = (const source *)k->o->src.data;                                                            \
        const int64_t *lin = k->p->lin + k->from, base = k->base;                                                      \
        if (k->count) {                                                                                                \
            for (uint64_t i = 0; i < k->n; i++) {                                                                      \
                int64_t at = moving_at(base + lin[i], k->p, k->moving, k->which, k->count, k->idx, k->from + i);       \
                out[i] = at < 0 ? 0 : (type)src[at];                                                                   \
            }                                                                                                          \
        } else if (k->p->contiguous) {                                                                                 \
            src += base + (int64_t)k->from;                                                                            \
            for (uint64_t i = 0; i < k->n; i++) out[i] = (type)src[i];                                                 \
        } else {                                                                                                       \
            for (uint64_t i = 0; i < k->n; i++) out[i] = (type)src[base + lin[i]];                                     \
        }                                                                                                              \
    }
PACK(pack_8_to_32, int8_t, int32_t)
PACK(pack_16_to_32, int16_t, int32_t)
PACK(pack_32_to_32, int32_t, int32_t)
PACK(pack_8_to_16, int8_t, int16_t)
PACK(pack_16_to_16, int16_t, int16_t)
PACK(pack_32_to_16, int32_t, int16_t)

/* False: only holes. */
static bool packing_start(packing *k, const operand *o, const plan *p, int64_t base, const int64_t *idx, uint64_t from,
                          uint64_t n) {
    *k = (packing){.o = o, .p = p, .idx = idx, .base = base, .from = from, .n = n};
    return settle(o, p->moves, idx, &k->base, k->moving, k->which, &k->count);
}

void pack_i32(const operand *o, const plan *p, int64_t base, const int64_t *idx, uint64_t from, uint64_t n,
              int32_t *out) {
    packing k;
    if (!packing_start(&k, o, p, base, idx, from, n))
        memset(out, 0, n * sizeof *out);
    else if (o->src.bytes == 1)
        pack_8_to_32(&k, out);
    else if (o->src.bytes == 2)
        pack_16_to_32(&k, out);
    else
        pack_32_to_32(&k, out);
}

void pack_i16(const operand *o, const plan *p, int64_t base, const int64_t *idx, uint64_t from, uint64_t n,
              int16_t *out) {
    packing k;
    if (!packing_start(&k, o, p, base, idx, from, n))
        memset(out, 0, n * sizeof *out);
    else if (o->src.bytes == 1)
        pack_8_to_16(&k, out);
    else if (o->src.bytes == 2)
        pack_16_to_16(&k, out);
    else
        pack_32_to_16(&k, out);
}
