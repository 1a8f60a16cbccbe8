/* base/arena_store: a mapping that outlives its use, wiped, for the next one. Fresh pages cost the system more time
 * than a proof's arithmetic on them. Hosted only; safe for several threads, each of which gets a mapping of its own. */
#ifndef BASE_ARENA_STORE_H
#define BASE_ARENA_STORE_H
#include <pthread.h>
#include "base/arena.h"

typedef struct arena_store {
    pthread_mutex_t lock;
    arena kept;
} arena_store;

void arena_store_init(arena_store *s);
/* At least `size` bytes, as fresh as arena_map's. s may be NULL: a new mapping. */
tacit_status arena_take(arena_store *s, arena *a, size_t size, tacit_error *err) TACIT_MUST_CHECK;
/* Wipes and keeps it, in the place of the one that was kept; without s: unmaps. */
void arena_give(arena_store *s, arena *a);
void arena_store_close(arena_store *s);
#endif
