#include "compile/blas.h"
#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>

/* CBLAS, the C interface to the BLAS: enum values of its standard. */
enum { ROW_MAJOR = 101, NO_TRANSPOSE = 111, TRANSPOSE = 112 };
typedef void dgemm(int order, int ta, int tb, int m, int n, int k, double alpha, const double *a, int lda,
                   const double *b, int ldb, double beta, double *c, int ldc);

static dgemm *loaded;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* OpenBLAS knows processors by model number and takes kernels of 2004 for one that is newer than itself; instructions
 * tell more. It reads the variable while it is loaded, and only then. */
static const char CORE[] = "OPENBLAS_CORETYPE";
static const char *core_name(void) {
    const char *core = NULL;
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) core = "Haswell";
    if (core && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
        core = "SkylakeX";
#endif
    return core;
}

static void load(void) {
    static const char *const names[] = {"libopenblas.so.0", "libblas.so.3"};
    const char *core = getenv(CORE) ? NULL : core_name();
    bool named = core && setenv(CORE, core, 1) == 0;
    for (size_t i = 0; !loaded && i < sizeof names / sizeof names[0]; i++) {
        void *library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
        void *symbol = library ? dlsym(library, "cblas_dgemm") : NULL;
        __builtin_memcpy(&loaded, &symbol, sizeof loaded); /* POSIX: an object pointer may hold a function's */
    }
    if (named) (void)unsetenv(CORE);
}

static void plain(bool ta, bool tb, int m, int n, int k, double alpha, const double *a, const double *b, double beta,
                  double *c) {
    for (ptrdiff_t i = 0; i < m; i++)
        for (ptrdiff_t j = 0; j < n; j++) {
            double sum = 0;
            for (ptrdiff_t l = 0; l < k; l++) sum += a[ta ? l * m + i : i * k + l] * b[tb ? j * k + l : l * n + j];
            c[i * n + j] = alpha * sum + (beta == 0 ? 0 : beta * c[i * n + j]);
        }
}

void real_gemm(bool transpose_a, bool transpose_b, int m, int n, int k, double alpha, const double *a, const double *b,
               double beta, double *c) {
    (void)pthread_once(&once, load);
    if (!loaded) {
        plain(transpose_a, transpose_b, m, n, k, alpha, a, b, beta, c);
        return;
    }
    loaded(ROW_MAJOR, transpose_a ? TRANSPOSE : NO_TRANSPOSE, transpose_b ? TRANSPOSE : NO_TRANSPOSE, m, n, k, alpha, a,
           transpose_a ? m : k, b, transpose_b ? k : n, beta, c, n);
}
