/* proof/certify: committing to a model: certificate, key file, range proof; and what all that will cost. */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/file.h"
#include "base/threads.h"
#include "proof/attempt.h"
#include "proof/certify.h"
#include "proof/cost.h"
#include "proof/files.h"
#include "tacit/certificate.h"

/* One opening for the range proof; restarts (probability about 2^-120 a proof) are not provided for. */
enum { RANGE_OPENINGS = 1 };
/* The libraries and the transforms' constants; what the system maps around a page of a file. */
enum { PROCESS_MEMORY = 24 << 20, READ_AROUND = 64 << 10 };

typedef struct certifying {
    const struct tacit_model *m;
    const tacit_commit_options *o;
    arena a;
    arena_store memory; /* of the key's encoding, then of the range proof: fresh pages cost seconds */
    certificate cert;
    const narrow *weights; /* per item */
    tacit_error *err;
} certifying;

static tacit_status full(certifying *c) {
    return fail(c->err, TACIT_RESOURCES, "commit: arena too small");
}

/* ---------------------------------------------------------------- the certificate's description */
static uint32_t parameter_count(const program *p) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < p->tensor_count; i++) n += p->tensors[i].kind == TENSOR_PARAM;
    return n;
}

tacit_status certificate_describe(certificate *c, const narrow **weights, const struct tacit_model *m, uint64_t proofs,
                                  arena *a, tacit_error *err) {
    const program *p = &m->pub.program;
    uint32_t n = parameter_count(p), item = 0;
    const shape **shapes = ARENA_NEW(a, const shape *, n + 1u);
    narrow *values = ARENA_NEW(a, narrow, n + 1u);
    c->items = ARENA_ZNEW(a, certificate_item, n + 1u);
    if (!shapes || !c->items || !values) return fail(err, TACIT_RESOURCES, "commit: arena too small");
    if (n == 0) return fail(err, TACIT_UNSUPPORTED, "the model has no weights to commit to");
    if (proofs > MAX_PROOFS) return fail(err, TACIT_USAGE, "--proofs: at most %u", (uint64_t)MAX_PROOFS);
    for (uint32_t i = 0; i < p->tensor_count; i++) {
        const tensor *t = &p->tensors[i];
        if (t->kind != TENSOR_PARAM) continue;
        c->items[item] = (certificate_item){t->name, t->shape, t->lo, t->hi};
        values[item] = m->weights[i];
        shapes[item++] = &t->shape;
    }
    c->item_count = n;
    c->openings = (proofs ? proofs : DEFAULT_PROOFS) + RANGE_OPENINGS;
    if (weights) *weights = values;
    TRY(layout_make(&c->layout, shapes, n, a, err));
    return geometry_certificate(&c->shape, c->layout.size, c->openings, &c->t_max, err);
}

/* The most bytes of encoded columns that the key file keeps. */
static uint64_t stored_columns(const tacit_commit_options *o) {
    if (o->columns == TACIT_COLUMNS_AUTO) return KEY_STORED_COLUMNS;
    return o->columns == TACIT_COLUMNS_STORED ? UINT64_MAX : 0;
}

static tacit_status describe(certifying *c, uint64_t proofs) {
    return certificate_describe(&c->cert, &c->weights, c->m, proofs, &c->a, c->err);
}

static tacit_status map_arena(certifying *c, uint64_t weights) {
    return arena_map(&c->a, (UINT64_C(512) << 20) + weights * 128, c->err);
}

/* ---------------------------------------------------------------- range proof */
static tacit_status range_trace(const statement *st, trace *t, certifying *c) {
    narrow *weights = ARENA_ZNEW(&c->a, narrow, st->p->tensor_count);
    uint32_t item = 0;
    if (!weights) return full(c);
    for (uint32_t i = 0; i < st->p->tensor_count; i++)
        if (st->p->tensors[i].kind == TENSOR_PARAM) weights[i] = c->weights[item++];
    TRY(trace_make(t, st->p, weights, &c->a, c->err));
    return trace_count(t, &c->a, c->err);
}

