/* field/gl: F = F_p, p = 2^64 - 2^32 + 1 (Goldilocks). Every stored gl is canonical (< p); kernels that hold wider
 * values keep them in types of their own. 2^64 = 2^32 - 1 (mod p), so a 128-bit product lo + 2^64 (h0 + 2^32 h1)
 * is lo - h1 + (2^32 - 1) h0. Portable C, constant time for secret data (no branch on values). */
#ifndef FIELD_GL_H
#define FIELD_GL_H
#include <stdbool.h>
#include <stdint.h>
#include "base/wide.h"

typedef uint64_t gl;
#define GL_P UINT64_C(0xFFFFFFFF00000001)
#define GL_EPS UINT64_C(0xFFFFFFFF)
/* Generator of F^*; the coset of every Reed-Solomon domain is GL_GEN * <w_n>. */
#define GL_GEN UINT64_C(7)
#define GL_TWO_ADICITY 32

static inline gl gl_canonical(uint64_t a) {
    return a - (GL_P & (0 - (uint64_t)(a >= GL_P)));
}
static inline gl gl_add(gl a, gl b) {
    uint64_t s = a + b; /* wraps at most once; 2^64 = EPS */
    s += GL_EPS & (0 - (uint64_t)(s < a));
    return gl_canonical(s);
}
static inline gl gl_sub(gl a, gl b) {
    return a - b - (GL_EPS & (0 - (uint64_t)(a < b)));
}
static inline gl gl_neg(gl a) {
    return gl_sub(0, a);
}
static inline gl gl_reduce128(uint64_t lo, uint64_t hi) {
    uint64_t h0 = hi & GL_EPS, h1 = hi >> 32;
    uint64_t t = lo - h1;
    t -= GL_EPS & (0 - (uint64_t)(lo < h1)); /* cannot borrow again: lo - h1 wrapped, so t >= 2^64 - 2^32 */
    uint64_t m = (h0 << 32) - h0, r = t + m;
    r += GL_EPS & (0 - (uint64_t)(r < m)); /* m <= (2^32-1)^2, so the second addition cannot wrap */
    return gl_canonical(r);
}
static inline gl gl_mul(gl a, gl b) {
    uint64_t high, low = mul_64(a, b, &high);
    return gl_reduce128(low, high);
}
/* A sum of products: low + 2^64 high (mod p). */
typedef struct gl_sum {
    uint64_t low;
    gl high;
} gl_sum;
static inline gl_sum gl_product(gl a, gl b) {
    gl_sum r;
    r.low = mul_64(a, b, &r.high);
    return r;
}
/* b is one product: its high word is below p - 2^31, so that the carry may join it. */
static inline gl_sum gl_sum_add(gl_sum a, gl_sum b) {
    uint64_t low = a.low + b.low;
    return (gl_sum){low, gl_add(a.high, b.high + (low < b.low))};
}
static inline gl gl_sum_reduce(gl_sum a) {
    return gl_reduce128(a.low, a.high);
}
/* |v| <= 2^63 - 1; a negative v is p - |v|. */
static inline gl gl_from_i64(int64_t v) {
    return v >= 0 ? gl_canonical((uint64_t)v) : GL_P - gl_canonical(0 - (uint64_t)v);
}
/* The signed reading in [-(p-1)/2, (p-1)/2]. */
static inline int64_t gl_to_i64(gl a) {
    return a > (GL_P - 1) / 2 ? -(int64_t)(GL_P - a) : (int64_t)a;
}
gl gl_pow(gl a, uint64_t e);
gl gl_inv(gl a); /* a != 0 */
/* A primitive 2^log_n-th root of unity, log_n <= 32: GL_GEN^((p-1)/2^log_n) raised to a fixed odd power such that
 * the 8th root is 2^24 (powers of two as internal twiddles). docs/formats.md states the constant. */
gl gl_root(unsigned log_n);
#endif
