"""GPT-2's tokeniser: byte-level byte-pair encoding [Radford et al. 2019, section 2.2]."""
import re
import unicodedata

CONTRACTION = re.compile("'(?:s|t|re|ve|m|ll|d)")
# On kinds of characters: Letters, Numbers, Others, blank, other Spaces. Of several spaces before a word the last is the word's.
WORD = re.compile(" ?L+| ?N+| ?O+|[ S]+(?![LNO])|[ S]+")


def kind(c):
    category = unicodedata.category(c)[0]
    return " " if c == " " else "S" if category == "Z" or c in "\t\n\v\f\r\x85" else category if category in "LN" else "O"


def split_words(text):
    kinds, at = "".join(map(kind, text)), 0
    while at < len(text):
        end = (CONTRACTION.match(text, at) or WORD.match(kinds, at)).end()
        yield text[at:end]
        at = end


def byte_letters():
    """Every byte as a character that can be seen: itself where it has one in Latin-1, else one from U+0100 on."""
    shown = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    hidden = [b for b in range(256) if b not in shown]
    return {b: chr(b) for b in shown} | {b: chr(256 + i) for i, b in enumerate(hidden)}


class ByteLevelBPE:
    """vocabulary: id of every piece; merges: pairs of pieces, most frequent first."""

    fills_behind = True  # no token sees the ones behind it

    def __init__(self, vocabulary, merges):
        self.ids = vocabulary
        self.pieces = {i: piece for piece, i in vocabulary.items()}
        self.ranks = {pair: rank for rank, pair in enumerate(merges)}
        self.letters = byte_letters()
        self.bytes = {letter: b for b, letter in self.letters.items()}
        self.pad = vocabulary["<|endoftext|>"]
        self.known = {}

    def word(self, word):
        """Joins the pair of the lowest rank, wherever it stands, until no pair has one."""
        if word not in self.known:
            parts = [self.letters[b] for b in word.encode()]
            while len(parts) > 1:
                best = min(zip(parts, parts[1:]), key=lambda pair: self.ranks.get(pair, len(self.ranks)))
                if best not in self.ranks:
                    break
                joined, at = [], 0
                while at < len(parts):
                    both = tuple(parts[at : at + 2]) == best
                    joined.append("".join(best) if both else parts[at])
                    at += 2 if both else 1
                parts = joined
            self.known[word] = [self.ids[part] for part in parts]
        return self.known[word]

    def encode(self, text):
        return [i for word in split_words(text) for i in self.word(word)]

    def cut(self, ids, tokens):
        return ids[:tokens]

    def decode(self, ids):
        pieces = "".join(self.pieces[i] for i in ids if i != self.pad)
        return bytes(self.bytes[c] for c in pieces).decode(errors="replace")
