#include "ui/neighbours/compare_column.h"

#include <QAbstractItemView>
#include <QAction>
#include <QComboBox>
#include <QHBoxLayout>
#include <QSignalBlocker>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>

#include "ui/bridge/colour_bridge.h"
#include "ui/neighbours/neighbours_text.h"
#include "ui/widgets/cell_outline.h"
#include "ui/widgets/metrics.h"
#include "ui/widgets/overlay_composer.h"
#include "ui/widgets/picture_card.h"

namespace dinoscope {

namespace {

constexpr int kLeastWidth = 168;
constexpr int kUsualWidth = 192;
constexpr int kMostWidth = 360;
constexpr int kMeanOfHeads = -1;
constexpr double kOpacity = 0.6;  // as Explore begins with

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

QImage withAttention(const QImage& picture, const PictureAttention& attention, int head) {
    const AttentionMap& map = attention.map;
    const InputGeometry& geometry = attention.geometry;
    const std::vector<float> mean = meanOfHeads(map);
    const bool one = head != kMeanOfHeads && head < map.heads;
    const std::span<const float> values = one ? map.head(head) : std::span<const float>(mean);
    GridOverlay overlay;
    overlay.grid.colours =
        colouredGrid(values, map.rows, map.columns, gridRange(values, Scale{}), ColourMap::Viridis);
    overlay.covered = QRectF(0, 0, picture.width() * geometry.coveredWidth() / geometry.imageWidth,
                             picture.height() * geometry.coveredHeight() / geometry.imageHeight);
    overlay.opacity = kOpacity;
    const QImage base = picture.convertToFormat(QImage::Format_RGB32);
    QImage composed(base.size(), QImage::Format_RGB32);
    OverlayComposer().compose(base, overlay, composed);
    return composed;
}

}  // namespace

CompareColumn::CompareColumn(QAction* attention, QWidget* parent) : QFrame(parent) {
    setObjectName(QStringLiteral("compareColumn"));
    query_.card = new PictureCard(tr("Looking for"));
    query_.card->setObjectName(QStringLiteral("queryCard"));
    selected_.card = new PictureCard(tr("Selected"));
    selected_.card->setObjectName(QStringLiteral("selectedCard"));
    setMinimumWidth(kLeastWidth);
    setMaximumWidth(kMostWidth);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(2 * kStep, kStep, 2 * kStep, kStep);
    column->setSpacing(2 * kStep);
    column->addWidget(makeBar(attention));
    column->addWidget(query_.card, 1);
    column->addWidget(selected_.card, 1);
}

QSize CompareColumn::sizeHint() const {
    return {kUsualWidth, QFrame::sizeHint().height()};
}

QWidget* CompareColumn::makeBar(QAction* attention) {
    auto* button = new QToolButton;
    button->setDefaultAction(attention);
    button->setObjectName(QStringLiteral("pairAttention"));
    button->setToolButtonStyle(Qt::ToolButtonTextOnly);
    button->setProperty("look", "switch");
    button->setFocusPolicy(Qt::TabFocus);
    // Without a gallery it would be a grey word above nothing; the pictures stay where they are.
    QSizePolicy keepsRoom = button->sizePolicy();
    keepsRoom.setRetainSizeWhenHidden(true);
    button->setSizePolicy(keepsRoom);
    const auto showButton = [button, attention] { button->setVisible(attention->isEnabled()); };
    connect(attention, &QAction::enabledChanged, button, showButton);
    showButton();
    head_ = new QComboBox;
    head_->setObjectName(QStringLiteral("pairHead"));
    head_->setProperty("look", "narrow");
    head_->setAccessibleName(tr("Head whose attention is shown, or the mean of all"));
    head_->setToolTip(head_->accessibleName());
    // It gives way in a narrow column, and the pictures do not jump when it comes.
    QSizePolicy policy(QSizePolicy::Ignored, QSizePolicy::Fixed);
    policy.setRetainSizeWhenHidden(true);
    head_->setSizePolicy(policy);
    head_->hide();
    connect(head_, &QComboBox::currentIndexChanged, this, [this] {
        draw(query_);
        draw(selected_);
    });
    auto* bar = new QWidget;
    auto* row = new QHBoxLayout(bar);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(kHalfStep);
    row->addWidget(button);
    row->addWidget(head_, 1);
    return bar;
}

void CompareColumn::setQuery(const NeighbourQuery& query, const api::Gallery* gallery) {
    query_.card->setPart({});
    query_.card->setOutline({});
    if (!query.any()) {
        setQueryPicture({});
        query_.card->setTexts(tr("Nothing yet"), tr("Drop, paste or choose one"));
        return;
    }
    if (query.item && gallery) {
        const QString label = QString::fromStdString(gallery->item(*query.item).label);
        query_.card->setTexts(queryName(query, gallery), label.isEmpty() ? tr("of the gallery") : label);
        return;
    }
    if (!query.picture) return;
    const PictureQuery& picture = *query.picture;
    QString kind = tr("the whole picture");
    if (picture.region) {
        kind = tr("a part of %1 × %2 px").arg(picture.region->width()).arg(picture.region->height());
    }
    if (picture.mask) kind = tr("what the mask keeps");
    query_.card->setTexts(picture.name, kind);
    if (picture.size.isEmpty()) return;
    const QSizeF size(picture.size);
    if (picture.region) {
        const QRectF part(*picture.region);
        query_.card->setPart({part.x() / size.width(), part.y() / size.height(), part.width() / size.width(),
                              part.height() / size.height()});
    }
    if (picture.mask) query_.card->setOutline(outlineOf(*picture.mask, size));
}

void CompareColumn::setQueryPicture(const QImage& picture) {
    query_.picture = picture;
    draw(query_);
}

void CompareColumn::setSelected(const QString& first, const QString& second) {
    selected_.card->setTexts(first, second);
}

void CompareColumn::setSelectedPicture(const QImage& picture) {
    selected_.picture = picture;
    draw(selected_);
}

void CompareColumn::setAttention(const SharedAttention& query, const SharedAttention& selected) {
    if (query == query_.attention && selected == selected_.attention) return;
    query_.attention = query;
    selected_.attention = selected;
    const SharedAttention& any = query ? query : selected;
    if (any) fillHeads(any->map.heads);
    head_->setVisible(any && any->map.heads > 1);
    draw(query_);
    draw(selected_);
}

/// The choice stays as long as there is such a head.
void CompareColumn::fillHeads(int heads) {
    if (head_->count() == heads + 1) return;
    const QSignalBlocker quiet(head_);
    const int before = std::max(0, head_->currentIndex());
    head_->clear();
    head_->addItem(tr("Mean"));
    for (int head = 0; head < heads; ++head)
        head_->addItem(tr("Head %1").arg(head));
    head_->setCurrentIndex(before <= heads ? before : 0);
    head_->view()->setMinimumWidth(head_->view()->sizeHintForColumn(0) + 4 * kStep);
}

void CompareColumn::draw(const Shown& shown) {
    const bool laidOver = shown.attention && !shown.picture.isNull();
    // The first choice is the mean.
    const int head = std::max(0, head_->currentIndex()) - 1;
    shown.card->setPicture(laidOver ? withAttention(shown.picture, *shown.attention, head) : shown.picture);
}

}  // namespace dinoscope
