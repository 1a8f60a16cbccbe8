/* field/ext_avx2: four elements of E in vectors, for the AVX2 kernels. Sums of products stay unreduced by power of
 * theta until their end (gl_avx2.h has the bounds). */
#ifndef FIELD_EXT_AVX2_H
#define FIELD_EXT_AVX2_H
#include "field/gl_avx2.h"
#include "field/vec.h"

/* Four elements of E. */
typedef struct e4 {
    v4 c[EXT_DEG];
} e4;

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
 * 1 + 7 1; EXT_DEG 3: 2 + 2 + 1), so |z|, |y| < 6 2^32 8 2^18 < 2^56; split_fold allows 2^60. */
enum { STEPS = 1 << 18 };

/* The end of the block of at most STEPS steps of four that starts at i. */
static inline size_t block_end(size_t i, size_t n) {
    size_t left = (n - i) / 4;
    return i + 4 * (left < STEPS ? left : STEPS);
}

static inline e4 e4_load(extv v, size_t i) {
    e4 r;
    for (int j = 0; j < EXT_DEG; j++) r.c[j] = v4_load(v.c[j] + i);
    return r;
}

static inline void e4_store(extv v, size_t i, e4 x) {
    for (int j = 0; j < EXT_DEG; j++) v4_store(v.c[j] + i, x.c[j]);
}

/* a[2i], a[2i+2], .. and a[2i+1], a[2i+3], .., both in the order i, i+2, i+1, i+3: what two unpacks give. */
typedef struct pair4 {
    e4 even, odd;
} pair4;

static inline pair4 pair4_load(extv a, size_t i) {
    pair4 r;
    for (int j = 0; j < EXT_DEG; j++) {
        v4 x = v4_load(a.c[j] + 2 * i), y = v4_load(a.c[j] + 2 * i + 4);
        r.even.c[j] = _mm256_unpacklo_epi64(x, y);
        r.odd.c[j] = _mm256_unpackhi_epi64(x, y);
    }
    return r;
}

/* Between natural order and the order of pair4; its own inverse. */
static inline e4 e4_reorder(e4 x) {
    for (int j = 0; j < EXT_DEG; j++) x.c[j] = _mm256_permute4x64_epi64(x.c[j], 0xD8);
    return x;
}

static inline e4 e4_add(e4 a, e4 b) {
    for (int j = 0; j < EXT_DEG; j++) a.c[j] = v4_gl_add(a.c[j], b.c[j]);
    return a;
}

static inline e4 e4_sub(e4 a, e4 b) {
    for (int j = 0; j < EXT_DEG; j++) a.c[j] = v4_gl_sub(a.c[j], b.c[j]);
    return a;
}

static inline e4 e4_add_wide(e4 a, e4 b) {
    for (int j = 0; j < EXT_DEG; j++) a.c[j] = v4_gl_add_wide(a.c[j], b.c[j]);
    return a;
}

static inline efactor efactor_of(e4 x) {
    efactor r;
    for (int j = 0; j < EXT_DEG; j++) r.c[j] = factor_of(x.c[j]);
    return r;
}

static inline esum esum_zero(void) {
    esum s;
    v4 zero = _mm256_setzero_si256();
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
    split eight = {_mm256_slli_epi64(p[2].z, 3), _mm256_slli_epi64(p[2].y, 3)};
    return (esplit){{split_add(p[0], split_sub(eight, p[2])), p[1]}};
#else
    return (esplit){{split_add(p[0], p[3]), split_add(p[1], split_add(p[3], p[4])), split_add(p[2], p[4])}};
#endif
}

static inline e4 esplit_wide(esplit s) {
    e4 r;
    for (int j = 0; j < EXT_DEG; j++) r.c[j] = split_wide(s.c[j]);
    return r;
}

static inline e4 esplit_canonical(esplit s) {
    e4 r;
    for (int j = 0; j < EXT_DEG; j++) r.c[j] = split_canonical(s.c[j]);
    return r;
}

static inline e4 e4_mul(e4 a, e4 b) {
    return esplit_canonical(esum_split(esum_mul(efactor_of(a), efactor_of(b))));
}
static inline e4 e4_mul_wide(e4 a, e4 b) {
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
static inline e4 e4_axpy(const ematrix *s, e4 x, e4 add) {
    efactor f = efactor_of(x);
    e4 r;
    for (int k = 0; k < EXT_DEG; k++) {
        products p = products_of(s->m[k][0], f.c[0]);
        for (int j = 1; j < EXT_DEG; j++) p = products_mac(p, s->m[k][j], f.c[j]);
        r.c[k] = split_canonical(split_add(products_split(p), split_of(add.c[k])));
    }
    return r;
}

static inline e4 e4_scale(const ematrix *s, e4 x) {
    efactor f = efactor_of(x);
    e4 r;
    for (int k = 0; k < EXT_DEG; k++) {
        products p = products_of(s->m[k][0], f.c[0]);
        for (int j = 1; j < EXT_DEG; j++) p = products_mac(p, s->m[k][j], f.c[j]);
        r.c[k] = split_canonical(products_split(p));
    }
    return r;
}

/* The sum of the four elements. */
static inline ext e4_total(e4 x) {
    ext r = EXT_ZERO;
    for (int j = 0; j < EXT_DEG; j++) {
        gl lane[4];
        v4_store(lane, x.c[j]);
        r.c[j] = gl_add(gl_add(lane[0], lane[1]), gl_add(lane[2], lane[3]));
    }
    return r;
}

static inline ext esum_total(esum s) {
    return e4_total(esplit_canonical(esum_split(s)));
}

/* field/vec_avx2_int.c */
ext vec_avx2_dot_i32(extv a, const int32_t *b, size_t n);
ext vec_avx2_dot_i16(extv a, const int16_t *b, size_t n);
ext vec_avx2_dot_i8(extv a, const int8_t *b, size_t n);
#endif
