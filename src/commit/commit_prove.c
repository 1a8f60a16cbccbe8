/* commit/commit_prove: the prover's answers of commit_oracle.h. */
#include <sodium.h>
#include <string.h>
#include "base/broken.h"
#include "base/bytes.h"
#include "commit/columns.h"
#include "commit/commit_oracle.h"
#include "commit/encode.h"
#include "commit/key.h"
#include "commit/open_prove.h"
#include "commit/rng_chunk.h"
#include "hash/merkle.h"
#include "sumcheck/parallel.h"

/* Columns that were not kept, of the tree that is being opened. */
typedef struct opened_columns {
    const uint32_t *positions;
    uint32_t count;
    size_t width; /* lanes */
    gl *values;   /* position after position */
} opened_columns;

typedef struct committer {
    commit_prover answers; /* first: commit_prover * is committer * */
    const geometry *g;
    const object_data *x; /* per strip */
    extv sigma;
    certificate_secret *const *certs;
    rng_key key;
    arena *a, *work; /* of the attempt; of the opening */
    extv omega[MAX_OBJECTS];
    code_tree domain[MAX_OBJECTS], inner[MAX_LEVELS];
    rng_key salts[MAX_OBJECTS];
    opened_columns opened;
    uint32_t forgotten;          /* of x's lanes, the first: their code is not kept */
    extv v, z, spare_v, spare_z; /* the ladder's vectors, and half as much to fold into */
    size_t size;
} committer;

static committer *self(commit_prover *cp) {
    return (committer *)(void *)cp;
}

static tacit_status full(tacit_error *err) {
    return fail(err, TACIT_RESOURCES, "not enough memory for the commitment");
}

/* ---------------------------------------------------------------- step 2 */
/* Jobs for the E lanes of a domain's tree behind x's: sigma, then the omegas. */
static uint32_t mask_jobs(committer *c, uint32_t d, lane_job *jobs) {
    const geometry *g = c->g;
    uint32_t count = 0, sigma = g->object_count - 1,
             lane = g->object[0].domain == d ? g->object[0].lanes - c->forgotten : 0;
    if (g->object[sigma].domain == d)
        for (int j = 0; j < EXT_DEG; j++) jobs[count++] = (lane_job){c->sigma.c[j], code_lane(&c->domain[d], lane++)};
    for (uint32_t o = 0; o < g->object_count; o++) {
        if (g->object[o].domain != d) continue;
        for (int j = 0; j < EXT_DEG; j++)
            jobs[count++] = (lane_job){c->omega[o].c[j], code_lane(&c->domain[d], lane++)};
    }
    return count;
}

/* A strip of x as lanes to encode. */
static code_source strip_source(const committer *c, uint32_t s, const lane_strip *strip) {
    const geometry_object *x = &c->g->object[0];
    return (code_source){&c->x[s], x->a, strip->k, x->tail};
}

static tacit_status encode_x(committer *c, const code_tree *t, tacit_error *err) {
    lane_strip strips[MAX_STRIPS];
    uint32_t count = geometry_strips(c->g->object[0].lanes, strips);
    for (uint32_t s = 0; s < count; s++) {
        code_source x = strip_source(c, s, &strips[s]);
        if (strips[s].first < c->forgotten)
            TRY(code_stream(t->nodes, t->log_n, 8 * (size_t)strips[s].first, &x, NULL, c->a, err));
        else
            TRY(encode_object(t, strips[s].first - c->forgotten, &x, c->a, err));
    }
    return TACIT_OK;
}

