/* sumcheck/parallel: the vector kernels over all cores. Results do not depend on the number of threads: outputs are
 * disjoint, sums are exact. Folds write to another vector than they read (chunks of one fold may run in any order). */
#ifndef SUMCHECK_PARALLEL_H
#define SUMCHECK_PARALLEL_H
#include "base/arena.h"
#include "base/error.h"
#include "base/narrow.h"
#include "field/vec.h"

/* n E elements in the arena; planes NULL when it is full. */
extv extv_new(arena *a, size_t n);
/* The same, all zero. */
extv extv_zero(arena *a, size_t n);
/* After a fold into the other table. */
static inline void extv_swap(extv *a, extv *b) {
    extv t = *a;
    *a = *b;
    *b = t;
}
static inline bool extv_ok(extv v) {
    return v.c[0] != NULL;
}

void par_fold(extv out, extv in, ext r, size_t n); /* out[i] = in[2i] + r (in[2i+1] - in[2i]); no overlap */
void par_axpy(extv out, extv in, ext s, size_t n);
/* out[i] = scale * eq(z, i), 2^vars entries. */
void par_eq_table(extv out, const ext *z, unsigned vars, ext scale);
/* out[u] = sum_l e[l] x[u * cols + l] for u < rows. */
void par_row_dots(extv out, extv e, narrow x, size_t rows, size_t cols);
/* out[l] = sum_u e[u] x[u * cols + l] for l < cols. */
void par_column_sums(extv out, extv e, narrow x, size_t rows, size_t cols);

void par_round_prod2(ext out[2], extv f, extv g, size_t n);
void par_round_prod2_deg3(ext out[3], extv f, extv g, size_t n);
void par_round_prod3(ext out[3], extv e, extv f, extv g, size_t n);

/* A range cut for threads: body(ctx, first, count) on pieces that start at multiples of PAR_CHUNK. */
enum { PAR_CHUNK = 512 };
void par_for(size_t n, void (*body)(void *ctx, size_t first, size_t count), void *ctx);

/* body(ctx, i, own, err) for i < count: `own` is scratch of the thread's own beyond a's peak, wiped at the end. A
 * thread stops at its first error; one of them is the answer. */
typedef tacit_status par_scratch_body(void *ctx, size_t i, arena *own, tacit_error *err);
tacit_status par_scratch(size_t count, par_scratch_body *body, void *ctx, arena *a, tacit_error *err) TACIT_MUST_CHECK;
#endif
