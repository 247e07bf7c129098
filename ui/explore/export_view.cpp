#include "ui/explore/export_view.h"

#include <QPainter>
#include <algorithm>

#include "engine/api/core.h"
#include "engine/api/images.h"
#include "ui/bridge/image_bridge.h"
#include "ui/widgets/cell_outline.h"

namespace dinoscope {

namespace {

/// The longer side of a view, about. In it a photograph is seen reduced: a line as thin as one of its pixels
/// would be lost.
constexpr int kViewSide = 1000;

/// A line on the border of the picture lies inside: other than in the canvas there is nothing beside it.
QPointF within(const QSize& picture, const QPointF& corner, int width) {
    const auto keep = [width](double value, int side) {
        return std::min(std::max(value, double(width / 2)), double(side - 1 - (width - 1) / 2));
    };
    return {keep(corner.x(), picture.width()), keep(corner.y(), picture.height())};
}

void outlineKept(const GridOverlay& overlay, QImage& target) {
    const QSize grid = overlay.grid.colours.size();
    const int width = std::max(1, std::max(target.width(), target.height()) / kViewSide);
    std::vector<QLineF> lines = placedOutline(cellOutline(overlay.grid.kept, grid), grid, overlay.covered);
    for (QLineF& line : lines)
        line = QLineF(within(target.size(), line.p1(), width), within(target.size(), line.p2(), width));
    if (lines.empty()) return;
    QPainter painter(&target);
    drawOutline(painter, lines, width);
}

}  // namespace

QImage renderSeen(const SeenView& seen) {
    const QImage base = viewOf(seen.image).convertToFormat(QImage::Format_RGB32);
    QImage target(base.size(), QImage::Format_RGB32);
    OverlayComposer().compose(base, seen.overlay, target);
    outlineKept(seen.overlay, target);
    return target;
}

std::string seenFileName(const api::AttentionView& view) {
    return std::filesystem::path(view.image).stem().string() + "-view.png";
}

std::vector<std::filesystem::path> exportView(const ExportRequest& request, JobControl& control) {
    std::vector<std::filesystem::path> files;
    makeFolder(request.folder);
    if (request.asSeen) {
        const std::filesystem::path file = request.folder / seenFileName(request.view);
        writePng(file, imageFrom(renderSeen(request.seen)));
        files.push_back(file);
        control.poll();
    }
    if (request.heads || request.raw) {
        const auto written = api::exportAttention(request.view, *request.seen.image, *request.field,
                                                  request.folder, request.heads, request.raw, control);
        files.insert(files.end(), written.begin(), written.end());
    }
    return files;
}

}  // namespace dinoscope
