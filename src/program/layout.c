/* program/layout: aligned dyadic blocks. Cost of layout_make: O(blocks); of layout_eval: O(blocks of the item x
 * variables). */
#include "program/layout.h"
#include "base/broken.h"
#include "poly/eq.h"

/* A hostile shape of 36 variables has up to 2^17 blocks, a program many shapes. */
#define MAX_BLOCKS ((uint64_t)1 << 22)

/* The blocks of a shape, axis 0 slowest, larger blocks first: per axis the place among its set bits. */
typedef struct block_walk {
    const shape *s;
    uint32_t bit[MAX_RANK]; /* the current set bit of each dimension */
} block_walk;

static void walk_start(block_walk *w, const shape *s) {
    w->s = s;
    for (uint32_t k = 0; k < s->rank; k++) w->bit[k] = (uint32_t)log2_floor(s->dim[k]);
}

static bool walk_next(block_walk *w) {
    for (uint32_t k = w->s->rank; k-- > 0;) {
        uint32_t dim = w->s->dim[k], below = dim & ((1u << w->bit[k]) - 1);
        if (below) {
            w->bit[k] = (uint32_t)log2_floor(below);
            return true;
        }
        w->bit[k] = (uint32_t)log2_floor(dim);
    }
    return false;
}

static uint32_t walk_log(const block_walk *w) {
    uint32_t log = 0;
    for (uint32_t k = 0; k < w->s->rank; k++) log += w->bit[k];
    return log;
}

static void walk_block(const block_walk *w, block *b) {
    for (uint32_t k = 0; k < w->s->rank; k++) {
        uint32_t size_log = w->bit[k], above = (uint32_t)(~(uint64_t)0 << (size_log + 1));
        b->axis_log[k] = (uint8_t)size_log;
        b->offset[k] = w->s->dim[k] & above;
    }
    b->log = walk_log(w);
}

static tacit_status count_blocks(layout *l, uint64_t place[MAX_LOG_TENSOR + 1], tacit_error *err) {
    uint64_t total = 0;
    block_walk w;
    for (uint32_t i = 0; i < l->item_count; i++) {
        walk_start(&w, l->shapes[i]);
        do {
            place[walk_log(&w)]++;
            if (++total > MAX_BLOCKS) return fail(err, TACIT_UNSUPPORTED, "layout: too many dyadic blocks");
        } while (walk_next(&w));
    }
    l->block_count = (uint32_t)total;
    return TACIT_OK;
}

static void place_blocks(layout *l, uint64_t place[MAX_LOG_TENSOR + 1]) {
    uint64_t at = 0, start = 0;
    uint32_t n = 0;
    block_walk w;
    for (uint32_t log = MAX_LOG_TENSOR + 1; log-- > 0;) { /* counts become first places, largest blocks first */
        uint64_t count = place[log];
        place[log] = at;
        at += count;
    }
    for (uint32_t i = 0; i < l->item_count; i++) {
        l->first[i] = n;
        walk_start(&w, l->shapes[i]);
        do {
            uint64_t b = place[walk_log(&w)]++;
            l->blocks[b].item = i;
            walk_block(&w, &l->blocks[b]);
            l->order[n++] = (uint32_t)b;
        } while (walk_next(&w));
    }
    l->first[l->item_count] = n;
    for (uint32_t b = 0; b < n; b++) {
        l->blocks[b].start = start;
        start += (uint64_t)1 << l->blocks[b].log;
    }
    l->size = start;
    l->strip_count = 1;
    l->used[0] = start;
}

bool layout_split(layout *l, strip_room *room) {
    for (uint32_t b = 0; b < l->block_count; b++) {
        block *k = &l->blocks[b];
        for (k->strip = 0; k->strip < room->count; k->strip++) {
            k->start = room->used[k->strip];
            if (strip_take(room, k->strip, k->log, 1)) break;
        }
        if (k->strip == room->count) return false;
    }
    l->strip_count = room->count;
    for (uint32_t s = 0; s < room->count; s++) l->used[s] = room->used[s];
    return true;
}

_Static_assert((int)BLOCK_SIZES == (int)MAX_LOG_TENSOR + 1, "a block is no larger than a tensor");

block_counts layout_counts(const layout *l) {
    block_counts c = {{0}};
    for (uint32_t b = 0; b < l->block_count; b++) c.of[l->blocks[b].log]++;
    return c;
}

tacit_status layout_make(layout *out, const shape *const *shapes, uint32_t count, arena *a, tacit_error *err) {
    uint64_t place[MAX_LOG_TENSOR + 1] = {0};
    *out = (layout){.item_count = count, .shapes = shapes};
    TRY(count_blocks(out, place, err));
    out->blocks = ARENA_ZNEW(a, block, out->block_count);
    out->first = ARENA_NEW(a, uint32_t, (size_t)count + 1);
    out->order = ARENA_NEW(a, uint32_t, out->block_count);
    if (!out->blocks || !out->first || !out->order)
        return fail(err, TACIT_RESOURCES, "layout: scratch is full (%u blocks)", (uint64_t)out->block_count);
    place_blocks(out, place);
    return TACIT_OK;
}

ext block_high(const shape *s, const block *b, const ext *z) {
    ext w = EXT_ONE;
    unsigned var = 0;
    if (RULE_OFF(DYADIC)) return w;
    for (uint32_t k = s->rank; k-- > 0;) {
        unsigned bits = log2_ceil(s->dim[k]), low = b->axis_log[k];
        if (bits > low) w = ext_mul(w, eq_index(z + var + low, bits - low, b->offset[k] >> low));
        var += bits;
    }
    return w;
}

void block_low(const shape *s, const block *b, const ext *z, ext *out) {
    unsigned var = 0;
    for (uint32_t k = s->rank; k-- > 0;) {
        for (unsigned i = 0; i < b->axis_log[k]; i++) *out++ = z[var + i];
        var += log2_ceil(s->dim[k]);
    }
}

void block_point(const shape *s, const block *b, const ext *low, ext *z) {
    for (uint32_t k = s->rank; k-- > 0;) {
        unsigned bits = log2_ceil(s->dim[k]);
        for (unsigned i = 0; i < bits; i++) *z++ = i < b->axis_log[k] ? *low++ : ext_from(b->offset[k] >> i & 1);
    }
}

uint64_t block_element(const shape *s, const block *b, uint64_t e) {
    uint64_t index = 0, stride = 1;
    for (uint32_t k = s->rank; k-- > 0;) {
        uint64_t at = e & (((uint64_t)1 << b->axis_log[k]) - 1);
        index += (b->offset[k] + at) * stride;
        stride *= s->dim[k];
        e >>= b->axis_log[k];
    }
    return index;
}

ext layout_eval(const layout *l, uint32_t item, const ext *z, const strip_point *at) {
    const shape *s = l->shapes[item];
    ext total = EXT_ZERO, low[MAX_LOG_TENSOR];
    for (uint32_t i = l->first[item]; i < l->first[item + 1]; i++) {
        const block *b = &l->blocks[l->order[i]];
        const strip_point *p = &at[b->strip];
        ext w = block_high(s, b, z);
        if (ext_is_zero(w)) continue; /* a point with fixed bits names one block */
        w = ext_mul(ext_mul(w, p->weight), eq_index(p->rho + b->log, p->vars - b->log, b->start >> b->log));
        block_low(s, b, z, low);
        total = ext_add(total, ext_mul(w, eq_eval(low, p->rho, b->log)));
    }
    return total;
}
