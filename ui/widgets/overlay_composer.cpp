#include "ui/widgets/overlay_composer.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace dinoscope {

namespace {

constexpr int kDarkened = 90;  // of 256: the brightness that left-out cells keep, as in exported overlays

struct Mix {
    int first;   ///< cell
    int weight;  ///< of the one after it, 0 to 256
};

/// Which two of `cells` a pixel centre at `position` (in cells from the edge) mixes.
Mix mixAt(double position, int cells, bool smooth) {
    if (!smooth) return {std::clamp(int(std::floor(position)), 0, cells - 1), 0};
    const double centred = std::clamp(position - 0.5, 0.0, double(cells - 1));
    const int first = std::min(int(centred), std::max(0, cells - 2));
    return {first, int(std::lround((centred - first) * 256))};
}

std::uint16_t sixteen(int value) {
    return static_cast<std::uint16_t>(value);
}

/// The first pixel whose centre lies at or behind `edge`.
int firstPixel(double edge, int pixels) {
    return std::clamp(int(std::ceil(edge - 0.5)), 0, pixels);
}

}  // namespace

/// What depends on the columns and the opacity only.
void OverlayComposer::plan(const GridOverlay& overlay, int left, int right) {
    const QImage& grid = overlay.grid.colours;
    const double cell = overlay.covered.width() / grid.width();
    const auto pixels = std::size_t(right - left);
    column_.resize(pixels);
    weight_.resize(pixels);
    tints_.resize(pixels);
    for (int x = left; x < right; ++x) {
        const Mix mix = mixAt((x + 0.5 - overlay.covered.left()) / cell, grid.width(), overlay.smooth);
        column_[std::size_t(x - left)] = mix.first;
        weight_[std::size_t(x - left)] = mix.weight;
    }
    edges_.resize(std::size_t(grid.width()) + 1);
    for (int column = 0; column <= grid.width(); ++column) {
        edges_[std::size_t(column)] =
            std::clamp(firstPixel(overlay.covered.left() + column * cell, right), left, right);
    }
    for (WideRow& wide : rows_) {
        wide.row = -1;
        const bool indexed = grid.format() == QImage::Format_Indexed8;
        wide.index.resize(indexed ? pixels : 0);
        wide.colour.resize(indexed ? 0 : pixels * 4);
        wide.clear.resize(indexed ? 0 : pixels * 4);
    }
    const int opacity = int(std::lround(overlay.opacity * 256));
    clear_ = 256 - opacity;
    if (grid.format() != QImage::Format_Indexed8) return;
    const QList<QRgb> table = grid.colorTable();
    for (int i = 0; i < 256; ++i) {
        const QRgb colour = i < table.size() ? table[i] : qRgb(0, 0, 0);
        const auto share = [&](int value) { return (value * opacity + 128) >> 8; };
        premultiplied_[i] = qRgb(share(qRed(colour)), share(qGreen(colour)), share(qBlue(colour)));
    }
}

void OverlayComposer::widen(const GridOverlay& overlay, WideRow& wide) const {
    const QImage& grid = overlay.grid.colours;
    const int last = grid.width() - 1;
    if (grid.format() == QImage::Format_Indexed8) {
        const uchar* source = grid.constScanLine(wide.row);
        for (std::size_t i = 0; i < column_.size(); ++i) {
            const int left = source[column_[i]];
            const int right = source[std::min(column_[i] + 1, last)];
            wide.index[i] = std::uint8_t((left * (256 - weight_[i]) + right * weight_[i] + 128) >> 8);
        }
        return;
    }
    const auto* source = reinterpret_cast<const QRgb*>(grid.constScanLine(wide.row));
    const int opacity = 256 - clear_;
    for (std::size_t i = 0; i < column_.size(); ++i) {
        const QRgb left = source[column_[i]];
        const QRgb right = source[std::min(column_[i] + 1, last)];
        const int share = weight_[i];
        const auto mixed = [&](int shift) {
            const int value = int(left >> shift & 255) * (256 - share) + int(right >> shift & 255) * share;
            return (value * opacity + (1 << 15)) >> 16;
        };
        for (int channel = 0; channel < 4; ++channel) {
            wide.colour[i * 4 + std::size_t(channel)] = sixteen(mixed(channel * 8));
        }
        std::fill_n(&wide.clear[i * 4], 4, sixteen(128 - (mixed(24) * 128 + 127) / 255));
    }
}

/// Rows come in ascending order: the lower row of one pixel row is often the upper one of the next.
void OverlayComposer::makeReady(const GridOverlay& overlay, int slot, int row) {
    if (rows_[slot].row == row) return;
    if (rows_[1 - slot].row == row) {
        std::swap(rows_[0], rows_[1]);
        return;
    }
    rows_[slot].row = row;
    widen(overlay, rows_[slot]);
}

