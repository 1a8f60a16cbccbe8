/* poly/ntt: Reed-Solomon encoding on the coset GL_GEN * <w_n>, w_n = gl_root(log n), natural order:
 * out[j] = sum_i c[i] (GL_GEN w_n^j)^i. */
#ifndef POLY_NTT_H
#define POLY_NTT_H
#include <stddef.h>
#include "field/gl.h"

/* Twiddles up to 2^log_n, made once (thread safe, kept for the process: they are public constants). */
void ntt_prepare(unsigned log_n);
/* In place, natural order in and out: x[j] <- sum_i x[i] w^(ij). */
void ntt_forward(gl *x, unsigned log_n);
/* out[0..2^log_n) from `count` <= 2^log_n coefficients (the rest are zero); makes use of the zeros when count is
 * n/2, n/4, n/8 or n/16. out != coeffs. */
void rs_encode(gl *out, const gl *coeffs, size_t count, unsigned log_n);
/* GL_GEN * w_n^j */
gl rs_point(unsigned log_n, uint64_t j);
/* The transpose, for sparse vectors on the domain: out[i] = sum_j d[j] (GL_GEN w_n^j)^i for i < count; d (2^log_n
 * elements) is destroyed. */
void rs_transpose(gl *out, size_t count, gl *d, unsigned log_n);
#endif
