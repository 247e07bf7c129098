// How the session's state is put into the widgets.
#include <QAction>
#include <QLabel>
#include <QScrollArea>
#include <QScrollBar>
#include <QToolButton>

#include "engine/api/weights_name.h"
#include "ui/bridge/paths.h"
#include "ui/bridge/texts.h"
#include "ui/explore/appearance_section.h"
#include "ui/explore/attention_widgets.h"
#include "ui/explore/control_panel.h"
#include "ui/explore/empty_state.h"
#include "ui/explore/explore_text.h"
#include "ui/explore/explore_workspace.h"
#include "ui/explore/filmstrip.h"
#include "ui/explore/input_section.h"
#include "ui/explore/model_menu.h"
#include "ui/explore/model_section.h"
#include "ui/explore/query_section.h"
#include "ui/widgets/colour_bar.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/floating_card.h"
#include "ui/widgets/head_grid.h"
#include "ui/widgets/image_canvas.h"
#include "ui/widgets/message_bar.h"

namespace dinoscope {

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
    setDocumentName(picture->name);
    showField();
    showState();
}

void ExploreWorkspace::showModel() {
    const api::Model& model = *session_.model();
    const api::ModelInfo& info = model.info();
    setModelTitle(*modelButton_, modelTitle(info));
    modelMenu_->setSeed(session_.modelSource().seed);
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
    const std::vector<HeadTile> tiles = headTiles(heads, *actions_);
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
    const QSize cells = cellsOf(geometry);
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
    showColours(*colourBar_, painter_, settings, session_.map().heads);
    showStatus();
}

void ExploreWorkspace::showMap() {
    repaintAttention();
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

void ExploreWorkspace::showCard() {
    dinoscope::showCard(stage_->card(), progress_, session_.state(), session_.cost());
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
