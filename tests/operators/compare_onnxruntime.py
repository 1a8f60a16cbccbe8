"""Compares the compiler with onnxruntime on small random models of every operator: the float model (tacit_float_run)
must agree to float precision, the compiled integer model to the rounding of 16-bit weights and activations.

    python compare_onnxruntime.py LIBTACIT.so [name]

Not part of `make test` (onnxruntime is not a dependency); test_operators.c holds references of its own.
"""
import ctypes as C
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper

import cases_choose
import cases_elementwise
import cases_ml
import cases_moves
import cases_norms
import cases_recurrent

rng = np.random.default_rng(7)
CASES = []


class Error(C.Structure):
    _fields_ = [("status", C.c_int), ("reject", C.c_int), ("text", C.c_char * 240)]


class Options(C.Structure):
    _fields_ = [("weight_bits", C.c_uint32), ("activation_bits", C.c_uint32), ("overflow", C.c_int),
                ("headroom", C.c_double), ("batch", C.c_uint32), ("dim_count", C.c_uint32),
                ("dim_names", C.c_void_p), ("dim_values", C.c_void_p), ("tolerance", C.c_double), ("keep_answers", C.c_int)]


class Samples(C.Structure):
    _fields_ = [("count", C.c_uint64), ("input_count", C.c_uint32), ("names", C.c_void_p), ("values", C.c_void_p)]


def case(name, nodes, inputs, constants=(), opset=17, outputs=("y",), tolerance=2e-3, scale=1.0):
    CASES.append((name, nodes, inputs, dict(constants), opset, outputs, tolerance, scale))


def w(*shape, scale=1.0):
    return (rng.standard_normal(shape) * scale).astype(np.float32)


def i64(*v):
    return np.array(v, dtype=np.int64)


def n(op, inputs, outputs="y", **attributes):
    given = ["" if k == "-" else k for k in inputs.split()]
    return helper.make_node(op, given, outputs.split(), **attributes)


def is_whole(s):
    """An input is a shape (reals), or (shape, low, high): integers from low to high - 1."""
    return len(s) == 3 and isinstance(s[0], tuple)


def sample(s, scale):
    if is_whole(s):
        return rng.integers(s[1], s[2], s[0], dtype=np.int64)
    return np.asarray(rng.standard_normal(s) * scale, dtype=np.float32)


def build(path, nodes, inputs, constants, opset, outputs):
    values = [helper.make_tensor_value_info(k, TensorProto.INT64, s[0]) if is_whole(s)
              else helper.make_tensor_value_info(k, TensorProto.FLOAT, s) for k, s in inputs.items()]
    outs = [helper.make_empty_tensor_value_info(k) for k in outputs]
    init = [numpy_helper.from_array(np.asarray(v), k) for k, v in constants.items()]
    graph = helper.make_graph(nodes, "g", values, outs, init)
    ml = 5 if any(node.op_type == "TreeEnsemble" for node in nodes) else 3
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset), helper.make_opsetid("ai.onnx.ml", ml)], ir_version=8)
    onnx.save(model, path)


def conv_cases():
    for k, (attributes, x, ws) in enumerate([
            ({}, (1, 2, 7, 6), (3, 2, 3, 2)), ({"strides": [2, 1], "pads": [1, 0, 2, 1]}, (2, 2, 7, 6), (3, 2, 3, 2)),
            ({"dilations": [2, 2]}, (1, 2, 9, 9), (3, 2, 3, 3)), ({"group": 2}, (1, 4, 6, 6), (6, 2, 3, 3)),
            ({"group": 4, "pads": [1, 1, 1, 1]}, (2, 4, 5, 5), (4, 1, 3, 3)),
            ({"auto_pad": "SAME_UPPER", "strides": [2, 2]}, (1, 2, 7, 8), (3, 2, 3, 4)),
            ({"auto_pad": "SAME_LOWER", "strides": [2, 3]}, (1, 2, 7, 8), (3, 2, 4, 4)),
            ({"auto_pad": "VALID"}, (1, 2, 7, 8), (3, 2, 4, 4)), ({"strides": [2], "pads": [1, 2]}, (1, 2, 9), (3, 2, 3)),
            ({"pads": [1, 1, 1, 1, 1, 1]}, (1, 2, 4, 4, 4), (2, 2, 3, 3, 3)), ({"group": 2}, (1, 4, 8), (2, 2, 3))]):
        m = ws[0]
        case(f"conv{k}", [n("Conv", "x w b", **attributes)], {"x": x}, {"w": w(*ws), "b": w(m)})
        case(f"conv{k}-relu", [n("Conv", "x w b", "t", **attributes), n("Relu", "t")], {"x": x},
             {"w": w(*ws), "b": w(m)})
    case("conv-nobias", [n("Conv", "x w")], {"x": (1, 2, 5, 5)}, {"w": w(3, 2, 3, 3)})


