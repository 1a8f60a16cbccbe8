/* hash/merkle: the verifier's part. */
#include "hash/merkle.h"
#include "hash/merkle_nodes.h"
#include <string.h>

digest merkle_leaf(const void *data, size_t n) {
    sha256 s = {.h = MERKLE_LEAF_STATE, .bytes = 64};
    sha256_update(&s, data, n);
    digest d = sha256_final(&s);
    merkle_cut(&d, 1);
    return d;
}

digest merkle_node(const digest *left, const digest *right) {
    static const uint32_t state[8] = MERKLE_NODE_STATE;
    uint8_t block[64];
    digest d;
    memcpy(block, left->b, 32);
    memcpy(block + 32, right->b, 32);
    sha256_digests(&d, state, block, sizeof block, 1, 1);
    merkle_cut(&d, 1);
    return d;
}

/* Sorted, distinct and below 2^h. */
static bool positions_valid(const uint32_t *positions, size_t count, unsigned h) {
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && positions[i] <= positions[i - 1]) return false;
        if (((uint64_t)positions[i] >> h) != 0) return false;
    }
    return true;
}

/* Is the sibling of work[i] the entry after it? (An odd position never has its sibling after it, and an even one that
 * came before has taken it along.) */
static bool sibling_follows(const uint32_t *work, size_t count, size_t i) {
    return i + 1 < count && (work[i] & 1) == 0 && work[i + 1] == work[i] + 1;
}

size_t merkle_proof_length(const uint32_t *positions, size_t count, unsigned h, uint32_t *work) {
    size_t length = 0;
    if (count > 0) memcpy(work, positions, count * sizeof *work);
    for (unsigned level = 0; level < h; level++) {
        size_t parents = 0;
        for (size_t i = 0; i < count; parents++) {
            bool both = sibling_follows(work, count, i);
            work[parents] = work[i] >> 1; /* parents <= i: read before it is overwritten */
            length += both ? 0 : 1;
            i += both ? 2 : 1;
        }
        count = parents;
    }
    return length;
}

bool merkle_verify(const digest *root, unsigned h, const uint32_t *positions, size_t count, digest *leaves,
                   uint32_t *work, const digest *proof, size_t siblings) {
    if (count == 0 || !positions_valid(positions, count, h)) return false;
    size_t used = 0;
    memcpy(work, positions, count * sizeof *work);
    for (unsigned level = 0; level < h; level++) {
        size_t parents = 0;
        for (size_t i = 0; i < count; parents++) {
            bool both = sibling_follows(work, count, i), right = (work[i] & 1) != 0;
            if (!both && used == siblings) return false;
            const digest *other = both ? &leaves[i + 1] : &proof[used++];
            uint32_t parent = work[i] >> 1;
            leaves[parents] = right ? merkle_node(other, &leaves[i]) : merkle_node(&leaves[i], other);
            work[parents] = parent;
            i += both ? 2 : 1;
        }
        count = parents;
    }
    return used == siblings && memcmp(leaves[0].b, root->b, sizeof root->b) == 0;
}
