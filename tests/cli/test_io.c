/* test_io: the readers and writers of data files, on good, bad and hostile bytes. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <zip.h>
#include "array.h"
#include "data.h"
#include "errors.h"
#include "io_json.h"
#include "io_npy.h"
#include "io_npz.h"
#include "shown.h"

enum { BUFFER = 4096 };

/* --- npy ---------------------------------------------------------------- */

/* A version 1 file with this dictionary and these elements; answers its size. */
static size_t make_npy(unsigned char *out, const char *dictionary, const void *elements, size_t size) {
    size_t length = strlen(dictionary);
    memcpy(out, "\x93NUMPY\x01\x00", 8);
    out[8] = (unsigned char)(length & 255);
    out[9] = (unsigned char)(length >> 8);
    memcpy(out + 10, dictionary, length);
    if (size > 0) memcpy(out + 10 + length, elements, size);
    return 10 + length + size;
}

static tacit_status read_as(array *a, const char *dictionary, const void *elements, size_t size) {
    unsigned char file[BUFFER];
    tacit_error err = {0};
    *a = (array){0};
    tacit_status status = npy_read(a, file, make_npy(file, dictionary, elements, size), &err);
    assert_int_equal(status, err.status);
    if (status != TACIT_OK) {
        assert_true(err.text[0] != '\0');
        assert_null(a->real);
        assert_null(a->integer);
    }
    return status;
}

#define HEADER(type, order, shape) "{'descr': '" type "', 'fortran_order': " order ", 'shape': " shape ", }"

static void test_npy_floats(void **state) {
    (void)state;
    array a;
    const float x[6] = {0.5f, -1.0f, 2.0f, 3.0f, 4.0f, 1e-30f};
    assert_int_equal(read_as(&a, HEADER("<f4", "False", "(2, 3)"), x, sizeof x), TACIT_OK);
    assert_int_equal(a.rank, 2);
    assert_int_equal(a.dim[0], 2);
    assert_int_equal(a.dim[1], 3);
    assert_int_equal(a.count, 6);
    assert_false(a.is_integer);
    for (size_t i = 0; i < 6; i++) assert_true(a.real[i] == (double)x[i]);
    array_free(&a);
    const unsigned char big[8] = {0x3F, 0xE0, 0, 0, 0, 0, 0, 0}; /* 0.5 */
    assert_int_equal(read_as(&a, HEADER(">f8", "False", "()"), big, sizeof big), TACIT_OK);
    assert_int_equal(a.rank, 0);
    assert_true(a.real[0] == 0.5);
    array_free(&a);
}

static void check_one_integer(const char *dictionary, const void *bytes, size_t size, int64_t expected) {
    array a;
    assert_int_equal(read_as(&a, dictionary, bytes, size), TACIT_OK);
    assert_true(a.is_integer);
    assert_true(a.integer[0] == expected);
    assert_true(a.real[0] == (double)expected);
    array_free(&a);
}

