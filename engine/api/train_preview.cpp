#include "engine/api/train_preview.h"

#include <algorithm>
#include <cmath>

#include "engine/data/epoch_sampler.h"
#include "engine/data/image_dataset.h"
#include "engine/image/decode.h"
#include "engine/ssl/augment/apply_crop.h"
#include "engine/ssl/augment/crop_plan.h"
#include "engine/train/run/train_options.h"
#include "engine/train/train_setup.h"

namespace dinoscope::api {

namespace {

std::vector<DataSummary::Class> countClasses(const ImageDataset& dataset) {
    std::vector<DataSummary::Class> classes;
    for (const std::string& name : dataset.classes())
        classes.push_back({name, 0});
    for (std::int64_t i = 0; dataset.hasLabels() && i < dataset.size(); ++i)
        ++classes[static_cast<std::size_t>(dataset.label(i))].images;
    return classes;
}

void measureSides(const ImageDataset& dataset, DataSummary& summary) {
    std::vector<int> shorter;
    for (std::int64_t i = 0; i < dataset.size(); ++i) {
        const auto [low, high] = std::minmax({dataset.width(i), dataset.height(i)});
        shorter.push_back(low);
        summary.smallestSide = i == 0 ? low : std::min(summary.smallestSide, low);
        summary.largestSide = std::max(summary.largestSide, high);
    }
    const auto middle = shorter.begin() + std::ptrdiff_t(shorter.size() / 2);
    std::nth_element(shorter.begin(), middle, shorter.end());
    summary.medianShorterSide = *middle;
}

/// Normalised planes back to what they were made of.
Image imageOf(const std::vector<float>& planes, int size) {
    Image image(size, size);
    const std::size_t plane = std::size_t(size) * std::size_t(size);
    for (std::size_t i = 0; i < plane; ++i) {
        for (std::size_t c = 0; c < 3; ++c) {
            const float value = planes[c * plane + i] * kChannelDeviation[c] + kChannelMean[c];
            image.pixels[3 * i + c] = static_cast<std::uint8_t>(std::lround(255 * value));
        }
    }
    return image;
}

}  // namespace

DataSummary summariseData(const std::string& source, JobControl& control) {
    const ImageDataset dataset = ImageDataset::scan(source, control);
    DataSummary summary;
    summary.source = source;
    summary.images = dataset.size();
    summary.classes = countClasses(dataset);
    summary.pixelBytes = decodedBytes(dataset);
    summary.unreadable = dataset.unreadableCount();
    for (const UnreadableImage& image : dataset.unreadable())
        summary.unreadableNames.push_back(image.describe());
    measureSides(dataset, summary);
    const std::int64_t samples = std::min(DataSummary::kSamples, dataset.size());
    for (std::int64_t i = 0; i < samples; ++i)
        summary.samples.push_back(dataset.path(i * dataset.size() / samples));
    return summary;
}

CropPreviews previewCrops(const OptionValues& options, const std::filesystem::path& file, std::int64_t roll) {
    checkTrainOptions(options);
    const MultiCropOptions crops = multiCropOptions(options);
    CropPreviews previews{decodeImage(file), {}};
    const Image& image = previews.image;
    CropMaker maker;
    const std::uint64_t key = imageKey(std::uint64_t(options.integer("seed")), roll, 0);
    for (int view = 0; view < crops.views(); ++view) {
        const CropPlan plan = drawCropPlan(crops, image.width, image.height, view, key);
        const int size = crops.sizeOf(view);
        std::vector<float> planes(3 * std::size_t(size) * std::size_t(size));
        maker.make(image, plan, size, planes.data());
        previews.views.push_back({imageOf(planes, size), crops.isGlobal(view), plan.box.left, plan.box.top,
                                  plan.box.width, plan.box.height, plan.flip});
    }
    return previews;
}

ScheduleCurves scheduleCurves(const OptionValues& options, std::int64_t images, int points) {
    checkTrainOptions(options);
    const std::int64_t stepsPerEpoch = std::max<std::int64_t>(1, images / stepImages(options));
    const TrainSchedules schedules(options, stepsPerEpoch);
    const std::int64_t last = schedules.steps() - 1;
    const std::int64_t count = std::min<std::int64_t>(std::max(2, points), last + 1);
    ScheduleCurves curves;
    for (std::int64_t i = 0; i < count; ++i) {
        const std::int64_t step = count == 1 ? 0 : i * last / (count - 1);
        const StepSettings settings = schedules.at(step);
        curves.epochs.push_back(double(step) / double(stepsPerEpoch));
        curves.learningRate.push_back(settings.learningRate);
        curves.weightDecay.push_back(settings.weightDecay);
        curves.momentum.push_back(settings.momentum);
        curves.temperature.push_back(settings.teacherTemperature);
    }
    return curves;
}

}  // namespace dinoscope::api
