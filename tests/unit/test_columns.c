/* Tests of commit/columns: computed columns are those of the code, for every kernel: integers of one byte to 32 bits, a
 * tail, fewer lanes than a group, partial chunks. */
#include "commit/columns.h"
#include "commit/encode.h"
#include "test_random.h"
#include <string.h>

static arena memory;

static object_data random_object(unsigned a, unsigned k, uint32_t tail, uint64_t used, unsigned bits) {
    uint64_t count = ((UINT64_C(1) << a) - tail - used) << k;
    int32_t *small = ARENA_ZNEW(&memory, int32_t, count + (UINT64_C(1) << k));
    gl *end = ARENA_NEW(&memory, gl, (size_t)tail << k);
    for (uint64_t i = 0; i < count; i++) {
        small[i] = (int32_t)((uint32_t)test_u64() << (32 - bits)) >> (32 - bits);
        if (i % 7 == 0) small[i] = (int32_t)(UINT32_C(1) << 31) >> (32 - bits); /* extremes */
        if (i % 11 == 0) small[i] = ~((int32_t)(UINT32_C(1) << 31) >> (32 - bits));
    }
    for (size_t i = 0; i < (size_t)tail << k; i++) end[i] = i % 5 ? test_gl() : test_edges[test_u64() % TEST_EDGES];
    /* Three parts: int8 columns, int16 ones as far as they fit `bits`, and the rest as int32. */
    uint64_t cut[4] = {0, (count >> k) / 3 << k, (count >> k) / 2 << k, count};
    object_part *parts = ARENA_NEW(&memory, object_part, 3);
    for (uint32_t p = 0; p < 3; p++) {
        unsigned bytes = p == 0 ? 1 : p == 1 && bits <= 16 ? 2 : 4;
        for (uint64_t i = 0; p == 0 && i < cut[1]; i++) small[i] = (int8_t)small[i];
        void *values = ARENA_NEW(&memory, int32_t, cut[p + 1] - cut[p] + 1);
        narrow_copy(narrow_i32(small + cut[p]), cut[p + 1] - cut[p], values, bytes);
        parts[p] = (object_part){cut[p], cut[p + 1] - cut[p], {values, bytes}};
    }
    return (object_data){.parts = parts, .part_count = 3, .small_count = count - 1, .tail = end};
}

static void check_shape(unsigned a, unsigned k, uint32_t tail, uint64_t unused, unsigned bits) {
    enum { COUNT = 23 };
    tacit_error err = {.status = TACIT_OK};
    size_t mark = arena_mark(&memory);
    object_data x = random_object(a, k, tail, unused, bits);
    code_tree t;
    uint32_t positions[COUNT];
    assert_int_equal(code_alloc(&t, a + RATE_LOG, UINT32_C(1) << k, &memory, &err), TACIT_OK);
    assert_int_equal(encode_object(&t, 0, &(code_source){&x, a, k, tail}, &memory, &err), TACIT_OK);
    for (uint32_t i = 0; i < COUNT; i++) positions[i] = (uint32_t)(test_u64() >> (64 - t.log_n));
    gl *columns = ARENA_NEW(&memory, gl, (size_t)COUNT << k), *want = ARENA_NEW(&memory, gl, (size_t)1 << k);
    assert_int_equal(columns_at(&x, a, k, tail, t.log_n, positions, COUNT, columns, &memory, &err), TACIT_OK);
    for (uint32_t i = 0; i < COUNT; i++) {
        code_column(&t, positions[i], want);
        assert_memory_equal(columns + ((size_t)i << k), want, sizeof(gl) << k);
    }
    arena_release(&memory, mark);
}

static void test_columns(void **state) {
    (void)state;
    static const char *const kernels[] = {"portable", "avx2", "avx512"};
    for (size_t i = 0; i < sizeof kernels / sizeof kernels[0]; i++) {
        if (!vec_find(kernels[i])) continue;
        (void)vec_select(kernels[i]);
        check_shape(8, 0, 100, 0, 8);
        check_shape(11, 1, 37, 5, 16);
        check_shape(11, 3, 1030, 0, 32);
        check_shape(12, 7, 300, 2000, 8);
        check_shape(10, 6, 0, 1, 16);
    }
    (void)vec_select(NULL);
}

int main(void) {
    tacit_error err = {.status = TACIT_OK};
    if (arena_map(&memory, (size_t)1 << 32, &err) != TACIT_OK) return 1;
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_columns)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
