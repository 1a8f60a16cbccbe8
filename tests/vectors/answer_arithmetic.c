/* F, E, encoding, SHA-256, Merkle trees. */
#include "vectors.h"
#include <stdlib.h>
#include <string.h>
#include "base/bytes.h"
#include "hash/merkle.h"
#include "hash/transcript.h"
#include "poly/ntt.h"

static void put_out(json *out, json *v) {
    put_valid(out);
    put(out, "out", v);
}

/* ---------------------------------------------------------------- F */
static void field_add(scene *s, json *t, json *out) {
    (void)s;
    put_out(out, json_word(gl_add(gl_of(get(t, "a")), gl_of(get(t, "b")))));
}
static void field_sub(scene *s, json *t, json *out) {
    (void)s;
    put_out(out, json_word(gl_sub(gl_of(get(t, "a")), gl_of(get(t, "b")))));
}
static void field_mul(scene *s, json *t, json *out) {
    (void)s;
    put_out(out, json_word(gl_mul(gl_of(get(t, "a")), gl_of(get(t, "b")))));
}
static void field_neg(scene *s, json *t, json *out) {
    (void)s;
    put_out(out, json_word(gl_neg(gl_of(get(t, "a")))));
}
static void field_inverse(scene *s, json *t, json *out) {
    gl a = gl_of(get(t, "a"));
    (void)s;
    if (!a) return put_invalid(out, "NO_INVERSE");
    put_out(out, json_word(gl_inv(a)));
}
static void field_power(scene *s, json *t, json *out) {
    (void)s;
    put_out(out, json_word(gl_pow(gl_of(get(t, "a")), get_number(t, "exponent"))));
}
static void field_from_integer(scene *s, json *t, json *out) {
    (void)s;
    put_out(out, json_word(gl_from_i64(get_signed(t, "integer"))));
}
static void field_to_integer(scene *s, json *t, json *out) {
    (void)s;
    put_out(out, json_signed(gl_to_i64(gl_of(get(t, "a")))));
}
static void field_root(scene *s, json *t, json *out) {
    (void)s;
    put_out(out, json_word(gl_root((unsigned)get_number(t, "logSize"))));
}
static void field_point(scene *s, json *t, json *out) {
    (void)s;
    put_out(out, json_word(rs_point((unsigned)get_number(t, "logSize"), get_number(t, "position"))));
}

/* As a message of one element, and nothing after it. */
static void read_message(scene *s, json *t, json *out, bool extension) {
    bytes b = get_bytes(t, "bytes");
    transcript ch;
    ext e;
    gl f;
    transcript_verifier(&ch, b.data, b.size, &s->err);
    if (extension)
        transcript_e(&ch, TAG_NU, &e, 1);
    else
        transcript_f(&ch, TAG_LEAF, &f, 1);
    tacit_status status = transcript_finish(&ch);
    put_status(out, status, &s->err);
    if (status == TACIT_OK) put(out, "out", extension ? json_ext(e) : json_word(f));
}
static void field_read(scene *s, json *t, json *out) {
    read_message(s, t, out, false);
}

/* ---------------------------------------------------------------- E */
static void ext_add_case(scene *s, json *t, json *out) {
    (void)s;
    put_out(out, json_ext(ext_add(ext_of(get(t, "a")), ext_of(get(t, "b")))));
}
static void ext_sub_case(scene *s, json *t, json *out) {
    (void)s;
    put_out(out, json_ext(ext_sub(ext_of(get(t, "a")), ext_of(get(t, "b")))));
}
static void ext_mul_case(scene *s, json *t, json *out) {
    (void)s;
    put_out(out, json_ext(ext_mul(ext_of(get(t, "a")), ext_of(get(t, "b")))));
}
static void ext_scale_case(scene *s, json *t, json *out) {
    (void)s;
    put_out(out, json_ext(ext_scale(ext_of(get(t, "a")), gl_of(get(t, "b")))));
}
static void ext_inverse(scene *s, json *t, json *out) {
    ext a = ext_of(get(t, "a"));
    (void)s;
    if (ext_is_zero(a)) return put_invalid(out, "NO_INVERSE");
    put_out(out, json_ext(ext_inv(a)));
}
static void ext_read(scene *s, json *t, json *out) {
    read_message(s, t, out, true);
}

/* ---------------------------------------------------------------- encoding */
static gl *encode(json *t, size_t *n) {
    size_t count;
    unsigned log_n = (unsigned)get_number(t, "logSize");
    gl *coeffs = get_gls(t, "coefficients", &count), *code;
    *n = (size_t)1 << log_n;
    code = vectors_new(*n, sizeof *code);
    ntt_prepare(log_n);
    rs_encode(code, coeffs, count, log_n);
    return code;
}

static void encode_whole(scene *s, json *t, json *out) {
    size_t n;
    gl *code = encode(t, &n);
    (void)s;
    put_valid(out);
    put(out, "codeword", json_words(code, n));
}

static void encode_digest(scene *s, json *t, json *out) {
    size_t n;
    gl *code = encode(t, &n);
    unsigned char *b = vectors_new(n, 8);
    (void)s;
    for (size_t i = 0; i < n; i++) store_le64(b + 8 * i, code[i]);
    put_valid(out);
    put(out, "sha256", json_digest(sha256_of(b, 8 * n)));
}

