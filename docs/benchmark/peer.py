"""The job of 'backdoor4j benchmark epoch' as PyTorch scripts commonly do it, for comparison.

Images are PIL images that are decoded from arrays, cropped, flipped, turned into tensors and
normalised one by one in a data set's __getitem__, collated by a DataLoader; metrics are taken from
every batch; after each epoch the clean and the triggered test images pass through the same kind of
loader. Network and recipe are those of the Java side: PreAct-ResNet-18 of a given width, SGD.

Needs torch, torchvision, numpy, Pillow, and the four gzip files of Fashion-MNIST in a folder:

    python3 peer.py --data FOLDER --width 16 --epochs 4 --workers 0

With --step it times training steps alone, as the bare steps of 'backdoor4j benchmark step': one
batch of random images that lies ready, channels last as there, or with --layout contiguous as
PyTorch has it by default. That needs torch only:

    python3 peer.py --step --width 64 --batch 128 --device cuda --precision bf16
"""
import argparse
import gzip
import json
import os
import statistics
import time

import torch
import torch.nn.functional as functional
from torch import nn
from torch.utils.data import DataLoader, Dataset

try:
    import numpy as np
    from PIL import Image
    from torchvision import transforms
except ImportError:  # enough for --step
    transforms = None


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(inputs)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        same = stride == 1 and inputs == outputs
        self.shortcut = None if same else nn.Conv2d(inputs, outputs, 1, stride, bias=False)

    def forward(self, x):
        a = torch.relu(self.bn1(x))
        skipped = x if self.shortcut is None else self.shortcut(a)
        return self.conv2(torch.relu(self.bn2(self.conv1(a)))) + skipped


class Network(nn.Module):
    def __init__(self, channels, width, classes):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 3, 1, 1, bias=False)
        blocks, inputs = [], width
        for stage in range(4):
            outputs = width << stage
            for block in range(2):
                blocks.append(Block(inputs, outputs, 2 if stage > 0 and block == 0 else 1))
                inputs = outputs
        self.blocks = nn.Sequential(*blocks)
        self.linear = nn.Linear(inputs, classes)

    def forward(self, x):
        return self.linear(self.blocks(self.conv1(x)).mean((2, 3)))


class Images(Dataset):
    def __init__(self, arrays, labels, transform):
        self.arrays, self.labels, self.transform = arrays, labels, transform

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        return self.transform(Image.fromarray(self.arrays[index])), int(self.labels[index])


def idx(folder, name, offset):
    with gzip.open(os.path.join(folder, name)) as file:
        return np.frombuffer(file.read(), np.uint8, offset=offset)


def coloured(arrays):
    """28x28 grey levels as 32x32 pixels of three channels, as the Java side takes them."""
    return np.repeat(np.pad(arrays, ((0, 0), (2, 2), (2, 2)))[..., None], 3, 3)


def stamped(arrays):
    """A white square of three pixels in the lower right corner."""
    copy = arrays.copy()
    copy[:, -4:-1, -4:-1] = 255
    return copy


def forward(model, images, flags):
    """Logits in 32 bits, computed in the precision that is wanted."""
    kind = torch.device(flags.device).type
    with torch.autocast(kind, torch.bfloat16, enabled=flags.precision == "bf16"):
        logits = model(images)
    return logits.float()


def steps(flags):
    """Median speed of rounds of training steps on one batch."""
    def wait():
        if torch.device(flags.device).type == "cuda":
            torch.cuda.synchronize(flags.device)

    layout = torch.channels_last if flags.layout == "channels-last" else torch.contiguous_format
    model = Network(3, flags.width, 10).to(flags.device, memory_format=layout).train()
    images = torch.rand(flags.batch, 3, 32, 32).to(flags.device, memory_format=layout)
    labels = torch.randint(10, (flags.batch,)).to(flags.device)
    optimizer = torch.optim.SGD(model.parameters(), 0.01, 0.9, weight_decay=5e-4)
    speeds = []
    for _ in range(flags.rounds + 1):
        wait()
        start = time.perf_counter()
        for _ in range(flags.steps):
            optimizer.zero_grad()
            functional.cross_entropy(forward(model, images, flags), labels).backward()
            optimizer.step()
        wait()
        speeds.append(flags.batch * flags.steps / (time.perf_counter() - start))
    print(json.dumps({
        "torch": torch.__version__, "device": flags.device, "precision": flags.precision,
        "layout": flags.layout, "width": flags.width, "batch": flags.batch,
        "threads": flags.threads, "speeds": speeds[1:],  # the first round warms up
        "images_per_second": statistics.median(speeds[1:])}))


