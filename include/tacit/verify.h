/* tacit/verify.h: the verifier. Freestanding: no allocation, no I/O, no clock; works in memory that the caller gives.
 *
 * Trusts nothing but the caller's idea of the model: compare `model` in the verdict with the 32-byte digest that the
 * model's owner published (or pass it as `expected_model`). */
#ifndef TACIT_VERIFY_H
#define TACIT_VERIFY_H
#include <stddef.h>
#include <stdint.h>
#include "tacit/status.h"
#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* One input or output as the proof shows it. */
typedef struct tacit_shown {
    const char *name;
    int is_output, is_public;
    uint32_t rank, dim[8];
    uint64_t count;
    int32_t scale;         /* real value = integer / 2^scale */
    const int64_t *values; /* NULL when private; lies in the scratch */
} tacit_shown;

typedef struct tacit_verdict {
    uint8_t model[32];       /* digest of program and weights' certificate */
    uint8_t certificate[32]; /* digest of the weights' certificate */
    uint8_t program[32];
    unsigned security;      /* 100 or 128: the profile under which it was checked */
    const uint8_t *context; /* in the proof's bytes */
    uint32_t context_size;
    uint32_t shown_count;
    const tacit_shown *shown; /* inputs, then outputs; in the scratch */
    size_t scratch_used;
} tacit_verdict;

/* What the caller holds the proof against; everything may be NULL. */
typedef struct tacit_expectation {
    const uint8_t *model; /* 32 bytes */
    const void *context;  /* compared when not NULL */
    uint32_t context_size;
    int certificate_checked; /* not 0: the caller has verified this certificate's range proof before (by digest) */
} tacit_expectation;

/* The certificate's own range proof; done once for a certificate. */
TACIT_MUST_CHECK tacit_status tacit_verify_certificate(const void *cert, size_t cert_size, void *scratch,
                                                       size_t scratch_size, tacit_verdict *verdict, tacit_error *err);
/* OK: the model in `cert`, on the inputs and outputs in the verdict, is proved. REJECTED: err->reject says which check.
 * With certificate_checked == 0 the range proof is verified first. cert, proof and scratch must outlive the verdict. */
TACIT_MUST_CHECK tacit_status tacit_verify(const void *cert, size_t cert_size, const void *proof, size_t proof_size,
                                           const tacit_expectation *expect, void *scratch, size_t scratch_size,
                                           tacit_verdict *verdict, tacit_error *err);
/* Scratch that suffices for this certificate and its proofs (48 MiB and 96 times the certificate's bytes; 0 if it is
 * none), unless the program's tables, constants and maps or the shown tensors expand to far more than their bytes: then
 * the status is RESOURCES, and a larger scratch is what helps. RESOURCES never stands for another verdict. */
size_t tacit_verify_scratch(const void *cert, size_t cert_size);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
