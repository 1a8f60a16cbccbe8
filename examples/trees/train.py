"""Trains tree ensembles and other classical models, exports them to ONNX with default options, and runs them through tacit.

Models: scikit-learn's decision tree, random forest, gradient boosting,
histogram gradient boosting, logistic regression, linear SVM, kernel SVM, MLP,
all by skl2onnx; XGBoost and LightGBM by onnxmltools. Data: scikit-learn's
bundled tables (`load_breast_cancer`, `load_wine`, `load_diabetes`), raw values,
and for `credit` a table that is MADE UP here: applications for a loan, whose
repayment is drawn from a formula with noise. Nobody's data, and no bank's rule.

Run:

    pip install scikit-learn skl2onnx onnxruntime xgboost lightgbm onnxmltools
    python train.py --tacit ../../build/tacit --out DIR [--rows N] [MODEL ...]

Writes DIR/MODEL/model.onnx, calibration.npz (64 training rows) and row.npy (the
first held-out row), compiles each for one row, and prints for how many of N
held-out rows (default 100) the integer model answers the label of ONNX Runtime's
float model (regressors: the largest difference over the range of the answers).
Seeds are fixed.
"""

import argparse
import json
import subprocess
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
from sklearn import datasets, ensemble, linear_model, neural_network, pipeline, preprocessing, svm, tree
from sklearn.model_selection import train_test_split

SEED = 1
CALIBRATION_ROWS = 64
OPSETS = {"": 17, "ai.onnx.ml": 3}
CREDIT_COLUMNS = ["age", "income", "debt", "years employed", "late payments", "amount", "months", "share of income"]


def credit(count=4000):
    """Applications whose columns differ in size by five orders of magnitude."""
    rng = np.random.default_rng(SEED)
    age = rng.integers(20, 70, count)
    income = np.exp(rng.normal(10.4, 0.5, count)).round()
    debt = (income * rng.gamma(1.2, 0.4, count)).round()
    employed = np.minimum(rng.exponential(6, count), age - 18).round(1)
    late = rng.poisson(0.8, count)
    amount = (income * rng.gamma(2.0, 0.25, count)).round(-2)
    months = rng.choice([12, 24, 36, 48, 60], count)
    share = amount / months / (income / 12)
    risk = 0.9 * late + 1.1 * debt / income + 3.0 * share - 0.08 * employed - 0.01 * (age - 40) - 1.3
    repaid = rng.random(count) > 1 / (1 + np.exp(-risk))
    return np.stack([age, income, debt, employed, late, amount, months, share], axis=1), repaid.astype(np.int64)


def table(name):
    return getattr(datasets, f"load_{name}")(return_X_y=True)


def scaled(model):
    return pipeline.make_pipeline(preprocessing.StandardScaler(), model)


def xgb(kind, **more):
    import xgboost

    return getattr(xgboost, kind)(random_state=SEED, **more)


def lgb(kind, **more):
    import lightgbm

    return getattr(lightgbm, kind)(random_state=SEED, verbose=-1, **more)


MODELS = {
    "credit": lambda: (ensemble.GradientBoostingClassifier(random_state=SEED), credit()),
    "decision-tree": lambda: (tree.DecisionTreeClassifier(random_state=SEED), table("wine")),
    "random-forest": lambda: (ensemble.RandomForestClassifier(100, random_state=SEED), table("breast_cancer")),
    "gradient-boosting": lambda: (ensemble.GradientBoostingClassifier(random_state=SEED), table("breast_cancer")),
    "gradient-boosting-wine": lambda: (ensemble.GradientBoostingClassifier(random_state=SEED), table("wine")),
    "gradient-boosting-diabetes": lambda: (ensemble.GradientBoostingRegressor(random_state=SEED), table("diabetes")),
    "hist-gradient-boosting": lambda: (ensemble.HistGradientBoostingClassifier(random_state=SEED), table("breast_cancer")),
    "logistic-regression": lambda: (scaled(linear_model.LogisticRegression()), table("breast_cancer")),
    "linear-svm": lambda: (svm.LinearSVC(dual=False, random_state=SEED), table("breast_cancer")),
    "kernel-svm": lambda: (scaled(svm.SVC()), table("breast_cancer")),
    "mlp": lambda: (scaled(neural_network.MLPClassifier((32,), max_iter=500, random_state=SEED)), table("breast_cancer")),
    "forest-after-scaler": lambda: (scaled(ensemble.RandomForestClassifier(30, random_state=SEED)), table("wine")),
    "xgboost": lambda: (xgb("XGBClassifier", n_estimators=60, max_depth=4), table("breast_cancer")),
    "xgboost-wine": lambda: (xgb("XGBClassifier", n_estimators=30, max_depth=4), table("wine")),
    "xgboost-diabetes": lambda: (xgb("XGBRegressor", n_estimators=60, max_depth=4), table("diabetes")),
    "lightgbm": lambda: (lgb("LGBMClassifier", n_estimators=60), table("breast_cancer")),
    "lightgbm-diabetes": lambda: (lgb("LGBMRegressor", n_estimators=60), table("diabetes")),
}


