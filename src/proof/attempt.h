/* proof/attempt: one statement proved: witness vector, pads, masks, the run, restarts. Hosted, prover only. */
#ifndef PROOF_ATTEMPT_H
#define PROOF_ATTEMPT_H
#include "base/arena_store.h"
#include "commit/key.h"
#include "execute/execute.h"
#include "proof/statement.h"
#include "tacit/prove.h"

typedef struct attempt_request {
    const statement *st;
    const trace *t;                     /* executed and counted */
    certificate_secret *const *secrets; /* per certificate */
    uint64_t kept;                      /* bytes of code that may be kept (commit/commit.h); 0: COMMIT_KEPT */
    tacit_progress progress;
    void *progress_ctx;
    tacit_prove_report *report;  /* may be NULL */
    arena_store *memory, *steps; /* what lives as long as the attempt; what a step uses. May be NULL */
} attempt_request;

/* *proof: malloc'd messages. Every attempt spends one opening of each certificate before any secret is used; a
 * degenerate challenge restarts with new randomness. */
tacit_status attempt_prove(const attempt_request *r, unsigned char **proof, size_t *size,
                           tacit_error *err) TACIT_MUST_CHECK;
/* Bytes of memory that attempt_prove will touch (proof/cost), beside model and key. */
uint64_t attempt_memory(const statement *st);
/* REJECTED of our own statement is a bug; resources are checked against the machine before the work starts. */
tacit_status memory_available(uint64_t needed, tacit_error *err) TACIT_MUST_CHECK;
#endif
