"""Cases of compare_onnxruntime.py: selection by value or by index."""
import numpy as np


def add(case, w, n, i64):
    by_value(case, w, n, i64)
    gathers(case, w, n, i64)
    scatters(case, w, n, i64)


def by_value(case, w, n, i64):
    x = (2, 3, 7)
    whole = (x, -3, 4)
    for op in ("ArgMax", "ArgMin"):
        for axis in (0, 1, -1):
            for keep in (0, 1):
                case(f"{op}{axis}{keep}", [n(op, "x", axis=axis, keepdims=keep)], {"x": x})
                case(f"{op}-last{axis}{keep}", [n(op, "x", axis=axis, keepdims=keep, select_last_index=1)], {"x": whole})
            case(f"{op}-whole{axis}", [n(op, "x", axis=axis)], {"x": whole})
        case(f"{op}-1d", [n(op, "x")], {"x": (9,)}, opset=11)
        case(f"{op}-5d", [n(op, "x", axis=2)], {"x": (1, 2, 5, 2, 2)}, opset=13)
        case(f"{op}-one", [n(op, "x", axis=1)], {"x": (3, 1, 2)})
        case(f"{op}-relu", [n("Relu", "x", "t"), n(op, "t", axis=-1)], {"x": x})
        case(f"{op}-two", [n(op, "x", axis=-1)], {"x": (5, 2)})
    case("argmax-gemm", [n("Gemm", "x w", "t"), n("ArgMax", "t", axis=1)], {"x": (3, 5)}, {"w": w(5, 20)})
    case("argmax-scores", [n("Gemm", "x w", "t"), n("ArgMax", "t", "y", axis=1), n("Relu", "t", "z")], {"x": (3, 5)},
         {"w": w(5, 4)}, outputs=("y", "z", "t"))
    for k in (1, 2, 5, 7):
        for largest in (0, 1):
            both = ("y", "i")
            case(f"topk{k}{largest}", [n("TopK", "x k", "y i", axis=-1, largest=largest)], {"x": x}, {"k": i64(k)}, outputs=both)
            case(f"topk-whole{k}{largest}", [n("TopK", "x k", "y i", axis=2, largest=largest)], {"x": whole}, {"k": i64(k)},
                 outputs=both)
    case("topk-axis", [n("TopK", "x k", "y i", axis=1)], {"x": (2, 5, 3)}, {"k": i64(3)}, outputs=("y", "i"))
    case("topk-values", [n("TopK", "x k", "y i", axis=0)], {"x": (6, 2)}, {"k": i64(2)})
    case("topk-indices", [n("TopK", "x k", "i y", axis=0)], {"x": (6, 2)}, {"k": i64(2)})
    case("topk10", [n("TopK", "x k", "y i")], {"x": (2, 6)}, {"k": i64(3)}, opset=10, outputs=("y", "i"))
    case("topk9", [n("TopK", "x", "y i", k=3, axis=1)], {"x": (2, 6)}, opset=9, outputs=("y", "i"))
    case("topk-long", [n("TopK", "x k", "y i")], {"x": (2, 40)}, {"k": i64(4)}, outputs=("y", "i"))
    for axis in (-1, 1, 2):
        case(f"hardmax{axis}", [n("Hardmax", "x", axis=axis)], {"x": x})
        case(f"hardmax11{axis}", [n("Hardmax", "x", axis=axis)], {"x": x}, opset=11)
    for axis in (-1, 0, 1, 2):
        case(f"onehot{axis}", [n("OneHot", "x d v", axis=axis)], {"x": ((2, 3), 0, 7)}, {"d": i64(7), "v": i64(0, 1)})
        case(f"onehot-values{axis}", [n("OneHot", "x d v", axis=axis)], {"x": ((2, 3), -5, 5)},
             {"d": np.array(5, dtype=np.int64), "v": np.array([-1.5, 2.25], dtype=np.float32)})
    case("onehot-int", [n("OneHot", "x d v")], {"x": ((6,), 0, 4)}, {"d": i64(4), "v": i64(3, -2)}, opset=9)
    case("onehot-outside", [n("OneHot", "x d v", axis=0)], {"x": ((3, 4), -9, 12)}, {"d": i64(5), "v": i64(0, 1)})
    case("onehot-outside-above", [n("OneHot", "x d v")], {"x": ((8,), 0, 12)},
         {"d": i64(7), "v": np.array([0.5, -2], dtype=np.float32)})
    case("onehot-argmax", [n("ArgMax", "x", "t", axis=1, keepdims=0), n("OneHot", "t d v")], {"x": (3, 6)},
         {"d": i64(6), "v": i64(0, 1)})


