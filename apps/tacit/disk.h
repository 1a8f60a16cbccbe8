/* disk: whole files in, whole files out.
 *
 * Reading stops at a limit. A file is written beside its target, synced and renamed: the target is replaced whole or
 * not at all, and nothing stays when something fails or a signal comes. */
#ifndef TACIT_APP_DISK_H
#define TACIT_APP_DISK_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "tacit/status.h"

enum { FILE_NAME_SIZE = 4096 };

#define FILE_MAX_CERTIFICATE ((uint64_t)1 << 32)
#define FILE_MAX_PROOF ((uint64_t)1 << 30)

typedef struct file_bytes {
    unsigned char *data;
    size_t size;
} file_bytes;

/* MISSING, IO, or RESOURCES when it is larger than `limit` bytes; the message names the path. */
TACIT_MUST_CHECK tacit_status disk_read(file_bytes *out, const char *path, uint64_t limit, tacit_error *err);
/* At most `size` bytes from the start of the file; *got: how many there were. */
TACIT_MUST_CHECK tacit_status disk_peek(unsigned char *out, size_t size, size_t *got, const char *path,
                                        tacit_error *err);
void disk_wipe(file_bytes *b); /* for secrets: overwrites before it frees */
TACIT_MUST_CHECK tacit_status disk_size(uint64_t *out, const char *path, tacit_error *err);

/* A written file that has not got its name yet. */
typedef struct staged_file {
    char temp[FILE_NAME_SIZE]; /* "" when there is nothing to rename: the target is a device or a pipe */
    char target[FILE_NAME_SIZE];
} staged_file;
/* The temporary file, complete and synced. Devices and pipes are written at once. */
TACIT_MUST_CHECK tacit_status disk_stage(staged_file *s, const char *path, const void *data, size_t size,
                                         tacit_error *err);
TACIT_MUST_CHECK tacit_status disk_publish(staged_file *s, tacit_error *err);
void disk_discard(staged_file *s); /* no effect after disk_publish or on a zeroed one */
TACIT_MUST_CHECK tacit_status disk_write(const char *path, const void *data, size_t size, tacit_error *err);

/* Before long work: fails when `path` cannot become a new file (no such folder, not writable, a folder itself). */
TACIT_MUST_CHECK tacit_status disk_can_write(const char *path, tacit_error *err);
/* The same, for files the library writes: also fails when the target is a device or a pipe. */
TACIT_MUST_CHECK tacit_status disk_can_replace(const char *path, tacit_error *err);
/* USAGE when both are the same file; either may be NULL. */
TACIT_MUST_CHECK tacit_status disk_differ(const char *a, const char *b, tacit_error *err);

#endif
