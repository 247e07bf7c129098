#include "ui/train/probes_page.h"

#include <QAbstractButton>
#include <QAction>
#include <QComboBox>
#include <QDir>
#include <QFile>
#include <QLabel>
#include <QScopeGuard>
#include <QSlider>
#include <QToolButton>

#include "tests/gui/counting_runner.h"
#include "tests/gui/run_fixture.h"
#include "ui/bridge/texts.h"
#include "ui/widgets/head_grid.h"
#include "ui/widgets/thumbnail_grid.h"

using namespace dinoscope;

class ProbesPageTest : public QObject {
    Q_OBJECT

    std::unique_ptr<RunFixture> fixture_;
    std::unique_ptr<ProbesPage> page_;
    std::filesystem::path run_;
    QStringList failures_;

    template <typename Widget>
    Widget& find(const char* name) {
        return *page_->findChild<Widget*>(QLatin1String(name));
    }
    void click(const char* name) {
        QTest::mouseClick(&find<QAbstractButton>(name), Qt::LeftButton);
        QVERIFY(RunFixture::settle(*page_));
    }
    void moveTo(int look) {
        find<QSlider>("probeScrubber").setValue(look);
        QVERIFY(RunFixture::settle(*page_));
    }
    QString epoch() { return find<QLabel>("probeEpoch").text(); }
    QString neighbour(int row) {
        return find<ThumbnailGrid>("probeNeighbours").model()->index(row, 0).data().toString();
    }
    QImage seen(const char* heads) { return find<HeadGrid>(heads).grab().toImage(); }
    /// What can be exported, and into which file.
    static void addExports() {
        QTest::addColumn<QString>("action");
        QTest::addColumn<QString>("file");
        QTest::newRow("strip") << QStringLiteral("exportStrip") << QStringLiteral("strip.png");
        if (canWriteVideos()) {
            QTest::newRow("mp4") << QStringLiteral("exportVideo") << QStringLiteral("video.mp4");
            QTest::newRow("avi") << QStringLiteral("exportVideo") << QStringLiteral("video.avi");
        }
    }

private Q_SLOTS:
    void initTestCase() { applyTheme(*qApp, ThemeChoice::Dark); }
    void init() {
        fixture_ = std::make_unique<RunFixture>();
        failures_.clear();
        run_ = fixture_->makeRun("run", 40);
        for (int epochs = 0; epochs <= 3; ++epochs) {
            RunFixture::addLook(run_, "a.jpg", epochs);
            RunFixture::addLook(run_, "b.jpg", epochs);
        }
        page_ = std::make_unique<ProbesPage>(fixture_->runners(), fixture_->dialogs, fixture_->settings);
        connect(page_.get(), &RunPage::failed, this,
                [this](const QString& sentence) { failures_ << sentence; });
        page_->resize(1200, 700);
        page_->show();
        page_->setRun(run_);
        QVERIFY(RunFixture::settle(*page_));
    }
    void cleanup() {
        page_.reset();
        fixture_.reset();
    }

    void theNewestLookIsShownWithItsNeighbours() {
        QVERIFY2(failures_.isEmpty(), qPrintable(failures_.join(u' ')));
        QCOMPARE(find<ThumbnailGrid>("pinned").model()->rowCount(), 2);
        QCOMPARE(epoch(), QStringLiteral("epoch 3 of 4"));
        QCOMPARE(find<HeadGrid>("teacherHeads").count(), 3);
        QCOMPARE(neighbour(0), QStringLiteral("cats"));
        QCOMPARE(page_->session().frame()->neighbours[0].name, std::string("cats/3.jpg"));
    }

    void theScrubberGoesThroughAllEpochs() {
        const QImage newest = seen("teacherHeads");
        moveTo(0);
        QCOMPARE(epoch(), QStringLiteral("untrained"));
        QCOMPARE(page_->session().frame()->neighbours[0].name, std::string("cats/0.jpg"));
        QVERIFY(seen("teacherHeads") != newest);
        moveTo(3);
        QCOMPARE(seen("teacherHeads"), newest);
    }

