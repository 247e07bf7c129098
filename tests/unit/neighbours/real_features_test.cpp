#include <ATen/ATen.h>

#include <QtTest/QtTest>
#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/api/model.h"
#include "engine/api/model_impl.h"
#include "engine/image/decode.h"
#include "engine/neighbours/device_rows.h"
#include "engine/neighbours/features.h"
#include "engine/neighbours/input_batch.h"
#include "engine/neighbours/search/exact_search.h"
#include "tests/unit/neighbours/unit_vectors.h"

using namespace dinoscope;

namespace {

constexpr CpuPath kPaths[] = {CpuPath::Portable, CpuPath::Avx2, CpuPath::Avx512, CpuPath::Avx512Bf16,
                              CpuPath::Amx};
constexpr const char* kPhotographs[] = {"astronaut", "camera", "chelsea", "coffee", "rocket"};
constexpr int kColumns = 5;  // places of a photograph
constexpr int kLines = 4;
constexpr int kShifts = 12;   // windows at each, a pixel apart
constexpr int kWindow = 120;  // px of the photograph
constexpr int kInput = 48;    // px that the network sees of it
constexpr std::size_t kNearest = 10;

using Feature = std::vector<float>;

SourceBox windowAt(const Image& photograph, int place, float shift) {
    const auto edge = [shift](int pixels, int step, int last) {
        return shift + float(step) * float(pixels - kWindow - kShifts) / float(last);
    };
    const float left = edge(photograph.width, place % kColumns, kColumns - 1);
    const float top = edge(photograph.height, place / kColumns, kLines - 1);
    return {left, top, left + kWindow, top + kWindow};
}

std::vector<Feature> featuresOf(const FeatureNetwork& network, const std::vector<NetworkInput>& inputs) {
    constexpr std::size_t kBatch = 200;  // some 2,000 tokens
    JobControl control;
    std::vector<Feature> found;
    for (std::size_t first = 0; first < inputs.size(); first += kBatch) {
        std::vector<const NetworkInput*> batch;
        for (std::size_t i = first; i < std::min(inputs.size(), first + kBatch); ++i)
            batch.push_back(&inputs[i]);
        const at::Tensor rows =
            features(network, toBatch(batch), FeatureKind::Class, 1, control).contiguous();
        for (std::int64_t row = 0; row < rows.size(0); ++row) {
            const float* numbers = rows.data_ptr<float>() + row * rows.size(1);
            found.emplace_back(numbers, numbers + rows.size(1));
        }
    }
    return found;
}

/// Every product in double by a plain loop; equal ones in the order of the rows.
std::vector<std::int64_t> bruteForce(const FeatureRows& rows, const Feature& query, std::int64_t skip) {
    std::vector<std::pair<double, std::int64_t>> all;
    Feature numbers(static_cast<std::size_t>(rows.dim));
    for (std::int64_t row = 0; row < rows.count; ++row) {
        if (row == skip) continue;
        decodeRow({rows.row(row), static_cast<std::size_t>(rows.stride)}, rows.type, numbers);
        double product = 0;
        for (std::size_t i = 0; i < numbers.size(); ++i)
            product += double{numbers[i]} * double{query[i]};
        all.emplace_back(-product, row);
    }
    std::partial_sort(all.begin(), all.begin() + kNearest, all.end());
    std::vector<std::int64_t> found;
    for (std::size_t i = 0; i < kNearest; ++i)
        found.push_back(all[i].second);
    return found;
}

}  // namespace

/// Search among features as they are: of a trained network, of photographs, many of them near duplicates.
class RealFeaturesTest : public QObject {
    Q_OBJECT

    struct Query {
        Feature feature;
        std::int64_t skip = -1;  ///< its own row
        int place = 0;
    };

