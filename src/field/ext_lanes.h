/* field/ext_lanes: VL elements of E in vectors, for the AVX2 and AVX-512 kernels. Sums of products stay unreduced by
 * power of theta until their end (gl_lanes.h has the bounds). */
#ifndef FIELD_EXT_LANES_H
#define FIELD_EXT_LANES_H
#include "field/gl_lanes.h"
#include "field/vec.h"

/* VL elements of E. */
typedef struct el {
    vl c[EXT_DEG];
} el;

/* ... as factors. */
typedef struct efactor {
    factor c[EXT_DEG];
} efactor;

/* Sums of products of E, by the power of theta. */
typedef struct esum {
    products power[2 * EXT_DEG - 1];
} esum;

/* Multiplication by a fixed s: coordinate k of s x is sum_j m[k][j] x_j. */
typedef struct ematrix {
    factor m[EXT_DEG][EXT_DEG];
} ematrix;

/* Steps after which a sum is reduced. A step adds one product of E, at most 8 products of F to a coordinate (EXT_DEG 2:
 * 1 + 7 1; EXT_DEG 3: 2 + 2 + 1), so |z|, |y| < 6 2^32 8 2^18 < 2^56; split_wide allows 2^60. */
enum { STEPS = 1 << 18 };

/* The end of the block of at most STEPS steps of VL that starts at i. */
static inline size_t block_end(size_t i, size_t n) {
    size_t left = (n - i) / VL;
    return i + VL * (left < STEPS ? left : STEPS);
}

static inline el el_load(extv v, size_t i) {
    el r;
    for (int j = 0; j < EXT_DEG; j++) r.c[j] = vl_load(v.c[j] + i);
    return r;
}

static inline void el_store(extv v, size_t i, el x) {
    for (int j = 0; j < EXT_DEG; j++) vl_store(v.c[j] + i, x.c[j]);
}

/* a[2i], a[2i+2], .. and a[2i+1], a[2i+3], .. */
typedef struct pair_l {
    el even, odd;
} pair_l;

#if defined(__AVX512F__)
static inline pair_l pair_l_load(extv a, size_t i) {
    const vl evens = _mm512_set_epi64(14, 12, 10, 8, 6, 4, 2, 0), odds = _mm512_set_epi64(15, 13, 11, 9, 7, 5, 3, 1);
    pair_l r;
    for (int j = 0; j < EXT_DEG; j++) {
        vl x = vl_load(a.c[j] + 2 * i), y = vl_load(a.c[j] + 2 * i + VL);
        r.even.c[j] = _mm512_permutex2var_epi64(x, evens, y);
        r.odd.c[j] = _mm512_permutex2var_epi64(x, odds, y);
    }
    return r;
}

/* Between natural order and the order of pair_l. */
static inline el el_reorder(el x) {
    return x;
}

/* Elements i .. i + 7 to the places i/2 .. i/2 + 3 of the even and the odd array; i a multiple of 8. */
static inline void pair_l_store(extv even, extv odd, size_t i, el x) {
    const vl halves = _mm512_set_epi64(7, 5, 3, 1, 6, 4, 2, 0);
    for (int j = 0; j < EXT_DEG; j++) {
        vl v = _mm512_permutexvar_epi64(halves, x.c[j]);
        _mm256_storeu_si256((__m256i *)(void *)(even.c[j] + i / 2), _mm512_castsi512_si256(v));
        _mm256_storeu_si256((__m256i *)(void *)(odd.c[j] + i / 2), _mm512_extracti64x4_epi64(v, 1));
    }
}
#else
/* In the order i, i+2, i+1, i+3: what two unpacks give. */
static inline pair_l pair_l_load(extv a, size_t i) {
    pair_l r;
    for (int j = 0; j < EXT_DEG; j++) {
        vl x = vl_load(a.c[j] + 2 * i), y = vl_load(a.c[j] + 2 * i + VL);
        r.even.c[j] = _mm256_unpacklo_epi64(x, y);
        r.odd.c[j] = _mm256_unpackhi_epi64(x, y);
    }
    return r;
}

/* Between natural order and the order of pair_l; its own inverse. */
static inline el el_reorder(el x) {
    for (int j = 0; j < EXT_DEG; j++) x.c[j] = _mm256_permute4x64_epi64(x.c[j], 0xD8);
    return x;
}

/* Elements i .. i + 3 to the places i/2, i/2 + 1 of the even and the odd array; i a multiple of 4. */
static inline void pair_l_store(extv even, extv odd, size_t i, el x) {
    x = el_reorder(x);
    for (int j = 0; j < EXT_DEG; j++) {
        _mm_storeu_si128((__m128i *)(void *)(even.c[j] + i / 2), _mm256_castsi256_si128(x.c[j]));
        _mm_storeu_si128((__m128i *)(void *)(odd.c[j] + i / 2), _mm256_extracti128_si256(x.c[j], 1));
    }
}
#endif

static inline el el_add(el a, el b) {
    for (int j = 0; j < EXT_DEG; j++) a.c[j] = vl_gl_add(a.c[j], b.c[j]);
    return a;
}

static inline el el_sub(el a, el b) {
    for (int j = 0; j < EXT_DEG; j++) a.c[j] = vl_gl_sub(a.c[j], b.c[j]);
    return a;
}

