#include <QAction>
#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QMouseEvent>
#include <QScrollArea>
#include <QScrollBar>
#include <QSignalBlocker>
#include <QSlider>
#include <QSpinBox>
#include <QTest>

#include "tests/gui/explore_fixture.h"
#include "ui/bridge/colour_bridge.h"
#include "ui/theme.h"
#include "ui/widgets/colour_bar.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/head_grid.h"
#include "ui/widgets/percent_slider.h"

using namespace dinoscope;

namespace {

bool holds(const QImage& image, const QColor& colour) {
    for (int y = 0; y < image.height(); ++y) {
        for (int x = 0; x < image.width(); ++x) {
            if (image.pixel(x, y) == colour.rgb()) return true;
        }
    }
    return false;
}

}  // namespace

/// Runs at 100 % and at 200 % scaling.
class ExploreViewTest : public ExploreFixture {
    Q_OBJECT

private:
    /// QTest::mouseMove() moves the offscreen cursor, which does not know of scaling (QOffscreenCursor).
    void hover(const QPoint& at) {
        QMouseEvent event(QEvent::MouseMove, QPointF(at), canvas().mapToGlobal(QPointF(at)), Qt::NoButton,
                          Qt::NoButton, Qt::NoModifier);
        QCoreApplication::sendEvent(&canvas(), &event);
    }

    QSlider& slider(const char* name) { return *fixture_->find<PercentSlider>(name).slider(); }

private Q_SLOTS:
    void init() { open(); }
    void cleanup() { close(); }

    void anOpenedPictureShowsItsAttention() {
        openPicture();
        QCOMPARE(fixture_->session().map().heads, 3);
        QCOMPARE(fixture_->session().map().rows, 4);
        QCOMPARE(fixture_->session().map().columns, 6);
        QCOMPARE(fixture_->find<HeadGrid>("headStrip").count(), 5);
        QVERIFY(fixture_->find<ElidedLabel>("pictureName").text().startsWith(QStringLiteral("cat.png")));
        QVERIFY(fixture_->find<ElidedLabel>("placement").text().contains(QStringLiteral("fp32")));
        QVERIFY(fixture_->window->windowTitle().contains(QStringLiteral("cat.png")));
    }

    void theUntrainedNetworkSaysSo() {
        openPicture();
        QCOMPARE(fixture_->find<MessageBar>("modelNotice").sentence(),
                 QStringLiteral("Untrained: the maps mean nothing yet."));
    }

    void keysChooseHeads() {
        openPicture();
        const QImage mean = canvas().grab().toImage();
        QTest::keyClick(&canvas(), Qt::Key_2);
        QCOMPARE(fixture_->session().settings().heads, (HeadChoice{HeadChoice::Kind::One, 2}));
        QCOMPARE(fixture_->find<HeadGrid>("headStrip").current(), kFirstHeadTile + 2);
        QVERIFY(canvas().grab().toImage() != mean);
        QTest::keyClick(&canvas(), Qt::Key_7);  // there is no such head
        QCOMPARE(fixture_->session().settings().heads.head, 2);
        QTest::keyClick(&canvas(), Qt::Key_A);
        QVERIFY(fixture_->session().settings().heads.kind == HeadChoice::Kind::All);
        QTest::keyClick(&canvas(), Qt::Key_M);
        QCOMPARE(canvas().grab().toImage(), mean);
    }

    void aClickOnATileChoosesItsHead() {
        openPicture();
        auto& strip = fixture_->find<HeadGrid>("headStrip");
        strip.setFocus();
        QTest::keyClick(&strip, Qt::Key_End);
        QCOMPARE(fixture_->session().settings().heads, (HeadChoice{HeadChoice::Kind::One, 2}));
    }

    void hoveringReadsValuesAndDoesNotAsk() {
        openPicture();
        hover(centreOf({4, 1}));
        QVERIFY(fixture_->settle());
        const QString status = fixture_->find<ElidedLabel>("status").text();
        QVERIFY2(status.startsWith(QStringLiteral("Row 1, column 4")), qPrintable(status));
        QVERIFY(status.contains(QStringLiteral("% of the mass")));
        QVERIFY(!fixture_->session().query().patch);
    }

    void followingTheMouseAsksFromThePatchUnderIt() {
        openPicture();
        const auto field = fixture_->session().field();
        const QImage before = canvas().grab().toImage();
        QTest::keyClick(&canvas(), Qt::Key_Q);
        hover(centreOf({1, 1}));
        hover(centreOf({4, 2}));
        QVERIFY(fixture_->settle());
        QCOMPARE(fixture_->session().mapQuery(), (Query{PatchPosition{2, 4}}));
        QCOMPARE(fixture_->session().map().values, field->map({PatchPosition{2, 4}}).values);
        QCOMPARE(fixture_->session().field(), field);  // no second forward pass
        QVERIFY(canvas().grab().toImage() != before);
    }

