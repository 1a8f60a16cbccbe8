"""Moves, gathers, scatters, reductions, sorting: what places values, and what adds or picks them along axes."""
import numpy as np
from case import Case, build, node
from elementwise_cases import numbers

CASES = []


def add(label, nodes, inputs, constants=(), options=(), **more):
    nodes = nodes if isinstance(nodes, list) else [nodes]
    CASES.append(("op-" + label, lambda name: Case(name, build(nodes, inputs, constants, **more), inputs, list(options))))


def x(*shape, **more):
    return {"x": numbers("x%s" % (shape,), *shape, **more)}


def i(*values):
    return np.array(values, np.int64)


# ---- moves
for mode in ("constant", "reflect", "edge", "wrap"):
    add("pad-" + mode, node("Pad", "x p", mode=mode), x(1, 2, 4, 5), {"p": i(0, 0, 1, 2, 0, 0, 2, 1)}, opset=19)
add("pad-value", node("Pad", "x p v"), x(2, 3), {"p": i(1, 0, 0, 2), "v": np.float32(1.25)}, opset=11)
add("pad-2", node("Pad", pads=[0, 1, 2, 0], mode="reflect"), x(3, 4), opset=9)
add("pad-negative", node("Pad", "x p"), x(4, 5), {"p": i(-1, 1, 0, -2)})
add("pad-axes", node("Pad", "x p - a"), x(2, 3, 4), {"p": i(1, 2), "a": i(-2)}, opset=18)
add("concat-negative", node("Concat", "x z", axis=-1), {**x(2, 3, 4), "z": numbers("z", 2, 3, 1)})
add("concat-three", node("Concat", "x z w", axis=1), {**x(1, 2), "z": numbers("z", 1, 3)}, {"w": np.float32([[5]])})
add("split-equal", node("Split", "x", "y z w", axis=1), x(2, 6), outputs="y z w", opset=11)
add("split-sizes", node("Split", "x s", "y z", axis=-1), x(2, 3, 5), {"s": i(2, 3)}, outputs="y z")
add("split-attribute", node("Split", "x", "y z", axis=0, split=[1, 3]), x(4, 2), outputs="y z", opset=9)
add("split-uneven", node("Split", "x", "y z w", axis=1, num_outputs=3), x(2, 7), outputs="y z w", opset=18)
add("slice-steps", node("Slice", "x s e a t"), x(5, 6, 7), {"s": i(-1, 1), "e": i(-6, 6), "a": i(0, -1), "t": i(-2, 2)})
add("slice-1", node("Slice", starts=[0, 1], ends=[2, 1000], axes=[0, 2]), x(3, 2, 4), opset=9)
add("slice-plain", node("Slice", "x s e"), x(3, 4), {"s": i(1, 0), "e": i(3, -1)}, opset=11)
add("flatten-0", node("Flatten", axis=0), x(2, 3, 4))
add("flatten-negative", node("Flatten", axis=-1), x(2, 3, 4), opset=13)
add("reshape-5", node("Reshape", "x s"), x(2, 3, 4), {"s": i(1, -1, 0, 2, 2)[[0, 1, 3, 4]]})
add("squeeze-all", node("Squeeze"), x(1, 3, 1, 2), opset=11)
add("squeeze-negative", node("Squeeze", "x a"), x(1, 3, 1, 2), {"a": i(-2)})
add("unsqueeze-negative", node("Unsqueeze", "x a"), x(3, 2), {"a": i(-1, 0)})
add("unsqueeze-11", node("Unsqueeze", axes=[1, 3]), x(3, 2), opset=11)
add("transpose-5", node("Transpose", perm=[4, 0, 3, 1, 2]), x(2, 1, 3, 2, 2))
add("transpose-default", node("Transpose"), x(2, 3, 4))
add("expand", node("Expand", "x s"), x(3, 1), {"s": i(2, 1, 4)})
add("tile", node("Tile", "x r"), x(2, 3), {"r": i(2, 2)})
add("depth-to-space-dcr", node("DepthToSpace", blocksize=2), x(1, 8, 2, 3))
add("depth-to-space-crd", node("DepthToSpace", blocksize=2, mode="CRD"), x(1, 8, 2, 3), opset=11)
add("space-to-depth", node("SpaceToDepth", blocksize=2), x(1, 2, 4, 6))
add("trilu-upper", node("Trilu", "x"), x(2, 4, 5), opset=14)
add("trilu-lower", node("Trilu", "x k", upper=0), x(4, 5), {"k": i(-1)[0]}, opset=14)
add("trilu-lower-plus", node("Trilu", "x k", upper=0), x(4, 5), {"k": i(1)[0]}, opset=14)
add("eyelike", [node("EyeLike", "x", "e", k=1), node("Add", "x e")], x(3, 4))
add("range", [node("Range", "s e d", "r"), node("Add", "x r")], x(5),
    {"s": np.float32(0), "e": np.float32(10), "d": np.float32(2)})
