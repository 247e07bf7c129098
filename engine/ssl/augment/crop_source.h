#pragma once

#include <cstdint>
#include <vector>

#include "engine/base/cpu_features.h"
#include "engine/image/image.h"
#include "engine/ssl/augment/byte_store.h"
#include "engine/ssl/augment/crop_plan.h"
#include "engine/ssl/augment/multi_crop.h"

namespace dinoscope {

/// What a device makes an image's views of: pixels and tables of weights in a ByteStore, and where each view
/// finds its own there. All places count from the beginning of the image's piece.
struct CropSource {
    /// One axis of a box that is resized.
    struct Axis {
        int length = 0;  ///< of the box, px
        int taps = 0;    ///< weights for a sample of the crop
        /// Of the table, in int32 numbers: [size] the first px of each sample, a 0, and [size, taps + 1] its
        /// weights in units of 2^-kWeightBits with a 0 behind them.
        std::int64_t table = 0;
    };
    struct View {
        CropPlan plan;
        int size = 0;            ///< of the crop, px
        std::int64_t pixel = 0;  ///< the box's first, in pixels
        int rowPixels = 0;       ///< from a row to the next
        Axis columns;
        Axis rows;
    };

    std::size_t block = 0;  ///< of the store
    std::size_t offset = 0;
    std::vector<View> views;
};

/// Pixels of an image that go to the device at most. Of a larger part the views are resized here, and only
/// what follows is left to the device: so memory stays bounded, and what decodes such images is not the
/// device.
inline constexpr std::int64_t kMostSourcePixels = 1'400'000;

/// A box more times as long as its crop is resized here, too: sums on the device are exact up to there.
inline constexpr int kMostShrinking = 100;

/// Copies what all views need: the least box around theirs. An Error if a plan's box is empty or leaves the
/// image.
CropSource makeCropSource(const Image& image, const std::vector<CropPlan>& plans,
                          const MultiCropOptions& crops, ByteStore& store, CpuPath path = cpuPath());

/// About how many bytes an image of `pixels` takes in a store; where they are not known (0), the most that
/// are left to the device.
std::int64_t expectedSourceBytes(const MultiCropOptions& crops, std::int64_t pixels);

}  // namespace dinoscope
