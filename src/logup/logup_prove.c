#include "logup/logup_prove.h"
#include <pthread.h>
#include <string.h>
#include "base/threads.h"
#include "logup/leaves.h"
#include "sumcheck/parallel.h"

enum {
    LEVELS = MAX_LOG_TENSOR + 9,
    LOW = 8, /* variables of the low table of eq */
    POINTS = 1 << LOW,
    TABLE = 2 * POINTS, /* entries of a table that a piece of a round reads */
    TALL = 11           /* trees of lookups from this height on keep neither leaves nor the level above */
};
_Static_assert(4 * TABLE <= LEAF_MOST && 4 * TABLE <= 1 << TALL, "pieces of tall trees are whole");

/* Numerators and denominators of one level: 2^h each, the even ones first; of lookups' leaves denominators alone. */
typedef struct level {
    extv n, d;
} level;

typedef struct tree_data {
    leaf_tree leaves;
    unsigned kept;
    level levels[LEVELS]; /* levels[h] are the leaves; level 0 is the root */
} tree_data;

/* The four tables of level h; the two of n alone, of d alone, when a layer has only two. */
static void level_tables(const level *v, unsigned h, extv out[4]) {
    size_t half = h ? (size_t)1 << (h - 1) : 0;
    out[0] = v->n, out[2] = v->d;
    out[1] = v->n.c[0] ? extv_at(v->n, half) : v->n;
    out[3] = extv_at(v->d, half);
}

/* Where a live tree's tables are: in memory, or made from the leaves. */
typedef enum table_source { KEPT, NODES, LEAVES } table_source;

/* A live tree's tables during a layer's rounds: a = n_even + mu d_even, b = n_odd, c = d_even, d = d_odd; of lookups'
 * leaves c and d alone. */
typedef struct live_tree {
    const tree_data *tree;
    table_source source;
    bool leaf, weighted; /* weighted: a is complete */
    extv now[4];
    unsigned next;  /* the level whose memory takes the next fold */
    ext weight, mu; /* of N; weight of D is weight * mu */
} live_tree;

typedef struct prover_state {
    const trace *t;
    const logup *l;
    arena *a;
    tacit_error *err;
    tree_data *trees;
    live_tree live[MAX_TREES];
    uint32_t live_count;
    const ext *point;
    unsigned vars, round;
    ext values[2];
    extv low, high; /* eq of the variables behind the round's: of the next LOW, of the others */
} prover_state;

static tacit_status full(prover_state *s) {
    return fail(s->err, TACIT_RESOURCES, "prover: arena too small for the lookup trees");
}

/* Tables of one thread. */
typedef gl scratch[4][EXT_DEG][TABLE];
static void scratch_vectors(gl (*w)[EXT_DEG][TABLE], extv tab[4]) {
    for (int k = 0; k < 4; k++)
        for (int j = 0; j < EXT_DEG; j++) tab[k].c[j] = w[k][j];
}

/* ---------------------------------------------------------------- trees */
unsigned logup_kept(const logup_tree *t) {
    return !t->table && t->height >= TALL ? t->height - 2 : t->height;
}

static tacit_status level_new(prover_state *s, level *v, unsigned h, bool numerators) {
    v->d = extv_new(s->a, (size_t)1 << h);
    v->n = numerators ? extv_new(s->a, (size_t)1 << h) : (extv){{NULL}};
    return extv_ok(v->d) && (extv_ok(v->n) || !numerators) ? TACIT_OK : full(s);
}

typedef struct build_job {
    tree_data *tree;
    unsigned h; /* the level that is made, or read (up) */
    bool leaf;
} build_job;

/* Nodes first .. first + count of level h from level h + 1. */
static void up_piece(void *ctx, size_t first, size_t count) {
    const build_job *j = ctx;
    extv down[4], up[4];
    level_tables(&j->tree->levels[j->h + 1], j->h + 1, down);
    level_tables(&j->tree->levels[j->h], j->h, up);
    for (int k = 0; k < 4; k++) {
        if (k >= 2 || !j->leaf) down[k] = extv_at(down[k], first);
        up[k] = extv_at(up[k], first / 2);
    }
    if (j->leaf)
        vec->logup_up_leaf(up[0], up[1], up[2], up[3], down[2], down[3], count);
    else
        vec->logup_up(up[0], up[1], up[2], up[3], down[0], down[1], down[2], down[3], count);
}

