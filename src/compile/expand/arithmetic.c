#include "compile/expand/arithmetic.h"
#include "compile/onnx/attribute.h"
#include <math.h>
#include <string.h>

#define MOST 0x1p127 /* bounds beyond it bound nothing */

static double element(const gtensor *t, uint64_t i) {
    return t->type == ELEM_REAL ? t->real[i] : (double)t->whole[i];
}

bool ex_number(const expansion *x, uint32_t t, uint32_t operand, double *v) {
    const gtensor *c = ex_tensor(x, t);
    shape s;
    if (!c->constant || !shape_broadcast(&s, &c->shape, ex_shape(x, operand))) return false;
    if (!shape_equal(&s, ex_shape(x, operand))) return false;
    uint64_t n = shape_count(&c->shape);
    for (uint64_t i = 1; i < n; i++) {
        if (element(c, i) != element(c, 0)) return false;
    }
    if (n > 0) *v = element(c, 0);
    return n > 0;
}

static bool is_whole(const expansion *x, uint32_t t) {
    return ex_tensor(x, t)->type == ELEM_WHOLE;
}

/* ---- Max, Min. A constant comes second. */
static uint32_t extreme(expansion *x, bool max, uint32_t a, uint32_t b) {
    const char *op = max ? "Larger" : "Smaller";
    return ex_tensor(x, a)->constant ? EX(x, op, b, a) : EX(x, op, a, b);
}

tacit_status maximum_expand(expansion *x, const gnode *n, tacit_error *err) {
    (void)err;
    uint32_t t = n->in[0];
    for (uint32_t i = 1; i < n->in_count; i++) t = extreme(x, strcmp(n->op, "Max") == 0, t, n->in[i]);
    ex_result(x, 0, t);
    return x->status;
}

tacit_status total_expand(expansion *x, const gnode *n, tacit_error *err) {
    (void)err;
    uint32_t t = n->in[0];
    for (uint32_t i = 1; i < n->in_count; i++) t = EX(x, "Add", t, n->in[i]);
    if (strcmp(n->op, "Mean") == 0 && n->in_count > 1) t = EX(x, "Mul", t, ex_open(x, ex_real(x, 1.0 / n->in_count)));
    ex_result(x, 0, t);
    return x->status;
}

/* ---- PRelu: r + slope (x - r), r = relu(x): relu shares x's lookup, x - r = min(x, 0) costs nothing. */
tacit_status prelu_expand(expansion *x, const gnode *n, tacit_error *err) {
    shape s;
    const gtensor *a = ex_tensor(x, n->in[0]), *slope = ex_tensor(x, n->in[1]);
    if (!shape_broadcast(&s, &a->shape, &slope->shape) || !shape_equal(&s, &a->shape))
        return misshapen(n, "its slope does not fit", err);
    uint32_t r = EX(x, "Relu", n->in[0]);
    ex_result(x, 0, EX(x, "Add", r, EX(x, "Mul", EX(x, "Sub", n->in[0], r), n->in[1])));
    return x->status;
}

/* ---- Clip: by one table where its bounds are constant numbers, else by Max and Min. */
tacit_status clip_expand(expansion *x, const gnode *n, tacit_error *err) {
    double low = -INFINITY, high = INFINITY;
    uint32_t lo = ex_in(x, 1), hi = ex_in(x, 2), t = n->in[0];
    bool constant = (lo == NO_INDEX || ex_number(x, lo, t, &low)) && (hi == NO_INDEX || ex_number(x, hi, t, &high));
    for (uint32_t i = 1; i < 3; i++) {
        uint32_t bound = ex_in(x, i);
        if (bound != NO_INDEX && ex_tensor(x, bound)->type != ex_tensor(x, t)->type)
            return misshapen(n, "bounds of another type", err);
        if (bound != NO_INDEX && shape_count(ex_shape(x, bound)) != 1)
            return misshapen(n, "bounds must be single numbers", err);
    }
    if (!constant) {
        if (lo != NO_INDEX) t = extreme(x, true, t, lo);
        if (hi != NO_INDEX) t = extreme(x, false, t, hi);
        ex_result(x, 0, t);
        return x->status;
    }
    double min = low, max = high;
    if (lo == NO_INDEX && attribute_has(n, "min")) TRY(attribute_real(n, "min", 0, &min, err));
    if (hi == NO_INDEX && attribute_has(n, "max")) TRY(attribute_real(n, "max", 0, &max, err));
    if (min == -INFINITY && max == INFINITY)
        ex_result(x, 0, t);
    else
        ex_result(x, 0, EX(x, "Limit", t, ex_real(x, fmax(min, -MOST)), ex_real(x, fmin(max, MOST))));
    return x->status;
}

/* ---- Pow */
static uint32_t whole_power(expansion *x, uint32_t t, int32_t exponent) {
    uint32_t square = EX(x, "Mul", t, t);
    return exponent == 2 ? square : exponent == 3 ? EX(x, "Mul", square, t) : EX(x, "Mul", square, square);
}

