"""The rules a program must obey so that relations in F are relations of integers (docs/protocol.md, section 3).

Structure: 3.1 and 3.3 and the end of docs/formats.md, section 2. Intervals: 3.2, with Python's exact integers.
"""
from itertools import product as cartesian

from errors import demand
from multilinear import product
from program import COMMITTED, CONSTANT, EXTERNAL, INPUT, LINEAR, MULTIPLICITY, OUTPUT, PARAMETER, VIEW
from reader import MAX_RANK
from sequences import bounds
from session import flatten, unflatten

MAX_COEFFICIENT = 1 << 40
MAX_CONSTANT = 1 << 62
MAX_LABELS = 12
MAX_COVER, MAX_COVER_TOTAL = 1 << 26, 1 << 29  # elements of tensors that only views together reach
MAX_CONTRACTION = 1 << 64
HALF_P = (2**64 - 2**32) // 2
ENFORCEABLE = (INPUT, OUTPUT, COMMITTED)


# ---- structure
def _check_names(program):
    for what in (program.tensors, program.constraints, program.lookups):
        demand(len({each.name for each in what}) == len(what), "two things of one kind have the same name")
    for tensor in program.tensors:
        demand(tensor.kind == MULTIPLICITY or not tensor.name.startswith("#"), "a name begins with #")


def _check_terms(program, terms, constant, shape, kinds):
    demand(len({tensor for _, tensor in terms}) == len(terms), "a term list names a tensor twice")
    demand(abs(constant) <= MAX_CONSTANT, "a constant is too large")
    for coefficient, index in terms:
        tensor = program.tensors[index]
        demand(0 < abs(coefficient) <= MAX_COEFFICIENT, "a coefficient is 0 or too large")
        demand(tensor.kind in kinds and tensor.shape == shape, "a term of the wrong kind or shape")


def _group_key(group):
    out_axes, source_axes, _ = group
    demand(out_axes or source_axes, "a view group without axes")
    return out_axes[0] if out_axes else MAX_RANK + source_axes[0]


def _check_view(program, view):
    source = program.tensors[view.source]
    demand(source.kind in EXTERNAL + (COMMITTED,), "a view of something that is neither external nor committed")
    keys = [_group_key(group) for group in view.groups]
    demand(all(left < right for left, right in zip(keys, keys[1:])), "view groups are not sorted")
    for side, rank in ((0, len(view.shape)), (1, len(source.shape))):
        lists = [group[side] for group in view.groups]
        ascending = all(left < right for axes in lists for left, right in zip(axes, axes[1:]))
        demand(ascending and sorted(sum(lists, ())) == list(range(rank)), "a view's groups do not partition the axes")
    for _, source_axes, places in view.groups:
        size = product(source.shape[axis] for axis in source_axes)
        low, high = bounds(places)
        demand(-1 <= low and high < size, "a map leaves its source")


def _check_product(program, constraint, each):
    rank, lengths = len(constraint.shape), dict(enumerate(constraint.shape))
    for index, labels in ((each.left, each.left_labels), (each.right, each.right_labels)):
        tensor = program.tensors[index]
        demand(tensor.kind != MULTIPLICITY, "a relation names a multiplicity")
        demand(len(set(labels)) == len(labels), "a label is twice in one factor")
        for label, length in zip(labels, tensor.shape):
            demand(label < MAX_LABELS and lengths.setdefault(label, length) == length, "labels do not fit")
    left, right = set(each.left_labels), set(each.right_labels)
    demand(0 < abs(each.coefficient) <= MAX_COEFFICIENT, "a coefficient is 0 or too large")
    demand(left | right == set(range(len(lengths))) == set(lengths), "an axis is in no factor, or labels have gaps")
    demand(all(label in left and label in right for label in range(rank, len(lengths))), "a label in one factor only")


