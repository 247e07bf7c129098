#include <ATen/Context.h>

#include <QTest>

#include "engine/api/train.h"
#include "engine/train/run/run_record.h"
#include "tests/integration/train_fixture.h"

using namespace dinoscope;

/// --deterministic, on the CPU.
class TrainDeterministicTest : public QObject, protected TrainRuns {
    Q_OBJECT

private Q_SLOTS:
    void init() { makeFolder(); }

    void twoRunsAreEqualToTheLastBit() {
        for (const char* run : {"first", "second"}) {
            const Outcome outcome = dino(train(run) + QStringList{"--deterministic", "--threads", "2"});
            QVERIFY2(outcome.status == 0, qPrintable(outcome.err));
            QVERIFY(readRunRecord(paths(run).record()).options.flag("deterministic"));
        }
        QCOMPARE(metricsOf("first").steps.size(), std::size_t(2 * kStepsPerEpoch));
        QVERIFY(sameSteps(metricsOf("first"), metricsOf("second")));
    }

    void aProcessIsDeterministicForAsLongAsTheRun_data() {
        QTest::addColumn<bool>("asked");
        QTest::addColumn<bool>("cancelled");
        QTest::newRow("to its end") << true << false;
        QTest::newRow("until it is cancelled") << true << true;
        QTest::newRow("not unless it is asked") << false << false;
    }

    void aProcessIsDeterministicForAsLongAsTheRun() {
        QFETCH(bool, asked);
        QFETCH(bool, cancelled);
        JobControl control;
        api::TrainWatcher watcher;
        bool during = !asked;
        watcher.began = [&] {
            during = isDeterministic();
            if (cancelled) control.cancel();
        };
        OptionValues options = smallOptions();
        options.set("deterministic", OptionValue(asked));
        api::prepareThread(1);
        bool finished = false;
        try {
            api::train(options, watcher, control);
            finished = true;
        } catch (const Cancelled&) {
        }
        QCOMPARE(finished, !cancelled);
        QCOMPARE(during, asked);
        QVERIFY(!isDeterministic());
    }

private:
    static bool isDeterministic() { return at::globalContext().deterministicAlgorithms(); }

    /// As the command line of train() has them, of one epoch.
    OptionValues smallOptions() const {
        OptionValues options(trainOptions());
        for (qsizetype i = 0; i < kSmall.size(); i += 2)
            options.set(kSmall[i].mid(2).toStdString(), std::string_view(kSmall[i + 1].toStdString()));
        options.set("epochs", std::string_view("1"));
        options.set("device", std::string_view("cpu"));
        options.set("data", std::string_view(images().path().toStdString()));
        options.set("output", std::string_view(path("run").toStdString()));
        return options;
    }
};

QTEST_GUILESS_MAIN(TrainDeterministicTest)
#include "train_deterministic_test.moc"
