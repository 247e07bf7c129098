#include "engine/nn/position_embedding.h"

#include <ATen/ATen.h>

#include <QtTest/QtTest>

#include "engine/nn/autocast.h"

using namespace dinoscope;

class PositionEmbeddingTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void autocastDoesNotRoundPositions() {
        at::manual_seed(1);
        const at::Tensor positions = at::randn({1, 1 + 14 * 14, 32});
        const at::Tensor precise = interpolatePositions(positions, 6, 9);
        const AutocastGuard autocast(at::kCPU, true);
        const at::Tensor found = interpolatePositions(positions, 6, 9);
        QCOMPARE(found.scalar_type(), at::kFloat);
        QVERIFY(found.equal(precise));
        QVERIFY(isAutocastOn(at::kCPU));
    }
};

QTEST_APPLESS_MAIN(PositionEmbeddingTest)
#include "position_embedding_test.moc"
