/* program/range: range analysis. It makes equality in F equality of integers (docs/protocol.md, section 1).
 *
 * An interval of a committed or input/output tensor is what relations enforce, in this order and in no other:
 *   1. the intersection of the columns of all lookups whose column is the tensor, or a view with every element of the
 *      tensor in its image;
 *   2. without such a lookup: views that together reach every element, the hull of their columns;
 *   3. without either: constraints without products in which it has coefficient +-1 and every other term's interval
 *      comes from 1, 2, constants or parameters: T = sum c_i col_i + c_0.
 * A gather's rows have their source's declared interval.
 * Each is at most as tight as the true one: an element in several columns lies in all of them. Input and output tensors
 * keep their declared interval, which must contain the enforced one. A lookup with a linear column gives nothing to
 * that column's terms; equality of a linear column and a table entry is one of integers, since both fit int32.
 * Executor and kernels hold values as int32: every atom, table entry, lookup column and factor of a product must fit.
 */
#include "base/wide.h"
#include "program/rules.h"

#define BAD(...) fail(err, TACIT_MALFORMED, __VA_ARGS__)
#define HALF_P INT64_C(0x7FFFFFFF80000000) /* (p - 1) / 2 */
/* Bits of a bitmap over a source (2^26: 8 MB), and of all bitmaps of one program together. */
#define MAX_COVER ((uint64_t)1 << 26)
#define MAX_COVER_TOTAL ((uint64_t)1 << 29)

typedef struct interval {
    int64_t lo, hi;
    bool known;
} interval;

typedef struct part { /* a view column that reaches only some elements */
    uint32_t view, next;
    int64_t lo, hi;
} part;
#define NO_PART UINT32_MAX

typedef struct ranges {
    program *p;
    arena *a;
    tacit_error *err;
    interval *enforced; /* per tensor */
    uint32_t *parts;    /* per tensor: list of parts */
    part *part_list;
    uint32_t part_count;
    uint64_t cover_left;
    uint8_t *reach; /* per view: 0 not known yet, 1 every element of its source, 2 not every */
} ranges;

static tacit_status full(tacit_error *err) {
    return fail(err, TACIT_RESOURCES, "program: scratch is full");
}
static bool fits_i32(int64_t lo, int64_t hi) {
    return lo >= INT32_MIN && hi <= INT32_MAX;
}

static void intersect(interval *v, int64_t lo, int64_t hi) {
    if (!v->known) *v = (interval){lo, hi, true};
    if (lo > v->lo) v->lo = lo;
    if (hi < v->hi) v->hi = hi;
}

/* ---- declared intervals */
static tacit_status table_intervals(program *p, tacit_error *err) {
    for (uint32_t i = 0; i < p->table_count; i++) {
        table *t = &p->tables[i];
        for (uint32_t c = 0; c < t->width; c++) {
            if (t->gather && c == 1)
                t->columns[c].lo = p->tensors[t->source].lo, t->columns[c].hi = p->tensors[t->source].hi;
            if (!fits_i32(t->columns[c].lo, t->columns[c].hi))
                return BAD("table %u, column %u: an entry does not fit 32 bits", (uint64_t)t->id, (uint64_t)c);
        }
    }
    return TACIT_OK;
}

static tacit_status declared_intervals(program *p, tacit_error *err) {
    for (uint32_t i = 0; i < p->tensor_count; i++) {
        tensor *t = &p->tensors[i];
        t->ranged = t->kind == TENSOR_PARAM || t->kind == TENSOR_CONSTANT;
        if (t->kind != TENSOR_CONSTANT && !tensor_external(t)) t->lo = t->hi = 0;
        if (t->lo > t->hi || !fits_i32(t->lo, t->hi))
            return BAD("tensor \"%s\": its interval is empty or does not fit 32 bits", t->name);
    }
    return TACIT_OK;
}

