"""replay.py SPEC VECTORS: the second verifier (SPEC) on every case of the published vectors (VECTORS/*.json).

Each case is answered from its inputs with the modules of spec/; what the case states must be the answer, and as many
cases as the file says must be there. Then one case of each group is changed and must be noticed.
"""
import glob
import json
import struct
import sys

SPEC, VECTORS = sys.argv[1:]
sys.path.insert(0, SPEC)
sys.dont_write_bytecode = True

import merkle
import sumcheck
import transcript as tags
from errors import Malformed, Rejected
from field import GENERATOR, P, ROOT_OF_ORDER_2_32, domain_point, extension, inverse
from files import parse_certificate, range_program_bytes
from geometry import Object, expected_siblings, make_geometry, queries
from layout import axis_intervals
from logup import Lookups
from model import parse_model
from multilinear import eq_table, late, product, tensor_at
from program import CONSTANT, LINEAR, MULTIPLICITY, VIEW, parse_program
from reader import sha256
from rules import Ranges, check_program
from session import PRIVATE, Binding, Session, TensorTerm, ViewTerm, view_values
from transcript import Transcript
from verify import Verifier

ANSWERS = {}
MOST_BLOCK = 1 << 36


def answers(name):
    def register(function):
        ANSWERS[name] = function
        return function

    return register


def element_of(field, words):
    assert len(words) == field.degree
    return field(map(number, words))


def number(word):
    value = int(word)
    assert 0 <= value < P
    return value


def words(element):
    return [str(word) for word in element]


def integers(values):
    return [str(value) for value in values]


# ---- F and E
@answers("FieldAdd")
def _(field, test):
    return {"out": str((number(test["a"]) + number(test["b"])) % P)}


@answers("FieldSubtract")
def _(field, test):
    return {"out": str((number(test["a"]) - number(test["b"])) % P)}


@answers("FieldMultiply")
def _(field, test):
    return {"out": str(number(test["a"]) * number(test["b"]) % P)}


@answers("FieldNegate")
def _(field, test):
    return {"out": str(-number(test["a"]) % P)}


@answers("FieldInverse")
def _(field, test):
    a = number(test["a"])
    if not a:
        raise Rejected("NO_INVERSE")
    return {"out": str(inverse(a))}


@answers("FieldPower")
def _(field, test):
    return {"out": str(pow(number(test["a"]), int(test["exponent"]), P))}


@answers("FieldFromInteger")
def _(field, test):
    return {"out": str(int(test["integer"]) % P)}


