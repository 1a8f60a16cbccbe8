#include "compile/lower/pool.h"
#include "compile/lower/window.h"
#include "compile/onnx/attribute.h"
#include <math.h>
#include <string.h>

enum { WEIGHT_BITS = 12 }; /* of 1 / count */

/* `sum`: the internal SumPool, of which LpPool is made: not divided. */
typedef struct average {
    windows w;
    bool count_pad, sum;
} average;

static tacit_status read(const graph *g, const gnode *n, average *p, tacit_error *err) {
    const shape *x = &node_in(g, n, 0)->shape;
    int64_t count_pad = 0;
    *p = (average){.sum = strcmp(n->op, "SumPool") == 0};
    if (strcmp(n->op, "GlobalAveragePool") != 0) {
        TRY(attribute_int(n, "count_include_pad", 0, &count_pad, err));
        p->count_pad = count_pad != 0;
        return windows_read(n, x, NULL, &p->w, err);
    }
    if (x->rank < 3 || x->rank > 2 + MAX_SPATIAL) return unsupported(n, "needs one to three spatial axes", err);
    *p = (average){.w = {.axes = x->rank - 2, .first = MAX_SPATIAL + 2 - x->rank}};
    for (uint32_t i = 0; i < MAX_SPATIAL; i++) {
        uint32_t size = i < p->w.first ? 1 : x->dim[2 + i - p->w.first];
        p->w.w[i] = (window){size, 1, size, 1, 1, 0, 0, false};
    }
    return TACIT_OK;
}

tacit_status average_infer(graph *g, gnode *n, tacit_error *err) {
    average p;
    TRY(read(g, n, &p, err));
    const shape *x = &node_in(g, n, 0)->shape, s = windows_shape(&p.w, x, x->dim[1]);
    set_output(g, n, ELEM_REAL, &s);
    return TACIT_OK;
}

/* Elements of window o that count: true ones, or those in the declared padding too (never beyond it). */
static uint32_t counted(const window *w, uint32_t o, bool pad) {
    uint32_t n = 0;
    for (uint32_t k = 0; k < w->kernel; k++) {
        uint64_t at = (uint64_t)o * w->stride + (uint64_t)k * w->dilation;
        n += pad ? at < (uint64_t)w->in + w->pad_begin + w->pad_end : window_at(w, o, k) >= 0;
    }
    return n;
}

static double weight(const average *p, uint32_t a, uint32_t b, uint32_t c) {
    if (p->sum) return 1;
    double n = (double)counted(&p->w.w[0], a, p->count_pad) * counted(&p->w.w[1], b, p->count_pad) *
               counted(&p->w.w[2], c, p->count_pad);
    return n > 0 ? 1 / n : 0;
}

static double total(const windows *f, const double *x, uint32_t a, uint32_t b, uint32_t c) {
    const window *p = &f->w[0], *q = &f->w[1], *r = &f->w[2];
    double all = 0;
    for (uint32_t i = 0; i < p->kernel; i++) {
        for (uint32_t j = 0; j < q->kernel; j++) {
            for (uint32_t k = 0; k < r->kernel; k++) {
                int64_t u = window_at(p, a, i), v = window_at(q, b, j), z = window_at(r, c, k);
                if (u >= 0 && v >= 0 && z >= 0) all += x[((uint64_t)u * q->in + (uint64_t)v) * r->in + (uint64_t)z];
            }
        }
    }
    return all;
}

tacit_status average_eval(frame *f, const gnode *n, tacit_error *err) {
    average p;
    TRY(read(f->g, n, &p, err));
    const shape *s = &node_in(f->g, n, 0)->shape;
    uint64_t image = (uint64_t)p.w.w[0].in * p.w.w[1].in * p.w.w[2].in;
    const double *x = frame_real(f, n->in[0]);
    double *y = f->real[n->out[0]];
    for (uint64_t i = 0; i < (uint64_t)s->dim[0] * s->dim[1]; i++, x += image) {
        for (uint32_t a = 0; a < p.w.w[0].out; a++) {
            for (uint32_t b = 0; b < p.w.w[1].out; b++) {
                for (uint32_t c = 0; c < p.w.w[2].out; c++) *y++ = total(&p.w, x, a, b, c) * weight(&p, a, b, c);
            }
        }
    }
    return TACIT_OK;
}

