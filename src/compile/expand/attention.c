#include "compile/expand/attention.h"
#include "compile/expand/moves.h"
#include "compile/expand/norms.h"
#include "compile/onnx/attribute.h"
#include <math.h>

static uint32_t reshaped(expansion *x, uint32_t t, uint32_t rank, const int64_t *dim) {
    return EX(x, "Reshape", t, ex_list(x, rank, dim));
}

static uint32_t permuted(expansion *x, uint32_t t, const int64_t perm[4]) {
    ex_ints(x, "perm", 4, perm);
    return EX(x, "Transpose", t);
}

static const int64_t SWAP_HEADS[4] = {0, 2, 1, 3}, SWAP_LAST[4] = {0, 1, 3, 2};

/* [batch, tokens, heads * size] as [batch, heads, tokens, size]. */
static uint32_t split_heads(expansion *x, uint32_t t, int64_t heads) {
    const shape s = *ex_shape(x, t);
    if (s.rank != 3) return t;
    const int64_t dim[4] = {s.dim[0], s.dim[1], heads, s.dim[2] / heads};
    return permuted(x, reshaped(x, t, 4, dim), SWAP_HEADS);
}

static uint32_t join_heads(expansion *x, uint32_t t) {
    const shape s = *ex_shape(x, t);
    const int64_t dim[3] = {s.dim[0], s.dim[2], (int64_t)s.dim[1] * s.dim[3]};
    return reshaped(x, permuted(x, t, SWAP_HEADS), 3, dim);
}

/* ---- Attention */
/* What the operator's fourth output is. */
typedef enum told_scores { TELL_SCALED, TELL_CAPPED, TELL_BIASED, TELL_WEIGHTS } told_scores;

typedef struct attention {
    int64_t q_heads, kv_heads, causal, told;
    double scale, softcap;
    uint32_t q, k, v;
} attention;

static tacit_status heads_fit(const expansion *x, const gnode *n, uint32_t t, int64_t heads, tacit_error *err) {
    const shape *s = ex_shape(x, t);
    if (s->rank == 4) return TACIT_OK;
    if (s->rank != 3) return misshapen(n, "needs operands of three or four axes", err);
    if (heads < 1 || s->dim[2] % heads != 0) return misshapen(n, "its number of heads does not divide the size", err);
    return TACIT_OK;
}

static tacit_status attention_read(const expansion *x, const gnode *n, attention *p, tacit_error *err) {
    TRY(attribute_int(n, "q_num_heads", 0, &p->q_heads, err));
    TRY(attribute_int(n, "kv_num_heads", 0, &p->kv_heads, err));
    TRY(attribute_int(n, "is_causal", 0, &p->causal, err));
    TRY(attribute_real(n, "softcap", 0, &p->softcap, err));
    TRY(heads_fit(x, n, n->in[0], p->q_heads, err));
    TRY(heads_fit(x, n, n->in[1], p->kv_heads, err));
    TRY(heads_fit(x, n, n->in[2], p->kv_heads, err));
    TRY(attribute_int(n, "qk_matmul_output_mode", TELL_SCALED, &p->told, err));
    if (p->told < TELL_SCALED || p->told > TELL_WEIGHTS) return unsupported(n, "this qk_matmul_output_mode", err);
    if (node_has_input(n, 4) != node_has_input(n, 5)) return misshapen(n, "a past key without value", err);
    if (!node_has_input(n, 6)) return TACIT_OK;
    const gtensor *lengths = ex_tensor(x, n->in[6]);
    if (node_has_input(n, 4)) return misshapen(n, "nonpad_kv_seqlen with a past", err);
    if (lengths->type != ELEM_WHOLE || shape_count(&lengths->shape) != ex_shape(x, n->in[0])->dim[0])
        return misshapen(n, "nonpad_kv_seqlen needs one integer for each of the batch", err);
    return TACIT_OK;
}

static uint32_t after_past(expansion *x, uint32_t past, uint32_t t) {
    if (past == NO_INDEX) return t;
    ex_int(x, "axis", 2);
    return EX(x, "Concat", past, t);
}

/* Grouped queries: each key head serves several query heads. */
static uint32_t repeated(expansion *x, uint32_t t, uint32_t heads) {
    const shape s = *ex_shape(x, t);
    if (s.dim[1] == heads || s.dim[1] == 0 || heads % s.dim[1] != 0) return t;
    const int64_t one[5] = {s.dim[0], s.dim[1], 1, s.dim[2], s.dim[3]}, all[4] = {s.dim[0], heads, s.dim[2], s.dim[3]};
    const int64_t more[5] = {s.dim[0], s.dim[1], heads / s.dim[1], s.dim[2], s.dim[3]};
    return reshaped(x, EX(x, "Expand", reshaped(x, t, 5, one), ex_list(x, 5, more)), 4, all);
}

/* ---- masks: 1 where an element is left out */
static uint32_t as_real(expansion *x, uint32_t t) {
    ex_int(x, "to", 1);
    return EX(x, "Cast", t);
}

