#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/api/attention.h"
#include "engine/explore/attention_map.h"
#include "engine/explore/input_geometry.h"
#include "engine/image/colour_map.h"

// The words of `dino attend` and `dino video`.
namespace dinoscope::api {

/// "all", or numbers as "0,2"; none for "mean". Throws UsageError naming --heads.
std::vector<int> parseHeads(const std::string& text, int heads);

/// What the options of a view ask for, and the network that is asked: read and loaded once for all images. Of
/// a convolutional network, which has no attention, it is the energy of the last activation, as one head.
struct AttentionTerms {
    /// Throws UsageError for what no image can have. Notes a network without attention.
    AttentionTerms(const OptionValues& options, InputSize inputSize, JobControl& control);

    /// Of one image. Throws Error where the query lies outside.
    Query queryIn(const InputGeometry& geometry) const;

    InputSize size;
    int layer;  ///< as given
    std::optional<std::pair<double, double>> point;
    std::optional<int> registerToken;
    Scale scale;
    ColourMap colours;
    double opacity;
    std::optional<double> mass;
    bool hues;
    std::vector<int> heads;  ///< none for the mean
    bool energy = false;
    std::shared_ptr<const Model> model;
};

}  // namespace dinoscope::api
