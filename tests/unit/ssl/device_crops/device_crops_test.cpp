#include "engine/ssl/device_crops/device_crops.h"

#include <ATen/ATen.h>

#include <QtTest/QtTest>
#include <memory>

#include "engine/ssl/augment/apply_crop.h"
#include "tests/unit/image/test_files.h"
#include "tests/unit/ssl/augment/augment_test_tools.h"
#include "tests/unit/ssl/augment/golden_crop.h"

using namespace dinoscope;

namespace {

/// Views of one size.
MultiCropOptions alike(std::size_t views, int size) {
    MultiCropOptions crops;
    crops.globalCrops = int(views);
    crops.globalSize = size;
    crops.localCrops = 0;
    return crops;
}

/// A store's blocks behind each other, as they are uploaded.
at::Tensor bytesOf(const ByteStore& store) {
    std::vector<at::Tensor> blocks;
    for (const ByteStore::Block& block : store.blocks())
        blocks.push_back(at::from_blob(block.bytes.get(), {std::int64_t(block.used)}, at::kByte));
    return at::cat(blocks);
}

/// Images with the plans of their views.
struct Batch {
    MultiCropOptions crops;
    std::vector<Image> images;
    std::vector<std::vector<CropPlan>> plans;  ///< [images, views]

    /// As `maker` makes them of sources behind `gap` other bytes.
    std::vector<at::Tensor> onDevice(const DeviceCropMaker& maker, std::size_t gap = 0) const {
        ByteStore store(allocateAligned);
        if (gap > 0) store.take(gap);
        std::vector<CropSource> sources;
        for (std::size_t i = 0; i < images.size(); ++i)
            sources.push_back(makeCropSource(images[i], plans[i], crops, store));
        return maker.make(bytesOf(store), store, sources);
    }

    /// As CropMaker makes them: the views from `first` on, of one size.
    at::Tensor onProcessor(int first, int views) const {
        const int size = crops.sizeOf(first);
        at::Tensor made = at::empty({views, std::int64_t(images.size()), 3, size, size});
        CropMaker maker;
        for (int view = 0; view < views; ++view) {
            for (std::size_t i = 0; i < images.size(); ++i) {
                maker.make(images[i], plans[i][std::size_t(first + view)], size,
                           made[view][std::int64_t(i)].mutable_data_ptr<float>());
            }
        }
        return made.flatten(0, 1);
    }
};

CropPlan planOf(const CropBox& box) {
    CropPlan plan;
    plan.box = box;
    return plan;
}

CropPlan wholeOf(const Image& image) {
    return planOf({0, 0, image.width, image.height});
}

/// The gray image that OpenCV, say, makes of one channel.
Image gray(int width, int height) {
    Image image = test::noise(width, height);
    for (std::size_t i = 0; i < image.pixels.size(); ++i)
        image.pixels[i] = image.pixels[i / 3 * 3];
    return image;
}

}  // namespace

class DeviceCropsTest : public QObject {
    Q_OBJECT

    std::unique_ptr<DeviceCropMaker> one_;  ///< of one view an image, of whatever size

    /// One view of one image.
    at::Tensor made(const Image& image, const CropPlan& plan, int size) const {
        return Batch{alike(1, size), {image}, {{plan}}}.onDevice(*one_)[0];
    }

private Q_SLOTS:
    void initTestCase() { one_ = std::make_unique<DeviceCropMaker>(alike(1, 8), at::kCPU); }

    void everyPlanGivesTorchvisionsFloatsToTheLastBit() {
        test::GoldenReader golden(test::bytesOf(GOLDEN_DIR "/augment/crops.bin"));
        int cases = 0;
        for (; !golden.atEnd(); ++cases) {
            const test::GoldenCrop crop(golden);
            const at::Tensor found = made(crop.source, crop.plan, crop.size).contiguous();
            QVERIFY2(test::crc32(found.const_data_ptr<float>(), found.nbytes()) == crop.crc,
                     qPrintable(QString("case %1, %2x%3 to %4, blur %5")
                                    .arg(cases)
                                    .arg(crop.source.width)
                                    .arg(crop.source.height)
                                    .arg(crop.size)
                                    .arg(double{crop.plan.blurRadius})));
        }
        QCOMPARE(cases, 152);
    }

    void batchesOfAllKindsOfImagesAreThoseOfTheProcessor_data() {
        QTest::addColumn<qint64>("workspace");
        QTest::newRow("all at once") << qint64(DeviceCropMaker::kWorkspaceBytes);
        QTest::newRow("a few at a time") << qint64(1 << 20);
        QTest::newRow("one at a time") << qint64(1);
    }