/* Query i does not see keys behind i + past. */
static uint32_t causal_mask(expansion *x, const shape *scores, uint32_t past) {
    const shape s = {.rank = 2, .dim = {scores->dim[2], scores->dim[3]}};
    double *v = ex_new_reals(x, shape_count(&s));
    for (uint64_t i = 0; v && i < shape_count(&s); i++) v[i] = i % s.dim[1] > i / s.dim[1] + past;
    return v ? ex_reals(x, &s, v) : NO_INDEX;
}

/* Keys from `lengths` of the batch on are padding; causal: the last query is at the last key that is none. */
static uint32_t length_mask(expansion *x, const shape *scores, uint32_t lengths, bool causal) {
    const uint32_t rows = causal ? scores->dim[2] : 1, columns = scores->dim[3];
    const shape s = {.rank = 4, .dim = {1, 1, rows, columns}};
    const int64_t each[4] = {scores->dim[0], 1, 1, 1};
    int64_t *place = ex_new_wholes(x, shape_count(&s));
    for (uint64_t i = 0; place && i < shape_count(&s); i++)
        place[i] = (int64_t)(i % columns) + (int64_t)rows - 1 - (int64_t)(i / columns);
    if (!place) return NO_INDEX;
    return as_real(x, EX(x, "GreaterOrEqual", ex_wholes(x, &s, place), reshaped(x, lengths, 4, each)));
}

/* A boolean mask is 1 where the element stays. */
static uint32_t as_dropped(expansion *x, uint32_t mask) {
    return EX(x, "Sub", ex_open(x, ex_real(x, 1)), as_real(x, mask));
}

/* `count` columns of `value` behind t's. */
static uint32_t longer(expansion *x, uint32_t t, uint32_t count, double value) {
    int64_t pads[2 * MAX_RANK] = {0};
    const uint32_t rank = ex_shape(x, t)->rank;
    if (count == 0) return t;
    pads[2 * rank - 1] = count;
    return EX(x, "Pad", t, ex_list(x, 2 * rank, pads), ex_real(x, value));
}

/* The given mask: what it leaves out, or (`bias`) what is added to the scores. It may be shorter than the rows. */
static uint32_t given_mask(expansion *x, uint32_t given, uint32_t columns, uint32_t *bias) {
    const shape s = *ex_shape(x, given);
    const bool real = ex_tensor(x, given)->type == ELEM_REAL;
    const uint32_t missing = s.rank > 0 && s.dim[s.rank - 1] < columns ? columns - s.dim[s.rank - 1] : 0;
    uint32_t dropped = real ? far_mask(x, given) : as_dropped(x, given);
    if (dropped != NO_INDEX) return longer(x, dropped, missing, 1);
    *bias = longer(x, given, missing, 0);
    if (missing == 0) return NO_INDEX;
    double *v = ex_new_reals(x, columns);
    for (uint32_t i = columns - missing; v && i < columns; i++) v[i] = 1;
    return v ? ex_reals(x, &(shape){.rank = 1, .dim = {columns}}, v) : NO_INDEX;
}

/* ---- the operator */
static uint32_t times(expansion *x, uint32_t t, double factor) {
    return factor == 1 ? t : EX(x, "Mul", t, ex_open(x, ex_real(x, factor)));
}

static void tell(expansion *x, const attention *p, told_scores what, uint32_t t) {
    if (p->told == what) ex_result(x, 3, t);
}

/* Softmax of scale * scores with the masks. */
static uint32_t weigh(expansion *x, const gnode *n, const attention *p, uint32_t scores) {
    const shape s = *ex_shape(x, scores);
    const uint32_t past = node_has_input(n, 4) ? ex_shape(x, n->in[4])->dim[2] : 0;
    uint32_t bias = NO_INDEX, mask = NO_INDEX;
    double factor = p->scale;
    tell(x, p, TELL_SCALED, times(x, scores, factor));
    if (p->softcap > 0) {
        scores = EX(x, "Tanh", times(x, scores, factor / p->softcap));
        factor = p->softcap;
    }
    tell(x, p, TELL_CAPPED, times(x, scores, factor));
    if (node_has_input(n, 6)) mask = length_mask(x, &s, n->in[6], p->causal != 0);
    if (p->causal && mask == NO_INDEX) mask = causal_mask(x, &s, past);
    if (node_has_input(n, 3)) mask = both_masks(x, mask, given_mask(x, n->in[3], s.dim[3], &bias));
    if (bias != NO_INDEX) {
        scores = EX(x, "Add", times(x, scores, factor), bias);
        factor = 1;
    }
    if (mask == NO_INDEX) tell(x, p, TELL_BIASED, times(x, scores, factor));
    uint32_t weights = softmax_of(x, scores, 3, factor, mask);
    tell(x, p, TELL_WEIGHTS, weights);
    return weights;
}

