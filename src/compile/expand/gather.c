/* Gather and Scatter families. Constant indices: views. Computed ones: one-hot rows times the data. */
#include "compile/expand/choose.h"
#include "compile/expand/moves.h"
#include "compile/lower/axes.h"
#include "compile/onnx/attribute.h"
#include <string.h>

static bool is_constant(const expansion *x, uint32_t t) {
    return ex_tensor(x, t)->constant;
}

static tacit_status check_index(const expansion *x, const gnode *n, uint32_t t, tacit_error *err) {
    return ex_tensor(x, t)->type == ELEM_WHOLE ? TACIT_OK : misshapen(n, "indices must be integers", err);
}

/* One-hot rows cost a lookup for every index and row; GatherRows a row of a table for every row and a lookup for every
 * index. */
static bool worth_a_table(uint64_t indices, uint64_t rows) {
    return indices * rows > 2 * rows + indices + 64;
}

/* table[index.., before, after], axes put back in their places. */
static tacit_status gather_table(expansion *x, uint32_t axis) {
    uint32_t rank = ex_shape(x, ex_in(x, 1))->rank, data = ex_move_axis(x, ex_in(x, 0), axis, 0), all;
    int64_t perm[MAX_RANK];
    uint32_t t = EX(x, "GatherRows", data, ex_in(x, 1));
    all = ex_shape(x, t)->rank;
    for (uint32_t k = 0; k < all; k++) perm[k] = k < axis ? rank + k : k < axis + rank ? k - axis : k;
    if (axis > 0) {
        ex_ints(x, "perm", all, perm);
        t = EX(x, "Transpose", t);
    }
    ex_result(x, 0, t);
    return x->status;
}

/* ---- Gather: out[before, index.., after] */
static tacit_status gather_computed(expansion *x, const gnode *n, uint32_t axis, tacit_error *err) {
    const shape d = *ex_shape(x, ex_in(x, 0)), s = *ex_shape(x, ex_in(x, 1));
    ex_labels q = {.rank = d.rank - 1 + s.rank, .a_count = s.rank + 1, .b_count = d.rank, .select = true};
    if (is_constant(x, ex_in(x, 0)) && q.rank <= MAX_RANK && worth_a_table(shape_count(&s), d.dim[axis]))
        return gather_table(x, axis);
    if (q.rank > MAX_RANK || q.a_count > MAX_RANK || q.rank >= MAX_LABELS)
        return unsupported(n, "more than 8 axes", err);
    for (uint32_t k = 0; k < s.rank; k++) q.a[k] = axis + k;
    q.a[s.rank] = q.rank;
    for (uint32_t k = 0; k < d.rank; k++) q.b[k] = k < axis ? k : k == axis ? q.rank : k - 1 + s.rank;
    ex_result(x, 0, ex_choice(x, ex_bits(x, ex_in(x, 1), d.dim[axis]), ex_in(x, 0), &q));
    return x->status;
}

tacit_status gather_expand(expansion *x, const gnode *n, tacit_error *err) {
    int64_t axis;
    uint32_t at;
    TRY(attribute_int(n, "axis", 0, &axis, err));
    TRY(axis_normal(n, axis, ex_shape(x, ex_in(x, 0))->rank, &at, err));
    TRY(check_index(x, n, ex_in(x, 1), err));
    if (!is_constant(x, ex_in(x, 1))) return gather_computed(x, n, at, err);
    ex_int(x, "axis", at);
    ex_result(x, 0, EX(x, "Take", ex_in(x, 0), ex_in(x, 1)));
    return x->status;
}

/* ---- maps of constant indices */
static void coords(const shape *s, uint64_t i, uint32_t *at) {
    for (uint32_t k = s->rank; k-- > 0; i /= s->dim[k]) at[k] = (uint32_t)(i % s->dim[k]);
}

static uint64_t flat(const shape *s, const uint32_t *at) {
    uint64_t i = 0;
    for (uint32_t k = 0; k < s->rank; k++) i = i * s->dim[k] + at[k];
    return i;
}

static bool normal(int64_t v, uint32_t size, uint32_t *out) {
    if (v < 0) v += size;
    *out = (uint32_t)v;
    return v >= 0 && v < size;
}

