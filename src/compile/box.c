#include "compile/box.h"

enum { MOST_PLACES = 1 << 22 }; /* of axes that a reshape merges or splits */

static tacit_status no_memory(tacit_error *err) {
    return fail(err, TACIT_RESOURCES, "the model needs more memory than is set aside");
}

box box_whole(const shape *s) {
    return (box){.shape = *s};
}

bool box_is_whole(const box *b) {
    for (uint32_t k = 0; k < b->shape.rank; k++) {
        if (b->at[k]) return false;
    }
    return true;
}

static bool axis_equal(const box *a, const box *b, uint32_t k) {
    if (a->shape.dim[k] != b->shape.dim[k] || !a->at[k] != !b->at[k]) return false;
    return !a->at[k] || memcmp(a->at[k], b->at[k], a->shape.dim[k] * sizeof *a->at[k]) == 0;
}

bool box_equal(const box *a, const box *b) {
    for (uint32_t k = 0; k < a->shape.rank; k++) {
        if (!axis_equal(a, b, k)) return false;
    }
    return true;
}

/* The places whose flag is set. */
static tacit_status take_flags(arena *a, box *b, uint32_t k, uint32_t length, const uint8_t *set, tacit_error *err) {
    uint32_t count = 0, *at = ARENA_NEW(a, uint32_t, length + 1);
    if (!at) return no_memory(err);
    for (uint32_t i = 0; i < length; i++) {
        if (set[i]) at[count++] = i;
    }
    b->shape.dim[k] = count;
    b->at[k] = count == length ? NULL : at;
    return TACIT_OK;
}

tacit_status box_take(arena *a, box *b, uint32_t k, uint32_t length, const uint32_t *list, uint32_t count,
                      tacit_error *err) {
    uint8_t *set = ARENA_ZNEW(a, uint8_t, length + 1);
    if (!set) return no_memory(err);
    for (uint32_t i = 0; i < count; i++) set[list[i]] = 1;
    return take_flags(a, b, k, length, set, err);
}

tacit_status box_join(arena *a, box *b, const box *other, const shape *s, tacit_error *err) {
    for (uint32_t k = 0; k < s->rank; k++) {
        if (axis_equal(b, other, k)) continue;
        uint8_t *set = ARENA_ZNEW(a, uint8_t, s->dim[k] + 1);
        if (!set) return no_memory(err);
        for (uint32_t i = 0; i < b->shape.dim[k]; i++) set[box_place(b, k, i)] = 1;
        for (uint32_t i = 0; i < other->shape.dim[k]; i++) set[box_place(other, k, i)] = 1;
        TRY(take_flags(a, b, k, s->dim[k], set, err));
    }
    return TACIT_OK;
}

/* ---- reshape */
/* Neighbouring axes of both shapes that hold the same elements: the shortest such runs. */
typedef struct run {
    const shape *from, *to;
    uint32_t from_axis, from_end, to_axis, to_end;
    uint64_t size;
} run;

static void next_run(run *r) {
    uint64_t p = 1, q = 1;
    r->from_axis = r->from_end, r->to_axis = r->to_end;
    if (r->from_end < r->from->rank) p = r->from->dim[r->from_end++];
    if (r->to_end < r->to->rank) q = r->to->dim[r->to_end++];
    while (p != q) {
        if (p < q)
            p *= r->from->dim[r->from_end++];
        else
            q *= r->to->dim[r->to_end++];
    }
    r->size = p;
}

static bool run_is_whole(const run *r, const box *b) {
    bool whole = true;
    for (uint32_t k = r->to_axis; k < r->to_end; k++) whole = whole && !b->at[k];
    return whole;
}

/* The places of b along the run's axes, counted over all of them; *count in all. */
static uint32_t *flat_places(arena *a, const run *r, const box *b, uint64_t *count) {
    *count = 1;
    for (uint32_t k = r->to_axis; k < r->to_end; k++) *count *= b->shape.dim[k];
    uint32_t *flat = ARENA_NEW(a, uint32_t, *count + 1);
    for (uint64_t i = 0; flat && i < *count; i++) {
        uint64_t rest = i, step = 1, at = 0;
        for (uint32_t k = r->to_end; k-- > r->to_axis; step *= r->to->dim[k]) {
            at += box_place(b, k, (uint32_t)(rest % b->shape.dim[k])) * step;
            rest /= b->shape.dim[k];
        }
        flat[i] = (uint32_t)at;
    }
    return flat;
}

/* The least box of the run's axes of `from` with these places; false if it has more. */
static tacit_status split_places(arena *a, const run *r, const uint32_t *flat, uint64_t count, box *out, bool *exact,
                                 tacit_error *err) {
    uint64_t step = r->size, all = 1;
    for (uint32_t k = r->from_axis; k < r->from_end; k++) {
        const uint32_t length = r->from->dim[k];
        uint8_t *set = ARENA_ZNEW(a, uint8_t, length + 1);
        if (!set) return no_memory(err);
        step /= length;
        for (uint64_t i = 0; i < count; i++) set[flat[i] / step % length] = 1;
        TRY(take_flags(a, out, k, length, set, err));
        all *= out->shape.dim[k];
    }
    *exact = all == count;
    return TACIT_OK;
}

tacit_status box_reshape(arena *a, const shape *from, const shape *to, box *b, box *out, tacit_error *err) {
    run r = {.from = from, .to = to};
    *out = box_whole(from);
    while (r.from_end < from->rank || r.to_end < to->rank) {
        uint64_t count = 0;
        bool exact = false;
        next_run(&r);
        if (run_is_whole(&r, b)) continue;
        uint32_t *flat = r.size <= MOST_PLACES ? flat_places(a, &r, b, &count) : NULL;
        if (r.size <= MOST_PLACES && !flat) return no_memory(err);
        if (flat) TRY(split_places(a, &r, flat, count, out, &exact, err));
        for (uint32_t k = r.from_axis; !exact && k < r.from_end; k++)
            out->at[k] = NULL, out->shape.dim[k] = from->dim[k];
        for (uint32_t k = r.to_axis; !exact && k < r.to_end; k++) b->at[k] = NULL, b->shape.dim[k] = to->dim[k];
    }
    return TACIT_OK;
}