static void encode_position(scene *s, json *t, json *out) {
    size_t n;
    gl *c = get_gls(t, "coefficients", &n), v = 0;
    gl x = rs_point((unsigned)get_number(t, "logSize"), get_number(t, "position"));
    (void)s;
    while (n--) v = gl_add(gl_mul(v, x), c[n]);
    put_valid(out);
    put(out, "point", json_word(x));
    put(out, "value", json_word(v));
}

/* ---------------------------------------------------------------- SHA-256 */
static void sha256_message(scene *s, json *t, json *out) {
    bytes b = get_bytes(t, "message");
    uint64_t repeat = has(t, "repeat") ? get_number(t, "repeat") : 1;
    sha256 h;
    (void)s;
    sha256_init(&h);
    for (uint64_t i = 0; i < repeat; i++) sha256_update(&h, b.data, b.size);
    put_valid(out);
    put(out, "digest", json_digest(sha256_final(&h)));
}

/* The state as 32 bytes, eight big-endian words. */
static void sha256_block(scene *s, json *t, json *out) {
    digest d = digest_of(get(t, "state"));
    bytes b = get_bytes(t, "block");
    uint32_t h[8];
    (void)s;
    if (b.size != 64) vectors_fail("not a block: %s", get_text(t, "block"));
    for (int i = 0; i < 8; i++)
        h[i] = (uint32_t)d.b[4 * i] << 24 | (uint32_t)d.b[4 * i + 1] << 16 | (uint32_t)d.b[4 * i + 2] << 8 |
               d.b[4 * i + 3];
    sha256_compress(h, b.data, 1);
    for (int i = 0; i < 32; i++) d.b[i] = (uint8_t)(h[i / 4] >> (24 - i % 4 * 8));
    put_valid(out);
    put(out, "out", json_digest(d));
}

/* ---------------------------------------------------------------- Merkle trees */
static void leaf(scene *s, json *t, json *out) {
    bytes b = get_bytes(t, "data");
    (void)s;
    put_out(out, json_digest(merkle_leaf(b.data, b.size)));
}

static void node(scene *s, json *t, json *out) {
    digest l = digest_of(get(t, "left")), r = digest_of(get(t, "right"));
    (void)s;
    put_out(out, json_digest(merkle_node(&l, &r)));
}

static digest *get_digests(json *o, const char *key, size_t *n) {
    json *v = get(o, key);
    *n = length(v);
    digest *d = vectors_new(*n, sizeof *d);
    for (size_t i = 0; i < *n; i++) d[i] = digest_of(at(v, i));
    return d;
}

static void root(scene *s, json *t, json *out) {
    size_t n;
    unsigned h = (unsigned)get_number(t, "height");
    digest *leaves = get_digests(t, "leaves", &n), *nodes = vectors_new(merkle_size(h), sizeof *nodes);
    (void)s;
    if (n != (size_t)1 << h) vectors_fail("leaves do not fill a tree%s", "");
    memcpy(nodes, leaves, n * sizeof *nodes);
    merkle_build(nodes, h);
    put_out(out, json_digest(nodes[merkle_size(h) - 1]));
}

static void multiproof(scene *s, json *t, json *out) {
    size_t count, siblings, n = length(get(t, "positions"));
    digest r = digest_of(get(t, "root")), *leaves = get_digests(t, "leaves", &count);
    digest *path = get_digests(t, "siblings", &siblings);
    uint32_t *positions = vectors_new(n, 4), *work = vectors_new(n, 4);
    (void)s;
    if (n != count) vectors_fail("positions and leaves differ in number%s", "");
    for (size_t i = 0; i < n; i++) positions[i] = (uint32_t)number_of(at(get(t, "positions"), i));
    if (merkle_verify(&r, (unsigned)get_number(t, "height"), positions, n, leaves, work, path, siblings))
        return put_valid(out);
    put_invalid(out, tacit_reject_name(TACIT_REJECT_MERKLE));
}

const answer_entry arithmetic_answers[] = {{"FieldAdd", field_add},
                                           {"FieldSubtract", field_sub},
                                           {"FieldMultiply", field_mul},
                                           {"FieldNegate", field_neg},
                                           {"FieldInverse", field_inverse},
                                           {"FieldPower", field_power},
                                           {"FieldFromInteger", field_from_integer},
                                           {"FieldToInteger", field_to_integer},
                                           {"FieldRoot", field_root},
                                           {"FieldPoint", field_point},
                                           {"FieldRead", field_read},
                                           {"ExtensionAdd", ext_add_case},
                                           {"ExtensionSubtract", ext_sub_case},
                                           {"ExtensionMultiply", ext_mul_case},
                                           {"ExtensionScale", ext_scale_case},
                                           {"ExtensionInverse", ext_inverse},
                                           {"ExtensionRead", ext_read},
                                           {"Encode", encode_whole},
                                           {"EncodeDigest", encode_digest},
                                           {"EncodePosition", encode_position},
                                           {"Sha256", sha256_message},
                                           {"Sha256Compress", sha256_block},
                                           {"MerkleLeaf", leaf},
                                           {"MerkleNode", node},
                                           {"MerkleRoot", root},
                                           {"MerkleMultiproof", multiproof},
                                           {NULL, NULL}};
