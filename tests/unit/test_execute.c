/* Tests of execute/: contractions of all kinds, advice, multiplicities, against loops written out here. */
#include "test_random.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "execute/execute.h"
#include "narrow_params.h"
#include "program/builder.h"
#include "program/view_index.h"

#define MEMORY ((size_t)1 << 31)

typedef struct fixture {
    builder *b;
    tacit_error err;
    unsigned char *bytes;
    size_t size;
    arena a;
    program p;
    trace t;
} fixture;

static uint32_t below(uint32_t n) {
    return (uint32_t)(test_u64() % n);
}
static int64_t between(int64_t lo, int64_t hi) {
    return lo + (int64_t)(test_u64() % (uint64_t)(hi - lo + 1));
}

static void start(fixture *f) {
    memset(f, 0, sizeof *f);
    f->b = builder_new(&f->err);
    assert_non_null(f->b);
}

static void load(fixture *f) {
    tacit_status s = builder_finish(f->b, &f->bytes, &f->size, &f->err);
    if (s != TACIT_OK) print_error("%s\n", f->err.text);
    assert_int_equal(s, TACIT_OK);
    assert_int_equal(arena_map(&f->a, MEMORY, &f->err), TACIT_OK);
    assert_int_equal(program_parse(&f->p, f->bytes, f->size, &f->a, &f->err), TACIT_OK);
    assert_int_equal(trace_make(&f->t, &f->p, NULL, &f->a, &f->err), TACIT_OK);
}

static void finish(fixture *f) {
    builder_free(f->b);
    free(f->bytes);
    arena_unmap(&f->a);
}

static void set_random(fixture *f, uint32_t id, int64_t lo, int64_t hi) {
    uint64_t n = shape_count(&f->p.tensors[id].shape);
    int64_t *v = malloc(n * sizeof *v);
    for (uint64_t i = 0; i < n; i++) v[i] = below(8) ? between(lo, hi) : below(2) ? lo : hi;
    assert_int_equal(trace_set(&f->t, id, v, &f->err), TACIT_OK);
    free(v);
}

static void run(fixture *f) {
    tacit_status s = execute(&f->t, &f->a, NULL, &f->err);
    if (s != TACIT_OK) print_error("%s\n", f->err.text);
    assert_int_equal(s, TACIT_OK);
    assert_int_equal(trace_count(&f->t, &f->a, &f->err), TACIT_OK);
}

/* A committed tensor of 31 bits, ranged by the identity y = low + 2^15 high. *step computes the limbs from it: to be
 * added after the step that computes y. */
static uint32_t wide_tensor(fixture *f, const char *name, const shape *s, advice *step) {
    char low[MAX_NAME], high[MAX_NAME];
    (void)snprintf(low, sizeof low, "%s.low", name);
    (void)snprintf(high, sizeof high, "%s.high", name);
    uint32_t y = builder_committed(f->b, name, s), l = builder_committed(f->b, low, s);
    uint32_t h = builder_committed(f->b, high, s);
    (void)builder_lookup(f->b, low, builder_range_table(f->b, 0, (1 << 15) - 1), &l);
    (void)builder_lookup(f->b, high, builder_range_table(f->b, -(1 << 15), (1 << 15) - 1), &h);
    const linear_term limbs[] = {{1, y}, {-(1 << 15), h}, {-1, l}};
    uint32_t c = builder_constraint(f->b, low, s, NULL, 0, limbs, 3, 0);
    *step = (advice){.kind = ADVICE_RESCALE,
                     .relation = c,
                     .y = h,
                     .rem = l,
                     .shift = 15,
                     .r_low = NO_TENSOR,
                     .r_high = NO_TENSOR,
                     .flag = NO_TENSOR};
    return y;
}

static advice solve_for(uint32_t c, uint32_t y) {
    return (advice){.kind = ADVICE_SOLVE,
                    .relation = c,
                    .y = y,
                    .rem = NO_TENSOR,
                    .r_low = NO_TENSOR,
                    .r_high = NO_TENSOR,
                    .flag = NO_TENSOR};
}

