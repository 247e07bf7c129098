#include <QLabel>
#include <QLineEdit>
#include <QRegularExpression>
#include <QSpinBox>
#include <QTableView>
#include <QTest>
#include <QToolButton>
#include <cmath>

#include "tests/gui/run_fixture.h"
#include "tests/gui/train_fixture.h"
#include "ui/train/doctor_cards.h"
#include "ui/train/probes_page.h"
#include "ui/train/runs_page.h"
#include "ui/train/watch_page.h"
#include "ui/widgets/curve_plot.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/floating_card.h"
#include "ui/widgets/head_grid.h"
#include "ui/widgets/stack_bar.h"

using namespace dinoscope;

/// The Train workspace, driven as a person does.
class TrainWindowTest : public TrainFixture {
    Q_OBJECT

private:
    void type(const char* field, const QString& text) {
        auto& line = find<QLineEdit>(field);
        line.setFocus();
        line.selectAll();
        QTest::keyClicks(&line, text);
        QTest::keyClick(&line, Qt::Key_Return);
    }
    void showTrain() { fixture_->window->setWorkspace(QStringLiteral("train")); }
    QString phase() { return find<QLabel>("runPhase").text(); }

private Q_SLOTS:
    void init() { open(); }
    void cleanup() { close(); }

    void aWholeLife() {
        setUp(1);
        // By hand what a person would change.
        find<QSpinBox>("option-epochs").setValue(2);
        type("option-lr", QStringLiteral("0.002"));
        QVERIFY(fixture_->settle());
        QCOMPARE(session().setup().options().real("lr"), 0.002);
        QVERIFY(find<QLabel>("planMemory").text().contains(QStringLiteral("free")));
        QVERIFY(!find<StackBar>("planBar").parts().empty());
        click("trainStart");
        QVERIFY(driver().state().active());
        QVERIFY(!action("actionStartTraining").isEnabled());
        QVERIFY(fixture_->desktop.awake);
        QVERIFY(untilSteps(3));
        QCOMPARE(phase(), QStringLiteral("Training"));
        QVERIFY(find<ElidedLabel>("runDetail").text().contains(QStringLiteral("of 12")));
        QVERIFY2(fixture_->window->windowTitle().contains(QStringLiteral("% · run")),
                 qPrintable(fixture_->window->windowTitle()));
        QVERIFY(fixture_->desktop.progress.has_value());
        QVERIFY(fixture_->settle());
        QCOMPARE(phase(), QStringLiteral("Finished"));
        QVERIFY2(message().contains(QStringLiteral("run is trained")), qPrintable(message()));
        QCOMPARE(fixture_->desktop.notified, QStringList{QStringLiteral("Training completed")});
        QVERIFY(!fixture_->desktop.progress.has_value());
        QCOMPARE(recordedSteps(), std::size_t(2 * kStepsPerEpoch));

        // It is longer than it was.
        QVERIFY(!action("actionGoOn").isEnabled());
        action("actionExtend").trigger();
        find<QSpinBox>("extendEpochs").setValue(3);
        click("extendAccept");
        QVERIFY(driver().state().active());
        QVERIFY(fixture_->settle());
        QCOMPARE(phase(), QStringLiteral("Finished"));
        QCOMPARE(recordedSteps(), std::size_t(3 * kStepsPerEpoch));

        // What it learnt is used.
        action("actionExploreTeacher").trigger();
        QVERIFY(fixture_->settle());
        QCOMPARE(fixture_->window->workspace().key(), QStringLiteral("explore"));
        QVERIFY(fixture_->session().picture());  // one that the run was given to look at
        QVERIFY(fixture_->session().field() != nullptr);
        fixture_->window->openPaths({fixture_->makePicture(QStringLiteral("cat.png"))});
        QVERIFY(fixture_->settle());
        QVERIFY(fixture_->session().field() != nullptr);
    }

    void theDoctorsChangeIsMadeInTheForm() {
        // A run whose teacher is as sure of nothing at its end as at its start.
        setUp(1);
        set("teacher-temp", "0.2");
        QVERIFY(fixture_->settle());
        action("actionStartTraining").trigger();
        QVERIFY(fixture_->settle());
        QCOMPARE(driver().state().phase, RunPhase::Completed);
        auto& doctor = find<DoctorCards>("doctorCards");
        Q_EMIT doctor.changeRequested(QStringLiteral("teacher-temp"), QStringLiteral("0.04"));
        QVERIFY(fixture_->settle());
        QVERIFY(find<QWidget>("setupPage").isVisible());
        QCOMPARE(find<QLineEdit>("option-teacher-temp").text(), QStringLiteral("0.04"));
        QCOMPARE(session().setup().options().integer("out-dim"), std::int64_t(64));  // all else as it was
        QVERIFY(session().setup().output() != path("run"));
        QVERIFY(session().setup().differs("teacher-temp"));
    }

