#pragma once

#include <QHash>
#include <QMainWindow>
#include <memory>
#include <vector>

#include "ui/compare/compare_session.h"
#include "ui/dialogs.h"
#include "ui/explore/explore_session.h"
#include "ui/neighbours/neighbours_session.h"
#include "ui/recent.h"
#include "ui/theme.h"
#include "ui/train/train_session.h"

class QActionGroup;
class QMimeData;
class QSettings;
class QStackedWidget;

namespace dinoscope {

class CompareWorkspace;
class Desktop;
class ElidedLabel;
class ExploreWorkspace;
class NeighboursWorkspace;
class TrainWorkspace;
class Workspace;

/// Menus, status bar, drops and the clipboard, around the workspaces.
class MainWindow : public QMainWindow {
    Q_OBJECT

public:
    /// What it works with; all of it outlives the window.
    struct Parts {
        Runners runners;
        OptionValues common;  ///< --device, --precision, --threads, --seed
        Dialogs& dialogs;
        Desktop& desktop;
        QSettings& settings;
    };

    explicit MainWindow(const Parts& parts);
    ~MainWindow() override;

    /// Pictures, folders, galleries and weights, each as what it is; a gallery shows its workspace.
    void openPaths(const QStringList& paths);
    /// To Explore: in Train, pictures are pinned to a run, and folders learnt from.
    void leaveTrain();
    void openModel(const api::ModelSource& source);
    void openModels(const std::vector<api::ModelSource>& sources);
    void setSamples(const QStringList& files);
    void setTheme(ThemeChoice theme);
    ExploreWorkspace& explore() { return *explore_; }
    NeighboursWorkspace& neighbours() { return *neighbours_; }
    TrainWorkspace& train() { return *train_; }
    CompareWorkspace& compare() { return *compare_; }
    /// By its key, "explore"; one that is not there changes nothing.
    void setWorkspace(const QString& key);
    Workspace& workspace() const;

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
    /// The window's own actions; the workspaces bring theirs.
    struct Actions {
        QAction* openPicture;
        QAction* openFolder;
        QAction* quit;
        QAction* paste;
        QAction* fullScreen;
        QAction* shortcuts;
        QAction* about;
    };

    void makeExplore();
    void makeNeighbours();
    void makeTrain(const Parts& parts);
    void makeCompare();
    void addWorkspace(Workspace* workspace);
    void makeSwitcher();
    void keepFocus(QWidget* before, QWidget* now);
    QAction* makeWorkspaceAction(Workspace& workspace);
    void makeStatusBar();
    void makeActions();
    void makeThemeActions();
    QList<QMenu*> makeMenus(Workspace& workspace);
    QMenu* makeFileMenu(Workspace& workspace);
    QMenu* makeEditMenu(Workspace& workspace);
    QMenu* makeViewMenu(Workspace& workspace);
    QMenu* makeHelpMenu();
    void fillRecentMenu(QMenu& menu);
    QAction* makeAction(const char* name, const QString& text, const QString& keys,
                        const std::function<void()>& does);
    void showWorkspace();
    void showTitle();
    void showPlacement();
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
    Recent recentGalleries_;
    ThemeChoice theme_ = ThemeChoice::System;
    ExploreSession session_;
    NeighboursSession neighboursSession_;
    TrainSession trainSession_;
    CompareSession compareSession_;
    QStackedWidget* stack_;
    QList<Workspace*> workspaces_;
    QHash<Workspace*, QList<QMenu*>> menus_;
    ExploreWorkspace* explore_;
    NeighboursWorkspace* neighbours_;
    TrainWorkspace* train_ = nullptr;
    CompareWorkspace* compare_ = nullptr;
    Actions actions_{};
    QActionGroup* workspaceActions_;
    QActionGroup* themeActions_;
    ElidedLabel* status_;
    ElidedLabel* placement_;
    QWidget* placementIcon_;
};

}  // namespace dinoscope
