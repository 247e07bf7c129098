#include "ui/bridge/colour_bridge.h"

namespace dinoscope {

QList<QRgb> colourTableOf(ColourMap map) {
    const auto& table = colourTable(map);
    return {table.begin(), table.end()};
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
