/* libFuzzer: the program reader; whatever it accepts must be written back byte for byte. */
#include <stdlib.h>
#include <string.h>
#include "program/program.h"

enum { SCRATCH = 64 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static unsigned char *scratch;
    if (!scratch) scratch = malloc(SCRATCH);
    arena a;
    program p;
    tacit_error err = {0};
    arena_init(&a, scratch, SCRATCH);
    if (program_parse(&p, data, size, &a, &err) != TACIT_OK) return 0;
    writer w = {.data = malloc(size + 16), .cap = size + 16};
    program_write(&p, p.advice_count > 0, &w);
    /* the relation part alone is a valid file too */
    if (p.advice_count > 0 && (w.at != size || memcmp(w.data, data, size) != 0)) abort();
    free(w.data);
    return 0;
}
