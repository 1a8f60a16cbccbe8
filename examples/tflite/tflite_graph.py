"""Reads a float TFLite file into plain Python: tensors, constants as numpy arrays, operators with their options.

Shared by convert.py (TFLite to ONNX) and check.py (numbers of both). Weights stored as int8 or float16 are widened to
float32 here; a network that computes in integers is refused.
"""

from dataclasses import dataclass
from typing import Optional

import numpy as np
import tflite

BUILTIN_NAMES = {code: name for name, code in vars(tflite.BuiltinOperator).items() if isinstance(code, int)}
ACTIVATION_NAMES = {code: name for name, code in vars(tflite.ActivationFunctionType).items() if isinstance(code, int)}
NUMPY_TYPES = {
    tflite.TensorType.FLOAT32: np.float32,
    tflite.TensorType.FLOAT16: np.float16,
    tflite.TensorType.INT8: np.int8,
    tflite.TensorType.INT32: np.int32,
    tflite.TensorType.INT64: np.int64,
    tflite.TensorType.BOOL: np.bool_,
}


class Refused(Exception):
    """The file holds something that the converter does not do; the message names it."""


@dataclass
class Tensor:
    name: str
    shape: tuple
    real: bool
    constant: Optional[np.ndarray] = None  # reals as float32


@dataclass
class Operator:
    name: str  # as in TFLite's schema: CONV_2D, ...
    inputs: list  # tensor numbers, -1 for one that is left out
    outputs: list
    options: object = None  # the options table of this kind of operator, or None
    activation: str = "NONE"  # fused: NONE, RELU, RELU6, RELU_N1_TO_1, TANH


@dataclass
class Graph:
    tensors: list
    operators: list
    inputs: list
    outputs: list


# Operators with an options table; the others have none that matters.
OPTIONS = {
    "CONV_2D": "Conv2DOptions",
    "DEPTHWISE_CONV_2D": "DepthwiseConv2DOptions",
    "TRANSPOSE_CONV": "TransposeConvOptions",
    "FULLY_CONNECTED": "FullyConnectedOptions",
    "ADD": "AddOptions",
    "SUB": "SubOptions",
    "MUL": "MulOptions",
    "DIV": "DivOptions",
    "AVERAGE_POOL_2D": "Pool2DOptions",
    "MAX_POOL_2D": "Pool2DOptions",
    "CONCATENATION": "ConcatenationOptions",
    "SOFTMAX": "SoftmaxOptions",
    "LEAKY_RELU": "LeakyReluOptions",
    "MIRROR_PAD": "MirrorPadOptions",
    "MEAN": "ReducerOptions",
    "SUM": "ReducerOptions",
    "REDUCE_MAX": "ReducerOptions",
    "REDUCE_MIN": "ReducerOptions",
    "RESIZE_BILINEAR": "ResizeBilinearOptions",
    "RESIZE_NEAREST_NEIGHBOR": "ResizeNearestNeighborOptions",
}


def widen(values, tensor):
    """Stored weights as float32: float16, or int8 with one scale for all or one a slice of an axis."""
    if values.dtype == np.float16:
        return values.astype(np.float32)
    quantisation = tensor.Quantization()
    if values.dtype != np.int8 or quantisation is None or quantisation.ScaleLength() == 0:
        return values
    shape = [1] * values.ndim
    if quantisation.ScaleLength() > 1:
        shape[quantisation.QuantizedDimension()] = -1
    scale = quantisation.ScaleAsNumpy().reshape(shape)
    zero = quantisation.ZeroPointAsNumpy().reshape(shape) if quantisation.ZeroPointLength() else 0
    return ((values.astype(np.float32) - zero) * scale).astype(np.float32)


def read_tensor(model, tensor):
    name = tensor.Name().decode()
    shape = tuple(tensor.ShapeAsNumpy().tolist()) if tensor.ShapeLength() else ()
    if tensor.Type() not in NUMPY_TYPES:
        raise Refused(f"tensor {name}: type {tensor.Type()} is not supported")
    real = tensor.Type() in (tflite.TensorType.FLOAT32, tflite.TensorType.FLOAT16)
    buffer = model.Buffers(tensor.Buffer())
    if buffer.DataLength() == 0:
        return Tensor(name, shape, real)
    values = np.frombuffer(buffer.DataAsNumpy().tobytes(), NUMPY_TYPES[tensor.Type()]).reshape(shape)
    return Tensor(name, shape, real, widen(values, tensor))


def read_operator(model, operator):
    code = model.OperatorCodes(operator.OpcodeIndex())
    name = BUILTIN_NAMES[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())]
    found = Operator(name, operator.InputsAsNumpy().tolist(), operator.OutputsAsNumpy().tolist())
    if name in OPTIONS and operator.BuiltinOptions() is not None:
        found.options = getattr(tflite, OPTIONS[name])()
        found.options.Init(operator.BuiltinOptions().Bytes, operator.BuiltinOptions().Pos)
    if hasattr(found.options, "FusedActivationFunction"):
        found.activation = ACTIVATION_NAMES[found.options.FusedActivationFunction()]
    return found


def read(path):
    model = tflite.Model.GetRootAs(path.read_bytes(), 0)
    if model.SubgraphsLength() != 1:
        raise Refused(f"{path}: {model.SubgraphsLength()} subgraphs")
    part = model.Subgraphs(0)
    for i in (*part.InputsAsNumpy(), *part.OutputsAsNumpy()):
        if part.Tensors(int(i)).Type() != tflite.TensorType.FLOAT32:
            raise Refused(f"{path}: input or output {part.Tensors(int(i)).Name().decode()} is not float32")
    # Integers that operators compute are shapes; the file has the shapes that came out of them.
    tensors = [read_tensor(model, part.Tensors(i)) for i in range(part.TensorsLength())]
    operators = [read_operator(model, part.Operators(i)) for i in range(part.OperatorsLength())]
    operators = [each for each in operators if any(tensors[i].real for i in each.outputs)]
    return Graph(tensors, operators, part.InputsAsNumpy().tolist(), part.OutputsAsNumpy().tolist())


def same_padding(size, kernel, stride, dilation):
    """(before, after) of TFLite's SAME padding along one axis."""
    total = max((-(-size // stride) - 1) * stride + (kernel - 1) * dilation + 1 - size, 0)
    return total // 2, total - total // 2


def padding(options, sizes, kernel, strides, dilations):
    """[(before, after)] for each of the two spatial axes."""
    if options.Padding() == tflite.Padding.VALID:
        return [(0, 0), (0, 0)]
    return [same_padding(*each) for each in zip(sizes, kernel, strides, dilations)]


def strides_of(options):
    return [options.StrideH(), options.StrideW()]


def dilations_of(options):
    return [options.DilationHFactor(), options.DilationWFactor()]
