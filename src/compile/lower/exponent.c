#include "compile/lower/exponent.h"
#include "compile/lower/limbs.h"
#include "compile/lower/tables.h"
#include "compile/lower/views.h"
#include "compile/onnx/attribute.h"
#include <math.h>

enum { EXP_SCALE = 14, SHARE_SCALE = 16, FINEST = 12, COARSE = 10, MAX_DISTANCE = 1 << 17, MAX_BAND = 1 << 18 };
#define ZERO_DISTANCE 10.5       /* exp(-10.5) 2^14 < 1/2 */
#define ZERO_SHARE_DISTANCE 11.8 /* exp(-11.8) 2^16 < 1/2 */

/* ---- floats */
tacit_status row_exp_infer(graph *g, gnode *n, tacit_error *err) {
    const gtensor *x = node_in(g, n, 0);
    shape s;
    if (x->type != ELEM_REAL) return unsupported(n, "on integers", err);
    if (x->shape.rank == 0) return misshapen(n, "a scalar has no rows", err);
    if (node_has_input(n, 1)) {
        const gtensor *m = node_in(g, n, 1);
        if (!shape_broadcast(&s, &x->shape, &m->shape) || !shape_equal(&s, &x->shape))
            return misshapen(n, "the mask does not fit", err);
    }
    set_output_at(g, n, 0, ELEM_REAL, &x->shape);
    set_output_at(g, n, 1, ELEM_REAL, &x->shape);
    return TACIT_OK;
}

tacit_status row_softmax_infer(graph *g, gnode *n, tacit_error *err) {
    TRY(row_exp_infer(g, n, err));
    gtensor *y = node_out(g, n, 0);
    y->bounded = true;
    y->least = 0, y->most = 1;
    return TACIT_OK;
}

static uint64_t broadcast_index(const shape *s, const uint64_t *step, uint64_t i) {
    uint64_t at = 0;
    for (uint32_t k = s->rank; k-- > 0; i /= s->dim[k]) at += i % s->dim[k] * step[k];
    return at;
}

typedef struct row_mask {
    const frame *f;
    const shape *s;
    uint32_t t; /* NO_INDEX: none */
    uint64_t step[MAX_RANK];
} row_mask;

/* Of the row's element k, where the mask's row begins at `first`. */
static bool masked(const row_mask *m, uint64_t first, uint64_t k) {
    return m->t != NO_INDEX && frame_number(m->f, m->t, first + k * m->step[m->s->rank - 1]) > 0.5;
}

static void exp_row(const row_mask *m, const double *x, double factor, uint64_t at, uint64_t size, double *e,
                    double *shifted) {
    const uint64_t first = broadcast_index(m->s, m->step, at);
    double top = -INFINITY;
    bool all = true;
    for (uint64_t k = 0; k < size && all; k++) all = masked(m, first, k);
    for (uint64_t k = 0; k < size; k++) {
        if (all || !masked(m, first, k)) top = fmax(top, x[at + k]);
    }
    for (uint64_t k = 0; k < size; k++) {
        double v = factor * (x[at + k] - top);
        if (shifted) shifted[at + k] = v;
        if (e) e[at + k] = all || !masked(m, first, k) ? exp(v) : 0;
    }
}

tacit_status row_softmax_eval(frame *f, const gnode *n, tacit_error *err) {
    const shape *s = &node_in(f->g, n, 0)->shape;
    const uint64_t size = s->dim[s->rank - 1];
    double *e = f->real[n->out[0]];
    TRY(row_exp_eval(f, n, err));
    for (uint64_t at = 0; at < shape_count(s); at += size) {
        double all = 0;
        for (uint64_t i = at; i < at + size; i++) all += e[i];
        for (uint64_t i = at; i < at + size; i++) e[i] /= all;
    }
    return TACIT_OK;
}

