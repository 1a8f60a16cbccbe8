/* Tests of program/: the builder's compositions, the file format, every rule of the loader and the range analysis. */
#include "test_random.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "program/builder.h"
#include "program/print.h"
#include "program/view_index.h"

#define MEMORY ((size_t)1 << 27)
static void *memory; /* one fixture at a time */

typedef struct fixture {
    builder *b;
    tacit_error err;
    unsigned char *bytes;
    size_t size;
    arena a;
    program p;
} fixture;

static uint32_t below(uint32_t n) {
    return (uint32_t)(test_u64() % n);
}
static shape vec1(uint32_t n) {
    return (shape){1, {n}};
}
static shape vec2(uint32_t n, uint32_t m) {
    return (shape){2, {n, m}};
}

static void start(fixture *f) {
    memset(f, 0, sizeof *f);
    f->b = builder_new(&f->err);
    assert_non_null(f->b);
    arena_init(&f->a, memory, MEMORY);
}

static void finish(fixture *f) {
    builder_free(f->b);
    free(f->bytes);
}

static tacit_status parse(fixture *f, const void *data, size_t size) {
    f->err = (tacit_error){0};
    arena_release(&f->a, 0);
    return program_parse(&f->p, data, size, &f->a, &f->err);
}

static void accepted(fixture *f) {
    tacit_status s = builder_finish(f->b, &f->bytes, &f->size, &f->err);
    if (s != TACIT_OK) print_error("%s\n", f->err.text);
    assert_int_equal(s, TACIT_OK);
    assert_int_equal(parse(f, f->bytes, f->size), TACIT_OK);
}

/* The builder's own parse refuses it, and the text says why. */
static void refused(fixture *f, const char *why) {
    assert_int_equal(builder_finish(f->b, &f->bytes, &f->size, &f->err), TACIT_MALFORMED);
    if (!strstr(f->err.text, why)) print_error("%s\n", f->err.text);
    assert_non_null(strstr(f->err.text, why));
    finish(f);
}

static uint32_t find(const program *p, const char *name) {
    for (uint32_t i = 0; i < p->tensor_count; i++) {
        if (!strcmp(p->tensors[i].name, name)) return i;
    }
    return NO_TENSOR;
}

static void range(fixture *f, uint32_t id, int64_t lo, int64_t hi) {
    static int number;
    char name[32];
    (void)snprintf(name, sizeof name, "range %d", number++);
    (void)builder_lookup(f->b, name, builder_range_table(f->b, lo, hi), &id);
}

static void constraint1(fixture *f, const char *name, const shape *s, const linear_term *terms, uint32_t n, int64_t c) {
    (void)builder_constraint(f->b, name, s, NULL, 0, terms, n, c);
}

/* ---- a program that has one of everything */
static void everything(fixture *f) {
    start(f);
    const shape s = vec2(3, 5), t = vec2(5, 4), w = vec2(4, 3), y = vec2(4, 5);
    int64_t odd[15], gelu[600];
    for (int i = 0; i < 15; i++) odd[i] = (i * 7) % 11 - 4;
    for (int i = 0; i < 600; i++) gelu[i] = i < 200 ? 0 : i > 400 ? i - 300 : (i * i) % 97;
    uint32_t x = builder_external(f->b, TENSOR_INPUT, "x", &s, -8, 7), k = builder_constant(f->b, "k", &s, odd);
    range(f, x, -8, 7);
    uint32_t l = builder_linear(f->b, "l", &s, (const linear_term[]){{2, x}, {-3, k}}, 2, 5);
    static const int32_t pad[4] = {-1, 0, 1, 2};
    const view_group groups[] = {{1, 1, {0}, {1}, 0, NULL}, {1, 1, {1}, {0}, 0, pad}};
    uint32_t v = builder_view(f->b, "v", l, &t, groups, 2);
    uint32_t p = builder_external(f->b, TENSOR_PARAM, "w", &w, -128, 127);
    uint32_t a = builder_committed(f->b, "a", &y), r = builder_committed(f->b, "r", &y);
    uint32_t o = builder_external(f->b, TENSOR_OUTPUT, "o", &y, -400, 400);
    static const table_run run[] = {{600, -300, 1}};
    const table_column columns[] = {{.run_count = 1, .runs = run}, {.values = gelu}};
    uint32_t tab = builder_table(f->b, 2, columns, 600);
    uint32_t act = builder_lookup(f->b, "act", tab, (const uint32_t[]){a, o});
    range(f, r, 0, 63);
    const shape acc = vec2(4, 5);
    uint32_t vt = builder_view(f->b, "vt", v, &acc,
                               (const view_group[]){{1, 1, {0}, {1}, 0, NULL}, {1, 1, {1}, {0}, 0, NULL}}, 2);
    const product prods[] = {{3, vt, vt, {0, 1}, {0, 1}}, {-1, p, x, {0, 2}, {2, 1}}};
    uint32_t c = builder_constraint(f->b, "c", &acc, prods, 2, (const linear_term[]){{-64, a}, {-1, r}}, 2, 32);
    builder_advice(f->b, &(advice){.kind = ADVICE_RESCALE,
                                   .relation = c,
                                   .y = a,
                                   .rem = r,
                                   .shift = 6,
                                   .r_low = NO_TENSOR,
                                   .r_high = NO_TENSOR,
                                   .flag = NO_TENSOR});
    builder_advice(f->b, &(advice){.kind = ADVICE_TABLE, .relation = act});
}

static void round_trip(void **unused) {
    (void)unused;
    fixture f;
    everything(&f);
    accepted(&f);
    unsigned char *again = malloc(f.size);
    writer w = {again, f.size, 0};
    program_write(&f.p, true, &w);
    assert_int_equal(w.at, f.size);
    assert_memory_equal(again, f.bytes, f.size);
    digest with = f.p.digest;
    w = (writer){again, f.size, 0};
    program_write(&f.p, false, &w);
    assert_true(w.at < f.size);
    assert_int_equal(parse(&f, again, w.at), TACIT_OK); /* the part that verifiers read */
    assert_memory_equal(&f.p.digest, &with, sizeof with);
    assert_int_equal(f.p.advice_count, 0);
    FILE *text = tmpfile();
    program_print(text, &f.p);
    assert_true(ftell(text) > 500);
    fclose(text);
    free(again);
    finish(&f);
}

