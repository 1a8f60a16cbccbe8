#include "compile/lower/rescale.h"
#include "compile/lower/tables.h"
#include "compile/quantise.h"
#include <math.h>

/* Integers beyond this are cut into limbs; a function's calibrated result fills this. */
enum { WIDE = 1 << 20, WIDE_LIMB = 16, RESULT_LIMIT = 32767 };

/* Everything decided before the first relation is made. */
typedef struct rounding {
    const sum *s;
    uint32_t t, t_f;
    func f;
    int32_t scale;
    uint32_t shift, bits, upper; /* the remainder's limbs: bits, then (0: none) upper */
    int64_t multiplier;
    demand d;
    table_plan table;
    uint64_t elements;
} rounding;

static __int128 floor_shift(__int128 v, uint32_t shift) {
    return v >> shift;
} /* arithmetic: floor */

static int64_t clamp_i64(__int128 v) {
    const int64_t most = (int64_t)1 << 60;
    return v > most ? most : v < -most ? -most : (int64_t)v;
}

/* [lo, hi] of round(sum / 2^shift), 0 included. */
static void reach(const sum *s, uint32_t shift, int64_t *lo, int64_t *hi) {
    __int128 half = shift > 0 ? (__int128)1 << (shift - 1) : 0;
    *lo = clamp_i64(floor_shift(s->lo + half, shift));
    *hi = clamp_i64(floor_shift(s->hi + half, shift));
    if (*lo > 0) *lo = 0;
    if (*hi < 0) *hi = 0;
}

/* Calibration saw nothing but zeros: a scale that numbers around 1 have, or so much coarser that the excess of the sum
 * needs small tables only. */
enum { BLANK_SCALE = 15, BLANK_REACH = 1 << 28 };
static int32_t blank_scale(const sum *s) {
    int64_t lo, hi;
    int32_t least = s->scale - MAX_SHIFT > MIN_SCALE ? s->scale - MAX_SHIFT : MIN_SCALE;
    for (int32_t scale = s->scale < BLANK_SCALE ? s->scale : BLANK_SCALE; scale > least; scale--) {
        reach(s, (uint32_t)(s->scale - scale), &lo, &hi);
        if (lo >= -BLANK_REACH && hi <= BLANK_REACH) return scale;
    }
    return least;
}

enum { LEAST_SCORES = 1 << 11 }; /* queries and keys are no coarser than so many units for the largest */

/* The scale at which the calibrated range fills the bits, but never finer than the sum itself. A sum without products
 * that is only one bit too wide stays as it is: a larger table costs less than a remainder per element. */
static int32_t choose_scale(const lowering *l, const sum *s, uint32_t t, double magnitude) {
    int64_t limit = activation_limit(l);
    int32_t natural = scale_for(magnitude, limit);
    if (natural > l->most_scale[t] && ldexp(magnitude, l->most_scale[t]) >= LEAST_SCORES) natural = l->most_scale[t];
    if (magnitude == 0) return blank_scale(s);
    if (natural >= s->scale) return s->scale;
    if (s->product_count == 0 && natural + 1 == s->scale && l->o->overflow == TACIT_REFUSE) return s->scale;
    return natural;
}

static bool is_whole(const lowering *l, uint32_t t) {
    return l->g->tensors[t].type == ELEM_WHOLE;
}

/* Integers: all that the sum can be, or the calibrated range; never clamped. The former asks no table to widen: an
 * index that is looked up twice would ask for what its first table had become, without end. */
static void choose_whole_range(const lowering *l, rounding *r, double lo, double hi) {
    demand *d = &r->d;
    reach(r->s, 0, &d->lo, &d->hi);
    if (l->g->tensors[r->t].boolean) d->lo = 0, d->hi = 1;
    d->inside = d->hi - d->lo <= 4 * activation_limit(l);
    if (!d->inside) {
        if (lo > (double)d->lo) d->lo = (int64_t)floor(lo);
        if (hi < (double)d->hi) d->hi = (int64_t)ceil(hi);
    }
    if (d->lo == d->hi) d->hi++;
    d->worst_lo = d->lo, d->worst_hi = d->hi;
    d->exact = d->exact || l->g->tensors[r->t].boolean;
}

