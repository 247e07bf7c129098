#include <QAction>
#include <QApplication>
#include <QCheckBox>
#include <QClipboard>
#include <QComboBox>
#include <QDialog>
#include <QDir>
#include <QDropEvent>
#include <QFile>
#include <QFileInfo>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QMimeData>
#include <QPushButton>
#include <QTest>
#include <QToolButton>
#include <QUrl>
#include <QWheelEvent>

#include "tests/gui/explore_fixture.h"
#include "ui/explore/explore_text.h"
#include "ui/explore/filmstrip.h"
#include "ui/screenshot.h"
#include "ui/widgets/floating_card.h"

using namespace dinoscope;

namespace {

/// What a drag promises may differ from what arrives.
void drop(MainWindow& window, const QMimeData& data, const QMimeData& promised) {
    QDragEnterEvent enter({100, 100}, Qt::CopyAction, &promised, Qt::LeftButton, Qt::NoModifier);
    QApplication::sendEvent(&window, &enter);
    QDropEvent event({100, 100}, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QApplication::sendEvent(&window, &event);
}

void drop(MainWindow& window, const QMimeData& data) {
    drop(window, data, data);
}

}  // namespace

class ExploreWindowTest : public ExploreFixture {
    Q_OBJECT

private:
    QString plannedCost() { return fixture_->find<QLabel>("plannedCost").text(); }

    /// File > Open recent, as it is when it opens.
    QList<QAction*> recent() {
        auto& menu = fixture_->find<QMenu>("recentMenu");
        Q_EMIT menu.aboutToShow();
        return menu.actions();
    }

private Q_SLOTS:
    void init() { open(); }
    void cleanup() { close(); }

    void thereIsSomethingToDoBeforeThereIsAPicture() {
        QVERIFY(fixture_->find<QWidget>("emptyState").isVisible());
        QVERIFY(!action("actionExport").isEnabled());
        fixture_->dialogs.files = {fixture_->makePicture(QStringLiteral("dog.png"))};
        fixture_->loadTinyModel();
        QTest::mouseClick(&fixture_->find<QPushButton>("emptyOpenImage"), Qt::LeftButton);
        QVERIFY(fixture_->settle());
        QVERIFY(canvas().isVisible());
        QVERIFY(canvas().hasOverlay());
    }

    void aBadFileIsToldAndTheFormerPictureStays() {
        openPicture();
        QFile bad(fixture_->path(QStringLiteral("text.jpg")));
        QVERIFY(bad.open(QIODevice::WriteOnly));
        bad.write("this is not a picture");
        bad.close();
        const std::uint64_t before = fixture_->session().picture()->id;
        fixture_->window->openPaths({bad.fileName()});
        QVERIFY(fixture_->settle());
        QVERIFY2(message().contains(QStringLiteral("text.jpg")), qPrintable(message()));
        QCOMPARE(fixture_->session().picture()->name, QStringLiteral("cat.png"));
        QCOMPARE(fixture_->session().picture()->id, before);
        QVERIFY(canvas().hasOverlay());
        auto* close = fixture_->find<MessageBar>("messageBar").findChild<QToolButton*>("messageClose");
        QTest::mouseClick(close, Qt::LeftButton);
        QVERIFY(message().isEmpty());
    }

    void aBadModelIsToldAndTheFormerOneStays() {
        openPicture();
        QFile bad(fixture_->path(QStringLiteral("bad.pth")));
        QVERIFY(bad.open(QIODevice::WriteOnly));
        bad.write("no weights");
        bad.close();
        const api::Model* before = fixture_->session().model();
        fixture_->window->openPaths({bad.fileName()});
        QVERIFY(fixture_->settle());
        QVERIFY2(message().contains(QStringLiteral("bad.pth")), qPrintable(message()));
        QCOMPARE(fixture_->session().model(), before);
        QVERIFY(canvas().hasOverlay());
    }

