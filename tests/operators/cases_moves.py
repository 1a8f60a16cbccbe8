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


def sums(case, w, n, i64):
    x = (2, 3, 4, 5)
    composed = ("ReduceL1", "ReduceL2", "ReduceLogSumExp", "ReduceSumSquare")
    for op in ("ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd") + composed:
        tolerance = 4e-3 if op == "ReduceLogSumExp" else 2e-3
        scale = 0.8 if op == "ReduceProd" else 1.0
        for k, (a, keep) in enumerate([([1], 1), ([-1, 0], 0), ([2, 1], 1), ([0, 1, 2, 3], 0)]):
            if op == "ReduceProd" and k == 3:
                a = [3]
            case(f"{op}{k}", [n(op, "x a", keepdims=keep)], {"x": x}, {"a": i64(*a)}, opset=18, tolerance=tolerance,
                 scale=scale)
        case(f"{op}-attribute", [n(op, "x", axes=[1, -1])], {"x": (2, 3, 3)}, opset=11, tolerance=tolerance, scale=scale)
        case(f"{op}-all", [n(op, "x", keepdims=0)], {"x": (3, 2)}, opset=11, tolerance=tolerance)
        case(f"{op}-gemm", [n("MatMul", "x w", "t"), n(op, "t a", "u"), n("Mul", "u t")], {"x": (3, 4)},
             {"w": w(4, 3, scale=0.3), "a": i64(1)}, opset=18, tolerance=5 * tolerance, scale=scale)
        if op not in composed:
            case(f"{op}-noop", [n(op, "x", noop_with_empty_axes=1)], {"x": (3, 2)}, opset=18)
    case("ReduceLogSum", [n("Exp", "x", "t"), n("ReduceLogSum", "t a")], {"x": (3, 4)}, {"a": i64(1)}, opset=18)
    case("ReduceSum13", [n("ReduceSum", "x a", keepdims=0)], {"x": x}, {"a": i64(1, 2)})
    case("variance", [n("ReduceMean", "x", "m", axes=[-1]), n("Sub", "x m", "d"), n("Mul", "d d", "q"),
                      n("ReduceMean", "q", "y", axes=[-1])], {"x": (3, 8)})
    case("sum-of-product", [n("Mul", "x z", "t"), n("ReduceSum", "t a", keepdims=0)], {"x": (2, 3, 4), "z": (3, 1)},
         {"a": i64(0, 2)})
    case("sum-of-sum", [n("Mul", "x z", "t"), n("MatMul", "x w", "u"), n("Add", "t u", "v"), n("Add", "v b", "s"),
                        n("ReduceSum", "s a", keepdims=0)], {"x": (2, 3), "z": (2, 1)},
         {"w": w(3, 3), "b": w(3), "a": i64(1)}, tolerance=4e-3)
    case("max-long", [n("ReduceMax", "x", axes=[1])], {"x": (2, 77)})
    for op in ("GlobalMaxPool", "GlobalLpPool", "GlobalAveragePool"):
        for k, s in enumerate([(2, 3, 5), (2, 3, 4, 5), (1, 2, 2, 3, 4)]):
            case(f"{op}{k}", [n(op, "x")], {"x": s}, tolerance=2e-3)
    case("GlobalLpPool-1", [n("GlobalLpPool", "x", p=1)], {"x": (2, 3, 4, 5)})
    for reverse in (0, 1):
        for exclusive in (0, 1):
            case(f"cumsum{reverse}{exclusive}", [n("CumSum", "x a", reverse=reverse, exclusive=exclusive)],
                 {"x": (2, 5, 3)}, {"a": np.array(-2, dtype=np.int64)})
            case(f"cumsum-long{reverse}{exclusive}", [n("CumSum", "x a", reverse=reverse, exclusive=exclusive)],
                 {"x": (2, 1100)}, {"a": np.array(1, dtype=np.int64)}, tolerance=1e-2)


