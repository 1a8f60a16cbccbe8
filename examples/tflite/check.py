"""Compares a TFLite network with its ONNX conversion, number by number.

    pip install numpy onnx onnxruntime tflite ai-edge-litert
    python check.py model.tflite...

Three answers to the same random inputs: this file's own numpy evaluation of the TFLite graph, ONNX Runtime's of the
converted one, and, where ai-edge-litert is installed, TFLite's interpreter. The first two must agree to float precision.
The interpreter must too, unless weights are stored as int8: then it rounds activations to 8 bits on the way, and the
difference is only printed.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import tflite

from convert import TO_NCHW, convert
from tflite_graph import dilations_of, padding, read, strides_of

SEED, SAMPLES = 1, 4
TOLERANCE = 1e-4  # parts of the largest output

ACTIVATIONS = {
    "NONE": lambda x: x,
    "RELU": lambda x: np.maximum(x, 0),
    "RELU6": lambda x: np.clip(x, 0, 6),
    "RELU_N1_TO_1": lambda x: np.clip(x, -1, 1),
    "TANH": np.tanh,
}


def windows(x, kernel, strides, dilations, pads, fill):
    """[batch, out height, out width, kernel height, kernel width, channels]"""
    x = np.pad(x, [(0, 0), *pads, (0, 0)], constant_values=fill)
    reach = [(kernel[k] - 1) * dilations[k] + 1 for k in range(2)]
    view = np.lib.stride_tricks.sliding_window_view(x, reach, axis=(1, 2))
    view = view[:, :: strides[0], :: strides[1], :, :: dilations[0], :: dilations[1]]
    return view.transpose(0, 1, 2, 4, 5, 3)


def conv(op, x, weights, bias=0):
    strides, dilations, kernel = strides_of(op.options), dilations_of(op.options), weights.shape[1:3]
    pads = padding(op.options, x.shape[1:3], kernel, strides, dilations)
    view = windows(x, kernel, strides, dilations, pads, 0)
    if op.name == "CONV_2D":
        return np.einsum("nhwyxc,oyxc->nhwo", view, weights, optimize=True) + bias
    channels = x.shape[3]
    split = weights.reshape(*kernel, channels, -1)
    return np.einsum("nhwyxc,yxcm->nhwcm", view, split).reshape(*view.shape[:3], -1) + bias


def pool(op, x):
    kernel, strides = [op.options.FilterHeight(), op.options.FilterWidth()], strides_of(op.options)
    pads = padding(op.options, x.shape[1:3], kernel, strides, [1, 1])
    if op.name == "MAX_POOL_2D":
        return windows(x, kernel, strides, [1, 1], pads, -np.inf).max((3, 4))
    total = windows(x, kernel, strides, [1, 1], pads, 0).sum((3, 4))
    return total / windows(np.ones_like(x), kernel, strides, [1, 1], pads, 0).sum((3, 4))


def fully_connected(op, x, weights, bias=0):
    return x.reshape(-1, weights.shape[1]) @ weights.T + bias


def softmax(op, x):
    powers = np.exp(op.options.Beta() * (x - x.max(-1, keepdims=True)))
    return powers / powers.sum(-1, keepdims=True)


def reducer(function):
    return lambda op, x, axes: function(x, axis=tuple(np.atleast_1d(axes)), keepdims=bool(op.options.KeepDims()))


EVALUATIONS = {
    "CONV_2D": conv,
    "DEPTHWISE_CONV_2D": conv,
    "FULLY_CONNECTED": fully_connected,
    "AVERAGE_POOL_2D": pool,
    "MAX_POOL_2D": pool,
    "ADD": lambda op, a, b: a + b,
    "SUB": lambda op, a, b: a - b,
    "MUL": lambda op, a, b: a * b,
    "DIV": lambda op, a, b: a / b,
    "MAXIMUM": lambda op, a, b: np.maximum(a, b),
    "MINIMUM": lambda op, a, b: np.minimum(a, b),
    "RELU": lambda op, x: np.maximum(x, 0),
    "RELU6": lambda op, x: np.clip(x, 0, 6),
    "LEAKY_RELU": lambda op, x: np.where(x < 0, op.options.Alpha() * x, x),
    "LOGISTIC": lambda op, x: 1 / (1 + np.exp(-x)),
    "TANH": lambda op, x: np.tanh(x),
    "HARD_SWISH": lambda op, x: x * np.clip(x + 3, 0, 6) / 6,
    "SOFTMAX": softmax,
    "MEAN": reducer(np.mean),
    "SUM": reducer(np.sum),
    "PAD": lambda op, x, amounts: np.pad(x, amounts),
    "CONCATENATION": lambda op, *parts: np.concatenate(parts, op.options.Axis()),
    "TRANSPOSE": lambda op, x, order: x.transpose(order),
    "RESHAPE": lambda op, x, *_: x,
    "SQUEEZE": lambda op, x, *_: x,
    "EXPAND_DIMS": lambda op, x, *_: x,
    "DEQUANTIZE": lambda op, x: x,
}


def evaluate(graph, inputs):
    """The outputs in float64, layer by layer."""
    values = {i: t.constant for i, t in enumerate(graph.tensors) if t.constant is not None}
    values.update(zip(graph.inputs, inputs))
    for op in graph.operators:
        given = [values.get(i) for i in op.inputs if i >= 0]
        result = ACTIVATIONS[op.activation](EVALUATIONS[op.name](op, *given))
        values[op.outputs[0]] = result.reshape(graph.tensors[op.outputs[0]].shape)
    return [values[i] for i in graph.outputs]


def turned(x):
    return x.transpose(TO_NCHW) if x.ndim == 4 else x


def by_interpreter(path, inputs):
    """TFLite's own answer, or None where its package is not installed."""
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ImportError:
        return None
    interpreter = Interpreter(model_path=str(path))
    interpreter.allocate_tensors()
    for place, x in zip(interpreter.get_input_details(), inputs):
        interpreter.set_tensor(place["index"], x)
    interpreter.invoke()
    return [interpreter.get_tensor(place["index"]) for place in interpreter.get_output_details()]