/* ---- contractions: y = coef * A . B + 3 for random label patterns, types and views */
static uint32_t random_factor(fixture *f, const char *name, const shape *s, int64_t lo, int64_t hi) {
    char text[MAX_NAME];
    (void)snprintf(text, sizeof text, "%s.p", name);
    uint32_t kind = below(3);
    if (kind == 0) return builder_external(f->b, TENSOR_PARAM, text, s, lo, hi);
    if (kind == 1) { /* a linear tensor: p - q */
        uint32_t p = builder_external(f->b, TENSOR_PARAM, text, s, lo / 2, hi / 2);
        (void)snprintf(text, sizeof text, "%s.q", name);
        uint32_t q = builder_external(f->b, TENSOR_PARAM, text, s, lo / 2, hi / 2);
        return builder_linear(f->b, name, s, (const linear_term[]){{1, p}, {-1, q}}, 2, 0);
    }
    shape wide = *s; /* a view: each axis shifted with holes, reversed, or strided */
    view_group groups[MAX_RANK];
    int32_t *maps[MAX_RANK];
    for (uint32_t k = 0; k < s->rank; k++) {
        uint32_t how = below(4);
        wide.dim[k] = s->dim[k] * 2;
        maps[k] = malloc(s->dim[k] * sizeof *maps[k]);
        for (uint32_t i = 0; i < s->dim[k]; i++) {
            int32_t at = (int32_t)i, n = (int32_t)s->dim[k];
            maps[k][i] = how == 0 ? (at ? at - 1 : -1) : how == 1 ? n - 1 - at : how == 2 ? 2 * at + 1 : at;
        }
        groups[k] = (view_group){
            .out_count = 1, .src_count = 1, .out_axis = {(uint8_t)k}, .src_axis = {(uint8_t)k}, .map = maps[k]};
    }
    uint32_t p = builder_external(f->b, TENSOR_PARAM, text, &wide, lo, hi);
    uint32_t v = builder_view(f->b, name, p, s, groups, s->rank);
    for (uint32_t k = 0; k < s->rank; k++) free(maps[k]);
    return v;
}

static void random_contraction(int64_t lo, int64_t hi, uint32_t most) {
    fixture f;
    shape out = {0}, sa = {0}, sb = {0};
    product x = {.coef = between(1, 3)};
    start(&f);
    uint32_t labels = 0, rank = below(4), summed = below(3);
    for (uint32_t l = 0; l < rank; l++, labels++) { /* batch, left or right */
        uint32_t dim = 1 + below(most), where = below(3);
        out.dim[out.rank++] = dim;
        if (where != 2) x.a_label[sa.rank] = (uint8_t)labels, sa.dim[sa.rank++] = dim;
        if (where != 1) x.b_label[sb.rank] = (uint8_t)labels, sb.dim[sb.rank++] = dim;
    }
    for (uint32_t l = 0; l < summed; l++, labels++) {
        uint32_t dim = 1 + below(most), at = below(sb.rank + 1);
        x.a_label[sa.rank] = (uint8_t)labels, sa.dim[sa.rank++] = dim;
        for (uint32_t k = sb.rank++; k > at; k--) x.b_label[k] = x.b_label[k - 1], sb.dim[k] = sb.dim[k - 1];
        x.b_label[at] = (uint8_t)labels, sb.dim[at] = dim;
    }
    x.a = random_factor(&f, "A", &sa, lo, hi);
    x.b = random_factor(&f, "B", &sb, lo, hi);
    advice limbs;
    uint32_t y = wide_tensor(&f, "y", &out, &limbs);
    uint32_t c = builder_constraint(f.b, "c", &out, &x, 1, (const linear_term[]){{-1, y}}, 1, 3);
    advice s = solve_for(c, y);
    builder_advice(f.b, &s);
    builder_advice(f.b, &limbs);
    load(&f);
    for (uint32_t i = 0; i < f.p.tensor_count; i++) {
        const tensor *t = &f.p.tensors[i];
        if (t->kind == TENSOR_PARAM) set_random(&f, i, t->lo, t->hi);
    }
    run(&f);
    assert_int_equal(trace_violated(&f.t, &f.a), UINT32_MAX); /* by definition, in int128 */
    f.t.values[y][0] ^= 1;                                    /* and it does notice */
    assert_int_not_equal(trace_violated(&f.t, &f.a), UINT32_MAX);
    finish(&f);
}

static void contractions(void **unused) {
    (void)unused;
    for (int i = 0; i < 150; i++) random_contraction(-20, 20, 9);
    for (int i = 0; i < 40; i++) random_contraction(-3, 3, 40);
}

