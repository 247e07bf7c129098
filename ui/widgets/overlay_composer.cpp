#include "ui/widgets/overlay_composer.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace dinoscope {

namespace {

struct Mix {
    int first;   ///< grid index
    int weight;  ///< of first + 1, 0 to 256
};

/// Which two grid cells a pixel centre at `position` (in cells from the left edge) mixes.
Mix mixAt(double position, int cells, bool smooth) {
    if (!smooth) return {std::clamp(int(std::floor(position)), 0, cells - 1), 0};
    const double centred = std::clamp(position - 0.5, 0.0, double(cells - 1));
    const int first = std::min(int(centred), std::max(0, cells - 2));
    return {first, int(std::lround((centred - first) * 256))};
}

/// The two rows mixed by `weight` over `base`. All arrays hold one entry a colour channel.
void blendRow(const std::uint8_t* base, const std::uint16_t* colour0, const std::uint16_t* colour1,
              const std::uint16_t* clear0, const std::uint16_t* clear1, unsigned weight, std::uint8_t* out,
              int count) {
    const auto w1 = static_cast<std::uint16_t>(weight);
    const auto w0 = static_cast<std::uint16_t>(256 - weight);
    for (int i = 0; i < count; ++i) {
        const auto colour = static_cast<std::uint16_t>(
            static_cast<std::uint16_t>(colour0[i] * w0 + colour1[i] * w1 + 128) >> 8);
        const auto clear = static_cast<std::uint16_t>(
            static_cast<std::uint16_t>(clear0[i] * w0 + clear1[i] * w1 + 128) >> 8);
        const auto below = static_cast<std::uint16_t>(static_cast<std::uint16_t>(base[i] * clear + 64) >> 7);
        const auto sum = static_cast<std::uint16_t>(colour + below);
        out[i] = static_cast<std::uint8_t>(std::min<std::uint16_t>(sum, 255));
    }
}

}  // namespace

void OverlayComposer::planColumns(const GridOverlay& overlay, int first, int last) {
    const int columns = overlay.grid.width();
    const double cell = overlay.covered.width() / columns;
    column_.resize(std::size_t(last - first));
    weight_.resize(column_.size());
    for (int x = first; x < last; ++x) {
        const Mix mix = mixAt((x + 0.5 - overlay.covered.left()) / cell, columns, overlay.smooth);
        column_[std::size_t(x - first)] = mix.first;
        weight_[std::size_t(x - first)] = mix.weight;
    }
    for (WideRow& wide : rows_) {
        wide.row = -1;
        wide.colour.resize(column_.size() * 4);
        wide.transparency.resize(column_.size() * 4);
    }
}

const OverlayComposer::WideRow& OverlayComposer::wideRow(const GridOverlay& overlay, int row, int slot) {
    WideRow& wide = rows_[slot];
    if (wide.row == row) return wide;
    if (rows_[1 - slot].row == row) {
        std::swap(rows_[0], rows_[1]);
        return wide;
    }
    wide.row = row;
    const auto* source = reinterpret_cast<const QRgb*>(overlay.grid.constScanLine(row));
    const int opacity = int(std::lround(overlay.opacity * 256));
    const int lastColumn = overlay.grid.width() - 1;
    for (std::size_t i = 0; i < column_.size(); ++i) {
        const QRgb left = source[column_[i]];
        const QRgb right = source[std::min(column_[i] + 1, lastColumn)];
        const int w1 = weight_[i];
        const int w0 = 256 - w1;
        const auto mixed = [&](int shift) {
            const int value = int(left >> shift & 255) * w0 + int(right >> shift & 255) * w1;  // 0 to 65280
            return (value * opacity + (1 << 15)) >> 16;
        };
        const int alpha = mixed(24);
        std::uint16_t* colour = &wide.colour[i * 4];
        for (int channel = 0; channel < 4; ++channel) {
            colour[channel] = static_cast<std::uint16_t>(mixed(channel * 8));
        }
        const auto clear = static_cast<std::uint16_t>(128 - (alpha * 128 + 127) / 255);
        std::fill_n(&wide.transparency[i * 4], 4, clear);
    }
    return wide;
}

void OverlayComposer::compose(const QImage& base, const GridOverlay& overlay, QImage& target) {
    const int width = target.width();
    const int height = target.height();
    const QRectF& area = overlay.covered;
    const bool visible = !overlay.grid.isNull() && overlay.opacity > 0 && area.width() > 0 && area.height() > 0;
    // A pixel is covered if its centre is.
    const int left = visible ? std::clamp(int(std::ceil(area.left() - 0.5)), 0, width) : 0;
    const int right = visible ? std::clamp(int(std::ceil(area.right() - 0.5)), left, width) : 0;
    const int top = visible ? std::clamp(int(std::ceil(area.top() - 0.5)), 0, height) : 0;
    const int bottom = visible ? std::clamp(int(std::ceil(area.bottom() - 0.5)), top, height) : 0;
    if (right > left) planColumns(overlay, left, right);

    const double cell = visible ? area.height() / overlay.grid.height() : 1;
    for (int y = 0; y < height; ++y) {
        const std::uint8_t* from = base.constScanLine(y);
        std::uint8_t* to = target.scanLine(y);
        if (y < top || y >= bottom || right <= left) {
            std::memcpy(to, from, std::size_t(width) * 4);
            continue;
        }
        std::memcpy(to, from, std::size_t(left) * 4);
        std::memcpy(to + right * 4, from + right * 4, std::size_t(width - right) * 4);
        const Mix mix = mixAt((y + 0.5 - area.top()) / cell, overlay.grid.height(), overlay.smooth);
        const int second = std::min(mix.first + 1, overlay.grid.height() - 1);
        wideRow(overlay, mix.first, 0);
        if (second != mix.first && mix.weight > 0) wideRow(overlay, second, 1);
        const WideRow& upper = rows_[0];
        const WideRow& lower = mix.weight > 0 && second != mix.first ? rows_[1] : rows_[0];
        blendRow(from + left * 4, upper.colour.data(), lower.colour.data(), upper.transparency.data(),
                 lower.transparency.data(), unsigned(mix.weight), to + left * 4, (right - left) * 4);
    }
}

}  // namespace dinoscope