/* A view of all axes of t, -1: 0. */
static uint32_t pick(expansion *x, uint32_t t, const shape *s, const int64_t *map) {
    ex_int(x, "axis", 0);
    ex_int(x, "span", ex_shape(x, t)->rank);
    return EX(x, "Pick", t, map ? ex_wholes(x, s, map) : NO_INDEX);
}

/* ---- GatherElements */
static tacit_status elements_map(const expansion *x, const gnode *n, uint32_t axis, const shape *s, int64_t *map,
                                 tacit_error *err) {
    const shape *d = ex_shape(x, ex_in(x, 0));
    uint32_t at[MAX_RANK];
    for (uint64_t i = 0; map && i < shape_count(s); i++) {
        coords(s, i, at);
        if (!normal(ex_tensor(x, ex_in(x, 1))->whole[i], d->dim[axis], &at[axis]))
            return misshapen(n, "an index out of range", err);
        map[i] = (int64_t)flat(d, at);
    }
    return TACIT_OK;
}

/* The data's first elements along all axes but one, so that it fits the index. */
static uint32_t crop(expansion *x, uint32_t t, const shape *s, uint32_t axis) {
    const shape d = *ex_shape(x, t);
    int64_t starts[MAX_RANK] = {0}, ends[MAX_RANK];
    bool same = true;
    for (uint32_t k = 0; k < d.rank; k++) {
        ends[k] = k == axis ? d.dim[k] : s->dim[k];
        same = same && ends[k] == d.dim[k];
    }
    if (same) return t;
    return EX(x, "Slice", t, ex_list(x, d.rank, starts), ex_list(x, d.rank, ends));
}

static tacit_status elements_fit(const expansion *x, const gnode *n, uint32_t *axis, tacit_error *err) {
    const shape *d = ex_shape(x, ex_in(x, 0)), *s = ex_shape(x, ex_in(x, 1));
    int64_t a;
    TRY(attribute_int(n, "axis", 0, &a, err));
    TRY(axis_normal(n, a, d->rank, axis, err));
    TRY(check_index(x, n, ex_in(x, 1), err));
    if (s->rank != d->rank) return misshapen(n, "data and indices have different ranks", err);
    for (uint32_t k = 0; k < d->rank; k++) {
        if (k != *axis && s->dim[k] > d->dim[k]) return misshapen(n, "more indices than data along an axis", err);
    }
    return TACIT_OK;
}

tacit_status gather_elements_expand(expansion *x, const gnode *n, tacit_error *err) {
    uint32_t axis;
    if (is_constant(x, ex_in(x, 1))) return gather_elements_constant(x, n, err);
    TRY(elements_fit(x, n, &axis, err));
    const shape s = *ex_shape(x, ex_in(x, 1));
    if (s.rank == MAX_RANK) return unsupported(n, "computed indices of 8 axes", err);
    uint32_t data = crop(x, ex_in(x, 0), &s, axis);
    ex_labels q = {.rank = s.rank, .a_count = s.rank + 1, .b_count = s.rank, .select = true};
    for (uint32_t k = 0; k <= s.rank; k++) q.a[k] = k;
    for (uint32_t k = 0; k < s.rank; k++) q.b[k] = k == axis ? s.rank : k;
    ex_result(x, 0, ex_choice(x, ex_bits(x, ex_in(x, 1), ex_shape(x, data)->dim[axis]), data, &q));
    return x->status;
}

/* ---- GatherND and ScatterND: tuples of the last axis of the indices */
typedef struct tuples {
    uint32_t batch, size; /* axes shared with the data; entries of a tuple */
    uint32_t span;        /* elements that the tuples choose from */
    uint64_t batches, rows, rest;
    shape list; /* the indices without their last axis */
} tuples;

static tacit_status tuples_read(const expansion *x, const gnode *n, int64_t batch, tuples *q, tacit_error *err) {
    const shape *d = ex_shape(x, ex_in(x, 0)), *s = ex_shape(x, ex_in(x, 1));
    TRY(check_index(x, n, ex_in(x, 1), err));
    if (s->rank == 0 || d->rank == 0 || batch < 0 || batch >= s->rank || batch >= d->rank)
        return misshapen(n, "ranks of data and indices", err);
    *q = (tuples){.batch = (uint32_t)batch, .size = s->dim[s->rank - 1], .batches = 1, .rows = 1, .rest = 1};
    if (q->size == 0 || q->batch + q->size > d->rank) return misshapen(n, "tuples longer than the data's rank", err);
    uint64_t span = 1;
    q->list = *s;
    q->list.rank--;
    for (uint32_t k = 0; k < d->rank; k++) {
        if (k < q->batch && d->dim[k] != s->dim[k]) return misshapen(n, "batches differ", err);
        if (k < q->batch)
            q->batches *= d->dim[k];
        else if (k < q->batch + q->size)
            span *= d->dim[k];
        else
            q->rest *= d->dim[k];
    }
    if (span > 1 << 24) return unsupported(n, "indices into more than 2^24 elements", err);
    q->span = (uint32_t)span;
    for (uint32_t k = q->batch; k < q->list.rank; k++) q->rows *= q->list.dim[k];
    return TACIT_OK;
}

