/* commit/geometry_assemble: domains, places and the level-1 vector of objects whose a, k, tail are set. Used by the
 * search, and by tests that choose their own geometry. */
#ifndef COMMIT_GEOMETRY_ASSEMBLE_H
#define COMMIT_GEOMETRY_ASSEMBLE_H
#include "commit/ladder_search.h"

/* table NULL: the number of queries is computed anew. */
void geometry_assemble(geometry *g, const ladder_table *table);
#endif
