#include "logup/leaves.h"
#include <string.h>
#include "base/broken.h"
#include "execute/gather.h"
#include "field/vec_narrow.h"
#include "sumcheck/parallel.h"

static tacit_status full(const leaf_request *r) {
    return fail(r->err, TACIT_RESOURCES, "prover: arena too small for the lookups' columns");
}

/* ---------------------------------------------------------------- columns */
static tacit_status tensor_column(const leaf_request *r, uint32_t id, narrow *out) {
    *out = trace_atom(r->t, id);
    if (out->data) return TACIT_OK;
    int32_t *made = ARENA_NEW(r->a, int32_t, shape_count(&r->t->p->tensors[id].shape));
    if (!made) return full(r);
    trace_values_i32(r->t, id, made);
    *out = narrow_i32(made);
    return TACIT_OK;
}

/* folded[i] = sum_c eq(r_c, c) values[i][c]: rows of a gather at its point. */
typedef struct fold_job {
    narrow values;
    uint64_t row;
    extv weights, folded;
} fold_job;

static void fold_piece(void *ctx, size_t first, size_t count) {
    const fold_job *j = ctx;
    for (size_t i = first; i < first + count; i++)
        extv_set(j->folded, i, vec_dot_narrow(j->weights, narrow_at(j->values, i * j->row), j->row));
}

/* eq(r_c, .) at the true elements of a row, in their order. */
static tacit_status row_weights(const leaf_request *r, const shape *row, extv *out) {
    unsigned vars = shape_vars(row);
    uint64_t n = shape_count(row);
    extv all = extv_new(r->a, (size_t)1 << vars);
    *out = extv_new(r->a, n);
    if (!extv_ok(all) || !extv_ok(*out)) return full(r);
    par_eq_table(all, r->r_c, vars, EXT_ONE);
    for (uint64_t i = 0; i < n; i++) {
        uint64_t at = 0, rest = i;
        for (uint32_t k = row->rank; k-- > 0; rest /= row->dim[k]) at |= rest % row->dim[k] << shape_axis_var(row, k);
        extv_set(*out, i, extv_get(all, at));
    }
    return TACIT_OK;
}

static tacit_status fold_rows(const leaf_request *r, const table *t, narrow values, uint64_t count, leaf_rows *rows) {
    shape row = gather_row(r->t->p, t);
    fold_job j = {.values = values, .row = shape_count(&row)};
    j.folded = rows->folded = extv_new(r->a, count);
    rows->folded_coef = ext_neg(r->beta[1]);
    if (!extv_ok(rows->folded)) return full(r);
    size_t mark = arena_mark(r->a);
    TRY(row_weights(r, &row, &j.weights));
    par_for(count, fold_piece, &j);
    arena_release(r->a, mark);
    return TACIT_OK;
}

static void add_column(const leaf_request *r, leaf_rows *rows, narrow values, int64_t lo, int64_t hi) {
    uint32_t j = rows->width++;
    ext coef = ext_neg(r->beta[j]);
    rows->values[j] = values;
    rows->wide[j] = lo < -(1 << 22) || hi >= 1 << 22;
    if (rows->wide[j]) rows->coef[rows->terms++] = ext_scale(coef, (gl)1 << 16);
    rows->coef[rows->terms++] = coef;
}

/* One column of at most 2^16 values: D is a line in x - middle, which fits 16 bits. */
static void make_line(leaf_rows *rows, int64_t lo, int64_t hi) {
    if (rows->width != 1 || rows->wide[0] || hi - lo >= 1 << 16) return;
    rows->line = true;
    rows->middle = (int32_t)(lo + (hi - lo + 1) / 2);
    rows->at_middle = ext_add(rows->base, ext_mul(rows->coef[0], ext_from_i64(rows->middle)));
    rows->bits = log2_ceil((uint64_t)(hi - lo + 1));
}

