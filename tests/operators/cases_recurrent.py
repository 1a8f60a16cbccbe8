"""Cases of compare_onnxruntime.py: RNN, GRU, LSTM: directions, initial states, layouts, activations, clip, peepholes."""
import numpy as np

GATES = {"RNN": 1, "GRU": 3, "LSTM": 4}
OUTPUTS = {"RNN": ("y", "h"), "GRU": ("y", "h"), "LSTM": ("y", "h", "c")}
STEPS, BATCH, INPUTS, HIDDEN = 4, 2, 3, 5


def weights(w, kind, directions, names):
    """Of the names: w, r, b, p (peepholes), h0, c0."""
    rows = GATES[kind] * HIDDEN
    all_of = {
        "w": w(directions, rows, INPUTS, scale=0.7),
        "r": w(directions, rows, HIDDEN, scale=0.5),
        "b": w(directions, 2 * rows, scale=0.3),
        "p": w(directions, 3 * HIDDEN, scale=0.5),
        "h0": w(directions, BATCH, HIDDEN, scale=0.5),
        "c0": w(directions, BATCH, HIDDEN, scale=0.5),
    }
    return {name: all_of[name] for name in names.split()}


def node(n, kind, inputs, outputs, **attributes):
    """"-" stands for an input that is left out."""
    made = n(kind, inputs, " ".join(outputs), hidden_size=HIDDEN, **attributes)
    made.input[:] = ["" if name == "-" else name for name in inputs.split()]
    return made


def add(case, w, n, i64):
    x = {"x": (STEPS, BATCH, INPUTS)}
    for kind, outputs in OUTPUTS.items():
        low = kind.lower()
        for direction, count in (("forward", 1), ("reverse", 1), ("bidirectional", 2)):
            case(f"{low}-{direction}", [node(n, kind, "x w r b - h0", outputs, direction=direction)], x,
                 weights(w, kind, count, "w r b h0"), outputs=outputs, tolerance=4e-3, opset=14)
        case(f"{low}-last", [node(n, kind, "x w r", ("", "h"))], x, weights(w, kind, 1, "w r"), outputs=("h",),
             tolerance=4e-3, opset=11)
        extra = {"RNN": dict(activations=["Relu"], clip=0.5), "GRU": dict(linear_before_reset=1, clip=0.7),
                 "LSTM": dict(clip=0.6)}[kind]
        case(f"{low}-options", [node(n, kind, "x w r b", outputs, **extra)], x, weights(w, kind, 1, "w r b"),
             outputs=outputs, tolerance=4e-3, opset=14)
    names = dict(activations=["HardSigmoid", "Softsign", "Elu"], activation_alpha=[0.3, 0.7], activation_beta=[0.4])
    case("lstm-activations", [node(n, "LSTM", "x w r b", OUTPUTS["LSTM"], **names)], x, weights(w, "LSTM", 1, "w r b"),
         outputs=OUTPUTS["LSTM"], tolerance=4e-3, opset=14)
    case("lstm-peephole", [node(n, "LSTM", "x w r b - h0 c0 p", OUTPUTS["LSTM"])], x,
         weights(w, "LSTM", 1, "w r b h0 c0 p"), outputs=OUTPUTS["LSTM"], tolerance=4e-3, opset=14)
    lengths = dict(weights(w, "GRU", 1, "w r b"), lengths=np.array([70, 70], np.int32))
    case("gru-70-steps", [node(n, "GRU", "x w r b lengths", OUTPUTS["GRU"])], {"x": (70, BATCH, INPUTS)}, lengths,
         outputs=OUTPUTS["GRU"], tolerance=1e-2, opset=14)
