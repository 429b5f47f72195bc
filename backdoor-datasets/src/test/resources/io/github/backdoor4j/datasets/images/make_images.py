#!/usr/bin/env python3
"""Makes the images in this folder and expected.csv, with Pillow. Run with Debian's python3-pil.

    make_images.py

Each picture shows real garments of Fashion-MNIST (MIT licence): three different ones as red, green and
blue, several side by side, cut to a size that is no multiple of 8. For each file, expected.csv has height,
width and the SHA-256 of the planes red, green, blue that Pillow's convert("RGB") gives. JPEG is not exact
between decoders, so the pixels that Pillow sees in NAME.jpg lie beside it as NAME.jpg.png.

Where Pillow has no sensible answer the expected values come from the numbers that were written, by the
rule stated at the place: 16-bit grey (Pillow clips at 255) and images that Pillow cannot write.
"""
import gzip
import hashlib
import io
import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms

HERE = Path(__file__).parent
DATA = HERE.parents[6] / "main/resources/io/github/backdoor4j/datasets/fashion-mnist/train-images-idx3-ubyte.gz"
GARMENTS = np.frombuffer(gzip.open(DATA).read(16 + 784 * 80)[16:], np.uint8).reshape(-1, 28, 28)
expected = {}


def colour(height, width, first=0):
    """Height×width×3, garments tiled."""
    planes = []
    for channel in range(3):
        tiles = GARMENTS[first + 20 * channel:first + 20 * channel + 12]
        sheet = np.concatenate([np.concatenate(tiles[4 * r:4 * r + 4], 1) for r in range(3)], 0)
        planes.append(sheet[5:5 + height, 3:3 + width])
    return np.ascontiguousarray(np.stack(planes, 2))


def note(name, pixels):
    """Pixels: height×width or height×width×3."""
    rgb = np.repeat(pixels[:, :, None], 3, 2) if pixels.ndim == 2 else pixels
    digest = hashlib.sha256(np.ascontiguousarray(rgb.transpose(2, 0, 1)).astype(np.uint8).tobytes()).hexdigest()
    expected[name] = f"{name},{rgb.shape[0]},{rgb.shape[1]},{digest}"


def save(name, image, **options):
    image.save(HERE / name, **options)
    note(name, np.asarray(Image.open(HERE / name).convert("RGB")))


def save_jpeg(name, image, **options):
    image.save(HERE / name, **options)
    decoded = Image.open(HERE / name).convert("RGB")
    decoded.save(HERE / (name + ".png"), optimize=True)
    note(name + ".png", np.asarray(decoded))


def write(name, data, pixels=None):
    (HERE / name).write_bytes(data)
    note(name, np.asarray(Image.open(io.BytesIO(data)).convert("RGB")) if pixels is None else pixels)


def png(width, height, depth, kind, rows, extra=b""):
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    raw = b"".join(b"\0" + row for row in rows)
    header = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra + chunk(b"IDAT", zlib.compress(raw))
            + chunk(b"IEND", b""))


H, W = 37, 43
rgb = colour(H, W)
grey = colour(H, W, 7)[:, :, 1]
picture, grey_picture = Image.fromarray(rgb), Image.fromarray(grey)
alpha = Image.fromarray(colour(H, W, 3)[:, :, 0])

# JPEG
for quality in (30, 75, 95):
    for sampling, text in ((0, "444"), (1, "422"), (2, "420")):
        save_jpeg(f"q{quality}-{text}.jpg", picture, quality=quality, subsampling=sampling)
save_jpeg("progressive.jpg", picture, quality=75, progressive=True)
save_jpeg("grey.jpg", grey_picture, quality=75)
save_jpeg("1x1.jpg", Image.fromarray(colour(1, 1)), quality=75)
profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("XYZ")).tobytes()
save_jpeg("profile.jpg", picture, quality=75, icc_profile=profile, comment=b"no pixels")
restarts = io.BytesIO()
picture.save(restarts, "JPEG", quality=75, subsampling=0)
plain = restarts.getvalue()
assert plain[2:4] == b"\xff\xe0"
# Without JFIF and Adobe markers libjpeg takes the components 1, 2, 3 as YCbCr, and R, G, B as RGB.
bare = plain[:2] + plain[4 + struct.unpack(">H", plain[4:6])[0]:]
(HERE / "no-marker.jpg").write_bytes(bare)
decoded = Image.open(io.BytesIO(bare)).convert("RGB")
decoded.save(HERE / "no-marker.jpg.png", optimize=True)
note("no-marker.jpg.png", np.asarray(decoded))
frame, scan = bare.index(b"\xff\xc0"), bare.index(b"\xff\xda")
named = bytearray(bare)
for i, letter in enumerate(b"RGB"):
    named[frame + 10 + 3 * i] = letter
    named[scan + 5 + 2 * i] = letter
