#include "engine/train/view_uploader.h"

#include <ATen/ATen.h>

#include <QtTest/QtTest>
#include <numeric>

#include "engine/ssl/augment/crop_loader.h"
#include "engine/train/run/train_options.h"
#include "engine/train/train_setup.h"
#include "tests/unit/data/data_test_tools.h"

using namespace dinoscope;

namespace {

constexpr int kImages = 5;

MultiCropOptions smallCrops(int locals) {
    MultiCropOptions crops;
    crops.globalSize = 4;
    crops.localSize = 2;
    crops.localCrops = locals;
    return crops;
}

/// Floats 0, 1, 2, … in both buffers; places of the images 10, 11, ….
CropBatch countedBatch(const MultiCropOptions& crops) {
    CropBufferPool pool(crops, kImages, cropAllocator(at::kCPU));
    const std::shared_ptr<CropBuffers> buffers = pool.acquire();
    std::iota(buffers->globals.get(), buffers->globals.get() + globalFloats(crops, kImages), 0.0F);
    if (crops.localCrops > 0)
        std::iota(buffers->locals.get(), buffers->locals.get() + localFloats(crops, kImages), 0.0F);
    CropBatch batch;
    for (int i = 0; i < kImages; ++i) {
        batch.wanted.push_back(10 + i);
        batch.images.push_back(i == 1 ? 40 : 10 + i);  // one stands in for another
    }
    batch.buffers = buffers;
    return batch;
}

at::Tensor counted(std::int64_t views, std::int64_t size) {
    return at::arange(views * kImages * 3 * size * size, at::kFloat).view({views, kImages, 3, size, size});
}

}  // namespace

class ViewUploaderTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aPartHoldsItsImagesOfEveryViewInOrder() {
        const MultiCropOptions crops = smallCrops(3);
        const MicroBatch micro =
            ViewUploader(crops, at::kCPU, CropPlace::Processor).upload(countedBatch(crops), 1, 3);
        QCOMPARE(micro.groups.size(), std::size_t(2));
        QVERIFY(micro.groups[0].equal(counted(2, 4).narrow(1, 1, 3).reshape({6, 3, 4, 4})));
        QVERIFY(micro.groups[1].equal(counted(3, 2).narrow(1, 1, 3).reshape({9, 3, 2, 2})));
        QCOMPARE(micro.images, (std::vector<std::int64_t>{11, 12, 13}));
    }

    void withoutLocalCropsThereIsOneGroup() {
        const MultiCropOptions crops = smallCrops(0);
        const MicroBatch micro =
            ViewUploader(crops, at::kCPU, CropPlace::Processor).upload(countedBatch(crops), 0, kImages);
        QCOMPARE(micro.groups.size(), std::size_t(1));
        QCOMPARE(micro.groups[0].size(0), std::int64_t(2 * kImages));
    }

    void cropsMadeOnTheDeviceAreThoseOfTheLoader() {
        const test::ImageFolder folder;
        for (int i = 0; i < 3 * kImages; ++i)
            folder.png(std::to_string(i) + ".png", 20 + 7 * i, 90 - 5 * i);
        const ImageDataset data = folder.scan();
        CropLoaderOptions options;
        options.crops = smallCrops(3);
        options.crops.globalSize = 24;
        options.crops.localSize = 11;
        options.batch = kImages;
        CropLoader finished(data, options);
        options.place = CropPlace::Device;
        CropLoader sources(data, options);
        ViewUploader uploads(options.crops, at::kCPU, CropPlace::Processor);
        ViewUploader makes(options.crops, at::kCPU, CropPlace::Device);
        finished.start(0, 0, 3);
        sources.start(0, 0, 3);
        JobControl control;
        int batches = 0;
        // The loader's memory is used again: no bytes of a batch before may be taken for those of the next.
        for (; const auto expected = finished.next(control); ++batches) {
            const auto batch = sources.next(control);
            for (const auto& [first, count] : {std::pair(0, 2), {2, 1}, {3, kImages - 3}}) {
                const MicroBatch found = makes.upload(*batch, first, count);
                const MicroBatch wanted = uploads.upload(*expected, first, count);
                QCOMPARE(found.images, wanted.images);
                QCOMPARE(found.groups.size(), std::size_t(2));
                QVERIFY(found.groups[0].equal(wanted.groups[0]));
                QVERIFY(found.groups[1].equal(wanted.groups[1]));
            }
        }
        QCOMPARE(batches, 9);
    }

    void cropsAreMadeWhereTheOptionSays() {
        const at::Device card("cuda:0");
        OptionValues options(trainOptions());
        QVERIFY(cropPlace(options, at::kCPU, 2) == CropPlace::Processor);
        QVERIFY(cropPlace(options, card, 4) == CropPlace::Device);
        QVERIFY(cropPlace(options, card, 16) == CropPlace::Processor);
        options.set("crops-on", std::string_view("device"));
        QVERIFY(cropPlace(options, at::kCPU, 2) == CropPlace::Device);
        QVERIFY(cropPlace(options, card, 16) == CropPlace::Device);
        options.set("crops-on", std::string_view("cpu"));
        QVERIFY(cropPlace(options, card, 4) == CropPlace::Processor);
    }

    /// So that a trainer on the CPU keeps the pool's own memory.
    void aProcessorNeedsNoMemoryOfItsOwnKind() { QVERIFY(!cropAllocator(at::kCPU)); }
};

QTEST_APPLESS_MAIN(ViewUploaderTest)
#include "view_uploader_test.moc"
