/* hash/merkle_build: the prover's part. Two nodes (or leaves) at a time, one in each hash stream. */
#include "hash/merkle.h"
#include "hash/merkle_nodes.h"
#include <string.h>

/* The padded end of a leaf: rest < 64 bytes, 0x80, zeros, and the length in bits with the tag block's. */
static void leaf_tail(uint8_t tail[128], const uint8_t *end, size_t rest, size_t blocks, uint64_t size) {
    memset(tail, 0, 64 * blocks);
    if (rest > 0) memcpy(tail, end, rest);
    tail[rest] = 0x80;
    uint64_t bits = 8 * (64 + size);
    for (size_t i = 0; i < 8; i++) tail[64 * blocks - 1 - i] = (uint8_t)(bits >> 8 * i);
}

/* Two leaves of equal size: whole blocks from where they lie, then their ends. */
static void leaf_pair(digest *out, const uint8_t *a, const uint8_t *b, size_t size) {
    uint32_t h0[8] = MERKLE_LEAF_STATE, h1[8] = MERKLE_LEAF_STATE;
    size_t whole = size / 64, rest = size % 64, blocks = rest < 56 ? 1 : 2;
    uint8_t tail_a[128], tail_b[128];
    leaf_tail(tail_a, a + 64 * whole, rest, blocks, size);
    leaf_tail(tail_b, b + 64 * whole, rest, blocks, size);
    sha256_compress2(h0, a, h1, b, whole);
    sha256_compress2(h0, tail_a, h1, tail_b, blocks);
    out[0] = merkle_digest(h0);
    out[1] = merkle_digest(h1);
}

void merkle_leaves(digest *out, const uint8_t *data, size_t stride, size_t size, size_t count) {
    size_t i = 0;
    for (; i + 2 <= count; i += 2) leaf_pair(out + i, data + i * stride, data + (i + 1) * stride, size);
    if (i < count) out[i] = merkle_leaf(data + i * stride, size);
}

/* Parents 2j and 2j+1 from the four digests at children + 4j. */
static void node_pair(digest *out, const digest *children) {
    uint32_t h0[8] = MERKLE_NODE_STATE, h1[8] = MERKLE_NODE_STATE;
    sha256_compress2(h0, children[0].b, h1, children[2].b, 1);
    out[0] = merkle_digest(h0);
    out[1] = merkle_digest(h1);
}

/* Starting a team of threads costs more than hashing a level smaller than this. */
enum { PARALLEL_PAIRS = 512 };

void merkle_build(digest *nodes, unsigned h) {
    digest *children = nodes;
    for (unsigned level = h; level > 1; level--) {
        size_t pairs = (size_t)1 << (level - 2);
        digest *parents = children + 4 * pairs;
#ifdef _OPENMP
#pragma omp parallel for schedule(static) if (pairs >= PARALLEL_PAIRS)
#endif
        for (size_t j = 0; j < pairs; j++) node_pair(parents + 2 * j, children + 4 * j);
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
