#include "compile/lower/scale_shift.h"
#include "compile/lower/views.h"

tacit_status scale_shift_infer(graph *g, gnode *n, tacit_error *err) {
    const shape *x = &node_in(g, n, 0)->shape;
    if (x->rank < 2) return misshapen(n, "needs a channel axis", err);
    for (uint32_t i = 1; i < 3; i++) {
        const gtensor *t = node_in(g, n, i);
        if (!t->constant || t->type != ELEM_REAL) return unsupported(n, "its parameters must be constant", err);
        if (shape_count(&t->shape) != x->dim[1]) return misshapen(n, "parameters of another length", err);
    }
    set_output(g, n, ELEM_REAL, x);
    return TACIT_OK;
}

tacit_status scale_shift_eval(frame *f, const gnode *n, tacit_error *err) {
    (void)err;
    const shape *s = &node_out(f->g, n, 0)->shape;
    const double *x = frame_real(f, n->in[0]), *scale = frame_real(f, n->in[1]), *shift = frame_real(f, n->in[2]);
    uint64_t inner = 1;
    for (uint32_t k = 2; k < s->rank; k++) inner *= s->dim[k];
    for (uint64_t i = 0; i < shape_count(s); i++) {
        uint64_t c = i / inner % s->dim[1];
        f->real[n->out[0]][i] = x[i] * scale[c] + shift[c];
    }
    return TACIT_OK;
}

/* A parameter per channel, over the node's shape. A param_view. */
static tacit_status channel_view(lowering *l, uint32_t id, const void *context, uint32_t *out, tacit_error *err) {
    const shape *s = context;
    view_draft d;
    draft_start(&d, s->rank);
    for (uint32_t k = 0; k < s->rank; k++) {
        if (k == 1)
            draft_same(&d, 1, 0, s->dim[1]);
        else
            draft_repeat(l, &d, k, s->dim[k]);
    }
    return draft_make(l, &d, id, out, err);
}

tacit_status scale_shift_lower(lowering *l, const gnode *n, tacit_error *err) {
    const shape *s = &node_out(l->g, n, 0)->shape;
    uint8_t x_label[MAX_RANK] = {0, 1, 2, 3, 4, 5, 6, 7}, c_label[MAX_RANK] = {1};
    value x, scale;
    sum out;
    TRY(lower_operand(l, n->in[0], &x, err));
    TRY(lower_param(l, n->in[1], 1, 16, 40, &scale, err));
    sum_start(&out, s, x.scale + scale.scale);
    TRY(sum_product(l, &out, &x, x_label, &scale, c_label, 1, 1, err));
    TRY(sum_constant(l, &out, n->in[2], 1, channel_view, s, err));
    return lower_set_sum(l, n->out[0], &out, err);
}
