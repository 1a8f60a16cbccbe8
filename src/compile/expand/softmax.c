#include "compile/expand/norms.h"
#include "compile/fold.h"
#include "compile/lower/axes.h"
#include "compile/onnx/attribute.h"
#include "onnx.pb-c.h"
#include <math.h>

#define FAR (-1e4) /* an additive constant from here down takes an element out of a softmax */

/* ---- rows */
void row_axes_take(row_axes *r, const shape *s, const bool over[MAX_RANK]) {
    uint32_t at = 0;
    *r = (row_axes){.shape = *s, .size = 1};
    for (uint32_t k = 0; k < s->rank; k++) {
        if (!over[k]) r->perm[at++] = k;
    }
    for (uint32_t k = 0; k < s->rank; k++) {
        if (!over[k]) continue;
        r->perm[at++] = k;
        r->axis[r->count++] = k;
        r->size *= s->dim[k];
    }
    for (uint32_t k = 0; k < s->rank; k++) {
        r->inverse[r->perm[k]] = k;
        r->moved = r->moved || r->perm[k] != k;
    }
}

uint32_t rows_of(expansion *x, const row_axes *r, uint32_t t) {
    int64_t dim[MAX_RANK];
    uint32_t rank = r->shape.rank - r->count;
    if (r->moved) {
        ex_ints(x, "perm", r->shape.rank, r->perm);
        t = EX(x, "Transpose", t);
    }
    if (r->count == 1) return t;
    for (uint32_t k = 0; k < rank; k++) dim[k] = r->shape.dim[r->perm[k]];
    dim[rank] = (int64_t)r->size;
    return EX(x, "Reshape", t, ex_list(x, rank + 1, dim));
}

uint32_t rows_back(expansion *x, const row_axes *r, uint32_t t) {
    int64_t dim[MAX_RANK];
    for (uint32_t k = 0; k < r->shape.rank; k++) dim[k] = r->shape.dim[r->perm[k]];
    if (r->count != 1) t = EX(x, "Reshape", t, ex_list(x, r->shape.rank, dim));
    if (!r->moved) return t;
    ex_ints(x, "perm", r->shape.rank, r->inverse);
    return EX(x, "Transpose", t);
}

/* ---- softmax */

static uint32_t along(expansion *x, const row_axes *r, uint32_t mask) {
    int64_t dim[MAX_RANK];
    if (mask == NO_INDEX || !r->moved) return mask;
    for (uint32_t k = 0; k < r->shape.rank; k++) dim[k] = r->shape.dim[k];
    return rows_of(x, r, EX(x, "Expand", mask, ex_list(x, r->shape.rank, dim)));
}

uint32_t softmax_of(expansion *x, uint32_t t, uint32_t axis, double factor, uint32_t mask) {
    bool over[MAX_RANK] = {false};
    const shape s = *ex_shape(x, t);
    row_axes r;
    over[axis] = true;
    row_axes_take(&r, &s, over);
    uint32_t in[2] = {rows_of(x, &r, t), along(x, &r, mask)}, y = NO_INDEX;
    if (factor != 1) ex_float(x, "factor", factor);
    ex_nodes(x, "RowSoftmax", mask == NO_INDEX ? 1 : 2, in, 1, &y);
    return rows_back(x, &r, y);
}

static uint32_t log_softmax_of(expansion *x, uint32_t t, uint32_t axis) {
    bool over[MAX_RANK] = {false};
    const shape s = *ex_shape(x, t);
    row_axes r;
    uint32_t out[2] = {NO_INDEX, NO_INDEX}; /* exp(x - top), x - top */
    over[axis] = true;
    row_axes_take(&r, &s, over);
    uint32_t in = rows_of(x, &r, t);
    ex_nodes(x, "RowExp", 1, &in, 2, out);
    return rows_back(x, &r, EX(x, "Sub", out[1], EX(x, "Log", EX(x, "RowSum", out[0]))));
}

/* Before opset 13 everything from `axis` on is one row. */
static uint32_t flattened(expansion *x, uint32_t t, uint32_t axis) {
    const shape *s = ex_shape(x, t);
    int64_t dim[2] = {1, 1};
    for (uint32_t k = 0; k < s->rank; k++) dim[k >= axis] *= s->dim[k];
    return EX(x, "Reshape", t, ex_list(x, 2, dim));
}

static uint32_t shaped(expansion *x, uint32_t t, const shape *s) {
    int64_t dim[MAX_RANK];
    for (uint32_t k = 0; k < s->rank; k++) dim[k] = s->dim[k];
    return EX(x, "Reshape", t, ex_list(x, s->rank, dim));
}

