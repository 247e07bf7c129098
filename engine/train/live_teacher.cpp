#include "engine/train/live_teacher.h"

#include <utility>

namespace dinoscope {

namespace {

namespace fs = std::filesystem;

/// A thread trains one run at a time, and lets others look at it only while it waits for them.
thread_local const LiveTeacher* ofThisThread = nullptr;

fs::path plain(const fs::path& path) {
    std::error_code failed;
    fs::path found = fs::weakly_canonical(path, failed);
    if (failed) found = path.lexically_normal();
    return found.has_filename() ? found : found.parent_path();
}

}  // namespace

LiveTeacher::LiveTeacher(fs::path run, VitConfig config, bool convolutional, Weights weights,
                         Position position)
    : run_(plain(run)),
      config_(config),
      convolutional_(convolutional),
      weights_(std::move(weights)),
      position_(std::move(position)) {
    ofThisThread = this;
}

LiveTeacher::~LiveTeacher() {
    ofThisThread = nullptr;
}

const LiveTeacher* LiveTeacher::of(const fs::path& run) {
    return ofThisThread && ofThisThread->run_ == plain(run) ? ofThisThread : nullptr;
}

}  // namespace dinoscope
