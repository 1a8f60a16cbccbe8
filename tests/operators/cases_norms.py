"""Cases of compare_onnxruntime.py: division, softmax, norms, recurrent networks, attention."""
import numpy as np


def divisions(case, w, n, i64):
    positive = np.abs(w(3, 4)) + 0.5
    case("div-scalar", [n("Div", "x w")], {"x": (2, 3, 4)}, {"w": w() + 3})
    case("div-const", [n("Div", "x w")], {"x": (2, 3, 4)}, {"w": positive})
    case("div-exp", [n("Exp", "z", "e"), n("Div", "x e")], {"x": (3, 4), "z": (3, 4)}, tolerance=8e-3)
    case("div-row", [n("Exp", "z", "e"), n("Div", "x e")], {"x": (3, 8), "z": (3, 1)}, tolerance=4e-3)
    case("div-top", [n("Exp", "z", "e"), n("Div", "w e")], {"z": (3, 4)}, {"w": w(2, 3, 4)}, tolerance=4e-3)
    case("div-sign", [n("Mul", "z z", "s"), n("Add", "s c", "p"), n("Mul", "p f", "q"), n("Div", "x q")],
         {"x": (3, 4), "z": (3, 4)}, {"c": w() * 0 + 0.5, "f": np.array([1, -1, 1, -1], np.float32)}, tolerance=8e-3)
    case("div-self", [n("Exp", "x", "e"), n("Div", "e e")], {"x": (3, 4)}, tolerance=4e-3)


def softmaxes(case, w, n, i64):
    for opset in (9, 11, 13, 17):
        for axis in (None, 0, 1, 2, -1, -2):
            a = {} if axis is None else {"axis": axis}
            case(f"softmax{opset}-{axis}", [n("Softmax", "x", **a)], {"x": (2, 3, 5)}, opset=opset, scale=3)
            case(f"logsoftmax{opset}-{axis}", [n("LogSoftmax", "x", **a)], {"x": (2, 3, 5)}, opset=opset, scale=3)
    case("softmax-1", [n("Softmax", "x")], {"x": (7,)})
    case("softmax-4", [n("Softmax", "x", axis=1)], {"x": (2, 3, 2, 2)}, scale=4)
    case("softmax-wide", [n("Softmax", "x")], {"x": (2, 300)}, scale=5)
    case("softmax-scores", [n("Transpose", "z", "k", perm=[0, 2, 1]), n("MatMul", "x k", "s"), n("Mul", "s c", "t"),
                            n("Softmax", "t")], {"x": (2, 5, 8), "z": (2, 5, 8)}, {"c": w() * 0 + 0.3535})
    for low in (-np.inf, -3.4e38, -1e9, -1e4):
        mask = np.triu(np.full((5, 5), low, np.float32), 1)
        case(f"softmax-mask{low}", [n("Add", "x m", "t"), n("Softmax", "t")], {"x": (2, 5, 5)}, {"m": mask}, scale=3)
        keep = np.tril(np.ones((5, 5), bool))
        case(f"softmax-where{low}", [n("Where", "k x l", "t"), n("Softmax", "t")], {"x": (2, 5, 5)},
             {"k": keep, "l": np.float32(low)}, scale=3)
        case(f"softmax-fill{low}", [n("Where", "k l x", "t"), n("Softmax", "t")], {"x": (2, 5, 5)},
             {"k": ~keep, "l": np.full((1, 1, 1), low, np.float32)}, scale=3)
        if np.isfinite(low):
            case(f"softmax-run{low}", [n("Greater", "z h", "b"), n("Cast", "b", "f", to=1), n("Sub", "o f", "g"),
                                       n("Mul", "g l", "m"), n("Unsqueeze", "m a", "u"), n("Div", "x d", "v"),
                                       n("Add", "v u", "t"), n("Softmax", "t")], {"x": (2, 5, 5), "z": (2, 5)},
                 {"h": np.float32(-0.7), "o": np.float32(1), "l": np.float32(low), "a": i64(1), "d": np.float32(2)}, scale=3)


