/* execute/dot: tiles of integer dot products, portable, AVX2 and AVX-512 VNNI (chosen once). */
#ifndef EXECUTE_DOT_H
#define EXECUTE_DOT_H
#include <stddef.h>
#include <stdint.h>

enum { DOT_STEP = 32, DOT_ROWS = 4 }; /* k is a multiple of DOT_STEP, the rows of b one of DOT_ROWS (zero padded) */

/* out[i * nb + j] = sum_k a[i * k + ..] b[j * k + ..], exact in int64 (modulo 2^64).
 * flush: steps of DOT_STEP after which int32 partial sums must be widened: 4 flush max|a| max|b| < 2^31. */
void dot_tile_i16(int64_t *out, const int16_t *a, size_t na, const int16_t *b, size_t nb, size_t k, size_t flush);
void dot_tile_i32(int64_t *out, const int32_t *a, size_t na, const int32_t *b, size_t nb, size_t k);
#endif