static tacit_status prove_range(certifying *c, certificate_secret *secret, unsigned char **proof, size_t *size) {
    statement st;
    trace t;
    TRY(range_statement(&st, &secret->cert, &c->a, c->err));
    TRY(range_trace(&st, &t, c));
    TRY(memory_available(attempt_memory(&st), c->err));
    attempt_request r = {.st = &st,
                         .t = &t,
                         .secrets = &secret,
                         .steps = &c->memory,
                         .progress = c->o->progress,
                         .progress_ctx = c->o->progress_ctx};
    return attempt_prove(&r, proof, size, c->err);
}

/* ---------------------------------------------------------------- files */
static tacit_status write_certificate(certifying *c, const certificate *cert, const char *path,
                                      const unsigned char *proof, size_t size) {
    writer w = {NULL, 0, 0};
    cert_file_write(&c->m->pub, cert, proof, size, &w);
    w.cap = w.at;
    w.data = malloc(w.cap);
    w.at = 0;
    if (!w.data) return fail(c->err, TACIT_RESOURCES, "out of memory");
    cert_file_write(&c->m->pub, cert, proof, size, &w);
    tacit_status st = file_replace(path, w.data, w.at, false, c->err);
    free(w.data);
    return st;
}

static tacit_status finish(certifying *c, const char *cert_path, const char *key_path, uint8_t digest_out[32]) {
    certificate_secret *secret = NULL;
    unsigned char *proof = NULL;
    size_t size = 0;
    tacit_status st = key_open(&secret, key_path, c->err);
    if (st == TACIT_OK) st = prove_range(c, secret, &proof, &size);
    if (st == TACIT_OK) st = write_certificate(c, &secret->cert, cert_path, proof, size);
    if (st == TACIT_OK) {
        digest d = model_digest(&c->m->pub, &secret->cert);
        memcpy(digest_out, d.b, 32);
    }
    free(proof);
    key_close(secret);
    return st;
}

static tacit_status create_key(certifying *c, const char *key_path) {
    const key_options k = {.open = c->o->open_weights != 0, .stored = stored_columns(c->o)};
    arena scratch;
    TRY(arena_take(&c->memory, &scratch, c->a.size, c->err));
    tacit_status st = key_create(key_path, &c->cert, c->weights, k, c->m->bytes, c->m->size, &scratch, c->err);
    arena_give(&c->memory, &scratch);
    return st;
}

static tacit_status commit(certifying *c, const char *cert_path, const char *key_path, uint8_t digest_out[32]) {
    TRY(describe(c, c->o->proofs));
    TRY(create_key(c, key_path));
    tacit_status st = finish(c, cert_path, key_path, digest_out);
    if (st != TACIT_OK) (void)unlink(key_path); /* made by this call: key_create refuses an existing file */
    return st;
}

tacit_status tacit_commit(const tacit_model *m, const tacit_commit_options *o, const char *cert_path,
                          const char *key_path, uint8_t model_digest_out[32], tacit_error *err) {
    certifying c = {.m = m, .o = o, .err = err};
    memset(err, 0, sizeof *err);
    vec_select(NULL);
    sha256_select(NULL);
    TRY(map_arena(&c, tacit_model_weight_count(m)));
    arena_store_init(&c.memory);
    tacit_status st = commit(&c, cert_path, key_path, model_digest_out);
    arena_store_close(&c.memory);
    arena_unmap(&c.a);
    return st;
}

/* ---------------------------------------------------------------- cost */
/* The statement that a proof with private inputs and public outputs makes; public values are placeholders inside their
 * intervals, since only their number matters. */
