"""Dyadic blocks (docs/protocol.md, section 4; docs/formats.md, section 6, "Layout")."""
from dataclasses import dataclass
from itertools import product as cartesian

from errors import demand
from multilinear import eq, eq_index, log2_ceil, split_by_axis

MAX_BLOCKS = 1 << 22


@dataclass
class Block:
    """A cube of 2^log elements of an item: per axis (offset, log of the length); its place in its strip."""

    item: int
    axes: tuple
    log: int
    strip: int = 0
    start: int = 0


def axis_intervals(length):
    """An axis cut at the set bits of its length, longest interval first: (offset, log)."""
    intervals, offset = [], 0
    for bit in reversed(range(length.bit_length())):
        if length >> bit & 1:
            intervals.append((offset, bit))
            offset += 1 << bit
    return intervals


def first_fit(sizes, rooms):
    """The strip and place of each block, sizes descending: the first strip with room, at its end. None: no room."""
    used, places = [0] * len(rooms), []
    for size in sizes:
        strip = next((each for each, room in enumerate(rooms) if used[each] + size <= room), None)
        if strip is None:
            return None
        places.append((strip, used[strip]))
        used[strip] += size
    return places


class Layout:
    """Items of given shapes in blocks of descending size, laid end to end in one strip, or in several."""

    def __init__(self, shapes):
        self.shapes = list(shapes)
        self.blocks = []
        for item, shape in enumerate(self.shapes):
            for axes in cartesian(*map(axis_intervals, shape)):
                self.blocks.append(Block(item, axes, sum(log for _, log in axes)))
            demand(len(self.blocks) <= MAX_BLOCKS, "too many blocks", "UNSUPPORTED")
        self.blocks.sort(key=lambda block: -block.log)  # stable: ties by item, then block order
        self.size = sum(self.sizes())
        self.split([self.size])

    def sizes(self):
        return [1 << block.log for block in self.blocks]

    def split(self, rooms):
        """Puts the blocks into strips, which have room for so many elements."""
        for block, place in zip(self.blocks, first_fit(self.sizes(), rooms)):
            block.strip, block.start = place

    def item_blocks(self, item):
        return [block for block in self.blocks if block.item == item]

    def weights_at(self, field, item, point, strips):
        """The MLE of the weights of the functional vector -> item~(point) (Lemma B'); strips: of each, the weight of
        its fixed bits and the point of its own."""
        parts, total = split_by_axis(self.shapes[item], point), field.zero
        for block in self.item_blocks(item):
            (weight, rho), low = strips[block.strip], []
            for (offset, log), part in zip(block.axes, parts):
                weight = weight * eq_index(field, part[log:], offset >> log)
                low = list(part[:log]) + low  # the last axis has the lowest variables
            weight = weight * eq_index(field, rho[block.log :], block.start >> block.log)
            total = total + weight * eq(field, low, rho[: block.log])
        return total

    def block_point(self, field, block, low):
        """The item's point whose low variables are `low` and whose high bits are the block's."""
        point, at = [], 0
        for (offset, log), length in reversed(list(zip(block.axes, self.shapes[block.item]))):
            fixed = [field.lift(offset >> bit & 1) for bit in range(log, log2_ceil(length))]
            point += list(low[at : at + log]) + fixed
            at += log
        return tuple(point)


@dataclass
class Tree:
    """A fraction tree of step 3: 2^height leaves of a forest, from `start` on."""

    is_table: bool
    height: int
    start: int
    blocks: list


def forest_trees(layout, is_table):
    """A tree for each set bit of the forest's size, largest first."""
    trees = []
    for start, height in axis_intervals(layout.size):
        inside = [block for block in layout.blocks if start <= block.start < start + (1 << height)]
        trees.append(Tree(is_table, height, start, inside))
    return trees
