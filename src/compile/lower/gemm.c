#include "compile/lower/gemm.h"
#include "compile/lower/views.h"
#include "compile/onnx/attribute.h"
#include "compile/blas.h"
#include <math.h>
#include <string.h>

typedef struct gemm {
    bool trans_a, trans_b;
    double alpha, beta;
    uint32_t m, k, n;
} gemm;

static tacit_status gemm_read(const graph *g, const gnode *n, gemm *q, tacit_error *err) {
    const shape *a = &node_in(g, n, 0)->shape, *b = &node_in(g, n, 1)->shape;
    int64_t ta, tb;
    TRY(attribute_int(n, "transA", 0, &ta, err));
    TRY(attribute_int(n, "transB", 0, &tb, err));
    TRY(attribute_real(n, "alpha", 1, &q->alpha, err));
    TRY(attribute_real(n, "beta", 1, &q->beta, err));
    if (a->rank != 2 || b->rank != 2) return misshapen(n, "needs matrices", err);
    q->trans_a = ta != 0;
    q->trans_b = tb != 0;
    q->m = a->dim[q->trans_a];
    q->k = a->dim[!q->trans_a];
    q->n = b->dim[!q->trans_b];
    if (b->dim[q->trans_b] != q->k) return misshapen(n, "the matrices do not fit", err);
    return TACIT_OK;
}

static shape gemm_shape(const gemm *q) {
    return (shape){.rank = 2, .dim = {q->m, q->n}};
}

tacit_status gemm_infer(graph *g, gnode *n, tacit_error *err) {
    gemm q;
    shape all;
    TRY(gemm_read(g, n, &q, err));
    const shape s = gemm_shape(&q);
    if (node_has_input(n, 2) && (!shape_broadcast(&all, &s, &node_in(g, n, 2)->shape) || !shape_equal(&all, &s)))
        return misshapen(n, "C does not fit", err);
    if (node_in(g, n, 0)->type != ELEM_REAL || node_in(g, n, 1)->type != ELEM_REAL)
        return unsupported(n, "on integers", err);
    set_output(g, n, ELEM_REAL, &s);
    return TACIT_OK;
}

tacit_status gemm_eval(frame *f, const gnode *n, tacit_error *err) {
    gemm q;
    TRY(gemm_read(f->g, n, &q, err));
    double *y = f->real[n->out[0]];
    const shape s = gemm_shape(&q);
    if (node_has_input(n, 2)) {
        uint64_t step[MAX_RANK];
        const double *c = frame_real(f, n->in[2]);
        broadcast_strides(&node_in(f->g, n, 2)->shape, &s, step);
        for (uint64_t i = 0; i < q.m; i++) {
            for (uint64_t j = 0; j < q.n; j++) y[i * q.n + j] = c[i * step[0] + j * step[1]];
        }
    }
    double beta = node_has_input(n, 2) ? q.beta : 0;
    real_gemm(q.trans_a, q.trans_b, (int)q.m, (int)q.n, (int)q.k, q.alpha, frame_real(f, n->in[0]),
              frame_real(f, n->in[1]), beta, y);
    return TACIT_OK;
}

/* alpha goes into whichever factor is constant; into neither: an integer multiplier, exact or of 15 bits. */
static int64_t multiplier(double alpha, int32_t *scale) {
    *scale = 0;
    while (alpha != 0 && fabs(ldexp(alpha, *scale)) < 1 << 14 && ldexp(alpha, *scale) != rint(ldexp(alpha, *scale)))
        (*scale)++;
    return (int64_t)rint(ldexp(alpha, *scale));
}

static tacit_status add_c(lowering *l, const gnode *n, const gemm *q, sum *s, tacit_error *err) {
    uint32_t t = n->in[2];
    const shape axes = gemm_shape(q);
    if (l->g->tensors[t].constant) return sum_constant(l, s, t, q->beta, view_broadcast, &axes, err);
    value v;
    sum other;
    int32_t extra;
    const int64_t coef = multiplier(q->beta, &extra);
    TRY(lower_operand(l, t, &v, err));
    TRY(view_broadcast(l, v.id, &axes, &v.id, err));
    sum_start(&other, &axes, v.scale + extra);
    TRY(sum_term(&other, v.id, coef, v.lo, v.hi, err));
    return sum_join(s, &other, 1, err);
}