/* Constant tuples: element of the span, one for each tuple. */
static tacit_status tuple_places(const expansion *x, const gnode *n, const tuples *q, int64_t *place,
                                 tacit_error *err) {
    const shape *d = ex_shape(x, ex_in(x, 0));
    const int64_t *v = ex_tensor(x, ex_in(x, 1))->whole;
    for (uint64_t i = 0; place && i < q->batches * q->rows; i++) {
        int64_t at = 0;
        for (uint32_t k = 0; k < q->size; k++) {
            uint32_t one, dim = d->dim[q->batch + k];
            if (!normal(v[i * q->size + k], dim, &one)) return misshapen(n, "an index out of range", err);
            at = at * dim + one;
        }
        place[i] = at;
    }
    return TACIT_OK;
}

/* Computed tuples as one index [batches, rows]. Several entries: each must be in its range by itself. */
static uint32_t tuple_index(expansion *x, const tuples *q) {
    const shape d = *ex_shape(x, ex_in(x, 0)), two = {.rank = 2, .dim = {(uint32_t)q->batches, (uint32_t)q->rows}};
    uint32_t sum = NO_INDEX;
    for (uint32_t k = 0; k < q->size; k++) {
        int64_t unit = 1;
        for (uint32_t j = k + 1; j < q->size; j++) unit *= d.dim[q->batch + j];
        ex_int(x, "axis", ex_shape(x, ex_in(x, 1))->rank - 1);
        uint32_t t = EX(x, "Take", ex_in(x, 1), ex_whole(x, k));
        if (q->size > 1) {
            ex_int(x, "size", d.dim[q->batch + k]);
            t = EX(x, "InRange", t);
        }
        if (unit > 1) t = EX(x, "Mul", t, ex_whole(x, unit));
        sum = sum == NO_INDEX ? t : EX(x, "Add", sum, t);
    }
    return ex_reshape(x, sum, &two);
}

static shape data_cube(const tuples *q) {
    return (shape){.rank = 3, .dim = {(uint32_t)q->batches, q->span, (uint32_t)q->rest}};
}

tacit_status gather_nd_expand(expansion *x, const gnode *n, tacit_error *err) {
    int64_t batch;
    tuples q;
    if (is_constant(x, ex_in(x, 1))) return gather_nd_constant(x, n, err);
    TRY(attribute_int(n, "batch_dims", 0, &batch, err));
    TRY(tuples_read(x, n, batch, &q, err));
    const shape d = *ex_shape(x, ex_in(x, 0)), cube = data_cube(&q);
    shape out = q.list;
    for (uint32_t k = q.batch + q.size; k < d.rank; k++) {
        if (out.rank == MAX_RANK) return unsupported(n, "more than 8 axes", err);
        out.dim[out.rank++] = d.dim[k];
    }
    const ex_labels labels = {.rank = 3, .a_count = 3, .b_count = 3, .a = {0, 1, 3}, .b = {0, 3, 2}, .select = true};
    uint32_t bits = ex_bits(x, tuple_index(x, &q), q.span);
    ex_result(x, 0, ex_reshape(x, ex_choice(x, bits, ex_reshape(x, ex_in(x, 0), &cube), &labels), &out));
    return x->status;
}

/* ---- scatter */
typedef enum reduction { REPLACE, ADD, MUL, MIN, MAX } reduction;

static tacit_status read_reduction(const gnode *n, reduction *out, tacit_error *err) {
    static const char *const NAMES[] = {"none", "add", "mul", "min", "max"};
    char text[16];
    TRY(attribute_text(n, "reduction", "none", text, sizeof text, err));
    for (uint32_t i = 0; i < 5; i++) {
        *out = (reduction)i;
        if (strcmp(text, NAMES[i]) == 0) return TACIT_OK;
    }
    return unsupported(n, "this reduction", err);
}