tacit_status softmax_expand(expansion *x, const gnode *n, tacit_error *err) {
    bool old = !n->internal && x->g->opset < 13, logs = node_is(n, "LogSoftmax");
    const shape s = *ex_shape(x, ex_in(x, 0));
    int64_t given;
    uint32_t axis, t = ex_in(x, 0);
    TRY(attribute_int(n, "axis", old ? 1 : -1, &given, err));
    if (s.rank == 0) return misshapen(n, "a scalar", err);
    if (old && given == s.rank) given = s.rank - 1; /* rows of one element would be ones */
    TRY(axis_normal(n, given, s.rank, &axis, err));
    bool flat = old && axis != s.rank - 1;
    if (flat) t = flattened(x, t, axis);
    uint32_t along_axis = flat ? 1 : axis;
    masked_input m = {.rest = t, .mask = NO_INDEX, .factor = 1};
    if (!flat && !logs) m = masked_match(x, t);
    uint32_t y = logs ? log_softmax_of(x, t, along_axis) : softmax_of(x, m.rest, along_axis, m.factor, m.mask);
    ex_result(x, 0, flat ? shaped(x, y, &s) : y);
    return x->status;
}

/* ---- masks */
/* The one number of a constant; false if it is none. */
static bool number(const expansion *x, uint32_t t, double *v) {
    const gtensor *k = ex_tensor(x, t);
    if (!k->constant || shape_count(&k->shape) != 1) return false;
    *v = k->type == ELEM_REAL ? k->real[0] : (double)k->whole[0];
    return true;
}

/* Every element is 0 or far below; at least one is (`far`), or none must be. */
static bool all_elements(const expansion *x, uint32_t t, bool zero, bool far) {
    const gtensor *k = ex_tensor(x, t);
    bool good = k->constant && k->type == ELEM_REAL, any = false;
    for (uint64_t i = 0; good && i < shape_count(&k->shape); i++) {
        good = (zero && k->real[i] == 0) || (far && k->real[i] <= FAR);
        any = any || k->real[i] <= FAR;
    }
    return good && (!far || any);
}

/* A constant whose elements are 0 or far: 1 where far. */
static uint32_t constant_mask(expansion *x, uint32_t t) {
    const shape s = *ex_shape(x, t);
    double *v = ex_new_reals(x, shape_count(&s));
    for (uint64_t i = 0; v && i < shape_count(&s); i++) v[i] = ex_tensor(x, t)->real[i] <= FAR;
    return v ? ex_reals(x, &s, v) : NO_INDEX;
}

static uint32_t opposite(expansion *x, uint32_t condition) {
    return EX(x, "Sub", ex_open(x, ex_whole(x, 1)), condition);
}

/* Of the file's nodes: they move elements of input 0, nothing else. */
static bool moves_only(const gnode *n) {
    static const char *const MOVES[] = {"Expand", "Slice", "Transpose", "Dropout", "Gather"};
    return node_reshapes(n) || node_is_one_of(n, MOVES, sizeof MOVES / sizeof MOVES[0]);
}

static bool same_shape(const expansion *x, uint32_t a, uint32_t b) {
    return shape_equal(ex_shape(x, a), ex_shape(x, b));
}

/* u broadcast to t's shape. */
static uint32_t fit(expansion *x, uint32_t u, uint32_t t) {
    int64_t dim[MAX_RANK];
    const shape s = *ex_shape(x, t);
    for (uint32_t k = 0; k < s.rank; k++) dim[k] = s.dim[k];
    return same_shape(x, u, t) ? u : EX(x, "Expand", u, ex_list(x, s.rank, dim));
}

/* 1 - b, perhaps under moves, with the 1 in the program, so that its interval is [0, 1] as b's. */
static uint32_t narrow(expansion *x, uint32_t t) {
    double v;
    const gnode *n = graph_source(x->g, t);
    if (node_is(n, "Sub") && number(x, n->in[0], &v) && v == 1)
        return EX(x, "Sub", ex_open(x, ex_real(x, 1)), n->in[1]);
    if (!moves_only(n)) return t;
    uint32_t under = narrow(x, n->in[0]);
    return under == n->in[0] ? t : ex_like(x, n, under);
}

uint32_t both_masks(expansion *x, uint32_t a, uint32_t b) {
    uint32_t in[2] = {a, b};
    if (a == NO_INDEX || b == NO_INDEX) return a == NO_INDEX ? b : a;
    bool mixed = ex_tensor(x, a)->type != ex_tensor(x, b)->type;
    for (int k = 0; k < 2; k++) {
        if (mixed && ex_tensor(x, in[k])->type != ELEM_REAL) {
            ex_int(x, "to", ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT);
            in[k] = EX(x, "Cast", in[k]);
        }
        /* as a mask that is constant by itself (lower/exponent); its interval is [0, 1] */
        if (ex_tensor(x, in[k])->constant && ex_tensor(x, in[k])->type == ELEM_REAL) in[k] = ex_open(x, in[k]);
    }
    return EX(x, "Add", in[0], in[1]);
}

