#include "proof/fold.h"
#include <string.h>
#include "base/threads.h"
#include "field/vec_narrow.h"
#include "poly/eq.h"
#include "sumcheck/parallel.h"

/* A slot is an identity axis or a view group: integers are indexed by the source side (`in` entries, flat offset
 * off[i]), the result by the kept side (`out` entries, place[i] in the result). An entry says: source index `from`
 * contributes with weight w to kept index `to`. A slot without folded axes and with the identity map has no entries. */
typedef struct entry {
    uint32_t from, to;
    ext w;
} entry;
typedef struct slot {
    uint32_t in, out, entry_count;
    bool identity; /* kept as it is */
    uint64_t *off, *place;
    entry *entries;
} slot;

typedef struct folding {
    const trace *t;
    arena *a;
    tacit_error *err;
    uint32_t count;
    slot slots[MAX_RANK + 1];
    narrow values;
} folding;

static tacit_status full(folding *f) {
    return fail(f->err, TACIT_RESOURCES, "prover: arena too small for a fold");
}

/* ---------------------------------------------------------------- slots */
static void strides_of(const shape *s, uint64_t *stride) {
    uint64_t n = 1;
    for (uint32_t k = s->rank; k-- > 0; n *= s->dim[k]) stride[k] = n;
}

/* Flat offsets of the indices over some axes, row-major. */
static uint64_t *offsets(arena *a, const shape *s, const uint64_t *stride, const uint8_t *axes, uint32_t n,
                         uint32_t *count) {
    uint64_t total = 1;
    for (uint32_t k = 0; k < n; k++) total *= s->dim[axes[k]];
    uint64_t *off = ARENA_NEW(a, uint64_t, total);
    *count = (uint32_t)total;
    for (uint64_t i = 0; off && i < total; i++) {
        uint64_t rest = i, at = 0;
        for (uint32_t k = n; k-- > 0; rest /= s->dim[axes[k]]) at += rest % s->dim[axes[k]] * stride[axes[k]];
        off[i] = at;
    }
    return off;
}

/* Weight tables of the folded axes of a group, joined: index over the out axes -> (weight, kept index). */
static tacit_status group_entries(folding *f, slot *s, const shape *out_shape, const view_group *g,
                                  const axis_role *roles) {
    ext *eq[MAX_RANK] = {NULL};
    bool any_fold = false;
    uint64_t kept_total = 1, size = 1;
    for (uint32_t k = 0; k < g->out_count; k++) {
        uint32_t axis = g->out_axis[k], n = out_shape->dim[axis];
        size *= n;
        if (!roles[axis].z || n == 1) { /* folding one element is nothing */
            kept_total *= n;
            continue;
        }
        any_fold = true;
        eq[k] = ARENA_NEW(f->a, ext, (size_t)1 << log2_ceil(n));
        if (!eq[k]) return full(f);
        eq_table(eq[k], roles[axis].z, log2_ceil(n));
    }
    s->identity = !any_fold && !g->map;
    s->out = (uint32_t)kept_total;
    s->place = ARENA_ZNEW(f->a, uint64_t, kept_total);
    s->entries = s->identity ? NULL : ARENA_NEW(f->a, entry, size);
    if (!s->place || (!s->identity && !s->entries)) return full(f);
    for (uint64_t i = 0; i < size; i++) {
        uint64_t rest = i, kept = 0, place = 0, unit = 1;
        ext w = EXT_ONE;
        for (uint32_t k = g->out_count; k-- > 0;) {
            uint32_t axis = g->out_axis[k], n = out_shape->dim[axis], at = (uint32_t)(rest % n);
            rest /= n;
            if (eq[k]) {
                w = ext_mul(w, eq[k][at]);
                continue;
            }
            kept += at * unit;
            unit *= n;
            place += at * roles[axis].stride;
        }
        s->place[kept] = place;
        if (!s->identity && (!g->map || g->map[i] >= 0))
            s->entries[s->entry_count++] = (entry){g->map ? (uint32_t)g->map[i] : (uint32_t)i, (uint32_t)kept, w};
    }
    return TACIT_OK;
}

static tacit_status add_slot(folding *f, const shape *out_shape, const shape *src, const uint64_t *stride,
                             const view_group *g, const axis_role *roles) {
    slot *s = &f->slots[f->count++];
    memset(s, 0, sizeof *s);
    s->off = offsets(f->a, src, stride, g->src_axis, g->src_count, &s->in);
    if (!s->off) return full(f);
    return group_entries(f, s, out_shape, g, roles);
}

