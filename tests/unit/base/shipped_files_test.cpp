#include "engine/base/shipped_files.h"

#include <QCoreApplication>
#include <QTemporaryDir>
#include <QtTest/QtTest>

using namespace dinoscope;

class ShippedFilesTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void theProgramKnowsWhereItLies() {
        QCOMPARE(QString::fromStdString(programFolder().string()), QCoreApplication::applicationDirPath());
    }

    void beforeItIsInstalledTheSourcesServe() {
        for (const char* name : {"models", "models/presets", "resources/samples"}) {
            const std::filesystem::path folder = shippedFolder(name);
            QVERIFY2(std::filesystem::is_directory(folder), folder.c_str());
            QCOMPARE(folder, std::filesystem::path(SOURCE_DIR) / name);
        }
    }

    void whatLiesBesideAnInstalledProgramGoesFirst() {
        QTemporaryDir prefix;
        const std::filesystem::path root = prefix.path().toStdString();
        std::filesystem::create_directories(root / "bin");
        std::filesystem::create_directories(root / "share/dinoscope/models");
        QCOMPARE(shippedFolder("models", root / "bin"), root / "share/dinoscope/models");
        QCOMPARE(shippedFolder("resources/samples", root / "bin"),
                 std::filesystem::path(SOURCE_DIR) / "resources/samples");
    }
};

QTEST_GUILESS_MAIN(ShippedFilesTest)
#include "shipped_files_test.moc"