def _check_relations(program):
    idents = [0] + [table.ident for table in program.tables]
    demand(all(left < right for left, right in zip(idents, idents[1:])), "table ids do not ascend from 1")
    for table in program.tables:
        allowed = table.source is None or program.tensors[table.source].kind in (PARAMETER, CONSTANT)
        demand(allowed, "a gather's source is not a parameter or constant")
    kinds = EXTERNAL + (CONSTANT, COMMITTED, LINEAR, VIEW)
    for constraint in program.constraints:
        demand(constraint.products or constraint.terms, "an empty constraint")
        for each in constraint.products:
            _check_product(program, constraint, each)
        _check_terms(program, constraint.terms, constraint.constant, constraint.shape, kinds)
    for lookup in program.lookups:
        columns = [program.tensors[index] for index in lookup.columns]
        demand(all(column.kind not in (MULTIPLICITY, CONSTANT) for column in columns), "a column of the wrong kind")
        table = program.tables[lookup.table]
        if table.source is not None:
            row = program.tensors[table.source].shape[1:]
            demand(columns[1].shape == columns[0].shape + row, "a gather's rows are not those of its source")
        else:
            demand(len({column.shape for column in columns}) == 1, "columns of different shapes")


def _check_structure(program):
    _check_names(program)
    for tensor in program.tensors:
        if tensor.kind == LINEAR:
            demand(tensor.terms, "a linear tensor without terms")
            atoms = EXTERNAL + (CONSTANT, COMMITTED, VIEW)
            _check_terms(program, tensor.terms, tensor.constant, tensor.shape, atoms)
        elif tensor.kind == VIEW:
            _check_view(program, tensor)
    _check_relations(program)


# ---- intervals: (low, high), or None where nothing is enforced
def _is_int32(interval):
    return -(2**31) <= interval[0] and interval[1] < 2**31


def _narrow(intervals, index, interval):
    old = intervals.get(index, interval)
    intervals[index] = max(old[0], interval[0]), min(old[1], interval[1])


def _is_identity(view, source, group):
    out_axes, source_axes, places = group
    same_axis = len(out_axes) == len(source_axes) == 1 and view.shape[out_axes[0]] == source.shape[source_axes[0]]
    return same_axis and places == range(len(places))


def _images(view):
    """Per group the distinct source indices that its map reaches."""
    return [{place for place in places if place >= 0} for _, _, places in view.groups]


def _image(view, source):
    """The flat source indices that the view reaches."""
    reached = set()
    for places in cartesian(*_images(view)):
        origin = [0] * len(source.shape)
        for (_, axes, _), place in zip(view.groups, places):
            for axis, coordinate in zip(axes, unflatten(place, [source.shape[axis] for axis in axes])):
                origin[axis] = coordinate
        reached.add(flatten(origin, source.shape))
    return reached


