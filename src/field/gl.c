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

gl gl_inv(gl a) {
    return gl_pow(a, GL_P - 2);
}

gl gl_root(unsigned log_n) {
    gl w = GL_ROOT_32;
    for (unsigned i = log_n; i < GL_TWO_ADICITY; i++) w = gl_mul(w, w);
    return w;
}
