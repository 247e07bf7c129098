#include "engine/train/online_evaluation.h"

#include <ATen/ATen.h>

#include <QtTest/QtTest>
#include <cmath>
#include <vector>

using namespace dinoscope;

namespace {

/// Vectors at these angles, of lengths that do not matter: [n, 2]
at::Tensor atAngles(const std::vector<double>& degrees) {
    at::Tensor features = at::empty({std::int64_t(degrees.size()), 2});
    for (std::size_t i = 0; i < degrees.size(); ++i) {
        const double angle = degrees[i] * M_PI / 180;
        features[std::int64_t(i)][0] = double(i + 1) * std::cos(angle);
        features[std::int64_t(i)][1] = double(i + 1) * std::sin(angle);
    }
    return features;
}

}  // namespace

class OnlineEvaluationTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// Unit vectors at angles: the cosine of two is that of the angle between them.
    void theNearestAreThoseOfTheLeastAngle() {
        const SampleFeatures sample{atAngles({0, 30, 80, 170, -20}), {10, 11, 12, 13, 14}};
        const auto [similarities, rows] =
            sample.nearest(at::tensor({3.0F, 0.0F, 0.0F, 0.5F}).view({2, 2}), 3);
        QVERIFY(at::equal(rows, at::tensor({0, 4, 1, 2, 1, 3}, at::kLong).view({2, 3})));
        QVERIFY(std::abs(similarities[0][1].item<double>() - std::cos(20 * M_PI / 180)) < 1e-6);
        QVERIFY(std::abs(similarities[1][2].item<double>() - std::cos(80 * M_PI / 180)) < 1e-6);
        const auto [all, every] = sample.nearest(at::tensor({1.0F, 0.0F}).view({1, 2}), 100);
        QCOMPARE(every.size(1), std::int64_t(5));
    }

    void anImageIsClassifiedByTheOthersOfTheSample() {
        const at::Tensor features = atAngles({0, 5, 90, 95});
        const auto score = [&](const std::vector<std::int64_t>& labels) {
            return leaveOneOutKnn(features, at::tensor(labels, at::kLong), 3);
        };
        QCOMPARE(score({0, 0, 1, 1}), 100.0);
        // No image votes for itself: the first two have each other's class.
        QCOMPARE(score({0, 2, 1, 1}), 50.0);
        QCOMPARE(score({0, 1, 0, 1}), 0.0);
    }

    void aNearImageOutvotesSeveralFarOnes() {
        const at::Tensor labels = at::tensor({0, 0, 1, 1, 1}, at::kLong);
        QCOMPARE(leaveOneOutKnn(atAngles({0, 20, 60, 60, 60}), labels, 2), 100.0);
    }

    void theEffectiveRankCountsEqualDirections() {
        const auto rankOf = [](const std::vector<double>& values) {
            return effectiveRank(at::diag(at::tensor(values, at::kDouble)).to(at::kFloat));
        };
        QVERIFY(std::abs(rankOf({2, 2, 2, 2}) - 4) < 1e-6);
        QVERIFY(std::abs(rankOf({5, 5, 0, 0}) - 2) < 1e-6);
        QVERIFY(std::abs(rankOf({7, 0, 0}) - 1) < 1e-6);
        const double entropy = -0.75 * std::log(0.75) - 0.25 * std::log(0.25);
        QVERIFY(std::abs(rankOf({3, 1}) - std::exp(entropy)) < 1e-6);
        // Images that are all alike.
        QVERIFY(std::abs(effectiveRank(at::ones({5, 3})) - 1) < 1e-3);
    }
};

QTEST_APPLESS_MAIN(OnlineEvaluationTest)
#include "online_evaluation_test.moc"
