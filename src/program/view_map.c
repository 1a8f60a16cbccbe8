/* program/view_map.c */
#include "program/view_map.h"
#include "program/view_index.h"
#include <stdlib.h>
#include <string.h>

/* ---- memory */
void *pool_alloc(pool *p, size_t count, size_t size) {
    if (p->count == p->cap) {
        size_t cap = p->cap ? 2 * p->cap : 64;
        void **blocks = realloc(p->blocks, cap * sizeof *blocks);
        if (!blocks) return NULL;
        p->blocks = blocks;
        p->cap = cap;
    }
    void *m = calloc(count ? count : 1, size);
    if (m) p->blocks[p->count++] = m;
    return m;
}

void pool_free(pool *p) {
    for (size_t i = 0; i < p->count; i++) free(p->blocks[i]);
    free(p->blocks);
    *p = (pool){0};
}

static tacit_status no_memory(tacit_error *err) {
    return fail(err, TACIT_RESOURCES, "out of memory");
}

/* ---- groups */
static uint64_t axes_size(const shape *s, const uint8_t *axis, uint32_t count) {
    uint64_t n = 1;
    for (uint32_t k = 0; k < count; k++) n *= s->dim[axis[k]];
    return n;
}

static bool is_identity(const view_group *g, const shape *os, const shape *ss) {
    if (g->out_count != 1 || g->src_count != 1 || os->dim[g->out_axis[0]] != ss->dim[g->src_axis[0]]) return false;
    for (uint32_t i = 0; g->map && i < g->size; i++) {
        if (g->map[i] != (int32_t)i) return false;
    }
    return true;
}

static bool has_entry(const view_group *g) {
    for (uint32_t i = 0; g->map && i < g->size; i++) {
        if (g->map[i] >= 0) return true;
    }
    return !g->map;
}

static void add_group(view_map *out, view_group *g, const shape *os, const shape *ss) {
    if (!has_entry(g)) out->zero = true;
    if (is_identity(g, os, ss)) g->map = NULL;
    if (g->out_count + g->src_count) out->groups[out->count++] = *g;
}

/* A map over the group's size, filled by the caller. */
static tacit_status new_map(view_group *g, const shape *os, const shape *ss, int32_t **map, pool *mem,
                            tacit_error *err) {
    uint64_t n = axes_size(os, g->out_axis, g->out_count);
    if (n > MAX_GROUP || axes_size(ss, g->src_axis, g->src_count) > INT32_MAX)
        return fail(err, TACIT_UNSUPPORTED, "a view's group of %u indices is too large", n);
    g->size = (uint32_t)n;
    *map = pool_alloc(mem, n, sizeof **map);
    g->map = *map;
    return *map ? TACIT_OK : no_memory(err);
}

/* ---- splitting: a group whose map is a product becomes several */
typedef struct split {
    const view_group *g;
    const shape *os, *ss;
    uint32_t out[MAX_RANK], src[MAX_RANK]; /* coordinates of an element that is no hole, and of its source */
    uint32_t part_of_out[MAX_RANK], part_of_src[MAX_RANK]; /* by axis; a part is named by its smallest number */
    uint32_t parts;
    view_group part[2 * MAX_RANK];
} split;

static void join(split *s, uint32_t a, uint32_t b) {
    for (uint32_t k = 0; k < MAX_RANK; k++) {
        if (s->part_of_out[k] == b) s->part_of_out[k] = a;
        if (s->part_of_src[k] == b) s->part_of_src[k] = a;
    }
}

/* Axis a of the result and axis k of the source belong together if k's coordinate changes on a's line through the base.
 */
