/* Zero-knowledge over a tiny field, exactly. Challenges and positions are fixed (several choices). The part v of a
 * transcript that depends on the pads in a and b (messages under them, and a(r), b(r)) is an affine function of them;
 * given v, the rest is an affine function of all other secrets, so it is uniform on an affine space over F. Both are
 * computed by running the library's prover with every secret moved by 1 in turn. Then
 *  - v is uniform: the map onto v has full rank;
 *  - for two witnesses and the same v the affine spaces are equal;
 *  - they are equal to the space of the simulator of protocol.md, section 8.1, which has no witness;
 *  - the verifier accepts what the simulator wrote (Merkle paths apart: roots are oracles here).
 * So the distributions are equal, not only close. Every mask that is left out breaks one of these. */
#include "toy.h"
#include "lab.h" /* before cmocka, which defines a macro fail */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "commit/rng.h"
#include "simulator.h"

#define RULE(name) (UINT64_C(1) << BROKEN_##name)

/* ---------------------------------------------------------------- the statement */
/* y = u_0 v_1 + u_1 v_0 is public, the bits u and v are private. */
static void start(lab *l, int witness) {
    static const int32_t u[2][2] = {{1, 0}, {1, 1}}, v[2][2] = {{0, 1}, {1, 0}};
    static int32_t map[2] = {1, 0};
    shape s = shape1(2), s1 = shape2(1, 1), s2 = shape2(1, 2);
    view_group g[2] = {{1, 0, {0}, {0}, 1, (int32_t[]){0}}, {1, 1, {1}, {0}, 2, map}}, e = {1, 1, {1}, {0}, 2, NULL};
    view_group id[2] = {g[0], e};
    lab_start(l);
    uint32_t tu = builder_external(l->b, TENSOR_INPUT, "u", &s, 0, 1), bits = builder_range_table(l->b, 0, 1);
    uint32_t tv = builder_external(l->b, TENSOR_INPUT, "v", &s, 0, 1);
    uint32_t y = builder_external(l->b, TENSOR_OUTPUT, "y", &s1, 0, 3);
    builder_lookup(l->b, "u.range", bits, &tu);
    builder_lookup(l->b, "v.range", bits, &tv);
    builder_lookup(l->b, "y.range", builder_range_table(l->b, 0, 3), &y);
    uint32_t uu = builder_view(l->b, "uu", tu, &s2, id, 2), rv = builder_view(l->b, "rv", tv, &s2, g, 2);
    product p = {1, uu, rv, {0, 2}, {1, 2}};
    builder_constraint(l->b, "dot", &s1, &p, 1, &(linear_term){-1, y}, 1, 0);
    lab_load(l);
    memcpy(l->t.values[tu], u[witness], sizeof u[0]);
    memcpy(l->t.values[tv], v[witness], sizeof v[0]);
    l->t.values[y][0] = 1;
    lab_recount(l);
    if (lab_statement(l) != TACIT_OK) fail_msg("%s", l->err.text);
}

/* ---------------------------------------------------------------- secrets and transcripts */
typedef struct secrets {
    size_t count, cells, pads;                      /* digits; those of cells; those of pads among them */
    size_t first[RNG_OMEGA + 2], strip[MAX_STRIPS]; /* of the tail's digits: those of a strip */
    gl v[MOST];
} secrets;
static const secrets *in_use;
static script *under_way;
/* Faults of a prover: one pad for two messages; a pad in F; tails with a column of zeros (x's first; sigma's all). */
static bool one_pad, pad_in_f;
static size_t short_tail, short_sigma; /* lanes; first digit behind sigma's cells */

