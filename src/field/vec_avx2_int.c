/* field/vec_avx2_int: inner products of a vector of E with integers that stay integers (compile with -mavx2 -mbmi2). */
#include "field/vec.h"

#if VEC_HAVE_AVX2
#include "field/ext_avx2.h"

__extension__ typedef __int128 i128;

/* Field element of a signed 128-bit number. */
static gl gl_from_i128(i128 v) {
    unsigned __int128 u = v < 0 ? -(unsigned __int128)v : (unsigned __int128)v;
    gl r = gl_reduce128((uint64_t)u, (uint64_t)(u >> 64));
    return v < 0 ? gl_neg(r) : r;
}

/* sum a b = sum a (b + 2^31) - 2^31 sum a, where b + 2^31 has 32 bits: half of the partial products remain. Sums of
 * partial products with the halves of a and of their high halves (as in `products`), and of a and its high halves. */
typedef struct sum_i32 {
    v4 low, low_high, high, high_high, a, a_high;
} sum_i32;

static inline sum_i32 sum_i32_add(sum_i32 s, v4 a, v4 b) {
    v4 a_high = v4_high(a), low = v4_mul32(a, b), high = v4_mul32(a_high, b);
    return (sum_i32){v4_add(s.low, low),   v4_add(s.low_high, v4_high(low)),
                     v4_add(s.high, high), v4_add(s.high_high, v4_high(high)),
                     v4_add(s.a, a),       v4_add(s.a_high, a_high)};
}

/* After n <= 2^18 steps every limb is at most 2 n 2^32 <= 2^51, as split_fold asks; 2^31 times the second sum would not
 * be, so the two are reduced one by one. */
static gl sum_i32_total(sum_i32 s) {
    v4 x0 = v4_sub(s.low, _mm256_slli_epi64(s.low_high, 32));
    v4 x1 = v4_add(s.low_high, v4_sub(s.high, _mm256_slli_epi64(s.high_high, 32)));
    v4 product = split_canonical((split){v4_sub(x0, s.high_high), v4_add(x1, s.high_high)});
    v4 sum = split_canonical((split){v4_sub(s.a, _mm256_slli_epi64(s.a_high, 32)), s.a_high});
    gl p[4], a[4], r = 0;
    v4_store(p, product);
    v4_store(a, sum);
    for (int k = 0; k < 4; k++) r = gl_add(r, gl_sub(p[k], gl_mul(a[k], (gl)1 << 31)));
    return r;
}

ext vec_avx2_dot_i32(extv a, const int32_t *b, size_t n) {
    ext total = EXT_ZERO;
    size_t i = 0;
    while (i + 4 <= n) {
        v4 zero = _mm256_setzero_si256();
        sum_i32 s[EXT_DEG];
        for (int j = 0; j < EXT_DEG; j++) s[j] = (sum_i32){zero, zero, zero, zero, zero, zero};
        for (size_t end = block_end(i, n); i < end; i += 4) {
            v4 shifted = v4_add(v4_load_i32(b + i), v4_set(UINT64_C(1) << 31));
            for (int j = 0; j < EXT_DEG; j++) s[j] = sum_i32_add(s[j], v4_load(a.c[j] + i), shifted);
        }
        for (int j = 0; j < EXT_DEG; j++) total.c[j] = gl_add(total.c[j], sum_i32_total(s[j]));
    }
    return ext_add(total, vec_portable.dot_i32(extv_at(a, i), b + i, n - i));
}

/* int8 and int16: a is cut into its four 16-bit words, d = word - 2^15 as a signed number, and vpmaddwd multiplies
 * pairs (w, w') of weights with pairs (d, d') of words of neighbouring elements. Lane k of each half sums word k: sum w
 * word_k = sum w d_k + 2^15 sum w. */

/* Words of elements i .. i+3, less 2^15, pairs side by side: e0 e1 | e2 e3 -> (w0 of e0, w0 of e1), (w1, w1), .. */
static inline v4 word_pairs(const gl *a) {
    const v4 order = _mm256_broadcastsi128_si256(_mm_set_epi64x(0x0F0E07060D0C0504, 0x0B0A030209080100));
    return _mm256_shuffle_epi8(v4_xor(v4_load(a), _mm256_set1_epi16(INT16_MIN)), order);
}

/* Eight 16-bit weights in both halves: the pairs for elements 0 .. 3 (first) or 4 .. 7, four times each. */
static inline v4 weight_pairs(v4 weights, bool first) {
    const v4 lower = _mm256_set_epi64x(0x0706050407060504, 0x0706050407060504, 0x0302010003020100, 0x0302010003020100);
    const v4 upper = _mm256_set_epi64x(0x0F0E0D0C0F0E0D0C, 0x0F0E0D0C0F0E0D0C, 0x0B0A09080B0A0908, 0x0B0A09080B0A0908);
    return _mm256_shuffle_epi8(weights, first ? lower : upper);
}

