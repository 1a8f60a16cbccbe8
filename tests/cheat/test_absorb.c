/* What each absorb of the transcript is for. With the absorb of one tag off (tacit_unabsorbed), challenges after a
 * message of this tag do not depend on it: a forger learns how the last equation depends on the message from two
 * proofs, solves for the message that makes it hold, and is accepted. With every absorb on the same forger is rejected,
 * and so is a proof forged under challenges that depend on nothing (FROZEN). Tags whose absorb buys nothing are in the
 * table with the reason, and the reason is tested. Needs the library built with TACIT_RULES and TACIT_TEST_SEED. */
#include "lab.h" /* before cmocka, which defines a macro fail */
#include "base/broken.h"
#include <stdio.h>
#ifndef TACIT_RULES
int main(void) {
    puts("needs a library built with TACIT_RULES");
    return 0;
}
#else
#include "commit/commit_oracle.h"
#include "commit/rng.h"
#include "poly/ntt.h"
#include "sumcheck/parallel.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define RULE(name) (UINT64_C(1) << BROKEN_##name)
#define TAG_BIT(tag) (UINT64_C(1) << (tag))
static const uint8_t seed[32] = {9}; /* the same secrets in every proof of a statement */

/* ---------------------------------------------------------------- programs */
static uint32_t ranged(lab *l, tensor_kind kind, const char *name, shape s, int64_t lo, int64_t hi) {
    char look[64];
    uint32_t t =
        kind == TENSOR_COMMITTED ? builder_committed(l->b, name, &s) : builder_external(l->b, kind, name, &s, lo, hi);
    snprintf(look, sizeof look, "%s.range", name);
    if (kind != TENSOR_PARAM) builder_lookup(l->b, look, builder_range_table(l->b, lo, hi), &t);
    return t;
}
static void put(lab *l, uint32_t t, uint32_t n, const int32_t *v) {
    memcpy(l->t.values[t], v, n * sizeof *v);
}
static void finish(lab *l) {
    lab_recount(l);
    if (lab_statement(l) != TACIT_OK) fail_msg("%s", l->err.text);
}

/* x reversed times w: every step of the protocol has messages. */
typedef enum whole_kind { PLAIN, LEVELS, CERTIFIED } whole_kind;
static uint32_t whole_y;
static void whole(lab *l, whole_kind kind) {
    static int32_t map[5] = {4, 3, 2, 1, 0};
    shape sx = shape2(2, 5), sw = shape2(3, 5), sy = shape2(2, 3);
    view_group g[2] = {{1, 1, {0}, {0}, 2, NULL}, {1, 1, {1}, {1}, 5, map}};
    lab_start(l);
    if (kind == LEVELS) (void)ranged(l, TENSOR_INPUT, "bulk", shape1(EXT_DEG == 2 ? 16384 : 65536), 0, 7);
    uint32_t x = ranged(l, TENSOR_INPUT, "x", sx, 0, 7);
    uint32_t w = ranged(l, kind == CERTIFIED ? TENSOR_PARAM : TENSOR_INPUT, "w", sw, -4, 3);
    uint32_t v = builder_view(l->b, "v", x, &sx, g, 2), y = ranged(l, TENSOR_OUTPUT, "y", sy, -140, 105);
    product p = {1, v, w, {0, 2}, {1, 2}};
    linear_term t = {-1, y};
    uint32_t c = builder_constraint(l->b, "fc", &sy, &p, 1, &t, 1, 0);
    builder_advice(l->b, &(advice){.kind = ADVICE_SOLVE, .relation = c, .y = y});
    lab_load(l);
    for (int i = 0; i < 10; i++) l->t.values[x][i] = i * 3 % 8;
    for (int i = 0; i < 15; i++) l->t.values[w][i] = i * 5 % 8 - 4;
    if (kind == CERTIFIED) lab_certify(l, 8);
    if (lab_execute(l) != TACIT_OK) fail_msg("%s", l->err.text);
    whole_y = y;
    finish(l);
    assert_true(kind == CERTIFIED || (l->st.geometry.level_count > 0) == (kind == LEVELS));
}
static void whole_false(lab *l, whole_kind kind) {
    whole(l, kind);
    l->t.values[whole_y][0]++;
    l->bind[whole_y].values = NULL; /* public: set anew */
    finish(l);
}

/* ---------------------------------------------------------------- the forger */
static lab *now;
static struct {
    enum { MOVE, PAD, FOLD, CLEAR_VECTOR } how;
    transcript_tag tag; /* MOVE: message `index` of this tag gets + by */
    unsigned index, seen;
    ext by;
    uint32_t positions[512], count; /* FOLD, CLEAR_VECTOR: of the last proof but one */
    bool learning;
    ext lack, scale; /* what the verifier's last equation lacked; what step 6's sum was multiplied with until then */
} forger;
static commit_prover kept;

