/* poly/ntt_lanes: the passes VL elements at a time; the text of ntt_avx2.c and ntt_avx512.c. Between the loads and the
 * stores all values are splits (field/gl_lanes.h): twiddle products go into the butterflies unreduced. */
#ifndef POLY_NTT_LANES_H
#define POLY_NTT_LANES_H
#include "field/gl_lanes.h"
#include "poly/ntt_kernels.h"

/* Powers of the 8th root of unity, limb by limb:
 * 2^48 (z + 2^32 y) = -2^16 y + 2^32 2^16 (z + y)
 * 2^24 (z + 2^32 y) = 2^24 z + 2^32 2^24 y
 * 2^72 (z + 2^32 y) = -2^8 (z + y) + 2^32 2^8 z */
static inline split split_shift48(split a) {
    return (split){vl_sub(vl_zero(), vl_shl(a.y, 16)), vl_shl(vl_add(a.z, a.y), 16)};
}
static inline split split_shift24(split a) {
    return (split){vl_shl(a.z, 24), vl_shl(a.y, 24)};
}
static inline split split_shift72(split a) {
    return (split){vl_sub(vl_zero(), vl_shl(vl_add(a.z, a.y), 8)), vl_shl(a.z, 8)};
}

/* y[k] = sum_j x[j] 2^(48jk). For |z|, |y| < 12 2^32 the outputs are below 24 2^32 + 2^16 48 2^32 < 2^54. */
static inline void dft4(split y[4], const split x[4]) {
    split a = split_add(x[0], x[2]), b = split_sub(x[0], x[2]), c = split_add(x[1], x[3]);
    split d = split_shift48(split_sub(x[1], x[3]));
    y[0] = split_add(a, c), y[1] = split_add(b, d), y[2] = split_sub(a, c), y[3] = split_sub(b, d);
}

/* y[k] = sum_j x[j] 2^(24jk). Inputs -4 2^32 < z < 2^32 and 0 <= y < 6 2^32 (split_mul, split_of), so differences have
 * |z|, |y| < 6 2^32. Odd outputs, b_0 +- 2^48 b_2 +- (2^24 b_1 + 2^72 b_3): at most 6 2^56 + 24 2^48 < 2^59. Even ones,
 * dft4 of sums of two: at most 2^54. */
static inline void dft8(split y[8], const split x[8]) {
    split sums[4], even[4], b[4];
    for (int j = 0; j < 4; j++) sums[j] = split_add(x[j], x[j + 4]), b[j] = split_sub(x[j], x[j + 4]);
    dft4(even, sums);
    split turn = split_shift48(b[2]), f0 = split_add(b[0], turn), g0 = split_sub(b[0], turn);
    split f1 = split_add(split_shift24(b[1]), split_shift72(b[3]));
    split g1 = split_add(split_shift72(b[1]), split_shift24(b[3]));
    for (int k = 0; k < 4; k++) y[2 * k] = even[k];
    y[1] = split_add(f0, f1), y[5] = split_sub(f0, f1), y[3] = split_add(g0, g1), y[7] = split_sub(g0, g1);
}

static inline vl reduce(split x, bool last) {
    return last ? split_canonical(x) : split_wide(x);
}

/* ---- first pass ---- */

/* A tile has eight rows of eight elements, ROW vectors each. tile_out: x[h] holding part `half` of row h, the eight
 * outputs of column l go to the line to + rev3(l) stride. */
enum { ROW = 8 / VL };

