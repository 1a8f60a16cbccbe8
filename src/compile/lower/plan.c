#include "compile/lower/plan.h"
#include "compile/quantise.h"
#include <math.h>
#include <string.h>

enum { MAX_CODE = 1 << 24 }; /* values of a table's function */

tacit_status plan_init(plan *p, arena *a, tacit_error *err) {
    *p = (plan){.demands = ARENA_NEW(a, demand, MAX_DEMANDS),
                .table_of = ARENA_NEW(a, uint32_t, MAX_DEMANDS),
                .tables = ARENA_NEW(a, table_plan, MAX_TABLES)};
    if (!p->demands || !p->table_of || !p->tables) return fail(err, TACIT_RESOURCES, "no memory for the plan");
    return TACIT_OK;
}

void plan_start_pass(plan *p) {
    for (uint32_t i = 0; i < p->exp_count; i++) {
        exp_table *s = &p->exps[i];
        s->was_last = s->last, s->was_elements = s->elements;
        s->last = 0, s->elements = 0;
    }
    for (uint32_t i = 0; i < p->family_count; i++) {
        family *f = &p->families[i];
        f->was_in = f->in_scale, f->was_out = f->out_scale, f->known = true;
        f->in_scale = f->out_scale = INT32_MAX;
    }
    p->known = p->demand_count;
    p->demand_count = 0;
    memset(p->rem_elements, 0, sizeof p->rem_elements);
}

void plan_remainder(plan *p, uint32_t shift, uint64_t elements) {
    p->rem_elements[shift] += elements;
}

/* The same function, whatever the scales. */
static bool same_formula(const func *a, const func *b) {
    if (!a->formula != !b->formula) return false;
    if (a->formula) return formula_equal(a->formula, b->formula);
    return a->real == b->real && a->parameter[0] == b->parameter[0] && a->parameter[1] == b->parameter[1];
}

bool func_equal(const func *a, const func *b) {
    if (a->kind != b->kind || a->kind != FUNC_REAL) return a->kind == b->kind;
    bool same = a->in_scale == b->in_scale && a->out_scale == b->out_scale && a->limit == b->limit;
    same = same && a->has_domain == b->has_domain && a->domain_lo == b->domain_lo && a->domain_hi == b->domain_hi;
    return same && same_formula(a, b);
}

double func_real(const func *f, int64_t x) {
    double v = ldexp((double)x, -f->in_scale);
    return f->formula ? formula_value(f->formula, v) : f->real(v, f->parameter);
}

/* A pole of a sum of poles is no number at a single x: it gets the next row's value. */
static double defined_real(const func *f, int64_t x) {
    double v = func_real(f, x);
    if (isnan(v)) v = func_real(f, x + 1);
    if (isnan(v)) v = func_real(f, x - 1);
    return isnan(v) ? 0 : v;
}

int64_t func_value(const func *f, int64_t x) {
    if (f->kind == FUNC_RANGE) return x;
    if (f->kind == FUNC_RELU) return x > 0 ? x : 0;
    if (f->has_domain && x < f->domain_lo) x = f->domain_lo;
    if (f->has_domain && x > f->domain_hi) x = f->domain_hi;
    return quantise_one(defined_real(f, x), f->out_scale, f->limit > 0 ? f->limit : MAX_CODE);
}

uint64_t table_rows(const table_plan *t) {
    uint64_t rows = (uint64_t)(t->hi - t->lo) + 1;
    if (t->mode == SATURATE_ONE) rows += 2 * (uint64_t)t->high;
    if (t->mode == SATURATE_TWO) rows += 2 * ((uint64_t)1 << t->low_bits) + 2 * (uint64_t)t->high + 1;
    return rows;
}