    void aPictureSmallerThanAPatchIsToldByName() {
        openPicture();
        ExploreSettings settings = fixture_->session().settings();
        settings.size = InputSize::native();
        fixture_->session().setSettings(settings);
        fixture_->window->openPaths({fixture_->makePicture(QStringLiteral("dot.png"), 1, 1)});
        QVERIFY(fixture_->settle());
        QVERIFY2(message().contains(QStringLiteral("dot.png")), qPrintable(message()));
        QVERIFY(!canvas().hasOverlay());
        fixture_->window->openPaths({fixture_->path(QStringLiteral("cat.png"))});
        QVERIFY(fixture_->settle());
        QVERIFY(message().isEmpty());
        QVERIFY(canvas().hasOverlay());
    }

    void whatTakesLongWaitsUntilItIsAskedFor() {
        openPicture();
        ExploreSettings settings = fixture_->session().settings();
        settings.size = InputSize::exact(8000, 8000);
        fixture_->session().setSettings(settings);
        QVERIFY(fixture_->settle());
        QVERIFY(fixture_->session().state().waiting);
        QVERIFY(!fixture_->session().state().computing);
        QVERIFY(fixture_->find<QAction>("actionCompute").isEnabled());
        QVERIFY(!fixture_->find<QAction>("actionCancel").isEnabled());
    }

    void theWheelChangesNoFieldThatItPasses() {
        openPicture();
        for (const char* name : {"sizeWidth", "sizeKind", "layer", "opacitySlider", "colourMap"}) {
            auto& field = fixture_->find<QWidget>(name);
            const ExploreSettings before = fixture_->session().settings();
            const QPointF middle = QRectF(field.rect()).center();
            QWheelEvent event(middle, field.mapToGlobal(middle), {}, {0, -120}, Qt::NoButton, Qt::NoModifier,
                              Qt::NoScrollPhase, false);
            QCoreApplication::sendEvent(&field, &event);
            QVERIFY2(fixture_->session().settings() == before, name);
            QVERIFY2(!(field.focusPolicy() & Qt::WheelFocus & ~Qt::StrongFocus), name);
        }
    }

    void whatIsOpenedAtTheStartIsSeenWhereverOneWasLast() {
        fixture_->window->setWorkspace(QStringLiteral("train"));
        fixture_->window->leaveTrain();
        QCOMPARE(fixture_->window->workspace().key(), QStringLiteral("explore"));
        fixture_->window->setWorkspace(QStringLiteral("neighbours"));
        fixture_->window->leaveTrain();
        QCOMPARE(fixture_->window->workspace().key(), QStringLiteral("neighbours"));
    }

    void aDroppedFolderFillsTheFilmstrip() {
        fixture_->loadTinyModel();
        QVERIFY(QDir(fixture_->path({})).mkpath(QStringLiteral("trip")));
        for (const char* name : {"10.png", "2.png", "1.png"}) {
            fixture_->makePicture(QStringLiteral("trip/") + QLatin1String(name));
        }
        QMimeData data;
        data.setUrls({QUrl::fromLocalFile(fixture_->path(QStringLiteral("trip")))});
        drop(*fixture_->window, data);
        QVERIFY(fixture_->settle());
        auto& film = fixture_->find<Filmstrip>("filmstrip");
        QVERIFY(film.isVisible());
        QCOMPARE(film.files().size(), 3);
        QCOMPARE(fixture_->session().picture()->name, QStringLiteral("1.png"));
        QVERIFY(film.loader().find(film.files()[2]) != nullptr);
        QTest::keyClick(fixture_->window.get(), Qt::Key_PageDown);
        QVERIFY(fixture_->settle());
        QCOMPARE(fixture_->session().picture()->name, QStringLiteral("2.png"));
        QTest::keyClick(&canvas(), Qt::Key_Right);
        QVERIFY(fixture_->settle());
        QCOMPARE(fixture_->session().picture()->name, QStringLiteral("10.png"));
        QVERIFY(!action("actionNext").isEnabled());
    }