#if defined(__AVX512F__)
/* Rows to columns: pairs of elements, of pairs, of fours. */
static inline void transpose8(vl r[8]) {
    const vl low = _mm512_set_epi64(13, 12, 5, 4, 9, 8, 1, 0), high = _mm512_set_epi64(15, 14, 7, 6, 11, 10, 3, 2);
    vl a[8], b[8];
    for (int i = 0; i < 8; i += 2)
        a[i] = _mm512_unpacklo_epi64(r[i], r[i + 1]), a[i + 1] = _mm512_unpackhi_epi64(r[i], r[i + 1]);
    for (int i = 0; i < 8; i += 4)
        for (int k = 0; k < 2; k++) {
            b[i + k] = _mm512_permutex2var_epi64(a[i + k], low, a[i + 2 + k]);
            b[i + 2 + k] = _mm512_permutex2var_epi64(a[i + k], high, a[i + 2 + k]);
        }
    /* b[0] has columns 0 and 4 of rows 0..3, b[1] 1 and 5, b[2] 2 and 6, b[3] 3 and 7 */
    for (int k = 0; k < 4; k++) {
        r[k] = _mm512_shuffle_i64x2(b[k], b[4 + k], 0x44);
        r[4 + k] = _mm512_shuffle_i64x2(b[k], b[4 + k], 0xEE);
    }
}

__attribute__((always_inline)) static inline void tile_out(gl *to, size_t stride, size_t half, const split x[8]) {
    split y[8];
    vl out[8];
    (void)half;
    dft8(y, x);
    for (int k = 0; k < 8; k++) out[k] = split_wide(y[k]);
    transpose8(out);
    for (size_t l = 0; l < 8; l++) vl_store(to + NTT_REV3(l) * stride, out[l]);
}
#else
/* Rows to columns. */
static inline void transpose4(vl r[4]) {
    vl a = _mm256_unpacklo_epi64(r[0], r[1]), b = _mm256_unpackhi_epi64(r[0], r[1]);
    vl c = _mm256_unpacklo_epi64(r[2], r[3]), d = _mm256_unpackhi_epi64(r[2], r[3]);
    r[0] = _mm256_permute2x128_si256(a, c, 0x20), r[1] = _mm256_permute2x128_si256(b, d, 0x20);
    r[2] = _mm256_permute2x128_si256(a, c, 0x31), r[3] = _mm256_permute2x128_si256(b, d, 0x31);
}

__attribute__((always_inline)) static inline void tile_out(gl *to, size_t stride, size_t half, const split x[8]) {
    split y[8];
    vl out[8];
    dft8(y, x);
    for (int k = 0; k < 8; k++) out[k] = split_wide(y[k]);
    transpose4(out), transpose4(out + 4);
    for (size_t i = 0; i < 4; i++) {
        gl *line = to + NTT_REV3(4 * half + i) * stride;
        vl_store(line, out[i]), vl_store(line + 4, out[i + 4]);
    }
}
#endif

/* From lines `stride` apart to lines `to_stride` apart. */
static inline void tile(gl *to, size_t to_stride, const gl *x, size_t stride) {
    split row[ROW][8];
    for (size_t h = 0; h < 8; h++)
        for (size_t half = 0; half < ROW; half++) row[half][h] = split_of(vl_load(x + h * stride + VL * half));
    for (size_t half = 0; half < ROW; half++) tile_out(to, to_stride, half, row[half]);
}

/* Tiles m and rev(m) change places. */
static void first(gl *x, unsigned log_n) {
    gl kept[64];
    size_t stride = (size_t)1 << (log_n - 3);
    for (size_t m = 0; m < (size_t)1 << (log_n - 6); m++) {
        size_t r = ntt_reverse(m, log_n - 6);
        if (r < m) continue;
        tile(kept, 8, x + 8 * m, stride);
        if (r > m) tile(x + 8 * m, stride, x + 8 * r, stride);
        for (size_t l = 0; l < 8; l++)
            for (size_t k = 0; k < 8; k += VL) vl_store(x + 8 * r + l * stride + k, vl_load(kept + 8 * l + k));
    }
}

/* The first `rows` rows of a tile of coefficients, times powers; the others are zero. Inlined for each number of rows,
 * so that the butterflies of zeros go away. */
__attribute__((always_inline)) static inline void tile_coset(gl *to, const gl *x, const gl *powers, size_t stride,
                                                             size_t rows) {
    for (size_t half = 0; half < ROW; half++) {
        size_t l = VL * half;
        split row[8];
        for (size_t h = 0; h < 8; h++) row[h] = split_of(vl_zero());
        for (size_t h = 0; h < rows; h++)
            row[h] = split_mul(vl_load(x + h * stride + l), vl_load(powers + h * stride + l));
        tile_out(to, stride, half, row);
    }
}

