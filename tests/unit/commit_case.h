/* tests/unit/commit_case: a whole opening with a step 6 that is made up: random data, rho, coef and U, and the k0 that
 * belongs to them. Used by test_commit and by the benchmark of the commitment. */
#ifndef COMMIT_CASE_H
#define COMMIT_CASE_H
#include <stdlib.h>
#include <string.h>
#include "commit/commit_oracle.h"
#include "commit/encode.h"
#include "commit/geometry_assemble.h"
#include "commit/key.h"
#include "commit/object.h"
#include "commit/rng_chunk.h"
#include "hash/merkle.h"
#include "poly/eq.h"
#include "sumcheck/parallel.h"

enum { CASE_MEMORY_LOG = 33 };

typedef struct commit_case {
    geometry g;
    arena a; /* address space only */
    tacit_error err;
    object_data data[MAX_OBJECTS][MAX_STRIPS]; /* x, certificates */
    certificate_secret secrets[MAX_CERTIFICATES], *certs[MAX_CERTIFICATES];
    digest cert_roots[MAX_CERTIFICATES], roots[MAX_OBJECTS];
    extv sigma, y[MAX_OBJECTS];
    ext rho[64];
    batch_final f;
    rng_key key;
    unsigned char *proof;
    size_t capacity, size;
    uint64_t kept; /* bytes of code; 0: COMMIT_KEPT */
} commit_case;

static uint64_t case_state = 7;
static inline uint64_t case_u64(void) {
    uint64_t z = case_state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}
static inline ext case_ext(void) {
    ext e;
    for (int j = 0; j < EXT_DEG; j++) e.c[j] = gl_canonical(case_u64());
    return e;
}

/* A strip of `size` integers, perhaps with cells on two ranges, and a random tail. */
static inline object_data case_strip(commit_case *t, uint64_t size, size_t tail, bool cells) {
    int32_t *small = ARENA_NEW(&t->a, int32_t, size + 1);
    gl *values = ARENA_NEW(&t->a, gl, size + 1), *end = ARENA_NEW(&t->a, gl, tail + 1);
    object_range *r = ARENA_NEW(&t->a, object_range, 2);
    for (uint64_t i = 0; i < size; i++) {
        small[i] = (int32_t)(case_u64() & 0xFFFF) - 32768;
        values[i] = gl_canonical(case_u64());
    }
    for (size_t i = 0; i < tail; i++) end[i] = gl_canonical(case_u64());
    r[0] = (object_range){size / 5, size / 7, values};
    r[1] = (object_range){size / 2, size / 3, values};
    object_part *part = ARENA_NEW(&t->a, object_part, 1);
    *part = (object_part){0, size, narrow_i32(small)};
    return (object_data){part, 1, size, r, cells ? 2 : 0, end};
}

/* An object of `size` elements: its strips are filled one after the other. */
static inline void case_object(commit_case *t, uint32_t c, uint64_t size) {
    const geometry_object *o = &t->g.object[c];
    lane_strip strips[MAX_STRIPS];
    uint32_t count = geometry_strips(o->lanes, strips);
    strip_room room = geometry_room(o->lanes, (UINT64_C(1) << o->a) - o->tail);
    for (uint32_t s = 0; s < count; s++) {
        uint64_t own = size < room.capacity[s] ? size : room.capacity[s];
        t->data[c][s] = case_strip(t, own, (size_t)o->tail << strips[s].k, c == 0);
        size -= own;
    }
}

static inline gl case_value(const object_data *x, const geometry_object *o, unsigned k, uint64_t i) {
    uint64_t from = ((UINT64_C(1) << o->a) - o->tail) << k;
    if (i >= from) return x->tail[i - from];
    for (uint32_t r = 0; r < x->range_count; r++)
        if (i >= x->ranges[r].start && i - x->ranges[r].start < x->ranges[r].count)
            return x->ranges[r].values[i - x->ranges[r].start];
    return i < x->small_count ? gl_from_i64(narrow_get(object_small(x, i), 0)) : 0;
}

typedef struct leaf_copy {
    uint8_t *out;
    size_t leaf_size;
} leaf_copy;
static inline bool leaf_copy_put(void *ctx, uint64_t first, const uint8_t *bytes, size_t size) {
    leaf_copy *l = ctx;
    memcpy(l->out + first * l->leaf_size, bytes, size);
    return true;
}

static inline tacit_status case_certificate(commit_case *t, uint32_t i) {
    const geometry_object *o = &t->g.object[1 + i];
    certificate_secret *s = &t->secrets[i];
    code_tree tree;
    rng_key salts = rng_stream(&t->key, RNG_CERT_SALT, i);
    TRY(code_alloc(&tree, o->a + RATE_LOG, UINT32_C(1) << o->k, &t->a, &t->err));
    TRY(encode_object(&tree, 0, &(code_source){t->data[1 + i], o->a, o->k, o->tail}, &t->a, &t->err));
    leaf_copy copy = {NULL, code_leaf_size(&tree, true)};
    copy.out = ARENA_NEW(&t->a, uint8_t, copy.leaf_size << tree.log_n);
    leaf_sink sink = {&copy, leaf_copy_put};
    TRY(code_hash(&tree, 0, &salts, &sink, &t->a, &t->err));
    s->cert.shape = (certificate_shape){o->a, o->k, o->tail};
    s->leaves = copy.out;
    s->leaf_size = copy.leaf_size;
    s->nodes = tree.nodes;
    t->certs[i] = s;
    t->cert_roots[i] = tree.nodes[merkle_size(tree.log_n) - 1];
    return TACIT_OK;
}

