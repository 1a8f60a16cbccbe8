#include "compile/lower/bits.h"
#include "compile/lower/choose.h"
#include "compile/onnx/attribute.h"

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

tacit_status onehot_eval(frame *f, const gnode *n, tacit_error *err) {
    int64_t depth, v = 0;
    TRY(read(f->g, n, "depth", &depth, err));
    uint64_t count = shape_count(&node_in(f->g, n, 0)->shape);
    int64_t *bits = f->whole[n->out[0]];
    for (uint64_t i = 0; i < count; i++, bits += depth) {
        TRY(normal(n, frame_whole(f, n->in[0])[i], depth, &v, err));
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

/* sum v bits - depth negative - index = 0; sum bits = 1, unless one window of the lookup says it. */
tacit_status onehot_lower(lowering *l, const gnode *n, tacit_error *err) {
    int64_t depth;
    double lo, hi;
    value x;
    TRY(read(l->g, n, "depth", &depth, err));
    TRY(lower_operand(l, n->in[0], &x, err));
    TRY(lower_range(l, n->in[0], &lo, &hi, err));
    const char *name = tensor_name(l, n->out[0]);
    const shape all = node_out(l->g, n, 0)->shape, s = node_in(l->g, n, 0)->shape;
    const shape axis = {.rank = 1, .dim = {(uint32_t)depth}};
    int64_t *iota = ARENA_NEW(l->a, int64_t, (size_t)depth);
    if (!iota) return fail(err, TACIT_RESOURCES, "no memory for an index");
    for (int64_t k = 0; k < depth; k++) iota[k] = k;
    uint32_t bits = builder_committed(l->b, lower_name(l, name, ""), &all);
    product total = {.coef = 1, .a = bits, .b_label = {(uint8_t)s.rank}}, at;
    for (uint32_t k = 0; k < all.rank; k++) total.a_label[k] = (uint8_t)k;
    at = total;
    at.b = builder_constant(l->b, lower_name(l, name, ".places"), &axis, iota);
    linear_term terms[2] = {{-1, x.id}, {-depth, lo < 0 ? sign_bit(l, name, &s) : NO_TENSOR}};
    uint32_t c = builder_constraint(l->b, lower_name(l, name, ".is"), &s, &at, 1, terms, lo < 0 ? 2 : 1, 0);
    if (depth > WINDOW) {
        total.b = builder_fill(l->b, lower_name(l, name, ".ones"), &axis, 1);
        (void)builder_constraint(l->b, lower_name(l, name, ".one"), &s, &total, 1, NULL, 0, -1);
    }
    advice a = advice_of(ADVICE_ONEHOT, c, bits);
    a.rem = x.id;
    a.r_low = terms[1].tensor;
    builder_advice(l->b, &a);
    TRY(bits_lookup(l, name, bits, ONE_HOT, err));
    const value v = {.id = bits, .lo = 0, .hi = 1};
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
