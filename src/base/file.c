#include "base/file.h"
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static tacit_status io_error(tacit_error *err, const char *path, const char *what) {
    return fail(err, errno == ENOENT ? TACIT_MISSING : TACIT_IO, "%s: %s: %s", path, what, strerror(errno));
}

static bool write_all(int fd, const unsigned char *p, size_t n) {
    while (n) {
        ssize_t k = write(fd, p, n);
        if (k < 0 && errno == EINTR) continue;
        if (k <= 0) return false;
        p += k;
        n -= (size_t)k;
    }
    return true;
}

tacit_status file_replace(const char *path, const void *data, size_t size, bool secret, tacit_error *err) {
    size_t n = strlen(path);
    char *tmp = malloc(n + 12);
    if (!tmp) return fail(err, TACIT_RESOURCES, "out of memory");
    memcpy(tmp, path, n);
    memcpy(tmp + n, ".tmp-XXXXXX", 12);
    int fd = mkstemp(tmp);
    if (fd < 0) {
        tacit_status st = io_error(err, path, "cannot create a file here");
        free(tmp);
        return st;
    }
    tacit_status st = TACIT_OK;
    mode_t mask = umask(0);
    (void)umask(mask);
    if (fchmod(fd, secret ? 0600 : 0666 & ~mask) != 0 || !write_all(fd, data, size) || fsync(fd) != 0)
        st = io_error(err, path, "cannot write");
    if (close(fd) != 0 && st == TACIT_OK) st = io_error(err, path, "cannot write");
    if (st == TACIT_OK && rename(tmp, path) != 0) st = io_error(err, path, "cannot rename into place");
    if (st != TACIT_OK) (void)unlink(tmp);
    free(tmp);
    return st;
}

static tacit_status regular_size(int fd, const char *path, size_t limit, size_t *size, tacit_error *err) {
    struct stat s;
    *size = 0;
    if (fstat(fd, &s) != 0) return io_error(err, path, "cannot read");
    if (!S_ISREG(s.st_mode)) return fail(err, TACIT_IO, "%s: not a regular file", path);
    if ((uint64_t)s.st_size > limit)
        return fail(err, TACIT_RESOURCES, "%s: larger than %u bytes", path, (uint64_t)limit);
    *size = (size_t)s.st_size;
    return TACIT_OK;
}

tacit_status file_map(const char *path, size_t limit, const unsigned char **data, size_t *size, tacit_error *err) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    *data = NULL;
    if (fd < 0) return io_error(err, path, "cannot open");
    tacit_status st = regular_size(fd, path, limit, size, err);
    if (st == TACIT_OK && *size) {
        void *map = mmap(NULL, *size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (map == MAP_FAILED)
            st = io_error(err, path, "cannot be mapped");
        else
            *data = map;
    }
    (void)close(fd);
    return st;
}

void file_unmap(const unsigned char *data, size_t size) {
    if (data) (void)munmap((void *)(uintptr_t)data, size);
}

tacit_status file_read(const char *path, size_t limit, unsigned char **data, size_t *size, tacit_error *err) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return io_error(err, path, "cannot open");
    tacit_status st = regular_size(fd, path, limit, size, err);
    *data = st == TACIT_OK ? malloc(*size ? *size : 1) : NULL;
    if (st == TACIT_OK && !*data) st = fail(err, TACIT_RESOURCES, "out of memory");
    for (size_t at = 0; st == TACIT_OK && at < *size;) {
        ssize_t k = read(fd, *data + at, *size - at);
        if (k < 0 && errno == EINTR) continue;
        if (k <= 0)
            st = k < 0 ? io_error(err, path, "cannot read") : fail(err, TACIT_IO, "%s: became shorter", path);
        else
            at += (size_t)k;
    }
    (void)close(fd);
    if (st != TACIT_OK) {
        free(*data);
        *data = NULL;
    }
    return st;
}
