"""Writes networks_reference.json: what torchvision's networks compute, for NetworkReferenceTest.

Weights, buffers and images come from a formula that the Java test repeats, so no weight file is
needed. Everything is computed in double precision, and again in single precision to see that the
numbers are well conditioned. The pre-activation networks are stated here, since torchvision has
none. Run with Python 3, NumPy, PyTorch 1.13 and torchvision 0.14, or later:

    python3 networks_reference.py > networks_reference.json

With the name of a network, it prints that network's parameters and buffers with their shapes.
"""

import hashlib
import json
import math
import re
import sys
import zlib

import numpy as np
import torch
import torchvision.models as zoo
from torch import nn
from torch.nn import functional as F

CLASSES = 10
torch.set_num_threads(1)  # waiting threads would cost more than they compute


class PreActBlock(nn.Module):
    def __init__(self, inputs, channels, expansion, stride):
        super().__init__()
        outputs = channels * expansion
        sizes = (
            [(inputs, channels, 3, stride), (channels, channels, 3, 1)]
            if expansion == 1
            else [(inputs, channels, 1, 1), (channels, channels, 3, stride), (channels, outputs, 1, 1)]
        )
        for k, (a, b, kernel, step) in enumerate(sizes, start=1):
            self.add_module(f"bn{k}", nn.BatchNorm2d(a))
            self.add_module(f"conv{k}", nn.Conv2d(a, b, kernel, step, kernel // 2, bias=False))
        self.count = len(sizes)
        if stride > 1 or inputs != outputs:
            self.shortcut = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False))

    def forward(self, x):
        a = F.relu(self.bn1(x))
        skipped = self.shortcut(a) if hasattr(self, "shortcut") else x
        y = self.conv1(a)
        for k in range(2, self.count + 1):
            y = getattr(self, f"conv{k}")(F.relu(getattr(self, f"bn{k}")(y)))
        return y + skipped


class PreActResNet(nn.Module):
    def __init__(self, blocks, expansion):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 3, 1, 1, bias=False)
        inputs = 64
        for stage, count in enumerate(blocks):
            layer = []
            for m in range(count):
                stride = 2 if stage > 0 and m == 0 else 1
                layer.append(PreActBlock(inputs, 64 << stage, expansion, stride))
                inputs = (64 << stage) * expansion
            self.add_module(f"layer{stage + 1}", nn.Sequential(*layer))
        self.linear = nn.Linear(inputs, CLASSES)

    def forward(self, x):
        x = self.layer4(self.layer3(self.layer2(self.layer1(self.conv1(x)))))
        return self.linear(x.mean((2, 3)))


class Resized(nn.Module):
    """A network that takes images of one size only, behind a resizing of the normalised images."""

    def __init__(self, network, side):
        super().__init__()
        self.network = network
        self.side = side

    def forward(self, x):
        x = F.interpolate(x, (self.side, self.side), mode="bilinear", align_corners=False)
        return self.network(x)


def resnet(name, stem="imagenet"):
    model = getattr(zoo, name)(num_classes=CLASSES)
    if stem == "cifar":
        model.conv1 = nn.Conv2d(3, 64, 3, 1, 1, bias=False)
        model.maxpool = nn.Identity()
    return model


def vgg(name, width=64):
    if width == 64:
        return getattr(zoo, name)(num_classes=CLASSES)
    layers, inputs = [], 3
    for factor, count in ((1, 2), (2, 2), (4, 4), (8, 4), (8, 4)):
        for _ in range(count):
            layers.append(nn.Conv2d(inputs, factor * width, 3, padding=1))
            if name.endswith("bn"):
                layers.append(nn.BatchNorm2d(factor * width))
            layers.append(nn.ReLU())
            inputs = factor * width
        layers.append(nn.MaxPool2d(2))
    model = zoo.VGG(nn.Sequential(*layers), num_classes=CLASSES)
    model.classifier[0] = nn.Linear(inputs * 49, 64 * width)
    model.classifier[3] = nn.Linear(64 * width, 64 * width)
    model.classifier[6] = nn.Linear(64 * width, CLASSES)
    return model


def vit(width=768, image_size=224):
    return zoo.VisionTransformer(
        image_size=image_size,
        patch_size=16,
        num_layers=12,
        num_heads=width // 64,
        hidden_dim=width,
        mlp_dim=4 * width,
        num_classes=CLASSES,
    )


