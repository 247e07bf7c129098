#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QTableView>
#include <QToolButton>

#include "tests/gui/neighbours_fixture.h"
#include "tests/gui/train_fixture.h"
#include "ui/bridge/paths.h"
#include "ui/neighbours/evaluation_models.h"
#include "ui/neighbours/live_teacher_button.h"

using namespace dinoscope;

namespace {

constexpr int kPatience = 120'000;  // ms
constexpr int kManyEpochs = 1000;   // more than any of the tests lasts

/// Of a gallery of small pictures.
OptionValues galleryOptions(const QString& weights, const QString& gallery) {
    OptionValues options(api::indexOptions());
    options.set("device", std::string_view("cpu"));
    options.set("precision", std::string_view("fp32"));
    options.set("weights", OptionValue(weights.toStdString()));
    options.set("resize", OptionValue(std::int64_t(32)));
    options.set("crop", OptionValue(std::int64_t(32)));
    options.set("gallery", OptionValue(gallery.toStdString()));
    return options;
}

}  // namespace

/// What the other workspaces do while a network is trained, and with it.
class TrainBesideTest : public TrainFixture {
    Q_OBJECT

private:
    NeighboursSession& neighbours() { return fixture_->window->neighbours().session(); }
    QString neighboursMessage() {
        return fixture_->window->neighbours().findChild<MessageBar*>("neighboursMessage")->sentence();
    }
    QString keptTeachers() const { return path("run/teachers/epoch"); }

    void train() {
        setUp(kManyEpochs);
        action("actionStartTraining").trigger();
        QVERIFY(untilSteps(1));
    }
    bool isTraining() { return driver().state().phase == RunPhase::Training; }
    void stopTraining() {
        driver().stop();
        QVERIFY(fixture_->settle());
        QCOMPARE(driver().state().phase, RunPhase::Stopped);
    }
    [[nodiscard]] bool untilGallery() {
        QSignalSpy opened(&neighbours(), &NeighboursSession::galleryChanged);
        while (!neighbours().gallery()) {
            if (!opened.wait(kPatience)) return false;
        }
        return true;
    }
    [[nodiscard]] bool untilNotBuilding() {
        QSignalSpy changed(&neighbours(), &NeighboursSession::stateChanged);
        while (neighbours().building()) {
            if (!changed.wait(kPatience)) return false;
        }
        return true;
    }
    /// With the model that the gallery was made with.
    [[nodiscard]] bool untilNeighboursOf(const QString& picture) {
        fixture_->window->setWorkspace(QStringLiteral("neighbours"));
        fixture_->window->openPaths({picture});
        QSignalSpy found(&neighbours(), &NeighboursSession::resultsChanged);
        while (neighbours().results().empty()) {
            if (!found.wait(kPatience)) return false;
        }
        return true;
    }
    /// Rows of the table of evaluations.
    [[nodiscard]] bool untilEvaluations(int count) {
        const QAbstractItemModel& table = *find<QTableView>("evaluationTable").model();
        QSignalSpy reset(&table, &QAbstractItemModel::modelReset);
        while (table.rowCount() < count) {
            if (!reset.wait(kPatience)) return false;
        }
        return true;
    }
    /// The file is told by the tool tip; the cell has the run, the epoch and the step.
    QString evaluatedModel() {
        const QAbstractItemModel& table = *find<QTableView>("evaluationTable").model();
        return table.index(0, EvaluationTable::Model).data(Qt::ToolTipRole).toString();
    }

private Q_SLOTS:
    void init() { open(); }
    void cleanup() { close(); }

