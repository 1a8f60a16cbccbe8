/* Lying provers, through the library's own prover: each lie meets exactly its reject code. A lie about values ends in
 * FUNCTIONAL (the one equation that all others were batched into); a proof shown for another statement meets other
 * query positions, so its columns do not lie under their roots (MERKLE) or its paths have another length (SHORT). */
#include "lab.h" /* before cmocka, which defines a macro fail */
#include "proof/files.h"
#include "tacit/tacit.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---------------------------------------------------------------- the frame */
static tacit_reject verdict(lab *l, const unsigned char *proof, size_t size) {
    tacit_status st = lab_verify(l, proof, size);
    if (st == TACIT_OK) return TACIT_REJECT_NONE;
    if (st != TACIT_REJECTED) fail_msg("verify: %s", l->err.text);
    return l->err.reject;
}
static unsigned char *prove(lab *l, size_t *size) {
    unsigned char *proof = NULL;
    if (lab_statement(l) != TACIT_OK) fail_msg("statement: %s", l->err.text);
    if (lab_prove(l, &proof, size) != TACIT_OK) fail_msg("prove: %s", l->err.text);
    return proof;
}
static void expect(lab *l, tacit_reject code, const char *what) {
    size_t size;
    unsigned char *proof = prove(l, &size);
    tacit_reject got = verdict(l, proof, size);
    free(proof);
    if (got != code) fail_msg("%s: %s, not %s", what, tacit_reject_name(got), tacit_reject_name(code));
}
static void again(lab *l) { /* the statement, after a rejection */
    memset(&l->err, 0, sizeof l->err);
    if (lab_statement(l) != TACIT_OK) fail_msg("statement: %s", l->err.text);
}
/* Of another statement. */
static void assert_foreign(tacit_reject got) {
    if (got != TACIT_REJECT_MERKLE && got != TACIT_REJECT_SHORT) fail_msg("%s", tacit_reject_name(got));
}

static uint32_t ranged(lab *l, tensor_kind kind, const char *name, shape s, int64_t lo, int64_t hi) {
    char look[64];
    uint32_t t =
        kind == TENSOR_COMMITTED ? builder_committed(l->b, name, &s) : builder_external(l->b, kind, name, &s, lo, hi);
    snprintf(look, sizeof look, "%s.range", name);
    if (kind != TENSOR_PARAM) builder_lookup(l->b, look, builder_range_table(l->b, lo, hi), &t);
    return t;
}

/* ---------------------------------------------------------------- a layer: x w -> rescale -> relu -> y = a reversed */
enum { IN = 5, OUT = 6, SHIFT = 3, TOP = 10 };
typedef struct layer {
    uint32_t x, w, h, rem, a, y;
} layer;
static layer ids;