static tacit_status lookup_rows(const leaf_request *r, uint32_t item, leaf_rows *rows) {
    const program *p = r->t->p;
    const lookup *k = &p->lookups[item];
    const table *t = &p->tables[k->table];
    narrow values;
    rows->shape = r->l->shapes[0][item];
    rows->base = ext_sub(r->alpha, ext_from(RULE_ELSE(TABLE_ID, 0, t->id)));
    for (uint32_t j = 0; j < (t->gather ? 1 : t->width); j++) {
        TRY(tensor_column(r, k->columns[j], &values));
        add_column(r, rows, values, t->columns[j].lo, t->columns[j].hi);
    }
    if (!t->gather) {
        make_line(rows, t->columns[0].lo, t->columns[0].hi);
        return TACIT_OK;
    }
    TRY(tensor_column(r, k->columns[1], &values));
    return fold_rows(r, t, values, shape_count(rows->shape), rows);
}

static int32_t *expand_column(const table_column *c, uint32_t rows, int32_t *out) {
    uint32_t at = 0;
    for (uint32_t r = 0; r < c->run_count; r++)
        for (uint32_t i = 0; i < c->runs[r].count; i++)
            out[at++] = (int32_t)(c->runs[r].start + c->runs[r].step * (int64_t)i);
    if (c->values)
        for (; at < rows; at++) out[at] = (int32_t)c->values[at];
    return out;
}

static tacit_status table_rows(const leaf_request *r, uint32_t item, leaf_rows *rows) {
    const table *t = &r->t->p->tables[item];
    rows->shape = r->l->shapes[1][item];
    rows->base = ext_sub(r->alpha, ext_from(RULE_ELSE(TABLE_ID, 0, t->id)));
    rows->multiplicity = r->t->values[t->multiplicity];
    for (uint32_t j = 0; j < (t->gather ? 1 : t->width); j++) {
        int32_t *made = ARENA_NEW(r->a, int32_t, t->rows);
        if (!made) return full(r);
        add_column(r, rows, narrow_i32(expand_column(&t->columns[j], t->rows, made)), t->columns[j].lo,
                   t->columns[j].hi);
    }
    return t->gather ? fold_rows(r, t, trace_atom(r->t, t->source), t->rows, rows) : TACIT_OK;
}

tacit_status leaves_make(leaf_rows *rows[2], const leaf_request *r) {
    const program *p = r->t->p;
    rows[0] = ARENA_ZNEW(r->a, leaf_rows, p->lookup_count + 1u);
    rows[1] = ARENA_ZNEW(r->a, leaf_rows, p->table_count + 1u);
    if (!rows[0] || !rows[1]) return full(r);
    for (uint32_t i = 0; i < p->lookup_count; i++) TRY(lookup_rows(r, i, &rows[0][i]));
    for (uint32_t i = 0; i < p->table_count; i++) TRY(table_rows(r, i, &rows[1][i]));
    return TACIT_OK;
}

/* ---------------------------------------------------------------- pieces */
/* Rows of integers, one a term. */
typedef struct piece {
    uint32_t terms;
    size_t n;
    const int32_t *x[VEC_TERMS];
} piece;
typedef int32_t piece_memory[LEAF_TERMS * LEAF_MOST];

/* The last block of the tree that starts at or before this leaf; its place in the block. */
static const block *block_at(const leaf_tree *t, uint64_t leaf, uint64_t *at) {
    const block *b = t->lay->blocks + t->tree->first;
    uint32_t low = 0, high = t->tree->count;
    while (high - low > 1) {
        uint32_t mid = low + (high - low) / 2;
        if (b[mid].start - t->tree->start <= leaf)
            low = mid;
        else
            high = mid;
    }
    *at = leaf - (b[low].start - t->tree->start);
    return b + low;
}

/* The block that holds n leaves, if one does whose leaves are combinations of integers. */
static const block *one_block(const leaf_tree *t, uint64_t leaf, size_t n, uint64_t *at) {
    const block *b = block_at(t, leaf, at);
    return *at + n <= (uint64_t)1 << b->log && !t->rows[b->item].folded.c[0] ? b : NULL;
}

