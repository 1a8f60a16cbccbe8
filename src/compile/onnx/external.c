#define _XOPEN_SOURCE 700
#include "compile/onnx/external.h"
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MAX_PATH_TEXT = 4096 };

static tacit_status cannot(const char *path, const char *what, tacit_error *err) {
    return fail(err, errno == ENOENT ? TACIT_MISSING : TACIT_IO, "cannot %s \"%s\": %s", what, path, strerror(errno));
}

static tacit_status open_regular(const char *path, FILE **f, uint64_t *size, tacit_error *err) {
    struct stat st;
    *f = fopen(path, "rb");
    if (!*f) return cannot(path, "open", err);
    if (fstat(fileno(*f), &st) == 0 && S_ISREG(st.st_mode)) {
        *size = (uint64_t)st.st_size;
        return TACIT_OK;
    }
    (void)fclose(*f);
    return fail(err, TACIT_IO, "\"%s\" is not a file", path);
}

static tacit_status read_part(FILE *f, const char *path, uint64_t offset, size_t size, arena *a, unsigned char **data,
                              tacit_error *err) {
    *data = arena_alloc(a, size + 1, 1);
    if (!*data) return fail(err, TACIT_RESOURCES, "\"%s\" does not fit the memory set aside", path);
    if (offset > LONG_MAX || fseek(f, (long)offset, SEEK_SET) != 0) return cannot(path, "seek in", err);
    if (fread(*data, 1, size, f) != size) return fail(err, TACIT_IO, "cannot read \"%s\"", path);
    return TACIT_OK;
}

const char *external_folder(const char *path, arena *a) {
    const char *slash = strrchr(path, '/');
    size_t n = slash ? (size_t)(slash - path) + 1 : 0;
    char *out = ARENA_ZNEW(a, char, n + 2);
    if (!out) return NULL;
    memcpy(out, slash ? path : ".", slash ? n : 1);
    return out;
}

static bool climbs(const char *location) {
    for (const char *p = location; p != NULL; p = strchr(p, '/')) {
        if (*p == '/') p++;
        if (p[0] == '.' && p[1] == '.' && (p[2] == '/' || p[2] == '\0')) return true;
    }
    return false;
}

static tacit_status resolve(const char *folder, const char *location, char path[PATH_MAX], tacit_error *err) {
    char joined[MAX_PATH_TEXT], root[PATH_MAX];
    if (location[0] == '\0' || location[0] == '/' || strchr(location, '\\') || climbs(location))
        return fail(err, TACIT_VALUE, "external data \"%s\" is not inside the model's folder", location);
    int n_joined = snprintf(joined, sizeof joined, "%s/%s", folder, location);
    if (n_joined < 0 || (size_t)n_joined >= sizeof joined)
        return fail(err, TACIT_VALUE, "external data \"%s\": path too long", location);
    if (!realpath(folder, root)) return cannot(folder, "find", err);
    if (!realpath(joined, path)) return cannot(joined, "find", err);
    size_t n = strlen(root);
    if (strncmp(path, root, n) != 0 || (path[n] != '/' && strcmp(root, "/") != 0))
        return fail(err, TACIT_VALUE, "external data \"%s\" leads out of the model's folder", location);
    return TACIT_OK;
}

tacit_status external_read(const char *folder, const char *location, uint64_t offset, size_t size, arena *a,
                           unsigned char **data, tacit_error *err) {
    char path[PATH_MAX];
    FILE *f;
    uint64_t length = 0;
    TRY(resolve(folder, location, path, err));
    TRY(open_regular(path, &f, &length, err));
    tacit_status s = offset > length || size > length - offset
                         ? fail(err, TACIT_MALFORMED, "external data \"%s\" is too short", location)
                         : read_part(f, path, offset, size, a, data, err);
    (void)fclose(f);
    return s;
}