/* ---- images of views */
/* The distinct source indices of a group's map, as offsets into the source, ascending; *count = their number. */
static tacit_status group_image(ranges *x, const view_group *g, const shape *src, uint64_t **out, uint64_t *count) {
    uint64_t size = 1, stride[MAX_RANK], all = 1;
    for (uint32_t k = src->rank; k-- > 0; all *= src->dim[k]) stride[k] = all;
    for (uint32_t i = 0; i < g->src_count; i++) size *= src->dim[g->src_axis[i]];
    size_t words = (size_t)(size / 64 + 1);
    *count = 0;
    *out = ARENA_NEW(x->a, uint64_t, size < g->size ? size : g->size);
    uint64_t *seen = ARENA_ZNEW(x->a, uint64_t, words);
    if (!*out || !seen) return full(x->err);
    for (uint32_t i = 0; i < g->size; i++) {
        if (g->map[i] < 0) continue;
        uint64_t v = (uint64_t)g->map[i];
        if (seen[v / 64] >> (v % 64) & 1) continue;
        seen[v / 64] |= (uint64_t)1 << (v % 64);
        uint64_t offset = 0;
        for (uint32_t j = g->src_count; j-- > 0;) {
            uint32_t dim = src->dim[g->src_axis[j]];
            offset += v % dim * stride[g->src_axis[j]];
            v /= dim;
        }
        (*out)[(*count)++] = offset;
    }
    return TACIT_OK;
}

/* True when every group's map reaches every source index of the group. */
static tacit_status view_reaches_all(ranges *x, const tensor *t, bool *all) {
    const shape *src = &x->p->tensors[t->source].shape;
    *all = true;
    for (uint32_t g = 0; *all && g < t->group_count; g++) {
        const view_group *v = &t->groups[g];
        uint64_t size = 1, count = 0, *image;
        for (uint32_t i = 0; i < v->src_count; i++) size *= src->dim[v->src_axis[i]];
        if (!v->map) continue;
        if (size > v->size) { /* covers the case of a bitmap that is larger than the map */
            *all = false;
            continue;
        }
        size_t mark = arena_mark(x->a);
        TRY(group_image(x, v, src, &image, &count));
        arena_release(x->a, mark);
        *all = count == size;
    }
    return TACIT_OK;
}

/* Set the bits of the view's image: the product of its groups' images. Work: at most the bits of the source. */
static tacit_status mark_image(ranges *x, const tensor *t, uint64_t *bits) {
    const shape *src = &x->p->tensors[t->source].shape;
    uint64_t *image[2 * MAX_RANK], count[2 * MAX_RANK], at[2 * MAX_RANK] = {0}, stride[2 * MAX_RANK], offset = 0;
    for (uint32_t g = 0; g < t->group_count; g++) {
        image[g] = NULL;
        stride[g] = 1;
        count[g] = t->groups[g].size;
        for (uint32_t k = t->groups[g].src_count ? t->groups[g].src_axis[0] + 1u : src->rank; k < src->rank; k++)
            stride[g] *= src->dim[k];
        if (t->groups[g].map) TRY(group_image(x, &t->groups[g], src, &image[g], &count[g]));
        if (!count[g]) return TACIT_OK; /* nothing but zeros */
        offset += image[g] ? image[g][0] : 0;
    }
    for (;;) {
        bits[offset / 64] |= (uint64_t)1 << (offset % 64);
        uint32_t g = t->group_count;
        while (g-- > 0) {
            offset -= image[g] ? image[g][at[g]] : at[g] * stride[g];
            at[g] = at[g] + 1 == count[g] ? 0 : at[g] + 1;
            offset += image[g] ? image[g][at[g]] : at[g] * stride[g];
            if (at[g]) break;
        }
        if (g == UINT32_MAX) return TACIT_OK;
    }
}

static tacit_status mark_parts(ranges *x, uint32_t tensor_id, uint64_t *bits, interval *hull) {
    for (uint32_t i = x->parts[tensor_id]; i != NO_PART; i = x->part_list[i].next) {
        const part *q = &x->part_list[i];
        size_t mark = arena_mark(x->a);
        const tensor *view = &x->p->tensors[q->view];
        uint64_t n = shape_count(&x->p->tensors[tensor_id].shape);
        for (uint32_t g = 0; g < view->group_count; g++) n += view->groups[g].map ? view->groups[g].size : 0;
        if (n > x->cover_left) return fail(x->err, TACIT_MALFORMED, "program: too many partial lookups");
        x->cover_left -= n;
        TRY(mark_image(x, view, bits));
        arena_release(x->a, mark);
        if (!hull->known) *hull = (interval){q->lo, q->hi, true};
        if (q->lo < hull->lo) hull->lo = q->lo;
        if (q->hi > hull->hi) hull->hi = q->hi;
    }
    return TACIT_OK;
}

