#include "field/ext.h"

#if EXT_DEG == 2
/* 1 / (a0 + a1 X) = (a0 - a1 X) / (a0^2 - 7 a1^2); 7 is no square, so the norm is 0 for a = 0 alone. */
ext ext_inv(ext a) {
    gl norm = gl_sub(gl_mul(a.c[0], a.c[0]), gl_mul(7, gl_mul(a.c[1], a.c[1])));
    return ext_scale((ext){{a.c[0], gl_neg(a.c[1])}}, gl_inv(norm));
}
#else
/* Multiplication by a is the matrix with the rows (a0, a2, a1), (a1, s, a1 + a2), (a2, a1, s), s = a0 + a2
 * (X^3 = X + 1). The inverse is the first column of its inverse: cofactors over the determinant (the norm). */
ext ext_inv(ext a) {
    gl s = gl_add(a.c[0], a.c[2]), t = gl_add(a.c[1], a.c[2]);
    gl x0 = gl_sub(gl_mul(s, s), gl_mul(t, a.c[1]));
    gl x1 = gl_sub(gl_mul(t, a.c[2]), gl_mul(a.c[1], s));
    gl x2 = gl_sub(gl_mul(a.c[1], a.c[1]), gl_mul(s, a.c[2]));
    gl norm = gl_add(gl_mul(a.c[0], x0), gl_add(gl_mul(a.c[2], x1), gl_mul(a.c[1], x2)));
    return ext_scale((ext){{x0, x1, x2}}, gl_inv(norm));
}
#endif
