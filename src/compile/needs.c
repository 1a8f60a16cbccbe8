#include "compile/needs.h"
#include "compile/lower/axes.h"
#include "compile/lower/select.h"
#include "compile/onnx/attribute.h"
#include "compile/share.h"

typedef tacit_status (*part_rule)(const graph *g, const gnode *n, box *out, box *in, tacit_error *err);

static tacit_status no_memory(tacit_error *err) {
    return fail(err, TACIT_RESOURCES, "the model needs more memory than is set aside");
}

static void set_whole(box *b, uint32_t axis, const shape *s) {
    b->at[axis] = NULL;
    b->shape.dim[axis] = s->dim[axis];
}

static void set_axis(box *b, uint32_t axis, const box *from, uint32_t from_axis) {
    b->at[axis] = from->at[from_axis];
    b->shape.dim[axis] = from->shape.dim[from_axis];
}

/* ---- element by element, numpy broadcasting */
/* Of an operand whose axes lie on `out`'s last ones; axes that are repeated stay. */
static void stretched(const box *out, box *in) {
    const uint32_t skip = out->shape.rank - in->shape.rank;
    for (uint32_t k = 0; k < in->shape.rank; k++) {
        if (in->shape.dim[k] > 1) set_axis(in, k, out, k + skip);
    }
}

static tacit_status broadcast_part(const graph *g, const gnode *n, box *out, box *in, tacit_error *err) {
    (void)err;
    const uint32_t count = n->formula || node_is(n, "Expand") ? 1 : n->in_count; /* others are parameters */
    for (uint32_t i = 0; i < count; i++) {
        if (node_in(g, n, i)->shape.rank <= out->shape.rank) stretched(out, &in[i]);
    }
    return TACIT_OK;
}

/* The last axis is one row. */
static tacit_status row_part(const graph *g, const gnode *n, box *out, box *in, tacit_error *err) {
    const shape *s = &node_out(g, n, 0)->shape;
    const uint32_t last = s->rank - 1;
    set_whole(out, last, s);
    TRY(broadcast_part(g, n, out, in, err));
    set_whole(&in[0], last, &node_in(g, n, 0)->shape);
    return TACIT_OK;
}

static tacit_status concat_part(const graph *g, const gnode *n, box *out, box *in, tacit_error *err) {
    int64_t given;
    uint32_t axis;
    TRY(attribute_int(n, "axis", 1, &given, err));
    TRY(axis_normal(n, given, out->shape.rank, &axis, err));
    set_whole(out, axis, &node_out(g, n, 0)->shape);
    for (uint32_t i = 0; i < n->in_count; i++) {
        stretched(out, &in[i]);
        set_whole(&in[i], axis, &node_in(g, n, i)->shape);
    }
    return TACIT_OK;
}

/* ---- contractions */
/* A constant that is cut must not be a parameter of somebody else's as well. */
static bool may_cut(const graph *g, uint32_t t) {
    const gtensor *x = &g->tensors[t];
    return !x->constant || (x->uses == 1 && !constant_has_twin(g, t));
}

/* Axis `axis` of operand i is axis `from` of the result. */
static void factor_axis(const graph *g, const gnode *n, box *out, uint32_t from, box *in, uint32_t i, uint32_t axis) {
    if (out->at[from] && !may_cut(g, n->in[i])) set_whole(out, from, &node_out(g, n, 0)->shape);
    set_axis(&in[i], axis, out, from);
}

static tacit_status matmul_part(const graph *g, const gnode *n, box *out, box *in, tacit_error *err) {
    const uint32_t rank = out->shape.rank;
    (void)err;
    factor_axis(g, n, out, rank - 2, in, 0, in[0].shape.rank - 2);
    factor_axis(g, n, out, rank - 1, in, 1, in[1].shape.rank - 1);
    for (uint32_t i = 0; i < 2; i++) {
        const uint32_t skip = rank - in[i].shape.rank;
        for (uint32_t k = 0; k + 2 < in[i].shape.rank; k++) {
            if (node_in(g, n, i)->shape.dim[k] > 1) factor_axis(g, n, out, k + skip, in, i, k);
        }
    }
    /* a batch axis that one factor needs whole, the other has whole, too */
    for (uint32_t k = 0; k + 2 < in[0].shape.rank; k++) {
        if (node_in(g, n, 0)->shape.dim[k] > 1) set_axis(&in[0], k, out, k + rank - in[0].shape.rank);
    }
    return TACIT_OK;
}

