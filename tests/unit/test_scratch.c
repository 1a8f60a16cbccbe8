/* The verifier's memory: every allocation fails once, and each time the answer is RESOURCES, never another verdict; the
 * scratch that tacit_verify_scratch states is enough; a smaller one is a status. Linked with --wrap=arena_alloc. */
#include "lab.h" /* before cmocka, which defines a macro fail */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/file.h"
#include "tacit/verify.h"

/* ---------------------------------------------------------------- allocations that fail */
void *__real_arena_alloc(arena *a, size_t count, size_t size);
void *__real_arena_zalloc(arena *a, size_t count, size_t size);
void *__wrap_arena_alloc(arena *a, size_t count, size_t size);
void *__wrap_arena_zalloc(arena *a, size_t count, size_t size);

static size_t calls, failing; /* failing: the number of the call that fails; 0: none */

static bool refuse(void) {
    return ++calls == failing;
}
void *__wrap_arena_alloc(arena *a, size_t count, size_t size) {
    return refuse() ? NULL : __real_arena_alloc(a, count, size);
}
void *__wrap_arena_zalloc(arena *a, size_t count, size_t size) {
    return refuse() ? NULL : __real_arena_zalloc(a, count, size);
}

/* Calls `verify` with no failure, then with every allocation failing in turn. */
static void each_fails(tacit_status (*verify)(void *ctx), void *ctx) {
    failing = calls = 0;
    assert_int_equal(verify(ctx), TACIT_OK);
    size_t all = calls;
    assert_true(all > 20);
    for (size_t i = 1; i <= all; i++) {
        failing = i;
        calls = 0;
        tacit_status st = verify(ctx);
        if (st != TACIT_RESOURCES) fail_msg("allocation %zu of %zu fails: %s", i, all, tacit_status_name(st));
    }
    failing = 0;
}

/* ---------------------------------------------------------------- published proofs */
typedef struct files {
    unsigned char *cert, *proof, *scratch;
    size_t cert_size, proof_size, scratch_size;
    bool certificate_alone;
    tacit_verdict v;
    tacit_error err;
} files;

static void read_file(const char *name, const char *kind, unsigned char **data, size_t *size) {
    char path[256];
    tacit_error err = {0};
    snprintf(path, sizeof path, TACIT_SOURCE_DIR "/vectors/proofs/%s-%d.%s", name, EXT_DEG, kind);
    if (file_read(path, 1 << 24, data, size, &err) != TACIT_OK) fail_msg("%s", err.text);
}

static void open_files(files *f, const char *proof) {
    memset(f, 0, sizeof *f);
    read_file(proof, "proof", &f->proof, &f->proof_size);
    read_file("small", "cert", &f->cert, &f->cert_size);
    f->scratch_size = tacit_verify_scratch(f->cert, f->cert_size);
    f->scratch = aligned_alloc(64, f->scratch_size / 64 * 64 + 64); /* the arena aligns addresses */
}

static void close_files(files *f) {
    free(f->cert);
    free(f->proof);
    free(f->scratch);
}

static tacit_status verify_files(void *ctx) {
    files *f = ctx;
    memset(&f->v, 0xaa, sizeof f->v);
    tacit_status st = f->certificate_alone
                          ? tacit_verify_certificate(f->cert, f->cert_size, f->scratch, f->scratch_size, &f->v, &f->err)
                          : tacit_verify(f->cert, f->cert_size, f->proof, f->proof_size, NULL, f->scratch,
                                         f->scratch_size, &f->v, &f->err);
    assert_int_equal(st, f->err.status);
    if (st != TACIT_OK) { /* a failure shows nothing */
        tacit_verdict nothing;
        memset(&nothing, 0, sizeof nothing);
        assert_memory_equal(&f->v, &nothing, sizeof nothing);
    }
    return st;
}

static void test_files(void **state) {
    static const char *const names[] = {"small", "shown"};
    files f;
    (void)state;
    for (int i = 0; i < 2; i++) {
        open_files(&f, names[i]);
        each_fails(verify_files, &f);
        f.certificate_alone = true;
        each_fails(verify_files, &f);
        close_files(&f);
    }
}

