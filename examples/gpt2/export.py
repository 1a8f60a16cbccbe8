"""GPT-2 (small by default: 124 million weights) as ONNX, with samples of token ids.

    python export.py FOLDER [--tokens 64] [--output next|every|last|all] [--weights FILE] [--text FILE.npz] [--dynamo]

--output: `next` is the most likely next token, `every` that of each position (the logits stay inside the proof), `last`
the last position's logits, `all` all logits. --weights: a safetensors or PyTorch file with GPT-2's own names (h.0.attn.c_attn.weight ..),
as Hugging Face and OpenAI publish it; without it weights are RANDOM: for what proofs cost, not for answers. --text: ids
[samples, tokens], otherwise random ones.

Writes FOLDER/model.onnx (input ids), calibration.npz, test.npz, one.npz. Needs torch, onnx, onnxscript, numpy.
"""
import argparse
import math
import pathlib
import sys

import numpy as np
import torch
from torch import nn

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "weights"))
import published  # noqa: E402

VOCABULARY, PLACES = 50257, 1024


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.ln_1, self.ln_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.c_attn, self.c_proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.c_fc, self.c_down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        b, n, d = x.shape
        q, k, v = (t.view(b, n, self.heads, d // self.heads).transpose(1, 2) for t in self.c_attn(self.ln_1(x)).split(d, 2))
        later = torch.ones(n, n, dtype=torch.bool).triu(1)
        scores = (q @ k.transpose(-1, -2) / math.sqrt(d // self.heads)).masked_fill(later, -math.inf)
        x = x + self.c_proj((torch.softmax(scores, -1) @ v).transpose(1, 2).reshape(b, n, d))
        return x + self.c_down(nn.functional.gelu(self.c_fc(self.ln_2(x)), approximate="tanh"))


class GPT2(nn.Module):
    def __init__(self, output, layers=12, width=768, heads=12, vocabulary=VOCABULARY, places=PLACES):
        super().__init__()
        self.output, self.wte, self.wpe = output, nn.Embedding(vocabulary, width), nn.Embedding(places, width)
        self.h, self.ln_f = nn.ModuleList(Block(width, heads) for _ in range(layers)), nn.LayerNorm(width)
        for name, p in self.named_parameters():  # as GPT-2 was initialised: 0.02, projections into the residual less
            if name.startswith(("wte", "wpe")) or name.endswith(("c_attn.weight", "c_fc.weight")):
                nn.init.normal_(p, std=0.02)
            elif name.endswith(("c_proj.weight", "c_down.weight")):
                nn.init.normal_(p, std=0.02 / math.sqrt(2 * layers))
            elif name.endswith("bias"):
                nn.init.zeros_(p)

    def forward(self, ids):
        x = self.wte(ids) + self.wpe.weight[: ids.shape[1]]
        for block in self.h:
            x = block(x)
        if self.output in ("next", "last"):
            x = x[:, -1:]
        logits = self.ln_f(x) @ self.wte.weight.T
        return logits.argmax(-1) if self.output in ("next", "every") else logits


def safetensors(path):
    return {name: torch.tensor(values.astype(np.float32)) for name, values in published.tensors(path.read_bytes())}


def load(model, path):
    """Published files hold linear layers as [in, out] and causal masks besides."""
    found = safetensors(path) if path.suffix == ".safetensors" else torch.load(path, map_location="cpu")
    state = {}
    for name, values in found.items():
        name = name.removeprefix("transformer.")
        if name.endswith((".attn.bias", ".attn.masked_bias")) or name == "lm_head.weight":
            continue
        linear = name.endswith("weight") and ".c_" in name
        for old, new in (("attn.c_", "c_"), ("mlp.c_fc", "c_fc"), ("mlp.c_proj", "c_down")):
            name = name.replace(old, new)
        state[name] = values.T.contiguous() if linear else values
    model.load_state_dict(state)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("folder", type=pathlib.Path)
    p.add_argument("--tokens", type=int, default=64)
    p.add_argument("--output", choices=("next", "every", "last", "all"), default="last")
    p.add_argument("--layers", type=int, default=12)
    p.add_argument("--weights", type=pathlib.Path)
    p.add_argument("--text", type=pathlib.Path)
    p.add_argument("--samples", type=int, default=8)
    p.add_argument("--dynamo", action="store_true", help="PyTorch's newer exporter")
    a = p.parse_args()
    a.folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(1)
    model = GPT2(a.output, a.layers).eval()
    if a.weights:
        load(model, a.weights)
    rng = np.random.default_rng(2)
    ids = np.load(a.text)["ids"][:, : a.tokens] if a.text else rng.integers(0, VOCABULARY, (a.samples, a.tokens))
    torch.onnx.export(model, (torch.tensor(ids[:1]),), a.folder / "model.onnx", input_names=["ids"],
                      output_names=["token" if a.output in ("next", "every") else "logits"], opset_version=18, dynamo=a.dynamo)
    half = (len(ids) + 1) // 2
    for name, part in (("calibration", ids[:half]), ("test", ids[half:]), ("one", ids[:1])):
        np.savez(a.folder / f"{name}.npz", ids=part)
    print(f"{sum(v.numel() for v in model.parameters())} weights, {len(ids)} samples of {a.tokens} tokens")


if __name__ == "__main__":
    main()
