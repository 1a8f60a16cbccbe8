#include "compile/lower/elementwise.h"
#include "compile/lower/views.h"
#include "compile/quantise.h"
#include <math.h>

tacit_status elementwise_infer(graph *g, gnode *n, tacit_error *err) {
    const gtensor *a = node_in(g, n, 0), *b = node_in(g, n, 1);
    shape s;
    if (a->type != b->type) return misshapen(n, "operands of different types", err);
    if (!shape_broadcast(&s, &a->shape, &b->shape)) return misshapen(n, "the operands do not fit", err);
    set_output(g, n, a->type, &s);
    return TACIT_OK;
}

/* Add, Sub, Mul, Quotient, PowerOf. */
static double apply_real(char op, double x, double y) {
    return op == 'A' ? x + y : op == 'S' ? x - y : op == 'M' ? x * y : op == 'Q' ? x / y : pow(x, y);
}

/* Squaring; 0 for a negative exponent, unless the base is 1 or -1. */
static uint64_t whole_power(uint64_t x, int64_t y) {
    uint64_t result = 1;
    if (y < 0) return x == 1 ? 1 : x == UINT64_MAX ? (y % 2 == 0 ? 1 : UINT64_MAX) : 0;
    for (; y > 0; y >>= 1, x *= x) {
        if (y & 1) result *= x;
    }
    return result;
}

/* int64 with wrapping, as ONNX leaves it open; division by zero was refused. */
static int64_t apply_whole(char op, int64_t x, int64_t y) {
    uint64_t a = (uint64_t)x, b = (uint64_t)y;
    if (op == 'Q') return y == -1 ? (int64_t)(0 - a) : x / y;
    if (op == 'P') return (int64_t)whole_power(a, y);
    return (int64_t)(op == 'A' ? a + b : op == 'S' ? a - b : a * b);
}

/* One row of the result's last axis; a, b: where the operands' rows begin. */
typedef struct eval_row {
    uint64_t at, count, a, b, a_step, b_step;
} eval_row;

static void real_row(char op, const double *x, const double *y, const eval_row *r, double *out) {
    x += r->a, y += r->b, out += r->at;
    for (uint64_t i = 0; i < r->count; i++) out[i] = apply_real(op, x[i * r->a_step], y[i * r->b_step]);
}

static tacit_status whole_row(const gnode *n, const int64_t *x, const int64_t *y, const eval_row *r, int64_t *out,
                              tacit_error *err) {
    for (uint64_t i = 0; i < r->count; i++) {
        const int64_t u = x[r->a + i * r->a_step], v = y[r->b + i * r->b_step];
        if (n->op[0] == 'Q' && v == 0) return misshapen(n, "division by zero", err);
        out[r->at + i] = apply_whole(n->op[0], u, v);
    }
    return TACIT_OK;
}

tacit_status elementwise_eval(frame *f, const gnode *n, tacit_error *err) {
    const gtensor *out = node_out(f->g, n, 0);
    const uint32_t outer = out->shape.rank > 0 ? out->shape.rank - 1 : 0;
    uint64_t a_step[MAX_RANK] = {0}, b_step[MAX_RANK] = {0}, count = shape_count(&out->shape);
    broadcast_strides(&node_in(f->g, n, 0)->shape, &out->shape, a_step);
    broadcast_strides(&node_in(f->g, n, 1)->shape, &out->shape, b_step);
    eval_row r = {
        .count = out->shape.rank > 0 ? out->shape.dim[outer] : 1, .a_step = a_step[outer], .b_step = b_step[outer]};
    for (r.at = 0; r.at < count; r.at += r.count) {
        uint64_t rest = r.at / r.count;
        r.a = r.b = 0;
        for (uint32_t k = outer; k-- > 0; rest /= out->shape.dim[k]) {
            r.a += rest % out->shape.dim[k] * a_step[k];
            r.b += rest % out->shape.dim[k] * b_step[k];
        }
        if (out->type == ELEM_REAL)
            real_row(n->op[0], frame_real(f, n->in[0]), frame_real(f, n->in[1]), &r, f->real[n->out[0]]);
        else
            TRY(whole_row(n, frame_whole(f, n->in[0]), frame_whole(f, n->in[1]), &r, f->whole[n->out[0]], err));
    }
    return TACIT_OK;
}

