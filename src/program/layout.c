/* program/layout: aligned dyadic blocks. Cost of layout_make: O(blocks); of layout_point_make: O(blocks);
 * of layout_eval: O(blocks of the item + variables^2), O(variables) when the point names one block. */
#include "program/layout.h"
#include <string.h>
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

void blocks_places(const block *blocks, uint32_t count, uint64_t origin, const strip_point *at, ext *out) {
    ext above[MAX_STRIPS][65]; /* above[s][j]: of the strip and the bits from j on of the place `last` */
    uint64_t last[MAX_STRIPS];
    unsigned known[MAX_STRIPS]; /* above is right from here on */
    uint32_t started = 0;
    for (uint32_t i = 0; i < count; i++) {
        const block *b = &blocks[i];
        uint32_t s = b->strip;
        uint64_t place = b->start - origin;
        if (!(started >> s & 1)) {
            started |= 1u << s;
            known[s] = at[s].vars;
            above[s][known[s]] = at[s].weight;
            last[s] = 0;
        }
        while ((last[s] ^ place) >> known[s]) known[s]++;
        for (last[s] = place; known[s] > b->log;) {
            ext rho = at[s].rho[--known[s]];
            above[s][known[s]] = ext_mul(above[s][known[s] + 1], place >> known[s] & 1 ? rho : ext_one_minus(rho));
        }
        out[i] = above[s][b->log];
    }
}

tacit_status layout_point_make(layout_point *out, const layout *l, const strip_point *at, arena *a, tacit_error *err) {
    out->l = l;
    out->at = at;
    out->places = ARENA_NEW(a, ext, l->block_count);
    if (!out->places)
        return fail(err, TACIT_RESOURCES, "layout: scratch is full (%u blocks)", (uint64_t)l->block_count);
    blocks_places(l->blocks, l->block_count, 0, at, out->places);
    for (uint32_t i = 0; i < l->strip_count; i++) out->low[i].vars = 0;
    return TACIT_OK;
}

/* ---- points with fixed bits, which name one block */
bool axis_part(uint64_t dim, const ext *z, unsigned *log, uint32_t *number) {
    unsigned v = log2_ceil(dim);
    *number = 0;
    if (dim >> v) {
        *log = v; /* one part */
        return true;
    }
    while (v-- > 0) {
        bool part = dim >> v & 1;
        if (part && ext_is_zero(z[v])) {
            *log = v;
            return true;
        }
        if (!ext_equal(z[v], part ? EXT_ONE : EXT_ZERO)) return false;
        *number += part;
    }
    return false;
}

/* The block that z names, its number in the item's order, and z's other variables. */
static bool fixed_block(const shape *s, const ext *z, uint32_t *number, ext *low, unsigned *vars) {
    uint32_t stride = 1;
    *number = 0;
    *vars = 0;
    for (uint32_t k = s->rank; k-- > 0; z += log2_ceil(s->dim[k])) {
        unsigned log;
        uint32_t part, parts = 0;
        if (!axis_part(s->dim[k], z, &log, &part)) return false;
        for (unsigned v = 0; v < log; v++) low[(*vars)++] = z[v];
        for (uint32_t dim = s->dim[k]; dim; dim &= dim - 1) parts++;
        *number += part * stride;
        stride *= parts;
    }
    return true;
}

/* eq(low, rho) of the strip. The blocks of one lookup tree are named at the first variables of one point: the products
 * for the last point are kept. */
static ext fixed_eq(layout_point *p, uint32_t strip, const ext *low, unsigned vars) {
    low_point *have = &p->low[strip];
    unsigned v = 0;
    have->eq[0] = EXT_ONE;
    while (v < vars && v < have->vars && ext_equal(low[v], have->z[v])) v++;
    if (v == vars) return have->eq[v];
    for (; v < vars; v++) {
        have->z[v] = low[v];
        have->eq[v + 1] = ext_mul(have->eq[v], eq_eval(&low[v], &p->at[strip].rho[v], 1));
    }
    have->vars = vars;
    return have->eq[vars];
}

/* ---- any point */
/* Every axis is cut into few parts, at most one for each variable or one in all. */
enum { MAX_PARTS = MAX_LOG_TENSOR + MAX_RANK };

/* The functional of one item in one strip. The weight of a block is the product of its parts' weights, that of a part
 * [weight of its fixed bits at z] eq(z_low, rho from `low` on), where `low` counts the variables of the parts behind.
 */
typedef struct functional_walk {
    const layout_point *p;
    const uint32_t *order; /* the item's blocks */
    uint32_t strip;
    uint32_t first[MAX_RANK + 1]; /* the parts of axis k, larger ones first, are first[k] .. first[k+1] - 1 */
    uint8_t log[MAX_PARTS];
    ext high[MAX_PARTS]; /* of the fixed bits */
    ext weight[MAX_PARTS][MAX_LOG_TENSOR + 1];
} functional_walk;