/* As much as was used is enough, one byte less is not; what is stated is more. */
static void test_size(void **state) {
    files f;
    (void)state;
    open_files(&f, "small");
    assert_int_equal(verify_files(&f), TACIT_OK);
    size_t stated = f.scratch_size, used = f.v.scratch_used;
    assert_true(used < stated / 4);
    free(f.scratch);
    f.scratch = aligned_alloc(64, (used + 63) / 64 * 64);
    f.scratch_size = used;
    assert_int_equal(verify_files(&f), TACIT_OK);
    assert_int_equal(f.v.scratch_used, used);
    for (size_t n = 0; n < used; n += n < 4096 ? 64 : used / 50) {
        f.scratch_size = n;
        assert_int_equal(verify_files(&f), TACIT_RESOURCES);
    }
    f.scratch_size = used - 1;
    assert_int_equal(verify_files(&f), TACIT_RESOURCES);
    free(f.scratch);
    f.scratch = NULL;
    f.scratch_size = 0;
    assert_int_equal(verify_files(&f), TACIT_RESOURCES);
    close_files(&f);
}

static void test_stated(void **state) {
    const unsigned char cert[8] = {'T', 'A', 'C', 'C'}, other[8] = {'T', 'A', 'C', 'P'};
    (void)state;
    assert_true(tacit_verify_scratch(cert, 8) > 0);
    assert_int_equal(tacit_verify_scratch(cert, 7), 0);
    assert_int_equal(tacit_verify_scratch(other, 8), 0);
}

/* ---------------------------------------------------------------- a statement that has one of everything */
typedef struct scene {
    lab l;
    unsigned char *proof, *relations;
    size_t proof_size, relations_size;
    program p;
} scene;

/* A table of the squares of a range: values, not runs. */
static uint32_t squares(lab *l) {
    enum { ROWS = 40 };
    static int64_t root[ROWS], square[ROWS];
    for (int i = 0; i < ROWS; i++) root[i] = i - 8, square[i] = root[i] * root[i];
    const table_column columns[] = {{.values = root}, {.values = square}};
    return builder_table(l->b, 2, columns, ROWS);
}

static uint32_t ranged(lab *l, tensor_kind kind, const char *name, shape s, int64_t lo, int64_t hi) {
    char look[64];
    uint32_t t =
        kind == TENSOR_COMMITTED ? builder_committed(l->b, name, &s) : builder_external(l->b, kind, name, &s, lo, hi);
    snprintf(look, sizeof look, "%s.range", name);
    if (kind != TENSOR_PARAM) builder_lookup(l->b, look, builder_range_table(l->b, lo, hi), &t);
    return t;
}

/* h = x w^T + 2 v x + s, with v = the public u transposed and turned round, s = x^2 by the table, and products of two
 * hidden linear tensors; y = h mirrored. */
static void build(lab *l, uint32_t *x, uint32_t *u, uint32_t *w) {
    enum { N = 4 };
    static const int32_t turned[N * N] = {15, 11, 7, 3, 14, 10, 6, 2, 13, 9, 5, 1, 12, 8, 4, 0},
                                    mirror[N] = {3, 2, 1, 0};
    const shape s = shape2(N, N);
    *x = ranged(l, TENSOR_INPUT, "x", s, -8, 7);
    *u = ranged(l, TENSOR_INPUT, "u", s, -8, 7);
    *w = builder_external(l->b, TENSOR_PARAM, "w", &s, -8, 7);
    uint32_t square = builder_committed(l->b, "square", &s), h = ranged(l, TENSOR_COMMITTED, "h", s, -5000, 5000);
    uint32_t y = ranged(l, TENSOR_OUTPUT, "y", s, -5000, 5000);
    uint32_t look = builder_lookup(l->b, "square", squares(l), (const uint32_t[]){*x, square});
    builder_advice(l->b, &(advice){.kind = ADVICE_TABLE, .relation = look});
    const view_group both[] = {{2, 2, {0, 1}, {0, 1}, N * N, turned}};
    static const int32_t holes[N * N] = {15, -1, 7, 3, 14, 10, -1, 2, 13, 9, 5, 1, 12, 8, 4, 0};
    uint32_t v = builder_view(l->b, "v", *u, &s, (const view_group[]){{2, 2, {0, 1}, {0, 1}, N * N, holes}}, 1);
    uint32_t xx = builder_view(l->b, "xx", *x, &s, both, 1);
    uint32_t twice = builder_linear(l->b, "twice", &s, (const linear_term[]){{2, *x}, {1, *w}}, 2, 3);
    const product p[] = {{1, *x, *w, {0, 2}, {1, 2}},
                         {2, v, *x, {0, 1}, {0, 1}},
                         {1, twice, xx, {0, 1}, {0, 1}},
                         {1, *x, *x, {0, 1}, {0, 1}},
                         {-1, twice, twice, {0, 2}, {2, 1}}};
    uint32_t c = builder_constraint(l->b, "h", &s, p, 5, (const linear_term[]){{-1, h}, {1, square}}, 2, 1);
    builder_advice(l->b, &(advice){.kind = ADVICE_SOLVE, .relation = c, .y = h});
    /* rows of w by a hidden index; a tensor that two views bound, each a part of it */
    const shape three = shape1(3), rows = shape2(3, N), four = shape1(N), one = shape1(1);
    uint32_t index = builder_external(l->b, TENSOR_INPUT, "index", &three, 0, N - 1);
    uint32_t taken = builder_committed(l->b, "taken", &rows), part = builder_committed(l->b, "part", &four);
    look = builder_lookup(l->b, "taken", builder_gather_table(l->b, *w), (const uint32_t[]){index, taken});
    builder_advice(l->b, &(advice){.kind = ADVICE_TABLE, .relation = look});
    static const int32_t first_row[N] = {0, 1, 2, 3}, front[3] = {0, 1, 2}, back[1] = {3};
    uint32_t line = builder_view(l->b, "line", *x, &four, (const view_group[]){{1, 2, {0}, {0, 1}, N, first_row}}, 1);
    uint32_t head = builder_view(l->b, "head", part, &three, (const view_group[]){{1, 1, {0}, {0}, 3, front}}, 1);
    uint32_t tail = builder_view(l->b, "tail", part, &one, (const view_group[]){{1, 1, {0}, {0}, 1, back}}, 1);
    builder_lookup(l->b, "head", builder_range_table(l->b, -8, 7), &head);
    builder_lookup(l->b, "tail", builder_range_table(l->b, -8, 8), &tail);
    c = builder_constraint(l->b, "part", &four, NULL, 0, (const linear_term[]){{1, line}, {-1, part}}, 2, 0);
    builder_advice(l->b, &(advice){.kind = ADVICE_SOLVE, .relation = c, .y = part});
    const view_group turn[] = {{1, 1, {0}, {0}, N, NULL}, {1, 1, {1}, {1}, N, mirror}};
    uint32_t out = builder_view(l->b, "out", h, &s, turn, 2);
    c = builder_constraint(l->b, "y", &s, NULL, 0, (const linear_term[]){{1, out}, {-1, y}}, 2, 0);
    builder_advice(l->b, &(advice){.kind = ADVICE_SOLVE, .relation = c, .y = y});
}

