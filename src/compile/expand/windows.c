#include "compile/expand/windows.h"
#include "compile/expand/moves.h"
#include "compile/lower/window.h"
#include "compile/onnx/attribute.h"

/* ---- ConvTranspose: weights [C, M / group, K ..] become [M, C / group, K ..]. */
tacit_status conv_transpose_expand(expansion *x, const gnode *n, tacit_error *err) {
    const shape w = *ex_shape(x, n->in[1]);
    int64_t group, dim[MAX_RANK], perm[MAX_RANK];
    TRY(attribute_int(n, "group", 1, &group, err));
    if (w.rank < 3 || w.rank > 5 || group < 1 || w.dim[0] % group != 0 || ex_shape(x, n->in[0])->rank != w.rank)
        return misshapen(n, "channels, weights and group do not fit", err);
    dim[0] = group, dim[1] = w.dim[0] / group, dim[2] = w.dim[1];
    perm[0] = 0, perm[1] = 2, perm[2] = 1;
    for (uint32_t k = 2; k < w.rank; k++) dim[k + 1] = w.dim[k], perm[k + 1] = k + 1;
    uint32_t t = EX(x, "Reshape", n->in[1], ex_list(x, w.rank + 1, dim));
    ex_ints(x, "perm", w.rank + 1, perm);
    t = EX(x, "Transpose", t);
    dim[0] = group * w.dim[1], dim[1] = w.dim[0] / group;
    for (uint32_t k = 2; k < w.rank; k++) dim[k] = w.dim[k];
    t = EX(x, "Reshape", t, ex_list(x, w.rank, dim));
    ex_same_attributes(x);
    ex_result(x, 0, EX(x, "StuffedConv", n->in[0], t, ex_in(x, 2)));
    return x->status;
}

/* ---- LpPool: sums of |x|, or roots of sums of squares */
/* The windows as axes of their own, behind all others: [N, C, O .., K ..], 0 in the padding. */
static uint32_t unfold(expansion *x, uint32_t t, const windows *w) {
    int64_t perm[MAX_RANK] = {0, 1};
    for (uint32_t i = 0; i < w->axes; i++) {
        const window *a = &w->w[w->first + i];
        const shape s = {.rank = 2, .dim = {a->out, a->kernel}};
        int64_t *map = ex_new_wholes(x, shape_count(&s));
        for (uint32_t o = 0; map && o < shape_count(&s); o++) map[o] = window_at(a, o / a->kernel, o % a->kernel);
        if (!map) return NO_INDEX;
        t = ex_pick(x, t, 2 + 2 * i, 1, &s, map);
        perm[2 + i] = 2 + 2 * i;
        perm[2 + w->axes + i] = 3 + 2 * i;
    }
    ex_ints(x, "perm", 2 + 2 * w->axes, perm);
    return EX(x, "Transpose", t);
}

tacit_status lp_pool_expand(expansion *x, const gnode *n, tacit_error *err) {
    int64_t p, axes[MAX_SPATIAL];
    windows w;
    TRY(attribute_int(n, "p", 2, &p, err));
    TRY(windows_read(n, ex_shape(x, n->in[0]), NULL, &w, err));
    if (p == 1) {
        uint32_t magnitude = EX(x, "Abs", n->in[0]);
        ex_same_attributes(x);
        ex_result(x, 0, EX(x, "SumPool", magnitude));
        return x->status;
    }
    if (p != 2) return unsupported(n, "p other than 1 and 2", err);
    for (uint32_t i = 0; i < w.axes; i++) axes[i] = 2 + w.axes + i;
    uint32_t t = unfold(x, n->in[0], &w);
    ex_ints(x, "axes", w.axes, axes);
    ex_int(x, "keepdims", 0);
    ex_result(x, 0, EX(x, "ReduceL2", t));
    return x->status;
}