static void every_truncation(void **unused) {
    (void)unused;
    fixture f;
    everything(&f);
    accepted(&f);
    writer measure = {0};
    program_write(&f.p, false, &measure);
    digest with = f.p.digest;
    for (size_t n = 0; n < f.size; n++) {
        unsigned char *cut = malloc(n ? n : 1); /* so that a sanitizer sees a read past the end */
        memcpy(cut, f.bytes, n);
        tacit_status s = parse(&f, cut, n);
        if (n == measure.at) {
            assert_int_equal(s, TACIT_OK);
            assert_memory_equal(&f.p.digest, &with, sizeof with);
        } else {
            assert_int_equal(s, TACIT_MALFORMED);
            assert_true(f.err.text[0] != 0);
        }
        free(cut);
    }
    unsigned char *longer = calloc(1, f.size + 1);
    memcpy(longer, f.bytes, f.size);
    assert_int_equal(parse(&f, longer, f.size + 1), TACIT_MALFORMED);
    free(longer);
    finish(&f);
}

/* Refused, or another program: the digest binds every byte of the relation, and accepted bytes are canonical. */
static void every_flip(void **unused) {
    (void)unused;
    fixture f;
    everything(&f);
    accepted(&f);
    writer measure = {0};
    program_write(&f.p, false, &measure);
    digest with = f.p.digest;
    unsigned char *again = malloc(f.size);
    unsigned accepted_count = 0;
    for (size_t at = 0; at < f.size; at++) {
        for (int bit = 0; bit < 8; bit++) {
            f.bytes[at] ^= (unsigned char)(1 << bit);
            tacit_status s = parse(&f, f.bytes, f.size);
            assert_true(s == TACIT_OK || s == TACIT_MALFORMED || s == TACIT_VERSION);
            if (s == TACIT_OK) {
                accepted_count++;
                if (at < measure.at) assert_memory_not_equal(&f.p.digest, &with, sizeof with);
                writer w = {again, f.size, 0};
                program_write(&f.p, true, &w);
                assert_int_equal(w.at, f.size);
                assert_memory_equal(again, f.bytes, f.size);
            }
            f.bytes[at] ^= (unsigned char)(1 << bit);
        }
    }
    assert_true(accepted_count > 10);
    free(again);
    finish(&f);
}

/* Random bytes changed in several places: never a crash, and what is accepted is canonical. */
static void random_damage(void **unused) {
    (void)unused;
    fixture f;
    everything(&f);
    accepted(&f);
    unsigned char *bad = malloc(f.size), *again = malloc(f.size);
    for (int round = 0; round < 20000; round++) {
        size_t n = f.size;
        memcpy(bad, f.bytes, n);
        for (uint32_t k = 1 + below(4); k > 0; k--) {
            size_t at = (size_t)(test_u64() % n);
            bad[at] = below(3) ? (unsigned char)test_u64() : (unsigned char)(below(2) ? 0xFF : 0);
        }
        if (parse(&f, bad, n) != TACIT_OK) continue;
        writer w = {again, f.size, 0};
        program_write(&f.p, true, &w);
        assert_int_equal(w.at, n);
        assert_memory_equal(again, bad, n);
    }
    free(bad);
    free(again);
    finish(&f);
}

static void little_memory(void **unused) {
    (void)unused;
    fixture f;
    everything(&f);
    accepted(&f);
    size_t peak = f.a.peak;
    for (size_t n = 0; n < peak; n += 97) {
        arena a;
        tacit_error err = {0};
        arena_init(&a, memory, n);
        tacit_status s = program_parse(&f.p, f.bytes, f.size, &a, &err);
        assert_int_equal(s, TACIT_RESOURCES);
    }
    finish(&f);
}

/* Few bytes must not expand without bound. */
static void hostile_sizes(void **unused) {
    (void)unused;
    fixture f;
    start(&f);
    unsigned char data[1024];
    writer w = {data, sizeof data, 0};
    write_bytes(&w, "TACP", 4);
    write_var(&w, PROGRAM_VERSION);
    write_var(&w, 100);
    for (int i = 0; i < 100; i++) { /* constants of 2^20 elements in one run each */
        write_var(&w, 1);
        write_u8(&w, (uint8_t)(33 + i % 90));
        write_u8(&w, TENSOR_CONSTANT);
        write_var(&w, 1);
        write_var(&w, 1 << 20);
        write_var(&w, 1);
        write_var(&w, 1 << 20);
        write_svar(&w, 0);
        write_svar(&w, 1);
    }
    assert_true(w.at > sizeof data);
    size_t mark = f.a.peak;
    assert_int_equal(parse(&f, data, sizeof data), TACIT_MALFORMED);
    assert_true(f.a.peak - mark < (size_t)40 << 20);
    finish(&f);
}

/* ---- builder: chains of views against their definition */
/* A random view of the tensor: transpose, reshape, pad, slice, stride, im2col, broadcast, reverse, fixed index. */
static uint32_t random_step(fixture *f, uint32_t id, const char *name, const int64_t *in, int64_t **out) {
    const shape from = builder_tensor(f->b, id)->shape;
    shape to = from;
    view_group groups[MAX_RANK];
    int32_t *map = NULL;
    uint32_t count = from.rank, axis = from.rank ? below(from.rank) : 0, kind = below(8);
    for (uint32_t k = 0; k < from.rank; k++)
        groups[k] = (view_group){.out_count = 1, .src_count = 1, .out_axis = {(uint8_t)k}, .src_axis = {(uint8_t)k}};
    uint32_t n = from.rank ? from.dim[axis] : 1;
    if (kind == 0 && from.rank) { /* transpose: rotate the axes */
        for (uint32_t k = 0; k < from.rank; k++) {
            to.dim[(k + axis) % from.rank] = from.dim[k];
            groups[k].out_axis[0] = (uint8_t)((k + axis) % from.rank);
        }
    } else if (kind == 1) { /* reshape: everything to one axis, or one axis to two */
        uint64_t all = shape_count(&from);
        uint32_t a = all % 2 == 0 ? 2 : all % 3 == 0 ? 3 : 1;
        to = below(2) ? vec1((uint32_t)all) : vec2((uint32_t)all / a, a);
        map = malloc(all * sizeof *map);
        for (uint64_t i = 0; i < all; i++) map[i] = (int32_t)i;
        groups[0] = (view_group){.out_count = to.rank, .src_count = from.rank, .map = map};
        for (uint32_t k = 0; k < to.rank; k++) groups[0].out_axis[k] = (uint8_t)k;
        for (uint32_t k = 0; k < from.rank; k++) groups[0].src_axis[k] = (uint8_t)k;
        count = 1;
    } else if (kind == 2 && from.rank < 4) { /* broadcast: a new axis in front */
        to = (shape){from.rank + 1, {2 + below(2)}};
        for (uint32_t k = 0; k < from.rank; k++) {
            to.dim[k + 1] = from.dim[k];
            groups[k].out_axis[0] = (uint8_t)(k + 1);
        }
        map = calloc(to.dim[0], sizeof *map);
        groups[count++] = (view_group){.out_count = 1, .out_axis = {0}, .map = map};
    } else if (kind == 3 && from.rank > 1) { /* a fixed index */
        to.rank--;
        for (uint32_t k = axis; k < to.rank; k++) to.dim[k] = from.dim[k + 1];
        for (uint32_t k = 0; k < from.rank; k++) groups[k].out_axis[0] = (uint8_t)(k > axis ? k - 1 : k);
        map = malloc(sizeof *map);
        map[0] = (int32_t)below(n);
        groups[axis].out_count = 0;
        groups[axis].map = map;
    } else if (kind == 4 && from.rank && from.rank < 4 && n >= 2) { /* windows of 2 along an axis, padded by 1 */
        uint32_t o = n + 1;
        to.rank++;
        to.dim[axis] = o;
        to.dim[from.rank] = 2;
        map = malloc(o * 2 * sizeof *map);
        for (uint32_t i = 0; i < o * 2; i++) {
            int32_t at = (int32_t)(i / 2 + i % 2) - 1;
            map[i] = at >= (int32_t)n ? -1 : at;
        }
        groups[axis] = (view_group){.out_count = 2,
                                    .src_count = 1,
                                    .out_axis = {(uint8_t)axis, (uint8_t)from.rank},
                                    .src_axis = {(uint8_t)axis},
                                    .map = map};
    } else if (from.rank) { /* pad, slice, stride, reverse */
        uint32_t how = below(4), m = how == 0 ? n + 2 : how == 1 ? (n + 1) / 2 : n;
        to.dim[axis] = m;
        map = malloc(m * sizeof *map);
        for (uint32_t i = 0; i < m; i++) {
            int32_t at = (int32_t)i;
            map[i] = how == 0 ? (at < 1 || at > (int32_t)n ? -1 : at - 1) : how == 1 ? 2 * at : (int32_t)n - 1 - at;
        }
        groups[axis].map = map;
    }
    uint32_t view = builder_view(f->b, name, id, &to, groups, count);
    for (uint32_t k = 0; k < count; k++) groups[k].size = 0; /* the builder computes it */
    uint64_t elements = shape_count(&to);
    *out = malloc(elements * sizeof **out);
    for (uint64_t i = 0; i < elements; i++) {
        int64_t j = view_index(groups, count, &to, &from, i);
        (*out)[i] = j < 0 ? 0 : in[j];
    }
    free(map);
    return view;
}