def gathers(case, w, n, i64):
    for axis in (0, 1, 2, -2):
        size = (4, 5, 6)[axis]
        case(f"gather-data{axis}", [n("Gather", "w x", axis=axis)], {"x": ((2, 3), 0, size)}, {"w": w(4, 5, 6)})
        case(f"gather-both{axis}", [n("Gather", "z x", axis=axis)], {"z": (4, 5, 6), "x": ((3,), -size, size)})
    case("gather-embedding", [n("Gather", "w x", "t"), n("MatMul", "t v")], {"x": ((2, 6), 0, 30)}, {"w": w(30, 8), "v": w(8, 3)})
    case("gather-int", [n("Gather", "w x")], {"x": ((2, 3), 0, 5)}, {"w": i64(100, -7, 3, 40000, 2)})
    case("gather-ints", [n("Gather", "z x")], {"z": ((5, 2), -9, 9), "x": ((2, 3), 0, 5)})
    case("gather-one", [n("Gather", "z x", axis=1)], {"z": (3, 5), "x": ((), 0, 5)})
    case("gather-same", [n("Gather", "w x", "s"), n("Gather", "v x", "t"), n("Mul", "s t")], {"x": ((4,), 0, 5)},
         {"w": w(5, 3), "v": w(5, 3)})
    case("gather-argmax", [n("ArgMax", "z", "t", axis=1, keepdims=0), n("Gather", "w t")], {"z": (3, 6)}, {"w": i64(7, 5, 3, 2, 9, 1)})
    for axis in (0, 1, -1):
        size = (4, 5, 6)[axis]
        shape = [4, 5, 6]
        shape[axis] = 2
        case(f"elements{axis}", [n("GatherElements", "z x", axis=axis)], {"z": (4, 5, 6), "x": (tuple(shape), 0, size)})
        shape[(axis + 1) % 3] -= 1
        case(f"elements-less{axis}", [n("GatherElements", "z x", axis=axis)], {"z": (4, 5, 6), "x": (tuple(shape), -size, size)})
        index = np.random.default_rng(axis + 5).integers(-size, size, shape)
        case(f"elements-const{axis}", [n("GatherElements", "z x", axis=axis)], {"z": (4, 5, 6)}, {"x": index})
    case("elements-data", [n("GatherElements", "w x", axis=1)], {"x": ((3, 2), 0, 4)}, {"w": w(3, 4)})
    for k, (batch, tail) in enumerate([(0, 1), (0, 2), (0, 3), (1, 1), (1, 2), (2, 1)]):
        data = (2, 3, 4)
        index = data[:batch] + (5, tail)
        if batch == 2:
            index = (2, 3, 1)
        low = min(data[batch:batch + tail])
        case(f"nd{k}", [n("GatherND", "z x", batch_dims=batch)], {"z": data, "x": (index, 0, low)})
        case(f"nd-const{k}", [n("GatherND", "z x", batch_dims=batch)], {"z": data},
             {"x": np.random.default_rng(k).integers(-low, low, index)})
    case("nd-negative", [n("GatherND", "z x")], {"z": (4, 3), "x": ((5, 1), -4, 4)}, opset=11)


def scatters(case, w, n, i64):
    for axis in (0, 1, -1):
        size = (4, 5, 6)[axis]
        shape = [4, 5, 6]
        shape[axis] = 1
        less = [3, 4, 4]
        less[axis] = 1
        for reduction, opset in (("none", 11), ("add", 16), ("mul", 16), ("max", 18), ("min", 18)):
            attributes = {"axis": axis} if reduction == "none" else {"axis": axis, "reduction": reduction}
            if reduction in ("none", "add"):
                case(f"scatter-{reduction}{axis}", [n("ScatterElements", "z x u", **attributes)],
                     {"z": (4, 5, 6), "x": (tuple(shape), 0, size), "u": tuple(shape)}, opset=opset)
                case(f"scatter-less-{reduction}{axis}", [n("ScatterElements", "z x u", **attributes)],
                     {"z": (4, 5, 6), "x": (tuple(less), -size, size), "u": tuple(less)}, opset=opset)
            many = [3, 4, 4]
            index = np.random.default_rng(axis + 7).integers(-size, size, many)
            if reduction == "none":
                index = np.argsort(np.random.default_rng(axis + 7).standard_normal(many), axis=axis)
            case(f"scatter-const-{reduction}{axis}", [n("ScatterElements", "z x u", **attributes)],
                 {"z": (4, 5, 6), "u": tuple(many)}, {"x": index}, opset=opset)
    case("scatter-add-many", [n("ScatterElements", "z x u", axis=1, reduction="add")],
         {"z": (3, 5), "x": ((3, 4), 0, 5), "u": (3, 4)}, opset=16)
    case("scatter-consts", [n("ScatterElements", "w x v", axis=1)], {"x": ((3, 1), 0, 5)}, {"w": w(3, 5), "v": w(3, 1)})
    case("scatter-whole", [n("ScatterElements", "z x u", axis=0)],
         {"z": ((5,), -9, 9), "x": ((1,), 0, 5), "u": ((1,), -9, 9)})
    case("scatter9", [n("Scatter", "z x u", axis=0)], {"z": (5, 2), "x": ((1, 2), 0, 5), "u": (1, 2)}, opset=9)
    for k, tail in enumerate((1, 2, 3)):
        data = (3, 4, 2)
        for reduction, opset in (("none", 13), ("add", 16), ("mul", 16), ("max", 18), ("min", 18)):
            attributes = {} if reduction == "none" else {"reduction": reduction}
            index = np.array([[2, 1, 1], [0, 3, 0], [1, 2, 1]], dtype=np.int64)[:, :tail]
            rest = data[tail:]
            case(f"scatter-nd-const-{reduction}{k}", [n("ScatterND", "z x u", **attributes)], {"z": data, "u": (3,) + rest},
                 {"x": index}, opset=opset)
            if reduction in ("none", "add"):
                case(f"scatter-nd-{reduction}{k}", [n("ScatterND", "z x u", **attributes)],
                     {"z": data, "x": ((1, tail), 0, 2), "u": (1,) + rest}, opset=opset)