tacit_status row_exp_eval(frame *f, const gnode *n, tacit_error *err) {
    const shape *s = &node_in(f->g, n, 0)->shape;
    double factor;
    TRY(attribute_real(n, "factor", 1, &factor, err));
    row_mask m = {.f = f, .s = s, .t = node_has_input(n, 1) ? n->in[1] : NO_INDEX};
    if (m.t != NO_INDEX) broadcast_strides(&f->g->tensors[m.t].shape, s, m.step);
    uint64_t size = s->dim[s->rank - 1];
    double *e = n->out[0] == NO_INDEX ? NULL : f->real[n->out[0]];
    double *shifted = n->out_count < 2 || n->out[1] == NO_INDEX ? NULL : f->real[n->out[1]];
    for (uint64_t at = 0; at < shape_count(s); at += size)
        exp_row(&m, frame_real(f, n->in[0]), factor, at, size, e, shifted);
    return TACIT_OK;
}

/* ---- relations. v = floor(m (x + half)); v - C mask = top - (d + excess), (d, .., e, [d = 0]) a row of the table.
 * Shares (a softmax): (d, .., e(d), e(d - 1)) with e(d) = round(2^16 exp(-step d)); top is the least number at which
 * the e(d) sum to at most T = 2^16 exp(step / 2): sum of e(d) <= T < sum of e(d - 1). No distance is negative, since
 * e(-1) is more than T by itself. */
typedef struct exponent {
    const gnode *n;
    bool shares;
    double factor, zero; /* e is 0 from this distance on, in units of the exponent */
    int32_t e_scale;
    uint64_t row;
    sum s; /* of x, last axis the row */
    int32_t scale;
    uint32_t shift, bits; /* of the remainder */
    int64_t multiplier;
    int64_t lo, hi;    /* of v, by its parts */
    int64_t last;      /* largest d of the table */
    int64_t over;      /* largest excess, 0: none */
    uint32_t low_bits; /* of the excess's lower limb where there are two, else 0 */
    value mask;
    int64_t weight;                                  /* C, in units of v */
    uint32_t d, r_low, r_high, flag, e, second, top; /* second: [d = 0], or e(d - 1) */
} exponent;

/* Of one unit of d, in the exponent. */
static double step_of(const exponent *x) {
    return x->factor * ldexp(1, -x->scale);
}

static int64_t exponential(const exponent *x, int64_t d) {
    return (int64_t)llround(ldexp(exp(-step_of(x) * (double)d), x->e_scale));
}

/* T */
static int64_t most_shares(const exponent *x) {
    return (int64_t)llround(ldexp(exp(step_of(x) / 2), x->e_scale));
}

/* The finest scale that is of use: steps of 2^-12 in the exponent. */
static int32_t finest(const exponent *x) {
    return FINEST + (int32_t)ceil(log2(x->factor));
}

int32_t row_exp_most_scale(const gnode *n) {
    double factor;
    tacit_error ignored = {0};
    if (attribute_real(n, "factor", 1, &factor, &ignored) != TACIT_OK) return INT32_MAX;
    return COARSE + (int32_t)ceil(log2(factor)) + MAX_SINGLE_SHIFT;
}

/* x with its last axis as rows: its pending sum where that has them, else numbers. */
static tacit_status read_rows(lowering *l, exponent *x, tacit_error *err) {
    uint32_t t = x->n->in[0];
    const shape *s = &l->g->tensors[t].shape;
    const sum *pending = lower_pending(l, t);
    value v;
    if (pending && pending->shape.rank > 0 && pending->shape.dim[pending->shape.rank - 1] == s->dim[s->rank - 1] &&
        pending->scale <= row_exp_most_scale(x->n)) {
        x->s = *pending;
        return TACIT_OK;
    }
    TRY(lower_operand(l, t, &v, err));
    sum_start(&x->s, s, v.scale);
    return sum_term(&x->s, v.id, 1, v.lo, v.hi, err);
}

