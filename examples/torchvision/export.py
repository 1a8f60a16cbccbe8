"""Exports torchvision's architectures to ONNX, with RANDOM weights.

Nobody has trained these networks: they have the architecture and the sizes of
the published ones, so what a proof costs is what it costs for trained weights
of the same shape, but their answers mean nothing. Pass --weights FILE (a
state_dict made for the same architecture) to export trained ones.

Convolutions start from He's normal distribution. Batch normalisations get the
statistics of their own activations on calibration images, as training would
have left them; without this, activations would leave every useful range after
a few dozen layers. The vision transformer keeps torchvision's own initialisation,
except that class token and head (zeros there) and the scales and shifts of norms
(ones and zeros) are normally distributed, as training leaves them.

The images are random too: sums of a few smooth waves a channel, standardised.

Networks at 32x32 have ten classes and the changes usual for images of this
size: vgg16-32 keeps torchvision's 13 convolutions and has one linear layer
behind them; resnet18-32 starts with a 3x3 convolution of stride 1 and no
pooling.

Run:

    pip install torch torchvision onnx onnxruntime onnxscript
    python export.py --out DIR [--dynamo] [NETWORK ...]

PyTorch has two exporters: the one that traces TorchScript (opset 17), and with
--dynamo the newer one (opset 18, needs onnxscript). Both files hold the same
network; weights are stored in the file.

Writes DIR/NETWORK/model.onnx, calibration.npz (4 images) and test.npz (2
images, one by one: [2, 3, side, side]) for each network.
"""

import argparse
from pathlib import Path
from typing import Callable, NamedTuple

import numpy as np
import torch
import torchvision
from torch import nn

SEED = 1
OPSET, DYNAMO_OPSET = 17, 18
CALIBRATION_SIZE, TEST_SIZE = 4, 2
WAVES = 12


def vgg16_32():
    features = torchvision.models.vgg16(weights=None).features
    return nn.Sequential(features, nn.Flatten(), nn.Linear(512, 10))


def resnet18_32():
    net = torchvision.models.resnet18(weights=None, num_classes=10)
    net.conv1 = nn.Conv2d(3, 64, 3, stride=1, padding=1, bias=False)
    net.maxpool = nn.Identity()
    return net


def vit_b16():
    net = torchvision.models.vit_b_16(weights=None)
    nn.init.normal_(net.class_token, std=0.02)
    nn.init.normal_(net.heads.head.weight, std=net.hidden_dim**-0.5)
    for module in net.modules():
        if isinstance(module, nn.LayerNorm):
            nn.init.normal_(module.weight, 1.0, 0.1)
            nn.init.normal_(module.bias, 0.0, 0.1)
    return net


class Network(NamedTuple):
    make: Callable[[], nn.Module]
    side: int
    convolutional: bool = True


NETWORKS = {
    "vgg16-32": Network(vgg16_32, 32),
    "resnet18-32": Network(resnet18_32, 32),
    "resnet50": Network(torchvision.models.resnet50, 224),
    "mobilenet-v2": Network(torchvision.models.mobilenet_v2, 224),
    "squeezenet": Network(torchvision.models.squeezenet1_1, 224),
    "densenet121": Network(torchvision.models.densenet121, 224),
    "efficientnet-b0": Network(torchvision.models.efficientnet_b0, 224),
    "vit-b16": Network(vit_b16, 224, convolutional=False),
}


def images(count, side, rng):
    """[count, 3, side, side] float32 of mean 0 and deviation 1 an image."""
    at = np.arange(side) / side
    frequency = rng.uniform(0.5, 8.0, (count, 3, WAVES, 2))
    phase = rng.uniform(0.0, 2 * np.pi, (count, 3, WAVES, 2))
    weight = rng.normal(size=(count, 3, WAVES)) / frequency.sum(-1)
    waves = np.sin(2 * np.pi * frequency[..., None] * at + phase[..., None])
    out = np.einsum("ncw,ncwh,ncwv->nchv", weight, waves[:, :, :, 0], waves[:, :, :, 1])
    out += 0.05 * rng.normal(size=out.shape)
    flat = out.reshape(count, -1)
    flat = (flat - flat.mean(1, keepdims=True)) / flat.std(1, keepdims=True)
    return flat.reshape(out.shape).astype(np.float32)


def he_init(net):
    for module in net.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)


def settle_statistics(net, batch):
    """Sets running mean and variance of each batch normalisation to the batch's."""
    norms = [m for m in net.modules() if isinstance(m, nn.BatchNorm2d)]
    dropouts = [m for m in net.modules() if isinstance(m, nn.Dropout)]
    for norm in norms:
        norm.momentum = None  # cumulative average: one batch sets them
        norm.reset_running_stats()
        norm.train()
    assert not any(d.training for d in dropouts)
    with torch.no_grad():
        net(batch)
    net.eval()


def write_onnx(net, image, path, dynamo):
    more = {"external_data": False, "verbose": False} if dynamo else {}
    torch.onnx.export(
        net,
        (torch.from_numpy(image),),
        path,
        input_names=["image"],
        output_names=["logits"],
        opset_version=DYNAMO_OPSET if dynamo else OPSET,
        dynamo=dynamo,
        **more,
    )


def export(name, folder, weights, dynamo):
    network = NETWORKS[name]
    rng = np.random.default_rng(SEED)
    torch.manual_seed(SEED)
    net = network.make().eval()
    calibration = images(CALIBRATION_SIZE, network.side, rng)
    test = images(TEST_SIZE, network.side, rng)
    if weights:
        net.load_state_dict(torch.load(weights, weights_only=True))
    elif network.convolutional:
        he_init(net)
        settle_statistics(net, torch.from_numpy(calibration))
    folder.mkdir(parents=True, exist_ok=True)
    write_onnx(net, test[:1], folder / "model.onnx", dynamo)
    np.savez(folder / "calibration.npz", image=calibration)
    np.savez(folder / "test.npz", image=test)
    count = sum(p.numel() for p in net.parameters())
    print(f"{name}: {count:,} parameters, {'given' if weights else 'random'} weights")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("networks", nargs="*", metavar="NETWORK", help=", ".join(NETWORKS))
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--weights", type=Path, help="state_dict for the one NETWORK")
    parser.add_argument("--dynamo", action="store_true", help="PyTorch's newer exporter")
    options = parser.parse_args()
    names = options.networks or list(NETWORKS)
    for name in names:
        if name not in NETWORKS:
            parser.error(f"no network {name!r}; there are {', '.join(NETWORKS)}")
    if options.weights and len(names) != 1:
        parser.error("--weights needs exactly one NETWORK")
    for name in names:
        export(name, options.out / name, options.weights, options.dynamo)


if __name__ == "__main__":
    main()
