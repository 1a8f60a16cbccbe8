#include "execute/derive.h"
#include <string.h>
#include "program/view_index.h"

static tacit_status outside(const trace *t, uint32_t id, tacit_error *err) {
    return fail(err, TACIT_OVERFLOW, "\"%s\": a value is outside its interval", t->p->tensors[id].name);
}

static uint32_t last_axis(const trace *t, uint32_t id) {
    const shape *s = &t->p->tensors[id].shape;
    return s->dim[s->rank - 1];
}

/* All values of a tensor that may be linear or a view. */
static tacit_status read_all(const trace *t, uint32_t id, arena *a, const int32_t **out, tacit_error *err) {
    const tensor *v = &t->p->tensors[id];
    int32_t *values = t->values[id];
    if (!values) {
        values = ARENA_NEW(a, int32_t, shape_count(&v->shape));
        if (!values) return fail(err, TACIT_RESOURCES, "executor: scratch is full");
        trace_values_i32(t, id, values);
    }
    *out = values;
    return TACIT_OK;
}

tacit_status derive_limbs(trace *t, const advice *x, const int64_t *rest, tacit_error *err) {
    const tensor *ty = &t->p->tensors[x->y];
    uint32_t limbs = last_axis(t, x->y);
    uint64_t n = shape_count(&ty->shape) / limbs;
    int64_t mask = ((int64_t)1 << x->shift) - 1;
    bool fits = true;
    for (uint64_t i = 0; i < n; i++) {
        int64_t v = rest[i];
        for (uint32_t k = 0; k < limbs; k++, v >>= x->shift) {
            int32_t limb = (int32_t)(v & mask);
            t->values[x->y][i * limbs + k] = limb;
            fits = fits && limb >= ty->lo && limb <= ty->hi;
        }
        fits = fits && v == 0;
    }
    return fits ? TACIT_OK : outside(t, x->y, err);
}

static tacit_status onehot(trace *t, const advice *x, arena *a, tacit_error *err) {
    const int32_t *index = NULL;
    uint32_t size = last_axis(t, x->y);
    uint64_t n = shape_count(&t->p->tensors[x->rem].shape);
    int32_t *bits = t->values[x->y];
    bool fits = true;
    TRY(read_all(t, x->rem, a, &index, err));
    memset(bits, 0, n * size * sizeof *bits);
    for (uint64_t i = 0; i < n; i++) {
        int64_t v = index[i];
        bool negative = v < 0 && x->r_low != NO_TENSOR;
        if (negative) v += size;
        if (x->r_low != NO_TENSOR) t->values[x->r_low][i] = negative;
        fits = fits && v >= 0 && v < size;
        if (v >= 0 && v < size) bits[i * size + (uint64_t)v] = 1;
    }
    return fits ? TACIT_OK : outside(t, x->rem, err);
}

/* Does (v, i) come before (w, k)? */
static bool before(const advice *x, int64_t v, uint32_t i, int64_t w, uint32_t k) {
    if (x->shift & 1) v = -v, w = -w;
    if (v != w) return v > w;
    return x->shift & 2 ? i > k : i < k;
}

/* Where the j-th of n numbers is, for all j < k, one after the other: O(k n). */
static void top_row(const advice *x, const int32_t *v, uint32_t n, uint32_t k, int32_t *behind) {
    uint32_t last = n; /* the one taken before; n: none yet */
    for (uint32_t j = 0; j < k; j++, behind += n - 1) {
        uint32_t best = n;
        for (uint32_t i = 0; i < n; i++) {
            bool later = last == n || before(x, v[last], last, v[i], i);
            if (later && (best == n || before(x, v[i], i, v[best], best))) best = i;
        }
        for (uint32_t i = 0; i + 1 < n; i++) behind[i] = i < best;
        last = best;
    }
}

