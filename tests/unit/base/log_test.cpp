#include "engine/base/log.h"

#include <unistd.h>

#include <QDir>
#include <QTemporaryDir>
#include <QtTest>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>
#include <thread>

using namespace dinoscope;
namespace fs = std::filesystem;

namespace {

std::string contentOf(const fs::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

/// What arrives on stderr while it lives, through the descriptor and so from everyone.
class CapturedStderr {
public:
    CapturedStderr() : before_(dup(STDERR_FILENO)) {
        std::cerr.flush();
        dup2(fileno(file_), STDERR_FILENO);
    }
    ~CapturedStderr() { restore(); }
    CapturedStderr(const CapturedStderr&) = delete;
    CapturedStderr& operator=(const CapturedStderr&) = delete;

    std::string text() {
        restore();
        std::rewind(file_);
        std::string text;
        for (int letter = std::fgetc(file_); letter != EOF; letter = std::fgetc(file_))
            text += static_cast<char>(letter);
        std::fclose(file_);
        return text;
    }

private:
    void restore() {
        if (before_ < 0) return;
        dup2(before_, STDERR_FILENO);
        close(before_);
        before_ = -1;
    }

    std::FILE* file_ = std::tmpfile();
    int before_;
};

}  // namespace

class LogTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    // Comes first: nothing has started the log yet.
    void beforeStartEverythingGoesNowhere() {
        CapturedStderr captured;
        log::error("nobody hears this");
        QCOMPARE(captured.text(), std::string());
    }

    void everyLevelIsWrittenToTheFileInOrder() {
        const fs::path file = path("made/for/this/dinoscope.log");
        log::start(file, log::Level::Error);
        log::info("an information");
        log::warn("a warning");
        log::info("braces {} and % stay as they are");
        log::debug("a detail");
        log::info("end");
        const std::string text = contentOf(file);
        const auto info = text.find(" info: an information\n");
        const auto warning = text.find(" warning: a warning\n");
        const auto braces = text.find("braces {} and % stay as they are\n");
        const auto detail = text.find(" debug: a detail\n");
        QVERIFY2(info != std::string::npos, text.c_str());
        QVERIFY(info < warning && warning < braces && braces < detail && detail != std::string::npos);
    }

    void theConsoleHearsItsLevelAndAbove() {
        log::start(path("dinoscope.log"), log::Level::Warn);
        CapturedStderr captured;
        log::info("quiet");
        log::warn("careful");
        log::error("broken");
        QCOMPARE(captured.text(), std::string("warning: careful\nerror: broken\n"));
    }

    void aFileInTheCurrentFolderNeedsNoFolder() {
        const fs::path before = fs::current_path();
        fs::current_path(folder_.path().toStdString());
        CapturedStderr captured;
        log::start("plain.log", log::Level::Error);
        log::info("here");
        fs::current_path(before);
        QCOMPARE(captured.text(), std::string());
        QVERIFY(contentOf(path("plain.log")).find("here") != std::string::npos);
    }

    void anUnwritableFileIsToldAndDoesNotStop() {
        std::ofstream(path("file")) << "text";
        const std::string file = path("file/inner/dinoscope.log").string();
        CapturedStderr captured;
        log::start(file, log::Level::Error);
        log::info("quiet");
        log::error("still heard");
        const std::string text = captured.text();
        const std::string sentence = "warning: " + file +
                                     ": the log cannot be written (Not a directory); set XDG_STATE_HOME to "
                                     "a folder that can be\n";
        QVERIFY2(text.starts_with(sentence), text.c_str());
        QVERIFY(text.ends_with("error: still heard\n"));
    }

    void aFolderInTheLogsPlaceIsToldWithTheSystemsReason() {
        fs::create_directories(path("taken.log"));
        CapturedStderr captured;
        log::start(path("taken.log"), log::Level::Error);
        const std::string text = captured.text();
        QVERIFY2(text.find("cannot be written (Is a directory); set XDG_STATE_HOME") != std::string::npos,
                 text.c_str());
    }

    void theLogRotatesAndKeepsThreeFiles() {
        const fs::path file = path("rotating/dinoscope.log");
        log::start(file, log::Level::Error);
        const std::string line(10'000, 'x');
        for (int i = 0; i < 1'100; ++i)
            log::info(line);
        const QStringList files = QDir(QString::fromStdString(file.parent_path())).entryList(QDir::Files);
        QCOMPARE(files.size(), 3);
        for (const QString& name : files)
            QVERIFY(fs::file_size(file.parent_path() / name.toStdString()) <= 2'000'000);
    }

    void severalThreadsMayWriteAndStartAnew() {
        {
            std::vector<std::jthread> threads;
            for (int t = 0; t < 4; ++t) {
                threads.emplace_back([] {
                    for (int i = 0; i < 200; ++i)
                        log::info("a whole line");
                });
            }
            for (int i = 0; i < 5; ++i)
                log::start(path("threads.log"), log::Level::Error);
        }
        log::start(path("other.log"), log::Level::Error);
        std::istringstream lines(contentOf(path("threads.log")));
        for (std::string line; std::getline(lines, line);)
            QVERIFY2(line.ends_with(" info: a whole line"), line.c_str());
    }

    void theDefaultFileFollowsTheEnvironment() {
        qputenv("XDG_STATE_HOME", "/state");
        qputenv("HOME", "/home/me");
        QCOMPARE(log::defaultFile(), fs::path("/state/dinoscope/dinoscope.log"));
        qputenv("XDG_STATE_HOME", "");
        QCOMPARE(log::defaultFile(), fs::path("/home/me/.local/state/dinoscope/dinoscope.log"));
        qunsetenv("XDG_STATE_HOME");
        QCOMPARE(log::defaultFile(), fs::path("/home/me/.local/state/dinoscope/dinoscope.log"));
        qunsetenv("HOME");
        QCOMPARE(log::defaultFile(), fs::temp_directory_path() / "dinoscope/dinoscope.log");
    }

private:
    fs::path path(const std::string& name) const { return fs::path(folder_.path().toStdString()) / name; }

    QTemporaryDir folder_;
};

QTEST_APPLESS_MAIN(LogTest)
#include "log_test.moc"
