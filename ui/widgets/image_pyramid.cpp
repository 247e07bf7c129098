#include "ui/widgets/image_pyramid.h"

#include <algorithm>

namespace dinoscope {

namespace {

constexpr int kSmallestSide = 64;      // below it another level saves nothing
constexpr double kSquarePixels = 4.0;  // from this scale on, single pixels are what one wants to see

/// Mean of each 2x2 block.
QImage halved(const QImage& image) {
    const int width = std::max(1, image.width() / 2);
    const int height = std::max(1, image.height() / 2);
    QImage half(width, height, QImage::Format_RGB32);
    const int step = image.depth() / 8;
    const bool blueFirst = step == 4;  // RGB32 in memory order, against RGB888
    for (int y = 0; y < height; ++y) {
        const uchar* upper = image.constScanLine(std::min(2 * y, image.height() - 1));
        const uchar* lower = image.constScanLine(std::min(2 * y + 1, image.height() - 1));
        auto* out = reinterpret_cast<QRgb*>(half.scanLine(y));
        for (int x = 0; x < width; ++x) {
            const int left = std::min(2 * x, image.width() - 1) * step;
            const int right = std::min(2 * x + 1, image.width() - 1) * step;
            int mean[3];
            for (int c = 0; c < 3; ++c) {
                mean[c] = (upper[left + c] + upper[right + c] + lower[left + c] + lower[right + c] + 2) / 4;
            }
            out[x] = blueFirst ? qRgb(mean[2], mean[1], mean[0]) : qRgb(mean[0], mean[1], mean[2]);
        }
    }
    return half;
}

}  // namespace

ImagePyramid::ImagePyramid(QImage image) {
    if (image.isNull()) return;
    levels_.push_back(std::move(image));
    while (std::min(levels_.back().width(), levels_.back().height()) > kSmallestSide) {
        levels_.push_back(halved(levels_.back()));
    }
}

const QImage& ImagePyramid::levelFor(double scale) const {
    std::size_t level = 0;
    for (double left = scale; left <= 0.5 && level + 1 < levels_.size(); left *= 2)
        ++level;
    return levels_[level];
}

void ImagePyramid::paint(QPainter& painter, const QRectF& target, double scale) const {
    if (isNull()) return;
    const QImage& level = levelFor(scale);
    const bool exact = &level == &full() && scale == 1.0;
    painter.setRenderHint(QPainter::SmoothPixmapTransform, !exact && scale < kSquarePixels);
    painter.drawImage(target, level, QRectF(level.rect()));
}

QImage ImagePyramid::scaledToFit(const QSize& box) const {
    const QSize fitted = size().scaled(box, Qt::KeepAspectRatio).expandedTo({1, 1});
    QImage result(fitted, QImage::Format_RGB32);
    QPainter painter(&result);
    paint(painter, QRectF(QPointF(), QSizeF(fitted)), double(fitted.width()) / size().width());
    return result;
}

}  // namespace dinoscope
