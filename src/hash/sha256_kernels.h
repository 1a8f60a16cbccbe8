/* hash/sha256_kernels: what sha256.c and its versions for x86 share. */
#ifndef HASH_SHA256_KERNELS_H
#define HASH_SHA256_KERNELS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "hash/sha256.h"

/* The round constants K_0 .. K_63 of FIPS 180-4, section 4.2.2. */
extern const uint32_t sha256_round_constants[64];

#if defined(__x86_64__)
#define SHA256_HAVE_NI 1
bool sha256_ni_available(void);
void sha256_ni_compress(uint32_t h[8], const uint8_t *data, size_t blocks);
void sha256_ni_compress2(uint32_t h0[8], const uint8_t *d0, uint32_t h1[8], const uint8_t *d1, size_t blocks);
/* Sixteen streams: sha256_digests. */
bool sha256_avx512_preferred(void);
void sha256_avx512_digests(digest out[16], const uint32_t *state, const uint8_t *data, size_t stride, size_t blocks);
#else
#define SHA256_HAVE_NI 0
#endif
#endif