void table_outputs(const table_plan *t, int64_t *lo, int64_t *hi) {
    bool reserved = t->shared && t->mode == SATURATE_TWO;
    int64_t first = reserved ? t->lo + 1 : t->lo, last = reserved ? t->hi - 1 : t->hi;
    *lo = *hi = func_value(&t->f, first);
    if (t->f.kind != FUNC_REAL) {
        *hi = func_value(&t->f, last);
        return;
    }
    for (int64_t x = first; x <= last; x++) {
        int64_t v = func_value(&t->f, x);
        if (v < *lo) *lo = v;
        if (v > *hi) *hi = v;
    }
}

/* ---- functions that differ in their scales alone */
static family *family_of(plan *p, const func *f) {
    for (uint32_t i = 0; i < p->family_count; i++) {
        if (same_formula(&p->families[i].f, f)) return &p->families[i];
    }
    if (p->family_count == MAX_FAMILIES) return NULL;
    family *made = &p->families[p->family_count++];
    *made = (family){.f = *f, .in_scale = INT32_MAX, .out_scale = INT32_MAX};
    return made;
}

int32_t plan_scale(plan *p, const func *f, bool of_result) {
    const int32_t own = of_result ? f->out_scale : f->in_scale;
    family *shared = family_of(p, f);
    if (!shared) return own;
    int32_t *least = of_result ? &shared->out_scale : &shared->in_scale;
    if (own < *least) *least = own;
    int32_t before = of_result ? shared->was_out : shared->was_in;
    if (!shared->known || before > own) return own;
    return before < own - FAMILY_BITS ? own - FAMILY_BITS : before;
}

int64_t plan_exponentials(plan *p, double step, bool shares, int64_t last, uint64_t *elements) {
    exp_table *s = NULL;
    for (uint32_t i = 0; i < p->exp_count && !s; i++) {
        exp_table *k = &p->exps[i];
        if (k->shares == shares && !(k->step < step) && !(k->step > step)) s = k;
    }
    if (!s && p->exp_count == MAX_EXPS) return last;
    if (!s) {
        s = &p->exps[p->exp_count++];
        *s = (exp_table){.step = step, .shares = shares};
    }
    if (last > s->last) s->last = last;
    s->elements += *elements;
    if (s->was_elements > *elements) *elements = s->was_elements;
    return s->was_last > last ? s->was_last : last;
}

static bool families_moved(const plan *p) {
    for (uint32_t i = 0; i < p->exp_count; i++) {
        const exp_table *s = &p->exps[i];
        if (s->last != s->was_last || s->elements != s->was_elements) return true;
    }
    for (uint32_t i = 0; i < p->family_count; i++) {
        const family *f = &p->families[i];
        if (!f->known || f->in_scale != f->was_in || f->out_scale != f->was_out) return true;
    }
    return false;
}

/* ---- from demands to tables */
static void absorb(table_plan *t, const demand *d) {
    if (d->lo < t->lo) t->lo = d->lo;
    if (d->hi > t->hi) t->hi = d->hi;
    if (d->worst_lo < t->worst_lo) t->worst_lo = d->worst_lo;
    if (d->worst_hi > t->worst_hi) t->worst_hi = d->worst_hi;
    if (!d->inside && d->lo < t->own_lo) t->own_lo = d->lo;
    if (!d->inside && d->hi > t->own_hi) t->own_hi = d->hi;
    if (d->reach_lo < t->reach_lo) t->reach_lo = d->reach_lo;
    if (d->reach_hi > t->reach_hi) t->reach_hi = d->reach_hi;
    t->elements += d->elements;
    t->shared = t->shared || (d->inside && (d->f.kind == FUNC_RELU || d->lo >= 0));
}

static table_plan table_of_demand(const demand *d) {
    table_plan t = {.f = d->f, .lo = d->lo, .hi = d->hi, .worst_lo = d->lo, .worst_hi = d->hi};
    t.exact = d->exact, t.inside = d->inside;
    absorb(&t, d);
    return t;
}

static bool may_widen(const table_plan *t) {
    return !t->exact && (t->reach_lo < t->own_lo || t->reach_hi > t->own_hi);
}

