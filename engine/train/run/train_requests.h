#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace dinoscope {

/// What a person asks of a run while it trains. Any thread may ask; the trainer hears it between two steps.
class TrainRequests {
public:
    /// A checkpoint, now.
    void save() {
        const std::lock_guard lock(mutex_);
        save_ = true;
    }
    /// These probe images from now on, instead of those before.
    void pin(std::vector<std::string> files) {
        const std::lock_guard lock(mutex_);
        pins_ = std::move(files);
    }

    /// For the trainer: what was asked since it last looked.
    bool takeSave() {
        const std::lock_guard lock(mutex_);
        return std::exchange(save_, false);
    }
    std::optional<std::vector<std::string>> takePins() {
        const std::lock_guard lock(mutex_);
        return std::exchange(pins_, std::nullopt);
    }

private:
    std::mutex mutex_;
    bool save_ = false;
    std::optional<std::vector<std::string>> pins_;
};

}  // namespace dinoscope
