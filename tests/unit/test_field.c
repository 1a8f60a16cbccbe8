/* Tests of field/gl and field/ext against arithmetic by 128-bit division. */
#include "test_random.h"
#include "field/ext.h"

__extension__ typedef unsigned __int128 u128;

static gl mod(u128 x) {
    return (gl)(x % GL_P);
}

static void gl_against_division(void **unused) {
    (void)unused;
    for (int i = 0; i < 200000; i++) {
        gl a = test_gl(), b = test_gl();
        assert_true(gl_add(a, b) == mod((u128)a + b));
        assert_true(gl_sub(a, b) == mod((u128)a + GL_P - b));
        assert_true(gl_neg(a) == mod((u128)GL_P - a));
        assert_true(gl_mul(a, b) == mod((u128)a * b));
        u128 wide = (u128)test_u64() << 64 | test_u64();
        assert_true(gl_reduce128((uint64_t)wide, (uint64_t)(wide >> 64)) == mod(wide));
    }
    assert_true(gl_reduce128(UINT64_MAX, UINT64_MAX) == mod(~(u128)0));
    assert_true(gl_reduce128(0, UINT64_MAX) == mod((u128)UINT64_MAX << 64));
}

static void gl_edge_pairs(void **unused) {
    (void)unused;
    for (int i = 0; i < TEST_EDGES; i++) {
        for (int j = 0; j < TEST_EDGES; j++) {
            gl a = test_edges[i], b = test_edges[j];
            assert_true(gl_add(a, b) == mod((u128)a + b));
            assert_true(gl_sub(a, b) == mod((u128)a + GL_P - b));
            assert_true(gl_mul(a, b) == mod((u128)a * b));
        }
    }
}

static void gl_signed(void **unused) {
    (void)unused;
    const int64_t values[] = {0, 1, -1, INT64_MAX, INT64_MIN, INT32_MIN, INT32_MAX, -(INT64_C(1) << 32)};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        int64_t v = values[i];
        gl expected = v >= 0 ? mod((u128)v) : mod((u128)GL_P * 2 - (u128)(0 - (uint64_t)v));
        assert_true(gl_from_i64(v) == expected);
    }
    for (int i = 0; i < 100000; i++) {
        int64_t v = (int64_t)test_u64() >> (2 + test_u64() % 60);
        assert_true(gl_to_i64(gl_from_i64(v)) == v);
    }
    assert_true(gl_to_i64((GL_P - 1) / 2) == (int64_t)((GL_P - 1) / 2));
    assert_true(gl_to_i64((GL_P + 1) / 2) == -(int64_t)((GL_P - 1) / 2));
}

static void gl_inverse_and_power(void **unused) {
    (void)unused;
    for (int i = 0; i < 2000; i++) {
        gl a = test_gl();
        if (a != 0) assert_true(gl_mul(a, gl_inv(a)) == 1);
    }
    assert_true(gl_pow(5, 0) == 1);
    assert_true(gl_pow(0, 0) == 1);
    assert_true(gl_pow(3, 5) == 243);
    assert_true(gl_pow(GL_GEN, GL_P - 1) == 1);
}

static void roots_are_recomputed(void **unused) {
    (void)unused;
    gl base = gl_pow(GL_GEN, (GL_P - 1) >> 32);
    uint64_t k = 1;
    while (gl_pow(gl_pow(base, k), UINT64_C(1) << 29) != UINT64_C(1) << 24) k += 2;
    assert_true(k == 5);
    assert_true(gl_root(32) == gl_pow(base, k));
    assert_true(gl_root(0) == 1);
    assert_true(gl_root(1) == GL_P - 1);
    assert_true(gl_root(3) == UINT64_C(1) << 24);
    for (unsigned i = 1; i <= 32; i++) {
        assert_true(gl_pow(gl_root(i), UINT64_C(1) << (i - 1)) == GL_P - 1);
        assert_true(gl_mul(gl_root(i), gl_root(i)) == gl_root(i - 1));
    }
}

/* theta^EXT_DEG, by the defining polynomial. */
static ext theta_to_the_degree(void) {
    ext r = EXT_ZERO;
    if (EXT_DEG == 2) {
        r.c[0] = 7;
    } else {
        r.c[0] = r.c[1] = 1;
    }
    return r;
}

static void ext_laws(void **unused) {
    (void)unused;
    assert_ext_equal(ext_mul(ext_theta(1), ext_theta(EXT_DEG - 1)), theta_to_the_degree());
    for (int i = 0; i < 20000; i++) {
        ext a = test_ext(), b = test_ext(), c = test_ext();
        assert_ext_equal(ext_mul(a, b), ext_mul(b, a));
        assert_ext_equal(ext_mul(ext_mul(a, b), c), ext_mul(a, ext_mul(b, c)));
        assert_ext_equal(ext_mul(a, ext_add(b, c)), ext_add(ext_mul(a, b), ext_mul(a, c)));
        assert_ext_equal(ext_sub(ext_add(a, b), b), a);
        assert_ext_equal(ext_scale(a, b.c[0]), ext_mul(a, ext_from(b.c[0])));
        assert_ext_equal(ext_lerp(a, b, EXT_ZERO), a);
        assert_ext_equal(ext_lerp(a, b, EXT_ONE), b);
        assert_ext_equal(ext_lerp(a, b, c), ext_add(ext_mul(ext_one_minus(c), a), ext_mul(c, b)));
        assert_ext_equal(ext_add(a, ext_neg(a)), EXT_ZERO);
        if (!ext_is_zero(a)) assert_ext_equal(ext_mul(a, ext_inv(a)), EXT_ONE);
    }
}

/* A product coordinate by coordinate with theta's powers. */
static void ext_product_by_basis(void **unused) {
    (void)unused;
    for (int i = 0; i < 2000; i++) {
        ext a = test_ext(), b = test_ext(), sum = EXT_ZERO;
        for (int j = 0; j < EXT_DEG; j++) {
            for (int k = 0; k < EXT_DEG; k++) {
                ext basis = ext_mul(ext_theta(j), ext_theta(k));
                sum = ext_add(sum, ext_scale(basis, mod((u128)a.c[j] * b.c[k])));
            }
        }
        assert_ext_equal(sum, ext_mul(a, b));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gl_against_division),  cmocka_unit_test(gl_edge_pairs),        cmocka_unit_test(gl_signed),
        cmocka_unit_test(gl_inverse_and_power), cmocka_unit_test(roots_are_recomputed), cmocka_unit_test(ext_laws),
        cmocka_unit_test(ext_product_by_basis),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
