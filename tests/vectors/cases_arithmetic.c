/* Cases for F, E, encoding, SHA-256 and Merkle trees. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/bytes.h"
#include "hash/merkle.h"
#include "vectors.h"

static const gl edges[] = {0,
                           1,
                           2,
                           7,
                           GL_P - 1,
                           GL_P - 2,
                           UINT64_C(1) << 32,
                           (UINT64_C(1) << 32) - 1,
                           (UINT64_C(1) << 32) + 1,
                           (GL_P - 1) / 2,
                           (GL_P + 1) / 2,
                           UINT64_C(1) << 63,
                           GL_P - (UINT64_C(1) << 32)};
enum { EDGES = sizeof edges / sizeof *edges, RANDOM = 8 };

/* Edge values, then random ones. */
static gl value(size_t i) {
    return i < EDGES ? edges[i] : random_gl();
}
static const char *value_flag(size_t i) {
    return i < EDGES ? "Edge" : "Random";
}

static void two_operands(json *file, const char *type, const char *comment) {
    json *g = add_group(file, type, comment);
    for (size_t i = 0; i < EDGES; i++)
        for (size_t j = 0; j < EDGES; j++) {
            json *t = add_case(g, "Edge", "");
            put(t, "a", json_word(edges[i]));
            put(t, "b", json_word(edges[j]));
        }
    for (size_t i = 0; i < RANDOM; i++) {
        json *t = add_case(g, "Random", "");
        put(t, "a", json_word(random_gl()));
        put(t, "b", json_word(random_gl()));
    }
}

static json *one_operand(json *file, const char *type, const char *comment) {
    json *g = add_group(file, type, comment);
    for (size_t i = 0; i < EDGES + RANDOM; i++) put(add_case(g, value_flag(i), ""), "a", json_word(value(i)));
    return g;
}

static void power_cases(json *file) {
    const uint64_t exponents[] = {0, 1, 2, GL_P - 2, GL_P - 1, GL_P, UINT64_MAX, UINT64_C(1) << 32};
    json *g = add_group(file, "FieldPower", "a^exponent; 0^0 = 1");
    for (size_t i = 0; i < EDGES; i++)
        for (size_t j = 0; j < sizeof exponents / sizeof *exponents; j++) {
            json *t = add_case(g, "Edge", "");
            put(t, "a", json_word(edges[i]));
            put(t, "exponent", json_word(exponents[j]));
        }
}

static void integer_cases(json *file) {
    const int64_t v[] = {0,
                         1,
                         -1,
                         2,
                         -2,
                         INT32_MAX,
                         INT32_MIN,
                         (int64_t)1 << 32,
                         -((int64_t)1 << 32),
                         INT64_MAX,
                         -INT64_MAX,
                         (int64_t)1 << 61,
                         -((int64_t)1 << 61)};
    json *g = add_group(file, "FieldFromInteger", "a signed integer as an element: v mod p");
    for (size_t i = 0; i < sizeof v / sizeof *v; i++) put(add_case(g, "Edge", ""), "integer", json_signed(v[i]));
    one_operand(file, "FieldToInteger", "the signed reading, in [-(p-1)/2, (p-1)/2]");
}

static void point_cases(json *file) {
    json *g = add_group(file, "FieldRoot", "the primitive root of unity of order 2^logSize");
    for (unsigned i = 0; i <= 32; i++) put_count(add_case(g, "Edge", ""), "logSize", i);
    g = add_group(file, "FieldPoint", "point `position` of the evaluation domain of 2^logSize points: 7 w^position");
    const uint64_t places[][2] = {{0, 0},
                                  {1, 0},
                                  {1, 1},
                                  {3, 1},
                                  {3, 7},
                                  {16, 65535},
                                  {32, 0},
                                  {32, 1},
                                  {32, UINT64_C(1) << 31},
                                  {32, (UINT64_C(1) << 32) - 1}};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        json *t = add_case(g, "Edge", "");
        put_count(t, "logSize", places[i][0]);
        put_count(t, "position", places[i][1]);
    }
}

/* Words of a message: `words` of them, the last one v. */
static json *read_case(json *g, const char *flag, const char *comment, unsigned words, uint64_t v, size_t size) {
    unsigned char b[64] = {0};
    json *t = add_case(g, flag, comment);
    for (unsigned i = 0; i + 1 < words; i++) store_le64(b + 8 * i, GL_P - 1 - i);
    store_le64(b + 8 * (words - 1), v);
    put(t, "bytes", json_bytes(b, size));
    return t;
}

