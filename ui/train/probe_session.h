#pragma once

#include <QCache>
#include <QObject>
#include <QTimer>
#include <memory>

#include "engine/api/images.h"
#include "engine/api/run.h"
#include "ui/bridge/job_bridge.h"
#include "ui/bridge/runners.h"
#include "ui/train/run_watch.h"
#include "ui/widgets/image_pyramid.h"

namespace dinoscope {

/// The probe images of a run and the looks at them: which is on show, what it found, and playing them in
/// turn. Stays at the newest look as long as it is there. No widgets.
class ProbeSession : public QObject {
    Q_OBJECT

public:
    explicit ProbeSession(Runners runners, QObject* parent = nullptr);

    void setRun(const std::filesystem::path& run);
    void setFollowing(bool on) { watch_.setFollowing(on); }
    const RunWatch& watch() const { return watch_; }
    const std::vector<api::ProbeImage>& images() const { return watch_.probes().images(); }

    int image() const { return image_; }
    void setImage(int image);
    /// Looks at the image on show, oldest first; empty without one.
    const std::vector<api::ProbeLook>& looks() const;
    int look() const { return look_; }
    void setLook(int look);

    void play(bool on);
    bool isPlaying() const { return playing_; }

    /// What is on show: null while nothing was read yet. The look that was asked for follows.
    const std::shared_ptr<const api::ProbeFrame>& frame() const { return frame_; }
    int frameLook() const { return frameLook_; }
    const ImagePyramid& picture() const { return picture_; }

    bool isSettled() const { return watch_.isSettled() && jobs_.pending() == 0 && !playing_; }
    JobBridge& jobs() { return jobs_; }

Q_SIGNALS:
    void imagesChanged();
    void looksChanged();
    void lookChanged();
    void frameChanged();
    void pictureChanged();
    void playingChanged();
    void settledChanged();
    void failed(const QString& sentence);

private:
    struct Kept {
        std::shared_ptr<const api::ProbeFrame> frame;
    };

    void takeNews(bool anew);
    void load();
    void fetch(int look, bool shown);
    void show(const std::filesystem::path& file, const std::shared_ptr<const api::ProbeFrame>& frame);
    void loadPicture();
    void step();

    Runners runners_;
    RunWatch watch_;
    QCache<QString, Kept> frames_;  ///< by file, cost in KiB
    std::shared_ptr<const api::ProbeFrame> frame_;
    ImagePyramid picture_;
    QString pictureName_;  ///< of the image that picture_ shows, or is being read for
    QTimer clock_;
    int image_ = -1;
    int look_ = -1;
    int frameLook_ = -1;
    bool playing_ = false;
    std::size_t images_ = 0;  ///< that were told
    std::size_t looks_ = 0;
    JobBridge jobs_;
};

/// The picture of a probe image, as large as the run or the disk still has it. Throws Error without any.
Image readProbePicture(const api::ProbeFrame& frame, const std::string& name);

}  // namespace dinoscope
