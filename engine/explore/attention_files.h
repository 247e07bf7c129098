#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/job.h"
#include "engine/explore/attention_map.h"
#include "engine/image/colour_map.h"
#include "engine/image/image.h"

namespace dinoscope {

/// What is written of an attention map.
struct AttentionFileOptions {
    std::vector<int> heads;  ///< which heads, by number; none: their mean, with an overlay and a mask
    Scale scale;
    ColourMap colourMap = ColourMap::Viridis;
    double opacity = 0.6;
    std::optional<double> mass;  ///< adds masks
    bool pictures = true;
    bool hues = false;    ///< adds <stem>-overlay-hues.png, all heads at once, a hue each
    bool raw = false;     ///< adds <stem>.safetensors
    bool energy = false;  ///< the map is no attention, but the energy of a convolutional network's last map
    std::map<std::string, std::string> metadata;  ///< of the safetensors file
};

/// Writes <stem>-head<k>.png, <stem>-mean.png, <stem>-overlay-head<k>.png, with a mass
/// <stem>-mask-head<k>.png (<stem>-overlay-mean.png, <stem>-mask-mean.png), with hues
/// <stem>-overlay-hues.png, with raw <stem>.safetensors, into `folder`, each whole or not at all; of energy
/// <stem>-energy.png, <stem>-overlay-energy.png and <stem>-mask-energy.png. Polls before each file, some 100
/// ms. Returns what was written, in that order.
std::vector<std::filesystem::path> writeAttentionFiles(const Image& original, const InputGeometry& geometry,
                                                       const AttentionMap& map,
                                                       const AttentionFileOptions& options,
                                                       const std::filesystem::path& folder,
                                                       const std::string& stem, JobControl& control);

}  // namespace dinoscope
