#include "compile/lower/axes.h"
#include "compile/lower/reshape.h"
#include "compile/lower/select.h"
#include "compile/lower/views.h"
#include "compile/onnx/attribute.h"

tacit_status transpose_axes(const graph *g, const gnode *n, uint32_t from[MAX_RANK], tacit_error *err) {
    uint32_t rank = node_in(g, n, 0)->shape.rank, count, seen = 0;
    int64_t perm[MAX_RANK];
    TRY(attribute_ints(n, "perm", perm, MAX_RANK, &count, err));
    if (attribute_has(n, "perm") && count != rank) return misshapen(n, "perm has the wrong length", err);
    for (uint32_t k = 0; k < rank; k++) {
        from[k] = rank - 1 - k;
        if (count > 0) TRY(axis_normal(n, perm[k], rank, &from[k], err));
        if (seen >> from[k] & 1) return misshapen(n, "perm is not a permutation", err);
        seen |= 1u << from[k];
    }
    return TACIT_OK;
}

tacit_status transpose_infer(graph *g, gnode *n, tacit_error *err) {
    uint32_t from[MAX_RANK];
    const gtensor *x = node_in(g, n, 0);
    shape s = {.rank = x->shape.rank};
    TRY(transpose_axes(g, n, from, err));
    for (uint32_t k = 0; k < s.rank; k++) s.dim[k] = x->shape.dim[from[k]];
    set_output_like(g, n, &s);
    return TACIT_OK;
}

tacit_status transpose_eval(frame *f, const gnode *n, tacit_error *err) {
    uint32_t from[MAX_RANK];
    TRY(transpose_axes(f->g, n, from, err));
    const shape *in = &node_in(f->g, n, 0)->shape, *out = &node_out(f->g, n, 0)->shape;
    const uint64_t *x = frame_bits(f, n->in[0]);
    uint64_t *y = frame_bits_out(f, n->out[0]), step[MAX_RANK] = {0}, all = 1;
    for (uint32_t k = in->rank; k-- > 0; all *= in->dim[k]) step[k] = all;
    const uint32_t outer = out->rank > 0 ? out->rank - 1 : 0;
    const uint64_t row = out->rank > 0 ? out->dim[outer] : 1, last = out->rank > 0 ? step[from[outer]] : 0;
    for (uint64_t i = 0; i < all; i += row) {
        uint64_t at = 0, rest = i / row;
        for (uint32_t k = outer; k-- > 0; rest /= out->dim[k]) at += rest % out->dim[k] * step[from[k]];
        for (uint64_t k = 0; k < row; k++) y[i + k] = x[at + k * last];
    }
    return TACIT_OK;
}

/* Only axes of length 1 move. */
static bool keeps_order(const shape *s, const uint32_t from[MAX_RANK]) {
    uint32_t last = 0;
    for (uint32_t k = 0; k < s->rank; k++) {
        if (s->dim[k] == 1) continue;
        if (from[k] < last) return false;
        last = from[k];
    }
    return true;
}

tacit_status transpose_lower(lowering *l, const gnode *n, tacit_error *err) {
    uint32_t from[MAX_RANK];
    value v;
    view_draft d;
    TRY(transpose_axes(l->g, n, from, err));
    if (keeps_order(&node_out(l->g, n, 0)->shape, from) && lower_pending(l, n->in[0])) return reshape_lower(l, n, err);
    TRY(lower_operand(l, n->in[0], &v, err));
    const shape *out = &node_out(l->g, n, 0)->shape;
    draft_start(&d, out->rank);
    for (uint32_t k = 0; k < out->rank; k++) draft_same(&d, k, from[k], out->dim[k]);
    TRY(draft_make(l, &d, v.id, &v.id, err));
    return lower_set_value(l, n->out[0], &v, err);
}
