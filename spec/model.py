"""Model files: the program with its advice, and the weights (docs/formats.md, section 3). A verifier needs none of it."""
from files import parse_public_part
from errors import demand
from multilinear import product
from program import COMMITTED, MAX_LIST, OUTPUT, PARAMETER, VIEW
from reader import Reader, sha256

RESCALE, SATURATE, TABLE, SOLVE, LIMBS, ONEHOT, TOP, BINS, TREE, DIVIDE, ROOT, PEAK, SIGN = range(13)
LEAST_SIZE = 38


def _computed(program, index):
    return index is not None and program.tensors[index].kind in (COMMITTED, OUTPUT)


def _coefficient(program, constraint, index):
    """Of a computed tensor in the constraint's terms; 0 if it is not there."""
    found = [factor for factor, tensor in constraint.terms if tensor == index]
    return found[0] if found and _computed(program, index) else 0


def _tensor(reader, count):
    """0: none, else 1 + number."""
    number = reader.var(count)
    return number - 1 if number else None


def _check_excess(program, constraint, unit, shift, fields):
    low, high, flag, low_bits, least, most = fields
    of = lambda index: _coefficient(program, constraint, index)
    demand(of(low) == -unit, "advice: the excess is not in the constraint")
    if high is not None:
        demand(shift + low_bits <= 40 and of(high) == -(unit << low_bits), "advice: the excess's high limb")
    same = flag is None or (_computed(program, flag) and program.tensors[flag].shape == constraint.shape)
    demand(same, "advice: its flag")
    demand(-(2**31) <= least <= most < 2**31 and not (high is None and low_bits), "advice: its interval or low bits")


def _shape(program, index, least):
    """None unless the tensor exists and has so many axes."""
    shape = program.tensors[index].shape if index is not None else None
    return shape if shape is not None and len(shape) >= least else None


def _check_limbs(program, constraint, y, fields):
    shift = fields[1]
    return len(y) > 0 and y[:-1] == tuple(constraint.shape) and shift > 0 and y[-1] * shift <= 62


def _check_onehot(program, constraint, y, fields):
    index, sign = _shape(program, fields[0], 0), fields[2]
    good = sign is None or (_computed(program, sign) and _shape(program, sign, 0) == index)
    return good and index is not None and len(y) > 0 and y[:-1] == index


def _check_top(program, constraint, y, fields):
    values, shift = _shape(program, fields[0], 1), fields[1]
    good = values is not None and len(y) >= 2 and y[:-2] == values[:-1]
    return good and y[-1] + 1 == values[-1] and y[-2] <= values[-1] and shift < 4


def _check_bins(program, constraint, y, fields, value):
    x, gaps, view = _shape(program, fields[0], 1), _shape(program, fields[2], 2), _shape(program, fields[3], 2)
    if x is None or gaps is None or view is None or len(gaps) != 2 or view[:-1] != x:
        return False
    tensor = program.tensors[fields[3]]
    return getattr(tensor, "source", None) == value and view[-2:] == gaps


def _check_tree(program, constraint, y, fields):
    right, first, end = (_shape(program, fields[k], 1) for k in (0, 2, 3))
    return len(y) > 0 and right == y and first is not None and first == end and len(first) == 1 and first == y[-1:]


def _check_derived(program, constraint, kind, value, fields):
    demand(_computed(program, value), "advice: its tensors do not fit")
    y = tuple(program.tensors[value].shape)
    check = {LIMBS: _check_limbs, ONEHOT: _check_onehot, TOP: _check_top, TREE: _check_tree}.get(kind)
    fits = check(program, constraint, y, fields) if check else _check_bins(program, constraint, y, fields, value)
    demand(fits, "advice: its tensors do not fit")


def _fits(program, constraint, index):
    return _computed(program, index) and program.tensors[index].shape == constraint.shape


def _quotient(program, constraint, kind, value):
    """Is `value` in one product (or, dividing, in a term) as it must be?"""
    found = [each for each in constraint.products if value in (each.left, each.right)]
    if not found:
        return kind == DIVIDE and _coefficient(program, constraint, value) < 0
    each, own = found[0], tuple(range(len(constraint.shape)))
    labels = [labels for factor, labels in ((each.left, each.left_labels), (each.right, each.right_labels)) if factor == value]
    if kind == ROOT and (len(labels) != 2 or each.coefficient != -1) or kind == DIVIDE and len(labels) != 1:
        return False
    return len(found) == 1 and each.coefficient < 0 and all(tuple(one) == own for one in labels)


