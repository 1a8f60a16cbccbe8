/* program/tensor_eval: direct evaluation of what is public. Every sum over an axis uses eq tables of its two halves
 * (2^11 entries at most on the low side), so no table is longer than the axis and cost is one multiplication by a
 * small integer per element. */
#include "program/tensor_eval.h"
#include <string.h>
#include "base/wide.h"
#include "poly/eq.h"
#include "program/layout.h"

enum { LOW_VARS = 11 }; /* eq tables of 2048 entries stay in the first cache */

static tacit_status full(tacit_error *err) {
    return fail(err, TACIT_RESOURCES, "evaluation: scratch is full");
}

ext shape_indicator(const shape *s, const ext *z) {
    ext w = EXT_ONE;
    for (uint32_t k = s->rank; k-- > 0;) {
        unsigned bits = log2_ceil(s->dim[k]);
        w = ext_mul(w, eq_prefix(z, bits, s->dim[k]));
        z += bits;
    }
    return w;
}

/* ---- sums against eq over one axis */
typedef struct axis_eq { /* eq(z, i) = low[i mod 2^low_vars] * eq(z_high, i / 2^low_vars) */
    ext *low;
    unsigned low_vars, vars;
    const ext *z;
} axis_eq;

static tacit_status axis_eq_make(axis_eq *q, const ext *z, unsigned vars, arena *a, tacit_error *err) {
    *q = (axis_eq){.low_vars = vars < LOW_VARS ? vars : LOW_VARS, .vars = vars, .z = z};
    q->low = ARENA_NEW(a, ext, (size_t)1 << q->low_vars);
    if (!q->low) return full(err);
    eq_table(q->low, z, q->low_vars);
    return TACIT_OK;
}

static ext axis_high(const axis_eq *q, uint64_t chunk) {
    return eq_index(q->z + q->low_vars, q->vars - q->low_vars, chunk);
}

/* The residue of a signed 128-bit integer. */
static gl gl_from_wide(wide_int v) {
    bool negative = wide_less(v, wide_of(0));
    wide_int m = negative ? wide_neg(v) : v;
    gl r = gl_reduce128(wide_low(m), wide_high(m));
    return negative ? gl_neg(r) : r;
}

/* sum_i w[i] v[i], n <= 2^11. Unreduced while |v| <= 2^51 (v + 2^51 has 52 bits): each product is at most 2^115, their
 * sum at most 2^126. */
static ext small_dot(const ext *w, const int64_t *v, uint64_t n) {
    ext r = EXT_ZERO;
    wide_int sum[EXT_DEG];
    uint64_t bits = 0;
    for (uint64_t i = 0; i < n; i++) bits |= (uint64_t)v[i] + (UINT64_C(1) << 51);
    if (bits >> 52) {
        for (uint64_t i = 0; i < n; i++) r = ext_add(r, ext_scale(w[i], gl_from_i64(v[i])));
        return r;
    }
    for (int j = 0; j < EXT_DEG; j++) sum[j] = wide_of(0);
    for (uint64_t i = 0; i < n; i++)
        for (int j = 0; j < EXT_DEG; j++) sum[j] = wide_add(sum[j], wide_mul_u64(w[i].c[j], v[i]));
    for (int j = 0; j < EXT_DEG; j++) r.c[j] = gl_from_wide(sum[j]);
    return r;
}

static ext axis_dot_values(const axis_eq *q, const int64_t *v, uint64_t n) {
    ext r = EXT_ZERO;
    uint64_t step = (uint64_t)1 << q->low_vars;
    for (uint64_t i = 0; i < n; i += step) {
        ext part = small_dot(q->low, v + i, n - i < step ? n - i : step);
        if (q->vars > q->low_vars) part = ext_mul(part, axis_high(q, i >> q->low_vars));
        r = ext_add(r, part);
    }
    return r;
}

static ext axis_dot_ext(const axis_eq *q, const ext *v, uint64_t n) {
    ext r = EXT_ZERO;
    uint64_t step = (uint64_t)1 << q->low_vars;
    for (uint64_t i = 0; i < n; i += step) {
        ext part = EXT_ZERO;
        for (uint64_t j = i; j < n && j < i + step; j++) part = ext_add(part, ext_mul(q->low[j - i], v[j]));
        if (q->vars > q->low_vars) part = ext_mul(part, axis_high(q, i >> q->low_vars));
        r = ext_add(r, part);
    }
    return r;
}

