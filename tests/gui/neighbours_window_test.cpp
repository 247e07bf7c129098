#include <QAction>
#include <QComboBox>
#include <QDir>
#include <QDoubleSpinBox>
#include <QFile>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QTest>
#include <QToolButton>
#include <filesystem>

#include "tests/gui/neighbours_fixture.h"
#include "ui/neighbours/build_dialog.h"
#include "ui/neighbours/duplicates_page.h"
#include "ui/neighbours/item_model.h"
#include "ui/screenshot.h"

using namespace dinoscope;

namespace {

void copyFolder(const QString& from, const QString& to) {
    std::filesystem::copy(from.toStdString(), to.toStdString(), std::filesystem::copy_options::recursive);
}

}  // namespace

class NeighboursWindowTest : public NeighboursFixture {
    Q_OBJECT

private:
    QString placement() { return fixture_->find<ElidedLabel>("placement").text(); }
    void chooseHeads(int heads) {
        auto& choice = fixture_->find<QComboBox>("headsChoice");
        choice.setCurrentIndex(choice.findData(heads));
        QTest::mouseClick(&fixture_->find<QPushButton>("headsAccept"), Qt::LeftButton);
        QVERIFY(fixture_->settle());
    }

private Q_SLOTS:
    void initTestCase() { buildGallery(); }
    void init() { open(); }
    void cleanup() { close(); }
    void cleanupTestCase() { removeGallery(); }

    void theSwitcherShowsOneWorkspaceAndItsMenus() {
        QCOMPARE(fixture_->window->workspace().key(), QStringLiteral("explore"));
        QTest::mouseClick(&fixture_->find<QToolButton>("switch-neighbours"), Qt::LeftButton);
        QCOMPARE(fixture_->window->workspace().key(), QStringLiteral("neighbours"));
        QVERIFY(workspace().isVisible());
        QVERIFY(action("actionOpenGallery").isEnabled());
        QVERIFY(!action("actionOpenWeights").isEnabled());
        QVERIFY(QTest::qWaitForWindowActive(fixture_->window.get()));
        QTest::keyClick(fixture_->window.get(), Qt::Key_1, Qt::AltModifier);
        QVERIFY(fixture_->window->explore().isVisible());
        QVERIFY(!action("actionOpenGallery").isEnabled());
        QVERIFY(action("actionOpenWeights").isEnabled());
    }

    void thereIsSomethingToDoBeforeThereIsAGallery() {
        fixture_->window->setWorkspace(QStringLiteral("neighbours"));
        QVERIFY(fixture_->find<QWidget>("neighboursStart").isVisible());
        fixture_->dialogs.folder = built_->gallery();
        QTest::mouseClick(&fixture_->find<QPushButton>("startOpen"), Qt::LeftButton);
        QVERIFY(fixture_->settle());
        QVERIFY(grid().isVisible());
        QCOMPARE(grid().model()->rowCount(), kPictures);
    }

    void aGalleryNamedAsAnArgumentShowsAllItsPictures() {
        openGallery();
        QCOMPARE(fixture_->window->workspace().key(), QStringLiteral("neighbours"));
        QCOMPARE(grid().model()->rowCount(), kPictures);
        QCOMPARE(textOf(0), QStringLiteral("blue"));
        QCOMPARE(textOf(kPictures - 1), QStringLiteral("red"));
        QVERIFY(!grid().model()->index(0, 0).data(ThumbnailGrid::PictureRole).value<QImage>().isNull());
        QVERIFY(fixture_->find<ElidedLabel>("galleryName").text().contains(QStringLiteral("12 pictures")));
    }

