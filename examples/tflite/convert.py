"""Converts a float TFLite network to ONNX in NCHW layout.

    pip install numpy onnx tflite
    python convert.py model.tflite model.onnx

TFLite keeps images as [batch, height, width, channels], ONNX as [batch, channels, height, width]. Every tensor of four
axes that a spatial operator reads or makes is written in ONNX's order, inputs and outputs of the network included: GIVE
THE CONVERTED MODEL ITS IMAGES AS NCHW. Constants are turned around here; a Transpose appears only where the order of
the numbers matters to something else (a Reshape, for one). With --keep-layout inputs and outputs keep TFLite's order,
behind one Transpose each.

Operators: see LOWERINGS below. Anything else is refused by name. check.py compares the numbers.
"""

import argparse
from pathlib import Path

import numpy as np
import onnx
import tflite
from onnx import TensorProto, helper, numpy_helper

from tflite_graph import Refused, dilations_of, padding, read, strides_of

OPSET = 17
IR_VERSION = 8
TO_NCHW, TO_NHWC = (0, 3, 1, 2), (0, 2, 3, 1)


def images_first(shape):
    return tuple(shape[k] for k in TO_NCHW)


class Converter:
    """ONNX nodes so far; `place[i]` = (name, in NCHW order?) of TFLite tensor i."""

    def __init__(self, graph):
        self.graph = graph
        self.nodes, self.initializers = [], []
        self.place, self.turned = {}, {}
        self.made = 0

    # --- names, constants, nodes

    def new_name(self, base):
        self.made += 1
        return f"{base}.{self.made}"

    def keep(self, values, base="constant"):
        name = self.new_name(base)
        self.initializers.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def integers(self, values):
        return self.keep(np.array(values, np.int64), "integers")

    def node(self, kind, inputs, output, **attributes):
        self.nodes.append(helper.make_node(kind, inputs, [output], name=f"{kind}_{len(self.nodes)}", **attributes))
        return output

    # --- TFLite tensors

    def tensor(self, i):
        return self.graph.tensors[i]

    def shape(self, i):
        return self.tensor(i).shape

    def constant(self, i, what):
        if i < 0 or self.tensor(i).constant is None:
            raise Refused(f"{what} must be a constant")
        return self.tensor(i).constant

    def placed(self, i):
        if i not in self.place:
            raise Refused(f"tensor {self.tensor(i).name} holds computed integers")
        return self.place[i]

    def turn(self, name, order):
        key = name, order
        if key not in self.turned:
            self.turned[key] = self.node("Transpose", [name], self.new_name(name), perm=order)
        return self.turned[key]

    def plain(self, i):
        """Tensor i in TFLite's order."""
        if self.tensor(i).constant is not None:
            return self.keep(self.tensor(i).constant)
        name, nchw = self.placed(i)
        return self.turn(name, TO_NHWC) if nchw else name

    def image(self, i):
        """Tensor i, of four axes, as NCHW."""
        if self.tensor(i).constant is not None:
            return self.keep(self.tensor(i).constant.transpose(TO_NCHW))
        name, nchw = self.placed(i)
        return name if nchw else self.turn(name, TO_NCHW)

    def is_image(self, i):
        return i in self.place and self.place[i][1]

    def same_order(self, i):
        """(name, in NCHW order?) of tensor i as it is."""
        return (self.plain(i), False) if self.tensor(i).constant is not None else self.placed(i)

    def result(self, operator, name, nchw):
        """`name` is the operator's result before its fused activation."""
        kind = operator.activation
        if kind == "RELU":
            name = self.node("Relu", [name], self.new_name("relu"))
        elif kind in ("RELU6", "RELU_N1_TO_1"):
            lo, hi = (0, 6) if kind == "RELU6" else (-1, 1)
            name = self.node("Clip", [name, self.keep(np.float32(lo)), self.keep(np.float32(hi))], self.new_name("clip"))
        elif kind == "TANH":
            name = self.node("Tanh", [name], self.new_name("tanh"))
        elif kind != "NONE":
            raise Refused(f"fused activation {kind}")
        self.place[operator.outputs[0]] = name, nchw

    # --- spatial operators

    def conv(self, op):
        weights = self.constant(op.inputs[1], "weights")
        depthwise = op.name == "DEPTHWISE_CONV_2D"
        kernel = weights.shape[1:3]
        turned = weights.transpose(3, 0, 1, 2) if depthwise else weights.transpose(0, 3, 1, 2)
        inputs = [self.image(op.inputs[0]), self.keep(turned, "weight")]
        if len(op.inputs) > 2 and op.inputs[2] >= 0:
            inputs.append(self.keep(self.constant(op.inputs[2], "bias"), "bias"))
        channels = self.shape(op.inputs[0])[3]
        strides, dilations = strides_of(op.options), dilations_of(op.options)
        pads = padding(op.options, self.shape(op.inputs[0])[1:3], kernel, strides, dilations)
        name = self.node("Conv", inputs, self.new_name("conv"), kernel_shape=kernel, strides=strides,
                         dilations=dilations, pads=[p[0] for p in pads] + [p[1] for p in pads],
                         group=channels if depthwise else channels // turned.shape[1])
        self.result(op, name, True)

    def conv_transpose(self, op):
        weights = self.constant(op.inputs[1], "weights")  # [out, h, w, in]
        inputs = [self.image(op.inputs[2]), self.keep(weights.transpose(3, 0, 1, 2), "weight")]
        if len(op.inputs) > 3 and op.inputs[3] >= 0:
            inputs.append(self.keep(self.constant(op.inputs[3], "bias"), "bias"))
        strides, kernel = strides_of(op.options), weights.shape[1:3]
        size = self.shape(op.outputs[0])[1:3]
        pads = padding(op.options, size, kernel, strides, [1, 1])
        name = self.node("ConvTranspose", inputs, self.new_name("conv"), kernel_shape=kernel, strides=strides,
                         pads=[p[0] for p in pads] + [p[1] for p in pads],
                         output_padding=[size[k] - (self.shape(op.inputs[2])[1 + k] - 1) * strides[k] - kernel[k] +
                                         sum(pads[k]) for k in range(2)])
        self.result(op, name, True)

    def pool(self, op):
        kernel, strides = [op.options.FilterHeight(), op.options.FilterWidth()], strides_of(op.options)
        pads = padding(op.options, self.shape(op.inputs[0])[1:3], kernel, strides, [1, 1])
        kind = "MaxPool" if op.name == "MAX_POOL_2D" else "AveragePool"
        name = self.node(kind, [self.image(op.inputs[0])], self.new_name("pool"), kernel_shape=kernel, strides=strides,
                         pads=[p[0] for p in pads] + [p[1] for p in pads])
        self.result(op, name, True)

    def resize(self, op):
        bilinear = op.name == "RESIZE_BILINEAR"
        mode = ("align_corners" if op.options.AlignCorners() else
                "half_pixel" if op.options.HalfPixelCenters() else "asymmetric")
        batch, _, _, channels = self.shape(op.inputs[0])
        sizes = self.integers([batch, channels, *self.shape(op.outputs[0])[1:3]])
        nearest = "round_prefer_ceil" if op.options.AlignCorners() else "floor"
        name = self.node("Resize", [self.image(op.inputs[0]), "", "", sizes], self.new_name("resize"),
                         mode="linear" if bilinear else "nearest", coordinate_transformation_mode=mode,
                         nearest_mode=nearest)
        self.result(op, name, True)

    # --- elementwise

    def unary(self, kind, **attributes):
        def lower(op):
            name, nchw = self.same_order(op.inputs[0])
            self.result(op, self.node(kind, [name], self.new_name(kind.lower()), **attributes), nchw)

        return lower

    def leaky(self, op):
        self.unary("LeakyRelu", alpha=op.options.Alpha())(op)

    def clip(self, op):
        op.activation = op.name
        name, nchw = self.same_order(op.inputs[0])
        self.result(op, name, nchw)

    def reciprocal_root(self, op):
        name, nchw = self.same_order(op.inputs[0])
        root = self.node("Sqrt", [name], self.new_name("sqrt"))
        self.result(op, self.node("Reciprocal", [root], self.new_name("reciprocal")), nchw)

    def square(self, op):
        name, nchw = self.same_order(op.inputs[0])
        self.result(op, self.node("Mul", [name, name], self.new_name("square")), nchw)

    def operand(self, i, nchw):
        """One side of a binary operator whose result is in NCHW order or not; the other side is broadcast against it."""
        if not nchw:
            return self.plain(i)
        shape = self.shape(i)
        if len(shape) == 4:
            return self.image(i)
        wide = (1,) * (4 - len(shape)) + tuple(shape)
        if self.tensor(i).constant is not None:
            return self.keep(self.tensor(i).constant.reshape(wide).transpose(TO_NCHW))
        reshaped = self.node("Reshape", [self.plain(i), self.integers(wide)], self.new_name("wide"))
        return self.turn(reshaped, TO_NCHW)

    def binary(self, kind):
        def lower(op):
            nchw = any(self.is_image(i) for i in op.inputs)
            inputs = [self.operand(i, nchw) for i in op.inputs]
            self.result(op, self.node(kind, inputs, self.new_name(kind.lower())), nchw)

        return lower

    # --- axes

    def axes_of(self, i, axes):
        """(name, nchw, axes in that order) for axes in TFLite's order."""
        name, nchw = self.same_order(i)
        axes = [axis % len(self.shape(i)) for axis in axes]
        return name, nchw, [TO_NCHW.index(axis) for axis in axes] if nchw else axes

    def softmax(self, kind):
        def lower(op):
            if kind == "Softmax" and op.options.Beta() != 1:
                raise Refused("beta other than 1")
            name, nchw, axes = self.axes_of(op.inputs[0], [-1])
            self.result(op, self.node(kind, [name], self.new_name("softmax"), axis=axes[0]), nchw)

        return lower

    def reduce(self, kind):
        def lower(op):
            axes = np.atleast_1d(self.constant(op.inputs[1], "axes")).tolist()
            keep = bool(op.options.KeepDims())
            name, nchw, turned = self.axes_of(op.inputs[0], axes)
            if nchw and not keep and {axis % 4 for axis in axes} != {1, 2}:
                name, nchw, turned = self.plain(op.inputs[0]), False, [axis % 4 for axis in axes]
            extra = {"keepdims": int(keep)}
            inputs = [name, self.integers(turned)]
            if kind != "ReduceSum":  # axes are an attribute until opset 18
                inputs, extra["axes"] = [name], turned
            self.result(op, self.node(kind, inputs, self.new_name("reduce"), **extra), nchw and keep)

        return lower

    def concat(self, op):
        nchw = any(self.is_image(i) for i in op.inputs)
        axis = op.options.Axis() % len(self.shape(op.outputs[0]))
        inputs = [self.operand(i, nchw) for i in op.inputs]
        self.result(op, self.node("Concat", inputs, self.new_name("concat"), axis=TO_NCHW.index(axis) if nchw else axis),
                    nchw)

    def pad(self, op):
        amounts = self.constant(op.inputs[1], "paddings")
        name, nchw = self.same_order(op.inputs[0])
        if nchw:
            amounts = amounts[list(TO_NCHW)]
        inputs = [name, self.integers(amounts.T.ravel())]
        if op.name == "PADV2":
            inputs.append(self.keep(self.constant(op.inputs[2], "value").reshape(()).astype(np.float32)))
        mode = "constant"
        if op.name == "MIRROR_PAD":
            if op.options.Mode() != tflite.MirrorPadMode.REFLECT:
                raise Refused("mode SYMMETRIC")
            mode = "reflect"
        self.result(op, self.node("Pad", inputs, self.new_name("pad"), mode=mode), nchw)

    # --- order of the numbers

    def reshape(self, op):
        name = self.node("Reshape", [self.plain(op.inputs[0]), self.integers(self.shape(op.outputs[0]))],
                         self.new_name("reshape"))
        self.result(op, name, False)

    def transpose(self, op):
        order = self.constant(op.inputs[1], "order").tolist()
        name = self.node("Transpose", [self.plain(op.inputs[0])], self.new_name("transpose"), perm=order)
        self.result(op, name, False)

    def slice(self, op):
        begin = self.constant(op.inputs[1], "begin")
        size = self.constant(op.inputs[2], "size")
        whole = np.array(self.shape(op.inputs[0]))
        end = np.where(size < 0, whole, begin + size)
        axes = self.integers(range(len(begin)))
        name = self.node("Slice", [self.plain(op.inputs[0]), self.integers(begin), self.integers(end), axes],
                         self.new_name("slice"))
        self.result(op, name, False)

    def fully_connected(self, op):
        weights = self.constant(op.inputs[1], "weights")
        name = self.plain(op.inputs[0])
        if len(self.shape(op.inputs[0])) != 2:
            name = self.node("Reshape", [name, self.integers([-1, weights.shape[1]])], self.new_name("rows"))
        inputs = [name, self.keep(weights, "weight")]
        if len(op.inputs) > 2 and op.inputs[2] >= 0:
            inputs.append(self.keep(self.constant(op.inputs[2], "bias"), "bias"))
        name = self.node("Gemm", inputs, self.new_name("dense"), transB=1)
        if len(self.shape(op.outputs[0])) != 2:
            name = self.node("Reshape", [name, self.integers(self.shape(op.outputs[0]))], self.new_name("reshape"))
        self.result(op, name, False)

    def dequantize(self, op):
        source = self.tensor(op.inputs[0])
        if source.constant is None:
            raise Refused("of computed values: the network computes in integers")
        self.graph.tensors[op.outputs[0]].constant = source.constant

    # --- the whole graph

    def lower(self, op):
        if op.name not in LOWERINGS:
            raise Refused("this operator is not supported")
        LOWERINGS[op.name](self)(op)

    def boundary(self, i, keep_layout):
        """(shape in the ONNX file, in NCHW order?) of an input or output."""
        shape = self.shape(i)
        nchw = len(shape) == 4 and not keep_layout
        return images_first(shape) if nchw else shape, nchw

    def convert(self, keep_layout):
        inputs, outputs = [], []
        for i in self.graph.inputs:
            shape, nchw = self.boundary(i, keep_layout)
            name = self.tensor(i).name
            inputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
            self.place[i] = name, nchw
        for op in self.graph.operators:
            try:
                self.lower(op)
            except Refused as refused:
                raise Refused(f"{op.name} (makes {self.tensor(op.outputs[0]).name}): {refused}") from None
        for i in self.graph.outputs:
            shape, nchw = self.boundary(i, keep_layout)
            source = self.image(i) if nchw else self.plain(i)
            outputs.append(helper.make_tensor_value_info(self.tensor(i).name, TensorProto.FLOAT, shape))
            rename_output(self.nodes, source, self.tensor(i).name)
        graph = helper.make_graph(self.nodes, "tflite", inputs, outputs, self.initializers)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION,
                                  producer_name="tacit-tflite")
        onnx.checker.check_model(model, full_check=True)
        return model


