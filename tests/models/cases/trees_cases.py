"""Trees, linear models and neighbours, through the converters of scikit-learn, XGBoost and LightGBM."""
import numpy as np
from case import Case
from skl2onnx import to_onnx
from sklearn import datasets, ensemble, linear_model, naive_bayes, neural_network, pipeline, preprocessing, svm, tree

CASES = []
IRIS = datasets.load_iris()
CLASSES = IRIS.data.astype(np.float32), IRIS.target
TARGETS = IRIS.data[:, :3].astype(np.float32), IRIS.data[:, 3].astype(np.float32)
TWO = IRIS.data[:100].astype(np.float32), IRIS.target[:100]


def fitted(label, model, data, opset=None, **options):
    """One row is the input. Classifiers answer label and probabilities, as arrays."""

    def make(name):
        model.fit(*data)
        extra = {id(model): {"zipmap": False}} if hasattr(model, "predict_proba") else None
        one = data[0][[57]]
        proto = to_onnx(model, one, target_opset=opset, options=extra, **options)
        return Case(name, proto, {proto.graph.input[0].name: one}, ["--batch", "1"])

    CASES.append(("trees-" + label, make))


SEED = {"random_state": 0}
fitted("decision-tree", tree.DecisionTreeClassifier(max_depth=4, **SEED), CLASSES)
fitted("decision-tree-deep", tree.DecisionTreeClassifier(**SEED), CLASSES)
fitted("decision-tree-regressor", tree.DecisionTreeRegressor(max_depth=5, **SEED), TARGETS)
fitted("random-forest", ensemble.RandomForestClassifier(10, max_depth=4, **SEED), CLASSES)
fitted("random-forest-regressor", ensemble.RandomForestRegressor(8, max_depth=4, **SEED), TARGETS)
fitted("extra-trees", ensemble.ExtraTreesClassifier(6, max_depth=4, **SEED), CLASSES)
fitted("gradient-boosting", ensemble.GradientBoostingClassifier(n_estimators=6, max_depth=3, **SEED), CLASSES)
fitted("gradient-boosting-two", ensemble.GradientBoostingClassifier(n_estimators=5, max_depth=2, **SEED), TWO)
fitted("gradient-boosting-regressor", ensemble.GradientBoostingRegressor(n_estimators=8, max_depth=3, **SEED), TARGETS)
fitted("linear-regression", linear_model.LinearRegression(), TARGETS)
fitted("ridge", linear_model.Ridge(), TARGETS)
fitted("logistic", linear_model.LogisticRegression(max_iter=500), CLASSES)
fitted("logistic-two", linear_model.LogisticRegression(), TWO)
fitted("linear-svc", svm.LinearSVC(), CLASSES)
fitted("linear-svc-two", svm.LinearSVC(), TWO)
fitted("svr", svm.LinearSVR(max_iter=10000), TARGETS)
fitted("mlp", neural_network.MLPClassifier((8,), max_iter=400, **SEED), CLASSES)
fitted("mlp-regressor", neural_network.MLPRegressor(hidden_layer_sizes=(8,), activation="tanh", max_iter=800, **SEED), TARGETS)
fitted("scaled-logistic", pipeline.make_pipeline(preprocessing.StandardScaler(), linear_model.LogisticRegression()), CLASSES)
fitted("minmax-tree", pipeline.make_pipeline(preprocessing.MinMaxScaler(), tree.DecisionTreeClassifier(max_depth=3)), CLASSES)
fitted("naive-bayes", naive_bayes.GaussianNB(), CLASSES)
fitted("normalizer", pipeline.make_pipeline(preprocessing.Normalizer(), linear_model.LinearRegression()), TARGETS)
for opset in (9, 12, 15):
    fitted("decision-tree-opset%d" % opset, tree.DecisionTreeClassifier(max_depth=3, **SEED), CLASSES, opset)


def boosted(label, fit, converter):
    def make(name):
        import onnxmltools
        from onnxmltools.convert.common.data_types import FloatTensorType

        model, data = fit()
        convert = getattr(onnxmltools, "convert_" + converter)
        extra = {"zipmap": False} if converter == "lightgbm" and hasattr(model, "classes_") else {}
        proto = convert(model, initial_types=[("x", FloatTensorType([None, data[0].shape[1]]))], target_opset=15, **extra)
        return Case(name, proto, {"x": data[0][[57]]}, ["--batch", "1"])

    CASES.append(("trees-" + label, make))


def xgb(kind, data, **more):
    def fit():
        import xgboost

        return getattr(xgboost, kind)(n_estimators=6, max_depth=3, **more).fit(*data), data

    return fit


def lgb(kind, data):
    def fit():
        import lightgbm

        return getattr(lightgbm, kind)(n_estimators=6, max_depth=3, verbose=-1).fit(*data), data

    return fit


boosted("xgboost-regressor", xgb("XGBRegressor", TARGETS), "xgboost")
boosted("xgboost-classifier", xgb("XGBClassifier", CLASSES), "xgboost")
boosted("xgboost-two", xgb("XGBClassifier", TWO), "xgboost")
boosted("lightgbm-regressor", lgb("LGBMRegressor", TARGETS), "lightgbm")
boosted("lightgbm-classifier", lgb("LGBMClassifier", CLASSES), "lightgbm")
