#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/base/job.h"
#include "engine/image/image.h"
#include "engine/nn/state_dict.h"
#include "engine/train/run/metrics.h"

namespace dinoscope {

/// Images pinned with --probe: the attention of the teacher's last layer over them, kept by epoch.
class Probes {
public:
    /// Reads the images; a bad one is an Error that names it. Files go below `folder`.
    Probes(const std::vector<std::string>& files, int side, std::filesystem::path folder);

    bool empty() const { return images_.empty(); }

    /// Writes probes/epoch0012-probe<number>.safetensors for each image: `attention` float32
    /// [heads, rows, columns] of [CLS], shorter side `side`. `epochs` are those behind the weights. Polls
    /// between blocks of the network.
    std::vector<ProbeMetrics> record(const VitConfig& config, const StateDict& weights, std::int64_t epochs,
                                     std::int64_t step, JobControl& control) const;

private:
    struct Pinned {
        std::string name;
        Image pixels;
    };

    std::vector<Pinned> images_;
    int side_;
    std::filesystem::path folder_;
};

}  // namespace dinoscope
