/* Tests of program/layout and program/tensor_eval against sums over all elements. */
#include "test_random.h"
#include <stdlib.h>
#include <string.h>
#include "poly/eq.h"
#include "program/layout.h"
#include "program/tensor_eval.h"
#include "program/view_index.h"

static arena memory;
static void *memory_block;

static int start(void **state) {
    (void)state;
    memory_block = malloc((size_t)1 << 27);
    arena_init(&memory, memory_block, (size_t)1 << 27);
    return memory_block ? 0 : -1;
}
static int end(void **state) {
    (void)state;
    free(memory_block);
    return 0;
}
static int reset(void **state) {
    (void)state;
    arena_release(&memory, 0);
    return 0;
}

static uint32_t below(uint32_t n) {
    return (uint32_t)(test_u64() % n);
}
static void random_point(ext *z, unsigned n) {
    for (unsigned i = 0; i < n; i++) z[i] = test_ext();
}

/* Weight of an element at z: the product over its axes of eq(z, coordinate). */
static ext element_weight(const shape *s, uint64_t e, const ext *z) {
    uint32_t at[MAX_RANK];
    ext w = EXT_ONE;
    shape_coords(s, e, at);
    for (uint32_t k = 0; k < s->rank; k++)
        w = ext_mul(w, eq_index(z + shape_axis_var(s, k), log2_ceil(s->dim[k]), at[k]));
    return w;
}

static void make(layout *l, const shape *const *shapes, uint32_t n) {
    tacit_error err = {0};
    assert_int_equal(layout_make(l, shapes, n, &memory, &err), TACIT_OK);
}

/* Every element of every item lies in exactly one place, blocks descend and are aligned. */
static void check_places(const layout *l) {
    uint8_t *seen = ARENA_ZNEW(&memory, uint8_t, l->size);
    uint64_t total = 0;
    for (uint32_t i = 0; i < l->item_count; i++) {
        uint64_t n = shape_count(l->shapes[i]);
        uint8_t *hit = ARENA_ZNEW(&memory, uint8_t, n);
        total += n;
        for (uint32_t b = l->first[i]; b < l->first[i + 1]; b++) {
            const block *k = &l->blocks[l->order[b]];
            assert_int_equal(k->item, i);
            assert_true(k->start % ((uint64_t)1 << k->log) == 0);
            for (uint64_t e = 0; e < (uint64_t)1 << k->log; e++) {
                uint64_t at = block_element(l->shapes[i], k, e);
                assert_true(at < n);
                assert_false(hit[at]++);
                assert_false(seen[k->start + e]++);
            }
        }
    }
    assert_true(total == l->size);
    for (uint32_t b = 1; b < l->block_count; b++) {
        assert_true(l->blocks[b].log <= l->blocks[b - 1].log);
        if (l->blocks[b].log == l->blocks[b - 1].log) assert_true(l->blocks[b].item >= l->blocks[b - 1].item);
    }
}

