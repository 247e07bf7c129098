#include <QAction>
#include <QClipboard>
#include <QDir>
#include <QFile>
#include <QGuiApplication>
#include <QMenu>
#include <QMouseEvent>
#include <QTest>
#include <QToolButton>

#include "engine/api/images.h"
#include "tests/gui/window_fixture.h"
#include "ui/compare/compare_pane.h"
#include "ui/compare/compare_workspace.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/head_grid.h"
#include "ui/widgets/image_canvas.h"
#include "ui/widgets/message_bar.h"

using namespace dinoscope;

namespace {

api::ModelSource untrained(const char* arch, int patch, std::uint64_t seed = 0) {
    api::ModelSource source;
    source.arch = arch;
    source.patchSize = patch;
    source.seed = seed;
    return source;
}

}  // namespace

/// Two tiny untrained networks, of patches of 16 and of 8 pixels.
class CompareWindowTest : public QObject {
    Q_OBJECT

private:
    CompareWorkspace& workspace() { return fixture_->window->compare(); }
    CompareSession& session() { return workspace().session(); }
    ComparePane& pane(int index) { return *workspace().findChildren<ComparePane*>()[index]; }
    ImageCanvas& canvas(int index) { return pane(index).canvas(); }
    QAction& action(const char* name) { return fixture_->find<QAction>(name); }
    QString message() { return fixture_->find<MessageBar>("compareMessage").sentence(); }
    QString caption(int index) { return pane(index).findChild<ElidedLabel*>("compareCaption")->text(); }
    QPoint centreOf(int index, QPoint cell) { return canvas(index).cellRect(cell).center().toPoint(); }

    void openModels(const std::vector<api::ModelSource>& sources) {
        fixture_->window->openModels(sources);
        QVERIFY(fixture_->settle());
    }

    void openBoth(const QString& picture = QStringLiteral("cat.png")) {
        openModels({untrained("vit_tiny", 16), untrained("vit_tiny", 8, 1)});
        fixture_->window->openPaths({fixture_->makePicture(picture)});
        QVERIFY(fixture_->settle());
        QVERIFY2(message().isEmpty(), qPrintable(message()));
        QVERIFY(canvas(0).hasOverlay() && canvas(1).hasOverlay());
    }

    void hover(int index, const QPoint& at) {
        QMouseEvent event(QEvent::MouseMove, QPointF(at), canvas(index).mapToGlobal(QPointF(at)),
                          Qt::NoButton, Qt::NoButton, Qt::NoModifier);
        QCoreApplication::sendEvent(&canvas(index), &event);
    }

private Q_SLOTS:
    void init() {
        fixture_ = std::make_unique<WindowFixture>();
        ExploreSettings small = session().settings();
        small.size = InputSize::shorterSide(64);
        session().setSettings(small);
        fixture_->window->setWorkspace(QStringLiteral("compare"));
    }
    void cleanup() { fixture_.reset(); }

    void onePictureIsSeenByEveryModel() {
        openBoth();
        QCOMPARE(session().side(0).map().columns, 6);
        QCOMPARE(session().side(1).map().columns, 12);
        QCOMPARE(session().side(0).picture()->image, session().side(1).picture()->image);  // decoded once
        QVERIFY(canvas(0).grab().toImage() != canvas(1).grab().toImage());
        QVERIFY(fixture_->window->windowTitle().contains(QStringLiteral("cat.png")));
        QCOMPARE(caption(0), QStringLiteral("Mean of all heads, layer 11"));
        const QString spread = pane(0).findChild<ElidedLabel*>("compareSpread")->text();
        QVERIFY2(spread.startsWith(QStringLiteral("60 % in ")), qPrintable(spread));
    }

    void aClickAsksEverySideFromTheSamePlace() {
        openBoth();
        QTest::mouseClick(&canvas(0), Qt::LeftButton, {}, centreOf(0, {3, 2}));
        QVERIFY(fixture_->settle());
        QCOMPARE(session().side(0).mapQuery(), (Query{PatchPosition{2, 3}}));
        // The middle of that patch is the corner of four of the finer grid; it belongs to the last one.
        QCOMPARE(session().side(1).mapQuery(), (Query{PatchPosition{5, 7}}));
        QTest::mouseClick(&canvas(0), Qt::LeftButton, {}, centreOf(0, {3, 2}));
        QVERIFY(session().settings().follow);  // let go
        QTest::keyClick(&canvas(0), Qt::Key_Escape);
        QVERIFY(fixture_->settle());
        QVERIFY(!session().side(0).mapQuery().patch && !session().side(1).mapQuery().patch);
    }

    void arrowsMoveThePlaceByThePatchesOfTheirSide() {
        openBoth();
        QTest::mouseClick(&canvas(1), Qt::LeftButton, {}, centreOf(1, {4, 4}));
        QTest::keyClick(&canvas(1), Qt::Key_Right);
        QVERIFY(fixture_->settle());
        QCOMPARE(session().side(1).mapQuery(), (Query{PatchPosition{4, 5}}));
        QCOMPARE(session().side(0).mapQuery(), (Query{PatchPosition{2, 2}}));
    }

