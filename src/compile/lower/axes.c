#include "compile/lower/axes.h"
#include "compile/onnx/attribute.h"

tacit_status axes_read(const graph *g, const gnode *n, const char *name, uint32_t input, int64_t out[MAX_RANK],
                       uint32_t *count, bool *given, tacit_error *err) {
    return list_read(g, n, name, input, out, MAX_RANK, count, given, err);
}

tacit_status list_read(const graph *g, const gnode *n, const char *name, uint32_t input, int64_t *out,
                       uint32_t capacity, uint32_t *count, bool *given, tacit_error *err) {
    *count = 0;
    *given = attribute_has(n, name) || node_has_input(n, input);
    if (!node_has_input(n, input)) return attribute_ints(n, name, out, capacity, count, err);
    const gtensor *t = node_in(g, n, input);
    if (!t->constant || t->type != ELEM_WHOLE) return unsupported(n, "axes or shape must be constant integers", err);
    uint64_t size = shape_count(&t->shape);
    if (t->shape.rank > 1 || size > capacity) return misshapen(n, "axes or shape have too many entries", err);
    for (uint32_t i = 0; i < size; i++) out[i] = t->whole[i];
    *count = (uint32_t)size;
    return TACIT_OK;
}

tacit_status axis_normal(const gnode *n, int64_t axis, uint32_t rank, uint32_t *out, tacit_error *err) {
    if (axis < 0) axis += rank;
    if (axis < 0 || axis >= rank) return misshapen(n, "an axis out of range", err);
    *out = (uint32_t)axis;
    return TACIT_OK;
}

const uint64_t *frame_bits(const frame *f, uint32_t t) {
    return f->g->tensors[t].type == ELEM_REAL ? (const uint64_t *)(const void *)frame_real(f, t)
                                              : (const uint64_t *)(const void *)frame_whole(f, t);
}

uint64_t *frame_bits_out(frame *f, uint32_t t) {
    return f->g->tensors[t].type == ELEM_REAL ? (uint64_t *)(void *)f->real[t] : (uint64_t *)(void *)f->whole[t];
}
