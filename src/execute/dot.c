/* execute/dot.c: one or two rows of a against four rows of b at a time, k innermost. Accumulators have names: gcc at
 * -O2 keeps an array of them in memory. */
#include "execute/dot.h"
#include <stdbool.h>

/* ---- portable; sums wrap modulo 2^64 like the vector versions */
static void portable_i16(int64_t *out, const int16_t *a, size_t na, const int16_t *b, size_t nb, size_t k,
                         size_t flush) {
    (void)flush;
    for (size_t i = 0; i < na; i++) {
        for (size_t j = 0; j < nb; j++) {
            int64_t sum = 0; /* |a b| < 2^30 */
            for (size_t l = 0; l < k; l++) sum += (int32_t)a[i * k + l] * (int32_t)b[j * k + l];
            out[i * nb + j] = sum;
        }
    }
}

static void portable_i32(int64_t *out, const int32_t *a, size_t na, const int32_t *b, size_t nb, size_t k) {
    for (size_t i = 0; i < na; i++) {
        for (size_t j = 0; j < nb; j++) {
            uint64_t sum = 0;
            for (size_t l = 0; l < k; l++) sum += (uint64_t)((int64_t)a[i * k + l] * b[j * k + l]);
            out[i * nb + j] = (int64_t)sum;
        }
    }
}

#if defined(__x86_64__) && defined(__GNUC__) && !defined(TACIT_PORTABLE)
#include <immintrin.h>
#define AVX2 __attribute__((target("avx2")))
#define AVX2_INLINE static inline __attribute__((target("avx2"), always_inline))

AVX2_INLINE __m256i load(const void *p) {
    return _mm256_loadu_si256((const __m256i *)p);
}

