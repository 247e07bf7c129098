#include "engine/data/image_source.h"

#include "engine/base/error.h"
#include "engine/image/decode.h"

namespace dinoscope {

namespace {

constexpr int kAttempts = 100;
constexpr int kMissingInTurn = 8;

/// Also where a disk was unmounted and left its mount point behind.
bool isGone(const std::filesystem::path& folder) {
    std::error_code failed;
    const bool empty = std::filesystem::is_empty(folder, failed);
    return failed || empty;
}

}  // namespace

ImageSource::Loaded ImageSource::load(std::int64_t epoch, std::int64_t image) {
    Loaded loaded;
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
        loaded.image = attempt == 0 ? image : sampler_.replacement(epoch, image, attempt - 1);
        if (dataset_.isGone(loaded.image) || isRemembered(loaded.image)) continue;
        try {
            loaded.pixels = decode(loaded.image);
            return loaded;
        } catch (const Error& error) {
            refuseVanished(loaded.image);
            loaded.bad.push_back({loaded.image, error.what()});
        }
    }
    throw Error(std::to_string(kAttempts) + " images drawn in turn cannot be decoded",
                dataset_.path(image).string(), "check that the disk with the images can still be read");
}

std::shared_ptr<const Image> ImageSource::decode(std::int64_t image) {
    if (auto kept = cache_.find(image)) return kept;
    auto pixels = std::make_shared<const Image>(decodeImage(dataset_.path(image)));
    missingInTurn_ = 0;
    cache_.offer(image, pixels);
    return pixels;
}

/// A disk that was unplugged must not cost a run its images: those remembered as bad never come back.
void ImageSource::refuseVanished(std::int64_t image) {
    std::error_code failed;
    if (std::filesystem::exists(dataset_.path(image), failed)) return;
    if (!isGone(dataset_.root()) && ++missingInTurn_ < kMissingInTurn) return;
    throw Error("the images are gone", dataset_.root().string(),
                "bring the folder back, connect its disk for one, and resume: the last checkpoint is whole");
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
