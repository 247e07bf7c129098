#include "engine/explore/attention_map.h"

#include <QtTest>
#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <numeric>
#include <random>
#include <sstream>

#include "engine/base/error.h"

using namespace dinoscope;
using Mask = std::vector<std::uint8_t>;

namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

AttentionMap twoHeads() {
    return {2, 1, 3, {0.1F, 0.2F, 0.3F, 0.5F, 0.1F, 0.7F}};
}

int kept(const Mask& mask) {
    return static_cast<int>(std::count(mask.begin(), mask.end(), 1));
}

}  // namespace

class AttentionMapTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void headsAreSlicesAndTheMeanIsTheirs() {
        const AttentionMap map = twoHeads();
        QCOMPARE(map.patches(), 3);
        QCOMPARE(map.head(1)[0], 0.5F);
        const std::vector<float> mean = meanOfHeads(map);
        QCOMPARE(mean.size(), std::size_t(3));
        QCOMPARE(mean[0], 0.3F);
        QCOMPARE(mean[1], 0.15F);
        QCOMPARE(mean[2], 0.5F);
    }

    void readsAndFormatsScales() {
        QCOMPARE(Scale::parse("head").kind, Scale::Kind::PerHead);
        QCOMPARE(Scale::parse("shared").kind, Scale::Kind::Shared);
        const Scale fixed = Scale::parse("-0.5,0.01");
        QCOMPARE(fixed.kind, Scale::Kind::Fixed);
        QCOMPARE(fixed.low, -0.5F);
        QCOMPARE(fixed.high, 0.01F);
        for (const char* text : {"head", "shared", "0,0.01", "-1.5,1e-07"})
            QCOMPARE(Scale::parse(Scale::parse(text).format()), Scale::parse(text));
    }

    void refusesWhatIsNoScale() {
        for (const char* text :
             {"", "heads", "1", "1,", ",1", "2,1", "1,1", "0,nan", "0,inf", "0;1", "0,1,2", "a,b"}) {
            try {
                Scale::parse(text);
                QFAIL(text);
            } catch (const UsageError& error) {
                QCOMPARE(error.where(), std::string("--scale"));
            }
        }
    }

    void rangesFollowTheScale() {
        const AttentionMap map = twoHeads();
        const auto perHead = headRanges(map, Scale::parse("head"));
        QCOMPARE(perHead.size(), std::size_t(2));
        QCOMPARE(perHead[0].low, 0.1F);
        QCOMPARE(perHead[0].high, 0.3F);
        QCOMPARE(perHead[1].high, 0.7F);
        const auto shared = headRanges(map, Scale::parse("shared"));
        QCOMPARE(shared[0].low, 0.1F);
        QCOMPARE(shared[0].high, 0.7F);
        QCOMPARE(shared[1].high, 0.7F);
        const auto fixed = headRanges(map, Scale::parse("0,2"));
        QCOMPARE(fixed[1].low, 0.0F);
        QCOMPARE(fixed[1].high, 2.0F);
    }

    void clippingLowersTheTopOnly() {
        std::vector<float> grid(101);
        std::iota(grid.begin(), grid.end(), 0.0F);
        std::shuffle(grid.begin(), grid.end(), std::mt19937(1));
        Scale scale;
        scale.clipPercent = 95;
        const ValueRange range = gridRange(grid, scale);
        QCOMPARE(range.low, 0.0F);
        QCOMPARE(range.high, 95.0F);
        scale.clipPercent = 100;
        QCOMPARE(gridRange(grid, scale).high, 100.0F);
        QCOMPARE(gridRange({}, scale).high, 0.0F);
    }

    void normalisingClampsAndNeverLeavesTheUnitRange() {
        const ValueRange range{1, 3};
        QCOMPARE(range.normalise(1), 0.0F);
        QCOMPARE(range.normalise(2), 0.5F);
        QCOMPARE(range.normalise(3), 1.0F);
        QCOMPARE(range.normalise(-9), 0.0F);
        QCOMPARE(range.normalise(9), 1.0F);
        QCOMPARE(range.normalise(kNan), 0.0F);
        QCOMPARE((ValueRange{2, 2}).normalise(2), 0.0F);
        QCOMPARE((ValueRange{kNan, kNan}).normalise(2), 0.0F);
    }

    void masksAreTheReferences() {
        std::ifstream golden(GOLDEN_DIR "/attention_map/mass.txt");
        int cases = 0;
        for (std::string line; std::getline(golden, line); ++cases) {
            std::istringstream stream(line);
            std::size_t count = 0;
            double mass = 0;
            stream >> count >> mass;
            std::vector<float> grid(count);
            for (float& value : grid)
                stream >> value;
            std::vector<int> expected(count);
            for (int& value : expected)
                stream >> value;
            QVERIFY(!stream.fail());
            const Mask mask = massMask(grid, mass);
            QVERIFY2(std::equal(mask.begin(), mask.end(), expected.begin(), expected.end()), line.c_str());
        }
        QVERIFY(cases > 50);
    }

    void theCrossingPatchIsKept() {
        // Running sums 0.125, 0.375, 1: more than a half is passed by the greatest alone.
        const std::vector<float> grid{0.25F, 0.625F, 0.125F};
        QCOMPARE(massMask(grid, 0.5), (Mask{0, 1, 0}));
        QCOMPARE(massMask(grid, 0.625), (Mask{0, 1, 0}));
        QCOMPARE(massMask(grid, 0.626), (Mask{1, 1, 0}));
        QCOMPARE(massMask(grid, 0.876), (Mask{1, 1, 1}));
    }

    void amongEqualPatchesTheLaterAreKept() {
        QCOMPARE(massMask(std::vector<float>(4, 0.25F), 0.5), (Mask{0, 0, 1, 1}));
        QCOMPARE(massMask(std::vector<float>(4, 0.25F), 0.51), (Mask{0, 1, 1, 1}));
    }

    void aMassOfNothingKeepsNothingHoweverTheSumsRound() {
        std::mt19937 random(1);
        std::uniform_real_distribution<float> uniform(0, 1);
        for (int round = 0; round < 200; ++round) {
            std::vector<float> grid(900);
            for (float& value : grid)
                value = uniform(random);
            QCOMPARE(kept(massMask(grid, 0)), 0);
        }
    }

    void aMassOfAllKeepsAllButZeros() {
        QCOMPARE(massMask(std::vector<float>{0.5F, 0, 0.25F, 0, 1e-30F}, 1), (Mask{1, 0, 1, 0, 1}));
    }

    void zerosAloneKeepNothing() {
        for (const double mass : {0.0, 0.5, 1.0})
            QCOMPARE(kept(massMask(std::vector<float>(5, 0.0F), mass)), 0);
        QVERIFY(massMask({}, 0.5).empty());
    }

    void theMassDoesNotDependOnTheSum() {
        const std::vector<float> grid{1, 2, 4, 8, 16};
        std::vector<float> small = grid;
        for (float& value : small)
            value /= 1024;
        for (const double mass : {0.2, 0.5, 0.6, 0.9})
            QCOMPARE(massMask(small, mass), massMask(grid, mass));
    }

    void brokenNumbersAreNeitherKeptNorHarmful() {
        // Weights read from a file may hold anything.
        std::mt19937 random(1);
        std::vector<float> grid(4096);
        for (std::size_t i = 0; i < grid.size(); ++i)
            grid[i] = random() % 3 == 0 ? kNan : float(random() % 100);
        const Mask mask = massMask(grid, 0.6);
        QVERIFY(kept(mask) > 0);
        for (std::size_t i = 0; i < grid.size(); ++i)
            QVERIFY(!std::isnan(grid[i]) || !mask[i]);
        Scale scale;
        scale.clipPercent = 90;
        const ValueRange range = gridRange(grid, scale);
        QCOMPARE(range.low, 0.0F);
        QVERIFY(range.high > 80 && range.high <= 99);
        QCOMPARE(kept(massMask(std::vector<float>(100, kNan), 0.6)), 0);
    }
};

QTEST_APPLESS_MAIN(AttentionMapTest)
#include "attention_map_test.moc"
