/* compile/lower/compare: a comparison is the sign of a difference of integers.
 *
 *     a < b: d = a - b      a <= b: d = a - b - 1      a > b: d = b - a      a >= b: d = b - a - 1        c = [d < 0]
 *
 * scales aligned by powers of two, so d is exact. A narrow d is looked up itself, (d, c); a wider one is cut,
 * d = 2^k high + low with low in [0, 2^k): high is the floor, so d < 0 exactly when high < 0, and (high, c) is looked
 * up. More than 34 bits are cut twice. Equality: (d, [d = 0]); or (low, u), (high, v) and c = u v; or neither d < 0 nor
 * -d < 0.
 *
 * A constant t compared with x, an integer X over 2^s, is the integer threshold that decides as t does for every X:
 * X < ceil(t 2^s), X <= t is X < floor(t 2^s) + 1 ... */
#include "compile/lower/compare.h"
#include "compile/lower/tables.h"
#include "compile/lower/views.h"
#include <math.h>
#include <string.h>

enum { MAX_WIDTH = 46, TWO_LIMBS = 34, MAX_LIMB = 17 }; /* bits of a difference, cut in two, of its low limb */

typedef enum relation { LESS, LESS_EQUAL, GREATER, GREATER_EQUAL, EQUAL } relation;

static relation relation_of(const gnode *n) {
    static const char *const NAMES[] = {"Less", "LessOrEqual", "Greater", "GreaterOrEqual"};
    for (uint32_t i = 0; i < 4; i++) {
        if (strcmp(n->op, NAMES[i]) == 0) return (relation)i;
    }
    return EQUAL;
}

tacit_status compare_infer(graph *g, gnode *n, tacit_error *err) {
    const gtensor *a = node_in(g, n, 0), *b = node_in(g, n, 1);
    shape s;
    if (a->type != b->type) return misshapen(n, "operands of different types", err);
    if (!shape_broadcast(&s, &a->shape, &b->shape)) return misshapen(n, "the operands do not fit", err);
    set_output_boolean(g, n, &s);
    return TACIT_OK;
}

#define COMPARED(r, x, y)                                                                                              \
    ((r) == LESS            ? (x) < (y)                                                                                \
     : (r) == LESS_EQUAL    ? (x) <= (y)                                                                               \
     : (r) == GREATER       ? (x) > (y)                                                                                \
     : (r) == GREATER_EQUAL ? (x) >= (y)                                                                               \
                            : (x) == (y))

tacit_status compare_eval(frame *f, const gnode *n, tacit_error *err) {
    (void)err;
    const gtensor *a = node_in(f->g, n, 0), *b = node_in(f->g, n, 1), *y = node_out(f->g, n, 0);
    uint64_t a_step[MAX_RANK], b_step[MAX_RANK], count = shape_count(&y->shape);
    relation r = relation_of(n);
    broadcast_strides(&a->shape, &y->shape, a_step);
    broadcast_strides(&b->shape, &y->shape, b_step);
    for (uint64_t i = 0; i < count; i++) {
        uint64_t p = 0, q = 0, rest = i;
        for (uint32_t k = y->shape.rank; k-- > 0; rest /= y->shape.dim[k]) {
            p += rest % y->shape.dim[k] * a_step[k];
            q += rest % y->shape.dim[k] * b_step[k];
        }
        bool c = a->type == ELEM_REAL ? COMPARED(r, frame_real(f, n->in[0])[p], frame_real(f, n->in[1])[q])
                                      : COMPARED(r, frame_whole(f, n->in[0])[p], frame_whole(f, n->in[1])[q]);
        f->whole[n->out[0]][i] = c;
    }
    return TACIT_OK;
}

/* ---- the difference */
typedef struct difference {
    uint32_t id; /* of the node's shape */
    int64_t lo, hi;
} difference;