/* Values of 16 bits and more: partial sums leave int32, factors are cut into halves (the one with fewer rows, the
 * other, both); the sum is scaled down by a rescale. Random values, and the largest sum. */
static void wide_factors(void **unused) {
    (void)unused;
    static const int64_t limits[][4] = {{-32768, 32767, -32768, 32767},        {-3000, 3000, -3000, 3000},
                                        {INT32_MIN / 2, INT32_MAX / 2, -8, 7}, {0, 65535, 0, 65535},
                                        {-225444, 130884, -127, 127},          {-32767, 32767, 0, 65536},
                                        {-225444, 130884, -225444, 225444},    {-7, 8, -(1 << 27), 1 << 27}};
    for (size_t i = 0; i < 2 * sizeof limits / sizeof limits[0]; i++) {
        const int64_t *l = limits[i / 2];
        fixture f;
        start(&f);
        const shape sa = {2, {5, 300}}, sb = {2, {7, 300}}, out = {2, {5, 7}};
        uint32_t a = builder_external(f.b, TENSOR_PARAM, "a", &sa, l[0], l[1]);
        uint32_t b = builder_external(f.b, TENSOR_PARAM, "b", &sb, l[2], l[3]);
        advice limbs;
        uint32_t y = wide_tensor(&f, "y", &out, &limbs), rem = builder_committed(f.b, "rem", &out);
        (void)builder_lookup(f.b, "rem", builder_range_table(f.b, 0, (1 << 14) - 1), &rem);
        const product x = {1, a, b, {0, 2}, {1, 2}};
        const linear_term terms[] = {{-(1 << 14), y}, {-1, rem}};
        uint32_t c = builder_constraint(f.b, "mm", &out, &x, 1, terms, 2, 1 << 13);
        builder_advice(f.b, &(advice){.kind = ADVICE_RESCALE,
                                      .relation = c,
                                      .y = y,
                                      .rem = rem,
                                      .shift = 14,
                                      .r_low = NO_TENSOR,
                                      .r_high = NO_TENSOR,
                                      .flag = NO_TENSOR});
        builder_advice(f.b, &limbs);
        load(&f);
        bool largest = i % 2;
        set_random(&f, a, l[0], largest ? l[0] : l[1]);
        set_random(&f, b, largest ? l[3] : l[2], l[3]);
        run(&f);
        assert_int_equal(trace_violated(&f.t, &f.a), UINT32_MAX);
        for (uint32_t r = 0; r < 5; r++) {
            for (uint32_t s = 0; s < 7; s++) {
                int64_t acc = 1 << 13;
                for (uint32_t k = 0; k < 300; k++)
                    acc += (int64_t)f.t.values[a][r * 300 + k] * f.t.values[b][s * 300 + k];
                assert_true(f.t.values[y][r * 7 + s] == acc >> 14);
                assert_true(f.t.values[rem][r * 7 + s] == (acc & ((1 << 14) - 1)));
            }
        }
        finish(&f);
    }
}