static void choose_range(const lowering *l, rounding *r, double lo, double hi) {
    demand *d = &r->d;
    int64_t least, most, limit = activation_limit(l);
    if (is_whole(l, r->t)) {
        choose_whole_range(l, r, lo, hi);
        return;
    }
    reach(r->s, r->shift, &least, &most);
    d->lo = (int64_t)floor(ldexp(lo, r->scale));
    d->hi = (int64_t)ceil(ldexp(hi, r->scale));
    bool narrow = r->shift == 0 && r->s->product_count == 0 && most - least <= 4 * limit && !l->plan->cautious;
    if (narrow && l->o->overflow == TACIT_SATURATE) d->lo = least, d->hi = most;
    if (lo == 0 && hi == 0) d->lo = -limit, d->hi = limit;
    if (d->lo < least) d->lo = least;
    if (d->hi > most) d->hi = most;
    if (d->lo == d->hi) d->hi++; /* a table has two ends */
    bool clamps = l->o->overflow == TACIT_SATURATE;
    if (!clamps) d->reach_lo = least, d->reach_hi = most;
    d->worst_lo = clamps && least < d->lo ? least : d->lo;
    d->worst_hi = clamps && most > d->hi ? most : d->hi;
}

static bool small(int64_t coef, uint32_t extra) {
    const int64_t most = (int64_t)1 << (40 - extra); /* the loader's bound is 2^40 */
    return coef >= -most && coef <= most;
}

/* Does the equation, multiplied by 2^extra, stay far below 2^62, and its coefficients below their bound? */
static bool has_room(const sum *s, uint32_t extra) {
    const __int128 most = (__int128)1 << 60;
    if (extra > 40 || s->lo <= -(most >> extra) || s->hi >= most >> extra) return false;
    for (uint32_t i = 0; i < s->term_count; i++) {
        if (!small(s->terms[i].coef, extra)) return false;
    }
    for (uint32_t i = 0; i < s->product_count; i++) {
        if (!small(s->products[i].coef, extra)) return false;
    }
    return true;
}

/* One limb of the common width, the equation multiplied up to it; or two; or one of its own. */
static tacit_status choose_limbs(lowering *l, rounding *r, tacit_error *err) {
    uint32_t common = l->plan->rem_bits, shift = r->shift;
    if (shift > MAX_SHIFT)
        return fail(err, TACIT_UNSUPPORTED, "tensor \"%s\": its scales are too far apart", tensor_name(l, r->t));
    plan_remainder(l->plan, shift, shift > 0 ? r->elements : 0);
    r->bits = shift;
    if (two_limbs_fit(shift, common))
        r->bits = common;
    else if (shift > 0 && shift < common && has_room(r->s, common - shift))
        r->bits = common;
    else if (shift > MAX_SINGLE_SHIFT)
        r->bits = MAX_SINGLE_SHIFT;
    r->upper = shift > r->bits ? shift - r->bits : 0;
    r->multiplier = (int64_t)1 << (r->upper > 0 ? 0 : r->bits - shift);
    return TACIT_OK;
}

/* One table for all users of a smooth function (GELU of every layer): nobody else reads its input. */
static bool shares_scale(const lowering *l, const rounding *r) {
    const gtensor *x = &l->g->tensors[r->t];
    bool smooth = r->f.kind == FUNC_REAL && r->f.out_scale != SCALE_OF_INPUT && r->f.out_scale != SCALE_WHOLE;
    return smooth && x->type == ELEM_REAL && l->g->tensors[r->t_f].type == ELEM_REAL && x->uses <= 1 && !x->is_output;
}

/* The scale of the function's results (compile/formula.h); a calibrated one comes with the range that fills it. */
static tacit_status choose_result(const lowering *l, rounding *r, tacit_error *err) {
    double lo, hi;
    func *f = &r->f;
    f->in_scale = r->scale;
    if (f->out_scale == SCALE_OF_INPUT) f->out_scale = r->scale;
    if (f->out_scale == SCALE_WHOLE) f->out_scale = r->scale < 0 ? r->scale : 0;
    if (f->out_scale != SCALE_CALIBRATED) return TACIT_OK;
    TRY(lower_range(l, r->t_f, &lo, &hi, err));
    f->limit = RESULT_LIMIT;
    f->out_scale = scale_for(fmax(-lo, hi), RESULT_LIMIT);
    if (shares_scale(l, r)) f->out_scale = plan_scale(l->plan, f, true);
    return TACIT_OK;
}

/* The last integer from `in` (where the function is a number) to `out` (where it is not) at which it is one. */
static int64_t last_defined(const func *f, int64_t in, int64_t out) {
    while (in - out > 1 || out - in > 1) {
        int64_t middle = in + (out - in) / 2;
        if (isnan(func_real(f, middle)))
            out = middle;
        else
            in = middle;
    }
    return in;
}

