#include "logup/logup.h"
#include <string.h>
#include "sumcheck/early.h"
#include "poly/eq.h"
#include "program/tensor_eval.h"

/* ---------------------------------------------------------------- forests */
_Static_assert(2 * (MAX_LOG_TENSOR + 8) <= MAX_TREES, "a tree for every bit of two sizes");
static tacit_status add_trees(logup *l, bool is_table, tacit_error *err) {
    const layout *lay = &l->forest[is_table];
    uint64_t start = 0;
    uint32_t next = 0;
    if (lay->size >> (MAX_LOG_TENSOR + 8)) return fail(err, TACIT_MALFORMED, "program: too many lookup rows");
    for (unsigned h = MAX_LOG_TENSOR + 8; h-- > 0;) {
        if (!(lay->size >> h & 1)) continue;
        logup_tree *t = &l->trees[l->tree_count++];
        *t = (logup_tree){.table = is_table, .height = h, .start = start, .first = next};
        start += UINT64_C(1) << h;
        while (next < lay->block_count && lay->blocks[next].start < start) next++;
        t->count = next - t->first;
    }
    return TACIT_OK;
}

tacit_status logup_make(logup *l, const program *p, arena *a, tacit_error *err) {
    memset(l, 0, sizeof *l);
    for (int side = 0; side < 2; side++) {
        uint32_t n = side ? p->table_count : p->lookup_count;
        l->shapes[side] = ARENA_NEW(a, const shape *, n ? n : 1);
        if (!l->shapes[side]) return fail(err, TACIT_RESOURCES, "scratch too small");
        for (uint32_t i = 0; i < n; i++)
            l->shapes[side][i] =
                side ? &p->tensors[p->tables[i].multiplicity].shape : &p->tensors[p->lookups[i].columns[0]].shape;
        TRY(layout_make(&l->forest[side], l->shapes[side], n, a, err));
        TRY(add_trees(l, side == 1, err));
    }
    for (uint32_t i = 0; i < p->table_count; i++)
        if (p->tables[i].width > l->width) l->width = p->tables[i].width;
    for (uint32_t i = 0; i < p->lookup_count; i++) {
        const table *t = &p->tables[p->lookups[i].table];
        if (!t->gather) continue;
        shape row = gather_row(p, t);
        if (shape_vars(&row) > l->gather_vars) l->gather_vars = shape_vars(&row);
        l->gather_rows += shape_count(l->shapes[0][i]);
    }
    return TACIT_OK;
}

/* ---------------------------------------------------------------- leaf equations */
typedef struct run {
    session *s;
    const logup *l;
    const logup_oracle *oracle;
    ext alpha, beta[MAX_TABLE_WIDTH];
    ext r_c[MAX_LOG_TENSOR]; /* gathers fold their rows here */
} run;

/* (r_c, z): the point of a tensor of `vars` + a row's variables whose fold at z is meant. */
static tacit_status gather_point(run *r, const table *t, const ext *z, unsigned vars, const ext **out) {
    shape row = gather_row(r->s->p, t);
    unsigned low = shape_vars(&row);
    ext *point = ARENA_NEW(r->s->a, ext, low + vars + 1);
    if (!point) return fail(r->s->err, TACIT_RESOURCES, "scratch too small");
    memcpy(point, r->r_c, low * sizeof *point);
    memcpy(point + low, z, vars * sizeof *point);
    *out = point;
    return TACIT_OK;
}

/* den += w * (alpha - id - sum beta_j column_j~(z)), and the numerator's part, for one block of lookup rows. */
static tacit_status lookup_block(run *r, uint32_t item, const ext *z, ext w, expr *num, expr *den) {
    const lookup *k = &r->s->p->lookups[item];
    const table *t = &r->s->p->tables[k->table];
    den->constant = ext_add(den->constant, ext_mul(w, ext_sub(r->alpha, ext_from(RULE_ELSE(TABLE_ID, 0, t->id)))));
    for (uint32_t j = 0; j < t->width; j++) {
        const ext *at = z;
        if (t->gather && j == 1) TRY(gather_point(r, t, z, shape_vars(&r->s->p->tensors[k->columns[0]].shape), &at));
        TRY(session_evaluate(r->s, den, k->columns[j], at, ext_neg(ext_mul(w, r->beta[j]))));
    }
    num->constant = ext_add(num->constant, w);
    return TACIT_OK;
}

static tacit_status table_block(run *r, uint32_t item, const ext *z, ext w, expr *num, expr *den) {
    const table *t = &r->s->p->tables[item];
    ext f = ext_sub(r->alpha, ext_from(RULE_ELSE(TABLE_ID, 0, t->id)));
    uint32_t listed = t->gather ? 1 : t->width; /* columns in the program */
    for (uint32_t j = 0; j < listed; j++) TRY(session_work(r->s, t->columns[j].runs ? 64 : t->rows));
    for (uint32_t j = 0; j < listed && r->s->ch->mode != TRANSCRIPT_COUNT; j++) {
        ext v;
        TRY(column_eval(&v, t, j, z, r->s->a, r->s->err));
        f = ext_sub(f, ext_mul(r->beta[j], v));
    }
    /* the indicator is 1 at the block's point: f counts true rows only, as z fixes the block */
    den->constant = ext_add(den->constant, ext_mul(w, f));
    if (t->gather) {
        const ext *at;
        TRY(gather_point(r, t, z, log2_ceil(t->rows), &at));
        TRY(session_evaluate(r->s, den, t->source, at, ext_neg(ext_mul(w, r->beta[1]))));
    }
    return session_evaluate(r->s, num, t->multiplicity, z, ext_neg(w));
}

