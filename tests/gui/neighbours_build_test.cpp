#include <QAction>
#include <QComboBox>
#include <QFile>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QScopeGuard>
#include <QSemaphore>
#include <QSignalSpy>
#include <QTest>
#include <QToolButton>
#include <filesystem>

#include "tests/gui/neighbours_fixture.h"
#include "ui/neighbours/build_dialog.h"

using namespace dinoscope;

namespace {

constexpr int kPatience = 30'000;  // ms
/// Of 257 tokens each: the network takes them in several batches, a few of them with those read last.
constexpr int kMany = 31;

void writeBytes(const QString& name, const QByteArray& bytes) {
    QFile file(name);
    if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size())
        qFatal("cannot write %s", qPrintable(name));
}

/// And one that cannot be read, the last.
void makeManyPictures(const QString& folder) {
    QDir().mkpath(folder);
    for (int i = 0; i < kMany; ++i) {
        writePng(QStringLiteral("%1/%2.png").arg(folder).arg(i).toStdString(),
                 makeClassPicture(i % 2 == 0, i));
    }
    writeBytes(folder + QStringLiteral("/z.jpg"), "this is not a picture");
}

OptionValues manyOptions(const QString& gallery) {
    OptionValues options = smallOptions(gallery);
    for (const char* key : {"resize", "crop"})
        options.set(key, OptionValue(std::int64_t(256)));
    return options;
}

}  // namespace

/// Galleries that are built, stopped, damaged and mended from the window.
class NeighboursBuildTest : public NeighboursFixture {
    Q_OBJECT

private:
    QString path(const char* name) const { return fixture_->path(QLatin1String(name)); }
    JobRunner& engine() { return session().runners().engine; }

    /// An interactive job, which runs between the units of a long one, and while that is paused.
    bool passThroughEngine() {
        auto passed = std::make_shared<QSemaphore>();
        engine().submit({.run = [passed](JobControl&) { passed->release(); }});
        return passed->tryAcquire(1, kPatience);
    }

    /// The dialog for the pictures in "mine", which are made.
    BuildDialog& dialogFor(const QString& gallery) {
        workspace().openFolder(path("mine"));
        auto& dialog = fixture_->find<BuildDialog>("buildDialog");
        dialog.findChild<QLineEdit*>("buildGallery")->setText(gallery);
        return dialog;
    }

private Q_SLOTS:
    void initTestCase() { buildGallery(); }
    void init() {
        open();
        fixture_->window->setWorkspace(QStringLiteral("neighbours"));
    }
    void cleanup() { close(); }
    void cleanupTestCase() { removeGallery(); }

    void aPausedBuildStandsStillAndAStoppedOneGoesOnFromWhatItFinished() {
        makeManyPictures(path("mine"));
        auto told = std::make_shared<QSemaphore>();
        auto goOn = std::make_shared<QSemaphore>();
        const auto end = qScopeGuard([goOn] { goOn->release(1000); });  // its thread must not wait for ever
        // The build begins when it is listened to.
        engine().submit({.run = [goOn](JobControl&) { goOn->acquire(); }});
        session().build(path("mine"), manyOptions(path("built")));
        const std::shared_ptr<JobControl> control = session().building()->control;
        control->setListener([told, goOn](const std::string&) {
            told->release();
            goOn->acquire();
        });
        goOn->release();
        // Of the picture that cannot be read: what was read with it is still to be computed.
        QVERIFY(told->tryAcquire(1, kPatience));
        action("actionPauseBuild").trigger();
        QVERIFY(session().state().paused);
        goOn->release();
        QVERIFY(passThroughEngine());
        const Progress paused = control->progress();
        QVERIFY(paused.done > 1 && paused.done < paused.total);
        // As often as a build that went on would have come by until its end, and more.
        for (int i = 0; i < 100; ++i)
            QVERIFY(passThroughEngine());
        QCOMPARE(control->progress().done, paused.done);
        QVERIFY(fixture_->find<ElidedLabel>("buildText").text().contains(QStringLiteral("paused")));

        action("actionStopBuild").trigger();
        QVERIFY(fixture_->settle());
        QVERIFY(!session().building());
        QVERIFY2(session().gallery(), qPrintable(message()));
        const std::int64_t kept = session().gallery()->size();
        QCOMPARE(kept, paused.done - 1);

        api::IndexReport report;
        const QObject scope;
        connect(&session(), &NeighboursSession::buildEnded, &scope,
                [&report](const api::IndexReport& ended) { report = ended; });
        session().build(path("mine"), manyOptions(path("built")));
        QVERIFY(fixture_->settle());
        QCOMPARE(report.unchanged, kept);
        QCOMPARE(report.added, kMany - kept);
        QCOMPARE(session().gallery()->size(), std::int64_t(kMany));
    }