/* sign * (a 2^i - b 2^j) - less; a, b over the node's shape. */
static tacit_status subtract(lowering *l, const gnode *n, value a, value b, int sign, int64_t less, difference *d,
                             tacit_error *err) {
    const shape *s = &node_out(l->g, n, 0)->shape;
    int32_t scale = a.scale > b.scale ? a.scale : b.scale;
    int32_t up_a = scale - a.scale, up_b = scale - b.scale;
    TRY(view_broadcast(l, a.id, s, &a.id, err));
    TRY(view_broadcast(l, b.id, s, &b.id, err));
    const __int128 most = (__int128)1 << (MAX_WIDTH - 2), unit_a = (__int128)1 << up_a, unit_b = (__int128)1 << up_b;
    bool fits = up_a < MAX_WIDTH && up_b < MAX_WIDTH && a.lo * unit_a > -most && a.hi * unit_a < most &&
                b.lo * unit_b > -most && b.hi * unit_b < most;
    if (!fits) return unsupported(n, "the scales of its operands are too far apart", err);
    const int64_t ca = sign * ((int64_t)1 << up_a), cb = -sign * ((int64_t)1 << up_b);
    const linear_term terms[2] = {{ca, a.id}, {cb, b.id}};
    d->lo = (ca < 0 ? ca * a.hi : ca * a.lo) + (cb < 0 ? cb * b.hi : cb * b.lo) - less;
    d->hi = (ca < 0 ? ca * a.lo : ca * a.hi) + (cb < 0 ? cb * b.lo : cb * b.hi) - less;
    d->id = builder_linear(l->b, lower_name(l, n->name, ".diff"), s, terms, 2, -less);
    return TACIT_OK;
}

/* The integer T for which X < T, X > T or X = T says what the constant t says; lo - 1 and hi + 1 stand for whatever
 * is beyond. */
static int64_t threshold(relation r, double t, int32_t scale, int64_t lo, int64_t hi) {
    double v = ldexp(t, scale), whole;
    if (r == LESS)
        whole = ceil(v);
    else if (r == LESS_EQUAL)
        whole = floor(v) + 1;
    else if (r == GREATER)
        whole = floor(v);
    else if (r == GREATER_EQUAL)
        whole = ceil(v) - 1;
    else
        whole = v == floor(v) ? v : (double)hi + 1;
    return whole < (double)lo ? lo - 1 : whole > (double)hi ? hi + 1 : (int64_t)whole;
}

/* An integer constant is clamped first: what is beyond x's interval stays beyond. */
static int64_t whole_threshold(relation r, int64_t t, int64_t lo, int64_t hi) {
    t = t < lo - 2 ? lo - 2 : t > hi + 2 ? hi + 2 : t;
    return threshold(r, (double)t, 0, lo, hi);
}

/* x against constant c: parameters are the thresholds. */
static tacit_status with_constant(lowering *l, const gnode *n, uint32_t x, uint32_t c, relation r, difference *d,
                                  tacit_error *err) {
    const gtensor *t = &l->g->tensors[c];
    uint64_t count = shape_count(&t->shape);
    int32_t *q = ARENA_NEW(l->a, int32_t, count);
    value v, w;
    if (!q) return fail(err, TACIT_RESOURCES, "lowering needs more memory than is set aside");
    TRY(lower_operand(l, x, &v, err));
    if (v.lo < -(1 << 29) || v.hi > 1 << 29) return unsupported(n, "integers of more than 30 bits", err);
    for (uint64_t i = 0; i < count; i++)
        q[i] = (int32_t)(t->type == ELEM_REAL ? threshold(r, t->real[i], v.scale, v.lo, v.hi)
                                              : whole_threshold(r, t->whole[i], v.lo, v.hi));
    TRY(lower_integers(l, c, q, v.lo - 1, v.hi + 1, v.scale, &w, err));
    bool above = r == GREATER || r == GREATER_EQUAL;
    return subtract(l, n, v, w, above ? -1 : 1, 0, d, err);
}

static relation turned(relation r) {
    static const relation OTHER[] = {GREATER, GREATER_EQUAL, LESS, LESS_EQUAL, EQUAL};
    return OTHER[r];
}