/* The same from a tall tree's leaves, two levels down. */
static void tall_range(void *ctx, size_t first, size_t count, unsigned worker) {
    const build_job *j = ctx;
    scratch w;
    extv up[4], down[4];
    (void)worker;
    scratch_vectors(w, down);
    level_tables(&j->tree->levels[j->h], j->h, up);
    for (size_t at = first; at < first + count; at += TABLE) {
        leaves_nodes(&j->tree->leaves, at, TABLE, NULL, NULL, down);
        vec->logup_up(extv_at(up[0], at / 2), extv_at(up[1], at / 2), extv_at(up[2], at / 2), extv_at(up[3], at / 2),
                      down[0], down[1], down[2], down[3], TABLE);
    }
}

/* Pairs of leaves that are kept. */
static void leaf_range(void *ctx, size_t first, size_t count, unsigned worker) {
    const build_job *j = ctx;
    extv out[4];
    (void)worker;
    level_tables(&j->tree->levels[j->h], j->h, out);
    for (size_t at = first, end = first + count; at < end; at += LEAF_MOST / 2) {
        size_t n = end - at < LEAF_MOST / 2 ? end - at : LEAF_MOST / 2;
        leaves_split(&j->tree->leaves, at, n, NULL, extv_at(out[2], at), extv_at(out[3], at));
        if (!j->leaf) leaves_split_numerators(&j->tree->leaves, at, n, extv_at(out[0], at), extv_at(out[1], at));
    }
}

static void only_leaf(tree_data *v, bool is_table) {
    level *root = &v->levels[0];
    leaves_natural(&v->leaves, 0, 1, root->d);
    extv_set(root->n, 0, EXT_ONE);
    if (is_table) leaves_numerators(&v->leaves, 0, 1, root->n);
}

/* The root is a single fraction: computed by hand. */
static void root_of(const level *down, level *up, bool leaf) {
    ext d0 = extv_get(down->d, 0), d1 = extv_get(down->d, 1), n;
    if (leaf)
        n = ext_add(d0, d1);
    else
        n = ext_add(ext_mul(extv_get(down->n, 0), d1), ext_mul(extv_get(down->n, 1), d0));
    extv_set(up->n, 0, n);
    extv_set(up->d, 0, ext_mul(d0, d1));
}

static tacit_status build_tree(prover_state *s, const logup_tree *t, tree_data *v) {
    v->kept = logup_kept(t);
    for (unsigned h = 0; h <= v->kept; h++) TRY(level_new(s, &v->levels[h], h, t->table || h < t->height || h == 0));
    build_job j = {v, v->kept, !t->table};
    if (v->kept < t->height)
        threads_range((size_t)1 << j.h, TABLE, TABLE, tall_range, &j);
    else if (t->height)
        threads_range((size_t)1 << (j.h - 1), LEAF_MOST / 2, LEAF_MOST / 2, leaf_range, &j);
    else
        only_leaf(v, t->table);
    while (j.h-- > 1) {
        j.leaf = !t->table && j.h + 1 == t->height;
        par_for((size_t)1 << j.h, up_piece, &j);
    }
    if (t->height > 0) root_of(&v->levels[1], &v->levels[0], t->height == 1 && !t->table);
    return TACIT_OK;
}

static tacit_status eq_tables(prover_state *s) {
    unsigned highest = 0;
    for (uint32_t i = 0; i < s->l->tree_count; i++)
        if (s->l->trees[i].height > highest) highest = s->l->trees[i].height;
    s->low = extv_new(s->a, POINTS);
    s->high = extv_new(s->a, highest > LOW + 2 ? (size_t)1 << (highest - 2 - LOW) : 1);
    return extv_ok(s->low) && extv_ok(s->high) ? TACIT_OK : full(s);
}

