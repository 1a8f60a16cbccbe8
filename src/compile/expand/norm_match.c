/* compile/expand/norm_match: norms as exporters decompose them, found from their last node backwards.
 *
 *     (t - mean(t)) / root      root = sqrt(mean(c c) + epsilon), c = t - mean(t)     centred
 *     t / root                  root = sqrt(mean(t t) + epsilon)                      root mean square
 *     t / max(norm(t), epsilon)                                                      length
 *
 * with Div, or Mul by Reciprocal, by Pow(.., -1/2) or by 1 / .. ; c c as Pow(c, 2) or Mul(c, c). */
#include "compile/expand/norms.h"
#include "compile/lower/axes.h"
#include "compile/onnx/attribute.h"
#include <math.h>
#include <string.h>

static const gnode *source(const expansion *x, uint32_t t) {
    const gnode *n = graph_source(x->g, t);
    return node_is(n, "Identity") || node_is(n, "Cast") ? source(x, n->in[0]) : n;
}

/* The tensor behind Identity and Cast. */
static uint32_t origin(const expansion *x, uint32_t t) {
    const gnode *n = graph_source(x->g, t);
    bool same = node_is(n, "Identity") || (node_is(n, "Cast") && ex_tensor(x, n->in[0])->type == ELEM_REAL);
    return same ? origin(x, n->in[0]) : t;
}

static bool number(const expansion *x, uint32_t t, double *v) {
    const gtensor *k = ex_tensor(x, t);
    if (t == NO_INDEX || !k->constant || k->type != ELEM_REAL || shape_count(&k->shape) != 1) return false;
    *v = k->real[0];
    return true;
}

/* A reduction that keeps its axes. */
static bool reduces(const expansion *x, const gnode *n, const char *op, bool over[MAX_RANK], uint32_t *of) {
    int64_t axes[MAX_RANK], keep;
    uint32_t count;
    bool given;
    tacit_error ignored = {0};
    if (!node_is(n, op) || attribute_int(n, "keepdims", 1, &keep, &ignored) != TACIT_OK || !keep) return false;
    if (axes_read(x->g, n, "axes", 1, axes, &count, &given, &ignored) != TACIT_OK || count == 0) return false;
    const shape *s = ex_shape(x, n->in[0]);
    memset(over, 0, MAX_RANK * sizeof *over);
    for (uint32_t k = 0; k < count; k++) {
        uint32_t axis;
        if (axis_normal(n, axes[k], s->rank, &axis, &ignored) != TACIT_OK) return false;
        over[axis] = true;
    }
    *of = origin(x, n->in[0]);
    return true;
}

static bool same_axes(const bool a[MAX_RANK], const bool b[MAX_RANK]) {
    return memcmp(a, b, MAX_RANK * sizeof *a) == 0;
}

/* d = t - mean(t). */
static bool centred(const expansion *x, uint32_t d, const bool over[MAX_RANK], uint32_t *t) {
    const gnode *n = source(x, d);
    bool axes[MAX_RANK];
    uint32_t of;
    if (!node_is(n, "Sub") || !reduces(x, source(x, n->in[1]), "ReduceMean", axes, &of)) return false;
    *t = origin(x, n->in[0]);
    return of == *t && same_axes(axes, over);
}

/* squares = c c. */
static bool square(const expansion *x, uint32_t squares, uint32_t *c) {
    const gnode *n = source(x, squares);
    double v;
    if (node_is(n, "Pow") && number(x, n->in[1], &v) && v == 2) {
        *c = origin(x, n->in[0]);
        return true;
    }
    if (!node_is(n, "Mul") || origin(x, n->in[0]) != origin(x, n->in[1])) return false;
    *c = origin(x, n->in[0]);
    return true;
}

typedef struct root {
    uint32_t of; /* c */
    bool over[MAX_RANK], length;
    double epsilon;
} root;

/* v = mean(c c) + epsilon. */
static bool mean_square(const expansion *x, uint32_t v, root *r) {
    const gnode *n = source(x, v);
    uint32_t squares;
    r->epsilon = 0;
    for (uint32_t k = 0; node_is(n, "Add") && k < 2; k++) {
        if (!number(x, n->in[k], &r->epsilon)) continue;
        n = source(x, n->in[1 - k]);
        break;
    }
    return r->epsilon >= 0 && reduces(x, n, "ReduceMean", r->over, &squares) && square(x, squares, &r->of);
}

