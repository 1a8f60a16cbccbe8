#include "compile/expand/moves.h"
#include "compile/lower/axes.h"
#include "compile/onnx/attribute.h"
#include <string.h>

uint32_t ex_pick(expansion *x, uint32_t t, uint32_t axis, uint32_t span, const shape *s, const int64_t *map) {
    uint32_t places = ex_wholes(x, s, map);
    ex_int(x, "axis", axis);
    ex_int(x, "span", span);
    return EX(x, "Pick", t, places);
}

uint32_t ex_range(expansion *x, uint32_t t, uint32_t axis, int64_t first, int64_t step, uint32_t count) {
    int64_t *map = ex_new_wholes(x, count);
    for (uint32_t i = 0; map && i < count; i++) map[i] = first + step * i;
    return map ? ex_pick(x, t, axis, 1, &(shape){.rank = 1, .dim = {count}}, map) : NO_INDEX;
}

uint32_t ex_read(expansion *x, const char *name, uint32_t input, int64_t *out, uint32_t capacity, bool *given) {
    uint32_t count = 0;
    *given = false;
    if (x->status == TACIT_OK)
        (void)ex_fail(x, list_read(x->g, &x->n, name, input, out, capacity, &count, given, x->err));
    return count;
}

/* ---- Pad */
typedef enum pad_mode { PAD_CONSTANT, PAD_REFLECT, PAD_EDGE, PAD_WRAP } pad_mode;

static tacit_status pad_mode_of(const gnode *n, pad_mode *out, tacit_error *err) {
    static const char *const NAMES[] = {"constant", "reflect", "edge", "wrap"};
    char text[16];
    TRY(attribute_text(n, "mode", "constant", text, sizeof text, err));
    for (int k = 0; k < 4; k++) {
        *out = (pad_mode)k;
        if (strcmp(NAMES[k], text) == 0) return TACIT_OK;
    }
    return unsupported(n, "this mode", err);
}

/* Where index i (perhaps outside) of an axis of n elements comes from; -1: the constant. */
static int64_t pad_place(pad_mode mode, int64_t i, int64_t n) {
    int64_t period = mode == PAD_REFLECT ? 2 * (n - 1) : n;
    if (i >= 0 && i < n) return i;
    if (mode == PAD_CONSTANT) return -1;
    if (mode == PAD_EDGE || period == 0) return i < 0 ? 0 : n - 1;
    i = (i % period + period) % period;
    return i < n ? i : period - i;
}

/* Negative pads cut first; what is left is padded. */
static uint32_t pad_axis(expansion *x, uint32_t t, uint32_t axis, pad_mode mode, int64_t begin, int64_t end) {
    const int64_t size = ex_shape(x, t)->dim[axis], cut = begin < 0 ? -begin : 0,
                  left = size - cut + (end < 0 ? end : 0);
    const int64_t before = begin > 0 ? begin : 0, count = before + left + (end > 0 ? end : 0);
    if (begin == 0 && end == 0) return t;
    if (left < 0 || count <= 0 || count > INT32_MAX || (left == 0 && mode != PAD_CONSTANT))
        return (void)ex_fail(x, misshapen(&x->n, "pads cut away more than there is", x->err)), NO_INDEX;
    int64_t *map = ex_new_wholes(x, (uint64_t)count);
    for (int64_t i = 0; map && i < count; i++) {
        int64_t at = pad_place(mode, i - before, left);
        map[i] = at < 0 ? -1 : at + cut;
    }
    return map ? ex_pick(x, t, axis, 1, &(shape){.rank = 1, .dim = {(uint32_t)count}}, map) : NO_INDEX;
}

/* The constant: input 2, or the attribute before opset 11; NO_INDEX for 0. */
static tacit_status pad_value(expansion *x, uint32_t *out, tacit_error *err) {
    const gnode *n = &x->n;
    double v = 0;
    *out = NO_INDEX;
    TRY(attribute_real(n, "value", 0, &v, err));
    if (node_has_input(n, 2)) {
        const gtensor *t = node_in(x->g, n, 2);
        if (!t->constant || shape_count(&t->shape) != 1 || t->type != node_in(x->g, n, 0)->type)
            return unsupported(n, "the value must be one constant of the data's type", err);
        if (t->type == ELEM_WHOLE && t->whole[0] != 0) *out = ex_open(x, ex_whole(x, t->whole[0]));
        v = t->type == ELEM_REAL ? t->real[0] : 0;
    }
    if (v != 0) *out = ex_open(x, ex_real(x, v));
    return TACIT_OK;
}

