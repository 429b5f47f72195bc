#!/usr/bin/env python3
"""Makes the archives in this folder and expected.csv. Run with Debian's python3-torchvision.

    make_archives.py

Small archives in the official layouts, of real garments of Fashion-MNIST (MIT licence), three different
ones as red, green and blue. What Pillow and torchvision see in the unpacked archives is expected.csv:
archive, part, row, label, sum of the 8-bit planes red, green, blue, and their sum weighted by the position
modulo 251. The order is the stated one: of the tables (GTSRB), of torchvision's ImageFolder (the others).
"""
import gzip
import shutil
import tempfile
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image
from torchvision import datasets, transforms

HERE = Path(__file__).parent
DATA = HERE.parents[6] / "main/resources/io/github/backdoor4j/datasets/fashion-mnist/train-images-idx3-ubyte.gz"
GARMENTS = np.frombuffer(gzip.open(DATA).read(16 + 784 * 300)[16:], np.uint8).reshape(-1, 28, 28)
lines = ["archive,part,row,label,sum,weighted"]
made = 0


def picture(width, height):
    """A new one each time."""
    global made
    planes = np.stack(GARMENTS[3 * made:3 * made + 3], 2)
    made += 1
    return Image.fromarray(np.ascontiguousarray(planes)).resize((width, height), Image.BICUBIC)


def note(archive, part, row, label, image):
    values = np.asarray(image.convert("RGB")).transpose(2, 0, 1).astype(np.int64).ravel()
    weighted = (values * (np.arange(values.size) % 251)).sum()
    lines.append(f"{archive},{part},{row},{label},{values.sum()},{weighted}")


def pack(name, root, *parts):
    with zipfile.ZipFile(HERE / name, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in parts:
            files = [part] if part.is_file() else sorted(p for p in part.rglob("*") if p.is_file())
            for file in files:
                info = zipfile.ZipInfo(str(file.relative_to(root)), (2011, 1, 1, 0, 0, 0))
                info.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(info, file.read_bytes())


def gtsrb(root):
    header = "Filename;Width;Height;Roi.X1;Roi.Y1;Roi.X2;Roi.Y2"
    images = root / "GTSRB/Final_Training/Images"
    resize = transforms.Resize((32, 32))
    row = 0

    def put(folder, file, width, height, box, label, part):
        nonlocal row
        picture(width, height).save(folder / file)
        seen = Image.open(folder / file)
        note("gtsrb", part, row, label, resize(seen))
        note("gtsrb", part + "-roi", row, label, resize(seen.crop(box)))
        row += 1
        return f"{file};{width};{height};" + ";".join(map(str, box))

    sizes = {0: [(29, 30), (31, 32), (15, 16)], 7: [(47, 40), (60, 55)], 42: [(33, 20), (32, 32)]}
    for label, all_sizes in sizes.items():
        folder = images / f"{label:05}"
        folder.mkdir(parents=True)
        table = [header + ";ClassId"]
        for i, (w, h) in reversed(list(enumerate(all_sizes))):  # rows need not be sorted
            table.append(put(folder, f"{i:05}_{2 * i:05}.ppm", w, h, (2, 3, w - 1, h - 2), label, "training") + f";{label}")
        (folder / f"GT-{label:05}.csv").write_bytes(("\r\n".join(table) + "\r\n").encode())
    test = root / "GTSRB/Final_Test/Images"
    test.mkdir(parents=True)
    row, blind, table = 0, [header], [header + ";ClassId"]
    for number, label in ((2, 42), (0, 7), (4, 0), (1, 0), (3, 7)):
        text = put(test, f"{number:05}.ppm", 25 + number, 40 - number, (1, 2, 20, 30), label, "test")
        blind.append(text)
        table.append(f"{text};{label}")
    (test / "GT-final_test.test.csv").write_text("\n".join(blind) + "\n")
    (root / "GT-final_test.csv").write_text("\n".join(table) + "\n")
    pack("GTSRB_Final_Training_Images.zip", root, root / "GTSRB/Final_Training")
    pack("GTSRB_Final_Test_Images.zip", root, root / "GTSRB/Final_Test")
    pack("GTSRB_Final_Test_GT.zip", root, root / "GT-final_test.csv")


def tiny(root):
    ids = ["n02124075", "n12267677", "n01443537"]
    base = root / "tiny-imagenet-200"
    for name in ids:
        images = base / "train" / name / "images"
        images.mkdir(parents=True)
        for i in (0, 1, 2, 10):
            image = picture(64, 64)
            (image.convert("L") if i == 2 else image).save(images / f"{name}_{i}.JPEG", quality=75)
        (base / "train" / name / f"{name}_boxes.txt").write_text("")
    val = base / "val/images"
    val.mkdir(parents=True)
    annotations = []
    for i, name in zip((0, 1, 2, 10, 11, 3), ids + ids):
        picture(64, 64).save(val / f"val_{i}.JPEG", quality=75)
        annotations.append((f"val_{i}.JPEG", name))
    (base / "val/val_annotations.txt").write_text("".join(f"{f}\t{n}\t0\t0\t62\t62\n" for f, n in annotations))
    (base / "test/images").mkdir(parents=True)
    picture(64, 64).save(base / "test/images/test_0.JPEG")
    (base / "wnids.txt").write_text("\n".join(ids) + "\n")
    (base / "words.txt").write_text("n01443537\tgoldfish, Carassius auratus\n")
    for row, (image, label) in enumerate(datasets.ImageFolder(base / "train")):
        note("tiny", "training", row, label, image)
    for row, (file, name) in enumerate(sorted(annotations)):
        note("tiny", "test", row, sorted(ids).index(name), Image.open(val / file))
    pack("tiny-imagenet-200.zip", root, base)


def folder(root):
    base = root / "things"
    kinds = ["png", "jpg", "bmp", "ppm", "png", "jpg"]
    for part, count in (("train", 6), ("test", 3)):
        for label, name in enumerate(("shoe", "bag", "Coat")):
            images = base / part / name
            images.mkdir(parents=True)
            for i in range(count):
                picture(20 + 7 * i, 50 - 3 * i - label).save(images / f"{i}.{kinds[i]}", quality=90)
            (images / ".DS_Store").write_bytes(b"Mac")
    (base / "train/bag/Thumbs.db").write_bytes(b"Windows")
    (base / "README.txt").write_text("beside the class folders")
    for part in ("train", "test"):
        found = datasets.ImageFolder(base / part, transforms.Resize((32, 32)))
        assert found.classes == ["Coat", "bag", "shoe"]
        for row, (image, label) in enumerate(found):
            note("folder", "training" if part == "train" else part, row, label, image)
    pack("things.zip", root, base)


for make in (gtsrb, tiny, folder):
    scratch = Path(tempfile.mkdtemp())
    make(scratch)
    shutil.rmtree(scratch)
(HERE / "expected.csv").write_text("\n".join(lines) + "\n")
