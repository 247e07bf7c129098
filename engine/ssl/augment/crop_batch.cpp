#include "engine/ssl/augment/crop_batch.h"

#include <mutex>
#include <utility>

namespace dinoscope {

namespace {

std::size_t floats(int views, int batch, int size) {
    return static_cast<std::size_t>(views) * static_cast<std::size_t>(batch) * 3 *
           static_cast<std::size_t>(size) * static_cast<std::size_t>(size);
}

}  // namespace

std::size_t globalFloats(const MultiCropOptions& crops, int batch) {
    return floats(crops.globalCrops, batch, crops.globalSize);
}

std::size_t localFloats(const MultiCropOptions& crops, int batch) {
    return floats(crops.localCrops, batch, crops.localSize);
}

struct CropBufferPool::State {
    std::size_t globalCount = 0;
    std::size_t localCount = 0;
    std::size_t batch = 0;
    CropPlace place = CropPlace::Processor;
    CropAllocator allocate;
    std::mutex mutex;
    std::vector<std::unique_ptr<CropBuffers>> free;

    std::shared_ptr<float> floats(std::size_t count) const {
        const std::shared_ptr<std::uint8_t> bytes = allocate(count * sizeof(float));
        return {bytes, reinterpret_cast<float*>(bytes.get())};
    }

    std::unique_ptr<CropBuffers> make() const {
        auto buffers = std::make_unique<CropBuffers>();
        if (place == CropPlace::Device) {
            buffers->store = std::make_unique<ByteStore>(allocate);
            buffers->sources.resize(batch);
            return buffers;
        }
        buffers->globals = floats(globalCount);
        if (localCount > 0) buffers->locals = floats(localCount);
        return buffers;
    }
};

CropBufferPool::CropBufferPool(const MultiCropOptions& crops, int batch, CropAllocator allocate,
                               CropPlace place)
    : state_(std::make_shared<State>()) {
    state_->globalCount = globalFloats(crops, batch);
    state_->localCount = localFloats(crops, batch);
    state_->batch = static_cast<std::size_t>(batch);
    state_->place = place;
    state_->allocate = allocate ? std::move(allocate) : allocateAligned;
}

std::shared_ptr<CropBuffers> CropBufferPool::acquire() {
    std::unique_ptr<CropBuffers> buffers;
    {
        const std::lock_guard lock(state_->mutex);
        if (!state_->free.empty()) {
            buffers = std::move(state_->free.back());
            state_->free.pop_back();
        }
    }
    if (!buffers) buffers = state_->make();
    if (buffers->store) buffers->store->clear();
    return {buffers.release(), [state = state_](CropBuffers* returned) {
                std::unique_ptr<CropBuffers> owner(returned);
                const std::lock_guard lock(state->mutex);
                state->free.push_back(std::move(owner));
            }};
}

}  // namespace dinoscope