    void aGalleryIsBuiltFromTheDialogAndThenOpened() {
        fixture_->window->setWorkspace(QStringLiteral("neighbours"));
        QFile bad(fixture_->path(QStringLiteral("bad.png")));
        makePictures(fixture_->path(QStringLiteral("mine")));
        QFile::copy(SOURCE_DIR "/README.md", fixture_->path(QStringLiteral("mine/red/broken.jpg")));
        api::ModelSource tiny;
        tiny.arch = "vit_tiny";
        tiny.patchSize = 16;
        workspace().setOfferedModel(tiny);
        workspace().openFolder(fixture_->path(QStringLiteral("mine")));
        auto& dialog = fixture_->find<BuildDialog>("buildDialog");
        dialog.findChild<QLineEdit*>("buildGallery")->setText(fixture_->path(QStringLiteral("built")));
        QTest::mouseClick(dialog.findChild<QPushButton*>("buildAccept"), Qt::LeftButton);
        QVERIFY(session().building());
        QVERIFY(!action("actionBuildGallery").isEnabled());
        QVERIFY(fixture_->settle());
        QVERIFY(session().gallery());
        QCOMPARE(grid().model()->rowCount(), kPictures);
        QVERIFY2(message().contains(QStringLiteral("12 added")), qPrintable(message()));
        QVERIFY(message().contains(QStringLiteral("1 could not be read")));
        clickRemedy();
        auto* list = fixture_->window->findChild<QPlainTextEdit*>("skippedList");
        QVERIFY(list && list->toPlainText().contains(QStringLiteral("broken.jpg")));
    }

    void aSecondGalleryIsNotBuiltBesideTheFirstAndThatIsTold() {
        fixture_->window->setWorkspace(QStringLiteral("neighbours"));
        makePictures(fixture_->path(QStringLiteral("mine")));
        session().build(fixture_->path(QStringLiteral("mine")),
                        smallOptions(fixture_->path(QStringLiteral("built"))));
        workspace().openFolder(fixture_->path(QStringLiteral("mine")));
        QVERIFY2(message().contains(QStringLiteral("wait for it")), qPrintable(message()));
        QVERIFY(!fixture_->window->findChild<BuildDialog*>("buildDialog"));
        session().build(fixture_->path(QStringLiteral("mine")),
                        smallOptions(fixture_->path(QStringLiteral("second"))));
        QVERIFY2(message().contains(QStringLiteral("another gallery is being built")), qPrintable(message()));
        QVERIFY(fixture_->settle());
        QVERIFY(session().gallery());
        QVERIFY(!QFile::exists(fixture_->path(QStringLiteral("second"))));
    }

    void ofSeveralFoldersTheFirstIsTakenAndTheOthersAreTold() {
        fixture_->window->setWorkspace(QStringLiteral("neighbours"));
        for (const char* folder : {"one", "two"})
            makePictures(fixture_->path(QLatin1String(folder)));
        fixture_->window->openPaths(
            {fixture_->path(QStringLiteral("one")), fixture_->path(QStringLiteral("two"))});
        QCOMPARE(fixture_->window->findChildren<BuildDialog*>("buildDialog").size(), 1);
        QVERIFY2(message().contains(QStringLiteral("of 2 the first counts")), qPrintable(message()));
    }

    void aBuildIsPausedGoesOnAndIsStopped() {
        fixture_->window->setWorkspace(QStringLiteral("neighbours"));
        makePictures(fixture_->path(QStringLiteral("mine")));
        session().build(fixture_->path(QStringLiteral("mine")),
                        smallOptions(fixture_->path(QStringLiteral("built"))));
        action("actionPauseBuild").trigger();
        QVERIFY(session().state().paused);
        QVERIFY(action("actionPauseBuild").isChecked());
        action("actionPauseBuild").trigger();
        QVERIFY(!session().state().paused);
        action("actionStopBuild").trigger();
        QVERIFY(fixture_->settle());
        QVERIFY(!session().building());
        QVERIFY(action("actionBuildGallery").isEnabled());
        // What was begun goes on where it was.
        session().build(fixture_->path(QStringLiteral("mine")),
                        smallOptions(fixture_->path(QStringLiteral("built"))));
        QVERIFY(fixture_->settle());
        QCOMPARE(session().gallery()->size(), std::int64_t(kPictures));
    }