/* The terms of n elements of a block. */
static void read_piece(const leaf_rows *r, const block *b, uint64_t at, size_t n, int32_t *memory, piece *out) {
    *out = (piece){.n = n};
    for (uint32_t c = 0; c < r->width; c++, memory += n) {
        int32_t *x = memory;
        block_gather(r->shape, b, r->values[c], at, n, x);
        out->x[out->terms++] = x;
        if (!r->wide[c]) continue;
        memory += n;
        out->x[out->terms++] = memory;
        for (size_t i = 0; i < n; i++) {
            memory[i] = x[i] & 0xffff;
            x[i] >>= 16;
        }
    }
}

static void split_row(const int32_t *restrict x, size_t pairs, int32_t *restrict even, int32_t *restrict odd) {
    for (size_t i = 0; i < pairs; i++) {
        even[i] = x[2 * i];
        odd[i] = x[2 * i + 1];
    }
}

/* Even and odd elements; the rows of `odd` lie behind those of `even`. */
static void split_piece(const piece *in, int32_t *memory, piece *even, piece *odd) {
    size_t n = in->n / 2;
    *even = *odd = (piece){.terms = in->terms, .n = n};
    for (uint32_t k = 0; k < in->terms; k++) {
        int32_t *e = memory + k * n, *o = e + in->terms * n;
        split_row(in->x[k], n, e, o);
        even->x[k] = e;
        odd->x[k] = o;
    }
}

/* out = base + sum of coef x; with r the same at even + r (odd - even). */
static void linear(const piece *x, ext base, const ext *coef, const ext *r, extv out) {
    int32_t memory[LEAF_TERMS * LEAF_MOST / 2];
    ext both[VEC_TERMS];
    piece even, odd;
    if (!r) {
        vec->linear_i23(out, base, coef, x->x, x->terms, x->n);
        return;
    }
    split_piece(x, memory, &even, &odd);
    for (uint32_t k = 0; k < x->terms; k++) {
        both[x->terms + k] = ext_mul(coef[k], *r);
        both[k] = ext_sub(coef[k], both[x->terms + k]);
        even.x[x->terms + k] = odd.x[k];
    }
    vec->linear_i23(out, base, both, even.x, 2 * x->terms, even.n);
}

/* ---------------------------------------------------------------- leaves */
static void block_leaves(const leaf_rows *r, const block *b, uint64_t at, size_t n, extv out) {
    piece_memory memory;
    piece x;
    read_piece(r, b, at, n, memory, &x);
    linear(&x, r->base, r->coef, NULL, out);
    for (size_t i = 0; r->folded.c[0] && i < n; i++) {
        ext f = extv_get(r->folded, block_element(r->shape, b, at + i));
        extv_set(out, i, ext_add(extv_get(out, i), ext_mul(r->folded_coef, f)));
    }
}

void leaves_natural(const leaf_tree *t, uint64_t first, size_t n, extv out) {
    while (n) {
        uint64_t at;
        const block *b = block_at(t, first, &at);
        uint64_t left = ((uint64_t)1 << b->log) - at;
        size_t now = left < n ? (size_t)left : n;
        block_leaves(&t->rows[b->item], b, at, now, out);
        out = extv_at(out, now);
        first += now;
        n -= now;
    }
}

void leaves_numerators(const leaf_tree *t, uint64_t first, size_t n, extv out) {
    int32_t m[LEAF_MOST];
    while (n) {
        uint64_t at;
        const block *b = block_at(t, first, &at);
        uint64_t left = ((uint64_t)1 << b->log) - at;
        size_t now = left < n ? (size_t)left : n;
        const leaf_rows *r = &t->rows[b->item];
        block_gather(r->shape, b, narrow_i32(r->multiplicity), at, now, m);
        for (size_t i = 0; i < now; i++) extv_set(out, i, ext_from_i64(-(int64_t)m[i]));
        out = extv_at(out, now);
        first += now;
        n -= now;
    }
}

typedef gl leaf_memory[EXT_DEG][LEAF_MOST];
static extv in_memory(gl (*memory)[LEAF_MOST]) {
    extv v;
    for (int j = 0; j < EXT_DEG; j++) v.c[j] = memory[j];
    return v;
}