/* data and updates end to end, and a 1 for products. */
static uint32_t data_and_updates(expansion *x, reduction r) {
    const shape d = {.rank = 1, .dim = {(uint32_t)shape_count(ex_shape(x, ex_in(x, 0)))}},
                u = {.rank = 1, .dim = {(uint32_t)shape_count(ex_shape(x, ex_in(x, 2)))}},
                one = {.rank = 1, .dim = {1}};
    const double unit = r == MUL;
    const int64_t whole = r == MUL;
    uint32_t last =
        ex_tensor(x, ex_in(x, 0))->type == ELEM_REAL ? ex_reals(x, &one, &unit) : ex_wholes(x, &one, &whole);
    uint32_t data = ex_reshape(x, ex_in(x, 0), &d), updates = ex_reshape(x, ex_in(x, 2), &u);
    ex_int(x, "axis", 0);
    return EX(x, "Concat", data, updates, last);
}

/* place[i]: element of the data that update i goes to. Round after round, each with at most one update an element. */
static tacit_status scatter_constant(expansion *x, const gnode *n, reduction r, const int64_t *place,
                                     tacit_error *err) {
    static const char *const OPS[] = {NULL, "Add", "Mul", "Min", "Max"};
    enum { MAX_ROUNDS = 64 };
    const shape s = *ex_shape(x, ex_in(x, 0));
    uint64_t count = shape_count(&s), updates = shape_count(ex_shape(x, ex_in(x, 2)));
    uint32_t all = data_and_updates(x, r), result = ex_in(x, 0);
    int64_t *done = ex_new_wholes(x, updates);
    uint64_t left = updates;
    for (uint32_t round = 0; left > 0 && done && place && x->status == TACIT_OK; round++) {
        int64_t *map = ex_new_wholes(x, count);
        if (round == MAX_ROUNDS) return unsupported(n, "more than 64 updates of one element", err);
        for (uint64_t i = 0; map && i < count; i++) map[i] = (int64_t)(r == REPLACE ? i : count + updates);
        for (uint64_t i = 0; map && (r == MIN || r == MAX) && i < count; i++) map[i] = (int64_t)i;
        for (uint64_t i = 0; map && i < updates; i++) {
            bool taken = map[place[i]] >= (int64_t)count && map[place[i]] < (int64_t)(count + updates);
            if (done[i] || (r != REPLACE && taken)) continue; /* REPLACE: the last one stays */
            map[place[i]] = (int64_t)(count + i);
            done[i] = 1, left--;
        }
        uint32_t t = pick(x, all, &s, map);
        result = r == REPLACE ? t : EX(x, OPS[r], result, t);
    }
    ex_result(x, 0, result);
    return x->status;
}

/* `labels` are those of bits x updates -> data, `times` those of hit x data. REPLACE: data (1 - hit) + sum, with hit =
 * sum of bits in {0, 1}: two updates of one element have no proof. */
static uint32_t scatter_computed(expansion *x, reduction r, uint32_t data, uint32_t updates, uint32_t bits,
                                 const ex_labels *labels, const ex_labels *times) {
    uint32_t sum = ex_choice(x, bits, updates, labels);
    if (r == REPLACE) {
        int64_t a[MAX_RANK];
        for (uint32_t k = 0; k < labels->a_count; k++)
            a[k] = labels->a[k] == labels->rank ? times->a_count : labels->a[k]; /* hit has fewer axes */
        ex_ints(x, "a", labels->a_count, a);
        ex_int(x, "rank", times->a_count);
        data = EX(x, "Sub", data, ex_choice(x, EX(x, "Covered", bits), data, times));
    }
    return EX(x, "Add", data, sum);
}

/* The updated part of the data is its first elements along all axes but `axis`: zeros around the part. */
static uint32_t grow(expansion *x, uint32_t part, const shape *s) {
    const shape p = *ex_shape(x, part);
    uint32_t at[MAX_RANK];
    int64_t *map = ex_new_wholes(x, shape_count(s));
    for (uint64_t i = 0; map && i < shape_count(s); i++) {
        bool inside = true;
        coords(s, i, at);
        for (uint32_t k = 0; k < s->rank; k++) inside = inside && at[k] < p.dim[k];
        map[i] = inside ? (int64_t)flat(&p, at) : -1;
    }
    return pick(x, part, s, map);
}