/* A function that is not defined on the whole table (log, sqrt, asin ..) has the values of its domain's ends beyond. */
static void choose_domain(const lowering *l, rounding *r) {
    func *f = &r->f;
    const gtensor *x = &l->g->tensors[r->t];
    int64_t from = (int64_t)ceil(ldexp(x->lo, r->scale)), to = (int64_t)floor(ldexp(x->hi, r->scale));
    if (r->f.kind != FUNC_REAL || !f->formula || from > to) return;
    bool low = isnan(func_real(f, r->d.lo)) && r->d.lo < from, high = isnan(func_real(f, r->d.hi)) && r->d.hi > to;
    f->has_domain = low || high;
    f->domain_lo = low ? last_defined(f, from, r->d.lo) : f->has_domain ? r->d.lo : 0;
    f->domain_hi = high ? last_defined(f, to, r->d.hi) : f->has_domain ? r->d.hi : 0;
}

static tacit_status decide(lowering *l, rounding *r, const func *f, tacit_error *err) {
    double lo, hi;
    TRY(lower_range(l, r->t, &lo, &hi, err));
    r->scale = is_whole(l, r->t) ? r->s->scale : choose_scale(l, r->s, r->t, fmax(-lo, hi));
    r->f = *f;
    r->f.in_scale = r->scale;
    if (shares_scale(l, r)) r->scale = plan_scale(l->plan, &r->f, false);
    r->shift = (uint32_t)(r->s->scale - r->scale);
    TRY(choose_result(l, r, err));
    r->elements = shape_count(&r->s->shape);
    r->d = (demand){.elements = r->elements};
    r->d.exact = r->f.kind == FUNC_RANGE && l->feeds_pool[r->t];
    choose_range(l, r, lo, hi);
    choose_domain(l, r);
    r->d.f = r->f;
    if (is_whole(l, r->t) && r->d.hi - r->d.lo > WIDE)
        return fail(err, TACIT_UNSUPPORTED, "tensor \"%s\": a function of integers of more than 20 bits",
                    tensor_name(l, r->t));
    TRY(plan_demand(l->plan, &r->d, &r->table, err));
    return choose_limbs(l, r, err);
}

/* ---- relations */
/* multiplier * sum + half = 2^bits (y + r_low + 2^low_bits r_high) + rem. Without bits there is no remainder. */
typedef struct step {
    const sum *s;
    int64_t multiplier, half;
    uint32_t bits, y;
    const excess *e;          /* NULL: none */
    const table_plan *table;  /* of e */
    const char *name, *round; /* of the tensor; suffix of the constraint */
} step;

static uint32_t step_terms(const step *p, linear_term *terms) {
    uint32_t n = 0;
    int64_t unit = -((int64_t)1 << p->bits);
    for (uint32_t i = 0; i < p->s->term_count; i++)
        terms[n++] = (linear_term){p->s->terms[i].coef * p->multiplier, p->s->terms[i].tensor};
    terms[n++] = (linear_term){unit, p->y};
    if (p->e && p->e->r_low != NO_TENSOR) terms[n++] = (linear_term){unit, p->e->r_low};
    if (p->e && p->e->r_high != NO_TENSOR)
        terms[n++] = (linear_term){unit * ((int64_t)1 << p->table->low_bits), p->e->r_high};
    return n;
}

static void step_advice(lowering *l, const step *p, uint32_t relation, uint32_t rem) {
    bool clamps = p->e && p->e->r_low != NO_TENSOR;
    const table_plan *t = p->table;
    const advice a = {.kind = clamps ? ADVICE_SATURATE : ADVICE_RESCALE,
                      .relation = relation,
                      .y = p->y,
                      .rem = rem,
                      .r_low = clamps ? p->e->r_low : NO_TENSOR,
                      .r_high = clamps ? p->e->r_high : NO_TENSOR,
                      .flag = clamps ? p->e->flag : NO_TENSOR,
                      .shift = p->bits,
                      .low_bits = clamps && t->mode == SATURATE_TWO ? t->low_bits : 0,
                      .lo = clamps ? t->lo : 0,
                      .hi = clamps ? t->hi : 0};
    builder_advice(l->b, &a);
}