def mean_form(n, end, x="x", centred=True, square="Pow", axes=(-1,)):
    ax = list(axes)
    c = "d" if centred else x
    nodes = [n("ReduceMean", x, "m", axes=ax), n("Sub", f"{x} m", "d")] if centred else []
    nodes += [n("Pow", f"{c} two", "p") if square == "Pow" else n("Mul", f"{c} {c}", "p"),
              n("ReduceMean", "p", "v", axes=ax), n("Add", "v eps", "s")]
    if end == "div":
        return nodes + [n("Sqrt", "s", "r"), n("Div", f"{c} r", "q")]
    if end == "reciprocal":
        return nodes + [n("Sqrt", "s", "r"), n("Reciprocal", "r", "i"), n("Mul", f"{c} i", "q")]
    if end == "one":
        return nodes + [n("Sqrt", "s", "r"), n("Div", "one r", "i"), n("Mul", f"i {c}", "q")]
    return nodes + [n("Pow", "s half", "i"), n("Mul", f"{c} i", "q")]


def norms(case, w, n, i64):
    k = {"two": np.float32(2), "eps": np.float32(1e-5), "one": np.float32(1), "half": np.float32(-0.5), "g": w(6), "b": w(6)}
    for end in ("div", "reciprocal", "one", "pow"):
        for centred in (True, False):
            for square in ("Pow", "Mul"):
                case(f"norm-{end}{centred}{square}",
                     mean_form(n, end, centred=centred, square=square) + [n("Mul", "q g", "h"), n("Add", "h b")],
                     {"x": (2, 3, 6)}, k, opset=13)
    case("norm-axes", mean_form(n, "div", axes=(1, 2)) + [n("Identity", "q")], {"x": (2, 3, 6)}, k, opset=13)
    case("norm-first", mean_form(n, "div", axes=(0,)) + [n("Identity", "q")], {"x": (5, 3)}, k, opset=13)
    for axis in (-1, 1, 2, -2, 0):
        dims = (2, 3, 6)[axis:]
        case(f"layernorm{axis}", [n("LayerNormalization", "x g b", axis=axis)], {"x": (2, 3, 6)},
             {"g": w(*dims), "b": w(*dims)})
    case("layernorm-nobias", [n("LayerNormalization", "x g", axis=-1, epsilon=1e-12)], {"x": (4, 9)}, {"g": w(9)})
    case("layernorm-all", [n("LayerNormalization", "x g", "y mean inv")], {"x": (4, 9)}, {"g": w(9)},
         outputs=("y", "mean", "inv"))
    case("layernorm-offset", [n("Add", "x o", "t"), n("LayerNormalization", "t g")], {"x": (4, 16)},
         {"g": w(16), "o": np.float32(20)}, tolerance=6e-3)
    case("instancenorm", [n("InstanceNormalization", "x g b")], {"x": (2, 3, 4, 5)}, {"g": w(3), "b": w(3)})
    case("instancenorm1", [n("InstanceNormalization", "x g b", epsilon=1e-3)], {"x": (2, 3, 7)}, {"g": w(3), "b": w(3)})
    case("groupnorm18", [n("GroupNormalization", "x g b", num_groups=2)], {"x": (2, 4, 3, 3)}, {"g": w(2), "b": w(2)},
         opset=18)
    case("groupnorm21", [n("GroupNormalization", "x g b", num_groups=2)], {"x": (2, 4, 3, 3)}, {"g": w(4), "b": w(4)},
         opset=21)
    for p in (1, 2):
        for axis in (-1, 0, 1):
            case(f"lpnorm{p}{axis}", [n("LpNormalization", "x", p=p, axis=axis)], {"x": (3, 4, 5)})
    case("mvn", [n("MeanVarianceNormalization", "x")], {"x": (3, 2, 4, 4)}, opset=13)
    case("mvn-axes", [n("MeanVarianceNormalization", "x", axes=[1])], {"x": (3, 4)}, opset=13)
    for size in (1, 3, 5):
        case(f"lrn{size}", [n("LRN", "x", size=size, alpha=0.5, beta=0.75, bias=1.5)], {"x": (2, 6, 3, 3)}, opset=13)
    case("normalize", [n("ReduceL2", "x", "l", axes=[1], keepdims=1), n("Clip", "l c", "k"), n("Shape", "x", "s"),
                       n("Expand", "k s", "e"), n("Div", "x e")], {"x": (3, 8)}, {"c": np.float32(1e-12)}, opset=13)
    case("var", [n("ReduceMean", "x", "m", axes=[1]), n("Sub", "x m", "d"), n("Mul", "d d", "p"),
                 n("ReduceMean", "p", axes=[1], keepdims=0)], {"x": (3, 8)}, opset=13)


