/* proof/certify: the certificate that a model will have, before anything is committed. Hosted. */
#ifndef PROOF_CERTIFY_H
#define PROOF_CERTIFY_H
#include "base/narrow.h"
#include "commit/certificate.h"
#include "program/model.h"

enum { DEFAULT_PROOFS = 100, MAX_PROOFS = 1 << 20 };

/* Items, layout, shape and t_max for `proofs` proofs (0: the default) and the range proof; root and digest stay zero.
 * weights (may be NULL): the parameters' values per item. */
tacit_status certificate_describe(certificate *c, const narrow **weights, const struct tacit_model *m, uint64_t proofs,
                                  arena *a, tacit_error *err) TACIT_MUST_CHECK;
#endif
