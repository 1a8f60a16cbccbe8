#include "logup/logup_prove.h"
#include <string.h>
#include "base/broken.h"
#include "execute/gather.h"
#include "sumcheck/parallel.h"

enum { LEVELS = MAX_LOG_TENSOR + 9 };

/* One level of a tree: even and odd halves of numerators and denominators, `half` entries each. */
typedef struct level {
    extv n[2], d[2];
} level;

typedef struct tree_data {
    level levels[LEVELS]; /* levels[h] are the leaves; level 0 is the root, in n[0], d[0] */
    extv scratch[4];      /* for the folds of any layer: a quarter of the leaves each */
} tree_data;

/* A live tree's four tables during a layer's rounds: a = n_even + mu d_even, b = n_odd, c = d_even, d = d_odd. */
typedef struct live_tree {
    extv now[4], other[4]; /* tables, and where the next fold goes */
    ext weight, mu;        /* of N; weight of D is weight * mu */
    bool leaf;
} live_tree;

typedef struct prover_state {
    const trace *t;
    const logup *l;
    arena *a;
    tacit_error *err;
    ext alpha, beta[MAX_TABLE_WIDTH];
    const ext *r_c;
    tree_data *trees;
    live_tree live[MAX_TREES];
    uint32_t live_count;
    size_t size; /* entries of the live tables */
    extv eq, eq_other;
} prover_state;

/* ---------------------------------------------------------------- leaves */
/* Signed columns of one lookup or table, row-major; of a gather column 0, and the folds of the rows. */
typedef struct columns {
    uint32_t width;
    const int32_t *values[MAX_TABLE_WIDTH];
    extv folded; /* c[0] NULL: no gather */
} columns;