static tacit_status gemm_part(const graph *g, const gnode *n, box *out, box *in, tacit_error *err) {
    int64_t trans_a, trans_b;
    TRY(attribute_int(n, "transA", 0, &trans_a, err));
    TRY(attribute_int(n, "transB", 0, &trans_b, err));
    factor_axis(g, n, out, 0, in, 0, trans_a != 0);
    factor_axis(g, n, out, 1, in, 1, trans_b == 0);
    if (node_has_input(n, 2)) stretched(out, &in[2]);
    return TACIT_OK;
}

/* ---- moves */
static tacit_status transpose_part(const graph *g, const gnode *n, box *out, box *in, tacit_error *err) {
    uint32_t from[MAX_RANK];
    TRY(transpose_axes(g, n, from, err));
    for (uint32_t k = 0; k < out->shape.rank; k++) set_axis(&in[0], from[k], out, k);
    return TACIT_OK;
}

static tacit_status reshape_part(const graph *g, const gnode *n, box *out, box *in, tacit_error *err) {
    return box_reshape(g->a, &node_in(g, n, 0)->shape, &node_out(g, n, 0)->shape, out, &in[0], err);
}

/* count places, first + i * step; all of them as they are: NULL. */
static tacit_status list_range(const graph *g, int64_t first, int64_t step, uint32_t count, uint32_t length,
                               const uint32_t **out, tacit_error *err) {
    if (first == 0 && step == 1 && count == length) return TACIT_OK;
    uint32_t *at = ARENA_NEW(g->a, uint32_t, count + 1);
    for (uint32_t i = 0; at && i < count; i++) at[i] = (uint32_t)(first + (int64_t)i * step);
    *out = at;
    return at ? TACIT_OK : no_memory(err);
}

static tacit_status slice_selection(const graph *g, const gnode *n, selection *s, tacit_error *err) {
    int64_t start[MAX_RANK], step[MAX_RANK];
    const shape *x = &node_in(g, n, 0)->shape, *y = &node_out(g, n, 0)->shape;
    TRY(slice_places(g, n, start, step, err));
    for (uint32_t k = 0; k < x->rank; k++) TRY(list_range(g, start[k], step[k], y->dim[k], x->dim[k], &s->at[k], err));
    return TACIT_OK;
}

/* Places of one axis, given as a constant; false when a result is none of them (-1 of a Pick). */
static tacit_status index_selection(const graph *g, const gnode *n, selection *s, bool *selects, tacit_error *err) {
    const gtensor *index = node_in(g, n, 1);
    const bool pick = node_is(n, "Pick");
    const uint32_t count = (uint32_t)shape_count(&index->shape), rank = node_in(g, n, 0)->shape.rank;
    int64_t axis, span;
    TRY(attribute_int(n, "axis", 0, &axis, err));
    TRY(attribute_int(n, "span", 1, &span, err));
    *selects = span == 1 && index->shape.rank <= 1 && axis >= 0 && axis < rank;
    uint32_t *at = ARENA_NEW(g->a, uint32_t, count + 1);
    if (!at) return no_memory(err);
    for (uint32_t i = 0; *selects && i < count; i++) {
        const int64_t v = index->whole[i];
        *selects = v >= 0 || !pick;
        at[i] = (uint32_t)(v < 0 ? v + node_in(g, n, 0)->shape.dim[axis] : v);
    }
    if (!*selects) return TACIT_OK;
    s->at[axis] = at;
    for (uint32_t k = 0; index->shape.rank == 0 && k < rank; k++) {
        if (k >= axis) s->to[k] = k == axis ? NO_INDEX : k - 1;
    }
    return TACIT_OK;
}

tacit_status selection_read(const graph *g, const gnode *n, selection *s, bool *selects, tacit_error *err) {
    *s = (selection){0};
    for (uint32_t k = 0; k < MAX_RANK; k++) s->to[k] = k;
    *selects = node_is(n, "Slice");
    if (*selects) return slice_selection(g, n, s, err);
    if (!node_is(n, "Take") && !node_is(n, "Pick")) return TACIT_OK;
    return index_selection(g, n, s, selects, err);
}