def einsums(case, w, n, i64):
    for k, (equation, shapes) in enumerate([
            ("ij,jk->ik", [(3, 4), (4, 5)]), ("bij,bjk->bik", [(2, 3, 4), (2, 4, 5)]), ("bhid,bhjd->bhij", [(1, 2, 3, 4), (1, 2, 5, 4)]),
            ("i,j->ij", [(3,), (4,)]), ("i,i->", [(5,), (5,)]), ("i,i->i", [(5,), (5,)]), ("ij,kl->il", [(2, 3), (4, 5)]),
            ("...ij,...jk->...ik", [(2, 3, 4), (1, 4, 5)]), ("b...d,d->b...", [(2, 3, 4, 5), (5,)]),
            ("ii,ij->j", [(3, 3), (3, 4)]), ("iij,ij->i", [(3, 3, 2), (3, 2)]), ("ij,ij", [(3, 4), (3, 4)]),
            ("ba,cb", [(3, 4), (2, 3)]), ("ij,jk->ki", [(3, 4), (4, 5)]), ("...i,...i->...", [(1, 3, 4), (2, 1, 4)]),
            ("nchw,cd->ndhw", [(2, 3, 2, 3), (3, 4)])]):
        for kind in ("two", "const", "left"):
            x, c = {"x": shapes[0], "z": shapes[1]}, {}
            if kind == "const":
                x, c = {"x": shapes[0]}, {"z": w(*shapes[1])}
            if kind == "left":
                x, c = {"z": shapes[1]}, {"x": w(*shapes[0])}
            case(f"einsum{k}-{kind}", [n("Einsum", "x z", equation=equation)], x, c)
    for k, (equation, shape) in enumerate([("ij->ji", (3, 4)), ("ij->", (3, 4)), ("ijk->kj", (2, 3, 4)), ("ii->i", (4, 4)),
                                           ("ii", (4, 4)), ("iij->j", (3, 3, 2)), ("...ij->...ji", (2, 3, 4)),
                                           ("b...->...b", (2, 3, 4)), ("ijij->ij", (2, 3, 2, 3)), ("iji->j", (2, 3, 2))]):
        case(f"einsum-one{k}", [n("Einsum", "x", equation=equation)], {"x": shape})
    case("einsum-three", [n("Einsum", "x z w", equation="ij,jk,kl->il")], {"x": (2, 3), "z": (3, 4)}, {"w": w(4, 2)})
    case("einsum-three2", [n("Einsum", "x z w", equation="bi,bj,ij->b")], {"x": (2, 3), "z": (2, 4)}, {"w": w(3, 4)})
    case("einsum-square", [n("Einsum", "x x", equation="ij,ij->i")], {"x": (2, 3)})
    case("einsum-bias", [n("Einsum", "x w", "t", equation="bij,jk->bik"), n("Add", "t b", "u"), n("Relu", "u")],
         {"x": (2, 3, 4)}, {"w": w(4, 5), "b": w(5)})


