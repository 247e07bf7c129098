// What the person does, and what comes of it.
#include <QAction>
#include <QClipboard>
#include <QDesktopServices>
#include <QDialog>
#include <QDialogButtonBox>
#include <QDir>
#include <QFileInfo>
#include <QGuiApplication>
#include <QPlainTextEdit>
#include <QStandardPaths>
#include <QUrl>
#include <QVBoxLayout>
#include <algorithm>

#include "engine/api/images.h"
#include "ui/bridge/image_bridge.h"
#include "ui/bridge/paths.h"
#include "ui/bridge/texts.h"
#include "ui/dialogs.h"
#include "ui/heads_dialog.h"
#include "ui/input_kind.h"
#include "ui/neighbours/build_dialog.h"
#include "ui/neighbours/duplicates_page.h"
#include "ui/neighbours/evaluate_page.h"
#include "ui/neighbours/item_model.h"
#include "ui/neighbours/neighbours_text.h"
#include "ui/neighbours/neighbours_workspace.h"
#include "ui/widgets/drop_frame.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/metrics.h"
#include "ui/widgets/thumbnail_grid.h"

namespace dinoscope {

namespace {

constexpr std::size_t kMostOnSheet = 200;
constexpr QSize kSkippedSize(640, 360);

}  // namespace

ThumbnailGrid& NeighboursWorkspace::grid() const {
    return page_ == NeighboursPage::Duplicates ? duplicates_->grid() : *itemGrid_;
}

ItemModel& NeighboursWorkspace::model() const {
    return page_ == NeighboursPage::Duplicates ? duplicates_->model() : *items_;
}

std::vector<std::int64_t> NeighboursWorkspace::selectedItems() const {
    std::vector<std::int64_t> items;
    if (page_ == NeighboursPage::Evaluate || !grid().selectionModel()) return items;
    for (const QModelIndex& index : grid().selectionModel()->selectedIndexes())
        items.push_back(model().itemAt(index.row()));
    return items;
}

std::int64_t NeighboursWorkspace::currentItem() const {
    if (page_ == NeighboursPage::Evaluate) return -1;
    const QModelIndex current = grid().currentIndex();
    return current.isValid() ? model().itemAt(current.row()) : -1;
}

QString NeighboursWorkspace::pathOf(std::int64_t item) const {
    if (!session_.gallery() || item < 0) return {};
    return pathText(session_.gallery()->path(item));
}

bool NeighboursWorkspace::isSettled() const {
    return session_.jobs().pending() == 0 && items_->loader().pending() == 0 && duplicates_->isSettled() &&
           evaluate_->isSettled();
}

void NeighboursWorkspace::setDropHint(bool shown) {
    dropFrame_->setShown(shown);
}

void NeighboursWorkspace::setOfferedModel(const api::ModelSource& source) {
    offeredModel_ = source;
    evaluate_->setModel(source);
}

void NeighboursWorkspace::openGallery(const QString& folder) {
    message_->hide();
    session_.openGallery(folder);
}

void NeighboursWorkspace::openPictures(const QStringList& files) {
    if (files.isEmpty()) return;
    PictureQuery picture;
    picture.file = QFileInfo(files.front()).absoluteFilePath();
    picture.name = QFileInfo(files.front()).fileName();
    pictures_.add(files.front());
    askPicture(picture);
}

void NeighboursWorkspace::openPicture(const QImage& picture, const QString& name) {
    if (picture.isNull()) {
        tellError(tr("There is no picture in it; copy one and try again."));
        return;
    }
    PictureQuery query;
    query.image = std::make_shared<const Image>(imageFrom(picture));
    query.name = name;
    query.size = picture.size();
    askPicture(query);
}

void NeighboursWorkspace::openFolder(const QString& folder) {
    startBuild(folder);
}

void NeighboursWorkspace::askPicture(const PictureQuery& picture) {
    message_->hide();
    showPage(NeighboursPage::Browse);
    session_.askPicture(picture);
    if (session_.gallery() || session_.state().opening) return;
    tellInfo(tr("Open or build a gallery: what is like %1 is then looked for in it.").arg(picture.name));
}

void NeighboursWorkspace::tellInfo(const QString& sentence) {
    remedy_ = Remedy::None;
    messageFolder_.clear();
    message_->setAction({});
    message_->tell(MessageBar::Kind::Info, sentence);
}

void NeighboursWorkspace::tellError(const QString& sentence) {
    showFailure(sentence, Remedy::None);
}

void NeighboursWorkspace::showFailure(const QString& sentence, Remedy remedy) {
    remedy_ = remedy;
    messageFolder_.clear();
    skipped_.clear();
    const bool unusable = remedy == Remedy::Repair && session_.damaged();
    const QString actions[] = {{},
                               tr("Choose the weights…"),
                               tr("Use the gallery's model"),
                               tr("Say where they are…"),
                               unusable ? tr("Repair it") : tr("Bring up to date")};
    message_->setAction(actions[int(remedy)]);
    const bool error = unusable || remedy == Remedy::None || remedy == Remedy::UseGalleryModel;
    message_->tell(error ? MessageBar::Kind::Error : MessageBar::Kind::Warning, sentence);
    // What can still be used is not a failure of what was asked for.
    if (unusable || (remedy != Remedy::Relocate && remedy != Remedy::Repair)) Q_EMIT failed(sentence);
}

void NeighboursWorkspace::askHeadsFor(const UnknownHeads& unknown, const std::function<void(int)>& goOn) {
    const auto tell = [this, unknown] { showFailure(sentenceOf(unknown), Remedy::None); };
    // Behind another workspace a question would come from nowhere.
    if (isActive()) {
        askHeads(this, unknown, goOn, tell);
    } else {
        tell();
    }
}

void NeighboursWorkspace::showFinished(const api::IndexReport& report) {
    remedy_ = Remedy::None;
    messageFolder_.clear();
    message_->setAction(skipped_.empty() ? QString() : tr("Show them"));
    message_->tell(skipped_.empty() ? MessageBar::Kind::Info : MessageBar::Kind::Warning, reportText(report));
}

void NeighboursWorkspace::applyRemedy() {
    switch (remedy_) {
        case Remedy::ChooseWeights:
            chooseWeights();
            break;
        case Remedy::UseGalleryModel:
            message_->hide();
            session_.setModel(std::nullopt);
            break;
        case Remedy::Relocate:
            relocate();
            break;
        case Remedy::Repair:
            repairGallery();
            break;
        case Remedy::None:
            if (!skipped_.empty()) {
                showSkipped();
            } else if (!messageFolder_.isEmpty()) {
                QDesktopServices::openUrl(QUrl::fromLocalFile(messageFolder_));
            }
            break;
    }
}

void NeighboursWorkspace::showSkipped() {
    auto* dialog = new QDialog(this);
    dialog->setObjectName(QStringLiteral("skippedDialog"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(tr("Pictures that could not be read"));
    auto* text = new QPlainTextEdit;
    text->setObjectName(QStringLiteral("skippedList"));
    text->setReadOnly(true);
    text->setLineWrapMode(QPlainTextEdit::NoWrap);
    QStringList lines;
    for (const api::SkippedImage& each : skipped_) {
        lines << QStringLiteral("%1: %2").arg(QString::fromStdString(each.file.string()),
                                              QString::fromStdString(each.reason));
    }
    text->setPlainText(lines.join(QLatin1Char('\n')));
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close);
    connect(buttons, &QDialogButtonBox::rejected, dialog, &QDialog::close);
    auto* column = new QVBoxLayout(dialog);
    column->setContentsMargins(2 * kStep, 2 * kStep, 2 * kStep, 2 * kStep);
    column->addWidget(text);
    column->addWidget(buttons);
    dialog->resize(kSkippedSize);
    dialog->open();
}

void NeighboursWorkspace::openGalleryDialog() {
    dialogs_.chooseFolder(this, tr("Open a gallery"), {}, [this](const QString& folder) {
        if (folder.isEmpty()) return;
        if (api::isGallery(filePath(folder))) {
            openGallery(folder);
        } else {
            tellError(
                tr("%1 is no gallery; build one of it, or choose the folder that a gallery was kept in.")
                    .arg(QDir(folder).dirName()));
        }
    });
}

void NeighboursWorkspace::startBuild(const QString& source) {
    if (!controlsFor(state()).build) {
        tellInfo(state().building
                     ? tr("A gallery is being built: wait for it, or stop it.")
                     : tr("Pictures are being compared or evaluated: wait for that, or stop it."));
        return;
    }
    auto* dialog = new BuildDialog(dialogs_, source, offeredModel_, this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setLiveRun(session_.liveRun());
    connect(&session_, &NeighboursSession::liveRunChanged, dialog, &BuildDialog::setLiveRun);
    connect(dialog, &QDialog::accepted, this, [this, dialog] {
        message_->hide();
        session_.build(dialog->source(), dialog->options(session_.common()));
    });
    dialog->open();
}

void NeighboursWorkspace::updateGallery(const api::GalleryInfo& info, bool forgetMissing) {
    message_->hide();
    OptionValues options = updateOptions(info.folder, session_.common());
    if (forgetMissing) options.set("forget-missing", OptionValue(true));
    session_.build(pathText(info.source), options);
}

void NeighboursWorkspace::askToForget(std::int64_t missing) {
    if (missing == 0) {
        tellInfo(tr("No picture of this gallery is missing."));
        return;
    }
    const QString what = missing == 1
                             ? tr("1 picture of this gallery is not in its folder any more. Forget it?")
                             : tr("%1 pictures of this gallery are not in its folder any more. "
                                  "Forget them?")
                                   .arg(countText(missing));
    const QString comesOfIt = tr(
        "Pictures that come back are then computed anew. What is new or changed is brought up to date, too.");
    dialogs_.ask(
        this,
        {tr("Forget missing pictures"), what + QStringLiteral("\n\n") + comesOfIt, tr("Forget"), tr("Keep")},
        [this, gallery = session_.gallery()](bool yes) {
            if (yes && gallery && gallery == session_.gallery()) updateGallery(gallery->info(), true);
        });
}

/// The one that could not be opened, or else the one that is open.
void NeighboursWorkspace::repairGallery() {
    const auto gallery = session_.gallery();
    if (session_.damaged()) {
        updateGallery(*session_.damaged());
    } else if (gallery) {
        updateGallery(gallery->info());
    }
}

/// The query is one step away there: the same head's attention over either.
void NeighboursWorkspace::openInExplore() {
    QStringList files{pathOf(currentItem())};
    const NeighbourQuery& query = session_.place().query;
    QString beside;
    if (page_ == NeighboursPage::Browse && query.item) beside = pathOf(*query.item);
    if (page_ == NeighboursPage::Browse && query.picture) beside = query.picture->file;
    if (!beside.isEmpty() && !files.contains(beside)) files << beside;
    Q_EMIT openInExploreRequested(files);
}

void NeighboursWorkspace::relocate() {
    dialogs_.chooseFolder(this, tr("Where the pictures of this gallery are now"), {},
                          [this](const QString& folder) {
                              if (folder.isEmpty()) return;
                              message_->hide();
                              session_.relocate(folder);
                          });
}

void NeighboursWorkspace::chooseWeights() {
    dialogs_.openFiles(this, tr("Open weights"), weightsFilters(), false, [this](const QStringList& files) {
        if (files.isEmpty()) return;
        message_->hide();
        api::ModelSource source;
        source.weights = filePath(files.front()).string();
        session_.setModel(source);
    });
}

void NeighboursWorkspace::copyPaths() {
    QStringList paths;
    for (const std::int64_t item : selectedItems())
        paths << pathOf(item);
    if (paths.isEmpty()) return;
    QGuiApplication::clipboard()->setText(paths.join(QLatin1Char('\n')));
    setStatus(paths.size() == 1 ? tr("Copied: %1").arg(paths.front())
                                : tr("Copied %1 paths").arg(paths.size()));
}

QString NeighboursWorkspace::exportName(const QString& extension) const {
    const QString query = queryName(session_.place().query, session_.gallery().get());
    return QStandardPaths::writableLocation(QStandardPaths::DocumentsLocation) + QLatin1Char('/') +
           tr("neighbours of %1").arg(QFileInfo(query).completeBaseName()) + extension;
}

/// What is exported is what was on show when the person asked: the gallery may be opened anew behind the
/// dialog.
void NeighboursWorkspace::exportList() {
    if (!state().query || state().results == 0) return;
    const auto gallery = session_.gallery();
    const NeighbourQuery& query = session_.place().query;
    api::NeighboursReport report;
    if (query.item) {
        report.query = gallery->path(*query.item);
    } else {
        report.query = filePath(query.picture->file.isEmpty() ? query.picture->name : query.picture->file);
    }
    report.gallery = gallery->info().folder;
    report.votes = session_.votes();
    report.damaged = gallery->info().damaged;
    dialogs_.saveFile(this, tr("Export the list"), exportName(QStringLiteral(".csv")),
                      {tr("Table (*.csv)"), tr("JSON (*.json)")},
                      [this, gallery, report, list = session_.shownResults()](const QString& file) {
                          if (file.isEmpty()) return;
                          const bool json = file.endsWith(QLatin1String(".json"), Qt::CaseInsensitive);
                          runExport(file, tr("Exporting the list"), tr("Wrote %1").arg(file),
                                    [gallery, report, json, list, file](JobControl&) {
                                        api::NeighboursReport whole = report;
                                        whole.neighbours = api::describe(*gallery, list);
                                        writeFileAtomically(
                                            filePath(file),
                                            json ? api::toJson(whole) : api::toCsv(whole.neighbours));
                                    });
                      });
}

void NeighboursWorkspace::exportContactSheet() {
    if (!state().query || state().results == 0) return;
    std::vector<Neighbour> list = session_.shownResults();
    const auto found = std::int64_t(list.size());
    list.resize(std::min(list.size(), kMostOnSheet));
    dialogs_.saveFile(
        this, tr("Export a contact sheet"), exportName(QStringLiteral(".png")), {tr("Picture (*.png *.jpg)")},
        [this, list, found, gallery = session_.gallery(),
         preview = session_.place().preview](const QString& file) {
            if (file.isEmpty()) return;
            runExport(file, tr("Drawing the contact sheet"),
                      sheetText(file, std::int64_t(list.size()), found),
                      [gallery, preview, list, file](JobControl& control) {
                          const Image query = preview.isNull() ? Image() : imageFrom(preview);
                          const Image sheet = api::contactSheet(*gallery, query, list, control);
                          control.poll();
                          const bool jpeg = file.endsWith(QLatin1String(".jpg"), Qt::CaseInsensitive) ||
                                            file.endsWith(QLatin1String(".jpeg"), Qt::CaseInsensitive);
                          if (jpeg) {
                              writeJpeg(filePath(file), sheet, 92);
                          } else {
                              writePng(filePath(file), sheet);
                          }
                      });
        });
}

void NeighboursWorkspace::runExport(const QString& file, const QString& title, const QString& told,
                                    const std::function<void(JobControl&)>& write) {
    JobBridge::Task task;
    task.title = title;
    task.slot = "exportNeighbours";
    task.run = write;
    task.done = [this, file, told](const JobResult& result) {
        exporting_ = false;
        showState();
        if (result.outcome == JobOutcome::Failed) {
            tellError(sentenceOf(*result.error));
            return;
        }
        const bool done = result.outcome == JobOutcome::Done;
        remedy_ = Remedy::None;
        skipped_.clear();
        messageFolder_ = done ? QFileInfo(file).absolutePath() : QString();
        message_->setAction(done ? tr("Show the folder") : QString());
        message_->tell(MessageBar::Kind::Info, done ? told : exportStoppedText());
    };
    exporting_ = true;
    session_.jobs().submit(session_.runners().files, std::move(task));
    showState();
}

}  // namespace dinoscope