static void find_parts(split *s) {
    const view_group *g = s->g;
    for (uint32_t k = 0; k < MAX_RANK; k++) {
        s->part_of_out[k] = k;
        s->part_of_src[k] = MAX_RANK + k;
    }
    for (uint32_t a = 0; a < g->out_count; a++) {
        uint32_t axis = g->out_axis[a], out[MAX_RANK], src[MAX_RANK];
        memcpy(out, s->out, sizeof out);
        for (out[axis] = 0; out[axis] < s->os->dim[axis]; out[axis]++) {
            if (!group_index(g, s->os, s->ss, out, src)) continue;
            for (uint32_t k = 0; k < g->src_count; k++) {
                uint32_t x = g->src_axis[k];
                if (src[x] != s->src[x] && s->part_of_src[x] != s->part_of_out[axis])
                    join(s, s->part_of_out[axis], s->part_of_src[x]);
            }
        }
    }
}

static void collect_part(split *s, uint32_t name) {
    view_group p = {0};
    for (uint32_t k = 0; k < s->g->out_count; k++) {
        if (s->part_of_out[s->g->out_axis[k]] == name) p.out_axis[p.out_count++] = s->g->out_axis[k];
    }
    for (uint32_t k = 0; k < s->g->src_count; k++) {
        if (s->part_of_src[s->g->src_axis[k]] == name) p.src_axis[p.src_count++] = s->g->src_axis[k];
    }
    if (p.out_count + p.src_count) s->part[s->parts++] = p;
}

/* The part's map: the other axes stay at the base. */
static tacit_status fill_part(split *s, view_group *p, pool *mem, tacit_error *err) {
    int32_t *map;
    TRY(new_map(p, s->os, s->ss, &map, mem, err));
    uint32_t out[MAX_RANK], src[MAX_RANK];
    memcpy(out, s->out, sizeof out);
    for (uint32_t i = 0; i < p->size; i++) {
        axes_coords(s->os, p->out_axis, p->out_count, i, out);
        bool hole = !group_index(s->g, s->os, s->ss, out, src);
        map[i] = hole ? -1 : (int32_t)axes_flat(s->ss, p->src_axis, p->src_count, src);
    }
    return TACIT_OK;
}

static bool parts_agree(const split *s) {
    uint32_t out[MAX_RANK], src[MAX_RANK];
    for (uint32_t i = 0; i < s->g->size; i++) {
        bool hole = false;
        axes_coords(s->os, s->g->out_axis, s->g->out_count, i, out);
        for (uint32_t k = 0; k < s->parts && !hole; k++) hole = !group_index(&s->part[k], s->os, s->ss, out, src);
        int64_t v = hole ? -1 : (int64_t)axes_flat(s->ss, s->g->src_axis, s->g->src_count, src);
        if (v != s->g->map[i]) return false;
    }
    return true;
}

static bool find_base(split *s) {
    for (uint32_t i = 0; i < s->g->size; i++) {
        if (s->g->map[i] < 0) continue;
        axes_coords(s->os, s->g->out_axis, s->g->out_count, i, s->out);
        return group_index(s->g, s->os, s->ss, s->out, s->src);
    }
    return false;
}

/* g has a map, or is an identity; axes ascend. */
static tacit_status add_split(view_map *out, view_group *g, const shape *os, const shape *ss, pool *mem,
                              tacit_error *err) {
    split s = {.g = g, .os = os, .ss = ss};
    if (g->map && g->out_count + g->src_count > 1 && find_base(&s)) {
        find_parts(&s);
        for (uint32_t name = 0; name < 2 * MAX_RANK; name++) collect_part(&s, name);
        if (s.parts > 1) {
            for (uint32_t k = 0; k < s.parts; k++) TRY(fill_part(&s, &s.part[k], mem, err));
            if (parts_agree(&s)) {
                for (uint32_t k = 0; k < s.parts; k++) add_group(out, &s.part[k], os, ss);
                return TACIT_OK;
            }
        }
    }
    add_group(out, g, os, ss);
    return TACIT_OK;
}

static uint32_t group_key(const view_group *g) {
    return g->out_count ? g->out_axis[0] : (uint32_t)MAX_RANK + g->src_axis[0];
}

