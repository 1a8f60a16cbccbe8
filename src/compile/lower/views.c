#include "compile/lower/views.h"

void draft_start(view_draft *d, uint32_t rank) {
    *d = (view_draft){.shape = {.rank = rank}};
}

static view_group *add_group(view_draft *d) {
    return &d->groups[d->count++];
}

void draft_same(view_draft *d, uint32_t out, uint32_t src, uint32_t n) {
    d->shape.dim[out] = n;
    *add_group(d) =
        (view_group){.out_count = 1, .src_count = 1, .out_axis = {(uint8_t)out}, .src_axis = {(uint8_t)src}, .size = n};
}

static int32_t *new_map(lowering *l, view_draft *d, view_group *g) {
    int32_t *map = ARENA_ZNEW(l->a, int32_t, g->size);
    if (!map) d->full = true;
    g->map = map;
    return map;
}

void draft_repeat(lowering *l, view_draft *d, uint32_t out, uint32_t n) {
    d->shape.dim[out] = n;
    view_group *g = add_group(d);
    *g = (view_group){.out_count = 1, .out_axis = {(uint8_t)out}, .size = n};
    (void)new_map(l, d, g);
}

void draft_fix(lowering *l, view_draft *d, uint32_t src, int32_t at) {
    view_group *g = add_group(d);
    *g = (view_group){.src_count = 1, .src_axis = {(uint8_t)src}, .size = 1};
    int32_t *map = new_map(l, d, g);
    if (map) map[0] = at;
}

int32_t *draft_map(lowering *l, view_draft *d, uint32_t out, uint32_t count, uint32_t src, uint32_t src_count) {
    view_group *g = add_group(d);
    *g = (view_group){.out_count = count, .src_count = src_count, .size = 1};
    for (uint32_t i = 0; i < count && i < MAX_RANK; i++) {
        g->out_axis[i] = (uint8_t)(out + i);
        g->size *= d->shape.dim[out + i];
    }
    for (uint32_t i = 0; i < src_count && i < MAX_RANK; i++) g->src_axis[i] = (uint8_t)(src + i);
    return new_map(l, d, g);
}

tacit_status draft_make(lowering *l, const view_draft *d, uint32_t source, uint32_t *out, tacit_error *err) {
    const tensor *s = builder_tensor(l->b, source);
    if (d->full || !s) return fail(err, TACIT_RESOURCES, "no memory for a view");
    *out = builder_view(l->b, lower_name(l, s->name, ".view"), source, &d->shape, d->groups, d->count);
    return TACIT_OK;
}

static void identity_map(int32_t *map, uint32_t n) {
    for (uint32_t i = 0; map && i < n; i++) map[i] = (int32_t)i;
}

/* Cuts both shapes at the same running products: each piece is one group, and an axis of its own where it can be. */
tacit_status view_reshape(lowering *l, uint32_t id, const shape *to, uint32_t *out, tacit_error *err) {
    const tensor *s = builder_tensor(l->b, id);
    if (!s) return fail(err, TACIT_INTERNAL, "reshape of no tensor");
    const shape from = s->shape;
    *out = id;
    if (shape_equal(&from, to)) return TACIT_OK;
    view_draft d;
    draft_start(&d, to->rank);
    d.shape = *to;
    uint32_t i = 0, j = 0;
    while (i < to->rank || j < from.rank) {
        uint32_t i0 = i, j0 = j;
        uint64_t p = i < to->rank ? to->dim[i++] : 1, q = j < from.rank ? from.dim[j++] : 1;
        while (p != q && (p < q ? i < to->rank : j < from.rank)) {
            if (p < q)
                p *= to->dim[i++];
            else
                q *= from.dim[j++];
        }
        if (p != q) return fail(err, TACIT_INTERNAL, "reshape of \"%s\" changes its size", s->name);
        if (i == i0 + 1 && j == j0 + 1)
            draft_same(&d, i0, j0, to->dim[i0]);
        else
            identity_map(draft_map(l, &d, i0, i - i0, j0, j - j0), (uint32_t)p);
    }
    return draft_make(l, &d, id, out, err);
}

tacit_status view_broadcast(lowering *l, uint32_t id, const void *context, uint32_t *out, tacit_error *err) {
    const tensor *s = builder_tensor(l->b, id);
    const shape *to = context;
    if (!s) return fail(err, TACIT_INTERNAL, "broadcast of no tensor");
    const shape from = s->shape;
    *out = id;
    if (shape_equal(&from, to)) return TACIT_OK;
    view_draft d;
    draft_start(&d, to->rank);
    for (uint32_t k = 0; k < to->rank; k++) {
        uint32_t src = k + from.rank - to->rank;
        if (k + from.rank >= to->rank && from.dim[src] == to->dim[k])
            draft_same(&d, k, src, to->dim[k]);
        else
            draft_repeat(l, &d, k, to->dim[k]);
        if (k + from.rank >= to->rank && from.dim[src] != to->dim[k]) draft_fix(l, &d, src, 0);
    }
    return draft_make(l, &d, id, out, err);
}

tacit_status view_drop(lowering *l, uint32_t id, const shape *as, uint32_t *out, uint8_t *label, tacit_error *err) {
    const tensor *s = builder_tensor(l->b, id);
    if (!s) return fail(err, TACIT_INTERNAL, "view of no tensor");
    const shape from = s->shape;
    view_draft d;
    draft_start(&d, 0);
    for (uint32_t k = 0; k < from.rank; k++) {
        uint32_t axis = k + as->rank - from.rank;
        if (from.dim[k] != as->dim[axis]) {
            draft_fix(l, &d, k, 0);
            continue;
        }
        label[d.shape.rank] = (uint8_t)axis;
        draft_same(&d, d.shape.rank, k, from.dim[k]);
        d.shape.rank++;
    }
    *out = id;
    return shape_equal(&d.shape, &from) ? TACIT_OK : draft_make(l, &d, id, out, err);
}
