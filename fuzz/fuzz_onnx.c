/* libFuzzer: the ONNX reader, shape inference and constant folding. */
#define _GNU_SOURCE /* memfd_create */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "tacit/compile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static tacit_compile_report report;
    char path[64];
    tacit_compile_options o;
    tacit_error err;
    int fd = memfd_create("model", 0);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size) return 0;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    tacit_compile_defaults(&o);
    (void)!tacit_check(path, &o, &report, &err);
    close(fd);
    return 0;
}