    void anEmptyFolderIsToldAndNothingOpened() {
        fixture_->window->setWorkspace(QStringLiteral("neighbours"));
        QDir().mkpath(fixture_->path(QStringLiteral("empty")));
        session().build(fixture_->path(QStringLiteral("empty")),
                        smallOptions(fixture_->path(QStringLiteral("built"))));
        QVERIFY(fixture_->settle());
        QVERIFY2(message().contains(QStringLiteral("empty")), qPrintable(message()));
        QVERIFY(!session().gallery());
    }

    void anotherModelIsRefusedByNameAndTheGallerysOwnOffered() {
        openGallery();
        api::ModelSource other;
        other.arch = "vit_tiny";
        other.patchSize = 16;
        other.seed = 7;
        session().setModel(other);
        QVERIFY(fixture_->settle());
        QVERIFY2(message().contains(QStringLiteral("vit_tiny")), qPrintable(message()));
        fixture_->window->openPaths({fixture_->makePicture(QStringLiteral("cat.png"))});
        QVERIFY(fixture_->settle());
        QVERIFY(session().results().empty());
        QCOMPARE(messageBar().findChild<QToolButton*>("messageAction")->text(),
                 QStringLiteral("Use the gallery's model"));
        clickRemedy();
        QVERIFY(fixture_->settle());
        QVERIFY2(message().isEmpty(), qPrintable(message()));
        QCOMPARE(session().results().size(), std::size_t(kPictures));
    }

    void theStatusBarTellsTheGallerysModelAndWhereItComputes() {
        fixture_->loadTinyModel();
        OptionValues options = smallOptions(fixture_->path(QStringLiteral("built")), 8);
        options.set("precision", std::string_view("bf16"));
        makePictures(fixture_->path(QStringLiteral("mine")));
        session().build(fixture_->path(QStringLiteral("mine")), options);
        QVERIFY(fixture_->settle());
        QCOMPARE(placement(), QStringLiteral("CPU · fp32"));  // Explore's
        fixture_->window->setWorkspace(QStringLiteral("neighbours"));
        QCOMPARE(placement(), QStringLiteral("Untrained ViT-Ti/8 · CPU · bf16"));
        action("actionEvaluate").trigger();
        QVERIFY(!fixture_->find<ElidedLabel>("placement").isVisible());
        action("actionBrowse").trigger();
        openGallery();
        QCOMPARE(placement(), QStringLiteral("Untrained ViT-Ti/16 · CPU · fp32"));
        fixture_->window->setWorkspace(QStringLiteral("explore"));
        QCOMPARE(placement(), QStringLiteral("CPU · fp32"));
    }

    void theNumberOfHeadsIsAskedForBeforeAGalleryIsBuilt() {
        fixture_->window->setWorkspace(QStringLiteral("neighbours"));
        makePictures(fixture_->path(QStringLiteral("mine")));
        OptionValues options = smallOptions(fixture_->path(QStringLiteral("built")));
        options.set("weights", std::string_view(GOLDEN_DIR "/families/mae_encoder.pth"));
        for (const char* key : {"arch", "patch-size"})
            options.reset(key);
        session().build(fixture_->path(QStringLiteral("mine")), options);
        QVERIFY(fixture_->settle());
        QVERIFY(!session().gallery());
        chooseHeads(2);
        QVERIFY2(session().gallery(), qPrintable(message()));
        QCOMPARE(session().gallery()->info().model.headsPerLayer, 2);
    }

    void theNumberOfHeadsIsAskedForOfChosenWeights() {
        openGallery();
        fixture_->dialogs.files = {QStringLiteral(GOLDEN_DIR "/families/mae_encoder.pth")};
        action("actionChooseWeights").trigger();
        QVERIFY(fixture_->settle());
        QVERIFY2(message().isEmpty(), qPrintable(message()));
        chooseHeads(2);
        QVERIFY2(message().contains(QStringLiteral("mae_encoder.pth")), qPrintable(message()));  // another's
    }

