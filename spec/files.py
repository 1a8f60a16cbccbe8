"""Certificate and proof files and the two statements they make (docs/formats.md, sections 3 to 5)."""
from dataclasses import dataclass

from errors import Rejected, demand
from field import extension
from geometry import CERTIFICATE_BITS, RATE_LOG, Object, queries
from layout import Layout
from multilinear import product
from program import INPUT, OUTPUT, PARAMETER, parse_program
from reader import Reader, sha256, tag_block
from rules import check_program
from session import CERTIFIED, PRIVATE, PUBLIC, Binding
from statement import Statement

MAX_ITEMS = 4096
MAX_TABLE_ROWS = 1 << 22
MAX_SHOWN = 64
RANGE_CONTEXT = b"range proof"


@dataclass
class Item:
    """A committed tensor."""

    name: str
    shape: tuple
    low: int
    high: int


@dataclass
class Certificate:
    items: list
    object: Object
    openings: int
    most_queries: int
    root: bytes
    layout: Layout
    digest: bytes


@dataclass
class Shown:
    """An input or output of the model: tensor, scale (real value = integer / 2^scale)."""

    tensor: int
    scale: int


@dataclass
class Model:
    """A parsed certificate file."""

    field: type
    program: object
    shown: list
    certificate: Certificate
    digest: bytes
    range_proof: bytes


@dataclass
class Proof:
    """A parsed proof file: `values` per input and output, None if private."""

    model: bytes
    context: bytes
    values: list
    messages: bytes


def _header(reader, magic, what):
    demand(reader.take(4) == magic, "not a %s file" % what)
    demand(reader.unsigned(2) == 1, what + ": unknown format version", "VERSION")
    degree = reader.unsigned(1)
    demand(degree in (2, 3), what + ": unknown security profile", "VERSION")
    return extension(degree)


# ---- certificates (section 4)
def _items(reader):
    items = []
    for _ in range(reader.var(MAX_ITEMS)):
        item = Item(reader.name(), reader.shape(), reader.svar(), reader.svar())
        demand(not item.name.startswith("#"), "certificate: a bad name")
        demand(-(2**31) <= item.low <= item.high < 2**31, "certificate: a bad interval")
        demand(item.high - item.low < MAX_TABLE_ROWS, "certificate: an interval is too long")
        items.append(item)
    demand(items and len({item.name for item in items}) == len(items), "certificate: no tensors, or equal names")
    return items


def _check_sizes(certificate):
    """The tail hides every opening, and the weights end before it."""
    place, columns = certificate.object, 1 << certificate.object.columns_log
    needed = queries(columns << RATE_LOG, columns, CERTIFICATE_BITS)
    demand(place.tail <= columns, "certificate: the tail is longer than a lane")
    demand(0 < needed <= certificate.most_queries, "certificate: t_max is too small")
    enough = certificate.openings >= 1 and certificate.openings * certificate.most_queries <= place.tail
    demand(enough, "certificate: the tail does not last for its openings")
    fits = certificate.layout.size <= (columns - place.tail) * place.lanes
    demand(fits, "certificate: the weights run into the tail")


def parse_certificate(data):
    reader, word = Reader(data), (1 << 32) - 1
    demand(reader.var(word) == 1, "certificate: unknown version", "VERSION")
    demand(reader.var(word) == 1, "certificate: unknown field", "UNSUPPORTED")
    place = Object(reader.var(30), 1 << reader.var(16), reader.var(word))
    openings, most_queries = reader.var(word), reader.var(word)
    items = _items(reader)
    root = reader.take(32)
    reader.end()
    layout = Layout([item.shape for item in items])
    digest = sha256(tag_block("tacit certificate") + data)
    certificate = Certificate(items, place, openings, most_queries, root, layout, digest)
    _check_sizes(certificate)
    return certificate


