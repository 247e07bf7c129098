#include "engine/base/atomic_file.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <QDir>
#include <QTemporaryDir>
#include <QtTest>
#include <cerrno>
#include <csignal>
#include <fstream>
#include <thread>

#include "engine/base/error.h"

using namespace dinoscope;
namespace fs = std::filesystem;

namespace {

std::string contentOf(const fs::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

/// The Error that `call` throws; empty if it throws none.
template <typename Call>
std::optional<Error> errorOf(const Call& call) {
    try {
        call();
    } catch (const Error& error) {
        return error;
    }
    return std::nullopt;
}

unsigned modeOf(const fs::path& file) {
    struct stat status {};
    return stat(file.c_str(), &status) == 0 ? status.st_mode & 07777 : 0;
}

/// Limits the size of files while it lives.
class FileSizeLimit {
public:
    explicit FileSizeLimit(rlim_t bytes) {
        getrlimit(RLIMIT_FSIZE, &before_);
        const rlimit limit{bytes, before_.rlim_max};
        setrlimit(RLIMIT_FSIZE, &limit);
        handler_ = std::signal(SIGXFSZ, SIG_IGN);
    }
    ~FileSizeLimit() {
        setrlimit(RLIMIT_FSIZE, &before_);
        std::signal(SIGXFSZ, handler_);
    }
    FileSizeLimit(const FileSizeLimit&) = delete;
    FileSizeLimit& operator=(const FileSizeLimit&) = delete;

private:
    rlimit before_{};
    void (*handler_)(int) = nullptr;
};

class Umask {
public:
    explicit Umask(mode_t mask) : before_(umask(mask)) {}
    ~Umask() { umask(before_); }
    Umask(const Umask&) = delete;
    Umask& operator=(const Umask&) = delete;

private:
    mode_t before_;
};

}  // namespace

class AtomicFileTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aFolderThatCannotBeWrittenToIsToldBeforehand() {
        const QTemporaryDir folder;
        const std::string path = folder.path().toStdString();
        requireWritable(path);
        // Root may write anywhere: ask as nobody.
        const bool root = geteuid() == 0;
        QCOMPARE(chmod(path.c_str(), 0555), 0);
        if (root) QCOMPARE(seteuid(65534), 0);
        const auto error = errorOf([&] { requireWritable(path); });
        if (root) QCOMPARE(seteuid(0), 0);
        QCOMPARE(chmod(path.c_str(), 0755), 0);
        QVERIFY(error);
        QCOMPARE(error->where(), path);
        QCOMPARE(error->remedy(), std::string("choose a folder that you may write to"));
        QVERIFY(errorOf([&] { requireWritable(path + "/missing"); }));
    }

    void init() { folder_ = std::make_unique<QTemporaryDir>(); }

    void commitPutsTheWholeContentInPlace() {
        AtomicFile file(path("a.bin"));
        file.write("one ");
        file.write(std::string_view());
        file.write("two");
        QVERIFY(!fs::exists(path("a.bin")));
        file.commit();
        QCOMPARE(contentOf(path("a.bin")), std::string("one two"));
        QCOMPARE(entries(), QStringList{"a.bin"});
    }

    void aSymbolicLinkStaysAndTheFileBehindItIsReplaced() {
        fs::create_directory(path("far"));
        writeFileAtomically(path("far/real.bin"), "before");
        QCOMPARE(chmod(path("far/real.bin").c_str(), 0640), 0);
        fs::create_symlink("far/real.bin", path("near.bin"));
        fs::create_symlink("near.bin", path("nearer.bin"));
        writeFileAtomically(path("nearer.bin"), "after");
        QVERIFY(fs::is_symlink(path("nearer.bin")) && fs::is_symlink(path("near.bin")));
        QCOMPARE(contentOf(path("far/real.bin")), std::string("after"));
        QCOMPARE(modeOf(path("far/real.bin")), 0640u);
        fs::create_symlink("far/new.bin", path("dangling.bin"));
        writeFileAtomically(path("dangling.bin"), "new");
        QCOMPARE(contentOf(path("far/new.bin")), std::string("new"));
    }

