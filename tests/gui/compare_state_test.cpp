#include "ui/compare/compare_state.h"

#include <QTest>
#include <vector>

using namespace dinoscope;

namespace {

ExploreState showing(int heads, int layers) {
    ExploreState state;
    state.picture = state.pictureHasFile = state.model = state.map = true;
    state.heads = heads;
    state.layers = layers;
    return state;
}

ExploreState withoutModel() {
    ExploreState state;
    state.picture = state.pictureHasFile = true;
    return state;
}

}  // namespace

class CompareStateTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void whatOneSideCanDoTheWorkspaceCan() {
        const std::vector<ExploreState> sides{withoutModel(), showing(6, 12)};
        const ExploreControls controls = controlsFor(CompareState{sides});
        QVERIFY(controls.heads && controls.query && controls.appearance && controls.layer);
        QVERIFY(controls.copyPicture && controls.exportFiles && controls.copyCommand);
        QVERIFY(!controls.previous && !controls.next);
    }

    void withoutAnyModelThereIsNothingToCopy() {
        const std::vector<ExploreState> sides{withoutModel(), withoutModel()};
        const ExploreControls controls = controlsFor(CompareState{sides});
        QVERIFY(controls.zoom);
        QVERIFY(!controls.heads && !controls.copyPicture && !controls.exportFiles);
    }

    void oneSheetAtATimeAndItCanBeStopped() {
        const std::vector<ExploreState> sides{showing(6, 12), showing(3, 12)};
        QVERIFY(!controlsFor(CompareState{sides}).cancel);
        const ExploreControls controls = controlsFor(CompareState{.sides = sides, .drawing = true});
        QVERIFY(!controls.copyPicture && !controls.exportFiles);
        QVERIFY(controls.cancel);
    }

    void aConvolutionalNetworkBesideATransformerLeavesItsHeadsToChoose() {
        std::vector<ExploreState> sides{showing(6, 12), showing(1, 1)};
        sides[1].energy = true;
        QVERIFY(controlsFor(CompareState{sides}).heads);
        sides[0] = sides[1];
        QVERIFY(!controlsFor(CompareState{sides}).heads);
        QVERIFY(!controlsFor(CompareState{sides}).query);
    }

    void coloursAreOffOnlyWhereEverySideShowsAllHeads() {
        std::vector<ExploreState> sides{showing(6, 12), showing(3, 12)};
        sides[0].allHeads = true;
        QVERIFY(controlsFor(CompareState{sides}).colourMap);
        sides[1].allHeads = true;
        QVERIFY(!controlsFor(CompareState{sides}).colourMap);
    }

    void theLargestModelGivesTheChoice() {
        const std::vector<ExploreState> sides{showing(3, 12), showing(16, 24)};
        QCOMPARE(headsOf(sides), 16);
        QCOMPARE(layersOf(sides), 24);
    }

    void picturesAreSteppedToWithinTheFilm() {
        const std::vector<ExploreState> sides{showing(6, 12), showing(3, 12)};
        const CompareState first{.sides = sides, .film = 3, .filmRow = 0};
        QVERIFY(!controlsFor(first).previous && controlsFor(first).next);
        const CompareState last{.sides = sides, .film = 3, .filmRow = 2};
        QVERIFY(controlsFor(last).previous && !controlsFor(last).next);
    }
};

QTEST_MAIN(CompareStateTest)
#include "compare_state_test.moc"
