#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>
#include <c10/core/Event.h>
#include <c10/core/Stream.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>

#include "engine/ssl/augment/crop_batch.h"
#include "engine/ssl/device_crops/device_crops.h"
#include "engine/train/objective.h"

namespace dinoscope {

/// Memory for crops, or what they are made of, that a card can read while the processor goes on: page-locked
/// for a card, empty (ordinary memory) for a CPU. Pages that cannot be locked are taken as ordinary ones.
CropAllocator cropAllocator(at::Device device);

/// Brings views to the device, or what they are made of, and has them made there. On a card that runs behind
/// the processor: a batch's memory is held until it is no longer read, of kMostAhead batches at most.
class ViewUploader {
public:
    static constexpr std::size_t kMostAhead = 2;

    /// `place` is where the crops of the batches are made.
    ViewUploader(const MultiCropOptions& crops, at::Device device, CropPlace place);

    /// The views of images first … first + count - 1 of a batch, without labels. On a CPU they may share the
    /// batch's memory.
    MicroBatch upload(const CropBatch& batch, std::int64_t first, std::int64_t count);

private:
    struct InFlight {
        std::shared_ptr<const CropBuffers> buffers;
        c10::Event read;
    };

    std::vector<at::Tensor> finished(const CropBatch& batch, std::int64_t first, std::int64_t count) const;
    std::vector<at::Tensor> made(const CropBatch& batch, std::int64_t first, std::int64_t count);
    at::Tensor uploadBeside(const ByteStore& store);
    void hold(const CropBatch& batch);

    MultiCropOptions crops_;
    at::Device device_;
    std::optional<DeviceCropMaker> maker_;  ///< where crops are made on the device
    std::optional<c10::Stream> beside_;     ///< of a card: on which bytes come while it computes
    at::Tensor bytes_;                      ///< of the batch that is worked on
    std::weak_ptr<const CropBuffers> bytesOf_;
    std::deque<InFlight> inFlight_;
};

}  // namespace dinoscope
