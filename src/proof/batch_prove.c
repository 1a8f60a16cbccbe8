#include "proof/batch_prove.h"
#include <string.h>
#include "base/broken.h"
#include "commit/object.h"
#include "field/vec_narrow.h"
#include "poly/eq.h"
#include "sumcheck/products.h"

/* A rank-1 term on one block of at least 2^k elements. */
typedef struct rank1 {
    const block *b;
    ext coef;    /* term, weight of the block's fixed bits */
    ext low[64]; /* the block's own variables of the term's point */
} rank1;

/* The lanes of a strip (one, of all lanes, for certificates) while they are bound. */
typedef struct strip_state {
    const object_data *data;
    const layout *lay;
    uint32_t object, number, k; /* strip `number` of the object, of 2^k lanes */
    rank1 *items;
    uint32_t item_count;
    struct dense_range {
        uint64_t start, cells; /* all dense regions, in units of 2^k */
    } * dense;
    uint64_t dense_cells; /* of all of them */
    uint32_t dense_count;
    size_t low_size; /* entries of the concatenated low tables */
    extv low_w, low_x, low_w2, low_x2;
} strip_state;

/* A pair of weights and values for each column. */
typedef struct column_pair {
    extv w, y;
} column_pair;

typedef struct object_state {
    uint32_t k, a, bound;       /* variables bound so far */
    uint32_t first_strip, open; /* strips whose lanes are being bound; the shortest is the last */
    /* Strips whose lanes are bound, folded to one lane that is `scale` times `folded`. While `both`: the lane before it
     * is folded too; pairs of the two lie one beside the other. */
    column_pair folded, pairs;
    ext scale, dot; /* dot: of the folded weights and values, once it was needed */
    bool any, both, dot_known;
    product_tables high;
    extv y;
    ext rho[64];
} object_state;

typedef struct batch_state {
    const placement *place;
    const geometry *g;
    arena *a;
    tacit_error *err;
    uint32_t count; /* objects but sigma */
    object_state o[MAX_OBJECTS];
    uint32_t strip_count;
    strip_state strip[MAX_OBJECTS + MAX_STRIPS];
} batch_state;

static strip_state *strip_of(batch_state *s, uint32_t object, const block *b) {
    return &s->strip[s->o[object].first_strip + b->strip];
}

/* The layout of the object in which a term's tensor lies. */
static const layout *layout_of(const batch_state *s, uint32_t object) {
    return s->strip[s->o[object].first_strip].lay;
}

static tacit_status full(batch_state *s) {
    return fail(s->err, TACIT_RESOURCES, "prover: arena too small for step 6");
}

/* ---------------------------------------------------------------- dense regions */
static bool is_cell_item(const batch_state *s, uint32_t object, uint32_t item) {
    return object == 0 && item >= s->place->tensor_items;
}

/* Regions: every cell block of at least 2^k elements, and everything from the first smaller block on. */
static tacit_status find_dense(batch_state *s, strip_state *o) {
    uint64_t unit = UINT64_C(1) << o->k;
    o->dense = ARENA_NEW(s->a, struct dense_range, o->lay->block_count + 1u);
    if (!o->dense) return full(s);
    for (uint32_t i = 0; i < o->lay->block_count; i++) {
        const block *b = &o->lay->blocks[i];
        if (b->strip != o->number) continue;
        if (b->log < o->k) {
            o->dense[o->dense_count++] =
                (struct dense_range){b->start >> o->k, (o->lay->used[o->number] - b->start + unit - 1) >> o->k};
            break;
        }
        if (is_cell_item(s, o->object, b->item))
            o->dense[o->dense_count++] = (struct dense_range){b->start >> o->k, UINT64_C(1) << (b->log - o->k)};
    }
    for (uint32_t i = 0; i < o->dense_count; i++) o->dense_cells += o->dense[i].cells;
    return TACIT_OK;
}

/* Place of an element of a dense region in the concatenated tables. */
static uint64_t dense_place(const strip_state *o, uint64_t element) {
    uint64_t at = (uint64_t)o->item_count << o->k, unit = element >> o->k;
    for (uint32_t i = 0; i < o->dense_count; i++) {
        if (unit >= o->dense[i].start && unit < o->dense[i].start + o->dense[i].cells)
            return at + ((unit - o->dense[i].start) << o->k) + (element & ((UINT64_C(1) << o->k) - 1));
        at += o->dense[i].cells << o->k;
    }
    return at;
}