/* 1 where t is far below 0, given that t is nowhere but there or at 0; NO_INDEX when it is not such a tensor. */
static uint32_t mask_of(expansion *x, uint32_t t, int depth) {
    double v;
    const gnode *n = graph_source(x->g, t);
    if (x->status != TACIT_OK || ex_tensor(x, t)->type != ELEM_REAL) return NO_INDEX;
    if (ex_tensor(x, t)->constant) return all_elements(x, t, true, true) ? constant_mask(x, t) : NO_INDEX;
    if (!n || depth > 12) return NO_INDEX;
    if (node_is(n, "Where") && all_elements(x, n->in[1], false, true) && all_elements(x, n->in[2], true, false))
        return fit(x, n->in[0], t);
    if (node_is(n, "Where") && all_elements(x, n->in[2], false, true) && all_elements(x, n->in[1], true, false))
        return fit(x, opposite(x, n->in[0]), t);
    if (node_is(n, "Mul")) {
        for (uint32_t k = 0; k < 2; k++) {
            if (!number(x, n->in[k], &v)) continue;
            if (v <= FAR) return fit(x, narrow(x, n->in[1 - k]), t);
            if (v >= 1) return mask_of(x, n->in[1 - k], depth + 1); /* as far as before */
        }
    }
    if (node_is(n, "Add")) {
        uint32_t a = mask_of(x, n->in[0], depth + 1), b = a == NO_INDEX ? a : mask_of(x, n->in[1], depth + 1);
        return b == NO_INDEX ? b : both_masks(x, a, b);
    }
    const bool cast = node_is(n, "Cast");
    if (!cast && !moves_only(n)) return NO_INDEX;
    uint32_t under = mask_of(x, n->in[0], depth + 1);
    return under == NO_INDEX || cast ? under : ex_like(x, n, under);
}

/* t = v times input k of the node that makes it, v a positive number. */
static bool scaled(const expansion *x, uint32_t t, uint32_t *k, double *v) {
    const gnode *n = graph_source(x->g, t);
    bool divided = node_is(n, "Div");
    if ((!divided && !node_is(n, "Mul")) || n->in_count != 2) return false;
    for (*k = 0; *k < (divided ? 1 : 2); (*k)++) {
        if (!number(x, n->in[1 - *k], v) || !(*v > 0) || !isfinite(*v) || !same_shape(x, n->in[*k], t)) continue;
        *v = divided ? 1 / *v : *v;
        return ex_tensor(x, t)->type == ELEM_REAL;
    }
    return false;
}

/* t without its factors of one positive number, perhaps under moves; `factor` is multiplied by them. */
static uint32_t unscaled(expansion *x, uint32_t t, double *factor) {
    const gnode *n = graph_source(x->g, t);
    uint32_t k;
    double v;
    if (scaled(x, t, &k, &v)) {
        *factor *= v;
        return unscaled(x, n->in[k], factor);
    }
    if (!moves_only(n)) return t;
    uint32_t under = unscaled(x, n->in[0], factor);
    return under == n->in[0] ? t : ex_like(x, n, under);
}

/* Scores t of scaled queries and keys: the product of what was scaled, and both factors; NO_INDEX if nothing was. */
static uint32_t bare_scores(expansion *x, uint32_t t, double *factor) {
    const gnode *n = graph_source(x->g, t);
    if (!node_is(n, "MatMul")) return NO_INDEX;
    uint32_t a = unscaled(x, n->in[0], factor), b = unscaled(x, n->in[1], factor);
    return a == n->in[0] && b == n->in[1] ? NO_INDEX : EX(x, "MatMul", a, b);
}

/* factor * scores + a: the factor in the coefficients of the sum. */
static uint32_t biased(expansion *x, uint32_t scores, double factor, uint32_t a) {
    return EX(x, "Add", factor == 1 ? scores : EX(x, "Mul", scores, ex_open(x, ex_real(x, factor))), a);
}

/* u = a where it stays, far where `mask` is 1 (Where; or a constant with far elements): a and the mask. False if it is
 * no such tensor. */
