#pragma once

#include <QImage>
#include <QPainter>
#include <QRectF>
#include <vector>

namespace dinoscope {

/// A picture and its halves, so that a large one is drawn small quickly and without aliasing.
class ImagePyramid {
public:
    ImagePyramid() = default;
    /// `image` is RGB888 or RGB32; it becomes level 0 as it is. Takes about 5 ms a megapixel: not on the GUI
    /// thread where the picture is a photograph.
    explicit ImagePyramid(QImage image);

    bool isNull() const { return levels_.empty(); }
    QSize size() const { return isNull() ? QSize() : levels_.front().size(); }
    const QImage& full() const { return levels_.front(); }

    /// The level to draw at `scale` device pixels a picture pixel: never enlarged, if it can be helped, and
    /// never reduced by more than 2.
    const QImage& levelFor(double scale) const;

    /// Paints the whole picture into `target`, at device resolution. Pixels stay sharp squares from 4 times
    /// on.
    void paint(QPainter& painter, const QRectF& target, double scale) const;

    /// A copy that fits into `box`, RGB32.
    QImage scaledToFit(const QSize& box) const;

private:
    std::vector<QImage> levels_;  ///< each half of the one before, rounded down, at least 1x1
};

}  // namespace dinoscope
