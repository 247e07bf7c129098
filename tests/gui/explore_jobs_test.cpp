#include <QAction>
#include <QCheckBox>
#include <QClipboard>
#include <QDialog>
#include <QDir>
#include <QFile>
#include <QGuiApplication>
#include <QLineEdit>
#include <QPushButton>
#include <functional>

#include "tests/gui/counting_runner.h"
#include "tests/gui/window_fixture.h"
#include "ui/bridge/texts.h"
#include "ui/explore/filmstrip.h"
#include "ui/widgets/message_bar.h"

using namespace dinoscope;

namespace {

OptionValues onCpu() {
    OptionValues common(api::commonOptions());
    common.set("device", std::string_view("cpu"));
    common.set("precision", std::string_view("fp32"));
    return common;
}

/// The workspace without the window around it, so that its threads are the test's.
struct Bench {
    QTemporaryDir folder;
    QSettings settings{folder.filePath(QStringLiteral("settings.ini")), QSettings::IniFormat};
    Recent pictures{settings, QStringLiteral("recent/pictures")};
    Recent models{settings, QStringLiteral("recent/models")};
    FakeDialogs dialogs;
    std::unique_ptr<JobRunner> engine = api::makeEngineRunner(1);
    ThreadRunner live{[] { api::prepareThread(1); }};
    CountingRunner files;
    QWidget window;  ///< owns the actions
    ExploreSession session{Runners{*engine, live, files}, onCpu()};
    ExploreWorkspace workspace{session, dialogs, pictures, models, &window};

    Bench() {
        workspace.setActive(true);
        ExploreSettings small = session.settings();
        small.size = InputSize::shorterSide(64);
        session.setSettings(small);
    }

    QString path(const char* name) const { return folder.filePath(QLatin1String(name)); }

    QString makePicture(const char* name) const {
        const QString file = path(name);
        writePng(file.toStdString(), Image(96, 64));
        return file;
    }

    /// Folders in folders, each with a text and none with a picture.
    QString makeFolderWithoutPictures() const {
        const QString top = path("texts");
        for (const char* inside : {"", "/a", "/a/b"}) {
            QDir().mkpath(top + QLatin1String(inside));
            QFile text(top + QLatin1String(inside) + QStringLiteral("/notes.txt"));
            if (!text.open(QIODevice::WriteOnly)) qFatal("the temporary folder cannot be written");
        }
        return top;
    }

    QString message() const {
        return workspace.findChild<MessageBar*>(QStringLiteral("messageBar"))->sentence();
    }

    /// All that the dialog offers.
    void exportInto(const QString& to) {
        workspace.actions().exportFiles->trigger();
        for (auto* dialog : workspace.findChildren<QDialog*>(QStringLiteral("exportDialog"))) {
            if (!dialog->isVisible()) continue;
            dialog->findChild<QLineEdit*>(QStringLiteral("exportFolder"))->setText(to);
            dialog->findChild<QCheckBox*>(QStringLiteral("exportRaw"))->setChecked(true);
            QTest::mouseClick(dialog->findChild<QPushButton*>(QStringLiteral("exportAccept")),
                              Qt::LeftButton);
        }
    }

    /// Until nothing is being computed, read or decoded: by events.
    [[nodiscard]] bool settle() {
        QSignalSpy activity(&workspace, &Workspace::activityChanged);
        while (!workspace.isSettled()) {
            if (!activity.wait(30000)) return false;
        }
        QCoreApplication::processEvents();
        return workspace.isSettled() || settle();
    }
};

using Start = std::function<void(Bench&)>;

void beginFile(Bench& bench) {
    bench.workspace.openPictures({bench.makePicture("cat.png")});
}

void beginPaste(Bench& bench) {
    bench.workspace.openPicture(QImage(80, 64, QImage::Format_RGB32), QStringLiteral("Pasted picture"));
}

void beginFolder(Bench& bench) {
    QDir().mkpath(bench.path("trip"));
    bench.makePicture("trip/1.png");
    bench.workspace.openFolder(bench.path("trip"));
}

/// The first file that is only a part of one; empty where all are whole.
QString halfWrittenIn(const QString& folder) {
    for (const QFileInfo& file : QDir(folder).entryInfoList(QDir::Files | QDir::Hidden)) {
        const bool picture = file.suffix() == QLatin1String("png");
        if (file.fileName().startsWith(QLatin1Char('.')) || (picture && QImage(file.filePath()).isNull()))
            return file.fileName();
    }
    return {};
}

}  // namespace

class ExploreJobsTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { bench_ = std::make_unique<Bench>(); }
    void cleanup() { bench_.reset(); }

    void whatOneWaitsForCanBeStopped_data() {
        QTest::addColumn<Start>("start");
        QTest::newRow("reading a file") << Start(beginFile);
        QTest::newRow("reading what was pasted") << Start(beginPaste);
        QTest::newRow("looking through a folder") << Start(beginFolder);
    }

    void whatOneWaitsForCanBeStopped() {
        QFETCH(Start, start);
        // Ahead of it, so that it lasts: a job that goes on only once it is cancelled.
        const auto ahead = bench_->files.submit({.name = "ahead", .run = [](JobControl& control) {
                                                     control.pause();
                                                     control.poll();
                                                 }});
        QAction& stop = *bench_->workspace.actions().cancel;
        QSignalSpy told(&bench_->session.jobs(), &JobBridge::progressChanged);
        start(*bench_);
        QVERIFY(!stop.isEnabled());
        QVERIFY(told.wait(10000));
        QVERIFY(stop.isEnabled());
        stop.trigger();
        ahead->cancel();
        QVERIFY(bench_->settle());
        QVERIFY(!stop.isEnabled());
        QVERIFY(!bench_->session.picture());
        QVERIFY2(bench_->message().isEmpty(), qPrintable(bench_->message()));
    }

    void whatWasCancelledWhileItWasReadIsNotOpened_data() {
        QTest::addColumn<Start>("start");
        QTest::newRow("a file") << Start(beginFile);
        QTest::newRow("a paste") << Start(beginPaste);
    }

    void whatWasCancelledWhileItWasReadIsNotOpened() {
        QFETCH(Start, start);
        int poll = 0;
        do {
            QVERIFY(!bench_->session.picture());
            bench_->files.cancelAt(++poll);
            start(*bench_);
            QVERIFY(bench_->settle());
        } while (bench_->files.polls() == poll);
        // The first one that was not cancelled: one poll between decoding and halving, one behind both.
        QVERIFY(bench_->session.picture());
        QCOMPARE(bench_->files.polls(), 2);
    }

    void aFolderIsLookedThroughInSmallSteps() {
        const QString folder = bench_->makeFolderWithoutPictures();
        bench_->workspace.openFolder(folder);
        QVERIFY(bench_->settle());
        QVERIFY2(bench_->message().contains(QStringLiteral("no picture")), qPrintable(bench_->message()));
        const int polls = bench_->files.polls();
        QCOMPARE(polls, 5 + 1);  // three texts, two folders, and the end
        for (int poll = 1; poll <= polls; ++poll) {
            bench_->files.cancelAt(poll);
            bench_->workspace.openFolder(folder);
            QVERIFY(bench_->settle());
            QCOMPARE(bench_->files.polls(), poll);
            QVERIFY2(bench_->message().isEmpty(), qPrintable(bench_->message()));
        }
    }

    void severalFoldersAndPicturesBecomeOneList() {
        for (const char* folder : {"one", "two"})
            QDir().mkpath(bench_->path(folder));
        const QStringList inside{bench_->makePicture("one/1.png"), bench_->makePicture("two/2.png")};
        const QString beside = bench_->makePicture("cat.png");
        // What is named twice is there once.
        bench_->workspace.openFolders({bench_->path("one"), bench_->path("two"), bench_->path("one")},
                                      {beside, beside});
        QVERIFY(bench_->settle());
        QCOMPARE(bench_->workspace.findChild<Filmstrip*>()->files(), QStringList{beside} + inside);
        QCOMPARE(bench_->session.picture()->file, beside);
    }

    /// A folder that takes long to look through must not take away what was opened meanwhile.
    void whatWasOpenedAfterAFolderStays() {
        beginFolder(*bench_);
        const QString file = bench_->makePicture("cat.png");
        bench_->workspace.openPictures({file});
        QVERIFY(bench_->settle());
        QCOMPARE(bench_->session.picture()->file, file);
        QVERIFY(bench_->workspace.findChild<Filmstrip*>()->files().isEmpty());
    }

    void attentionToAPictureThatWasSeenBeforeIsKept() {
        showAttention();
        const auto first = bench_->session.field();
        const QString file = bench_->session.picture()->file;
        bench_->workspace.openPictures({bench_->makePicture("other.png")});
        QVERIFY(bench_->settle());
        QVERIFY(bench_->session.field() && bench_->session.field() != first);
        bench_->workspace.openPictures({file});
        QVERIFY(bench_->settle());
        QCOMPARE(bench_->session.field(), first);
        writePng(file.toStdString(), Image(128, 64));  // under the same name
        bench_->workspace.openPictures({file});
        QVERIFY(bench_->settle());
        QVERIFY(bench_->session.field() != first);
        QCOMPARE(bench_->session.picture()->image->width, 128);
    }

    void onlyWhatWasOpenedIsAmongTheRecentOnes() {
        QDir().mkpath(bench_->path("trip"));
        for (const char* name : {"trip/1.png", "trip/2.png", "trip/3.png"})
            bench_->makePicture(name);
        bench_->workspace.openFolder(bench_->path("trip"));
        QVERIFY(bench_->settle());
        for (int i = 0; i < 2; ++i) {
            bench_->workspace.actions().next->trigger();
            QVERIFY(bench_->settle());
        }
        QCOMPARE(bench_->session.picture()->name, QStringLiteral("3.png"));
        QCOMPARE(bench_->pictures.paths(), (QStringList{bench_->path("trip/1.png"), bench_->path("trip")}));
    }

    void aFolderWhoseListingWasCancelledIsNotOpened() {
        bench_->files.cancelAt(2);  // after its only picture was found
        beginFolder(*bench_);
        QVERIFY(bench_->settle());
        QVERIFY(!bench_->session.picture());
        QVERIFY(bench_->workspace.findChild<Filmstrip*>()->files().isEmpty());
        QVERIFY(bench_->pictures.paths().isEmpty());
    }

    void aCopyThatWasCancelledLeavesTheClipboard() {
        showAttention();
        QGuiApplication::clipboard()->setText(QStringLiteral("before"));
        bench_->files.cancelAt(1);
        bench_->workspace.actions().copyPicture->trigger();
        QVERIFY(bench_->settle());
        QCOMPARE(bench_->files.polls(), 1);
        QCOMPARE(QGuiApplication::clipboard()->text(), QStringLiteral("before"));
        bench_->files.cancelAt(0);
        bench_->workspace.actions().copyPicture->trigger();
        QVERIFY(bench_->settle());
        QCOMPARE(QGuiApplication::clipboard()->image().size(), QSize(96, 64));
    }

    void anExportThatIsStoppedLeavesNothingHalfWrittenAndSaysSo() {
        showAttention();
        int poll = 0;
        do {
            const QString folder = bench_->path("out") + QString::number(++poll);
            bench_->files.cancelAt(poll);
            bench_->exportInto(folder);
            QVERIFY(bench_->settle());
            QCOMPARE(halfWrittenIn(folder), QString());
            QVERIFY2(bench_->workspace.actions().exportFiles->isEnabled(), qPrintable(bench_->message()));
        } while (bench_->message() == exportStoppedText());
        QVERIFY2(bench_->message().startsWith(QStringLiteral("Wrote ")), qPrintable(bench_->message()));
        QVERIFY(poll > 3);  // after the view, among the heads, before the numbers
    }

private:
    /// A picture with the attention of an untrained network.
    void showAttention() {
        api::ModelSource source;
        source.arch = "vit_tiny";
        bench_->workspace.openModel(source);
        beginFile(*bench_);
        QVERIFY(bench_->settle());
        QVERIFY(bench_->session.map().heads > 0);
    }

    std::unique_ptr<Bench> bench_;
};

QTEST_MAIN(ExploreJobsTest)
#include "explore_jobs_test.moc"
