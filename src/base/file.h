/* base/file: whole files, replaced whole or not at all. Hosted. */
#ifndef BASE_FILE_H
#define BASE_FILE_H
#include <stdbool.h>
#include <stddef.h>
#include "base/error.h"

/* Writes a temporary file beside `path`, syncs, renames; nothing is left behind on failure (disk full: IO). Secret
 * files are readable by their owner only. */
tacit_status file_replace(const char *path, const void *data, size_t size, bool secret,
                          tacit_error *err) TACIT_MUST_CHECK;
/* The whole file, mapped for reading (an empty one: NULL): it must not be cut while it is mapped; file_replace leaves
 * the old one in place. Errors as of file_read. */
tacit_status file_map(const char *path, size_t limit, const unsigned char **data, size_t *size,
                      tacit_error *err) TACIT_MUST_CHECK;
void file_unmap(const unsigned char *data, size_t size);
/* The whole file, malloc'd; MISSING when there is none, RESOURCES when larger than `limit`. */
tacit_status file_read(const char *path, size_t limit, unsigned char **data, size_t *size,
                       tacit_error *err) TACIT_MUST_CHECK;
#endif