    std::vector<Query> queries_;
    std::unique_ptr<StoredRows> fp32_;
    std::unique_ptr<StoredRows> bf16_;

private Q_SLOTS:
    /// The windows at a place are a cluster. Each place is asked for by one of its rows, and by a window
    /// between two of them, which is no row.
    void initTestCase() {
        api::prepareThread(2);
        JobControl control;
        api::ModelSource source;
        source.weights = "bundled";
        const auto model = api::Model::load(source, {}, control);
        const InputRecipe recipe{kInput, kInput, model->info().patchSize};
        std::vector<NetworkInput> windows;
        std::vector<NetworkInput> between;
        for (const std::string name : kPhotographs) {
            const Image photograph = decodeImage(SOURCE_DIR "/resources/samples/" + name + ".jpg");
            for (int place = 0; place < kColumns * kLines; ++place) {
                for (int shift = 0; shift < kShifts; ++shift)
                    windows.push_back(
                        preparePart(photograph, windowAt(photograph, place, float(shift)), recipe));
                between.push_back(
                    preparePart(photograph, windowAt(photograph, place, kShifts / 2 - 0.5F), recipe));
            }
        }
        const FeatureNetwork network = model->impl().featureNetwork();
        const std::vector<Feature> rows = featuresOf(network, windows);
        const auto count = static_cast<std::int64_t>(rows.size());
        const auto dim = static_cast<std::int64_t>(rows.front().size());
        const auto make = [&rows](std::int64_t row) { return rows[std::size_t(row)]; };
        fp32_ = std::make_unique<StoredRows>(count, dim, StorageType::Fp32, make);
        bf16_ = std::make_unique<StoredRows>(count, dim, StorageType::Bf16, make);
        const std::vector<Feature> others = featuresOf(network, between);
        for (int place = 0; place < int(others.size()); ++place) {
            const std::int64_t row = place * kShifts + place % kShifts;
            queries_.push_back({rows[std::size_t(row)], row, place});
            queries_.push_back({others[std::size_t(place)], -1, place});
        }
        QCOMPARE(count, std::int64_t(1200));
        QCOMPARE(queries_.size(), std::size_t(200));
    }

    void theyLieInClusters() {
        int own = 0;
        for (const Query& query : queries_) {
            if (bruteForce(fp32_->rows(), query.feature, query.skip).front() / kShifts == query.place) ++own;
        }
        QVERIFY2(own > 100, qPrintable(QString::number(own)));
    }

    /// Otherwise the test below could not fail.
    void bf16AloneWouldGetThemWrong() {
        const ReducedRows reduced(fp32_->rows());
        int wrong = 0;
        for (const Query& query : queries_) {
            if (bruteForce(reduced.rows(), query.feature, query.skip) !=
                bruteForce(fp32_->rows(), query.feature, query.skip))
                ++wrong;
        }
        QVERIFY(wrong > 0);
    }

    void everySearchFindsWhatBruteForceFinds_data() {
        QTest::addColumn<bool>("halved");
        QTest::newRow("fp32") << false;
        QTest::newRow("bf16") << true;
    }

    /// A scan of the rows, of an fp32 gallery that of their copy in bf16, and products of matrices, on every
    /// path of the processor.
    void everySearchFindsWhatBruteForceFinds() {
        QFETCH(bool, halved);
        const FeatureRows& rows = (halved ? bf16_ : fp32_)->rows();
        const ReducedRows reduced = halved ? ReducedRows() : ReducedRows(rows);
        JobControl control;
        const DeviceRows onDevice(rows, at::kCPU, control);
        for (const Query& query : queries_) {
            const RowFilter filter{nullptr, query.skip};
            const std::vector<std::int64_t> expected = bruteForce(rows, query.feature, query.skip);
            QCOMPARE(rowsOf(onDevice.nearest(query.feature, kNearest, filter, control)), expected);
            for (const CpuPath path : kPaths) {
                if (path > bestCpuPath()) continue;
                const auto found = nearest(rows, query.feature, kNearest, filter, control, path);
                QCOMPARE(rowsOf(found), expected);
                if (halved) continue;
                QVERIFY(nearest(rows, reduced, query.feature, kNearest, filter, control, path) == found);
            }
        }
    }
};

QTEST_GUILESS_MAIN(RealFeaturesTest)
#include "real_features_test.moc"
