/* commit/geometry_assemble: domains, places and the level-1 vector of objects whose a, k, tail are set. Used by the
 * search, and by tests that choose their own geometry. */
#ifndef COMMIT_GEOMETRY_ASSEMBLE_H
#define COMMIT_GEOMETRY_ASSEMBLE_H
#include "commit/ladder_search.h"

/* Blocks of one axis of `size` elements. */
static inline block_counts counts_of_size(uint64_t size) {
    block_counts c = {{0}};
    for (unsigned log = 0; log < BLOCK_SIZES - 1; log++) c.of[log] = size >> log & 1;
    c.of[BLOCK_SIZES - 1] = size >> (BLOCK_SIZES - 1);
    return c;
}
/* table NULL: the number of queries is computed anew. */
void geometry_assemble(geometry *g, const ladder_table *table);
#endif