    void onlyTheWorstDiagnosisIsUnfolded() {
        setUp(1);
        action("actionStartTraining").trigger();
        QVERIFY(fixture_->settle());
        // A run that was recorded, and a disk that is slow besides.
        const QString golden = QStringLiteral(SOURCE_DIR "/tests/golden/doctor/momentum-too-low-copy");
        const QString record = QString::fromStdString(run().record().string());
        QVERIFY(QFile::remove(record) && QFile::copy(golden + QStringLiteral(".toml"), record));
        std::filesystem::remove(run().metrics());
        MetricsWriter writer(run().metrics());
        for (StepMetrics step : readMetrics((golden + QStringLiteral(".jsonl")).toStdString()).steps) {
            step.dataWait = 0.4;
            writer.add(step);
        }
        writer.sync();
        auto& doctor = find<DoctorCards>("doctorCards");
        doctor.setRun({});
        doctor.setRun(path("run").toStdString());
        QVERIFY(fixture_->settle());
        const auto cards = [&doctor] {
            QList<QFrame*> visible;
            for (QFrame* card : doctor.findChildren<QFrame*>(QRegularExpression(QStringLiteral("^doctor-"))))
                if (card->isVisible()) visible << card;
            return visible;
        };
        QVERIFY(doctor.diagnoses().size() > 1);
        QCOMPARE(cards().size(), 1);
        auto& more = find<QToolButton>("doctorMore");
        QVERIFY2(more.text().endsWith(QStringLiteral(" more")), qPrintable(more.text()));
        more.click();
        const qsizetype all = cards().size();
        QVERIFY(all > 1);
        more.click();
        QCOMPARE(cards().size(), 1);

        // What the card offers is done by its button.
        const Diagnosis worst = doctor.diagnoses().front();
        click(("doctorChange-" + worst.id).c_str());
        QVERIFY(fixture_->settle());
        QVERIFY(find<QWidget>("setupPage").isVisible());
        const OptionSpec& changed = *trainOptions().find(worst.option);
        QVERIFY(session().setup().options().value(changed.key) == parseOptionValue(changed, worst.value));
    }

    /// From the first thing that is on show to a run on every page, with the mouse.
    void aFirstRunIsSeenOnEveryPage() {
        click("emptyTrain");
        QCOMPARE(fixture_->window->workspace().key(), QStringLiteral("train"));
        setUp(1);
        click("trainStart");
        QVERIFY(fixture_->settle());
        QCOMPARE(phase(), QStringLiteral("Finished"));
        click("pageLearn");
        QVERIFY(fixture_->settle());
        auto& probes = find<ProbesPage>("probesPage");
        QVERIFY(probes.isVisible() && probes.session().frame());
        QCOMPARE(probes.session().images().size(), std::size_t(4));
        QCOMPARE(find<QLabel>("probeEpoch").text(), QStringLiteral("epoch 1 of 1"));
        QVERIFY(find<HeadGrid>("teacherHeads").count() > 1);
        // How far an export is, is told as all else that takes time.
        Q_EMIT probes.exports()->progressChanged({QStringLiteral("Exporting"), {}, false});
        QVERIFY(find<FloatingCard>("trainCard").isVisible());
        Q_EMIT probes.exports()->progressChanged({});
        QVERIFY(!find<FloatingCard>("trainCard").isVisible());
        Q_EMIT probes.told(QStringLiteral("Wrote it"));
        QCOMPARE(message(), QStringLiteral("Wrote it"));
        click("pageWatch");
        QVERIFY(fixture_->settle());
        const auto& watch = find<WatchPage>("watchPage");
        QVERIFY(watch.isVisible());
        QCOMPARE(watch.watch().curves().steps(), std::size_t(kStepsPerEpoch));
        QVERIFY(find<CurvePlot>("plotLoss").legend().first().startsWith(QStringLiteral("loss ")));
        click("pageRuns");
        QVERIFY(fixture_->settle());
        const QAbstractItemModel& runs = *find<QTableView>("runsTable").model();
        QVERIFY(!runs.match(runs.index(0, 0), Qt::DisplayRole, QStringLiteral("run"), 1, Qt::MatchExactly)
                     .isEmpty());
        click("pageSetUp");
        QVERIFY(find<QWidget>("setupPage").isVisible());
    }

