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

/// What of the probe images is kept.
struct ProbeOptions {
    int side = 224;         ///< px, the shorter one of the network's input
    bool allLayers = true;  ///< else the last only
};

/// The images of the training set whose features are nearest to a probe's, best first.
struct ProbeNeighbours {
    std::vector<std::int64_t> images;  ///< numbers in the dataset
    std::vector<std::string> names;    ///< as the dataset has them
    std::vector<float> similarities;   ///< cosine
};

/// Images pinned with --probe: the attention of [CLS] over them, kept by epoch.
///
///   probes/epoch0012-probe0.safetensors
///     attention     float32 [heads, rows, columns]          the teacher's last layer
///     teacher       float16 [layers, heads, rows, columns]  the layers from "first-layer" on
///     student       likewise, where it was given
///     neighbours    int64 [k], similarities float32 [k]     where they were looked for
///   probes/pictures/<picture>.jpg, <number in the dataset>.jpg: what they show, small
class Probes {
public:
    /// Longest side of the pictures that are kept.
    static constexpr int kPictureSide = 640;
    static constexpr int kNeighbourSide = 160;
    /// What tells their files from those of neighbours.
    static constexpr const char* kPicturePrefix = "probe-";

    /// Reads the images; a bad one is an Error that names it. Files go below `folder`, the run's "probes".
    Probes(const std::vector<std::string>& files, const ProbeOptions& options, std::filesystem::path folder);

    bool empty() const { return images_.empty(); }
    std::vector<const Image*> images() const;
    const std::string& name(std::size_t probe) const { return images_[probe].name; }

    /// What is known of the probes at the end of an epoch.
    struct Networks {
        VitConfig config;
        StateDict teacher;
        StateDict student;  ///< empty: not kept
    };

    /// Writes a file for each image. `epochs` are those behind the weights; `neighbours` has an element an
    /// image, or none. Polls between blocks of the networks.
    std::vector<ProbeMetrics> record(const Networks& networks, const std::vector<ProbeNeighbours>& neighbours,
                                     std::int64_t epochs, std::int64_t step, JobControl& control) const;

    /// Keeps a small picture of an image of the dataset, unless there is one.
    void keepNeighbour(std::int64_t number, const std::filesystem::path& file) const;

private:
    struct Pinned {
        std::string name;
        Image pixels;
        std::string picture;  ///< below pictures/
    };

    void keepPicture(const Pinned& pinned) const;

    std::vector<Pinned> images_;
    ProbeOptions options_;
    std::filesystem::path folder_;
};

}  // namespace dinoscope