(HERE / "components-rgb.jpg").write_bytes(named)
decoded = Image.open(io.BytesIO(bytes(named))).convert("RGB")
decoded.save(HERE / "components-rgb.jpg.png", optimize=True)
note("components-rgb.jpg.png", np.asarray(decoded))
picture.convert("CMYK").save(HERE / "cmyk.jpg", quality=75)  # to be refused

# PNG
save("rgb.png", picture)
save("grey.png", grey_picture)
save("bits.png", grey_picture.convert("1"))
save("palette.png", picture.quantize(200))
save("palette-4.png", picture.quantize(16), bits=4)
save("palette-transparent.png", picture.quantize(200), transparency=bytes(range(200)))
save("rgb-transparent.png", picture, transparency=tuple(int(v) for v in rgb[5, 9]))
rgba = picture.copy()
rgba.putalpha(alpha)
save("rgba.png", rgba)
grey_alpha = grey_picture.copy()
grey_alpha.putalpha(alpha)
save("grey-alpha.png", grey_alpha)
save("profile.png", picture, icc_profile=profile)
gamma = struct.pack(">I", 4) + b"gAMA" + struct.pack(">I", 100000)
gamma += struct.pack(">I", zlib.crc32(gamma[4:]))
write("grey-gamma.png", png(W, H, 8, 0, [r.tobytes() for r in grey], gamma), grey)
four = grey >> 4
packed = np.pad(four, ((0, 0), (0, 1)))
write("grey-4.png", png(W, H, 4, 0, [(r[0::2] << 4 | r[1::2]).tobytes() for r in packed]), four * 17)
# 16 bits: the upper 8 count
low = colour(H, W, 11)
deep = rgb.astype(">u2") << 8 | low
write("rgb-16.png", png(W, H, 16, 2, [r.astype(">u2").tobytes() for r in deep]), rgb)
write("grey-16.png", png(W, H, 16, 0, [r.astype(">u2").tobytes() for r in deep[:, :, 2]]), rgb[:, :, 2])

# BMP, GIF
save("rgb.bmp", picture)
save("grey.bmp", grey_picture)
save("palette.bmp", picture.quantize(200))
save("bits.bmp", grey_picture.convert("1"))
save("rgba.bmp", rgba)
flat = (rgb.astype(np.uint16) >> 3)
flat = flat[:, :, 0] << 10 | flat[:, :, 1] << 5 | flat[:, :, 2]
body = b"".join(r.astype("<u2").tobytes() + b"\0" * (-2 * W % 4) for r in flat[::-1])
header = struct.pack("<2sIHHI", b"BM", 54 + len(body), 0, 0, 54)
write("rgb-15.bmp", header + struct.pack("<IiiHHIIiiII", 40, W, H, 1, 16, 0, len(body), 0, 0, 0, 0) + body)
save("palette.gif", picture.quantize(200))
save("interlaced.gif", picture.quantize(100), interlace=1)
save("transparent.gif", picture.quantize(100), transparency=3)
picture.quantize(50).save(HERE / "two.gif", save_all=True, append_images=[Image.fromarray(rgb[::-1].copy())])
note("two.gif", np.asarray(Image.open(HERE / "two.gif").convert("RGB")))

# PPM, PGM
save("rgb.ppm", picture)
save("grey.pgm", grey_picture)
write("comments.ppm", b"P6 # one\n#two\n 43\t#three\r37\n#four\n\n255\n" + rgb.tobytes())
write("max15.ppm", b"P6 43 37 15\n" + (rgb >> 4).tobytes())
write("max100.pgm", b"P5 43 37 100\n" + (grey // 3).tobytes())
# 16 bits: v/max·255, rounded to even; Pillow 9.4 does so for colour and leaves grey as it is
write("max65535.ppm", b"P6 43 37 65535\n" + deep.astype(">u2").tobytes())
thousand = deep[:, :, 0] % 1001
write("max1000.pgm", b"P5 43 37 1000\n" + thousand.astype(">u2").tobytes(), np.rint(thousand / 1000 * 255))

lines = ["name,height,width,sha256"] + [expected[name] for name in sorted(expected)]
(HERE / "expected.csv").write_text("\n".join(lines) + "\n")
