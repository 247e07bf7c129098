#include "ui/train/watch_page.h"

#include <QAction>
#include <QFile>
#include <QToolButton>

#include "tests/gui/run_fixture.h"
#include "ui/widgets/curve_plot.h"
#include "ui/widgets/elided_label.h"

using namespace dinoscope;

class WatchPageTest : public QObject {
    Q_OBJECT

    std::unique_ptr<RunFixture> fixture_;
    std::unique_ptr<WatchPage> page_;
    QStringList failures_;

    CurvePlot& plot(const char* name) { return *page_->findChild<CurvePlot*>(QLatin1String(name)); }
    QString told() { return page_->findChild<ElidedLabel*>(QStringLiteral("watchSummary"))->text(); }
    void click(const char* name) {
        QTest::mouseClick(page_->findChild<QToolButton*>(QLatin1String(name)), Qt::LeftButton);
    }

private Q_SLOTS:
    void initTestCase() { applyTheme(*qApp, ThemeChoice::Dark); }
    void init() {
        fixture_ = std::make_unique<RunFixture>();
        page_ = std::make_unique<WatchPage>(fixture_->runners(), fixture_->dialogs, fixture_->settings);
        failures_.clear();
        connect(page_.get(), &RunPage::failed, this,
                [this](const QString& sentence) { failures_ << sentence; });
        page_->resize(1200, 700);
        page_->show();
    }
    void cleanup() {
        page_.reset();
        fixture_.reset();
    }

    void everyQuantityHasItsPlot() {
        page_->setRun(fixture_->makeRun("run", 25));
        QVERIFY(RunFixture::settle(*page_));
        QCOMPARE(page_->curves().count(), 9);
        QCOMPARE(plot("plotLoss").legend().size(), 2);
        QCOMPARE(plot("plotLossParts").legend().size(), 2);
        // The loss fills its plot: where it would come to stand without learning is beyond that.
        QCOMPARE(plot("plotLoss").legend().last(), QStringLiteral("ln K 11.09 ↑"));
        QVERIFY(plot("plotLoss").valueRange().second < 9.2);
        QCOMPARE(plot("plotScore").legend().first(), QStringLiteral("59"));
        for (const char* name :
             {"plotGradient", "plotRate", "plotTemperature", "plotDecay", "plotMomentum", "plotSpeed"})
            QVERIFY2(!plot(name).legend().first().isEmpty(), name);
        QVERIFY2(told().startsWith(
                     QStringLiteral("Stopped · epoch 2.5 of 4 · loss 7.800 · k-NN 59.0 %, its best")),
                 qPrintable(told()));
    }

    void whatStandsAboveThePageIsNotToldTwice() {
        page_->setRun(fixture_->makeRun("run", 25));
        QVERIFY(RunFixture::settle(*page_));
        QVERIFY2(!told().contains(QStringLiteral("images/s")), qPrintable(told()));  // none come any more
        page_->setToldAbove(true);
        QVERIFY2(told().startsWith(QStringLiteral("Epoch 2.5 of 4 · k-NN 59.0 %, its best")),
                 qPrintable(told()));
        page_->setToldAbove(false);
        QVERIFY2(told().startsWith(QStringLiteral("Stopped · ")), qPrintable(told()));
    }

    void whatIsNotMeasuredYetSaysWhenItWillBe() {
        const auto run = fixture_->makeRun("run", 0);
        page_->setRun(run);
        QVERIFY(RunFixture::settle(*page_));
        QCOMPARE(plot("plotLoss").emptyText(), QStringLiteral("no steps yet"));
        QCOMPARE(plot("plotScore").emptyText(), QStringLiteral("first after epoch 1"));
        QCOMPARE(plot("plotScore").title(), QStringLiteral("k-NN accuracy, %"));  // it has classes
        RunFixture::addSteps(run, 0, 5);
        page_->setRun(run);
        QVERIFY(RunFixture::settle(*page_));
        QVERIFY(plot("plotLoss").emptyText().isEmpty());
    }

    void aRunWithoutClassesIsToldByItsRankBeforeItIsMeasured() {
        const auto run = fixture_->makeRun("run", 5);
        RunRecord record = readRunRecord(run / "run.toml");
        record.data.classes = 0;
        writeFileAtomically(run / "run.toml", formatRunRecord(record));
        page_->setRun(run);
        QVERIFY(RunFixture::settle(*page_));
        QCOMPARE(plot("plotScore").title(), QStringLiteral("Effective rank"));
    }

