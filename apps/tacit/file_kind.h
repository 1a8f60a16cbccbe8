/* file_kind: what a file is, by its first bytes. */
#ifndef TACIT_APP_FILE_KIND_H
#define TACIT_APP_FILE_KIND_H
#include "tacit/status.h"

typedef enum file_kind { KIND_UNKNOWN, KIND_MODEL, KIND_CERTIFICATE, KIND_KEY, KIND_PROOF, KIND_DATA } file_kind;

TACIT_MUST_CHECK tacit_status file_kind_of(file_kind *out, const char *path, tacit_error *err);

#endif
