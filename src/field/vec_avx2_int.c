/* field/vec_avx2_int: inner products of a vector of E with int8 and int16 that stay integers (compile with -mavx2
 * -mbmi2). */
#include "field/vec.h"

#if VEC_HAVE_AVX2
#include "field/ext_lanes.h"
#include <string.h>

__extension__ typedef __int128 i128;

/* Field element of a signed 128-bit number. */
static gl gl_from_i128(i128 v) {
    unsigned __int128 u = v < 0 ? -(unsigned __int128)v : (unsigned __int128)v;
    gl r = gl_reduce128((uint64_t)u, (uint64_t)(u >> 64));
    return v < 0 ? gl_neg(r) : r;
}

/* int8 and int16: a is cut into its four 16-bit words, d = word - 2^15 as a signed number, and vpmaddwd multiplies
 * pairs (w, w') of weights with pairs (d, d') of words of neighbouring elements. Lane k of each half sums word k: sum w
 * word_k = sum w d_k + 2^15 sum w. */

/* Words of elements i .. i+3, less 2^15, pairs side by side: e0 e1 | e2 e3 -> (w0 of e0, w0 of e1), (w1, w1), .. */
static inline vl word_pairs(const gl *a) {
    const vl order = _mm256_broadcastsi128_si256(_mm_set_epi64x(0x0F0E07060D0C0504, 0x0B0A030209080100));
    return _mm256_shuffle_epi8(vl_xor(vl_load(a), _mm256_set1_epi16(INT16_MIN)), order);
}

/* Eight 16-bit weights in both halves: the pairs for elements 0 .. 3 (first) or 4 .. 7, four times each. */
static inline vl weight_pairs(vl weights, bool first) {
    const vl lower = _mm256_set_epi64x(0x0706050407060504, 0x0706050407060504, 0x0302010003020100, 0x0302010003020100);
    const vl upper = _mm256_set_epi64x(0x0F0E0D0C0F0E0D0C, 0x0F0E0D0C0F0E0D0C, 0x0B0A09080B0A0908, 0x0B0A09080B0A0908);
    return _mm256_shuffle_epi8(weights, first ? lower : upper);
}

/* Per word, in 64 bits. */
static inline vl widen(vl sums) {
    return vl_add(_mm256_cvtepi32_epi64(_mm256_castsi256_si128(sums)),
                  _mm256_cvtepi32_epi64(_mm256_extracti128_si256(sums, 1)));
}

/* sum_k 2^16k (sums[k] + 2^15 weights) */
static gl words_total(vl sums, int64_t weights) {
    int64_t s[4];
    _mm256_storeu_si256((__m256i *)(void *)s, sums);
    i128 r = 0;
    for (int k = 3; k >= 0; k--) r = r * 65536 + s[k] + (i128)weights * 32768;
    return gl_from_i128(r);
}

/* |w d + w' d'| <= 2 2^7 2^15 = 2^23; a lane takes two of them from eight weights: 2 127 2^23 < 2^31. */
enum { BLOCK_I8 = 8 * 127 };

ext vec_avx2_dot_i8(extv a, const int8_t *b, size_t n) {
    vl zero = _mm256_setzero_si256(), total[EXT_DEG];
    int64_t weights = 0;
    size_t i = 0, whole = n - n % 8;
    for (int j = 0; j < EXT_DEG; j++) total[j] = zero;
    while (i < whole) {
        vl sum[EXT_DEG], sum_b = zero;
        for (int j = 0; j < EXT_DEG; j++) sum[j] = zero;
        for (size_t end = whole - i < BLOCK_I8 ? whole : i + BLOCK_I8; i < end; i += 8) {
            __m128i bytes = _mm_loadl_epi64((const __m128i *)(const void *)(b + i));
            vl w = _mm256_broadcastsi128_si256(_mm_cvtepi8_epi16(bytes));
            vl w0 = weight_pairs(w, true), w1 = weight_pairs(w, false);
            sum_b = _mm256_add_epi16(sum_b, w); /* |.| <= 127 128 < 2^15 */
            for (int j = 0; j < EXT_DEG; j++) {
                vl p = _mm256_madd_epi16(w0, word_pairs(a.c[j] + i)),
                   q = _mm256_madd_epi16(w1, word_pairs(a.c[j] + i + 4));
                sum[j] = _mm256_add_epi32(sum[j], _mm256_add_epi32(p, q));
            }
        }
        for (int j = 0; j < EXT_DEG; j++) total[j] = vl_add(total[j], widen(sum[j]));
        int16_t w[16];
        _mm256_storeu_si256((__m256i *)(void *)w, sum_b);
        for (int k = 0; k < 8; k++) weights += w[k];
    }
    ext r = vec_portable.dot_i8(extv_at(a, i), b + i, n - i);
    for (int j = 0; j < EXT_DEG; j++) r.c[j] = gl_add(r.c[j], words_total(total[j], weights));
    return r;
}

