#pragma once

#include <QImage>
#include <QRectF>
#include <cstdint>
#include <vector>

namespace dinoscope {

/// Colours of a patch grid, one pixel a cell.
struct ColouredGrid {
    /// Indexed8 with 256 opaque colours: neighbouring values are mixed, then coloured. Or
    /// ARGB32_Premultiplied: colours are mixed. Null for none.
    QImage colours;
    /// 0 for cells whose colour is left out and whose part of the picture is darkened; empty for none.
    std::vector<std::uint8_t> kept;  // [rows * columns]

    bool isNull() const { return colours.isNull(); }
};

/// A grid, and how it lies on a picture.
struct GridOverlay {
    ColouredGrid grid;
    QRectF covered;      ///< the part that the grid covers, in pixels of the picture
    double opacity = 1;  ///< 0 to 1
    bool smooth = true;  ///< bilinear between patch centres, else one block a patch
};

/// Lays a grid's colours over a picture: the one way that canvas, head tiles and exported views share. One
/// pass over the target; keeps buffers of a few rows and allocates nothing of image size.
class OverlayComposer {
public:
    /// target = base with the overlay on it. Both RGB32 and of the same size. Colours are exact to 2 levels
    /// of 255; what the grid does not cover is copied.
    void compose(const QImage& base, const GridOverlay& overlay, QImage& target);

private:
    /// One row of the grid, widened to the target's columns.
    struct WideRow {
        int row = -1;
        std::vector<std::uint8_t> index;    ///< of an Indexed8 grid, one a pixel
        std::vector<std::uint16_t> colour;  ///< of an ARGB grid: premultiplied by the opacity, 4 a pixel
        std::vector<std::uint16_t> clear;   ///< of an ARGB grid: 128 lets all of the base through, 4 a pixel
    };

    void plan(const GridOverlay& overlay, int left, int right);
    void widen(const GridOverlay& overlay, WideRow& wide) const;
    void makeReady(const GridOverlay& overlay, int slot, int row);
    void blendIndexed(const std::uint8_t* base, int weight, std::uint8_t* out);
    void blendColours(const std::uint8_t* base, int weight, std::uint8_t* out) const;
    void darken(const GridOverlay& overlay, int gridRow, int left, const std::uint8_t* base,
                std::uint8_t* out) const;

    std::vector<int> column_;  ///< the left one of the two cells to mix, one a pixel
    std::vector<int> weight_;  ///< of the right one, 0 to 256
    std::vector<int> edges_;   ///< first pixel of each cell, and the end of the last
    WideRow rows_[2];
    std::vector<QRgb> tints_;  ///< one a pixel
    QRgb premultiplied_[256];
    int clear_ = 0;  ///< of an Indexed8 grid, 0 to 256
};

}  // namespace dinoscope