/* Coefficients of prod (X - x_j) over the recorded positions. */
static void vanishing(gl *dir, size_t n, unsigned log_n) {
    assert_true(forger.count + 1 <= n);
    memset(dir, 0, n * sizeof *dir);
    dir[0] = 1;
    for (uint32_t j = 0; j < forger.count; j++) {
        gl x = rs_point(log_n, forger.positions[j]);
        for (uint32_t i = j + 2; i-- > 0;) dir[i] = gl_sub(i ? dir[i - 1] : 0, gl_mul(x, dir[i]));
    }
}
static unsigned watched_log(void) {
    const geometry *g = &now->st.geometry;
    return forger.how == FOLD ? g->domain[g->object[0].domain].log_n : g->level[g->level_count - 1].log_n;
}
static tacit_status forged_mask(commit_prover *cp, const batch_final *f, const extv *y, ext gamma, tacit_error *err) {
    const geometry *g = &now->st.geometry;
    size_t n = (size_t)1 << g->object[0].a;
    extv mine[MAX_OBJECTS];
    gl *dir = malloc(n * sizeof *dir), *memory = malloc(n * EXT_DEG * sizeof *memory);
    memcpy(mine, y, (g->object_count - 1) * sizeof *mine);
    for (int j = 0; j < EXT_DEG; j++) mine[0].c[j] = memory + (size_t)j * n;
    vanishing(dir, n, watched_log());
    for (size_t i = 0; i < n; i++) extv_set(mine[0], i, ext_add(extv_get(y[0], i), ext_scale(forger.by, dir[i])));
    tacit_status st = kept.mask(cp, f, mine, gamma, err);
    free(dir);
    free(memory);
    return st;
}
static void forged_clear(commit_prover *cp, ext *out, uint64_t count) {
    gl *dir = malloc(count * sizeof *dir);
    kept.clear(cp, out, count);
    vanishing(dir, count, watched_log());
    for (uint64_t i = 0; i < count; i++) out[i] = ext_add(out[i], ext_scale(forger.by, dir[i]));
    free(dir);
}
static void watched_column(commit_prover *cp, tree_ref tree, uint32_t position, gl *column, digest *salt) {
    const geometry *g = &now->st.geometry;
    bool mine = forger.how == FOLD ? tree.kind == TREE_DOMAIN && tree.index == g->object[0].domain
                                   : tree.kind == TREE_INNER && tree.index == g->level_count - 1;
    kept.column(cp, tree, position, column, salt);
    if (mine && forger.learning) forger.positions[forger.count++] = position;
}
static void watch_challenge(transcript_tag tag, ext r) {
    if (tag == TAG_BATCH_WEIGHT) forger.scale = EXT_ONE;
    if (tag == TAG_GAMMA) forger.scale = ext_mul(forger.scale, r);
    /* a round of degree 2: an error of the claim goes into g(1), so the next one has r (2 - r) times it */
    if (tag == TAG_ROUND_CHALLENGE)
        forger.scale = ext_mul(forger.scale, ext_mul(r, ext_sub(ext_add(EXT_ONE, EXT_ONE), r)));
}
static void forge(enum cheat_place place, void *a, const void *b) {
    const unsigned *what = b;
    if (place == CHEAT_CLEAR) forger.lack = ext_mul(*(ext *)a, ext_inv(forger.scale));
    if (place == CHEAT_CHALLENGE && what[1] == TRANSCRIPT_VERIFY) watch_challenge((transcript_tag)what[0], *(ext *)a);
    if (place == CHEAT_CELLS && forger.how == PAD) {
        ext *pad = &((ext *const *)a)[CELL_PAD][0];
        *pad = ext_add(*pad, forger.by);
    }
    if (place == CHEAT_MESSAGE && forger.how <= PAD && what[0] == forger.tag && forger.seen++ == forger.index)
        for (int j = 0; j < EXT_DEG; j++) ((gl *)a)[j] = gl_add(((gl *)a)[j], forger.by.c[j]);
    if (place != CHEAT_PROVER || forger.how <= PAD) return;
    commit_prover *cp = ((prover *)a)->commit;
    kept = *cp;
    cp->column = watched_column;
    if (forger.learning) forger.count = 0;
    if (!forger.learning && forger.how == FOLD) cp->mask = forged_mask;
    if (!forger.learning && forger.how == CLEAR_VECTOR) cp->clear = forged_clear;
}

