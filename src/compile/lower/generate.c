#include "compile/lower/generate.h"
#include "compile/lower/axes.h"
#include "compile/onnx/attribute.h"
#include "compile/onnx/data.h"
#include <math.h>

/* ---- Range: start, limit, delta */
static tacit_status range_count(const graph *g, const gnode *n, uint32_t *count, tacit_error *err) {
    const gtensor *t[3];
    for (uint32_t i = 0; i < 3; i++) {
        t[i] = node_in(g, n, i);
        if (!t[i]->constant) return unsupported(n, "start, limit and delta must be constant", err);
        if (shape_count(&t[i]->shape) != 1 || t[i]->type != t[0]->type) return misshapen(n, "needs three numbers", err);
    }
    double steps;
    if (t[0]->type == ELEM_REAL) {
        steps = t[2]->real[0] == 0 ? -1 : ceil((t[1]->real[0] - t[0]->real[0]) / t[2]->real[0]);
        if (t[2]->real[0] == 0) return misshapen(n, "delta is 0", err);
    } else {
        const __int128 span = (__int128)t[1]->whole[0] - t[0]->whole[0], by = t[2]->whole[0];
        if (by == 0) return misshapen(n, "delta is 0", err);
        const __int128 exact = span / by + (span % by != 0 && (span < 0) == (by < 0));
        steps = exact > INT32_MAX ? (double)INT32_MAX + 1 : (double)exact;
    }
    if (steps > INT32_MAX) return misshapen(n, "its output is too large", err);
    *count = steps > 0 ? (uint32_t)steps : 0;
    return TACIT_OK;
}

tacit_status range_infer(graph *g, gnode *n, tacit_error *err) {
    uint32_t count = 0;
    TRY(range_count(g, n, &count, err));
    set_output(g, n, node_in(g, n, 0)->type, &(shape){.rank = 1, .dim = {count}});
    return TACIT_OK;
}

tacit_status range_eval(frame *f, const gnode *n, tacit_error *err) {
    (void)err;
    const gtensor *y = node_out(f->g, n, 0);
    for (uint32_t i = 0; i < y->shape.dim[0]; i++) {
        if (y->type == ELEM_REAL)
            f->real[n->out[0]][i] = frame_real(f, n->in[0])[0] + i * frame_real(f, n->in[2])[0];
        else
            f->whole[n->out[0]][i] = frame_whole(f, n->in[0])[0] + (int64_t)i * frame_whole(f, n->in[2])[0];
    }
    return TACIT_OK;
}

/* ---- EyeLike */
tacit_status eye_infer(graph *g, gnode *n, tacit_error *err) {
    const gtensor *x = node_in(g, n, 0);
    elem_type type = x->type;
    int64_t to;
    TRY(attribute_int(n, "dtype", 0, &to, err));
    if (attribute_has(n, "dtype") && (to < 0 || to > INT32_MAX || !data_elem_type((int32_t)to, &type)))
        return unsupported(n, "of this type", err);
    if (x->shape.rank != 2) return misshapen(n, "needs a matrix", err);
    set_output(g, n, type, &x->shape);
    return TACIT_OK;
}

tacit_status eye_eval(frame *f, const gnode *n, tacit_error *err) {
    const gtensor *y = node_out(f->g, n, 0);
    int64_t k;
    TRY(attribute_int(n, "k", 0, &k, err));
    for (uint64_t i = 0; i < shape_count(&y->shape); i++) {
        bool one = (int64_t)(i % y->shape.dim[1]) - (int64_t)(i / y->shape.dim[1]) == k;
        if (y->type == ELEM_REAL)
            f->real[n->out[0]][i] = one ? 1 : 0;
        else
            f->whole[n->out[0]][i] = one ? 1 : 0;
    }
    return TACIT_OK;
}

/* ---- NonZero: [rank, count], the places in row-major order */
static bool is_zero(const gtensor *t, uint64_t i) {
    return t->type == ELEM_REAL ? t->real[i] == 0 : t->whole[i] == 0;
}

tacit_status nonzero_infer(graph *g, gnode *n, tacit_error *err) {
    const gtensor *x = node_in(g, n, 0);
    if (!x->constant) return unsupported(n, "of values that are not constant: its output has no fixed shape", err);
    shape s = {.rank = 2, .dim = {x->shape.rank == 0 ? 1 : x->shape.rank, 0}};
    for (uint64_t i = 0; i < shape_count(&x->shape); i++) s.dim[1] += !is_zero(x, i);
    set_output(g, n, ELEM_WHOLE, &s);
    return TACIT_OK;
}

tacit_status nonzero_eval(frame *f, const gnode *n, tacit_error *err) {
    (void)err;
    const gtensor *x = node_in(f->g, n, 0);
    uint32_t columns = node_out(f->g, n, 0)->shape.dim[1], at = 0;
    for (uint64_t i = 0; i < shape_count(&x->shape); i++) {
        if (is_zero(x, i)) continue;
        uint64_t rest = i;
        if (x->shape.rank == 0) f->whole[n->out[0]][at] = 0;
        for (uint32_t k = x->shape.rank; k-- > 0; rest /= x->shape.dim[k])
            f->whole[n->out[0]][(uint64_t)k * columns + at] = (int64_t)(rest % x->shape.dim[k]);
        at++;
    }
    return TACIT_OK;
}