/* ---- saturation, in both forms: one excess column, or two limbs and a flag */
static void saturation(void **unused) {
    (void)unused;
    for (int two = 0; two < 2; two++) {
        fixture f;
        start(&f);
        enum { N = 4000, LO = -4, HI = 3, SHIFT = 2, BITS = 3 };
        const shape s = {1, {N}};
        uint32_t u = builder_external(f.b, TENSOR_INPUT, "u", &s, -150, 150);
        (void)builder_lookup(f.b, "u", builder_range_table(f.b, -150, 150), &u);
        uint32_t x = builder_committed(f.b, "x", &s), r = builder_committed(f.b, "r", &s);
        uint32_t h = two ? builder_committed(f.b, "h", &s) : NO_TENSOR;
        uint32_t flag = two ? builder_committed(f.b, "flag", &s) : NO_TENSOR;
        uint32_t rem = builder_committed(f.b, "rem", &s), y = builder_external(f.b, TENSOR_OUTPUT, "y", &s, 0, HI);
        (void)builder_lookup(f.b, "rem", builder_range_table(f.b, 0, (1 << SHIFT) - 1), &rem);
        linear_term terms[5] = {{1, u}, {-(1 << SHIFT), x}, {-(1 << SHIFT), r}, {-1, rem}, {0, u}};
        uint32_t n = 4;
        if (two) {
            terms[n++] = (linear_term){-(1 << (SHIFT + BITS)), h};
            (void)builder_lookup(f.b, "r", builder_range_table(f.b, -7, 7), &r);
            (void)builder_lookup(f.b, "h", builder_range_table(f.b, -7, 7), &h);
            int64_t v[2][HI - LO + 1];
            int64_t relu[HI - LO + 1];
            for (int i = LO; i <= HI; i++) {
                v[0][i - LO] = i;
                v[1][i - LO] = i == HI ? 1 : i == LO ? -1 : 0;
                relu[i - LO] = i > 0 ? i : 0;
            }
            const table_column cols[] = {{.values = v[0]}, {.values = v[1]}, {.values = relu}};
            (void)builder_lookup(f.b, "act", builder_table(f.b, 3, cols, HI - LO + 1), (const uint32_t[]){x, flag, y});
        } else { /* rows (x, 0, relu), (hi, e, hi), (lo, -e, 0) */
            enum { E = 60 };
            int64_t v[3][HI - LO + 1 + 2 * E];
            uint32_t rows = 0;
            for (int i = LO; i <= HI; i++, rows++) v[0][rows] = i, v[1][rows] = 0, v[2][rows] = i > 0 ? i : 0;
            for (int e = 1; e <= E; e++, rows++) v[0][rows] = HI, v[1][rows] = e, v[2][rows] = HI;
            for (int e = 1; e <= E; e++, rows++) v[0][rows] = LO, v[1][rows] = -e, v[2][rows] = 0;
            const table_column cols[] = {{.values = v[0]}, {.values = v[1]}, {.values = v[2]}};
            (void)builder_lookup(f.b, "act", builder_table(f.b, 3, cols, rows), (const uint32_t[]){x, r, y});
        }
        uint32_t c = builder_constraint(f.b, "round", &s, NULL, 0, terms, n, 2);
        uint32_t act = two ? 4 : 2;
        builder_advice(f.b, &(advice){.kind = ADVICE_SATURATE,
                                      .relation = c,
                                      .y = x,
                                      .rem = rem,
                                      .r_low = r,
                                      .r_high = h,
                                      .flag = flag,
                                      .shift = SHIFT,
                                      .low_bits = two ? BITS : 0,
                                      .lo = LO,
                                      .hi = HI});
        builder_advice(f.b, &(advice){.kind = ADVICE_TABLE, .relation = act});
        load(&f);
        set_random(&f, u, -150, 150);
        uint64_t saturated = 0, want = 0;
        assert_int_equal(execute(&f.t, &f.a, &saturated, &f.err), TACIT_OK);
        assert_int_equal(trace_count(&f.t, &f.a, &f.err), TACIT_OK);
        for (int i = 0; i < N; i++) {
            int64_t v = (f.t.values[u][i] + 2) >> SHIFT, k = v < LO ? LO : v > HI ? HI : v;
            want += v != k;
            assert_true(f.t.values[x][i] == k);
            assert_true(f.t.values[r][i] + (two ? 8 * f.t.values[h][i] : 0) == v - k);
            if (two) {
                assert_true(f.t.values[r][i] * (v - k) >= 0 && f.t.values[h][i] * (v - k) >= 0);
                assert_true(f.t.values[flag][i] == (k == HI ? 1 : k == LO ? -1 : 0));
            }
            assert_true(f.t.values[y][i] == (k > 0 ? k : 0));
        }
        assert_true(saturated == want && want > 0);
        assert_int_equal(trace_violated(&f.t, &f.a), UINT32_MAX);
        finish(&f);
    }
}

