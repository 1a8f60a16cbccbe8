/* Tests of base/wide: the form without __int128 against the compiler's own integers of 128 bits. */
#define TACIT_NO_INT128
#include "base/wide.h"
#include "test_random.h"

typedef unsigned __int128 u128;

static wide_int from(u128 v) {
    return (wide_int){(uint64_t)v, (uint64_t)(v >> 64)};
}
static void same(wide_int got, u128 want) {
    assert_int_equal(wide_low(got), (uint64_t)want);
    assert_int_equal(wide_high(got), (uint64_t)(want >> 64));
}

/* 0, +-1, the ends, and words with few bits set. */
static uint64_t word(void) {
    static const uint64_t ends[] = {0, 1, UINT64_MAX, INT64_MAX, (uint64_t)INT64_MIN, UINT32_MAX, UINT64_C(1) << 32};
    uint64_t r = test_u64();
    if (r % 4 == 0) return ends[r / 4 % 7];
    return r % 4 == 1 ? test_u64() >> (r / 4 % 64) : test_u64();
}

static void products(void **unused) {
    (void)unused;
    for (int i = 0; i < 200000; i++) {
        uint64_t a = word(), b = word(), high, low = mul_64(a, b, &high);
        assert_true(((u128)high << 64 | low) == (u128)a * b);
        same(wide_of((int64_t)a), (u128)(__int128)(int64_t)a);
        same(wide_mul((int64_t)a, (int64_t)b), (u128)((__int128)(int64_t)a * (int64_t)b));
        same(wide_mul_u64(a, (int64_t)b), (u128)a * (u128)(__int128)(int64_t)b);
    }
}

static void sums(void **unused) {
    (void)unused;
    for (int i = 0; i < 200000; i++) {
        u128 a = (u128)word() << 64 | word(), b = (u128)word() << 64 | word();
        int64_t c = (int64_t)word();
        same(wide_add(from(a), from(b)), a + b);
        same(wide_neg(from(a)), 0 - a);
        same(wide_scale(from(a), c), a * (u128)(__int128)c);
        assert_int_equal(wide_less(from(a), from(b)), (__int128)a < (__int128)b);
        same(wide_min(from(a), from(b)), (__int128)a < (__int128)b ? a : b);
        same(wide_max(from(a), from(b)), (__int128)a < (__int128)b ? b : a);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(products), cmocka_unit_test(sums)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
