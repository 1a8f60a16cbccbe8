"""Multilinear extensions (docs/protocol.md, section 1). Low bits come first: variable 0 is index bit 0."""
from itertools import accumulate

from sequences import Fill


def log2_ceil(number):
    """ceil(log2 number) for number >= 1."""
    return (number - 1).bit_length()


def product(numbers):
    result = 1
    for number in numbers:
        result *= number
    return result


def shape_variables(shape):
    return sum(log2_ceil(length) for length in shape)


def split_by_axis(shape, point):
    """The variables of each axis. A flat point lists the last axis first."""
    parts, at = [None] * len(shape), 0
    for axis in reversed(range(len(shape))):
        count = log2_ceil(shape[axis])
        parts[axis] = tuple(point[at : at + count])
        at += count
    return parts


def powers(field, base, count):
    """1, base, base^2, ..: `count` of them."""
    return list(accumulate(range(count - 1), lambda power, _: power * base, initial=field.one)) if count else []


def eq(field, left, right):
    """eq(left, right) = prod_i (l_i r_i + (1 - l_i)(1 - r_i))."""
    result = field.one
    for one, other in zip(left, right):
        both = one * other
        result = result * (field.one - one - other + both + both)
    return result


def eq_index(field, point, index):
    """eq(point, bits of index)."""
    result = field.one
    for bit, variable in enumerate(point):
        result = result * (variable if index >> bit & 1 else field.one - variable)
    return result


def eq_table(field, point):
    """eq(point, i) for all i."""
    table = [field.one]
    for variable in point:
        high = [entry * variable for entry in table]
        table = [entry - part for entry, part in zip(table, high)] + high
    return table


def late(field, variables):
    """prod (1 - variable): the factor of a term that has no such variables (docs/protocol.md, 5.1)."""
    result = field.one
    for variable in variables:
        result = result * (field.one - variable)
    return result


def _progression(values):
    """(start, step) if the integers are an arithmetic progression, else None."""
    start = values[0]
    step = values[1] - start if len(values) > 1 else 0
    if isinstance(values, (range, Fill)) or values == [start + step * i for i in range(len(values))]:
        return start, step
    return None


def _integers_at(field, values, point):
    """MLE of one axis of integers, zero-extended."""
    point = list(point)
    while point and point[-1] in (field.zero, field.one):  # a fixed high bit selects a half
        half = 1 << (len(point) - 1)
        values = values[half:] if point.pop() == field.one else values[:half]
    if not values:
        return field.zero
    line = _progression(values) if len(values) == 1 << len(point) else None
    if line:
        return field.lift(line[0]) + field.total(x * (line[1] << i) for i, x in enumerate(point))
    return field.combination(eq_table(field, point), values)


def tensor_at(field, shape, values, point):
    """T~(point) of a tensor of integers, row-major, zero-extended on every axis."""
    if not shape:
        return field.lift(values[0])
    parts = split_by_axis(shape, point)
    rows = [
        _integers_at(field, values[at : at + shape[-1]], parts[-1]) for at in range(0, len(values), shape[-1])
    ]
    for length, part in reversed(list(zip(shape[:-1], parts[:-1]))):
        weights = eq_table(field, part)
        rows = [
            field.total(weight * row for weight, row in zip(weights, rows[at : at + length]))
            for at in range(0, len(rows), length)
        ]
    return rows[0]


def indicator(field, shape, point):
    """ind(point): the MLE of the indicator of true elements."""
    result = field.one
    for length, part in zip(shape, split_by_axis(shape, point)):
        result = result * _integers_at(field, [1] * length, part)
    return result
