#include "engine/explore/attend_plan.h"

#include <QTemporaryDir>
#include <QtTest>
#include <fstream>

using namespace dinoscope;
namespace fs = std::filesystem;

class AttendPlanTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { folder_ = std::make_unique<QTemporaryDir>(); }

    void namedFilesGoStraightIntoTheOutput() {
        const auto items = planAttend({"a/dog.jpg", "cat.png"}, "out");
        QCOMPARE(items.size(), std::size_t(2));
        QCOMPARE(items[0].file, fs::path("a/dog.jpg"));
        QCOMPARE(items[0].folder, fs::path("out"));
        QCOMPARE(items[0].stem, std::string("dog"));
        QVERIFY(items[0].named);
        QCOMPARE(items[1].stem, std::string("cat"));
    }

    void subfoldersAreMirrored_data() {
        QTest::addColumn<QString>("suffix");
        QTest::newRow("plain") << "";
        QTest::newRow("slash") << "/";
        QTest::newRow("dot") << "/.";
        QTest::newRow("there and back") << "/sub/..";
    }

    void subfoldersAreMirrored() {
        QFETCH(const QString, suffix);
        touch("b.jpg");
        touch("sub/deep/a.jpg");
        const auto items = planAttend({folder_->path().toStdString() + suffix.toStdString()}, "out");
        QCOMPARE(items.size(), std::size_t(2));
        QCOMPARE(items[0].stem, std::string("b"));
        QCOMPARE(items[0].folder, fs::path("out"));
        QVERIFY(!items[0].named);
        QCOMPARE(items[1].stem, std::string("a"));
        QCOMPARE(items[1].folder, fs::path("out/sub/deep"));
    }

    void theCurrentFolderIsAFolderToo() {
        touch("sub/a.jpg");
        const fs::path before = fs::current_path();
        fs::current_path(folder_->path().toStdString());
        const auto items = planAttend({"."}, "out");
        fs::current_path(before);
        QCOMPARE(items.size(), std::size_t(1));
        QCOMPARE(items[0].folder, fs::path("out/sub"));
    }

    void equalStemsGetTheirExtension() {
        const auto items = planAttend({"dog.jpg", "dog.png", "cat.png"}, "out");
        QCOMPARE(items[0].stem, std::string("dog_jpg"));
        QCOMPARE(items[1].stem, std::string("dog_png"));
        QCOMPARE(items[2].stem, std::string("cat"));
    }

    void equalStemsInDifferentFoldersStay() {
        touch("a/dog.jpg");
        touch("b/dog.jpg");
        const auto items = planAttend({folder_->path().toStdString()}, "out");
        QCOMPARE(items[0].stem, std::string("dog"));
        QCOMPARE(items[1].stem, std::string("dog"));
        QVERIFY(items[0].folder != items[1].folder);
    }

    void whatIsEqualEvenThenIsRefusedWithBothNames() {
        for (const std::vector<std::string>& inputs :
             {std::vector<std::string>{"a/dog.jpg", "b/dog.jpg"}, {"dog.jpg", "dog.png", "dog_jpg.webp"}}) {
            try {
                planAttend(inputs, "out");
                QFAIL("nothing was thrown");
            } catch (const UsageError& error) {
                QCOMPARE(error.where(), inputs.back());
                QVERIFY(error.problem().find(inputs.front()) != std::string::npos);
            }
        }
    }

    void aStemThatReadsAsAnothersOverlayOrMaskGetsItsExtension() {
        // dog.jpg writes dog-overlay-head0.png, and so would dog-overlay.jpg.
        const auto items = planAttend({"dog.jpg", "dog-overlay.jpg", "dog-mask.png", "cat-mask.png"}, "out");
        QCOMPARE(items[0].stem, std::string("dog"));
        QCOMPARE(items[1].stem, std::string("dog-overlay_jpg"));
        QCOMPARE(items[2].stem, std::string("dog-mask_png"));
        QCOMPARE(items[3].stem, std::string("cat-mask"));
    }

    void anEmptyFolderIsRefused() {
        touch("notes.txt");
        try {
            planAttend({folder_->path().toStdString()}, "out");
            QFAIL("nothing was thrown");
        } catch (const Error& error) {
            QCOMPARE(error.where(), folder_->path().toStdString());
        }
    }

    void anOutputInsideTheFolderIsNotRead() {
        touch("a.jpg");
        touch("out/a-head0.png");
        touch("out/deep/a-mean.png");
        touch("outer/b.jpg");
        const std::string folder = folder_->path().toStdString();
        const auto items = planAttend({folder}, fs::path(folder) / "outer" / ".." / "out");
        QCOMPARE(items.size(), std::size_t(2));
        QCOMPARE(items[0].stem, std::string("a"));
        QCOMPARE(items[1].stem, std::string("b"));
    }

    void aFolderThatIsItsOwnOutputIsRefused() {
        touch("a.jpg");
        const std::string folder = folder_->path().toStdString();
        QVERIFY_THROWS_EXCEPTION(UsageError, planAttend({folder}, folder + "/."));
    }

    void aPictureThatWouldBeWrittenOverIsNotRead_data() {
        QTest::addColumn<QString>("written");
        for (const char* name : {"cat-mean.png", "cat-head0.png", "cat-head11.png", "cat-overlay-head3.png",
                                 "cat-overlay-mean.png", "cat-overlay-hues.png", "cat-mask-head2.png",
                                 "cat-energy.png", "cat-overlay-energy.png"})
            QTest::newRow(name) << name;
    }

    void aPictureThatWouldBeWrittenOverIsNotRead() {
        QFETCH(QString, written);
        touch("cat.jpg");
        touch(written.toStdString());
        const std::string folder = folder_->path().toStdString();
        const std::string other = folder + "/" + written.toStdString();
        try {
            planAttend({folder + "/cat.jpg", other}, folder + "/.");
            QFAIL("it would be lost");
        } catch (const UsageError& error) {
            QCOMPARE(error.where(), other);
        }
        QCOMPARE(planAttend({folder + "/cat.jpg", other}, folder + "/elsewhere").size(), std::size_t(2));
        QCOMPARE(planAttend({other}, folder).size(), std::size_t(1));
    }

    void aPictureOfAKindThatIsNotWrittenIsRead() {
        for (const char* name : {"cat.jpg", "cat-head9.png", "cat-overlay-hues.png", "cat-mask-mean.png"})
            touch(name);
        const std::string folder = folder_->path().toStdString();
        const std::vector<std::string> all{folder + "/cat.jpg", folder + "/cat-head9.png",
                                           folder + "/cat-overlay-hues.png", folder + "/cat-mask-mean.png"};
        QCOMPARE(planAttend(all, folder, {false, false, false}).size(), std::size_t(4));
        QVERIFY_THROWS_EXCEPTION(UsageError, planAttend(all, folder, {false, false, true}));
    }

    void alikeNamesAreReadBesideEachOther() {
        for (const char* name : {"cat.jpg", "cat-head.png", "cat-3.png", "cat-means.png", "cat-mean.jpg"})
            touch(name);
        const std::string folder = folder_->path().toStdString();
        QCOMPARE(planAttend({folder + "/cat.jpg", folder + "/cat-head.png", folder + "/cat-3.png",
                             folder + "/cat-means.png", folder + "/cat-mean.jpg"},
                            folder)
                     .size(),
                 std::size_t(5));
    }

    void aMissingFileIsLeftToBeToldWhenItIsRead() {
        QCOMPARE(planAttend({"missing.jpg"}, "out").size(), std::size_t(1));
    }

private:
    void touch(const std::string& name) const {
        const fs::path path = fs::path(folder_->path().toStdString()) / name;
        fs::create_directories(path.parent_path());
        std::ofstream(path) << "x";
    }

    std::unique_ptr<QTemporaryDir> folder_;
};

QTEST_APPLESS_MAIN(AttendPlanTest)
#include "attend_plan_test.moc"
