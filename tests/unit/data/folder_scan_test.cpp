#include "engine/data/folder_scan.h"

#include <sys/stat.h>
#include <unistd.h>

#include <QTemporaryDir>
#include <QtTest>
#include <algorithm>
#include <fstream>
#include <random>

#include "engine/base/error.h"
#include "engine/base/job.h"

using namespace dinoscope;
namespace fs = std::filesystem;

class FolderScanTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { folder_ = std::make_unique<QTemporaryDir>(); }

    void findsImagesByExtensionInAnyCase() {
        for (const char* name :
             {"a.jpg", "b.JPEG", "c.Png", "d.tiff", "e.txt", "f", "g.jpg.bak", ".hidden.png"})
            touch(name);
        QCOMPARE(list(false), (std::vector<std::string>{"a.jpg", "b.JPEG", "c.Png", "d.tiff"}));
        QVERIFY(hasImageExtension("x/y.WebP"));
        QVERIFY(!hasImageExtension("x.jpg/y"));
        QVERIFY(!hasImageExtension(".jpg"));
        QVERIFY(!hasImageExtension(""));
    }

    void everyExtensionIsLowerCaseWithItsDot() {
        for (const std::string& extension : imageExtensions()) {
            QVERIFY(extension.starts_with('.'));
            QVERIFY(hasImageExtension("x" + extension));
            QVERIFY(std::none_of(extension.begin(), extension.end(),
                                 [](char c) { return c >= 'A' && c <= 'Z'; }));
        }
    }

    void foreignFormatsAreVisitedOnlyWhereThatIsAskedFor() {
        for (const char* name : {"a.jpg", "b.GIF", "c.heic", "d.avif", "e.txt", "f.heif"})
            touch(name);
        QCOMPARE(list(false), std::vector<std::string>{"a.jpg"});
        QVERIFY(!hasImageExtension("b.GIF") && hasForeignExtension("b.GIF") && !hasForeignExtension("a.jpg"));
        JobControl control;
        std::vector<std::string> found;
        visitImages(
            path(""), true, control, [&](const std::string& name) { found.push_back(name); },
            [](const FolderListing&) {}, {.visitsForeign = true});
        QCOMPARE(found, (std::vector<std::string>{"a.jpg", "b.GIF", "c.heic", "d.avif", "f.heif"}));
    }

    void filesComeBeforeSubfoldersInNaturalOrder() {
        for (const char* name :
             {"10.jpg", "9.jpg", "b/2.png", "b/1.png", "a/1.png", "b/inner/0.png", "1.jpg"})
            touch(name);
        QCOMPARE(list(true), (std::vector<std::string>{"1.jpg", "9.jpg", "10.jpg", "a/1.png", "b/1.png",
                                                       "b/2.png", "b/inner/0.png"}));
        QCOMPARE(list(false), (std::vector<std::string>{"1.jpg", "9.jpg", "10.jpg"}));
    }

    void hiddenFoldersAreLeftOutAndFoldersNamedLikeImagesEntered() {
        touch(".cache/a.jpg");
        touch("album.jpg/b.jpg");
        QCOMPARE(list(true), std::vector<std::string>{"album.jpg/b.jpg"});
    }

    void linksAreFollowedAndNoFolderIsEnteredTwice() {
        touch("real/a.jpg");
        fs::create_symlink(path("real/a.jpg"), path("link.jpg"));
        fs::create_directory_symlink(path("real"), path("zlink"));
        fs::create_directory_symlink(path("."), path("real/loop"));
        QCOMPARE(list(true), (std::vector<std::string>{"link.jpg", "real/a.jpg"}));
    }

    void aLinkIntoAnotherTreeIsEntered() {
        const QTemporaryDir other;
        std::ofstream(other.filePath("far.jpg").toStdString()) << "x";
        fs::create_directory_symlink(other.path().toStdString(), path("link"));
        QCOMPARE(list(true), std::vector<std::string>{"link/far.jpg"});
    }

    void aBrokenLinkIsListedSoThatItCanBeTold() {
        fs::create_symlink(path("nowhere"), path("broken.jpg"));
        QCOMPARE(list(true), std::vector<std::string>{"broken.jpg"});
    }

    void anEmptyFolderHoldsNothing() { QVERIFY(list(true).empty()); }

    void whatIsNoFolderIsNamed() {
        touch("a.jpg");
        for (const char* name : {"missing", "a.jpg"}) {
            try {
                listImages(path(name), true);
                QFAIL(name);
            } catch (const Error& error) {
                QCOMPARE(error.where(), path(name).string());
            }
        }
    }

    void anUnreadableSubfolderIsLeftOut() {
        if (geteuid() == 0) QSKIP("root reads every folder");
        touch("a.jpg");
        touch("closed/b.jpg");
        fs::permissions(path("closed"), fs::perms::none);
        const auto found = list(true);
        fs::permissions(path("closed"), fs::perms::owner_all);
        QCOMPARE(found, std::vector<std::string>{"a.jpg"});
    }

    void namesThatAreNoTextAreListedToo() {
        touch("bad\xff.jpg");
        QCOMPARE(list(true), std::vector<std::string>{"bad\xff.jpg"});
    }

    void numbersCompareAsNumbersAndLettersWithoutCase() {
        const std::vector<std::string> ordered{
            "",  "0",  "1",  "1a",  "2.jpg", "10.jpg", "10b2", "10b10", "99", "100", "18446744073709551617",
            "a", "a1", "A2", "a10", "B",     "b 1",    "b-1",  "b1",    "c"};
        for (std::size_t i = 0; i < ordered.size(); ++i) {
            for (std::size_t j = 0; j < ordered.size(); ++j)
                QVERIFY2(naturalLess(ordered[i], ordered[j]) == (i < j),
                         (ordered[i] + " | " + ordered[j]).c_str());
        }
    }

    void zerosAndCaseAloneStillGiveAFixedOrder() {
        for (const auto& [a, b] :
             {std::pair("a", "A"), std::pair("01", "1"), std::pair("a001b", "a1b"), std::pair("000", "0")}) {
            QVERIFY(naturalLess(a, b) != naturalLess(b, a));
            QVERIFY(!naturalLess(a, a));
        }
        QVERIFY(naturalLess("a01", "a2"));
        QVERIFY(naturalLess("a1", "a02"));
    }

    void itIsAStrictWeakOrder() {
        std::mt19937 random(1);
        std::vector<std::string> names;
        for (int i = 0; i < 60; ++i) {
            std::string name;
            for (int length = int(random() % 6); length > 0; --length)
                name += "01aA-\xe9"[random() % 6];
            names.push_back(name);
        }
        for (const std::string& a : names) {
            for (const std::string& b : names) {
                QVERIFY(!(naturalLess(a, b) && naturalLess(b, a)));
                QVERIFY((a == b) == (!naturalLess(a, b) && !naturalLess(b, a)));
                for (const std::string& c : names)
                    QVERIFY(!(naturalLess(a, b) && naturalLess(b, c)) || naturalLess(a, c));
            }
        }
    }

private:
    fs::path path(const std::string& name) const { return fs::path(folder_->path().toStdString()) / name; }

    void touch(const std::string& name) const {
        fs::create_directories(path(name).parent_path());
        std::ofstream(path(name)) << "x";
    }

    /// Relative to the folder.
    std::vector<std::string> list(bool recursive) const {
        std::vector<std::string> names;
        for (const fs::path& file : listImages(folder_->path().toStdString(), recursive))
            names.push_back(file.lexically_relative(folder_->path().toStdString()).string());
        return names;
    }

    std::unique_ptr<QTemporaryDir> folder_;
};

QTEST_APPLESS_MAIN(FolderScanTest)
#include "folder_scan_test.moc"