    void playingEndsAtTheNewest() {
        QSignalSpy looks(&page_->session(), &ProbeSession::frameChanged);
        QTest::mouseClick(&find<QToolButton>("probePlay"), Qt::LeftButton);
        QVERIFY(page_->session().isPlaying());
        QVERIFY(RunFixture::settle(*page_));
        QVERIFY(!page_->session().isPlaying());
        QCOMPARE(page_->session().frameLook(), 3);
        QVERIFY(looks.size() >= 4);
    }

    void anotherImageIsShownAtTheSameEpoch() {
        moveTo(1);
        auto& pinned = find<ThumbnailGrid>("pinned");
        pinned.setCurrentIndex(pinned.model()->index(1, 0));
        QVERIFY(RunFixture::settle(*page_));
        QCOMPARE(page_->session().image(), 1);
        QCOMPARE(epoch(), QStringLiteral("epoch 1 of 4"));
    }

    void whyThereAreNoNeighboursIsSaid_data() {
        QTest::addColumn<int>("every");
        QTest::addColumn<int>("epochs");
        QTest::addColumn<QString>("said");
        QTest::newRow("none") << 0 << 2 << QStringLiteral("--knn-every 0");
        QTest::newRow("untrained") << 1 << 0 << QStringLiteral("after epoch 1.");
        QTest::newRow("later") << 3 << 2 << QStringLiteral("after epoch 3.");
        QTest::newRow("between") << 2 << 3 << QStringLiteral("every 2 epochs");
        QTest::newRow("a replay") << 1 << 2 << QStringLiteral("replay");
    }
    void whyThereAreNoNeighboursIsSaid() {
        QFETCH(int, every);
        QFETCH(int, epochs);
        QFETCH(QString, said);
        const std::filesystem::path run = fixture_->makeRun("bare", 40);
        RunRecord record = readRunRecord(run / "run.toml");
        record.options.set("knn-every", OptionValue(std::int64_t(every)));
        writeFileAtomically(run / "run.toml", formatRunRecord(record));
        RunFixture::addLook(run, "a.jpg", epochs, true, false);
        page_->setRun(run);
        QVERIFY(RunFixture::settle(*page_));
        QVERIFY(!find<ThumbnailGrid>("probeNeighbours").isVisible());
        auto& why = find<QLabel>("probeNoNeighbours");
        QVERIFY(why.isVisible());
        QVERIFY2(why.text().contains(said), qPrintable(why.text()));
        RunFixture::addLook(run, "a.jpg", epochs + 1);
        page_->setRun(run);
        QVERIFY(RunFixture::settle(*page_));
        QVERIFY(!why.isVisible() && find<ThumbnailGrid>("probeNeighbours").isVisible());
    }

    void studentAndLayersAreThereWhereTheyWereKept() {
        auto& layer = find<QComboBox>("probeLayer");
        QCOMPARE(layer.count(), 2);
        const QImage last = seen("teacherHeads");
        layer.setCurrentIndex(1);
        QVERIFY(seen("teacherHeads") != last);
        click("showBoth");
        QVERIFY(find<HeadGrid>("teacherHeads").isVisible() && find<HeadGrid>("studentHeads").isVisible());
        QCOMPARE(find<HeadGrid>("studentHeads").count(), 3);
        RunFixture::addLook(run_, "a.jpg", 4, false);
        page_->setRun(run_);
        QVERIFY(RunFixture::settle(*page_));
        QCOMPARE(epoch(), QStringLiteral("epoch 4 of 4"));
        QVERIFY(!find<QToolButton>("showStudent").isEnabled());
        QVERIFY(!find<HeadGrid>("studentHeads").isVisible());
    }

    void aNewLookIsShownUnlessOneLooksBack() {
        RunFixture::addLook(run_, "a.jpg", 4);
        page_->setRun(run_);
        QVERIFY(RunFixture::settle(*page_));
        QCOMPARE(epoch(), QStringLiteral("epoch 4 of 4"));
        moveTo(1);
        RunFixture::addLook(run_, "a.jpg", 5);
        page_->setRun(run_);
        QVERIFY(RunFixture::settle(*page_));
        QCOMPARE(epoch(), QStringLiteral("epoch 1 of 4"));
        QCOMPARE(find<QSlider>("probeScrubber").maximum(), 5);
    }

