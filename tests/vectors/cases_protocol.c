/* Cases for the transcript, the geometry, the rounds of sumcheck and LogUp. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/bytes.h"
#include "commit/geometry.h"
#include "execute/execute.h"
#include "logup/logup_prove.h"
#include "proof/statement.h"
#include "rounds.h"

static json *clone(json *o) {
    json *copy = NULL;
    if (json_object_deep_copy(o, &copy, NULL) != 0) vectors_fail("out of memory%s", "");
    return copy;
}

static void set(json *o, const char *key, json *v) {
    json_object_object_add(o, key, v);
}

/* A copy of a case, which is there already, with another flag and comment. */
static json *variant(json *g, json *of, const char *flag, const char *comment) {
    json *t = clone(of), *flags = json_object_new_array();
    json_object_array_add(flags, text_of(flag));
    set(t, "flags", flags);
    set(t, "comment", text_of(comment));
    json_object_array_add(get(g, "tests"), t);
    return t;
}

/* What can be wrong with the bytes of any messages. */
static void message_variants(json *g, json *of, size_t flip, const char *flip_flag) {
    bytes b = get_bytes(of, "messages");
    unsigned char *longer = vectors_new(b.size + 1, 1);
    memcpy(longer, b.data, b.size);
    set(variant(g, of, "Length", "the last byte is missing"), "messages", json_bytes(longer, b.size - 1));
    set(variant(g, of, "Length", "no messages"), "messages", json_bytes(longer, 0));
    set(variant(g, of, "Length", "a byte too many"), "messages", json_bytes(longer, b.size + 1));
    store_le64(longer, GL_P);
    set(variant(g, of, "NotCanonical", "the first word is p"), "messages", json_bytes(longer, b.size));
    store_le64(longer, UINT64_MAX);
    set(variant(g, of, "NotCanonical", "the first word is 2^64 - 1"), "messages", json_bytes(longer, b.size));
    memcpy(longer, b.data, b.size);
    if (!flip_flag) return;
    longer[flip] ^= 1;
    set(variant(g, of, flip_flag, "a bit of a message changed"), "messages", json_bytes(longer, b.size));
}

static void message_notes(json *file) {
    add_note(file, "Length", "messages have the length that the protocol gives them: SHORT, LONG");
    add_note(file, "NotCanonical", "a word that is not below p is refused, never reduced: NOT_CANONICAL");
}

/* ---------------------------------------------------------------- transcript */
static json *step(json *t, const char *what, int tag, int64_t count) {
    json *o = json_object_new_object(), *steps;
    put(o, "do", text_of(what));
    if (tag) put_count(o, "tag", (uint64_t)tag);
    if (count >= 0) put_count(o, "count", (uint64_t)count);
    if (!json_object_object_get_ex(t, "steps", &steps)) put(t, "steps", steps = json_object_new_array());
    json_object_array_add(steps, o);
    return o;
}

static json *script(json *g, const char *flag, const char *comment, const char *messages) {
    json *t = add_case(g, flag, comment);
    bytes b = assemble(messages);
    put(t, "messages", json_bytes(b.data, b.size));
    return t;
}

static void absorb(json *t, int tag, const char *text) {
    put(step(t, "absorb", tag, -1), "data", json_bytes(text, strlen(text)));
}

static void positions(json *t, unsigned log_n, unsigned count) {
    put_count(step(t, "positions", 0, count), "logSize", log_n);
}

/* Found by search: about 2^31 contexts of 8 bytes have to be tried. */
static void dropped_word(json *g) {
    unsigned char b[8];
    json *t = add_case(g, "Dropped", "the second word of ALPHA's stream is not below p");
    store_le64(b, 1196693659);
    put(t, "messages", json_bytes(b, 0));
    put(step(t, "absorb", TAG_CONTEXT, -1), "data", json_bytes(b, sizeof b));
    step(t, "challenge", TAG_ALPHA, -1);
    step(t, "challenge", TAG_BETA, -1);
}

