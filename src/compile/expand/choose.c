#include "compile/expand/choose.h"
#include "compile/lower/axes.h"
#include "compile/onnx/attribute.h"
#include "onnx.pb-c.h"
#include <string.h>

enum { SMALLEST = 1, LAST_INDEX = 2 };

/* ---- shared pieces */
uint32_t ex_reshape(expansion *x, uint32_t t, const shape *s) {
    int64_t dim[MAX_RANK];
    if (shape_equal(ex_shape(x, t), s)) return t;
    for (uint32_t k = 0; k < s->rank; k++) dim[k] = s->dim[k];
    return EX(x, "Reshape", t, ex_list(x, s->rank, dim));
}

uint32_t ex_move_axis(expansion *x, uint32_t t, uint32_t from, uint32_t to) {
    int64_t perm[MAX_RANK];
    uint32_t rank = ex_shape(x, t)->rank, at = 0;
    if (from == to || rank == 0) return t;
    for (uint32_t k = 0; k < rank; k++) {
        if (at == from) at++;
        perm[k] = k == to ? from : at++;
    }
    ex_ints(x, "perm", rank, perm);
    return EX(x, "Transpose", t);
}

void ex_top(expansion *x, uint32_t t, uint32_t k, uint32_t mode, uint32_t out[3]) {
    const shape s = *ex_shape(x, t);
    if (s.rank > 0 && s.dim[s.rank - 1] == 1) { /* the one element */
        shape bits = s;
        if (bits.rank < MAX_RANK) bits.dim[bits.rank++] = 1;
        int64_t *zeros = ex_new_wholes(x, shape_count(&s)), *ones = ex_new_wholes(x, shape_count(&s));
        for (uint64_t i = 0; ones && i < shape_count(&s); i++) ones[i] = 1;
        out[0] = t;
        out[1] = ones ? ex_wholes(x, &bits, ones) : NO_INDEX;
        out[2] = zeros ? ex_wholes(x, &s, zeros) : NO_INDEX;
        return;
    }
    ex_int(x, "k", k);
    ex_int(x, "mode", mode);
    ex_nodes(x, "Top", 1, &t, 3, out);
}

uint32_t ex_choice(expansion *x, uint32_t a, uint32_t b, const ex_labels *labels) {
    ex_ints(x, "a", labels->a_count, labels->a);
    ex_ints(x, "b", labels->b_count, labels->b);
    ex_int(x, "rank", labels->rank);
    ex_int(x, "select", labels->select);
    ex_int(x, "boolean", labels->boolean);
    return EX(x, "Choice", a, b);
}

static shape with_depth(const shape *s, uint32_t depth) {
    shape out = *s;
    if (out.rank < MAX_RANK) out.dim[out.rank++] = depth;
    return out;
}

static const gnode *producer(const expansion *x, uint32_t t) {
    uint32_t p = t < x->g->tensor_count ? x->g->tensors[t].producer : NO_INDEX;
    return p < x->g->node_count ? &x->g->nodes[p] : NULL;
}

/* An index that Top made has its rows already; one that was asked for before, too. */
static uint32_t known_bits(const expansion *x, uint32_t index, uint32_t depth) {
    const gnode *n = producer(x, index);
    if (n && strcmp(n->op, "Top") == 0 && n->out_count == 3 && n->out[2] == index) {
        const shape *s = ex_shape(x, n->out[1]);
        return s->dim[s->rank - 1] == depth ? n->out[1] : NO_INDEX;
    }
    for (uint32_t k = 0; k < x->g->node_count; k++) {
        const gnode *m = &x->g->nodes[k];
        if (strcmp(m->op, "OneHotBits") != 0 || m->in[0] != index || attribute_has(m, "loose")) continue;
        const shape *s = ex_shape(x, m->out[0]);
        if (s->dim[s->rank - 1] == depth) return m->out[0];
    }
    return NO_INDEX;
}

