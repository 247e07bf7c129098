#pragma once

#include <QWidget>
#include <filesystem>
#include <optional>
#include <vector>

#include "ui/train/run_list.h"

class QAction;
class QLineEdit;
class QMenu;
class QPushButton;
class QSettings;
class QSortFilterProxyModel;
class QSplitter;
class QStackedWidget;
class QTableView;

namespace dinoscope {

class Dialogs;
class RunComparison;
class RunTable;
struct RunState;

/// All runs at some folders in a table; those chosen are drawn over each other, with the options in which
/// they differ.
class RunsPage : public QWidget {
    Q_OBJECT

public:
    /// `shipped`: runs that are always listed, and stay.
    RunsPage(Runners runners, Dialogs& dialogs, QSettings& settings,
             std::vector<std::filesystem::path> shipped = {}, QWidget* parent = nullptr);

    /// Looks for runs there too, from now on.
    void addFolder(const QString& folder);
    /// This run, which came on show elsewhere, is chosen here unless it is one of those compared; it is
    /// listed too where it lies in none of the folders.
    void addRun(const std::filesystem::path& run);
    /// The run that is chosen, where it is the only one and none is awaited that came on show elsewhere.
    std::optional<std::filesystem::path> chosen() const;
    /// What can be done with the chosen run elsewhere, for the menu of its row. They outlive the page.
    void setRunActions(const QList<QAction*>& actions) { runActions_ = actions; }
    /// The run that this window trains, or trained last: the table tells of it what the window knows.
    void setOwnRun(const std::filesystem::path& run, const RunState& state);
    const QStringList& folders() const { return folders_; }
    bool isSettled() const;
    QString statusText() const;
    /// Heights and widths, columns and their order; from and into the settings.
    void restore();
    void save() const;

Q_SIGNALS:
    /// A run is to be shown: a double click, Enter.
    void runChosen(const std::filesystem::path& run);
    /// chosen() may be another.
    void selectionChanged();
    /// Their teachers are to be seen side by side.
    void compareRequested(const std::vector<std::filesystem::path>& runs);
    void stateChanged();
    void activityChanged();
    void failed(const QString& sentence);

protected:
    void showEvent(QShowEvent* event) override;
    void hideEvent(QHideEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    QWidget* makeEmptyState();
    QWidget* makeBar();
    QWidget* makeTable();
    void setFolders(const QStringList& folders);
    void listRuns();
    bool isShipped(const std::filesystem::path& run) const;
    void askForFolder();
    void fillFolders();
    void showRuns();
    void chooseWanted();
    void chooseOnly(int shownRow);
    void showSelection();
    void showMenu(const QPoint& place);
    void askToRemove();
    void forget(const std::filesystem::path& run);
    std::vector<int> selectedRows() const;
    std::vector<std::filesystem::path> selectedRuns() const;
    std::optional<std::filesystem::path> onlySelected() const;

    Dialogs& dialogs_;
    QSettings& settings_;
    std::vector<std::filesystem::path> shipped_;
    QStringList folders_;
    RunList list_;
    RunTable* table_;
    QSortFilterProxyModel* sorted_;
    std::filesystem::path wanted_;  ///< to be chosen once it is listed
    QList<QAction*> runActions_;
    bool updating_ = false;
    bool fitting_ = false;
    bool columnsSet_ = false;  ///< by the user, now or before: they are not fitted to the runs

    QStackedWidget* faces_;
    QSplitter* split_;
    RunComparison* comparison_;
    QTableView* view_;
    QLineEdit* filter_;
    QMenu* folderMenu_;
    QPushButton* open_;
    QPushButton* compare_;
    QPushButton* reveal_;
    QPushButton* remove_;
};

}  // namespace dinoscope
