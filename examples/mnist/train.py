"""Trains LeNet-5 and a 784-512-512-10 network on MNIST.

Data: the 10,000 images of the MNIST test files (t10k-images-idx3-ubyte.gz and
t10k-labels-idx1-ubyte.gz), pixels scaled to [0, 1], NCHW [1, 1, 28, 28]. They
are split, stratified by digit, into 8,000 images to train on and 2,000 held
out, so the accuracies are NOT comparable with published MNIST figures.

Run:

    pip install -r ../requirements.txt
    python train.py --data DIR --out DIR

Reads the two files above from the data folder. Writes lenet5.onnx and mlp.onnx
(10 logits each), calibration.npz, test.npz, image.npy and image.json to the
output folder. Seeds are fixed, so a repeat on the same machine gives the same
files.
"""

import argparse
import gzip
import sys
from pathlib import Path

import numpy as np
from sklearn.model_selection import train_test_split

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import common  # noqa: E402
from common import Conv, Flatten, Gemm, MaxPool, Relu  # noqa: E402

SEED = 1
TEST_SIZE = 2000
MAX_PIXEL = 255.0

LENET5_LAYERS = [
    Conv("conv1", channels=6, kernel=5, pad=2),
    Relu("relu1"),
    MaxPool("pool1", size=2),
    Conv("conv2", channels=16, kernel=5),
    Relu("relu2"),
    MaxPool("pool2", size=2),
    Flatten("flatten"),
    Gemm("fc1", features=120),
    Relu("relu3"),
    Gemm("fc2", features=84),
    Relu("relu4"),
    Gemm("fc3", features=10),
]

MLP_LAYERS = [
    Flatten("flatten"),
    Gemm("fc1", features=512),
    Relu("relu1"),
    Gemm("fc2", features=512),
    Relu("relu2"),
    Gemm("fc3", features=10),
]

NETWORKS = {"lenet5": LENET5_LAYERS, "mlp": MLP_LAYERS}

CONFIG = common.TrainConfig(
    epochs=12, batch_size=64, learning_rate=2e-3, weight_decay=1e-2, seed=SEED
)


def read_idx(path):
    """An array of bytes from a gzipped IDX file."""
    content = gzip.decompress(path.read_bytes())
    magic, rank = content[:3], content[3]
    if magic != b"\x00\x00\x08":
        raise ValueError(f"{path} is not an IDX file of bytes")
    header_size = 4 + 4 * rank
    shape = np.frombuffer(content[4:header_size], dtype=">u4")
    return np.frombuffer(content[header_size:], dtype=np.uint8).reshape(shape)


def load_split(folder):
    images = read_idx(folder / "t10k-images-idx3-ubyte.gz")
    labels = read_idx(folder / "t10k-labels-idx1-ubyte.gz")
    train_rows, test_rows = train_test_split(
        range(len(labels)), test_size=TEST_SIZE, stratify=labels, random_state=SEED
    )
    return common.make_split(images[:, None] / MAX_PIXEL, labels, train_rows, test_rows)


def train_network(name, layers, split, out):
    params = common.train(
        layers, split.train_input, split.train_label, common.class_loss, CONFIG
    )
    model = out / f"{name}.onnx"
    in_shape = split.train_input.shape[1:]
    common.export_onnx(model, name, layers, params, in_shape, "logits")
    common.check_export(model, layers, params, split.test_input)
    common.report_accuracy(model, split, common.predicted_class)


def main():
    parser = argparse.ArgumentParser(description="Train the MNIST networks.")
    parser.add_argument(
        "--data", type=Path, required=True, help="folder with the MNIST test files"
    )
    parser.add_argument("--out", type=Path, required=True, help="output folder")
    arguments = parser.parse_args()
    out = arguments.out
    out.mkdir(parents=True, exist_ok=True)

    split = load_split(arguments.data)
    for name, layers in NETWORKS.items():
        train_network(name, layers, split, out)
    common.save_data(out, split, "image")


if __name__ == "__main__":
    main()
