#include <QTest>
#include <cmath>

#include "engine/neighbours/search/label_vote.h"

using namespace dinoscope;

class LabelVoteTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void oneCloseNeighbourOutvotesTwoFarOnes() {
        // exp(0.9 / 0.07) = 3.8e5 against 2 exp(0.8 / 0.07) = 1.8e5.
        const std::vector<float> similarities{0.9F, 0.8F, 0.8F};
        const std::vector<std::int32_t> classes{2, 0, 0};
        QCOMPARE(rankClasses(similarities, classes, 3, 0.07, 5), (std::vector<int>{2, 0, 1}));
    }

    void twoNeighboursOutvoteOneThatIsHardlyCloser() {
        const std::vector<float> similarities{0.81F, 0.8F, 0.8F};
        const std::vector<std::int32_t> classes{2, 0, 0};
        QCOMPARE(rankClasses(similarities, classes, 3, 0.07, 2), (std::vector<int>{0, 2}));
    }

    void equalVotesGoToTheFirstClass() {
        const std::vector<float> similarities{0.5F, 0.5F};
        const std::vector<std::int32_t> classes{1, 0};
        QCOMPARE(rankClasses(similarities, classes, 2, 0.07, 1), (std::vector<int>{0}));
    }

    void sharesAreThoseOfTheExponentials() {
        const std::vector<float> similarities{0.9F, 0.83F, 0.2F};
        const auto votes = voteLabels(similarities, {"cat", "dog", ""}, 0.07);
        QCOMPARE(votes.size(), std::size_t(2));
        QCOMPARE(QString::fromStdString(votes[0].label), QString("cat"));
        QCOMPARE(votes[0].count, 1);
        QVERIFY(std::abs(votes[0].share - 1 / (1 + std::exp(-1.0))) < 1e-5);
        QVERIFY(std::abs(votes[0].share + votes[1].share - 1) < 1e-12);
    }

    void withoutLabelsThereIsNoVote() { QVERIFY(voteLabels(std::vector<float>{0.5F}, {""}, 0.07).empty()); }
};

QTEST_GUILESS_MAIN(LabelVoteTest)
#include "label_vote_test.moc"
