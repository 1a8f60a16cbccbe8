"""test_tokens.py SOURCE_FOLDER: the tokenisers of examples/tokens on small vocabularies. (examples/tokens/check.py compares
them with Hugging Face's on the real ones, which lie in packages.)"""
import json
import pathlib
import sys
import tempfile
import unittest
import zipfile

sys.dont_write_bytecode = True
SOURCE = pathlib.Path(sys.argv.pop(1))
sys.path.insert(0, str(SOURCE / "examples" / "tokens"))
import bpe  # noqa: E402
import vocabulary  # noqa: E402
import wordpiece  # noqa: E402

PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "play", "##ing", "##er", "a", ",", "!", "cafe", "京", "pla"]
MERGES = [("a", "b"), ("Ġ", "ab"), ("ab", "ab")]


def byte_vocabulary():
    pieces = [*bpe.byte_letters().values(), *("".join(pair) for pair in MERGES), "<|endoftext|>"]
    return {piece: i for i, piece in enumerate(pieces)}


class WordPieceTest(unittest.TestCase):
    def setUp(self):
        self.tokeniser = wordpiece.WordPiece(PIECES)

    def pieces(self, text):
        return [PIECES[i] for i in self.tokeniser.encode(text)]

    def test_pieces(self):
        self.assertEqual(self.pieces("Playing, PLAYER!"), ["[CLS]", "play", "##ing", ",", "play", "##er", "!", "[SEP]"])
        self.assertEqual(self.pieces("plax a"), ["[CLS]", "[UNK]", "a", "[SEP]"])
        self.assertEqual(self.pieces(""), ["[CLS]", "[SEP]"])

    def test_cleaning(self):
        self.assertEqual(self.pieces("Café"), self.pieces("cafe\u0301"))
        self.assertEqual(self.pieces("a京a"), ["[CLS]", "a", "京", "a", "[SEP]"])
        self.assertEqual(self.pieces("\x00a\u200b\ta\ufffd"), ["[CLS]", "a", "a", "[SEP]"])
        self.assertEqual(self.pieces("a" * 101), ["[CLS]", "[UNK]", "[SEP]"])

    def test_back_and_cut(self):
        self.assertEqual(self.tokeniser.decode(self.tokeniser.encode("Playing a")), "playing a")
        self.assertEqual(self.tokeniser.cut(self.tokeniser.encode("a a a a"), 4), [2, 7, 7, 3])


class BytesTest(unittest.TestCase):
    def setUp(self):
        self.tokeniser = bpe.ByteLevelBPE(byte_vocabulary(), MERGES)

    def test_words(self):
        for text, words in {"I'm  here\n\n 12a": ["I", "'m", " ", " here", "\n\n", " 12", "a"],
                            "it''s 'S x\t": ["it", "''", "s", " '", "S", " x", "\t"],
                            "½ ²,Ⅷ": ["½", " ²", ",", "Ⅷ"], " \u00a0a": [" \u00a0"[:1], "\u00a0", "a"], "  ": ["  "], "": []}.items():
            self.assertEqual(list(bpe.split_words(text)), words)

    def test_merges(self):
        ids = byte_vocabulary()
        self.assertEqual(self.tokeniser.encode("abab ab b"), [ids["abab"], ids["Ġab"], ids["Ġ"], ids["b"]])
        self.assertEqual(self.tokeniser.encode("ababab"), [ids["abab"], ids["ab"]])

    def test_back(self):
        for text in ["".join(map(chr, range(0x250))), "naïve 🙂 京\n\t ", "<|endoftext|>"]:
            self.assertEqual(self.tokeniser.decode(self.tokeniser.encode(text)), text)
        self.assertEqual(self.tokeniser.decode([self.tokeniser.pad]), "")


class FilesTest(unittest.TestCase):
    def test_folder_and_wheel(self):
        merges = "#version\n" + "".join(f"{a} {b}\n" for a, b in MERGES)
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            with self.assertRaises(vocabulary.NoTokeniser):
                vocabulary.load(folder)
            (folder / "vocab.txt").write_text("\n".join(PIECES) + "\n", encoding="utf-8")
            self.assertEqual(vocabulary.load(folder).pieces, PIECES)
            with zipfile.ZipFile(folder / "x.whl", "w") as wheel:
                wheel.writestr("some/data/encoder.json", json.dumps(byte_vocabulary()))
                wheel.writestr("some/data/vocab.bpe", merges)
            found = vocabulary.load(folder / "x.whl")
            self.assertEqual(len(found.ranks), len(MERGES))
            self.assertEqual(found.decode(found.encode("ab ab")), "ab ab")


if __name__ == "__main__":
    unittest.main()