static gl secret(unsigned label, uint32_t index, size_t i) {
    if (short_tail && label == RNG_TAIL && i < short_tail) return 0;
    if (short_sigma && label == RNG_SIGMA && i >= short_sigma) return 0;
    size_t at = in_use->first[label + (label == RNG_OMEGA ? index : 0)] + i;
    if (label == RNG_TAIL) at += in_use->strip[index];
    if (at >= in_use->count) abort();
    return in_use->v[at];
}
static void plan_secrets(const statement *st, secrets *s) {
    const geometry *g = &st->geometry;
    size_t e = EXT_DEG;
    memset(s, 0, sizeof *s);
    s->pads = e * st->plan.pads;
    s->cells = s->count = s->pads + 2 * e * st->plan.triples;
    s->first[RNG_TAIL] = s->count;
    s->count += (size_t)g->object[0].tail * g->object[0].lanes;
    lane_strip strips[MAX_STRIPS];
    for (uint32_t i = 0, n = geometry_strips(g->object[0].lanes, strips); i < n; i++)
        s->strip[i] = (size_t)g->object[0].tail * strips[i].first;
    s->first[RNG_SIGMA] = s->count;
    s->count += e << g->object[1].a;
    for (uint32_t o = 0; o < 2; o++) {
        s->first[RNG_OMEGA + o] = s->count;
        s->count += e << g->object[o].a;
    }
    if (s->count > MOST) abort();
    for (size_t i = 0; i < s->count; i++) s->v[i] = toy_random(toy_p);
}
static void note(enum cheat_place place, void *a, const void *b) {
    const unsigned *what = b;
    ext *const *cells = a;
    if (place == CHEAT_CELLS && one_pad) cells[CELL_PAD][1] = cells[CELL_PAD][0];
    if (place == CHEAT_CELLS && pad_in_f) cells[CELL_PAD][0].c[EXT_DEG - 1] = 0;
    if (place == CHEAT_MESSAGE) script_note(under_way, what[0], a, what[2]);
}
/* False: a degenerate challenge. */
static bool run(lab *l, const secrets *s, script *out) {
    tacit_prove_report report = {0};
    attempt_request r = {.st = &l->st, .t = &l->t, .report = &report};
    unsigned char *proof;
    size_t size;
    fixed_coins_start();
    in_use = s;
    under_way = out;
    out->count = 0;
    toy_secret = secret;
    tacit_cheat = note;
    tacit_status st = attempt_prove(&r, &proof, &size, &l->err);
    tacit_cheat = NULL;
    toy_secret = NULL;
    if (st == TACIT_OK) free(proof);
    return st == TACIT_OK && report.attempts == 1;
}
/* ---------------------------------------------------------------- linear algebra over F */
/* Rows in echelon form: row i has its pivot in column pivot[i]. */
typedef struct space {
    size_t width, rank;
    size_t pivot[MOST];
    gl *row[MOST];
} space;

static void reduce(const space *s, gl *v) {
    for (size_t i = 0; i < s->rank; i++) {
        gl f = v[s->pivot[i]];
        for (size_t j = 0; f && j < s->width; j++) v[j] = gl_sub(v[j], gl_mul(f, s->row[i][j]));
    }
}
static bool contains(const space *s, const gl *v) {
    gl w[MOST];
    memcpy(w, v, s->width * sizeof *w);
    reduce(s, w);
    for (size_t j = 0; j < s->width; j++)
        if (w[j]) return false;
    return true;
}
static void add_row(space *s, const gl *v) {
    gl w[MOST];
    size_t j = 0;
    memcpy(w, v, s->width * sizeof *w);
    reduce(s, w);
    while (j < s->width && w[j] == 0) j++;
    if (j == s->width) return;
    gl inv = gl_inv(w[j]);
    s->row[s->rank] = malloc(s->width * sizeof(gl));
    for (size_t i = 0; i < s->width; i++) s->row[s->rank][i] = gl_mul(w[i], inv);
    s->pivot[s->rank++] = j;
}
static space *space_new(size_t width) {
    space *s = calloc(1, sizeof *s);
    s->width = width;
    return s;
}
static void space_free(space *s) {
    for (size_t i = 0; i < s->rank; i++) free(s->row[i]);
    free(s);
}
static bool within(const space *a, const space *b) {
    for (size_t i = 0; i < a->rank; i++)
        if (!contains(b, a->row[i])) return false;
    return true;
}
static void difference(gl *out, const gl *a, const gl *b, size_t n) {
    for (size_t i = 0; i < n; i++) out[i] = gl_sub(a[i], b[i]);
}

/* ---------------------------------------------------------------- the comparison */
typedef enum verdict { EQUAL, V_NOT_UNIFORM, WITNESSES_DIFFER, SIMULATOR_DIFFERS, NOT_AFFINE } verdict;
static const char *const names[] = {"equal", "v is not uniform", "two witnesses differ", "not the simulator's",
                                    "not affine"};

