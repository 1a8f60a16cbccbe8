"""Trains a small convolutional classifier of 8x8 handwritten digits.

Data: scikit-learn's `load_digits` (UCI optical recognition of handwritten
digits, 1797 images), pixels scaled from 0..16 to [0, 1], NCHW [1, 1, 8, 8].
One fifth of the images, stratified by digit, is held out as the test split.

Run:

    pip install -r ../requirements.txt
    python train.py [--out DIR]

Writes model.onnx (10 logits), calibration.npz, test.npz, image.npy and
image.json to DIR, by default the folder of this script. Seeds are fixed, so a
repeat on the same machine gives the same files.
"""

import argparse
import sys
from pathlib import Path

from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import common  # noqa: E402
from common import Conv, Flatten, Gemm, MaxPool, Relu  # noqa: E402

SEED = 1
MAX_PIXEL = 16.0

LAYERS = [
    Conv("conv1", channels=8, kernel=3, pad=1),
    Relu("relu1"),
    MaxPool("pool1", size=2),
    Conv("conv2", channels=16, kernel=3, pad=1),
    Relu("relu2"),
    MaxPool("pool2", size=2),
    Flatten("flatten"),
    Gemm("fc1", features=32),
    Relu("relu3"),
    Gemm("fc2", features=10),
]

CONFIG = common.TrainConfig(
    epochs=60, batch_size=32, learning_rate=3e-3, weight_decay=1e-2, seed=SEED
)


def load_split():
    digits = load_digits()
    train_rows, test_rows = train_test_split(
        range(len(digits.target)),
        test_size=0.2,
        stratify=digits.target,
        random_state=SEED,
    )
    images = digits.images[:, None] / MAX_PIXEL
    return common.make_split(images, digits.target, train_rows, test_rows)


def main():
    parser = argparse.ArgumentParser(description="Train the digits example.")
    parser.add_argument("--out", type=Path, default=HERE, help="output folder")
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)

    split = load_split()
    params = common.train(
        LAYERS, split.train_input, split.train_label, common.class_loss, CONFIG
    )
    model = out / "model.onnx"
    in_shape = split.train_input.shape[1:]
    common.export_onnx(model, "digits", LAYERS, params, in_shape, "logits")
    common.check_export(model, LAYERS, params, split.test_input)
    common.report_accuracy(model, split, common.predicted_class)
    common.save_data(out, split, "image")


if __name__ == "__main__":
    main()
