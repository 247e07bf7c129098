#pragma once

#include <filesystem>
#include <functional>

#include "engine/nn/state_dict.h"
#include "engine/train/run/run_directory.h"

namespace dinoscope {

/// The teacher of the run that this thread trains, for jobs that run between its micro-batches: they take it
/// as it is at that moment, which no file holds yet. There is one at most, while the object lives.
class LiveTeacher {
public:
    /// A copy of its backbone's weights, on the CPU.
    using Weights = std::function<StateDict()>;
    /// How far its run is.
    using Position = std::function<RunPosition()>;

    /// `config` is that of a ViT; a ResNet-50 has none of its numbers.
    LiveTeacher(std::filesystem::path run, VitConfig config, bool convolutional, Weights weights,
                Position position);
    ~LiveTeacher();
    LiveTeacher(const LiveTeacher&) = delete;
    LiveTeacher& operator=(const LiveTeacher&) = delete;

    /// Of this run folder, if this thread trains it now; null otherwise, and on every other thread.
    static const LiveTeacher* of(const std::filesystem::path& run);

    const VitConfig& config() const { return config_; }
    bool isConvolutional() const { return convolutional_; }
    StateDict weights() const { return weights_(); }
    RunPosition position() const { return position_(); }

private:
    std::filesystem::path run_;
    VitConfig config_;
    bool convolutional_;
    Weights weights_;
    Position position_;
};

}  // namespace dinoscope