def rename_output(nodes, old, new):
    for node in nodes:
        node.input[:] = [new if name == old else name for name in node.input]
        node.output[:] = [new if name == old else name for name in node.output]


LOWERINGS = {
    "CONV_2D": lambda c: c.conv,
    "DEPTHWISE_CONV_2D": lambda c: c.conv,
    "TRANSPOSE_CONV": lambda c: c.conv_transpose,
    "FULLY_CONNECTED": lambda c: c.fully_connected,
    "AVERAGE_POOL_2D": lambda c: c.pool,
    "MAX_POOL_2D": lambda c: c.pool,
    "RESIZE_BILINEAR": lambda c: c.resize,
    "RESIZE_NEAREST_NEIGHBOR": lambda c: c.resize,
    "ADD": lambda c: c.binary("Add"),
    "SUB": lambda c: c.binary("Sub"),
    "MUL": lambda c: c.binary("Mul"),
    "DIV": lambda c: c.binary("Div"),
    "MAXIMUM": lambda c: c.binary("Max"),
    "MINIMUM": lambda c: c.binary("Min"),
    "POW": lambda c: c.binary("Pow"),
    "PRELU": lambda c: c.binary("PRelu"),
    "RELU": lambda c: c.clip,
    "RELU6": lambda c: c.clip,
    "RELU_N1_TO_1": lambda c: c.clip,
    "LEAKY_RELU": lambda c: c.leaky,
    "LOGISTIC": lambda c: c.unary("Sigmoid"),
    "TANH": lambda c: c.unary("Tanh"),
    "ELU": lambda c: c.unary("Elu"),
    "HARD_SWISH": lambda c: c.unary("HardSwish"),
    "EXP": lambda c: c.unary("Exp"),
    "LOG": lambda c: c.unary("Log"),
    "SQRT": lambda c: c.unary("Sqrt"),
    "RSQRT": lambda c: c.reciprocal_root,
    "SQUARE": lambda c: c.square,
    "ABS": lambda c: c.unary("Abs"),
    "NEG": lambda c: c.unary("Neg"),
    "SOFTMAX": lambda c: c.softmax("Softmax"),
    "LOG_SOFTMAX": lambda c: c.softmax("LogSoftmax"),
    "MEAN": lambda c: c.reduce("ReduceMean"),
    "SUM": lambda c: c.reduce("ReduceSum"),
    "REDUCE_MAX": lambda c: c.reduce("ReduceMax"),
    "REDUCE_MIN": lambda c: c.reduce("ReduceMin"),
    "CONCATENATION": lambda c: c.concat,
    "PAD": lambda c: c.pad,
    "PADV2": lambda c: c.pad,
    "MIRROR_PAD": lambda c: c.pad,
    "RESHAPE": lambda c: c.reshape,
    "SQUEEZE": lambda c: c.reshape,
    "EXPAND_DIMS": lambda c: c.reshape,
    "TRANSPOSE": lambda c: c.transpose,
    "SLICE": lambda c: c.slice,
    "DEQUANTIZE": lambda c: c.dequantize,
}


def convert(path, keep_layout=False):
    return Converter(read(path)).convert(keep_layout)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tflite", type=Path)
    parser.add_argument("onnx", type=Path)
    parser.add_argument("--keep-layout", action="store_true", help="inputs and outputs stay NHWC")
    options = parser.parse_args()
    try:
        model = convert(options.tflite, options.keep_layout)
    except Refused as refused:
        parser.exit(1, f"{options.tflite}: {refused}\n")
    onnx.save(model, options.onnx)
    for kind, values in (("input", model.graph.input), ("output", model.graph.output)):
        for value in values:
            print(kind, value.name, [d.dim_value for d in value.type.tensor_type.shape.dim])


if __name__ == "__main__":
    main()