const uint32_t *selection_places(const graph *g, const selection *s, uint32_t k, const box *out, uint32_t *count) {
    const uint32_t o = s->to[k];
    *count = o == NO_INDEX ? 1 : out->shape.dim[o];
    uint32_t *at = ARENA_NEW(g->a, uint32_t, *count + 1);
    for (uint32_t i = 0; at && i < *count; i++) {
        const uint32_t place = o == NO_INDEX ? 0 : box_place(out, o, i);
        at[i] = s->at[k] ? s->at[k][place] : place;
    }
    return at;
}

static tacit_status selection_part(const graph *g, const gnode *n, box *out, box *in, tacit_error *err) {
    selection s;
    bool selects;
    const shape *x = &node_in(g, n, 0)->shape;
    TRY(selection_read(g, n, &s, &selects, err));
    for (uint32_t k = 0; selects && k < x->rank; k++) {
        uint32_t count;
        const uint32_t *at = selection_places(g, &s, k, out, &count);
        if (!at) return no_memory(err);
        TRY(box_take(g->a, &in[0], k, x->dim[k], at, count, err));
    }
    if (!selects) *out = box_whole(&node_out(g, n, 0)->shape);
    return TACIT_OK;
}

/* ---- who does what */
static const struct {
    const char *op;
    part_rule part;
    bool free;
} RULES[] = {
    {"Add", broadcast_part, true},
    {"Sub", broadcast_part, true},
    {"Neg", broadcast_part, true},
    {"Mul", broadcast_part, false},
    {"Quotient", broadcast_part, false},
    {"Larger", broadcast_part, false},
    {"Smaller", broadcast_part, false},
    {"Less", broadcast_part, false},
    {"LessOrEqual", broadcast_part, false},
    {"Greater", broadcast_part, false},
    {"GreaterOrEqual", broadcast_part, false},
    {"Equal", broadcast_part, false},
    {"Where", broadcast_part, false},
    {"Bit", broadcast_part, true},
    {"Expand", broadcast_part, true},
    {"QuotientByRow", row_part, false},
    {"RowCentre", row_part, false},
    {"RowNorm", row_part, false},
    {"RowSum", row_part, false},
    {"RowSoftmax", row_part, false},
    {"MatMul", matmul_part, false},
    {"Gemm", gemm_part, false},
    {"Concat", concat_part, true},
    {"Transpose", transpose_part, true},
    {"Reshape", reshape_part, true},
    {"Flatten", reshape_part, true},
    {"Squeeze", reshape_part, true},
    {"Unsqueeze", reshape_part, true},
    {"Identity", reshape_part, true},
    {"Slice", selection_part, false},
    {"Take", selection_part, false},
    {"Pick", selection_part, false},
};
enum { RULE_COUNT = sizeof RULES / sizeof RULES[0] };

static uint32_t rule_of(const gnode *n) {
    uint32_t i = 0;
    while (i < RULE_COUNT && !node_is(n, RULES[i].op)) i++;
    return i;
}

bool needs_known(const graph *g, const gnode *n) {
    if (n->dead || n->out_count != 1 || n->out[0] == NO_INDEX) return false;
    if (node_is(n, "MatMul") && (node_in(g, n, 0)->shape.rank < 2 || node_in(g, n, 1)->shape.rank < 2)) return false;
    return n->formula || rule_of(n) < RULE_COUNT;
}

bool needs_nothing(const graph *g, const gnode *n) {
    if (node_is(n, "Mul")) return node_in(g, n, 0)->constant || node_in(g, n, 1)->constant;
    return n->formula || (rule_of(n) < RULE_COUNT && RULES[rule_of(n)].free);
}

tacit_status needs_of(const graph *g, const gnode *n, box *out, box *in, tacit_error *err) {
    for (uint32_t i = 0; i < n->in_count; i++)
        in[i] = n->in[i] == NO_INDEX ? (box){.at = {NULL}} : box_whole(&node_in(g, n, i)->shape);
    return n->formula ? broadcast_part(g, n, out, in, err) : RULES[rule_of(n)].part(g, n, out, in, err);
}