/* Appends the parts of an axis. */
static void walk_parts(functional_walk *w, uint32_t axis, uint64_t dim, const ext *z) {
    unsigned vars = log2_ceil(dim);
    uint32_t n = w->first[axis];
    ext above = EXT_ONE;
    for (unsigned v = vars + 1; v-- > 0;) {
        bool part = dim >> v & 1;
        ext without = v < vars ? RULE_ELSE(DYADIC, EXT_ONE, ext_one_minus(z[v])) : EXT_ONE;
        if (part) w->log[n] = (uint8_t)v;
        if (part) w->high[n++] = ext_mul(above, without);
        if (v < vars) above = ext_mul(above, part ? RULE_ELSE(DYADIC, EXT_ONE, z[v]) : without);
    }
    w->first[axis + 1] = n;
}

/* The weights of an axis' parts for a set of values of `low`; answers the set for the axis before. */
static uint64_t walk_weights(functional_walk *w, uint32_t axis, const ext *z, uint64_t lows) {
    const strip_point *p = &w->p->at[w->strip];
    ext eq[MAX_LOG_TENSOR + 1];
    uint8_t low[MAX_LOG_TENSOR + 1];
    uint64_t next = 0;
    unsigned v = 0, count = 0;
    for (unsigned k = 0; lows >> k; k++)
        if (lows >> k & 1) low[count++] = (uint8_t)k;
    for (unsigned k = 0; k < count; k++) eq[k] = EXT_ONE;
    for (uint32_t i = w->first[axis + 1]; i-- > w->first[axis];) {
        if (ext_is_zero(w->high[i])) continue;
        next |= lows << w->log[i];
        for (; v < w->log[i]; v++) /* a block with more variables than the strip lies in another */
            for (unsigned k = 0; k < count && low[k] + v < p->vars; k++)
                eq[k] = ext_mul(eq[k], eq_eval(&z[v], &p->rho[low[k] + v], 1));
        for (unsigned k = 0; k < count; k++) w->weight[i][low[k]] = ext_mul(w->high[i], eq[k]);
    }
    return next;
}

/* The sum over the blocks of the first `axes` axes when the parts of the others are chosen: these have `low` variables
 * and are number `index` in the item's order, where the next axis counts `stride`. */
static ext walk_axes(const functional_walk *w, uint32_t axes, unsigned low, uint32_t index, uint32_t stride) {
    if (axes == 0) {
        uint32_t b = w->order[index];
        return w->p->l->blocks[b].strip == w->strip ? w->p->places[b] : EXT_ZERO;
    }
    ext sum = EXT_ZERO;
    uint32_t from = w->first[axes - 1], count = w->first[axes] - from;
    for (uint32_t i = 0; i < count; i++) {
        if (ext_is_zero(w->high[from + i])) continue;
        ext rest = walk_axes(w, axes - 1, low + w->log[from + i], index + i * stride, stride * count);
        sum = ext_add(sum, ext_mul(rest, w->weight[from + i][low]));
    }
    return sum;
}

static ext eval_blocks(const layout_point *p, uint32_t item, const ext *z) {
    functional_walk w; /* large: what is read was written */
    const layout *l = p->l;
    const shape *s = l->shapes[item];
    ext total = EXT_ZERO;
    uint32_t strips = 0;
    w.p = p;
    w.order = l->order + l->first[item];
    w.first[0] = 0;
    for (uint32_t k = 0; k < s->rank; k++) walk_parts(&w, k, s->dim[k], z + shape_axis_var(s, k));
    for (uint32_t i = 0; i < l->first[item + 1] - l->first[item]; i++) strips |= 1u << l->blocks[w.order[i]].strip;
    for (w.strip = 0; w.strip < l->strip_count; w.strip++) {
        if (!(strips >> w.strip & 1)) continue;
        uint64_t lows = 1;
        for (uint32_t k = s->rank; k-- > 0;) lows = walk_weights(&w, k, z + shape_axis_var(s, k), lows);
        total = ext_add(total, walk_axes(&w, s->rank, 0, 0, 1));
    }
    return total;
}

ext layout_eval(layout_point *p, uint32_t item, const ext *z) {
    const layout *l = p->l;
    ext low[MAX_LOG_TENSOR];
    unsigned vars;
    uint32_t number;
    if (RULE_OFF(DYADIC) || !fixed_block(l->shapes[item], z, &number, low, &vars)) return eval_blocks(p, item, z);
    uint32_t b = l->order[l->first[item] + number];
    return ext_mul(p->places[b], fixed_eq(p, l->blocks[b].strip, low, vars));
}
