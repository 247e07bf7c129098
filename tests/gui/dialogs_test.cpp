#include "ui/dialogs.h"

#include <QAction>
#include <QDialog>
#include <QFileDialog>
#include <QFileInfo>
#include <QLineEdit>
#include <QScreen>
#include <QScrollArea>
#include <QScrollBar>
#include <QTest>
#include <QWidget>

#include "tests/gui/window_fixture.h"

using namespace dinoscope;

class DialogsTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aLongTextFitsTheScreenAndScrolls() {
        QWidget window;
        window.show();
        QString rows;
        for (int i = 0; i < 200; ++i)
            rows += QStringLiteral("<tr><td>Act %1</td><td>Ctrl+%1</td></tr>").arg(i);
        DesktopDialogs dialogs;
        dialogs.tell(&window, QStringLiteral("Keys"), QStringLiteral("<table>%1</table>").arg(rows));
        auto* dialog = window.findChild<QDialog*>();
        QVERIFY(dialog);
        QVERIFY(QTest::qWaitForWindowExposed(dialog));
        QCOMPARE(dialog->windowTitle(), QStringLiteral("Keys"));
        QVERIFY(dialog->height() < dialog->screen()->availableGeometry().height());
        auto* area = dialog->findChild<QScrollArea*>();
        QVERIFY(area && area->isVisible());
        QScrollBar* bar = area->verticalScrollBar();
        QVERIFY(bar->maximum() > 0);
        QCOMPARE(area->horizontalScrollBar()->maximum(), 0);
        // By keys alone.
        QVERIFY(area->hasFocus());
        QTest::keyClick(area, Qt::Key_PageDown);
        QVERIFY(bar->value() > 0);
        QTest::keyClick(dialog, Qt::Key_Escape);
        QVERIFY(!dialog->isVisible());
    }

    void aShortTextNeedsNoScrolling() {
        QWidget window;
        window.show();
        DesktopDialogs dialogs;
        dialogs.tell(&window, QStringLiteral("About"), QStringLiteral("<h3>Name</h3><p>A line.</p>"));
        auto* dialog = window.findChild<QDialog*>();
        QVERIFY(dialog);
        QVERIFY(QTest::qWaitForWindowExposed(dialog));
        QCOMPARE(dialog->findChild<QScrollArea*>()->verticalScrollBar()->maximum(), 0);
    }

    void theNameThatIsSavedEndsAsTheChosenKind() {
        QWidget window;
        window.show();
        DesktopDialogs dialogs;
        QString saved;
        const QTemporaryDir folder;
        dialogs.saveFile(&window, QStringLiteral("Export"), folder.filePath("exp.csv"),
                         {QStringLiteral("Table (*.csv)"), QStringLiteral("JSON (*.json)")},
                         [&saved](const QString& file) { saved = file; });
        auto* dialog = window.findChild<QFileDialog*>();
        QVERIFY(dialog);
        QCOMPARE(dialog->defaultSuffix(), QStringLiteral("csv"));
        Q_EMIT dialog->filterSelected(QStringLiteral("JSON (*.json)"));
        QCOMPARE(dialog->defaultSuffix(), QStringLiteral("json"));
        QCOMPARE(QFileInfo(dialog->selectedFiles().front()).fileName(), QStringLiteral("exp.json"));
        auto* name = dialog->findChild<QLineEdit*>();
        QVERIFY(name);
        name->setText(QStringLiteral("other"));
        QMetaObject::invokeMethod(dialog, "accept");
        QCOMPARE(QFileInfo(saved).fileName(), QStringLiteral("other.json"));
    }

    void theWindowFitsTheScreenAtFirst() {
        const WindowFixture fixture;
        const QSize room = fixture.window->screen()->availableSize();
        QVERIFY(fixture.firstSize.width() < room.width());
        QVERIFY(fixture.firstSize.height() < room.height());
    }

    void theListOfKeysHasNoRowWithoutKeys() {
        WindowFixture fixture;
        fixture.find<QAction>("actionShortcuts").trigger();
        const QString told = fixture.dialogs.told;
        QVERIFY2(told.contains(QStringLiteral("<b>F1</b>")), qPrintable(told));
        QVERIFY2(!told.contains(QStringLiteral("<b></b>")), qPrintable(told));
    }
};

QTEST_MAIN(DialogsTest)
#include "dialogs_test.moc"
