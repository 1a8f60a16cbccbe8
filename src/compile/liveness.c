#include "compile/liveness.h"
#include <string.h>

enum { ALIGN = 8 }; /* elements: a cache line */

typedef struct gap {
    uint64_t at, size;
} gap;

/* Gaps in ascending order; the last one has no end. */
typedef struct places {
    gap *gaps;
    uint32_t count;
    uint64_t top;
} places;

bool liveness_has_values(const graph *g, uint32_t t) {
    const gtensor *x = &g->tensors[t];
    return !x->constant && x->known && (x->producer == NO_INDEX || !g->nodes[x->producer].dead);
}

static uint64_t room(const graph *g, uint32_t t) {
    return (shape_count(&g->tensors[t].shape) + ALIGN) / ALIGN * ALIGN;
}

static uint64_t take(places *p, uint64_t size) {
    uint32_t i = 0;
    while (p->gaps[i].size < size) i++;
    uint64_t at = p->gaps[i].at;
    p->gaps[i].at += size;
    p->gaps[i].size -= size;
    if (p->gaps[i].size == 0) memmove(p->gaps + i, p->gaps + i + 1, (--p->count - i) * sizeof *p->gaps);
    if (at + size > p->top) p->top = at + size;
    return at;
}

static void give_back(places *p, uint64_t at, uint64_t size) {
    uint32_t i = 0;
    while (p->gaps[i].at < at) i++; /* the endless gap stops it */
    bool before = i > 0 && p->gaps[i - 1].at + p->gaps[i - 1].size == at, behind = at + size == p->gaps[i].at;
    if (before && behind) {
        p->gaps[i - 1].size += size + p->gaps[i].size;
        memmove(p->gaps + i, p->gaps + i + 1, (--p->count - i) * sizeof *p->gaps);
    } else if (before) {
        p->gaps[i - 1].size += size;
    } else if (behind) {
        p->gaps[i].at = at, p->gaps[i].size += size;
    } else {
        memmove(p->gaps + i + 1, p->gaps + i, (p->count++ - i) * sizeof *p->gaps);
        p->gaps[i] = (gap){at, size};
    }
}

/* The last node that reads each tensor, its producer if none does; NO_INDEX for outputs and inputs that nobody reads,
 * which stay. */
static void find_last(const graph *g, uint32_t *last) {
    for (uint32_t t = 0; t < g->tensor_count; t++) last[t] = g->tensors[t].producer;
    for (uint32_t k = 0; k < g->node_count; k++) {
        const gnode *n = &g->nodes[k];
        for (uint32_t i = 0; !n->dead && i < n->in_count; i++) {
            if (n->in[i] != NO_INDEX) last[n->in[i]] = k;
        }
    }
    for (uint32_t t = 0; t < g->tensor_count; t++) last[t] = g->tensors[t].is_output ? NO_INDEX : last[t];
}

static void place_one(const graph *g, places *p, uint32_t t, uint64_t *place) {
    if (t != NO_INDEX && liveness_has_values(g, t) && place[t] == NO_PLACE) place[t] = take(p, room(g, t));
}

/* Memory of an input is given back once, by its first mention among the inputs of the node that reads it last. */
static void end_one(const graph *g, places *p, uint32_t t, uint32_t k, uint32_t *last, const uint64_t *place) {
    if (t == NO_INDEX || last[t] != k || place[t] == NO_PLACE) return;
    give_back(p, place[t], room(g, t));
    last[t] = NO_INDEX;
}

tacit_status liveness_plan(const graph *g, uint64_t *place, uint64_t *total, arena *scratch, tacit_error *err) {
    size_t mark = arena_mark(scratch);
    uint32_t *last = ARENA_NEW(scratch, uint32_t, g->tensor_count + 1);
    places p = {.gaps = ARENA_NEW(scratch, gap, g->tensor_count + 2), .count = 1};
    if (!last || !p.gaps) return fail(err, TACIT_RESOURCES, "the model needs more memory than is set aside");
    p.gaps[0] = (gap){0, UINT64_MAX / 2};
    for (uint32_t t = 0; t < g->tensor_count; t++) place[t] = NO_PLACE;
    find_last(g, last);
    for (uint32_t i = 0; i < g->input_count; i++) place_one(g, &p, g->inputs[i], place);
    for (uint32_t k = 0; k < g->node_count; k++) {
        const gnode *n = &g->nodes[k];
        if (n->dead) continue;
        for (uint32_t i = 0; i < n->out_count; i++) place_one(g, &p, n->out[i], place);
        for (uint32_t i = 0; i < n->in_count; i++) end_one(g, &p, n->in[i], k, last, place);
        for (uint32_t i = 0; i < n->out_count; i++) end_one(g, &p, n->out[i], k, last, place);
    }
    *total = p.top;
    arena_release(scratch, mark);
    return TACIT_OK;
}
