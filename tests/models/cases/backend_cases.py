"""ONNX's own node tests (onnx.backend.test) of the operators that transformers are made of, NAME and NAME_expanded, where
the operator is written out as its function. Those whose answers are rounded to 16 bits on the way are left out.
"""
import numpy as np
from case import Case
from onnx.backend.test.case.node import collect_testcases

PREFIXES = ("attention", "gelu", "group_normalization", "layer_normalization", "rms_normalization", "rotary_embedding", "swish")


def array(value):
    value = np.asarray(value)
    return value if value.dtype.kind in "fiub" else value.astype(np.float32)


def case_of(test):
    def make(name):
        inputs, outputs = test.data_sets[0]
        names = [each.name for each in test.model.graph.input]
        return Case(name, test.model, {key: array(value) for key, value in zip(names, inputs)},
                    outputs=[array(value) for value in outputs])

    return make


CASES = [(test.name.replace("test_", "onnx-", 1), case_of(test)) for test in collect_testcases(None)
         if test.name.startswith(tuple("test_" + each for each in PREFIXES)) and "fp16" not in test.name and "bf16" not in test.name]
