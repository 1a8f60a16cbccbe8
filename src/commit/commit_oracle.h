/* commit/commit_oracle: the prover's answers in commit_roots and commit_open, which are written once for both sides.
 * commit_prove.c fills the table; the verifier has no commit_prover. */
#ifndef COMMIT_COMMIT_ORACLE_H
#define COMMIT_COMMIT_ORACLE_H
#include "commit/commit.h"
#include "commit/ladder.h"
#include "sumcheck/sumcheck.h"

/* Which tree: the proof's own of a domain, a certificate's, or the current inner level's. */
typedef enum tree_kind { TREE_DOMAIN, TREE_CERTIFICATE, TREE_INNER } tree_kind;
typedef struct tree_ref {
    tree_kind kind;
    uint32_t index;
} tree_ref;

struct commit_prover {
    /* Step 2: encode, hash, answer the root. */
    tacit_status (*commit)(commit_prover *cp, uint32_t domain, digest *root, tacit_error *err);
    /* Step 7.2: builds V on the level-1 vector, answers its value on the masks. work: memory of the opening. */
    tacit_status (*begin)(commit_prover *cp, const batch_final *f, arena *work, ext *nu, tacit_error *err);
    /* Z = omega + gamma y. */
    tacit_status (*mask)(commit_prover *cp, const batch_final *f, const extv *y, ext gamma, tacit_error *err);
    tacit_status (*level)(commit_prover *cp, const geometry_level *l, digest *root, tacit_error *err);
    void (*clear)(commit_prover *cp, ext *out, uint64_t count);
    /* The positions of a tree that will be asked for, ascending. */
    tacit_status (*columns)(commit_prover *cp, tree_ref tree, const uint32_t *positions, uint32_t count,
                            tacit_error *err);
    void (*column)(commit_prover *cp, tree_ref tree, uint32_t position, gl *column, digest *salt);
    void (*path)(commit_prover *cp, tree_ref tree, const uint32_t *positions, uint32_t count, uint32_t *work,
                 digest *siblings);
    /* V += sum_i weights[i] * powers of opening i's point on its block. */
    tacit_status (*add_openings)(commit_prover *cp, const ladder_opening *list, uint32_t count, const ext *weights,
                                 tacit_error *err);
    sumcheck_oracle rounds; /* over V and Z, lowest variable first */
};
#endif
