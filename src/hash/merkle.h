/* hash/merkle: binary trees over 2^h leaves. Leaf = SHA-256(64-byte tag block "tacit merkle leaf" zero-padded, data).
 * Node = compression(compression(IV, tag block "tacit merkle node"), left || right): one compression a node, fixed
 * length, so no padding; leaf and node never collide because their first block differs. Both are cut to MERKLE_BYTES: a
 * digest of a tree has zeros from there on, in memory and where it is hashed; multiproofs leave them out.
 *
 * Storage: an array of 2n - 1 digests, leaves first (level 0 has n, level 1 n/2, ..), the root last.
 * A multiproof for sorted distinct positions is the list of sibling digests that the positions do not give themselves,
 * level by level from the leaves, ascending. Its length is a function of h and the positions alone. */
#ifndef HASH_MERKLE_H
#define HASH_MERKLE_H
#include <stdbool.h>
#include "field/ext.h"
#include "hash/sha256.h"

/* At P100 a collision costs 2^104 hashes: what cut digests add to a prover's chance, 3.5 Q^2 / 2^208 for Q queries of
 * the random oracle, stays below 2^-6 of the Q 2^-100 that the profile grants as long as Q <= 2^100 (protocol.md,
 * section 9). At P128 all of SHA-256. */
enum { MERKLE_BYTES = EXT_DEG > 2 ? 32 : 26 };
static inline void merkle_cut(digest *d, size_t count) {
    for (size_t i = 0; i < count; i++)
        for (size_t k = MERKLE_BYTES; k < 32; k++) d[i].b[k] = 0;
}

digest merkle_leaf(const void *data, size_t n);
digest merkle_node(const digest *left, const digest *right);
/* The prover's leaves lie in memory with the hash's own padding, so that they are hashed from where they are: `size`
 * bytes, then the padding up to merkle_leaf_room(size), which merkle_leaf_pad writes (again only if it was destroyed).
 */
static inline size_t merkle_leaf_room(size_t size) {
    return (size + 9 + 63) / 64 * 64;
}
void merkle_leaf_pad(uint8_t *leaf, size_t size, size_t before);
/* count leaves `room` bytes apart, several streams at a time; room is merkle_leaf_room of their size. A leaf may come
 * in pieces of whole 64-byte blocks, `first` and `last` telling those: until the last, which is padded (with the number
 * of bytes before it), out[i] is the hash's state. */
void merkle_leaves_padded(digest *out, const uint8_t *leaves, size_t room, size_t count, bool first, bool last);
/* nodes[0..n) holds the leaves, n = 2^h; fills the rest (threads over large levels). */
void merkle_build(digest *nodes, unsigned h);
static inline size_t merkle_size(unsigned h) {
    return ((size_t)2 << h) - 1;
}
/* Number of siblings for `count` sorted distinct positions < 2^h. work: count entries, destroyed. */
size_t merkle_proof_length(const uint32_t *positions, size_t count, unsigned h, uint32_t *work);
/* Writes the siblings; returns their number. */
size_t merkle_prove(const digest *nodes, unsigned h, const uint32_t *positions, size_t count, uint32_t *work,
                    digest *siblings);
/* leaves: count digests in the order of the positions, destroyed. False unless the root results and exactly `siblings`
 * digests were used. */
bool merkle_verify(const digest *root, unsigned h, const uint32_t *positions, size_t count, digest *leaves,
                   uint32_t *work, const digest *proof, size_t siblings);
#endif