@answers("FieldToInteger")
def _(field, test):
    a = number(test["a"])
    return {"out": str(a - P if a > P // 2 else a)}


@answers("FieldRoot")
def _(field, test):
    return {"out": str(pow(ROOT_OF_ORDER_2_32, 1 << 32 - test["logSize"], P))}


@answers("FieldPoint")
def _(field, test):
    return {"out": str(domain_point(test["logSize"], test["position"]))}


@answers("FieldRead")
def _(field, test):
    channel = Transcript(field, bytes.fromhex(test["bytes"]))
    (value,) = channel.numbers(tags.LEAF, 1)
    channel.finish()
    return {"out": str(value)}


@answers("ExtensionRead")
def _(field, test):
    channel = Transcript(field, bytes.fromhex(test["bytes"]))
    value = channel.element(tags.NU)
    channel.finish()
    return {"out": words(value)}


@answers("ExtensionAdd")
def _(field, test):
    return {"out": words(element_of(field, test["a"]) + element_of(field, test["b"]))}


@answers("ExtensionSubtract")
def _(field, test):
    return {"out": words(element_of(field, test["a"]) - element_of(field, test["b"]))}


@answers("ExtensionMultiply")
def _(field, test):
    return {"out": words(element_of(field, test["a"]) * element_of(field, test["b"]))}


@answers("ExtensionScale")
def _(field, test):
    return {"out": words(element_of(field, test["a"]) * number(test["b"]))}


@answers("ExtensionInverse")
def _(field, test):
    a = element_of(field, test["a"])
    if a == field.zero:
        raise Rejected("NO_INVERSE")
    return {"out": words(a.inverse())}


# ---- encoding: by the definition
def value_at(coefficients, point):
    value = 0
    for coefficient in reversed(coefficients):
        value = (value * point + number(coefficient)) % P
    return value


def codeword(test):
    root, point, values = domain_point(test["logSize"], 1) * inverse(GENERATOR) % P, GENERATOR, []
    for _ in range(1 << test["logSize"]):
        values.append(value_at(test["coefficients"], point))
        point = point * root % P
    return values


@answers("Encode")
def _(field, test):
    return {"codeword": integers(codeword(test))}


@answers("EncodeDigest")
def _(field, test):
    return {"sha256": sha256(b"".join(struct.pack("<Q", value) for value in codeword(test))).hex()}


@answers("EncodePosition")
def _(field, test):
    point = domain_point(test["logSize"], test["position"])
    return {"point": str(point), "value": str(value_at(test["coefficients"], point))}


# ---- hashes and trees
@answers("Sha256")
def _(field, test):
    data = bytes.fromhex(test["message"]) * test.get("repeat", 1)
    if len(data) < 1000:  # with the compression function written out, too
        padded = data + b"\x80" + bytes(-(len(data) + 9) % 64) + struct.pack(">Q", 8 * len(data))
        state = merkle.INITIAL_STATE
        for at in range(0, len(padded), 64):
            state = merkle.compress(state, padded[at : at + 64])
        assert struct.pack(">8I", *state) == sha256(data)
    return {"digest": sha256(data).hex()}


@answers("Sha256Compress")
def _(field, test):
    state = struct.unpack(">8I", bytes.fromhex(test["state"]))
    return {"out": struct.pack(">8I", *merkle.compress(state, bytes.fromhex(test["block"]))).hex()}


@answers("MerkleLeaf")
def _(field, test):
    return {"out": merkle.leaf_hash(field.degree, bytes.fromhex(test["data"])).hex()}


@answers("MerkleNode")
def _(field, test):
    return {"out": merkle.node_hash(field.degree, bytes.fromhex(test["left"]), bytes.fromhex(test["right"])).hex()}


@answers("MerkleRoot")
def _(field, test):
    level = [bytes.fromhex(leaf) for leaf in test["leaves"]]
    assert len(level) == 1 << test["height"]
    while len(level) > 1:
        level = [merkle.node_hash(field.degree, *pair) for pair in zip(level[::2], level[1::2])]
    return {"out": level[0].hex()}


@answers("MerkleMultiproof")
def _(field, test):
    leaves, siblings = ([bytes.fromhex(each) for each in test[key]] for key in ("leaves", "siblings"))
    assert len(leaves) == len(test["positions"])
    merkle.check_multiproof(field.degree, bytes.fromhex(test["root"]), test["height"], test["positions"], leaves, siblings)
    return {}


# ---- transcript
def transcript_step(field, channel, step):
    """What a step gives."""
    what, tag, count = step["do"], step.get("tag"), step.get("count")
    if what == "absorb":
        channel.absorb(tag, bytes.fromhex(step["data"]))
    elif what == "readF":
        return {"out": integers(channel.numbers(tag, count))}
    elif what == "readE":
        return {"out": [words(each) for each in channel.elements(tag, count)]}
    elif what == "readHashes":
        channel.hashes(tag, count)
    elif what == "challenge":
        return {"out": words(channel.challenge(tag))}
    elif what == "positions":
        return {"out": channel.positions(1 << step["logSize"], count)}
    else:
        raise KeyError(what)
    return {}


@answers("Transcript")
def _(field, test):
    channel, results = Transcript(field, bytes.fromhex(test["messages"])), []
    try:
        for step in test["steps"]:
            results.append({**transcript_step(field, channel, step), "state": channel.state.hex()})
        channel.finish()
    except Rejected as reason:
        return {"result": "invalid", "reason": str(reason), "results": results}
    return {"results": results}


# ---- geometry
@answers("Queries")
def _(field, test):
    return {"out": queries(int(test["size"]), int(test["dimension"]), test["bits"])}


@answers("ExpectedSiblings")
def _(field, test):
    return {"out": expected_siblings(test["height"], test["count"])}


@answers("Geometry")
def _(field, test):
    certificates = [Object(each["a"], 1 << each["k"], each["tail"]) for each in test["certificates"]]
    whole, rest = divmod(int(test["size"]), MOST_BLOCK)
    blocks = [MOST_BLOCK] * whole + [1 << log for _, log in axis_intervals(rest)]
    found = make_geometry(field, blocks, certificates)
    objects = [
        {
            "a": each.columns_log,
            "k": each.lanes_log,
            "lanes": each.lanes,
            "tail": each.tail,
            "start": found.start[index],
        }
        for index, each in enumerate(found.objects)
    ]
    domains = [
        {"logSize": domain + 2, "opened": found.opened(domain), "width": found.width(domain)}
        for domain in found.domains
    ]
    levels = [
        {"length": each.size, "k": each.fold, "logSize": each.log_domain, "opened": each.opened}
        for each in found.levels
    ]
    sizes = {"used": found.used, "vectorLog": found.vector_log, "rounds": found.rounds}
    return {"objects": objects, "domains": domains, "levels": levels, **sizes}


# ---- rounds
def round_table(field, table):
    return [element_of(field, entry) for entry in table]


@answers("Rounds")
def _(field, test):
    channel = Transcript(field, bytes.fromhex(test["messages"]))
    session = Session(None, None, channel)
    claim = session.expression(element_of(field, test["claim"]))
    if "z" in test:
        point, claim = sumcheck.gruen_rounds(session, tags.ZERO_ROUND, round_table(field, test["z"]), claim)
    else:
        point, claim = sumcheck.plain_rounds(session, tags.CONSTRAINT_ROUND, test["rounds"], test["degree"], claim)
    channel.finish()
    truth = field.zero
    for tables in test["products"]:
        variables = (len(tables[0]) - 1).bit_length()
        value, weights = late(field, point[variables:]), eq_table(field, point[:variables])
        for table in tables:
            value = value * field.total(weight * entry for weight, entry in zip(weights, round_table(field, table)))
        truth = truth + value
    pads = {cell.index: words(value) for cell, value in claim.terms.items()}
    at_point = {"constant": words(claim.constant), "pads": [pads[index] for index in range(session.pads)]}
    verdict = {} if claim.constant == truth else {"result": "invalid", "reason": "FUNCTIONAL"}
    given = {"point": [words(each) for each in point], "claimAtPoint": at_point, "valueAtPoint": words(truth)}
    return {**verdict, **given}


# ---- LogUp: all pads and cells are 0
def tensor_values(program, lists):
    given, values = iter(lists), {}
    for index, tensor in enumerate(program.tensors):
        if tensor.kind == VIEW:
            values[index] = view_values(tensor, program.tensors[tensor.source], values[tensor.source])
        elif tensor.kind not in (LINEAR, CONSTANT):
            values[index] = next(given)
            assert len(values[index]) == product(tensor.shape)
    return values


@answers("LogUp")
def _(field, test):
    program = parse_program(bytes.fromhex(test["program"]))
    check_program(program)
    values = tensor_values(program, test["values"])
    bindings = {index: Binding(PRIVATE) for index in range(len(program.tensors))}
    channel = Transcript(field, bytes.fromhex(test["messages"]))
    session = Session(program, bindings, channel)
    Lookups(session).run()
    channel.finish()
    equations = []
    for equation in session.equations:
        total = equation.constant
        for term, coefficient in equation.terms.items():
            if isinstance(term, (TensorTerm, ViewTerm)):
                shape = program.tensors[term.tensor].shape
                total = total + coefficient * tensor_at(field, shape, values[term.tensor], term.point)
        equations.append(words(total))
    zero = all(each == words(field.zero) for each in equations)
    verdict = {} if zero else {"result": "invalid", "reason": "FUNCTIONAL"}
    counts = {"pads": session.pads, "triples": session.triples, "copies": len(session.copies)}
    return {**verdict, "equations": equations, **counts, "state": channel.state.hex()}


# ---- files
@answers("Program")
def _(field, test):
    program = parse_program(bytes.fromhex(test["program"]))
    check_program(program)
    found = zip(program.tensors, Ranges(program).interval)
    intervals = [integers(interval) for tensor, interval in found if tensor.kind != MULTIPLICITY]
    return {"digest": program.digest.hex(), "intervals": intervals}


@answers("Certificate")
def _(field, test):
    certificate = parse_certificate(bytes.fromhex(test["certificate"]))
    derived = range_program_bytes(certificate).hex()
    size = str(certificate.layout.size)
    return {"digest": certificate.digest.hex(), "layoutSize": size, "rangeProgram": derived}


@answers("Model")
def _(field, test):
    digest, advice, weights = parse_model(bytes.fromhex(test["model"]))
    return {"publicDigest": digest.hex(), "advice": advice, "weights": weights}


def changed_file(described):
    with open("%s/%s" % (VECTORS, described["file"]), "rb") as file:
        data = file.read()
    for change in described["changes"]:
        at, after = change["offset"], change["offset"] + change["remove"]
        assert after <= len(data)
        data = data[:at] + bytes.fromhex(change["insert"]) + data[after:]
    return data


VERIFIERS = {}  # by certificate file: its range proof is verified once


def verifier_of(field, data):
    if data not in VERIFIERS:
        VERIFIERS[data] = Verifier(data)
    if VERIFIERS[data].model.field is not field:  # a verifier of one profile, as these files expect
        raise Malformed("another security profile", "VERSION")
    return VERIFIERS[data]


def shown(model, proof):
    for each, values in zip(model.shown, proof.values):
        tensor = model.program.tensors[each.tensor]
        described = {"name": tensor.name, "kind": ("input", "", "output")[tensor.kind], "scale": each.scale}
        yield described if values is None else {**described, "values": integers(values)}


@answers("Proof")
def _(field, test):
    verifier = verifier_of(field, changed_file(test["certificate"]))
    model = verifier.model
    found = {
        "modelDigest": model.digest.hex(),
        "certificateDigest": model.certificate.digest.hex(),
        "programDigest": model.program.digest.hex(),
    }
    if "proof" not in test:
        verifier.check_range()
        return found
    expected = [bytes.fromhex(test[key]) if key in test else None for key in ("expectModel", "expectContext")]
    proof = verifier.verify(changed_file(test["proof"]), *expected)
    return {**found, "context": proof.context.hex(), "shown": list(shown(model, proof))}


# ---- replay
def replay(field, kind, test):
    """What is wrong with a case; None if nothing is."""
    try:
        found = {"result": "valid", **ANSWERS[kind](field, test)}
    except Rejected as reason:
        found = {"result": "invalid", "reason": str(reason)}
    except Malformed as reason:
        found = {"result": "invalid", "reason": reason.status}
    for key, value in found.items():
        if test.get(key) != value:
            return "%s: %r, not %r" % (key, value, test.get(key))
    return None


def replay_file(path):
    with open(path, encoding="ascii") as file:
        vectors = json.load(file)
    field, replayed = extension(vectors.get("extensionDegree", 2)), 0
    for group in vectors["testGroups"]:
        for test in group["tests"]:
            replayed += 1
            wrong = replay(field, group["type"], test)
            if wrong or test["tcId"] != replayed:
                sys.exit("FAILED: %s, case %s (%s): %s" % (path, test["tcId"], test["comment"], wrong))
        first = dict(group["tests"][0])
        first["result"] = {"valid": "invalid", "invalid": "valid"}[first["result"]]
        if not replay(field, group["type"], first):
            sys.exit("FAILED: %s: a changed case of %s" % (path, group["type"]))
    if replayed != vectors["numberOfTests"] or not replayed:
        sys.exit("FAILED: %s: %d cases, not %d" % (path, replayed, vectors["numberOfTests"]))
    print("ok: %s: %d cases" % (path.split("/")[-1], replayed), flush=True)
    return vectors


def main():
    paths = sorted(glob.glob(VECTORS + "/*.json"))
    kinds = {group["type"] for path in paths for group in replay_file(path)["testGroups"]}
    if kinds != set(ANSWERS):
        sys.exit("FAILED: no vectors for %s" % sorted(set(ANSWERS) - kinds))
    print("all replayed")


main()