static bool is_root(const expansion *x, uint32_t t, root *r) {
    const gnode *n = source(x, t);
    double v;
    if (node_is(n, "Sqrt")) return mean_square(x, n->in[0], r);
    return node_is(n, "Pow") && number(x, n->in[1], &v) && v == 0.5 && mean_square(x, n->in[0], r);
}

static bool is_inverse_root(const expansion *x, uint32_t t, root *r) {
    const gnode *n = source(x, t);
    double v;
    if (node_is(n, "Reciprocal")) return is_root(x, n->in[0], r);
    if (node_is(n, "Div") && number(x, n->in[0], &v) && v == 1) return is_root(x, n->in[1], r);
    return node_is(n, "Pow") && number(x, n->in[1], &v) && v == -0.5 && mean_square(x, n->in[0], r);
}

/* t is the length of r->of, at least epsilon, perhaps broadcast. */
static bool is_length(const expansion *x, uint32_t t, root *r) {
    const gnode *n = source(x, t);
    double v;
    r->length = true, r->epsilon = 0;
    if (node_is(n, "Expand")) n = source(x, n->in[0]);
    if ((node_is(n, "Clip") && !node_has_input(n, 2)) || node_is(n, "Max")) {
        bool given = n->in_count > 1 && number(x, n->in[1], &v);
        tacit_error ignored = {0};
        if (!given && attribute_real(n, "min", 0, &v, &ignored) != TACIT_OK) return false;
        if (v < 0 || v > 1e-3 || attribute_has(n, "max")) return false;
        r->epsilon = v;
        n = source(x, n->in[0]);
    }
    return reduces(x, n, "ReduceL2", r->over, &r->of);
}

static bool emit(expansion *x, uint32_t numerator, const root *r) {
    uint32_t t, d = origin(x, numerator), inner;
    bool centre = centred(x, d, r->over, &t);
    if (centre && r->of != d && !(centred(x, r->of, r->over, &inner) && inner == t)) return false;
    if (!centre && r->of != d) return false;
    if (!centre) t = d;
    if (ex_tensor(x, t)->constant || ex_tensor(x, t)->type != ELEM_REAL) return false;
    if (!shape_equal(ex_shape(x, t), ex_shape(x, numerator))) return false;
    ex_result(x, 0, normalised(x, t, r->over, centre, r->epsilon));
    return true;
}

static bool emit_length(expansion *x, uint32_t numerator, const root *r) {
    const shape s = *ex_shape(x, numerator);
    row_axes a;
    if (origin(x, numerator) != r->of || ex_tensor(x, r->of)->constant) return false;
    row_axes_take(&a, &s, r->over);
    uint32_t rows = rows_of(x, &a, r->of);
    ex_float(x, "epsilon", r->epsilon * r->epsilon);
    uint32_t norm = EX(x, "RowNorm", rows);
    ex_result(x, 0, rows_back(x, &a, EX(x, "QuotientByRow", rows, norm)));
    return true;
}

static bool known_inputs(const expansion *x, const gnode *n) {
    for (uint32_t k = 0; k < 2; k++) {
        if (n->in_count != 2 || n->in[k] == NO_INDEX || !ex_tensor(x, n->in[k])->known) return false;
    }
    return n->out_count == 1 && n->out[0] != NO_INDEX;
}

bool norm_match(expansion *x, const gnode *n) {
    root r = {.of = NO_INDEX};
    if (!(node_is(n, "Div") || node_is(n, "Mul")) || !known_inputs(x, n)) return false;
    if (node_is(n, "Div")) {
        if (is_root(x, n->in[1], &r)) return emit(x, n->in[0], &r);
        return is_length(x, n->in[1], &r) && emit_length(x, n->in[0], &r);
    }
    for (uint32_t k = 0; k < 2; k++) {
        if (is_inverse_root(x, n->in[k], &r) && emit(x, n->in[1 - k], &r)) return true;
    }
    return false;
}
