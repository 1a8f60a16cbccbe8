/* hash/sha256_x86: SHA-256 with the SHA extensions (compile with -msha -msse4.1). The state is held as the instructions
 * want it: (A,B,E,F) and (C,D,G,H), highest lane first. One stream is bound by the latency of sha256rnds2, so the two
 * streams of compress2 run interleaved for nearly the price of one. [Intel, Intel SHA Extensions, 2013] */
#include "hash/sha256_kernels.h"

#if SHA256_HAVE_NI
#include <cpuid.h>
#include <immintrin.h>

bool sha256_ni_available(void) {
    unsigned a, b, c, d;
    if (__get_cpuid(1, &a, &b, &c, &d) == 0 || (c & bit_SSE4_1) == 0 || (c & bit_SSSE3) == 0) return false;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (b & bit_SHA) != 0;
}

typedef struct state {
    __m128i abef, cdgh;
} state;

static inline __m128i load(const void *p) {
    return _mm_loadu_si128((const __m128i *)p);
}

static inline state state_load(const uint32_t h[8]) {
    __m128i badc = _mm_shuffle_epi32(load(h), 0xB1), hgfe = _mm_shuffle_epi32(load(h + 4), 0x1B);
    return (state){_mm_alignr_epi8(badc, hgfe, 8), _mm_blend_epi16(hgfe, badc, 0xF0)};
}

static inline void state_store(uint32_t h[8], state s) {
    __m128i feba = _mm_shuffle_epi32(s.abef, 0x1B), dchg = _mm_shuffle_epi32(s.cdgh, 0xB1);
    _mm_storeu_si128((__m128i *)(void *)h, _mm_blend_epi16(feba, dchg, 0xF0));
    _mm_storeu_si128((__m128i *)(void *)(h + 4), _mm_alignr_epi8(dchg, feba, 8));
}

static inline state state_add(state s, state t) {
    return (state){_mm_add_epi32(s.abef, t.abef), _mm_add_epi32(s.cdgh, t.cdgh)};
}

/* Four rounds with the words w and the constants k. */
static inline state rounds4(state s, __m128i w, const uint32_t *k) {
    __m128i wk = _mm_add_epi32(w, load(k));
    s.cdgh = _mm_sha256rnds2_epu32(s.cdgh, s.abef, wk);
    s.abef = _mm_sha256rnds2_epu32(s.abef, s.cdgh, _mm_shuffle_epi32(wk, 0x0E));
    return s;
}

/* Words t .. t+3 from the sixteen before them, a = W[t-16 ..] to d = W[t-4 ..]. */
static inline __m128i next_words(__m128i a, __m128i b, __m128i c, __m128i d) {
    __m128i t = _mm_add_epi32(_mm_sha256msg1_epu32(a, b), _mm_alignr_epi8(d, c, 4));
    return _mm_sha256msg2_epu32(t, d);
}

static inline __m128i load_words(const uint8_t *p) {
    const __m128i swap = _mm_set_epi64x(0x0C0D0E0F08090A0B, 0x0405060700010203);
    return _mm_shuffle_epi8(load(p), swap);
}

void sha256_ni_compress(uint32_t h[8], const uint8_t *data, size_t blocks) {
    const uint32_t *k = sha256_round_constants;
    state s = state_load(h);
    for (; blocks > 0; blocks--, data += 64) {
        state before = s;
        __m128i w[4];
        for (int i = 0; i < 4; i++) {
            w[i] = load_words(data + 16 * i);
            s = rounds4(s, w[i], k + 4 * i);
        }
        for (int t = 16; t < 64; t += 16) {
            for (int i = 0; i < 4; i++) {
                w[i] = next_words(w[i], w[(i + 1) % 4], w[(i + 2) % 4], w[(i + 3) % 4]);
                s = rounds4(s, w[i], k + t + 4 * i);
            }
        }
        s = state_add(s, before);
    }
    state_store(h, s);
}

void sha256_ni_compress2(uint32_t h0[8], const uint8_t *d0, uint32_t h1[8], const uint8_t *d1, size_t blocks) {
    const uint32_t *k = sha256_round_constants;
    state s0 = state_load(h0), s1 = state_load(h1);
    for (; blocks > 0; blocks--, d0 += 64, d1 += 64) {
        state before0 = s0, before1 = s1;
        __m128i v[4], w[4];
        for (int i = 0; i < 4; i++) {
            v[i] = load_words(d0 + 16 * i), w[i] = load_words(d1 + 16 * i);
            s0 = rounds4(s0, v[i], k + 4 * i), s1 = rounds4(s1, w[i], k + 4 * i);
        }
        for (int t = 16; t < 64; t += 16) {
            for (int i = 0; i < 4; i++) {
                v[i] = next_words(v[i], v[(i + 1) % 4], v[(i + 2) % 4], v[(i + 3) % 4]);
                w[i] = next_words(w[i], w[(i + 1) % 4], w[(i + 2) % 4], w[(i + 3) % 4]);
                s0 = rounds4(s0, v[i], k + t + 4 * i), s1 = rounds4(s1, w[i], k + t + 4 * i);
            }
        }
        s0 = state_add(s0, before0), s1 = state_add(s1, before1);
    }
    state_store(h0, s0);
    state_store(h1, s1);
}
#endif
