"""Makes pillow-resize-200.csv: 200 images of odd sizes resized by Pillow. Run with Debian's python3-pil.

Image n has sizes and values from a 32-bit linear congruential generator that starts at n·2654435761: each of height,
width, new height and new width is 1 + 2·(top byte mod 60) for the old and 1 + (top byte mod 80) for the new
size; then come the values of 3 planes, in row order, each the top byte. Per image: the four sizes, CRC-32 of
the resized planes, their sum, and the first and last value.
"""
import zlib

import numpy as np
from PIL import Image

print("n,height,width,new_height,new_width,crc32,sum,first,last")
for n in range(1, 201):
    state = n * 2654435761 % 2**32

    def draw():
        global state
        state = (state * 1664525 + 1013904223) % 2**32
        return state >> 24

    h, w = 1 + 2 * (draw() % 60), 1 + 2 * (draw() % 60)
    new_h, new_w = 1 + draw() % 80, 1 + draw() % 80
    planes = np.array([draw() for _ in range(3 * h * w)], np.uint8).reshape(3, h, w)
    resized = np.asarray(Image.fromarray(np.ascontiguousarray(planes.transpose(1, 2, 0))).resize((new_w, new_h), Image.BILINEAR))
    flat = np.ascontiguousarray(resized.transpose(2, 0, 1)).ravel()
    print(n, h, w, new_h, new_w, zlib.crc32(flat.tobytes()), flat.astype(int).sum(), flat[0], flat[-1], sep=",")
