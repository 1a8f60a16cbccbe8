/* field/columns_lanes: column sums of a small-integer matrix times a vector of E.
 *
 * Lazy accumulation: e' = e or e - p lies in [-(p+1)/2, (p-3)/2], so e' = l + 2^32 h with signed 32-bit l and h (the
 * ends: (-(2^63 - 2^31 + 1) + 2^31) >> 32 = -2^31 and (2^63 - 2^31 - 1 + 2^31) >> 32 = 2^31 - 1). With |x| < 2^b the
 * sum of 2^(31 - b) products l x stays below 2^62; b is measured for each block of rows. */
#ifndef FIELD_COLUMNS_LANES_H
#define FIELD_COLUMNS_LANES_H
#include "field/ext_lanes.h"

enum { ROWS = 256, TILE = 2 * VL };

/* Signed digits of one block of rows. */
typedef struct digits {
    int64_t low[EXT_DEG][ROWS], high[EXT_DEG][ROWS];
} digits;

static void digits_of(digits *d, extv e, size_t rows) {
    for (int j = 0; j < EXT_DEG; j++)
        for (size_t r = 0; r < rows; r++) {
            gl v = e.c[j][r];
            int64_t s = v >= (GL_P - 1) / 2 ? -(int64_t)(GL_P - v) : (int64_t)v;
            d->low[j][r] = (int32_t)(uint32_t)(uint64_t)s;
            d->high[j][r] = (s - d->low[j][r]) >> 32;
        }
}

/* low + 2^32 high mod p, both signed: with low = l0 + 2^32 l1 and high = h0 + 2^32 h1 (l1, h1 signed) it is
 * (l0 - h1) + 2^32 (l1 + h0 + h1). */
static inline vl digits_join(vl low, vl high) {
    const vl sign = vl_set(UINT64_C(1) << 63), half = vl_set(UINT64_C(1) << 31);
    vl l1 = vl_sub(vl_high(vl_add(low, sign)), half), h1 = vl_sub(vl_high(vl_add(high, sign)), half);
    return split_canonical((split){vl_sub(vl_low(low), h1), vl_add(l1, vl_add(vl_low(high), h1))});
}

typedef struct column_sums {
    vl low[EXT_DEG][2], high[EXT_DEG][2];
} column_sums;

static inline void column_add_row(column_sums *s, const digits *d, size_t r, const int32_t *x) {
    vl x0 = vl_load_i32(x), x1 = vl_load_i32(x + VL);
    for (int j = 0; j < EXT_DEG; j++) {
        vl l = vl_set((uint64_t)d->low[j][r]), h = vl_set((uint64_t)d->high[j][r]);
        s->low[j][0] = vl_add(s->low[j][0], vl_mul32_signed(l, x0));
        s->low[j][1] = vl_add(s->low[j][1], vl_mul32_signed(l, x1));
        s->high[j][0] = vl_add(s->high[j][0], vl_mul32_signed(h, x0));
        s->high[j][1] = vl_add(s->high[j][1], vl_mul32_signed(h, x1));
    }
}

static void column_put(extv out, size_t c, const column_sums *s) {
    for (int j = 0; j < EXT_DEG; j++)
        for (size_t k = 0; k < 2; k++) {
            gl *o = &out.c[j][c + VL * k];
            vl_store(o, vl_gl_add(vl_load(o), digits_join(s->low[j][k], s->high[j][k])));
        }
}

static void column_tile(extv out, size_t c, const digits *d, const int32_t *x, size_t rows, size_t stride,
                        size_t safe) {
    for (size_t r = 0; r < rows;) {
        size_t end = rows - r < safe ? rows : r + safe;
        column_sums s;
        for (int j = 0; j < EXT_DEG; j++)
            for (int k = 0; k < 2; k++) s.low[j][k] = s.high[j][k] = vl_zero();
        for (; r < end; r++) column_add_row(&s, d, r, x + r * stride + c);
        column_put(out, c, &s);
    }
}

/* Rows whose products may be added: 2^(31 - b), |x| < 2^b. */
static size_t safe_rows(const int32_t *x, size_t rows, size_t cols, size_t stride) {
    uint32_t all = 0;
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < cols; c++) all |= (uint32_t)(x[r * stride + c] ^ (x[r * stride + c] >> 31));
    unsigned bits = all ? 32u - (unsigned)__builtin_clz(all) : 0;
    return bits >= 31 ? 1 : (size_t)1 << (31 - bits);
}

static void v_column_sums(extv out, extv e, const int32_t *x, size_t rows, size_t cols, size_t stride) {
    digits d;
    size_t whole = cols / TILE * TILE;
    for (size_t first = 0; first < rows; first += ROWS) {
        size_t n = rows - first < ROWS ? rows - first : ROWS;
        const int32_t *block = x + first * stride;
        size_t safe = safe_rows(block, n, cols, stride);
        extv part = extv_at(e, first);
        digits_of(&d, part, n);
        for (size_t c = 0; c < whole; c += TILE) column_tile(out, c, &d, block, n, stride, safe);
        for (size_t r = 0; r < n; r++)
            for (size_t c = whole; c < cols; c++)
                extv_set(out, c,
                         ext_add(extv_get(out, c), ext_scale(extv_get(part, r), gl_from_i64(block[r * stride + c]))));
    }
}
#endif
