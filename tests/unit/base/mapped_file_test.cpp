#include "engine/base/mapped_file.h"

#include <sys/stat.h>

#include <QTemporaryDir>
#include <QtTest>
#include <cstring>
#include <fstream>

#include "engine/base/error.h"

using namespace dinoscope;

namespace {

std::optional<Error> errorOfMapping(const std::string& path) {
    try {
        const MappedFile file(path);
    } catch (const Error& error) {
        return error;
    }
    return std::nullopt;
}

}  // namespace

class MappedFileTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void bytesAreThoseOfTheFile() {
        std::string content(100'003, ' ');
        for (std::size_t i = 0; i < content.size(); ++i)
            content[i] = static_cast<char>(i * 31);
        const MappedFile file(write("a.bin", content));
        QCOMPARE(file.bytes().size(), content.size());
        QCOMPARE(std::memcmp(file.bytes().data(), content.data(), content.size()), 0);
    }

    void anEmptyFileIsAnEmptySpan() {
        const MappedFile file(write("empty", {}));
        QVERIFY(file.bytes().empty());
    }

    void aLinkIsFollowed() {
        std::filesystem::create_symlink(write("a.bin", "text"), path("link"));
        QCOMPARE(MappedFile(path("link")).bytes().size(), std::size_t(4));
    }

    void theMappingOutlivesTheNameOfTheFile() {
        const std::string name = write("a.bin", "text");
        const MappedFile file(name);
        std::filesystem::remove(name);
        QCOMPARE(std::memcmp(file.bytes().data(), "text", 4), 0);
    }

    void whatIsCutOffAMappedFileReadsAsZerosAndIsTold() {
        const std::string name = write("a.bin", std::string(100'000, 'x'));
        const MappedFile cut(name);
        const MappedFile other(write("b.bin", std::string(100'000, 'y')));
        QCOMPARE(cut.bytes()[0], std::byte('x'));
        std::filesystem::resize_file(name, 10);
        QCOMPARE(cut.bytes()[90'000], std::byte(0));
        QCOMPARE(cut.bytes()[90'001], std::byte(0));
        QCOMPARE(cut.bytes()[50'000], std::byte(0));
        QCOMPARE(other.bytes()[90'000], std::byte('y'));
        QVERIFY(!cut.isWhole());
        QVERIFY(other.isWhole());
        other.requireWhole();
        try {
            cut.requireWhole();
            QFAIL("it was not told");
        } catch (const Error& error) {
            QVERIFY(std::string(error.what()).find("a.bin: the file was cut short") != std::string::npos);
        }
        QVERIFY(MappedFile(name).isWhole());
    }

    void aFileIsReadAsAWholeAndOwnedByTheReader() {
        std::string content(100'003, ' ');
        for (std::size_t i = 0; i < content.size(); ++i)
            content[i] = static_cast<char>(i * 31);
        const std::string name = write("a.bin", content);
        const std::vector<std::byte> bytes = readFile(name);
        std::ofstream(name, std::ios::trunc).close();
        QCOMPARE(bytes.size(), content.size());
        QCOMPARE(std::memcmp(bytes.data(), content.data(), content.size()), 0);
        QVERIFY(readFile(name).empty());
    }

    void readingRefusesWhatMappingRefuses() {
        QVERIFY_EXCEPTION_THROWN(readFile(path("missing")), Error);
        QVERIFY_EXCEPTION_THROWN(readFile(folder_.path().toStdString()), Error);
        QCOMPARE(mkfifo(path("tube").c_str(), 0600), 0);
        QVERIFY_EXCEPTION_THROWN(readFile(path("tube")), Error);
    }

    void whatIsMissingIsNamed() {
        write("file", "text");
        for (const char* name : {"missing", "missing/inner", "file/inner"}) {
            const auto error = errorOfMapping(path(name));
            QVERIFY(error);
            QCOMPARE(error->what(),
                     QByteArray::fromStdString(path(name) + ": there is no such file; check its name"));
        }
    }

    void aFolderIsRefused() {
        const auto error = errorOfMapping(folder_.path().toStdString());
        QVERIFY(error);
        QCOMPARE(error->problem(), std::string("this is a folder, not a file"));
    }

    void aPipeIsRefusedWithoutWaitingForAWriter() {
        QCOMPARE(mkfifo(path("pipe").c_str(), 0600), 0);
        const auto error = errorOfMapping(path("pipe"));
        QVERIFY(error);
        QCOMPARE(error->problem(), std::string("this is not a regular file"));
    }

    void adviceFitsTheReason() {
        std::filesystem::create_symlink(path("round"), path("round"));
        const auto circle = errorOfMapping(path("round"));
        QVERIFY(circle);
        QCOMPARE(circle->remedy(), std::string("check its name"));
        const auto longName = errorOfMapping(path(std::string(300, 'n')));
        QVERIFY(longName);
        QCOMPARE(longName->remedy(), std::string("check its name"));
    }

private:
    std::string path(const std::string& name) const {
        return folder_.filePath(QString::fromStdString(name)).toStdString();
    }

    std::string write(const std::string& name, const std::string& content) const {
        std::ofstream(path(name), std::ios::binary) << content;
        return path(name);
    }

    QTemporaryDir folder_;
};

QTEST_APPLESS_MAIN(MappedFileTest)
#include "mapped_file_test.moc"
