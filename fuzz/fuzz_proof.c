/* libFuzzer: the proof reader and the verifier, under the certificate that TACIT_FUZZ_CERT names (tools/fuzz.sh). A
 * proof that is not the one made at the start must be rejected: acceptance of a changed file is a finding. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tacit/verify.h"

enum { SCRATCH = 192 << 20 };
static unsigned char *cert, *honest, *scratch;
static size_t cert_size, honest_size;

static unsigned char *slurp(const char *name, size_t *size) {
    const char *path = getenv(name);
    FILE *f = path ? fopen(path, "rb") : NULL;
    if (!f) {
        fprintf(stderr, "fuzz_proof: set %s\n", name);
        exit(2);
    }
    fseek(f, 0, SEEK_END);
    *size = (size_t)ftell(f);
    rewind(f);
    unsigned char *p = malloc(*size);
    if (fread(p, 1, *size, f) != *size) exit(2);
    fclose(f);
    return p;
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc;
    (void)argv;
    cert = slurp("TACIT_FUZZ_CERT", &cert_size);
    honest = slurp("TACIT_FUZZ_PROOF", &honest_size);
    scratch = malloc(SCRATCH);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    tacit_verdict v;
    tacit_error err;
    const tacit_expectation e = {.certificate_checked = 1};
    tacit_status st = tacit_verify(cert, cert_size, data, size, &e, scratch, SCRATCH, &v, &err);
    if (st == TACIT_OK && (size != honest_size || memcmp(data, honest, size) != 0)) abort();
    return 0;
}
