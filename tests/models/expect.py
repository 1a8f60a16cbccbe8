"""expect.py MODELS > expected.json: what ONNX Runtime answers on every model of the conformance suite.

    pip install numpy onnx onnxruntime
    python expect.py ../../../shared/models/ezkl > expected.json

MODELS holds one folder a model: network.onnx and, with few exceptions (inputs.py), input.json. Dimensions without a
value, and those of value 0, are 1. Models that ONNX Runtime refuses (trees with int8 matrix products) are run by onnx's
reference evaluator. Outputs are stored as 64-bit numbers, in base64.
"""
import json
import os
import sys

import numpy as np
import onnx
import onnx.reference
import onnxruntime
from onnxruntime.capi.onnxruntime_pybind11_state import InvalidGraph, NotImplemented as NoKernel

import engine
import inputs


def fixed_batch(path):
    """The model with every unknown dimension of its inputs set to 1."""
    model = onnx.load(path)
    for value in model.graph.input:
        for dim in value.type.tensor_type.shape.dim:
            if dim.dim_param or dim.dim_value == 0:
                dim.dim_value = 1
    del model.graph.value_info[:]
    for value in model.graph.output:
        value.type.tensor_type.ClearField("shape")
    return model


def feeds_of(model, values):
    feeds = {}
    constants = {each.name for each in model.graph.initializer}
    places = [place for place in model.graph.input if place.name not in constants]
    for place, value in zip(places, values, strict=True):
        kind = place.type.tensor_type
        flat = np.array(value).ravel().astype(onnx.helper.tensor_dtype_to_np_dtype(kind.elem_type))
        feeds[place.name] = flat.reshape([dim.dim_value for dim in kind.shape.dim])
    return feeds


def evaluate(model, feeds):
    """(outputs, who made them)"""
    try:
        session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        return session.run(None, feeds), "onnxruntime"
    except (InvalidGraph, NoKernel):
        return onnx.reference.ReferenceEvaluator(model).run(None, feeds), "onnx.reference"


def record(folder, name):
    model = fixed_batch(os.path.join(folder, name, "network.onnx"))
    outputs, author = evaluate(model, feeds_of(model, inputs.lists(folder, name)))
    encoded = []
    for output in outputs:
        kind = "float" if output.dtype.kind == "f" else "integer"
        encoded.append(engine.encode(kind, output.shape, output.ravel().tolist()))
    return {"by": author, "outputs": encoded}


def main(folder):
    records = {name: record(folder, name) for name in sorted(os.listdir(folder))}
    for place, (name, each) in enumerate(records.items()):
        print("%s%s: %s" % ("," if place else "{", json.dumps(name), json.dumps(each)))
    print("}")


if __name__ == "__main__":
    main(*sys.argv[1:])
