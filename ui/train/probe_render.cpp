#include "ui/train/probe_render.h"

#include <QCoreApplication>
#include <QFontMetrics>
#include <QGuiApplication>
#include <QPainter>
#include <algorithm>
#include <cmath>

#include "ui/bridge/colour_bridge.h"
#include "ui/bridge/image_bridge.h"
#include "ui/theme.h"
#include "ui/train/probe_session.h"

namespace dinoscope {

namespace {

constexpr int kTile = 160;  // of a strip, the longer side
constexpr int kGap = 8;
constexpr int kMostColumns = 10;
constexpr QSize kVideo(1280, 720);
constexpr double kRate = 8;
constexpr int kHeldAtEnd = 12;  // pictures

QString tr(const char* text) {
    return QCoreApplication::translate("ProbeRender", text);
}

QString epochText(const api::ProbeLook& look) {
    return look.epochs == 0 ? tr("untrained") : tr("epoch %1").arg(look.epochs);
}

/// The picture at a size, with each grid over it.
std::vector<QImage> tilesOf(const QImage& base, const std::vector<ColouredGrid>& grids,
                            const api::ProbeFrame& frame, double opacity) {
    OverlayComposer composer;
    std::vector<QImage> tiles;
    for (const ColouredGrid& grid : grids) {
        QImage tile(base.size(), QImage::Format_RGB32);
        composer.compose(base, {grid, coveredOf(frame, base.size()), opacity, true}, tile);
        tiles.push_back(std::move(tile));
    }
    return tiles;
}

/// What is drawn of a look, in this order, and what it is called.
std::vector<ColouredGrid> gridsOf(const api::ProbeFrame& frame, const ProbeExport& what) {
    if (!what.both) return probeGrids(frame, what.view);
    std::vector<ColouredGrid> grids;
    for (const auto network : {api::ProbeFrame::Network::Teacher, api::ProbeFrame::Network::Student}) {
        ProbeView view = what.view;
        view.network = network;
        for (ColouredGrid& grid : probeGrids(frame, view))
            grids.push_back(std::move(grid));
    }
    return grids;
}

QStringList labelsOf(int heads, const ProbeExport& what) {
    const QStringList labels = probeLabels(heads);
    if (!what.both) return labels;
    QStringList all;
    for (const QString& network : {tr("teacher"), tr("student")}) {
        for (const QString& label : labels)
            all << tr("%1, %2").arg(network, label);
    }
    return all;
}

ImagePyramid pictureOf(const ProbeExport& what) {
    const auto frame = api::readProbeFrame(what.looks.back().file);
    return ImagePyramid(viewOf(std::make_shared<const Image>(readProbePicture(*frame, what.image))));
}

QFont fontOf(int pixels) {
    QFont font = QGuiApplication::font();
    font.setPixelSize(pixels);
    return font;
}

/// Columns that give the largest tiles of an aspect in a box, and their size.
std::pair<int, QSize> arrange(int tiles, QSize box, QSize picture, int label) {
    int columns = 1;
    QSize best;
    for (int tried = 1; tried <= tiles; ++tried) {
        const int rows = (tiles + tried - 1) / tried;
        const QSize room(box.width() / tried - kGap, box.height() / rows - kGap - label);
        const QSize size = picture.scaled(room, Qt::KeepAspectRatio);
        if (size.width() <= best.width()) continue;
        best = size;
        columns = tried;
    }
    return {columns, best};
}

void paintVideoFrame(QImage& canvas, const std::vector<QImage>& tiles, const QStringList& labels,
                     const QString& caption, int columns) {
    const QPalette dark = themePalette(true);
    QPainter painter(&canvas);
    painter.fillRect(canvas.rect(), dark.color(QPalette::Dark));
    painter.setFont(fontOf(18));
    const int label = painter.fontMetrics().height();
    const int rows = (int(tiles.size()) + columns - 1) / columns;
    const QSize size = tiles.front().size();
    const int wide = size.width() + kGap, high = size.height() + label + kGap;
    const int left = (canvas.width() - columns * wide + kGap) / 2;
    const int top = kGap;
    const int free = canvas.height() - rows * high - 3 * label;
    for (std::size_t i = 0; i < tiles.size(); ++i) {
        const QPoint at(left + int(i) % columns * wide, top + free / 2 + int(i) / columns * high);
        painter.drawImage(at, tiles[i]);
        painter.setPen(dark.color(QPalette::PlaceholderText));
        painter.drawText(QRect(at.x(), at.y() + size.height(), size.width(), label), Qt::AlignCenter,
                         labels.value(int(i)));
    }
    painter.setPen(dark.color(QPalette::WindowText));
    painter.setFont(fontOf(24));
    painter.drawText(canvas.rect().adjusted(2 * kGap, 0, -2 * kGap, -2 * kGap),
                     Qt::AlignBottom | Qt::AlignHCenter, caption);
}

}  // namespace

std::vector<ColouredGrid> probeGrids(const api::ProbeFrame& frame, const ProbeView& view) {
    const bool there = view.layer >= frame.firstLayer && view.layer < frame.firstLayer + frame.layers;
    const int layer = view.layer < 0 || !there ? frame.layers - 1 : view.layer - frame.firstLayer;
    const auto network = frame.has(view.network) ? view.network : api::ProbeFrame::Network::Teacher;
    const AttentionMap map = frame.map(network, layer);
    const Scale scale;
    std::vector<ColouredGrid> grids;
    const auto add = [&](std::span<const float> grid, ValueRange range) {
        grids.push_back({colouredGrid(grid, map.rows, map.columns, range, view.map), {}});
    };
    const std::vector<float> mean = meanOfHeads(map);
    add(mean, gridRange(mean, scale));
    const std::vector<ValueRange> ranges = headRanges(map, scale);
    for (int head = 0; head < map.heads; ++head)
        add(map.head(head), ranges[std::size_t(head)]);
    return grids;
}

QStringList probeLabels(int heads) {
    QStringList labels{tr("mean")};
    for (int head = 0; head < heads; ++head)
        labels << tr("head %1").arg(head);
    return labels;
}

QRectF coveredOf(const api::ProbeFrame& frame, QSize picture) {
    return {0, 0, frame.coveredWidth * picture.width(), frame.coveredHeight * picture.height()};
}

QString layerText(const api::ProbeFrame& frame, int layer) {
    const bool last = layer < 0 || layer == frame.firstLayer + frame.layers - 1;
    return last ? tr("last layer") : tr("layer %1").arg(layer);
}

QImage probeStrip(const ProbeExport& what, JobControl& control) {
    std::vector<api::ProbeLook> looks;
    const std::size_t count = std::min(what.looks.size(), std::size_t(kMostColumns));
    for (std::size_t i = 0; i < count; ++i)
        looks.push_back(what.looks[count > 1 ? i * (what.looks.size() - 1) / (count - 1) : 0]);
    const QImage base = pictureOf(what).scaledToFit({kTile, kTile});
    const QPalette paper = themePalette(false);
    const QFont font = fontOf(13);
    const QFontMetrics metrics(font);
    const int line = metrics.height() + kGap;
    QImage strip;
    QPainter painter;
    const int left = metrics.horizontalAdvance(labelsOf(88, what).back()) + 2 * kGap;
    control.setTotal(std::int64_t(looks.size()), "epochs");
    for (std::size_t column = 0; column < looks.size(); ++column) {
        control.poll();
        const auto frame = api::readProbeFrame(looks[column].file);
        const std::vector<QImage> tiles = tilesOf(base, gridsOf(*frame, what), *frame, what.view.opacity);
        const QSize cell = base.size() + QSize(kGap, kGap);
        if (strip.isNull()) {
            strip = QImage(left + int(looks.size()) * cell.width(),
                           2 * line + int(tiles.size()) * cell.height(), QImage::Format_RGB32);
            strip.fill(paper.color(QPalette::Window));
            painter.begin(&strip);
            painter.setFont(font);
            painter.setPen(paper.color(QPalette::WindowText));
            painter.drawText(QRect(kGap, 0, strip.width() - 2 * kGap, line), Qt::AlignVCenter | Qt::AlignLeft,
                             metrics.elidedText(what.title, Qt::ElideRight, strip.width() - 2 * kGap));
            painter.setPen(paper.color(QPalette::PlaceholderText));
            const QStringList labels = labelsOf(frame->heads, what);
            for (int row = 0; row < labels.size(); ++row) {
                painter.drawText(QRect(kGap, 2 * line + row * cell.height(), left, base.height()),
                                 Qt::AlignVCenter | Qt::AlignLeft, labels[row]);
            }
        }
        const int x = left + int(column) * cell.width();
        painter.drawText(QRect(x, line, base.width(), line), Qt::AlignCenter, epochText(looks[column]));
        for (std::size_t row = 0; row < tiles.size(); ++row)
            painter.drawImage(x, 2 * line + int(row) * cell.height(), tiles[row]);
        control.advance();
    }
    painter.end();
    return strip;
}

void writeProbeVideo(const ProbeExport& what, const std::filesystem::path& file, JobControl& control) {
    const ImagePyramid picture = pictureOf(what);
    control.setTotal(std::int64_t(what.looks.size()), "epochs");
    VideoWriter writer(file, kVideo.width(), kVideo.height(), kRate);
    QImage canvas(kVideo, QImage::Format_RGB32);
    const int line = QFontMetrics(fontOf(18)).height();
    Image rgb;
    for (const api::ProbeLook& look : what.looks) {
        control.poll();
        const auto frame = api::readProbeFrame(look.file);
        const std::vector<ColouredGrid> grids = gridsOf(*frame, what);
        const auto [columns, size] =
            arrange(int(grids.size()), kVideo - QSize(2 * kGap, 3 * line), picture.size(), line);
        const std::vector<QImage> tiles =
            tilesOf(picture.full()
                        .scaled(size, Qt::IgnoreAspectRatio, Qt::SmoothTransformation)
                        .convertToFormat(QImage::Format_RGB32),
                    grids, *frame, what.view.opacity);
        paintVideoFrame(canvas, tiles, labelsOf(frame->heads, what),
                        what.title + QStringLiteral(" · ") + epochText(look), columns);
        rgb = imageFrom(canvas);
        writer.add(rgb);
        control.advance();
    }
    for (int i = 0; i < kHeldAtEnd; ++i)
        writer.add(rgb);
    control.poll();
    writer.finish();
}

}  // namespace dinoscope
