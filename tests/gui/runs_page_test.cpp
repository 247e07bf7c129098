#include "ui/train/runs_page.h"

#include <QAction>
#include <QGuiApplication>
#include <QLabel>
#include <QLineEdit>
#include <QMap>
#include <QMenu>
#include <QPushButton>
#include <QSplitter>
#include <QTableView>
#include <QTableWidget>
#include <cmath>

#include "tests/gui/run_fixture.h"
#include "ui/theme.h"
#include "ui/train/run_table.h"
#include "ui/widgets/curve_content.h"
#include "ui/widgets/curve_plot.h"
#include "ui/widgets/curve_stack.h"

using namespace dinoscope;

class RunsPageTest : public QObject {
    Q_OBJECT

    std::unique_ptr<RunFixture> fixture_;
    std::unique_ptr<RunsPage> page_;
    QStringList failures_;

    QTableView& table() { return *page_->findChild<QTableView*>(QStringLiteral("runsTable")); }
    QPushButton& button(const char* name) { return *page_->findChild<QPushButton*>(QLatin1String(name)); }
    CurvePlot& plot(const char* name) { return *page_->findChild<CurvePlot*>(QLatin1String(name)); }
    QString cell(int row, int column) { return table().model()->index(row, column).data().toString(); }
    int rowOf(const QString& name) {
        for (int row = 0; row < table().model()->rowCount(); ++row) {
            if (cell(row, RunTable::Name) == name) return row;
        }
        return -1;
    }
    void choose(const QStringList& names) {
        QItemSelection selection;
        for (const QString& name : names) {
            const QModelIndex index = table().model()->index(rowOf(name), 0);
            selection.select(index, index);
        }
        table().selectionModel()->select(selection,
                                         QItemSelectionModel::ClearAndSelect | QItemSelectionModel::Rows);
        QVERIFY(RunFixture::settle(*page_));
    }
    void open() {
        page_ = std::make_unique<RunsPage>(fixture_->runners(), fixture_->dialogs, fixture_->settings);
        connect(page_.get(), &RunsPage::failed, this,
                [this](const QString& sentence) { failures_ << sentence; });
        page_->resize(1200, 700);
        page_->show();
    }

private Q_SLOTS:
    void initTestCase() { applyTheme(*qApp, ThemeChoice::Dark); }
    void init() {
        fixture_ = std::make_unique<RunFixture>();
        failures_.clear();
        fixture_->makeRun("runs/a", 40);
        fixture_->makeRun("runs/b", 25, 0.07);
        fixture_->makeRun("runs/c", 5);
        // The desktop's trash of this test alone.
        std::filesystem::create_directories(fixture_->path("home"));
        qputenv("XDG_DATA_HOME", pathText(fixture_->path("home")).toUtf8());
        open();
        fixture_->dialogs.folder = pathText(fixture_->path("runs"));
        page_->addFolder(fixture_->dialogs.folder);
        QVERIFY(RunFixture::settle(*page_));
    }
    void cleanup() {
        page_.reset();
        fixture_.reset();
    }

    void severalRunsAreHandedOnToBeCompared() {
        QSignalSpy asked(page_.get(), &RunsPage::compareRequested);
        choose({QStringLiteral("a")});
        QVERIFY(!button("runsCompare").isEnabled());
        choose({QStringLiteral("a"), QStringLiteral("c")});
        QTest::mouseClick(&button("runsCompare"), Qt::LeftButton);
        QCOMPARE(asked.count(), 1);
        const auto runs = asked[0][0].value<std::vector<std::filesystem::path>>();
        QCOMPARE(runs.size(), std::size_t(2));
        QVERIFY(std::ranges::count(runs, fixture_->path("runs/a")) == 1);
        QVERIFY(std::ranges::count(runs, fixture_->path("runs/c")) == 1);
    }

    void runsOfAFolderAreListedWithHowGoodTheyBecame() {
        QCOMPARE(table().model()->rowCount(), 3);
        const int a = rowOf(QStringLiteral("a")), c = rowOf(QStringLiteral("c"));
        QCOMPARE(cell(a, RunTable::State), QStringLiteral("finished"));
        QCOMPARE(cell(a, RunTable::Epochs), QStringLiteral("4 of 4"));
        QCOMPARE(cell(a, RunTable::Best), QStringLiteral("79.0 %"));
        QCOMPARE(cell(a, RunTable::Network), QStringLiteral("vit_small/16"));
        QCOMPARE(cell(c, RunTable::State), QStringLiteral("stopped"));
        QCOMPARE(cell(c, RunTable::Epochs), QStringLiteral("0.5 of 4"));
        QVERIFY(cell(c, RunTable::Best).isEmpty());
        QCOMPARE(page_->statusText(), QStringLiteral("3 runs"));
    }

