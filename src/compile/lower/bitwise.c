/* compile/lower/bitwise: both operands as digits of four bits, along a last axis of their own,
 *
 *     a + offset = sum 16^i A_i      b + offset = sum 16^i B_i      y + offset = sum 16^i Y_i
 *
 * and one lookup a digit: (A + 16 B + 256 T, A, B, Y), T a public 1 on the top digit of numbers with sign. Their offset
 * is 2^(w-1), which turns the sign's bit round: rows with T = 1 turn it back, operate, and turn it again. Digits are
 * unique by their range; Y by the row. */
#include "compile/lower/bitwise.h"
#include "compile/lower/bits.h"
#include "compile/lower/elementwise.h"
#include "compile/lower/views.h"

enum { DIGIT = 16, MAX_DIGITS = 8, ROWS = 512 };

tacit_status bitwise_infer(graph *g, gnode *n, tacit_error *err) {
    if (node_in(g, n, 0)->type != ELEM_WHOLE) return misshapen(n, "of reals", err);
    TRY(elementwise_infer(g, n, err));
    node_out(g, n, 0)->stored = node_in(g, n, 0)->stored;
    return TACIT_OK;
}

/* BitwiseAnd, -Or, -Xor. */
static uint64_t operate(const gnode *n, uint64_t a, uint64_t b) {
    return n->op[7] == 'A' ? a & b : n->op[7] == 'O' ? a | b : a ^ b;
}

tacit_status bitwise_eval(frame *f, const gnode *n, tacit_error *err) {
    (void)err;
    const gtensor *y = node_out(f->g, n, 0);
    uint64_t a_step[MAX_RANK], b_step[MAX_RANK];
    broadcast_strides(&node_in(f->g, n, 0)->shape, &y->shape, a_step);
    broadcast_strides(&node_in(f->g, n, 1)->shape, &y->shape, b_step);
    for (uint64_t i = 0; i < shape_count(&y->shape); i++) {
        uint64_t a = 0, b = 0, rest = i;
        for (uint32_t k = y->shape.rank; k-- > 0; rest /= y->shape.dim[k]) {
            a += rest % y->shape.dim[k] * a_step[k];
            b += rest % y->shape.dim[k] * b_step[k];
        }
        uint64_t p = (uint64_t)frame_whole(f, n->in[0])[a], q = (uint64_t)frame_whole(f, n->in[1])[b];
        f->whole[n->out[0]][i] = (int64_t)operate(n, p, q);
    }
    return TACIT_OK;
}

/* ---- operands */
/* A constant shows whether it has a sign. */
static tacit_status operand(lowering *l, uint32_t t, value *out, tacit_error *err) {
    const gtensor *x = &l->g->tensors[t];
    TRY(lower_factor(l, t, 1, 16, out, err));
    if (!x->constant || out->lo >= 0) return TACIT_OK;
    int64_t least = 0;
    uint64_t count = shape_count(&x->shape);
    int32_t *q = ARENA_NEW(l->a, int32_t, count);
    if (!q) return fail(err, TACIT_RESOURCES, "lowering needs more memory than is set aside");
    for (uint64_t i = 0; i < count; i++) {
        q[i] = (int32_t)x->whole[i];
        if (q[i] < least) least = q[i];
    }
    return least < 0 ? TACIT_OK : lower_integers(l, t, q, 0, out->hi, 0, out, err);
}

/* How all three numbers are cut. */
typedef struct digits {
    uint32_t count;
    int64_t offset;
    shape shape; /* of the digits: the node's and their own axis */
} digits;

static tacit_status choose_digits(const lowering *l, const gnode *n, const value v[2], digits *d, tacit_error *err) {
    int64_t lo = v[0].lo < v[1].lo ? v[0].lo : v[1].lo, hi = v[0].hi > v[1].hi ? v[0].hi : v[1].hi;
    *d = (digits){.shape = node_out(l->g, n, 0)->shape};
    for (d->count = 1; d->count <= MAX_DIGITS; d->count++) {
        const int64_t range = (int64_t)1 << (4 * d->count);
        d->offset = lo < 0 ? range / 2 : 0;
        if (lo >= -d->offset && hi < range - d->offset) break;
    }
    if (d->count > MAX_DIGITS) return unsupported(n, "of integers of more than 32 bits", err);
    if (d->shape.rank == MAX_RANK) return unsupported(n, "of tensors of 8 axes", err);
    d->shape.dim[d->shape.rank++] = d->count;
    return TACIT_OK;
}

