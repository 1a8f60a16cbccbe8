#include "compile/lower/divide.h"
#include "compile/lower/elementwise.h"
#include "compile/lower/limbs.h"
#include "compile/lower/rescale.h"
#include "compile/lower/rows.h"
#include "compile/lower/tables.h"
#include "compile/lower/views.h"
#include "compile/onnx/attribute.h"
#include "compile/quantise.h"
#include <math.h>
#include <string.h>

static const uint8_t OWN[MAX_RANK] = {0, 1, 2, 3, 4, 5, 6, 7};

/* ---- the relation */
static tacit_status divide_relate(lowering *l, const char *name, const division *d, uint32_t y, tacit_error *err) {
    const shape *s = &d->num->shape;
    const int64_t k = d->truncate ? 1 : 2, whole = d->b.id == NO_TENSOR ? d->unit : d->unit * d->b.hi;
    uint32_t b = NO_TENSOR, full = NO_TENSOR, count = 0, products = 0;
    linear_term terms[MAX_SUM_TERMS + 6];
    product product_of[MAX_SUM_PRODUCTS + 1];
    for (; products < d->num->product_count; products++) {
        product_of[products] = d->num->products[products];
        product_of[products].coef *= k;
    }
    for (; count < d->num->term_count; count++)
        terms[count] = (linear_term){k * d->num->terms[count].coef, d->num->terms[count].tensor};
    if (d->b.id != NO_TENSOR) {
        product *p = &product_of[products++];
        *p = (product){.coef = -k * d->unit, .a = y};
        memcpy(p->a_label, OWN, sizeof OWN);
        TRY(view_drop(l, d->b.id, s, &b, p->b_label, err));
        TRY(view_broadcast(l, d->b.id, s, &full, err));
        p->b = b;
        if (!d->truncate) terms[count++] = (linear_term){d->unit, full};
    } else {
        terms[count++] = (linear_term){-k * d->unit, y};
    }
    int64_t half = d->truncate || full != NO_TENSOR ? 0 : d->unit;
    uint32_t bits = log2_ceil((uint64_t)(k * whole));
    if (bits > MAX_LIMB_BITS) return fail(err, TACIT_UNSUPPORTED, "a divisor of %u bits", (uint64_t)bits);
    const limbs rem = limbs_make(l, name, ".rem", s, bits);
    count = limbs_terms(&rem, terms, count);
    uint32_t c = builder_constraint(l->b, lower_name(l, name, ".divide"), s, product_of, products, terms, count,
                                    k * d->constant + half);
    advice a = advice_of(ADVICE_DIVIDE, c, NO_TENSOR);
    a.y = y, a.rem = rem.low, a.r_high = rem.high;
    builder_advice(l->b, &a);
    limbs_advice(l, &rem, c);
    linear_term rest[3] = {{k * d->unit, full}};
    count = limbs_terms(&rem, rest, full == NO_TENSOR ? 0 : 1);
    limbs_positive(l, name, s, NULL, 0, rest, count, full == NO_TENSOR ? k * d->unit - 1 : -1, bits);
    return TACIT_OK;
}

tacit_status divide_make(lowering *l, const char *name, const division *d, uint32_t *y, tacit_error *err) {
    *y = builder_committed(l->b, lower_name(l, name, ".quotient"), &d->num->shape);
    return divide_relate(l, name, d, *y, err);
}

/* ---- one inverse per divisor */
static int32_t bound(double v, int32_t lo, int32_t hi) {
    return v < lo ? lo : v > hi ? hi : (int32_t)v;
}

enum { TARGET_SHIFT = 16, INVERSE_BITS = 26, LEAST_BITS = 8 };

/* Scale of r = factor / b: such that a r is rounded by 16 bits, but r has 8 bits at the largest b, and 26 at most. */
static int32_t inverse_scale(const lowering *l, const gnode *n, const value *a, const value *b, double factor,
                             double least, tacit_error *err, bool *good) {
    double lo, hi;
    const gtensor *divisor = node_in(l->g, n, 1);
    *good = lower_range(l, n->out[0], &lo, &hi, err) == TACIT_OK;
    if (!*good) return 0;
    double magnitude = fmax(-lo, hi), most = log2(factor / least), fewest = log2(factor / fmax(divisor->hi, least));
    int32_t natural = scale_for(magnitude, activation_limit(l)), s = TARGET_SHIFT + natural - a->scale;
    int32_t enough = bound(ceil(LEAST_BITS - fewest), -60, 60), cap = bound(floor(INVERSE_BITS - most), -60, 60);
    if (s < enough) s = enough;
    if (s > cap) s = cap;
    int32_t wide = bound(floor(58 - log2(factor)), -60, 60) - b->scale; /* the numerator has less than 2^58 */
    return s > wide ? wide : s;
}

