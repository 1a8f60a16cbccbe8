/* compile/blas: the float model's matrix products, by the system's BLAS. It is loaded at the first product: OpenBLAS
 * starts threads when it is loaded, and they would spin beside every proof (prove, verify never multiply floats). */
#ifndef COMPILE_BLAS_H
#define COMPILE_BLAS_H
#include <stdbool.h>

/* c = alpha op(a) op(b) + beta c, row-major; op(a) is m x k, op(b) is k x n, rows of a have m entries if transposed,
 * else k; of b k, else n. Without a BLAS: plain loops. */
void real_gemm(bool transpose_a, bool transpose_b, int m, int n, int k, double alpha, const double *a, const double *b,
               double beta, double *c);
#endif