    void badFilesOfAFolderArePassedInBothDirections() {
        fixture_->loadTinyModel();
        QVERIFY(QDir(fixture_->path({})).mkpath(QStringLiteral("trip")));
        fixture_->makePicture(QStringLiteral("trip/1.png"));
        for (const char* name : {"2.png", "3.png"}) {
            QFile bad(fixture_->path(QStringLiteral("trip/") + QLatin1String(name)));
            QVERIFY(bad.open(QIODevice::WriteOnly) && bad.write("no picture") > 0);
        }
        fixture_->makePicture(QStringLiteral("trip/4.png"));
        fixture_->window->openPaths({fixture_->path(QStringLiteral("trip"))});
        QVERIFY(fixture_->settle());
        const auto press = [this](Qt::Key key, int times) {
            for (int i = 0; i < times; ++i) {
                QTest::keyClick(fixture_->window.get(), key);
                QVERIFY(fixture_->settle());
            }
        };
        press(Qt::Key_PageDown, 1);
        QVERIFY2(message().contains(QStringLiteral("2.png")), qPrintable(message()));
        QCOMPARE(fixture_->session().picture()->name, QStringLiteral("1.png"));
        press(Qt::Key_PageDown, 2);
        QCOMPARE(fixture_->session().picture()->name, QStringLiteral("4.png"));
        press(Qt::Key_PageUp, 3);
        QCOMPARE(fixture_->session().picture()->name, QStringLiteral("1.png"));
        QVERIFY(!action("actionPrevious").isEnabled());
    }

    void aDropThatHoldsNothingIsTold() {
        QMimeData promised;
        promised.setUrls({QUrl::fromLocalFile(fixture_->path(QStringLiteral("gone.png")))});
        drop(*fixture_->window, QMimeData(), promised);
        QVERIFY2(message().contains(QStringLiteral("dropped")), qPrintable(message()));
    }

    void anEmptyFolderIsTold() {
        QVERIFY(QDir(fixture_->path({})).mkpath(QStringLiteral("nothing")));
        fixture_->window->openPaths({fixture_->path(QStringLiteral("nothing"))});
        QVERIFY(fixture_->settle());
        QVERIFY2(message().contains(QStringLiteral("no picture")), qPrintable(message()));
    }

    void picturesAndPathsArePasted() {
        openPicture();
        QGuiApplication::clipboard()->setImage(QImage(80, 64, QImage::Format_RGB32));
        action("actionPaste").trigger();
        QVERIFY(fixture_->settle());
        QCOMPARE(fixture_->session().picture()->image->width, 80);
        QVERIFY(canvas().hasOverlay());
        QVERIFY(!action("actionCopyCommand").isEnabled());
        QGuiApplication::clipboard()->setText(fixture_->path(QStringLiteral("cat.png")));
        action("actionPaste").trigger();
        QVERIFY(fixture_->settle());
        QCOMPARE(fixture_->session().picture()->name, QStringLiteral("cat.png"));
        QGuiApplication::clipboard()->setText(QStringLiteral("just words"));
        action("actionPaste").trigger();
        QVERIFY(!message().isEmpty());
    }

    void theCommandRepeatsTheView() {
        openPicture();
        QTest::mouseClick(&canvas(), Qt::LeftButton, {}, centreOf({3, 2}));
        auto& map = fixture_->find<QComboBox>("colourMap");
        map.setCurrentIndex(map.findData(int(ColourMap::Magma)));
        Q_EMIT map.activated(map.currentIndex());
        QVERIFY(fixture_->settle());
        action("actionCopyCommand").trigger();
        const QString command = QGuiApplication::clipboard()->text();
        QVERIFY2(
            command.startsWith(QStringLiteral("dino attend ") + fixture_->path(QStringLiteral("cat.png"))),
            qPrintable(command));
        for (const char* part :
             {"-w untrained", "--arch vit_tiny", "--size 64", "--query 56,40", "--colormap magma"}) {
            QVERIFY2(command.contains(QLatin1String(part)), qPrintable(command));
        }
    }

    void thePictureIsCopiedAsSeenAtItsOwnSize() {
        openPicture();
        action("actionCopyPicture").trigger();
        QVERIFY(fixture_->settle());
        const QImage copied = QGuiApplication::clipboard()->image();
        QCOMPARE(copied.size(), QSize(96, 64));
        const QImage plain(fixture_->path(QStringLiteral("cat.png")));
        QVERIFY(copied.pixel(40, 30) != plain.pixel(40, 30));
    }

