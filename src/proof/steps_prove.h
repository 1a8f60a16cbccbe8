/* proof/steps_prove: the prover's tables of steps 4, 5 and 5b. Each fills its oracle; contexts live in the arena. */
#ifndef PROOF_STEPS_PROVE_H
#define PROOF_STEPS_PROVE_H
#include "execute/execute.h"
#include "proof/constraint.h"
#include "proof/view.h"
#include "proof/zero.h"

tacit_status constraint_prover(constraint_oracle *o, const trace *t, arena *a, tacit_error *err) TACIT_MUST_CHECK;
tacit_status view_prover(view_oracle *o, const trace *t, arena *a, tacit_error *err) TACIT_MUST_CHECK;
/* cells: the triples' a, b, c (the dummy last), `triples` of each. */
tacit_status zero_prover(zero_oracle *o, const ext *const cells[CELL_ARRAYS], uint32_t triples, arena *a,
                         tacit_error *err) TACIT_MUST_CHECK;
#endif
