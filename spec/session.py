"""Hidden values, expressions and equations (docs/protocol.md, section 1), and what steps 3 to 5b share.

The same code runs twice: with a Counter, to find the numbers of pads, triples and copies, and with the Transcript.
"""
from dataclasses import dataclass

from multilinear import indicator, product, tensor_at
from program import CONSTANT, EXTERNAL, LINEAR, VIEW

PUBLIC, PRIVATE, CERTIFIED = range(3)
PAD, A, B, C = ARRAYS = ("pad", "a", "b", "c")


@dataclass(frozen=True)
class Binding:
    """How an external tensor is given: its values, or its place in a certificate."""

    kind: int
    certificate: int = 0
    item: int = 0
    values: tuple = None


@dataclass(frozen=True)
class TensorTerm:
    """T~(point) of a tensor in x or in a certificate."""

    tensor: int
    point: tuple


@dataclass(frozen=True)
class ViewTerm:
    """V~(point) of a view whose source is not public."""

    tensor: int
    point: tuple


@dataclass(frozen=True)
class Cell:
    """A cell of the arrays pad, a, b, c."""

    array: str
    index: int


@dataclass(frozen=True)
class ArrayTerm:
    """<array, eq(point)>."""

    array: str
    point: tuple


@dataclass(frozen=True)
class Hidden:
    """A value sent under a cell: value = sent + cell."""

    sent: tuple
    cell: Cell


class Expression:
    """constant + sum of coefficient * term. Terms stay when their coefficient is 0 (docs/protocol.md, 7.9)."""

    def __init__(self, field, constant=None):
        self.field, self.constant, self.terms = field, constant or field.zero, {}

    def add_constant(self, value):
        self.constant = self.constant + value

    def add_term(self, term, coefficient):
        self.terms[term] = self.terms.get(term, self.field.zero) + coefficient

    def add(self, other, coefficient):
        self.add_constant(other.constant * coefficient)
        for term, value in other.terms.items():
            self.add_term(term, value * coefficient)

    def subtract(self, other):
        self.add(other, -self.field.one)

    def add_hidden(self, hidden, coefficient):
        self.add_constant(hidden.sent * coefficient)
        self.add_term(hidden.cell, coefficient)

    def has_view(self):
        return any(isinstance(term, ViewTerm) for term in self.terms)


class Session:
    """One walk through steps 3 to 5b."""

    def __init__(self, program, bindings, channel):
        self.program, self.bindings, self.channel, self.field = program, bindings, channel, channel.field
        self.pads = self.triples = 0
        self.equations, self.copies = [], []

    def expression(self, constant=None):
        return Expression(self.field, constant)

    # ---- tensors
    def is_public(self, index):
        """A constant or publicly bound, a view of such, or linear over such (docs/formats.md, section 8, 4)."""
        tensor = self.program.tensors[index]
        if tensor.kind == VIEW:
            return self.is_public(tensor.source)
        if tensor.kind == LINEAR:
            return all(self.is_public(part) for _, part in tensor.terms)
        return tensor.kind == CONSTANT or (tensor.kind in EXTERNAL and self.bindings[index].kind == PUBLIC)

    def public_values(self, index):
        """The values of a public tensor that is not linear."""
        tensor = self.program.tensors[index]
        if tensor.kind == VIEW:
            return view_values(tensor, self.program.tensors[tensor.source], self.public_values(tensor.source))
        return tensor.values if tensor.kind == CONSTANT else self.bindings[index].values

    def evaluate(self, target, index, point, coefficient):
        """target += coefficient * T~(point)."""
        tensor = self.program.tensors[index]
        if tensor.kind == LINEAR:
            for factor, part in tensor.terms:
                self.evaluate(target, part, point, coefficient * factor)
            ones = indicator(self.field, tensor.shape, point)
            target.add_constant(coefficient * ones * tensor.constant)
            return
        if self.channel.counting:
            self.channel.spend(self._work(tensor, self.is_public(index)))
        if not self.is_public(index):
            kind = ViewTerm if tensor.kind == VIEW else TensorTerm
            target.add_term(kind(index, tuple(point)), coefficient)
        elif not self.channel.counting:
            value = tensor_at(self.field, tensor.shape, self.public_values(index), point)
            target.add_constant(coefficient * value)

    def _work(self, tensor, public):
        """What one evaluation of an atom costs, about (docs/formats.md, section 2)."""
        if public:
            return 64 + (tensor.work if tensor.kind == CONSTANT else product(tensor.shape))
        source = self.program.tensors[tensor.source] if tensor.kind == VIEW else tensor
        return 64 + tensor.work + 16 * product(length.bit_count() for length in source.shape)

    # ---- hidden messages
    def receive(self, tag, cell):
        return Hidden(self.channel.element(tag), cell)

    def receive_under_pad(self, tag):
        self.pads += 1
        return self.receive(tag, Cell(PAD, self.pads - 1))

    def new_triple(self):
        self.triples += 1
        return self.triples - 1

    def add_product(self, target, left, right, triple, coefficient):
        """target += coefficient * left * right by a triple: (l + a)(r + b) = l r + l b + r a + c; copies if needed."""
        a, b = Cell(A, triple), Cell(B, triple)
        for cell, hidden in ((a, left), (b, right)):
            if hidden.cell != cell:
                self.copies.append((cell, hidden.cell))
        target.add_constant(coefficient * left.sent * right.sent)
        target.add_term(b, coefficient * left.sent)
        target.add_term(a, coefficient * right.sent)
        target.add_term(Cell(C, triple), coefficient)


def unflatten(index, shape):
    """Row-major index to coordinates."""
    coordinates = []
    for length in reversed(shape):
        index, coordinate = divmod(index, length)
        coordinates.insert(0, coordinate)
    return coordinates


def flatten(coordinates, shape):
    index = 0
    for coordinate, length in zip(coordinates, shape):
        index = index * length + coordinate
    return index


def view_values(view, source, values):
    """Y[i] = S[m(i)], or 0 where m(i) is a hole; the map is separable over the groups."""
    return [_viewed(view, source, values, unflatten(at, view.shape)) for at in range(product(view.shape))]


def _viewed(view, source, values, place):
    origin = [0] * len(source.shape)
    for out_axes, source_axes, places in view.groups:
        mapped = places[flatten([place[axis] for axis in out_axes], [view.shape[axis] for axis in out_axes])]
        if mapped < 0:
            return 0
        for axis, coordinate in zip(source_axes, unflatten(mapped, [source.shape[axis] for axis in source_axes])):
            origin[axis] = coordinate
    return values[flatten(origin, source.shape)]
