#include "compile/lower/reshape.h"
#include "compile/lower/axes.h"
#include "compile/lower/views.h"
#include "compile/onnx/attribute.h"
#include <string.h>

/* ---- Reshape: 0 copies the input's dimension (unless allowzero), -1 takes what is left. */
static tacit_status resolve(const gnode *n, const shape *x, const int64_t *want, uint32_t count, bool allow_zero,
                            shape *out, tacit_error *err) {
    uint64_t total = shape_count(x), known = 1;
    uint32_t open = MAX_RANK;
    *out = (shape){.rank = count};
    for (uint32_t k = 0; k < count; k++) {
        int64_t v = want[k] == 0 && !allow_zero && k < x->rank ? (int64_t)x->dim[k] : want[k];
        if (v == -1 && open < MAX_RANK) return misshapen(n, "two dimensions are -1", err);
        if (v == -1) open = k;
        if (v < -1 || v > INT32_MAX) return misshapen(n, "a dimension out of range", err);
        out->dim[k] = (uint32_t)(v == -1 ? 1 : v);
        known *= out->dim[k];
        if (known > INT32_MAX) return misshapen(n, "the shape is too large", err);
    }
    if (open < MAX_RANK && known > 0) out->dim[open] = (uint32_t)(total / known);
    if (shape_count(out) != total) return misshapen(n, "the shape has another number of elements", err);
    return TACIT_OK;
}

tacit_status reshape_infer(graph *g, gnode *n, tacit_error *err) {
    const gtensor *x = node_in(g, n, 0);
    int64_t want[MAX_RANK], allow_zero;
    uint32_t count;
    bool given;
    shape s;
    TRY(axes_read(g, n, "shape", 1, want, &count, &given, err));
    TRY(attribute_int(n, "allowzero", 0, &allow_zero, err));
    /* a model exported for one input says 1 where it means the batch; checked at the outputs (fold) */
    bool follows = g->batch > 1 && !x->constant && x->shape.rank > 0 && x->shape.dim[0] == g->batch;
    if (follows && count > 0 && want[0] == 1) want[0] = g->batch;
    TRY(resolve(n, &x->shape, want, count, allow_zero != 0, &s, err));
    set_output_like(g, n, &s);
    return TACIT_OK;
}

tacit_status flatten_infer(graph *g, gnode *n, tacit_error *err) {
    const gtensor *x = node_in(g, n, 0);
    int64_t axis;
    shape s = {.rank = 2, .dim = {1, 1}};
    TRY(attribute_int(n, "axis", 1, &axis, err));
    if (axis < 0) axis += x->shape.rank;
    if (axis < 0 || axis > x->shape.rank) return misshapen(n, "axis out of range", err);
    for (uint32_t k = 0; k < x->shape.rank; k++) s.dim[k >= axis] *= x->shape.dim[k];
    set_output_like(g, n, &s);
    return TACIT_OK;
}

/* Bit k: axis k of a shape of that rank is in the list. */
static tacit_status axis_set(const gnode *n, const int64_t *axis, uint32_t count, uint32_t rank, uint32_t *set,
                             tacit_error *err) {
    *set = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t k;
        TRY(axis_normal(n, axis[i], rank, &k, err));
        if (*set >> k & 1) return misshapen(n, "an axis occurs twice", err);
        *set |= 1u << k;
    }
    return TACIT_OK;
}

tacit_status squeeze_infer(graph *g, gnode *n, tacit_error *err) {
    const gtensor *x = node_in(g, n, 0);
    int64_t axis[MAX_RANK];
    uint32_t count, set;
    bool given;
    shape s = {.rank = 0};
    TRY(axes_read(g, n, "axes", 1, axis, &count, &given, err));
    TRY(axis_set(n, axis, count, x->shape.rank, &set, err));
    for (uint32_t k = 0; k < x->shape.rank; k++) {
        bool drop = given ? (set >> k & 1) : x->shape.dim[k] == 1;
        if (drop && x->shape.dim[k] != 1) return misshapen(n, "an axis is longer than 1", err);
        if (!drop) s.dim[s.rank++] = x->shape.dim[k];
    }
    set_output_like(g, n, &s);
    return TACIT_OK;
}

tacit_status unsqueeze_infer(graph *g, gnode *n, tacit_error *err) {
    const gtensor *x = node_in(g, n, 0);
    int64_t axis[MAX_RANK];
    uint32_t count, set, from = 0;
    bool given;
    TRY(axes_read(g, n, "axes", 1, axis, &count, &given, err));
    shape s = {.rank = x->shape.rank + count};
    if (s.rank > MAX_RANK) return unsupported(n, "more than 8 axes", err);
    TRY(axis_set(n, axis, count, s.rank, &set, err));
    for (uint32_t k = 0; k < s.rank; k++) s.dim[k] = set >> k & 1 ? 1 : x->shape.dim[from++];
    set_output_like(g, n, &s);
    return TACIT_OK;
}

tacit_status identity_infer(graph *g, gnode *n, tacit_error *err) {
    (void)err;
    set_output_like(g, n, &node_in(g, n, 0)->shape);
    return TACIT_OK;
}

tacit_status dropout_infer(graph *g, gnode *n, tacit_error *err) {
    if (node_has_input(n, 2)) {
        const gtensor *t = node_in(g, n, 2);
        if (!t->constant || t->type != ELEM_WHOLE || shape_count(&t->shape) != 1 || t->whole[0] != 0)
            return unsupported(n, "training_mode", err);
    }
    return identity_infer(g, n, err);
}

tacit_status reshape_eval(frame *f, const gnode *n, tacit_error *err) {
    (void)err;
    uint64_t count = shape_count(&node_out(f->g, n, 0)->shape);
    if (count > 0) memcpy(frame_bits_out(f, n->out[0]), frame_bits(f, n->in[0]), count * sizeof(uint64_t));
    return TACIT_OK;
}

tacit_status reshape_lower(lowering *l, const gnode *n, tacit_error *err) {
    value v;
    const sum *pending = lower_pending(l, n->in[0]);
    if (pending) return lower_set_sum(l, n->out[0], pending, err); /* with its shape: what follows joins it */
    TRY(lower_operand(l, n->in[0], &v, err));
    return lower_set_value(l, n->out[0], &v, err); /* reshapes to the tensor's shape */
}