add("constant-of-shape", [node("ConstantOfShape", "s", "c"), node("Add", "x c")], x(2, 3), {"s": i(2, 3)})
add("shape-math", [node("Shape", "x", "s"), node("Gather", "s k", "d"), node("Cast", "d", "f", to=1), node("Div", "x f")],
    x(2, 5), {"k": i(1)[0]})
add("reverse-sequence", node("ReverseSequence", "x l", batch_axis=1, time_axis=0), x(4, 3), {"l": i(4, 2, 1)})
add("center-crop-pad", node("CenterCropPad", "x s", axes=[1, 2]), x(2, 5, 4), {"s": i(3, 6)}, opset=18)
# ---- gathers and scatters
add("gather-negative", node("Gather", "x k", axis=-1), x(2, 3, 4), {"k": i(-1, 0, 2)})
add("gather-scalar", node("Gather", "x k", axis=1), x(2, 3, 4), {"k": i(2)[0]})
add("gather-matrix", node("Gather", "x k"), x(4, 3), {"k": i(0, 3, 1, 1).reshape(2, 2)})
add("gather-computed", node("Gather", "t x"), {"x": i(3, 0, 2)}, {"t": numbers("t", 5, 4)})
add("gather-both", node("Gather", "x k", axis=1), {**x(2, 5), "k": i(4, 0, -1)})
add("gather-elements", node("GatherElements", "x k", axis=1), {**x(3, 4), "k": i(0, 3, 1, 2, 2, -1).reshape(3, 2)})
add("gather-elements-constant", node("GatherElements", "x k", axis=0), x(3, 4), {"k": i(0, 2, 1, 2).reshape(1, 4)})
add("gather-nd", node("GatherND", "x k"), x(3, 4, 2), {"k": i(0, 1, 2, 3).reshape(2, 2)})
add("gather-nd-batch", node("GatherND", "x k", batch_dims=1), x(2, 3, 4), {"k": i(1, 2).reshape(2, 1)})
add("gather-nd-computed", node("GatherND", "x k"), {**x(3, 4), "k": i(0, 1, 2, 3).reshape(2, 2)})
add("scatter-elements", node("ScatterElements", "x k u", axis=1), {**x(3, 4), "k": i(0, 3, 1, 2, 3, 0).reshape(3, 2),
                                                                   "u": numbers("u", 3, 2)})
add("scatter-elements-constant", node("ScatterElements", "x k u", axis=0), {**x(3, 4), "u": numbers("u", 1, 4)},
    {"k": i(0, 2, 1, 2).reshape(1, 4)})
for how in ("add", "mul", "max", "min"):
    add("scatter-elements-" + how, node("ScatterElements", "x k u", axis=1, reduction=how),
        {**x(2, 4), "u": numbers("u", 2, 3)}, {"k": i(0, 0, 1, 2, 3, 2).reshape(2, 3)}, opset=18)
add("scatter-nd", node("ScatterND", "x k u"), {**x(4, 3), "u": numbers("u", 2, 3)}, {"k": i(3, 1).reshape(2, 1)})
add("scatter-nd-points", node("ScatterND", "x k u"), {**x(4, 3), "u": numbers("u", 2)}, {"k": i(3, 1, 0, 2).reshape(2, 2)})
add("scatter-nd-computed", node("ScatterND", "x k u"), {**x(4, 3), "k": i(3, 1, 0, 2).reshape(2, 2),
                                                       "u": numbers("u", 2)})
add("scatter-nd-add", node("ScatterND", "x k u", reduction="add"), {**x(4, 3), "u": numbers("u", 2, 3)},
    {"k": i(1, 1).reshape(2, 1)}, opset=16)
add("one-hot", node("OneHot", "x d v"), {"x": i(0, 3, -1, 2)}, {"d": i(4)[0], "v": np.float32([0, 1])})
add("one-hot-axis", node("OneHot", "x d v", axis=0), {"x": i(0, 1, 2, 9).reshape(2, 2)}, {"d": i(3)[0], "v": np.float32([-1, 2])})
add("embedding", [node("Gather", "t x", "e"), node("MatMul", "e w")], {"x": i(1, 4, 2).reshape(1, 3)},
    {"t": numbers("t", 6, 4), "w": numbers("w", 4, 2)})