/* Values of any tensor from the externals' (v[id]), by definition. */
static int64_t value(const program *p, uint32_t id, uint64_t i, int64_t *const *v) {
    const tensor *t = &p->tensors[id];
    if (t->kind == TENSOR_CONSTANT) return t->values ? t->values[i] : t->fill;
    if (t->kind == TENSOR_VIEW) {
        int64_t j = view_source(t, &p->tensors[t->source].shape, i);
        return j < 0 ? 0 : v[t->source][j];
    }
    if (t->kind != TENSOR_LINEAR) return v[id][i];
    int64_t sum = t->constant;
    for (uint32_t k = 0; k < t->term_count; k++) sum += t->terms[k].coef * value(p, t->terms[k].tensor, i, v);
    return sum;
}

static void random_chain(int round) {
    fixture f;
    start(&f);
    shape s = {1 + below(3), {1 + below(4), 1 + below(4), 1 + below(4)}};
    uint64_t n = shape_count(&s);
    int64_t *v[3], *now = malloc(n * sizeof *now);
    for (int k = 0; k < 3; k++) {
        v[k] = malloc(n * sizeof *v[k]);
        for (uint64_t i = 0; i < n; i++) v[k][i] = (int64_t)below(200) - 100;
    }
    uint32_t x = builder_external(f.b, TENSOR_PARAM, "x", &s, -100, 100);
    uint32_t y = builder_external(f.b, TENSOR_PARAM, "y", &s, -100, 100), c = builder_constant(f.b, "c", &s, v[2]);
    int64_t constant = round % 3 ? 7 : 0;
    uint32_t at = x;
    memcpy(now, v[0], n * sizeof *now);
    if (round % 4) {
        at = builder_linear(f.b, "l", &s, (const linear_term[]){{2, x}, {-3, y}, {1, c}}, 3, constant);
        for (uint64_t i = 0; i < n; i++) now[i] = 2 * v[0][i] - 3 * v[1][i] + v[2][i] + constant;
    }
    for (uint32_t steps = 1 + below(5), k = 0; k < steps; k++) {
        char name[16];
        int64_t *next;
        (void)snprintf(name, sizeof name, "v%u", (unsigned)k);
        at = random_step(&f, at, name, now, &next);
        free(now);
        now = next;
    }
    shape last = builder_tensor(f.b, at)->shape;
    uint32_t out = builder_external(f.b, TENSOR_PARAM, "out", &last, -10000, 10000);
    constraint1(&f, "use", &last, (const linear_term[]){{1, at}, {-1, out}}, 2, 0);
    accepted(&f);
    assert_true(f.p.constraints[0].term_count >= 1);
    const constraint *u = &f.p.constraints[0];
    for (uint64_t i = 0; i < shape_count(&last); i++) {
        int64_t sum = u->constant;
        for (uint32_t k = 0; k < u->term_count; k++) {
            if (u->terms[k].tensor != out) sum += u->terms[k].coef * value(&f.p, u->terms[k].tensor, i, v);
        }
        assert_true(sum == now[i]);
    }
    for (int k = 0; k < 3; k++) free(v[k]);
    free(now);
    finish(&f);
}

static void chains(void **unused) {
    (void)unused;
    for (int i = 0; i < 1500; i++) random_chain(i);
}

/* A reshape and its inverse leave nothing; im2col of a transposed image keeps its groups apart. */
static void composition_shapes(void **unused) {
    (void)unused;
    fixture f;
    start(&f);
    const shape s = {3, {3, 20, 30}}, flat = vec1(1800), image = {3, {20, 30, 3}}, cols = {5, {18, 28, 3, 3, 3}};
    uint32_t x = builder_external(f.b, TENSOR_PARAM, "x", &s, 0, 1);
    int32_t *iota = malloc(1800 * sizeof *iota), win[30 * 3];
    for (int i = 0; i < 1800; i++) iota[i] = i;
    uint32_t v = builder_view(f.b, "flat", x, &flat, (const view_group[]){{1, 3, {0}, {0, 1, 2}, 0, iota}}, 1);
    assert_int_equal(builder_view(f.b, "back", v, &s, (const view_group[]){{3, 1, {0, 1, 2}, {0}, 0, iota}}, 1), x);
    const view_group rotate[] = {{1, 1, {2}, {0}, 0, NULL}, {1, 1, {0}, {1}, 0, NULL}, {1, 1, {1}, {2}, 0, NULL}};
    uint32_t t = builder_view(f.b, "hwc", x, &image, rotate, 3);
    for (int i = 0; i < 90; i++) win[i] = i / 3 + i % 3;
    const view_group im2col[] = {{2, 1, {0, 3}, {0}, 0, win}, {2, 1, {1, 4}, {1}, 0, win}, {1, 1, {2}, {2}, 0, NULL}};
    uint32_t c = builder_view(f.b, "cols", t, &cols, im2col, 3);
    const tensor *got = builder_tensor(f.b, c);
    assert_int_equal(got->source, x);
    assert_int_equal(got->group_count, 3);
    assert_null(got->groups[2].map);
    /* through the flattened form: one group of everything, split again into the same three */
    uint32_t back = builder_view(f.b, "back2", v, &s, (const view_group[]){{3, 1, {0, 1, 2}, {0}, 0, iota}}, 1);
    uint32_t d = builder_view(f.b, "cols2", builder_view(f.b, "hwc2", back, &image, rotate, 3), &cols, im2col, 3);
    assert_int_equal(builder_tensor(f.b, d)->group_count, 3);
    free(iota);
    finish(&f);
}

