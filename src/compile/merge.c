#include "compile/merge.h"
#include "compile/onnx/attribute.h"
#include <math.h>
#include <string.h>

/* y = x * scale[c] + shift[c], c the channel (axis 1). */
typedef struct affine {
    uint32_t x, channels; /* the input's index */
    double *scale, *shift;
} affine;

static tacit_status no_memory(tacit_error *err) {
    return fail(err, TACIT_RESOURCES, "the model needs more memory than is set aside");
}

/* ---- what is a multiplication or addition per channel */
/* The constant, per channel; false if it varies along another axis or stretches x. */
static bool per_channel(const gtensor *c, const shape *x, double *out) {
    uint32_t varies = 0;
    if (!c->constant || c->type != ELEM_REAL || c->shape.rank > x->rank) return false;
    for (uint32_t k = 0; k < c->shape.rank; k++) {
        uint32_t axis = k + x->rank - c->shape.rank;
        if (c->shape.dim[k] == 1) continue;
        if (axis != 1 || c->shape.dim[k] != x->dim[1]) return false;
        varies = 1;
    }
    for (uint32_t i = 0; i < x->dim[1]; i++) out[i] = c->real[varies ? i : 0];
    return true;
}

static bool read_pair(const graph *g, const gnode *n, affine *a, double *c) {
    const bool left = node_in(g, n, 0)->constant;
    const gtensor *x = node_in(g, n, left ? 1 : 0);
    a->x = left ? 1 : 0;
    if (!per_channel(node_in(g, n, left ? 0 : 1), &x->shape, c)) return false;
    for (uint32_t i = 0; i < a->channels; i++) {
        a->scale[i] = node_is(n, "Mul") ? c[i] : node_is(n, "Sub") && left ? -1 : 1;
        a->shift[i] = node_is(n, "Mul") ? 0 : node_is(n, "Sub") && !left ? -c[i] : c[i];
    }
    return true;
}

static bool may_be_affine(const graph *g, const gnode *n) {
    if (node_is(n, "ScaleShift")) return true;
    bool pair = node_is(n, "Mul") || node_is(n, "Add") || node_is(n, "Sub");
    if (!pair || node_out(g, n, 0)->type != ELEM_REAL) return false;
    return node_in(g, n, 0)->constant != node_in(g, n, 1)->constant;
}

static tacit_status read_affine(graph *g, const gnode *n, affine *a, bool *found, tacit_error *err) {
    const shape *s = &node_out(g, n, 0)->shape;
    *found = false;
    if (!may_be_affine(g, n) || s->rank < 2) return TACIT_OK;
    *a = (affine){.channels = s->dim[1]};
    a->scale = ARENA_NEW(g->a, double, a->channels);
    a->shift = ARENA_NEW(g->a, double, a->channels);
    double *c = ARENA_NEW(g->a, double, a->channels);
    if (!a->scale || !a->shift || !c) return no_memory(err);
    if (!node_is(n, "ScaleShift")) {
        *found = read_pair(g, n, a, c) && shape_equal(s, &node_in(g, n, a->x)->shape);
        return TACIT_OK;
    }
    memcpy(a->scale, node_in(g, n, 1)->real, a->channels * sizeof(double));
    memcpy(a->shift, node_in(g, n, 2)->real, a->channels * sizeof(double));
    *found = true;
    return TACIT_OK;
}

/* ---- new weights */
static tacit_status set_weights(graph *g, gnode *n, uint32_t w, uint32_t b, tacit_error *err) {
    uint32_t *in = ARENA_NEW(g->a, uint32_t, 3);
    if (!in) return no_memory(err);
    in[0] = n->in[0], in[1] = w, in[2] = b;
    n->in = in;
    n->in_count = 3;
    return TACIT_OK;
}

static bool is_conv(const gnode *n) {
    return node_is(n, "Conv") || node_is(n, "StuffedConv");
}

/* Weights and bias are constant, the bias one number per channel. */
static bool constant_weights(const graph *g, const gnode *n, uint32_t channels) {
    if (!node_in(g, n, 1)->constant || node_in(g, n, 0)->constant) return false;
    if (node_in(g, n, 1)->type != ELEM_REAL) return false;
    if (!node_has_input(n, 2)) return true;
    const gtensor *b = node_in(g, n, 2);
    return b->constant && shape_count(&b->shape) == channels && b->shape.dim[b->shape.rank - 1] == channels;
}

