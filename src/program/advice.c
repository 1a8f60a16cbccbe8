/* program/advice: reader of the advice part; the executor's steps fit their relations. Only the executor reads advice;
 * a wrong one can make it fail, never make a proof of something false. */
#include "program/rules.h"

#define BAD(...) fail(err, TACIT_MALFORMED, __VA_ARGS__)

static bool computed(const program *p, uint32_t id) {
    return id < p->tensor_count && (p->tensors[id].kind == TENSOR_COMMITTED || p->tensors[id].kind == TENSOR_OUTPUT);
}

/* Coefficient of a computed tensor in the constraint's terms; 0 if it is not there. */
static int64_t coef_of(const program *p, const constraint *c, uint32_t id) {
    if (!computed(p, id)) return 0;
    for (uint32_t i = 0; i < c->term_count; i++) {
        if (c->terms[i].tensor == id) return c->terms[i].coef;
    }
    return 0;
}

static bool has(const program *p, const constraint *c, uint32_t id, int64_t coef) {
    return coef_of(p, c, id) == coef;
}

static tacit_status check_rounding(const program *p, const constraint *c, const advice *x, tacit_error *err) {
    int64_t unit = (int64_t)1 << x->shift;
    bool no_rem = x->rem == NO_TENSOR && x->shift == 0; /* the remainder would be 0 */
    if (!has(p, c, x->y, -unit) || (!no_rem && !has(p, c, x->rem, -1)))
        return BAD("advice for \"%s\": the constraint is not acc - 2^shift y - rem", c->name);
    if (x->kind == ADVICE_RESCALE) return TACIT_OK;
    if (!has(p, c, x->r_low, -unit)) return BAD("advice for \"%s\": the excess is not in the constraint", c->name);
    if (x->r_high != NO_TENSOR && !has(p, c, x->r_high, -(unit << x->low_bits)))
        return BAD("advice for \"%s\": the excess's high limb is not in the constraint", c->name);
    if (x->flag != NO_TENSOR && (!computed(p, x->flag) || !shape_equal(&p->tensors[x->flag].shape, &c->shape)))
        return BAD("advice for \"%s\": its flag", c->name);
    if (x->lo > x->hi || x->lo < INT32_MIN || x->hi > INT32_MAX || (x->r_high == NO_TENSOR && x->low_bits))
        return BAD("advice for \"%s\": its interval or low bits", c->name);
    return TACIT_OK;
}

/* ---- steps that read tensors rather than a constraint's rest */
/* Of tensor id, if it exists and has at least `least` axes. */
static const shape *shape_of(const program *p, uint32_t id, uint32_t least) {
    return id < p->tensor_count && p->tensors[id].shape.rank >= least ? &p->tensors[id].shape : NULL;
}

/* The first `count` axes agree. */
static bool same_axes(const shape *a, const shape *b, uint32_t count) {
    for (uint32_t k = 0; k < count; k++) {
        if (a->dim[k] != b->dim[k]) return false;
    }
    return true;
}

/* a without its last `drop` axes is b without its last `less`. */
static bool leads(const shape *a, uint32_t drop, const shape *b, uint32_t less) {
    return a && b && a->rank >= drop && b->rank >= less && a->rank - drop == b->rank - less &&
           same_axes(a, b, a->rank - drop);
}

static bool last_equal(const shape *a, const shape *b) {
    return a->dim[a->rank - 1] == b->dim[b->rank - 1];
}

static bool limbs_fit(const constraint *c, const shape *y, const advice *x) {
    return leads(y, 1, &c->shape, 0) && x->shift > 0 && y->dim[y->rank - 1] * (uint64_t)x->shift <= 62;
}

static bool onehot_fits(const program *p, const shape *y, const advice *x) {
    const shape *sign = x->r_low == NO_TENSOR ? shape_of(p, x->rem, 0) : shape_of(p, x->r_low, 0);
    bool computes = x->r_low == NO_TENSOR || computed(p, x->r_low);
    return computes && leads(y, 1, shape_of(p, x->rem, 0), 0) && leads(y, 1, sign, 0);
}

