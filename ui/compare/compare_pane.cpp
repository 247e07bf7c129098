#include "ui/compare/compare_pane.h"

#include <QAction>
#include <QHBoxLayout>
#include <QScrollArea>
#include <QScrollBar>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

#include "engine/api/weights_name.h"
#include "ui/bridge/paths.h"
#include "ui/bridge/texts.h"
#include "ui/compare/compare_session.h"
#include "ui/explore/attention_widgets.h"
#include "ui/explore/explore_text.h"
#include "ui/explore/model_menu.h"
#include "ui/theme.h"
#include "ui/widgets/colour_bar.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/floating_card.h"
#include "ui/widgets/head_grid.h"
#include "ui/widgets/image_canvas.h"
#include "ui/widgets/metrics.h"

namespace dinoscope {

namespace {

constexpr int kLeastWidth = 200;
constexpr int kColourBarWidth = 200;

}  // namespace

ComparePane::ComparePane(ExploreSession& session, const AttentionActions& actions, Recent& models,
                         QWidget* parent)
    : QFrame(parent), session_(session), actions_(actions) {
    setObjectName(QStringLiteral("comparePane"));
    setMinimumWidth(kLeastWidth);
    canvas_ = new ImageCanvas;
    canvas_->setObjectName(QStringLiteral("compareCanvas"));
    canvas_->setBackgroundRole(QPalette::Dark);
    card_ = new FloatingCard(canvas_);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(makeHeader(models));
    column->addWidget(canvas_, 1);
    column->addWidget(makeFooter());
    column->addWidget(makeStrip());
    connect(canvas_, &ImageCanvas::cellHovered, this,
            [this](std::optional<QPoint> cell) { Q_EMIT pointed(placeAt(cell)); });
    connect(canvas_, &ImageCanvas::cellClicked, this, [this](QPoint cell) {
        if (const auto place = placeAt(cell)) Q_EMIT clicked(*place);
    });
    connect(canvas_, &ImageCanvas::cellKey, this, &ComparePane::keyPressed);
    connect(canvas_, &ImageCanvas::viewChanged, this, &ComparePane::viewMoved);
    connect(card_, &FloatingCard::clicked, this, [this] {
        if (card_->isQuestion()) {
            session_.compute();
        } else {
            session_.cancel();
        }
    });
    connectSession();
    if (session_.picture()) showPicture();
    showSettings();
}

QWidget* ComparePane::makeHeader(Recent& models) {
    auto* header = new QFrame;
    header->setObjectName(QStringLiteral("paneHeader"));
    modelButton_ = makeModelButton(QStringLiteral("compareModel"));
    setModelTitle(*modelButton_, tr("Choose a model"));
    auto* open = new QAction(tr("Open &weights…"), this);
    open->setIcon(themeIcon(QStringLiteral("model")));
    connect(open, &QAction::triggered, this, &ComparePane::openRequested);
    modelMenu_ = new ModelMenu(open, models, modelButton_);
    modelButton_->setMenu(modelMenu_);
    connect(modelMenu_, &ModelMenu::chosen, this, &ComparePane::modelChosen);
    close_ = new QToolButton;
    close_->setObjectName(QStringLiteral("comparePaneClose"));
    close_->setIcon(themeIcon(QStringLiteral("close")));
    close_->setToolTip(tr("Leave this model out"));
    close_->setAccessibleName(close_->toolTip());
    close_->setFocusPolicy(Qt::TabFocus);
    connect(close_, &QToolButton::clicked, this, &ComparePane::closeRequested);
    auto* row = new QHBoxLayout(header);
    row->setContentsMargins(kStep, kHalfStep, kHalfStep, kHalfStep);
    row->setSpacing(kHalfStep);
    row->addWidget(modelButton_);
    row->addStretch(1);
    row->addWidget(close_);
    return header;
}

QWidget* ComparePane::makeFooter() {
    auto* footer = new QFrame;
    footer->setObjectName(QStringLiteral("footer"));
    colourBar_ = new ColourBar;
    colourBar_->setMaximumWidth(kColourBarWidth);
    caption_ = new ElidedLabel(Qt::ElideRight);
    caption_->setObjectName(QStringLiteral("compareCaption"));
    spread_ = new ElidedLabel(Qt::ElideRight);
    spread_->setObjectName(QStringLiteral("compareSpread"));
    spread_->setRole(QPalette::PlaceholderText);
    spread_->setToolTip(
        tr("So much of the attention lies in so many of the patches, the strongest ones: the "
           "fewer, the more concentrated it is"));
    auto* numbers = new QHBoxLayout;
    numbers->setSpacing(2 * kStep);
    numbers->addWidget(colourBar_, 1);
    numbers->addWidget(spread_, 1);
    auto* column = new QVBoxLayout(footer);
    column->setContentsMargins(kStep, kHalfStep, kStep, kHalfStep);
    column->setSpacing(0);
    column->addWidget(caption_);
    column->addLayout(numbers);
    return footer;
}

QWidget* ComparePane::makeStrip() {
    strip_ = new HeadGrid(HeadGrid::Arrangement::Row);
    strip_->setObjectName(QStringLiteral("compareStrip"));
    connect(strip_, &HeadGrid::chosen, this, &ComparePane::tileChosen);
    connect(strip_, &HeadGrid::cellHovered, this,
            [this](std::optional<QPoint> cell) { Q_EMIT pointed(placeAt(cell)); });
    stripArea_ = new QScrollArea;
    stripArea_->setWidgetResizable(true);
    stripArea_->setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    stripArea_->setFrameShape(QFrame::NoFrame);
    stripArea_->setFocusPolicy(Qt::NoFocus);
    stripArea_->setWidget(strip_);
    return stripArea_;
}

/// The style gives the scroll bar its height.
void ComparePane::fitStrip() {
    stripArea_->setFixedHeight(strip_->minimumSizeHint().height() +
                               stripArea_->horizontalScrollBar()->sizeHint().height());
}

void ComparePane::showEvent(QShowEvent* event) {
    QFrame::showEvent(event);
    fitStrip();
}

void ComparePane::changeEvent(QEvent* event) {
    QFrame::changeEvent(event);
    if (event->type() == QEvent::StyleChange) fitStrip();
}

void ComparePane::connectSession() {
    connect(&session_, &ExploreSession::pictureChanged, this, &ComparePane::showPicture);
    connect(&session_, &ExploreSession::modelChanged, this, &ComparePane::showModel);
    connect(&session_, &ExploreSession::fieldChanged, this, &ComparePane::showField);
    connect(&session_, &ExploreSession::mapChanged, this, &ComparePane::showMap);
    connect(&session_, &ExploreSession::settingsChanged, this, &ComparePane::showSettings);
    connect(&session_, &ExploreSession::queryChanged, this, &ComparePane::showQuery);
    connect(&session_, &ExploreSession::stateChanged, this, [this] {
        showCard();
        showCaption();
        Q_EMIT stateChanged();
    });
    connect(&session_.jobs(), &JobBridge::progressChanged, this, [this](const JobBridge::Shown& shown) {
        progress_ = shown;
        showCard();
        Q_EMIT stateChanged();
    });
}

void ComparePane::showPicture() {
    const Picture& picture = *session_.picture();
    pointer_.reset();
    canvas_->setImage(picture.pyramid);
    strip_->setImage(picture.pyramid);
    showField();
}

void ComparePane::showModel() {
    const api::ModelInfo& info = session_.model()->info();
    setModelTitle(*modelButton_, title());
    modelButton_->setToolTip(info.untrained()
                                 ? tr("Choose another model: this one knows nothing, its maps are chance")
                                 : tr("Choose another model than %1").arg(QString::fromStdString(info.file)));
    modelMenu_->setSeed(session_.modelSource().seed);
    showField();
}

void ComparePane::showField() {
    const auto field = session_.field();
    const bool tiled = session_.picture() && session_.model() && !session_.model()->info().convolutional;
    const std::vector<HeadTile> tiles = headTiles(tiled ? session_.model()->info().heads : 0, actions_);
    if (strip_->count() != int(tiles.size())) strip_->setTiles(tiles);
    strip_->setCurrent(tileOf(session_.settings().heads));
    if (!field) {
        painter_.paint({}, session_.settings());
        canvas_->setCells({}, {});
        canvas_->setOverlay({});
        canvas_->setMarkedCell(std::nullopt);
        strip_->clearGrids();
        colourBar_->clear();
    } else {
        canvas_->setCells(cellsOf(field->geometry()), coveredBy(field->geometry()));
        strip_->setCells(cellsOf(field->geometry()), coveredBy(field->geometry()));
        showQuery();
    }
    showCaption();
}

void ComparePane::showMap() {
    const ExploreSettings& settings = session_.settings();
    painter_.paint(session_.map(), settings);
    paintedSettings_ = settings;
    canvas_->setOverlay(painter_.shown());
    canvas_->setOutline(painter_.shown().kept);
    strip_->setGrids(painter_.tiles());
    showColours(*colourBar_, painter_, settings, session_.map().heads);
    showCaption();
}

void ComparePane::showSettings() {
    const ExploreSettings& settings = session_.settings();
    canvas_->setOpacity(settings.opacity);
    canvas_->setSmooth(settings.smooth);
    strip_->setOpacity(settings.opacity);
    strip_->setSmooth(settings.smooth);
    strip_->setCurrent(tileOf(settings.heads));
    if (session_.map().heads > 0 && !sameColours(settings, paintedSettings_)) showMap();
    showCaption();
}

void ComparePane::showQuery() {
    canvas_->setMarkedCell(cellOf(session_.query()));
}

void ComparePane::showCard() {
    if (!session_.model() && !session_.state().loadingModel) {
        card_->showNote(tr("Choose a model above."));
        return;
    }
    dinoscope::showCard(*card_, progress_, session_.state(), session_.cost());
}

void ComparePane::setPointer(std::optional<QPointF> place) {
    pointer_ = place;
    const auto field = session_.field();
    std::optional<QPoint> cell;
    if (place && field) cell = cellOf({field->geometry().patchAt(place->x(), place->y())});
    canvas_->setHoveredCell(cell);
    showCaption();
}

std::optional<QPointF> ComparePane::placeAt(std::optional<QPoint> cell) const {
    const auto field = session_.field();
    if (!cell || !field) return std::nullopt;
    return placeOf({cell->y(), cell->x()}, field->geometry());
}

void ComparePane::stepHead(int by) {
    if (strip_->count() == 0) return;
    Q_EMIT tileChosen(std::clamp(tileOf(session_.settings().heads) + by, 0, strip_->count() - 1));
}

bool ComparePane::hasMap() const {
    return session_.state().map;
}

ExploreState ComparePane::state() const {
    ExploreState state = session_.state();
    state.told = !progress_.title.isEmpty();
    return state;
}

/// A run's checkpoints have the names that any other's have: the run tells them apart.
QString ComparePane::title() const {
    if (!session_.model()) return {};
    const api::ModelInfo& info = session_.model()->info();
    const std::string& asked = session_.modelSource().weights;
    if (api::isNamed(asked) || asked == info.file) return modelTitle(info);
    const QString run = QString::fromStdString(api::shownWeights(asked));
    if (!info.epoch) return QStringLiteral("%1 · %2").arg(run, architectureTitle(info));
    return tr("%1, epoch %2 · %3").arg(run).arg(*info.epoch).arg(architectureTitle(info));
}

QString ComparePane::captionText() const {
    if (!hasMap()) return {};
    if (session_.field()->isEnergy()) return tr("Energy of the last activation");
    return tr("%1, layer %2").arg(headTitle(session_.settings().heads)).arg(session_.field()->layer());
}

/// Of what is concentrated a small share of the picture has most.
QString ComparePane::spreadText() const {
    const double mass = session_.settings().mass;
    const auto spread = painter_.spreadOf(mass);
    if (!spread) return {};
    return tr("%1 % in %2 % of the patches").arg(std::lround(mass * 100)).arg(std::lround(*spread * 100));
}

void ComparePane::showCaption() {
    stripArea_->setVisible(stripWanted_ && strip_->count() > 0);
    spread_->setText(spreadText());
    caption_->setText(captionText());
    const auto field = session_.field();
    if (!pointer_ || !field || !hasMap()) return;
    const auto patch = field->geometry().patchAt(pointer_->x(), pointer_->y());
    const auto reading = patch ? painter_.readingAt(*patch) : std::nullopt;
    if (!reading) return;
    caption_->setText(tr("Row %1, column %2: %3, %4 % of it")
                          .arg(patch->row)
                          .arg(patch->column)
                          .arg(valueText(reading->value), valueText(reading->share * 100)));
}

void ComparePane::setClosable(bool closable) {
    close_->setVisible(closable);
}

void ComparePane::setStripShown(bool shown) {
    stripWanted_ = shown;
    showCaption();
}

SheetColumn ComparePane::sheetColumn() const {
    const ExploreSettings& settings = session_.settings();
    return {title(),
            tr("%1: %2").arg(captionText(), spreadText()),
            {session_.picture()->image,
             {painter_.shown(), coveredBy(session_.field()->geometry()), settings.opacity, settings.smooth}}};
}

}  // namespace dinoscope