json *transcript_cases(scene *s) {
    json *file = new_file(
        "Fiat-Shamir transcript",
        "docs/formats.md, section 7; results: the state after each step that was done, and what it gave", true);
    (void)s;
    message_notes(file);
    add_note(file, "Absorb", "tag, type and count separate messages of equal bytes");
    add_note(file, "Challenge", "EXT_DEG words of the stream");
    add_note(file, "Dropped", "a word of the stream that is not below p gives nothing, neither reduced nor kept");
    add_note(file, "Positions", "distinct and ascending; repeated words are dropped");
    add_note(file, "Script", "messages, challenges and positions in turn");
    json *g = add_group(file, "Transcript", "tag: docs/formats.md, section 7; messages: the proof's bytes"), *t, *all;
    put(script(g, "Absorb", "no steps", ""), "steps", json_object_new_array());
    t = script(g, "Absorb", "equal bytes under two tags, and none", "");
    absorb(t, TAG_PROGRAM, "abc"), absorb(t, TAG_CONTEXT, "abc"), absorb(t, TAG_CONTEXT, "");
    t = script(g, "Absorb", "16 bytes as two elements of F", "x0100000000000000 x0200000000000000"),
    step(t, "readF", TAG_LEAF, 2);
    t = script(g, "Absorb", "32 bytes as a hash, and an empty list of hashes", "xab*32"),
    step(t, "readHashes", TAG_ROOT, 1), step(t, "readHashes", TAG_PATH, 0);
    t = script(g, "Challenge", "three challenges of one tag, one of another", "");
    for (int i = 0; i < 3; i++) step(t, "challenge", TAG_BETA, -1);
    step(t, "challenge", TAG_GAMMA, -1);
    dropped_word(g);
    const unsigned places[][2] = {{1, 1}, {2, 2}, {4, 8}, {6, 32}, {10, 100}, {32, 5}};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        positions(script(g, "Positions", "", ""), places[i][0], places[i][1]);
    all = script(g, "Script", "",
                 EXT_DEG == 2 ? "x05*8 x00*8 xff*4 x00*4 x11*32 x22*32 x09 x00*31"
                              : "x05*8 x00*8 xff*4 x00*4 x07 x00*7 x11*32 x22*32 x09 x00*47");
    absorb(all, TAG_PROTOCOL, "\1");
    step(all, "readE", TAG_NU, 1), step(all, "challenge", TAG_GAMMA, -1), step(all, "readF", TAG_LEAF, 1);
    step(all, "readHashes", TAG_PATH, 2), step(all, "readE", TAG_CLEAR, 2), positions(all, 5, 7);
    message_variants(g, all, 0, NULL);
    return file;
}

/* ---------------------------------------------------------------- geometry */
typedef struct geometry_input {
    const char *comment;
    uint64_t size;
    uint32_t count;
    certificate_shape shapes[MAX_CERTIFICATES + 1];
} geometry_input;

#define C28                                                                                                            \
    { 28, 4, 1 << 20 }
static const geometry_input geometries[] = {
    {"the least", 0, 0, {{0}}},
    {"", 1, 0, {{0}}},
    {"", 1000, 0, {{0}}},
    {"", 4096, 0, {{0}}},
    {"", 65535, 0, {{0}}},
    {"", 65537, 0, {{0}}},
    {"", (1 << 20) + 12345, 0, {{0}}},
    {"below the size where a byte costs more", (1 << 21) - 1, 0, {{0}}},
    {"at the size where a byte costs more", 1 << 21, 0, {{0}}},
    {"", 1 << 24, 0, {{0}}},
    {"", UINT64_C(1) << 30, 0, {{0}}},
    {"a small certificate", 5000, 1, {{10, 2, 640}}},
    {"a long certificate", 300, 1, {{16, 6, 40000}}},
    {"certificates of one length and of two", 20000, 3, {{12, 3, 2000}, {12, 1, 2000}, {14, 0, 8000}}},
    {"eight certificates",
     4096,
     8,
     {{11, 0, 900}, {11, 1, 900}, {11, 2, 900}, {12, 0, 900}, {12, 1, 900}, {13, 0, 900}, {13, 1, 900}, {10, 0, 900}}},
    {"nine certificates",
     4096,
     9,
     {{11, 0, 900},
      {11, 1, 900},
      {11, 2, 900},
      {12, 0, 900},
      {12, 1, 900},
      {13, 0, 900},
      {13, 1, 900},
      {10, 0, 900},
      {10, 0, 900}}},
    {"a certificate with fewer random columns than a proof opens", 1000, 1, {{12, 0, 100}}},
    {"a certificate too short for any number of queries", 1000, 1, {{3, 0, 8}}},
    {"a certificate longer than a domain", 1000, 1, {{31, 0, 1000}}},
    {"a certificate of too many lanes", 1000, 1, {{10, 17, 1000}}},
    {"a tail longer than a lane", 1000, 1, {{10, 0, 1025}}},
    {"eight certificates whose folds add up to too large an error over E of degree 2",
     4096,
     8,
     {C28, C28, C28, C28, C28, C28, C28, C28}},
    {"more than 16 lanes' logs hold", UINT64_C(1) << 40, 0, {{0}}},
    {"more than 2^40 elements", (UINT64_C(1) << 40) + 1, 0, {{0}}}};

