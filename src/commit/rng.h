/* commit/rng: the prover's randomness. One 32-byte key per attempt = SHA-256(tag, fresh operating-system entropy,
 * witness digest, statement digest); domain-separated streams of it by ChaCha20 (libsodium), a label and an index each.
 * F elements by rejection sampling. Streams and keys are wiped by their owners. Hosted, prover only. */
#ifndef COMMIT_RNG_H
#define COMMIT_RNG_H
#include "field/vec.h"
#include "hash/sha256.h"

typedef struct rng_key {
    uint8_t b[32];
} rng_key;

typedef enum rng_label {
    RNG_CELLS = 1, /* pads and triples */
    RNG_TAIL,      /* tail of x */
    RNG_SIGMA,
    RNG_OMEGA,     /* index: object */
    RNG_SALT,      /* index: domain */
    RNG_CERT_TAIL, /* certificate key, not attempt key */
    RNG_CERT_SALT
} rng_label;

/* Test builds may fix the fresh part (rng_test_seed); such builds cannot write a valid protocol id. */
void rng_attempt(rng_key *k, const digest *witness, const digest *statement);
/* Without entropy: everyone who has both gets the same key. For a certificate whose weights are no secret. */
void rng_open(rng_key *k, const digest *witness, const digest *statement);
/* n uniform elements of F. Streams are independent per (label, index); always from the stream's start. */
void rng_f(const rng_key *k, rng_label label, uint32_t index, gl *out, size_t n);
void rng_e(const rng_key *k, rng_label label, uint32_t index, extv out, size_t n);
void rng_bytes(const rng_key *k, rng_label label, uint32_t index, uint8_t *out, size_t n);
#ifdef TACIT_TEST_SEED
extern const uint8_t *rng_test_seed; /* 32 bytes or NULL */
#endif
#endif