BUILDERS = {
    "preact-resnet34": lambda: PreActResNet((3, 4, 6, 3), 1),
    "preact-resnet50": lambda: PreActResNet((3, 4, 6, 3), 4),
    "resnet18": lambda **o: resnet("resnet18", **o),
    "resnet34": lambda **o: resnet("resnet34", **o),
    "resnet50": lambda **o: resnet("resnet50", **o),
    "vgg19": lambda **o: vgg("vgg19", **o),
    "vgg19-bn": lambda **o: vgg("vgg19_bn", **o),
    "densenet161": lambda: zoo.densenet161(num_classes=CLASSES),
    "mobilenet-v3-large": lambda width_multiplier=1.0: zoo.mobilenet_v3_large(
        num_classes=CLASSES, width_mult=width_multiplier
    ),
    "efficientnet-b3": lambda: zoo.efficientnet_b3(num_classes=CLASSES),
    "convnext-tiny": lambda: zoo.convnext_tiny(num_classes=CLASSES),
    "vit-b-16": vit,
}


def mixed(h):
    """A hash of 32-bit numbers: the finaliser of MurmurHash3."""
    h = h.copy()
    h ^= h >> np.uint32(16)
    h *= np.uint32(0x85EBCA6B)
    h ^= h >> np.uint32(13)
    h *= np.uint32(0xC2B2AE35)
    h ^= h >> np.uint32(16)
    return h


def noise(name, shape):
    """Numbers in [0, 1) that depend on the name and the row-major index alone."""
    index = np.arange(math.prod(shape), dtype=np.uint32)
    h = mixed(index * np.uint32(0x9E3779B9) + np.uint32(zlib.crc32(name.encode())))
    return torch.from_numpy(h.astype(np.float64) / 2.0**32).reshape(shape)


def value(name, shape):
    u = noise(name, shape)
    if len(shape) in (2, 4):  # affine maps and convolutions keep the size of what they see
        return (2 * u - 1) * math.sqrt(3 / math.prod(shape[1:]))
    if name.endswith("running_mean"):
        return 0.4 * u - 0.2
    if name.endswith(("running_var", "layer_scale")) or len(shape) == 1 and name.endswith("weight"):
        return 0.5 + u
    return u - 0.5


def tensors(model):
    """Parameters and buffers, without the counters that our networks do not have."""
    state = model.state_dict()
    return {n: t for n, t in state.items() if not n.endswith("num_batches_tracked")}


def filled(network, options):
    model = BUILDERS[network](**options).double()
    for name, tensor in tensors(model).items():
        tensor.copy_(value(name, tuple(tensor.shape)))
    return model


def rounded(numbers):
    return [float(f"{v:.9g}") for v in numbers]


def summary(gradient):
    flat = gradient.flatten()
    sizes = rounded([flat.norm().item(), flat.abs().max().item()])
    return {"norm": sizes[0], "largest": sizes[1], "first": rounded(flat[:6].tolist())}


def case(network, options, side, parameters, buffers=(), slow=False):
    """Loss, logits and gradients in evaluation mode, running statistics after a training pass."""
    model = filled(network, options).eval()
    images = 4 * noise("images", (2, 3, side, side)) - 2
    labels = torch.tensor([3, 7])
    wanted = options.get("image_size", 224) if network == "vit-b-16" else side
    whole = model if wanted == side else Resized(model, wanted)
    named = dict(model.named_parameters())
    x = images.clone().requires_grad_()
    logits = whole(x)
    loss = F.cross_entropy(logits, labels)
    gradients = torch.autograd.grad(loss, [x] + [named[p] for p in parameters])
    state = {}
    if buffers:
        model.train()(images)
        state = {b: rounded(model.state_dict()[b][:6].tolist()) for b in buffers}
        model = filled(network, options).eval()
        whole = model if wanted == side else Resized(model, wanted)
    with torch.no_grad():
        error = (whole.float()(images.float()).double() - logits).abs().max() / logits.abs().max()
    print(f"{network} {options} {side}: single precision is off by {error:.1e}", file=sys.stderr)
    assert error < 2e-5
    return {
        "network": network,
        "options": {k: str(v) for k, v in options.items()},
        "side": side,
        "slow": slow,
        "loss": rounded([loss.item()])[0],
        "logits": rounded(logits.flatten().tolist()),
        "gradients": {n: summary(g) for n, g in zip(["images"] + parameters, gradients)},
        "buffers": state,
    }


def lines(model):
    return sorted(f"{n} {'x'.join(map(str, t.shape))}" for n, t in tensors(model).items())


def sha256(texts):
    return hashlib.sha256("".join(t + "\n" for t in texts).encode()).hexdigest()


def pairs(model):
    """Convolutions whose very output is the input of a batch normalisation."""
    outputs, found = [], []

    def left(name):
        return lambda module, inputs, output: outputs.append((name, output))

    def entered(name):
        def hook(module, inputs):
            found.extend(f"{conv} {name}" for conv, t in outputs if t is inputs[0])

        return hook

    for name, module in model.named_modules():
        if isinstance(module, nn.Conv2d):
            module.register_forward_hook(left(name))
        if isinstance(module, nn.BatchNorm2d):
            module.register_forward_pre_hook(entered(name))
    with torch.no_grad():
        side = 224 if isinstance(model, zoo.VisionTransformer) else 32
        model.eval()(torch.zeros(1, 3, side, side))
    return found


