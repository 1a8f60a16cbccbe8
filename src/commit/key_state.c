#include "commit/key_state.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DIGITS = 20, COUNT_SIZE = DIGITS + 1 };

/* Makes the folders of `path` (which ends with a file's name) that are missing, for the user alone. */
static void make_folders(char *path) {
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        (void)mkdir(path, 0700);
        *slash = '/';
    }
}

/* False without a home folder. A relative $XDG_STATE_HOME is to be ignored [XDG base directories]. */
static bool state_path(char *out, size_t size, const digest *certificate) {
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    char name[2 * sizeof certificate->b + 1];
    bool own = state && state[0] == '/';
    if (!own && (!home || home[0] != '/')) return false;
    for (size_t i = 0; i < sizeof certificate->b; i++) (void)snprintf(name + 2 * i, 3, "%02x", certificate->b[i]);
    int n = snprintf(out, size, "%s%s/tacit/%s.count", own ? state : home, own ? "" : "/.local/state", name);
    return n > 0 && (size_t)n < size;
}

static uint64_t read_count(int fd) {
    char text[COUNT_SIZE];
    uint64_t n = 0;
    if (pread(fd, text, sizeof text, 0) != (ssize_t)sizeof text || text[DIGITS] != '\n') return 0;
    for (int i = 0; i < DIGITS; i++) {
        unsigned digit = (unsigned)(unsigned char)text[i] - '0';
        if (digit > 9 || __builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, digit, &n)) return 0;
    }
    return n;
}

uint64_t key_state_read(const digest *certificate) {
    char path[PATH_MAX];
    int fd = state_path(path, sizeof path, certificate) ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0) return 0;
    uint64_t n = read_count(fd);
    (void)close(fd);
    return n;
}

void key_state_write(const digest *certificate, uint64_t used, bool synced) {
    char path[PATH_MAX], text[COUNT_SIZE + 1];
    if (!state_path(path, sizeof path, certificate)) return;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 && errno == ENOENT) {
        make_folders(path);
        fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    }
    if (fd < 0) return;
    (void)snprintf(text, sizeof text, "%0*llu\n", DIGITS, (unsigned long long)used);
    if (read_count(fd) <= used && pwrite(fd, text, COUNT_SIZE, 0) == COUNT_SIZE && synced) (void)fsync(fd);
    (void)close(fd);
}
