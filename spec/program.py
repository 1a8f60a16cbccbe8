"""Reader of programs, relation part (docs/formats.md, section 2). What a program means: docs/protocol.md, section 3."""
from dataclasses import dataclass, field as dataclass_field

from errors import demand
from multilinear import product
from reader import Reader, sha256
from sequences import expand

INPUT, PARAMETER, OUTPUT, CONSTANT, COMMITTED, MULTIPLICITY, LINEAR, VIEW = range(8)
EXTERNAL = (INPUT, PARAMETER, OUTPUT)
MAX_LIST = 1 << 16
MAX_TERMS = 64
MAX_GROUPS = 16
MAX_TABLE_ROWS = 1 << 22
MAX_WIDTH = 6
MAX_CONSTANT_SIZE = (1 << 31) - 1
MAX_GROUP_SIZE = (1 << 32) - 1
MAX_MAP = 1 << 22


@dataclass
class Tensor:
    """`terms` of a linear tensor: (coefficient, tensor). `groups` of a view: (out axes, source axes, map).

    `work`: field operations, about, that reading its values or maps once costs (docs/formats.md, section 2).
    """

    name: str
    kind: int
    shape: tuple
    low: int = None
    high: int = None
    values: list = None
    terms: list = dataclass_field(default_factory=list)
    constant: int = 0
    source: int = None
    groups: list = dataclass_field(default_factory=list)
    work: int = 0


@dataclass
class Table:
    """`source`: of a gather, whose columns are [0 .. rows - 1] and the source's rows (None here)."""

    ident: int
    rows: int
    columns: list
    work: int
    source: int = None
    multiplicity: int = None


@dataclass
class Product:
    """coefficient * left * right; a label per axis of each factor."""

    coefficient: int
    left: int
    left_labels: tuple
    right: int
    right_labels: tuple


@dataclass
class Constraint:
    name: str
    shape: tuple
    products: list
    terms: list
    constant: int


@dataclass
class Lookup:
    name: str
    table: int
    columns: list


@dataclass
class Program:
    tensors: list
    tables: list
    constraints: list
    lookups: list
    digest: bytes


def _count(reader, most, what):
    count = reader.var()
    demand(count <= most, "too many " + what)
    return count


def _index(reader, count, what):
    index = reader.var()
    demand(index < count, "no such " + what)
    return index


def _terms(reader, tensor_count):
    terms = [
        (reader.svar(), _index(reader, tensor_count, "tensor")) for _ in range(_count(reader, MAX_TERMS, "terms"))
    ]
    return terms, reader.svar()


def _axes(reader, rank):
    axes = tuple(reader.take(_count(reader, rank, "axes")))
    demand(all(axis < rank for axis in axes), "no such axis")
    return axes


def _group(reader, shape, source_shape):
    out_axes, source_axes = _axes(reader, len(shape)), _axes(reader, len(source_shape))
    size = product(shape[axis] for axis in out_axes)
    demand(size <= MAX_GROUP_SIZE, "a view's group is too large")
    runs = reader.runs(size)
    same_axis = len(out_axes) == len(source_axes) == 1 and shape[out_axes[0]] == source_shape[source_axes[0]]
    if same_axis and runs in ([(size, 0, 1)], [(1, 0, 0)]):
        return (out_axes, source_axes, range(size)), 64  # the identity
    demand(size <= MAX_MAP, "a view's map is too large")
    reader.spend(size)
    return (out_axes, source_axes, expand(runs)), size


def _tensor(reader, before):
    tensor = Tensor(reader.name(), reader.unsigned(1), reader.shape())
    if tensor.kind in EXTERNAL:
        tensor.low, tensor.high = reader.svar(), reader.svar()
    elif tensor.kind == CONSTANT:
        size = product(tensor.shape)
        demand(size <= MAX_CONSTANT_SIZE, "a constant is too large")
        runs = reader.runs(size)
        if len(runs) > 1 or runs[0][2]:
            reader.spend(size)
            tensor.work = size
        tensor.values = expand(runs)
    elif tensor.kind == LINEAR:
        tensor.terms, tensor.constant = _terms(reader, len(before))
    elif tensor.kind == VIEW:
        tensor.source = _index(reader, len(before), "source")
        source = before[tensor.source].shape
        for _ in range(_count(reader, MAX_GROUPS, "groups")):
            group, work = _group(reader, tensor.shape, source)
            tensor.groups.append(group)
            tensor.work += work
    else:
        demand(tensor.kind == COMMITTED, "no such kind of tensor")
    return tensor


def _table(reader, tensors):
    ident = reader.var((1 << 31) - 1)
    width = _count(reader, MAX_WIDTH, "columns")
    if width == 0:
        source = _index(reader, len(tensors), "source")
        shape = tensors[source].shape
        demand(shape and shape[0] <= MAX_TABLE_ROWS, "a gather's source without rows, or with too many")
        return Table(ident, shape[0], [range(shape[0]), None], 64, source)
    rows = _count(reader, MAX_TABLE_ROWS, "rows")
    demand(rows, "an empty table")
    columns, work = [], 0
    for _ in range(width):
        runs = reader.runs(rows)
        few = len(runs) <= 4 + rows // 1024
        if not few:
            reader.spend(rows)
        columns.append(expand(runs))
        work += 64 if few else rows
    return Table(ident, rows, columns, work)


def _factor(reader, tensors):
    index = _index(reader, len(tensors), "factor")
    return index, tuple(reader.take(len(tensors[index].shape)))


def _constraint(reader, tensors):
    name, shape, products = reader.name(), reader.shape(), []
    for _ in range(_count(reader, MAX_TERMS, "products")):
        coefficient = reader.svar()
        products.append(Product(coefficient, *_factor(reader, tensors), *_factor(reader, tensors)))
    return Constraint(name, shape, products, *_terms(reader, len(tensors)))


def _lookup(reader, tables, tensors):
    name, table = reader.name(), _index(reader, len(tables), "table")
    return Lookup(name, table, [_index(reader, len(tensors), "column") for _ in tables[table].columns])


def parse_program(data):
    """The program of these bytes, with one multiplicity tensor per table added at the end."""
    reader, tensors = Reader(data), []
    demand(reader.take(4) == b"TACP", "not a program")
    version = reader.var()
    demand(version in (1, 2), "a program of another version", "VERSION")
    for _ in range(_count(reader, MAX_LIST, "tensors")):
        tensors.append(_tensor(reader, tensors))
    tables = [_table(reader, tensors) for _ in range(_count(reader, MAX_LIST, "tables"))]
    constraints = [_constraint(reader, tensors) for _ in range(_count(reader, MAX_LIST, "constraints"))]
    lookups = [_lookup(reader, tables, tensors) for _ in range(_count(reader, MAX_LIST, "lookups"))]
    reader.end()
    gathers = any(table.source is not None for table in tables)
    demand(version == (2 if gathers else 1), "its version is not the least")
    demand(tensors and len(tensors) + len(tables) <= MAX_LIST, "no tensors, or too many")
    for table in tables:
        table.multiplicity = len(tensors)
        tensors.append(Tensor("#%d" % table.ident, MULTIPLICITY, (table.rows,)))
    return Program(tensors, tables, constraints, lookups, sha256(b"tacit program" + data))
