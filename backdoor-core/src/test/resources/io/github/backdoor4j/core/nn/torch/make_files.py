"""Makes the PyTorch files beside it: python3 make_files.py, with PyTorch 1.13.

Every value is a small multiple of 1/8, so that all floating point types hold it exactly.
"""
import collections
import io
import os
import pickle
import sys
import zipfile

import torch

HERE = os.path.dirname(os.path.abspath(__file__))


def values(*shape, dtype=torch.float32, start=0):
    count = 1
    for extent in shape:
        count *= extent
    return (torch.arange(start, start + count, dtype=torch.float64) / 8).reshape(shape).to(dtype)


def path(name):
    return os.path.join(HERE, name)


plain = collections.OrderedDict(
    [
        ("fc.weight", values(2, 3)),
        ("fc.bias", values(2, start=6)),
        ("bn.running_mean", values(2, start=8)),
        ("bn.num_batches_tracked", torch.tensor(7)),
    ]
)
torch.save(plain, path("plain.pt"))
torch.save(plain, path("legacy.pt"), _use_new_zipfile_serialization=False)
torch.save(
    {
        "model_name": "preactresnet18",
        "num_classes": 10,
        "model": {"module." + name: tensor for name, tensor in plain.items()},
        "epoch": 99,
        "optimizer": {"lr": 0.1, "state": {0: {"momentum_buffer": values(2, 3)}}},
    },
    path("nested.pt"),
)
base = values(4, 6)
torch.save(
    {
        "half": values(3, dtype=torch.float16),
        "bfloat16": values(3, dtype=torch.bfloat16),
        "double": values(3, dtype=torch.float64),
        "long": torch.tensor([1, -2, 3]),
        "bool": torch.tensor([True, False]),
        "transposed": base.t(),
        "slice": base[1:3, 2:5],
        "parameter": torch.nn.Parameter(values(2)),
        "scalar": torch.tensor(1.5),
        "empty": torch.zeros(0, 3),
    },
    path("kinds.pt"),
)


class Evil:
    def __reduce__(self):
        return os.system, ("touch /tmp/backdoor4j-was-here",)


class Evaluated:
    def __reduce__(self):
        return eval, ("1 + 1",)


torch.save({"model": {"w": values(2)}, "extra": Evil()}, path("system.pt"))
torch.save({"w": values(2), "x": Evaluated()}, path("eval.pt"))


def rewrite(source, target, change, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path(source)) as old, zipfile.ZipFile(path(target), "w", compression) as new:
        for entry in old.namelist():
            name, data = change(entry, old.read(entry))
            if data is not None:
                new.writestr(name, data)


rewrite("plain.pt", "short_storage.pt", lambda n, d: (n, d[:-4] if n.endswith("data/0") else d))
rewrite("plain.pt", "missing_storage.pt", lambda n, d: (n, None if n.endswith("data/0") else d))
rewrite("plain.pt", "compressed.pt", lambda n, d: (n, d), zipfile.ZIP_DEFLATED)
rewrite("plain.pt", "big_endian.pt", lambda n, d: (n, d))
with zipfile.ZipFile(path("big_endian.pt"), "a", zipfile.ZIP_STORED) as archive:
    archive.writestr("plain/byteorder", "big")
# offset 0, shape (2, 3): the pickle writes the shape as small integers K\x02K\x03
rewrite(
    "plain.pt",
    "outside.pt",
    lambda n, d: (n, d.replace(b"K\x02K\x03\x86", b"K\x02K\xff\x86") if n.endswith("data.pkl") else d),
)
with open(path("plain.pt"), "rb") as whole:
    content = whole.read()
with open(path("cut.pt"), "wb") as cut:
    cut.write(content[: len(content) * 2 // 3])
with open(path("legacy.pt"), "rb") as whole:
    content = whole.read()
with open(path("legacy_cut.pt"), "wb") as cut:
    cut.write(content[:-5])
