#include "compile/lower/conv.h"
#include "compile/lower/window.h"
#include "compile/onnx/attribute.h"
#include "compile/blas.h"
#include <string.h>

typedef struct conv {
    windows w;
    uint32_t batch, groups, in, out; /* channels of one group */
} conv;

/* Conv, or StuffedConv: ConvTranspose with its weights as Conv has them. */
static tacit_status conv_windows(const gnode *n, const shape *x, const uint32_t *kernel, windows *w, tacit_error *err) {
    return strcmp(n->op, "Conv") == 0 ? windows_read(n, x, kernel, w, err)
                                      : windows_read_transposed(n, x, kernel, w, err);
}

static tacit_status conv_read(const graph *g, const gnode *n, conv *c, tacit_error *err) {
    const shape *x = &node_in(g, n, 0)->shape, *w = &node_in(g, n, 1)->shape;
    int64_t groups;
    if (x->rank != w->rank) return misshapen(n, "input and weights have different numbers of axes", err);
    TRY(conv_windows(n, x, w->dim + 2, &c->w, err));
    TRY(attribute_int(n, "group", 1, &groups, err));
    if (groups < 1 || x->dim[1] % groups != 0 || w->dim[0] % groups != 0 || x->dim[1] / groups != w->dim[1])
        return misshapen(n, "channels, weights and group do not fit", err);
    *c = (conv){c->w, x->dim[0], (uint32_t)groups, w->dim[1], w->dim[0] / (uint32_t)groups};
    if (node_in(g, n, 0)->type != node_in(g, n, 1)->type) return misshapen(n, "operands of different types", err);
    if (node_has_input(n, 2) && node_in(g, n, 2)->type != ELEM_REAL)
        return unsupported(n, "with a bias of integers", err);
    if (node_has_input(n, 2) && shape_count(&node_in(g, n, 2)->shape) != w->dim[0])
        return misshapen(n, "the bias has another length", err);
    return TACIT_OK;
}

tacit_status conv_infer(graph *g, gnode *n, tacit_error *err) {
    conv c;
    TRY(conv_read(g, n, &c, err));
    const shape s = windows_shape(&c.w, &node_in(g, n, 0)->shape, c.groups * c.out);
    set_output(g, n, node_in(g, n, 0)->type, &s);
    return TACIT_OK;
}

/* col[(d, k)][o] of one channel. */
static void fill_columns(const windows *w, const double *x, double *col) {
    const window *a = &w->w[0], *b = &w->w[1], *c = &w->w[2];
    for (uint32_t k = 0; k < a->kernel * b->kernel * c->kernel; k++) {
        uint32_t kc = k % c->kernel, kb = k / c->kernel % b->kernel, ka = k / c->kernel / b->kernel;
        for (uint32_t oa = 0; oa < a->out; oa++) {
            for (uint32_t ob = 0; ob < b->out; ob++) {
                int64_t pa = window_at(a, oa, ka), pb = window_at(b, ob, kb);
                for (uint32_t oc = 0; oc < c->out; oc++) {
                    int64_t pc = window_at(c, oc, kc);
                    bool pad = pa < 0 || pb < 0 || pc < 0;
                    *col++ = pad ? 0 : x[(pa * b->in + pb) * c->in + pc];
                }
            }
        }
    }
}

static void add_bias(double *y, const double *bias, uint64_t channels, uint64_t positions) {
    for (uint64_t m = 0; m < channels; m++) {
        for (uint64_t i = 0; i < positions; i++) y[m * positions + i] += bias[m];
    }
}

