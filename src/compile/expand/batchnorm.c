#include "compile/expand/batchnorm.h"
#include "compile/onnx/attribute.h"
#include <math.h>

enum { GAMMA = 1, BETA, MEAN, VARIANCE };

/* Constant parameters: one ScaleShift. */
static tacit_status from_constants(expansion *x, double epsilon, tacit_error *err) {
    const gnode *n = &x->n;
    const shape s = {.rank = 1, .dim = {ex_shape(x, n->in[0])->dim[1]}};
    double *scale = ex_new_reals(x, s.dim[0]), *shift = ex_new_reals(x, s.dim[0]);
    for (uint32_t c = 0; scale && shift && c < s.dim[0]; c++) {
        scale[c] = ex_tensor(x, n->in[GAMMA])->real[c] / sqrt(ex_tensor(x, n->in[VARIANCE])->real[c] + epsilon);
        shift[c] = ex_tensor(x, n->in[BETA])->real[c] - ex_tensor(x, n->in[MEAN])->real[c] * scale[c];
        if (!isfinite(scale[c]) || !isfinite(shift[c]))
            return fail(err, TACIT_VALUE, "node \"%s\" (%s): channel %u is not finite", n->name, n->op, (uint64_t)c);
    }
    if (scale && shift) {
        uint32_t a = ex_reals(x, &s, scale), b = ex_reals(x, &s, shift);
        ex_result(x, 0, EX(x, "ScaleShift", n->in[0], a, b));
    }
    return x->status;
}

/* A parameter as x broadcasts it: behind axis 0, ones behind it. */
static uint32_t lined_up(expansion *x, uint32_t t, uint32_t ones) {
    int64_t axes[MAX_RANK];
    for (uint32_t k = 0; k < ones; k++) axes[k] = k + 1;
    return ones == 0 ? t : EX(x, "Unsqueeze", t, ex_list(x, ones, axes));
}

tacit_status batchnorm_expand(expansion *x, const gnode *n, tacit_error *err) {
    const shape s = *ex_shape(x, n->in[0]);
    int64_t training, spatial;
    double epsilon;
    bool constant = true;
    TRY(attribute_int(n, "training_mode", 0, &training, err));
    TRY(attribute_int(n, "spatial", 1, &spatial, err));
    TRY(attribute_real(n, "epsilon", (double)1e-5f, &epsilon, err));
    if (training != 0) return unsupported(n, "training_mode", err);
    if (s.rank < 2 || ex_tensor(x, n->in[0])->type != ELEM_REAL) return misshapen(n, "needs a channel axis", err);
    uint64_t count = 1;
    for (uint32_t k = 1; k < (spatial ? 2 : s.rank); k++) count *= s.dim[k];
    for (uint32_t i = GAMMA; i <= VARIANCE; i++) {
        const gtensor *t = ex_tensor(x, n->in[i]);
        constant = constant && t->constant;
        if (t->type != ELEM_REAL || shape_count(&t->shape) != count)
            return misshapen(n, "parameters of another length", err);
    }
    if (constant && spatial) return from_constants(x, epsilon, err);
    uint32_t deviation = EX(x, "Sqrt", EX(x, "Add", n->in[VARIANCE], ex_real(x, epsilon)));
    uint32_t scale = EX(x, "Div", n->in[GAMMA], deviation);
    uint32_t shift = EX(x, "Sub", n->in[BETA], EX(x, "Mul", n->in[MEAN], scale));
    uint32_t ones = spatial ? s.rank - 2 : 0;
    ex_result(x, 0, EX(x, "Add", EX(x, "Mul", n->in[0], lined_up(x, scale, ones)), lined_up(x, shift, ones)));
    return x->status;
}
