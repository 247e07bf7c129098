#pragma once

#include <QObject>
#include <QStringList>
#include <functional>

#include "ui/bridge/job_bridge.h"
#include "ui/explore/picture.h"

class QImage;

namespace dinoscope {

class Filmstrip;
class Recent;

/// Opens what a dialog, a drop, the clipboard or the filmstrip gives a workspace: pictures one at a time, the
/// rest in its filmstrip, folders looked through in the background. The latest asked for is what opens.
class PictureOpener : public QObject {
    Q_OBJECT

public:
    /// All outlive it. What was opened by itself goes into `recent`, not each file that was stepped to.
    PictureOpener(JobBridge& jobs, JobRunner& files, Filmstrip& film, Recent& recent,
                  QObject* parent = nullptr);

    void openFiles(const QStringList& files);
    void openFolders(const QStringList& folders, const QStringList& pictures);
    void openPicture(const QImage& pixels, const QString& name);
    /// One that is shown already, from elsewhere.
    void take(const Picture& picture);

Q_SIGNALS:
    void begun();  ///< something was asked for: what was told of the one before is over
    void filmChanged();
    void opened(const dinoscope::Picture& picture);
    void failed(const QString& sentence);  ///< the former picture stays

private:
    void begin();
    void choose(const QString& file);
    void readFile(const QString& file);
    void read(const QString& name, std::function<Picture(JobControl&)> how);

    JobBridge& jobs_;
    JobRunner& files_;
    Filmstrip& film_;
    Recent& recent_;
    QString wanted_;  ///< what the person opened and is not on show yet
    std::uint64_t openings_ = 0;
};

}  // namespace dinoscope