    void aMovedFolderIsToldAndRelocated() {
        copyFolder(built_->pictures(), fixture_->path(QStringLiteral("before")));
        session().build(fixture_->path(QStringLiteral("before")),
                        smallOptions(fixture_->path(QStringLiteral("built"))));
        QVERIFY(fixture_->settle());
        QVERIFY(
            QDir().rename(fixture_->path(QStringLiteral("before")), fixture_->path(QStringLiteral("after"))));
        fixture_->window->openPaths({fixture_->path(QStringLiteral("built"))});
        QVERIFY(fixture_->settle());
        QVERIFY2(message().contains(QStringLiteral("before")), qPrintable(message()));
        QVERIFY(!action("actionOpenInExplore").isEnabled());
        ask(0);  // items need no files
        QCOMPARE(session().results().size(), std::size_t(kPictures - 1));
        fixture_->dialogs.folder = fixture_->path(QStringLiteral("after"));
        clickRemedy();
        QVERIFY(fixture_->settle());
        QVERIFY2(message().isEmpty(), qPrintable(message()));
        QVERIFY(!session().gallery()->info().sourceMissing);
    }

    void whatIsNoGalleryIsRefused() {
        fixture_->window->setWorkspace(QStringLiteral("neighbours"));
        fixture_->dialogs.folder = built_->pictures();
        action("actionOpenGallery").trigger();
        QVERIFY(fixture_->settle());
        QVERIFY(message().contains(QStringLiteral("is no gallery")));
    }

    void nearDuplicatesAreListedInGroups() {
        makePictures(fixture_->path(QStringLiteral("mine")));
        QFile::copy(fixture_->path(QStringLiteral("mine/red/0.png")),
                    fixture_->path(QStringLiteral("mine/red/copy.png")));
        session().build(fixture_->path(QStringLiteral("mine")),
                        smallOptions(fixture_->path(QStringLiteral("built"))));
        fixture_->window->setWorkspace(QStringLiteral("neighbours"));
        QVERIFY(fixture_->settle());
        fixture_->find<QDoubleSpinBox>("duplicateThreshold").setValue(0.999);
        action("actionFindDuplicates").trigger();
        QVERIFY(fixture_->settle());
        auto& page = fixture_->find<DuplicatesPage>("duplicatesPage");
        QVERIFY(page.isVisible());
        QVERIFY(page.model().rowCount() >= 2);
        page.grid().setCurrentIndex(page.model().index(0));
        QTest::keyClick(&page.grid(), Qt::Key_Return);
        QVERIFY(fixture_->settle());
        QVERIFY(grid().isVisible());
        QVERIFY(session().results().front().similarity > 0.99F);
    }

    void theWorkspaceAndItsSettingsAreRemembered() {
        openGallery();
        fixture_->find<QSpinBox>("k").setValue(7);
        fixture_->window->close();
        QSettings settings(fixture_->path(QStringLiteral("settings.ini")), QSettings::IniFormat);
        QCOMPARE(settings.value(QStringLiteral("window/workspace")).toString(), QStringLiteral("neighbours"));
        QCOMPARE(settings.value(QStringLiteral("neighbours/k")).toInt(), 7);
        QVERIFY(
            settings.value(QStringLiteral("recent/galleries")).toStringList().contains(built_->gallery()));
    }

    void aScreenshotWaitsForResultsAndThumbnails() {
        fixture_->window->openPaths({built_->gallery(), fixture_->makePicture(QStringLiteral("cat.png"))});
        Screenshot screenshot(*fixture_->window, fixture_->path(QStringLiteral("shot.png")).toStdString());
        QSignalSpy finished(&screenshot, &Screenshot::finished);
        QVERIFY(finished.wait(30000));
        QCOMPARE(finished.first().first().toString(), QString());
        QCOMPARE(session().results().size(), std::size_t(kPictures));
        QVERIFY(!grid().model()->index(0, 0).data(ThumbnailGrid::PictureRole).value<QImage>().isNull());
        QVERIFY(QFile::exists(fixture_->path(QStringLiteral("shot.png"))));
    }
};

QTEST_MAIN(NeighboursWindowTest)
#include "neighbours_window_test.moc"