/* The finest scale whose table costs no more than half of its lookups, but steps of at most 2^-10. */
static tacit_status choose_scale(const lowering *l, exponent *x, double width, tacit_error *err) {
    const double elements = (double)shape_count(&x->s.shape);
    const __int128 most = (__int128)1 << 28;
    const bool band = x->mask.id != NO_TENSOR && l->o->overflow == TACIT_REFUSE; /* perhaps: choose_band */
    const double length = x->zero / x->factor + (band ? 2 * width : 0);
    int32_t fine = finest(x), coarse = fine - FINEST + COARSE;
    x->scale = x->s.scale < fine && !x->shares ? x->s.scale : fine;
    while (x->scale > coarse && ldexp(length, x->scale) > elements / 4) x->scale--;
    while (l->o->overflow == TACIT_REFUSE && ldexp(width, x->scale) > MAX_DISTANCE) x->scale--;
    while (x->s.scale - x->scale > MAX_SINGLE_SHIFT) x->scale++;
    /* shares are of one row's top: a coarse x is not enough for that */
    while (x->scale > x->s.scale &&
           (x->s.hi << (x->scale - x->s.scale) > most || -x->s.lo << (x->scale - x->s.scale) > most))
        x->scale--;
    return x->scale > x->s.scale ? sum_raise(&x->s, x->scale - x->s.scale, err) : TACIT_OK;
}

static void choose_remainder(const lowering *l, exponent *x) {
    uint32_t common = l->plan->rem_bits;
    x->shift = (uint32_t)(x->s.scale - x->scale);
    plan_remainder(l->plan, x->shift, x->shift > 0 ? shape_count(&x->s.shape) : 0);
    x->bits = x->shift > 0 && x->shift < common && x->s.hi < (__int128)1 << 40 && x->s.lo > -((__int128)1 << 40)
                  ? common
                  : x->shift;
    x->multiplier = (int64_t)1 << (x->bits - x->shift);
    const __int128 half = x->shift > 0 ? (__int128)1 << (x->shift - 1) : 0;
    x->lo = (int64_t)((x->s.lo + half) >> x->shift);
    x->hi = (int64_t)((x->s.hi + half) >> x->shift);
}

/* What a table of exponentials has to reach. */
typedef struct reach {
    int64_t zero, calibrated; /* e is 0 from here on; differences of x, by calibration */
    int64_t above;            /* a share's top is above the largest v by at most log(n) */
    int64_t worst;            /* differences of v, by its interval */
} reach;

/* A masked element's distance lies beyond `zero` in the table itself, where C is no more than calibration asks for: no
 * excess, one lookup and three committed values less an element, at the price of rows (about 150 ns each, against 330).
 * False where that does not pay, or does not fit. */
static bool choose_band(lowering *l, exponent *x, const reach *r) {
    uint64_t elements = shape_count(&x->s.shape);
    const int64_t weight = r->zero + r->calibrated, last = weight * x->mask.hi + r->calibrated + r->above;
    if (l->o->overflow != TACIT_REFUSE || x->mask.lo < -1 || x->mask.hi > 2 || last > MAX_BAND) return false;
    if ((uint64_t)last > 8 * elements) return false;
    const int64_t shared = plan_exponentials(l->plan, step_of(x), x->shares, last, &elements);
    if ((uint64_t)shared > 2 * elements) return false;
    x->weight = weight;
    x->last = shared;
    return true;
}

/* Else C is more than all differences, or as much as coefficients allow: a masked element may then count, if it is so
 * far above the top. */
static tacit_status choose_weight(exponent *x, const reach *r, tacit_error *err) {
    const int64_t most = ((int64_t)1 << 40) >> x->bits, enough = r->worst + r->zero;
    x->weight = enough < most ? enough : most;
    if (x->weight < enough && x->weight < 2 * r->calibrated + r->zero)
        return fail(err, TACIT_UNSUPPORTED, "the range of its input is too wide for a mask");
    return TACIT_OK;
}

/* Table and excess. Where values outside are refused, the calibrated differences; else (also with a mask that has no
 * band) up to where e is 0. */