    void theGalleryIsUsedWhileItsIndexIsBuilt() {
        makePictures(path("mine"));
        OptionValues options = smallOptions(path("built"));
        options.set("approximate-from", OptionValue(std::int64_t(4)));
        session().build(path("mine"), options);
        // Between the two steps, until it is cancelled.
        const auto between = engine().submit({.run =
                                                  [](JobControl& control) {
                                                      control.pause();
                                                      control.poll();
                                                  },
                                              .priority = JobPriority::Long});
        QSignalSpy opened(&session(), &NeighboursSession::galleryChanged);
        while (!session().gallery())
            QVERIFY2(opened.wait(kPatience), qPrintable(message()));
        QVERIFY(!session().gallery()->info().approximate);
        QVERIFY2(message().contains(QStringLiteral("12 added")), qPrintable(message()));
        QVERIFY(session().building());
        QVERIFY(session().building()->step == BuildState::Step::ApproximateIndex);
        QVERIFY(fixture_->find<ElidedLabel>("buildText").text().contains(QStringLiteral("search index")));
        QVERIFY(action("actionPauseBuild").isEnabled());
        QVERIFY(!action("actionUpdateGallery").isEnabled());
        QSignalSpy found(&session(), &NeighboursSession::resultsChanged);
        session().askItem(0);
        while (session().results().empty())
            QVERIFY2(found.wait(kPatience), qPrintable(message()));

        const std::shared_ptr<JobControl> control = session().building()->control;
        between->cancel();
        QVERIFY(fixture_->settle());
        QCOMPARE(control->progress().total, std::int64_t(kPictures));
        QVERIFY(!session().building());
        QVERIFY2(session().gallery()->info().approximate, qPrintable(message()));
        // The same gallery: one is where one was.
        QCOMPARE(session().place().query.item.value_or(-1), std::int64_t(0));
        QCOMPARE(session().results().size(), std::size_t(kPictures - 1));
    }

    void aDamagedGalleryIsToldAndRepaired_data() {
        QTest::addColumn<QString>("file");
        QTest::newRow("the database") << QStringLiteral("gallery.sqlite");
        QTest::newRow("the matrix") << QStringLiteral("features-1.bin");
    }

    void aDamagedGalleryIsToldAndRepaired() {
        QFETCH(QString, file);
        const QString gallery = path("copied");
        std::filesystem::copy(built_->gallery().toStdString(), gallery.toStdString(),
                              std::filesystem::copy_options::recursive);
        const QString damaged = gallery + QLatin1Char('/') + file;
        QVERIFY(QFile::exists(damaged));
        writeBytes(damaged, QByteArray(4096, 'x'));
        QSignalSpy failures(fixture_->window.get(), &MainWindow::failed);
        fixture_->window->openPaths({gallery});
        QVERIFY(fixture_->settle());
        QVERIFY(!session().gallery());
        QVERIFY2(message().contains(file), qPrintable(message()));
        QCOMPARE(int(failures.size()), 1);
        QCOMPARE(messageBar().findChild<QToolButton*>("messageAction")->text(), QStringLiteral("Repair it"));
        clickRemedy();
        QVERIFY(fixture_->settle());
        QVERIFY2(session().gallery(), qPrintable(message()));
        QCOMPARE(session().gallery()->size(), std::int64_t(kPictures));
        QCOMPARE(session().gallery()->info().damaged, std::int64_t(0));
        QVERIFY2(message().contains(QStringLiteral("12 pictures")), qPrintable(message()));
    }

