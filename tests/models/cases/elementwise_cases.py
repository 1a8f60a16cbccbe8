"""Operators that work element by element, and comparisons, logic, rounding."""
import numpy as np
from case import Case, build, node

CASES = []


def numbers(name, *shape, low=-2.0, high=2.0):
    rng = np.random.default_rng(sum(map(ord, name)))
    return rng.uniform(low, high, shape).astype(np.float32)


def unary(op, label="", shape=(2, 3, 4), low=-2.0, high=2.0, opset=17, values=None, **attributes):
    def make(name):
        x = numbers(name, *shape, low=low, high=high) if values is None else np.asarray(values, np.float32)
        return Case(name, build([node(op, **attributes)], {"x": x}, opset=opset), {"x": x})

    CASES.append(("op-%s%s" % (op.lower(), label), make))


def binary(op, label, a, b, opset=17, constant=None, convert=np.float32, low=-2.0, high=2.0, **attributes):
    """a, b: shapes, or arrays. constant: which of "a", "b" lies in the model."""

    def value(name, side, given):
        if isinstance(given, (np.ndarray, np.generic)):
            return given
        return numbers(name + side, *given, low=low, high=high).astype(convert)

    def make(name):
        values = {"a": value(name, "a", a), "b": value(name, "b", b)}
        constants = {constant: values.pop(constant)} if constant else {}
        model = build([node(op, "a b", **attributes)], values, constants, opset=opset)
        return Case(name, model, values)

    CASES.append(("op-%s-%s" % (op.lower(), label), make))


for each in ("Relu", "Sigmoid", "Tanh", "Erf", "Exp", "Softplus", "Softsign", "Neg", "Abs", "Sign", "Sin", "Cos", "Atan",
             "Sinh", "Cosh", "Asinh", "Floor", "Ceil", "Round", "Identity", "Elu", "Selu", "LeakyRelu", "HardSigmoid"):
    unary(each)
unary("Tan", low=-1.2, high=1.2)
unary("Asin", low=-0.95, high=0.95)
unary("Acos", low=-0.95, high=0.95)
unary("Atanh", low=-0.9, high=0.9)
unary("Acosh", low=1.1, high=4)
unary("Log", low=0.1, high=4)
unary("Sqrt", low=0, high=4)
unary("Reciprocal", low=0.3, high=4)
unary("Reciprocal", "-signs", values=[-3, -0.5, 0.5, 0.25, 2])
unary("Round", "-halves", values=[-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 0.49, -0.51])
unary("Celu", alpha=0.7)
unary("Elu", "-alpha", alpha=0.5)
unary("Selu", "-given", alpha=1.5, gamma=0.8)
unary("LeakyRelu", "-steep", alpha=0.3, opset=9, shape=(7,))
unary("HardSigmoid", "-given", alpha=0.3, beta=0.4)
unary("HardSwish", low=-5, high=5)
unary("Mish", opset=18)
unary("Gelu", opset=20)
unary("Gelu", "-tanh", opset=20, approximate="tanh")
unary("ThresholdedRelu", alpha=0.6)
unary("Shrink", lambd=0.5, bias=0.2)
unary("Hardmax", shape=(3, 5), axis=-1)
unary("Relu", "-rank5", shape=(2, 1, 3, 2, 2))
unary("Sigmoid", "-rank1", shape=(5,), opset=9)
unary("Tanh", "-wide", low=-9, high=9)
unary("Exp", "-wide", low=-8, high=4)
unary("Sqrt", "-small", low=0.0001, high=0.01)
unary("Log", "-small", low=0.001, high=0.5)

for each in ("Add", "Sub", "Mul", "Div", "Min", "Max"):
    low, high = (0.4, 3.0) if each == "Div" else (-2.0, 2.0)
    binary(each, "same", (2, 3, 4), (2, 3, 4), low=low, high=high)
    binary(each, "row", (2, 3, 4), (4,), low=low, high=high, opset=9)
    binary(each, "constant", (2, 3, 4), (3, 1), constant="b", low=low, high=high)
    binary(each, "left-constant", (1, 4), (2, 3, 4), constant="a", low=low, high=high)
