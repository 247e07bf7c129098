#pragma once

#include <optional>

#include "ui/neighbours/neighbours_actions.h"
#include "ui/neighbours/neighbours_session.h"
#include "ui/recent.h"
#include "ui/workspace.h"

class QMenu;
class QSettings;
class QSplitter;
class QStackedWidget;
class QToolButton;

namespace dinoscope {

class BuildBar;
class CompareColumn;
class Dialogs;
class DropFrame;
class DuplicatesPage;
class ElidedLabel;
class EvaluatePage;
class FloatingCard;
class GallerySection;
class ItemModel;
class MessageBar;
class PairAttention;
class ResultsSection;
class SidePanel;
class StartPage;
class ThumbnailGrid;
class VoteSection;

/// Galleries of pictures by their features: what looks like this, near duplicates, how good a model is.
class NeighboursWorkspace : public Workspace {
    Q_OBJECT

public:
    /// What it works with; all of it outlives the workspace.
    struct Parts {
        NeighboursSession& session;
        Dialogs& dialogs;
        Recent& galleries;
        Recent& pictures;
        QSettings& settings;
        QWidget* window;  ///< where the actions' shortcuts hold
    };

    explicit NeighboursWorkspace(const Parts& parts);
    ~NeighboursWorkspace() override;

    NeighboursActions& actions() { return *actions_; }
    NeighboursSession& session() { return session_; }

    QString key() const override { return QStringLiteral("neighbours"); }
    QString title() const override { return tr("&Neighbours"); }
    void fillMenu(Menu which, QMenu& menu) override;
    QList<QMenu*> makeMenus(QWidget* parent) override;
    /// Looks for what is like the first of them.
    void openPictures(const QStringList& files) override;
    /// Offers to build a gallery of it.
    void openFolder(const QString& folder) override;
    void openPicture(const QImage& picture, const QString& name) override;
    void setDropHint(bool shown) override;
    void tellError(const QString& sentence) override;
    bool isSettled() const override;
    QString otherKeys() const override;

    void openGallery(const QString& folder);
    void askPicture(const PictureQuery& picture);
    /// The model to offer for new galleries and evaluations: the one that the window has.
    void setOfferedModel(const api::ModelSource& source);
    void save();

Q_SIGNALS:
    /// A result, and the query where it is a file of its own.
    void openInExploreRequested(const QStringList& files);

protected:
    void resizeEvent(QResizeEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;

private:
    QWidget* makeHeader();
    QWidget* makePages();
    QWidget* makeBrowse();
    void makePanel();
    void connectSession();
    void connectActions();
    void connectItemActions();
    void connectViews();
    void fillGalleryButton();
    void fillRecentGalleries(QMenu& menu);

    void showGallery();
    void showPlace();
    void showResults();
    void showVotes();
    void showState();
    void showPage(NeighboursPage page);
    void focusPictures();
    void showSelection();
    void showAttention();
    void showCard();
    void showStatus();
    void showPlacement();
    void askHeadsFor(const UnknownHeads& unknown, const std::function<void(int)>& goOn);
    void showProgress(const JobBridge::Shown& shown);
    void showFailure(const QString& sentence, Remedy remedy);
    void tellInfo(const QString& sentence);
    void showFinished(const api::IndexReport& report);
    void showSkipped();
    QString statusFor(const NeighboursState& state) const;
    void requestSelectedPicture(std::int64_t item);
    void connectAttention();
    void setPictureSide(int side);

    void applyRemedy();
    void openGalleryDialog();
    void startBuild(const QString& source);
    void updateGallery(const api::GalleryInfo& info, bool forgetMissing = false);
    void askToForget(std::int64_t missing);
    void repairGallery();
    void openInExplore();
    void relocate();
    void chooseWeights();
    void exportList();
    void exportContactSheet();
    /// `told` is said when it is written.
    void runExport(const QString& file, const QString& title, const QString& told,
                   const std::function<void(JobControl&)>& write);
    void copyPaths();
    QString exportName(const QString& extension) const;

    /// The grid on show, its model, and what is selected in it.
    ThumbnailGrid& grid() const;
    ItemModel& model() const;
    std::vector<std::int64_t> selectedItems() const;
    std::int64_t currentItem() const;
    QString pathOf(std::int64_t item) const;
    NeighboursState state() const;

    NeighboursSession& session_;
    Dialogs& dialogs_;
    Recent& galleries_;
    Recent& pictures_;
    QSettings& settings_;
    NeighboursActions* actions_;
    PairAttention* attention_;
    api::ModelSource offeredModel_;
    NeighboursPage page_ = NeighboursPage::Browse;
    JobBridge::Shown progress_;
    Remedy remedy_ = Remedy::None;
    QString messageFolder_;  ///< what the message's button shows, if nothing is to be remedied
    std::vector<api::SkippedImage> skipped_;
    bool exporting_ = false;
    std::int64_t shownItem_ = -1;  ///< large, as selected
    bool panelChosen_ = false;     ///< the person showed or hid it
    bool columnChosen_ = false;

    ElidedLabel* galleryName_;
    QToolButton* galleryButton_;
    QMenu* galleryMenu_;
    MessageBar* message_;
    BuildBar* buildBar_;
    QSplitter* splitter_;
    QStackedWidget* stack_;
    StartPage* start_;
    CompareColumn* column_;
    ItemModel* items_;
    ThumbnailGrid* itemGrid_;
    FloatingCard* card_;
    DuplicatesPage* duplicates_;
    EvaluatePage* evaluate_;
    DropFrame* dropFrame_;
    SidePanel* panel_;
    ResultsSection* results_;
    VoteSection* votes_;
    GallerySection* galleryFacts_;
};

}  // namespace dinoscope
