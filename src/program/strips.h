/* program/strips: how blocks of descending sizes fill the strips of a vector: each goes into the first strip that has
 * room, behind those before. The one rule for the layout, which places blocks, and for the geometry's search, which
 * counts them. */
#ifndef PROGRAM_STRIPS_H
#define PROGRAM_STRIPS_H
#include <stdint.h>

enum { MAX_STRIPS = 5, BLOCK_SIZES = 37 /* logs 0 .. MAX_LOG_TENSOR */ };

/* Blocks by size: of[i] of 2^i elements. */
typedef struct block_counts {
    uint64_t of[BLOCK_SIZES];
} block_counts;

/* Strips that fill up; elements. */
typedef struct strip_room {
    uint32_t count;
    uint64_t capacity[MAX_STRIPS], used[MAX_STRIPS];
} strip_room;

/* As many of `count` blocks of 2^log elements as strip s takes, at its end. Sizes descend from call to call, so the end
 * is a multiple of 2^log. */
static inline uint64_t strip_take(strip_room *r, uint32_t s, unsigned log, uint64_t count) {
    uint64_t room = (r->capacity[s] - r->used[s]) >> log, taken = count < room ? count : room;
    r->used[s] += taken << log;
    return taken;
}
#endif
