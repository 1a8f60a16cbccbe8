/* Lazy accumulation: e' = e or e - p lies in [-(p+1)/2, (p-3)/2], so e' = l + 2^32 h with signed 32-bit l and h (the
 * ends: (-(2^63 - 2^31 + 1) + 2^31) >> 32 = -2^31 and (2^63 - 2^31 - 1 + 2^31) >> 32 = 2^31 - 1). With |x| < 2^b the
 * sum of 2^(31 - b) products l x stays below 2^62; b is measured for each block of rows. */
#include "field/columns.h"
#if defined(__AVX2__)
#include <immintrin.h>

enum { ROWS = 256, TILE = 8 };

/* Signed digits of one block of rows. */
typedef struct digits {
    int64_t low[EXT_DEG][ROWS], high[EXT_DEG][ROWS];
} digits;

static void split(digits *d, extv e, size_t rows) {
    for (int j = 0; j < EXT_DEG; j++)
        for (size_t r = 0; r < rows; r++) {
            gl v = e.c[j][r];
            int64_t s = v >= (GL_P - 1) / 2 ? -(int64_t)(GL_P - v) : (int64_t)v;
            d->low[j][r] = (int32_t)(uint32_t)(uint64_t)s;
            d->high[j][r] = (s - d->low[j][r]) >> 32;
        }
}

/* acc_l + 2^32 acc_h mod p */
static gl join(int64_t low, int64_t high) {
    return gl_add(gl_from_i64(low), gl_mul(gl_from_i64(high), UINT64_C(1) << 32));
}

typedef struct sums {
    __m256i low[EXT_DEG][2], high[EXT_DEG][2];
} sums;

static inline void add_row(sums *s, const digits *d, size_t r, const int32_t *x) {
    __m256i x0 = _mm256_cvtepi32_epi64(_mm_loadu_si128((const __m128i *)(const void *)x));
    __m256i x1 = _mm256_cvtepi32_epi64(_mm_loadu_si128((const __m128i *)(const void *)(x + 4)));
    for (int j = 0; j < EXT_DEG; j++) {
        __m256i l = _mm256_set1_epi64x(d->low[j][r]), h = _mm256_set1_epi64x(d->high[j][r]);
        s->low[j][0] = _mm256_add_epi64(s->low[j][0], _mm256_mul_epi32(l, x0));
        s->low[j][1] = _mm256_add_epi64(s->low[j][1], _mm256_mul_epi32(l, x1));
        s->high[j][0] = _mm256_add_epi64(s->high[j][0], _mm256_mul_epi32(h, x0));
        s->high[j][1] = _mm256_add_epi64(s->high[j][1], _mm256_mul_epi32(h, x1));
    }
}

static void put(extv out, size_t c, const sums *s) {
    for (int j = 0; j < EXT_DEG; j++)
        for (int k = 0; k < 2; k++) {
            int64_t low[4], high[4];
            _mm256_storeu_si256((__m256i *)(void *)low, s->low[j][k]);
            _mm256_storeu_si256((__m256i *)(void *)high, s->high[j][k]);
            for (int i = 0; i < 4; i++) {
                gl *o = &out.c[j][c + (size_t)(4 * k + i)];
                *o = gl_add(*o, join(low[i], high[i]));
            }
        }
}

static void tile(extv out, size_t c, const digits *d, const int32_t *x, size_t rows, size_t stride, size_t safe) {
    for (size_t r = 0; r < rows;) {
        size_t end = rows - r < safe ? rows : r + safe;
        sums s;
        for (int j = 0; j < EXT_DEG; j++)
            for (int k = 0; k < 2; k++) s.low[j][k] = s.high[j][k] = _mm256_setzero_si256();
        for (; r < end; r++) add_row(&s, d, r, x + r * stride + c);
        put(out, c, &s);
    }
}

/* Rows whose products may be added: 2^(31 - b), |x| < 2^b. */
static size_t safe_rows(const int32_t *x, size_t rows, size_t cols, size_t stride) {
    uint32_t all = 0;
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < cols; c++) all |= (uint32_t)(x[r * stride + c] ^ (x[r * stride + c] >> 31));
    unsigned bits = all ? 32u - (unsigned)__builtin_clz(all) : 0;
    return bits >= 31 ? 1 : (size_t)1 << (31 - bits);
}

void columns_avx2(extv out, extv e, const int32_t *x, size_t rows, size_t cols, size_t stride) {
    digits d;
    size_t whole = cols / TILE * TILE;
    for (size_t first = 0; first < rows; first += ROWS) {
        size_t n = rows - first < ROWS ? rows - first : ROWS;
        const int32_t *block = x + first * stride;
        size_t safe = safe_rows(block, n, cols, stride);
        extv part = extv_at(e, first);
        split(&d, part, n);
        for (size_t c = 0; c < whole; c += TILE) tile(out, c, &d, block, n, stride, safe);
        for (size_t r = 0; r < n; r++)
            for (size_t c = whole; c < cols; c++)
                extv_set(
                    out, c,
                    ext_add(extv_get(out, c), ext_scale(extv_get(part, r), gl_from_i64(block[r * stride + c]))));
    }
}
#endif
