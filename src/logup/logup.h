/* logup/logup: all lookups of a program in one batch of fraction trees.
 *
 * Logarithmic derivative lookups [Haboeck, ePrint 2022/1530] proved by GKR [Papini-Haboeck, ePrint 2023/1284, sec. 3]:
 * sum over lookup rows 1 / (alpha - f) = sum over table rows m / (alpha - t), f = id + sum_j beta_j column_j with
 * independent beta_j. Lookup rows form one forest of power-of-two trees, table rows another (never padded up; largest
 * tree first). Trees are aligned at the root: layer l turns claims with l variables into claims with l + 1, at one
 * point for every live tree; children of node i are 2i, 2i + 1. Numerators of lookup leaves are 1, so their last layer
 * sends d0, d1 only. Gruen's rounds (sumcheck_gruen): all live trees share the eq factor.
 * A gather's lookup has the index and, as column 1, the fold of its row at one random point r_c, drawn after the
 * commitments and before alpha: y_i = Y~(r_c, i); its table has (v, T~(r_c, v)). Both folds are evaluations of tensors:
 * the columns' claims at z are Y~(r_c, z) and T~(r_c, z) (the last axes have the lowest variables).
 * Soundness: 1 / |E| for each coordinate of r_c (one wrong row is followed), (N + M - 1) /
 * |E| for alpha and for each beta (drawn after alpha), per layer 2 * live trees / |E| for the weight, 2 / |E| per
 * round, 1 / |E| for lambda. */
#ifndef LOGUP_LOGUP_H
#define LOGUP_LOGUP_H
#include "program/layout.h"
#include "sumcheck/sumcheck.h"

enum { MAX_TREES = 96 };

typedef struct logup_tree {
    bool table;
    unsigned height;
    uint64_t start;        /* place of its first leaf in the forest */
    uint32_t first, count; /* blocks of the forest's layout */
} logup_tree;

typedef struct logup {
    layout forest[2]; /* rows of lookups (items: lookups), of tables (items: tables) */
    const shape **shapes[2];
    uint32_t tree_count;
    logup_tree trees[MAX_TREES];
    uint32_t width;       /* most columns of a table */
    unsigned gather_vars; /* most variables of a gather's row */
    uint64_t gather_rows; /* rows looked up in gathers */
} logup;

/* The prover's answers. */
typedef struct logup_oracle {
    void *ctx;
    tacit_status (*begin)(void *ctx, const logup *l, const ext *r_c, ext alpha, const ext *beta);
    /* S = N / D and D of a tree; DEGENERATE (restart) when D = 0. */
    tacit_status (*root)(void *ctx, uint32_t tree, ext *sum, ext *den);
    /* The layer's sumcheck: weight[2j], weight[2j+1] for N, D of live[j]; afterwards `rounds` serves it. */
    void (*layer)(void *ctx, unsigned l, const ext *point, const uint32_t *live, uint32_t live_count,
                  const ext *weight);
    sumcheck_oracle rounds;
    /* n0, n1, d0, d1 of a live tree at the layer's point (n0, n1 unused for lookup leaves). */
    void (*ends)(void *ctx, uint32_t live_index, ext v[4]);
} logup_oracle;

/* Public geometry of the lookup argument. */
tacit_status logup_make(logup *l, const program *p, arena *a, tacit_error *err) TACIT_MUST_CHECK;
/* Step 3. Leaves its equations in the session. */
tacit_status logup_run(session *s, const logup *l, const logup_oracle *oracle) TACIT_MUST_CHECK;
#endif
