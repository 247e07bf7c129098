#pragma once

#include "engine/base/cpu_features.h"
#include "engine/image/image.h"

namespace dinoscope {

/// Pillow's filters, widened by the ratio when an image shrinks. Bicubic has a = -0.5, Lanczos three lobes.
enum class Filter { Box, Bilinear, Bicubic, Lanczos };

/// Part of an image, in its pixels; edges may lie within pixels. Single precision, as Pillow's is.
struct SourceBox {
    float left = 0;
    float top = 0;
    float right = 0;
    float bottom = 0;
};

/// The image scaled to width x height, with the same bytes as Pillow's Image.resize(): columns first, then
/// rows, 22-bit integer weights, rounded to 8 bits in between. An Error if the new size is not that of an
/// image.
Image resize(const Image& image, int width, int height, Filter filter);

/// The same of a part of the image, as Pillow's resize(box=...): the filter still sees the pixels around the
/// box. An Error if the box is empty or leaves the image.
Image resize(const Image& image, int width, int height, Filter filter, const SourceBox& box);

/// The same on a chosen path of the processor; all paths give the same bytes.
Image resize(const Image& image, int width, int height, Filter filter, const SourceBox& box, CpuPath path);

/// Whether resize() of a whole image of fromWidth x fromHeight joins rows before it joins columns: Pillow's
/// choice since version 13. Where the height loses more than twice what the width does, that leaves less to
/// do. (Earlier versions always began with the columns; rounding differs.)
bool joinsRowsFirst(int fromWidth, int fromHeight, int width, int height);

}  // namespace dinoscope
