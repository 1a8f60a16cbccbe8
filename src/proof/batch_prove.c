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

typedef struct object_state {
    const object_data *data;
    const layout *lay;
    uint32_t k, a, bound; /* variables bound so far */
    rank1 *items;
    uint32_t item_count;
    uint64_t dense_start, dense_cells; /* tail region of small blocks, in units of 2^k */
    struct dense_range {
        uint64_t start, cells; /* all dense regions, in units of 2^k */
    } * dense;
    uint32_t dense_count;
    size_t low_size; /* entries of the concatenated low tables */
    extv low_w, low_x, low_w2, low_x2;
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
    const functional *f;
} batch_state;

static tacit_status full(batch_state *s) {
    return fail(s->err, TACIT_RESOURCES, "prover: arena too small for step 6");
}

/* ---------------------------------------------------------------- dense regions */
static bool is_cell_item(const batch_state *s, uint32_t object, uint32_t item) {
    return object == 0 && item >= s->place->tensor_items;
}

/* Regions: every cell block of at least 2^k elements, and everything from the first smaller block on. */
static tacit_status find_dense(batch_state *s, uint32_t object) {
    object_state *o = &s->o[object];
    uint64_t unit = UINT64_C(1) << o->k;
    o->dense = ARENA_NEW(s->a, struct dense_range, o->lay->block_count + 1u);
    if (!o->dense) return full(s);
    for (uint32_t i = 0; i < o->lay->block_count; i++) {
        const block *b = &o->lay->blocks[i];
        if (b->log < o->k) {
            o->dense[o->dense_count++] =
                (struct dense_range){b->start >> o->k, (o->lay->size - b->start + unit - 1) >> o->k};
            break;
        }
        if (is_cell_item(s, object, b->item))
            o->dense[o->dense_count++] = (struct dense_range){b->start >> o->k, UINT64_C(1) << (b->log - o->k)};
    }
    for (uint32_t i = 0; i < o->dense_count; i++) o->dense_cells += o->dense[i].cells;
    return TACIT_OK;
}

/* Place of an element of a dense region in the concatenated tables. */
static uint64_t dense_place(const object_state *o, uint64_t element) {
    uint64_t at = (uint64_t)o->item_count << o->k, unit = element >> o->k;
    for (uint32_t i = 0; i < o->dense_count; i++) {
        if (unit >= o->dense[i].start && unit < o->dense[i].start + o->dense[i].cells)
            return at + ((unit - o->dense[i].start) << o->k) + (element & ((UINT64_C(1) << o->k) - 1));
        at += o->dense[i].cells << o->k;
    }
    return at;
}

static void dense_values(const object_state *o) {
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
    object_state *o = &s->o[0];
    for (int array = 0; array < CELL_ARRAYS; array++)
        for (int j = 0; j < EXT_DEG; j++) {
            uint32_t item = s->place->array_item[array] + (uint32_t)j;
            for (uint32_t i = o->lay->first[item]; i < o->lay->first[item + 1]; i++) {
                const block *b = &o->lay->blocks[o->lay->order[i]];
                for (uint64_t c = 0; c < UINT64_C(1) << b->log; c++)
                    extv_set(o->low_w, dense_place(o, b->start + c),
                             ext_mul(ext_theta(j), f->cells[array][b->offset[0] + c]));
            }
        }
}

/* ---------------------------------------------------------------- rank-1 terms */
static tacit_status count_items(batch_state *s, const functional *f) {
    for (uint32_t i = 0; i < f->count; i++) {
        object_state *o = &s->o[s->place->object_of[f->terms[i].index]];
        uint32_t item = s->place->item_of[f->terms[i].index];
        o->item_count += o->lay->first[item + 1] - o->lay->first[item];
    }
    for (uint32_t c = 0; c < s->count; c++) {
        s->o[c].items = ARENA_NEW(s->a, rank1, s->o[c].item_count + 1u);
        if (!s->o[c].items) return full(s);
        s->o[c].item_count = 0;
    }
    return TACIT_OK;
}

