/* hash/merkle_build: the prover's part. Two nodes (or leaves) at a time, one in each hash stream. */
#include "hash/merkle.h"
#include "base/threads.h"
#include "hash/merkle_nodes.h"
#include <string.h>

void merkle_leaf_pad(uint8_t *leaf, size_t size) {
    size_t room = merkle_leaf_room(size);
    uint64_t bits = 8 * (64 + (uint64_t)size); /* the tag block's with the leaf's */
    memset(leaf + size, 0, room - size);
    leaf[size] = 0x80;
    for (size_t i = 0; i < 8; i++) leaf[room - 1 - i] = (uint8_t)(bits >> 8 * i);
}

void merkle_leaves_padded(digest *out, const uint8_t *leaves, size_t room, size_t count) {
    for (size_t i = 0; i < count; i += 2) {
        uint32_t h0[8] = MERKLE_LEAF_STATE, h1[8] = MERKLE_LEAF_STATE;
        if (i + 1 == count) {
            sha256_compress(h0, leaves + i * room, room / 64);
            out[i] = merkle_digest(h0);
            return;
        }
        sha256_compress2(h0, leaves + i * room, h1, leaves + (i + 1) * room, room / 64);
        out[i] = merkle_digest(h0);
        out[i + 1] = merkle_digest(h1);
    }
}

/* Parents 2j and 2j+1 from the four digests at children + 4j. */
static void node_pair(digest *out, const digest *children) {
    uint32_t h0[8] = MERKLE_NODE_STATE, h1[8] = MERKLE_NODE_STATE;
    sha256_compress2(h0, children[0].b, h1, children[2].b, 1);
    out[0] = merkle_digest(h0);
    out[1] = merkle_digest(h1);
}

typedef struct node_level {
    digest *parents;
    const digest *children;
} node_level;
static void node_pairs(void *ctx, size_t first, size_t count, unsigned worker) {
    const node_level *l = ctx;
    (void)worker;
    for (size_t j = first; j < first + count; j++) node_pair(l->parents + 2 * j, l->children + 4 * j);
}

/* Starting a team of threads costs more than hashing a level smaller than this. */
enum { PARALLEL_PAIRS = 512 };

void merkle_build(digest *nodes, unsigned h) {
    digest *children = nodes;
    for (unsigned level = h; level > 1; level--) {
        size_t pairs = (size_t)1 << (level - 2);
        digest *parents = children + 4 * pairs;
        threads_range(pairs, 1, PARALLEL_PAIRS - 1, node_pairs, &(node_level){parents, children});
        children = parents;
    }
    if (h > 0) children[2] = merkle_node(&children[0], &children[1]);
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
