/* field/gl_lanes: VL elements of F in a vector, four with AVX2, eight with AVX-512 (F, DQ, VL, BW); included by the
 * files compiled for one of them only.
 *
 * Kinds of lanes: canonical (< p), wide (any 64-bit representative), and two unreduced types:
 *   split     z + 2^32 y with signed 64-bit z, y, so additions and shifts need no carries;
 *   products  sums of 32x32-bit partial products, so a sum of products is reduced once.
 * Limbs go down by 2^64 = 2^32 - 1 and 2^96 = -1 (mod p): x0 + 2^32 x1 + 2^64 x2 + 2^96 x3 is
 * (x0 - x2 - x3) + 2^32 (x1 + x2). AVX2 compares signed numbers only; adding 2^63 (a flip of the sign bit) before a
 * comparison makes it an unsigned one. AVX-512 compares unsigned ones into a mask. */
#ifndef FIELD_GL_LANES_H
#define FIELD_GL_LANES_H
#include <immintrin.h>
#include "field/gl.h"

#if defined(__AVX512F__)
enum { VL = 8 };
typedef __m512i vl;

static inline vl vl_load(const void *p) {
    return _mm512_loadu_si512(p);
}
/* Eight int32, sign-extended. */
static inline vl vl_load_i32(const int32_t *p) {
    return _mm512_cvtepi32_epi64(_mm256_loadu_si256((const __m256i *)(const void *)p));
}
static inline void vl_store(gl *p, vl x) {
    _mm512_storeu_si512(p, x);
}
static inline vl vl_set(uint64_t x) {
    return _mm512_set1_epi64((long long)x);
}
static inline vl vl_zero(void) {
    return _mm512_setzero_si512();
}
static inline vl vl_add(vl a, vl b) {
    return _mm512_add_epi64(a, b);
}
static inline vl vl_sub(vl a, vl b) {
    return _mm512_sub_epi64(a, b);
}
/* The products of the low halves, unsigned and signed. */
static inline vl vl_mul32(vl a, vl b) {
    return _mm512_mul_epu32(a, b);
}
static inline vl vl_mul32_signed(vl a, vl b) {
    return _mm512_mul_epi32(a, b);
}
static inline vl vl_low(vl a) {
    return _mm512_and_si512(a, vl_set(GL_EPS));
}
static inline vl vl_high(vl a) {
    return _mm512_srli_epi64(a, 32);
}
static inline vl vl_shl(vl a, unsigned k) {
    return _mm512_slli_epi64(a, k);
}
static inline vl vl_high_operand(vl a) {
    return _mm512_castps_si512(_mm512_movehdup_ps(_mm512_castsi512_ps(a)));
}
#else
enum { VL = 4 };
typedef __m256i vl;

static inline vl vl_load(const void *p) {
    return _mm256_loadu_si256((const __m256i *)p);
}
/* Four int32, sign-extended. */
static inline vl vl_load_i32(const int32_t *p) {
    return _mm256_cvtepi32_epi64(_mm_loadu_si128((const __m128i *)(const void *)p));
}
static inline void vl_store(gl *p, vl x) {
    _mm256_storeu_si256((__m256i *)(void *)p, x);
}
static inline vl vl_set(uint64_t x) {
    return _mm256_set1_epi64x((long long)x);
}
static inline vl vl_zero(void) {
    return _mm256_setzero_si256();
}
static inline vl vl_add(vl a, vl b) {
    return _mm256_add_epi64(a, b);
}
static inline vl vl_sub(vl a, vl b) {
    return _mm256_sub_epi64(a, b);
}
static inline vl vl_xor(vl a, vl b) {
    return _mm256_xor_si256(a, b);
}
/* The products of the low halves, unsigned and signed. */
static inline vl vl_mul32(vl a, vl b) {
    return _mm256_mul_epu32(a, b);
}
static inline vl vl_mul32_signed(vl a, vl b) {
    return _mm256_mul_epi32(a, b);
}
static inline vl vl_low(vl a) {
    return _mm256_and_si256(a, vl_set(GL_EPS));
}
static inline vl vl_high(vl a) {
    return _mm256_srli_epi64(a, 32);
}
static inline vl vl_shl(vl a, unsigned k) {
    return _mm256_slli_epi64(a, (int)k);
}
/* The high half where vl_mul32 looks for it; the upper half of the result is not zero. Runs beside the shifts. */
static inline vl vl_high_operand(vl a) {
    return _mm256_castps_si256(_mm256_movehdup_ps(_mm256_castsi256_ps(a)));
}
/* mask ? a : b, for masks of whole lanes. */
static inline vl vl_select(vl mask, vl a, vl b) {
    return _mm256_castpd_si256(
        _mm256_blendv_pd(_mm256_castsi256_pd(b), _mm256_castsi256_pd(a), _mm256_castsi256_pd(mask)));
}
#define VL_SIGN vl_set(UINT64_C(1) << 63)
#endif

