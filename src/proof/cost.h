/* proof/cost: what a statement's proof will cost, from its sizes alone: counts of work, memory, time. Hosted. */
#ifndef PROOF_COST_H
#define PROOF_COST_H
#include "proof/statement.h"
#include "tacit/certificate.h"

/* Address space of what lives as long as an attempt, and of the tables of its steps (upper bounds; most of it is never
 * touched). */
uint64_t cost_kept_space(const statement *st);
uint64_t cost_steps_space(const statement *st);
/* Memory that a proof will touch beside model and key. */
uint64_t cost_prover_memory(const statement *st);
/* cost->work, and prove_seconds for this processor's kernels on `threads` threads; columns: those of certificates are
 * computed. */
void cost_of_work(tacit_cost *cost, const statement *st, uint64_t weights, bool columns, unsigned threads);
#endif
