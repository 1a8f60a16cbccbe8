/* execute/derive: the advice steps that compute a tensor of bits or limbs from other tensors (program.h, ADVICE_LIMBS
 * and after). Each answers OVERFLOW, naming the tensor, when no value satisfies the relation. */
#ifndef EXECUTE_DERIVE_H
#define EXECUTE_DERIVE_H
#include "execute/execute.h"

/* rest: one number for each limb vector. */
tacit_status derive_limbs(trace *t, const advice *x, const int64_t *rest, tacit_error *err) TACIT_MUST_CHECK;
/* The other kinds; the tensors that they read are known. */
tacit_status derive(trace *t, const advice *x, arena *scratch, tacit_error *err) TACIT_MUST_CHECK;
#endif