static void sums(void **unused) {
    (void)unused;
    fixture f;
    start(&f);
    const shape s = vec1(4);
    uint32_t x = builder_external(f.b, TENSOR_PARAM, "x", &s, 0, 9),
             y = builder_external(f.b, TENSOR_PARAM, "y", &s, 0, 9);
    uint32_t a = builder_linear(f.b, "a", &s, (const linear_term[]){{2, x}, {1, y}}, 2, 3);
    uint32_t b =
        builder_linear(f.b, "b", &s, (const linear_term[]){{2, a}, {-2, y}, {1, builder_fill(f.b, "f", &s, 5)}}, 3, 1);
    const tensor *t = builder_tensor(f.b, b); /* 4 x + 12 */
    assert_int_equal(t->term_count, 1);
    assert_true(t->terms[0].tensor == x && t->terms[0].coef == 4 && t->constant == 12);
    assert_int_equal(builder_linear(f.b, "c", &s, (const linear_term[]){{1, x}, {1, y}, {-1, y}}, 3, 0), x);
    uint32_t zero = builder_linear(f.b, "d", &s, (const linear_term[]){{1, x}, {-1, x}}, 2, 7);
    assert_true(builder_tensor(f.b, zero)->kind == TENSOR_CONSTANT && builder_tensor(f.b, zero)->fill == 7);
    uint32_t n = builder_range_table(f.b, 0, 9);
    assert_int_equal(builder_range_table(f.b, 0, 9), n);
    assert_int_equal(
        builder_table(f.b, 1, &(table_column){.values = (const int64_t[]){0, 1, 2, 3, 4, 5, 6, 7, 8, 9}}, 10), n);
    assert_int_not_equal(builder_range_table(f.b, 0, 8), n);
    /* the first failure is kept */
    (void)builder_linear(f.b, "e", &s, (const linear_term[]){{(int64_t)1 << 50, x}}, 1, 0);
    (void)builder_committed(f.b, "after", &s);
    assert_int_equal(builder_finish(f.b, &f.bytes, &f.size, &f.err), TACIT_UNSUPPORTED);
    assert_non_null(strstr(f.err.text, "\"e\""));
    assert_null(f.bytes);
    finish(&f);
}

/* ---- ranges */
static void views_give_ranges(void **unused) {
    (void)unused;
    const shape three = vec1(3), two = vec1(2), one = vec1(1);
    static const int32_t head[] = {0, 1}, rest[] = {2};
    for (int parts = 0; parts < 3; parts++) {
        fixture f;
        start(&f);
        uint32_t u = builder_committed(f.b, "u", &three);
        const view_group g = {1, 1, {0}, {0}, 0, head}, h = {1, 1, {0}, {0}, 0, rest};
        if (parts > 0) range(&f, builder_view(f.b, "head", u, &two, &g, 1), 0, 3);
        if (parts > 1) range(&f, builder_view(f.b, "rest", u, &one, &h, 1), -2, 1);
        if (parts < 2) {
            refused(&f, "no lookup gives it an interval");
            continue;
        }
        accepted(&f);
        assert_true(f.p.tensors[u].lo == -2 && f.p.tensors[u].hi == 3); /* the hull */
        finish(&f);
    }
    fixture f; /* a view with every element in its image counts like the tensor; several lookups intersect */
    start(&f);
    const shape s = vec2(3, 4), t = vec2(4, 6);
    uint32_t u = builder_committed(f.b, "u", &s);
    static const int32_t twice[] = {2, 1, 0, 0, -1, 1};
    const view_group g[] = {{1, 1, {0}, {1}, 0, NULL}, {1, 1, {1}, {0}, 0, twice}};
    range(&f, builder_view(f.b, "v", u, &t, g, 2), -5, 9);
    range(&f, u, -3, 20);
    accepted(&f);
    assert_true(f.p.tensors[u].lo == -3 && f.p.tensors[u].hi == 9);
    finish(&f);
}

/* Random partial views: accepted exactly when their images cover the tensor. Bug 6. */
static void covers(void **unused) {
    (void)unused;
    unsigned yes = 0, no = 0;
    for (int round = 0; round < 400; round++) {
        fixture f;
        start(&f);
        shape s = {2, {1 + below(3), 1 + below(3)}};
        uint32_t u = builder_committed(f.b, "u", &s), hit = 0, all = (1u << shape_count(&s)) - 1;
        for (uint32_t parts = 1 + below(3), k = 0; k < parts; k++) {
            shape t = {2, {1 + below(3), 1 + below(3)}};
            int32_t a[3], b[3], both[9];
            char name[16];
            for (int i = 0; i < 3; i++) {
                a[i] = below(5) ? (int32_t)below(s.dim[0]) : -1;
                b[i] = below(5) ? (int32_t)below(s.dim[1]) : -1;
            }
            for (uint32_t i = 0; i < 9; i++) both[i] = below(5) ? (int32_t)below((uint32_t)shape_count(&s)) : -1;
            view_group two[] = {{1, 1, {1}, {0}, t.dim[1], a}, {1, 1, {0}, {1}, t.dim[0], b}};
            view_group one = {2, 2, {0, 1}, {0, 1}, t.dim[0] * t.dim[1], both};
            bool joint = below(2);
            (void)snprintf(name, sizeof name, "v%u", (unsigned)k);
            uint32_t v = builder_view(f.b, name, u, &t, joint ? &one : two, joint ? 1 : 2);
            for (uint64_t i = 0; i < shape_count(&t); i++) {
                int64_t j = view_index(joint ? &one : two, joint ? 1 : 2, &t, &s, i);
                if (j >= 0) hit |= 1u << j;
            }
            if (builder_tensor(f.b, v)->kind != TENSOR_CONSTANT) range(&f, v, 0, 3);
        }
        if (hit == all) {
            yes++;
            accepted(&f);
            finish(&f);
        } else {
            no++;
            refused(&f, "no lookup gives it an interval");
        }
    }
    assert_true(yes > 20 && no > 20);
}