static void dense_values(const strip_state *o) {
    uint64_t unit = UINT64_C(1) << o->k, at = (uint64_t)o->item_count << o->k;
    for (uint32_t i = 0; i < o->dense_count; i++) {
        uint64_t n = o->dense[i].cells << o->k;
        vec_from_narrow(o->low_x.c[0] + at, object_small(o->data, o->dense[i].start * unit), n);
        at += n;
    }
    for (uint32_t r = 0; r < o->data->range_count; r++) {
        const object_range *g = &o->data->ranges[r];
        uint64_t place = 0;
        for (uint64_t i = 0; i < g->count; i++) {
            if (i == 0 || ((g->start + i) & (unit - 1)) == 0) place = dense_place(o, g->start + i);
            o->low_x.c[0][place++] = g->values[i];
        }
    }
}

static void dense_cells(batch_state *s, const functional *f) {
    const layout *l = &s->place->x;
    for (int array = 0; array < CELL_ARRAYS; array++)
        for (int j = 0; j < EXT_DEG; j++) {
            uint32_t item = s->place->array_item[array] + (uint32_t)j;
            for (uint32_t i = l->first[item]; i < l->first[item + 1]; i++) {
                const block *b = &l->blocks[l->order[i]];
                strip_state *o = strip_of(s, 0, b);
                for (uint64_t c = 0; c < UINT64_C(1) << b->log; c++)
                    extv_set(o->low_w, dense_place(o, b->start + c),
                             ext_mul(ext_theta(j), f->cells[array][b->offset[0] + c]));
            }
        }
}

/* ---------------------------------------------------------------- rank-1 terms */
static tacit_status count_items(batch_state *s, const functional *f) {
    for (uint32_t i = 0; i < f->count; i++) {
        uint32_t object = s->place->object_of[f->terms[i].index], item = s->place->item_of[f->terms[i].index];
        const layout *l = layout_of(s, object);
        for (uint32_t j = l->first[item]; j < l->first[item + 1]; j++)
            strip_of(s, object, &l->blocks[l->order[j]])->item_count++;
    }
    for (uint32_t c = 0; c < s->strip_count; c++) {
        s->strip[c].items = ARENA_NEW(s->a, rank1, s->strip[c].item_count + 1u);
        if (!s->strip[c].items) return full(s);
        s->strip[c].item_count = 0;
    }
    return TACIT_OK;
}

static void find_items(batch_state *s, const functional *f) {
    for (uint32_t i = 0; i < f->count; i++) {
        const term *t = &f->terms[i];
        uint32_t object = s->place->object_of[t->index], item = s->place->item_of[t->index];
        const layout *l = layout_of(s, object);
        const shape *shp = l->shapes[item];
        for (uint32_t j = l->first[item]; j < l->first[item + 1]; j++) {
            const block *b = &l->blocks[l->order[j]];
            strip_state *o = strip_of(s, object, b);
            ext w = ext_mul(t->coef, block_high(shp, b, t->z));
            if (b->log < o->k || ext_is_zero(w)) continue;
            rank1 *r = &o->items[o->item_count++];
            r->b = b;
            r->coef = w;
            block_low(shp, b, t->z, r->low);
        }
    }
}

/* Adds weight * eq(low, .) on a block of less than 2^k elements. */
static void small_block(const strip_state *o, const block *b, const ext *low, ext weight) {
    ext tab[64];
    for (uint64_t at = 0; at < UINT64_C(1) << b->log; at += 64) {
        uint64_t n = (UINT64_C(1) << b->log) - at < 64 ? (UINT64_C(1) << b->log) - at : 64;
        unsigned vars = b->log < 6 ? b->log : 6;
        eq_table(tab, low, vars);
        ext high = ext_mul(weight, eq_index(low + vars, b->log - vars, at >> 6));
        uint64_t place = dense_place(o, b->start + at);
        for (uint64_t c = 0; c < n; c++)
            extv_set(o->low_w, place + c, ext_add(extv_get(o->low_w, place + c), ext_mul(high, tab[c])));
    }
}

