/* Which leaf: v_i = [the leaf is right of split i], descending within a tree. With r_i = 1 when split i sends right,
 * s = v of the split before the subtree of i (1 if it is the tree's first), e = v of the one after it (0 ..):
 *     s - v_i = 1: the leaf is in the left subtree;  v_i - e = 1: in the right one
 *     sum_i (s - v_i) r_i + (v_i - e) (1 - r_i) = 0
 * All terms are 0 or 1, so no split on the path is left on the wrong side. One constraint for all trees. */
#include "compile/lower/trees.h"
#include "compile/lower/bins.h"
#include "compile/lower/bits.h"
#include "compile/lower/views.h"
#include "compile/quantise.h"
#include <math.h>

enum { X, FEATURE, MODE, VALUE, FIRST, END };

typedef struct forest {
    uint32_t batch, n, trees;
    const int64_t *feature, *mode, *first, *end;
    const double *value;
    uint32_t *begin;  /* [n]: first split of the tree that split i is of */
    uint32_t *length; /* [trees] */
} forest;

/* Where each split's tree begins; false when the subtrees are no trees. */
static bool find_trees(forest *q) {
    for (uint32_t a = 0; a < q->n; a += q->length[q->trees++]) {
        uint32_t b = a;
        for (uint32_t i = a; i < q->n && i == b && q->first[i] == a; i = b) {
            if (q->end[i] <= i || q->end[i] > q->n) return false;
            b = (uint32_t)q->end[i];
        }
        if (b == a) return false;
        for (uint32_t i = a; i < b; i++) {
            if (q->first[i] < a || q->first[i] > i || q->end[i] <= i || q->end[i] > b) return false;
            q->begin[i] = a;
        }
        q->length[q->trees] = b - a;
    }
    return true;
}

static tacit_status read(const graph *g, const gnode *n, arena *a, forest *q, tacit_error *err) {
    const gtensor *x = node_in(g, n, X), *values = node_in(g, n, VALUE);
    *q = (forest){.batch = x->shape.dim[0], .n = (uint32_t)shape_count(&values->shape), .value = values->real};
    for (uint32_t i = FEATURE; i <= END; i++) {
        const gtensor *t = node_in(g, n, i);
        if (!t->constant || shape_count(&t->shape) != q->n || (t->type == ELEM_REAL) != (i == VALUE))
            return fail(err, TACIT_INTERNAL, "trees without their lists");
    }
    q->feature = node_in(g, n, FEATURE)->whole, q->mode = node_in(g, n, MODE)->whole;
    q->first = node_in(g, n, FIRST)->whole, q->end = node_in(g, n, END)->whole;
    if (x->shape.rank != 2 || q->n == 0) return misshapen(n, "needs a matrix of features", err);
    for (uint32_t i = 0; i < q->n; i++) {
        if (q->feature[i] < 0 || q->feature[i] >= x->shape.dim[1]) return misshapen(n, "a feature out of range", err);
    }
    q->begin = ARENA_ZNEW(a, uint32_t, q->n + 1);
    q->length = ARENA_ZNEW(a, uint32_t, q->n + 1);
    if (!q->begin || !q->length) return fail(err, TACIT_RESOURCES, "no memory for trees");
    return find_trees(q) ? TACIT_OK : fail(err, TACIT_INTERNAL, "trees whose splits are not in order");
}

tacit_status trees_infer(graph *g, gnode *n, tacit_error *err) {
    forest q;
    TRY(read(g, n, g->a, &q, err));
    const shape s = {.rank = 2, .dim = {q.batch, q.n}};
    set_output_boolean(g, n, &s);
    return TACIT_OK;
}

/* ---- floats */
static bool right(const forest *q, uint32_t i, double x) {
    return q->mode[i] == SPLIT_GREATER    ? x > q->value[i]
           : q->mode[i] == SPLIT_AT_LEAST ? x >= q->value[i]
                                          : x == q->value[i];
}

