/* hash/merkle_nodes: the states after the tag blocks, shared by merkle.c and merkle_build.c. */
#ifndef HASH_MERKLE_NODES_H
#define HASH_MERKLE_NODES_H
#include <stdint.h>

/* compression(IV, tag zero-padded to 64 bytes); tests/unit/test_hash.c recomputes both. */
#define MERKLE_LEAF_STATE                                                                                              \
    { 0xceb6ba56, 0xcc6aaa3c, 0xc2ff4a20, 0x472160e1, 0x23d9fc0c, 0xa05f8fc3, 0xf099addb, 0x94f2db80 }
#define MERKLE_NODE_STATE                                                                                              \
    { 0xedd81bc9, 0xdc50077a, 0x19b10ea9, 0x0a69c0ee, 0x04d1ae56, 0xe5e70c43, 0x4afa48e7, 0xf379b918 }
#endif