static bool top_fits(const program *p, const shape *y, const advice *x) {
    const shape *from = shape_of(p, x->rem, 1);
    return leads(y, 2, from, 1) && y->rank >= 2 && y->dim[y->rank - 1] + 1 == from->dim[from->rank - 1] &&
           y->dim[y->rank - 2] <= from->dim[from->rank - 1] && x->shift < 4;
}

static bool bins_fit(const program *p, const advice *x) {
    const shape *from = shape_of(p, x->rem, 1), *gaps = shape_of(p, x->r_low, 2), *view = shape_of(p, x->r_high, 2);
    if (!from || !gaps || !view || gaps->rank != 2 || !leads(view, 1, from, 0)) return false;
    const tensor *v = &p->tensors[x->r_high];
    return v->kind == TENSOR_VIEW && v->source == x->y && view->dim[view->rank - 2] == gaps->dim[0] &&
           last_equal(view, gaps);
}

static bool tree_fits(const program *p, const shape *y, const advice *x) {
    const shape *go = shape_of(p, x->rem, 1), *first = shape_of(p, x->r_low, 1), *end = shape_of(p, x->r_high, 1);
    return y->rank > 0 && go && first && end && shape_equal(y, go) && first->rank == 1 && shape_equal(first, end) &&
           last_equal(y, first);
}

static tacit_status check_derived(const program *p, const constraint *c, const advice *x, tacit_error *err) {
    bool fits = computed(p, x->y);
    const shape *y = fits ? &p->tensors[x->y].shape : NULL;
    if (fits && x->kind == ADVICE_LIMBS) fits = limbs_fit(c, y, x);
    if (fits && x->kind == ADVICE_ONEHOT) fits = onehot_fits(p, y, x);
    if (fits && x->kind == ADVICE_TOP) fits = top_fits(p, y, x);
    if (fits && x->kind == ADVICE_BINS) fits = bins_fit(p, x);
    if (fits && x->kind == ADVICE_TREE) fits = tree_fits(p, y, x);
    return fits ? TACIT_OK : BAD("advice for \"%s\": its tensors do not fit", c->name);
}

/* ---- divisors, roots and maxima that are computed themselves */
/* The shape of the constraint, and computed. */
static bool fits(const program *p, const constraint *c, uint32_t id) {
    return computed(p, id) && shape_equal(&p->tensors[id].shape, &c->shape);
}

static bool term_or_none(const program *p, const constraint *c, uint32_t id) {
    return id == NO_TENSOR || coef_of(p, c, id) != 0;
}

static bool own_labels(const product *x, const uint8_t *label, uint32_t rank) {
    for (uint32_t k = 0; k < rank; k++) {
        if (label[k] != k) return false;
    }
    return x->coef < 0;
}

/* y in one product, as DIVIDE or ROOT want it. */
static bool quotient_there(const program *p, const constraint *c, const advice *x) {
    uint32_t found = 0;
    bool good = true;
    for (uint32_t i = 0; i < c->product_count; i++) {
        const product *q = &c->products[i];
        bool in_a = q->a == x->y, in_b = q->b == x->y;
        if (!in_a && !in_b) continue;
        found++;
        good = good && (!in_a || own_labels(q, q->a_label, c->shape.rank)) &&
               (!in_b || own_labels(q, q->b_label, c->shape.rank));
        good = good && (x->kind == ADVICE_ROOT ? in_a && in_b && q->coef == -1 : in_a != in_b);
    }
    return good && (found == 1 || (found == 0 && x->kind == ADVICE_DIVIDE && coef_of(p, c, x->y) < 0));
}

static tacit_status check_quotient(const program *p, const constraint *c, const advice *x, tacit_error *err) {
    if (!fits(p, c, x->y) || !quotient_there(p, c, x) || !term_or_none(p, c, x->rem) || !term_or_none(p, c, x->r_high))
        return BAD("advice for \"%s\": the constraint is not rest - y b - remainder", c->name);
    return TACIT_OK;
}