static void split_e(extv even, extv odd, extv v, size_t pairs) {
    for (int j = 0; j < EXT_DEG; j++)
        for (size_t i = 0; i < pairs; i++) {
            even.c[j][i] = v.c[j][2 * i];
            odd.c[j][i] = v.c[j][2 * i + 1];
        }
}

void leaves_split_numerators(const leaf_tree *t, uint64_t first, size_t n, extv even, extv odd) {
    leaf_memory memory;
    extv all = in_memory(memory);
    leaves_numerators(t, 2 * first, 2 * n, all);
    split_e(even, odd, all, n);
}

/* Of any blocks. */
static void split_any(const leaf_tree *t, uint64_t first, size_t n, const ext *r, extv even, extv odd) {
    leaf_memory memory, halves[2];
    extv all = in_memory(memory), e = in_memory(halves[0]), o = in_memory(halves[1]);
    size_t pairs = r ? 2 * n : n;
    leaves_natural(t, 2 * (r ? 2 * first : first), 2 * pairs, all);
    split_e(r ? e : even, r ? o : odd, all, pairs);
    if (!r) return;
    vec->fold(even, e, *r, n);
    vec->fold(odd, o, *r, n);
}

void leaves_split(const leaf_tree *t, uint64_t first, size_t n, const ext *r, extv even, extv odd) {
    piece_memory memory, halves;
    piece all, e, o;
    uint64_t width = r ? 4 : 2, at;
    const block *b = one_block(t, width * first, width * n, &at);
    if (!b) {
        split_any(t, first, n, r, even, odd);
        return;
    }
    const leaf_rows *rows = &t->rows[b->item];
    read_piece(rows, b, at, width * n, memory, &all);
    split_piece(&all, halves, &e, &o);
    linear(&e, rows->base, rows->coef, r, even);
    linear(&o, rows->base, rows->coef, r, odd);
}

/* ---------------------------------------------------------------- nodes */
/* Of any leaves. */
static void nodes_any(const leaf_tree *t, uint64_t first, size_t n, const ext *mu, const ext *r, extv out[4]) {
    leaf_memory halves[2], memory[4];
    extv e = in_memory(halves[0]), o = in_memory(halves[1]), made[4];
    size_t from = r ? 2 * n : n;
    for (int k = 0; k < 4; k++) made[k] = r ? in_memory(memory[k]) : out[k];
    leaves_split(t, 2 * (r ? 2 * first : first), 2 * from, NULL, e, o);
    vec->logup_up_leaf(made[0], made[1], made[2], made[3], e, o, 2 * from);
    if (mu) vec->axpy(made[0], made[2], *mu, from);
    for (int k = 0; r && k < 4; k++) vec->fold(out[k], made[k], *r, n);
}

/* With x, y less the middle: sums and products of n pairs. Products of 32 bits are cut into two terms. */
static void pair_terms(const leaf_rows *r, int32_t *x, size_t n, int32_t *memory, piece *out) {
    int32_t *s = memory, *p = s + n, *low = p + n, m = r->middle;
    bool wide = r->bits > 11;
    for (size_t i = 0; i < n; i++) {
        int16_t u = (int16_t)(x[2 * i] - m), v = (int16_t)(x[2 * i + 1] - m);
        int32_t uv = u * v;
        s[i] = u + v;
        p[i] = wide ? uv >> 16 : uv;
        low[i] = uv & 0xffff;
    }
    *out = (piece){.terms = wide ? 3 : 2, .n = n, .x = {s, p, low}};
}

/* Coefficients of n = x_0 + x_1, of d = x_0 x_1 and of n + mu d for leaves at_middle + coef x. */
typedef struct node_line {
    ext base[3], coef[3][3];
} node_line;
static node_line node_coefficients(const leaf_rows *r, const ext *mu) {
    ext a = r->at_middle, c = r->coef[0], cc = ext_mul(c, c), zero = EXT_ZERO;
    node_line l = {{ext_add(a, a), ext_mul(a, a), zero}, {{c, zero, zero}, {ext_mul(a, c), cc, cc}, {zero}}};
    if (r->bits > 11) l.coef[1][1] = ext_scale(cc, (gl)1 << 16);
    l.base[2] = mu ? ext_add(l.base[0], ext_mul(*mu, l.base[1])) : l.base[0];
    for (int k = 0; k < 3; k++) l.coef[2][k] = mu ? ext_add(l.coef[0][k], ext_mul(*mu, l.coef[1][k])) : l.coef[0][k];
    return l;
}

