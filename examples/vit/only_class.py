"""The same network, with the place of its largest logit as the only output: the logits stay inside the proof.

    python only_class.py vit.onnx class.onnx
"""
import sys

import onnx
from onnx import TensorProto, helper


def main():
    given, wanted = sys.argv[1:]
    model = onnx.load(given)
    graph = model.graph
    graph.node.append(helper.make_node("ArgMax", [graph.output[0].name], ["class"], axis=1, keepdims=0))
    del graph.output[:]
    graph.output.append(helper.make_tensor_value_info("class", TensorProto.INT64, [1]))
    onnx.checker.check_model(model)
    onnx.save(model, wanted)


if __name__ == "__main__":
    main()
