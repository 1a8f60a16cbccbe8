#include "logup/leaves.h"
#include <string.h>
#include "base/broken.h"
#include "execute/gather.h"
#include "sumcheck/parallel.h"

static tacit_status full(const leaf_request *r) {
    return fail(r->err, TACIT_RESOURCES, "prover: arena too small for the lookups' columns");
}

/* ---------------------------------------------------------------- columns */
static tacit_status tensor_column(const leaf_request *r, uint32_t id, const int32_t **out) {
    *out = r->t->values[id];
    if (*out) return TACIT_OK;
    int32_t *made = ARENA_NEW(r->a, int32_t, shape_count(&r->t->p->tensors[id].shape));
    if (!made) return full(r);
    trace_values_i32(r->t, id, made);
    *out = made;
    return TACIT_OK;
}

/* folded[i] = sum_c eq(r_c, c) values[i][c]: rows of a gather at its point. */
typedef struct fold_job {
    const int32_t *values;
    uint64_t row;
    extv weights, folded;
} fold_job;

static void fold_piece(void *ctx, size_t first, size_t count) {
    const fold_job *j = ctx;
    for (size_t i = first; i < first + count; i++)
        extv_set(j->folded, i, vec->dot_i32(j->weights, j->values + i * j->row, j->row));
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

static tacit_status fold_rows(const leaf_request *r, const table *t, const int32_t *values, uint64_t count,
                              leaf_rows *rows) {
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

static void add_column(const leaf_request *r, leaf_rows *rows, const int32_t *values, int64_t lo, int64_t hi) {
    uint32_t j = rows->width++;
    ext coef = ext_neg(r->beta[j]);
    rows->values[j] = values;
    rows->wide[j] = lo < -(1 << 22) || hi >= 1 << 22;
    if (rows->wide[j]) rows->coef[rows->terms++] = ext_scale(coef, (gl)1 << 16);
    rows->coef[rows->terms++] = coef;
}

static tacit_status lookup_rows(const leaf_request *r, uint32_t item, leaf_rows *rows) {
    const program *p = r->t->p;
    const lookup *k = &p->lookups[item];
    const table *t = &p->tables[k->table];
    const int32_t *values;
    rows->shape = r->l->shapes[0][item];
    rows->base = ext_sub(r->alpha, ext_from(RULE_ELSE(TABLE_ID, 0, t->id)));
    for (uint32_t j = 0; j < (t->gather ? 1 : t->width); j++) {
        TRY(tensor_column(r, k->columns[j], &values));
        add_column(r, rows, values, t->columns[j].lo, t->columns[j].hi);
    }
    if (!t->gather) return TACIT_OK;
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
        add_column(r, rows, expand_column(&t->columns[j], t->rows, made), t->columns[j].lo, t->columns[j].hi);
    }
    return t->gather ? fold_rows(r, t, r->t->values[t->source], t->rows, rows) : TACIT_OK;
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
typedef int32_t terms[LEAF_TERMS][2 * LEAF_PAIRS];

/* The last block of the tree that starts at or before this leaf. */
static const block *block_at(const leaf_tree *t, uint64_t leaf) {
    const block *b = t->lay->blocks + t->tree->first;
    uint32_t low = 0, high = t->tree->count;
    while (high - low > 1) {
        uint32_t mid = low + (high - low) / 2;
        if (b[mid].start - t->tree->start <= leaf)
            low = mid;
        else
            high = mid;
    }
    return b + low;
}

static uint64_t inside(const leaf_tree *t, const block *b, uint64_t leaf) {
    return leaf - (b->start - t->tree->start);
}

/* The terms of n elements of a block. */
static void read_terms(const leaf_rows *r, const block *b, uint64_t at, size_t n, int32_t (*x)[2 * LEAF_PAIRS]) {
    for (uint32_t c = 0; c < r->width; c++, x++) {
        block_gather(r->shape, b, r->values[c], at, n, x[0]);
        if (!r->wide[c]) continue;
        for (size_t i = 0; i < n; i++) {
            x[1][i] = x[0][i] & 0xffff;
            x[0][i] >>= 16;
        }
        x++;
    }
}

static void linear(const leaf_rows *r, terms x, size_t from, size_t n, extv out) {
    const int32_t *at[LEAF_TERMS];
    for (uint32_t k = 0; k < r->terms; k++) at[k] = x[k] + from;
    vec->linear_i23(out, r->base, r->coef, at, r->terms, n);
}

static void block_leaves(const leaf_rows *r, const block *b, uint64_t at, size_t n, extv out) {
    terms x;
    read_terms(r, b, at, n, x);
    linear(r, x, 0, n, out);
    for (size_t i = 0; r->folded.c[0] && i < n; i++) {
        ext f = extv_get(r->folded, block_element(r->shape, b, at + i));
        extv_set(out, i, ext_add(extv_get(out, i), ext_mul(r->folded_coef, f)));
    }
}

void leaves_natural(const leaf_tree *t, uint64_t first, size_t n, extv out) {
    while (n) {
        const block *b = block_at(t, first);
        uint64_t at = inside(t, b, first), left = ((uint64_t)1 << b->log) - at;
        size_t now = left < n ? (size_t)left : n;
        block_leaves(&t->rows[b->item], b, at, now, out);
        out = extv_at(out, now);
        first += now;
        n -= now;
    }
}

static void split_i32(int32_t *v, size_t pairs, int32_t *odd) {
    for (size_t i = 0; i < pairs; i++) {
        odd[i] = v[2 * i + 1];
        v[i] = v[2 * i];
    }
}

static void split_e(extv even, extv odd, extv v, size_t pairs) {
    for (int j = 0; j < EXT_DEG; j++)
        for (size_t i = 0; i < pairs; i++) {
            even.c[j][i] = v.c[j][2 * i];
            odd.c[j][i] = v.c[j][2 * i + 1];
        }
}

void leaves_split(const leaf_tree *t, uint64_t first, size_t pairs, extv even, extv odd) {
    const block *b = block_at(t, 2 * first);
    const leaf_rows *r = &t->rows[b->item];
    uint64_t at = inside(t, b, 2 * first);
    gl memory[EXT_DEG][2 * LEAF_PAIRS];
    extv all;
    terms x;
    if (at + 2 * pairs <= (uint64_t)1 << b->log && !r->folded.c[0]) { /* within one block: integers are split */
        int32_t odds[LEAF_TERMS][2 * LEAF_PAIRS];
        read_terms(r, b, at, 2 * pairs, x);
        for (uint32_t k = 0; k < r->terms; k++) split_i32(x[k], pairs, odds[k]);
        linear(r, x, 0, pairs, even);
        linear(r, odds, 0, pairs, odd);
        return;
    }
    for (int j = 0; j < EXT_DEG; j++) all.c[j] = memory[j];
    leaves_natural(t, 2 * first, 2 * pairs, all);
    split_e(even, odd, all, pairs);
}

void leaves_numerators(const leaf_tree *t, uint64_t first, size_t n, extv out) {
    int32_t m[2 * LEAF_PAIRS];
    while (n) {
        const block *b = block_at(t, first);
        uint64_t at = inside(t, b, first), left = ((uint64_t)1 << b->log) - at;
        size_t now = left < n ? (size_t)left : n;
        const leaf_rows *r = &t->rows[b->item];
        block_gather(r->shape, b, r->multiplicity, at, now, m);
        for (size_t i = 0; i < now; i++) extv_set(out, i, ext_from_i64(-(int64_t)m[i]));
        out = extv_at(out, now);
        first += now;
        n -= now;
    }
}

void leaves_split_numerators(const leaf_tree *t, uint64_t first, size_t pairs, extv even, extv odd) {
    gl memory[EXT_DEG][2 * LEAF_PAIRS];
    extv all;
    for (int j = 0; j < EXT_DEG; j++) all.c[j] = memory[j];
    leaves_numerators(t, 2 * first, 2 * pairs, all);
    split_e(even, odd, all, pairs);
}