/* Digit i of all elements. */
static tacit_status digit(lowering *l, const gnode *n, uint32_t id, uint32_t i, uint32_t *out, tacit_error *err) {
    const shape *s = &node_out(l->g, n, 0)->shape;
    view_draft v;
    draft_start(&v, s->rank);
    for (uint32_t k = 0; k < s->rank; k++) draft_same(&v, k, k, s->dim[k]);
    draft_fix(l, &v, s->rank, (int32_t)i);
    return draft_make(l, &v, id, out, err);
}

static tacit_status parts(lowering *l, const gnode *n, const digits *d, uint32_t id, linear_term *out,
                          tacit_error *err) {
    for (uint32_t i = 0; i < d->count; i++) {
        out[i].coef = (int64_t)1 << (4 * i);
        TRY(digit(l, n, id, i, &out[i].tensor, err));
    }
    return TACIT_OK;
}

static tacit_status cut(lowering *l, const gnode *n, const digits *d, const value *v, uint32_t *out, tacit_error *err) {
    linear_term part[MAX_DIGITS];
    sum s;
    *out = builder_committed(l->b, lower_name(l, n->name, ".digits"), &d->shape);
    TRY(parts(l, n, d, *out, part, err));
    sum_start(&s, &node_out(l->g, n, 0)->shape, 0);
    TRY(sum_term(&s, v->id, 1, v->lo, v->hi, err));
    advice a = advice_of(ADVICE_LIMBS, lower_relation(l, n->name, &s, d->offset, part, d->count), *out);
    a.shift = 4;
    builder_advice(l->b, &a);
    return TACIT_OK;
}

/* ---- the table */
static uint32_t build_table(lowering *l, const gnode *n) {
    int64_t column[4][ROWS];
    table_column columns[4];
    for (uint32_t r = 0; r < ROWS; r++) {
        uint32_t a = r % DIGIT, b = r / DIGIT % DIGIT, turn = r < ROWS / 2 ? 0 : 8;
        column[0][r] = r, column[1][r] = a, column[2][r] = b;
        column[3][r] = (int64_t)(operate(n, a ^ turn, b ^ turn) ^ turn);
    }
    for (uint32_t c = 0; c < 4; c++) columns[c] = (table_column){.values = column[c]};
    return builder_table(l->b, 4, columns, ROWS);
}

/* 1 on the top digit. */
static tacit_status top_mark(lowering *l, const gnode *n, const digits *d, uint32_t *out, tacit_error *err) {
    uint64_t count = shape_count(&d->shape);
    int64_t *mark = ARENA_ZNEW(l->a, int64_t, count);
    if (!mark) return fail(err, TACIT_RESOURCES, "lowering needs more memory than is set aside");
    for (uint64_t i = d->count - 1; i < count; i += d->count) mark[i] = 1;
    *out = builder_constant(l->b, lower_name(l, n->name, ".top"), &d->shape, mark);
    return TACIT_OK;
}

static tacit_status look_up(lowering *l, const gnode *n, const digits *d, const uint32_t in[2], uint32_t y,
                            tacit_error *err) {
    linear_term key[3] = {{1, in[0]}, {DIGIT, in[1]}};
    uint32_t terms = 2;
    if (d->offset > 0) {
        key[terms].coef = ROWS / 2;
        TRY(top_mark(l, n, d, &key[terms++].tensor, err));
    }
    uint32_t id = builder_linear(l->b, lower_name(l, n->name, ".key"), &d->shape, key, terms, 0);
    const uint32_t columns[4] = {id, in[0], in[1], y};
    uint32_t k = builder_lookup(l->b, lower_name(l, n->name, ".lookup"), build_table(l, n), columns);
    const advice a = advice_of(ADVICE_TABLE, k, NO_TENSOR);
    builder_advice(l->b, &a);
    return TACIT_OK;
}

tacit_status bitwise_lower(lowering *l, const gnode *n, tacit_error *err) {
    const shape *s = &node_out(l->g, n, 0)->shape;
    value v[2];
    digits d;
    uint32_t in[2];
    linear_term part[MAX_DIGITS];
    for (uint32_t i = 0; i < 2; i++) {
        TRY(operand(l, n->in[i], &v[i], err));
        TRY(view_broadcast(l, v[i].id, s, &v[i].id, err));
    }
    TRY(choose_digits(l, n, v, &d, err));
    for (uint32_t i = 0; i < 2; i++) TRY(cut(l, n, &d, &v[i], &in[i], err));
    uint32_t y = builder_committed(l->b, lower_name(l, n->name, ".result"), &d.shape);
    TRY(look_up(l, n, &d, in, y, err));
    TRY(parts(l, n, &d, y, part, err));
    value out = {.lo = -d.offset, .hi = ((int64_t)1 << (4 * d.count)) - 1 - d.offset};
    out.id = builder_linear(l->b, lower_name(l, n->name, ".number"), s, part, d.count, -d.offset);
    return lower_set_value(l, n->out[0], &out, err);
}
