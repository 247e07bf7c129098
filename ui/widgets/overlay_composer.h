#pragma once

#include <QImage>
#include <QRectF>
#include <cstdint>
#include <vector>

namespace dinoscope {

/// Colours of a patch grid, and where they lie on a picture.
struct GridOverlay {
    QImage grid;         ///< ARGB32_Premultiplied, one pixel a patch; null for none
    QRectF covered;      ///< the part that the grid covers, in pixels of the picture
    double opacity = 1;  ///< 0 to 1
    bool smooth = true;  ///< bilinear between patch centres, else one block a patch
};

/// Lays a grid's colours over a picture: the one way that canvas, head tiles and exported views share.
/// Costs one pass over the target (about 3 ms at 1920x1080) and keeps its buffers of a few rows.
class OverlayComposer {
public:
    /// target = base with the overlay on it. Both RGB32 and of the same size; nothing of image size is
    /// allocated. Colours are exact to 2 levels of 255; what the grid does not cover is copied.
    void compose(const QImage& base, const GridOverlay& overlay, QImage& target);

private:
    /// One row of the grid, widened to the target's columns.
    struct WideRow {
        int row = -1;
        std::vector<std::uint16_t> colour;        ///< premultiplied by the opacity, 4 a pixel, 0 to 255
        std::vector<std::uint16_t> transparency;  ///< 4 a pixel, 0 to 128
    };

    void planColumns(const GridOverlay& overlay, int first, int last);
    const WideRow& wideRow(const GridOverlay& overlay, int row, int slot);

    std::vector<int> column_;    ///< the left one of the two grid columns to mix, one a pixel
    std::vector<int> weight_;    ///< of the right one, 0 to 256
    WideRow rows_[2];
};

}  // namespace dinoscope