/* ---- tensors of values: the last axis, then the others, row by row into an array of one element per row */
static tacit_status fold_axes(ext *out, const shape *s, const int64_t *values, const ext *z, arena *a,
                              tacit_error *err) {
    uint64_t n = shape_count(s);
    ext *rows = NULL;
    axis_eq q;
    for (uint32_t k = s->rank; k-- > 0;) {
        uint64_t dim = s->dim[k];
        n /= dim;
        TRY(axis_eq_make(&q, z, log2_ceil(dim), a, err));
        if (!rows) {
            rows = ARENA_NEW(a, ext, n);
            if (!rows) return full(err);
            for (uint64_t i = 0; i < n; i++) rows[i] = axis_dot_values(&q, values + i * dim, dim);
        } else { /* row i is read before place i <= i dim is written */
            for (uint64_t i = 0; i < n; i++) rows[i] = axis_dot_ext(&q, rows + i * dim, dim);
        }
        z += log2_ceil(dim);
    }
    *out = rows ? rows[0] : ext_from_i64(values[0]);
    return TACIT_OK;
}

static bool repeats(const int64_t *v, uint64_t size, uint64_t count) {
    for (uint64_t i = 1; i < count; i++)
        if (memcmp(v, v + i * size, size * sizeof *v) != 0) return false;
    return true;
}

/* A first axis along which all is the same (one mask for many heads) is a factor. */
tacit_status values_eval(ext *out, const shape *s, const int64_t *values, const ext *z, arena *scratch,
                         tacit_error *err) {
    size_t mark = arena_mark(scratch);
    shape rest = *s;
    ext factor = EXT_ONE;
    while (rest.rank && repeats(values, shape_count(&rest) / rest.dim[0], rest.dim[0])) {
        factor = ext_mul(factor, eq_prefix(z + shape_axis_var(&rest, 0), log2_ceil(rest.dim[0]), rest.dim[0]));
        rest.rank--;
        memmove(rest.dim, rest.dim + 1, rest.rank * sizeof rest.dim[0]);
    }
    tacit_status status = fold_axes(out, &rest, values, z, scratch, err);
    if (status == TACIT_OK) *out = ext_mul(factor, *out);
    arena_release(scratch, mark);
    return status;
}

/* ---- table columns */
/* sum_{from <= i < from + count} (start + step (i - from)) eq(z, i) */
static ext run_eval(const table_run *r, uint64_t from, const ext *z, unsigned n) {
    uint64_t to = from + r->count;
    ext ones = ext_sub(eq_prefix(z, n, to), eq_prefix(z, n, from));
    ext v = ext_mul(ext_from_i64(r->start), ones);
    if (!r->step) return v;
    ext index = ext_sub(eq_prefix_index(z, n, to), eq_prefix_index(z, n, from));
    index = ext_sub(index, ext_scale(ones, from));
    return ext_add(v, ext_scale(index, gl_from_i64(r->step)));
}

tacit_status column_eval(ext *out, const table *t, uint32_t column, const ext *z, arena *scratch, tacit_error *err) {
    const table_column *c = &t->columns[column];
    shape s = {1, {t->rows}};
    uint64_t at = 0;
    unsigned log;
    uint32_t number;
    if (!c->runs && axis_part(t->rows, z, &log, &number)) { /* the blocks of a lookup tree: their own rows alone */
        at = t->rows >> log >> 1 << log << 1;
        s.dim[0] = UINT32_C(1) << log;
    }
    if (!c->runs) return values_eval(out, &s, c->values + at, z, scratch, err);
    *out = EXT_ZERO;
    for (uint32_t i = 0; i < c->run_count; at += c->runs[i++].count)
        *out = ext_add(*out, run_eval(&c->runs[i], at, z, log2_ceil(t->rows)));
    return TACIT_OK;
}

/* ---- index maps */
/* An axis of a group, or several that are one: as long as the lower ones are powers of two and their variables adjoin,
 * a flat index over them has its bits in these variables. */
typedef struct axis {
    uint64_t dim;
    unsigned vars;
    const ext *z;
} axis;

