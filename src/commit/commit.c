/* commit/commit: steps 2 and 7 of the protocol, in their one order. */
#include "commit/commit.h"
#include <string.h>
#include "base/broken.h"
#include "base/bytes.h"
#include "commit/commit_oracle.h"
#include "commit/queries.h"
#include "hash/merkle.h"
#include "poly/eq.h"
#include "poly/ntt.h"

tacit_status commit_roots(session *s, const geometry *g, digest *roots, commit_prover *cp) {
    for (uint32_t d = 0; d < g->domain_count; d++) {
        if (cp) TRY(cp->commit(cp, d, &roots[d], s->err));
        transcript_hashes(s->ch, TAG_ROOT, &roots[d], 1);
    }
    return session_status(s);
}

/* ---------------------------------------------------------------- the opening's own state */
typedef struct opening {
    session *s;
    const geometry *g;
    const digest *roots, *cert_roots;
    const batch_final *f;
    commit_prover *cp;
    ext gamma, target;    /* <V, Z> = target */
    ladder_functional v;  /* verifier */
    ladder_opening *list; /* equations of the openings under way, in the order absorbed */
    uint32_t count;
    /* the level above, still to be opened: NULL for level 0 */
    const geometry_level *above;
    digest above_root;
    ext *lane_weights; /* eq(r, lane) of the level above */
} opening;

static tacit_status full(session *s) {
    return fail(s->err, TACIT_RESOURCES, "scratch too small for the opening");
}

static uint32_t level0_openings(const geometry *g) {
    uint32_t n = 0;
    for (uint32_t c = 0; c < g->object_count; c++) n += g->domain[g->object[c].domain].t;
    return n;
}

static uint32_t all_openings(const geometry *g) {
    uint32_t n = level0_openings(g);
    for (uint32_t i = 0; i < g->level_count; i++) n += g->level[i].t;
    return n;
}

static uint32_t most_openings(const geometry *g) {
    uint32_t n = level0_openings(g);
    for (uint32_t i = 0; i < g->level_count; i++)
        if (g->level[i].t > n) n = g->level[i].t;
    return n;
}

static ladder_block object_block(const geometry *g, uint32_t c) {
    return (ladder_block){g->start[c], g->object[c].a};
}

/* V of the level-1 vector: coef_c eq(rho_col) on z_c, -U on z_sigma. */
static tacit_status start_functional(opening *o) {
    const geometry *g = o->g;
    const batch_final *f = o->f;
    uint32_t sigma = g->object_count - 1;
    o->v.eq_count = sigma;
    for (uint32_t c = 0; c < sigma; c++)
        o->v.eq[c] = (ladder_eq){object_block(g, c), f->coef[c], f->rho + g->object[c].k};
    o->v.dense_at = object_block(g, sigma);
    o->v.dense_count = f->u_count;
    o->v.dense = ARENA_NEW(o->s->a, ext, f->u_count + 1);
    o->v.power_capacity = all_openings(g);
    o->v.powers = ARENA_NEW(o->s->a, ladder_power, o->v.power_capacity);
    if (!o->v.dense || !o->v.powers) return full(o->s);
    for (uint32_t i = 0; i < f->u_count; i++) o->v.dense[i] = ext_neg(f->u[i]);
    return TACIT_OK;
}

/* ---------------------------------------------------------------- one tree */
/* Leaves first, one by one, then the multiproof for all of them. */
typedef struct tree_opening {
    opening *o;
    tree_ref ref;
    unsigned log_n;
    uint32_t width, count;
    bool salted;
    const uint32_t *positions;
    gl *column;           /* the leaf just read */
    unsigned char *bytes; /* its bytes */
    digest *leaves;       /* verifier: hashes of all */
} tree_opening;

static tacit_status tree_start(tree_opening *t) {
    commit_prover *cp = t->o->cp;
    arena *a = t->o->s->a;
    t->column = ARENA_NEW(a, gl, t->width);
    t->bytes = ARENA_NEW(a, unsigned char, 8 * (size_t)t->width + sizeof(digest));
    t->leaves = ARENA_NEW(a, digest, t->count);
    if (!t->column || !t->bytes || !t->leaves) return full(t->o->s);
    return cp ? cp->columns(cp, t->ref, t->positions, t->count, t->o->s->err) : TACIT_OK;
}

