#include "compile/expand/moves.h"
#include "compile/expand/norms.h"
#include "compile/lower/axes.h"
#include "compile/onnx/attribute.h"
#include <math.h>
#include <string.h>

uint32_t normalised(expansion *x, uint32_t t, const bool over[MAX_RANK], bool centre, double epsilon) {
    const shape s = *ex_shape(x, t);
    row_axes r;
    row_axes_take(&r, &s, over);
    uint32_t rows = rows_of(x, &r, t), d = centre ? EX(x, "RowCentre", rows) : rows;
    ex_float(x, "epsilon", epsilon * (double)r.size);
    uint32_t norm = EX(x, "RowNorm", d);
    ex_float(x, "factor", sqrt((double)r.size));
    return rows_back(x, &r, EX(x, "QuotientByRow", d, norm));
}

/* t, reshaped to these dimensions. */
static uint32_t shaped(expansion *x, uint32_t t, uint32_t rank, const int64_t *dim) {
    return EX(x, "Reshape", t, ex_list(x, rank, dim));
}

static uint32_t shaped_like(expansion *x, uint32_t t, const shape *s) {
    int64_t dim[MAX_RANK];
    for (uint32_t k = 0; k < s->rank; k++) dim[k] = s->dim[k];
    return shaped(x, t, s->rank, dim);
}

/* A tensor of one number per channel, as [channels, 1, 1 ..] beside a tensor of that rank. */
static uint32_t per_channel(expansion *x, uint32_t t, uint32_t rank) {
    int64_t dim[MAX_RANK];
    for (uint32_t k = 1; k < rank; k++) dim[k - 1] = k == 1 ? (int64_t)shape_count(ex_shape(x, t)) : 1;
    return shaped(x, t, rank - 1, dim);
}

static uint32_t affine(expansion *x, uint32_t t, uint32_t scale, uint32_t bias) {
    if (scale != NO_INDEX) t = EX(x, "Mul", t, scale);
    return bias == NO_INDEX ? t : EX(x, "Add", t, bias);
}

/* ---- LayerNormalization, RMSNormalization */
/* The optional results Mean and InvStdDev. */
static void moments(expansion *x, const bool over[MAX_RANK], double epsilon) {
    const shape s = *ex_shape(x, ex_in(x, 0));
    row_axes r;
    int64_t dim[MAX_RANK];
    if (!ex_wanted(x, 1) && !ex_wanted(x, 2)) return;
    row_axes_take(&r, &s, over);
    for (uint32_t k = 0; k < s.rank; k++) dim[k] = over[k] ? 1 : s.dim[k];
    uint32_t rows = rows_of(x, &r, ex_in(x, 0)), d = EX(x, "RowCentre", rows);
    uint32_t mean = ex_range(x, EX(x, "Sub", rows, d), s.rank - r.count, 0, 1, 1);
    ex_result(x, 1, shaped(x, mean, s.rank, dim));
    if (!ex_wanted(x, 2)) return;
    ex_float(x, "epsilon", epsilon * (double)r.size);
    uint32_t norm = EX(x, "RowNorm", d);
    ex_result(x, 2, shaped(x, EX(x, "Div", ex_real(x, sqrt((double)r.size)), norm), s.rank, dim));
}

tacit_status layer_norm_expand(expansion *x, const gnode *n, tacit_error *err) {
    bool over[MAX_RANK] = {false}, centre = strcmp(n->op, "LayerNormalization") == 0;
    const shape s = *ex_shape(x, ex_in(x, 0));
    double epsilon;
    int64_t given;
    uint32_t axis;
    TRY(attribute_real(n, "epsilon", 1e-5, &epsilon, err));
    TRY(attribute_int(n, "axis", -1, &given, err));
    TRY(axis_normal(n, given, s.rank, &axis, err));
    for (uint32_t k = axis; k < s.rank; k++) over[k] = true;
    ex_result(x, 0, affine(x, normalised(x, ex_in(x, 0), over, centre, epsilon), ex_in(x, 1), ex_in(x, 2)));
    moments(x, over, epsilon);
    return x->status;
}

/* ---- InstanceNormalization, GroupNormalization */
static tacit_status need_channels(const expansion *x, const gnode *n, tacit_error *err) {
    return ex_shape(x, ex_in(x, 0))->rank >= 2 ? TACIT_OK : misshapen(n, "needs a batch and a channel axis", err);
}

tacit_status instance_norm_expand(expansion *x, const gnode *n, tacit_error *err) {
    bool over[MAX_RANK] = {false};
    const shape s = *ex_shape(x, ex_in(x, 0));
    double epsilon;
    TRY(need_channels(x, n, err));
    TRY(attribute_real(n, "epsilon", 1e-5, &epsilon, err));
    if (s.rank < 3) return misshapen(n, "needs at least one spatial axis", err);
    for (uint32_t k = 2; k < s.rank; k++) over[k] = true;
    uint32_t y = normalised(x, ex_in(x, 0), over, true, epsilon);
    ex_result(x, 0, affine(x, y, per_channel(x, ex_in(x, 1), s.rank), per_channel(x, ex_in(x, 2), s.rank)));
    return x->status;
}

/* Before opset 21 scale and bias may have one number per group. */
static uint32_t over_channels(expansion *x, uint32_t t, const shape *s, int64_t groups) {
    const int64_t column[2] = {groups, 1}, full[2] = {groups, s->dim[1] / groups};
    if (shape_count(ex_shape(x, t)) != s->dim[1]) t = EX(x, "Expand", shaped(x, t, 2, column), ex_list(x, 2, full));
    return per_channel(x, t, s->rank);
}

