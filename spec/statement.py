"""A statement and its proof from step 1 to 7 (docs/protocol.md, sections 2 and 5; docs/formats.md, section 8)."""
import struct
from dataclasses import dataclass

import transcript as tags
from batch import Places, run_batch
from constraints import run_constraints
from errors import Rejected, demand
from geometry import make_geometry
from logup import forests, run_lookups
from multilinear import product
from opening import Opening
from program import EXTERNAL, PARAMETER
from session import CERTIFIED, PUBLIC, Session
from transcript import Counter, Transcript
from triples import run_triples
from views import run_views

VERSION = 4
RATE_LOG = 2


@dataclass
class Statement:
    """`bindings`: by number of the external tensor."""

    field: type
    program: object
    bindings: dict
    certificates: list
    model: bytes
    context: bytes


def check_bindings(statement):
    """Public values lie in their intervals; certified tensors are the certificate's (docs/protocol.md, 3.2 and 2)."""
    for index, tensor in enumerate(statement.program.tensors):
        if tensor.kind not in EXTERNAL:
            continue
        binding = statement.bindings[index]
        if binding.kind == PUBLIC:
            demand(len(binding.values) == product(tensor.shape), "wrong number of public values")
            if any(not tensor.low <= value <= tensor.high for value in binding.values):
                raise Rejected("PUBLIC_RANGE")
        elif binding.kind == CERTIFIED:
            items = statement.certificates[binding.certificate].items
            demand(binding.item < len(items), tensor.name + ": not in the certificate")
            item = items[binding.item]
            same = (item.name, item.shape, item.low, item.high) == (tensor.name, tensor.shape, tensor.low, tensor.high)
            demand(same, tensor.name + ": the certificate has another tensor in this place")
        else:
            demand(tensor.kind != PARAMETER, tensor.name + ": not certified")


def walk(session):
    """Steps 3, 4, 5, 5b; gives the closing equations of 5b."""
    run_lookups(session)
    run_constraints(session)
    run_views(session)
    return run_triples(session)


def check_numerator(statement, numerator):
    """Of alpha and the betas, and of the batches: docs/formats.md, section 2."""
    room = 28 if statement.field.degree == 2 else 61
    demand(numerator < 1 << room, "too many lookup rows or relations for the security target", "SOUNDNESS")


def bind(statement, channel):
    """Step 1."""
    field = statement.field
    channel.absorb(tags.PROTOCOL, bytes([VERSION, field.degree, RATE_LOG, field.challenge_bits]))
    channel.absorb(tags.PROGRAM, statement.program.digest)
    channel.absorb(tags.PROGRAM, statement.model)
    for index, tensor in enumerate(statement.program.tensors):
        if tensor.kind not in EXTERNAL:
            continue
        binding = statement.bindings[index]
        channel.absorb(tags.BINDING, struct.pack("<BBI", binding.kind, binding.certificate, binding.item))
        if binding.kind == PUBLIC:
            channel.absorb(tags.BINDING, struct.pack("<%dq" % len(binding.values), *binding.values))
    for certificate in statement.certificates:
        channel.absorb(tags.CERTIFICATE, certificate.digest)
    channel.absorb(tags.CONTEXT, statement.context)


def make_plan(statement):
    """The counting walk, the places of all tensors and cells, and the geometry."""
    program = statement.program
    count = Session(program, statement.bindings, Counter(statement.field))
    lookups, tables = forests(program)
    demand(max(lookups.size, tables.size) < 1 << 44, "too many lookup rows")
    check_numerator(statement, lookups.size + tables.size)
    walk(count)
    check_numerator(statement, 8 * (count.triples + 1) + len(program.constraints) + 18432)
    pads, triples = max(1, count.pads), count.triples + 1
    certificates = statement.certificates
    places = Places(statement.program, statement.bindings, certificates, pads, triples, statement.field.degree)
    x = places.layouts[0]
    geometry = make_geometry(statement.field, x.sizes(), [each.object for each in certificates])
    x.split(geometry.objects[0].rooms)
    for certificate in certificates:
        enough = geometry.opened(certificate.object.columns_log) <= certificate.most_queries
        demand(enough, "the certificate was made for fewer queries", "SOUNDNESS")
    return count, places, geometry


def verify_statement(statement, messages):
    """Raises Rejected or Malformed unless `messages` prove the statement."""
    check_bindings(statement)
    count, places, geometry = make_plan(statement)
    channel = Transcript(statement.field, messages)
    bind(statement, channel)
    roots = [channel.hashes(tags.ROOT, 1)[0] for _ in geometry.domains]
    session = Session(statement.program, statement.bindings, channel)
    closing = walk(session)
    same = (session.pads, session.triples, session.copies) == (count.pads, count.triples, count.copies)
    assert same, "the counting walk differs from the run"
    batched = run_batch(session, closing, places, geometry)
    Opening(channel, geometry, roots, statement.certificates, batched).run()
    channel.finish()
