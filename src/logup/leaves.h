/* logup/leaves: the leaves of the trees from the trace's integers, a piece at a time: D = alpha - id - sum beta_j
 * column_j. A column is read as it lies in the trace; only linear tensors and views are made, and the folds of a
 * gather's rows. Values outside [-2^22, 2^22) are cut into two terms for vec->linear_i23. */
#ifndef LOGUP_LEAVES_H
#define LOGUP_LEAVES_H
#include "execute/execute.h"
#include "field/vec.h"
#include "logup/logup.h"

enum { LEAF_PAIRS = 512, LEAF_TERMS = 2 * MAX_TABLE_WIDTH };

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
    const int32_t *values[MAX_TABLE_WIDTH];
    bool wide[MAX_TABLE_WIDTH]; /* two terms: the high bits, the low 16 */
    ext base, coef[LEAF_TERMS];
    extv folded; /* c[0] NULL: no gather */
    ext folded_coef;
    const int32_t *multiplicity; /* tables */
} leaf_rows;

/* rows[0]: of every lookup, rows[1]: of every table. */
tacit_status leaves_make(leaf_rows *rows[2], const leaf_request *r) TACIT_MUST_CHECK;

typedef struct leaf_tree {
    const layout *lay;
    const logup_tree *tree;
    const leaf_rows *rows;
} leaf_tree;

/* Denominators of the leaves first .. first + n of the tree; n <= 2 LEAF_PAIRS. */
void leaves_natural(const leaf_tree *t, uint64_t first, size_t n, extv out);
/* Of 2 pairs leaves from 2 first on, the even ones and the odd ones; pairs <= LEAF_PAIRS. */
void leaves_split(const leaf_tree *t, uint64_t first, size_t pairs, extv even, extv odd);
/* Numerators of a table's leaves: minus the multiplicities. */
void leaves_numerators(const leaf_tree *t, uint64_t first, size_t n, extv out);
void leaves_split_numerators(const leaf_tree *t, uint64_t first, size_t pairs, extv even, extv odd);
#endif