static tacit_status choose_range(lowering *l, exponent *x, double width, tacit_error *err) {
    const bool masked = x->mask.id != NO_TENSOR;
    reach r = {.above = x->shares ? (int64_t)ceil(log((double)x->row) / step_of(x)) + 2 : 0,
               .zero = (int64_t)ceil(ldexp(x->zero / x->factor, x->scale)) + (x->shares ? 1 : 0),
               .calibrated = (int64_t)ceil(ldexp(width, x->scale))};
    r.worst = x->hi - x->lo + r.above;
    bool band = masked && choose_band(l, x, &r), clamps = !band && (masked || l->o->overflow == TACIT_SATURATE);
    if (masked && !band) TRY(choose_weight(x, &r, err));
    x->lo -= x->weight * x->mask.hi;
    x->hi += r.above - x->weight * x->mask.lo;
    const int64_t worst = x->hi - x->lo;
    uint64_t elements = shape_count(&x->s.shape);
    if (clamps) x->last = r.zero;
    if (!clamps && !band)
        x->last = plan_exponentials(l->plan, step_of(x), x->shares, r.calibrated + r.above, &elements);
    if (clamps && x->last > worst) x->last = worst;
    if (x->last < 1) x->last = 1;
    x->over = clamps && worst > x->last ? worst - x->last : 0;
    x->low_bits = x->over > x->last / 16 ? (log2_ceil((uint64_t)x->over + 1) + 1) / 2 : 0;
    if (x->over >= (int64_t)1 << 30 || x->hi >= (int64_t)1 << 30 || x->lo <= -((int64_t)1 << 30))
        return fail(err, TACIT_UNSUPPORTED, "the range of its input is too wide");
    return TACIT_OK;
}

/* The mask, in units of the sum times multiplier: a constant lies in the program. */
static tacit_status read_mask(lowering *l, exponent *x, tacit_error *err) {
    x->mask = (value){.id = NO_TENSOR};
    if (!node_has_input(x->n, 1)) return TACIT_OK;
    const gtensor *m = node_in(l->g, x->n, 1);
    const shape *s = &node_in(l->g, x->n, 0)->shape;
    if (m->constant) {
        uint64_t count = shape_count(&m->shape);
        int64_t *v = ARENA_NEW(l->a, int64_t, count);
        if (!v) return fail(err, TACIT_RESOURCES, "no memory for the mask");
        for (uint64_t i = 0; i < count; i++) v[i] = m->type == ELEM_REAL ? m->real[i] > 0.5 : m->whole[i] > 0;
        x->mask = (value){builder_constant(l->b, lower_name(l, x->n->name, ".mask"), &m->shape, v), 0, 0, 1};
    } else {
        TRY(lower_operand(l, x->n->in[1], &x->mask, err));
        if (x->mask.scale != 0) return unsupported(x->n, "a mask that is not made of integers", err);
    }
    TRY(view_broadcast(l, x->mask.id, s, &x->mask.id, err));
    return view_reshape(l, x->mask.id, &x->s.shape, &x->mask.id, err);
}

static tacit_status make_table(lowering *l, const exponent *x, uint32_t *index, tacit_error *err) {
    uint64_t extra = x->low_bits > 0 ? (uint64_t)1 << x->low_bits : (uint64_t)x->over;
    uint64_t rows = (uint64_t)x->last + 1 + extra, at = 0;
    int64_t *column[5];
    table_column columns[5];
    uint32_t width = 0;
    size_t mark = arena_mark(l->a);
    for (int c = 0; c < 5; c++) {
        column[c] = ARENA_ZNEW(l->a, int64_t, rows);
        if (!column[c]) return fail(err, TACIT_RESOURCES, "no memory for a table");
    }
    for (int64_t d = 0; d <= x->last; d++, at++) {
        column[0][at] = d;
        column[3][at] = exponential(x, d);
        column[4][at] = x->shares ? exponential(x, d - 1) : d == 0;
    }
    if (x->low_bits > 0) at--; /* the last d is marked in all its rows */
    for (int64_t r = x->low_bits > 0 ? 0 : 1; at < rows - (x->low_bits > 0); r++, at++)
        column[0][at] = x->last, column[1][at] = r, column[2][at] = 1, column[3][at] = 0, column[4][at] = 0;
    const bool used[5] = {true, x->over > 0, x->low_bits > 0, true, true};
    for (int c = 0; c < 5; c++) {
        if (used[c]) columns[width++] = (table_column){.values = column[c]};
    }
    *index = builder_table(l->b, width, columns, (uint32_t)at);
    arena_release(l->a, mark);
    return TACIT_OK;
}

