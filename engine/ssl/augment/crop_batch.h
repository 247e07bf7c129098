#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/data/image_source.h"
#include "engine/ssl/augment/byte_store.h"
#include "engine/ssl/augment/crop_source.h"
#include "engine/ssl/augment/multi_crop.h"

namespace dinoscope {

/// Where crops are made of decoded images.
enum class CropPlace {
    Processor,  ///< in the loader's threads
    Device      ///< by who takes a batch: the loader decodes, and says what is to be made
};

/// Floats of a batch's views of one kind.
std::size_t globalFloats(const MultiCropOptions& crops, int batch);
std::size_t localFloats(const MultiCropOptions& crops, int batch);

/// The memory of one batch: its crops, or what a device makes them of.
struct CropBuffers {
    std::shared_ptr<float> globals;    ///< [global crops, batch, 3, size, size]
    std::shared_ptr<float> locals;     ///< [local crops, batch, 3, size, size], null if there are none
    std::unique_ptr<ByteStore> store;  ///< of CropPlace::Device alone, whose crops are null
    std::vector<CropSource> sources;   ///< [batch] in `store`
};

/// Hands out buffers and takes them back when their last owner lets go. Thread-safe.
class CropBufferPool {
public:
    CropBufferPool(const MultiCropOptions& crops, int batch, CropAllocator allocate,
                   CropPlace place = CropPlace::Processor);

    std::shared_ptr<CropBuffers> acquire();

private:
    struct State;
    std::shared_ptr<State> state_;  ///< shared with the buffers out there, which may outlive the pool
};

/// All views of some images. The memory is its own until the last copy of `buffers` is gone; then the loader
/// uses their memory again.
struct CropBatch {
    std::int64_t epoch = 0;
    std::int64_t index = 0;            ///< within the epoch
    std::vector<std::int64_t> images;  ///< [batch], whose pixels were taken
    std::vector<int> labels;           ///< [batch], -1 where there are none
    /// [batch], as the order of the epoch has it: `images` but for those that others stand in for. What
    /// chance decides for a place hangs on it, so that an image which is shown twice is not seen twice alike.
    std::vector<std::int64_t> wanted;
    std::vector<BadImage> bad;  ///< images found unreadable that were not known to be, or missing
    double waitSeconds = 0;     ///< that next() waited
    std::shared_ptr<const CropBuffers> buffers;

    const float* globals() const { return buffers->globals.get(); }
    const float* locals() const { return buffers->locals.get(); }
};

}  // namespace dinoscope
