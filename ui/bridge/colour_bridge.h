#pragma once

#include <QColor>
#include <QImage>
#include <QList>
#include <QString>
#include <span>
#include <vector>

#include "engine/api/attention.h"
#include "engine/api/images.h"

namespace dinoscope {

/// 256 colours from low to high, for an Indexed8 picture.
QList<QRgb> colourTableOf(ColourMap map);

/// Values of a grid of patches as an Indexed8 picture, a pixel a patch. [rows * columns]
QImage colouredGrid(std::span<const float> grid, int rows, int columns, ValueRange range, ColourMap map);

/// A few colours from low to high, for a gradient.
std::vector<QColor> gradientOf(ColourMap map);

/// "Viridis"
QString titleOf(ColourMap map);

/// The hue of a head where all are shown at once.
QColor hueOf(int head, int heads);

}  // namespace dinoscope