binary("Div", "signs", np.float32([[-3, 2, 1], [4, -1, 0.5]]), np.float32([[-1, 2, -2], [0.5, 4, -0.3]]))
binary("Div", "integer", np.array([[7, -7, 9, 0]]), np.array([[2, 2, -4, 5]]))
binary("Div", "integer-constant", np.array([[7, 8, 9, 0]]), np.array([3]), constant="b")
binary("Add", "integer", np.array([[7, -7, 9]]), np.array([[2, 2, -4]]))
binary("Mul", "integer", np.array([[7, -7, 9]]), np.array([[2, 2, -4]]))
binary("Sub", "int32", np.array([[7, -7, 9]], np.int32), np.array([[2, 2, -4]], np.int32))
binary("Mod", "integer", np.array([[7, -7, 9, 8]]), np.array([[3, 3, -4, -3]]))
binary("Mod", "fmod", np.float32([[5.5, -5.5, 3.25, 2.0]]), np.float32([[2, 2, 1.5, -0.75]]), fmod=1)
binary("Mod", "constant", np.array([[7, 12, 9, 8]]), np.array([5]), constant="b")
binary("Pow", "square", (2, 3), np.float32(2), constant="b")
binary("Pow", "cube", (2, 3), np.float32(3), constant="b")
binary("Pow", "half", (2, 3), np.float32(0.5), constant="b", low=0.1, high=3)
binary("Pow", "real", (2, 3), np.float32(1.7), constant="b", low=0.1, high=3)
binary("Pow", "inverse", (2, 3), np.float32(-1), constant="b", low=0.5, high=3)
binary("Pow", "integers", (2, 3), np.int64([[1, 2, 3]]), constant="b", low=0.1, high=2)
binary("Pow", "base", np.float32(2), (2, 3), constant="a")
binary("PRelu", "channel", (2, 3, 4), (3, 1), constant="b")
binary("PRelu", "scalar", (2, 3), (1,), constant="b", opset=9)
for each in ("Less", "Greater", "LessOrEqual", "GreaterOrEqual", "Equal"):
    x = np.float32([[1, 2, -1, 0.5], [0, 0, 3, 4]])
    binary(each, "reals", x, np.float32([[1, 1.5, 2, 0.25], [0, 1, 3, -4]]))
    binary(each, "constant", x, np.float32(0.5), constant="b")
    binary(each, "integers", np.array([3, -4, 5, 0]), np.array([3, 4, -5, 0]))
for each in ("And", "Or", "Xor"):
    binary(each, "bools", np.array([[True, False, True, False]]), np.array([[True, True, False, False]]))
binary("Xor", "broadcast", np.array([[True, False, True]]), np.array([[True], [False]]))
binary("Equal", "bools", np.array([True, False, True]), np.array([True, True, False]))
for each in ("BitwiseAnd", "BitwiseOr", "BitwiseXor"):
    binary(each, "int32", np.array([[12, 10, 7]], np.int32), np.array([[5, 3, 7]], np.int32), opset=18)
binary("BitShift", "left", np.array([1, 2, 3], np.uint8), np.array([1, 2, 3], np.uint8), opset=11, direction="LEFT")
binary("BitShift", "right", np.array([16, 8, 3], np.uint8), np.array([1, 2, 1], np.uint8), opset=11, direction="RIGHT")


def add(label, nodes, inputs, constants=(), **more):
    CASES.append(("op-" + label, lambda name: Case(name, build(nodes, inputs, constants, **more), inputs)))


