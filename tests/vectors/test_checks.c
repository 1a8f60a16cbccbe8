/* Checks of the verifier's files that no published vector can show: refusals that another check would make with
 * another text, programs too long to print, and functions called out of their usual place. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "commit/certificate.h"
#include "commit/ladder.h"
#include "commit/queries.h"
#include "hash/merkle.h"
#include "hash/transcript.h"
#include "logup/logup.h"
#include "poly/eq.h"
#include "program/model.h"
#include "proof/statement.h"
#include "vectors.h" /* before cmocka, which defines a macro fail */
#include <setjmp.h>
#include <cmocka.h>

static arena memory;
static tacit_error err;

static void fresh(void) {
    memset(&err, 0, sizeof err);
    arena_release(&memory, 0);
}

/* Refused as malformed, and for this reason. */
static void refused(tacit_status status, const char *why) {
    if (status != TACIT_MALFORMED || !strstr(err.text, why))
        fail_msg("%s \"%s\", not \"%s\"", tacit_status_name(status), err.text, why);
}

typedef struct refusal {
    const char *text, *why;
} refusal;

/* ---------------------------------------------------------------- programs */
static tacit_status parse(const void *data, size_t size) {
    program p;
    fresh();
    return program_parse(&p, data, size, &memory, &err);
}

static const refusal programs[] = {
    {"\"TACP 1 60000 'w 1 0 %0 %1", "ends early in tensors"},
    {"\"TACP 1 1 'www", "bad tensor kind"},
    {"\"TACP 1 1 'ww 1 0", "bad interval"},
    {"\"TACP 1 1 'w 1 2 4194304 4194304 %0 %1", "bad shape"},
    {"\"TACP 1 1 'k 3 1 4 0  0 0 0", "bad sequence"},
    {"\"TACP 1 1 'w 1 0 %0 %1  1 1 1 2 0  0 0", "bad sequence"},
    {"\"TACP 1 1 'w 1 0 %0 %1  1 1 1 3 2 2 %5", "bad sequence"},
    {"\"TACP 1 1 'w 1 0 %0 %1  1 1 1 4 2 2 %5 %1 2", "bad run"},
    {"\"TACP 1 1 'w 1 0 %0 %1  1 1 1 3 1 3 %-2305843009213693954 %1  0 0", "bad run"},
    {"\"TACP 2 1 'w 1 1 4194305 %0 %1  1 1 0 0  0 0", "rows of its source"},
    {"\"TACP 2 1 'w 1 0 %0 %1  1 1 0 0  0 0", "rows of its source"},
    {"\"TACP 2 3 'w 1 2 2 2 %0 %1 'i 1 8 1 1 1 1 1 1 1 1 %0 %1 'g 1 8 1 1 1 1 1 1 1 1 %0 %1  1 1 0 0  0  1 'r 0 1 2",
     "its rows are not"},
    {"\"TACP 1 1 'w 1 0 %0 %1  1 1 1 3 1 3 %2305843009213693954 %-1  0 0", "bad run"},
    {"\"TACP 1 1 'w 1 0 %0 %1  1 1 1 3 1 3 %0 %2305843009213693952  0 0", "bad run"},
    {"\"TACP 1 2 'w 1 2 4096 2048 %0 %1 'v 7 2 4096 2048 0 1 2 0 1 2 0 1 1 8388608 %0 %1 0 0 0",
     "a group is too large"},
    {"\"TACP 1 1 'w 1 0 %0 %1  0  1 'c 0 0 1 %1 0 %4611686018427387905  0", "its constant"},
    {"\"TACP 1 1 'w 1 0 %0 %1  0  1 'c 0 0 1 %1 0 %-4611686018427387905  0", "its constant"},
    {"\"TACP 1 1 'w 1 0 %0 %1  0  1 'c 0 0 0 %0  0", "is empty"},
};

static void test_programs(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
        bytes b = assemble(programs[i].text);
        refused(parse(b.data, b.size), programs[i].why);
    }
}

