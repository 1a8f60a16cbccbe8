#include "compile/lower/bins.h"
#include "compile/lower/bits.h"
#include "compile/lower/views.h"
#include <stdlib.h>

typedef struct bins {
    const char *name;
    value x; /* [B, features that are used] */
    uint32_t features, most, places;
    uint32_t *length; /* thresholds of each used feature */
    uint32_t *column; /* which feature of x it is */
    int64_t *gap;     /* [features, most + 1] */
    value gaps;
    uint32_t u, spread; /* [B, places]; [B, features, most] with zeros behind each feature's own */
    shape numbers;      /* [B, features] */
} bins;

/* ---- parameters */
/* Bits `shift` .. of the integers, in [lo, hi]. */
static tacit_status hide(lowering *l, const char *name, const shape *s, const int64_t *values, uint32_t shift,
                         int64_t lo, int64_t hi, value *out, tacit_error *err) {
    uint64_t n = shape_count(s);
    int32_t *q = ARENA_NEW(l->a, int32_t, n);
    if (!q) return fail(err, TACIT_RESOURCES, "no memory for hidden numbers");
    for (uint64_t i = 0; i < n; i++)
        q[i] = (int32_t)(shift > 0 ? values[i] >> shift : lo < 0 ? values[i] : values[i] & hi);
    *out = (value){.id = builder_external(l->b, TENSOR_PARAM, lower_name(l, name, ""), s, lo, hi), .lo = lo, .hi = hi};
    return lower_keep_param(l, out->id, q, n, err);
}

tacit_status lower_hidden(lowering *l, const char *name, const shape *s, const int64_t *values, uint32_t bits,
                          bool negative, value *out, tacit_error *err) {
    enum { LOW = 65536 };
    int64_t reach = (int64_t)1 << bits;
    value high;
    if (reach <= LOW && !negative) return hide(l, name, s, values, 0, 0, reach - 1, out, err);
    if (reach <= LOW / 2) return hide(l, name, s, values, 0, -(reach - 1), reach - 1, out, err);
    TRY(hide(l, name, s, values, 0, 0, LOW - 1, out, err));
    reach = reach > LOW ? reach / LOW : 1;
    TRY(hide(l, lower_name(l, name, ".high"), s, values, 16, negative ? -reach : 0, reach - 1, &high, err));
    const linear_term both[2] = {{1, out->id}, {LOW, high.id}};
    out->id = builder_linear(l->b, lower_name(l, name, ".both"), s, both, 2, 0);
    out->lo = high.lo * LOW;
    out->hi = high.hi * LOW + LOW - 1;
    return TACIT_OK;
}

/* ---- thresholds in order */
static int compare(const void *a, const void *b) {
    const threshold *const *p = a, *const *q = b;
    if ((*p)->feature != (*q)->feature) return (*p)->feature < (*q)->feature ? -1 : 1;
    return ((*p)->at > (*q)->at) - ((*p)->at < (*q)->at);
}

/* Places, lengths and columns from the sorted list; `most`. */
static void count_places(bins *s, threshold **order, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        bool other = i == 0 || order[i]->feature != order[i - 1]->feature;
        if (other) s->column[s->features++] = order[i]->feature;
        if (other || order[i]->at != order[i - 1]->at) s->places++, s->length[s->features - 1]++;
        order[i]->place = s->places - 1;
        if (s->length[s->features - 1] > s->most) s->most = s->length[s->features - 1];
    }
}

static void fill_gaps(const bins *s, threshold **order, uint32_t count) {
    uint32_t i = 0, first = 0;
    for (uint32_t f = 0; f < s->features; first += s->length[f++]) {
        int64_t *gap = s->gap + (uint64_t)f * (s->most + 1), before = s->x.lo - 1;
        for (; i < count && order[i]->place < first + s->length[f]; i++) {
            if (order[i]->at == before && order[i]->place > first) continue;
            gap[order[i]->place - first] += order[i]->at - before;
            before = order[i]->at;
        }
        gap[s->length[f]] = s->x.hi - before;
    }
}

static tacit_status sort(lowering *l, bins *s, threshold *t, uint32_t count, tacit_error *err) {
    threshold **order = ARENA_NEW(l->a, threshold *, count + 1);
    s->length = ARENA_ZNEW(l->a, uint32_t, count + 1);
    s->column = ARENA_ZNEW(l->a, uint32_t, count + 1);
    if (!order || !s->length || !s->column) return fail(err, TACIT_RESOURCES, "no memory for thresholds");
    for (uint32_t i = 0; i < count; i++) order[i] = &t[i];
    qsort(order, count, sizeof(threshold *), compare);
    count_places(s, order, count);
    s->gap = ARENA_ZNEW(l->a, int64_t, (uint64_t)s->features * (s->most + 1));
    if (!s->gap) return fail(err, TACIT_RESOURCES, "no memory for thresholds");
    fill_gaps(s, order, count);
    return TACIT_OK;
}

