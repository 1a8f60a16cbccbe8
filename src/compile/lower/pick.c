#include "compile/lower/pick.h"
#include "compile/lower/axes.h"
#include "compile/lower/views.h"
#include "compile/onnx/attribute.h"

typedef struct pick {
    uint32_t axis, span;
    uint64_t before, size, after; /* elements */
    const gtensor *map;
    shape out;
} pick;

static tacit_status read(const graph *g, const gnode *n, pick *p, tacit_error *err) {
    const shape *x = &node_in(g, n, 0)->shape;
    int64_t axis, span;
    TRY(attribute_int(n, "axis", 0, &axis, err));
    TRY(attribute_int(n, "span", 1, &span, err));
    *p = (pick){.axis = (uint32_t)axis, .span = (uint32_t)span, .before = 1, .size = 1, .after = 1};
    p->map = node_in(g, n, 1);
    if (axis < 0 || span < 0 || axis + span > x->rank) return misshapen(n, "an axis out of range", err);
    if (x->rank - p->span + p->map->shape.rank > MAX_RANK) return unsupported(n, "more than 8 axes", err);
    if (!p->map->constant || p->map->type != ELEM_WHOLE) return unsupported(n, "its places must be constant", err);
    for (uint32_t k = 0; k < p->axis; p->before *= x->dim[k++]) p->out.dim[p->out.rank++] = x->dim[k];
    for (uint32_t k = 0; k < p->map->shape.rank; k++) p->out.dim[p->out.rank++] = p->map->shape.dim[k];
    for (uint32_t k = 0; k < p->span; k++) p->size *= x->dim[p->axis + k];
    for (uint32_t k = p->axis + p->span; k < x->rank; p->after *= x->dim[k++]) p->out.dim[p->out.rank++] = x->dim[k];
    uint64_t count = shape_count(&p->map->shape);
    if (count > MAX_GROUP) return unsupported(n, "more than 2^22 places in one map", err);
    for (uint64_t i = 0; i < count; i++) {
        if (p->map->whole[i] < -1 || p->map->whole[i] >= (int64_t)p->size)
            return misshapen(n, "a place out of range", err);
    }
    return TACIT_OK;
}

tacit_status pick_infer(graph *g, gnode *n, tacit_error *err) {
    pick p;
    TRY(read(g, n, &p, err));
    set_output_like(g, n, &p.out);
    return TACIT_OK;
}

tacit_status pick_eval(frame *f, const gnode *n, tacit_error *err) {
    pick p;
    TRY(read(f->g, n, &p, err));
    const uint64_t *x = frame_bits(f, n->in[0]);
    uint64_t *y = frame_bits_out(f, n->out[0]), count = shape_count(&p.map->shape);
    for (uint64_t b = 0; b < p.before; b++, x += p.size * p.after) {
        for (uint64_t i = 0; i < count; i++) {
            int64_t at = p.map->whole[i];
            for (uint64_t a = 0; a < p.after; a++) *y++ = at < 0 ? 0 : x[(uint64_t)at * p.after + a];
        }
    }
    return TACIT_OK;
}

tacit_status pick_lower(lowering *l, const gnode *n, tacit_error *err) {
    pick p;
    value v;
    view_draft d;
    TRY(read(l->g, n, &p, err));
    TRY(lower_operand(l, n->in[0], &v, err));
    const shape *x = &node_in(l->g, n, 0)->shape;
    uint32_t inner = p.map->shape.rank;
    uint64_t count = shape_count(&p.map->shape);
    draft_start(&d, p.out.rank);
    d.shape = p.out;
    for (uint32_t k = 0; k < p.axis; k++) draft_same(&d, k, k, x->dim[k]);
    int32_t *map = draft_map(l, &d, p.axis, inner, p.axis, p.span);
    for (uint64_t i = 0; map && i < count; i++) {
        map[i] = (int32_t)p.map->whole[i];
        if (map[i] < 0) value_with_zero(&v);
    }
    for (uint32_t k = p.axis + p.span; k < x->rank; k++) draft_same(&d, k - p.span + inner, k, x->dim[k]);
    TRY(draft_make(l, &d, v.id, &v.id, err));
    return lower_set_value(l, n->out[0], &v, err);
}

/* ---- Expand */
tacit_status expand_infer(graph *g, gnode *n, tacit_error *err) {
    const shape *x = &node_in(g, n, 0)->shape;
    int64_t dim[MAX_RANK];
    bool given;
    shape want = {0}, s;
    TRY(axes_read(g, n, "", 1, dim, &want.rank, &given, err));
    for (uint32_t k = 0; k < want.rank; k++) {
        if (dim[k] < 0 || dim[k] > INT32_MAX) return misshapen(n, "a dimension out of range", err);
        want.dim[k] = (uint32_t)dim[k];
    }
    if (!shape_broadcast(&s, x, &want)) return misshapen(n, "the shape does not fit", err);
    set_output_like(g, n, &s);
    return TACIT_OK;
}

tacit_status expand_eval(frame *f, const gnode *n, tacit_error *err) {
    (void)err;
    const shape *s = &node_out(f->g, n, 0)->shape;
    uint64_t step[MAX_RANK], count = shape_count(s);
    broadcast_strides(&node_in(f->g, n, 0)->shape, s, step);
    const uint64_t *x = frame_bits(f, n->in[0]);
    uint64_t *y = frame_bits_out(f, n->out[0]);
    for (uint64_t i = 0; i < count; i++) {
        uint64_t at = 0, rest = i;
        for (uint32_t k = s->rank; k-- > 0; rest /= s->dim[k]) at += rest % s->dim[k] * step[k];
        y[i] = x[at];
    }
    return TACIT_OK;
}

tacit_status expand_lower(lowering *l, const gnode *n, tacit_error *err) {
    value v;
    TRY(lower_operand(l, n->in[0], &v, err));
    TRY(view_broadcast(l, v.id, &node_out(l->g, n, 0)->shape, &v.id, err));
    return lower_set_value(l, n->out[0], &v, err);
}
