#include "compile/lower/rows.h"
#include "compile/lower/divide.h"
#include "compile/lower/limbs.h"
#include "compile/lower/views.h"
#include "compile/onnx/attribute.h"
#include <math.h>

static tacit_status need_rows(const graph *g, const gnode *n, tacit_error *err) {
    const gtensor *x = node_in(g, n, 0);
    if (x->type != ELEM_REAL) return unsupported(n, "on integers", err);
    return x->shape.rank > 0 ? TACIT_OK : misshapen(n, "a scalar has no rows", err);
}

enum { ROOT_BITS = 16, RAISED_ROOT_BITS = 27, MAX_ROOT_BITS = 28 }; /* 27: twice a root has limbs of 16 and 12 bits */

static shape per_row(const shape *s) {
    shape r = *s;
    r.dim[r.rank - 1] = 1;
    return r;
}

static uint64_t row_length(const shape *s) {
    return s->dim[s->rank - 1];
}

tacit_status row_same_infer(graph *g, gnode *n, tacit_error *err) {
    TRY(need_rows(g, n, err));
    set_output_like(g, n, &node_in(g, n, 0)->shape);
    return TACIT_OK;
}

tacit_status row_number_infer(graph *g, gnode *n, tacit_error *err) {
    TRY(need_rows(g, n, err));
    const shape s = per_row(&node_in(g, n, 0)->shape);
    set_output(g, n, ELEM_REAL, &s);
    return TACIT_OK;
}

/* ---- floats */
static double row_sum(const double *x, uint64_t n, bool squares) {
    double all = 0;
    for (uint64_t i = 0; i < n; i++) all += squares ? x[i] * x[i] : x[i];
    return all;
}

tacit_status row_centre_eval(frame *f, const gnode *n, tacit_error *err) {
    (void)err;
    const shape *s = &node_in(f->g, n, 0)->shape;
    const double *x = frame_real(f, n->in[0]);
    double *y = f->real[n->out[0]];
    uint64_t size = row_length(s);
    for (uint64_t r = 0; r < shape_count(s); r += size) {
        double mean = row_sum(x + r, size, false) / (double)size;
        for (uint64_t i = 0; i < size; i++) y[r + i] = x[r + i] - mean;
    }
    return TACIT_OK;
}

tacit_status row_norm_eval(frame *f, const gnode *n, tacit_error *err) {
    const shape *s = &node_in(f->g, n, 0)->shape;
    uint64_t size = row_length(s);
    double epsilon;
    TRY(attribute_real(n, "epsilon", 0, &epsilon, err));
    for (uint64_t r = 0; r < shape_count(s) / size; r++)
        f->real[n->out[0]][r] = sqrt(row_sum(frame_real(f, n->in[0]) + r * size, size, true) + epsilon);
    return TACIT_OK;
}

tacit_status row_sum_eval(frame *f, const gnode *n, tacit_error *err) {
    (void)err;
    const shape *s = &node_in(f->g, n, 0)->shape;
    uint64_t size = row_length(s);
    for (uint64_t r = 0; r < shape_count(s) / size; r++)
        f->real[n->out[0]][r] = row_sum(frame_real(f, n->in[0]) + r * size, size, false);
    return TACIT_OK;
}

/* ---- relations */
/* coef * sum over the row of x y, as a sum over the rows; y NULL: ones. */
static tacit_status contract_row(lowering *l, const gnode *n, const value *x, const value *y, int64_t coef, sum *out,
                                 tacit_error *err) {
    const shape *s = &node_in(l->g, n, 0)->shape;
    shape rows = *s;
    uint8_t x_label[MAX_RANK] = {0, 1, 2, 3, 4, 5, 6, 7}, one_label[MAX_RANK] = {0};
    rows.rank--;
    one_label[0] = (uint8_t)rows.rank;
    value ones = {.lo = 1, .hi = 1};
    if (!y) {
        const shape row = {.rank = 1, .dim = {(uint32_t)row_length(s)}};
        ones.id = builder_fill(l->b, lower_name(l, n->name, ".ones"), &row, 1);
    }
    sum_start(out, &rows, x->scale + (y ? y->scale : 0));
    return sum_product(l, out, x, x_label, y ? y : &ones, y ? x_label : one_label, coef, row_length(s), err);
}

/* Rounded where the sum of a row's squares, each times `unit`, could be too wide: linear tensors reach 24 bits. */
static tacit_status row_operand(lowering *l, const gnode *n, int64_t unit, value *x, tacit_error *err) {
    TRY(lower_operand(l, n->in[0], x, err));
    const __int128 width = (__int128)unit * (x->hi - x->lo), most = (__int128)1 << 2 * MAX_ROOT_BITS;
    bool fits = width * width < most / row_length(&node_in(l->g, n, 0)->shape);
    return fits ? TACIT_OK : lower_narrow(l, n->in[0], x, err);
}

enum { MEAN_BITS = 2 }; /* the mean is this much finer than x */