/* ---- tables: direct, hashed, repeated rows; counts against a histogram made here */
static void tables(void **unused) {
    (void)unused;
    for (int kind = 0; kind < 3; kind++) {
        fixture f;
        start(&f);
        enum { N = 70000, R = 500 };
        const shape s = {1, {N}};
        int64_t v[2][R];
        for (int i = 0; i < R; i++) {
            v[0][i] = kind == 0 ? i - 250 : kind == 1 ? (int64_t)(i - 250) * 4000003 : i / 2; /* 2: each value twice */
            v[1][i] = between(-1000, 1000);
        }
        const table_column cols[] = {{.values = v[0]}, {.values = v[1]}};
        uint32_t x = builder_external(f.b, TENSOR_INPUT, "x", &s, v[0][0], v[0][R - 1]);
        uint32_t y = builder_committed(f.b, "y", &s);
        uint32_t tab = builder_table(f.b, 2, cols, R);
        uint32_t l = builder_lookup(f.b, "f", tab, (const uint32_t[]){x, y});
        assert_int_equal(builder_table(f.b, 2, cols, R), tab);
        builder_advice(f.b, &(advice){.kind = ADVICE_TABLE, .relation = l});
        load(&f);
        int64_t *in = malloc(N * sizeof *in);
        uint32_t first[R], want[R] = {0};
        for (int i = 0; i < R; i++) first[i] = (uint32_t)(kind == 2 ? i / 2 * 2 : i);
        for (int i = 0; i < N; i++) {
            uint32_t r = below(R);
            in[i] = v[0][r];
            want[first[r]]++;
        }
        assert_int_equal(trace_set(&f.t, x, in, &f.err), TACIT_OK);
        run(&f);
        for (int i = 0; i < R; i++) assert_int_equal(f.t.values[f.p.tables[0].multiplicity][i], want[i]);
        if (kind == 2 && v[1][0] != v[1][1]) { /* the second row of a value is found, too */
            for (int i = 0; i < N; i++) {
                if (f.t.values[x][i] == 0) f.t.values[y][i] = (int32_t)v[1][1];
            }
            assert_int_equal(trace_count(&f.t, &f.a, &f.err), TACIT_OK);
            assert_int_equal(f.t.values[f.p.tables[0].multiplicity][1], want[0]);
            assert_int_equal(f.t.values[f.p.tables[0].multiplicity][0], 0);
        }
        f.t.values[y][N - 1] = 2000;
        assert_int_equal(trace_count(&f.t, &f.a, &f.err), TACIT_OVERFLOW);
        assert_int_equal(trace_violated(&f.t, &f.a), f.p.constraint_count + l);
        f.err = (tacit_error){0};
        if (kind == 1) {
            f.t.values[x][5] = 1; /* between two values */
            assert_int_equal(execute(&f.t, &f.a, NULL, &f.err), TACIT_OVERFLOW);
            assert_non_null(strstr(f.err.text, "\"x\""));
        }
        free(in);
        finish(&f);
    }
}

static void refusals(void **unused) {
    (void)unused;
    fixture f;
    start(&f);
    const shape s = {1, {3}};
    uint32_t x = builder_external(f.b, TENSOR_INPUT, "x", &s, 0, 7), y = builder_committed(f.b, "y", &s);
    uint32_t z = builder_committed(f.b, "z", &s), tab = builder_range_table(f.b, 0, 7);
    (void)builder_lookup(f.b, "x", tab, &x);
    (void)builder_lookup(f.b, "y", tab, &y);
    (void)builder_lookup(f.b, "z", tab, &z);
    uint32_t c = builder_constraint(f.b, "y", &s, NULL, 0, (const linear_term[]){{2, x}, {-1, y}}, 2, 0);
    uint32_t d = builder_constraint(f.b, "z", &s, NULL, 0, (const linear_term[]){{1, y}, {1, z}}, 2, -7);
    advice first = solve_for(c, y), second = solve_for(d, z);
    builder_advice(f.b, &first);
    builder_advice(f.b, &second);
    load(&f);
    assert_int_equal(trace_set(&f.t, x, (const int64_t[]){0, 8, 0}, &f.err), TACIT_VALUE);
    assert_non_null(strstr(f.err.text, "\"x\""));
    f.err = (tacit_error){0};
    assert_int_equal(trace_set(&f.t, y, (const int64_t[]){0, 0, 0}, &f.err), TACIT_USAGE);
    f.err = (tacit_error){0};
    assert_int_equal(trace_set(&f.t, x, (const int64_t[]){0, 4, 0}, &f.err), TACIT_OK);
    assert_int_equal(execute(&f.t, &f.a, NULL, &f.err), TACIT_OVERFLOW); /* 8 is in no row of y's table */
    assert_non_null(strstr(f.err.text, "\"y\""));
    f.err = (tacit_error){0};
    assert_int_equal(trace_set(&f.t, x, (const int64_t[]){0, 3, 1}, &f.err), TACIT_OK);
    run(&f);
    assert_int_equal(f.t.values[z][1], 1);
    advice swap = f.p.advices[0]; /* y is read before it is computed */
    f.p.advices[0] = f.p.advices[1];
    f.p.advices[1] = swap;
    assert_int_equal(execute(&f.t, &f.a, NULL, &f.err), TACIT_MALFORMED);
    f.err = (tacit_error){0};
    f.p.advice_count = 1;
    f.p.advices[0] = swap;
    assert_int_equal(execute(&f.t, &f.a, NULL, &f.err), TACIT_MALFORMED);
    finish(&f);
}

