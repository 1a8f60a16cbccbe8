/* logup/logup_prove: the prover's side of the lookup argument: fraction trees and round sums.
 *
 * A level is kept as even and odd halves, since the children of node i are 2i, 2i + 1: the four tables (n_even, n_odd,
 * d_even, d_odd) of its layer. Of a tall tree of lookups the leaves and the level above them are not kept: they are
 * made again from the trace's integers (logup/leaves), piece by piece, when the tree is built and in the first round
 * and fold of their layers. Layers go down from the root, so a layer's folds overwrite the levels above its own, which
 * have the sizes they need. The eq factor is a product of two small tables.
 * Memory: 16 EXT_DEG / 2 bytes a lookup, 48 EXT_DEG / 2 .. 64 EXT_DEG / 2 a row of a table or of a low tree. */
#ifndef LOGUP_LOGUP_PROVE_H
#define LOGUP_LOGUP_PROVE_H
#include "execute/execute.h"
#include "logup/logup.h"

/* Levels of a tree that the prover keeps: 0 .. this. */
unsigned logup_kept(const logup_tree *t);
/* Fills `oracle`; its context lives in the arena. */
tacit_status logup_prover(logup_oracle *oracle, const trace *t, arena *a, tacit_error *err) TACIT_MUST_CHECK;
#endif
