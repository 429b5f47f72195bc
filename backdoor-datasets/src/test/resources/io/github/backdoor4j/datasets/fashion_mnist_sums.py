#!/usr/bin/env python3
"""Expected figures of the embedded subset, from the official files and the rule, by counting.

    fashion_mnist_sums.py /usr/share/datasets/fashion-mnist > fashion_mnist_sums.csv

Shares no code with the script that makes the subset. Per part and class: number of images, sum of
their pixels, the sum weighted by the row and by the column of each pixel (0 to 27), and the sum of the
images' positions within the subset.
"""
import gzip
import sys

import numpy as np

print("part,label,count,pixels,by_row,by_column,positions")
for part, limit in (("train", 1000), ("t10k", 200)):
    with gzip.open(f"{sys.argv[1]}/{part}-labels-idx1-ubyte.gz") as file:
        labels = file.read()[8:]
    with gzip.open(f"{sys.argv[1]}/{part}-images-idx3-ubyte.gz") as file:
        pixels = file.read()[16:]
    rows = [dict(count=0, pixels=0, by_row=0, by_column=0, positions=0) for _ in range(10)]
    position = 0
    for i, label in enumerate(labels):
        row = rows[label]
        if row["count"] == limit:
            continue
        image = np.frombuffer(pixels[784 * i:784 * i + 784], np.uint8).astype(int).reshape(28, 28)
        row["count"] += 1
        row["pixels"] += image.sum()
        row["by_row"] += image.sum(1) @ np.arange(28)
        row["by_column"] += image.sum(0) @ np.arange(28)
        row["positions"] += position
        position += 1
    for label, row in enumerate(rows):
        print(part, label, *row.values(), sep=",")