static void test_npy_integers(void **state) {
    (void)state;
    const unsigned char ones[8] = {255, 255, 255, 255, 255, 255, 255, 255};
    const unsigned char order[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    check_one_integer(HEADER("|i1", "False", "(1,)"), ones, 1, -1);
    check_one_integer(HEADER("<i2", "False", "(1,)"), order, 2, 0x0201);
    check_one_integer(HEADER(">i2", "False", "(1,)"), order, 2, 0x0102);
    check_one_integer(HEADER("<i4", "False", "(1,)"), ones, 4, -1);
    check_one_integer(HEADER("<i8", "False", "(1,)"), ones, 8, -1);
    check_one_integer(HEADER("|u1", "False", "(1,)"), ones, 1, 255);
    check_one_integer(HEADER("<u2", "False", "(1,)"), ones, 2, 65535);
    check_one_integer(HEADER("<u4", "False", "(1,)"), ones, 4, 4294967295);
    check_one_integer(HEADER("<u8", "False", "(1,)"), order, 8, 0x0807060504030201);
    check_one_integer(HEADER("|b1", "False", "(1,)"), order + 1, 1, 1);
    array a;
    assert_int_equal(read_as(&a, HEADER("<u8", "False", "(1,)"), ones, 8), TACIT_VALUE);
}

static void test_npy_fortran(void **state) {
    (void)state;
    array a;
    /* The array ((0, 1, 2), (10, 11, 12)) column by column, and a 2x2x2 one. */
    const int8_t columns[6] = {0, 10, 1, 11, 2, 12};
    assert_int_equal(read_as(&a, HEADER("|i1", "True", "(2, 3)"), columns, sizeof columns), TACIT_OK);
    const int64_t rows[6] = {0, 1, 2, 10, 11, 12};
    assert_memory_equal(a.integer, rows, sizeof rows);
    array_free(&a);
    const int8_t cube[8] = {0, 4, 2, 6, 1, 5, 3, 7};
    assert_int_equal(read_as(&a, HEADER("|i1", "True", "(2, 2, 2)"), cube, sizeof cube), TACIT_OK);
    for (int64_t i = 0; i < 8; i++) assert_true(a.integer[i] == i);
    array_free(&a);
}

static void test_npy_types(void **state) {
    (void)state;
    array a;
    const char zero[64] = {0};
    static const char *const bad[] = {HEADER("<f2", "False", "(1,)"),
                                      HEADER("<c8", "False", "(1,)"),
                                      HEADER("|O", "False", "(1,)"),
                                      HEADER("<U4", "False", "(1,)"),
                                      HEADER("|f4", "False", "(1,)"),
                                      HEADER("<i3", "False", "(1,)"),
                                      HEADER("<M8", "False", "(1,)"),
                                      HEADER("", "False", "(1,)"),
                                      HEADER("<f4x", "False", "(1,)"),
                                      HEADER("|V64", "False", "(1,)"),
                                      "{'descr': [('x', '<f4')], 'fortran_order': False, 'shape': (1,), }"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) assert_int_equal(read_as(&a, bad[i], zero, 4), TACIT_SHAPE);
}

static void test_npy_headers(void **state) {
    (void)state;
    array a;
    const float one = 1.0f;
    static const char *const bad[] = {
        "",
        "{",
        "{}",
        "[]",
        "{'descr': '<f4'}",
        "{'descr': '<f4', 'fortran_order': False}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), } x",
        "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'more': 1}",
        "{'descr': '<f4', 'fortran_order': false, 'shape': (1,), }",
        "{'descr': '<f4', 'fortran_order': 0, 'shape': (1,), }",
        "{'descr': '<f4' 'fortran_order': False, 'shape': (1,), }",
        HEADER("<f4", "False", "1"),
        HEADER("<f4", "False", "(1)"),
        HEADER("<f4", "False", "(-1,)"),
        HEADER("<f4", "False", "(1,,)"),
        HEADER("<f4", "False", "(,)"),
        HEADER("<f4", "False", "(1.0,)"),
        HEADER("<f4", "False", "(1"),
        HEADER("<f4", "False", "(99999999999999999999999999,)"),
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(read_as(&a, bad[i], &one, sizeof one), TACIT_MALFORMED);
    assert_int_equal(read_as(&a, "{\"shape\":(1,1),\"descr\":\"<f4\",\"fortran_order\":True}", &one, sizeof one),
                     TACIT_OK);
    array_free(&a);
    assert_int_equal(read_as(&a, HEADER("<f4", "False", "(1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1)"), &one, sizeof one),
                     TACIT_SHAPE);
}

static void test_npy_huge_shapes(void **state) {
    (void)state;
    array a;
    const float one = 1.0f;
    static const char *const bad[] = {
        HEADER("<f4", "False", "(18446744073709551615,)"),
        HEADER("<f4", "False", "(4611686018427387905,)"), /* times 4 is 4 modulo 2^64 */
        HEADER("<f4", "False", "(4294967296, 4294967296)"),
        HEADER("<f4", "False", "(1000000000, 1000000000)"),
        HEADER("<f4", "False", "(2,)"),
        HEADER("<f4", "False", "(0, 18446744073709551615)"),
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(read_as(&a, bad[i], &one, sizeof one), TACIT_MALFORMED);
    assert_int_equal(read_as(&a, HEADER("<f4", "False", "(0, 3)"), NULL, 0), TACIT_OK);
    assert_int_equal(a.count, 0);
    array_free(&a);
}

static void test_npy_truncated(void **state) {
    (void)state;
    unsigned char file[BUFFER];
    const double x[4] = {1, 2, 3, 4};
    size_t size = make_npy(file, HEADER("<f8", "False", "(4,)"), x, sizeof x);
    for (size_t n = 0; n < size; n++) {
        /* A buffer of exactly n bytes, so that a sanitizer sees any read behind it. */
        unsigned char *part = malloc(n > 0 ? n : 1);
        assert_non_null(part);
        memcpy(part, file, n);
        array a = {0};
        tacit_error err = {0};
        assert_int_equal(npy_read(&a, part, n, &err), TACIT_MALFORMED);
        free(part);
    }
    array a = {0};
    tacit_error err = {0};
    file[size] = 0;
    assert_int_equal(npy_read(&a, file, size + 1, &err), TACIT_MALFORMED);
    file[6] = 9;
    assert_int_equal(npy_read(&a, file, size, &err), TACIT_VERSION);
}

static void test_npy_later_versions(void **state) {
    (void)state;
    unsigned char file[BUFFER];
    const char *dictionary = HEADER("|u1", "False", "(2,)");
    size_t length = strlen(dictionary);
    for (unsigned char version = 2; version <= 3; version++) {
        memcpy(file, "\x93NUMPY\x02\x00", 8);
        file[6] = version;
        const unsigned char size[4] = {(unsigned char)length, 0, 0, 0};
        memcpy(file + 8, size, 4);
        memcpy(file + 12, dictionary, length);
        memcpy(file + 12 + length, "\x07\x08", 2);
        array a = {0};
        tacit_error err = {0};
        assert_int_equal(npy_read(&a, file, 14 + length, &err), TACIT_OK);
        assert_true(a.integer[1] == 8);
        array_free(&a);
        memset(file + 8, 255, 4);
        assert_int_equal(npy_read(&a, file, 14 + length, &err), TACIT_MALFORMED);
    }
}

static void test_npy_values(void **state) {
    (void)state;
    unsigned char file[BUFFER];
    array a = {0};
    tacit_error err = {0};
    const uint32_t nan_last[3] = {0x3F800000, 0x3F800000, 0x7FC00000}, infinite[1] = {0xFF800000};
    size_t size = make_npy(file, HEADER("<f4", "False", "(3,)"), nan_last, sizeof nan_last);
    assert_int_equal(npy_read(&a, file, size, &err), TACIT_VALUE);
    assert_non_null(strstr(err.text, "element 2 is NaN"));
    assert_int_equal(read_as(&a, HEADER("<f4", "False", "(1,)"), infinite, sizeof infinite), TACIT_VALUE);
    /* The index is that of row-major order. */
    const uint32_t second[4] = {0, 0x7FC00000, 0, 0};
    size = make_npy(file, HEADER("<f4", "True", "(2, 2)"), second, sizeof second);
    assert_int_equal(npy_read(&a, file, size, &err), TACIT_VALUE);
    assert_non_null(strstr(err.text, "element 2 "));
}

static void test_npy_round_trip(void **state) {
    (void)state;
    const double x[6] = {0, -0.5, 1e300, 5e-324, 3, 4};
    const uint64_t dim[3] = {1, 2, 3};
    for (size_t rank = 0; rank <= 3; rank++) {
        file_bytes b;
        array a = {0};
        tacit_error err = {0};
        assert_int_equal(npy_write(&b, x, dim, rank, &err), TACIT_OK);
        assert_int_equal(npy_read(&a, b.data, b.size, &err), TACIT_OK);
        assert_int_equal(a.rank, rank);
        assert_memory_equal(a.real, x, (size_t)a.count * sizeof *x);
        assert_int_equal((b.size - (size_t)a.count * 8) % 64, 0);
        array_free(&a);
        disk_wipe(&b);
    }
}

/* --- npz ---------------------------------------------------------------- */

static tacit_status read_npz(data_set *d, const void *bytes, size_t size, tacit_error *err) {
    *err = (tacit_error){0};
    assert_int_equal(data_set_init(d, err), TACIT_OK);
    tacit_status status = npz_read(d, bytes, size, err);
    assert_int_equal(status, err->status);
    return status;
}

/* An archive of one entry, compressed as told. */
static file_bytes make_npz(const char *name, const void *bytes, size_t size, int method) {
    zip_error_t e;
    zip_error_init(&e);
    zip_source_t *source = zip_source_buffer_create(NULL, 0, 0, &e);
    assert_non_null(source);
    zip_source_keep(source);
    zip_t *z = zip_open_from_source(source, ZIP_TRUNCATE, &e);
    assert_non_null(z);
    zip_int64_t i = zip_file_add(z, name, zip_source_buffer(z, bytes, size, 0), 0);
    assert_true(i >= 0);
    assert_int_equal(zip_set_file_compression(z, (zip_uint64_t)i, method, 0), 0);
    assert_int_equal(zip_close(z), 0);
    zip_stat_t s;
    assert_int_equal(zip_source_stat(source, &s), 0);
    file_bytes b = {malloc((size_t)s.size), (size_t)s.size};
    assert_non_null(b.data);
    assert_int_equal(zip_source_open(source), 0);
    assert_true(zip_source_read(source, b.data, s.size) == (zip_int64_t)s.size);
    (void)zip_source_close(source);
    zip_source_free(source);
    zip_error_fini(&e);
    return b;
}

static void test_npz_methods(void **state) {
    (void)state;
    unsigned char npy[BUFFER];
    double x[100] = {0};
    x[99] = 7.0;
    size_t size = make_npy(npy, HEADER("<f8", "False", "(100,)"), x, sizeof x);
    const int method[2] = {ZIP_CM_STORE, ZIP_CM_DEFLATE};
    for (size_t i = 0; i < 2; i++) {
        file_bytes b = make_npz("input.npy", npy, size, method[i]);
        data_set d;
        tacit_error err;
        assert_true(npz_is(b.data, b.size));
        assert_int_equal(read_npz(&d, b.data, b.size, &err), TACIT_OK);
        assert_int_equal(d.count, 1);
        assert_string_equal(d.item[0].name, "input");
        assert_true(d.item[0].real[99] == 7.0);
        data_set_free(&d);
        disk_wipe(&b);
    }
}

static void test_npz_truncated(void **state) {
    (void)state;
    unsigned char npy[BUFFER];
    const float x[8] = {1, 2, 3};
    file_bytes b = make_npz("x.npy", npy, make_npy(npy, HEADER("<f4", "False", "(8,)"), x, sizeof x), ZIP_CM_DEFLATE);
    data_set d;
    tacit_error err;
    for (size_t n = 0; n < b.size; n++) {
        assert_int_equal(read_npz(&d, b.data, n, &err), TACIT_MALFORMED);
        assert_true(err.text[0] != '\0');
        data_set_free(&d);
    }
    /* Any flipped byte of the packed data must show in the checksum, the sizes or the npy header. */
    for (size_t at = 30 + 5; at < 30 + 5 + 20; at++) {
        b.data[at] ^= 0x55;
        assert_int_not_equal(read_npz(&d, b.data, b.size, &err), TACIT_OK);
        data_set_free(&d);
        b.data[at] ^= 0x55;
    }
    disk_wipe(&b);
}

static void test_npz_entries(void **state) {
    (void)state;
    data_set d;
    tacit_error err;
    file_bytes b = make_npz("notes.txt", "hello", 5, ZIP_CM_STORE);
    assert_int_equal(read_npz(&d, b.data, b.size, &err), TACIT_MALFORMED);
    assert_non_null(strstr(err.text, "notes.txt"));
    data_set_free(&d);
    disk_wipe(&b);
    b = make_npz("x.npy", "hello", 5, ZIP_CM_STORE);
    assert_int_equal(read_npz(&d, b.data, b.size, &err), TACIT_MALFORMED);
    assert_non_null(strstr(err.text, "x.npy"));
    data_set_free(&d);
    disk_wipe(&b);
    /* An archive without entries. */
    const unsigned char empty[22] = {'P', 'K', 5, 6};
    assert_int_equal(read_npz(&d, empty, sizeof empty, &err), TACIT_MALFORMED);
    data_set_free(&d);
}

/* The size field of an archive is a claim: what it says is not allocated above the limit. */
static void test_npz_bomb(void **state) {
    (void)state;
    file_bytes b = make_npz("x.npy", "0123456789", 10, ZIP_CM_STORE);
    data_set d;
    tacit_error err;
    for (size_t i = 0; i + 28 < b.size; i++)
        if (memcmp(b.data + i, "PK\x01\x02", 4) == 0) memcpy(b.data + i + 24, "\xFF\xFF\xFF\x7F", 4);
    assert_int_not_equal(read_npz(&d, b.data, b.size, &err), TACIT_OK);
    data_set_free(&d);
    disk_wipe(&b);
}

static void test_npz_round_trip(void **state) {
    (void)state;
    const double x[2] = {1.5, -2.5};
    const uint64_t dim[1] = {2};
    npz_entry entry[2] = {{.name = "first"}, {.name = "second"}};
    tacit_error err = {0};
    file_bytes b;
    for (size_t i = 0; i < 2; i++) assert_int_equal(npy_write(&entry[i].npy, x, dim, 1, &err), TACIT_OK);
    assert_int_equal(npz_write(&b, entry, 2, &err), TACIT_OK);
    data_set d;
    assert_int_equal(read_npz(&d, b.data, b.size, &err), TACIT_OK);
    assert_int_equal(d.count, 2);
    assert_string_equal(d.item[1].name, "second");
    assert_memory_equal(d.item[1].real, x, sizeof x);
    data_set_free(&d);
    disk_wipe(&b);
    for (size_t i = 0; i < 2; i++) disk_wipe(&entry[i].npy);
}

/* --- JSON --------------------------------------------------------------- */

static tacit_status read_json(data_set *d, const char *text, tacit_error *err) {
    *err = (tacit_error){0};
    assert_int_equal(data_set_init(d, err), TACIT_OK);
    tacit_status status = json_read(d, (const unsigned char *)text, strlen(text), "input_data", err);
    assert_int_equal(status, err->status);
    return status;
}

static void test_json_lists(void **state) {
    (void)state;
    data_set d;
    tacit_error err;
    assert_int_equal(read_json(&d, "{\"input_data\": [[0.5, -1, 2e3, true], [[1, 2], [3, 4], [5, 6]], 7]}\n", &err),
                     TACIT_OK);
    assert_int_equal(d.count, 3);
    assert_true(d.ordered);
    assert_true(d.item[0].flat);
    assert_true(d.item[0].real[2] == 2000.0 && d.item[0].real[3] == 1.0);
    assert_int_equal(d.item[1].rank, 2);
    assert_int_equal(d.item[1].dim[0], 3);
    assert_int_equal(d.item[1].dim[1], 2);
    assert_true(d.item[1].real[5] == 6.0);
    assert_int_equal(d.item[2].rank, 0);
    data_set_free(&d);
    assert_int_equal(read_json(&d, "{\"input_data\": [[null]]}", &err), TACIT_OK);
    assert_int_equal(d.count, 0);
    assert_true(d.ordered);
    data_set_free(&d);
}

/* Bug 12: integers that doubles do not hold are refused, not rounded. */
static void test_json_exact(void **state) {
    (void)state;
    data_set d;
    tacit_error err;
    assert_int_equal(read_json(&d, "{\"input_data\": [[9007199254740992, -9007199254740992]]}", &err), TACIT_OK);
    assert_true(d.item[0].real[0] == 0x1p53 && d.item[0].real[1] == -0x1p53);
    data_set_free(&d);
    static const char *const bad[] = {"9007199254740993", "-9007199254740993", "9223372036854775807",
                                      "18446744073709551616"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char text[80];
        (void)snprintf(text, sizeof text, "{\"input_data\": [[%s]]}", bad[i]);
        assert_int_equal(read_json(&d, text, &err), TACIT_VALUE);
        data_set_free(&d);
    }
}

static void test_json_bad(void **state) {
    (void)state;
    data_set d;
    tacit_error err;
    static const char *const malformed[] = {"",
                                            "{",
                                            "[]",
                                            "{}",
                                            "{\"input_data\": 1}",
                                            "{\"input_data\": []}",
                                            "{\"input_data\": [[1, 2}",
                                            "{\"input_data\": [[1]]} x",
                                            "{\"output_data\": [[1]]}",
                                            "{\"input_data\": [[[1, 2], [3]]]}",
                                            "{\"input_data\": [[1, [2]]]}",
                                            "{\"input_data\": [[[1], 2]]}",
                                            "nonsense",
                                            "{\"input_data\": [[1]]",
                                            "{\"input_data\": [[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]}"};
    for (size_t i = 0; i < sizeof malformed / sizeof malformed[0]; i++) {
        assert_int_equal(read_json(&d, malformed[i], &err), TACIT_MALFORMED);
        assert_true(err.text[0] != '\0');
        data_set_free(&d);
    }
    static const char *const value[] = {"{\"input_data\": [[1, \"2\"]]}", "{\"input_data\": [[1, null]]}",
                                        "{\"input_data\": [[1e999]]}",    "{\"input_data\": [[{}]]}",
                                        "{\"input_data\": [[0, NaN]]}",   "{\"input_data\": [[Infinity]]}"};
    for (size_t i = 0; i < sizeof value / sizeof value[0]; i++) {
        assert_int_equal(read_json(&d, value[i], &err), TACIT_VALUE);
        data_set_free(&d);
    }
}

static void test_json_round_trip(void **state) {
    (void)state;
    const double x[3] = {0.1, -3.0, 1e-300};
    const json_tensor tensor[1] = {{x, 3}};
    tacit_error err = {0};
    file_bytes b;
    data_set d;
    assert_int_equal(json_write(&b, tensor, 1, &err), TACIT_OK);
    assert_int_equal(data_set_init(&d, &err), TACIT_OK);
    assert_int_equal(json_read(&d, b.data, b.size, "output_data", &err), TACIT_OK);
    assert_memory_equal(d.item[0].real, x, sizeof x);
    data_set_free(&d);
    disk_wipe(&b);
}

/* --- Arrays against tensors --------------------------------------------- */

static const tacit_io TENSOR = {.name = "x", .rank = 3, .dim = {1, 2, 3}, .count = 6};

/* An array of this shape, all zero, in a set of its own. */
static uint64_t samples_of_shape(uint32_t rank, const uint64_t *dim, bool flat, const tacit_io *io) {
    data_set d;
    tacit_error err = {0};
    assert_int_equal(data_set_init(&d, &err), TACIT_OK);
    array *a = &d.item[0];
    a->rank = rank;
    a->flat = flat;
    for (uint32_t i = 0; i < rank; i++) a->dim[i] = dim[i];
    assert_int_equal(array_allocate(a, false, &err), TACIT_OK);
    d.count = 1;
    data_samples s;
    tacit_status status = data_samples_of(&s, &d, "file", io, 1, &err);
    assert_true(status == TACIT_OK || status == TACIT_SHAPE);
    uint64_t count = status == TACIT_OK ? s.count : 0;
    data_set_free(&d);
    return count;
}

#define SAMPLES(flat, io, ...)                                                                                         \
    samples_of_shape(sizeof((uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t), (uint64_t[]){__VA_ARGS__}, flat, io)

static void test_fit(void **state) {
    (void)state;
    const tacit_io pair = {.name = "x", .rank = 2, .dim = {2, 3}, .count = 6};
    assert_int_equal(SAMPLES(false, &TENSOR, 1, 2, 3), 1);
    assert_int_equal(SAMPLES(false, &TENSOR, 2, 3), 1);
    assert_int_equal(SAMPLES(false, &TENSOR, 5, 2, 3), 5);
    assert_int_equal(SAMPLES(false, &TENSOR, 5, 1, 2, 3), 5);
    assert_int_equal(SAMPLES(false, &TENSOR, 6), 0);
    assert_int_equal(SAMPLES(true, &TENSOR, 6), 1);
    assert_int_equal(SAMPLES(true, &TENSOR, 12), 2);
    assert_int_equal(SAMPLES(true, &TENSOR, 7), 0);
    assert_int_equal(SAMPLES(false, &TENSOR, 3, 2), 0);
    assert_int_equal(SAMPLES(false, &TENSOR, 1, 3, 2), 0);
    assert_int_equal(SAMPLES(false, &TENSOR, 0, 2, 3), 0);
    assert_int_equal(SAMPLES(false, &pair, 4, 3), 2);
    assert_int_equal(SAMPLES(false, &pair, 3, 3), 0);
    assert_int_equal(SAMPLES(false, &pair, 3), 0);
}

static void test_find(void **state) {
    (void)state;
    const tacit_io two[2] = {{.name = "a", .count = 1}, {.name = "b", .count = 1}};
    data_set d;
    tacit_error err = {0};
    const array *found = NULL;
    assert_int_equal(data_set_init(&d, &err), TACIT_OK);
    d.count = 2;
    (void)snprintf(d.item[0].name, ARRAY_NAME_SIZE, "b");
    (void)snprintf(d.item[1].name, ARRAY_NAME_SIZE, "label");
    assert_int_equal(data_find(&found, &d, "file", two, 2, 1, &err), TACIT_OK);
    assert_ptr_equal(found, &d.item[0]);
    assert_int_equal(data_find(&found, &d, "file", two, 2, 0, &err), TACIT_SHAPE);
    /* One array for one tensor needs no name; labels are not counted. */
    assert_int_equal(data_find(&found, &d, "file", two, 1, 0, &err), TACIT_OK);
    assert_ptr_equal(found, &d.item[0]);
    d.ordered = true;
    assert_int_equal(data_find(&found, &d, "file", two, 1, 0, &err), TACIT_SHAPE);
    assert_int_equal(data_find(&found, &d, "file", two, 2, 1, &err), TACIT_OK);
    assert_ptr_equal(found, &d.item[1]);
    data_set_free(&d);
}

/* --- Files -------------------------------------------------------------- */

static void test_files(void **state) {
    (void)state;
    char path[] = "test_io_XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    (void)close(fd);
    tacit_error err = {0};
    file_bytes b;
    assert_int_equal(disk_write(path, "first", 5, &err), TACIT_OK);
    staged_file s;
    assert_int_equal(disk_stage(&s, path, "second", 6, &err), TACIT_OK);
    assert_int_equal(access(s.temp, F_OK), 0);
    char temp[FILE_NAME_SIZE];
    memcpy(temp, s.temp, sizeof temp);
    disk_discard(&s);
    assert_int_not_equal(access(temp, F_OK), 0);
    assert_int_equal(disk_read(&b, path, 5, &err), TACIT_OK);
    assert_int_equal(b.size, 5);
    assert_memory_equal(b.data, "first", 5);
    disk_wipe(&b);
    assert_int_equal(disk_read(&b, path, 4, &err), TACIT_RESOURCES);
    assert_null(b.data);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(disk_read(&b, path, 5, &err), TACIT_MISSING);
    assert_int_equal(disk_read(&b, ".", 5, &err), TACIT_IO);
    assert_int_equal(disk_write("no-such-folder/x", "x", 1, &err), TACIT_MISSING);
    assert_int_equal(disk_can_write("no-such-folder/x", &err), TACIT_MISSING);
    assert_int_equal(disk_can_write(".", &err), TACIT_IO);
}

/* --- A file against what a proof shows ----------------------------------- */

/* An npz file of (1, 2) arrays, as many as there are names; answers what the comparison says. */
static tacit_status compare_named(const tacit_verdict *v, const char *const *name, size_t count, const double *x) {
    char path[] = "test_io_XXXXXX";
    const uint64_t dim[2] = {1, 2};
    npz_entry entry[3] = {{0}};
    tacit_error err = {0};
    file_bytes b;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    (void)close(fd);
    for (size_t i = 0; i < count; i++) {
        entry[i].name = name[i];
        assert_int_equal(npy_write(&entry[i].npy, x, dim, 2, &err), TACIT_OK);
    }
    assert_int_equal(npz_write(&b, entry, count, &err), TACIT_OK);
    assert_int_equal(disk_write(path, b.data, b.size, &err), TACIT_OK);
    tacit_status status = shown_compare(v, true, path, &err);
    assert_int_equal(unlink(path), 0);
    disk_wipe(&b);
    for (size_t i = 0; i < count; i++) disk_wipe(&entry[i].npy);
    return status;
}

/* Of several outputs a file may name some; what it names must be public and equal. */
static void test_shown(void **state) {
    (void)state;
    const int64_t values[2] = {3, -8};
    const double right[2] = {1.5, -4}, wrong[2] = {1.5, -4.5};
    const tacit_shown shown[2] = {{.name = "open",
                                   .is_output = 1,
                                   .is_public = 1,
                                   .rank = 2,
                                   .dim = {1, 2},
                                   .count = 2,
                                   .scale = 1,
                                   .values = values},
                                  {.name = "secret", .is_output = 1, .rank = 2, .dim = {1, 2}, .count = 2, .scale = 1}};
    const tacit_verdict v = {.shown_count = 2, .shown = shown};
    const char *const name[2] = {"open", "secret"}, *const other[2] = {"open", "else"};
    assert_int_equal(compare_named(&v, name, 1, right), TACIT_OK);
    assert_int_equal(compare_named(&v, name, 1, wrong), TACIT_REJECTED);
    assert_int_equal(compare_named(&v, name + 1, 1, right), TACIT_REJECTED);
    assert_int_equal(compare_named(&v, name, 2, right), TACIT_REJECTED);
    assert_int_equal(compare_named(&v, other, 2, right), TACIT_SHAPE);
    assert_int_equal(compare_named(&v, other + 1, 1, right), TACIT_SHAPE);
}

static void test_clean(void **state) {
    (void)state;
    static const char *const pair[][2] = {{"plain", "plain"},
                                          {"\x1b[2J\x07\n", "?[2J??"},
                                          {"gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f"},
                                          {"\xc2\x9b"
                                           "2J",
                                           "?2J"},
                                          {"\xff\xc3", "??"},
                                          {"\xc0\xaf", "??"},
                                          {"\xed\xa0\x80", "???"},
                                          {"\xf4\x90\x80\x80", "????"},
                                          {"\xe2\x82\xac", "\xe2\x82\xac"}};
    char out[32];
    for (size_t i = 0; i < sizeof pair / sizeof pair[0]; i++) {
        cli_clean(out, sizeof out, pair[i][0], strlen(pair[i][0]));
        assert_string_equal(out, pair[i][1]);
    }
    cli_clean(out, 4, "\xe2\x82\xac\xe2\x82\xac", 6);
    assert_string_equal(out, "\xe2\x82\xac");
    cli_clean(out, 3, "\xe2\x82\xac", 3);
    assert_string_equal(out, "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_npy_floats),
        cmocka_unit_test(test_npy_integers),
        cmocka_unit_test(test_npy_fortran),
        cmocka_unit_test(test_npy_types),
        cmocka_unit_test(test_npy_headers),
        cmocka_unit_test(test_npy_huge_shapes),
        cmocka_unit_test(test_npy_truncated),
        cmocka_unit_test(test_npy_later_versions),
        cmocka_unit_test(test_npy_values),
        cmocka_unit_test(test_npy_round_trip),
        cmocka_unit_test(test_npz_methods),
        cmocka_unit_test(test_npz_truncated),
        cmocka_unit_test(test_npz_entries),
        cmocka_unit_test(test_npz_bomb),
        cmocka_unit_test(test_npz_round_trip),
        cmocka_unit_test(test_json_lists),
        cmocka_unit_test(test_json_exact),
        cmocka_unit_test(test_json_bad),
        cmocka_unit_test(test_json_round_trip),
        cmocka_unit_test(test_fit),
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_shown),
        cmocka_unit_test(test_clean),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
