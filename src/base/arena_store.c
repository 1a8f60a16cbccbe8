#include "base/arena_store.h"

void arena_store_init(arena_store *s) {
    (void)pthread_mutex_init(&s->lock, NULL);
    arena_init(&s->kept, NULL, 0);
}

static arena exchange(arena_store *s, arena a) {
    (void)pthread_mutex_lock(&s->lock);
    arena kept = s->kept;
    s->kept = a;
    (void)pthread_mutex_unlock(&s->lock);
    return kept;
}

tacit_status arena_take(arena_store *s, arena *a, size_t size, tacit_error *err) {
    arena_init(a, NULL, 0);
    if (s) *a = exchange(s, *a);
    if (a->size >= size && size > 0) return TACIT_OK;
    arena_unmap(a);
    return arena_map(a, size, err);
}

void arena_give(arena_store *s, arena *a) {
    arena_wipe(a);
    if (s) {
        arena other = exchange(s, *a);
        *a = other;
    }
    arena_unmap(a);
}

void arena_store_close(arena_store *s) {
    arena_unmap(&s->kept);
    (void)pthread_mutex_destroy(&s->lock);
}