/* Proves with the message moved, verifies; the last proof's bytes stay in `forged`. */
static unsigned char *forged;
static size_t forged_size;
static tacit_status attempt_with(ext by, bool learning) {
    free(forged);
    forged = NULL;
    forger.seen = 0;
    forger.by = by;
    forger.learning = learning;
    forger.scale = EXT_ONE;
    forger.lack = ext_from(learning ? 5 : 12345); /* if the verifier does not come that far */
    memset(&now->err, 0, sizeof now->err);
    tacit_cheat = forge;
    if (lab_prove(now, &forged, &forged_size) != TACIT_OK) fail_msg("%s", now->err.text);
    tacit_status st = lab_verify(now, forged, forged_size);
    tacit_cheat = NULL;
    return st;
}
/* The forger's whole procedure. */
static tacit_status forgery(void) {
    assert_int_equal(attempt_with(EXT_ZERO, true), TACIT_REJECTED);
    ext lack0 = forger.lack;
    (void)attempt_with(EXT_ONE, false);
    return attempt_with(ext_mul(lack0, ext_inv(ext_sub(lack0, forger.lack))), false);
}
/* Frozen challenges, the tag's absorb off, everything on. */
static void must_buy(const char *name, transcript_tag off) {
    tacit_broken = RULE(FROZEN);
    if (forgery() != TACIT_OK) fail_msg("%s, frozen challenges: %s", name, tacit_reject_text(now->err.reject));
    tacit_broken = 0;
    if (lab_verify(now, forged, forged_size) != TACIT_REJECTED) fail_msg("%s: frozen forgery accepted", name);
    tacit_unabsorbed = TAG_BIT(off);
    if (forgery() != TACIT_OK) fail_msg("%s unabsorbed: %s", name, tacit_reject_text(now->err.reject));
    tacit_unabsorbed = 0;
    if (forgery() != TACIT_REJECTED) fail_msg("%s: forgery accepted", name);
}

/* How many messages of a tag the statement's proof has. */
static unsigned counted[64];
static void count_message(enum cheat_place place, void *a, const void *b) {
    (void)a;
    if (place == CHEAT_MESSAGE) counted[*(const unsigned *)b]++;
}
static unsigned messages(transcript_tag tag) {
    unsigned char *proof;
    size_t size;
    memset(counted, 0, sizeof counted);
    tacit_cheat = count_message;
    if (lab_prove(now, &proof, &size) != TACIT_OK) fail_msg("%s", now->err.text);
    tacit_cheat = NULL;
    free(proof);
    return counted[tag];
}

/* ---------------------------------------------------------------- messages */
/* A field message: every single one of the tag is solved for. */
static void solve(const char *name, transcript_tag tag, whole_kind kind) {
    lab l;
    now = &l;
    whole_false(&l, kind);
    unsigned n = messages(tag);
    if (n == 0) fail_msg("no proof has a message %s", name);
    for (unsigned i = 0; i < n; i++) {
        forger.how = MOVE;
        forger.tag = tag;
        forger.index = i;
        must_buy(name, tag);
    }
    lab_end(&l);
}
static void attack_message(const char *name, transcript_tag tag) {
    solve(name, tag, PLAIN);
}
static void attack_level_message(const char *name, transcript_tag tag) {
    solve(name, tag, LEVELS);
}
/* Level 0: a pad is chosen after the challenges (what is sent under it stays). Inner levels: Z is chosen after the
 * positions at which it will be compared. */
static void attack_root(const char *name, transcript_tag tag) {
    lab l;
    now = &l;
    whole_false(&l, PLAIN);
    forger.how = PAD;
    forger.tag = TAG_LOGUP_ROUND; /* the first one is sent under pad 0 */
    forger.index = 0;
    must_buy(name, tag);
    lab_end(&l);
    whole_false(&l, LEVELS);
    forger.how = FOLD;
    must_buy(name, tag);
    lab_end(&l);
}
/* The clear vector is chosen after the positions: at level 0, and under the last inner level. */
static void attack_clear(const char *name, transcript_tag tag) {
    for (int levels = 0; levels < 2; levels++) {
        lab l;
        now = &l;
        whole_false(&l, levels ? LEVELS : PLAIN);
        forger.how = levels ? CLEAR_VECTOR : FOLD;
        must_buy(name, tag);
        lab_end(&l);
    }
}

/* Opened leaves, salts and paths are determined by a root and positions that were absorbed before: unabsorbed, a
 * changed one still does not lie under its root. */
static struct {
    transcript_tag tag;
    unsigned index, seen;
    bool last;
} flip;
static void flip_word(enum cheat_place place, void *a, const void *b) {
    const unsigned *what = b;
    if (place != CHEAT_MESSAGE || what[0] != flip.tag || what[2] == 0 || flip.seen++ != flip.index) return;
    gl *word = (gl *)a + (flip.last ? what[2] - 1 : 0);
    *word = *word ? *word - 1 : 1;
}
static void fixed_by_root(const char *name, transcript_tag tag) {
    lab l;
    now = &l;
    whole(&l, LEVELS);
    unsigned n = messages(tag);
    tacit_unabsorbed = TAG_BIT(tag);
    for (unsigned i = 0; i < n; i += 1 + n / 8)
        for (int last = 0; last < 2; last++) {
            unsigned char *proof;
            size_t size;
            flip.tag = tag;
            flip.index = i;
            flip.seen = 0;
            flip.last = last;
            memset(&l.err, 0, sizeof l.err);
            tacit_cheat = flip_word;
            assert_int_equal(lab_prove(&l, &proof, &size), TACIT_OK);
            tacit_cheat = NULL;
            assert_true(flip.seen > i);
            if (lab_verify(&l, proof, size) != TACIT_REJECTED || l.err.reject != TACIT_REJECT_MERKLE)
                fail_msg("%s %u: %s", name, i, tacit_reject_text(l.err.reject));
            free(proof);
        }
    tacit_unabsorbed = 0;
    lab_end(&l);
}

