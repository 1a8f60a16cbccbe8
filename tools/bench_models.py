#!/usr/bin/env python3
"""Proving beside ONNX Runtime: a table row per model, and what was predicted before.

    pip install numpy onnxruntime
    tools/bench_models.py BUILD DIR... [--proofs 100] [--weights 8] [--runs 5] [--threads 2]

Each DIR has model.onnx and calibration.npz (examples/torchvision/export.py makes such folders). For each: compile,
commit, then --runs proofs in one process after a first one (bench_prove), and as many float inferences of
the same model by ONNX Runtime on the same number of threads. Times are medians. "first" is a proof whose memory is
fresh, as in a process of its own. The ratio is proving over the float inference.
"""
import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

COLUMNS = (
    "model", "weights", "lookups", "predicted: prove / memory / proof", "prove", "first", "verify", "proof", "peak",
    "compile", "certificate", "ONNX Runtime", "ratio",
)


def run(command, environment):
    done = subprocess.run([str(word) for word in command], env=environment, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}:\n{done.stdout}{done.stderr}")
    return done.stdout


def float_seconds(model, samples, runs, threads):
    import numpy as np
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    data = np.load(samples)
    feeds = {each.name: data[each.name][:1] for each in session.get_inputs()}
    seconds = []
    for _ in range(runs + 3):
        start = time.perf_counter()
        session.run(None, feeds)
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds[3:])


def number(text, pattern):
    return float(re.search(pattern, text).group(1))


def measure(build, folder, options, environment):
    model, samples = folder / "model.onnx", folder / "calibration.npz"
    tacit, report = build / "tacit", {}
    with tempfile.TemporaryDirectory() as work:
        environment = dict(environment, XDG_STATE_HOME=work)
        files = [Path(work) / name for name in ("m.tacit", "m.cert", "m.key")]
        chosen = ["--weights", options.weights] if options.weights else []
        start = time.perf_counter()
        text = run([tacit, "compile", model, "--calibrate", samples, *chosen, "--json", "-o", files[0]], environment)
        found, compiling = json.loads(text), time.perf_counter() - start
        start = time.perf_counter()
        run([tacit, "commit", files[0], "-o", files[1], "--key", files[2], "--proofs", options.proofs], environment)
        commit = time.perf_counter() - start
        text = run([build / "bench_prove", files[2], files[1], options.runs], environment)
    baseline = float_seconds(model, samples, max(5, options.runs), options.threads)
    prove = number(text, r"prove ([\d.]+) ms") / 1e3
    report["row"] = (
        f"{folder.name}, {found['weight_bits']} bits",
        f"{found['weights']:,}",
        f"{found['lookups']:,}",
        f"{found['predicted_prove_seconds']:.3g} s / {found['prove_memory'] / 2**20:.0f} MiB / "
        f"{found['predicted_proof'] / 1024:.0f} KiB",
        f"{prove:.3g} s",
        f"{number(text, r'first ([0-9.]+) ms') / 1e3:.3g} s",
        f"{number(text, r'verify ([0-9.]+) ms'):.1f} ms",
        f"{number(text, r'proof ([0-9.]+) KiB'):.0f} KiB",
        f"{number(text, r'peak ([0-9.]+) MiB'):.0f} MiB",
        f"{compiling:.3g} s",
        f"{commit:.3g} s",
        f"{baseline * 1e3:.3g} ms",
        f"{prove / baseline:.0f}",
    )
    report["steps"] = re.search(r"\n  (.*)\(ms\)", text).group(1).strip()
    return report


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=Path)
    parser.add_argument("folders", type=Path, nargs="+", metavar="DIR")
    parser.add_argument("--proofs", type=int, default=100, help="budget of the certificate")
    parser.add_argument("--weights", type=int, help="bits of the weights (default: what compile chooses)")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    options = parser.parse_args()
    environment = dict(os.environ, OMP_NUM_THREADS=str(options.threads))
    print("|", " | ".join(COLUMNS), "|\n|" + "---|" * len(COLUMNS))
    for folder in options.folders:
        report = measure(options.build, folder, options, environment)
        print("|", " | ".join(report["row"]), "|", flush=True)
        print(f"{folder.name}: {report['steps']}", file=sys.stderr)


if __name__ == "__main__":
    main()