static layer make_layer(lab *l) {
    static int32_t map[OUT] = {5, 4, 3, 2, 1, 0};
    layer m;
    shape sx = shape2(1, IN), sw = shape2(OUT, IN), sh = shape2(1, OUT);
    m.x = ranged(l, TENSOR_INPUT, "x", sx, -4, 3);
    m.w = builder_external(l->b, TENSOR_PARAM, "w", &sw, -4, 3);
    m.h = builder_committed(l->b, "h", &sh);
    m.rem = ranged(l, TENSOR_COMMITTED, "rem", sh, 0, (1 << SHIFT) - 1);
    m.a = builder_committed(l->b, "a", &sh);
    product p = {1, m.x, m.w, {0, 2}, {1, 2}};
    linear_term t[2] = {{-(1 << SHIFT), m.h}, {-1, m.rem}};
    uint32_t c = builder_constraint(l->b, "fc", &sh, &p, 1, t, 2, 1 << (SHIFT - 1));
    builder_advice(l->b, &(advice){.kind = ADVICE_RESCALE, .relation = c, .y = m.h, .rem = m.rem, .shift = SHIFT});
    table_run rx[1] = {{2 * TOP + 1, -TOP, 1}}, ry[2] = {{TOP, 0, 0}, {TOP + 1, 0, 1}};
    table_column col[2] = {{.run_count = 1, .runs = rx}, {.run_count = 2, .runs = ry}};
    uint32_t pair[2] = {m.h, m.a};
    uint32_t look = builder_lookup(l->b, "relu", builder_table(l->b, 2, col, 2 * TOP + 1), pair);
    builder_advice(l->b, &(advice){.kind = ADVICE_TABLE, .relation = look});
    view_group g[2] = {{1, 1, {0}, {0}, 1, NULL}, {1, 1, {1}, {1}, OUT, map}};
    uint32_t rev = builder_view(l->b, "rev", m.a, &sh, g, 2);
    m.y = ranged(l, TENSOR_OUTPUT, "y", sh, 0, 3 * TOP);
    linear_term identity[2] = {{3, rev}, {-1, m.y}}; /* y = 3 a reversed */
    c = builder_constraint(l->b, "out", &sh, NULL, 0, identity, 2, 0);
    builder_advice(l->b, &(advice){.kind = ADVICE_SOLVE, .relation = c, .y = m.y});
    return m;
}
static void load_layer(lab *l, uint64_t openings) {
    static const int64_t x[IN] = {3, -2, 1, 0, -4};
    int64_t w[OUT * IN];
    lab_start(l);
    ids = make_layer(l);
    lab_load(l);
    for (int i = 0; i < OUT * IN; i++) w[i] = (i * 5 + 2) % 8 - 4;
    lab_set(l, ids.x, x);
    lab_set(l, ids.w, w);
    lab_certify(l, openings);
    if (lab_execute(l) != TACIT_OK) fail_msg("%s", l->err.text);
}
static int32_t *of(lab *l, uint32_t t) {
    return l->t.values[t];
}
static int32_t relu(int32_t v) {
    return v > 0 ? v : 0;
}
/* Everything after h once more, as an honest prover would. */
static void follow(lab *l) {
    for (int i = 0; i < OUT; i++) of(l, ids.a)[i] = relu(of(l, ids.h)[i]);
    for (int i = 0; i < OUT; i++) of(l, ids.y)[i] = 3 * of(l, ids.a)[OUT - 1 - i];
    lab_recount(l);
}

/* ---------------------------------------------------------------- lies about values */
static void lie_input(lab *l) {
    of(l, ids.x)[1]++;
}
static void lie_weight(lab *l) {
    of(l, ids.w)[7] = of(l, ids.w)[7] < 3 ? of(l, ids.w)[7] + 1 : 2;
}
static void lie_weights_executed(lab *l) { /* consistent all the way down, but not the certificate's weights */
    for (int i = 0; i < OUT * IN; i++) of(l, ids.w)[i] = -1 - of(l, ids.w)[i];
    if (lab_execute(l) != TACIT_OK) fail_msg("%s", l->err.text);
}
static void lie_product(lab *l) {
    of(l, ids.h)[2]++;
    follow(l);
}
static void lie_remainder_high(lab *l) { /* 2^s h + rem is right, rem is not in [0, 2^s) */
    of(l, ids.h)[2]--;
    of(l, ids.rem)[2] += 1 << SHIFT;
    follow(l);
}
static void lie_remainder_low(lab *l) {
    of(l, ids.h)[2]++;
    of(l, ids.rem)[2] -= 1 << SHIFT;
    follow(l);
}
static void lie_tie(lab *l) {
    of(l, ids.rem)[0] = (of(l, ids.rem)[0] + 1) % (1 << SHIFT);
}
static void lie_function(lab *l) {
    of(l, ids.a)[3]++;
    of(l, ids.y)[2] += 3;
    lab_recount(l);
}
static void lie_layer_dropped(lab *l) {
    for (int i = 0; i < OUT; i++) of(l, ids.a)[i] = of(l, ids.h)[i];
    for (int i = 0; i < OUT; i++) of(l, ids.y)[i] = relu(3 * of(l, ids.a)[OUT - 1 - i]);
    lab_recount(l);
}
static void lie_out_of_table(lab *l) { /* h leaves the table; y stays in its own */
    of(l, ids.h)[4] = TOP + 1;
    lab_recount(l);
}
static void lie_output(lab *l) {
    of(l, ids.y)[0]++;
}
static void lie_output_counted(lab *l) {
    lie_output(l);
    lab_recount(l);
}
static void lie_view(lab *l) { /* two elements swapped */
    int32_t *y = of(l, ids.y), t = y[0];
    for (int i = 1; i < OUT; i++)
        if (y[i] != t) {
            y[0] = y[i];
            y[i] = t;
            lab_recount(l);
            return;
        }
    fail_msg("all outputs are equal");
}
static uint32_t multiplicity(lab *l, uint32_t t) {
    return l->p.tables[t].multiplicity;
}
static void lie_multiplicity(lab *l) {
    of(l, multiplicity(l, 0))[0]++;
}
static void lie_multiplicity_moved(lab *l) {
    of(l, multiplicity(l, 0))[0]++;
    of(l, multiplicity(l, 0))[1]--;
}
static void lie_multiplicity_table(lab *l) { /* a use moved to another table */
    of(l, multiplicity(l, 0))[3]++;
    of(l, multiplicity(l, 1))[3]--;
}