/* trace_values of views and linear tensors, element by element. */
static void reading(void **unused) {
    (void)unused;
    for (int round = 0; round < 60; round++) {
        fixture f;
        start(&f);
        shape s = {3, {1 + below(5), 1 + below(6), 1 + below(7)}}, v = {2, {s.dim[2] + 2, s.dim[0] * s.dim[1]}};
        uint32_t x = builder_external(f.b, TENSOR_PARAM, "x", &s, -9, 9);
        int32_t *pad = malloc(v.dim[0] * sizeof *pad), *flat = malloc(v.dim[1] * sizeof *flat);
        for (uint32_t i = 0; i < v.dim[0]; i++) pad[i] = i < 1 || i > s.dim[2] ? -1 : (int32_t)i - 1;
        for (uint32_t i = 0; i < v.dim[1]; i++) flat[i] = round & 1 ? (int32_t)i : (int32_t)below(v.dim[1]);
        const view_group groups[] = {{1, 1, {0}, {2}, v.dim[0], pad}, {1, 2, {1}, {0, 1}, v.dim[1], flat}};
        uint32_t w = builder_view(f.b, "w", x, &v, groups, 2);
        uint32_t c = builder_external(f.b, TENSOR_PARAM, "c", &v, -9, 9);
        uint32_t l = builder_linear(f.b, "l", &v, (const linear_term[]){{1000, w}, {-3, c}}, 2, 17);
        (void)builder_constraint(f.b, "use", &v, NULL, 0, (const linear_term[]){{1, w}}, 1, 0);
        (void)builder_lookup(f.b, "use l", builder_range_table(f.b, 0, 1), &l);
        load(&f);
        set_random(&f, x, -9, 9);
        set_random(&f, c, -9, 9);
        uint64_t n = shape_count(&v);
        int64_t *got = malloc(n * sizeof *got), *sum = malloc(n * sizeof *sum);
        int32_t *few = malloc(n * sizeof *few);
        const int32_t *xs = f.t.values[x], *cs = f.t.values[c];
        for (unsigned bytes = 0; bytes <= 4; bytes = bytes ? 2 * bytes : 1) {
            if (bytes) narrow_params(&f.t, &f.a, bytes);
            trace_values(&f.t, w, got);
            trace_values(&f.t, l, sum);
            trace_values_i32(&f.t, l, few);
            for (uint64_t i = 0; i < n; i++) {
                int64_t j = view_source(&f.p.tensors[w], &s, i), want = j < 0 ? 0 : xs[j];
                assert_true(got[i] == want);
                assert_true(sum[i] == 1000 * want - 3 * (int64_t)cs[i] + 17);
                assert_true(few[i] == sum[i]);
            }
        }
        free(pad), free(flat), free(got), free(sum), free(few);
        finish(&f);
    }
}

