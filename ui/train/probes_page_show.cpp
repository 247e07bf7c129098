#include <QComboBox>
#include <QDir>
#include <QItemSelectionModel>
#include <QLabel>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSlider>
#include <QStackedWidget>
#include <QToolButton>
#include <algorithm>

#include "ui/bridge/image_bridge.h"
#include "ui/bridge/paths.h"
#include "ui/bridge/texts.h"
#include "ui/dialogs.h"
#include "ui/theme.h"
#include "ui/train/probe_models.h"
#include "ui/train/probes_page.h"
#include "ui/widgets/empty_page.h"
#include "ui/widgets/head_grid.h"
#include "ui/widgets/percent_slider.h"
#include "ui/widgets/thumbnail_grid.h"

namespace dinoscope {

namespace {

using Network = api::ProbeFrame::Network;

constexpr int kWithoutNeighbours = 900;  // px: a narrower page gives their room to the heads

}  // namespace

double ProbesPage::opacityOf() const {
    return opacity_->value() / 100;
}

void ProbesPage::setRun(const std::filesystem::path& run) {
    session_.setRun(run);
    showImages();
}

bool ProbesPage::isSettled() const {
    return session_.isSettled() &&
           (!isVisible() || (pinnedModel_->isSettled() && neighbourModel_->isSettled()));
}

void ProbesPage::setPinning(bool possible) {
    pin_->setEnabled(possible);
    pin_->setToolTip(possible ? tr("Look at other pictures too, from the end of this epoch on")
                              : tr("Pictures are pinned while this window trains, or with --probe"));
    pinFirst_->setVisible(possible);
    showImages();
}

void ProbesPage::showEvent(QShowEvent* event) {
    RunPage::showEvent(event);
    session_.setFollowing(true);
}

void ProbesPage::hideEvent(QHideEvent* event) {
    RunPage::hideEvent(event);
    session_.play(false);
    session_.setFollowing(false);
}

void ProbesPage::resizeEvent(QResizeEvent* event) {
    RunPage::resizeEvent(event);
    neighbourSide_->setVisible(width() >= kWithoutNeighbours);
}

void ProbesPage::showImages() {
    const bool none = session_.images().empty();
    faces_->setCurrentIndex(none ? 0 : 1);
    const bool noRun = session_.watch().run().empty();
    if (example_) example_->setVisible(noRun);
    if (noRun) {
        empty_->setTitle(tr("See it learn"));
        empty_->setText(
            tr("What each head looks at in your pictures, epoch after epoch, from the first step on.\n"
               "Start a run under Set up, or choose one under Runs."));
    } else if (none) {
        empty_->setTitle(tr("No pictures are pinned to this run"));
        empty_->setText(tr(
            "Pinned pictures are looked at after each epoch: give them under Set up, with --probe, "
            "or here while\nthis window trains. What they showed is kept in the run, to be played again."));
    }
    if (none) return;
    std::vector<PictureModel::Entry> entries = entriesOf(session_.images());
    if (!pinnedModel_->holds(entries)) {
        pinnedModel_->setReader(probePictureReader(session_.images()));
        pinnedModel_->setEntries(std::move(entries));
        const ThumbnailGrid::Range wanted = pinned_->wantedRange();
        pinnedModel_->request(wanted.first, wanted.count);
    }
    if (pinned_->currentIndex().row() != session_.image())
        pinned_->setCurrentIndex(pinnedModel_->index(session_.image()));
}

void ProbesPage::showLooks() {
    const int count = int(session_.looks().size());
    {
        const QSignalBlocker blocker(scrubber_);
        scrubber_->setRange(0, std::max(0, count - 1));
        scrubber_->setValue(std::max(0, session_.look()));
    }
    scrubber_->setEnabled(count > 1);
    play_->setEnabled(count > 1);
    showLook();
}

void ProbesPage::showLook() {
    const QSignalBlocker blocker(scrubber_);
    scrubber_->setValue(std::max(0, session_.look()));
    if (session_.look() < 0) {
        epoch_->clear();
        return;
    }
    const std::int64_t epochs = session_.looks()[std::size_t(session_.look())].epochs;
    const std::int64_t all = session_.watch().summary().epochs();
    epoch_->setText(epochs == 0 ? tr("untrained") : tr("epoch %1 of %2").arg(epochs).arg(all));
}

ProbeView ProbesPage::view(Network network) const {
    return {network, layer_->currentData().isValid() ? layer_->currentData().toInt() : -1,
            parseColourMap(map_->currentData().toString().toStdString()), opacityOf()};
}

void ProbesPage::fillLayers() {
    const api::ProbeFrame& frame = *session_.frame();
    if (frame.layers == layers_ && frame.firstLayer == firstLayer_) return;
    const QSignalBlocker blocker(layer_);
    const QVariant before = layer_->currentData();
    layers_ = frame.layers;
    firstLayer_ = frame.firstLayer;
    layer_->clear();
    layer_->addItem(tr("Last layer"), -1);
    for (int i = frame.layers - 2; i >= 0; --i)
        layer_->addItem(tr("Layer %1").arg(frame.firstLayer + i), frame.firstLayer + i);
    layer_->setCurrentIndex(std::max(0, layer_->findData(before)));
    layer_->setEnabled(frame.layers > 1);
}

void ProbesPage::showFrame() {
    if (!session_.frame()) {
        teacherHeads_->clearGrids();
        studentHeads_->clearGrids();
        neighbourModel_->setEntries({});
        return;
    }
    fillLayers();
    const bool student = session_.frame()->has(Network::Student);
    student_->setEnabled(student);
    both_->setEnabled(student);
    const QString none = student ? QString() : tr("This run kept the teacher only (--no-probe-student)");
    student_->setToolTip(none);
    both_->setToolTip(none);
    if (!student && shown_ != Shown::Teacher) {
        chooseShown(Shown::Teacher);
        return;
    }
    showHeads(*teacherHeads_, Network::Teacher);
    showHeads(*studentHeads_, Network::Student);
    showNeighbours();
}

void ProbesPage::showHeads(HeadGrid& grid, Network network) {
    const api::ProbeFrame& frame = *session_.frame();
    if (!frame.has(network)) return;
    const std::vector<ColouredGrid> grids = probeGrids(frame, view(network));
    const QStringList labels = probeLabels(frame.heads);
    std::vector<HeadTile> tiles;
    for (int i = 0; i < int(grids.size()); ++i) {
        if (large_ >= 0 && large_ < int(grids.size()) && i != large_) continue;
        tiles.push_back({labels[i], tr("Double click: this one large, or all"), {}, grids[std::size_t(i)]});
    }
    grid.setCells({frame.columns, frame.rows}, coveredOf(frame, session_.picture().size()));
    if (grid.count() == int(tiles.size())) {
        std::vector<ColouredGrid> renewed;
        for (HeadTile& tile : tiles)
            renewed.push_back(std::move(tile.grid));
        grid.setGrids(renewed);
    } else {
        grid.setTiles(std::move(tiles));
    }
}

void ProbesPage::showPicture() {
    for (HeadGrid* heads : {teacherHeads_, studentHeads_})
        heads->setImage(session_.picture());
    showFrame();
}

void ProbesPage::showNeighbours() {
    const api::ProbeFrame& frame = *session_.frame();
    neighbourModel_->setEntries(entriesOf(frame.neighbours, session_.watch().summary().record.data.path));
    const ThumbnailGrid::Range wanted = neighbours_->wantedRange();
    neighbourModel_->request(wanted.first, wanted.count);
    neighbours_->setVisible(!frame.neighbours.empty());
    noNeighbours_->setVisible(frame.neighbours.empty());
    noNeighbours_->setText(whyNoNeighbours());
}

/// They need features of the training pictures, which are there where k-NN is.
QString ProbesPage::whyNoNeighbours() const {
    const OptionValues& options = session_.watch().summary().record.options;
    const std::int64_t every = options.integer("knn-every");
    if (every == 0) return tr("None are looked for: this run was told to test no k-NN (--knn-every 0).");
    const std::int64_t first = std::min(every, options.integer("epochs"));
    const std::int64_t epochs = session_.looks()[std::size_t(std::max(0, session_.frameLook()))].epochs;
    if (epochs < first)
        return tr("They are looked for together with k-NN: for the first time after epoch %1.").arg(first);
    if (epochs % every == 0 || epochs == options.integer("epochs"))
        return tr("This copy of the run has none: a replay leaves out what the training pictures are.");
    return tr("They are looked for together with k-NN, every %1 epochs and after the last one: "
              "not at this one.")
        .arg(every);
}

void ProbesPage::showPlaying() {
    const bool playing = session_.isPlaying();
    play_->setIcon(themeIcon(playing ? QStringLiteral("pause") : QStringLiteral("play")));
    play_->setToolTip(playing ? tr("Pause") : tr("Play all epochs"));
    play_->setAccessibleName(play_->toolTip());
}

void ProbesPage::chooseShown(Shown shown) {
    shown_ = shown;
    teacher_->setChecked(shown == Shown::Teacher);
    student_->setChecked(shown == Shown::Student);
    both_->setChecked(shown == Shown::Both);
    teacherSide_->setVisible(shown != Shown::Student);
    studentSide_->setVisible(shown != Shown::Teacher);
    teacherTitle_->setVisible(shown == Shown::Both);
    studentTitle_->setVisible(shown == Shown::Both);
    if (session_.frame()) showFrame();
}

void ProbesPage::enlarge(int tile) {
    large_ = large_ >= 0 ? -1 : tile;
    showFrame();
}

void ProbesPage::askForPins() {
    dialogs_.openFiles(this, tr("Pin pictures"),
                       {tr("Pictures (*.jpg *.jpeg *.png *.webp *.tif *.tiff *.bmp)"), tr("All files (*)")},
                       true, [this](const QStringList& chosen) {
                           if (chosen.isEmpty()) return;
                           QStringList files;
                           for (const api::ProbeImage& image : session_.images())
                               files << pathText(image.name);
                           for (const QString& file : chosen)
                               if (!files.contains(file)) files << file;
                           Q_EMIT pinsWanted(files);
                       });
}

ProbeExport ProbesPage::exported() const {
    const api::ProbeImage& image = session_.images()[std::size_t(session_.image())];
    const ProbeView drawn = view(shown_ == Shown::Student ? Network::Student : Network::Teacher);
    const QString networks = shown_ == Shown::Both      ? tr("teacher and student")
                             : shown_ == Shown::Student ? tr("student")
                                                        : tr("teacher");
    return {image.name, image.looks, drawn, shown_ == Shown::Both,
            tr("%1 · %2 · %3")
                .arg(pathText(session_.watch().run().filename()), networks,
                     layerText(*session_.frame(), drawn.layer))};
}

void ProbesPage::exportStrip() {
    if (!session_.frame()) return;
    const QString suggested = QDir(pathText(session_.watch().run())).filePath(tr("heads by epoch.png"));
    dialogs_.saveFile(this, tr("Picture strip"), suggested, {tr("Pictures (*.png)")},
                      [this, what = exported()](const QString& file) {
                          if (file.isEmpty()) return;
                          JobBridge::Task task;
                          task.title = tr("Exporting");
                          task.slot = "exportProbes";
                          task.run = [what, file](JobControl& control) {
                              const Image strip = imageFrom(probeStrip(what, control));
                              control.poll();
                              writePng(filePath(file), strip);
                          };
                          task.done = [this, file](const JobResult& result) { tellExport(result, file); };
                          session_.jobs().submit(runners_.files, std::move(task));
                      });
}

void ProbesPage::exportVideo() {
    if (!session_.frame()) return;
    const QString suggested = QDir(pathText(session_.watch().run())).filePath(tr("heads by epoch.mp4"));
    dialogs_.saveFile(this, tr("Video"), suggested, {tr("MPEG-4 (*.mp4)"), tr("Motion JPEG (*.avi)")},
                      [this, what = exported()](const QString& file) {
                          if (file.isEmpty()) return;
                          JobBridge::Task task;
                          task.title = tr("Exporting");
                          task.slot = "exportProbes";
                          task.run = [what, file](JobControl& control) {
                              writeProbeVideo(what, filePath(file), control);
                          };
                          task.done = [this, file](const JobResult& result) { tellExport(result, file); };
                          session_.jobs().submit(runners_.files, std::move(task));
                      });
}

}  // namespace dinoscope