static tacit_status commit_domain(commit_prover *cp, uint32_t d, digest *root, tacit_error *err) {
    committer *c = self(cp);
    const geometry *g = c->g;
    const geometry_domain *dom = &g->domain[d];
    lane_job jobs[(MAX_OBJECTS + 1) * EXT_DEG];
    bool has_x = g->object[0].domain == d;
    uint32_t forgotten = has_x ? c->forgotten : 0;
    TRY(code_alloc(&c->domain[d], dom->log_n, dom->width - forgotten, c->a, err));
    for (uint32_t o = 0; o < g->object_count; o++) {
        if (g->object[o].domain != d) continue;
        c->omega[o] = extv_new(c->a, (size_t)1 << dom->a);
        if (!extv_ok(c->omega[o])) return full(err);
        rng_e(&c->key, RNG_OMEGA, RULE_OFF(LEAK_OMEGA_REUSED) ? 0 : o, c->omega[o], (size_t)1 << dom->a);
        for (int j = 0; RULE_OFF(LEAK_OMEGA) && j < EXT_DEG; j++) memset(c->omega[o].c[j], 0, sizeof(gl) << dom->a);
    }
    if (has_x) TRY(encode_x(c, &c->domain[d], err));
    encode_lanes(jobs, mask_jobs(c, d, jobs), (size_t)1 << dom->a, dom->log_n);
    c->salts[d] = RULE_ELSE(LEAK_SALTS, (rng_key){{0}}, rng_stream(&c->key, RNG_SALT, d));
    TRY(code_hash(&c->domain[d], 8 * (size_t)forgotten, &c->salts[d], NULL, c->a, err));
    *root = c->domain[d].nodes[merkle_size(dom->log_n) - 1];
    return TACIT_OK;
}

/* ---------------------------------------------------------------- step 7 */
static void zero_from(extv v, size_t from, size_t to) {
    for (int j = 0; j < EXT_DEG; j++) memset(v.c[j] + from, 0, (to - from) * sizeof(gl));
}

static void build_functional(committer *c, const batch_final *f) {
    const geometry *g = c->g;
    uint32_t sigma = g->object_count - 1;
    zero_from(c->v, g->start[sigma], g->start[sigma] + ((size_t)1 << g->object[sigma].a));
    zero_from(c->v, g->used, c->size);
    for (uint32_t o = 0; o < sigma; o++)
        par_eq_table(extv_at(c->v, g->start[o]), f->rho + g->object[o].k, g->object[o].a, f->coef[o]);
    for (uint32_t i = 0; i < f->u_count; i++) extv_set(c->v, g->start[sigma] + i, ext_neg(f->u[i]));
}

static tacit_status begin(commit_prover *cp, const batch_final *f, arena *work, ext *nu, tacit_error *err) {
    committer *c = self(cp);
    const geometry *g = c->g;
    c->work = work;
    c->size = geometry_vector(g);
    c->v = extv_new(work, c->size);
    c->z = extv_new(work, c->size);
    c->spare_v = extv_new(work, c->size / 2);
    c->spare_z = extv_new(work, c->size / 2);
    if (!extv_ok(c->v) || !extv_ok(c->z) || !extv_ok(c->spare_v) || !extv_ok(c->spare_z)) return full(err);
    build_functional(c, f);
    *nu = EXT_ZERO;
    for (uint32_t o = 0; o < g->object_count; o++)
        *nu = ext_add(*nu, vec->dot(extv_at(c->v, g->start[o]), c->omega[o], (size_t)1 << g->object[o].a));
    return TACIT_OK;
}

static tacit_status mask(commit_prover *cp, const batch_final *f, const extv *y, ext gamma, tacit_error *err) {
    committer *c = self(cp);
    const geometry *g = c->g;
    (void)f;
    (void)err;
    for (uint32_t o = 0; o < g->object_count; o++) {
        extv z = extv_at(c->z, g->start[o]);
        size_t n = (size_t)1 << g->object[o].a;
        for (int j = 0; j < EXT_DEG; j++) memcpy(z.c[j], c->omega[o].c[j], n * sizeof(gl));
        par_axpy(z, o + 1 == g->object_count ? c->sigma : y[o], gamma, n);
    }
    zero_from(c->z, g->used, c->size);
    return TACIT_OK;
}