/* At z, and at the points that name one block, the variables of z in place of those that they fix. */
static void check_eval(const layout *l, uint32_t item, const ext *z, const strip_point *at, ext want) {
    const shape *s = l->shapes[item];
    tacit_error err = {0};
    layout_point p;
    assert_int_equal(layout_point_make(&p, l, at, &memory, &err), TACIT_OK);
    for (uint32_t i = 0; i < l->block_count; i++) {
        const block *b = &l->blocks[i];
        const strip_point *t = &at[b->strip];
        ext place = eq_index(t->rho + b->log, t->vars - b->log, b->start >> b->log);
        assert_ext_equal(p.places[i], ext_mul(t->weight, place));
    }
    assert_ext_equal(layout_eval(&p, item, z), want);
    for (uint32_t i = l->first[item]; i < l->first[item + 1]; i++) {
        const block *b = &l->blocks[l->order[i]];
        ext low[MAX_LOG_TENSOR], point[MAX_LOG_TENSOR];
        for (uint32_t v = 0; v < b->log; v++) low[v] = v < 3 || i % 2 ? z[v] : test_ext();
        block_point(s, b, low, point);
        ext eq = eq_eval(low, at[b->strip].rho, b->log);
        assert_ext_equal(layout_eval(&p, item, point), ext_mul(p.places[l->order[i]], eq));
        for (uint32_t v = 0; v < shape_vars(s); v++) { /* no block, or several */
            ext kept = point[v];
            point[v] = below(2) ? ext_one_minus(kept) : test_ext();
            ext sum = EXT_ZERO;
            for (uint32_t k = l->first[item]; k < l->first[item + 1]; k++) {
                const block *c = &l->blocks[l->order[k]];
                ext other[MAX_LOG_TENSOR];
                block_low(s, c, point, other);
                eq = ext_mul(block_high(s, c, point), eq_eval(other, at[c->strip].rho, c->log));
                sum = ext_add(sum, ext_mul(eq, p.places[l->order[k]]));
            }
            assert_ext_equal(layout_eval(&p, item, point), sum);
            point[v] = kept;
        }
    }
}

/* The functional T -> T~(z) as a vector over the layout; then its MLE at rho and its blocks' points. */
static void check_functional(const layout *l, uint32_t item) {
    const shape *s = l->shapes[item];
    unsigned vars = log2_ceil(l->size) + below(2);
    ext z[MAX_LOG_TENSOR], rho[MAX_LOG_TENSOR], low[MAX_LOG_TENSOR], point[MAX_LOG_TENSOR], dense = EXT_ZERO;
    random_point(z, shape_vars(s));
    random_point(rho, vars);
    for (uint32_t b = l->first[item]; b < l->first[item + 1]; b++) {
        const block *k = &l->blocks[l->order[b]];
        for (uint64_t e = 0; e < (uint64_t)1 << k->log; e++) {
            ext w = element_weight(s, block_element(s, k, e), z);
            dense = ext_add(dense, ext_mul(w, eq_index(rho, vars, k->start + e)));
            block_low(s, k, z, low);
            assert_ext_equal(w, ext_mul(block_high(s, k, z), eq_index(low, k->log, e)));
        }
        random_point(low, k->log);
        block_point(s, k, low, point);
        for (uint64_t e = 0; e < (uint64_t)1 << k->log; e++)
            assert_ext_equal(element_weight(s, block_element(s, k, e), point), eq_index(low, k->log, e));
    }
    check_eval(l, item, z, &(strip_point){rho, vars, EXT_ONE}, dense);
}

static void functional(void **unused) {
    (void)unused;
    static const shape a = {2, {5, 6}}, b = {1, {7}}, c = {3, {3, 1, 3}}, d = {0, {0}}, e = {2, {16, 8}};
    const shape *shapes[] = {&a, &b, &c, &d, &e};
    layout l;
    make(&l, shapes, 5);
    assert_true(l.size == 30 + 7 + 9 + 1 + 128); /* no padding */
    check_places(&l);
    for (uint32_t i = 0; i < 5; i++) check_functional(&l, i);
    assert_int_equal(l.blocks[l.order[l.first[0]]].offset[0], 0); /* larger blocks first */
    assert_int_equal(l.blocks[l.order[l.first[0]]].log, 4);
}

static void random_layouts(void **unused) {
    (void)unused;
    for (int round = 0; round < 20; round++) {
        shape shapes[4];
        const shape *pointers[4];
        layout l;
        for (int i = 0; i < 4; i++) {
            shapes[i].rank = below(4);
            for (uint32_t k = 0; k < shapes[i].rank; k++) shapes[i].dim[k] = 1 + below(9);
            pointers[i] = &shapes[i];
        }
        make(&l, pointers, 4);
        check_places(&l);
        for (uint32_t i = 0; i < 4; i++) check_functional(&l, i);
        arena_release(&memory, 0);
    }
}

