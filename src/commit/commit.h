/* commit/commit: the hidden level 0 and the opening "fold - mask - clear" (protocol.md, section 5).
 * Step functions of both sides; the prover's data is in commit_prover, NULL at the verifier. */
#ifndef COMMIT_COMMIT_H
#define COMMIT_COMMIT_H
#include "commit/geometry.h"
#include "field/vec.h"
#include "sumcheck/session.h"

/* The public equation with which step 6 ends:
 * sum_c coef_c <y_c, eq(rho_c,col)> - <sigma, U> = k0, c over x and certificates; coef_c includes phi_c. */
typedef struct batch_final {
    const ext *rho; /* geometry_rounds(g) challenges; an object uses the first k + a, lanes first */
    ext coef[MAX_OBJECTS];
    const ext *u; /* per sigma cell */
    uint32_t u_count;
    ext k0;
} batch_final;

/* The prover's side. x, sigma: data; certificates: opened columns come from the key file. */
typedef struct commit_prover commit_prover;
typedef struct object_data object_data; /* commit/object.h */
struct rng_key;
typedef struct certificate_secret certificate_secret; /* commit/key.h */

/* Bytes of x's code up to which it is kept from step 2 to step 7; of a larger one so many lanes are made twice. */
#define COMMIT_KEPT (UINT64_C(4) << 30)
uint32_t commit_forgotten(const geometry *g, uint64_t kept);
/* arena: long-lived memory of this attempt. x: one for each strip. sigma: 2^a_sigma E elements (cells, then uniformly
 * random). kept: COMMIT_KEPT. */
tacit_status commit_prover_make(commit_prover **out, const geometry *g, const object_data *x, extv sigma,
                                certificate_secret *const *certs, const struct rng_key *key, uint64_t kept, arena *a,
                                tacit_error *err) TACIT_MUST_CHECK;
/* Step 2: one root per domain (longest first), built by the prover, absorbed by both. */
tacit_status commit_roots(session *s, const geometry *g, digest *roots, commit_prover *cp) TACIT_MUST_CHECK;
/* Step 7. cert_roots: per certificate. y: per object but sigma, y_c = sum_lane eq(rho_lane, lane) lane, 2^a elements
 * (prover only, else NULL). */
tacit_status commit_open(session *s, const geometry *g, const digest *roots, const digest *cert_roots,
                         const batch_final *f, const extv *y, commit_prover *cp) TACIT_MUST_CHECK;
#endif
