// What the person does, and what comes of it.
#include <QAction>
#include <QClipboard>
#include <QFileInfo>
#include <QGuiApplication>
#include <QStandardPaths>
#include <filesystem>

#include "engine/api/images.h"
#include "ui/bridge/paths.h"
#include "ui/dialogs.h"
#include "ui/explore/control_panel.h"
#include "ui/explore/empty_state.h"
#include "ui/explore/explore_text.h"
#include "ui/explore/explore_workspace.h"
#include "ui/explore/export_dialog.h"
#include "ui/explore/filmstrip.h"
#include "ui/explore/model_menu.h"
#include "ui/explore/model_section.h"
#include "ui/explore/picture_opener.h"
#include "ui/heads_dialog.h"
#include "ui/input_kind.h"
#include "ui/recent.h"
#include "ui/widgets/image_canvas.h"
#include "ui/widgets/message_bar.h"

namespace dinoscope {

void ExploreWorkspace::openPictures(const QStringList& files) {
    opener_->openFiles(files);
}

void ExploreWorkspace::openFolder(const QString& folder) {
    opener_->openFolders({folder}, {});
}

void ExploreWorkspace::openFolders(const QStringList& folders, const QStringList& pictures) {
    opener_->openFolders(folders, pictures);
}

void ExploreWorkspace::openPicture(const QImage& picture, const QString& name) {
    opener_->openPicture(picture, name);
}

void ExploreWorkspace::openModel(const api::ModelSource& source) {
    message_->hide();
    panel_->model().setSource(source);
    session_.openModel(source);
}

void ExploreWorkspace::askHeadsOf(const api::ModelSource& source, const UnknownHeads& unknown) {
    // Behind another workspace a question would come from nowhere.
    if (!isActive()) {
        tellError(sentenceOf(unknown));
        return;
    }
    askHeads(
        this, unknown,
        [this, source](int heads) {
            api::ModelSource told = source;
            told.headsPerLayer = heads;
            openModel(told);
        },
        [this, unknown] {
            if (!session_.model()) tellError(sentenceOf(unknown));
        });
}

void ExploreWorkspace::openWeights() {
    dialogs_.openFiles(this, tr("Open weights"), weightsFilters(), false, [this](const QStringList& files) {
        if (files.isEmpty()) return;
        api::ModelSource source;
        source.weights = filePath(files.front()).string();
        openModel(source);
    });
}

void ExploreWorkspace::setLiveRun(const QString& run) {
    modelMenu_->setLiveRun(run);
}

void ExploreWorkspace::setSamples(const QStringList& files) {
    stage_->empty().setSamples(files);
}

void ExploreWorkspace::tellError(const QString& sentence) {
    messageIsOfView_ = false;
    message_->setAction({});
    message_->tell(MessageBar::Kind::Error, sentence);
    Q_EMIT failed(sentence);
    // The file that failed is not what is on show.
    if (session_.picture()) filmstrip_->returnToFile(session_.picture()->file);
}

bool ExploreWorkspace::isSettled() const {
    return session_.jobs().pending() == 0 && filmstrip_->loader().pending() == 0 &&
           stage_->empty().loader().pending() == 0;
}

void ExploreWorkspace::edit(const std::function<void(ExploreSettings&)>& change) {
    ExploreSettings settings = session_.settings();
    change(settings);
    session_.setSettings(settings);
}

void ExploreWorkspace::chooseTile(int tile) {
    const HeadChoice choice = choiceOf(tile);
    const int heads = session_.model() ? session_.model()->info().heads : 0;
    if (choice.kind == HeadChoice::Kind::One && choice.head >= heads) return;
    edit([=](ExploreSettings& s) { s.heads = choice; });
}

void ExploreWorkspace::hoverCell(std::optional<QPoint> cell) {
    hovered_ = cell;
    if (cell && session_.settings().follow) session_.setQuery({PatchPosition{cell->y(), cell->x()}});
    showStatus();
}

void ExploreWorkspace::clickCell(QPoint cell) {
    if (showsEnergy()) return;
    const Query asked{PatchPosition{cell.y(), cell.x()}};
    const bool lettingGo = !session_.settings().follow && session_.query() == asked;
    session_.setQuery(asked);
    setFollow(lettingGo);
}

void ExploreWorkspace::handleCellKey(int key) {
    const auto field = session_.field();
    const auto patch = session_.query().patch;
    const bool keep = key == Qt::Key_Return || key == Qt::Key_Enter;
    if (keep) {
        if (!field || field->isEnergy()) return;
        const InputGeometry& geometry = field->geometry();
        setFollow(false);
        if (!patch) session_.setQuery({PatchPosition{geometry.rows / 2, geometry.columns / 2}});
        return;
    }
    if (patch && field) {
        const InputGeometry& geometry = field->geometry();
        PatchPosition moved = *patch;
        if (key == Qt::Key_Left) --moved.column;
        if (key == Qt::Key_Right) ++moved.column;
        if (key == Qt::Key_Up) --moved.row;
        if (key == Qt::Key_Down) ++moved.row;
        moved.row = std::clamp(moved.row, 0, geometry.rows - 1);
        moved.column = std::clamp(moved.column, 0, geometry.columns - 1);
        setFollow(false);
        session_.setQuery({moved});
        return;
    }
    if (key == Qt::Key_Left) filmstrip_->step(-1);
    if (key == Qt::Key_Right) filmstrip_->step(1);
}

PictureQuery ExploreWorkspace::pictureQuery() const {
    const Picture& picture = *session_.picture();
    PictureQuery query;
    // Places that were gone to are kept: a file's pixels would stay in memory with each of them.
    if (picture.file.isEmpty()) query.image = picture.image;
    query.file = picture.file;
    query.name = picture.name;
    query.size = QSize(picture.image->width, picture.image->height);
    return query;
}

void ExploreWorkspace::askNeighbours() {
    if (session_.picture()) Q_EMIT neighboursRequested(pictureQuery());
}

void ExploreWorkspace::askNeighboursOfPart(QRect region) {
    leaveRegionMode();
    if (!session_.picture()) return;
    PictureQuery query = pictureQuery();
    query.region = region;
    Q_EMIT neighboursRequested(query);
}

void ExploreWorkspace::askNeighboursOfMask() {
    const std::vector<std::uint8_t>& kept = painter_.shown().kept;
    if (!session_.picture() || !session_.field() || kept.empty()) return;
    PictureQuery query = pictureQuery();
    query.mask = api::PatchMask{session_.field()->geometry(), kept};
    Q_EMIT neighboursRequested(query);
}

void ExploreWorkspace::leaveRegionMode() {
    actions_->neighboursOfPart->setChecked(false);
}

/// Escape ends what was begun last.
void ExploreWorkspace::askFromCls() {
    if (actions_->neighboursOfPart->isChecked()) {
        leaveRegionMode();
        return;
    }
    setFollow(false);
    session_.setQuery({});
}

void ExploreWorkspace::setFollow(bool follow) {
    edit([=](ExploreSettings& s) { s.follow = follow; });
    if (follow && hovered_) session_.setQuery({PatchPosition{hovered_->y(), hovered_->x()}});
    // A button that was checked by the click must show what is, even if nothing changed.
    showSettings();
}

SeenView ExploreWorkspace::seenView() const {
    const ExploreSettings& settings = session_.settings();
    const InputGeometry& geometry = session_.field()->geometry();
    const QRectF covered(0, 0, geometry.coveredWidth(), geometry.coveredHeight());
    return {session_.picture()->image, {painter_.shown(), covered, settings.opacity, settings.smooth}};
}

void ExploreWorkspace::copyPicture() {
    if (!session_.state().map) return;
    auto picture = std::make_shared<QImage>();
    JobBridge::Task task;
    task.title = tr("Copying the picture");
    task.slot = "copy";
    task.run = [picture, seen = seenView()](JobControl& control) {
        *picture = renderSeen(seen);
        control.poll();  // a job that ends is done: what was cancelled meanwhile must not be copied
    };
    task.done = [this, picture](const JobResult& result) {
        if (result.outcome == JobOutcome::Failed) tellError(sentenceOf(*result.error));
        if (result.outcome != JobOutcome::Done) return;
        QGuiApplication::clipboard()->setImage(*picture);
        setStatus(tr("Copied the picture as seen"));
    };
    session_.jobs().submit(session_.runners().files, std::move(task));
}

void ExploreWorkspace::copyCommand() {
    if (!session_.field()) return;
    auto view = session_.attentionView();
    view.image = std::filesystem::absolute(view.image);  // a terminal may be in another folder
    const std::string command = api::attendCommand(view, session_.field()->geometry());
    QGuiApplication::clipboard()->setText(QString::fromStdString(command));
    setStatus(tr("Copied: %1").arg(QString::fromStdString(command)));
}

void ExploreWorkspace::startExport() {
    if (!session_.state().map) return;
    QString folder = exportFolder_;  // the one that was chosen last
    if (folder.isEmpty()) {
        // Beside the picture, but not among the program's own samples.
        folder = session_.picture()->file.isEmpty() || samplePictures().contains(session_.picture()->file)
                     ? QStandardPaths::writableLocation(QStandardPaths::PicturesLocation)
                     : QFileInfo(session_.picture()->file).absolutePath();
    }
    ExportRequest request;
    request.seen = seenView();
    request.view = session_.attentionView();
    request.field = session_.field();
    const QString stem = QFileInfo(pathText(request.view.image)).completeBaseName();
    auto* dialog = new ExportDialog(dialogs_, folder, stem, session_.field()->isEnergy(), this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &QDialog::accepted, this, [this, dialog, folder, request]() mutable {
        if (dialog->folder() != folder) exportFolder_ = dialog->folder();
        request.folder = filePath(dialog->folder());
        request.asSeen = dialog->asSeen();
        request.heads = dialog->everyHead();
        request.raw = dialog->raw();
        runExport(std::move(request));
    });
    dialog->open();
}

void ExploreWorkspace::runExport(ExportRequest request) {
    auto files = std::make_shared<std::vector<std::filesystem::path>>();
    JobBridge::Task task;
    task.title = tr("Exporting");
    task.slot = "export";
    const QString folder = pathText(request.folder);
    task.run = [files, request = std::move(request)](JobControl& control) {
        *files = exportView(request, control);
    };
    task.done = [this, files, folder](const JobResult& result) {
        exporting_ = false;
        showState();
        if (result.outcome == JobOutcome::Failed) {
            tellError(sentenceOf(*result.error));
            return;
        }
        messageIsOfView_ = false;
        if (result.outcome == JobOutcome::Cancelled) {
            message_->setAction({});
            message_->tell(MessageBar::Kind::Info, exportStoppedText());
            return;
        }
        messageAction_ = folder;
        message_->setAction(tr("Show the folder"));
        message_->tell(MessageBar::Kind::Info,
                       files->size() == 1 ? tr("Wrote 1 file into %1").arg(folder)
                                          : tr("Wrote %1 files into %2").arg(files->size()).arg(folder));
    };
    exporting_ = true;
    session_.jobs().submit(session_.runners().files, std::move(task));
    showState();
}

}  // namespace dinoscope