static void walk(const frame *f, const gnode *n, const forest *q, uint64_t row, uint32_t a, uint32_t b, int64_t *v) {
    uint32_t columns = node_in(f->g, n, X)->shape.dim[1];
    while (a < b) {
        uint32_t at = a;
        while (at + 1 < b && (q->first[at] != a || q->end[at] != b)) at++;
        bool r = right(q, at, frame_number(f, n->in[X], row * columns + (uint64_t)q->feature[at]));
        for (uint32_t i = r ? a : at; i < (r ? at + 1 : b); i++) v[i] = r;
        if (r)
            a = at + 1;
        else
            b = at;
    }
}

tacit_status trees_eval(frame *f, const gnode *n, tacit_error *err) {
    forest q;
    TRY(read(f->g, n, f->scratch, &q, err));
    for (uint64_t row = 0; row < q.batch; row++) {
        uint32_t a = 0;
        for (uint32_t t = 0; t < q.trees; a += q.length[t++])
            walk(f, n, &q, row, a, a + q.length[t], f->whole[n->out[0]] + row * q.n);
    }
    return TACIT_OK;
}

/* ---- relations */
/* The integer with x > at for x > value, or x >= value, at this scale. Of reals, x = value is decided as it is (its
 * integer is round(value 2^scale)), and whatever is a step away. At scales up to 0 reals are most likely integers:
 * these are decided rightly. */
static double place_of(const forest *q, uint32_t split, int32_t scale, bool whole) {
    const double v = ldexp(q->value[split], scale);
    const bool greater = q->mode[split] == SPLIT_GREATER;
    if (q->mode[split] == SPLIT_EQUAL) return round(v);
    if (whole || scale <= 0) return greater ? floor(v) : ceil(v) - 1;
    return greater ? round(v) : round(v) - 1;
}

/* EQUAL has two thresholds: x > at - 1, and x > at. */
static tacit_status make_thresholds(lowering *l, const forest *q, const value *x, bool whole, threshold **out,
                                    uint32_t *count, tacit_error *err) {
    threshold *t = ARENA_NEW(l->a, threshold, 2 * (size_t)q->n + 1);
    if (!t) return fail(err, TACIT_RESOURCES, "no memory for thresholds");
    *count = 0;
    for (uint32_t i = 0; i < 2 * q->n; i++) {
        uint32_t k = i < q->n ? i : i - q->n;
        double at = place_of(q, k, x->scale, whole);
        if (q->mode[k] == SPLIT_EQUAL && i < q->n) at -= 1;
        if (i >= q->n && q->mode[k] != SPLIT_EQUAL) continue;
        at = fmin(fmax(at, (double)x->lo - 1), (double)x->hi);
        t[(*count)++] = (threshold){.feature = (uint32_t)q->feature[k], .at = (int64_t)at};
    }
    *out = t;
    return TACIT_OK;
}

/* [B, n] of a [B, ..] tensor by a map of its last axis. */
static tacit_status mapped(lowering *l, const forest *q, uint32_t id, const int32_t *places, uint32_t *out,
                           tacit_error *err) {
    view_draft d;
    draft_start(&d, 2);
    draft_same(&d, 0, 0, q->batch);
    d.shape.dim[1] = q->n;
    int32_t *map = draft_map(l, &d, 1, 1, 1, 1);
    for (uint32_t i = 0; map && i < q->n; i++) map[i] = places[i];
    return draft_make(l, &d, id, out, err);
}

/* r: x > threshold; of EQUAL, x > at - 1 and not x > at. */
static tacit_status directions(lowering *l, const char *name, const forest *q, const threshold *t, uint32_t bits,
                               uint32_t *out, tacit_error *err) {
    int32_t *first = ARENA_NEW(l->a, int32_t, q->n), *second = ARENA_NEW(l->a, int32_t, q->n);
    linear_term terms[2] = {{1, 0}, {-1, 0}};
    uint32_t more = 0;
    const shape s = {.rank = 2, .dim = {q->batch, q->n}};
    if (!first || !second) return fail(err, TACIT_RESOURCES, "no memory for trees");
    for (uint32_t i = 0; i < q->n; i++) {
        first[i] = (int32_t)t[i].place;
        second[i] = q->mode[i] == SPLIT_EQUAL ? (int32_t)t[q->n + more++].place : -1;
    }
    TRY(mapped(l, q, bits, first, &terms[0].tensor, err));
    if (more > 0) TRY(mapped(l, q, bits, second, &terms[1].tensor, err));
    *out = builder_linear(l->b, lower_name(l, name, ".right"), &s, terms, more > 0 ? 2 : 1, 0);
    return TACIT_OK;
}