/* At least one axis; the last is the lowest. */
static uint32_t group_axes(axis *out, const shape *s, const uint8_t *list, uint32_t count, const ext *z) {
    uint32_t n = 0;
    for (uint32_t k = 0; k < count; k++) {
        axis next = {s->dim[list[k]], log2_ceil(s->dim[list[k]]), z + shape_axis_var(s, list[k])};
        bool joins = n > 0 && next.dim == UINT64_C(1) << next.vars && next.z + next.vars == out[n - 1].z;
        if (joins)
            out[n - 1] = (axis){out[n - 1].dim << next.vars, out[n - 1].vars + next.vars, next.z};
        else
            out[n++] = next;
    }
    if (n == 0) out[n++] = (axis){1, 0, z};
    return n;
}

/* Weight of an index over some axes. Either `all`, the product table, or tables of each axis: of its `low` lowest
 * variables and of the others; all are low unless the axis is longer than the map. A verifier's work is counted by the
 * entries of maps, so no table has more than twice as many: where `high` would (NULL), its few entries that the map
 * names are computed one by one. */
typedef struct weights {
    uint32_t axes;
    axis axis[MAX_RANK];
    unsigned low[MAX_RANK];
    ext *table[MAX_RANK], *high[MAX_RANK], *all;
} weights;

static tacit_status eq_table_new(ext **out, const ext *z, unsigned vars, arena *a, tacit_error *err) {
    *out = ARENA_NEW(a, ext, (size_t)1 << vars);
    if (!*out) return full(err);
    eq_table(*out, z, vars);
    return TACIT_OK;
}

/* all[(i, j)] = all[i] * table[j], last axis fastest; `size` entries. */
static tacit_status product_table(weights *w, uint64_t size, arena *a, tacit_error *err) {
    w->all = ARENA_NEW(a, ext, size);
    if (!w->all) return full(err);
    uint64_t n = 1;
    w->all[0] = EXT_ONE;
    for (uint32_t k = 0; k < w->axes; k++) {
        uint64_t dim = w->axis[k].dim;
        for (uint64_t i = n; i-- > 0;) { /* from the end: in place */
            ext f = w->all[i];
            for (uint64_t j = dim; j-- > 0;) w->all[i * dim + j] = ext_mul(f, w->table[k][j]);
        }
        n *= dim;
    }
    return TACIT_OK;
}

/* For w->axes axes and a map of so many entries. */
static tacit_status weights_make(weights *w, uint64_t entries, arena *a, tacit_error *err) {
    uint64_t size = 1;
    unsigned most = log2_ceil(entries);
    for (uint32_t k = 0; k < w->axes; k++) {
        const axis *x = &w->axis[k];
        w->low[k] = x->dim <= entries ? x->vars : x->vars / 2 < most ? x->vars / 2 : most;
        unsigned high = x->vars - w->low[k];
        TRY(eq_table_new(&w->table[k], x->z, w->low[k], a, err));
        if (high <= most) TRY(eq_table_new(&w->high[k], x->z + w->low[k], high, a, err));
        size *= x->dim;
    }
    if (w->axes == 1 && w->low[0] == w->axis[0].vars)
        w->all = w->table[0];
    else if (w->axes != 1 && size <= entries)
        return product_table(w, size, a, err); /* then every axis has a whole table */
    return TACIT_OK;
}

static ext weight_at(const weights *w, uint64_t i) {
    if (w->all) return w->all[i];
    ext r = EXT_ONE;
    for (uint32_t k = w->axes; k-- > 0;) {
        const axis *x = &w->axis[k];
        uint64_t at = i % x->dim;
        i /= x->dim;
        uint64_t above = at >> w->low[k];
        unsigned high = x->vars - w->low[k];
        r = ext_mul(r, w->table[k][at & ((UINT64_C(1) << w->low[k]) - 1)]);
        if (high > 0) r = ext_mul(r, w->high[k] ? w->high[k][above] : eq_index(x->z + w->low[k], high, above));
    }
    return r;
}

