"""Text to the inputs of a compiled model of language, and its outputs to text.

    python tokenise.py VOCABULARY MODEL -o x.npz [TEXT | --file FILE] [--lines] [--cut] [--front] [--with FILE] [--tacit tacit]
    python tokenise.py VOCABULARY --decode FILE [--at PLACE]

VOCABULARY: a folder or a wheel with BERT's vocab.txt or GPT-2's encoder.json and vocab.bpe. MODEL: m.tacit or m.key,
whose inputs say how many tokens a text has. Text comes from the argument, the file or standard input; with --lines
every line is a sample of its own. Texts that are too long are an error; with --cut they lose their end. What is short
is padded: where the model has a mask with it, else only for a model in which no token sees later ones. --front pads
such a text in front, with ends of texts, for a model that answers at its last place. --with: an npz file with the
model's other inputs, which are no text.

--decode: an output as `tacit run -o` or `tacit prove --output` wrote it (npy): token ids, or rows of scores, of which
the largest counts. --at: only this place.
"""
import argparse
import json
import re
import subprocess
import sys

import numpy as np
import vocabulary

IDS, MASK, KINDS = ("ids", "input_ids"), ("mask", "attention_mask"), ("token_type_ids",)


class Unfit(Exception):
    pass


def inputs_of(tacit, model):
    """Shape of each input, by name, as `tacit inspect` tells."""
    told = subprocess.run([tacit, "inspect", model, "--json"], capture_output=True, text=True)
    if told.returncode != 0:
        raise Unfit(told.stderr.strip())
    found = json.loads(told.stdout)
    return {t["name"]: tuple(map(int, re.findall(r"\d+", t["shape"]))) for t in found.get("tensors", []) if t["kind"] == "input"}


def others_of(path, shapes):
    """Arrays of the inputs that are no text; their shapes are taken out of `shapes`."""
    found = dict(np.load(path)) if path is not None else {}
    for name in found:
        if shapes.pop(name, None) is None or name in IDS + MASK + KINDS:
            raise Unfit(f"{path}: the model has no further input '{name}'")
    return found


def tokens_of(model, shapes):
    """How many tokens a text has; refuses models whose inputs are not those of a text."""
    unknown = [name for name in shapes if name not in IDS + MASK + KINDS]
    ids = [shape for name, shape in shapes.items() if name in IDS]
    if unknown or len(ids) != 1 or any(shape != ids[0] for shape in shapes.values()) or np.prod(ids[0]) != ids[0][-1]:
        raise Unfit(f"{model}: its inputs are {shapes}; wanted: ids of shape (1, tokens), perhaps a mask and token_type_ids")
    return ids[0][-1]


def encode(tokeniser, text, name, tokens, cut):
    ids = tokeniser.encode(text)
    if len(ids) > tokens and not cut:
        raise Unfit(f"{name}: {len(ids)} tokens, the model takes {tokens}")
    return ids if len(ids) <= tokens else tokeniser.cut(ids, tokens)


def padded(rows, tokens, fill, front):
    more = [[fill] * (tokens - len(row)) for row in rows]
    return np.array([m + row if front else row + m for row, m in zip(rows, more)], np.int64)


def arrays(tokeniser, coded, shapes, tokens, model, front):
    """One array for each input of the model, a row for each text."""
    masked = any(name in MASK for name in shapes)
    for i, ids in enumerate(coded):
        if front and not tokeniser.fills_behind:
            raise Unfit("--front is for models in which no token sees later ones")
        if len(ids) < tokens and not masked and not tokeniser.fills_behind:
            raise Unfit(f"text {i + 1}: {len(ids)} tokens; {model} has no mask and takes exactly {tokens}")
    ids, mask = padded(coded, tokens, tokeniser.pad, front), padded([[1] * len(c) for c in coded], tokens, 0, front)
    return {name: ids if name in IDS else mask if name in MASK else np.zeros_like(ids) for name in shapes}


def texts_of(a):
    if a.text is not None:
        text = a.text
    elif a.file is not None:
        with open(a.file, encoding="utf-8") as file:
            text = file.read()
    else:
        text = sys.stdin.read()
    return [line for line in text.split("\n") if line] if a.lines else [text.removesuffix("\n")]


def to_file(tokeniser, a):
    shapes = inputs_of(a.tacit, a.model)
    others = others_of(a.others, shapes)
    tokens = tokens_of(a.model, shapes)
    texts = texts_of(a)
    coded = [encode(tokeniser, text, f"text {i + 1}", tokens, a.cut) for i, text in enumerate(texts)]
    np.savez(a.output, **arrays(tokeniser, coded, shapes, tokens, a.model, a.front), **others)
    many = f"{len(coded)} texts of {min(map(len, coded))} to {max(map(len, coded))}" if len(coded) > 1 else len(coded[0])
    print(f"{a.output}: {many} tokens, padded to {tokens}")


def to_text(tokeniser, a):
    values = np.load(a.decode)
    if values.shape[-1] == len(tokeniser.pieces):
        values = values.argmax(-1)
    if (values != np.floor(values)).any():
        raise Unfit(f"{a.decode}: neither token ids nor rows of {len(tokeniser.pieces)} scores")
    ids = values.reshape(-1).astype(np.int64)
    if a.at is not None:
        ids = ids[[a.at]]
    unknown = [i for i in ids if not 0 <= i < len(tokeniser.pieces)]
    if unknown:
        raise Unfit(f"{a.decode}: {unknown[0]} is no token of {a.vocabulary}")
    print(tokeniser.decode(ids.tolist()))


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("vocabulary")
    p.add_argument("model", nargs="?")
    p.add_argument("text", nargs="?")
    p.add_argument("-o", "--output")
    p.add_argument("--file")
    p.add_argument("--lines", action="store_true")
    p.add_argument("--cut", action="store_true")
    p.add_argument("--front", action="store_true")
    p.add_argument("--with", dest="others", metavar="FILE")
    p.add_argument("--tacit", default="tacit")
    p.add_argument("--decode", metavar="FILE")
    p.add_argument("--at", type=int)
    a = p.parse_args()
    if a.decode is None and (a.model is None or a.output is None):
        p.error("give a model and -o, or --decode")
    try:
        tokeniser = vocabulary.load(a.vocabulary)
        to_text(tokeniser, a) if a.decode is not None else to_file(tokeniser, a)
    except (Unfit, vocabulary.NoTokeniser, OSError) as problem:
        sys.exit(f"tokenise.py: {problem}")


if __name__ == "__main__":
    main()