/* ---- sums */
typedef struct target {
    const shape *broadcast, *final; /* first the node's shape, then the sum's cut of it */
} target;

/* A param_view. */
static tacit_status target_view(lowering *l, uint32_t id, const void *context, uint32_t *out, tacit_error *err) {
    const target *t = context;
    TRY(view_broadcast(l, id, t->broadcast, &id, err));
    return view_reshape(l, id, t->final, out, err);
}

/* Operand t, not constant, as a sum over the node's elements; its pending one if it has exactly these. */
static tacit_status operand_sum(lowering *l, uint32_t t, const shape *s, bool pending, sum *out, tacit_error *err) {
    if (pending && shape_equal(&l->g->tensors[t].shape, s)) return lower_sum_of(l, t, out, err);
    value v;
    TRY(lower_operand(l, t, &v, err));
    TRY(view_broadcast(l, v.id, s, &v.id, err));
    sum_start(out, s, v.scale);
    return sum_term(out, v.id, 1, v.lo, v.hi, err);
}

/* A sum without products gets another shape by views of its terms. */
static tacit_status reshape_terms(lowering *l, sum *s, const shape *to, tacit_error *err) {
    for (uint32_t i = 0; i < s->term_count; i++) TRY(view_reshape(l, s->terms[i].tensor, to, &s->terms[i].tensor, err));
    s->shape = *to;
    return TACIT_OK;
}

static tacit_status same_shapes(lowering *l, sum *a, sum *b, tacit_error *err) {
    if (shape_equal(&a->shape, &b->shape)) return TACIT_OK;
    if (b->product_count == 0) return reshape_terms(l, b, &a->shape, err);
    return a->product_count == 0 ? reshape_terms(l, a, &b->shape, err) : TACIT_OK;
}

static tacit_status add_tensors(lowering *l, const gnode *n, const shape *s, int sign, sum *out, tacit_error *err) {
    sum b;
    bool pending = n->in[0] != n->in[1];
    TRY(operand_sum(l, n->in[0], s, pending, out, err));
    TRY(operand_sum(l, n->in[1], s, pending, &b, err));
    TRY(same_shapes(l, out, &b, err));
    if (!shape_equal(&out->shape, &b.shape) || out->product_count + b.product_count > MAX_SUM_PRODUCTS ||
        out->term_count + b.term_count > MAX_SUM_TERMS) {
        TRY(operand_sum(l, n->in[0], s, false, out, err));
        TRY(operand_sum(l, n->in[1], s, false, &b, err));
    }
    return sum_join(out, &b, sign, err);
}

/* sign_x * x + sign_c * constant. */
static tacit_status add_constant(lowering *l, uint32_t x, int sign_x, uint32_t c, int sign_c, const shape *s, sum *out,
                                 tacit_error *err) {
    sum given;
    TRY(operand_sum(l, x, s, true, &given, err));
    if (given.term_count == MAX_SUM_TERMS) TRY(operand_sum(l, x, s, false, &given, err));
    sum_start(out, &given.shape, given.scale);
    TRY(sum_join(out, &given, sign_x, err));
    const target t = {s, &given.shape};
    return sum_constant(l, out, c, sign_c, target_view, &t, err);
}

tacit_status add_lower(lowering *l, const gnode *n, tacit_error *err) {
    int sign = n->op[0] == 'S' ? -1 : 1;
    const shape *s = &node_out(l->g, n, 0)->shape;
    sum out;
    if (node_in(l->g, n, 0)->constant)
        TRY(add_constant(l, n->in[1], sign, n->in[0], 1, s, &out, err));
    else if (node_in(l->g, n, 1)->constant)
        TRY(add_constant(l, n->in[0], 1, n->in[1], sign, s, &out, err));
    else
        TRY(add_tensors(l, n, s, sign, &out, err));
    return lower_set_sum(l, n->out[0], &out, err);
}