static tacit_status typical_statement(certifying *c, statement *st) {
    cert_file *f = ARENA_ZNEW(&c->a, cert_file, 1);
    proof_file *p = ARENA_ZNEW(&c->a, proof_file, 1);
    if (!f || !p) return full(c);
    f->pub = c->m->pub;
    f->cert = c->cert;
    for (uint32_t i = 0; i < f->pub.io_count; i++) {
        const tensor *t = &f->pub.program.tensors[f->pub.io[i].tensor];
        if (t->kind != TENSOR_OUTPUT) continue;
        uint64_t n = shape_count(&t->shape);
        int64_t *v = ARENA_NEW(&c->a, int64_t, n);
        if (!v) return full(c);
        for (uint64_t k = 0; k < n; k++) v[k] = t->lo;
        p->is_public[i] = 1;
        p->values[i] = v;
    }
    return inference_statement(st, f, p, &c->a, c->err);
}

/* The key is made first, then the range proof; the model's file lies in memory all the time, the weights of the key
 * file as soon as they are read there. */
static tacit_status commit_memory(certifying *c, uint64_t stored, uint64_t *bytes) {
    statement range;
    uint64_t columns = UINT64_C(1) << (c->cert.shape.a + RATE_LOG), weights = key_weights_size(&c->cert);
    uint64_t key = (stored ? stored : columns * 160) + columns * 64 + (UINT64_C(64) << 20);
    TRY(range_statement(&range, &c->cert, &c->a, c->err));
    uint64_t proof = attempt_memory(&range) + weights;
    *bytes = (key > proof ? key : proof) + PROCESS_MEMORY + c->m->size;
    *bytes += *bytes / 7; /* as for proofs */
    return TACIT_OK;
}

static tacit_status estimate(certifying *c, tacit_cost *cost) {
    statement st;
    TRY(describe(c, c->o->proofs));
    TRY(typical_statement(c, &st));
    const certificate_shape *s = &c->cert.shape;
    uint64_t columns = UINT64_C(1) << (s->a + RATE_LOG), stored = key_columns_size(&c->cert, stored_columns(c->o));
    writer w = {NULL, 0, 0};
    model_public_write(&c->m->pub, &w);
    uint64_t weights = c->cert.layout.size, tail = ((uint64_t)s->tail * 8) << s->k;
    /* A page of the key file that is read brings its neighbours: a leaf and three levels of the tree per position. */
    uint64_t touched = 4 * READ_AROUND * (uint64_t)st.geometry.domain[st.geometry.object[1].domain].t;
    if (touched > stored + columns * 64) touched = stored + columns * 64;
    cost->prove_memory =
        attempt_memory(&st) + PROCESS_MEMORY + c->m->size + key_weights_size(&c->cert) + tail + touched;
    cost->prove_memory += cost->prove_memory / 7; /* what is not in the model */
    cost_of_work(cost, &st, weights, stored == 0, threads_max());
    TRY(commit_memory(c, stored, &cost->commit_memory));
    cost->key_bytes = key_file_size(&c->cert, c->m->size, stored_columns(c->o));
    cost->proof_bytes = st.proof_size + geometry_expected_bytes(&st.geometry);
    cost->certificate_bytes = w.at + cost->proof_bytes;
    cost->verify_scratch = UINT64_C(64) << 20;
    cost->committed = st.place.x.size;
    cost->lookups = st.logup.forest[0].size;
    cost->table_rows = st.logup.forest[1].size;
    return TACIT_OK;
}

tacit_status tacit_estimate(const tacit_model *m, const tacit_commit_options *o, tacit_cost *cost, tacit_error *err) {
    static const tacit_commit_options none;
    certifying c = {.m = m, .o = o ? o : &none, .err = err};
    memset(err, 0, sizeof *err);
    memset(cost, 0, sizeof *cost);
    TRY(map_arena(&c, tacit_model_weight_count(m)));
    tacit_status st = estimate(&c, cost);
    arena_unmap(&c.a);
    return st;
}