    void theMaskIsCopiedWithItsOutline() {
        openPicture();
        const auto countWhite = [this] {
            action("actionCopyPicture").trigger();
            if (!fixture_->settle()) return -1;
            const QImage copied = QGuiApplication::clipboard()->image();
            int white = 0;
            for (int y = 0; y < copied.height(); ++y) {
                for (int x = 0; x < copied.width(); ++x)
                    white += copied.pixel(x, y) == qRgb(255, 255, 255);
            }
            return white;
        };
        QCOMPARE(countWhite(), 0);
        fixture_->find<QCheckBox>("mask").setChecked(true);
        QVERIFY(countWhite() >= 4 * 15);  // around one patch of 16 pixels at least
    }

    void exportWritesWhatWasAskedFor() {
        openPicture();
        action("actionExport").trigger();
        auto& dialog = fixture_->find<QDialog>("exportDialog");
        const QString folder = fixture_->path(QStringLiteral("out"));
        dialog.findChild<QLineEdit*>("exportFolder")->setText(folder);
        dialog.findChild<QCheckBox*>("exportRaw")->setChecked(true);
        QTest::mouseClick(dialog.findChild<QPushButton*>("exportAccept"), Qt::LeftButton);
        QVERIFY(fixture_->settle());
        for (const char* name : {"cat-view.png", "cat-head0.png", "cat-head2.png", "cat-mean.png",
                                 "cat-overlay-head1.png", "cat.safetensors"}) {
            QVERIFY2(QFile::exists(folder + QLatin1Char('/') + QLatin1String(name)), name);
        }
        QCOMPARE(QImage(folder + QStringLiteral("/cat-view.png")).size(), QSize(96, 64));
        QVERIFY2(message().startsWith(QStringLiteral("Wrote ")), qPrintable(message()));
    }

    void anExportThatCannotBeWrittenIsTold() {
        openPicture();
        QFile file(fixture_->path(QStringLiteral("taken")));
        QVERIFY(file.open(QIODevice::WriteOnly));
        action("actionExport").trigger();
        auto& dialog = fixture_->find<QDialog>("exportDialog");
        dialog.findChild<QLineEdit*>("exportFolder")->setText(file.fileName());
        QTest::mouseClick(dialog.findChild<QPushButton*>("exportAccept"), Qt::LeftButton);
        QVERIFY(fixture_->settle());
        QVERIFY2(message().contains(QStringLiteral("taken")), qPrintable(message()));
        QVERIFY(action("actionExport").isEnabled());
    }

    void theFolderOfferedForAnExportIsThatOfThePictureUntilOneIsChosen() {
        openPicture();
        const auto offered = [this] {
            action("actionExport").trigger();
            for (auto* dialog : fixture_->window->findChildren<QDialog*>(QStringLiteral("exportDialog"))) {
                if (!dialog->isVisible()) continue;
                const QString folder = dialog->findChild<QLineEdit*>("exportFolder")->text();
                dialog->reject();
                return folder;
            }
            return QString();
        };
        QCOMPARE(offered(), QFileInfo(fixture_->session().picture()->file).absolutePath());
        QDir().mkpath(fixture_->path(QStringLiteral("far")));
        fixture_->window->openPaths({fixture_->makePicture(QStringLiteral("far/dog.png"))});
        QVERIFY(fixture_->settle());
        QCOMPARE(offered(), fixture_->path(QStringLiteral("far")));
    }

    void escapeEndsTheRectangleBeforeThereIsAnAttentionToAskFor() {
        fixture_->window->openPaths({fixture_->makePicture(QStringLiteral("dog.png"))});
        QVERIFY(fixture_->settle());
        QVERIFY(!fixture_->session().model());
        QVERIFY(!action("actionCls").isEnabled());
        action("actionNeighboursOfPart").trigger();
        QVERIFY(action("actionCls").isEnabled());
        action("actionCls").trigger();
        QVERIFY(!action("actionNeighboursOfPart").isChecked());
    }