/* ---- lowering */
/* 1/count = multiplier * 2^-bits, exact for powers of two, otherwise to 12 bits. */
static int64_t multiplier(double w, int32_t *bits) {
    int exponent;
    double m = frexp(w, &exponent); /* w = m 2^exponent, 1/2 <= m < 1 */
    *bits = m == 0.5 ? 1 - exponent : WEIGHT_BITS - exponent;
    return (int64_t)llround(ldexp(w, *bits));
}

/* The public factor, [O, K]..: 1 when all windows count alike, else their multipliers at the common scale *bits. */
static tacit_status weights(lowering *l, const gnode *n, const average *p, value *out, int64_t *coef, int32_t *bits,
                            tacit_error *err) {
    shape s = {.rank = 2 * p->w.axes};
    for (uint32_t i = 0; i < p->w.axes; i++) {
        s.dim[2 * i] = p->w.w[p->w.first + i].out;
        s.dim[2 * i + 1] = p->w.w[p->w.first + i].kernel;
    }
    uint64_t count = shape_count(&s);
    int64_t *v = ARENA_NEW(l->a, int64_t, count);
    if (!v) return fail(err, TACIT_RESOURCES, "no memory for the weights of \"%s\"", n->name);
    double least = 1;
    bool same = true;
    for (uint64_t i = 0; i < count; i++) { /* i = (oa, ka, ob, kb, oc, kc) */
        uint64_t rest = i;
        uint32_t o[MAX_SPATIAL] = {0};
        for (uint32_t k = MAX_SPATIAL; k-- > p->w.first;) {
            rest /= p->w.w[k].kernel;
            o[k] = (uint32_t)(rest % p->w.w[k].out);
            rest /= p->w.w[k].out;
        }
        double w = weight(p, o[0], o[1], o[2]);
        if (i == 0) least = w, *coef = multiplier(w, bits);
        same = same && w == least;
        v[i] = (int64_t)llround(ldexp(w, WEIGHT_BITS + 2));
    }
    *out = (value){.lo = 0, .hi = same ? 1 : (int64_t)1 << (WEIGHT_BITS + 2)};
    if (!same) *coef = 1, *bits = WEIGHT_BITS + 2;
    out->id = same ? builder_fill(l->b, lower_name(l, n->name, ".ones"), &s, 1)
                   : builder_constant(l->b, lower_name(l, n->name, ".weights"), &s, v);
    return TACIT_OK;
}

tacit_status average_lower(lowering *l, const gnode *n, tacit_error *err) {
    average p;
    value x, w;
    sum s;
    int64_t coef = 1;
    int32_t bits = 0;
    TRY(read(l->g, n, &p, err));
    TRY(lower_operand(l, n->in[0], &x, err));
    TRY(weights(l, n, &p, &w, &coef, &bits, err));
    const shape *in = &l->g->tensors[n->in[0]].shape, *out = &node_out(l->g, n, 0)->shape;
    uint8_t x_label[MAX_RANK] = {0, 1}, w_label[MAX_RANK] = {0};
    view_draft d;
    draft_start(&d, 2 + 2 * p.w.axes);
    draft_same(&d, 0, 0, in->dim[0]);
    draft_same(&d, 1, 1, in->dim[1]);
    windows_draft(l, &d, &p.w, 2, 2);
    for (uint32_t i = 0; i < p.w.axes; i++) {
        x_label[2 + 2 * i] = w_label[2 * i] = (uint8_t)(2 + i);
        x_label[3 + 2 * i] = w_label[2 * i + 1] = (uint8_t)(2 + p.w.axes + i);
    }
    TRY(draft_make(l, &d, x.id, &x.id, err));
    value_with_zero(&x);
    sum_start(&s, out, x.scale + bits);
    TRY(sum_product(l, &s, &x, x_label, &w, w_label, coef, windows_taps(&p.w), err));
    return lower_set_sum(l, n->out[0], &s, err);
}
