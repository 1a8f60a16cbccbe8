/* field/columns_narrow_lanes: column sums of a matrix of int8 or int16 times a vector of E.
 *
 * With C = 2^15 (1 + 2^16 + 2^32 + 2^48), the four 16-bit words of e + C mod p, each less 2^15, are signed digits d_k
 * with e = sum_k 2^16k d_k mod p. vpmaddwd multiplies a column's entries of two rows with the two digits: sums of one
 * digit are int32, |x| 2^15 a row. int16 entries are cut into low byte (unsigned) and high byte (signed), summed one
 * after the other. */
#ifndef FIELD_COLUMNS_NARROW_LANES_H
#define FIELD_COLUMNS_NARROW_LANES_H
#include <string.h>
#include "field/columns_lanes.h"

/* 2^7 2^15 a row for bytes with a sign, 255 2^15 without: 254 rows stay below 2^31. */
enum { WORDS = 4, PAIRS = 127, COLUMNS = 2 * VL };
#define WORD_SHIFT UINT64_C(0x8000800080008000)

/* Of the entries: int8, or one byte of int16. */
typedef enum entry_part { BYTE, LOW_BYTE, HIGH_BYTE } entry_part;

/* Digits of two rows side by side, as vpmaddwd wants them; a row too many has zeros. */
typedef struct word_digits {
    int32_t pair[EXT_DEG][WORDS][PAIRS];
} word_digits;

static void word_digits_of(word_digits *d, extv e, size_t rows) {
    for (int j = 0; j < EXT_DEG; j++)
        for (size_t r = 0; r < rows; r += 2) {
            uint64_t a = gl_add(e.c[j][r], WORD_SHIFT) ^ WORD_SHIFT,
                     b = r + 1 < rows ? gl_add(e.c[j][r + 1], WORD_SHIFT) ^ WORD_SHIFT : 0;
            for (unsigned k = 0; k < WORDS; k++)
                d->pair[j][k][r / 2] = (int32_t)(uint32_t)((a >> 16 * k & 0xFFFF) | (b >> 16 * k & 0xFFFF) << 16);
        }
}

/* Entries of COLUMNS columns of two rows, side by side as int16. */
#if defined(__AVX512F__)
static inline vl pairs_i8(const void *x, const void *y) {
    __m128i a = _mm_loadu_si128((const __m128i *)x), b = _mm_loadu_si128((const __m128i *)y);
    return _mm512_cvtepi8_epi16(_mm256_set_m128i(_mm_unpackhi_epi8(a, b), _mm_unpacklo_epi8(a, b)));
}
static inline vl pairs_i16(const void *x, const void *y) {
    vl a = _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)x)),
       b = _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)y));
    return _mm512_or_si512(a, _mm512_slli_epi32(b, 16));
}
static inline vl pairs_low_byte(vl p) {
    return _mm512_and_si512(p, _mm512_set1_epi16(255));
}
static inline vl pairs_high_byte(vl p) {
    return _mm512_srai_epi16(p, 8);
}
static inline vl pairs_add(vl sum, vl pairs, int32_t two) {
    return _mm512_add_epi32(sum, _mm512_madd_epi16(pairs, _mm512_set1_epi32(two)));
}
#else
static inline vl pairs_i8(const void *x, const void *y) {
    __m128i a = _mm_loadl_epi64((const __m128i *)x), b = _mm_loadl_epi64((const __m128i *)y);
    return _mm256_cvtepi8_epi16(_mm_unpacklo_epi8(a, b));
}
static inline vl pairs_i16(const void *x, const void *y) {
    vl a = _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)x)),
       b = _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)y));
    return _mm256_or_si256(a, _mm256_slli_epi32(b, 16));
}
static inline vl pairs_low_byte(vl p) {
    return _mm256_and_si256(p, _mm256_set1_epi16(255));
}
static inline vl pairs_high_byte(vl p) {
    return _mm256_srai_epi16(p, 8);
}
static inline vl pairs_add(vl sum, vl pairs, int32_t two) {
    return _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi32(two)));
}
#endif

