"""Tokenisers by their files: in a folder, or anywhere in a wheel (zip)."""
import json
import pathlib
import zipfile

import bpe
import wordpiece


class NoTokeniser(Exception):
    pass


def files_of(path):
    """Names of the files there and a function that reads one."""
    path = pathlib.Path(path)
    if zipfile.is_zipfile(path):
        archive = zipfile.ZipFile(path)
        return archive.namelist(), lambda name: archive.read(name).decode()
    if not path.is_dir():
        raise NoTokeniser(f"{path}: neither a folder nor a wheel")
    return [f.name for f in path.iterdir() if f.is_file()], lambda name: (path / name).read_text(encoding="utf-8")


def load(path):
    """BERT's vocab.txt, or GPT-2's encoder.json and vocab.bpe (also called vocab.json and merges.txt)."""
    names, read = files_of(path)
    found = {pathlib.PurePath(name).name: name for name in names}

    def one(*wanted):
        return next((read(found[name]) for name in wanted if name in found), None)

    pieces, ids, merges = one("vocab.txt"), one("encoder.json", "vocab.json"), one("vocab.bpe", "merges.txt")
    if ids is not None and merges is not None:
        lines = merges.split("\n")[1:]  # the first one is a version
        return bpe.ByteLevelBPE(json.loads(ids), [tuple(line.split()) for line in lines if line])
    if pieces is not None:
        return wordpiece.WordPiece(pieces.removesuffix("\n").split("\n"))
    raise NoTokeniser(f"{path}: no vocab.txt, and no encoder.json with vocab.bpe")
