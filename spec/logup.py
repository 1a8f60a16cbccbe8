"""Step 3: lookups as sums of fractions (docs/protocol.md, section 5, step 3; docs/formats.md, section 8, 3)."""
import transcript as tags
from layout import Layout, forest_trees
from multilinear import eq_index, powers, tensor_at
from session import A, B, Cell
from sumcheck import gruen_rounds


def forests(program):
    """The layouts of lookup rows and of table rows."""
    lookups = [program.tensors[lookup.columns[0]].shape for lookup in program.lookups]
    return Layout(lookups), Layout([(table.rows,) for table in program.tables])


class Lookups:
    """The running claims (numerator, denominator) of all trees at one common point."""

    def __init__(self, session):
        self.session, self.field, program = session, session.field, session.program
        self.forests = forests(program)
        self.trees = forest_trees(self.forests[0], False) + forest_trees(self.forests[1], True)
        self.row_point = self._draw_row_point()
        self.alpha = session.channel.challenge(tags.ALPHA)
        width = max(len(table.columns) for table in program.tables)
        self.betas = session.channel.point(tags.BETA, width)
        self.claims = []

    def _row_variables(self, table):
        """Variables of a row of a gather's source: all axes but the first."""
        return sum((length - 1).bit_length() for length in self.session.program.tensors[table.source].shape[1:])

    def _draw_row_point(self):
        """One point for the rows of all gathers; each takes as many of its first coordinates as it needs."""
        tables = [self.session.program.tables[lookup.table] for lookup in self.session.program.lookups]
        most = max((self._row_variables(table) for table in tables if table.source is not None), default=0)
        return tuple(self.session.channel.point(tags.GATHER, most))

    def _rows_at(self, table, point):
        """Where a tensor of rows is evaluated when its fold at `point` is meant."""
        return self.row_point[: self._row_variables(table)] + tuple(point)

    def roots(self):
        """S = N / D and D of each tree; N := S D; the sum of all S is 0."""
        session, total = self.session, self.session.expression()
        for _ in self.trees:
            triple = session.new_triple()
            fraction = session.receive(tags.LOGUP_SUM, Cell(A, triple))
            bottom = session.receive(tags.LOGUP_SUM, Cell(B, triple))
            total.add_hidden(fraction, self.field.one)
            numerator, denominator = session.expression(), session.expression()
            session.add_product(numerator, fraction, bottom, triple, self.field.one)
            denominator.add_hidden(bottom, self.field.one)
            self.claims.append((numerator, denominator))
        session.equations.append(total)

    # ---- leaves
    def _lookup_leaf(self, block, point, weight, numerator, denominator):
        lookup = self.session.program.lookups[block.item]
        table = self.session.program.tables[lookup.table]
        denominator.add_constant(weight * (self.alpha - self.field.lift(table.ident)))
        for place, (beta, column) in enumerate(zip(self.betas, lookup.columns)):
            folded = table.source is not None and place == 1
            where = self._rows_at(table, point) if folded else point
            self.session.evaluate(denominator, column, where, -(weight * beta))
        numerator.add_constant(weight)

    def _table_leaf(self, block, point, weight, numerator, denominator):
        table = self.session.program.tables[block.item]
        value = self.alpha - self.field.lift(table.ident)
        if self.session.channel.counting:
            self.session.channel.spend(table.work)
        else:
            for beta, column in zip(self.betas, table.columns):
                if column is not None:
                    value = value - beta * tensor_at(self.field, (table.rows,), column, point)
        denominator.add_constant(weight * value)
        if table.source is not None:
            self.session.evaluate(denominator, table.source, self._rows_at(table, point), -(weight * self.betas[1]))
        self.session.evaluate(numerator, table.multiplicity, point, -weight)

    def _leave(self, tree, claim, point):
        """A tree whose leaves are reached: its claims against the leaf layer."""
        session, layout = self.session, self.forests[tree.is_table]
        top, bottom = session.expression(), session.expression()
        for block in tree.blocks:
            place = (block.start - tree.start) >> block.log
            weight = eq_index(self.field, point[block.log :], place)
            block_point = layout.block_point(self.field, block, point[: block.log])
            leaf = self._table_leaf if tree.is_table else self._lookup_leaf
            leaf(block, block_point, weight, top, bottom)
        numerator, denominator = claim
        if numerator is not None:
            numerator.subtract(top)
            session.equations.append(numerator)
        denominator.subtract(bottom)
        session.equations.append(denominator)

    # ---- layers
    def _receive_children(self, tree, layer, weights, total):
        """The two children (numerators, denominators) of a live tree; their products join the layer equation."""
        session, (upper, lower) = self.session, weights
        if not tree.is_table and tree.height == layer + 1:  # the children's numerators are 1
            triple = session.new_triple()
            left = session.receive(tags.LOGUP_D, Cell(A, triple))
            right = session.receive(tags.LOGUP_D, Cell(B, triple))
            total.add_hidden(left, upper)
            total.add_hidden(right, upper)
            session.add_product(total, left, right, triple, lower)
            return None, (left, right)
        first, second, third = (session.new_triple() for _ in range(3))
        left_top = session.receive(tags.LOGUP_N, Cell(A, first))
        right_top = session.receive(tags.LOGUP_N, Cell(A, second))
        left = session.receive(tags.LOGUP_D, Cell(B, second))
        right = session.receive(tags.LOGUP_D, Cell(B, first))
        session.add_product(total, left_top, right, first, upper)
        session.add_product(total, right_top, left, second, upper)
        session.add_product(total, left, right, third, lower)
        return (left_top, right_top), (left, right)

    def _between(self, pair, challenge):
        """(1 - lambda) left + lambda right; None for numerators that are 1."""
        if pair is None:
            return None
        claim = self.session.expression()
        claim.add_hidden(pair[0], self.field.one - challenge)
        claim.add_hidden(pair[1], challenge)
        return claim

    def layer(self, layer, live, point):
        """From the claims at `point` to those one layer down; gives the new point."""
        session = self.session
        weight = powers(self.field, session.channel.challenge(tags.LOGUP_WEIGHT), 2 * len(live))
        claim = session.expression()
        for place, index in enumerate(live):
            numerator, denominator = self.claims[index]
            claim.add(numerator, weight[2 * place])
            claim.add(denominator, weight[2 * place + 1])
        below, claim = gruen_rounds(session, tags.LOGUP_ROUND, point, claim)
        total, children = session.expression(), []
        for place, index in enumerate(live):
            pair = weight[2 * place : 2 * place + 2]
            children.append(self._receive_children(self.trees[index], layer, pair, total))
        total.subtract(claim)
        session.equations.append(total)
        challenge = session.channel.challenge(tags.LOGUP_LAMBDA)
        for index, pairs in zip(live, children):
            self.claims[index] = tuple(self._between(pair, challenge) for pair in pairs)
        return (challenge,) + below

    def run(self):
        self.roots()
        layer, point = 0, ()
        while True:
            for tree, claim in zip(self.trees, self.claims):
                if tree.height == layer:
                    self._leave(tree, claim, point)
            live = [index for index, tree in enumerate(self.trees) if tree.height > layer]
            if not live:
                return
            point = self.layer(layer, live, point)
            layer += 1


def run_lookups(session):
    if session.program.lookups:
        Lookups(session).run()
