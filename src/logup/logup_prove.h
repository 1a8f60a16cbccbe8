/* logup/logup_prove: the prover's side of the lookup argument: leaves from the trace, fraction trees, round sums.
 * Memory: 16 EXT_DEG bytes a leaf for the tree's inner levels and 8 EXT_DEG (lookups) or 16 EXT_DEG (tables) for the
 * leaves. Levels are kept as even and odd halves, since the children of node i are 2i, 2i + 1. */
#ifndef LOGUP_LOGUP_PROVE_H
#define LOGUP_LOGUP_PROVE_H
#include "execute/execute.h"
#include "logup/logup.h"

/* Fills `oracle`; its context lives in the arena. */
tacit_status logup_prover(logup_oracle *oracle, const trace *t, arena *a, tacit_error *err) TACIT_MUST_CHECK;
#endif
