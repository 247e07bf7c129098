#include <QHeaderView>
#include <QMap>
#include <QSplitter>
#include <QStackedWidget>
#include <QTableView>
#include <QToolButton>

#include "tests/gui/run_fixture.h"
#include "tests/gui/train_fixture.h"
#include "ui/bridge/option_form.h"
#include "ui/train/run_table.h"
#include "ui/train/runs_page.h"

using namespace dinoscope;

namespace {

OptionValues onCpu() {
    OptionValues common(api::commonOptions());
    common.set("device", std::string_view("cpu"));
    return common;
}

/// The workspace in a window of its own, as a start of the program makes it.
struct Start {
    QWidget window;  ///< owns the actions
    TrainSession session;
    TrainWorkspace workspace;

    Start(const Runners& runners, Dialogs& dialogs, Desktop& desktop, QSettings& settings)
        : session(runners, onCpu()), workspace({session, dialogs, desktop, settings, &window}) {
        session.setup().setNeverMeasure(true);
        workspace.setActive(true);
        workspace.resize(1200, 800);
        workspace.show();
    }

    template <typename Widget>
    Widget& find(const QString& name) {
        return *workspace.findChild<Widget*>(name);
    }
    QSplitter& splitter(const char* name) { return find<QSplitter>(QLatin1String(name)); }
    QHeaderView& columns() { return *find<QTableView>(QStringLiteral("runsTable")).horizontalHeader(); }

    void showPage(const char* action) {
        window.findChild<QAction*>(QLatin1String(action))->trigger();
        QCoreApplication::processEvents();
    }
    [[nodiscard]] bool settleRuns() { return RunFixture::settle(find<RunsPage>(QStringLiteral("runsPage"))); }
};

}  // namespace

/// What the Train workspace remembers of how it was arranged.
class TrainLayoutTest : public TrainFixture {
    Q_OBJECT

    std::unique_ptr<RunFixture> runs_;

    std::unique_ptr<Start> start() {
        return std::make_unique<Start>(session().runners(), fixture_->dialogs, fixture_->desktop,
                                       runs_->settings);
    }

private Q_SLOTS:
    void init() {
        open();
        runs_ = std::make_unique<RunFixture>();
        runs_->makeRun("runs/a", 5);
        runs_->settings.setValue(QStringLiteral("runs/folders"), QStringList{pathText(runs_->path("runs"))});
    }
    void cleanup() {
        runs_.reset();
        close();
    }

    void thePagesAreRememberedOverAStart() {
        const auto before = start();
        QCOMPARE(before->find<QStackedWidget>(QStringLiteral("trainPages")).currentIndex(),
                 int(TrainPage::SetUp));
        before->showPage("actionSetUp");
        QVERIFY(before->settleRuns());
        before->splitter("setupSplit").setSizes({450, 750});
        const QList<int> widths = before->splitter("setupSplit").sizes();
        before->find<OptionForm>(QStringLiteral("trainForm")).setExpert(true);
        before->columns().setSortIndicator(RunTable::Loss, Qt::AscendingOrder);
        before->columns().resizeSection(RunTable::Name, 222);
        before->showPage("actionRuns");
        before->workspace.save();

        const auto after = start();
        QCOMPARE(after->find<QStackedWidget>(QStringLiteral("trainPages")).currentIndex(),
                 int(TrainPage::Runs));
        after->showPage("actionSetUp");
        QCOMPARE(after->splitter("setupSplit").sizes(), widths);
        QVERIFY(after->find<OptionForm>(QStringLiteral("trainForm")).isExpert());
        QCOMPARE(after->columns().sortIndicatorSection(), int(RunTable::Loss));
        QCOMPARE(after->columns().sectionSize(RunTable::Name), 222);
    }

    void theShownRunAndTheFormAreRememberedOverAStart() {
        const std::filesystem::path run = runs_->makeRun("runs/stopped", 5);
        const auto before = start();
        RunSetup& setup = before->session.setup();
        setup.choosePreset("imagenette-s16");
        setup.edit("epochs", OptionValue(std::int64_t(7)));
        setup.edit("probe", OptionValue(std::vector<std::string>{"/a b.png", "/c=d.png"}));
        setup.setOutput(path("kept here"));
        before->workspace.showRun(run);
        before->showPage("actionSetUp");
        before->workspace.save();

        const auto after = start();
        QVERIFY(after->session.shown() == run);
        QCOMPARE(after->session.setup().presetName(), std::string("imagenette-s16"));
        QCOMPARE(after->session.setup().differences(), 2);
        QCOMPARE(after->session.setup().options().integer("epochs"), std::int64_t(7));
        QCOMPARE(after->session.setup().options().paths("probe"),
                 (std::vector<std::string>{"/a b.png", "/c=d.png"}));
        QCOMPARE(after->session.setup().output(), path("kept here"));
        QSignalSpy facts(&after->session, &TrainSession::factsChanged);
        while (!after->session.facts())
            QVERIFY(facts.wait(30000));
        QVERIFY(after->find<QToolButton>(QStringLiteral("goOnWithShown")).isVisible());
    }

    void aRunThatIsGoneIsNotShownAgain() {
        const std::filesystem::path run = runs_->makeRun("runs/gone", 5);
        {
            const auto before = start();
            before->workspace.showRun(run);
            before->workspace.save();
        }
        std::filesystem::remove_all(run);
        QVERIFY(start()->session.shown().empty());
    }

    void aFormSetUpAsARunWasIsRememberedToo() {
        const auto before = start();
        OptionValues options(trainOptions());
        options.set("out-dim", OptionValue(std::int64_t(123)));
        before->session.setup().adopt(options, QStringLiteral("as mine"));
        before->workspace.save();
        const auto after = start();
        QCOMPARE(after->session.setup().baseName(), QStringLiteral("as mine"));
        QVERIFY(after->session.setup().presetName().empty());
        QCOMPARE(after->session.setup().options().integer("out-dim"), std::int64_t(123));
        QCOMPARE(after->session.setup().differences(), 0);
    }

    void theRunsPageIsDividedAsItWas() {
        const std::pair<const char*, QList<int>> wanted[] = {{"runsSplit", {200, 480}},
                                                             {"comparisonSplit", {600, 599}}};
        QMap<QString, QList<int>> chosen;
        const auto before = start();
        before->showPage("actionRuns");
        QVERIFY(before->settleRuns());
        for (const auto& [name, sizes] : wanted) {
            QSplitter& splitter = before->splitter(name);
            const QList<int> atFirst = splitter.sizes();
            splitter.setSizes(sizes);
            chosen[QLatin1String(name)] = splitter.sizes();
            QVERIFY2(splitter.sizes() != atFirst, name);
        }
        before->workspace.save();

        const auto after = start();
        after->showPage("actionRuns");
        QVERIFY(after->settleRuns());
        for (const auto& [name, sizes] : wanted)
            QCOMPARE(after->splitter(name).sizes(), chosen.value(QLatin1String(name)));
    }
};

QTEST_MAIN(TrainLayoutTest)
#include "train_layout_test.moc"
