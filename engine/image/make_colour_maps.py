"""Writes colour_map_tables.h beside this script: pip install matplotlib numpy; python make_colour_maps.py

The values are those that matplotlib writes into 8-bit images (imsave), so that maps look alike.
"""

from pathlib import Path

import matplotlib
import numpy as np

NAMES = ["viridis", "inferno", "magma", "turbo"]

HEADER = """// Written by make_colour_maps.py from matplotlib {version}; do not edit.
// Viridis, inferno and magma: Nathaniel J. Smith, Stefan van der Walt, Eric Firing; CC0 1.0 (public domain).
// Turbo: Anton Mikhailov, copyright 2019 Google LLC; Apache License 2.0.
#pragma once

#include <array>
#include <cstdint>

namespace dinoscope {{

using ColourTable = std::array<std::uint32_t, 256>;  // 0xFFRRGGBB

// clang-format off
"""

text = HEADER.format(version=matplotlib.__version__)
for name in NAMES:
    rgba = matplotlib.colormaps[name](np.arange(256), bytes=True)
    assert rgba.shape == (256, 4) and (rgba[:, 3] == 255).all()
    text += f"inline constexpr ColourTable k{name.capitalize()} = {{\n"
    for start in range(0, 256, 8):
        values = ", ".join(f"0xFF{r:02X}{g:02X}{b:02X}" for r, g, b, _ in rgba[start:start + 8])
        text += f"    {values},\n"
    text += "};\n"
text += "// clang-format on\n\n}  // namespace dinoscope\n"
Path(__file__).with_name("colour_map_tables.h").write_text(text)
