#include "ui/train/probe_session.h"

#include <chrono>

#include "engine/api/images.h"
#include "ui/bridge/image_bridge.h"
#include "ui/bridge/paths.h"
#include "ui/bridge/texts.h"

namespace dinoscope {

namespace {

using namespace std::chrono_literals;

constexpr auto kLookInterval = 180ms;  // while they are played
constexpr int kKeptKib = 128 << 10;

int costOf(const api::ProbeFrame& frame) {
    return int((frame.teacher.size() + frame.student.size()) * sizeof(float) / 1024) + 1;
}

}  // namespace

Image readProbePicture(const api::ProbeFrame& frame, const std::string& name) {
    std::error_code none;
    if (!frame.picture.empty() && std::filesystem::exists(frame.picture, none))
        return decodeImage(frame.picture);
    return decodeImage(name);
}

ProbeSession::ProbeSession(Runners runners, QObject* parent)
    : QObject(parent),
      runners_(runners),
      watch_(runners, MetricsFollower::Wanted::EpochsAndProbes),
      frames_(kKeptKib) {
    clock_.setInterval(kLookInterval);
    connect(&clock_, &QTimer::timeout, this, &ProbeSession::step);
    connect(&watch_, &RunWatch::restarted, this, [this] { takeNews(true); });
    connect(&watch_, &RunWatch::grown, this, [this] { takeNews(false); });
    connect(&watch_, &RunWatch::settledChanged, this, &ProbeSession::settledChanged);
    connect(&watch_, &RunWatch::failed, this, &ProbeSession::failed);
    connect(&jobs_, &JobBridge::pendingChanged, this, &ProbeSession::settledChanged);
}

void ProbeSession::setRun(const std::filesystem::path& run) {
    if (run != watch_.run()) play(false);
    watch_.setRun(run);
}

const std::vector<api::ProbeLook>& ProbeSession::looks() const {
    static const std::vector<api::ProbeLook> kNone;
    const bool there = image_ >= 0 && image_ < int(images().size());
    return there ? images()[std::size_t(image_)].looks : kNone;
}

void ProbeSession::takeNews(bool anew) {
    if (anew) {
        play(false);
        image_ = look_ = frameLook_ = -1;
        frame_.reset();
        frames_.clear();
        picture_ = {};
        pictureName_.clear();
        images_ = looks_ = 0;
        Q_EMIT imagesChanged();
        Q_EMIT looksChanged();
        Q_EMIT frameChanged();
        Q_EMIT pictureChanged();
    }
    if (images().size() != images_) {
        images_ = images().size();
        Q_EMIT imagesChanged();
        if (image_ < 0 && images_ > 0) setImage(0);
    }
    if (looks().size() == looks_) return;
    const bool atEnd = look_ < 0 || look_ == int(looks_) - 1;
    looks_ = looks().size();
    Q_EMIT looksChanged();
    if (atEnd && !playing_) setLook(int(looks_) - 1);
}

void ProbeSession::setImage(int image) {
    if (image < 0 || image >= int(images().size()) || image == image_) return;
    // The same epoch of the other image, or the one before it.
    const std::int64_t epochs = look_ >= 0 ? looks()[std::size_t(look_)].epochs : -1;
    const bool atEnd = look_ < 0 || look_ == int(looks().size()) - 1;
    image_ = image;
    looks_ = looks().size();
    look_ = int(looks_) - 1;
    while (!atEnd && look_ > 0 && looks()[std::size_t(look_)].epochs > epochs)
        --look_;
    frameLook_ = -1;
    frame_.reset();
    Q_EMIT looksChanged();
    Q_EMIT lookChanged();
    load();
}

void ProbeSession::setLook(int look) {
    if (look < 0 || look >= int(looks().size()) || look == look_) return;
    look_ = look;
    Q_EMIT lookChanged();
    load();
}

void ProbeSession::load() {
    if (look_ < 0) return;
    const api::ProbeLook& wanted = looks()[std::size_t(look_)];
    if (const Kept* kept = frames_.object(pathText(wanted.file))) {
        show(wanted.file, kept->frame);
    } else {
        fetch(look_, true);
    }
    if (playing_ && look_ + 1 < int(looks().size()) &&
        !frames_.contains(pathText(looks()[std::size_t(look_ + 1)].file))) {
        fetch(look_ + 1, false);
    }
}

void ProbeSession::fetch(int look, bool shown) {
    const std::filesystem::path file = looks()[std::size_t(look)].file;
    auto frame = std::make_shared<std::shared_ptr<const api::ProbeFrame>>();
    JobBridge::Task task;
    task.slot = shown ? "look" : "nextLook";
    task.run = [frame, file](JobControl&) { *frame = api::readProbeFrame(file); };
    task.done = [this, frame, file](const JobResult& result) {
        if (result.outcome == JobOutcome::Failed) Q_EMIT failed(sentenceOf(*result.error));
        if (result.outcome != JobOutcome::Done) return;
        frames_.insert(pathText(file), new Kept{*frame}, costOf(**frame));
        show(file, *frame);
    };
    jobs_.submit(runners_.files, std::move(task));
}

/// Nothing but the look that is wanted: others were read ahead.
void ProbeSession::show(const std::filesystem::path& file,
                        const std::shared_ptr<const api::ProbeFrame>& frame) {
    if (look_ < 0 || looks()[std::size_t(look_)].file != file) return;
    frame_ = frame;
    frameLook_ = look_;
    loadPicture();
    Q_EMIT frameChanged();
}

void ProbeSession::loadPicture() {
    const std::string name = images()[std::size_t(image_)].name;
    const QString key = pathText(frame_->picture) + QLatin1Char('\n') + QString::fromStdString(name);
    if (key == pictureName_) return;
    pictureName_ = key;
    auto picture = std::make_shared<ImagePyramid>();
    JobBridge::Task task;
    task.slot = "probePicture";
    task.run = [picture, frame = frame_, name](JobControl&) {
        *picture = ImagePyramid(viewOf(std::make_shared<const Image>(readProbePicture(*frame, name))));
    };
    task.done = [this, picture, key](const JobResult& result) {
        if (result.outcome == JobOutcome::Failed) Q_EMIT failed(sentenceOf(*result.error));
        if (key != pictureName_ || result.outcome == JobOutcome::Cancelled) return;
        picture_ = *picture;
        Q_EMIT pictureChanged();
    };
    jobs_.submit(runners_.files, std::move(task));
}

/// From the start where the end is on show.
void ProbeSession::play(bool on) {
    if (on && looks().size() < 2) return;
    if (on == playing_) return;
    playing_ = on;
    if (on) {
        if (look_ == int(looks().size()) - 1) setLook(0);
        clock_.start();
    } else {
        clock_.stop();
    }
    Q_EMIT playingChanged();
    Q_EMIT settledChanged();
}

/// A look that is not there yet is waited for.
void ProbeSession::step() {
    if (frameLook_ != look_) return;
    if (look_ + 1 >= int(looks().size())) {
        play(false);
        return;
    }
    setLook(look_ + 1);
}

}  // namespace dinoscope
