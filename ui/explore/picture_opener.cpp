#include "ui/explore/picture_opener.h"

#include <QDir>
#include <QFileInfo>
#include <QImage>

#include "ui/bridge/texts.h"
#include "ui/explore/filmstrip.h"
#include "ui/recent.h"

namespace dinoscope {

namespace {

constexpr const char* kFolderSlot = "folder";

}  // namespace

PictureOpener::PictureOpener(JobBridge& jobs, JobRunner& files, Filmstrip& film, Recent& recent,
                             QObject* parent)
    : QObject(parent), jobs_(jobs), files_(files), film_(film), recent_(recent) {
    connect(&film_, &Filmstrip::fileChosen, this, &PictureOpener::choose);
}

/// A folder that is still looked through would take what was opened since off the screen again.
void PictureOpener::begin() {
    ++openings_;
    jobs_.cancelSlot(kFolderSlot);
    Q_EMIT begun();
}

void PictureOpener::openFiles(const QStringList& files) {
    if (files.isEmpty()) return;
    begin();
    wanted_ = files.front();
    if (files.size() > 1) {
        film_.setFiles(files);
    } else if (!film_.files().contains(files.front())) {
        film_.setFiles({});
    }
    Q_EMIT filmChanged();
    readFile(files.front());
}

void PictureOpener::openFolders(const QStringList& folders, const QStringList& pictures) {
    begin();
    auto files = std::make_shared<QStringList>();
    JobBridge::Task task;
    task.title = folders.size() == 1 ? tr("Looking through %1").arg(QDir(folders.front()).dirName())
                                     : tr("Looking through %1 folders").arg(folders.size());
    task.slot = kFolderSlot;
    task.run = [files, folders, pictures](JobControl& control) {
        *files = listPictures(folders, pictures, control);
    };
    task.done = [this, files, folders, opening = openings_](const JobResult& result) {
        if (opening != openings_) return;
        if (result.outcome == JobOutcome::Failed) Q_EMIT failed(sentenceOf(*result.error));
        if (result.outcome != JobOutcome::Done) return;
        for (const QString& folder : folders)
            recent_.add(folder);
        wanted_ = files->front();
        film_.setFiles(*files);
        Q_EMIT filmChanged();
        readFile(files->front());
    };
    jobs_.submit(files_, std::move(task));
}

void PictureOpener::openPicture(const QImage& pixels, const QString& name) {
    begin();
    film_.setFiles({});
    Q_EMIT filmChanged();
    read(name, [pixels, name](JobControl& control) { return pictureOf(pixels, name, control); });
}

void PictureOpener::take(const Picture& picture) {
    begin();
    film_.setFiles({});
    wanted_.clear();
    Q_EMIT filmChanged();
    Q_EMIT opened(picture);
}

void PictureOpener::choose(const QString& file) {
    begin();
    readFile(file);
}

void PictureOpener::readFile(const QString& file) {
    read(QFileInfo(file).fileName(), [file](JobControl& control) { return readPicture(file, control); });
}

void PictureOpener::read(const QString& name, std::function<Picture(JobControl&)> how) {
    auto loaded = std::make_shared<Picture>();
    JobBridge::Task task;
    task.title = tr("Reading %1").arg(name);
    task.slot = "picture";
    task.run = [loaded, how = std::move(how)](JobControl& control) { *loaded = how(control); };
    task.done = [this, loaded](const JobResult& result) {
        if (result.outcome == JobOutcome::Failed) Q_EMIT failed(sentenceOf(*result.error));
        if (result.outcome != JobOutcome::Done) return;
        // Not each one that is paged to: they would push all else out of the list.
        if (!loaded->file.isEmpty() && loaded->file == wanted_) recent_.add(loaded->file);
        wanted_.clear();
        Q_EMIT opened(*loaded);
    };
    jobs_.submit(files_, std::move(task));
}

}  // namespace dinoscope
