#include <ATen/ATen.h>

#include <QtTest/QtTest>

#include "engine/ssl/schedule.h"
#include "tests/unit/golden.h"

using namespace dinoscope;

class ScheduleTest : public QObject {
    Q_OBJECT

    static void compare(const CosineSchedule& schedule, const at::Tensor& expected) {
        for (std::int64_t i = 0; i < expected.size(0); ++i) {
            const double wanted = expected[i].item<double>();
            QVERIFY2(std::abs(schedule.at(i) - wanted) <= 1e-12, qPrintable(QString::number(i)));
        }
    }

private Q_SLOTS:
    void cosinesEqualNumpys() {
        const Golden golden("ssl/ssl.safetensors");
        compare(CosineSchedule(5e-4, 1e-6, 70, 21), golden["schedule.rate"]);
        compare(CosineSchedule(0.04, 0.4, 70), golden["schedule.decay"]);
        compare(CosineSchedule(0.996, 1, 20), golden["schedule.momentum"]);
    }

    void theTeachersTemperatureEqualsNumpys() {
        const at::Tensor expected = Golden("ssl/ssl.safetensors")["schedule.temperature"];
        const TeacherTemperature temperature(0.04, 0.07, 5);
        for (int epoch = 0; epoch < expected.size(0); ++epoch)
            QVERIFY(std::abs(temperature.at(epoch) - expected[epoch].item<double>()) <= 1e-15);
    }

    void aWarmUpOfOneStartsAtItsStart() { QCOMPARE(CosineSchedule(1, 0, 10, 1, 0.25).at(0), 0.25); }

    void theRateGrowsWithTheBatch() { QCOMPARE(scaledLearningRate(0.0005, 512), 0.001); }
};

QTEST_APPLESS_MAIN(ScheduleTest)
#include "schedule_test.moc"