/* Bug 11: a quotient has no range by its equation alone ("halves"). */
static void identities(void **unused) {
    (void)unused;
    const shape s = vec1(2);
    for (int sign = -1; sign <= 1; sign += 2) {
        fixture f;
        start(&f);
        uint32_t t = builder_committed(f.b, "T", &s), lo = builder_committed(f.b, "lo", &s);
        uint32_t hi = builder_committed(f.b, "hi", &s);
        range(&f, lo, 0, 3);
        range(&f, hi, 0, 3);
        constraint1(&f, "limbs", &s, (const linear_term[]){{sign, t}, {-sign, lo}, {-4 * sign, hi}}, 3, 2 * sign);
        accepted(&f);
        assert_true(f.p.tensors[t].lo == -2 && f.p.tensors[t].hi == 13);
        finish(&f);
    }
    fixture f; /* a coefficient that would need a division */
    start(&f);
    uint32_t t = builder_committed(f.b, "T", &s), lo = builder_committed(f.b, "lo", &s);
    range(&f, lo, 0, 3);
    constraint1(&f, "halves", &s, (const linear_term[]){{2, t}, {-1, lo}}, 2, 0);
    refused(&f, "\"T\"");
    start(&f); /* an identity with a product */
    t = builder_committed(f.b, "T", &s);
    lo = builder_committed(f.b, "lo", &s);
    range(&f, lo, 0, 3);
    (void)builder_constraint(f.b, "square", &s, (const product[]){{1, lo, lo, {0}, {0}}}, 1,
                             (const linear_term[]){{-1, t}}, 1, 0);
    refused(&f, "\"T\"");
    start(&f); /* over a tensor that is itself only ranged by an identity */
    t = builder_committed(f.b, "T", &s);
    lo = builder_committed(f.b, "lo", &s);
    uint32_t u = builder_committed(f.b, "U", &s);
    range(&f, lo, 0, 3);
    constraint1(&f, "one", &s, (const linear_term[]){{1, u}, {-1, lo}}, 2, 0);
    constraint1(&f, "two", &s, (const linear_term[]){{1, t}, {-1, u}}, 2, 0);
    refused(&f, "\"T\"");
    start(&f); /* a linear column ranges the column, not its terms */
    t = builder_committed(f.b, "T", &s);
    range(&f, builder_linear(f.b, "l", &s, (const linear_term[]){{2, t}}, 1, 0), 0, 3);
    refused(&f, "\"T\"");
}

/* Constants and columns, values or runs, have the hull of their elements; the extremes lie inside, too. */
static void intervals_of_values(void **unused) {
    (void)unused;
    static const int64_t values[3][6] = {{5, 3, 1, -7, 9, 2}, {4, 8, 12, 9, 6, 3}, {-3, -3, -3, -3, -3, -3}};
    static const int64_t lo[] = {-7, 3, -3}, hi[] = {9, 12, -3};
    const shape s = vec1(6);
    for (int i = 0; i < 3; i++) {
        fixture f;
        start(&f);
        uint32_t u = builder_committed(f.b, "u", &s), k = builder_constant(f.b, "k", &s, values[i]);
        const table_run runs[] = {{4, hi[i], -3}, {2, lo[i], 1}};
        const table_column columns[] = {{.values = values[i]}, {.runs = runs, .run_count = 2}};
        const uint32_t both[] = {u, u};
        constraint1(&f, "use", &s, (const linear_term[]){{1, u}, {1, k}}, 2, 0);
        (void)builder_lookup(f.b, "both", builder_table(f.b, 2, columns, 6), both);
        accepted(&f);
        for (uint32_t t = 0; t < f.p.tensor_count; t++) {
            const tensor *v = &f.p.tensors[t];
            if (v->kind != TENSOR_CONSTANT) continue;
            assert_true(v->lo == (v->values ? lo[i] : v->fill) && v->hi == (v->values ? hi[i] : v->fill));
        }
        const table_column *c = f.p.tables[0].columns;
        assert_true(c[0].lo == lo[i] && c[0].hi == hi[i]);
        int64_t least = hi[i] - 9 < lo[i] ? hi[i] - 9 : lo[i], most = hi[i] > lo[i] + 1 ? hi[i] : lo[i] + 1;
        assert_true(c[1].lo == least && c[1].hi == most);
        finish(&f);
    }
}

static void externals(void **unused) {
    (void)unused;
    const shape s = vec1(2);
    static const tensor_kind kinds[] = {TENSOR_INPUT, TENSOR_OUTPUT};
    for (int k = 0; k < 2; k++) {
        fixture f;
        start(&f);
        (void)builder_external(f.b, kinds[k], "u", &s, 0, 3);
        refused(&f, "no lookup gives it an interval");
        start(&f);
        range(&f, builder_external(f.b, kinds[k], "u", &s, 0, 3), 0, 4);
        refused(&f, "do not enforce its declared interval");
        start(&f);
        uint32_t u = builder_external(f.b, kinds[k], "u", &s, 0, 5);
        range(&f, u, 0, 4);
        accepted(&f);
        assert_true(f.p.tensors[u].lo == 0 && f.p.tensors[u].hi == 5);
        finish(&f);
        start(&f);
        range(&f, builder_external(f.b, kinds[k], "u", &s, 3, 0), 0, 4);
        refused(&f, "empty");
    }
    fixture f;
    start(&f);
    (void)builder_external(f.b, TENSOR_PARAM, "w", &s, 0, (int64_t)1 << 31);
    refused(&f, "32 bits");
}

static void wraps(void **unused) {
    (void)unused;
    const shape s = vec1(2);
    fixture f;
    start(&f);
    uint32_t u = builder_external(f.b, TENSOR_PARAM, "u", &s, 0, INT32_MAX),
             y = builder_external(f.b, TENSOR_PARAM, "y", &s, 0, 1);
    (void)builder_constraint(f.b, "sq", &s, (const product[]){{2, u, u, {0}, {0}}}, 1, (const linear_term[]){{-1, y}},
                             1, 0);
    refused(&f, "\"sq\" may wrap");
    start(&f); /* the sum of the dimension: 2 * 2^31 * 2^31 */
    u = builder_external(f.b, TENSOR_PARAM, "u", &s, 0, INT32_MAX);
    const shape scalar = {0, {0}};
    (void)builder_constraint(f.b, "dot", &scalar, (const product[]){{1, u, u, {0}, {0}}}, 1, NULL, 0, 0);
    refused(&f, "\"dot\" may wrap");
    start(&f);
    u = builder_external(f.b, TENSOR_PARAM, "u", &s, 0, INT32_MAX);
    constraint1(&f, "lin", &s, (const linear_term[]){{(int64_t)1 << 32, u}}, 1, 0);
    refused(&f, "\"lin\" may wrap");
    start(&f);
    u = builder_external(f.b, TENSOR_PARAM, "u", &s, 0, INT32_MAX);
    range(&f, builder_linear(f.b, "l", &s, (const linear_term[]){{2, u}}, 1, 0), 0, 1);
    refused(&f, "does not fit 32 bits");
    start(&f); /* as a factor */
    u = builder_external(f.b, TENSOR_PARAM, "u", &s, 0, INT32_MAX);
    y = builder_linear(f.b, "l", &s, (const linear_term[]){{2, u}}, 1, 0);
    (void)builder_constraint(f.b, "m", &s, (const product[]){{1, y, y, {0}, {0}}}, 1, NULL, 0, 0);
    refused(&f, "factor does not fit 32 bits");
}

