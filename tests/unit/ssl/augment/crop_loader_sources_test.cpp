#include <QtTest>
#include <atomic>

#include "engine/image/decode.h"
#include "engine/ssl/augment/crop_loader.h"
#include "tests/unit/data/data_test_tools.h"
#include "tests/unit/ssl/augment/source_tools.h"

using namespace dinoscope;

namespace {

CropLoaderOptions smallOptions(int workers) {
    CropLoaderOptions options;
    options.crops.globalSize = 16;
    options.crops.localSize = 8;
    options.crops.localCrops = 3;
    options.seed = 11;
    options.batch = 3;
    options.workers = workers;
    options.place = CropPlace::Device;
    return options;
}

/// What of a batch must not depend on workers.
struct Seen {
    std::vector<std::int64_t> images;
    std::vector<std::int64_t> wanted;
    std::vector<std::int64_t> bad;
    std::vector<CropPlan> plans;
    std::vector<Image> boxes;
    std::vector<std::vector<std::int32_t>> tables;

    bool operator==(const Seen&) const = default;
};

Seen seen(const CropBatch& batch) {
    Seen result{batch.images, batch.wanted, {}, {}, {}, {}};
    for (const BadImage& bad : batch.bad)
        result.bad.push_back(bad.image);
    const ByteStore& store = *batch.buffers->store;
    for (const CropSource& source : batch.buffers->sources) {
        for (const CropSource::View& view : source.views) {
            result.plans.push_back(view.plan);
            result.boxes.push_back(test::boxOf(store, source, view));
            for (const CropSource::Axis& axis : {view.columns, view.rows})
                result.tables.push_back(test::tableOf(store, source, view.size, axis));
        }
    }
    return result;
}

std::vector<Seen> allOf(CropLoader& loader) {
    JobControl control;
    std::vector<Seen> batches;
    while (const auto batch = loader.next(control))
        batches.push_back(seen(*batch));
    return batches;
}

}  // namespace

/// Batches whose crops a device makes.
class CropLoaderSourcesTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() {
        for (int i = 0; i < 14; ++i)
            folder_.png(std::to_string(i) + ".png", 20 + i, 30 - i);
        for (const char* name : {"a.png", "b.png", "c.png"})
            folder_.tornPng(name);
        data_ = std::make_unique<ImageDataset>(folder_.scan());
    }

    void theyHoldThePlansDrawnForEachImageAndItsPixels() {
        const CropLoaderOptions options = smallOptions(2);
        CropLoader loader(*data_, options);
        loader.start(0, 0, 1);
        JobControl control;
        while (const auto batch = loader.next(control)) {
            QVERIFY(!batch->globals() && !batch->locals());
            QCOMPARE(batch->buffers->sources.size(), std::size_t(3));
            for (std::size_t slot = 0; slot < 3; ++slot) {
                const Image image = decodeImage(data_->path(batch->images[slot]));
                const CropSource& source = batch->buffers->sources[slot];
                QCOMPARE(source.views.size(), std::size_t(5));
                for (int view = 0; view < 5; ++view) {
                    const CropSource::View& found = source.views[std::size_t(view)];
                    const CropPlan plan =
                        drawCropPlan(options.crops, image.width, image.height, view,
                                     imageKey(options.seed, batch->epoch, batch->wanted[slot]));
                    QCOMPARE(found.plan, plan);
                    QCOMPARE(found.size, view < 2 ? 16 : 8);
                    const Image box = test::boxOf(*batch->buffers->store, source, found);
                    QCOMPARE(box.width, plan.box.width);
                    QCOMPARE(box.height, plan.box.height);
                    QVERIFY(std::equal(box.pixels.begin(), box.pixels.begin() + 3,
                                       image.at(plan.box.left, plan.box.top)));
                    QVERIFY(std::equal(
                        box.pixels.end() - 3, box.pixels.end(),
                        image.at(plan.box.left + plan.box.width - 1, plan.box.top + plan.box.height - 1)));
                }
            }
        }
    }

    void theyAreEqualForAnyNumberOfWorkers() {
        CropLoader reference(*data_, smallOptions(0));
        reference.start(0, 0, 4);
        const std::vector<Seen> expected = allOf(reference);
        QCOMPARE(expected.size(), std::size_t(20));
        for (const int workers : {1, 3, 8}) {
            CropLoaderOptions options = smallOptions(workers);
            options.cacheBytes = 3000 * workers;
            options.batchesAhead = workers;
            CropLoader loader(*data_, options);
            loader.start(0, 0, 4);
            QVERIFY(allOf(loader) == expected);
            QCOMPARE(loader.badImages(), reference.badImages());
        }
    }

    void theirImagesAreThoseOfFinishedBatches() {
        CropLoaderOptions options = smallOptions(2);
        CropLoader sources(*data_, options);
        options.place = CropPlace::Processor;
        CropLoader finished(*data_, options);
        sources.start(0, 0, 2);
        finished.start(0, 0, 2);
        JobControl control;
        while (const auto batch = finished.next(control)) {
            const auto other = sources.next(control);
            QVERIFY(other.has_value());
            QCOMPARE(other->images, batch->images);
            QCOMPARE(other->wanted, batch->wanted);
            QCOMPARE(other->labels, batch->labels);
            QCOMPARE(other->bad.size(), batch->bad.size());
        }
        QCOMPARE(sources.badImages(), finished.badImages());
    }

    void memoryIsUsedAgainAndNeverUnderAnOwner() {
        CropLoaderOptions options = smallOptions(2);
        std::atomic<int> allocations{0};
        options.allocate = [&](std::size_t bytes) {
            ++allocations;
            return allocateAligned(bytes);
        };
        CropLoader loader(*data_, options);
        loader.start(0, 0, 8);
        JobControl control;
        const auto kept = loader.next(control);
        const Seen before = seen(*kept);
        while (loader.next(control)) {
        }
        QVERIFY(seen(*kept) == before);
        // One block each for the kept batch, the one just handed out, and those ahead.
        QVERIFY(allocations <= 1 + 1 + options.batchesAhead + 1);
    }

    void whatFailsReachesTheCaller() {
        for (const int workers : {0, 2}) {
            CropLoaderOptions options = smallOptions(workers);
            options.allocate = [](std::size_t) -> std::shared_ptr<std::uint8_t> { throw std::bad_alloc(); };
            CropLoader loader(*data_, options);
            loader.start(0, 0, 1);
            JobControl control;
            QVERIFY_THROWS_EXCEPTION(std::bad_alloc, loader.next(control));
        }
    }

private:
    test::ImageFolder folder_;
    std::unique_ptr<ImageDataset> data_;
};

QTEST_APPLESS_MAIN(CropLoaderSourcesTest)
#include "crop_loader_sources_test.moc"