    void aPipeIsWrittenIntoAndStays() {
        QCOMPARE(mkfifo(path("pipe").c_str(), 0600), 0);
        std::string read;
        std::thread reader([&] { read = contentOf(path("pipe")); });
        writeFileAtomically(path("pipe"), "through");
        reader.join();
        QCOMPARE(read, std::string("through"));
        QVERIFY(fs::is_fifo(path("pipe")));
        QCOMPARE(entries(), QStringList());  // which lists files only
    }

    void anOpenStreamIsWrittenInto() {
        int ends[2];
        QCOMPARE(pipe(ends), 0);
        writeFileAtomically("/proc/self/fd/" + std::to_string(ends[1]), "through");
        char read[8] = {};
        QCOMPARE(::read(ends[0], read, sizeof(read)), ssize_t(7));
        QCOMPARE(std::string(read), std::string("through"));
        close(ends[0]);
        close(ends[1]);
    }

    void aDeviceStays() {
        writeFileAtomically("/dev/null", "nothing");
        QVERIFY(fs::is_character_file("/dev/null"));
        const auto error = errorOf([] { writeFileAtomically("/dev/full", "too much"); });
        QVERIFY(error && error->where() == "/dev/full");
    }

    void withoutCommitNothingIsLeft() {
        { AtomicFile(path("a.bin")).write("half"); }
        QCOMPARE(entries(), QStringList());
    }

    void withoutCommitTheFileBeforeSurvives() {
        writeFileAtomically(path("a.bin"), "before");
        { AtomicFile(path("a.bin")).write("half"); }
        QCOMPARE(contentOf(path("a.bin")), std::string("before"));
        QCOMPARE(entries(), QStringList{"a.bin"});
    }

    void commitReplacesTheFileBeforeAndReadersKeepTheOld() {
        writeFileAtomically(path("a.bin"), "before");
        std::ifstream reader(path("a.bin"));
        writeFileAtomically(path("a.bin"), "after");
        QCOMPARE(contentOf(path("a.bin")), std::string("after"));
        QCOMPARE(std::string(std::istreambuf_iterator<char>(reader), {}), std::string("before"));
    }

    void writesBytesAndTexts() {
        const std::array<std::byte, 3> bytes{std::byte(0), std::byte(255), std::byte(10)};
        writeFileAtomically(path("bytes"), std::span(bytes));
        QCOMPARE(contentOf(path("bytes")), std::string("\0\xff\n", 3));
        writeFileAtomically(path("empty"), std::string_view());
        QCOMPARE(contentOf(path("empty")), std::string());
        QVERIFY(fs::exists(path("empty")));
    }

    void aNameWithoutFolderIsOfTheCurrentOne() {
        const fs::path before = fs::current_path();
        fs::current_path(folder_->path().toStdString());
        writeFileAtomically("plain.txt", "here");
        fs::current_path(before);
        QCOMPARE(contentOf(path("plain.txt")), std::string("here"));
    }

    void theLongestNameThatTheDiskTakesIsWritten() {
        const std::string longest(255, 'n');
        writeFileAtomically(path(longest), "text");
        QCOMPARE(contentOf(path(longest)), std::string("text"));
    }

    void permissionsFollowTheUmaskInForce() {
        for (const mode_t mask : {mode_t(027), mode_t(0), mode_t(077)}) {
            const Umask changed(mask);
            const std::string name = std::to_string(mask);  // one that replaces another has that one's
            writeFileAtomically(path(name), "text");
            QCOMPARE(modeOf(path(name)), 0666U & ~mask);
        }
    }

    void aMissingFolderIsNamed() {
        const auto error = errorOf([&] { AtomicFile file(path("missing/a.bin")); });
        QVERIFY(error);
        QCOMPARE(error->where(), path("missing/a.bin").string());
        QCOMPARE(error->remedy(), std::string("check the folder's name"));
    }

    void aFolderThatIsAFileIsRefused() {
        writeFileAtomically(path("file"), "text");
        const auto error = errorOf([&] { AtomicFile file(path("file/a.bin")); });
        QVERIFY(error);
        QCOMPARE(error->remedy(), std::string("check the folder's name"));
    }

