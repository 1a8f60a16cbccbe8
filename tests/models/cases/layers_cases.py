"""Layers: convolutions, pools, normalisations, resizing, products, softmax, recurrent ones."""
import numpy as np
from case import node
from elementwise_cases import numbers
from shapes_cases import CASES as SHAPES
from shapes_cases import add as add_there
from shapes_cases import i, x

CASES = []


def add(*arguments, **more):
    add_there(*arguments, **more)
    CASES.append(SHAPES.pop())


def w(*shape, **more):
    return numbers("w%s" % (shape,), *shape, **more)


# ---- convolutions
CONVS = {
    "1d": ((1, 3, 9), (4, 3, 3), {"strides": [2], "pads": [1, 0]}),
    "1d-group": ((2, 4, 8), (4, 2, 3), {"group": 2, "dilations": [2]}),
    "2d-nopad": ((1, 2, 5, 6), (3, 2, 3, 2), {}),
    "2d-stride": ((1, 2, 8, 7), (3, 2, 3, 3), {"strides": [2, 3], "pads": [1, 1, 1, 1]}),
    "2d-dilated": ((1, 2, 9, 9), (2, 2, 3, 3), {"dilations": [2, 3], "pads": [2, 0, 2, 1]}),
    "2d-depthwise": ((1, 4, 6, 6), (4, 1, 3, 3), {"group": 4, "pads": [1, 1, 1, 1]}),
    "2d-multiplier": ((1, 3, 6, 6), (6, 1, 3, 3), {"group": 3}),
    "2d-same": ((1, 2, 7, 8), (3, 2, 3, 4), {"auto_pad": "SAME_UPPER", "strides": [2, 2]}),
    "2d-batch": ((3, 2, 4, 4), (2, 2, 2, 2), {}),
    "3d": ((1, 2, 4, 5, 4), (3, 2, 2, 3, 2), {"pads": [0, 1, 0, 1, 1, 0], "strides": [1, 2, 1]}),
    "3d-group": ((1, 4, 3, 4, 4), (4, 2, 2, 2, 2), {"group": 2}),
}
for label, (shape, weights, attributes) in CONVS.items():
    add("conv-" + label, node("Conv", "x w b", **attributes), x(*shape), {"w": w(*weights), "b": w(weights[0])})
add("conv-input-weights", node("Conv", "x k"), {**x(1, 2, 5, 5), "k": w(3, 2, 3, 3)})
TRANSPOSED = {
    "1d": ((1, 3, 5), (3, 2, 3), {"strides": [2], "output_padding": [1]}),
    "2d": ((1, 2, 4, 4), (2, 3, 3, 3), {}),
    "2d-stride": ((1, 2, 4, 5), (2, 3, 3, 3), {"strides": [2, 2], "pads": [1, 1, 1, 1], "output_padding": [1, 1]}),
    "2d-group": ((1, 4, 3, 3), (4, 2, 2, 2), {"group": 2, "strides": [2, 2]}),
    "2d-dilated": ((1, 2, 4, 4), (2, 2, 3, 3), {"dilations": [2, 2], "pads": [1, 0, 1, 0]}),
    "2d-shape": ((1, 2, 4, 4), (2, 2, 3, 3), {"strides": [2, 2], "output_shape": [8, 8]}),
    "2d-same": ((1, 2, 4, 4), (2, 2, 3, 3), {"strides": [2, 2], "auto_pad": "SAME_UPPER"}),
    "3d": ((1, 2, 3, 3, 2), (2, 2, 2, 2, 2), {"strides": [2, 1, 1]}),
}
for label, (shape, weights, attributes) in TRANSPOSED.items():
    add("convtranspose-" + label, node("ConvTranspose", "x w b", **attributes), x(*shape),
        {"w": w(*weights), "b": w(weights[1] * attributes.get("group", 1))})
