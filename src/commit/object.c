#include "commit/object.h"

narrow object_small(const object_data *x, uint64_t element) {
    uint32_t lo = 0, hi = x->part_count; /* the last part that starts at or before it */
    while (hi - lo > 1) {
        uint32_t middle = lo + (hi - lo) / 2;
        if (x->parts[middle].start <= element)
            lo = middle;
        else
            hi = middle;
    }
    return narrow_at(x->parts[lo].values, element - x->parts[lo].start);
}

static uint64_t aligned(uint64_t bytes) {
    return (bytes + OBJECT_ALIGN - 1) / OBJECT_ALIGN * OBJECT_ALIGN;
}
static uint64_t part_bytes(const object_part *p) {
    return p->count * p->values.bytes;
}

static unsigned item_bytes(const certificate *c, uint32_t item) {
    return narrow_bytes(c->items[item].lo, c->items[item].hi);
}

/* Of the blocks from the i-th on. */
static unsigned widest(const certificate *c, uint32_t i) {
    unsigned bytes = 1;
    for (; i < c->layout.block_count; i++) {
        unsigned own = item_bytes(c, c->layout.blocks[i].item);
        bytes = own > bytes ? own : bytes;
    }
    return bytes;
}

uint64_t object_parts(const certificate *c, object_part *out, uint32_t *count) {
    const layout *l = &c->layout;
    uint64_t lanes = UINT64_C(1) << c->shape.k, total = 0;
    object_part last = {0};
    *count = 0;
    for (uint32_t i = 0; i < l->block_count; i++) {
        const block *b = &l->blocks[i];
        bool rest = b->log < c->shape.k;
        uint64_t size = rest ? (l->size - b->start + lanes - 1) / lanes * lanes : UINT64_C(1) << b->log;
        unsigned bytes = rest ? widest(c, i) : item_bytes(c, b->item);
        if (last.values.bytes != bytes) {
            total = aligned(total + part_bytes(&last));
            last = (object_part){b->start, 0, {NULL, bytes}};
            ++*count;
        }
        last.count += size;
        if (out) out[*count - 1] = last;
        if (rest) break;
    }
    return total + part_bytes(&last);
}

void object_place(object_part *parts, uint32_t count, const void *base) {
    const unsigned char *at = base;
    for (uint32_t i = 0; i < count; i++) {
        parts[i].values.data = at;
        at += aligned(part_bytes(&parts[i]));
    }
}