def _peak(program, constraint, unit, view):
    if view is None or not constraint.shape or (-unit, view) not in [tuple(term) for term in constraint.terms]:
        return False
    tensor = program.tensors[view]
    base = tensor.source if tensor.kind == VIEW else view
    return _computed(program, base) and product(program.tensors[base].shape) == product(constraint.shape[:-1])


def _check_computed_divisor(program, constraint, kind, value, rest, shift, fields):
    low, high, flag, low_bits, _, most = fields
    of = lambda index: _coefficient(program, constraint, index)
    unit = 1 << shift
    if kind in (DIVIDE, ROOT):
        good = _fits(program, constraint, value) and _quotient(program, constraint, kind, value)
        good = good and all(index is None or of(index) for index in (rest, high))
    elif kind == SIGN:
        good = _fits(program, constraint, value) and _fits(program, constraint, rest) and of(value) == 1
        good = good and flag is not None and program.tensors[flag].shape == constraint.shape
    else:
        good = of(value) == unit and (rest is None and shift == 0 or of(rest) == -1) and _peak(program, constraint, unit, flag)
        good = good and (high is None if low is None else of(low) == unit)
        good = good and (high is None or shift + low_bits <= 40 and of(high) == unit << low_bits)
        good = good and 0 <= most < 2**31
    demand(good, "advice: its constraint has another form")


def _step(reader, program, count):
    kind, relation = reader.unsigned(1), reader.var(MAX_LIST)
    demand(kind <= SIGN, "advice: no such kind")
    if kind == TABLE:
        demand(relation < len(program.lookups), "advice names no lookup")
        return
    value, shift = _tensor(reader, count), 0
    if kind != SOLVE:
        rest, shift = _tensor(reader, count), reader.var(31)
    if LIMBS <= kind <= TREE:
        fields = [rest, shift, _tensor(reader, count), _tensor(reader, count), reader.svar()]
    if kind == SATURATE or kind >= DIVIDE:
        fields = [_tensor(reader, count) for _ in range(3)] + [reader.var(31), reader.svar(), reader.svar()]
    demand(relation < len(program.constraints), "advice names no constraint")
    constraint, unit = program.constraints[relation], 1 << shift
    if LIMBS <= kind <= TREE:
        _check_derived(program, constraint, kind, value, fields)
        return
    if kind == SOLVE:
        demand(abs(_coefficient(program, constraint, value)) == 1, "advice: its term is not there with 1 or -1")
        return
    if kind >= DIVIDE:
        _check_computed_divisor(program, constraint, kind, value, rest, shift, fields)
        return
    no_rest = rest is None and shift == 0
    fits = _coefficient(program, constraint, value) == -unit
    fits = fits and (no_rest or _coefficient(program, constraint, rest) == -1)
    demand(fits, "advice: the constraint is not acc - 2^shift y - rem")
    if kind == SATURATE:
        _check_excess(program, constraint, unit, shift, fields)


def _advice(data, program):
    """The number of steps."""
    if not data:
        return 0
    reader, count = Reader(data), len(program.tensors) - len(program.tables)
    steps = reader.var(2 * MAX_LIST)
    demand(steps, "an empty advice part")
    for _ in range(steps):
        _step(reader, program, count)
    reader.end()
    return steps


def _weights(reader, tensor):
    width, count = reader.unsigned(1), product(tensor.shape)
    demand(width in (1, 2, 4), "weights of an unknown width")
    data = reader.take(width * count)
    values = [int.from_bytes(data[at : at + width], "little", signed=True) for at in range(0, len(data), width)]
    inside = all(tensor.low <= value <= tensor.high for value in values)
    demand(inside, "a weight outside its interval", "VALUE")
    needed = next(each for each in (1, 2, 4) if all(-(1 << 8 * each - 1) <= v < 1 << 8 * each - 1 for v in values))
    demand(width == needed, "weights that are not in their shortest form")
    return values


def parse_model(data):
    """(digest of the public part, number of advice steps, weights of the parameters in program order)."""
    demand(len(data) >= LEAST_SIZE, "not a model file")
    reader = Reader(data[:-32])
    demand(reader.take(4) == b"TACM", "not a model file")
    demand(reader.unsigned(2) == 1, "model: unknown format version", "VERSION")
    demand(sha256(data[:-32]) == data[-32:], "model: damaged")
    public, advice = reader.section(), reader.section()
    program, _, digest = parse_public_part(public)
    steps = _advice(advice, program)
    weights = [_weights(reader, tensor) for tensor in program.tensors if tensor.kind == PARAMETER]
    reader.end()
    return digest, steps, weights
