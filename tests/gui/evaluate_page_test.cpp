#include <QAbstractButton>
#include <QAction>
#include <QComboBox>
#include <QFile>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QTableView>
#include <QTest>

#include "tests/gui/neighbours_fixture.h"
#include "ui/neighbours/evaluation_models.h"
#include "ui/neighbours/evaluation_options.h"

using namespace dinoscope;

class EvaluatePageTest : public NeighboursFixture {
    Q_OBJECT

private:
    QAbstractItemModel& table() { return *fixture_->find<QTableView>("evaluationTable").model(); }
    QString cell(int column) { return table().index(0, column).data().toString(); }
    void click(const char* name) {
        QTest::mouseClick(&fixture_->find<QAbstractButton>(name), Qt::LeftButton);
        QVERIFY(fixture_->settle());
    }

    QString notes() { return fixture_->find<QLabel>("evaluationNotes").text(); }
    void unfold() { fixture_->find<EvaluationOptions>("evaluateMore").setOpen(true); }
    void write(const char* option, const char* text) {
        auto& line = fixture_->find<QLineEdit>(option);
        line.selectAll();
        QTest::keyClicks(&line, QString::fromLatin1(text));
        QTest::keyClick(&line, Qt::Key_Return);
    }
    bool isShown(const char* option) { return fixture_->find<QWidget>(option).isVisible(); }

    void openPage(std::uint64_t seed = 0) {
        api::ModelSource source;
        source.arch = "vit_tiny";
        source.patchSize = 16;
        source.seed = seed;
        fixture_->window->openModel(source);
        fixture_->window->setWorkspace(QStringLiteral("neighbours"));
        action("actionEvaluate").trigger();
        QVERIFY(fixture_->settle());
        fixture_->find<QLineEdit>("evaluateTrain").setText(built_->pictures());
        const QString others = fixture_->path(QStringLiteral("others"));
        makePictures(others);
        fixture_->find<QLineEdit>("evaluateVal").setText(others);
    }

private Q_SLOTS:
    void initTestCase() { buildGallery(); }
    void init() { open(); }
    void cleanup() { close(); }
    void cleanupTestCase() { removeGallery(); }

    void evaluationsAreKeptInATableByModel() {
        fixture_->loadTinyModel();
        fixture_->window->setWorkspace(QStringLiteral("neighbours"));
        action("actionEvaluate").trigger();
        QVERIFY(fixture_->settle());
        auto& start = fixture_->find<QPushButton>("evaluateStart");
        QVERIFY(!start.isEnabled());
        fixture_->find<QLineEdit>("evaluateTrain").setText(built_->pictures());
        fixture_->find<QLineEdit>("evaluateVal").setText(built_->pictures());
        QVERIFY(start.isEnabled());
        QTest::mouseClick(&start, Qt::LeftButton);
        QVERIFY(fixture_->settle());
        QVERIFY2(message().isEmpty(), qPrintable(message()));
        const QAbstractItemModel& table = *fixture_->find<QTableView>("evaluationTable").model();
        QCOMPARE(table.rowCount(), 1);
        QVERIFY(
            table.index(0, EvaluationTable::Model).data().toString().contains(QStringLiteral("vit_tiny")));
        QVERIFY(!table.index(0, EvaluationTable::KnnTop1).data().toString().isEmpty());
        QCOMPARE(fixture_->find<QTableView>("classTable").model()->rowCount(), 2);
        QVERIFY(QFile::exists(fixture_->path(QStringLiteral("evaluations.json"))));
    }

    void aLinearProbeStandsBesideTheKnnOfItsModel() {
        openPage();
        click("evaluateLinear");
        QVERIFY(fixture_->find<QLabel>("evaluateHint").text().contains(QStringLiteral("linear classifier")));
        click("evaluateStart");
        QVERIFY2(message().isEmpty(), qPrintable(message()));
        QCOMPARE(table().rowCount(), 1);
        QCOMPARE(cell(EvaluationTable::LinearTop1), QStringLiteral("100.0"));
        QVERIFY(cell(EvaluationTable::KnnTop1).isEmpty());
        QVERIFY(fixture_->find<QAbstractButton>("detailLinear").isChecked());
        QVERIFY(!fixture_->find<QAbstractButton>("detailKnn").isEnabled());
        QVERIFY(fixture_->find<QLabel>("evaluationTitle").text().contains(QStringLiteral("top-1 100.0 %")));
        const QAbstractItemModel& classes = *fixture_->find<QTableView>("classTable").model();
        QCOMPARE(classes.rowCount(), 2);
        QCOMPARE(classes.index(0, ClassTable::Name).data().toString(), QStringLiteral("blue"));
        QCOMPARE(classes.index(0, ClassTable::Images).data().toString(), QString::number(kOfAClass));

        click("evaluateKnn");
        click("evaluateStart");
        QCOMPARE(table().rowCount(), 1);
        QVERIFY(!cell(EvaluationTable::KnnTop1).isEmpty());
        QCOMPARE(cell(EvaluationTable::LinearTop1), QStringLiteral("100.0"));
        QVERIFY(fixture_->find<QLabel>("evaluationTitle").text().startsWith(QStringLiteral("k = 10")));
        click("detailLinear");
        QVERIFY(fixture_->find<QLabel>("evaluationTitle").text().startsWith(QStringLiteral("top-1")));
    }

