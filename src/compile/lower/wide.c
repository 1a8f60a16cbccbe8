#include "compile/lower/wide.h"
#include "compile/lower/bits.h"
#include "compile/quantise.h"
#include <math.h>
#include <string.h>

enum { WIDE_BITS = 30 };

static bool one_of(const char *op, const char *const *list, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (strcmp(op, list[i]) == 0) return true;
    }
    return false;
}

/* Input 0 of these may be wide; of views, when their result may. */
static bool takes_wide(const lowering *l, const gnode *n, uint32_t input) {
    static const char *const TAKERS[] = {"Trees", "ScaledColumns"};
    static const char *const VIEWS[] = {"Reshape", "Flatten", "Squeeze", "Unsqueeze", "Transpose",
                                        "Slice",   "Take",    "Pick",    "Expand"};
    if (input != 0) return false;
    if (one_of(n->op, TAKERS, sizeof TAKERS / sizeof TAKERS[0])) return true;
    return one_of(n->op, VIEWS, sizeof VIEWS / sizeof VIEWS[0]) && l->wide[n->out[0]];
}

void find_wide(lowering *l) {
    const graph *g = l->g;
    for (uint32_t t = 0; t < g->tensor_count; t++)
        l->wide[t] = g->tensors[t].type == ELEM_REAL && g->tensors[t].uses > 0 && !g->tensors[t].is_output;
    for (uint32_t k = g->node_count; k-- > 0;) {
        const gnode *n = &g->nodes[k];
        for (uint32_t i = 0; i < n->in_count && !n->dead; i++) {
            if (n->in[i] != NO_INDEX && !takes_wide(l, n, i)) l->wide[n->in[i]] = false;
        }
    }
}

/* The range of input t with the thresholds of the trees that read it, and a little more. */
static void reach_thresholds(const lowering *l, uint32_t t, double *lo, double *hi) {
    const graph *g = l->g;
    for (uint32_t k = 0; k < g->node_count; k++) {
        const gnode *n = &g->nodes[k];
        if (n->dead || strcmp(n->op, "Trees") != 0 || n->in[0] != t) continue;
        const gtensor *v = node_in(g, n, 3);
        for (uint64_t i = 0; i < shape_count(&v->shape); i++) {
            double more = 1e-3 * fabs(v->real[i]);
            *lo = fmin(*lo, v->real[i] - more);
            *hi = fmax(*hi, v->real[i] + more);
        }
    }
}

tacit_status lower_wide_input(lowering *l, uint32_t t, tacit_error *err) {
    const gtensor *x = &l->g->tensors[t];
    const int64_t limit = ((int64_t)1 << (WIDE_BITS - 2)) - 1;
    double lo, hi;
    sum s;
    uint32_t same;
    TRY(lower_range(l, t, &lo, &hi, err));
    reach_thresholds(l, t, &lo, &hi);
    value v = {.scale = scale_for(fmax(-lo, hi), limit)};
    v.lo = (int64_t)floor(ldexp(lo, v.scale));
    uint32_t bits = bits_for((int64_t)ceil(ldexp(hi, v.scale)) - v.lo);
    bits = lower_digit_bits(l, shape_count(&x->shape), bits);
    v.hi = v.lo + ((int64_t)1 << bits) - 1;
    v.id = builder_external(l->b, TENSOR_INPUT, lower_name(l, x->name, ""), &x->shape, v.lo, v.hi);
    sum_start(&s, &x->shape, v.scale);
    TRY(sum_term(&s, v.id, 1, v.lo, v.hi, err));
    TRY(lower_digits(l, x->name, &s, v.lo, bits, NULL, &same, err));
    return lower_set_value(l, t, &v, err);
}
