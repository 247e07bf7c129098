#include <QAction>
#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QDialog>
#include <QDir>
#include <QDropEvent>
#include <QFile>
#include <QLabel>
#include <QLineEdit>
#include <QMimeData>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSlider>
#include <QSpinBox>
#include <QTest>
#include <QToolButton>
#include <QUrl>
#include <filesystem>
#include <future>

#include "engine/api/gallery.h"
#include "tests/gui/window_fixture.h"
#include "ui/neighbours/build_dialog.h"
#include "ui/neighbours/duplicates_page.h"
#include "ui/neighbours/item_model.h"
#include "ui/neighbours/neighbours_workspace.h"
#include "ui/screenshot.h"
#include "ui/widgets/bar_list.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/image_canvas.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/picture_card.h"
#include "ui/widgets/thumbnail_grid.h"

using namespace dinoscope;

namespace {

constexpr int kOfAClass = 6;
constexpr int kPictures = 2 * kOfAClass;

/// Blue squares and red stripes: even an untrained network tells them apart.
Image makeClassPicture(bool red, int variant) {
    Image image(96, 64);
    for (int y = 0; y < image.height; ++y) {
        for (int x = 0; x < image.width; ++x) {
            const bool on = red ? (x + 3 * variant) / 8 % 2 == 0 : ((x / 16 + y / 16 + variant) % 2 == 0);
            image.at(x, y)[red ? 0 : 2] = std::uint8_t(on ? 230 : 40 + 6 * variant);
            image.at(x, y)[1] = std::uint8_t(red ? 10 * variant : 60 + 4 * variant);
        }
    }
    return image;
}

/// Twelve pictures in two class folders, "blue" before "red".
void makePictures(const QString& folder) {
    for (const bool red : {false, true}) {
        const QString name = folder + (red ? QStringLiteral("/red") : QStringLiteral("/blue"));
        QDir().mkpath(name);
        for (int i = 0; i < kOfAClass; ++i) {
            writePng(QStringLiteral("%1/%2.png").arg(name).arg(i).toStdString(), makeClassPicture(red, i));
        }
    }
}

OptionValues smallOptions(const QString& gallery, int patch = 16) {
    OptionValues options(api::indexOptions());
    options.set("device", std::string_view("cpu"));
    options.set("precision", std::string_view("fp32"));
    options.set("weights", std::string_view("untrained"));
    options.set("arch", std::string_view("vit_tiny"));
    options.set("patch-size", OptionValue(std::int64_t(patch)));
    options.set("resize", OptionValue(std::int64_t(64)));
    options.set("crop", OptionValue(std::int64_t(64)));
    options.set("gallery", OptionValue(gallery.toStdString()));
    return options;
}

/// Built once for all tests, which copy it.
class BuiltOnce {
public:
    BuiltOnce() {
        makePictures(folder_.filePath(QStringLiteral("pictures")));
        const auto runner = api::makeEngineRunner(1);
        std::promise<JobResult> ended;
        Job job;
        job.run = [this](JobControl& control) {
            api::index(folder_.filePath(QStringLiteral("pictures")).toStdString(),
                       smallOptions(folder_.filePath(QStringLiteral("gallery"))), control);
        };
        job.finished = [&ended](const JobResult& result) { ended.set_value(result); };
        runner->submit(std::move(job));
        const JobResult result = ended.get_future().get();
        if (result.outcome != JobOutcome::Done) qFatal("the gallery was not built: %s", result.error->what());
    }

    QString pictures() const { return folder_.filePath(QStringLiteral("pictures")); }
    QString gallery() const { return folder_.filePath(QStringLiteral("gallery")); }

private:
    QTemporaryDir folder_;
};

void copyFolder(const QString& from, const QString& to) {
    std::filesystem::copy(from.toStdString(), to.toStdString(), std::filesystem::copy_options::recursive);
}

}  // namespace

class NeighboursWindowTest : public QObject {
    Q_OBJECT

private:
    std::unique_ptr<BuiltOnce> built_;
    std::unique_ptr<WindowFixture> fixture_;

