"""Writes pickles.csv: pickles of all protocols and what Python says is in them. Needs NumPy.

Columns: protocol, pickle in hexadecimal, content as text: lists and tuples as [..], dicts as {k: v}, bytes as
b<hexadecimal>, arrays as dtype(shape)<hexadecimal of the elements in memory order>.
"""
import os
import pickle

import numpy as np

VALUES = [
    None,
    [True, False, 0, 1, 255, 256, 65536, -1, -2**31, 2**40, -2**63, 2**63 - 1, 2**63, -2**70],
    [0.5, -1e300],
    ["", "text", "größer", "l" * 300],
    [b"", b"\x00\xff", b"b" * 300, bytearray(b"array")],
    {"a": [1, (2, 3), (), (4,), (5, 6, 7, 8)], 3: {"deep": {}}, b"key": "value"},
    [[n] * 3 for n in range(1000, 1003)],
    list(range(2500)),
    np.arange(6, dtype=np.uint8).reshape(2, 3),
    np.asfortranarray(np.arange(6, dtype=np.int32).reshape(2, 3)),
    {"f": np.array([1.5, -2.0], dtype=">f8"), "empty": np.zeros((0, 4), np.float32)},
]


JAVA_FLOATS = {0.5: "0.5", -1e300: "-1.0E300"}


def text(value):
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(text, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(key(k) + ": " + text(v) for k, v in value.items()) + "}"
    if isinstance(value, (bytes, bytearray)):
        return "b<" + value.hex() + ">"
    if isinstance(value, np.ndarray):
        shape = ", ".join(map(str, value.shape))
        return f"{value.dtype.str}({shape})<{value.tobytes('A').hex()}>" + ("F" if np.isfortran(value) else "")
    return {None: "null", True: "true", False: "false"}.get(value, str(value)) if value is None or isinstance(
        value, bool) else (JAVA_FLOATS[value] if isinstance(value, float) else str(value))


def key(value):
    return value.decode("latin1") if isinstance(value, bytes) else text(value)


here = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(here, "pickles.csv"), "w", encoding="utf-8") as file:
    for protocol in range(2, 6):
        for value in VALUES:
            file.write(f"{protocol};{pickle.dumps(value, protocol).hex()};{text(value)}\n")
