/* compile/lower/operators: the table. One line per ONNX operator. */
#include "compile/lower/activation.h"
#include "compile/lower/batchnorm.h"
#include "compile/lower/constant.h"
#include "compile/lower/conv.h"
#include "compile/lower/elementwise.h"
#include "compile/lower/gemm.h"
#include "compile/lower/pool.h"
#include "compile/lower/reshape.h"
#include "compile/lower/select.h"
#include <string.h>

#define WINDOW "kernel_shape strides dilations pads auto_pad"
#define MANY 255

/* name, opsets, inputs least and most, outputs, static, attributes, three functions */
static const operator_rule RULES[] = {
    {"Gemm", 7, 22, 2, 3, 1, false, "alpha beta transA transB", gemm_infer, gemm_eval, gemm_lower},
    {"MatMul", 1, 22, 2, 2, 1, false, "", matmul_infer, matmul_eval, matmul_lower},
    {"Conv", 1, 22, 2, 3, 1, false, WINDOW " group", conv_infer, conv_eval, conv_lower},
    {"Add", 7, 22, 2, 2, 1, false, "", elementwise_infer, elementwise_eval, add_lower},
    {"Sub", 7, 22, 2, 2, 1, false, "", elementwise_infer, elementwise_eval, add_lower},
    {"Mul", 7, 22, 2, 2, 1, false, "", elementwise_infer, elementwise_eval, mul_lower},
    {"Div", 7, 22, 2, 2, 1, false, "", elementwise_infer, elementwise_eval, NULL},
    {"Relu", 6, 22, 1, 1, 1, false, "", activation_infer, activation_eval, activation_lower},
    {"Sigmoid", 6, 22, 1, 1, 1, false, "", activation_infer, activation_eval, activation_lower},
    {"Tanh", 6, 22, 1, 1, 1, false, "", activation_infer, activation_eval, activation_lower},
    {"Clip", 6, 22, 1, 3, 1, false, "min max", activation_infer, activation_eval, activation_lower},
    {"MaxPool", 1, 22, 1, 1, 1, false, WINDOW " ceil_mode storage_order", maxpool_infer, maxpool_eval, maxpool_lower},
    {"AveragePool", 7, 22, 1, 1, 1, false, WINDOW " ceil_mode count_include_pad", average_infer, average_eval,
     average_lower},
    {"GlobalAveragePool", 1, 22, 1, 1, 1, false, "", average_infer, average_eval, average_lower},
    {"BatchNormalization", 7, 22, 5, 5, 1, false, "epsilon momentum training_mode spatial", batchnorm_infer,
     batchnorm_eval, batchnorm_lower},
    {"Flatten", 1, 22, 1, 1, 1, false, "axis", flatten_infer, reshape_eval, reshape_lower},
    {"Reshape", 5, 22, 2, 2, 1, false, "allowzero", reshape_infer, reshape_eval, reshape_lower},
    {"Squeeze", 1, 22, 1, 2, 1, false, "axes", squeeze_infer, reshape_eval, reshape_lower},
    {"Unsqueeze", 1, 22, 1, 2, 1, false, "axes", unsqueeze_infer, reshape_eval, reshape_lower},
    {"Identity", 1, 22, 1, 1, 1, false, "", identity_infer, reshape_eval, reshape_lower},
    {"Dropout", 7, 22, 1, 3, 1, false, "ratio seed", dropout_infer, reshape_eval, reshape_lower},
    {"Transpose", 1, 22, 1, 1, 1, false, "perm", transpose_infer, transpose_eval, transpose_lower},
    {"Slice", 1, 22, 1, 5, 1, false, "starts ends axes", slice_infer, slice_eval, slice_lower},
    {"Gather", 1, 22, 2, 2, 1, false, "axis", gather_infer, gather_eval, gather_lower},
    {"Concat", 4, 22, 1, MANY, 1, false, "axis", concat_infer, concat_eval, concat_lower},
    {"Constant", 1, 22, 0, 0, 1, true, "value value_float value_int value_ints", constant_infer, constant_eval, NULL},
    {"ConstantOfShape", 9, 22, 1, 1, 1, false, "value", fill_infer, fill_eval, NULL},
    {"Shape", 1, 22, 1, 1, 1, true, "start end", shape_infer, shape_eval, NULL},
    {"Size", 1, 22, 1, 1, 1, true, "", shape_infer, shape_eval, NULL},
    {"Cast", 6, 22, 1, 1, 1, false, "to saturate", cast_infer, cast_eval, reshape_lower},
};

const operator_rule *operator_find(const char *name) {
    for (size_t i = 0; i < sizeof RULES / sizeof RULES[0]; i++) {
        if (strcmp(RULES[i].name, name) == 0) return &RULES[i];
    }
    return NULL;
}
