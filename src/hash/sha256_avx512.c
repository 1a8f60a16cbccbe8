/* hash/sha256_avx512: sixteen streams at once, one in each 32-bit lane (compile with -mavx512f -mavx512dq -mavx512vl
 * -mavx512bw -mbmi2). Some 60 cycles a block. The SHA extensions do as well on AMD's processors and half as well on
 * Intel's, where sha256msg2 and sha256rnds2 share a port. */
#include "hash/sha256_kernels.h"

#if SHA256_HAVE_NI
#include <immintrin.h>

bool sha256_avx512_preferred(void) {
    return __builtin_cpu_is("intel") && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw");
}

typedef __m512i words; /* a word of each stream */

static inline words add(words a, words b) {
    return _mm512_add_epi32(a, b);
}

static inline words xor3(words a, words b, words c) {
    return _mm512_ternarylogic_epi32(a, b, c, 0x96);
}

/* r[k] has four words of the streams 4q + k in its quarter q, or the other way round: words of all streams. */
static inline void transpose4(words r[4]) {
    words a = _mm512_unpacklo_epi32(r[0], r[1]), b = _mm512_unpackhi_epi32(r[0], r[1]);
    words c = _mm512_unpacklo_epi32(r[2], r[3]), d = _mm512_unpackhi_epi32(r[2], r[3]);
    r[0] = _mm512_unpacklo_epi64(a, c), r[1] = _mm512_unpackhi_epi64(a, c);
    r[2] = _mm512_unpacklo_epi64(b, d), r[3] = _mm512_unpackhi_epi64(b, d);
}

static inline words swap_bytes(words x) {
    return _mm512_shuffle_epi8(x, _mm512_broadcast_i32x4(_mm_set_epi64x(0x0C0D0E0F08090A0B, 0x0405060700010203)));
}

static inline __m128i quarter(const uint8_t *p) {
    return _mm_loadu_si128((const __m128i *)(const void *)p);
}

static inline void load_block(words w[16], const uint8_t *data, size_t stride) {
    for (size_t i = 0; i < 4; i++) {
        for (size_t k = 0; k < 4; k++) {
            const uint8_t *p = data + k * stride + 16 * i;
            words r = _mm512_castsi128_si512(quarter(p));
            r = _mm512_inserti32x4(r, quarter(p + 4 * stride), 1);
            r = _mm512_inserti32x4(r, quarter(p + 8 * stride), 2);
            w[4 * i + k] = swap_bytes(_mm512_inserti32x4(r, quarter(p + 12 * stride), 3));
        }
        transpose4(w + 4 * i);
    }
}

static inline void store_half(digest *out, size_t at, words r[4]) {
    transpose4(r);
    for (size_t k = 0; k < 4; k++) {
        words v = swap_bytes(r[k]);
        _mm_storeu_si128((__m128i *)(void *)(out[k].b + at), _mm512_castsi512_si128(v));
        _mm_storeu_si128((__m128i *)(void *)(out[4 + k].b + at), _mm512_extracti32x4_epi32(v, 1));
        _mm_storeu_si128((__m128i *)(void *)(out[8 + k].b + at), _mm512_extracti32x4_epi32(v, 2));
        _mm_storeu_si128((__m128i *)(void *)(out[12 + k].b + at), _mm512_extracti32x4_epi32(v, 3));
    }
}

static inline void load_half(words r[4], const digest *d, size_t at) {
    for (size_t k = 0; k < 4; k++) {
        words v = _mm512_castsi128_si512(quarter(d[k].b + at));
        v = _mm512_inserti32x4(v, quarter(d[4 + k].b + at), 1);
        v = _mm512_inserti32x4(v, quarter(d[8 + k].b + at), 2);
        r[k] = swap_bytes(_mm512_inserti32x4(v, quarter(d[12 + k].b + at), 3));
    }
    transpose4(r);
}

/* One round; s[0 .. 7] = a .. h are renamed instead of moved: in round t, a is s[-t mod 8]. */
static inline void one_round(words s[8], unsigned t, words w, uint32_t k) {
#define S(i) s[((i)-t) & 7]
    words s1 = xor3(_mm512_ror_epi32(S(4), 6), _mm512_ror_epi32(S(4), 11), _mm512_ror_epi32(S(4), 25));
    words s0 = xor3(_mm512_ror_epi32(S(0), 2), _mm512_ror_epi32(S(0), 13), _mm512_ror_epi32(S(0), 22));
    words ch = _mm512_ternarylogic_epi32(S(4), S(5), S(6), 0xCA);
    words maj = _mm512_ternarylogic_epi32(S(0), S(1), S(2), 0xE8);
    words t1 = add(add(S(7), s1), add(ch, add(w, _mm512_set1_epi32((int)k))));
    S(3) = add(S(3), t1);
    S(7) = add(t1, add(s0, maj));
#undef S
}

static inline words next_word(const words w[16], unsigned i) {
    words a = w[(i + 1) & 15], b = w[(i + 14) & 15];
    words s0 = xor3(_mm512_ror_epi32(a, 7), _mm512_ror_epi32(a, 18), _mm512_srli_epi32(a, 3));
    words s1 = xor3(_mm512_ror_epi32(b, 17), _mm512_ror_epi32(b, 19), _mm512_srli_epi32(b, 10));
    return add(add(w[i], s0), add(w[(i + 9) & 15], s1));
}

static inline void compress16(words h[8], words w[16]) {
    words s[8];
    for (int i = 0; i < 8; i++) s[i] = h[i];
#pragma GCC unroll 16
    for (unsigned i = 0; i < 16; i++) one_round(s, i, w[i], sha256_round_constants[i]);
    for (unsigned t = 16; t < 64; t += 16) {
#pragma GCC unroll 16
        for (unsigned i = 0; i < 16; i++) {
            w[i] = next_word(w, i);
            one_round(s, i, w[i], sha256_round_constants[t + i]);
        }
    }
    for (int i = 0; i < 8; i++) h[i] = add(h[i], s[i]);
}

void sha256_avx512_digests(digest out[16], const uint32_t *state, const uint8_t *data, size_t stride, size_t blocks) {
    words h[8], w[16];
    if (state != NULL) {
        for (int i = 0; i < 8; i++) h[i] = _mm512_set1_epi32((int)state[i]);
    } else {
        load_half(h, out, 0);
        load_half(h + 4, out, 16);
    }
    for (size_t b = 0; b < blocks; b++) {
        load_block(w, data + 64 * b, stride);
        compress16(h, w);
    }
    store_half(out, 0, h);
    store_half(out, 16, h + 4);
}
#endif