static void find_items(batch_state *s, const functional *f) {
    for (uint32_t i = 0; i < f->count; i++) {
        const term *t = &f->terms[i];
        object_state *o = &s->o[s->place->object_of[t->index]];
        uint32_t item = s->place->item_of[t->index];
        const shape *shp = o->lay->shapes[item];
        for (uint32_t j = o->lay->first[item]; j < o->lay->first[item + 1]; j++) {
            const block *b = &o->lay->blocks[o->lay->order[j]];
            ext w = ext_mul(t->coef, block_high(shp, b, t->z));
            if (b->log < o->k || ext_is_zero(w)) continue;
            rank1 *r = &o->items[o->item_count++];
            r->b = b;
            r->coef = w;
            block_low(shp, b, t->z, r->low);
        }
    }
}

/* Small blocks: their weights, dense. */
static void small_terms(batch_state *s, const functional *f) {
    ext tab[64], low[64];
    for (uint32_t i = 0; i < f->count; i++) {
        const term *t = &f->terms[i];
        object_state *o = &s->o[s->place->object_of[t->index]];
        uint32_t item = s->place->item_of[t->index];
        const shape *shp = o->lay->shapes[item];
        for (uint32_t j = o->lay->first[item]; j < o->lay->first[item + 1]; j++) {
            const block *b = &o->lay->blocks[o->lay->order[j]];
            if (b->log >= o->k) continue;
            ext w = ext_mul(t->coef, block_high(shp, b, t->z));
            if (ext_is_zero(w)) continue;
            block_low(shp, b, t->z, low);
            for (uint64_t at = 0; at < UINT64_C(1) << b->log; at += 64) { /* blocks here have < 2^k elements */
                uint64_t n = (UINT64_C(1) << b->log) - at < 64 ? (UINT64_C(1) << b->log) - at : 64;
                unsigned vars = b->log < 6 ? b->log : 6;
                eq_table(tab, low, vars);
                ext high = ext_mul(w, eq_index(low + vars, b->log - vars, at >> 6));
                uint64_t place = dense_place(o, b->start + at);
                for (uint64_t c = 0; c < n; c++)
                    extv_set(o->low_w, place + c, ext_add(extv_get(o->low_w, place + c), ext_mul(high, tab[c])));
            }
        }
    }
}

/* eq(z_u, u) of a rank-1 term over its block's rows of 2^k. */
static tacit_status row_weights(batch_state *s, const object_state *o, const rank1 *r, extv *eq, size_t *rows) {
    *rows = (size_t)1 << (r->b->log - o->k);
    *eq = extv_new(s->a, *rows);
    if (!extv_ok(*eq)) return full(s);
    par_eq_table(*eq, r->low + o->k, r->b->log - o->k, EXT_ONE);
    return TACIT_OK;
}