    void aFirstModelThatFailsIsNotSaidToBeLoading() {
        fixture_->window->openPaths({fixture_->makePicture(QStringLiteral("dog.png"))});
        QVERIFY(fixture_->settle());
        api::ModelSource source;
        source.weights = fixture_->path(QStringLiteral("none.pth")).toStdString();
        fixture_->window->openModel(source);
        QVERIFY(fixture_->find<MessageBar>("modelNotice").sentence().isEmpty());
        QVERIFY(fixture_->settle());
        QVERIFY2(message().contains(QStringLiteral("none.pth")), qPrintable(message()));
        QVERIFY(fixture_->find<MessageBar>("modelNotice").sentence().contains(QStringLiteral("no model")));
        QVERIFY(fixture_->window->explore().placement().isEmpty());
        fixture_->loadTinyModel();
        QVERIFY(fixture_->settle());
        QVERIFY(!fixture_->window->explore().placement().isEmpty());
    }

    void aNameWithAnAmpersandIsShownWhole() {
        openPicture(QStringLiteral("R&D.png"));
        QCOMPARE(recent().front()->text(), QStringLiteral("R&&D.png"));
    }

    void theCommandIsThatOfWhatIsOnShow() {
        openPicture();
        ExploreSettings settings = fixture_->session().settings();
        settings.size = InputSize::shorterSide(256);
        settings.layer = -3;
        fixture_->session().setSettings(settings);  // the former attention is shown until that is computed
        QVERIFY(!fixture_->session().fieldIsCurrent());
        QCOMPARE(fixture_->session().attentionView().size, InputSize::shorterSide(64));
        QCOMPARE(fixture_->session().attentionView().layer, -1);
        QVERIFY(fixture_->settle());
        QVERIFY(fixture_->session().fieldIsCurrent());
        QCOMPARE(fixture_->session().attentionView().size, InputSize::shorterSide(256));
        QCOMPARE(fixture_->session().attentionView().layer, -3);
    }

    void onceComputedTheRealTimeIsToldBesideTheMemory() {
        openPicture();
        QVERIFY(fixture_->session().cost());
        QCOMPARE(plannedCost(), QStringLiteral("Computed in %1 with about %2")
                                    .arg(secondsText(fixture_->session().field()->seconds()),
                                         bytesText(fixture_->session().cost()->bytes)));
    }

    void whatWasOpenedLastIsOpenedAgain() {
        openPicture();
        fixture_->window->openPaths({fixture_->makePicture(QStringLiteral("dog.png"))});
        QVERIFY(fixture_->settle());
        const QList<QAction*> listed = recent();
        QCOMPARE(listed.size(), 4);  // a line and the way to clear it come last
        QCOMPARE(listed[0]->text(), QStringLiteral("dog.png"));
        QCOMPARE(listed[1]->text(), QStringLiteral("cat.png"));
        listed[1]->trigger();
        QVERIFY(fixture_->settle());
        QCOMPARE(fixture_->session().picture()->name, QStringLiteral("cat.png"));
        QCOMPARE(recent().front()->text(), QStringLiteral("cat.png"));
        QVERIFY(QFile::remove(fixture_->path(QStringLiteral("dog.png"))));
        QCOMPARE(recent().size(), 3);
    }

    void theListOfWhatWasOpenedIsCleared() {
        openPicture();
        QCOMPARE(recent().back()->text(), QStringLiteral("&Clear this list"));
        recent().back()->trigger();
        const QList<QAction*> listed = recent();
        QCOMPARE(listed.size(), 1);
        QCOMPARE(listed.front()->text(), QStringLiteral("Nothing yet"));
        QVERIFY(!listed.front()->isEnabled());
    }

    void ofTwoModelsNamedAtOnceTheLastIsLoaded() {
        openPicture();
        QStringList files;
        for (const char* name : {"first.pth", "last.pth"}) {
            QFile bad(fixture_->path(QLatin1String(name)));
            QVERIFY(bad.open(QIODevice::WriteOnly));
            bad.write("no weights");
            files << bad.fileName();
        }
        QSignalSpy failures(fixture_->window.get(), &MainWindow::failed);
        fixture_->window->openPaths(files);
        QVERIFY(fixture_->settle());
        QCOMPARE(failures.count(), 1);
        QVERIFY2(message().contains(QStringLiteral("last.pth")), qPrintable(message()));
    }