static inline __attribute__((always_inline)) vl entry_pairs(const void *x, const void *y, entry_part part) {
    if (part == BYTE) return pairs_i8(x, y);
    vl p = pairs_i16(x, y);
    return part == LOW_BYTE ? pairs_low_byte(p) : pairs_high_byte(p);
}

/* out += the sums, 2^8 times of high bytes: (s0 + 2^16 s1) + 2^32 (s2 + 2^16 s3), halves below 2^57. */
static inline void word_sums_put(extv out, size_t c, vl sum[EXT_DEG][WORDS], entry_part part) {
    int32_t s[WORDS][COLUMNS];
    unsigned shift = part == HIGH_BYTE ? 8 : 0;
    for (int j = 0; j < EXT_DEG; j++) {
        for (int k = 0; k < WORDS; k++) memcpy(s[k], &sum[j][k], sizeof s[k]);
        for (size_t half = 0; half < COLUMNS; half += VL) {
            vl low = vl_add(vl_load_i32(s[0] + half), vl_shl(vl_load_i32(s[1] + half), 16)),
               high = vl_add(vl_load_i32(s[2] + half), vl_shl(vl_load_i32(s[3] + half), 16));
            gl *o = &out.c[j][c + half];
            vl_store(o, vl_gl_add(vl_load(o), digits_join(vl_shl(low, shift), vl_shl(high, shift))));
        }
    }
}

/* COLUMNS columns of at most 2 PAIRS rows, `step` bytes apart. */
static inline __attribute__((always_inline)) void
word_tile(extv out, size_t c, const word_digits *d, const unsigned char *x, size_t rows, size_t step, entry_part part) {
    static const int16_t no_row[COLUMNS];
    vl sum[EXT_DEG][WORDS];
    for (int j = 0; j < EXT_DEG; j++)
        for (int k = 0; k < WORDS; k++) sum[j][k] = vl_zero();
    for (size_t r = 0; r < rows; r += 2, x += 2 * step) {
        vl pairs = entry_pairs(x, r + 1 < rows ? (const void *)(x + step) : no_row, part);
        for (int j = 0; j < EXT_DEG; j++)
            for (int k = 0; k < WORDS; k++) sum[j][k] = pairs_add(sum[j][k], pairs, d->pair[j][k][r / 2]);
    }
    word_sums_put(out, c, sum, part);
}

/* The columns that fill tiles, of entries of `size` bytes; how many these are. */
static inline __attribute__((always_inline)) size_t word_columns(extv out, extv e, const void *x, size_t size,
                                                                 size_t rows, size_t cols, size_t stride) {
    word_digits d;
    size_t whole = cols / COLUMNS * COLUMNS;
    for (size_t first = 0; whole && first < rows; first += 2 * PAIRS) {
        size_t n = rows - first < 2 * PAIRS ? rows - first : 2 * PAIRS;
        const unsigned char *block = (const unsigned char *)x + size * first * stride;
        word_digits_of(&d, extv_at(e, first), n);
        for (size_t c = 0; c < whole; c += COLUMNS) {
            word_tile(out, c, &d, block + size * c, n, size * stride, size == 1 ? BYTE : LOW_BYTE);
            if (size == 2) word_tile(out, c, &d, block + size * c, n, size * stride, HIGH_BYTE);
        }
    }
    return whole;
}

static void v_column_sums_i8(extv out, extv e, const int8_t *x, size_t rows, size_t cols, size_t stride) {
    size_t done = word_columns(out, e, x, sizeof *x, rows, cols, stride);
    vec_portable.column_sums_i8(extv_at(out, done), e, x + done, rows, cols - done, stride);
}

static void v_column_sums_i16(extv out, extv e, const int16_t *x, size_t rows, size_t cols, size_t stride) {
    size_t done = word_columns(out, e, x, sizeof *x, rows, cols, stride);
    vec_portable.column_sums_i16(extv_at(out, done), e, x + done, rows, cols - done, stride);
}
#endif