static tacit_status top(trace *t, const advice *x, arena *a, tacit_error *err) {
    const int32_t *v = NULL;
    const shape *s = &t->p->tensors[x->y].shape;
    uint32_t n = s->dim[s->rank - 1] + 1, k = s->dim[s->rank - 2];
    uint64_t rows = shape_count(s) / (n - 1) / k;
    TRY(read_all(t, x->rem, a, &v, err));
    for (uint64_t r = 0; r < rows; r++) top_row(x, v + r * n, n, k, t->values[x->y] + r * (n - 1) * k);
    return TACIT_OK;
}

static tacit_status bins(trace *t, const advice *x, arena *a, tacit_error *err) {
    const int32_t *v = NULL, *gap = NULL;
    const tensor *view = &t->p->tensors[x->r_high];
    const shape *source = &t->p->tensors[x->y].shape;
    uint32_t k = last_axis(t, x->r_low);
    uint64_t n = shape_count(&t->p->tensors[x->rem].shape), features = t->p->tensors[x->r_low].shape.dim[0];
    TRY(read_all(t, x->rem, a, &v, err));
    TRY(read_all(t, x->r_low, a, &gap, err));
    memset(t->values[x->y], 0, shape_count(source) * sizeof(int32_t));
    for (uint64_t i = 0; i < n; i++) {
        int64_t rest = (int64_t)v[i] - x->lo;
        for (uint32_t j = 0; j < k; j++) {
            int64_t at = view_index(view->groups, view->group_count, &view->shape, source, i * k + j);
            rest -= gap[i % features * k + j];
            if (at >= 0) t->values[x->y][at] = rest >= 0;
        }
    }
    return TACIT_OK;
}

/* One sample: from every root down to a leaf. */
static bool walk(const int32_t *right, const int32_t *first, const int32_t *end, uint32_t n, int32_t *y) {
    for (uint32_t a = 0, root = 0; a < n;) {
        uint32_t b = a; /* the tree that begins at a: its leftmost path upwards */
        for (uint32_t i = a; i < n && i == b && first[i] == (int32_t)a && end[i] > (int32_t)i && end[i] <= (int32_t)n;)
            root = i, b = (uint32_t)end[i], i = b;
        if (b == a) return false;
        uint32_t lo = a, hi = b, at = root;
        while (lo < hi) {
            if (at < lo || at >= hi) return false;
            uint32_t from = right[at] ? lo : at, to = right[at] ? at + 1 : hi;
            for (uint32_t i = from; i < to; i++) y[i] = right[at] != 0;
            lo = right[at] ? at + 1 : lo;
            hi = right[at] ? hi : at;
            for (at = lo; at < hi && (first[at] != (int32_t)lo || end[at] != (int32_t)hi);) at++;
        }
        a = b;
    }
    return true;
}

static tacit_status tree(trace *t, const advice *x, arena *a, tacit_error *err) {
    const int32_t *right = NULL, *first = NULL, *end = NULL;
    uint32_t n = last_axis(t, x->y);
    uint64_t rows = shape_count(&t->p->tensors[x->y].shape) / n;
    bool fits = true;
    TRY(read_all(t, x->rem, a, &right, err));
    TRY(read_all(t, x->r_low, a, &first, err));
    TRY(read_all(t, x->r_high, a, &end, err));
    for (uint64_t r = 0; r < rows; r++) fits = fits && walk(right + r * n, first, end, n, t->values[x->y] + r * n);
    return fits ? TACIT_OK : fail(err, TACIT_MALFORMED, "advice for \"%s\": no trees", t->p->tensors[x->y].name);
}

tacit_status derive(trace *t, const advice *x, arena *scratch, tacit_error *err) {
    if (x->kind == ADVICE_ONEHOT) return onehot(t, x, scratch, err);
    if (x->kind == ADVICE_TOP) return top(t, x, scratch, err);
    if (x->kind == ADVICE_BINS) return bins(t, x, scratch, err);
    return tree(t, x, scratch, err);
}