/* ---------------------------------------------------------------- the statement */
/* A proof made for a statement that differs in one byte of what is absorbed: every byte of every item. */
static struct {
    size_t tag, item, byte, size; /* the byte of this item is changed when the verifier absorbs it */
    size_t seen;
    unsigned char *copy;
} replay;
static void change_byte(enum cheat_place place, void *a, const void *b) {
    const size_t *what = b;
    if (place != CHEAT_PUBLIC || what[1] != TRANSCRIPT_VERIFY || what[0] != replay.tag || replay.seen++ != replay.item)
        return;
    replay.size = what[2];
    replay.copy = realloc(replay.copy, what[2] + 1);
    memcpy(replay.copy, *(const void **)a, what[2]);
    if (replay.byte < what[2]) replay.copy[replay.byte] ^= 1;
    *(const void **)a = replay.copy;
}
static tacit_status replayed(lab *l, const unsigned char *proof, size_t size) {
    replay.seen = 0;
    tacit_cheat = change_byte;
    tacit_status st = lab_verify(l, proof, size);
    tacit_cheat = NULL;
    return st;
}
static void attack_statement(const char *name, transcript_tag tag) {
    lab l;
    whole(&l, CERTIFIED);
    for (int on = 0; on < 2; on++) {
        unsigned char *proof;
        size_t size, changed = 0;
        tacit_unabsorbed = on ? 0 : TAG_BIT(tag);
        assert_int_equal(lab_prove(&l, &proof, &size), TACIT_OK);
        assert_int_equal(lab_verify(&l, proof, size), TACIT_OK);
        replay.tag = tag;
        for (replay.item = 0;; replay.item++) {
            replay.byte = 0;
            do {
                tacit_status st = replayed(&l, proof, size);
                if (replay.seen <= replay.item) break;
                if (st != (on ? TACIT_REJECTED : TACIT_OK))
                    fail_msg("%s, item %zu, byte %zu: %s", name, replay.item, replay.byte,
                             st ? "rejected" : "accepted");
                changed++;
            } while (++replay.byte < replay.size);
            if (replay.seen <= replay.item) break;
        }
        if (changed == 0) fail_msg("nothing is absorbed as %s", name);
        free(proof);
    }
    tacit_unabsorbed = 0;
    lab_end(&l);
}

/* The list itself: each parameter, digest, binding, value in its place. */
static struct {
    unsigned char bytes[4096];
    size_t n;
} bound;
static void bind_item(transcript_tag tag, const void *data, size_t n) {
    assert_true(bound.n + n + 2 <= sizeof bound.bytes && n < 256);
    bound.bytes[bound.n++] = (unsigned char)tag;
    bound.bytes[bound.n++] = (unsigned char)n;
    memcpy(bound.bytes + bound.n, data, n);
    bound.n += n;
}
static void record_public(enum cheat_place place, void *a, const void *b) {
    const size_t *what = b;
    if (place == CHEAT_PUBLIC) bind_item((transcript_tag)what[0], *(const void **)a, what[2]);
}
/* Bug 7. */
static void test_statement_list(void **state) {
    (void)state;
    lab l;
    unsigned char *proof, seen[2][sizeof bound.bytes];
    size_t size, n[3];
    whole(&l, CERTIFIED);
    tacit_cheat = record_public;
    for (int side = 0; side < 2; side++) {
        bound.n = 0;
        assert_int_equal(side ? lab_verify(&l, proof, size) : lab_prove(&l, &proof, &size), TACIT_OK);
        memcpy(seen[side], bound.bytes, n[side] = bound.n);
    }
    tacit_cheat = NULL;
    free(proof);
    bound.n = 0;
    bind_item(TAG_PROTOCOL, (unsigned char[]){PROTOCOL_VERSION | TEST_PROTOCOL, EXT_DEG, RATE_LOG, CHALLENGE_BITS}, 4);
    bind_item(TAG_PROGRAM, l.p.digest.b, 32);
    bind_item(TAG_PROGRAM, l.st.model.b, 32);
    bind_item(TAG_BINDING, (unsigned char[6]){BIND_PRIVATE}, 6);
    bind_item(TAG_BINDING, (unsigned char[6]){BIND_CERTIFIED}, 6);
    bind_item(TAG_BINDING, (unsigned char[6]){BIND_PUBLIC}, 6);
    bind_item(TAG_BINDING, l.bind[whole_y].values, 6 * sizeof(int64_t)); /* little-endian hosts only */
    bind_item(TAG_CERTIFICATE, l.cert->digest.b, 32);
    bind_item(TAG_CONTEXT, "lab", 3);
    for (int side = 0; side < 2; side++) {
        assert_int_equal(n[side], bound.n);
        assert_memory_equal(seen[side], bound.bytes, bound.n);
    }
    lab_end(&l);
}

