/* tacit/params.h: the soundness error of a certificate's proofs, term by term. */
#ifndef TACIT_PARAMS_H
#define TACIT_PARAMS_H
#include <stddef.h>
#include <stdint.h>
#include "tacit/model.h"
#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)
typedef struct tacit_error_term {
    char name[64]; /* the challenge, e.g. "step 6 round 5" */
    char formula[96];
    uint32_t count; /* how many challenges of this kind */
    double bits;    /* -log2 of the worst one's error */
} tacit_error_term;
/* Terms of a proof under this certificate; security: the target (100 or 128). total_bits: -log2 of the sum. */
TACIT_MUST_CHECK tacit_status tacit_params(const void *cert, size_t cert_size, tacit_error_term *terms, size_t capacity,
                                           size_t *count, double *total_bits, double *worst_bits, unsigned *security,
                                           tacit_error *err);
/* The same before anything is committed: the certificate that `proofs` proofs (0: the default) would get. */
TACIT_MUST_CHECK tacit_status tacit_params_model(const tacit_model *m, uint64_t proofs, tacit_error_term *terms,
                                                 size_t capacity, size_t *count, double *total_bits, double *worst_bits,
                                                 unsigned *security, tacit_error *err);
#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