tacit_status conv_eval(frame *f, const gnode *n, tacit_error *err) {
    conv c;
    TRY(conv_read(f->g, n, &c, err));
    uint64_t taps = windows_taps(&c.w), positions = windows_positions(&c.w);
    uint64_t image = (uint64_t)c.w.w[0].in * c.w.w[1].in * c.w.w[2].in, depth = c.in * taps;
    const gtensor *out = node_out(f->g, n, 0);
    const uint64_t count = shape_count(&out->shape);
    const double *x = frame_numbers(f, n->in[0]), *w = frame_numbers(f, n->in[1]);
    double *y = out->type == ELEM_REAL ? f->real[n->out[0]] : ARENA_NEW(f->scratch, double, count);
    double *col = ARENA_NEW(f->scratch, double, depth *positions);
    if (!col || !x || !w || !y) return fail(err, TACIT_RESOURCES, "node \"%s\": no memory for its windows", n->name);
    for (uint32_t i = 0; i < c.batch * c.groups; i++) {
        uint32_t group = i % c.groups;
        for (uint32_t d = 0; d < c.in; d++)
            fill_columns(&c.w, x + ((uint64_t)i * c.in + d) * image, col + d * taps * positions);
        double *to = y + (uint64_t)i * c.out * positions;
        real_gemm(false, false, (int)c.out, (int)positions, (int)depth, 1.0, w + (uint64_t)group * c.out * depth, col,
                  0.0, to);
        if (node_has_input(n, 2)) add_bias(to, frame_real(f, n->in[2]) + (uint64_t)group * c.out, c.out, positions);
    }
    for (uint64_t i = 0; i < count && out->type == ELEM_WHOLE; i++) f->whole[n->out[0]][i] = (int64_t)y[i];
    return TACIT_OK;
}

/* ---- lowering. Axes of the sum: N, [G,] M, O..; with groups and three spatial axes N and G are one axis, so that the
 * view of x has eight axes: NG, D, (O, K) x 3. */
static bool groups_in_batch(const conv *c) {
    return c->groups > 1 && c->w.axes == MAX_SPATIAL;
}

/* Axes before M. */
static uint32_t lead_axes(const conv *c) {
    return c->groups > 1 && !groups_in_batch(c) ? 2 : 1;
}

static shape sum_shape(const conv *c) {
    uint32_t k = lead_axes(c);
    shape s = {.rank = 1 + k + c->w.axes, .dim = {c->batch, c->groups}};
    if (groups_in_batch(c)) s.dim[0] *= c->groups;
    s.dim[k] = c->out;
    for (uint32_t i = 0; i < c->w.axes; i++) s.dim[1 + k + i] = c->w.w[c->w.first + i].out;
    return s;
}

static void identity(int32_t *map, uint32_t n) {
    for (uint32_t i = 0; map && i < n; i++) map[i] = (int32_t)i;
}

/* x as N, [G,] D, (O, K)..; labels: axes of the sum, then D, K... */
static tacit_status input_view(lowering *l, const conv *c, value *x, uint8_t *label, tacit_error *err) {
    uint32_t k = lead_axes(c), sum_rank = 1 + k + c->w.axes;
    view_draft d;
    draft_start(&d, 1 + k + 2 * c->w.axes);
    d.shape.dim[0] = groups_in_batch(c) ? c->batch * c->groups : c->batch;
    d.shape.dim[1] = c->groups;
    d.shape.dim[k] = c->in;
    if (groups_in_batch(c)) {
        identity(draft_map(l, &d, 0, 2, 0, 2), c->batch * c->groups * c->in);
    } else {
        draft_same(&d, 0, 0, c->batch);
        if (k == 1)
            draft_same(&d, 1, 1, c->in);
        else
            identity(draft_map(l, &d, 1, 2, 1, 1), c->groups * c->in);
    }
    windows_draft(l, &d, &c->w, 1 + k, 2);
    label[0] = 0;
    label[1] = 1;
    label[k] = (uint8_t)sum_rank;
    for (uint32_t i = 0; i < c->w.axes; i++) {
        label[1 + k + 2 * i] = (uint8_t)(1 + k + i);
        label[2 + k + 2 * i] = (uint8_t)(sum_rank + 1 + i);
    }
    value_with_zero(x); /* the padding */
    return draft_make(l, &d, x->id, &x->id, err);
}

/* Axis 0 (G) repeated for every element of the batch. */
static tacit_status repeat_groups(lowering *l, const conv *c, uint32_t *id, tacit_error *err) {
    const shape s = builder_tensor(l->b, *id)->shape;
    view_draft d;
    draft_start(&d, s.rank);
    d.shape.dim[0] = c->batch * c->groups;
    int32_t *map = draft_map(l, &d, 0, 1, 0, 1);
    for (uint32_t i = 0; map && i < c->batch * c->groups; i++) map[i] = (int32_t)(i % c->groups);
    for (uint32_t i = 1; i < s.rank; i++) draft_same(&d, i, i, s.dim[i]);
    return draft_make(l, &d, *id, id, err);
}

