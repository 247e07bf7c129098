#pragma once

#include <cstddef>
#include <cstdint>
#include <new>

namespace dinoscope::kernels {

/// 64-byte aligned floats, not initialised.
class ScratchFloats {
public:
    explicit ScratchFloats(std::int64_t bytes)
        : data_(static_cast<float*>(::operator new(static_cast<std::size_t>(bytes), kAlignment))) {}
    ~ScratchFloats() { ::operator delete(data_, kAlignment); }
    ScratchFloats(const ScratchFloats&) = delete;
    ScratchFloats& operator=(const ScratchFloats&) = delete;
    float* data() { return data_; }

private:
    static constexpr std::align_val_t kAlignment{64};
    float* data_;
};

}  // namespace dinoscope::kernels