/* The same factor for all tables: a row costs about two lookups, an element five (two lookups, three committed values);
 * rows worth a twentieth of the elements, but no more than four times the range. What others ask of a table because of
 * this (differences of its values) does not widen it again. */
static void widen(plan *p, uint32_t count) {
    double elements = 0, rows = 1;
    for (uint32_t i = 0; i < count; i++) {
        elements += (double)p->tables[i].elements;
        if (may_widen(&p->tables[i])) rows += (double)(p->tables[i].own_hi - p->tables[i].own_lo);
    }
    double factor = fmin(1 + elements / 8 / rows, 4);
    for (uint32_t i = 0; i < count; i++) {
        table_plan *t = &p->tables[i];
        if (!may_widen(t)) continue;
        int64_t lo = (int64_t)(factor * (double)t->own_lo), hi = (int64_t)(factor * (double)t->own_hi);
        if (lo < t->reach_lo) lo = t->reach_lo;
        if (hi > t->reach_hi) hi = t->reach_hi;
        if (lo < t->lo) t->lo = t->worst_lo = lo;
        if (hi > t->hi) t->hi = t->worst_hi = hi;
    }
}

/* Limbs for values outside: the number of rows added is about 4 sqrt(over). */
static void choose_saturation(table_plan *t) {
    int64_t above = t->worst_hi - t->hi, below = t->lo - t->worst_lo, over = above > below ? above : below;
    t->mode = SATURATE_NONE;
    if (over <= 0) return;
    if (over <= 64 || over <= (t->hi - t->lo) / 64) {
        t->mode = SATURATE_ONE;
        t->high = over;
        return;
    }
    t->mode = SATURATE_TWO;
    if (t->shared) t->lo--, t->hi++;
    t->low_bits = (log2_ceil((uint64_t)over + 1) + 1) / 2;
    t->high = over >> t->low_bits;
}

static uint32_t find_table(const plan *p, uint32_t count, const demand *d) {
    for (uint32_t i = 0; i < count; i++) {
        const table_plan *t = &p->tables[i];
        if (!func_equal(&t->f, &d->f) || t->exact != d->exact) continue;
        if (p->cautious && d->f.kind == FUNC_RANGE && t->inside != d->inside) continue;
        if (!d->exact || (t->lo == d->lo && t->hi == d->hi)) return i;
    }
    return count;
}

/* Is it cheaper to look plain ranges up in relu's table, at the price of a column that nobody reads? */
static bool range_joins_relu(const table_plan *range, const table_plan *relu) {
    int64_t lo = range->lo < relu->lo ? range->lo : relu->lo, hi = range->hi > relu->hi ? range->hi : relu->hi;
    double apart = 2.0 * (double)(range->hi - range->lo + 1);
    double together = 2.0 * (double)((hi - lo) - (relu->hi - relu->lo));
    return together + (range->lo < 0 ? (double)range->elements : 0) < apart;
}

/* To a 64th of the range: ranges that follow each other round a loop (a state of an RNN) then stand still after a few
 * passes instead of creeping to their limit. */
static void round_outward(demand *d) {
    unsigned bits = log2_ceil((uint64_t)(d->hi - d->lo));
    int64_t step = (int64_t)1 << (bits > 6 ? bits - 6 : 0);
    d->lo = -((-d->lo + step - 1) / step * step);
    d->hi = (d->hi + step - 1) / step * step;
    if (d->worst_lo > d->lo) d->worst_lo = d->lo;
    if (d->worst_hi < d->hi) d->worst_hi = d->hi;
}

static tacit_status collect(plan *p, uint32_t *count, tacit_error *err) {
    *count = 0;
    for (uint32_t i = 0; i < p->demand_count; i++) {
        demand *d = &p->demands[i];
        if (p->cautious && !d->inside && d->lo <= 0 && d->hi >= 0) round_outward(d);
        if (p->cautious && d->f.kind == FUNC_RANGE) d->exact = true;
        uint32_t t = find_table(p, *count, d);
        p->table_of[i] = t;
        if (t < *count) {
            absorb(&p->tables[t], d);
            continue;
        }
        if (t == MAX_TABLES) return fail(err, TACIT_UNSUPPORTED, "the model needs more than 256 tables");
        p->tables[(*count)++] = table_of_demand(d);
    }
    return TACIT_OK;
}