/* Answers the remainder, which still needs its lookups; NO_TENSOR without bits. */
static uint32_t relate(lowering *l, const step *p) {
    product products[MAX_SUM_PRODUCTS];
    linear_term terms[MAX_SUM_TERMS + 8];
    const shape *s = &p->s->shape;
    uint32_t n = step_terms(p, terms), rem = NO_TENSOR;
    for (uint32_t i = 0; i < p->s->product_count; i++) {
        products[i] = p->s->products[i];
        products[i].coef *= p->multiplier;
    }
    if (p->bits > 0) {
        rem = builder_committed(l->b, lower_name(l, p->name, ".rem"), s);
        terms[n++] = (linear_term){-1, rem};
    }
    uint32_t c =
        builder_constraint(l->b, lower_name(l, p->name, p->round), s, products, p->s->product_count, terms, n, p->half);
    step_advice(l, p, c, rem);
    return rem;
}

/* rem = 2^bits high + low, both looked up; rem has the interval that this identity gives it. */
static void cut_remainder(lowering *l, const rounding *r, uint32_t rem) {
    const char *name = tensor_name(l, r->t);
    uint32_t high = builder_committed(l->b, lower_name(l, name, ".rem2"), &r->s->shape);
    uint32_t low = builder_committed(l->b, lower_name(l, name, ".rem1"), &r->s->shape);
    const linear_term cut[3] = {{1, rem}, {-((int64_t)1 << r->bits), high}, {-1, low}};
    uint32_t c = builder_constraint(l->b, lower_name(l, name, ".cut"), &r->s->shape, NULL, 0, cut, 3, 0);
    advice a = advice_of(ADVICE_RESCALE, c, high);
    a.rem = low;
    a.shift = r->bits;
    builder_advice(l->b, &a);
    remainder_lookup(l, name, r->bits, low);
    remainder_lookup(l, name, r->upper, high);
}

/* sum -> (y, remainder), the remainder in one limb or two. */
static void relate_all(lowering *l, const rounding *r, uint32_t y, const excess *e) {
    uint32_t bits = r->bits + r->upper;
    const step p = {.s = r->s,
                    .multiplier = r->multiplier,
                    .half = bits > 0 ? (int64_t)1 << (bits - 1) : 0,
                    .bits = bits,
                    .y = y,
                    .e = e,
                    .table = &r->table,
                    .name = tensor_name(l, r->t),
                    .round = ".round"};
    uint32_t rem = relate(l, &p);
    if (r->upper > 0)
        cut_remainder(l, r, rem);
    else if (bits > 0)
        remainder_lookup(l, p.name, bits, rem);
}

/* ---- tensors */
uint32_t output_of(const lowering *l, uint32_t t) {
    for (uint32_t k = 0; t != NO_INDEX && k < l->g->output_count; k++) {
        if (l->g->outputs[k] == t && !l->output_done[k]) return k;
    }
    return NO_INDEX;
}

void output_found(lowering *l, uint32_t k, const value *v) {
    value *o = &l->outputs[k];
    if (o->scale != v->scale || o->lo != v->lo || o->hi != v->hi) l->outputs_changed = true;
    *o = (value){o->id, v->scale, v->lo, v->hi};
    l->output_done[k] = true;
}

/* The program tensor of graph tensor t with the sum's shape: the model's output itself where it is one. */
static uint32_t place(lowering *l, uint32_t t, const sum *s, const value *v) {
    uint32_t k = output_of(l, t);
    if (k == NO_INDEX || !shape_equal(&s->shape, &l->g->tensors[t].shape))
        return builder_committed(l->b, lower_name(l, tensor_name(l, t), ""), &s->shape);
    output_found(l, k, v);
    return l->outputs[k].id;
}

static excess make_excess(lowering *l, const rounding *r) {
    excess e = {NO_TENSOR, NO_TENSOR, NO_TENSOR};
    const char *name = tensor_name(l, r->t);
    const shape *s = &r->s->shape;
    if (r->table.mode != SATURATE_NONE) e.r_low = builder_committed(l->b, lower_name(l, name, ".over"), s);
    if (r->table.mode != SATURATE_TWO) return e;
    e.r_high = builder_committed(l->b, lower_name(l, name, ".over2"), s);
    e.flag = builder_committed(l->b, lower_name(l, name, ".side"), s);
    return e;
}

