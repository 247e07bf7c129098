#pragma once

#include <filesystem>

#include "ui/train/train_session.h"
#include "ui/workspace.h"

class QMenu;
class QSettings;
class QStackedWidget;
class QToolButton;

namespace dinoscope {

class Desktop;
class Dialogs;
class DoctorCards;
class DropFrame;
class ElidedLabel;
class FloatingCard;
class MessageBar;
class ProbesPage;
class RunPage;
class RunStrip;
class SetupPage;
class RunsPage;
class TrainActions;
class WatchPage;

/// Pretraining: set a run up, drive it, watch it, see it learn, compare runs.
class TrainWorkspace : public Workspace {
    Q_OBJECT

public:
    /// What it works with; all of it outlives the workspace.
    struct Parts {
        TrainSession& session;
        Dialogs& dialogs;
        Desktop& desktop;
        QSettings& settings;
        QWidget* window;  ///< where the actions' shortcuts hold
    };

    explicit TrainWorkspace(const Parts& parts);
    ~TrainWorkspace() override;

    QString key() const override { return QStringLiteral("train"); }
    QString title() const override { return tr("&Train"); }
    void fillMenu(Menu which, QMenu& menu) override;
    QList<QMenu*> makeMenus(QWidget* parent) override;
    /// Pictures become probe images: of the run that trains, else of the one that is set up.
    void openPictures(const QStringList& files) override;
    /// Of pictures, to train on; a run is shown.
    void openFolder(const QString& folder) override;
    void openPicture(const QImage& picture, const QString& name) override;
    void setDropHint(bool shown) override;
    void tellError(const QString& sentence) override;
    bool isSettled() const override;

    TrainSession& session() { return session_; }
    /// The run that Watch and See it learn show.
    void showRun(const std::filesystem::path& run);
    /// Whether the window may close now; if not, closeReady() tells later, or never.
    bool askClose();
    /// "42 %" while a run is trained, for the title of the window; else empty.
    const QString& progressText() const { return progressText_; }
    /// What is remembered of it, into the settings.
    void save();

Q_SIGNALS:
    void closeReady();
    void progressTextChanged();
    /// The run whose teacher can be had while it is trained; empty for none.
    void liveRunChanged(const QString& run);
    /// The teacher of a run, as a model for the other workspaces.
    /// With its pinned pictures, those that are there.
    void exploreRequested(const QString& run, const QStringList& pictures);
    void compareRequested(const std::vector<std::filesystem::path>& runs);

protected:
    void showEvent(QShowEvent* event) override;

private:
    QStringList pinnedPictures() const;
    QWidget* makeHeader();
    QWidget* makePages();
    /// A page about the shown run: told whenever that changes.
    void addRunPage(RunPage* page);
    void connectRuns();
    /// On the page of runs the actions are about the one that is chosen there.
    void showChosenRun();
    void connectSession();
    /// How far jobs with a title are, on the card, which cancels them.
    void connectProgress(JobBridge& jobs);
    void connectActions();
    void showPage(TrainPage page);
    void measureSpeedIfAsked();
    void showRemembered();
    void showShownRun(const std::filesystem::path& run);
    void tellPages(const std::filesystem::path& run);
    void showState();
    void showProgress();
    void showEnd();
    void tellCompleted(const QString& name);
    void askWhetherToClose();
    void openRunDialog();
    void extend();
    void startRun();
    void setUpLike(const std::optional<TrainSession::Change>& change, bool weights);
    QString whyNot() const;

    TrainSession& session_;
    QString liveRun_;
    bool awake_ = false;  ///< the machine is kept so
    QString progressText_;
    QString remembered_;     ///< images of the last time, until somebody looks
    QString rememberedRun_;  ///< likewise
    Dialogs& dialogs_;
    Desktop& desktop_;
    QSettings& settings_;
    TrainActions* actions_;
    TrainPage page_ = TrainPage::SetUp;
    QList<RunPage*> runPages_;
    QStackedWidget* stack_;
    SetupPage* setupPage_;
    RunStrip* strip_;
    DoctorCards* doctor_;
    WatchPage* watch_;
    ProbesPage* probes_;
    RunsPage* runs_;
    ElidedLabel* runName_;
    QToolButton* goOn_;  ///< of a run that the strip does not tell of
    MessageBar* message_;
    FloatingCard* card_;
    JobBridge* onCard_ = nullptr;  ///< whose jobs it tells of
    DropFrame* dropFrame_;
};

}  // namespace dinoscope
