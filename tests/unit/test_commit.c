/* Tests of commit/commit: openings of many geometries, and everything that a prover may not change in them. */
#include "test_random.h"
#include "commit_case.h"
#include "base/threads.h"

#define failed(...)                                                                                                    \
    do {                                                                                                               \
        print_error(__VA_ARGS__);                                                                                      \
        print_error("\n");                                                                                             \
        _fail(__FILE__, __LINE__);                                                                                     \
    } while (0)

/* ---------------------------------------------------------------- geometries */
typedef struct plan_row {
    const char *name;
    uint32_t xa, xk, certs, ca[3], ck[3], sa; /* sigma's length */
    uint32_t levels, lk[3], lrate[3];
    uint32_t lanes; /* 0: 2^xk */
} plan_row;

static const plan_row plans[] = {
    {"x and sigma, clear", 8, 2, 0, {0}, {0}, 8, 0, {0}, {0}},
    {"no lanes", 9, 0, 0, {0}, {0}, 8, 0, {0}, {0}},
    {"sigma on its own domain, one level", 10, 3, 0, {0}, {0}, 8, 1, {2}, {3}},
    {"sigma longer than x, one level", 8, 5, 0, {0}, {0}, 9, 1, {2}, {2}},
    {"a longer certificate, clear", 8, 3, 1, {10}, {1}, 8, 0, {0}, {0}},
    {"a shorter certificate, two levels", 11, 2, 1, {9}, {4}, 8, 2, {2, 2}, {3, 4}},
    {"an equal certificate, one level", 10, 1, 1, {10}, {2}, 10, 1, {3}, {4}},
    {"three certificates, three levels", 11, 5, 3, {12, 11, 9}, {0, 2, 6}, 9, 3, {2, 3, 2}, {2, 3, 4}},
    {"ties everywhere, three levels", 9, 2, 3, {9, 9, 9}, {1, 0, 3}, 9, 3, {2, 2, 2}, {2, 2, 4}},
    {"two strips, clear", 8, 3, 0, {0}, {0}, 8, 0, {0}, {0}, .lanes = 6},
    {"five strips and a certificate, one level", 9, 5, 1, {10}, {2}, 9, 1, {3}, {4}, .lanes = 31},
};
enum { PLANS = sizeof plans / sizeof plans[0] };

static void plan_geometry(geometry *g, const plan_row *p) {
    memset(g, 0, sizeof *g);
    g->object_count = p->certs + 2;
    g->object[0] = (geometry_object){.a = p->xa, .k = p->xk, .lanes = p->lanes ? p->lanes : 1u << p->xk};
    for (uint32_t i = 0; i < p->certs; i++)
        g->object[1 + i] = (geometry_object){.a = p->ca[i], .k = p->ck[i], .lanes = 1u << p->ck[i]};
    g->object[p->certs + 1] = (geometry_object){.a = p->sa, .lanes = 1};
    geometry_assemble(g, NULL);
    for (uint32_t c = 0; c < g->object_count; c++) g->object[c].tail = g->domain[g->object[c].domain].t;
    uint32_t folded = 0;
    for (uint32_t i = 0; i < p->levels; i++) folded += p->lk[i];
    uint64_t size = (g->used + (UINT64_C(1) << folded) - 1) >> folded << folded;
    for (uint32_t i = 0; i < p->levels; i++) {
        geometry_level *l = &g->level[g->level_count++];
        *l = (geometry_level){.size = size, .k = p->lk[i]};
        size = geometry_columns(l);
        l->log_n = log2_ceil(size) + p->lrate[i];
        l->t = geometry_queries(UINT64_C(1) << l->log_n, size);
        assert_true(l->t > 0);
    }
}

static void plan_sizes(const geometry *g, uint64_t *sizes) {
    for (uint32_t c = 0; c + 1 < g->object_count; c++)
        sizes[c] = ((UINT64_C(1) << g->object[c].a) - g->object[c].tail) * g->object[c].lanes - c % 2;
}

