"""Step 4: constraints (docs/protocol.md, section 5, step 4; docs/formats.md, section 8, 4)."""
import transcript as tags
from multilinear import eq, indicator, late, log2_ceil, powers, shape_variables
from session import A, B, Cell
from sumcheck import plain_rounds


class Contraction:
    """A product of a constraint: where each label's variables lie in tau and in rho."""

    def __init__(self, session, constraint, product, weight):
        self.product, self.weight = product, weight
        tensors, rank = session.program.tensors, len(constraint.shape)
        left, right = product.left_labels, product.right_labels
        lengths = dict(zip(left, tensors[product.left].shape))
        lengths.update(zip(right, tensors[product.right].shape))
        self.batch = [label for label in range(rank) if label in left and label in right]
        kept = self.batch + sorted(label for label in lengths if label >= rank)
        self.variables = {label: log2_ceil(length) for label, length in lengths.items()}
        self.in_rho, self.rounds = {}, 0
        for label in reversed(kept):  # the last one has the lowest variables
            self.in_rho[label] = self.rounds
            self.rounds += self.variables[label]
        self.in_tau = {label: shape_variables(constraint.shape[label + 1 :]) for label in range(rank)}

    def origin(self, label):
        """(is it kept, first variable in rho or tau)."""
        return (True, self.in_rho[label]) if label in self.in_rho else (False, self.in_tau[label])

    def variables_of(self, label, tau, rho):
        kept, first = self.origin(label)
        return tuple((rho if kept else tau)[first : first + self.variables[label]])

    def factor_weight(self, field, tau, rho):
        weight = self.weight * late(field, rho[self.rounds :])
        for label in self.batch:
            first, count = self.in_tau[label], self.variables[label]
            weight = weight * eq(field, tau[first : first + count], self.variables_of(label, tau, rho))
        return weight

    def point(self, labels, tau, rho):
        point = ()
        for label in labels:
            point = self.variables_of(label, tau, rho) + point  # the last axis comes first
        return point

    def operand(self, tensor, labels):
        """Operands are the same iff tensor and origins of all variables are."""
        return tensor, tuple(self.origin(label) if self.variables[label] else None for label in labels)


class Constraints:
    def __init__(self, session):
        self.session, self.field = session, session.field
        variables = max(shape_variables(constraint.shape) for constraint in session.program.constraints)
        self.tau = session.channel.point(tags.TAU, variables)
        self.rho, self.sent = (), {}

    def _affine(self, constraint):
        """Linear terms and constant at tau."""
        point = self.tau[: shape_variables(constraint.shape)]
        ones = indicator(self.field, constraint.shape, point)
        affine = self.session.expression(ones * constraint.constant)
        for coefficient, tensor in constraint.terms:
            self.session.evaluate(affine, tensor, point, self.field.lift(coefficient))
        return affine

    def _contractions(self, batch):
        """The claim of the constraints with products, and their products."""
        challenge = self.session.channel.challenge(tags.CONSTRAINT_WEIGHT)
        claim, found = self.session.expression(), []
        for weight, (constraint, affine) in zip(powers(self.field, challenge, len(batch)), batch):
            claim.add(affine, -weight)
            for product in constraint.products:
                scaled = weight * product.coefficient
                found.append(Contraction(self.session, constraint, product, scaled))
        return claim, found

    def _receive_operand(self, contraction, tensor, labels, cell):
        key = contraction.operand(tensor, labels)
        if key not in self.sent:
            hidden = self.sent[key] = self.session.receive(tags.OPERAND, cell)
            equation = self.session.expression()
            point = contraction.point(labels, self.tau, self.rho)
            self.session.evaluate(equation, tensor, point, -self.field.one)
            equation.add_hidden(hidden, self.field.one)
            self.session.equations.append(equation)
        return self.sent[key]

    def _add_contraction(self, total, contraction):
        """total += weight * left~ * right~ at the end of the rounds."""
        session, product = self.session, contraction.product
        factors = [(product.left, product.left_labels), (product.right, product.right_labels)]
        weight = contraction.factor_weight(self.field, self.tau, self.rho)
        public = [factor for factor in factors if session.is_public(factor[0])]
        if public:
            known = public[0]
            other = factors[1] if known is factors[0] else factors[0]
            value = session.expression()
            session.evaluate(value, known[0], contraction.point(known[1], self.tau, self.rho), weight)
            session.evaluate(total, other[0], contraction.point(other[1], self.tau, self.rho), value.constant)
            return
        triple = session.new_triple()
        left = self._receive_operand(contraction, *factors[0], Cell(A, triple))
        right = self._receive_operand(contraction, *factors[1], Cell(B, triple))
        session.add_product(total, left, right, triple, weight)

    def run(self):
        batch = []
        for constraint in self.session.program.constraints:
            affine = self._affine(constraint)
            if constraint.products:
                batch.append((constraint, affine))
            else:
                self.session.equations.append(affine)
        if not batch:
            return
        claim, contractions = self._contractions(batch)
        rounds = max(contraction.rounds for contraction in contractions)
        self.rho, claim = plain_rounds(self.session, tags.CONSTRAINT_ROUND, rounds, 3, claim)
        total = self.session.expression()
        for contraction in contractions:
            self._add_contraction(total, contraction)
        total.subtract(claim)
        self.session.equations.append(total)


def run_constraints(session):
    if session.program.constraints:
        Constraints(session).run()