static tacit_status make_inverse(lowering *l, const gnode *n, const value *b, double factor, double least, int32_t s,
                                 value *r, tacit_error *err) {
    const int64_t num = (int64_t)llround(ldexp(factor, s + b->scale));
    int64_t smallest = (int64_t)floor(ldexp(least, b->scale));
    if (smallest < 1) smallest = 1;
    if (num < 1) return fail(err, TACIT_UNSUPPORTED, "the divisor's values are too large");
    const tensor *t = builder_tensor(l->b, b->id);
    if (!t) return fail(err, TACIT_INTERNAL, "a divisor without a tensor");
    sum none;
    const shape divisor = t->shape;
    sum_start(&none, &divisor, 0);
    const division d = {.num = &none, .constant = num, .b = *b, .unit = 1};
    *r = (value){.scale = s, .lo = 0, .hi = num / smallest + 1};
    TRY(divide_make(l, n->name, &d, &r->id, err));
    if (r->hi >= INT32_MAX) return fail(err, TACIT_UNSUPPORTED, "the divisor's range is too wide");
    limbs_range(l, n->name, r->id, r->lo, r->hi);
    return TACIT_OK;
}

static tacit_status multiply(lowering *l, const gnode *n, const value *a, const value *b, tacit_error *err) {
    const shape *s = &node_out(l->g, n, 0)->shape;
    uint8_t a_label[MAX_RANK] = {0}, b_label[MAX_RANK] = {0};
    value x = *a, y = *b;
    sum out;
    TRY(view_drop(l, a->id, s, &x.id, a_label, err));
    TRY(view_drop(l, b->id, s, &y.id, b_label, err));
    sum_start(&out, s, a->scale + b->scale);
    TRY(sum_product(l, &out, &x, a_label, &y, b_label, 1, 1, err));
    return lower_set_sum(l, n->out[0], &out, err);
}

tacit_status divide_rows(lowering *l, const gnode *n, double factor, double least, tacit_error *err) {
    value a, b, r;
    bool good;
    if (least <= 0) least = node_in(l->g, n, 1)->lo / 64;
    if (!(least > 0)) return unsupported(n, "a divisor that is not positive in calibration", err);
    TRY(lower_factor(l, n->in[0], 1, 16, &a, err));
    TRY(lower_operand(l, n->in[1], &b, err));
    int32_t s = inverse_scale(l, n, &a, &b, factor, least, err, &good);
    if (!good) return err->status;
    TRY(make_inverse(l, n, &b, factor, least, s, &r, err));
    return multiply(l, n, &a, &r, err);
}

/* ---- QuotientByRow */
tacit_status row_quotient_infer(graph *g, gnode *n, tacit_error *err) {
    TRY(elementwise_infer(g, n, err));
    if (!attribute_has(n, "most")) return TACIT_OK;
    gtensor *y = node_out(g, n, 0);
    y->bounded = true;
    y->least = 0;
    return attribute_real(n, "most", 0, &y->most, err);
}

tacit_status row_quotient_eval(frame *f, const gnode *n, tacit_error *err) {
    double factor;
    TRY(attribute_real(n, "factor", 1, &factor, err));
    TRY(elementwise_eval(f, n, err));
    for (uint64_t i = 0; i < shape_count(&node_out(f->g, n, 0)->shape); i++) f->real[n->out[0]][i] *= factor;
    return TACIT_OK;
}

tacit_status row_quotient_lower(lowering *l, const gnode *n, tacit_error *err) {
    double factor, least;
    TRY(attribute_real(n, "factor", 1, &factor, err));
    TRY(attribute_real(n, "least", 0, &least, err));
    uint32_t by = node_in(l->g, n, 1)->producer;
    if (by != NO_INDEX && strcmp(l->g->nodes[by].op, "RowNorm") == 0) least = row_norm_least(l->g, &l->g->nodes[by]);
    return divide_rows(l, n, factor, least, err);
}

