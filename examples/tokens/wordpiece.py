"""BERT's tokeniser (uncased): clean, accents off, lower case, words and punctuation, longest pieces of the vocabulary first."""
import unicodedata

LONGEST_WORD = 100
IDEOGRAPHS = ((0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2A6DF), (0x2A700, 0x2B73F), (0x2B740, 0x2B81F), (0x2B820, 0x2CEAF),
              (0xF900, 0xFAFF), (0x2F800, 0x2FA1F))


def is_space(c):
    return c in "\t\n\r" or unicodedata.category(c).startswith("Z")


def is_control(c):
    return unicodedata.category(c) in ("Cc", "Cf", "Co")


def is_punctuation(c):
    symbol = c.isascii() and c.isprintable() and not c.isalnum() and c != " "
    return symbol or unicodedata.category(c).startswith("P")


def is_ideograph(c):
    return any(first <= ord(c) <= last for first, last in IDEOGRAPHS)


def cleaned(text):
    for c in text:
        if is_space(c):
            yield " "
        elif c != "\ufffd" and not is_control(c):
            yield f" {c} " if is_ideograph(c) else c


def split_words(text):
    plain = "".join(c for c in unicodedata.normalize("NFD", "".join(cleaned(text))) if unicodedata.category(c) != "Mn")
    return "".join(f" {c} " if is_punctuation(c) else c.lower() for c in plain).split()


class WordPiece:
    """vocabulary: pieces in the order of their ids."""

    fills_behind = False  # padding needs a mask: every token sees every other

    def __init__(self, vocabulary):
        self.pieces = list(vocabulary)
        self.ids = {piece: i for i, piece in enumerate(self.pieces)}
        self.pad, self.unknown, self.first, self.last = (self.ids[f"[{name}]"] for name in ("PAD", "UNK", "CLS", "SEP"))

    def word(self, word):
        found, at = [], 0
        while at < len(word) <= LONGEST_WORD:
            for end in range(len(word), at, -1):
                piece = self.ids.get(("##" if at else "") + word[at:end])
                if piece is not None:
                    break
            else:
                return [self.unknown]
            found.append(piece)
            at = end
        return found or [self.unknown]

    def encode(self, text):
        return [self.first, *(i for word in split_words(text) for i in self.word(word)), self.last]

    def cut(self, ids, tokens):
        return [*ids[: tokens - 1], self.last]

    def decode(self, ids):
        left_out = (self.pad, self.first, self.last)
        return " ".join(self.pieces[i] for i in ids if i not in left_out).replace(" ##", "")
