#include "engine/ssl/device_crops/device_crops.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>

#include "engine/ssl/augment/apply_crop.h"
#include "engine/ssl/device_crops/blur_crops.h"
#include "engine/ssl/device_crops/crop_resampler.h"
#include "engine/ssl/device_crops/crop_rows.h"
#include "engine/ssl/device_crops/host_lists.h"
#include "engine/ssl/device_crops/jitter_crops.h"

namespace dinoscope {

namespace {

/// Blurring, the greediest of the operations after resizing, holds some 100 bytes a pixel, the crop's copy
/// among them.
constexpr std::int64_t kBytesPerPixel = 128;

/// The rows of those jobs whose plan says so.
template <typename Says>
std::vector<std::int64_t> rowsWhere(std::span<const CropJob> jobs, const Says& says) {
    std::vector<std::int64_t> rows;
    for (std::size_t i = 0; i < jobs.size(); ++i) {
        if (says(jobs[i].plan())) rows.push_back(static_cast<std::int64_t>(i));
    }
    return rows;
}

void toGray(at::Tensor& crops, std::size_t /*first*/) {
    crops.copy_(lumaOf(crops).unsqueeze(1));
}

/// Samples from 128 on are turned over, those below them would become greater.
void solarize(at::Tensor& crops, std::size_t /*first*/) {
    crops.clamp_max_(crops.neg().add_(255));
}

void mirror(at::Tensor& crops, std::size_t /*first*/) {
    crops.copy_(crops.flip({3}));
}

}  // namespace

DeviceCropMaker::DeviceCropMaker(const MultiCropOptions& crops, at::Device device,
                                 std::int64_t workspaceBytes)
    : crops_(crops),
      workspaceBytes_(workspaceBytes),
      range_(at::full({1}, 255, at::TensorOptions(at::kFloat).device(device))),
      mean_(onDevice(std::span<const float>(kChannelMean), device).view({3, 1, 1})),
      deviation_(onDevice(std::span<const float>(kChannelDeviation), device).view({3, 1, 1})) {
    if (crops.recipe == AugmentRecipe::Dino) hues_.emplace(device);
}

std::vector<at::Tensor> DeviceCropMaker::make(const at::Tensor& bytes, const ByteStore& store,
                                              std::span<const CropSource> sources) const {
    const at::NoGradGuard guard;
    std::vector<CropJob> globals;
    std::vector<CropJob> locals;
    for (int view = 0; view < crops_.views(); ++view) {
        for (const CropSource& source : sources) {
            (crops_.isGlobal(view) ? globals : locals)
                .push_back({&source.views[static_cast<std::size_t>(view)],
                            store.place(source.block, source.offset)});
        }
    }
    std::vector<at::Tensor> groups{makeGroup(bytes, globals)};
    if (!locals.empty()) groups.push_back(makeGroup(bytes, locals));
    return groups;
}

at::Tensor DeviceCropMaker::makeGroup(const at::Tensor& bytes, std::span<const CropJob> jobs) const {
    const std::int64_t pixels = workspaceBytes_ / kBytesPerPixel;
    at::Tensor crops = resampleCrops(bytes, jobs, workspaceBytes_);
    if (hues_) jitterCrops(crops, jobs, *hues_, pixels);
    changeRows(crops, rowsWhere(jobs, [](const CropPlan& plan) { return plan.gray; }), pixels, toGray);
    blurCrops(crops, jobs, pixels);
    changeRows(crops, rowsWhere(jobs, [](const CropPlan& plan) { return plan.solarize; }), pixels, solarize);
    changeRows(crops, rowsWhere(jobs, [](const CropPlan& plan) { return plan.flip; }), pixels, mirror);
    normalise(crops);
    return crops;
}

/// Divisors are tensors of the device: by a number of the host a card would multiply with its inverse, which
/// is another float now and then.
void DeviceCropMaker::normalise(at::Tensor& crops) const {
    crops.div_(range_).sub_(mean_).div_(deviation_);
}

std::int64_t DeviceCropMaker::tableBytes(const MultiCropOptions& crops) {
    return crops.recipe == AugmentRecipe::Dino ? HueTables::kBytes : 0;
}

std::int64_t DeviceCropMaker::workspaceBytes(const MultiCropOptions& crops, std::int64_t images) {
    const auto bytesOf = [](std::int64_t views, std::int64_t size) {
        return views * resampleBytes(2 * size, 2 * size, size);
    };
    const std::int64_t globals = bytesOf(crops.globalCrops, crops.globalSize);
    const std::int64_t locals = bytesOf(crops.localCrops, crops.localSize);
    const std::int64_t single = resampleBytes(2 * crops.globalSize, 2 * crops.globalSize, crops.globalSize);
    return std::max(single, std::min(kWorkspaceBytes, images * std::max(globals, locals)));
}

}  // namespace dinoscope
