"""One model through the command: compile, commit, prove, verify; then its integer outputs against expected floats.

Standard library only: what needs ONNX Runtime was computed before, by expect.py or make_cases.py.
"""
import array
import base64
import json
import os
import subprocess
import sys
import time
from typing import NamedTuple, Optional

ARRAY_CODES = {"float": "d", "integer": "q"}
REFUSALS = {"UNSUPPORTED"}  # statuses of a model that compile refuses
# What the float arithmetic of ONNX Runtime may add to the printed error: parts of the largest output.
FLOAT_NOISE = 2e-5
# A printed error above this part of the largest output is a failure, however honestly it was printed.
LARGEST_ERROR = 0.03


class Result(NamedTuple):
    name: str
    status: str  # ok, refused, or failed
    reason: str  # of what is not ok
    error: Optional[float] = None  # largest, against the expected outputs
    printed: Optional[float] = None  # by compile
    scale: Optional[float] = None  # largest expected output
    seconds: float = 0.0  # compile to verify
    prove_seconds: float = 0.0
    proof_bytes: int = 0


class Stopped(Exception):
    def __init__(self, status, reason):
        super().__init__(reason)
        self.status = status


def encode(kind, shape, values):
    """An output as JSON: kind is float (64 bits) or integer."""
    data = array.array(ARRAY_CODES[kind], values)
    if sys.byteorder == "big":
        data.byteswap()
    return {"kind": kind, "shape": list(shape), "data": base64.b64encode(data.tobytes()).decode()}


def decode(output):
    data = array.array(ARRAY_CODES[output["kind"]])
    data.frombytes(base64.b64decode(output["data"]))
    if sys.byteorder == "big":
        data.byteswap()
    return list(data)


def call(step, arguments):
    """What a subcommand printed with --json; Stopped when it did not succeed."""
    done = subprocess.run(arguments + ["--json"], capture_output=True, text=True, check=False)
    try:
        told = json.loads(done.stdout)
    except json.JSONDecodeError:
        raise Stopped("failed", "%s: exit code %d, no JSON: %s" % (step, done.returncode, done.stderr[-300:].strip()))
    if done.returncode != 0:
        refused = step == "compile" and told.get("status") in REFUSALS
        raise Stopped("refused" if refused else "failed", "%s: %s" % (step, told.get("message", done.returncode)))
    return told


def compare(outputs, expected, printed):
    """(largest error, largest expected value); Stopped when they are not within the printed error."""
    if len(outputs) != len(expected):
        raise Stopped("failed", "%d outputs instead of %d" % (len(outputs), len(expected)))
    worst, largest = 0.0, 0.0
    for got, output in zip(outputs, expected):
        want = decode(output)
        if len(got) != len(want):
            raise Stopped("failed", "%d elements of an output instead of %d" % (len(got), len(want)))
        error = max((abs(a - b) for a, b in zip(got, want)), default=0.0)
        scale = max(map(abs, want), default=0.0)
        worst, largest = max(worst, error), max(largest, scale)
        if output["kind"] == "integer" and error != 0:
            raise Stopped("failed", "an integer output differs by %g" % error)
        if not error <= printed * (1 + 1e-6) + FLOAT_NOISE * max(scale, 1e-3):
            raise Stopped("failed", "error %.3g, printed %.3g, outputs to %.3g" % (error, printed, scale))
        if not error <= LARGEST_ERROR * max(scale, 1e-3):
            raise Stopped("failed", "error %.3g is too large for outputs to %.3g" % (error, scale))
    return worst, largest


def steps(tacit, model, inputs, options, expected, scratch):
    """The fields of a Result behind `reason`."""
    path = {kind: os.path.join(scratch, "model." + kind) for kind in ("tacit", "cert", "key", "proof", "json")}
    start = time.monotonic()
    compiled = call("compile", [tacit, "compile", model, "--calibrate", inputs, "-o", path["tacit"]] + options)
    call("commit", [tacit, "commit", path["tacit"], "-o", path["cert"], "--key", path["key"], "--proofs", "1"])
    proved = call("prove", [tacit, "prove", "--key", path["key"], "--input", inputs, "-o", path["proof"], "--output",
                            path["json"]])
    call("verify", [tacit, "verify", "--no-cache", "--cert", path["cert"], path["proof"], "--output", path["json"]])
    seconds = time.monotonic() - start
    with open(path["json"]) as file:
        outputs = json.load(file)["output_data"]
    printed = compiled["largest_error"]
    error, scale = compare(outputs, expected, printed)
    return error, printed, scale, seconds, proved["prove_seconds"], proved["proof_size"]


def run(name, tacit, model, inputs, options, expected, scratch):
    """inputs: a file. scratch: a folder that is there."""
    try:
        return Result(name, "ok", "", *steps(tacit, model, inputs, options, expected, scratch))
    except Stopped as stopped:
        return Result(name, stopped.status, str(stopped))
    finally:
        for kind in ("tacit", "cert", "key", "proof", "json"):
            file = os.path.join(scratch, "model." + kind)
            if os.path.exists(file):
                os.remove(file)


def line_of(result):
    if result.status != "ok":
        return "%-28s %-8s %s" % (result.name, result.status, result.reason)
    return "%-28s %-8s error %-9.3g printed %-9.3g outputs to %-9.3g %6.2f s, proof %4d kB" % (
        result.name, result.status, result.error, result.printed, result.scale, result.seconds,
        result.proof_bytes // 1000)


def summary(results):
    count = {status: sum(r.status == status for r in results) for status in ("ok", "refused", "failed")}
    return "%d models: %d ok, %d refused, %d failed; %.1f s" % (
        len(results), count["ok"], count["refused"], count["failed"], sum(r.seconds for r in results))
