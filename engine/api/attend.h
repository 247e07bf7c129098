#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "engine/api/attention.h"
#include "engine/explore/render.h"
#include "engine/image/colour_map.h"

namespace dinoscope::api {

/// The options of how attention is computed and drawn, which `dino attend` and `dino video` share.
const OptionSchema& attentionViewOptions();

/// Every option of `dino attend`: its own, those of a view, the model's and the common ones.
const OptionSchema& attendOptions();

/// What became of one image.
struct AttendedImage {
    std::filesystem::path file;
    int width = 0;  ///< of the network's input
    int height = 0;
    int rows = 0;
    int columns = 0;
    int heads = 0;
    std::vector<std::filesystem::path> outputs;
    double seconds = 0;
};

struct AttendFailure {
    std::filesystem::path file;
    Error error;
    bool named;  ///< on the command line, rather than met in a folder
};

struct AttendReport {
    std::string weights;
    Placement placement;
    std::vector<AttendedImage> images;
    std::vector<AttendFailure> failures;
};

/// Writes the attention of each input (image files and folders) below --output-dir. The model is loaded once.
/// A bad image is recorded and the rest is done; only what stops everything (no model, an unwritable folder)
/// throws. Polls between blocks of the network; progress counts images.
AttendReport attend(const std::vector<std::string>& inputs, const OptionValues& options, JobControl& control);

/// The document of `dino attend --json`.
std::string toJson(const AttendReport& report);

/// What the window shows, and so what "export" writes and "Copy as command" repeats.
struct AttentionView {
    std::string image;
    ModelSource model;
    Precision precision = Precision::Fp32;
    InputSize size;
    int layer = -1;
    Query query;
    Scale scale;
    ColourMap colourMap = ColourMap::Viridis;
    bool mean = false;  ///< of all heads, and no head alone
    bool hues = false;  ///< all heads at once, a hue each
    double opacity = 0.6;
    std::optional<double> mass;
};

/// A query as --query takes it: "cls", or the middle of the patch in pixels of the original.
std::string queryOption(const Query& query, const InputGeometry& geometry);

/// A `dino attend` line, quoted for the shell, that writes the pictures of this view.
std::string attendCommand(const AttentionView& view, const InputGeometry& geometry);

/// Writes the files that `dino attend --raw` writes for a view, from attention that is already there. The
/// stem is the image's.
std::vector<std::filesystem::path> exportAttention(const AttentionView& view, const Image& original,
                                                   const AttentionField& field,
                                                   const std::filesystem::path& folder, bool pictures,
                                                   bool raw, JobControl& control);

}  // namespace dinoscope::api