    void anUnwritableFolderIsRefused() {
        // The kernel refuses root too in /proc.
        const auto error = errorOf([] { AtomicFile file("/proc/dinoscope.bin"); });
        QVERIFY(error);
        QCOMPARE(error->where(), std::string("/proc/dinoscope.bin"));
        QVERIFY(!error->remedy().empty());
        if (geteuid() == 0) return;
        fs::permissions(folder_->path().toStdString(), fs::perms::owner_read | fs::perms::owner_exec);
        const auto denied = errorOf([&] { AtomicFile file(path("a.bin")); });
        fs::permissions(folder_->path().toStdString(), fs::perms::owner_all);
        QVERIFY(denied);
        QCOMPARE(denied->remedy(), std::string("choose a folder that you may write to"));
    }

    void aFolderOfThatNameIsNotReplaced() {
        fs::create_directory(path("taken"));
        const auto error = errorOf([&] { writeFileAtomically(path("taken"), "text"); });
        QVERIFY(error);
        QCOMPARE(error->remedy(), std::string("choose another name: a folder has this one"));
        QCOMPARE(entries(), QStringList{"taken"});
    }

    void aFailedWriteLeavesTheFileBeforeAndNothingElse() {
        writeFileAtomically(path("a.bin"), "before");
        std::optional<Error> error;
        {
            const FileSizeLimit limit(100'000);
            error = errorOf([&] { writeFileAtomically(path("a.bin"), std::string(1'000'000, 'x')); });
        }
        QVERIFY(error);
        QCOMPARE(error->where(), path("a.bin").string());
        QCOMPARE(contentOf(path("a.bin")), std::string("before"));
        QCOMPARE(entries(), QStringList{"a.bin"});
    }

    void aFullDiskIsNamedWithItsRemedy() {
        // In a mount namespace of this process alone.
        if (unshare(CLONE_NEWNS) != 0 || mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
            mount("tmpfs", folder_->path().toLocal8Bit(), "tmpfs", 0, "size=64k") != 0) {
            QSKIP("mounting a small disk takes more rights than this process has");
        }
        writeFileAtomically(path("a.bin"), "before");
        const auto error = errorOf([&] { writeFileAtomically(path("a.bin"), std::string(1'000'000, 'x')); });
        const std::string content = contentOf(path("a.bin"));
        const QStringList left = entries();
        umount(folder_->path().toLocal8Bit());
        QVERIFY(error);
        QCOMPARE(error->remedy(), std::string("free space on that disk, or write elsewhere"));
        QCOMPARE(content, std::string("before"));
        QCOMPARE(left, QStringList{"a.bin"});
    }

    void severalThreadsMayWriteOneName() {
        {
            std::vector<std::jthread> threads;
            for (int t = 0; t < 4; ++t) {
                threads.emplace_back([this, t] {
                    for (int i = 0; i < 20; ++i)
                        writeFileAtomically(path("a.bin"), std::string(10'000, char('a' + t)));
                });
            }
        }
        const std::string content = contentOf(path("a.bin"));
        QCOMPARE(content, std::string(10'000, content.at(0)));
        QCOMPARE(entries(), QStringList{"a.bin"});
    }

    void foldersAreMadeWithTheirParents() {
        makeFolder(path("a/b/c"));
        QVERIFY(fs::is_directory(path("a/b/c")));
        makeFolder(path("a/b/c"));
        makeFolder(path("a/d/"));
        QVERIFY(fs::is_directory(path("a/d")));
    }

    void aFolderThatCannotBeMadeIsNamed() {
        writeFileAtomically(path("file"), "text");
        for (const char* name : {"file", "file/inner"}) {
            const auto error = errorOf([&] { makeFolder(path(name)); });
            QVERIFY(error);
            QCOMPARE(error->where(), path(name).string());
            QCOMPARE(error->remedy(), std::string("check the folder's name"));
        }
        const auto nameless = errorOf([] { makeFolder(fs::path()); });
        QVERIFY(nameless);
        QCOMPARE(nameless->remedy(), std::string("check the folder's name"));
    }

private:
    fs::path path(const std::string& name) const { return fs::path(folder_->path().toStdString()) / name; }

    QStringList entries() const {
        return QDir(folder_->path()).entryList(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot);
    }

    std::unique_ptr<QTemporaryDir> folder_;
};

QTEST_APPLESS_MAIN(AtomicFileTest)
#include "atomic_file_test.moc"
