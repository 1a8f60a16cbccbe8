/* Tests of base/: readers at their bounds, the shortest form of LEB128, arenas, errors. */
#include "test_random.h"
#include <string.h>
#include "base/arena.h"
#include "base/arena_store.h"
#include "base/bytes.h"
#include "base/error.h"

static void round_trip(void **unused) {
    (void)unused;
    unsigned char buffer[64];
    writer w = {buffer, sizeof buffer, 0}, measure = {NULL, 0, 0};
    for (writer *out = &w; out != NULL; out = out == &w ? &measure : NULL) {
        write_u8(out, 0xAB);
        write_u16(out, 0xCDEF);
        write_u32(out, 0x12345678);
        write_u64(out, UINT64_C(0x1122334455667788));
        write_i64(out, -5);
        write_var(out, 300);
        write_svar(out, -300);
        write_bytes(out, "xyz", 3);
    }
    assert_int_equal(w.at, measure.at);
    assert_int_equal(buffer[1], 0xEF); /* little-endian */
    reader r = reader_of(buffer, w.at);
    assert_int_equal(read_u8(&r), 0xAB);
    assert_int_equal(read_u16(&r), 0xCDEF);
    assert_int_equal(read_u32(&r), 0x12345678);
    assert_true(read_u64(&r) == UINT64_C(0x1122334455667788));
    assert_true(read_i64(&r) == -5);
    assert_true(read_var(&r) == 300);
    assert_true(read_svar(&r) == -300);
    assert_memory_equal(read_bytes(&r, 3), "xyz", 3);
    assert_false(r.bad);
    assert_int_equal(r.at, r.size);
}

static void reading_past_the_end(void **unused) {
    (void)unused;
    const unsigned char data[4] = {1, 2, 3, 4};
    reader r = reader_of(data, sizeof data);
    assert_true(read_u64(&r) == 0);
    assert_true(r.bad);
    assert_int_equal(read_u8(&r), 0); /* stays bad, although a byte is there */
    r = reader_of(data, sizeof data);
    assert_int_equal(read_u32(&r), 0x04030201);
    assert_non_null(read_bytes(&r, 0));
    assert_false(r.bad);
    assert_null(read_bytes(&r, 1));
    r = reader_of(data, sizeof data);
    assert_null(read_bytes(&r, SIZE_MAX));
    r = reader_of(NULL, 0);
    assert_non_null(read_bytes(&r, 0));
    assert_int_equal(read_u8(&r), 0);
    assert_true(r.bad);
}

static void writing_past_the_end(void **unused) {
    (void)unused;
    unsigned char buffer[8];
    memset(buffer, 0x55, sizeof buffer);
    writer w = {buffer, 4, 0};
    write_u16(&w, 0xFFFF);
    write_u32(&w, 0); /* does not fit: counted, not written */
    assert_int_equal(w.at, 6);
    for (size_t i = 2; i < 8; i++) assert_int_equal(buffer[i], 0x55);
}

static void var_values(void **unused) {
    (void)unused;
    unsigned char buffer[16];
    for (int i = 0; i < 10000; i++) {
        uint64_t v = test_u64() >> (test_u64() % 64);
        if (i < 64) v = UINT64_C(1) << i;
        if (i >= 64 && i < 128) v = UINT64_MAX >> (i - 64);
        writer w = {buffer, sizeof buffer, 0};
        write_var(&w, v);
        assert_true(w.at <= 10);
        reader r = reader_of(buffer, w.at);
        assert_true(read_var(&r) == v);
        assert_true(!r.bad && r.at == w.at);
        r = reader_of(buffer, w.at - 1);
        assert_true(read_var(&r) == 0 && r.bad);
        w.at = 0;
        write_svar(&w, (int64_t)v);
        r = reader_of(buffer, w.at);
        assert_true(read_svar(&r) == (int64_t)v);
    }
}

static void var_bad(const void *data, size_t n) {
    reader r = reader_of(data, n);
    assert_true(read_var(&r) == 0);
    assert_true(r.bad);
}

