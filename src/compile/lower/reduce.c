#include "compile/lower/reduce.h"
#include "compile/lower/axes.h"
#include "compile/lower/maximum.h"
#include "compile/lower/views.h"
#include "compile/onnx/attribute.h"
#include <math.h>
#include <string.h>

tacit_status reduction_read(const graph *g, const gnode *n, reduction *r, tacit_error *err) {
    const shape *x = &node_in(g, n, 0)->shape;
    int64_t axis[MAX_RANK], keep, noop;
    uint32_t count;
    bool given;
    *r = (reduction){.count = 1};
    TRY(axes_read(g, n, "axes", 1, axis, &count, &given, err));
    TRY(attribute_int(n, "keepdims", 1, &keep, err));
    TRY(attribute_int(n, "noop_with_empty_axes", 0, &noop, err));
    r->noop = count == 0 && noop != 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t k;
        TRY(axis_normal(n, axis[i], x->rank, &k, err));
        r->over[k] = true;
    }
    for (uint32_t k = 0; k < x->rank; k++) {
        r->over[k] = r->over[k] || (count == 0 && !r->noop);
        if (r->over[k]) r->axes++, r->count *= x->dim[k];
        if (keep || !r->over[k]) r->out.dim[r->out.rank++] = r->over[k] ? 1 : x->dim[k];
    }
    return TACIT_OK;
}

tacit_status reduce_infer(graph *g, gnode *n, tacit_error *err) {
    reduction r;
    TRY(reduction_read(g, n, &r, err));
    bool empty = r.count == 0 && strcmp(n->op, "ReduceSum") != 0;
    if (empty) return misshapen(n, "nothing to take the maximum or minimum of", err);
    set_output(g, n, node_in(g, n, 0)->type, &r.out);
    node_out(g, n, 0)->boolean = node_in(g, n, 0)->boolean && strcmp(n->op, "ReduceSum") != 0;
    return TACIT_OK;
}

/* Place in the result of the input's element i. */
static uint64_t place_of(const shape *x, const reduction *r, uint64_t i) {
    uint64_t at = 0, step = 1;
    for (uint32_t k = x->rank; k-- > 0; i /= x->dim[k]) {
        if (r->over[k]) continue;
        at += i % x->dim[k] * step;
        step *= x->dim[k];
    }
    return at;
}

static double join_real(char op, double a, double b) {
    return op == 'S' ? a + b : op == 'a' ? fmax(a, b) : fmin(a, b);
}

static int64_t join_whole(char op, int64_t a, int64_t b) {
    if (op == 'S') return (int64_t)((uint64_t)a + (uint64_t)b);
    return (op == 'a') == (a > b) ? a : b;
}

tacit_status reduce_eval(frame *f, const gnode *n, tacit_error *err) {
    reduction r;
    TRY(reduction_read(f->g, n, &r, err));
    const gtensor *x = node_in(f->g, n, 0);
    const char op = n->op[6] == 'S' ? 'S' : n->op[7]; /* ReduceSum, ReduceM(a)x, ReduceM(i)n */
    const bool real = x->type == ELEM_REAL;
    uint64_t count = shape_count(&x->shape), results = shape_count(&r.out);
    bool *seen = ARENA_ZNEW(f->scratch, bool, results + 1);
    if (!seen) return fail(err, TACIT_RESOURCES, "node \"%s\": no memory", n->name);
    for (uint64_t i = 0; i < results; i++) frame_bits_out(f, n->out[0])[i] = 0;
    for (uint64_t i = 0; i < count; i++) {
        uint64_t at = place_of(&x->shape, &r, i);
        if (real)
            f->real[n->out[0]][at] = seen[at] ? join_real(op, f->real[n->out[0]][at], frame_real(f, n->in[0])[i])
                                              : frame_real(f, n->in[0])[i];
        else
            f->whole[n->out[0]][at] = seen[at] ? join_whole(op, f->whole[n->out[0]][at], frame_whole(f, n->in[0])[i])
                                               : frame_whole(f, n->in[0])[i];
        seen[at] = true;
    }
    return TACIT_OK;
}

/* ---- ReduceSum. Labels: the kept axes, then the summed ones. */
static void new_labels(const shape *x, const reduction *r, uint8_t *label) {
    uint8_t kept = 0, summed = (uint8_t)(x->rank - r->axes);
    for (uint32_t k = 0; k < x->rank; k++) label[k] = r->over[k] ? summed++ : kept++;
}