static void read_cases(json *file, const char *type, unsigned words) {
    json *g = add_group(file, type, "a proof of one message and nothing else: little-endian words below p");
    const uint64_t good[] = {0, 1, GL_P - 1, UINT64_C(1) << 32};
    const uint64_t bad[] = {GL_P, GL_P + 1, UINT64_MAX, GL_P + (UINT64_C(1) << 31)};
    for (size_t i = 0; i < 4; i++) read_case(g, "Edge", "", words, good[i], 8 * words);
    for (size_t i = 0; i < 4; i++) read_case(g, "NotCanonical", "a word is not below p", words, bad[i], 8 * words);
    read_case(g, "Length", "a byte is missing", words, 5, 8 * words - 1);
    read_case(g, "Length", "no bytes", words, 5, 0);
    read_case(g, "Length", "a byte too many", words, 5, 8 * words + 1);
}

static void common_notes(json *file) {
    add_note(file, "Edge", "values where reductions, carries and special cases are");
    add_note(file, "Random", "arbitrary values (splitmix64 of a fixed seed)");
    add_note(file, "NotCanonical", "a word that is not below p is refused, never reduced: NOT_CANONICAL");
    add_note(file, "Length", "messages have the length that the protocol gives them: SHORT, LONG");
    add_note(file, "Zero", "0 has no inverse; nothing in the protocol asks for it");
}

json *field_cases(scene *s) {
    json *file = new_file("F_p, p = 2^64 - 2^32 + 1", "docs/formats.md, section 1", false);
    (void)s;
    random_start(1);
    common_notes(file);
    two_operands(file, "FieldAdd", "out = a + b");
    two_operands(file, "FieldSubtract", "out = a - b");
    two_operands(file, "FieldMultiply", "out = a b");
    one_operand(file, "FieldNegate", "out = -a");
    one_operand(file, "FieldInverse", "out = 1 / a; a = 0 has none");
    power_cases(file);
    integer_cases(file);
    point_cases(file);
    read_cases(file, "FieldRead", 1);
    return file;
}

/* ---------------------------------------------------------------- E */
static ext ext_value(size_t i) {
    ext e = EXT_ZERO;
    if (i >= 10) return random_ext();
    if (i < EXT_DEG) return ext_theta((int)i);
    for (int j = 0; j < EXT_DEG; j++) e.c[j] = edges[(i + (size_t)j * (i + 3)) % EDGES];
    return i == 9 ? EXT_ZERO : e;
}
enum { EXT_VALUES = 13 };

static void ext_operands(json *file, const char *type, const char *comment, bool scalar) {
    json *g = add_group(file, type, comment);
    for (size_t i = 0; i < EXT_VALUES; i++)
        for (size_t j = 0; j < (scalar ? EDGES : EXT_VALUES); j++) {
            json *t = add_case(g, i < 10 && (scalar || j < 10) ? "Edge" : "Random", "");
            put(t, "a", json_ext(ext_value(i)));
            put(t, "b", scalar ? json_word(edges[j]) : json_ext(ext_value(j)));
        }
}

json *extension_cases(scene *s) {
    json *file = new_file(EXT_DEG == 2 ? "F[X]/(X^2 - 7)" : "F[X]/(X^3 - X - 1)", "docs/formats.md, section 1", true);
    (void)s;
    random_start(2);
    common_notes(file);
    ext_operands(file, "ExtensionAdd", "out = a + b", false);
    ext_operands(file, "ExtensionSubtract", "out = a - b", false);
    ext_operands(file, "ExtensionMultiply", "out = a b", false);
    ext_operands(file, "ExtensionScale", "out = a b, b in F", true);
    json *g = add_group(file, "ExtensionInverse", "out = 1 / a; a = 0 has none");
    for (size_t i = 0; i < 24; i++) {
        ext e = ext_value(i);
        put(add_case(g, ext_is_zero(e) ? "Zero" : i < 10 ? "Edge" : "Random", ""), "a", json_ext(e));
    }
    read_cases(file, "ExtensionRead", EXT_DEG);
    return file;
}

