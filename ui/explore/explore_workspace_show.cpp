// How the session's state is put into the widgets.
#include <QAction>
#include <QLabel>
#include <QScrollArea>
#include <QScrollBar>
#include <QToolButton>

#include "engine/api/weights_name.h"
#include "ui/bridge/colour_bridge.h"
#include "ui/bridge/paths.h"
#include "ui/bridge/texts.h"
#include "ui/explore/appearance_section.h"
#include "ui/explore/control_panel.h"
#include "ui/explore/empty_state.h"
#include "ui/explore/explore_text.h"
#include "ui/explore/explore_workspace.h"
#include "ui/explore/filmstrip.h"
#include "ui/explore/input_section.h"
#include "ui/explore/model_section.h"
#include "ui/explore/query_section.h"
#include "ui/widgets/colour_bar.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/floating_card.h"
#include "ui/widgets/head_grid.h"
#include "ui/widgets/image_canvas.h"
#include "ui/widgets/message_bar.h"

namespace dinoscope {

namespace {

/// Settings that change colours, not only how they are laid over the picture.
bool sameColours(const ExploreSettings& a, const ExploreSettings& b) {
    return a.heads == b.heads && a.colourMap == b.colourMap && a.maskOn == b.maskOn && a.mass == b.mass &&
           a.scale == b.scale;
}

std::optional<QPoint> cellOf(const Query& query) {
    if (!query.patch) return std::nullopt;
    return QPoint(query.patch->column, query.patch->row);
}

QRectF coveredBy(const InputGeometry& geometry) {
    return {0, 0, geometry.coveredWidth(), geometry.coveredHeight()};
}

}  // namespace

void ExploreWorkspace::showPicture() {
    const auto& picture = session_.picture();
    if (!picture) return;
    pictureName_->setText(
        tr("%1   %2 × %3").arg(picture->name).arg(picture->image->width).arg(picture->image->height));
    filmstrip_->setCurrentFile(picture->file);
    hovered_.reset();
    leaveRegionMode();
    stage_->canvas().setImage(picture->pyramid);
    strip_->setImage(picture->pyramid);
    stage_->grid().setImage(picture->pyramid);
    // Not each one that is paged to: they would push all else out of the list.
    if (!picture->file.isEmpty() && picture->file == opened_) recentPictures_.add(picture->file);
    opened_.clear();
    setDocumentName(picture->name);
    showField();
    showState();
}

void ExploreWorkspace::showModel() {
    const api::Model& model = *session_.model();
    const api::ModelInfo& info = model.info();
    // The space stands between icon and text, where a style sheet puts none.
    modelButton_->setText(QLatin1Char(' ') + withoutMnemonic(modelTitle(info)));
    panel_->model().setModel(session_.modelInfo(), model.bytes());
    panel_->model().setSource(session_.modelSource());
    panel_->input().setLayers(info.layers);
    panel_->input().setPatchSize(info.patchSize);
    panel_->appearance().setEnergy(info.convolutional);
    if (info.convolutional) actions_->grid->setChecked(false);  // of heads, which it does not have
    panel_->input().setSettings(session_.settings());
    showModelNotice();
    // What has a name is in the menu as it is.
    if (!api::isNamed(session_.modelSource().weights))
        recentModels_.add(pathText(session_.modelSource().weights));
    QString description;
    if (session_.device()) description = QString::fromStdString(session_.device()->description);
    setPlacement(placementText(model.placement()), description);
}

void ExploreWorkspace::showModelNotice() {
    const api::ModelInfo& info = session_.modelInfo();
    if (info.untrained()) {
        modelNotice_->tell(MessageBar::Kind::Warning, tr("Untrained: the maps mean nothing yet."));
    } else if (info.convolutional) {
        modelNotice_->tell(
            MessageBar::Kind::Info,
            tr("A convolutional network has no attention. This is the energy of its last activation."));
    } else {
        modelNotice_->hide();
    }
}

void ExploreWorkspace::showMissingModel(bool loading) {
    if (loading) {
        modelNotice_->hide();
        return;
    }
    setPlacement({}, {});
    modelNotice_->tell(MessageBar::Kind::Warning,
                       tr("There is no model yet: open weights, or choose one above."));
}

/// Of a convolutional network, which has neither heads nor queries.
bool ExploreWorkspace::showsEnergy() const {
    return session_.model() && session_.model()->info().convolutional;
}

void ExploreWorkspace::showCost() {
    const auto& planned = session_.plannedGeometry();
    const auto& cost = session_.cost();
    QString time;
    if (session_.fieldIsCurrent()) {
        // An estimate beside the truth would only make people doubt; of the memory there is nothing truer.
        const QString seconds = secondsText(session_.field()->seconds());
        time = cost ? tr("Computed in %1 with about %2").arg(seconds, bytesText(cost->bytes))
                    : tr("Computed in %1").arg(seconds);
    } else if (cost) {
        time = tr("Takes %1").arg(costText(*cost));
    }
    panel_->input().setPlan(planned ? geometryText(*planned, showsEnergy()) : QString(), time);
}

/// Tiles are there as soon as the heads are known, so that nothing jumps when the attention comes.
void ExploreWorkspace::showTiles(int heads) {
    std::vector<HeadTile> tiles;
    for (int tile = 0; heads > 0 && tile < kFirstHeadTile + heads; ++tile) {
        const HeadChoice choice = choiceOf(tile);
        HeadTile shown;
        QString key;
        if (choice.kind == HeadChoice::Kind::One) {
            shown.label = tr("Head %1").arg(choice.head);
            shown.swatch = hueOf(choice.head, heads);
            if (choice.head < kHeadKeys) {
                const QAction& action = *actions_->head[std::size_t(choice.head)];
                key = action.shortcut().toString(QKeySequence::NativeText);
            }
        } else {
            shown.label = tile == kMeanTile ? tr("Mean") : tr("All");
            key = tile == kMeanTile ? QStringLiteral("M") : QStringLiteral("A");
        }
        shown.toolTip = headTitle(choice);
        if (!key.isEmpty()) shown.toolTip += QStringLiteral(" (%1)").arg(key);
        tiles.push_back(shown);
    }
    for (HeadGrid* grid : {strip_, &stage_->grid()}) {
        if (grid->count() != int(tiles.size())) grid->setTiles(tiles);
        grid->setCurrent(tileOf(session_.settings().heads));
    }
}

void ExploreWorkspace::showField() {
    const auto field = session_.field();
    showCost();
    const bool tiled = session_.picture() && session_.model() && !showsEnergy();
    showTiles(tiled ? session_.model()->info().heads : 0);
    if (!field) {
        painter_.paint({}, session_.settings());
        stage_->canvas().setCells({}, {});
        stage_->canvas().setOverlay({});
        stage_->canvas().setMarkedCell(std::nullopt);
        for (HeadGrid* heads : {strip_, &stage_->grid()})
            heads->clearGrids();
        colourBar_->clear();
        return;
    }
    if (messageIsOfView_) message_->hide();
    const InputGeometry& geometry = field->geometry();
    const QSize cells(geometry.columns, geometry.rows);
    stage_->canvas().setCells(cells, coveredBy(geometry));
    for (HeadGrid* heads : {strip_, &stage_->grid()})
        heads->setCells(cells, coveredBy(geometry));
    showQuery();
}

void ExploreWorkspace::repaintAttention() {
    const ExploreSettings& settings = session_.settings();
    painter_.paint(session_.map(), settings);
    paintedSettings_ = settings;
    stage_->canvas().setOverlay(painter_.shown());
    stage_->canvas().setOutline(painter_.shown().kept);
    strip_->setGrids(painter_.tiles());
    stage_->grid().setGrids(painter_.tiles());
    panel_->appearance().setShownRange(painter_.shownRange());
    showColourBar();
    showStatus();
}

void ExploreWorkspace::showMap() {
    repaintAttention();
}

void ExploreWorkspace::showColourBar() {
    const int heads = session_.map().heads;
    if (heads == 0) {
        colourBar_->clear();
        return;
    }
    const ExploreSettings& settings = session_.settings();
    if (settings.heads.kind == HeadChoice::Kind::All) {
        std::vector<std::pair<QColor, QString>> legend;
        for (int head = 0; head < heads; ++head)
            legend.emplace_back(hueOf(head, heads), QString::number(head));
        colourBar_->setLegend(std::move(legend));
        return;
    }
    const ValueRange range = painter_.shownRange();
    colourBar_->setGradient(gradientOf(settings.colourMap), valueText(range.low), valueText(range.high));
}

void ExploreWorkspace::showSettings() {
    const ExploreSettings& settings = session_.settings();
    panel_->appearance().setSettings(settings);
    panel_->input().setSettings(settings);
    panel_->query().setQuery(session_.query(), settings.follow);
    actions_->follow->setChecked(settings.follow);
    actions_->mask->setChecked(settings.maskOn);
    ImageCanvas& canvas = stage_->canvas();
    canvas.setOpacity(settings.opacity);
    canvas.setSmooth(settings.smooth);
    for (HeadGrid* heads : {strip_, &stage_->grid()}) {
        heads->setOpacity(settings.opacity);
        heads->setSmooth(settings.smooth);
        heads->setCurrent(tileOf(settings.heads));
    }
    if (session_.map().heads > 0 && !sameColours(settings, paintedSettings_)) repaintAttention();
    showStatus();
}

void ExploreWorkspace::showQuery() {
    const auto cell = cellOf(session_.query());
    stage_->canvas().setMarkedCell(cell);
    panel_->query().setQuery(session_.query(), session_.settings().follow);
    showStatus();
}

ExploreState ExploreWorkspace::wholeState() const {
    ExploreState state = session_.state();
    state.exporting = exporting_;
    state.told = !progress_.title.isEmpty();
    state.film = int(filmstrip_->files().size());
    state.filmRow = filmstrip_->currentRow();
    // Until the first heads are there a grid would be empty.
    state.grid = actions_->grid->isChecked() && stage_->grid().count() > 0;
    return state;
}

void ExploreWorkspace::showState() {
    const ExploreState state = wholeState();
    const ExploreControls controls = controlsFor(state);
    actions_->setControls(controls, state.heads);
    panel_->appearance().setControls(controls);
    panel_->query().setControls(controls);
    panel_->query().setVisible(!state.energy);
    panel_->input().setControls(controls);

    stage_->setFace(!state.picture ? Stage::Face::Empty
                    : state.grid   ? Stage::Face::Grid
                                   : Stage::Face::Canvas);
    if (!state.model) showMissingModel(state.loadingModel);
    footer_->setVisible(state.picture);
    stripArea_->setVisible(strip_->count() > 0 && !state.grid && actions_->strip->isChecked());
    filmstrip_->setVisible(state.film > 1);
    showCard();
    showStatus();
}

void ExploreWorkspace::showProgress(const JobBridge::Shown& shown) {
    progress_ = shown;
    // Not showState(): what the status bar tells of a job that ended must stay.
    const ExploreState state = wholeState();
    actions_->setControls(controlsFor(state), state.heads);
    showCard();
}

/// One card: what runs goes before what waits for an answer.
void ExploreWorkspace::showCard() {
    FloatingCard& card = stage_->card();
    const ExploreState state = session_.state();
    if (!progress_.title.isEmpty()) {
        QString text = progress_.title;
        if (progress_.progress.total > 0) {
            text += tr(": %1 of %2 %3")
                        .arg(progress_.progress.done)
                        .arg(progress_.progress.total)
                        .arg(QString::fromStdString(progress_.progress.unit));
        }
        card.showProgress(text, progress_.progress.done, progress_.progress.total, tr("Cancel"));
    } else if (state.waiting && state.picture && state.model) {
        QString text = tr("The map was not computed.");
        if (session_.cost()) text = tr("Computing this takes %1.").arg(costText(*session_.cost()));
        card.showQuestion(text, tr("Compute"));
    } else {
        card.hide();
    }
}

void ExploreWorkspace::showStatus() {
    const ExploreState state = session_.state();
    if (!state.picture) {
        setStatus(tr("Open a picture to begin"));
        return;
    }
    if (!state.map) {
        setStatus(state.model          ? QString()
                  : state.loadingModel ? tr("Loading the model")
                                       : tr("Open a model to begin"));
        return;
    }
    if (actions_->neighboursOfPart->isChecked()) {
        setStatus(tr("Drag a rectangle over what to look for; Esc to let it be"));
        return;
    }
    const ExploreSettings& settings = session_.settings();
    if (hovered_) {
        const PatchPosition patch{hovered_->y(), hovered_->x()};
        if (const auto reading = painter_.readingAt(patch)) {
            setStatus(readingText(patch, *reading, settings.heads, session_.map().heads));
            return;
        }
    }
    const QString time = secondsText(session_.field()->seconds());
    if (state.energy) {
        setStatus(tr("Energy of the last activation   computed in %1").arg(time));
        return;
    }
    setStatus(tr("%1, asked from %2, layer %3   computed in %4")
                  .arg(headTitle(settings.heads), queryText(session_.mapQuery()))
                  .arg(session_.field()->layer())
                  .arg(time));
}

}  // namespace dinoscope