/* Do the partial columns of a tensor reach all its elements? Then their hull is its interval. */
static tacit_status cover(ranges *x, uint32_t tensor_id) {
    const tensor *t = &x->p->tensors[tensor_id];
    tacit_error *err = x->err;
    uint64_t n = shape_count(&t->shape), set = 0;
    if (x->parts[tensor_id] == NO_PART || x->enforced[tensor_id].known) return TACIT_OK;
    if (n > MAX_COVER) return BAD("tensor \"%s\" is too large to be ranged by views", t->name);
    size_t mark = arena_mark(x->a);
    interval hull = {0, 0, false};
    uint64_t *bits = ARENA_ZNEW(x->a, uint64_t, (size_t)(n / 64 + 1));
    if (!bits) return full(err);
    TRY(mark_parts(x, tensor_id, bits, &hull));
    for (uint64_t i = 0; i <= n / 64; i++) {
        for (uint64_t v = bits[i]; v; v &= v - 1) set++;
    }
    if (set == n) intersect(&x->enforced[tensor_id], hull.lo, hull.hi);
    arena_release(x->a, mark);
    return TACIT_OK;
}

/* ---- what lookups enforce */
static tacit_status use_column(ranges *x, const table_column *c, uint32_t id) {
    const tensor *t = &x->p->tensors[id];
    uint32_t target = t->kind == TENSOR_VIEW ? t->source : id;
    if (!tensor_bounded_by_lookups(&x->p->tensors[target])) return TACIT_OK;
    bool all = true;
    if (t->kind == TENSOR_VIEW && !x->reach[id]) {
        TRY(view_reaches_all(x, t, &all));
        x->reach[id] = all ? 1 : 2;
    }
    if (x->reach[id] != 2) {
        intersect(&x->enforced[target], c->lo, c->hi);
        return TACIT_OK;
    }
    x->part_list[x->part_count] = (part){id, x->parts[target], c->lo, c->hi};
    x->parts[target] = x->part_count++;
    return TACIT_OK;
}

static tacit_status lookup_intervals(ranges *x) {
    const program *p = x->p;
    for (uint32_t i = 0; i < p->lookup_count; i++) {
        const table *t = &p->tables[p->lookups[i].table];
        for (uint32_t c = 0; c < t->width; c++) TRY(use_column(x, &t->columns[c], p->lookups[i].columns[c]));
    }
    for (uint32_t i = 0; i < p->tensor_count; i++) TRY(cover(x, i));
    return TACIT_OK;
}

/* ---- derived tensors */
/* lo, hi += the sum's, of ranged terms: |coef| <= 2^40, |bound| < 2^63, at most 64 terms: < 2^110. */
static void sum_interval(const program *p, const linear_term *terms, uint32_t count, wide_int *lo, wide_int *hi) {
    for (uint32_t i = 0; i < count; i++) {
        const tensor *t = &p->tensors[terms[i].tensor];
        wide_int a = wide_mul(terms[i].coef, t->lo), b = wide_mul(terms[i].coef, t->hi);
        *lo = wide_add(*lo, wide_min(a, b));
        *hi = wide_add(*hi, wide_max(a, b));
    }
}

bool linear_interval(const program *p, const linear_term *terms, uint32_t count, int64_t constant, int64_t *lo,
                     int64_t *hi) {
    wide_int a = wide_of(constant), b = a;
    for (uint32_t i = 0; i < count; i++)
        if (!p->tensors[terms[i].tensor].ranged) return false;
    sum_interval(p, terms, count, &a, &b);
    if (wide_less(a, wide_of(-HALF_P)) || wide_less(wide_of(HALF_P), b)) return false;
    *lo = (int64_t)wide_low(a);
    *hi = (int64_t)wide_low(b);
    return true;
}

