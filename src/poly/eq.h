/* poly/eq: eq(z,x) = prod_i (z_i x_i + (1-z_i)(1-x_i)) and multilinear extensions; variable i is index bit i. */
#ifndef POLY_EQ_H
#define POLY_EQ_H
#include <stdbool.h>
#include <stddef.h>
#include "field/ext.h"

ext eq_eval(const ext *z, const ext *x, unsigned n);
/* eq(z, bits of i) over n variables. */
ext eq_index(const ext *z, unsigned n, uint64_t i);
/* out[i] = eq(z, i), 2^n entries (array of structures: for small tables and the verifier). */
void eq_table(ext *out, const ext *z, unsigned n);
/* sum_{i < count} eq(z, i), count <= 2^n: the MLE of the indicator of the first `count` indices; O(n). */
ext eq_prefix(const ext *z, unsigned n, uint64_t count);
/* sum_{i < count} i eq(z, i): O(n^2); with eq_prefix it evaluates arithmetic progressions. */
ext eq_prefix_index(const ext *z, unsigned n, uint64_t count);
/* An arithmetic progression: index i in [from, to) goes with first + step (i - from), step <= EQ_MAX_STEP. */
enum { EQ_MAX_STEP = 8 };
typedef struct eq_line {
    uint64_t from, to, first;
    uint32_t step;
} eq_line;
/* sum_{from <= i < to} eq(z, i) eq(x, first + step (i - from)), z of n variables, x of m, all indices in range:
 * O((n + m) step). */
ext eq_line_sum(const ext *z, unsigned n, const ext *x, unsigned m, const eq_line *l);
/* prod_{i=from}^{n-1} (1 - x_i): the factor of a late joiner. */
ext eq_late(const ext *x, unsigned from, unsigned n);
#endif