/* ---------------------------------------------------------------- challenges: what their own tags are for */
/* A challenge that absorbs nothing of its own equals the challenge before it unless a message came between. */
static ext drawn[4096];
static unsigned drawn_tag[4096], drawn_count;
static void record_challenge(enum cheat_place place, void *a, const void *b) {
    const unsigned *what = b;
    if (place != CHEAT_CHALLENGE || what[1] != TRANSCRIPT_PROVE) return;
    assert_true(drawn_count < 4096);
    drawn_tag[drawn_count] = what[0];
    drawn[drawn_count++] = *(ext *)a;
}
/* Pairs of equal challenges in honest proofs without the absorb of a tag, which must be among them. */
static unsigned repeats(transcript_tag tag) {
    unsigned found = 0, present = 0;
    for (int kind = PLAIN; kind <= CERTIFIED; kind++) {
        lab l;
        unsigned char *proof;
        size_t size;
        whole(&l, (whole_kind)kind);
        drawn_count = 0;
        tacit_cheat = record_challenge;
        tacit_unabsorbed = TAG_BIT(tag);
        assert_int_equal(lab_prove(&l, &proof, &size), TACIT_OK);
        tacit_cheat = NULL;
        tacit_unabsorbed = 0;
        for (unsigned i = 0; i < drawn_count; i++) {
            present += drawn_tag[i] == tag;
            for (unsigned j = 0; j < i; j++) found += ext_equal(drawn[i], drawn[j]);
        }
        free(proof);
        lab_end(&l);
    }
    assert_true(present > 0 || tag == TAG_POSITIONS || tag == 0);
    return found;
}
static void fresh(const char *name, transcript_tag tag) {
    if (repeats(tag) != 0) fail_msg("%s unabsorbed: two challenges are equal", name);
}

/* A false statement that an honest prover gets through when challenges coincide. */
static void coincidence(const char *name, transcript_tag tag, void (*make)(lab *),
                        void (*cheat)(enum cheat_place, void *, const void *)) {
    for (int on = 0; on < 2; on++) {
        lab l;
        unsigned char *proof;
        size_t size;
        now = &l;
        lab_start(&l);
        make(&l);
        if (!l.st.p) finish(&l);
        tacit_cheat = cheat;
        tacit_unabsorbed = on ? 0 : TAG_BIT(tag);
        if (lab_prove(&l, &proof, &size) != TACIT_OK) fail_msg("%s: %s", name, l.err.text);
        tacit_status st = lab_verify(&l, proof, size);
        tacit_cheat = NULL;
        tacit_unabsorbed = 0;
        if (st != (on ? TACIT_REJECTED : TACIT_OK)) fail_msg("%s %s: %s", name, on ? "on" : "off", st ? "no" : "yes");
        free(proof);
        lab_end(&l);
    }
}

/* alpha = beta_1 = beta_2: (3, 3) is a row, (4, 2) passes for it. */
static void other_row(lab *l) {
    table_run run = {4, 0, 1};
    table_column c[2] = {{.run_count = 1, .runs = &run}, {.run_count = 1, .runs = &run}};
    shape s = shape1(2);
    uint32_t pair[2] = {builder_committed(l->b, "x", &s), builder_committed(l->b, "f", &s)};
    builder_lookup(l->b, "pair", builder_table(l->b, 2, c, 4), pair);
    lab_load(l);
    put(l, pair[0], 2, (int32_t[]){1, 3});
    put(l, pair[1], 2, (int32_t[]){1, 3});
    finish(l);
    put(l, pair[0], 2, (int32_t[]){1, 4});
    put(l, pair[1], 2, (int32_t[]){1, 2});
}
static void attack_beta(const char *name, transcript_tag tag) {
    coincidence(name, tag, other_row, NULL);
}

