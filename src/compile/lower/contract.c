#include "compile/lower/contract.h"
#include "compile/lower/lower.h"
#include "compile/onnx/attribute.h"
#include "compile/blas.h"
#include <string.h>

enum { A, B };
typedef struct contraction {
    uint32_t rank, labels; /* of the result; all */
    uint8_t label[2][MAX_RANK];
    uint32_t dim[MAX_LABELS];
    bool in[2][MAX_LABELS];
    uint64_t step[2][MAX_LABELS]; /* of a label in the operand; 0 where it is missing */
    shape out;
} contraction;

static tacit_status read_operand(const graph *g, const gnode *n, uint32_t side, contraction *c, tacit_error *err) {
    const shape *s = &node_in(g, n, side)->shape;
    int64_t label[MAX_RANK];
    uint32_t count;
    uint64_t step = 1;
    TRY(attribute_ints(n, side == A ? "a_label" : "b_label", label, MAX_RANK, &count, err));
    if (count != s->rank) return misshapen(n, "one label for each axis", err);
    for (uint32_t k = s->rank; k-- > 0; step *= s->dim[k]) {
        if (label[k] < 0 || label[k] >= MAX_LABELS) return unsupported(n, "more than 12 labels", err);
        uint8_t i = (uint8_t)label[k];
        if (c->in[side][i]) return misshapen(n, "a label occurs twice", err);
        if (c->in[!side][i] && c->dim[i] != s->dim[k]) return misshapen(n, "the operands do not fit", err);
        c->label[side][k] = i;
        c->in[side][i] = true;
        c->dim[i] = s->dim[k];
        c->step[side][i] = step;
        if (i >= c->labels) c->labels = i + 1u;
    }
    return TACIT_OK;
}

static tacit_status read(const graph *g, const gnode *n, contraction *c, tacit_error *err) {
    int64_t rank;
    TRY(attribute_int(n, "rank", 0, &rank, err));
    *c = (contraction){.rank = (uint32_t)rank, .labels = (uint32_t)rank, .out = {.rank = (uint32_t)rank}};
    if (rank < 0 || rank > MAX_RANK) return unsupported(n, "more than 8 axes", err);
    if (node_in(g, n, A)->type != node_in(g, n, B)->type) return misshapen(n, "operands of different types", err);
    TRY(read_operand(g, n, A, c, err));
    TRY(read_operand(g, n, B, c, err));
    for (uint32_t i = 0; i < c->labels; i++) {
        bool fits = i < c->rank ? c->in[A][i] || c->in[B][i] : c->in[A][i] && c->in[B][i];
        if (!fits) return fail(err, TACIT_INTERNAL, "node \"%s\": a label without its factor", n->name);
        if (i < c->rank) c->out.dim[i] = c->dim[i];
    }
    return TACIT_OK;
}

tacit_status contract_infer(graph *g, gnode *n, tacit_error *err) {
    contraction c;
    TRY(read(g, n, &c, err));
    set_output(g, n, node_in(g, n, A)->type, &c.out);
    return TACIT_OK;
}

/* ---- values */
/* Some of the labels in an order, with the steps of one tensor. */
typedef struct walk {
    uint32_t count;
    uint32_t dim[MAX_LABELS];
    uint64_t step[MAX_LABELS], size;
} walk;

static void walk_add(walk *w, uint32_t dim, uint64_t step) {
    w->dim[w->count] = dim;
    w->step[w->count++] = step;
    w->size *= dim;
}

static uint64_t walk_at(const walk *w, uint64_t i) {
    uint64_t at = 0;
    for (uint32_t k = w->count; k-- > 0; i /= w->dim[k]) at += i % w->dim[k] * w->step[k];
    return at;
}

/* Labels by kind: 0 batch (in both and in the result), 1 of A, 2 of B, 3 summed; walks over A, B, and the result. */
typedef struct kinds {
    walk a[4], b[4], y[4];
} kinds;

static void sort_labels(const contraction *c, kinds *k) {
    uint64_t out_step[MAX_LABELS] = {0}, step = 1;
    for (uint32_t i = c->rank; i-- > 0; step *= c->dim[i]) out_step[i] = step;
    memset(k, 0, sizeof *k);
    for (uint32_t i = 0; i < 4; i++) k->a[i].size = k->b[i].size = k->y[i].size = 1;
    for (uint32_t i = 0; i < c->labels; i++) {
        uint32_t kind = i >= c->rank ? 3 : c->in[A][i] && c->in[B][i] ? 0 : c->in[A][i] ? 1 : 2;
        walk_add(&k->a[kind], c->dim[i], c->step[A][i]);
        walk_add(&k->b[kind], c->dim[i], c->step[B][i]);
        walk_add(&k->y[kind], c->dim[i], out_step[i]);
    }
}

