"""Trains a 30-32-16-1 network that tells benign from malignant tumours.

Data: scikit-learn's `load_breast_cancer` (UCI breast cancer Wisconsin
diagnostic, 569 patients, 30 features). One fifth of the patients, stratified
by label, is held out as the test split. Labels follow scikit-learn: 0 is
malignant, 1 is benign, and the network's output is the probability of benign.

The raw values span six orders of magnitude (from under 0.001 to 4254),
which a fixed-point proof of the network would pay for in precision. So the
network takes STANDARDISED inputs: (feature - mean) / deviation, with the mean
and deviation of the training split. Every input file written here is
standardised already.

Run:

    pip install -r ../requirements.txt
    python train.py [--out DIR]

Writes model.onnx (one probability), calibration.npz, test.npz, patient.npy and
patient.json to DIR, by default the folder of this script. Seeds are fixed, so a
repeat on the same machine gives the same files.
"""

import argparse
import sys
from pathlib import Path

from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import common  # noqa: E402
from common import Gemm, Relu, Sigmoid  # noqa: E402

SEED = 1

# Trained on its logits; the exported network ends in the sigmoid.
LOGIT_LAYERS = [
    Gemm("fc1", features=32),
    Relu("relu1"),
    Gemm("fc2", features=16),
    Relu("relu2"),
    Gemm("fc3", features=1),
]
LAYERS = LOGIT_LAYERS + [Sigmoid("sigmoid")]

CONFIG = common.TrainConfig(
    epochs=60, batch_size=32, learning_rate=1e-3, weight_decay=1e-1, seed=SEED
)


def load_split():
    patients = load_breast_cancer()
    train_rows, test_rows = train_test_split(
        range(len(patients.target)),
        test_size=0.2,
        stratify=patients.target,
        random_state=SEED,
    )
    scaler = StandardScaler().fit(patients.data[train_rows])
    features = scaler.transform(patients.data)
    return common.make_split(features, patients.target, train_rows, test_rows)


def main():
    parser = argparse.ArgumentParser(description="Train the breast cancer example.")
    parser.add_argument("--out", type=Path, default=HERE, help="output folder")
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)

    split = load_split()
    params = common.train(
        LOGIT_LAYERS, split.train_input, split.train_label, common.binary_loss, CONFIG
    )
    model = out / "model.onnx"
    in_shape = split.train_input.shape[1:]
    common.export_onnx(model, "breast_cancer", LAYERS, params, in_shape, "probability")
    common.check_export(model, LAYERS, params, split.test_input)
    common.report_accuracy(model, split, common.predicted_binary)
    common.save_data(out, split, "patient")


if __name__ == "__main__":
    main()
