#include "ui/neighbours/compare_column.h"

#include <QVBoxLayout>

#include "ui/neighbours/neighbours_text.h"
#include "ui/widgets/cell_outline.h"
#include "ui/widgets/metrics.h"
#include "ui/widgets/picture_card.h"

namespace dinoscope {

namespace {

constexpr int kLeastWidth = 168;
constexpr int kMostWidth = 360;

/// The patches' outline in shares of the picture, of which the grid may leave out a strip.
std::vector<QLineF> outlineOf(const api::PatchMask& mask, const QSizeF& picture) {
    const InputGeometry& geometry = mask.geometry;
    std::vector<QLineF> lines = cellOutline(mask.patches, {geometry.columns, geometry.rows});
    if (picture.isEmpty()) return {};
    const double x = geometry.coveredWidth() / geometry.columns / picture.width();
    const double y = geometry.coveredHeight() / geometry.rows / picture.height();
    for (QLineF& line : lines)
        line = QLineF(line.x1() * x, line.y1() * y, line.x2() * x, line.y2() * y);
    return lines;
}

}  // namespace

CompareColumn::CompareColumn(QWidget* parent) : QFrame(parent) {
    setObjectName(QStringLiteral("compareColumn"));
    query_ = new PictureCard(tr("Looking for"));
    query_->setObjectName(QStringLiteral("queryCard"));
    selected_ = new PictureCard(tr("Selected"));
    selected_->setObjectName(QStringLiteral("selectedCard"));
    setMinimumWidth(kLeastWidth);
    setMaximumWidth(kMostWidth);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(2 * kStep, kStep, 2 * kStep, kStep);
    column->setSpacing(2 * kStep);
    column->addWidget(query_, 1);
    column->addWidget(selected_, 1);
}

void CompareColumn::setQuery(const NeighbourQuery& query, const api::Gallery* gallery) {
    query_->setPart({});
    query_->setOutline({});
    if (!query.any()) {
        query_->setPicture({});
        query_->setTexts(tr("Nothing yet"), tr("Drop, paste or choose one"));
        return;
    }
    if (query.item && gallery) {
        const QString label = QString::fromStdString(gallery->item(*query.item).label);
        query_->setTexts(queryName(query, gallery), label.isEmpty() ? tr("of the gallery") : label);
        return;
    }
    if (!query.picture) return;
    const PictureQuery& picture = *query.picture;
    QString kind = tr("the whole picture");
    if (picture.region) {
        kind = tr("a part of %1 × %2 px").arg(picture.region->width()).arg(picture.region->height());
    }
    if (picture.mask) kind = tr("what the mask keeps");
    query_->setTexts(picture.name, kind);
    if (!picture.image) return;
    const QSizeF size(picture.image->width, picture.image->height);
    if (picture.region) {
        const QRectF part(*picture.region);
        query_->setPart({part.x() / size.width(), part.y() / size.height(), part.width() / size.width(),
                         part.height() / size.height()});
    }
    if (picture.mask) query_->setOutline(outlineOf(*picture.mask, size));
}

void CompareColumn::setQueryPicture(const QImage& picture) {
    query_->setPicture(picture);
}

void CompareColumn::setSelected(const QString& first, const QString& second) {
    selected_->setTexts(first, second);
}

void CompareColumn::setSelectedPicture(const QImage& picture) {
    selected_->setPicture(picture);
}

}  // namespace dinoscope
