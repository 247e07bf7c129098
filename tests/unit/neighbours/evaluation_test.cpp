#include <ATen/ATen.h>

#include <QtTest/QtTest>
#include <algorithm>
#include <mutex>

#include "engine/neighbours/batch_search.h"
#include "engine/neighbours/knn_classifier.h"
#include "engine/neighbours/linear_probe.h"
#include "engine/neighbours/search/exact_search.h"
#include "engine/neighbours/store/feature_matrix.h"
#include "tests/unit/golden.h"

using namespace dinoscope;

namespace {

struct Rows {
    explicit Rows(const at::Tensor& features) {
        const std::int64_t width = rowBytes(features.size(1), StorageType::Fp32) / 4;
        storage = at::zeros({features.size(0), width});
        storage.slice(1, 0, features.size(1)).copy_(features);
        rows = {static_cast<const std::byte*>(storage.const_data_ptr()), features.size(0), features.size(1),
                width * 4, StorageType::Fp32};
    }
    at::Tensor storage;
    FeatureRows rows;
};

at::Tensor unitRows(std::int64_t count, std::int64_t dim, std::int64_t seed) {
    at::manual_seed(seed);
    const at::Tensor rows = at::randn({count, dim});
    return rows / rows.norm(2, 1, true);
}

}  // namespace

class EvaluationTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void knnEqualsTheReferenceImplementation() {
        const Golden golden("neighbours/neighbours.safetensors");
        const at::Tensor features = golden["train"];
        const at::Tensor labels = golden["train_labels"];
        LabelledSet train;
        train.features = emptyRows(features.size(0), features.size(1));
        train.features.copy_(features);
        for (std::int64_t i = 0; i < labels.size(0); ++i)
            train.classes.push_back(labels[i].item<std::int32_t>());
        const at::Tensor truths = golden["val_labels"];
        const std::vector<std::int64_t> ks{1, 10, 20, 100, 200};
        QVERIFY(at::tensor(ks, at::kLong).equal(golden["ks"]));
        JobControl control;
        const std::vector<KnnRanking> rankings =
            rankByNeighbours(train, golden["val"], ks, 7, 0.07, at::kCPU, control);
        for (std::size_t j = 0; j < ks.size(); ++j) {
            QCOMPARE(rankings[j].k, ks[j]);
            double top1 = 0;
            double top5 = 0;
            for (std::int64_t i = 0; i < truths.size(0); ++i) {
                const auto ranked = rankings[j].of(i);
                const auto truth = truths[i].item<int>();
                top1 += ranked[0] == truth ? 100.0 / 250 : 0;
                top5 += std::count(ranked.begin(), ranked.end(), truth) > 0 ? 100.0 / 250 : 0;
            }
            const at::Tensor expected = golden["knn"][std::int64_t(j)];
            QVERIFY(std::abs(top1 - expected[0].item<double>()) < 0.1);
            QVERIFY(std::abs(top5 - expected[1].item<double>()) < 0.1);
        }
    }

    void blocksFindWhatASearchForEachQueryFinds() {
        const at::Tensor features = unitRows(9000, 40, 1);  // more than a block of rows
        const at::Tensor queries = unitRows(700, 40, 2);    // and of queries
        const Rows rows(features);
        std::vector<std::int32_t> images(9000);
        for (std::size_t i = 0; i < images.size(); ++i)
            images[i] = i % 3 == 0 ? -1 : std::int32_t(i);
        const RowFilter filter{images.data(), 4};
        JobControl control;
        std::vector<std::vector<Neighbour>> found(700);
        BatchSearch(rows.rows, filter, at::kCPU)
            .nearest(
                queries, 7,
                [&](std::int64_t index, const std::vector<Neighbour>& one) {
                    found[std::size_t(index)] = one;
                },
                control);
        for (std::int64_t q = 0; q < 700; q += 50) {
            const std::vector<float> query(queries[q].const_data_ptr<float>(),
                                           queries[q].const_data_ptr<float>() + 40);
            const auto exact = nearest(rows.rows, query, 7, filter, control);
            QCOMPARE(found[std::size_t(q)].size(), std::size_t(7));
            for (std::size_t i = 0; i < 7; ++i) {
                QCOMPARE(found[std::size_t(q)][i].row, exact[i].row);
                QVERIFY(std::abs(found[std::size_t(q)][i].similarity - exact[i].similarity) < 1e-5);
            }
        }
    }

    void pairsAreAllThoseAboveTheThresholdOnce() {
        at::Tensor features = unitRows(9000, 16, 3);
        features[8500].copy_(features[17]);
        features[20].copy_(features[17]);
        const Rows rows(features);
        const RowFilter filter;
        JobControl control;
        std::vector<std::pair<std::int64_t, std::int64_t>> found;
        std::mutex mutex;
        BatchSearch(rows.rows, filter, at::kCPU)
            .pairs(
                0.9999F,
                [&](std::int64_t a, std::int64_t b, float) {
                    const std::lock_guard lock(mutex);
                    found.emplace_back(a, b);
                },
                control);
        std::sort(found.begin(), found.end());
        const std::vector<std::pair<std::int64_t, std::int64_t>> expected{{17, 20}, {17, 8500}, {20, 8500}};
        QVERIFY(found == expected);
    }

    void logisticRegressionEqualsScikitLearns_data() {
        QTest::addColumn<QString>("name");
        QTest::addColumn<double>("penalty");
        QTest::newRow("weak") << "0.001" << 1e-3;
        QTest::newRow("strong") << "0.1" << 1e-1;
    }

    void logisticRegressionEqualsScikitLearns() {
        QFETCH(QString, name);
        QFETCH(double, penalty);
        const Golden golden("neighbours/neighbours.safetensors");
        const at::Tensor train = golden["train"].to(at::kDouble);
        const at::Tensor val = golden["val"].to(at::kDouble);
        const Standardiser standardise = Standardiser::of(train);
        JobControl control;
        const LinearClassifier found =
            fitLinear(standardise(train), golden["train_labels"], 7, penalty, control);
        const std::string suffix = "_" + name.toStdString();
        QVERIFY(greatest(found.weight, golden["weight" + suffix]) < 1e-3);
        QVERIFY(greatest(found.bias, golden["bias" + suffix]) < 1e-3);
        const double accuracy = 100 * found.logits(standardise(val))
                                          .argmax(1)
                                          .eq(golden["val_labels"])
                                          .to(at::kDouble)
                                          .mean()
                                          .item<double>();
        QVERIFY(std::abs(accuracy - golden["accuracy" + suffix].item<double>()) < 0.1);
    }

    void aNumberThatNeverChangesIsLeftAlone() {
        at::Tensor features = unitRows(50, 3, 4);
        features.select(1, 1).fill_(0.25);
        const at::Tensor standard = Standardiser::of(features)(features);
        QVERIFY(standard.isfinite().all().item<bool>());
        QVERIFY(greatest(standard.select(1, 1), at::zeros({50})) < 1e-6);
    }

    void meanAndDeviationAreThoseOfAllRows() {
        at::Tensor features = unitRows(2500, 5, 6);  // more than are looked at at once
        features.slice(0, 2000).add_(3);
        const at::Tensor wide = features.to(at::kDouble);
        const Standardiser found = Standardiser::of(features);
        QVERIFY(greatest(found.mean, wide.mean(0)) < 1e-6);
        QVERIFY(greatest(found.deviation, wide.std(0, false)) < 1e-6);
        const at::Tensor standard = found(features);
        found.apply(features);
        QVERIFY(standard.equal(features));
    }

    void aCancelledFitEnds() {
        JobControl control;
        control.cancel();
        QVERIFY_EXCEPTION_THROWN(fitLinear(at::randn({8, 3}), at::zeros({8}, at::kLong), 2, 0.1, control),
                                 Cancelled);
    }
};

QTEST_GUILESS_MAIN(EvaluationTest)
#include "evaluation_test.moc"