def gemm_cases():
    for ta in (0, 1):
        for tb in (0, 1):
            a, b = ((5, 3) if ta else (3, 5)), ((4, 5) if tb else (5, 4))
            case(f"gemm{ta}{tb}", [n("Gemm", "x w c", transA=ta, transB=tb, alpha=0.7, beta=1.3)], {"x": a},
                 {"w": w(*b), "c": w(4)})
            case(f"gemm-two{ta}{tb}", [n("Gemm", "x z", transA=ta, transB=tb, alpha=0.7)], {"x": a, "z": b})
            case(f"gemm-left{ta}{tb}", [n("Gemm", "w x c", transA=ta, transB=tb, alpha=0.7)], {"x": b},
                 {"w": w(*a), "c": w(3, 1)})
    case("gemm-c1", [n("Gemm", "x w c")], {"x": (3, 5)}, {"w": w(5, 4), "c": w(1, 4)})
    case("gemm-cs", [n("Gemm", "x w c")], {"x": (3, 5)}, {"w": w(5, 4), "c": w()})
    case("gemm-cx", [n("Gemm", "x w z")], {"x": (3, 5), "z": (3, 1)}, {"w": w(5, 4)})
    for k, (a, b) in enumerate([((3, 5), (5, 4)), ((2, 3, 5), (5, 4)), ((2, 3, 5), (2, 5, 4)), ((2, 1, 3, 5), (4, 5, 2)),
                                ((5,), (5, 4)), ((3, 5), (5,)), ((5,), (5,)), ((1, 3, 5), (6, 5, 2)), ((5,), (3, 5, 2))]):
        case(f"matmul{k}", [n("MatMul", "x w")], {"x": a}, {"w": w(*b)})
        case(f"matmul-two{k}", [n("MatMul", "x z")], {"x": a, "z": b})
        case(f"matmul-left{k}", [n("MatMul", "w x")], {"x": b}, {"w": w(*a)})
        case(f"matmul-bias{k}", [n("MatMul", "x w", "t"), n("Add", "t b", "u"), n("Relu", "u")], {"x": a},
             {"w": w(*b), "b": w(1)})


