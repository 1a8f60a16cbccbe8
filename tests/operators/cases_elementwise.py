"""Cases of compare_onnxruntime.py: comparisons, choices, powers, quotients by constants."""
import numpy as np


def choices(case, w, n, i64):
    x = (2, 3, 4)
    for op in ("Less", "LessOrEqual", "Greater", "GreaterOrEqual", "Equal"):
        for k, (a, b) in enumerate([(x, x), (x, (4,)), (x, (3, 1)), ((3, 1), (2, 1, 4)), (x, ()), ((2, 1, 3, 1, 3), (3, 1, 1))]):
            cast = n("Cast", "t", "y", to=1)
            case(f"{op}{k}", [n(op, "x z", "t"), cast], {"x": a, "z": b})
            case(f"{op}-const{k}", [n(op, "x w", "t"), cast], {"x": a}, {"w": w(*b)})
            case(f"{op}-left{k}", [n(op, "w x", "t"), cast], {"x": b}, {"w": w(*a)})
        case(f"{op}-self", [n(op, "x x", "t"), n("Cast", "t", to=1)], {"x": x})
        case(f"{op}-matmul", [n("MatMul", "x w", "u"), n(op, "u z", "t"), n("Cast", "t", to=1)], {"x": (3, 4), "z": (2,)},
             {"w": w(4, 2)})
        case(f"{op}-where", [n(op, "x z", "c"), n("Where", "c x z")], {"x": x, "z": (3, 1)})
    for op in ("Max", "Min", "Sum", "Mean"):
        case(f"{op}1", [n("Relu", "x", "t"), n(op, "t")], {"x": x})
        case(f"{op}2", [n(op, "x z")], {"x": x, "z": (3, 1)})
        case(f"{op}3", [n(op, "x w z")], {"x": x, "z": (2, 1, 1)}, {"w": w(3, 1)})
        case(f"{op}-scales", [n("MatMul", "x w", "t"), n("Sigmoid", "x", "u"), n(op, "t u x")], {"x": (3, 3)},
             {"w": w(3, 3, scale=40)})
    for k, s in enumerate([(3, 1), (4,), (1,), (2, 3, 4), (3, 4)]):
        case(f"prelu{k}", [n("PRelu", "x s")], {"x": x}, {"s": w(*s)})
        case(f"prelu-computed{k}", [n("PRelu", "x s")], {"x": x, "s": s}, opset=9)
    case("prelu-conv", [n("Conv", "x w", "t"), n("PRelu", "t s")], {"x": (1, 2, 5, 5)}, {"w": w(3, 2, 3, 3), "s": w(3, 1, 1)})
    case("clip-computed", [n("Clip", "x lo hi")], {"x": x, "lo": (), "hi": ()})
    case("clip-one", [n("Clip", "x  hi".replace("  ", " lo "))], {"x": x, "lo": ()}, {"hi": np.float32(0.3)})
    case("where-const", [n("Where", "c x w")], {"x": x}, {"c": np.array([True, False, True, True]), "w": w(3, 1)})
    case("where-left", [n("Less", "x z", "c"), n("Where", "c w x")], {"x": x, "z": (3, 1)}, {"w": w(4)})
    case("where-two", [n("Less", "x z", "c"), n("Where", "c w v")], {"x": x, "z": (3, 1)}, {"w": w(4), "v": w()})
    case("where-logic", [n("Less", "x z", "a"), n("Greater", "x w", "b"), n("And", "a b", "c"), n("Or", "a b", "d"),
                         n("Xor", "c d", "e"), n("Not", "e", "f"), n("Where", "f x z")], {"x": x, "z": (3, 1)}, {"w": w()})


def powers(case, w, n, i64):
    x = (2, 5)
    for e in (1, 2, 3, 4):
        case(f"pow{e}", [n("Pow", "x e")], {"x": x}, {"e": np.float32(e)})
        case(f"pow-int{e}", [n("Pow", "x e")], {"x": x}, {"e": np.array([e], dtype=np.int64)})
    for e in (0.5, -1.0, 1.7):
        case(f"pow{e}", [n("Abs", "x", "a"), n("Add", "a h", "t"), n("Pow", "t e")], {"x": x},
             {"e": np.float32(e), "h": np.float32(0.5)}, tolerance=1e-2)
    case("pow-base", [n("Pow", "b x")], {"x": x}, {"b": np.float32(1.8)})
    case("pow-both", [n("Abs", "x", "a"), n("Add", "a h", "t"), n("Pow", "t z")], {"x": x, "z": (5,)},
         {"h": np.float32(0.5)}, tolerance=1e-2)
    case("pow-vector", [n("Abs", "x", "a"), n("Add", "a h", "t"), n("Pow", "t e")], {"x": x},
         {"h": np.float32(0.5), "e": w(5)}, tolerance=1e-2)
    case("div", [n("Div", "x d")], {"x": x}, {"d": np.float32(3)})
    case("div-vector", [n("Div", "x d")], {"x": x}, {"d": np.array([3, -0.5, 7, 0.01, 1], dtype=np.float32)})
    case("mod", [n("Mod", "x d", fmod=1)], {"x": x}, {"d": np.float32(0.8)}, tolerance=1e-2)
    case("neg-mod", [n("Mod", "x d", fmod=1)], {"x": x}, {"d": np.float32(-50)})


def add(*arguments):
    choices(*arguments)
    powers(*arguments)