/* ---- strips */
enum { STRIP_A = 5 }; /* columns of the lanes */

/* Lanes [first, first + 2^k). */
typedef struct lanes {
    uint32_t first, k;
} lanes;

/* Lemma B'': the functional over lanes and columns, as sums over all elements, and by the strips' own points. */
static void check_strip_functional(const layout *l, uint32_t item, const lanes *strips, unsigned all) {
    const shape *s = l->shapes[item];
    ext z[MAX_LOG_TENSOR], rho[16], own[MAX_STRIPS][16], dense = EXT_ZERO;
    strip_point at[MAX_STRIPS];
    random_point(z, shape_vars(s));
    random_point(rho, all + STRIP_A);
    for (uint32_t i = 0; i < l->strip_count; i++) {
        unsigned k = strips[i].k;
        for (unsigned v = 0; v < k + STRIP_A; v++) own[i][v] = rho[v < k ? v : v - k + all];
        at[i] = (strip_point){own[i], k + STRIP_A, eq_index(rho + k, all - k, strips[i].first >> k)};
    }
    for (uint32_t b = l->first[item]; b < l->first[item + 1]; b++) {
        const block *k = &l->blocks[l->order[b]];
        const lanes *strip = &strips[k->strip];
        for (uint64_t e = 0; e < (uint64_t)1 << k->log; e++) {
            uint64_t i = k->start + e, column = i >> strip->k, lane = strip->first + (i & ((1u << strip->k) - 1));
            ext w = element_weight(s, block_element(s, k, e), z);
            dense = ext_add(dense, ext_mul(w, eq_index(rho, all + STRIP_A, column << all | lane)));
        }
    }
    check_eval(l, item, z, at, dense);
}

static void check_strips(const layout *l, const strip_room *room) {
    uint64_t end[MAX_STRIPS] = {0};
    for (uint32_t b = 0; b < l->block_count; b++) {
        const block *k = &l->blocks[b];
        assert_true(k->start % ((uint64_t)1 << k->log) == 0 && k->start == end[k->strip]);
        for (uint32_t s = 0; s < k->strip; s++) assert_true(end[s] + ((uint64_t)1 << k->log) > room->capacity[s]);
        end[k->strip] += (uint64_t)1 << k->log;
    }
    for (uint32_t s = 0; s < room->count; s++) {
        assert_true(end[s] == l->used[s] && end[s] <= room->capacity[s]);
    }
}

/* 11 lanes: strips of 8, 2 and 1, the bit between them unset. */
static void strip_layouts(void **unused) {
    (void)unused;
    static const lanes strips[] = {{0, 3}, {8, 1}, {10, 0}};
    for (int round = 0; round < 20; round++) {
        strip_room room = {.count = 3, .capacity = {27 << 3, 27 << 1, 27}};
        shape shapes[3] = {{2, {7 + below(9), 12}}, {1, {61 + below(8)}}, {0, {0}}};
        const shape *pointers[] = {&shapes[0], &shapes[1], &shapes[2]};
        layout l;
        make(&l, pointers, 3);
        assert_true(layout_split(&l, &room));
        check_strips(&l, &room);
        for (uint32_t i = 0; i < 3; i++) check_strip_functional(&l, i, strips, 4);
        arena_release(&memory, 0);
    }
    static const shape whole = {1, {32}}, most = {1, {27}}, apart = {1, {64 + 1}}, full[] = {{1, {152}}, {1, {54}}};
    const shape *pointers[] = {&whole, &most}, *apart_first[] = {&apart, &full[0], &full[1]};
    layout l;
    make(&l, apart_first, 3); /* the largest block of the first has more variables than the strip of its last */
    assert_true(layout_split(&l, &(strip_room){.count = 3, .capacity = {27 << 3, 27 << 1, 27}}));
    assert_int_equal(l.used[2], 1);
    check_strip_functional(&l, 0, strips, 4);
    make(&l, pointers, 1);
    assert_false(layout_split(&l, &(strip_room){.count = 1, .capacity = {27}})); /* no strip has room */
    make(&l, pointers + 1, 1);
    assert_true(layout_split(&l, &(strip_room){.count = 1, .capacity = {27}}));
    assert_false(layout_split(&l, &(strip_room){.count = 1, .capacity = {26}}));
}