static const struct {
    const char *name;
    void (*tell)(lab *l);
} lies[] = {{"input", lie_input},
            {"weight", lie_weight},
            {"weights, executed", lie_weights_executed},
            {"product", lie_product},
            {"remainder too high", lie_remainder_high},
            {"remainder too low", lie_remainder_low},
            {"another remainder", lie_tie},
            {"function value", lie_function},
            {"layer dropped", lie_layer_dropped},
            {"value in no row", lie_out_of_table},
            {"output", lie_output},
            {"output, counted", lie_output_counted},
            {"view", lie_view},
            {"multiplicity", lie_multiplicity},
            {"multiplicity moved", lie_multiplicity_moved},
            {"multiplicity of another table", lie_multiplicity_table}};

/* Bug 1: layers left out, among others. */
static void test_values(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++)
        for (int secret = 0; secret < 2; secret++) {
            lab l;
            load_layer(&l, 2);
            if (secret)
                l.bind[ids.y].kind = BIND_PRIVATE;
            else
                l.bind[ids.x].kind = BIND_PUBLIC;
            expect(&l, TACIT_REJECT_NONE, "honest");
            l.bind[ids.x].values = l.bind[ids.y].values = NULL;
            lies[i].tell(&l);
            expect(&l, TACIT_REJECT_FUNCTIONAL, lies[i].name);
            lab_end(&l);
        }
}

/* What the prover shows is not what it used: public values of the statement against the witness. */
static void test_shown(void **state) {
    (void)state;
    for (int which = 0; which < 2; which++) {
        lab l;
        size_t size;
        unsigned char *proof;
        load_layer(&l, 2);
        l.bind[ids.x].kind = BIND_PUBLIC;
        if (lab_statement(&l) != TACIT_OK) fail_msg("%s", l.err.text);
        int64_t *v = (int64_t *)(uintptr_t)l.bind[which ? ids.y : ids.x].values;
        v[3] += v[3] > 0 ? -1 : 1;
        if (lab_prove(&l, &proof, &size) != TACIT_OK) fail_msg("%s", l.err.text);
        assert_int_equal(verdict(&l, proof, size), TACIT_REJECT_FUNCTIONAL);
        free(proof);
        v[3] = 1000;
        memset(&l.err, 0, sizeof l.err);
        assert_int_equal(lab_statement(&l), TACIT_REJECTED);
        assert_int_equal(l.err.reject, TACIT_REJECT_PUBLIC_RANGE);
        lab_end(&l);
    }
}

/* The prover works on another program: an im2col map with one wrong element, a table with one wrong row. Bug 1. */
static void test_other_program(void **state) {
    (void)state;
    for (int which = 0; which < 2; which++) {
        lab l;
        load_layer(&l, 2);
        program *p = ARENA_NEW(&l.a, program, 1), keep = l.p;
        *p = l.p;
        if (which == 0) {
            static int32_t map[OUT] = {5, 4, 3, 2, 1, 1};
            p->tensors = ARENA_NEW(&l.a, tensor, p->tensor_count);
            memcpy(p->tensors, keep.tensors, p->tensor_count * sizeof *p->tensors);
            for (uint32_t i = 0; i < p->tensor_count; i++) {
                tensor *t = &p->tensors[i];
                if (t->kind != TENSOR_VIEW) continue;
                view_group *g = ARENA_NEW(&l.a, view_group, t->group_count);
                memcpy(g, t->groups, t->group_count * sizeof *g);
                for (uint32_t k = 0; k < t->group_count; k++)
                    if (g[k].size == OUT) g[k].map = map;
                t->groups = g;
            }
        } else {
            static table_run other[3] = {{TOP - 1, 0, 0}, {1, 1, 0}, {TOP + 1, 0, 1}}; /* relu(-1) = 1 */
            p->tables = ARENA_NEW(&l.a, table, p->table_count);
            memcpy(p->tables, keep.tables, p->table_count * sizeof *p->tables);
            for (uint32_t i = 0; i < p->table_count; i++)
                if (p->tables[i].width == 2)
                    p->tables[i].columns[1] = (table_column){.run_count = 3, .runs = other, .lo = 0, .hi = TOP};
        }
        l.t.p = p;
        if (lab_execute(&l) != TACIT_OK) fail_msg("%s", l.err.text);
        bool used = which == 0; /* the wrong row or element */
        for (int i = 0; i < OUT; i++) used |= of(&l, ids.h)[i] == -1;
        assert_true(used);
        expect(&l, TACIT_REJECT_FUNCTIONAL, which ? "table" : "view");
        lab_end(&l);
    }
}

