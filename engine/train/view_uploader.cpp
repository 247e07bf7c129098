#include "engine/train/view_uploader.h"

#include <ATen/ATen.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <span>
#include <utility>

#include "engine/ssl/device_crops/host_lists.h"

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

/// The store's blocks, one after the other: [store.size()] uint8.
at::Tensor bytesOf(const ByteStore& store, at::Device device) {
    at::Tensor bytes = at::empty({store.size()}, at::TensorOptions(at::kByte).device(device));
    std::int64_t place = 0;
    for (const ByteStore::Block& block : store.blocks()) {
        const auto size = static_cast<std::int64_t>(block.used);
        bytes.narrow(0, place, size)
            .copy_(at::from_blob(block.bytes.get(), {size}, at::kByte), /*non_blocking=*/true);
        place += size;
    }
    return bytes;
}

}  // namespace

CropAllocator cropAllocator(at::Device device) {
    if (device.is_cpu()) return {};
    return [device](std::size_t bytes) {
        const auto owner =
            std::make_shared<at::Tensor>(hostMemory(static_cast<std::int64_t>(bytes), at::kByte, device));
        return std::shared_ptr<std::uint8_t>(owner, owner->mutable_data_ptr<std::uint8_t>());
    };
}

ViewUploader::ViewUploader(const MultiCropOptions& crops, at::Device device, CropPlace place)
    : crops_(crops), device_(device) {
    if (place == CropPlace::Device) maker_.emplace(crops, device);
}

MicroBatch ViewUploader::upload(const CropBatch& batch, std::int64_t first, std::int64_t count) {
    MicroBatch micro;
    micro.groups = maker_ ? made(batch, first, count) : finished(batch, first, count);
    micro.images.assign(batch.wanted.begin() + first, batch.wanted.begin() + first + count);
    if (!device_.is_cpu()) hold(batch);
    return micro;
}

std::vector<at::Tensor> ViewUploader::finished(const CropBatch& batch, std::int64_t first,
                                               std::int64_t count) const {
    const auto images = static_cast<std::int64_t>(batch.images.size());
    std::vector<at::Tensor> groups{
        viewsOf(batch.globals(), crops_.globalCrops, images, crops_.globalSize, first, count, device_)};
    if (crops_.localCrops > 0) {
        groups.push_back(
            viewsOf(batch.locals(), crops_.localCrops, images, crops_.localSize, first, count, device_));
    }
    return groups;
}

/// A batch's bytes come with its first images, and go with its last.
std::vector<at::Tensor> ViewUploader::made(const CropBatch& batch, std::int64_t first, std::int64_t count) {
    const ByteStore& store = *batch.buffers->store;
    if (!bytes_.defined() || bytesOf_.lock() != batch.buffers) {
        bytes_ = device_.is_cpu() ? bytesOf(store, device_) : uploadBeside(store);
        bytesOf_ = batch.buffers;
    }
    const std::span<const CropSource> sources(batch.buffers->sources);
    std::vector<at::Tensor> groups = maker_->make(
        bytes_, store, sources.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count)));
    if (first + count == static_cast<std::int64_t>(batch.images.size())) bytes_.reset();
    return groups;
}

/// On a stream of its own, so that the bytes are there when the steps before are computed. The device waits,
/// the processor does not.
at::Tensor ViewUploader::uploadBeside(const ByteStore& store) {
    const c10::impl::VirtualGuardImpl streams(device_.type());
    const c10::Stream computing = streams.getStream(device_);
    if (!beside_) beside_ = streams.getStreamFromGlobalPool(device_);
    at::Tensor bytes;
    c10::Event arrived(device_.type());
    {
        const c10::StreamGuard guard(*beside_);
        bytes = bytesOf(store, device_);
        arrived.record(*beside_);
    }
    arrived.block(computing);
    // Its memory belongs to the other stream, which must not use it again before this one has read it.
    bytes.record_stream(computing);
    return bytes;
}

void ViewUploader::hold(const CropBatch& batch) {
    c10::Event read(device_.type());
    read.record(c10::impl::VirtualGuardImpl(device_.type()).getStream(device_));
    // What is read is read in order: the last event speaks for a batch.
    if (!inFlight_.empty() && inFlight_.back().buffers == batch.buffers) inFlight_.pop_back();
    inFlight_.push_back({batch.buffers, std::move(read)});
    while (inFlight_.size() > kMostAhead || inFlight_.front().read.query()) {
        inFlight_.front().read.synchronize();
        inFlight_.pop_front();
        if (inFlight_.empty()) break;
    }
}

}  // namespace dinoscope