def plain_attributes():
    """skl2onnx hands numpy integers to onnx, whose newer versions refuse them."""
    make = onnx.helper.make_attribute

    def make_plain(key, value, *rest, **more):
        if isinstance(value, (list, tuple)) and any(isinstance(v, np.integer) for v in value):
            value = [int(v) for v in value]
        return make(key, value, *rest, **more)

    onnx.helper.make_attribute = make_plain


def export(name, model, features):
    if name.startswith(("xgboost", "lightgbm")):
        from onnxmltools import convert
        from onnxmltools.convert.common.data_types import FloatTensorType

        library = name.split("-")[0]
        kind = getattr(convert, f"convert_{library}")
        return kind(model, initial_types=[("X", FloatTensorType([None, features]))], target_opset=15)
    from skl2onnx import convert_sklearn
    from skl2onnx.common.data_types import FloatTensorType

    return convert_sklearn(model, initial_types=[("X", FloatTensorType([None, features]))], target_opset=OPSETS)


def tacit(command, *arguments):
    result = subprocess.run([command, *map(str, arguments)], capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, arguments))}: {result.stderr.strip()}")
    return result.stdout


def integer_answer(command, compiled, row, folder):
    """The first output of the integer model."""
    path = folder / "row.npy"
    np.save(path, row)
    report = json.loads(tacit(command, "run", compiled, "--input", path, "--json"))
    first = report["outputs"][0]["output"]
    return np.array([o["real"] for o in report["outputs"] if o["output"] == first])


def agreement(command, compiled, onnx_file, rows, folder):
    session = ort.InferenceSession(onnx_file)
    name = session.get_inputs()[0].name
    want = np.asarray(session.run(None, {name: rows})[0])
    got = np.array([integer_answer(command, compiled, rows[i : i + 1], folder)[0] for i in range(len(rows))])
    np.save(folder / "row.npy", rows[:1])
    if np.issubdtype(want.dtype, np.integer):
        return f"label of {np.sum(want.ravel() == got)} of {len(rows)} rows"
    return f"largest difference {np.abs(want.ravel() - got).max() / np.ptp(want):.1e} of the range"


def train(name, command, out, count):
    model, (data, target) = MODELS[name]()
    data = data.astype(np.float32)
    train_x, test_x, train_y, test_y = train_test_split(data, target, test_size=0.2, random_state=SEED)
    model.fit(train_x, train_y)
    folder = out / name
    folder.mkdir(parents=True, exist_ok=True)
    path = str(folder / "model.onnx")
    onnx.save(export(name, model, data.shape[1]), path)
    np.savez(folder / "calibration.npz", X=train_x[:CALIBRATION_ROWS])
    compiled = folder / "model.tacit"
    report = json.loads(tacit(command, "compile", path, "--batch", 1, "--calibrate", folder / "calibration.npz", "-o",
                              compiled, "--json"))
    result = agreement(command, compiled, path, test_x[:count], folder)
    print(f"{name:27} score {model.score(test_x, test_y):.3f}  {result}, {report['lookups']} lookups", flush=True)


def main():
    parser = argparse.ArgumentParser(description="Train, export and check classical models.")
    parser.add_argument("--tacit", default="tacit", help="the command")
    parser.add_argument("--out", type=Path, required=True, help="output folder")
    parser.add_argument("--rows", type=int, default=100, help="held-out rows to compare")
    parser.add_argument("models", nargs="*", metavar="MODEL", help=", ".join(MODELS))
    given = parser.parse_args()
    unknown = set(given.models) - set(MODELS)
    if unknown:
        parser.error(f"no such model: {', '.join(sorted(unknown))}")
    plain_attributes()
    for name in given.models or MODELS:
        train(name, given.tacit, given.out, given.rows)


if __name__ == "__main__":
    main()
