"""Step 5b: the zero-check of the triples (docs/protocol.md, section 5, step 5b; docs/formats.md, section 8, 5b)."""
import transcript as tags
from multilinear import log2_ceil
from session import A, B, C, ArrayTerm
from sumcheck import gruen_rounds


def run_triples(session):
    """sum_i eq(r0, i)(a_i b_i - c_i) = 0; gives the three closing equations. The dummy is the last triple."""
    field, channel = session.field, session.channel
    outer = channel.point(tags.ZERO_POINT, log2_ceil(session.triples + 1))
    point, claim = gruen_rounds(session, tags.ZERO_ROUND, outer, session.expression())
    left, right = channel.element(tags.ZERO_A), channel.element(tags.ZERO_B)
    equations = []
    for array, value in ((A, left), (B, right)):
        equation = session.expression(-value)
        equation.add_term(ArrayTerm(array, point), field.one)
        equations.append(equation)
    last = session.expression(left * right)
    last.add_term(ArrayTerm(C, point), -field.one)
    last.subtract(claim)
    return equations + [last]
