#include "app/terminal_progress.h"

#include <QtTest>

using namespace dinoscope;
using namespace dinoscope::app;

namespace {

Progress training() {
    return {
        46,  1122, "steps",
        1.2, 900., "epoch 1, loss 6.562 (entropy 6.110 + KL 0.452), k-NN 24.4 %, lr 0.0001, teacher T 0.04"};
}

/// Columns of a text whose letters are one column each.
int columnsOf(const std::string& text) {
    return int(QString::fromStdString(text).size());
}

}  // namespace

class TerminalProgressTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aWideTerminalShowsABarAndEverything() {
        const std::string line = liveLine(training(), 200);
        QVERIFY(line.starts_with("╌"));
        QVERIFY(line.ends_with("46 of 1122 steps, 1.2 a second, 15 min left; " + training().status));
    }

    void eightyColumnsShowLossAndKnn() {
        const std::string line = liveLine(training(), 80);
        QVERIFY2(
            line.starts_with("4 %, 15 min left; epoch 1, loss 6.562 (entropy 6.110 + KL 0.452), k-NN 24.4"),
            line.c_str());
    }

    void aLongStatusLosesItsLastPartsFirst() {
        Progress progress = training();
        progress.status += ", gradient 1.32, centre 0.2, weight decay 0.05, momentum 0.9961";
        const std::string line = liveLine(progress, 120);
        QVERIFY2(line.find("k-NN 24.4 %") != std::string::npos, line.c_str());
        QVERIFY2(line.find("momentum") == std::string::npos && !line.ends_with(","), line.c_str());
        QVERIFY(std::string(progress.status + ", ").find(line.substr(line.rfind(", ") + 2) + ", ") !=
                std::string::npos);
    }

    void aLineNeverFillsItsTerminal() {
        for (int columns = 2; columns < 220; ++columns) {
            QVERIFY(columnsOf(liveLine(training(), columns)) < columns);
            QVERIFY(columnsOf(liveLine({3, 40, "images", 0.5, 9., {}}, columns)) < columns);
            QVERIFY(columnsOf(liveLine({}, columns)) < columns);
        }
    }

    void whatIsNotKnownYetIsLeftOut() {
        QCOMPARE(describe({0, 0, "images", 0, {}, {}}), std::string("starting"));
        QCOMPARE(describe({3, 40, "images", 0, {}, {}}), std::string("3 of 40 images"));
        QCOMPARE(describe({3, 40, "images", 3.14, 9., "cat.jpg"}),
                 std::string("3 of 40 images, 3.1 a second, 9 s left; cat.jpg"));
    }
};

QTEST_APPLESS_MAIN(TerminalProgressTest)
#include "terminal_progress_test.moc"