def elementwise_cases():
    for op in ("Add", "Sub", "Mul"):
        for k, (a, b) in enumerate([((2, 3, 4), (2, 3, 4)), ((2, 3, 4), (4,)), ((2, 3, 4), (3, 1)), ((3, 1), (2, 1, 4)),
                                    ((2, 3), ()), ((4,), (2, 3, 4))]):
            case(f"{op}{k}", [n(op, "x z")], {"x": a, "z": b})
            case(f"{op}-const{k}", [n(op, "x w")], {"x": a}, {"w": w(*b)})
            case(f"{op}-left{k}", [n(op, "w x")], {"x": b}, {"w": w(*a)})
    case("square", [n("Mul", "x x")], {"x": (2, 5)})
    case("double", [n("Add", "x x")], {"x": (2, 5)})
    case("cancel", [n("Relu", "x", "t"), n("Sub", "t t", "u"), n("Add", "u x")], {"x": (2, 5)})
    case("affine", [n("Mul", "x w", "t"), n("Add", "t b", "u"), n("Relu", "u")], {"x": (2, 3, 4)},
         {"w": w(3, 1), "b": w(3, 1)})
    case("residual", [n("Conv", "x w", "t", pads=[1, 1, 1, 1]), n("Add", "t x", "u"), n("Relu", "u", "v"),
                      n("Conv", "v w2", "y")], {"x": (1, 3, 5, 5)}, {"w": w(3, 3, 3, 3), "w2": w(2, 3, 3, 3)})
    case("residual2", [n("Relu", "x", "a"), n("Conv", "a w", "t", pads=[1, 1, 1, 1]), n("Relu", "t", "r"),
                       n("Add", "r a", "u"), n("Conv", "u w2", "v"), n("Relu", "v", "y")], {"x": (1, 3, 5, 5)},
         {"w": w(3, 3, 3, 3), "w2": w(2, 3, 3, 3)})
    case("two-uses", [n("Conv", "x w", "t"), n("Relu", "t", "r"), n("Sigmoid", "t", "s"), n("Mul", "r s", "u"),
                      n("Add", "u t", "y")], {"x": (1, 3, 5, 5)}, {"w": w(3, 3, 3, 3)}, tolerance=5e-3)
    case("grouped-add", [n("Conv", "x w", "t", group=2), n("Add", "t c", "u"), n("Add", "u x", "y")],
         {"x": (1, 4, 3, 3)}, {"w": w(4, 2, 1, 1), "c": w(4, 1, 1)})
    case("two-sums", [n("MatMul", "x a", "t"), n("MatMul", "x b", "u"), n("Sub", "t u", "v"), n("Tanh", "v", "y")],
         {"x": (3, 4)}, {"a": w(4, 2), "b": w(4, 2)})
    case("const-minus-sum", [n("MatMul", "x a", "t"), n("Sub", "c t", "y")], {"x": (3, 4)}, {"a": w(4, 2), "c": w(2)})


def activation_cases():
    for op in ("Relu", "Sigmoid", "Tanh"):
        case(op, [n(op, "x")], {"x": (2, 9)}, scale=3.0)
        case(f"{op}-gemm", [n("Gemm", "x w", "t"), n(op, "t")], {"x": (2, 9)}, {"w": w(9, 6)})
        case(f"{op}-twice", [n("Gemm", "x w", "t"), n(op, "t", "u"), n(op, "u")], {"x": (2, 9)}, {"w": w(9, 6)})
    case("clip11", [n("Clip", "x lo hi")], {"x": (2, 9)}, {"lo": np.float32(-0.5), "hi": np.float32(0.7)})
    case("clip11-hi", [n("Clip", "x  hi".replace("  ", " "))], {"x": (2, 9)}, {"hi": np.float32(-5)})
    case("clip6", [n("Clip", "x", min=-0.5, max=0.25)], {"x": (2, 9)}, opset=9)
    case("relu6", [n("Conv", "x w", "t"), n("Clip", "t lo hi")], {"x": (1, 2, 5, 5)},
         {"w": w(3, 2, 3, 3), "lo": np.float32(0), "hi": np.float32(2)})
    case("outputs", [n("Gemm", "x w", "t"), n("Relu", "t", "y")], {"x": (2, 9)}, {"w": w(9, 6)}, outputs=("t", "y"))
    case("outputs2", [n("Gemm", "x w", "t"), n("Relu", "t", "y"), n("Identity", "y", "z")], {"x": (2, 9)},
         {"w": w(9, 6)}, outputs=("y", "z", "t"))
    case("output-input", [n("Identity", "x", "y"), n("Relu", "x", "z")], {"x": (2, 9)}, outputs=("y", "z"))


