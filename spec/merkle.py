"""Merkle trees (docs/formats.md, sections 1 and 9). A node is one bare compression, so SHA-256's is written out."""
import struct
from math import isqrt

import transcript as tags
from errors import Rejected
from reader import sha256, tag_block

MASK = 0xFFFFFFFF


def _primes(count):
    found, number = [], 2
    while len(found) < count:
        if all(number % prime for prime in found):
            found.append(number)
        number += 1
    return found


def _cube_root(number):
    low, high = 0, 1 << 40
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if middle**3 <= number else (low, middle)
    return low


# FIPS 180-4: first 32 bits of the fractions of the square and cube roots of the first primes
INITIAL_STATE = tuple(isqrt(prime << 64) & MASK for prime in _primes(8))
ROUND_CONSTANTS = tuple(_cube_root(prime << 96) & MASK for prime in _primes(64))


def _rotate(word, count):
    return word >> count | word << 32 - count & MASK


def compress(state, block):
    """SHA-256's compression function."""
    words = list(struct.unpack(">16I", block))
    for i in range(16, 64):
        x, y = words[i - 15], words[i - 2]
        low = _rotate(x, 7) ^ _rotate(x, 18) ^ x >> 3
        high = _rotate(y, 17) ^ _rotate(y, 19) ^ y >> 10
        words.append(words[i - 16] + low + words[i - 7] + high & MASK)
    a, b, c, d, e, f, g, h = state
    for constant, word in zip(ROUND_CONSTANTS, words):
        mixed = (_rotate(e, 6) ^ _rotate(e, 11) ^ _rotate(e, 25)) + (e & f ^ ~e & g) + h + constant + word
        major = (_rotate(a, 2) ^ _rotate(a, 13) ^ _rotate(a, 22)) + (a & b ^ a & c ^ b & c)
        a, b, c, d, e, f, g, h = mixed + major & MASK, a, b, c, d + mixed & MASK, e, f, g
    return tuple(old + new & MASK for old, new in zip(state, (a, b, c, d, e, f, g, h)))


NODE_STATE = compress(INITIAL_STATE, tag_block("tacit merkle node"))
LEAF_TAG = tag_block("tacit merkle leaf")


DIGEST_BYTES = {2: 26, 3: 32}  # by the degree of E


def _cut(digest, degree):
    """What a tree keeps of a hash: zeros follow."""
    return digest[: DIGEST_BYTES[degree]].ljust(32, b"\0")


def node_hash(degree, left, right):
    return _cut(struct.pack(">8I", *compress(NODE_STATE, left + right)), degree)


def leaf_hash(degree, data):
    return _cut(sha256(LEAF_TAG + data), degree)


def _sibling_count(height, positions):
    """How many hashes the multiproof of these positions has."""
    missing, known = 0, set(positions)
    for _ in range(height):
        missing += sum(position ^ 1 not in known for position in known)
        known = {position // 2 for position in known}
    return missing


def check_multiproof(degree, root, height, positions, leaves, siblings):
    """Hashes of leaves at ascending positions, and siblings level by level, ascending; none is left over."""
    ascending = all(left < right for left, right in zip(positions, positions[1:]))
    if not positions or not ascending or positions[-1] >> height or len(siblings) != _sibling_count(height, positions):
        raise Rejected("MERKLE")
    hashes, siblings = dict(zip(positions, leaves)), iter(siblings)
    for _ in range(height):
        parents = {}
        for position in sorted(hashes):
            if position // 2 in parents:
                continue
            other = hashes[position ^ 1] if position ^ 1 in hashes else next(siblings)
            pair = (hashes[position], other) if position % 2 == 0 else (other, hashes[position])
            parents[position // 2] = node_hash(degree, *pair)
        hashes = parents
    if hashes[0] != root:
        raise Rejected("MERKLE")


def open_tree(channel, root, height, positions, width, salted):
    """Reads the leaves (`width` elements of F each) at these positions and their multiproof; checks the root."""
    columns, leaves, degree = [], [], channel.field.degree
    for _ in positions:
        column = channel.numbers(tags.LEAF, width)
        data = struct.pack("<%dQ" % width, *column)
        if salted:
            data += channel.hashes(tags.SALT, 1)[0]
        columns.append(column)
        leaves.append(leaf_hash(degree, data))
    siblings = channel.hashes(tags.PATH, _sibling_count(height, positions), DIGEST_BYTES[degree])
    check_multiproof(degree, root, height, positions, leaves, siblings)
    return columns
