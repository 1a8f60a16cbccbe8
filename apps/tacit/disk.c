#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "disk.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "errors.h"
#include "interrupt.h"

enum { FIRST_READ = 1 << 16 };

static tacit_status system_error(tacit_error *err, const char *path) {
    int code = errno;
    if (code == ENOENT) return cli_fail(err, TACIT_MISSING, "%s: no such file or folder; check the path", path);
    if (code == ENOMEM) return cli_fail(err, TACIT_RESOURCES, "%s: out of memory", path);
    return cli_fail(err, TACIT_IO, "%s: %s", path, strerror(code));
}

static tacit_status open_to_read(int *fd, struct stat *info, const char *path, tacit_error *err) {
    *fd = open(path, O_RDONLY | O_CLOEXEC);
    if (*fd < 0) return system_error(err, path);
    tacit_status status = TACIT_OK;
    if (fstat(*fd, info) != 0) {
        status = system_error(err, path);
    } else if (S_ISDIR(info->st_mode)) {
        status = cli_fail(err, TACIT_IO, "%s: is a folder; give a file", path);
    }
    if (status != TACIT_OK) (void)close(*fd);
    return status;
}

/* Fills out[0 .. size) as far as the file goes. */
static tacit_status read_up_to(int fd, unsigned char *out, size_t size, size_t *got, const char *path,
                               tacit_error *err) {
    *got = 0;
    while (*got < size) {
        ssize_t n = read(fd, out + *got, size - *got);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return system_error(err, path);
        if (n == 0) break;
        *got += (size_t)n;
    }
    return TACIT_OK;
}

void disk_wipe(file_bytes *b) {
    if (b->data != NULL) explicit_bzero(b->data, b->size);
    free(b->data);
    *b = (file_bytes){0};
}

/* A larger buffer with the same content; realloc would leave a copy of what may be secret. */
static bool grow(file_bytes *b, size_t capacity) {
    unsigned char *larger = malloc(capacity);
    if (larger == NULL) return false;
    size_t size = b->size;
    if (size > 0) memcpy(larger, b->data, size);
    disk_wipe(b);
    *b = (file_bytes){larger, size};
    return true;
}

static tacit_status read_all(int fd, file_bytes *b, size_t capacity, uint64_t limit, const char *path,
                             tacit_error *err) {
    for (;;) {
        if (!grow(b, capacity)) return cli_fail(err, TACIT_RESOURCES, "%s: no memory for %zu bytes", path, capacity);
        size_t got = 0;
        CLI_TRY(read_up_to(fd, b->data + b->size, capacity - b->size, &got, path, err));
        b->size += got;
        if (b->size > limit)
            return cli_fail(err, TACIT_RESOURCES, "%s: more than %llu bytes", path, (unsigned long long)limit);
        if (b->size < capacity) return TACIT_OK;
        if (capacity > SIZE_MAX / 2) return cli_fail(err, TACIT_RESOURCES, "%s: too large", path);
        capacity *= 2;
    }
}

tacit_status disk_read(file_bytes *out, const char *path, uint64_t limit, tacit_error *err) {
    *out = (file_bytes){0};
    int fd;
    struct stat info;
    CLI_TRY(open_to_read(&fd, &info, path, err));
    tacit_status status;
    if (S_ISREG(info.st_mode) && (uint64_t)info.st_size > limit) {
        status = cli_fail(err, TACIT_RESOURCES, "%s: more than %llu bytes", path, (unsigned long long)limit);
    } else {
        /* One byte more than the file has, so that its end is seen without growing. */
        size_t capacity = S_ISREG(info.st_mode) ? (size_t)info.st_size + 1 : (size_t)FIRST_READ;
        status = read_all(fd, out, capacity, limit, path, err);
    }
    (void)close(fd);
    if (status != TACIT_OK) disk_wipe(out);
    return status;
}

tacit_status disk_peek(unsigned char *out, size_t size, size_t *got, const char *path, tacit_error *err) {
    int fd;
    struct stat info;
    CLI_TRY(open_to_read(&fd, &info, path, err));
    tacit_status status = read_up_to(fd, out, size, got, path, err);
    (void)close(fd);
    return status;
}

tacit_status disk_size(uint64_t *out, const char *path, tacit_error *err) {
    struct stat info;
    if (stat(path, &info) != 0) return system_error(err, path);
    *out = (uint64_t)info.st_size;
    return TACIT_OK;
}

static int write_whole(int fd, const unsigned char *data, size_t size) {
    while (size > 0) {
        ssize_t n = write(fd, data, size);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return -1;
        data += n;
        size -= (size_t)n;
    }
    return 0;
}

static tacit_status write_device(const char *path, const void *data, size_t size, tacit_error *err) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return system_error(err, path);
    tacit_status status = write_whole(fd, data, size) == 0 ? TACIT_OK : system_error(err, path);
    if (close(fd) != 0 && status == TACIT_OK) status = system_error(err, path);
    return status;
}

/* The access bits a new file gets, those of the old one if there is one. */
static mode_t mode_of_target(const char *target) {
    struct stat info;
    if (stat(target, &info) == 0) return info.st_mode & 0777;
    mode_t mask = umask(0);
    (void)umask(mask);
    return 0666 & ~mask;
}

