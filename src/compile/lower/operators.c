/* compile/lower/operators: the table. One line per ONNX operator. */
#include "compile/expand/recurrent.h"
#include "compile/expand/arithmetic.h"
#include "compile/expand/attention.h"
#include "compile/expand/branch.h"
#include "compile/expand/forest.h"
#include "compile/expand/logic.h"
#include "compile/expand/batchnorm.h"
#include "compile/expand/ml.h"
#include "compile/expand/moves.h"
#include "compile/expand/norms.h"
#include "compile/expand/quantised.h"
#include "compile/expand/reductions.h"
#include "compile/expand/tapers.h"
#include "compile/expand/windows.h"
#include "compile/lower/activation.h"
#include "compile/lower/affine.h"
#include "compile/lower/compare.h"
#include "compile/expand/choose.h"
#include "compile/lower/bitwise.h"
#include "compile/lower/choose.h"
#include "compile/lower/constant.h"
#include "compile/lower/contract.h"
#include "compile/lower/conv.h"
#include "compile/lower/divide.h"
#include "compile/lower/elementwise.h"
#include "compile/lower/exponent.h"
#include "compile/lower/gemm.h"
#include "compile/lower/generate.h"
#include "compile/lower/larger.h"
#include "compile/lower/pick.h"
#include "compile/lower/pool.h"
#include "compile/lower/reduce.h"
#include "compile/lower/reshape.h"
#include "compile/lower/rows.h"
#include "compile/lower/scale_shift.h"
#include "compile/lower/select.h"
#include "compile/lower/trees.h"
#include "compile/lower/where.h"
#include <string.h>

#define WINDOW "kernel_shape strides dilations pads auto_pad"
#define RESIZE                                                                                                         \
    "antialias axes coordinate_transformation_mode cubic_coeff_a exclude_outside extrapolation_value "                 \
    "keep_aspect_ratio_policy mode nearest_mode"
#define AXES "axes keepdims noop_with_empty_axes"
#define RECURRENT "activation_alpha activation_beta activations clip direction hidden_size layout"
#define MANY 255
#define ANY_ATTRIBUTE NULL
#define TREES                                                                                                          \
    "base_values base_values_as_tensor post_transform nodes_treeids nodes_nodeids nodes_featureids nodes_modes "       \
    "nodes_values nodes_values_as_tensor nodes_truenodeids nodes_falsenodeids nodes_hitrates "                         \
    "nodes_hitrates_as_tensor nodes_missing_value_tracks_true"
#define CLASSES                                                                                                        \
    "class_treeids class_nodeids class_ids class_weights class_weights_as_tensor classlabels_int64s "                  \
    "classlabels_strings"
#define TARGETS                                                                                                        \
    "target_treeids target_nodeids target_ids target_weights target_weights_as_tensor n_targets aggregate_function"
#define ENCODER                                                                                                        \
    "keys_int64s values_int64s values_floats values_strings default_int64 default_float default_string "               \
    "keys_floats keys_strings"
#define TREES5                                                                                                         \
    "aggregate_function leaf_targetids leaf_weights membership_values n_targets nodes_falseleafs nodes_falsenodeids "  \
    "nodes_featureids nodes_hitrates nodes_missing_value_tracks_true nodes_modes nodes_splits nodes_trueleafs "        \
    "nodes_truenodeids post_transform tree_roots"

/* Primitive operators: name, opsets, inputs least and most, outputs, attributes, three functions. ON_REALS: lowered on
 * reals only; ON_ALL: on integers too; STATIC: the result depends on shapes only. */
#define RULE(name, since, until, least, most, outs, fixed, whole, attributes, infer, eval, lower)                      \
    { name, DOMAIN_ONNX, since, until, least, most, outs, fixed, whole, attributes, infer, eval, lower, NULL }
#define ON_REALS(name, since, until, least, most, outs, attributes, ...)                                               \
    RULE(name, since, until, least, most, outs, false, false, attributes, __VA_ARGS__)
#define ON_ALL(name, since, until, least, most, outs, attributes, ...)                                                 \
    RULE(name, since, until, least, most, outs, false, true, attributes, __VA_ARGS__)
#define STATIC(name, since, until, least, most, outs, attributes, ...)                                                 \
    RULE(name, since, until, least, most, outs, true, false, attributes, __VA_ARGS__)
