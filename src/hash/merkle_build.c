/* hash/merkle_build: the prover's part. Many nodes (or leaves) at a time, one in each hash stream. */
#include "hash/merkle.h"
#include "base/threads.h"
#include "hash/merkle_nodes.h"
#include <string.h>

void merkle_leaf_pad(uint8_t *leaf, size_t size, size_t before) {
    size_t room = merkle_leaf_room(size);
    uint64_t bits = 8 * (64 + (uint64_t)before + (uint64_t)size); /* the tag block's with the leaf's */
    memset(leaf + size, 0, room - size);
    leaf[size] = 0x80;
    for (size_t i = 0; i < 8; i++) leaf[room - 1 - i] = (uint8_t)(bits >> 8 * i);
}

void merkle_leaves_padded(digest *out, const uint8_t *leaves, size_t room, size_t count, bool first, bool last) {
    static const uint32_t state[8] = MERKLE_LEAF_STATE;
    sha256_digests(out, first ? state : NULL, leaves, room, room / 64, count);
    if (last) merkle_cut(out, count);
}

typedef struct node_level {
    digest *parents;
    const digest *children;
} node_level;
static void node_range(void *ctx, size_t first, size_t count, unsigned worker) {
    static const uint32_t state[8] = MERKLE_NODE_STATE;
    const node_level *l = ctx;
    (void)worker;
    sha256_digests(l->parents + first, state, l->children[2 * first].b, 64, 1, count);
    merkle_cut(l->parents + first, count);
}

/* Starting a team of threads costs more than hashing a level smaller than this. */
enum { PARALLEL_NODES = 1024, STREAMS = 16 };

void merkle_build(digest *nodes, unsigned h) {
    digest *children = nodes;
    for (unsigned level = h; level > 0; level--) {
        size_t count = (size_t)1 << (level - 1);
        digest *parents = children + 2 * count;
        threads_range(count, STREAMS, PARALLEL_NODES - 1, node_range, &(node_level){parents, children});
        children = parents;
    }
}

size_t merkle_prove(const digest *nodes, unsigned h, const uint32_t *positions, size_t count, uint32_t *work,
                    digest *siblings) {
    size_t length = 0;
    if (count > 0) memcpy(work, positions, count * sizeof *work);
    for (unsigned level = 0; level < h; level++) {
        size_t parents = 0;
        for (size_t i = 0; i < count; parents++) {
            uint32_t position = work[i];
            bool both = i + 1 < count && work[i + 1] == (position | 1) && (position & 1) == 0;
            if (!both) siblings[length++] = nodes[position ^ 1];
            work[parents] = position >> 1;
            i += both ? 2 : 1;
        }
        count = parents;
        nodes += (size_t)1 << (h - level);
    }
    return length;
}
