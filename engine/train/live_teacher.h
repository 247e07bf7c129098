#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>

#include "engine/nn/state_dict.h"

namespace dinoscope {

/// The teacher of the run that this thread trains, for jobs that run between its micro-batches: they take it
/// as it is at that moment, which no file holds yet. There is one at most, while the object lives.
class LiveTeacher {
public:
    /// A copy of its backbone's weights, on the CPU.
    using Weights = std::function<StateDict()>;
    /// Whole epochs behind it.
    using Epochs = std::function<std::int64_t()>;

    /// `config` is that of a ViT; a ResNet-50 has none of its numbers.
    LiveTeacher(std::filesystem::path run, VitConfig config, bool convolutional, Weights weights,
                Epochs epochs);
    ~LiveTeacher();
    LiveTeacher(const LiveTeacher&) = delete;
    LiveTeacher& operator=(const LiveTeacher&) = delete;

    /// Of this run folder, if this thread trains it now; null otherwise, and on every other thread.
    static const LiveTeacher* of(const std::filesystem::path& run);

    const VitConfig& config() const { return config_; }
    bool isConvolutional() const { return convolutional_; }
    StateDict weights() const { return weights_(); }
    std::int64_t epochs() const { return epochs_(); }

private:
    std::filesystem::path run_;
    VitConfig config_;
    bool convolutional_;
    Weights weights_;
    Epochs epochs_;
};

}  // namespace dinoscope
