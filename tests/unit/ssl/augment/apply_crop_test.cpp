#include "engine/ssl/augment/apply_crop.h"

#include <QTest>

#include "engine/ssl/augment/gaussian_blur.h"
#include "tests/unit/image/test_files.h"
#include "tests/unit/ssl/augment/augment_test_tools.h"
#include "tests/unit/ssl/augment/golden_crop.h"

using namespace dinoscope;

namespace {

std::vector<float> made(const Image& image, const CropPlan& plan, int size, CpuPath path = cpuPath(),
                        Filter filter = Filter::Bicubic) {
    std::vector<float> crop(3 * static_cast<std::size_t>(size) * static_cast<std::size_t>(size));
    CropMaker(path, filter).make(image, plan, size, crop.data());
    return crop;
}

std::uint32_t crcOf(const std::vector<float>& values) {
    return test::crc32(values.data(), values.size() * sizeof(float));
}

CropPlan wholeOf(const Image& image) {
    CropPlan plan;
    plan.box = {0, 0, image.width, image.height};
    return plan;
}

}  // namespace

class ApplyCropTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void everyPlanGivesTorchvisionsFloatsToTheLastBit() {
        test::GoldenReader golden(test::bytesOf(GOLDEN_DIR "/augment/crops.bin"));
        int cases = 0;
        for (; !golden.atEnd(); ++cases) {
            const test::GoldenCrop crop(golden);
            const CropPlan& plan = crop.plan;
            for (const CpuPath path : test::augmentPaths()) {
                QVERIFY2(crcOf(made(crop.source, plan, crop.size, path)) == crop.crc,
                         qPrintable(QString("case %1, %2x%3 to %4, blur %5, path %6")
                                        .arg(cases)
                                        .arg(crop.source.width)
                                        .arg(crop.source.height)
                                        .arg(crop.size)
                                        .arg(double{plan.blurRadius})
                                        .arg(QString::fromStdString(name(path)))));
            }
        }
        QCOMPARE(cases, 152);
    }

    void bilinearCropsGiveTorchvisionsFloatsToTheLastBit() {
        test::GoldenReader golden(test::bytesOf(GOLDEN_DIR "/augment/views.bin"));
        int cases = 0;
        for (; !golden.atEnd(); ++cases) {
            const test::GoldenBox crop(golden);
            const auto expected = golden.take<std::uint32_t>();
            for (const CpuPath path : test::augmentPaths())
                QCOMPARE(crcOf(made(crop.source, crop.plan, crop.size, path, Filter::Bilinear)), expected);
        }
        QCOMPARE(cases, 40);
    }

    void allColoursAreTurnedAndSaturatedAsPillowDoes() {
        test::GoldenReader golden(test::bytesOf(GOLDEN_DIR "/augment/colours.bin"));
        while (!golden.atEnd()) {
            const bool turns = golden.take<std::int32_t>() != 0;
            const auto factor = golden.take<float>();
            const auto expected = golden.take<std::uint32_t>();
            for (const CpuPath path : test::augmentPaths())
                QCOMPARE(crcOfAllColours(turns, factor, pixelKernels(path)), expected);
        }
    }

    void turningColoursIsItsTwoHalves() {
        // Not a whole number of blocks.
        constexpr std::size_t kCount = (1 << 16) + 5;
        std::vector<std::uint8_t> once(3 * kCount);
        for (std::size_t i = 0; i < once.size(); ++i)
            once[i] = static_cast<std::uint8_t>(i * i / 7 + i);
        for (const CpuPath path : test::augmentPaths()) {
            const PixelKernels kernels = pixelKernels(path);
            std::vector<std::uint8_t> turned = once;
            std::vector<std::uint8_t> halves = once;
            const Planes planes{halves.data(), halves.data() + kCount, halves.data() + 2 * kCount};
            kernels.shiftHue({turned.data(), turned.data() + kCount, turned.data() + 2 * kCount}, kCount, 91);
            kernels.toHsv(planes, kCount, planes);
            for (std::size_t i = 0; i < kCount; ++i)
                planes.red[i] = static_cast<std::uint8_t>(planes.red[i] + 91);
            kernels.toRgb(planes, kCount, planes);
            QVERIFY(halves == turned);
        }
    }

    void aFlippedCropIsTheMirroredOne() {
        const Image source = test::noise(37, 29);
        CropPlan plan = wholeOf(source);
        plan.jitter = ColourJitter{1.2F, 0.8F, 1.1F, 0.05F};
        plan.blurRadius = 1.3F;
        const auto plain = made(source, plan, 16);
        plan.flip = true;
        const auto flipped = made(source, plan, 16);
        for (std::size_t row = 0; row < 3 * 16; ++row) {
            for (std::size_t x = 0; x < 16; ++x)
                QCOMPARE(flipped[row * 16 + x], plain[row * 16 + 15 - x]);
        }
    }

    void nothingAroundTheBoxIsSeen() {
        Image source = test::noise(40, 40);
        CropPlan plan;
        plan.box = {10, 12, 20, 16};
        const auto before = made(source, plan, 24);
        for (int y = 0; y < 40; ++y) {
            for (int x = 0; x < 40; ++x) {
                if (x >= 10 && x < 30 && y >= 12 && y < 28) continue;
                *source.at(x, y) = static_cast<std::uint8_t>(255 - *source.at(x, y));
            }
        }
        QVERIFY(made(source, plan, 24) == before);
    }

    void oneMakerServesCropsOfAllSizes() {
        const Image source = test::noise(64, 50);
        CropMaker maker;
        std::vector<float> crop(3 * 48 * 48);
        for (const int size : {48, 8, 31, 48}) {
            CropPlan plan = wholeOf(source);
            plan.blurRadius = 2;
            maker.make(source, plan, size, crop.data());
            const auto count = 3 * static_cast<std::size_t>(size) * static_cast<std::size_t>(size);
            QVERIFY(std::vector<float>(crop.begin(), crop.begin() + static_cast<std::ptrdiff_t>(count)) ==
                    made(source, plan, size));
        }
    }

    void blurWeightsSumToOne() {
        for (float radius = 0.01F; radius < 20; radius *= 1.07F) {
            const BoxWeights weights = gaussianBox(radius);
            const auto inner = static_cast<std::uint32_t>(weights.taps - 2);
            const std::uint32_t sum = inner * weights.inner + 2 * weights.outer;
            QVERIFY(sum <= 1U << 24);
            QVERIFY(sum >= (1U << 24) - 1);
        }
    }

    void aBoxOutsideTheImageIsRefused() {
        const Image source = test::noise(10, 8);
        for (const CropBox& box : {CropBox{0, 0, 11, 8}, CropBox{0, 0, 0, 8}, CropBox{-1, 0, 5, 5},
                                   CropBox{6, 0, 5, 5}, CropBox{0, 4, 5, 5}, CropBox{0, 0, 5, -1}}) {
            CropPlan plan;
            plan.box = box;
            QVERIFY_THROWS_EXCEPTION(Error, made(source, plan, 8));
        }
    }