static size_t part_v(const script *s, gl *out) {
    size_t n = 0;
    for (size_t i = 0; i < s->count; i++)
        if (under_triples(s->tag[i])) out[n++] = s->v[i];
    return n;
}

/* Moves the cells of a and b so that the second witness's v is the first's; false if there is no such move, or if v
 * does not reach all values. */
static bool match(lab *l, secrets *s, const script *want) {
    script *base = malloc(sizeof *base), *moved = malloc(sizeof *moved);
    gl v0[MOST], v1[MOST], goal[MOST];
    size_t n = part_v(want, goal), ab = s->cells - s->pads;
    assert_true(run(l, s, base));
    assert_int_equal(part_v(base, v0), n);
    space *map = space_new(n + ab); /* rows (effect | secret) */
    for (size_t i = 0; i < ab; i++) {
        gl row[MOST] = {0};
        s->v[s->pads + i] = gl_add(s->v[s->pads + i], 1);
        assert_true(run(l, s, moved));
        s->v[s->pads + i] = gl_sub(s->v[s->pads + i], 1);
        part_v(moved, v1);
        difference(row, v1, v0, n);
        row[n + i] = 1;
        add_row(map, row);
    }
    size_t full = 0;
    for (size_t i = 0; i < map->rank; i++) full += map->pivot[i] < n;
    gl row[MOST] = {0};
    difference(row, goal, v0, n);
    reduce(map, row); /* minus the secrets' part of the combination */
    for (size_t i = 0; i < ab; i++) s->v[s->pads + i] = gl_sub(s->v[s->pads + i], row[n + i]);
    assert_true(run(l, s, moved));
    part_v(moved, v1);
    bool same = memcmp(v1, goal, n * sizeof *v1) == 0;
    space_free(map);
    free(base);
    free(moved);
    return same && full == n;
}

/* The affine space of the transcript over the secrets that are not in a, b: base, and directions. False: not affine. */
static bool prover_space(lab *l, secrets *s, script *base, space **out) {
    script *moved = malloc(sizeof *moved);
    gl sum[MOST], d[MOST];
    bool affine = true;
    assert_true(run(l, s, base));
    space *sp = *out = space_new(base->count);
    memcpy(sum, base->v, sizeof sum);
    for (size_t i = 0; i < s->count; i++) {
        if (i >= s->pads && i < s->cells) continue;
        s->v[i] = gl_add(s->v[i], 1);
        assert_true(run(l, s, moved));
        s->v[i] = gl_sub(s->v[i], 1);
        difference(d, moved->v, base->v, base->count);
        add_row(sp, d);
        for (size_t j = 0; j < base->count; j++) sum[j] = gl_add(sum[j], d[j]);
    }
    for (int back = 0; back < 2; back++) { /* all moved at once: the sum of the moves */
        if (back) affine = memcmp(sum, moved->v, base->count * sizeof *sum) == 0;
        for (size_t i = 0; i < s->count; i++)
            if (i < s->pads || i >= s->cells) s->v[i] = back ? gl_sub(s->v[i], 1) : gl_add(s->v[i], 1);
        if (!back) assert_true(run(l, s, moved));
    }
    free(moved);
    return affine;
}
static void simulator_space(lab *l, const script *given, script *base, space **out) {
    simulator *s = simulator_new();
    script *moved = malloc(sizeof *moved);
    gl d[MOST];
    simulate(l, s, given, base, true);
    *out = space_new(base->count);
    for (size_t i = 0, n = simulator_digits(s); i < n; i++) {
        gl *digit = simulator_digit(s, i);
        *digit = gl_add(*digit, 1);
        simulate(l, s, given, moved, false);
        *digit = gl_sub(*digit, 1);
        difference(d, moved->v, base->v, base->count);
        add_row(*out, d);
    }
    free(moved);
    free(s);
}
static bool equal_spaces(const script *a, const space *sa, const script *b, const space *sb) {
    gl d[MOST];
    assert_int_equal(a->count, b->count);
    difference(d, a->v, b->v, a->count);
    return sa->rank == sb->rank && within(sa, sb) && contains(sa, d);
}