/* Numerator and denominator of a tree's leaf layer at z (height variables). */
static tacit_status leaf_equations(run *r, const logup_tree *t, const ext *z, expr *num, expr *den) {
    const layout *lay = &r->l->forest[t->table];
    const block *blocks = lay->blocks + t->first;
    ext *w = ARENA_NEW(r->s->a, ext, t->count);
    if (!w) return fail(r->s->err, TACIT_RESOURCES, "scratch too small");
    blocks_places(blocks, t->count, t->start, &(strip_point){z, t->height, EXT_ONE}, w);
    for (uint32_t i = 0; i < t->count; i++) {
        const block *b = &blocks[i];
        const shape *shp = lay->shapes[b->item];
        ext *zb = ARENA_NEW(r->s->a, ext, shape_vars(shp) + 1);
        if (!zb) return fail(r->s->err, TACIT_RESOURCES, "scratch too small");
        block_point(shp, b, z, zb);
        if (t->table)
            TRY(table_block(r, b->item, zb, w[i], num, den));
        else
            TRY(lookup_block(r, b->item, zb, w[i], num, den));
    }
    return session_status(r->s);
}

/* ---------------------------------------------------------------- trees, layer by layer */
typedef struct tree_claim {
    bool has_n; /* false after the specialised last layer: the numerator is 1 */
    expr n, d;
} tree_claim;

static void expr_sub_from(session *s, expr *e, const expr *other) {
    expr_add(s, e, other, ext_neg(EXT_ONE));
}

static tacit_status leave(run *r, const logup_tree *t, const ext *point, tree_claim *c) {
    expr num = {EXT_ZERO, NULL, 0, 0}, den = num;
    TRY(leaf_equations(r, t, point, &num, &den));
    if (t->table ? RULE_OFF(LEAF_TABLE) : RULE_OFF(LEAF_LOOKUP)) return session_status(r->s);
    if (c->has_n) {
        expr_sub_from(r->s, &c->n, &num);
        session_equation(r->s, &c->n);
    }
    expr_sub_from(r->s, &c->d, &den);
    session_equation(r->s, &c->d);
    return session_status(r->s);
}

/* S_i, D_i of all trees before any weight; sum_i S_i = 0. */
static tacit_status send_roots(run *r, tree_claim *claims) {
    session *s = r->s;
    expr sum = {EXT_ZERO, NULL, 0, 0};
    for (uint32_t i = 0; i < r->l->tree_count; i++) {
        uint32_t t = session_new_triple(s);
        ext S = EXT_ZERO, D = EXT_ZERO;
        if (r->oracle) TRY(r->oracle->root(r->oracle->ctx, i, &S, &D));
        hidden hs = session_hidden(s, TAG_LOGUP_SUM, S, (cell){CELL_A, t});
        hidden hd = session_hidden(s, TAG_LOGUP_SUM, D, (cell){CELL_B, t});
        hidden_add(s, &sum, &hs, EXT_ONE);
        memset(&claims[i], 0, sizeof claims[i]);
        claims[i].has_n = true;
        hidden_product(s, &claims[i].n, &hs, &hd, t, EXT_ONE);
        hidden_add(s, &claims[i].d, &hd, EXT_ONE);
    }
    if (!RULE_OFF(SUM)) session_equation(s, &sum);
    return session_status(s);
}

typedef struct ends {
    bool leaf;
    hidden n0, n1, d0, d1;
} ends;

/* Send a tree's n0, n1, d0, d1 and add w_n N + w_d D, N = n0 d1 + n1 d0, D = d0 d1 (leaf: N = d0 + d1). */
static void send_ends(run *r, uint32_t live_index, bool leaf, ext w_n, ext w_d, ends *e, expr *total) {
    session *s = r->s;
    ext v[4] = {EXT_ZERO, EXT_ZERO, EXT_ZERO, EXT_ZERO};
    if (r->oracle) r->oracle->ends(r->oracle->ctx, live_index, v);
    e->leaf = leaf;
    if (leaf) {
        uint32_t t = session_new_triple(s);
        e->d0 = session_hidden(s, TAG_LOGUP_D, v[2], (cell){CELL_A, t});
        e->d1 = session_hidden(s, TAG_LOGUP_D, v[3], (cell){CELL_B, t});
        hidden_add(s, total, &e->d0, w_n);
        hidden_add(s, total, &e->d1, w_n);
        hidden_product(s, total, &e->d0, &e->d1, t, w_d);
        return;
    }
    uint32_t t0 = session_new_triple(s), t1 = session_new_triple(s), t2 = session_new_triple(s);
    e->n0 = session_hidden(s, TAG_LOGUP_N, v[0], (cell){CELL_A, t0});
    e->n1 = session_hidden(s, TAG_LOGUP_N, v[1], (cell){CELL_A, t1});
    e->d0 = session_hidden(s, TAG_LOGUP_D, v[2], (cell){CELL_B, t1});
    e->d1 = session_hidden(s, TAG_LOGUP_D, v[3], (cell){CELL_B, t0});
    hidden_product(s, total, &e->n0, &e->d1, t0, w_n);
    hidden_product(s, total, &e->n1, &e->d0, t1, w_n);
    hidden_product(s, total, &e->d0, &e->d1, t2, w_d);
}