static double now(void) {
    struct timespec t;
    timespec_get(&t, TIME_UTC);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* A matrix-vector product, a LeNet convolution and a larger padded one: right, and how long they take. */
static void layer(const char *name, bool convolution, const shape *xs, const view_group *groups, uint32_t group_count,
                  const shape *cols, const shape *ws, const product *labels, const shape *ys) {
    fixture f;
    start(&f);
    uint32_t x = builder_external(f.b, TENSOR_INPUT, "x", xs, -128, 127);
    (void)builder_lookup(f.b, "x", builder_range_table(f.b, -128, 127), &x);
    uint32_t w = builder_external(f.b, TENSOR_PARAM, "w", ws, -128, 127);
    uint32_t v = convolution ? builder_view(f.b, "cols", x, cols, groups, group_count) : x;
    uint32_t y = builder_committed(f.b, "y", ys), rem = builder_committed(f.b, "rem", ys);
    (void)builder_lookup(f.b, "y", builder_range_table(f.b, -32768, 32767), &y);
    (void)builder_lookup(f.b, "rem", builder_range_table(f.b, 0, 4095), &rem);
    product p = *labels;
    p.a = w;
    p.b = v;
    uint32_t c = builder_constraint(f.b, "c", ys, &p, 1, (const linear_term[]){{-4096, y}, {-1, rem}}, 2, 2048);
    builder_advice(f.b, &(advice){.kind = ADVICE_RESCALE,
                                  .relation = c,
                                  .y = y,
                                  .rem = rem,
                                  .shift = 12,
                                  .r_low = NO_TENSOR,
                                  .r_high = NO_TENSOR,
                                  .flag = NO_TENSOR});
    load(&f);
    set_random(&f, x, -128, 127);
    set_random(&f, w, -128, 127);
    double best = 1e9;
    for (int i = 0; i < 5; i++) {
        double t = now();
        assert_int_equal(execute(&f.t, &f.a, NULL, &f.err), TACIT_OK);
        t = now() - t;
        best = t < best ? t : best;
    }
    print_message("%s: %.3f ms\n", name, 1e3 * best);
    int32_t *kept = malloc(shape_count(ys) * sizeof *kept);
    memcpy(kept, f.t.values[y], shape_count(ys) * sizeof *kept);
    for (unsigned bytes = 1; bytes <= 2; bytes++) { /* weights as a model has them */
        narrow_params(&f.t, &f.a, bytes);
        memset(f.t.values[y], 0, shape_count(ys) * sizeof *kept);
        assert_int_equal(execute(&f.t, &f.a, NULL, &f.err), TACIT_OK);
        assert_memory_equal(f.t.values[y], kept, shape_count(ys) * sizeof *kept);
    }
    free(kept);
    if (shape_count(ys) < 100000) {
        assert_int_equal(trace_count(&f.t, &f.a, &f.err), TACIT_OK);
        assert_int_equal(trace_violated(&f.t, &f.a), UINT32_MAX);
    }
    finish(&f);
}

/* (c, h, w) -> (oh, ow, c, kh, kw), stride 1 */
static void conv(const char *name, uint32_t in, uint32_t out, uint32_t size, uint32_t k, uint32_t pad) {
    uint32_t o = size + 2 * pad - k + 1;
    const shape xs = {3, {in, size, size}}, cols = {5, {o, o, in, k, k}}, ws = {4, {out, in, k, k}},
                ys = {3, {out, o, o}};
    int32_t *map = malloc((size_t)o * k * sizeof *map);
    for (uint32_t i = 0; i < o * k; i++) {
        int32_t at = (int32_t)(i / k + i % k) - (int32_t)pad;
        map[i] = at < 0 || at >= (int32_t)size ? -1 : at;
    }
    const view_group groups[] = {{2, 1, {0, 3}, {1}, 0, map}, {2, 1, {1, 4}, {2}, 0, map}, {1, 1, {2}, {0}, 0, NULL}};
    const product labels = {1, 0, 0, {0, 3, 4, 5}, {1, 2, 3, 4, 5}};
    layer(name, true, &xs, groups, 3, &cols, &ws, &labels, &ys);
    free(map);
}

static void layers(void **unused) {
    (void)unused;
    const shape x = {1, {784}}, w = {2, {512, 784}}, y = {1, {512}};
    const product mv = {1, 0, 0, {0, 1}, {1}};
    layer("matvec 512 x 784", false, &x, NULL, 0, NULL, &w, &mv, &y);
    const shape tx = {2, {64, 768}}, tw = {2, {3072, 768}}, ty = {2, {3072, 64}};
    const product mm = {1, 0, 0, {0, 2}, {1, 2}};
    layer("64 tokens, 3072 x 768", false, &tx, NULL, 0, NULL, &tw, &mm, &ty);
    conv("LeNet conv1 1 -> 6, 28 x 28, k 5, pad 2", 1, 6, 28, 5, 2);
    conv("LeNet conv2 6 -> 16, 14 x 14, k 5", 6, 16, 14, 5, 0);
    conv("VGG conv 128 -> 128, 16 x 16, k 3, pad 1", 128, 128, 16, 3, 1);
    conv("VGG conv 64 -> 64, 56 x 56, k 3, pad 1", 64, 64, 56, 3, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(contractions), cmocka_unit_test(wide_factors), cmocka_unit_test(saturation),
        cmocka_unit_test(tables),       cmocka_unit_test(refusals),     cmocka_unit_test(reading),
        cmocka_unit_test(layers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
