/* Tamper manifest: every field of the proof's messages by name, each mutated in every way of a list; every mutant is
 * rejected. A message whose tag is not in the manifest, or a tag of the manifest that no proof shows, fails the test.
 * TACIT_ALL_BYTES=1: every message and every byte (minutes). Needs a library built with TACIT_RULES (it tells where the
 * messages lie). */
#include "lab.h" /* before cmocka, which defines a macro fail */
#include "base/broken.h"
#include "hash/merkle.h"
#include <stdio.h>
#ifndef TACIT_RULES
int main(void) {
    puts("needs a library built with TACIT_RULES");
    return 0;
}
#else
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    transcript_tag tag;
    const char *name;
} manifest[] = {{TAG_ROOT, "root"},
                {TAG_LOGUP_SUM, "logup.sum"},
                {TAG_LOGUP_ROUND, "logup.round"},
                {TAG_LOGUP_N, "logup.n"},
                {TAG_LOGUP_D, "logup.d"},
                {TAG_CONSTRAINT_ROUND, "constraint.round"},
                {TAG_OPERAND, "constraint.operand"},
                {TAG_VIEW_ROUND, "view.round"},
                {TAG_ZERO_ROUND, "zero.round"},
                {TAG_ZERO_A, "zero.a"},
                {TAG_ZERO_B, "zero.b"},
                {TAG_BATCH_ROUND, "batch.round"},
                {TAG_NU, "nu"},
                {TAG_CLEAR, "clear"},
                {TAG_LADDER_ROUND, "ladder.round"},
                {TAG_LEAF, "leaf"},
                {TAG_SALT, "salt"},
                {TAG_PATH, "path"}};
enum { FIELDS = sizeof manifest / sizeof *manifest, MOST = 1 << 14 };

typedef struct message {
    unsigned field;
    size_t at, size;
} message;
static struct {
    message list[MOST];
    size_t count, at;
} messages;

static void record(enum cheat_place place, void *a, const void *b) {
    const unsigned *what = b;
    (void)a;
    if (place != CHEAT_MESSAGE) return;
    unsigned f = 0;
    while (f < FIELDS && manifest[f].tag != (transcript_tag)what[0]) f++;
    if (f == FIELDS) fail_msg("a message with tag %u is not in the manifest", what[0]);
    assert_true(messages.count < MOST);
    size_t bytes = what[0] == TAG_PATH ? MERKLE_BYTES * (size_t)what[2] / 4 : 8 * (size_t)what[2];
    messages.list[messages.count++] = (message){f, messages.at, bytes};
    messages.at += bytes;
}

/* ---------------------------------------------------------------- a statement with every kind of message */
static uint32_t ranged(lab *l, tensor_kind kind, const char *name, shape s, int64_t lo, int64_t hi) {
    char look[64];
    uint32_t t = builder_external(l->b, kind, name, &s, lo, hi);
    snprintf(look, sizeof look, "%s.range", name);
    if (kind != TENSOR_PARAM) builder_lookup(l->b, look, builder_range_table(l->b, lo, hi), &t);
    return t;
}
static void make(lab *l, bool levels) {
    static int32_t map[5] = {4, 3, 2, 1, 0};
    shape sx = shape2(2, 5), sw = shape2(3, 5), sy = shape2(2, 3);
    view_group g[2] = {{1, 1, {0}, {0}, 2, NULL}, {1, 1, {1}, {1}, 5, map}};
    lab_start(l);
    if (levels) (void)ranged(l, TENSOR_INPUT, "bulk", shape1(16384), 0, 7);
    uint32_t x = ranged(l, TENSOR_INPUT, "x", sx, 0, 7), w = builder_external(l->b, TENSOR_PARAM, "w", &sw, -4, 3);
    uint32_t v = builder_view(l->b, "v", x, &sx, g, 2), y = ranged(l, TENSOR_OUTPUT, "y", sy, -140, 105);
    product p = {1, v, w, {0, 2}, {1, 2}};
    linear_term t = {-1, y};
    uint32_t c = builder_constraint(l->b, "fc", &sy, &p, 1, &t, 1, 0);
    builder_advice(l->b, &(advice){.kind = ADVICE_SOLVE, .relation = c, .y = y});
    lab_load(l);
    for (int i = 0; i < 10; i++) l->t.values[x][i] = i * 3 % 8;
    for (int i = 0; i < 15; i++) l->t.values[w][i] = i * 5 % 8 - 4;
    lab_certify(l, 4);
    if (lab_execute(l) != TACIT_OK || lab_statement(l) != TACIT_OK) fail_msg("%s", l->err.text);
}

/* ---------------------------------------------------------------- mutants */
static size_t mutants;
/* code: the one that must come, NONE: any. */
static void must_fail(lab *l, const unsigned char *proof, size_t size, tacit_reject code, const char *field,
                      const char *how) {
    mutants++;
    tacit_status st = lab_verify(l, proof, size);
    if (st != TACIT_REJECTED) fail_msg("%s, %s: %s", field, how, st ? l->err.text : "accepted");
    if (code && l->err.reject != code)
        fail_msg("%s, %s: %s, not %s", field, how, tacit_reject_name(l->err.reject), tacit_reject_name(code));
}