/* ---- into what is before */
/* The Conv or Gemm that makes t, for n alone; the output axis of its weights. */
static gnode *maker(graph *g, uint32_t t, uint32_t channels, uint32_t *axis) {
    const gtensor *x = &g->tensors[t];
    gnode *from = x->producer == NO_INDEX ? NULL : &g->nodes[x->producer];
    if (!from || from->dead || from->out[0] != t || x->uses != 1 || x->is_output) return NULL;
    *axis = 0;
    if (is_conv(from)) return constant_weights(g, from, channels) ? from : NULL;
    tacit_error ignored = {0};
    int64_t trans_b = 0;
    double beta = 1;
    if (!node_is(from, "Gemm") || !constant_weights(g, from, channels)) return NULL;
    if (attribute_int(from, "transB", 0, &trans_b, &ignored) != TACIT_OK ||
        attribute_real(from, "beta", 1, &beta, &ignored) != TACIT_OK || beta != 1)
        return NULL;
    *axis = trans_b ? 0 : 1;
    return from;
}

static tacit_status merge_back(graph *g, const gnode *n, gnode *from, uint32_t axis, const affine *a,
                               tacit_error *err) {
    double *w, *b;
    uint32_t w_id, b_id;
    const gtensor old = *node_in(g, from, 1);
    const double *bias = node_has_input(from, 2) ? node_in(g, from, 2)->real : NULL;
    uint64_t inner = 1;
    for (uint32_t k = axis + 1; k < old.shape.rank; k++) inner *= old.shape.dim[k];
    TRY(graph_new_constant(g, n->name, ".weights", &old.shape, &w_id, &w, err));
    TRY(graph_new_constant(g, n->name, ".bias", &(shape){.rank = 1, .dim = {a->channels}}, &b_id, &b, err));
    for (uint64_t i = 0; i < shape_count(&old.shape); i++) w[i] = old.real[i] * a->scale[i / inner % a->channels];
    for (uint32_t c = 0; c < a->channels; c++) b[c] = (bias ? bias[c] : 0) * a->scale[c] + a->shift[c];
    return set_weights(g, from, w_id, b_id, err);
}

/* ---- into what is behind */
static bool has_padding(const gnode *n) {
    int64_t pads[MAX_RANK] = {0};
    uint32_t count = 0;
    char text[16] = "";
    tacit_error ignored = {0};
    if (attribute_ints(n, "pads", pads, MAX_RANK, &count, &ignored) != TACIT_OK) return true;
    if (attribute_text(n, "auto_pad", "NOTSET", text, sizeof text, &ignored) != TACIT_OK) return true;
    for (uint32_t i = 0; i < count; i++) {
        if (pads[i] != 0) return true;
    }
    return strncmp(text, "SAME", 4) == 0;
}

/* The Conv that alone uses t, as its input. */
static gnode *only_conv(graph *g, uint32_t t) {
    const uint32_t user = graph_only_user(g, t);
    gnode *n = user == NO_INDEX ? NULL : &g->nodes[user];
    if (!node_is(n, "Conv") || n->in[0] != t) return NULL;
    return constant_weights(g, n, node_in(g, n, 1)->shape.dim[0]) && !has_padding(n) ? n : NULL;
}

/* w'[m, d, k] = w[m, d, k] scale[d], b'[m] = b[m] + sum w[m, d, k] shift[d]; d counts the channels of m's group. */
static tacit_status merge_forward(graph *g, const gnode *n, gnode *to, const affine *a, tacit_error *err) {
    double *w, *b;
    uint32_t w_id, b_id;
    const gtensor old = *node_in(g, to, 1);
    const double *bias = node_has_input(to, 2) ? node_in(g, to, 2)->real : NULL;
    const uint32_t outs = old.shape.dim[0], depth = old.shape.dim[1], per_group = outs / (a->channels / depth);
    const uint64_t taps = shape_count(&old.shape) / outs / depth;
    TRY(graph_new_constant(g, n->name, ".weights", &old.shape, &w_id, &w, err));
    TRY(graph_new_constant(g, n->name, ".bias", &(shape){.rank = 1, .dim = {outs}}, &b_id, &b, err));
    for (uint32_t m = 0; m < outs; m++) {
        b[m] = bias ? bias[m] : 0;
        for (uint64_t i = 0; i < depth * taps; i++) {
            uint64_t c = m / per_group * depth + i / taps, at = m * depth * taps + i;
            w[at] = old.real[at] * a->scale[c];
            b[m] += old.real[at] * a->shift[c];
        }
    }
    return set_weights(g, to, w_id, b_id, err);
}

tacit_status merge_affine(graph *g, void (*bypass)(graph *g, gnode *n), tacit_error *err) {
    for (uint32_t k = 0; k < g->node_count; k++) {
        affine a;
        bool found;
        uint32_t axis;
        gnode *n = &g->nodes[k];
        TRY(read_affine(g, n, &a, &found, err));
        if (!found) continue;
        gnode *from = maker(g, n->in[a.x], a.channels, &axis);
        gnode *to = !from && node_is(n, "ScaleShift") ? only_conv(g, n->out[0]) : NULL;
        if (from) TRY(merge_back(g, n, from, axis, &a, err));
        if (to) TRY(merge_forward(g, n, to, &a, err));
        if (!from && !to) continue;
        n->in[0] = n->in[a.x];
        bypass(g, n);
    }
    return TACIT_OK;
}
