"""Queries, ladder search and geometry (docs/formats.md, section 6): every size of the opening, in exact integers."""
from dataclasses import dataclass

from errors import Malformed, demand
from layout import axis_intervals, first_fit
from merkle import DIGEST_BYTES
from multilinear import eq_index, log2_ceil

RATE_LOG = 2
RATES = 5
MAX_LOG_DOMAIN = 32
MAX_VARIABLES = 30
MAX_LANES_LOG = 16
MAX_STRIPS = 5
LADDER_DEPTH = 6
LEAST_FOLD, MOST_FOLD = 2, 6
WORK_LOG_SMALL, WORK_LOG_LARGE, LARGE_LOG = 7, 9, 21
LEAF_WORK = 12
CERTIFICATE_BITS = 130
MAX_CERTIFICATES = 8
MAX_SIZE = 1 << 40


def upper_half(left, right):
    """Upper 64 bits of a 128-bit product."""
    return (left * right) >> 64


def queries(size, dimension, bits):
    """q(n, K, bits): positions to open; 0 if no number of them is enough."""
    agree, mantissa, exponent = (size + dimension + 1) // 2, 1 << 63, 0
    for opened in range(size // 2):
        if agree - opened >= size - opened:
            return 0
        ratio = -((-(agree - opened) << 64) // (size - opened))  # rounded up
        mantissa = upper_half(mantissa, ratio) + 1
        while mantissa <= 1 << 62:
            mantissa, exponent = 2 * mantissa, exponent + 1
        if exponent >= bits:
            return opened + 1
    return 0


def _miss(level, count):
    base, power = (1 << 64) - (1 << (64 - level)), (1 << 64) - 1
    while count:
        if count & 1:
            power = upper_half(power, base)
        base, count = upper_half(base, base), count >> 1
    return power


def expected_siblings(height, count):
    """Expected number of hashes in a multiproof of `count` leaves under 2^height."""
    total = above = 0
    for level in range(1, height + 1):
        here = _miss(level, count)
        total += ((here - above) << level) >> 48
        above = here
    return (total >> 16) + 1


def tree_work(log_size, width, work_log):
    """The cost of making a tree of 2^log_size leaves of `width` elements of F, in bytes of the proof."""
    return ((width + LEAF_WORK) << log_size) >> work_log


def work_price(x_size, certificates):
    """How many elements of work, as a power of two, are worth a byte: proofs of small objects should be fast."""
    size = x_size + sum(1 << each.variables for each in certificates)
    return WORK_LOG_LARGE if size >> LARGE_LOG else WORK_LOG_SMALL


@dataclass(frozen=True)
class Object:
    """`lanes` lanes of 2^columns_log columns, the last `tail` of them random; lanes up to the power of two are zero."""

    columns_log: int
    lanes: int
    tail: int

    @property
    def lanes_log(self):
        return log2_ceil(self.lanes)

    @property
    def strips(self):
        """First lane and log of the number of lanes of each strip."""
        return axis_intervals(self.lanes)

    @property
    def rooms(self):
        """Elements that the strips hold beside the tail."""
        return [(1 << self.columns_log) - self.tail << log for _, log in self.strips]

    def strip_points(self, field, rho):
        """Of each strip: the weight of its fixed lane bits at rho, and the point of its lanes and columns."""
        lane_bits, columns = rho[: self.lanes_log], rho[self.lanes_log : self.variables]
        return [
            (eq_index(field, lane_bits[log:], first >> log), lane_bits[:log] + columns) for first, log in self.strips
        ]

    @property
    def variables(self):
        return self.columns_log + self.lanes_log


@dataclass(frozen=True)
class Level:
    """An inner level: `size` elements of E as 2^fold lanes on 2^log_domain points, `opened` of them opened."""

    size: int
    fold: int
    log_domain: int
    opened: int

    @property
    def columns(self):
        return self.size >> self.fold


class Ladder:
    """The ladder search: cheapest inner levels for every vector length, rate and depth."""

    def __init__(self, field, variables, work_log):
        self.degree, self.variables, self.work_log = field.degree, variables, work_log
        self.bits = field.challenge_bits
        self.opened, self.path, self.cost, self.step = {}, {}, {}, {}
        for log_size in range(variables + 1):
            for rate in range(RATES):
                self._domain(log_size, rate, field.challenge_bits)
            for depth in range(LADDER_DEPTH + 1):
                for rate in range(RATES):
                    self._best(depth, log_size, rate)

    def _domain(self, log_size, rate, bits):
        log_domain = log_size + RATE_LOG + rate
        fits = log_domain <= MAX_LOG_DOMAIN
        count = queries(1 << log_domain, 1 << log_size, bits) if fits else 0
        self.opened[log_size, rate] = count
        siblings = expected_siblings(log_domain, count) if count else 0
        self.path[log_size, rate] = DIGEST_BYTES[self.degree] * siblings

    def _best(self, depth, log_size, rate):
        best, step = 8 * self.degree << log_size, None
        for fold in range(LEAST_FOLD, MOST_FOLD + 1):
            if not depth or fold >= log_size:
                break
            for next_rate in range(rate, min(RATES - 1, rate + fold) + 1):
                cost = self._level_cost(depth, log_size - fold, fold, next_rate)
                if cost is not None and cost < best:
                    best, step = cost, (fold, next_rate)
        self.cost[depth, log_size, rate], self.step[depth, log_size, rate] = best, step

    def _level_cost(self, depth, rest, fold, rate):
        count = self.opened[rest, rate]
        if not count:
            return None
        leaf = self.degree << fold
        sent = 32 + 8 * leaf * count + self.path[rest, rate] + 16 * self.degree * fold
        return sent + tree_work(rest + RATE_LOG + rate, leaf, self.work_log) + self.cost[depth - 1, rest, rate]

    def size_cost(self, size):
        """The cost below a vector of `size` elements, between those of the powers of two around it."""
        log_size = size.bit_length() - 1
        low, beyond = self.cost[LADDER_DEPTH, log_size, 0], size - (1 << log_size)
        if not beyond:
            return low
        return low + ((self.cost[LADDER_DEPTH, log_size + 1, 0] - low) * beyond >> log_size)

    def _steps(self, log_size):
        found, depth, rate = [], LADDER_DEPTH, 0
        while self.step[depth, log_size, rate]:
            fold, rate = self.step[depth, log_size, rate]
            found.append((fold, rate))
            log_size, depth = log_size - fold, depth - 1
        return found

    def _domain_choice(self, size, fold, shortest, longest):
        """The cheaper of two domains; the shorter one if they cost the same, None if neither will do."""
        best, best_cost, leaf = None, None, self.degree << fold
        for log_domain in (shortest, shortest + 1):
            count = queries(1 << log_domain, size >> fold, self.bits) if log_domain <= longest else 0
            if not count:
                continue
            cost = 8 * leaf * count + DIGEST_BYTES[self.degree] * expected_siblings(log_domain, count)
            cost += tree_work(log_domain, leaf, self.work_log)
            if best is None or cost < best_cost:
                best, best_cost = Level(size, fold, log_domain, count), cost
        return best

    def levels(self, size):
        """Folds of the nearest power of two (4/3 is the limit), domains for the dimensions that there are."""
        log_size = size.bit_length() - 1
        up = 1 if 3 * size > 4 << log_size else 0
        log_size, longest, found = log_size + up, MAX_LOG_DOMAIN, []
        steps = self._steps(log_size)
        unit = 1 << sum(fold for fold, _ in steps)
        size = (size + unit - 1) // unit * unit
        for fold, rate in steps:
            log_size -= fold
            level = self._domain_choice(size, fold, log_size + RATE_LOG + rate - up, longest)
            if level is None:
                break
            found.append(level)
            size, longest = level.columns, level.log_domain
        return found


class Candidate:
    """Objects x, certificates, sigma: where they lie in the opened vector, and what that costs."""

    def __init__(self, ladder, objects):
        self.ladder, self.objects = ladder, objects
        self.order = sorted(range(len(objects)), key=lambda index: -objects[index].columns_log)
        self.used, self.start = 0, {}
        for index in self.order:
            self.start[index] = self.used
            self.used += 1 << objects[index].columns_log
        self.vector_log = log2_ceil(self.used)
        self.domains = sorted({each.columns_log for each in objects}, reverse=True)

    @property
    def sigma(self):
        return len(self.objects) - 1

    @property
    def rounds(self):
        return max(each.variables for each in self.objects[:-1])

    def opened(self, columns_log):
        return self.ladder.opened[columns_log, 0]

    def on_domain(self, columns_log):
        return [index for index, each in enumerate(self.objects) if each.columns_log == columns_log]

    def own_width(self, index):
        """Elements of F that object `index` puts into the proof's own leaf: lanes (not a certificate's) and omega."""
        degree = self.ladder.degree
        if index == 0:
            return self.objects[0].lanes + degree
        return 2 * degree if index == self.sigma else degree

    def width(self, columns_log):
        return sum(self.own_width(index) for index in self.on_domain(columns_log))

    def possible(self):
        if self.vector_log > self.ladder.variables:
            return False
        return all(0 < self.opened(each.columns_log) <= each.tail for each in self.objects)

    def safe(self, limit):
        """The lane folds of step 6 and gamma."""
        errors = [3 * (1 << each.columns_log) // 2 + 1 for each in self.objects]
        folds = sum(error for error, each in zip(errors, self.objects) if each.lanes_log)
        return 2 + folds <= limit and 1 + sum(errors) <= limit

    def _domain_cost(self, columns_log):
        count, path, width = self.opened(columns_log), self.ladder.path[columns_log, 0], self.width(columns_log)
        cost = 32 + count * (8 * width + 32) + path + tree_work(columns_log + RATE_LOG, width, self.ladder.work_log)
        for index in self.on_domain(columns_log):
            if 0 < index < self.sigma:
                cost += count * ((8 << self.objects[index].lanes_log) + 32) + path
        return cost

    def clear_cost(self):
        return 8 * self.ladder.degree * self.used

    def ladder_cost(self):
        return self.ladder.size_cost(self.used)

    def cost(self):
        domains = sum(map(self._domain_cost, self.domains))
        return min(self.ladder_cost(), self.clear_cost()) + domains + 16 * self.ladder.degree * self.rounds


def lane_numbers():
    """Numbers of lanes that are tried: those of at most five significant bits."""
    lanes = 1
    while lanes <= 1 << MAX_LANES_LOG:
        yield lanes
        lanes += 1 << max(0, lanes.bit_length() - MAX_STRIPS)


class Search:
    """The cheapest candidate; the first one wins among equals."""

    def __init__(self, field, blocks, certificates):
        self.blocks, self.x_size, self.certificates = blocks, max(1, sum(blocks)), certificates
        self.limit = (1 << 28) - 1 if field.degree == 2 else (1 << 62) - (1 << 32)
        longest = max([8, log2_ceil(self.x_size)] + [each.columns_log for each in certificates])
        self.ladder = Ladder(field, min(MAX_VARIABLES, 4 + longest), work_price(self.x_size, certificates))
        self.best, self.best_cost, self.unsafe = None, None, False
        for columns_log in range(self.ladder.variables + 1):
            self._place_x(columns_log)

    def _free_columns(self, columns_log):
        tail = self.ladder.opened[columns_log, 0]
        return (1 << columns_log) - tail if 0 < tail < 1 << columns_log else 0

    def _smallest(self, size):
        """Of an object of one lane."""
        logs = range(self.ladder.variables + 1)
        return next((each for each in logs if size <= self._free_columns(each)), None)

    def _object(self, columns_log, lanes):
        return Object(columns_log, lanes, self.ladder.opened[columns_log, 0])

    def _place_x(self, columns_log):
        """The smallest number of lanes in which the blocks find room."""
        free = self._free_columns(columns_log)
        for lanes in lane_numbers():
            if free * lanes < self.x_size:
                continue
            x = self._object(columns_log, lanes)
            if first_fit(self.blocks, x.rooms) is not None:
                self._place_sigma([x] + self.certificates)
                return

    def _place_sigma(self, objects):
        own = self._smallest(2 * max(each.variables for each in objects))
        if own is None:
            return
        longer = [each.columns_log for each in objects if each.columns_log > own]
        for columns_log in [own] + longer:
            self._consider(Candidate(self.ladder, objects + [self._object(columns_log, 1)]))

    def _consider(self, candidate):
        if not candidate.possible():
            return
        if not candidate.safe(self.limit):
            self.unsafe = True
            return
        cost = candidate.cost()
        if self.best is None or cost < self.best_cost:
            self.best, self.best_cost = candidate, cost


def make_geometry(field, blocks, certificates):
    """The geometry for x of blocks of these sizes, descending, and certificates (a list of Object), with its inner
    `levels`."""
    demand(len(certificates) <= MAX_CERTIFICATES and sum(blocks) <= MAX_SIZE, "sizes without a geometry", "UNSUPPORTED")
    for each in certificates:
        possible = each.columns_log <= MAX_LOG_DOMAIN - RATE_LOG and each.lanes_log <= MAX_LANES_LOG
        demand(possible and each.tail <= 1 << each.columns_log, "an impossible certificate")
    search = Search(field, blocks, certificates)
    best = search.best
    if best is None:
        raise Malformed("no geometry, or a fold misses the target", "SOUNDNESS" if search.unsafe else "UNSUPPORTED")
    best.levels = []
    if best.ladder_cost() < best.clear_cost():
        best.levels = best.ladder.levels(best.used)
    numerators = [sum(best.opened(each.columns_log) for each in best.objects)]
    for level in best.levels:
        numerators += [level.opened, ((1 << level.log_domain) - level.columns) // 2 + 3]
    if max(numerators) > search.limit:
        raise Malformed("a ladder challenge misses the target", "SOUNDNESS")
    return best