/* ---------------------------------------------------------------- encoding */
static json *coefficients(size_t n, size_t kind) {
    json *list = json_object_new_array();
    for (size_t i = 0; i < n; i++) {
        gl v = kind == 0 ? (i == 0) : kind == 1 ? (i + 1 == n) : kind == 2 ? GL_P - 1 : random_gl();
        json_object_array_add(list, json_word(v));
    }
    return list;
}

json *transform_cases(scene *s) {
    static const char *const kinds[] = {"1", "the highest power alone", "all p - 1", "random"};
    json *file = new_file("Reed-Solomon code on 7 <w>, natural order",
                          "docs/formats.md, section 1: position j of the codeword holds sum_i c_i (7 w^j)^i", false);
    (void)s;
    random_start(3);
    common_notes(file);
    json *g = add_group(file, "Encode", "all positions");
    for (unsigned log_n = 0; log_n <= 5; log_n++)
        for (unsigned rate = 0; rate <= 4 && rate <= log_n; rate++)
            for (size_t kind = 0; kind < 4; kind++) {
                json *t = add_case(g, kind < 3 ? "Edge" : "Random", kinds[kind]);
                put_count(t, "logSize", log_n);
                put(t, "coefficients", coefficients((size_t)1 << (log_n - rate), kind));
            }
    json *t = add_case(g, "Edge", "a number of coefficients that is no power of two");
    put_count(t, "logSize", 4);
    put(t, "coefficients", coefficients(5, 3));
    g = add_group(file, "EncodeDigest", "SHA-256 of the codeword, eight little-endian bytes a position");
    for (unsigned log_n = 6; log_n <= 9; log_n++) {
        t = add_case(g, "Random", "rate 1/4");
        put_count(t, "logSize", log_n);
        put(t, "coefficients", coefficients((size_t)1 << (log_n - 2), 3));
    }
    g = add_group(file, "EncodePosition", "one column of a long codeword: the point of the domain and the value there");
    const uint64_t places[][2] = {{2, 3},          {10, 1023}, {20, 1}, {32, 0}, {32, 1}, {32, UINT64_C(1) << 31},
                                  {32, UINT32_MAX}};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        for (size_t kind = 1; kind < 4; kind++) {
            t = add_case(g, kind < 3 ? "Edge" : "Random", kinds[kind]);
            put_count(t, "logSize", places[i][0]);
            put_count(t, "position", places[i][1]);
            put(t, "coefficients", coefficients(i ? 9 : 4, kind));
        }
    return file;
}