tacit_status group_norm_expand(expansion *x, const gnode *n, tacit_error *err) {
    bool over[MAX_RANK] = {false, false, true};
    const shape s = *ex_shape(x, ex_in(x, 0));
    double epsilon;
    int64_t groups;
    TRY(need_channels(x, n, err));
    TRY(attribute_real(n, "epsilon", 1e-5, &epsilon, err));
    TRY(attribute_int(n, "num_groups", 0, &groups, err));
    if (groups < 1 || s.dim[1] % groups != 0) return misshapen(n, "num_groups does not divide the channels", err);
    for (uint32_t k = 1; k <= 2; k++) {
        uint64_t count = shape_count(ex_shape(x, ex_in(x, k)));
        if (count != s.dim[1] && count != (uint64_t)groups) return misshapen(n, "scale or bias do not fit", err);
    }
    const int64_t grouped[3] = {s.dim[0], groups, (int64_t)(shape_count(&s) / s.dim[0]) / groups};
    uint32_t y = normalised(x, shaped(x, ex_in(x, 0), 3, grouped), over, true, epsilon);
    ex_result(x, 0,
              affine(x, shaped_like(x, y, &s), over_channels(x, ex_in(x, 1), &s, groups),
                     over_channels(x, ex_in(x, 2), &s, groups)));
    return x->status;
}

/* ---- LpNormalization, MeanVarianceNormalization */
tacit_status lp_norm_expand(expansion *x, const gnode *n, tacit_error *err) {
    bool over[MAX_RANK] = {false};
    const shape s = *ex_shape(x, ex_in(x, 0));
    int64_t given, p;
    uint32_t axis;
    row_axes r;
    TRY(attribute_int(n, "axis", -1, &given, err));
    TRY(attribute_int(n, "p", 2, &p, err));
    TRY(axis_normal(n, given, s.rank, &axis, err));
    if (p != 1 && p != 2) return unsupported(n, "p other than 1 and 2", err);
    over[axis] = true;
    row_axes_take(&r, &s, over);
    uint32_t rows = rows_of(x, &r, ex_in(x, 0));
    uint32_t norm = p == 2 ? EX(x, "RowNorm", rows) : EX(x, "RowSum", EX(x, "Abs", rows));
    ex_result(x, 0, rows_back(x, &r, EX(x, "QuotientByRow", rows, norm)));
    return x->status;
}

tacit_status mean_variance_expand(expansion *x, const gnode *n, tacit_error *err) {
    bool over[MAX_RANK] = {false};
    const shape s = *ex_shape(x, ex_in(x, 0));
    int64_t axes[MAX_RANK] = {0, 2, 3};
    uint32_t count;
    TRY(attribute_ints(n, "axes", axes, MAX_RANK, &count, err));
    if (!attribute_has(n, "axes")) axes[0] = 0, axes[1] = 2, axes[2] = 3, count = 3;
    for (uint32_t k = 0; k < count; k++) {
        uint32_t axis;
        TRY(axis_normal(n, axes[k], s.rank, &axis, err));
        over[axis] = true;
    }
    if (count == 0) return unsupported(n, "without axes", err);
    ex_result(x, 0, normalised(x, ex_in(x, 0), over, true, 1e-18));
    return x->status;
}

/* ---- LRN: x / (bias + alpha/size sum of squares of nearby channels)^beta */
static uint32_t nearby_channels(expansion *x, uint32_t channels, int64_t size) {
    const shape s = {.rank = 2, .dim = {channels, channels}};
    double *v = ex_new_reals(x, shape_count(&s));
    int64_t before = (size - 1) / 2, after = size - 1 - before;
    for (int64_t i = 0; v && i < channels; i++) {
        for (int64_t k = 0; k < channels; k++) v[i * channels + k] = k >= i - before && k <= i + after;
    }
    return v ? ex_reals(x, &s, v) : NO_INDEX;
}

tacit_status lrn_expand(expansion *x, const gnode *n, tacit_error *err) {
    const shape s = *ex_shape(x, ex_in(x, 0));
    double alpha, beta, bias;
    int64_t size;
    TRY(need_channels(x, n, err));
    TRY(attribute_real(n, "alpha", 1e-4, &alpha, err));
    TRY(attribute_real(n, "beta", 0.75, &beta, err));
    TRY(attribute_real(n, "bias", 1, &bias, err));
    TRY(attribute_int(n, "size", 0, &size, err));
    if (size < 1) return unsupported(n, "size", err);
    const int64_t flat[3] = {s.dim[0], s.dim[1], (int64_t)(shape_count(&s) / s.dim[0] / s.dim[1])};
    uint32_t rows = shaped(x, ex_in(x, 0), 3, flat), squares = EX(x, "Mul", rows, rows);
    uint32_t near = EX(x, "MatMul", nearby_channels(x, s.dim[1], size), squares);
    uint32_t base = EX(x, "Add", EX(x, "Mul", near, ex_real(x, alpha / (double)size)), ex_real(x, bias));
    uint32_t inverse = EX(x, "Pow", base, ex_real(x, -beta));
    ex_result(x, 0, shaped_like(x, EX(x, "Mul", rows, inverse), &s));
    return x->status;
}