static void look_up(lowering *l, const exponent *x, uint32_t rows) {
    uint32_t columns[5] = {x->d}, width = 1;
    if (x->over > 0) columns[width++] = x->r_low;
    if (x->low_bits > 0) columns[width++] = x->flag;
    columns[width++] = x->e;
    columns[width++] = x->second;
    uint32_t k = builder_lookup(l->b, lower_name(l, x->n->name, ".exp"), rows, columns);
    const advice a = advice_of(ADVICE_TABLE, k, NO_TENSOR);
    builder_advice(l->b, &a);
    if (x->low_bits == 0) return;
    const uint32_t high = (uint32_t)(x->over >> x->low_bits) + 1;
    const table_run flags[2] = {{1, 0, 0}, {high, 1, 0}}, highs[2] = {{1, 0, 0}, {high, 0, 1}};
    const table_column far[2] = {{.run_count = 2, .runs = flags}, {.run_count = 2, .runs = highs}};
    (void)builder_lookup(l->b, lower_name(l, x->n->name, ".excess"), builder_table(l->b, 2, far, high + 1),
                         (uint32_t[2]){x->flag, x->r_high});
}

/* m x + half - 2^R C mask = 2^R (top - d - r_low - 2^low_bits r_high) + rem. */
static tacit_status relate(lowering *l, exponent *x, tacit_error *err) {
    const char *name = x->n->name;
    const shape *s = &x->s.shape;
    const int64_t unit = (int64_t)1 << x->bits;
    product products[MAX_SUM_PRODUCTS];
    linear_term terms[MAX_SUM_TERMS + 8];
    shape rows = *s, one = *s;
    uint32_t count = 0, rem = NO_TENSOR, top = NO_TENSOR;
    rows.rank--;
    one.dim[s->rank - 1] = 1;
    for (uint32_t i = 0; i < x->s.product_count; i++) {
        products[i] = x->s.products[i];
        products[i].coef *= x->multiplier;
    }
    for (; count < x->s.term_count; count++)
        terms[count] = (linear_term){x->s.terms[count].coef * x->multiplier, x->s.terms[count].tensor};
    if (x->mask.id != NO_TENSOR) terms[count++] = (linear_term){-unit * x->weight, x->mask.id};
    x->top = builder_committed(l->b, lower_name(l, name, ".top"), &rows);
    TRY(view_reshape(l, x->top, &one, &top, err));
    TRY(view_broadcast(l, top, s, &top, err));
    terms[count++] = (linear_term){-unit, top};
    x->d = builder_committed(l->b, lower_name(l, name, ".distance"), s);
    terms[count++] = (linear_term){unit, x->d};
    if (x->over > 0)
        terms[count++] = (linear_term){unit, x->r_low = builder_committed(l->b, lower_name(l, name, ".over"), s)};
    if (x->low_bits > 0)
        terms[count++] =
            (linear_term){unit << x->low_bits, x->r_high = builder_committed(l->b, lower_name(l, name, ".over2"), s)};
    if (x->bits > 0) terms[count++] = (linear_term){-1, rem = builder_committed(l->b, lower_name(l, name, ".rem"), s)};
    uint32_t c = builder_constraint(l->b, lower_name(l, name, ".top"), s, products, x->s.product_count, terms, count,
                                    x->bits > 0 ? unit / 2 : 0);
    advice a = advice_of(ADVICE_PEAK, c, NO_TENSOR);
    a.y = x->d, a.rem = rem, a.shift = x->bits, a.flag = top, a.hi = x->last;
    a.r_low = x->over > 0 ? x->r_low : NO_TENSOR;
    a.r_high = x->low_bits > 0 ? x->r_high : NO_TENSOR;
    a.low_bits = x->low_bits;
    a.lo = x->shares ? most_shares(x) : 0;
    builder_advice(l->b, &a);
    if (rem != NO_TENSOR) remainder_lookup(l, name, x->bits, rem);
    return TACIT_OK;
}

