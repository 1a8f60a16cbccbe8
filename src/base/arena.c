/* base/arena: bump allocation. Invariant: used <= peak <= size. */
#include "base/arena.h"
#include "base/bytes.h"
#include <string.h>

enum { ARENA_ALIGN = 64 };

void arena_init(arena *a, void *memory, size_t size) {
    a->base = memory;
    a->size = memory == NULL ? 0 : size;
    a->used = 0;
    a->peak = 0;
    a->fresh = false;
}

void *arena_alloc(arena *a, size_t count, size_t size) {
    size_t bytes, end;
    if (!size_mul(count, size, &bytes)) return NULL;
    /* The address is aligned, not the offset: the caller's memory may start anywhere. */
    size_t pad = (0 - ((uintptr_t)a->base + a->used)) & (ARENA_ALIGN - 1);
    if (!size_add(a->used, pad, &end) || !size_add(end, bytes, &end) || end > a->size) return NULL;
    void *p = a->base + a->used + pad;
    a->used = end;
    if (end > a->peak) a->peak = end;
    return p;
}

void *arena_zalloc(arena *a, size_t count, size_t size) {
    size_t touched = a->fresh ? a->peak : a->size;
    unsigned char *p = arena_alloc(a, count, size), *end = a->base + touched;
    if (p == NULL || p >= end) return p;
    size_t bytes = count * size, dirty = (size_t)(end - p);
    memset(p, 0, bytes < dirty ? bytes : dirty);
    return p;
}

void arena_beyond(const arena *a, size_t part, size_t parts, arena *out) {
    size_t each = (a->size - a->peak) / parts / ARENA_ALIGN * ARENA_ALIGN;
    arena_init(out, a->base == NULL ? NULL : a->base + a->peak + part * each, each);
    out->fresh = a->fresh;
}

size_t arena_mark(const arena *a) {
    return a->used;
}

void arena_release(arena *a, size_t mark) {
    if (mark < a->used) a->used = mark;
}
