/* proof/batch_prove: the prover's tables of step 6, never |x| elements of E.
 *
 * Index = u * 2^k + l, lanes l bound first. A term is rank 1 on a block, coef eq(z_l, l) eq(z_u, u), so over the lanes
 * the round sums need only g(l) = sum_u eq(z_u, u) x(u, l): one pass of small integers times E for each term and block.
 * Blocks of cells (dense weights) and blocks smaller than 2^k are kept dense. After the lanes, y(u) = sum_l
 * eq(rho_l, l) x(u, l) (one more pass; step 7 opens the same y) against the weights folded at rho_l, 2^a entries.
 *
 * Strips of x have fewer lane bits of their own. When a strip's are bound it is one lane, 2^a values and 2^a weights,
 * as are all shorter ones together; the next bit folds these two into one. */
#ifndef PROOF_BATCH_PROVE_H
#define PROOF_BATCH_PROVE_H
#include "field/vec.h"
#include "proof/batch.h"

/* data: per object but sigma, one for each strip; the small integers are readable (zero) up to the next multiple of
 * 2^k. */
tacit_status batch_prover(batch_oracle *o, const placement *place, const geometry *g, const object_data *const *data,
                          arena *a, tacit_error *err) TACIT_MUST_CHECK;
/* After the sumcheck: y of an object (not sigma). */
extv batch_folded(const batch_oracle *o, uint32_t object);
#endif
