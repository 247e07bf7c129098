#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "engine/image/image.h"

namespace dinoscope {

/// Keeps decoded images as long as they fit a budget. Nothing is dropped again: every epoch asks for every
/// image, so that dropping one for another would gain nothing. Thread-safe.
class ImageCache {
public:
    /// Bytes of pixels; 0 keeps nothing.
    explicit ImageCache(std::int64_t budget) : budget_(budget) {}

    /// Null where it is not kept.
    std::shared_ptr<const Image> find(std::int64_t image) const;
    /// Keeps it if there is room.
    void offer(std::int64_t image, const std::shared_ptr<const Image>& pixels);

    std::int64_t bytes() const;

private:
    const std::int64_t budget_;
    mutable std::mutex mutex_;
    std::int64_t bytes_ = 0;
    std::unordered_map<std::int64_t, std::shared_ptr<const Image>> images_;
};

}  // namespace dinoscope
