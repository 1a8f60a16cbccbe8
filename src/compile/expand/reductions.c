#include "compile/expand/reductions.h"
#include "compile/expand/moves.h"
#include "compile/expand/norms.h"
#include "compile/lower/axes.h"
#include "compile/lower/reduce.h"
#include "compile/onnx/attribute.h"
#include <string.h>

/* `op` of t over the operator's axes; a reduction of nothing is t. */
static uint32_t reduce(expansion *x, const char *op, uint32_t t, const reduction *r, bool keep) {
    int64_t axes[MAX_RANK];
    uint32_t count = 0;
    for (uint32_t k = 0; k < MAX_RANK; k++) {
        if (r->over[k]) axes[count++] = k;
    }
    if (count == 0) return t;
    ex_ints(x, "axes", count, axes);
    ex_int(x, "keepdims", keep);
    return EX(x, op, t);
}

/* As the operator says. */
static uint32_t reduce_as(expansion *x, const char *op, uint32_t t, const reduction *r) {
    return reduce(x, op, t, r, r->out.rank == ex_shape(x, x->n.in[0])->rank);
}

static tacit_status read(expansion *x, reduction *r, bool whole_too, tacit_error *err) {
    TRY(reduction_read(x->g, &x->n, r, err));
    if (r->count == 0) return misshapen(&x->n, "its input is empty", err);
    if (!whole_too && ex_tensor(x, x->n.in[0])->type != ELEM_REAL) return unsupported(&x->n, "on integers", err);
    return TACIT_OK;
}

tacit_status reduce_mean_expand(expansion *x, const gnode *n, tacit_error *err) {
    reduction r;
    TRY(read(x, &r, false, err));
    uint32_t t = reduce_as(x, "ReduceSum", n->in[0], &r);
    if (r.count > 1) t = EX(x, "Mul", t, ex_open(x, ex_real(x, 1 / (double)r.count)));
    ex_result(x, 0, t);
    return x->status;
}

/* log(sum exp x) = m + log(sum exp(x - m)), m the maximum: no exponential is above 1, no logarithm below 0. */
static uint32_t log_sum_exp(expansion *x, uint32_t t, const reduction *r) {
    uint32_t m = reduce(x, "ReduceMax", t, r, true), e = EX(x, "Exp", EX(x, "Sub", t, m));
    uint32_t log = EX(x, "Log", reduce(x, "ReduceSum", e, r, true)), y = EX(x, "Add", m, log);
    if (r->out.rank == ex_shape(x, t)->rank) return y;
    int64_t axes[MAX_RANK];
    uint32_t count = 0;
    for (uint32_t k = 0; k < MAX_RANK; k++) {
        if (r->over[k]) axes[count++] = k;
    }
    return EX(x, "Squeeze", y, ex_list(x, count, axes));
}

/* The root of the sum of squares, exact to the integers (lower/rows.h); of one number its absolute value. */
static uint32_t root_of_squares(expansion *x, uint32_t t, const reduction *r) {
    row_axes rows;
    int64_t dim[MAX_RANK];
    if (r->axes == 0) return EX(x, "Abs", t);
    row_axes_take(&rows, ex_shape(x, t), r->over);
    for (uint32_t k = 0; k < r->out.rank; k++) dim[k] = r->out.dim[k];
    return EX(x, "Reshape", EX(x, "RowNorm", rows_of(x, &rows, t)), ex_list(x, r->out.rank, dim));
}

tacit_status reduce_composed_expand(expansion *x, const gnode *n, tacit_error *err) {
    const char *what = n->op + strlen("Reduce");
    reduction r;
    bool square = strcmp(what, "SumSquare") == 0, two = strcmp(what, "L2") == 0, one = strcmp(what, "L1") == 0;
    TRY(read(x, &r, square || one, err));
    uint32_t t = n->in[0];
    if (strcmp(what, "LogSumExp") == 0) {
        ex_result(x, 0, log_sum_exp(x, t, &r));
        return x->status;
    }
    if (two) {
        ex_result(x, 0, root_of_squares(x, t, &r));
        return x->status;
    }
    if (one) t = EX(x, "Abs", t);
    if (square) t = EX(x, "Mul", t, t);
    t = reduce_as(x, "ReduceSum", t, &r);
    if (strcmp(what, "LogSum") == 0) t = EX(x, "Log", t);
    ex_result(x, 0, t);
    return x->status;
}

/* ---- ReduceProd: halves of an axis times each other. */
tacit_status reduce_prod_expand(expansion *x, const gnode *n, tacit_error *err) {
    reduction r;
    TRY(read(x, &r, true, err));
    uint32_t t = n->in[0];
    for (uint32_t k = 0; k < ex_shape(x, n->in[0])->rank; k++) {
        for (uint32_t size = ex_shape(x, t)->dim[k]; r.over[k] && size > 1 && x->status == TACIT_OK;) {
            uint32_t h = size / 2, odd = size % 2;
            uint32_t last = odd ? ex_range(x, t, k, size - 1, 1, 1) : NO_INDEX;
            t = EX(x, "Mul", ex_range(x, t, k, 0, 1, h), ex_range(x, t, k, h, 1, h));
            if (odd) ex_int(x, "axis", k), t = EX(x, "Concat", t, last);
            size = h + odd;
        }
    }
    int64_t dim[MAX_RANK];
    for (uint32_t k = 0; k < r.out.rank; k++) dim[k] = r.out.dim[k];
    if (!shape_equal(&r.out, ex_shape(x, t))) t = EX(x, "Reshape", t, ex_list(x, r.out.rank, dim));
    ex_result(x, 0, t);
    return x->status;
}

