/* compile/expand/ml: ai.onnx.ml beside the trees, and what all classifiers share. */
#ifndef COMPILE_EXPAND_ML_H
#define COMPILE_EXPAND_ML_H
#include "compile/expand.h"

typedef enum post_transform { POST_NONE, POST_SOFTMAX, POST_LOGISTIC, POST_SOFTMAX_ZERO } post_transform;

/* Class labels; of strings, their places in the list. */
typedef struct ml_labels {
    uint32_t count;
    const int64_t *values;
    bool names; /* they are strings */
} ml_labels;

tacit_status ml_read_labels(expansion *x, const gnode *n, const char *wholes, const char *strings, ml_labels *out,
                            tacit_error *err) TACIT_MUST_CHECK;
tacit_status ml_read_post(const gnode *n, post_transform *out, tacit_error *err) TACIT_MUST_CHECK;
/* Scores [B, C]; a failure is kept in the expansion. */
uint32_t ml_post(expansion *x, uint32_t scores, post_transform post, tacit_error *err);
/* Result 0 [B]: label 1 where `bit` [B, 1] is set, else label 0. */
void ml_set_label(expansion *x, const ml_labels *labels, uint32_t bit);
/* Result 0 [B]: the label of the largest score. */
void ml_set_largest(expansion *x, const ml_labels *labels, uint32_t scores);

tacit_status zipmap_expand(expansion *x, const gnode *n, tacit_error *err);
tacit_status scaler_expand(expansion *x, const gnode *n, tacit_error *err);
tacit_status normalizer_expand(expansion *x, const gnode *n, tacit_error *err);
tacit_status binarizer_expand(expansion *x, const gnode *n, tacit_error *err);
tacit_status imputer_expand(expansion *x, const gnode *n, tacit_error *err);
tacit_status label_encoder_expand(expansion *x, const gnode *n, tacit_error *err);
tacit_status feature_extractor_expand(expansion *x, const gnode *n, tacit_error *err);
tacit_status vectorizer_expand(expansion *x, const gnode *n, tacit_error *err);
tacit_status linear_regressor_expand(expansion *x, const gnode *n, tacit_error *err);
tacit_status linear_classifier_expand(expansion *x, const gnode *n, tacit_error *err);
tacit_status svm_regressor_expand(expansion *x, const gnode *n, tacit_error *err);
tacit_status svm_classifier_expand(expansion *x, const gnode *n, tacit_error *err);
#endif
