#include <ATen/ATen.h>

#include <QTemporaryDir>
#include <QtTest>
#include <thread>

#include "engine/train/live_teacher.h"

using namespace dinoscope;

class LiveTeacherTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void itIsFoundByItsRunOnTheThreadThatTrainsAndNowhereElse() {
        const QTemporaryDir folder;
        const std::filesystem::path run = folder.path().toStdString();
        QVERIFY(!LiveTeacher::of(run));
        {
            RunPosition position{3, 0};
            const LiveTeacher teacher(
                run, VitConfig{}, false,
                [] {
                    StateDict weights;
                    weights["norm.bias"] = at::full({2}, 7.0);
                    return weights;
                },
                [&position] { return position; });
            QCOMPARE(LiveTeacher::of(run), &teacher);
            QCOMPARE(LiveTeacher::of(run / ""), &teacher);
            QCOMPARE(LiveTeacher::of(run / "x" / ".."), &teacher);
            QVERIFY(!LiveTeacher::of(run / "other"));
            QCOMPARE(LiveTeacher::of(run)->weights().at("norm.bias")[0].item<double>(), 7.0);
            position.steps = 4;
            QVERIFY(LiveTeacher::of(run)->position() == (RunPosition{3, 4}));
            const LiveTeacher* elsewhere = &teacher;
            std::thread([&] { elsewhere = LiveTeacher::of(run); }).join();
            QVERIFY(!elsewhere);
        }
        QVERIFY(!LiveTeacher::of(run));
    }
};

QTEST_GUILESS_MAIN(LiveTeacherTest)
#include "live_teacher_test.moc"
