"""Bytes of the formats (docs/formats.md, sections 1 and 2)."""
import hashlib

from errors import demand
from multilinear import shape_variables

MAX_NAME = 127
MAX_RANK = 8
MAX_VARIABLES = 36
MAX_SEQUENCE_VALUE = 1 << 61
EXPANSION, EXPANSION_PER_BYTE = 1 << 20, 1024  # integers that the sequences of a file may expand to


def sha256(data):
    return hashlib.sha256(data).digest()


def tag_block(text):
    """block(s): ASCII bytes, zero-padded to 64."""
    return text.encode().ljust(64, b"\0")


class Reader:
    """Reads from the left; everything that is not in the documented form is Malformed."""

    def __init__(self, data):
        self.data, self.at = data, 0
        self.budget = EXPANSION + EXPANSION_PER_BYTE * len(data)

    def left(self):
        return len(self.data) - self.at

    def take(self, count):
        demand(count <= self.left(), "truncated")
        self.at += count
        return self.data[self.at - count : self.at]

    def unsigned(self, size):
        return int.from_bytes(self.take(size), "little")

    def var(self, most=(1 << 64) - 1):
        """Unsigned LEB128, shortest form."""
        value = 0
        for place in range(10):
            byte = self.unsigned(1)
            demand(not (place == 9 and byte > 1) and not (place and byte == 0), "a number not in its shortest form")
            value |= (byte & 127) << 7 * place
            if byte < 128:
                break
        demand(value <= most, "a number is too large")
        return value

    def svar(self):
        """var of the zigzag code."""
        code = self.var()
        return (code >> 1) ^ -(code & 1)

    def section(self):
        """var length and that many bytes."""
        return self.take(self.var())

    def name(self):
        text = self.take(self.var(MAX_NAME))
        demand(text and all(0x20 <= byte <= 0x7E for byte in text), "a bad name")
        return text.decode("ascii")

    def shape(self):
        shape = tuple(self.var((1 << 32) - 1) for _ in range(self.var(MAX_RANK)))
        demand(all(shape) and shape_variables(shape) <= MAX_VARIABLES, "a bad shape")
        return shape

    def runs(self, count):
        """`count` integers as greedy arithmetic progressions: (length, first, step)."""
        number, runs, left, last, following = self.var(), [], count, 0, None
        demand(1 <= number <= count, "a bad sequence")
        for _ in range(number):
            length, start = self.var(left), last + self.svar()
            step = self.svar() if length > 1 else 0
            last = start + step * (length - 1)
            demand(length >= 1 and max(abs(start), abs(last)) <= MAX_SEQUENCE_VALUE, "a bad run")
            demand(start != following and (length > 1 or left == 1), "a sequence that is not greedy")
            following = last + step if length > 1 else None
            left -= length
            runs.append((length, start, step))
        demand(left == 0, "a sequence of the wrong length")
        return runs

    def spend(self, count):
        """Before a sequence is expanded (docs/formats.md, section 2)."""
        demand(count <= self.budget, "the sequences expand too far")
        self.budget -= count

    def end(self):
        demand(self.at == len(self.data), "bytes after the end")