class Ranges:
    """The interval of every tensor by the three rules of 3.2; then the checks that rest on them."""

    def __init__(self, program):
        self.program, self.tensors = program, program.tensors
        self.columns = [self._bounds(table) for table in program.tables]
        self.cover = 0
        self.enforced = {}  # of inputs, outputs and committed tensors
        self._by_lookups()
        self.interval = self._derive()
        self._by_identities()
        self.interval = self._derive()

    def _bounds(self, table):
        """The interval of each column; a gather's rows have their source's."""
        if table.source is None:
            return [bounds(column) for column in table.columns]
        source = self.tensors[table.source]
        rows = bounds(source.values) if source.kind == CONSTANT else (source.low, source.high)
        return [(0, table.rows - 1), rows]

    def _by_lookups(self):
        """Rules 1 and 2."""
        partial = {}
        for lookup in self.program.lookups:
            for index, interval in zip(lookup.columns, self.columns[lookup.table]):
                column = self.tensors[index]
                target = column.source if column.kind == VIEW else index
                if self.tensors[target].kind not in ENFORCEABLE:
                    continue
                if column.kind != VIEW or product(map(len, _images(column))) == product(self.tensors[target].shape):
                    _narrow(self.enforced, target, interval)
                else:
                    partial.setdefault(target, []).append((column, interval))
        for target, parts in partial.items():
            if target not in self.enforced:
                self._by_parts(target, parts)

    def _by_parts(self, target, parts):
        size, reached = product(self.tensors[target].shape), set()
        demand(size <= MAX_COVER, "a tensor too large to be ranged by views")
        for view, _ in parts:
            maps = sum(len(group[2]) for group in view.groups if not _is_identity(view, self.tensors[target], group))
            self.cover += size + maps
            demand(self.cover <= MAX_COVER_TOTAL, "too many partial lookups")
            reached |= _image(view, self.tensors[target])
        if len(reached) == size:
            lows, highs = zip(*(interval for _, interval in parts))
            self.enforced[target] = min(lows), max(highs)

    def _derive(self):
        """The intervals that follow; sources come before what uses them."""
        found = []
        for index, tensor in enumerate(self.tensors):
            if tensor.kind == PARAMETER:
                interval = tensor.low, tensor.high
            elif tensor.kind == CONSTANT:
                interval = bounds(tensor.values)
            elif tensor.kind in (INPUT, OUTPUT):
                interval = (tensor.low, tensor.high) if index in self.enforced else None
            elif tensor.kind == VIEW:
                interval = self._with_holes(tensor, found[tensor.source])
            elif tensor.kind == LINEAR:
                interval = self._sum(found, tensor.terms, tensor.constant)
            else:
                interval = self.enforced.get(index)
            found.append(interval)
        return found

    @staticmethod
    def _with_holes(view, interval):
        if interval and any(bounds(places)[0] < 0 for _, _, places in view.groups):
            return min(interval[0], 0), max(interval[1], 0)
        return interval

    @staticmethod
    def _sum(intervals, terms, constant):
        low = high = constant
        for coefficient, index in terms:
            if intervals[index] is None:
                return None
            ends = [coefficient * end for end in intervals[index]]
            low, high = low + min(ends), high + max(ends)
        return low, high

    def _by_identities(self):
        """Rule 3: T = -+(the rest), from constraints without contractions."""
        found = {}
        for constraint in self.program.constraints:
            unknown = [term for term in constraint.terms if self.interval[term[1]] is None]
            if constraint.products or len(unknown) != 1 or abs(unknown[0][0]) != 1:
                continue
            sign, target = unknown[0]
            if self.tensors[target].kind not in ENFORCEABLE:
                continue
            rest = [term for term in constraint.terms if term[1] != target]
            low, high = self._sum(self.interval, rest, constraint.constant)
            interval = (low, high) if sign == -1 else (-high, -low)
            if _is_int32(interval):
                _narrow(found, target, interval)
        self.enforced.update(found)

    # ---- what must hold
    def check(self):
        for table in self.columns:
            demand(all(map(_is_int32, table)), "a table entry does not fit 32 bits")
        for index, tensor in enumerate(self.tensors):
            if tensor.kind != MULTIPLICITY:
                self._check_tensor(index, tensor)
        self._check_lookups()
        for constraint in self.program.constraints:
            self._check_constraint(constraint)

    def _check_tensor(self, index, tensor):
        interval = self.interval[index]
        demand(interval is not None, tensor.name + ": nothing enforces an interval")
        if tensor.kind in ENFORCEABLE:
            low, high = self.enforced[index]
            demand(low <= high, tensor.name + ": its lookups leave no value")
            demand(interval[0] <= low and high <= interval[1], tensor.name + ": its interval is not enforced")
        limit = -HALF_P <= interval[0] <= interval[1] <= HALF_P if tensor.kind == LINEAR else _is_int32(interval)
        demand(interval[0] <= interval[1] and limit, tensor.name + ": its interval is empty or too wide")

    def _check_lookups(self):
        rows = {}
        for lookup in self.program.lookups:
            demand(all(_is_int32(self.interval[index]) for index in lookup.columns), lookup.name + ": a wide column")
            size = product(self.tensors[lookup.columns[0]].shape)
            rows[lookup.table] = rows.get(lookup.table, 0) + size
        demand(all(count < 2**31 for count in rows.values()), "too many rows looked up in one table")

    def _check_constraint(self, constraint):
        low, high = self._sum(self.interval, constraint.terms, constraint.constant)
        for each in constraint.products:
            left, right = self.interval[each.left], self.interval[each.right]
            demand(_is_int32(left) and _is_int32(right), constraint.name + ": a factor does not fit 32 bits")
            axes = zip(each.left_labels, self.tensors[each.left].shape)
            summed = product(length for label, length in axes if label >= len(constraint.shape))
            ends = [summed * one * other for one in left for other in right]
            demand(max(map(abs, ends)) <= MAX_CONTRACTION, constraint.name + ": a contraction may leave 2^64")
            ends = [each.coefficient * end for end in ends]
            low, high = low + min(ends), high + max(ends)
        demand(-(2**62) < low and high < 2**62, constraint.name + ": it may wrap")


def check_program(program):
    """Raises Malformed unless the program obeys every rule of docs/protocol.md, section 3."""
    _check_structure(program)
    Ranges(program).check()
