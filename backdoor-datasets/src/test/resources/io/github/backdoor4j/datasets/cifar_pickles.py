"""Makes the small Python-format fixtures of CifarPythonTest, and what they should decode to.

Run it here, with NumPy installed: python3 cifar_pickles.py <folder with fashion-mnist's idx files>

It writes cifar-10-batches-py/*, cifar-100-python/* and cifar_sums.csv. Each image is a real one of
Fashion-MNIST, padded to 32x32 and tinted. Strings are written as Python 2 wrote those of the official
files: the instructions SHORT_BINSTRING and BINSTRING of protocol 2, and the module name
numpy.core.multiarray.
"""
import gzip
import io
import os
import pickle
import struct
import sys

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
CIFAR10 = "airplane automobile bird cat deer dog frog horse ship truck".split()


class Python2Pickler(pickle._Pickler):
    """Writes bytes as str of Python 2."""

    dispatch = dict(pickle._Pickler.dispatch)

    def save_bytes(self, value):
        if len(value) < 256:
            self.write(b"U" + bytes([len(value)]) + value)
        else:
            self.write(b"T" + struct.pack("<i", len(value)) + value)
        self.memoize(value)

    dispatch[bytes] = save_bytes

    def save_text(self, value):
        self.save_bytes(value.encode("ascii"))

    dispatch[str] = save_text


def dumps(value):
    out = io.BytesIO()
    Python2Pickler(out, protocol=2).dump(value)
    return out.getvalue().replace(b"numpy._core.multiarray", b"numpy.core.multiarray")


def images(folder, count, start):
    with gzip.open(os.path.join(folder, "t10k-images-idx3-ubyte.gz")) as file:
        file.read(16 + start * 784)
        grey = np.frombuffer(file.read(count * 784), np.uint8).reshape(count, 28, 28)
    grey = np.pad(grey, ((0, 0), (2, 2), (2, 2))).astype(np.uint32)
    tints = np.array([[4, 2, 1], [1, 3, 4], [2, 4, 3]], np.uint32)
    tinted = np.stack([grey[i][None] * tints[i % 3][:, None, None] // 4 for i in range(count)])
    return tinted.astype(np.uint8).reshape(count, 3072)


def write(name, value, rows, part, fields):
    path = os.path.join(HERE, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(dumps(value))
    if part:
        for i, row in enumerate(value["data"].astype(int)):
            weighted = int((row * (np.arange(3072) % 251)).sum())
            labels = ",".join(str(value[f][i]) for f in fields)
            rows.append(f"{part},{labels if len(fields) == 2 else labels + ',' + labels},{row.sum()},{weighted}")


def main(folder):
    rows = ["part,first,second,sum,weighted"]
    for b in range(1, 7):
        name, part = (f"data_batch_{b}", "train10") if b < 6 else ("test_batch", "test10")
        value = {
            "batch_label": f"batch {b}",
            "labels": [(3 * b + i) % 10 for i in range(3)],
            "data": images(folder, 3, 3 * b),
            "filenames": [f"image_{b}_{i}.png" for i in range(3)],
        }
        write("cifar-10-batches-py/" + name, value, rows, part, ["labels"])
    meta = {"num_cases_per_batch": 10000, "label_names": CIFAR10, "num_vis": 3072}
    write("cifar-10-batches-py/batches.meta", meta, rows, "", [])
    for name, start, count in (("train", 40, 5), ("test", 50, 3)):
        value = {
            "filenames": [f"{name}_{i}.png" for i in range(count)],
            "batch_label": "training batch 1 of 1",
            "fine_labels": [(19 * i + start) % 100 for i in range(count)],
            "coarse_labels": [(7 * i + start) % 20 for i in range(count)],
            "data": images(folder, count, start),
        }
        write("cifar-100-python/" + name, value, rows, name + "100", ["coarse_labels", "fine_labels"])
    with open(os.path.join(HERE, "cifar_sums.csv"), "w") as file:
        file.write("\n".join(rows) + "\n")


main(sys.argv[1])