static void word_mutants(lab *l, unsigned char *proof, size_t size, size_t at, bool hash, const char *field) {
    uint64_t v = load_le64(proof + at);
    const struct {
        uint64_t value;
        const char *how;
        bool high;
    } all[] = {{hash ? v + 1 : gl_add(v, 1), "+1", false},
               {0, "0", false},
               {GL_P - 1, "p - 1", false},
               {GL_P, "p", true},
               {v + GL_P, "v + p", v + GL_P >= GL_P},
               {UINT64_MAX, "2^64 - 1", true}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (all[i].value == v) continue;
        store_le64(proof + at, all[i].value);
        must_fail(l, proof, size, !hash && all[i].high ? TACIT_REJECT_NOT_CANONICAL : TACIT_REJECT_NONE, field,
                  all[i].how);
    }
    store_le64(proof + at, v);
}

/* Messages removed, duplicated, swapped with the next, replaced by another proof's. */
static void block_mutants(lab *l, const unsigned char *proof, size_t size, const message *m, const message *next,
                          const unsigned char *other, size_t other_size, const char *field) {
    unsigned char *bad = malloc(size + m->size);
    size_t end = m->at + m->size;
    if (m->size == 0) {
        free(bad);
        return;
    }
    memcpy(bad, proof, m->at);
    memcpy(bad + m->at, proof + end, size - end);
    must_fail(l, bad, size - m->size, TACIT_REJECT_NONE, field, "removed");
    memcpy(bad, proof, end);
    memcpy(bad + end, proof + m->at, size - m->at);
    must_fail(l, bad, size + m->size, TACIT_REJECT_NONE, field, "duplicated");
    memcpy(bad, proof, size);
    memmove(bad + end - m->size, bad + m->at, m->size);
    must_fail(l, bad, m->at, TACIT_REJECT_SHORT, field, "truncated before");
    must_fail(l, bad, m->at + m->size / 2, TACIT_REJECT_SHORT, field, "truncated inside");
    if (next && next->size == m->size && memcmp(proof + m->at, proof + next->at, m->size) != 0) {
        memcpy(bad + m->at, proof + next->at, m->size);
        memcpy(bad + next->at, proof + m->at, m->size);
        must_fail(l, bad, size, TACIT_REJECT_NONE, field, "swapped");
        memcpy(bad, proof, size);
        memcpy(bad + next->at, proof + m->at, m->size);
        must_fail(l, bad, size, TACIT_REJECT_NONE, field, "used twice");
        memcpy(bad, proof, size);
    }
    if (end <= other_size && memcmp(proof + m->at, other + m->at, m->size) != 0) {
        memcpy(bad + m->at, other + m->at, m->size);
        must_fail(l, bad, size, TACIT_REJECT_NONE, field, "of another proof");
    }
    free(bad);
}

static void tamper(lab *l, bool *seen) {
    unsigned char *proof, *other;
    size_t size, other_size, taken[FIELDS] = {0}, total[FIELDS] = {0}, all = getenv("TACIT_ALL_BYTES") ? 1 : 0;
    if (lab_prove(l, &other, &other_size) != TACIT_OK) fail_msg("%s", l->err.text);
    memset(&messages, 0, sizeof messages);
    tacit_cheat = record;
    if (lab_prove(l, &proof, &size) != TACIT_OK) fail_msg("%s", l->err.text);
    tacit_cheat = NULL;
    assert_int_equal(messages.at, size); /* the messages are the proof */
    assert_int_equal(lab_verify(l, proof, size), TACIT_OK);
    for (size_t i = 0; i < messages.count; i++) total[messages.list[i].field]++;
    for (size_t i = 0; i < messages.count; i++) {
        const message *m = &messages.list[i], *next = NULL;
        const char *name = manifest[m->field].name;
        seen[m->field] = true;
        /* the first, the last and some between */
        size_t k = taken[m->field]++, step = total[m->field] / 8 + 1;
        if (!all && k % step != 0 && k + 1 != total[m->field]) continue;
        for (size_t j = i + 1; j < messages.count && !next; j++)
            if (messages.list[j].field == m->field) next = &messages.list[j];
        block_mutants(l, proof, size, m, next, other, other_size, name);
        bool hash = manifest[m->field].tag == TAG_ROOT || manifest[m->field].tag == TAG_SALT ||
                    manifest[m->field].tag == TAG_PATH;
        size_t jump = all ? 8 : m->size / 24 * 8 + 8;
        for (size_t w = 0; w + 8 <= m->size; w += jump) word_mutants(l, proof, size, m->at + w, hash, name);
    }
    for (size_t i = 0; all && i < size; i++)
        for (int bit = 0; bit < 8; bit++) {
            proof[i] ^= (unsigned char)(1u << bit);
            must_fail(l, proof, size, TACIT_REJECT_NONE, "bit", "flipped");
            proof[i] ^= (unsigned char)(1u << bit);
        }
    assert_int_equal(lab_verify(l, proof, size), TACIT_OK);
    free(proof);
    free(other);
}

/* Bugs 1, 2, 13: messages left out, used twice, swapped, malformed. */
static void test_manifest(void **state) {
    bool seen[FIELDS] = {false};
    (void)state;
    for (int levels = 0; levels < 2; levels++) {
        lab l;
        make(&l, levels);
        tamper(&l, seen);
        lab_end(&l);
    }
    for (unsigned f = 0; f < FIELDS; f++)
        if (!seen[f]) fail_msg("no proof has a message %s", manifest[f].name);
    print_message("%zu mutants\n", mutants);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_manifest)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
#endif
