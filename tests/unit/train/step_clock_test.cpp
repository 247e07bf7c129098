#include "engine/train/step_clock.h"

#include <QTest>

using namespace dinoscope;

class StepClockTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aPauseIsNeitherOfTheStepNorOfTheRun() {
        StepClock clock;
        clock.start(100);
        clock.addPause(40);
        QVERIFY(clock.total() >= 60 && clock.total() < 70);
        QVERIFY(clock.lap().seconds < 0);  // no time went by in which such a pause could lie
        QVERIFY(clock.lap().seconds >= 0);
    }

    void waitingForImagesIsAShareOfTheStep() {
        StepClock clock;
        clock.start(0);
        clock.addWait(1000);
        QCOMPARE(clock.lap().waitShare, 1.0);
        QCOMPARE(clock.lap().waitShare, 0.0);
    }
};

QTEST_APPLESS_MAIN(StepClockTest)
#include "step_clock_test.moc"