TRUTH = np.array([[True, False, True], [False, False, True]])
add("not", [node("Not")], {"x": TRUTH})
add("where", [node("Where", "c a b")], {"c": TRUTH, "a": numbers("wa", 2, 3), "b": numbers("wb", 2, 3)})
add("where-broadcast", [node("Where", "c a b")], {"c": TRUTH[:1], "a": numbers("wc", 2, 1), "b": numbers("wd", 2, 2, 3)})
add("where-constants", [node("Greater", "x z", "c"), node("Where", "c a b")], {"x": numbers("we", 2, 3)},
    {"z": np.float32(0), "a": np.float32(1.5), "b": np.float32(-0.5)})
add("where-fill", [node("Where", "c x b")], {"x": numbers("wf", 1, 4, 4)},
    {"c": np.tril(np.ones((4, 4), bool)), "b": np.float32(-2)})
add("clip-6", [node("Clip", min=-0.5, max=0.7)], {"x": numbers("cl", 3, 4)}, opset=7)
add("clip-low", [node("Clip", "x lo")], {"x": numbers("cm", 3, 4)}, {"lo": np.float32(-0.5)})
add("clip-high", [node("Clip", "x - hi")], {"x": numbers("cn", 3, 4)}, {"hi": np.float32(0.5)})
add("max-three", [node("Max", "a b c")], {k: numbers("m" + k, 2, 3) for k in "abc"})
add("min-one", [node("Min", "x")], {"x": numbers("mo", 2, 3)}, opset=8)
add("sum-three", [node("Sum", "a b c")], {k: numbers("s" + k, 2, 3) for k in "abc"})
add("mean-three", [node("Mean", "a b c")], {k: numbers("n" + k, 2, 3) for k in "abc"}, opset=13)
add("cast-bool", [node("Cast", to=9)], {"x": np.float32([[0, 1.5, -2, 0]])})
add("cast-integer", [node("Cast", to=7)], {"x": np.float32([[0.2, 1.5, -2.7, 3]])})
add("cast-real", [node("Cast", to=1)], {"x": np.array([[0, 1, -2, 7]])})
add("cast-from-bool", [node("Cast", to=1)], {"x": TRUTH})
add("cast-double", [node("Cast", to=11)], {"x": numbers("cd", 2, 3)})
add("cast-like", [node("CastLike", "x z")], {"x": np.array([[1, 2]])}, {"z": np.float32(0)}, opset=15)
add("isnan", [node("IsNaN")], {"x": numbers("in", 2, 3)})
add("isinf", [node("IsInf")], {"x": numbers("ii", 2, 3)})
add("quantize-dequantize", [node("QuantizeLinear", "x s z", "q"), node("DequantizeLinear", "q s z", "y")],
    {"x": numbers("qd", 2, 3, 4)}, {"s": np.float32(0.05), "z": np.uint8(128)})
add("quantize-channel", [node("QuantizeLinear", "x s z", "q", axis=1), node("DequantizeLinear", "q s z", "y", axis=1)],
    {"x": numbers("qc", 2, 3, 4)}, {"s": np.float32([0.05, 0.02, 0.1]), "z": np.int8([0, 3, -5])})
add("dequantize-weights", [node("DequantizeLinear", "w s z", "d"), node("MatMul", "x d", "y")],
    {"x": numbers("dw", 2, 4)}, {"w": np.arange(12, dtype=np.uint8).reshape(4, 3), "s": np.float32(0.1), "z": np.uint8(5)})
add("gelu-parts", [node("Div", "x r", "a"), node("Erf", "a", "e"), node("Add", "e o", "p"), node("Mul", "x p", "q"),
                   node("Mul", "q h", "y")], {"x": numbers("gp", 2, 5)},
    {"r": np.float32(np.sqrt(2)), "o": np.float32(1), "h": np.float32(0.5)})
add("swish", [node("Sigmoid", "x", "s"), node("Mul", "x s")], {"x": numbers("sw", 2, 5)})
add("chain", [node("Exp", "x", "e"), node("Log", "e", "l"), node("Sqrt", "e", "r"), node("Add", "l r")],
    {"x": numbers("ch", 2, 5)})