static tacit_status check_sign(const program *p, const constraint *c, const advice *x, tacit_error *err) {
    bool good = fits(p, c, x->y) && fits(p, c, x->rem) && has(p, c, x->y, 1) && x->flag < p->tensor_count &&
                shape_equal(&p->tensors[x->flag].shape, &c->shape);
    return good ? TACIT_OK : BAD("advice for \"%s\": the constraint is not y - sign b", c->name);
}

uint32_t share_lookup(const program *p, const advice *x) {
    for (uint32_t i = 0; i < p->lookup_count; i++) {
        const table *t = &p->tables[p->lookups[i].table];
        if (!t->gather && t->width >= 3 && p->lookups[i].columns[0] == x->y) return i;
    }
    return NO_TENSOR;
}

/* The term `flag`, by itself or as a view, is one computed number per row. */
static bool peak_there(const program *p, const constraint *c, const advice *x, int64_t unit) {
    bool term = false;
    if (x->flag >= p->tensor_count || c->shape.rank == 0) return false;
    for (uint32_t i = 0; i < c->term_count; i++)
        term = term || (c->terms[i].tensor == x->flag && c->terms[i].coef == -unit);
    const tensor *t = &p->tensors[x->flag];
    uint32_t base = t->kind == TENSOR_VIEW ? t->source : x->flag;
    uint64_t rows = shape_count(&c->shape) / c->shape.dim[c->shape.rank - 1];
    return term && computed(p, base) && shape_count(&p->tensors[base].shape) == rows;
}

static tacit_status check_peak(const program *p, const constraint *c, const advice *x, tacit_error *err) {
    int64_t unit = (int64_t)1 << x->shift;
    bool no_rem = x->rem == NO_TENSOR && x->shift == 0;
    bool good = has(p, c, x->y, unit) && (no_rem || has(p, c, x->rem, -1)) && peak_there(p, c, x, unit);
    good = good && (x->r_low == NO_TENSOR ? x->r_high == NO_TENSOR : has(p, c, x->r_low, unit));
    if (x->r_high != NO_TENSOR)
        good = good && x->shift + x->low_bits <= 40 && has(p, c, x->r_high, unit << x->low_bits);
    good = good && x->hi >= 0 && x->hi <= INT32_MAX && x->lo >= 0 && x->lo <= INT32_MAX;
    good = good && (x->lo == 0 || share_lookup(p, x) != NO_TENSOR);
    return good ? TACIT_OK : BAD("advice for \"%s\": the constraint is not acc - 2^shift (top - y) - rem", c->name);
}

static tacit_status check_by_kind(const program *p, const constraint *c, const advice *x, tacit_error *err) {
    int64_t coef;
    switch (x->kind) {
    case ADVICE_LIMBS:
    case ADVICE_ONEHOT:
    case ADVICE_TOP:
    case ADVICE_BINS:
    case ADVICE_TREE:
        return check_derived(p, c, x, err);
    case ADVICE_DIVIDE:
    case ADVICE_ROOT:
        return check_quotient(p, c, x, err);
    case ADVICE_PEAK:
        return check_peak(p, c, x, err);
    case ADVICE_SIGN:
        return check_sign(p, c, x, err);
    case ADVICE_SOLVE:
        coef = coef_of(p, c, x->y);
        return coef == 1 || coef == -1 ? TACIT_OK
                                       : BAD("advice for \"%s\": its term is not there with 1 or -1", c->name);
    default:
        return check_rounding(p, c, x, err);
    }
}

static tacit_status check_step(const program *p, const advice *x, tacit_error *err) {
    if (x->kind == ADVICE_TABLE && x->relation >= p->lookup_count) return BAD("advice names no lookup");
    if (x->kind == ADVICE_TABLE) {
        const lookup *l = &p->lookups[x->relation];
        bool fits = !p->tables[l->table].gather || computed(p, l->columns[1]);
        return fits ? TACIT_OK : BAD("advice for \"%s\": its rows are not computed", l->name);
    }
    if (x->relation >= p->constraint_count) return BAD("advice names no constraint");
    return check_by_kind(p, &p->constraints[x->relation], x, err);
}

