/* proof/batch: step 6. All remaining equations (LogUp's and step 4's and 5's in session order, copies, 5b's three)
 * become one functional of x, one of each certificate and a constant; a sumcheck over the index bits, its messages
 * padded by sigma, reduces them to one point. Objects with fewer index bits join late (factor prod (1 - X_i)).
 * Soundness: (equations - 1) / |E| for the weight; per round 2 / |E|, and while lanes are bound also the proximity
 * error of the fold (commit/geometry). */
#ifndef PROOF_BATCH_H
#define PROOF_BATCH_H
#include "commit/commit.h"
#include "program/layout.h"
#include "sumcheck/sumcheck.h"

/* Where everything lies: items of x's layout are the committed and private tensors in program order, then the F arrays
 * pad.0 .. pad.d, a.0 .., b.0 .., c.0 ..; a certificate's layout has its own items. */
typedef struct placement {
    layout x;
    uint32_t tensor_items;            /* items that are tensors */
    uint32_t *item_of;                /* tensor -> item of its object */
    uint32_t *object_of;              /* tensor -> 0: x, 1 + i: certificate i; UINT32_MAX: public */
    uint32_t array_item[CELL_ARRAYS]; /* first of EXT_DEG items */
    const layout *certificates[MAX_CERTIFICATES];
    uint32_t certificate_count;
} placement;

/* The functional of step 6, collected: tensor terms, and dense weights of the cells. */
typedef struct functional {
    uint32_t count;
    const term *terms;       /* TERM_MLE only */
    ext *cells[CELL_ARRAYS]; /* weight of each E cell; plan's sizes */
} functional;

typedef struct batch_oracle {
    void *ctx;
    tacit_status (*begin)(void *ctx, const functional *f);
    sumcheck_oracle rounds;
} batch_oracle;

tacit_status batch_run(session *s, const placement *place, const geometry *g, const batch_oracle *oracle,
                       batch_final *out) TACIT_MUST_CHECK;
/* Cells of an array. */
uint32_t plan_cells(const plan *p, cell_array array);
#endif
