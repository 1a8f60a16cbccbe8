/* logup/leaves: the leaves of the trees from the trace's integers, a piece at a time: D = alpha - id - sum beta_j
 * column_j. A column is read as it lies in the trace; only linear tensors and views are made, and the folds of a
 * gather's rows. Values outside [-2^22, 2^22) are cut into two terms for vec->linear_i23.
 * A leaf is a linear combination of integers, and so is a table's entry after its first variable is fixed. Over lookups
 * of one short column that holds for the level above too: with leaves a + c x and a + c y, n = 2 a + c (x + y), d = a^2
 * + a c (x + y) + c^2 x y; the leaves' first round needs inner products of eq with integers only. */
#ifndef LOGUP_LEAVES_H
#define LOGUP_LEAVES_H
#include "execute/execute.h"
#include "field/vec.h"
#include "logup/logup.h"

/* Most leaves that one call reads. */
enum { LEAF_MOST = 2048, LEAF_TERMS = 2 * MAX_TABLE_WIDTH };
_Static_assert(2 * LEAF_TERMS <= VEC_TERMS, "terms of a fold");

/* What the leaves depend on. */
typedef struct leaf_request {
    const trace *t;
    const logup *l;
    ext alpha;
    const ext *beta, *r_c;
    arena *a;
    tacit_error *err;
} leaf_request;

/* The rows of one lookup or table, of a gather its indices and the folds of its rows. */
typedef struct leaf_rows {
    const shape *shape;
    uint32_t width, terms;
    narrow values[MAX_TABLE_WIDTH];
    bool wide[MAX_TABLE_WIDTH]; /* two terms: the high bits, the low 16 */
    ext base, coef[LEAF_TERMS];
    extv folded; /* c[0] NULL: no gather */
    ext folded_coef;
    const int32_t *multiplicity; /* tables */
    bool line; /* one column of at most 2^bits values, bits <= 16: D = at_middle + coef (x - middle) */
    int32_t middle;
    unsigned bits;
    ext at_middle;
} leaf_rows;

/* rows[0]: of every lookup, rows[1]: of every table. */
tacit_status leaves_make(leaf_rows *rows[2], const leaf_request *r) TACIT_MUST_CHECK;

typedef struct leaf_tree {
    const layout *lay;
    const logup_tree *tree;
    const leaf_rows *rows;
} leaf_tree;

/* Denominators of the leaves first .. first + n of the tree. */
void leaves_natural(const leaf_tree *t, uint64_t first, size_t n, extv out);
/* Numerators of a table's leaves: minus the multiplicities. */
void leaves_numerators(const leaf_tree *t, uint64_t first, size_t n, extv out);

/* The tables of a layer, entries first .. first + n; with r after its variable 0 was fixed to r, from twice as many. Of
 * the leaves: d_even, d_odd. Of the level above them: n_even + mu d_even (mu NULL: n_even), n_odd, d_even, d_odd. */
void leaves_split(const leaf_tree *t, uint64_t first, size_t n, const ext *r, extv even, extv odd);
void leaves_split_numerators(const leaf_tree *t, uint64_t first, size_t n, extv even, extv odd);
void leaves_nodes(const leaf_tree *t, uint64_t first, size_t n, const ext *mu, const ext *r, extv out[4]);
/* vec->round_logup_leaf over the leaves' tables; eq adds up to 1. */
void leaves_round(const leaf_tree *t, uint64_t first, size_t points, extv eq, ext mu, ext v[2]);
#endif