/* No block of several has the constant weight 1, and an error does not vanish. */
static void cancelling_blocks(void **unused) {
    (void)unused;
    static const shape s = {1, {3}};
    const shape *shapes[] = {&s};
    layout l;
    ext z[2], right = EXT_ZERO;
    make(&l, shapes, 1);
    random_point(z, 2);
    static const int error[3] = {1, 1, -2};
    for (uint32_t b = 0; b < l.block_count; b++) {
        ext low[2], high = block_high(&s, &l.blocks[b], z);
        block_low(&s, &l.blocks[b], z, low);
        assert_false(ext_equal(high, EXT_ONE));
        for (uint64_t e = 0; e < (uint64_t)1 << l.blocks[b].log; e++) {
            gl v = gl_from_i64(error[block_element(&s, &l.blocks[b], e)]);
            ext w = eq_index(low, l.blocks[b].log, e);
            right = ext_add(right, ext_scale(ext_mul(w, high), v));
        }
    }
    assert_false(ext_is_zero(right));
}

/* An error that cancels when blocks have weight 1: block (0,1) is constant 1, block (2) is -1. */
static void cancelling_needs_weights(void **unused) {
    (void)unused;
    static const shape s = {1, {3}};
    static const int64_t error[3] = {1, 1, -1};
    ext z[2], v;
    tacit_error err = {0};
    random_point(z, 2);
    ext one_each = ext_sub(ext_add(eq_index(z, 1, 0), eq_index(z, 1, 1)), EXT_ONE);
    assert_true(ext_is_zero(one_each));
    assert_int_equal(values_eval(&v, &s, error, z, &memory, &err), TACIT_OK);
    assert_false(ext_is_zero(v));
}

static void hostile_blocks(void **unused) {
    (void)unused;
    static const shape s = {4, {511, 511, 511, 511}}; /* 6561 blocks */
    const shape *shapes[1000];
    tacit_error err = {0};
    layout l;
    for (int i = 0; i < 1000; i++) shapes[i] = &s;
    assert_int_equal(layout_make(&l, shapes, 1000, &memory, &err), TACIT_UNSUPPORTED);
    arena small;
    unsigned char bytes[256];
    err = (tacit_error){0};
    arena_init(&small, bytes, sizeof bytes);
    assert_int_equal(layout_make(&l, shapes, 1, &small, &err), TACIT_RESOURCES);
}

/* ---- tensor_eval */
static void values(void **unused) {
    (void)unused;
    for (int round = 0; round < 60; round++) {
        shape s = {below(4), {0}};
        tacit_error err = {0};
        for (uint32_t k = 0; k < s.rank; k++) s.dim[k] = 1 + below(round % 10 == 0 && k == 0 ? 5000 : 12);
        uint64_t n = shape_count(&s);
        int64_t *v = ARENA_NEW(&memory, int64_t, n);
        ext z[MAX_LOG_TENSOR], got, want = EXT_ZERO, all = EXT_ZERO;
        random_point(z, shape_vars(&s));
        for (uint64_t i = 0; i < n; i++) {
            v[i] = (int64_t)test_u64() >> (1 + below(62));
            if (round % 3 == 0) v[i] = i & 1 ? INT32_MIN : INT32_MAX;
            if (round % 5 == 2) v[i] = (i % 3 ? -1 : 1) * (((int64_t)1 << 51) - (int64_t)(i % 2));
            uint64_t slice = s.rank ? n / s.dim[0] : n; /* the first axis repeats, in some rounds but for one element */
            if (round % 4 == 1 && i >= slice) v[i] = v[i % slice];
        }
        if (round % 8 == 5) v[below((uint32_t)n)]++;
        for (uint64_t i = 0; i < n; i++) {
            ext w = element_weight(&s, i, z);
            want = ext_add(want, ext_scale(w, gl_from_i64(v[i])));
            all = ext_add(all, w);
        }
        size_t mark = arena_mark(&memory);
        assert_int_equal(values_eval(&got, &s, v, z, &memory, &err), TACIT_OK);
        assert_int_equal(arena_mark(&memory), mark);
        assert_ext_equal(got, want);
        assert_ext_equal(shape_indicator(&s, z), all);
        arena_release(&memory, 0);
    }
}

