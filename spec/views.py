"""Step 5: views (docs/protocol.md, section 5, step 5; docs/formats.md, section 8, 5)."""
import transcript as tags
from multilinear import eq_table, late, powers, shape_variables, split_by_axis
from session import ViewTerm
from sumcheck import plain_rounds


def _axis_weights(field, axes, shape, parts):
    """eq weights of all flat indices over some axes, the last axis fastest."""
    weights = [field.one]
    for axis in axes:
        own = eq_table(field, parts[axis])[: shape[axis]]
        weights = [weight * each for weight in weights for each in own]
    return weights


def view_matrix_at(field, view, source_shape, out_point, source_point):
    """M~(out point, source point), M(o, s) = 1 iff m(o) = s: a product over the groups; holes left out."""
    out_parts, source_parts = split_by_axis(view.shape, out_point), split_by_axis(source_shape, source_point)
    result = field.one
    for out_axes, source_axes, places in view.groups:
        out = _axis_weights(field, out_axes, view.shape, out_parts)
        source = _axis_weights(field, source_axes, source_shape, source_parts)
        pairs = (weight * source[place] for weight, place in zip(out, places) if place >= 0)
        result = result * field.total(pairs)
    return result


def run_views(session):
    """Replaces the equations with view terms by one without."""
    field, tensors = session.field, session.program.tensors
    taken = [equation for equation in session.equations if equation.has_view()]
    session.equations = [equation for equation in session.equations if not equation.has_view()]
    if not taken:
        return
    challenge = session.channel.challenge(tags.VIEW_WEIGHT)
    claim, views = session.expression(), []
    for weight, equation in zip(powers(field, challenge, len(taken)), taken):
        claim.add_constant(-(weight * equation.constant))
        for term, coefficient in equation.terms.items():
            if isinstance(term, ViewTerm):
                views.append((term, weight * coefficient))
            else:
                claim.add_term(term, -(weight * coefficient))
    lengths = [shape_variables(tensors[tensors[term.tensor].source].shape) for term, _ in views]
    rho, claim = plain_rounds(session, tags.VIEW_ROUND, max(lengths), 2, claim)
    total = session.expression()
    for (term, coefficient), variables in zip(views, lengths):
        view = tensors[term.tensor]
        coefficient = coefficient * late(field, rho[variables:])
        if not session.channel.counting:
            shape = tensors[view.source].shape
            coefficient = coefficient * view_matrix_at(field, view, shape, term.point, rho[:variables])
        session.evaluate(total, view.source, rho[:variables], coefficient)
    total.subtract(claim)
    session.equations.append(total)