static void signed_readings(void **unused) {
    (void)unused;
    const shape s = vec1(1);
    fixture f; /* 5 - p does not fit, so 5 has one reading */
    start(&f);
    uint32_t u = builder_committed(f.b, "u", &s);
    range(&f, u, 5, 5);
    const int64_t other = (int64_t)(5 - GL_P) / 2;
    (void)builder_lookup(f.b, "again", builder_table(f.b, 1, &(table_column){.values = &other}, 1), &u);
    refused(&f, "32 bits");
    start(&f); /* disjoint tables: no value is left */
    u = builder_committed(f.b, "u", &s);
    range(&f, u, 5, 5);
    range(&f, u, 6, 6);
    refused(&f, "leave no value");
}

/* ---- structure: programs written byte by byte */
static void header(writer *w, uint32_t tensors) {
    write_bytes(w, "TACP", 4);
    write_var(w, PROGRAM_VERSION);
    write_var(w, tensors);
}
static void name(writer *w, const char *text) {
    write_var(w, strlen(text));
    write_bytes(w, text, strlen(text));
}
static void param(writer *w, const char *text, uint32_t n) {
    name(w, text);
    write_u8(w, TENSOR_PARAM);
    write_var(w, 1);
    write_var(w, n);
    write_svar(w, 0);
    write_svar(w, 7);
}
static void run(writer *w, uint32_t count, int64_t delta, int64_t step) {
    write_var(w, count);
    write_svar(w, delta);
    if (count > 1) write_svar(w, step);
}
/* A range table 0 .. rows - 1. */
static void table_bytes(writer *w, uint32_t id, uint32_t rows) {
    write_var(w, id);
    write_var(w, 1);
    write_var(w, rows);
    write_var(w, 1);
    run(w, rows, 0, 1);
}
static void expect(const writer *w, const char *why) {
    fixture f;
    start(&f);
    tacit_status s = parse(&f, w->data, w->at);
    if (why && !strstr(f.err.text, why)) print_error("%s\n", f.err.text);
    if (why) {
        assert_int_equal(s, TACIT_MALFORMED);
        assert_non_null(strstr(f.err.text, why));
    } else {
        assert_int_equal(s, TACIT_OK);
    }
    finish(&f);
}