/* A point with fixed bits, as a split axis has: the values of the other blocks do not count. */
static void fixed_bits(void **unused) {
    (void)unused;
    enum { N = 3 << 11 };
    static const shape s = {1, {N}};
    static int64_t v[N];
    for (uint32_t i = 0; i < N; i++) v[i] = (int32_t)test_u64();
    for (uint32_t part = 0; part < 4; part++) {
        ext z[13], got, want = EXT_ZERO;
        tacit_error err = {0};
        random_point(z, 11);
        z[11] = ext_from(part & 1);
        z[12] = ext_from(part >> 1);
        for (uint32_t i = 0; i < 1 << 11 && part < 3; i++)
            want = ext_add(want, ext_scale(eq_index(z, 11, i), gl_from_i64(v[(part << 11) + i])));
        assert_int_equal(values_eval(&got, &s, v, z, &memory, &err), TACIT_OK);
        assert_ext_equal(got, want);
    }
}

/* At a random point, and at one that names a block: it has the block's rows alone. */
static void check_column(const table *t) {
    const shape s = {1, {t->rows}};
    tacit_error err = {0};
    unsigned n = log2_ceil(t->rows);
    for (int fixed = 0; fixed < 2; fixed++) {
        ext z[23], got, want = EXT_ZERO;
        random_point(z, n);
        for (unsigned v = n, end = below(n + 1); fixed && v-- > end;) z[v] = ext_from(t->rows >> v & 1);
        if (fixed && below(2)) z[below(n + 1)] = EXT_ZERO;
        for (uint32_t r = 0; r < t->rows; r++)
            want = ext_add(want, ext_scale(element_weight(&s, r, z), gl_from_i64(table_value(&t->columns[0], r))));
        assert_int_equal(column_eval(&got, t, 0, z, &memory, &err), TACIT_OK);
        assert_ext_equal(got, want);
    }
}

static void columns(void **unused) {
    (void)unused;
    static int64_t v[5000];
    for (int i = 0; i < 5000; i++) v[i] = (int32_t)test_u64();
    for (int round = 0; round < 50; round++) {
        table_run runs[5];
        table t = {.id = 1, .width = 1};
        uint32_t count = 1 + below(5);
        for (uint32_t i = 0; i < count; i++) {
            runs[i] = (table_run){1 + below(100), (int32_t)test_u64(), (int32_t)test_u64() >> below(32)};
            t.rows += runs[i].count;
        }
        t.columns[0] = (table_column){.run_count = count, .runs = runs};
        check_column(&t);
        t.columns[0] = (table_column){.values = v};
        t.rows = 1 + below(5000);
        check_column(&t);
    }
}

/* An entry at a time, or progressions with any step (also down, also none) that holes and other entries cut. */
static void random_map(int32_t *map, uint32_t size, uint32_t range) {
    uint32_t step = below(3) ? below(11) : below(range), every = 2 + below(60);
    bool down = !below(4), lines = below(3) != 0;
    for (uint32_t i = 0, j = below(range); i < size; i++) {
        if (!lines || j >= range || !below(every)) j = below(range);
        map[i] = below(every) ? (int32_t)j : -1;
        j = down ? j - step : j + step;
    }
}

