#include "engine/ssl/augment/crop_batch.h"

#include <mutex>
#include <new>
#include <utility>

namespace dinoscope {

namespace {

std::shared_ptr<float> allocateAligned(std::size_t count) {
    constexpr std::align_val_t kAlignment{64};
    return {static_cast<float*>(operator new(count * sizeof(float), kAlignment)),
            [](float* memory) { operator delete(memory, kAlignment); }};
}

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
    CropAllocator allocate;
    std::mutex mutex;
    std::vector<std::unique_ptr<CropBuffers>> free;
};

CropBufferPool::CropBufferPool(const MultiCropOptions& crops, int batch, CropAllocator allocate)
    : state_(std::make_shared<State>()) {
    state_->globalCount = globalFloats(crops, batch);
    state_->localCount = localFloats(crops, batch);
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
    if (!buffers) {
        buffers = std::make_unique<CropBuffers>();
        buffers->globals = state_->allocate(state_->globalCount);
        if (state_->localCount > 0) buffers->locals = state_->allocate(state_->localCount);
    }
    return {buffers.release(), [state = state_](CropBuffers* returned) {
                std::unique_ptr<CropBuffers> owner(returned);
                const std::lock_guard lock(state->mutex);
                state->free.push_back(std::move(owner));
            }};
}

}  // namespace dinoscope