/* ---- Quotient */
/* x as numbers that are positive where x is not 0, and the sign (+1, -1) that they had; NO_TENSOR when x has one sign.
 */
static tacit_status magnitude_of(lowering *l, const gnode *n, const value *x, value *out, uint32_t *sign_out,
                                 tacit_error *err) {
    *out = *x;
    *sign_out = NO_TENSOR;
    if (x->lo >= 0) return TACIT_OK;
    const tensor *t = builder_tensor(l->b, x->id);
    if (!t) return fail(err, TACIT_INTERNAL, "an operand without a tensor");
    const shape s = t->shape;
    static const int64_t SIGNS[2] = {-1, 1};
    const table_column column = {.values = SIGNS};
    uint32_t sign = builder_committed(l->b, lower_name(l, n->name, ".sign"), &s);
    uint32_t size = builder_committed(l->b, lower_name(l, n->name, ".size"), &s);
    product p = {.coef = -1, .a = sign, .b = x->id};
    memcpy(p.a_label, OWN, sizeof OWN);
    memcpy(p.b_label, OWN, sizeof OWN);
    const linear_term term = {1, size};
    uint32_t c = builder_constraint(l->b, lower_name(l, n->name, ".abs"), &s, &p, 1, &term, 1, 0);
    (void)builder_lookup(l->b, lower_name(l, n->name, ".sign"), builder_table(l->b, 1, &column, 2), &sign);
    advice a = advice_of(ADVICE_SIGN, c, NO_TENSOR);
    a.y = size, a.rem = sign, a.flag = x->id;
    builder_advice(l->b, &a);
    *out = (value){size, x->scale, 0, x->hi > -x->lo ? x->hi : -x->lo};
    *sign_out = sign;
    limbs_range(l, n->name, size, out->lo, out->hi);
    return TACIT_OK;
}

/* Operand x over the result's shape, times `coef` and the sign of either operand (at most one is given here). */
static tacit_status numerator(lowering *l, const shape *s, const value *x, uint32_t sign, int64_t coef, sum *out,
                              tacit_error *err) {
    value v = *x;
    sum_start(out, s, 0);
    if (sign == NO_TENSOR) {
        TRY(view_broadcast(l, v.id, s, &v.id, err));
        return sum_term(out, v.id, coef, v.lo, v.hi, err);
    }
    value factor = {.id = sign, .lo = -1, .hi = 1};
    uint8_t x_label[MAX_RANK] = {0}, f_label[MAX_RANK] = {0};
    TRY(view_drop(l, v.id, s, &v.id, x_label, err));
    TRY(view_drop(l, sign, s, &factor.id, f_label, err));
    return sum_product(l, out, &v, x_label, &factor, f_label, coef, 1, err);
}

/* The quotient as a sum of its own, rounded (and clamped) at once: this gives it its interval. */
static tacit_status settle(lowering *l, const gnode *n, uint32_t y, int32_t scale, int64_t lo, int64_t hi,
                           tacit_error *err) {
    static const func plain = {.kind = FUNC_RANGE, .out_scale = INT32_MIN};
    sum s;
    sum_start(&s, &node_out(l->g, n, 0)->shape, scale);
    TRY(sum_term(&s, y, 1, lo, hi, err));
    return rescale(l, &s, n->out[0], &plain, NO_INDEX, err);
}

enum { QUOTIENT_LIMIT = 1 << 29 }; /* what is larger is refused when it is run */

