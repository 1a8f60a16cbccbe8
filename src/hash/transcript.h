/* hash/transcript: the transcript and the proof's bytes are one object (protocol.md, section 6).
 *
 * The prover sends through it; the verifier can only read through it, and reading is absorbing. Every message absorbs
 * tag, type and count; lengths come from the statement and the parameters, never from the proof.
 *   state' = SHA-256(state || u16 tag || u8 type || u32 count || data)
 *   squeeze block i = SHA-256(state || u16 0 || u8 SQUEEZE || u32 i), four 64-bit little-endian words each
 * A challenge in E is EXT_DEG words < p in order (larger words are dropped). Positions: low bits of words, repeats
 * dropped, sorted.
 * Failures stick: after one, reads give zeros; callers look at transcript_status() at the end of a step. */
#ifndef HASH_TRANSCRIPT_H
#define HASH_TRANSCRIPT_H
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"
#include "field/ext.h"
#include "hash/sha256.h"

typedef enum transcript_tag {
    TAG_PROTOCOL = 1,
    TAG_PROGRAM,
    TAG_BINDING,
    TAG_CERTIFICATE,
    TAG_CONTEXT,
    TAG_ROOT,
    TAG_ALPHA,
    TAG_BETA,
    TAG_LOGUP_SUM,
    TAG_LOGUP_WEIGHT,
    TAG_LOGUP_ROUND,
    TAG_LOGUP_N,
    TAG_LOGUP_D,
    TAG_LOGUP_LAMBDA,
    TAG_TAU,
    TAG_CONSTRAINT_WEIGHT,
    TAG_CONSTRAINT_ROUND,
    TAG_OPERAND,
    TAG_VIEW_WEIGHT,
    TAG_VIEW_ROUND,
    TAG_ZERO_POINT,
    TAG_ZERO_ROUND,
    TAG_ZERO_A,
    TAG_ZERO_B,
    TAG_BATCH_WEIGHT,
    TAG_BATCH_ROUND,
    TAG_NU,
    TAG_GAMMA,
    TAG_CLEAR,
    TAG_POSITIONS,
    TAG_LEAF,
    TAG_SALT,
    TAG_PATH,
    TAG_LADDER_WEIGHT,
    TAG_LADDER_ROUND,
    TAG_ROUND_CHALLENGE,
    TAG_GATHER
} transcript_tag;

typedef enum transcript_mode { TRANSCRIPT_PROVE, TRANSCRIPT_VERIFY, TRANSCRIPT_COUNT } transcript_mode;

typedef struct transcript {
    transcript_mode mode;
    digest state;
    unsigned char *out; /* prover: proof bytes, capacity `size` */
    const unsigned char *in;
    size_t size, at;
    tacit_error *err;
#ifdef TACIT_RULES
    unsigned drawn; /* challenges so far */
#endif
} transcript;

void transcript_prover(transcript *t, unsigned char *out, size_t capacity, tacit_error *err);
void transcript_verifier(transcript *t, const unsigned char *proof, size_t size, tacit_error *err);
/* A walk that sends nothing and reads zeros: it counts pads, triples and proof bytes (t->at) of a statement. */
void transcript_counter(transcript *t, tacit_error *err);

/* Public data that is not part of the proof. */
void transcript_absorb(transcript *t, transcript_tag tag, const void *data, size_t n);
/* Messages: the prover sends v, the verifier fills v. */
void transcript_e(transcript *t, transcript_tag tag, ext *v, size_t n);
void transcript_f(transcript *t, transcript_tag tag, gl *v, size_t n);
void transcript_hashes(transcript *t, transcript_tag tag, digest *v, size_t n);
/* Digests of a Merkle tree, MERKLE_BYTES of each. */
void transcript_nodes(transcript *t, transcript_tag tag, digest *v, size_t n);
ext transcript_challenge(transcript *t, transcript_tag tag);
void transcript_point(transcript *t, transcript_tag tag, ext *out, size_t n);
/* count distinct positions below 2^log_n, ascending; count <= 2^log_n / 2. */
void transcript_positions(transcript *t, unsigned log_n, uint32_t count, uint32_t *out);
tacit_status transcript_status(const transcript *t);
/* The verifier: no bytes may be left (LONG). */
tacit_status transcript_finish(transcript *t);
#endif