static void make(commit_case *t, const plan_row *p) {
    uint64_t sizes[MAX_OBJECTS];
    memset(t, 0, sizeof *t);
    plan_geometry(&t->g, p);
    plan_sizes(&t->g, sizes);
    assert_int_equal(case_make(t, sizes), TACIT_OK);
}

static tacit_reject verify(commit_case *t) {
    tacit_status st = case_verify(t, t->proof, t->size, &t->a);
    if (st == TACIT_OK) return TACIT_REJECT_NONE;
    assert_int_equal(st, TACIT_REJECTED);
    return t->err.reject;
}

/* ---------------------------------------------------------------- honest */
static void accepts_all_geometries(void **unused) {
    (void)unused;
    for (size_t i = 0; i < PLANS; i++) {
        commit_case t;
        make(&t, &plans[i]);
        if (case_prove(&t, NULL) != TACIT_OK) failed("%s: %s", plans[i].name, t.err.text);
        if (verify(&t) != TACIT_REJECT_NONE) failed("%s: %s", plans[i].name, t.err.text);
        assert_true(t.size <= geometry_most_bytes(&t.g));
        assert_true(t.size * 100 > geometry_expected_bytes(&t.g) * 95 &&
                    t.size * 100 < geometry_expected_bytes(&t.g) * 105);
        case_free(&t);
    }
}

static void accepts_searched_geometries(void **unused) {
    (void)unused;
    static const struct {
        uint64_t x, cert, openings;
    } rows[] = {{1, 0, 0}, {3000, 0, 0}, {200000, 0, 0}, {500, 3000, 2}, {20000, 3000, 11}, {1000, 100000, 4}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        commit_case t;
        certificate_shape cs;
        uint32_t t_max;
        uint64_t sizes[2] = {rows[i].x, rows[i].cert};
        memset(&t, 0, sizeof t);
        if (rows[i].cert)
            assert_int_equal(geometry_certificate(&cs, rows[i].cert, rows[i].openings, &t_max, &t.err), TACIT_OK);
        block_counts blocks = counts_of_size(rows[i].x);
        assert_int_equal(geometry_make(&t.g, &blocks, &cs, rows[i].cert ? 1 : 0, &t.err), TACIT_OK);
        assert_int_equal(case_make(&t, sizes), TACIT_OK);
        assert_int_equal(case_prove(&t, NULL), TACIT_OK);
        assert_int_equal(verify(&t), TACIT_REJECT_NONE);
        case_free(&t);
    }
}

static void same_bytes_for_any_number_of_threads(void **unused) {
    (void)unused;
    commit_case t;
    unsigned before = threads_max();
    make(&t, &plans[7]);
    assert_int_equal(case_prove(&t, NULL), TACIT_OK);
    unsigned char *first = malloc(t.size);
    size_t size = t.size;
    memcpy(first, t.proof, size);
    for (int n = 1; n <= 5; n += 2) {
        threads_set(n);
        memset(t.proof, 0, t.capacity);
        assert_int_equal(case_prove(&t, NULL), TACIT_OK);
        assert_int_equal(t.size, size);
        assert_memory_equal(t.proof, first, size);
    }
    threads_set(before);
    free(first);
    case_free(&t);
}

/* x's code made twice instead of kept: the same proofs. */
static void forgotten_code(void **unused) {
    (void)unused;
    bool some_forgotten = false;
    for (size_t i = 0; i < PLANS; i++) {
        commit_case t;
        make(&t, &plans[i]);
        assert_int_equal(case_prove(&t, NULL), TACIT_OK);
        unsigned char *kept = malloc(t.size);
        size_t size = t.size;
        memcpy(kept, t.proof, size);
        memset(t.proof, 0, size);
        t.kept = 1;
        assert_int_equal(case_prove(&t, NULL), TACIT_OK);
        assert_int_equal(t.size, size);
        assert_memory_equal(t.proof, kept, size);
        some_forgotten = some_forgotten || commit_forgotten(&t.g, 1) > 0;
        free(kept);
        case_free(&t);
    }
    assert_true(some_forgotten);
}