tacit_status pad_expand(expansion *x, const gnode *n, tacit_error *err) {
    int64_t pads[2 * MAX_RANK], axes[MAX_RANK];
    bool given, some;
    uint32_t t = n->in[0], value, rank = ex_shape(x, t)->rank;
    pad_mode mode;
    TRY(pad_mode_of(n, &mode, err));
    TRY(pad_value(x, &value, err));
    uint32_t count = ex_read(x, "pads", 1, pads, 2 * MAX_RANK, &given);
    uint32_t axis_count = ex_read(x, "", 3, axes, MAX_RANK, &some);
    if (x->status != TACIT_OK) return x->status;
    if (!some) axis_count = rank;
    if (count != 2 * axis_count) return misshapen(n, "pads have the wrong length", err);
    if (value != NO_INDEX && mode == PAD_CONSTANT) {
        if (ex_tensor(x, t)->boolean) return unsupported(n, "padding booleans with true", err);
        t = EX(x, "Sub", t, value);
    }
    for (uint32_t k = 0; k < axis_count; k++) {
        uint32_t axis = k;
        if (some) TRY(axis_normal(n, axes[k], rank, &axis, err));
        t = pad_axis(x, t, axis, mode, pads[k], pads[axis_count + k]);
    }
    if (value != NO_INDEX && mode == PAD_CONSTANT) t = EX(x, "Add", t, value);
    ex_result(x, 0, t);
    return x->status;
}

/* ---- Split */
tacit_status split_expand(expansion *x, const gnode *n, tacit_error *err) {
    int64_t size[UINT8_MAX], axis, parts;
    bool given;
    uint32_t k, at = 0;
    TRY(attribute_int(n, "axis", 0, &axis, err));
    TRY(attribute_int(n, "num_outputs", n->out_count, &parts, err));
    TRY(axis_normal(n, axis, ex_shape(x, n->in[0])->rank, &k, err));
    const uint32_t length = ex_shape(x, n->in[0])->dim[k];
    uint32_t count = ex_read(x, "split", 1, size, UINT8_MAX, &given);
    if (x->status != TACIT_OK) return x->status;
    if (parts != n->out_count) return misshapen(n, "num_outputs disagrees with the outputs", err);
    bool even = attribute_has(n, "num_outputs") || length % parts == 0;
    if (!given && !even) return misshapen(n, "the axis cannot be split evenly", err);
    for (int64_t i = 0; !given && i < parts; i++) size[i] = (length + parts - 1) / parts;
    if (!given) size[parts - 1] = length - (parts - 1) * size[0];
    if (given && count != n->out_count) return misshapen(n, "split and outputs differ in number", err);
    for (uint32_t i = 0; i < n->out_count; i++, at += (uint32_t)size[i - 1]) {
        if (size[i] < 0 || size[i] > length - at) return misshapen(n, "the parts do not fit", err);
        if (ex_wanted(x, i)) ex_result(x, i, ex_range(x, n->in[0], k, at, 1, (uint32_t)size[i]));
    }
    return at == length ? x->status : misshapen(n, "the parts do not fit", err);
}

/* ---- Tile */
tacit_status tile_expand(expansion *x, const gnode *n, tacit_error *err) {
    int64_t repeats[MAX_RANK];
    bool given;
    uint32_t t = n->in[0], count = ex_read(x, "", 1, repeats, MAX_RANK, &given);
    if (x->status == TACIT_OK && count != ex_shape(x, t)->rank)
        return misshapen(n, "repeats have the wrong length", err);
    for (uint32_t k = 0; k < count; k++) {
        uint32_t size = ex_shape(x, t)->dim[k];
        if (repeats[k] < 1 || repeats[k] * size > INT32_MAX) return misshapen(n, "repeats out of range", err);
        if (repeats[k] == 1) continue;
        const shape s = {.rank = 1, .dim = {(uint32_t)repeats[k] * size}};
        int64_t *map = ex_new_wholes(x, s.dim[0]);
        for (uint32_t i = 0; map && i < s.dim[0]; i++) map[i] = i % size;
        if (map) t = ex_pick(x, t, k, 1, &s, map);
    }
    ex_result(x, 0, t);
    return x->status;
}