/* Random groups over random axes: identities, maps with holes, broadcasts, fixed indices. An axis may lie between
 * those of another group. */
static void random_view(shape *os, shape *ss, view_group *groups, uint32_t *count) {
    *os = *ss = (shape){0};
    *count = 0;
    while (os->rank < 5 && ss->rank < 5 && *count < 4 && (!*count || below(4))) {
        view_group g = {.out_count = below(3), .src_count = below(3), .size = 1};
        uint32_t range = 1;
        if (!(g.out_count + g.src_count)) continue;
        for (uint32_t k = 0; k < g.out_count; k++) {
            g.out_axis[k] = (uint8_t)os->rank;
            os->dim[os->rank++] = below(3) ? 1 + below(below(8) ? 7 : 70) : 1u << below(5);
            g.size *= os->dim[os->rank - 1];
        }
        for (uint32_t k = 0; k < g.src_count; k++) {
            g.src_axis[k] = (uint8_t)ss->rank;
            ss->dim[ss->rank++] = below(3) ? 1 + below(below(5) ? 7 : 300) : 1u << below(9);
            range *= ss->dim[ss->rank - 1];
        }
        if (g.out_count == 1 && g.src_count == 1 && below(2)) {
            ss->dim[ss->rank - 1] = os->dim[os->rank - 1];
        } else {
            int32_t *map = ARENA_NEW(&memory, int32_t, g.size);
            random_map(map, g.size, range);
            g.map = map;
        }
        groups[(*count)++] = g;
    }
}

static void check_view(const shape *os, const shape *ss, const view_group *groups, uint32_t count) {
    tensor t[2] = {{.kind = TENSOR_COMMITTED, .shape = *ss},
                   {.kind = TENSOR_VIEW, .shape = *os, .groups = groups, .group_count = count}};
    program p = {.tensor_count = 2, .tensors = t};
    ext z[MAX_LOG_TENSOR + 20], x[MAX_LOG_TENSOR + 20], got, want = EXT_ZERO;
    tacit_error err = {0};
    random_point(z, shape_vars(os));
    random_point(x, shape_vars(ss));
    for (uint64_t i = 0; i < shape_count(os); i++) {
        int64_t j = view_index(groups, count, os, ss, i);
        assert_true(j == view_source(&t[1], ss, i));
        if (j >= 0) want = ext_add(want, ext_mul(element_weight(os, i, z), element_weight(ss, (uint64_t)j, x)));
    }
    size_t mark = arena_mark(&memory);
    assert_int_equal(view_eval(&got, &p, &t[1], z, x, &memory, &err), TACIT_OK);
    assert_int_equal(arena_mark(&memory), mark);
    assert_ext_equal(got, want);
}

static void views(void **unused) {
    (void)unused;
    for (int round = 0; round < 300; round++) {
        view_group groups[4];
        shape os, ss;
        uint32_t count;
        random_view(&os, &ss, groups, &count);
        if (shape_count(&os) < 40000) check_view(&os, &ss, groups, count);
        arena_release(&memory, 0);
    }
}

/* One group of long axes with one progression that fills the map or starts late, for every step. */
static void long_progressions(void **unused) {
    (void)unused;
    for (uint32_t step = 0; step <= EQ_MAX_STEP + 2; step++) {
        for (int round = 0; round < 4; round++) {
            int32_t map[512];
            shape os = {2, {1 + below(8), 1u << below(7)}}, ss = {2, {5 + below(40), 1u << (4 + below(6))}};
            view_group g = {2, 2, {0, 1}, {0, 1}, os.dim[0] * os.dim[1], map};
            uint32_t range = ss.dim[0] * ss.dim[1], holes = round & 1 ? below(g.size) : 0;
            for (uint32_t i = 0, j = below(5); i < g.size; i++) {
                map[i] = i < holes || j >= range ? -1 : (int32_t)j;
                if (i >= holes) j += step;
            }
            check_view(&os, &ss, &g, 1);
            ss.dim[1] += round & 2; /* two source axes then */
            check_view(&os, &ss, &g, 1);
        }
    }
}

