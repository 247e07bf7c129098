#include "engine/ssl/device_crops/hue_tables.h"

#include <ATen/ATen.h>

#include <QtTest/QtTest>
#include <vector>

#include "engine/ssl/augment/pixel_kernels.h"

using namespace dinoscope;

namespace {

constexpr std::int64_t kSide = 1024;
constexpr std::int64_t kPixels = kSide * kSide;

/// Colours number · kPixels and those that follow: [3, kPixels] bytes.
at::Tensor colours(std::int64_t number) {
    const at::Tensor all = at::arange(number * kPixels, (number + 1) * kPixels, at::kInt);
    return at::stack({all.div(1 << 16, "floor"), all.div(1 << 8, "floor").remainder(256), all.remainder(256)})
        .to(at::kByte);
}

at::Tensor turnedByTheProcessor(const at::Tensor& bytes, std::uint8_t shift) {
    at::Tensor turned = bytes.clone();
    auto* samples = turned.mutable_data_ptr<std::uint8_t>();
    pixelKernels(cpuPath()).shiftHue({samples, samples + kPixels, samples + 2 * kPixels}, kPixels, shift);
    return turned;
}

}  // namespace

class HueTablesTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void allColoursAreTurnedAsOnTheProcessor() {
        const HueTables hues(at::kCPU);
        constexpr std::uint8_t kShifts[]{0, 25, 231};
        const at::Tensor shifts = at::tensor({0, 25, 231}, at::kInt);
        for (std::int64_t number = 0; number < HueTables::kColours / kPixels; ++number) {
            const at::Tensor bytes = colours(number);
            at::Tensor crops = bytes.to(at::kFloat).view({1, 3, kSide, kSide}).repeat({3, 1, 1, 1});
            hues.shift(crops, shifts);
            for (std::int64_t i = 0; i < 3; ++i)
                QVERIFY(
                    crops[i].to(at::kByte).view({3, kPixels}).equal(turnedByTheProcessor(bytes, kShifts[i])));
        }
    }
};

QTEST_APPLESS_MAIN(HueTablesTest)
#include "hue_tables_test.moc"
