#include "compile/expand/quantised.h"
#include "compile/expand/choose.h"
#include "compile/lower/axes.h"
#include "compile/onnx/attribute.h"
#include "onnx.pb-c.h"

/* Integers of ONNX's types that a zero point can have. */
static bool limits(int64_t type, double *lo, double *hi) {
    switch (type) {
    case ONNX__TENSOR_PROTO__DATA_TYPE__UINT8:
        *lo = 0, *hi = UINT8_MAX;
        return true;
    case ONNX__TENSOR_PROTO__DATA_TYPE__INT8:
        *lo = INT8_MIN, *hi = INT8_MAX;
        return true;
    case ONNX__TENSOR_PROTO__DATA_TYPE__UINT16:
        *lo = 0, *hi = UINT16_MAX;
        return true;
    case ONNX__TENSOR_PROTO__DATA_TYPE__INT16:
        *lo = INT16_MIN, *hi = INT16_MAX;
        return true;
    default:
        return false;
    }
}

static uint32_t cast(expansion *x, uint32_t t, int64_t type) {
    ex_int(x, "to", type);
    return EX(x, "Cast", t);
}
static uint32_t to_real(expansion *x, uint32_t t) {
    return cast(x, t, ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT);
}

static bool all_zero(const gtensor *t) {
    uint64_t n = t->constant ? shape_count(&t->shape) : 0;
    for (uint64_t i = 0; i < n; i++) {
        if (t->type == ELEM_REAL ? t->real[i] != 0 : t->whole[i] != 0) return false;
    }
    return n > 0;
}

/* Parameter t (a scale or a zero point) so that it broadcasts against a tensor of shape s: a number, or one a slice of
 * `axis`. A zero point of zeros, or left out: NO_INDEX. */
static tacit_status along(expansion *x, const gnode *n, uint32_t t, const shape *s, int64_t axis, uint32_t *out,
                          tacit_error *err) {
    uint32_t at;
    const shape given = *ex_shape(x, t), as = *s;
    *out = NO_INDEX;
    if (t == NO_INDEX || all_zero(ex_tensor(x, t))) return TACIT_OK;
    if (given.rank > 1) return unsupported(n, "in blocks", err);
    if (shape_count(&given) == 1) {
        *out = ex_reshape(x, t, &(shape){.rank = 0});
        return x->status;
    }
    TRY(axis_normal(n, axis, as.rank, &at, err));
    if (given.dim[0] != as.dim[at]) return misshapen(n, "one scale for each slice of the axis", err);
    shape wide = {.rank = as.rank - at, .dim = {given.dim[0]}};
    for (uint32_t k = 1; k < wide.rank; k++) wide.dim[k] = 1;
    *out = ex_reshape(x, t, &wide);
    return x->status;
}

static tacit_status axis_of(const gnode *n, int64_t *axis, tacit_error *err) {
    int64_t block;
    TRY(attribute_int(n, "axis", 1, axis, err));
    TRY(attribute_int(n, "block_size", 0, &block, err));
    return block == 0 ? TACIT_OK : unsupported(n, "in blocks", err);
}

/* clip(round(t) + zero) as integers of the zero point's type. The result remembers that type. */
static tacit_status rounded(expansion *x, const gnode *n, uint32_t t, uint32_t zero, int64_t type, tacit_error *err) {
    double lo, hi;
    if (!limits(type, &lo, &hi)) return unsupported(n, "to this type", err);
    t = EX(x, "Round", t);
    if (zero != NO_INDEX) t = EX(x, "Add", t, to_real(x, ex_open(x, zero)));
    t = EX(x, "Limit", t, ex_real(x, lo), ex_real(x, hi));
    ex_result(x, 0, cast(x, t, ONNX__TENSOR_PROTO__DATA_TYPE__INT64));
    if (ex_wanted(x, 0)) x->g->tensors[x->n.out[0]].stored = (int32_t)type;
    return x->status;
}

tacit_status quantize_expand(expansion *x, const gnode *n, tacit_error *err) {
    uint32_t scale, zero, given = ex_in(x, 2), t = n->in[0];
    int64_t type = given == NO_INDEX ? 0 : ex_tensor(x, given)->stored, axis;
    const shape s = *ex_shape(x, t);
    TRY(axis_of(n, &axis, err));
    if (type == 0) TRY(attribute_int(n, "output_dtype", 0, &type, err));
    if (type == 0) type = ONNX__TENSOR_PROTO__DATA_TYPE__UINT8;
    if (!ex_tensor(x, n->in[1])->constant) return unsupported(n, "its scale must be constant", err);
    TRY(along(x, n, n->in[1], &s, axis, &scale, err));
    if (scale == NO_INDEX) return misshapen(n, "a scale of 0", err);
    TRY(along(x, n, given, &s, axis, &zero, err));
    if (ex_tensor(x, t)->type == ELEM_WHOLE) t = to_real(x, t);
    return rounded(x, n, EX(x, "Mul", t, EX(x, "Reciprocal", scale)), zero, type, err);
}