static tacit_status divide_reals(lowering *l, const gnode *n, tacit_error *err) {
    const shape *s = &node_out(l->g, n, 0)->shape;
    double lo, hi;
    value a, b, size;
    uint32_t sign, y;
    sum num;
    TRY(lower_factor(l, n->in[0], 1, 16, &a, err));
    TRY(lower_operand(l, n->in[1], &b, err));
    TRY(lower_range(l, n->out[0], &lo, &hi, err));
    if (node_in(l->g, n, 1)->lo > 0) b.lo = b.lo < 0 ? 0 : b.lo; /* what is not positive is refused when it is run */
    TRY(magnitude_of(l, n, &b, &size, &sign, err));
    int32_t scale = scale_for(fmax(-lo, hi), activation_limit(l)), up = scale - a.scale + b.scale;
    while (up > 30) scale--, up--;
    if (up < -24) return unsupported(n, "scales that are too far apart", err);
    TRY(numerator(l, s, &a, sign, up > 0 ? (int64_t)1 << up : 1, &num, err));
    const division d = {.num = &num, .b = size, .unit = up < 0 ? (int64_t)1 << -up : 1};
    TRY(divide_make(l, n->name, &d, &y, err));
    return settle(l, n, y, scale, -QUOTIENT_LIMIT, QUOTIENT_LIMIT, err);
}

/* ---- integers: the quotient is truncated, as ONNX wants it: sign(a) sign(b) floor(|a| / |b|) */
static tacit_status apply_signs(lowering *l, const gnode *n, const value *q, const uint32_t sign[2], tacit_error *err) {
    const shape *s = &node_out(l->g, n, 0)->shape;
    uint32_t both = sign[0] == NO_TENSOR ? sign[1] : sign[0];
    sum product_sum;
    if (sign[0] != NO_TENSOR && sign[1] != NO_TENSOR) {
        static const int64_t SIGNS[2] = {-1, 1};
        const table_column column = {.values = SIGNS};
        product p = {.coef = -1};
        TRY(view_drop(l, sign[0], s, &p.a, p.a_label, err));
        TRY(view_drop(l, sign[1], s, &p.b, p.b_label, err));
        both = builder_committed(l->b, lower_name(l, n->name, ".sign"), s);
        const linear_term term = {1, both};
        uint32_t c = builder_constraint(l->b, lower_name(l, n->name, ".signs"), s, &p, 1, &term, 1, 0);
        (void)builder_lookup(l->b, lower_name(l, n->name, ".sign"), builder_table(l->b, 1, &column, 2), &both);
        advice a = advice_of(ADVICE_SOLVE, c, NO_TENSOR);
        a.y = both;
        builder_advice(l->b, &a);
    }
    TRY(numerator(l, s, q, both, 1, &product_sum, err));
    return lower_set_sum(l, n->out[0], &product_sum, err);
}

static tacit_status divide_integers(lowering *l, const gnode *n, tacit_error *err) {
    const shape *s = &node_out(l->g, n, 0)->shape;
    const gtensor *divisor = node_in(l->g, n, 1);
    value a, b, top, bottom = {.id = NO_TENSOR};
    uint32_t sign[2] = {NO_TENSOR, NO_TENSOR};
    bool number =
        divisor->constant && shape_count(&divisor->shape) == 1 && divisor->whole[0] > 0 && divisor->whole[0] <= 1 << 24;
    TRY(lower_operand(l, n->in[0], &a, err));
    TRY(magnitude_of(l, n, &a, &top, &sign[0], err));
    if (!number) {
        TRY(lower_operand(l, n->in[1], &b, err));
        TRY(magnitude_of(l, n, &b, &bottom, &sign[1], err));
    }
    sum num;
    TRY(numerator(l, s, &top, NO_TENSOR, 1, &num, err));
    const division d = {.num = &num, .b = bottom, .unit = number ? divisor->whole[0] : 1, .truncate = true};
    value q = {.lo = 0, .hi = number ? top.hi / divisor->whole[0] : top.hi};
    TRY(divide_make(l, n->name, &d, &q.id, err));
    if (sign[0] == NO_TENSOR && sign[1] == NO_TENSOR) return settle(l, n, q.id, 0, 0, q.hi, err);
    limbs_range(l, n->name, q.id, q.lo, q.hi);
    return apply_signs(l, n, &q, sign, err);
}

tacit_status div_lower(lowering *l, const gnode *n, tacit_error *err) {
    const gtensor *a = node_in(l->g, n, 0), *b = node_in(l->g, n, 1), *y = node_out(l->g, n, 0);
    if (y->type == ELEM_WHOLE) return divide_integers(l, n, err);
    bool shared =
        shape_count(&y->shape) >= 2 * shape_count(&b->shape) && shape_count(&a->shape) == shape_count(&y->shape);
    return shared && b->lo > 0 ? divide_rows(l, n, 1, 0, err) : divide_reals(l, n, err);
}