    void attentionIsComputedWithTheTeacher() {
        train();
        // From where models are chosen, as well as from the run.
        fixture_->window->setWorkspace(QStringLiteral("explore"));
        auto& models = find<QToolButton>("modelButton");
        Q_EMIT models.menu()->aboutToShow();
        auto& teacher = find<QAction>("liveTeacher");
        QCOMPARE(teacher.text(), QStringLiteral("&Teacher in training: run"));
        teacher.trigger();
        fixture_->window->openPaths({fixture_->makePicture(QStringLiteral("cat.png"))});
        QSignalSpy results(&fixture_->session(), &ExploreSession::fieldChanged);
        while (!fixture_->session().field())
            QVERIFY(results.wait(30000));
        QVERIFY(isTraining());
        QVERIFY(!run().latestCheckpoint() || driver().lastStep()->step < kManyEpochs * kStepsPerEpoch);
        stopTraining();
    }

    void neighboursAreFoundInAGalleryThatIsThere() {
        neighbours().build(path("images"), smallOptions(path("gallery")));
        QVERIFY(fixture_->settle());
        QVERIFY2(neighbours().gallery(), qPrintable(neighboursMessage()));
        train();
        QVERIFY2(untilNeighboursOf(fixture_->makePicture(QStringLiteral("cat.png"))),
                 qPrintable(neighboursMessage()));
        QVERIFY(isTraining());
        QCOMPARE(neighbours().results().size(), std::size_t(kImages));
        stopTraining();
    }

    void aGalleryIsBuiltAndTheTrainingGoesOn() {
        train();
        neighbours().build(path("images"), smallOptions(path("gallery")));
        QVERIFY2(untilGallery(), qPrintable(neighboursMessage()));
        QVERIFY(isTraining() && !driver().state().paused);
        QCOMPARE(neighbours().gallery()->size(), std::int64_t(kImages));
        QVERIFY(untilSteps(driver().lastStep()->step + 3));
        stopTraining();
    }

    void aGalleryIsBuiltWhileTheTrainingIsPaused() {
        train();
        action("actionPauseTraining").trigger();
        neighbours().build(path("images"), galleryOptions(path("run"), path("gallery")));
        QVERIFY2(untilGallery(), qPrintable(neighboursMessage()));
        QVERIFY(isTraining() && driver().state().paused);
        QVERIFY(pathText(neighbours().gallery()->info().model.weights).startsWith(keptTeachers()));
        action("actionResumeTraining").trigger();
        QVERIFY(untilSteps(driver().lastStep()->step + 3));
        stopTraining();
    }

    void aSecondOneWaitsForItsTurnAndCanBeStopped() {
        train();
        const auto ahead = neighbours().runners().engine.submit({.name = "ahead",
                                                                 .run =
                                                                     [](JobControl& control) {
                                                                         control.pause();
                                                                         control.poll();
                                                                     },
                                                                 .priority = JobPriority::Long});
        neighbours().build(path("images"), smallOptions(path("gallery")));
        const auto& text = find<ElidedLabel>("buildText");
        QTRY_VERIFY2(text.text().contains(QStringLiteral("waits for its turn")), qPrintable(text.text()));
        neighbours().stopBuild();
        QVERIFY(untilNotBuilding());
        QVERIFY(isTraining());
        QVERIFY(!QFile::exists(path("gallery/gallery.json")));
        ahead->cancel();
        stopTraining();
    }

