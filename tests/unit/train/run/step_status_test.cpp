#include "engine/train/run/step_status.h"

#include <QtTest>

using namespace dinoscope;

class StepStatusTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void everyMonitorIsToldWithLossAndKnnFirst() {
        const StepMetrics step{.step = 41,
                               .epoch = 2,
                               .loss = 5.113,
                               .teacherEntropy = 3.021,
                               .kl = 2.092,
                               .lossBelowLnK = 0.432,
                               .teacherTemp = 0.04,
                               .learningRate = 0.0015,
                               .weightDecay = 0.0421,
                               .momentum = 0.9961,
                               .gradientNorm = 1.32,
                               .centreNorm = 0.21,
                               .imagesPerSecond = 27.6,
                               .dataWait = 0.02,
                               .memoryBytes = 1.84e9};
        QCOMPARE(
            QString::fromStdString(stepStatus(step, 36.74)),
            QString("epoch 3, loss 5.113 (entropy 3.021 + KL 2.092), k-NN 36.7 %, lr 0.0015, teacher T 0.04, "
                    "27.6 images/s, 2 % of the time waiting for them, 1.8 GB, gradient 1.32, centre 0.21, "
                    "ln K - loss 0.432, weight decay 0.0421, momentum 0.9961"));
        QVERIFY(!QString::fromStdString(stepStatus(step, kNotMeasured)).contains("k-NN"));
    }
};

QTEST_APPLESS_MAIN(StepStatusTest)
#include "step_status_test.moc"