/* Small blocks: their weights, dense. */
static void small_terms(batch_state *s, const functional *f) {
    ext low[64];
    for (uint32_t i = 0; i < f->count; i++) {
        const term *t = &f->terms[i];
        uint32_t object = s->place->object_of[t->index], item = s->place->item_of[t->index];
        const layout *l = layout_of(s, object);
        const shape *shp = l->shapes[item];
        for (uint32_t j = l->first[item]; j < l->first[item + 1]; j++) {
            const block *b = &l->blocks[l->order[j]];
            const strip_state *o = strip_of(s, object, b);
            if (b->log >= o->k) continue;
            ext w = ext_mul(t->coef, block_high(shp, b, t->z));
            if (ext_is_zero(w)) continue;
            block_low(shp, b, t->z, low);
            small_block(o, b, low, w);
        }
    }
}

/* eq(z_u, u) of a rank-1 term over its block's rows of 2^k. */
static tacit_status row_weights(batch_state *s, const strip_state *o, const rank1 *r, extv *eq, size_t *rows) {
    *rows = (size_t)1 << (r->b->log - o->k);
    *eq = extv_new(s->a, *rows);
    if (!extv_ok(*eq)) return full(s);
    par_eq_table(*eq, r->low + o->k, r->b->log - o->k, EXT_ONE);
    return TACIT_OK;
}

/* g(l) and coef eq(z_l, l) of every rank-1 term. */
static tacit_status item_tables(batch_state *s, strip_state *o) {
    size_t unit = (size_t)1 << o->k;
    for (uint32_t i = 0; i < o->item_count; i++) {
        const rank1 *r = &o->items[i];
        size_t mark = arena_mark(s->a), rows;
        extv eq;
        TRY(row_weights(s, o, r, &eq, &rows));
        par_column_sums(extv_at(o->low_x, i * unit), eq, object_small(o->data, r->b->start), rows, unit);
        par_eq_table(extv_at(o->low_w, i * unit), r->low, o->k, r->coef);
        arena_release(s->a, mark);
    }
    return TACIT_OK;
}

static tacit_status new_zero(batch_state *s, extv *v, size_t n) {
    *v = extv_zero(s->a, n);
    return extv_ok(*v) ? TACIT_OK : full(s);
}

static tacit_status after_bind(batch_state *s, object_state *o);

static tacit_status begin_strip(batch_state *s, strip_state *o) {
    TRY(find_dense(s, o));
    o->low_size = (size_t)(o->item_count + o->dense_cells) << o->k;
    TRY(new_zero(s, &o->low_w, o->low_size));
    TRY(new_zero(s, &o->low_x, o->low_size));
    TRY(new_zero(s, &o->low_w2, o->low_size / 2 + 1));
    TRY(new_zero(s, &o->low_x2, o->low_size / 2 + 1));
    dense_values(o);
    return item_tables(s, o);
}

static tacit_status begin(void *ctx, const functional *f) {
    batch_state *s = ctx;
    TRY(count_items(s, f));
    find_items(s, f);
    for (uint32_t c = 0; c < s->strip_count; c++) TRY(begin_strip(s, &s->strip[c]));
    small_terms(s, f);
    dense_cells(s, f);
    for (uint32_t c = 0; RULE_OFF(PHI) && c < s->strip_count; c++) { /* the forger counts late joiners too often */
        strip_state *o = &s->strip[c];
        unsigned late = geometry_rounds(s->g) - s->o[o->object].a - s->o[o->object].k;
        for (size_t i = 0; i < o->low_size; i++)
            extv_set(o->low_w, i, ext_scale(extv_get(o->low_w, i), UINT64_C(1) << late));
    }
    for (uint32_t c = 0; c < s->count; c++) TRY(after_bind(s, &s->o[c]));
    return TACIT_OK;
}

/* ---------------------------------------------------------------- after the lanes */
/* y(u) over a whole strip: integers, F ranges, tail. */
static tacit_status folded_values(batch_state *s, const strip_state *o, const object_state *whole, extv y) {
    size_t unit = (size_t)1 << o->k, columns = (size_t)1 << whole->a;
    extv e = extv_new(s->a, unit);
    if (!extv_ok(e)) return full(s);
    par_eq_table(e, whole->rho, o->k, EXT_ONE);
    for (uint32_t p = 0; p < o->data->part_count; p++) {
        const object_part *x = &o->data->parts[p];
        par_row_dots(extv_at(y, x->start >> o->k), e, x->values, x->count >> o->k, unit);
    }
    for (uint32_t r = 0; r < o->data->range_count; r++) {
        const object_range *g = &o->data->ranges[r];
        for (uint64_t i = 0; i < g->count; i++) {
            uint64_t at = g->start + i;
            ext v = ext_scale(extv_get(e, at & (unit - 1)), g->values[i]);
            extv_set(y, at >> o->k, ext_add(extv_get(y, at >> o->k), v));
        }
    }
    uint32_t tail = s->g->object[o->object].tail;
    for (size_t i = 0; i < tail; i++) extv_set(y, columns - tail + i, vec->dot_gl(e, o->data->tail + i * unit, unit));
    return TACIT_OK;
}

