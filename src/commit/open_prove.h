/* commit/open_prove: the sum of opened columns' power vectors, V += sum_i w_i (1, x_i, x_i^2, ..). Prover only.
 *
 * All x_i lie on one coset of <w_n>, so the sum is a transposed Reed-Solomon encoding of a sparse vector. With
 * x^(i0 + B i1) = x^i0 (x^B)^i1 and x^B on a coset of order m = n / B, each i0 < B takes one transform of length m that
 * fits the cache: n log m instead of n log n, and threads share nothing. */
#ifndef COMMIT_OPEN_PROVE_H
#define COMMIT_OPEN_PROVE_H
#include "base/arena.h"
#include "commit/ladder.h"
#include "field/vec.h"

/* The openings i < count of `list` whose block begins at `start`, added to the `size` elements of v from there on. */
tacit_status add_powers(extv v, uint64_t start, size_t size, const ladder_opening *list, uint32_t count,
                        const ext *weights, arena *scratch, tacit_error *err) TACIT_MUST_CHECK;
#endif
