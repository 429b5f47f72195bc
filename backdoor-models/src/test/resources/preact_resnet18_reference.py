"""Writes preact_resnet18_reference.json: an independent statement of pre-activation ResNet-18.

Weights, buffers and images come from a formula that the Java test repeats, so no weight file is
needed. Everything is computed in double precision. Run with Python 3 and PyTorch 1.13 or later:

    python3 preact_resnet18_reference.py > preact_resnet18_reference.json
"""

import json
import math
import re

import torch
from torch import nn
from torch.nn import functional as F


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(inputs)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        if stride > 1 or inputs != outputs:
            self.shortcut = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False))

    def forward(self, x):
        a = F.relu(self.bn1(x))
        skipped = self.shortcut(a) if hasattr(self, "shortcut") else x
        return self.conv2(F.relu(self.bn2(self.conv1(a)))) + skipped


class PreActResNet18(nn.Module):
    def __init__(self, width, classes):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 3, 1, 1, bias=False)
        channels = width
        for stage, stride in enumerate((1, 2, 2, 2), start=1):
            outputs = width * 2 ** (stage - 1)
            blocks = nn.Sequential(Block(channels, outputs, stride), Block(outputs, outputs, 1))
            self.add_module(f"layer{stage}", blocks)
            channels = outputs
        self.linear = nn.Linear(channels, classes)

    def forward(self, x):
        x = self.layer4(self.layer3(self.layer2(self.layer1(self.conv1(x)))))
        return self.linear(F.adaptive_avg_pool2d(x, 1).flatten(1))


def noise(name, shape):
    """Numbers in [0, 1) that depend on the name and the row-major index alone."""
    start = sum((k + 1) * ord(c) for k, c in enumerate(name)) % 1000
    values = []
    for i in range(math.prod(shape)):
        v = math.sin(12.9898 * (i + 1) + start) * 43758.5453
        values.append(v - math.floor(v))
    return torch.tensor(values, dtype=torch.float64).reshape(shape)


def value(name, shape):
    u = noise(name, shape)
    if len(shape) > 1:  # convolutions and the affine layer
        return (2 * u - 1) * math.sqrt(3 / math.prod(shape[1:]))
    if name.endswith("running_mean"):
        return 0.4 * u - 0.2
    if name.endswith("running_var") or name.endswith("weight"):
        return 0.5 + u
    return u - 0.5


def network(width):
    model = PreActResNet18(width, 10).double()
    state = model.state_dict()
    for name, tensor in state.items():
        if not name.endswith("num_batches_tracked"):
            tensor.copy_(value(name, tuple(tensor.shape)))
    return model


def images(count, side):
    return 4 * noise("images", (count, 3, side, side)) - 2


def rounded(tensor):
    return [float(f"{v:.9g}") for v in tensor.flatten().tolist()]


def evaluation(width, count, side):
    with torch.no_grad():
        logits = network(width).eval()(images(count, side))
    return {"width": width, "count": count, "side": side, "logits": rounded(logits)}


def training(width, count, side, parameters, buffers):
    """Loss and gradients of one pass in training mode, and the running statistics after it."""
    model = network(width).train()
    labels = torch.arange(count) % 10
    loss = F.cross_entropy(model(images(count, side)), labels)
    named = dict(model.named_parameters())
    gradients = torch.autograd.grad(loss, [named[p] for p in parameters])
    state = model.state_dict()
    return {
        "width": width,
        "count": count,
        "side": side,
        "loss": float(f"{loss.item():.9g}"),
        "gradients": {p: rounded(g) for p, g in zip(parameters, gradients)},
        "buffers": {b: rounded(state[b]) for b in buffers},
    }


def shapes(width):
    state = PreActResNet18(width, 10).state_dict()
    return {n: list(t.shape) for n, t in state.items() if not n.endswith("num_batches_tracked")}


text = json.dumps(
    {
        "shapes": shapes(64),
        "evaluation": [
            evaluation(8, 3, 32),
            evaluation(16, 3, 32),
            evaluation(64, 1, 32),
            evaluation(8, 2, 64),
        ],
        "training": training(
            8,
            6,
            32,
            ["conv1.weight", "layer3.0.shortcut.0.weight", "layer4.1.bn2.weight", "linear.bias"],
            ["layer2.0.bn2.running_mean", "layer2.0.bn2.running_var", "layer4.1.bn2.running_var"],
        ),
    },
    indent=1,
)
print(re.sub(r",\n\s+(?=[-\d])", ", ", text))  # numbers of one list on one line
