/* commit/threads: the number of threads and the own number, without OpenMP 1 and 0. */
#ifndef COMMIT_THREADS_H
#define COMMIT_THREADS_H
#include <stddef.h>
#ifdef _OPENMP
#include <omp.h>
static inline size_t threads_most(void) {
    return (size_t)omp_get_max_threads();
}
static inline size_t thread_own(void) {
    return (size_t)omp_get_thread_num();
}
#else
static inline size_t threads_most(void) {
    return 1;
}
static inline size_t thread_own(void) {
    return 0;
}
#endif
#endif
