/* Tests of field/vec: every kernel of every table against the formulas in field/ext.h by way of the portable table,
 * which is tested against them element by element; lengths 0 .. 67 and larger, random and edge values, unaligned. */
#include "test_random.h"
#include <stdlib.h>
#include <string.h>

enum { LARGE = 5003, SIZE = 2 * LARGE + 8, VECTORS = 8 };

static const vec_kernels *tested;
static gl planes[VECTORS][EXT_DEG][SIZE], expected_planes[VECTORS][EXT_DEG][SIZE];
static int32_t ints32[SIZE];
static int16_t ints16[SIZE];
static int8_t ints8[SIZE];
static int32_t ints23[SIZE]; /* -2^22 .. 2^22 - 1 */

static extv vector(gl from[VECTORS][EXT_DEG][SIZE], int k, size_t offset) {
    extv v;
    for (int j = 0; j < EXT_DEG; j++) v.c[j] = from[k][j] + offset;
    return v;
}

/* How the values of a round are drawn. */
typedef enum fill_kind { FILL_RANDOM, FILL_LARGEST, FILL_EDGE, FILL_KINDS } fill_kind;

static gl draw(fill_kind kind, gl edge) {
    return kind == FILL_RANDOM ? test_gl() : kind == FILL_LARGEST ? GL_P - 1 : edge;
}

static void fill(fill_kind kind, size_t n) {
    gl edge = test_edges[test_u64() % TEST_EDGES];
    for (int k = 0; k < VECTORS; k++)
        for (int j = 0; j < EXT_DEG; j++)
            for (size_t i = 0; i < n; i++) planes[k][j][i] = draw(kind, edge);
    for (size_t i = 0; i < n; i++) {
        bool extreme = kind != FILL_RANDOM || (test_u64() & 3) == 0;
        bool low = kind == FILL_LARGEST || (test_u64() & 1) != 0;
        ints32[i] = extreme ? (low ? INT32_MIN : INT32_MAX) : (int32_t)test_u64();
        ints16[i] = extreme ? (low ? INT16_MIN : INT16_MAX) : (int16_t)test_u64();
        ints8[i] = extreme ? (low ? INT8_MIN : INT8_MAX) : (int8_t)test_u64();
        ints23[i] = extreme ? (low ? -(1 << 22) : (1 << 22) - 1) : (int32_t)(test_u64() & 0x7fffff) - (1 << 22);
    }
    memcpy(expected_planes, planes, sizeof planes);
}

static void assert_planes(void) {
    assert_memory_equal(planes, expected_planes, sizeof planes);
}

static void assert_exts(const ext *a, const ext *b, int count) {
    for (int k = 0; k < count; k++) assert_ext_equal(a[k], b[k]);
}

/* One call of every element-wise kernel, out of place in vector 0 or on its own input. */
static void elementwise(const vec_kernels *k, gl mem[VECTORS][EXT_DEG][SIZE], size_t at, size_t n, ext s, int which) {
    extv out = vector(mem, 0, at), a = vector(mem, 1, at), b = vector(mem, 2, at);
    switch (which) {
    case 0:
        k->gl_mul(out.c[0], a.c[0], b.c[0], n);
        break;
    case 1:
        k->gl_mul(a.c[0], a.c[0], b.c[0], n);
        break;
    case 2:
        k->gl_mul(b.c[0], a.c[0], b.c[0], n);
        break;
    case 3:
        k->gl_scale(out.c[0], a.c[0], s.c[0], n);
        break;
    case 4:
        k->gl_add(out.c[0], a.c[0], b.c[0], n);
        break;
    case 5:
        k->from_i32(out.c[0], ints32 + at, n);
        break;
    case 6:
        k->add(out, a, b, n);
        break;
    case 7:
        k->mul(out, a, b, n);
        break;
    case 8:
        k->mul(a, a, b, n);
        break;
    case 9:
        k->scale(out, a, s, n);
        break;
    case 10:
        k->axpy(out, a, s, n);
        break;
    case 11:
        k->axpy_gl(out, a.c[0], s, n);
        break;
    case 12:
        k->axpy_i32(out, ints32 + at, s, n);
        break;
    case 13:
        k->fold(out, a, s, n);
        break;
    case 14:
        k->fold(a, a, s, n);
        break;
    case 15:
        k->eq_step(out, s, n);
        break;
    default:
        break;
    }
}
enum { ELEMENTWISE = 16 };

