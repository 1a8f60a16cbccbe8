/* field/ext: E, the extension in which every challenge lies. EXT_DEG 2: F[X]/(X^2 - 7), profile P100;
 * EXT_DEG 3: F[X]/(X^3 - X - 1), profile P128. Basis 1, theta, theta^2; coordinate 0 is the F part.
 * A multiplication costs EXT_DEG^2 (schoolbook) multiplications in F. */
#ifndef FIELD_EXT_H
#define FIELD_EXT_H
#include "field/gl.h"

#ifndef EXT_DEG
#define EXT_DEG 2
#endif

typedef struct ext {
    gl c[EXT_DEG];
} ext;

#define EXT_ZERO ((ext){{0}})
#define EXT_ONE ((ext){{1}})

static inline ext ext_from(gl a) {
    ext r = EXT_ZERO;
    r.c[0] = a;
    return r;
}
static inline ext ext_from_i64(int64_t v) {
    return ext_from(gl_from_i64(v));
}
static inline ext ext_add(ext a, ext b) {
    for (int j = 0; j < EXT_DEG; j++) a.c[j] = gl_add(a.c[j], b.c[j]);
    return a;
}
static inline ext ext_sub(ext a, ext b) {
    for (int j = 0; j < EXT_DEG; j++) a.c[j] = gl_sub(a.c[j], b.c[j]);
    return a;
}
static inline ext ext_neg(ext a) {
    return ext_sub(EXT_ZERO, a);
}
static inline ext ext_scale(ext a, gl s) {
    for (int j = 0; j < EXT_DEG; j++) a.c[j] = gl_mul(a.c[j], s);
    return a;
}
static inline ext ext_mul(ext a, ext b) {
#if EXT_DEG == 2
    gl_sum c0 = gl_sum_add(gl_product(a.c[0], b.c[0]), gl_product(a.c[1], gl_mul(b.c[1], 7)));
    gl_sum c1 = gl_sum_add(gl_product(a.c[0], b.c[1]), gl_product(a.c[1], b.c[0]));
    return (ext){{gl_sum_reduce(c0), gl_sum_reduce(c1)}};
#elif EXT_DEG == 3
    gl_sum c3 = gl_sum_add(gl_product(a.c[1], b.c[2]), gl_product(a.c[2], b.c[1])), c4 = gl_product(a.c[2], b.c[2]);
    gl_sum c0 = gl_sum_add(c3, gl_product(a.c[0], b.c[0]));
    gl_sum c1 = gl_sum_add(gl_sum_add(c3, gl_product(a.c[0], b.c[1])), gl_product(a.c[1], b.c[0]));
    gl_sum c2 = gl_sum_add(gl_product(a.c[0], b.c[2]), gl_product(a.c[1], b.c[1]));
    c1 = gl_sum_add(c1, c4);
    c2 = gl_sum_add(gl_sum_add(c2, gl_product(a.c[2], b.c[0])), c4);
    return (ext){{gl_sum_reduce(c0), gl_sum_reduce(c1), gl_sum_reduce(c2)}};
#else
#error "EXT_DEG must be 2 or 3"
#endif
}
static inline bool ext_equal(ext a, ext b) {
    uint64_t d = 0;
    for (int j = 0; j < EXT_DEG; j++) d |= a.c[j] ^ b.c[j];
    return d == 0;
}
static inline bool ext_is_zero(ext a) {
    return ext_equal(a, EXT_ZERO);
}
/* 1 - a */
static inline ext ext_one_minus(ext a) {
    return ext_sub(EXT_ONE, a);
}
/* a + r (b - a) */
static inline ext ext_lerp(ext a, ext b, ext r) {
    return ext_add(a, ext_mul(r, ext_sub(b, a)));
}
/* theta^j */
static inline ext ext_theta(int j) {
    ext r = EXT_ZERO;
    r.c[j] = 1;
    return r;
}
ext ext_inv(ext a); /* a != 0 */
#endif
