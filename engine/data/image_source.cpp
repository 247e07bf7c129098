#include "engine/data/image_source.h"

#include "engine/base/error.h"
#include "engine/image/decode.h"

namespace dinoscope {

namespace {

constexpr int kAttempts = 100;

}  // namespace

ImageSource::Loaded ImageSource::load(std::int64_t epoch, std::int64_t image) {
    Loaded loaded;
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
        loaded.image = attempt == 0 ? image : sampler_.replacement(epoch, image, attempt - 1);
        if (isRemembered(loaded.image)) continue;
        try {
            loaded.pixels = decode(loaded.image);
            return loaded;
        } catch (const Error& error) {
            loaded.bad.push_back({loaded.image, error.what()});
        }
    }
    throw Error(std::to_string(kAttempts) + " images drawn in turn cannot be decoded",
                dataset_.path(image).string(), "check that the disk with the images can still be read");
}

std::shared_ptr<const Image> ImageSource::decode(std::int64_t image) {
    if (auto kept = cache_.find(image)) return kept;
    auto pixels = std::make_shared<const Image>(decodeImage(dataset_.path(image)));
    cache_.offer(image, pixels);
    return pixels;
}

void ImageSource::remember(const std::vector<std::int64_t>& bad) {
    const std::lock_guard lock(mutex_);
    remembered_.insert(bad.begin(), bad.end());
}

bool ImageSource::isRemembered(std::int64_t image) const {
    const std::lock_guard lock(mutex_);
    return remembered_.contains(image);
}

std::vector<std::int64_t> ImageSource::remembered() const {
    const std::lock_guard lock(mutex_);
    return {remembered_.begin(), remembered_.end()};
}

void ImageSource::forget() {
    const std::lock_guard lock(mutex_);
    remembered_.clear();
}

}  // namespace dinoscope