/* The strip's weights folded at rho_l. */
static tacit_status folded_weights(batch_state *s, const strip_state *o, extv w) {
    for (uint32_t i = 0; i < o->item_count; i++) {
        const rank1 *r = &o->items[i];
        size_t mark = arena_mark(s->a), rows;
        extv eq;
        TRY(row_weights(s, o, r, &eq, &rows));
        par_axpy(extv_at(w, r->b->start >> o->k), eq, extv_get(o->low_w, i), rows); /* coef eq(z_l, rho_l) */
        arena_release(s->a, mark);
    }
    size_t at = o->item_count;
    for (uint32_t i = 0; i < o->dense_count; i++)
        for (uint64_t c = 0; c < o->dense[i].cells; c++, at++) {
            size_t u = o->dense[i].start + c;
            extv_set(w, u, ext_add(extv_get(w, u), extv_get(o->low_w, at)));
        }
    return TACIT_OK;
}

static tacit_status fold_strip(batch_state *s, const object_state *o, const strip_state *strip, column_pair *out) {
    TRY(new_zero(s, &out->y, (size_t)1 << o->a));
    TRY(new_zero(s, &out->w, (size_t)1 << o->a));
    TRY(folded_values(s, strip, o, out->y));
    return folded_weights(s, strip, out->w);
}

typedef struct interleave_job {
    extv out, even, odd;
    ext scale;
} interleave_job;
static void interleave_piece(void *ctx, size_t first, size_t count) {
    const interleave_job *j = ctx;
    for (size_t i = first; i < first + count; i++) {
        extv_set(j->out, 2 * i, extv_get(j->even, i));
        extv_set(j->out, 2 * i + 1, ext_mul(j->scale, extv_get(j->odd, i)));
    }
}

/* The strip before the folded ones, of 2^bound lanes, is one lane now: the next bit tells it from theirs. */
static tacit_status pair_up(batch_state *s, object_state *o, const strip_state *strip) {
    size_t columns = (size_t)1 << o->a;
    if (!extv_ok(o->pairs.w)) {
        o->pairs = (column_pair){extv_new(s->a, 2 * columns), extv_new(s->a, 2 * columns)};
        if (!extv_ok(o->pairs.w) || !extv_ok(o->pairs.y)) return full(s);
    }
    size_t mark = arena_mark(s->a);
    column_pair before;
    TRY(fold_strip(s, o, strip, &before));
    par_for(columns, interleave_piece, &(interleave_job){o->pairs.w, before.w, o->folded.w, o->scale});
    par_for(columns, interleave_piece, &(interleave_job){o->pairs.y, before.y, o->folded.y, o->scale});
    arena_release(s->a, mark);
    o->both = true;
    return TACIT_OK;
}

static tacit_status start_high(batch_state *s, object_state *o) {
    size_t columns = (size_t)1 << o->a;
    o->high = (product_tables){.coef = EXT_ONE, .factors = 2, .vars = o->a};
    o->y = o->folded.y;
    o->high.now[0] = o->folded.w;
    o->high.now[1] = extv_new(s->a, columns);
    if (!extv_ok(o->high.now[1])) return full(s);
    for (int j = 0; j < EXT_DEG; j++) memcpy(o->high.now[1].c[j], o->y.c[j], columns * sizeof(gl));
    return product_ready(&o->high, s->a, s->err);
}

/* A strip whose lanes are bound is folded; after the last lane bit the columns begin. */
static tacit_status after_bind(batch_state *s, object_state *o) {
    const strip_state *strip = o->open ? &s->strip[o->first_strip + o->open - 1] : NULL;
    if (strip && strip->k == o->bound) {
        o->open--;
        if (o->any)
            TRY(pair_up(s, o, strip));
        else
            TRY(fold_strip(s, o, strip, &o->folded));
        o->any = true;
    }
    return o->bound == o->k ? start_high(s, o) : TACIT_OK;
}