/* A counting walk is never shorter than the proof. */
static void counting_walk(void **unused) {
    (void)unused;
    for (size_t i = 0; i < PLANS; i++) {
        commit_case t;
        transcript ch;
        session s;
        make(&t, &plans[i]);
        assert_int_equal(case_prove(&t, NULL), TACIT_OK);
        transcript_counter(&ch, &t.err);
        session_init(&s, NULL, NULL, &ch, &t.a, &t.err);
        assert_int_equal(commit_roots(&s, &t.g, t.roots, NULL), TACIT_OK);
        assert_int_equal(commit_open(&s, &t.g, t.roots, t.cert_roots, &t.f, NULL, NULL), TACIT_OK);
        assert_int_equal(ch.at, geometry_most_bytes(&t.g));
        assert_true(ch.at >= t.size);
        case_free(&t);
    }
}

/* ---------------------------------------------------------------- bytes changed, cut, added */
static void rejects_changed_bytes(void **unused) {
    (void)unused;
    static const size_t which[] = {0, 5, 7};
    for (size_t i = 0; i < 3; i++) {
        commit_case t;
        bool seen[32] = {false};
        make(&t, &plans[which[i]]);
        assert_int_equal(case_prove(&t, NULL), TACIT_OK);
        for (size_t n = 0; n < 400; n++) {
            size_t at = n < 120 ? n * 3 : n < 200 ? t.size - 1 - (n - 120) * 7 : test_u64() % t.size;
            unsigned char was = t.proof[at];
            t.proof[at] ^= (unsigned char)(1u << (test_u64() & 7));
            tacit_reject r = verify(&t);
            if (r == TACIT_REJECT_NONE) failed("%s: byte %zu of %zu may be changed", plans[which[i]].name, at, t.size);
            seen[r] = true;
            t.proof[at] = was;
        }
        assert_true(seen[TACIT_REJECT_MERKLE]);
        assert_int_equal(verify(&t), TACIT_REJECT_NONE);
        case_free(&t);
    }
}

static void rejects_other_lengths(void **unused) {
    (void)unused;
    commit_case t;
    make(&t, &plans[5]);
    assert_int_equal(case_prove(&t, NULL), TACIT_OK);
    size_t size = t.size;
    for (size_t cut = 1; cut < size; cut = cut * 2 + 1) {
        t.size = size - cut;
        assert_int_equal(verify(&t), TACIT_REJECT_SHORT);
    }
    t.size = 0;
    assert_int_equal(verify(&t), TACIT_REJECT_SHORT);
    unsigned char *longer = calloc(size + 1, 1);
    memcpy(longer, t.proof, size);
    assert_int_equal(case_verify(&t, longer, size + 1, &t.a), TACIT_REJECTED);
    assert_int_equal(t.err.reject, TACIT_REJECT_LONG);
    /* the first element of nu, behind the roots, is not canonical */
    memset(longer + 32 * t.g.domain_count, 0xFF, 8);
    assert_int_equal(case_verify(&t, longer, size, &t.a), TACIT_REJECTED);
    assert_int_equal(t.err.reject, TACIT_REJECT_NOT_CANONICAL);
    free(longer);
    case_free(&t);
}

/* ---------------------------------------------------------------- lying provers */
static commit_prover honest;