/* coef * (the sum of a row's column) + constant >= 0. */
static void demand_sum(lowering *l, const exponent *x, uint32_t column, int64_t coef, int64_t constant, uint64_t most) {
    const shape *s = &x->s.shape, row = {.rank = 1, .dim = {s->dim[s->rank - 1]}};
    shape rows = *s;
    rows.rank--;
    product p = {.coef = coef, .a = column, .b_label = {(uint8_t)rows.rank}};
    for (uint8_t k = 0; k < MAX_RANK; k++) p.a_label[k] = k;
    p.b = builder_fill(l->b, lower_name(l, x->n->name, ".ones"), &row, 1);
    limbs_positive(l, x->n->name, &rows, &p, 1, NULL, 0, constant, log2_ceil(most) + 1);
}

/* At least one element of each row is at distance 0; or the shares sum to T, and to more one step before. Rounding
 * apart a step is a factor of exp(step): neither sum is further from T than T (exp(step) - 1) + n. */
static void demand_top(lowering *l, const exponent *x) {
    if (!x->shares) {
        demand_sum(l, x, x->second, 1, -1, x->row);
        return;
    }
    const int64_t all = most_shares(x);
    const uint64_t most = (uint64_t)ceil((double)all * (exp(step_of(x)) - 1)) + x->row + 1;
    demand_sum(l, x, x->e, -1, all, most);
    demand_sum(l, x, x->second, 1, -all - 1, most);
}

static tacit_status results(lowering *l, const exponent *x, tacit_error *err) {
    const value e = {x->e, x->e_scale, 0, (int64_t)1 << x->e_scale};
    if (x->n->out[0] != NO_INDEX) TRY(lower_set_value(l, x->n->out[0], &e, err));
    if (x->n->out_count < 2 || x->n->out[1] == NO_INDEX) return TACIT_OK;
    linear_term terms[3] = {{-1, x->d}};
    uint32_t count = 1;
    if (x->over > 0) terms[count++] = (linear_term){-1, x->r_low};
    if (x->low_bits > 0) terms[count++] = (linear_term){-((int64_t)1 << x->low_bits), x->r_high};
    value d = {.scale = x->scale, .lo = -x->last - x->over - ((int64_t)1 << x->low_bits)};
    d.id = builder_linear(l->b, lower_name(l, x->n->name, ".shifted"), &x->s.shape, terms, count, 0);
    return lower_set_value(l, x->n->out[1], &d, err);
}

static tacit_status lower_rows(lowering *l, const gnode *n, bool shares, tacit_error *err) {
    const shape *s = &node_in(l->g, n, 0)->shape;
    exponent x = {.n = n, .shares = shares, .row = s->dim[s->rank - 1]};
    x.e_scale = shares ? SHARE_SCALE : EXP_SCALE;
    x.zero = shares ? ZERO_SHARE_DISTANCE : ZERO_DISTANCE;
    TRY(attribute_real(n, "factor", 1, &x.factor, err));
    const gtensor *t = node_in(l->g, n, 0);
    double width = fmax(t->hi - t->lo, 0) * l->o->headroom;
    uint32_t rows = 0;
    TRY(read_rows(l, &x, err));
    TRY(read_mask(l, &x, err));
    TRY(choose_scale(l, &x, width, err));
    choose_remainder(l, &x);
    TRY(choose_range(l, &x, width, err));
    TRY(relate(l, &x, err));
    x.flag = x.low_bits > 0 ? builder_committed(l->b, lower_name(l, n->name, ".far"), &x.s.shape) : NO_TENSOR;
    x.e = builder_committed(l->b, lower_name(l, n->name, ".e"), &x.s.shape);
    x.second = builder_committed(l->b, lower_name(l, n->name, shares ? ".before" : ".is"), &x.s.shape);
    int64_t lo = x.lo, hi = x.hi;
    TRY(make_table(l, &x, &rows, err));
    look_up(l, &x, rows);
    demand_top(l, &x);
    limbs_range(l, n->name, x.top, lo, hi);
    return results(l, &x, err);
}

tacit_status row_exp_lower(lowering *l, const gnode *n, tacit_error *err) {
    return lower_rows(l, n, false, err);
}

tacit_status row_softmax_lower(lowering *l, const gnode *n, tacit_error *err) {
    return lower_rows(l, n, true, err);
}
