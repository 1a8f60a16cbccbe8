"""Both tokenisers against Hugging Face's `tokenizers` (pip install tokenizers), on files and on texts made at random.

    python check.py VOCABULARY [FILE ...]
"""
import random
import sys
import tempfile

import tokenizers
import vocabulary
import wordpiece

TEXTS = ["", " ", "   ", "\n\n", "I'm, you're, he's, we've, they'll, she'd, can't; I'M, YOU'RE, 'tis, rock'n'roll, it''s",
         "In 2024, 3.14159 x 10^-7 = 1,234,567.89 (42%); ¼ + ½, ², Ⅷ, ٣٤", "naïve café, Zürich, Ångström, İstanbul, ﬁn, ǅ, ß, ẞ",
         "我们在北京 東京タワー 서울 ประเทศไทย नमस्ते مرحبا שלום", "🙂👨‍👩‍👧‍👦🏳️‍🌈 e\u0301 \u200b\u200d\ufeff\u00ad", "a\tb\r\nc  d   e\u00a0f\u2003g\u3000h\x85i\x1cj\x00k",
         "def f(x):\n    return x**2  # comment\n\n\tif x != y: pass", "https://example.org/?q=a_b-c&d=%20#e <|endoftext|> [CLS] [MASK]",
         "$5, 5€, £3, ±1, a©b™, ^_^ `x` ~y~ |z|", "x" * 99, "x" * 101, "antidisestablishmentarianism " * 5, "''''''''", "\u2019s \u2019t"]


def reference(path, ours):
    """The same vocabulary in `tokenizers`, without special tokens in the text."""
    names, read = vocabulary.files_of(path)
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            if name.endswith(("vocab.txt", ".json", ".bpe", "merges.txt")):
                with open(f"{folder}/{name.rsplit('/')[-1]}", "w", encoding="utf-8", newline="") as file:
                    file.write(read(name))
        if isinstance(ours, wordpiece.WordPiece):
            theirs = tokenizers.BertWordPieceTokenizer(f"{folder}/vocab.txt", lowercase=True)
            theirs._tokenizer.encode_special_tokens = True
            return theirs
        files = {name.rsplit("/")[-1] for name in names}
        pair = ("encoder.json", "vocab.bpe") if "encoder.json" in files else ("vocab.json", "merges.txt")
        return tokenizers.ByteLevelBPETokenizer(*(f"{folder}/{name}" for name in pair))


def noise(rng):
    """Characters of all planes, many of them near one another, spaces and apostrophes among them."""
    start = rng.choice((0x20, 0x20, 0x80, 0x370, 0x620, 0x900, 0x2000, 0x3040, 0x4E00, 0xAC00, 0x1F300))
    pool = [*" 's1.\n\t", *(chr(start + i) for i in range(200))]
    return "".join(rng.choice(pool) for _ in range(rng.randrange(1, 60)))


def main():
    path, files = sys.argv[1], sys.argv[2:]
    ours = vocabulary.load(path)
    theirs = reference(path, ours)
    rng = random.Random(1)
    texts = TEXTS + [noise(rng) for _ in range(20000)]
    for name in files:
        with open(name, encoding="utf-8") as file:
            texts += [whole := file.read(), *whole.split("\n")]
    wrong = [text for text in texts if ours.encode(text) != theirs.encode(text).ids]
    lost = [text for text in texts if ours.fills_behind and ours.decode(ours.encode(text)) != text]
    print(f"{len(texts)} texts, {sum(map(len, texts))} characters: {len(wrong)} differ, {len(lost)} do not come back")
    for text in (wrong + lost)[:5]:
        print(ascii(text[:100]))
    return 1 if wrong or lost else 0


if __name__ == "__main__":
    sys.exit(main())
