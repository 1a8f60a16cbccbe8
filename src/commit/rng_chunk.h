/* commit/rng_chunk: the streams of rng.h are made of chunks with a nonce each, so that threads can make them apart.
 * A byte stream is cut into chunks of RNG_CHUNK bytes; an F stream into chunks of RNG_CHUNK / 8 elements. */
#ifndef COMMIT_RNG_CHUNK_H
#define COMMIT_RNG_CHUNK_H
#include "commit/rng.h"

enum { RNG_CHUNK = 1 << 15 };

/* Key of one stream. Wiped by its owner. */
rng_key rng_stream(const rng_key *k, rng_label label, uint32_t index);
/* n bytes of a chunk from byte 64 * block on. */
void rng_chunk(const rng_key *stream, uint64_t chunk, uint64_t block, uint8_t *out, size_t n);
#endif