# ---- pools
POOLS = {
    "2": {"kernel_shape": [2, 2], "strides": [2, 2]},
    "pads": {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 1, 1, 1]},
    "ceil": {"kernel_shape": [3, 3], "strides": [2, 2], "ceil_mode": 1},
    "ceil-pads": {"kernel_shape": [3, 2], "strides": [2, 2], "pads": [1, 0, 1, 1], "ceil_mode": 1},
    "same": {"kernel_shape": [3, 3], "strides": [2, 2], "auto_pad": "SAME_LOWER"},
}
for label, attributes in POOLS.items():
    add("maxpool-" + label, node("MaxPool", **attributes), x(1, 2, 7, 6))
    add("averagepool-" + label, node("AveragePool", **attributes), x(1, 2, 7, 6))
    if "ceil" not in label:
        add("lppool-" + label, node("LpPool", p=2, **attributes), x(1, 2, 7, 6), opset=18)
add("maxpool-dilated", node("MaxPool", kernel_shape=[2, 2], dilations=[2, 2]), x(1, 2, 6, 6))
add("maxpool-1d", node("MaxPool", kernel_shape=[3], strides=[2]), x(1, 2, 9))
add("maxpool-3d", node("MaxPool", kernel_shape=[2, 2, 2], strides=[2, 1, 2]), x(1, 2, 4, 4, 4))
add("averagepool-include", node("AveragePool", kernel_shape=[3, 3], pads=[1, 1, 1, 1], count_include_pad=1), x(1, 2, 5, 5))
add("averagepool-1d", node("AveragePool", kernel_shape=[3], strides=[2], pads=[1, 1]), x(1, 2, 9))
add("averagepool-3d", node("AveragePool", kernel_shape=[2, 2, 2]), x(1, 1, 3, 3, 3))
add("averagepool-dilated", node("AveragePool", kernel_shape=[2, 2], dilations=[2, 2]), x(1, 2, 6, 6), opset=19)
add("lppool-1", node("LpPool", kernel_shape=[2, 2], p=1, strides=[2, 2]), x(1, 2, 4, 4))
for op in ("GlobalAveragePool", "GlobalMaxPool"):
    add(op.lower(), node(op), x(2, 3, 4, 5))
    add(op.lower() + "-1d", node(op), x(2, 3, 7))
add("globallppool", node("GlobalLpPool", p=2), x(1, 3, 4, 4))
# ---- normalisations
NORM = {"s": w(3, low=0.5, high=1.5), "b": w(3), "m": w(3, low=-0.3, high=0.3), "v": w(3, low=0.5, high=2)}
add("batchnormalization", node("BatchNormalization", "x s b m v", epsilon=1e-3), x(2, 3, 4, 4), NORM)
add("batchnormalization-rank2", node("BatchNormalization", "x s b m v"), x(4, 3), NORM, opset=9)
add("batchnormalization-rank3", node("BatchNormalization", "x s b m v"), x(1, 3, 5), NORM, opset=15)
add("batchnormalization-relu", [node("BatchNormalization", "x s b m v", "t"), node("Relu", "t")], x(1, 3, 2, 2), NORM)
SCALES = {"s": NORM["s"], "b": NORM["b"]}
add("instancenormalization", node("InstanceNormalization", "x s b"), x(2, 3, 4, 5), SCALES)
add("instancenormalization-1d", node("InstanceNormalization", "x s b", epsilon=1e-2), x(1, 3, 8), SCALES)
add("layernormalization-last", node("LayerNormalization", "x s b", axis=-1), x(2, 4, 8), {"s": w(8), "b": w(8, low=-1)})
add("layernormalization-two", node("LayerNormalization", "x s", axis=1), x(2, 3, 4), {"s": w(3, 4)})
add("layernormalization-matrix", node("LayerNormalization", "x s b"), x(5, 6), {"s": w(6), "b": w(6)}, opset=20)
add("groupnormalization", node("GroupNormalization", "x s b", num_groups=2), x(1, 4, 3, 3), {"s": w(4), "b": w(4, low=-1)},
    opset=21)