static verdict compare(lab *l, const secrets *drawn) {
    secrets s[2] = {*drawn, *drawn};
    script *t[3];
    space *sp[3] = {NULL};
    verdict v = EQUAL;
    for (int i = 0; i < 3; i++) t[i] = malloc(sizeof *t[i]);
    assert_true(run(&l[0], &s[0], t[0]));
    if (!match(&l[1], &s[1], t[0])) v = V_NOT_UNIFORM;
    for (int w = 0; w < 2 && v == EQUAL; w++)
        if (!prover_space(&l[w], &s[w], t[w], &sp[w])) v = NOT_AFFINE;
    if (v == EQUAL && !equal_spaces(t[0], sp[0], t[1], sp[1])) v = WITNESSES_DIFFER;
    if (v == EQUAL) {
        simulator_space(&l[1], t[0], t[2], &sp[2]);
        print_message("%u words: %u free; simulator %u\n", (unsigned)t[0]->count, (unsigned)sp[0]->rank,
                      (unsigned)sp[2]->rank);
        if (!equal_spaces(t[0], sp[0], t[2], sp[2])) v = SIMULATOR_DIFFERS;
    }
    for (int i = 0; i < 3; i++) {
        free(t[i]);
        if (sp[i]) space_free(sp[i]);
    }
    return v;
}

/* Over several choices of challenges and of v. */
static verdict judge(const toy_shape *sizes, uint64_t broken, unsigned turns) {
    lab l[2];
    secrets s;
    script *t = malloc(sizeof *t);
    verdict v = EQUAL;
    toy_want = *sizes;
    tacit_broken = broken;
    for (int w = 0; w < 2; w++) start(&l[w], w);
    for (unsigned turn = 0; turn < turns && v == EQUAL; turn++) {
        plan_secrets(&l[0].st, &s);
        do fixed_coins_seed++;
        while (!run(&l[0], &s, t) || !run(&l[1], &s, t));
        v = compare(l, &s);
    }
    tacit_broken = 0;
    for (int w = 0; w < 2; w++) lab_end(&l[w]);
    free(t);
    return v;
}
#if EXT_DEG == 1
static const toy_shape shapes[] = {
    {4, 4, 5, 2, 0, 0}, {5, 3, 5, 3, 0, 0}, {4, 4, 5, 2, 2, 2}, {4, 4, 5, 2, 0, 0, .lanes = 13}};
#else
static const toy_shape shapes[] = {{5, 4, 5, 2, 0, 0}, {5, 4, 5, 2, 2, 2}, {5, 4, 5, 2, 0, 0, .lanes = 13}};
#endif

static void test_equal(void **state) {
    (void)state;
    unsigned turns = getenv("TACIT_SAMPLE") ? 1 : 2;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        verdict v = judge(&shapes[i], 0, turns);
        if (v != EQUAL) fail_msg("geometry %u: %s", (unsigned)i, names[v]);
    }
}

static void caught(uint64_t broken, const char *what) {
    verdict v = judge(&shapes[0], broken, 1);
    print_message("%s: %s\n", what, names[v]);
    if (v == EQUAL || v == NOT_AFFINE) fail_msg("%s is not noticed", what);
}
/* Bug 9: masks that are zero, in F, repeated or too short. */
static void test_leaks(void **state) {
    (void)state;
    caught(RULE(LEAK_PADS), "pads 0");
#if EXT_DEG == 2
    caught(RULE(LEAK_PADS_F), "pads in F");
#endif
    caught(RULE(LEAK_DUMMY), "no dummy triple");
    caught(RULE(LEAK_SIGMA), "sigma 0");
    caught(RULE(LEAK_TAIL), "no tail");
    caught(RULE(LEAK_OMEGA), "masks 0");
    caught(RULE(LEAK_OMEGA_REUSED), "one mask for all objects");
    one_pad = true;
    caught(0, "one pad for two messages");
    one_pad = false;
#if EXT_DEG == 2
    pad_in_f = true;
    caught(0, "one pad in F");
    pad_in_f = false;
#endif
    short_tail = (size_t)1 << shapes[0].x_k;
    caught(0, "x's tail a column short");
    short_tail = 0;
    short_sigma = EXT_DEG * (2 * (size_t)(shapes[0].x_a + shapes[0].x_k) + 1);
    caught(0, "sigma's tail a column short");
    short_sigma = 0;
}

int main(void) {
    toy_field(257);
    toy_seed(1);
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_equal), cmocka_unit_test(test_leaks)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