static void sort_groups(view_map *m) {
    for (uint32_t i = 1; i < m->count; i++) {
        for (uint32_t k = i; k && group_key(&m->groups[k]) < group_key(&m->groups[k - 1]); k--) {
            view_group g = m->groups[k];
            m->groups[k] = m->groups[k - 1];
            m->groups[k - 1] = g;
        }
    }
}

/* ---- making */
/* The axes, ascending; false if one is out of range or taken. */
static bool sort_axes(uint8_t *out, const uint8_t *axis, uint32_t count, uint32_t rank, uint32_t *seen) {
    for (uint32_t i = 0; i < count; i++) {
        uint32_t k = i;
        if (axis[i] >= rank || *seen >> axis[i] & 1) return false;
        *seen |= 1u << axis[i];
        for (; k && out[k - 1] > axis[i]; k--) out[k] = out[k - 1];
        out[k] = axis[i];
    }
    return true;
}

static tacit_status sorted_map(view_group *to, const view_group *from, const shape *os, const shape *ss, pool *mem,
                               tacit_error *err) {
    int32_t *map;
    uint64_t size = axes_size(ss, from->src_axis, from->src_count);
    TRY(new_map(to, os, ss, &map, mem, err));
    for (uint32_t i = 0; i < to->size; i++) {
        uint32_t out[MAX_RANK], src[MAX_RANK];
        axes_coords(os, to->out_axis, to->out_count, i, out);
        uint64_t at = axes_flat(os, from->out_axis, from->out_count, out);
        if (from->map[at] < -1 || (from->map[at] >= 0 && (uint64_t)from->map[at] >= size))
            return fail(err, TACIT_SHAPE, "a view's map leaves its source");
        bool hole = !group_index(from, os, ss, out, src);
        map[i] = hole ? -1 : (int32_t)axes_flat(ss, to->src_axis, to->src_count, src);
    }
    return TACIT_OK;
}

tacit_status view_map_make(view_map *out, const shape *os, const shape *ss, const view_group *groups, uint32_t count,
                           pool *mem, tacit_error *err) {
    uint32_t out_seen = 0, src_seen = 0;
    *out = (view_map){0};
    for (uint32_t i = 0; i < count; i++) {
        const view_group *g = &groups[i];
        view_group s = {.out_count = g->out_count, .src_count = g->src_count};
        if (g->out_count > MAX_RANK || g->src_count > MAX_RANK ||
            !sort_axes(s.out_axis, g->out_axis, g->out_count, os->rank, &out_seen) ||
            !sort_axes(s.src_axis, g->src_axis, g->src_count, ss->rank, &src_seen))
            return fail(err, TACIT_SHAPE, "a view's groups do not partition its axes");
        s.size = g->out_count == 1 ? os->dim[g->out_axis[0]] : 0;
        if (g->map)
            TRY(sorted_map(&s, g, os, ss, mem, err));
        else if (!is_identity(&s, os, ss))
            return fail(err, TACIT_SHAPE, "a view's group has no map");
        TRY(add_split(out, &s, os, ss, mem, err));
    }
    if (out_seen != (1u << os->rank) - 1 || src_seen != (1u << ss->rank) - 1)
        return fail(err, TACIT_SHAPE, "a view's groups do not partition its axes");
    sort_groups(out);
    return TACIT_OK;
}

/* ---- composing */
typedef struct component { /* groups of both maps that hang together by middle axes */
    const view_group *outer[2 * MAX_RANK], *inner[2 * MAX_RANK];
    uint32_t outer_count, inner_count;
} component;

static void merge_axes(uint8_t *axes, uint32_t *count, const uint8_t *more, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        uint32_t k = (*count)++;
        for (; k && axes[k - 1] > more[i]; k--) axes[k] = axes[k - 1];
        axes[k] = more[i];
    }
}

