"""Cases of compare_onnxruntime.py: moves, sums over axes, linear operators beyond Conv and MatMul."""
import numpy as np


def moves(case, w, n, i64):
    x = (2, 3, 4, 5)
    for mode in ("constant", "reflect", "edge", "wrap"):
        opset = 19 if mode == "wrap" else 13
        for k, p in enumerate([(0, 0, 1, 2, 0, 0, 2, 1), (1, 0, 0, 3, 0, 1, 0, 2), (0, -1, 1, 0, 0, 1, -2, 3)]):
            if mode == "reflect" and k == 1:
                p = (1, 0, 0, 3, 0, 1, 0, 2)
            case(f"pad-{mode}{k}", [n("Relu", "x", "t"), n("Pad", "t p", mode=mode)], {"x": x}, {"p": i64(*p)},
                 opset=opset)
    case("pad-value", [n("Pad", "x p v")], {"x": x}, {"p": i64(0, 1, 2, 0, 0, 1, 0, 1), "v": np.float32(-1.3)})
    case("pad-axes", [n("Pad", "x p v a")], {"x": x}, {"p": i64(1, 2, 0, 1), "v": np.float32(2), "a": i64(-1, 1)}, opset=18)
    case("pad-attribute", [n("Pad", "x", mode="constant", pads=[0, 0, 1, 1, 0, 0, 1, 0], value=0.5)], {"x": x}, opset=10)
    case("pad-conv", [n("Pad", "x p", "t"), n("Conv", "t w", "u"), n("Relu", "u")], {"x": x},
         {"p": i64(0, 0, 1, 1, 0, 0, 1, 1), "w": w(2, 3, 3, 3)})
    case("split", [n("Split", "x", "a b", axis=2), n("Mul", "a b")], {"x": x})
    case("split-sizes", [n("Split", "x s", "a b c", axis=-1), n("Concat", "c a b", axis=3)], {"x": x}, {"s": i64(1, 3, 1)})
    case("split-attribute", [n("Split", "x", "y z", axis=3, split=[2, 3])], {"x": x}, opset=11, outputs=("y", "z"))
    case("split-number", [n("Split", "x", "y z u", axis=3, num_outputs=3)], {"x": x}, opset=18, outputs=("y", "z", "u"))
    for k, (a, s) in enumerate([((3, 1), (2, 3, 4)), ((2, 3, 4), (1,)), ((3,), (2, 2, 1)), ((), (2, 3))]):
        case(f"expand{k}", [n("Relu", "x", "t"), n("Expand", "t s")], {"x": a}, {"s": i64(*s)})
    case("tile", [n("Tile", "x r")], {"x": (2, 3, 2)}, {"r": i64(2, 1, 3)})
    case("tile-one", [n("Tile", "x r")], {"x": (4,)}, {"r": i64(3)})
    for mode in ("DCR", "CRD"):
        case(f"depth-{mode}", [n("DepthToSpace", "x", blocksize=2, mode=mode)], {"x": (2, 8, 3, 2)}, opset=11)
    case("depth1", [n("Conv", "x w", "t"), n("DepthToSpace", "t", blocksize=2)], {"x": (1, 2, 4, 5)}, {"w": w(8, 2, 2, 2)},
         opset=9)
    case("space", [n("SpaceToDepth", "x", blocksize=2)], {"x": (2, 3, 4, 6)})
    for k in (-5, -1, 0, 2, 7):
        for upper in (0, 1):
            case(f"trilu{k}{upper}", [n("Trilu", "x k", upper=upper)], {"x": (2, 3, 4)}, {"k": np.array(k, dtype=np.int64)})
    case("trilu", [n("Trilu", "x")], {"x": (4, 4)})
    case("reverse", [n("ReverseSequence", "x s", batch_axis=1, time_axis=0)], {"x": (4, 3, 2)}, {"s": i64(1, 4, 2)})
    case("reverse2", [n("ReverseSequence", "x s", batch_axis=0, time_axis=1)], {"x": (3, 4)}, {"s": i64(3, 1, 4)})
    case("compress", [n("Compress", "x c", axis=-2)], {"x": x}, {"c": np.array([0, 1, 1], dtype=bool)})
    case("compress-flat", [n("Compress", "x c")], {"x": (2, 3)}, {"c": np.array([1, 0, 0, 1, 1], dtype=bool)})
    case("crop-pad", [n("CenterCropPad", "x s")], {"x": (5, 4, 3)}, {"s": i64(2, 7, 3)}, opset=18)
    case("crop-pad-axes", [n("CenterCropPad", "x s", axes=[-1, 0])], {"x": (5, 4, 3)}, {"s": i64(6, 2)}, opset=18)


def add(case, w, n, i64):
    moves(case, w, n, i64)
