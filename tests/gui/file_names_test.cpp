#include <QAction>
#include <QApplication>
#include <QClipboard>
#include <QDropEvent>
#include <QMimeData>
#include <QTest>
#include <QUrl>
#include <filesystem>

#include "tests/gui/window_fixture.h"
#include "ui/bridge/paths.h"
#include "ui/recent.h"
#include "ui/widgets/message_bar.h"

using namespace dinoscope;

/// Files whose names are not UTF-8, in the window.
class FileNamesTest : public QObject {
    Q_OBJECT

private:
    std::unique_ptr<WindowFixture> fixture_;

    void drop(const QMimeData& data) {
        QDropEvent event({100, 100}, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(fixture_->window.get(), &event);
    }

private Q_SLOTS:
    void init() { fixture_ = std::make_unique<WindowFixture>(); }
    void cleanup() { fixture_.reset(); }

    void namesThatAreNotUtf8AreOpened() {
        fixture_->loadTinyModel();
        const QString plain = fixture_->makePicture(QStringLiteral("plain.png"));
        const std::filesystem::path folder = filePath(fixture_->path(QString())) / "d\xE9p";
        const std::filesystem::path file = folder / "na\xEFve.png";
        std::filesystem::create_directory(folder);
        std::filesystem::copy_file(filePath(plain), file);

        fixture_->window->openPaths({pathText(folder)});
        QVERIFY(fixture_->settle());
        const QString message = fixture_->find<MessageBar>("messageBar").sentence();
        QVERIFY2(message.isEmpty(), qPrintable(message));
        QVERIFY(fixture_->session().picture());
        QCOMPARE(filePath(fixture_->session().picture()->file), file);
        QVERIFY(fixture_->session().field());

        QMimeData data;
        data.setUrls({QUrl::fromLocalFile(plain)});
        drop(data);
        QVERIFY(fixture_->settle());
        data.setUrls({fileAddress(pathText(file))});
        drop(data);
        QVERIFY(fixture_->settle());
        QCOMPARE(filePath(fixture_->session().picture()->file), file);

        fixture_->find<QAction>("actionCopyCommand").trigger();
        QVERIFY2(QGuiApplication::clipboard()->text().contains(QLatin1String("na\\357ve.png")),
                 qPrintable(QGuiApplication::clipboard()->text()));
    }

    void recentFilesKeepTheirNames() {
        const QTemporaryDir folder;
        const QString ini = folder.filePath(QStringLiteral("settings.ini"));
        const std::filesystem::path file =
            filePath(folder.filePath(QStringLiteral("x"))).parent_path() / "na\xEFve";
        std::filesystem::create_directory(file);
        {
            QSettings settings(ini, QSettings::IniFormat);
            Recent recent(settings, QStringLiteral("recent"));
            recent.add(pathText(file));
            recent.add(folder.path());
            recent.add(pathText(file));
        }
        QSettings settings(ini, QSettings::IniFormat);
        QCOMPARE(Recent(settings, QStringLiteral("recent")).paths(),
                 (QStringList{pathText(file), folder.path()}));
    }
};

QTEST_MAIN(FileNamesTest)
#include "file_names_test.moc"