/* ---- DepthToSpace, SpaceToDepth */
static tacit_status block_of(expansion *x, uint32_t *b, tacit_error *err) {
    int64_t size;
    const shape *s = ex_shape(x, x->n.in[0]);
    TRY(attribute_int(&x->n, "blocksize", 0, &size, err));
    if (s->rank != 4 || size < 1 || size > INT32_MAX) return misshapen(&x->n, "needs four axes and a blocksize", err);
    *b = (uint32_t)size;
    return TACIT_OK;
}

static uint32_t reshape_to(expansion *x, uint32_t t, uint32_t rank, const int64_t *dim) {
    uint32_t to = ex_list(x, rank, dim);
    ex_int(x, "allowzero", 1);
    return EX(x, "Reshape", t, to);
}

tacit_status depth_to_space_expand(expansion *x, const gnode *n, tacit_error *err) {
    uint32_t b = 1;
    char mode[8];
    TRY(block_of(x, &b, err));
    TRY(attribute_text(n, "mode", "DCR", mode, sizeof mode, err));
    bool crd = strcmp(mode, "CRD") == 0;
    if (!crd && strcmp(mode, "DCR") != 0) return unsupported(n, "this mode", err);
    const shape s = *ex_shape(x, n->in[0]);
    if (s.dim[1] % ((uint64_t)b * b) != 0) return misshapen(n, "blocksize does not divide the channels", err);
    const int64_t c = s.dim[1] / b / b, h = s.dim[2], w = s.dim[3];
    uint32_t t = crd ? reshape_to(x, n->in[0], 6, (int64_t[]){s.dim[0], c, b, b, h, w})
                     : reshape_to(x, n->in[0], 6, (int64_t[]){s.dim[0], b, b, c, h, w});
    ex_ints(x, "perm", 6, crd ? (int64_t[]){0, 1, 4, 2, 5, 3} : (int64_t[]){0, 3, 4, 1, 5, 2});
    t = EX(x, "Transpose", t);
    ex_result(x, 0, reshape_to(x, t, 4, (int64_t[]){s.dim[0], c, h * b, w * b}));
    return x->status;
}

tacit_status space_to_depth_expand(expansion *x, const gnode *n, tacit_error *err) {
    uint32_t b = 1;
    TRY(block_of(x, &b, err));
    const shape s = *ex_shape(x, n->in[0]);
    if (s.dim[2] % b != 0 || s.dim[3] % b != 0) return misshapen(n, "blocksize does not divide the image", err);
    const int64_t c = s.dim[1], h = s.dim[2] / b, w = s.dim[3] / b;
    uint32_t t = reshape_to(x, n->in[0], 6, (int64_t[]){s.dim[0], c, h, b, w, b});
    ex_ints(x, "perm", 6, (int64_t[]){0, 3, 5, 1, 2, 4});
    t = EX(x, "Transpose", t);
    ex_result(x, 0, reshape_to(x, t, 4, (int64_t[]){s.dim[0], c * b * b, h, w}));
    return x->status;
}

/* ---- Trilu: keeps j - i >= k (upper) or j - i <= k. */
tacit_status trilu_expand(expansion *x, const gnode *n, tacit_error *err) {
    int64_t upper, k = 0;
    bool given;
    const shape s = *ex_shape(x, n->in[0]);
    TRY(attribute_int(n, "upper", 1, &upper, err));
    (void)ex_read(x, "", 1, &k, 1, &given);
    if (s.rank < 2) return misshapen(n, "needs matrices", err);
    const shape m = {.rank = 2, .dim = {s.dim[s.rank - 2], s.dim[s.rank - 1]}};
    int64_t *map = ex_new_wholes(x, shape_count(&m));
    for (int64_t i = 0; map && i < m.dim[0]; i++) {
        for (int64_t j = 0; j < m.dim[1]; j++) {
            bool kept = upper ? j - i >= k : j - i <= k;
            map[i * m.dim[1] + j] = kept ? i * m.dim[1] + j : -1;
        }
    }
    if (map) ex_result(x, 0, ex_pick(x, n->in[0], s.rank - 2, 2, &m, map));
    return x->status;
}

