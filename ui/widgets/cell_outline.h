#pragma once

#include <QLineF>
#include <QSize>
#include <cstdint>
#include <span>
#include <vector>

namespace dinoscope {

/// The border between cells that are 0 and cells that are not (outside of the grid counts as 0), as few
/// straight lines in cell coordinates. `cells` is [rows * columns]; a wrong length gives no line.
std::vector<QLineF> cellOutline(std::span<const std::uint8_t> cells, QSize grid);

}  // namespace dinoscope