static void check_elementwise(size_t n, size_t at, ext s) {
    for (int which = 0; which < ELEMENTWISE; which++) {
        elementwise(tested, planes, at, n, s, which);
        elementwise(&vec_portable, expected_planes, at, n, s, which);
        assert_planes();
    }
}

static void check_dots(size_t n, size_t at) {
    extv a = vector(planes, 0, at), b = vector(planes, 1, at);
    assert_ext_equal(tested->dot(a, b, n), vec_portable.dot(a, b, n));
    assert_ext_equal(tested->dot_gl(a, b.c[0], n), vec_portable.dot_gl(a, b.c[0], n));
    assert_ext_equal(tested->dot_i32(a, ints32 + at, n), vec_portable.dot_i32(a, ints32 + at, n));
    assert_ext_equal(tested->dot_i16(a, ints16 + at, n), vec_portable.dot_i16(a, ints16 + at, n));
    assert_ext_equal(tested->dot_i8(a, ints8 + at, n), vec_portable.dot_i8(a, ints8 + at, n));
}

/* Term k is the integers from k on. */
static void check_linear(size_t n, size_t at) {
    const int32_t *x[VEC_TERMS];
    ext coef[VEC_TERMS];
    for (size_t k = 0; k < VEC_TERMS; k++) {
        x[k] = ints23 + (k < SIZE - n ? k : 0);
        coef[k] = extv_get(vector(planes, 1, 0), k);
    }
    for (size_t terms = 0; terms <= VEC_TERMS; terms = terms < 4 ? terms + 1 : 2 * terms + (terms > 6 ? 8 : 0)) {
        ext base = extv_get(vector(planes, 2, 0), terms);
        tested->linear_i23(vector(planes, 0, at), base, coef, x, terms, n);
        vec_portable.linear_i23(vector(expected_planes, 0, at), base, coef, x, terms, n);
        assert_planes();
    }
}

static void check_columns(size_t n, size_t at) {
    for (size_t rows = 0; rows <= n && rows <= 400; rows = 2 * rows + 1) {
        size_t stride = rows == 0 ? n : n / rows, cols = stride - stride / 3;
        extv out = vector(planes, 0, at), e = vector(planes, 1, at), want = vector(expected_planes, 0, at),
             same = vector(expected_planes, 1, at);
        tested->column_sums_i32(out, e, ints32 + at, rows, cols, stride);
        vec_portable.column_sums_i32(want, same, ints32 + at, rows, cols, stride);
        assert_planes();
        tested->column_sums_i16(out, e, ints16 + at, rows, cols, stride);
        vec_portable.column_sums_i16(want, same, ints16 + at, rows, cols, stride);
        assert_planes();
        tested->column_sums_i8(out, e, ints8 + at, rows, cols, stride);
        vec_portable.column_sums_i8(want, same, ints8 + at, rows, cols, stride);
        assert_planes();
    }
}

static void check_rounds(size_t n, size_t at, ext mu) {
    extv v[5];
    ext got[3], want[3];
    for (int k = 0; k < 5; k++) v[k] = vector(planes, k, at);
    tested->round_prod2(got, v[0], v[1], n), vec_portable.round_prod2(want, v[0], v[1], n);
    assert_exts(got, want, 2);
    tested->round_prod2_deg3(got, v[0], v[1], n), vec_portable.round_prod2_deg3(want, v[0], v[1], n);
    assert_exts(got, want, 3);
    tested->round_prod3(got, v[0], v[1], v[2], n), vec_portable.round_prod3(want, v[0], v[1], v[2], n);
    assert_exts(got, want, 3);
    tested->round_logup(got, v[0], v[1], v[2], v[3], v[4], n);
    vec_portable.round_logup(want, v[0], v[1], v[2], v[3], v[4], n);
    assert_exts(got, want, 2);
    tested->round_logup_leaf(got, v[0], v[1], v[2], mu, n);
    vec_portable.round_logup_leaf(want, v[0], v[1], v[2], mu, n);
    assert_exts(got, want, 2);
}

static void logup_up(const vec_kernels *k, gl mem[VECTORS][EXT_DEG][SIZE], size_t at, size_t n, bool leaf) {
    extv v[VECTORS];
    for (int i = 0; i < VECTORS; i++) v[i] = vector(mem, i, at);
    if (leaf) {
        k->logup_up_leaf(v[0], v[1], v[2], v[3], v[4], v[5], n);
    } else {
        k->logup_up(v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7], n);
    }
}

