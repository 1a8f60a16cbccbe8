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

/* The two prefix sums go up the variables. Invariant after variable k, with c = count mod 2^(k+1): the sum over the
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

/* Up the bits k of i, while j = first + step (i - from) modulo 2^m, which is exact where it counts, is formed bit by
 * bit: for each carry into the next bit, the sums over the (k+1)-bit indices i that lead to it, over all of them and as
 * above over two prefixes. No carry exceeds step. */
typedef struct line_sums {
    ext all, to, from;
} line_sums;

/* w[bit of i][bit of j]; beyond the variables z the bit of i is 0, beyond x no bit of j counts. */
static void line_weights(ext w[2][2], const ext *z, const ext *x) {
    ext zero = z ? ext_one_minus(*z) : EXT_ONE, one = z ? *z : EXT_ZERO;
    w[1][1] = x ? ext_mul(one, *x) : one;
    w[1][0] = x ? ext_sub(one, w[1][1]) : one;
    w[0][1] = x ? ext_sub(*x, w[1][1]) : zero;
    w[0][0] = x ? ext_sub(zero, w[0][1]) : zero;
}

/* One prefix over the indices without and with bit k; half: all without. */
static void line_prefix(ext *without, ext *with, ext sum, bool bit, ext half, ext w0, ext w1) {
    *without = ext_add(*without, bit ? half : ext_mul(w0, sum));
    if (bit) *with = ext_add(*with, ext_mul(w1, sum));
}

static void line_step(line_sums *next, const line_sums *now, uint32_t carries, ext w[2][2], uint32_t bit, unsigned k,
                      const eq_line *l) {
    for (uint32_t c = 0; c <= l->step; c++) next[c] = (line_sums){EXT_ZERO, EXT_ZERO, EXT_ZERO};
    for (uint32_t c = 0; c < carries; c++) {
        uint32_t low = c + bit, high = low + l->step;
        line_sums *without = &next[low / 2], *with = &next[high / 2];
        ext w0 = w[0][low % 2], w1 = w[1][high % 2], half = ext_mul(w0, now[c].all);
        without->all = ext_add(without->all, half);
        with->all = ext_add(with->all, ext_mul(w1, now[c].all));
        line_prefix(&without->to, &with->to, now[c].to, l->to >> k & 1, half, w0, w1);
        if (l->from) line_prefix(&without->from, &with->from, now[c].from, l->from >> k & 1, half, w0, w1);
    }
}

ext eq_line_sum(const ext *z, unsigned n, const ext *x, unsigned m, const eq_line *l) {
    line_sums sums[2][EQ_MAX_STEP + 1] = {{{.all = EXT_ONE}}}, *now = sums[0];
    uint64_t start = l->first - l->step * l->from;
    uint32_t carries = 1;
    ext r = EXT_ZERO, w[2][2];
    for (unsigned k = 0; k < n || k < m; k++) {
        uint32_t bit = start >> k & 1;
        line_weights(w, k < n ? &z[k] : NULL, k < m ? &x[k] : NULL);
        line_step(sums[(k + 1) % 2], now, carries, w, bit, k, l);
        now = sums[(k + 1) % 2];
        carries = (carries - 1 + bit + l->step) / 2 + 1;
    }
    for (uint32_t c = 0; c < carries; c++) r = ext_add(r, ext_sub(l->to >> n ? now[c].all : now[c].to, now[c].from));
    return r;
}

ext eq_late(const ext *x, unsigned from, unsigned n) {
    ext r = EXT_ONE;
    for (unsigned i = from; i < n; i++) r = ext_mul(r, ext_one_minus(x[i]));
    return r;
}
