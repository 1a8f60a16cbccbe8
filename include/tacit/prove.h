/* tacit/prove.h: proofs. */
#ifndef TACIT_PROVE_H
#define TACIT_PROVE_H
#include <stdint.h>
#include "tacit/certificate.h"
#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

typedef struct tacit_key tacit_key;

/* Maps the key file. The model inside is the one that was committed. Between proofs a key keeps their memory, wiped. */
TACIT_MUST_CHECK tacit_status tacit_key_open(tacit_key **out, const char *path, tacit_error *err);
void tacit_key_close(tacit_key *k); /* wipes; NULL is allowed */
const tacit_model *tacit_key_model(const tacit_key *k);
/* Openings left; every attempt costs one. */
uint64_t tacit_key_budget(const tacit_key *k);

typedef struct tacit_prove_options {
    uint64_t show;         /* bit i: input i (io order, inputs only) is public; default: inputs private */
    uint64_t hide;         /* bit i: output i is private; default: outputs public */
    const void *context;   /* caller's bytes: nonce, purpose */
    uint32_t context_size; /* <= 65535 */
    tacit_progress progress;
    void *progress_ctx;
} tacit_prove_options;

typedef struct tacit_prove_report {
    uint64_t peak_memory, proof_bytes, saturated, attempts;
    double seconds, step_seconds[10];
    const char *step_names[10];
} tacit_prove_report;

/* inputs: integers, in io order. *proof is malloc'd (free with tacit_free). outputs may be NULL; otherwise arrays that
 * receive the model's integer outputs. The budget counter is advanced and synced to disk before any secret is used. */
TACIT_MUST_CHECK tacit_status tacit_prove(tacit_key *k, const int64_t *const *inputs, int64_t *const *outputs,
                                          const tacit_prove_options *o, uint8_t **proof, size_t *proof_size,
                                          tacit_prove_report *report, tacit_error *err);
void tacit_free(void *p);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