# ---- certificate files (sections 3 and 4)
def parse_public_part(data):
    """(program, inputs and outputs, digest)."""
    reader = Reader(data)
    program = parse_program(reader.section())
    check_program(program)
    shown = [Shown(reader.var(), reader.svar()) for _ in range(reader.var(MAX_SHOWN))]
    demand(reader.unsigned(1) <= 1, "model: unknown overflow rule")
    reader.end()
    expected = [
        index for kind in (INPUT, OUTPUT) for index, tensor in enumerate(program.tensors) if tensor.kind == kind
    ]
    demand([each.tensor for each in shown] == expected, "model: its list of inputs and outputs")
    demand(all(-64 <= each.scale <= 64 for each in shown), "model: a bad scale")
    return program, shown, sha256(tag_block("tacit public") + data)


def parse_certificate_file(data):
    reader = Reader(data)
    field = _header(reader, b"TACC", "certificate")
    public, certificate_bytes, range_proof = reader.section(), reader.section(), reader.section()
    reader.end()
    program, shown, public_digest = parse_public_part(public)
    certificate = parse_certificate(certificate_bytes)
    digest = sha256(tag_block("tacit model") + public_digest + certificate.digest)
    return Model(field, program, shown, certificate, digest, range_proof)


# ---- the range statement (section 4)
def var_bytes(number):
    data = b""
    while number >= 128:
        data += bytes([number & 127 | 128])
        number >>= 7
    return data + bytes([number])


def svar_bytes(number):
    return var_bytes(2 * number if number >= 0 else -2 * number - 1)


def name_bytes(name):
    return var_bytes(len(name)) + name.encode("ascii")


def range_program_bytes(certificate):
    """One parameter per item, one table per distinct interval, one lookup per item."""
    items, intervals = certificate.items, []
    data = b"TACP" + var_bytes(1) + var_bytes(len(items))
    for item in items:
        data += name_bytes(item.name) + bytes([PARAMETER]) + var_bytes(len(item.shape))
        data += b"".join(map(var_bytes, item.shape)) + svar_bytes(item.low) + svar_bytes(item.high)
        if (item.low, item.high) not in intervals:
            intervals.append((item.low, item.high))
    data += var_bytes(len(intervals))
    for number, (low, high) in enumerate(intervals):
        rows = high - low + 1
        data += var_bytes(number + 1) + var_bytes(1) + var_bytes(rows)
        data += var_bytes(1) + var_bytes(rows) + svar_bytes(low) + (svar_bytes(1) if rows > 1 else b"")
    data += var_bytes(0) + var_bytes(len(items))
    for number, interval in enumerate(intervals):
        for place, item in enumerate(items):
            if (item.low, item.high) == interval:
                data += name_bytes(item.name) + var_bytes(number) + var_bytes(place)
    return data


def _certified(program):
    """Parameters in program order are the items of the one certificate."""
    parameters = [index for index, tensor in enumerate(program.tensors) if tensor.kind == PARAMETER]
    return {index: Binding(CERTIFIED, 0, item) for item, index in enumerate(parameters)}


def range_statement(model):
    certificate = model.certificate
    program = parse_program(range_program_bytes(certificate))
    check_program(program)
    bindings = _certified(program)
    return Statement(model.field, program, bindings, [certificate], certificate.digest, RANGE_CONTEXT)


# ---- proof files (section 5)
def parse_proof_file(model, data):
    reader, values = Reader(data), []
    field = _header(reader, b"TACF", "proof")
    demand(field is model.field, "proof: another security profile than the certificate's", "VERSION")
    digest = reader.take(32)
    context = reader.take(reader.unsigned(2))
    for each in model.shown:
        visible = reader.unsigned(1)
        demand(visible <= 1, "proof: bad visibility")
        count = product(model.program.tensors[each.tensor].shape)
        demand(not visible or count <= reader.left(), "proof: truncated values")
        values.append(tuple(reader.svar() for _ in range(count)) if visible else None)
    return Proof(digest, context, values, data[reader.at :])


def inference_statement(model, proof):
    if proof.model != model.digest:
        raise Rejected("CERTIFICATE_DIGEST")
    bindings = _certified(model.program)
    for each, values in zip(model.shown, proof.values):
        bindings[each.tensor] = Binding(PRIVATE) if values is None else Binding(PUBLIC, values=values)
    return Statement(model.field, model.program, bindings, [model.certificate], model.digest, proof.context)
