#!/usr/bin/env python3
"""Makes the embedded subset of Fashion-MNIST.

Rule: of each class, the first 1,000 training images and the first 200 test images in the official
order; all of them kept in the official order. There is no draw.

    make_fashion_mnist_subset.py SOURCE TARGET

SOURCE holds the four official files, as Debian's package dataset-fashion-mnist installs them
(/usr/share/datasets/fashion-mnist). TARGET gets the same four files with fewer images, gzipped, and
SHA256SUMS with the hashes of the gzipped and of the plain files. Needs numpy.
"""
import gzip
import hashlib
import pathlib
import struct
import sys

import numpy as np

PARTS = {"train": 1000, "t10k": 200}


def read(source, name, header):
    data = gzip.decompress((source / (name + ".gz")).read_bytes())
    return np.frombuffer(data, np.uint8, offset=header)


def subset_rows(labels, per_class):
    """Original positions of the chosen images, ascending."""
    chosen = [np.flatnonzero(labels == label)[:per_class] for label in range(10)]
    return np.sort(np.concatenate(chosen))


def main(source, target):
    sums = {}

    def write(name, data):
        packed = gzip.compress(data, 9, mtime=0)  # no time stamp: the same bytes each time
        (target / (name + ".gz")).write_bytes(packed)
        sums[name + ".gz"] = hashlib.sha256(packed).hexdigest()
        sums[name] = hashlib.sha256(data).hexdigest()

    for part, per_class in PARTS.items():
        labels = read(source, part + "-labels-idx1-ubyte", 8)
        images = read(source, part + "-images-idx3-ubyte", 16).reshape(-1, 28, 28)
        rows = subset_rows(labels, per_class)
        n = len(rows)
        write(part + "-images-idx3-ubyte",
              struct.pack(">IIII", 0x803, n, 28, 28) + images[rows].tobytes())
        write(part + "-labels-idx1-ubyte", struct.pack(">II", 0x801, n) + labels[rows].tobytes())
    (target / "SHA256SUMS").write_text("".join(f"{h}  {name}\n" for name, h in sums.items()))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
