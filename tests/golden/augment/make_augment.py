"""Writes crops.bin and colours.bin, what torchvision makes of Pillow images of noise: python make_augment.py

crops.bin: for each case, little endian: i32 width, height of the source; i32 left, top, width, height of the box;
i32 size; i32 flip; i32 jitter (0 or 1); 4 f32 brightness, contrast, saturation, hue; 4 i32 order; i32 gray; f32 blur
radius; i32 solarize; u32 CRC-32 of the float32 tensor [3, size, size].
colours.bin: u32 CRC-32 of the RGB bytes of all 2^24 colours (red fastest, blue slowest) after an operation: i32 kind
(0 saturation, 1 hue), f32 factor, u32 CRC-32.
views.bin: for each case, i32 width, height of the source; i32 left, top, width, height of the box; i32 size; i32
flip; u32 CRC-32 of the tensor [3, size, size], resized bilinearly as RandomResizedCrop does by default.
evaluation.bin: i32 width, height of the source; i32 resize, crop; u32 CRC-32 of the tensor [3, crop, crop].
"""

import random
import struct
import zlib
from pathlib import Path

import numpy as np
import torchvision.transforms.functional as F
from PIL import Image, ImageFilter, ImageOps
from torchvision.transforms import InterpolationMode

HERE = Path(__file__).parent
ADJUST = [F.adjust_brightness, F.adjust_contrast, F.adjust_saturation, F.adjust_hue]


def noise(width, height):
    """The high bytes of x -> 1664525 x + 1013904223 modulo 2^32, begun with the image's sides."""
    values = np.empty(width * height * 3, np.uint8)
    state = width * 65536 + height
    for i in range(values.size):
        state = (1664525 * state + 1013904223) & 0xFFFFFFFF
        values[i] = state >> 24
    return Image.fromarray(values.reshape(height, width, 3), "RGB")


def tensor_crc(image):
    tensor = F.normalize(F.to_tensor(image), (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    return zlib.crc32(tensor.contiguous().numpy().tobytes())


def float32(value):
    return float(np.float32(value))


def apply(image, box, size, flip, jitter, gray, blur, solarize):
    left, top, width, height = box
    image = F.resized_crop(image, top, left, height, width, [size, size], InterpolationMode.BICUBIC)
    if flip:
        image = F.hflip(image)
    if jitter:
        factors, order = jitter
        for step in order:
            image = ADJUST[step](image, factors[step])
    if gray:
        image = F.to_grayscale(image, num_output_channels=3)
    if blur > 0:
        image = image.filter(ImageFilter.GaussianBlur(radius=blur))
    if solarize:
        image = ImageOps.solarize(image)
    return image


def cases(draw):
    """(width, height, box, size, flip, jitter, gray, blur, solarize)"""
    whole = (0, 0, 40, 30)
    neutral = [1.0, 1.0, 1.0, 0.0]
    yield 40, 30, whole, 24, 0, None, 0, 0.0, 0
    yield 40, 30, (7, 3, 20, 21), 24, 1, None, 0, 0.0, 0
    for step in range(4):
        for factor in ([-0.5, -0.1, -0.004, 0.003, 0.06, 0.1, 0.5] if step == 3 else [0.0, 0.6, 0.93, 1.0, 1.2, 1.4, 9.0]):
            factors = list(neutral)
            factors[step] = float32(factor)
            yield 40, 30, whole, 33, 0, (factors, [step, *(s for s in range(4) if s != step)]), 0, 0.0, 0
    yield 40, 30, whole, 24, 0, None, 1, 0.0, 0
    yield 40, 30, whole, 24, 0, None, 0, 0.0, 1
    for blur in [0.1, 0.31, 0.7, 1.0, 1.4, 1.42, 1.7, 1.99, 2.0, 3.3, 7.5, 60.0]:
        for size in [1, 2, 5, 24, 71]:
            yield 40, 30, whole, size, 0, None, 0, float32(blur), 0
    for number in range(60):
        width, height = (224, 224) if number % 10 == 0 else (draw.randint(1, 130), draw.randint(1, 130))
        size = 224 if number % 10 == 0 else draw.choice([96, 48, 32, 17])
        w, h = draw.randint(1, width), draw.randint(1, height)
        box = (draw.randint(0, width - w), draw.randint(0, height - h), w, h)
        factors = [float32(draw.uniform(1 - r, 1 + r)) for r in (0.4, 0.4, 0.2)] + [float32(draw.uniform(-0.1, 0.1))]
        order = draw.sample(range(4), 4)
        jitter = (factors, order) if draw.random() < 0.8 else None
        blur = float32(draw.uniform(0.1, 2.0)) if draw.random() < 0.6 else 0.0
        yield width, height, box, size, draw.randint(0, 1), jitter, draw.random() < 0.2, blur, draw.random() < 0.3


def write_crops():
    out = b""
    for width, height, box, size, flip, jitter, gray, blur, solarize in cases(random.Random(1)):
        factors, order = jitter or ([1.0, 1.0, 1.0, 0.0], range(4))
        image = apply(noise(width, height), box, size, flip, jitter, gray, blur, solarize)
        out += struct.pack("<9i4f5ifi", width, height, *box, size, flip, jitter is not None, *factors, *order, gray,
                           blur, solarize)
        out += struct.pack("<I", tensor_crc(image))
    (HERE / "crops.bin").write_bytes(out)


def write_colours():
    blue, green, red = np.meshgrid(*[np.arange(256, dtype=np.uint8)] * 3, indexing="ij")
    colours = Image.fromarray(np.stack([red, green, blue], axis=-1).reshape(4096, 4096, 3), "RGB")
    out = b""
    for kind, factor in [(0, 0.8), (0, 1.17), (1, 0.0), (1, 0.1), (1, -0.07)]:
        factor = float32(factor)
        result = F.adjust_hue(colours, factor) if kind else F.adjust_saturation(colours, factor)
        out += struct.pack("<ifI", kind, factor, zlib.crc32(result.tobytes()))
    (HERE / "colours.bin").write_bytes(out)


def write_evaluation():
    out = b""
    for width, height, resize, crop in [(60, 40, 32, 28), (40, 61, 32, 28), (33, 33, 32, 32), (20, 31, 48, 41),
                                        (300, 224, 256, 224), (101, 7, 16, 15), (32, 50, 32, 25)]:
        image = F.resize(noise(width, height), resize, InterpolationMode.BICUBIC)
        out += struct.pack("<4iI", width, height, resize, crop, tensor_crc(F.center_crop(image, [crop, crop])))
    (HERE / "evaluation.bin").write_bytes(out)


def write_views():
    draw = random.Random(2)
    out = b""
    for _ in range(40):
        width, height = draw.randint(1, 130), draw.randint(1, 130)
        w, h = draw.randint(1, width), draw.randint(1, height)
        left, top = draw.randint(0, width - w), draw.randint(0, height - h)
        size, flip = draw.choice([96, 48, 33]), draw.randint(0, 1)
        image = F.resized_crop(noise(width, height), top, left, h, w, [size, size])
        image = F.hflip(image) if flip else image
        out += struct.pack("<8iI", width, height, left, top, w, h, size, flip, tensor_crc(image))
    (HERE / "views.bin").write_bytes(out)


write_crops()
write_colours()
write_evaluation()
write_views()
