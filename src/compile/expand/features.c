/* What ai.onnx.ml does to features: Normalizer, Binarizer, Imputer, LabelEncoder, ArrayFeatureExtractor,
 * FeatureVectorizer. */
#include "compile/expand/choose.h"
#include "compile/expand/forest.h"
#include "compile/expand/ml.h"
#include "compile/onnx/attribute.h"
#include "onnx.pb-c.h"
#include <math.h>
#include <string.h>

tacit_status normalizer_expand(expansion *x, const gnode *n, tacit_error *err) {
    char norm[8];
    const int64_t last = -1;
    TRY(attribute_text(n, "norm", "MAX", norm, sizeof norm, err));
    uint32_t t = ex_in(x, 0), axes = ex_list(x, 1, &last);
    const char *op = strcmp(norm, "MAX") == 0  ? "ReduceMax"
                     : strcmp(norm, "L1") == 0 ? "ReduceL1"
                     : strcmp(norm, "L2") == 0 ? "ReduceL2"
                                               : NULL;
    if (!op) return unsupported(n, "this norm", err);
    if (ex_tensor(x, t)->type != ELEM_REAL) return unsupported(n, "on integers", err);
    if (strcmp(norm, "MAX") == 0) t = EX(x, "Abs", t);
    ex_int(x, "keepdims", 1);
    ex_result(x, 0, EX(x, "Div", ex_in(x, 0), EX(x, op, t, axes)));
    return x->status;
}

tacit_status binarizer_expand(expansion *x, const gnode *n, tacit_error *err) {
    double threshold;
    TRY(attribute_real(n, "threshold", 0, &threshold, err));
    bool real = ex_tensor(x, ex_in(x, 0))->type == ELEM_REAL;
    if (!real && threshold != floor(threshold)) threshold = floor(threshold);
    uint32_t bit = EX(x, "Greater", ex_in(x, 0), real ? ex_real(x, threshold) : ex_whole(x, (int64_t)threshold));
    ex_int(x, "to", real ? ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT : ONNX__TENSOR_PROTO__DATA_TYPE__INT64);
    ex_result(x, 0, EX(x, "Cast", bit));
    return x->status;
}

/* A NaN is no number of a proof: with NaN to be replaced nothing is. */
tacit_status imputer_expand(expansion *x, const gnode *n, tacit_error *err) {
    const Onnx__AttributeProto *given = attribute_proto(n, "replaced_value_float");
    bool real = ex_tensor(x, ex_in(x, 0))->type == ELEM_REAL;
    const double *v;
    uint32_t count;
    int64_t from;
    if (real && (!given || isnan(given->f))) {
        ex_result(x, 0, ex_in(x, 0));
        return x->status;
    }
    if (real) {
        TRY(read_reals(x, n, "imputed_value_floats", &v, &count, err));
        const shape s = {.rank = 1, .dim = {count}};
        uint32_t found = EX(x, "Equal", ex_in(x, 0), ex_real(x, (double)given->f));
        ex_result(x, 0, EX(x, "Where", found, ex_reals(x, &s, v), ex_in(x, 0)));
        return x->status;
    }
    const Onnx__AttributeProto *to = attribute_proto(n, "imputed_value_int64s");
    TRY(attribute_int(n, "replaced_value_int64", 0, &from, err));
    if (!to || to->n_ints == 0) return misshapen(n, "without values to put in", err);
    uint32_t found = EX(x, "Equal", ex_in(x, 0), ex_whole(x, from));
    ex_result(x, 0, EX(x, "Where", found, ex_list(x, (uint32_t)to->n_ints, to->ints), ex_in(x, 0)));
    return x->status;
}

/* Keys are integers: a table from the least key to the largest, the default between them. */
enum { MAX_KEYS = 1 << 16 };