    void ranksStandInAColumnOfTheirOwn() {
        const auto run = fixture_->makeRun("runs/d", 0);
        MetricsWriter(run / "metrics.jsonl").add(EpochMetrics{.step = 9, .effectiveRank = 26.2});
        open();
        QVERIFY(RunFixture::settle(*page_));
        const int d = rowOf(QStringLiteral("d")), a = rowOf(QStringLiteral("a"));
        QCOMPARE(cell(d, RunTable::Rank), QStringLiteral("26.2"));
        QVERIFY(cell(d, RunTable::Best).isEmpty());
        QVERIFY(cell(a, RunTable::Rank).isEmpty());
    }

    void aLossThatIsNoNumberIsNotCut() {
        const auto run = fixture_->makeRun("runs/d", 3);
        MetricsWriter(run / "metrics.jsonl").add(StepMetrics{.step = 3, .loss = std::nan("")});
        open();
        QVERIFY(RunFixture::settle(*page_));
        const int row = rowOf(QStringLiteral("d"));
        QCOMPARE(cell(row, RunTable::Loss), QStringLiteral("–"));
        QCOMPARE(table().model()->index(row, RunTable::Loss).data(Qt::ToolTipRole).toString(),
                 QStringLiteral("The loss is not a number"));
    }

    void moreRunsThanAreDrawnAreTold() {
        QStringList names;
        for (int i = 0; i < 10; ++i) {
            names << QStringLiteral("many%1").arg(i);
            fixture_->makeRun("runs/" + names.last().toStdString(), 3);
        }
        open();
        QVERIFY(RunFixture::settle(*page_));
        choose(names);
        const QString title = page_->findChild<QLabel*>(QStringLiteral("differencesTitle"))->text();
        QVERIFY2(title.contains(QStringLiteral("8 are drawn, 2 are not")), qPrintable(title));
    }

    void runsThatShipAreAlwaysThereAndStay() {
        const std::vector<std::filesystem::path> shipped = {fixture_->makeRun("shipped/example-run", 40),
                                                            fixture_->makeRun("shipped/bundled-run", 40)};
        page_ =
            std::make_unique<RunsPage>(fixture_->runners(), fixture_->dialogs, fixture_->settings, shipped);
        page_->show();
        QVERIFY(RunFixture::settle(*page_));
        QCOMPARE(table().model()->rowCount(), 5);
        for (const std::filesystem::path& run : shipped) {
            choose({pathText(run.filename())});
            QVERIFY(!button("runsRemove").isEnabled());
            page_->addRun(run);
        }
        QCOMPARE(page_->folders(), QStringList{fixture_->dialogs.folder});
        choose({QStringLiteral("a")});
        QVERIFY(button("runsRemove").isEnabled());
        // They alone fill the table.
        QSettings none(pathText(fixture_->path("none.ini")), QSettings::IniFormat);
        page_ = std::make_unique<RunsPage>(fixture_->runners(), fixture_->dialogs, none, shipped);
        page_->show();
        QVERIFY(RunFixture::settle(*page_));
        QCOMPARE(table().model()->rowCount(), 2);
        QVERIFY(table().isVisible());
    }

    /// Widths that nobody chose are no wish.
    void namesOfLaterRunsAreSeenWholeToo() {
        page_->save();
        fixture_->makeRun("runs/small photographs of birds 2026-12-01", 40);
        open();
        QVERIFY(RunFixture::settle(*page_));
        QCOMPARE(table().model()->rowCount(), 4);
        QVERIFY(table().columnWidth(RunTable::Name) >=
                table().fontMetrics().horizontalAdvance("small photographs of birds 2026-12-01"));
    }

    void foldersAreRememberedAndLeftOut() {
        page_.reset();
        open();
        QVERIFY(RunFixture::settle(*page_));
        QCOMPARE(table().model()->rowCount(), 3);
        for (QAction* action : page_->findChild<QMenu*>()->actions()) {
            if (action->text().startsWith(QStringLiteral("Leave out"))) {
                action->trigger();
                break;
            }
        }
        QVERIFY(RunFixture::settle(*page_));
        QCOMPARE(table().model()->rowCount(), 0);
        QVERIFY(page_->folders().isEmpty());
    }