static shape kept_shape(const shape *x, const reduction *r) {
    shape s = {.rank = 0};
    for (uint32_t k = 0; k < x->rank; k++) {
        if (!r->over[k]) s.dim[s.rank++] = x->dim[k];
    }
    return s;
}

/* coef * (sum of tensor `id`, of shape x): a product with ones. */
static tacit_status add_summed(lowering *l, const char *name, const shape *x, const reduction *r, const value *v,
                               int64_t coef, sum *out, tacit_error *err) {
    uint8_t label[MAX_RANK] = {0}, ones_label[MAX_RANK] = {0};
    shape s = {.rank = 0};
    new_labels(x, r, label);
    for (uint32_t k = 0; k < x->rank; k++) {
        if (!r->over[k]) continue;
        ones_label[s.rank] = label[k];
        s.dim[s.rank++] = x->dim[k];
    }
    const value ones = {.id = builder_fill(l->b, lower_name(l, name, ".ones"), &s, 1), .lo = 1, .hi = 1};
    return sum_product(l, out, v, label, &ones, ones_label, coef, r->count, err);
}

/* The factor with label `want` among its axes: a new last axis along which it repeats. */
static tacit_status stretch(lowering *l, uint32_t *id, uint8_t *label, uint8_t want, uint32_t length,
                            tacit_error *err) {
    const shape s = builder_tensor(l->b, *id)->shape;
    view_draft d;
    for (uint32_t k = 0; k < s.rank; k++) {
        if (label[k] == want) return TACIT_OK;
    }
    if (s.rank == MAX_RANK) return fail(err, TACIT_UNSUPPORTED, "more than 8 axes");
    draft_start(&d, s.rank + 1);
    for (uint32_t k = 0; k < s.rank; k++) draft_same(&d, k, k, s.dim[k]);
    draft_repeat(l, &d, s.rank, length);
    label[s.rank] = want;
    return draft_make(l, &d, *id, id, err);
}

/* A product of the pending sum (over x's axes), summed further: its own summed labels move behind the new ones. */
static tacit_status add_product(lowering *l, const shape *x, const reduction *r, const product *p, sum *out,
                                tacit_error *err) {
    uint8_t to[MAX_RANK] = {0};
    product q = *p;
    new_labels(x, r, to);
    const uint32_t ranks[2] = {builder_tensor(l->b, p->a)->shape.rank, builder_tensor(l->b, p->b)->shape.rank};
    for (uint32_t k = 0; k < ranks[0]; k++) q.a_label[k] = p->a_label[k] < x->rank ? to[p->a_label[k]] : p->a_label[k];
    for (uint32_t k = 0; k < ranks[1]; k++) q.b_label[k] = p->b_label[k] < x->rank ? to[p->b_label[k]] : p->b_label[k];
    for (uint32_t k = 0; k < x->rank; k++) {
        if (!r->over[k]) continue;
        TRY(stretch(l, &q.a, q.a_label, to[k], x->dim[k], err));
        TRY(stretch(l, &q.b, q.b_label, to[k], x->dim[k], err));
    }
    out->products[out->product_count++] = q;
    return TACIT_OK;
}

/* Elements of the factor when it is stretched along the reduced axes that it lacks; 0: more than 8 axes. */
static uint64_t stretched(const lowering *l, uint32_t id, const uint8_t *label, const shape *x, const reduction *r) {
    const shape *s = &builder_tensor(l->b, id)->shape;
    uint64_t count = shape_count(s);
    uint32_t rank = s->rank;
    for (uint32_t k = 0; k < x->rank; k++) {
        bool has = !r->over[k];
        for (uint32_t i = 0; i < s->rank; i++) has = has || label[i] == k;
        if (!has) rank++, count *= x->dim[k];
    }
    return rank <= MAX_RANK ? count : 0;
}

