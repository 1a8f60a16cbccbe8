/* poly/ntt_avx2: the passes four elements at a time (compile with -mavx2 -mbmi2). Between the loads and the stores all
 * values are splits (field/gl_avx2.h): twiddle products go into the butterflies unreduced. */
#include "poly/ntt_kernels.h"

#if VEC_HAVE_AVX2
#include "field/gl_avx2.h"

static inline v4 shl(v4 x, int k) {
    return _mm256_slli_epi64(x, k);
}

/* Powers of the 8th root of unity, limb by limb:
 * 2^48 (z + 2^32 y) = -2^16 y + 2^32 2^16 (z + y)
 * 2^24 (z + 2^32 y) = 2^24 z + 2^32 2^24 y
 * 2^72 (z + 2^32 y) = -2^8 (z + y) + 2^32 2^8 z */
static inline split split_shift48(split a) {
    return (split){v4_sub(_mm256_setzero_si256(), shl(a.y, 16)), shl(v4_add(a.z, a.y), 16)};
}
static inline split split_shift24(split a) {
    return (split){shl(a.z, 24), shl(a.y, 24)};
}
static inline split split_shift72(split a) {
    return (split){v4_sub(_mm256_setzero_si256(), shl(v4_add(a.z, a.y), 8)), shl(a.z, 8)};
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

static inline v4 reduce(split x, bool last) {
    return last ? split_canonical(x) : split_wide(x);
}

/* Rows to columns. */
static inline void transpose4(v4 r[4]) {
    v4 a = _mm256_unpacklo_epi64(r[0], r[1]), b = _mm256_unpackhi_epi64(r[0], r[1]);
    v4 c = _mm256_unpacklo_epi64(r[2], r[3]), d = _mm256_unpackhi_epi64(r[2], r[3]);
    r[0] = _mm256_permute2x128_si256(a, c, 0x20), r[1] = _mm256_permute2x128_si256(b, d, 0x20);
    r[2] = _mm256_permute2x128_si256(a, c, 0x31), r[3] = _mm256_permute2x128_si256(b, d, 0x31);
}

/* ---- first pass ---- */

/* Columns l .. l+3 (l = 0 or 4) of a tile, x[h] holding row h: the eight outputs of column l + i go to the line
 * to + rev3(l + i) stride. */
__attribute__((always_inline)) static inline void tile_half(gl *to, size_t stride, size_t l, const split x[8]) {
    split y[8];
    v4 out[8];
    dft8(y, x);
    for (int k = 0; k < 8; k++) out[k] = split_wide(y[k]);
    transpose4(out), transpose4(out + 4);
    for (size_t i = 0; i < 4; i++) {
        gl *line = to + NTT_REV3(l + i) * stride;
        v4_store(line, out[i]), v4_store(line + 4, out[i + 4]);
    }
}

/* From lines `stride` apart to lines `to_stride` apart. */
static inline void tile(gl *to, size_t to_stride, const gl *x, size_t stride) {
    split row[2][8];
    for (size_t h = 0; h < 8; h++)
        for (size_t half = 0; half < 2; half++) row[half][h] = split_of(v4_load(x + h * stride + 4 * half));
    tile_half(to, to_stride, 0, row[0]);
    tile_half(to, to_stride, 4, row[1]);
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
            for (size_t k = 0; k < 8; k += 4) v4_store(x + 8 * r + l * stride + k, v4_load(kept + 8 * l + k));
    }
}

/* The first `rows` rows of a tile of coefficients, times powers; the others are zero. Inlined for each number of rows,
 * so that the butterflies of zeros go away. */
__attribute__((always_inline)) static inline void tile_coset(gl *to, const gl *x, const gl *powers, size_t stride,
                                                             size_t rows) {
    for (size_t l = 0; l < 8; l += 4) {
        split row[8];
        for (size_t h = 0; h < 8; h++) row[h] = split_of(_mm256_setzero_si256());
        for (size_t h = 0; h < rows; h++)
            row[h] = split_mul(v4_load(x + h * stride + l), v4_load(powers + h * stride + l));
        tile_half(to, stride, l, row);
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
            for (size_t k = 0; k < 8; k += 4) v4_store(to + l * stride + k, _mm256_setzero_si256());
    }
}

/* ---- levels ---- */

__attribute__((always_inline)) static inline void butterfly8(gl *x, size_t step, const split in[8], bool last) {
    split y[8];
    dft8(y, in);
    for (size_t k = 0; k < 8; k++) v4_store(x + k * step, reduce(y[k], last));
}

__attribute__((always_inline)) static inline void block8(gl *x, size_t step, const gl *t, bool last) {
    for (size_t j = 0; j < step; j += 4, t += 28) {
        split in[8];
        in[0] = split_of(v4_load(x + j));
        for (size_t k = 1; k < 8; k++) in[k] = split_mul(v4_load(x + j + NTT_REV3(k) * step), v4_load(t + 4 * (k - 1)));
        butterfly8(x + j, step, in, last);
    }
}

/* With w^j alone in the table. */
static void block8_big(gl *x, size_t step, const gl *t, bool last) {
    for (size_t j = 0; j < step; j += 4) {
        split in[8];
        v4 w[8];
        w[1] = v4_load(t + j);
        for (size_t k = 2; k < 8; k++) w[k] = split_wide(split_mul(w[k / 2], w[k - k / 2]));
        in[0] = split_of(v4_load(x + j));
        for (size_t k = 1; k < 8; k++) in[k] = split_mul(v4_load(x + j + NTT_REV3(k) * step), w[k]);
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
    for (size_t j = 0; j < step; j += 4, t += 12) {
        split in[4], y[4];
        in[0] = split_of(v4_load(x + j));
        for (size_t k = 1; k < 4; k++) in[k] = split_mul(v4_load(x + j + NTT_REV2(k) * step), v4_load(t + 4 * (k - 1)));
        dft4(y, in);
        for (size_t k = 0; k < 4; k++) v4_store(x + j + k * step, reduce(y[k], last));
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

const ntt_kernels ntt_avx2 = {first, first_coset, radix8, radix4};
#endif
