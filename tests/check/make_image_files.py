"""Writes image_files.h beside this script: pip install pillow numpy; python make_image_files.py

A JPEG and a PNG of the picture that image_check.cpp draws, as Pillow writes them.
"""

from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, __version__

HEADER = f"""// Written by make_image_files.py with Pillow {__version__}; do not edit.
#pragma once

#include <array>
#include <cstdint>

namespace dinoscope {{

// clang-format off
"""

y, x = np.mgrid[0:7, 0:13]
pixels = np.stack([20 * x, 40 * y, 255 - 12 * x - 15 * y], axis=2).astype(np.uint8)

text = HEADER
for name, options in [("jpeg", dict(quality=95, subsampling=0, optimize=True)), ("png", dict(optimize=True))]:
    buffer = BytesIO()
    Image.fromarray(pixels).save(buffer, name, **options)
    file = buffer.getvalue()
    difference = np.abs(np.array(Image.open(BytesIO(file))).astype(int) - pixels).max()
    print(f"{name}: {len(file)} bytes, off by {difference}")
    text += f"inline constexpr std::array<std::uint8_t, {len(file)}> k{name.capitalize()}File = {{\n"
    for start in range(0, len(file), 16):
        text += "    " + ", ".join(f"0x{byte:02X}" for byte in file[start:start + 16]) + ",\n"
    text += "};\n"
text += "// clang-format on\n\n}  // namespace dinoscope\n"
Path(__file__).with_name("image_files.h").write_text(text)
