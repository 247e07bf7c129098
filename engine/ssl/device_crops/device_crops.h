#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/ssl/augment/byte_store.h"
#include "engine/ssl/augment/crop_source.h"
#include "engine/ssl/augment/multi_crop.h"
#include "engine/ssl/device_crops/crop_job.h"
#include "engine/ssl/device_crops/hue_tables.h"

namespace dinoscope {

/// Makes views on a device, all crops of one size together: what CropMaker makes of the same plans on the
/// processor, to the last bit, since every operation is of whole numbers that float32 or int32 hold, or the
/// same ones in the same order. Nothing waits for the device.
class DeviceCropMaker {
public:
    static constexpr std::int64_t kWorkspaceBytes = std::int64_t{1} << 29;

    /// Takes about `workspaceBytes` of the device beside the crops, or what one crop needs.
    DeviceCropMaker(const MultiCropOptions& crops, at::Device device,
                    std::int64_t workspaceBytes = kWorkspaceBytes);

    /// The views of some sources of `store`, whose bytes() are on the device: normalised as CropMaker does,
    /// [views * sources, 3, size, size] float32, a view after the other; the global ones, then the local ones
    /// where there are any. Not under autocast.
    std::vector<at::Tensor> make(const at::Tensor& bytes, const ByteStore& store,
                                 std::span<const CropSource> sources) const;

    /// Bytes of the device that stay, and those beside the crops while some images' views are made.
    static std::int64_t tableBytes(const MultiCropOptions& crops);
    static std::int64_t workspaceBytes(const MultiCropOptions& crops, std::int64_t images);

private:
    at::Tensor makeGroup(const at::Tensor& bytes, std::span<const CropJob> jobs) const;
    void normalise(at::Tensor& crops) const;

    MultiCropOptions crops_;
    std::int64_t workspaceBytes_;
    std::optional<HueTables> hues_;  ///< where colours are jittered
    at::Tensor range_;               ///< [1]: 255
    at::Tensor mean_;                ///< [3, 1, 1]
    at::Tensor deviation_;           ///< [3, 1, 1]
};

}  // namespace dinoscope
