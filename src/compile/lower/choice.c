#include "compile/lower/bits.h"
#include "compile/lower/choose.h"
#include "compile/onnx/attribute.h"
#include <math.h>
#include <string.h>

typedef struct choice {
    uint8_t a_label[MAX_RANK], b_label[MAX_RANK];
    uint32_t labels, dim[MAX_LABELS]; /* the result's labels first */
    uint64_t summed;
    shape out;
    bool select;
} choice;

static tacit_status take(const gnode *n, const char *name, const shape *s, uint8_t *label, uint32_t *dim,
                         tacit_error *err) {
    int64_t list[MAX_RANK];
    uint32_t count;
    TRY(attribute_ints(n, name, list, MAX_RANK, &count, err));
    if (count != s->rank) return misshapen(n, "labels do not fit", err);
    for (uint32_t k = 0; k < count; k++) {
        if (list[k] < 0 || list[k] >= MAX_LABELS) return unsupported(n, "more than 12 axes in one product", err);
        label[k] = (uint8_t)list[k];
        if (dim[label[k]] != 0 && dim[label[k]] != s->dim[k]) return misshapen(n, "the operands do not fit", err);
        dim[label[k]] = s->dim[k];
    }
    return TACIT_OK;
}

static tacit_status read(const graph *g, const gnode *n, choice *q, tacit_error *err) {
    int64_t rank, select;
    *q = (choice){.summed = 1};
    TRY(attribute_int(n, "rank", 0, &rank, err));
    TRY(attribute_int(n, "select", 0, &select, err));
    TRY(take(n, "a", &node_in(g, n, 0)->shape, q->a_label, q->dim, err));
    TRY(take(n, "b", &node_in(g, n, 1)->shape, q->b_label, q->dim, err));
    q->select = select != 0;
    q->out.rank = (uint32_t)rank;
    while (q->labels < MAX_LABELS && q->dim[q->labels] != 0) q->labels++;
    if (rank > MAX_RANK) return unsupported(n, "more than 8 axes", err);
    for (uint32_t k = 0; k < q->out.rank; k++) q->out.dim[k] = q->dim[k];
    for (uint32_t k = q->out.rank; k < q->labels; k++) q->summed *= q->dim[k];
    return TACIT_OK;
}

tacit_status choice_infer(graph *g, gnode *n, tacit_error *err) {
    choice q;
    int64_t boolean;
    TRY(read(g, n, &q, err));
    TRY(attribute_int(n, "boolean", 0, &boolean, err));
    bool real = node_in(g, n, 0)->type == ELEM_REAL || node_in(g, n, 1)->type == ELEM_REAL;
    set_output(g, n, real ? ELEM_REAL : ELEM_WHOLE, &q.out);
    node_out(g, n, 0)->boolean = !real && boolean != 0;
    return TACIT_OK;
}

/* Strides of the labels in an operand. */
static void strides(const shape *s, const uint8_t *label, uint64_t step[MAX_LABELS]) {
    uint64_t all = 1;
    memset(step, 0, MAX_LABELS * sizeof *step);
    for (uint32_t k = s->rank; k-- > 0; all *= s->dim[k]) step[label[k]] = all;
}

static void add_up(frame *f, const gnode *n, uint64_t to, uint64_t a, uint64_t b) {
    if (node_out(f->g, n, 0)->type == ELEM_REAL)
        f->real[n->out[0]][to] += frame_number(f, n->in[0], a) * frame_number(f, n->in[1], b);
    else
        f->whole[n->out[0]][to] =
            (int64_t)((uint64_t)f->whole[n->out[0]][to] +
                      (uint64_t)frame_whole(f, n->in[0])[a] * (uint64_t)frame_whole(f, n->in[1])[b]);
}

tacit_status choice_eval(frame *f, const gnode *n, tacit_error *err) {
    choice q;
    uint64_t a_step[MAX_LABELS], b_step[MAX_LABELS], count, at[MAX_LABELS] = {0}, a = 0, b = 0;
    TRY(read(f->g, n, &q, err));
    strides(&node_in(f->g, n, 0)->shape, q.a_label, a_step);
    strides(&node_in(f->g, n, 1)->shape, q.b_label, b_step);
    count = shape_count(&q.out);
    for (uint64_t i = 0; i < count; i++) {
        if (node_out(f->g, n, 0)->type == ELEM_REAL)
            f->real[n->out[0]][i] = 0;
        else
            f->whole[n->out[0]][i] = 0;
    }
    for (uint64_t i = 0; i < count * q.summed; i++) {
        add_up(f, n, i / q.summed, a, b);
        for (uint32_t k = q.labels; k-- > 0;) {
            a += a_step[k], b += b_step[k];
            if (++at[k] < q.dim[k]) break;
            a -= a_step[k] * q.dim[k], b -= b_step[k] * q.dim[k], at[k] = 0;
        }
    }
    return TACIT_OK;
}