static tacit_status make_difference(lowering *l, const gnode *n, difference *d, tacit_error *err) {
    relation r = relation_of(n);
    value a, b;
    if (node_in(l->g, n, 1)->constant) return with_constant(l, n, n->in[0], n->in[1], r, d, err);
    if (node_in(l->g, n, 0)->constant) return with_constant(l, n, n->in[1], n->in[0], turned(r), d, err);
    TRY(lower_operand(l, n->in[0], &a, err));
    TRY(lower_operand(l, n->in[1], &b, err));
    bool above = r == GREATER || r == GREATER_EQUAL, equal = r == LESS_EQUAL || r == GREATER_EQUAL;
    return subtract(l, n, a, b, above ? -1 : 1, equal ? 1 : 0, d, err);
}

/* ---- the bit */
static double below_zero(double x, double unused, const double *p) {
    return (void)unused, (void)p, x < 0;
}
static double is_zero(double x, double unused, const double *p) {
    return (void)unused, (void)p, x == 0;
}
static const formula_step BELOW_ZERO = {.f = below_zero}, IS_ZERO = {.f = is_zero};
static const formula NEGATIVE = {.count = 1, .steps = &BELOW_ZERO}, ZERO = {.count = 1, .steps = &IS_ZERO};

/* (x, f(x)) for x in [lo, hi], or, not exact, in any larger interval that shares its table. */
static tacit_status look_up(lowering *l, const gnode *n, const formula *f, uint32_t x, int64_t lo, int64_t hi,
                            bool exact, uint32_t *out, tacit_error *err) {
    demand d = {.f = {.kind = FUNC_REAL, .formula = f},
                .lo = lo < 0 ? lo : 0,
                .hi = hi > 0 ? hi : 0,
                .inside = true,
                .exact = exact,
                .elements = shape_count(&node_out(l->g, n, 0)->shape)};
    table_plan t;
    if (d.lo == d.hi) d.hi++;
    d.worst_lo = d.lo, d.worst_hi = d.hi;
    TRY(plan_demand(l->plan, &d, &t, err));
    *out = NO_TENSOR;
    return table_lookup(l, n->name, &t, RESULT_WANTED, x, NULL, out, err);
}

/* d = 2^bits high + low. */
static void cut(lowering *l, const gnode *n, const difference *d, uint32_t bits, uint32_t *high, uint32_t *low) {
    const shape *s = &node_out(l->g, n, 0)->shape;
    *high = builder_committed(l->b, lower_name(l, n->name, ".high"), s);
    *low = builder_committed(l->b, lower_name(l, n->name, ".low"), s);
    const linear_term terms[3] = {{1, d->id}, {-((int64_t)1 << bits), *high}, {-1, *low}};
    uint32_t c = builder_constraint(l->b, lower_name(l, n->name, ".limbs"), s, NULL, 0, terms, 3, 0);
    advice a = advice_of(ADVICE_RESCALE, c, *high);
    a.rem = *low;
    a.shift = bits;
    builder_advice(l->b, &a);
}

/* c = u v for bits u, v. */
static tacit_status both(lowering *l, const gnode *n, uint32_t u, uint32_t v, tacit_error *err) {
    const shape *s = &node_out(l->g, n, 0)->shape;
    const uint8_t axes[MAX_RANK] = {0, 1, 2, 3, 4, 5, 6, 7};
    const value a = {u, 0, 0, 1}, b = {v, 0, 0, 1};
    sum uv;
    sum_start(&uv, s, 0);
    TRY(sum_product(l, &uv, &a, axes, &b, axes, 1, 1, err));
    return lower_set_sum(l, n->out[0], &uv, err);
}

/* Rows cost two lookups each. */
static bool one_table(const difference *d, uint64_t elements, uint32_t bits) {
    double rows = (double)(d->hi - d->lo + 1), limbs = ldexp(1, (int)bits) + rows / ldexp(1, (int)bits);
    return rows < (1 << 18) && 2 * rows <= (double)elements + 2 * limbs;
}

