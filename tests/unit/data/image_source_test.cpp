#include "engine/data/image_source.h"

#include <QtTest>
#include <thread>

#include "engine/base/error.h"
#include "engine/image/decode.h"
#include "tests/unit/data/data_test_tools.h"

using namespace dinoscope;

class ImageSourceTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void givesThePixelsOfTheImage() {
        const test::ImageFolder folder;
        folder.png("a.png", 9, 7);
        const ImageDataset data = folder.scan();
        const EpochSampler sampler(1, 1, 0);
        ImageSource source(data, sampler, 0);
        const auto loaded = source.load(0, 0);
        QVERIFY(*loaded.pixels == test::noise(9, 7));
        QCOMPARE(loaded.image, 0);
        QVERIFY(loaded.bad.empty());
        QCOMPARE(source.cachedBytes(), 0);
    }

    void aBadImageIsReplacedByTheDrawOfItsEpoch() {
        const test::ImageFolder folder;
        for (int i = 0; i < 9; ++i)
            folder.png(std::to_string(i) + ".png", 5 + i, 4);
        folder.tornPng("9.png");
        const ImageDataset data = folder.scan();
        QCOMPARE(data.size(), 10);
        const EpochSampler sampler(10, 1, 7);
        for (int epoch = 0; epoch < 20; ++epoch) {
            std::int64_t expected = 9;
            for (int attempt = 0; expected == 9; ++attempt)
                expected = sampler.replacement(epoch, 9, attempt);
            ImageSource fresh(data, sampler, 0);
            const auto first = fresh.load(epoch, 9);
            QCOMPARE(first.image, expected);
            QCOMPARE(first.pixels->width, 5 + int(expected));
            QVERIFY(!first.bad.empty());
            QCOMPARE(first.bad[0].image, 9);
            QVERIFY(!first.bad[0].isMissing);
            QVERIFY(first.bad[0].reason.find("9.png") != std::string::npos);
            fresh.remember({9});
            const auto again = fresh.load(epoch, 9);
            QCOMPARE(again.image, expected);
            QVERIFY(again.bad.empty());
        }
    }

    /// As a bad one that is known: a run that met it and one that began without it go on alike.
    void anImageThatIsGoneIsReplacedWithoutBeingTried() {
        const test::ImageFolder folder;
        for (int i = 0; i < 10; ++i)
            folder.png(std::to_string(i) + ".png", 5 + i, 4);
        const ImageDataset whole = folder.scan();
        ImageDataset data = whole;
        data.markGone(9);
        data.markGone(9);
        QCOMPARE(data.goneCount(), std::int64_t(1));
        QVERIFY(data.isGone(9) && !data.isGone(8) && !data.isGone(10) && !data.isGone(-1));
        const EpochSampler sampler(10, 1, 7);
        ImageSource remembering(whole, sampler, 0);
        remembering.remember({9});
        ImageSource source(data, sampler, 0);
        for (int epoch = 0; epoch < 20; ++epoch) {
            const auto loaded = source.load(epoch, 9);
            QVERIFY(loaded.image != 9 && loaded.bad.empty());
            QCOMPARE(loaded.image, remembering.load(epoch, 9).image);
        }
        QVERIFY(source.remembered().empty());  // where it comes back it is shown again
    }

    void whereNothingCanBeDecodedAnErrorSaysSo() {
        const test::ImageFolder folder;
        folder.tornPng("a.png");
        folder.tornPng("b.png");
        const ImageDataset data = folder.scan();
        const EpochSampler sampler(2, 1, 0);
        ImageSource source(data, sampler, 0);
        QVERIFY_THROWS_EXCEPTION(Error, source.load(0, 0));
    }

    void whatIsRememberedIsSortedAndForgotten() {
        const test::ImageFolder folder;
        folder.png("a.png");
        const ImageDataset data = folder.scan();
        const EpochSampler sampler(1, 1, 0);
        ImageSource source(data, sampler, 0);
        source.remember({7, 3});
        source.remember({5, 3});
        QCOMPARE(source.remembered(), (std::vector<std::int64_t>{3, 5, 7}));
        QVERIFY(source.isRemembered(5));
        source.forget();
        QVERIFY(source.remembered().empty());
    }

    void theCacheIsFilledUpToItsBudgetAndKeepsWhatItHas() {
        ImageCache cache(250);
        const auto image = std::make_shared<const Image>(8, 4);  // 96 bytes
        cache.offer(1, image);
        cache.offer(1, image);
        cache.offer(2, image);
        cache.offer(3, image);
        QCOMPARE(cache.bytes(), 192);
        QCOMPARE(cache.find(1), image);
        QCOMPARE(cache.find(2), image);
        QVERIFY(!cache.find(3));
        cache.offer(4, std::make_shared<const Image>(4, 4));
        QVERIFY(cache.find(4));
        ImageCache none(0);
        none.offer(1, image);
        QVERIFY(!none.find(1));
    }

    void cachedImagesAreNotReadAgain() {
        const test::ImageFolder folder;
        folder.png("a.png", 9, 7);
        const ImageDataset data = folder.scan();
        const EpochSampler sampler(1, 1, 0);
        ImageSource source(data, sampler, 1000);
        source.load(0, 0);
        QCOMPARE(source.cachedBytes(), 9 * 7 * 3);
        std::filesystem::remove(folder.path("a.png"));
        QVERIFY(*source.load(1, 0).pixels == test::noise(9, 7));
    }

    void imagesThatAreGoneEndItInsteadOfBeingTakenForBadOnes() {
        const test::ImageFolder folder;
        for (int i = 0; i < 40; ++i)
            folder.png(std::to_string(i) + ".png", 5, 4);
        const ImageDataset data = folder.scan();
        const EpochSampler sampler(40, 1, 0);
        std::filesystem::remove(folder.path("3.png"));
        ImageSource one(data, sampler, 0);
        const auto loaded = one.load(0, 3);  // a single one is replaced
        QCOMPARE(loaded.bad.size(), std::size_t(1));
        QVERIFY(loaded.bad[0].isMissing && loaded.image != 3);
        for (int i = 0; i < 40; ++i)
            std::filesystem::remove(folder.path(std::to_string(i) + ".png"));
        // The folder is still there, as a mount point is without its disk.
        ImageSource all(data, sampler, 0);
        try {
            all.load(0, 0);
            QFAIL("nothing was thrown");
        } catch (const Error& error) {
            QVERIFY(std::string(error.what()).find("gone") != std::string::npos);
        }
        std::filesystem::remove(data.root());
        QVERIFY_THROWS_EXCEPTION(Error, all.load(1, 5));
    }

    void anImageThatComesBackIsShownAgain() {
        const test::ImageFolder folder;
        for (int i = 0; i < 10; ++i)
            folder.png(std::to_string(i) + ".png", 5 + i, 4);
        const ImageDataset data = folder.scan();
        const EpochSampler sampler(10, 1, 0);
        ImageSource source(data, sampler, 0);
        std::filesystem::rename(folder.path("3.png"), folder.path("away"));
        const auto without = source.load(0, 3);
        QVERIFY(without.image != 3 && without.bad.at(0).isMissing);
        QVERIFY(without.bad[0].reason.find("3.png: there is no such file") != std::string::npos);
        std::filesystem::rename(folder.path("away"), folder.path("3.png"));
        const auto with = source.load(0, 3);
        QVERIFY(with.image == 3 && with.bad.empty());
    }

    void manyFilesThatAreGoneInTurnEndItToo() {
        const test::ImageFolder folder;
        for (int i = 0; i < 40; ++i)
            folder.png(std::to_string(i) + ".png", 5, 4);
        const ImageDataset data = folder.scan();
        const EpochSampler sampler(40, 1, 0);
        for (int i = 1; i < 40; ++i)
            std::filesystem::remove(folder.path(std::to_string(i) + ".png"));
        ImageSource source(data, sampler, 0);
        bool ended = false;
        for (int i = 1; i < 40 && !ended; ++i) {
            try {
                source.load(0, i);
            } catch (const Error&) {
                ended = true;
            }
        }
        QVERIFY(ended);
    }

    void manyThreadsMayAskAtOnce() {
        const test::ImageFolder folder;
        for (int i = 0; i < 6; ++i)
            folder.png(std::to_string(i) + ".png", 5 + i, 4);
        folder.tornPng("6.png");
        const ImageDataset data = folder.scan();
        const EpochSampler sampler(7, 1, 0);
        ImageSource source(data, sampler, 300);
        std::atomic<int> wrong{0};
        std::vector<std::thread> threads;
        for (int thread = 0; thread < 4; ++thread) {
            threads.emplace_back([&] {
                for (int i = 0; i < 70; ++i) {
                    const auto loaded = source.load(i, i % 7);
                    if (loaded.pixels->width != 5 + int(loaded.image)) ++wrong;
                    if (!loaded.bad.empty()) source.remember({loaded.bad[0].image});
                }
            });
        }
        for (std::thread& thread : threads)
            thread.join();
        QCOMPARE(wrong.load(), 0);
        QCOMPARE(source.remembered(), std::vector<std::int64_t>{6});
    }
};

QTEST_APPLESS_MAIN(ImageSourceTest)
#include "image_source_test.moc"
