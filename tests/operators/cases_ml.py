"""Cases of compare_onnxruntime.py: ai.onnx.ml."""
import numpy as np
from onnx import TensorProto, helper


def add(case, w, n, i64):
    def ml(op, inputs, outputs="y", **attributes):
        return n(op, inputs, outputs, domain="ai.onnx.ml", **attributes)

    trees(case, ml, n)
    models(case, ml, n, i64)


MODES = ["BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT"]


def forest(seed, trees, targets, depth, features, kind, sign=0.0, modes=MODES):
    """Random trees as the attributes of an ensemble. Thresholds are no multiples of a power of two."""
    rng = np.random.default_rng(seed)
    at = {k: [] for k in ("treeids", "nodeids", "featureids", "values", "modes", "truenodeids", "falsenodeids")}
    leaf = {k: [] for k in ("treeids", "nodeids", "ids", "weights")}

    def grow(tree, level):
        number = sum(t == tree for t in at["treeids"])
        place = len(at["treeids"])
        is_leaf = level == 0 or (level < depth and rng.random() < 0.2)
        for key, value in (("treeids", tree), ("nodeids", number), ("featureids", int(rng.integers(features))),
                           ("values", float(rng.standard_normal())), ("modes", "LEAF" if is_leaf else str(rng.choice(modes))),
                           ("truenodeids", 0), ("falsenodeids", 0)):
            at[key].append(value)
        if is_leaf:
            for t in range(targets):
                for key, value in (("treeids", tree), ("nodeids", number), ("ids", t),
                                   ("weights", float(rng.standard_normal() if sign == 0 else rng.random() * sign))):
                    leaf[key].append(value)
            return number
        at["truenodeids"][place] = grow(tree, level - 1)
        at["falsenodeids"][place] = grow(tree, level - 1)
        return number

    for t in range(trees):
        grow(t, depth)
    return {**{f"nodes_{k}": v for k, v in at.items()}, **{f"{kind}_{k}": v for k, v in leaf.items()}}


def trees(case, ml, n):
    x = (4, 3)
    for k, (count, targets, depth) in enumerate([(1, 1, 1), (3, 1, 4), (5, 3, 3), (20, 2, 5)]):
        for aggregate in ("SUM", "AVERAGE", "MIN", "MAX"):
            f = forest(k, count, targets, depth, 3, "target")
            case(f"tree-{aggregate}{k}", [ml("TreeEnsembleRegressor", "x", n_targets=targets, aggregate_function=aggregate,
                                             base_values=[0.5] * targets, **f)], {"x": x})
    f = forest(9, 3, 3, 4, 3, "class", modes=MODES + ["BRANCH_EQ", "BRANCH_NEQ"])
    f["nodes_values"] = [float(round(v)) for v in f["nodes_values"]]
    case("tree-whole", [ml("TreeEnsembleClassifier", "x", "l p", classlabels_int64s=[4, 5, 6], **f)], {"x": ((6, 3), -3, 4)},
         outputs=("l", "p"))
    f = forest(3, 4, 2, 3, 3, "target")
    case("tree-logistic", [ml("TreeEnsembleRegressor", "x", n_targets=2, post_transform="LOGISTIC", **f)], {"x": x})
    both = ("l", "p")
    for post in ("NONE", "LOGISTIC"):
        for k, (targets, labels, sign, base) in enumerate([
                (3, [10, 20, 30], 0.0, None), (3, [10, 20, 30], 0.0, [0.1, 0.2, 0.3]), (3, [0, 1, 2], 0.3, None),
                (1, [10, 20], 0.0, None), (1, [10, 20], 0.2, None), (1, [10, 20], 0.2, [0.1]), (1, [0, 1], 0.0, [0.1, 0.25]),
                (2, [10, 20], 0.0, None), (2, [10, 20], 0.3, [0.1]), (2, [0, 1], 0.0, [0.1, 0.25])]):
            f = forest(20 + k, 4, targets, 3, 3, "class", sign)
            more = {} if base is None else {"base_values": base}
            case(f"classes-{post}{k}", [ml("TreeEnsembleClassifier", "x", "l p", classlabels_int64s=labels,
                                           post_transform=post, **more, **f)], {"x": x}, outputs=both)
    f = forest(40, 4, 1, 3, 3, "class")
    f["class_ids"] = [1] * len(f["class_ids"])
    case("classes-second", [ml("TreeEnsembleClassifier", "x", "l p", classlabels_int64s=[3, 4], **f)], {"x": x}, outputs=both)
    case("classes-gap", [ml("TreeEnsembleClassifier", "x", "l p", classlabels_int64s=[3, 4, 5], **f)], {"x": x}, outputs=both)


