#define _GNU_SOURCE
#include "inject.h"
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

static inject_report *shared;
static inject_mode mode;
static unsigned long fatal;

void inject_start(inject_report *report, inject_mode m, unsigned long number) {
    mode = m;
    fatal = number;
    shared = report;
    memset(report, 0, sizeof *report);
}

/* True when this call has to fail. */
static int due(const char *name) {
    if (shared == NULL || ++shared->calls != fatal || mode == INJECT_COUNT) return 0;
    (void)snprintf(shared->name, sizeof shared->name, "%s", name);
    return 1;
}
static void crash(void) {
    if (mode == INJECT_CRASH) _exit(0);
}

/* type name(parameters), called with arguments: fails with errno code and the given value. */
#define WRAP(type, name, parameters, arguments, code, value)                                                           \
    type __real_##name parameters;                                                                                     \
    type __wrap_##name parameters;                                                                                     \
    type __wrap_##name parameters {                                                                                    \
        if (!due(#name)) return __real_##name arguments;                                                               \
        crash();                                                                                                       \
        errno = code;                                                                                                  \
        return value;                                                                                                  \
    }

/* clang-format off */
#if defined(__SANITIZE_ADDRESS__)
WRAP(void *, malloc, (size_t n), (n), ENOMEM, NULL)
WRAP(void *, calloc, (size_t n, size_t size), (n, size), ENOMEM, NULL)
WRAP(void *, realloc, (void *p, size_t n), (p, n), ENOMEM, NULL)
WRAP(char *, strdup, (const char *s), (s), ENOMEM, NULL)
WRAP(char *, strndup, (const char *s, size_t n), (s, n), ENOMEM, NULL)
#endif
WRAP(char *, realpath, (const char *path, char *out), (path, out), ENOMEM, NULL)
WRAP(void *, mmap, (void *at, size_t n, int protection, int flags, int fd, off_t offset),
     (at, n, protection, flags, fd, offset), ENOMEM, MAP_FAILED)
WRAP(ssize_t, read, (int fd, void *out, size_t n), (fd, out, n), EIO, -1)
WRAP(ssize_t, pread, (int fd, void *out, size_t n, off_t at), (fd, out, n, at), EIO, -1)
WRAP(int, fsync, (int fd), (fd), EIO, -1)
WRAP(int, fdatasync, (int fd), (fd), EIO, -1)
WRAP(int, rename, (const char *from, const char *to), (from, to), EACCES, -1)
WRAP(int, renameat2, (int a, const char *from, int b, const char *to, unsigned flags), (a, from, b, to, flags),
     EACCES, -1)
WRAP(int, link, (const char *from, const char *to), (from, to), EACCES, -1)
WRAP(int, ftruncate, (int fd, off_t n), (fd, n), ENOSPC, -1)
WRAP(int, posix_fallocate, (int fd, off_t at, off_t n), (fd, at, n), ENOSPC, ENOSPC)
WRAP(int, stat, (const char *path, struct stat *s), (path, s), EIO, -1)
WRAP(int, lstat, (const char *path, struct stat *s), (path, s), EIO, -1)
WRAP(int, fstat, (int fd, struct stat *s), (fd, s), EIO, -1)
WRAP(int, fstatvfs, (int fd, struct statvfs *s), (fd, s), EIO, -1)
WRAP(int, statx, (int dir, const char *path, int flags, unsigned mask, struct statx *s), (dir, path, flags, mask, s),
     EIO, -1)
WRAP(int, flock, (int fd, int operation), (fd, operation), ENOLCK, -1)
WRAP(int, mkstemp, (char *name), (name), EMFILE, -1)
WRAP(int, mkostemp, (char *name, int flags), (name, flags), EMFILE, -1)
WRAP(int, fchmod, (int fd, mode_t m), (fd, m), EPERM, -1)
WRAP(int, access, (const char *path, int how), (path, how), EACCES, -1)
WRAP(int, mkdir, (const char *path, mode_t m), (path, m), EACCES, -1)
WRAP(int, unlink, (const char *path), (path), EACCES, -1)
WRAP(FILE *, fopen, (const char *path, const char *how), (path, how), EMFILE, NULL)
WRAP(int, pthread_create, (pthread_t *t, const pthread_attr_t *a, void *(*f)(void *), void *p), (t, a, f, p), EAGAIN,
     EAGAIN)
WRAP(void *, dlopen, (const char *name, int flags), (name, flags), ENOMEM, NULL)
/* clang-format on */

/* Without a sanitizer the allocator's names are ours, so that the allocations of the libraries fail as well. */
#if !defined(__SANITIZE_ADDRESS__)
/* BLAS and its Fortran library end the process when they get no memory; they are not ours to mend. */
static int blas(const void *caller) {
    static int within; /* dladdr may allocate */
    Dl_info where;
    if (shared == NULL || within) return 1;
    within = 1;
    int found = dladdr(caller, &where) != 0 && where.dli_fname != NULL &&
                (strstr(where.dli_fname, "blas") != NULL || strstr(where.dli_fname, "fortran") != NULL);
    within = 0;
    return found;
}
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);
__attribute__((visibility("default"))) void *malloc(size_t n) {
    if (blas(__builtin_return_address(0)) || !due("malloc")) return __libc_malloc(n);
    crash();
    errno = ENOMEM;
    return NULL;
}
__attribute__((visibility("default"))) void *calloc(size_t n, size_t size) {
    if (blas(__builtin_return_address(0)) || !due("calloc")) return __libc_calloc(n, size);
    crash();
    errno = ENOMEM;
    return NULL;
}
__attribute__((visibility("default"))) void *realloc(void *p, size_t n) {
    if (blas(__builtin_return_address(0)) || !due("realloc")) return __libc_realloc(p, n);
    crash();
    errno = ENOMEM;
    return NULL;
}
#endif

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...) {
    mode_t m = 0;
    if (flags & O_CREAT) {
        va_list list;
        va_start(list, flags);
        m = va_arg(list, mode_t);
        va_end(list);
    }
    if (!due("open")) return __real_open(path, flags, m);
    crash();
    errno = EMFILE;
    return -1;
}
/* The descriptor is closed all the same, as Linux does. */
int __real_close(int fd);
int __wrap_close(int fd);
int __wrap_close(int fd) {
    int failed = due("close"), result;
    if (failed) crash();
    result = __real_close(fd);
    if (failed) errno = EIO;
    return failed ? -1 : result;
}

ssize_t __real_write(int fd, const void *data, size_t n);
ssize_t __wrap_write(int fd, const void *data, size_t n);
ssize_t __wrap_write(int fd, const void *data, size_t n) {
    if (!due("write")) return __real_write(fd, data, n);
    if (mode != INJECT_FAIL) (void)!__real_write(fd, data, n / 2);
    crash();
    errno = ENOSPC;
    return -1;
}
ssize_t __real_pwrite(int fd, const void *data, size_t n, off_t at);
ssize_t __wrap_pwrite(int fd, const void *data, size_t n, off_t at);
ssize_t __wrap_pwrite(int fd, const void *data, size_t n, off_t at) {
    if (!due("pwrite")) return __real_pwrite(fd, data, n, at);
    if (mode != INJECT_FAIL) (void)!__real_pwrite(fd, data, n / 2, at);
    crash();
    errno = ENOSPC;
    return -1;
}