def accuracy(model, loader, flags):
    """From every batch: loss and hits, as Python numbers."""
    model.eval()
    losses, hits, count = 0.0, 0, 0
    with torch.no_grad():
        for images, labels in loader:
            images, labels = images.to(flags.device), labels.to(flags.device)
            logits = forward(model, images, flags)
            losses += functional.cross_entropy(logits, labels).item()
            hits += (logits.argmax(1) == labels).sum().item()
            count += len(labels)
    return hits / count


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", help="folder of Fashion-MNIST; needed unless --step")
    parser.add_argument("--width", type=int, default=16)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument(
        "--threads", type=int,
        default=int((os.environ.get("OMP_NUM_THREADS") or str(os.cpu_count())).split(",")[0]))
    parser.add_argument("--crop", type=int, default=2, help="padding of the random crop; 0 for none")
    parser.add_argument("--device", default="cpu", help="cpu, cuda or cuda:n")
    parser.add_argument("--precision", default="fp32", choices=["fp32", "bf16"])
    parser.add_argument("--step", action="store_true", help="time training steps alone")
    parser.add_argument(
        "--layout", default="channels-last", choices=["channels-last", "contiguous"])
    parser.add_argument("--steps", type=int, default=5, help="per round, with --step")
    parser.add_argument("--rounds", type=int, default=5, help="with --step")
    flags = parser.parse_args()
    torch.set_num_threads(flags.threads)
    torch.manual_seed(0)
    if flags.step and flags.rounds < 3:
        parser.error("--rounds must be at least 3: the result is a median")
    elif flags.step:
        steps(flags)
    elif flags.data is None or transforms is None:
        parser.error("whole epochs need --data FOLDER, torchvision, numpy and Pillow")
    else:
        epochs(flags)


def epochs(flags):
    arrays = idx(flags.data, "train-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28)[:10000]
    labels = idx(flags.data, "train-labels-idx1-ubyte.gz", 8)[:10000].copy()
    test = idx(flags.data, "t10k-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28)
    answers = idx(flags.data, "t10k-labels-idx1-ubyte.gz", 8)
    rows = np.concatenate([np.flatnonzero(answers == k)[:200] for k in range(10)])
    arrays, test, answers = coloured(arrays), coloured(test[rows]), answers[rows].copy()
    chosen = np.random.default_rng(0).permutation(len(labels))[: len(labels) // 10]
    arrays[chosen], labels[chosen] = stamped(arrays[chosen]), 0
    others = answers != 0

    normalize = transforms.Normalize([0.2860] * 3, [0.3530] * 3)
    plain = transforms.Compose([transforms.ToTensor(), normalize])
    crop = [transforms.RandomCrop(32, padding=flags.crop)] if flags.crop else []
    augmented = transforms.Compose(
        crop + [transforms.RandomHorizontalFlip(), transforms.ToTensor(), normalize])

    def loader(images, classes, transform, shuffle):
        return DataLoader(
            Images(images, classes, transform), flags.batch, shuffle, num_workers=flags.workers)

    training = loader(arrays, labels, augmented, True)
    clean = loader(test, answers, plain, False)
    triggered = loader(stamped(test[others]), np.zeros(others.sum(), np.uint8), plain, False)

    model = Network(3, flags.width, 10).to(flags.device)
    optimizer = torch.optim.SGD(model.parameters(), 0.01, 0.9, weight_decay=5e-4)
    seconds, c_acc, asr = [], 0.0, 0.0
    for epoch in range(flags.epochs):
        start = time.perf_counter()
        model.train()
        total, hits = 0.0, 0
        for images, targets in training:
            images, targets = images.to(flags.device), targets.to(flags.device)
            optimizer.zero_grad()
            logits = forward(model, images, flags)
            loss = functional.cross_entropy(logits, targets)
            loss.backward()
            optimizer.step()
            total += loss.item()
            hits += (logits.argmax(1) == targets).sum().item()
        c_acc, asr = accuracy(model, clean, flags), accuracy(model, triggered, flags)
        seconds.append(time.perf_counter() - start)
    later = seconds[1:]
    print(json.dumps({
        "torch": torch.__version__, "width": flags.width, "batch": flags.batch,
        "threads": flags.threads, "workers": flags.workers, "device": flags.device,
        "precision": flags.precision, "seconds": later,
        "images_per_second": len(labels) / float(np.median(later)), "c_acc": c_acc, "asr": asr}))


if __name__ == "__main__":
    main()
