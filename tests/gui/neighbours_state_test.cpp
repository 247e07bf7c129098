#include "ui/neighbours/neighbours_state.h"

#include <QTest>

#include "ui/neighbours/neighbours_text.h"
#include "ui/neighbours/trail.h"

using namespace dinoscope;

namespace {

/// Results of a picture on show, one of them selected.
NeighboursState showing() {
    NeighboursState state;
    state.gallery = state.labels = state.query = true;
    state.results = 20;
    state.selected = 1;
    return state;
}

std::vector<Neighbour> falling() {
    return {{7, 0.9F}, {3, 0.8F}, {5, 0.7F}, {1, 0.2F}, {2, -0.1F}};
}

}  // namespace

class NeighboursStateTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void atTheStartAGalleryCanBeOpenedOrBuiltAndAModelEvaluated() {
        NeighboursControls expected;
        expected.openGallery = expected.build = expected.evaluate = true;
        QVERIFY(controlsFor({}) == expected);
    }

    void controlsFollowTheState_data() {
        QTest::addColumn<std::function<void(NeighboursState&)>>("change");
        QTest::addColumn<std::function<bool(const NeighboursControls&)>>("control");
        QTest::addColumn<bool>("before");
        QTest::addColumn<bool>("after");
        using Change = std::function<void(NeighboursState&)>;
        using Control = std::function<bool(const NeighboursControls&)>;
        const auto row = [](const char* name, Change change, Control control, bool before, bool after) {
            QTest::newRow(name) << change << control << before << after;
        };
        const auto twoSelected = [](auto& s) { s.selected = 2; };
        row(
            "two pictures are not one query", twoSelected, [](const auto& c) { return c.ask; }, true, false);
        row(
            "two pictures have paths", twoSelected, [](const auto& c) { return c.copyPath; }, true, true);
        const auto evaluating = [](auto& s) { s.page = NeighboursPage::Evaluate; };
        row(
            "an evaluation has no query to see", evaluating, [](const auto& c) { return c.column; }, true,
            false);
        row(
            "an evaluation has nothing to set at the side", evaluating, [](const auto& c) { return c.panel; },
            true, false);
        row(
            "without a gallery a query is seen", [](auto& s) { s.gallery = false; },
            [](const auto& c) { return c.column; }, true, true);
        const auto missing = [](auto& s) { s.sourceMissing = true; };
        row(
            "a moved picture cannot be opened", missing, [](const auto& c) { return c.openInExplore; }, true,
            false);
        row(
            "a moved picture cannot be revealed", missing, [](const auto& c) { return c.reveal; }, true,
            false);
        row(
            "a moved picture still has neighbours", missing, [](const auto& c) { return c.ask; }, true, true);
        row(
            "moved pictures cannot be brought up to date", missing, [](const auto& c) { return c.update; },
            true, false);
        row(
            "moved pictures can be told", missing, [](const auto& c) { return c.relocate; }, true, true);
        const auto noResults = [](auto& s) { s.results = 0; };
        row(
            "nothing found, nothing to export", noResults, [](const auto& c) { return c.exportResults; },
            true, false);
        row(
            "nothing found, no vote", noResults, [](const auto& c) { return c.vote; }, true, false);
        row(
            "nothing found, the sliders still move", noResults, [](const auto& c) { return c.sliders; }, true,
            true);
        row(
            "no labels, no vote", [](auto& s) { s.labels = false; }, [](const auto& c) { return c.vote; },
            true, false);
        row(
            "one export at a time", [](auto& s) { s.exporting = true; },
            [](const auto& c) { return c.exportResults; }, true, false);
        const auto noQuery = [](auto& s) { s.query = false; };
        row(
            "the whole gallery is no result", noQuery, [](const auto& c) { return c.exportResults; }, true,
            false);
        row(
            "the whole gallery is already shown", noQuery, [](const auto& c) { return c.overview; }, true,
            false);
        row(
            "the whole gallery has no k", noQuery, [](const auto& c) { return c.sliders; }, true, false);
        row(
            "back", [](auto& s) { s.canGoBack = true; }, [](const auto& c) { return c.back; }, false, true);
        row(
            "forward", [](auto& s) { s.canGoForward = true; }, [](const auto& c) { return c.forward; }, false,
            true);
        const auto building = [](auto& s) { s.building = true; };
        row(
            "one gallery is built at a time", building, [](const auto& c) { return c.build; }, true, false);
        row(
            "what is built can be paused", building, [](const auto& c) { return c.pause; }, false, true);
        row(
            "what is built can be stopped", building, [](const auto& c) { return c.stop; }, false, true);
        row(
            "while building one browses on", building, [](const auto& c) { return c.ask; }, true, true);
        row(
            "while building nothing is evaluated", building, [](const auto& c) { return c.evaluate; }, true,
            false);
        row(
            "while building no duplicates are looked for", building,
            [](const auto& c) { return c.findDuplicates; }, true, false);
        const auto keeping = [](auto& s) { s.building = s.keepingTeacher = true; };
        row(
            "what is kept for a gallery is not paused", keeping, [](const auto& c) { return c.pause; }, false,
            false);
        row(
            "what is kept for a gallery can be stopped", keeping, [](const auto& c) { return c.stop; }, false,
            true);
        const auto paused = [](auto& s) { s.building = s.paused = true; };
        row(
            "what is paused can go on", paused, [](const auto& c) { return c.resume; }, false, true);
        row(
            "what is paused is not paused again", paused, [](const auto& c) { return c.pause; }, false,
            false);
        row(
            "a query can be cancelled", [](auto& s) { s.computing = true; },
            [](const auto& c) { return c.cancel; }, false, true);
        row(
            "a comparison can be cancelled", [](auto& s) { s.comparing = true; },
            [](const auto& c) { return c.cancel; }, false, true);
        row(
            "an attention can be cancelled", [](auto& s) { s.attending = true; },
            [](const auto& c) { return c.cancel; }, false, true);
        row(
            "without a gallery there is no model for an attention", [](auto& s) { s.gallery = false; },
            [](const auto& c) { return c.attention; }, true, false);
        row(
            "an evaluation has no pictures for an attention", evaluating,
            [](const auto& c) { return c.attention; }, true, false);
        const auto opening = [](auto& s) { s.opening = true; };
        row(
            "one gallery is opened at a time", opening, [](const auto& c) { return c.openGallery; }, true,
            false);
        const auto evaluate = [](auto& s) { s.page = NeighboursPage::Evaluate; };
        row(
            "an evaluation has no pictures", evaluate, [](const auto& c) { return c.copyPath; }, true, false);
        const auto duplicates = [](auto& s) { s.page = NeighboursPage::Duplicates; };
        row(
            "a duplicate can be asked for", duplicates, [](const auto& c) { return c.ask; }, true, true);
        row(
            "duplicates are not the results", duplicates, [](const auto& c) { return c.exportResults; }, true,
            false);
    }

    void controlsFollowTheState() {
        QFETCH(std::function<void(NeighboursState&)>, change);
        QFETCH(std::function<bool(const NeighboursControls&)>, control);
        QFETCH(bool, before);
        QFETCH(bool, after);
        NeighboursState state = showing();
        QCOMPARE(control(controlsFor(state)), before);
        change(state);
        QCOMPARE(control(controlsFor(state)), after);
    }

    void whatIsLeftOutIsSaid() {
        QCOMPARE(sheetText(QStringLiteral("a.png"), 20, 20), QStringLiteral("Wrote a.png"));
        QVERIFY(sheetText(QStringLiteral("a.png"), 200, 1000)
                    .contains(QStringLiteral("a.png with the 200 most similar of 1,000 results")));
        QCOMPARE(groupsText(0, 0, false), QStringLiteral("No near duplicates"));
        QCOMPARE(groupsText(1, 2, false), QStringLiteral("1 group of near duplicates, 2 pictures"));
        QCOMPARE(groupsText(12, 30, false), QStringLiteral("12 groups of near duplicates, 30 pictures"));
        QVERIFY(groupsText(10'000, 30'000, true).startsWith(QStringLiteral("The 10,000 largest groups")));
        QVERIFY(groupsText(10'000, 30'000, true).contains(QStringLiteral("there are more")));
    }

    void kAndThresholdCutTheListShort() {
        const auto list = falling();
        QCOMPARE(shownOf(list, {2, 0}), 2);
        QCOMPARE(shownOf(list, {100, 0}), 5);    // 0 stands for none: negative similarities are shown
        QCOMPARE(shownOf(list, {100, 0.7}), 2);  // 0.7F is a little less
        QCOMPARE(shownOf(list, {100, 0.69}), 3);
        QCOMPARE(shownOf(list, {2, 0.1}), 2);
        QCOMPARE(shownOf(list, {100, 0.95}), 0);
        QCOMPARE(shownOf({}, {10, 0}), 0);
    }

    void moreIsFetchedThanShownSoThatKCanBeRaised() {
        QCOMPARE(fetchFor(20, 9469), std::int64_t(1000));
        QCOMPARE(fetchFor(20, 50), std::int64_t(50));
        QCOMPARE(fetchFor(3000, 9469), std::int64_t(6000));
        QCOMPARE(fetchFor(9000, 9469), std::int64_t(9469));
    }

    void theSliderReachesEveryDecadeAlike() {
        QCOMPARE(kForSlider(0, 100'000), std::int64_t(1));
        QCOMPARE(kForSlider(kSliderSteps, 100'000), std::int64_t(100'000));
        QCOMPARE(kForSlider(kSliderSteps / 5, 100'000), std::int64_t(10));
        QCOMPARE(kForSlider(2 * kSliderSteps / 5, 100'000), std::int64_t(100));
        for (const std::int64_t k : {1, 2, 5, 20, 200, 5000, 100'000}) {
            // A step of the slider is a factor of 1.2 %.
            QVERIFY(std::abs(kForSlider(sliderForK(k, 100'000), 100'000) - k) * 100 <= k);
        }
        QCOMPARE(kForSlider(500, 1), std::int64_t(1));
        QCOMPARE(sliderForK(20, 1), 0);
    }

    void aTrailGoesBackAndForwardAndForgetsWhatLayAhead() {
        Trail<int> trail;
        for (const int place : {1, 2, 3})
            trail.go(place);
        QVERIFY(!trail.canGoForward());
        trail.back();
        trail.back();
        QCOMPARE(trail.current(), 1);
        QVERIFY(!trail.canGoBack());
        trail.forward();
        QCOMPARE(trail.current(), 2);
        trail.go(9);
        QVERIFY(!trail.canGoForward());
        trail.back();
        QCOMPARE(trail.current(), 2);
    }

    void aTrailKeepsTheLastPlacesOnly() {
        Trail<int> trail(3);
        for (int place = 0; place < 10; ++place)
            trail.go(place);
        QCOMPARE(trail.size(), std::size_t(3));
        QCOMPARE(trail.current(), 9);
        trail.back();
        trail.back();
        QCOMPARE(trail.current(), 7);
        QVERIFY(!trail.canGoBack());
    }
};

QTEST_APPLESS_MAIN(NeighboursStateTest)
#include "neighbours_state_test.moc"