/* ---- Unique: entries of an axis (or all elements) without repetition, sorted or as they come */
enum { MAX_ENTRIES = 1 << 13 };
typedef struct unique {
    const gtensor *x;
    bool flat, sorted;
    uint32_t axis, count; /* entries */
    uint64_t inner, outer;
    uint32_t found;
    uint32_t first[MAX_ENTRIES]; /* of each that is found, in the result's order: its first place */
} unique;

static uint64_t entry_at(const unique *u, uint32_t entry, uint64_t i) {
    return u->flat ? entry : (i / u->inner * u->count + entry) * u->inner + i % u->inner;
}

static int compare(const unique *u, uint32_t a, uint32_t b) {
    for (uint64_t i = 0; i < (u->flat ? 1 : u->outer * u->inner); i++) {
        uint64_t p = entry_at(u, a, i), q = entry_at(u, b, i);
        bool less = u->x->type == ELEM_REAL ? u->x->real[p] < u->x->real[q] : u->x->whole[p] < u->x->whole[q];
        bool more = u->x->type == ELEM_REAL ? u->x->real[p] > u->x->real[q] : u->x->whole[p] > u->x->whole[q];
        if (less || more) return less ? -1 : 1;
    }
    return 0;
}

/* Insertion into what is found: by binary search where it is sorted. */
static void insert(unique *u, uint32_t entry) {
    uint32_t lo = 0, hi = u->found;
    for (uint32_t k = 0; !u->sorted && k < u->found; k++) {
        if (compare(u, u->first[k], entry) == 0) return;
    }
    while (u->sorted && lo < hi) {
        uint32_t mid = (lo + hi) / 2;
        int c = compare(u, u->first[mid], entry);
        if (c == 0) return;
        if (c < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    if (!u->sorted) lo = u->found;
    for (uint32_t k = u->found++; k > lo; k--) u->first[k] = u->first[k - 1];
    u->first[lo] = entry;
}

static tacit_status find_unique(const graph *g, const gnode *n, unique *u, tacit_error *err) {
    int64_t sorted, axis;
    *u = (unique){.x = node_in(g, n, 0), .flat = !attribute_has(n, "axis"), .inner = 1, .outer = 1};
    const shape *s = &u->x->shape;
    TRY(attribute_int(n, "sorted", 1, &sorted, err));
    TRY(attribute_int(n, "axis", 0, &axis, err));
    if (!u->x->constant) return unsupported(n, "of values that are not constant: its output has no fixed shape", err);
    if (!u->flat) TRY(axis_normal(n, axis, s->rank, &u->axis, err));
    for (uint32_t k = 0; k < s->rank; k++) {
        if (k < u->axis) u->outer *= s->dim[k];
        if (k > u->axis) u->inner *= s->dim[k];
    }
    uint64_t count = u->flat ? shape_count(s) : s->dim[u->axis];
    if (count > MAX_ENTRIES) return unsupported(n, "of more than 8192 entries", err);
    u->count = (uint32_t)count;
    u->sorted = sorted != 0;
    for (uint32_t i = 0; i < u->count; i++) insert(u, i);
    return TACIT_OK;
}

tacit_status unique_infer(graph *g, gnode *n, tacit_error *err) {
    unique u;
    TRY(find_unique(g, n, &u, err));
    const shape list = {.rank = 1, .dim = {u.found}}, all = {.rank = 1, .dim = {u.count}};
    shape s = u.flat ? list : u.x->shape;
    s.dim[u.flat ? 0 : u.axis] = u.found;
    set_output_at(g, n, 0, u.x->type, &s);
    set_output_at(g, n, 1, ELEM_WHOLE, &list);
    set_output_at(g, n, 2, ELEM_WHOLE, &all);
    set_output_at(g, n, 3, ELEM_WHOLE, &list);
    return TACIT_OK;
}

/* The outputs beyond the first: first places, the entry of each place, counts. */
static void unique_lists(frame *f, const gnode *n, const unique *u) {
    int64_t *out[4] = {NULL};
    for (uint32_t k = 1; k < 4; k++) out[k] = k < n->out_count && n->out[k] != NO_INDEX ? f->whole[n->out[k]] : NULL;
    for (uint32_t k = 0; k < u->found; k++) {
        if (out[1]) out[1][k] = u->first[k];
        if (out[3]) out[3][k] = 0;
    }
    for (uint32_t i = 0; i < u->count; i++) {
        uint32_t k = 0;
        while (compare(u, u->first[k], i) != 0) k++;
        if (out[2]) out[2][i] = k;
        if (out[3]) out[3][k]++;
    }
}

tacit_status unique_eval(frame *f, const gnode *n, tacit_error *err) {
    unique u;
    TRY(find_unique(f->g, n, &u, err));
    const uint64_t *x = frame_bits(f, n->in[0]), rows = u.flat ? 1 : u.outer * u.inner;
    for (uint32_t k = 0; k < u.found && n->out[0] != NO_INDEX; k++) {
        for (uint64_t i = 0; i < rows; i++) {
            uint64_t to = u.flat ? k : (i / u.inner * u.found + k) * u.inner + i % u.inner;
            frame_bits_out(f, n->out[0])[to] = x[entry_at(&u, u.first[k], i)];
        }
    }
    unique_lists(f, n, &u);
    return TACIT_OK;
}
