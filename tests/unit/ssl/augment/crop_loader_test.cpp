#include "engine/ssl/augment/crop_loader.h"

#include <QtTest>
#include <algorithm>
#include <atomic>
#include <map>
#include <set>

#include "engine/base/error.h"
#include "engine/image/decode.h"
#include "engine/ssl/augment/apply_crop.h"
#include "engine/ssl/augment/crop_plan.h"
#include "tests/unit/data/data_test_tools.h"

using namespace dinoscope;

namespace {

/// What of a batch must not depend on workers.
struct Seen {
    std::int64_t epoch = 0;
    std::int64_t index = 0;
    std::vector<std::int64_t> images;
    std::vector<int> labels;
    std::vector<std::int64_t> wanted;
    std::vector<std::int64_t> bad;
    std::vector<float> globals;
    std::vector<float> locals;

    bool operator==(const Seen&) const = default;
};

CropLoaderOptions smallOptions(int workers, int batch = 4) {
    CropLoaderOptions options;
    options.crops.globalSize = 16;
    options.crops.localSize = 8;
    options.crops.localCrops = 3;
    options.seed = 11;
    options.batch = batch;
    options.workers = workers;
    return options;
}

Seen seen(const CropBatch& batch, const CropLoaderOptions& options) {
    Seen result{batch.epoch, batch.index, batch.images, batch.labels, batch.wanted, {}, {}, {}};
    for (const BadImage& bad : batch.bad)
        result.bad.push_back(bad.image);
    result.globals.assign(batch.globals(), batch.globals() + globalFloats(options.crops, options.batch));
    if (batch.locals())
        result.locals.assign(batch.locals(), batch.locals() + localFloats(options.crops, options.batch));
    return result;
}

std::vector<Seen> allOf(CropLoader& loader, const CropLoaderOptions& options) {
    JobControl control;
    std::vector<Seen> batches;
    while (const auto batch = loader.next(control))
        batches.push_back(seen(*batch, options));
    return batches;
}

}  // namespace

class CropLoaderTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() {
        for (int i = 0; i < 22; ++i)
            folder_.png((i % 2 ? "odd/" : "even/") + std::to_string(i) + ".png", 20 + i, 30 - i);
        for (int i = 0; i < 14; ++i)
            torn_.png(std::to_string(i) + ".png", 20 + i, 30 - i);
        for (const char* name : {"a.png", "b.png", "c.png"})
            torn_.tornPng(name);
    }

    void cropsAreThoseOfThePlansDrawnForEachImage() {
        const ImageDataset data = folder_.scan();
        const auto options = smallOptions(1);
        CropLoader loader(data, options);
        loader.start(3, 0, 4);
        const auto order = EpochSampler(22, 4, 11).order(3);
        JobControl control;
        const auto batch = loader.next(control);
        QVERIFY(batch.has_value());
        CropMaker maker;
        for (std::size_t slot = 0; slot < 4; ++slot) {
            const std::int64_t image = order[slot];
            QCOMPARE(batch->images[slot], image);
            QCOMPARE(batch->labels[slot], data.label(image));
            QCOMPARE(batch->wanted[slot], image);
            const Image pixels = decodeImage(data.path(image));
            for (int view = 0; view < 5; ++view) {
                const int size = view < 2 ? 16 : 8;
                std::vector<float> expected(3 * std::size_t(size) * std::size_t(size));
                maker.make(
                    pixels,
                    drawCropPlan(options.crops, pixels.width, pixels.height, view, imageKey(11, 3, image)),
                    size, expected.data());
                const float* group = view < 2 ? batch->globals() : batch->locals();
                const float* crop =
                    group + (std::size_t(view < 2 ? view : view - 2) * 4 + slot) * expected.size();
                QVERIFY(std::equal(expected.begin(), expected.end(), crop));
            }
        }
    }

    void anEpochShowsImagesOnceAndDropsTheRest() {
        const ImageDataset data = folder_.scan();
        const auto options = smallOptions(2);
        CropLoader loader(data, options);
        QCOMPARE(loader.batchesPerEpoch(), 5);
        loader.start(0, 0, 3);
        std::map<std::int64_t, std::set<std::int64_t>> shown;
        std::int64_t number = 0;
        for (const Seen& batch : allOf(loader, options)) {
            QCOMPARE(batch.epoch, number / 5);
            QCOMPARE(batch.index, number % 5);
            ++number;
            shown[batch.epoch].insert(batch.images.begin(), batch.images.end());
        }
        QCOMPARE(number, 15);
        for (const auto& [epoch, images] : shown)
            QCOMPARE(images.size(), std::size_t{20});
        QVERIFY(shown[0] != shown[1] || shown[1] != shown[2]);
    }

    void processesThatShareStepsMakeTheBatchesOfOneLoader_data() {
        QTest::addColumn<int>("workers");
        QTest::newRow("on the caller's threads") << 0;
        QTest::newRow("in the background") << 2;
    }
    void processesThatShareStepsMakeTheBatchesOfOneLoader() {
        QFETCH(int, workers);
        const ImageDataset data = folder_.scan();
        CropLoaderOptions options = smallOptions(workers, 2);
        options.batchesPerStep = 4;  // 2 steps an epoch
        CropLoader alone(data, options);
        alone.start(1, 4, 3);
        const std::vector<Seen> expected = allOf(alone, options);
        QCOMPARE(expected.size(), std::size_t{12});
        options.shares = 2;
        for (options.share = 0; options.share < 2; ++options.share) {
            CropLoader loader(data, options);
            loader.start(1, 4, 3);
            const std::vector<Seen> part = allOf(loader, options);
            QCOMPARE(part.size(), std::size_t{6});
            for (std::size_t i = 0; i < part.size(); ++i)
                QVERIFY(part[i] == expected[2 * i + std::size_t(options.share)]);
        }
    }

    void aShareThatIsNoneIsRefused() {
        CropLoaderOptions options = smallOptions(1);
        options.batchesPerStep = 2;
        options.share = options.shares = 2;
        QVERIFY_THROWS_EXCEPTION(UsageError, options.check());
        options.shares = 3;
        QVERIFY_THROWS_EXCEPTION(UsageError, options.check());
        options.batchesPerStep = 5;
        options.share = 0;
        options.shares = 2;
        QVERIFY_THROWS_EXCEPTION(UsageError, options.check());
    }

    void batchesAreEqualForAnyNumberOfWorkers_data() {
        QTest::addColumn<int>("workers");
        QTest::addColumn<int>("ahead");
        QTest::addColumn<int>("cache");
        QTest::newRow("1 worker") << 1 << 1 << 0;
        QTest::newRow("3 workers") << 3 << 2 << 0;
        QTest::newRow("3 workers, cache of all") << 3 << 5 << 1'000'000;
        QTest::newRow("8 workers, small cache") << 8 << 3 << 5000;
        QTest::newRow("inline, small cache") << 0 << 1 << 5000;
    }

    void batchesAreEqualForAnyNumberOfWorkers() {
        QFETCH(const int, workers);
        QFETCH(const int, ahead);
        QFETCH(const int, cache);
        // With bad images among them, so that their replacements are compared too.
        const ImageDataset data = torn_.scan();
        QCOMPARE(data.size(), 17);
        auto options = smallOptions(0, 3);
        CropLoader reference(data, options);
        reference.start(0, 0, 4);
        const auto expected = allOf(reference, options);
        QCOMPARE(expected.size(), std::size_t{20});
        options.workers = workers;
        options.batchesAhead = ahead;
        options.cacheBytes = cache;
        CropLoader loader(data, options);
        loader.start(0, 0, 4);
        QVERIFY(allOf(loader, options) == expected);
        QCOMPARE(loader.badImages(), reference.badImages());
        QVERIFY(loader.cachedBytes() <= cache);
    }

    void badImagesAreReplacedReportedOnceAndRemembered() {
        const ImageDataset data = torn_.scan();
        const auto options = smallOptions(2, 3);
        std::set<std::int64_t> torn;
        for (std::int64_t i = 0; i < data.size(); ++i) {
            if (data.name(i).size() == 5 && data.name(i)[0] >= 'a') torn.insert(i);
        }
        QCOMPARE(torn.size(), std::size_t{3});
        CropLoader loader(data, options);
        loader.start(0, 0, 6);
        std::vector<std::int64_t> reported;
        std::set<std::uint64_t> keys;
        for (const Seen& batch : allOf(loader, options)) {
            reported.insert(reported.end(), batch.bad.begin(), batch.bad.end());
            for (const std::int64_t wanted : batch.wanted)
                keys.insert(imageKey(options.seed, batch.epoch, wanted));
            for (const std::int64_t image : batch.images)
                QVERIFY(!torn.contains(image));
        }
        std::sort(reported.begin(), reported.end());
        QCOMPARE(reported, std::vector<std::int64_t>(torn.begin(), torn.end()));
        QCOMPARE(loader.badImages(), reported);
        // Each place has chance of its own, replaced or not.
        QCOMPARE(keys.size(), std::size_t{6 * 5 * 3});
    }

    /// For a moment, a NAS being restarted: no checkpoint is to remember it.
    void anImageThatIsMissingIsReportedAndNotRemembered() {
        const test::ImageFolder folder;
        for (int i = 0; i < 6; ++i)
            folder.png(std::to_string(i) + ".png", 20 + i, 30 - i);
        const ImageDataset data = folder.scan();
        const auto options = smallOptions(0, 6);
        CropLoader loader(data, options);
        loader.start(0, 0, 2);
        JobControl control;
        std::filesystem::rename(folder.path("2.png"), folder.path("away"));
        const auto without = loader.next(control);
        QCOMPARE(without->bad.size(), std::size_t(1));
        QVERIFY(without->bad[0].image == 2 && without->bad[0].isMissing);
        QCOMPARE(std::count(without->images.begin(), without->images.end(), 2), 0);
        QVERIFY(loader.badImages().empty());
        std::filesystem::rename(folder.path("away"), folder.path("2.png"));
        const auto with = loader.next(control);
        QVERIFY(with->bad.empty());
        QCOMPARE(std::count(with->images.begin(), with->images.end(), 2), 1);
    }

    void aLoaderBegunInTheMiddleGoesOnAlike_data() {
        QTest::addColumn<int>("workers");
        QTest::newRow("inline") << 0;
        QTest::newRow("2 workers") << 2;
    }

    void aLoaderBegunInTheMiddleGoesOnAlike() {
        QFETCH(const int, workers);
        const ImageDataset data = torn_.scan();
        const auto options = smallOptions(workers, 3);
        CropLoader whole(data, options);
        JobControl control;
        for (int stop = 0; stop <= 10; stop += 2) {
            whole.start(0, 0, 2);
            for (int i = 0; i < stop; ++i)
                QVERIFY(whole.next(control).has_value());
            const auto bad = whole.badImages();
            const auto expected = allOf(whole, options);
            CropLoader resumed(data, options);
            resumed.start(stop / 5, stop % 5, 2, bad);
            QVERIFY(allOf(resumed, options) == expected);
            QCOMPARE(resumed.badImages(), whole.badImages());
        }
    }

    void accumulatedBatchesShareTheStepsOfALargeBatch() {
        const ImageDataset data = folder_.scan();
        const auto large = imagesOf(data, smallOptions(1, 12));
        auto halves = smallOptions(2, 6);
        halves.batchesPerStep = 2;
        QCOMPARE(imagesOf(data, halves), large);
    }

    void fewerImagesThanAStepAreRefused() {
        const ImageDataset data = folder_.scan();
        auto options = smallOptions(0, 12);
        options.batchesPerStep = 2;
        QVERIFY_THROWS_EXCEPTION(Error, CropLoader(data, options));
    }

    void wrongOptionsAreRefused() {
        const ImageDataset data = folder_.scan();
        for (const int field : {0, 1, 2, 3, 4}) {
            auto options = smallOptions(1);
            (field == 0   ? options.batch
             : field == 1 ? options.workers
             : field == 2 ? options.batchesAhead
             : field == 3 ? options.batchesPerStep
                          : options.crops.globalSize) = field == 2 ? 0 : -1;
            QVERIFY_THROWS_EXCEPTION(UsageError, CropLoader(data, options));
        }
        CropLoader loader(data, smallOptions(0));
        QVERIFY_THROWS_EXCEPTION(Error, loader.start(0, 6, 1));
        QVERIFY_THROWS_EXCEPTION(Error, loader.start(-1, 0, 1));
    }

    void buffersAreUsedAgainAndNeverUnderAnOwner() {
        const ImageDataset data = folder_.scan();
        auto options = smallOptions(2);
        std::atomic<int> allocations{0};
        options.allocate = [&](std::size_t bytes) {
            ++allocations;
            return allocateAligned(bytes);
        };
        CropLoader loader(data, options);
        loader.start(0, 0, 8);
        JobControl control;
        const auto kept = loader.next(control);
        const Seen before = seen(*kept, options);
        while (loader.next(control)) {
        }
        QVERIFY(seen(*kept, options) == before);
        // Two buffers each for the kept batch, the one just handed out, and those ahead.
        QVERIFY(allocations <= 2 * (1 + 1 + options.batchesAhead + 1));
    }

    void aBatchOutlivesItsLoader() {
        const ImageDataset data = folder_.scan();
        const auto options = smallOptions(2);
        JobControl control;
        std::optional<CropBatch> batch;
        std::optional<Seen> before;
        {
            CropLoader loader(data, options);
            loader.start(0, 0, 2);
            batch = loader.next(control);
            before = seen(*batch, options);
        }
        QVERIFY(seen(*batch, options) == *before);
    }

    void itCanBeStoppedAtAnyMoment() {
        const ImageDataset data = folder_.scan();
        JobControl control;
        for (int round = 0; round < 40; ++round) {
            auto options = smallOptions(1 + round % 4);
            options.batchesAhead = 1 + round % 3;
            CropLoader loader(data, options);
            loader.start(0, 0, 100);
            for (int i = 0; i < round % 7; ++i)
                QVERIFY(loader.next(control).has_value());
            if (round % 3 == 0) loader.stop();
            if (round % 3 == 0) QVERIFY(!loader.next(control).has_value());
            if (round % 5 == 0) loader.start(1, 2, 3);
            if (round % 5 == 0) QCOMPARE(loader.next(control)->index, 2);
        }
    }

    void noLocalCropsAreNoMemory() {
        const ImageDataset data = folder_.scan();
        auto options = smallOptions(1);
        options.crops.localCrops = 0;
        CropLoader loader(data, options);
        loader.start(0, 0, 1);
        JobControl control;
        const auto batch = loader.next(control);
        QVERIFY(!batch->locals());
        QVERIFY(batch->waitSeconds >= 0);
    }

    void whatFailsInAWorkerReachesTheCaller_data() {
        QTest::addColumn<int>("workers");
        QTest::newRow("inline") << 0;
        QTest::newRow("3 workers") << 3;
    }

    void whatFailsInAWorkerReachesTheCaller() {
        QFETCH(const int, workers);
        const test::ImageFolder broken;
        for (int i = 0; i < 6; ++i)
            broken.tornPng(std::to_string(i) + ".png");
        const ImageDataset data = broken.scan();
        CropLoader loader(data, smallOptions(workers));
        loader.start(0, 0, 2);
        JobControl control;
        QVERIFY_THROWS_EXCEPTION(Error, loader.next(control));
        QVERIFY(!loader.next(control).has_value());
    }

    void failingMemoryReachesTheCaller() {
        const ImageDataset data = folder_.scan();
        for (const int workers : {0, 2}) {
            auto options = smallOptions(workers);
            options.allocate = [](std::size_t) -> std::shared_ptr<std::uint8_t> { throw std::bad_alloc(); };
            CropLoader loader(data, options);
            loader.start(0, 0, 1);
            JobControl control;
            QVERIFY_THROWS_EXCEPTION(std::bad_alloc, loader.next(control));
        }
    }

    void cancellingLeavesTheLoaderWhole() {
        const ImageDataset data = folder_.scan();
        for (const int workers : {0, 2}) {
            const auto options = smallOptions(workers);
            CropLoader loader(data, options);
            loader.start(0, 0, 1);
            JobControl cancelled;
            cancelled.cancel();
            QVERIFY_THROWS_EXCEPTION(Cancelled, loader.next(cancelled));
            QCOMPARE(allOf(loader, options).size(), std::size_t{5});
        }
    }

private:
    static std::vector<std::int64_t> imagesOf(const ImageDataset& data, const CropLoaderOptions& options) {
        CropLoader loader(data, options);
        loader.start(0, 0, 1);
        std::vector<std::int64_t> images;
        for (const Seen& batch : allOf(loader, options))
            images.insert(images.end(), batch.images.begin(), batch.images.end());
        return images;
    }

    test::ImageFolder folder_;
    test::ImageFolder torn_;
};

QTEST_APPLESS_MAIN(CropLoaderTest)
#include "crop_loader_test.moc"