static tacit_status level(commit_prover *cp, const geometry_level *l, digest *root, tacit_error *err) {
    committer *c = self(cp);
    code_tree *t = &c->inner[l - c->g->level];
    TRY(code_alloc(t, l->log_n, (uint32_t)EXT_DEG << l->k, c->work, err));
    TRY(encode_vector(t, c->z, geometry_columns(l), l->k, c->work, err));
    TRY(code_hash(t, 0, NULL, NULL, c->work, err));
    *root = t->nodes[merkle_size(l->log_n) - 1];
    return TACIT_OK;
}

static void clear(commit_prover *cp, ext *out, uint64_t count) {
    for (uint64_t i = 0; i < count; i++) out[i] = extv_get(self(cp)->z, i);
}

static tacit_status certificate_columns(committer *c, const certificate_secret *s, tacit_error *err) {
    const certificate_shape *h = &s->cert.shape;
    return columns_at(&s->data, h->a, h->k, h->tail, h->a + RATE_LOG, c->opened.positions, c->opened.count,
                      c->opened.values, c->work, err);
}

static tacit_status x_columns(committer *c, unsigned log_n, tacit_error *err) {
    const opened_columns *o = &c->opened;
    lane_strip strips[MAX_STRIPS];
    uint32_t count = geometry_strips(c->g->object[0].lanes, strips);
    for (uint32_t s = 0; s < count && strips[s].first < c->forgotten; s++) {
        code_source x = strip_source(c, s, &strips[s]);
        TRY(code_pick(log_n, &x, o->positions, o->count, o->values + strips[s].first, o->width, c->work, err));
    }
    return TACIT_OK;
}

/* Columns that were not kept: of a certificate whose key file has none, of x where it was streamed. */
static tacit_status columns(commit_prover *cp, tree_ref tree, const uint32_t *positions, uint32_t count,
                            tacit_error *err) {
    committer *c = self(cp);
    const certificate_secret *s = tree.kind == TREE_CERTIFICATE ? c->certs[tree.index] : NULL;
    bool x = tree.kind == TREE_DOMAIN && c->forgotten && c->g->object[0].domain == tree.index;
    if (!x && (!s || s->leaves)) return TACIT_OK;
    c->opened = (opened_columns){positions, count, x ? c->forgotten : (size_t)1 << s->cert.shape.k, NULL};
    c->opened.values = ARENA_NEW(c->work, gl, count * c->opened.width);
    if (!c->opened.values) return full(err);
    return x ? x_columns(c, c->domain[tree.index].log_n, err) : certificate_columns(c, s, err);
}

/* The column that `columns` has for this position. Returns what comes behind it in `column`. */
static gl *opened_column(const committer *c, uint32_t position, gl *column) {
    const opened_columns *o = &c->opened;
    uint32_t i = 0;
    while (i + 1 < o->count && o->positions[i] != position) i++;
    memcpy(column, o->values + i * o->width, o->width * sizeof *column);
    return column + o->width;
}

static void certificate_column(const certificate_secret *s, uint32_t position, gl *column, digest *salt) {
    const unsigned char *leaf = s->leaves + (size_t)position * s->leaf_size;
    size_t width = (s->leaf_size - sizeof salt->b) / 8;
    for (size_t i = 0; i < width; i++) column[i] = load_le64(leaf + 8 * i);
    memcpy(salt->b, leaf + 8 * width, sizeof salt->b);
}

static void column(commit_prover *cp, tree_ref tree, uint32_t position, gl *out, digest *salt) {
    committer *c = self(cp);
    if (tree.kind == TREE_CERTIFICATE) {
        const certificate_secret *s = c->certs[tree.index];
        if (s->leaves) {
            certificate_column(s, position, out, salt);
            return;
        }
        (void)opened_column(c, position, out);
        *salt = code_salt(&s->salts, position);
    } else if (tree.kind == TREE_DOMAIN) {
        if (c->forgotten && c->g->object[0].domain == tree.index) out = opened_column(c, position, out);
        code_column(&c->domain[tree.index], position, out);
        *salt = code_salt(&c->salts[tree.index], position);
    } else {
        code_column(&c->inner[tree.index], position, out);
    }
}