def windows(case, w, n, i64):
    for k, (attributes, x, ws) in enumerate([
            ({}, (1, 2, 4, 5), (2, 3, 3, 2)), ({"strides": [2, 3]}, (2, 2, 3, 4), (2, 3, 3, 2)),
            ({"strides": [2, 2], "pads": [1, 0, 1, 2], "output_padding": [1, 0]}, (1, 2, 3, 4), (2, 3, 3, 4)),
            ({"dilations": [2, 3], "strides": [2, 1]}, (1, 2, 3, 4), (2, 3, 3, 2)),
            ({"group": 2, "strides": [2, 2]}, (1, 4, 3, 3), (4, 3, 2, 2)), ({"group": 4}, (2, 4, 3, 3), (4, 1, 3, 3)),
            ({"auto_pad": "SAME_UPPER", "strides": [2, 2]}, (1, 2, 3, 4), (2, 3, 3, 3)),
            ({"auto_pad": "SAME_LOWER", "strides": [2, 2]}, (1, 2, 3, 4), (2, 3, 3, 3)),
            ({"auto_pad": "VALID", "strides": [2, 2]}, (1, 2, 3, 4), (2, 3, 3, 3)),
            ({"output_shape": [7, 10], "strides": [2, 2]}, (1, 2, 3, 4), (2, 3, 4, 5)),
            ({"output_shape": [6, 9], "strides": [2, 2], "auto_pad": "SAME_UPPER"}, (1, 2, 3, 4), (2, 3, 4, 4)),
            ({"strides": [2], "pads": [1, 1]}, (1, 2, 5), (2, 3, 4)),
            ({"strides": [1, 2, 1], "group": 2}, (2, 4, 2, 2, 3), (4, 2, 2, 3, 2)),
            ({"kernel_shape": [1, 2], "strides": [3, 3]}, (1, 2, 3, 2), (2, 1, 1, 2))]):
        m = ws[1] * attributes.get("group", 1)
        case(f"convt{k}", [n("ConvTranspose", "x w b", **attributes)], {"x": x}, {"w": w(*ws), "b": w(m)})
        case(f"convt{k}-relu", [n("ConvTranspose", "x w b", "t", **attributes), n("Relu", "t")], {"x": x},
             {"w": w(*ws), "b": w(m)})
    p = {"s": abs(w(3)) + 0.1, "o": w(3), "m": w(3), "v": abs(w(3)) + 0.2}
    case("convt-batchnorm", [n("ConvTranspose", "x w", "t", strides=[2, 2]), n("BatchNormalization", "t s o m v")],
         {"x": (1, 2, 3, 4)}, {"w": w(2, 3, 3, 3), **p})
    case("convt-computed", [n("ConvTranspose", "x z c", strides=[2, 2])], {"x": (1, 2, 3, 4), "z": (2, 3, 2, 2), "c": (3,)})
    case("conv-computed", [n("Conv", "x z c", pads=[1, 1, 0, 0])], {"x": (1, 2, 3, 4), "z": (3, 2, 2, 2), "c": (3,)})
    case("conv-constant", [n("Conv", "w z", pads=[1, 1, 0, 0])], {"z": (3, 2, 2, 2)}, {"w": w(1, 2, 3, 4)})
    case("conv3d-group", [n("Conv", "x w b", group=2, pads=[1, 0, 1, 0, 1, 1])], {"x": (2, 4, 3, 3, 4)},
         {"w": w(6, 2, 2, 2, 3), "b": w(6)})
    case("conv3d-depthwise", [n("Conv", "x w b", "t", group=3, strides=[2, 1, 2]), n("Relu", "t")], {"x": (2, 3, 4, 3, 4)},
         {"w": w(3, 1, 2, 2, 2), "b": w(3)})


