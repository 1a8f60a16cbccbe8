#include "compile/calibrate.h"
#include "compile/liveness.h"
#include "compile/memory.h"
#include <math.h>
#include <string.h>

tacit_status frame_make(frame *f, const graph *g, arena *a, tacit_error *err) {
    uint64_t total, *place = ARENA_NEW(a, uint64_t, g->tensor_count + 1);
    *f = (frame){.g = g, .scratch = a};
    f->real = ARENA_ZNEW(a, double *, g->tensor_count + 1);
    f->whole = ARENA_ZNEW(a, int64_t *, g->tensor_count + 1);
    if (!f->real || !f->whole || !place)
        return fail(err, TACIT_RESOURCES, "calibration needs more memory than is set aside");
    TRY(liveness_plan(g, place, &total, a, err));
    TRY(memory_fits(total * sizeof(double), "calibration", err));
    double *values = ARENA_NEW(a, double, total + 1);
    if (!values) return fail(err, TACIT_RESOURCES, "calibration needs more memory than is set aside");
    for (uint32_t t = 0; t < g->tensor_count; t++) {
        if (place[t] == NO_PLACE) continue;
        if (g->tensors[t].type == ELEM_REAL)
            f->real[t] = values + place[t];
        else
            f->whole[t] = (int64_t *)(void *)(values + place[t]);
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

tacit_status frame_run(frame *f, const double *const *inputs, frame_watch watch, void *context, tacit_error *err) {
    const graph *g = f->g;
    for (uint32_t i = 0; i < g->input_count; i++) {
        TRY(set_input(f, g->inputs[i], inputs[i], err));
        if (watch) watch(context, f, g->inputs[i]);
    }
    for (uint32_t k = 0; k < g->node_count; k++) {
        const gnode *n = &g->nodes[k];
        if (n->dead) continue;
        size_t mark = arena_mark(f->scratch);
        TRY(n->rule->eval(f, n, err));
        arena_release(f->scratch, mark);
        for (uint32_t i = 0; i < n->out_count; i++) {
            if (n->out[i] == NO_INDEX) continue;
            TRY(check_finite(f, n->out[i], err));
            if (watch) watch(context, f, n->out[i]);
        }
    }
    return TACIT_OK;
}

void sample_inputs(const graph *g, uint64_t s, const double *const *values, const double **inputs) {
    for (uint32_t i = 0; i < g->input_count; i++)
        inputs[i] = values[i] + s * shape_count(&g->tensors[g->inputs[i]].shape);
}

typedef struct widening {
    graph *g;
    bool first; /* sample */
} widening;

static void widen(void *context, const frame *f, uint32_t id) {
    const widening *w = context;
    gtensor *t = &w->g->tensors[id];
    const uint64_t n = shape_count(&t->shape);
    const bool real = t->type == ELEM_REAL;
    if (n == 0) return;
    double lo = w->first ? frame_number(f, id, 0) : t->lo, hi = w->first ? lo : t->hi;
    for (uint64_t i = 0; i < n; i++) {
        double v = real ? frame_real(f, id)[i] : (double)frame_whole(f, id)[i];
        lo = v < lo ? v : lo;
        hi = v > hi ? v : hi;
    }
    t->lo = lo, t->hi = hi;
}

tacit_status calibrate(graph *g, frame *f, uint64_t samples, const double *const *values, tacit_error *err) {
    const double **inputs = ARENA_NEW(f->scratch, const double *, g->input_count + 1);
    widening w = {.g = g, .first = true};
    if (!inputs) return fail(err, TACIT_RESOURCES, "calibration needs more memory than is set aside");
    for (uint32_t t = 0; t < g->tensor_count && samples > 0; t++) {
        if (g->tensors[t].constant && g->tensors[t].is_output) widen(&w, f, t);
    }
    for (uint64_t s = 0; s < samples; s++) {
        sample_inputs(g, s, values, inputs);
        w.first = s == 0;
        TRY(frame_run(f, inputs, widen, &w, err));
    }
    return TACIT_OK;
}