static void geometry_inputs(json *file) {
    json *g =
        add_group(file, "Geometry",
                  "size: elements of x; objects: x, certificates, sigma; start: place of z_o in the opened vector");
    for (size_t i = 0; i < sizeof geometries / sizeof *geometries; i++) {
        const geometry_input *in = &geometries[i];
        json *t = add_case(g, "Geometry", in->comment), *list = json_object_new_array();
        for (uint32_t k = 0; k < in->count; k++) {
            json *o = json_object_new_object();
            put_count(o, "a", in->shapes[k].a);
            put_count(o, "k", in->shapes[k].k);
            put_count(o, "tail", in->shapes[k].tail);
            json_object_array_add(list, o);
        }
        put(t, "size", json_word(in->size));
        put(t, "certificates", list);
    }
}

json *ladder_cases(scene *s) {
    static const unsigned bits[] = {100, 130}, counts[] = {1, 2, 3, 7, 64, 150, 200, 1000};
    json *file = new_file("Queries, siblings, geometry", "docs/formats.md, section 6", true), *t;
    (void)s;
    add_note(file, "Queries", "columns that a proof opens; 0: no number is enough");
    add_note(file, "Siblings", "expected hashes of a multiproof, in the document's integer arithmetic");
    add_note(file, "Geometry",
             "the sizes that prover and verifier derive; invalid: UNSUPPORTED (there is none), SOUNDNESS (a challenge "
             "misses the target), MALFORMED (an impossible certificate)");
    json *g = add_group(file, "Queries", "out = q(size, dimension, bits)");
    for (unsigned log = 0; log <= 30; log += log < 12 ? 1 : 3)
        for (unsigned rate = 1; rate <= 6; rate += rate == 1 ? 1 : 2)
            for (unsigned b = 0; b < 2 && log + rate <= 32; b++) {
                t = add_case(g, "Queries", "");
                put(t, "size", json_word(UINT64_C(1) << (log + rate)));
                put(t, "dimension", json_word(UINT64_C(1) << log));
                put_count(t, "bits", bits[b]);
            }
    g = add_group(file, "ExpectedSiblings", "out = expected siblings of `count` leaves under 2^height");
    for (unsigned h = 1; h <= 32; h += h < 12 ? 1 : 5)
        for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
            if (counts[i] > UINT64_C(1) << h >> 1) continue;
            t = add_case(g, "Siblings", "");
            put_count(t, "height", h);
            put_count(t, "count", counts[i]);
        }
    geometry_inputs(file);
    return file;
}

/* ---------------------------------------------------------------- rounds */
enum { MESSAGES = 1 << 20 };

/* Honest messages, everything in the clear (all pads 0). */
static void honest_rounds(json *t, tacit_error *err) {
    unsigned char *out = vectors_new(MESSAGES, 1);
    round_case c = round_case_of(t);
    transcript ch;
    transcript_prover(&ch, out, MESSAGES, err);
    for (unsigned i = 0; i < c.rounds; i++) {
        ext v[4];
        for (unsigned k = 0; k <= c.degree; k++) v[k] = round_case_at(&c, ext_from(k));
        transcript_tag tag = c.gruen ? TAG_ZERO_ROUND : TAG_CONSTRAINT_ROUND;
        if (c.gruen) /* the coefficient of X^2 in the place of g(2) */
            v[2] = ext_scale(ext_add(ext_sub(v[2], ext_add(v[1], v[1])), v[0]), gl_inv(2));
        transcript_e(&ch, tag, &v[0], 1);
        for (unsigned k = 2; k <= c.degree; k++) transcript_e(&ch, tag, &v[k], 1);
        round_case_fold(&c, transcript_challenge(&ch, TAG_ROUND_CHALLENGE));
    }
    put(t, "messages", json_bytes(out, ch.at));
}

