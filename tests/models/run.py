"""run.py [--allow-refused] TACIT MODELS [NAME...]: the conformance suite (54 models from EZKL's examples) through the command.

Each model is compiled (calibrated on its own input), committed, proved and verified. Its outputs must be those of ONNX
Runtime (expected.json) within the error that `compile` printed; integer outputs must be equal. Exit code 77 (skipped)
when the folder MODELS is not there. With --allow-refused, a model that compile refuses is only reported.
"""
import json
import os
import sys
import tempfile

import engine
import inputs

SKIPPED = 77
OPTIONS = ["--batch", "1"]


def run(name, record, tacit, folder, scratch):
    model = os.path.join(folder, name, "network.onnx")
    result = engine.run(name, tacit, model, inputs.file(folder, name, scratch), OPTIONS, record["outputs"], scratch)
    print(engine.line_of(result), flush=True)
    return result


def main(*arguments):
    passing = {"ok", "refused"} if "--allow-refused" in arguments else {"ok"}
    tacit, folder, *names = [each for each in arguments if each != "--allow-refused"]
    if not os.path.isdir(folder):
        print("skipped: no folder %s" % folder)
        return SKIPPED
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "expected.json")) as file:
        expected = json.load(file)
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["XDG_STATE_HOME"] = os.path.join(scratch, "state")
        results = [run(name, expected[name], tacit, folder, scratch) for name in names or expected]
    print(engine.summary(results))
    return 0 if all(result.status in passing for result in results) else 1


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    sys.exit(main(*sys.argv[1:]))