static tacit_status scatter_fit(const expansion *x, const gnode *n, const shape *updates, tacit_error *err) {
    const gtensor *d = ex_tensor(x, ex_in(x, 0)), *u = ex_tensor(x, ex_in(x, 2));
    if (d->type != u->type) return misshapen(n, "data and updates of different types", err);
    return shape_equal(&u->shape, updates) ? TACIT_OK : misshapen(n, "updates do not fit", err);
}

/* data + (what changes in the part that the indices reach). */
static uint32_t scatter_part(expansion *x, reduction r, uint32_t axis, const shape *s) {
    const shape d = *ex_shape(x, ex_in(x, 0));
    ex_labels q = {.rank = d.rank, .a_count = d.rank + 1, .b_count = d.rank, .select = false};
    ex_labels same = {.rank = d.rank, .a_count = d.rank, .b_count = d.rank, .select = true};
    for (uint32_t k = 0; k < d.rank; k++) q.a[k] = q.b[k] = same.a[k] = same.b[k] = k;
    q.a[axis] = q.b[axis] = d.rank;
    q.a[d.rank] = axis;
    uint32_t bits = ex_bits(x, ex_in(x, 1), d.dim[axis]), part = crop(x, ex_in(x, 0), s, axis);
    uint32_t changed = scatter_computed(x, r, part, ex_in(x, 2), bits, &q, &same);
    if (shape_equal(ex_shape(x, part), &d)) return changed;
    return EX(x, "Add", ex_in(x, 0), grow(x, EX(x, "Sub", changed, part), &d));
}

tacit_status scatter_elements_expand(expansion *x, const gnode *n, tacit_error *err) {
    uint32_t axis;
    reduction r;
    TRY(elements_fit(x, n, &axis, err));
    TRY(read_reduction(n, &r, err));
    const shape s = *ex_shape(x, ex_in(x, 1));
    TRY(scatter_fit(x, n, &s, err));
    if (is_constant(x, ex_in(x, 1))) {
        int64_t *map = ex_new_wholes(x, shape_count(&s));
        TRY(elements_map(x, n, axis, &s, map, err));
        return scatter_constant(x, n, r, map, err);
    }
    if (r > ADD) return unsupported(n, "computed indices with this reduction", err);
    if (s.rank == MAX_RANK) return unsupported(n, "computed indices of 8 axes", err);
    ex_result(x, 0, scatter_part(x, r, axis, &s));
    return x->status;
}

tacit_status scatter_nd_expand(expansion *x, const gnode *n, tacit_error *err) {
    tuples q;
    reduction r;
    TRY(read_reduction(n, &r, err));
    TRY(tuples_read(x, n, 0, &q, err));
    const shape d = *ex_shape(x, ex_in(x, 0)), cube = data_cube(&q),
                rows = {.rank = 3, .dim = {1, (uint32_t)q.rows, (uint32_t)q.rest}};
    shape updates = q.list;
    for (uint32_t k = q.size; k < d.rank && updates.rank < MAX_RANK; k++) updates.dim[updates.rank++] = d.dim[k];
    TRY(scatter_fit(x, n, &updates, err));
    if (is_constant(x, ex_in(x, 1))) {
        int64_t *place = ex_new_wholes(x, q.rows), *map = ex_new_wholes(x, q.rows * q.rest);
        TRY(tuple_places(x, n, &q, place, err));
        for (uint64_t i = 0; map && place && i < q.rows * q.rest; i++)
            map[i] = place[i / q.rest] * (int64_t)q.rest + (int64_t)(i % q.rest);
        return scatter_constant(x, n, r, map, err);
    }
    if (r > ADD) return unsupported(n, "computed indices with this reduction", err);
    const ex_labels labels = {.rank = 3, .a_count = 3, .b_count = 3, .a = {0, 3, 1}, .b = {0, 3, 2}},
                    times = {.rank = 3, .a_count = 2, .b_count = 3, .a = {0, 1}, .b = {0, 1, 2}, .select = true};
    uint32_t bits = ex_bits(x, tuple_index(x, &q), q.span), data = ex_reshape(x, ex_in(x, 0), &cube);
    data = scatter_computed(x, r, data, ex_reshape(x, ex_in(x, 2), &rows), bits, &labels, &times);
    ex_result(x, 0, ex_reshape(x, data, &d));
    return x->status;
}
