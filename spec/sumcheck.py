"""The two kinds of rounds (docs/protocol.md, 5.1). Claims are expressions; round messages are sent under pads."""
from errors import Rejected
from field import P, inverse
from transcript import ROUND_CHALLENGE


def lagrange(field, degree, at):
    """Values at `at` of the Lagrange polynomials on the nodes 0..degree."""
    weights = []
    for node in range(degree + 1):
        numerator, denominator = field.one, 1
        for other in range(degree + 1):
            if other != node:
                numerator = numerator * (at - field.lift(other))
                denominator *= node - other
        weights.append(numerator * inverse(denominator % P))
    return weights


def plain_rounds(session, tag, count, degree, claim):
    """Messages g(0), g(2), .., g(degree); g(1) = claim - g(0). Gives the point and the last claim."""
    point = []
    for _ in range(count):
        at_zero = session.receive_under_pad(tag)
        others = [session.receive_under_pad(tag) for _ in range(degree - 1)]
        challenge = session.channel.challenge(ROUND_CHALLENGE)
        weights = lagrange(session.field, degree, challenge)
        following = session.expression()
        following.add(claim, weights[1])
        following.add_hidden(at_zero, weights[0] - weights[1])
        for other, weight in zip(others, weights[2:]):
            following.add_hidden(other, weight)
        claim = following
        point.append(challenge)
    return tuple(point), claim


def gruen_rounds(session, tag, outer, claim):
    """Gruen's rounds over the point `outer`: messages q(0) and q2; q(1) = (claim - (1 - z) q(0)) / z."""
    field, point = session.field, []
    for variable in outer:
        if variable == field.zero:
            raise Rejected("DEGENERATE")
        at_zero, square = session.receive_under_pad(tag), session.receive_under_pad(tag)
        challenge = session.channel.challenge(ROUND_CHALLENGE)
        slope = challenge * variable.inverse()
        following = session.expression()
        following.add(claim, slope)
        following.add_hidden(at_zero, field.one - challenge - slope * (field.one - variable))
        following.add_hidden(square, challenge * challenge - challenge)
        claim = following
        point.append(challenge)
    return tuple(point), claim