void leaves_nodes(const leaf_tree *t, uint64_t first, size_t n, const ext *mu, const ext *r, extv out[4]) {
    piece_memory memory, pairs;
    piece all, half[2];
    uint64_t width = r ? 8 : 4, at;
    const block *b = one_block(t, width * first, width * n, &at);
    if (!b || !t->rows[b->item].line) {
        nodes_any(t, first, n, mu, r, out);
        return;
    }
    const leaf_rows *rows = &t->rows[b->item];
    node_line l = node_coefficients(rows, mu);
    block_gather(rows->shape, b, rows->values[0], at, width * n, memory);
    pair_terms(rows, memory, width * n / 2, pairs, &all);
    split_piece(&all, memory, &half[0], &half[1]);
    for (int k = 0; k < 2; k++) {
        piece sums = half[k];
        if (k || !mu) sums.terms = 1; /* no products in n */
        linear(&sums, l.base[k ? 0 : 2], l.coef[k ? 0 : 2], r, out[k]);
        linear(&half[k], l.base[1], l.coef[1], r, out[2 + k]);
    }
}

/* ---------------------------------------------------------------- the leaves' first round */
/* Sums over c, d at X = 0 of c + d and c d, and of the product of their slopes, weighted by eq. */
static void line_sums(const leaf_rows *r, const int32_t *x, size_t points, extv eq, ext out[3]) {
    int32_t s[LEAF_MOST / 4], p[LEAF_MOST / 4], q[LEAF_MOST / 4], q_more[LEAF_MOST / 4], m = r->middle;
    bool wide = r->bits > 15; /* the slopes' product may have 33 bits */
    for (size_t i = 0; i < points; i++) {
        int16_t c0 = (int16_t)(x[4 * i] - m), d0 = (int16_t)(x[4 * i + 1] - m), d1 = (int16_t)(x[4 * i + 3] - m);
        int32_t slope = x[4 * i + 2] - x[4 * i];
        s[i] = c0 + d0;
        p[i] = c0 * d0;
        q[i] = (int32_t)((uint32_t)slope * (uint32_t)(wide ? d1 : d1 - d0));
        q_more[i] = (int32_t)((uint32_t)slope * (uint32_t)d0);
    }
    out[0] = vec->dot_i32(eq, s, points);
    out[1] = vec->dot_i32(eq, p, points);
    out[2] = vec->dot_i32(eq, q, points);
    if (wide) out[2] = ext_sub(out[2], vec->dot_i32(eq, q_more, points));
}

void leaves_round(const leaf_tree *t, uint64_t first, size_t points, extv eq, ext mu, ext v[2]) {
    int32_t x[LEAF_MOST];
    uint64_t at;
    const block *b = one_block(t, 4 * first, 4 * points, &at);
    if (!b || !t->rows[b->item].line) {
        leaf_memory halves[2];
        extv e = in_memory(halves[0]), o = in_memory(halves[1]);
        leaves_split(t, 2 * first, 2 * points, NULL, e, o);
        vec->round_logup_leaf(v, eq, e, o, mu, points);
        return;
    }
    const leaf_rows *r = &t->rows[b->item];
    ext sum[3];
    block_gather(r->shape, b, r->values[0], at, 4 * points, x);
    line_sums(r, x, points, eq, sum);
    node_line l = node_coefficients(r, &mu);
    ext products = ext_mul(mu, ext_mul(r->coef[0], r->coef[0])); /* the weights add up to 1 */
    v[0] = ext_add(l.base[2], ext_add(ext_mul(l.coef[2][0], sum[0]), ext_mul(products, sum[1])));
    v[1] = ext_mul(products, sum[2]);
}