/* g(l) and coef eq(z_l, l) of every rank-1 term. */
static tacit_status item_tables(batch_state *s, object_state *o) {
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

static tacit_status start_high(batch_state *s, object_state *o);

static tacit_status begin(void *ctx, const functional *f) {
    batch_state *s = ctx;
    s->f = f;
    TRY(count_items(s, f));
    find_items(s, f);
    for (uint32_t c = 0; c < s->count; c++) {
        object_state *o = &s->o[c];
        TRY(find_dense(s, c));
        o->low_size = (size_t)(o->item_count + o->dense_cells) << o->k;
        TRY(new_zero(s, &o->low_w, o->low_size));
        TRY(new_zero(s, &o->low_x, o->low_size));
        TRY(new_zero(s, &o->low_w2, o->low_size / 2 + 1));
        TRY(new_zero(s, &o->low_x2, o->low_size / 2 + 1));
        dense_values(o);
        TRY(item_tables(s, o));
    }
    small_terms(s, f);
    dense_cells(s, f);
    for (uint32_t c = 0; RULE_OFF(PHI) && c < s->count; c++) /* the forger counts late joiners too often */
        for (size_t i = 0; i < s->o[c].low_size; i++)
            extv_set(
                s->o[c].low_w, i,
                ext_scale(extv_get(s->o[c].low_w, i), UINT64_C(1) << (geometry_rounds(s->g) - s->o[c].a - s->o[c].k)));
    for (uint32_t c = 0; c < s->count; c++)
        if (s->o[c].k == 0) TRY(start_high(s, &s->o[c]));
    return TACIT_OK;
}

/* ---------------------------------------------------------------- after the lanes */
/* y(u) over the whole object: integers, F ranges, tail. */
static tacit_status folded_values(batch_state *s, object_state *o) {
    size_t unit = (size_t)1 << o->k, columns = (size_t)1 << o->a;
    extv e = extv_new(s->a, unit);
    if (!extv_ok(e)) return full(s);
    TRY(new_zero(s, &o->y, columns));
    par_eq_table(e, o->rho, o->k, EXT_ONE);
    for (uint32_t p = 0; p < o->data->part_count; p++) {
        const object_part *x = &o->data->parts[p];
        par_row_dots(extv_at(o->y, x->start >> o->k), e, x->values, x->count >> o->k, unit);
    }
    for (uint32_t r = 0; r < o->data->range_count; r++) {
        const object_range *g = &o->data->ranges[r];
        for (uint64_t i = 0; i < g->count; i++) {
            uint64_t at = g->start + i;
            ext v = ext_scale(extv_get(e, at & (unit - 1)), g->values[i]);
            extv_set(o->y, at >> o->k, ext_add(extv_get(o->y, at >> o->k), v));
        }
    }
    uint32_t tail = s->g->object[o - s->o].tail;
    for (size_t i = 0; i < tail; i++)
        extv_set(o->y, columns - tail + i, vec->dot_gl(e, o->data->tail + i * unit, unit));
    return TACIT_OK;
}

/* The weights folded at rho_l. */
static tacit_status folded_weights(batch_state *s, object_state *o, extv w) {
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

static tacit_status start_high(batch_state *s, object_state *o) {
    size_t columns = (size_t)1 << o->a;
    o->high = (product_tables){.coef = EXT_ONE, .factors = 2, .vars = o->a};
    TRY(folded_values(s, o));
    TRY(new_zero(s, &o->high.now[0], columns));
    TRY(folded_weights(s, o, o->high.now[0]));
    TRY(new_zero(s, &o->high.now[1], columns));
    for (int j = 0; j < EXT_DEG; j++) memcpy(o->high.now[1].c[j], o->y.c[j], columns * sizeof(gl));
    return product_ready(&o->high, s->a, s->err);
}

static void round_values(void *ctx, ext *values) {
    batch_state *s = ctx;
    if (s->err->status != TACIT_OK) return;
    for (uint32_t c = 0; c < s->count; c++) {
        object_state *o = &s->o[c];
        if (o->bound >= o->k) {
            product_set one = {.degree = 2, .count = 1, .products = &o->high};
            products_round(&one, values);
            continue;
        }
        ext v[2];
        par_round_prod2(v, o->low_w, o->low_x, o->low_size / 2);
        for (int i = 0; i < 2; i++) values[i] = ext_add(values[i], v[i]);
    }
}

static void bind(void *ctx, ext r) {
    batch_state *s = ctx;
    if (s->err->status != TACIT_OK) return;
    for (uint32_t c = 0; c < s->count; c++) {
        object_state *o = &s->o[c];
        if (o->bound >= o->k) {
            product_set one = {.degree = 2, .count = 1, .products = &o->high};
            products_bind(&one, r);
            continue;
        }
        o->rho[o->bound++] = r;
        o->low_size /= 2;
        par_fold(o->low_w2, o->low_w, r, o->low_size);
        par_fold(o->low_x2, o->low_x, r, o->low_size);
        extv_swap(&o->low_w, &o->low_w2);
        extv_swap(&o->low_x, &o->low_x2);
        if (o->bound == o->k && start_high(s, o) != TACIT_OK) return; /* sticks in err */
    }
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
    for (uint32_t c = 0; c < s->count; c++) {
        s->o[c].data = data[c];
        s->o[c].lay = c ? place->certificates[c - 1] : &place->x;
        s->o[c].k = g->object[c].k;
        s->o[c].a = g->object[c].a;
    }
    *oracle = (batch_oracle){s, begin, {s, round_values, bind}};
    return TACIT_OK;
}

extv batch_folded(const batch_oracle *o, uint32_t object) {
    return ((const batch_state *)o->ctx)->o[object].y;
}
