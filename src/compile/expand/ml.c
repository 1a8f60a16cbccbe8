#include "compile/expand/ml.h"
#include "compile/expand/forest.h"
#include "compile/onnx/attribute.h"
#include "onnx.pb-c.h"
#include <math.h>
#include <string.h>

/* ---- what classifiers share */
tacit_status ml_read_labels(expansion *x, const gnode *n, const char *wholes, const char *strings, ml_labels *out,
                            tacit_error *err) {
    const Onnx__AttributeProto *p = attribute_proto(n, wholes), *s = attribute_proto(n, strings);
    *out = (ml_labels){.names = s && s->n_strings > 0};
    size_t count = out->names ? s->n_strings : p ? p->n_ints : 0;
    if (count == 0 || count > 1 << 16) return unsupported(n, "this number of class labels", err);
    int64_t *v = ex_new_wholes(x, count);
    for (size_t i = 0; v && i < count; i++) v[i] = out->names ? (int64_t)i : p->ints[i];
    out->count = (uint32_t)count;
    out->values = v;
    return x->status;
}

tacit_status ml_read_post(const gnode *n, post_transform *out, tacit_error *err) {
    static const char *const NAMES[] = {"NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO"};
    char text[16];
    TRY(attribute_text(n, "post_transform", "NONE", text, sizeof text, err));
    for (uint32_t i = 0; i < 4; i++) {
        *out = (post_transform)i;
        if (strcmp(text, NAMES[i]) == 0) return TACIT_OK;
    }
    return unsupported(n, "this post_transform", err);
}

uint32_t ml_post(expansion *x, uint32_t scores, post_transform post, tacit_error *err) {
    if (post == POST_NONE || x->status != TACIT_OK) return scores;
    if (post == POST_LOGISTIC) return EX(x, "Sigmoid", scores);
    if (post == POST_SOFTMAX_ZERO) {
        (void)ex_fail(x, unsupported(&x->n, "post_transform SOFTMAX_ZERO", err));
        return NO_INDEX;
    }
    ex_int(x, "axis", -1);
    return EX(x, "Softmax", scores);
}

static uint32_t flat(expansion *x, uint32_t t) {
    const int64_t all = -1;
    return EX(x, "Reshape", t, ex_list(x, 1, &all));
}

static void label_of_index(expansion *x, const ml_labels *labels, uint32_t index) {
    bool same = true;
    for (uint32_t i = 0; i < labels->count; i++) same = same && labels->values[i] == (int64_t)i;
    if (same) {
        ex_result(x, 0, index);
        return;
    }
    uint32_t list = ex_list(x, labels->count, labels->values);
    ex_int(x, "axis", 0);
    ex_result(x, 0, EX(x, "Gather", list, index));
}

void ml_set_label(expansion *x, const ml_labels *labels, uint32_t bit) {
    if (!ex_wanted(x, 0)) return;
    ex_int(x, "to", ONNX__TENSOR_PROTO__DATA_TYPE__INT64);
    uint32_t index = EX(x, "Cast", bit);
    index = flat(x, index);
    label_of_index(x, labels, index);
}

void ml_set_largest(expansion *x, const ml_labels *labels, uint32_t scores) {
    if (!ex_wanted(x, 0)) return;
    ex_int(x, "axis", 1);
    ex_int(x, "keepdims", 0);
    label_of_index(x, labels, EX(x, "ArgMax", scores));
}

/* The map from label to probability is the list of probabilities in the labels' order. */
tacit_status zipmap_expand(expansion *x, const gnode *n, tacit_error *err) {
    (void)n, (void)err;
    ex_result(x, 0, ex_in(x, 0));
    return x->status;
}
