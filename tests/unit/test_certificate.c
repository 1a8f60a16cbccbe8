/* Tests of commit/certificate: one byte string per certificate, every field checked, the range program. */
#include "test_random.h"
#include <stdlib.h>
#include <string.h>
#include "commit/certificate.h"
#include "commit/queries.h"

enum { MEMORY = 1 << 22, BYTES = 1 << 16 };

typedef struct bench {
    unsigned char *memory, bytes[BYTES];
    arena a;
    certificate c;
    certificate_item items[4];
    size_t size;
    tacit_error err;
} bench;

/* Four tensors, two intervals alike. */
static bench *bench_make(void) {
    bench *b = calloc(1, sizeof *b);
    b->memory = malloc(MEMORY);
    arena_init(&b->a, b->memory, MEMORY);
    b->items[0] = (certificate_item){"layer.0.weight", {2, {10, 33}}, -128, 127};
    b->items[1] = (certificate_item){"layer.0.bias", {1, {10}}, -70000, 70000};
    b->items[2] = (certificate_item){"layer.1.weight", {3, {5, 7, 3}}, -128, 127};
    b->items[3] = (certificate_item){"scalar", {0, {0}}, 5, 5};
    b->c = (certificate){.openings = 3, .item_count = 4, .items = b->items};
    assert_int_equal(geometry_certificate(&b->c.shape, 330 + 10 + 105 + 1, 3, &b->c.t_max, &b->err), TACIT_OK);
    for (int i = 0; i < 32; i++) b->c.root.b[i] = (uint8_t)(i + 1);
    return b;
}

static void bench_free(bench *b) {
    free(b->memory);
    free(b);
}

static tacit_status parse(bench *b, certificate *out) {
    writer w = {b->bytes, BYTES, 0};
    certificate_write(&b->c, &w);
    b->size = w.at;
    assert_true(w.at <= BYTES);
    reader r = reader_of(b->bytes, w.at);
    b->err = (tacit_error){.status = TACIT_OK};
    arena_release(&b->a, 0);
    tacit_status st = certificate_parse(out, &r, &b->a, &b->err);
    if (st == TACIT_OK) assert_int_equal(r.at, w.at);
    return st;
}

static void round_trip(void **unused) {
    (void)unused;
    bench *b = bench_make();
    certificate p;
    unsigned char again[BYTES];
    assert_int_equal(parse(b, &p), TACIT_OK);
    writer w = {again, BYTES, 0};
    certificate_write(&p, &w);
    assert_int_equal(w.at, b->size);
    assert_memory_equal(again, b->bytes, w.at);
    assert_int_equal(p.layout.size, 446);
    assert_string_equal(p.items[2].name, "layer.1.weight");
    unsigned char tagged[64 + BYTES] = "tacit certificate";
    memcpy(tagged + 64, b->bytes, b->size);
    digest d = sha256_of(tagged, 64 + b->size);
    assert_memory_equal(p.digest.b, d.b, 32);
    bench_free(b);
}

/* Every byte matters: a changed one is refused or gives another digest; every prefix is refused. */
static void every_byte(void **unused) {
    (void)unused;
    bench *b = bench_make();
    certificate p;
    assert_int_equal(parse(b, &p), TACIT_OK);
    digest d = p.digest;
    for (size_t i = 0; i < b->size; i++)
        for (int bit = 0; bit < 8; bit++) {
            b->bytes[i] ^= (unsigned char)(1 << bit);
            reader r = reader_of(b->bytes, b->size);
            b->err = (tacit_error){.status = TACIT_OK};
            arena_release(&b->a, 0);
            tacit_status st = certificate_parse(&p, &r, &b->a, &b->err);
            if (st == TACIT_OK) assert_memory_not_equal(p.digest.b, d.b, 32);
            b->bytes[i] ^= (unsigned char)(1 << bit);
        }
    for (size_t n = 0; n < b->size; n++) {
        reader r = reader_of(b->bytes, n);
        b->err = (tacit_error){.status = TACIT_OK};
        arena_release(&b->a, 0);
        assert_int_equal(certificate_parse(&p, &r, &b->a, &b->err), TACIT_MALFORMED);
    }
    bench_free(b);
}

static void refused(bench *b, const char *what) {
    certificate p;
    if (parse(b, &p) == TACIT_MALFORMED) return;
    print_error("accepted: %s\n", what);
    _fail(__FILE__, __LINE__);
}