/* Both coordinates of r_c equal: columns 1 and 2 of a row have the same weight. */
static void swapped_columns(lab *l) {
    static const int64_t source[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    shape s = shape2(2, 4), n = shape1(2);
    uint32_t of = builder_constant(l->b, "source", &s, source);
    uint32_t pair[2] = {builder_committed(l->b, "index", &n), builder_committed(l->b, "rows", &s)};
    builder_lookup(l->b, "gather", builder_gather_table(l->b, of), pair);
    lab_load(l);
    put(l, pair[0], 2, (int32_t[]){1, 0});
    put(l, pair[1], 8, (int32_t[]){5, 6, 7, 8, 1, 3, 2, 4});
}
static void attack_gather(const char *name, transcript_tag tag) {
    coincidence(name, tag, swapped_columns, NULL);
}

/* All coordinates of tau equal: errors 0, 1, -1, 0 cancel. */
static void swapped(lab *l) {
    shape s = shape1(4);
    uint32_t u = ranged(l, TENSOR_INPUT, "u", s, 0, 7), y = ranged(l, TENSOR_OUTPUT, "y", s, 0, 7);
    linear_term t[2] = {{1, u}, {-1, y}};
    builder_constraint(l->b, "equal", &s, NULL, 0, t, 2, 0);
    lab_load(l);
    put(l, u, 4, (int32_t[]){1, 2, 3, 4});
    put(l, y, 4, (int32_t[]){1, 3, 2, 4});
}
static void attack_tau(const char *name, transcript_tag tag) {
    coincidence(name, tag, swapped, NULL);
}

/* mu = tau: residuals (0, -1) and (1, 1), so -tau + mu * 1 = 0. */
static bool squares;
static void weighed(lab *l) {
    static int32_t map[2] = {1, 0};
    shape s = shape1(2);
    view_group g = {1, 1, {0}, {0}, 2, map};
    uint32_t u[2], y[2];
    for (int i = 0; i < 2; i++) {
        u[i] = ranged(l, TENSOR_INPUT, i ? "u1" : "u0", s, 0, 7);
        y[i] = ranged(l, TENSOR_OUTPUT, i ? "y1" : "y0", s, 0, 63);
        uint32_t from = squares ? u[i] : builder_view(l->b, i ? "v1" : "v0", u[i], &s, &g, 1);
        linear_term t[2] = {{-1, y[i]}, {1, from}};
        product p = {1, u[i], u[i], {0}, {0}};
        builder_constraint(l->b, i ? "c1" : "c0", &s, &p, squares, t, squares ? 1 : 2, 0);
    }
    lab_load(l);
    for (int i = 0; i < 2; i++) {
        int32_t right = squares ? 9 : 3;
        put(l, u[i], 2, (int32_t[]){3, 3});
        put(l, y[i], 2, i ? (int32_t[]){right - 1, right - 1} : (int32_t[]){right, right + 1});
    }
}
static void attack_constraint_weight(const char *name, transcript_tag tag) {
    squares = true;
    coincidence(name, tag, weighed, NULL);
}
static void attack_view_weight(const char *name, transcript_tag tag) {
    squares = false;
    coincidence(name, tag, weighed, NULL);
}

/* All coordinates of r0 equal: c is wrong by 3 and by -3 at two indices with as many bits set. */
enum { PRODUCTS = 4 }; /* enough for two such indices */
static void false_products(lab *l) {
    shape s = shape1(1);
    uint32_t u[PRODUCTS], v[PRODUCTS], y[PRODUCTS];
    for (int i = 0; i < PRODUCTS; i++) {
        char name[3][16];
        for (int k = 0; k < 3; k++) snprintf(name[k], sizeof name[k], "%c%d", "uvy"[k], i);
        u[i] = ranged(l, TENSOR_INPUT, name[0], s, 0, 7);
        v[i] = ranged(l, TENSOR_INPUT, name[1], s, 0, 7);
        y[i] = ranged(l, TENSOR_OUTPUT, name[2], s, 0, 63);
        product p = {1, u[i], v[i], {0}, {0}};
        linear_term t = {-1, y[i]};
        builder_constraint(l->b, name[2], &s, &p, 1, &t, 1, 0);
    }
    lab_load(l);
    for (int i = 0; i < PRODUCTS; i++) {
        put(l, u[i], 1, (int32_t[]){3 + i});
        put(l, v[i], 1, (int32_t[]){5});
        put(l, y[i], 1, (int32_t[]){5 * (3 + i)});
    }
    finish(l);
    uint32_t first = l->st.plan.triples - 1 - PRODUCTS; /* their triples are the last before the dummy */
    int wrong = 0;
    for (int i = 0; i < PRODUCTS && !wrong; i++)
        for (int j = 0; j < i && !wrong; j++) {
            if (__builtin_popcount(first + (uint32_t)i) != __builtin_popcount(first + (uint32_t)j)) continue;
            l->t.values[y[i]][0] += 3;
            l->t.values[y[j]][0] -= 3;
            wrong = 1;
        }
    assert_true(wrong);
    for (int i = 0; i < PRODUCTS; i++) l->bind[y[i]].values = NULL;
    finish(l);
}
static void cheat_products(enum cheat_place place, void *a, const void *b) {
    if (place != CHEAT_CELLS) return;
    const statement *st = b;
    ext *const *cells = a;
    uint32_t first = st->plan.triples - 1 - PRODUCTS, k = 0;
    for (uint32_t i = 0; i < now->p.tensor_count; i++) {
        if (now->p.tensors[i].kind != TENSOR_OUTPUT) continue;
        int64_t right = 5 * (3 + (int64_t)k);
        ext error = ext_from_i64(now->bind[i].values[0] - right);
        cells[CELL_C][first + k] = ext_add(cells[CELL_C][first + k], error);
        k++;
    }
}
static void attack_zero_point(const char *name, transcript_tag tag) {
    coincidence(name, tag, false_products, cheat_products);
}

/* A layer's weight equals the lambda before it. S_0 is moved so that the sum is 0; layer 0 is mended by d1 of tree 0
 * (+ q) and n0, n1 of tree 1 (- q), and the next layer's errors, lambda q with weight mu and -q with mu^2, cancel. */
static prover honest;
static const ext *layer_weight;
static tacit_status weight_root(void *ctx, uint32_t tree, ext *sum, ext *den) {
    TRY(honest.logup.root(ctx, tree, sum, den));
    for (uint32_t i = 0; tree == 0 && i < now->st.logup.tree_count; i++) {
        ext S, D, own = *sum;
        TRY(honest.logup.root(ctx, i, &S, &D));
        *sum = i ? ext_sub(own, S) : EXT_ZERO;
    }
    return TACIT_OK;
}
static void weight_layer(void *ctx, unsigned l, const ext *point, const uint32_t *live, uint32_t count,
                         const ext *weight) {
    layer_weight = l == 0 ? weight : NULL;
    assert_true(now->st.logup.tree_count == 2 && (l > 1 || count == 2));
    honest.logup.layer(ctx, l, point, live, count, weight);
}
static void weight_ends(void *ctx, uint32_t live, ext *v) {
    honest.logup.ends(ctx, live, v);
    if (!layer_weight) return;
    ext t0[4], t1[4], S0, D0, S1, D1;
    honest.logup.ends(ctx, 0, t0);
    honest.logup.ends(ctx, 1, t1);
    assert_int_equal(honest.logup.root(ctx, 0, &S0, &D0), TACIT_OK);
    assert_int_equal(honest.logup.root(ctx, 1, &S1, &D1), TACIT_OK);
    ext slope = ext_add(t0[0], ext_mul(layer_weight[1], t0[2]));
    slope = ext_sub(slope, ext_mul(layer_weight[2], ext_add(t1[2], t1[3])));
    ext q = ext_mul(ext_neg(ext_mul(ext_add(S0, S1), D0)), ext_inv(slope));
    if (live == 0) v[3] = ext_add(v[3], q);
    if (live == 1) v[0] = ext_sub(v[0], q), v[1] = ext_sub(v[1], q);
}
static void cheat_weight(enum cheat_place place, void *a, const void *b) {
    (void)b;
    if (place != CHEAT_PROVER) return;
    honest = *(prover *)a;
    ((prover *)a)->logup.root = weight_root;
    ((prover *)a)->logup.layer = weight_layer;
    ((prover *)a)->logup.ends = weight_ends;
}
static void out_of_range(lab *l) {
    uint32_t u = ranged(l, TENSOR_INPUT, "u", shape1(4), 0, 7);
    lab_load(l);
    put(l, u, 4, (int32_t[]){1, 2, 3, 9});
}
static void attack_logup_weight(const char *name, transcript_tag tag) {
    coincidence(name, tag, out_of_range, cheat_weight);
}

/* ---------------------------------------------------------------- domain separation */
/* The same 32 bytes under another tag, type or count, or cut differently, and each kind of challenge: all differ.
 * Bug 5. */
static void test_headers(void **state) {
    (void)state;
    enum { N = 32, WAYS = 13 };
    unsigned char bytes[N] = {0};
    ext challenge[WAYS], e[4];
    gl f[4];
    digest h;
    for (int i = 0; i < 4; i++) bytes[8 * i] = (unsigned char)(i + 1); /* canonical words */
    for (int way = 0; way < WAYS; way++) {
        tacit_error err = {.status = TACIT_OK};
        transcript t;
        transcript_verifier(&t, bytes, N, &err);
        if (way == 0) transcript_absorb(&t, TAG_CONTEXT, bytes, N);
        if (way == 1) transcript_absorb(&t, TAG_PROGRAM, bytes, N);
        if (way == 2) transcript_f(&t, TAG_CONTEXT, f, 4);
        if (way == 3) transcript_hashes(&t, TAG_CONTEXT, &h, 1);
        if (way == 4) transcript_e(&t, TAG_CONTEXT, e, 1); /* the words of one element, then none */
        if (way == 5) transcript_f(&t, TAG_CONTEXT, f, EXT_DEG);
        if (way == 6) {
            transcript_absorb(&t, TAG_CONTEXT, bytes, N / 2);
            transcript_absorb(&t, TAG_CONTEXT, bytes + N / 2, N / 2);
        }
        if (way == 7) {
            transcript_absorb(&t, TAG_CONTEXT, bytes, N);
            transcript_absorb(&t, TAG_CONTEXT, bytes, 0);
        }
        uint32_t positions[4];
        if (way == 9) transcript_absorb(&t, TAG_CONTEXT, bytes, 0);
        if (way == 10) transcript_hashes(&t, TAG_CONTEXT, &h, 0);
        if (way >= 11) transcript_positions(&t, 8, (uint32_t)way - 8, positions);
        challenge[way] = transcript_challenge(&t, way == 8 ? TAG_BETA : TAG_ALPHA);
        assert_int_equal(err.status, TACIT_OK);
        for (int i = 0; i < way; i++) assert_false(ext_equal(challenge[i], challenge[way]));
    }
}

/* ---------------------------------------------------------------- all tags */
static const struct tag_entry {
    const char *name;
    transcript_tag tag;
    void (*attack)(const char *name, transcript_tag tag);
    const char *buys_nothing; /* why, when there is no attack; `attack` then tests the reason */
} tags[] = {
#define T(tag, ...)                                                                                                    \
    { #tag, tag, __VA_ARGS__ }
#define AFTER_A_MESSAGE "drawn after a message, so it equals no other challenge"
    T(TAG_PROTOCOL, attack_statement, NULL),
    T(TAG_PROGRAM, attack_statement, NULL),
    T(TAG_BINDING, attack_statement, NULL),
    T(TAG_CERTIFICATE, attack_statement, NULL),
    T(TAG_CONTEXT, attack_statement, NULL),
    T(TAG_ROOT, attack_root, NULL),
    T(TAG_ALPHA, fresh, AFTER_A_MESSAGE),
    T(TAG_BETA, attack_beta, NULL),
    T(TAG_LOGUP_SUM, attack_message, NULL),
    T(TAG_LOGUP_WEIGHT, attack_logup_weight, NULL),
    T(TAG_LOGUP_ROUND, attack_message, NULL),
    T(TAG_LOGUP_N, attack_message, NULL),
    T(TAG_LOGUP_D, attack_message, NULL),
    T(TAG_LOGUP_LAMBDA, fresh, AFTER_A_MESSAGE),
    T(TAG_TAU, attack_tau, NULL),
    T(TAG_CONSTRAINT_WEIGHT, attack_constraint_weight, NULL),
    T(TAG_CONSTRAINT_ROUND, attack_message, NULL),
    T(TAG_OPERAND, attack_message, NULL),
    T(TAG_VIEW_WEIGHT, attack_view_weight, NULL),
    T(TAG_VIEW_ROUND, attack_message, NULL),
    T(TAG_ZERO_POINT, attack_zero_point, NULL),
    T(TAG_ZERO_ROUND, attack_message, NULL),
    T(TAG_ZERO_A, attack_message, NULL),
    T(TAG_ZERO_B, attack_message, NULL),
    T(TAG_BATCH_WEIGHT, fresh, AFTER_A_MESSAGE),
    T(TAG_BATCH_ROUND, attack_message, NULL),
    T(TAG_NU, attack_message, NULL),
    T(TAG_GAMMA, fresh, AFTER_A_MESSAGE),
    T(TAG_CLEAR, attack_clear, NULL),
    T(TAG_POSITIONS, fresh,
      "drawn after a root or the clear vector; two domains of level 0 may share positions, as a false fold need be "
      "found in one of them only"),
    T(TAG_LEAF, fixed_by_root, "determined by a root and positions absorbed before"),
    T(TAG_SALT, fixed_by_root, "determined by a root and positions absorbed before"),
    T(TAG_PATH, fixed_by_root, "determined by a root and positions absorbed before"),
    T(TAG_LADDER_WEIGHT, fresh, AFTER_A_MESSAGE),
    T(TAG_LADDER_ROUND, attack_level_message, NULL),
    T(TAG_ROUND_CHALLENGE, fresh, AFTER_A_MESSAGE),
    T(TAG_GATHER, attack_gather, NULL),
};
enum { TAGS = sizeof tags / sizeof *tags };

/* Every tag of the enum, by name, in its order. */
static void test_all_tags(void **state) {
    (void)state;
    char line[256], name[64];
    size_t n = 0;
    FILE *f = fopen(TACIT_SOURCE_DIR "/src/hash/transcript.h", "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        if (sscanf(line, " TAG_%50[A-Z_0-9]", name + 4) != 1) continue;
        memcpy(name, "TAG_", 4);
        if (n == TAGS || strcmp(name, tags[n].name) != 0) fail_msg("%s has neither attack nor explanation", name);
        assert_int_equal(tags[n].tag, n + 1);
        n++;
    }
    fclose(f);
    assert_int_equal(n, TAGS);
}
/* Bug 7. */
static void test_absorbs(void **state) {
    (void)state;
    for (size_t i = 0; i < TAGS; i++) tags[i].attack(tags[i].name, tags[i].tag);
}
static void test_coincidences(void **state) {
    (void)state;
    assert_int_equal(repeats((transcript_tag)0), 0); /* no such tag: every absorb is on */
    for (size_t i = 0; i < TAGS; i++)
        if (tags[i].tag == TAG_BETA || tags[i].tag == TAG_TAU) assert_true(repeats(tags[i].tag) > 0);
}

static int start(void **state) {
    (void)state;
    rng_test_seed = seed;
    return 0;
}
static int stop(void **state) {
    (void)state;
    free(forged);
    free(replay.copy);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_tags),     cmocka_unit_test(test_headers), cmocka_unit_test(test_statement_list),
        cmocka_unit_test(test_coincidences), cmocka_unit_test(test_absorbs),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
#endif