tacit_status power_expand(expansion *x, const gnode *n, tacit_error *err) {
    uint32_t base = n->in[0], exponent = n->in[1];
    double e = 0, b = 0;
    bool fixed = ex_number(x, exponent, base, &e), whole = is_whole(x, base);
    if (is_whole(x, exponent) && !whole) {
        ex_int(x, "to", 1);
        exponent = EX(x, "Cast", exponent);
    }
    if (ex_tensor(x, base)->constant && ex_tensor(x, exponent)->constant)
        ex_result(x, 0, EX(x, "PowerOf", base, exponent));
    else if (fixed && e == 1)
        ex_result(x, 0, base);
    else if (fixed && e == 2)
        ex_result(x, 0, EX(x, "Mul", base, base));
    else if (whole && fixed && (e == 3 || e == 4))
        ex_result(x, 0, whole_power(x, base, (int32_t)e));
    else if (whole)
        return unsupported(n, "of integers, with an exponent other than 1 to 4", err);
    else if (fixed)
        ex_result(x, 0, EX(x, "Power", base, ex_real(x, e)));
    else if (ex_number(x, base, exponent, &b) && b > 0)
        ex_result(x, 0, EX(x, "Exponential", exponent, ex_real(x, b)));
    else /* of positive numbers: calibration refuses others, log has no value there */
        ex_result(x, 0, EX(x, "Exp", EX(x, "Mul", exponent, EX(x, "Log", base))));
    return x->status;
}

/* ---- Div: a constant divisor is a factor; integers are divided by a table, towards zero. */
static uint32_t reciprocals(expansion *x, uint32_t t) {
    uint64_t n = shape_count(ex_shape(x, t));
    double *v = ex_new_reals(x, n);
    for (uint64_t i = 0; v && i < n; i++) v[i] = 1 / ex_tensor(x, t)->real[i];
    const shape s = *ex_shape(x, t);
    return v ? ex_reals(x, &s, v) : NO_INDEX;
}

static bool has_zero(const expansion *x, uint32_t t) {
    const gtensor *c = ex_tensor(x, t);
    for (uint64_t i = 0; i < shape_count(&c->shape); i++) {
        if (element(c, i) == 0) return true;
    }
    return false;
}

tacit_status divide_expand(expansion *x, const gnode *n, tacit_error *err) {
    double d = 0;
    bool fixed = ex_tensor(x, n->in[1])->constant, all = fixed && ex_tensor(x, n->in[0])->constant;
    if (ex_tensor(x, n->in[0])->type != ex_tensor(x, n->in[1])->type)
        return misshapen(n, "operands of different types", err);
    if (fixed && has_zero(x, n->in[1])) return misshapen(n, "division by zero", err);
    if (all || !fixed)
        ex_result(x, 0, EX(x, "Quotient", n->in[0], n->in[1]));
    else if (!is_whole(x, n->in[0]))
        ex_result(x, 0, EX(x, "Mul", n->in[0], reciprocals(x, n->in[1])));
    else if (ex_number(x, n->in[1], n->in[0], &d))
        ex_result(x, 0, EX(x, "Truncated", n->in[0], ex_real(x, d)));
    else
        ex_result(x, 0, EX(x, "Quotient", n->in[0], n->in[1]));
    return x->status;
}

/* ---- Mod */
static uint32_t to_type(expansion *x, uint32_t t, int64_t type) {
    ex_int(x, "to", type);
    return EX(x, "Cast", t);
}

/* a - b trunc(a / b), which has a's sign. */
static uint32_t remainder_by(expansion *x, uint32_t a, uint32_t b) {
    uint32_t q = EX(x, "Quotient", a, b);
    if (!is_whole(x, a)) q = to_type(x, to_type(x, q, 7), 1);
    return EX(x, "Sub", a, EX(x, "Mul", q, b));
}

/* And b more where the signs differ: then it has b's. */
static uint32_t modulo_by(expansion *x, uint32_t a, uint32_t b) {
    uint32_t r = remainder_by(x, a, b), zero = ex_whole(x, 0);
    uint32_t other = EX(x, "Xor", EX(x, "Less", r, zero), EX(x, "Less", b, zero));
    uint32_t add = EX(x, "And", EX(x, "NotZero", r), other);
    return EX(x, "Add", r, EX(x, "Mul", b, to_type(x, add, 7)));
}

tacit_status modulo_expand(expansion *x, const gnode *n, tacit_error *err) {
    int64_t fmod;
    double d = 0;
    uint32_t a = n->in[0], b = n->in[1];
    TRY(attribute_int(n, "fmod", 0, &fmod, err));
    if (ex_tensor(x, a)->type != ex_tensor(x, b)->type) return misshapen(n, "operands of different types", err);
    if (ex_tensor(x, b)->constant && has_zero(x, b)) return misshapen(n, "division by zero", err);
    if (fmod == 0 && !is_whole(x, a)) return unsupported(n, "of reals without fmod", err);
    if (ex_number(x, b, a, &d))
        ex_result(x, 0, EX(x, fmod != 0 ? "RemainderOf" : "Modulo", a, ex_real(x, d)));
    else
        ex_result(x, 0, fmod != 0 ? remainder_by(x, a, b) : modulo_by(x, a, b));
    return x->status;
}