AVX2_INLINE int64_t sum_i64(__m256i v) {
    __m128i s = _mm_add_epi64(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
    return (int64_t)((uint64_t)_mm_cvtsi128_si64(s) + (uint64_t)_mm_extract_epi64(s, 1));
}

AVX2_INLINE __m256i widen(__m256i v) {
    return _mm256_add_epi64(_mm256_cvtepi32_epi64(_mm256_castsi256_si128(v)),
                            _mm256_cvtepi32_epi64(_mm256_extracti128_si256(v, 1)));
}

AVX2_INLINE __m256i madd(__m256i sum, __m256i a, __m256i b) {
    return _mm256_add_epi32(sum, _mm256_madd_epi16(a, b));
}

/* Two rows of a, or the last one, with four of b; ...: further arguments. */
#define EACH_CELL(cell, ...)                                                                                           \
    for (size_t j = 0, i; j < nb; j += 4) {                                                                            \
        for (i = 0; i + 2 <= na; i += 2) cell(out + i * nb + j, nb, a + i * k, 2, b + j * k, k, ##__VA_ARGS__);        \
        if (i < na) cell(out + i * nb + j, nb, a + i * k, 1, b + j * k, k, ##__VA_ARGS__);                             \
    }

typedef struct sums {
    __m256i v[8]; /* a's first row with b's four, then a's second */
} sums;

/* Steps at .. end of rows (1 or 2) of a and four of b, added to w in int64. */
AVX2_INLINE void part_i16(sums *w, const int16_t *a, int rows, const int16_t *b, size_t k, size_t at, size_t end) {
    __m256i z = _mm256_setzero_si256(), p0 = z, p1 = z, p2 = z, p3 = z, q0 = z, q1 = z, q2 = z, q3 = z;
    for (; at < end; at += 16) {
        __m256i a0 = load(a + at), a1 = rows > 1 ? load(a + k + at) : z;
        __m256i b0 = load(b + at), b1 = load(b + k + at), b2 = load(b + 2 * k + at), b3 = load(b + 3 * k + at);
        p0 = madd(p0, a0, b0), p1 = madd(p1, a0, b1), p2 = madd(p2, a0, b2), p3 = madd(p3, a0, b3);
        if (rows > 1) q0 = madd(q0, a1, b0), q1 = madd(q1, a1, b1), q2 = madd(q2, a1, b2), q3 = madd(q3, a1, b3);
    }
    const __m256i narrow[8] = {p0, p1, p2, p3, q0, q1, q2, q3};
    for (int i = 0; i < 4 * rows; i++) w->v[i] = _mm256_add_epi64(w->v[i], widen(narrow[i]));
}

AVX2_INLINE void store_sums(int64_t *out, size_t nb, const sums *w, int rows) {
    for (int i = 0; i < rows; i++) {
        for (int j = 0; j < 4; j++) out[(size_t)i * nb + (size_t)j] = sum_i64(w->v[4 * i + j]);
    }
}

AVX2_INLINE void cell_i16(int64_t *out, size_t nb, const int16_t *a, int rows, const int16_t *b, size_t k,
                          size_t flush) {
    sums w;
    for (int i = 0; i < 8; i++) w.v[i] = _mm256_setzero_si256();
    for (size_t at = 0; at < k;) {
        size_t end = (k - at) / DOT_STEP > flush ? at + flush * DOT_STEP : k;
        part_i16(&w, a, rows, b, k, at, end);
        at = end;
    }
    store_sums(out, nb, &w, rows);
}

AVX2 static void avx2_i16(int64_t *out, const int16_t *a, size_t na, const int16_t *b, size_t nb, size_t k,
                          size_t flush) {
    EACH_CELL(cell_i16, flush);
}

#define VNNI __attribute__((target("avx512f,avx512bw,avx512vnni")))
#define VNNI_INLINE static inline __attribute__((target("avx512f,avx512bw,avx512vnni"), always_inline))

VNNI_INLINE __m512i dot16(__m512i sum, __m512i a, const int16_t *b) {
    return _mm512_dpwssd_epi32(sum, a, _mm512_loadu_si512(b));
}

VNNI_INLINE __m512i widen512(__m512i sum, __m512i v) {
    return _mm512_add_epi64(sum, _mm512_add_epi64(_mm512_cvtepi32_epi64(_mm512_castsi512_si256(v)),
                                                  _mm512_cvtepi32_epi64(_mm512_extracti64x4_epi64(v, 1))));
}

typedef struct sums512 {
    __m512i v[8]; /* as `sums` */
} sums512;

VNNI_INLINE void part512(sums512 *w, const int16_t *a, int rows, const int16_t *b, size_t k, size_t at, size_t end) {
    __m512i z = _mm512_setzero_si512(), p0 = z, p1 = z, p2 = z, p3 = z, q0 = z, q1 = z, q2 = z, q3 = z;
    for (; at < end; at += 32) {
        const int16_t *row = b + at;
        __m512i a0 = _mm512_loadu_si512(a + at), a1 = rows > 1 ? _mm512_loadu_si512(a + k + at) : z;
        p0 = dot16(p0, a0, row), p1 = dot16(p1, a0, row + k);
        p2 = dot16(p2, a0, row + 2 * k), p3 = dot16(p3, a0, row + 3 * k);
        if (rows > 1) q0 = dot16(q0, a1, row), q1 = dot16(q1, a1, row + k);
        if (rows > 1) q2 = dot16(q2, a1, row + 2 * k), q3 = dot16(q3, a1, row + 3 * k);
    }
    const __m512i narrow[8] = {p0, p1, p2, p3, q0, q1, q2, q3};
    for (int i = 0; i < 4 * rows; i++) w->v[i] = widen512(w->v[i], narrow[i]);
}

VNNI_INLINE void cell512(int64_t *out, size_t nb, const int16_t *a, int rows, const int16_t *b, size_t k,
                         size_t flush) {
    sums512 w;
    for (int i = 0; i < 8; i++) w.v[i] = _mm512_setzero_si512();
    for (size_t at = 0; at < k;) {
        size_t end = (k - at) / DOT_STEP > flush ? at + flush * DOT_STEP : k;
        part512(&w, a, rows, b, k, at, end);
        at = end;
    }
    for (int i = 0; i < rows; i++) {
        for (int j = 0; j < 4; j++) out[(size_t)i * nb + (size_t)j] = _mm512_reduce_add_epi64(w.v[4 * i + j]);
    }
}

VNNI static void vnni_i16(int64_t *out, const int16_t *a, size_t na, const int16_t *b, size_t nb, size_t k,
                          size_t flush) {
    EACH_CELL(cell512, flush);
}

/* Even and odd 32-bit lanes apart: vpmuldq multiplies the even ones. */
AVX2_INLINE __m256i mul_add(__m256i sum, __m256i a, __m256i odd_a, __m256i b, __m256i odd_b) {
    return _mm256_add_epi64(sum, _mm256_add_epi64(_mm256_mul_epi32(a, b), _mm256_mul_epi32(odd_a, odd_b)));
}

AVX2_INLINE void cell_i32(int64_t *out, size_t nb, const int32_t *a, int rows, const int32_t *b, size_t k) {
    __m256i z = _mm256_setzero_si256(), p0 = z, p1 = z, p2 = z, p3 = z, q0 = z, q1 = z, q2 = z, q3 = z;
    for (size_t at = 0; at < k; at += 8) {
        __m256i a0 = load(a + at), a1 = rows > 1 ? load(a + k + at) : z, v, odd;
        __m256i odd0 = _mm256_srli_epi64(a0, 32), odd1 = _mm256_srli_epi64(a1, 32);
        v = load(b + at), odd = _mm256_srli_epi64(v, 32);
        p0 = mul_add(p0, a0, odd0, v, odd);
        if (rows > 1) q0 = mul_add(q0, a1, odd1, v, odd);
        v = load(b + k + at), odd = _mm256_srli_epi64(v, 32);
        p1 = mul_add(p1, a0, odd0, v, odd);
        if (rows > 1) q1 = mul_add(q1, a1, odd1, v, odd);
        v = load(b + 2 * k + at), odd = _mm256_srli_epi64(v, 32);
        p2 = mul_add(p2, a0, odd0, v, odd);
        if (rows > 1) q2 = mul_add(q2, a1, odd1, v, odd);
        v = load(b + 3 * k + at), odd = _mm256_srli_epi64(v, 32);
        p3 = mul_add(p3, a0, odd0, v, odd);
        if (rows > 1) q3 = mul_add(q3, a1, odd1, v, odd);
    }
    const sums w = {{p0, p1, p2, p3, q0, q1, q2, q3}};
    store_sums(out, nb, &w, rows);
}

AVX2 static void avx2_i32(int64_t *out, const int32_t *a, size_t na, const int32_t *b, size_t nb, size_t k) {
    EACH_CELL(cell_i32);
}

static bool has_avx2(void) {
    return __builtin_cpu_supports("avx2") != 0;
}
static bool has_vnni(void) {
    return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vnni");
}
#else
#define vnni_i16 portable_i16
#define avx2_i16 portable_i16
#define avx2_i32 portable_i32
static bool has_avx2(void) {
    return false;
}
static bool has_vnni(void) {
    return false;
}
#endif

void dot_tile_i16(int64_t *out, const int16_t *a, size_t na, const int16_t *b, size_t nb, size_t k, size_t flush) {
    if (has_vnni())
        vnni_i16(out, a, na, b, nb, k, flush);
    else if (has_avx2())
        avx2_i16(out, a, na, b, nb, k, flush);
    else
        portable_i16(out, a, na, b, nb, k, flush);
}

void dot_tile_i32(int64_t *out, const int32_t *a, size_t na, const int32_t *b, size_t nb, size_t k) {
    if (has_avx2())
        avx2_i32(out, a, na, b, nb, k);
    else
        portable_i32(out, a, na, b, nb, k);
}
