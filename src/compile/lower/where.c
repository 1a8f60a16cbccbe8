#include "compile/lower/where.h"
#include "compile/lower/lower.h"
#include "compile/lower/views.h"
#include "compile/quantise.h"

tacit_status where_infer(graph *g, gnode *n, tacit_error *err) {
    const gtensor *c = node_in(g, n, 0), *a = node_in(g, n, 1), *b = node_in(g, n, 2);
    shape s;
    if (!c->boolean) return misshapen(n, "its condition is not boolean", err);
    if (a->type != b->type) return misshapen(n, "operands of different types", err);
    if (!shape_broadcast(&s, &a->shape, &b->shape) || !shape_broadcast(&s, &s, &c->shape))
        return misshapen(n, "the operands do not fit", err);
    set_output(g, n, a->type, &s);
    node_out(g, n, 0)->boolean = a->boolean && b->boolean;
    return TACIT_OK;
}

tacit_status where_eval(frame *f, const gnode *n, tacit_error *err) {
    (void)err;
    const gtensor *y = node_out(f->g, n, 0);
    uint64_t step[3][MAX_RANK];
    for (uint32_t i = 0; i < 3; i++) broadcast_strides(&node_in(f->g, n, i)->shape, &y->shape, step[i]);
    for (uint64_t i = 0; i < shape_count(&y->shape); i++) {
        uint64_t at[3] = {0}, rest = i;
        for (uint32_t k = y->shape.rank; k-- > 0; rest /= y->shape.dim[k]) {
            for (uint32_t j = 0; j < 3; j++) at[j] += rest % y->shape.dim[k] * step[j][k];
        }
        uint32_t from = frame_whole(f, n->in[0])[at[0]] != 0 ? 1 : 2;
        if (y->type == ELEM_REAL)
            f->real[n->out[0]][i] = frame_real(f, n->in[from])[at[from]];
        else
            f->whole[n->out[0]][i] = frame_whole(f, n->in[from])[at[from]];
    }
    return TACIT_OK;
}

tacit_status where_operands(lowering *l, const gnode *n, uint32_t first, value v[2], tacit_error *err) {
    bool fixed[2];
    int32_t finest = MAX_SCALE;
    for (uint32_t i = 0; i < 2; i++) {
        fixed[i] = node_in(l->g, n, first + i)->constant;
        if (fixed[i]) continue;
        TRY(lower_operand(l, n->in[first + i], &v[i], err));
        finest = v[i].scale;
    }
    for (uint32_t i = 0; i < 2; i++) {
        if (fixed[i]) TRY(lower_param(l, n->in[first + i], 1, 16, finest, &v[i], err));
    }
    return TACIT_OK;
}

/* c a + (1 - c) b, where a - b is too wide to be a factor. */
static tacit_status choose_apart(lowering *l, const gnode *n, const value *c, const value v[2], sum *out,
                                 tacit_error *err) {
    const shape *s = &node_out(l->g, n, 0)->shape;
    const uint8_t axes[MAX_RANK] = {0, 1, 2, 3, 4, 5, 6, 7};
    value bit[2] = {*c, {.hi = 1}};
    int32_t scale = v[0].scale > v[1].scale ? v[0].scale : v[1].scale;
    TRY(view_broadcast(l, c->id, s, &bit[0].id, err));
    const linear_term minus = {-1, bit[0].id};
    bit[1].id = builder_linear(l->b, lower_name(l, n->name, ".else"), s, &minus, 1, 1);
    sum_start(out, s, scale);
    for (uint32_t i = 0; i < 2; i++) {
        if (scale - v[i].scale > 40) return unsupported(n, "the scales of its operands are too far apart", err);
        TRY(sum_product(l, out, &bit[i], axes, &v[i], axes, (int64_t)1 << (scale - v[i].scale), 1, err));
    }
    return TACIT_OK;
}