    NeighboursWorkspace& workspace() { return fixture_->window->neighbours(); }
    NeighboursSession& session() { return workspace().session(); }
    ThumbnailGrid& grid() { return fixture_->find<ThumbnailGrid>("neighbourGrid"); }
    QAction& action(const char* name) { return fixture_->find<QAction>(name); }
    MessageBar& messageBar() { return fixture_->find<MessageBar>("neighboursMessage"); }
    QString message() { return messageBar().sentence(); }
    QString status() { return fixture_->find<ElidedLabel>("status").text(); }
    QString textOf(int row) { return grid().model()->index(row, 0).data().toString(); }

    void clickRemedy() {
        QTest::mouseClick(messageBar().findChild<QToolButton*>("messageAction"), Qt::LeftButton);
    }

    void openGallery() {
        fixture_->window->openPaths({built_->gallery()});
        QVERIFY(fixture_->settle());
        QVERIFY2(session().gallery(), qPrintable(message()));
    }

    void ask(int row) {
        grid().setCurrentIndex(grid().model()->index(row, 0));
        QTest::keyClick(&grid(), Qt::Key_Return);
        QVERIFY(fixture_->settle());
    }

private Q_SLOTS:
    void initTestCase() { built_ = std::make_unique<BuiltOnce>(); }
    void init() { fixture_ = std::make_unique<WindowFixture>(); }
    void cleanup() { fixture_.reset(); }
    void cleanupTestCase() { built_.reset(); }

