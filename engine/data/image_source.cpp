#include "engine/data/image_source.h"

#include <cstddef>

#include "engine/base/error.h"
#include "engine/base/mapped_file.h"
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
        tryToLoad(loaded);
        if (loaded.pixels) return loaded;
    }
    throw Error(std::to_string(kAttempts) + " images drawn in turn cannot be decoded",
                dataset_.path(image).string(), "check that the disk with the images can still be read");
}

/// Gives the pixels of loaded.image, or says what is wrong with it.
void ImageSource::tryToLoad(Loaded& loaded) {
    loaded.pixels = cache_.find(loaded.image);
    if (loaded.pixels) return;
    const std::filesystem::path path = dataset_.path(loaded.image);
    std::vector<std::byte> bytes;
    try {
        bytes = readFile(path);
    } catch (const Error& error) {
        refuseVanished(loaded.image);
        loaded.bad.push_back({loaded.image, error.what(), true});
        return;
    }
    try {
        loaded.pixels = std::make_shared<const Image>(decodeImage(bytes, path.string()));
        missingInTurn_ = 0;
        cache_.offer(loaded.image, loaded.pixels);
    } catch (const Error& error) {
        loaded.bad.push_back({loaded.image, error.what(), false});
    }
}

/// A run does not go on with the few images that are left of a disk that was unplugged.
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
