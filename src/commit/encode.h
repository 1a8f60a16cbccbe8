/* commit/encode: lanes to codewords, codewords to a Merkle tree. Prover only.
 *
 * Codewords stay lane after lane (that is how they are made); leaves need column after column, so they are transposed
 * tile by tile on their way into the hash and never stored. Cost: for 2^24 elements at rate 1/4 about half encoding,
 * half transposing and hashing. Results do not depend on the number of threads. */
#ifndef COMMIT_ENCODE_H
#define COMMIT_ENCODE_H
#include "commit/object.h"
#include "commit/rng.h"

typedef struct code_tree {
    unsigned log_n;
    uint32_t width; /* F lanes */
    size_t stride;  /* from lane to lane: a cache line more than 2^log_n, or a column would fall into one cache set */
    gl *codes;
    digest *nodes; /* merkle_build's array */
} code_tree;

tacit_status code_alloc(code_tree *t, unsigned log_n, uint32_t width, arena *a, tacit_error *err) TACIT_MUST_CHECK;
static inline gl *code_lane(const code_tree *t, uint32_t lane) {
    return t->codes + lane * t->stride;
}

/* Lanes of one length that lie in memory as they are. */
typedef struct lane_job {
    const gl *coeffs;
    gl *out;
} lane_job;
void encode_lanes(const lane_job *jobs, uint32_t count, size_t length, unsigned log_n);
/* 2^k lanes of an object: 2^a columns, the last `tail` of them from data->tail. */
typedef struct code_source {
    const object_data *data;
    unsigned a, k;
    uint32_t tail;
} code_source;
/* They become the tree's lanes from `first` on. scratch: up to 16 lanes of coefficients. */
tacit_status encode_object(const code_tree *t, uint32_t first, const code_source *x, arena *scratch,
                           tacit_error *err) TACIT_MUST_CHECK;
/* An E vector of columns * 2^k elements as 2^k E lanes, coordinates together: the whole tree. */
tacit_status encode_vector(const code_tree *t, extv v, size_t columns, unsigned k, arena *scratch,
                           tacit_error *err) TACIT_MUST_CHECK;

/* Receives leaves (bytes as hashed) in pieces, from several threads at once; false stops. */
typedef struct leaf_sink {
    void *ctx;
    bool (*put)(void *ctx, uint64_t first_leaf, const uint8_t *bytes, size_t size);
} leaf_sink;
static inline size_t code_leaf_size(const code_tree *t, bool salted) {
    return 8 * (size_t)t->width + (salted ? 32 : 0);
}
/* Hashes the columns (followed by a 32-byte salt of the stream, if one is given) and builds the tree. The leaves have
 * `before` hashed bytes already, which code_stream left in t->nodes. sink: NULL or for leaves that are whole. */
tacit_status code_hash(code_tree *t, size_t before, const rng_key *salts, const leaf_sink *sink, arena *scratch,
                       tacit_error *err) TACIT_MUST_CHECK;

/* ---- where memory is short: sixteen lanes of an object are encoded at a time and not kept. scratch: 20 values a
 * column of the code */
/* Into the leaves' hashes at nodes[0 .. 2^log_n), behind `before` bytes of each; both are multiples of 64 unless salts
 * (then these are the last lanes) are given. */
tacit_status code_stream(digest *nodes, unsigned log_n, size_t before, const code_source *x, const rng_key *salts,
                         arena *scratch, tacit_error *err) TACIT_MUST_CHECK;
/* Once more, for a few positions: out[i * width + lane]. */
tacit_status code_pick(unsigned log_n, const code_source *x, const uint32_t *positions, uint32_t count, gl *out,
                       size_t width, arena *scratch, tacit_error *err) TACIT_MUST_CHECK;

void code_column(const code_tree *t, uint64_t position, gl *column);
digest code_salt(const rng_key *salts, uint64_t position);
#endif