/* s, e and where s is 1 without being a split's. */
static tacit_status neighbours(lowering *l, const char *name, const forest *q, uint32_t v, uint32_t *s, uint32_t *e,
                               uint32_t *one, tacit_error *err) {
    int32_t *before = ARENA_NEW(l->a, int32_t, q->n), *after = ARENA_NEW(l->a, int32_t, q->n);
    int64_t *none = ARENA_NEW(l->a, int64_t, q->n);
    const shape all = {.rank = 2, .dim = {q->batch, q->n}}, row = {.rank = 1, .dim = {q->n}};
    if (!before || !after || !none) return fail(err, TACIT_RESOURCES, "no memory for trees");
    for (uint32_t i = 0, t = 0, end = 0; i < q->n; i++) {
        if (i == end) end += q->length[t++];
        before[i] = q->first[i] > q->begin[i] ? (int32_t)q->first[i] - 1 : -1;
        after[i] = q->end[i] < end ? (int32_t)q->end[i] : -1;
        none[i] = before[i] < 0;
    }
    TRY(mapped(l, q, v, before, s, err));
    TRY(mapped(l, q, v, after, e, err));
    *one = builder_constant(l->b, lower_name(l, name, ".outer"), &row, none);
    return view_broadcast(l, *one, &all, one, err);
}

static tacit_status descend(lowering *l, const char *name, const forest *q, uint32_t r, uint32_t v, tacit_error *err) {
    uint32_t s, e, one;
    const shape all = {.rank = 2, .dim = {q->batch, q->n}}, row = {.rank = 1, .dim = {q->n}},
                samples = {.rank = 1, .dim = {q->batch}};
    TRY(neighbours(l, name, q, v, &s, &e, &one, err));
    const linear_term turn[4] = {{1, s}, {1, one}, {-2, v}, {1, e}}, stay[2] = {{1, v}, {-1, e}};
    const product products[2] = {{.coef = 1,
                                  .a = builder_linear(l->b, lower_name(l, name, ".turn"), &all, turn, 4, 0),
                                  .b = r,
                                  .a_label = {0, 1},
                                  .b_label = {0, 1}},
                                 {.coef = 1,
                                  .a = builder_linear(l->b, lower_name(l, name, ".stay"), &all, stay, 2, 0),
                                  .b = builder_fill(l->b, lower_name(l, name, ".ones"), &row, 1),
                                  .a_label = {0, 1},
                                  .b_label = {1}}};
    uint32_t c = builder_constraint(l->b, lower_name(l, name, ".path"), &samples, products, 2, NULL, 0, 0);
    advice go = advice_of(ADVICE_TREE, c, v);
    go.rem = r;
    go.r_low = builder_constant(l->b, lower_name(l, name, ".first"), &row, q->first);
    go.r_high = builder_constant(l->b, lower_name(l, name, ".end"), &row, q->end);
    builder_advice(l->b, &go);
    return TACIT_OK;
}

tacit_status trees_lower(lowering *l, const gnode *n, tacit_error *err) {
    forest q;
    value x;
    threshold *t = NULL;
    uint32_t count = 0, bits = 0, r = 0;
    const char *name = tensor_name(l, n->out[0]);
    TRY(read(l->g, n, l->a, &q, err));
    TRY(lower_operand(l, n->in[X], &x, err));
    TRY(make_thresholds(l, &q, &x, node_in(l->g, n, X)->type == ELEM_WHOLE, &t, &count, err));
    TRY(lower_bins(l, name, &x, t, count, &bits, err));
    TRY(directions(l, name, &q, t, bits, &r, err));
    const shape s = {.rank = 2, .dim = {q.batch, q.n}};
    value v = {.id = builder_committed(l->b, lower_name(l, name, ""), &s), .lo = 0, .hi = 1};
    TRY(bits_lookup_parts(l, name, v.id, q.length, q.trees, err));
    TRY(descend(l, name, &q, r, v.id, err));
    return lower_set_value(l, n->out[0], &v, err);
}