    void valuesOfKThatAreLeftOutAreTold() {
        openPage();
        click("evaluateStart");
        QVERIFY2(message().isEmpty(), qPrintable(message()));
        QVERIFY(fixture_->find<QLabel>("evaluationNotes").isVisible());
        QCOMPARE(notes(), QStringLiteral("k = 20, 100, 200 left out: 12 training pictures"));
        click("evaluateLinear");
        click("evaluateStart");
        QVERIFY(notes().isEmpty());
        QVERIFY(!fixture_->find<QLabel>("evaluationNotes").isVisible());
        click("detailKnn");
        QVERIFY(!notes().isEmpty());
    }

    /// Space would leave the page, were it on the workspaces' buttons.
    void theKeyboardStaysOnThePageWhileItComputes() {
        openPage();
        fixture_->window->activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(fixture_->window.get()));
        auto& button = fixture_->find<QPushButton>("evaluateStart");
        button.setFocus();
        QVERIFY(button.hasFocus());
        button.click();
        QVERIFY(!button.isEnabled());
        QWidget* focus = fixture_->window->focusWidget();
        QVERIFY(focus == &fixture_->window->workspace() || fixture_->window->workspace().isAncestorOf(focus));
        QVERIFY(fixture_->settle());
    }

    void picturesOfBothSetsAreTold() {
        openPage();
        fixture_->find<QLineEdit>("evaluateVal").setText(built_->pictures());
        click("evaluateLinear");
        click("evaluateStart");
        QCOMPARE(notes(), QStringLiteral("12 pictures are in both sets: no test of others"));
    }

    void picturesThatCannotBeReadAreTold() {
        openPage();
        const QString folder = fixture_->path(QStringLiteral("with bad ones"));
        makePictures(folder);
        QFile bad(folder + QStringLiteral("/red/<b>bad.jpg"));
        QVERIFY(bad.open(QIODevice::WriteOnly));
        bad.write("no picture");
        bad.close();
        fixture_->find<QLineEdit>("evaluateVal").setText(folder);
        click("evaluateLinear");
        click("evaluateStart");
        QVERIFY2(message().isEmpty(), qPrintable(message()));
        QCOMPARE(notes(), QStringLiteral("1 picture could not be read"));
        const QString tip = fixture_->find<QLabel>("evaluationNotes").toolTip();
        QVERIFY2(tip.contains(QStringLiteral("/red/&lt;b&gt;bad.jpg: ")), qPrintable(tip));
    }

    void optionsAreChosenInThePartThatFolds() {
        openPage();
        QVERIFY(!isShown("field-neighbours"));
        unfold();
        QVERIFY(isShown("field-neighbours"));
        QVERIFY(isShown("field-temperature"));
        QVERIFY(!isShown("field-method"));
        write("option-neighbours", "3,5");
        write("option-temperature", "0.1");
        fixture_->find<QSpinBox>("option-crop").setValue(64);
        QVERIFY(fixture_->find<QLabel>("evaluateHint").text().contains(QStringLiteral(" 3, 5 nearest")));
        click("evaluateStart");
        QVERIFY2(message().isEmpty(), qPrintable(message()));
        QCOMPARE(cell(EvaluationTable::How), QStringLiteral("neighbours 3,5, temperature 0.1, crop 64"));
        QVERIFY(fixture_->find<QLabel>("evaluationTitle").text().startsWith(QStringLiteral("k = 3")));
        QVERIFY(notes().isEmpty());
    }

    void aLinearProbeShowsTheOptionsOfItsMethod() {
        openPage();
        unfold();
        click("evaluateLinear");
        QVERIFY(!isShown("field-neighbours"));
        QVERIFY(isShown("field-n-last-blocks"));
        QVERIFY(isShown("field-penalty"));
        QVERIFY(!isShown("field-epochs"));
        fixture_->find<QComboBox>("option-method").setCurrentText(QStringLiteral("sgd"));
        QVERIFY(!isShown("field-penalty"));
        QVERIFY(isShown("field-epochs"));
        fixture_->find<QSpinBox>("option-epochs").setValue(2);
        fixture_->find<QSpinBox>("option-n-last-blocks").setValue(1);
        click("evaluateStart");
        QVERIFY2(message().isEmpty(), qPrintable(message()));
        QCOMPARE(cell(EvaluationTable::How), QStringLiteral("method sgd, n-last-blocks 1, epochs 2"));
        QVERIFY(!cell(EvaluationTable::LinearTop1).isEmpty());
    }

    void whatWasFoundInAnotherWayHasARowOfItsOwn() {
        openPage();
        click("evaluateStart");
        QVERIFY(fixture_->find<QTableView>("evaluationTable").isColumnHidden(EvaluationTable::How));
        unfold();
        write("option-temperature", "0.5");
        click("evaluateStart");
        QCOMPARE(table().rowCount(), 2);
        QVERIFY(!fixture_->find<QTableView>("evaluationTable").isColumnHidden(EvaluationTable::How));
        click("reset-temperature");
        click("evaluateStart");
        QCOMPARE(table().rowCount(), 2);
        QVERIFY(cell(EvaluationTable::How).isEmpty());
    }

    void networksThatAreCalledAlikeHaveRowsOfTheirOwn() {
        openPage(0);
        click("evaluateStart");
        openPage(5);
        click("evaluateStart");
        QVERIFY2(message().isEmpty(), qPrintable(message()));
        QCOMPARE(table().rowCount(), 2);
        QVERIFY(cell(EvaluationTable::Model).endsWith(QStringLiteral(", seed 5")));
        openPage(0);
        click("evaluateStart");
        QCOMPARE(table().rowCount(), 2);
        QVERIFY(cell(EvaluationTable::Model).endsWith(QStringLiteral(", seed 0")));
    }

    void whatWasMeasuredIsExported_data() {
        QTest::addColumn<QString>("file");
        QTest::addColumn<QByteArray>("start");
        QTest::newRow("CSV") << QStringLiteral("classes.csv")
                             << QByteArray("class,images,top1,top5\r\nblue,6,");
        QTest::newRow("JSON") << QStringLiteral("all.json") << QByteArray("{");
        QTest::newRow("PNG") << QStringLiteral("confusion.png") << QByteArray("\x89PNG");
    }

    void whatWasMeasuredIsExported() {
        QFETCH(QString, file);
        QFETCH(QByteArray, start);
        openPage();
        click("evaluateStart");
        fixture_->dialogs.saved = fixture_->path(file);
        click("evaluationExport");
        QCOMPARE(message(), QStringLiteral("Wrote %1").arg(fixture_->dialogs.saved));
        QFile written(fixture_->dialogs.saved);
        QVERIFY(written.open(QIODevice::ReadOnly));
        const QByteArray content = written.readAll();
        QVERIFY2(content.startsWith(start), content.left(80).constData());
    }

    void anExportThatCannotBeWrittenIsTold() {
        openPage();
        click("evaluateStart");
        fixture_->dialogs.saved = fixture_->path(QStringLiteral("nowhere/classes.csv"));
        click("evaluationExport");
        QVERIFY2(message().contains(QStringLiteral("nowhere")), qPrintable(message()));
    }

    void buttonsFillTheirFields() {
        openPage();
        fixture_->dialogs.files = {QStringLiteral(GOLDEN_DIR "/families/mae_encoder.pth")};
        click("evaluateWeightsBrowse");
        QCOMPARE(fixture_->find<QLineEdit>("evaluateWeights").text(), fixture_->dialogs.files.front());
        for (const char* field : {"evaluateTrain", "evaluateVal"}) {
            fixture_->dialogs.folder = fixture_->path(QLatin1String(field));
            click((QByteArray(field) + "Browse").constData());
            QCOMPARE(fixture_->find<QLineEdit>(field).text(), fixture_->dialogs.folder);
        }
    }

    void aChoiceOfNothingLeavesTheFieldAsItWas() {
        openPage();
        const QString weights = fixture_->find<QLineEdit>("evaluateWeights").text();
        const QString others = fixture_->find<QLineEdit>("evaluateVal").text();
        fixture_->dialogs.files.clear();
        fixture_->dialogs.folder.clear();
        for (const char* button : {"evaluateWeightsBrowse", "evaluateTrainBrowse", "evaluateValBrowse"})
            click(button);
        QCOMPARE(fixture_->find<QLineEdit>("evaluateWeights").text(), weights);
        QCOMPARE(fixture_->find<QLineEdit>("evaluateTrain").text(), built_->pictures());
        QCOMPARE(fixture_->find<QLineEdit>("evaluateVal").text(), others);
    }

    void theNumberOfHeadsIsAskedForWhereTheFileDoesNotTell() {
        openPage();
        fixture_->find<QLineEdit>("evaluateWeights")
            .setText(QStringLiteral(GOLDEN_DIR "/families/mae_encoder.pth"));
        click("evaluateStart");
        auto& choice = fixture_->find<QComboBox>("headsChoice");
        choice.setCurrentIndex(choice.findData(2));
        click("headsAccept");
        QVERIFY2(message().isEmpty(), qPrintable(message()));
        QCOMPARE(table().rowCount(), 1);
        QVERIFY(cell(EvaluationTable::Model).contains(QStringLiteral("mae_encoder.pth")));
    }
};

QTEST_MAIN(EvaluatePageTest)
#include "evaluate_page_test.moc"
