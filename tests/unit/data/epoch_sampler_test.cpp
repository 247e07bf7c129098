#include "engine/data/epoch_sampler.h"

#include <QtTest>
#include <algorithm>
#include <map>

#include "engine/base/error.h"

using namespace dinoscope;

class EpochSamplerTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void anEpochShowsEveryImageOnce() {
        for (const int images : {1, 2, 3, 17, 1000}) {
            auto order = EpochSampler(images, 1, 5).order(2);
            std::sort(order.begin(), order.end());
            for (int i = 0; i < images; ++i)
                QCOMPARE(int(order[std::size_t(i)]), i);
            QCOMPARE(int(order.size()), images);
        }
    }

    void theOrderIsAFunctionOfSeedAndEpoch() {
        const EpochSampler sampler(100, 10, 5);
        QVERIFY(sampler.order(3) == EpochSampler(100, 7, 5).order(3));
        QVERIFY(sampler.order(3) != sampler.order(4));
        QVERIFY(sampler.order(3) != EpochSampler(100, 10, 6).order(3));
    }

    void allOrdersAreEquallyLikely() {
        std::map<std::vector<std::uint32_t>, int> counts;
        constexpr int kEpochs = 24000;
        const EpochSampler sampler(4, 1, 9);
        for (int epoch = 0; epoch < kEpochs; ++epoch)
            ++counts[sampler.order(epoch)];
        QCOMPARE(counts.size(), std::size_t{24});
        double chiSquared = 0;
        for (const auto& [order, count] : counts)
            chiSquared += (count - 1000.0) * (count - 1000.0) / 1000.0;
        QVERIFY(chiSquared < 70);  // 23 degrees of freedom: exceeded once in a million
    }

    void stepsLeaveOutWhatDoesNotFillOne() {
        QCOMPARE(EpochSampler(100, 32, 0).steps(), 3);
        QCOMPARE(EpochSampler(96, 32, 0).steps(), 3);
        QCOMPARE(EpochSampler(32, 32, 0).steps(), 1);
    }

    void replacementsAreSpreadAndDetermined() {
        const EpochSampler sampler(10, 1, 3);
        std::map<std::int64_t, int> counts;
        for (int attempt = 0; attempt < 10000; ++attempt) {
            const auto image = sampler.replacement(1, 4, attempt);
            QCOMPARE(sampler.replacement(1, 4, attempt), image);
            ++counts[image];
        }
        for (std::int64_t image = 0; image < 10; ++image)
            QVERIFY(std::abs(counts[image] - 1000) < 160);
        QCOMPARE(counts.size(), std::size_t{10});
        const auto draws = [&](std::int64_t epoch, std::int64_t image) {
            std::vector<std::int64_t> drawn;
            for (int attempt = 0; attempt < 20; ++attempt)
                drawn.push_back(sampler.replacement(epoch, image, attempt));
            return drawn;
        };
        QVERIFY(draws(1, 4) != draws(2, 4));
        QVERIFY(draws(1, 4) != draws(1, 5));
    }

    void fewerImagesThanAStepAreAnErrorWithBothNumbers() {
        try {
            EpochSampler(31, 32, 0);
            QFAIL("accepted");
        } catch (const Error& error) {
            QVERIFY(error.problem().find("31 ") != std::string::npos);
            QVERIFY(error.problem().find("32 ") != std::string::npos);
        }
        QVERIFY_THROWS_EXCEPTION(UsageError, EpochSampler(31, 0, 0));
        QVERIFY_THROWS_EXCEPTION(Error, EpochSampler(std::int64_t{1} << 32, 1, 0));
    }
};

QTEST_APPLESS_MAIN(EpochSamplerTest)
#include "epoch_sampler_test.moc"
