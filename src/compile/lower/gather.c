#include "compile/lower/axes.h"
#include "compile/lower/select.h"
#include "compile/lower/views.h"
#include "compile/onnx/attribute.h"

/* out[before, indices.., after] = x[before, index, after]. */
typedef struct gather {
    uint32_t axis;
    uint64_t before, count, after; /* elements */
    const int64_t *index;          /* count of them, in range after adding size to negative ones */
    int64_t size;
    shape out;
} gather;

static tacit_status read(const graph *g, const gnode *n, gather *q, tacit_error *err) {
    const shape *x = &node_in(g, n, 0)->shape;
    const gtensor *index = node_in(g, n, 1);
    int64_t axis;
    TRY(attribute_int(n, "axis", 0, &axis, err));
    TRY(axis_normal(n, axis, x->rank, &q->axis, err));
    if (!index->constant || index->type != ELEM_WHOLE) return unsupported(n, "indices must be constant integers", err);
    if (x->rank - 1 + index->shape.rank > MAX_RANK) return unsupported(n, "more than 8 axes", err);
    q->size = x->dim[q->axis];
    q->index = index->whole;
    q->count = shape_count(&index->shape);
    q->before = q->after = 1;
    q->out = (shape){.rank = 0};
    for (uint32_t k = 0; k < q->axis; q->before *= x->dim[k++]) q->out.dim[q->out.rank++] = x->dim[k];
    for (uint32_t k = 0; k < index->shape.rank; k++) q->out.dim[q->out.rank++] = index->shape.dim[k];
    for (uint32_t k = q->axis + 1; k < x->rank; q->after *= x->dim[k++]) q->out.dim[q->out.rank++] = x->dim[k];
    for (uint64_t i = 0; i < q->count; i++) {
        if (q->index[i] < -q->size || q->index[i] >= q->size) return misshapen(n, "an index out of range", err);
    }
    return TACIT_OK;
}

static uint64_t index_at(const gather *q, uint64_t i) {
    return (uint64_t)(q->index[i] < 0 ? q->index[i] + q->size : q->index[i]);
}

tacit_status gather_infer(graph *g, gnode *n, tacit_error *err) {
    gather q;
    TRY(read(g, n, &q, err));
    set_output_like(g, n, &q.out);
    return TACIT_OK;
}

tacit_status gather_eval(frame *f, const gnode *n, tacit_error *err) {
    gather q;
    TRY(read(f->g, n, &q, err));
    const uint64_t *x = frame_bits(f, n->in[0]);
    uint64_t *y = frame_bits_out(f, n->out[0]);
    for (uint64_t b = 0; b < q.before; b++) {
        for (uint64_t i = 0; i < q.count; i++) {
            for (uint64_t a = 0; a < q.after; a++) *y++ = x[(b * (uint64_t)q.size + index_at(&q, i)) * q.after + a];
        }
    }
    return TACIT_OK;
}

tacit_status gather_lower(lowering *l, const gnode *n, tacit_error *err) {
    gather q;
    value v;
    view_draft d;
    TRY(read(l->g, n, &q, err));
    TRY(lower_operand(l, n->in[0], &v, err));
    const shape *x = &node_in(l->g, n, 0)->shape;
    uint32_t extra = node_in(l->g, n, 1)->shape.rank;
    draft_start(&d, q.out.rank);
    d.shape = q.out;
    for (uint32_t k = 0; k < q.axis; k++) draft_same(&d, k, k, x->dim[k]);
    int32_t *map = draft_map(l, &d, q.axis, extra, q.axis, 1);
    for (uint64_t i = 0; map && i < q.count; i++) map[i] = (int32_t)index_at(&q, i);
    for (uint32_t k = q.axis + 1; k < x->rank; k++) draft_same(&d, k - 1 + extra, k, x->dim[k]);
    TRY(draft_make(l, &d, v.id, &v.id, err));
    return lower_set_value(l, n->out[0], &v, err);
}