def resizes(case, w, n, i64):
    x = (1, 2, 5, 6)
    f32 = lambda *v: np.array(v, dtype=np.float32)
    for at in ("half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric", "half_pixel_symmetric"):
        for k, s in enumerate([(1, 1, 2, 2), (1, 1, 1.3, 2.6), (1, 1, 0.7, 0.5), (1, 1, 3, 0.7)]):
            opset = 19 if "symmetric" in at else 13
            for mode in ("round_prefer_floor", "round_prefer_ceil", "floor", "ceil"):
                case(f"resize-nearest-{at}-{mode}{k}", [n("Resize", "x - s", mode="nearest",
                     coordinate_transformation_mode=at, nearest_mode=mode)], {"x": x}, {"s": f32(*s)}, opset=opset)
            for mode in ("linear", "cubic"):
                case(f"resize-{mode}-{at}{k}", [n("Resize", "x - s", mode=mode, coordinate_transformation_mode=at)],
                     {"x": x}, {"s": f32(*s)}, opset=opset, tolerance=4e-3)
    for mode in ("nearest", "linear", "cubic"):
        case(f"resize-sizes-{mode}", [n("Resize", "x - - s", mode=mode)], {"x": x}, {"s": i64(1, 2, 9, 4)})
        case(f"resize-sizes11-{mode}", [n("Resize", "x r e s", mode=mode)], {"x": x},
             {"s": i64(1, 2, 9, 4), "r": f32(), "e": f32()}, opset=11)
        if mode != "nearest":
            for k, s in enumerate([(0.6, 0.5), (0.35, 1.4), (2, 3)]):
                case(f"resize-antialias-{mode}{k}", [n("Resize", "x - s", mode=mode, antialias=1, axes=[2, 3])], {"x": x},
                     {"s": f32(*s)}, opset=18, tolerance=4e-3)
    case("resize-axes", [n("Resize", "x - s", mode="nearest", axes=[3, 2])], {"x": x}, {"s": f32(2, 3)}, opset=18)
    for policy in ("not_larger", "not_smaller"):
        case(f"resize-{policy}", [n("Resize", "x - - s", mode="linear", axes=[2, 3], keep_aspect_ratio_policy=policy)],
             {"x": x}, {"s": i64(8, 8)}, opset=18, tolerance=4e-3)
    case("resize-cubic-outside", [n("Resize", "x - s", mode="cubic", exclude_outside=1, cubic_coeff_a=-0.5)], {"x": x},
         {"s": f32(1, 1, 1.7, 2)}, tolerance=4e-3)
    for k, s in enumerate([(1, 1, 2, 3), (1, 1, 0.6, 0.5), (1, 1, 1.5, 1.3)]):
        for mode in ("nearest", "linear"):
            case(f"resize10-{mode}{k}", [n("Resize", "x s", mode=mode)], {"x": x}, {"s": f32(*s)}, opset=10, tolerance=4e-3)
            if k != 1:
                case(f"upsample9-{mode}{k}", [n("Upsample", "x s", mode=mode)], {"x": x}, {"s": f32(*s)}, opset=9, tolerance=4e-3)
                case(f"upsample7-{mode}{k}", [n("Upsample", "x", mode=mode, scales=list(map(float, s)))], {"x": x}, opset=7,
                     tolerance=4e-3)
    case("resize-conv", [n("Resize", "x - s", "t", mode="linear"), n("Conv", "t w", "u", pads=[1, 1, 1, 1]), n("Relu", "u")],
         {"x": x}, {"s": f32(1, 1, 2, 2), "w": w(3, 2, 3, 3)})
    case("resize-3d", [n("Resize", "x - s", mode="linear")], {"x": (1, 2, 2, 3, 2)}, {"s": f32(1, 1, 2, 2, 2)})
    case("resize-1d", [n("Resize", "x - s", mode="linear", coordinate_transformation_mode="align_corners")], {"x": (1, 2, 4)},
         {"s": f32(1, 1, 2.5)}, tolerance=4e-3)
    for p in (1, 2):
        for k, attributes in enumerate([{"kernel_shape": [2, 3]}, {"kernel_shape": [3, 2], "strides": [2, 2], "pads": [1, 0, 1, 1]},
                                        {"kernel_shape": [3, 3], "auto_pad": "SAME_UPPER", "strides": [2, 2]}]):
            case(f"lppool{p}{k}", [n("LpPool", "x", p=p, **attributes)], {"x": x}, tolerance=2e-3)
        case(f"lppool{p}-1d", [n("LpPool", "x", p=p, kernel_shape=[3], strides=[2])], {"x": (2, 3, 7)}, tolerance=2e-3)
        case(f"lppool{p}-3d", [n("LpPool", "x", p=p, kernel_shape=[2, 2, 2])], {"x": (1, 2, 3, 3, 3)}, tolerance=2e-3)
    case("lppool-dilated", [n("LpPool", "x", kernel_shape=[2, 2], dilations=[2, 1], ceil_mode=1)], {"x": x}, opset=18, tolerance=2e-3)


