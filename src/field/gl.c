#include "field/gl.h"

/* (GL_GEN^((p-1)/2^32))^5, a primitive 2^32-th root of unity. 5 is the least odd power for which the 2^29-th power is
 * 2^24, so that multiplying by an 8th root is a shift; tests/unit/test_field.c recomputes it. */
#define GL_ROOT_32 UINT64_C(0xE2AF70635744FD26)

gl gl_pow(gl a, uint64_t e) {
    gl r = 1;
    for (; e != 0; e >>= 1) {
        if (e & 1) r = gl_mul(r, a);
        a = gl_mul(a, a);
    }
    return r;
}

/* a^(2^n) b */
static gl square_times(gl a, unsigned n, gl b) {
    while (n-- > 0) a = gl_mul(a, a);
    return gl_mul(a, b);
}

/* a^(p - 2); in binary p - 2 is 31 ones, a zero and 32 ones. ones_n = a^(2^n - 1). */
gl gl_inv(gl a) {
    gl ones_3 = square_times(square_times(a, 1, a), 1, a), ones_6 = square_times(ones_3, 3, ones_3);
    gl ones_12 = square_times(ones_6, 6, ones_6), ones_24 = square_times(ones_12, 12, ones_12);
    gl ones_31 = square_times(square_times(ones_24, 6, ones_6), 1, a);
    return square_times(ones_31, 33, square_times(ones_31, 1, a));
}

gl gl_root(unsigned log_n) {
    gl w = GL_ROOT_32;
    for (unsigned i = log_n; i < GL_TWO_ADICITY; i++) w = gl_mul(w, w);
    return w;
}
