/* hash/sha256: SHA-256 (FIPS 180-4), portable C, SHA-NI and AVX-512, chosen at run time. */
#ifndef HASH_SHA256_H
#define HASH_SHA256_H
#include <stddef.h>
#include <stdint.h>

typedef struct digest {
    uint8_t b[32];
} digest;

typedef struct sha256 {
    uint32_t h[8];
    uint64_t bytes;
    uint8_t block[64];
} sha256;

void sha256_init(sha256 *s);
void sha256_update(sha256 *s, const void *data, size_t n);
digest sha256_final(sha256 *s);
digest sha256_of(const void *data, size_t n);
/* The raw compression function over `blocks` 64-byte blocks. */
void sha256_compress(uint32_t h[8], const uint8_t *data, size_t blocks);
/* out[i]: `state` (NULL: out[i] itself) after the `blocks` blocks at data + i stride, as bytes, i < count. Several
 * streams at once (two with SHA-NI, sixteen with AVX-512): the throughput of hashing many leaves. */
void sha256_digests(digest *out, const uint32_t *state, const uint8_t *data, size_t stride, size_t blocks,
                    size_t count);
/* "portable", "sha-ni" or "sha-ni, avx512"; NULL chooses (TACIT_KERNEL=portable or avx2 overrides). Returns the name in
 * use. */
const char *sha256_select(const char *name);
#endif
