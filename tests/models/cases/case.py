"""A case: an ONNX model, inputs, and the options that compile needs. Written as a folder that run_cases.py reads."""
import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import onnx
import onnx.reference
import onnxruntime
from onnx import helper, numpy_helper

import engine

IR_VERSION = 8


@dataclass
class Case:
    name: str
    model: onnx.ModelProto
    inputs: dict  # name: array
    options: list = field(default_factory=list)  # for compile
    outputs: list = None  # where they are known without ONNX Runtime


def tensor_type(array):
    return helper.np_dtype_to_tensor_dtype(np.asarray(array).dtype)


def node(op, inputs="x", outputs="y", domain="", **attributes):
    """Names separated by blanks; "-" is an input or output that is left out."""
    names = [["" if each == "-" else each for each in text.split()] for text in (inputs, outputs)]
    return helper.make_node(op, *names, domain=domain, **attributes)


def build(nodes, inputs, constants=(), outputs="y", opset=17, dims=(), ml=0):
    """dims: {input: shape with names}, where the file shall not say the numbers."""
    dims = dict(dims)
    infos = [helper.make_tensor_value_info(name, tensor_type(x), dims.get(name, np.shape(x))) for name, x in
             inputs.items()]
    results = [onnx.ValueInfoProto(name=name) for name in outputs.split()]
    keep = [numpy_helper.from_array(np.asarray(x), name) for name, x in dict(constants).items()]
    graph = helper.make_graph(nodes, "case", infos, results, keep)
    opsets = [helper.make_opsetid("", opset)] + ([helper.make_opsetid("ai.onnx.ml", ml)] if ml else [])
    model = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION)
    try:
        typed = onnx.shape_inference.infer_shapes(model)
        known = {value.name: value for value in typed.graph.output}
        for value in model.graph.output:
            if known[value.name].type.WhichOneof("value"):
                value.CopyFrom(known[value.name])
    except onnx.shape_inference.InferenceError:
        pass
    return model


def answers(case):
    feeds = case.inputs
    try:
        session = onnxruntime.InferenceSession(case.model.SerializeToString(), providers=["CPUExecutionProvider"])
        return session.run(None, feeds)
    except Exception as error:  # ONNX Runtime has no kernel for some types
        print("%s: onnx.reference instead of ONNX Runtime (%s)" % (case.name, str(error).splitlines()[0][:120]))
        return onnx.reference.ReferenceEvaluator(case.model).run(None, feeds)


def write(case, out):
    outputs = answers(case) if case.outputs is None else case.outputs
    folder = Path(out) / case.name
    folder.mkdir(parents=True, exist_ok=True)
    onnx.save(case.model, folder / "network.onnx")
    lists = [np.asarray(x).ravel().tolist() for x in case.inputs.values()] or [[None]]
    (folder / "input.json").write_text(json.dumps({"input_data": lists}))
    records = []
    for each in outputs:
        array = np.asarray(each)
        kind = "float" if array.dtype.kind == "f" else "integer"
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise ValueError("an answer is not finite")
        records.append(engine.encode(kind, array.shape, array.ravel().tolist()))
    (folder / "expected.json").write_text(json.dumps({"options": case.options, "outputs": records}))
