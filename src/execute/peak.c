/* execute/peak: distances from a number per row that is itself computed: the row's maximum, or (softmax) the least
 * number at which the row's exponentials sum to at most x->lo. */
#include <stdatomic.h>
#include "base/threads.h"
#include "execute/run.h"

/* One element: y = min(d, hi) and the excess. False when something does not fit. */
static bool put_distance(const run *r, const advice *x, uint64_t i, int64_t d) {
    const tensor *t = r->p->tensors;
    int32_t *low = values_or_null(r, x->r_low), *high = values_or_null(r, x->r_high);
    int64_t y = low && d > x->hi ? x->hi : d, e = d - y;
    int64_t part = high ? e & (((int64_t)1 << x->low_bits) - 1) : e;
    bool good = put(&t[x->y], &r->t->values[x->y][i], y);
    if (low) good = put(&t[x->r_low], &low[i], part) && good;
    if (high) good = put(&t[x->r_high], &high[i], e >> x->low_bits) && good;
    return good;
}

/* ---- exponentials e(d) of distances d >= 0, not increasing, as the table in which the distances are looked up has
 * them */
typedef struct exponentials {
    const row_index *index;
    const int32_t *column; /* NULL: the maximum is wanted */
    int64_t last, most;    /* last distance of its own, largest sum */
} exponentials;

static tacit_status find_exponentials(run *r, const advice *x, exponentials *e) {
    uint32_t found = share_lookup(r->p, x);
    *e = (exponentials){.last = x->hi, .most = x->lo};
    if (x->lo == 0) return TACIT_OK;
    const table *t = found == NO_TENSOR ? NULL : &r->p->tables[r->p->lookups[found].table];
    e->index = t ? r->tables[r->p->lookups[found].table] : NULL;
    if (!e->index) return fail(r->err, TACIT_MALFORMED, "advice: distances without a table of exponentials");
    e->column = e->index->column[t->width - 2];
    return TACIT_OK;
}

static int64_t exponential(const exponentials *e, int64_t d) {
    uint32_t row = row_first(e->index, d > e->last ? e->last : d);
    return row == NO_ROW ? 0 : e->column[row];
}

static int64_t row_total(const exponentials *e, const int64_t *v, uint64_t n, int64_t top) {
    int64_t sum = 0;
    for (uint64_t k = 0; k < n; k++) sum += exponential(e, top - v[k]);
    return sum;
}

static bool fits(const exponentials *e, const int64_t *v, uint64_t n, int64_t top) {
    return row_total(e, v, n, top) <= e->most;
}

/* The distance at which e(d) / e(0) is `most` / total: what the maximum falls short by, but for rounding. */
static int64_t likely(const exponentials *e, int64_t total) {
    const __int128 want = (__int128)exponential(e, 0) * e->most;
    int64_t near = 0, far = e->last;
    while (far - near > 1) {
        int64_t middle = near + (far - near) / 2;
        if ((__int128)exponential(e, middle) * total > want)
            near = middle;
        else
            far = middle;
    }
    return far;
}

/* The least top >= most at which the sum is small enough; no more than last + 1 above. */
static int64_t least_top(const exponentials *e, const int64_t *v, uint64_t n, int64_t most) {
    int64_t lo = most, hi = most + e->last + 1, total = row_total(e, v, n, most), step = 2;
    if (total <= e->most) return most;
    for (int64_t guess = most + likely(e, total); guess > lo && guess < hi; step *= 2) {
        if (fits(e, v, n, guess))
            hi = guess, guess -= step;
        else
            lo = guess, guess += step;
    }
    while (hi - lo > 1) {
        int64_t middle = lo + (hi - lo) / 2;
        if (fits(e, v, n, middle))
            hi = middle;
        else
            lo = middle;
    }
    return hi;
}

/* ---- the step */
typedef struct peaks {
    const run *r;
    const advice *x;
    exponentials e;
    const int64_t *v;
    uint32_t top;
    uint64_t row;
    atomic_bool bad;
} peaks;

static void peak_rows(void *context, size_t first, size_t count, unsigned worker) {
    peaks *p = context;
    bool good = true;
    (void)worker;
    for (uint64_t i = first; i < first + count; i++) {
        const int64_t *v = p->v + i * p->row;
        int64_t top = v[0];
        for (uint64_t k = 1; k < p->row; k++) top = v[k] > top ? v[k] : top;
        if (p->e.column) top = least_top(&p->e, v, p->row, top);
        good = put(&p->r->p->tensors[p->top], &p->r->t->values[p->top][i], top) && good;
        for (uint64_t k = 0; k < p->row; k++) good = put_distance(p->r, p->x, i * p->row + k, top - v[k]) && good;
    }
    if (!good) atomic_store(&p->bad, true);
}

tacit_status row_peak(run *r, const advice *x) {
    const constraint *c = &r->p->constraints[x->relation];
    const tensor *view = &r->p->tensors[x->flag];
    peaks p = {.r = r, .x = x, .top = view->kind == TENSOR_VIEW ? view->source : x->flag};
    uint64_t n = shape_count(&c->shape), row = c->shape.dim[c->shape.rank - 1];
    targets skip = {.factors = false};
    int64_t *v;
    const uint32_t computed[] = {x->y, x->rem, x->r_low, x->r_high};
    for (int k = 0; k < 4; k++) add_target(&skip, computed[k]);
    TRY(find_exponentials(r, x, &p.e));
    for (uint64_t i = 0; i < n / row; i++) r->t->values[p.top][i] = 0; /* its term adds nothing */
    r->known[p.top] = true;
    TRY(rest_of(r, c, &skip, &v));
    for (uint64_t i = 0; i < n; i++) {
        if (x->rem != NO_TENSOR) r->t->values[x->rem][i] = (int32_t)(v[i] & (((int64_t)1 << x->shift) - 1));
        v[i] >>= x->shift;
    }
    p.v = v, p.row = row;
    threads_range(n / row, 1, PARALLEL_ELEMENTS / row + 1, peak_rows, &p);
    for (int k = 0; k < 4; k++) know(r, computed[k]);
    return p.bad ? overflow(r, x->y) : TACIT_OK;
}
