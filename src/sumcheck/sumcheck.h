/* sumcheck/sumcheck: m rounds of one (batched) sumcheck with an affine running claim.
 *
 * Plain form: a round of degree d sends g(0), g(2), .., g(d); g(1) = claim - g(0); next claim g(r) by Lagrange on
 * 0 .. d [Lund-Fortnow-Karloff-Nisan; zero-knowledge by pads as in Frigo-shelat, ePrint 2024/2010]. A term with
 * m' < m variables counts as f(X_1..X_m') prod_{i > m'} (1 - X_i).
 * Gruen's form [ePrint 2024/108, sec. 3]: all terms share eq(z, .), g = l q with l(X) = eq(z_i, X): sends q(0) and the
 * coefficient of X^2 of q; q(1) = (claim - (1 - z_i) q(0)) / z_i; next claim q(r), free of the eq factor. z_i = 0:
 * the prover restarts, the verifier rejects (DEGENERATE).
 * Soundness: degree d (plain), 2 (Gruen's) over |E| per round. */
#ifndef SUMCHECK_SUMCHECK_H
#define SUMCHECK_SUMCHECK_H
#include "sumcheck/session.h"

/* The prover's tables. round: values to send (d of them); bind: fix the round's variable. */
typedef struct sumcheck_oracle {
    void *ctx;
    void (*round)(void *ctx, ext *values);
    void (*bind)(void *ctx, ext r);
} sumcheck_oracle;

typedef enum pad_source { PADS_IN_X, PADS_IN_SIGMA, PADS_NONE } pad_source;

/* claim: in, the claimed sum; out, the claim at the point. oracle NULL at the verifier. */
tacit_status sumcheck_plain(session *s, transcript_tag tag, unsigned rounds, unsigned degree, pad_source pads,
                            expr *claim, const sumcheck_oracle *oracle, ext *point) TACIT_MUST_CHECK;
tacit_status sumcheck_gruen(session *s, transcript_tag tag, unsigned rounds, const ext *z, expr *claim,
                            const sumcheck_oracle *oracle, ext *point) TACIT_MUST_CHECK;
#endif
