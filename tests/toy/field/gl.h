/* tests/toy/field/gl: takes the place of src/field/gl.h: F of a small prime that the test chooses (toy_field), so that
 * challenges, messages and secrets can be enumerated. The protocol's sources are compiled unchanged against it. */
#ifndef FIELD_GL_H
#define FIELD_GL_H
#include <stdbool.h>
#include <stdint.h>

typedef uint64_t gl;
extern uint64_t toy_p, toy_generator, toy_wrap; /* a prime below 2^16, a generator of F^*, 2^64 mod p */
#define GL_P toy_p
#define GL_EPS toy_wrap
#define GL_GEN toy_generator
#define GL_TWO_ADICITY 32 /* limits of sizes are the real field's */

static inline gl gl_canonical(uint64_t a) {
    return a % toy_p;
}
static inline gl gl_add(gl a, gl b) {
    return a + b >= toy_p ? a + b - toy_p : a + b;
}
static inline gl gl_sub(gl a, gl b) {
    return a >= b ? a - b : a + toy_p - b;
}
static inline gl gl_neg(gl a) {
    return gl_sub(0, a);
}
static inline gl gl_mul(gl a, gl b) {
    return a * b % toy_p;
}
static inline gl gl_reduce128(uint64_t lo, uint64_t hi) {
    return (lo % toy_p + hi % toy_p * toy_wrap) % toy_p;
}
static inline gl gl_from_i64(int64_t v) {
    return v >= 0 ? (uint64_t)v % toy_p : gl_neg((0 - (uint64_t)v) % toy_p);
}
static inline int64_t gl_to_i64(gl a) {
    return a > (toy_p - 1) / 2 ? -(int64_t)(toy_p - a) : (int64_t)a;
}
gl gl_pow(gl a, uint64_t e);
gl gl_inv(gl a);
gl gl_root(unsigned log_n); /* toy_generator^((p-1) / 2^log_n); 2^log_n must divide p - 1 */
#endif
