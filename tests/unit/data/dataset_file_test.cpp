#include "engine/data/dataset_file.h"

#include <QtTest>
#include <iterator>
#include <memory>

#include "engine/base/error.h"
#include "tests/unit/data/data_test_tools.h"

using namespace dinoscope;
namespace fs = std::filesystem;

class DatasetFileTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() {
        folder_ = std::make_unique<test::ImageFolder>();
        kept_ = std::make_unique<test::ImageFolder>();
    }

    void aFileHasALineAnImageInTheOrderOfTheScan() {
        folder_->png("dogs/2.png", 7, 5);
        folder_->png("dogs/10.png", 3, 4);
        folder_->png("cats/1.png", 9, 8);
        writeDataset(file(), folder_->scan());
        const auto bytes = [this](const char* name) {
            return std::to_string(fs::file_size(folder_->path(name)));
        };
        QCOMPARE(written(), "dinoscope images 1\nclasses 2\ncats\ndogs\nimages 3\n9 8 " +
                                bytes("cats/1.png") + " 0 cats/1.png\n7 5 " + bytes("dogs/2.png") +
                                " 1 dogs/2.png\n3 4 " + bytes("dogs/10.png") + " 1 dogs/10.png\n");
    }

    void whatIsReadBackIsWhatWasScanned_data() {
        QTest::addColumn<QString>("list");
        QTest::newRow("a folder") << QString();
        QTest::newRow("a list with labels") << "a/1.png\tred one\nb/2.png\t\na/1.png\tred one\n";
        QTest::newRow("a list without") << "b/2.png\na/1.png\n";
    }

    void whatIsReadBackIsWhatWasScanned() {
        QFETCH(QString, list);
        folder_->png("a/1.png", 7, 5);
        folder_->png("b/2.png", 3, 4);
        if (!list.isEmpty()) folder_->text("list.txt", list.toStdString());
        const ImageDataset found = folder_->scan(list.isEmpty() ? "" : "list.txt");
        writeDataset(file(), found);
        const KeptDataset back = readDataset(file(), found);
        QCOMPARE(back.dataset.fingerprint(), found.fingerprint());
        QCOMPARE(back.dataset.classes(), found.classes());
        QCOMPARE(back.dataset.size(), found.size());
        for (std::int64_t i = 0; i < found.size(); ++i) {
            QCOMPARE(back.dataset.path(i), found.path(i));
            QCOMPARE(back.dataset.width(i), found.width(i));
            QCOMPARE(back.dataset.height(i), found.height(i));
            QCOMPARE(back.dataset.label(i), found.label(i));
            QVERIFY(!back.dataset.isGone(i));
        }
        QCOMPARE(back.changes.gone, std::int64_t(0));
        QCOMPARE(back.changes.added, std::int64_t(0));
    }

    void namesMayHoldWhateverAFilesNameMay() {
        const std::vector<std::string> names{"a b.png", "back\\slash.png", "caf\xe9.png", "line\nend.png",
                                             "tab\there.png"};
        for (const std::string& name : names)
            folder_->png(name);
        const ImageDataset found = folder_->scan();
        QCOMPARE(found.size(), std::int64_t(names.size()));
        writeDataset(file(), found);
        const KeptDataset back = readDataset(file(), found);
        QCOMPARE(back.dataset.fingerprint(), found.fingerprint());
        QCOMPARE(back.changes.gone, std::int64_t(0));
        for (std::int64_t i = 0; i < found.size(); ++i)
            QCOMPARE(back.dataset.name(i), found.name(i));
    }

    void imagesThatAreMissingUnreadableOrChangedAreGone() {
        for (int i = 0; i < 6; ++i)
            folder_->png(std::to_string(i) + ".png", 5 + i, 4);
        writeDataset(file(), folder_->scan());
        fs::remove(folder_->path("1.png"));
        folder_->text("2.png", "no image");
        folder_->png("4.png", 40, 40);
        const ImageDataset found = folder_->scan();
        const KeptDataset back = readDataset(file(), found);
        QCOMPARE(back.dataset.size(), std::int64_t(6));
        for (std::int64_t i = 0; i < 6; ++i)
            QCOMPARE(back.dataset.isGone(i), i == 1 || i == 2 || i == 4);
        QCOMPARE(back.dataset.goneCount(), std::int64_t(3));
        QCOMPARE(back.changes.gone, std::int64_t(3));
        QCOMPARE(back.changes.firstGone, (std::vector<std::string>{"1.png", "2.png", "4.png"}));
        QCOMPARE(back.changes.added, std::int64_t(0));
        // What the scan told of is still known.
        QCOMPARE(back.dataset.unreadableCount(), std::int64_t(1));
        QCOMPARE(back.dataset.unreadable().at(0).name, std::string("2.png"));
    }

    void onlyTheFirstOfThoseThatAreGoneAreNamed() {
        for (int i = 0; i < 9; ++i)
            folder_->png(std::to_string(i) + ".png");
        writeDataset(file(), folder_->scan());
        for (int i = 0; i < 8; ++i)
            fs::remove(folder_->path(std::to_string(i) + ".png"));
        const KeptDataset back = readDataset(file(), folder_->scan());
        QCOMPARE(back.changes.gone, std::int64_t(8));
        QCOMPARE(back.changes.firstGone.size(), DatasetChanges::kMostNamed);
    }

    /// Where they lie among the others does not matter, nor that classes come and go with them.
    void newImagesAreCountedAndMoveNothing() {
        folder_->png("b/1.png");
        folder_->png("d/1.png");
        const ImageDataset before = folder_->scan();
        writeDataset(file(), before);
        for (const char* name : {"a/1.png", "b/0.png", "c/1.png", "e.png"})
            folder_->png(name);
        const KeptDataset back = readDataset(file(), folder_->scan());
        QCOMPARE(back.changes.added, std::int64_t(4));
        QCOMPARE(back.changes.gone, std::int64_t(0));
        QCOMPARE(back.dataset.fingerprint(), before.fingerprint());
        QCOMPARE(back.dataset.classes(), before.classes());
        QCOMPARE(back.dataset.label(1), 1);
    }

    void imagesAreLookedForWhereTheyLieNow() {
        folder_->png("a.png");
        writeDataset(file(), folder_->scan());
        const test::ImageFolder moved;
        fs::copy_file(folder_->path("a.png"), moved.path("a.png"));
        const KeptDataset back = readDataset(file(), moved.scan());
        QCOMPARE(back.dataset.path(0), moved.path("a.png"));
        QCOMPARE(back.changes.gone, std::int64_t(0));
    }

    void aDamagedFileIsToldByItsLine_data() {
        QTest::addColumn<QString>("from");
        QTest::addColumn<QString>("to");
        QTest::addColumn<int>("line");
        const auto row = [](const char* name, const char* from, const char* to, int line) {
            QTest::newRow(name) << QString(from) << QString(to) << line;
        };
        row("another title", "images 1", "images 2", 1);
        row("no classes", "classes 2", "classes", 2);
        row("fewer classes", "classes 2", "classes 1", 4);
        row("more classes than lines", "classes 2", "classes 9000000000000000000", 8);
        row("a negative number", "images 2", "images -2", 5);
        row("more images than lines", "images 2", "images 3", 8);
        row("fewer images than lines", "images 2", "images 1", 7);
        row("no width", "8 6 ", "x 6 ", 6);
        row("a width of nothing", "8 6 ", "0 6 ", 6);
        row("a width past all numbers", "8 6 ", "99999999999 6 ", 6);
        row("an unknown class", " 0 a/", " 2 a/", 6);
        row("no class", " 0 a/", " -1 a/", 6);
        row("a field too few", " 0 a/", " a/", 6);
        row("half an escape", "1.png\n8", "1.png\\\n8", 6);
        row("another escape", "a/1.png\n8", "a/\\1.png\n8", 6);
    }

    void aDamagedFileIsToldByItsLine() {
        QFETCH(QString, from);
        QFETCH(QString, to);
        QFETCH(int, line);
        folder_->png("a/1.png", 8, 6);
        folder_->png("b/1.png", 8, 6);
        writeDataset(file(), folder_->scan());
        QString text = QString::fromStdString(written());
        const auto place = text.indexOf(from);
        QVERIFY(place >= 0);
        text.replace(place, from.size(), to);
        kept_->text("images.txt", text.toStdString());
        expectRefusal("line " + std::to_string(line) + " is not what it was");
    }

    void aFileThatIsCutOffAnywhereIsRefused() {
        folder_->png("a/1.png");
        folder_->png("b/1.png");
        writeDataset(file(), folder_->scan());
        const std::string whole = written();
        for (std::size_t length = 0; length < whole.size(); ++length) {
            kept_->text("images.txt", whole.substr(0, length));
            expectRefusal("is not what it was");
        }
    }

private:
    fs::path file() const { return kept_->path("images.txt"); }

    std::string written() const {
        std::ifstream in(file(), std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }

    void expectRefusal(const std::string& words) const {
        try {
            readDataset(file(), folder_->scan());
            QFAIL("it was read");
        } catch (const Error& error) {
            QVERIFY2(error.problem().find(words) != std::string::npos, error.what());
            QCOMPARE(error.where(), file().string());
        }
    }

    std::unique_ptr<test::ImageFolder> folder_;
    std::unique_ptr<test::ImageFolder> kept_;
};

QTEST_APPLESS_MAIN(DatasetFileTest)
#include "dataset_file_test.moc"