static json *rounds_input(scene *s, json *g, const char *comment, unsigned rounds, unsigned degree, unsigned products,
                          bool gruen) {
    json *t = add_case(g, gruen ? "Gruen" : "Plain", comment), *list = json_object_new_array();
    ext z[64];
    put_count(t, "rounds", rounds);
    put_count(t, "degree", degree);
    for (unsigned i = 0; i < rounds; i++) z[i] = random_ext();
    if (gruen) put(t, "z", json_exts(z, rounds));
    for (unsigned j = 0; j < products; j++) { /* each product has one variable less: late ones */
        unsigned vars = rounds > j ? rounds - j : 0;
        json *tables = json_object_new_array();
        for (unsigned k = 0; k < degree; k++) {
            ext v[64];
            for (unsigned i = 0; i < 1u << vars; i++) v[i] = random_ext();
            json_object_array_add(tables, json_exts(v, (size_t)1 << vars));
        }
        json_object_array_add(list, tables);
    }
    put(t, "products", list);
    put(t, "claim", json_ext(EXT_ZERO));
    round_case c = round_case_of(t);
    set(t, "claim", json_ext(round_case_value(&c)));
    honest_rounds(t, &s->err);
    return t;
}

static void false_claim(json *g, json *of) {
    json *t = variant(g, of, "False", "another claim, honest messages");
    ext claim = ext_of(get(t, "claim"));
    set(t, "claim", json_ext(ext_add(claim, EXT_ONE)));
}

json *sumcheck_cases(scene *s) {
    json *file = new_file("Sumcheck rounds",
                          "docs/protocol.md, 5.1; the transcript starts as docs/formats.md, section 7, says, with no "
                          "absorbed data; round tags CONSTRAINT_ROUND (plain) and ZERO_ROUND (Gruen)",
                          true),
         *t;
    random_start(5);
    message_notes(file);
    add_note(file, "Plain",
             "claim = sum over products of tables; a table's variable 0 is index bit 0; a product with fewer variables "
             "joins late");
    add_note(file, "Gruen", "claim = sum of eq(z, .) times one product of two tables");
    add_note(file, "False",
             "the last claim is not the value at the point: such an equation is false and ends as FUNCTIONAL");
    add_note(file, "Degenerate", "a coordinate of z is 0: DEGENERATE");
    json *g =
        add_group(file, "Rounds",
                  "claimAtPoint = constant + sum of pads[i] * (pad of message i); with pads 0 it must be valueAtPoint");
    rounds_input(s, g, "no round", 0, 2, 1, false);
    for (unsigned degree = 2; degree <= 3; degree++)
        for (unsigned products = 1; products <= 3; products++)
            rounds_input(s, g, "", products + 1, degree, products, false);
    json *plain = rounds_input(s, g, "", 4, 3, 2, false);
    false_claim(g, plain);
    message_variants(g, plain, 40, "False");
    for (unsigned rounds = 1; rounds <= 4; rounds++) rounds_input(s, g, "", rounds, 2, 1, true);
    json *gruen = rounds_input(s, g, "", 3, 2, 1, true);
    false_claim(g, gruen);
    message_variants(g, gruen, 40, "False");
    t = variant(g, gruen, "Degenerate", "the first coordinate is 0");
    json_object_array_put_idx(get(t, "z"), 0, json_ext(EXT_ZERO));
    t = variant(g, gruen, "Degenerate", "the last coordinate is 0");
    json_object_array_put_idx(get(t, "z"), 2, json_ext(EXT_ZERO));
    return file;
}

/* ---------------------------------------------------------------- LogUp */
typedef struct logup_lab {
    program p;
    logup l;
    trace t;
    bytes code;
} logup_lab;

static void logup_start(scene *s, logup_lab *x, const char *text, const int64_t *const *values) {
    x->code = assemble(text);
    if (program_parse(&x->p, x->code.data, x->code.size, &s->a, &s->err) != TACIT_OK ||
        logup_make(&x->l, &x->p, &s->a, &s->err) != TACIT_OK ||
        trace_make(&x->t, &x->p, NULL, &s->a, &s->err) != TACIT_OK)
        vectors_fail("%s", s->err.text);
    for (uint32_t i = 0; i < x->p.tensor_count; i++) {
        if (x->p.tensors[i].kind != TENSOR_COMMITTED) continue;
        for (uint64_t k = 0; k < shape_count(&x->p.tensors[i].shape); k++) x->t.values[i][k] = (int32_t)(*values)[k];
        values++;
    }
    if (trace_count(&x->t, &s->a, &s->err) != TACIT_OK) vectors_fail("%s", s->err.text);
}

