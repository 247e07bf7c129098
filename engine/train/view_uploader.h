#pragma once

#include <c10/core/Device.h>
#include <c10/core/Event.h>

#include <cstdint>
#include <deque>
#include <memory>

#include "engine/ssl/augment/crop_batch.h"
#include "engine/train/objective.h"

namespace dinoscope {

/// Memory for crops that a card can read while the processor goes on: page-locked for a card, empty (ordinary
/// memory) for a CPU. Pages that cannot be locked are taken as ordinary ones.
CropAllocator cropAllocator(at::Device device);

/// Brings views to the device. On a card the copies run behind the processor: a batch's memory is held until
/// its copies are done, of kMostAhead batches at most.
class ViewUploader {
public:
    static constexpr std::size_t kMostAhead = 2;

    ViewUploader(const MultiCropOptions& crops, at::Device device) : crops_(crops), device_(device) {}

    /// The views of images first … first + count - 1 of a batch, without labels. On a CPU they may share the
    /// batch's memory.
    MicroBatch upload(const CropBatch& batch, std::int64_t first, std::int64_t count);

private:
    struct InFlight {
        std::shared_ptr<const CropBuffers> buffers;
        c10::Event copied;
    };

    void hold(const CropBatch& batch);

    MultiCropOptions crops_;
    at::Device device_;
    std::deque<InFlight> inFlight_;
};

}  // namespace dinoscope
