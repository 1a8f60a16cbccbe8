"""A Llama-style model as PyTorch exports it, with random weights (this is about the operators and their cost, not about language).

    python export.py FOLDER [--tokens 16] [--form block|operators|language] [--dynamo]

block: one block written in plain PyTorch (RMSNorm, rotary embedding, grouped-query attention with a causal mask, SwiGLU).
operators: the same block by ONNX's own RMSNormalization, RotaryEmbedding and Attention (opset 23, --dynamo implied).
language: two layers of Hugging Face's LlamaForCausalLM, token ids in, logits out (needs transformers).
Writes FOLDER/block.onnx and calibrate.npz, test.npz, one.npz. Needs torch, onnx, onnxscript, numpy.
"""
import argparse
import pathlib

import numpy as np
import torch
from torch import nn

WIDTH, HEADS, KV_HEADS, INNER, WORDS = 128, 8, 2, 344, 512
SIZE = WIDTH // HEADS


class RMSNorm(nn.Module):
    def __init__(self, size, epsilon=1e-5):
        super().__init__()
        self.weight, self.epsilon = nn.Parameter(torch.ones(size) + 0.1 * torch.randn(size)), epsilon

    def forward(self, x):
        return self.weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.epsilon))


def angles(count):
    places = torch.arange(count, dtype=torch.float32)[:, None]
    return places / 10000 ** (torch.arange(0, SIZE, 2, dtype=torch.float32) / SIZE)


def turned(x, angle):
    a, b = x[..., : x.shape[-1] // 2], x[..., x.shape[-1] // 2 :]
    both = torch.cat((angle, angle), -1)
    return x * both.cos() + torch.cat((-b, a), -1) * both.sin()


class Block(nn.Module):
    def __init__(self, operators):
        super().__init__()
        self.operators = operators
        self.q, self.o = nn.Linear(WIDTH, WIDTH, bias=False), nn.Linear(WIDTH, WIDTH, bias=False)
        self.k, self.v = (nn.Linear(WIDTH, KV_HEADS * SIZE, bias=False) for _ in range(2))
        self.gate, self.up, self.down = nn.Linear(WIDTH, INNER, bias=False), nn.Linear(WIDTH, INNER, bias=False), nn.Linear(
            INNER, WIDTH, bias=False)
        self.norm1, self.norm2 = RMSNorm(WIDTH), RMSNorm(WIDTH)

    def norm(self, layer, x):
        if self.operators:
            return nn.functional.rms_norm(x, (WIDTH,), layer.weight, layer.epsilon)
        return layer(x)

    def turn(self, x, angle):
        if self.operators:
            return torch.onnx.ops.rotary_embedding(x, angle.cos()[None], angle.sin()[None])
        return turned(x, angle)

    def split(self, x, heads):
        return x.view(x.shape[0], x.shape[1], heads, SIZE).transpose(1, 2)

    def forward(self, x):
        angle = angles(x.shape[1])
        h = self.norm(self.norm1, x)
        q, k, v = self.split(self.q(h), HEADS), self.split(self.k(h), KV_HEADS), self.split(self.v(h), KV_HEADS)
        q, k = self.turn(q, angle), self.turn(k, angle)
        if not self.operators:
            k, v = (t.repeat_interleave(HEADS // KV_HEADS, 1) for t in (k, v))
        y = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=self.operators)
        x = x + self.o(y.transpose(1, 2).reshape(x.shape))
        h = self.norm(self.norm2, x)
        return x + self.down(nn.functional.silu(self.gate(h)) * self.up(h))


class Language(nn.Module):
    def __init__(self):
        super().__init__()
        import transformers

        self.model = transformers.LlamaForCausalLM(transformers.LlamaConfig(
            vocab_size=WORDS, hidden_size=WIDTH, num_hidden_layers=2, num_attention_heads=HEADS, num_key_value_heads=KV_HEADS,
            intermediate_size=INNER, initializer_range=0.1))

    def forward(self, ids):
        return self.model(ids, attention_mask=torch.ones_like(ids), use_cache=False).logits


def main():
    p = argparse.ArgumentParser()
    p.add_argument("folder", type=pathlib.Path)
    p.add_argument("--tokens", type=int, default=16)
    p.add_argument("--form", choices=("block", "operators", "language"), default="block")
    p.add_argument("--dynamo", action="store_true", help="PyTorch's newer exporter")
    a = p.parse_args()
    a.folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(1)
    if a.form == "language":
        model, x = Language().eval(), torch.randint(0, WORDS, (24, a.tokens))
    else:
        model, x = Block(a.form == "operators").eval(), torch.randn(24, a.tokens, WIDTH)
    operators = a.form == "operators"
    torch.onnx.export(model, (x[:1],), a.folder / "block.onnx", input_names=["x"], output_names=["y"],
                      opset_version=23 if operators else 17 if not a.dynamo else 18, dynamo=a.dynamo or operators)
    np.savez(a.folder / "calibrate.npz", x=x[:16].numpy())
    np.savez(a.folder / "test.npz", x=x[16:].numpy())
    np.savez(a.folder / "one.npz", x=x[:1].numpy())


if __name__ == "__main__":
    main()