/* A value that is in a table, but in one with another id. */
static void test_other_table(void **state) {
    (void)state;
    lab l;
    lab_start(&l);
    uint32_t a = ranged(&l, TENSOR_INPUT, "a", shape1(2), 0, 3), b = ranged(&l, TENSOR_INPUT, "b", shape1(2), 0, 7);
    lab_load(&l);
    of(&l, a)[0] = 1;
    of(&l, b)[0] = 5;
    lab_recount(&l);
    expect(&l, TACIT_REJECT_NONE, "honest");
    of(&l, a)[1] = 6;
    lab_recount(&l);
    for (uint32_t t = 0; t < 2; t++)
        if (l.p.tables[t].rows == 8) of(&l, multiplicity(&l, t))[6]++;
    expect(&l, TACIT_REJECT_FUNCTIONAL, "6 is in the other table");
    lab_end(&l);
}

/* Trees of every height, one of a single leaf among them; one value out of range in each. */
static void test_forest(void **state) {
    (void)state;
    static const uint32_t sizes[4] = {1, 2, 5, 1};
    for (int lie = -1; lie < 4; lie++) {
        lab l;
        uint32_t v[4];
        char name[4][8];
        lab_start(&l);
        for (int i = 0; i < 4; i++) {
            snprintf(name[i], sizeof name[i], "v%d", i);
            v[i] = ranged(&l, TENSOR_INPUT, name[i], shape1(sizes[i]), 0, 2 + i % 3);
        }
        lab_load(&l);
        for (int i = 0; i < 4; i++)
            for (uint32_t k = 0; k < sizes[i]; k++) of(&l, v[i])[k] = (int32_t)k % (3 + i % 3);
        if (lie >= 0) of(&l, v[lie])[sizes[lie] - 1] = 3 + lie % 3;
        lab_recount(&l);
        expect(&l, lie < 0 ? TACIT_REJECT_NONE : TACIT_REJECT_FUNCTIONAL, lie < 0 ? "honest" : name[lie]);
        lab_end(&l);
    }
}

/* ---------------------------------------------------------------- another statement */
/* Bindings that do not fit the certificate, and certificates that do not fit the profile. */
static void test_bindings(void **state) {
    (void)state;
    for (int lie = 0; lie < 6; lie++) {
        lab l;
        load_layer(&l, 2);
        certificate *c = ARENA_NEW(&l.a, certificate, 1);
        *c = *l.cert;
        c->items = ARENA_NEW(&l.a, certificate_item, 1);
        c->items[0] = l.cert->items[0];
        if (lie == 0) c->items[0].hi++;
        if (lie == 1) c->items[0].lo--;
        if (lie == 2) c->items[0].name = "v";
        if (lie == 3) c->items[0].shape = shape2(IN, OUT);
        if (lie == 4) c->t_max = 10;
        if (lie == 5) l.bind[ids.w].kind = BIND_PRIVATE;
        l.cert = c;
        assert_int_equal(lab_statement(&l), lie == 4 ? TACIT_SOUNDNESS : TACIT_MALFORMED);
        lab_end(&l);
    }
}

