#include "compile/expand/windows.h"
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
tacit_status lp_pool_expand(expansion *x, const gnode *n, tacit_error *err) {
    int64_t p;
    TRY(attribute_int(n, "p", 2, &p, err));
    if (p != 1 && p != 2) return unsupported(n, "p other than 1 and 2", err);
    uint32_t t = p == 1 ? EX(x, "Abs", n->in[0]) : n->in[0];
    ex_same_attributes(x);
    if (p == 2) ex_int(x, "square", 1);
    t = EX(x, "SumPool", t);
    ex_result(x, 0, p == 2 ? EX(x, "Sqrt", t) : t);
    return x->status;
}
