"""Fiat-Shamir (docs/formats.md, section 7): absorb what is public or read from the proof, squeeze challenges."""
import struct

from errors import Rejected, demand
from field import P
from reader import sha256

(PROTOCOL, PROGRAM, BINDING, CERTIFICATE, CONTEXT, ROOT, ALPHA, BETA, LOGUP_SUM, LOGUP_WEIGHT, LOGUP_ROUND, LOGUP_N,
 LOGUP_D, LOGUP_LAMBDA, TAU, CONSTRAINT_WEIGHT, CONSTRAINT_ROUND, OPERAND, VIEW_WEIGHT, VIEW_ROUND, ZERO_POINT,
 ZERO_ROUND, ZERO_A, ZERO_B, BATCH_WEIGHT, BATCH_ROUND, NU, GAMMA, CLEAR, POSITIONS, LEAF, SALT, PATH, LADDER_WEIGHT,
 LADDER_ROUND, ROUND_CHALLENGE, GATHER) = range(1, 38)
MAX_WORK = 1 << 31
TYPE_BYTES, TYPE_F, TYPE_E, TYPE_HASHES, TYPE_CHALLENGE, TYPE_POSITIONS, TYPE_STREAM = range(1, 8)


class Transcript:
    """The messages of one proof, in order."""

    counting = False

    def __init__(self, field, messages):
        self.field, self.messages, self.at = field, messages, 0
        self.state = sha256(b"tacit transcript")

    def _absorb(self, tag, kind, count, data):
        self.state = sha256(self.state + struct.pack("<HBI", tag, kind, count & 0xFFFFFFFF) + data)

    def absorb(self, tag, data):
        """Public bytes, which are not in the proof."""
        self._absorb(tag, TYPE_BYTES, len(data), data)

    def _message(self, tag, kind, count, size):
        data = self.messages[self.at : self.at + size]
        if len(data) != size:
            raise Rejected("SHORT")
        self.at += size
        self._absorb(tag, kind, count, data)
        return data

    def _words(self, data):
        words = [word for (word,) in struct.iter_unpack("<Q", data)]
        if any(word >= P for word in words):
            raise Rejected("NOT_CANONICAL")
        return words

    def numbers(self, tag, count):
        """A message of elements of F."""
        return self._words(self._message(tag, TYPE_F, count, 8 * count))

    def elements(self, tag, count):
        """A message of elements of E."""
        degree = self.field.degree
        words = self._words(self._message(tag, TYPE_E, count, 8 * degree * count))
        return [self.field(words[at : at + degree]) for at in range(0, len(words), degree)]

    def element(self, tag):
        return self.elements(tag, 1)[0]

    def hashes(self, tag, count, size=32):
        """Hashes of which `size` bytes are sent; the others are zero."""
        data = self._message(tag, TYPE_HASHES, count, size * count)
        return [data[at : at + size].ljust(32, b"\0") for at in range(0, len(data), size)]

    def _stream(self):
        """The word stream of the state."""
        block = 0
        while True:
            yield from struct.unpack("<4Q", sha256(self.state + struct.pack("<HBI", 0, TYPE_STREAM, block)))
            block += 1

    def challenge(self, tag):
        self._absorb(tag, TYPE_CHALLENGE, 1, b"")
        canonical = (word for word in self._stream() if word < P)
        return self.field(next(canonical) for _ in range(self.field.degree))

    def point(self, tag, variables):
        """Many single challenges."""
        return tuple(self.challenge(tag) for _ in range(variables))

    def positions(self, size, count):
        """`count` different positions below `size`, ascending."""
        self._absorb(POSITIONS, TYPE_POSITIONS, count, struct.pack("<Q", size))
        found = set()
        for word in self._stream():
            found.add(word % size)
            if len(found) == count:
                return sorted(found)

    def finish(self):
        if self.at != len(self.messages):
            raise Rejected("LONG")


class Counter:
    """Stands in for a transcript in the counting walk (docs/protocol.md, section 5 and 7.9): nothing is read."""

    counting = True

    def __init__(self, field):
        self.field, self.work = field, 0

    def spend(self, work):
        """Field operations that the verifier will need, about."""
        self.work += work
        demand(self.work <= MAX_WORK, "the program asks for too much work", "UNSUPPORTED")

    def challenge(self, tag):
        return self.field.one

    def point(self, tag, variables):
        return (self.field.one,) * variables

    def element(self, tag):
        return self.field.zero
