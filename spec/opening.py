"""Step 7: fold, mask, clear (docs/protocol.md, section 5, step 7; docs/formats.md, section 8, 7 and section 9)."""
from dataclasses import dataclass

import transcript as tags
from errors import Rejected
from field import P, domain_point
from geometry import RATE_LOG
from merkle import open_tree
from multilinear import eq_table
from sumcheck import lagrange


@dataclass
class Equation:
    """sum_i Z[start + i] point^i = value, i < length."""

    start: int
    length: int
    point: int
    value: tuple


def number_powers(base, count):
    """1, base, base^2, .. in F."""
    powers = [1] * count
    for i in range(1, count):
        powers[i] = powers[i - 1] * base % P
    return powers


class Functional:
    """The vector V, one list per coordinate of E."""

    def __init__(self, field, size):
        self.field = field
        self.rows = [[0] * size for _ in range(field.degree)]

    def put(self, start, elements):
        for row, coordinates in zip(self.rows, zip(*elements)):
            row[start : start + len(coordinates)] = coordinates

    def add_powers(self, start, powers, weight):
        """V[start + i] += weight * powers[i]; not reduced until `fold`."""
        for row, part in zip(self.rows, weight):
            inside = row[start : start + len(powers)]
            row[start : start + len(powers)] = [old + part * power for old, power in zip(inside, powers)]

    def elements(self):
        return [self.field(value % P for value in values) for values in zip(*self.rows)]

    def fold(self, challenge):
        """Binds the lowest variable."""
        whole = self.elements()
        self.rows = [[] for _ in self.rows]
        folded = [low + challenge * (high - low) for low, high in zip(whole[::2], whole[1::2])]
        self.rows = [list(row) for row in zip(*folded)]

    def apply(self, vector):
        return self.field.total(weight * value for weight, value in zip(self.elements(), vector))


class Opening:
    """The objects' trees, the running equation <V, Z> = target and its ladder."""

    def __init__(self, channel, geometry, roots, certificates, batched):
        self.channel, self.field, self.geometry, self.batched = channel, channel.field, geometry, batched
        self.roots, self.certificates = roots, certificates
        mask_value = channel.element(tags.NU)
        self.gamma = channel.challenge(tags.GAMMA)
        self.target = mask_value + self.gamma * batched.constant
        self.functional = self._first_functional()

    def _first_functional(self):
        geometry, rho = self.geometry, self.batched.rho
        functional = Functional(self.field, geometry.levels[0].size if geometry.levels else geometry.used)
        for index, each in enumerate(geometry.objects[:-1]):
            columns = eq_table(self.field, rho[each.lanes_log : each.variables])
            coefficient = self.batched.coefficients[index]
            functional.put(geometry.start[index], [coefficient * weight for weight in columns])
        functional.put(geometry.start[geometry.sigma], [-weight for weight in self.batched.sigma_weights])
        return functional

    # ---- openings
    def _fold_lanes(self, lanes, lanes_log):
        """y at a point: sum of eq(rho, lane) * lane; lanes that are not there are zero."""
        return self.field.combination(eq_table(self.field, self.batched.rho[:lanes_log]), lanes)

    def _column_values(self, domain, column, certified):
        """omega + gamma y of the objects of a domain at one position, from the own leaf and the certificates'."""
        geometry, degree, at, lanes = self.geometry, self.field.degree, 0, {}
        indices = geometry.on_domain(domain)
        if 0 in indices:
            at = geometry.objects[0].lanes
            lanes[0] = self._fold_lanes(column[:at], geometry.objects[0].lanes_log)
        if geometry.sigma in indices:
            lanes[geometry.sigma] = self.field(column[at : at + degree])
            at += degree
        for index, own in certified.items():
            lanes[index] = self._fold_lanes(own, geometry.objects[index].lanes_log)
        values = {}
        for index in indices:
            values[index] = self.field(column[at : at + degree]) + self.gamma * lanes[index]
            at += degree
        return values

    def _open_domain(self, domain, root, positions):
        geometry, channel, height = self.geometry, self.channel, domain + RATE_LOG
        columns = open_tree(channel, root, height, positions, geometry.width(domain), True)
        certified = {}
        for index in geometry.on_domain(domain):
            if 0 < index < geometry.sigma:
                width = geometry.objects[index].lanes
                certificate_root = self.certificates[index - 1].root
                certified[index] = open_tree(channel, certificate_root, height, positions, width, True)
        equations = []
        for place, position in enumerate(positions):
            own = {index: opened[place] for index, opened in certified.items()}
            for index, value in self._column_values(domain, columns[place], own).items():
                point = domain_point(height, position)
                equations.append(Equation(geometry.start[index], 1 << domain, point, value))
        return equations

    def _open_objects(self):
        """Level 0: positions of all domains first, then the trees."""
        domains = self.geometry.domains
        positions = [self.channel.positions(1 << domain + RATE_LOG, self.geometry.opened(domain)) for domain in domains]
        equations = []
        for domain, root, places in zip(domains, self.roots, positions):
            equations += self._open_domain(domain, root, places)
        return equations

    def _open_level(self, level, root, point):
        degree = self.field.degree
        positions = self.channel.positions(1 << level.log_domain, level.opened)
        columns = open_tree(self.channel, root, level.log_domain, positions, degree << level.fold, False)
        weights, equations = eq_table(self.field, point), []
        for position, column in zip(positions, columns):
            lanes = [self.field(column[at : at + degree]) for at in range(0, len(column), degree)]
            value = self.field.total(weight * lane for weight, lane in zip(weights, lanes))
            equations.append(Equation(0, level.columns, domain_point(level.log_domain, position), value))
        return equations

    # ---- the ladder
    def _absorb_equations(self, equations):
        """The running equation takes the opened columns with weights delta, delta^2, .."""
        delta, weight, powers, last = self.channel.challenge(tags.LADDER_WEIGHT), self.field.one, [], None
        for equation in equations:
            weight = weight * delta
            self.target = self.target + weight * equation.value
            if (equation.point, equation.length) != last:
                powers = number_powers(equation.point, equation.length)
                last = equation.point, equation.length
            self.functional.add_powers(equation.start, powers, weight)

    def _fold(self, level):
        point = []
        for _ in range(level.fold):
            at_zero, at_two = self.channel.element(tags.LADDER_ROUND), self.channel.element(tags.LADDER_ROUND)
            challenge = self.channel.challenge(tags.ROUND_CHALLENGE)
            first, middle, last = lagrange(self.field, 2, challenge)
            self.target = self.target * middle + at_zero * (first - middle) + at_two * last
            self.functional.fold(challenge)
            point.append(challenge)
        return tuple(point)

    def _check_clear(self, vector, equations, reason):
        for equation in equations:
            inside = vector[equation.start : equation.start + equation.length]
            if self.field.combination(inside, number_powers(equation.point, equation.length)) != equation.value:
                raise Rejected(reason)
        if self.functional.apply(vector) != self.target:
            raise Rejected("FUNCTIONAL")

    def run(self):
        open_above, clear = self._open_objects, self.geometry.used
        for level in self.geometry.levels:
            root = self.channel.hashes(tags.ROOT, 1)[0]
            self._absorb_equations(open_above())
            point = self._fold(level)
            open_above = lambda level=level, root=root, point=point: self._open_level(level, root, point)
            clear = level.columns
        vector = self.channel.elements(tags.CLEAR, clear)
        self._check_clear(vector, open_above(), "INNER" if self.geometry.levels else "LEVEL0")
