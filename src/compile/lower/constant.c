#include "compile/lower/constant.h"
#include "compile/lower/activation.h"
#include "compile/lower/reshape.h"
#include "compile/lower/axes.h"
#include "compile/onnx/attribute.h"
#include "compile/onnx/data.h"
#include <math.h>
#include <string.h>

/* ---- Constant: loaded while its shape is inferred; evaluation copies. */
static tacit_status load(graph *g, const gnode *n, gtensor *t, tacit_error *err) {
    const Onnx__TensorProto *p = attribute_tensor(n, "value");
    *t = (gtensor){.name = n->name, .producer = NO_INDEX};
    if (!p) return unsupported(n, "needs the attribute value", err);
    return data_load(g, p, t, err);
}

/* value_float, value_int and their lists. */
static tacit_status load_plain(const gnode *n, graph *g, gtensor *t, tacit_error *err) {
    const bool real = attribute_has(n, "value_float"), whole = attribute_has(n, "value_int");
    void *values;
    int64_t list[MAX_RANK];
    uint32_t count = 0;
    *t = (gtensor){.name = n->name, .producer = NO_INDEX, .type = real ? ELEM_REAL : ELEM_WHOLE};
    TRY(graph_alloc(g, &values, MAX_RANK, sizeof(double), err));
    if (real) {
        TRY(attribute_real(n, "value_float", 0, values, err));
    } else if (whole) {
        TRY(attribute_int(n, "value_int", 0, values, err));
    } else {
        TRY(attribute_ints(n, "value_ints", list, MAX_RANK, &count, err));
        if (count == 0) return unsupported(n, "this kind of value", err);
        memcpy(values, list, sizeof list);
        t->shape = (shape){.rank = 1, .dim = {count}};
    }
    t->real = values;
    t->whole = values;
    return TACIT_OK;
}

tacit_status constant_infer(graph *g, gnode *n, tacit_error *err) {
    gtensor t;
    if (attribute_has(n, "value"))
        TRY(load(g, n, &t, err));
    else
        TRY(load_plain(n, g, &t, err));
    gtensor *out = node_out(g, n, 0);
    set_output(g, n, t.type, &t.shape);
    out->boolean = t.boolean;
    out->stored = t.stored;
    out->real = t.real;
    out->whole = t.whole;
    return TACIT_OK;
}

tacit_status constant_eval(frame *f, const gnode *n, tacit_error *err) {
    (void)err;
    const gtensor *t = node_out(f->g, n, 0);
    const void *from = t->type == ELEM_REAL ? (const void *)t->real : (const void *)t->whole;
    uint64_t count = shape_count(&t->shape);
    if (count > 0) memcpy(frame_bits_out(f, n->out[0]), from, count * sizeof(uint64_t));
    return TACIT_OK;
}

/* ---- ConstantOfShape */
tacit_status fill_infer(graph *g, gnode *n, tacit_error *err) {
    gtensor t = {.type = ELEM_REAL};
    int64_t dim[MAX_RANK];
    uint32_t count;
    bool given;
    TRY(axes_read(g, n, "", 0, dim, &count, &given, err));
    if (attribute_has(n, "value")) TRY(load(g, n, &t, err));
    shape s = {.rank = count};
    uint64_t all = 1;
    for (uint32_t k = 0; k < count; k++) {
        if (dim[k] < 0 || dim[k] > INT32_MAX) return misshapen(n, "a dimension out of range", err);
        s.dim[k] = (uint32_t)dim[k];
        all *= s.dim[k];
        if (all > INT32_MAX) return misshapen(n, "the shape is too large", err);
    }
    set_output(g, n, t.type, &s);
    node_out(g, n, 0)->boolean = t.boolean;
    return TACIT_OK;
}

tacit_status fill_eval(frame *f, const gnode *n, tacit_error *err) {
    const gtensor *t = node_out(f->g, n, 0);
    const Onnx__TensorProto *p = attribute_tensor(n, "value");
    uint64_t bits = 0;
    if (p) {
        gtensor v = {.name = n->name};
        graph scratch = {.a = f->scratch};
        TRY(data_load(&scratch, p, &v, err));
        if (shape_count(&v.shape) != 1) return misshapen(n, "value must be one number", err);
        memcpy(&bits, v.type == ELEM_REAL ? (const void *)v.real : (const void *)v.whole, sizeof bits);
    }
    for (uint64_t i = 0; i < shape_count(&t->shape); i++) frame_bits_out(f, n->out[0])[i] = bits;
    return TACIT_OK;
}