/* ---------------------------------------------------------------- rounds */
/* Folded lanes that are no pair have the bit 0, beside a lane of zeros: sum w y eq(0, X)^2. */
static void folded_round(object_state *o, ext v[2]) {
    if (o->both) {
        par_round_prod2(v, o->pairs.w, o->pairs.y, (size_t)1 << o->a);
        return;
    }
    if (!o->dot_known) o->dot = vec->dot(o->folded.w, o->folded.y, (size_t)1 << o->a);
    o->dot_known = true;
    v[0] = v[1] = ext_mul(ext_mul(o->scale, o->scale), o->dot); /* eq(0, 2)^2 = 1 */
}

static void folded_bind(object_state *o, ext r) {
    size_t columns = (size_t)1 << o->a;
    if (!o->both) {
        o->scale = ext_mul(o->scale, ext_one_minus(r));
        return;
    }
    par_fold(o->folded.w, o->pairs.w, r, columns);
    par_fold(o->folded.y, o->pairs.y, r, columns);
    o->scale = EXT_ONE;
    o->both = o->dot_known = false;
}

static void lane_round(const batch_state *s, object_state *o, ext *values) {
    ext v[2];
    for (uint32_t i = 0; i < o->open; i++) {
        const strip_state *strip = &s->strip[o->first_strip + i];
        par_round_prod2(v, strip->low_w, strip->low_x, strip->low_size / 2);
        for (int k = 0; k < 2; k++) values[k] = ext_add(values[k], v[k]);
    }
    if (!o->any) return;
    folded_round(o, v);
    for (int k = 0; k < 2; k++) values[k] = ext_add(values[k], v[k]);
}

static void lane_bind(batch_state *s, object_state *o, ext r) {
    for (uint32_t i = 0; i < o->open; i++) {
        strip_state *strip = &s->strip[o->first_strip + i];
        strip->low_size /= 2;
        par_fold(strip->low_w2, strip->low_w, r, strip->low_size);
        par_fold(strip->low_x2, strip->low_x, r, strip->low_size);
        extv_swap(&strip->low_w, &strip->low_w2);
        extv_swap(&strip->low_x, &strip->low_x2);
    }
    if (o->any) folded_bind(o, r);
    o->rho[o->bound++] = r;
}

static void round_values(void *ctx, ext *values) {
    batch_state *s = ctx;
    if (s->err->status != TACIT_OK) return;
    for (uint32_t c = 0; c < s->count; c++) {
        object_state *o = &s->o[c];
        product_set one = {.degree = 2, .count = 1, .products = &o->high};
        if (o->bound >= o->k)
            products_round(&one, values);
        else
            lane_round(s, o, values);
    }
}

static void bind(void *ctx, ext r) {
    batch_state *s = ctx;
    if (s->err->status != TACIT_OK) return;
    for (uint32_t c = 0; c < s->count; c++) {
        object_state *o = &s->o[c];
        product_set one = {.degree = 2, .count = 1, .products = &o->high};
        if (o->bound >= o->k) {
            products_bind(&one, r);
            continue;
        }
        lane_bind(s, o, r);
        if (after_bind(s, o) != TACIT_OK) return; /* sticks in err */
    }
}

static void make_object(batch_state *s, uint32_t c, const object_data *data) {
    const geometry_object *g = &s->g->object[c];
    lane_strip strips[MAX_STRIPS];
    object_state *o = &s->o[c];
    *o = (object_state){.k = g->k, .a = g->a, .first_strip = s->strip_count, .scale = EXT_ONE};
    o->open = geometry_strips(g->lanes, strips);
    for (uint32_t i = 0; i < o->open; i++)
        s->strip[s->strip_count++] = (strip_state){.data = &data[i],
                                                   .lay = c ? s->place->certificates[c - 1] : &s->place->x,
                                                   .object = c,
                                                   .number = i,
                                                   .k = strips[i].k};
}

tacit_status batch_prover(batch_oracle *oracle, const placement *place, const geometry *g,
                          const object_data *const *data, arena *a, tacit_error *err) {
    batch_state *s = ARENA_ZNEW(a, batch_state, 1);
    if (!s) return fail(err, TACIT_RESOURCES, "prover: arena too small");
    s->place = place;
    s->g = g;
    s->a = a;
    s->err = err;
    s->count = g->object_count - 1;
    for (uint32_t c = 0; c < s->count; c++) make_object(s, c, data[c]);
    *oracle = (batch_oracle){s, begin, {s, round_values, bind}};
    return TACIT_OK;
}

extv batch_folded(const batch_oracle *o, uint32_t object) {
    return ((const batch_state *)o->ctx)->o[object].y;
}