static uint32_t encoded(expansion *x, const Onnx__AttributeProto *keys, int64_t least, uint32_t span,
                        const double *reals, const int64_t *wholes, double real_default, int64_t whole_default) {
    const shape s = {.rank = 1, .dim = {span}};
    double *r = ex_new_reals(x, span);
    int64_t *w = ex_new_wholes(x, span);
    for (uint32_t i = 0; r && w && i < span; i++) r[i] = real_default, w[i] = whole_default;
    for (size_t i = 0; r && w && i < keys->n_ints; i++) {
        if (reals) r[keys->ints[i] - least] = reals[i];
        if (wholes) w[keys->ints[i] - least] = wholes[i];
    }
    if (!r || !w) return NO_INDEX;
    uint32_t list = reals ? ex_reals(x, &s, r) : ex_wholes(x, &s, w), at = ex_in(x, 0);
    if (least != 0) at = EX(x, "Sub", at, ex_open(x, ex_whole(x, least)));
    ex_int(x, "axis", 0);
    return EX(x, "Gather", list, at);
}

tacit_status label_encoder_expand(expansion *x, const gnode *n, tacit_error *err) {
    const Onnx__AttributeProto *keys = attribute_proto(n, "keys_int64s"), *wholes = attribute_proto(n, "values_int64s"),
                               *strings = attribute_proto(n, "values_strings");
    const double *reals;
    uint32_t count;
    double real_default;
    int64_t whole_default, least, most;
    TRY(read_reals(x, n, "values_floats", &reals, &count, err));
    TRY(attribute_real(n, "default_float", 0, &real_default, err));
    TRY(attribute_int(n, "default_int64", -1, &whole_default, err));
    if (!keys || keys->n_ints == 0) return unsupported(n, "keys that are not integers", err);
    size_t values = reals ? count : wholes ? wholes->n_ints : strings ? strings->n_strings : 0;
    if (values != keys->n_ints) return misshapen(n, "as many values as keys", err);
    least = most = keys->ints[0];
    for (size_t i = 0; i < keys->n_ints; i++) {
        least = keys->ints[i] < least ? keys->ints[i] : least;
        most = keys->ints[i] > most ? keys->ints[i] : most;
    }
    if (least < -MAX_KEYS || most > MAX_KEYS) return unsupported(n, "keys beyond 65536", err);
    int64_t *places = ex_new_wholes(x, values);
    for (size_t i = 0; places && i < values; i++) places[i] = wholes ? wholes->ints[i] : (int64_t)i;
    ex_result(x, 0,
              encoded(x, keys, least, (uint32_t)(most - least + 1), reals, reals ? NULL : places, real_default,
                      whole_default));
    return x->status;
}

tacit_status feature_extractor_expand(expansion *x, const gnode *n, tacit_error *err) {
    const shape s = *ex_shape(x, ex_in(x, 0));
    if (s.rank == 0) return misshapen(n, "on a number", err);
    const int64_t flat = -1;
    uint32_t t = ex_in(x, 0);
    const shape two = {.rank = 2, .dim = {1, s.dim[0]}};
    if (s.rank == 1) t = ex_reshape(x, t, &two);
    uint32_t list = EX(x, "Reshape", ex_in(x, 1), ex_list(x, 1, &flat));
    ex_int(x, "axis", -1);
    ex_result(x, 0, EX(x, "Gather", t, list));
    return x->status;
}

tacit_status vectorizer_expand(expansion *x, const gnode *n, tacit_error *err) {
    uint32_t part[64], count = n->in_count;
    (void)err;
    if (count > 64) return unsupported(n, "more than 64 inputs", err);
    for (uint32_t i = 0; i < count; i++) {
        const shape s = *ex_shape(x, ex_in(x, i));
        const shape two = {.rank = 2, .dim = {s.rank > 0 ? s.dim[0] : 1, 1}};
        part[i] = s.rank < 2 ? ex_reshape(x, ex_in(x, i), &two) : ex_in(x, i);
        ex_int(x, "to", ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT);
        part[i] = EX(x, "Cast", part[i]);
    }
    ex_int(x, "axis", 1);
    ex_result(x, 0, ex_node(x, "Concat", count, part));
    return x->status;
}
