#include "engine/train/view_uploader.h"

#include <ATen/ATen.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <utility>

#include "engine/base/log.h"

namespace dinoscope {

namespace {

/// values [views, batch, 3, size, size] -> [views * count, 3, size, size] on the device.
at::Tensor viewsOf(const float* values, std::int64_t views, std::int64_t batch, std::int64_t size,
                   std::int64_t first, std::int64_t count, at::Device device) {
    const at::Tensor all =
        at::from_blob(const_cast<float*>(values), {views, batch, 3, size, size}, at::kFloat);
    const at::Tensor asked = all.narrow(1, first, count);
    if (device.is_cpu()) return asked.reshape({views * count, 3, size, size});
    at::Tensor uploaded = at::empty({views, count, 3, size, size}, all.options().device(device));
    // Each view by itself is without gaps: only such memory is copied without a detour.
    for (std::int64_t view = 0; view < views; ++view)
        uploaded[view].copy_(asked[view], /*non_blocking=*/true);
    return uploaded.view({views * count, 3, size, size});
}

}  // namespace

CropAllocator cropAllocator(at::Device device) {
    if (device.is_cpu()) return {};
    return [](std::size_t count) {
        at::Tensor memory;
        const auto floats = static_cast<std::int64_t>(count);
        try {
            memory = at::empty({floats}, at::TensorOptions(at::kFloat).pinned_memory(true));
        } catch (const c10::Error& error) {
            log::warn(std::string("no page-locked memory for crops: ") + error.what_without_backtrace());
            memory = at::empty({floats}, at::kFloat);
        }
        const auto owner = std::make_shared<at::Tensor>(std::move(memory));
        return std::shared_ptr<float>(owner, owner->mutable_data_ptr<float>());
    };
}

MicroBatch ViewUploader::upload(const CropBatch& batch, std::int64_t first, std::int64_t count) {
    const auto images = static_cast<std::int64_t>(batch.images.size());
    MicroBatch micro;
    micro.groups.push_back(
        viewsOf(batch.globals(), crops_.globalCrops, images, crops_.globalSize, first, count, device_));
    if (crops_.localCrops > 0) {
        micro.groups.push_back(
            viewsOf(batch.locals(), crops_.localCrops, images, crops_.localSize, first, count, device_));
    }
    micro.images.assign(batch.images.begin() + first, batch.images.begin() + first + count);
    if (!device_.is_cpu()) hold(batch);
    return micro;
}

void ViewUploader::hold(const CropBatch& batch) {
    c10::Event copied(device_.type());
    copied.record(c10::impl::VirtualGuardImpl(device_.type()).getStream(device_));
    // Copies are done in order: the last one speaks for a batch.
    if (!inFlight_.empty() && inFlight_.back().buffers == batch.buffers) inFlight_.pop_back();
    inFlight_.push_back({batch.buffers, std::move(copied)});
    while (inFlight_.size() > kMostAhead || inFlight_.front().copied.query()) {
        inFlight_.front().copied.synchronize();
        inFlight_.pop_front();
        if (inFlight_.empty()) break;
    }
}

}  // namespace dinoscope