static tacit_status tensor_column(prover_state *s, uint32_t id, const int32_t **out) {
    const tensor *t = &s->t->p->tensors[id];
    *out = s->t->values[id];
    if (*out) return TACIT_OK;
    int32_t *made = ARENA_NEW(s->a, int32_t, shape_count(&t->shape));
    if (!made) return fail(s->err, TACIT_RESOURCES, "prover: arena too small for a lookup column");
    trace_values_i32(s->t, id, made);
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
static tacit_status row_weights(prover_state *s, const shape *row, extv *out) {
    unsigned vars = shape_vars(row);
    uint64_t n = shape_count(row);
    extv all = extv_new(s->a, (size_t)1 << vars);
    *out = extv_new(s->a, n);
    if (!extv_ok(all) || !extv_ok(*out)) return fail(s->err, TACIT_RESOURCES, "prover: arena too small for a gather");
    par_eq_table(all, s->r_c, vars, EXT_ONE);
    for (uint64_t i = 0; i < n; i++) {
        uint64_t at = 0, rest = i;
        for (uint32_t k = row->rank; k-- > 0; rest /= row->dim[k]) at |= rest % row->dim[k] << shape_axis_var(row, k);
        extv_set(*out, i, extv_get(all, at));
    }
    return TACIT_OK;
}

static tacit_status fold_rows(prover_state *s, const table *t, const int32_t *values, uint64_t rows, extv *folded) {
    shape row = gather_row(s->t->p, t);
    fold_job j = {.values = values, .row = shape_count(&row)};
    j.folded = *folded = extv_new(s->a, rows);
    if (!extv_ok(*folded)) return fail(s->err, TACIT_RESOURCES, "prover: arena too small for a gather");
    size_t mark = arena_mark(s->a);
    TRY(row_weights(s, &row, &j.weights));
    par_for(rows, fold_piece, &j);
    arena_release(s->a, mark);
    return TACIT_OK;
}

static tacit_status gather_columns(prover_state *s, const lookup *k, const table *t, columns *c) {
    const int32_t *rows;
    c->width = 1;
    TRY(tensor_column(s, k->columns[0], &c->values[0]));
    TRY(tensor_column(s, k->columns[1], &rows));
    return fold_rows(s, t, rows, shape_count(&s->t->p->tensors[k->columns[0]].shape), &c->folded);
}

static tacit_status lookup_columns(prover_state *s, uint32_t item, columns *c) {
    const lookup *k = &s->t->p->lookups[item];
    const table *t = &s->t->p->tables[k->table];
    if (t->gather) return gather_columns(s, k, t, c);
    c->width = t->width;
    for (uint32_t j = 0; j < c->width; j++) TRY(tensor_column(s, k->columns[j], &c->values[j]));
    return TACIT_OK;
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

static tacit_status table_columns(prover_state *s, uint32_t item, columns *c) {
    const table *t = &s->t->p->tables[item];
    c->width = t->gather ? 1 : t->width;
    if (t->gather) TRY(fold_rows(s, t, s->t->values[t->source], t->rows, &c->folded));
    for (uint32_t j = 0; j < c->width; j++) {
        int32_t *made = ARENA_NEW(s->a, int32_t, t->rows);
        if (!made) return fail(s->err, TACIT_RESOURCES, "prover: arena too small for a table");
        c->values[j] = expand_column(&t->columns[j], t->rows, made);
    }
    return TACIT_OK;
}

/* One block's leaves, chunk by chunk: D = alpha - id - sum beta_j column_j, split into even and odd. */
typedef struct leaf_job {
    prover_state *s;
    const shape *shape;
    const block *b;
    const columns *c;
    ext base;
    extv even, odd;      /* denominators of the tree */
    extv neven, nodd;    /* numerators (tables) */
    const int32_t *mult; /* tables: multiplicities */
    uint64_t local;      /* place of the block in its tree */
} leaf_job;

static void put_halves(extv even, extv odd, uint64_t local, size_t count, const gl (*v)[PAR_CHUNK]) {
    for (int j = 0; j < EXT_DEG; j++) {
        gl *half[2] = {even.c[j], odd.c[j]};
        for (size_t i = 0; i < count; i++) half[(local + i) & 1][(local + i) >> 1] = v[j][i];
    }
}

/* v -= beta_1 * folds of the block's elements. */
static void subtract_folds(const leaf_job *j, uint64_t at, size_t n, extv v) {
    for (size_t i = 0; i < n; i++) {
        ext f = extv_get(j->c->folded, block_element(j->shape, j->b, at + i));
        extv_set(v, i, ext_sub(extv_get(v, i), ext_mul(j->s->beta[1], f)));
    }
}

static void leaf_piece(void *ctx, size_t first, size_t count) {
    const leaf_job *j = ctx;
    gl memory[EXT_DEG][PAR_CHUNK];
    int32_t ints[PAR_CHUNK];
    extv d;
    for (int k = 0; k < EXT_DEG; k++) {
        d.c[k] = memory[k];
        for (size_t i = 0; i < PAR_CHUNK; i++) memory[k][i] = j->base.c[k];
    }
    for (size_t at = first; at < first + count; at += PAR_CHUNK) {
        size_t n = first + count - at < PAR_CHUNK ? first + count - at : PAR_CHUNK;
        for (int k = 0; k < EXT_DEG; k++)
            for (size_t i = 0; i < n; i++) memory[k][i] = j->base.c[k];
        for (uint32_t w = 0; w < j->c->width; w++) {
            block_gather(j->shape, j->b, j->c->values[w], at, n, ints);
            vec->axpy_i32(d, ints, ext_neg(j->s->beta[w]), n);
        }
        if (j->c->folded.c[0]) subtract_folds(j, at, n, d);
        put_halves(j->even, j->odd, j->local + at, n, memory);
        if (!j->mult) continue;
        block_gather(j->shape, j->b, j->mult, at, n, ints);
        memset(memory, 0, sizeof memory);
        for (size_t i = 0; i < n; i++) memory[0][i] = gl_from_i64(-(int64_t)ints[i]);
        put_halves(j->neven, j->nodd, j->local + at, n, memory);
    }
}

/* A tree with one leaf keeps it in the even half. */
static tacit_status tree_leaves(prover_state *s, const logup_tree *t, level *leaves, const columns *cols) {
    const layout *lay = &s->l->forest[t->table];
    for (uint32_t i = t->first; i < t->first + t->count; i++) {
        const block *b = &lay->blocks[i];
        uint32_t id = t->table ? s->t->p->tables[b->item].id : s->t->p->tables[s->t->p->lookups[b->item].table].id;
        leaf_job j = {.s = s,
                      .shape = lay->shapes[b->item],
                      .b = b,
                      .c = &cols[b->item],
                      .base = ext_sub(s->alpha, ext_from(RULE_ELSE(TABLE_ID, 0, id))),
                      .even = leaves->d[0],
                      .odd = leaves->d[1],
                      .neven = leaves->n[0],
                      .nodd = leaves->n[1],
                      .local = b->start - t->start};
        if (t->table) j.mult = s->t->values[s->t->p->tables[b->item].multiplicity];
        par_for((size_t)1 << b->log, leaf_piece, &j);
    }
    if (!t->table && t->height == 0) extv_set(leaves->n[0], 0, EXT_ONE);
    return TACIT_OK;
}

/* ---------------------------------------------------------------- trees */
static tacit_status level_new(prover_state *s, level *v, size_t half, bool numerators) {
    for (int k = 0; k < 2; k++) {
        v->d[k] = extv_new(s->a, half);
        v->n[k] = numerators ? extv_new(s->a, half) : (extv){{NULL}};
        if (!extv_ok(v->d[k]) || (numerators && !extv_ok(v->n[k])))
            return fail(s->err, TACIT_RESOURCES, "prover: arena too small for the lookup trees");
    }
    return TACIT_OK;
}

typedef struct up_job {
    const level *down, *up;
    bool leaf;
} up_job;

static level level_at(const level *v, size_t i) {
    level r = *v;
    for (int k = 0; k < 2; k++) {
        r.d[k] = extv_at(v->d[k], i);
        if (v->n[k].c[0]) r.n[k] = extv_at(v->n[k], i);
    }
    return r;
}

static void up_piece(void *ctx, size_t first, size_t count) {
    const up_job *j = ctx;
    level d = level_at(j->down, first), u = level_at(j->up, first / 2);
    if (j->leaf)
        vec->logup_up_leaf(u.n[0], u.n[1], u.d[0], u.d[1], d.d[0], d.d[1], count);
    else
        vec->logup_up(u.n[0], u.n[1], u.d[0], u.d[1], d.n[0], d.n[1], d.d[0], d.d[1], count);
}

/* The root is a single fraction: computed by hand. */
static void root_of(const level *down, level *root, bool leaf) {
    ext d0 = extv_get(down->d[0], 0), d1 = extv_get(down->d[1], 0), n;
    if (leaf)
        n = ext_add(d0, d1);
    else
        n = ext_add(ext_mul(extv_get(down->n[0], 0), d1), ext_mul(extv_get(down->n[1], 0), d0));
    extv_set(root->n[0], 0, n);
    extv_set(root->d[0], 0, ext_mul(d0, d1));
}

static tacit_status build_tree(prover_state *s, const logup_tree *t, tree_data *data, const columns *cols) {
    level *v = data->levels;
    for (unsigned h = 0; h <= t->height; h++)
        TRY(level_new(s, &v[h], h ? (size_t)1 << (h - 1) : 1, t->table || h < t->height || h == 0));
    TRY(tree_leaves(s, t, &v[t->height], cols));
    for (unsigned h = t->height; h > 1; h--) {
        up_job j = {&v[h], &v[h - 1], h == t->height && !t->table};
        par_for((size_t)1 << (h - 1), up_piece, &j);
    }
    if (t->height > 0) root_of(&v[1], &v[0], t->height == 1 && !t->table);
    for (int k = 0; k < 4; k++) {
        data->scratch[k] = extv_new(s->a, t->height > 2 ? (size_t)1 << (t->height - 2) : 1);
        if (!extv_ok(data->scratch[k])) return fail(s->err, TACIT_RESOURCES, "prover: arena too small");
    }
    return TACIT_OK;
}

static tacit_status eq_scratch(prover_state *s) {
    unsigned highest = 0;
    for (uint32_t i = 0; i < s->l->tree_count; i++)
        if (s->l->trees[i].height > highest) highest = s->l->trees[i].height;
    size_t n = highest > 2 ? (size_t)1 << (highest - 2) : 1;
    s->eq = extv_new(s->a, n);
    s->eq_other = extv_new(s->a, n);
    return extv_ok(s->eq) && extv_ok(s->eq_other) ? TACIT_OK : fail(s->err, TACIT_RESOURCES, "prover: arena too small");
}

static tacit_status begin(void *ctx, const logup *l, const ext *r_c, ext alpha, const ext *beta) {
    prover_state *s = ctx;
    const program *p = s->t->p;
    s->l = l;
    s->alpha = alpha;
    s->r_c = r_c;
    memcpy(s->beta, beta, l->width * sizeof *beta);
    s->trees = ARENA_ZNEW(s->a, tree_data, l->tree_count);
    columns *cols[2] = {ARENA_ZNEW(s->a, columns, p->lookup_count), ARENA_ZNEW(s->a, columns, p->table_count)};
    if (!s->trees || !cols[0] || !cols[1]) return fail(s->err, TACIT_RESOURCES, "prover: arena too small");
    for (uint32_t i = 0; i < p->lookup_count; i++) TRY(lookup_columns(s, i, &cols[0][i]));
    for (uint32_t i = 0; i < p->table_count; i++) TRY(table_columns(s, i, &cols[1][i]));
    for (uint32_t i = 0; i < l->tree_count; i++)
        TRY(build_tree(s, &l->trees[i], &s->trees[i], cols[l->trees[i].table]));
    return eq_scratch(s);
}

static tacit_status root(void *ctx, uint32_t tree, ext *sum, ext *den) {
    prover_state *s = ctx;
    const level *v = &s->trees[tree].levels[0];
    *den = extv_get(v->d[0], 0);
    if (ext_is_zero(*den)) return reject(s->err, TACIT_REJECT_DEGENERATE);
    *sum = ext_mul(extv_get(v->n[0], 0), ext_inv(*den));
    return TACIT_OK;
}

/* ---------------------------------------------------------------- one layer */
static void live_tables(prover_state *s, live_tree *t, unsigned l, uint32_t tree) {
    const level *v = &s->trees[tree].levels[l + 1];
    const extv now[4] = {v->n[0], v->n[1], v->d[0], v->d[1]};
    memcpy(t->now, now, sizeof now);
    memcpy(t->other, s->trees[tree].scratch, sizeof t->other);
    if (!t->leaf) par_axpy(t->now[0], t->now[2], t->mu, (size_t)1 << l);
}

static void layer(void *ctx, unsigned l, const ext *point, const uint32_t *live, uint32_t live_count,
                  const ext *weight) {
    prover_state *s = ctx;
    s->live_count = live_count;
    s->size = (size_t)1 << l;
    for (uint32_t j = 0; j < live_count; j++) {
        const logup_tree *t = &s->l->trees[live[j]];
        s->live[j] = (live_tree){.weight = weight[2 * j], .mu = weight[1], .leaf = !t->table && t->height == l + 1};
        live_tables(s, &s->live[j], l, live[j]);
    }
    if (l) par_eq_table(s->eq, point + 1, l - 1, EXT_ONE);
}

static void round_values(void *ctx, ext *values) {
    prover_state *s = ctx;
    for (uint32_t j = 0; j < s->live_count; j++) {
        const live_tree *t = &s->live[j];
        ext v[2];
        if (t->leaf)
            par_round_logup_leaf(v, s->eq, t->now[2], t->now[3], t->mu, s->size / 2);
        else
            par_round_logup(v, s->eq, t->now[0], t->now[1], t->now[2], t->now[3], s->size / 2);
        for (int k = 0; k < 2; k++) values[k] = ext_add(values[k], ext_mul(t->weight, v[k]));
    }
}

static void bind(void *ctx, ext r) {
    prover_state *s = ctx;
    s->size /= 2;
    for (uint32_t j = 0; j < s->live_count; j++) {
        live_tree *t = &s->live[j];
        for (int k = t->leaf ? 2 : 0; k < 4; k++) {
            par_fold(t->other[k], t->now[k], r, s->size);
            extv_swap(&t->other[k], &t->now[k]);
        }
    }
    if (s->size > 1) {
        par_pair_sum(s->eq_other, s->eq, s->size / 2);
        extv_swap(&s->eq_other, &s->eq);
    }
}

static void ends(void *ctx, uint32_t live_index, ext v[4]) {
    prover_state *s = ctx;
    const live_tree *t = &s->live[live_index];
    v[2] = extv_get(t->now[2], 0);
    v[3] = extv_get(t->now[3], 0);
    if (t->leaf) return;
    v[0] = ext_sub(extv_get(t->now[0], 0), ext_mul(t->mu, v[2]));
    v[1] = extv_get(t->now[1], 0);
}

tacit_status logup_prover(logup_oracle *oracle, const trace *t, arena *a, tacit_error *err) {
    prover_state *s = ARENA_ZNEW(a, prover_state, 1);
    if (!s) return fail(err, TACIT_RESOURCES, "prover: arena too small");
    s->t = t;
    s->a = a;
    s->err = err;
    *oracle = (logup_oracle){s, begin, root, layer, {s, round_values, bind}, ends};
    return TACIT_OK;
}