    void missingPicturesAreForgottenOnceTheirNumberIsAgreedTo() {
        makePictures(path("mine"));
        session().build(path("mine"), smallOptions(path("built")));
        QVERIFY(fixture_->settle());
        const auto ask = [this] {
            action("actionForgetMissing").trigger();
            return fixture_->settle();
        };
        QVERIFY(ask());
        QVERIFY2(message().contains(QStringLiteral("No picture of this gallery is missing")),
                 qPrintable(message()));
        QVERIFY(fixture_->dialogs.asked.isEmpty());

        QVERIFY(QDir(path("mine/red")).removeRecursively());
        QVERIFY(ask());
        QVERIFY2(fixture_->dialogs.asked.startsWith(QStringLiteral("6 pictures of this gallery are not in")),
                 qPrintable(fixture_->dialogs.asked));
        fixture_->dialogs.reply(false);
        QVERIFY(fixture_->settle());
        QCOMPARE(session().gallery()->size(), std::int64_t(kPictures));

        fixture_->dialogs.answer = true;
        QVERIFY(ask());
        QVERIFY2(message().contains(QStringLiteral("6 forgotten")), qPrintable(message()));
        QCOMPARE(session().gallery()->size(), std::int64_t(kOfAClass));
    }

    void picturesThatAreAllMissingAreNotForgotten() {
        makePictures(path("mine"));
        session().build(path("mine"), smallOptions(path("built")));
        QVERIFY(fixture_->settle());
        for (const char* folder : {"mine/red", "mine/blue"})
            QVERIFY(QDir(path(folder)).removeRecursively());
        action("actionForgetMissing").trigger();
        QVERIFY(fixture_->settle());
        QVERIFY2(message().contains(QStringLiteral("none of the gallery's 12 images is there")),
                 qPrintable(message()));
        QCOMPARE(messageBar().findChild<QToolButton*>("messageAction")->text(),
                 QStringLiteral("Say where they are…"));
        QVERIFY(fixture_->dialogs.asked.isEmpty());
    }

    void aGalleryOnOtherTermsIsBroughtUpToDateOnThem() {
        makePictures(path("mine"));
        OptionValues options = smallOptions(path("built"));
        options.set("features", std::string_view("gem"));
        options.set("storage", std::string_view("bf16"));
        session().build(path("mine"), options);
        QVERIFY(fixture_->settle());
        QVERIFY2(session().gallery(), qPrintable(message()));
        writePng(path("mine/red/new.png").toStdString(), makeClassPicture(true, kOfAClass));

        auto& dialog = dialogFor(path("built"));
        auto* features = dialog.findChild<QComboBox*>("buildFeatures");
        auto* storage = dialog.findChild<QComboBox*>("buildStorage");
        QCOMPARE(features->currentText(), QStringLiteral("gem"));
        QCOMPARE(storage->currentText(), QStringLiteral("bf16"));
        QVERIFY(!features->isEnabled() && !storage->isEnabled());
        QVERIFY(!dialog.findChild<QLineEdit*>("buildWeights")->isEnabled());
        // Elsewhere there is none, and it is the person's choice.
        auto* gallery = dialog.findChild<QLineEdit*>("buildGallery");
        gallery->setText(path("other"));
        QCOMPARE(features->currentText(), QStringLiteral("cls"));
        QVERIFY(features->isEnabled() && storage->isEnabled());
        gallery->setText(path("built"));
        QTest::mouseClick(dialog.findChild<QPushButton*>("buildAccept"), Qt::LeftButton);
        QVERIFY(fixture_->settle());
        QVERIFY2(message().contains(QStringLiteral(": 1 added")), qPrintable(message()));
        QCOMPARE(session().gallery()->size(), std::int64_t(kPictures + 1));
        QVERIFY(session().gallery()->info().terms.kind == FeatureKind::Gem);
    }

    void aGalleryOfOtherPicturesIsNotOffered() {
        makePictures(path("mine"));
        auto& dialog = dialogFor(built_->gallery());
        auto* accept = dialog.findChild<QPushButton*>("buildAccept");
        QVERIFY(!accept->isEnabled());
        QVERIFY(dialog.findChild<QLabel*>("buildSummary")->text().contains(built_->pictures()));
        dialog.findChild<QLineEdit*>("buildGallery")->setText(path("built"));
        QVERIFY(accept->isEnabled());
    }
};

QTEST_MAIN(NeighboursBuildTest)
#include "neighbours_build_test.moc"