/* w = w0 + 2^8 w1, 0 <= w0 < 2^8, -2^7 <= w1 < 2^7: |w0 d + w0' d'| < 2^24, two from eight weights: 2 63 2^24 < 2^31.
 */
enum { BLOCK_I16 = 8 * 63 };

ext vec_avx2_dot_i16(extv a, const int16_t *b, size_t n) {
    vl zero = _mm256_setzero_si256(), total[EXT_DEG], low_byte = _mm256_set1_epi16(255);
    int64_t weights = 0;
    size_t i = 0, whole = n - n % 8;
    for (int j = 0; j < EXT_DEG; j++) total[j] = zero;
    while (i < whole) {
        vl low[EXT_DEG], high[EXT_DEG], sum_b = zero;
        for (int j = 0; j < EXT_DEG; j++) low[j] = high[j] = zero;
        for (size_t end = whole - i < BLOCK_I16 ? whole : i + BLOCK_I16; i < end; i += 8) {
            vl w = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)(b + i)));
            vl w0 = weight_pairs(w, true), w1 = weight_pairs(w, false);
            vl l0 = _mm256_and_si256(w0, low_byte), l1 = _mm256_and_si256(w1, low_byte);
            vl h0 = _mm256_srai_epi16(w0, 8), h1 = _mm256_srai_epi16(w1, 8);
            sum_b = _mm256_add_epi32(sum_b, _mm256_madd_epi16(w, _mm256_set1_epi16(1)));
            for (int j = 0; j < EXT_DEG; j++) {
                vl d0 = word_pairs(a.c[j] + i), d1 = word_pairs(a.c[j] + i + 4);
                low[j] =
                    _mm256_add_epi32(low[j], _mm256_add_epi32(_mm256_madd_epi16(l0, d0), _mm256_madd_epi16(l1, d1)));
                high[j] =
                    _mm256_add_epi32(high[j], _mm256_add_epi32(_mm256_madd_epi16(h0, d0), _mm256_madd_epi16(h1, d1)));
            }
        }
        for (int j = 0; j < EXT_DEG; j++)
            total[j] = vl_add(total[j], vl_add(widen(low[j]), _mm256_slli_epi64(widen(high[j]), 8)));
        int32_t w[8];
        _mm256_storeu_si256((__m256i *)(void *)w, sum_b);
        for (int k = 0; k < 4; k++) weights += w[k];
    }
    ext r = vec_portable.dot_i16(extv_at(a, i), b + i, n - i);
    for (int j = 0; j < EXT_DEG; j++) r.c[j] = gl_add(r.c[j], words_total(total[j], weights));
    return r;
}

/* Four bytes of a lane as 16-bit numbers, four times. */
static inline vl four_bytes(const int8_t *w) {
    int32_t four;
    memcpy(&four, w, sizeof four);
    return _mm256_broadcastsi128_si256(_mm_cvtepi8_epi16(_mm_set1_epi32(four)));
}

/* Outputs o .. o + 7 of lanes l .. l + 3. */
static void products_at(int32_t out[BYTE_LANES][BYTE_OUTPUTS], const uint8_t *bytes, const int8_t *weights,
                        size_t quads, size_t o, size_t l) {
    vl sum[4][2]; /* per output the sums of the first and of the second pair of each four */
    for (int i = 0; i < 4; i++) sum[i][0] = sum[i][1] = _mm256_setzero_si256();
    for (size_t q = 0; q < quads; q++) {
        const __m128i *d = (const __m128i *)(const void *)(bytes + 4 * (q * BYTE_OUTPUTS + o));
        vl d0 = _mm256_cvtepu8_epi16(_mm_loadu_si128(d)), d1 = _mm256_cvtepu8_epi16(_mm_loadu_si128(d + 1));
        for (size_t i = 0; i < 4; i++) {
            vl w = four_bytes(weights + 4 * (q * BYTE_LANES + l + i));
            sum[i][0] = _mm256_add_epi32(sum[i][0], _mm256_madd_epi16(d0, w));
            sum[i][1] = _mm256_add_epi32(sum[i][1], _mm256_madd_epi16(d1, w));
        }
    }
    for (size_t i = 0; i < 4; i++) {
        vl both = _mm256_permute4x64_epi64(_mm256_hadd_epi32(sum[i][0], sum[i][1]), 0xD8);
        _mm256_storeu_si256((__m256i *)(void *)(out[l + i] + o), both);
    }
}

void vec_avx2_byte_products(int32_t out[BYTE_LANES][BYTE_OUTPUTS], const uint8_t *bytes, const int8_t *weights,
                            size_t quads) {
    for (size_t o = 0; o < BYTE_OUTPUTS; o += 8)
        for (size_t l = 0; l < BYTE_LANES; l += 4) products_at(out, bytes, weights, quads, o, l);
}
#endif
