/* poly/ntt_portable: the passes in plain C; values stay canonical throughout. */
#include "poly/ntt_kernels.h"

/* The powers of the 8th root of unity: 2^24, 2^48, 2^72 = 2^8 (2^32 - 1). */
#define ROOT8_1 (UINT64_C(1) << 24)
#define ROOT8_2 (UINT64_C(1) << 48)
#define ROOT8_3 ((UINT64_C(1) << 40) - (UINT64_C(1) << 8))

/* y[k] = sum_j x[j] 2^(48jk) */
static inline void dft4(gl y[4], gl x0, gl x1, gl x2, gl x3) {
    gl a = gl_add(x0, x2), b = gl_sub(x0, x2), c = gl_add(x1, x3), d = gl_mul(gl_sub(x1, x3), ROOT8_2);
    y[0] = gl_add(a, c), y[1] = gl_add(b, d), y[2] = gl_sub(a, c), y[3] = gl_sub(b, d);
}

/* y[k] = sum_j x[j] 2^(24jk) */
static inline void dft8(gl y[8], const gl x[8]) {
    gl even[4], odd[4];
    dft4(even, x[0], x[2], x[4], x[6]);
    dft4(odd, x[1], x[3], x[5], x[7]);
    odd[1] = gl_mul(odd[1], ROOT8_1), odd[2] = gl_mul(odd[2], ROOT8_2), odd[3] = gl_mul(odd[3], ROOT8_3);
    for (int k = 0; k < 4; k++) y[k] = gl_add(even[k], odd[k]), y[k + 4] = gl_sub(even[k], odd[k]);
}

/* The eight transforms of tile m: line[l] = DFT8 over h of x[h n/8 + 8m + l]. */
static void tile(gl line[8][8], const gl *x, size_t m, unsigned log_n) {
    for (size_t l = 0; l < 8; l++) {
        gl column[8];
        for (size_t h = 0; h < 8; h++) column[h] = x[(h << (log_n - 3)) + 8 * m + l];
        dft8(line[l], column);
    }
}

static void put_tile(gl *out, gl line[8][8], size_t m, unsigned log_n) {
    for (size_t l = 0; l < 8; l++) {
        gl *to = out + ((size_t)NTT_REV3(l) << (log_n - 3)) + 8 * ntt_reverse(m, log_n - 6);
        for (size_t k = 0; k < 8; k++) to[k] = line[l][k];
    }
}

/* Tiles m and rev(m) change places. */
static void first(gl *x, unsigned log_n) {
    gl here[8][8], there[8][8];
    for (size_t m = 0; m < (size_t)1 << (log_n - 6); m++) {
        size_t r = ntt_reverse(m, log_n - 6);
        if (r < m) continue;
        tile(here, x, m, log_n);
        if (r > m) tile(there, x, r, log_n);
        put_tile(x, here, m, log_n);
        if (r > m) put_tile(x, there, r, log_n);
    }
}

static void first_coset(gl *out, const gl *coeffs, const gl *powers, size_t count, unsigned log_n) {
    gl line[8][8];
    for (size_t m = 0; m < (size_t)1 << (log_n - 6); m++) {
        for (size_t l = 0; l < 8; l++) {
            gl column[8] = {0};
            for (size_t h = 0, i = 8 * m + l; h < 8 && i < count; h++, i += (size_t)1 << (log_n - 3))
                column[h] = gl_mul(coeffs[i], powers[i]);
            dft8(line[l], column);
        }
        put_tile(out, line, m, log_n);
    }
}

static void radix8(gl *x, unsigned log_n, unsigned level, const gl *twiddles, bool last) {
    (void)last;
    size_t step = (size_t)1 << (level - 3);
    bool big = level >= NTT_BIG;
    for (gl *block = x; block < x + ((size_t)1 << log_n); block += 8 * step) {
        for (size_t j = 0; j < step; j++) {
            gl a[8], y[8], power = 1;
            a[0] = block[j];
            for (size_t k = 1; k < 8; k++) {
                power = big ? gl_mul(power, twiddles[j]) : twiddles[NTT_TWIDDLE(j, k, 7)];
                a[k] = gl_mul(block[j + NTT_REV3(k) * step], power);
            }
            dft8(y, a);
            for (size_t k = 0; k < 8; k++) block[j + k * step] = y[k];
        }
    }
}

static void radix4(gl *x, unsigned log_n, unsigned level, const gl *twiddles, bool last) {
    (void)last;
    size_t step = (size_t)1 << (level - 2);
    for (gl *block = x; block < x + ((size_t)1 << log_n); block += 4 * step) {
        for (size_t j = 0; j < step; j++) {
            gl a[4], y[4];
            a[0] = block[j];
            for (size_t k = 1; k < 4; k++) a[k] = gl_mul(block[j + NTT_REV2(k) * step], twiddles[NTT_TWIDDLE(j, k, 3)]);
            dft4(y, a[0], a[1], a[2], a[3]);
            for (size_t k = 0; k < 4; k++) block[j + k * step] = y[k];
        }
    }
}

const ntt_kernels ntt_portable = {first, first_coset, radix8, radix4};