tacit_status gemm_lower(lowering *l, const gnode *n, tacit_error *err) {
    gemm q;
    value a, b;
    sum s;
    int32_t extra = 0;
    int64_t coef = 1;
    TRY(gemm_read(l->g, n, &q, err));
    bool a_const = node_in(l->g, n, 0)->constant, b_const = node_in(l->g, n, 1)->constant;
    if (!a_const && !b_const) coef = multiplier(q.alpha, &extra);
    if (coef == 0) return unsupported(n, "alpha is 0", err);
    TRY(lower_factor(l, n->in[0], a_const ? q.alpha : 1, l->o->weight_bits, &a, err));
    TRY(lower_weights(l, n, 1, b_const ? q.alpha : 1, l->o->weight_bits, &a, &b, err));
    const shape axes = gemm_shape(&q);
    const uint8_t a_label[2][MAX_RANK] = {{0, 2}, {2, 0}}, b_label[2][MAX_RANK] = {{2, 1}, {1, 2}};
    sum_start(&s, &axes, a.scale + b.scale + extra);
    TRY(sum_product(l, &s, &a, a_label[q.trans_a], &b, b_label[q.trans_b], coef, q.k, err));
    if (node_has_input(n, 2) && q.beta != 0) TRY(add_c(l, n, &q, &s, err));
    return lower_set_sum(l, n->out[0], &s, err);
}

/* ---- MatMul; perhaps with a bias along the last axis (compile/absorb). A vector is a matrix of one row (on the left)
 * or column (on the right), whose axis is then dropped. */
typedef struct matmul {
    shape a, b, batch, full; /* operands as matrices; batch axes; batch + [m, n] */
    uint32_t m, k, n;
    bool a_vector, b_vector;
} matmul;

static shape as_matrix(const shape *s, bool left) {
    if (s->rank != 1) return *s;
    return left ? (shape){.rank = 2, .dim = {1, s->dim[0]}} : (shape){.rank = 2, .dim = {s->dim[0], 1}};
}

static shape batch_axes(const shape *s) {
    shape b = *s;
    b.rank -= 2;
    return b;
}

static tacit_status matmul_read(const graph *g, const gnode *n, matmul *q, tacit_error *err) {
    const shape *a = &node_in(g, n, 0)->shape, *b = &node_in(g, n, 1)->shape;
    if (a->rank == 0 || b->rank == 0) return misshapen(n, "a scalar operand", err);
    q->a_vector = a->rank == 1;
    q->b_vector = b->rank == 1;
    q->a = as_matrix(a, true);
    q->b = as_matrix(b, false);
    q->m = q->a.dim[q->a.rank - 2];
    q->k = q->a.dim[q->a.rank - 1];
    q->n = q->b.dim[q->b.rank - 1];
    const shape ba = batch_axes(&q->a), bb = batch_axes(&q->b);
    if (q->b.dim[q->b.rank - 2] != q->k || !shape_broadcast(&q->batch, &ba, &bb))
        return misshapen(n, "the operands do not fit", err);
    q->full = q->batch;
    q->full.dim[q->full.rank++] = q->m;
    q->full.dim[q->full.rank++] = q->n;
    return TACIT_OK;
}

tacit_status matmul_infer(graph *g, gnode *n, tacit_error *err) {
    matmul q;
    TRY(matmul_read(g, n, &q, err));
    if (node_in(g, n, 0)->type != node_in(g, n, 1)->type) return misshapen(n, "operands of different types", err);
    shape s = q.batch;
    if (!q.a_vector) s.dim[s.rank++] = q.m;
    if (!q.b_vector) s.dim[s.rank++] = q.n;
    set_output(g, n, node_in(g, n, 0)->type, &s);
    return TACIT_OK;
}

/* Flat index of batch i in an operand whose batch axes have these strides. */
static uint64_t batch_offset(const shape *batch, const uint64_t *step, uint64_t i) {
    uint64_t at = 0;
    for (uint32_t k = batch->rank; k-- > 0; i /= batch->dim[k]) at += i % batch->dim[k] * step[k];
    return at;
}