/* Sources come before the tensors that use them: one pass. */
static void derived_intervals(program *p) {
    for (uint32_t i = 0; i < p->tensor_count; i++) {
        tensor *t = &p->tensors[i];
        if (t->kind == TENSOR_LINEAR) {
            t->ranged = linear_interval(p, t->terms, t->term_count, t->constant, &t->lo, &t->hi);
        } else if (t->kind == TENSOR_VIEW) {
            const tensor *s = &p->tensors[t->source];
            bool holes = (s->lo > 0 || s->hi < 0) && view_has_holes(t); /* else 0 is in the interval */
            t->ranged = s->ranged;
            t->lo = holes && s->lo > 0 ? 0 : s->lo;
            t->hi = holes && s->hi < 0 ? 0 : s->hi;
        }
    }
}

/* ---- identities */
/* T = -sign * (the rest), sign = T's coefficient; T is the one term that has no interval. */
static void use_identity(const program *p, const constraint *c, interval *found) {
    uint32_t at = UINT32_MAX;
    wide_int lo = wide_of(c->constant), hi = lo;
    for (uint32_t i = 0; i < c->term_count; i++) {
        const tensor *t = &p->tensors[c->terms[i].tensor];
        if (t->ranged) continue;
        if (at != UINT32_MAX || !tensor_bounded_by_lookups(t)) return;
        at = i;
    }
    if (at == UINT32_MAX || (c->terms[at].coef != 1 && c->terms[at].coef != -1)) return;
    sum_interval(p, c->terms, at, &lo, &hi);
    sum_interval(p, c->terms + at + 1, c->term_count - at - 1, &lo, &hi);
    bool plus = c->terms[at].coef == -1;
    wide_int least = plus ? lo : wide_neg(hi), most = plus ? hi : wide_neg(lo);
    if (wide_less(least, wide_of(INT32_MIN)) || wide_less(wide_of(INT32_MAX), most)) return; /* too wide to be of use */
    intersect(&found[c->terms[at].tensor], (int64_t)wide_low(least), (int64_t)wide_low(most));
}

static void take_enforced(ranges *x) {
    for (uint32_t i = 0; i < x->p->tensor_count; i++) {
        tensor *t = &x->p->tensors[i];
        if (!tensor_bounded_by_lookups(t) || !x->enforced[i].known) continue;
        t->ranged = true;
        if (t->kind != TENSOR_COMMITTED) continue;
        t->lo = x->enforced[i].lo;
        t->hi = x->enforced[i].hi;
    }
}

static tacit_status identities(ranges *x) {
    const program *p = x->p;
    interval *found = ARENA_ZNEW(x->a, interval, p->tensor_count);
    if (!found) return full(x->err);
    for (uint32_t i = 0; i < p->constraint_count; i++) {
        if (!p->constraints[i].product_count) use_identity(p, &p->constraints[i], found);
    }
    for (uint32_t i = 0; i < p->tensor_count; i++) {
        if (found[i].known) x->enforced[i] = found[i];
    }
    return TACIT_OK;
}

/* ---- verdicts */
static tacit_status tensors_ranged(const ranges *x, tacit_error *err) {
    for (uint32_t i = 0; i < x->p->tensor_count; i++) {
        const tensor *t = &x->p->tensors[i];
        const interval *e = &x->enforced[i];
        if (!tensor_bounded_by_lookups(t)) continue;
        if (!e->known) return BAD("tensor \"%s\": no lookup gives it an interval", t->name);
        if (e->lo > e->hi) return BAD("tensor \"%s\": its lookups leave no value", t->name);
        if (t->kind != TENSOR_COMMITTED && (e->lo < t->lo || e->hi > t->hi))
            return BAD("tensor \"%s\": its lookups do not enforce its declared interval", t->name);
    }
    for (uint32_t i = 0; i < x->p->tensor_count; i++) {
        const tensor *t = &x->p->tensors[i];
        if (!t->ranged && t->kind != TENSOR_MULTIPLICITY) return BAD("tensor \"%s\" may wrap", t->name);
    }
    return TACIT_OK;
}

/* Multiplicities count the elements of the lookups: they must fit int32, too. */
static tacit_status lookups_ranged(const program *p, arena *a, tacit_error *err) {
    uint64_t *rows = ARENA_ZNEW(a, uint64_t, p->table_count);
    if (!rows) return full(err);
    for (uint32_t i = 0; i < p->lookup_count; i++) {
        const lookup *l = &p->lookups[i];
        for (uint32_t c = 0; c < p->tables[l->table].width; c++) {
            const tensor *t = &p->tensors[l->columns[c]];
            if (!fits_i32(t->lo, t->hi)) return BAD("lookup \"%s\": \"%s\" does not fit 32 bits", l->name, t->name);
        }
        rows[l->table] += shape_count(&p->tensors[l->columns[0]].shape);
        if (rows[l->table] > INT32_MAX) return BAD("lookup \"%s\": too many rows in its table's lookups", l->name);
    }
    return TACIT_OK;
}

