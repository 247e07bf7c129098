#pragma once

#include <cstdint>
#include <vector>

namespace dinoscope {

/// In which order an epoch shows the images, as a function of (seed, epoch) alone. Each epoch leaves out
/// what does not fill a step, other images each time.
class EpochSampler {
public:
    /// `stepImages`: images of one optimizer step, over all processes and accumulated batches. Throws Error
    /// if there are fewer images than that, with both numbers.
    EpochSampler(std::int64_t images, std::int64_t stepImages, std::uint64_t seed);

    std::int64_t images() const { return images_; }
    std::int64_t stepImages() const { return stepImages_; }
    std::int64_t steps() const { return images_ / stepImages_; }

    /// A permutation of all images.
    std::vector<std::uint32_t> order(std::int64_t epoch) const;

    /// The image to show in place of one that cannot be decoded; `attempt` counts from 0, since that one may
    /// fail too.
    std::int64_t replacement(std::int64_t epoch, std::int64_t image, int attempt) const;

private:
    std::int64_t images_;
    std::int64_t stepImages_;
    std::uint64_t seed_;
};

}  // namespace dinoscope