uint32_t ex_bits(expansion *x, uint32_t index, uint32_t depth) {
    const shape s = with_depth(ex_shape(x, index), depth);
    uint32_t t = index, found = known_bits(x, index, depth);
    for (const gnode *n = producer(x, t); found == NO_INDEX && node_reshapes(n); n = producer(x, t)) {
        t = n->in[0];
        found = known_bits(x, t, depth);
    }
    if (found != NO_INDEX) return ex_reshape(x, found, &s);
    ex_int(x, "depth", depth);
    return EX(x, "OneHotBits", index);
}

/* ---- by value */
tacit_status argmax_expand(expansion *x, const gnode *n, tacit_error *err) {
    int64_t axis, keep, last;
    uint32_t at, out[3];
    TRY(attribute_int(n, "axis", 0, &axis, err));
    TRY(attribute_int(n, "keepdims", 1, &keep, err));
    TRY(attribute_int(n, "select_last_index", 0, &last, err));
    shape s = *ex_shape(x, ex_in(x, 0));
    TRY(axis_normal(n, axis, s.rank, &at, err));
    uint32_t mode = (strcmp(n->op, "ArgMin") == 0 ? SMALLEST : 0) | (last ? LAST_INDEX : 0);
    ex_top(x, ex_move_axis(x, ex_in(x, 0), at, s.rank - 1), 1, mode, out);
    s.dim[at] = 1;
    for (uint32_t k = at; !keep && k + 1 < s.rank; k++) s.dim[k] = s.dim[k + 1];
    if (!keep) s.rank--;
    ex_result(x, 0, ex_reshape(x, out[2], &s));
    return x->status;
}

static tacit_status read_k(const graph *g, const gnode *n, int64_t *k, tacit_error *err) {
    TRY(attribute_int(n, "k", 0, k, err));
    if (!node_has_input(n, 1)) return TACIT_OK;
    const gtensor *t = node_in(g, n, 1);
    if (!t->constant || t->type != ELEM_WHOLE || shape_count(&t->shape) != 1)
        return unsupported(n, "k must be a constant", err);
    *k = t->whole[0];
    return TACIT_OK;
}

tacit_status topk_expand(expansion *x, const gnode *n, tacit_error *err) {
    int64_t axis, k, largest;
    uint32_t at, out[3];
    const shape s = *ex_shape(x, ex_in(x, 0));
    TRY(attribute_int(n, "axis", -1, &axis, err));
    TRY(attribute_int(n, "largest", 1, &largest, err));
    TRY(axis_normal(n, axis, s.rank, &at, err));
    TRY(read_k(x->g, n, &k, err));
    if (k < 1 || k > s.dim[at]) return unsupported(n, "k is not between 1 and the length of the axis", err);
    ex_top(x, ex_move_axis(x, ex_in(x, 0), at, s.rank - 1), (uint32_t)k, largest ? 0 : SMALLEST, out);
    if (ex_wanted(x, 0)) ex_result(x, 0, ex_move_axis(x, out[0], s.rank - 1, at));
    if (ex_wanted(x, 1)) ex_result(x, 1, ex_move_axis(x, out[2], s.rank - 1, at));
    return x->status;
}

/* Before opset 13 all axes from `axis` on are one. */
tacit_status hardmax_expand(expansion *x, const gnode *n, tacit_error *err) {
    int64_t axis;
    uint32_t at, out[3];
    const shape s = *ex_shape(x, ex_in(x, 0));
    shape flat = s, work;
    TRY(attribute_int(n, "axis", x->g->opset < 13 ? 1 : -1, &axis, err));
    TRY(axis_normal(n, axis, s.rank, &at, err));
    if (x->g->opset < 13) {
        flat = (shape){.rank = at + 1, .dim = {0}};
        for (uint32_t k = 0; k < at; k++) flat.dim[k] = s.dim[k];
        flat.dim[at] = 1;
        for (uint32_t k = at; k < s.rank; k++) flat.dim[at] *= s.dim[k];
    }
    ex_top(x, ex_move_axis(x, ex_reshape(x, ex_in(x, 0), &flat), at, flat.rank - 1), 1, 0, out);
    work = *ex_shape(x, out[1]); /* [.., 1, n] */
    if (work.rank > 1) work.dim[work.rank - 2] = work.dim[work.rank - 1], work.rank--;
    uint32_t bits = ex_reshape(x, out[1], &work);
    ex_int(x, "to", ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT);
    bits = EX(x, "Cast", bits);
    ex_result(x, 0, ex_reshape(x, ex_move_axis(x, bits, flat.rank - 1, at), &s));
    return x->status;
}

