"""How far integer models are from the float models they were compiled from, on data that they were not calibrated on.

    pip install numpy onnx tflite scikit-learn scikit-image espeakng-loader
    python fidelity.py --tacit build/tacit --mnist DIR --models DIR [--trained DIR] [NAME ...]

--mnist: the folder with MNIST's test files. --models: a folder with onnx-zoo/mnist-8.onnx, zkml-mnist/model.tflite and
mlperf-tiny/*.tflite, as far as there are. --trained: what mnist/train.py wrote. Each network is compiled with 8-bit
weights, with 16-bit weights, and with those that `tacit compile` chooses itself (16 where 8 change an answer on the
calibration samples); `tacit compile --test` compares.

Inputs:
  MNIST networks   the test images (those of train.py: its 2,000 held-out images); true labels
  resnet8, vww     crops of photographs: calibration on scikit-learn's two, test on five of scikit-image's; no labels
  kws              words spoken by a synthesiser (speech.py): labels are what was said. Not the recordings it was trained on
  autoencoder      log-mel frames of the same speech; it is no classifier: only errors
"""

import argparse
import gzip
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "tflite")]
sys.dont_write_bytecode = True

from convert import convert  # noqa: E402

SEED, CALIBRATION, TEST = 1, 64, 2000
SMALL_TEST = 600  # of the networks that take longer


def mnist(folder, scale):
    """Images [count, 1, 28, 28] times `scale`, and labels."""
    images = gzip.decompress((folder / "t10k-images-idx3-ubyte.gz").read_bytes())[16:]
    labels = gzip.decompress((folder / "t10k-labels-idx1-ubyte.gz").read_bytes())[8:]
    pixels = np.frombuffer(images, np.uint8).reshape(-1, 1, 28, 28).astype(np.float32) * np.float32(scale)
    labels = np.frombuffer(labels, np.uint8).astype(np.int64)
    return (pixels[:CALIBRATION], None), (pixels[CALIBRATION : CALIBRATION + TEST], labels[CALIBRATION : CALIBRATION + TEST])


def photographs():
    """(for calibration, for test): lists of [height, width, 3] bytes."""
    from skimage import data
    from sklearn.datasets import load_sample_images

    tests = [data.astronaut(), data.chelsea(), data.coffee(), data.rocket(), data.stereo_motorcycle()[0]]
    return load_sample_images().images, tests


def crops(photos, count, side, scale, rng):
    """[count, 3, side, side]: squares of random size and place, shrunk by averaging."""
    out = np.empty((count, 3, side, side), np.float32)
    for k in range(count):
        photo = photos[rng.integers(len(photos))]
        step = rng.integers(1, min(photo.shape[:2]) // side + 1)
        y, x = (rng.integers(0, size - side * step + 1) for size in photo.shape[:2])
        square = photo[y : y + side * step, x : x + side * step].reshape(side, step, side, step, 3)
        out[k] = square.mean((1, 3)).transpose(2, 0, 1) * scale
    return out


def images(side, scale):
    def make(_):
        rng = np.random.default_rng(SEED)
        calibration, test = photographs()
        return (crops(calibration, CALIBRATION, side, scale, rng), None), (crops(test, SMALL_TEST, side, scale, rng), None)

    return make


def spoken_words(_):
    import speech

    def features(count, seed):
        sounds, labels = speech.utterances(count, seed)
        return np.stack([speech.mfcc(sound) for sound in sounds])[:, None].astype(np.float32), labels

    return features(2 * CALIBRATION, SEED), features(SMALL_TEST, SEED + 1)


def frames(_):
    import speech

    def make(count, seed):
        sounds, _ = speech.utterances(count, seed)
        return np.concatenate([speech.log_mel_frames(sound) for sound in sounds]).astype(np.float32)

    return (make(6, SEED), None), (make(24, SEED + 1), None)


def trained(options):
    """train.py wrote both files itself."""
    return None


def digits(scale):
    return lambda options: mnist(options.mnist, scale)


# name: (file under --models or --trained, data)
NETWORKS = {
    "lenet5": ("lenet5.onnx", trained),
    "mlp": ("mlp.onnx", trained),
    "mnist-8": ("onnx-zoo/mnist-8.onnx", digits(1)),
    "zkml-mnist": ("zkml-mnist/model.tflite", digits(1 / 255)),
    "resnet8": ("mlperf-tiny/resnet8_cifar10_float.tflite", images(32, 1)),
    "vww": ("mlperf-tiny/mobilenetv1_025_vww96_float.tflite", images(96, 1 / 255)),
    "kws": ("mlperf-tiny/kws_ref_model_float32.tflite", spoken_words),
    "autoencoder": ("mlperf-tiny/autoencoder_ad01_fp32.tflite", frames),
}


def save(path, name, part):
    inputs, labels = part
    extra = {} if labels is None else {"label": labels}
    np.savez(path, **{name: inputs}, **extra)


def prepare(name, options, scratch):
    """(model, calibration file, test file), or None where the network is not there."""
    file, data = NETWORKS[name]
    folder = options.trained if data is trained else options.models
    if folder is None or not (folder / file).exists():
        return None
    if data is trained:
        return folder / file, folder / "calibration.npz", folder / "test.npz"
    model = folder / file
    if model.suffix == ".tflite":
        onnx.save(convert(model), scratch / f"{name}.onnx")
        model = scratch / f"{name}.onnx"
    input_name = onnx.load(model).graph.input[0].name
    for part, content in zip(("calibration", "test"), data(options)):
        save(scratch / f"{part}.npz", input_name, content)
    return model, scratch / "calibration.npz", scratch / "test.npz"


def compare(tacit, files, bits, scratch):
    model, calibration, test = map(str, files)
    arguments = [tacit, "compile", model, "--calibrate", calibration, "--test", test, "-o", str(scratch / "m.tacit"), "--json"]
    if bits != "auto":
        arguments += ["--weights", bits]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    told = json.loads(done.stdout)
    if done.returncode:
        sys.exit(f"{model}: {told['message']}")
    return told


def percent(told, key):
    return f"{100 * told[key] / told['test_samples']:.2f} %" if key in told else "-"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tacit", default="tacit")
    parser.add_argument("--mnist", type=Path)
    parser.add_argument("--models", type=Path)
    parser.add_argument("--trained", type=Path)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(NETWORKS))
    options = parser.parse_args()
    print("%-12s %-9s %7s %12s %12s %12s %11s %11s" % ("network", "weights", "samples", "same answer", "right float",
                                                     "right int", "max error", "mean error"))
    for name in options.names or NETWORKS:
        with tempfile.TemporaryDirectory() as folder:
            scratch = Path(folder)
            try:
                files = prepare(name, options, scratch)
            except ImportError as missing:
                print(f"{name:12s} left out: {missing}")
                continue
            if files is None:
                print(f"{name:12s} left out: not there")
                continue
            for bits in ("8", "16", "auto"):
                told = compare(options.tacit, files, bits, scratch)
                chosen = bits if bits != "auto" else f"auto: {told['weight_bits']}"
                print("%-12s %-9s %7d %12s %12s %12s %11.4g %11.4g" % (
                    name, chosen, told["test_samples"], percent(told, "test_same_answer"),
                    percent(told, "test_right_float"), percent(told, "test_right_integer"),
                    told["test_largest_error"], told["test_mean_error"]), flush=True)


if __name__ == "__main__":
    main()
