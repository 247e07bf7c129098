#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "engine/data/epoch_sampler.h"
#include "engine/data/image_cache.h"
#include "engine/data/image_dataset.h"

namespace dinoscope {

/// An image whose header was read but whose pixels cannot be.
struct BadImage {
    std::int64_t image = 0;
    std::string reason;
    bool isMissing = false;  ///< its file cannot be read now, which may pass: it is tried again
};

/// Decodes images of a dataset, others in place of bad ones and of those that the dataset says are gone.
/// Which others depends on (seed, epoch, image) and on what can be decoded, never on what was asked before.
/// Thread-safe.
class ImageSource {
public:
    struct Loaded {
        std::int64_t image = 0;  ///< whose pixels these are
        std::shared_ptr<const Image> pixels;
        std::vector<BadImage> bad;  ///< what failed on the way
    };

    /// Keeps references to the first two.
    ImageSource(const ImageDataset& dataset, const EpochSampler& sampler, std::int64_t cacheBytes)
        : dataset_(dataset), sampler_(sampler), cache_(cacheBytes) {}

    /// Throws Error if a hundred images in turn cannot be decoded, and where they are gone: the folder
    /// vanished or was emptied, or eight files in turn are not there. An image that is gone is not a bad one.
    /// Takes as long as decoding does.
    Loaded load(std::int64_t epoch, std::int64_t image);

    /// These are not tried again: their bytes are no image. Adds to those before.
    void remember(const std::vector<std::int64_t>& bad);
    bool isRemembered(std::int64_t image) const;
    /// In ascending order.
    std::vector<std::int64_t> remembered() const;
    void forget();

    std::int64_t cachedBytes() const { return cache_.bytes(); }

private:
    void tryToLoad(Loaded& loaded);
    void refuseVanished(std::int64_t image);

    const ImageDataset& dataset_;
    const EpochSampler& sampler_;
    ImageCache cache_;
    std::atomic<int> missingInTurn_{0};
    mutable std::mutex mutex_;
    std::set<std::int64_t> remembered_;
};

}  // namespace dinoscope
