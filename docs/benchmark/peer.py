"""The job of 'backdoor4j benchmark epoch' as PyTorch scripts commonly do it, for comparison.

Images are PIL images that are decoded from arrays, cropped, flipped, turned into tensors and
normalised one by one in a data set's __getitem__, collated by a DataLoader; metrics are taken from
every batch; after each epoch the clean and the triggered test images pass through the same kind of
loader. Network and recipe are those of the Java side: PreAct-ResNet-18 of a given width, SGD.

Needs torch, torchvision, numpy, Pillow, and the four gzip files of Fashion-MNIST in a folder:

    python3 peer.py --data FOLDER --width 16 --epochs 4 --workers 0
"""
import argparse
import gzip
import json
import os
import time

import numpy as np
import torch
import torch.nn.functional as functional
from PIL import Image
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms


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


def accuracy(model, loader):
    """From every batch: loss and hits, as Python numbers."""
    model.eval()
    losses, hits, count = 0.0, 0, 0
    with torch.no_grad():
        for images, labels in loader:
            logits = model(images)
            losses += functional.cross_entropy(logits, labels).item()
            hits += (logits.argmax(1) == labels).sum().item()
            count += len(labels)
    return hits / count


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True)
    parser.add_argument("--width", type=int, default=16)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--crop", type=int, default=2, help="padding of the random crop; 0 for none")
    flags = parser.parse_args()
    torch.set_num_threads(flags.threads)
    torch.manual_seed(0)

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

    model = Network(3, flags.width, 10)
    optimizer = torch.optim.SGD(model.parameters(), 0.01, 0.9, weight_decay=5e-4)
    seconds, c_acc, asr = [], 0.0, 0.0
    for epoch in range(flags.epochs):
        start = time.perf_counter()
        model.train()
        total, hits = 0.0, 0
        for images, targets in training:
            optimizer.zero_grad()
            logits = model(images)
            loss = functional.cross_entropy(logits, targets)
            loss.backward()
            optimizer.step()
            total += loss.item()
            hits += (logits.argmax(1) == targets).sum().item()
        c_acc, asr = accuracy(model, clean), accuracy(model, triggered)
        seconds.append(time.perf_counter() - start)
    later = seconds[1:]
    print(json.dumps({
        "torch": torch.__version__, "width": flags.width, "batch": flags.batch,
        "threads": flags.threads, "workers": flags.workers, "seconds": later,
        "images_per_second": len(labels) / float(np.median(later)), "c_acc": c_acc, "asr": asr}))


if __name__ == "__main__":
    main()