/* y_c = sum_lane eq(rho_lane, lane) lane, slowly, and k0. */
static inline void case_fold(commit_case *t, uint32_t c) {
    const geometry_object *o = &t->g.object[c];
    ext *w = ARENA_NEW(&t->a, ext, (size_t)1 << o->k);
    eq_table(w, t->rho, o->k);
    t->y[c] = extv_new(&t->a, (size_t)1 << o->a);
    lane_strip strips[MAX_STRIPS];
    uint32_t count = geometry_strips(o->lanes, strips);
    for (uint64_t col = 0; col < UINT64_C(1) << o->a; col++) {
        ext sum = EXT_ZERO;
        for (uint32_t s = 0; s < count; s++)
            for (uint64_t l = 0; l < UINT64_C(1) << strips[s].k; l++) {
                gl v = case_value(&t->data[c][s], o, strips[s].k, (col << strips[s].k) + l);
                sum = ext_add(sum, ext_scale(w[strips[s].first + l], v));
            }
        extv_set(t->y[c], col, sum);
    }
    extv eq = extv_new(&t->a, (size_t)1 << o->a);
    par_eq_table(eq, t->rho + o->k, o->a, t->f.coef[c]);
    t->f.k0 = ext_add(t->f.k0, vec->dot(eq, t->y[c], (size_t)1 << o->a));
}

/* t->g is set. sizes: elements of x and of the certificates. */
static inline tacit_status case_make(commit_case *t, const uint64_t *sizes) {
    const geometry *g = &t->g;
    uint32_t sigma = g->object_count - 1, rounds = geometry_rounds(g);
    TRY(arena_map(&t->a, (size_t)1 << CASE_MEMORY_LOG, &t->err));
    for (size_t i = 0; i < sizeof t->key; i++) t->key.b[i] = (uint8_t)case_u64();
    for (uint32_t i = 0; i < rounds; i++) t->rho[i] = case_ext();
    ext *u = ARENA_NEW(&t->a, ext, 2 * rounds + 1);
    for (uint32_t i = 0; i < 2 * rounds; i++) u[i] = case_ext();
    t->f = (batch_final){.rho = t->rho, .u = u, .u_count = 2 * rounds, .k0 = EXT_ZERO};
    t->sigma = extv_new(&t->a, (size_t)1 << g->object[sigma].a);
    for (size_t i = 0; i < (size_t)1 << g->object[sigma].a; i++) extv_set(t->sigma, i, case_ext());
    for (uint32_t i = 0; i < 2 * rounds; i++) t->f.k0 = ext_sub(t->f.k0, ext_mul(u[i], extv_get(t->sigma, i)));
    for (uint32_t c = 0; c < sigma; c++) {
        t->f.coef[c] = case_ext();
        case_object(t, c, sizes[c]);
        case_fold(t, c);
        if (c > 0) TRY(case_certificate(t, c - 1));
    }
    t->capacity = geometry_most_bytes(g);
    t->proof = malloc(t->capacity);
    return t->proof ? TACIT_OK : TACIT_RESOURCES;
}

static inline void case_free(commit_case *t) {
    arena_unmap(&t->a);
    free(t->proof);
    t->proof = NULL;
}

/* tamper: called on the committed prover before the opening. */
static inline tacit_status case_prove(commit_case *t, void (*tamper)(commit_prover *cp)) {
    transcript ch;
    session s;
    commit_prover *cp;
    size_t mark = arena_mark(&t->a);
    t->err = (tacit_error){.status = TACIT_OK};
    transcript_prover(&ch, t->proof, t->capacity, &t->err);
    session_init(&s, NULL, NULL, &ch, &t->a, &t->err);
    TRY(commit_prover_make(&cp, &t->g, t->data[0], t->sigma, t->certs, &t->key, t->kept ? t->kept : COMMIT_KEPT, &t->a,
                           &t->err));
    TRY(commit_roots(&s, &t->g, t->roots, cp));
    if (tamper) tamper(cp);
    TRY(commit_open(&s, &t->g, t->roots, t->cert_roots, &t->f, t->y, cp));
    t->size = ch.at;
    arena_release(&t->a, mark);
    return TACIT_OK;
}

static inline tacit_status case_verify(commit_case *t, const unsigned char *proof, size_t size, arena *a) {
    transcript ch;
    session s;
    digest roots[MAX_OBJECTS];
    size_t mark = arena_mark(a);
    t->err = (tacit_error){.status = TACIT_OK};
    transcript_verifier(&ch, proof, size, &t->err);
    session_init(&s, NULL, NULL, &ch, a, &t->err);
    tacit_status st = commit_roots(&s, &t->g, roots, NULL);
    if (st == TACIT_OK) st = commit_open(&s, &t->g, roots, t->cert_roots, &t->f, NULL, NULL);
    if (st == TACIT_OK) st = transcript_finish(&ch);
    arena_release(a, mark);
    return st;
}
#endif