    void theSwitcherShowsOneWorkspaceAndItsMenus() {
        QCOMPARE(fixture_->window->workspace().key(), QStringLiteral("explore"));
        QTest::mouseClick(&fixture_->find<QToolButton>("switch-neighbours"), Qt::LeftButton);
        QCOMPARE(fixture_->window->workspace().key(), QStringLiteral("neighbours"));
        QVERIFY(workspace().isVisible());
        QVERIFY(action("actionOpenGallery").isEnabled());
        QVERIFY(!action("actionOpenWeights").isEnabled());
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

    void anItemFindsThoseOfItsClassAndNotItself() {
        openGallery();
        ask(0);
        QCOMPARE(session().results().size(), std::size_t(kPictures - 1));
        for (int row = 0; row < kOfAClass - 1; ++row)
            QCOMPARE(textOf(row), QStringLiteral("blue"));
        for (const Neighbour& each : session().results())
            QVERIFY(each.row != 0);
        QVERIFY2(status().contains(QStringLiteral("0.png")), qPrintable(status()));
        QVERIFY(fixture_->find<PictureCard>("queryCard").hasPicture());
        QVERIFY(fixture_->find<PictureCard>("selectedCard").hasPicture());
    }

    void kAndThresholdCutTheResultsWithoutAnotherForward() {
        openGallery();
        ask(0);
        fixture_->find<QSpinBox>("k").setValue(5);
        QVERIFY(fixture_->settle());
        QCOMPARE(grid().model()->rowCount(), 5);
        QCOMPARE(session().votes().size(), std::size_t(1));
        QCOMPARE(session().votes().front().label, std::string("blue"));
        QCOMPARE(fixture_->find<BarList>("votes").bars().front().name, QStringLiteral("blue"));
        fixture_->find<QSlider>("kSlider").setValue(kSliderSteps);
        QVERIFY(fixture_->settle());
        QCOMPARE(grid().model()->rowCount(), kPictures - 1);
        QCOMPARE(session().votes().size(), std::size_t(2));
        fixture_->find<QSlider>("thresholdSlider").setValue(100);
        QVERIFY(fixture_->settle());
        QVERIFY(grid().model()->rowCount() < kPictures - 1);
    }

    void theTrailGoesBackAndForward() {
        openGallery();
        ask(0);
        const auto first = session().results();
        ask(2);
        QVERIFY(!(session().results() == first));
        const auto second = session().results();
        QTest::keyClick(fixture_->window.get(), Qt::Key_Left, Qt::AltModifier);
        QVERIFY(fixture_->settle());
        QCOMPARE(session().results(), first);
        QCOMPARE(grid().currentIndex().row(), 2);  // where one left it
        QTest::keyClick(fixture_->window.get(), Qt::Key_Right, Qt::AltModifier);
        QVERIFY(fixture_->settle());
        QCOMPARE(session().results(), second);
        QTest::keyClick(&grid(), Qt::Key_Escape);
        QVERIFY(fixture_->settle());
        QCOMPARE(grid().model()->rowCount(), kPictures);
        QVERIFY(action("actionBack").isEnabled());
    }

    void aFileIsLookedForAndLeavesItselfOut() {
        openGallery();
        fixture_->window->openPaths({built_->pictures() + QStringLiteral("/red/3.png")});
        QVERIFY(fixture_->settle());
        QVERIFY2(message().isEmpty(), qPrintable(message()));
        QCOMPARE(session().results().size(), std::size_t(kPictures - 1));
        for (int row = 0; row < kOfAClass - 1; ++row)
            QCOMPARE(textOf(row), QStringLiteral("red"));
    }

    void aPictureGivenBeforeTheGalleryWaitsForIt() {
        fixture_->window->setWorkspace(QStringLiteral("neighbours"));
        fixture_->window->openPaths({fixture_->makePicture(QStringLiteral("cat.png"))});
        QVERIFY(fixture_->settle());
        QVERIFY(message().contains(QStringLiteral("cat.png")));
        openGallery();
        QCOMPARE(session().results().size(), std::size_t(kPictures));
        QVERIFY(status().contains(QStringLiteral("cat.png")));
    }

    void aPasteAndADropAreLookedFor() {
        openGallery();
        QImage picture(80, 80, QImage::Format_RGB32);
        picture.fill(Qt::red);
        QGuiApplication::clipboard()->setImage(picture);
        QTest::keyClick(fixture_->window.get(), Qt::Key_V, Qt::ControlModifier);
        QVERIFY(fixture_->settle());
        QVERIFY(status().contains(QStringLiteral("Pasted picture")));
        QMimeData data;
        data.setUrls({QUrl::fromLocalFile(built_->pictures() + QStringLiteral("/blue/1.png"))});
        QDropEvent event({100, 100}, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(fixture_->window.get(), &event);
        QVERIFY(fixture_->settle());
        QVERIFY(status().contains(QStringLiteral("1.png")));
    }

    void aBadFileIsToldAndTheGalleryStays() {
        openGallery();
        QFile bad(fixture_->path(QStringLiteral("text.jpg")));
        QVERIFY(bad.open(QIODevice::WriteOnly));
        bad.write("this is not a picture");
        bad.close();
        fixture_->window->openPaths({bad.fileName()});
        QVERIFY(fixture_->settle());
        QVERIFY2(message().contains(QStringLiteral("text.jpg")), qPrintable(message()));
        ask(0);
        QCOMPARE(session().results().size(), std::size_t(0));  // no row is left to ask from
        QTest::keyClick(fixture_->window.get(), Qt::Key_Left, Qt::AltModifier);
        QVERIFY(fixture_->settle());
        QCOMPARE(grid().model()->rowCount(), kPictures);
    }

    void exploreAsksForItsPictureAPartAndTheMask() {
        openGallery();
        fixture_->window->setWorkspace(QStringLiteral("explore"));
        fixture_->loadTinyModel();
        fixture_->window->openPaths({fixture_->makePicture(QStringLiteral("dog.png"))});
        QVERIFY(fixture_->settle());
        QTest::keyClick(&fixture_->find<ImageCanvas>("canvas"), Qt::Key_N);
        QVERIFY(fixture_->settle());
        QCOMPARE(fixture_->window->workspace().key(), QStringLiteral("neighbours"));
        QCOMPARE(session().results().size(), std::size_t(kPictures));
        const auto whole = session().results();

        fixture_->window->setWorkspace(QStringLiteral("explore"));
        auto& canvas = fixture_->find<ImageCanvas>("canvas");
        action("actionNeighboursOfPart").trigger();
        QTest::mousePress(&canvas, Qt::LeftButton, {}, canvas.cellRect({0, 0}).topLeft().toPoint());
        QTest::mouseMove(&canvas, canvas.cellRect({2, 3}).bottomRight().toPoint());
        QTest::mouseRelease(&canvas, Qt::LeftButton, {}, canvas.cellRect({2, 3}).bottomRight().toPoint());
        QVERIFY(fixture_->settle());
        QCOMPARE(fixture_->window->workspace().key(), QStringLiteral("neighbours"));
        const auto& part = session().place().query.picture;
        QVERIFY(part && part->region);
        QCOMPARE(part->region->height(), 64);
        QVERIFY(std::abs(part->region->width() - 48) <= 1);
        QVERIFY(!(session().results() == whole));
        QVERIFY(!action("actionNeighboursOfPart").isChecked());

        fixture_->window->setWorkspace(QStringLiteral("explore"));
        QVERIFY(!action("actionNeighboursOfMask").isEnabled());
        action("actionMask").trigger();
        QVERIFY(fixture_->settle());
        action("actionNeighboursOfMask").trigger();
        QVERIFY(fixture_->settle());
        QVERIFY(session().place().query.picture->mask);
        QCOMPARE(session().results().size(), std::size_t(kPictures));
    }

    void aResultOpensInExploreWithItsAttention() {
        fixture_->loadTinyModel();
        openGallery();
        ask(0);
        action("actionOpenInExplore").trigger();
        QVERIFY(fixture_->settle());
        QCOMPARE(fixture_->window->workspace().key(), QStringLiteral("explore"));
        QVERIFY(fixture_->find<ImageCanvas>("canvas").hasOverlay());
        QVERIFY(fixture_->session().picture()->file.contains(QStringLiteral("/blue/")));
    }

    void pathsAreCopiedAndFilesRevealed() {
        openGallery();
        grid().setCurrentIndex(grid().model()->index(1, 0));
        action("actionCopyPath").trigger();
        const QString path = QGuiApplication::clipboard()->text();
        QVERIFY(path.endsWith(QStringLiteral("blue/1.png")));
        QVERIFY(QFile::exists(path));
        action("actionReveal").trigger();
        QCOMPARE(fixture_->dialogs.revealed, path);
    }

    void resultsAreExported_data() {
        QTest::addColumn<QString>("file");
        QTest::addColumn<const char*>("action");
        QTest::addColumn<QByteArray>("start");
        QTest::newRow("CSV") << QStringLiteral("list.csv") << "actionExportList"
                             << QByteArray("rank,path,similarity,label");
        QTest::newRow("JSON") << QStringLiteral("list.json") << "actionExportList" << QByteArray("{");
        QTest::newRow("PNG") << QStringLiteral("sheet.png") << "actionContactSheet" << QByteArray("\x89PNG");
        QTest::newRow("JPEG") << QStringLiteral("sheet.jpg") << "actionContactSheet"
                              << QByteArray("\xff\xd8");
    }

    void resultsAreExported() {
        QFETCH(QString, file);
        QFETCH(const char*, action);
        QFETCH(QByteArray, start);
        openGallery();
        ask(0);
        fixture_->dialogs.saved = fixture_->path(file);
        this->action(action).trigger();
        QVERIFY(fixture_->settle());
        QFile written(fixture_->dialogs.saved);
        QVERIFY2(written.open(QIODevice::ReadOnly), qPrintable(message()));
        QVERIFY(written.readAll().startsWith(start));
        QVERIFY(message().contains(file));
    }

    void aGalleryIsBuiltFromTheDialogAndThenOpened() {
        fixture_->window->setWorkspace(QStringLiteral("neighbours"));
        QFile bad(fixture_->path(QStringLiteral("bad.png")));
        makePictures(fixture_->path(QStringLiteral("mine")));
        QFile::copy(SOURCE_DIR "/README.md", fixture_->path(QStringLiteral("mine/red/broken.jpg")));
        workspace().setOfferedModel({.weights = "untrained", .arch = "vit_tiny", .patchSize = 16});
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
        fixture_->find<QDoubleSpinBox>("duplicateThreshold").setValue(1);
        action("actionFindDuplicates").trigger();
        QVERIFY(fixture_->settle());
        auto& page = fixture_->find<DuplicatesPage>("duplicatesPage");
        QVERIFY(page.isVisible());
        QVERIFY(page.model().rowCount() >= 2);
        page.grid().setCurrentIndex(page.model().index(0));
        QTest::keyClick(&page.grid(), Qt::Key_Return);
        QVERIFY(fixture_->settle());
        QVERIFY(grid().isVisible());
        QVERIFY(session().results().front().similarity > 0.9999F);
    }

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
        const auto* table = fixture_->find<QWidget>("evaluationTable").findChild<QAbstractItemModel*>();
        Q_UNUSED(table);
        QVERIFY(QFile::exists(fixture_->path(QStringLiteral("evaluations.json"))));
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