/* Bug 8: what is shown is part of the statement. */
static void test_replay(void **state) {
    (void)state;
    lab l, other;
    size_t size, other_size;
    load_layer(&l, 4);
    load_layer(&other, 4); /* the same weights, another commitment */
    unsigned char *proof = prove(&l, &size), *second = prove(&other, &other_size);
    assert_int_equal(verdict(&l, proof, size), TACIT_REJECT_NONE);
    assert_int_equal(verdict(&other, second, other_size), TACIT_REJECT_NONE);
    assert_foreign(verdict(&other, proof, size));
    assert_foreign(verdict(&l, second, other_size));
    l.context = "another";
    again(&l);
    assert_foreign(verdict(&l, proof, size));
    l.context = "lab";
    again(&l);
    assert_int_equal(verdict(&l, proof, size), TACIT_REJECT_NONE);
    int64_t *y = (int64_t *)(uintptr_t)l.bind[ids.y].values;
    y[0]++;
    assert_foreign(verdict(&l, proof, size)); /* another output */
    y[0]--;
    l.st.model.b[0] ^= 1;
    assert_foreign(verdict(&l, proof, size)); /* another model digest */
    l.st.model.b[0] ^= 1;
    l.p.digest.b[31] ^= 1;
    assert_foreign(verdict(&l, proof, size)); /* another program */
    l.p.digest.b[31] ^= 1;
    l.bind[ids.y].kind = BIND_PRIVATE;
    again(&l);
    assert_int_not_equal(verdict(&l, proof, size), TACIT_REJECT_NONE); /* another visibility */
    free(proof);
    free(second);
    lab_end(&l);
    lab_end(&other);
}

static void test_bytes(void **state) {
    (void)state;
    lab l;
    size_t size;
    load_layer(&l, 2);
    unsigned char *proof = prove(&l, &size), *more = calloc(1, size + 8);
    size_t roots = 32 * (size_t)l.st.geometry.domain_count;
    memcpy(more, proof, size);
    assert_int_equal(verdict(&l, more, size + 8), TACIT_REJECT_LONG);
    assert_int_equal(verdict(&l, more, size - 1), TACIT_REJECT_SHORT);
    assert_int_equal(verdict(&l, more, 0), TACIT_REJECT_SHORT);
    memset(more + roots, 0xff, 8); /* the first field element */
    assert_int_equal(verdict(&l, more, size), TACIT_REJECT_NOT_CANONICAL);
    static const unsigned char p[8] = {1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff};
    memcpy(more + roots, p, 8); /* p itself */
    assert_int_equal(verdict(&l, more, size), TACIT_REJECT_NOT_CANONICAL);
    memcpy(more, proof, size);
    more[size - 1] ^= 1; /* the end of the last path */
    assert_int_equal(verdict(&l, more, size), TACIT_REJECT_MERKLE);
    free(more);
    free(proof);
    lab_end(&l);
}

/* l_i(1) = 0 in Gruen's form: only the prover may restart. */
static void test_degenerate(void **state) {
    (void)state;
    tacit_error err = {.status = TACIT_OK};
    transcript ch;
    session s;
    arena a;
    unsigned char proof[64] = {0};
    ext z[1] = {EXT_ZERO}, r[1];
    expr claim = {.count = 0};
    assert_int_equal(arena_map(&a, 1 << 20, &err), TACIT_OK);
    transcript_verifier(&ch, proof, sizeof proof, &err);
    session_init(&s, NULL, NULL, &ch, &a, &err);
    assert_int_equal(sumcheck_gruen(&s, TAG_ZERO_ROUND, 1, z, &claim, NULL, r), TACIT_REJECTED);
    assert_int_equal(err.reject, TACIT_REJECT_DEGENERATE);
    arena_unmap(&a);
}

static void test_budget(void **state) {
    (void)state;
    lab l;
    size_t size;
    unsigned char *proof;
    load_layer(&l, 2);
    free(prove(&l, &size));
    assert_int_equal(key_left(l.secret), 1);
    free(prove(&l, &size));
    assert_int_equal(key_left(l.secret), 0);
    assert_int_equal(lab_prove(&l, &proof, &size), TACIT_BUDGET);
    lab_end(&l);
}

/* ---------------------------------------------------------------- files */
typedef struct files {
    tacit_model *model;
    tacit_key *key;
    unsigned char *cert, *proof, *scratch;
    size_t cert_size, proof_size, scratch_size;
    uint8_t digest[32];
    char cert_path[80], key_path[80];
} files;
static tacit_error err;
static tacit_verdict seen;

