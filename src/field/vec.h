/* field/vec: kernels over vectors. A vector of E is EXT_DEG planes of F (structure of arrays): element i is
 * (v.c[0][i], .., v.c[EXT_DEG-1][i]). All inputs and outputs are canonical; planes are 64-byte aligned at their start
 * except where a caller offsets them, so kernels use unaligned loads; every length works (scalar tails).
 * Portable, AVX2 and AVX-512 versions of each, chosen once at start (vec_select); equal results bit for bit. Kernels
 * are single threaded: callers cut the range, sums in a field do not depend on the order. Low variable first: elements
 * 2i, 2i+1 are the two values of the lowest variable. */
#ifndef FIELD_VEC_H
#define FIELD_VEC_H
#include <stddef.h>
#include "field/ext.h"

typedef struct extv {
    gl *c[EXT_DEG];
} extv;

static inline ext extv_get(extv v, size_t i) {
    ext r;
    for (int j = 0; j < EXT_DEG; j++) r.c[j] = v.c[j][i];
    return r;
}
static inline void extv_set(extv v, size_t i, ext x) {
    for (int j = 0; j < EXT_DEG; j++) v.c[j][i] = x.c[j];
}
/* The vector that starts at element i. */
static inline extv extv_at(extv v, size_t i) {
    for (int j = 0; j < EXT_DEG; j++) v.c[j] += i;
    return v;
}

/* Of linear_i23: 24 times 2^23 times 2^32 stays below 2^60. */
enum { VEC_TERMS = 24 };
enum { BYTE_LANES = 8, BYTE_OUTPUTS = 48 };

typedef struct vec_kernels {
    const char *name;
    /* F vectors */
    void (*gl_mul)(gl *out, const gl *a, const gl *b, size_t n); /* out may be a or b */
    void (*gl_scale)(gl *out, const gl *a, gl s, size_t n);
    void (*gl_add)(gl *out, const gl *a, const gl *b, size_t n);
    void (*from_i32)(gl *out, const int32_t *a, size_t n);
    /* E vectors, element-wise */
    void (*add)(extv out, extv a, extv b, size_t n);
    void (*mul)(extv out, extv a, extv b, size_t n);
    void (*scale)(extv out, extv a, ext s, size_t n);              /* out = s a */
    void (*axpy)(extv out, extv a, ext s, size_t n);               /* out += s a */
    void (*axpy_gl)(extv out, const gl *a, ext s, size_t n);       /* out += s a, a in F */
    void (*axpy_i32)(extv out, const int32_t *a, ext s, size_t n); /* out += s a, a a signed integer */
    /* out[i] = base + sum_{k < terms} coef[k] x[k][i]; at most VEC_TERMS terms, -2^22 <= x < 2^22 */
    void (*linear_i23)(extv out, ext base, const ext *coef, const int32_t *const *x, size_t terms, size_t n);
    /* out[i] = a[2i] + r (a[2i+1] - a[2i]), i < n; out may be a */
    void (*fold)(extv out, extv a, ext r, size_t n);
    /* eq table step: out[0..n) = t (1-z), out[n..2n) = t z, in place (t = out[0..n)) */
    void (*eq_step)(extv out, ext z, size_t n);
    /* inner products */
    ext (*dot)(extv a, extv b, size_t n);
    ext (*dot_gl)(extv a, const gl *b, size_t n);
    ext (*dot_i32)(extv a, const int32_t *b, size_t n);
    ext (*dot_i16)(extv a, const int16_t *b, size_t n);
    ext (*dot_i8)(extv a, const int8_t *b, size_t n);
    /* out[l][o] = sum_{c < 4 quads} bytes[c / 4][o][c % 4] weights[c / 4][l][c % 4]: bytes that stay integers (a sum
     * below 2^31 is the caller's: at most 2^16 terms). */
    void (*byte_products)(int32_t out[BYTE_LANES][BYTE_OUTPUTS], const uint8_t *bytes, const int8_t *weights,
                          size_t quads);
    /* out[c] += sum_{r < rows} e[r] x[r * stride + c] for c < cols (out is added to) */
    void (*column_sums_i32)(extv out, extv e, const int32_t *x, size_t rows, size_t cols, size_t stride);
    void (*column_sums_i16)(extv out, extv e, const int16_t *x, size_t rows, size_t cols, size_t stride);
    void (*column_sums_i8)(extv out, extv e, const int8_t *x, size_t rows, size_t cols, size_t stride);
    /* Sumcheck round sums over i < n of products of multilinear tables of 2n elements, at the nodes in `out`:
     * out[0] = value at X = 0, out[1] at X = 2, out[2] (prod3 and prod2_deg3 only) at X = 3. */
    void (*round_prod2)(ext out[2], extv f, extv g, size_t n);
    void (*round_prod2_deg3)(ext out[3], extv f, extv g, size_t n);
    void (*round_prod3)(ext out[3], extv e, extv f, extv g, size_t n);
    /* LogUp layer, Gruen's form: tables of 2n elements, eq of n elements.
     * out[0] = sum eq (a0 d + b0 c)(X = 0), out[1] = the coefficient of X^2 of the same:
     * terms a*d + b*c with a = n_even + mu d_even (prepared by the caller), b = n_odd, c = d_even, d = d_odd. */
    void (*round_logup)(ext out[2], extv eq, extv a, extv b, extv c, extv d, size_t n);
    /* Lookup leaf layer (numerators 1): terms c + d + mu c d. */
    void (*round_logup_leaf)(ext out[2], extv eq, extv c, extv d, ext mu, size_t n);
    /* One level up the fraction tree: numerators and denominators of n parents from the children's even/odd arrays,
     * written into even/odd arrays of n/2 each (n even): N = a_n*b_d + b_n*a_d, D = a_d*b_d. */
    void (*logup_up)(extv ne, extv no, extv de, extv dod, extv a_n, extv b_n, extv a_d, extv b_d, size_t n);
    /* The same from lookup leaves (numerators 1): N = a_d + b_d. */
    void (*logup_up_leaf)(extv ne, extv no, extv de, extv dod, extv a_d, extv b_d, size_t n);
    /* Radix passes of the transform live in poly/ntt; hashing in hash/. */
} vec_kernels;

/* The kernels in use. vec_select(NULL) chooses by the processor, the widest it has, or the ones that TACIT_KERNEL in
 * the environment names, if it has them; vec_select("portable"), ("avx2") or ("avx512") forces one; returns the name in
 * use. Called once by the library's entry points; idempotent, not to be called while kernels run. */
extern const vec_kernels *vec;
const char *vec_select(const char *name);
/* "portable" and, where the processor has them, "avx2" and "avx512" (tests run all). */
const vec_kernels *vec_find(const char *name);

/* The tables behind vec_find; poly/ntt goes by the one in use. */
#if defined(__x86_64__)
#define VEC_HAVE_AVX2 1
#else
#define VEC_HAVE_AVX2 0
#endif
extern const vec_kernels vec_portable;
#if VEC_HAVE_AVX2
extern const vec_kernels vec_avx2, vec_avx512;
#endif
#endif
