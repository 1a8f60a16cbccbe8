/* proof/statement: what is proved: a program, a binding for each external tensor, the certificates, a context; and all
 * that follows from it publicly: plan of cells, layout of x, geometry of the opening. Both sides make it from the same
 * public data; nothing in it comes from the proof's messages. */
#ifndef PROOF_STATEMENT_H
#define PROOF_STATEMENT_H
#include "commit/certificate.h"
#include "logup/logup.h"
#include "proof/batch.h"
#include "proof/constraint.h"
#include "proof/view.h"
#include "proof/zero.h"

enum { PROTOCOL_VERSION = 4 };

typedef struct statement {
    const program *p;
    binding *bind; /* per tensor */
    uint32_t certificate_count;
    const certificate *certificates[MAX_CERTIFICATES];
    digest model; /* model digest, or for a range proof the certificate's; absorbed with the program's digest */
    const unsigned char *context;
    uint32_t context_size;
    /* derived */
    logup logup;
    plan plan;
    copy_rule *copies;
    uint32_t copy_count;
    placement place;
    shape cell_shape[2]; /* pads, triples */
    geometry geometry;
    size_t proof_size; /* upper bound, without Merkle paths */
} statement;

/* Derives everything; p, bind, certificates, model, context are set by the caller. Checks bindings (every external
 * tensor bound; PARAM tensors equal their certificate's item; public values inside their interval). */
tacit_status statement_make(statement *st, arena *a, tacit_error *err) TACIT_MUST_CHECK;

/* The prover's side of every step; NULL at the verifier. */
typedef struct prover {
    logup_oracle logup;
    constraint_oracle constraint;
    view_oracle view;
    zero_oracle zero;
    batch_oracle batch;
    commit_prover *commit;
    const extv *folded;                               /* per object, filled before step 7 */
    tacit_status (*step)(void *ctx, unsigned number); /* called before steps 2 .. 7 (5b is 6, 6 is 7, 7 is 8) */
    void *ctx;
} prover;

/* The protocol, section 3, one call a step, both sides. s: initialised by the caller (session_init, prover's cells). */
tacit_status statement_run(const statement *st, session *s, prover *pr) TACIT_MUST_CHECK;
#endif
