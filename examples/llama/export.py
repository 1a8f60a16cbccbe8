"""A Llama-style block as PyTorch exports it: RMSNorm, rotary embedding, grouped-query attention with a causal mask, SwiGLU.
Random weights (this is about the operators and their cost, not about language).

    python export.py FOLDER [--tokens 16] [--dynamo]

Writes FOLDER/block.onnx and calibrate.npz, test.npz. Needs torch, onnx, onnxscript, numpy.
"""
import argparse
import pathlib

import numpy as np
import torch
from torch import nn


class RMSNorm(nn.Module):
    def __init__(self, size, epsilon=1e-5):
        super().__init__()
        self.weight, self.epsilon = nn.Parameter(torch.ones(size) + 0.1 * torch.randn(size)), epsilon

    def forward(self, x):
        return self.weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.epsilon))


def turned(x, cos, sin):
    a, b = x[..., : x.shape[-1] // 2], x[..., x.shape[-1] // 2 :]
    return x * cos + torch.cat((-b, a), -1) * sin


class Block(nn.Module):
    def __init__(self, size=128, heads=8, kv_heads=2, inner=344):
        super().__init__()
        self.heads, self.kv_heads, self.size = heads, kv_heads, size // heads
        self.q, self.o = nn.Linear(size, size, bias=False), nn.Linear(size, size, bias=False)
        self.k, self.v = (nn.Linear(size, kv_heads * self.size, bias=False) for _ in range(2))
        self.gate, self.up, self.down = nn.Linear(size, inner, bias=False), nn.Linear(size, inner, bias=False), nn.Linear(
            inner, size, bias=False)
        self.norm1, self.norm2 = RMSNorm(size), RMSNorm(size)

    def split(self, x, heads):
        return x.view(x.shape[0], x.shape[1], heads, self.size).transpose(1, 2)

    def forward(self, x):
        n = x.shape[1]
        places = torch.arange(n, dtype=torch.float32)[:, None]
        angle = places / 10000 ** (torch.arange(0, self.size, 2, dtype=torch.float32) / self.size)
        cos, sin = torch.cat((angle, angle), -1).cos(), torch.cat((angle, angle), -1).sin()
        h = self.norm1(x)
        q, k, v = self.split(self.q(h), self.heads), self.split(self.k(h), self.kv_heads), self.split(self.v(h), self.kv_heads)
        q, k = turned(q, cos, sin), turned(k, cos, sin)
        k, v = (t.repeat_interleave(self.heads // self.kv_heads, 1) for t in (k, v))
        y = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.o(y.transpose(1, 2).reshape(x.shape))
        h = self.norm2(x)
        return x + self.down(nn.functional.silu(self.gate(h)) * self.up(h))


def main():
    p = argparse.ArgumentParser()
    p.add_argument("folder", type=pathlib.Path)
    p.add_argument("--tokens", type=int, default=16)
    p.add_argument("--dynamo", action="store_true", help="PyTorch's newer exporter")
    a = p.parse_args()
    a.folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(1)
    model, x = Block().eval(), torch.randn(24, a.tokens, 128)
    torch.onnx.export(model, (x[:1],), a.folder / "block.onnx", input_names=["x"], output_names=["y"], opset_version=18,
                      dynamo=a.dynamo)
    np.savez(a.folder / "calibrate.npz", x=x[:16].numpy())
    np.savez(a.folder / "test.npz", x=x[16:].numpy())
    np.savez(a.folder / "one.npz", x=x[:1].numpy())


if __name__ == "__main__":
    main()