    void aClickKeepsAPatchAndEscGoesBack() {
        openPicture();
        QTest::mouseClick(&canvas(), Qt::LeftButton, {}, centreOf({3, 2}));
        QVERIFY(fixture_->settle());
        QCOMPARE(fixture_->session().mapQuery(), (Query{PatchPosition{2, 3}}));
        hover(centreOf({0, 0}));
        QVERIFY(fixture_->settle());
        QCOMPARE(fixture_->session().mapQuery(), (Query{PatchPosition{2, 3}}));
        QTest::keyClick(&canvas(), Qt::Key_Right);
        QVERIFY(fixture_->settle());
        QCOMPARE(fixture_->session().mapQuery(), (Query{PatchPosition{2, 4}}));
        QTest::keyClick(&canvas(), Qt::Key_Escape);
        QVERIFY(fixture_->settle());
        QVERIFY(!fixture_->session().mapQuery().patch);
    }

    void namesOfHeadsHaveRoomUnderTallPictures() {
        fixture_->loadTinyModel();
        fixture_->window->openPaths({fixture_->makePicture(QStringLiteral("tall.png"), 48, 160)});
        QVERIFY(fixture_->settle());
        const auto& strip = fixture_->find<HeadGrid>("headStrip");
        constexpr int kSwatch = 12;
        const int name = strip.fontMetrics().horizontalAdvance(QStringLiteral("Head 0")) + kSwatch;
        QVERIFY(strip.minimumSizeHint().width() >= strip.count() * name);
    }

    void theMaskOutlinesWhatItKeeps() {
        openPicture();
        const QImage before = canvas().grab().toImage();
        fixture_->find<QCheckBox>("mask").setChecked(true);
        QVERIFY(fixture_->session().settings().maskOn);
        QVERIFY(canvas().grab().toImage() != before);
        QVERIFY(action("actionMask").isChecked());
    }

    void theColourBarTellsTheRange() {
        openPicture();
        auto& bar = fixture_->find<ColourBar>("colourBar");
        QVERIFY(bar.lowText().toDouble() < bar.highText().toDouble());
        auto& scale = fixture_->find<QComboBox>("scale");
        scale.setCurrentIndex(scale.findData(int(Scale::Kind::Fixed)));
        Q_EMIT scale.activated(scale.currentIndex());
        QVERIFY(fixture_->find<QWidget>("scaleLow").isVisible());
        fixture_->find<QDoubleSpinBox>("scaleHigh").setValue(0.5);
        QCOMPARE(bar.highText(), QStringLiteral("0.500"));
    }

    void clippingTheHighestValuesNarrowsTheScale() {
        openPicture();
        const auto& bar = fixture_->find<ColourBar>("colourBar");
        const double highest = bar.highText().toDouble();
        const QImage whole = canvas().grab().toImage();
        slider("clip").setValue(slider("clip").maximum());
        QCOMPARE(fixture_->session().settings().scale.clipPercent, 50.0);
        QVERIFY2(bar.highText().toDouble() < highest, qPrintable(bar.highText()));
        QVERIFY(canvas().grab().toImage() != whole);
        slider("clip").setValue(0);
        QCOMPARE(bar.highText().toDouble(), highest);
        QCOMPARE(canvas().grab().toImage(), whole);
    }

    void allHeadsAtOnceHaveHuesAndALegendOfThem() {
        openPicture();
        auto& bar = fixture_->find<ColourBar>("colourBar");
        const int heads = fixture_->session().map().heads;
        const QImage gradient = bar.grab().toImage();
        const QImage mean = canvas().grab().toImage();
        for (int head = 0; head < heads; ++head)
            QVERIFY(!holds(gradient, hueOf(head, heads)));
        QTest::keyClick(&canvas(), Qt::Key_A);
        QVERIFY(canvas().grab().toImage() != mean);
        const QImage legend = bar.grab().toImage();
        for (int head = 0; head < heads; ++head)
            QVERIFY2(holds(legend, hueOf(head, heads)), qPrintable(QString::number(head)));
        QVERIFY(bar.highText().isEmpty());  // heads have ranges of their own
        QVERIFY(!fixture_->find<QComboBox>("colourMap").isEnabled());
        QTest::keyClick(&canvas(), Qt::Key_M);
        QCOMPARE(bar.grab().toImage(), gradient);
    }

    void theOpacityIsPaintedWithoutAnotherPicture() {
        openPicture();
        canvas().grab();
        // An address could be given out again; the upper half of the key counts pictures that were made.
        const uchar* pixels = canvas().painted().constBits();
        const qint64 serial = canvas().painted().cacheKey() >> 32;
        QImage before;
        for (int step = 0; step < 10; ++step) {
            slider("opacity").setValue(10 * step);
            const QImage shown = canvas().grab().toImage();
            QVERIFY(shown != before);
            before = shown;
            QVERIFY(canvas().painted().constBits() == pixels);
            QCOMPARE(canvas().painted().cacheKey() >> 32, serial);
        }
    }

