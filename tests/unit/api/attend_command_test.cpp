#include <QtTest>

#include "engine/api/attend.h"

using namespace dinoscope;
using namespace dinoscope::api;

namespace {

InputGeometry geometry() {
    return planInput(640, 480, InputSize::shorterSide(480), 16);
}

QString commandOf(const AttentionView& view) {
    return QString::fromStdString(attendCommand(view, geometry()));
}

}  // namespace

class AttendCommandTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aPlainViewIsAShortLine() {
        AttentionView view;
        view.image = "cat.jpg";
        QCOMPARE(commandOf(view), QString("dino attend cat.jpg -w untrained --size 480 --colormap viridis "
                                          "--opacity 0.6 -o attention"));
    }

    void allHeadsAtOnceAreAskedFor() {
        AttentionView view;
        view.image = "cat.jpg";
        view.hues = true;
        QVERIFY2(commandOf(view).contains(" --hues "), qPrintable(commandOf(view)));
    }

    void theMeanIsAskedFor() {
        AttentionView view;
        view.image = "cat.jpg";
        view.mean = true;
        QVERIFY2(commandOf(view).contains(" --heads mean "), qPrintable(commandOf(view)));
    }

    void namesAreQuotedForTheShell() {
        AttentionView view;
        view.image = "my cat's.jpg";
        QVERIFY2(commandOf(view).startsWith("dino attend 'my cat'\\''s.jpg' -w "),
                 qPrintable(commandOf(view)));
    }

    void bytesThatAreNoTextAreEscaped() {
        AttentionView view;
        view.image = "na\xEFve's \xC3\xA9\n.jpg";
        QVERIFY2(commandOf(view).startsWith("dino attend $'na\\357ve\\'s \\303\\251\\012.jpg' -w "),
                 qPrintable(commandOf(view)));
        view.image = "\xC3\xA9t\xC3\xA9.jpg";
        QVERIFY2(commandOf(view).startsWith("dino attend '\u00e9t\u00e9.jpg' -w "),
                 qPrintable(commandOf(view)));
    }

    void aNameThatReadsAsAnOptionIsMadeAPath() {
        AttentionView view;
        view.image = "-x.jpg";
        view.model.weights = "--w.pth";
        QVERIFY2(commandOf(view).startsWith("dino attend ./-x.jpg -w ./--w.pth "),
                 qPrintable(commandOf(view)));
    }

    void aQueryIsTheMiddleOfItsPatch() {
        QCOMPARE(queryOption({PatchPosition{2, 3}}, geometry()), std::string("56,40"));
        QCOMPARE(queryOption({}, geometry()), std::string("cls"));
    }

    void theLastPatchOfTheWidestPictureKeepsItsPlace() {
        const InputGeometry wide = planInput(60'007, 16, InputSize::native(), 16);
        const std::string option = queryOption({PatchPosition{0, wide.columns - 1}}, wide);
        const QStringList point = QString::fromStdString(option).split(',');
        QCOMPARE(wide.patchAt(point[0].toDouble(), point[1].toDouble()),
                 std::optional(PatchPosition{0, wide.columns - 1}));
    }
};

QTEST_APPLESS_MAIN(AttendCommandTest)
#include "attend_command_test.moc"
