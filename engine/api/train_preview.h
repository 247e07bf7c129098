#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/base/job.h"
#include "engine/base/option.h"
#include "engine/image/image.h"

namespace dinoscope::api {

// What a person looks at before a training starts. None of it needs a network.

/// What a folder of images, or a list, has to learn from.
struct DataSummary {
    struct Class {
        std::string name;
        std::int64_t images = 0;
    };

    std::string source;  ///< as given
    std::int64_t images = 0;
    std::vector<Class> classes;   ///< empty without class folders
    std::int64_t pixelBytes = 0;  ///< of all images, decoded
    int smallestSide = 0;         ///< px, of all sides
    int largestSide = 0;
    int medianShorterSide = 0;
    std::int64_t unreadable = 0;
    std::vector<std::string> unreadableNames;    ///< the first, with the reasons
    std::vector<std::filesystem::path> samples;  ///< spread over the whole, at most `kSamples`
    static constexpr std::int64_t kSamples = 48;
};

/// Reads the header of every image. Errors and polls as ImageDataset::scan().
DataSummary summariseData(const std::string& source, JobControl& control);

/// A view that training would make of an image.
struct CropPreview {
    Image pixels;
    bool global = false;
    int left = 0;  ///< the part of the image, upright px
    int top = 0;
    int width = 0;
    int height = 0;
    bool flipped = false;
};

struct CropPreviews {
    Image image;                     ///< upright
    std::vector<CropPreview> views;  ///< the global ones first
};

/// The views of an image as `options` say, by the code that training makes them with. `roll` is what epochs
/// are there: each draws others.
CropPreviews previewCrops(const OptionValues& options, const std::filesystem::path& file, std::int64_t roll);

/// What changes over a run, at `epochs` evenly spread from 0 to --epochs.
struct ScheduleCurves {
    std::vector<double> epochs;
    std::vector<double> learningRate;
    std::vector<double> weightDecay;
    std::vector<double> momentum;     ///< of the teacher
    std::vector<double> temperature;  ///< likewise
};

/// For a run of `images` images; `points` at most, 2 or more. Throws UsageError where the options contradict
/// each other.
ScheduleCurves scheduleCurves(const OptionValues& options, std::int64_t images, int points);

}  // namespace dinoscope::api