add("rmsnormalization-parts", [node("Mul", "x x", "q"), node("ReduceMean", "q", "m", axes=[-1]), node("Add", "m e", "n"),
                               node("Sqrt", "n", "r"), node("Div", "x r", "d"), node("Mul", "d s")], x(2, 3, 8),
    {"e": np.float32(1e-5), "s": w(8)})
add("lpnormalization", node("LpNormalization", axis=-1, p=2), x(2, 5))
add("lpnormalization-1", node("LpNormalization", axis=0, p=1), x(3, 4))
add("lrn", node("LRN", size=3, alpha=0.1, beta=0.75, bias=1.0), x(1, 5, 3, 3))
add("meanvariancenormalization", node("MeanVarianceNormalization"), x(2, 3, 4, 4), opset=13)
# ---- resizing
UP, SIZES = np.float32([1, 1, 2, 2]), i(1, 2, 7, 5)
for mode in ("nearest", "linear", "cubic"):
    for how in ("half_pixel", "align_corners", "asymmetric", "pytorch_half_pixel"):
        extra = {"nearest_mode": "floor"} if mode == "nearest" else {}
        add("resize-%s-%s" % (mode, how), node("Resize", "x - s", mode=mode, coordinate_transformation_mode=how, **extra),
            x(1, 2, 4, 5), {"s": UP}, opset=13)
    add("resize-%s-sizes" % mode, node("Resize", "x - - z", mode=mode), x(1, 2, 4, 5), {"z": SIZES}, opset=13)
add("resize-10", node("Resize", "x s", mode="nearest"), x(1, 2, 3, 3), {"s": UP}, opset=10)
add("resize-down", node("Resize", "x - s", mode="linear"), x(1, 1, 6, 6), {"s": np.float32([1, 1, 0.5, 0.5])}, opset=18)
add("resize-axes", node("Resize", "x - s", mode="nearest", axes=[2]), x(1, 1, 4, 3), {"s": np.float32([2])}, opset=18)
for how in ("round_prefer_floor", "round_prefer_ceil", "ceil"):
    add("resize-nearest-" + how, node("Resize", "x - s", nearest_mode=how), x(1, 1, 4, 4),
        {"s": np.float32([1, 1, 1.5, 0.75])}, opset=13)
add("resize-1d", node("Resize", "x - s", mode="linear"), x(1, 2, 5), {"s": np.float32([1, 1, 2])}, opset=13)
add("upsample-9", node("Upsample", "x s", mode="nearest"), x(1, 2, 3, 3), {"s": UP}, opset=9)
add("upsample-7", node("Upsample", mode="linear", scales=[1.0, 1.0, 2.0, 2.0]), x(1, 2, 3, 3), opset=7)
# ---- products
add("gemm-all", node("Gemm", "x w c", alpha=0.5, beta=2.0, transA=1, transB=1), x(4, 3), {"w": w(5, 4), "c": w(3, 1)})
add("gemm-nobias", node("Gemm", "x w"), x(2, 4), {"w": w(4, 3)}, opset=11)
add("gemm-7", node("Gemm", "x w c"), x(2, 4), {"w": w(4, 3), "c": w(3)}, opset=7)
add("matmul-5", node("MatMul", "x z"), {**x(2, 1, 1, 3, 4), "z": w(1, 2, 1, 4, 2)})
add("matmul-vector", node("MatMul", "x z"), {**x(4), "z": w(2, 4, 3)})
add("matmul-constant", node("MatMul", "w x"), x(4, 2), {"w": w(3, 4)})
EINSUMS = {"ij,jk->ik": ((2, 3), (3, 4)), "bij,bjk->bik": ((2, 2, 3), (2, 3, 2)), "i,j->ij": ((3,), (4,)),
           "bhqd,bhkd->bhqk": ((1, 2, 3, 4), (1, 2, 5, 4)), "ij,ij->i": ((2, 3), (2, 3)), "i,i->": ((4,), (4,)),
           "...ij,...jk->...ik": ((2, 2, 3), (2, 3, 2)), "abc,cd->abd": ((2, 3, 4), (4, 2)), "ijk,il->kjl": ((2, 3, 2), (2, 3))}