def attentions(case, w, n, i64):
    x4 = {"q": (2, 4, 5, 8), "k": (2, 4, 6, 8), "v": (2, 4, 6, 8)}
    x3 = {"q": (2, 5, 32), "k": (2, 6, 32), "v": (2, 6, 32)}
    grouped = {"q": (2, 5, 32), "k": (2, 6, 16), "v": (2, 6, 16)}
    heads = {"q_num_heads": 4, "kv_num_heads": 4}
    case("attention", [n("Attention", "q k v")], x4, opset=23)
    case("attention-3d", [n("Attention", "q k v", **heads)], x3, opset=23)
    case("attention-scale", [n("Attention", "q k v", scale=0.7, **heads)], x3, opset=23)
    case("attention-causal", [n("Attention", "q k v", is_causal=1, **heads)], x3, opset=23)
    case("attention-grouped", [n("Attention", "q k v", q_num_heads=4, kv_num_heads=2)], grouped, opset=23)
    case("attention-bias", [n("Attention", "q k v m")], x4, {"m": w(5, 6)}, opset=23)
    case("attention-mask", [n("Attention", "q k v m")], x4, {"m": np.tril(np.ones((5, 6), bool))}, opset=23)
    case("attention-far", [n("Attention", "q k v m")], x4, {"m": np.triu(np.full((2, 1, 5, 6), -np.inf, np.float32), 1)},
         opset=23)
    case("attention-softcap", [n("Attention", "q k v", softcap=2.0)], x4, opset=23)
    case("rms", [n("RMSNormalization", "x g")], {"x": (2, 3, 6)}, {"g": w(6)}, opset=23)
    case("rms-axis", [n("RMSNormalization", "x g", axis=1, epsilon=1e-3)], {"x": (2, 3, 6)}, {"g": w(3, 6)}, opset=23)
    c = {"c": np.cos(w(7, 4)), "s": np.sin(w(7, 4)), "p": np.array([[0, 1, 2], [3, 4, 6]], np.int64)}
    for mixed in (0, 1):
        case(f"rotary{mixed}", [n("RotaryEmbedding", "x c s p", interleaved=mixed)], {"x": (2, 2, 3, 8)}, c, opset=23)
        case(f"rotary-3d{mixed}", [n("RotaryEmbedding", "x c s p", interleaved=mixed, num_heads=2)], {"x": (2, 3, 16)}, c,
             opset=23)
        case(f"rotary-part{mixed}", [n("RotaryEmbedding", "x c s p", interleaved=mixed, num_heads=2, rotary_embedding_dim=8)],
             {"x": (2, 3, 24)}, c, opset=23)
    case("rotary-direct", [n("RotaryEmbedding", "x c s")], {"x": (2, 2, 3, 8)},
         {"c": np.cos(w(2, 3, 4)), "s": np.sin(w(2, 3, 4))}, opset=23)


def add(case, w, n, i64):
    for make in (divisions, softmaxes, norms, attentions):
        make(case, w, n, i64)
