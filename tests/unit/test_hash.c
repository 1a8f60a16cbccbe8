/* Tests of hash/sha256 and hash/merkle: FIPS vectors, OpenSSL, multiproofs that must and must not verify. */
#include "test_random.h"
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include "hash/merkle.h"
#include "hash/merkle_nodes.h"

static digest by_openssl(const void *data, size_t n) {
    digest d;
    assert_int_equal(EVP_Digest(data, n, d.b, NULL, EVP_sha256(), NULL), 1);
    return d;
}

static void assert_digest(digest a, digest b) {
    assert_memory_equal(a.b, b.b, 32);
}

static void assert_hex(digest d, const char *hex) {
    char text[65];
    for (int i = 0; i < 32; i++) (void)snprintf(text + 2 * i, 3, "%02x", d.b[i]);
    assert_string_equal(text, hex);
}

static void fill(uint8_t *p, size_t n) {
    for (size_t i = 0; i < n; i++) p[i] = (uint8_t)test_u64();
}

static void fips_vectors(void **unused) {
    (void)unused;
    assert_hex(sha256_of("", 0), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_hex(sha256_of("abc", 3), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_hex(sha256_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56),
               "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    sha256 s;
    sha256_init(&s);
    for (int i = 0; i < 100000; i++) sha256_update(&s, "aaaaaaaaaa", 10);
    assert_hex(sha256_final(&s), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

static void against_openssl(void **unused) {
    (void)unused;
    uint8_t data[700];
    for (size_t n = 0; n < sizeof data; n++) {
        fill(data, sizeof data);
        digest expected = by_openssl(data, n);
        assert_digest(sha256_of(data, n), expected);
        sha256 s;
        sha256_init(&s);
        for (size_t at = 0, part; at < n; at += part) {
            part = test_u64() % 150;
            if (part > n - at) part = n - at;
            sha256_update(&s, data + at, part);
        }
        assert_digest(sha256_final(&s), expected);
    }
}

static void many_streams(void **unused) {
    (void)unused;
    enum { MOST = 35, BLOCKS = 3, STRIDE = 64 * BLOCKS + 1 };
    static uint8_t data[MOST * STRIDE];
    for (size_t count = 0; count <= MOST; count++) {
        size_t blocks = count % (BLOCKS + 1);
        uint32_t state[8];
        digest out[MOST + 1], untouched;
        fill(data, sizeof data);
        fill(out[count].b, 32);
        untouched = out[count];
        for (int i = 0; i < 8; i++) state[i] = (uint32_t)test_u64();
        sha256_digests(out, state, data, STRIDE, blocks, count);
        for (size_t k = 0; k < count; k++) {
            uint32_t h[8];
            memcpy(h, state, sizeof h);
            sha256_compress(h, data + k * STRIDE, blocks);
            for (int i = 0; i < 32; i++) assert_int_equal(out[k].b[i], (h[i / 4] >> (24 - 8 * (i % 4))) & 255);
        }
        assert_memory_equal(out[count].b, untouched.b, 32);
    }
}

/* Bug 5: leaves and nodes start from different states. */
static void tag_states(void **unused) {
    (void)unused;
    const uint32_t leaf[8] = MERKLE_LEAF_STATE, node[8] = MERKLE_NODE_STATE;
    uint8_t tag[64] = "tacit merkle leaf";
    sha256 s;
    sha256_init(&s);
    sha256_compress(s.h, tag, 1);
    assert_memory_equal(s.h, leaf, 32);
    memcpy(tag, "tacit merkle node", 17);
    sha256_init(&s);
    sha256_compress(s.h, tag, 1);
    assert_memory_equal(s.h, node, 32);
}

static void leaves(void **unused) {
    (void)unused;
    uint8_t padded[39 * 384 + 8], block[64 + 300] = "tacit merkle leaf";
    digest out[39];
    for (size_t size = 0; size < 290; size++) {
        size_t count = size % 40, room = merkle_leaf_room(size);
        assert_true(room % 64 == 0 && room >= size + 9);
        fill(padded, sizeof padded);
        for (size_t i = 0; i < count; i++) merkle_leaf_pad(padded + i * room, size, 0);
        merkle_leaves_padded(out, padded, room, count, true, true);
        for (size_t i = 0; i < count; i++) {
            if (size > 0) memcpy(block + 64, padded + i * room, size);
            digest whole = by_openssl(block, 64 + size);
            merkle_cut(&whole, 1);
            assert_digest(out[i], whole);
            assert_digest(out[i], merkle_leaf(padded + i * room, size));
        }
    }
}

/* A leaf in pieces: the state after the first goes on through the others. */
static void leaves_in_pieces(void **unused) {
    (void)unused;
    enum { COUNT = 35 };
    uint8_t whole[COUNT * 512], part[COUNT * 512];
    digest out[COUNT];
    for (size_t size = 64; size < 300; size += 4)
        for (size_t before = 64; before <= size; before += 64) {
            size_t rest = size - before, room = merkle_leaf_room(rest);
            fill(whole, sizeof whole);
            for (size_t at = 0; at < before; at += 64) {
                for (size_t i = 0; i < COUNT; i++) memcpy(part + i * 64, whole + i * 512 + at, 64);
                merkle_leaves_padded(out, part, 64, COUNT, at == 0, false);
            }
            for (size_t i = 0; i < COUNT; i++) {
                memcpy(part + i * room, whole + i * 512 + before, rest);
                merkle_leaf_pad(part + i * room, rest, before);
            }
            merkle_leaves_padded(out, part, room, COUNT, false, true);
            for (size_t i = 0; i < COUNT; i++) assert_digest(out[i], merkle_leaf(whole + i * 512, size));
        }
}

/* A set of positions: each with probability 1/rate, at least one. */
static size_t draw_positions(uint32_t *positions, unsigned h, uint64_t rate) {
    size_t count = 0;
    for (uint32_t i = 0; i < (uint32_t)1 << h; i++)
        if (test_u64() % rate == 0) positions[count++] = i;
    if (count == 0) positions[count++] = (uint32_t)(test_u64() >> 32 >> (32 - h) * (h > 0)) & (((uint32_t)1 << h) - 1);
    return count;
}

enum { TREE_H = 8, TREE_N = 1 << TREE_H };

typedef struct opening {
    unsigned h;
    digest nodes[2 * TREE_N], siblings[TREE_N * TREE_H];
    uint32_t positions[TREE_N];
    size_t count, length;
} opening;

static void make_opening(opening *o, unsigned h, uint64_t rate) {
    uint32_t work[TREE_N];
    o->h = h;
    for (size_t i = 0; i < (size_t)1 << h; i++) fill(o->nodes[i].b, 32);
    merkle_build(o->nodes, h);
    o->count = draw_positions(o->positions, h, rate);
    o->length = merkle_prove(o->nodes, h, o->positions, o->count, work, o->siblings);
    assert_int_equal(merkle_proof_length(o->positions, o->count, h, work), o->length);
}

static bool verifies(const opening *o, const digest *wrong_leaf, size_t length) {
    uint32_t work[TREE_N];
    digest opened[TREE_N];
    for (size_t i = 0; i < o->count; i++) opened[i] = o->nodes[o->positions[i]];
    if (wrong_leaf != NULL) opened[o->count / 2] = *wrong_leaf;
    return merkle_verify(&o->nodes[merkle_size(o->h) - 1], o->h, o->positions, o->count, opened, work, o->siblings,
                         length);
}

static void multiproofs(void **unused) {
    (void)unused;
    static opening o;
    for (int round = 0; round < 400; round++) {
        make_opening(&o, (unsigned)(test_u64() % (TREE_H + 1)), 1 + test_u64() % 64);
        assert_true(verifies(&o, NULL, o.length));
        digest wrong = o.nodes[o.positions[o.count / 2]];
        wrong.b[test_u64() % 32] ^= (uint8_t)(1 << test_u64() % 8);
        assert_false(verifies(&o, &wrong, o.length));
        assert_false(verifies(&o, NULL, o.length + 1));
        if (o.length == 0) continue;
        assert_false(verifies(&o, NULL, o.length - 1));
        digest *touched = &o.siblings[test_u64() % o.length];
        touched->b[test_u64() % 32] ^= 1;
        assert_false(verifies(&o, NULL, o.length));
    }
}

/* Bug 5: none, repeated, unordered, out of range. */
static void bad_positions(void **unused) {
    (void)unused;
    static opening o;
    make_opening(&o, 4, 3);
    o.count = 0;
    assert_false(verifies(&o, NULL, 0));
    o.count = 2;
    o.positions[0] = 3, o.positions[1] = 3;
    assert_false(verifies(&o, NULL, 4));
    o.positions[0] = 4, o.positions[1] = 3;
    assert_false(verifies(&o, NULL, 4));
    o.positions[0] = 3, o.positions[1] = 16;
    assert_false(verifies(&o, NULL, 4));
}

/* Two opened leaves exchanged, and a leaf shown at its neighbour's place. */
static void misplaced(void **unused) {
    (void)unused;
    static opening o;
    make_opening(&o, 5, 1);
    digest t = o.nodes[6];
    assert_true(verifies(&o, NULL, 0));
    o.nodes[6] = o.nodes[9], o.nodes[9] = t;
    assert_false(verifies(&o, NULL, 0));
    o.nodes[9] = o.nodes[6], o.nodes[6] = t;
    uint32_t work[1];
    o.count = 1, o.positions[0] = 12;
    o.length = merkle_prove(o.nodes, o.h, o.positions, 1, work, o.siblings);
    assert_int_equal(o.length, 5);
    assert_true(verifies(&o, NULL, 5));
    digest twelve = o.nodes[12];
    o.positions[0] = 13;
    assert_false(verifies(&o, &twelve, 5));
}

/* The root level by level, large enough for the parallel levels. */
static void large_tree(void **unused) {
    (void)unused;
    const unsigned h = 13;
    digest *nodes = malloc(merkle_size(h) * sizeof *nodes);
    assert_non_null(nodes);
    for (size_t i = 0; i < (size_t)1 << h; i++) fill(nodes[i].b, 32);
    merkle_build(nodes, h);
    digest *children = nodes;
    for (unsigned level = h; level > 0; level--) {
        digest *parents = children + ((size_t)1 << level);
        for (size_t i = 0; i < (size_t)1 << (level - 1); i++)
            assert_digest(parents[i], merkle_node(&children[2 * i], &children[2 * i + 1]));
        children = parents;
    }
    assert_ptr_equal(children, nodes + merkle_size(h) - 1);
    free(nodes);
}

static int use_portable(void **unused) {
    (void)unused;
    return strcmp(sha256_select("portable"), "portable");
}

static int use_best(void **unused) {
    (void)unused;
    print_message("sha256: %s\n", sha256_select(NULL));
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fips_vectors), cmocka_unit_test(against_openssl), cmocka_unit_test(many_streams),
        cmocka_unit_test(tag_states),   cmocka_unit_test(leaves),          cmocka_unit_test(leaves_in_pieces),
        cmocka_unit_test(multiproofs),  cmocka_unit_test(bad_positions),   cmocka_unit_test(misplaced),
        cmocka_unit_test(large_tree),
    };
    return cmocka_run_group_tests(tests, use_portable, NULL) + cmocka_run_group_tests(tests, use_best, NULL);
}
