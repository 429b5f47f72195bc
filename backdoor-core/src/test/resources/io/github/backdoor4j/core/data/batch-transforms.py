"""Makes batch-transforms.csv: checksums of images changed by torchvision 0.14 on Pillow 9.4.

Run with Debian's python3-torchvision. The test image has 3 planes of 48 by 64; value number n (plane,
row, column order) is the top byte of a 32-bit linear congruential generator. Output bytes are hashed
in the same order. Columns: operation, its parameters with blanks in between, SHA-256.
"""
import hashlib

import numpy as np
from PIL import Image, ImageFilter
from torchvision.transforms import InterpolationMode
from torchvision.transforms import functional as F

HEIGHT, WIDTH = 48, 64


def noise():
    state, values = 12345, []
    for _ in range(3 * HEIGHT * WIDTH):
        state = (state * 1664525 + 1013904223) % 2**32
        values.append(state >> 24)
    return Image.fromarray(np.array(values, dtype=np.uint8).reshape(3, HEIGHT, WIDTH).transpose(1, 2, 0))


def show(operation, parameters, image):
    planes = np.ascontiguousarray(np.asarray(image).transpose(2, 0, 1))
    print(operation, parameters, hashlib.sha256(planes.tobytes()).hexdigest(), sep=",")


image = noise()
for factor in (0, 0.6, 0.85, 1, 1.1, 1.4, 3):
    show("brightness", factor, F.adjust_brightness(image, factor))
    show("contrast", factor, F.adjust_contrast(image, factor))
    show("saturation", factor, F.adjust_saturation(image, factor))
for shift in (-0.5, -0.1, -0.05, 0, 0.03, 0.1, 0.5):
    show("hue", shift, F.adjust_hue(image, shift))
show("grey", "", F.to_grayscale(image, num_output_channels=3))
for radius in (0, 0.1, 0.5, 0.77, 1, 1.5, 2, 5):
    show("blur", radius, image.filter(ImageFilter.GaussianBlur(radius)))
for box in ("0 0 48 64", "3 5 20 31", "10 0 38 48", "47 63 1 1", "0 10 48 12"):
    numbers = [int(n) for n in box.split()]
    for name, mode in (("bilinear", InterpolationMode.BILINEAR), ("bicubic", InterpolationMode.BICUBIC)):
        show("crop-" + name, box, F.resized_crop(image, *numbers, [HEIGHT, WIDTH], mode))
for degrees in (0, 3.7, -10, 15, 33.3, 90, 180, -123.4):
    for name, mode in (("nearest", InterpolationMode.NEAREST), ("bilinear", InterpolationMode.BILINEAR)):
        show("rotate-" + name, degrees, F.rotate(image, degrees, mode))
