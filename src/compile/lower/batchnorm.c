#include "compile/lower/batchnorm.h"
#include "compile/lower/views.h"
#include "compile/onnx/attribute.h"
#include <math.h>
#include <string.h>

tacit_status batchnorm_infer(graph *g, gnode *n, tacit_error *err) {
    const shape *x = &node_in(g, n, 0)->shape;
    int64_t training, spatial;
    TRY(attribute_int(n, "training_mode", 0, &training, err));
    TRY(attribute_int(n, "spatial", 1, &spatial, err));
    if (training != 0 || spatial != 1)
        return unsupported(n, "training_mode, or statistics that are not per channel", err);
    if (x->rank < 2) return misshapen(n, "needs a channel axis", err);
    for (uint32_t i = 1; i < 5; i++) {
        const gtensor *t = node_in(g, n, i);
        if (!t->constant || t->type != ELEM_REAL) return unsupported(n, "its parameters must be constant", err);
        if (shape_count(&t->shape) != x->dim[1]) return misshapen(n, "parameters of another length", err);
    }
    set_output(g, n, ELEM_REAL, x);
    return TACIT_OK;
}

/* Channel of element i. */
static uint64_t channel(const shape *s, uint64_t i) {
    for (uint32_t k = s->rank; k-- > 2;) i /= s->dim[k];
    return i % s->dim[1];
}

/* Five inputs (constants only, while folding) or three. */
tacit_status batchnorm_eval(frame *f, const gnode *n, tacit_error *err) {
    const shape *s = &node_out(f->g, n, 0)->shape;
    const double *x = frame_real(f, n->in[0]), *p = frame_real(f, n->in[1]), *q = frame_real(f, n->in[2]);
    double *y = f->real[n->out[0]], epsilon;
    TRY(attribute_real(n, "epsilon", (double)1e-5f, &epsilon, err));
    for (uint64_t i = 0; i < shape_count(s); i++) {
        uint64_t c = channel(s, i);
        double centre = n->in_count == 5 ? frame_real(f, n->in[3])[c] : 0;
        double deviation = n->in_count == 5 ? sqrt(frame_real(f, n->in[4])[c] + epsilon) : 1;
        y[i] = (x[i] - centre) / deviation * p[c] + q[c];
    }
    return TACIT_OK;
}

/* ---- folding */
static tacit_status new_constant(graph *g, const gnode *n, const char *suffix, const shape *s, uint32_t *t,
                                 double **out, tacit_error *err) {
    void *values;
    const char *name = name_copy(g->a, n->name, suffix);
    if (!name) return fail(err, TACIT_RESOURCES, "the model needs more memory than is set aside");
    while (graph_find(g, name) != NO_INDEX) name = name_copy(g->a, name, "_");
    TRY(graph_alloc(g, &values, shape_count(s), sizeof(double), err));
    TRY(graph_add(g, name, t, err));
    gtensor *x = &g->tensors[*t];
    x->type = ELEM_REAL;
    x->known = x->constant = true;
    x->shape = *s;
    x->real = *out = values;
    return TACIT_OK;
}

static tacit_status make_affine(graph *g, gnode *n, tacit_error *err) {
    double epsilon, *scale, *shift;
    uint32_t channels = node_in(g, n, 0)->shape.dim[1], scale_id, shift_id;
    const shape s = {.rank = 1, .dim = {channels}};
    TRY(attribute_real(n, "epsilon", (double)1e-5f, &epsilon, err));
    TRY(new_constant(g, n, ".scale", &s, &scale_id, &scale, err));
    TRY(new_constant(g, n, ".shift", &s, &shift_id, &shift, err));
    for (uint32_t c = 0; c < channels; c++) {
        scale[c] = node_in(g, n, 1)->real[c] / sqrt(node_in(g, n, 4)->real[c] + epsilon);
        shift[c] = node_in(g, n, 2)->real[c] - node_in(g, n, 3)->real[c] * scale[c];
        if (!isfinite(scale[c]) || !isfinite(shift[c]))
            return fail(err, TACIT_VALUE, "node \"%s\" (%s): channel %u is not finite", n->name, n->op, (uint64_t)c);
    }
    n->in[1] = scale_id;
    n->in[2] = shift_id;
    n->in_count = 3;
    return TACIT_OK;
}

/* The Conv or Gemm whose only use is n, with constant weights and bias; its output axis of the weights. */
static gnode *mergeable(graph *g, const gnode *n, uint32_t *axis) {
    const gtensor *x = node_in(g, n, 0);
    gnode *from = x->producer == NO_INDEX ? NULL : &g->nodes[x->producer];
    if (!from || from->dead || x->uses != 1 || x->is_output || !node_in(g, from, 1)->constant) return NULL;
    if (node_has_input(from, 2) && !node_in(g, from, 2)->constant) return NULL;
    if (strcmp(from->op, "Conv") == 0 || strcmp(from->op, "StuffedConv") == 0) {
        *axis = 0;
        return from;
    }
    tacit_error ignored = {0};
    int64_t trans_b = 0;
    double alpha = 1, beta = 1;
    if (strcmp(from->op, "Gemm") != 0) return NULL;
    if (attribute_int(from, "transB", 0, &trans_b, &ignored) != TACIT_OK ||
        attribute_real(from, "alpha", 1, &alpha, &ignored) != TACIT_OK ||
        attribute_real(from, "beta", 1, &beta, &ignored) != TACIT_OK || beta != 1)
        return NULL;
    if (node_has_input(from, 2) && shape_count(&node_in(g, from, 2)->shape) != x->shape.dim[1]) return NULL;
    *axis = trans_b ? 0 : 1;
    return from;
}

static tacit_status merge(graph *g, const gnode *n, gnode *from, uint32_t axis, tacit_error *err) {
    double *w, *b;
    uint32_t w_id, b_id, channels = node_out(g, n, 0)->shape.dim[1];
    const gtensor old = *node_in(g, from, 1);
    const double *scale = node_in(g, n, 1)->real, *shift = node_in(g, n, 2)->real;
    const double *bias = node_has_input(from, 2) ? node_in(g, from, 2)->real : NULL;
    const shape s = {.rank = 1, .dim = {channels}};
    uint64_t inner = 1;
    for (uint32_t k = axis + 1; k < old.shape.rank; k++) inner *= old.shape.dim[k];
    TRY(new_constant(g, n, ".weights", &old.shape, &w_id, &w, err));
    TRY(new_constant(g, n, ".bias", &s, &b_id, &b, err));
    for (uint64_t i = 0; i < shape_count(&old.shape); i++) w[i] = old.real[i] * scale[i / inner % channels];
    for (uint32_t c = 0; c < channels; c++) b[c] = (bias ? bias[c] : 0) * scale[c] + shift[c];
    uint32_t *in = ARENA_NEW(g->a, uint32_t, 3);
    if (!in) return fail(err, TACIT_RESOURCES, "the model needs more memory than is set aside");
    in[0] = from->in[0], in[1] = w_id, in[2] = b_id;
    from->in = in;
    from->in_count = 3;
    return TACIT_OK;
}

tacit_status batchnorm_merge(graph *g, gnode *n, void (*bypass)(graph *g, gnode *n), tacit_error *err) {
    uint32_t axis = 0;
    TRY(make_affine(g, n, err));
    gnode *from = mergeable(g, n, &axis);
    if (!from) return TACIT_OK;
    TRY(merge(g, n, from, axis, err));
    bypass(g, n);
    return TACIT_OK;
}

/* ---- lowering */
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

tacit_status batchnorm_lower(lowering *l, const gnode *n, tacit_error *err) {
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