/* ---- OneHot: off + (on - off) bit */
static tacit_status read_depth(const graph *g, const gnode *n, int64_t *depth, tacit_error *err) {
    const gtensor *t = node_in(g, n, 1);
    if (!t->constant || shape_count(&t->shape) != 1) return unsupported(n, "depth must be a constant", err);
    *depth = t->type == ELEM_WHOLE ? t->whole[0] : (int64_t)t->real[0];
    if (*depth < 1 || *depth > 1 << 22) return unsupported(n, "this depth", err);
    return TACIT_OK;
}

/* Rows that exist already, or rows that may be all off. */
static uint32_t loose_bits(expansion *x, uint32_t index, uint32_t depth) {
    const gnode *n = producer(x, index);
    if (n && strcmp(n->op, "Top") == 0) return ex_bits(x, index, depth);
    ex_int(x, "depth", depth);
    ex_int(x, "loose", 1);
    return EX(x, "OneHotBits", index);
}

static uint32_t on_and_off(expansion *x, uint32_t bits, const gtensor *v) {
    if (v->type == ELEM_WHOLE) {
        int64_t off = v->whole[0], on = v->whole[1];
        if (off == 0 && on == 1) return bits;
        return EX(x, "Add", EX(x, "Mul", bits, ex_whole(x, on - off)), ex_whole(x, off));
    }
    double off = v->real[0], on = v->real[1];
    ex_int(x, "to", ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT);
    uint32_t t = EX(x, "Cast", bits);
    if (on - off != 1) t = EX(x, "Mul", t, ex_real(x, on - off));
    return off != 0 ? EX(x, "Add", t, ex_real(x, off)) : t;
}

tacit_status onehot_expand(expansion *x, const gnode *n, tacit_error *err) {
    int64_t axis, depth = 0;
    uint32_t at;
    const gtensor values = *ex_tensor(x, ex_in(x, 2));
    TRY(attribute_int(n, "axis", -1, &axis, err));
    TRY(axis_normal(n, axis, ex_shape(x, ex_in(x, 0))->rank + 1, &at, err));
    TRY(read_depth(x->g, n, &depth, err));
    if (!values.constant || shape_count(&values.shape) != 2) return unsupported(n, "values must be two constants", err);
    if (ex_tensor(x, ex_in(x, 0))->type != ELEM_WHOLE) return unsupported(n, "indices must be integers", err);
    uint32_t bits = loose_bits(x, ex_in(x, 0), (uint32_t)depth);
    ex_result(x, 0, on_and_off(x, ex_move_axis(x, bits, ex_shape(x, bits)->rank - 1, at), &values));
    return x->status;
}

tacit_status refused_expand(expansion *x, const gnode *n, tacit_error *err) {
    (void)x;
    static const char *const RANDOM[] = {"Multinomial",   "Bernoulli",        "RandomNormal",
                                         "RandomUniform", "RandomNormalLike", "RandomUniformLike"};
    for (size_t i = 0; i < sizeof RANDOM / sizeof RANDOM[0]; i++) {
        if (strcmp(n->op, RANDOM[i]) == 0)
            return unsupported(n, "its result is random, so nothing follows from it", err);
    }
    if (strncmp(n->op, "Sequence", 8) == 0 || strncmp(n->op, "Split", 5) == 0 || strstr(n->op, "FromSequence"))
        return unsupported(n, "sequences are not supported", err);
    return unsupported(n, "the shape of its result depends on values", err);
}
