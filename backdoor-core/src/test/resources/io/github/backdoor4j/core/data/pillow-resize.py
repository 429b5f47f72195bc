"""Makes pillow-resize.csv: checksums of images resized by Pillow. Run with Debian's python3-pil.

A test image has 3 planes; value number n (plane, row, column order) is the top byte of a 32-bit
linear congruential generator. Output bytes are hashed in the same order.
"""
import hashlib
import sys

import numpy as np
from PIL import Image

SIZES = [(32, 32, 64, 64), (64, 64, 32, 32), (32, 32, 224, 224), (380, 314, 32, 32), (380, 314, 64, 64),
         (15, 29, 32, 32), (100, 41, 32, 32), (5, 3, 4, 7), (1, 1, 8, 8), (8, 8, 1, 1), (17, 17, 17, 40),
         (17, 17, 40, 17), (33, 31, 32, 32), (256, 256, 16, 48)]


def noise(height, width):
    state, values = 12345, []
    for _ in range(3 * height * width):
        state = (state * 1664525 + 1013904223) % 2**32
        values.append(state >> 24)
    return np.array(values, dtype=np.uint8).reshape(3, height, width)


for h, w, new_h, new_w in SIZES:
    picture = Image.fromarray(noise(h, w).transpose(1, 2, 0))
    resized = np.asarray(picture.resize((new_w, new_h), Image.BILINEAR)).transpose(2, 0, 1)
    digest = hashlib.sha256(np.ascontiguousarray(resized).tobytes()).hexdigest()
    print(h, w, new_h, new_w, digest, sep=",")