/* Can the pending sum's products take the reduced axes along, without factors that are larger than what is saved? */
static bool can_join(const lowering *l, const sum *s, const shape *x, const reduction *r) {
    const uint64_t saved = 2 * shape_count(x);
    uint32_t labels = x->rank;
    if (s->product_count == 0 || s->product_count + s->term_count > MAX_SUM_PRODUCTS || !shape_equal(&s->shape, x))
        return false;
    for (uint32_t i = 0; i < s->product_count; i++) {
        const product *p = &s->products[i];
        const shape *a = &builder_tensor(l->b, p->a)->shape;
        uint64_t grown[2] = {stretched(l, p->a, p->a_label, x, r), stretched(l, p->b, p->b_label, x, r)};
        uint64_t whole[2] = {shape_count(a), shape_count(&builder_tensor(l->b, p->b)->shape)};
        for (int k = 0; k < 2; k++) {
            if (grown[k] == 0 || (grown[k] > whole[k] && grown[k] > saved)) return false;
        }
        for (uint32_t k = 0; k < a->rank; k++) labels = p->a_label[k] >= labels ? p->a_label[k] + 1u : labels;
    }
    const __int128 most = (__int128)1 << 50;
    return labels <= MAX_LABELS && s->lo * (__int128)r->count > -most && s->hi * (__int128)r->count < most;
}

static tacit_status sum_joined(lowering *l, const gnode *n, const sum *s, const reduction *r, sum *out,
                               tacit_error *err) {
    const shape *x = &node_in(l->g, n, 0)->shape;
    for (uint32_t i = 0; i < s->product_count; i++) TRY(add_product(l, x, r, &s->products[i], out, err));
    for (uint32_t i = 0; i < s->term_count; i++) {
        const value v = {.id = s->terms[i].tensor};
        TRY(add_summed(l, n->name, x, r, &v, s->terms[i].coef, out, err));
    }
    l->product_count += shape_count(x);
    out->lo = s->lo * (__int128)r->count;
    out->hi = s->hi * (__int128)r->count;
    return TACIT_OK;
}

tacit_status reduce_sum_lower(lowering *l, const gnode *n, tacit_error *err) {
    reduction r;
    sum out;
    value v;
    TRY(reduction_read(l->g, n, &r, err));
    const gtensor *t = node_in(l->g, n, 0);
    const shape kept = kept_shape(&t->shape, &r);
    const sum *pending = lower_pending(l, n->in[0]);
    if (pending && r.axes > 0 && can_join(l, pending, &t->shape, &r)) {
        sum_start(&out, &kept, pending->scale);
        TRY(sum_joined(l, n, pending, &r, &out, err));
        return lower_set_sum(l, n->out[0], &out, err);
    }
    TRY(lower_operand(l, n->in[0], &v, err));
    if (r.count == 1) return lower_set_value(l, n->out[0], &v, err);
    sum_start(&out, &kept, v.scale);
    TRY(add_summed(l, n->name, &t->shape, &r, &v, 1, &out, err));
    return lower_set_sum(l, n->out[0], &out, err);
}

/* ---- ReduceMax, ReduceMin: one axis after the other, its halves against each other (they overlap when it is odd). */
static tacit_status half(lowering *l, uint32_t id, uint32_t axis, uint32_t from, uint32_t count, uint32_t *out,
                         tacit_error *err) {
    const shape s = builder_tensor(l->b, id)->shape;
    view_draft d;
    draft_start(&d, s.rank);
    d.shape = s;
    d.shape.dim[axis] = count;
    for (uint32_t k = 0; k < s.rank; k++) {
        if (k != axis) draft_same(&d, k, k, s.dim[k]);
    }
    int32_t *map = draft_map(l, &d, axis, 1, axis, 1);
    for (uint32_t i = 0; map && i < count; i++) map[i] = (int32_t)(from + i);
    return draft_make(l, &d, id, out, err);
}

tacit_status reduce_max_lower(lowering *l, const gnode *n, tacit_error *err) {
    reduction r;
    value v;
    TRY(reduction_read(l->g, n, &r, err));
    TRY(lower_narrow(l, n->in[0], &v, err));
    for (uint32_t k = 0; k < node_in(l->g, n, 0)->shape.rank; k++) {
        for (uint32_t size = node_in(l->g, n, 0)->shape.dim[k]; r.over[k] && size > 1;) {
            uint32_t a, b, count = (size + 1) / 2;
            TRY(half(l, v.id, k, 0, count, &a, err));
            TRY(half(l, v.id, k, size - count, count, &b, err));
            TRY(maximum_of_two(l, n->name, &v, a, b, n->op[7] == 'i', &v.id, err));
            size = count;
        }
    }
    return lower_set_value(l, n->out[0], &v, err);
}