/* How far the map from m[0] >= 0 on is a progression that does not descend; at most n. */
static uint32_t run_length(const int32_t *m, uint32_t n, uint32_t *step) {
    uint32_t i = 1;
    *step = 0;
    if (n == 1 || m[1] < m[0]) return 1;
    *step = (uint32_t)(m[1] - m[0]);
    while (i < n && m[i] >= m[i - 1] && (uint32_t)(m[i] - m[i - 1]) == *step) i++;
    return i;
}

/* A group's sum, row by row along the last out axis: `rows` weighs the other out axes. `low` (of the last) and src are
 * made for the first entry that needs them. */
typedef struct group_sum {
    const view_group *g;
    axis last;
    weights rows, src;
    ext *low;
    bool tables;
    arena *a;
    tacit_error *err;
} group_sum;

/* By the closed form if it takes fewer multiplications. */
static bool run_closed(const group_sum *s, uint32_t length, uint32_t step) {
    unsigned vars = s->last.vars > s->src.axis[0].vars ? s->last.vars : s->src.axis[0].vars;
    return s->src.axes == 1 && step <= EQ_MAX_STEP && length > (step + 1) * vars;
}

static tacit_status group_tables(group_sum *s) {
    if (s->tables) return TACIT_OK;
    s->tables = true;
    TRY(weights_make(&s->src, s->g->size, s->a, s->err));
    return eq_table_new(&s->low, s->last.z, s->last.vars, s->a, s->err);
}

/* sum over one row's entries m[i] >= 0 of eq(z, i) eq(x, m[i]). */
static tacit_status row_eval(group_sum *s, const int32_t *m, ext *sum) {
    uint32_t n = (uint32_t)s->last.dim, step = 0; /* a group has so many entries */
    *sum = EXT_ZERO;
    for (uint32_t i = 0, end; i < n; i = end) {
        end = i + 1;
        if (m[i] < 0) continue;
        end = i + run_length(m + i, n - i, &step);
        if (run_closed(s, end - i, step)) {
            const axis *x = &s->src.axis[0];
            const eq_line line = {i, end, (uint32_t)m[i], step};
            *sum = ext_add(*sum, eq_line_sum(s->last.z, s->last.vars, x->z, x->vars, &line));
            continue;
        }
        TRY(group_tables(s));
        for (uint32_t j = i; j < end; j++) *sum = ext_add(*sum, ext_mul(s->low[j], weight_at(&s->src, (uint64_t)m[j])));
    }
    return TACIT_OK;
}

/* sum over the group's out indices o of eq(z, o) eq(x, map[o]). */
static tacit_status group_eval(ext *out, const view_group *g, const shape *os, const shape *ss, const ext *z,
                               const ext *x, arena *a, tacit_error *err) {
    group_sum s = {.g = g, .a = a, .err = err};
    s.src.axes = group_axes(s.src.axis, ss, g->src_axis, g->src_count, x);
    s.rows.axes = group_axes(s.rows.axis, os, g->out_axis, g->out_count, z) - 1;
    s.last = s.rows.axis[s.rows.axes];
    TRY(weights_make(&s.rows, g->size, a, err));
    *out = EXT_ZERO;
    for (uint32_t r = 0; r < g->size / s.last.dim; r++) {
        ext sum;
        TRY(row_eval(&s, g->map + (size_t)r * s.last.dim, &sum));
        *out = ext_add(*out, ext_mul(weight_at(&s.rows, r), sum));
    }
    return TACIT_OK;
}

tacit_status view_eval(ext *out, const program *p, const tensor *view, const ext *z, const ext *x, arena *scratch,
                       tacit_error *err) {
    const shape *os = &view->shape, *ss = &p->tensors[view->source].shape;
    *out = EXT_ONE;
    for (uint32_t i = 0; i < view->group_count; i++) {
        const view_group *g = &view->groups[i];
        size_t mark = arena_mark(scratch);
        ext v;
        if (g->map) {
            TRY(group_eval(&v, g, os, ss, z, x, scratch, err));
        } else {
            unsigned a = g->out_axis[0], b = g->src_axis[0];
            unsigned vars = log2_ceil(os->dim[a]);
            const eq_line line = {.to = os->dim[a], .step = 1};
            v = eq_line_sum(z + shape_axis_var(os, a), vars, x + shape_axis_var(ss, b), vars, &line);
        }
        arena_release(scratch, mark);
        *out = ext_mul(*out, v);
    }
    return TACIT_OK;
}
