/* proof/view: step 5. All equations with view terms become one, over the index bits of the views' sources: summand
 * sum_e mu^e sum_v c_v M_v~(z_v, X) S_v~(X), claimed sum minus the rest of the equations. The final equation names
 * sources only and joins step 6. Degree 2. Soundness: (equations - 1) / |E| for mu, 2 / |E| per round. */
#ifndef PROOF_VIEW_H
#define PROOF_VIEW_H
#include "sumcheck/sumcheck.h"

typedef struct view_job {
    ext weight; /* batching weight times the term's coefficient */
    uint32_t view, source;
    const ext *z;
    unsigned vars; /* of the source */
} view_job;

typedef struct view_oracle {
    void *ctx;
    tacit_status (*begin)(void *ctx, const view_job *jobs, uint32_t count);
    sumcheck_oracle rounds;
} view_oracle;

tacit_status views_run(session *s, const view_oracle *oracle) TACIT_MUST_CHECK;
#endif
