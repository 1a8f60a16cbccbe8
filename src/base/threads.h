/* base/threads: a team of threads for loops of tens of microseconds (Linux and POSIX threads).
 *
 * The caller works itself and waits only for pieces that somebody has begun: a worker that the system has not
 * scheduled costs nothing, so a busy machine slows a proof down by its own load and no more. */
#ifndef BASE_THREADS_H
#define BASE_THREADS_H
#include <stddef.h>

/* The team's size, the caller included: the environment's OMP_NUM_THREADS, else the processors that this process may
 * use; at most 64. */
unsigned threads_max(void);
/* Another size, from 1 on; not while pieces run. */
void threads_set(unsigned count);

/* worker: below threads_max(), different for all that run at the same time. */
typedef void threads_body(void *ctx, size_t piece, unsigned worker);
/* Every piece below `pieces` once, in any order; returns when all are done. Inside a piece, or while another thread's
 * pieces run, everything is done by the caller alone. */
void threads_run(size_t pieces, threads_body *body, void *ctx);
/* 0 .. n-1 in ranges whose starts are multiples of `unit`; serially when n <= alone. */
typedef void threads_range_body(void *ctx, size_t first, size_t count, unsigned worker);
void threads_range(size_t n, size_t unit, size_t alone, threads_range_body *body, void *ctx);
#endif