static bool is_byte(const gtensor *t) {
    return t->stored == ONNX__TENSOR_PROTO__DATA_TYPE__UINT8 || t->stored == ONNX__TENSOR_PROTO__DATA_TYPE__INT8;
}

/* (t - zero) scale: of bytes with one scale, by a table of their 256 values. */
static uint32_t dequantised(expansion *x, uint32_t t, uint32_t zero, uint32_t scale) {
    const gtensor *z = ex_tensor(x, zero), *s = ex_tensor(x, scale), *q = ex_tensor(x, t);
    bool one = s->constant && shape_count(&s->shape) == 1 &&
               (zero == NO_INDEX || (z->constant && shape_count(&z->shape) == 1));
    if (one && !q->constant && is_byte(q)) return EX(x, "Affine", t, zero == NO_INDEX ? ex_real(x, 0) : zero, scale);
    if (zero != NO_INDEX) t = EX(x, "Sub", t, ex_open(x, zero));
    return EX(x, "Mul", to_real(x, t), scale);
}

tacit_status dequantize_expand(expansion *x, const gnode *n, tacit_error *err) {
    uint32_t scale, zero;
    int64_t axis;
    const shape s = *ex_shape(x, n->in[0]);
    TRY(axis_of(n, &axis, err));
    if (ex_tensor(x, n->in[0])->type != ELEM_WHOLE) return misshapen(n, "of reals", err);
    TRY(along(x, n, n->in[1], &s, axis, &scale, err));
    if (scale == NO_INDEX) return misshapen(n, "a scale of 0", err);
    TRY(along(x, n, ex_in(x, 2), &s, axis, &zero, err));
    ex_result(x, 0, dequantised(x, n->in[0], zero, scale));
    return x->status;
}

/* scale = (max(x, 0) - min(x, 0)) / 255, zero = clip(round(-min(x, 0) / scale)), y = clip(round(x / scale) + zero). */
tacit_status dynamic_quantize_expand(expansion *x, const gnode *n, tacit_error *err) {
    (void)err;
    uint32_t t = n->in[0], none = ex_real(x, 0), top = ex_real(x, 255);
    ex_int(x, "keepdims", 0);
    uint32_t high = EX(x, "Max", EX(x, "ReduceMax", t), none);
    ex_int(x, "keepdims", 0);
    uint32_t low = EX(x, "Min", EX(x, "ReduceMin", t), none);
    uint32_t scale = EX(x, "Mul", EX(x, "Sub", high, low), ex_open(x, ex_real(x, 1.0 / 255)));
    uint32_t zero = EX(x, "Limit", EX(x, "Round", EX(x, "Div", EX(x, "Neg", low), scale)), none, top);
    uint32_t y = EX(x, "Add", EX(x, "Round", EX(x, "Div", t, scale)), zero);
    ex_result(x, 0, cast(x, EX(x, "Limit", y, none, top), ONNX__TENSOR_PROTO__DATA_TYPE__INT64));
    ex_result(x, 1, scale);
    ex_result(x, 2, cast(x, zero, ONNX__TENSOR_PROTO__DATA_TYPE__INT64));
    for (uint32_t k = 0; k < 3; k += 2) {
        if (ex_wanted(x, k)) x->g->tensors[x->n.out[k]].stored = ONNX__TENSOR_PROTO__DATA_TYPE__UINT8;
    }
    return x->status;
}

/* ---- integer products */
/* t without its zero point (along `axis`). */
static tacit_status centred(expansion *x, const gnode *n, uint32_t t, uint32_t zero, int64_t axis, uint32_t *out,
                            tacit_error *err) {
    uint32_t z;
    const shape s = *ex_shape(x, t);
    if (ex_tensor(x, t)->type != ELEM_WHOLE) return misshapen(n, "of reals", err);
    TRY(along(x, n, zero, &s, axis, &z, err));
    *out = z == NO_INDEX ? t : EX(x, "Sub", t, ex_open(x, z));
    return x->status;
}

