#include "commit/columns.h"
#include <string.h>
#include "base/threads.h"
#include "commit/object.h"
#include "poly/ntt.h"

/* Columns are taken CHUNK at a time, lanes LANES at a time. A power of a point is DIGITS bytes, that many outputs of a
 * byte product. A sum of CHUNK products of bytes stays below 2^8 2^7 2^12. */
enum { CHUNK = 4096, QUADS = CHUNK / 4, LANES = 64, DIGITS = 8, POINTS = BYTE_OUTPUTS / DIGITS };

/* A value in [-BIAS, 2^64 - 1 - BIAS] is sum_b 256^b (byte b of value + BIAS, less 128): signed digits. */
#define BIAS UINT64_C(0x8080808080808080)

/* What a worker makes of one digit of LANES lanes of a chunk. */
typedef struct piece {
    int8_t digits[LANES / BYTE_LANES][QUADS][BYTE_LANES][4];
    int32_t products[BYTE_LANES][BYTE_OUTPUTS];
} piece;

typedef uint8_t power_digits[QUADS][BYTE_OUTPUTS][4]; /* of POINTS points */

typedef struct columns_job {
    const object_data *x;
    unsigned k;
    uint64_t small_columns, tail_columns, tail_from; /* columns with integers, with tail, before the tail */
    uint32_t groups;                                 /* of POINTS points */
    const gl *points;
    power_digits *powers; /* per group */
    gl *sums;             /* per worker, group, lane: POINTS values */
    piece *pieces;        /* per worker */
} columns_job;

static uint32_t lanes_of(const columns_job *j) {
    return UINT32_C(1) << j->k;
}
static uint64_t chunks_of(uint64_t columns) {
    return (columns + CHUNK - 1) / CHUNK;
}
static gl *sums_of(const columns_job *j, unsigned worker) {
    return j->sums + (size_t)worker * j->groups * POINTS * lanes_of(j);
}

/* ---------------------------------------------------------------- digits of the values */
/* A chunk of the integers (its columns in `columns_job`'s order) or of the tail; LANES lanes of it. */
typedef struct source {
    bool tail;
    uint64_t column; /* of the integers, or of the tail */
    uint32_t first, lanes;
} source;

static uint64_t biased_tail(gl v) {
    return (v < 0 - BIAS ? v : v - GL_P) + BIAS; /* p - v <= BIAS in the second case */
}

/* Values of one column that are there: *at is the place of the first. */
static uint32_t row_of(const columns_job *j, const source *s, size_t c, uint64_t *at) {
    uint64_t end = s->tail ? j->tail_columns << j->k : j->x->small_count;
    *at = ((s->column + c) << j->k) + s->first;
    return *at >= end ? 0 : end - *at < s->lanes ? (uint32_t)(end - *at) : s->lanes;
}

/* Digit `digit` of n values + BIAS, and whether any has higher ones. */
static uint64_t biased_digits(const uint64_t *biased, uint32_t n, unsigned digit, int8_t *row) {
    uint64_t rest = 0;
    for (uint32_t l = 0; l < n; l++) {
        row[l] = (int8_t)((biased[l] >> 8 * digit & 255) ^ 0x80);
        rest |= (biased[l] ^ BIAS) >> 8 * digit;
    }
    return rest >> 8;
}
/* The lowest digit of small integers, where most have no other. */
static uint64_t lowest_digits(narrow small, uint32_t n, int8_t *row) {
    int32_t v[LANES];
    uint32_t rest = 0;
    if (small.bytes == 1) {
        memcpy(row, small.data, n);
        return 0;
    }
    narrow_read(small, n, v);
    for (uint32_t l = 0; l < n; l++) {
        row[l] = (int8_t)(v[l] & 255);
        rest |= (uint32_t)v[l] - (uint32_t)row[l];
    }
    return rest;
}

/* One digit of a column's values; zeros where there are none. */
static uint64_t row_digits(const columns_job *j, const source *s, size_t c, unsigned digit, int8_t row[LANES]) {
    uint64_t at, biased[LANES];
    int32_t v[LANES];
    uint32_t n = row_of(j, s, c, &at);
    if (n < LANES) memset(row, 0, LANES);
    if (n == 0) return 0;
    if (s->tail) {
        for (uint32_t l = 0; l < n; l++) biased[l] = biased_tail(j->x->tail[at + l]);
        return biased_digits(biased, n, digit, row);
    }
    narrow small = object_small(j->x, at);
    if (digit == 0) return lowest_digits(small, n, row);
    narrow_read(small, n, v);
    for (uint32_t l = 0; l < n; l++) biased[l] = (uint64_t)(int64_t)v[l] + BIAS;
    return biased_digits(biased, n, digit, row);
}

/* Nonzero if some value has higher digits than this one. */
static uint64_t take_digit(const columns_job *j, const source *s, piece *p, unsigned digit) {
    int8_t rows[4][LANES];
    uint64_t rest = 0;
    for (size_t q = 0; q < QUADS; q++) {
        for (size_t c = 0; c < 4; c++) rest |= row_digits(j, s, 4 * q + c, digit, rows[c]);
        uint32_t fours[LANES]; /* little-endian, as the key file is; byte by byte it is six times slower */
        for (size_t l = 0; l < LANES; l++)
            fours[l] = (uint32_t)(uint8_t)rows[0][l] | (uint32_t)(uint8_t)rows[1][l] << 8 |
                       (uint32_t)(uint8_t)rows[2][l] << 16 | (uint32_t)(uint8_t)rows[3][l] << 24;
        for (size_t g = 0; g < LANES / BYTE_LANES; g++)
            memcpy(p->digits[g][q], fours + g * BYTE_LANES, sizeof p->digits[g][q]);
    }
    return rest;
}

