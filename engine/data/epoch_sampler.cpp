#include "engine/data/epoch_sampler.h"

#include <limits>
#include <numeric>
#include <string>
#include <utility>

#include "engine/base/error.h"
#include "engine/base/hash.h"

namespace dinoscope {

namespace {

// What is drawn for what is told apart by numbers that no image has. Part of the meaning of a seed.
constexpr std::uint64_t kOrder = 0x8000000000000001ULL;
constexpr std::uint64_t kReplacement = 0x8000000000000002ULL;

/// 0 … count - 1, from 64 random bits.
std::uint64_t below(std::uint64_t count, std::uint64_t bits) {
    __extension__ using Wide = unsigned __int128;
    return static_cast<std::uint64_t>(static_cast<Wide>(bits) * count >> 64);
}

}  // namespace

EpochSampler::EpochSampler(std::int64_t images, std::int64_t stepImages, std::uint64_t seed)
    : images_(images), stepImages_(stepImages), seed_(seed) {
    if (stepImages < 1) {
        throw UsageError(std::to_string(stepImages) + " images cannot make a batch", "--batch-size-per-gpu",
                         "give 1 or more");
    }
    if (images < stepImages) {
        throw Error(std::to_string(images) + (images == 1 ? " image is" : " images are") +
                        " fewer than the " + std::to_string(stepImages) + " of one step",
                    "--batch-size-per-gpu", "choose a smaller batch, or add images");
    }
    if (images > std::numeric_limits<std::uint32_t>::max()) {
        throw Error(std::to_string(images) + " images are too many", "--data",
                    "at most 4294967295 can be used");
    }
}

std::vector<std::uint32_t> EpochSampler::order(std::int64_t epoch) const {
    std::vector<std::uint32_t> images(static_cast<std::size_t>(images_));
    std::iota(images.begin(), images.end(), 0U);
    const std::uint64_t key = mix(seed_, static_cast<std::uint64_t>(epoch), kOrder);
    for (std::size_t last = images.size() - 1; last > 0; --last) {
        std::swap(images[last], images[below(last + 1, mix(key, last))]);
    }
    return images;
}

std::int64_t EpochSampler::replacement(std::int64_t epoch, std::int64_t image, int attempt) const {
    const std::uint64_t bits = mix(seed_, static_cast<std::uint64_t>(epoch), kReplacement,
                                   static_cast<std::uint64_t>(image), static_cast<std::uint64_t>(attempt));
    return static_cast<std::int64_t>(below(static_cast<std::uint64_t>(images_), bits));
}

}  // namespace dinoscope