static void copy_attributes(expansion *x, const gnode *n) {
    for (size_t i = 0; i < n->proto->n_attribute && x->attribute_count < MAX_EX_ATTRIBUTES; i++)
        x->attributes[x->attribute_count++] = n->proto->attribute[i];
}

/* Inputs x, w and their zero points by place; w's: one an output channel. */
static tacit_status integer_conv(expansion *x, const gnode *n, const uint32_t in[4], uint32_t *out, tacit_error *err) {
    uint32_t a, w;
    TRY(centred(x, n, in[0], in[2], 1, &a, err));
    TRY(centred(x, n, in[1], in[3], 0, &w, err));
    copy_attributes(x, n);
    *out = EX(x, "Conv", a, w);
    return x->status;
}

/* The left one's zero point: one a row; the right one's: one a column. */
static tacit_status integer_matmul(expansion *x, const gnode *n, const uint32_t in[4], uint32_t *out,
                                   tacit_error *err) {
    uint32_t a, b;
    TRY(centred(x, n, in[0], in[2], ex_shape(x, in[0])->rank > 1 ? -2 : -1, &a, err));
    TRY(centred(x, n, in[1], in[3], -1, &b, err));
    *out = EX(x, "MatMul", a, b);
    return x->status;
}

tacit_status conv_integer_expand(expansion *x, const gnode *n, tacit_error *err) {
    uint32_t y;
    TRY(integer_conv(x, n, (uint32_t[]){n->in[0], n->in[1], ex_in(x, 2), ex_in(x, 3)}, &y, err));
    ex_result(x, 0, y);
    return x->status;
}

tacit_status matmul_integer_expand(expansion *x, const gnode *n, tacit_error *err) {
    uint32_t y;
    TRY(integer_matmul(x, n, (uint32_t[]){n->in[0], n->in[1], ex_in(x, 2), ex_in(x, 3)}, &y, err));
    ex_result(x, 0, y);
    return x->status;
}

/* The accumulator, an integer at scale a b, as integers at scale y: one function where both are numbers. */
static tacit_status requantised(expansion *x, const gnode *n, uint32_t t, uint32_t a, uint32_t b, uint32_t y,
                                uint32_t zero, tacit_error *err) {
    int64_t type = ex_tensor(x, zero)->stored != 0 ? ex_tensor(x, zero)->stored : ONNX__TENSOR_PROTO__DATA_TYPE__UINT8;
    for (uint32_t i = 0; i < 3; i++) {
        if (!ex_tensor(x, (uint32_t[]){a, b, y}[i])->constant)
            return unsupported(n, "its scales must be constant", err);
    }
    if (shape_count(ex_shape(x, zero)) != 1 || shape_count(ex_shape(x, y)) != 1)
        return unsupported(n, "with several scales of its result", err);
    uint32_t z = all_zero(ex_tensor(x, zero)) ? NO_INDEX : ex_reshape(x, zero, &(shape){.rank = 0});
    uint32_t factor = EX(x, "Div", EX(x, "Mul", a, b), ex_reshape(x, y, &(shape){.rank = 0}));
    return rounded(x, n, EX(x, "Mul", to_real(x, t), factor), z, type, err);
}

/* x, its scale, zero; w, its scale, zero; y's scale, zero; bias at the scale of the products. */
tacit_status qlinear_conv_expand(expansion *x, const gnode *n, tacit_error *err) {
    uint32_t y, a, b;
    const uint32_t *in = n->in;
    TRY(integer_conv(x, n, (uint32_t[]){in[0], in[3], in[2], in[5]}, &y, err));
    const shape s = *ex_shape(x, y);
    if (node_has_input(n, 8)) {
        uint32_t bias;
        TRY(along(x, n, in[8], &s, 1, &bias, err));
        if (bias != NO_INDEX) y = EX(x, "Add", y, bias);
    }
    TRY(along(x, n, in[1], &s, 1, &a, err));
    TRY(along(x, n, in[4], &s, 1, &b, err));
    return requantised(x, n, y, a, b, in[6], in[7], err);
}

tacit_status qlinear_matmul_expand(expansion *x, const gnode *n, tacit_error *err) {
    uint32_t y, a, b;
    const uint32_t *in = n->in;
    TRY(integer_matmul(x, n, (uint32_t[]){in[0], in[3], in[2], in[5]}, &y, err));
    const shape s = *ex_shape(x, y);
    TRY(along(x, n, in[1], &s, s.rank > 1 ? -2 : -1, &a, err));
    TRY(along(x, n, in[4], &s, -1, &b, err));
    return requantised(x, n, y, a, b, in[6], in[7], err);
}
