/* program/view_map: index maps of views, for the builder (hosted). A view_map is in the form that check.c demands: axes
 * ascend in each group, groups are sorted, identities have no map; and groups are as small as splitting finds. */
#ifndef PROGRAM_VIEW_MAP_H
#define PROGRAM_VIEW_MAP_H
#include "program/program.h"

/* Memory that is freed all at once. */
typedef struct pool {
    void **blocks;
    size_t count, cap;
} pool;
void *pool_alloc(pool *p, size_t count, size_t size); /* zeroed; NULL when memory is out */
void pool_free(pool *p);

typedef struct view_map {
    bool zero; /* no element is left: every value is 0 */
    uint32_t count;
    view_group groups[2 * MAX_RANK];
} view_map;

/* Any groups (axes in any order, `size` ignored) in the form above. SHAPE when they do not partition the axes or a map
 * leaves its source, UNSUPPORTED when a group is larger than MAX_GROUP. */
tacit_status view_map_make(view_map *out, const shape *os, const shape *ss, const view_group *groups, uint32_t count,
                           pool *mem, tacit_error *err) TACIT_MUST_CHECK;
/* out[i] = inner[outer[i]]: os <- ms <- ss. Groups that share a middle axis are merged, then split where possible. */
tacit_status view_map_compose(view_map *out, const shape *os, const view_map *outer, const shape *ms,
                              const view_map *inner, const shape *ss, pool *mem, tacit_error *err) TACIT_MUST_CHECK;
bool view_map_identity(const view_map *m, const shape *os, const shape *ss);
bool view_map_holes(const view_map *m);
#endif