/* Slots of an atom: its view groups, or one identity group per axis. */
static tacit_status make_slots(folding *f, const tensor *x, const axis_role *roles) {
    const tensor *src = x->kind == TENSOR_VIEW ? &f->t->p->tensors[x->source] : x;
    uint64_t stride[MAX_RANK];
    strides_of(&src->shape, stride);
    if (x->kind == TENSOR_VIEW) {
        for (uint32_t g = 0; g < x->group_count; g++)
            TRY(add_slot(f, &x->shape, &src->shape, stride, &x->groups[g], roles));
        return TACIT_OK;
    }
    for (uint32_t k = 0; k < x->shape.rank; k++) {
        view_group g = {.out_count = 1, .src_count = 1, .size = x->shape.dim[k]};
        g.out_axis[0] = g.src_axis[0] = (uint8_t)k;
        TRY(add_slot(f, &x->shape, &src->shape, stride, &g, roles));
    }
    return TACIT_OK;
}

/* ---------------------------------------------------------------- the passes */
/* Slots in source order (largest stride first), so that the kept identity slots at the end are a contiguous row. */
static void order_slots(folding *f) {
    for (uint32_t i = 1; i < f->count; i++) {
        for (uint32_t j = i; j > 0; j--) {
            slot *a = &f->slots[j - 1], *b = &f->slots[j];
            uint64_t sa = a->in > 1 ? a->off[1] : 0, sb = b->in > 1 ? b->off[1] : 0;
            if (sa >= sb) break;
            slot t = *a;
            *a = *b;
            *b = t;
        }
    }
}

/* The slots from `first` on are one run of the source. */
static bool contiguous_from(const folding *f, uint32_t first) {
    uint64_t unit = 1;
    for (uint32_t s = f->count; s-- > first; unit *= f->slots[s].in)
        for (uint32_t i = 0; i < f->slots[s].in; i++)
            if (f->slots[s].off[i] != i * unit) return false;
    return true;
}

/* Row of integers for the trailing identity slots from `first` on at a base offset, gathered when not contiguous. */
static narrow row_at(const folding *f, uint32_t first, bool contiguous, uint64_t base, uint64_t n, int32_t *buffer) {
    if (contiguous) return narrow_at(f->values, base);
    for (uint64_t i = 0; i < n; i++) {
        uint64_t rest = i, at = base;
        for (uint32_t s = f->count; s-- > first; rest /= f->slots[s].in) at += f->slots[s].off[rest % f->slots[s].in];
        buffer[i] = narrow_get(f->values, at);
    }
    return narrow_i32(buffer);
}

typedef struct first_pass {
    const folding *f;
    uint32_t at;     /* the slot that is contracted */
    uint64_t row;    /* elements of the trailing slots */
    bool contiguous; /* they are one run */
    extv out;        /* [outer][kept of slot][row] */
    extv dense;      /* row == 1: weights by (kept, source); NULL planes: few are not 0, entry by entry */
    int32_t *buffers;
    uint64_t own; /* elements of a worker's buffer */
} first_pass;

static uint64_t outer_base(const folding *f, uint32_t at, uint64_t outer) {
    uint64_t base = 0;
    for (uint32_t s = at; s-- > 0; outer /= f->slots[s].in) base += f->slots[s].off[outer % f->slots[s].in];
    return base;
}

/* row == 1: integers times a matrix of weights. */
static void dense_piece(const first_pass *p, narrow x, extv out, int32_t *buffer) {
    const slot *s = &p->f->slots[p->at];
    if (s->in > 1 && s->off[s->in - 1] != s->in - 1) {
        for (uint32_t i = 0; i < s->in; i++) buffer[i] = narrow_get(x, s->off[i]);
        x = narrow_i32(buffer);
    }
    for (uint32_t k = 0; k < s->out; k++)
        extv_set(out, k, vec_dot_narrow(extv_at(p->dense, (size_t)k * s->in), x, s->in));
}

/* row == 1: one integer an entry. */
static void sparse_piece(const first_pass *p, narrow x, extv out) {
    const slot *s = &p->f->slots[p->at];
    for (uint32_t i = 0; i < s->entry_count; i++) {
        const entry *e = &s->entries[i];
        ext v = ext_scale(e->w, gl_from_i64(narrow_get(x, s->off[e->from])));
        extv_set(out, e->to, ext_add(extv_get(out, e->to), v));
    }
}