def function_cases():
    for op, opset, attributes in (
            ("LeakyRelu", 16, {}), ("LeakyRelu", 9, {"alpha": 0.2}), ("Elu", 9, {}), ("Elu", 22, {"alpha": 0.5}),
            ("Selu", 9, {}), ("Selu", 17, {"alpha": 1.1, "gamma": 0.9}), ("Celu", 12, {"alpha": 1.5}),
            ("ThresholdedRelu", 17, {"alpha": 0.7}), ("HardSigmoid", 17, {}), ("HardSigmoid", 9, {"alpha": 0.4}),
            ("HardSwish", 17, {}), ("Mish", 18, {}), ("Gelu", 20, {}), ("Gelu", 20, {"approximate": "tanh"}),
            ("Softplus", 17, {}), ("Softsign", 17, {}), ("Shrink", 17, {"bias": 0.3, "lambd": 0.4}), ("Shrink", 9, {}),
            ("Erf", 17, {}), ("Exp", 17, {}), ("Abs", 17, {}), ("Neg", 17, {}), ("Sign", 17, {}), ("Floor", 17, {}),
            ("Ceil", 17, {}), ("Round", 17, {}), ("Sin", 17, {}), ("Cos", 17, {}), ("Atan", 17, {}), ("Sinh", 17, {}),
            ("Cosh", 17, {}), ("Asinh", 17, {})):
        case(f"{op}{opset}", [n(op, "x", **attributes)], {"x": (2, 9)}, opset=opset, scale=2.0)
        if op not in ("Sign", "Floor", "Ceil", "Round", "ThresholdedRelu", "Shrink"):  # these jump
            case(f"{op}{opset}-matmul", [n("MatMul", "x w", "t"), n(op, "t", **attributes)], {"x": (2, 9)},
                 {"w": w(9, 6, scale=0.5)}, opset=opset)
    for op in ("Log", "Sqrt", "Reciprocal", "Acosh"):
        case(f"{op}", [n("Abs", "x", "t"), n("Add", "t c", "u"), n(op, "u")], {"x": (2, 9)},
             {"c": np.float32(1 if op == "Acosh" else 0.2)}, tolerance=1e-2)
    for op in ("Asin", "Acos", "Tan", "Atanh"):
        case(f"{op}", [n("Sin", "x", "t"), n(op, "t")], {"x": (2, 9)}, tolerance=2e-2)


def pool_cases():
    x = (2, 3, 7, 8)
    for k, attributes in enumerate([
            {"kernel_shape": [2, 2], "strides": [2, 2]}, {"kernel_shape": [3, 3]},
            {"kernel_shape": [3, 2], "strides": [2, 2], "pads": [1, 1, 1, 0]},
            {"kernel_shape": [3, 3], "strides": [2, 2], "ceil_mode": 1},
            {"kernel_shape": [3, 3], "strides": [2, 3], "pads": [1, 1, 1, 1], "ceil_mode": 1},
            {"kernel_shape": [3, 3], "strides": [2, 2], "auto_pad": "SAME_UPPER"},
            {"kernel_shape": [2, 3], "strides": [2, 2], "auto_pad": "SAME_LOWER"},
            {"kernel_shape": [1, 1], "strides": [2, 2]}, {"kernel_shape": [7, 8]}]):
        case(f"max{k}", [n("MaxPool", "x", **attributes)], {"x": x})
        case(f"max-relu{k}", [n("Relu", "x", "t"), n("MaxPool", "t", **attributes)], {"x": x})
        case(f"conv-max-relu{k}", [n("Conv", "x w", "s"), n("MaxPool", "s", "t", **attributes), n("Relu", "t")],
             {"x": x}, {"w": w(2, 3, 1, 1)})
        case(f"average{k}", [n("AveragePool", "x", **attributes)], {"x": x})
        case(f"average-pad{k}", [n("AveragePool", "x", count_include_pad=1, **attributes)], {"x": x}, opset=19)
    case("max-dilated", [n("MaxPool", "x", kernel_shape=[3, 2], dilations=[2, 3])], {"x": x})
    case("max1d", [n("MaxPool", "x", kernel_shape=[3], strides=[2])], {"x": (1, 2, 9)})
    case("max3d", [n("MaxPool", "x", kernel_shape=[2, 2, 2])], {"x": (1, 2, 4, 3, 5)})
    case("max-max", [n("Relu", "x", "a"), n("MaxPool", "a", "t", kernel_shape=[2, 2]),
                     n("MaxPool", "t", kernel_shape=[2, 2])], {"x": x})
    case("max-conv", [n("Relu", "x", "a"), n("MaxPool", "a", "t", kernel_shape=[2, 2]), n("Conv", "t w")], {"x": x},
         {"w": w(2, 3, 3, 3)})
    case("global", [n("GlobalAveragePool", "x")], {"x": x})
    case("global1", [n("GlobalAveragePool", "x")], {"x": (2, 3, 5)})
    case("average-dilated", [n("AveragePool", "x", kernel_shape=[3, 2], dilations=[2, 3])], {"x": x}, opset=19)
    case("tanh-max", [n("Tanh", "x", "t"), n("MaxPool", "t", kernel_shape=[2, 2])], {"x": x})


