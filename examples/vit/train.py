"""A small vision transformer, trained on MNIST's test images (8,000 to train on, 2,000 held out: not comparable with published
figures), and exported to ONNX.

    python train.py --data DIR --out DIR [--epochs 60] [--dynamo]

16 patches of 7x7, a class token, width 64, 4 heads, 4 blocks (pre-norm, GELU). Writes vit.onnx (10 logits), calibration.npz,
test.npz (with labels), image.npy. Needs torch, onnx, onnxscript, numpy.
"""
import argparse
import gzip
import pathlib

import numpy as np
import torch
from torch import nn


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, x):
        b, n, d = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(b, n, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        y = nn.functional.scaled_dot_product_attention(q, k, v)
        x = x + self.out(y.transpose(1, 2).reshape(b, n, d))
        return x + self.mlp(self.norm2(x))


class ViT(nn.Module):
    def __init__(self, width=64, heads=4, depth=4, patch=7):
        super().__init__()
        count = (28 // patch) ** 2
        self.patches = nn.Conv2d(1, width, patch, patch)
        self.first = nn.Parameter(0.02 * torch.randn(1, 1, width))
        self.places = nn.Parameter(0.02 * torch.randn(1, count + 1, width))
        self.blocks = nn.Sequential(*(Block(width, heads) for _ in range(depth)))
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, 10)

    def forward(self, x):
        t = self.patches(x).flatten(2).transpose(1, 2)
        t = torch.cat((self.first.expand(len(x), -1, -1), t), 1) + self.places
        return self.head(self.norm(self.blocks(t))[:, 0])


def content(folder, name):
    """Of the file whose name begins so, compressed or not."""
    path = next(folder.glob(f"{name}*"))
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def read(folder):
    x = np.frombuffer(content(folder, "t10k-images"), np.uint8, offset=16).reshape(-1, 1, 28, 28)
    y = np.frombuffer(content(folder, "t10k-labels"), np.uint8, offset=8)
    return torch.tensor(x.astype(np.float32) / 255), torch.tensor(y.astype(np.int64))


def moved(x):
    """Each image turned by up to 11 degrees, scaled by up to a tenth, moved by up to two pixels."""
    turn, size, dx, dy = (2 * torch.rand(4, len(x)) - 1) * torch.tensor([0.2, 0.1, 4 / 28, 4 / 28])[:, None]
    c, s = (1 + size) * turn.cos(), (1 + size) * turn.sin()
    maps = torch.stack((torch.stack((c, -s, dx), 1), torch.stack((s, c, dy), 1)), 1)
    return nn.functional.grid_sample(x, nn.functional.affine_grid(maps, x.shape, align_corners=False), align_corners=False)


def train(model, x, y, epochs):
    steps = epochs * (len(x) // 100)
    optimiser = torch.optim.AdamW(model.parameters(), 2e-3, weight_decay=0.05)
    plan = torch.optim.lr_scheduler.OneCycleLR(optimiser, 2e-3, total_steps=steps)
    for epoch in range(epochs):
        order = torch.randperm(len(x))
        for i in range(0, len(x) // 100 * 100, 100):
            part = order[i : i + 100]
            loss = nn.functional.cross_entropy(model(moved(x[part])), y[part], label_smoothing=0.05)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            plan.step()
        print(f"epoch {epoch + 1}: {loss.item():.4f}", flush=True)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--data", type=pathlib.Path, required=True)
    p.add_argument("--out", type=pathlib.Path, required=True)
    p.add_argument("--epochs", type=int, default=60)
    p.add_argument("--dynamo", action="store_true", help="PyTorch's newer exporter")
    a = p.parse_args()
    a.out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(1)
    x, y = read(a.data)
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(2))
    kept, held = order[:8000], order[8000:]
    model = ViT()
    train(model, x[kept], y[kept], a.epochs)
    model.eval()
    with torch.no_grad():
        right = (model(x[held]).argmax(1) == y[held]).float().mean()
    print(f"{sum(v.numel() for v in model.parameters())} weights, {100 * right:.2f} % of the held-out images")
    torch.onnx.export(model, (x[:1],), a.out / "vit.onnx", input_names=["image"], output_names=["logits"], opset_version=18,
                      dynamo=a.dynamo)
    np.savez(a.out / "calibration.npz", image=x[kept][:64].numpy())
    np.savez(a.out / "test.npz", image=x[held].numpy(), label=y[held].numpy())
    np.save(a.out / "image.npy", x[held][:1].numpy())


if __name__ == "__main__":
    main()
