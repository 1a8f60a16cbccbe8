#include "compile/lower/larger.h"
#include "compile/lower/compare.h"
#include "compile/lower/maximum.h"
#include "compile/lower/views.h"
#include "compile/lower/where.h"
#include <math.h>
#include <string.h>

enum { MAX_WIDTH = 1 << 18 }; /* of the interval, where the difference is looked up itself */

static bool smaller(const gnode *n) {
    return strcmp(n->op, "Smaller") == 0;
}

tacit_status larger_eval(frame *f, const gnode *n, tacit_error *err) {
    (void)err;
    const gtensor *y = node_out(f->g, n, 0);
    uint64_t a_step[MAX_RANK], b_step[MAX_RANK];
    const bool least = smaller(n);
    broadcast_strides(&node_in(f->g, n, 0)->shape, &y->shape, a_step);
    broadcast_strides(&node_in(f->g, n, 1)->shape, &y->shape, b_step);
    for (uint64_t i = 0; i < shape_count(&y->shape); i++) {
        uint64_t a = 0, b = 0, rest = i;
        for (uint32_t k = y->shape.rank; k-- > 0; rest /= y->shape.dim[k]) {
            a += rest % y->shape.dim[k] * a_step[k];
            b += rest % y->shape.dim[k] * b_step[k];
        }
        if (y->type == ELEM_REAL) {
            double p = frame_real(f, n->in[0])[a], q = frame_real(f, n->in[1])[b];
            f->real[n->out[0]][i] = (p < q) == least ? p : q;
        } else {
            int64_t p = frame_whole(f, n->in[0])[a], q = frame_whole(f, n->in[1])[b];
            f->whole[n->out[0]][i] = (p < q) == least ? p : q;
        }
    }
    return TACIT_OK;
}

/* x at a finer scale: a multiple, which costs nothing. */
static void refine(lowering *l, const gnode *n, int32_t scale, value *x) {
    const int64_t unit = (int64_t)1 << (scale - x->scale);
    if (unit == 1) return;
    const linear_term term = {unit, x->id};
    x->id = builder_linear(l->b, lower_name(l, n->name, ".fine"), &node_out(l->g, n, 0)->shape, &term, 1, 0);
    *x = (value){x->id, scale, x->lo * unit, x->hi * unit};
}

/* Narrow: one lookup, exact (lower/maximum.h). Wide: the comparison's bit chooses. */
tacit_status larger_lower(lowering *l, const gnode *n, tacit_error *err) {
    const shape *s = &node_out(l->g, n, 0)->shape;
    value v[2], bit;
    TRY(where_operands(l, n, 0, v, err));
    for (uint32_t i = 0; i < 2; i++) TRY(view_broadcast(l, v[i].id, s, &v[i].id, err));
    int32_t scale = v[0].scale > v[1].scale ? v[0].scale : v[1].scale;
    double least = INFINITY, most = -INFINITY;
    for (uint32_t i = 0; i < 2; i++) {
        least = fmin(least, ldexp((double)v[i].lo, scale - v[i].scale));
        most = fmax(most, ldexp((double)v[i].hi, scale - v[i].scale));
    }
    if (most - least > MAX_WIDTH) {
        TRY(compare_below(l, n, &v[0], &v[1], smaller(n), &bit, err));
        return where_choose(l, n, &bit, v, err);
    }
    for (uint32_t i = 0; i < 2; i++) refine(l, n, scale, &v[i]);
    value out = {.scale = scale, .lo = (int64_t)least, .hi = (int64_t)most};
    TRY(maximum_of_two(l, n->name, &out, v[0].id, v[1].id, smaller(n), &out.id, err));
    return lower_set_value(l, n->out[0], &out, err);
}
