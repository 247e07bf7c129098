#pragma once

#include <filesystem>

#include "ui/bridge/runners.h"
#include "ui/train/train_state.h"
#include "ui/workspace.h"

class QMenu;
class QSettings;
class QStackedWidget;

namespace dinoscope {

class Dialogs;
class DropFrame;
class ElidedLabel;
class MessageBar;
class RunPage;
class RunsPage;
class TrainActions;

/// Pretraining: set a run up, drive it, watch it, see it learn, compare runs.
class TrainWorkspace : public Workspace {
    Q_OBJECT

public:
    /// What it works with; all of it outlives the workspace.
    struct Parts {
        Runners runners;
        Dialogs& dialogs;
        QSettings& settings;
        QWidget* window;  ///< where the actions' shortcuts hold
    };

    explicit TrainWorkspace(const Parts& parts);
    ~TrainWorkspace() override;

    QString key() const override { return QStringLiteral("train"); }
    QString title() const override { return tr("&Train"); }
    void fillMenu(Menu which, QMenu& menu) override;
    QList<QMenu*> makeMenus(QWidget* parent) override;
    void openPictures(const QStringList& files) override;
    /// Of pictures, to train on.
    void openFolder(const QString& folder) override;
    void openPicture(const QImage& picture, const QString& name) override;
    void setDropHint(bool shown) override;
    void tellError(const QString& sentence) override;
    bool isSettled() const override;

    /// The run that Watch and See it learn show.
    void showRun(const std::filesystem::path& run);
    const std::filesystem::path& shownRun() const { return run_; }

private:
    QWidget* makeHeader();
    QWidget* makePages();
    /// A page about the shown run: told whenever that changes.
    void addRunPage(RunPage* page);
    void showPage(TrainPage page);

    Runners runners_;
    Dialogs& dialogs_;
    QSettings& settings_;
    TrainActions* actions_;
    TrainPage page_ = TrainPage::SetUp;
    std::filesystem::path run_;
    QList<RunPage*> runPages_;
    QStackedWidget* stack_;
    RunsPage* runs_;
    ElidedLabel* runName_;
    MessageBar* message_;
    DropFrame* dropFrame_;
};

}  // namespace dinoscope