static void tree_leaf(tree_opening *t, uint32_t i) {
    session *s = t->o->s;
    commit_prover *cp = t->o->cp;
    size_t size = 8 * (size_t)t->width;
    digest salt = {{0}};
    if (cp) cp->column(cp, t->ref, t->positions[i], t->column, &salt);
    transcript_f(s->ch, TAG_LEAF, t->column, t->width);
    if (t->salted) transcript_hashes(s->ch, TAG_SALT, &salt, 1);
    if (cp) return;
    for (uint32_t j = 0; j < t->width; j++) store_le64(t->bytes + 8 * (size_t)j, t->column[j]);
    if (t->salted) memcpy(t->bytes + size, salt.b, sizeof salt.b);
    t->leaves[i] = merkle_leaf(t->bytes, size + (t->salted ? sizeof salt.b : 0));
}

static tacit_status tree_path(tree_opening *t, const digest *root) {
    session *s = t->o->s;
    commit_prover *cp = t->o->cp;
    bool counting = s->ch->mode == TRANSCRIPT_COUNT;
    size_t mark = arena_mark(s->a);
    uint32_t *work = ARENA_NEW(s->a, uint32_t, t->count);
    if (!work) return full(s);
    /* The length depends on the positions alone; a counting walk has none and takes the greatest. */
    size_t length =
        counting ? most_siblings(t->log_n, t->count) : merkle_proof_length(t->positions, t->count, t->log_n, work);
    digest *siblings = ARENA_NEW(s->a, digest, length + 1);
    if (!siblings) return full(s);
    if (cp) cp->path(cp, t->ref, t->positions, t->count, work, siblings);
    transcript_nodes(s->ch, TAG_PATH, siblings, length);
    TRY(session_status(s));
    if (!cp && !counting && !RULE_OFF(MERKLE) &&
        !merkle_verify(root, t->log_n, t->positions, t->count, t->leaves, work, siblings, length))
        return reject(s->err, TACIT_REJECT_MERKLE);
    arena_release(s->a, mark);
    return TACIT_OK;
}

/* ---------------------------------------------------------------- level 0 */
/* Folded columns of one domain: per object of it, y(x_j) and omega(x_j). */
typedef struct folded {
    ext *y[MAX_OBJECTS], *omega[MAX_OBJECTS], *eq[MAX_OBJECTS];
} folded;

static ext lane_of(const gl *column) {
    ext r;
    memcpy(r.c, column, sizeof r.c);
    return r;
}

/* The proof's own tree: x's lanes, sigma, omegas in object order. */
static void fold_own(const geometry *g, uint32_t d, const folded *f, const gl *column, uint32_t i) {
    uint32_t sigma = g->object_count - 1;
    if (g->object[0].domain == d) {
        f->y[0][i] = ladder_dot(f->eq[0], column, g->object[0].lanes); /* the others are zero */
        column += g->object[0].lanes;
    }
    if (g->object[sigma].domain == d) {
        f->y[sigma][i] = lane_of(column);
        column += EXT_DEG;
    }
    for (uint32_t c = 0; c < g->object_count; c++) {
        if (g->object[c].domain != d) continue;
        f->omega[c][i] = lane_of(column);
        column += EXT_DEG;
    }
}

static tacit_status folded_make(opening *o, uint32_t d, folded *f) {
    for (uint32_t c = 0; c < o->g->object_count; c++) {
        const geometry_object *obj = &o->g->object[c];
        if (obj->domain != d) continue;
        f->y[c] = ARENA_NEW(o->s->a, ext, o->g->domain[d].t);
        f->omega[c] = ARENA_NEW(o->s->a, ext, o->g->domain[d].t);
        f->eq[c] = ARENA_NEW(o->s->a, ext, (size_t)1 << obj->k);
        if (!f->y[c] || !f->omega[c] || !f->eq[c]) return full(o->s);
        eq_table(f->eq[c], o->f->rho, obj->k);
    }
    return TACIT_OK;
}

static tacit_status open_own(opening *o, uint32_t d, const uint32_t *positions, const folded *f) {
    const geometry_domain *dom = &o->g->domain[d];
    size_t mark = arena_mark(o->s->a);
    tree_opening t = {.o = o,
                      .ref = {TREE_DOMAIN, d},
                      .log_n = dom->log_n,
                      .width = dom->width,
                      .count = dom->t,
                      .salted = true,
                      .positions = positions};
    TRY(tree_start(&t));
    for (uint32_t i = 0; i < dom->t; i++) {
        tree_leaf(&t, i);
        fold_own(o->g, d, f, t.column, i);
    }
    TRY(tree_path(&t, &o->roots[d]));
    arena_release(o->s->a, mark);
    return TACIT_OK;
}

