#!/usr/bin/env python3
"""Coefficients of src/proof/cost.c from the output of bench_prove.

    OMP_NUM_THREADS=1 BUILD/bench_prove KEY CERT 5 >> measured      (once per model; TACIT_KERNEL=avx2 for the others)
    tools/fit_cost.py measured...

Nanoseconds on one thread per kind of work, for each step the least squares of the relative errors with coefficients
that are not negative, and how far the sum is from each model's time.
"""
import re
import sys

import numpy as np

KINDS = ("proofs", "elements", "encoded", "hashed", "looked_up", "contracted", "viewed", "batched", "opened", "multiplied", "columns")
# Which kinds a step's time is put down to.
STEPS = (
    (("commit", "open"), ("encoded", "hashed", "opened", "columns")),
    (("lookups",), ("looked_up",)),
    (("constraints",), ("contracted",)),
    (("views",), ("viewed",)),
    (("batch",), ("batched",)),
    (("witness", "triples", "outside"), ("proofs", "elements", "multiplied")),
)


def read(path):
    text, found = open(path, encoding="utf-8").read(), []
    for part in text.split("  first ")[1:]:
        times = {name: float(value) for name, value in re.findall(r"(\w+) ([\d.]+)", part.split("\n")[2])}
        times["outside"] = float(re.search(r"prove ([\d.]+) ms", part).group(1)) - sum(times.values())
        work = dict(re.findall(r"(\w+) (\d+)", part[part.index("work:"):]))
        found.append((times, {kind: int(work[kind]) for kind in KINDS}))
    return found


def nonnegative(rows, values):
    """Least squares by leaving out the most negative coefficient until there is none."""
    kept = list(range(rows.shape[1]))
    while kept:
        solution = np.linalg.lstsq(rows[:, kept], values, rcond=None)[0]
        if (solution >= 0).all():
            return dict(zip(kept, solution))
        kept.pop(int(np.argmin(solution)))
    return {}


def main():
    measured = [each for path in sys.argv[1:] for each in read(path)]
    cost = dict.fromkeys(KINDS, 0.0)
    for steps, kinds in STEPS:
        times = np.array([1e6 * sum(time.get(step, 0) for step in steps) for time, _ in measured])
        total = np.array([1e6 * sum(time.values()) for time, _ in measured])
        rows = np.array([[work[kind] for kind in kinds] for _, work in measured], dtype=float)
        for index, value in nonnegative(rows / total[:, None], times / total).items():
            cost[kinds[index]] = value
    print("{" + ", ".join(f"{cost[kind]:.3g}" for kind in KINDS) + "}")
    for time, work in measured:
        predicted = sum(cost[kind] * work[kind] for kind in KINDS) / 1e6
        print(f"{sum(time.values()):10.1f} ms measured, {predicted / sum(time.values()):.2f} of it predicted")


if __name__ == "__main__":
    main()