private:
    static std::uint32_t crcOfAllColours(bool turns, float factor, const PixelKernels& kernels) {
        constexpr std::size_t kCount = 1 << 16;
        std::vector<std::uint8_t> samples(3 * kCount);
        std::vector<std::uint8_t> pixels(3 * kCount);
        const Planes planes{samples.data(), samples.data() + kCount, samples.data() + 2 * kCount};
        std::uint32_t crc = 0;
        for (std::size_t blue = 0; blue < 256; ++blue) {
            for (std::size_t i = 0; i < kCount; ++i) {
                planes.red[i] = static_cast<std::uint8_t>(i & 255);
                planes.green[i] = static_cast<std::uint8_t>(i >> 8);
                planes.blue[i] = static_cast<std::uint8_t>(blue);
            }
            if (turns) {
                kernels.shiftHue(planes, kCount,
                                 static_cast<std::uint8_t>(static_cast<int>(double{factor} * 255)));
            } else {
                kernels.blendWithLuma(planes, kCount, factor);
            }
            for (std::size_t i = 0; i < kCount; ++i) {
                for (std::size_t c = 0; c < 3; ++c)
                    pixels[3 * i + c] = samples[c * kCount + i];
            }
            crc = test::crc32(pixels.data(), pixels.size(), crc);
        }
        return crc;
    }
};

QTEST_APPLESS_MAIN(ApplyCropTest)
#include "apply_crop_test.moc"