static void bad_fields(void **unused) {
    (void)unused;
    bench *b = bench_make();
    certificate c = b->c;
    certificate_item items[4];
    memcpy(items, b->items, sizeof items);
#define BAD(what, change)                                                                                              \
    do {                                                                                                               \
        change;                                                                                                        \
        refused(b, what);                                                                                              \
        b->c = c;                                                                                                      \
        memcpy(b->items, items, sizeof items);                                                                         \
    } while (0)
    BAD("one opening more than the tail lasts for", b->c.openings = c.shape.tail / c.t_max + 1);
    BAD("no openings", b->c.openings = 0);
    BAD("t_max of a weaker profile", b->c.t_max = certificate_queries(c.shape.a) - 1);
    BAD("a longer tail than a lane", b->c.shape.tail = (1u << c.shape.a) + 1);
    BAD("weights in the tail", b->c.shape.k = 0; b->c.shape.tail = (1u << c.shape.a) - 445);
    BAD("no room", b->c.shape.a = 31);
    BAD("too many lanes", b->c.shape.k = 17);
    BAD("two alike", b->items[1].name = items[0].name);
    BAD("no name", b->items[1].name = "");
    BAD("a multiplicity's name", b->items[1].name = "#1");
    BAD("a control character", b->items[1].name = "a\nb");
    BAD("an empty dimension", b->items[0].shape.dim[0] = 0);
    BAD("rank", b->items[0].shape.rank = 9);
    BAD("an empty interval", b->items[0].lo = 128);
    BAD("beyond 32 bits", b->items[3].lo = b->items[3].hi = (int64_t)1 << 31);
    BAD("too long for a table", b->items[3].hi = 5 + MAX_TABLE_ROWS);
    BAD("no tensors", b->c.item_count = 0);
#undef BAD
    certificate p;
    assert_int_equal(parse(b, &p), TACIT_OK);
    b->bytes[0] = CERTIFICATE_VERSION + 1;
    reader r = reader_of(b->bytes, b->size);
    assert_int_equal(certificate_parse(&p, &r, &b->a, &b->err), TACIT_VERSION);
    bench_free(b);
}

static void range_program(void **unused) {
    (void)unused;
    bench *b = bench_make();
    certificate c;
    program p;
    unsigned char bytes[4096], again[4096];
    writer w = {bytes, sizeof bytes, 0}, v = {again, sizeof again, 0};
    assert_int_equal(parse(b, &c), TACIT_OK);
    certificate_range_program(&c, &w);
    if (program_parse(&p, bytes, w.at, &b->a, &b->err) != TACIT_OK) {
        print_error("%s\n", b->err.text);
        _fail(__FILE__, __LINE__);
    }
    program_write(&p, false, &v);
    assert_int_equal(w.at, v.at);
    assert_memory_equal(bytes, again, w.at);
    assert_int_equal(p.table_count, 3);
    assert_int_equal(p.lookup_count, 4);
    bool seen[4] = {false};
    for (uint32_t i = 0; i < 4; i++) { /* one lookup a tensor, in the table of its interval */
        const lookup *l = &p.lookups[i];
        const table *t = &p.tables[l->table];
        uint32_t x = l->columns[0];
        assert_true(x < 4 && !seen[x]);
        seen[x] = true;
        assert_int_equal(p.tensors[x].kind, TENSOR_PARAM);
        assert_true(shape_equal(&p.tensors[x].shape, &c.items[x].shape));
        assert_int_equal(table_value(&t->columns[0], 0), c.items[x].lo);
        assert_int_equal(table_value(&t->columns[0], t->rows - 1), c.items[x].hi);
    }
    bench_free(b);
}

static void small_scratch(void **unused) {
    (void)unused;
    bench *b = bench_make();
    certificate p;
    assert_int_equal(parse(b, &p), TACIT_OK);
    for (size_t size = 0; size < 4096; size += 64) {
        arena a;
        arena_init(&a, b->memory, size);
        reader r = reader_of(b->bytes, b->size);
        b->err = (tacit_error){.status = TACIT_OK};
        tacit_status st = certificate_parse(&p, &r, &a, &b->err);
        assert_true(st == TACIT_OK || st == TACIT_RESOURCES);
    }
    bench_free(b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trip),    cmocka_unit_test(every_byte),    cmocka_unit_test(bad_fields),
        cmocka_unit_test(range_program), cmocka_unit_test(small_scratch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