def constants(case, w, n, i64):
    x = (2, 3, 4)
    case("gatherelements0", [n("GatherElements", "x i", axis=1)], {"x": x}, {"i": np.array([[[0, 2, -1], [1, 1, 0]]])})
    case("gatherelements1", [n("GatherElements", "x i", axis=-1)], {"x": x}, {"i": rng.integers(-4, 4, (2, 3, 6))})
    case("gathernd0", [n("GatherND", "x i")], {"x": x}, {"i": i64(*[[0, 1], [1, -1]])})
    case("gathernd1", [n("GatherND", "x i")], {"x": x}, {"i": np.array([[[1, 2, 3]], [[0, -3, -4]]])})
    case("gathernd2", [n("GatherND", "x i", batch_dims=1)], {"x": x}, {"i": np.array([[[2], [0]], [[1], [1]]])}, opset=12)
    case("gathernd3", [n("GatherND", "x i", batch_dims=2)], {"x": x}, {"i": np.array([[[2], [0], [-1]], [[1], [1], [3]]])}, opset=13)
    s = lambda v: np.array(v, dtype=np.int64)
    f = lambda v: np.array(v, dtype=np.float32)
    case("range-real", [n("Range", "a b c", "r"), n("Mul", "x r")], {"x": (2, 4)}, {"a": f(1), "b": f(-1), "c": f(-0.5)})
    case("range-whole", [n("Range", "a b c", "r"), n("Gather", "x r", axis=1)], {"x": (2, 9)}, {"a": s(7), "b": s(0), "c": s(-3)})
    case("eye", [n("EyeLike", "x", "e", k=1), n("Add", "x e")], {"x": (3, 4)})
    case("nonzero", [n("NonZero", "m", "i"), n("Transpose", "i", "j"), n("GatherND", "x j")], {"x": x},
         {"m": np.array([[1, 0, 1], [0, 1, 0]], dtype=np.float32)})
    case("unique", [n("Unique", "u", "a b c d"), n("Gather", "x b", "t"), n("Gather", "t c", "y")], {"x": (7,)},
         {"u": i64(3, 1, 3, 2, 1, 3, 0)})
    case("unique-axis", [n("Unique", "u", "a b c d", axis=0, sorted=0), n("Gather", "x b", "t"), n("Gather", "t c", "y")],
         {"x": (4,)}, {"u": f([[3, 1], [2, 2], [3, 1], [0, 5]])})