/* The file a rename will replace: behind a symbolic link it is the file the link leads to. */
static tacit_status resolve_target(char out[FILE_NAME_SIZE], const char *path, tacit_error *err) {
    char *real = realpath(path, NULL);
    const char *target = real != NULL ? real : path;
    size_t length = strlen(target);
    if (length < FILE_NAME_SIZE) memcpy(out, target, length + 1);
    free(real);
    if (length >= FILE_NAME_SIZE) return cli_fail(err, TACIT_IO, "%.100s...: name too long", path);
    return TACIT_OK;
}

static bool is_device(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode);
}

/* mkstemp with the name in the handler's list before the file exists, so that no signal can leave it behind. */
static int create_temporary(staged_file *s) {
    for (unsigned attempt = 0; attempt < 100; attempt++) {
        int length = snprintf(s->temp, sizeof s->temp, "%s.%ld-%u.tmp", s->target, (long)getpid(), attempt);
        if (length < 0 || (size_t)length >= sizeof s->temp || !interrupt_temporary(s->temp)) {
            errno = ENAMETOOLONG;
            break;
        }
        int fd = open(s->temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd >= 0) return fd;
        int code = errno;
        interrupt_forget(s->temp);
        errno = code;
        if (code != EEXIST) break;
    }
    s->temp[0] = '\0';
    return -1;
}

tacit_status disk_stage(staged_file *s, const char *path, const void *data, size_t size, tacit_error *err) {
    *s = (staged_file){.temp = "", .target = ""};
    if (is_device(path)) return write_device(path, data, size, err);
    CLI_TRY(resolve_target(s->target, path, err));
    int fd = create_temporary(s);
    if (fd < 0) return system_error(err, path);
    bool written = write_whole(fd, data, size) == 0 && fchmod(fd, mode_of_target(s->target)) == 0 && fsync(fd) == 0;
    int code = errno;
    if (close(fd) != 0 && written) {
        written = false;
        code = errno;
    }
    if (written) return TACIT_OK;
    disk_discard(s);
    errno = code;
    return system_error(err, path);
}

/* The rename itself lies in the folder's data. */
static void sync_folder_of(const char *target) {
    const char *slash = strrchr(target, '/');
    char folder[FILE_NAME_SIZE] = ".";
    if (slash != NULL) {
        size_t length = slash == target ? 1 : (size_t)(slash - target);
        memcpy(folder, target, length);
        folder[length] = '\0';
    }
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return;
    (void)fsync(fd);
    (void)close(fd);
}

tacit_status disk_publish(staged_file *s, tacit_error *err) {
    if (s->temp[0] == '\0') return TACIT_OK;
    if (rename(s->temp, s->target) != 0) {
        int code = errno;
        disk_discard(s);
        errno = code;
        return system_error(err, s->target);
    }
    interrupt_forget(s->temp);
    s->temp[0] = '\0';
    sync_folder_of(s->target);
    return TACIT_OK;
}

void disk_discard(staged_file *s) {
    if (s->temp[0] == '\0') return;
    (void)unlink(s->temp);
    interrupt_forget(s->temp);
    s->temp[0] = '\0';
}

tacit_status disk_write(const char *path, const void *data, size_t size, tacit_error *err) {
    staged_file s;
    CLI_TRY(disk_stage(&s, path, data, size, err));
    return disk_publish(&s, err);
}

tacit_status disk_can_write(const char *path, tacit_error *err) {
    struct stat info;
    if (path[0] == '\0') return cli_fail(err, TACIT_USAGE, "a file name is empty");
    if (stat(path, &info) == 0) {
        if (S_ISDIR(info.st_mode)) return cli_fail(err, TACIT_IO, "%s: is a folder; name a file", path);
        if (!S_ISREG(info.st_mode)) return TACIT_OK;
    }
    char folder[FILE_NAME_SIZE];
    CLI_TRY(resolve_target(folder, path, err));
    char *slash = strrchr(folder, '/');
    if (slash == NULL) {
        memcpy(folder, ".", 2);
    } else {
        slash[slash == folder ? 1 : 0] = '\0';
    }
    if (access(folder, W_OK | X_OK) != 0) {
        int code = errno;
        return cli_fail(err, code == ENOENT ? TACIT_MISSING : TACIT_IO, "%s: cannot write in folder %s: %s", path,
                        folder, strerror(code));
    }
    return TACIT_OK;
}

tacit_status disk_can_replace(const char *path, tacit_error *err) {
    if (is_device(path)) return cli_fail(err, TACIT_IO, "%s: not a regular file; name a file", path);
    return disk_can_write(path, err);
}

tacit_status disk_differ(const char *a, const char *b, tacit_error *err) {
    struct stat x, y;
    if (a == NULL || b == NULL) return TACIT_OK;
    bool same = strcmp(a, b) == 0;
    if (!same && stat(a, &x) == 0 && stat(b, &y) == 0 && S_ISREG(x.st_mode))
        same = x.st_dev == y.st_dev && x.st_ino == y.st_ino;
    if (same) return cli_fail(err, TACIT_USAGE, "%s and %s are the same file; name two files", a, b);
    return TACIT_OK;
}