/* 2^16 tensors are allowed, with the multiplicities: one table is one too many. */
static void test_most_tensors(void **state) {
    unsigned char *data = vectors_new(1 << 20, 1);
    (void)state;
    for (unsigned tables = 0; tables < 2; tables++) {
        writer w = {data, 1 << 20, 0};
        write_bytes(&w, "TACP", 4);
        write_var(&w, PROGRAM_VERSION);
        write_var(&w, MAX_TENSORS);
        for (unsigned i = 0; i < MAX_TENSORS; i++) {
            char name[8];
            snprintf(name, sizeof name, "%05u", i);
            write_var(&w, 5);
            write_bytes(&w, name, 5);
            write_bytes(&w, "\1\0\0\0", 4); /* a parameter, scalar, in 0 .. 0 */
        }
        write_var(&w, tables);
        if (tables) write_bytes(&w, "\1\1\1\1\1\0", 6);
        write_bytes(&w, "\0\0", 2);
        if (tables)
            refused(parse(data, w.at), "too many tensors");
        else
            assert_int_equal(parse(data, w.at), TACIT_OK);
    }
}

/* A constant that takes all that a file of this length may expand to, and a column of 2^22 rows that is held as values.
 */
static size_t constant_and_column(unsigned char *data, size_t capacity, uint32_t count) {
    enum { ROWS = MAX_TABLE_ROWS, RUNS = 4 + ROWS / 1024 + 1 };
    char text[128];
    writer w = {data, capacity, 0};
    snprintf(text, sizeof text, "\"TACP 1 1 'c 3 1 %u 2 %u %%0 %%0 1 %%5  1 1 1 %d %d", count, count - 1, ROWS, RUNS);
    bytes head = assemble(text);
    write_bytes(&w, head.data, head.size);
    for (unsigned i = 0; i + 1 < RUNS; i++) {
        write_var(&w, 2);
        write_svar(&w, i % 2 ? 3 : -4);
        write_svar(&w, 1);
    }
    write_var(&w, ROWS - 2 * (RUNS - 1));
    write_svar(&w, 50);
    write_svar(&w, 0);
    write_bytes(&w, "\0\0", 2);
    return w.at;
}

static void test_budget(void **state) {
    enum { CAPACITY = 1 << 20 };
    unsigned char *data = vectors_new(CAPACITY, 1);
    uint32_t budget = (1 << 20) + 1024 * (uint32_t)constant_and_column(data, CAPACITY, 1 << 23);
    (void)state;
    size_t size = constant_and_column(data, CAPACITY, budget - MAX_TABLE_ROWS);
    assert_int_equal(parse(data, size), TACIT_OK);
    assert_int_equal(size, constant_and_column(data, CAPACITY, budget - MAX_TABLE_ROWS + 1));
    refused(parse(data, size), "expands too far");
}

/* A tensor of 2^26 elements and single elements of it looked up: the eighth view is more work than a program may ask.
 */
static void test_partial_lookups(void **state) {
    (void)state;
    for (unsigned views = 7; views <= 8; views++) {
        unsigned char *data = vectors_new(4096, 1);
        writer w = {data, 4096, 0};
        bytes part = assemble("'w 1 1 67108864 %0 %1 'h 4 1 67108864");
        write_bytes(&w, "TACP", 4);
        write_var(&w, PROGRAM_VERSION);
        write_var(&w, 2 + views);
        write_bytes(&w, part.data, part.size);
        for (unsigned i = 0; i < views; i++) { /* "v<i>", a view of one element of h */
            unsigned char view[] = {2, 'v', (unsigned char)('0' + i), TENSOR_VIEW, 1, 1, 1, 1, 1, 0, 1, 0};
            write_bytes(&w, view, sizeof view);
            write_bytes(&w, "\1\1\0", 3);
        }
        part = assemble("1 1 1 1 1 1 %0  1 'c 1 67108864 0 2 %1 0 %-1 1 %0");
        write_bytes(&w, part.data, part.size);
        write_var(&w, views);
        for (unsigned i = 0; i < views; i++) {
            unsigned char look[] = {2, 'v', (unsigned char)('0' + i), 0, (unsigned char)(2 + i)};
            write_bytes(&w, look, sizeof look);
        }
        if (views > 7)
            refused(parse(data, w.at), "too many partial lookups");
        else
            assert_int_equal(parse(data, w.at), TACIT_OK);
    }
}