def difference(got, want):
    largest = max(np.abs(each).max() for each in want)
    return max(np.abs(a - b).max() for a, b in zip(got, want)) / max(largest, 1e-12)


def check(path, rng):
    """Largest differences (ONNX Runtime's, the interpreter's or None) from the numpy evaluation."""
    graph = read(path)
    session = onnxruntime.InferenceSession(convert(path).SerializeToString(), providers=["CPUExecutionProvider"])
    names = [place.name for place in session.get_inputs()]
    worst, worst_interpreter = 0.0, None
    for _ in range(SAMPLES):
        inputs = [rng.uniform(-1, 1, graph.tensors[i].shape).astype(np.float32) for i in graph.inputs]
        want = evaluate(graph, [x.astype(np.float64) for x in inputs])
        got = session.run(None, dict(zip(names, map(turned, inputs))))
        worst = max(worst, difference(got, list(map(turned, want))))
        interpreted = by_interpreter(path, inputs)
        if interpreted is not None:
            worst_interpreter = max(worst_interpreter or 0.0, difference(interpreted, want))
    return worst, worst_interpreter


def stores_integers(path):
    model = tflite.Model.GetRootAs(path.read_bytes(), 0)
    part = model.Subgraphs(0)
    return any(part.Tensors(i).Type() == tflite.TensorType.INT8 for i in range(part.TensorsLength()))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="+", type=Path)
    wrong = 0
    for path in parser.parse_args().models:
        ours, theirs = check(path, np.random.default_rng(SEED))
        exact = not stores_integers(path)
        told = "not installed" if theirs is None else f"{theirs:.2e}{'' if exact else ' (int8 weights)'}"
        print(f"{path.name}: ONNX Runtime {ours:.2e}, TFLite's interpreter {told}")
        wrong += ours > TOLERANCE or (exact and theirs is not None and theirs > TOLERANCE)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
