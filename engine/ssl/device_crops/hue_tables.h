#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <cstdint>

namespace dinoscope {

/// Turns colours on a device as Pillow does, through 8-bit HSV. That is a mix of precisions with a dozen
/// branches; here it is two look-ups by 24-bit colour, in tables that the processor's own code fills.
class HueTables {
public:
    static constexpr std::int64_t kColours = std::int64_t{1} << 24;
    static constexpr std::int64_t kBytes = kColours * 7;  ///< of the device

    /// Takes some tenths of a second of the processor.
    explicit HueTables(at::Device device);

    /// Turns crops [n, 3, size, size] float32, whole numbers from 0 to 255, in place; each by its own
    /// ColourJitter::hueShift(): `shifts` [n] int32.
    void shift(at::Tensor& crops, const at::Tensor& shifts) const;

private:
    at::Tensor toHsv_;  ///< [kColours] int32: hue, saturation and value, the hue in the highest byte
    at::Tensor toRgb_;  ///< [kColours, 3] uint8, by the above
};

}  // namespace dinoscope