static void first_coset(gl *out, const gl *coeffs, const gl *powers, size_t count, unsigned log_n) {
    size_t stride = (size_t)1 << (log_n - 3), tiles = stride / 8, full = count < stride ? count / 8 : tiles;
    for (size_t m = 0; m < full; m++) {
        const gl *x = coeffs + 8 * m, *p = powers + 8 * m;
        gl *to = out + 8 * ntt_reverse(m, log_n - 6);
        switch (count / stride) {
        case 8:
            tile_coset(to, x, p, stride, 8);
            break;
        case 4:
            tile_coset(to, x, p, stride, 4);
            break;
        case 2:
            tile_coset(to, x, p, stride, 2);
            break;
        default:
            tile_coset(to, x, p, stride, 1);
        }
    }
    for (size_t m = full; m < tiles; m++) {
        gl *to = out + 8 * ntt_reverse(m, log_n - 6);
        for (size_t l = 0; l < 8; l++)
            for (size_t k = 0; k < 8; k += VL) vl_store(to + l * stride + k, vl_zero());
    }
}

/* ---- levels ---- */

__attribute__((always_inline)) static inline void butterfly8(gl *x, size_t step, const split in[8], bool last) {
    split y[8];
    dft8(y, in);
    for (size_t k = 0; k < 8; k++) vl_store(x + k * step, reduce(y[k], last));
}

__attribute__((always_inline)) static inline void block8(gl *x, size_t step, const gl *t, bool last) {
    for (size_t j = 0; j < step; j += VL) {
        split in[8];
        in[0] = split_of(vl_load(x + j));
        for (size_t k = 1; k < 8; k++)
            in[k] = split_mul(vl_load(x + j + NTT_REV3(k) * step), vl_load(t + NTT_TWIDDLE(j, k, 7)));
        butterfly8(x + j, step, in, last);
    }
}

/* With w^j alone in the table. */
static void block8_big(gl *x, size_t step, const gl *t, bool last) {
    for (size_t j = 0; j < step; j += VL) {
        split in[8];
        vl w[8];
        w[1] = vl_load(t + j);
        for (size_t k = 2; k < 8; k++) w[k] = split_wide(split_mul(w[k / 2], w[k - k / 2]));
        in[0] = split_of(vl_load(x + j));
        for (size_t k = 1; k < 8; k++) in[k] = split_mul(vl_load(x + j + NTT_REV3(k) * step), w[k]);
        butterfly8(x + j, step, in, last);
    }
}

static void radix8(gl *x, unsigned log_n, unsigned level, const gl *twiddles, bool last) {
    size_t step = (size_t)1 << (level - 3);
    for (gl *end = x + ((size_t)1 << log_n); x < end; x += 8 * step) {
        if (level >= NTT_BIG) {
            block8_big(x, step, twiddles, last);
        } else if (last) {
            block8(x, step, twiddles, true);
        } else {
            block8(x, step, twiddles, false);
        }
    }
}

__attribute__((always_inline)) static inline void block4(gl *x, size_t step, const gl *t, bool last) {
    for (size_t j = 0; j < step; j += VL) {
        split in[4], y[4];
        in[0] = split_of(vl_load(x + j));
        for (size_t k = 1; k < 4; k++)
            in[k] = split_mul(vl_load(x + j + NTT_REV2(k) * step), vl_load(t + NTT_TWIDDLE(j, k, 3)));
        dft4(y, in);
        for (size_t k = 0; k < 4; k++) vl_store(x + j + k * step, reduce(y[k], last));
    }
}

static void radix4(gl *x, unsigned log_n, unsigned level, const gl *twiddles, bool last) {
    size_t step = (size_t)1 << (level - 2);
    for (gl *end = x + ((size_t)1 << log_n); x < end; x += 4 * step) {
        if (last) {
            block4(x, step, twiddles, true);
        } else {
            block4(x, step, twiddles, false);
        }
    }
}
#endif
