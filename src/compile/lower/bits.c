#include "compile/lower/bits.h"
#include "compile/lower/tables.h"
#include "compile/lower/views.h"

enum { MAX_LIMBS = 5, MAX_LIMB_BITS = 16, MOST_BITS = 62, MOST_DIGITS = 30 };

uint32_t bits_for(int64_t most) {
    uint32_t bits = 1;
    while (bits < 62 && most >> bits > 0) bits++;
    return bits;
}

/* ---- windows */
/* (0 .. 0) unless `none` is false, and e_1 .. e_width or (1, 0 ..), (1, 1, 0 ..) .. (1 .. 1). */
static uint32_t pattern_table(builder *b, uint32_t width, bit_pattern p, bool none) {
    int64_t values[WINDOW][WINDOW + 1] = {{0}};
    table_column columns[MAX_TABLE_WIDTH];
    for (uint32_t c = 0; c < width; c++) {
        for (uint32_t row = 1; row <= width; row++) values[c][row] = p == DESCENDING ? c < row : c + 1 == row;
        columns[c] = (table_column){.values = values[c] + !none};
    }
    return builder_table(b, width, columns, width + none);
}

/* Where the windows begin, and how far each reaches (beyond the end of its part there are holes). */
typedef struct window_list {
    uint32_t count, width;
    int32_t *first, *end;
} window_list;

static tacit_status windows_alloc(lowering *l, window_list *w, uint32_t most, tacit_error *err) {
    w->first = ARENA_ZNEW(l->a, int32_t, most + 1);
    w->end = ARENA_ZNEW(l->a, int32_t, most + 1);
    return w->first && w->end ? TACIT_OK : fail(err, TACIT_RESOURCES, "no memory for windows");
}

/* Windows of one part, `begin` .. `begin + length - 1`, `step` apart. */
static void windows_add(window_list *w, uint32_t begin, uint32_t length, uint32_t step) {
    for (uint32_t at = 0;; at += step) {
        w->first[w->count] = (int32_t)(begin + at);
        w->end[w->count++] = (int32_t)(begin + length);
        if (at + w->width >= length) return;
    }
}

static tacit_status look_up(lowering *l, const char *name, uint32_t id, const window_list *w, bit_pattern p,
                            tacit_error *err) {
    uint32_t columns[MAX_TABLE_WIDTH];
    const shape s = builder_tensor(l->b, id) ? builder_tensor(l->b, id)->shape : (shape){.rank = 1, .dim = {1}};
    for (uint32_t c = 0; c < w->width; c++) {
        view_draft d;
        draft_start(&d, s.rank);
        for (uint32_t k = 0; k + 1 < s.rank; k++) draft_same(&d, k, k, s.dim[k]);
        d.shape.dim[s.rank - 1] = w->count;
        int32_t *map = draft_map(l, &d, s.rank - 1, 1, s.rank - 1, 1);
        for (uint32_t i = 0; map && i < w->count; i++)
            map[i] = w->first[i] + (int32_t)c < w->end[i] ? w->first[i] + (int32_t)c : -1;
        TRY(draft_make(l, &d, id, &columns[c], err));
    }
    uint32_t table_of = pattern_table(l->b, w->width, p, p == DESCENDING || w->count > 1);
    (void)builder_lookup(l->b, lower_name(l, name, ".lookup"), table_of, columns);
    return TACIT_OK;
}

tacit_status bits_lookup_parts(lowering *l, const char *name, uint32_t id, const uint32_t *length, uint32_t parts,
                               tacit_error *err) {
    window_list w = {.width = WINDOW};
    uint32_t most = parts, longest = 1, begin = 0;
    for (uint32_t k = 0; k < parts; k++) {
        most += length[k];
        longest = length[k] > longest ? length[k] : longest;
    }
    if (longest < w.width) w.width = longest;
    TRY(windows_alloc(l, &w, most, err));
    for (uint32_t k = 0; k < parts; begin += length[k++]) {
        if (length[k] > 0) windows_add(&w, begin, length[k], w.width > 1 ? w.width - 1 : 1);
    }
    return look_up(l, name, id, &w, DESCENDING, err);
}

tacit_status bits_lookup(lowering *l, const char *name, uint32_t id, bit_pattern p, tacit_error *err) {
    const tensor *t = builder_tensor(l->b, id);
    uint32_t n = t ? t->shape.dim[t->shape.rank - 1] : 1;
    if (p == DESCENDING) return bits_lookup_parts(l, name, id, &n, 1, err);
    window_list w = {.width = n < WINDOW ? n : WINDOW};
    TRY(windows_alloc(l, &w, n, err));
    windows_add(&w, 0, n, w.width);
    return look_up(l, name, id, &w, p, err);
}