static unsigned char *slurp(const char *path, size_t *n) {
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    fseek(f, 0, SEEK_END);
    *n = (size_t)ftell(f);
    rewind(f);
    unsigned char *p = malloc(*n);
    assert_int_equal(fread(p, 1, *n, f), *n);
    fclose(f);
    return p;
}
/* A model from the layer; `shift` makes its weights others. */
static void make_files(files *f, int shift) {
    lab l;
    static int number;
    int32_t w[OUT * IN];
    const int32_t **weights;
    lab_start(&l);
    ids = make_layer(&l);
    lab_load(&l);
    for (int i = 0; i < OUT * IN; i++) w[i] = (i * 5 + shift) % 8 - 4;
    weights = calloc(l.p.tensor_count, sizeof *weights);
    weights[ids.w] = w;
    model_io io[2] = {{ids.x, 0}, {ids.y, 0}};
    if (model_make(&f->model, l.bytes, l.bytes_size, io, 2, TACIT_REFUSE, weights, &err) != TACIT_OK)
        fail_msg("%s", err.text);
    free(weights);
    lab_end(&l);
    snprintf(f->cert_path, sizeof f->cert_path, "%s/liars%d.cert", lab_folder(), number);
    snprintf(f->key_path, sizeof f->key_path, "%s/liars%d.key", lab_folder(), number++);
    tacit_commit_options o = {.proofs = 4};
    if (tacit_commit(f->model, &o, f->cert_path, f->key_path, f->digest, &err) != TACIT_OK) fail_msg("%s", err.text);
    if (tacit_key_open(&f->key, f->key_path, &err) != TACIT_OK) fail_msg("%s", err.text);
    f->cert = slurp(f->cert_path, &f->cert_size);
    static const int64_t x[IN] = {3, -2, 1, 0, -4};
    const int64_t *inputs[1] = {x};
    tacit_prove_options po = {.context = "nonce", .context_size = 5};
    if (tacit_prove(f->key, inputs, NULL, &po, &f->proof, &f->proof_size, NULL, &err) != TACIT_OK)
        fail_msg("%s", err.text);
    f->scratch_size = tacit_verify_scratch(f->cert, f->cert_size);
    f->scratch = malloc(f->scratch_size);
}
static void drop_files(files *f) {
    tacit_key_close(f->key);
    tacit_model_free(f->model);
    tacit_free(f->proof);
    free(f->cert);
    free(f->scratch);
}
static tacit_reject checked(files *f, const unsigned char *proof, size_t size, const tacit_expectation *e) {
    tacit_status st = tacit_verify(f->cert, f->cert_size, proof, size, e, f->scratch, f->scratch_size, &seen, &err);
    if (st == TACIT_OK) return TACIT_REJECT_NONE;
    if (st != TACIT_REJECTED) fail_msg("%s", err.text);
    return err.reject;
}
/* Header of the proof file; the offset of its messages. */
static size_t header_of(files *f, proof_file *p) {
    static arena a;
    static cert_file c;
    tacit_error e = {.status = TACIT_OK};
    if (!a.base && arena_map(&a, (size_t)64 << 20, &e) != TACIT_OK) fail_msg("%s", e.text);
    if (cert_file_parse(&c, f->cert, f->cert_size, &a, &e) != TACIT_OK) fail_msg("%s", e.text);
    if (proof_file_parse(p, &c.pub, f->proof, f->proof_size, &a, &e) != TACIT_OK) fail_msg("%s", e.text);
    return f->proof_size - p->proof_size;
}
/* The proof with another header. */
static unsigned char *with_header(files *f, const proof_file *p, size_t *size) {
    writer w = {NULL, 0, 0};
    proof_file_write(p, &((struct tacit_model *)f->model)->pub, &w);
    size_t head = w.at;
    w = (writer){malloc(head + p->proof_size), head, 0};
    proof_file_write(p, &((struct tacit_model *)f->model)->pub, &w);
    memcpy(w.data + head, p->proof, p->proof_size);
    *size = head + p->proof_size;
    return w.data;
}