static tacit_status open_certificate(opening *o, uint32_t c, const uint32_t *positions, const folded *f) {
    const geometry_object *obj = &o->g->object[c];
    const geometry_domain *dom = &o->g->domain[obj->domain];
    size_t mark = arena_mark(o->s->a);
    tree_opening t = {.o = o,
                      .ref = {TREE_CERTIFICATE, c - 1},
                      .log_n = dom->log_n,
                      .width = UINT32_C(1) << obj->k,
                      .count = dom->t,
                      .salted = true,
                      .positions = positions};
    TRY(tree_start(&t));
    for (uint32_t i = 0; i < dom->t; i++) {
        tree_leaf(&t, i);
        f->y[c][i] = ladder_dot(f->eq[c], t.column, t.width);
    }
    TRY(tree_path(&t, &o->cert_roots[c - 1]));
    arena_release(o->s->a, mark);
    return TACIT_OK;
}

/* omega(x_j) + gamma y(x_j) = z(x_j): positions ascending, objects in order. */
static void add_equations(opening *o, uint32_t d, const uint32_t *positions, const folded *f) {
    for (uint32_t i = 0; i < o->g->domain[d].t; i++)
        for (uint32_t c = 0; c < o->g->object_count; c++) {
            if (o->g->object[c].domain != d) continue;
            ext value = ext_add(f->omega[c][i], ext_mul(o->gamma, f->y[c][i]));
            o->list[o->count++] = (ladder_opening){object_block(o->g, c), o->g->domain[d].log_n, positions[i], value};
        }
}

static tacit_status open_domain(opening *o, uint32_t d, const uint32_t *positions) {
    size_t mark = arena_mark(o->s->a);
    folded f;
    TRY(folded_make(o, d, &f));
    TRY(open_own(o, d, positions, &f));
    for (uint32_t c = 1; c + 1 < o->g->object_count; c++)
        if (o->g->object[c].domain == d) TRY(open_certificate(o, c, positions, &f));
    add_equations(o, d, positions, &f);
    arena_release(o->s->a, mark);
    return TACIT_OK;
}

static tacit_status open_level0(opening *o) {
    const geometry *g = o->g;
    uint32_t *positions[MAX_OBJECTS];
    size_t mark = arena_mark(o->s->a);
    for (uint32_t d = 0; d < g->domain_count; d++) {
        positions[d] = ARENA_NEW(o->s->a, uint32_t, g->domain[d].t);
        if (!positions[d]) return full(o->s);
        transcript_positions(o->s->ch, g->domain[d].log_n, g->domain[d].t, positions[d]);
    }
    for (uint32_t d = 0; d < g->domain_count; d++) TRY(open_domain(o, d, positions[d]));
    arena_release(o->s->a, mark);
    return TACIT_OK;
}

/* ---------------------------------------------------------------- inner levels */
static tacit_status open_inner(opening *o) {
    const geometry_level *l = o->above;
    size_t mark = arena_mark(o->s->a), lanes = (size_t)1 << l->k;
    tree_opening t = {.o = o,
                      .ref = {TREE_INNER, (uint32_t)(l - o->g->level)},
                      .log_n = l->log_n,
                      .width = (uint32_t)(EXT_DEG * lanes),
                      .count = l->t,
                      .salted = false};
    uint32_t *positions = ARENA_NEW(o->s->a, uint32_t, l->t);
    if (!positions) return full(o->s);
    transcript_positions(o->s->ch, l->log_n, l->t, positions);
    t.positions = positions;
    TRY(tree_start(&t));
    for (uint32_t i = 0; i < l->t; i++) {
        ext sum = EXT_ZERO;
        tree_leaf(&t, i);
        for (size_t lane = 0; lane < lanes; lane++)
            sum = ext_add(sum, ext_mul(o->lane_weights[lane], lane_of(t.column + EXT_DEG * lane)));
        o->list[o->count++] = (ladder_opening){{0, log2_ceil(geometry_columns(l))}, l->log_n, positions[i], sum};
    }
    TRY(tree_path(&t, &o->above_root));
    arena_release(o->s->a, mark);
    return TACIT_OK;
}

static tacit_status open_above(opening *o) {
    o->count = 0;
    TRY(o->above ? open_inner(o) : open_level0(o));
    if (o->above ? RULE_OFF(INNER) : RULE_OFF(LEVEL0)) o->count = 0;
    return session_status(o->s);
}

/* The running equation has weight 1, the openings delta, delta^2, .. */
static tacit_status batch_openings(opening *o) {
    size_t mark = arena_mark(o->s->a);
    ext delta = transcript_challenge(o->s->ch, TAG_LADDER_WEIGHT), w = EXT_ONE;
    ext *weights = ARENA_NEW(o->s->a, ext, o->count);
    if (!weights) return full(o->s);
    for (uint32_t i = 0; i < o->count; i++) {
        weights[i] = w = ext_mul(w, delta);
        o->target = ext_add(o->target, ext_mul(w, o->list[i].value));
    }
    if (o->cp)
        TRY(o->cp->add_openings(o->cp, o->list, o->count, weights, o->s->err));
    else
        for (uint32_t i = 0; i < o->count; i++) {
            const ladder_opening *e = &o->list[i];
            o->v.powers[o->v.power_count++] = (ladder_power){e->at, weights[i], rs_point(e->log_n, e->position)};
        }
    arena_release(o->s->a, mark);
    return TACIT_OK;
}

