"""make_cases.py OUT [PART OF A NAME...]: models of single operators and small networks beyond the conformance suite.

    pip install numpy onnx onnxruntime torch onnxscript transformers scikit-learn skl2onnx xgboost lightgbm onnxmltools
    python make_cases.py OUT
    python3 run_cases.py TACIT OUT

Written with onnx's helpers (every operator, its attributes, opsets 7 to 22, ranks 1 to 5), with both of PyTorch's
exporters, and with the converters of scikit-learn, XGBoost and LightGBM. Each case is a folder with the model, its
input, and the answer of ONNX Runtime. Packages that are absent leave their cases out; so does a case that its exporter
or ONNX Runtime refuses; both are said.
"""
import importlib
import os
import sys
import warnings

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "cases")]

import case  # noqa: E402

PARTS = ("elementwise", "shapes", "layers", "networks", "trees", "transformer", "backend")


def cases_of(part):
    try:
        module = importlib.import_module(part + "_cases")
    except ImportError as error:
        print("%s cases left out: %s" % (part, error))
        return []
    return module.CASES


def main(out, *wanted):
    warnings.filterwarnings("ignore")
    made, lost = 0, 0
    for part in PARTS:
        for name, make in cases_of(part):
            if wanted and not any(each in name for each in wanted):
                continue
            try:
                case.write(make(name), out)
                made += 1
            except Exception as error:
                lost += 1
                print("%s left out: %s: %s" % (name, type(error).__name__, str(error).strip().splitlines()[:1]))
    print("%d cases, %d left out" % (made, lost))


if __name__ == "__main__":
    main(*sys.argv[1:])
