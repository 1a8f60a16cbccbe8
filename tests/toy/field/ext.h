/* tests/toy/field/ext: takes the place of src/field/ext.h: E = F (EXT_DEG 1) or F[X]/(X^2 - g), g the generator (no
 * square). */
#ifndef FIELD_EXT_H
#define FIELD_EXT_H
#include "field/gl.h"

typedef struct ext {
    gl c[EXT_DEG];
} ext;

#define EXT_ZERO ((ext){{0}})
#define EXT_ONE ((ext){{1}})

static inline ext ext_from(gl a) {
    ext r = EXT_ZERO;
    r.c[0] = a % toy_p;
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
#if EXT_DEG == 1
    return (ext){{gl_mul(a.c[0], b.c[0])}};
#else
    return (ext){{gl_add(gl_mul(a.c[0], b.c[0]), gl_mul(toy_generator, gl_mul(a.c[1], b.c[1]))),
                  gl_add(gl_mul(a.c[0], b.c[1]), gl_mul(a.c[1], b.c[0]))}};
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
static inline ext ext_one_minus(ext a) {
    return ext_sub(EXT_ONE, a);
}
static inline ext ext_lerp(ext a, ext b, ext r) {
    return ext_add(a, ext_mul(r, ext_sub(b, a)));
}
static inline ext ext_theta(int j) {
    ext r = EXT_ZERO;
    r.c[j] = 1;
    return r;
}
ext ext_inv(ext a);
#endif