static tacit_status nu_plus_one(commit_prover *cp, const batch_final *f, arena *work, ext *nu, tacit_error *err) {
    TRY(honest.begin(cp, f, work, nu, err));
    *nu = ext_add(*nu, EXT_ONE);
    return TACIT_OK;
}
static tacit_status other_gamma(commit_prover *cp, const batch_final *f, const extv *y, ext gamma, tacit_error *err) {
    return honest.mask(cp, f, y, ext_add(gamma, EXT_ONE), err);
}
static void other_clear(commit_prover *cp, ext *out, uint64_t count) {
    honest.clear(cp, out, count);
    out[count / 2] = ext_add(out[count / 2], EXT_ONE);
}
static void other_column(commit_prover *cp, tree_ref tree, uint32_t position, gl *column, digest *salt) {
    honest.column(cp, tree, position, column, salt);
    if (tree.kind == TREE_INNER) column[0] = gl_add(column[0], 1);
}
static void other_salt(commit_prover *cp, tree_ref tree, uint32_t position, gl *column, digest *salt) {
    honest.column(cp, tree, position, column, salt);
    salt->b[0] ^= 1;
}
static void other_certificate(commit_prover *cp, tree_ref tree, uint32_t position, gl *column, digest *salt) {
    honest.column(cp, tree, position, column, salt);
    if (tree.kind == TREE_CERTIFICATE) column[0] = gl_add(column[0], 1);
}
static tacit_status other_root(commit_prover *cp, const geometry_level *l, digest *root, tacit_error *err) {
    TRY(honest.level(cp, l, root, err));
    root->b[3] ^= 4;
    return TACIT_OK;
}
static void other_round(void *ctx, ext *values) {
    honest.rounds.round(ctx, values);
    values[1] = ext_add(values[1], EXT_ONE);
}
#define TAMPER(name, field, with)                                                                                      \
    static void name(commit_prover *cp) {                                                                              \
        honest = *cp;                                                                                                  \
        cp->field = with;                                                                                              \
    }
TAMPER(lie_nu, begin, nu_plus_one)
TAMPER(lie_gamma, mask, other_gamma)
TAMPER(lie_clear, clear, other_clear)
TAMPER(lie_inner, column, other_column)
TAMPER(lie_salt, column, other_salt)
TAMPER(lie_certificate, column, other_certificate)
TAMPER(lie_root, level, other_root)
TAMPER(lie_round, rounds.round, other_round)