static void table_rules(void **unused) {
    (void)unused;
    static const struct {
        uint32_t ids[2], width, column;
        const char *why;
    } cases[] = {{{1, 2}, 1, 0, NULL},        {{1, 1}, 1, 0, "ascending"}, {{0, 1}, 1, 0, "ascending"},
                 {{2, 1}, 1, 0, "ascending"}, {{1, 2}, 2, 0, ""},          {{1, 2}, 1, 1, "bad column"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned char data[200];
        writer w = {data, sizeof data, 0};
        header(&w, 1);
        param(&w, "u", 3);
        write_var(&w, 2);
        table_bytes(&w, cases[i].ids[0], 8);
        table_bytes(&w, cases[i].ids[1], 9);
        write_var(&w, 0);
        write_var(&w, 1);
        name(&w, "l");
        write_var(&w, 0);
        write_var(&w, cases[i].column); /* tensor 1 is the multiplicity: no relation may name it */
        if (cases[i].width == 2) write_var(&w, 0);
        expect(&w, cases[i].why);
    }
}

static void sequence_rules(void **unused) {
    (void)unused;
    static const struct {
        int64_t runs[3][3];
        uint32_t count;
        const char *why;
    } cases[] = {
        {{{4, 0, 1}}, 1, NULL},
        {{{2, 0, 1}, {2, 1, 1}}, 2, "bad run"}, /* 0 1 | 2 3: could be one run */
        {{{2, 0, 1}, {2, 5, 1}}, 2, NULL},      /* 0 1 | 6 7 */
        {{{1, 0, 0}, {3, 1, 1}}, 2, "bad run"}, /* a run of one that is not the last */
        {{{3, 0, 1}, {1, 9, 0}}, 2, NULL},      /* 0 1 2 | 11 */
        {{{3, 0, 1}, {1, 1, 0}}, 2, "bad run"}, /* 0 1 2 | 3 */
        {{{3, 0, 1}}, 1, "bad run"},            /* too short */
        {{{5, 0, 1}}, 1, "bad run"},            /* too long */
        {{{4, 0, INT32_MAX}}, 1, "does not fit 32 bits"},
        {{{4, INT64_MAX, 1}}, 1, "bad run"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned char data[200];
        writer w = {data, sizeof data, 0};
        header(&w, 1);
        param(&w, "u", 3);
        write_var(&w, 1);
        write_var(&w, 1);
        write_var(&w, 1);
        write_var(&w, 4);
        write_var(&w, cases[i].count);
        for (uint32_t k = 0; k < cases[i].count; k++)
            run(&w, (uint32_t)cases[i].runs[k][0], cases[i].runs[k][1], cases[i].runs[k][2]);
        write_var(&w, 0);
        write_var(&w, 0);
        expect(&w, cases[i].why);
    }
}

/* A program of a parameter u[3, 4] and one view of it. */
static void view_bytes(writer *w, uint32_t rank, const uint32_t *dim, uint32_t source) {
    header(w, 2);
    name(w, "u");
    write_u8(w, TENSOR_PARAM);
    write_var(w, 2);
    write_var(w, 3);
    write_var(w, 4);
    write_svar(w, 0);
    write_svar(w, 7);
    name(w, "v");
    write_u8(w, TENSOR_VIEW);
    write_var(w, rank);
    for (uint32_t k = 0; k < rank; k++) write_var(w, dim[k]);
    write_var(w, source);
}
static void no_relations(writer *w) {
    for (int i = 0; i < 3; i++) write_var(w, 0);
}
static void group(writer *w, const char *out, const char *src) {
    write_var(w, strlen(out));
    for (; *out; out++) write_u8(w, (uint8_t)(*out - '0'));
    write_var(w, strlen(src));
    for (; *src; src++) write_u8(w, (uint8_t)(*src - '0'));
}

static void view_rules(void **unused) {
    (void)unused;
    static const struct {
        const char *g[2][2];
        uint32_t size[2];
        int64_t first[2];
        uint32_t source;
        const char *why;
    } cases[] = {
        {{{"0", "0"}, {"1", "1"}}, {3, 4}, {0, 0}, 0, NULL},
        {{{"0", "1"}, {"1", "0"}}, {3, 4}, {0, 0}, 0, "leaves its source"}, /* 0..3 onto an axis of 3 */
        {{{"1", "1"}, {"0", "0"}}, {4, 3}, {0, 0}, 0, "not sorted"},
        {{{"0", "0"}, {"0", "1"}}, {3, 3}, {0, 0}, 0, "not sorted"},
        {{{"0", "0"}, {"1", "0"}}, {3, 4}, {0, -1}, 0, "in two groups"},
        {{{"0", "0"}, {"", "1"}}, {3, 1}, {0, 0}, 0, "in no group"},
        {{{"0", "0"}, {"1", ""}}, {3, 4}, {0, 0}, 0, "leaves its source"},
        {{{"0", "0"}, {"1", "1"}}, {3, 4}, {0, 1}, 0, "leaves its source"},
        {{{"0", "0"}, {"1", "1"}}, {3, 4}, {0, -1}, 0, NULL},
        {{{"0", "0"}, {"1", "1"}}, {3, 4}, {0, -2}, 0, "out of range"},
        {{{"0", "0"}, {"1", "1"}}, {3, 3}, {0, 0}, 0, "bad map"},
        {{{"0", "0"}, {"1", "1"}}, {3, 4}, {0, 0}, 1, "bad source"},
        {{{"0", "0"}, {"2", "1"}}, {3, 4}, {0, 0}, 0, "bad axis"},
    };
    static const uint32_t dims[] = {3, 4};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned char data[200];
        writer w = {data, sizeof data, 0};
        view_bytes(&w, 2, dims, cases[i].source);
        write_var(&w, 2);
        for (int k = 0; k < 2; k++) {
            group(&w, cases[i].g[k][0], cases[i].g[k][1]);
            write_var(&w, 1);
            run(&w, cases[i].size[k], cases[i].first[k], 1);
        }
        no_relations(&w);
        expect(&w, cases[i].why);
    }
    unsigned char data[200]; /* one group over both axes that is in the wrong order */
    writer w = {data, sizeof data, 0};
    view_bytes(&w, 2, dims, 0);
    write_var(&w, 1);
    group(&w, "10", "01");
    write_var(&w, 1);
    run(&w, 12, 0, 1);
    no_relations(&w);
    expect(&w, "do not ascend");
}

static void product_rules(void **unused) {
    (void)unused;
    static const struct {
        int64_t coef;
        uint32_t b, rank, dim;
        uint8_t a_label, b_label;
        const char *why;
    } cases[] = {
        {1, 1, 1, 3, 0, 0, NULL},
        {1, 1, 0, 0, 0, 0, NULL}, /* a dot product */
        {0, 1, 1, 3, 0, 0, "coefficient is 0"},
        {((int64_t)1 << 40) + 1, 1, 1, 3, 0, 0, "too large"},
        {1, 1, 1, 4, 0, 0, "labels of"}, /* another dimension */
        {1, 1, 1, 3, 0, 1, "in one factor only"},
        {1, 1, 1, 3, 1, 1, "in no factor"},
        {1, 1, 0, 0, 1, 1, "gaps"},
        {1, 1, 0, 0, 12, 12, "bad label"},
        {1, 2, 1, 3, 0, 0, "bad factor"}, /* the multiplicity */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned char data[200];
        writer w = {data, sizeof data, 0};
        header(&w, 2);
        param(&w, "a", 3);
        param(&w, "b", 3);
        write_var(&w, 1);
        table_bytes(&w, 1, 3);
        write_var(&w, 1);
        name(&w, "c");
        write_var(&w, cases[i].rank);
        if (cases[i].rank) write_var(&w, cases[i].dim);
        write_var(&w, 1);
        write_svar(&w, cases[i].coef);
        write_var(&w, 0);
        write_u8(&w, cases[i].a_label);
        write_var(&w, cases[i].b);
        write_u8(&w, cases[i].b_label);
        write_var(&w, 0);
        write_svar(&w, 0);
        write_var(&w, 0);
        expect(&w, cases[i].why);
    }
}

static void name_rules(void **unused) {
    (void)unused;
    static const struct {
        const char *a, *b, *why;
    } cases[] = {
        {"a", "b", NULL},      {"a", "a", "two tensors"},
        {"", "b", "bad name"}, {"a\n", "b", "name of"},
        {"a", "#1", "with #"}, {"a", "\x7f", "name of"},
        {"ab", "abc", NULL},   {"UOGbeZF0yjK", "B3jHJxH83ZB", NULL}, /* one key (program/check.c) */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned char data[200];
        writer w = {data, sizeof data, 0};
        header(&w, 2);
        param(&w, cases[i].a, 3);
        param(&w, cases[i].b, 3);
        no_relations(&w);
        expect(&w, cases[i].why);
    }
    fixture f; /* many names: the sort finds the one pair */
    start(&f);
    const shape s = vec1(1);
    for (int i = 0; i < 1000; i++) {
        char text[16];
        (void)snprintf(text, sizeof text, "t%d", i == 777 ? 333 : i);
        (void)builder_external(f.b, TENSOR_PARAM, text, &s, 0, 1);
    }
    refused(&f, "two tensors have the name \"t333\"");
    start(&f);
    uint32_t u = builder_external(f.b, TENSOR_PARAM, "u", &s, 0, 1);
    constraint1(&f, "c", &s, (const linear_term[]){{1, u}}, 1, 0);
    constraint1(&f, "c", &s, (const linear_term[]){{1, u}}, 1, 0);
    refused(&f, "two constraints");
}

/* Zero dimensions, longer varints, constants with two readings. */
static void other_forms(void **unused) {
    (void)unused;
    unsigned char data[200];
    writer w = {data, sizeof data, 0};
    header(&w, 1);
    param(&w, "a", 0);
    no_relations(&w);
    expect(&w, "bad shape");
    w.at = 0;
    header(&w, 1);
    param(&w, "a", 3);
    write_u8(&w, 0x80); /* 0 in two bytes */
    write_u8(&w, 0);
    write_var(&w, 0);
    write_var(&w, 0);
    expect(&w, "bad tables");
    for (int two = 0; two < 2; two++) { /* a constant of equal values is one run of step 0 */
        w.at = 0;
        header(&w, 1);
        name(&w, "k");
        write_u8(&w, TENSOR_CONSTANT);
        write_var(&w, 1);
        write_var(&w, 4);
        write_var(&w, two ? 2 : 1);
        run(&w, two ? 2 : 4, 6, 0);
        if (two) run(&w, 2, 0, 0);
        no_relations(&w);
        expect(&w, two ? "bad run" : NULL);
    }
}

static void advice_rules(void **unused) {
    (void)unused;
    const shape s = vec1(2);
    for (int kind = 0; kind < 6; kind++) {
        fixture f;
        start(&f);
        uint32_t x = builder_external(f.b, TENSOR_PARAM, "x", &s, 0, 7), y = builder_committed(f.b, "y", &s);
        uint32_t r = builder_committed(f.b, "r", &s);
        range(&f, y, 0, 7);
        range(&f, r, 0, 7);
        uint32_t c = builder_constraint(f.b, "c", &s, NULL, 0, (const linear_term[]){{1, x}, {-4, y}, {-1, r}}, 3, 0);
        advice a = {.kind = ADVICE_RESCALE,
                    .relation = c,
                    .y = y,
                    .rem = r,
                    .shift = 2,
                    .r_low = NO_TENSOR,
                    .r_high = NO_TENSOR,
                    .flag = NO_TENSOR};
        if (kind == 1) a.shift = 3;
        if (kind == 2) a.y = r;
        if (kind == 3) a.relation = 7;
        if (kind == 4) a = (advice){.kind = ADVICE_SOLVE, .relation = c, .y = y};
        if (kind == 5) a.y = x;
        builder_advice(f.b, &a);
        if (kind) {
            refused(&f, "advice");
        } else {
            accepted(&f);
            finish(&f);
        }
    }
}

/* Steps that derive bits or limbs: one accepted of each kind, and one that does not fit. */
static void derived_rules(void **unused) {
    (void)unused;
    const shape three = vec1(3), two = {.rank = 2, .dim = {3, 2}}, four = {.rank = 2, .dim = {3, 4}},
                top = {.rank = 3, .dim = {3, 1, 3}}, gaps = {.rank = 2, .dim = {4, 2}},
                cube = {.rank = 3, .dim = {3, 4, 2}}, flat = {.rank = 2, .dim = {3, 8}};
    static int32_t map[8] = {0, 1, 2, 3, 4, 5, 6, 7};
    const view_group groups[2] = {
        {.out_count = 1, .src_count = 1, .out_axis = {0}, .src_axis = {0}, .size = 3},
        {.out_count = 2, .src_count = 1, .out_axis = {1, 2}, .src_axis = {1}, .size = 8, .map = map}};
    for (uint32_t kind = ADVICE_LIMBS; kind <= ADVICE_TREE; kind++) {
        for (int bad = 0; bad < 3; bad++) {
            fixture f;
            start(&f);
            uint32_t x = builder_external(f.b, TENSOR_PARAM, "x", &three, 0, 7),
                     rows = builder_external(f.b, TENSOR_PARAM, "rows", &four, 0, 7),
                     gap = builder_external(f.b, TENSOR_PARAM, "gap", &gaps, 0, 7),
                     ends = builder_external(f.b, TENSOR_PARAM, "ends", &(shape){.rank = 1, .dim = {4}}, 0, 7);
            const shape *s = kind == ADVICE_LIMBS  ? &two
                             : kind == ADVICE_TOP  ? &top
                             : kind == ADVICE_BINS ? &flat
                                                   : &four;
            uint32_t y = builder_committed(f.b, "y", s);
            uint32_t view = kind == ADVICE_BINS ? builder_view(f.b, "view", y, &cube, groups, 2) : rows;
            range(&f, y, 0, 7);
            uint32_t c = builder_constraint(f.b, "c", &three, NULL, 0, (const linear_term[]){{1, x}}, 1, 0);
            advice a = {
                .kind = (advice_kind)kind, .relation = c, .y = y, .rem = rows, .r_low = NO_TENSOR, .r_high = NO_TENSOR};
            if (kind == ADVICE_LIMBS) a.rem = NO_TENSOR, a.shift = bad == 1 ? 32 - 1 : 3;
            if (kind == ADVICE_LIMBS && bad == 1) a.shift = 0;
            if (kind == ADVICE_ONEHOT) a.rem = bad == 1 ? rows : x;
            if (kind == ADVICE_TOP && bad == 1) a.shift = 4;
            if (kind == ADVICE_BINS) a.r_low = gap, a.r_high = bad == 1 ? rows : view;
            if (kind == ADVICE_TREE) a.r_low = a.r_high = ends, a.rem = bad == 1 ? x : rows;
            if (bad == 2) a.y = x;
            builder_advice(f.b, &a);
            if (bad) {
                refused(&f, "advice");
            } else {
                accepted(&f);
                finish(&f);
            }
        }
    }
}

/* Unused views, linear tensors and constants do not weigh; ids stay. */
static void leftovers(void **unused) {
    (void)unused;
    fixture f;
    start(&f);
    const shape s = vec1(1000);
    uint32_t x = builder_external(f.b, TENSOR_PARAM, "x", &s, 0, 1);
    int32_t map[1000];
    for (int i = 0; i < 1000; i++) map[i] = (i * 7) % 1000;
    uint32_t v = builder_view(f.b, "v", x, &s, (const view_group[]){{1, 1, {0}, {0}, 0, map}}, 1);
    for (int i = 0; i < 1000; i++) map[i] = (i * 143) % 1000; /* the inverse */
    uint32_t w = builder_view(f.b, "w", v, &s, (const view_group[]){{1, 1, {0}, {0}, 0, map}}, 1);
    assert_int_equal(w, x);
    uint32_t last = builder_external(f.b, TENSOR_PARAM, "last", &s, 0, 1);
    accepted(&f);
    assert_int_equal(find(&f.p, "last"), last);
    assert_int_equal(find(&f.p, "v"), NO_TENSOR);
    assert_true(f.size < 100);
    finish(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trip),
        cmocka_unit_test(every_truncation),
        cmocka_unit_test(intervals_of_values),
        cmocka_unit_test(every_flip),
        cmocka_unit_test(random_damage),
        cmocka_unit_test(little_memory),
        cmocka_unit_test(hostile_sizes),
        cmocka_unit_test(chains),
        cmocka_unit_test(composition_shapes),
        cmocka_unit_test(sums),
        cmocka_unit_test(views_give_ranges),
        cmocka_unit_test(covers),
        cmocka_unit_test(identities),
        cmocka_unit_test(externals),
        cmocka_unit_test(wraps),
        cmocka_unit_test(signed_readings),
        cmocka_unit_test(table_rules),
        cmocka_unit_test(sequence_rules),
        cmocka_unit_test(view_rules),
        cmocka_unit_test(product_rules),
        cmocka_unit_test(name_rules),
        cmocka_unit_test(other_forms),
        cmocka_unit_test(advice_rules),
        cmocka_unit_test(derived_rules),
        cmocka_unit_test(leftovers),
    };
    memory = malloc(MEMORY);
    int failed = memory ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
    free(memory);
    return failed;
}
