#include "compile/lower/bits.h"
#include "compile/lower/choose.h"
#include "compile/lower/views.h"
#include "compile/onnx/attribute.h"
#include <math.h>

enum { MAX_BITS = 1 << 24 };

static tacit_status read(const graph *g, const gnode *n, const char *name, int64_t *size, tacit_error *err) {
    const gtensor *x = node_in(g, n, 0);
    TRY(attribute_int(n, name, 0, size, err));
    if (x->type != ELEM_WHOLE) return unsupported(n, "indices must be integers", err);
    if (*size < 1 || *size > MAX_BITS || (uint64_t)*size * shape_count(&x->shape) > MAX_BITS)
        return unsupported(n, "computed indices into so many elements (2^24 bits at most)", err);
    return TACIT_OK;
}

static tacit_status normal(const gnode *n, int64_t v, int64_t size, int64_t *out, tacit_error *err) {
    if (v < -size || v >= size) return misshapen(n, "an index out of range", err);
    *out = v < 0 ? v + size : v;
    return TACIT_OK;
}

/* ---- OneHotBits */
tacit_status onehot_infer(graph *g, gnode *n, tacit_error *err) {
    int64_t depth;
    TRY(read(g, n, "depth", &depth, err));
    shape s = node_in(g, n, 0)->shape;
    if (s.rank == MAX_RANK) return unsupported(n, "computed indices of 8 axes", err);
    s.dim[s.rank++] = (uint32_t)depth;
    set_output_boolean(g, n, &s);
    return TACIT_OK;
}

static tacit_status is_loose(const gnode *n, bool *loose, tacit_error *err) {
    int64_t v = 0;
    TRY(attribute_int(n, "loose", 0, &v, err));
    *loose = v != 0;
    return TACIT_OK;
}

tacit_status onehot_eval(frame *f, const gnode *n, tacit_error *err) {
    int64_t depth;
    bool loose = false;
    TRY(read(f->g, n, "depth", &depth, err));
    TRY(is_loose(n, &loose, err));
    uint64_t count = shape_count(&node_in(f->g, n, 0)->shape);
    int64_t *bits = f->whole[n->out[0]];
    for (uint64_t i = 0; i < count; i++, bits += depth) {
        int64_t given = frame_whole(f, n->in[0])[i], v = -1;
        if (!loose || (given >= -depth && given < depth)) TRY(normal(n, given, depth, &v, err));
        for (int64_t k = 0; k < depth; k++) bits[k] = k == v;
    }
    return TACIT_OK;
}

/* A committed bit for every index: 1 where it is negative. */
static uint32_t sign_bit(lowering *l, const char *name, const shape *s) {
    uint32_t id = builder_committed(l->b, lower_name(l, name, ".negative"), s);
    (void)builder_lookup(l->b, lower_name(l, name, ".sign"), builder_range_table(l->b, 0, 1), &id);
    return id;
}

/* Rows [.., size] with sum (v + first) bits - size negative - index = 0; sum bits = 1, unless one window of the lookup
 * says it. */
static tacit_status make_rows(lowering *l, const char *name, const shape *s, uint32_t index, uint32_t size,
                              int64_t first, bool negative, uint32_t *out, tacit_error *err) {
    shape all = *s;
    const shape axis = {.rank = 1, .dim = {size}};
    int64_t *iota = ARENA_NEW(l->a, int64_t, size);
    if (!iota) return fail(err, TACIT_RESOURCES, "no memory for an index");
    for (uint32_t k = 0; k < size; k++) iota[k] = k;
    all.dim[all.rank++] = size;
    uint32_t bits = builder_committed(l->b, lower_name(l, name, ""), &all);
    product total = {.coef = 1, .a = bits, .b_label = {(uint8_t)s->rank}}, at;
    for (uint32_t k = 0; k < all.rank; k++) total.a_label[k] = (uint8_t)k;
    at = total;
    at.b = builder_constant(l->b, lower_name(l, name, ".places"), &axis, iota);
    linear_term terms[2] = {{-1, index}, {-(int64_t)size, negative ? sign_bit(l, name, s) : NO_TENSOR}};
    uint32_t c = builder_constraint(l->b, lower_name(l, name, ".is"), s, &at, 1, terms, negative ? 2 : 1, first);
    if (size > WINDOW) {
        total.b = builder_fill(l->b, lower_name(l, name, ".ones"), &axis, 1);
        (void)builder_constraint(l->b, lower_name(l, name, ".one"), s, &total, 1, NULL, 0, -1);
    }
    advice a = advice_of(ADVICE_ONEHOT, c, bits);
    a.rem = builder_linear(l->b, lower_name(l, name, ".from"), s, &(linear_term){1, index}, 1, -first);
    a.r_low = terms[1].tensor;
    builder_advice(l->b, &a);
    *out = bits;
    return bits_lookup(l, name, bits, ONE_HOT, err);
}