/* Modulo 2^64, as int64 in ONNX. */
static void product_whole(const matmul *q, const int64_t *a, const int64_t *b, int64_t *y) {
    for (uint64_t i = 0; i < q->m; i++) {
        for (uint64_t j = 0; j < q->n; j++) {
            uint64_t all = 0;
            for (uint64_t k = 0; k < q->k; k++) all += (uint64_t)a[i * q->k + k] * (uint64_t)b[k * q->n + j];
            y[i * q->n + j] = (int64_t)all;
        }
    }
}

tacit_status matmul_eval(frame *f, const gnode *n, tacit_error *err) {
    matmul q;
    uint64_t a_step[MAX_RANK], b_step[MAX_RANK];
    TRY(matmul_read(f->g, n, &q, err));
    const shape ba = batch_axes(&q.a), bb = batch_axes(&q.b);
    broadcast_strides(&ba, &q.batch, a_step);
    broadcast_strides(&bb, &q.batch, b_step);
    const bool real = node_out(f->g, n, 0)->type == ELEM_REAL;
    for (uint64_t i = 0; i < shape_count(&q.batch); i++) {
        uint64_t a = batch_offset(&q.batch, a_step, i) * q.m * q.k, b = batch_offset(&q.batch, b_step, i) * q.k * q.n;
        if (real)
            real_gemm(false, false, (int)q.m, (int)q.n, (int)q.k, 1.0, frame_real(f, n->in[0]) + a,
                      frame_real(f, n->in[1]) + b, 0.0, f->real[n->out[0]] + i * q.m * q.n);
        else
            product_whole(&q, frame_whole(f, n->in[0]) + a, frame_whole(f, n->in[1]) + b,
                          f->whole[n->out[0]] + i * q.m * q.n);
    }
    const double *bias = node_has_input(n, 2) ? frame_real(f, n->in[2]) : NULL;
    for (uint64_t i = 0; bias && i < shape_count(&q.full); i++) f->real[n->out[0]][i] += bias[i % q.n];
    return TACIT_OK;
}

/* One operand: as a matrix, batch axes that broadcasting stretches dropped. Axis rank-2 and rank-1 get labels. */
static tacit_status matmul_operand(lowering *l, const matmul *q, value *v, const shape *matrix, uint8_t row,
                                   uint8_t column, uint8_t *label, tacit_error *err) {
    shape as = q->full;
    as.dim[as.rank - 2] = matrix->dim[matrix->rank - 2];
    as.dim[as.rank - 1] = matrix->dim[matrix->rank - 1];
    TRY(view_reshape(l, v->id, matrix, &v->id, err));
    TRY(view_drop(l, v->id, &as, &v->id, label, err));
    for (uint32_t k = 0; k < MAX_RANK; k++) {
        if (label[k] == as.rank - 2)
            label[k] = row;
        else if (label[k] == as.rank - 1)
            label[k] = column;
        else if (label[k] == 0xff)
            label[k] = 0; /* no such axis */
    }
    return TACIT_OK;
}

tacit_status matmul_lower(lowering *l, const gnode *n, tacit_error *err) {
    matmul q;
    value a, b;
    sum s;
    uint8_t a_label[MAX_RANK], b_label[MAX_RANK];
    TRY(matmul_read(l->g, n, &q, err));
    memset(a_label, 0xff, sizeof a_label);
    memset(b_label, 0xff, sizeof b_label);
    uint8_t rank = (uint8_t)q.full.rank;
    TRY(lower_factor(l, n->in[0], 1, l->o->weight_bits, &a, err));
    TRY(lower_weights(l, n, 1, 1, l->o->weight_bits, &a, &b, err));
    TRY(matmul_operand(l, &q, &a, &q.a, (uint8_t)(rank - 2), rank, a_label, err));
    TRY(matmul_operand(l, &q, &b, &q.b, rank, (uint8_t)(rank - 1), b_label, err));
    sum_start(&s, &q.full, a.scale + b.scale);
    TRY(sum_product(l, &s, &a, a_label, &b, b_label, 1, q.k, err));
    if (node_has_input(n, 2)) TRY(sum_constant(l, &s, n->in[2], 1, view_broadcast, &q.full, err));
    return lower_set_sum(l, n->out[0], &s, err);
}
