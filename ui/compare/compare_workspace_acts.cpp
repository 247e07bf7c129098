// What the person does, and what comes of it.
#include <QAction>
#include <QClipboard>
#include <QDir>
#include <QFileInfo>
#include <QGuiApplication>
#include <QStandardPaths>
#include <algorithm>

#include "engine/api/attend.h"
#include "engine/api/weights_name.h"
#include "ui/bridge/image_bridge.h"
#include "ui/bridge/paths.h"
#include "ui/bridge/texts.h"
#include "ui/compare/compare_actions.h"
#include "ui/compare/compare_pane.h"
#include "ui/compare/compare_workspace.h"
#include "ui/dialogs.h"
#include "ui/explore/filmstrip.h"
#include "ui/explore/picture_opener.h"
#include "ui/heads_dialog.h"
#include "ui/input_kind.h"
#include "ui/recent.h"
#include "ui/widgets/image_canvas.h"
#include "ui/widgets/message_bar.h"

namespace dinoscope {

void CompareWorkspace::openPictures(const QStringList& files) {
    opener_->openFiles(files);
}

void CompareWorkspace::openFolder(const QString& folder) {
    opener_->openFolders({folder}, {});
}

void CompareWorkspace::openFolders(const QStringList& folders, const QStringList& pictures) {
    opener_->openFolders(folders, pictures);
}

void CompareWorkspace::openPicture(const QImage& picture, const QString& name) {
    opener_->openPicture(picture, name);
}

void CompareWorkspace::tellError(const QString& sentence) {
    messageIsOfView_ = false;
    message_->setAction({});
    message_->tell(MessageBar::Kind::Error, sentence);
    Q_EMIT failed(sentence);
    // The file that failed is not what is on show.
    if (session_.picture()) filmstrip_->returnToFile(session_.picture()->file);
}

void CompareWorkspace::offerModel(const api::ModelSource& source) {
    offered_ = source;
    if (isActive()) begin();
}

void CompareWorkspace::offerPicture(const Picture& picture) {
    if (!session_.picture()) session_.showPicture(picture);
}

/// Trained against untrained is what shows best what training does.
void CompareWorkspace::begin() {
    if (begun_ || !offered_) return;
    begun_ = true;
    openModel(0, *offered_);
    api::ModelSource other;
    other.seed = offered_->seed;
    if (offered_->weights == api::kUntrained) other.weights = api::kBundled;
    openModel(1, other);
}

void CompareWorkspace::openModel(int side, const api::ModelSource& source) {
    if (side < 0) return;
    message_->hide();
    session_.side(side).openModel(source);
}

void CompareWorkspace::openModels(const std::vector<api::ModelSource>& sources) {
    if (sources.empty()) return;
    if (sources.size() == 1) {
        begin();
        openModel(session_.count() - 1, sources.front());
        return;
    }
    begun_ = true;
    const auto opened = int(std::min<std::size_t>(sources.size(), kMostSides));
    for (int side = 0; side < opened; ++side) {
        if (side == session_.count()) addModel();
        openModel(side, sources[std::size_t(side)]);
    }
    if (opened < int(sources.size())) {
        tellError(tr("%1 models at a time: of %2 the first count.").arg(kMostSides).arg(sources.size()));
    }
}

void CompareWorkspace::compare(const Picture& picture, const api::ModelSource& source) {
    offered_ = source;
    opener_->take(picture);
    if (!begun_) {
        begin();
    } else if (!(session_.side(0).modelSource() == source)) {
        openModel(0, source);
    }
    showState();
}

void CompareWorkspace::addModel() {
    if (session_.count() >= kMostSides) return;
    session_.addSide();
    addPane();
    showState();
}

void CompareWorkspace::askForWeights(ComparePane& pane) {
    dialogs_.openFiles(this, tr("Open weights"), weightsFilters(), false,
                       [this, asked = &pane](const QStringList& files) {
                           if (files.isEmpty()) return;
                           api::ModelSource source;
                           source.weights = filePath(files.front()).string();
                           openModel(indexOf(asked), source);
                       });
}

void CompareWorkspace::askHeadsOf(int side, const api::ModelSource& source, const UnknownHeads& unknown) {
    // Behind another workspace a question would come from nowhere.
    if (!isActive()) {
        tellError(sentenceOf(unknown));
        return;
    }
    askHeads(
        this, unknown,
        [this, asked = panes_[std::size_t(side)], source](int heads) {
            api::ModelSource told = source;
            told.headsPerLayer = heads;
            openModel(indexOf(asked), told);
        },
        [this, unknown] { tellError(sentenceOf(unknown)); });
}

void CompareWorkspace::edit(const std::function<void(ExploreSettings&)>& change) {
    ExploreSettings settings = session_.settings();
    change(settings);
    session_.setSettings(settings);
}

void CompareWorkspace::chooseTile(int tile) {
    session_.setHeads(choiceOf(tile));
}

void CompareWorkspace::point(std::optional<QPointF> place) {
    pointer_ = place;
    for (ComparePane* pane : panes_)
        pane->setPointer(place);
    if (place && session_.settings().follow) session_.setPlace(place);
}

/// A second click on what asks lets it go.
void CompareWorkspace::click(QPointF place) {
    const bool lettingGo = !session_.settings().follow && session_.place() == place;
    session_.setPlace(place);
    setFollow(lettingGo);
}

void CompareWorkspace::handleKey(ComparePane& pane, int key) {
    const auto field = pane.session().field();
    const bool keep = key == Qt::Key_Return || key == Qt::Key_Enter;
    if (keep && field) {
        setFollow(false);
        const InputGeometry& geometry = field->geometry();
        if (!session_.place())
            session_.setPlace(placeOf({geometry.rows / 2, geometry.columns / 2}, geometry));
        return;
    }
    if (session_.place() && field) {
        movePlace(pane, key);
        return;
    }
    if (key == Qt::Key_Left) filmstrip_->step(-1);
    if (key == Qt::Key_Right) filmstrip_->step(1);
}

/// By one patch of the model that has the keyboard.
void CompareWorkspace::movePlace(const ComparePane& pane, int key) {
    const InputGeometry& geometry = pane.session().field()->geometry();
    const auto patch = geometry.patchAt(session_.place()->x(), session_.place()->y());
    if (!patch) return;
    PatchPosition moved = *patch;
    if (key == Qt::Key_Left) --moved.column;
    if (key == Qt::Key_Right) ++moved.column;
    if (key == Qt::Key_Up) --moved.row;
    if (key == Qt::Key_Down) ++moved.row;
    moved.row = std::clamp(moved.row, 0, geometry.rows - 1);
    moved.column = std::clamp(moved.column, 0, geometry.columns - 1);
    setFollow(false);
    session_.setPlace(placeOf(moved, geometry));
}

void CompareWorkspace::askFromCls() {
    setFollow(false);
    session_.setPlace(std::nullopt);
}

void CompareWorkspace::setFollow(bool follow) {
    edit([=](ExploreSettings& s) { s.follow = follow; });
    if (follow && pointer_) session_.setPlace(pointer_);
}

std::vector<SheetColumn> CompareWorkspace::sheetColumns() const {
    std::vector<SheetColumn> columns;
    for (const ComparePane* pane : panes_) {
        if (pane->hasMap()) columns.push_back(pane->sheetColumn());
    }
    return columns;
}

void CompareWorkspace::drawSheet(const QString& title, std::function<void(const QImage&)> keep,
                                 std::function<void()> done) {
    const std::vector<SheetColumn> columns = sheetColumns();
    if (columns.empty()) return;
    JobBridge::Task task;
    task.title = title;
    task.slot = "sheet";
    task.run = [columns, keep = std::move(keep), name = session_.picture()->name](JobControl& control) {
        keep(renderSheet(name, columns, control));
    };
    task.done = [this, done = std::move(done)](const JobResult& result) {
        drawing_ = false;
        showState();
        if (result.outcome == JobOutcome::Failed) tellError(sentenceOf(*result.error));
        if (result.outcome == JobOutcome::Done) done();
    };
    drawing_ = true;
    session_.jobs().submit(session_.runners().files, std::move(task));
    showState();
}

void CompareWorkspace::copySheet() {
    auto sheet = std::make_shared<QImage>();
    drawSheet(
        tr("Copying the pictures"), [sheet](const QImage& drawn) { *sheet = drawn; },
        [this, sheet] {
            QGuiApplication::clipboard()->setImage(*sheet);
            setStatus(tr("Copied the pictures as seen"));
        });
}

void CompareWorkspace::saveSheet() {
    if (!session_.picture()) return;
    const Picture& picture = *session_.picture();
    // Beside the picture, but not among the program's own samples.
    const QString folder = picture.file.isEmpty() || samplePictures().contains(picture.file)
                               ? QStandardPaths::writableLocation(QStandardPaths::PicturesLocation)
                               : QFileInfo(picture.file).absolutePath();
    const QString stem = QFileInfo(picture.name).completeBaseName();
    dialogs_.saveFile(this, tr("Save as one picture"), QDir(folder).filePath(stem + tr("-compared.png")),
                      {tr("Pictures (*.png)")}, [this](const QString& file) {
                          if (file.isEmpty()) return;
                          drawSheet(
                              tr("Saving"),
                              [file](const QImage& drawn) { writePng(filePath(file), imageFrom(drawn)); },
                              [this, file] {
                                  written_ = file;
                                  messageIsOfView_ = false;
                                  message_->setAction(tr("Show the file"));
                                  message_->tell(MessageBar::Kind::Info, tr("Wrote %1").arg(file));
                              });
                      });
}

void CompareWorkspace::copyCommands() {
    QStringList commands;
    for (const ComparePane* pane : panes_) {
        if (!pane->hasMap()) continue;
        api::AttentionView view = pane->session().attentionView();
        view.image = std::filesystem::absolute(view.image).string();  // a terminal may be in another folder
        const InputGeometry& geometry = pane->session().field()->geometry();
        commands << QString::fromStdString(api::attendCommand(view, geometry));
    }
    if (commands.isEmpty()) return;
    QGuiApplication::clipboard()->setText(commands.join(QLatin1Char('\n')));
    setStatus(tr("Copied: %1").arg(commands.join(QStringLiteral("; "))));
}

}  // namespace dinoscope