static tacit_status begin(void *ctx, const logup *l, const ext *r_c, ext alpha, const ext *beta) {
    prover_state *s = ctx;
    leaf_request r = {s->t, l, alpha, beta, r_c, s->a, s->err};
    leaf_rows *rows[2];
    s->l = l;
    s->trees = ARENA_ZNEW(s->a, tree_data, l->tree_count);
    if (!s->trees) return full(s);
    TRY(leaves_make(rows, &r));
    for (uint32_t i = 0; i < l->tree_count; i++) {
        const logup_tree *t = &l->trees[i];
        s->trees[i].leaves = (leaf_tree){&l->forest[t->table], t, rows[t->table]};
        TRY(build_tree(s, t, &s->trees[i]));
    }
    return eq_tables(s);
}

static tacit_status root(void *ctx, uint32_t tree, ext *sum, ext *den) {
    prover_state *s = ctx;
    const level *v = &s->trees[tree].levels[0];
    *den = extv_get(v->d, 0);
    if (ext_is_zero(*den)) return reject(s->err, TACIT_REJECT_DEGENERATE);
    *sum = ext_mul(extv_get(v->n, 0), ext_inv(*den));
    return TACIT_OK;
}

/* ---------------------------------------------------------------- tables, piece by piece */
/* A round of one tree. */
typedef struct pass {
    const prover_state *s;
    live_tree *t;
    bool fold; /* by r, into out, before the round's values are taken */
    ext r;
    extv out[4];
    size_t points; /* of one piece */
    ext sum[2];
    pthread_mutex_t lock;
} pass;

/* n entries of the tables of a round, folded into `out` first where that is due. */
static void kept_tables(const pass *p, size_t first, size_t n, extv tab[4]) {
    live_tree *t = p->t;
    for (int k = t->leaf ? 2 : 0; k < 4; k++) {
        tab[k] = extv_at(p->fold ? p->out[k] : t->now[k], first);
        if (p->fold) vec->fold(tab[k], extv_at(t->now[k], 2 * first), p->r, n);
    }
    if (!t->leaf && !t->weighted) vec->axpy(tab[0], tab[2], t->mu, n);
}

/* The same from the leaves; without a fold in scratch, and not of the leaves themselves. */
static void made_tables(const pass *p, size_t first, size_t n, gl (*w)[EXT_DEG][TABLE], extv tab[4]) {
    const live_tree *t = p->t;
    scratch_vectors(w, tab);
    for (int k = t->leaf ? 2 : 0; p->fold && k < 4; k++) tab[k] = extv_at(p->out[k], first);
    if (!p->fold) {
        leaves_nodes(&t->tree->leaves, first, n, &t->mu, NULL, tab);
        return;
    }
    if (t->leaf) {
        leaves_split(&t->tree->leaves, first, n, &p->r, tab[2], tab[3]);
        return;
    }
    for (size_t at = 0, step = n < TABLE / 2 ? n : TABLE / 2; at < n; at += step) {
        extv part[4];
        for (int k = 0; k < 4; k++) part[k] = extv_at(tab[k], at);
        leaves_nodes(&t->tree->leaves, first + at, step, &t->mu, &p->r, part);
    }
}

/* The round's values over one piece, with the small table of eq alone. */
static void piece_values(const pass *p, size_t piece, ext v[2]) {
    const live_tree *t = p->t;
    scratch w;
    extv tab[4];
    if (t->source == LEAVES && !p->fold) {
        leaves_round(&t->tree->leaves, piece * p->points, p->points, p->s->low, t->mu, v);
        return;
    }
    if (t->source == KEPT)
        kept_tables(p, piece * 2 * p->points, 2 * p->points, tab);
    else
        made_tables(p, piece * 2 * p->points, 2 * p->points, w, tab);
    if (t->leaf)
        vec->round_logup_leaf(v, p->s->low, tab[2], tab[3], t->mu, p->points);
    else
        vec->round_logup(v, p->s->low, tab[0], tab[1], tab[2], tab[3], p->points);
}

