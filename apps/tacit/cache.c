#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "cache.h"
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "disk.h"
#include "version.h"

enum { HEX_SIZE = 2 * crypto_hash_sha256_BYTES + 1, RECORD_SIZE = 160 };

static void digest_hex(char hex[HEX_SIZE], const void *cert, size_t size) {
    unsigned char digest[crypto_hash_sha256_BYTES];
    (void)crypto_hash_sha256(digest, cert, size);
    (void)sodium_bin2hex(hex, HEX_SIZE, digest, sizeof digest);
}

/* What the record of this certificate holds; the name alone would not survive a crash in the middle of a write. */
static void record_text(char out[RECORD_SIZE], const char *hex) {
    (void)snprintf(out, RECORD_SIZE, "tacit %s range proof verified\n%s\n", APP_VERSION, hex);
}

/* The folder, made if it is missing. A relative $XDG_CACHE_HOME is to be ignored [XDG base directories]. */
static bool cache_folder(char *out, size_t size) {
    const char *base = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    int length;
    if (base != NULL && base[0] == '/') {
        length = snprintf(out, size, "%s", base);
    } else if (home != NULL && home[0] == '/') {
        length = snprintf(out, size, "%s/.cache", home);
    } else {
        return false;
    }
    if (length < 0 || (size_t)length + sizeof "/tacit" > size) return false;
    (void)mkdir(out, 0700);
    memcpy(out + length, "/tacit", sizeof "/tacit");
    (void)mkdir(out, 0700);
    struct stat info;
    return lstat(out, &info) == 0 && S_ISDIR(info.st_mode) && info.st_uid == geteuid() && (info.st_mode & 022) == 0;
}

static bool record_path(char *out, size_t size, const char *hex) {
    char folder[FILE_NAME_SIZE];
    if (!cache_folder(folder, sizeof folder)) return false;
    int length = snprintf(out, size, "%s/%s", folder, hex);
    return length > 0 && (size_t)length < size;
}

bool cache_has(const void *cert, size_t size) {
    char hex[HEX_SIZE], path[FILE_NAME_SIZE], expected[RECORD_SIZE], found[RECORD_SIZE] = "";
    digest_hex(hex, cert, size);
    if (!record_path(path, sizeof path, hex)) return false;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0) return false;
    struct stat info;
    bool mine = fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_uid == geteuid() && (info.st_mode & 022) == 0;
    ssize_t got = mine ? read(fd, found, sizeof found - 1) : -1;
    (void)close(fd);
    record_text(expected, hex);
    return got >= 0 && strcmp(found, expected) == 0;
}

void cache_add(const void *cert, size_t size) {
    char hex[HEX_SIZE], path[FILE_NAME_SIZE], record[RECORD_SIZE];
    digest_hex(hex, cert, size);
    if (!record_path(path, sizeof path, hex)) return;
    record_text(record, hex);
    tacit_error ignored = {0};
    if (disk_write(path, record, strlen(record), &ignored) != TACIT_OK) return;
    (void)chmod(path, 0600); /* whatever the umask was: a file that others may write is not believed */
}
