"""run_cases.py TACIT FOLDER [PART OF A NAME...]: the models that make_cases.py made, from compile to verify."""
import json
import os
import sys
import tempfile

import engine


def run(name, tacit, folder, scratch):
    path = os.path.join(folder, name)
    with open(os.path.join(path, "expected.json")) as file:
        expected = json.load(file)
    result = engine.run(name, tacit, os.path.join(path, "network.onnx"), os.path.join(path, "input.json"),
                        expected["options"], expected["outputs"], scratch)
    print(engine.line_of(result), flush=True)
    return result


def main(tacit, folder, *wanted):
    names = [each for each in sorted(os.listdir(folder)) if not wanted or any(part in each for part in wanted)]
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["XDG_STATE_HOME"] = os.path.join(scratch, "state")
        results = [run(name, tacit, folder, scratch) for name in names]
    print(engine.summary(results))
    return 0 if all(result.status == "ok" for result in results) else 1


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    sys.exit(main(*sys.argv[1:]))