/* ---- canonical and wide ---- */

#if defined(__AVX512F__)
/* a - b, canonical from canonical. */
static inline vl vl_gl_sub(vl a, vl b) {
    vl d = vl_sub(a, b);
    return _mm512_mask_sub_epi64(d, _mm512_cmplt_epu64_mask(a, b), d, vl_set(GL_EPS));
}
/* a + b, wide, for wide a and canonical b: after a carry the sum is at most p - 2, and p - 2 + EPS < 2^64. */
static inline vl vl_gl_add_wide(vl a, vl b) {
    vl sum = vl_add(a, b);
    return _mm512_mask_add_epi64(sum, _mm512_cmplt_epu64_mask(sum, a), sum, vl_set(GL_EPS));
}
static inline vl vl_gl_canonical(vl a) {
    return _mm512_mask_add_epi64(a, _mm512_cmpge_epu64_mask(a, vl_set(GL_P)), a, vl_set(GL_EPS));
}
/* Canonical from a signed integer below p. */
static inline vl vl_gl_from_signed(vl a) {
    return _mm512_mask_add_epi64(a, _mm512_movepi64_mask(a), a, vl_set(GL_P));
}
#else
/* a - b, canonical from canonical. */
static inline vl vl_gl_sub(vl a, vl b) {
    vl borrow = _mm256_cmpgt_epi64(vl_xor(b, VL_SIGN), vl_xor(a, VL_SIGN));
    return vl_sub(vl_sub(a, b), vl_high(borrow));
}
/* a + b, wide, for wide a and canonical b: after a carry the sum is at most p - 2, and p - 2 + EPS < 2^64. */
static inline vl vl_gl_add_wide(vl a, vl b) {
    vl sum = vl_add(a, b), carry = _mm256_cmpgt_epi64(vl_xor(a, VL_SIGN), vl_xor(sum, VL_SIGN));
    return vl_add(sum, vl_high(carry));
}
static inline vl vl_gl_canonical(vl a) {
    vl below_p = _mm256_cmpgt_epi64(vl_set(GL_P ^ UINT64_C(1) << 63), vl_xor(a, VL_SIGN));
    return vl_add(a, _mm256_andnot_si256(below_p, vl_set(GL_EPS)));
}
/* Canonical from a signed integer below p. */
static inline vl vl_gl_from_signed(vl a) {
    vl negative = _mm256_cmpgt_epi64(vl_zero(), a);
    return vl_add(a, _mm256_and_si256(negative, vl_set(GL_P)));
}
#endif

/* a + b, canonical from canonical: a - (p - b). */
static inline vl vl_gl_add(vl a, vl b) {
    return vl_gl_sub(a, vl_sub(vl_set(GL_P), b));
}

/* ---- splits ---- */

typedef struct split {
    vl z, y;
} split;

static inline split split_of(vl x) {
    return (split){vl_low(x), vl_high(x)};
}
static inline split split_add(split a, split b) {
    return (split){vl_add(a.z, b.z), vl_add(a.y, b.y)};
}
static inline split split_sub(split a, split b) {
    return (split){vl_sub(a.z, b.z), vl_sub(a.y, b.y)};
}

/* For |z|, |y| < 2^60: addends y 2^32 and w of a wide representative, which pass 2^64 at most once; then their sum is
 * less than 2^63, so adding 2^32 - 1 for the carry passes it no second time.
 * The offsets (z, y) = (2^61 + 2^29, 2^61 - 2^30) are 0 mod p: 2^32 (2^61 - 2^30) = 2^29 2^64 - 2^62 = 2^61 - 2^29 -
 * 2^62. They make 0 < y' < 2^62 and 2^60 < z' < 2^61 + 2^60 + 2^29. With y' = y0 + 2^32 y1, y1 < 2^30, the value is
 * 2^32 y0 + w, w = z' + (2^32 - 1) y1 < 2^63. */