/* w as [G,] M, D, K... */
static tacit_status weight_view(lowering *l, const conv *c, value *w, uint8_t *label, tacit_error *err) {
    uint32_t own = c->groups > 1 ? 1 : 0, sum_rank = 1 + lead_axes(c) + c->w.axes, m = lead_axes(c);
    shape s = {.rank = own + 2 + c->w.axes, .dim = {c->groups}};
    s.dim[own] = c->out;
    s.dim[own + 1] = c->in;
    if (own) label[0] = (uint8_t)(m - 1);
    label[own] = (uint8_t)m;
    label[own + 1] = (uint8_t)sum_rank;
    for (uint32_t i = 0; i < c->w.axes; i++) {
        s.dim[own + 2 + i] = c->w.w[c->w.first + i].kernel;
        label[own + 2 + i] = (uint8_t)(sum_rank + 1 + i);
    }
    TRY(view_reshape(l, w->id, &s, &w->id, err));
    return groups_in_batch(c) ? repeat_groups(l, c, &w->id, err) : TACIT_OK;
}

/* b[m] everywhere. A param_view. */
static tacit_status bias_view(lowering *l, uint32_t id, const void *context, uint32_t *out, tacit_error *err) {
    const conv *c = context;
    const shape s = sum_shape(c), flat = {.rank = 1, .dim = {c->groups * c->out}};
    uint32_t k = lead_axes(c);
    view_draft d;
    TRY(view_reshape(l, id, &flat, &id, err));
    draft_start(&d, s.rank);
    d.shape = s;
    if (groups_in_batch(c)) {
        int32_t *map = draft_map(l, &d, 0, 2, 0, 1);
        for (uint32_t i = 0; map && i < s.dim[0] * c->out; i++) map[i] = (int32_t)(i % flat.dim[0]);
    } else {
        draft_repeat(l, &d, 0, s.dim[0]);
        if (k == 1)
            draft_same(&d, 1, 0, c->out);
        else
            identity(draft_map(l, &d, 1, 2, 0, 1), c->groups * c->out);
    }
    for (uint32_t i = 1 + k; i < s.rank; i++) draft_repeat(l, &d, i, s.dim[i]);
    return draft_make(l, &d, id, out, err);
}

static tacit_status add_bias_term(lowering *l, const conv *c, uint32_t t, sum *s, tacit_error *err) {
    value v;
    sum b;
    if (l->g->tensors[t].constant) return sum_constant(l, s, t, 1, bias_view, c, err);
    TRY(lower_operand(l, t, &v, err));
    TRY(bias_view(l, v.id, c, &v.id, err));
    sum_start(&b, &s->shape, v.scale);
    TRY(sum_term(&b, v.id, 1, v.lo, v.hi, err));
    return sum_join(s, &b, 1, err);
}

tacit_status conv_lower(lowering *l, const gnode *n, tacit_error *err) {
    conv c;
    value x, w;
    sum s;
    uint8_t x_label[MAX_RANK] = {0}, w_label[MAX_RANK] = {0};
    TRY(conv_read(l->g, n, &c, err));
    TRY(lower_factor(l, n->in[0], 1, l->o->weight_bits, &x, err));
    TRY(lower_weights(l, n, 1, 1, l->o->weight_bits, &x, &w, err));
    const shape axes = sum_shape(&c);
    sum_start(&s, &axes, x.scale + w.scale);
    TRY(input_view(l, &c, &x, x_label, err));
    TRY(weight_view(l, &c, &w, w_label, err));
    TRY(sum_product(l, &s, &x, x_label, &w, w_label, 1, c.in * windows_taps(&c.w), err));
    if (node_has_input(n, 2)) TRY(add_bias_term(l, &c, n->in[2], &s, err));
    return lower_set_sum(l, n->out[0], &s, err);
}