static void join_ranges(plan *p, uint32_t count) {
    uint32_t range = count, relu = count;
    for (uint32_t i = 0; i < count; i++) {
        if (p->tables[i].f.kind == FUNC_RELU) relu = i;
        if (p->tables[i].f.kind == FUNC_RANGE && !p->tables[i].exact) range = i;
    }
    if (range == count || relu == count || !range_joins_relu(&p->tables[range], &p->tables[relu])) return;
    for (uint32_t i = 0; i < p->demand_count; i++) {
        if (p->table_of[i] != range) continue;
        absorb(&p->tables[relu], &p->demands[i]);
        p->table_of[i] = relu;
    }
}

/* Cost of a table of 2^r rows; wider remainders take a second limb: a lookup and two more committed values. */
static double rem_cost(const plan *p, uint32_t r) {
    double cost = ldexp(2.0, (int)r);
    for (uint32_t s = r + 1; s <= MAX_SHIFT; s++) {
        if (p->rem_elements[s] == 0) continue;
        if (!two_limbs_fit(s, r)) return INFINITY;
        cost += 1.7 * (double)p->rem_elements[s] + ldexp(2.0, (int)(s - r));
    }
    return cost;
}

static uint32_t choose_rem_bits(const plan *p) {
    uint32_t best = MAX_SINGLE_SHIFT;
    for (uint32_t r = MAX_SINGLE_SHIFT; r-- > 1;) {
        if (rem_cost(p, r) < rem_cost(p, best)) best = r;
    }
    return best;
}

static bool table_same(const table_plan *a, const table_plan *b) {
    return func_equal(&a->f, &b->f) && a->lo == b->lo && a->hi == b->hi && a->mode == b->mode &&
           a->low_bits == b->low_bits && a->high == b->high && a->shared == b->shared;
}

tacit_status plan_finish_pass(plan *p, bool *changed, tacit_error *err) {
    static const uint32_t NONE_YET = 0;
    table_plan before[MAX_TABLES];
    uint32_t count, old_count = p->table_count, rem_bits = choose_rem_bits(p);
    memcpy(before, p->tables, sizeof before);
    *changed = p->known != p->demand_count || p->known == NONE_YET || rem_bits != p->rem_bits;
    TRY(collect(p, &count, err));
    join_ranges(p, count);
    widen(p, count);
    for (uint32_t i = 0; i < count; i++) choose_saturation(&p->tables[i]);
    p->table_count = count;
    p->rem_bits = rem_bits;
    *changed = *changed || count != old_count || families_moved(p);
    for (uint32_t i = 0; i < count && !*changed; i++) *changed = !table_same(&before[i], &p->tables[i]);
    return TACIT_OK;
}

uint64_t plan_clamped(const plan *p) {
    uint64_t n = 0;
    for (uint32_t i = 0; i < p->demand_count; i++) {
        const demand *d = &p->demands[i];
        bool outside = !d->inside && (d->worst_lo < d->lo || d->worst_hi > d->hi);
        if (outside && p->tables[p->table_of[i]].mode == SATURATE_TWO) n += d->elements;
    }
    return n;
}

tacit_status plan_demand(plan *p, const demand *d, table_plan *out, tacit_error *err) {
    uint32_t i = p->demand_count++;
    if (i >= MAX_DEMANDS) return fail(err, TACIT_UNSUPPORTED, "the model needs too many lookups");
    p->demands[i] = *d;
    if (i < p->known) {
        *out = p->tables[p->table_of[i]];
        return TACIT_OK;
    }
    *out = table_of_demand(d);
    choose_saturation(out);
    return TACIT_OK;
}