    void aGalleryIsMadeWithTheTeacherOfTheMoment() {
        train();
        fixture_->window->setWorkspace(QStringLiteral("neighbours"));
        fixture_->window->neighbours().openFolder(path("images"));
        auto& weights = find<QLineEdit>("buildWeights");
        auto& teacher = find<QPushButton>("buildLiveTeacher");
        QVERIFY(teacher.isVisible());
        QVERIFY2(teacher.text().startsWith(QStringLiteral("Teacher in training")),
                 qPrintable(teacher.text()));
        QVERIFY(teacher.toolTip().contains(path("run")));
        teacher.click();
        QCOMPARE(weights.text(), path("run"));
        auto& summary = find<QLabel>("buildSummary");
        QVERIFY2(summary.text().contains(QStringLiteral("as it is when this begins")),
                 qPrintable(summary.text()));
        find<QLineEdit>("buildGallery").setText(path("gallery"));
        click("buildAccept");
        QVERIFY2(untilGallery(), qPrintable(neighboursMessage()));
        QVERIFY(isTraining());
        const QString model = pathText(neighbours().gallery()->info().model.weights);
        QVERIFY2(model.startsWith(keptTeachers()), qPrintable(model));
        // Its weights are those of that moment, however long the run goes on and whatever it keeps.
        QVERIFY(untilSteps(driver().lastStep()->step + 3));
        stopTraining();
        QVERIFY(QFile::exists(model));
        QVERIFY2(untilNeighboursOf(fixture_->makePicture(QStringLiteral("cat.png"))),
                 qPrintable(neighboursMessage()));
    }

    void theTeacherIsOfferedAsLongAsItIsTrained() {
        train();
        fixture_->window->setWorkspace(QStringLiteral("neighbours"));
        fixture_->window->neighbours().openFolder(path("images"));
        auto& teacher = find<QPushButton>("buildLiveTeacher");
        teacher.click();
        find<QLineEdit>("buildGallery").setText(path("gallery"));
        stopTraining();
        QVERIFY(!teacher.isVisible());
        QVERIFY(!find<QLabel>("buildSummary").text().contains(QStringLiteral("teacher")));
        // The run's folder means its newest checkpoint now.
        QCOMPARE(find<QLineEdit>("buildWeights").text(), path("run"));
        click("buildAccept");
        QVERIFY(fixture_->settle());
        QVERIFY2(neighbours().gallery(), qPrintable(neighboursMessage()));
        const QString model = pathText(neighbours().gallery()->info().model.weights);
        QVERIFY2(model.startsWith(path("run/checkpoints/epoch")), qPrintable(model));
        QVERIFY(!QFile::exists(path("run/teachers")));
    }

    void theTeacherOfTheMomentIsEvaluated() {
        train();
        fixture_->window->setWorkspace(QStringLiteral("neighbours"));
        action("actionEvaluate").trigger();
        find<QLineEdit>("evaluateTrain").setText(path("images"));
        find<QLineEdit>("evaluateVal").setText(path("images"));
        auto& teacher = find<QPushButton>("evaluateLiveTeacher");
        QVERIFY(teacher.isVisible());
        teacher.click();
        QCOMPARE(find<QLineEdit>("evaluateWeights").text(), path("run"));
        QVERIFY(find<QLabel>("evaluateHint").text().contains(QStringLiteral("as it is when this begins")));
        click("evaluateStart");
        QVERIFY2(untilEvaluations(1), qPrintable(neighboursMessage()));
        QVERIFY(isTraining());
        QVERIFY2(evaluatedModel().startsWith(keptTeachers()), qPrintable(evaluatedModel()));
        stopTraining();
        QVERIFY(!teacher.isVisible());
        click("evaluateStart");
        QVERIFY2(untilEvaluations(2), qPrintable(neighboursMessage()));
        QVERIFY2(evaluatedModel().startsWith(path("run/checkpoints/epoch")), qPrintable(evaluatedModel()));
        QVERIFY(fixture_->settle());
    }

    void theNameOfALiveTeacherIsAsLongAsThereIsRoom() {
        LiveTeacherButton button(QStringLiteral("teacher"));
        const QString name(60, QLatin1Char('m'));
        button.setRun(QStringLiteral("/runs/") + name);
        QVERIFY(button.sizeHint().width() < 400);  // it does not ask for all of it
        for (const auto& [width, whole] :
             {std::pair(1200, true), std::pair(200, false), std::pair(1200, true)}) {
            button.resize(width, 30);
            QCOMPARE(button.text().contains(name), whole);
        }
    }
};

QTEST_MAIN(TrainBesideTest)
#include "train_beside_test.moc"