static void path(commit_prover *cp, tree_ref tree, const uint32_t *positions, uint32_t count, uint32_t *work,
                 digest *siblings) {
    committer *c = self(cp);
    const geometry *g = c->g;
    const code_tree *t = tree.kind == TREE_DOMAIN ? &c->domain[tree.index] : &c->inner[tree.index];
    if (tree.kind == TREE_CERTIFICATE) {
        unsigned h = g->domain[g->object[1 + tree.index].domain].log_n;
        (void)merkle_prove(c->certs[tree.index]->nodes, h, positions, count, work, siblings);
    } else {
        (void)merkle_prove(t->nodes, t->log_n, positions, count, work, siblings);
    }
}

static tacit_status add_openings(commit_prover *cp, const ladder_opening *list, uint32_t count, const ext *weights,
                                 tacit_error *err) {
    committer *c = self(cp);
    const geometry *g = c->g;
    if (c->size < geometry_vector(g)) /* an inner level: the whole vector */
        return add_powers(c->v, 0, c->size, list, count, weights, c->work, err);
    for (uint32_t o = 0; o < g->object_count; o++)
        TRY(add_powers(c->v, g->start[o], (size_t)1 << g->object[o].a, list, count, weights, c->work, err));
    return TACIT_OK;
}

static void ladder_round(void *ctx, ext *values) {
    committer *c = ctx;
    par_round_prod2(values, c->v, c->z, c->size / 2);
}

static void ladder_fold(void *ctx, ext r) {
    committer *c = ctx;
    c->size /= 2;
    par_fold(c->spare_v, c->v, r, c->size);
    par_fold(c->spare_z, c->z, r, c->size);
    extv_swap(&c->v, &c->spare_v);
    extv_swap(&c->z, &c->spare_z);
}

/* ---------------------------------------------------------------- making one */
uint32_t commit_forgotten(const geometry *g, uint64_t kept) {
    const geometry_object *x = &g->object[0];
    return (UINT64_C(8) * x->lanes) << (x->a + RATE_LOG) > kept ? x->lanes / 8 * 8 : 0;
}

static tacit_status check_certificates(const geometry *g, certificate_secret *const *certs, tacit_error *err) {
    for (uint32_t i = 0; i + 2 < g->object_count; i++) {
        const geometry_object *o = &g->object[1 + i];
        if (certs[i]->cert.shape.a != o->a || certs[i]->cert.shape.k != o->k)
            return fail(err, TACIT_INTERNAL, "key file %u does not fit the statement's geometry", (uint64_t)i);
    }
    return TACIT_OK;
}

tacit_status commit_prover_make(commit_prover **out, const geometry *g, const object_data *x, extv sigma,
                                certificate_secret *const *certs, const rng_key *key, uint64_t kept, arena *a,
                                tacit_error *err) {
    committer *c = ARENA_ZNEW(a, committer, 1);
    *out = NULL;
    if (!c) return full(err);
    TRY(check_certificates(g, certs, err));
    c->g = g;
    c->x = x;
    c->sigma = sigma;
    c->certs = certs;
    c->forgotten = commit_forgotten(g, kept);
    c->key = *key;
    c->a = c->work = a;
    c->answers = (commit_prover){.commit = commit_domain,
                                 .begin = begin,
                                 .mask = mask,
                                 .level = level,
                                 .clear = clear,
                                 .columns = columns,
                                 .column = column,
                                 .path = path,
                                 .add_openings = add_openings,
                                 .rounds = {c, ladder_round, ladder_fold}};
    *out = &c->answers;
    return TACIT_OK;
}
