#include "engine/data/image_cache.h"

namespace dinoscope {

std::shared_ptr<const Image> ImageCache::find(std::int64_t image) const {
    if (budget_ <= 0) return nullptr;
    const std::lock_guard lock(mutex_);
    const auto found = images_.find(image);
    return found == images_.end() ? nullptr : found->second;
}

void ImageCache::offer(std::int64_t image, const std::shared_ptr<const Image>& pixels) {
    const auto size = static_cast<std::int64_t>(pixels->pixels.size());
    const std::lock_guard lock(mutex_);
    if (size > budget_ - bytes_) return;
    if (images_.emplace(image, pixels).second) bytes_ += size;
}

std::int64_t ImageCache::bytes() const {
    const std::lock_guard lock(mutex_);
    return bytes_;
}

}  // namespace dinoscope