def move_cases():
    x = (2, 3, 4)
    for axis in (0, 1, 2, 3, -1):
        case(f"flatten{axis}", [n("Flatten", "x", axis=axis)], {"x": x})
    for k, target in enumerate([(6, 4), (-1, 4), (0, -1), (2, 2, -1, 2), (24,), (1, 0, -1)]):
        case(f"reshape{k}", [n("Reshape", "x s")], {"x": x}, {"s": i64(*target)})
        case(f"reshape-gemm{k}", [n("Relu", "x", "t"), n("Reshape", "t s", "u"), n("Flatten", "u", "v", axis=0),
                                  n("MatMul", "v w")], {"x": x}, {"s": i64(*target), "w": w(24, 2)})
    case("transpose", [n("Transpose", "x")], {"x": x})
    case("transpose-perm", [n("Transpose", "x", perm=[1, 2, 0])], {"x": x})
    case("transpose-conv", [n("Transpose", "x", "t", perm=[0, 3, 1, 2]), n("Conv", "t w", "u"),
                            n("Transpose", "u", "y", perm=[0, 2, 3, 1])], {"x": (1, 5, 5, 2)}, {"w": w(3, 2, 3, 3)})
    case("squeeze", [n("Unsqueeze", "x a", "t"), n("Relu", "t", "u"), n("Squeeze", "u a")], {"x": x}, {"a": i64(1, -1)})
    case("squeeze11", [n("Unsqueeze", "x", "t", axes=[0, 3]), n("Squeeze", "t", axes=[0])], {"x": x}, opset=11)
    case("squeeze-all", [n("Squeeze", "x")], {"x": (1, 3, 1, 2)})
    case("slice", [n("Slice", "x s e a p")], {"x": x}, {"s": i64(1, -1), "e": i64(9, -9), "a": i64(1, 2), "p": i64(1, -2)})
    case("slice9", [n("Slice", "x", starts=[1, 0], ends=[2, -1], axes=[1, 2])], {"x": x}, opset=9)
    case("gather", [n("Gather", "x i", axis=1)], {"x": x}, {"i": np.array([[2, 0], [-1, 1]], dtype=np.int64)})
    case("gather-scalar", [n("Gather", "x i", axis=2)], {"x": x}, {"i": np.array(1, dtype=np.int64)})
    case("concat", [n("Relu", "x", "t"), n("Sigmoid", "x", "u"), n("Concat", "t x u", axis=1)], {"x": x})
    case("concat-const", [n("Concat", "x w", "t", axis=-1), n("Gemm", "t v")], {"x": (2, 3)}, {"w": w(2, 2), "v": w(5, 2)})
    case("dropout", [n("Relu", "x", "t"), n("Dropout", "t r", "u"), n("Mul", "u u")], {"x": x}, {"r": np.float32(0.5)})
    case("shapes", [n("Shape", "x", "s"), n("Gather", "s zero", "g"), n("Unsqueeze", "g ax", "h"),
                    n("Concat", "h minus", "t", axis=0), n("Reshape", "x t")], {"x": x},
         {"zero": np.array(0, dtype=np.int64), "ax": i64(0), "minus": i64(-1)})
    case("constants", [n("Constant", "", "c", value=numpy_helper.from_array(w(3, 4))), n("Cast", "d", "e", to=1),
                       n("Mul", "c e", "f"), n("Add", "x f")], {"x": x}, {"d": np.array([1, 2, 3, 4], dtype=np.int32)})


def norm_cases():
    p = {"s": abs(w(3)) + 0.1, "b": w(3), "m": w(3), "v": abs(w(3)) + 0.2}
    case("batchnorm", [n("BatchNormalization", "x s b m v")], {"x": (2, 3, 4, 5)}, p)
    case("batchnorm2", [n("BatchNormalization", "x s b m v", epsilon=0.1)], {"x": (2, 3)}, p)
    case("conv-batchnorm", [n("Conv", "x w c", "t"), n("BatchNormalization", "t s b m v", "u"), n("Relu", "u")],
         {"x": (1, 2, 5, 5)}, {"w": w(3, 2, 3, 3), "c": w(3), **p})
    case("conv-batchnorm-kept", [n("Conv", "x w", "t"), n("BatchNormalization", "t s b m v", "u"), n("Add", "u t")],
         {"x": (1, 2, 5, 5)}, {"w": w(3, 2, 3, 3), **p})
    for tb in (0, 1):
        case(f"gemm-batchnorm{tb}", [n("Gemm", "x w c", "t", transB=tb), n("BatchNormalization", "t s b m v", "y")],
             {"x": (4, 5)}, {"w": w(3, 5) if tb else w(5, 3), "c": w(3), **p})


