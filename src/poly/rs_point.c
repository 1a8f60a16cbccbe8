/* poly/rs_point: the one function of poly/ntt.h that the verifier needs; freestanding. */
#include "poly/ntt.h"

gl rs_point(unsigned log_n, uint64_t j) {
    return gl_mul(GL_GEN, gl_pow(gl_root(log_n), j));
}
