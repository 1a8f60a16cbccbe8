/* poly/ntt_avx512: the passes eight elements at a time (compile with -mavx512f -mavx512dq -mavx512vl -mavx512bw
 * -mbmi2). */
#include "poly/ntt_kernels.h"

#if VEC_HAVE_AVX2
#include "poly/ntt_lanes.h"

const ntt_kernels ntt_avx512 = {first, first_coset, radix8, radix4};
#endif