    void theCurvesOfAFolderThatIsGoneStay() {
        const auto run = fixture_->makeRun("run", 25);
        page_->setRun(run);
        QVERIFY(RunFixture::settle(*page_));
        std::filesystem::rename(run, fixture_->path("elsewhere"));
        page_->setRun(run);
        QVERIFY(RunFixture::settle(*page_));
        QVERIFY2(told().startsWith(QStringLiteral("Its folder is gone · epoch 2.5 of 4")),
                 qPrintable(told()));
        QCOMPARE(page_->watch().curves().steps(), std::size_t(25));
        // And where it is put back it is followed again.
        std::filesystem::rename(fixture_->path("elsewhere"), run);
        RunFixture::addSteps(run, 25, 30);
        page_->setRun(run);
        QVERIFY(RunFixture::settle(*page_));
        QVERIFY2(told().startsWith(QStringLiteral("Stopped · epoch 3 of 4")), qPrintable(told()));
        QCOMPARE(page_->watch().curves().steps(), std::size_t(30));
    }

    void imagesThatCouldNotBeReadAreCounted() {
        const auto run = fixture_->makeRun("run", 10);
        MetricsWriter(run / "metrics.jsonl").add(EpochMetrics{.step = 9, .replacedImages = 3});
        page_->setRun(run);
        QVERIFY(RunFixture::settle(*page_));
        QVERIFY2(told().contains(QStringLiteral("3 images could not be read")), qPrintable(told()));
    }

    void theAxisCountsStepsEpochsOrTime() {
        page_->setRun(fixture_->makeRun("run", 40));
        QVERIFY(RunFixture::settle(*page_));
        QCOMPARE(plot("plotLoss").range().second, 4.0);
        click("axisStep");
        QCOMPARE(plot("plotLoss").range().second, 39.0);
        QCOMPARE(plot("plotScore").range().second, 39.0);
        click("axisTime");
        QCOMPARE(plot("plotLoss").range().second, 40.0);
        // The next page begins with it.
        WatchPage next(fixture_->runners(), fixture_->dialogs, fixture_->settings);
        QCOMPARE(next.curves().axis(), CurveAxis::Time);
    }

    void newNumbersWidenWhatIsOnShowUnlessItWasZoomed() {
        const auto run = fixture_->makeRun("run", 20);
        page_->setRun(run);
        QVERIFY(RunFixture::settle(*page_));
        RunFixture::addSteps(run, 20, 30);
        page_->setRun(run);
        QVERIFY(RunFixture::settle(*page_));
        QCOMPARE(plot("plotLoss").range().second, 3.0);
        Q_EMIT plot("plotLoss").rangeWanted(1, 2);
        RunFixture::addSteps(run, 30, 40);
        page_->setRun(run);
        QVERIFY(RunFixture::settle(*page_));
        QCOMPARE(plot("plotLoss").range().second, 2.0);
        click("fitCurves");
        QCOMPARE(plot("plotScore").range().second, 4.0);
    }

    void curvesAreExported_data() {
        QTest::addColumn<QString>("action");
        QTest::addColumn<QByteArray>("start");
        QTest::newRow("PNG") << QStringLiteral("exportCurvesPng") << QByteArray("\x89PNG");
        QTest::newRow("PDF") << QStringLiteral("exportCurvesPdf") << QByteArray("%PDF");
        QTest::newRow("CSV") << QStringLiteral("exportCurvesCsv") << QByteArray("step,epoch,loss,");
    }

    void curvesAreExported() {
        QFETCH(QString, action);
        QFETCH(QByteArray, start);
        page_->setRun(fixture_->makeRun("run", 25));
        QVERIFY(RunFixture::settle(*page_));
        const QString ending = action.right(3).toLower();
        fixture_->dialogs.saved = pathText(fixture_->path("curves." + ending.toStdString()));
        page_->findChild<QAction*>(action)->trigger();
        QVERIFY(RunFixture::settle(*page_));
        QVERIFY2(failures_.isEmpty(), qPrintable(failures_.join(u' ')));
        QFile file(fixture_->dialogs.saved);
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QByteArray content = file.readAll();
        QVERIFY(content.startsWith(start) && content.size() > 1000);
        fixture_->dialogs.saved = pathText(fixture_->path("nowhere/curves." + ending.toStdString()));
        page_->findChild<QAction*>(action)->trigger();
        QVERIFY(RunFixture::settle(*page_));
        QCOMPARE(failures_.size(), 1);
        QVERIFY(failures_.first().contains(QStringLiteral("nowhere")));
    }

    void aRunThatCannotBeReadSaysWhy() {
        const auto run = fixture_->makeRun("run", 5);
        writeFileAtomically(run / "run.toml", std::string_view("format = "));
        page_->setRun(run);
        QVERIFY(RunFixture::settle(*page_));
        QVERIFY2(told().contains(QStringLiteral("run.toml")), qPrintable(told()));
        page_->setRun({});
        QVERIFY(page_->isSettled());
    }
};

QTEST_MAIN(WatchPageTest)
#include "watch_page_test.moc"
