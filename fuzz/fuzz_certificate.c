/* libFuzzer: the certificate file's reader and the verifier of its range proof. */
#include <stdlib.h>
#include "tacit/verify.h"

enum { SCRATCH = 192 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static unsigned char *scratch;
    tacit_verdict v;
    tacit_error err;
    if (!scratch) scratch = malloc(SCRATCH);
    (void)tacit_verify_scratch(data, size);
    (void)!tacit_verify_certificate(data, size, scratch, SCRATCH, &v, &err);
    return 0;
}
