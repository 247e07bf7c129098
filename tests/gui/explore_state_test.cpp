#include "ui/explore/explore_state.h"

#include <QTest>

using namespace dinoscope;

namespace {

ExploreState showing() {
    ExploreState state;
    state.picture = state.pictureHasFile = state.model = state.map = true;
    state.heads = 6;
    state.layers = 12;
    return state;
}

}  // namespace

class ExploreStateTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void atTheStartNothingButTheSizeCanBeSet() {
        ExploreControls expected;
        expected.sizeWidth = true;
        QVERIFY(controlsFor({}) == expected);
    }

    void controlsFollowTheState_data() {
        QTest::addColumn<std::function<void(ExploreState&)>>("change");
        QTest::addColumn<std::function<bool(const ExploreControls&)>>("control");
        QTest::addColumn<bool>("before");
        QTest::addColumn<bool>("after");
        using Change = std::function<void(ExploreState&)>;
        using Control = std::function<bool(const ExploreControls&)>;
        const auto row = [](const char* name, Change change, Control control, bool before, bool after) {
            QTest::newRow(name) << change << control << before << after;
        };
        row(
            "a pasted picture has no command", [](auto& s) { s.pictureHasFile = false; },
            [](const auto& c) { return c.copyCommand; }, true, false);
        row(
            "a pasted picture can be copied", [](auto& s) { s.pictureHasFile = false; },
            [](const auto& c) { return c.copyPicture; }, true, true);
        row(
            "without a map no heads", [](auto& s) { s.map = false; }, [](const auto& c) { return c.heads; },
            true, false);
        row(
            "without a map the picture still zooms", [](auto& s) { s.map = false; },
            [](const auto& c) { return c.zoom; }, true, true);
        row(
            "all heads at once are not zoomed", [](auto& s) { s.grid = true; },
            [](const auto& c) { return c.zoom; }, true, false);
        row(
            "without a map nothing to export", [](auto& s) { s.map = false; },
            [](const auto& c) { return c.exportFiles; }, true, false);
        row(
            "one export at a time", [](auto& s) { s.exporting = true; },
            [](const auto& c) { return c.exportFiles; }, true, false);
        row(
            "an export can be cancelled", [](auto& s) { s.exporting = true; },
            [](const auto& c) { return c.cancel; }, false, true);
        row(
            "a computation can be cancelled", [](auto& s) { s.computing = true; },
            [](const auto& c) { return c.cancel; }, false, true);
        row(
            "what the card tells of can be cancelled", [](auto& s) { s.told = true; },
            [](const auto& c) { return c.cancel; }, false, true);
        row(
            "what waits can be computed",
            [](auto& s) {
                s.waiting = true;
                s.map = false;
            },
            [](const auto& c) { return c.compute; }, false, true);
        row(
            "what is computed need not be asked for", [](auto& s) { s.waiting = s.computing = true; },
            [](const auto& c) { return c.compute; }, false, false);
        row(
            "a patch can go back to [CLS]", [](auto& s) { s.queryIsPatch = true; },
            [](const auto& c) { return c.backToCls; }, false, true);
        row(
            "a mask has a share", [](auto& s) { s.maskOn = true; }, [](const auto& c) { return c.mass; },
            false, true);
        row(
            "a fixed range has ends", [](auto& s) { s.fixedScale = true; },
            [](const auto& c) { return c.fixedRange; }, false, true);
        row(
            "a fixed range is not clipped", [](auto& s) { s.fixedScale = true; },
            [](const auto& c) { return c.clip; }, true, false);
        row(
            "without a map the picture still has neighbours", [](auto& s) { s.map = false; },
            [](const auto& c) { return c.neighbours; }, true, true);
        row(
            "a mask can be looked for", [](auto& s) { s.maskOn = true; },
            [](const auto& c) { return c.neighboursOfMask; }, false, true);
        row(
            "all heads at once have hues", [](auto& s) { s.allHeads = true; },
            [](const auto& c) { return c.colourMap; }, true, false);
        row(
            "the native size has no numbers", [](auto& s) { s.nativeSize = true; },
            [](const auto& c) { return c.sizeWidth; }, true, false);
        row(
            "an exact size has two", [](auto& s) { s.exactSize = true; },
            [](const auto& c) { return c.sizeHeight; }, false, true);
        row(
            "no model, no layers", [](auto& s) { s.model = false; }, [](const auto& c) { return c.layer; },
            true, false);
        row(
            "energy is of no head", [](auto& s) { s.energy = true; }, [](const auto& c) { return c.heads; },
            true, false);
        row(
            "energy is asked by no patch", [](auto& s) { s.energy = true; },
            [](const auto& c) { return c.query; }, true, false);
        row(
            "energy is of one layer", [](auto& s) { s.energy = true; }, [](const auto& c) { return c.layer; },
            true, false);
        row(
            "energy is exported", [](auto& s) { s.energy = true; },
            [](const auto& c) { return c.exportFiles; }, true, true);
        row(
            "the first of three has a next",
            [](auto& s) {
                s.film = 3;
                s.filmRow = 0;
            },
            [](const auto& c) { return c.next; }, false, true);
        row(
            "the first of three has none before",
            [](auto& s) {
                s.film = 3;
                s.filmRow = 0;
            },
            [](const auto& c) { return c.previous; }, false, false);
        row(
            "the last of three has one before",
            [](auto& s) {
                s.film = 3;
                s.filmRow = 2;
            },
            [](const auto& c) { return c.previous; }, false, true);
        row(
            "the last of three has no next",
            [](auto& s) {
                s.film = 3;
                s.filmRow = 2;
            },
            [](const auto& c) { return c.next; }, false, false);
    }

    void controlsFollowTheState() {
        QFETCH(std::function<void(ExploreState&)>, change);
        QFETCH(std::function<bool(const ExploreControls&)>, control);
        QFETCH(bool, before);
        QFETCH(bool, after);
        ExploreState state = showing();
        QCOMPARE(control(controlsFor(state)), before);
        change(state);
        QCOMPARE(control(controlsFor(state)), after);
    }

    void longOrLargeComputationsAreAskedFor() {
        constexpr std::int64_t kFree = 1'000'000'000;
        QVERIFY(!needsConsent({1.0, 100'000'000}, kFree));
        QVERIFY(needsConsent({6.0, 100'000'000}, kFree));
        QVERIFY(needsConsent({1.0, 600'000'000}, kFree));
        QVERIFY(!needsConsent({1.0, 600'000'000}, 0));  // unknown
    }

    void tilesAndChoicesAreTheSameThing() {
        for (int tile = 0; tile < 18; ++tile)
            QCOMPARE(tileOf(choiceOf(tile)), tile);
        QVERIFY(choiceOf(kMeanTile).kind == HeadChoice::Kind::Mean);
        QVERIFY(choiceOf(kAllTile).kind == HeadChoice::Kind::All);
        QCOMPARE(choiceOf(kFirstHeadTile + 3).head, 3);
    }
};

QTEST_APPLESS_MAIN(ExploreStateTest)
#include "explore_state_test.moc"
