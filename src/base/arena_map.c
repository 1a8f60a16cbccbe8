/* base/arena_map: an arena over an anonymous mapping. Address space is reserved, pages come on first touch
 * (MAP_NORESERVE), huge ones where the system grants them: with 4 KiB pages the TLB misses of the transforms' strides
 * cost more than their arithmetic. */
#define _GNU_SOURCE
#include "base/arena.h"
#include <string.h>
#include "base/threads.h"
#include <sys/mman.h>

/* A multiple of the huge page, so that the last one is whole. */
#define MAP_UNIT ((size_t)2 << 20)

tacit_status arena_map(arena *a, size_t size, tacit_error *err) {
    arena_init(a, NULL, 0);
    if (size == 0 || size > SIZE_MAX - MAP_UNIT) return fail(err, TACIT_RESOURCES, "arena of %u bytes", (uint64_t)size);
    size_t whole = size <= MAP_UNIT / 2 ? size : (size + MAP_UNIT - 1) & ~(MAP_UNIT - 1);
    void *p = mmap(NULL, whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED) return fail(err, TACIT_RESOURCES, "cannot reserve %u bytes of memory", (uint64_t)whole);
#ifdef MADV_HUGEPAGE
    (void)madvise(p, whole, MADV_HUGEPAGE); /* a wish: without it the arena is only slower */
#endif
    arena_init(a, p, whole);
    a->fresh = true;
    return TACIT_OK;
}

/* Units of WIPE_UNIT bytes below the peak. */
enum { WIPE_UNIT = 1 << 20 };
static void wipe_units(void *ctx, size_t first, size_t count, unsigned worker) {
    const arena *a = ctx;
    size_t from = first * WIPE_UNIT, to = from + count * WIPE_UNIT;
    (void)worker;
    memset(a->base + from, 0, (to < a->peak ? to : a->peak) - from);
}

void arena_wipe(arena *a) {
    if (a->base == NULL) return;
    threads_range((a->peak + WIPE_UNIT - 1) / WIPE_UNIT, 1, 1, wipe_units, a);
    __asm__ volatile("" : : "r"(a->base) : "memory"); /* the stores are observed, so they stay */
    a->used = a->peak = 0;
}

void arena_unmap(arena *a) {
    if (a->base == NULL) return;
    arena_wipe(a);
    (void)munmap(a->base, a->size);
    arena_init(a, NULL, 0);
}