    void aRunOfAnotherFolderIsAddedOnce() {
        fixture_->makeRun("elsewhere/d", 7);
        page_->addRun(fixture_->path("runs/a"));
        page_->addRun(fixture_->path("elsewhere/d"));
        page_->addRun(fixture_->path("elsewhere/d"));
        QVERIFY(RunFixture::settle(*page_));
        QCOMPARE(page_->folders().size(), 2);
        QCOMPARE(table().model()->rowCount(), 4);
        fixture_->dialogs.answer = true;
        choose({QStringLiteral("d")});
        QTest::mouseClick(&button("runsRemove"), Qt::LeftButton);
        QVERIFY(RunFixture::settle(*page_));
        QCOMPARE(page_->folders().size(), 1);
        QCOMPARE(table().model()->rowCount(), 3);
    }

    void aRunThatComesOnShowIsChosenUnlessItIsCompared() {
        const auto chosen = [this] {
            QStringList names;
            for (const QModelIndex& index : table().selectionModel()->selectedRows())
                names << index.data().toString();
            return names;
        };
        choose({QStringLiteral("a")});
        page_->addRun(fixture_->path("runs/b"));
        QCOMPARE(chosen(), QStringList{QStringLiteral("b")});
        page_->addRun(fixture_->makeRun("elsewhere/d", 10));
        QVERIFY(RunFixture::settle(*page_));
        QCOMPARE(chosen(), QStringList{QStringLiteral("d")});
        choose({QStringLiteral("a"), QStringLiteral("b")});
        page_->addRun(fixture_->path("runs/b"));
        QVERIFY(RunFixture::settle(*page_));
        QCOMPARE(chosen().size(), 2);
    }

    /// A run is started by Ctrl and Return, and comes on show while the key is down.
    void aRunThatComesOnShowIsChosenAloneWhileCtrlIsHeld() {
        choose({QStringLiteral("a")});
        QTest::keyPress(page_->windowHandle(), Qt::Key_Control, Qt::ControlModifier);
        const bool held = QGuiApplication::keyboardModifiers() == Qt::ControlModifier;
        page_->addRun(fixture_->path("runs/b"));
        QTest::keyRelease(page_->windowHandle(), Qt::Key_Control);
        QVERIFY(held);
        const QModelIndexList rows = table().selectionModel()->selectedRows();
        QCOMPARE(rows.size(), 1);
        QCOMPARE(rows.front().data().toString(), QStringLiteral("b"));
    }

    void chosenRunsAreOverlaidWithTheOptionsThatDiffer() {
        choose({QStringLiteral("a"), QStringLiteral("b")});
        QCOMPARE(plot("runsLoss").legend().size(), 2);
        page_->findChild<CurveStack*>(QStringLiteral("runsCurves"))->setSmoothing(1);
        QStringList names = plot("runsLoss").legend();
        names.sort();
        QVERIFY(names[0].startsWith(QStringLiteral("a 7.05")) &&
                names[1].startsWith(QStringLiteral("b 7.8")));
        QCOMPARE(plot("runsScore").range().second, 4.0);
        auto& differences = *page_->findChild<QTableWidget*>(QStringLiteral("differences"));
        QCOMPARE(differences.rowCount(), 1);
        QCOMPARE(differences.item(0, 0)->text(), QStringLiteral("Teacher temperature"));
        choose({QStringLiteral("a"), QStringLiteral("c")});
        QVERIFY(!differences.isVisible());
        QCOMPARE(page_->findChild<QLabel*>(QStringLiteral("differencesTitle"))->text(),
                 QStringLiteral("They have the same options."));
    }

    void inANarrowWindowTheOptionsAreBelowTheCurves() {
        auto& split = *page_->findChild<QSplitter*>(QStringLiteral("comparisonSplit"));
        QCOMPARE(split.orientation(), Qt::Horizontal);
        page_->resize(1000, 700);
        QCoreApplication::processEvents();
        QCOMPARE(split.orientation(), Qt::Vertical);
        page_->resize(1200, 700);
        QCoreApplication::processEvents();
        QCOMPARE(split.orientation(), Qt::Horizontal);
        QVERIFY(split.sizes()[0] > split.sizes()[1]);  // the curves have more of it
    }