void OverlayComposer::blendIndexed(const std::uint8_t* base, int weight, std::uint8_t* out) {
    const std::uint8_t* upper = rows_[0].index.data();
    const std::uint8_t* lower = weight > 0 ? rows_[1].index.data() : upper;
    const std::uint16_t w1 = sixteen(weight);
    const std::uint16_t w0 = sixteen(256 - weight);
    const std::size_t pixels = tints_.size();
    QRgb* tints = tints_.data();
    for (std::size_t x = 0; x < pixels; ++x) {
        tints[x] = premultiplied_[std::uint16_t(upper[x] * w0 + lower[x] * w1 + 128) >> 8];
    }
    const auto* tint = reinterpret_cast<const std::uint8_t*>(tints);
    const std::uint16_t clear = sixteen(clear_);
    for (std::size_t i = 0; i < pixels * 4; ++i) {
        const std::uint16_t sum = sixteen(tint[i] + (sixteen(base[i] * clear + 128) >> 8));
        out[i] = static_cast<std::uint8_t>(std::min<std::uint16_t>(sum, 255));
    }
}

void OverlayComposer::blendColours(const std::uint8_t* base, int weight, std::uint8_t* out) const {
    const std::uint16_t* colour0 = rows_[0].colour.data();
    const std::uint16_t* colour1 = weight > 0 ? rows_[1].colour.data() : colour0;
    const std::uint16_t* clear0 = rows_[0].clear.data();
    const std::uint16_t* clear1 = weight > 0 ? rows_[1].clear.data() : clear0;
    const std::uint16_t w1 = sixteen(weight);
    const std::uint16_t w0 = sixteen(256 - weight);
    const std::size_t count = tints_.size() * 4;
    for (std::size_t i = 0; i < count; ++i) {
        const std::uint16_t colour = sixteen(sixteen(colour0[i] * w0 + colour1[i] * w1 + 128) >> 8);
        const std::uint16_t clear = sixteen(sixteen(clear0[i] * w0 + clear1[i] * w1 + 128) >> 8);
        const std::uint16_t sum = sixteen(colour + (sixteen(base[i] * clear + 64) >> 7));
        out[i] = static_cast<std::uint8_t>(std::min<std::uint16_t>(sum, 255));
    }
}

void OverlayComposer::darken(const GridOverlay& overlay, int gridRow, int left, const std::uint8_t* base,
                             std::uint8_t* out) const {
    const int columns = overlay.grid.colours.width();
    const std::uint8_t* kept = overlay.grid.kept.data() + std::size_t(gridRow) * std::size_t(columns);
    for (int column = 0; column < columns; ++column) {
        if (kept[column]) continue;
        const int first = (edges_[std::size_t(column)] - left) * 4;
        const int last = (edges_[std::size_t(column) + 1] - left) * 4;
        for (int i = first; i < last; ++i)
            out[i] = static_cast<std::uint8_t>(base[i] * kDarkened >> 8);
    }
}

void OverlayComposer::compose(const QImage& base, const GridOverlay& overlay, QImage& target) {
    const QImage& grid = overlay.grid.colours;
    const QRectF& area = overlay.covered;
    const int width = target.width();
    const int height = target.height();
    const bool masked = !overlay.grid.kept.empty();
    const bool visible = !grid.isNull() && (overlay.opacity > 0 || masked) && !area.isEmpty();
    const int left = visible ? firstPixel(area.left(), width) : 0;
    const int right = visible ? firstPixel(area.right(), width) : 0;
    const int top = visible ? firstPixel(area.top(), height) : 0;
    const int bottom = visible ? firstPixel(area.bottom(), height) : 0;
    if (right > left) plan(overlay, left, right);

    const double cell = visible ? area.height() / grid.height() : 1;
    for (int y = 0; y < height; ++y) {
        const std::uint8_t* from = base.constScanLine(y);
        std::uint8_t* to = target.scanLine(y);
        if (y < top || y >= bottom || right <= left) {
            std::memcpy(to, from, std::size_t(width) * 4);
            continue;
        }
        std::memcpy(to, from, std::size_t(left) * 4);
        std::memcpy(to + right * 4, from + right * 4, std::size_t(width - right) * 4);
        const double position = (y + 0.5 - area.top()) / cell;
        const Mix mix = mixAt(position, grid.height(), overlay.smooth);
        makeReady(overlay, 0, mix.first);
        if (mix.weight > 0) makeReady(overlay, 1, std::min(mix.first + 1, grid.height() - 1));
        if (grid.format() == QImage::Format_Indexed8) {
            blendIndexed(from + left * 4, mix.weight, to + left * 4);
        } else {
            blendColours(from + left * 4, mix.weight, to + left * 4);
        }
        if (masked) {
            const int row = std::clamp(int(std::floor(position)), 0, grid.height() - 1);
            darken(overlay, row, left, from + left * 4, to + left * 4);
        }
    }
}

}  // namespace dinoscope