static inline el el_add_wide(el a, el b) {
    for (int j = 0; j < EXT_DEG; j++) a.c[j] = vl_gl_add_wide(a.c[j], b.c[j]);
    return a;
}

static inline efactor efactor_of(el x) {
    efactor r;
    for (int j = 0; j < EXT_DEG; j++) r.c[j] = factor_of(x.c[j]);
    return r;
}

static inline esum esum_zero(void) {
    esum s;
    vl zero = vl_zero();
    for (int k = 0; k < 2 * EXT_DEG - 1; k++) s.power[k] = (products){zero, zero, zero, zero, zero, zero};
    return s;
}

static inline esum esum_mac(esum s, efactor x, efactor y) {
    for (int j = 0; j < EXT_DEG; j++)
        for (int k = 0; k < EXT_DEG; k++) s.power[j + k] = products_mac(s.power[j + k], x.c[j], y.c[k]);
    return s;
}

/* The first product of a sum. */
static inline esum esum_mul(efactor x, efactor y) {
    esum s;
#if EXT_DEG == 2
    s.power[0] = products_of(x.c[0], y.c[0]);
    s.power[1] = products_mac(products_of(x.c[0], y.c[1]), x.c[1], y.c[0]);
    s.power[2] = products_of(x.c[1], y.c[1]);
#else
    s.power[0] = products_of(x.c[0], y.c[0]);
    s.power[1] = products_mac(products_of(x.c[0], y.c[1]), x.c[1], y.c[0]);
    s.power[2] = products_mac(products_mac(products_of(x.c[0], y.c[2]), x.c[1], y.c[1]), x.c[2], y.c[0]);
    s.power[3] = products_mac(products_of(x.c[1], y.c[2]), x.c[2], y.c[1]);
    s.power[4] = products_of(x.c[2], y.c[2]);
#endif
    return s;
}

typedef struct esplit {
    split c[EXT_DEG];
} esplit;

/* theta^2 = 7, or theta^3 = theta + 1. */
static inline esplit esum_split(esum s) {
    split p[2 * EXT_DEG - 1];
    for (int k = 0; k < 2 * EXT_DEG - 1; k++) p[k] = products_split(s.power[k]);
#if EXT_DEG == 2
    split eight = {vl_shl(p[2].z, 3), vl_shl(p[2].y, 3)};
    return (esplit){{split_add(p[0], split_sub(eight, p[2])), p[1]}};
#else
    return (esplit){{split_add(p[0], p[3]), split_add(p[1], split_add(p[3], p[4])), split_add(p[2], p[4])}};
#endif
}

static inline el esplit_wide(esplit s) {
    el r;
    for (int j = 0; j < EXT_DEG; j++) r.c[j] = split_wide(s.c[j]);
    return r;
}

static inline el esplit_canonical(esplit s) {
    el r;
    for (int j = 0; j < EXT_DEG; j++) r.c[j] = split_canonical(s.c[j]);
    return r;
}

static inline el el_mul(el a, el b) {
    return esplit_canonical(esum_split(esum_mul(efactor_of(a), efactor_of(b))));
}
static inline el el_mul_wide(el a, el b) {
    return esplit_wide(esum_split(esum_mul(efactor_of(a), efactor_of(b))));
}

/* Column j of the matrix is s theta^j. */
static inline ematrix ematrix_of(ext s) {
    ematrix r;
    for (int j = 0; j < EXT_DEG; j++, s = ext_mul(s, ext_theta(1)))
        for (int k = 0; k < EXT_DEG; k++) r.m[k][j] = factor_set(s.c[k]);
    return r;
}

/* s x + add, add wide. */
static inline el el_axpy(const ematrix *s, el x, el add) {
    efactor f = efactor_of(x);
    el r;
    for (int k = 0; k < EXT_DEG; k++) {
        products p = products_of(s->m[k][0], f.c[0]);
        for (int j = 1; j < EXT_DEG; j++) p = products_mac(p, s->m[k][j], f.c[j]);
        r.c[k] = split_canonical(split_add(products_split(p), split_of(add.c[k])));
    }
    return r;
}

static inline el el_scale(const ematrix *s, el x) {
    efactor f = efactor_of(x);
    el r;
    for (int k = 0; k < EXT_DEG; k++) {
        products p = products_of(s->m[k][0], f.c[0]);
        for (int j = 1; j < EXT_DEG; j++) p = products_mac(p, s->m[k][j], f.c[j]);
        r.c[k] = split_canonical(products_split(p));
    }
    return r;
}

/* The sum of the elements. */
static inline ext el_total(el x) {
    ext r = EXT_ZERO;
    for (int j = 0; j < EXT_DEG; j++) {
        gl lane[VL];
        vl_store(lane, x.c[j]);
        r.c[j] = lane[0];
        for (int k = 1; k < VL; k++) r.c[j] = gl_add(r.c[j], lane[k]);
    }
    return r;
}

static inline ext esum_total(esum s) {
    return el_total(esplit_canonical(esum_split(s)));
}

/* field/vec_avx2_int.c */
ext vec_avx2_dot_i16(extv a, const int16_t *b, size_t n);
ext vec_avx2_dot_i8(extv a, const int8_t *b, size_t n);
void vec_avx2_byte_products(int32_t out[BYTE_LANES][BYTE_OUTPUTS], const uint8_t *bytes, const int8_t *weights,
                            size_t quads);
#endif