static tacit_status compose_component(view_map *out, const component *c, const shape *os, const shape *ms,
                                      const shape *ss, pool *mem, tacit_error *err) {
    view_group g = {0};
    for (uint32_t i = 0; i < c->outer_count; i++)
        merge_axes(g.out_axis, &g.out_count, c->outer[i]->out_axis, c->outer[i]->out_count);
    for (uint32_t i = 0; i < c->inner_count; i++)
        merge_axes(g.src_axis, &g.src_count, c->inner[i]->src_axis, c->inner[i]->src_count);
    if (c->outer_count == 1 && c->inner_count == 1 && (!c->outer[0]->map || !c->inner[0]->map)) {
        const view_group *whole = c->outer[0]->map ? c->outer[0] : c->inner[0];
        g.map = whole->map; /* the other one is an identity */
        g.size = whole->size;
        add_group(out, &g, os, ss);
        return TACIT_OK;
    }
    int32_t *map;
    TRY(new_map(&g, os, ss, &map, mem, err));
    for (uint32_t i = 0; i < g.size; i++) {
        uint32_t o[MAX_RANK], m[MAX_RANK], s[MAX_RANK];
        bool hole = false;
        axes_coords(os, g.out_axis, g.out_count, i, o);
        for (uint32_t k = 0; k < c->outer_count && !hole; k++) hole = !group_index(c->outer[k], os, ms, o, m);
        for (uint32_t k = 0; k < c->inner_count && !hole; k++) hole = !group_index(c->inner[k], ms, ss, m, s);
        map[i] = hole ? -1 : (int32_t)axes_flat(ss, g.src_axis, g.src_count, s);
    }
    return add_split(out, &g, os, ss, mem, err);
}

/* Label of each group's component: outer groups first. */
static void label_components(uint32_t *label, const view_map *outer, const view_map *inner) {
    uint32_t n = outer->count + inner->count, by_axis[MAX_RANK];
    for (uint32_t i = 0; i < n; i++) label[i] = i;
    for (uint32_t i = 0; i < outer->count; i++) {
        for (uint32_t k = 0; k < outer->groups[i].src_count; k++) by_axis[outer->groups[i].src_axis[k]] = i;
    }
    for (uint32_t j = 0; j < inner->count; j++) {
        for (uint32_t k = 0; k < inner->groups[j].out_count; k++) {
            uint32_t a = label[by_axis[inner->groups[j].out_axis[k]]], b = label[outer->count + j];
            for (uint32_t i = 0; i < n; i++) {
                if (label[i] == b) label[i] = a;
            }
        }
    }
}

tacit_status view_map_compose(view_map *out, const shape *os, const view_map *outer, const shape *ms,
                              const view_map *inner, const shape *ss, pool *mem, tacit_error *err) {
    uint32_t label[4 * MAX_RANK];
    *out = (view_map){.zero = outer->zero || inner->zero};
    label_components(label, outer, inner);
    for (uint32_t name = 0; name < outer->count + inner->count; name++) {
        component c = {.outer_count = 0};
        for (uint32_t i = 0; i < outer->count; i++) {
            if (label[i] == name) c.outer[c.outer_count++] = &outer->groups[i];
        }
        for (uint32_t j = 0; j < inner->count; j++) {
            if (label[outer->count + j] == name) c.inner[c.inner_count++] = &inner->groups[j];
        }
        if (c.outer_count + c.inner_count) TRY(compose_component(out, &c, os, ms, ss, mem, err));
    }
    sort_groups(out);
    return TACIT_OK;
}

bool view_map_identity(const view_map *m, const shape *os, const shape *ss) {
    for (uint32_t g = 0; g < m->count; g++) {
        if (m->groups[g].map || m->groups[g].out_axis[0] != m->groups[g].src_axis[0]) return false;
    }
    return !m->zero && shape_equal(os, ss);
}

bool view_map_holes(const view_map *m) {
    for (uint32_t g = 0; g < m->count; g++) {
        for (uint32_t i = 0; m->groups[g].map && i < m->groups[g].size; i++) {
            if (m->groups[g].map[i] < 0) return true;
        }
    }
    return m->zero;
}