/* ---- limbs */
/* Cost of `limbs` lookups an element, and of the table unless the remainders' one will do. */
static double limb_cost(const lowering *l, uint64_t elements, uint32_t limbs, uint32_t bits) {
    return 1.3 * (double)elements * limbs + (bits == l->plan->rem_bits ? 0 : 2.0 * (double)(1u << bits));
}

/* Bits of a limb; *limbs = how many; together at most `most` bits. */
static uint32_t choose_limbs(const lowering *l, uint64_t elements, uint32_t bits, uint32_t most, uint32_t *limbs) {
    uint32_t best = 0;
    double cost = 0;
    for (uint32_t k = 1; k <= MAX_LIMBS + 1; k++) {
        uint32_t width = k <= MAX_LIMBS ? (bits + k - 1) / k : l->plan->rem_bits, count = k;
        if (k > MAX_LIMBS) count = width > 0 ? (bits + width - 1) / width : 0;
        if (width == 0 || width > MAX_LIMB_BITS || count * width > most || count > 8) continue;
        double c = limb_cost(l, elements, count, width);
        if (best > 0 && c >= cost) continue;
        best = width, cost = c, *limbs = count;
    }
    return best;
}

uint32_t lower_relation(lowering *l, const char *name, const sum *s, int64_t constant, const linear_term *minus,
                        uint32_t count) {
    linear_term terms[MAX_SUM_TERMS + 8];
    uint32_t n = 0;
    for (uint32_t i = 0; i < s->term_count; i++) terms[n++] = s->terms[i];
    for (uint32_t i = 0; i < count; i++) terms[n++] = (linear_term){-minus[i].coef, minus[i].tensor};
    return builder_constraint(l->b, lower_name(l, name, ".is"), &s->shape, s->products, s->product_count, terms, n,
                              constant);
}

/* Limb i of all elements, as a tensor of the sum's shape. */
static tacit_status limb_view(lowering *l, uint32_t id, const shape *s, uint32_t i, uint32_t *out, tacit_error *err) {
    view_draft d;
    draft_start(&d, s->rank);
    for (uint32_t k = 0; k < s->rank; k++) draft_same(&d, k, k, s->dim[k]);
    draft_fix(l, &d, s->rank, (int32_t)i);
    return draft_make(l, &d, id, out, err);
}

/* sum + constant = sum of limbs, the terms `part`. */
static tacit_status cut(lowering *l, const char *name, const sum *s, int64_t constant, uint32_t limbs, uint32_t width,
                        advice *before, linear_term *part, tacit_error *err) {
    shape all = s->shape;
    if (all.rank == MAX_RANK) return fail(err, TACIT_UNSUPPORTED, "a comparison of 8 axes");
    all.dim[all.rank++] = limbs;
    uint32_t id = builder_committed(l->b, lower_name(l, name, ".limbs"), &all);
    for (uint32_t i = 0; i < limbs; i++) {
        part[i].coef = (int64_t)1 << (width * i);
        TRY(limb_view(l, id, &s->shape, i, &part[i].tensor, err));
    }
    advice a = advice_of(ADVICE_LIMBS, lower_relation(l, name, s, constant, part, limbs), id);
    a.shift = width;
    if (before) {
        before->relation = a.relation;
        builder_advice(l->b, before);
    }
    builder_advice(l->b, &a);
    remainder_lookup(l, name, width, id);
    return TACIT_OK;
}

tacit_status lower_digits(lowering *l, const char *name, const sum *s, int64_t lo, uint32_t bits, advice *before,
                          uint32_t *out, tacit_error *err) {
    uint32_t limbs = 0, width = choose_limbs(l, shape_count(&s->shape), bits, MOST_DIGITS, &limbs);
    if (width == 0) return fail(err, TACIT_UNSUPPORTED, "a number of %u bits", (uint64_t)bits);
    linear_term part[8];
    TRY(cut(l, name, s, -lo, limbs, width, before, part, err));
    *out = builder_linear(l->b, lower_name(l, name, ".number"), &s->shape, part, limbs, lo);
    return TACIT_OK;
}

