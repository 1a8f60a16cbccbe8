/* base/threads: OpenMP, or one thread without it. */
#ifndef BASE_THREADS_H
#define BASE_THREADS_H
#ifdef _OPENMP
#include <omp.h>
static inline int threads_max(void) {
    return omp_get_max_threads();
}
static inline int thread_index(void) {
    return omp_get_thread_num();
}
#else
static inline int threads_max(void) {
    return 1;
}
static inline int thread_index(void) {
    return 0;
}
#endif
#endif