/* ---- global pools: all axes behind the channels */
tacit_status global_pool_expand(expansion *x, const gnode *n, tacit_error *err) {
    const shape *s = ex_shape(x, n->in[0]);
    int64_t p, axes[MAX_RANK];
    TRY(attribute_int(n, "p", 2, &p, err));
    if (s->rank < 3) return misshapen(n, "needs spatial axes", err);
    if (p != 1 && p != 2) return unsupported(n, "p other than 1 and 2", err);
    for (uint32_t k = 2; k < s->rank; k++) axes[k - 2] = k;
    ex_ints(x, "axes", s->rank - 2, axes);
    ex_int(x, "keepdims", 1);
    const char *op = strcmp(n->op, "GlobalMaxPool") == 0 ? "ReduceMax" : p == 1 ? "ReduceL1" : "ReduceL2";
    ex_result(x, 0, EX(x, op, n->in[0]));
    return x->status;
}

/* ---- CumSum: a product with a public triangular matrix; long axes in blocks, whose totals are summed likewise. */
enum { CUMSUM_BLOCK = 512 };

/* x (axis `axis` of length n) times ones where the places j may read i. */
static uint32_t triangle(expansion *x, uint32_t t, uint32_t axis, bool exclusive, bool reverse) {
    const shape *s = ex_shape(x, t);
    const uint32_t n = s->dim[axis], rank = s->rank;
    const bool real = ex_tensor(x, t)->type == ELEM_REAL;
    const shape m = {.rank = 2, .dim = {n, n}};
    int64_t a_label[MAX_RANK], *whole = real ? NULL : ex_new_wholes(x, (uint64_t)n * n);
    double *reals = real ? ex_new_reals(x, (uint64_t)n * n) : NULL;
    if (!whole && !reals) return NO_INDEX;
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t j = 0; j < n; j++) {
            bool reads = reverse ? i > j : i < j;
            if (!reads && (i != j || exclusive)) continue;
            if (real)
                reals[(uint64_t)i * n + j] = 1;
            else
                whole[(uint64_t)i * n + j] = 1;
        }
    }
    for (uint32_t k = 0; k < rank; k++) a_label[k] = k == axis ? rank : k;
    uint32_t ones = ex_open(x, real ? ex_reals(x, &m, reals) : ex_wholes(x, &m, whole));
    ex_ints(x, "a_label", rank, a_label);
    ex_ints(x, "b_label", 2, (int64_t[]){rank, axis});
    ex_int(x, "rank", rank);
    return EX(x, "Contract", t, ones);
}

static uint32_t cumsum(expansion *x, uint32_t t, uint32_t axis, bool exclusive, bool reverse) {
    const shape s = *ex_shape(x, t);
    const uint32_t n = s.dim[axis], blocks = (n + CUMSUM_BLOCK - 1) / CUMSUM_BLOCK;
    if (n <= CUMSUM_BLOCK || s.rank == MAX_RANK || x->status != TACIT_OK)
        return triangle(x, t, axis, exclusive, reverse);
    int64_t dim[MAX_RANK + 1], *map = ex_new_wholes(x, (uint64_t)blocks * CUMSUM_BLOCK);
    for (uint32_t i = 0; map && i < blocks * CUMSUM_BLOCK; i++) map[i] = i < n ? (int64_t)i : -1;
    if (!map) return NO_INDEX;
    uint32_t cut = ex_pick(x, t, axis, 1, &(shape){.rank = 2, .dim = {blocks, CUMSUM_BLOCK}}, map);
    ex_ints(x, "axes", 1, (int64_t[]){axis + 1});
    ex_int(x, "keepdims", 1);
    uint32_t before = cumsum(x, EX(x, "ReduceSum", cut), axis, true, reverse);
    uint32_t y = EX(x, "Add", triangle(x, cut, axis + 1, exclusive, reverse), before);
    for (uint32_t k = 0; k < s.rank; k++) dim[k] = k == axis ? blocks * CUMSUM_BLOCK : s.dim[k];
    uint32_t to = ex_list(x, s.rank, dim);
    ex_int(x, "allowzero", 1);
    return ex_range(x, EX(x, "Reshape", y, to), axis, 0, 1, n);
}

tacit_status cumsum_expand(expansion *x, const gnode *n, tacit_error *err) {
    int64_t axis = 0, exclusive, reverse;
    bool given;
    uint32_t k;
    TRY(attribute_int(n, "exclusive", 0, &exclusive, err));
    TRY(attribute_int(n, "reverse", 0, &reverse, err));
    if (ex_read(x, "", 1, &axis, 1, &given) != 1) return x->status != TACIT_OK ? x->status : misshapen(n, "axis", err);
    TRY(axis_normal(n, axis, ex_shape(x, n->in[0])->rank, &k, err));
    ex_result(x, 0, cumsum(x, n->in[0], k, exclusive != 0, reverse != 0));
    return x->status;
}