    void aModelThatGaveWayToAnotherWasNotRefused() {
        openPicture();
        QSignalSpy refused(&fixture_->session(), &ExploreSession::modelRefused);
        QSignalSpy changed(&fixture_->session(), &ExploreSession::modelChanged);
        fixture_->loadTinyModel();
        fixture_->loadTinyModel();
        QVERIFY(fixture_->settle());
        QCOMPARE(refused.count(), 0);
        QVERIFY(changed.count() >= 1);
    }

    void aComputationCanBeCancelledAndAskedForAgain() {
        openPicture();
        ExploreSettings settings = fixture_->session().settings();
        settings.size = InputSize::shorterSide(512);
        fixture_->session().setSettings(settings);
        QSignalSpy activity(fixture_->window.get(), &MainWindow::activityChanged);
        // After the estimate the forward pass starts; cancelling takes effect at its next block.
        while (fixture_->session().jobs().pending() > 0 && !fixture_->session().cost())
            QVERIFY(activity.wait(30000));
        fixture_->session().cancel();
        QVERIFY(fixture_->settle());
        QVERIFY(!canvas().hasOverlay());
        QVERIFY(fixture_->find<FloatingCard>("card").isQuestion());
        QVERIFY(fixture_->session().cost());
        QCOMPARE(plannedCost(), QStringLiteral("Takes %1").arg(costText(*fixture_->session().cost())));
        QTest::mouseClick(&fixture_->find<QPushButton>("cardButton"), Qt::LeftButton);
        QVERIFY(fixture_->settle());
        QVERIFY(canvas().hasOverlay());
        QVERIFY(!fixture_->find<FloatingCard>("card").isVisible());
    }

    void aScreenshotWaitsForTheOverlay() {
        fixture_->loadTinyModel();
        fixture_->window->openPaths({fixture_->makePicture(QStringLiteral("cat.png"))});
        const QString file = fixture_->path(QStringLiteral("shot.png"));
        Screenshot screenshot(*fixture_->window, file.toStdString());
        QSignalSpy finished(&screenshot, &Screenshot::finished);
        QVERIFY(finished.wait(30000));
        QCOMPARE(finished.first().first().toString(), QString());
        QVERIFY(canvas().hasOverlay());
        QCOMPARE(QImage(file).size(), fixture_->window->size());
    }

    void aScreenshotOfFarTooManyPatchesFailsWithItsSentence() {
        fixture_->session().setNeverAsk(true);
        fixture_->loadTinyModel();
        ExploreSettings settings = fixture_->session().settings();
        settings.size = InputSize::shorterSide(65536);
        fixture_->session().setSettings(settings);
        fixture_->window->openPaths({fixture_->makePicture(QStringLiteral("cat.png"))});
        Screenshot screenshot(*fixture_->window, fixture_->path(QStringLiteral("shot.png")).toStdString());
        QSignalSpy finished(&screenshot, &Screenshot::finished);
        QVERIFY(finished.wait(30000));
        QVERIFY(finished.first().first().toString().contains(QStringLiteral("cat.png")));
        QVERIFY(!QFile::exists(fixture_->path(QStringLiteral("shot.png"))));
    }

    void aScreenshotOfABadPictureFailsWithItsSentence() {
        fixture_->loadTinyModel();
        fixture_->window->openPaths({fixture_->path(QStringLiteral("missing.png"))});
        Screenshot screenshot(*fixture_->window, fixture_->path(QStringLiteral("shot.png")).toStdString());
        QSignalSpy finished(&screenshot, &Screenshot::finished);
        QVERIFY(finished.wait(30000));
        QVERIFY(finished.first().first().toString().contains(QStringLiteral("missing.png")));
        QVERIFY(!QFile::exists(fixture_->path(QStringLiteral("shot.png"))));
    }
};

QTEST_MAIN(ExploreWindowTest)
#include "explore_window_test.moc"