    void theRunsOfAValueAreShownInTheColoursOfTheirCurves() {
        choose({QStringLiteral("a"), QStringLiteral("b"), QStringLiteral("c")});
        auto& differences = *page_->findChild<QTableWidget*>(QStringLiteral("differences"));
        const QStringList order = plot("runsLoss").legend();
        for (int row = 0; row < 2; ++row) {
            const QTableWidgetItem* cell = differences.item(row, 2);
            const QImage drawn = differences.viewport()->grab(differences.visualItemRect(cell)).toImage();
            const auto has = [&drawn](const QColor& colour) {
                for (int x = 0; x < drawn.width(); ++x)
                    if (drawn.pixelColor(x, drawn.height() / 2) == colour) return true;
                return false;
            };
            for (int i = 0; i < int(order.size()); ++i) {
                const QString name = order[i].section(QLatin1Char(' '), 0, 0);
                QCOMPARE(has(curveColour(i, isDarkTheme())), cell->text().split(", ").contains(name));
            }
        }
    }

    void ofMoreThanTwoRunsEachValueIsToldOnce() {
        choose({QStringLiteral("a"), QStringLiteral("b"), QStringLiteral("c")});
        auto& differences = *page_->findChild<QTableWidget*>(QStringLiteral("differences"));
        QCOMPARE(differences.rowCount(), 2);
        QCOMPARE(differences.rowSpan(0, 0), 2);
        QCOMPARE(differences.item(0, 0)->text(), QStringLiteral("Teacher temperature"));
        QMap<QString, QString> runs;
        for (int row = 0; row < 2; ++row)
            runs[differences.item(row, 1)->text()] = differences.item(row, 2)->text();
        QStringList names = runs.value(QStringLiteral("0.04")).split(QStringLiteral(", "));
        names.sort();
        QCOMPARE(names, (QStringList{QStringLiteral("a"), QStringLiteral("c")}));
        int width = 0;
        for (int column = 0; column < differences.columnCount(); ++column)
            width += differences.columnWidth(column);
        QVERIFY(width <= differences.viewport()->width());
    }

    void whatIsChosenStaysSoWhileRunsGrow() {
        choose({QStringLiteral("b"), QStringLiteral("c")});
        RunFixture::addSteps(fixture_->path("runs/c"), 5, 20);
        QSignalSpy changed(page_.get(), &RunsPage::stateChanged);
        while (cell(rowOf(QStringLiteral("c")), RunTable::Epochs) != QStringLiteral("2 of 4"))
            QVERIFY(changed.wait(30000));
        QCOMPARE(table().selectionModel()->selectedRows().size(), 2);
        fixture_->makeRun("runs/d", 3);
        while (rowOf(QStringLiteral("d")) < 0)
            QVERIFY(changed.wait(30000));
        QCOMPARE(table().selectionModel()->selectedRows().size(), 2);
    }

    void aRunIsOpenedByADoubleClickOrItsButton() {
        QSignalSpy chosen(page_.get(), &RunsPage::runChosen);
        choose({QStringLiteral("b")});
        QTest::mouseClick(&button("runsOpen"), Qt::LeftButton);
        Q_EMIT table().activated(table().model()->index(rowOf(QStringLiteral("a")), 2));
        QCOMPARE(chosen.size(), 2);
        QVERIFY(chosen[0][0].value<std::filesystem::path>() == fixture_->path("runs/b"));
        QVERIFY(chosen[1][0].value<std::filesystem::path>() == fixture_->path("runs/a"));
        choose({QStringLiteral("a"), QStringLiteral("b")});
        QVERIFY(!button("runsOpen").isEnabled());
    }

    void theMenuOfARowHasWhatCanBeDoneWithIt() {
        QAction elsewhere(QStringLiteral("Explore with it"));
        page_->setRunActions({&elsewhere});
        const auto menuOf = [this](const QStringList& names) {
            choose(names);
            Q_EMIT table().customContextMenuRequested({5, 5});
            auto* menu = table().findChild<QMenu*>(QStringLiteral("runsMenu"));
            QStringList texts;
            if (!menu) return texts;
            for (const QAction* action : menu->actions())
                texts << action->text();
            delete menu;
            texts.removeAll(QString());
            return texts;
        };
        QCOMPARE(menuOf({QStringLiteral("a")}),
                 (QStringList{QStringLiteral("Watch"), QStringLiteral("Explore with it"),
                              QStringLiteral("Reveal"), QStringLiteral("Move to trash")}));
        QCOMPARE(menuOf({QStringLiteral("a"), QStringLiteral("b")}),
                 (QStringList{QStringLiteral("Compare maps"), QStringLiteral("Move to trash")}));
    }

