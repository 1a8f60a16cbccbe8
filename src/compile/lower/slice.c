#include "compile/lower/axes.h"
#include "compile/lower/select.h"
#include "compile/lower/views.h"
#include "compile/onnx/attribute.h"

/* Index i of the output's axis k is start + i * step of the input's. */
typedef struct slice {
    shape out;
    int64_t start[MAX_RANK], step[MAX_RANK];
} slice;

static int64_t clamp(int64_t v, int64_t lo, int64_t hi) {
    return v < lo ? lo : v > hi ? hi : v;
}

static tacit_status cut(const gnode *n, slice *s, uint32_t k, int64_t start, int64_t end, int64_t step,
                        tacit_error *err) {
    int64_t size = s->out.dim[k];
    if (step == 0 || step < -INT32_MAX || step > INT32_MAX) return misshapen(n, "a step out of range", err);
    start = clamp(start, -size - 1, size) + (start < 0 ? size : 0);
    end = clamp(end, -size - 1, size) + (end < 0 ? size : 0);
    start = step > 0 ? clamp(start, 0, size) : clamp(start, 0, size - 1);
    end = step > 0 ? clamp(end, 0, size) : clamp(end, -1, size - 1);
    int64_t span = step > 0 ? end - start : start - end, by = step > 0 ? step : -step;
    s->out.dim[k] = span > 0 ? (uint32_t)((span + by - 1) / by) : 0;
    s->start[k] = start;
    s->step[k] = step;
    return TACIT_OK;
}

static tacit_status read(const graph *g, const gnode *n, slice *s, tacit_error *err) {
    int64_t starts[MAX_RANK], ends[MAX_RANK], axes[MAX_RANK], steps[MAX_RANK];
    uint32_t count, end_count, axis_count, step_count;
    bool given, has_axes, has_steps;
    *s = (slice){.out = node_in(g, n, 0)->shape};
    for (uint32_t k = 0; k < MAX_RANK; k++) s->step[k] = 1;
    TRY(axes_read(g, n, "starts", 1, starts, &count, &given, err));
    TRY(axes_read(g, n, "ends", 2, ends, &end_count, &given, err));
    TRY(axes_read(g, n, "axes", 3, axes, &axis_count, &has_axes, err));
    TRY(axes_read(g, n, "steps", 4, steps, &step_count, &has_steps, err));
    if (end_count != count || (has_axes && axis_count != count) || (has_steps && step_count != count))
        return misshapen(n, "starts, ends, axes and steps differ in length", err);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t k;
        TRY(axis_normal(n, has_axes ? axes[i] : (int64_t)i, s->out.rank, &k, err));
        TRY(cut(n, s, k, starts[i], ends[i], has_steps ? steps[i] : 1, err));
    }
    return TACIT_OK;
}

tacit_status slice_places(const graph *g, const gnode *n, int64_t start[MAX_RANK], int64_t step[MAX_RANK],
                          tacit_error *err) {
    slice s;
    TRY(read(g, n, &s, err));
    memcpy(start, s.start, sizeof s.start);
    memcpy(step, s.step, sizeof s.step);
    return TACIT_OK;
}

tacit_status slice_infer(graph *g, gnode *n, tacit_error *err) {
    slice s;
    TRY(read(g, n, &s, err));
    set_output_like(g, n, &s.out);
    return TACIT_OK;
}

tacit_status slice_eval(frame *f, const gnode *n, tacit_error *err) {
    slice s;
    TRY(read(f->g, n, &s, err));
    const shape *in = &node_in(f->g, n, 0)->shape;
    const uint64_t *x = frame_bits(f, n->in[0]);
    uint64_t *y = frame_bits_out(f, n->out[0]), count = shape_count(&s.out);
    for (uint64_t i = 0; i < count; i++) {
        uint64_t rest = i, stride = 1, at = 0;
        for (uint32_t k = in->rank; k-- > 0; rest /= s.out.dim[k], stride *= in->dim[k])
            at += (uint64_t)(s.start[k] + (int64_t)(rest % s.out.dim[k]) * s.step[k]) * stride;
        y[i] = x[at];
    }
    return TACIT_OK;
}

tacit_status slice_lower(lowering *l, const gnode *n, tacit_error *err) {
    slice s;
    value v;
    view_draft d;
    TRY(read(l->g, n, &s, err));
    TRY(lower_operand(l, n->in[0], &v, err));
    draft_start(&d, s.out.rank);
    d.shape = s.out;
    for (uint32_t k = 0; k < s.out.rank; k++) {
        int32_t *map = draft_map(l, &d, k, 1, k, 1);
        for (uint32_t i = 0; map && i < s.out.dim[k]; i++) map[i] = (int32_t)(s.start[k] + (int64_t)i * s.step[k]);
    }
    TRY(draft_make(l, &d, v.id, &v.id, err));
    return lower_set_value(l, n->out[0], &v, err);
}
