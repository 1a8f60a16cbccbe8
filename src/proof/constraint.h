/* proof/constraint: step 4. Every constraint at its own prefix tau of one global random point; all contractions of the
 * program in one batched sumcheck of degree 3.
 *
 * Thaler's matrix product identity [CRYPTO 2013, sec. 5]: sum_k A~(tau_i, k) B~(tau_j, k) eq(tau_b, b) over batch axes
 * b (labels of the constraint that both factors have) and summed axes k. Variables: batch axes, then summed ones, the
 * last lowest. Soundness: vars / |E| for tau, (constraints - 1) / |E| for the weight, 3 / |E| per round. */
#ifndef PROOF_CONSTRAINT_H
#define PROOF_CONSTRAINT_H
#include "sumcheck/sumcheck.h"

/* One contraction in the batch. */
typedef struct contraction {
    const constraint *c;
    const product *p;
    const ext *tau; /* the constraint's point */
    ext weight;     /* batching weight times coefficient */
    uint32_t label_count, summed;
    uint32_t dim[MAX_LABELS];
    uint8_t in_a[MAX_LABELS], in_b[MAX_LABELS]; /* 1 + axis of the factor, 0: absent */
    uint32_t kept_count;                        /* kept labels: batch, then summed */
    uint8_t kept[MAX_LABELS];
    unsigned kept_var[MAX_LABELS]; /* lowest variable of the label among the contraction's own, by label */
    unsigned tau_var[MAX_LABELS];  /* lowest variable in tau, by label of the constraint */
    unsigned vars;
} contraction;

/* The prover's answers. */
typedef struct constraint_oracle {
    void *ctx;
    tacit_status (*begin)(void *ctx, const contraction *jobs, uint32_t count);
    sumcheck_oracle rounds;
    /* A~ (side 0) or B~ (side 1) of job j at the final point. */
    ext (*operand)(void *ctx, uint32_t job, int side);
} constraint_oracle;

tacit_status constraints_run(session *s, const constraint_oracle *oracle) TACIT_MUST_CHECK;
static inline bool contraction_batch(const contraction *j, uint8_t label) {
    return label < j->c->shape.rank && j->in_a[label] && j->in_b[label];
}
#endif