def merges(case, w, n, i64):
    x, k = {"x": (2, 4, 5, 5)}, {"w": w(6, 4, 3, 3), "b": w(6)}
    case("merge-mul", [n("Conv", "x w b", "t"), n("Mul", "t c", "u"), n("Add", "d u", "v"), n("Relu", "v")], x,
         {**k, "c": w(6, 1, 1), "d": w(1, 6, 1, 1)})
    case("merge-scalar", [n("Conv", "x w", "t"), n("Sub", "d t", "u"), n("Mul", "c u", "v"), n("Sigmoid", "v")], x,
         {"w": k["w"], "c": w(), "d": w(6, 1, 1)})
    case("merge-not", [n("Conv", "x w", "t"), n("Mul", "t c", "u"), n("Add", "u t")], x, {"w": k["w"], "c": w(6, 1, 1)})
    case("merge-wide", [n("Conv", "x w", "t"), n("Mul", "t c")], x, {"w": k["w"], "c": w(3)})
    case("merge-rank", [n("Gemm", "x w", "t"), n("Mul", "t c")], {"x": (1, 3)}, {"w": w(3, 4), "c": w(2, 1, 4)})
    case("merge-gemm", [n("Gemm", "x w b", "t", alpha=0.5), n("Mul", "t c", "u"), n("Add", "u d")], {"x": (3, 4)},
         {"w": w(4, 6), "b": w(6), "c": w(6), "d": w()})
    p = {"s": abs(w(4)) + 0.1, "o": w(4), "m": w(4), "v": abs(w(4)) + 0.2}
    for g in (1, 2, 4):
        case(f"merge-forward{g}", [n("BatchNormalization", "x s o m v", "t"), n("Conv", "t w b", group=g)], x,
             {"w": w(8, 4 // g, 3, 3), "b": w(8), **p})
    case("merge-forward-pad", [n("BatchNormalization", "x s o m v", "t"), n("Conv", "t w", pads=[1, 0, 0, 0])], x,
         {"w": w(8, 4, 3, 3), **p})
    case("merge-dense", [n("BatchNormalization", "x s o m v", "t"), n("Relu", "t", "u"), n("Conv", "u w", "c"),
                         n("Concat", "x c", axis=1)], x, {"w": w(4, 4, 1, 1), **p})
    names = {"s": (4,), "o": (4,), "m": (4,)}
    case("batchnorm-computed", [n("BatchNormalization", "x s o m v")], {**x, **names}, {"v": p["v"]}, tolerance=1e-2)
    case("batchnorm-computed-all", [n("Abs", "q", "r"), n("Add", "r one", "v"), n("BatchNormalization", "x s o m v")],
         {**x, **names, "q": (4,)}, {"one": np.float32(1)}, tolerance=2e-2)


def shapes(case, w, n, i64):
    f32, s = (lambda *v: np.array(v, dtype=np.float32)), (lambda v: np.array(v, dtype=np.int64))
    for k, nodes in enumerate([[n("ReduceSum", "x")], [n("ReduceMax", "x", keepdims=0)], [n("Unsqueeze", "x a")],
                               [n("Transpose", "x")], [n("Reshape", "x a3")], [n("Identity", "x")], [n("Expand", "x a2")],
                               [n("Unsqueeze", "x a", "t"), n("Concat", "t t", axis=0)], [n("Einsum", "x", equation="->")],
                               [n("Mul", "x c")], [n("Gather", "v z", "t"), n("Mul", "t x")], [n("Flatten", "x", axis=0)],
                               [n("ReduceMean", "x", "t", axes=[], noop_with_empty_axes=0) if False else n("Relu", "x")]]):
        case(f"rank0-{k}", nodes, {"x": ()}, {"a": i64(0), "a2": i64(2, 3), "a3": i64(1, 1), "c": f32(0.7).reshape(()),
                                              "v": f32(1, 2), "z": s(1)})
    x = (2, 3, 4, 5)
    case("chain-flatten", [n("Shape", "x", "s"), n("Slice", "s z o", "b"), n("Concat", "b m", "t", axis=0), n("Reshape", "x t")],
         {"x": x}, {"z": i64(0), "o": i64(2), "m": i64(-1)})
    case("chain-resize", [n("Shape", "x", "s"), n("Slice", "s two four", "hw"), n("Cast", "hw", "f", to=1), n("Mul", "f k", "g"),
                          n("Floor", "g", "h"), n("Cast", "h", "i", to=7), n("Slice", "s zero two", "nc"),
                          n("Concat", "nc i", "t", axis=0), n("Resize", "x - - t", mode="nearest")], {"x": x},
         {"zero": i64(0), "two": i64(2), "four": i64(4), "k": f32(1.5, 2.2)})
    case("chain-expand", [n("Shape", "x", "s"), n("ConstantOfShape", "s", "c"), n("Add", "c one", "d"), n("NonZero", "d", "z"),
                          n("Size", "z", "q"), n("Cast", "q", "r", to=1), n("Div", "r h", "u"), n("Mul", "x u")], {"x": (2, 3)},
         {"one": f32(1).reshape(()), "h": f32(24).reshape(())})
    case("chain-split", [n("Shape", "x", "s"), n("Gather", "s one", "d"), n("Div", "d k", "e"), n("Sub", "d e", "g"),
                         n("Concat", "e g", "p", axis=0), n("Split", "x p", "a b", axis=1), n("Concat", "b a", axis=1)],
         {"x": (2, 7, 3)}, {"one": i64(1), "k": i64(3)})
    case("chain-range", [n("Shape", "x", "s"), n("Gather", "s one", "d"), n("Range", "zero d st", "r"), n("Gather", "x r", axis=1)],
         {"x": (2, 7, 3)}, {"one": s(1), "zero": s(0), "st": s(2)})
    case("chain-where", [n("Shape", "x", "s"), n("Equal", "want minus", "q"), n("Where", "q s want", "t"), n("Expand", "x t")],
         {"x": (2, 1, 3)}, {"want": i64(-1, 4, -1), "minus": i64(-1)})
    case("slice-max", [n("Slice", "x s e a p")], {"x": x}, {"s": i64(1, -1, 4), "e": i64(2**63 - 1, -2**63, 0), "a": i64(0, -1, 2),
                                                           "p": i64(1, -2, -1)})
    case("slice-int32", [n("Slice", "x s e")], {"x": x}, {"s": np.array([0, 1], np.int32), "e": np.array([2, 2**31 - 1], np.int32)})
    case("constant-output", [n("Identity", "c", "z"), n("Relu", "x")], {"x": (2, 3)}, {"c": f32(1, -2.5)}, outputs=("y", "z"))
    case("concat-constants", [n("Concat", "c x c x", "t", axis=1), n("Relu", "t")], {"x": (2, 3)}, {"c": w(2, 2)})


def joins(case, w, n, i64):
    f32 = lambda *v: np.array(v, dtype=np.float32)
    x = (1, 2, 4, 4)
    case("resize-max", [n("Resize", "x - s", "t", mode="linear"), n("MaxPool", "t", kernel_shape=[2, 2])], {"x": x},
         {"s": f32(1, 1, 2, 2)})
    case("resize-twice", [n("Resize", "x - s", "t", mode="linear"), n("Resize", "t - s", "u", mode="linear"),
                          n("Resize", "u - s", "v", mode="cubic"), n("ReduceMax", "v", axes=[1])], {"x": x},
         {"s": f32(1, 1, 2, 2)}, tolerance=5e-3)
    case("resize-add", [n("Resize", "x - s", "t", mode="linear"), n("Resize", "x - s", "u", mode="cubic"), n("Add", "t u", "v"),
                        n("Add", "v z", "q"), n("Relu", "q")], {"x": x, "z": (1, 2, 12, 12)}, {"s": f32(1, 1, 3, 3)}, tolerance=5e-3)
    case("add-max", [n("Sigmoid", "x", "s"), n("Add", "s x", "t"), n("MaxPool", "t", kernel_shape=[2, 2])], {"x": x}, scale=40.0)
    case("conv-mean", [n("Conv", "x w b", "t"), n("ReduceMean", "t", axes=[2, 3], keepdims=0)], {"x": x},
         {"w": w(3, 2, 2, 2), "b": w(3)}, tolerance=4e-3)
    case("conv-sum", [n("Conv", "x w b", "t"), n("ReduceSum", "t a", keepdims=0)], {"x": x},
         {"w": w(3, 2, 1, 1), "b": w(3), "a": i64(2, 3)}, tolerance=4e-3)
    case("einsum-alone", [n("Einsum", "x z", equation="abc,db->da")], {"x": (2, 3, 40), "z": (5, 3)}, tolerance=4e-3)
    case("einsum-alone2", [n("Einsum", "x z", equation="ab,cd->ac")], {"x": (2, 30), "z": (5, 30)}, tolerance=4e-3)
    for k, c in enumerate([(4, 4), (2, 1, 4), (1,), (1, 2, 4, 4)]):
        m = rng.integers(0, 2, c).astype(bool)
        case(f"where-mask{k}", [n("Where", "m x z")], {"x": x, "z": (2, 1, 1)}, {"m": m})
        case(f"where-fill{k}", [n("Where", "m x v", "t"), n("Relu", "t")], {"x": x}, {"m": m, "v": f32(-2.5).reshape(())})
        case(f"where-left{k}", [n("Where", "m v x")], {"x": x}, {"m": m, "v": w(4)})
    case("where-stretch", [n("Where", "m x z")], {"x": (3, 1), "z": (3, 1)}, {"m": rng.integers(0, 2, (2, 1, 5)).astype(bool)})


def cancels(case, w, n, i64):
    f32 = lambda *v: np.array(v, dtype=np.float32)
    case("cancel-relu", [n("Sub", "x x", "t"), n("Relu", "t", "u"), n("Add", "u x")], {"x": (2, 3)})
    case("cancel-exp", [n("Sub", "x x", "t"), n("Exp", "t", "u"), n("Mul", "u x")], {"x": (2, 3)})
    case("cancel-max", [n("Max", "x x")], {"x": (2, 3)})
    case("cancel-output", [n("Sub", "x x")], {"x": (2, 3)})
    case("cancel-pad", [n("Pad", "x p v", "t"), n("Sub", "t x", "u"), n("Sigmoid", "u")], {"x": (2, 3)},
         {"p": i64(0, 0, 0, 0), "v": f32(2).reshape(())})
    case("logsumexp-one", [n("ReduceLogSumExp", "x a")], {"x": (3, 1)}, {"a": i64(1)}, opset=18, tolerance=2e-2)
    case("average-beyond", [n("AveragePool", "x", kernel_shape=[3], dilations=[2], strides=[3], pads=[0, 1], ceil_mode=1)],
         {"x": (1, 2, 3)}, opset=19)


rng = np.random.default_rng(3)


def add(case, w, n, i64):
    cancels(case, w, n, i64)
    joins(case, w, n, i64)
    shapes(case, w, n, i64)
    merges(case, w, n, i64)
    constants(case, w, n, i64)
    resizes(case, w, n, i64)
    windows(case, w, n, i64)
    moves(case, w, n, i64)
    sums(case, w, n, i64)
    einsums(case, w, n, i64)