/* Axes of one group that another group's axis parts are no single axis, though all are powers of two. */
static void parted_axes(void **unused) {
    (void)unused;
    int32_t map[64], other[4] = {3, -1, 0, 3};
    for (int32_t i = 0; i < 64; i++) map[i] = i;
    const shape os = {3, {8, 4, 8}}, ss = {3, {16, 4, 4}};
    view_group groups[] = {{2, 2, {0, 2}, {0, 2}, 64, map}, {1, 1, {1}, {1}, 4, other}};
    check_view(&os, &ss, groups, 2);
    const shape thin_os = {3, {8, 1, 8}}, thin_ss = {3, {16, 1, 4}}; /* now they are */
    other[0] = 0;
    groups[1].size = 1;
    check_view(&thin_os, &thin_ss, groups, 2);
}

/* Work is counted by the entries of maps: two of them on an axis of 2^31, or on axes that together have 2^34 elements,
 * take no long table. */
static void few_of_long_axes(void **unused) {
    (void)unused;
    for (uint32_t wide = 0; wide < 2; wide++) {
        unsigned char bytes[1024];
        arena small;
        const int32_t map[2] = {INT32_MAX, 5};
        const view_group g = {.out_count = 1, .src_count = 1 + wide, .src_axis = {0, 1}, .size = 2, .map = map};
        shape source = wide ? (shape){2, {8, UINT32_C(1) << 31}} : (shape){1, {UINT32_C(1) << 31}};
        tensor t[2] = {{.kind = TENSOR_COMMITTED, .shape = source},
                       {.kind = TENSOR_VIEW, .shape = {1, {2}}, .groups = &g, .group_count = 1}};
        program p = {.tensor_count = 2, .tensors = t};
        ext z[1], x[34], got, want = EXT_ZERO;
        tacit_error err = {0};
        random_point(z, 1);
        random_point(x, 34);
        for (uint32_t i = 0; i < 2; i++)
            want = ext_add(want, ext_mul(eq_index(z, 1, i), eq_index(x, wide ? 34 : 31, (uint64_t)map[i])));
        arena_init(&small, bytes, sizeof bytes);
        assert_int_equal(view_eval(&got, &p, &t[1], z, x, &small, &err), TACIT_OK);
        assert_ext_equal(got, want);
    }
}

static void no_scratch(void **unused) {
    (void)unused;
    unsigned char bytes[128];
    arena small;
    shape s = {1, {100}};
    int64_t v[100] = {1};
    ext z[7], out;
    tacit_error err = {0};
    random_point(z, 7);
    arena_init(&small, bytes, sizeof bytes);
    assert_int_equal(values_eval(&out, &s, v, z, &small, &err), TACIT_RESOURCES);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(functional, reset),        cmocka_unit_test_teardown(random_layouts, reset),
        cmocka_unit_test_teardown(cancelling_blocks, reset), cmocka_unit_test_teardown(cancelling_needs_weights, reset),
        cmocka_unit_test_teardown(hostile_blocks, reset),    cmocka_unit_test_teardown(values, reset),
        cmocka_unit_test_teardown(columns, reset),           cmocka_unit_test_teardown(views, reset),
        cmocka_unit_test_teardown(long_progressions, reset), cmocka_unit_test_teardown(parted_axes, reset),
        cmocka_unit_test_teardown(no_scratch, reset),        cmocka_unit_test_teardown(strip_layouts, reset),
        cmocka_unit_test_teardown(few_of_long_axes, reset),  cmocka_unit_test_teardown(fixed_bits, reset),
    };
    return cmocka_run_group_tests(tests, start, end);
}
