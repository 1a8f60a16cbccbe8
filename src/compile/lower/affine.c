#include "compile/lower/affine.h"
#include "compile/lower/bins.h"
#include "compile/lower/bits.h"
#include "compile/lower/views.h"
#include "compile/quantise.h"
#include <math.h>

enum { SCALE_BITS = 24, FINE_BITS = 25, MOST_SHIFT = 30 };

static uint32_t columns(const graph *g, const gnode *n) {
    const shape *s = &node_in(g, n, 0)->shape;
    return s->rank > 0 ? s->dim[s->rank - 1] : 1;
}

tacit_status affine_infer(graph *g, gnode *n, tacit_error *err) {
    for (uint32_t i = 1; i < 3; i++) {
        const gtensor *t = node_in(g, n, i);
        if (!t->constant || t->type != ELEM_REAL || shape_count(&t->shape) != columns(g, n))
            return misshapen(n, "one offset and one scale for each column", err);
    }
    set_output(g, n, ELEM_REAL, &node_in(g, n, 0)->shape);
    return TACIT_OK;
}

tacit_status affine_eval(frame *f, const gnode *n, tacit_error *err) {
    (void)err;
    uint32_t count = columns(f->g, n);
    for (uint64_t i = 0; i < shape_count(&node_out(f->g, n, 0)->shape); i++)
        f->real[n->out[0]][i] =
            (frame_number(f, n->in[0], i) - frame_real(f, n->in[1])[i % count]) * frame_real(f, n->in[2])[i % count];
    return TACIT_OK;
}

/* Constant t at this scale as hidden integers [columns]. */
static tacit_status hide(lowering *l, const gnode *n, uint32_t t, int32_t scale, uint32_t bits, value *out,
                         tacit_error *err) {
    const int64_t limit = ((int64_t)1 << bits) - 1;
    uint32_t count = columns(l->g, n);
    const shape s = {.rank = 1, .dim = {count}};
    int64_t *v = ARENA_NEW(l->a, int64_t, count);
    if (!v) return fail(err, TACIT_RESOURCES, "no memory for a scaler");
    for (uint32_t i = 0; i < count; i++) v[i] = quantise_one(l->g->tensors[t].real[i], scale, limit);
    TRY(lower_hidden(l, tensor_name(l, t), &s, v, bits, true, out, err));
    out->scale = scale;
    return TACIT_OK;
}

/* x - offset; x itself where all offsets are 0. */
static tacit_status centre(lowering *l, const gnode *n, value *x, tacit_error *err) {
    const shape s = node_in(l->g, n, 0)->shape;
    const double *v = l->g->tensors[n->in[1]].real;
    value offset;
    double most = ldexp(largest_magnitude(v, columns(l->g, n), 1), x->scale);
    if (most == 0) return TACIT_OK;
    if (most > (1 << 29) - 1) return unsupported(n, "an offset far outside the calibrated range", err);
    uint32_t bits = bits_for(x->hi > -x->lo ? x->hi : -x->lo), own = bits_for((int64_t)ceil(most));
    TRY(hide(l, n, n->in[1], x->scale, own > bits ? own : bits, &offset, err));
    TRY(view_broadcast(l, offset.id, &s, &offset.id, err));
    const linear_term terms[2] = {{1, x->id}, {-1, offset.id}};
    x->id = builder_linear(l->b, lower_name(l, tensor_name(l, n->out[0]), ".centred"), &s, terms, 2, 0);
    x->lo -= offset.hi, x->hi -= offset.lo;
    return TACIT_OK;
}

/* The scale at which the calibrated range of the result has 26 bits, and the finest of the factor that goes with it. */
static tacit_status choose_scales(lowering *l, const gnode *n, const value *x, int32_t *fine, int32_t *factor,
                                  tacit_error *err) {
    const double most = largest_magnitude(l->g->tensors[n->in[2]].real, columns(l->g, n), 1);
    double lo, hi;
    TRY(lower_range(l, n->out[0], &lo, &hi, err));
    *fine = scale_for(fmax(-lo, hi), (1 << FINE_BITS) - 1);
    *factor = scale_for(most, (1 << SCALE_BITS) - 1);
    if (*factor > *fine + MOST_SHIFT - x->scale) *factor = *fine + MOST_SHIFT - x->scale;
    if (!scale_exists(most, (1 << SCALE_BITS) - 1) || *factor < MIN_SCALE)
        return unsupported(n, "numbers of too different sizes", err);
    return TACIT_OK;
}

tacit_status affine_lower(lowering *l, const gnode *n, tacit_error *err) {
    const shape s = node_in(l->g, n, 0)->shape;
    uint8_t x_label[MAX_RANK] = {0}, w_label[MAX_RANK] = {0};
    int32_t fine = 0, factor = 0;
    value x, w, y;
    sum r;
    TRY(lower_operand(l, n->in[0], &x, err));
    TRY(choose_scales(l, n, &x, &fine, &factor, err));
    TRY(centre(l, n, &x, err));
    TRY(hide(l, n, n->in[2], factor, SCALE_BITS, &w, err));
    for (uint32_t k = 0; k < s.rank; k++) x_label[k] = (uint8_t)k;
    w_label[0] = s.rank > 0 ? (uint8_t)(s.rank - 1) : 0;
    sum_start(&r, &s, x.scale + factor);
    TRY(sum_product(l, &r, &x, x_label, &w, w_label, 1, 1, err));
    TRY(lower_narrowed(l, tensor_name(l, n->out[0]), &r, fine, &y, err));
    sum_start(&r, &s, y.scale);
    TRY(sum_term(&r, y.id, 1, y.lo, y.hi, err));
    return lower_set_sum(l, n->out[0], &r, err);
}
