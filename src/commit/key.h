/* commit/key: the secret side of a certificate: a file that holds the committed model, the certificate's encoded
 * columns and tree, and the counter of openings. Hosted, prover only.
 *
 * File: "TACK", version, sizes, 32-byte secret seed, then 4096-byte aligned sections: counter records, model bytes
 * (m.tacit), certificate bytes, weights in layout order (commit/object), tail, encoded columns (leaf after leaf: 2^k
 * values and 32-byte salt; of a large model none: a proof computes those that it opens), Merkle nodes. Mode 0600,
 * written to a temporary file, synced, renamed; never overwrites. Counter (formats.md, section 10): advanced and
 * synced before the opening; a file lock makes concurrent provers wait; bound to one host (machine id, the file's own
 * inode and, where known, time of birth, so that a copied file counts as exhausted); fails closed. A backup written
 * over the file in place is found by the counter's copy in the user's state folder (commit/key_state): the larger
 * number counts, and a copy that is missing or behind is written anew. Restoring an old key file *and* deleting that
 * copy is not found: it is the user's responsibility not to do both. */
#ifndef COMMIT_KEY_H
#define COMMIT_KEY_H
#include "base/narrow.h"
#include "commit/certificate.h"
#include "commit/object.h"
#include "commit/rng.h"

struct certificate_secret {
    certificate cert;
    object_data data;            /* weights and tail */
    const unsigned char *leaves; /* leaf j at j * leaf_size; NULL: columns are computed (commit/columns) */
    size_t leaf_size;
    rng_key salts;       /* stream of the leaves' salts */
    const digest *nodes; /* merkle_build's array */
    const unsigned char *model;
    size_t model_size;
    uint64_t openings_used;
    /* mapping */
    int fd;
    unsigned char *map;
    size_t map_size;
};

/* Encoded columns up to so many bytes are stored. */
enum { KEY_STORED_COLUMNS = 768 << 20 };

/* Commit: lays out, encodes, hashes, writes the key file. weights: per certificate item, row-major. Certificate
 * bytes come back in `cert` (cert->root set). */
typedef struct key_options {
    bool open;       /* the weights are no secret, and whoever has them gets this very certificate */
    uint64_t stored; /* the most bytes of columns that are kept in the file */
} key_options;
tacit_status key_create(const char *path, certificate *cert, const narrow *weights, key_options o, const void *model,
                        size_t model_size, arena *scratch, tacit_error *err) TACIT_MUST_CHECK;
/* Bytes of the weights and of the columns in the file of such a certificate, and all its bytes. */
uint64_t key_weights_size(const certificate *cert);
uint64_t key_columns_size(const certificate *cert, uint64_t stored);
uint64_t key_file_size(const certificate *cert, size_t model_size, uint64_t stored);
tacit_status key_open(certificate_secret **out, const char *path, tacit_error *err) TACIT_MUST_CHECK;
void key_close(certificate_secret *k);
/* One more opening: advance, sync, then return OK; BUDGET when none is left. */
tacit_status key_spend(certificate_secret *k, tacit_error *err) TACIT_MUST_CHECK;
uint64_t key_left(const certificate_secret *k);
#endif