/* ---------------------------------------------------------------- products */
/* sum_d 256^d v[d], |v[d]| < 2^27 */
static gl join_digits(const int32_t v[DIGITS]) {
    int64_t low = 0, high = 0;
    for (int d = 3; d >= 0; d--) {
        low = low * 256 + v[d];
        high = high * 256 + v[d + 4];
    }
    return gl_add(gl_from_i64(low), gl_mul(gl_from_i64(high), UINT64_C(1) << 32));
}

/* One digit of the piece times the powers of a group's points; factor: what a point's sums of it count. */
static void add_products(const columns_job *j, const source *s, piece *p, uint32_t group, const gl factor[POINTS],
                         gl *sums) {
    for (uint32_t l = 0; l < s->lanes; l += BYTE_LANES) {
        vec->byte_products(p->products, j->powers[group][0][0], p->digits[l / BYTE_LANES][0][0], QUADS);
        for (uint32_t q = 0; q < BYTE_LANES && l + q < s->lanes; q++) {
            gl *to = sums + ((size_t)group * lanes_of(j) + s->first + l + q) * POINTS;
            for (uint32_t i = 0; i < POINTS; i++)
                to[i] = gl_add(to[i], gl_mul(join_digits(p->products[q] + DIGITS * i), factor[i]));
        }
    }
}

/* Piece i: a chunk of the integers or, after those, of the tail, and LANES of its lanes. */
static void columns_piece(void *ctx, size_t i, unsigned worker) {
    const columns_job *j = ctx;
    piece *p = &j->pieces[worker];
    uint64_t blocks = (lanes_of(j) + LANES - 1) / LANES, chunk = i / blocks, small = chunks_of(j->small_columns);
    source s = {.tail = chunk >= small, .first = (uint32_t)(i % blocks) * LANES};
    s.lanes = lanes_of(j) - s.first < LANES ? lanes_of(j) - s.first : LANES;
    s.column = (s.tail ? chunk - small : chunk) * CHUNK;
    uint64_t column = s.tail ? j->tail_from + s.column : s.column, rest = 1;
    for (uint32_t digit = 0; digit < DIGITS && rest; digit++) {
        rest = take_digit(j, &s, p, digit);
        for (uint32_t g = 0; g < j->groups; g++) {
            gl factor[POINTS];
            for (uint32_t k = 0; k < POINTS; k++)
                factor[k] = gl_mul(gl_pow(j->points[g * POINTS + k], column), UINT64_C(1) << 8 * digit);
            add_products(j, &s, p, g, factor, sums_of(j, worker));
        }
    }
}

/* ---------------------------------------------------------------- the points' powers */
static void fill_powers(void *ctx, size_t group, unsigned worker) {
    const columns_job *j = ctx;
    power_digits *out = &j->powers[group];
    (void)worker;
    for (size_t i = 0; i < POINTS; i++) {
        gl power = 1;
        for (size_t c = 0; c < CHUNK; c++) {
            for (size_t d = 0; d < DIGITS; d++) (*out)[c / 4][DIGITS * i + d][c % 4] = (uint8_t)(power >> 8 * d);
            power = gl_mul(power, j->points[group * POINTS + i]);
        }
    }
}

static void collect(const columns_job *j, unsigned workers, uint32_t count, gl *out) {
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t lane = 0; lane < lanes_of(j); lane++) {
            size_t at = ((size_t)(i / POINTS) * lanes_of(j) + lane) * POINTS + i % POINTS;
            gl sum = 0;
            for (unsigned w = 0; w < workers; w++) sum = gl_add(sum, sums_of(j, w)[at]);
            out[(size_t)i * lanes_of(j) + lane] = sum;
        }
}

tacit_status columns_at(const object_data *x, unsigned a, unsigned k, uint32_t tail, unsigned log_n,
                        const uint32_t *positions, uint32_t count, gl *out, arena *scratch, tacit_error *err) {
    size_t mark = arena_mark(scratch);
    unsigned workers = threads_max();
    columns_job j = {.x = x,
                     .k = k,
                     .small_columns = (x->small_count + (UINT64_C(1) << k) - 1) >> k,
                     .tail_columns = tail,
                     .tail_from = (UINT64_C(1) << a) - tail,
                     .groups = (count + POINTS - 1) / POINTS};
    gl *points = ARENA_ZNEW(scratch, gl, (size_t)j.groups * POINTS);
    j.powers = ARENA_NEW(scratch, power_digits, j.groups);
    j.sums = ARENA_ZNEW(scratch, gl, ((size_t)workers * j.groups * POINTS) << k);
    j.pieces = ARENA_NEW(scratch, piece, workers);
    if (!points || !j.powers || !j.sums || !j.pieces)
        return fail(err, TACIT_RESOURCES, "not enough memory for a certificate's columns");
    for (uint32_t i = 0; i < count; i++) points[i] = rs_point(log_n, positions[i]);
    j.points = points;
    threads_run(j.groups, fill_powers, &j);
    threads_run((chunks_of(j.small_columns) + chunks_of(tail)) * ((lanes_of(&j) + LANES - 1) / LANES), columns_piece,
                &j);
    collect(&j, workers, count, out);
    arena_release(scratch, mark);
    return TACIT_OK;
}
