/* tacit/certificate.h: committing to a model once. */
#ifndef TACIT_CERTIFICATE_H
#define TACIT_CERTIFICATE_H
#include <stdint.h>
#include "tacit/model.h"
#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* Progress of long work: called from the calling thread; a non-zero answer interrupts (INTERRUPTED). */
typedef int (*tacit_progress)(void *ctx, const char *step, double fraction);

typedef struct tacit_commit_options {
    uint64_t proofs; /* how many proofs the hiding budget must last for (default 100), range proof not counted */
    tacit_progress progress;
    void *progress_ctx;
    /* Not 0: the weights are no secret. The commitment then holds no randomness: whoever has the model and the same
     * options gets the same digest, and so knows what a certificate with it is a certificate of. Inputs stay hidden. */
    int open_weights;
    /* Whether the key file keeps the encoded columns (32 bytes a weight and more) or a proof computes those that it
     * opens: automatic keeps them up to 768 MiB. Certificates and proofs are the same either way. */
    enum { TACIT_COLUMNS_AUTO, TACIT_COLUMNS_STORED, TACIT_COLUMNS_COMPUTED } columns;
} tacit_commit_options;

/* Writes the public certificate (program, commitment to the weights, range proof) and the secret key file (mode 0600).
 * Neither file exists half-written; an existing key file is never overwritten (IO). */
TACIT_MUST_CHECK tacit_status tacit_commit(const tacit_model *m, const tacit_commit_options *o, const char *cert_path,
                                           const char *key_path, uint8_t model_digest[32], tacit_error *err);

/* Bytes of memory and of disk that tacit_commit and tacit_prove will need, and seconds of a proof on this machine,
 * before they start. The time is that of a model of the prover: counts of work times what each costs this processor's
 * kernels. */
enum { TACIT_WORK_KINDS = 11 };
typedef struct tacit_cost {
    uint64_t commit_memory, prove_memory, key_bytes, certificate_bytes, proof_bytes, verify_scratch;
    uint64_t committed, lookups, table_rows; /* elements of one proof */
    double prove_seconds;
    uint64_t work[TACIT_WORK_KINDS];
    const char *const *work_names;
} tacit_cost;
/* o: NULL for the defaults. */
TACIT_MUST_CHECK tacit_status tacit_estimate(const tacit_model *m, const tacit_commit_options *o, tacit_cost *cost,
                                             tacit_error *err);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