/* A row of integers an entry. */
static void rows_piece(const first_pass *p, uint64_t base, extv out, int32_t *buffer) {
    const slot *s = &p->f->slots[p->at];
    for (uint32_t i = 0; i < s->entry_count; i++) {
        const entry *e = &s->entries[i];
        narrow x = row_at(p->f, p->at + 1, p->contiguous, base + s->off[e->from], p->row, buffer);
        vec_axpy_narrow(extv_at(out, e->to * p->row), x, e->w, p->row);
    }
}

/* Integers to E for one outer index. */
static void first_piece(const first_pass *p, uint64_t outer, int32_t *buffer) {
    uint64_t base = outer_base(p->f, p->at, outer);
    extv out = extv_at(p->out, outer * p->f->slots[p->at].out * p->row);
    if (p->row > 1)
        rows_piece(p, base, out, buffer);
    else if (p->dense.c[0])
        dense_piece(p, narrow_at(p->f->values, base), out, buffer);
    else
        sparse_piece(p, narrow_at(p->f->values, base), out);
}

static void first_pieces(void *ctx, size_t first, size_t count, unsigned worker) {
    const first_pass *p = ctx;
    for (uint64_t o = first; o < first + count; o++) first_piece(p, o, p->buffers + p->own * worker);
}

static tacit_status dense_weights(folding *f, const slot *s, extv *dense) {
    *dense = extv_zero(f->a, (size_t)s->in * s->out);
    if (!extv_ok(*dense)) return full(f);
    for (uint32_t i = 0; i < s->entry_count; i++) {
        size_t at = (size_t)s->entries[i].to * s->in + s->entries[i].from;
        extv_set(*dense, at, ext_add(extv_get(*dense, at), s->entries[i].w));
    }
    return TACIT_OK;
}

/* A weight in a matrix costs a third of one by itself; most of a map's matrix is zero. */
enum { DENSE = 3, SHORT = 4 };

static uint64_t product_in(const folding *f, uint32_t from, uint32_t to) {
    uint64_t n = 1;
    for (uint32_t s = from; s < to; s++) n *= f->slots[s].in;
    return n;
}

/* A fold of one leading axis over contiguous rows: the weights' columns sums, threads over the rows. */
static bool plain_matrix(const first_pass *p) {
    const slot *s = &p->f->slots[p->at];
    if (p->at != 0 || !p->contiguous || s->out != 1 || s->entry_count != s->in) return false;
    for (uint32_t i = 0; i < s->in; i++)
        if (s->off[i] != i * p->row || s->entries[i].from != i) return false;
    return true;
}

static tacit_status integers_to_ext(folding *f, uint32_t at, extv *out) {
    slot *s = &f->slots[at];
    first_pass p = {.f = f, .at = at, .row = product_in(f, at + 1, f->count), .contiguous = contiguous_from(f, at + 1)};
    uint64_t outer = product_in(f, 0, at), size = outer * s->out * p.row;
    *out = extv_zero(f->a, size);
    if (!extv_ok(*out)) return full(f);
    p.out = *out;
    if (plain_matrix(&p)) {
        extv w = extv_new(f->a, s->in);
        if (!extv_ok(w)) return full(f);
        for (uint32_t i = 0; i < s->in; i++) extv_set(w, i, s->entries[i].w);
        par_column_sums(*out, w, f->values, s->in, p.row);
        return TACIT_OK;
    }
    if (p.row == 1 && s->in > SHORT && (uint64_t)s->in * s->out <= DENSE * (uint64_t)s->entry_count)
        TRY(dense_weights(f, s, &p.dense));
    p.own = p.row > s->in ? p.row : s->in;
    p.buffers = ARENA_NEW(f->a, int32_t, p.own * threads_max());
    if (!p.buffers) return full(f);
    threads_range(outer, 1, size > 4 * PAR_CHUNK ? 8 : outer, first_pieces, &p);
    return TACIT_OK;
}

/* Contract slot `at` of an E array [outer in][slot in][row]. */
static tacit_status contract(folding *f, uint32_t at, uint64_t row, extv in, extv *out) {
    const slot *s = &f->slots[at];
    uint64_t outer = product_in(f, 0, at), size = outer * s->out * row;
    *out = extv_zero(f->a, size);
    if (!extv_ok(*out)) return full(f);
    for (uint64_t o = 0; o < outer; o++)
        for (uint32_t i = 0; i < s->entry_count; i++) {
            const entry *e = &s->entries[i];
            vec->axpy(extv_at(*out, (o * s->out + e->to) * row), extv_at(in, (o * s->in + e->from) * row), e->w, row);
        }
    return TACIT_OK;
}

