/* hash/sha256: SHA-256 (FIPS 180-4), portable C and SHA-NI, chosen at run time. */
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
/* Two independent streams of equal length at once (interleaved on SHA-NI; the throughput of hashing many leaves). */
void sha256_compress2(uint32_t h0[8], const uint8_t *d0, uint32_t h1[8], const uint8_t *d1, size_t blocks);
/* "portable" or "sha-ni"; NULL chooses (TACIT_KERNEL=portable overrides). Returns the name in use. */
const char *sha256_select(const char *name);
#endif