/* Elements from .. from + depth - 1 of the last axis, zeros where there are none. */
static tacit_status part(lowering *l, uint32_t bits, int64_t from, uint32_t depth, uint32_t *out, tacit_error *err) {
    const shape s = builder_tensor(l->b, bits)->shape;
    const int32_t size = (int32_t)s.dim[s.rank - 1];
    view_draft d;
    draft_start(&d, s.rank);
    for (uint32_t k = 0; k + 1 < s.rank; k++) draft_same(&d, k, k, s.dim[k]);
    d.shape.dim[s.rank - 1] = depth;
    int32_t *map = draft_map(l, &d, s.rank - 1, 1, s.rank - 1, 1);
    for (uint32_t i = 0; map && i < depth; i++) {
        int64_t at = from + i;
        map[i] = at >= 0 && at < size ? (int32_t)at : -1;
    }
    return draft_make(l, &d, bits, out, err);
}

/* Rows over the calibrated range: those of v and of v - depth together are the result's v. */
static tacit_status loose_rows(lowering *l, const gnode *n, const value *x, int64_t depth, double lo, double hi,
                               uint32_t *out, tacit_error *err) {
    const int64_t first = (int64_t)floor(fmin(lo, 0)), last = (int64_t)ceil(fmax(hi, (double)depth - 1));
    const shape s = node_in(l->g, n, 0)->shape, all = node_out(l->g, n, 0)->shape;
    const char *name = tensor_name(l, n->out[0]);
    linear_term terms[2] = {{1, 0}, {1, 0}};
    uint32_t bits = 0;
    if ((uint64_t)(last - first + 1) * shape_count(&s) > MAX_BITS) return unsupported(n, "indices of this range", err);
    TRY(make_rows(l, name, &s, x->id, (uint32_t)(last - first + 1), first, false, &bits, err));
    TRY(part(l, bits, -first, (uint32_t)depth, &terms[0].tensor, err));
    TRY(part(l, bits, -first - depth, (uint32_t)depth, &terms[1].tensor, err));
    *out = builder_linear(l->b, lower_name(l, name, ".rows"), &all, terms, first < 0 ? 2 : 1, 0);
    return TACIT_OK;
}

tacit_status onehot_lower(lowering *l, const gnode *n, tacit_error *err) {
    int64_t depth;
    double lo, hi;
    bool loose = false;
    value x, v = {.lo = 0, .hi = 1};
    const gtensor *index = node_in(l->g, n, 0);
    TRY(read(l->g, n, "depth", &depth, err));
    TRY(is_loose(n, &loose, err));
    TRY(lower_operand(l, n->in[0], &x, err));
    TRY(lower_range(l, n->in[0], &lo, &hi, err));
    if (loose && (index->lo < -(double)depth || index->hi >= (double)depth))
        TRY(loose_rows(l, n, &x, depth, lo, hi, &v.id, err));
    else
        TRY(make_rows(l, tensor_name(l, n->out[0]), &index->shape, x.id, (uint32_t)depth, 0, lo < 0, &v.id, err));
    return lower_set_value(l, n->out[0], &v, err);
}

/* ---- InRange */
tacit_status in_range_infer(graph *g, gnode *n, tacit_error *err) {
    int64_t size;
    TRY(read(g, n, "size", &size, err));
    set_output(g, n, ELEM_WHOLE, &node_in(g, n, 0)->shape);
    return TACIT_OK;
}

tacit_status in_range_eval(frame *f, const gnode *n, tacit_error *err) {
    int64_t size;
    TRY(read(f->g, n, "size", &size, err));
    for (uint64_t i = 0; i < shape_count(&node_in(f->g, n, 0)->shape); i++)
        TRY(normal(n, frame_whole(f, n->in[0])[i], size, &f->whole[n->out[0]][i], err));
    return TACIT_OK;
}

tacit_status in_range_lower(lowering *l, const gnode *n, tacit_error *err) {
    int64_t size;
    double lo, hi;
    value x;
    TRY(read(l->g, n, "size", &size, err));
    TRY(lower_operand(l, n->in[0], &x, err));
    TRY(lower_range(l, n->in[0], &lo, &hi, err));
    if (lo < 0) return unsupported(n, "computed indices along several axes may not be negative", err);
    (void)builder_lookup(l->b, lower_name(l, tensor_name(l, n->out[0]), ".range"),
                         builder_range_table(l->b, 0, size - 1), &x.id);
    x.lo = 0, x.hi = size - 1;
    return lower_set_value(l, n->out[0], &x, err);
}
