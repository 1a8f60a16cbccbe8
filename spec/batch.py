"""Step 6: all equations become one functional (docs/protocol.md, section 5, step 6; docs/formats.md, section 8, 6)."""
from dataclasses import dataclass

import transcript as tags
from layout import Layout
from multilinear import eq_index, eq_table, late
from program import COMMITTED, EXTERNAL, MULTIPLICITY
from session import A, ARRAYS, B, C, CERTIFIED, PAD, PRIVATE, ArrayTerm, Cell
from sumcheck import lagrange


class Places:
    """Where tensors and cells lie: object 0 is x, object 1 + j is certificate j (docs/formats.md, section 6)."""

    def __init__(self, program, bindings, certificates, pads, triples, degree):
        self.bindings, self.degree, self.lengths = bindings, degree, {PAD: pads, A: triples, B: triples, C: triples}
        self.in_x = [index for index in range(len(program.tensors)) if self._belongs(program, index)]
        shapes = [program.tensors[index].shape for index in self.in_x]
        self.array_item = {}
        for array in ARRAYS:
            self.array_item[array] = len(shapes)
            shapes += [(self.lengths[array],)] * degree
        self.layouts = [Layout(shapes)] + [certificate.layout for certificate in certificates]

    def _belongs(self, program, index):
        kind = program.tensors[index].kind
        return kind in (COMMITTED, MULTIPLICITY) or (kind in EXTERNAL and self.bindings[index].kind == PRIVATE)

    def of_tensor(self, index):
        """(object, item)."""
        binding = self.bindings.get(index)
        if binding and binding.kind == CERTIFIED:
            return 1 + binding.certificate, binding.item
        return 0, self.in_x.index(index)


@dataclass
class Batched:
    """sum_o coefficient_o <y_o, eq(rho_o)> - <sigma, sigma_weights> = constant, equation (*) of the protocol."""

    coefficients: list
    sigma_weights: list
    constant: tuple
    rho: tuple


def weighted_sum(session, closing):
    """All equations with weights 1, mu, mu^2, ..: the list, the copies, step 5b's three."""
    copies = []
    for copy, original in session.copies:
        equation = session.expression()
        equation.add_term(copy, session.field.one)
        equation.add_term(original, -session.field.one)
        copies.append(equation)
    challenge, weight = session.channel.challenge(tags.BATCH_WEIGHT), session.field.one
    total = session.expression()
    for equation in session.equations + copies + closing:
        total.add(equation, weight)
        weight = weight * challenge
    return total


def run_rounds(session, count, constant):
    """Degree-2 rounds under the cells of sigma; the claim is constant + <sigma, weights>."""
    field, channel, point, weights = session.field, session.channel, [], []
    for _ in range(count):
        at_zero, at_two = channel.element(tags.BATCH_ROUND), channel.element(tags.BATCH_ROUND)
        challenge = channel.challenge(tags.ROUND_CHALLENGE)
        first, middle, last = lagrange(field, 2, challenge)
        constant = constant * middle + at_zero * (first - middle) + at_two * last
        weights = [weight * middle for weight in weights] + [first - middle, last]
        point.append(challenge)
    return tuple(point), constant, weights


def cell_weights(field, total, lengths):
    """What the functional puts on every cell of the arrays."""
    weights = {array: [field.zero] * length for array, length in lengths.items()}
    for term, coefficient in total.terms.items():
        if isinstance(term, Cell):
            weights[term.array][term.index] = weights[term.array][term.index] + coefficient
        elif isinstance(term, ArrayTerm):
            row, table = weights[term.array], eq_table(field, term.point)
            weights[term.array] = [old + coefficient * each for old, each in zip(row, table)]
    return weights


def arrays_at(field, places, weights, strips):
    """The MLE, at the points of x's strips, of the weights on the cells: coordinate array j of E cells counts theta^j."""
    layout, total = places.layouts[0], field.zero
    for array, row in weights.items():
        for power in range(field.degree):
            for block in layout.item_blocks(places.array_item[array] + power):
                offset, (fixed, rho) = block.axes[0][0], strips[block.strip]
                inside = zip(row[offset : offset + (1 << block.log)], eq_table(field, rho[: block.log]))
                value = field.total(left * right for left, right in inside)
                place = fixed * eq_index(field, rho[block.log :], block.start >> block.log)
                total = total + field.theta(power) * place * value
    return total


def run_batch(session, closing, places, geometry):
    field, objects = session.field, geometry.objects
    total = weighted_sum(session, closing)
    rho, constant, sigma_weights = run_rounds(session, geometry.rounds, -total.constant)
    points = [each.strip_points(field, rho) for each in objects[:-1]]
    coefficients = [field.zero] * (len(objects) - 1)
    for term, coefficient in total.terms.items():
        if isinstance(term, (Cell, ArrayTerm)):
            continue
        target, item = places.of_tensor(term.tensor)
        value = places.layouts[target].weights_at(field, item, term.point, points[target])
        coefficients[target] = coefficients[target] + coefficient * value
    cells = cell_weights(field, total, places.lengths)
    coefficients[0] = coefficients[0] + arrays_at(field, places, cells, points[0])
    for index, each in enumerate(objects[:-1]):
        coefficients[index] = coefficients[index] * late(field, rho[each.variables :])
    return Batched(coefficients, sigma_weights, constant, rho)
