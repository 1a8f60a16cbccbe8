#include "compile/lower/maximum.h"
#include "compile/lower/pool.h"
#include "compile/lower/window.h"
#include "compile/onnx/attribute.h"
#include <math.h>

enum { MAX_TAPS = 256 }; /* of one axis */

/* Every window must have a true element. */
static tacit_status read(const graph *g, const gnode *n, windows *w, tacit_error *err) {
    int64_t order;
    TRY(windows_read(n, &node_in(g, n, 0)->shape, NULL, w, err));
    TRY(attribute_int(n, "storage_order", 0, &order, err));
    for (uint32_t i = w->first; i < MAX_SPATIAL; i++) {
        const window *x = &w->w[i];
        if (x->kernel > MAX_TAPS) return unsupported(n, "a window of more than 256 along one axis", err);
        for (uint32_t o = 0; o < x->out; o++) {
            bool any = false;
            for (uint32_t k = 0; k < x->kernel; k++) any = any || window_at(x, o, k) >= 0;
            if (!any) return unsupported(n, "a window lies in the padding altogether", err);
        }
    }
    return TACIT_OK;
}

tacit_status maxpool_infer(graph *g, gnode *n, tacit_error *err) {
    windows w;
    TRY(read(g, n, &w, err));
    const shape *x = &node_in(g, n, 0)->shape, s = windows_shape(&w, x, x->dim[1]);
    set_output_like(g, n, &s);
    return TACIT_OK;
}

/* Position k of window o, or another element of the window instead of padding. */
static uint32_t source(const window *w, uint32_t o, uint32_t k) {
    for (uint32_t i = 0; i < w->kernel; i++) {
        int64_t at = window_at(w, o, (k + i) % w->kernel);
        if (at >= 0) return (uint32_t)at;
    }
    return 0; /* refused by read() */
}

static double largest(const windows *w, const double *x, uint32_t a, uint32_t b, uint32_t c) {
    const window *p = &w->w[0], *q = &w->w[1], *r = &w->w[2];
    double m = -INFINITY;
    for (uint32_t i = 0; i < p->kernel; i++) {
        for (uint32_t j = 0; j < q->kernel; j++) {
            const double *row = x + ((uint64_t)source(p, a, i) * q->in + source(q, b, j)) * r->in;
            for (uint32_t k = 0; k < r->kernel; k++) m = fmax(m, row[source(r, c, k)]);
        }
    }
    return m;
}

tacit_status maxpool_eval(frame *f, const gnode *n, tacit_error *err) {
    windows w;
    TRY(read(f->g, n, &w, err));
    const shape *s = &node_in(f->g, n, 0)->shape;
    uint64_t image = (uint64_t)w.w[0].in * w.w[1].in * w.w[2].in;
    const double *x = frame_numbers(f, n->in[0]);
    const gtensor *out = node_out(f->g, n, 0);
    if (!x) return fail(err, TACIT_RESOURCES, "node \"%s\": no memory for its input", n->name);
    uint64_t at = 0;
    for (uint64_t i = 0; i < (uint64_t)s->dim[0] * s->dim[1]; i++, x += image) {
        for (uint32_t a = 0; a < w.w[0].out; a++) {
            for (uint32_t b = 0; b < w.w[1].out; b++) {
                for (uint32_t c = 0; c < w.w[2].out; c++, at++) {
                    double m = largest(&w, x, a, b, c);
                    if (out->type == ELEM_REAL)
                        f->real[n->out[0]][at] = m;
                    else
                        f->whole[n->out[0]][at] = (int64_t)m;
                }
            }
        }
    }
    return TACIT_OK;
}

/* ---- lowering */
/* Tap k of the windows along `axis` of x. */
static tacit_status tap(lowering *l, uint32_t x, uint32_t axis, const window *w, uint32_t k, uint32_t *out,
                        tacit_error *err) {
    const shape s = builder_tensor(l->b, x)->shape;
    view_draft d;
    draft_start(&d, s.rank);
    for (uint32_t i = 0; i < s.rank; i++) {
        d.shape.dim[i] = i == axis ? w->out : s.dim[i];
        if (i != axis) draft_same(&d, i, i, s.dim[i]);
    }
    int32_t *map = draft_map(l, &d, axis, 1, axis, 1);
    for (uint32_t o = 0; map && o < w->out; o++) map[o] = (int32_t)source(w, o, k);
    return draft_make(l, &d, x, out, err);
}

/* All taps of one axis, in pairs, then pairs of pairs. */
static tacit_status reduce_axis(lowering *l, const char *name, value *v, uint32_t axis, const window *w,
                                tacit_error *err) {
    uint32_t part[MAX_TAPS], count = w->kernel;
    for (uint32_t k = 0; k < count; k++) TRY(tap(l, v->id, axis, w, k, &part[k], err));
    while (count > 1) {
        uint32_t half = 0;
        for (uint32_t k = 0; k + 1 < count; k += 2)
            TRY(maximum_of_two(l, name, v, part[k], part[k + 1], false, &part[half++], err));
        if (count % 2 == 1) part[half++] = part[count - 1];
        count = half;
    }
    v->id = part[0];
    return TACIT_OK;
}

tacit_status maxpool_lower(lowering *l, const gnode *n, tacit_error *err) {
    windows w;
    value v;
    TRY(read(l->g, n, &w, err));
    TRY(lower_narrow(l, n->in[0], &v, err));
    for (uint32_t i = w.axes; i-- > 0;) TRY(reduce_axis(l, n->name, &v, 2 + i, &w.w[w.first + i], err));
    return lower_set_value(l, n->out[0], &v, err);
}