static bool split_mask(expansion *x, uint32_t u, uint32_t *a, uint32_t *mask) {
    const gnode *n = graph_source(x->g, u);
    for (uint32_t k = 1; node_is(n, "Where") && k < 3; k++) {
        if (!all_elements(x, n->in[k], false, true)) continue;
        *mask = fit(x, k == 1 ? n->in[0] : opposite(x, n->in[0]), u);
        *a = n->in[3 - k];
        return true;
    }
    const shape s = *ex_shape(x, u);
    uint64_t count = ex_tensor(x, u)->constant && ex_tensor(x, u)->type == ELEM_REAL ? shape_count(&s) : 0, far = 0;
    double *v = ex_new_reals(x, count);
    for (uint64_t i = 0; v && i < count; i++) {
        bool gone = ex_tensor(x, u)->real[i] <= FAR;
        v[i] = gone ? 0 : ex_tensor(x, u)->real[i];
        far += gone;
    }
    if (!v || far == 0 || far == count) return false;
    *mask = constant_mask(x, u);
    *a = ex_reals(x, &s, v);
    return true;
}

/* scores + u, u as above. */
static bool peel_addend(expansion *x, masked_input *m) {
    const gnode *n = graph_source(x->g, m->rest);
    uint32_t a, mask;
    for (uint32_t k = 0; node_is(n, "Add") && k < 2; k++) {
        if (!same_shape(x, n->in[1 - k], m->rest) || !split_mask(x, n->in[k], &a, &mask)) continue;
        uint32_t both = both_masks(x, m->mask, mask);
        if (both == NO_INDEX) return false;
        m->mask = both;
        double factor = 1;
        uint32_t bare = bare_scores(x, n->in[1 - k], &factor);
        m->rest = biased(x, bare == NO_INDEX ? n->in[1 - k] : bare, factor, a);
        return true;
    }
    return false;
}

/* Where something is added to scores, factors of queries and keys cannot go on into the exponentials' table
 * (compile/factors): they go into the sum. */
static void peel_factors(expansion *x, masked_input *m) {
    const gnode *n = graph_source(x->g, m->rest);
    double factor = 1;
    for (uint32_t k = 0; node_is(n, "Add") && k < 2; k++) {
        uint32_t bare = same_shape(x, n->in[k], m->rest) ? bare_scores(x, n->in[k], &factor) : NO_INDEX;
        if (bare == NO_INDEX) continue;
        m->rest = biased(x, bare, factor, n->in[1 - k]);
        return;
    }
}

/* One layer of t taken off; false when there is none. */
static bool peel(expansion *x, masked_input *m, const shape *full) {
    const gnode *n = graph_source(x->g, m->rest);
    double v;
    if (!n || n->in_count < 2) return false;
    for (uint32_t k = 0; node_is(n, "Add") && k < 2; k++) {
        if (!all_elements(x, n->in[k], true, false) || !same_shape(x, n->in[1 - k], m->rest)) continue;
        m->rest = n->in[1 - k]; /* a mask of no padding */
        return true;
    }
    if (node_is(n, "Add")) {
        for (uint32_t k = 0; k < 2; k++) {
            uint32_t found = same_shape(x, n->in[1 - k], m->rest) ? mask_of(x, n->in[k], 0) : NO_INDEX;
            uint32_t both = found == NO_INDEX ? found : both_masks(x, m->mask, found);
            if (both == NO_INDEX) continue;
            m->mask = both, m->rest = n->in[1 - k];
            return true;
        }
    }
    if (node_is(n, "Where")) {
        for (uint32_t k = 1; k < 3; k++) {
            if (!all_elements(x, n->in[k], false, true) || !same_shape(x, n->in[3 - k], m->rest)) continue;
            uint32_t both = both_masks(x, m->mask, k == 1 ? n->in[0] : opposite(x, n->in[0]));
            if (both == NO_INDEX) continue;
            m->mask = both, m->rest = n->in[3 - k];
            return true;
        }
    }
    uint32_t k;
    if (!scaled(x, m->rest, &k, &v) || !shape_equal(ex_shape(x, m->rest), full)) return false;
    m->factor *= v;
    m->rest = n->in[k];
    return true;
}

masked_input masked_match(expansion *x, uint32_t t) {
    masked_input m = {.rest = t, .mask = NO_INDEX, .factor = 1};
    const shape full = *ex_shape(x, t);
    while (x->status == TACIT_OK && peel(x, &m, &full)) continue;
    if (!peel_addend(x, &m)) peel_factors(x, &m);
    if (m.mask != NO_INDEX && ex_shape(x, m.mask)->rank > full.rank) return (masked_input){t, NO_INDEX, 1};
    return m;
}

uint32_t far_mask(expansion *x, uint32_t t) {
    return mask_of(x, t, 0);
}