/* Factors fit int32: |a b| <= 2^62. False when the sum may leave +-2^64. */
static bool product_interval(const program *p, const constraint *c, const product *x, wide_int *lo, wide_int *hi) {
    const tensor *a = &p->tensors[x->a], *b = &p->tensors[x->b];
    int64_t n = 1, e[4] = {a->lo * b->lo, a->lo * b->hi, a->hi * b->lo, a->hi * b->hi};
    for (uint32_t k = 0; k < a->shape.rank; k++) {
        if (x->a_label[k] >= c->shape.rank) n *= a->shape.dim[k]; /* a summed label is in a; n <= 2^36 */
    }
    int64_t least = e[0], most = e[0];
    for (int i = 1; i < 4; i++) {
        if (e[i] < least) least = e[i];
        if (e[i] > most) most = e[i];
    }
    wide_int min = wide_mul(least, n), max = wide_mul(most, n);
    wide_int limit = wide_mul(INT64_C(1) << 32, INT64_C(1) << 32); /* |coef| limit <= 2^104 */
    if (wide_less(min, wide_neg(limit)) || wide_less(limit, max)) return false;
    wide_int one = wide_scale(min, x->coef), other = wide_scale(max, x->coef);
    *lo = wide_add(*lo, wide_min(one, other));
    *hi = wide_add(*hi, wide_max(one, other));
    return true;
}

static tacit_status constraint_ranged(const program *p, const constraint *c, tacit_error *err) {
    wide_int lo = wide_of(c->constant), hi = lo;
    for (uint32_t i = 0; i < c->product_count; i++) {
        const product *x = &c->products[i];
        const tensor *a = &p->tensors[x->a], *b = &p->tensors[x->b];
        if (!fits_i32(a->lo, a->hi) || !fits_i32(b->lo, b->hi))
            return BAD("constraint \"%s\": a factor does not fit 32 bits", c->name);
        if (!product_interval(p, c, x, &lo, &hi)) return BAD("constraint \"%s\" may wrap", c->name);
    }
    sum_interval(p, c->terms, c->term_count, &lo, &hi);
    if (!wide_less(wide_of(-MAX_SIDE), lo) || !wide_less(hi, wide_of(MAX_SIDE)))
        return BAD("constraint \"%s\" may wrap", c->name);
    return TACIT_OK;
}

static tacit_status prepare(ranges *x) {
    const program *p = x->p;
    size_t columns = 0;
    for (uint32_t i = 0; i < p->lookup_count; i++) columns += p->tables[p->lookups[i].table].width;
    x->enforced = ARENA_ZNEW(x->a, interval, p->tensor_count);
    x->parts = ARENA_NEW(x->a, uint32_t, p->tensor_count);
    x->part_list = ARENA_NEW(x->a, part, columns);
    x->reach = ARENA_ZNEW(x->a, uint8_t, p->tensor_count);
    if (!x->reach || !x->enforced || !x->parts || !x->part_list) return full(x->err);
    for (uint32_t i = 0; i < p->tensor_count; i++) x->parts[i] = NO_PART;
    return TACIT_OK;
}

tacit_status check_ranges(program *p, arena *scratch, tacit_error *err) {
    ranges x = {.p = p, .a = scratch, .err = err, .cover_left = MAX_COVER_TOTAL};
    TRY(prepare(&x));
    TRY(declared_intervals(p, err));
    TRY(table_intervals(p, err));
    TRY(lookup_intervals(&x));
    take_enforced(&x);
    derived_intervals(p);
    TRY(identities(&x));
    take_enforced(&x);
    derived_intervals(p);
    TRY(tensors_ranged(&x, err));
    TRY(lookups_ranged(p, scratch, err));
    for (uint32_t i = 0; i < p->constraint_count; i++) TRY(constraint_ranged(p, &p->constraints[i], err));
    return TACIT_OK;
}
