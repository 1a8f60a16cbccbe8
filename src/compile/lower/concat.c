#include "compile/lower/axes.h"
#include "compile/lower/bits.h"
#include "compile/lower/select.h"
#include "compile/lower/views.h"
#include "compile/onnx/attribute.h"
#include <string.h>

static tacit_status read(const graph *g, const gnode *n, uint32_t *axis, shape *out, tacit_error *err) {
    int64_t given;
    if (n->in[0] == NO_INDEX) return misshapen(n, "an input is missing", err);
    *out = node_in(g, n, 0)->shape;
    TRY(attribute_int(n, "axis", 1, &given, err));
    TRY(axis_normal(n, given, out->rank, axis, err));
    for (uint32_t i = 1; i < n->in_count; i++) {
        if (n->in[i] == NO_INDEX) return misshapen(n, "an input is missing", err);
        const shape *s = &node_in(g, n, i)->shape;
        if (node_in(g, n, i)->type != node_in(g, n, 0)->type || s->rank != out->rank)
            return misshapen(n, "inputs of different types or ranks", err);
        for (uint32_t k = 0; k < s->rank; k++) {
            if (k != *axis && s->dim[k] != out->dim[k]) return misshapen(n, "the inputs do not fit", err);
        }
        if (s->dim[*axis] > INT32_MAX - out->dim[*axis]) return misshapen(n, "the output is too large", err);
        out->dim[*axis] += s->dim[*axis];
    }
    return TACIT_OK;
}

tacit_status concat_infer(graph *g, gnode *n, tacit_error *err) {
    uint32_t axis;
    shape s;
    TRY(read(g, n, &axis, &s, err));
    set_output(g, n, node_in(g, n, 0)->type, &s);
    return TACIT_OK;
}

tacit_status concat_eval(frame *f, const gnode *n, tacit_error *err) {
    uint32_t axis;
    shape s;
    TRY(read(f->g, n, &axis, &s, err));
    uint64_t outer = 1, inner = 1;
    for (uint32_t k = 0; k < axis; k++) outer *= s.dim[k];
    for (uint32_t k = axis + 1; k < s.rank; k++) inner *= s.dim[k];
    uint64_t *y = frame_bits_out(f, n->out[0]);
    for (uint64_t o = 0; o < outer; o++) {
        for (uint32_t i = 0; i < n->in_count; i++) {
            uint64_t size = node_in(f->g, n, i)->shape.dim[axis] * inner;
            if (size > 0) memcpy(y, frame_bits(f, n->in[i]) + o * size, size * sizeof *y);
            y += size;
        }
    }
    return TACIT_OK;
}

/* Input i under the output's shape, zero elsewhere. */
static tacit_status padded(lowering *l, uint32_t id, const shape *in, const shape *out, uint32_t axis, uint32_t at,
                           uint32_t *result, tacit_error *err) {
    view_draft d;
    draft_start(&d, out->rank);
    d.shape = *out;
    for (uint32_t k = 0; k < out->rank; k++) {
        if (k != axis) draft_same(&d, k, k, out->dim[k]);
    }
    int32_t *map = draft_map(l, &d, axis, 1, axis, 1);
    for (uint32_t i = 0; map && i < out->dim[axis]; i++)
        map[i] = i >= at && i - at < in->dim[axis] ? (int32_t)(i - at) : -1;
    return draft_make(l, &d, id, result, err);
}

/* A linear tensor counts its terms: under a view each is a term of its own. */
static uint32_t terms_of(const lowering *l, uint32_t id) {
    const tensor *t = builder_tensor(l->b, id);
    return t && t->kind == TENSOR_LINEAR ? t->term_count : 1;
}

/* Too many terms together: an operand of several becomes numbers of its own. */
static tacit_status commit_operand(lowering *l, uint32_t t, value *v, tacit_error *err) {
    const value given = *v;
    const shape *s = &l->g->tensors[t].shape;
    sum same;
    v->id = builder_committed(l->b, lower_name(l, tensor_name(l, t), ".joined"), s);
    sum_start(&same, s, given.scale);
    TRY(sum_term(&same, given.id, 1, given.lo, given.hi, err));
    uint32_t c = lower_relation(l, tensor_name(l, t), &same, 0, &(linear_term){1, v->id}, 1);
    const advice solve = advice_of(ADVICE_SOLVE, c, v->id);
    builder_advice(l->b, &solve);
    return lower_ranged(l, t, v->id, given.scale, given.lo, given.hi, err);
}

static tacit_status operand(lowering *l, uint32_t t, bool crowded, value *out, tacit_error *err) {
    TRY(lower_factor(l, t, 1, 16, out, err));
    return crowded && terms_of(l, out->id) > 1 ? commit_operand(l, t, out, err) : TACIT_OK;
}

static tacit_status all_terms(lowering *l, const gnode *n, uint32_t *count, tacit_error *err) {
    *count = 0;
    for (uint32_t i = 0; i < n->in_count; i++) {
        value v = {.id = NO_TENSOR};
        if (!node_in(l->g, n, i)->constant) TRY(lower_operand(l, n->in[i], &v, err));
        *count += v.id == NO_TENSOR ? 1 : terms_of(l, v.id);
    }
    return TACIT_OK;
}

/* A sum in which every element has one term that is not zero: its interval is the hull, not the sum. */
tacit_status concat_lower(lowering *l, const gnode *n, tacit_error *err) {
    uint32_t axis, at = 0, terms;
    shape s;
    sum out;
    __int128 lo = 0, hi = 0;
    TRY(read(l->g, n, &axis, &s, err));
    TRY(all_terms(l, n, &terms, err));
    sum_start(&out, &s, 0);
    for (uint32_t i = 0; i < n->in_count; i++) {
        value v;
        sum part;
        const shape *in = &node_in(l->g, n, i)->shape;
        if (in->dim[axis] == 0) continue;
        TRY(operand(l, n->in[i], terms > MAX_SUM_TERMS, &v, err));
        TRY(padded(l, v.id, in, &s, axis, at, &v.id, err));
        at += in->dim[axis];
        sum_start(&part, &s, v.scale);
        TRY(sum_term(&part, v.id, 1, v.lo, v.hi, err));
        if (i == 0) out.scale = v.scale;
        int32_t before = out.scale;
        TRY(sum_join(&out, &part, 1, err));
        __int128 grown = (__int128)1 << (out.scale - before), raised = (__int128)1 << (out.scale - v.scale);
        lo = lo * grown < v.lo * raised ? lo * grown : v.lo * raised;
        hi = hi * grown > v.hi * raised ? hi * grown : v.hi * raised;
    }
    out.lo = lo;
    out.hi = hi;
    return lower_set_sum(l, n->out[0], &out, err);
}