    void batchesOfAllKindsOfImagesAreThoseOfTheProcessor() {
        QFETCH(const qint64, workspace);
        Batch batch;
        batch.crops.globalSize = 48;
        batch.crops.localSize = 17;
        batch.crops.localCrops = 3;
        // The sixth is large enough for its crops to be resized before.
        batch.images = {test::noise(1, 1),   test::noise(130, 7),   test::noise(3, 200),
                        gray(61, 44),        test::noise(224, 224), test::noise(1600, 1201),
                        test::noise(48, 48), test::noise(301, 1017)};
        const DeviceCropMaker maker(batch.crops, at::kCPU, workspace);
        for (std::uint64_t epoch = 0; epoch < 4; ++epoch) {
            batch.plans.clear();
            for (std::size_t i = 0; i < batch.images.size(); ++i) {
                std::vector<CropPlan>& plans = batch.plans.emplace_back();
                for (int view = 0; view < batch.crops.views(); ++view)
                    plans.push_back(drawCropPlan(batch.crops, batch.images[i].width, batch.images[i].height,
                                                 view, imageKey(5, std::int64_t(epoch), std::int64_t(i))));
            }
            const std::vector<at::Tensor> groups = batch.onDevice(maker, epoch * 1000);
            QCOMPARE(groups.size(), std::size_t(2));
            QVERIFY(groups[0].equal(batch.onProcessor(0, 2)));
            QVERIFY(groups[1].equal(batch.onProcessor(2, 3)));
        }
    }

    /// Each operation of a batch is for some of its crops only.
    void operationsTouchNoOtherCrops() {
        const Image image = test::noise(40, 37);
        Batch batch{alike(8, 20), {image, gray(30, 50)}, {}};
        for (const Image& each : batch.images) {
            std::vector<CropPlan> plans(8, wholeOf(each));
            plans[1].flip = true;
            plans[2].gray = true;
            plans[3].solarize = true;
            plans[4].blurRadius = 0.4F;
            plans[5].blurRadius = 1.9F;
            plans[6].jitter = ColourJitter{1.3F, 0.7F, 1.2F, -0.08F};
            plans[7].jitter = ColourJitter{0.6F, 1.4F, 0.8F, 0.1F};
            plans[7].jitter->order = {JitterStep::Hue, JitterStep::Saturation, JitterStep::Contrast,
                                      JitterStep::Brightness};
            batch.plans.push_back(plans);
        }
        const DeviceCropMaker maker(batch.crops, at::kCPU);
        QVERIFY(batch.onDevice(maker)[0].equal(batch.onProcessor(0, 8)));
    }

    void sidesAreJoinedInTheProcessorsOrder() {
        // Rows are joined first where the height loses more than twice what the width does.
        for (const auto& [width, height] : {std::pair(24, 400), {400, 24}, {60, 96}, {60, 97}, {10, 30}}) {
            const Image image = test::noise(width, height);
            const Batch batch{alike(1, 24), {image}, {{wholeOf(image)}}};
            QVERIFY(batch.onDevice(*one_)[0].equal(batch.onProcessor(0, 1)));
        }
    }

    /// The sums of the parts of weights are largest where a pixel's are, and where all pixels are white.
    void whiteStaysWhiteHoweverMuchIsJoined() {
        for (const int length : {1, 5, 31, 64, 127, 1000, 3200}) {
            Image image(length, 3);
            std::fill(image.pixels.begin(), image.pixels.end(), std::uint8_t{255});
            const Batch batch{alike(1, 32), {image}, {{wholeOf(image)}}};
            QVERIFY(batch.onDevice(*one_)[0].equal(batch.onProcessor(0, 1)));
            for (std::size_t i = 0; i < image.pixels.size(); i += 2)
                image.pixels[i] = 0;
            const Batch checked{alike(1, 32), {image}, {{wholeOf(image)}}};
            QVERIFY(checked.onDevice(*one_)[0].equal(checked.onProcessor(0, 1)));
        }
    }

    void cropsAndFlipsAloneNeedNoTables() {
        Batch batch{alike(1, 16), {test::noise(30, 20)}, {{planOf({3, 4, 20, 16})}}};
        batch.crops.recipe = AugmentRecipe::CropAndFlip;
        batch.plans[0][0].flip = true;
        QCOMPARE(DeviceCropMaker::tableBytes(batch.crops), std::int64_t(0));
        QVERIFY(DeviceCropMaker::tableBytes(alike(1, 16)) > 100'000'000);
        const DeviceCropMaker maker(batch.crops, at::kCPU);
        QVERIFY(batch.onDevice(maker)[0].equal(batch.onProcessor(0, 1)));
    }
};

QTEST_APPLESS_MAIN(DeviceCropsTest)
#include "device_crops_test.moc"