def float_run(lib, path, options, inputs, counts):
    err = Error()
    ins = (C.c_void_p * len(inputs))(*[v.ctypes.data for v in inputs])
    outs = [np.zeros(max(c, 1)) for c in counts]
    out = (C.c_void_p * len(outs))(*[v.ctypes.data for v in outs])
    status = lib.tacit_float_run(path.encode(), C.byref(options), ins, out, C.byref(err))
    return status, err.text.decode(), outs


def run_case(lib, c, path):
    name, nodes, inputs, constants, opset, outputs, tolerance, scale = c
    build(path, nodes, inputs, constants, opset, outputs)
    session = ort.InferenceSession(path)
    samples = [{k: sample(s, scale) for k, s in inputs.items()} for _ in range(4)]
    options = Options(16, 16, 0, 1.5, 0, 0, None, None)
    problems = []
    want = session.run(list(outputs), samples[0])
    data = [np.ascontiguousarray(samples[0][k], dtype=np.float64) for k in inputs]
    status, text, got = float_run(lib, path, options, data, [v.size for v in want])
    if status:
        return [f"float: {text}"]
    for k, v in enumerate(want):
        error = np.abs(v.astype(np.float64).ravel() - got[k][:v.size]).max()
        if not error < 1e-4 * (1 + np.abs(v).max()):
            problems.append(f"float output {k} differs by {error}")
    largest = max(np.abs(v).max() for s in samples for v in session.run(list(outputs), s))
    stacked = [np.ascontiguousarray([s[k] for s in samples], dtype=np.float64) for k in inputs]
    values = (C.c_void_p * len(stacked))(*[v.ctypes.data for v in stacked])
    for overflow in (0, 1):
        for weights, activations, factor in ((16, 16, 1), (8, 10, 60)):
            options = Options(weights, activations, overflow, 1.5, 0, 0, None, None)
            given = Samples(len(samples), len(stacked), None, C.cast(values, C.c_void_p))
            report = C.create_string_buffer(1 << 17)
            model, err = C.c_void_p(), Error()
            status = lib.tacit_compile(C.byref(model), path.encode(), C.byref(options), C.byref(given), report,
                                       C.byref(err))
            label = f"{'refuse' if overflow else 'saturate'} {weights}/{activations}"
            if status:
                problems.append(f"{label}: {err.text.decode()}")
                continue
            lib.tacit_model_free(model)
            head = 8 + 64 * 56 + 5 * 8 + 8  # operators, sizes, samples
            error = np.frombuffer(report.raw, dtype=np.float64, count=1, offset=head)[0]
            if not error < factor * tolerance * (1 + largest):
                problems.append(f"{label}: largest error {error}, largest output {largest}")
    return problems


def main():
    lib = C.CDLL(sys.argv[1])
    lib.tacit_model_free.argtypes = [C.c_void_p]
    for make in (conv_cases, gemm_cases, elementwise_cases, activation_cases, function_cases, pool_cases, move_cases, norm_cases):
        make()
    for module in (cases_choose, cases_elementwise, cases_ml, cases_moves, cases_norms, cases_recurrent):
        module.add(case, w, n, i64)
    bad = 0
    with tempfile.TemporaryDirectory() as folder:
        for c in CASES:
            if len(sys.argv) > 2 and not c[0].startswith(sys.argv[2]):
                continue
            try:
                problems = run_case(lib, c, f"{folder}/m.onnx")
            except Exception as e:  # onnxruntime refuses the model: the case itself is wrong
                problems = [f"case: {str(e)[:200]}"]
            for p in problems:
                print(f"{c[0]}: {p}")
            bad += len(problems) > 0
    print(f"{len(CASES)} cases, {bad} bad")
    return bad > 0


if __name__ == "__main__":
    sys.exit(main())
