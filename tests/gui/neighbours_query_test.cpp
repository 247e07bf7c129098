#include <QAction>
#include <QApplication>
#include <QClipboard>
#include <QDropEvent>
#include <QFile>
#include <QMimeData>
#include <QSlider>
#include <QSpinBox>
#include <QTest>
#include <QUrl>
#include <algorithm>

#include "tests/gui/neighbours_fixture.h"
#include "ui/explore/filmstrip.h"
#include "ui/neighbours/item_model.h"
#include "ui/widgets/bar_list.h"
#include "ui/widgets/image_canvas.h"
#include "ui/widgets/picture_card.h"

using namespace dinoscope;

class NeighboursQueryTest : public NeighboursFixture {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { buildGallery(); }
    void init() { open(); }
    void cleanup() { close(); }
    void cleanupTestCase() { removeGallery(); }

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
        QDragEnterEvent enter({100, 100}, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(fixture_->window.get(), &enter);
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

    void aResultOpensInExploreWithItsAttentionAndTheQueryBesideIt() {
        fixture_->loadTinyModel();
        openGallery();
        ask(0);
        action("actionOpenInExplore").trigger();
        QVERIFY(fixture_->settle());
        QCOMPARE(fixture_->window->workspace().key(), QStringLiteral("explore"));
        QVERIFY(fixture_->find<ImageCanvas>("canvas").hasOverlay());
        QVERIFY(fixture_->session().picture()->file.contains(QStringLiteral("/blue/")));
        const QStringList files = fixture_->find<Filmstrip>("filmstrip").files();
        QCOMPARE(int(files.size()), 2);
        QCOMPARE(files.front(), fixture_->session().picture()->file);
        QCOMPARE(files.back(), QString::fromStdString(session().gallery()->path(0).string()));
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
        QTest::addColumn<QByteArray>("action");
        QTest::addColumn<QByteArray>("start");
        QTest::newRow("CSV") << QStringLiteral("list.csv") << QByteArray("actionExportList")
                             << QByteArray("rank,path,similarity,label");
        QTest::newRow("JSON") << QStringLiteral("list.json") << QByteArray("actionExportList")
                              << QByteArray("{");
        QTest::newRow("PNG") << QStringLiteral("sheet.png") << QByteArray("actionContactSheet")
                             << QByteArray("\x89PNG");
        QTest::newRow("JPEG") << QStringLiteral("sheet.jpg") << QByteArray("actionContactSheet")
                              << QByteArray("\xff\xd8");
    }

    void resultsAreExported() {
        QFETCH(QString, file);
        QFETCH(QByteArray, action);
        QFETCH(QByteArray, start);
        openGallery();
        ask(0);
        fixture_->dialogs.saved = fixture_->path(file);
        this->action(action.constData()).trigger();
        QVERIFY(fixture_->settle());
        QFile written(fixture_->dialogs.saved);
        QVERIFY2(written.open(QIODevice::ReadOnly), qPrintable(message()));
        QVERIFY(written.readAll().startsWith(start));
        QVERIFY(message().contains(file));
    }

    void whatIsExportedIsWhatWasOnShowWhenItWasAsked_data() { resultsAreExported_data(); }

    /// The gallery is brought up to date behind the dialog, and the query is gone.
    void whatIsExportedIsWhatWasOnShowWhenItWasAsked() {
        QFETCH(QString, file);
        QFETCH(QByteArray, action);
        QFETCH(QByteArray, start);
        openGallery();
        ask(0);
        makePictures(fixture_->path(QStringLiteral("other")));
        fixture_->dialogs.whileSaving = [this] {
            session().build(fixture_->path(QStringLiteral("other")),
                            smallOptions(fixture_->path(QStringLiteral("others gallery"))));
            QVERIFY(fixture_->settle());
            QVERIFY(!session().place().query.any());
        };
        fixture_->dialogs.saved = fixture_->path(file);
        this->action(action.constData()).trigger();
        QVERIFY(fixture_->settle());
        QFile written(fixture_->dialogs.saved);
        QVERIFY2(written.open(QIODevice::ReadOnly), qPrintable(message()));
        const QByteArray content = written.readAll();
        QVERIFY(content.startsWith(start));
        if (file.endsWith(QLatin1String(".csv"))) QCOMPARE(content.count('\n'), kPictures);
    }

    void aPictureThatCannotBeReadIsNotSaidToHaveNoLike() {
        openGallery();
        const QString bad = fixture_->path(QStringLiteral("broken.jpg"));
        QVERIFY(QFile::copy(SOURCE_DIR "/README.md", bad));
        fixture_->window->openPaths({bad});
        QVERIFY(fixture_->settle());
        QVERIFY2(message().contains(QStringLiteral("broken.jpg")), qPrintable(message()));
        QVERIFY2(status().contains(QStringLiteral("was not found out")), qPrintable(status()));
    }

    /// Many are gone to and kept, and their pixels are not.
    void aPictureOfAFileIsNotHeldByThePlaceThatAsksForIt() {
        openGallery();
        fixture_->window->setWorkspace(QStringLiteral("explore"));
        fixture_->window->openPaths({fixture_->makePicture(QStringLiteral("dog.png"))});
        QVERIFY(fixture_->settle());
        action("actionNeighbours").trigger();
        QVERIFY(fixture_->settle());
        QVERIFY(session().place().query.picture && !session().place().query.picture->image);
        QCOMPARE(session().place().query.picture->size, QSize(96, 64));
        QVERIFY(!session().results().empty());
    }

    void aContactSheetSaysHowManyResultsItLeavesOut() {
        constexpr int kMany = 205;
        fixture_->window->setWorkspace(QStringLiteral("neighbours"));
        const QString folder = fixture_->path(QStringLiteral("many"));
        QDir().mkpath(folder);
        for (int i = 0; i < kMany; ++i) {
            Image picture(32, 32);
            std::fill(picture.pixels.begin(), picture.pixels.end(), std::uint8_t(i));
            writePng(QStringLiteral("%1/%2.png").arg(folder).arg(i).toStdString(), picture);
        }
        OptionValues options = smallOptions(fixture_->path(QStringLiteral("built")));
        for (const char* key : {"resize", "crop"})
            options.set(key, OptionValue(std::int64_t(32)));
        session().build(folder, options);
        QVERIFY(fixture_->settle());
        QVERIFY2(session().gallery(), qPrintable(message()));
        ask(0);
        fixture_->find<QSpinBox>("k").setValue(kMany - 1);
        QVERIFY(fixture_->settle());
        QCOMPARE(session().shown(), kMany - 1);
        fixture_->dialogs.saved = fixture_->path(QStringLiteral("sheet.png"));
        action("actionContactSheet").trigger();
        QVERIFY(fixture_->settle());
        QVERIFY2(message().contains(QStringLiteral("the 200 most similar of 204")), qPrintable(message()));
    }
};

QTEST_MAIN(NeighboursQueryTest)
#include "neighbours_query_test.moc"