/* ---------------------------------------------------------------- SHA-256 */
json *sha256_cases(scene *s) {
    static const char *const known[][3] = {
        {"", "1", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "1", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "1",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
        {"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqr"
         "stu",
         "1", "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
        {"a", "1000000", "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
        {"\xbd", "1", "68325720aabd7c82f30f554b313d0570c95accbb7dc4b5aae11204c08ffe732b"},
        {"\xc9\x8c\x8e\x55", "1", "7abc22c0ae5af26ce93dbb94433a0e0b2e119d014f8e7f65bd56c61ccccd9504"}};
    static const unsigned sizes[] = {1, 54, 55, 56, 57, 63, 64, 65, 119, 120, 127, 128, 129, 200};
    static const char *const tags[] = {"tacit merkle leaf", "tacit merkle node", "tacit certificate", "tacit public",
                                       "tacit model"};
    unsigned char b[200];
    json *file = new_file("SHA-256", "FIPS 180-4", false), *t;
    (void)s;
    add_note(file, "Nist", "examples that NIST publishes; `repeat`: the message is given that many times");
    add_note(file, "Padding", "lengths where the padding takes one block more");
    add_note(file, "Tag", "one compression of the initial state with a tag block (docs/formats.md, section 1)");
    json *g = add_group(file, "Sha256", "the whole hash");
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        t = add_case(g, "Nist", "");
        put(t, "message", json_bytes(known[i][0], strlen(known[i][0])));
        put_count(t, "repeat", strtoul(known[i][1], NULL, 10));
        put(t, "digest", text_of(known[i][2]));
    }
    for (size_t i = 0; i < sizeof b; i++) b[i] = (unsigned char)i;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        put(add_case(g, "Padding", "bytes 0, 1, 2, .."), "message", json_bytes(b, sizes[i]));
    g = add_group(file, "Sha256Compress", "one bare compression: state and out are eight big-endian words");
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++) {
        unsigned char block[64] = {0};
        memcpy(block, tags[i], strlen(tags[i]));
        t = add_case(g, "Tag", tags[i]);
        put(t, "state", text_of("6a09e667bb67ae853c6ef372a54ff53a510e527f9b05688c1f83d9ab5be0cd19"));
        put(t, "block", json_bytes(block, sizeof block));
    }
    return file;
}

/* ---------------------------------------------------------------- Merkle trees */
enum { HEIGHT = 4 };

typedef struct hash_tree {
    digest nodes[(2 << HEIGHT) - 1];
} hash_tree;

static void make_tree(hash_tree *t) {
    for (uint64_t i = 0; i < (size_t)1 << HEIGHT; i++) {
        unsigned char b[8];
        store_le64(b, i);
        t->nodes[i] = merkle_leaf(b, sizeof b);
    }
    merkle_build(t->nodes, HEIGHT);
}

static json *digests(const digest *d, size_t n) {
    json *list = json_object_new_array();
    for (size_t i = 0; i < n; i++) json_object_array_add(list, json_digest(d[i]));
    return list;
}

/* The honest multiproof of ascending positions. */
static json *honest(json *g, const hash_tree *x, const char *flag, const char *comment, const uint32_t *positions,
                    size_t n) {
    uint32_t work[16];
    digest siblings[16 * HEIGHT], leaves[16];
    json *t = add_case(g, flag, comment), *places = json_object_new_array();
    size_t count = merkle_prove(x->nodes, HEIGHT, positions, n, work, siblings);
    for (size_t i = 0; i < n; i++) {
        leaves[i] = x->nodes[positions[i]];
        json_object_array_add(places, json_object_new_int64(positions[i]));
    }
    put_count(t, "height", HEIGHT);
    put(t, "root", json_digest(x->nodes[(2 << HEIGHT) - 2]));
    put(t, "positions", places);
    put(t, "leaves", digests(leaves, n));
    put(t, "siblings", digests(siblings, count));
    return t;
}

/* Exchange two entries of a list; j = none: entry i goes; i = none: entry j comes once more. */
static void change_list(json *t, const char *key, int i, int j) {
    json *list = get(t, key), *changed = json_object_new_array();
    int n = (int)length(list);
    for (int k = 0; k < n; k++) {
        if (k == i && j < 0) continue;
        json_object_array_add(changed, json_object_get(at(list, (size_t)(k == i && j >= 0   ? j
                                                                         : k == j && i >= 0 ? i
                                                                                            : k))));
        if (k == j && i < 0) json_object_array_add(changed, json_object_get(at(list, (size_t)k)));
    }
    json_object_object_add(t, key, changed);
}

static void set_position(json *t, size_t i, int64_t v) {
    json_object_array_put_idx(get(t, "positions"), i, json_object_new_int64(v));
}

static void invalid_multiproofs(json *g, const hash_tree *x) {
    const uint32_t p[] = {1, 4, 5, 9};
    json *t;
    t = honest(g, x, "Siblings", "two siblings exchanged", p, 4), change_list(t, "siblings", 0, 1);
    t = honest(g, x, "Siblings", "the last two siblings exchanged", p, 4),
    change_list(t, "siblings", (int)length(get(t, "siblings")) - 1, (int)length(get(t, "siblings")) - 2);
    t = honest(g, x, "Siblings", "the last sibling missing", p, 4),
    change_list(t, "siblings", (int)length(get(t, "siblings")) - 1, -1);
    t = honest(g, x, "Siblings", "the first sibling missing", p, 4), change_list(t, "siblings", 0, -1);
    t = honest(g, x, "Siblings", "a sibling twice", p, 4),
    change_list(t, "siblings", -1, (int)length(get(t, "siblings")) - 1);
    t = honest(g, x, "Leaves", "two leaves exchanged, which are a pair", p, 4), change_list(t, "leaves", 1, 2);
    t = honest(g, x, "Leaves", "two leaves exchanged, which are no pair", p, 4), change_list(t, "leaves", 0, 3);
    t = honest(g, x, "Leaves", "another leaf", p, 4);
    json_object_array_put_idx(get(t, "leaves"), 0, json_digest(x->nodes[7]));
    t = honest(g, x, "Leaves", "an inner node as a leaf", p, 4);
    json_object_array_put_idx(get(t, "leaves"), 3, json_digest(x->nodes[17]));
    t = honest(g, x, "Positions", "a position twice", p, 4), change_list(t, "positions", -1, 3),
    change_list(t, "leaves", -1, 3);
    t = honest(g, x, "Positions", "not ascending", p, 4), change_list(t, "positions", 1, 2),
    change_list(t, "leaves", 1, 2);
    t = honest(g, x, "Positions", "the same leaf at 2^height + position", p, 4), set_position(t, 3, 9 + 16);
    t = honest(g, x, "Positions", "at 2^32 - 1", p, 4), set_position(t, 3, UINT32_MAX);
    t = honest(g, x, "Positions", "the neighbour's position", p, 4), set_position(t, 3, 8);
    t = honest(g, x, "Positions", "none", p, 4);
    json_object_object_add(t, "positions", json_object_new_array());
    json_object_object_add(t, "leaves", json_object_new_array());
    t = honest(g, x, "Root", "a node below the root", p, 4),
    json_object_object_add(t, "root", json_digest(x->nodes[29]));
    t = honest(g, x, "Root", "a tree of less height", p, 4),
    json_object_object_add(t, "height", json_object_new_int(HEIGHT - 1));
    t = honest(g, x, "Root", "a tree of more height", p, 4),
    json_object_object_add(t, "height", json_object_new_int(HEIGHT + 1));
}

json *merkle_cases(scene *s) {
    static const unsigned sizes[] = {0, 1, 8, 55, 56, 64, 100};
    unsigned char b[100];
    hash_tree x;
    json *file = new_file("Merkle trees", "docs/formats.md, sections 1 and 9", true), *t;
    (void)s;
    make_tree(&x);
    add_note(file, "Leaf", "SHA-256 of a tag block and the leaf");
    add_note(file, "Node", "one compression of 64 bytes, no padding");
    add_note(file, "Single", "one position: the siblings are its path");
    add_note(file, "Many", "what the positions give themselves is not in the list of siblings");
    add_note(file, "Siblings", "every sibling is needed, in its place, and none is left over: MERKLE");
    add_note(file, "Leaves", "leaves belong to their positions: MERKLE");
    add_note(file, "Positions", "ascending, distinct, below 2^height, at least one: MERKLE");
    add_note(file, "Root", "the root and the height are the verifier's: MERKLE");
    json *g = add_group(file, "MerkleLeaf", "out = the leaf's hash");
    for (size_t i = 0; i < sizeof b; i++) b[i] = (unsigned char)(255 - i);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        put(add_case(g, "Leaf", ""), "data", json_bytes(b, sizes[i]));
    g = add_group(file, "MerkleNode", "out = the parent of left and right");
    for (unsigned i = 0; i < 4; i++) {
        t = add_case(g, "Node", i == 3 ? "both the same" : "");
        put(t, "left", json_digest(x.nodes[i]));
        put(t, "right", json_digest(x.nodes[i == 3 ? i : i + 1]));
    }
    g = add_group(file, "MerkleRoot", "out = the root over 2^height leaves");
    for (unsigned h = 0; h <= HEIGHT; h++) {
        t = add_case(g, "Node", "");
        put_count(t, "height", h);
        put(t, "leaves", digests(x.nodes, (size_t)1 << h));
    }
    g = add_group(file, "MerkleMultiproof", "leaves at positions, and the siblings level by level from the leaves");
    for (uint32_t i = 0; i < 16; i += 5) honest(g, &x, "Single", "", &i, 1);
    const uint32_t all[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
                   odd[] = {1, 3, 5, 7, 9, 11, 13, 15};
    honest(g, &x, "Many", "a pair", all + 6, 2);
    honest(g, &x, "Many", "two neighbours that are no pair", all + 5, 2);
    honest(g, &x, "Many", "the first and the last", (uint32_t[]){0, 15}, 2);
    honest(g, &x, "Many", "pairs and single ones", (uint32_t[]){1, 4, 5, 9}, 4);
    honest(g, &x, "Many", "every second one", odd, 8);
    honest(g, &x, "Many", "all but one", all + 1, 15);
    honest(g, &x, "Many", "all: no siblings", all, 16);
    invalid_multiproofs(g, &x);
    return file;
}