/* One of b's numbers, or 0: b's own interval; for constants that of the numbers themselves. */
static void selected_range(const lowering *l, uint32_t t, const value *b, sum *s) {
    const gtensor *x = &l->g->tensors[t];
    s->lo = b->lo < 0 ? b->lo : 0;
    s->hi = b->hi > 0 ? b->hi : 0;
    if (!x->constant || x->type != ELEM_WHOLE) return;
    s->lo = s->hi = 0;
    for (uint64_t i = 0; i < shape_count(&x->shape); i++) {
        if (x->whole[i] < s->lo) s->lo = x->whole[i];
        if (x->whole[i] > s->hi) s->hi = x->whole[i];
    }
}

tacit_status choice_lower(lowering *l, const gnode *n, tacit_error *err) {
    choice q;
    value a, b;
    sum s;
    TRY(read(l->g, n, &q, err));
    TRY(lower_factor(l, n->in[0], 1, 16, &a, err));
    TRY(lower_factor(l, n->in[1], 1, 16, &b, err));
    sum_start(&s, &q.out, a.scale + b.scale);
    TRY(sum_product(l, &s, &a, q.a_label, &b, q.b_label, 1, q.summed, err));
    if (q.select) selected_range(l, n->in[1], &b, &s);
    return lower_set_sum(l, n->out[0], &s, err);
}

/* ---- Covered */
static tacit_status read_covered(const graph *g, const gnode *n, choice *q, tacit_error *err) {
    int64_t rank;
    *q = (choice){.summed = 1};
    TRY(attribute_int(n, "rank", 0, &rank, err));
    TRY(take(n, "a", &node_in(g, n, 0)->shape, q->a_label, q->dim, err));
    q->out.rank = (uint32_t)rank;
    q->labels = node_in(g, n, 0)->shape.rank;
    for (uint32_t k = 0; k < q->out.rank; k++) q->out.dim[k] = q->dim[k];
    for (uint32_t k = q->out.rank; k < q->labels; k++) q->summed *= q->dim[k];
    return TACIT_OK;
}

tacit_status covered_infer(graph *g, gnode *n, tacit_error *err) {
    choice q;
    TRY(read_covered(g, n, &q, err));
    set_output_boolean(g, n, &q.out);
    return TACIT_OK;
}

tacit_status covered_eval(frame *f, const gnode *n, tacit_error *err) {
    choice q;
    uint64_t step[MAX_LABELS], at[MAX_LABELS] = {0}, a = 0;
    TRY(read_covered(f->g, n, &q, err));
    strides(&node_in(f->g, n, 0)->shape, q.a_label, step);
    for (uint64_t i = 0; i < shape_count(&q.out) * q.summed; i++) {
        int64_t *to = &f->whole[n->out[0]][i / q.summed];
        *to = (i % q.summed > 0 ? *to : 0) + frame_whole(f, n->in[0])[a];
        if (*to > 1) return unsupported(n, "two updates of one element", err);
        for (uint32_t k = q.labels; k-- > 0;) {
            a += step[k];
            if (++at[k] < q.dim[k]) break;
            a -= step[k] * q.dim[k], at[k] = 0;
        }
    }
    return TACIT_OK;
}

tacit_status covered_lower(lowering *l, const gnode *n, tacit_error *err) {
    choice q;
    value bits;
    sum s;
    TRY(read_covered(l->g, n, &q, err));
    TRY(lower_operand(l, n->in[0], &bits, err));
    const char *name = tensor_name(l, n->out[0]);
    shape ones = {.rank = q.labels - q.out.rank};
    for (uint32_t k = 0; k < ones.rank && k < MAX_RANK; k++) {
        ones.dim[k] = q.dim[q.out.rank + k];
        q.b_label[k] = (uint8_t)(q.out.rank + k);
    }
    const value one = {.id = builder_fill(l->b, lower_name(l, name, ".ones"), &ones, 1), .lo = 1, .hi = 1};
    sum_start(&s, &q.out, 0);
    TRY(sum_product(l, &s, &bits, q.a_label, &one, q.b_label, 1, q.summed, err));
    value v = {.id = builder_committed(l->b, lower_name(l, name, ""), &q.out), .lo = 0, .hi = 1};
    const advice a = advice_of(ADVICE_SOLVE, lower_relation(l, name, &s, 0, &(linear_term){1, v.id}, 1), v.id);
    builder_advice(l->b, &a);
    (void)builder_lookup(l->b, lower_name(l, name, ".range"), builder_range_table(l->b, 0, 1), &v.id);
    return lower_set_value(l, n->out[0], &v, err);
}