/* Per word, in 64 bits. */
static inline v4 widen(v4 sums) {
    return v4_add(_mm256_cvtepi32_epi64(_mm256_castsi256_si128(sums)),
                  _mm256_cvtepi32_epi64(_mm256_extracti128_si256(sums, 1)));
}

/* sum_k 2^16k (sums[k] + 2^15 weights) */
static gl words_total(v4 sums, int64_t weights) {
    int64_t s[4];
    _mm256_storeu_si256((__m256i *)(void *)s, sums);
    i128 r = 0;
    for (int k = 3; k >= 0; k--) r = r * 65536 + s[k] + (i128)weights * 32768;
    return gl_from_i128(r);
}

/* |w d + w' d'| <= 2 2^7 2^15 = 2^23; a lane takes two of them from eight weights: 2 127 2^23 < 2^31. */
enum { BLOCK_I8 = 8 * 127 };

ext vec_avx2_dot_i8(extv a, const int8_t *b, size_t n) {
    v4 zero = _mm256_setzero_si256(), total[EXT_DEG];
    int64_t weights = 0;
    size_t i = 0, whole = n - n % 8;
    for (int j = 0; j < EXT_DEG; j++) total[j] = zero;
    while (i < whole) {
        v4 sum[EXT_DEG], sum_b = zero;
        for (int j = 0; j < EXT_DEG; j++) sum[j] = zero;
        for (size_t end = whole - i < BLOCK_I8 ? whole : i + BLOCK_I8; i < end; i += 8) {
            __m128i bytes = _mm_loadl_epi64((const __m128i *)(const void *)(b + i));
            v4 w = _mm256_broadcastsi128_si256(_mm_cvtepi8_epi16(bytes));
            v4 w0 = weight_pairs(w, true), w1 = weight_pairs(w, false);
            sum_b = _mm256_add_epi16(sum_b, w); /* |.| <= 127 128 < 2^15 */
            for (int j = 0; j < EXT_DEG; j++) {
                v4 p = _mm256_madd_epi16(w0, word_pairs(a.c[j] + i)),
                   q = _mm256_madd_epi16(w1, word_pairs(a.c[j] + i + 4));
                sum[j] = _mm256_add_epi32(sum[j], _mm256_add_epi32(p, q));
            }
        }
        for (int j = 0; j < EXT_DEG; j++) total[j] = v4_add(total[j], widen(sum[j]));
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
    v4 zero = _mm256_setzero_si256(), total[EXT_DEG], low_byte = _mm256_set1_epi16(255);
    int64_t weights = 0;
    size_t i = 0, whole = n - n % 8;
    for (int j = 0; j < EXT_DEG; j++) total[j] = zero;
    while (i < whole) {
        v4 low[EXT_DEG], high[EXT_DEG], sum_b = zero;
        for (int j = 0; j < EXT_DEG; j++) low[j] = high[j] = zero;
        for (size_t end = whole - i < BLOCK_I16 ? whole : i + BLOCK_I16; i < end; i += 8) {
            v4 w = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)(b + i)));
            v4 w0 = weight_pairs(w, true), w1 = weight_pairs(w, false);
            v4 l0 = _mm256_and_si256(w0, low_byte), l1 = _mm256_and_si256(w1, low_byte);
            v4 h0 = _mm256_srai_epi16(w0, 8), h1 = _mm256_srai_epi16(w1, 8);
            sum_b = _mm256_add_epi32(sum_b, _mm256_madd_epi16(w, _mm256_set1_epi16(1)));
            for (int j = 0; j < EXT_DEG; j++) {
                v4 d0 = word_pairs(a.c[j] + i), d1 = word_pairs(a.c[j] + i + 4);
                low[j] =
                    _mm256_add_epi32(low[j], _mm256_add_epi32(_mm256_madd_epi16(l0, d0), _mm256_madd_epi16(l1, d1)));
                high[j] =
                    _mm256_add_epi32(high[j], _mm256_add_epi32(_mm256_madd_epi16(h0, d0), _mm256_madd_epi16(h1, d1)));
            }
        }
        for (int j = 0; j < EXT_DEG; j++)
            total[j] = v4_add(total[j], v4_add(widen(low[j]), _mm256_slli_epi64(widen(high[j]), 8)));
        int32_t w[8];
        _mm256_storeu_si256((__m256i *)(void *)w, sum_b);
        for (int k = 0; k < 4; k++) weights += w[k];
    }
    ext r = vec_portable.dot_i16(extv_at(a, i), b + i, n - i);
    for (int j = 0; j < EXT_DEG; j++) r.c[j] = gl_add(r.c[j], words_total(total[j], weights));
    return r;
}
#endif
