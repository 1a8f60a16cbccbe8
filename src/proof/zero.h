/* proof/zero: step 5b. All triples by one zero-check sum_i eq(r0, i)(a_i b_i - c_i) = 0 (Gruen's form, degree 2 in q).
 * a(r), b(r) go in the clear: the dummy triple, uniform over E and at the last index, hides them (its weight must not
 * be 0: restart). Leaves three equations: <a, eq(r)> = a(r), <b, eq(r)> = b(r), a(r) b(r) - <c, eq(r)> = claim; c(r) is
 * never sent. Soundness: vars / |E| for r0, 2 / |E| per round. */
#ifndef PROOF_ZERO_H
#define PROOF_ZERO_H
#include "sumcheck/sumcheck.h"

typedef struct zero_oracle {
    void *ctx;
    tacit_status (*begin)(void *ctx, const ext *r0, unsigned vars);
    sumcheck_oracle rounds;
    void (*ends)(void *ctx, ext *a, ext *b);
} zero_oracle;

/* s->plan.triples (the dummy included) must be known, also while counting: then it is s->triples + 1. */
tacit_status zero_run(session *s, const zero_oracle *oracle) TACIT_MUST_CHECK;
#endif