/* Nothing to contract: lift. */
static tacit_status lift(folding *f, extv *out) {
    uint64_t n = product_in(f, 0, f->count);
    *out = extv_new(f->a, n);
    int32_t *buffer = ARENA_NEW(f->a, int32_t, n);
    if (!extv_ok(*out) || !buffer) return full(f);
    vec_from_narrow(out->c[0], row_at(f, 0, contiguous_from(f, 0), 0, n, buffer), n);
    for (int j = 1; j < EXT_DEG; j++) memset(out->c[j], 0, n * sizeof(gl));
    return TACIT_OK;
}

/* out[place] += coef * v, v in slot order over the kept indices. */
static void scatter(const folding *f, extv out, extv v, ext coef) {
    uint64_t n = 1;
    for (uint32_t s = 0; s < f->count; s++) n *= f->slots[s].out;
    for (uint64_t i = 0; i < n; i++) {
        uint64_t rest = i, at = 0;
        for (uint32_t s = f->count; s-- > 0; rest /= f->slots[s].out) at += f->slots[s].place[rest % f->slots[s].out];
        extv_set(out, at, ext_add(extv_get(out, at), ext_mul(coef, extv_get(v, i))));
    }
}

static tacit_status fold_slots(folding *f, extv out, ext coef) {
    uint32_t last = f->count;
    extv v, next;
    while (last > 0 && f->slots[last - 1].identity) last--;
    if (last == 0) {
        TRY(lift(f, &v));
        scatter(f, out, v, coef);
        return TACIT_OK;
    }
    TRY(integers_to_ext(f, last - 1, &v));
    uint64_t row = product_in(f, last, f->count) * f->slots[last - 1].out;
    for (uint32_t at = last - 1; at-- > 0;) {
        if (!f->slots[at].identity) {
            TRY(contract(f, at, row, v, &next));
            v = next;
        }
        row *= f->slots[at].out;
    }
    scatter(f, out, v, coef);
    return TACIT_OK;
}

/* ---------------------------------------------------------------- tensors */
static tacit_status fold_atom(extv out, const trace *t, uint32_t id, const axis_role *roles, ext coef, arena *a,
                              tacit_error *err) {
    const tensor *x = &t->p->tensors[id];
    folding f = {.t = t, .a = a, .err = err, .values = trace_atom(t, x->kind == TENSOR_VIEW ? x->source : id)};
    size_t mark = arena_mark(a);
    TRY(make_slots(&f, x, roles));
    order_slots(&f);
    TRY(fold_slots(&f, out, coef));
    arena_release(a, mark);
    return TACIT_OK;
}

/* The constant 1 on the shape's true elements: product over folded axes of sum eq, ones on the kept places. */
static void fold_ones(extv out, const shape *s, const axis_role *roles, ext coef) {
    uint64_t kept = 1;
    for (uint32_t k = 0; k < s->rank; k++) {
        if (roles[k].z)
            coef = ext_mul(coef, eq_prefix(roles[k].z, log2_ceil(s->dim[k]), s->dim[k]));
        else
            kept *= s->dim[k];
    }
    for (uint64_t i = 0; i < kept; i++) {
        uint64_t rest = i, at = 0;
        for (uint32_t k = s->rank; k-- > 0;) {
            if (roles[k].z) continue;
            at += rest % s->dim[k] * roles[k].stride;
            rest /= s->dim[k];
        }
        extv_set(out, at, ext_add(extv_get(out, at), coef));
    }
}

tacit_status tensor_fold(extv out, const trace *t, uint32_t id, const axis_role *roles, ext coef, arena *scratch,
                         tacit_error *err) {
    const tensor *x = &t->p->tensors[id];
    if (x->kind == TENSOR_CONSTANT && !x->values) {
        fold_ones(out, &x->shape, roles, ext_mul(coef, ext_from_i64(x->fill)));
        return TACIT_OK;
    }
    if (x->kind != TENSOR_LINEAR) return fold_atom(out, t, id, roles, coef, scratch, err);
    for (uint32_t i = 0; i < x->term_count; i++) {
        ext c = ext_mul(coef, ext_from_i64(x->terms[i].coef));
        TRY(tensor_fold(out, t, x->terms[i].tensor, roles, c, scratch, err));
    }
    if (x->constant) fold_ones(out, &x->shape, roles, ext_mul(coef, ext_from_i64(x->constant)));
    return TACIT_OK;
}