    void aNewPictureIsAskedFromCls() {
        openBoth();
        QTest::mouseClick(&canvas(0), Qt::LeftButton, {}, centreOf(0, {1, 1}));
        fixture_->window->openPaths({fixture_->makePicture(QStringLiteral("dog.png"), 80, 80)});
        QVERIFY(fixture_->settle());
        QVERIFY(!session().place());
        QVERIFY(!session().side(0).mapQuery().patch && !session().side(1).mapQuery().patch);
        QCOMPARE(session().side(1).picture()->name, QStringLiteral("dog.png"));
    }

    void zoomingOneZoomsAll() {
        openBoth();
        canvas(0).setZoom(5, {20, 20});
        QCOMPARE(canvas(1).zoom(), canvas(0).zoom());
        const QPointF middle = QRectF(canvas(0).rect()).center();
        const QRectF first = canvas(0).pictureRect({middle, QSizeF(1, 1)});
        const QRectF second = canvas(1).pictureRect({QRectF(canvas(1).rect()).center(), QSizeF(1, 1)});
        QVERIFY((first.center() - second.center()).manhattanLength() <= 2);
        action("compareZoomFit").trigger();
        QVERIFY(canvas(0).isFitted() && canvas(1).isFitted());
    }

    void hoveringReadsTheSamePlaceOfEverySide() {
        openBoth();
        hover(0, centreOf(0, {4, 1}));
        QVERIFY2(caption(0).startsWith(QStringLiteral("Row 1, column 4")), qPrintable(caption(0)));
        QVERIFY2(caption(1).startsWith(QStringLiteral("Row 3, column 9")), qPrintable(caption(1)));
    }

    void followingTheMouseAsksEverySide() {
        openBoth();
        action("compareFollow").trigger();
        hover(1, centreOf(1, {7, 3}));
        QVERIFY(fixture_->settle());
        QCOMPARE(session().side(1).mapQuery(), (Query{PatchPosition{3, 7}}));
        QCOMPARE(session().side(0).mapQuery(), (Query{PatchPosition{1, 3}}));
    }

    void keysChooseAHeadOfAllAndAStripOneOfItsOwn() {
        openBoth();
        QTest::keyClick(&canvas(0), Qt::Key_2);
        QCOMPARE(session().side(0).settings().heads, (HeadChoice{HeadChoice::Kind::One, 2}));
        QCOMPARE(session().side(1).settings().heads, (HeadChoice{HeadChoice::Kind::One, 2}));
        auto& strip = *pane(1).findChild<HeadGrid*>("compareStrip");
        strip.setFocus();
        QTest::keyClick(&strip, Qt::Key_Home);
        QCOMPARE(session().side(0).settings().heads, (HeadChoice{HeadChoice::Kind::One, 2}));
        QCOMPARE(session().side(1).settings().heads, HeadChoice{});
    }

    void settingsHoldForAllButTheirHeads() {
        openBoth();
        QTest::keyClick(&canvas(0), Qt::Key_1);
        action("compareMask").trigger();
        for (int side = 0; side < 2; ++side) {
            QVERIFY(session().side(side).settings().maskOn);
            QCOMPARE(session().side(side).settings().heads, (HeadChoice{HeadChoice::Kind::One, 1}));
        }
    }

    void aDeepLayerIsTheFirstOneOfAShallowModel() {
        openBoth();
        ExploreSettings deep = session().settings();
        deep.layer = -20;  // as of a model with more layers beside it
        session().setSettings(deep);
        QVERIFY(fixture_->settle());
        QCOMPARE(session().side(0).field()->layer(), 0);
    }

    void modelsAreAddedUpToFourAndClosedDownToTwo() {
        openBoth();
        QVERIFY(!pane(0).findChild<QToolButton*>("comparePaneClose")->isVisible());
        action("compareAddModel").trigger();
        action("compareAddModel").trigger();
        QCOMPARE(session().count(), 4);
        QVERIFY(!action("compareAddModel").isEnabled());
        QVERIFY(fixture_->settle());
        QCOMPARE(session().side(3).picture()->name, QStringLiteral("cat.png"));
        QVERIFY(!session().side(3).model());
        const api::Model* second = session().side(1).model();
        QTest::mouseClick(pane(0).findChild<QToolButton*>("comparePaneClose"), Qt::LeftButton);
        QVERIFY(fixture_->settle());
        QCOMPARE(session().count(), 3);
        QCOMPARE(session().side(0).model(), second);
        QTest::mouseClick(pane(2).findChild<QToolButton*>("comparePaneClose"), Qt::LeftButton);
        QVERIFY(fixture_->settle());
        QCOMPARE(session().count(), 2);
        QVERIFY(canvas(0).hasOverlay());
        action("compareZoomIn").trigger();  // of what is left
    }