static void var_longer_forms(void **unused) {
    (void)unused;
    var_bad("\x80\x00", 2);
    var_bad("\xFF\x80\x00", 3);
    var_bad("\x81\x80\x80\x80\x80\x80\x80\x80\x80\x00", 10);
    var_bad("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x02", 10); /* bit 64 */
    var_bad("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x81\x00", 11);
    reader r = reader_of("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01", 10);
    assert_true(read_var(&r) == UINT64_MAX && !r.bad);
    r = reader_of("\0", 1);
    assert_true(read_var(&r) == 0 && !r.bad);
}

static void arena_bounds(void **unused) {
    (void)unused;
    static unsigned char memory[1024 + 1];
    arena a;
    arena_init(&a, memory + 1, 1024);
    unsigned char *p = arena_zalloc(&a, 10, 10);
    assert_non_null(p);
    assert_int_equal((uintptr_t)p % 64, 0);
    for (int i = 0; i < 100; i++) assert_int_equal(p[i], 0);
    size_t mark = arena_mark(&a);
    memset(p, 1, 100);
    unsigned char *q = arena_alloc(&a, 1, 256);
    assert_non_null(q);
    assert_true(q >= p + 100 && (uintptr_t)q % 64 == 0);
    size_t used = a.used;
    assert_null(arena_alloc(&a, 1, 1024));
    assert_null(arena_alloc(&a, SIZE_MAX / 2, 3));
    assert_null(arena_zalloc(&a, SIZE_MAX, 1));
    assert_null(arena_alloc(&a, SIZE_MAX - 64, 1));
    assert_int_equal(a.used, used); /* a failure takes nothing */
    arena_release(&a, mark);
    assert_ptr_equal(arena_alloc(&a, 1, 256), q);
    assert_int_equal(a.peak, used);
    arena_release(&a, 0);
    assert_null(arena_alloc(&a, 1, 1025));
    arena_init(&a, NULL, 100);
    assert_null(arena_alloc(&a, 1, 1));
}

static void arena_mapping(void **unused) {
    (void)unused;
    arena a;
    tacit_error err = {0};
    assert_int_equal(arena_map(&a, (size_t)64 << 30, &err), TACIT_OK); /* reserved, not backed */
    unsigned char *p = arena_alloc(&a, 1, (size_t)8 << 20);
    assert_non_null(p);
    for (size_t i = 0; i < (size_t)8 << 20; i += 4096) assert_int_equal(p[i], 0);
    memset(p, 7, (size_t)8 << 20);
    arena_unmap(&a);
    assert_null(arena_alloc(&a, 1, 1));
    arena_unmap(&a); /* harmless */
    assert_int_equal(arena_map(&a, SIZE_MAX, &err), TACIT_RESOURCES);
    assert_int_equal(arena_map(&a, 0, NULL), TACIT_RESOURCES);
}

/* The mapping comes back, wiped; a larger request gets another one; who comes second gets one of his own. */
static void arena_kept(void **unused) {
    (void)unused;
    arena_store s;
    arena a, b;
    tacit_error err;
    arena_store_init(&s);
    assert_int_equal(arena_take(&s, &a, 1 << 20, &err), TACIT_OK);
    unsigned char *base = a.base, *p = arena_alloc(&a, 5000, 1);
    memset(p, 7, 5000);
    arena_give(&s, &a);
    assert_int_equal(arena_take(&s, &a, 1 << 19, &err), TACIT_OK);
    assert_ptr_equal(a.base, base);
    assert_int_equal(a.used, 0);
    for (int i = 0; i < 5000; i++) assert_int_equal(base[i], 0);
    assert_int_equal(arena_take(&s, &b, 1 << 19, &err), TACIT_OK);
    assert_ptr_not_equal(b.base, base);
    arena_give(&s, &a);
    arena_give(&s, &b);
    assert_null(b.base);
    assert_int_equal(arena_take(&s, &a, (size_t)64 << 20, &err), TACIT_OK);
    assert_true(a.size >= (size_t)64 << 20);
    arena_give(NULL, &a);
    assert_null(a.base);
    arena_store_close(&s);
}