static uint32_t width_of(const difference *d) {
    return log2_ceil((uint64_t)(d->hi - d->lo) + 1);
}

static uint32_t limb_bits(const difference *d) {
    uint32_t width = width_of(d);
    return (width + 1) / 2 < MAX_LIMB ? (width + 1) / 2 : MAX_LIMB;
}

/* [d < 0] */
static tacit_status negative(lowering *l, const gnode *n, const difference *d, value *bit, tacit_error *err) {
    uint32_t high, low, bits = limb_bits(d);
    *bit = (value){.hi = 1};
    if (width_of(d) > TWO_LIMBS) { /* the upper part first: it has its interval by the identity that cuts it */
        cut(l, n, d, MAX_LIMB - 1, &high, &low);
        remainder_lookup(l, n->name, MAX_LIMB - 1, low);
        const difference rest = {high, d->lo >> (MAX_LIMB - 1), d->hi >> (MAX_LIMB - 1)};
        return negative(l, n, &rest, bit, err);
    }
    if (one_table(d, shape_count(&node_out(l->g, n, 0)->shape), bits))
        return look_up(l, n, &NEGATIVE, d->id, d->lo, d->hi, false, &bit->id, err);
    cut(l, n, d, bits, &high, &low);
    remainder_lookup(l, n->name, bits, low);
    return look_up(l, n, &NEGATIVE, high, d->lo >> bits, d->hi >> bits, false, &bit->id, err);
}

tacit_status compare_below(lowering *l, const gnode *n, const value *a, const value *b, bool below, value *bit,
                           tacit_error *err) {
    difference d = {0};
    TRY(subtract(l, n, *a, *b, below ? 1 : -1, 0, &d, err));
    return negative(l, n, &d, bit, err);
}

/* 1 - [d < 0] - [-d < 0] */
static tacit_status neither(lowering *l, const gnode *n, const difference *d, tacit_error *err) {
    const shape *s = &node_out(l->g, n, 0)->shape;
    const linear_term minus = {-1, d->id};
    difference other = {.lo = -d->hi, .hi = -d->lo};
    value below = {0}, above = {0}, bit = {.hi = 1};
    other.id = builder_linear(l->b, lower_name(l, n->name, ".minus"), s, &minus, 1, 0);
    TRY(negative(l, n, d, &below, err));
    TRY(negative(l, n, &other, &above, err));
    const linear_term terms[2] = {{-1, below.id}, {-1, above.id}};
    bit.id = builder_linear(l->b, lower_name(l, n->name, ".equal"), s, terms, 2, 1);
    return lower_set_value(l, n->out[0], &bit, err);
}

/* [d = 0] */
static tacit_status zero(lowering *l, const gnode *n, const difference *d, tacit_error *err) {
    uint32_t high, low, u, v, bits = limb_bits(d);
    value bit = {.hi = 1};
    if (width_of(d) > TWO_LIMBS) return neither(l, n, d, err);
    if (one_table(d, shape_count(&node_out(l->g, n, 0)->shape), bits)) {
        TRY(look_up(l, n, &ZERO, d->id, d->lo, d->hi, false, &bit.id, err));
        return lower_set_value(l, n->out[0], &bit, err);
    }
    cut(l, n, d, bits, &high, &low);
    TRY(look_up(l, n, &ZERO, high, d->lo >> bits, d->hi >> bits, false, &v, err));
    TRY(look_up(l, n, &ZERO, low, 0, ((int64_t)1 << bits) - 1, true, &u, err));
    return both(l, n, u, v, err);
}

tacit_status compare_lower(lowering *l, const gnode *n, tacit_error *err) {
    difference d = {0};
    value bit;
    TRY(make_difference(l, n, &d, err));
    if (relation_of(n) == EQUAL) return zero(l, n, &d, err);
    TRY(negative(l, n, &d, &bit, err));
    return lower_set_value(l, n->out[0], &bit, err);
}
