/* execute/rows.c */
#include "execute/rows.h"

static tacit_status full(tacit_error *err) {
    return fail(err, TACIT_RESOURCES, "executor: scratch is full");
}

static uint64_t mix(uint64_t h, int32_t v) {
    h = (h ^ (uint32_t)v) * UINT64_C(0x9E3779B97F4A7C15);
    return h ^ h >> 32;
}

static uint64_t place(const hash_index *h, uint64_t key) {
    return key * UINT64_C(0xD6E8FEB86659FD93) >> (64 - h->log);
}

static tacit_status hash_make(hash_index *h, uint64_t entries, arena *a, tacit_error *err) {
    h->log = log2_ceil(entries) + 1; /* at most half full */
    h->slot = ARENA_ZNEW(a, uint32_t, (size_t)1 << h->log);
    return h->slot ? TACIT_OK : full(err);
}

static void expand(int32_t *out, const table_column *c, uint32_t rows) {
    uint32_t at = 0;
    for (uint32_t i = 0; c->runs && i < c->run_count; i++) {
        for (uint32_t k = 0; k < c->runs[i].count; k++)
            out[at++] = (int32_t)(c->runs[i].start + c->runs[i].step * (int64_t)k);
    }
    for (; !c->runs && at < rows; at++) out[at] = (int32_t)c->values[at];
}

/* The slot of a value of column 0: its first row's, or the empty one. */
static uint32_t *value_slot(const row_index *x, int32_t v) {
    uint64_t mask = ((uint64_t)1 << x->by_value.log) - 1, i = place(&x->by_value, mix(0, v));
    while (x->by_value.slot[i] && x->column[0][x->by_value.slot[i] - 1] != v) i = (i + 1) & mask;
    return &x->by_value.slot[i];
}

static bool row_equal(const row_index *x, uint32_t row, const int32_t *const *columns, uint64_t i) {
    for (uint32_t c = 0; c < x->t->width; c++) {
        if (x->column[c][row] != columns[c][i]) return false;
    }
    return true;
}

static uint32_t *row_slot(const row_index *x, const int32_t *const *columns, uint64_t i) {
    uint64_t key = 0, mask = ((uint64_t)1 << x->by_row.log) - 1;
    for (uint32_t c = 0; c < x->t->width; c++) key = mix(key, columns[c][i]);
    uint64_t at = place(&x->by_row, key);
    while (x->by_row.slot[at] && !row_equal(x, x->by_row.slot[at] - 1, columns, i)) at = (at + 1) & mask;
    return &x->by_row.slot[at];
}

/* Fills the index of column 0; answers how many rows repeat the value of an earlier one. */
static uint32_t index_values(row_index *x) {
    uint32_t repeats = 0;
    for (uint32_t r = 0; r < x->t->rows; r++) {
        int32_t v = x->column[0][r];
        uint32_t *slot = x->first ? &x->first[v - x->base] : value_slot(x, v);
        if (*slot)
            repeats++;
        else
            *slot = r + 1;
    }
    return repeats;
}

tacit_status row_index_make(row_index *x, const table *t, arena *a, tacit_error *err) {
    *x = (row_index){.t = t, .base = t->columns[0].lo};
    x->span = (uint64_t)(t->columns[0].hi - t->columns[0].lo) + 1;
    for (uint32_t c = 0; c < t->width; c++) {
        x->column[c] = ARENA_NEW(a, int32_t, t->rows);
        if (!x->column[c]) return full(err);
        expand(x->column[c], &t->columns[c], t->rows);
    }
    if (x->span <= 4 * (uint64_t)t->rows + 1024) {
        x->first = ARENA_ZNEW(a, uint32_t, x->span);
        if (!x->first) return full(err);
    } else {
        TRY(hash_make(&x->by_value, t->rows, a, err));
    }
    uint32_t repeats = index_values(x);
    if (!repeats) return TACIT_OK;
    TRY(hash_make(&x->by_row, repeats, a, err));
    for (uint32_t r = 0; r < t->rows; r++) {
        if (row_first(x, x->column[0][r]) == r) continue; /* found without the hash */
        uint32_t *slot = row_slot(x, (const int32_t *const *)x->column, r);
        if (!*slot) *slot = r + 1;
    }
    return TACIT_OK;
}

uint32_t row_first(const row_index *x, int64_t value) {
    if (value < x->base || (uint64_t)(value - x->base) >= x->span) return NO_ROW;
    return (x->first ? x->first[value - x->base] : *value_slot(x, (int32_t)value)) - 1;
}

uint32_t row_find(const row_index *x, const int32_t *const *columns, uint64_t i) {
    uint32_t row = row_first(x, columns[0][i]);
    if (row == NO_ROW || row_equal(x, row, columns, i)) return row;
    return x->by_row.slot ? *row_slot(x, columns, i) - 1 : NO_ROW;
}
