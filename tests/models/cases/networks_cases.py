"""Small PyTorch networks, through both of PyTorch's exporters: NAME-ts (TorchScript) and NAME-dynamo."""
import io
import os
import tempfile

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from case import Case
from torch import nn

CASES = []
OPSETS = (10, 11, 12, 13, 14, 16, 17)


class Function(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, *inputs):
        return self.function(*inputs)


def export_ts(module, inputs, names, opset, dynamic):
    file = io.BytesIO()
    axes = {name: {0: "batch_size"} for name in names} if dynamic else None
    torch.onnx.export(module, inputs, file, input_names=names, opset_version=opset, dynamic_axes=axes, dynamo=False)
    return onnx.load_from_string(file.getvalue())


def export_dynamo(module, inputs, names):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model.onnx")
        torch.onnx.export(module, inputs, path, input_names=names, dynamo=True, external_data=False, verbose=False)
        return onnx.load(path)


def seeded(name):
    torch.manual_seed(sum(map(ord, name)))


def network(label, make, *inputs, opset=None, dynamic=True):
    """inputs: shapes of reals, or tensors. make: a module, or a function of the inputs."""
    opset = opset or OPSETS[len(CASES) // 2 % len(OPSETS)]

    def prepare(name):
        seeded(label)
        module = make() if isinstance(make, type) or getattr(make, "__name__", "") == "build" else Function(make)
        tensors = tuple(each if isinstance(each, torch.Tensor) else torch.rand(each) * 2 - 1 for each in inputs)
        names = ["input%d" % k for k in range(len(inputs))]
        return module.eval(), tensors, names

    def by_ts(name):
        module, tensors, names = prepare(name)
        model = export_ts(module, tensors, names, opset, dynamic)
        options = ["--dim", "batch_size=%d" % tensors[0].shape[0]] if dynamic else []
        return Case(name, model, feeds(model, tensors), options)

    def by_dynamo(name):
        module, tensors, names = prepare(name)
        model = export_dynamo(module, tensors, names)
        return Case(name, model, feeds(model, tensors))

    CASES.append((label + "-ts", by_ts))
    CASES.append((label + "-dynamo", by_dynamo))


def feeds(model, tensors):
    constants = {each.name for each in model.graph.initializer}
    places = [each.name for each in model.graph.input if each.name not in constants]
    values = [tensor.numpy() for tensor in tensors]
    if len(places) != len(values):  # the exporter dropped inputs that nothing uses
        values = [values[int(name[5:])] for name in places]
    return dict(zip(places, values))


def sequential(*layers):
    def build():
        return nn.Sequential(*[layer() if callable(layer) and not isinstance(layer, nn.Module) else layer
                               for layer in layers])

    return build


def layer(kind, *arguments, **more):
    return lambda: kind(*arguments, **more)


# ---- one layer
for each in (nn.ReLU, nn.Sigmoid, nn.Tanh, nn.GELU, nn.SiLU, nn.Mish, nn.ELU, nn.SELU, nn.CELU, nn.Hardswish, nn.Hardsigmoid,
             nn.Softplus, nn.Softsign, nn.LeakyReLU, nn.PReLU, nn.Hardtanh, nn.ReLU6, nn.LogSigmoid, nn.Softmin, nn.GLU,
             nn.Tanhshrink, nn.Softshrink, nn.Hardshrink):
    network("net-" + each.__name__.lower(), sequential(layer(each)), (1, 3, 4), opset=12 if each is nn.CELU else None)
network("net-gelu-tanh", sequential(layer(nn.GELU, approximate="tanh")), (1, 6))
network("net-softmax", sequential(layer(nn.Softmax, dim=1)), (1, 6))
network("net-log-softmax", sequential(layer(nn.LogSoftmax, dim=-1)), (2, 6))
network("net-batchnorm", sequential(layer(nn.BatchNorm2d, 3)), (1, 3, 4, 4))
network("net-instancenorm", sequential(layer(nn.InstanceNorm2d, 3, affine=True)), (1, 3, 5, 5), dynamic=False)
network("net-groupnorm", sequential(layer(nn.GroupNorm, 2, 4)), (1, 4, 3, 3))
network("net-layernorm", sequential(layer(nn.LayerNorm, 6)), (2, 4, 6))
network("net-rmsnorm", sequential(layer(nn.RMSNorm, 8)), (2, 4, 8), opset=17)
network("net-localresponse", sequential(layer(nn.LocalResponseNorm, 2)), (1, 4, 3, 3))
network("net-adaptive-pool", sequential(layer(nn.AdaptiveAvgPool2d, (2, 2))), (1, 3, 6, 6), dynamic=False)
network("net-adaptive-one", sequential(layer(nn.AdaptiveAvgPool2d, 1), nn.Flatten()), (1, 3, 5, 7))
network("net-lppool", sequential(layer(nn.LPPool2d, 2, 2)), (1, 2, 6, 6))
network("net-avgpool-ceil", sequential(layer(nn.AvgPool2d, 3, stride=2, padding=1, ceil_mode=True)), (1, 2, 6, 6))
network("net-pixelshuffle", sequential(layer(nn.PixelShuffle, 2)), (1, 8, 3, 3), dynamic=False)
network("net-upsample-bilinear", sequential(layer(nn.Upsample, scale_factor=2, mode="bilinear")), (1, 2, 4, 4), opset=13)
network("net-upsample-corners", sequential(layer(nn.Upsample, scale_factor=2, mode="bilinear", align_corners=True)),
        (1, 2, 4, 4), opset=11)
network("net-conv-transpose", sequential(layer(nn.ConvTranspose2d, 2, 3, 3, stride=2, padding=1, output_padding=1)), (1, 2, 4, 4))
network("net-conv3d", sequential(layer(nn.Conv3d, 1, 2, 3, padding=1), nn.ReLU(), nn.Flatten(), layer(nn.Linear, 128, 3)),
        (1, 1, 4, 4, 4))
network("net-conv1d", sequential(layer(nn.Conv1d, 2, 4, 3, stride=2), nn.ReLU(), layer(nn.MaxPool1d, 2)), (1, 2, 17))
network("net-reflectionpad", sequential(layer(nn.ReflectionPad2d, (1, 2, 0, 1))), (1, 2, 4, 4))
network("net-replicationpad", sequential(layer(nn.ReplicationPad2d, 1)), (1, 2, 4, 4))
network("net-zeropad", sequential(layer(nn.ZeroPad2d, (1, 0, 2, 1))), (1, 2, 4, 4))
network("net-embedding", sequential(layer(nn.Embedding, 10, 4)), torch.tensor([[1, 4, 9, 0]]))
network("net-bilinear", lambda a, b: F.bilinear(a, b, torch.ones(2, 3, 4) * 0.3), (2, 3), (2, 4), dynamic=False)
# ---- functions
network("net-tril", lambda a: torch.tril(a), (1, 4, 4), opset=14, dynamic=False)
network("net-triu", lambda a: torch.triu(a, 1), (1, 4, 4), opset=14, dynamic=False)
network("net-where", lambda a: torch.where(a > 0.2, a, torch.zeros_like(a) - 1), (1, 5))
network("net-masked-fill", lambda a: a.masked_fill(torch.triu(torch.ones(4, 4), 1) == 1, -5.0), (1, 4, 4), dynamic=False)
network("net-logsumexp", lambda a: torch.logsumexp(a, 1), (2, 5))
network("net-norm-1", lambda a: torch.norm(a, p=1, dim=-1), (2, 5))
network("net-norm-2", lambda a: torch.norm(a, p=2, dim=1, keepdim=True), (2, 5))
network("net-normalize", lambda a: F.normalize(a, dim=-1), (2, 5))
network("net-cosine", lambda a, b: F.cosine_similarity(a, b, dim=-1), (2, 5), (2, 5))
network("net-cdist", lambda a, b: torch.sqrt(((a.unsqueeze(1) - b.unsqueeze(0)) ** 2).sum(-1) + 0.1), (3, 4), (2, 4), dynamic=False)
network("net-var", lambda a: torch.var(a, dim=[1, 2]), (2, 3, 4))
network("net-std", lambda a: torch.std(a, dim=-1), (2, 6))
network("net-prod", lambda a: torch.prod(a, dim=1), (2, 4))
network("net-cumsum", lambda a: torch.cumsum(a, 1), (2, 5))
network("net-topk", lambda a: torch.topk(a, 3)[0], (1, 8))
network("net-sort", lambda a: torch.sort(a, dim=1)[0], (1, 6), opset=11)
network("net-argmax", lambda a: torch.argmax(a, dim=1), (2, 6))
network("net-max-values", lambda a: torch.max(a, dim=1)[0], (2, 6))
network("net-gather", lambda a, k: torch.gather(a, 1, k), (2, 5), torch.tensor([[0, 2], [4, 4]]), dynamic=False)
network("net-index-select", lambda a: a[:, [0, 2, 2]], (2, 5), dynamic=False)
network("net-index-both", lambda a: a[torch.tensor([0, 1]), torch.tensor([2, 0])], (2, 5), dynamic=False)
network("net-scatter", lambda a, u: a.scatter(1, torch.tensor([[0, 3], [1, 2]]), u), (2, 5), (2, 2), dynamic=False)
network("net-scatter-add", lambda a, u: a.scatter_add(1, torch.tensor([[0, 0], [1, 2]]), u), (2, 5), (2, 2), opset=16, dynamic=False)
network("net-slice-assign", lambda a: torch.cat([a[:, 1:], a[:, :1] * 2], 1), (2, 5))
network("net-roll", lambda a: torch.roll(a, 2, 1), (2, 5), dynamic=False)
network("net-flip", lambda a: torch.flip(a, [1]), (2, 5), dynamic=False)
network("net-stack", lambda a, b: torch.stack([a, b], 1), (2, 3), (2, 3))
network("net-chunk", lambda a: torch.cat(torch.chunk(a, 3, 1)[::-1], 1), (2, 6))
network("net-unfold", lambda a: F.unfold(a, 2, stride=2), (1, 2, 4, 4), opset=13, dynamic=False)
network("net-einsum", lambda a, b: torch.einsum("bij,bkj->bik", a, b), (2, 3, 4), (2, 5, 4), opset=13)
network("net-bmm", lambda a, b: torch.bmm(a, b), (2, 3, 4), (2, 4, 5))
network("net-outer", lambda a, b: torch.outer(a[0], b[0]), (1, 3), (1, 4), opset=12, dynamic=False)
network("net-round", lambda a: torch.round(a * 3) + torch.floor(a * 2) + torch.ceil(a), (1, 6), opset=11)
network("net-trunc-mod", lambda a: torch.fmod(a * 5, 2.0), (1, 6), dynamic=False)
network("net-remainder", lambda a: torch.remainder(a * 5, 2.0), (1, 6), dynamic=False)
network("net-sign-pow", lambda a: torch.sign(a) * torch.abs(a) ** 1.5, (1, 6))
network("net-rsqrt", lambda a: torch.rsqrt(a * a + 0.5), (1, 6))
network("net-reciprocal", lambda a: 1.0 / (a + 2.0), (1, 6))
network("net-exp-log", lambda a: torch.log1p(torch.exp(a)), (1, 6))
network("net-trig", lambda a: torch.sin(a) + torch.cos(a) * torch.tan(a) - torch.atan(a), (1, 6))
network("net-clamp", lambda a: torch.clamp(a, -0.4, 0.6), (1, 6))
network("net-logic", lambda a: (a > 0.1) & ~(a > 0.7) | (a < -0.8), (1, 6))
network("net-compare", lambda a, b: torch.eq(torch.maximum(a, b), a), (2, 4), (2, 4))
network("net-isclose-like", lambda a: (torch.abs(a - 0.25) <= 0.5).float(), (1, 6))
network("net-one-hot", lambda k: F.one_hot(k, 5).float(), torch.tensor([[0, 4, 2]]), dynamic=False)
network("net-repeat", lambda a: a.repeat(1, 2, 3), (1, 2, 2), dynamic=False)
network("net-expand", lambda a: a.unsqueeze(1).expand(-1, 3, -1) * 2, (2, 4), dynamic=False)
network("net-mean-all", lambda a: a.mean() + a, (2, 4))
network("net-interpolate", lambda a: F.interpolate(a, size=(7, 5), mode="nearest"), (1, 2, 4, 4), opset=11, dynamic=False)
network("net-pixel-unshuffle", lambda a: F.pixel_unshuffle(a, 2), (1, 2, 4, 4), dynamic=False)


# ---- networks
class Recurrent(nn.Module):
    kind, last_only = nn.LSTM, False

    def __init__(self):
        super().__init__()
        self.cell = self.kind(4, 6, batch_first=True)
        self.head = nn.Linear(6, 2)

    def forward(self, x):
        return self.head(self.cell(x)[0][:, -1])


class Gru(Recurrent):
    kind = nn.GRU


class Rnn(Recurrent):
    kind = nn.RNN


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Conv2d(4, 4, 3, padding=1, bias=False), nn.Conv2d(4, 4, 3, padding=1)
        self.na, self.nb = nn.BatchNorm2d(4), nn.BatchNorm2d(4)

    def forward(self, x):
        return F.relu(self.nb(self.b(F.relu(self.na(self.a(x))))) + x)


class SqueezeExcite(nn.Module):
    def __init__(self):
        super().__init__()
        self.down, self.up = nn.Conv2d(8, 2, 1), nn.Conv2d(2, 8, 1)

    def forward(self, x):
        return x * torch.sigmoid(self.up(F.silu(self.down(x.mean((2, 3), keepdim=True)))))


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.attention = nn.MultiheadAttention(16, 4, batch_first=True)

    def forward(self, x):
        return self.attention(x, x, x, need_weights=False)[0]


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.block = nn.TransformerEncoderLayer(16, 4, 32, batch_first=True, dropout=0.0)

    def forward(self, x):
        return self.block(x)


class Causal(nn.Module):
    def forward(self, q, k, v):
        return F.scaled_dot_product_attention(q, k, v, is_causal=True)


class Siamese(nn.Module):
    def __init__(self):
        super().__init__()
        self.tower = nn.Sequential(nn.Linear(5, 8), nn.ReLU(), nn.Linear(8, 4))

    def forward(self, a, b):
        return torch.sqrt(((self.tower(a) - self.tower(b)) ** 2).sum(1) + 1e-3)


class Generator(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(8, 64), nn.LeakyReLU(0.2), nn.Unflatten(1, (4, 4, 4)),
                                    nn.ConvTranspose2d(4, 2, 4, stride=2, padding=1), nn.BatchNorm2d(2), nn.Tanh())

    def forward(self, x):
        return self.layers(x)


class VariationalEncoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.mean, self.scale = nn.Linear(10, 8), nn.Linear(8, 3), nn.Linear(8, 3)

    def forward(self, x):
        hidden = F.elu(self.a(x))
        return self.mean(hidden), torch.exp(0.5 * self.scale(hidden))


for each, *shapes in ((Recurrent, (1, 5, 4)), (Gru, (1, 5, 4)), (Rnn, (1, 5, 4)), (Residual, (1, 4, 6, 6)),
                      (SqueezeExcite, (1, 8, 4, 4)), (Attention, (1, 5, 16)), (Encoder, (1, 5, 16)),
                      (Causal, (1, 2, 4, 8), (1, 2, 4, 8), (1, 2, 4, 8)), (Siamese, (2, 5), (2, 5)),
                      (Generator, (1, 8)), (VariationalEncoder, (1, 10))):
    network("net-" + each.__name__.lower(), each, *shapes, opset=17, dynamic=False)
network("net-bidirectional", sequential(layer(nn.LSTM, 4, 3, bidirectional=True, batch_first=True)), (1, 4, 4), opset=14, dynamic=False)
network("net-mlp", sequential(layer(nn.Linear, 6, 16), nn.ReLU(), layer(nn.Linear, 16, 16), nn.GELU(), layer(nn.Linear, 16, 3),
                              nn.Softmax(1)), (1, 6))
network("net-lenet", sequential(layer(nn.Conv2d, 1, 6, 5), nn.Tanh(), nn.AvgPool2d(2), layer(nn.Conv2d, 6, 16, 5), nn.Tanh(),
                                nn.AvgPool2d(2), nn.Flatten(), layer(nn.Linear, 256, 84), nn.Tanh(), layer(nn.Linear, 84, 10)),
        (1, 1, 28, 28))
network("net-mobile-block", sequential(layer(nn.Conv2d, 4, 16, 1), layer(nn.BatchNorm2d, 16), nn.ReLU6(),
                                       layer(nn.Conv2d, 16, 16, 3, padding=1, groups=16), layer(nn.BatchNorm2d, 16),
                                       nn.Hardswish(), layer(nn.Conv2d, 16, 4, 1)), (1, 4, 6, 6))
network("net-batch-of-four", sequential(layer(nn.Conv2d, 2, 3, 3), nn.ReLU(), nn.Flatten(), layer(nn.Linear, 48, 2)),
        (4, 2, 6, 6))
