"""Writes resample.bin, what Pillow 13 makes of images of pseudo-random noise: python make_resample.py

For each case, little endian: i32 width, height of the source; i32 width, height of the result; i32 filter (the
number of dinoscope::Filter); 4 float32 of the source box; RGB bytes of the result. Large results are stored as
their CRC-32 (flagged by the filter's number + 16), so that the file stays small.
"""

import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

FILTERS = [Image.BOX, Image.BILINEAR, Image.BICUBIC, Image.LANCZOS]
LARGE = 6000  # bytes


def noise(width, height):
    """The high bytes of x -> 1664525 x + 1013904223 modulo 2^32, begun with the image's sides."""
    values = np.empty(width * height * 3, np.uint8)
    state = width * 65536 + height
    for i in range(values.size):
        state = (1664525 * state + 1013904223) & 0xFFFFFFFF
        values[i] = state >> 24
    return Image.fromarray(values.reshape(height, width, 3), "RGB")


CASES = [
    # width, height -> width, height
    (1, 1, 1, 1), (1, 1, 7, 5), (2, 3, 1, 1), (31, 17, 1, 1), (31, 17, 31, 40), (31, 17, 12, 17), (40, 33, 41, 32),
    (40, 33, 20, 11), (23, 45, 9, 7), (5, 4, 37, 29), (300, 2, 3, 9), (3, 700, 30, 2), (2000, 3, 5, 11), (64, 64, 13, 50),
    (33, 65, 48, 8), (48, 48, 40, 9), (48, 48, 40, 32), (48, 48, 40, 31), (150, 100, 72, 48), (224, 224, 96, 96), (97, 61, 200, 150),
]
BOXES = [
    (40, 33, 20, 20, (3.25, 5.5, 30.75, 20.125)), (40, 33, 50, 9, (0.0, 0.0, 12.5, 33.0)),
    (40, 33, 40, 33, (0.5, 0.25, 39.5, 32.75)), (64, 48, 24, 24, (10.0, 7.0, 41.0, 45.0)),
    (40, 60, 38, 13, (5.0, 3.0, 31.5, 50.0)), (40, 60, 38, 57, (5.0, 3.0, 31.5, 50.0)),
    (64, 48, 8, 8, (63.1, 47.2, 64.0, 48.0)), (64, 48, 30, 30, (20.3, 11.7, 21.1, 12.2)),
]

out = b""
for case in [(*c, (0.0, 0.0, float(c[0]), float(c[1]))) for c in CASES] + BOXES:
    w, h, W, H, box = case
    source = noise(w, h)
    for number, kind in enumerate(FILTERS):
        result = source.resize((W, H), kind, box=box).tobytes()
        large = len(result) > LARGE
        out += struct.pack("<5i4f", w, h, W, H, number + (16 if large else 0), *box)
        out += struct.pack("<I", zlib.crc32(result)) if large else result
Path(__file__).with_name("resample.bin").write_bytes(out)
