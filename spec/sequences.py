"""Integers of constants, tables and maps: lists, or a range or a Fill where they are one progression."""


class Fill:
    """`count` equal integers."""

    def __init__(self, value, count):
        self.value, self.count = value, count

    def __len__(self):
        return self.count

    def __iter__(self):
        return (self.value for _ in range(self.count))

    def __getitem__(self, place):
        if isinstance(place, slice):
            return Fill(self.value, len(range(*place.indices(self.count))))
        return self.value


def expand(runs):
    """The integers of a sequence; those of one run stay a range or a Fill."""
    values = []
    for count, start, step in runs:
        part = range(start, start + step * count, step) if step else Fill(start, count)
        if len(runs) == 1:
            return part
        values += part
    return values


def bounds(values):
    """The least and the largest."""
    if isinstance(values, (range, Fill)):
        return tuple(sorted((values[0], values[-1])))
    return min(values), max(values)