/* 2^2 sum = n m + rem: m the mean at x's scale + 2, rounded; then 2^2 x - m, linear. */
tacit_status row_centre_lower(lowering *l, const gnode *n, tacit_error *err) {
    const shape *s = &node_in(l->g, n, 0)->shape, one = per_row(s);
    const int64_t unit = 1 << MEAN_BITS;
    value x, m = {.lo = 0};
    sum total;
    TRY(row_operand(l, n, unit, &x, err));
    TRY(contract_row(l, n, &x, NULL, unit, &total, err));
    const division d = {.num = &total, .b = {.id = NO_TENSOR}, .unit = (int64_t)row_length(s)};
    TRY(divide_make(l, n->name, &d, &m.id, err));
    m.lo = unit * x.lo, m.hi = unit * x.hi;
    limbs_range(l, n->name, m.id, m.lo, m.hi);
    TRY(view_reshape(l, m.id, &one, &m.id, err));
    TRY(view_broadcast(l, m.id, s, &m.id, err));
    const linear_term terms[2] = {{unit, x.id}, {-1, m.id}};
    value y = {.scale = x.scale + MEAN_BITS, .lo = unit * x.lo - m.hi, .hi = unit * x.hi - m.lo};
    y.id = builder_linear(l->b, lower_name(l, n->name, ".centred"), s, terms, 2, 0);
    return lower_set_value(l, n->out[0], &y, err);
}

/* The sum of squares at scale 2 (x's + k), k such that the least calibrated root has 16 bits. */
static tacit_status square_sum(lowering *l, const gnode *n, const value *x, double least, sum *out, tacit_error *err) {
    int32_t k = 0;
    TRY(contract_row(l, n, x, x, 1, out, err));
    if (out->lo < 0) out->lo = 0; /* squares */
    while (k < 16 && ldexp(least, x->scale + k) < 1 << ROOT_BITS &&
           out->hi << (2 * k + 2) < (__int128)1 << 2 * RAISED_ROOT_BITS)
        k++;
    if (out->hi >> 2 * MAX_ROOT_BITS > 0) return fail(err, TACIT_UNSUPPORTED, "the sum of a row's squares is too wide");
    return sum_raise(out, 2 * k, err);
}

double row_norm_least(const graph *g, const gnode *n) {
    tacit_error ignored = {0};
    double epsilon = 0;
    const gtensor *t = node_out(g, n, 0);
    if (attribute_real(n, "epsilon", 0, &epsilon, &ignored) != TACIT_OK) epsilon = 0;
    return fmax(sqrt(epsilon), t->lo > 0 ? t->lo / 64 : t->hi / 4096);
}

/* The epsilon of the integers, in units of the sum. */
static int64_t root_epsilon(const lowering *l, const gnode *n, const sum *s) {
    double least = row_norm_least(l->g, n), v = ldexp(least * least, s->scale);
    return v < 1 ? 1 : v > 0x1p54 ? (int64_t)1 << 54 : (int64_t)llround(v);
}

/* sum + epsilon = r r + rem, 0 <= rem <= 2 r: r is the integer root. */
tacit_status row_norm_lower(lowering *l, const gnode *n, tacit_error *err) {
    const gtensor *t = node_out(l->g, n, 0);
    value x, r = {.lo = 0};
    sum s;
    linear_term terms[3];
    TRY(row_operand(l, n, 1, &x, err));
    TRY(square_sum(l, n, &x, t->lo, &s, err));
    int64_t epsilon = root_epsilon(l, n, &s);
    r.hi = (int64_t)sqrt((double)s.hi + (double)epsilon) + 2;
    r.scale = s.scale / 2;
    if (r.hi > (int64_t)1 << MAX_ROOT_BITS) return fail(err, TACIT_UNSUPPORTED, "epsilon is too large for the values");
    uint32_t bits = log2_ceil((uint64_t)r.hi + 1) + 1;
    r.id = builder_committed(l->b, lower_name(l, n->name, ".root"), &s.shape);
    const limbs rem = limbs_make(l, n->name, ".rem", &s.shape, bits);
    product products[2] = {s.products[0], {.coef = -1, .a = r.id, .b = r.id}};
    for (uint8_t k = 0; k < MAX_RANK; k++) products[1].a_label[k] = products[1].b_label[k] = k;
    uint32_t count = limbs_terms(&rem, terms, 0);
    uint32_t c =
        builder_constraint(l->b, lower_name(l, n->name, ".squares"), &s.shape, products, 2, terms, count, epsilon);
    advice a = advice_of(ADVICE_ROOT, c, NO_TENSOR);
    a.y = r.id, a.rem = rem.low, a.r_high = rem.high;
    builder_advice(l->b, &a);
    limbs_advice(l, &rem, c);
    terms[0] = (linear_term){2, r.id};
    count = limbs_terms(&rem, terms, 1);
    limbs_positive(l, n->name, &s.shape, NULL, 0, terms, count, 0, bits);
    limbs_range(l, n->name, r.id, r.lo, r.hi);
    return lower_set_value(l, n->out[0], &r, err);
}

/* The exact sum. */
tacit_status row_sum_lower(lowering *l, const gnode *n, tacit_error *err) {
    value x, y = {.lo = 0};
    sum s;
    TRY(lower_operand(l, n->in[0], &x, err));
    TRY(contract_row(l, n, &x, NULL, 1, &s, err));
    if (s.lo <= -((__int128)1 << 30) || s.hi >= (__int128)1 << 30)
        return fail(err, TACIT_UNSUPPORTED, "the sum of a row is too wide");
    y = (value){.scale = s.scale, .lo = (int64_t)s.lo, .hi = (int64_t)s.hi};
    y.id = builder_committed(l->b, lower_name(l, n->name, ".total"), &s.shape);
    const linear_term own = {-1, y.id};
    uint32_t c = builder_constraint(l->b, lower_name(l, n->name, ".sum"), &s.shape, s.products, 1, &own, 1, 0);
    advice a = advice_of(ADVICE_SOLVE, c, NO_TENSOR);
    a.y = y.id;
    builder_advice(l->b, &a);
    limbs_range(l, n->name, y.id, y.lo, y.hi);
    return lower_set_value(l, n->out[0], &y, err);
}