static void lying_provers(void **unused) {
    (void)unused;
    static const struct {
        const char *what;
        size_t plan;
        void (*lie)(commit_prover *cp);
        tacit_reject code;
    } rows[] = {
        {"nu, clear", 0, lie_nu, TACIT_REJECT_FUNCTIONAL},
        {"nu, levels", 5, lie_nu, TACIT_REJECT_FUNCTIONAL},
        {"masked with another gamma, clear", 0, lie_gamma, TACIT_REJECT_LEVEL0},
        {"masked with another gamma, levels", 5, lie_gamma, TACIT_REJECT_FUNCTIONAL},
        {"another clear vector, clear", 4, lie_clear, TACIT_REJECT_LEVEL0},
        {"another clear vector, one level", 2, lie_clear, TACIT_REJECT_INNER},
        {"another clear vector, three levels", 7, lie_clear, TACIT_REJECT_INNER},
        {"an inner column", 5, lie_inner, TACIT_REJECT_MERKLE},
        {"a salt", 0, lie_salt, TACIT_REJECT_MERKLE},
        {"a certificate's column", 5, lie_certificate, TACIT_REJECT_MERKLE},
        {"an inner root", 5, lie_root, TACIT_REJECT_MERKLE},
        {"a round of the ladder", 5, lie_round, TACIT_REJECT_FUNCTIONAL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        commit_case t;
        make(&t, &plans[rows[i].plan]);
        assert_int_equal(case_prove(&t, rows[i].lie), TACIT_OK);
        tacit_reject r = verify(&t);
        if (r != rows[i].code) failed("%s: reject code %d, not %d", rows[i].what, (int)r, (int)rows[i].code);
        case_free(&t);
    }
}

/* Folds that do not belong to what is committed: of x, of a certificate, of sigma. */
static void wrong_folds(void **unused) {
    (void)unused;
    static const size_t which[] = {4, 5};
    for (size_t p = 0; p < 2; p++)
        for (uint32_t c = 0; c < 3; c++) {
            commit_case t;
            make(&t, &plans[which[p]]);
            extv y = c < 2 ? t.y[c] : t.sigma;
            assert_int_equal(case_prove(&t, NULL), TACIT_OK); /* roots of the right sigma */
            transcript ch;
            session s;
            commit_prover *cp;
            transcript_prover(&ch, t.proof, t.capacity, &t.err);
            session_init(&s, NULL, NULL, &ch, &t.a, &t.err);
            assert_int_equal(
                commit_prover_make(&cp, &t.g, t.data[0], t.sigma, t.certs, &t.key, COMMIT_KEPT, &t.a, &t.err),
                TACIT_OK);
            assert_int_equal(commit_roots(&s, &t.g, t.roots, cp), TACIT_OK);
            extv_set(y, 5, ext_add(extv_get(y, 5), EXT_ONE));
            assert_int_equal(commit_open(&s, &t.g, t.roots, t.cert_roots, &t.f, t.y, cp), TACIT_OK);
            t.size = ch.at;
            assert_int_equal(verify(&t), t.g.level_count ? TACIT_REJECT_FUNCTIONAL : TACIT_REJECT_LEVEL0);
            case_free(&t);
        }
}

/* The verifier's side of the equation: another k0, coefficient, point, U, certificate root. */
static void wrong_equations(void **unused) {
    (void)unused;
    static const size_t which[] = {4, 7};
    for (size_t p = 0; p < 2; p++) {
        commit_case t;
        make(&t, &plans[which[p]]);
        assert_int_equal(case_prove(&t, NULL), TACIT_OK);
        batch_final f = t.f;
        t.f.k0 = ext_add(f.k0, ext_theta(1));
        assert_int_equal(verify(&t), TACIT_REJECT_FUNCTIONAL);
        t.f = f;
        t.f.coef[1] = ext_add(f.coef[1], EXT_ONE);
        assert_int_equal(verify(&t), TACIT_REJECT_FUNCTIONAL);
        t.f = f;
        ext rho = t.rho[t.g.object[0].k];
        t.rho[t.g.object[0].k] = ext_add(rho, EXT_ONE); /* a column variable of x */
        assert_int_not_equal(verify(&t), TACIT_REJECT_NONE);
        t.rho[t.g.object[0].k] = rho;
        ext *u = (ext *)(uintptr_t)(const void *)f.u;
        u[3] = ext_add(u[3], EXT_ONE);
        assert_int_equal(verify(&t), TACIT_REJECT_FUNCTIONAL);
        u[3] = ext_sub(u[3], EXT_ONE);
        t.cert_roots[0].b[0] ^= 1;
        assert_int_equal(verify(&t), TACIT_REJECT_MERKLE);
        t.cert_roots[0].b[0] ^= 1;
        assert_int_equal(verify(&t), TACIT_REJECT_NONE);
        case_free(&t);
    }
}

/* Scratch of any size: a status, never a crash. */
static void small_scratch(void **unused) {
    (void)unused;
    commit_case t;
    make(&t, &plans[5]);
    assert_int_equal(case_prove(&t, NULL), TACIT_OK);
    size_t full = (size_t)1 << 22;
    unsigned char *memory = malloc(full);
    bool enough = false;
    for (size_t size = 0; size <= full; size += size < 8192 ? 512 : size / 4) {
        arena a;
        arena_init(&a, memory, size);
        tacit_status st = case_verify(&t, t.proof, t.size, &a);
        assert_true(st == TACIT_OK || (st == TACIT_RESOURCES && !enough));
        enough = st == TACIT_OK;
    }
    assert_true(enough);
    free(memory);
    case_free(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_all_geometries),
        cmocka_unit_test(accepts_searched_geometries),
        cmocka_unit_test(same_bytes_for_any_number_of_threads),
        cmocka_unit_test(forgotten_code),
        cmocka_unit_test(counting_walk),
        cmocka_unit_test(rejects_changed_bytes),
        cmocka_unit_test(rejects_other_lengths),
        cmocka_unit_test(lying_provers),
        cmocka_unit_test(wrong_folds),
        cmocka_unit_test(wrong_equations),
        cmocka_unit_test(small_scratch),
    };
    (void)vec_select(NULL);
    (void)sha256_select(NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