tacit_status where_choose(lowering *l, const gnode *n, const value *c, const value v[2], tacit_error *err) {
    const shape *s = &node_out(l->g, n, 0)->shape;
    uint8_t axes[MAX_RANK] = {0, 1, 2, 3, 4, 5, 6, 7}, c_label[MAX_RANK] = {0};
    sum a, b, out;
    value bit = *c, diff;
    sum_start(&a, s, v[0].scale);
    sum_start(&b, s, v[1].scale);
    TRY(sum_term(&a, v[0].id, 1, v[0].lo, v[0].hi, err));
    TRY(sum_term(&b, v[1].id, 1, v[1].lo, v[1].hi, err));
    out = b;
    TRY(sum_join(&a, &b, -1, err)); /* aligns a */
    TRY(sum_raise(&out, a.scale - out.scale, err));
    const __int128 shift = (__int128)1 << (a.scale - v[0].scale), most = (__int128)1 << 30;
    if (a.lo < -most || a.hi > most) {
        TRY(choose_apart(l, n, c, v, &out, err));
    } else {
        diff = (value){.scale = a.scale, .lo = (int64_t)a.lo, .hi = (int64_t)a.hi};
        diff.id = builder_linear(l->b, lower_name(l, n->name, ".diff"), s, a.terms, a.term_count, 0);
        TRY(view_drop(l, bit.id, s, &bit.id, c_label, err));
        TRY(sum_product(l, &out, &bit, c_label, &diff, axes, 1, 1, err));
    }
    const __int128 lo = v[0].lo * shift, hi = v[0].hi * shift, scale_b = (__int128)1 << (a.scale - v[1].scale);
    out.lo = lo < v[1].lo * scale_b ? lo : v[1].lo * scale_b;
    out.hi = hi > v[1].hi * scale_b ? hi : v[1].hi * scale_b;
    return lower_set_sum(l, n->out[0], &out, err);
}

/* ---- a constant condition: each operand under a view that is 0 where the other is chosen; no lookups */
/* Axes that the condition varies along: first .. first + count - 1. */
static void varying_axes(const shape *c, const shape *s, uint32_t *first, uint32_t *count) {
    uint32_t end = 0;
    *first = s->rank;
    for (uint32_t k = s->rank - c->rank; k < s->rank; k++) {
        if (c->dim[k + c->rank - s->rank] == 1) continue;
        if (*first == s->rank) *first = k;
        end = k + 1;
    }
    if (*first == s->rank) *first = end = 0;
    *count = end - *first;
}

static tacit_status masked(lowering *l, const gnode *n, bool chosen, uint32_t *id, tacit_error *err) {
    const gtensor *c = node_in(l->g, n, 0);
    const shape *s = &node_out(l->g, n, 0)->shape;
    uint32_t first, count;
    uint64_t size = 1, step[MAX_RANK];
    view_draft d;
    varying_axes(&c->shape, s, &first, &count);
    broadcast_strides(&c->shape, s, step);
    draft_start(&d, s->rank);
    d.shape = *s;
    for (uint32_t k = first; k < first + count; k++) size *= s->dim[k];
    if (size > MAX_GROUP) return unsupported(n, "a constant condition of more than 2^22 elements", err);
    int32_t *map = draft_map(l, &d, first, count, first, count);
    for (uint64_t i = 0; map && i < size; i++) {
        uint64_t at = 0, rest = i;
        for (uint32_t k = first + count; k-- > first; rest /= s->dim[k]) at += rest % s->dim[k] * step[k];
        map[i] = (c->whole[at] != 0) == chosen ? (int32_t)i : -1;
    }
    for (uint32_t k = 0; k < s->rank; k++) {
        if (k < first || k >= first + count) draft_same(&d, k, k, s->dim[k]);
    }
    return draft_make(l, &d, *id, id, err);
}

static tacit_status choose_constant(lowering *l, const gnode *n, value v[2], tacit_error *err) {
    sum out, other;
    for (uint32_t i = 0; i < 2; i++) {
        TRY(masked(l, n, i == 0, &v[i].id, err));
        value_with_zero(&v[i]);
        sum_start(i == 0 ? &out : &other, &node_out(l->g, n, 0)->shape, v[i].scale);
        TRY(sum_term(i == 0 ? &out : &other, v[i].id, 1, v[i].lo, v[i].hi, err));
    }
    TRY(sum_raise(&other, out.scale - other.scale, err));
    TRY(sum_raise(&out, other.scale - out.scale, err));
    const __int128 lo = out.lo < other.lo ? out.lo : other.lo, hi = out.hi > other.hi ? out.hi : other.hi;
    TRY(sum_join(&out, &other, 1, err));
    out.lo = lo, out.hi = hi; /* of each element one term is 0 */
    return lower_set_sum(l, n->out[0], &out, err);
}

tacit_status where_lower(lowering *l, const gnode *n, tacit_error *err) {
    const shape *s = &node_out(l->g, n, 0)->shape;
    const bool constant = node_in(l->g, n, 0)->constant;
    value c, v[2];
    if (!constant) TRY(lower_operand(l, n->in[0], &c, err));
    TRY(where_operands(l, n, 1, v, err));
    for (uint32_t i = 0; i < 2; i++) TRY(view_broadcast(l, v[i].id, s, &v[i].id, err));
    if (constant) return choose_constant(l, n, v, err);
    return where_choose(l, n, &c, v, err);
}