static void check_logup_up(size_t n, size_t at) {
    n &= ~(size_t)1;
    for (int leaf = 0; leaf < 2; leaf++) {
        logup_up(tested, planes, at, n, leaf != 0);
        logup_up(&vec_portable, expected_planes, at, n, leaf != 0);
        assert_planes();
    }
}

static void check_all(size_t n, fill_kind kind) {
    size_t at = n % 3; /* planes need not be aligned */
    fill(kind, 2 * n + 8);
    ext s = kind == FILL_RANDOM ? test_ext() : extv_get(vector(planes, 3, 0), 0);
    check_dots(n, at);
    check_columns(n, at);
    check_linear(n, at);
    check_rounds(n, at, s);
    check_logup_up(n, at);
    check_elementwise(n, at, s);
}

static void every_length(void **unused) {
    (void)unused;
    for (size_t n = 0; n <= 67; n++)
        for (int round = 0; round < 6; round++) check_all(n, (fill_kind)(round % FILL_KINDS));
    check_all(1016, FILL_RANDOM);
    check_all(1024, FILL_LARGEST);
    for (int round = 0; round < 3; round++) {
        check_all(LARGE, (fill_kind)round);
        check_all(LARGE - 1 - test_u64() % 1000, (fill_kind)round);
    }
}

/* Every pair of edge values through the multiplications. */
static void edge_pairs(void **unused) {
    (void)unused;
    size_t n = 0;
    for (size_t i = 0; i < TEST_EDGES; i++) {
        for (size_t k = 0; k < TEST_EDGES; k++, n++) {
            for (int j = 0; j < EXT_DEG; j++) {
                planes[1][j][n] = test_edges[(i + (size_t)j * 7) % TEST_EDGES];
                planes[2][j][n] = test_edges[(k + (size_t)j * 3) % TEST_EDGES];
            }
        }
    }
    memcpy(expected_planes, planes, sizeof planes);
    check_elementwise(n, 0, test_ext());
}

/* More terms than one block of lazy additions holds, all as large as they get. */
static void lazy_blocks(void **unused) {
    (void)unused;
    const size_t n = ((size_t)1 << 20) + 12; /* 2^18 steps of four, and more */
    gl *big = malloc(n * sizeof *big);
    int32_t *most = malloc(n * sizeof *most);
    assert_true(big != NULL && most != NULL);
    for (size_t i = 0; i < n; i++) big[i] = i % 2 == 0 ? GL_P - 1 : UINT64_C(0xFFFFFFFEFFFFFFFF), most[i] = INT32_MAX;
    extv a, half;
    for (int j = 0; j < EXT_DEG; j++) a.c[j] = big;
    half = a;
    ext got[3], want[3];
    assert_ext_equal(tested->dot(a, a, n), vec_portable.dot(a, a, n));
    assert_ext_equal(tested->dot_gl(a, big, n), vec_portable.dot_gl(a, big, n));
    assert_ext_equal(tested->dot_i32(a, most, n), vec_portable.dot_i32(a, most, n));
    tested->round_prod2(got, a, a, n / 2), vec_portable.round_prod2(want, a, a, n / 2);
    assert_exts(got, want, 2);
    tested->round_logup(got, half, a, a, a, a, n / 2), vec_portable.round_logup(want, half, a, a, a, a, n / 2);
    assert_exts(got, want, 2);
    free(big);
    free(most);
}

/* The portable table against field/ext.h where it is not the same expression. */
static void portable_by_definition(void **unused) {
    (void)unused;
    const size_t n = 20;
    fill(FILL_RANDOM, 2 * n);
    extv f = vector(planes, 1, 0), g = vector(planes, 2, 0), h = vector(planes, 3, 0), out = vector(planes, 0, 0);
    ext sum[3] = {EXT_ZERO, EXT_ZERO, EXT_ZERO}, got[3], r = test_ext();
    const gl nodes[3] = {0, 2, 3};
    for (size_t i = 0; i < n; i++) {
        for (int k = 0; k < 3; k++) {
            ext x = ext_from(nodes[k]);
            ext u = ext_lerp(extv_get(f, 2 * i), extv_get(f, 2 * i + 1), x);
            ext v = ext_lerp(extv_get(g, 2 * i), extv_get(g, 2 * i + 1), x);
            ext w = ext_lerp(extv_get(h, 2 * i), extv_get(h, 2 * i + 1), x);
            sum[k] = ext_add(sum[k], ext_mul(u, ext_mul(v, w)));
        }
    }
    vec_portable.round_prod3(got, f, g, h, n);
    assert_exts(got, sum, 3);
    vec_portable.fold(out, f, r, n);
    for (size_t i = 0; i < n; i++)
        assert_ext_equal(extv_get(out, i), ext_lerp(extv_get(f, 2 * i), extv_get(f, 2 * i + 1), r));
    /* fold at a node, then the inner product, is the round sum */
    for (int k = 0; k < 3; k++) {
        vec_portable.round_prod2_deg3(got, f, g, n);
        extv u = vector(planes, 4, 0), v = vector(planes, 5, 0);
        vec_portable.fold(u, f, ext_from(nodes[k]), n), vec_portable.fold(v, g, ext_from(nodes[k]), n);
        assert_ext_equal(got[k], vec_portable.dot(u, v, n));
    }
}