/* A function of one number, by table. */
#define FUNCTION(on, name, since, attributes)                                                                          \
    on(name, since, 22, 1, 1, 1, attributes, activation_infer, activation_eval, activation_lower)
/* Operators made of others. */
#define EXPANDS(name, since, until, least, most, outs, attributes, expand)                                             \
    { name, DOMAIN_ONNX, since, until, least, most, outs, false, false, attributes, NULL, NULL, NULL, expand }
#define EXPANDS_ML(name, least, most, outs, attributes, expand)                                                        \
    { name, DOMAIN_ML, 1, 255, least, most, outs, false, false, attributes, NULL, NULL, NULL, expand }
/* Primitive, for expansions only; on integers too. */
#define INTERNAL(name, least, most, outs, attributes, ...)                                                             \
    { name, DOMAIN_TACIT, 1, 255, least, most, outs, false, true, attributes, __VA_ARGS__, NULL }

/* A function of one number with constant numbers as parameters. */
#define PARAMETRIC(name, inputs)                                                                                       \
    INTERNAL(name, inputs, inputs, 1, "", activation_infer, activation_eval, activation_lower)
/* Known, and refused with the reason. */
#define REFUSED(name)                                                                                                  \
    { name, DOMAIN_ONNX, 1, 22, 0, MANY, MANY, false, false, ANY_ATTRIBUTE, NULL, NULL, NULL, refused_expand }

