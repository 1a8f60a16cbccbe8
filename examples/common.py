"""Shared code of the example training scripts.

A network is a list of layer objects, applied in order. Each layer can
initialise its parameters, run forward in JAX, and write itself as one ONNX
node, so a list is both trained (`train`) and exported (`export_onnx`) from the
same description. Images are laid out NCHW.
"""

import json
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import onnx
import onnxruntime
import optax
from onnx import TensorProto, helper, numpy_helper

OPSET = 17
IR_VERSION = 8
CALIBRATION_SIZE = 64
INPUT_NAME = "input"


# --- Layers -----------------------------------------------------------------


def he_normal(rng, shape):
    """Random weights [out, in, ...] scaled for a ReLU network."""
    fan_in = np.prod(shape[1:])
    return rng.normal(0.0, np.sqrt(2.0 / fan_in), shape).astype(np.float32)


@dataclass(frozen=True)
class Layer:
    """A layer without parameters that keeps the shape of its input."""

    name: str

    op_type = ""  # the ONNX operator, set by each subclass
    parameter_names = ()  # in the order of the ONNX operator's operands

    def init(self, rng, in_shape):
        """Returns (parameters, output shape); shapes leave out the batch."""
        return {}, in_shape

    def apply(self, params, x):
        raise NotImplementedError

    def attributes(self):
        """The attributes of the ONNX node."""
        return {}


class Relu(Layer):
    op_type = "Relu"

    def apply(self, params, x):
        return jax.nn.relu(x)


class Sigmoid(Layer):
    op_type = "Sigmoid"

    def apply(self, params, x):
        return jax.nn.sigmoid(x)


class Flatten(Layer):
    op_type = "Flatten"

    def init(self, rng, in_shape):
        return {}, (int(np.prod(in_shape)),)

    def apply(self, params, x):
        return x.reshape(x.shape[0], -1)

    def attributes(self):
        return {"axis": 1}


@dataclass(frozen=True)
class Gemm(Layer):
    """Fully connected layer: weight [out, in], bias [out]."""

    features: int

    op_type = "Gemm"
    parameter_names = ("weight", "bias")

    def init(self, rng, in_shape):
        (in_features,) = in_shape
        params = {
            "weight": he_normal(rng, (self.features, in_features)),
            "bias": np.zeros(self.features, np.float32),
        }
        return params, (self.features,)

    def apply(self, params, x):
        return x @ params["weight"].T + params["bias"]

    def attributes(self):
        return {"alpha": 1.0, "beta": 1.0, "transB": 1}


@dataclass(frozen=True)
class Conv(Layer):
    """Square convolution with stride 1: weight [out, in, k, k], bias [out]."""

    channels: int
    kernel: int
    pad: int = 0

    op_type = "Conv"
    parameter_names = ("weight", "bias")

    def init(self, rng, in_shape):
        in_channels, height, width = in_shape
        params = {
            "weight": he_normal(
                rng, (self.channels, in_channels, self.kernel, self.kernel)
            ),
            "bias": np.zeros(self.channels, np.float32),
        }
        grow = 2 * self.pad - self.kernel + 1
        return params, (self.channels, height + grow, width + grow)

    def apply(self, params, x):
        y = jax.lax.conv_general_dilated(
            x,
            params["weight"],
            window_strides=(1, 1),
            padding=[(self.pad, self.pad)] * 2,
            dimension_numbers=("NCHW", "OIHW", "NCHW"),
        )
        return y + params["bias"][:, None, None]

    def attributes(self):
        return {
            "dilations": [1, 1],
            "group": 1,
            "kernel_shape": [self.kernel] * 2,
            "pads": [self.pad] * 4,
            "strides": [1, 1],
        }


