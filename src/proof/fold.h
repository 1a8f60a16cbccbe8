/* proof/fold: partial evaluation of a tensor: axes are folded at points, the others kept; the result is zero-extended
 * over the kept axes. Small integers times E first (cheaper than the inference itself), then E times E. */
#ifndef PROOF_FOLD_H
#define PROOF_FOLD_H
#include "execute/execute.h"
#include "field/vec.h"

typedef struct axis_role {
    const ext *z;    /* not NULL: fold the axis at this point (ceil(log2 dim) variables) */
    uint64_t stride; /* kept: place of index i in the result is i * stride */
} axis_role;

/* out (zeroed by the caller, any size that holds the kept places) += coef * fold(tensor). Linear tensors fold term by
 * term. scratch is released. */
tacit_status tensor_fold(extv out, const trace *t, uint32_t tensor, const axis_role *roles, ext coef, arena *scratch,
                         tacit_error *err) TACIT_MUST_CHECK;
#endif