    void aModelThatLoadsWhileItsSideIsClosedIsLetGo() {
        openBoth();
        action("compareAddModel").trigger();
        session().side(2).openModel(untrained("vit_tiny", 16));
        QTest::mouseClick(pane(2).findChild<QToolButton*>("comparePaneClose"), Qt::LeftButton);
        QVERIFY(fixture_->settle());
        QCOMPARE(session().count(), 2);
    }

    void weightsGoToTheLastSideAndSeveralToOneEach() {
        openBoth();
        const api::Model* first = session().side(0).model();
        openModels({untrained("vit_tiny", 16, 7)});
        QCOMPARE(session().side(0).model(), first);
        QCOMPARE(session().side(1).modelSource().seed, std::uint64_t(7));
        openModels(std::vector<api::ModelSource>(5, untrained("vit_tiny", 16, 3)));
        QCOMPARE(session().count(), 4);
        QVERIFY2(message().contains(QStringLiteral("of 5 the first count")), qPrintable(message()));
    }

    void aBadModelIsToldAndTheFormerOneStays() {
        openBoth();
        QFile bad(fixture_->path(QStringLiteral("bad.pth")));
        QVERIFY(bad.open(QIODevice::WriteOnly));
        bad.write("no weights");
        bad.close();
        const api::Model* before = session().side(1).model();
        fixture_->window->openPaths({bad.fileName()});
        QVERIFY(fixture_->settle());
        QVERIFY2(message().contains(QStringLiteral("bad.pth")), qPrintable(message()));
        QCOMPARE(session().side(1).model(), before);
        QVERIFY(canvas(1).hasOverlay());
    }

    void aBadPictureIsToldAndTheFormerOneStays() {
        openBoth();
        QFile bad(fixture_->path(QStringLiteral("text.jpg")));
        QVERIFY(bad.open(QIODevice::WriteOnly));
        bad.write("this is not a picture");
        bad.close();
        fixture_->window->openPaths({bad.fileName()});
        QVERIFY(fixture_->settle());
        QVERIFY2(message().contains(QStringLiteral("text.jpg")), qPrintable(message()));
        QCOMPARE(session().picture()->name, QStringLiteral("cat.png"));
        QVERIFY(canvas(0).hasOverlay() && canvas(1).hasOverlay());
    }

    void exploreHandsItsPictureAndModelOver() {
        fixture_->window->setWorkspace(QStringLiteral("explore"));
        openModels({untrained("vit_tiny", 16, 5)});
        fixture_->window->openPaths({fixture_->makePicture(QStringLiteral("cat.png"))});
        QVERIFY(fixture_->settle());
        workspace().openModels({untrained("vit_tiny", 8), untrained("vit_tiny", 8)});
        action("actionCompareModels").trigger();
        QVERIFY(fixture_->settle());
        QCOMPARE(&fixture_->window->workspace(), &workspace());
        QCOMPARE(session().picture()->name, QStringLiteral("cat.png"));
        QCOMPARE(session().side(0).modelSource().seed, std::uint64_t(5));
        QCOMPARE(session().side(1).modelSource().patchSize, 8);
    }

    void aSheetHoldsThePictureAndEveryModel() {
        openBoth();
        fixture_->dialogs.saved = fixture_->path(QStringLiteral("sheet.png"));
        action("compareExport").trigger();
        QVERIFY(fixture_->settle());
        QVERIFY2(message().contains(QStringLiteral("sheet.png")), qPrintable(message()));
        const Image sheet = decodeImage(fixture_->dialogs.saved.toStdString());
        QCOMPARE(sheet.width, 16 + 3 * (320 + 16));  // 96 pixels are enlarged to 320
        action("compareCopyPicture").trigger();
        QVERIFY(fixture_->settle());
        QCOMPARE(QGuiApplication::clipboard()->image().width(), sheet.width);
    }

    void commandsAreCopiedOneAModel() {
        openBoth();
        action("compareCopyCommand").trigger();
        const QStringList lines = QGuiApplication::clipboard()->text().split(QLatin1Char('\n'));
        QCOMPARE(lines.size(), 2);
        QVERIFY(lines[1].contains(QStringLiteral("--patch-size 8")));
    }

    void aFolderIsSteppedThroughOnEverySide() {
        openBoth();
        QDir().mkpath(fixture_->path(QStringLiteral("album")));
        fixture_->makePicture(QStringLiteral("album/a.png"));
        fixture_->makePicture(QStringLiteral("album/b.png"), 64, 96);
        fixture_->window->openPaths({fixture_->path(QStringLiteral("album"))});
        QVERIFY(fixture_->settle());
        QCOMPARE(session().picture()->name, QStringLiteral("a.png"));
        action("compareNext").trigger();
        QVERIFY(fixture_->settle());
        QCOMPARE(session().side(1).picture()->name, QStringLiteral("b.png"));
        QVERIFY(!action("compareNext").isEnabled());
    }

private:
    std::unique_ptr<WindowFixture> fixture_;
};

QTEST_MAIN(CompareWindowTest)
#include "compare_window_test.moc"
