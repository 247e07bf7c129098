#include "engine/train/view_uploader.h"

#include <torch/torch.h>

#include <QtTest/QtTest>
#include <numeric>

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

/// Floats 0, 1, 2, … in both buffers; images 10, 11, ….
CropBatch countedBatch(const MultiCropOptions& crops) {
    CropBufferPool pool(crops, kImages, cropAllocator(at::kCPU));
    const std::shared_ptr<CropBuffers> buffers = pool.acquire();
    std::iota(buffers->globals.get(), buffers->globals.get() + globalFloats(crops, kImages), 0.0F);
    if (crops.localCrops > 0)
        std::iota(buffers->locals.get(), buffers->locals.get() + localFloats(crops, kImages), 0.0F);
    CropBatch batch;
    for (int i = 0; i < kImages; ++i)
        batch.images.push_back(10 + i);
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

    /// So that a trainer on the CPU keeps the pool's own memory.
    void aProcessorNeedsNoMemoryOfItsOwnKind() { QVERIFY(!cropAllocator(at::kCPU)); }
};

QTEST_APPLESS_MAIN(ViewUploaderTest)
#include "view_uploader_test.moc"