/* Root, openings of the level above, their batch, the lanes' sumcheck. */
static tacit_status run_level(opening *o, const geometry_level *l) {
    session *s = o->s;
    digest root = {{0}};
    ext r[LADDER_MAX_LANES_LOG];
    if (o->cp) TRY(o->cp->level(o->cp, l, &root, s->err));
    transcript_hashes(s->ch, TAG_ROOT, &root, 1);
    TRY(open_above(o));
    TRY(batch_openings(o));
    expr claim = {.constant = o->target};
    TRY(sumcheck_plain(s, TAG_LADDER_ROUND, l->k, 2, PADS_NONE, &claim, o->cp ? &o->cp->rounds : NULL, r));
    o->target = claim.constant;
    for (uint32_t i = 0; !o->cp && i < l->k; i++) ladder_bind(&o->v, r[i]);
    eq_table(o->lane_weights, r, l->k);
    o->above = l;
    o->above_root = root;
    return TACIT_OK;
}

/* ---------------------------------------------------------------- the vector in the clear */
static tacit_status check_clear(opening *o, const ext *clear, uint64_t size) {
    tacit_reject code = o->above ? TACIT_REJECT_INNER : TACIT_REJECT_LEVEL0;
    ext *work = ARENA_NEW(o->s->a, ext, size);
    if (!work) return full(o->s);
    for (uint32_t i = 0; i < o->count; i++) {
        const ladder_opening *e = &o->list[i];
        ext there = ladder_horner(clear + e->at.start, e->at.log, rs_point(e->log_n, e->position));
        if (!ext_equal(there, e->value)) return reject(o->s->err, code);
    }
    ext lack = ext_sub(o->target, ladder_value(&o->v, clear, work));
    CHEAT(CLEAR, &lack, clear);
    if (!RULE_OFF(FUNCTIONAL) && !ext_is_zero(lack)) return reject(o->s->err, TACIT_REJECT_FUNCTIONAL);
    return TACIT_OK;
}

static tacit_status run_clear(opening *o) {
    const geometry *g = o->g;
    const geometry_level *last = o->above;
    uint64_t size = last ? geometry_columns(last) : g->used;
    ext *clear = ARENA_ZNEW(o->s->a, ext, UINT64_C(1) << log2_ceil(size)); /* an equation is on a whole block */
    if (!clear) return full(o->s);
    if (o->cp) o->cp->clear(o->cp, clear, size);
    transcript_e(o->s->ch, TAG_CLEAR, clear, size);
    TRY(open_above(o));
    return o->cp || o->s->ch->mode == TRANSCRIPT_COUNT ? TACIT_OK : check_clear(o, clear, size);
}

tacit_status commit_open(session *s, const geometry *g, const digest *roots, const digest *cert_roots,
                         const batch_final *f, const extv *y, commit_prover *cp) {
    opening o = {.s = s, .g = g, .roots = roots, .cert_roots = cert_roots, .f = f, .cp = cp};
    size_t mark = arena_mark(s->a);
    ext nu = EXT_ZERO;
    o.list = ARENA_NEW(s->a, ladder_opening, most_openings(g));
    o.lane_weights = ARENA_NEW(s->a, ext, (size_t)1 << LADDER_MAX_LANES_LOG);
    if (!o.list || !o.lane_weights) return full(s);
    if (cp)
        TRY(cp->begin(cp, f, s->a, &nu, s->err));
    else
        TRY(start_functional(&o));
    if (!RULE_OFF(NU)) transcript_e(s->ch, TAG_NU, &nu, 1);
    o.gamma = transcript_challenge(s->ch, TAG_GAMMA);
    if (cp) TRY(cp->mask(cp, f, y, o.gamma, s->err));
    if (cp) CHEAT(NU, &nu, ((const void *[]){cp, g, f, &o.gamma}));
    if (RULE_OFF(NU)) transcript_e(s->ch, TAG_NU, &nu, 1);
    o.target = ext_add(nu, ext_mul(o.gamma, f->k0));
    for (uint32_t i = 0; i < g->level_count; i++) TRY(run_level(&o, &g->level[i]));
    TRY(run_clear(&o));
    TRY(session_status(s));
    arena_release(s->a, mark);
    return TACIT_OK;
}