/* ---- ReverseSequence: the first lengths[b] entries along time run backwards. */
tacit_status reverse_sequence_expand(expansion *x, const gnode *n, tacit_error *err) {
    int64_t batch, time;
    TRY(attribute_int(n, "batch_axis", 1, &batch, err));
    TRY(attribute_int(n, "time_axis", 0, &time, err));
    const shape s = *ex_shape(x, n->in[0]);
    const gtensor lengths = *ex_tensor(x, n->in[1]);
    if (s.rank < 2 || batch < 0 || time < 0 || batch + time != 1) return misshapen(n, "its axes must be 0 and 1", err);
    if (!lengths.constant || lengths.type != ELEM_WHOLE) return unsupported(n, "lengths must be constant", err);
    if (shape_count(&lengths.shape) != s.dim[batch]) return misshapen(n, "one length for each of the batch", err);
    const shape m = {.rank = 2, .dim = {s.dim[0], s.dim[1]}};
    int64_t *map = ex_new_wholes(x, shape_count(&m));
    for (uint32_t i = 0; map && i < shape_count(&m); i++) {
        uint32_t at[2] = {i / m.dim[1], i % m.dim[1]};
        int64_t length = lengths.whole[at[batch]], t = at[time];
        if (length < 0 || length > s.dim[time]) return misshapen(n, "a length out of range", err);
        t = t < length ? length - 1 - t : t;
        map[i] = time == 0 ? t * m.dim[1] + at[1] : (int64_t)at[0] * m.dim[1] + t;
    }
    if (map) ex_result(x, 0, ex_pick(x, n->in[0], 0, 2, &m, map));
    return x->status;
}

/* ---- Compress: the entries whose condition is true, along an axis or of the flat tensor. */
tacit_status compress_expand(expansion *x, const gnode *n, tacit_error *err) {
    const shape s = *ex_shape(x, n->in[0]);
    const gtensor c = *ex_tensor(x, n->in[1]);
    int64_t given;
    uint32_t axis = 0, count = 0;
    bool flat = !attribute_has(n, "axis");
    TRY(attribute_int(n, "axis", 0, &given, err));
    if (!flat) TRY(axis_normal(n, given, s.rank, &axis, err));
    if (!c.constant || c.type != ELEM_WHOLE) return unsupported(n, "the condition must be constant", err);
    uint64_t size = flat ? shape_count(&s) : s.dim[axis], given_count = shape_count(&c.shape);
    int64_t *map = ex_new_wholes(x, size);
    if (given_count > size) return misshapen(n, "the condition is too long", err);
    for (uint64_t i = 0; map && i < given_count; i++) {
        if (c.whole[i] != 0) map[count++] = (int64_t)i;
    }
    if (map) ex_result(x, 0, ex_pick(x, n->in[0], axis, flat ? s.rank : 1, &(shape){.rank = 1, .dim = {count}}, map));
    return x->status;
}

/* ---- CenterCropPad: the axis's middle, or zeros around it. */
tacit_status crop_pad_expand(expansion *x, const gnode *n, tacit_error *err) {
    int64_t want[MAX_RANK], axes[MAX_RANK];
    bool given, some;
    uint32_t t = n->in[0], rank = ex_shape(x, t)->rank, count = ex_read(x, "", 1, want, MAX_RANK, &given);
    uint32_t axis_count = ex_read(x, "axes", 2, axes, MAX_RANK, &some);
    if (x->status == TACIT_OK && count != (some ? axis_count : rank)) return misshapen(n, "shape and axes differ", err);
    for (uint32_t k = 0; k < count; k++) {
        uint32_t axis = k;
        if (some) TRY(axis_normal(n, axes[k], rank, &axis, err));
        int64_t size = ex_shape(x, t)->dim[axis], more = want[k] - size, before;
        if (want[k] < 1 || want[k] > INT32_MAX) return misshapen(n, "a dimension out of range", err);
        before = more > 0 ? more / 2 : -(-more / 2);
        t = pad_axis(x, t, axis, PAD_CONSTANT, before, more - before);
    }
    ex_result(x, 0, t);
    return x->status;
}

