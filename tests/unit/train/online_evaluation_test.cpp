#include "engine/train/online_evaluation.h"

#include <torch/torch.h>

#include <QtTest/QtTest>

using namespace dinoscope;

class OnlineEvaluationTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// Unit vectors at angles: the cosine of two is that of the angle between them.
    void theNearestAreThoseOfTheLeastAngle() {
        const double degrees[] = {0, 30, 80, 170, -20};
        SampleFeatures sample{at::empty({5, 2}), {10, 11, 12, 13, 14}};
        for (int i = 0; i < 5; ++i) {
            const double angle = degrees[i] * M_PI / 180;
            sample.features[i][0] = (i + 1) * std::cos(angle);  // lengths do not matter
            sample.features[i][1] = (i + 1) * std::sin(angle);
        }
        const auto [similarities, rows] =
            sample.nearest(at::tensor({3.0F, 0.0F, 0.0F, 0.5F}).view({2, 2}), 3);
        QVERIFY(at::equal(rows, at::tensor({0, 4, 1, 2, 1, 3}, at::kLong).view({2, 3})));
        QVERIFY(std::abs(similarities[0][1].item<double>() - std::cos(20 * M_PI / 180)) < 1e-6);
        QVERIFY(std::abs(similarities[1][2].item<double>() - std::cos(80 * M_PI / 180)) < 1e-6);
        const auto [all, every] = sample.nearest(at::tensor({1.0F, 0.0F}).view({1, 2}), 100);
        QCOMPARE(every.size(1), std::int64_t(5));
    }
};

QTEST_APPLESS_MAIN(OnlineEvaluationTest)
#include "online_evaluation_test.moc"