static tacit_status check_advice(const program *p, tacit_error *err) {
    for (uint32_t i = 0; i < p->advice_count; i++) TRY(check_step(p, &p->advices[i], err));
    return TACIT_OK;
}

/* ---- reading */
typedef struct reading {
    reader *r;
    program *p;
    arena *a;
    tacit_error *err;
} reading;

static tacit_status get_number(reading *q, uint32_t *out, uint32_t max, const char *what) {
    tacit_error *err = q->err;
    uint64_t v = read_var(q->r);
    if (q->r->bad || v > max) return BAD("program, byte %u: bad %s", (uint64_t)q->r->at, what);
    *out = (uint32_t)v;
    return TACIT_OK;
}

static tacit_status get_i64(reading *q, int64_t *out) {
    tacit_error *err = q->err;
    *out = read_svar(q->r);
    return q->r->bad ? BAD("program, byte %u: bad interval", (uint64_t)q->r->at) : TACIT_OK;
}

static tacit_status get_kind(reading *q, advice_kind *out) {
    tacit_error *err = q->err;
    uint8_t kind = read_u8(q->r);
    *out = (advice_kind)kind;
    return q->r->bad || kind > ADVICE_SIGN ? BAD("program, byte %u: bad advice kind", (uint64_t)q->r->at) : TACIT_OK;
}

static tacit_status get_optional(reading *q, uint32_t *id) {
    TRY(get_number(q, id, q->p->tensor_count, "tensor of an advice"));
    *id -= 1; /* 0 becomes NO_TENSOR */
    return TACIT_OK;
}

static tacit_status get_advice(reading *q, advice *x) {
    *x = (advice){.y = NO_TENSOR, .rem = NO_TENSOR, .r_low = NO_TENSOR, .r_high = NO_TENSOR, .flag = NO_TENSOR};
    TRY(get_kind(q, &x->kind));
    TRY(get_number(q, &x->relation, MAX_RELATIONS, "relation of an advice"));
    if (x->kind == ADVICE_TABLE) return TACIT_OK;
    TRY(get_optional(q, &x->y));
    if (x->kind == ADVICE_SOLVE) return TACIT_OK;
    TRY(get_optional(q, &x->rem));
    TRY(get_number(q, &x->shift, 31, "shift"));
    if (x->kind == ADVICE_RESCALE) return TACIT_OK;
    TRY(get_optional(q, &x->r_low));
    TRY(get_optional(q, &x->r_high));
    if (advice_derives(x->kind)) return get_i64(q, &x->lo);
    TRY(get_optional(q, &x->flag));
    TRY(get_number(q, &x->low_bits, 31, "low bits"));
    TRY(get_i64(q, &x->lo));
    return get_i64(q, &x->hi);
}

/* advice_reader */
static tacit_status read_advice(reader *r, program *p, arena *a, tacit_error *err) {
    reading q = {r, p, a, err};
    TRY(get_number(&q, &p->advice_count, 2 * MAX_RELATIONS, "advice"));
    if (p->advice_count > (r->size - r->at) / 2) return BAD("program ends early in advice");
    if (!p->advice_count) return BAD("program: empty advice part");
    p->advices = ARENA_NEW(a, advice, p->advice_count);
    if (!p->advices) return fail(err, TACIT_RESOURCES, "program: scratch is full");
    for (uint32_t i = 0; i < p->advice_count; i++) TRY(get_advice(&q, &p->advices[i]));
    return TACIT_OK;
}

tacit_status program_parse(program *out, const void *data, size_t size, arena *a, tacit_error *err) {
    TRY(program_parse_with(out, data, size, read_advice, a, err));
    return check_advice(out, err);
}
