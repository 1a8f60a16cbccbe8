/* field/gl_avx2: four elements of F in a vector; included by the files compiled with -mavx2 only.
 *
 * Kinds of lanes: canonical (< p), wide (any 64-bit representative), and two unreduced types:
 *   split     z + 2^32 y with signed 64-bit z, y, so additions and shifts need no carries;
 *   products  sums of 32x32-bit partial products, so a sum of products is reduced once.
 * Limbs go down by 2^64 = 2^32 - 1 and 2^96 = -1 (mod p): x0 + 2^32 x1 + 2^64 x2 + 2^96 x3 is
 * (x0 - x2 - x3) + 2^32 (x1 + x2). AVX2 compares signed numbers only; adding 2^63 (a flip of the sign bit) before a
 * comparison makes it an unsigned one. */
#ifndef FIELD_GL_AVX2_H
#define FIELD_GL_AVX2_H
#include <immintrin.h>
#include "field/gl.h"

typedef __m256i v4;

typedef struct split {
    v4 z, y;
} split;

static inline v4 v4_load(const void *p) {
    return _mm256_loadu_si256((const __m256i *)p);
}
/* Four int32, sign-extended. */
static inline v4 v4_load_i32(const int32_t *p) {
    return _mm256_cvtepi32_epi64(_mm_loadu_si128((const __m128i *)(const void *)p));
}
static inline void v4_store(gl *p, v4 x) {
    _mm256_storeu_si256((__m256i *)(void *)p, x);
}
static inline v4 v4_set(uint64_t x) {
    return _mm256_set1_epi64x((long long)x);
}
static inline v4 v4_add(v4 a, v4 b) {
    return _mm256_add_epi64(a, b);
}
static inline v4 v4_sub(v4 a, v4 b) {
    return _mm256_sub_epi64(a, b);
}
static inline v4 v4_xor(v4 a, v4 b) {
    return _mm256_xor_si256(a, b);
}
/* The product of the low halves. */
static inline v4 v4_mul32(v4 a, v4 b) {
    return _mm256_mul_epu32(a, b);
}
static inline v4 v4_low(v4 a) {
    return _mm256_and_si256(a, v4_set(GL_EPS));
}
static inline v4 v4_high(v4 a) {
    return _mm256_srli_epi64(a, 32);
}
/* The high half where v4_mul32 looks for it; the upper half of the result is not zero. Runs beside the shifts. */
static inline v4 v4_high_operand(v4 a) {
    return _mm256_castps_si256(_mm256_movehdup_ps(_mm256_castsi256_ps(a)));
}
/* mask ? a : b, for masks of whole lanes. */
static inline v4 v4_select(v4 mask, v4 a, v4 b) {
    return _mm256_castpd_si256(
        _mm256_blendv_pd(_mm256_castsi256_pd(b), _mm256_castsi256_pd(a), _mm256_castsi256_pd(mask)));
}
#define V4_SIGN v4_set(UINT64_C(1) << 63)

/* ---- splits ---- */

static inline split split_of(v4 x) {
    return (split){v4_low(x), v4_high(x)};
}
static inline split split_add(split a, split b) {
    return (split){v4_add(a.z, b.z), v4_add(a.y, b.y)};
}
static inline split split_sub(split a, split b) {
    return (split){v4_sub(a.z, b.z), v4_sub(a.y, b.y)};
}

/* For |z|, |y| < 2^60: a wide representative, with the sign bit flipped.
 * The offsets (z, y) = (2^61 + 2^29, 2^61 - 2^30) are 0 mod p: 2^32 (2^61 - 2^30) = 2^29 2^64 - 2^62 = 2^61 - 2^29 -
 * 2^62. They make 0 < y' < 2^62 and 2^60 < z' < 2^61 + 2^60 + 2^29. With y' = y0 + 2^32 y1, y1 < 2^30, the value is
 * 2^32 y0 + w, w = z' + (2^32 - 1) y1 < 2^63. The last sum passes 2^64 at most once; then it is less than 2^63, so
 * adding 2^32 - 1 for the carry passes it no second time. */
static inline v4 split_fold(split s) {
    v4 y = v4_add(s.y, v4_set((UINT64_C(1) << 61) - (UINT64_C(1) << 30)));
    v4 z = v4_add(s.z, v4_set((UINT64_C(1) << 61) + (UINT64_C(1) << 29)));
    v4 w = v4_add(z, v4_mul32(v4_high(y), v4_set(GL_EPS)));
    v4 t = v4_xor(_mm256_slli_epi64(y, 32), V4_SIGN), sum = v4_add(t, w);
    v4 carry = _mm256_cmpgt_epi64(t, sum);
    return v4_add(sum, v4_high(carry));
}
static inline v4 split_wide(split s) {
    return v4_xor(split_fold(s), V4_SIGN);
}
static inline v4 split_canonical(split s) {
    v4 x = split_fold(s), below_p = _mm256_cmpgt_epi64(v4_set(GL_P ^ UINT64_C(1) << 63), x);
    /* flips the sign bit back and subtracts p (adds 2^32 - 1) where x >= p */
    return v4_add(x, v4_select(below_p, V4_SIGN, v4_set((UINT64_C(1) << 63) + GL_EPS)));
}