add("nonzero-constant", [node("NonZero", "c", "n"), node("Squeeze", "n a", "k"), node("Gather", "x k")], x(5, 2),
    {"c": np.float32([1, 0, 2, 0, 3]), "a": i(0)})
# ---- reductions
for op in ("ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceL1", "ReduceL2", "ReduceLogSumExp", "ReduceProd",
           "ReduceSumSquare"):
    label = op.lower()
    add(label + "-all", node(op, keepdims=0), x(2, 3, 4), opset=11)
    add(label + "-negative", node(op, axes=[-1], keepdims=1), x(2, 3, 4), opset=11)
    add(label + "-two", node(op, "x a", keepdims=0), x(2, 3, 2, 2), {"a": i(1, -1)}, opset=18)
add("reducelogsum", node("ReduceLogSum", axes=[1], keepdims=0), x(2, 3, low=0.2, high=2), opset=13)
add("reducesum-13", node("ReduceSum", "x a", keepdims=1), x(2, 3, 4), {"a": i(0, 2)}, opset=13)
add("reducesum-noop", node("ReduceSum", "x -", noop_with_empty_axes=1), x(2, 3), opset=13)
add("reducemax-integers", node("ReduceMax", axes=[1]), {"x": i(3, 9, -4, 1, 1, 0).reshape(2, 3)}, opset=13)
add("reducesum-integers", node("ReduceSum", "x a"), {"x": i(3, 9, -4, 1, 1, 0).reshape(2, 3)}, {"a": i(1)}, opset=13)
add("cumsum", node("CumSum", "x a"), x(2, 5), {"a": i(1)[0]})
add("cumsum-reverse", node("CumSum", "x a", reverse=1, exclusive=1), x(3, 4), {"a": i(0)[0]})
add("cumsum-exclusive", node("CumSum", "x a", exclusive=1), x(3, 4), {"a": i(-1)[0]})
for op in ("ArgMax", "ArgMin"):
    add(op.lower() + "-last", node(op, axis=-1, keepdims=0), x(3, 5))
    add(op.lower() + "-first", node(op, axis=0), x(3, 5), opset=11)
    add(op.lower() + "-ties", node(op, axis=1), {"x": np.float32([[1, 3, 3, 2], [0, 0, 0, 0]])})
    add(op.lower() + "-ties-last", node(op, axis=1, select_last_index=1),
        {"x": np.float32([[1, 3, 3, 2], [0, 0, 0, 0]])}, opset=12)
add("argmax-integers", node("ArgMax", axis=1), {"x": i(3, 9, -4, 1, 1, 0).reshape(2, 3)})
add("topk-both", node("TopK", "x k", "y z", axis=-1), x(2, 6), {"k": i(3)}, outputs="y z", opset=11)
add("topk-smallest", node("TopK", "x k", "y z", axis=0, largest=0), x(5, 2), {"k": i(2)}, outputs="y z", opset=11)
add("topk-10", node("TopK", "x k", "y z", axis=1), x(2, 6), {"k": i(1)}, outputs="y z", opset=10)
add("topk-values", node("TopK", "x k", "y z"), x(1, 4), {"k": i(4)}, outputs="y", opset=11)
add("topk-ties", node("TopK", "x k", "y z"), {"x": np.float32([[2, 1, 2, 1, 2]])}, {"k": i(4)}, outputs="y z", opset=11)
# ---- dynamic dimensions
add("dim-names", [node("MatMul", "x w", "t"), node("Relu", "t")], x(3, 4), {"w": numbers("w", 4, 2)},
    ["--dim", "rows=3"], dims={"x": ("rows", 4)})
add("dim-two", node("Add", "x z"), {**x(3, 4), "z": numbers("z", 1, 4)}, (), ["--dim", "a=3", "--dim", "b=4"],
    dims={"x": ("a", "b"), "z": (1, "b")})
add("dim-reshape", [node("Shape", "x", "s"), node("Gather", "s k", "n"), node("Unsqueeze", "n o", "u"),
                    node("Concat", "u m", "t", axis=0), node("Reshape", "x t")], x(3, 2, 4),
    {"k": i(0)[0], "o": i(0), "m": i(-1)}, ["--dim", "n=3"], dims={"x": ("n", 2, 4)})