@dataclass(frozen=True)
class MaxPool(Layer):
    """Non-overlapping square max pooling; `size` must divide the image."""

    size: int

    op_type = "MaxPool"

    def init(self, rng, in_shape):
        channels, height, width = in_shape
        if height % self.size or width % self.size:
            raise ValueError(f"{self.name}: {self.size} does not divide {in_shape}")
        return {}, (channels, height // self.size, width // self.size)

    def apply(self, params, x):
        batch, channels, height, width = x.shape
        k = self.size
        windows = x.reshape(batch, channels, height // k, k, width // k, k)
        return windows.max(axis=(3, 5))

    def attributes(self):
        return {
            "kernel_shape": [self.size] * 2,
            "pads": [0] * 4,
            "strides": [self.size] * 2,
        }


# --- Running and training a network -------------------------------------------


def init_params(layers, in_shape, seed):
    """Parameters of every layer that has some, by layer name."""
    rng = np.random.default_rng(seed)
    all_params = {}
    shape = in_shape
    for layer in layers:
        params, shape = layer.init(rng, shape)
        if params:
            all_params[layer.name] = params
    return all_params


def forward(layers, all_params, x):
    for layer in layers:
        x = layer.apply(all_params.get(layer.name, {}), x)
    return x


def class_loss(logits, labels):
    """Softmax cross-entropy: logits [N, classes], labels [N]."""
    return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()


def binary_loss(logits, labels):
    """Sigmoid cross-entropy: logits [N, 1], labels [N] in {0, 1}."""
    return optax.sigmoid_binary_cross_entropy(logits[:, 0], labels).mean()


@dataclass(frozen=True)
class TrainConfig:
    epochs: int
    batch_size: int
    learning_rate: float
    weight_decay: float
    seed: int


def train(layers, inputs, labels, loss, config):
    """Trains with AdamW under a cosine schedule; returns the parameters."""
    steps_per_epoch = len(inputs) // config.batch_size
    schedule = optax.cosine_decay_schedule(
        config.learning_rate, config.epochs * steps_per_epoch
    )
    optimizer = optax.adamw(schedule, weight_decay=config.weight_decay)

    def batch_loss(params, x, y):
        return loss(forward(layers, params, x), y)

    @jax.jit
    def step(params, state, x, y):
        gradients = jax.grad(batch_loss)(params, x, y)
        updates, state = optimizer.update(gradients, state, params)
        return optax.apply_updates(params, updates), state

    params = jax.tree.map(
        jnp.asarray, init_params(layers, inputs.shape[1:], config.seed)
    )
    state = optimizer.init(params)
    rng = np.random.default_rng(config.seed)
    for _ in range(config.epochs):
        order = rng.permutation(len(inputs))[: steps_per_epoch * config.batch_size]
        for batch in order.reshape(steps_per_epoch, config.batch_size):
            params, state = step(params, state, inputs[batch], labels[batch])
    return jax.tree.map(np.asarray, params)


# --- ONNX ---------------------------------------------------------------------


def float_tensor(name, shape):
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


def export_onnx(path, graph_name, layers, all_params, in_shape, output_name):
    """Writes the network as an ONNX file with a fixed batch of one."""
    nodes, initializers = [], []
    tensor = INPUT_NAME
    for layer in layers:
        operands = [tensor]
        for parameter in layer.parameter_names:
            operands.append(f"{layer.name}.{parameter}")
            values = all_params[layer.name][parameter]
            initializers.append(numpy_helper.from_array(values, operands[-1]))
        tensor = output_name if layer is layers[-1] else f"{layer.name}_output"
        nodes.append(
            helper.make_node(
                layer.op_type, operands, [tensor], name=layer.name, **layer.attributes()
            )
        )

    in_batch = jax.ShapeDtypeStruct((1, *in_shape), jnp.float32)
    out_batch = jax.eval_shape(partial(forward, layers), all_params, in_batch)
    graph = helper.make_graph(
        nodes,
        graph_name,
        [float_tensor(INPUT_NAME, in_batch.shape)],
        [float_tensor(output_name, out_batch.shape)],
        initializers,
    )
    model = helper.make_model(
        graph,
        producer_name="tacit-examples",
        ir_version=IR_VERSION,
        opset_imports=[helper.make_opsetid("", OPSET)],
    )
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)


def run_onnx(path, inputs):
    """The model's outputs for each input, one at a time, through ONNX Runtime."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        path, options, providers=["CPUExecutionProvider"]
    )
    outputs = [session.run(None, {INPUT_NAME: x[None]})[0] for x in inputs]
    return np.concatenate(outputs)


def check_export(path, layers, all_params, inputs):
    """Fails if ONNX Runtime and JAX disagree on the exported network."""
    expected = jax.jit(partial(forward, layers))(all_params, inputs)
    np.testing.assert_allclose(run_onnx(path, inputs), expected, rtol=1e-4, atol=1e-4)


def predicted_class(outputs):
    return outputs.argmax(axis=1)


def predicted_binary(outputs):
    return (outputs[:, 0] > 0.5).astype(np.int64)


def report_accuracy(path, split, predict):
    """Prints the exported model's accuracy on both parts of the data."""
    for part, inputs, labels in (
        ("train", split.train_input, split.train_label),
        ("test", split.test_input, split.test_label),
    ):
        correct = int((predict(run_onnx(path, inputs)) == labels).sum())
        total = len(labels)
        print(f"{path.name}: {part} accuracy {correct / total:.2%} ({correct}/{total})")


# --- Data files ---------------------------------------------------------------


class Split(NamedTuple):
    """A data set in two parts: inputs are float32, labels int64."""

    train_input: np.ndarray
    train_label: np.ndarray
    test_input: np.ndarray
    test_label: np.ndarray


def make_split(inputs, labels, train_rows, test_rows):
    inputs = inputs.astype(np.float32)
    labels = labels.astype(np.int64)
    return Split(
        inputs[train_rows], labels[train_rows], inputs[test_rows], labels[test_rows]
    )


def save_data(out, split, sample_name):
    """Writes the files that go with a model.

    calibration.npz   the first training inputs, key "input"
    test.npz          the whole test part, keys "input" and "label"
    <sample>.npy      the first test input, as a batch of one
    other.npy         the second test input
    <sample>.json     the same input, flat, as {"input_data": [[...]]}
    """
    sample = split.test_input[:1]
    np.savez_compressed(
        out / "calibration.npz", input=split.train_input[:CALIBRATION_SIZE]
    )
    np.savez_compressed(
        out / "test.npz", input=split.test_input, label=split.test_label
    )
    np.save(out / f"{sample_name}.npy", sample)
    np.save(out / "other.npy", split.test_input[1:2])
    document = {"input_data": [sample.ravel().tolist()]}
    (out / f"{sample_name}.json").write_text(json.dumps(document) + "\n")