    void aRunThatIsAwaitedIsNotTakenForTheOneThatIsChosen() {
        choose({QStringLiteral("a")});
        QVERIFY(page_->chosen() == fixture_->path("runs/a"));
        page_->addRun(fixture_->path("runs/later"));
        QVERIFY(!page_->chosen());
        choose({QStringLiteral("b")});  // the person wants another
        QVERIFY(page_->chosen() == fixture_->path("runs/b"));
    }

    void whereTheFilterHidesTheRunOnShowNoOtherPassesForIt() {
        page_->findChild<QLineEdit*>(QStringLiteral("runsFilter"))->setText(QStringLiteral("a"));
        choose({QStringLiteral("a")});
        page_->addRun(fixture_->path("runs/b"));
        QVERIFY(RunFixture::settle(*page_));
        QVERIFY(!page_->chosen());
    }

    void deletingAsksAndMovesToTheTrash() {
        choose({QStringLiteral("b")});
        QTest::mouseClick(&button("runsRemove"), Qt::LeftButton);
        QVERIFY(fixture_->dialogs.asked.contains(QStringLiteral("b")));
        QVERIFY(RunFixture::settle(*page_));
        QVERIFY(std::filesystem::exists(fixture_->path("runs/b")));
        fixture_->dialogs.answer = true;
        QTest::mouseClick(&button("runsRemove"), Qt::LeftButton);
        QVERIFY(RunFixture::settle(*page_));
        QVERIFY2(failures_.isEmpty(), qPrintable(failures_.join(u' ')));
        QVERIFY(!std::filesystem::exists(fixture_->path("runs/b")));
        QCOMPARE(rowOf(QStringLiteral("b")), -1);
        QVERIFY(std::filesystem::exists(fixture_->path("home/Trash/files/b/run.toml")));
    }

    void aLiveRunIsMarkedAndCannotBeDeleted() {
        const RunLock writer(fixture_->path("runs/c/lock"));
        QSignalSpy changed(page_.get(), &RunsPage::stateChanged);
        while (cell(rowOf(QStringLiteral("c")), RunTable::State) != QStringLiteral("live"))
            QVERIFY(changed.wait(30000));
        QCOMPARE(page_->statusText(), QStringLiteral("3 runs, 1 live"));
        choose({QStringLiteral("c")});
        QVERIFY(!button("runsRemove").isEnabled());
    }

    /// Its folder tells that it is written, and no more.
    void theRunOfThisWindowIsToldAsTheWindowKnowsIt() {
        const auto state = [this] { return cell(rowOf(QStringLiteral("c")), RunTable::State); };
        const auto own = fixture_->path("runs/c");
        page_->setOwnRun(own, {.phase = RunPhase::Training, .paused = true});
        QCOMPARE(state(), QStringLiteral("paused"));
        page_->setOwnRun(own, {.phase = RunPhase::Training, .saving = true});
        QCOMPARE(state(), QStringLiteral("saving"));
        page_->setOwnRun(own, {.phase = RunPhase::Failed});
        QCOMPARE(state(), QStringLiteral("failed"));
        page_->setOwnRun(own, {.phase = RunPhase::Stopped});
        QCOMPARE(state(), QStringLiteral("stopped"));
        QCOMPARE(cell(rowOf(QStringLiteral("a")), RunTable::State), QStringLiteral("finished"));
    }

    void damagedRunsAreShownAsSuch() {
        writeFileAtomically(fixture_->path("runs/c/run.toml"), std::string_view("format = "));
        QSignalSpy changed(page_.get(), &RunsPage::stateChanged);
        while (cell(rowOf(QStringLiteral("c")), RunTable::State) != QStringLiteral("unreadable"))
            QVERIFY(changed.wait(30000));
        choose({QStringLiteral("c"), QStringLiteral("a")});
        QCOMPARE(plot("runsLoss").legend().size(), 2);
    }

    void namesAreFiltered() {
        page_->findChild<QLineEdit*>(QStringLiteral("runsFilter"))->setText(QStringLiteral("A"));
        QCOMPARE(table().model()->rowCount(), 1);
        QCOMPARE(cell(0, RunTable::Name), QStringLiteral("a"));
    }
};

QTEST_MAIN(RunsPageTest)
#include "runs_page_test.moc"
