#pragma once

#include <QSettings>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <memory>
#include <optional>

#include "engine/api/core.h"
#include "engine/api/images.h"
#include "engine/api/runtime.h"
#include "ui/desktop.h"
#include "ui/explore/explore_workspace.h"
#include "ui/main_window.h"
#include "ui/workspace.h"

namespace dinoscope {

/// Answers at once with what the test put in.
class FakeDialogs : public Dialogs {
public:
    QStringList files;
    QString folder;
    QString saved;                      ///< what saveFile() answers
    std::function<void()> whileSaving;  ///< happens behind that dialog
    QString revealed;
    QString told;
    QString asked;               ///< the text of the last question
    std::optional<bool> answer;  ///< to every question; without one it stays open

    void openFiles(QWidget*, const QString&, const QStringList&, bool, const Files& chosen) override {
        chosen(files);
    }
    void chooseFolder(QWidget*, const QString&, const QString&, const Folder& chosen) override {
        chosen(folder);
    }
    void saveFile(QWidget*, const QString&, const QString&, const QStringList&,
                  const Folder& chosen) override {
        if (whileSaving) whileSaving();
        chosen(saved);
    }
    void reveal(const QString& file) override { revealed = file; }
    void tell(QWidget*, const QString&, const QString& richText) override { told = richText; }
    void ask(QWidget*, const Question& question, const Answer& answered) override {
        asked = question.text;
        answered_ = answered;
        if (answer) answered(*answer);
    }
    /// Answers a question that was left open.
    void reply(bool yes) { answered_(yes); }

private:
    Answer answered_;
};

/// Remembers what was asked of it.
class FakeDesktop : public Desktop {
public:
    bool awake = false;
    std::optional<double> progress;
    QStringList notified;

    void setAwake(bool wanted, const QString&) override { awake = wanted; }
    void setProgress(std::optional<double> share) override { progress = share; }
    void notify(const QString& title, const QString&) override { notified << title; }
};

/// The real window on real threads, with a tiny untrained network and settings of its own.
class WindowFixture {
public:
    static constexpr int kPatience = 180000;  ///< ms of silence; under a sanitizer a step takes long

    WindowFixture()
        : settings_(folder_.filePath(QStringLiteral("settings.ini")), QSettings::IniFormat),
          common_(api::commonOptions()),
          engine_(api::makeEngineRunner(1)),
          live_([] { api::prepareThread(1); }) {
        common_.set("device", std::string_view("cpu"));
        common_.set("precision", std::string_view("fp32"));
        window = std::make_unique<MainWindow>(
            MainWindow::Parts{{*engine_, live_, files_}, common_, dialogs, desktop, settings_});
        firstSize = window->size();
        window->resize(1000, 700);
        window->show();
        ExploreSettings small = session().settings();
        small.size = InputSize::shorterSide(64);
        session().setSettings(small);
    }

    /// A window is made before there is a style, in the program: one made under it takes ten times as long.
    ~WindowFixture() {
        window.reset();
        qApp->setStyleSheet({});
    }
    WindowFixture(const WindowFixture&) = delete;
    WindowFixture& operator=(const WindowFixture&) = delete;

    ExploreSession& session() { return window->explore().session(); }

    void loadTinyModel() {
        api::ModelSource source;
        source.arch = "vit_tiny";
        source.patchSize = 16;
        window->openModel(source);
    }

    /// A picture with a gradient, so that patches differ.
    QString makePicture(const QString& name, int width = 96, int height = 64) {
        Image image(width, height);
        for (int y = 0; y < height; ++y) {
            for (int x = 0; x < width; ++x) {
                image.at(x, y)[0] = std::uint8_t(x * 255 / width);
                image.at(x, y)[1] = std::uint8_t(y * 255 / height);
                image.at(x, y)[2] = std::uint8_t((x / 8 + y / 8) % 2 * 200);
            }
        }
        const QString file = path(name);
        writePng(file.toStdString(), image);
        return file;
    }

    QString path(const QString& name) const { return folder_.filePath(name); }

    /// Until nothing is being computed, read or decoded: by events.
    [[nodiscard]] bool settle() {
        QSignalSpy activity(window.get(), &MainWindow::activityChanged);
        while (!window->isSettled()) {
            if (!activity.wait(kPatience)) return false;
        }
        QCoreApplication::processEvents();
        return window->isSettled() || settle();
    }

    /// Waits for what they do. Without a window only.
    void endThreads() { engine_.reset(); }

    /// Names hold within a workspace: the one on show goes first.
    template <typename Widget>
    Widget& find(const char* name) {
        auto* widget = window->workspace().findChild<Widget*>(QLatin1String(name));
        if (!widget) widget = window->findChild<Widget*>(QLatin1String(name));
        if (!widget) qFatal("no widget is called %s", name);
        return *widget;
    }

    FakeDialogs dialogs;
    FakeDesktop desktop;
    QSize firstSize;  ///< of the window without settings

private:
    QTemporaryDir folder_;
    QSettings settings_;
    OptionValues common_;
    std::unique_ptr<JobRunner> engine_;
    ThreadRunner live_;
    ThreadRunner files_;

public:
    std::unique_ptr<MainWindow> window;  ///< dies before the threads
};

}  // namespace dinoscope
