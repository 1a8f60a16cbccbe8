/* poly/ntt_kernels: the passes a transform is made of (see ntt.c for the plan), portable and AVX2.
 *
 * Values between passes are any 64-bit representative of their residue; last says that a pass has to make them
 * canonical. First pass: X = DFT8 over h of x[h n/8 + 8m + l], for each m < n/64, l < 8, written in natural order to
 * out[rev3(l) n/8 + 8 rev(m) ..+8], rev the bit reversal of log n - 6 bits: bit reversal and three levels in one. */
#ifndef POLY_NTT_KERNELS_H
#define POLY_NTT_KERNELS_H
#include "field/vec.h"
#include "poly/ntt.h"

typedef struct ntt_kernels {
    /* In place; log_n >= 6. */
    void (*first)(gl *x, unsigned log_n);
    /* From count coefficients, times powers[i]; count a power of two, 8 <= count <= n; log_n >= 6. */
    void (*first_coset)(gl *out, const gl *coeffs, const gl *powers, size_t count, unsigned log_n);
    /* One level of radix 8 (4) over n = 2^log_n elements, n a multiple of the size 2^level of the blocks:
     * y[j + k s] = DFT8(w^(jk) x[j + rev3(k) s])_k, s = 2^(level-3), w = gl_root(level). */
    void (*radix8)(gl *x, unsigned log_n, unsigned level, const gl *twiddles, bool last);
    void (*radix4)(gl *x, unsigned log_n, unsigned level, const gl *twiddles, bool last);
} ntt_kernels;

/* Twiddles of a radix-r level: for each group of eight j, the vectors (w^(jk))_j for k = 1 .. r-1. From NTT_BIG on only
 * k = 1 (radix 8: the other powers cost less to compute than to load). */
enum { NTT_BIG = 19 };
#define NTT_TWIDDLE(j, k, powers) (((j) / 8 * (powers) + (k)-1) * 8 + (j) % 8)

/* The place of bit-reversed index k of three (two) bits. */
#define NTT_REV3(k) (((k)&1) << 2 | ((k)&2) | (k) >> 2)
#define NTT_REV2(k) (((k)&1) << 1 | (k) >> 1)

/* Bit reversal of the lowest `bits` bits: bytes, then halves, pairs and single bits of each byte. */
static inline size_t ntt_reverse(size_t i, unsigned bits) {
    if (bits == 0) return 0;
    uint64_t r = __builtin_bswap64(i);
    r = (r >> 4 & UINT64_C(0x0F0F0F0F0F0F0F0F)) | (r & UINT64_C(0x0F0F0F0F0F0F0F0F)) << 4;
    r = (r >> 2 & UINT64_C(0x3333333333333333)) | (r & UINT64_C(0x3333333333333333)) << 2;
    r = (r >> 1 & UINT64_C(0x5555555555555555)) | (r & UINT64_C(0x5555555555555555)) << 1;
    return (size_t)(r >> (64 - bits));
}

extern const ntt_kernels ntt_portable;
#if VEC_HAVE_AVX2
extern const ntt_kernels ntt_avx2, ntt_avx512;
#endif
#endif