/* y with its equation; a sum that is looked up as it is needs none. */
static uint32_t make_y(lowering *l, const rounding *r, const value *v, const excess *e) {
    bool itself = r->shift == 0 && r->s->product_count == 0 && r->s->term_count > 0 && r->table.mode == SATURATE_NONE;
    if (itself && output_of(l, r->t) == NO_INDEX) {
        uint32_t sum_id = builder_linear(l->b, lower_name(l, tensor_name(l, r->t), ".sum"), &r->s->shape, r->s->terms,
                                         r->s->term_count, 0);
        const tensor *x = builder_tensor(l->b, sum_id); /* terms may cancel; a column must not be a constant */
        if (!x || x->kind != TENSOR_CONSTANT) return sum_id;
    }
    uint32_t y = place(l, r->t, r->s, v);
    relate_all(l, r, y, e);
    return y;
}

/* A plain range from 0 in relu's table: (y, y) is a row exactly when y is in [0, hi], no further column is needed. */
static bool itself_by_relu(const rounding *r) {
    return r->f.kind == FUNC_RANGE && r->table.f.kind == FUNC_RELU && r->table.mode == SATURATE_NONE && r->d.lo >= 0;
}

/* ---- integers of more than 20 bits: y = 2^16 high + low, each limb in a range of its own. `low` is unique by its
 * range, `high` is what is left; y has its interval by this identity. */
static bool is_wide(const lowering *l, const sum *s, uint32_t t, int64_t *lo, int64_t *hi, tacit_error *err) {
    double least, most;
    if (!is_whole(l, t) || lower_range(l, t, &least, &most, err) != TACIT_OK) return false;
    reach(s, 0, lo, hi);
    if (least > (double)*lo) *lo = (int64_t)floor(least);
    if (most < (double)*hi) *hi = (int64_t)ceil(most);
    return *hi - *lo > WIDE;
}

static tacit_status settle_wide(lowering *l, const sum *s, uint32_t t, int64_t lo, int64_t hi, tacit_error *err) {
    const char *name = tensor_name(l, t);
    const int64_t unit = (int64_t)1 << WIDE_LIMB, least = lo >> WIDE_LIMB, most = hi >> WIDE_LIMB;
    value v = {.lo = least * unit, .hi = most * unit + unit - 1};
    if (v.lo < -INT32_MAX || v.hi > INT32_MAX - 1)
        return fail(err, TACIT_UNSUPPORTED, "tensor \"%s\": integers of more than 31 bits", name);
    v.id = place(l, t, s, &v);
    uint32_t low = builder_committed(l->b, lower_name(l, name, ".low"), &s->shape);
    uint32_t high = builder_committed(l->b, lower_name(l, name, ".high"), &s->shape);
    const step whole = {.s = s, .multiplier = 1, .y = v.id, .name = name, .round = ".is"};
    (void)relate(l, &whole);
    const linear_term cut[3] = {{1, v.id}, {-unit, high}, {-1, low}};
    uint32_t c = builder_constraint(l->b, lower_name(l, name, ".limbs"), &s->shape, NULL, 0, cut, 3, 0);
    advice a = advice_of(ADVICE_RESCALE, c, high);
    a.rem = low;
    a.shift = WIDE_LIMB;
    builder_advice(l->b, &a);
    remainder_lookup(l, name, WIDE_LIMB, low);
    (void)builder_lookup(l->b, lower_name(l, name, ".range"), builder_range_table(l->b, least, most), &high);
    return lower_set_value(l, t, &v, err);
}

tacit_status rescale(lowering *l, const sum *s, uint32_t t, const func *f, uint32_t t_f, tacit_error *err) {
    rounding r = {.s = s, .t = t, .t_f = t_f};
    int64_t lo, hi;
    if (t_f == NO_INDEX && is_wide(l, s, t, &lo, &hi, err)) return settle_wide(l, s, t, lo, hi, err);
    TRY(decide(l, &r, f, err));
    value y = {.scale = r.scale, .lo = r.table.lo, .hi = r.table.hi}, fy = {.id = NO_TENSOR, .scale = r.f.out_scale};
    table_outputs(&r.table, &fy.lo, &fy.hi);
    if (t_f == NO_INDEX && itself_by_relu(&r)) y.lo = 0;
    const excess e = make_excess(l, &r);
    l->settled[t] = r.scale;
    y.id = make_y(l, &r, &y, &e);
    if (t_f != NO_INDEX)
        fy.id = place(l, t_f, s, &fy);
    else if (itself_by_relu(&r))
        fy.id = y.id;
    TRY(table_lookup(l, tensor_name(l, t), &r.table, t_f != NO_INDEX ? RESULT_WANTED : RESULT_JUNK, y.id, &e, &fy.id,
                     err));
    TRY(lower_set_value(l, t, &y, err));
    return t_f == NO_INDEX ? TACIT_OK : lower_set_value(l, t_f, &fy, err);
}