static tacit_status eval_real(frame *f, const gnode *n, const kinds *k, tacit_error *err) {
    const uint64_t rows = k->y[1].size, columns = k->y[2].size, depth = k->y[3].size;
    const double *a = frame_real(f, n->in[A]), *b = frame_real(f, n->in[B]);
    double *p = ARENA_NEW(f->scratch, double, rows *depth + 1), *q = ARENA_NEW(f->scratch, double, depth *columns + 1);
    double *r = ARENA_NEW(f->scratch, double, rows *columns + 1), *y = f->real[n->out[0]];
    if (!p || !q || !r) return fail(err, TACIT_RESOURCES, "node \"%s\": no memory for its product", n->name);
    for (uint64_t e = 0; e < k->y[0].size; e++) {
        const double *ae = a + walk_at(&k->a[0], e), *be = b + walk_at(&k->b[0], e);
        double *ye = y + walk_at(&k->y[0], e);
        for (uint64_t i = 0; i < rows; i++) {
            for (uint64_t s = 0; s < depth; s++) p[i * depth + s] = ae[walk_at(&k->a[1], i) + walk_at(&k->a[3], s)];
        }
        for (uint64_t s = 0; s < depth; s++) {
            for (uint64_t j = 0; j < columns; j++) q[s * columns + j] = be[walk_at(&k->b[3], s) + walk_at(&k->b[2], j)];
        }
        real_gemm(false, false, (int)rows, (int)columns, (int)depth, 1.0, p, q, 0.0, r);
        for (uint64_t i = 0; i < rows; i++) {
            for (uint64_t j = 0; j < columns; j++) ye[walk_at(&k->y[1], i) + walk_at(&k->y[2], j)] = r[i * columns + j];
        }
    }
    return TACIT_OK;
}

/* Modulo 2^64, as int64 in ONNX. */
static void eval_whole(frame *f, const gnode *n, const kinds *k) {
    const int64_t *a = frame_whole(f, n->in[A]), *b = frame_whole(f, n->in[B]);
    int64_t *y = f->whole[n->out[0]];
    for (uint64_t e = 0; e < k->y[0].size; e++) {
        for (uint64_t i = 0; i < k->y[1].size; i++) {
            for (uint64_t j = 0; j < k->y[2].size; j++) {
                const int64_t *ai = a + walk_at(&k->a[0], e) + walk_at(&k->a[1], i);
                const int64_t *bj = b + walk_at(&k->b[0], e) + walk_at(&k->b[2], j);
                uint64_t all = 0;
                for (uint64_t s = 0; s < k->y[3].size; s++)
                    all += (uint64_t)ai[walk_at(&k->a[3], s)] * (uint64_t)bj[walk_at(&k->b[3], s)];
                y[walk_at(&k->y[0], e) + walk_at(&k->y[1], i) + walk_at(&k->y[2], j)] = (int64_t)all;
            }
        }
    }
}

tacit_status contract_eval(frame *f, const gnode *n, tacit_error *err) {
    contraction c;
    kinds k;
    TRY(read(f->g, n, &c, err));
    sort_labels(&c, &k);
    if (node_out(f->g, n, 0)->type == ELEM_REAL) return eval_real(f, n, &k, err);
    eval_whole(f, n, &k);
    return TACIT_OK;
}

tacit_status contract_lower(lowering *l, const gnode *n, tacit_error *err) {
    contraction c;
    value a, b;
    sum s;
    uint64_t summed = 1;
    TRY(read(l->g, n, &c, err));
    for (uint32_t i = c.rank; i < c.labels; i++) summed *= c.dim[i];
    TRY(lower_factor(l, n->in[A], 1, l->o->weight_bits, &a, err));
    TRY(lower_factor(l, n->in[B], 1, l->o->weight_bits, &b, err));
    sum_start(&s, &c.out, a.scale + b.scale);
    TRY(sum_product(l, &s, &a, c.label[A], &b, c.label[B], 1, summed, err));
    return lower_set_sum(l, n->out[0], &s, err);
}
