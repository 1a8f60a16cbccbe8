/* field/vec_avx512: eight elements at a time (compile with -mavx512f -mavx512dq -mavx512vl -mavx512bw -mbmi2). Inner
 * products with int8 and int16: field/vec_avx2_int.c. */
#include "field/vec.h"
#include <string.h>

#if VEC_HAVE_AVX2
#include "field/vec_lanes.h"

/* Sums of a lane; eight of them have names in the loop below: gcc stores an array of vectors in every round. */
typedef struct lane_sums {
    __m512i o[BYTE_OUTPUTS / 16];
} lane_sums;

#define VNNI_INLINE static inline __attribute__((target("avx512vnni"), always_inline))

VNNI_INLINE lane_sums lane_add(lane_sums s, lane_sums d, const int8_t weights[4]) {
    int32_t four;
    memcpy(&four, weights, sizeof four);
    for (int o = 0; o < BYTE_OUTPUTS / 16; o++) s.o[o] = _mm512_dpbusd_epi32(s.o[o], d.o[o], _mm512_set1_epi32(four));
    return s;
}

__attribute__((target("avx512vnni"))) static void
vnni_byte_products(int32_t out[BYTE_LANES][BYTE_OUTPUTS], const uint8_t *bytes, const int8_t *weights, size_t quads) {
    lane_sums zero = {{_mm512_setzero_si512(), _mm512_setzero_si512(), _mm512_setzero_si512()}}, d;
    lane_sums s0 = zero, s1 = zero, s2 = zero, s3 = zero, s4 = zero, s5 = zero, s6 = zero, s7 = zero;
    for (size_t q = 0; q < quads; q++, bytes += 4 * BYTE_OUTPUTS, weights += 4 * BYTE_LANES) {
        memcpy(&d, bytes, sizeof d);
        s0 = lane_add(s0, d, weights), s1 = lane_add(s1, d, weights + 4);
        s2 = lane_add(s2, d, weights + 8), s3 = lane_add(s3, d, weights + 12);
        s4 = lane_add(s4, d, weights + 16), s5 = lane_add(s5, d, weights + 20);
        s6 = lane_add(s6, d, weights + 24), s7 = lane_add(s7, d, weights + 28);
    }
    const lane_sums all[BYTE_LANES] = {s0, s1, s2, s3, s4, s5, s6, s7};
    memcpy(out, all, sizeof all);
}

static void byte_products(int32_t out[BYTE_LANES][BYTE_OUTPUTS], const uint8_t *bytes, const int8_t *weights,
                          size_t quads) {
    if (__builtin_cpu_supports("avx512vnni"))
        vnni_byte_products(out, bytes, weights, quads);
    else
        vec_avx2_byte_products(out, bytes, weights, quads);
}

const vec_kernels vec_avx512 = {
    .name = "avx512",
    VEC_LANES_KERNELS,
    .dot_i16 = vec_avx2_dot_i16,
    .dot_i8 = vec_avx2_dot_i8,
    .byte_products = byte_products,
};
#endif