for place, (equation, (a, b)) in enumerate(EINSUMS.items()):
    add("einsum-%d" % place, node("Einsum", "x z", equation=equation), {**x(*a), "z": w(*b)}, opset=13)
for place, equation in enumerate(("ij->ji", "ijk->ik", "ii->i", "ij->", "bij->bji")):
    rank = len(equation.split("->")[0])
    add("einsum-one-%d" % place, node("Einsum", equation=equation), x(*((3, 3, 2)[:rank])), opset=13)
add("einsum-three", node("Einsum", "x z w", equation="ij,jk,kl->il"), {**x(2, 3), "z": w(3, 2)}, {"w": w(2, 4)}, opset=13)
# ---- softmax and friends
for op in ("Softmax", "LogSoftmax"):
    add(op.lower() + "-last", node(op, axis=-1), x(2, 3, 5), opset=13)
    add(op.lower() + "-middle", node(op, axis=1), x(2, 4, 3), opset=13)
    add(op.lower() + "-old", node(op, axis=1), x(2, 3, 4), opset=11)
    add(op.lower() + "-wide", node(op, axis=-1), x(2, 6, low=-12, high=12), opset=13)
add("hardmax-first", node("Hardmax", axis=0), x(3, 4), opset=13)
add("attention-parts", [node("MatMul", "x k", "s"), node("Mul", "s f", "t"), node("Softmax", "t", "p", axis=-1),
                        node("MatMul", "p v")], {**x(2, 4, 8), "k": w(2, 8, 4), "v": w(2, 4, 6)}, {"f": np.float32(0.354)})
# ---- recurrent
HIDDEN, SEEN, STEPS = 4, 3, 5
for op, gates in (("LSTM", 4), ("GRU", 3), ("RNN", 1)):
    for direction, sides in (("forward", 1), ("reverse", 1), ("bidirectional", 2)):
        constants = {"w": w(sides, gates * HIDDEN, SEEN, low=-0.7, high=0.7),
                     "r": w(sides, gates * HIDDEN, HIDDEN, low=-0.7, high=0.7), "b": w(sides, 2 * gates * HIDDEN, low=-0.3)}
        last = "y h c" if op == "LSTM" else "y h"
        extra = {"linear_before_reset": 1} if op == "GRU" and direction != "reverse" else {}
        add("%s-%s" % (op.lower(), direction), node(op, "x w r b", last, hidden_size=HIDDEN, direction=direction, **extra),
            x(STEPS, 2, SEEN), constants, outputs=last, opset=14)
add("lstm-initial", node("LSTM", "x w r - - h0 c0", "y", hidden_size=HIDDEN), x(3, 1, SEEN),
    {"w": w(1, 4 * HIDDEN, SEEN), "r": w(1, 4 * HIDDEN, HIDDEN), "h0": w(1, 1, HIDDEN), "c0": w(1, 1, HIDDEN)}, opset=7)
add("rnn-relu", node("RNN", "x w r", "- h", hidden_size=HIDDEN, activations=["Relu"]), x(3, 1, SEEN),
    {"w": w(1, HIDDEN, SEEN, low=-0.5, high=0.5), "r": w(1, HIDDEN, HIDDEN, low=-0.5, high=0.5)}, outputs="h", opset=14)
# ---- windows and others that only make constants
for op in ("HannWindow", "HammingWindow", "BlackmanWindow"):
    add(op.lower(), [node(op, "n", "h"), node("Mul", "x h")], x(8), {"n": i(8)[0]}, opset=17)