/* The next claims: (1 - lambda) v0 + lambda v1. */
static void next_claim(session *s, const ends *e, ext lambda, tree_claim *c) {
    memset(c, 0, sizeof *c);
    c->has_n = !e->leaf;
    hidden_add(s, &c->d, &e->d0, ext_one_minus(lambda));
    hidden_add(s, &c->d, &e->d1, lambda);
    if (e->leaf) return;
    hidden_add(s, &c->n, &e->n0, ext_one_minus(lambda));
    hidden_add(s, &c->n, &e->n1, lambda);
}

/* One layer: l variables in `point` become l + 1. */
static tacit_status layer(run *r, unsigned l, ext *point, const uint32_t *live, uint32_t live_count,
                          tree_claim *claims) {
    session *s = r->s;
    ext weight[2 * MAX_TREES], next[MAX_LOG_TENSOR + 9];
    ext mu = RULE_ELSE(LOGUP_WEIGHT, broken_logup_weight, transcript_challenge(s->ch, TAG_LOGUP_WEIGHT));
    ends e[MAX_TREES];
    expr claim = {EXT_ZERO, NULL, 0, 0}, total = claim;
    weight[0] = EXT_ONE;
    for (uint32_t j = 1; j < 2 * live_count; j++) weight[j] = ext_mul(weight[j - 1], mu);
    for (uint32_t j = 0; j < live_count; j++) {
        expr_add(s, &claim, &claims[live[j]].n, weight[2 * j]);
        expr_add(s, &claim, &claims[live[j]].d, weight[2 * j + 1]);
    }
    if (r->oracle) r->oracle->layer(r->oracle->ctx, l, point, live, live_count, weight);
    TRY(sumcheck_gruen(s, TAG_LOGUP_ROUND, l, point, &claim, r->oracle ? &r->oracle->rounds : NULL, next + 1));
    for (uint32_t j = 0; j < live_count; j++) {
        const logup_tree *t = &r->l->trees[live[j]];
        send_ends(r, j, !t->table && t->height == l + 1, weight[2 * j], weight[2 * j + 1], &e[j], &total);
    }
    expr_sub_from(s, &total, &claim);
    if (!RULE_OFF(LAYER)) session_equation(s, &total); /* the layer equation; the eq factor left with Gruen's form */
    next[0] = transcript_challenge(s->ch, TAG_LOGUP_LAMBDA);
    for (uint32_t j = 0; j < live_count; j++) next_claim(s, &e[j], next[0], &claims[live[j]]);
    memcpy(point, next, (l + 1) * sizeof *point);
    return session_status(s);
}

tacit_status logup_run(session *s, const logup *l, const logup_oracle *oracle) {
    run r = {.s = s, .l = l, .oracle = oracle};
    ext point[MAX_LOG_TENSOR + 9];
    if (s->p->lookup_count == 0) return TACIT_OK;
    tree_claim *claims = ARENA_NEW(s->a, tree_claim, l->tree_count);
    if (!claims) return fail(s->err, TACIT_RESOURCES, "scratch too small");
    for (unsigned i = 0; i < l->gather_vars; i++)
        r.r_c[i] = RULE_ELSE(GATHER, EXT_ZERO, transcript_challenge(s->ch, TAG_GATHER));
    r.alpha = transcript_challenge(s->ch, TAG_ALPHA);
    for (uint32_t j = 0; j < l->width; j++) r.beta[j] = transcript_challenge(s->ch, TAG_BETA);
    BROKEN_ONLY(if (RULE_OFF(LOGUP_WEIGHT)) broken_logup_weight = transcript_challenge(s->ch, TAG_LOGUP_WEIGHT);)
    for (uint32_t j = 0; RULE_OFF(BETA) && j < l->width; j++) r.beta[j] = EXT_ONE;
    if (oracle) TRY(oracle->begin(oracle->ctx, l, r.r_c, r.alpha, r.beta));
    TRY(send_roots(&r, claims));
    for (unsigned height = 0;; height++) {
        uint32_t live[MAX_TREES], live_count = 0;
        for (uint32_t i = 0; i < l->tree_count; i++) {
            if (l->trees[i].height == height) TRY(leave(&r, &l->trees[i], point, &claims[i]));
            if (l->trees[i].height > height) live[live_count++] = i;
        }
        if (live_count == 0) return session_status(s);
        TRY(layer(&r, height, point, live, live_count, claims));
    }
}
