#pragma once

#include <QMainWindow>
#include <memory>

#include "ui/dialogs.h"
#include "ui/explore/explore_session.h"
#include "ui/recent.h"
#include "ui/theme.h"

class QActionGroup;
class QLabel;
class QMimeData;
class QSettings;

namespace dinoscope {

class ElidedLabel;
class ExploreWorkspace;

/// Menus, status bar, drops and the clipboard, around the workspaces.
class MainWindow : public QMainWindow {
    Q_OBJECT

public:
    /// What it works with; all of it outlives the window.
    struct Parts {
        ExploreRunners runners;
        OptionValues common;  ///< --device, --precision, --threads, --seed
        Dialogs& dialogs;
        QSettings& settings;
    };

    explicit MainWindow(const Parts& parts);
    ~MainWindow() override;

    /// Pictures, folders and weights, each as what it is.
    void openPaths(const QStringList& paths);
    void openModel(const api::ModelSource& source);
    void setSamples(const QStringList& files);
    void setTheme(ThemeChoice theme);
    ExploreWorkspace& explore() { return *explore_; }

    /// True when nothing is being computed, read or decoded.
    bool isSettled() const;

Q_SIGNALS:
    void activityChanged();
    void failed(const QString& sentence);

protected:
    void closeEvent(QCloseEvent* event) override;
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dragLeaveEvent(QDragLeaveEvent* event) override;
    void dropEvent(QDropEvent* event) override;

private:
    void makeStatusBar();
    void makeMenus();
    void makeFileMenu();
    void makeEditMenu();
    void makeViewMenu();
    void makeHelpMenu();
    void fillRecentMenu(QMenu& menu);
    QAction* addAction(QMenu& menu, const char* name, const QString& text, const QString& keys,
                       const std::function<void()>& does);
    void take(const QMimeData& data, bool fromClipboard);
    void paste();
    void openPictureDialog();
    void openFolderDialog();
    void showAbout();
    void showShortcuts();
    void restore();
    void save();

    Dialogs& dialogs_;
    QSettings& settings_;
    Recent recentPictures_;
    Recent recentModels_;
    ThemeChoice theme_ = ThemeChoice::System;
    ExploreSession session_;
    ExploreWorkspace* explore_;
    QActionGroup* themeActions_;
    ElidedLabel* status_;
    ElidedLabel* placement_;
};

}  // namespace dinoscope
