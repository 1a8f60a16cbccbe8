/* field/vec_avx512: eight elements at a time (compile with -mavx512f -mavx512dq -mavx512vl -mavx512bw -mbmi2). Inner
 * products with int8 and int16: field/vec_avx2_int.c. */
#include "field/vec.h"
#include <string.h>

#if VEC_HAVE_AVX2
#include "field/vec_lanes.h"

enum { OUTPUTS = BYTE_OUTPUTS / 16 }; /* vectors */

__attribute__((target("avx512vnni"))) static void
vnni_byte_products(int32_t out[BYTE_LANES][BYTE_OUTPUTS], const uint8_t *bytes, const int8_t *weights, size_t quads) {
    __m512i sum[BYTE_LANES][OUTPUTS];
    for (int l = 0; l < BYTE_LANES; l++)
        for (int o = 0; o < OUTPUTS; o++) sum[l][o] = _mm512_setzero_si512();
    for (size_t q = 0; q < quads; q++, bytes += 4 * BYTE_OUTPUTS, weights += 4 * BYTE_LANES) {
        __m512i d[OUTPUTS];
        for (int o = 0; o < OUTPUTS; o++) d[o] = _mm512_loadu_si512(bytes + 64 * o);
        for (int l = 0; l < BYTE_LANES; l++) {
            int32_t four;
            memcpy(&four, weights + 4 * l, sizeof four);
            for (int o = 0; o < OUTPUTS; o++) sum[l][o] = _mm512_dpbusd_epi32(sum[l][o], d[o], _mm512_set1_epi32(four));
        }
    }
    for (int l = 0; l < BYTE_LANES; l++)
        for (int o = 0; o < OUTPUTS; o++) _mm512_storeu_si512(out[l] + 16 * o, sum[l][o]);
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