def inventory(network):
    model = BUILDERS[network]()
    found = pairs(model)
    return {
        "parameters": sum(p.numel() for p in model.parameters()),
        "tensors": len(tensors(model)),
        "shapes_sha256": sha256(lines(model)),
        "conv_norm_pairs": len(found),
        "pairs_sha256": sha256(found),
    }


def positions():
    """Position embeddings of 3x3 patches for 5x5 and for 2x2 patches."""
    before = noise("positions", (1, 10, 4))
    result = {}
    for size in (80, 32):
        state = {"encoder.pos_embedding": before.clone()}
        after = zoo.vision_transformer.interpolate_embeddings(size, 16, state)
        result[size] = rounded(after["encoder.pos_embedding"].flatten().tolist())
    return result


def stem(name):
    return [f"{name}.running_mean", f"{name}.running_var"]


def main():
    ends = ["conv1.weight", "fc.weight", "layer2.0.downsample.0.weight", "layer4.1.bn2.bias"]
    pre = ["conv1.weight", "linear.weight", "layer2.0.shortcut.0.weight", "layer4.1.bn2.bias"]
    vggs = ["features.0.weight", "features.2.bias", "classifier.0.bias", "classifier.6.weight"]
    vggs_bn = ["features.0.weight", "features.1.weight", "classifier.0.bias", "classifier.6.weight"]
    attention = "encoder.layers.encoder_layer_0.self_attention."
    vits = ["class_token", "conv_proj.weight", "encoder.pos_embedding", attention + "in_proj_weight"]
    vits += [attention + "in_proj_bias", attention + "out_proj.bias", "heads.head.weight"]
    mobile = ["features.0.0.weight", "features.4.block.2.fc1.weight", "classifier.3.weight"]
    mobile += ["features.13.block.2.fc2.bias", "classifier.0.bias"]
    efficient = ["features.0.0.weight", "features.2.0.block.2.fc1.weight", "classifier.1.weight"]
    convnext = ["features.0.0.weight", "features.1.0.layer_scale", "features.2.0.weight"]
    convnext += ["features.7.2.block.5.bias", "classifier.2.weight"]
    dense = ["features.conv0.weight", "features.denseblock3.denselayer7.conv1.weight"]
    dense += ["features.transition2.norm.weight", "features.norm5.bias", "classifier.weight"]
    late = ["layer4.1.bn2.running_mean", "layer4.1.bn2.running_var"]
    cases = [
        case("preact-resnet34", {}, 32, pre, stem("layer1.0.bn1") + late),
        case("preact-resnet50", {}, 32, pre, stem("layer1.0.bn1") + late),
        case("resnet18", {}, 32, ends, stem("bn1")),
        case("resnet18", {"stem": "cifar"}, 32, ends, stem("bn1") + late),
        case("resnet34", {}, 64, ends, stem("bn1")),
        case("resnet50", {}, 64, ends, stem("bn1")),
        case("vgg19", {"width": 8}, 32, vggs),
        case("vgg19", {"width": 8}, 64, vggs),
        case("vgg19", {}, 32, vggs, slow=True),
        case("vgg19-bn", {"width": 8}, 32, vggs_bn, stem("features.1")),
        case("vgg19-bn", {}, 32, vggs_bn, stem("features.1"), slow=True),
        case("densenet161", {}, 32, dense, stem("features.norm0")),
        case("densenet161", {}, 64, dense, slow=True),
        case("mobilenet-v3-large", {}, 32, mobile, stem("features.0.1")),
        case("mobilenet-v3-large", {"width_multiplier": 0.75}, 64, mobile),
        case("efficientnet-b3", {}, 32, efficient, stem("features.0.1")),
        case("convnext-tiny", {}, 32, convnext),
        case("vit-b-16", {"width": 64, "image_size": 32}, 32, vits),
        case("vit-b-16", {"width": 128, "image_size": 48}, 32, vits),
        case("vit-b-16", {}, 32, vits, slow=True),
    ]
    inventories = {network: inventory(network) for network in BUILDERS}
    text = json.dumps(
        {"inventory": inventories, "cases": cases, "positions": positions()}, indent=1
    )
    print(re.sub(r",\n\s+(?=[-\d])", ", ", text))  # numbers of one list on one line


if len(sys.argv) > 1:
    print("\n".join(lines(BUILDERS[sys.argv[1]]())))
else:
    main()