uint32_t lower_digit_bits(const lowering *l, uint64_t elements, uint32_t bits) {
    uint32_t limbs = 0, width = choose_limbs(l, elements, bits, MOST_DIGITS, &limbs);
    return limbs * width;
}

/* A committed tensor that is the sum of the limbs: they give it its interval. */
static tacit_status in_limbs(lowering *l, const char *name, const shape *s, uint32_t id, uint32_t limbs, uint32_t width,
                             tacit_error *err) {
    linear_term part[8];
    sum own;
    sum_start(&own, s, 0);
    TRY(sum_term(&own, id, 1, 0, 0, err));
    return cut(l, name, &own, 0, limbs, width, NULL, part, err);
}

/* sum + offset + half = 2^k y + rem, y and rem in limbs; the remainder's do not depend on the plan, which would follow.
 */
tacit_status lower_narrowed(lowering *l, const char *name, const sum *s, int32_t scale, value *out, tacit_error *err) {
    static const uint32_t LIMBS[4] = {1, 2, 3, 3}, WIDTHS[4] = {8, 8, 8, 10};
    const int64_t offset = (int64_t)1 << (MOST_DIGITS - 2);
    uint32_t way = 0, limbs = 0, width = choose_limbs(l, shape_count(&s->shape), MOST_DIGITS - 1, MOST_DIGITS, &limbs);
    while (way < 3 && (int32_t)(LIMBS[way] * WIDTHS[way]) < s->scale - scale) way++;
    const uint32_t k = LIMBS[way] * WIDTHS[way];
    const int64_t half = (int64_t)1 << (k - 1), unit = (int64_t)1 << k;
    uint32_t y = builder_committed(l->b, lower_name(l, name, ".narrow"), &s->shape),
             rem = builder_committed(l->b, lower_name(l, name, ".rest"), &s->shape);
    const linear_term minus[2] = {{unit, y}, {1, rem}};
    advice a = advice_of(ADVICE_RESCALE, lower_relation(l, name, s, offset * unit + half, minus, 2), y);
    a.rem = rem, a.shift = k;
    builder_advice(l->b, &a);
    TRY(in_limbs(l, lower_name(l, name, ".narrow"), &s->shape, y, limbs, width, err));
    TRY(in_limbs(l, lower_name(l, name, ".rest"), &s->shape, rem, LIMBS[way], WIDTHS[way], err));
    out->id = builder_linear(l->b, lower_name(l, name, ".moved"), &s->shape, &(linear_term){1, y}, 1, -offset);
    out->scale = s->scale - (int32_t)k;
    out->lo = -offset, out->hi = offset;
    return TACIT_OK;
}

tacit_status lower_nonnegative(lowering *l, const char *name, const sum *s, int64_t constant, uint32_t bits,
                               advice *before, tacit_error *err) {
    uint32_t limbs = 0, width = choose_limbs(l, shape_count(&s->shape), bits, MOST_BITS, &limbs);
    if (width == 0) return fail(err, TACIT_UNSUPPORTED, "a comparison of numbers of %u bits", (uint64_t)bits);
    linear_term part[8];
    if (limbs > 1 || s->product_count > 0) return cut(l, name, s, constant, limbs, width, before, part, err);
    uint32_t id = builder_linear(l->b, lower_name(l, name, ".least"), &s->shape, s->terms, s->term_count, constant);
    remainder_lookup(l, name, width, id);
    return TACIT_OK;
}

tacit_status lower_ranged(lowering *l, uint32_t t, uint32_t id, int32_t scale, int64_t lo, int64_t hi,
                          tacit_error *err) {
    demand d = {.f = {.kind = FUNC_RANGE, .in_scale = scale, .out_scale = scale},
                .lo = lo < 0 ? lo : 0,
                .hi = hi > 0 ? hi : 1,
                .inside = true,
                .exact = l->feeds_pool[t],
                .elements = shape_count(&builder_tensor(l->b, id)->shape)};
    table_plan table_of;
    value v = {.id = id, .scale = scale, .lo = lo, .hi = hi};
    d.worst_lo = d.lo, d.worst_hi = d.hi;
    TRY(plan_demand(l->plan, &d, &table_of, err));
    bool itself = table_of.f.kind == FUNC_RELU && d.lo >= 0;
    uint32_t second = itself ? id : NO_TENSOR;
    TRY(table_lookup(l, tensor_name(l, t), &table_of, itself ? RESULT_WANTED : RESULT_JUNK_SIDE, id, NULL, &second,
                     err));
    return lower_set_value(l, t, &v, err);
}