    void aHeadIsEnlarged() {
        auto& heads = find<HeadGrid>("teacherHeads");
        Q_EMIT heads.opened(1);
        QCOMPARE(heads.count(), 1);
        Q_EMIT heads.opened(0);
        QCOMPARE(heads.count(), 3);
    }

    void whatWasSeenIsExported_data() { addExports(); }

    void whatWasSeenIsExported() {
        QFETCH(QString, action);
        QFETCH(QString, file);
        fixture_->dialogs.saved = pathText(fixture_->path(file.toStdString()));
        find<QAction>(action.toLatin1().constData()).trigger();
        QVERIFY(RunFixture::settle(*page_));
        QVERIFY2(failures_.isEmpty(), qPrintable(failures_.join(u' ')));
        QVERIFY(QFileInfo(fixture_->dialogs.saved).size() > 1000);
        if (action == QStringLiteral("exportStrip")) {
            const QImage strip(fixture_->dialogs.saved);
            QVERIFY(strip.width() > 4 * 96 && strip.height() > 3 * 64);
        }
        fixture_->dialogs.saved = pathText(fixture_->path("nowhere/" + file.toStdString()));
        find<QAction>(action.toLatin1().constData()).trigger();
        QVERIFY(RunFixture::settle(*page_));
        QCOMPARE(failures_.size(), 1);
    }

    void anExportThatIsStoppedLeavesNoFileAndSaysSo_data() { addExports(); }

    void anExportThatIsStoppedLeavesNoFileAndSaysSo() {
        QFETCH(QString, action);
        QFETCH(QString, file);
        CountingRunner files;
        QStringList told;
        const auto end = qScopeGuard([this] { page_.reset(); });
        const Runners runners = fixture_->runners();
        page_ = std::make_unique<ProbesPage>(Runners{runners.engine, runners.live, files}, fixture_->dialogs,
                                             fixture_->settings);
        connect(page_.get(), &RunPage::told, this, [&told](const QString& sentence) { told << sentence; });
        page_->show();
        page_->setRun(run_);
        QVERIFY(RunFixture::settle(*page_));
        const QDir folder(pathText(fixture_->path("out")));
        QVERIFY(folder.mkpath(QStringLiteral(".")));
        fixture_->dialogs.saved = folder.filePath(file);
        int poll = 0;
        do {
            QVERIFY(folder.isEmpty(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot));
            told.clear();
            files.cancelAt(++poll);
            find<QAction>(action.toLatin1().constData()).trigger();
            QVERIFY(RunFixture::settle(*page_));
            QCOMPARE(told.size(), 1);
        } while (told.front() == exportStoppedText());
        QCOMPARE(told.front(), QStringLiteral("Wrote %1").arg(fixture_->dialogs.saved));
        QVERIFY(QFileInfo(fixture_->dialogs.saved).size() > 1000);
        QVERIFY(poll > 4);  // at each of the looks, and at the end
    }

    void aDamagedLookIsTold() {
        writeFileAtomically(run_ / "probes/epoch1-a", std::string_view("nothing"));
        moveTo(1);
        QCOMPARE(failures_.size(), 1);
        moveTo(2);
        QCOMPARE(page_->session().frameLook(), 2);
    }

    void picturesArePinnedWhereThatIsPossible() {
        QSignalSpy pins(page_.get(), &ProbesPage::pinsWanted);
        QVERIFY(!find<QAbstractButton>("pinMore").isEnabled());
        page_->setPinning(true);
        fixture_->dialogs.files = QStringList{QStringLiteral("/x/c.jpg"), QStringLiteral("a.jpg")};
        click("pinMore");
        QCOMPARE(pins.size(), 1);
        QCOMPARE(pins[0][0].toStringList(),
                 (QStringList{QStringLiteral("a.jpg"), QStringLiteral("b.jpg"), QStringLiteral("/x/c.jpg")}));
    }

    void aRunWithoutProbesSaysHowTheyComeAbout() {
        page_->setRun(fixture_->makeRun("bare", 10));
        QVERIFY(RunFixture::settle(*page_));
        QVERIFY(find<QLabel>("probesEmpty").text().contains(QStringLiteral("--probe")));
        page_->setRun({});
        QVERIFY(page_->isSettled());
    }
};

QTEST_MAIN(ProbesPageTest)
#include "probes_page_test.moc"