/* ---------------------------------------------------------------- advice */
/* w = 4 y + rem + 4 l + 16 h with a flag f; g has another shape. */
#define SATURATION                                                                                                     \
    "\"TACP 1 7 'w 1 0 %0 %100 'y 4 0 'r 4 0 'l 4 0 'h 4 0 'f 4 0 'g 4 1 2  1 1 1 4 1 4 %0 %1  "                       \
    "1 'c 0 0 5 %1 0 %-4 1 %-1 2 %-4 3 %-16 4 %0  6 'a 0 1 'b 0 2 'd 0 3 'e 0 4 'k 0 5 'm 0 6  "
static const refusal advices[] = {
    {SATURATION "1  1 0 2 3 2 4 5 6 2 %0 %3", NULL},
    {SATURATION "1  1 0 2 3 2 4 0 0 0 %-2147483648 %2147483647", NULL},
    {SATURATION "1  1 0 2 3 2 5 5 6 2 %0 %3", "the excess is not"},
    {SATURATION "1  1 0 2 3 2 4 4 6 2 %0 %3", "high limb"},
    {SATURATION "1  1 0 2 3 2 4 5 6 3 %0 %3", "high limb"},
    {SATURATION "1  1 0 2 3 2 4 5 1 2 %0 %3", "its flag"},
    {SATURATION "1  1 0 2 3 2 4 5 7 2 %0 %3", "its flag"},
    {SATURATION "1  1 0 2 3 2 4 5 6 2 %4 %3", "its interval"},
    {SATURATION "1  1 0 2 3 2 4 5 6 2 %-2147483649 %3", "its interval"},
    {SATURATION "1  1 0 2 3 2 4 5 6 2 %0 %2147483648", "its interval"},
    {SATURATION "1  1 0 2 3 2 4 0 6 2 %0 %3", "its interval or low bits"},
};

static void test_advice(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof advices / sizeof *advices; i++) {
        bytes b = assemble(advices[i].text);
        tacit_status st = parse(b.data, b.size);
        if (advices[i].why)
            refused(st, advices[i].why);
        else if (st != TACIT_OK)
            fail_msg("advice %zu: %s", i, err.text);
    }
}

/* ---------------------------------------------------------------- public parts, certificates */
static const refusal publics[] = {
    {"100 0 0", "truncated"},
    {"xffffffffffffffffff01 0 0", "truncated"},
    {"[ \"TACP 1 1 'w 1 0 %0 %1 0 0 0 ] 65 0 0 0 0", "too many inputs and outputs"},
    {"[ " SATURATION "1  1 0 2 3 2 4 5 6 2 %0 %3 ] 0 0", "bytes after the end"},
    {"[ \"TACP 1 1 'w 1 0 %0 %1 0 0 0 ] 1 99 %0 0", "input or output 0"},
};

static void test_publics(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof publics / sizeof *publics; i++) {
        bytes b = assemble(publics[i].text);
        model_public m;
        fresh();
        refused(model_public_parse(&m, b.data, b.size, &memory, &err), publics[i].why);
    }
}

