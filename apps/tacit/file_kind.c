#include "file_kind.h"
#include <string.h>
#include "disk.h"
#include "io_json.h"
#include "io_npy.h"
#include "io_npz.h"
#include "errors.h"

enum { HEAD_SIZE = 64, MAGIC_SIZE = 4 };

/* docs/formats.md */
static const struct {
    char magic[MAGIC_SIZE + 1];
    file_kind kind;
} KINDS[] = {{"TACM", KIND_MODEL}, {"TACC", KIND_CERTIFICATE}, {"TACK", KIND_KEY}, {"TACF", KIND_PROOF}};

tacit_status file_kind_of(file_kind *out, const char *path, tacit_error *err) {
    unsigned char head[HEAD_SIZE];
    size_t size = 0;
    *out = KIND_UNKNOWN;
    CLI_TRY(disk_peek(head, sizeof head, &size, path, err));
    for (size_t i = 0; i < sizeof KINDS / sizeof KINDS[0]; i++)
        if (size >= MAGIC_SIZE && memcmp(head, KINDS[i].magic, MAGIC_SIZE) == 0) *out = KINDS[i].kind;
    if (npy_is(head, size) || npz_is(head, size) || json_is(head, size)) *out = KIND_DATA;
    return TACIT_OK;
}
