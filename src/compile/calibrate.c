#include "compile/calibrate.h"
#include "compile/memory.h"
#include <math.h>
#include <string.h>

/* Not of constants, nor inside what became one function. */
static bool has_values(const graph *g, uint32_t t) {
    const gtensor *x = &g->tensors[t];
    return !x->constant && x->known && (x->producer == NO_INDEX || !g->nodes[x->producer].dead);
}

tacit_status frame_make(frame *f, const graph *g, arena *a, tacit_error *err) {
    uint64_t bytes = 0;
    *f = (frame){.g = g, .scratch = a};
    f->real = ARENA_ZNEW(a, double *, g->tensor_count + 1);
    f->whole = ARENA_ZNEW(a, int64_t *, g->tensor_count + 1);
    if (!f->real || !f->whole) return fail(err, TACIT_RESOURCES, "calibration needs more memory than is set aside");
    for (uint32_t t = 0; t < g->tensor_count; t++)
        bytes += has_values(g, t) ? 8 * shape_count(&g->tensors[t].shape) : 0;
    TRY(memory_fits(bytes, "calibration", err));
    for (uint32_t t = 0; t < g->tensor_count; t++) {
        const gtensor *x = &g->tensors[t];
        if (!has_values(g, t)) continue;
        void *values = ARENA_NEW(a, double, shape_count(&x->shape));
        if (x->type == ELEM_REAL)
            f->real[t] = values;
        else
            f->whole[t] = values;
        if (!values) return fail(err, TACIT_RESOURCES, "calibration needs more memory than is set aside");
    }
    return TACIT_OK;
}

static tacit_status check_finite(const frame *f, uint32_t t, tacit_error *err) {
    uint64_t n = f->real[t] ? shape_count(&f->g->tensors[t].shape) : 0;
    for (uint64_t i = 0; i < n; i++) {
        if (!isfinite(f->real[t][i]))
            return fail(err, TACIT_VALUE, "tensor \"%s\": element %u is not a finite number on this input",
                        f->g->tensors[t].name, i);
    }
    return TACIT_OK;
}

/* Integers come as reals, which hold those below 2^53 exactly. */
static tacit_status set_input(frame *f, uint32_t t, const double *values, tacit_error *err) {
    const gtensor *x = &f->g->tensors[t];
    uint64_t n = shape_count(&x->shape);
    if (x->type == ELEM_REAL) {
        memcpy(f->real[t], values, n * sizeof(double));
        return check_finite(f, t, err);
    }
    for (uint64_t i = 0; i < n; i++) {
        bool fits = values[i] == trunc(values[i]) && fabs(values[i]) < 0x1p53;
        if (!fits || (x->boolean && values[i] != 0 && values[i] != 1))
            return fail(err, TACIT_VALUE, "tensor \"%s\": element %u is not %s", x->name, i,
                        x->boolean ? "0 or 1" : "an integer");
        f->whole[t][i] = (int64_t)values[i];
    }
    return TACIT_OK;
}

tacit_status frame_run(frame *f, const double *const *inputs, tacit_error *err) {
    const graph *g = f->g;
    for (uint32_t i = 0; i < g->input_count; i++) TRY(set_input(f, g->inputs[i], inputs[i], err));
    for (uint32_t k = 0; k < g->node_count; k++) {
        const gnode *n = &g->nodes[k];
        if (n->dead) continue;
        size_t mark = arena_mark(f->scratch);
        TRY(n->rule->eval(f, n, err));
        arena_release(f->scratch, mark);
        for (uint32_t i = 0; i < n->out_count; i++) {
            if (n->out[i] != NO_INDEX) TRY(check_finite(f, n->out[i], err));
        }
    }
    return TACIT_OK;
}

void sample_inputs(const graph *g, uint64_t s, const double *const *values, const double **inputs) {
    for (uint32_t i = 0; i < g->input_count; i++)
        inputs[i] = values[i] + s * shape_count(&g->tensors[g->inputs[i]].shape);
}

static void widen(gtensor *t, const frame *f, uint32_t id, bool first) {
    bool has = t->constant ? t->is_output && first : f->real[id] || f->whole[id];
    uint64_t n = has ? shape_count(&t->shape) : 0;
    for (uint64_t i = 0; i < n; i++) {
        double v = frame_number(f, id, i);
        if ((first && i == 0) || v < t->lo) t->lo = v;
        if ((first && i == 0) || v > t->hi) t->hi = v;
    }
}

tacit_status calibrate(graph *g, frame *f, uint64_t samples, const double *const *values, tacit_error *err) {
    const double **inputs = ARENA_NEW(f->scratch, const double *, g->input_count + 1);
    if (!inputs) return fail(err, TACIT_RESOURCES, "calibration needs more memory than is set aside");
    for (uint64_t s = 0; s < samples; s++) {
        sample_inputs(g, s, values, inputs);
        TRY(frame_run(f, inputs, err));
        for (uint32_t t = 0; t < g->tensor_count; t++) {
            widen(&g->tensors[t], f, t, s == 0);
        }
    }
    return TACIT_OK;
}