static void test_certificates(void **state) {
    static const refusal list[] = {
        {"1 1  10 3 592 4 148  1  'w 2 4194304 4194304 %0 %0  xab*32", "too large"},
        {"1 1  3 5 1 1 1  1  'w 1 4 %0 %1  xab*32", "t_max 1 is below 0"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        bytes b = assemble(list[i].text);
        reader r = reader_of(b.data, b.size);
        certificate c;
        fresh();
        refused(certificate_parse(&c, &r, &memory, &err), list[i].why);
    }
    certificate_shape cs;
    uint32_t t_max;
    fresh();
    assert_int_equal(geometry_certificate(&cs, 100, UINT64_C(1) << 20, &t_max, &err), TACIT_OK);
    assert_int_equal(geometry_certificate(&cs, 100, (UINT64_C(1) << 20) + 1, &t_max, &err), TACIT_USAGE);
}

/* ---------------------------------------------------------------- statements */
static void test_bindings(void **state) {
    bytes b = assemble("\"TACP 1 2 'w 1 0 %0 %1 'u 1 0 %0 %1  0 0 0");
    program p;
    certificate c = {.item_count = 0};
    statement st = {.p = &p, .certificate_count = 1, .certificates = {&c}};
    binding bind[2] = {{.kind = BIND_PUBLIC}, {.kind = BIND_PUBLIC}};
    static const int64_t one = 1;
    (void)state;
    fresh();
    assert_int_equal(program_parse(&p, b.data, b.size, &memory, &err), TACIT_OK);
    st.bind = bind;
    assert_int_equal(statement_make(&st, &memory, &err), TACIT_INTERNAL); /* public without values */
    memset(&err, 0, sizeof err);
    bind[0].values = &one;
    bind[1] = (binding){.kind = BIND_CERTIFIED, .certificate = 1};
    refused(statement_make(&st, &memory, &err), "not in the certificate");
    memset(&err, 0, sizeof err);
    bind[1] = (binding){.kind = BIND_CERTIFIED, .certificate = 0, .item = 0};
    refused(statement_make(&st, &memory, &err), "not in the certificate");
    memset(&err, 0, sizeof err);
    bind[1] = (binding){.kind = BIND_PRIVATE};
    refused(statement_make(&st, &memory, &err), "not certified");
}

/* Tables that are held as values cost a verifier their rows: 512 of 2^22 rows are too much work (they are not read). */
static void test_table_work(void **state) {
    enum { TABLES = 600 };
    bytes b = assemble("\"TACP 1 2 's 4 0 't 4 0  1 1 1 1 1 1 %0  0  2 'r 0 0 'q 0 1");
    program p;
    session s;
    logup l;
    transcript ch;
    (void)state;
    for (int many = 0; many < 2; many++) {
        fresh();
        assert_int_equal(program_parse(&p, b.data, b.size, &memory, &err), TACIT_OK);
        table *tables = ARENA_ZNEW(&memory, table, TABLES);
        tensor *tensors = ARENA_ZNEW(&memory, tensor, p.tensor_count + TABLES);
        memcpy(tensors, p.tensors, p.tensor_count * sizeof *tensors);
        for (unsigned i = 0; i < TABLES; i++) {
            tables[i] = (table){.id = i + 1, .width = 1, .rows = MAX_TABLE_ROWS, .multiplicity = p.tensor_count + i};
            tensors[p.tensor_count + i] =
                (tensor){.name = "#", .kind = TENSOR_MULTIPLICITY, .shape = {1, {MAX_TABLE_ROWS}}, .table = i};
        }
        p.tables = tables;
        p.tensors = tensors;
        p.table_count = many ? TABLES : 500;
        binding *bind = ARENA_ZNEW(&memory, binding, p.tensor_count);
        transcript_counter(&ch, &err);
        session_init(&s, &p, bind, &ch, &memory, &err);
        assert_int_equal(logup_make(&l, &p, &memory, &err), TACIT_OK);
        assert_int_equal(logup_run(&s, &l, NULL), many ? TACIT_UNSUPPORTED : TACIT_OK);
    }
}

/* ---------------------------------------------------------------- pieces */
static void test_arena(void **state) {
    static _Alignas(64) unsigned char space[256];
    arena a;
    (void)state;
    arena_init(&a, space, sizeof space);
    assert_null(arena_alloc(&a, SIZE_MAX / 4 + 2, 4)); /* the product is 4 modulo the word */
    assert_non_null(arena_alloc(&a, 1, 4));
    a.size = SIZE_MAX;
    a.used = SIZE_MAX - 1; /* the padding leaves the word */
    assert_null(arena_alloc(&a, 1, 1));
}

static void test_shapes(void **state) {
    const shape three = {1, {3}}, matrix = {2, {3, 4}}, other = {2, {3, 5}};
    (void)state;
    assert_false(shape_equal(&three, &matrix));
    assert_false(shape_equal(&matrix, &other));
    assert_true(shape_equal(&matrix, &matrix));
}

/* Bug 5: positions that are not there, though their path is right; no positions; a proof of no siblings. */
static void test_merkle(void **state) {
    digest leaf[2] = {merkle_leaf("a", 1), merkle_leaf("b", 1)}, root = merkle_node(&leaf[0], &leaf[1]), at[2];
    uint32_t work[2], position = 0;
    (void)state;
    at[0] = leaf[0];
    assert_true(merkle_verify(&root, 1, &position, 1, at, work, &leaf[1], 1));
    position = 2;
    at[0] = leaf[0];
    assert_false(merkle_verify(&root, 1, &position, 1, at, work, &leaf[1], 1));
    at[0] = root;
    assert_false(merkle_verify(&root, 1, &position, 0, at, work, &leaf[1], 0));
    position = 0;
    at[0] = leaf[0];
    assert_false(merkle_verify(&root, 1, &position, 1, at, work, NULL, 0));
}

/* After a failure reads give zeros; a prover whose buffer is full says so and writes nothing more. */
static void test_transcript(void **state) {
    unsigned char proof[32] = {0}, buffer[8] = {0};
    transcript t;
    gl v[2] = {7, 7};
    (void)state;
    fresh();
    memset(proof, 0xff, 8);
    proof[8] = 5;
    transcript_verifier(&t, proof, sizeof proof, &err);
    transcript_f(&t, TAG_LEAF, v, 1);
    assert_int_equal(err.reject, TACIT_REJECT_NOT_CANONICAL);
    transcript_f(&t, TAG_LEAF, v + 1, 1);
    assert_int_equal(v[0], 0);
    assert_int_equal(v[1], 0);
    assert_int_equal(transcript_finish(&t), TACIT_REJECTED);
    fresh();
    v[0] = v[1] = 9;
    transcript_prover(&t, buffer, sizeof buffer, &err);
    transcript_f(&t, TAG_LEAF, v, 1);
    assert_int_equal(transcript_status(&t), TACIT_OK);
    transcript_f(&t, TAG_LEAF, v, 1);
    assert_int_equal(transcript_status(&t), TACIT_INTERNAL);
    fresh();
    digest d = {{0}};
    transcript_prover(&t, buffer, sizeof buffer, &err);
    transcript_hashes(&t, TAG_SALT, &d, 1);
    assert_int_equal(transcript_status(&t), TACIT_INTERNAL);
}

/* Every status and reject code has a name and a text; numbers beyond have some, too. */
static void test_texts(void **state) {
    (void)state;
    for (int i = 0; i <= TACIT_INTERNAL + 1; i++) {
        assert_true(strlen(tacit_status_name((tacit_status)i)) > 1 && strlen(tacit_status_text((tacit_status)i)) > 1);
        assert_int_equal(strcmp(tacit_status_name((tacit_status)i), "UNKNOWN") == 0, i > TACIT_INTERNAL);
    }
    for (int i = 0; i <= TACIT_REJECT_INPUT + 1; i++) {
        assert_true(strlen(tacit_reject_name((tacit_reject)i)) > 3 && strlen(tacit_reject_text((tacit_reject)i)) > 3);
        assert_int_equal(strcmp(tacit_reject_name((tacit_reject)i), "UNKNOWN") == 0, i > TACIT_REJECT_INPUT);
    }
    fresh();
    assert_int_equal((fail)(&err, TACIT_VALUE, "%s %d%% %", NULL, (int64_t)-7), TACIT_VALUE);
    assert_string_equal(err.text, "(null) -7% ");
    assert_int_equal(reject(&err, TACIT_REJECT_LONG), TACIT_REJECTED); /* the first failure stays */
    assert_int_equal(err.reject, TACIT_REJECT_NONE);
    assert_int_equal(reject(NULL, TACIT_REJECT_LONG), TACIT_REJECTED);
    assert_int_equal((fail)(NULL, TACIT_IO, "nowhere"), TACIT_IO);
}

/* Positions: more than half of a domain, or a domain that is too long, is our own bug; a counting walk has none. */
static void test_positions(void **state) {
    uint32_t out[8];
    transcript t;
    (void)state;
    for (int i = 0; i < 3; i++) {
        fresh();
        if (i < 2)
            transcript_verifier(&t, NULL, 0, &err);
        else
            transcript_counter(&t, &err);
        transcript_absorb(&t, TAG_CONTEXT, "x", 1);
        transcript_positions(&t, i == 1 ? 33 : 3, 5, out);
        assert_int_equal(err.status, i < 2 ? TACIT_INTERNAL : TACIT_OK);
        assert_int_equal(out[4], 4);
    }
    assert_int_equal(certificate_queries(31), 0);
}

/* A block of 2^1 at 2 of 8, bound by three variables: its own, then two that its place fixes. */
static void test_short_blocks(void **state) {
    ext r[3], want[3] = {EXT_ZERO, EXT_ZERO, EXT_ZERO}, one = EXT_ONE, work[2], dense[2];
    const ext z[1] = {ext_from(77)}, w = ext_from(5);
    (void)state;
    for (int i = 0; i < 3; i++) r[i] = ext_from((uint64_t)(1000 + 7 * i));
    for (unsigned i = 0; i < 2; i++) {
        ext at = eq_index(r, 3, 2 + i);
        dense[i] = ext_from(31 + i);
        want[0] = ext_add(want[0], ext_mul(ext_mul(w, eq_index(z, 1, i)), at));
        want[1] = ext_add(want[1], ext_mul(ext_mul(w, ext_from(i ? 9 : 1)), at));
        want[2] = ext_add(want[2], ext_mul(dense[i], at));
    }
    for (int kind = 0; kind < 3; kind++) {
        ladder_functional v = {0};
        ladder_power power = {{2, 1}, w, 9};
        v.powers = &power;
        v.dense = dense;
        v.dense_at = (ladder_block){2, 1};
        v.eq[0] = (ladder_eq){{2, 1}, w, z};
        v.eq_count = kind == 0;
        v.power_count = kind == 1;
        v.dense_count = kind == 2 ? 2 : 0;
        for (int i = 0; i < 3; i++) ladder_bind(&v, r[i]);
        assert_true(ext_equal(ladder_value(&v, &one, work), want[kind]));
    }
}

static int start(void **state) {
    (void)state;
    return arena_map(&memory, (size_t)1 << 31, &err) == TACIT_OK ? 0 : -1;
}

static int end(void **state) {
    (void)state;
    arena_unmap(&memory);
    vectors_free();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_programs),        cmocka_unit_test(test_most_tensors), cmocka_unit_test(test_budget),
        cmocka_unit_test(test_partial_lookups), cmocka_unit_test(test_advice),       cmocka_unit_test(test_publics),
        cmocka_unit_test(test_certificates),    cmocka_unit_test(test_bindings),     cmocka_unit_test(test_table_work),
        cmocka_unit_test(test_arena),           cmocka_unit_test(test_shapes),       cmocka_unit_test(test_merkle),
        cmocka_unit_test(test_transcript),      cmocka_unit_test(test_texts),        cmocka_unit_test(test_positions),
        cmocka_unit_test(test_short_blocks)};
    return cmocka_run_group_tests(tests, start, end);
}