/* The program is read, the statement made and the proof verified anew. */
static tacit_status verify_scene(void *ctx) {
    scene *q = ctx;
    lab *l = &q->l;
    size_t mark = arena_mark(&l->a);
    memset(&l->err, 0, sizeof l->err);
    tacit_status st = program_parse(&q->p, q->relations, q->relations_size, &l->a, &l->err);
    l->st.p = &q->p;
    if (st == TACIT_OK) st = statement_make(&l->st, &l->a, &l->err);
    if (st == TACIT_OK) {
        transcript ch;
        session s;
        transcript_verifier(&ch, q->proof, q->proof_size, &l->err);
        session_init(&s, &q->p, l->bind, &ch, &l->a, &l->err);
        st = statement_run(&l->st, &s, NULL);
    }
    arena_release(&l->a, mark);
    return st;
}

static void test_everything(void **state) {
    scene q;
    uint32_t x, u, w;
    int64_t values[16];
    (void)state;
    lab_start(&q.l);
    build(&q.l, &x, &u, &w);
    lab_load(&q.l);
    for (int i = 0; i < 16; i++) values[i] = i * 5 % 16 - 8;
    lab_set(&q.l, x, values);
    lab_set(&q.l, u, values);
    for (int i = 0; i < 16; i++) values[i] = i * 11 % 16 - 8;
    lab_set(&q.l, w, values);
    for (uint32_t i = 0; i < q.l.p.tensor_count; i++)
        if (strcmp(q.l.p.tensors[i].name, "index") == 0) lab_set(&q.l, i, (const int64_t[]){2, 0, 3});
    q.l.bind[u].kind = BIND_PUBLIC;
    lab_certify(&q.l, 2);
    if (lab_execute(&q.l) != TACIT_OK) fail_msg("%s", q.l.err.text);
    if (lab_statement(&q.l) != TACIT_OK) fail_msg("%s", q.l.err.text);
    if (lab_prove(&q.l, &q.proof, &q.proof_size) != TACIT_OK) fail_msg("%s", q.l.err.text);
    writer measure = {0};
    program_write(&q.l.p, false, &measure);
    q.relations = malloc(q.relations_size = measure.at);
    measure = (writer){q.relations, q.relations_size, 0};
    program_write(&q.l.p, false, &measure);
    each_fails(verify_scene, &q);
    free(q.relations);
    free(q.proof);
    lab_end(&q.l);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_files), cmocka_unit_test(test_size),
                                       cmocka_unit_test(test_stated), cmocka_unit_test(test_everything)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