/* Bugs 8, 13: what a header says of sizes and modes is held against the statement; cut files are malformed. */
static void test_files(void **state) {
    (void)state;
    files a = {0}, b = {0};
    proof_file p, q;
    size_t size;
    unsigned char *bytes;
    make_files(&a, 2);
    make_files(&b, 3);
    tacit_expectation good = {.model = a.digest, .context = "nonce", .context_size = 5};
    assert_int_equal(checked(&a, a.proof, a.proof_size, &good), TACIT_REJECT_NONE);
    assert_int_equal(checked(&a, a.proof, a.proof_size, NULL), TACIT_REJECT_NONE);
    assert_int_equal(seen.shown_count, 2);
    assert_null(seen.shown[0].values);
    assert_non_null(seen.shown[1].values);
    /* another model, another context */
    assert_int_equal(checked(&b, a.proof, a.proof_size, NULL), TACIT_REJECT_CERTIFICATE_DIGEST);
    tacit_expectation other = {.model = b.digest}, late = {.context = "nonse", .context_size = 5},
                      cut = {.context = "nonce", .context_size = 4};
    assert_int_equal(checked(&a, a.proof, a.proof_size, &other), TACIT_REJECT_CERTIFICATE_DIGEST);
    assert_int_equal(checked(&a, a.proof, a.proof_size, &late), TACIT_REJECT_CONTEXT);
    assert_int_equal(checked(&a, a.proof, a.proof_size, &cut), TACIT_REJECT_CONTEXT);
    /* the header rewritten to say what the verifier wants to hear */
    size_t head = header_of(&a, &p);
    q = p;
    memcpy(q.model.b, b.digest, 32);
    bytes = with_header(&a, &q, &size);
    assert_foreign(checked(&b, bytes, size, &other));
    free(bytes);
    q = p;
    q.context = (const unsigned char *)"nonse";
    bytes = with_header(&a, &q, &size);
    assert_foreign(checked(&a, bytes, size, &late));
    free(bytes);
    int64_t y[OUT];
    memcpy(y, p.values[1], sizeof y);
    q = p;
    q.values[1] = y;
    y[2]++;
    bytes = with_header(&a, &q, &size);
    assert_foreign(checked(&a, bytes, size, &good));
    free(bytes);
    y[2] = 3 * TOP + 1;
    bytes = with_header(&a, &q, &size);
    assert_int_equal(checked(&a, bytes, size, &good), TACIT_REJECT_PUBLIC_RANGE);
    free(bytes);
    y[2] = INT64_MIN;
    bytes = with_header(&a, &q, &size);
    assert_int_equal(checked(&a, bytes, size, &good), TACIT_REJECT_PUBLIC_RANGE);
    free(bytes);
    q = p;
    q.is_public[1] = 0;
    bytes = with_header(&a, &q, &size);
    assert_int_not_equal(checked(&a, bytes, size, &good), TACIT_REJECT_NONE);
    free(bytes);
    /* bytes */
    bytes = malloc(a.proof_size + 1);
    memcpy(bytes, a.proof, a.proof_size);
    bytes[a.proof_size] = 0;
    assert_int_equal(checked(&a, bytes, a.proof_size + 1, &good), TACIT_REJECT_LONG);
    assert_int_equal(checked(&a, bytes, a.proof_size - 1, &good), TACIT_REJECT_SHORT);
    for (size_t cut_at = 0; cut_at < head; cut_at++) {
        tacit_status st =
            tacit_verify(a.cert, a.cert_size, bytes, cut_at, &good, a.scratch, a.scratch_size, &seen, &err);
        assert_int_equal(st, TACIT_MALFORMED);
    }
    /* too little scratch is said, not suffered */
    for (size_t have = 0; have < a.scratch_size; have = have * 2 + 1000) {
        tacit_status st = tacit_verify(a.cert, a.cert_size, a.proof, a.proof_size, &good, a.scratch, have, &seen, &err);
        if (st != TACIT_OK && st != TACIT_RESOURCES) fail_msg("%zu bytes of scratch: %s", have, err.text);
        if (st == TACIT_OK) break;
    }
    free(bytes);
    drop_files(&a);
    drop_files(&b);
}

/* Bug 4: nothing in a file is believed to be a digest. Whatever byte of program, tables, weights' description or root
 * is another one, the file is malformed or speaks of another model, and the old proof is rejected. */
static void test_digest_is_recomputed(void **state) {
    (void)state;
    files f = {0};
    arena a;
    cert_file c;
    size_t parsed = 0;
    make_files(&f, 2);
    memset(&err, 0, sizeof err);
    assert_int_equal(arena_map(&a, (size_t)64 << 20, &err), TACIT_OK);
    assert_int_equal(cert_file_parse(&c, f.cert, f.cert_size, &a, &err), TACIT_OK);
    assert_memory_equal(c.model.b, f.digest, 32);
    size_t end = (size_t)(c.range_proof - f.cert); /* its own statement is the certificate's digest */
    for (size_t i = 0; i < end; i++) {
        tacit_expectation known = {.certificate_checked = 1};
        f.cert[i] ^= (unsigned char)(1u << i % 8);
        memset(&err, 0, sizeof err);
        arena_release(&a, 0);
        tacit_status st = cert_file_parse(&c, f.cert, f.cert_size, &a, &err);
        if (st == TACIT_OK) {
            assert_memory_not_equal(c.model.b, f.digest, 32);
            assert_int_equal(checked(&f, f.proof, f.proof_size, &known), TACIT_REJECT_CERTIFICATE_DIGEST);
            parsed++;
        }
        f.cert[i] ^= (unsigned char)(1u << i % 8);
    }
    assert_true(parsed > 32); /* at least the root */
    assert_int_equal(checked(&f, f.proof, f.proof_size, NULL), TACIT_REJECT_NONE);
    arena_unmap(&a);
    drop_files(&f);
}

