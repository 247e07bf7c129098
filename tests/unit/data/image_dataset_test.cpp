#include "engine/data/image_dataset.h"

#include <sys/stat.h>

#include <QtTest>
#include <algorithm>
#include <set>

#include "engine/base/error.h"
#include "tests/unit/data/data_test_tools.h"

using namespace dinoscope;
namespace fs = std::filesystem;

class ImageDatasetTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { folder_ = std::make_unique<test::ImageFolder>(); }

    void aFlatFolderHasSizesAndNoLabels() {
        folder_->png("10.png", 7, 5);
        folder_->png("9.png", 3, 4);
        folder_->text("notes.txt", "no image");
        const ImageDataset data = folder_->scan();
        QCOMPARE(namesOf(data), (std::vector<std::string>{"9.png", "10.png"}));
        QCOMPARE(data.width(1), 7);
        QCOMPARE(data.height(1), 5);
        QCOMPARE(data.path(0), folder_->path("9.png"));
        QVERIFY(!data.hasLabels());
        QCOMPARE(data.label(0), -1);
    }

    void classFoldersGiveLabelsInNaturalOrder() {
        for (const char* name : {"class10/a.png", "class9/b.png", "class9/deep/c.png", "class10/d.png"})
            folder_->png(name);
        const ImageDataset data = folder_->scan();
        QCOMPARE(data.classes(), (std::vector<std::string>{"class9", "class10"}));
        QCOMPARE(namesOf(data), (std::vector<std::string>{"class9/b.png", "class9/deep/c.png",
                                                          "class10/a.png", "class10/d.png"}));
        QCOMPARE(labelsOf(data), (std::vector<int>{0, 0, 1, 1}));
    }

    void aFileBesideTheFoldersOrASingleFolderMeansNoLabels() {
        folder_->png("a/1.png");
        QVERIFY(!folder_->scan().hasLabels());
        folder_->png("b/1.png");
        QVERIFY(folder_->scan().hasLabels());
        folder_->png("stray.png");
        QVERIFY(!folder_->scan().hasLabels());
    }

    void aFolderWithoutReadableImagesIsNoClass() {
        folder_->png("a/1.png");
        folder_->png("b/1.png");
        folder_->text("c/1.png", "broken");
        QCOMPARE(folder_->scan().classes(), (std::vector<std::string>{"a", "b"}));
    }

    /// A class that is silently missing would make an accuracy of fewer classes.
    void aFolderThatCannotBeReadIsTold() {
        folder_->png("a/1.png");
        folder_->png("b/1.png");
        fs::create_symlink(folder_->path("unmounted"), folder_->path("c"));
        fs::create_symlink(folder_->path("gone.png"), folder_->path("b/2.png"));
        const ImageDataset data = folder_->scan();
        QCOMPARE(data.classes().size(), std::size_t(2));
        QCOMPARE(data.unreadableCount(), std::int64_t(2));
        QCOMPARE(data.unreadable()[0].name, std::string("c/"));
        QVERIFY(data.unreadable()[0].reason.starts_with("the folder cannot be read ("));
        QCOMPARE(data.unreadable()[1].name, std::string("b/2.png"));
    }

    /// Its probes would be learnt from, and be a class.
    void aRunInsideTheFolderIsLeftOutAndTold() {
        folder_->png("cats/1.png");
        folder_->png("dogs/2.png");
        const std::string before = folder_->scan().fingerprint();
        folder_->png("runs/first/probes/1.png");
        folder_->text("runs/first/run.toml", "format = 1\n");
        JobControl control;
        std::vector<std::string> notes;
        control.setListener([&](const std::string& line) { notes.push_back(line); });
        const ImageDataset data = ImageDataset::scan(folder_->path(), control);
        QCOMPARE(data.classes(), (std::vector<std::string>{"cats", "dogs"}));
        QCOMPARE(data.fingerprint(), before);
        QCOMPARE(notes, std::vector<std::string>{"left out runs/first/: it holds a run of dino train"});
        QCOMPARE(data.unreadableCount(), 0);
    }

    void unreadableImagesAreCountedListedAndLeftOut() {
        folder_->png("good.png");
        folder_->text("empty.jpg", "");
        folder_->text("text.jpg", "no image at all");
        folder_->text("gif.png", "GIF89a...");
        fs::create_symlink("nowhere", folder_->path("link.png"));
        JobControl control;
        std::vector<std::string> notes;
        control.setListener([&](const std::string& line) { notes.push_back(line); });
        const ImageDataset data = ImageDataset::scan(folder_->path(), control);
        QCOMPARE(namesOf(data), std::vector<std::string>{"good.png"});
        QCOMPARE(data.unreadableCount(), 4);
        QCOMPARE(data.unreadable().size(), std::size_t{4});
        QCOMPARE(data.unreadable()[0].describe(), "empty.jpg: the file is empty");
        QCOMPARE(notes.size(), std::size_t{4});
        QCOMPARE(control.progress().done, 5);
        QCOMPARE(control.progress().unit, "images");
    }

    void imagesOfFormatsThatAreNotReadAreNotLeftOutInSilence() {
        folder_->png("a/good.png");
        folder_->png("b/good.png");
        folder_->text("a/moving.gif", "GIF89a...");
        folder_->text("b/phone.HEIC", std::string("\0\0\0\x18"
                                                  "ftypheic\0\0\0\0",
                                                  16));
        folder_->text("b/web.avif", std::string("\0\0\0\x18"
                                                "ftypavif\0\0\0\0",
                                                16));
        folder_->text("b/notes.txt", "no image");
        fs::create_symlink("nowhere", folder_->path("b/link.gif"));
        const ImageDataset data = folder_->scan();
        QCOMPARE(namesOf(data), (std::vector<std::string>{"a/good.png", "b/good.png"}));
        QCOMPARE(data.classes().size(), std::size_t(2));
        QCOMPARE(data.unreadableCount(), 4);
        QCOMPARE(data.unreadable()[0].name, std::string("a/moving.gif"));
        QVERIFY2(data.unreadable()[0].reason.find("GIF") != std::string::npos,
                 data.unreadable()[0].reason.c_str());
        QCOMPARE(data.unreadable()[1].name, std::string("b/link.gif"));
    }

    void onlySomeUnreadableImagesAreKeptByName() {
        folder_->png("good.png");
        for (std::size_t i = 0; i < ImageDataset::kMaxListed + 5; ++i)
            folder_->text("bad" + std::to_string(i) + ".png", "x");
        const ImageDataset data = folder_->scan();
        QCOMPARE(data.unreadableCount(), std::int64_t(ImageDataset::kMaxListed) + 5);
        QCOMPARE(data.unreadable().size(), ImageDataset::kMaxListed);
    }

    void nothingReadableIsAnErrorThatNamesThePlace() {
        expectError("", "there is no readable image");
        folder_->text("a.png", "broken");
        expectError("", "1 cannot be read, the first being a.png: this is not an image");
        expectError("missing", "there is no such file");
    }

    void aListIsReadInItsOrderWithLabels() {
        folder_->png("x/1.png", 4, 4);
        folder_->png("x/2.png", 5, 5);
        folder_->text("list.txt",
                      "\xEF\xBB\xBF"
                      "x/2.png\tdog\r\n\n" +
                          folder_->path("x/1.png").string() + "\tcat\nx/2.png\tdog 10\nx/1.png\tdog 9");
        const ImageDataset data = folder_->scan("list.txt");
        QCOMPARE(data.classes(), (std::vector<std::string>{"cat", "dog", "dog 9", "dog 10"}));
        QCOMPARE(labelsOf(data), (std::vector<int>{1, 0, 3, 2}));
        QCOMPARE(data.width(0), 5);
        QCOMPARE(data.path(0), folder_->path("x/2.png"));
        QCOMPARE(data.path(1), folder_->path("x/1.png"));
    }

    void aListWithoutLabelsHasNone() {
        folder_->png("a.png");
        folder_->text("list", "a.png\na.png\n");
        const ImageDataset data = folder_->scan("list");
        QCOMPARE(data.size(), 2);
        QVERIFY(!data.hasLabels());
    }

    void badLinesAreToldByTheirNumbers() {
        folder_->png("a.png");
        mkfifo(folder_->path("pipe.png").c_str(), 0600);
        folder_->text("list", "a.png\nmissing.png\n" + std::string(5000, 'x') +
                                  "\n/\n/dev/zero\npipe.png\n../\xff.png\n");
        const ImageDataset data = folder_->scan("list");
        QCOMPARE(data.size(), 1);
        std::vector<std::string> told;
        for (const UnreadableImage& bad : data.unreadable())
            told.push_back(bad.describe());
        std::sort(told.begin(), told.end());
        QCOMPARE(told, (std::vector<std::string>{"line 2: missing.png: there is no such file",
                                                 "line 3: the path is too long",
                                                 "line 4: /: this is a folder, not a file",
                                                 "line 5: /dev/zero: this is not a regular file",
                                                 "line 6: pipe.png: this is not a regular file",
                                                 "line 7: ../\xff.png: there is no such file"}));
    }

    void aLineWithALabelAloneIsTold() {
        folder_->png("a.png");
        folder_->text("list", "a.png\tcat\n\tdog\n");
        QCOMPARE(folder_->scan("list").unreadable().at(0).describe(), "line 2: there is no path");
    }

    void hostileListsAreErrors() {
        folder_->png("a.png");
        folder_->text("mixed", "a.png\tcat\na.png\n");
        expectError("mixed", "line 2 has no label, unlike those before it");
        folder_->text("mixed2", "a.png\n\na.png\tcat\n");
        expectError("mixed2", "line 3 has a label, but not those before it");
        expectError("a.png", "this is one image, not a folder");
        folder_->text("empty", "");
        expectError("empty", "there is no readable image here");
        folder_->text("blank", "\n\r\n\n");
        expectError("blank", "there is no readable image here");
        folder_->text("all bad", "x\ny\n");
        expectError("all bad", "2 cannot be read, the first being line 1: x: there is no such file");
    }

    void theFingerprintTellsNamesSizesLabelsAndOrder() {
        folder_->png("a.png", 4, 4);
        folder_->png("b.png", 9, 9);
        folder_->text("list", "a.png\nb.png\n");
        const std::string first = folder_->scan("list").fingerprint();
        QCOMPARE(first.size(), std::size_t{16});
        QCOMPARE(folder_->scan("list").fingerprint(), first);
        QCOMPARE(folder_->scan().fingerprint(), first);
        std::set<std::string> all{first};
        folder_->text("list", "b.png\na.png\n");
        all.insert(folder_->scan("list").fingerprint());
        folder_->text("list", "a.png\t1\nb.png\t2\n");
        all.insert(folder_->scan("list").fingerprint());
        folder_->text("list", "a.png\t1\nb.png\t1\n");
        all.insert(folder_->scan("list").fingerprint());
        folder_->text("list", "a.png\n");
        all.insert(folder_->scan("list").fingerprint());
        folder_->png("b.png", 20, 20);
        all.insert(folder_->scan().fingerprint());
        QCOMPARE(all.size(), std::size_t{6});
    }

    void aCancelledScanEnds() {
        folder_->png("a.png");
        JobControl control;
        control.cancel();
        QVERIFY_THROWS_EXCEPTION(Cancelled, ImageDataset::scan(folder_->path(), control));
    }

private:
    static std::vector<std::string> namesOf(const ImageDataset& data) {
        std::vector<std::string> names;
        for (std::int64_t i = 0; i < data.size(); ++i)
            names.emplace_back(data.name(i));
        return names;
    }

    static std::vector<int> labelsOf(const ImageDataset& data) {
        std::vector<int> labels;
        for (std::int64_t i = 0; i < data.size(); ++i)
            labels.push_back(data.label(i));
        return labels;
    }

    void expectError(const std::string& name, const std::string& text) const {
        try {
            folder_->scan(name);
            QFAIL(("accepted: " + name).c_str());
        } catch (const Error& error) {
            QVERIFY2(std::string(error.what()).find(text) != std::string::npos, error.what());
            QCOMPARE(error.where(), folder_->path(name).string());
        }
    }

    std::unique_ptr<test::ImageFolder> folder_;
};

QTEST_APPLESS_MAIN(ImageDatasetTest)
#include "image_dataset_test.moc"
