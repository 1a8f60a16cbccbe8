/* field/vec_avx512: eight elements at a time (compile with -mavx512f -mavx512dq -mavx512vl -mavx512bw -mbmi2). Inner
 * products with int8 and int16: field/vec_avx2_int.c. */
#include "field/vec.h"

#if VEC_HAVE_AVX2
#include "field/vec_lanes.h"

const vec_kernels vec_avx512 = {
    .name = "avx512",
    VEC_LANES_KERNELS,
    .dot_i16 = vec_avx2_dot_i16,
    .dot_i8 = vec_avx2_dot_i8,
};
#endif
