/* poly/ntt_avx2: the passes four elements at a time (compile with -mavx2 -mbmi2). */
#include "poly/ntt_kernels.h"

#if VEC_HAVE_AVX2
#include "poly/ntt_lanes.h"

const ntt_kernels ntt_avx2 = {first, first_coset, radix8, radix4};
#endif