    void anotherSizeComputesAnewAndTheFirstIsRemembered() {
        openPicture();
        const auto first = fixture_->session().field();
        fixture_->find<QSpinBox>("sizeWidth").setValue(96);
        QVERIFY(fixture_->settle());
        QCOMPARE(fixture_->session().map().rows, 6);
        fixture_->find<QSpinBox>("sizeWidth").setValue(64);
        QVERIFY(fixture_->settle());
        QCOMPARE(fixture_->session().field(), first);
    }

    void anotherLayerIsShown() {
        openPicture();
        auto& layer = fixture_->find<QComboBox>("layer");
        QCOMPARE(layer.count(), 12);
        layer.setCurrentIndex(11);
        Q_EMIT layer.activated(11);
        QVERIFY(fixture_->settle());
        QCOMPARE(fixture_->session().field()->layer(), 0);
    }

    void aQueryStaysOverItsPlaceAtAnotherSize() {
        openPicture();
        QTest::mouseClick(&canvas(), Qt::LeftButton, {}, centreOf({4, 1}));
        QVERIFY(fixture_->settle());
        fixture_->find<QSpinBox>("sizeWidth").setValue(128);  // patches of half the side
        QVERIFY(fixture_->settle());
        QCOMPARE(fixture_->session().map().columns, 12);
        QCOMPARE(fixture_->session().mapQuery(), (Query{PatchPosition{3, 9}}));
        fixture_->find<QSpinBox>("sizeWidth").setValue(64);
        QVERIFY(fixture_->settle());
        QCOMPARE(fixture_->session().mapQuery(), (Query{PatchPosition{1, 4}}));
    }

    void aTickIsSeenOnWhatCannotBeChangedNow() {
        auto& box = fixture_->find<QCheckBox>("smooth");
        QVERIFY(!box.isEnabled());
        const QSignalBlocker quiet(box);
        for (const ThemeChoice theme : {ThemeChoice::Dark, ThemeChoice::Light}) {
            fixture_->window->setTheme(theme);
            box.setChecked(true);
            const QImage ticked = box.grab().toImage();
            box.setChecked(false);
            QVERIFY(box.grab().toImage() != ticked);
        }
    }

    void themesSwitch() {
        openPicture();
        action("actionTheme-dark").trigger();
        QVERIFY(isDarkTheme());
        const int dark = fixture_->window->grab().toImage().pixelColor(4, 4).lightness();
        action("actionTheme-light").trigger();
        QVERIFY(!isDarkTheme());
        QVERIFY(fixture_->window->grab().toImage().pixelColor(4, 4).lightness() > dark + 100);
    }

    void allHeadsAreShownInAGrid() {
        openPicture();
        QTest::keyClick(&canvas(), Qt::Key_G);
        auto& grid = fixture_->find<HeadGrid>("headsGrid");
        QVERIFY(grid.isVisible());
        QVERIFY(!fixture_->find<HeadGrid>("headStrip").isVisible());
        QTest::keyClick(&grid, Qt::Key_End);
        QTest::keyClick(&grid, Qt::Key_Return);
        QVERIFY(canvas().isVisible());
        QCOMPARE(fixture_->session().settings().heads, (HeadChoice{HeadChoice::Kind::One, 2}));
    }

    void aGridChosenBeforeThereAreHeadsLeavesThePicture() {
        fixture_->window->openPaths({fixture_->makePicture(QStringLiteral("cat.png"))});
        QVERIFY(fixture_->settle());
        action("actionGrid").setChecked(true);
        QVERIFY(canvas().isVisible());
        fixture_->loadTinyModel();
        QVERIFY(fixture_->settle());
        QVERIFY(fixture_->find<HeadGrid>("headsGrid").isVisible());
    }

    void aSmallWindowKeepsEverythingReachable() {
        openPicture();
        fixture_->window->resize(683, 384);
        QCoreApplication::processEvents();
        QCOMPARE(fixture_->window->size(), QSize(683, 384));
        QVERIFY(canvas().width() >= 300);
        QVERIFY(canvas().height() >= 120);
    }

    void aNarrowWindowLeavesTheSidePanelOutUntilItIsAskedFor() {
        openPicture();
        auto& panel = fixture_->find<QWidget>("panel");
        QVERIFY(panel.isVisible());
        fixture_->window->resize(683, 384);
        QCoreApplication::processEvents();
        QVERIFY(!panel.isVisible());
        QVERIFY(!action("actionPanel").isChecked());
        action("actionPanel").trigger();
        QVERIFY(panel.isVisible());
        fixture_->window->resize(690, 384);
        QCoreApplication::processEvents();
        QVERIFY(panel.isVisible());
    }

    void theSidePanelShowsThatItGoesOnBelow() {
        openPicture();
        fixture_->window->resize(1000, 420);
        QCoreApplication::processEvents();
        auto& hint = fixture_->find<QWidget>("scrollHint");
        QVERIFY(hint.isVisible());
        auto* bar = fixture_->find<QScrollArea>("panel").verticalScrollBar();
        bar->setValue(bar->maximum());
        QVERIFY(!hint.isVisible());
    }
};

QTEST_MAIN(ExploreViewTest)
#include "explore_view_test.moc"