tacit_status attention_expand(expansion *x, const gnode *n, tacit_error *err) {
    attention p;
    TRY(attention_read(x, n, &p, err));
    bool flat = ex_shape(x, n->in[0])->rank == 3;
    p.q = split_heads(x, n->in[0], p.q_heads);
    p.k = after_past(x, ex_in(x, 4), split_heads(x, n->in[1], p.kv_heads));
    p.v = after_past(x, ex_in(x, 5), split_heads(x, n->in[2], p.kv_heads));
    if (x->status != TACIT_OK) return x->status;
    const shape q = *ex_shape(x, p.q);
    TRY(attribute_real(n, "scale", 1 / sqrt((double)q.dim[3]), &p.scale, err));
    if (!(p.scale > 0)) return unsupported(n, "a scale that is not positive", err);
    ex_result(x, 1, p.k);
    ex_result(x, 2, p.v);
    uint32_t k = repeated(x, p.k, q.dim[1]), v = repeated(x, p.v, q.dim[1]);
    uint32_t scores = EX(x, "MatMul", p.q, permuted(x, k, SWAP_LAST));
    if (x->status != TACIT_OK) return x->status;
    uint32_t y = EX(x, "MatMul", weigh(x, n, &p, scores), v);
    if (ex_wanted(x, 3) && !ex_tensor(x, n->out[3])->known)
        return unsupported(n, "qk_matmul_output_mode 2 with a mask (minus infinity where it leaves out)", err);
    ex_result(x, 0, flat ? join_heads(x, y) : y);
    return x->status;
}

/* ---- RotaryEmbedding */
/* The angles of each token: [batch or 1, 1, tokens, half]. */
static uint32_t angles(expansion *x, uint32_t cache, uint32_t places) {
    uint32_t t = places == NO_INDEX ? cache : EX(x, "Gather", cache, places);
    return EX(x, "Unsqueeze", t, ex_list(x, 1, (const int64_t[1]){1}));
}

static uint32_t interleaved(expansion *x, uint32_t a, uint32_t b) {
    const shape s = *ex_shape(x, a);
    const int64_t last[1] = {4}, dim[4] = {s.dim[0], s.dim[1], s.dim[2], 2 * (int64_t)s.dim[3]};
    uint32_t c = EX(x, "Unsqueeze", a, ex_list(x, 1, last)), d = EX(x, "Unsqueeze", b, ex_list(x, 1, last));
    ex_int(x, "axis", 4);
    return reshaped(x, EX(x, "Concat", c, d), 4, dim);
}

static uint32_t behind(expansion *x, uint32_t a, uint32_t b) {
    ex_int(x, "axis", 3);
    return EX(x, "Concat", a, b);
}

tacit_status rotary_expand(expansion *x, const gnode *n, tacit_error *err) {
    int64_t mixed, heads, turned;
    TRY(attribute_int(n, "interleaved", 0, &mixed, err));
    TRY(attribute_int(n, "num_heads", 0, &heads, err));
    TRY(heads_fit(x, n, n->in[0], heads, err));
    bool flat = ex_shape(x, n->in[0])->rank == 3;
    uint32_t t = split_heads(x, n->in[0], heads);
    const shape s = *ex_shape(x, t);
    TRY(attribute_int(n, "rotary_embedding_dim", 0, &turned, err));
    if (turned == 0) turned = s.dim[3];
    if (turned < 2 || turned > s.dim[3] || turned % 2 != 0) return misshapen(n, "rotary_embedding_dim", err);
    uint32_t half = (uint32_t)turned / 2;
    uint32_t c = angles(x, n->in[1], ex_in(x, 3)), d = angles(x, n->in[2], ex_in(x, 3));
    uint32_t a = ex_range(x, t, 3, 0, mixed ? 2 : 1, half),
             b = ex_range(x, t, 3, mixed ? 1 : half, mixed ? 2 : 1, half);
    uint32_t u = EX(x, "Sub", EX(x, "Mul", a, c), EX(x, "Mul", b, d));
    uint32_t v = EX(x, "Add", EX(x, "Mul", a, d), EX(x, "Mul", b, c));
    uint32_t y = mixed ? interleaved(x, u, v) : behind(x, u, v);
    if (turned < s.dim[3]) y = behind(x, y, ex_range(x, t, 3, turned, 1, s.dim[3] - (uint32_t)turned));
    ex_result(x, 0, flat ? join_heads(x, y) : y);
    return x->status;
}

/* ---- Swish: x sigmoid(alpha x); it becomes one table (compile/fuse). */
tacit_status swish_expand(expansion *x, const gnode *n, tacit_error *err) {
    double alpha;
    TRY(attribute_real(n, "alpha", 1, &alpha, err));
    uint32_t scaled = alpha == 1 ? n->in[0] : EX(x, "Mul", n->in[0], ex_open(x, ex_real(x, alpha)));
    ex_result(x, 0, EX(x, "Mul", n->in[0], EX(x, "Sigmoid", scaled)));
    return x->status;
}
