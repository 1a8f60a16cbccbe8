"""The field F and its extensions E (docs/formats.md, section 1; docs/protocol.md, section 1).

Elements of F are Python integers below P. An element of E is a tuple of its coordinates in the basis 1, theta,
theta^2; the two classes below are the two profiles. Other modules get one of them as `field`.
"""

P = 2**64 - 2**32 + 1
GENERATOR = 7
ROOT_OF_ORDER_2_32 = 0xE2AF70635744FD26


def inverse(number):
    """1 / number in F."""
    return pow(number, P - 2, P)


def domain_point(log_size, position):
    """Point `position` of the evaluation domain of 2^log_size points: 7 w^position."""
    root = pow(ROOT_OF_ORDER_2_32, 1 << (32 - log_size), P)
    return GENERATOR * pow(root, position, P) % P


class Element(tuple):
    """What both extensions share. `*` takes an element of E or an integer."""

    __slots__ = ()

    @classmethod
    def lift(cls, number):
        """An integer (negative ones too) as an element of E."""
        return cls((number % P,) + (0,) * (cls.degree - 1))

    @classmethod
    def theta(cls, power):
        """The basis element theta^power."""
        return cls(int(i == power) for i in range(cls.degree))

    @classmethod
    def total(cls, elements):
        """The sum of elements of E."""
        result = cls.zero
        for element in elements:
            result = result + element
        return result

    @classmethod
    def combination(cls, weights, numbers):
        """sum of weight * number, weights in E, numbers integers."""
        pairs = list(zip(weights, numbers))
        return cls(sum(weight[j] * number for weight, number in pairs) % P for j in range(cls.degree))

    def inverse(self):
        """1 / self: self^(|E| - 2)."""
        result, power, exponent = self.one, self, P**self.degree - 2
        while exponent:
            if exponent & 1:
                result = result * power
            power = power * power
            exponent >>= 1
        return result


class Quadratic(Element):
    """Profile P100: X^2 = 7."""

    __slots__ = ()
    degree = 2
    challenge_bits = 100

    def __add__(self, other):
        return Quadratic(((self[0] + other[0]) % P, (self[1] + other[1]) % P))

    def __sub__(self, other):
        return Quadratic(((self[0] - other[0]) % P, (self[1] - other[1]) % P))

    def __neg__(self):
        return Quadratic((-self[0] % P, -self[1] % P))

    def __mul__(self, other):
        a, b = self
        if isinstance(other, int):
            return Quadratic((a * other % P, b * other % P))
        c, d = other
        return Quadratic(((a * c + 7 * b * d) % P, (a * d + b * c) % P))


class Cubic(Element):
    """Profile P128: X^3 = X + 1."""

    __slots__ = ()
    degree = 3
    challenge_bits = 130

    def __add__(self, other):
        return Cubic((a + b) % P for a, b in zip(self, other))

    def __sub__(self, other):
        return Cubic((a - b) % P for a, b in zip(self, other))

    def __neg__(self):
        return Cubic(-a % P for a in self)

    def __mul__(self, other):
        a, b, c = self
        if isinstance(other, int):
            return Cubic((a * other % P, b * other % P, c * other % P))
        d, e, f = other
        cube, fourth = b * f + c * e, c * f  # coefficients of X^3 = X + 1 and X^4 = X^2 + X
        return Cubic(
            (
                (a * d + cube) % P,
                (a * e + b * d + cube + fourth) % P,
                (a * f + b * e + c * d + fourth) % P,
            )
        )


for _field in (Quadratic, Cubic):
    _field.zero = _field.lift(0)
    _field.one = _field.lift(1)


def extension(degree):
    """The class for EXT_DEG 2 or 3."""
    return {2: Quadratic, 3: Cubic}[degree]