/* ---- Shape: attributes start and end choose axes; Size. */
static void range(const gnode *n, const shape *x, uint32_t *first, uint32_t *count, tacit_error *err) {
    int64_t start = 0, end = x->rank;
    if (attribute_int(n, "start", 0, &start, err) != TACIT_OK ||
        attribute_int(n, "end", x->rank, &end, err) != TACIT_OK)
        return;
    if (start < 0) start += x->rank;
    if (end < 0) end += x->rank;
    start = start < 0 ? 0 : start > x->rank ? x->rank : start;
    end = end < start ? start : end > x->rank ? x->rank : end;
    *first = (uint32_t)start;
    *count = (uint32_t)(end - start);
}

tacit_status shape_infer(graph *g, gnode *n, tacit_error *err) {
    uint32_t first = 0, count = 0;
    range(n, &node_in(g, n, 0)->shape, &first, &count, err);
    const shape s = {.rank = strcmp(n->op, "Size") == 0 ? 0 : 1, .dim = {count}};
    set_output(g, n, ELEM_WHOLE, &s);
    return TACIT_OK;
}

tacit_status shape_eval(frame *f, const gnode *n, tacit_error *err) {
    const shape *x = &node_in(f->g, n, 0)->shape;
    uint32_t first = 0, count = 0;
    range(n, x, &first, &count, err);
    if (strcmp(n->op, "Size") == 0)
        f->whole[n->out[0]][0] = (int64_t)shape_count(x);
    else
        for (uint32_t k = 0; k < count; k++) f->whole[n->out[0]][k] = x->dim[first + k];
    return TACIT_OK;
}

/* ---- IsNaN, IsInf: values that are not finite are refused where they appear */
tacit_status finite_infer(graph *g, gnode *n, tacit_error *err) {
    (void)err;
    set_output_boolean(g, n, &node_in(g, n, 0)->shape);
    return TACIT_OK;
}

tacit_status finite_eval(frame *f, const gnode *n, tacit_error *err) {
    (void)err;
    memset(f->whole[n->out[0]], 0, shape_count(&node_out(f->g, n, 0)->shape) * sizeof(int64_t));
    return TACIT_OK;
}

/* ---- Cast */
tacit_status cast_infer(graph *g, gnode *n, tacit_error *err) {
    int64_t to;
    elem_type type;
    const gtensor *x = node_in(g, n, 0);
    TRY(attribute_int(n, "to", 0, &to, err));
    if (to < 0 || to > INT32_MAX || !data_elem_type((int32_t)to, &type)) return unsupported(n, "to this type", err);
    bool boolean = to == ONNX__TENSOR_PROTO__DATA_TYPE__BOOL;
    if (!x->constant && boolean && !x->boolean) return activation_as(g, n, "NotZero", err);
    if (!x->constant && x->type == ELEM_REAL && type == ELEM_WHOLE) return activation_as(g, n, "Truncate", err);
    set_output(g, n, type, &x->shape);
    node_out(g, n, 0)->boolean = type == ELEM_WHOLE && (boolean || x->boolean);
    node_out(g, n, 0)->stored = (int32_t)to;
    return TACIT_OK;
}

tacit_status cast_eval(frame *f, const gnode *n, tacit_error *err) {
    const gtensor *x = node_in(f->g, n, 0), *y = node_out(f->g, n, 0);
    int64_t to;
    TRY(attribute_int(n, "to", 0, &to, err));
    bool boolean = to == ONNX__TENSOR_PROTO__DATA_TYPE__BOOL;
    for (uint64_t i = 0; i < shape_count(&y->shape); i++) {
        if (boolean) {
            f->whole[n->out[0]][i] = frame_number(f, n->in[0], i) != 0;
        } else if (x->type == y->type) {
            frame_bits_out(f, n->out[0])[i] = frame_bits(f, n->in[0])[i];
        } else if (y->type == ELEM_REAL) {
            f->real[n->out[0]][i] = (double)frame_whole(f, n->in[0])[i];
        } else {
            double v = trunc(frame_real(f, n->in[0])[i]);
            if (isinf(v)) { /* left open by ONNX; so in ONNX Runtime. What comes of log(0), and Where leaves out */
                f->whole[n->out[0]][i] = INT64_MIN;
                continue;
            }
            if (fabs(v) > 9e15) return unsupported(n, "a number too large for an integer", err);
            f->whole[n->out[0]][i] = (int64_t)v;
        }
    }
    return TACIT_OK;
}

/* From reals to integers or to booleans: a function by table. Otherwise the same numbers; a pending sum of integers
 * becomes one of reals, and is rounded as such. */
tacit_status cast_lower(lowering *l, const gnode *n, tacit_error *err) {
    sum s;
    bool pending = l->slots[n->in[0]].state == VALUE_SUM && node_in(l->g, n, 0)->type != node_out(l->g, n, 0)->type;
    if (!n->formula && pending) {
        TRY(lower_sum_of(l, n->in[0], &s, err));
        return lower_set_sum(l, n->out[0], &s, err);
    }
    return n->formula ? activation_lower(l, n, err) : reshape_lower(l, n, err);
}