/* x y for wide x, y: z in (-4 2^32, 2^32), y in [0, 6 2^32). */
static inline split split_mul(v4 x, v4 y) {
    v4 xh = v4_high_operand(x), yh = v4_high_operand(y);
    v4 ll = v4_mul32(x, y), lh = v4_mul32(x, yh), hl = v4_mul32(xh, y), hh = v4_mul32(xh, yh);
    v4 x1 = v4_add(v4_high(ll), v4_add(v4_low(lh), v4_low(hl)));
    v4 x2 = v4_add(v4_low(hh), v4_add(v4_high(lh), v4_high(hl)));
    return (split){v4_sub(v4_low(ll), v4_add(x2, v4_high(hh))), v4_add(x1, x2)};
}

/* ---- canonical and wide ---- */

/* a - b, canonical from canonical. */
static inline v4 v4_gl_sub(v4 a, v4 b) {
    v4 borrow = _mm256_cmpgt_epi64(v4_xor(b, V4_SIGN), v4_xor(a, V4_SIGN));
    return v4_sub(v4_sub(a, b), v4_high(borrow));
}
/* a + b, canonical from canonical: a - (p - b). */
static inline v4 v4_gl_add(v4 a, v4 b) {
    return v4_gl_sub(a, v4_sub(v4_set(GL_P), b));
}
/* a + b, wide, for wide a and canonical b: after a carry the sum is at most p - 2, and p - 2 + EPS < 2^64. */
static inline v4 v4_gl_add_wide(v4 a, v4 b) {
    v4 sum = v4_add(a, b), carry = _mm256_cmpgt_epi64(v4_xor(a, V4_SIGN), v4_xor(sum, V4_SIGN));
    return v4_add(sum, v4_high(carry));
}
static inline v4 v4_gl_canonical(v4 a) {
    v4 below_p = _mm256_cmpgt_epi64(v4_set(GL_P ^ UINT64_C(1) << 63), v4_xor(a, V4_SIGN));
    return v4_add(a, _mm256_andnot_si256(below_p, v4_set(GL_EPS)));
}
static inline v4 v4_gl_mul(v4 a, v4 b) {
    return split_canonical(split_mul(a, b));
}

/* ---- sums of products ---- */

/* A factor and its high half as an operand. */
typedef struct factor {
    v4 lo, hi;
} factor;

static inline factor factor_of(v4 x) {
    return (factor){x, v4_high_operand(x)};
}
static inline factor factor_set(gl x) {
    return (factor){v4_set(x), v4_set(x >> 32)};
}

/* Sums of partial products mod 2^64, and of their high halves: sum (p mod 2^32) = sum p - 2^32 sum (p >> 32), exact as
 * long as there are fewer than 2^32 terms. */
typedef struct products {
    v4 ll, ll_high, mid, mid_high, hh, hh_high;
} products;

static inline products products_of(factor x, factor y) {
    v4 ll = v4_mul32(x.lo, y.lo), lh = v4_mul32(x.lo, y.hi), hl = v4_mul32(x.hi, y.lo), hh = v4_mul32(x.hi, y.hi);
    return (products){ll, v4_high(ll), v4_add(lh, hl), v4_add(v4_high(lh), v4_high(hl)), hh, v4_high(hh)};
}
static inline products products_add(products s, products t) {
    return (products){v4_add(s.ll, t.ll),   v4_add(s.ll_high, t.ll_high),
                      v4_add(s.mid, t.mid), v4_add(s.mid_high, t.mid_high),
                      v4_add(s.hh, t.hh),   v4_add(s.hh_high, t.hh_high)};
}
static inline products products_mac(products s, factor x, factor y) {
    return products_add(s, products_of(x, y));
}

/* Of n products: z in (-4n 2^32, n 2^32), y in [0, 6n 2^32) as for one. */
static inline split products_split(products s) {
    v4 x0 = v4_sub(s.ll, _mm256_slli_epi64(s.ll_high, 32));
    v4 x1 = v4_add(s.ll_high, v4_sub(s.mid, _mm256_slli_epi64(s.mid_high, 32)));
    v4 x2 = v4_add(s.mid_high, v4_sub(s.hh, _mm256_slli_epi64(s.hh_high, 32)));
    return (split){v4_sub(x0, v4_add(x2, s.hh_high)), v4_add(x1, x2)};
}
#endif