/* ---- views */
static tacit_status used_columns(lowering *l, bins *s, tacit_error *err) {
    view_draft d;
    draft_start(&d, 2);
    draft_same(&d, 0, 0, s->numbers.dim[0]);
    d.shape.dim[1] = s->features;
    int32_t *map = draft_map(l, &d, 1, 1, 1, 1);
    for (uint32_t f = 0; map && f < s->features; f++) map[f] = (int32_t)s->column[f];
    return draft_make(l, &d, s->x.id, &s->x.id, err);
}

static tacit_status spread(lowering *l, bins *s, tacit_error *err) {
    view_draft d;
    draft_start(&d, 3);
    draft_same(&d, 0, 0, s->numbers.dim[0]);
    d.shape.dim[1] = s->features, d.shape.dim[2] = s->most;
    int32_t *map = draft_map(l, &d, 1, 2, 1, 1);
    for (uint32_t f = 0, at = 0; map && f < s->features; at += s->length[f++]) {
        for (uint32_t k = 0; k < s->most; k++)
            map[(uint64_t)f * s->most + k] = k < s->length[f] ? (int32_t)(at + k) : -1;
    }
    return draft_make(l, &d, s->u, &s->spread, err);
}

/* Gaps `from` .. `from + count - 1` of every feature. */
static tacit_status some_gaps(lowering *l, const bins *s, uint32_t from, uint32_t count, uint32_t *out,
                              tacit_error *err) {
    view_draft d;
    draft_start(&d, 2);
    draft_same(&d, 0, 0, s->features);
    d.shape.dim[1] = count;
    int32_t *map = draft_map(l, &d, 1, 1, 1, 1);
    for (uint32_t k = 0; map && k < count; k++) map[k] = (int32_t)(from + k);
    return draft_make(l, &d, s->gaps.id, out, err);
}

/* ---- relations: coef * sum_k u_k g_(k+from), one for each number */
static tacit_status add_gaps(lowering *l, const bins *s, uint32_t from, int64_t coef, sum *r, uint32_t *used,
                             tacit_error *err) {
    const uint8_t u_label[MAX_RANK] = {0, 1, 2}, g_label[MAX_RANK] = {1, 2};
    const value u = {.id = s->spread, .lo = 0, .hi = 1};
    value g = s->gaps;
    TRY(some_gaps(l, s, from, s->most, &g.id, err));
    *used = g.id;
    return sum_product(l, r, &u, u_label, &g, g_label, coef, s->most, err);
}

static tacit_status above(lowering *l, const bins *s, tacit_error *err) {
    sum r;
    advice find = advice_of(ADVICE_BINS, 0, s->u);
    sum_start(&r, &s->numbers, s->x.scale);
    TRY(sum_term(&r, s->x.id, 1, s->x.lo, s->x.hi, err));
    TRY(add_gaps(l, s, 0, -1, &r, &find.r_low, err));
    find.rem = s->x.id;
    find.r_high = s->spread;
    find.lo = s->x.lo;
    return lower_nonnegative(l, lower_name(l, s->name, ".above"), &r, -s->x.lo, bits_for(s->x.hi - s->x.lo), &find,
                             err);
}

static tacit_status below(lowering *l, const bins *s, tacit_error *err) {
    sum r;
    uint32_t first, ignored;
    view_draft d;
    draft_start(&d, 2);
    draft_repeat(l, &d, 0, s->numbers.dim[0]);
    draft_same(&d, 1, 0, s->features);
    draft_fix(l, &d, 1, 0);
    TRY(draft_make(l, &d, s->gaps.id, &first, err));
    sum_start(&r, &s->numbers, s->x.scale);
    TRY(sum_term(&r, s->x.id, -1, s->x.lo, s->x.hi, err));
    TRY(sum_term(&r, first, 1, 0, s->gaps.hi, err));
    TRY(add_gaps(l, s, 1, 1, &r, &ignored, err));
    return lower_nonnegative(l, lower_name(l, s->name, ".below"), &r, s->x.lo - 1, bits_for(s->x.hi - s->x.lo), NULL,
                             err);
}

tacit_status lower_bins(lowering *l, const char *name, const value *x, threshold *t, uint32_t count, uint32_t *bits,
                        tacit_error *err) {
    bins s = {.name = name, .x = *x, .numbers = builder_tensor(l->b, x->id)->shape};
    TRY(sort(l, &s, t, count, err));
    s.numbers.dim[1] = s.features;
    const shape places = {.rank = 2, .dim = {s.numbers.dim[0], s.places}},
                gaps = {.rank = 2, .dim = {s.features, s.most + 1}};
    if ((uint64_t)s.features * (s.most + 1) > MAX_GROUP) return fail(err, TACIT_UNSUPPORTED, "too many thresholds");
    TRY(lower_hidden(l, lower_name(l, name, ".thresholds"), &gaps, s.gap, bits_for(x->hi - x->lo + 1), false, &s.gaps,
                     err));
    s.u = builder_committed(l->b, lower_name(l, name, ".beyond"), &places);
    TRY(bits_lookup_parts(l, lower_name(l, name, ".beyond"), s.u, s.length, s.features, err));
    TRY(used_columns(l, &s, err));
    TRY(spread(l, &s, err));
    TRY(above(l, &s, err));
    TRY(below(l, &s, err));
    *bits = s.u;
    return TACIT_OK;
}