/* Step 3 alone, proved honestly for whatever the trace says, all pads 0. */
static json *logup_test(scene *s, logup_lab *x, json *g, const char *flag, const char *comment) {
    enum { CELLS = 4096 };
    unsigned char *out = vectors_new(MESSAGES, 1);
    ext *zeros = vectors_new(CELLS, sizeof *zeros);
    logup_oracle oracle;
    prover pr = {.step = NULL};
    transcript ch;
    session walk;
    binding *bind = vectors_new(x->p.tensor_count, sizeof *bind);
    transcript_prover(&ch, out, MESSAGES, &s->err);
    session_init(&walk, &x->p, bind, &ch, &s->a, &s->err);
    walk.prover = &pr;
    for (int i = 0; i < CELL_ARRAYS; i++) walk.cells[i] = zeros;
    if (logup_prover(&oracle, &x->t, &s->a, &s->err) != TACIT_OK || logup_run(&walk, &x->l, &oracle) != TACIT_OK)
        vectors_fail("%s", s->err.text);
    json *t = add_case(g, flag, comment), *lists = json_object_new_array();
    for (uint32_t i = 0; i < x->p.tensor_count; i++) {
        if (!x->t.values[i]) continue;
        json *list = json_object_new_array();
        for (uint64_t k = 0; k < shape_count(&x->p.tensors[i].shape); k++)
            json_object_array_add(list, json_object_new_int(x->t.values[i][k]));
        json_object_array_add(lists, list);
    }
    put(t, "program", json_bytes(x->code.data, x->code.size));
    put(t, "values", lists);
    put(t, "messages", json_bytes(out, ch.at));
    return t;
}

static json *logup_altered(scene *s, logup_lab *x, json *g, const char *comment, uint32_t id, uint32_t at_index,
                           int32_t v) {
    int32_t *place = &x->t.values[id][at_index], old = *place;
    *place = v;
    json *t = logup_test(s, x, g, "False", comment);
    *place = old;
    return t;
}

#define ONE_TABLE "\"TACP 1  1 'h 4 1 3  1  1 1 4 1 4 %0 %1  0  1 'look 0 0"
#define TWO_TABLES                                                                                                     \
    "\"TACP 1  5 'h 4 1 5  'a 4 1 5  'x 4 2 2 3  'l 6 1 5 1 %2 0 %7  'v 7 1 3 2 2 1 0 1 1 1 3 %2 %-1 0 1 0 1 1 %1 "    \
    "2  3 2 7 1 7 %-3 %1 2 4 %0 %0 3 %1 %1  5 1 16 1 16 %0 %1  0  4 'relu 0 0 1  'x.r 1 2  'l.r 1 3  'v.r 1 4"

json *logup_cases(scene *s) {
    static const int64_t h[] = {0, 3, 3}, r[] = {-3, 0, 2, 3, 1}, a[] = {0, 0, 2, 3, 1}, x[] = {0, 15, 7, 7, 3, 1};
    const int64_t *const one_values[] = {h}, *const two_values[] = {r, a, x};
    size_t mark = arena_mark(&s->a);
    logup_lab one, two;
    json *file = new_file("LogUp: step 3 alone",
                          "docs/protocol.md, section 5, step 3; docs/formats.md, section 8, 3. The transcript starts "
                          "as section 7 says, with no absorbed data; all pads and cells are 0, so that hidden values "
                          "are what is sent. values: those of committed tensors and multiplicities in program order",
                          true);
    message_notes(file);
    add_note(file, "Honest", "every row is in its table; all equations have the value 0");
    add_note(file, "False", "an equation is not 0; in a whole proof this ends as FUNCTIONAL");
    json *g = add_group(
        file, "LogUp",
        "equations: their values; pads, triples, copies: how many were used; state: the transcript's at the end");
    logup_start(s, &one, ONE_TABLE, one_values);
    json *t = logup_test(s, &one, g, "Honest", "three rows of a range table of four");
    message_variants(g, t, 3, "False");
    logup_altered(s, &one, g, "a multiplicity too large", 1, 0, 2);
    logup_altered(s, &one, g, "a row that is not in the table", 0, 1, 4);
    logup_altered(s, &one, g, "a row -1", 0, 0, -1);
    logup_altered(s, &one, g, "another row of the table, not counted", 0, 0, 1);
    logup_start(s, &two, TWO_TABLES, two_values);
    t = logup_test(
        s, &two, g, "Honest",
        "a table of two columns and one of one; committed, linear and view columns; trees of several heights");
    message_variants(g, t, 100, "False");
    logup_altered(s, &two, g, "a pair whose members are in the columns, but not in one row", 1, 0, 3);
    logup_altered(s, &two, g, "a row of the other table", 2, 0, -3);
    logup_altered(s, &two, g, "a value that a view shows", 2, 5, 2);
    logup_altered(s, &two, g, "a multiplicity of the second table", 6, 15, 0);
    arena_release(&s->a, mark);
    return file;
}
