#include "compile/lower/tables.h"
#include <string.h>

/* Columns under construction: explicit values, or one run each where that is all they are. */
typedef struct rows {
    int64_t *column[MAX_TABLE_WIDTH];
    uint32_t width, count;
} rows;

static void add_row(rows *r, int64_t x, int64_t low, int64_t flag, int64_t f) {
    uint32_t i = r->count++;
    r->column[0][i] = x;
    r->column[1][i] = low;
    r->column[2][i] = flag;
    r->column[3][i] = f;
}

/* (x, f) or (x, r, f): every x with r = 0, then the ends with their excess. */
static void fill_one(rows *r, const table_plan *t) {
    for (int64_t x = t->lo; x <= t->hi; x++) add_row(r, x, 0, 0, func_value(&t->f, x));
    if (t->mode != SATURATE_ONE) return;
    /* one end after the other: few arithmetic progressions, which the verifier evaluates in closed form */
    for (int64_t k = 1; k <= t->high; k++) add_row(r, t->hi, k, 0, func_value(&t->f, t->hi));
    for (int64_t k = 1; k <= t->high; k++) add_row(r, t->lo, -k, 0, func_value(&t->f, t->lo));
}

/* (x, r_low, flag, f): flag 0 inside, +1 and -1 at the ends. A shared table's ends have the f of their neighbours. */
static void fill_two(rows *r, const table_plan *t) {
    int64_t low = (int64_t)1 << t->low_bits, in = t->shared ? 1 : 0;
    for (int64_t x = t->lo + 1; x < t->hi; x++) add_row(r, x, 0, 0, func_value(&t->f, x));
    for (int64_t k = 0; k < low; k++) add_row(r, t->hi, k, 1, func_value(&t->f, t->hi - in));
    for (int64_t k = 0; k < low; k++) add_row(r, t->lo, -k, -1, func_value(&t->f, t->lo + in));
}

/* Which of x, r_low, flag, f the table has, in that order. */
static uint32_t columns_of(const table_plan *t, bool used[4]) {
    used[0] = true;
    used[1] = t->mode != SATURATE_NONE;
    used[2] = t->mode == SATURATE_TWO;
    used[3] = t->f.kind != FUNC_RANGE;
    return 1u + used[1] + used[2] + used[3];
}

static tacit_status build_table(lowering *l, const table_plan *t, uint32_t *index, tacit_error *err) {
    table_column columns[MAX_TABLE_WIDTH];
    bool used[4];
    uint32_t width = columns_of(t, used), at = 0;
    uint64_t most = table_rows(t) + 2;
    rows r = {.width = width};
    if (most > MAX_TABLE_ROWS) return fail(err, TACIT_UNSUPPORTED, "a table of %u rows", most);
    size_t mark = arena_mark(l->a);
    for (uint32_t c = 0; c < 4; c++) {
        r.column[c] = ARENA_NEW(l->a, int64_t, most);
        if (!r.column[c]) return fail(err, TACIT_RESOURCES, "no memory for a table of %u rows", most);
    }
    if (t->mode == SATURATE_TWO)
        fill_two(&r, t);
    else
        fill_one(&r, t);
    for (uint32_t c = 0; c < 4; c++) {
        if (used[c]) columns[at++] = (table_column){.values = r.column[c]};
    }
    *index = builder_table(l->b, width, columns, r.count);
    arena_release(l->a, mark);
    return TACIT_OK;
}

/* (flag, r_high): (0, 0), (1, h), (-1, -h) for 0 <= h <= high. */
static uint32_t build_high_table(lowering *l, const table_plan *t) {
    uint32_t n = (uint32_t)t->high + 1;
    const table_run flags[3] = {{1, 0, 0}, {n, 1, 0}, {n, -1, 0}}, highs[3] = {{1, 0, 0}, {n, 0, 1}, {n, 0, -1}};
    const table_column columns[2] = {{.run_count = 3, .runs = flags}, {.run_count = 3, .runs = highs}};
    return builder_table(l->b, 2, columns, 2 * n + 1);
}

/* A committed scalar that a constraint makes 0: lookup columns cannot be constants. */
static void make_zero(lowering *l) {
    const shape scalar = {.rank = 0};
    const char *name = lower_name(l, "zero", "");
    l->zero = builder_committed(l->b, name, &scalar);
    const linear_term term = {1, l->zero};
    uint32_t c = builder_constraint(l->b, lower_name(l, "zero", ".is"), &scalar, NULL, 0, &term, 1, 0);
    advice a = advice_of(ADVICE_SOLVE, c, l->zero);
    builder_advice(l->b, &a);
}

static tacit_status zeros(lowering *l, const char *name, const shape *s, uint32_t *out, tacit_error *err) {
    view_group groups[MAX_RANK];
    if (l->zero == NO_TENSOR) make_zero(l);
    for (uint32_t k = 0; k < s->rank; k++) {
        int32_t *map = ARENA_ZNEW(l->a, int32_t, s->dim[k]);
        if (!map) return fail(err, TACIT_RESOURCES, "no memory for a view");
        groups[k] = (view_group){.out_count = 1, .out_axis = {(uint8_t)k}, .size = s->dim[k], .map = map};
    }
    *out = builder_view(l->b, lower_name(l, name, ".zero"), l->zero, s, groups, s->rank);
    return TACIT_OK;
}

static void table_advice(lowering *l, uint32_t relation) {
    advice a = advice_of(ADVICE_TABLE, relation, NO_TENSOR);
    builder_advice(l->b, &a);
}

tacit_status table_lookup(lowering *l, const char *name, const table_plan *t, result_use use, uint32_t x,
                          const excess *e, uint32_t *fx, tacit_error *err) {
    uint32_t columns[MAX_TABLE_WIDTH], at = 0, index = 0, zero = NO_TENSOR;
    bool used[4], fill = false;
    const shape s = builder_tensor(l->b, x) ? builder_tensor(l->b, x)->shape : (shape){.rank = 0};
    (void)columns_of(t, used);
    TRY(build_table(l, t, &index, err));
    if (used[1] && !e) TRY(zeros(l, name, &s, &zero, err));
    columns[at++] = x;
    if (used[1]) columns[at++] = e ? e->r_low : zero;
    if (used[2] && use == RESULT_JUNK_SIDE) {
        columns[at++] = builder_committed(l->b, lower_name(l, name, ".side"), &s);
        fill = true;
    } else if (used[2]) {
        columns[at++] = e ? e->flag : zero;
    }
    if (used[3] && *fx == NO_TENSOR)
        *fx = builder_committed(l->b, lower_name(l, name, use == RESULT_WANTED ? ".f" : ".junk"), &s);
    if (used[3]) columns[at++] = *fx;
    uint32_t k = builder_lookup(l->b, lower_name(l, name, ".lookup"), index, columns);
    if (fill || (used[3] && *fx != x)) table_advice(l, k);
    if (e && t->mode == SATURATE_TWO)
        (void)builder_lookup(l->b, lower_name(l, name, ".excess"), build_high_table(l, t),
                             (uint32_t[2]){e->flag, e->r_high});
    return TACIT_OK;
}

void remainder_lookup(lowering *l, const char *name, uint32_t bits, uint32_t rem) {
    uint32_t range = builder_range_table(l->b, 0, ((int64_t)1 << bits) - 1);
    (void)builder_lookup(l->b, lower_name(l, name, ".range"), range, &rem);
}