/* ---- Neg: a sum with the other sign */
tacit_status neg_infer(graph *g, gnode *n, tacit_error *err) {
    (void)err;
    const gtensor *x = node_in(g, n, 0);
    set_output(g, n, x->type, &x->shape);
    return TACIT_OK;
}

tacit_status neg_eval(frame *f, const gnode *n, tacit_error *err) {
    (void)err;
    const gtensor *y = node_out(f->g, n, 0);
    for (uint64_t i = 0; i < shape_count(&y->shape); i++) {
        if (y->type == ELEM_REAL)
            f->real[n->out[0]][i] = -frame_real(f, n->in[0])[i];
        else
            f->whole[n->out[0]][i] = (int64_t)(0 - (uint64_t)frame_whole(f, n->in[0])[i]);
    }
    return TACIT_OK;
}

tacit_status neg_lower(lowering *l, const gnode *n, tacit_error *err) {
    sum x, out;
    TRY(lower_sum_of(l, n->in[0], &x, err));
    sum_start(&out, &x.shape, x.scale);
    TRY(sum_join(&out, &x, -1, err));
    return lower_set_sum(l, n->out[0], &out, err);
}

/* ---- Bit: integers that are known to be 0 or 1 */
tacit_status bit_infer(graph *g, gnode *n, tacit_error *err) {
    (void)err;
    set_output_boolean(g, n, &node_in(g, n, 0)->shape);
    return TACIT_OK;
}

tacit_status bit_lower(lowering *l, const gnode *n, tacit_error *err) {
    sum x;
    TRY(lower_sum_of(l, n->in[0], &x, err));
    return lower_set_sum(l, n->out[0], &x, err);
}

/* x times an operator's own number: every coefficient of x's sum times an integer, no product and no lookup. */
static tacit_status mul_number(lowering *l, const gnode *n, uint32_t x, uint32_t c, tacit_error *err) {
    const shape *s = &node_out(l->g, n, 0)->shape;
    for (int pending = 1; pending >= 0; pending--) { /* a sum whose numbers would become too large is rounded first */
        value factor;
        sum out;
        TRY(operand_sum(l, x, s, pending == 1, &out, err));
        if (pending == 1 && out.scale > MAX_SCALE - 16) continue;
        TRY(lower_param(l, c, 1, 16, MAX_SCALE - out.scale, &factor, err));
        if (sum_times(&out, factor.lo, factor.scale)) return lower_set_sum(l, n->out[0], &out, err);
    }
    return unsupported(n, "its numbers become too large", err);
}

static bool is_number(const lowering *l, uint32_t t) {
    const gtensor *x = &l->g->tensors[t];
    return x->constant && x->open && shape_count(&x->shape) == 1;
}

tacit_status mul_lower(lowering *l, const gnode *n, tacit_error *err) {
    const shape *s = &node_out(l->g, n, 0)->shape;
    if (is_number(l, n->in[0])) return mul_number(l, n, n->in[1], n->in[0], err);
    if (is_number(l, n->in[1])) return mul_number(l, n, n->in[0], n->in[1], err);
    uint8_t a_label[MAX_RANK] = {0}, b_label[MAX_RANK] = {0};
    value a, b;
    sum out;
    TRY(lower_factor(l, n->in[0], 1, 16, &a, err));
    TRY(lower_weights(l, n, 1, 1, 16, &a, &b, err));
    TRY(view_drop(l, a.id, s, &a.id, a_label, err));
    TRY(view_drop(l, b.id, s, &b.id, b_label, err));
    sum_start(&out, s, a.scale + b.scale);
    TRY(sum_product(l, &out, &a, a_label, &b, b_label, 1, 1, err));
    return lower_set_sum(l, n->out[0], &out, err);
}
