/* field/vec_avx2: four elements at a time (compile with -mavx2 -mbmi2). Inner products with int8 and int16:
 * field/vec_avx2_int.c. */
#include "field/vec.h"

#if VEC_HAVE_AVX2
#include "field/vec_lanes.h"

const vec_kernels vec_avx2 = {
    .name = "avx2",
    VEC_LANES_KERNELS,
    .dot_i16 = vec_avx2_dot_i16,
    .dot_i8 = vec_avx2_dot_i8,
    .byte_products = vec_avx2_byte_products,
};
#endif
