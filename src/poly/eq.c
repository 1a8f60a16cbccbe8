#include "poly/eq.h"

/* eq(z, x) in one variable: z x + (1-z)(1-x) = 1 - z - x + 2 z x */
static ext eq_one(ext z, ext x) {
    ext zx = ext_mul(z, x);
    return ext_add(ext_sub(ext_one_minus(z), x), ext_add(zx, zx));
}

ext eq_eval(const ext *z, const ext *x, unsigned n) {
    ext r = EXT_ONE;
    for (unsigned i = 0; i < n; i++) r = ext_mul(r, eq_one(z[i], x[i]));
    return r;
}

ext eq_index(const ext *z, unsigned n, uint64_t i) {
    ext r = EXT_ONE;
    for (unsigned k = 0; k < n; k++) r = ext_mul(r, (i >> k & 1) != 0 ? z[k] : ext_one_minus(z[k]));
    return r;
}

void eq_table(ext *out, const ext *z, unsigned n) {
    out[0] = EXT_ONE;
    for (unsigned k = 0; k < n; k++) {
        size_t half = (size_t)1 << k;
        for (size_t i = 0; i < half; i++) {
            out[half + i] = ext_mul(out[i], z[k]);
            out[i] = ext_sub(out[i], out[half + i]);
        }
    }
}

/* The three prefix sums go up the variables. Invariant after variable k, with c = count mod 2^(k+1): the sum over the
 * indices i < c of k+1 bits. Bit k of count set: all of the lower half and the first c - 2^k of the upper one;
 * clear: the first c of the lower half. count = 2^n is all of them. */
ext eq_prefix(const ext *z, unsigned n, uint64_t count) {
    if ((count >> n) != 0) return EXT_ONE;
    ext sum = EXT_ZERO;
    for (unsigned k = 0; k < n; k++) {
        ext lower = ext_one_minus(z[k]);
        sum = (count >> k & 1) != 0 ? ext_add(lower, ext_mul(z[k], sum)) : ext_mul(lower, sum);
    }
    return sum;
}

ext eq_prefix_index(const ext *z, unsigned n, uint64_t count) {
    ext ones = EXT_ZERO, sum = EXT_ZERO, all = EXT_ZERO; /* prefix of 1; prefix of i; i over all k-bit indices */
    for (unsigned k = 0; k < n; k++) {
        ext lower = ext_one_minus(z[k]), shifted = ext_scale(z[k], (gl)1 << k);
        if ((count >> k & 1) != 0) {
            sum = ext_add(ext_add(ext_mul(lower, all), ext_mul(z[k], sum)), ext_mul(shifted, ones));
            ones = ext_add(lower, ext_mul(z[k], ones));
        } else {
            sum = ext_mul(lower, sum);
            ones = ext_mul(lower, ones);
        }
        all = ext_add(all, shifted);
    }
    return (count >> n) != 0 ? all : sum;
}

ext eq_prefix_pair(const ext *z, const ext *x, unsigned n, uint64_t count) {
    ext sum = EXT_ZERO, all = EXT_ONE;
    for (unsigned k = 0; k < n; k++) {
        ext lower = ext_mul(ext_one_minus(z[k]), ext_one_minus(x[k])), upper = ext_mul(z[k], x[k]);
        sum = (count >> k & 1) != 0 ? ext_add(ext_mul(lower, all), ext_mul(upper, sum)) : ext_mul(lower, sum);
        all = ext_mul(all, ext_add(lower, upper));
    }
    return (count >> n) != 0 ? all : sum;
}

ext eq_late(const ext *x, unsigned from, unsigned n) {
    ext r = EXT_ONE;
    for (unsigned i = from; i < n; i++) r = ext_mul(r, ext_one_minus(x[i]));
    return r;
}