/* Certificates: a damaged range proof; weights outside of their interval under a range proof by a liar. */
static void test_range_proof(void **state) {
    (void)state;
    files f = {0};
    make_files(&f, 2);
    assert_int_equal(tacit_verify_certificate(f.cert, f.cert_size, f.scratch, f.scratch_size, &seen, &err), TACIT_OK);
    assert_memory_equal(seen.model, f.digest, 32);
    f.cert[f.cert_size - 1] ^= 1;
    assert_int_equal(tacit_verify_certificate(f.cert, f.cert_size, f.scratch, f.scratch_size, &seen, &err),
                     TACIT_REJECTED);
    assert_int_equal(err.reject, TACIT_REJECT_RANGE_PROOF);
    assert_int_equal(checked(&f, f.proof, f.proof_size, NULL), TACIT_REJECT_RANGE_PROOF);
    tacit_expectation known = {.certificate_checked = 1};
    assert_int_equal(checked(&f, f.proof, f.proof_size, &known), TACIT_REJECT_NONE);
    /* the liar */
    for (int lie = 0; lie < 2; lie++) {
        lab l;
        statement st;
        trace t;
        unsigned char *proof;
        size_t size;
        lab_start(&l);
        ids = make_layer(&l);
        lab_load(&l);
        for (int i = 0; i < OUT * IN; i++) of(&l, ids.w)[i] = (i * 5 + 2) % 8 - 4;
        of(&l, ids.w)[9] = lie ? 4 : 3; /* the interval is -4 .. 3 */
        lab_certify(&l, 2);
        if (range_statement(&st, l.cert, &l.a, &l.err) != TACIT_OK) fail_msg("%s", l.err.text);
        if (trace_make(&t, st.p, NULL, &l.a, &l.err) != TACIT_OK) fail_msg("%s", l.err.text);
        for (uint32_t i = 0; i < st.p->tensor_count; i++)
            if (st.p->tensors[i].kind == TENSOR_PARAM) memcpy(t.values[i], of(&l, ids.w), OUT * IN * sizeof(int32_t));
        tacit_status counted = trace_count(&t, &l.a, &l.err); /* stops at the liar's weight */
        assert_int_equal(counted == TACIT_OK, !lie);
        memset(&l.err, 0, sizeof l.err);
        memset(t.values[st.p->tables[0].multiplicity], 0, st.p->tables[0].rows * sizeof(int32_t));
        for (int i = 0; i < OUT * IN; i++)
            if (of(&l, ids.w)[i] <= 3) t.values[st.p->tables[0].multiplicity][of(&l, ids.w)[i] + 4]++;
        attempt_request r = {.st = &st, .t = &t, .secrets = &l.secret};
        if (attempt_prove(&r, &proof, &size, &l.err) != TACIT_OK) fail_msg("%s", l.err.text);
        writer w = {NULL, 0, 0};
        cert_file_write(&((struct tacit_model *)f.model)->pub, l.cert, proof, size, &w);
        w = (writer){malloc(w.at), w.at, 0};
        cert_file_write(&((struct tacit_model *)f.model)->pub, l.cert, proof, size, &w);
        tacit_status got = tacit_verify_certificate(w.data, w.at, f.scratch, f.scratch_size, &seen, &err);
        if (got != (lie ? TACIT_REJECTED : TACIT_OK)) fail_msg("lie %d: %s", lie, err.text);
        if (lie) assert_int_equal(err.reject, TACIT_REJECT_RANGE_PROOF);
        free(w.data);
        free(proof);
        lab_end(&l);
    }
    drop_files(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_shown),
        cmocka_unit_test(test_other_program),
        cmocka_unit_test(test_forest),
        cmocka_unit_test(test_bindings),
        cmocka_unit_test(test_other_table),
        cmocka_unit_test(test_replay),
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_degenerate),
        cmocka_unit_test(test_budget),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_range_proof),
        cmocka_unit_test(test_digest_is_recomputed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
