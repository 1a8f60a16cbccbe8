/* base/arena: memory with mark and release. The verifier's arena is the caller's scratch; the prover's is one large
 * lazily backed mapping (arena_map) whose use is planned before the work starts. Nothing is freed one by one. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/error.h"

typedef struct arena {
    unsigned char *base;
    size_t size, used, peak;
    bool fresh; /* the memory was all zero at the start: what lies beyond `peak` still is */
} arena;

void arena_init(arena *a, void *memory, size_t size);
/* count elements of `size` bytes, zeroed, 64-byte aligned; NULL when the arena is full or the product overflows. */
void *arena_zalloc(arena *a, size_t count, size_t size);
/* The same, not zeroed. */
void *arena_alloc(arena *a, size_t count, size_t size);
/* Scratch for one of several threads: *out is part `part` of `parts` equal parts of the memory beyond a's peak. Nothing
 * may be taken from `a` until every part is given back by arena_wipe. */
void arena_beyond(const arena *a, size_t part, size_t parts, arena *out);
size_t arena_mark(const arena *a);
void arena_release(arena *a, size_t mark);

#define ARENA_NEW(a, type, count) ((type *)arena_alloc((a), (count), sizeof(type)))
#define ARENA_ZNEW(a, type, count) ((type *)arena_zalloc((a), (count), sizeof(type)))

/* Hosted only (base/arena_map.c): reserve `size` bytes of address space, backed on first touch; huge pages if any. */
tacit_status arena_map(arena *a, size_t size, tacit_error *err) TACIT_MUST_CHECK;
/* Wipes what was used (stores that are not optimised away): empty, and all zero, again. */
void arena_wipe(arena *a);
/* Wipes and unmaps. */
void arena_unmap(arena *a);
#endif
