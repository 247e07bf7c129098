#include "ui/bridge/colour_bridge.h"

#include <algorithm>

namespace dinoscope {

QList<QRgb> colourTableOf(ColourMap map) {
    const auto& table = colourTable(map);
    return {table.begin(), table.end()};
}

QImage colouredGrid(std::span<const float> grid, int rows, int columns, ValueRange range, ColourMap map) {
    QImage picture(columns, rows, QImage::Format_Indexed8);
    picture.setColorTable(colourTableOf(map));
    for (int row = 0; row < rows; ++row) {
        uchar* line = picture.scanLine(row);
        const float* values = grid.data() + std::size_t(row) * std::size_t(columns);
        for (int column = 0; column < columns; ++column)
            line[column] = static_cast<uchar>(std::min(255, int(range.normalise(values[column]) * 256)));
    }
    return picture;
}

std::vector<QColor> gradientOf(ColourMap map) {
    constexpr int kStops = 16;
    std::vector<QColor> colours;
    for (int i = 0; i <= kStops; ++i)
        colours.emplace_back(QRgb(colour(map, float(i) / kStops)));
    return colours;
}

QString titleOf(ColourMap map) {
    QString title = QString::fromStdString(name(map));
    if (!title.isEmpty()) title[0] = title[0].toUpper();
    return title;
}

QColor hueOf(int head, int heads) {
    return QColor(QRgb(headHue(head, heads)));
}

}  // namespace dinoscope