def models(case, ml, n, i64):
    x = (4, 3)
    both = ("l", "p")
    case("ml-scaler", [ml("Scaler", "x", offset=[1.0, -2.0, 0.5], scale=[2.0, 0.01, 30.0])], {"x": x})
    case("ml-scaler1", [ml("Scaler", "x", offset=[1.0], scale=[0.3])], {"x": x})
    case("ml-scaler-whole", [ml("Scaler", "x", offset=[1.0, 0.0, -3.5], scale=[0.3, 1.0, 2.0])], {"x": ((4, 3), -5, 9)})
    for k, (targets, post) in enumerate([(1, "NONE"), (2, "NONE"), (2, "LOGISTIC")]):
        c = np.random.default_rng(k).standard_normal(3 * targets).tolist()
        case(f"ml-linear{k}", [ml("LinearRegressor", "x", coefficients=c, intercepts=[0.1, 0.2][:targets], targets=targets,
                                  post_transform=post)], {"x": x})
    for k, (rows, labels, post) in enumerate([(1, [10, 20], "NONE"), (1, [10, 20], "LOGISTIC"), (2, [10, 20], "NONE"),
                                              (3, [0, 1, 2], "LOGISTIC"), (3, [5, 6, 9], "NONE")]):
        c = np.random.default_rng(k + 9).standard_normal(3 * rows).tolist()
        case(f"ml-classify{k}", [ml("LinearClassifier", "x", "l p", coefficients=c, intercepts=[0.1, 0.2, 0.3][:rows],
                                    classlabels_ints=labels, post_transform=post)], {"x": x}, outputs=both)
    vectors = np.random.default_rng(5).standard_normal(12).round(2).tolist()
    for kernel in ("LINEAR", "RBF", "POLY", "SIGMOID"):
        one = dict(support_vectors=vectors, kernel_type=kernel, kernel_params=[0.3, 0.4, 2.0])
        for one_class in (0, 1):
            case(f"ml-svr-{kernel}{one_class}", [ml("SVMRegressor", "x", coefficients=[0.5, -0.25, 0.75, -1.0], rho=[0.1],
                                                    n_supports=4, one_class=one_class, **one)], {"x": x}, tolerance=4e-3)
        case(f"ml-svc-{kernel}", [ml("SVMClassifier", "x", "l p", coefficients=[0.5, 0.25, -0.75, -1.0], rho=[0.1],
                                     vectors_per_class=[2, 2], classlabels_ints=[10, 20], **one)], {"x": x}, outputs=both,
             tolerance=4e-3)
        case(f"ml-svc3-{kernel}", [ml("SVMClassifier", "x", "l p", coefficients=[0.5, 0.25, -0.75, -1.0, 0.3, 0.2, -0.4, 0.6],
                                      rho=[0.1, -0.2, 0.05], vectors_per_class=[2, 1, 1], classlabels_ints=[1, 2, 3], **one)],
             {"x": x}, outputs=both, tolerance=4e-3)
        # prob_a, prob_b: onnxruntime iterates to within 0.003 of the two probabilities: no case
    case("ml-binarizer", [ml("Binarizer", "x", threshold=0.25)], {"x": x})
    case("ml-imputer", [ml("Imputer", "x", imputed_value_floats=[7.0, 8.0, 9.0], replaced_value_float=float("nan"))], {"x": x})
    case("ml-imputer-whole", [ml("Imputer", "x", imputed_value_int64s=[7], replaced_value_int64=2)], {"x": ((4, 3), 0, 4)})
    case("ml-encoder", [ml("LabelEncoder", "x", keys_int64s=[1, 5, 3], values_int64s=[100, 200, -3], default_int64=-7)],
         {"x": ((5,), 1, 6)})
    case("ml-encoder-real", [ml("LabelEncoder", "x", keys_int64s=[0, 1, 2], values_floats=[1.5, 2.5, -3.0])],
         {"x": ((5,), 0, 3)})
    case("ml-extract", [ml("ArrayFeatureExtractor", "x i")], {"x": x}, {"i": i64(2, 0)})
    case("ml-vectorize", [ml("FeatureVectorizer", "x z", inputdimensions=[3, 2])], {"x": x, "z": (4, 2)})
    modes = helper.make_tensor("m", TensorProto.UINT8, [3], [0, 3, 1])
    case("tree5", [ml("TreeEnsemble", "x", aggregate_function=1, n_targets=2, post_transform=0, tree_roots=[0],
                      nodes_featureids=[0, 1, 2], nodes_modes=modes,
                      nodes_splits=helper.make_tensor("s", TensorProto.FLOAT, [3], [0.1, -0.4, 0.7]),
                      nodes_truenodeids=[1, 0, 2], nodes_trueleafs=[0, 1, 1], nodes_falsenodeids=[2, 1, 3],
                      nodes_falseleafs=[0, 1, 1], leaf_targetids=[0, 1, 0, 1],
                      leaf_weights=helper.make_tensor("w", TensorProto.FLOAT, [4], [5.0, 12.0, -2.0, 3.5]))], {"x": x})