typedef struct addends {
    vl high, low;
} addends;
static inline addends split_addends(split s) {
    vl y = vl_add(s.y, vl_set((UINT64_C(1) << 61) - (UINT64_C(1) << 30)));
    vl z = vl_add(s.z, vl_set((UINT64_C(1) << 61) + (UINT64_C(1) << 29)));
    return (addends){vl_shl(y, 32), vl_add(z, vl_mul32(vl_high(y), vl_set(GL_EPS)))};
}
#if defined(__AVX512F__)
static inline vl split_wide(split s) {
    addends a = split_addends(s);
    vl sum = vl_add(a.high, a.low);
    return _mm512_mask_add_epi64(sum, _mm512_cmplt_epu64_mask(sum, a.low), sum, vl_set(GL_EPS));
}
static inline vl split_canonical(split s) {
    return vl_gl_canonical(split_wide(s));
}
#else
/* With the sign bit flipped. */
static inline vl split_flipped(split s) {
    addends a = split_addends(s);
    vl t = vl_xor(a.high, VL_SIGN), sum = vl_add(t, a.low);
    vl carry = _mm256_cmpgt_epi64(t, sum);
    return vl_add(sum, vl_high(carry));
}
static inline vl split_wide(split s) {
    return vl_xor(split_flipped(s), VL_SIGN);
}
static inline vl split_canonical(split s) {
    vl x = split_flipped(s), below_p = _mm256_cmpgt_epi64(vl_set(GL_P ^ UINT64_C(1) << 63), x);
    /* flips the sign bit back and subtracts p (adds 2^32 - 1) where x >= p */
    return vl_add(x, vl_select(below_p, VL_SIGN, vl_set((UINT64_C(1) << 63) + GL_EPS)));
}
#endif

/* x y for wide x, y: z in (-4 2^32, 2^32), y in [0, 6 2^32). */
static inline split split_mul(vl x, vl y) {
    vl xh = vl_high_operand(x), yh = vl_high_operand(y);
    vl ll = vl_mul32(x, y), lh = vl_mul32(x, yh), hl = vl_mul32(xh, y), hh = vl_mul32(xh, yh);
    vl x1 = vl_add(vl_high(ll), vl_add(vl_low(lh), vl_low(hl)));
    vl x2 = vl_add(vl_low(hh), vl_add(vl_high(lh), vl_high(hl)));
    return (split){vl_sub(vl_low(ll), vl_add(x2, vl_high(hh))), vl_add(x1, x2)};
}

static inline vl vl_gl_mul(vl a, vl b) {
    return split_canonical(split_mul(a, b));
}

/* ---- sums of products ---- */

/* A factor and its high half as an operand. */
typedef struct factor {
    vl lo, hi;
} factor;

static inline factor factor_of(vl x) {
    return (factor){x, vl_high_operand(x)};
}
static inline factor factor_set(gl x) {
    return (factor){vl_set(x), vl_set(x >> 32)};
}

/* Sums of partial products mod 2^64, and of their high halves: sum (p mod 2^32) = sum p - 2^32 sum (p >> 32), exact as
 * long as there are fewer than 2^32 terms. */
typedef struct products {
    vl ll, ll_high, mid, mid_high, hh, hh_high;
} products;

static inline products products_of(factor x, factor y) {
    vl ll = vl_mul32(x.lo, y.lo), lh = vl_mul32(x.lo, y.hi), hl = vl_mul32(x.hi, y.lo), hh = vl_mul32(x.hi, y.hi);
    return (products){ll, vl_high(ll), vl_add(lh, hl), vl_add(vl_high(lh), vl_high(hl)), hh, vl_high(hh)};
}
static inline products products_add(products s, products t) {
    return (products){vl_add(s.ll, t.ll),   vl_add(s.ll_high, t.ll_high),
                      vl_add(s.mid, t.mid), vl_add(s.mid_high, t.mid_high),
                      vl_add(s.hh, t.hh),   vl_add(s.hh_high, t.hh_high)};
}
static inline products products_mac(products s, factor x, factor y) {
    return products_add(s, products_of(x, y));
}

/* Of n products: z in (-4n 2^32, n 2^32), y in [0, 6n 2^32) as for one. */
static inline split products_split(products s) {
    vl x0 = vl_sub(s.ll, vl_shl(s.ll_high, 32));
    vl x1 = vl_add(s.ll_high, vl_sub(s.mid, vl_shl(s.mid_high, 32)));
    vl x2 = vl_add(s.mid_high, vl_sub(s.hh, vl_shl(s.hh_high, 32)));
    return (split){vl_sub(x0, vl_add(x2, s.hh_high)), vl_add(x1, x2)};
}
#endif