static const operator_rule RULES[] = {
    ON_REALS("Gemm", 7, 22, 2, 3, 1, "alpha beta transA transB", gemm_infer, gemm_eval, gemm_lower),
    ON_ALL("MatMul", 1, 22, 2, 2, 1, "", matmul_infer, matmul_eval, matmul_lower),
    ON_ALL("Conv", 1, 22, 2, 3, 1, WINDOW " group", conv_infer, conv_eval, conv_lower),
    EXPANDS("ConvInteger", 10, 22, 2, 4, 1, WINDOW " group", conv_integer_expand),
    EXPANDS("MatMulInteger", 10, 22, 2, 4, 1, "", matmul_integer_expand),
    EXPANDS("QLinearConv", 10, 22, 8, 9, 1, WINDOW " group", qlinear_conv_expand),
    EXPANDS("QLinearMatMul", 10, 22, 8, 8, 1, "", qlinear_matmul_expand),
    EXPANDS("QuantizeLinear", 10, 22, 2, 3, 1, "axis block_size output_dtype saturate", quantize_expand),
    EXPANDS("DequantizeLinear", 10, 22, 2, 3, 1, "axis block_size", dequantize_expand),
    EXPANDS("DynamicQuantizeLinear", 11, 22, 1, 1, 3, "", dynamic_quantize_expand),
    ON_ALL("Add", 7, 22, 2, 2, 1, "", elementwise_infer, elementwise_eval, add_lower),
    ON_ALL("Sub", 7, 22, 2, 2, 1, "", elementwise_infer, elementwise_eval, add_lower),
    ON_ALL("Mul", 7, 22, 2, 2, 1, "", elementwise_infer, elementwise_eval, mul_lower),
    EXPANDS("Div", 7, 22, 2, 2, 1, "", divide_expand),
    INTERNAL("Quotient", 2, 2, 1, "", elementwise_infer, elementwise_eval, div_lower),
    INTERNAL("PowerOf", 2, 2, 1, "", elementwise_infer, elementwise_eval, NULL),
    EXPANDS("Mod", 10, 22, 2, 2, 1, "fmod", modulo_expand),
    EXPANDS("Pow", 7, 22, 2, 2, 1, "", power_expand),
    EXPANDS("Max", 8, 22, 1, MANY, 1, "", maximum_expand),
    INTERNAL("Larger", 2, 2, 1, "", elementwise_infer, larger_eval, larger_lower),
    INTERNAL("Smaller", 2, 2, 1, "", elementwise_infer, larger_eval, larger_lower),
    EXPANDS("Min", 8, 22, 1, MANY, 1, "", maximum_expand),
    EXPANDS("Sum", 8, 22, 1, MANY, 1, "", total_expand),
    EXPANDS("Mean", 8, 22, 1, MANY, 1, "", total_expand),
    EXPANDS("PRelu", 7, 22, 2, 2, 1, "", prelu_expand),
    INTERNAL("QuotientByRow", 2, 2, 1, "factor least most", row_quotient_infer, row_quotient_eval, row_quotient_lower),
    INTERNAL("RowCentre", 1, 1, 1, "", row_same_infer, row_centre_eval, row_centre_lower),
    INTERNAL("RowNorm", 1, 1, 1, "epsilon", row_number_infer, row_norm_eval, row_norm_lower),
    INTERNAL("RowSum", 1, 1, 1, "", row_number_infer, row_sum_eval, row_sum_lower),
    INTERNAL("RowExp", 1, 2, 2, "factor", row_exp_infer, row_exp_eval, row_exp_lower),
    INTERNAL("RowSoftmax", 1, 2, 1, "factor", row_softmax_infer, row_softmax_eval, row_softmax_lower),
    EXPANDS("Softmax", 1, 22, 1, 1, 1, "axis", softmax_expand),
    EXPANDS("LogSoftmax", 1, 22, 1, 1, 1, "axis", softmax_expand),
    EXPANDS("LayerNormalization", 17, 22, 2, 3, 3, "axis epsilon stash_type", layer_norm_expand),
    EXPANDS("RMSNormalization", 23, 22, 2, 2, 1, "axis epsilon stash_type", layer_norm_expand),
    EXPANDS("Attention", 23, 22, 3, 7, 4,
            "is_causal kv_num_heads q_num_heads qk_matmul_output_mode scale softcap softmax_precision",
            attention_expand),
    EXPANDS("RotaryEmbedding", 23, 22, 3, 4, 1, "interleaved num_heads rotary_embedding_dim", rotary_expand),
    EXPANDS("Swish", 24, 22, 1, 1, 1, "alpha", swish_expand),
    EXPANDS("InstanceNormalization", 6, 22, 3, 3, 1, "epsilon", instance_norm_expand),
    EXPANDS("GroupNormalization", 18, 22, 3, 3, 1, "epsilon num_groups stash_type", group_norm_expand),
    EXPANDS("LpNormalization", 1, 22, 1, 1, 1, "axis p", lp_norm_expand),
    EXPANDS("MeanVarianceNormalization", 9, 22, 1, 1, 1, "axes", mean_variance_expand),
    EXPANDS("LRN", 1, 22, 1, 1, 1, "alpha beta bias size", lrn_expand),
    ON_ALL("Neg", 6, 22, 1, 1, 1, "", neg_infer, neg_eval, neg_lower),
    FUNCTION(ON_ALL, "Relu", 6, ""),
    FUNCTION(ON_REALS, "Sigmoid", 6, ""),
    FUNCTION(ON_REALS, "Tanh", 6, ""),
    EXPANDS("Clip", 6, 22, 1, 3, 1, "min max", clip_expand),
    PARAMETRIC("Function", 1),
    PARAMETRIC("Limit", 3),
    PARAMETRIC("Affine", 3),
    PARAMETRIC("Power", 2),
    PARAMETRIC("Exponential", 2),
    PARAMETRIC("RemainderOf", 2),
    PARAMETRIC("Modulo", 2),
    PARAMETRIC("Truncated", 2),
    PARAMETRIC("FloorDivided", 2),
    PARAMETRIC("AtLeast", 2),
    PARAMETRIC("Equals", 2),
    ON_ALL("Less", 7, 22, 2, 2, 1, "", compare_infer, compare_eval, compare_lower),
    ON_ALL("LessOrEqual", 12, 22, 2, 2, 1, "", compare_infer, compare_eval, compare_lower),
    ON_ALL("Greater", 7, 22, 2, 2, 1, "", compare_infer, compare_eval, compare_lower),
    ON_ALL("GreaterOrEqual", 12, 22, 2, 2, 1, "", compare_infer, compare_eval, compare_lower),
    ON_ALL("Equal", 7, 22, 2, 2, 1, "", compare_infer, compare_eval, compare_lower),
    EXPANDS("And", 7, 22, 2, 2, 1, "", logic_expand),
    EXPANDS("Or", 7, 22, 2, 2, 1, "", logic_expand),
    EXPANDS("Xor", 7, 22, 2, 2, 1, "", logic_expand),
    EXPANDS("Not", 1, 22, 1, 1, 1, "", not_expand),
    INTERNAL("Bit", 1, 1, 1, "", bit_infer, reshape_eval, bit_lower),
    ON_ALL("BitwiseAnd", 18, 22, 2, 2, 1, "", bitwise_infer, bitwise_eval, bitwise_lower),
    ON_ALL("BitwiseOr", 18, 22, 2, 2, 1, "", bitwise_infer, bitwise_eval, bitwise_lower),
    ON_ALL("BitwiseXor", 18, 22, 2, 2, 1, "", bitwise_infer, bitwise_eval, bitwise_lower),
    EXPANDS("BitwiseNot", 18, 22, 1, 1, 1, "", bitwise_not_expand),
    PARAMETRIC("TwoTo", 1),
    PARAMETRIC("NotZero", 1),
    EXPANDS("BitShift", 11, 22, 2, 2, 1, "direction", shift_expand),
    EXPANDS("CastLike", 15, 22, 2, 2, 1, "saturate", cast_like_expand),
    ON_ALL("Where", 9, 22, 3, 3, 1, "", where_infer, where_eval, where_lower),
    FUNCTION(ON_REALS, "LeakyRelu", 6, "alpha"),
    FUNCTION(ON_REALS, "Elu", 6, "alpha"),
    FUNCTION(ON_REALS, "Selu", 6, "alpha gamma"),
    FUNCTION(ON_REALS, "Celu", 12, "alpha"),
    FUNCTION(ON_REALS, "ThresholdedRelu", 10, "alpha"),
    FUNCTION(ON_REALS, "HardSigmoid", 6, "alpha beta"),
    FUNCTION(ON_REALS, "HardSwish", 14, ""),
    FUNCTION(ON_REALS, "Mish", 18, ""),
    FUNCTION(ON_REALS, "Gelu", 20, "approximate"),
    FUNCTION(ON_REALS, "Softplus", 1, ""),
    FUNCTION(ON_REALS, "Softsign", 1, ""),
    FUNCTION(ON_REALS, "Shrink", 9, "bias lambd"),
    FUNCTION(ON_REALS, "Erf", 9, ""),
    FUNCTION(ON_REALS, "Exp", 6, ""),
    FUNCTION(ON_REALS, "Log", 6, ""),
    FUNCTION(ON_REALS, "Sqrt", 6, ""),
    FUNCTION(ON_REALS, "Reciprocal", 6, ""),
    FUNCTION(ON_ALL, "Abs", 6, ""),
    FUNCTION(ON_ALL, "Sign", 9, ""),
    FUNCTION(ON_REALS, "Floor", 6, ""),
    FUNCTION(ON_REALS, "Ceil", 6, ""),
    FUNCTION(ON_REALS, "Round", 11, ""),
    FUNCTION(ON_REALS, "Sin", 7, ""),
    FUNCTION(ON_REALS, "Cos", 7, ""),
    FUNCTION(ON_REALS, "Tan", 7, ""),
    FUNCTION(ON_REALS, "Asin", 7, ""),
    FUNCTION(ON_REALS, "Acos", 7, ""),
    FUNCTION(ON_REALS, "Atan", 7, ""),
    FUNCTION(ON_REALS, "Sinh", 9, ""),
    FUNCTION(ON_REALS, "Cosh", 9, ""),
    FUNCTION(ON_REALS, "Asinh", 9, ""),
    FUNCTION(ON_REALS, "Acosh", 9, ""),
    FUNCTION(ON_REALS, "Atanh", 9, ""),
    ON_ALL("MaxPool", 1, 22, 1, 1, 1, WINDOW " ceil_mode storage_order", maxpool_infer, maxpool_eval, maxpool_lower),
    ON_REALS("AveragePool", 7, 22, 1, 1, 1, WINDOW " ceil_mode count_include_pad", average_infer, average_eval,
             average_lower),
    ON_REALS("GlobalAveragePool", 1, 22, 1, 1, 1, "", average_infer, average_eval, average_lower),
    EXPANDS("BatchNormalization", 7, 22, 5, 5, 1, "epsilon momentum training_mode spatial", batchnorm_expand),
    INTERNAL("ScaleShift", 3, 3, 1, "", scale_shift_infer, scale_shift_eval, scale_shift_lower),
    ON_ALL("Flatten", 1, 22, 1, 1, 1, "axis", flatten_infer, reshape_eval, reshape_lower),
    ON_ALL("Reshape", 5, 22, 2, 2, 1, "allowzero", reshape_infer, reshape_eval, reshape_lower),
    ON_ALL("Squeeze", 1, 22, 1, 2, 1, "axes", squeeze_infer, reshape_eval, reshape_lower),
    ON_ALL("Unsqueeze", 1, 22, 1, 2, 1, "axes", unsqueeze_infer, reshape_eval, reshape_lower),
    ON_ALL("Identity", 1, 22, 1, 1, 1, "", identity_infer, reshape_eval, reshape_lower),
    ON_ALL("Dropout", 7, 22, 1, 3, 1, "ratio seed", dropout_infer, reshape_eval, reshape_lower),
    ON_ALL("Transpose", 1, 22, 1, 1, 1, "perm", transpose_infer, transpose_eval, transpose_lower),
    ON_ALL("Slice", 1, 22, 1, 5, 1, "starts ends axes", slice_infer, slice_eval, slice_lower),
    INTERNAL("Take", 2, 2, 1, "axis", gather_infer, gather_eval, gather_lower),
    EXPANDS("Gather", 1, 22, 2, 2, 1, "axis", gather_expand),
    EXPANDS("GatherElements", 11, 22, 2, 2, 1, "axis", gather_elements_expand),
    EXPANDS("GatherND", 11, 22, 2, 2, 1, "batch_dims", gather_nd_expand),
    EXPANDS("ScatterElements", 11, 22, 3, 3, 1, "axis reduction", scatter_elements_expand),
    EXPANDS("Scatter", 9, 22, 3, 3, 1, "axis", scatter_elements_expand),
    EXPANDS("ScatterND", 11, 22, 3, 3, 1, "reduction", scatter_nd_expand),
    ON_ALL("Concat", 4, 22, 1, MANY, 1, "axis", concat_infer, concat_eval, concat_lower),
    INTERNAL("StuffedConv", 2, 3, 1, WINDOW " group output_padding output_shape", conv_infer, conv_eval, conv_lower),
    EXPANDS("ConvTranspose", 1, 22, 2, 3, 1, WINDOW " group output_padding output_shape", conv_transpose_expand),
    INTERNAL("SumPool", 1, 1, 1, WINDOW " ceil_mode p", average_infer, average_eval, average_lower),
    EXPANDS("LpPool", 2, 22, 1, 1, 1, WINDOW " ceil_mode p", lp_pool_expand),
    EXPANDS("Resize", 10, 22, 1, 4, 1, RESIZE, resize_expand),
    EXPANDS("Upsample", 7, 9, 1, 2, 1, "mode scales", upsample_expand),
    INTERNAL("Contract", 2, 2, 1, "a_label b_label rank", contract_infer, contract_eval, contract_lower),
    ON_ALL("ReduceSum", 1, 22, 1, 2, 1, AXES, reduce_infer, reduce_eval, reduce_sum_lower),
    ON_ALL("ReduceMax", 1, 22, 1, 2, 1, AXES, reduce_infer, reduce_eval, reduce_max_lower),
    ON_ALL("ReduceMin", 1, 22, 1, 2, 1, AXES, reduce_infer, reduce_eval, reduce_max_lower),
    EXPANDS("ReduceMean", 1, 22, 1, 2, 1, AXES, reduce_mean_expand),
    EXPANDS("ReduceL1", 1, 22, 1, 2, 1, AXES, reduce_composed_expand),
    EXPANDS("ReduceL2", 1, 22, 1, 2, 1, AXES, reduce_composed_expand),
    EXPANDS("ReduceSumSquare", 1, 22, 1, 2, 1, AXES, reduce_composed_expand),
    EXPANDS("ReduceLogSum", 1, 22, 1, 2, 1, AXES, reduce_composed_expand),
    EXPANDS("ReduceLogSumExp", 1, 22, 1, 2, 1, AXES, reduce_composed_expand),
    EXPANDS("ReduceProd", 1, 22, 1, 2, 1, AXES, reduce_prod_expand),
    EXPANDS("GlobalMaxPool", 1, 22, 1, 1, 1, "", global_pool_expand),
    EXPANDS("GlobalLpPool", 2, 22, 1, 1, 1, "p", global_pool_expand),
    EXPANDS("CumSum", 11, 22, 2, 2, 1, "exclusive reverse", cumsum_expand),
    EXPANDS("Einsum", 12, 22, 1, MANY, 1, "equation", einsum_expand),
    INTERNAL("GatherRows", 2, 2, 1, "", gather_rows_infer, gather_rows_eval, gather_rows_lower),
    EXPANDS("RNN", 7, 22, 3, 6, 2, RECURRENT, recurrent_expand),
    EXPANDS("GRU", 7, 22, 3, 6, 2, RECURRENT " linear_before_reset", recurrent_expand),
    EXPANDS("LSTM", 7, 22, 3, 8, 3, RECURRENT " input_forget", recurrent_expand),
    INTERNAL("Pick", 2, 2, 1, "axis span", pick_infer, pick_eval, pick_lower),
    ON_ALL("Expand", 8, 22, 2, 2, 1, "", expand_infer, expand_eval, expand_lower),
    EXPANDS("Pad", 2, 22, 1, 4, 1, "mode pads value", pad_expand),
    EXPANDS("Split", 2, 22, 1, 2, MANY, "axis split num_outputs", split_expand),
    EXPANDS("Tile", 6, 22, 2, 2, 1, "", tile_expand),
    EXPANDS("DepthToSpace", 1, 22, 1, 1, 1, "blocksize mode", depth_to_space_expand),
    EXPANDS("SpaceToDepth", 1, 22, 1, 1, 1, "blocksize", space_to_depth_expand),
    EXPANDS("Trilu", 14, 22, 1, 2, 1, "upper", trilu_expand),
    EXPANDS("ReverseSequence", 10, 22, 2, 2, 1, "batch_axis time_axis", reverse_sequence_expand),
    EXPANDS("Compress", 9, 22, 2, 2, 1, "axis", compress_expand),
    ON_ALL("Range", 11, 22, 3, 3, 1, "", range_infer, range_eval, NULL),
    STATIC("EyeLike", 9, 22, 1, 1, 1, "dtype k", eye_infer, eye_eval, NULL),
    ON_ALL("NonZero", 9, 22, 1, 1, 1, "", nonzero_infer, nonzero_eval, NULL),
    ON_ALL("Unique", 11, 22, 1, 1, 4, "axis sorted", unique_infer, unique_eval, NULL),
    EXPANDS("CenterCropPad", 18, 22, 2, 2, 1, "axes", crop_pad_expand),
    EXPANDS("ArgMax", 1, 22, 1, 1, 1, "axis keepdims select_last_index", argmax_expand),
    EXPANDS("ArgMin", 1, 22, 1, 1, 1, "axis keepdims select_last_index", argmax_expand),
    EXPANDS("TopK", 1, 22, 1, 2, 2, "axis k largest sorted", topk_expand),
    EXPANDS("Hardmax", 1, 22, 1, 1, 1, "axis", hardmax_expand),
    EXPANDS("OneHot", 9, 22, 3, 3, 1, "axis", onehot_expand),
    INTERNAL("OneHotBits", 1, 1, 1, "depth loose", onehot_infer, onehot_eval, onehot_lower),
    INTERNAL("InRange", 1, 1, 1, "size", in_range_infer, in_range_eval, in_range_lower),
    INTERNAL("Top", 1, 1, 3, "k mode", top_infer, top_eval, top_lower),
    INTERNAL("Choice", 2, 2, 1, "a b rank select boolean", choice_infer, choice_eval, choice_lower),
    INTERNAL("Covered", 1, 1, 1, "a rank", covered_infer, covered_eval, covered_lower),
    EXPANDS("If", 1, 22, 1, 1, MANY, "then_branch else_branch", if_expand),
    EXPANDS("HannWindow", 17, 22, 1, 1, 1, "output_datatype periodic", taper_expand),
    EXPANDS("HammingWindow", 17, 22, 1, 1, 1, "output_datatype periodic", taper_expand),
    EXPANDS("BlackmanWindow", 17, 22, 1, 1, 1, "output_datatype periodic", taper_expand),
    INTERNAL("Trees", 6, 6, 1, "", trees_infer, trees_eval, trees_lower),
    INTERNAL("Leaves", 4, 4, 1, "", leaves_infer, leaves_eval, leaves_lower),
    EXPANDS_ML("TreeEnsembleClassifier", 1, 1, 2, TREES " " CLASSES, tree_classifier_expand),
    EXPANDS_ML("TreeEnsembleRegressor", 1, 1, 1, TREES " " TARGETS, tree_regressor_expand),
    EXPANDS_ML("TreeEnsemble", 1, 1, 1, TREES5, tree_ensemble_expand),
    INTERNAL("ScaledColumns", 3, 3, 1, "", affine_infer, affine_eval, affine_lower),
    EXPANDS_ML("Scaler", 1, 1, 1, "offset scale", scaler_expand),
    EXPANDS_ML("Normalizer", 1, 1, 1, "norm", normalizer_expand),
    EXPANDS_ML("Binarizer", 1, 1, 1, "threshold", binarizer_expand),
    EXPANDS_ML("Imputer", 1, 1, 1,
               "imputed_value_floats imputed_value_int64s replaced_value_float replaced_value_int64", imputer_expand),
    EXPANDS_ML("LabelEncoder", 1, 1, 1, ENCODER, label_encoder_expand),
    EXPANDS_ML("ArrayFeatureExtractor", 2, 2, 1, "", feature_extractor_expand),
    EXPANDS_ML("FeatureVectorizer", 1, MANY, 1, "inputdimensions", vectorizer_expand),
    EXPANDS_ML("LinearRegressor", 1, 1, 1, "coefficients intercepts post_transform targets", linear_regressor_expand),
    EXPANDS_ML("LinearClassifier", 1, 1, 2,
               "classlabels_ints classlabels_strings coefficients intercepts multi_class post_transform",
               linear_classifier_expand),
    EXPANDS_ML("SVMRegressor", 1, 1, 1,
               "coefficients kernel_params kernel_type n_supports one_class post_transform rho support_vectors",
               svm_regressor_expand),
    EXPANDS_ML("SVMClassifier", 1, 1, 2,
               "classlabels_ints classlabels_strings coefficients kernel_params kernel_type post_transform prob_a "
               "prob_b rho support_vectors vectors_per_class",
               svm_classifier_expand),
    EXPANDS_ML("ZipMap", 1, 1, 1, "classlabels_int64s classlabels_strings", zipmap_expand),
    REFUSED("Multinomial"),
    REFUSED("Bernoulli"),
    REFUSED("RandomNormal"),
    REFUSED("RandomUniform"),
    REFUSED("RandomNormalLike"),
    REFUSED("RandomUniformLike"),
    REFUSED("SequenceAt"),
    REFUSED("SequenceConstruct"),
    REFUSED("SequenceEmpty"),
    REFUSED("SequenceErase"),
    REFUSED("SequenceInsert"),
    REFUSED("SequenceLength"),
    REFUSED("SplitToSequence"),
    REFUSED("ConcatFromSequence"),
    STATIC("Constant", 1, 22, 0, 0, 1, "value value_float value_int value_ints", constant_infer, constant_eval, NULL),
    ON_REALS("ConstantOfShape", 9, 22, 1, 1, 1, "value", fill_infer, fill_eval, NULL),
    STATIC("Shape", 1, 22, 1, 1, 1, "start end", shape_infer, shape_eval, NULL),
    STATIC("IsNaN", 9, 22, 1, 1, 1, "", finite_infer, finite_eval, NULL),
    STATIC("IsInf", 10, 22, 1, 1, 1, "detect_negative detect_positive", finite_infer, finite_eval, NULL),
    STATIC("Size", 1, 22, 1, 1, 1, "", shape_infer, shape_eval, NULL),
    ON_ALL("Cast", 6, 22, 1, 1, 1, "to saturate", cast_infer, cast_eval, cast_lower),
};

const operator_rule *operator_find(operator_domain domain, const char *name) {
    for (size_t i = 0; i < sizeof RULES / sizeof RULES[0]; i++) {
        if (RULES[i].domain == domain && strcmp(RULES[i].name, name) == 0) return &RULES[i];
    }
    return NULL;
}