/* Threads' scratch lies beyond what was ever taken, apart from each other's, and is zero again when it is given back.
 */
static void arena_parts(void **unused) {
    (void)unused;
    enum { PARTS = 3, SIZE = 1 << 20, TAKEN = 5000 };
    arena a, part[PARTS];
    tacit_error err;
    assert_int_equal(arena_map(&a, SIZE, &err), TACIT_OK);
    size_t mark = arena_mark(&a);
    unsigned char *p = arena_alloc(&a, TAKEN, 1), *last = p + TAKEN;
    memset(p, 7, TAKEN);
    arena_release(&a, mark);
    for (size_t i = 0; i < PARTS; i++) {
        arena_beyond(&a, i, PARTS, &part[i]);
        unsigned char *mine = arena_zalloc(&part[i], part[i].size / 2, 1), *end = part[i].base + part[i].size;
        assert_true(part[i].base >= last && end <= a.base + a.size && part[i].size > (SIZE - TAKEN) / PARTS - 128);
        for (size_t k = 0; k < part[i].size / 2; k++) assert_int_equal(mine[k], 0);
        memset(mine, 9, part[i].size / 2);
        last = end;
    }
    for (size_t i = 0; i < PARTS; i++) arena_wipe(&part[i]);
    assert_int_equal(a.peak, TAKEN);
    for (size_t k = TAKEN; k < SIZE; k++) assert_int_equal(a.base[k], 0);
    assert_null(arena_alloc(&part[0], part[0].size + 1, 1));
    arena_unmap(&a);
}

static void errors(void **unused) {
    (void)unused;
    tacit_error err = {0};
    assert_int_equal(fail(&err, TACIT_SHAPE, "%s: %u of %d%% %d", "node", UINT64_MAX, INT64_MIN, INT64_C(7)),
                     TACIT_SHAPE);
    assert_string_equal(err.text, "node: 18446744073709551615 of -9223372036854775808% 7");
    assert_int_equal(reject(&err, TACIT_REJECT_MERKLE), TACIT_REJECTED); /* the first failure stays */
    assert_int_equal(err.status, TACIT_SHAPE);
    err = (tacit_error){0};
    assert_int_equal(reject(&err, TACIT_REJECT_MERKLE), TACIT_REJECTED);
    assert_int_equal(err.reject, TACIT_REJECT_MERKLE);
    assert_string_equal(err.text, tacit_reject_text(TACIT_REJECT_MERKLE));
    char huge[1000];
    memset(huge, 'x', sizeof huge - 1);
    huge[sizeof huge - 1] = '\0';
    err = (tacit_error){0};
    (void)fail(&err, TACIT_IO, "%s", huge);
    assert_int_equal(strlen(err.text), sizeof err.text - 1);
    assert_int_equal(fail(NULL, TACIT_IO, "x"), TACIT_IO);
    assert_string_equal(tacit_status_name(TACIT_SOUNDNESS), "SOUNDNESS");
    assert_string_equal(tacit_reject_name(TACIT_REJECT_INNER), "INNER");
    assert_string_equal(tacit_status_text((tacit_status)99), "unknown status");
}

static void logarithms(void **unused) {
    (void)unused;
    assert_int_equal(log2_ceil(1), 0);
    assert_int_equal(log2_ceil(2), 1);
    assert_int_equal(log2_ceil(3), 2);
    assert_int_equal(log2_ceil(UINT64_MAX), 64);
    assert_int_equal(log2_floor(1), 0);
    assert_int_equal(log2_floor(3), 1);
    assert_int_equal(log2_floor(UINT64_MAX), 63);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trip),           cmocka_unit_test(reading_past_the_end),
        cmocka_unit_test(writing_past_the_end), cmocka_unit_test(var_values),
        cmocka_unit_test(var_longer_forms),     cmocka_unit_test(arena_bounds),
        cmocka_unit_test(arena_mapping),        cmocka_unit_test(errors),
        cmocka_unit_test(arena_kept),           cmocka_unit_test(logarithms),
        cmocka_unit_test(arena_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
