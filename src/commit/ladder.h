/* commit/ladder: what the verifier knows of the vector at the foot of the ladder: one functional <V, Z> = target.
 *
 * V is never written out. It is a sum of three kinds of terms, each on an aligned block of 2^log elements of Z:
 *   weight * eq(point, .)                      a folded object's column functional
 *   weight * (1, x, x^2, ..)                   an opened column
 *   values[0 .. count)                         -U on sigma
 * and is bound variable by variable, lowest first, together with Z; the terms are evaluated on the clear vector only.
 * Cost: O(terms) multiplications in E a variable; at the end two in F per term and element of its block. Freestanding.
 */
#ifndef COMMIT_LADDER_H
#define COMMIT_LADDER_H
#include <stddef.h>
#include "commit/geometry.h"
#include "field/ext.h"

enum { LADDER_MAX_LANES_LOG = 8 }; /* of an inner level */

/* 2^log elements from `start`, a multiple of 2^log; when log is 0 one element, whose place is still `start`. */
typedef struct ladder_block {
    uint64_t start;
    uint32_t log;
} ladder_block;

typedef struct ladder_eq {
    ladder_block at;
    ext weight;
    const ext *point; /* at.log coordinates */
} ladder_eq;
typedef struct ladder_power {
    ladder_block at;
    ext weight;
    gl x;
} ladder_power;

typedef struct ladder_functional {
    uint32_t eq_count, power_count, power_capacity, dense_count;
    ladder_eq eq[MAX_OBJECTS];
    ladder_power *powers;
    ladder_block dense_at;
    ext *dense;
} ladder_functional;

/* One opened column, folded: the polynomial on the block takes this value at rs_point(log_n, position). */
typedef struct ladder_opening {
    ladder_block at;
    uint32_t log_n, position;
    ext value;
} ladder_opening;

/* sum_i weight[i] v[i]; one reduction at the end. */
ext ladder_dot(const ext *weight, const gl *v, size_t n);
/* sum_i v[i] x^i, 2^log elements. */
ext ladder_horner(const ext *v, unsigned log, gl x);
/* X_0 = r: V(X) becomes V(r, X). */
void ladder_bind(ladder_functional *v, ext r);
/* <V, z>. work: as long as the longest eq block. */
ext ladder_value(const ladder_functional *v, const ext *z, ext *work);
#endif