/* ---- GatherElements, GatherND with constant indices: one map over the axes that are indexed */
static tacit_status constant_indices(const expansion *x, gtensor *out, tacit_error *err) {
    *out = *ex_tensor(x, x->n.in[1]);
    if (out->type != ELEM_WHOLE) return misshapen(&x->n, "indices must be integers", err);
    return out->constant ? TACIT_OK : unsupported(&x->n, "indices that are not constant", err);
}

static tacit_status index_at(const gnode *n, int64_t index, uint32_t size, int64_t *out, tacit_error *err) {
    *out = index < 0 ? index + size : index;
    return *out >= 0 && *out < size ? TACIT_OK : misshapen(n, "an index out of range", err);
}

/* y[i] = x[i, but indices[i] on the axis]. */
tacit_status gather_elements_constant(expansion *x, const gnode *n, tacit_error *err) {
    const shape s = *ex_shape(x, n->in[0]);
    gtensor index;
    int64_t given;
    uint32_t axis;
    TRY(attribute_int(n, "axis", 0, &given, err));
    TRY(axis_normal(n, given, s.rank, &axis, err));
    TRY(constant_indices(x, &index, err));
    if (index.shape.rank != s.rank) return misshapen(n, "indices and data have different numbers of axes", err);
    for (uint32_t k = 0; k < s.rank; k++) {
        if (k != axis && index.shape.dim[k] > s.dim[k]) return misshapen(n, "the indices do not fit", err);
    }
    uint64_t count = shape_count(&index.shape);
    int64_t *map = ex_new_wholes(x, count);
    for (uint64_t i = 0; map && i < count; i++) {
        uint64_t rest = i, step = 1;
        int64_t at;
        TRY(index_at(n, index.whole[i], s.dim[axis], &at, err));
        for (uint32_t k = s.rank; k-- > 0; rest /= index.shape.dim[k], step *= s.dim[k])
            map[i] += (int64_t)((k == axis ? (uint64_t)at : rest % index.shape.dim[k]) * step);
    }
    if (map) ex_result(x, 0, ex_pick(x, n->in[0], 0, s.rank, &index.shape, map));
    return x->status;
}

/* y[b.., i.., rest..] = x[b.., indices[b.., i..], rest..], b the batch_dims first axes. */
tacit_status gather_nd_constant(expansion *x, const gnode *n, tacit_error *err) {
    const shape s = *ex_shape(x, n->in[0]);
    gtensor index;
    int64_t batch;
    TRY(attribute_int(n, "batch_dims", 0, &batch, err));
    TRY(constant_indices(x, &index, err));
    const uint32_t rank = index.shape.rank;
    if (rank == 0 || batch < 0 || batch >= rank || batch + index.shape.dim[rank - 1] > s.rank)
        return misshapen(n, "the indices do not fit", err);
    const uint32_t depth = index.shape.dim[rank - 1];
    shape out = index.shape;
    uint64_t per_batch = 1;
    out.rank--;
    for (uint32_t k = 0; k < out.rank; k++) {
        if (k < batch && out.dim[k] != s.dim[k]) return misshapen(n, "the batch axes differ", err);
        if (k >= batch) per_batch *= out.dim[k];
    }
    int64_t *map = ex_new_wholes(x, shape_count(&out));
    for (uint64_t i = 0; map && i < shape_count(&out); i++) {
        map[i] = (int64_t)(i / per_batch);
        for (uint32_t k = 0; k < depth; k++) {
            int64_t at;
            TRY(index_at(n, index.whole[i * depth + k], s.dim[batch + k], &at, err));
            map[i] = map[i] * s.dim[batch + k] + at;
        }
    }
    if (map) ex_result(x, 0, ex_pick(x, n->in[0], 0, (uint32_t)batch + depth, &out, map));
    return x->status;
}
