#include "engine/explore/preprocess.h"

#include <ATen/ATen.h>

#include <array>

#include "engine/image/resample.h"

namespace dinoscope {

namespace {

constexpr std::array<double, 3> kMean{0.485, 0.456, 0.406};
constexpr std::array<double, 3> kDeviation{0.229, 0.224, 0.225};

/// The 256 values a channel can take once normalised.
std::array<float, 256> channelTable(int channel) {
    std::array<float, 256> table{};
    for (int value = 0; value < 256; ++value) {
        const float unit = static_cast<float>(value) / 255.0F;
        table[value] = (unit - static_cast<float>(kMean[channel])) / static_cast<float>(kDeviation[channel]);
    }
    return table;
}

}  // namespace

at::Tensor prepareInput(const Image& image, const InputGeometry& geometry) {
    const bool same = image.width == geometry.resizedWidth && image.height == geometry.resizedHeight;
    const Image resized =
        same ? Image() : resize(image, geometry.resizedWidth, geometry.resizedHeight, Filter::Bilinear);
    const Image& source = same ? image : resized;
    at::Tensor input = at::empty({1, 3, geometry.inputHeight, geometry.inputWidth}, at::kFloat);
    float* planes = input.data_ptr<float>();
    const std::int64_t plane = std::int64_t(geometry.inputHeight) * geometry.inputWidth;
    for (int channel = 0; channel < 3; ++channel) {
        const std::array<float, 256> table = channelTable(channel);
        float* target = planes + channel * plane;
        for (int y = 0; y < geometry.inputHeight; ++y) {
            const std::uint8_t* pixel = source.row(y) + channel;
            for (int x = 0; x < geometry.inputWidth; ++x)
                *target++ = table[pixel[x * Image::kChannels]];
        }
    }
    return input;
}

}  // namespace dinoscope