    void onTheRunsPageTheActionsAreAboutTheChosenRun() {
        RunFixture runs;
        const auto one = runs.makeRun("runs/one", 5), two = runs.makeRun("runs/two", 40);
        showTrain();
        workspace().showRun(one);
        find<RunsPage>("runsPage").addFolder(pathText(runs.path("runs")));
        action("actionRuns").trigger();
        QVERIFY(fixture_->settle());
        QVERIFY(session().shown() == one);
        auto& table = find<QTableView>("runsTable");
        const QAbstractItemModel& rows = *table.model();
        table.selectRow(
            rows.match(rows.index(0, 0), Qt::DisplayRole, QStringLiteral("two"), 1).value(0).row());
        QVERIFY(fixture_->settle());
        QVERIFY(session().shown() == two);
        QCOMPARE(find<ElidedLabel>("runName").text(), QStringLiteral("two"));
        action("actionRevealRun").trigger();
        QVERIFY(fixture_->dialogs.revealed.startsWith(pathText(two)));
        QVERIFY(find<RunsPage>("runsPage").isVisible());
    }

    void aRunWhoseLossIsNoNumberIsNotContinued() {
        RunFixture runs;
        const auto run = runs.makeRun("run", 5);
        showTrain();
        workspace().showRun(run);
        QVERIFY(fixture_->settle());
        QVERIFY(action("actionGoOn").isEnabled());
        MetricsWriter(run / "metrics.jsonl").add(StepMetrics{.step = 5, .loss = std::nan("")});
        workspace().showRun(run);
        QVERIFY(fixture_->settle());
        QVERIFY(!action("actionGoOn").isEnabled());
        QVERIFY(action("actionLikeThis").isEnabled());
    }

    void aRunNamedAsAnArgumentIsShown() {
        setUp(1);
        action("actionStartTraining").trigger();
        QVERIFY(fixture_->settle());
        workspace().session().show({});
        fixture_->window->setWorkspace(QStringLiteral("explore"));
        fixture_->window->openPaths({path("run")});
        QVERIFY(fixture_->settle());
        QCOMPARE(fixture_->window->workspace().key(), QStringLiteral("train"));
        QVERIFY(session().facts() && session().facts()->finished);
        QCOMPARE(find<ElidedLabel>("runName").text(), QStringLiteral("run"));
        action("actionRevealRun").trigger();
        QVERIFY(fixture_->dialogs.revealed.startsWith(path("run")));
    }

    void aRunThatIsLockedIsRefusedWithASentence() {
        setUp(1);
        action("actionStartTraining").trigger();
        QVERIFY(fixture_->settle());
        QVERIFY(action("actionExtend").isEnabled());
        const RunLock elsewhere(run().lock());
        workspace().showRun(path("run").toStdString());
        QVERIFY(fixture_->settle());
        action("actionExtend").trigger();
        click("extendAccept");
        QVERIFY(fixture_->settle());
        QCOMPARE(driver().state().phase, RunPhase::Failed);
        QVERIFY(!message().isEmpty());
    }

    void anotherRunStartsFromItsWeights() {
        setUp(1);
        action("actionStartTraining").trigger();
        QVERIFY(fixture_->settle());
        action("actionStartFrom").trigger();
        QVERIFY(fixture_->settle());
        QCOMPARE(session().setup().options().text("init"), path("run").toStdString());
        // Not where one lies already, which is told before the start.
        QVERIFY(session().setup().output() != path("run"));
        session().setup().setOutput(path("run"));
        QVERIFY(!action("actionStartTraining").isEnabled());
        QVERIFY(find<QLabel>("trainOutputProblem").isVisible());
        QVERIFY(find<QLabel>("trainWhyNot").text().contains(QStringLiteral("holds a run already")));
        session().setup().setOutput(path("second"));
        QVERIFY(!find<QLabel>("trainOutputProblem").isVisible());
        QVERIFY(action("actionStartTraining").isEnabled());
        action("actionStartTraining").trigger();
        QVERIFY(fixture_->settle());
        QVERIFY2(driver().state().phase == RunPhase::Completed, qPrintable(driver().sentence()));
    }
};

QTEST_MAIN(TrainWindowTest)
#include "train_window_test.moc"
