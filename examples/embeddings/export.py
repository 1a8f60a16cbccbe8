"""all-MiniLM-L6-v2 with a second output: the cosine of the sentence's embedding with one that is given.

    python export.py WHEEL FOLDER [--tokens 32]

Writes FOLDER/compare.onnx (inputs ids, mask, other; outputs sentence and cosine), calibrate.npz, test.npz (sentences of
../minilm/sentences.txt, each compared with another one), nobody.npz (a zero `other`, for who only wants the embedding).
Needs torch, onnx, numpy and the wheel of ../minilm.
"""
import argparse
import pathlib
import sys

import numpy as np
import torch
from torch import nn

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "minilm"))
import export as minilm  # noqa: E402


class Compare(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, ids, mask, other):
        sentence = self.model(ids, mask)
        return sentence, (sentence * other).sum(1, keepdim=True)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("wheel")
    p.add_argument("folder", type=pathlib.Path)
    p.add_argument("--tokens", type=int, default=32)
    a = p.parse_args()
    a.folder.mkdir(parents=True, exist_ok=True)
    model, tokeniser = minilm.load(a.wheel), minilm.vocabulary.load(a.wheel)
    coded = [minilm.encode(tokeniser, text, a.tokens) for text in minilm.texts_for(tokeniser, a.tokens)]
    ids, mask = (np.stack([c[k] for c in coded]) for k in (0, 1))
    with torch.no_grad():
        embeddings = model(torch.tensor(ids), torch.tensor(mask))
    other = embeddings.flip(0)
    other[0], other[2] = embeddings[0], -embeddings[2]  # calibration shall see the cosines 1 and -1
    torch.onnx.export(Compare(model), (torch.tensor(ids[:1]), torch.tensor(mask[:1]), other[:1]), a.folder / "compare.onnx",
                      input_names=["ids", "mask", "other"], output_names=["sentence", "cosine"], opset_version=18, dynamo=False)
    for name, part in (("calibrate", slice(0, None, 2)), ("test", slice(1, None, 2))):
        np.savez(a.folder / f"{name}.npz", ids=ids[part], mask=mask[part], other=other[part].numpy()[:, None])
    np.savez(a.folder / "nobody.npz", other=np.zeros(other[:1].shape))


if __name__ == "__main__":
    main()