static void pass_range(void *ctx, size_t first, size_t count, unsigned worker) {
    pass *p = ctx;
    ext mine[2] = {EXT_ZERO, EXT_ZERO}, v[2];
    (void)worker;
    for (size_t i = first; i < first + count; i++) {
        piece_values(p, i, v);
        for (int k = 0; k < 2; k++) mine[k] = ext_add(mine[k], ext_mul(extv_get(p->s->high, i), v[k]));
    }
    (void)pthread_mutex_lock(&p->lock);
    for (int k = 0; k < 2; k++) p->sum[k] = ext_add(p->sum[k], mine[k]);
    (void)pthread_mutex_unlock(&p->lock);
}

/* ---------------------------------------------------------------- one layer */
/* The memory of the next fold of a tree. A layer with two tables uses n's and d's of a level whole where the halves of
 * the level below its own are missing. */
static void fold_memory(const live_tree *t, extv out[4]) {
    const level *v = t->tree->levels;
    if (t->leaf && t->tree->kept < t->tree->leaves.tree->height)
        out[2] = v[t->next - 1].n, out[3] = v[t->next - 1].d;
    else
        level_tables(&v[t->next], t->next, out);
}

/* The values of round s->round of all live trees, after the fold by *r if there is one. */
static void next_round(prover_state *s, const ext *r) {
    unsigned left = s->vars - s->round, low; /* variables that are not fixed */
    s->values[0] = s->values[1] = EXT_ZERO;
    low = left == 0 ? 0 : left - 1 < LOW ? left - 1 : LOW;
    if (left) {
        par_eq_table(s->low, s->point + s->round + 1, low, EXT_ONE);
        par_eq_table(s->high, s->point + s->round + 1 + low, left - 1 - low, EXT_ONE);
    }
    for (uint32_t i = 0; i < s->live_count; i++) {
        live_tree *t = &s->live[i];
        pass p = {.s = s, .t = t, .fold = r != NULL, .points = (size_t)1 << low, .lock = PTHREAD_MUTEX_INITIALIZER};
        if (r) {
            p.r = *r;
            fold_memory(t, p.out);
        }
        if (left) {
            threads_range((size_t)1 << (left - 1 - low), 2, 4, pass_range, &p);
        } else if (r) {
            extv tab[4];
            kept_tables(&p, 0, 1, tab);
        }
        for (int k = 0; k < 2; k++) s->values[k] = ext_add(s->values[k], ext_mul(t->weight, p.sum[k]));
        t->weighted = true;
        if (!r) continue;
        memcpy(t->now, p.out, sizeof t->now);
        t->source = KEPT;
        t->next--;
    }
}

static void layer(void *ctx, unsigned l, const ext *point, const uint32_t *live, uint32_t live_count,
                  const ext *weight) {
    prover_state *s = ctx;
    s->live_count = live_count;
    s->point = point;
    s->vars = l;
    s->round = 0;
    for (uint32_t j = 0; j < live_count; j++) {
        const tree_data *v = &s->trees[live[j]];
        const logup_tree *t = v->leaves.tree;
        live_tree *n = &s->live[j];
        *n = (live_tree){.tree = v, .weight = weight[2 * j], .mu = weight[1], .next = l};
        n->leaf = !t->table && t->height == l + 1;
        n->source = l + 1 <= v->kept ? KEPT : n->leaf ? LEAVES : NODES;
        if (n->source == KEPT) level_tables(&v->levels[l + 1], l + 1, n->now);
        if (l == 0 && !n->leaf) par_axpy(n->now[0], n->now[2], n->mu, 1);
    }
    if (l) next_round(s, NULL);
}

static void round_values(void *ctx, ext *values) {
    const prover_state *s = ctx;
    for (int k = 0; k < 2; k++) values[k] = s->values[k];
}

static void bind(void *ctx, ext r) {
    prover_state *s = ctx;
    s->round++;
    next_round(s, &r);
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