/* A layer of LogUp by folding at X = 0, 1, 2: the values give the constant and the leading coefficient. */
static void logup_by_definition(void **unused) {
    (void)unused;
    const size_t n = 16;
    fill(FILL_RANDOM, 2 * n);
    extv t[4], u[4] = {{{NULL}}}, eq = vector(planes, 0, 0);
    ext at[3], leaf[3], got[2], mu = test_ext();
    gl *space = malloc(4 * EXT_DEG * n * sizeof *space);
    assert_non_null(space);
    for (int k = 0; k < 4; k++) t[k] = vector(planes, k + 1, 0);
    for (int k = 0; k < 4; k++)
        for (int j = 0; j < EXT_DEG; j++) u[k].c[j] = space + (size_t)(k * EXT_DEG + j) * n;
    for (gl x = 0; x < 3; x++) {
        for (int k = 0; k < 4; k++) vec_portable.fold(u[k], t[k], ext_from(x), n);
        at[x] = leaf[x] = EXT_ZERO;
        for (size_t i = 0; i < n; i++) {
            ext a = extv_get(u[0], i), b = extv_get(u[1], i), c = extv_get(u[2], i), d = extv_get(u[3], i);
            ext e = extv_get(eq, i);
            at[x] = ext_add(at[x], ext_mul(e, ext_add(ext_mul(a, d), ext_mul(b, c))));
            leaf[x] = ext_add(leaf[x], ext_mul(e, ext_add(ext_add(c, d), ext_mul(mu, ext_mul(c, d)))));
        }
    }
    gl half = gl_inv(2); /* the leading coefficient is (v0 - 2 v1 + v2) / 2 */
    ext lead = ext_scale(ext_sub(ext_add(at[0], at[2]), ext_add(at[1], at[1])), half);
    tested->round_logup(got, eq, t[0], t[1], t[2], t[3], n);
    assert_ext_equal(got[0], at[0]);
    assert_ext_equal(got[1], lead);
    lead = ext_scale(ext_sub(ext_add(leaf[0], leaf[2]), ext_add(leaf[1], leaf[1])), half);
    tested->round_logup_leaf(got, eq, t[2], t[3], mu, n);
    assert_ext_equal(got[0], leaf[0]);
    assert_ext_equal(got[1], lead);
    free(space);
}

static void selection(void **unused) {
    (void)unused;
    assert_string_equal(vec_select("portable"), "portable");
    assert_ptr_equal(vec, &vec_portable);
    assert_string_equal(vec_select("no such kernels"), "portable");
    assert_int_equal(setenv("TACIT_KERNEL", "portable", 1), 0);
    assert_string_equal(vec_select(NULL), "portable");
    assert_int_equal(unsetenv("TACIT_KERNEL"), 0);
    const char *chosen = vec_select(NULL);
    assert_ptr_equal(vec_find(chosen), vec);
}

static int use_portable(void **unused) {
    (void)unused;
    tested = vec_find("portable");
    return tested == NULL;
}

static int use_avx2(void **unused) {
    (void)unused;
    tested = vec_find("avx2");
    return tested == NULL;
}

static int use_avx512(void **unused) {
    (void)unused;
    tested = vec_find("avx512");
    return tested == NULL;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_length),        cmocka_unit_test(edge_pairs), cmocka_unit_test(lazy_blocks),
        cmocka_unit_test(logup_by_definition), cmocka_unit_test(selection),  cmocka_unit_test(portable_by_definition),
    };
    int failed = cmocka_run_group_tests(tests, use_portable, NULL);
    if (vec_find("avx2") != NULL) failed += cmocka_run_group_tests(tests, use_avx2, NULL);
    if (vec_find("avx512") != NULL) failed += cmocka_run_group_tests(tests, use_avx512, NULL);
    return failed;
}
